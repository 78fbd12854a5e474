//! Contexts of a custom field: which are made, changed and removed, and where they hold.
//!
//! Invariant: no project has two contexts at any time, and none loses its last project, for then it would hold for all.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::choices::Choices;
use super::context::{Context, sent_context};
use super::defaults;
use super::field::Field;
use crate::instance::live::write::{Deed, Look, Sent, Unsaid, changed, token};

/// Returns the requests that lead from the contexts of a field to others; a new field has that which Jira has made with it.
pub(super) fn lead(
    field: &Field<'_, '_>,
    before: Option<Vec<Context>>,
    after: &[Context],
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let mut deeds = Vec::new();
    let before = match before {
        Some(before) => before,
        None => {
            let Some(own) = after.iter().find(|own| own.projects.is_none()) else { return Ok(deeds) };
            deeds.push(jiras_own(field, own));
            vec![Context { id: own.id.clone(), ..Context::default() }]
        }
    };
    refuse(field, &before, after)?;
    let pairs: Vec<(&Context, &Context)> =
        after.iter().filter_map(|own| Some((before.iter().find(|old| old.id == own.id)?, own))).collect();
    for gone in before.iter().filter(|old| !after.iter().any(|own| own.id == old.id)) {
        deeds.extend(removed(field, gone)?);
    }
    for (old, new) in &pairs {
        deeds.extend(called(field, old, new));
    }
    deeds.extend(places(field, &pairs)?);
    for own in after {
        let old = pairs.iter().find(|(_, new)| new.id == own.id).map(|(old, _)| *old);
        if old.is_none() {
            deeds.push(made(field, own));
        }
        let nothing = Context::default();
        let old = old.unwrap_or(&nothing);
        deeds.extend(Choices::new(field, own).lead(&old.choices, &own.choices)?);
        deeds.extend(defaults::lead(field, &sent_context(field.ground, &own.id), old, own)?);
    }
    Ok(deeds)
}

/// Finds the context that Jira makes with a field, which is to be this one.
fn jiras_own(field: &Field<'_, '_>, own: &Context) -> Deed {
    let by = [("isGlobalContext", Value::Bool(true))];
    let look = Look::at(field.contexts(), Value::Null, json!({ "isGlobalContext": true }));
    let id = sent_context(field.ground, &own.id);
    Deed::along(Sent::nothing().seen_by(look.among("/values", &by).paged()).binding(&id, "/id"))
}

/// Why a project of a field with options gets no other context.
const UNKNOWN_USE: &str = "issues may have options of the field, which they would lose, and nobody can ask which: the field has no searcher";

/// Refuses what no request says.
fn refuse(field: &Field<'_, '_>, before: &[Context], after: &[Context]) -> Result<(), Vec<Unsaid>> {
    let mut all: Vec<Unsaid> = Vec::new();
    let mut refuse = |own: &Context, part: Option<&str>, why: &str| {
        let path = field.here().part("customFieldConfigScheme", &own.name);
        all.push((part.map_or(path.clone(), |part| path.child(part)), why.to_owned()));
    };
    let is_said =
        |own: &Context, other: &Context| other.id != own.id && own.unsaid.is_none() && other.unsaid.is_none();
    for (at, own) in after.iter().enumerate() {
        let old = before.iter().find(|old| old.id == own.id);
        let is_changed = old != Some(own);
        if let Some(why) = own.unsaid.filter(|_| is_changed) {
            refuse(own, None, why);
        }
        if old.is_none() && after[..at].iter().any(|other| other.name == own.name) {
            refuse(own, Some("name"), "Jira Cloud takes no two contexts of one name");
        }
        if own.projects.as_ref().is_some_and(BTreeSet::is_empty) && is_changed {
            let why =
                "a context of Jira Cloud holds for a project at least: without any it would hold for all";
            refuse(own, Some("context"), why);
        }
        for other in after.iter().filter(|other| is_changed && is_said(own, other)) {
            let why = match (&own.projects, &other.projects) {
                (None, None) => "a field of Jira Cloud has one context for all projects",
                (Some(own), Some(other)) if !own.is_disjoint(other) => {
                    "a project has one context of a field in Jira Cloud"
                }
                _ => continue,
            };
            refuse(own, Some("context"), why);
            break;
        }
        let is_elsewhere = old.map(|old| &old.projects) != Some(&own.projects) && !field.is_new;
        if is_elsewhere && field.has_options && !field.is_searchable {
            refuse(own, Some("context"), UNKNOWN_USE);
        }
        let Some(old) = old.filter(|old| old.projects.is_none()) else { continue };
        if own.projects.is_some() {
            refuse(own, Some("context"), "Jira Cloud does not narrow the context for all projects");
        } else if old.types != own.types {
            let why = "Jira Cloud does not change for which issue types the context for all projects holds";
            refuse(own, Some("applicableIssueType"), why);
        }
    }
    for own in before.iter().filter(|old| !after.iter().any(|own| own.id == old.id)) {
        if own.projects.is_none() {
            refuse(own, None, "Jira Cloud does not take away the context for all projects");
        } else if field.has_options && !field.is_searchable {
            refuse(own, None, UNKNOWN_USE);
        }
    }
    if all.is_empty() { Ok(()) } else { Err(all) }
}

