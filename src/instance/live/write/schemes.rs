//! Schemes of issue types and of priorities: what a project offers, in which order, and what first.
//!
//! Data Center takes a scheme whole. Jira Cloud takes issue types one by one, each at the end, and moves them; priorities stand in the
//! order of all priorities there. Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::order::{moves, placed};
use super::retyped::{self, By};
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, number, part};
use crate::entity::Row;
use crate::mapping::default_member;
use crate::model::Path;

/// A kind of such schemes.
pub(super) struct Kind {
    scheme: &'static str,
    member: &'static str,
    default: &'static str,
    field: &'static str,
}

pub(super) const TYPES: Kind =
    Kind { scheme: "issueTypeScheme", member: "issueType", default: "defaultType", field: "issuetype" };

pub(super) const PRIORITIES: Kind =
    Kind { scheme: "priorityScheme", member: "priority", default: "defaultPriority", field: "priority" };

/// The setting that names the priority that is offered first.
pub(super) const DEFAULT: &str = "jira.constant.default.priority";

/// A scheme as its rows have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldScheme {
    name: String,
    description: String,
    /// Ids, in their order.
    pub(super) members: Vec<String>,
    pub(super) default: Option<String>,
    /// Whether it holds for the projects that have none of their own.
    is_default: bool,
}

impl FieldScheme {
    fn of(side: &Side<'_>, kind: &Kind, id: &str) -> Option<Self> {
        let row = side.row("FieldConfigScheme", id)?;
        let links = side.with("FieldConfigSchemeIssueType", "fieldconfigscheme", id);
        let configuration = links.iter().find_map(|row| row.text("fieldconfiguration")).unwrap_or_default();
        let mut members = side.with("OptionConfiguration", "fieldconfig", configuration);
        members.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        let mut seen = BTreeSet::new();
        let known = members.iter().filter_map(|row| row.text("optionid"));
        let known = known.filter(|id| side.names.get(kind.member, id).is_some() && seen.insert(*id));
        let default = default_member(&side.with("GenericConfiguration", "datakey", configuration));
        let contexts = side.with("ConfigurationContext", "fieldconfigscheme", id);
        Some(Self {
            name: row.get("name").unwrap_or_default().to_owned(),
            description: row.get("description").unwrap_or_default().to_owned(),
            members: known.map(str::to_owned).collect(),
            default: default.filter(|id| side.names.get(kind.member, id).is_some()),
            is_default: contexts.iter().any(|row| row.get("project").is_none()),
        })
    }

    /// Returns the scheme that holds for the projects that have none of their own, with its id.
    pub(super) fn default_of(side: &Side<'_>, kind: &Kind) -> Option<(String, Self)> {
        let contexts = side.with("ConfigurationContext", "key", kind.field);
        let own = contexts.into_iter().find(|row: &&Row| row.get("project").is_none())?;
        let id = own.text("fieldconfigscheme")?;
        Some((id.to_owned(), Self::of(side, kind, id)?))
    }

    /// Returns what is said of it beside its members.
    fn details(&self, default: &str, sent: &dyn Fn(&str) -> Value) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            default: self.default.as_deref().map(sent),
        })
    }
}

/// A scheme before and after, with its id.
struct Both {
    id: String,
    before: Option<FieldScheme>,
    after: FieldScheme,
}

fn both(ground: &Ground<'_>, subject: &Subject<'_>, kind: &Kind) -> Option<Both> {
    let after = subject.after.as_deref()?;
    Some(Both {
        id: ground.sent(kind.scheme, after),
        before: subject.before.as_deref().and_then(|id| FieldScheme::of(&ground.before, kind, id)),
        after: FieldScheme::of(&ground.after, kind, after)?,
    })
}

