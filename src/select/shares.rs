//! Which filters, dashboards and boards belong to the chosen projects.

use std::collections::HashSet;

use super::{Options, kind};
use crate::model::{Element, Identity, Snapshot};
use crate::schema::KindId;
use crate::usage::{asked_projects, main_filter, names_of, project_of};

/// Which filters or dashboards are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shares {
    /// None.
    None,
    /// Those that everyone can see.
    Global,
    /// Those that are shared with a chosen project or one of its roles.
    #[default]
    Projects,
    /// Both of these.
    GlobalOrProjects,
    /// All that are shared.
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

/// Returns the filters, dashboards and boards that the options choose.
pub(super) fn all(snapshot: &Snapshot, options: &Options, projects: &HashSet<&str>) -> Vec<Identity> {
    let mut all = boards(snapshot, options.boards, projects);
    for (name, option) in [("filter", options.filters), ("dashboard", options.dashboards)] {
        all.extend(shared(snapshot, kind(name), option, projects));
    }
    all
}

/// Returns the filters or dashboards that an option chooses.
fn shared(snapshot: &Snapshot, kind: KindId, option: Shares, projects: &HashSet<&str>) -> Vec<Identity> {
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
    let shares = element.all("sharedWith");
    shares.map(|share| Share { ty: share.text_of("type").unwrap_or(""), project: project_of(share) })
}

/// Returns the boards that an option chooses.
fn boards(snapshot: &Snapshot, option: Boards, projects: &HashSet<&str>) -> Vec<Identity> {
    let kind = kind("scrumKanbanBoard");
    let objects = snapshot.objects.iter().filter(|(identity, _)| identity.kind == kind);
    let names = project_names(snapshot, projects);
    let chosen = objects.filter(|(_, object)| match option {
        Boards::None => false,
        Boards::Projects => {
            let filter = main_filter(&object.element).and_then(|filter| snapshot.objects.get(&filter));
            let asked = filter.map(|filter| asked_projects(&filter.element)).unwrap_or_default();
            !asked.is_disjoint(&names)
        }
        Boards::All => true,
    });
    chosen.map(|(identity, _)| identity.clone()).collect()
}

/// Returns what queries call the projects, in lower case.
fn project_names(snapshot: &Snapshot, projects: &HashSet<&str>) -> HashSet<String> {
    let kind = kind("project");
    let chosen = snapshot.objects.iter().filter(|(own, _)| own.kind == kind && projects.contains(own.name()));
    chosen.flat_map(|(_, object)| names_of(&object.element)).collect()
}
