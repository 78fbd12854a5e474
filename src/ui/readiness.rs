//! How ready a configuration is to move to Jira Cloud, in words: the same for reviews and for browsers.
//!
//! Invariant: each sentence has names between backticks and nothing else that could be mistaken for a mark.

use std::collections::BTreeSet;

use super::plan::some;
use crate::plan::{Decision, Loss, ProjectMove};

/// What the part of a page is called.
pub(super) const TITLE: &str = "Moving to Jira Cloud";

/// What the columns of its table are called.
pub(super) const COLUMNS: [&str; 6] =
    ["project", "moves", "is there already", "to decide", "waits for that", "loses something"];

/// More objects of one decision than these are counted.
const MOST: usize = 12;

/// Returns the cells of a project, as its columns are.
pub(super) fn cells(own: &ProjectMove) -> [String; 6] {
    let moves: Vec<String> = own.moves.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
    let moves = if moves.is_empty() { "nothing".to_owned() } else { moves.join(", ") };
    let key = own.key.as_ref().map_or_else(|| "used by no project".to_owned(), |key| format!("`{key}`"));
    let [same, decide, waiting, losing] =
        [own.same, own.to_decide, own.waiting, own.losing].map(|count| count.to_string());
    [key, moves, same, decide, waiting, losing]
}

/// Says what there is to decide.
pub(super) fn decision(own: &Decision) -> String {
    let more = own.objects.len().saturating_sub(MOST);
    let mut objects: Vec<String> = own.objects.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if more > 0 {
        objects.push(format!("{more} more"));
    }
    let waiting = match &own.waiting[..] {
        [] => String::new(),
        all => format!("; with it: {}", some(all)),
    };
    format!(
        "{} {}{}: {}; {}{waiting}",
        own.kind,
        objects.join(", "),
        of_projects(&own.projects),
        own.message,
        own.help
    )
}

/// Says what is lost.
pub(super) fn loss(own: &Loss) -> String {
    match own.object.is_empty() {
        true => own.what.clone(),
        false => format!("{}{}: {}", own.object, of_projects(&own.projects), own.what),
    }
}

fn of_projects(keys: &BTreeSet<String>) -> String {
    let more = keys.len().saturating_sub(MOST);
    let mut told: Vec<String> = keys.iter().take(MOST).map(|key| format!("`{key}`")).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}
