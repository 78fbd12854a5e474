//! What stayed unknown, in the words of the schema: with everything that names what is unknown.
//!
//! Invariant: a property is shown whole or not at all. Jira's rows name objects by ids, so where a kind is unknown the references to
//! it lead nowhere and are left out: what holds them is unknown, too.

use std::collections::{BTreeSet, HashSet};

use super::reader::Lost;
use crate::mapping::kind;
use crate::model::{Asked, Element, Gap, Identity, Snapshot};
use crate::schema::{KindId, Schema};

/// The kinds that rows name by what a reference shows, so that a reference stands although the kind is unknown.
const NAMED_BY_KEY: [&str; 2] = ["user", "group"];

/// Returns what is unknown, and takes out of the objects what is shown in part because an answer failed.
pub(super) fn settle(lost: &BTreeSet<Lost>, snapshot: &mut Snapshot) -> BTreeSet<Gap> {
    let mut gaps: BTreeSet<Gap> = HIDDEN.iter().map(hidden).collect();
    let mut failed = BTreeSet::new();
    for own in lost {
        let gaps = if own.is_failure { &mut failed } else { &mut gaps };
        let of = kind(own.kind);
        let property = own.property.and_then(|tag| Schema::get().property(of, tag));
        let gap = |object| Gap {
            object,
            property,
            is_passing: own.is_passing,
            ..Gap::of_kind(of, own.why.clone())
        };
        let objects: Vec<Identity> = match &own.object {
            Some(name) => snapshot
                .objects
                .keys()
                .filter(|identity| identity.kind == of && identity.name() == name)
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        if objects.is_empty() {
            // Of an object that could not even be told, nobody knows whether it is there.
            gaps.insert(gap(None));
        }
        gaps.extend(objects.into_iter().map(|object| gap(Some(object))));
        let is_whole = own.property.is_none() && own.object.is_none();
        if is_whole && own.is_failure && !NAMED_BY_KEY.contains(&own.kind) {
            naming(of, own, &mut HashSet::new(), gaps);
        }
    }
    for gap in &failed {
        let Some(property) = gap.property else { continue };
        for (identity, object) in &mut snapshot.objects {
            let is_meant = gap.object.as_ref().map_or(gap.kind == identity.kind, |own| own == identity);
            if is_meant && let Some(children) = object.element.children_mut() {
                children.retain(|child| child.declaration != property);
            }
        }
    }
    gaps.extend(failed);
    gaps
}

/// Takes out what stands as lost: no Jira tells what leads nowhere, and what is unknown itself is among the gaps.
pub(super) fn forget_lost(snapshot: &mut Snapshot) {
    fn forget(element: &mut Element) {
        let Some(children) = element.children_mut() else { return };
        children.retain(|child| !Schema::get().declaration(child.declaration).is_lost);
        children.iter_mut().for_each(forget);
    }
    snapshot.objects.values_mut().for_each(|object| forget(&mut object.element));
}

/// Takes out the default field configuration. Rows without one mean that it is as Jira made it, and here that nobody has told it.
pub(super) fn forget_default(snapshot: &mut Snapshot) {
    let (configuration, schema) = (kind("fieldConfiguration"), Schema::get());
    let built_in = schema.child(schema.kind(configuration).declaration, "builtIn");
    snapshot.objects.retain(|identity, object| {
        identity.kind != configuration || built_in.and_then(|tag| object.element.child(tag)).is_none()
    });
}

/// Takes out of objects what was not asked for: what stands there is no more than what rows mean that are not there.
pub(super) fn take_out(gaps: &[Gap], snapshot: &mut Snapshot) {
    for gap in gaps.iter().filter(|gap| gap.asked == Asked::No) {
        let object = gap.object.as_ref().and_then(|own| snapshot.objects.get_mut(own));
        if let (Some(object), Some(property)) = (object, gap.property)
            && let Some(children) = object.element.children_mut()
        {
            children.retain(|child| child.declaration != property);
        }
    }
}

/// The kinds whose objects a query can name by an id.
const NAMED_IN_QUERIES: [&str; 9] = [
    "project",
    "projectCategory",
    "issueType",
    "priority",
    "resolution",
    "status",
    "customField",
    "issueSecurityScheme",
    "filter",
];

/// What holds queries, in which ids stand for what has a name.
const QUERIES: [(&str, &str); 6] = [
    ("filter", "jql"),
    ("dashboard", "gadget"),
    ("scrumKanbanBoard", "subFilter"),
    ("scrumKanbanBoard", "swimlanes"),
    ("scrumKanbanBoard", "quickFilters"),
    ("scrumKanbanBoard", "cardColors"),
];

/// Objects that Jira uses itself and lists nowhere: kind, and what tells each from others of its kind.
const HIDDEN: [(&str, &[&str]); 3] = [
    ("issueLink", &["jira_subtask_link", "jira_subtask", ""]),
    ("issueLink", &["Epic-Story Link", "jira_gh_epic_story", ""]),
    ("issueLink", &["Parent-Child Link", "jira_jpos_parent_child", ""]),
];

fn hidden((kind_name, fields): &(&str, &[&str])) -> Gap {
    let fields = fields.iter().map(|field| (*field).into()).collect();
    Gap::of_object(Identity { kind: kind(kind_name), fields }, "Jira uses it internally and does not list it")
}

/// Adds the properties that name objects of a kind, and the kinds that are told apart by such a property.
fn naming(of: KindId, lost: &Lost, seen: &mut HashSet<KindId>, gaps: &mut BTreeSet<Gap>) {
    if !seen.insert(of) {
        return;
    }
    let schema = Schema::get();
    if seen.len() == 1 && NAMED_IN_QUERIES.contains(&lost.kind) {
        for (owner, tag) in QUERIES {
            let own = kind(owner);
            let property = schema.child(schema.kind(own).declaration, tag);
            let why = format!("a query may name what is unknown: {}", lost.why);
            gaps.insert(Gap { property, is_passing: lost.is_passing, ..Gap::of_kind(own, why) });
        }
    }
    let why =
        format!("it names objects of the kind {}, which is unknown: {}", schema.kind(of).name, lost.why);
    for (id, own) in schema.kinds().filter(|(_, own)| own.within.is_empty()) {
        for &child in schema.children(own.declaration) {
            if !schema.names(child, of) {
                continue;
            }
            let is_identity = schema
                .declaration(own.declaration)
                .items
                .as_ref()
                .is_some_and(|items| items.identity.iter().any(|key| key.path.first() == Some(&child)));
            let property = (!is_identity).then_some(child);
            let is_passing = lost.is_passing;
            gaps.insert(Gap { property, is_passing, ..Gap::of_kind(id, why.clone()) });
            if is_identity {
                naming(id, lost, seen, gaps);
            }
        }
    }
}
