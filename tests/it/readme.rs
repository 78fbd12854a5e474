//! The session in README.md is what a user sees.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test readme` writes the output anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FENCE: &str = "```";

/// Runs a line as a shell does, and returns all that a user sees.
pub(crate) fn run(line: &str, folder: &Path, home: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_pcfg")).parent().unwrap();
    let path = std::env::join_paths(
        [binary.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .current_dir(folder)
        .env_remove("PCFG_INSTANCE")
        .env("PATH", path.unwrap())
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_PAGER", "cat")
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().replace(home.to_str().unwrap(), "/home/ada")
}

/// Returns a session as it would be if its commands were typed now.
pub(crate) fn replayed(session: &str, run: &dyn Fn(&str) -> String) -> String {
    let mut expected = String::new();
    let mut inside = false;
    for line in session.lines() {
        if line.starts_with(FENCE) {
            inside = !inside;
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            let output = run(command);
            let output: Vec<&str> = output.lines().map(str::trim_end).collect();
            let _ = writeln!(expected, "$ {command}");
            output.iter().for_each(|line| expected.push_str(&format!("{line}\n")));
            continue;
        } else if inside {
            continue;
        }
        let _ = writeln!(expected, "{line}");
    }
    expected
}

#[test]
fn the_session_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [folder, home] = ["jira", "home"].map(|name| folder.join(name));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&home).unwrap();
    fs::write(home.join(".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n").unwrap();

    let readme = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let text = fs::read_to_string(&readme).unwrap();
    let (before, rest) = text.split_once("## A session\n").unwrap();
    let (session, after) = rest.split_once("## Install\n").unwrap();
    let expected = replayed(session, &|command| run(command, &folder, &home));
    if session == expected {
        return;
    }
    if std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
        fs::write(&readme, format!("{before}## A session\n{expected}## Install\n{after}")).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(session, &expected);
    panic!("the session in README.md is not what happens:\n{}", difference.unified_diff());
}
