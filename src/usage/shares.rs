//! What belongs to a project although the project does not name it: filters and dashboards that are shared with it, and boards
//! whose filter asks for it.
//!
//! Invariant: an export by default holds exactly these, over and above what its projects use.

use std::collections::HashSet;

use crate::jql;
use crate::model::{Element, Identity};

/// Returns the project that an object is shared with, wholly or with one of its roles.
pub(crate) fn project_of(share: &Element) -> Option<&str> {
    share.text_of(if share.text_of("type") == Some("project") { "name" } else { "project" })
}

/// Returns the main filter of a board.
pub(crate) fn main_filter(board: &Element) -> Option<Identity> {
    Identity::of_reference(board.get("mainFilter")?, board.children())
}

/// Returns the keys and names in lower case by which the query of a board's main filter names projects: JQL takes both and does not
/// tell the cases apart.
pub(crate) fn asked_projects(filter: &Element) -> HashSet<String> {
    let named = filter.text_of("jql").map(jql::projects_named).unwrap_or_default();
    named.iter().map(|project| project.to_lowercase()).collect()
}

/// Returns what queries call a project, in lower case.
pub(crate) fn names_of(project: &Element) -> impl Iterator<Item = String> {
    [project.text_of("key"), project.text_of("name")].into_iter().flatten().map(str::to_lowercase)
}
