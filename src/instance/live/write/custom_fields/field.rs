//! A custom field, as the requests for it and for its parts need it.
//!
//! Invariant: the parts of a field that the same run has made are taken back with it, and by nothing else.

use crate::instance::live::write::{Deed, Ground, Look, Sent, part};
use crate::mapping::OWN_TYPES;
use crate::model::Path;

/// Jira's own types of fields that have options.
const WITH_OPTIONS: [&str; 5] =
    ["select", "radiobuttons", "multiselect", "multicheckboxes", "cascadingselect"];

/// A custom field, as its requests need it.
pub(super) struct Field<'f, 'g> {
    pub(super) ground: &'f Ground<'g>,
    /// What its contexts are below.
    pub(super) path: String,
    /// How rows name it.
    pub(super) key: String,
    /// Its number as requests have it.
    pub(super) number: String,
    pub(super) ty: &'f str,
    pub(super) name: &'f str,
    pub(super) is_new: bool,
    /// Whether it had options before.
    pub(super) has_options: bool,
    /// Whether queries can ask which issues have a value of it.
    pub(super) is_searchable: bool,
}

impl Field<'_, '_> {
    pub(super) fn here(&self) -> Path {
        Path::object("customField", self.name)
    }

    /// Returns where its contexts are.
    pub(super) fn contexts(&self) -> String {
        format!("{}/context", self.path)
    }

    /// Returns what one of its contexts is below.
    pub(super) fn context(&self, id: &str) -> String {
        format!("{}/{}", self.contexts(), part(id))
    }

    /// Returns whether its type has options; what the field of an app has, its type does not say.
    pub(super) fn may_have_options(&self) -> bool {
        let own = self.ty.strip_prefix(OWN_TYPES);
        own.is_none_or(|own| WITH_OPTIONS.contains(&own))
    }

    /// Looks for issues that have a value in it, of those that a query says more of: there must be none.
    pub(super) fn none_has(&self, query: &str) -> Look {
        Look::for_no_issue(self.ground.edition, query)
    }

    /// Looks for issues of projects that have an option, if there are any: with another context they would lose it. Projects that are
    /// made by the same run have no issues.
    pub(super) fn none_loses<'p>(&self, projects: impl IntoIterator<Item = &'p String>) -> Option<Look> {
        let projects =
            projects.into_iter().filter(|id| self.ground.before.names.get("project", id).is_some());
        let projects: Vec<&str> = projects.map(String::as_str).collect();
        let query = format!("project in ({}) AND cf[{}] is not EMPTY", projects.join(", "), self.number);
        (self.has_options && !projects.is_empty()).then(|| self.none_has(&query))
    }

    /// Returns a request with its way back; who takes back the field that is made here has taken back all of it.
    pub(super) fn deed(&self, sent: Sent, back: Sent) -> Deed {
        if self.is_new { Deed::along(sent) } else { Deed::new(sent, back) }
    }
}
