//! `pcfg git hook`: checks what is about to be committed.

use super::super::input::sources::{Text, is_configuration_text, is_issue_data_text};
use super::super::result::policies;
use super::super::validate;
use super::super::{Status, format};
use super::call::asked;
use super::install::marked;
use crate::fault::Faults;
use crate::model::{Config, Count, Severity};
use crate::ui::{Talk, Ui, draw, plural};

/// Check the configurations that are staged: errors, and the canonical form
///
/// Reads the index, not the work tree, and only files that are added or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg git install --hook                     Run it before each commit
  pcfg git hook                               Run it now
  git commit --no-verify                      Commit without it, once

Exit code: 0 if all is well, 1 if a file has errors or is not canonical.")]
pub(super) struct Arguments {}

pub(super) fn run(ui: &Ui, _: &Arguments) -> Result<Status, Faults> {
    let policies = policies::Choice::default().with_settings()?;
    let mut errors = 0;
    let mut unformatted = Vec::new();
    for (name, blob) in staged()? {
        let bytes = asked(&["cat-file", "blob", &blob], b"")?;
        if !is_configuration_text(&bytes) && !is_issue_data_text(&bytes) {
            continue;
        }
        let (text, problems) = validate::examine(&bytes, &policies);
        let own = Count::of(&problems).errors;
        let shown: Vec<_> = problems
            .into_iter()
            .filter(|problem| problem.severity == Severity::Error || ui.talk() > Talk::Quiet)
            .collect();
        ui.shown(&draw(ui.colors_talk(), &format!("{name} (staged)"), &text, &shown));
        errors += own;
        let Text { root, beside, .. } = Text::of_any(text.as_bytes());
        let root = root.filter(|_| own == 0);
        if root.is_some_and(|root| !format::is_written_as(&Config::new(root), &beside, &bytes)) {
            unformatted.push(name);
        }
    }
    for name in &unformatted {
        ui.warning(&format!("`{name}` is staged, but not in canonical form"));
    }
    if !unformatted.is_empty() {
        ui.note("run `pcfg format` and `git add`");
    }
    if errors > 0 {
        ui.note(&format!("{} in what is staged", plural(errors, "error")));
    }
    Ok(if errors > 0 || !unformatted.is_empty() { Status::Found } else { Status::Fine })
}

/// Returns the staged files that git gives to pcfg, with the ids of their contents.
fn staged() -> Result<Vec<(String, String)>, Faults> {
    // Outside of a repository `git diff` is another command, which knows nothing of what is staged.
    let top = asked(&["rev-parse", "--show-toplevel"], b"")?;
    let top = String::from_utf8_lossy(&top).trim_end_matches('\n').to_owned();
    let arguments = [
        "diff",
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "--no-renames",
        "--no-relative",
        "--diff-filter=AMT",
    ];
    let listed = asked(&arguments, b"")?;
    let fields: Vec<&[u8]> = listed.split(|byte| *byte == 0).collect();
    let mut files: Vec<(&[u8], String)> = Vec::new();
    for entry in fields.chunks_exact(2) {
        // `:old-mode new-mode old-hash new-hash status`, then the path.
        let head = String::from_utf8_lossy(entry[0]);
        let words: Vec<&str> = head.split(' ').collect();
        if let [_, "100644" | "100755", _, hash, ..] = words[..] {
            files.push((entry[1], hash.to_owned()));
        }
    }
    let mut names = Vec::new();
    for (name, _) in &files {
        names.extend_from_slice(name);
        names.push(0);
    }
    // Paths count from the top of the work tree, whatever the current folder is.
    let marked = marked(&["-C", &top], &names)?;
    let wanted = files.into_iter().filter(|(name, _)| marked.iter().any(|own| own == name));
    Ok(wanted.map(|(name, hash)| (String::from_utf8_lossy(name).into_owned(), hash)).collect())
}
