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
mod icons;
#[cfg(test)]
mod lens_tests;
mod offers;
mod questions;
mod removal;
mod rename;
#[cfg(test)]
mod testing;
mod texts;
pub mod workflow;

use std::collections::{HashMap, HashSet};

pub(crate) use areas::custom_fields::default_values::{Kept, OWN_TYPES, kept};
pub(crate) use areas::custom_fields::jiras_option_set;
pub(crate) use areas::field_configurations::read::UNCHOSEN_RENDERER;
#[cfg(feature = "sync")]
pub(crate) use areas::grants::read::permission_key as granted;
pub use areas::grants::write::has_permission_number;
pub(crate) use areas::issue_types::read::default_member;
use areas::{
    boards, constants, custom_fields, dashboards, field_configurations, filters, grants, issue_types, people,
    projects, screens, workflow_schemes,
};
pub(crate) use courses::Entrances;
pub use courses::{Homeless, Migration, Moving, NoType, Typeless, moves, stranded, unmoved};
pub use facts::facts;
#[cfg(feature = "sync")]
pub(crate) use ground::accounts::{Account, is_active, user_rows};
use ground::context::Context;
pub(crate) use ground::kinds::kind;
use ground::kinds::{KINDS, Kind};
use ground::lens::Lens;
pub(crate) use ground::names::Names;
pub(crate) use ground::order::numbers;
pub(crate) use ground::properties::Properties;
pub(crate) use ground::queries::values_of;
pub use ground::writer::{Unwritable, Writer};
pub use icons::is_in_old_jira;
pub use questions::{has_own_scheme, has_status, in_question, offers_type, standing, type_scheme};
pub use removal::removal;
pub(crate) use rename::{rename, renames};
#[cfg(test)]
pub(crate) use testing::{described, edited, tables, written};
pub(crate) use texts::{each_query, foreign_ids, rewrite_queries};

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
    write: &'static [Write],
}

/// What writes the objects of a kind.
enum Write {
    /// What reads them, too.
    Lens(&'static Lens),
    /// A function, for objects of that kind.
    By(&'static str, fn(&mut Writer<'_>, &[&Element])),
}

use Write::By;

/// The areas, in the order in which they are read; objects are written in the order of their kinds.
const AREAS: &[Area] = &[
    Area {
        read: constants::read,
        write: &[
            By("status", constants::statuses),
            Write::Lens(&constants::PRIORITY),
            Write::Lens(&constants::RESOLUTION),
            By("issueLink", constants::issue_links),
            By("eventType", constants::event_types),
        ],
    },
    Area {
        read: people::read::read,
        write: &[By("user", people::write::users), By("group", people::write::groups)],
    },
    Area {
        read: projects::read::read,
        write: &[
            Write::Lens(&projects::read::CATEGORY),
            By("projectRole", projects::write::roles),
            By("project", projects::write::projects),
        ],
    },
    Area {
        read: grants::read::read,
        write: &[
            By("permissionScheme", grants::write::permission_schemes),
            By("notificationScheme", grants::write::notification_schemes),
            By("issueSecurityScheme", grants::write::security_schemes),
        ],
    },
    Area {
        read: issue_types::read::read,
        write: &[
            By("issueType", issue_types::write::issue_types),
            By("issueTypeScheme", issue_types::write::issue_type_schemes),
            By("priorityScheme", issue_types::write::priority_schemes),
        ],
    },
    Area {
        read: custom_fields::read::read,
        write: &[By("customField", custom_fields::write::custom_fields)],
    },
    Area {
        read: field_configurations::read::read,
        write: &[
            By("fieldConfiguration", field_configurations::write::field_configurations),
            By("fieldConfigurationScheme", field_configurations::write::schemes),
        ],
    },
    Area {
        read: screens::read,
        write: &[
            Write::Lens(&screens::SCREEN),
            Write::Lens(&screens::SCREEN_SCHEME),
            Write::Lens(&screens::ISSUE_TYPE_SCREEN_SCHEME),
        ],
    },
    Area { read: workflow::rows::read, write: &[By("workflowEntry", workflow::rows::workflows)] },
    Area {
        read: workflow_schemes::read::read,
        write: &[By("workflowScheme", workflow_schemes::write::workflow_schemes)],
    },
    Area { read: filters::read::read, write: &[By("filter", filters::write::filters)] },
    Area { read: dashboards::read::read, write: &[By("dashboard", dashboards::write::dashboards)] },
    Area { read: boards::read::read, write: &[By("scrumKanbanBoard", boards::write::boards)] },
];

impl Write {
    fn kind(&self) -> &'static str {
        match self {
            Self::Lens(lens) => lens.kind,
            Self::By(kind, _) => kind,
        }
    }
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
            match AREAS.iter().flat_map(|area| area.write).find(|write| write.kind() == *kind) {
                Some(Write::Lens(lens)) => lens.write(self, objects),
                Some(Write::By(_, write)) => write(self, objects),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AREAS, KINDS};

    #[test]
    fn each_kind_is_written_by_an_area() {
        let written =
            |kind: &str| AREAS.iter().flat_map(|area| area.write).filter(|own| own.kind() == kind).count();
        assert!(KINDS.iter().all(|kind| written(kind.name) == 1));
    }
}
