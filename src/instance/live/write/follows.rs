//! What Jira Cloud changes by itself, because of what is asked for: each new priority is in the default scheme, and in all schemes
//! priorities stand in the order that they have among all.
//!
//! Pure. Invariant: what is said of a scheme by a step stays as it is said, so that what cannot be is refused.

use std::collections::{HashMap, HashSet};

use crate::mapping::kind;
use crate::model::{Element, Identity, Snapshot};
use crate::plan::{Action, Step};
use crate::schema::Schema;

/// Returns the schemes of priorities as they will be, of those that no step is about and that become otherwise.
pub(super) fn schemes(after: &Snapshot, steps: &[&Step]) -> Vec<Element> {
    let priorities: Vec<&&Step> = steps.iter().filter(|step| step.object.tag() == "priority").collect();
    if priorities.is_empty() {
        return Vec::new();
    }
    let is_new = |step: &&&&Step| matches!(step.action, Action::Create { .. });
    let new: Vec<&Identity> = priorities.iter().filter(is_new).map(|step| &step.identity).collect();
    let mut order: Vec<(i64, &Identity)> = after
        .objects
        .iter()
        .filter_map(|(identity, object)| {
            let place = object.element.text_of("sequence").filter(|_| identity.kind == kind("priority"));
            Some((place?.parse().unwrap_or(i64::MAX), identity))
        })
        .collect();
    order.sort();
    let order: HashMap<&Identity, usize> =
        order.iter().enumerate().map(|(at, (_, own))| (*own, at)).collect();
    let said: HashSet<&Identity> = steps.iter().map(|step| &step.identity).collect();
    let schemes =
        after.objects.iter().filter(|(own, _)| own.kind == kind("priorityScheme") && !said.contains(own));
    schemes.filter_map(|(_, object)| as_it_will_be(&object.element, &order, &new)).collect()
}

/// Returns a scheme as it will be, if that is otherwise.
fn as_it_will_be(scheme: &Element, order: &HashMap<&Identity, usize>, new: &[&Identity]) -> Option<Element> {
    let schema = Schema::get();
    let member = schema.child(scheme.declaration, "priority")?;
    let number = schema.attribute(schema.declaration(member).ty, "position")?;
    let mut members: Vec<Element> = scheme.all("priority").cloned().collect();
    members
        .sort_by_key(|own| own.attribute(number).and_then(|own| own.parse::<i64>().ok()).unwrap_or(i64::MAX));
    let before = members.clone();
    if scheme.get("builtIn").is_some() {
        let is_there = |own: &Identity| members.iter().any(|other| other.text() == own.name());
        let lacking: Vec<_> = new.iter().filter(|own| !is_there(own)).collect();
        members.extend(lacking.into_iter().map(|own| Element::leaf(member, own.name())));
    }
    let place = |own: &Element| Identity::of_reference(own, &[]).and_then(|own| order.get(&own).copied());
    members.sort_by_key(|own| place(own).unwrap_or(usize::MAX));
    let is_same = members.len() == before.len()
        && members.iter().zip(&before).all(|(own, other)| own.text() == other.text());
    if is_same {
        return None;
    }
    for (at, own) in members.iter_mut().enumerate() {
        own.set_attribute(number, (at + 1).to_string());
    }
    let mut scheme = scheme.clone();
    let children = scheme.children_mut()?;
    children.retain(|own| own.declaration != member);
    children.extend(members);
    Some(scheme)
}
