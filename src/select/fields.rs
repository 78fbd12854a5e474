//! Which custom fields the chosen projects use.

use std::collections::HashSet;

use super::{CustomFields, is_field_list, kind, targets};
use crate::model::{Identity, Snapshot, references};
use crate::usage::{Defaults, hidden_fields};

/// Returns the custom fields that are exported whether or not something else refers to them.
pub(super) fn chosen(
    snapshot: &Snapshot,
    mode: CustomFields,
    projects: &[Identity],
    defaults: &Defaults,
) -> Vec<Identity> {
    let custom_field = kind("customField");
    if mode == CustomFields::All {
        return snapshot.objects.keys().filter(|identity| identity.kind == custom_field).cloned().collect();
    }
    let mut fields = Vec::new();
    for project in projects {
        let (visible, shown) = visible_and_shown(snapshot, project, defaults);
        fields.extend(shown.into_iter().filter(|field| visible.iter().any(|hidden| !hidden.contains(field))));
        if mode == CustomFields::Used
            && let Some(with_values) = snapshot.fields_with_values.get(project.name())
        {
            fields.extend(with_values.iter().cloned());
        }
    }
    fields
}

/// Returns, for each field configuration of a project, the fields that it hides, and the fields on its screens.
fn visible_and_shown(
    snapshot: &Snapshot,
    project: &Identity,
    defaults: &Defaults,
) -> (Vec<HashSet<Identity>>, HashSet<Identity>) {
    let (screen, configuration) = (kind("screen"), kind("fieldConfiguration"));
    let mut reached = HashSet::from([project.clone()]);
    let mut waiting = vec![project.clone()];
    let mut hidden = Vec::new();
    let mut shown = HashSet::new();
    while let Some(identity) = waiting.pop() {
        if let Some(object) = snapshot.objects.get(&identity) {
            if identity.kind == screen {
                references(&object.element, &mut |found| {
                    shown.insert(found.target);
                });
            } else if identity.kind == configuration {
                hidden.push(hidden_fields(&object.element));
            }
        }
        if is_field_list(&identity) {
            continue;
        }
        for (target, _) in targets(snapshot, defaults, &identity) {
            if reached.insert(target.clone()) {
                waiting.push(target);
            }
        }
    }
    (hidden, shown)
}
