//! Projects: what stands in their details, their schemes, versions, components and members of roles.
//!
//! Invariant: a project is made by one request with all that it takes; what that one has no place for follows.
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3.

mod members;
mod own;
mod parts;
mod schemes;

use serde_json::{Map, Value, json};

use super::sent::number;
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, part};
use crate::entity::Row;
use own::Project;

/// A project.
pub(super) fn project(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Some(row) = ground.after.row("Project", after) else { return Ok(Vec::new()) };
    let project = Project {
        key: row.get("key").unwrap_or_default(),
        id: ground.sent("project", after),
        before: subject.before.as_deref(),
        after,
    };
    let old = project.before.and_then(|id| ground.before.row("Project", id));
    name_is_free(ground, &project, old, row)?;
    let mut deeds = match old {
        Some(old) => {
            let mut deeds: Vec<Deed> = details(ground, &project, old, row).into_iter().collect();
            deeds.extend(schemes::changed(ground, &project)?);
            deeds
        }
        None => created(ground, &project, row)?,
    };
    deeds.extend(members::changed(ground, &project, subject.step)?);
    deeds.extend(parts::components(ground, &project)?);
    deeds.extend(parts::versions(ground, &project));
    Ok(deeds)
}

/// Refuses a name that another project has, whatever its case: Jira keeps them unique, too. One that another gives up in the same
/// import is still taken while this one asks for it.
fn name_is_free(
    ground: &Ground<'_>,
    project: &Project<'_>,
    old: Option<&Row>,
    row: &Row,
) -> Result<(), Vec<Unsaid>> {
    let name = |row: &Row| row.get("name").unwrap_or_default().to_lowercase();
    if old.is_some_and(|old| name(old) == name(row)) {
        return Ok(());
    }
    let is_other = |own: &&Row| own.get("key") != Some(project.key) && name(own) == name(row);
    let sides = [&ground.before, &ground.after];
    let other = sides.iter().find_map(|side| side.tables.rows("Project").iter().find(is_other));
    match other.and_then(|other| other.get("key")) {
        None => Ok(()),
        Some(key) => {
            Err(project.unsaid("name", format!("project `{key}` has this name, and Jira takes it once")))
        }
    }
}

/// A detail of a project: what requests say of it, and what replies.
struct Detail {
    body: (&'static str, Value),
    shown: (&'static str, Value),
}

/// Returns the details of a project.
fn all_details(ground: &Ground<'_>, side: &Side<'_>, row: &Row) -> Vec<Detail> {
    let text = |name: &'static str| {
        let value = json!(row.get(name).unwrap_or_default());
        Detail { body: (name, value.clone()), shown: (name, value) }
    };
    let mut all = vec![text("name"), text("description"), text("url")];
    if let Some(lead) = row.text("lead") {
        all.push(match ground.is_cloud() {
            true => {
                Detail { body: ("leadAccountId", json!(lead)), shown: ("lead", json!({ "accountId": lead })) }
            }
            false => {
                let name = json!(ground.user_name(lead));
                Detail { body: ("lead", name.clone()), shown: ("lead", json!({ "name": name })) }
            }
        });
    }
    let assignee = match row.get("assigneetype") {
        Some("2") => Some("PROJECT_LEAD"),
        Some("3") => Some("UNASSIGNED"),
        _ => None,
    };
    all.extend(
        assignee
            .map(|own| Detail { body: ("assigneeType", json!(own)), shown: ("assigneeType", json!(own)) }),
    );
    let category = schemes::of(side, row.id(), "ProjectCategory");
    let category = category.map(|id| ground.sent("projectCategory", &id));
    all.push(Detail {
        // What takes it away.
        body: ("categoryId", category.as_deref().map_or_else(|| json!(-1), number)),
        shown: ("projectCategory", category.map_or(Value::Null, |id| json!({ "id": id }))),
    });
    if !ground.is_cloud() {
        let ty = json!(row.get("projecttype"));
        all.push(Detail { body: ("projectTypeKey", ty.clone()), shown: ("projectTypeKey", ty) });
    }
    all
}

/// Changes what differs in the details of a project.
fn details(ground: &Ground<'_>, project: &Project<'_>, old: &Row, new: &Row) -> Option<Deed> {
    let objects = |side: &Side<'_>, row: &Row| -> (Value, Value) {
        let (mut body, mut shown) = (Map::new(), Map::new());
        for own in all_details(ground, side, row) {
            body.insert(own.body.0.to_owned(), own.body.1);
            shown.insert(own.shown.0.to_owned(), own.shown.1);
        }
        (body.into(), shown.into())
    };
    let ((from, shown), (to, shows)) = (objects(&ground.before, old), objects(&ground.after, new));
    let (Some((from, to)), Some((shown, shows))) = (changed(&from, &to, &[]), changed(&shown, &shows, &[]))
    else {
        return None;
    };
    let path = project.path(ground);
    let look = Look::at(&path, shown, shows);
    Some(Deed::new(Sent::put(&path, to).seen_by(look), Sent::put(path, from)))
}

/// Makes a project. Jira Cloud keeps one that is deleted in its bin, where Data Center deletes what was created in it meanwhile, too.
fn created(ground: &Ground<'_>, project: &Project<'_>, row: &Row) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let mut body = json!({ "key": project.key, "projectTypeKey": row.get("projecttype") });
    let details = all_details(ground, &ground.after, row).into_iter().map(|own| own.body);
    for (member, value) in details.filter(|(_, value)| *value != json!(-1) && *value != json!("")) {
        body[member] = value;
    }
    schemes::put_into(ground, project, &mut body);
    let path = project.path(ground);
    let (absent, there) = (Value::Null, json!({ "key": project.key, "name": row.get("name") }));
    let look = Look::at(&path, absent, there).in_doubt();
    let sent = Sent::post(ground.api("project"), body).seen_by(look).binding(&project.id, "/id");
    let mut deeds = vec![match ground.is_cloud() {
        true => Deed::new(sent, Sent::delete(path).with("enableUndo", "true")),
        false => Deed::lasting(sent),
    }];
    deeds.extend(schemes::joined_later(ground, project)?);
    deeds.extend(sender(ground, project));
    Ok(deeds)
}

/// Says who sends the mails of a new project. No reply tells it, so that it is not compared later.
fn sender(ground: &Ground<'_>, project: &Project<'_>) -> Option<Deed> {
    let own = |row: &&Row| {
        row.get("entityName") == Some("Project")
            && row.get("propertyKey") == Some("jira.project.email.sender")
    };
    let entry = ground.after.with("OSPropertyEntry", "entityId", project.after).into_iter().find(own)?;
    let address = ground.after.row("OSPropertyString", entry.id())?.text("value")?;
    let path = ground.api(&format!("project/{}/email", part(&project.id)));
    let body = |address: &str| json!({ "emailAddress": address });
    ground.is_cloud().then(|| Deed::new(Sent::put(&path, body(address)), Sent::put(path, body(""))))
}
