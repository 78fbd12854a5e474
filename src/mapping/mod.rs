//! Jira's rows and pcfg's objects: how one is read from the other, one file for each area.
//!
//! An area reads its rows from `Context::tables`, turns every id into a name by `Context::names`, and adds finished
//! objects. Invariant: nothing that an area adds holds an id of the instance where a name belongs; what cannot be
//! translated is noted, with its path.

mod boards;
mod constants;
mod courses;
mod custom_fields;
mod dashboards;
mod facts;
mod field_configurations;
mod filters;
mod grants;
mod holders;
mod issue_types;
mod managed;
mod names;
mod old_queries;
mod people;
mod preferences;
mod projects;
mod properties;
mod queries;
mod screens;
mod shares;
#[cfg(test)]
mod testing;
mod translations;
pub mod workflow;
mod workflow_schemes;
pub mod write;
mod xstream;

pub use courses::{Homeless, moves, stranded, unmoved};
pub use facts::facts;
pub(crate) use names::Names;
pub(crate) use properties::Properties;
pub(crate) use queries::{each_query, values_of};
#[cfg(test)]
pub(crate) use testing::{described, edited, tables, written};
pub(crate) use workflow::foreign_ids;
pub use write::has_permission_number;

use std::collections::{HashMap, HashSet};

use crate::entity::Tables;
use crate::model::{Identity, Name, Node, NoteKind, Path, Snapshot};
use crate::schema::{KindId, Schema};

/// What an area works with.
pub(crate) struct Context<'a> {
    /// The rows.
    pub(crate) tables: &'a Tables,
    /// What ids mean.
    pub(crate) names: &'a Names,
    /// Settings of the instance, of projects and of users.
    pub(crate) properties: &'a Properties,
    snapshot: &'a mut Snapshot,
}

impl Context<'_> {
    /// Adds an object; the node's tag is the name of its kind.
    pub(crate) fn add(&mut self, node: Node) {
        self.add_mentioning(node, Vec::new());
    }

    /// Adds an object whose texts (JQL) name other objects.
    pub(crate) fn add_mentioning(&mut self, node: Node, mentions: Vec<Identity>) {
        self.snapshot.add(kind(node.tag()), node, mentions);
    }

    /// Adds an element beside the objects of a kind, such as the default priority.
    pub(crate) fn add_setting(&mut self, beside: &str, node: Node) {
        let container = Schema::get().container(kind(beside)).expect("settings stand beside global objects");
        self.snapshot.add_setting(container, node);
    }

    /// Gives a part the number that tells it from older parts of the same name, of which `seen` keeps count.
    pub(crate) fn tell_apart(
        &mut self,
        kind: &'static str,
        name: Name,
        seen: &mut HashMap<Name, usize>,
        owner: &Path,
    ) -> Name {
        names::tell_apart(kind, name, seen, owner, self.snapshot)
    }

    /// Notes a row that leads to nothing and was left out.
    pub(crate) fn dangling(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Dangling, path, message);
    }

    /// Notes a value that has no place in the format and was left out.
    pub(crate) fn misfit(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Misfit, path, message);
    }

    /// Notes what could not be read and stands as unreadable.
    pub(crate) fn unreadable(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Unreadable, path, message);
    }

    /// Notes an id that could not be turned into a name and stands as it is.
    pub(crate) fn untranslated(&mut self, path: Path, message: impl Into<String>) {
        self.snapshot.note(NoteKind::Untranslated, path, message);
    }

    /// Notes rows whose owner, an object of a kind, does not exist (any more); one note for each owner. NULL names no
    /// owner.
    pub(crate) fn note_orphans(&mut self, entity: &str, column: &str, owner: &str) {
        for (id, rows) in self.tables.by(entity, column) {
            if !id.is_empty() && self.names.get(owner, id).is_none() {
                let message =
                    format!("{} rows of {entity} belong to a {owner} that does not exist", rows.len());
                self.dangling(Path::object(owner, &format!("id {id}")), message);
            }
        }
    }
}

/// Returns the kind of that name.
///
/// # Panics
///
/// If the schema has no such kind: that is a mistake in pcfg.
pub(crate) fn kind(name: &str) -> KindId {
    Schema::get().kind_named(name).unwrap_or_else(|| panic!("the schema has no kind {name}"))
}

/// Returns the custom fields that issues have values in, by the key of the project.
fn fields_with_values(tables: &Tables, names: &Names) -> HashMap<String, HashSet<Identity>> {
    let kind = kind("customField");
    let mut fields: HashMap<String, HashSet<Identity>> = HashMap::new();
    for (project, field) in &tables.fields_with_values {
        // Values of fields that were deleted stay in the data.
        if let (Some(project), Some(field)) = (names.get("project", project), names.get("customField", field))
        {
            fields.entry(project.text.clone()).or_default().insert(field.identity(kind));
        }
    }
    fields
}

/// Makes the objects of an instance from its rows.
pub fn read(tables: &Tables) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let names = Names::new(tables, &mut snapshot);
    snapshot.fields_with_values = fields_with_values(tables, &names);
    let properties = Properties::new(tables);
    let mut context = Context { tables, names: &names, properties: &properties, snapshot: &mut snapshot };
    let areas = [
        constants::read,
        people::read,
        projects::read,
        grants::read,
        issue_types::read,
        custom_fields::read,
        field_configurations::read,
        screens::read,
        workflow::read,
        workflow_schemes::read,
        filters::read,
        dashboards::read,
        boards::read,
    ];
    for read in areas {
        read(&mut context);
    }
    snapshot.notes.sort();
    snapshot.notes.dedup();
    snapshot
}
