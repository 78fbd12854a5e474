//! The versions of a project, which have an order, and its components, which have none.
//!
//! Invariant: what was taken away is made anew by the way back, and put where it was.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::part;
use super::super::reordering::{Moved, moved, moves};
use super::super::sent::{number, token};
use super::super::{Deed, Ground, Look, Sent, Side, Unsaid, changed};
use super::own::Project;
use crate::entity::Row;

/// Returns the parts of a project by their ids.
fn parts<'g>(side: &Side<'g>, entity: &'static str, project: Option<&str>) -> BTreeMap<String, &'g Row> {
    let rows = project.map(|id| side.with(entity, "project", id)).unwrap_or_default();
    rows.into_iter().map(|row| (row.id().to_owned(), row)).collect()
}

/// What requests say of a part: what it is called in paths and tokens, what lists all, and how it is told.
struct Kind<'k> {
    kind: &'static str,
    list: String,
    /// What requests say, and what replies.
    told: &'k dyn Fn(&Row) -> (Value, Value),
    /// Who it belongs to, as it is said of a new one.
    owner: (&'static str, Value),
    remove: &'k dyn Fn(String) -> Sent,
}

impl Kind<'_> {
    /// Returns what stands for the id of one that has none yet.
    fn token(&self, project: &Project<'_>, row: &Row) -> String {
        token(self.kind, &format!("{}/{}", project.key, row.get("name").unwrap_or_default()))
    }

    fn path(&self, ground: &Ground<'_>, id: &str) -> String {
        ground.api(&format!("{}/{}", self.kind, part(id)))
    }

    /// Looks for one by its name, which is unique in its project.
    fn called(&self, row: &Row) -> Look {
        let name = json!(row.get("name"));
        Look::at(&self.list, Value::Null, json!({ "name": name })).among("", &[("name", name)]).in_doubt()
    }

    fn added(&self, ground: &Ground<'_>, project: &Project<'_>, row: &Row) -> Sent {
        let (mut body, _) = (self.told)(row);
        if let Some(members) = body.as_object_mut() {
            members.retain(|_, own| *own != json!("") && *own != json!(false));
        }
        body[self.owner.0] = self.owner.1.clone();
        let sent = Sent::post(ground.api(self.kind), body);
        sent.seen_by(self.called(row)).binding(&self.token(project, row), "/id")
    }

    /// Makes a new one.
    fn created(&self, ground: &Ground<'_>, project: &Project<'_>, row: &Row) -> Deed {
        let back = (self.remove)(self.path(ground, &self.token(project, row)));
        Deed::new(self.added(ground, project, row), back)
    }

    /// Changes one.
    fn changed(&self, ground: &Ground<'_>, id: &str, old: &Row, new: &Row) -> Option<Deed> {
        let ((from, shown), (to, shows)) = ((self.told)(old), (self.told)(new));
        let (from, to) = changed(&from, &to, &[])?;
        let (shown, shows) = changed(&shown, &shows, &[])?;
        let look = Look::at(&self.list, shown, shows).among("", &[("id", json!(id))]);
        let path = self.path(ground, id);
        Some(Deed::new(Sent::put(&path, to).seen_by(look), Sent::put(path, from)))
    }

    /// Takes one away, with which the issues lose it that have it.
    fn removed(&self, ground: &Ground<'_>, project: &Project<'_>, id: &str, row: &Row) -> Deed {
        let (_, shown) = (self.told)(row);
        let look = Look::at(&self.list, shown, Value::Null).among("", &[("id", json!(id))]);
        Deed::new((self.remove)(self.path(ground, id)).seen_by(look), self.added(ground, project, row))
    }
}

/// Components; Jira sorts them by name.
pub(super) fn components(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let old = parts(&ground.before, "Component", project.before);
    let new = parts(&ground.after, "Component", Some(project.after));
    let is_archived = |row: &Row| row.truth("archived");
    if let Some(row) = new.values().find(|row| ground.is_cloud() && is_archived(row)) {
        let name = row.get("name").unwrap_or_default();
        let why = format!("Jira Cloud has no archived components, and `{name}` is one");
        return Err(project.unsaid("components", why));
    }
    let told = |row: &Row| {
        let lead = row.text("lead");
        let assignee = match row.text("assigneetype") {
            Some("1") => "COMPONENT_LEAD",
            Some("2") => "PROJECT_LEAD",
            Some("3") => "UNASSIGNED",
            _ => "PROJECT_DEFAULT",
        };
        let mut body = super::super::members(row, &[("name", "name"), ("description", "description")]);
        body["assigneeType"] = json!(assignee);
        if !ground.is_cloud() {
            body["archived"] = json!(is_archived(row));
        }
        let mut shown = body.clone();
        match ground.is_cloud() {
            true => {
                body["leadAccountId"] = json!(lead.unwrap_or_default());
                shown["lead"] = lead.map_or(Value::Null, |own| json!({ "accountId": own }));
            }
            false => {
                let name = lead.and_then(|key| ground.user_name(key));
                body["leadUserName"] = json!(name.as_deref().unwrap_or_default());
                shown["lead"] = name.map_or(Value::Null, |own| json!({ "name": own }));
            }
        }
        (body, shown)
    };
    let kind = Kind {
        kind: "component",
        list: format!("{}/components", project.path(ground)),
        told: &told,
        owner: ("project", json!(project.key)),
        remove: &Sent::delete,
    };
    let mut deeds: Vec<Deed> = Vec::new();
    for (id, row) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        deeds.push(kind.removed(ground, project, id, row));
    }
    for (id, row) in &new {
        match old.get(id) {
            Some(was) => deeds.extend(kind.changed(ground, id, was, row)),
            None => deeds.push(kind.created(ground, project, row)),
        }
    }
    Ok(deeds)
}

