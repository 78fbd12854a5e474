//! Which issue types projects offer, by the rows of issue type schemes.
//!
//! A project without a scheme of its own has the one that belongs to no project. Invariant: what nobody can tell is not offered, so
//! that nothing counts as lost because of it.

use std::collections::{HashMap, HashSet};

use super::areas::issue_types::read::built_in;
use crate::entity::Tables;

/// The field under which the tables of contexts hold the schemes of issue types.
const FIELD: &str = "issuetype";

/// The issue types of projects, by ids.
pub(super) struct Offers<'t> {
    schemes: HashMap<&'t str, &'t str>,
    default: Option<&'t str>,
    /// By scheme, in their order.
    types: HashMap<&'t str, Vec<&'t str>>,
    known: HashSet<(&'t str, &'t str)>,
}

impl<'t> Offers<'t> {
    pub(super) fn new(tables: &'t Tables) -> Self {
        let mut schemes = HashMap::new();
        for row in tables.rows("ConfigurationContext").iter().filter(|row| row.get("key") == Some(FIELD)) {
            if let (Some(project), Some(scheme)) = (row.get("project"), row.get("fieldconfigscheme")) {
                schemes.entry(project).or_insert(scheme);
            }
        }
        let mut configurations: HashMap<&str, &str> = HashMap::new();
        for row in tables.rows("FieldConfigSchemeIssueType") {
            if let (Some(scheme), Some(own)) = (row.get("fieldconfigscheme"), row.text("fieldconfiguration"))
            {
                configurations.entry(scheme).or_insert(own);
            }
        }
        let members = tables.by("OptionConfiguration", "fieldconfig");
        let (mut types, mut known): (HashMap<_, Vec<_>>, HashSet<_>) = (HashMap::new(), HashSet::new());
        for row in tables.rows("FieldConfigScheme").iter().filter(|row| row.get("fieldid") == Some(FIELD)) {
            let configuration = configurations.get(row.id()).and_then(|own| members.get(*own));
            let mut rows: Vec<_> = configuration.into_iter().flatten().collect();
            rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
            for own in rows.into_iter().filter_map(|row| row.get("optionid")) {
                if known.insert((row.id(), own)) {
                    types.entry(row.id()).or_default().push(own);
                }
            }
        }
        Self { schemes, default: built_in(tables, FIELD), types, known }
    }

    /// Returns the scheme that a project has.
    pub(super) fn scheme(&self, project: &str) -> Option<&'t str> {
        self.schemes.get(project).copied().or(self.default)
    }

    /// Returns whether a project offers an issue type.
    pub(super) fn has(&self, (project, issue_type): (&str, &str)) -> bool {
        self.scheme(project).is_some_and(|scheme| self.known.contains(&(scheme, issue_type)))
    }

    /// Returns the issue types that a project offers.
    pub(super) fn of(&self, project: &str) -> impl Iterator<Item = &'t str> + use<'_, 't> {
        self.scheme(project).and_then(|scheme| self.types.get(scheme)).into_iter().flatten().copied()
    }
}
