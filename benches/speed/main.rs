//! How fast pcfg is, against the least that anybody would need.
//!
//! ```text
//! cargo bench --bench speed                                 all, small
//! PCFG_BENCH_MB=1000 cargo bench --bench speed -- backup    reading of a backup of 1000 MB
//! PCFG_BENCH_MB=100 cargo bench --bench speed -- format     formatting of a configuration of 100 MB
//! PCFG_BENCH_MB=100 cargo bench --bench speed -- diff       comparing two configurations of 100 MB
//! PCFG_BENCH_MB=1 cargo bench --bench speed -- git          what git runs, for a configuration of 1 MB
//! cargo bench --bench speed -- import                       planning imports of 10,000 to 200,000 objects
//! cargo bench --bench speed -- generate backup FILE         only writes the data
//! cargo bench --bench speed -- generate configuration FILE
//! ```
//!
//! Each step runs in a process of its own, three times; the shortest time and the largest memory are shown. The data is
//! made once for each size, below `target/tmp`, and is the same on every machine. `docs/performance.md` has numbers.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a program to measure with")]
#![allow(clippy::disallowed_methods, reason = "a program to measure with")]

mod backup_data;
mod configuration_data;
mod importing;
mod instance_data;
mod random;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// That of the program, so that what is measured is what users get.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            backup();
            format();
            diff();
            git();
            importing::compare(&[2_000, 10_000]);
        }
        ["backup"] => backup(),
        ["format"] => format(),
        ["diff"] => diff(),
        ["git"] => git(),
        ["import"] => importing::compare(&[10_000, 50_000, 100_000, 200_000]),
        ["import-file", objects, file] => importing::write_file(objects.parse().unwrap(), Path::new(file)),
        ["import-step", objects, file] => importing::measure(objects.parse().unwrap(), Path::new(file)),
        ["generate", "backup", file] => generate_backup(Path::new(file)),
        ["generate", "configuration", file] => generate_configuration(Path::new(file)),
        ["step", step, file] => run_step(step, Path::new(file)),
        _ => panic!("unknown arguments {arguments:?}; see the head of benches/speed/main.rs"),
    }
}

fn megabytes() -> u64 {
    std::env::var("PCFG_BENCH_MB").map_or(64, |size| size.parse().expect("PCFG_BENCH_MB is a number"))
}

/// Makes a file, unless it is there already.
fn data(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("speed-{}-{name}", megabytes()));
    if !path.exists() {
        let partial = path.with_extension("partial");
        make(&partial);
        std::fs::rename(partial, &path).unwrap();
    }
    path
}

fn create(path: &Path) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 20, File::create(path).unwrap())
}

fn generate_backup(path: &Path) {
    let mut out = create(path);
    backup_data::write_entities(&mut out, megabytes() << 20).unwrap();
    out.flush().unwrap();
}

fn generate_configuration(path: &Path) {
    let mut out = create(path);
    configuration_data::write(&mut out, megabytes() << 20).unwrap();
    out.flush().unwrap();
}

fn pack(entities: &Path, path: &Path) {
    let mut zip = zip::ZipWriter::new(create(path));
    let options = zip::write::SimpleFileOptions::default().large_file(true);
    zip.start_file("entities.xml", options).unwrap();
    io::copy(&mut File::open(entities).unwrap(), &mut zip).unwrap();
    zip.start_file("activeobjects.xml", options).unwrap();
    backup_data::write_active_objects(&mut zip).unwrap();
    zip.finish().unwrap().flush().unwrap();
}

fn backup() {
    let xml = data("entities.xml", generate_backup);
    let zip = data("backup.zip", |path| pack(&xml, path));
    println!("backup of {} MB, {} MB as a zip", size(&xml), size(&zip));
    let bare = measure("bare quick-xml loop", "loop", &xml, None);
    let inflate = measure("inflate alone", "inflate", &zip, None);
    measure("export from xml", "export", &xml, Some(bare));
    measure("export from zip", "export", &zip, Some(bare.max(inflate)));
    measure("the same, with values of fields, from xml", "export-values", &xml, Some(bare));
    measure("one whole project, with its issues", "complete", &xml, Some(bare));
    measure("all projects, with their issues", "complete-all", &xml, Some(bare));
}

fn format() {
    let file = data("configuration.xml", generate_configuration);
    println!("configuration of {} MB", size(&file));
    let xmllint = measure_command("xmllint --format", || {
        let mut command = Command::new("xmllint");
        command.args(["--huge", "--format"]).arg(&file);
        command
    });
    measure("read, check, sort and write", "format", &file, xmllint);
}