/// Returns the ids of versions in their order.
fn ordered(rows: &BTreeMap<String, &Row>) -> Vec<String> {
    let mut ids: Vec<&String> = rows.keys().collect();
    let sequence = |id: &String| rows[id].number("sequence").unwrap_or(i64::MAX);
    ids.sort_by_key(|id| (sequence(id), id.parse::<i64>().unwrap_or(i64::MAX)));
    ids.into_iter().cloned().collect()
}

/// Returns the day of a moment.
fn day(row: &Row, attribute: &str) -> String {
    let moment = row.get(attribute).unwrap_or_default();
    moment.split([' ', 'T']).next().unwrap_or_default().to_owned()
}

/// Versions.
pub(super) fn versions(ground: &Ground<'_>, project: &Project<'_>) -> Vec<Deed> {
    let old = parts(&ground.before, "Version", project.before);
    let new = parts(&ground.after, "Version", Some(project.after));
    let told = |row: &Row| {
        let mut body = super::super::members(row, &[("name", "name"), ("description", "description")]);
        body["startDate"] = json!(day(row, "startdate"));
        body["releaseDate"] = json!(day(row, "releasedate"));
        body["released"] = json!(row.truth("released"));
        body["archived"] = json!(row.truth("archived"));
        (body.clone(), body)
    };
    let kind = Kind {
        kind: "version",
        list: format!("{}/versions", project.path(ground)),
        told: &told,
        owner: ("projectId", number(&project.id)),
        remove: &|path| Sent::post(format!("{path}/removeAndSwap"), json!({})),
    };
    let mut deeds: Vec<Deed> = Vec::new();
    let mut order = ordered(&old);
    // What goes has an id that the way back does not know any more.
    let back = |id: &str| match (old.get(id), new.get(id)) {
        (Some(row), None) => kind.token(project, row),
        _ => id.to_owned(),
    };
    for (id, row) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        let was = order.clone();
        order.retain(|other| other != id);
        // Made anew it comes last.
        let mut back_again: Vec<String> = order.iter().chain([id]).cloned().collect();
        let at = was.iter().position(|own| own == id).unwrap_or_default();
        let after = at.checked_sub(1).map(|before| was[before].clone());
        let moved = moved(&mut back_again, id, after);
        let deed = kind.removed(ground, project, id, row);
        deeds.push(deed.then(moved.map(|own| move_one(ground, &kind, &own, &back))));
    }
    for (id, row) in &new {
        if let Some(was) = old.get(id) {
            deeds.extend(kind.changed(ground, id, was, row));
        }
    }
    // New ones come last, in the order in which they are made.
    let sent = |id: &String| if old.contains_key(id) { id.clone() } else { kind.token(project, new[id]) };
    let wanted = ordered(&new);
    for id in wanted.iter().filter(|id| !old.contains_key(*id)) {
        deeds.push(kind.created(ground, project, new[id]));
        order.push(sent(id));
    }
    let wanted: Vec<String> = wanted.iter().map(sent).collect();
    deeds.extend(moves(&order, &wanted).iter().map(|own| {
        let forth = move_one(ground, &kind, own, &str::to_owned);
        Deed::new(forth, move_one(ground, &kind, &own.back(), &back))
    }));
    deeds
}

/// Moves a version behind another, of which `name` says what they are called by then.
fn move_one(ground: &Ground<'_>, kind: &Kind<'_>, own: &Moved, name: &dyn Fn(&str) -> String) -> Sent {
    let order = |ids: &[String]| -> Value { ids.iter().map(|id| json!({ "id": name(id) })).collect() };
    let body = match &own.after {
        Some(after) => json!({ "after": ground.link(&kind.path(ground, &name(after))) }),
        None => json!({ "position": "First" }),
    };
    let look = Look::at(&kind.list, order(&own.from), order(&own.to)).in_doubt();
    Sent::post(format!("{}/move", kind.path(ground, &name(&own.id))), body).seen_by(look)
}
