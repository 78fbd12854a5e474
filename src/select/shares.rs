//! Which filters, dashboards and boards belong to the chosen projects.

use std::collections::HashSet;

use super::kind;
use crate::jql;
use crate::model::{Element, Identity, Snapshot};
use crate::schema::{KindId, Schema};

/// Which filters or dashboards are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shares {
    /// None.
    None,
    /// Those that everyone sees.
    Global,
    /// Those that are shared with a chosen project or one of its roles.
    #[default]
    Projects,
    /// Both of these.
    GlobalOrProjects,
    /// All that are shared with anybody.
    Shared,
    /// All.
    All,
}

/// Which boards are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Boards {
    /// None.
    None,
    /// Those whose filter names a chosen project.
    #[default]
    Projects,
    /// All.
    All,
}

/// Returns the filters or dashboards that an option chooses.
pub(super) fn shared(
    snapshot: &Snapshot,
    kind: KindId,
    option: Shares,
    projects: &HashSet<&str>,
) -> Vec<Identity> {
    let objects = snapshot.objects.iter().filter(|(identity, _)| identity.kind == kind);
    let chosen = objects.filter(|(_, object)| {
        let shares: Vec<Share<'_>> = shares(&object.element).collect();
        let global = shares.iter().any(|share| share.ty == "global");
        let with_project = shares.iter().any(|share| share.project.is_some_and(|key| projects.contains(key)));
        match option {
            Shares::None => false,
            Shares::Global => global,
            Shares::Projects => with_project,
            Shares::GlobalOrProjects => global || with_project,
            Shares::Shared => !shares.is_empty(),
            Shares::All => true,
        }
    });
    chosen.map(|(identity, _)| identity.clone()).collect()
}

struct Share<'a> {
    ty: &'a str,
    /// The project that it is shared with, wholly or with one of its roles.
    project: Option<&'a str>,
}

fn shares(element: &Element) -> impl Iterator<Item = Share<'_>> {
    let shared_with = Schema::get().child(element.declaration, "sharedWith");
    element
        .children()
        .iter()
        .filter(move |child| Some(child.declaration) == shared_with)
        .map(|share| Share { ty: text(share, "type").unwrap_or(""), project: project_of(share) })
}

/// Returns the project that an object is shared with, wholly or with one of its roles.
pub(crate) fn project_of(share: &Element) -> Option<&str> {
    text(share, if text(share, "type") == Some("project") { "name" } else { "project" })
}

/// Returns the boards that an option chooses.
pub(super) fn boards(snapshot: &Snapshot, option: Boards, projects: &HashSet<&str>) -> Vec<Identity> {
    let kind = kind("scrumKanbanBoard");
    let objects = snapshot.objects.iter().filter(|(identity, _)| identity.kind == kind);
    let names = project_names(snapshot, projects);
    let chosen = objects.filter(|(_, object)| match option {
        Boards::None => false,
        Boards::Projects => {
            let query = main_filter(snapshot, &object.element);
            let named = query.map(jql::projects_named).unwrap_or_default();
            named.iter().any(|project| names.contains(&project.to_lowercase()))
        }
        Boards::All => true,
    });
    chosen.map(|(identity, _)| identity.clone()).collect()
}

/// Returns the keys and names of the projects in lower case: JQL takes both and does not tell the cases apart.
fn project_names(snapshot: &Snapshot, projects: &HashSet<&str>) -> HashSet<String> {
    let kind = kind("project");
    let chosen = snapshot.objects.iter().filter(|(own, _)| own.kind == kind && projects.contains(own.name()));
    chosen
        .flat_map(|(identity, object)| {
            [Some(identity.name()), text(&object.element, "name")]
                .into_iter()
                .flatten()
                .map(str::to_lowercase)
        })
        .collect()
}

/// Returns the query of a board's main filter.
fn main_filter<'a>(snapshot: &'a Snapshot, board: &Element) -> Option<&'a str> {
    let reference =
        Schema::get().child(board.declaration, "mainFilter").and_then(|filter| board.child(filter))?;
    let filter = Identity::of_reference(reference, board.children())?;
    text(&snapshot.objects.get(&filter)?.element, "jql")
}

fn text<'a>(element: &'a Element, tag: &str) -> Option<&'a str> {
    let child = Schema::get().child(element.declaration, tag)?;
    element.child(child).map(Element::text)
}