/// A scheme of issue types.
pub(super) fn issue_type_scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(own) = both(ground, subject, &TYPES) else { return Ok(Vec::new()) };
    if !ground.is_cloud() {
        return Ok(whole(ground, &own, &DATA_CENTER_TYPES));
    }
    let Both { id, before, after } = own;
    let (all, path) = (ground.api("issuetypescheme"), ground.api(&format!("issuetypescheme/{}", part(&id))));
    let sent = |id: &str| ground.sent("issueType", id);
    let details = |own: &FieldScheme| own.details("defaultIssueTypeId", &|id| json!(sent(id)));
    let Some(before) = before else {
        let mut body = details(&after);
        let look = Look::at(&all, Value::Null, body.clone())
            .among("/values", &[("name", body["name"].clone())])
            .paged()
            .in_doubt();
        body["issueTypeIds"] = after.members.iter().map(|id| sent(id)).collect();
        drop_nothing(&mut body);
        let made = Sent::post(&all, body).seen_by(look).binding(&id, "/issueTypeSchemeId /id");
        return Ok(vec![Deed::new(made, Sent::delete(path))]);
    };
    let gone: Vec<&String> = before.members.iter().filter(|id| !after.members.contains(id)).collect();
    if before.is_default && !gone.is_empty() {
        let path = Path::object("issueTypeScheme", subject.step.identity.name()).child("issueType");
        let why = "Jira Cloud takes no issue type out of the default scheme";
        return Err(vec![(path, why.to_owned())]);
    }
    let mut deeds = Vec::new();
    let member =
        |own: &str| ground.api(&format!("issuetypescheme/{}/issuetype/{}", part(&id), part(&sent(own))));
    let (types, moving) = (format!("{path}/issuetype"), format!("{path}/issuetype/move"));
    let there = |own: &str| {
        Look::at(format!("{all}/mapping"), Value::Null, json!({ "issueTypeId": sent(own) }))
            .with("issueTypeSchemeId", &id)
            .among("/values", &[("issueTypeId", json!(sent(own)))])
            .paged()
            .in_doubt()
    };
    let add = |own: &str| Sent::put(&types, json!({ "issueTypeIds": [sent(own)] })).seen_by(there(own));
    let remove = |own: &str| Sent::delete(member(own)).seen_by(there(own).back());
    let mut now = before.members.clone();
    for own in after.members.iter().filter(|id| !before.members.contains(id)) {
        deeds.push(Deed::new(add(own), remove(own)));
        now.push(own.clone());
    }
    if let Some((was, is)) = changed(&details(&before), &details(&after), &[]) {
        let look =
            Look::at(&all, was.clone(), is.clone()).with("id", &id).among("/values", &[("id", json!(id))]);
        deeds.push(Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was)));
    }
    let in_order = |from: &[String], to: &[String]| {
        let shown = |all: &[String]| all.iter().map(|own| json!({ "issueTypeId": sent(own) })).collect();
        Look::at(format!("{all}/mapping"), shown(from), shown(to))
            .with("issueTypeSchemeId", &id)
            .all("/values")
            .in_doubt()
    };
    for own in moves(&now, &after.members, usize::MAX) {
        let was = now.clone();
        let mut deed = own.deed(&moving, "issueTypeIds", &sent);
        now.retain(|id| !own.ids.contains(id));
        let at = own.behind.and_then(|behind| now.iter().position(|id| *id == behind)).map_or(0, |at| at + 1);
        now.splice(at..at, own.ids);
        deed.sent.look = Some(in_order(&was, &now));
        deeds.push(deed);
    }
    if let Some(after) = subject.after.as_deref().filter(|_| !gone.is_empty()) {
        deeds.extend(retyped::deeds(ground, By::Scheme(after)));
    }
    for own in gone {
        let at = now.iter().position(|id| id == own).unwrap_or_default();
        if at + 1 < now.len() {
            // What is put in again comes last.
            let was = at.checked_sub(1).map(|at| now[at].clone());
            let body = placed("issueTypeIds", std::slice::from_ref(own), &was, &sent);
            deeds.push(Deed::only_back(Sent::put(&moving, body)));
        }
        deeds.push(Deed::new(remove(own), add(own)));
        now.retain(|id| id != own);
    }
    Ok(deeds)
}

/// Leaves out the members of a body that say nothing, as a new object has them.
fn drop_nothing(body: &mut Value) {
    if let Some(own) = body.as_object_mut() {
        own.retain(|_, value| !value.is_null());
    }
}

