//! What the target's version of Jira has no place for: it is left out, and told once.
//!
//! Invariant: leaving it out gives nobody more than the file does. What would (an account that would stay active) is refused.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, Options, Selector};
use crate::mapping::{has_permission_number, kind};
use crate::model::{Element, Identity, Limit};

/// How many names a warning shows.
const SHOWN: usize = 5;

/// What is left out of an import.
pub(super) struct Limits<'f> {
    facts: &'f Facts,
    left_out: BTreeMap<Limit, BTreeSet<String>>,
}

impl<'f> Limits<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self { facts, left_out: BTreeMap::new() }
    }

    /// Returns the options with the kinds of objects that are left out.
    pub(super) fn options<'o>(&self, options: &'o Options) -> Cow<'o, Options> {
        let Ok(schemes) = Selector::parse("priorityScheme") else { return Cow::Borrowed(options) };
        match self.facts.limits.contains(&Limit::PrioritySchemes) {
            true => {
                let mut options = options.clone();
                options.skip.push(schemes);
                Cow::Owned(options)
            }
            false => Cow::Borrowed(options),
        }
    }

    /// Notes the objects that are left out.
    pub(super) fn note(&mut self, skipped: &[Identity]) {
        if !self.facts.limits.contains(&Limit::PrioritySchemes) {
            return;
        }
        let schemes = skipped.iter().filter(|own| own.kind == kind("priorityScheme"));
        for scheme in schemes {
            let names = self.left_out.entry(Limit::PrioritySchemes).or_default();
            names.insert(scheme.name().to_owned());
        }
    }

    /// Leaves parts out of an object.
    pub(super) fn apply(&mut self, object: &mut Element) {
        let name = Identity::of_definition(object).map(|own| own.name().to_owned());
        let (tag, name) = (object.tag(), name.unwrap_or_default());
        for &limit in &self.facts.limits {
            let goes = |part: &Element| match limit {
                Limit::PrioritySchemes => part.tag() == "priorityScheme",
                Limit::ProjectTypes => tag == "project" && part.tag() == "projectType",
                Limit::StatusCategories => tag == "status" && part.tag() == "category",
                Limit::Managed => part.tag() == "managed",
                Limit::NamedPermissions => {
                    part.tag() == "permissionHolder"
                        && part.text_of("permission").is_some_and(|own| !has_permission_number(own))
                }
                Limit::GroupDescriptions => tag == "group" && part.tag() == "description",
                Limit::DashboardShares => tag == "dashboard" && part.tag() == "sharedWith",
            };
            let Some(children) = object.children_mut() else { return };
            for part in children.iter().filter(|part| goes(part)) {
                let title = match (limit, part.text_of("permission")) {
                    (Limit::PrioritySchemes, _) => part.text().to_owned(),
                    (_, Some(permission)) => format!("{permission} in {name}"),
                    (_, None) => name.clone(),
                };
                self.left_out.entry(limit).or_default().insert(title);
            }
            children.retain(|part| !goes(part));
        }
    }

    /// Says what is left out.
    pub(super) fn warnings(self) -> Vec<String> {
        let told = |(limit, names): (Limit, BTreeSet<String>)| {
            let what = match limit {
                Limit::PrioritySchemes => "priority schemes are left out, which Jira has from 7.6 on",
                Limit::ProjectTypes => "types of projects are left out, which Jira has from 7.0 on",
                Limit::StatusCategories => "categories of statuses are left out, which Jira has from 6.2 on",
                Limit::Managed => "what apps manage is left out (`managed`), which Jira tells from 5.2 on",
                Limit::NamedPermissions => {
                    "permissions without a number are left out, which Jira has from 6.3 on"
                }
                Limit::GroupDescriptions => "descriptions of groups are left out, which Jira has from 4.3 on",
                Limit::DashboardShares => "shares of dashboards are left out, which Jira has from 3.13 on",
            };
            let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
            let more = names.len() - shown.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{what}: {}{more}", shown.join(", "))
        };
        self.left_out.into_iter().map(told).collect()
    }
}
