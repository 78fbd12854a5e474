//! In which custom fields the issues of each project have values, and which options, without keeping an issue.
//!
//! The values come before the issues in a backup, so both are kept as compressed bitmaps of issue ids: about two bytes
//! an issue and field (or option) at most, and much less where ids are dense.

use std::collections::{BTreeSet, HashMap};

use roaring::RoaringTreemap;

/// Values of custom fields and issues, by the ids of issues.
#[derive(Debug, Default)]
pub(super) struct FieldValues {
    by_field: HashMap<u64, RoaringTreemap>,
    by_option: HashMap<u64, RoaringTreemap>,
    by_project: HashMap<u64, RoaringTreemap>,
}

impl FieldValues {
    /// Notes that an issue has a value in a field.
    pub(super) fn value(&mut self, issue: u64, field: u64) {
        self.by_field.entry(field).or_default().insert(issue);
    }

    /// Notes that an issue has an option.
    pub(super) fn option(&mut self, issue: u64, option: u64) {
        self.by_option.entry(option).or_default().insert(issue);
    }

    /// Notes which project an issue belongs to.
    pub(super) fn issue(&mut self, issue: u64, project: u64) {
        self.by_project.entry(project).or_default().insert(issue);
    }

    /// Returns the ids of projects and of the custom fields that their issues have values in.
    pub(super) fn pairs(&self) -> BTreeSet<(String, String)> {
        self.joined(&self.by_field)
    }

    /// Returns the ids of projects and of the options that their issues have.
    pub(super) fn options(&self) -> BTreeSet<(String, String)> {
        self.joined(&self.by_option)
    }

    fn joined(&self, values: &HashMap<u64, RoaringTreemap>) -> BTreeSet<(String, String)> {
        let mut pairs = BTreeSet::new();
        for (project, issues) in &self.by_project {
            for (value, with_value) in values {
                if !issues.is_disjoint(with_value) {
                    pairs.insert((project.to_string(), value.to_string()));
                }
            }
        }
        pairs
    }
}
