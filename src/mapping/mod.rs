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

use std::collections::{BTreeMap, HashMap, HashSet};

pub use areas::grants::write::has_permission_number;
pub use courses::{Homeless, moves, stranded, unmoved};
pub use facts::facts;
use ground::context::Context;
pub(crate) use ground::kinds::kind;
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
    let areas = [
        areas::constants::read::read,
        areas::people::read::read,
        areas::projects::read::read,
        areas::grants::read::read,
        areas::issue_types::read::read,
        areas::custom_fields::read::read,
        areas::field_configurations::read::read,
        areas::screens::read::read,
        workflow::rows::read,
        areas::workflow_schemes::read::read,
        areas::filters::read::read,
        areas::dashboards::read::read,
        areas::boards::read::read,
    ];
    for read in areas {
        read(&mut context);
    }
    snapshot.notes.sort();
    snapshot.notes.dedup();
    snapshot
}

/// What writes the objects of a kind.
type Write = fn(&mut Writer<'_>, &[&Element]);

/// The kinds, in the order in which they are written: the parts of an object (versions, levels) come before what refers
/// to them, and what queries name before those; whole objects may refer to each other in any order.
const AREAS: &[(&str, Write)] = &[
    ("user", areas::people::write::users),
    ("group", areas::people::write::groups),
    ("status", areas::constants::write::statuses),
    ("priority", areas::constants::write::priorities),
    ("resolution", areas::constants::write::resolutions),
    ("issueLink", areas::constants::write::issue_links),
    ("eventType", areas::constants::write::event_types),
    ("projectCategory", areas::projects::write::categories),
    ("projectRole", areas::projects::write::roles),
    ("permissionScheme", areas::grants::write::permission_schemes),
    ("notificationScheme", areas::grants::write::notification_schemes),
    ("issueSecurityScheme", areas::grants::write::security_schemes),
    ("project", areas::projects::write::projects),
    ("issueType", areas::issue_types::write::issue_types),
    ("issueTypeScheme", areas::issue_types::write::issue_type_schemes),
    ("priorityScheme", areas::issue_types::write::priority_schemes),
    ("customField", areas::custom_fields::write::custom_fields),
    ("fieldConfiguration", areas::field_configurations::write::field_configurations),
    ("fieldConfigurationScheme", areas::field_configurations::write::schemes),
    ("screen", areas::screens::write::screens),
    ("screenScheme", areas::screens::write::screen_schemes),
    ("issueTypeScreenScheme", areas::screens::write::issue_type_screen_schemes),
    ("filter", areas::filters::write::filters),
    ("workflowEntry", workflow::rows::workflows),
    ("workflowScheme", areas::workflow_schemes::write::workflow_schemes),
    ("dashboard", areas::dashboards::write::dashboards),
    ("scrumKanbanBoard", areas::boards::write::boards),
];

impl<'a> Writer<'a> {
    /// Prepares to write into an instance.
    pub fn new(tables: &'a Tables) -> Self {
        Self::on(tables, built_in::built_in)
    }

    /// Writes objects as they are to be; those that the instance does not have are created. All objects of one change
    /// are written together, so that they can refer to each other.
    pub fn write(&mut self, objects: &[&Element]) {
        let mut by_kind: BTreeMap<usize, Vec<&Element>> = BTreeMap::new();
        for &object in objects {
            if let Some(area) = AREAS.iter().position(|(kind, _)| *kind == object.tag()) {
                by_kind.entry(area).or_default().push(object);
            }
        }
        for (area, objects) in &by_kind {
            for object in objects {
                self.ids.promise(AREAS[*area].0, object);
            }
        }
        for (area, objects) in by_kind {
            AREAS[area].1(self, &objects);
        }
    }
}