/// Makes a canonical configuration.
fn canonical(name: &str) -> PathBuf {
    data(name, |path| {
        let source = path.with_extension("source");
        generate_configuration(&source);
        let text = std::fs::read_to_string(&source).unwrap();
        let config = pcfg::model::Config::new(pcfg::xml::read(&text).root.unwrap());
        pcfg::xml::write(&config, &mut create(path)).unwrap();
        std::fs::remove_file(source).unwrap();
    })
}

/// Makes a configuration that differs from another in one of so many of its descriptions.
fn changed(base: &Path, name: &str, (one_in, rest): (usize, usize), word: &str) -> PathBuf {
    data(name, |path| {
        let text = std::fs::read_to_string(base).unwrap();
        let mut out = create(path);
        let mut number = 0;
        for line in text.split_inclusive('\n') {
            number += usize::from(line.starts_with("      <description>"));
            match line.strip_prefix("      <description>").filter(|_| number % one_in == rest) {
                Some(line) => write!(out, "      <description>{word} {line}").unwrap(),
                None => out.write_all(line.as_bytes()).unwrap(),
            }
        }
        out.flush().unwrap();
    })
}

/// Runs both programs from start to end of the process, with sides that differ in every hundredth description.
fn diff() {
    let old = canonical("diff-old.xml");
    let new = changed(&old, "diff-new.xml", (100, 1), "changed");
    println!("two configurations of {} MB", size(&old));
    let command = |program: &str, option: &str| {
        let mut command = Command::new(program);
        command.arg(option).args([&old, &new]);
        command
    };
    let least = measure_command("diff -u", || command("diff", "-u"));
    if let (Some(least), Some(own)) =
        (least, measure_command("pcfg diff", || command(env!("CARGO_BIN_EXE_pcfg"), "diff")))
    {
        println!("pcfg takes {:+.2} s", own.as_secs_f64() - least.as_secs_f64());
    }
}

/// Runs what git runs, from start to end of the process, with sides that differ in every fifth object.
fn git() {
    let base = canonical("git-base.xml");
    let side = |name: &str, rest: usize, word: &str| changed(&base, name, (5, rest), word);
    let (ours, theirs) = (side("git-ours.xml", 1, "ours"), side("git-theirs.xml", 3, "theirs"));
    let conflicting = side("git-conflicting.xml", 1, "conflicting");
    println!(
        "configuration of {} KB, from start to end of the process",
        base.metadata().unwrap().len() >> 10
    );
    let merge = |title: &str, theirs: &Path| {
        start_to_end(title, &|| {
            let result = base.with_extension("result");
            std::fs::copy(&ours, &result).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
            command.args(["git", "merge-driver", "--"]).arg(&base).arg(result).arg(theirs);
            command
        });
    };
    merge("merge driver", &theirs);
    merge("merge driver, conflicts in a fifth", &conflicting);
    start_to_end("diff driver", &|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
        command.args(["git", "diff-driver", "--", "a.xml"]).arg(&base).args(["1", "100644"]);
        command.arg(&ours).args(["2", "100644"]);
        command
    });
    start_to_end("textconv", &|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
        command.args(["git", "textconv", "--"]).arg(&base);
        command
    });
}

/// Shows the least time and processor time (user and system) of a command in several runs, its children included.
fn start_to_end(title: &str, command: &dyn Fn() -> Command) {
    let ticks = || -> u64 {
        // Fields 16 and 17 of the line, behind the name in brackets: time of children that have ended, in ticks of 10 ms.
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap()
    };
    // One run is shorter than a tick or two: many are counted together.
    const MANY: u32 = 100;
    let (mut time, mut processor) = (f64::MAX, f64::MAX);
    for _ in 0..RUNS {
        let (before, mut all) = (ticks(), Duration::ZERO);
        for _ in 0..MANY {
            let mut command = command();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            command.status().unwrap();
            all += start.elapsed();
        }
        time = time.min(all.as_secs_f64() * 1_000.0 / f64::from(MANY));
        processor = processor.min((ticks() - before) as f64 * 10.0 / f64::from(MANY));
    }
    println!("{title:42} {time:7.1} ms, processor {processor:7.1} ms");
}

fn size(path: &Path) -> u64 {
    path.metadata().unwrap().len() >> 20
}

/// Runs a step in processes of its own.
fn measure(title: &str, step: &str, file: &Path, least: Option<Duration>) -> Duration {
    let mut best = Duration::MAX;
    let mut memory = 0;
    for _ in 0..RUNS {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["step", step]).arg(file).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{step} fails");
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
        best = best.min(Duration::from_micros(numbers[0]));
        memory = memory.max(numbers[1]);
    }
    show(title, best, memory, least);
    best
}

