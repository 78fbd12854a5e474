//! What is new or goes, as the lines of a tree.
//!
//! Invariant: nothing is cut, and no line commands anything.

use super::output::printable;
use super::plan::{LONG, quoted};
use crate::plan::Value;

/// A line of what is new or goes.
pub(super) struct TreeLine {
    /// How deep it stands, from 0.
    pub(super) depth: usize,
    /// What it says, in one line that commands nothing.
    pub(super) text: String,
}

/// Returns all that something says as the lines of a tree.
pub(super) fn tree(value: &Value) -> Vec<TreeLine> {
    fn add(value: &Value, depth: usize, lines: &mut Vec<TreeLine>) {
        for part in value.untold() {
            let title = printable(&part.title).into_owned();
            let mut line = |depth, text| lines.push(TreeLine { depth, text });
            let inline = &part.value.untold_inline();
            if part.value.is_tree(LONG) {
                line(depth, title);
                add(&part.value, depth + 1, lines);
            } else if inline.contains('\n') {
                line(depth, format!("{title}:"));
                inline.lines().for_each(|own| line(depth + 1, format!("| {}", printable(own))));
            } else if inline.is_empty() {
                line(depth, title);
            } else {
                line(depth, format!("{title}: {}", quoted(inline)));
            }
        }
    }
    let mut lines = Vec::new();
    add(value, 0, &mut lines);
    lines
}
