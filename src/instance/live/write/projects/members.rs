//! Who has which role in a project.
//!
//! Invariant: of a role all members are said at once, those that stay, too, and only if they are as the plan saw them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::part;
use super::super::{Deed, Ground, Look, Sent, Side, Unsaid};
use super::own::Project;
use crate::entity::Row;
use crate::plan::Step;

/// What the members are that are groups.
const GROUP: &str = "atlassian-group-role-actor";

/// Members of a role: what they are, and the key or name of each.
type Members = BTreeSet<(String, String)>;

/// Says anew who has the roles of a project in which that changes.
pub(super) fn changed(
    ground: &Ground<'_>,
    project: &Project<'_>,
    step: &Step,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let mut from = match project.before {
        Some(id) => members(&ground.before, Some(id)),
        // A new project has those who are named for all new ones.
        None => members(&ground.after, None),
    };
    from.retain(|role, _| ground.is_there_at(step, "projectRole", role));
    let to = members(&ground.after, Some(project.after));
    let roles: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let none = Members::new();
    let mut deeds = Vec::new();
    for role in roles {
        let (from, to) = (from.get(role).unwrap_or(&none), to.get(role).unwrap_or(&none));
        if from != to {
            deeds.push(replaced(ground, project, role, (from, to))?);
        }
    }
    Ok(deeds)
}

/// Returns the members of all roles, of a project or for new ones, by the ids of the roles.
fn members(side: &Side<'_>, project: Option<&str>) -> BTreeMap<String, Members> {
    let rows: Vec<&Row> = match project {
        Some(id) => side.with("ProjectRoleActor", "pid", id),
        None => side.tables.rows("ProjectRoleActor").iter().filter(|row| row.text("pid").is_none()).collect(),
    };
    let mut all = BTreeMap::<String, Members>::new();
    for row in rows {
        let text = |name| row.text(name).map(str::to_owned);
        if let (Some(role), Some(ty), Some(who)) =
            (text("projectroleid"), text("roletype"), text("roletypeparameter"))
        {
            all.entry(role).or_default().insert((ty, who));
        }
    }
    all
}

fn replaced(
    ground: &Ground<'_>,
    project: &Project<'_>,
    role: &str,
    (from, to): (&Members, &Members),
) -> Result<Deed, Vec<Unsaid>> {
    let sent = ground.sent("projectRole", role);
    let path = format!("{}/role/{}", project.path(ground), part(&sent));
    let body = |all: &Members| -> Result<Value, Vec<Unsaid>> {
        let mut by_type = Map::new();
        for (ty, who) in all {
            let (ty, handle) = handle(ground, ty, who);
            let handle = handle.ok_or_else(|| {
                project
                    .unsaid("projectRoleMembers", format!("Jira does not tell the id of the group `{who}`"))
            })?;
            let list = by_type.entry(ty).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!(handle));
            }
        }
        Ok(json!({ "categorisedActors": by_type }))
    };
    let shown = |all: &Members| -> Value {
        let all = all.iter().map(|(ty, who)| shown(ground, ty, who));
        json!({ "actors": all.collect::<Vec<_>>() })
    };
    let mut look = Look::at(&path, shown(from), shown(to)).in_any_order();
    // Who is in the roles of a project that is only now made, is said whatever Jira has put there.
    if project.before.is_none() {
        look = look.in_doubt();
    }
    let put = Sent::put(&path, body(to)?).seen_by(look);
    Ok(Deed::new(put, Sent::put(path, body(from)?)))
}

/// Returns the type that requests have, and what they call a member by.
fn handle(ground: &Ground<'_>, ty: &str, who: &str) -> (String, Option<String>) {
    match (ty == GROUP, ground.is_cloud()) {
        (true, true) => (format!("{GROUP}-id"), ground.group_id(who)),
        (false, false) => (ty.to_owned(), ground.user_name(who)),
        _ => (ty.to_owned(), Some(who.to_owned())),
    }
}

fn shown(ground: &Ground<'_>, ty: &str, who: &str) -> Value {
    match (ty == GROUP, ground.is_cloud()) {
        (true, true) => json!({ "type": ty, "actorGroup": { "name": who } }),
        (true, false) => json!({ "type": ty, "name": who }),
        (false, true) => json!({ "type": ty, "actorUser": { "accountId": who } }),
        (false, false) => json!({ "type": ty, "name": ground.user_name(who) }),
    }
}
