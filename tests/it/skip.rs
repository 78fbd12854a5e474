//! What a test needs and this machine lacks: told at once, counted at the end of the run, and a failure where it must be there.
//!
//! The harness swallows what a test prints that passes. So a skip is written to the real standard error, once for each need,
//! and to a file that the target `skipped` (`tests/skipped.rs`), which cargo runs last, counts. `PCFG_TEST_REQUIRE` names what
//! must be there (`data`, `tools`, with a comma between them; `1` is all): then a skip is a failure.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// The working folder with data of real Jiras.
    RealData,
    /// A program, and Debian's package that has it.
    Tool(&'static str, &'static str),
    /// A PostgreSQL server of the tests' own.
    Postgres,
    /// A user who may not do everything.
    OrdinaryUser,
}

impl Need {
    fn in_words(self) -> String {
        match self {
            Self::RealData => "data of real Jiras (../shared/jira)".to_owned(),
            Self::Tool(program, package) => format!("{program} (Debian: {package})"),
            Self::Postgres => "a PostgreSQL server (Debian: postgresql; or PCFG_TEST_POSTGRES)".to_owned(),
            Self::OrdinaryUser => "a user who is not root".to_owned(),
        }
    }

    /// Returns how `PCFG_TEST_REQUIRE` names it; nothing for what nobody can install.
    fn group(self) -> Option<&'static str> {
        match self {
            Self::RealData => Some("data"),
            Self::Tool(..) | Self::Postgres => Some("tools"),
            Self::OrdinaryUser => None,
        }
    }
}

/// Says that the test that is running is skipped, in whole or in part.
pub(crate) fn skipped(need: Need, why: &str) {
    static TOLD: Mutex<Option<HashSet<Need>>> = Mutex::new(None);
    let required = std::env::var("PCFG_TEST_REQUIRE").unwrap_or_default();
    let is_required =
        need.group().is_some_and(|group| required.split(',').any(|own| own == "1" || own == group));
    assert!(!is_required, "PCFG_TEST_REQUIRE={required}: this test needs {}: {why}", need.in_words());
    let mut told = TOLD.lock().unwrap();
    if told.get_or_insert_default().insert(need) {
        // Not `eprintln!`, which the harness catches.
        let line = format!("SKIPPED: tests that need {}: {why}\n", need.in_words());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    let path = told_by_this_run();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let test = std::thread::current().name().unwrap_or("main").to_owned();
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{}\t{test}\n", need.in_words()).as_bytes()).unwrap();
}

/// Returns the file in which all test programs of one run of cargo, which starts them, write what they skip.
pub(crate) fn told_by_this_run() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id().to_string();
    #[cfg(not(unix))]
    let run = "run";
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped").join(run)
}
