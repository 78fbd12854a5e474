//! How fast two halves of a synchronization are, on embedded instances and over linked folders: whole commands, from start to end of
//! the process.
//!
//! ```text
//! cargo bench --bench sync                              all three
//! cargo bench --bench sync -- first                     the first run of 10,000 issues with 3 comments each
//! cargo bench --bench sync -- idle                      a run with nothing to do, with 100,000 pairs
//! cargo bench --bench sync -- attachment                an attachment of 1000 MB
//! PCFG_BENCH_ISSUES=1000 PCFG_BENCH_MB=100 cargo bench --bench sync        the same, smaller
//! ```
//!
//! `docs/performance.md` has numbers.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a program to measure with")]
#![allow(clippy::disallowed_methods, reason = "a program to measure with")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use pcfg::data::Zone;
use pcfg::instance::{Embedded, EmbeddedIssues, Opening, Who};
use pcfg_sync::state::{Pair, State};
use pcfg_sync::{CommentChange, Field, IssueKey, Issues as _, NewIssue, Role, Time, Value};

/// How many pairs the idle run has.
const PAIRS: usize = 100_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let wants = |part: &str| arguments.is_empty() || arguments.iter().any(|own| own == part);
    let place = Place { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap() };
    place.begin();
    if wants("first") || wants("idle") {
        place.first();
    }
    if wants("idle") {
        place.idle();
    }
    if wants("attachment") {
        place.attachment();
    }
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("the variable is a number"))
}

/// Time and largest memory of commands.
#[derive(Default)]
struct Cost {
    time: Duration,
    memory: u64,
}

impl Cost {
    fn show(&self, title: &str) {
        println!("{title:42} {:7.3} s  {:5} MB", self.time.as_secs_f64(), self.memory);
    }
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command to its end.
    fn run(&self, line: &str) -> Cost {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_pcfg"))
            .args(line.split(' '))
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut memory = 0;
        let status = loop {
            memory = memory.max(peak_memory(child.id()));
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        // An old issue of the sample may be kept back: it lacks what its type needs today.
        assert!(matches!(status.code(), Some(0 | 1)), "pcfg {line}: {status}");
        Cost { time: start.elapsed(), memory }
    }

    /// Runs of these homes, one after the other: all of their time, and the largest memory of one.
    fn runs(&self, homes: &[&str]) -> Cost {
        homes.iter().fold(Cost::default(), |cost, home| {
            let own = self.run(&format!("sync run --once --home {home}"));
            Cost { time: cost.time + own.time, memory: cost.memory.max(own.memory) }
        })
    }

    /// Two halves that were started and have nothing to say.
    fn begin(&self) {
        for line in [
            "instance init a.sqlite -q",
            "instance init b.sqlite -q",
            "sync init --master -i a.sqlite --project DEMO --user alan --types Task --name Trial --home A -o trial.handshake -q",
            "sync init --slave -i b.sqlite --project DEMO --user alan --handshake trial.handshake --home B -q",
            "sync link --home A --partner B -q",
            "sync run --settle --home A --home B -q",
            "sync publish -m first --start --home A -q",
            "sync adopt --propose --start --home B -q",
            "sync run --settle --home A --home B -q",
        ] {
            self.run(line);
        }
    }

    fn issues(&self) -> EmbeddedIssues {
        let now = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            Time(i64::try_from(since.as_millis()).unwrap())
        };
        let opening = Opening {
            project: "DEMO".to_owned(),
            user: "ada".to_owned(),
            who: Who::default(),
            wait: Duration::from_secs(60),
            zone: Zone::named("UTC").unwrap(),
            clock: Box::new(now),
        };
        Embedded::open(&self.path().join("a.sqlite")).unwrap().into_issues(opening).unwrap()
    }

    /// The first run of many issues: told, done, and acknowledged.
    fn first(&self) {
        let many = number("PCFG_BENCH_ISSUES", 10_000);
        let mut issues = self.issues();
        issues.begin().unwrap();
        for place in 0..many {
            let text = |field: &str, text: String| (Field::System(field.to_owned()), Value::Text(text));
            let fields = vec![
                text("summary", format!("Issue {place} of many")),
                text("description", format!("What happens when issue {place} is looked at. ").repeat(5)),
            ];
            let key =
                issues.create_plainly(&NewIssue { kind: "Task".to_owned(), parent: None, fields }).unwrap();
            for comment in 0..3 {
                let body = format!("Comment {comment} of issue {place}: it is as it was told.");
                issues.comment_plainly(&key, &CommentChange::Add { body, restriction: None }).unwrap();
            }
        }
        issues.commit().unwrap();
        drop(issues);
        println!("{many} issues with 3 comments each");
        let all = ["A", "B", "A"].map(|home| {
            let cost = self.runs(&[home]);
            cost.show(&format!("run of {home}"));
            cost
        });
        let time = all.iter().map(|own| own.time).sum();
        Cost { time, memory: all.iter().map(|own| own.memory).max().unwrap() }.show("all of it");
        self.run("sync run --settle --home A --home B -q");
    }

    /// A run with nothing to do, once the state knows many pairs.
    fn idle(&self) {
        let mut state = State::open(&self.path().join("A/trial/state.sqlite")).unwrap();
        let there: u64 = state.pair_counts().unwrap().into_iter().map(|(_, count)| count).sum();
        for place in there as usize..PAIRS {
            let (own, partner) =
                (IssueKey(format!("DEMO-9{place:06}")), IssueKey(format!("DEMO-8{place:06}")));
            let kind = "task".parse().unwrap();
            state.put_pair(&Pair::new(own, Some(partner), kind, Role::Master, Time(0))).unwrap();
        }
        state.commit().unwrap();
        drop(state);
        self.runs(&["A"]);
        let best = (0..5).map(|_| self.runs(&["A"])).min_by_key(|cost| cost.time).unwrap();
        best.show(&format!("idle run, {PAIRS} pairs, {there} of them with issues"));
    }

    /// A large file goes over.
    fn attachment(&self) {
        let megabytes = number("PCFG_BENCH_MB", 1000);
        let mut out = BufWriter::new(File::create(self.path().join("large.bin")).unwrap());
        // Numbers that look random: what is small because it is packed well says nothing.
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..megabytes << 17 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            out.write_all(&x.to_le_bytes()).unwrap();
        }
        out.flush().unwrap();
        drop(out);
        println!("an attachment of {megabytes} MB");
        self.run("issue attach DEMO-6 large.bin -i a.sqlite --as ada -q").show("attached");
        self.runs(&["A"]).show("told and sent");
        self.runs(&["B"]).show("received and attached");
        self.runs(&["A", "B", "A"]).show("acknowledged");
        let copies = walk(&self.path().join("b.sqlite.attachments"), (megabytes as u64) << 20);
        assert_eq!(copies, 1, "the file is there");
    }
}

/// How many files of a size are below a folder.
fn walk(folder: &Path, size: u64) -> usize {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    files.filter(|file| file.file_type().is_file() && file.metadata().unwrap().len() == size).count()
}

/// The peak of the memory of a process, in MB.
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) >> 10
}