/// A scheme of priorities.
pub(super) fn priority_scheme(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(own) = both(ground, subject, &PRIORITIES) else { return Ok(Vec::new()) };
    let here = |tag: &str| Path::object("priorityScheme", subject.step.identity.name()).child(tag);
    let mut in_order = ground.after.in_order("Priority");
    in_order.retain(|id| own.after.members.contains(id));
    if in_order != own.after.members {
        let why = "the priorities of a scheme stand in the order of all priorities".to_owned();
        return Err(vec![(here(PRIORITIES.member), why)]);
    }
    if !ground.is_cloud() {
        if own.after.is_default {
            let why = "Data Center does not change the default priority scheme by REST".to_owned();
            return Err(vec![(here("name"), why)]);
        }
        return Ok(whole(ground, &own, &DATA_CENTER_PRIORITIES));
    }
    let Both { id, before, after } = own;
    let (all, path) = (ground.api("priorityscheme"), ground.api(&format!("priorityscheme/{}", part(&id))));
    if after.is_default && ground.after.in_order("Priority") != after.members {
        let why = "the default priority scheme of Jira Cloud has all priorities".to_owned();
        return Err(vec![(here(PRIORITIES.member), why)]);
    }
    let Some(first) = &after.default else {
        let why = "a priority scheme of Jira Cloud has a default".to_owned();
        return Err(vec![(here(PRIORITIES.default), why)]);
    };
    let sent = |id: &str| number(&ground.sent("priority", id));
    // The default of the default scheme is that of the instance, which is set by itself.
    let is_set = after.is_default && ground.before.setting(DEFAULT) != ground.after.setting(DEFAULT);
    let details = |own: &FieldScheme| {
        let mut details = own.details("defaultPriorityId", &sent);
        details.as_object_mut().filter(|_| is_set).map(|own| own.remove("defaultPriorityId"));
        details
    };
    let Some(before) = before else {
        let mut body = details(&after);
        let look = Look::at(&all, Value::Null, body.clone())
            .among("/values", &[("name", body["name"].clone())])
            .paged()
            .in_doubt();
        body["priorityIds"] = after.members.iter().map(|id| sent(id)).collect();
        body["projectIds"] = json!([]);
        body["defaultPriorityId"] = sent(first);
        let made = Sent::post(&all, body).seen_by(look).binding(&id, "/id");
        return Ok(vec![Deed::new(made, Sent::delete(path))]);
    };
    // Those that are new are in the default scheme, as Jira itself puts them there.
    let created = ground.created("priority");
    let without = |all: &FieldScheme, other: &FieldScheme| -> Vec<String> {
        let own = all.members.iter().filter(|id| !after.is_default || !created.contains(id));
        own.filter(|id| !other.members.contains(id)).cloned().collect()
    };
    let (come, gone) = (without(&after, &before), without(&before, &after));
    if after.is_default && !(come.is_empty() && gone.is_empty()) {
        let why = "Jira Cloud itself says which priorities are in its default scheme".to_owned();
        return Err(vec![(here(PRIORITIES.member), why)]);
    }
    let lists = |come: &[String], gone: &[String]| {
        let ids = |own: &[String]| json!({ "ids": own.iter().map(|id| sent(id)).collect::<Vec<_>>() });
        let mut lists = json!({});
        for (member, own) in [("add", come), ("remove", gone)] {
            if !own.is_empty() {
                lists[member] = ids(own);
            }
        }
        lists
    };
    let said = changed(&details(&before), &details(&after), &[]);
    let is_listed = !come.is_empty() || !gone.is_empty();
    if said.is_none() && !is_listed {
        return Ok(Vec::new());
    }
    let (mut was, mut is) = said.clone().unwrap_or((json!({}), json!({})));
    if is_listed {
        (was["priorities"], is["priorities"]) = (lists(&gone, &come), lists(&come, &gone));
        // Which priorities issues get in the place of those that go: Jira wants to be told even that there are none, and refuses
        // what issues have.
        (was["mappings"], is["mappings"]) = (json!({ "in": {} }), json!({ "in": {} }));
    }
    let look = match said {
        Some((was, is)) => {
            Look::at(&all, was, is).with("schemeId", &id).among("/values", &[("id", json!(id))])
        }
        None => {
            let (one, is_new) = come.first().map_or_else(|| (&gone[0], false), |own| (own, true));
            let own = json!({ "id": ground.sent("priority", one) });
            let look = Look::at(format!("{path}/priorities"), Value::Null, own.clone())
                .among("/values", &[("id", own["id"].clone())])
                .paged();
            if is_new { look } else { look.back() }
        }
    };
    Ok(vec![Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was))])
}

/// How Data Center takes a scheme whole.
struct Whole {
    path: &'static str,
    member: &'static str,
    /// What asks for all of it, as a look needs it.
    expand: &'static str,
    ids: &'static str,
    default: &'static str,
    /// Whether a reply tells members as objects.
    are_objects: bool,
}

