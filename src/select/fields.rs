//! Which custom fields the chosen projects use.

use std::collections::HashSet;

use super::{CustomFields, is_field_list, kind, targets};
use crate::model::{Element, Identity, Snapshot, references};
use crate::schema::Schema;

/// Returns the custom fields that are exported whether or not something else refers to them.
pub(super) fn chosen(snapshot: &Snapshot, mode: CustomFields, projects: &[Identity]) -> Vec<Identity> {
    let custom_field = kind("customField");
    if mode == CustomFields::All {
        return snapshot.objects.keys().filter(|identity| identity.kind == custom_field).cloned().collect();
    }
    let mut fields = Vec::new();
    for project in projects {
        let (visible, shown) = visible_and_shown(snapshot, project);
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
fn visible_and_shown(snapshot: &Snapshot, project: &Identity) -> (Vec<HashSet<Identity>>, HashSet<Identity>) {
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
        for target in targets(snapshot, &identity, false) {
            if reached.insert(target.clone()) {
                waiting.push(target);
            }
        }
    }
    (hidden, shown)
}

fn hidden_fields(configuration: &Element) -> HashSet<Identity> {
    let schema = Schema::get();
    let mut hidden = HashSet::new();
    references(configuration, &mut |found| {
        let line = found.ancestors.last().expect("a field stands in a line of the configuration");
        let flag = schema.child(line.declaration, "hidden").and_then(|hidden| line.child(hidden));
        if flag.is_some_and(|flag| flag.text() == "true") {
            hidden.insert(found.target);
        }
    });
    hidden
}

/// Returns what an object uses by leaving something out: a project without a field configuration scheme uses the
/// default field configuration.
pub(super) fn implied(snapshot: &Snapshot, element: &Element) -> Vec<Identity> {
    if !takes_default_configuration(element) {
        return Vec::new();
    }
    let all = snapshot.objects.iter().filter(|(_, object)| is_default_configuration(&object.element));
    all.map(|(identity, _)| identity.clone()).collect()
}

/// Returns whether an object is a project without a field configuration scheme.
pub(crate) fn takes_default_configuration(object: &Element) -> bool {
    object.tag() == "project" && object.get("fieldConfigurationScheme").is_none()
}

/// Returns whether an object is the field configuration of projects without a scheme.
pub(crate) fn is_default_configuration(object: &Element) -> bool {
    object.tag() == "fieldConfiguration" && object.get("builtIn").is_some()
}