fn said(own: &Context) -> Value {
    json!({ "name": own.name, "description": own.description })
}

/// Gives a context its name and description.
fn called(field: &Field<'_, '_>, old: &Context, new: &Context) -> Option<Deed> {
    // How Jira has called its own nobody knows for sure.
    let (was, is) = match field.is_new {
        true => (json!({}), said(new)),
        false => changed(&said(old), &said(new), &["name"])?,
    };
    let (id, seen) = (sent_context(field.ground, &new.id), was.clone());
    let look = Look::at(field.contexts(), seen, is.clone()).with("contextId", &id);
    let path = field.context(&id);
    let sent = Sent::put(&path, is).seen_by(look.among("/values", &[("id", json!(id))]));
    Some(field.deed(sent, Sent::put(&path, was)))
}

/// Returns the body that makes a context.
fn body(field: &Field<'_, '_>, own: &Context) -> Value {
    let ids = |kind: &'static str, all: &Option<BTreeSet<String>>| -> Vec<String> {
        all.iter().flatten().map(|id| field.ground.sent(kind, id)).collect()
    };
    let mut body = said(own);
    body["projectIds"] = json!(ids("project", &own.projects));
    body["issueTypeIds"] = json!(ids("issueType", &own.types));
    body
}

fn there(field: &Field<'_, '_>, own: &Context) -> Look {
    Look::at(field.contexts(), Value::Null, said(own)).among("/values", &[("name", json!(own.name))]).paged()
}

/// Makes a context, if no issue would lose something.
fn made(field: &Field<'_, '_>, own: &Context) -> Deed {
    let id = sent_context(field.ground, &own.id);
    let mut sent =
        Sent::post(field.contexts(), body(field, own)).seen_by(there(field, own)).binding(&id, "/id");
    sent.only_if = field.none_loses(own.projects.iter().flatten());
    // What holds for all projects stays, and what has options that nobody can ask for.
    let stays = own.projects.is_none() || !own.choices.is_empty() && !field.is_searchable;
    match stays && !field.is_new {
        true => Deed::lasting(sent),
        false => field.deed(sent, Sent::delete(field.context(&id))),
    }
}

/// Removes a context, of which no issue may have an option; on the way back it is made anew with its options.
fn removed(field: &Field<'_, '_>, own: &Context) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let anew = token("context", &format!("{}/{} again", field.key, own.name));
    let again = |id: &str| token("option", &format!("{}/{} again", field.key, id));
    let mut deeds: Vec<Deed> = defaults::set_again(field, &anew, own, &again)?.into_iter().collect();
    deeds.extend(Choices::at(field, &anew, own).made_again(&own.choices, &again));
    let mut sent = Sent::delete(field.context(&own.id));
    let look = Look::at(field.contexts(), said(own), Value::Null).with("contextId", &own.id);
    sent = sent.seen_by(look.among("/values", &[("id", json!(own.id))]));
    sent.only_if = field.none_loses(own.projects.iter().flatten());
    let back =
        Sent::post(field.contexts(), body(field, own)).seen_by(there(field, own)).binding(&anew, "/id");
    deeds.push(Deed::new(sent, back));
    Ok(deeds)
}

/// Something that a context holds for.
struct Places {
    /// The kind of the objects.
    kind: &'static str,
    /// The part of the path, and what the look at it is called.
    part: &'static str,
    mapping: &'static str,
    /// The member of a body, and that of an item of a reply.
    members: &'static str,
    member: &'static str,
    /// The member of a reply that says that it is all of them.
    all: &'static str,
}

const PROJECTS: Places = Places {
    kind: "project",
    part: "project",
    mapping: "projectmapping",
    members: "projectIds",
    member: "projectId",
    all: "isGlobalContext",
};

const TYPES: Places = Places {
    kind: "issueType",
    part: "issuetype",
    mapping: "issuetypemapping",
    members: "issueTypeIds",
    member: "issueTypeId",
    all: "isAnyIssueType",
};

