//! The configurations of contexts that lost their issue types: the rows that join the two also name the issue types, and are gone
//! with them.
//!
//! Invariant: nothing is guessed. Nothing else leads from one to the other, so whose a configuration was is known only where its
//! field has one context without a configuration, and one configuration that is joined to nothing.

use std::collections::{HashMap, HashSet};

use crate::entity::{Row, Tables};

/// The configurations by the contexts that lost their issue types.
pub(super) struct Lone<'a> {
    by_context: HashMap<&'a str, &'a str>,
    all: HashSet<&'a str>,
}

impl<'a> Lone<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        let known: HashSet<&str> = tables.rows("FieldConfiguration").iter().map(Row::id).collect();
        let (mut joining, mut joined) = (HashSet::new(), HashSet::new());
        for link in tables.rows("FieldConfigSchemeIssueType") {
            if let Some(own) = link.text("fieldconfiguration") {
                joined.insert(own);
                joining.extend(link.get("fieldconfigscheme").filter(|_| known.contains(own)));
            }
        }
        let mut configurations = one_of_each_field(tables.rows("FieldConfiguration"), &joined);
        let contexts = one_of_each_field(tables.rows("FieldConfigScheme"), &joining);
        let pair = |(field, context): (_, Option<&'a str>)| Some((context?, configurations.remove(field)??));
        let by_context: HashMap<&str, &str> = contexts.into_iter().filter_map(pair).collect();
        Self { all: by_context.values().copied().collect(), by_context }
    }

    /// Returns the configuration of a context that lost its issue types, if it is known.
    pub(super) fn of(&self, context: &str) -> Option<&'a str> {
        self.by_context.get(context).copied()
    }

    /// Returns whether a configuration is that of a context that lost its issue types.
    pub(super) fn holds(&self, configuration: &str) -> bool {
        self.all.contains(configuration)
    }
}

/// Returns the one row of each custom field that is not among these; nothing for a field that has several.
fn one_of_each_field<'a>(rows: &'a [Row], others: &HashSet<&str>) -> HashMap<&'a str, Option<&'a str>> {
    let mut found: HashMap<&str, Option<&str>> = HashMap::new();
    for row in rows.iter().filter(|row| !others.contains(row.id())) {
        if let Some(field) = row.get("fieldid").filter(|field| field.starts_with("customfield_")) {
            found.entry(field).and_modify(|own| *own = None).or_insert(Some(row.id()));
        }
    }
    found
}
