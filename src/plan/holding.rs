//! Which context of a custom field holds for a project, as Jira looks for them.
//!
//! Invariant: the contexts are looked through once, however many projects ask.

use std::collections::HashMap;

use crate::model::{Element, Identity};

/// What the contexts of a field hold for, by their places among them.
pub(super) struct Holding<'a> {
    projects: HashMap<&'a str, usize>,
    categories: HashMap<Identity, usize>,
    everything: Option<usize>,
}

impl<'a> Holding<'a> {
    /// Looks through the contexts; of several for the same the first one counts.
    pub(super) fn new(contexts: impl IntoIterator<Item = &'a Element>) -> Self {
        let mut holding = Self { projects: HashMap::new(), categories: HashMap::new(), everything: None };
        for (at, context) in contexts.into_iter().enumerate() {
            for place in context.all("context") {
                if let Some(key) = place.text_of("projectContext") {
                    holding.projects.entry(key).or_insert(at);
                }
                let category = place.get("projectCategoryContext");
                if let Some(category) = category.and_then(|own| Identity::of_reference(own, &[])) {
                    holding.categories.entry(category).or_insert(at);
                }
                if place.get("global").is_some() {
                    holding.everything.get_or_insert(at);
                }
            }
        }
        holding
    }

    /// Returns which context holds for a project: its own, that of its category, or that of everything.
    pub(super) fn of(&self, key: &str, category: Option<&Identity>) -> Option<usize> {
        let own = self.projects.get(key);
        let own = own.or_else(|| self.categories.get(category?));
        own.copied().or(self.everything)
    }
}