/// Runs another program; `None` if it is not there.
fn measure_command(title: &str, command: impl Fn() -> Command) -> Option<Duration> {
    let mut best = Duration::MAX;
    let mut memory = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        // Not to /dev/null: `diff` would stop at the first difference.
        let Ok(mut child) = command().stdout(Stdio::piped()).spawn() else {
            println!("{title}: not installed");
            return None;
        };
        let mut output = child.stdout.take().unwrap();
        let read = std::thread::spawn(move || io::copy(&mut output, &mut io::sink()).unwrap());
        while child.try_wait().unwrap().is_none() {
            memory = memory.max(peak_memory(&child.id().to_string()));
            std::thread::sleep(Duration::from_millis(5));
        }
        read.join().unwrap();
        best = best.min(start.elapsed());
    }
    show(title, best, memory, None);
    Some(best)
}

fn show(title: &str, time: Duration, memory: u64, least: Option<Duration>) {
    let ratio =
        least.map_or(String::new(), |least| format!("  {:5.2} ×", time.as_secs_f64() / least.as_secs_f64()));
    println!("{title:42} {:7.3} s  {memory:5} MB{ratio}", time.as_secs_f64());
}

/// Returns the peak of the memory of a process, in MB.
fn peak_memory(process: &str) -> u64 {
    memory(process, "VmHWM:")
}

/// Returns what the system says of the memory of a process, in MB.
fn memory(process: &str, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

fn run_step(step: &str, file: &Path) {
    let start = Instant::now();
    match step {
        "loop" => bare_loop(file),
        "inflate" => inflate(file),
        "export" => export(file, false),
        "export-values" => export(file, true),
        "complete" => complete(file, Some(&backup_data::project_key(3))),
        "complete-all" => complete(file, None),
        "format" => format_file(file),
        _ => panic!("unknown step {step}"),
    }
    println!("{} {}", start.elapsed().as_micros(), peak_memory("self"));
}

fn bare_loop(file: &Path) {
    let mut reader = quick_xml::Reader::from_file(file).unwrap();
    let mut buffer = Vec::new();
    while reader.read_event_into(&mut buffer).unwrap() != quick_xml::events::Event::Eof {
        buffer.clear();
    }
}

fn inflate(file: &Path) {
    let mut zip = zip::ZipArchive::new(File::open(file).unwrap()).unwrap();
    let mut buffer = vec![0; 256 << 10];
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        while entry.read(&mut buffer).unwrap() > 0 {}
    }
}

fn export(file: &Path, field_values: bool) {
    let scope = pcfg::instance::Scope { field_values, ..Default::default() };
    let mut reading = pcfg::instance::open(file).unwrap().read(scope, &|_, _| {}).unwrap();
    assert_eq!(reading.warnings, Vec::<String>::new());
    let projects = pcfg::select::Projects::Keys(vec![backup_data::project_key(3)]);
    let options = pcfg::select::Options { projects, ..Default::default() };
    let config = pcfg::select::select(&mut reading.snapshot, &options).unwrap();
    pcfg::xml::write(&config, &mut io::sink()).unwrap();
}

/// Reads the issues of a project, or of all, and writes them as an archive does.
fn complete(file: &Path, project: Option<&str>) {
    let mut place = pcfg::instance::open_whole(file.into()).unwrap();
    let reading = place.begin(pcfg::instance::Scope::default(), &|_, _| {}).unwrap();
    let meanings = reading.meanings(pcfg::data::Zone::named("Europe/Berlin").unwrap());
    let projects = meanings.projects().filter(|(key, _)| project.is_none_or(|own| own == *key));
    let projects = projects.map(|(_, id)| id.to_owned()).collect();
    let chosen = pcfg::instance::Chosen { projects, number: None };
    let folder = std::env::temp_dir();
    let mut whole =
        pcfg::instance::Whole::gather(&mut *place, meanings, &chosen, &folder, &|_, _| {}).unwrap();
    let (mut issues, mut named) = (Vec::new(), pcfg::data::Named::default());
    let write = |issues: &mut Vec<pcfg::model::Element>| {
        let file = pcfg::data::issues("KEY", std::mem::take(issues));
        pcfg::xml::write(&file, &mut io::sink()).unwrap();
    };
    whole
        .each(pcfg::data::History::Full, &mut |issue| {
            named.add(&issue.element);
            issues.push(issue.element);
            if issues.len() == 1_000 {
                write(&mut issues);
            }
            Ok::<(), pcfg::instance::ReadError>(())
        })
        .unwrap();
    write(&mut issues);
}

fn format_file(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let (text, problems) = pcfg::xml::decode(&bytes);
    assert!(problems.is_empty());
    let document = pcfg::xml::read(&text);
    assert_eq!(document.problems, Vec::new());
    let config = pcfg::model::Config::new(document.root.unwrap());
    pcfg::xml::write(&config, &mut io::sink()).unwrap();
}