const DATA_CENTER_TYPES: Whole = Whole {
    path: "issuetypescheme",
    member: "issueType",
    expand: "issueTypes,defaultIssueType",
    ids: "issueTypeIds",
    default: "defaultIssueTypeId",
    are_objects: true,
};

const DATA_CENTER_PRIORITIES: Whole = Whole {
    path: "priorityschemes",
    member: "priority",
    expand: "projectKeys",
    ids: "optionIds",
    default: "defaultOptionId",
    are_objects: false,
};

impl Whole {
    fn path(&self, ground: &Ground<'_>, id: &str) -> String {
        ground.api(&format!("{}/{}", self.path, part(id)))
    }

    /// Returns a scheme as requests have it.
    fn body(&self, ground: &Ground<'_>, own: &FieldScheme) -> Value {
        let sent = |id: &str| ground.sent(self.member, id);
        let mut body = own.details(self.default, &|id| json!(sent(id)));
        body[self.ids] = own.members.iter().map(|id| sent(id)).collect();
        drop_nothing(&mut body);
        body
    }

    /// Returns it as replies tell it.
    fn shown(&self, ground: &Ground<'_>, own: &FieldScheme) -> Value {
        let sent = |id: &str| ground.sent(self.member, id);
        let object = |id: &String| json!({ "id": sent(id) });
        match self.are_objects {
            true => json!({
                "name": own.name,
                "description": own.description,
                "issueTypes": own.members.iter().map(object).collect::<Vec<_>>(),
                "defaultIssueType": own.default.as_ref().map(object),
            }),
            false => {
                let mut told = own.details(self.default, &|id| json!(sent(id)));
                told[self.ids] = own.members.iter().map(|id| sent(id)).collect();
                told
            }
        }
    }

    /// Says a scheme that is there anew.
    fn put(&self, ground: &Ground<'_>, id: &str, own: &FieldScheme) -> Sent {
        Sent::put(self.path(ground, id), self.body(ground, own))
    }

    /// Looks at whether a scheme is one way or the other.
    fn look(&self, ground: &Ground<'_>, id: &str, from: &FieldScheme, to: &FieldScheme) -> Look {
        Look::at(self.path(ground, id), self.shown(ground, from), self.shown(ground, to))
            .with("expand", self.expand)
    }
}

/// A scheme of Data Center.
fn whole(ground: &Ground<'_>, Both { id, before, after }: &Both, of: &Whole) -> Vec<Deed> {
    let body = |own: &FieldScheme| of.body(ground, own);
    match before {
        Some(before) if body(before) == body(after) => Vec::new(),
        Some(before) => {
            let mut look = of.look(ground, id, before, after);
            // Jira has put new issue types into one of them.
            if !ground.created(of.member).is_empty() {
                look = look.in_doubt();
            }
            vec![Deed::new(of.put(ground, id, after).seen_by(look), of.put(ground, id, before))]
        }
        None => {
            let all = ground.api(of.path);
            let list = Look::at(&all, Value::Null, json!({ "name": after.name }))
                .among("/schemes", &[("name", json!(after.name))])
                .in_doubt();
            let made = Sent::post(&all, body(after)).seen_by(list).binding(id, "/id");
            vec![Deed::new(made, Sent::delete(of.path(ground, id)))]
        }
    }
}

/// Takes a new issue type of Data Center out of the default scheme again, into which Jira puts it; nothing if another request says
/// what is in there. No reply tells which scheme that is: in all backups of Jira 3.12 to 9.12 that were seen it is the first that was
/// ever made. Where it is another one nothing is sent, for there is nothing to take out.
pub(super) fn without_new(ground: &Ground<'_>, issue_type: &str) -> Option<Deed> {
    let rows = ground.before.with("FieldConfigScheme", "fieldid", TYPES.field).into_iter();
    let id = rows.min_by_key(|row| row.number("id").unwrap_or(i64::MAX))?.id();
    let own = FieldScheme::of(&ground.before, &TYPES, id)?;
    if FieldScheme::of(&ground.after, &TYPES, id).as_ref() != Some(&own) {
        return None;
    }
    let mut with = own.clone();
    with.members.push(issue_type.to_owned());
    let (of, id) = (&DATA_CENTER_TYPES, ground.sent(TYPES.scheme, id));
    Some(Deed::along(of.put(ground, &id, &own).seen_by(of.look(ground, &id, &with, &own))))
}
