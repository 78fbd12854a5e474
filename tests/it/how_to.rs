//! Every how-to is a session that happens as it is written: in an empty folder, with nothing but pcfg, git and a shell.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test how_to` writes the output anew.

use std::fs;

use crate::documents::project;
use crate::readme::{replayed, run};

fn check(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let [folder, home] = ["jira", "home"].map(|name| folder.path().join(name));
    fs::create_dir(&folder).unwrap();
    fs::create_dir(&home).unwrap();
    fs::write(home.join(".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.com\n").unwrap();
    let path = project(&format!("docs/how-to/{name}.md"));
    let text = fs::read_to_string(&path).unwrap();
    let top = folder.canonicalize().unwrap();
    let plain = |said: String| said.replace(top.to_str().unwrap(), "/home/ada/jira");
    let expected = replayed(&text, &|command| plain(run(command, &folder, &home)));
    if text == expected {
        return;
    }
    if std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(&text, &expected);
    panic!("{} is not what happens:\n{}", path.display(), difference.unified_diff());
}

#[test]
fn a_project_is_kept_in_git() {
    check("keep-a-project-in-git");
}

#[test]
fn a_change_is_promoted() {
    check("promote-from-staging");
}

#[test]
fn a_status_is_added() {
    check("add-a-status");
}

#[test]
fn a_project_moves() {
    check("move-to-another-jira");
}

#[test]
fn drift_is_seen() {
    check("watch-for-drift");
}
