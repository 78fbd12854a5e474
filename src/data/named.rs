//! What issue data names: all of it has to be in the configuration beside it.
//!
//! Invariant: an object is named whole, even where only a part of it is; what the history names are users alone, for of the rest
//! it keeps what Jira shows.

use std::collections::BTreeSet;

use crate::model::{Element, Identity, references};
use crate::schema::Schema;

/// The objects that issue data names.
#[derive(Debug, Default)]
pub struct Named(BTreeSet<Identity>);

impl Named {
    /// Adds what an element names.
    pub fn add(&mut self, element: &Element) {
        let schema = Schema::get();
        references(element, &mut |found| {
            let is_global = schema.container(found.target.kind).is_some();
            let owner = if is_global { Some(found.target.clone()) } else { found.owner() };
            // Projects that links and values name are in the archive only if they were chosen.
            self.0.extend(owner.filter(|own| schema.kind(own.kind).name != "project"));
        });
        let Some(user) = schema.kind_named("user") else { return };
        for item in element.all("change").flat_map(|change| change.all("item")) {
            let values = ["from", "to"].into_iter().filter_map(|tag| item.get(tag));
            let users = values.filter(|value| value.attribute_named("kind") == Some("user"));
            self.0.extend(users.map(|value| Identity::named(user, value.text())));
        }
    }

    /// Returns them.
    pub fn objects(self) -> Vec<Identity> {
        self.0.into_iter().collect()
    }
}

/// Counts the parts of an issue, by their tags.
pub fn count(issue: &Element, counts: &mut std::collections::BTreeMap<String, u64>) {
    let schema = Schema::get();
    for child in issue.children() {
        let declaration = schema.declaration(child.declaration);
        if declaration.items.is_some() || ["parent", "epic"].contains(&declaration.name.as_str()) {
            *counts.entry(declaration.name.clone()).or_default() += 1;
        }
    }
}
