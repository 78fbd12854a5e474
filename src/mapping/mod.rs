//! Jira's rows and pcfg's objects: how one is read from the other, and written back, one room for each area.
//!
//! `ground` is the engine, which knows no area; `areas` and `workflow` say what tables mean; this file lists them. An area
//! reads its rows from `Context::tables`, turns every id into a name by `Context::names`, and adds finished objects; and it
//! writes objects by a [`Writer`]. Invariant: nothing that an area adds holds an id of the instance where a name belongs; what
//! cannot be translated is noted, with its path.

mod areas;
mod built_in;
mod courses;
mod facts;
mod ground;
mod rename;
#[cfg(test)]
mod testing;
mod texts;
pub mod workflow;

use std::collections::{HashMap, HashSet};

pub use areas::grants::write::has_permission_number;
use areas::{
    boards, constants, custom_fields, dashboards, field_configurations, filters, grants, issue_types, people,
    projects, screens, workflow_schemes,
};
pub use courses::{Homeless, moves, stranded, unmoved};
pub use facts::facts;
use ground::context::Context;
pub(crate) use ground::kinds::kind;
use ground::kinds::{KINDS, Kind};
pub(crate) use ground::names::Names;
pub(crate) use ground::order::numbers;
pub(crate) use ground::properties::Properties;
pub(crate) use ground::queries::values_of;
pub use ground::writer::{Unwritable, Writer};
pub(crate) use rename::{rename, renames};
#[cfg(test)]
pub(crate) use testing::{described, edited, tables, written};
pub(crate) use texts::{each_query, foreign_ids};

use crate::entity::Tables;
use crate::model::{Element, Identity, Snapshot};

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
    for area in AREAS {
        (area.read)(&mut context);
    }
    snapshot.notes.sort();
    snapshot.notes.dedup();
    snapshot
}

/// An area: what reads its tables, and what writes the objects of each of its kinds.
struct Area {
    read: fn(&mut Context<'_>),
    write: &'static [(&'static str, Write)],
}

type Write = fn(&mut Writer<'_>, &[&Element]);

/// The areas, in the order in which they are read; objects are written in the order of their kinds.
const AREAS: &[Area] = &[
    Area {
        read: constants::read::read,
        write: &[
            ("status", constants::write::statuses),
            ("priority", constants::write::priorities),
            ("resolution", constants::write::resolutions),
            ("issueLink", constants::write::issue_links),
            ("eventType", constants::write::event_types),
        ],
    },
    Area {
        read: people::read::read,
        write: &[("user", people::write::users), ("group", people::write::groups)],
    },
    Area {
        read: projects::read::read,
        write: &[
            ("projectCategory", projects::write::categories),
            ("projectRole", projects::write::roles),
            ("project", projects::write::projects),
        ],
    },
    Area {
        read: grants::read::read,
        write: &[
            ("permissionScheme", grants::write::permission_schemes),
            ("notificationScheme", grants::write::notification_schemes),
            ("issueSecurityScheme", grants::write::security_schemes),
        ],
    },
    Area {
        read: issue_types::read::read,
        write: &[
            ("issueType", issue_types::write::issue_types),
            ("issueTypeScheme", issue_types::write::issue_type_schemes),
            ("priorityScheme", issue_types::write::priority_schemes),
        ],
    },
    Area { read: custom_fields::read::read, write: &[("customField", custom_fields::write::custom_fields)] },
    Area {
        read: field_configurations::read::read,
        write: &[
            ("fieldConfiguration", field_configurations::write::field_configurations),
            ("fieldConfigurationScheme", field_configurations::write::schemes),
        ],
    },
    Area {
        read: screens::read::read,
        write: &[
            ("screen", screens::write::screens),
            ("screenScheme", screens::write::screen_schemes),
            ("issueTypeScreenScheme", screens::write::issue_type_screen_schemes),
        ],
    },
    Area { read: workflow::rows::read, write: &[("workflowEntry", workflow::rows::workflows)] },
    Area {
        read: workflow_schemes::read::read,
        write: &[("workflowScheme", workflow_schemes::write::workflow_schemes)],
    },
    Area { read: filters::read::read, write: &[("filter", filters::write::filters)] },
    Area { read: dashboards::read::read, write: &[("dashboard", dashboards::write::dashboards)] },
    Area { read: boards::read::read, write: &[("scrumKanbanBoard", boards::write::boards)] },
];

/// Returns what writes the objects of a kind.
fn writer_of(kind: &str) -> Option<Write> {
    AREAS.iter().flat_map(|area| area.write).find(|(own, _)| *own == kind).map(|(_, write)| *write)
}

impl<'a> Writer<'a> {
    /// Prepares to write into an instance.
    pub fn new(tables: &'a Tables) -> Self {
        Self::on(tables, built_in::built_in)
    }

    /// Writes objects as they are to be; those that the instance does not have are created. All objects of one change
    /// are written together, so that they can refer to each other.
    pub fn write(&mut self, objects: &[&Element]) {
        let of = |kind: &Kind| -> Vec<&Element> {
            objects.iter().copied().filter(|object| object.tag() == kind.name).collect()
        };
        let by_kind: Vec<(&str, Vec<&Element>)> = KINDS.iter().map(|kind| (kind.name, of(kind))).collect();
        for (kind, objects) in &by_kind {
            objects.iter().for_each(|object| self.ids.promise(kind, object));
        }
        for (kind, objects) in by_kind.iter().filter(|(_, objects)| !objects.is_empty()) {
            if let Some(write) = writer_of(kind) {
                write(self, objects);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, writer_of};

    #[test]
    fn each_kind_is_written_by_an_area() {
        assert!(KINDS.iter().all(|kind| writer_of(kind.name).is_some()));
    }
}
