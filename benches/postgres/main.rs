//! How fast pcfg exports a project from a large database, how it goes about it, and what a slow line costs.
//!
//! ```text
//! cargo bench --bench postgres
//! cargo bench --bench postgres -- issues ARCHIVE
//! ```
//!
//! The second imports the issues of an archive that `pcfg export --complete` has made, and copies the same rows without pcfg
//! (`issues.rs`). The first:
//!
//! It needs PostgreSQL as the tests do (CONTRIBUTING.md), and makes a database of 1,000 projects, 5,000 custom fields and
//! 2,000,000 issues (`big.sql`), which takes a minute or two and 1 GB. Then it asks the server how it goes about every statement
//! that reads the configuration (EXPLAIN), and what it has counted; and it exports one project in processes of their own, three
//! times, directly and by a line of 100 ms there and back. `docs/performance.md` has numbers.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a program to measure with")]
#![allow(clippy::disallowed_methods, clippy::print_stderr, reason = "a program to measure with")]
#![allow(dead_code, unreachable_pub, reason = "parts of the tests")]

mod issues;
#[path = "../../tests/it/postgres_server.rs"]
mod postgres_server;
#[path = "../../tests/it/real_data.rs"]
mod real_data;
#[path = "../../tests/it/skip.rs"]
mod skip;
mod slow;

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use pcfg::instance::{Address, Backup, Postgres, Scope, Who, open};
use postgres_server::{Database, server};

/// That of the program, so that what is measured is what users get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a round trip takes on a slow line.
const ROUND_TRIP: Duration = Duration::from_millis(100);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => all(),
        ["issues", archive] => issues::measure(Path::new(archive)),
        ["step", url, key] => step(url, key),
        _ => panic!("unknown arguments {arguments:?}; see the head of benches/postgres/main.rs"),
    }
}

fn all() {
    let Some(server) = server() else { return };
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    let load = || {
        let database = server.database();
        let backup = Backup::open(&demo).unwrap();
        database.open().load(&backup, &Who::default(), &|_, _| {}).unwrap();
        database
    };
    let (small, big) = (load(), load());
    let start = Instant::now();
    big.sql(include_str!("big.sql"));
    big.sql("VACUUM ANALYZE");
    let size = big.value("SELECT pg_size_pretty(pg_database_size(current_database()))");
    println!("made {size} in {:.0} s", start.elapsed().as_secs_f64());
    let issues = big.value("SELECT count(*) FROM jiraissue");
    println!("{issues} issues");
    plans(&big);
    counters(&big);
    measure("the demo project, of 2", &small.url(), "DEMO");
    measure("one project, of 1,002", &big.url(), "P500");
    for (title, database, key) in
        [("the demo project", &small, "DEMO"), ("one project of 1,002", &big, "P500")]
    {
        let line = slow::line(server.port, ROUND_TRIP);
        measure(&format!("{title}, at {} ms", ROUND_TRIP.as_millis()), &database.url_by(line), key);
    }
}

/// Shows that no statement that reads the configuration touches an issue, and that an index leads to what projects are associated with.
fn plans(database: &Database) {
    let statements = database.open().statements(Scope::default()).unwrap();
    for statement in &statements {
        let plan = database.sql(&format!("EXPLAIN {statement}"));
        let plan: Vec<String> = plan.into_iter().map(|row| row[0].clone().unwrap()).collect();
        let text = plan.join("\n");
        assert!(!text.contains("jiraissue") && !text.contains("customfieldvalue"), "{statement}\n{text}");
        if text.contains("nodeassociation") {
            assert!(!text.contains("Seq Scan on nodeassociation"), "{text}");
            println!("nodeassociation:\n{text}");
        }
    }
    println!("{} statements, none of which touches jiraissue or customfieldvalue", statements.len());
}

/// Shows what the server itself has counted while everything was read.
fn counters(database: &Database) {
    let counted = || {
        // A session tells what it has counted when it ends.
        std::thread::sleep(Duration::from_secs(2));
        database.value(
            "SELECT string_agg(format('%s: %s scans, %s rows by index', relname, seq_scan, coalesce(idx_tup_fetch, 0)), \
             '; ' ORDER BY relname) FROM pg_stat_user_tables \
             WHERE relname IN ('jiraissue', 'customfieldvalue', 'nodeassociation')",
        )
    };
    let before = counted();
    open(database.address()).unwrap().read(Scope::default(), &|_, _| {}).unwrap();
    println!("before: {before}\nafter:  {}", counted());
}

/// Exports a project in processes of their own, and shows the shortest time and the largest memory.
fn measure(title: &str, url: &str, key: &str) {
    const RUNS: usize = 3;
    let (mut best, mut processor, mut memory, mut size) = (u64::MAX, u64::MAX, 0, 0);
    for _ in 0..RUNS {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["step", url, key]).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{title} fails");
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        best = best.min(numbers[0]);
        processor = processor.min(numbers[1]);
        memory = memory.max(numbers[2]);
        size = numbers[3];
    }
    println!("{title:34} {best:6} ms, processor {processor:6} ms, {memory:5} MB, writes {} kB", size >> 10);
}

fn step(url: &str, key: &str) {
    let start = Instant::now();
    let mut instance = Postgres::new(Address::parse(url).unwrap());
    let mut reading = pcfg::instance::Instance::read(&mut instance, Scope::default(), &|_, _| {}).unwrap();
    let projects = pcfg::select::Projects::Keys(vec![key.to_owned()]);
    let options = pcfg::select::Options { projects, ..Default::default() };
    let config = pcfg::select::select(&mut reading.snapshot, &options).unwrap();
    let text = pcfg::xml::to_string(&config);
    io::copy(&mut text.as_bytes(), &mut io::sink()).unwrap();
    let elapsed = start.elapsed().as_millis();
    println!("{elapsed} {} {} {}", processor_time(), peak_memory(), text.len());
}

/// Returns the processor time of this process, in milliseconds.
fn processor_time() -> u64 {
    /// The kernel counts in hundredths of a second.
    const TICK: u64 = 10;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.map(|own| own.parse().unwrap_or(0)).sum::<u64>() * TICK
}

/// Returns the peak of the memory of this process, in MB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
