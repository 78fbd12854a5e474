//! What goes by a plan: whole objects first, then parts, each named so that it can be told from the others.
//!
//! Invariant: whatever a plan removes stands in this list, once.

use std::fmt::Write as _;

use super::output::{printable, styled};
use super::plan::{GONE, LONG, heading, quoted, way};
use crate::plan::{Description, LineAction, ObjectAction, Subject, Value};

/// What goes.
pub(super) fn goes(plan: &Description, text: &mut String) {
    let gone = gone(plan);
    if gone.is_empty() {
        return;
    }
    let is_plan = plan.subject == Subject::Plan;
    heading(if is_plan { "will be removed" } else { "removed" }, text);
    // All that they hold stands a few lines below; what nothing else tells from the others is named here, too.
    for gone in gone {
        let value = gone.in_short().map(|value| format!(": {}", quoted(&value))).unwrap_or_default();
        let _ = writeln!(text, "  {} {}{value}", styled(GONE, "-"), printable(&gone.name));
    }
    text.push('\n');
}

/// Something that goes.
pub(super) struct Gone<'p> {
    /// What it is called.
    pub(super) name: String,
    /// What it holds.
    value: Option<&'p Value>,
    /// Whether its name tells it from others, so that what it holds need not be said.
    is_named: bool,
}

impl Gone<'_> {
    /// Returns what it holds, in one short line, where that is what tells it from the others.
    pub(super) fn in_short(&self) -> Option<String> {
        self.value.filter(|_| !self.is_named).map(in_short)
    }
}

/// Returns what goes: whole objects first, then parts, with what they hold.
pub(super) fn gone(plan: &Description) -> Vec<Gone<'_>> {
    let objects = plan.steps.iter().filter(|step| step.action == ObjectAction::Remove);
    let objects = objects.map(|step| {
        let name = format!("{} {}", step.in_words(), step.name);
        Gone { name, value: None, is_named: true }
    });
    let parts = plan.steps.iter().flat_map(|step| {
        let removals = step.changes.iter().filter(|line| line.action == LineAction::Remove);
        removals.map(move |line| {
            let value = line.old.as_ref().filter(|old| !old.inline.trim().is_empty());
            let way = way(line);
            let is_named = way.ends_with(']') && !line.is_member();
            Gone { name: format!("{} {}: {way}", step.in_words(), step.name), value, is_named }
        })
    });
    objects.chain(parts).collect()
}

/// Shortens what is told in full elsewhere: of a tree, its first part.
fn in_short(value: &Value) -> String {
    let first = value.untold().next().filter(|_| value.is_tree(LONG));
    let text = first.map_or(&value.inline, |part| &part.value.inline);
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONG) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None if first.is_some() || line.len() < text.len() => format!("{line} …"),
        None => line.to_owned(),
    }
}