impl Places {
    /// Returns the request that leads from what a context holds for to more of it, or to less; none of them are all.
    fn led(
        &self,
        field: &Field<'_, '_>,
        context: &Context,
        (from, to): (&BTreeSet<String>, &BTreeSet<String>),
    ) -> Deed {
        let id = sent_context(field.ground, &context.id);
        let shown = |own: &BTreeSet<String>| {
            let one = |place: &String| {
                let mut item = json!({ "contextId": id });
                item[self.member] = json!(field.ground.sent(self.kind, place));
                item
            };
            match own.is_empty() {
                true => {
                    let mut all = json!({ "contextId": id });
                    all[self.all] = json!(true);
                    json!([all])
                }
                false => own.iter().map(one).collect(),
            }
        };
        let path = format!("{}/{}", field.context(&id), self.part);
        let body = |own: Vec<&String>| {
            let ids: Vec<String> = own.into_iter().map(|id| field.ground.sent(self.kind, id)).collect();
            json!({ self.members: ids })
        };
        let (come, gone) = (body(to.difference(from).collect()), body(from.difference(to).collect()));
        let add = |body| Sent::put(&path, body);
        let remove = |body| Sent::post(format!("{path}/remove"), body);
        let (sent, back) = match from.is_subset(to) {
            true => (add(come.clone()), remove(come)),
            false => (remove(gone.clone()), add(gone)),
        };
        let look = Look::at(format!("{}/{}", field.contexts(), self.mapping), shown(from), shown(to));
        let mut sent = sent.seen_by(look.with("contextId", &id).all("/values").in_any_order());
        let mut back = back;
        if self.kind == PROJECTS.kind {
            sent.only_if = field.none_loses(to.symmetric_difference(from));
            back.only_if.clone_from(&sent.only_if);
        }
        field.deed(sent, back)
    }
}

/// Leads contexts to the projects and issue types that they are to hold for.
fn places(field: &Field<'_, '_>, pairs: &[(&Context, &Context)]) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let mut deeds = Vec::new();
    let mut narrow: Vec<(&Context, &BTreeSet<String>)> = Vec::new();
    let mut now: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (old, new) in pairs {
        match (&old.projects, &new.projects) {
            (Some(from), None) => {
                // Nobody can narrow it again.
                let none = BTreeSet::new();
                deeds.push(Deed::lasting(PROJECTS.led(field, new, (from, &none)).sent));
            }
            (Some(from), Some(to)) => {
                narrow.push((new, to));
                now.insert(&new.id, from.clone());
            }
            (None, _) => {}
        }
    }
    while narrow.iter().any(|(context, wanted)| now[context.id.as_str()] != **wanted) {
        let before = now.clone();
        for (context, wanted) in &narrow {
            let others = narrow.iter().filter(|(own, _)| own.id != context.id);
            let taken: BTreeSet<&String> =
                others.clone().flat_map(|(own, _)| &now[own.id.as_str()]).collect();
            let is = &now[context.id.as_str()];
            let more: BTreeSet<String> =
                is.iter().chain(wanted.iter().filter(|own| !taken.contains(own))).cloned().collect();
            let mut less: BTreeSet<String> = more.intersection(wanted).cloned().collect();
            if less.is_empty() {
                // One stays until another has come, rather one that nobody waits for.
                let is_awaited = |own: &&String| others.clone().any(|(_, wanted)| wanted.contains(*own));
                let stays = more.iter().find(|own| !is_awaited(own)).or(more.first());
                less.extend(stays.cloned());
            }
            let mut from = is.clone();
            for to in [more, less] {
                if from != to {
                    deeds.push(PROJECTS.led(field, context, (&from, &to)));
                    from = to;
                }
            }
            now.insert(&context.id, from);
        }
        if now == before {
            let why = "contexts exchange all of their projects, and without any a context would hold for all meanwhile: do it \
                       in two imports";
            return Err(vec![(field.here().child("customFieldConfigScheme"), why.to_owned())]);
        }
    }
    for (old, new) in pairs.iter().filter(|(old, new)| !field.is_new && old.types != new.types) {
        let of = |own: &Context| own.types.clone().unwrap_or_default();
        let (mut from, to) = (of(old), of(new));
        // Without any it would hold for all: what comes, comes first.
        let more = if to.is_empty() { BTreeSet::new() } else { from.union(&to).cloned().collect() };
        for to in [more, to] {
            if from != to {
                deeds.push(TYPES.led(field, new, (&from, &to)));
                from = to;
            }
        }
    }
    Ok(deeds)
}
