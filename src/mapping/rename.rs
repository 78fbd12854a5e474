//! New names for objects that are there, as Jira itself gives them: the row of the object, and the rows that name it by its name.
//!
//! Invariant: everything that refers to a renamed object goes on to do so.

use std::collections::{HashMap, HashSet};

use crate::entity::{EntityId, RowChange, Tables};
use crate::mapping::ground::kinds::{KINDS, Kind, held};
use crate::mapping::ground::writer::Writer;
use crate::mapping::{Names, kind};
use crate::model::{Identity, Snapshot};
use crate::schema::Schema;

/// The columns that name a workflow: Jira knows workflows by their names.
const OF_WORKFLOWS: [(&str, &str); 3] = [
    ("WorkflowSchemeEntity", "workflow"),
    ("DraftWorkflowSchemeEntity", "workflow"),
    ("DraftWorkflow", "parentname"),
];

/// Returns which objects changes of rows give other names, with both identities: the reverse of [`rename`]. An object that takes the
/// name of another one, or leaves its own to another one, only looks like renamed.
pub(crate) fn renames(before: &Tables, after: &Tables, changes: &[RowChange]) -> Vec<(Identity, Identity)> {
    let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
    for change in changes {
        let entity = change.entity().entity().name;
        if let (Some(old), Some(new)) = (&change.before, &change.after)
            && let Some(kind) = KINDS.iter().find(|own| own.table == entity)
            && old.text(kind.column) != new.text(kind.column)
        {
            ids.entry(entity).or_default().push(old.id());
        }
    }
    if ids.is_empty() {
        return Vec::new();
    }
    let [old, new] = [before, after].map(|tables| Names::new(tables, &mut Snapshot::default()));
    let mut renames = Vec::new();
    for Kind { name, table: entity, .. } in KINDS {
        let Some(ids) = ids.get(entity) else { continue };
        let identities = |names: &Names| {
            names.all(name).map(|(_, own)| own.identity(kind(name))).collect::<HashSet<Identity>>()
        };
        let (taken, kept) = (identities(&old), identities(&new));
        for id in ids {
            let (Some(old), Some(new)) = (old.get(name, id), new.get(name, id)) else { continue };
            let (old, new) = (old.identity(kind(name)), new.identity(kind(name)));
            if old.name() != new.name() && !taken.contains(&new) && !kept.contains(&old) {
                renames.push((old, new));
            }
        }
    }
    renames.sort();
    renames
}

/// Returns the changes of rows that give objects other names; objects that are no rows of their own are left out.
pub(crate) fn rename(tables: &Tables, renames: &[(Identity, Identity)]) -> Vec<RowChange> {
    let mut writer = Writer::new(tables);
    for (old, new) in renames {
        let kind = Schema::get().kind(old.kind).name.as_str();
        let Some(&Kind { table: entity, column, .. }) = held(kind) else { continue };
        let Some(id) = writer.ids.get(old).map(str::to_owned) else { continue };
        let name = || Some(new.name().to_owned());
        let mut values = vec![(column, name())];
        let has_lower = |row: &crate::entity::Row| row.get("nameLower").is_some();
        if entity == "SearchRequest" && writer.row(entity, &id).as_ref().is_some_and(has_lower) {
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
