//! New names for objects that are there, as Jira itself gives them: the row of the object, and the rows that name it by its name.
//!
//! Invariant: everything that refers to a renamed object goes on to do so.

use crate::entity::{EntityId, RowChange, Tables};
use crate::mapping::ground::ids::TABLES;
use crate::mapping::ground::writer::Writer;
use crate::model::Identity;
use crate::schema::Schema;

/// The columns that hold the name of an object, where it is not `name`.
const NAMES: [(&str, &str); 3] =
    [("IssueLinkType", "linkname"), ("PortalPage", "pagename"), ("AO_60DB71_RAPIDVIEW", "NAME")];

/// The columns that name a workflow: Jira knows workflows by their names.
const OF_WORKFLOWS: [(&str, &str); 3] = [
    ("WorkflowSchemeEntity", "workflow"),
    ("DraftWorkflowSchemeEntity", "workflow"),
    ("DraftWorkflow", "parentname"),
];

/// Returns the changes of rows that give objects other names; objects that are no rows of their own are left out.
pub(crate) fn rename(tables: &Tables, renames: &[(Identity, Identity)]) -> Vec<RowChange> {
    let mut writer = Writer::new(tables);
    for (old, new) in renames {
        let kind = Schema::get().kind(old.kind).name.as_str();
        let Some((_, entity)) = TABLES.iter().find(|(own, _)| *own == kind) else { continue };
        let Some(id) = writer.ids.get(old).map(str::to_owned) else { continue };
        let name = || Some(new.name().to_owned());
        let column = NAMES.iter().find(|(own, _)| own == entity).map_or("name", |(_, column)| *column);
        let mut values = vec![(column, name())];
        let has_lower = |row: &crate::entity::Row| row.get("nameLower").is_some();
        if *entity == "SearchRequest" && writer.row(entity, &id).as_ref().is_some_and(has_lower) {
            values.push(("nameLower", Some(new.name().to_lowercase())));
        }
        let id_attribute = EntityId::named(entity).entity().attributes[0].name;
        writer.put(entity, &[(id_attribute, &id)], values);
        if kind != "workflowEntry" {
            continue;
        }
        for (entity, column) in OF_WORKFLOWS {
            for at in writer.find(entity, &[(column, Some(old.name()))]) {
                let id = writer.at(entity, at).id().to_owned();
                writer.put(entity, &[("id", &id)], vec![(column, name())]);
            }
        }
    }
    writer.finish().0
}
