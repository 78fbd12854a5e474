//! What nothing uses: schemes, screens, workflows and the like that no project has, directly or through others.
//!
//! Pure. Invariant: nothing is unused that anything names which stays, be it a query, a setting or a list; and none of Jira's own.

use std::collections::BTreeSet;

use super::{Boards, CustomFields, Options, Shares, reached};
use crate::model::{Facts, Identity, Snapshot};
use crate::schema::{BUILT_IN, Belongs, KindId, Schema};
use crate::usage::Uses;

/// Returns whether objects of a kind can be unused: projects are made of them.
pub fn can_be_unused(id: KindId) -> bool {
    let own = Schema::get().kind(id);
    own.belongs == Belongs::Project && own.chosen.is_none() && own.within.is_empty()
}

/// Returns the chosen objects that nothing uses which stays.
pub fn unused(
    snapshot: &Snapshot,
    facts: &Facts,
    is_chosen: &dyn Fn(&Identity) -> bool,
) -> BTreeSet<Identity> {
    let everything = Options {
        custom_fields: CustomFields::All,
        filters: Shares::All,
        dashboards: Shares::All,
        boards: Boards::All,
        ..Options::default()
    };
    let used = reached(snapshot, &everything, &[]);
    let has_issues = |own: &Identity| {
        own.kind == super::kind("issueSecurityScheme")
            && facts.levels_in_use.iter().any(|(_, scheme, _)| scheme == own.name())
    };
    let objects = snapshot.objects.iter();
    let free = objects.filter(|(identity, object)| {
        can_be_unused(identity.kind)
            && is_chosen(identity)
            && !used.contains(*identity)
            && object.element.get(BUILT_IN).is_none()
            && !has_issues(identity)
    });
    let mut unused: BTreeSet<Identity> = free.map(|(identity, _)| identity.clone()).collect();
    for (_, setting) in &snapshot.settings {
        if let Some(named) = Identity::of_reference(setting, &[]) {
            unused.remove(&named);
        }
    }
    let uses = Uses::of_snapshot(snapshot);
    loop {
        let before = unused.len();
        for (user, identity) in uses.described() {
            if unused.contains(identity) {
                continue;
            }
            uses.each_used(user, &mut |used, _| {
                if let Some(own) = uses.object_of(used) {
                    unused.remove(own);
                }
            });
        }
        if unused.len() == before {
            return unused;
        }
    }
}
