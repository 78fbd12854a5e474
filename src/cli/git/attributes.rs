//! The lines that pcfg adds to a file of git attributes.
//!
//! Invariant: taking the lines out gives the bytes back that were there before they were added.

use std::fmt::Write as _;
use std::path::Path;

use crate::fault::Fault;

const BEGIN: &str = "# begin pcfg: made by `pcfg git install`, and taken out by `pcfg git uninstall`";
/// The same, where the line before had no end.
const BEGIN_CUT: &str = "# begin pcfg: made by `pcfg git install`, and taken out by `pcfg git uninstall` (the line before had no end)";
const END: &str = "# end pcfg";
/// With `core.autocrlf`, a file would otherwise not be canonical on Windows.
const SET: &str = " text eol=lf diff=pcfg merge=pcfg";
const UNSET: &str = " !text !eol !diff !merge";
/// What older versions wrote.
const OLD: &str = " diff=pcfg merge=pcfg";

/// Returns a text with the lines for these patterns, and these files left out; lines that were there go.
pub(super) fn with(text: &str, patterns: &[String], others: &[String]) -> String {
    let (mut text, _) = without(text);
    let is_cut = !text.is_empty() && !text.ends_with('\n');
    text.push_str(if is_cut { "\n" } else { "" });
    let _ = writeln!(text, "{}", if is_cut { BEGIN_CUT } else { BEGIN });
    for pattern in patterns {
        let _ = writeln!(text, "{}{SET}", quoted(pattern));
    }
    for path in others {
        let mut pattern = String::from("/");
        for character in path.chars() {
            if matches!(character, '*' | '?' | '[' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        let _ = writeln!(text, "{}{UNSET}", quoted(&pattern));
    }
    let _ = writeln!(text, "{END}");
    text
}

/// Returns a text without the lines, and the patterns that were in them, spelled as they were.
pub(super) fn without(text: &str) -> (String, Vec<String>) {
    let mut left = String::with_capacity(text.len());
    let mut patterns = Vec::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            BEGIN => inside = true,
            BEGIN_CUT => {
                inside = true;
                left.pop();
            }
            END if inside => inside = false,
            own if inside => {
                patterns.extend(own.strip_suffix(SET).or_else(|| own.strip_suffix(OLD)).map(unquoted));
            }
            _ => left.push_str(line),
        }
    }
    (left, patterns)
}

/// What a committed file of attributes needs.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) enum Attributes {
    /// There is no such file: this would be it.
    New(String),
    /// It has such lines.
    There,
    /// It has others, and would be this with them.
    More(String),
}

/// Returns what a file of attributes needs, so that files of a pattern are compared and merged with pcfg.
pub(in crate::cli) fn with_pattern(path: &Path, pattern: &str) -> Result<Attributes, Fault> {
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Fault::input(format!("cannot read `{}`", path.display())).because(&error));
        }
    };
    let is_meant = |line: &str| line.split_whitespace().any(|own| own == "merge=pcfg");
    if before.lines().any(is_meant) {
        return Ok(Attributes::There);
    }
    let text = with(&before, &[pattern.to_owned()], &[]);
    Ok(if before.is_empty() { Attributes::New(text) } else { Attributes::More(text) })
}

/// Spells a pattern as git reads it.
fn quoted(pattern: &str) -> String {
    let is_special =
        |character: char| character.is_whitespace() || character.is_control() || character == '"';
    if !pattern.contains(is_special) && !pattern.starts_with('#') {
        return pattern.to_owned();
    }
    let mut spelled = String::from("\"");
    for character in pattern.chars() {
        match character {
            '"' | '\\' => spelled.extend(['\\', character]),
            '\t' => spelled.push_str("\\t"),
            '\n' => spelled.push_str("\\n"),
            other => spelled.push(other),
        }
    }
    spelled.push('"');
    spelled
}

fn unquoted(spelled: &str) -> String {
    let Some(inner) = spelled.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return spelled.to_owned();
    };
    let mut pattern = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('t') => pattern.push('\t'),
                Some('n') => pattern.push('\n'),
                other => pattern.extend(other),
            },
            (plain, _) => pattern.push(plain),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_the_lines_out_gives_the_former_bytes() {
        let patterns = ["*.xml", "a b\\\"/ü*.xml", "#x"].map(str::to_owned);
        for before in ["", "*.png binary\n", "*.png binary", "\n\n", "a\r\n"] {
            let once = with(before, &patterns, &["pom [1].xml".to_owned()]);
            assert_eq!(with(&once, &patterns, &["pom [1].xml".to_owned()]), once);
            assert_eq!(without(&once), (before.to_owned(), patterns.to_vec()));
            let behind = format!("{once}*.jpg binary\n");
            let line = if before.is_empty() || before.ends_with('\n') { "" } else { "*.jpg binary\n" };
            let expected =
                if line.is_empty() { format!("{before}*.jpg binary\n") } else { format!("{before}{line}") };
            assert_eq!(without(&behind).0, expected);
        }
    }
}
