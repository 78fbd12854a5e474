//! What every place of single issues knows of Jira alike: its own fields, and the permissions that a synchronization needs.
//!
//! Invariant: an embedded instance and a live Jira tell the same fields and rights, since both take them from here; where a value is, and
//! how it is asked for, is for the place to know.

use pcfg_sync::{FieldKind, Right};

/// The field in which both estimates are written.
pub(super) const TIMES: &str = "timetracking";

/// A field of Jira's own.
pub(super) struct SystemField {
    /// Its name, which is also the member of an issue that holds it over REST.
    pub(super) name: &'static str,
    /// The field that screens show.
    pub(super) shown: &'static str,
    /// What it holds.
    pub(super) kind: FieldKind,
    /// Whether it holds several.
    pub(super) many: bool,
}

/// Jira's own fields.
pub(super) const SYSTEM_FIELDS: [SystemField; 15] = [
    one("summary", FieldKind::Text),
    one("description", FieldKind::Text),
    one("environment", FieldKind::Text),
    one("priority", FieldKind::Choice),
    one("resolution", FieldKind::Choice),
    one("security", FieldKind::Choice),
    one("assignee", FieldKind::User),
    one("reporter", FieldKind::User),
    one("duedate", FieldKind::Date),
    many("labels", FieldKind::Label),
    many("components", FieldKind::Component),
    many("versions", FieldKind::Version),
    many("fixVersions", FieldKind::Version),
    SystemField { shown: TIMES, ..one("timeoriginalestimate", FieldKind::Duration) },
    SystemField { shown: TIMES, ..one("timeestimate", FieldKind::Duration) },
];

const fn one(name: &'static str, kind: FieldKind) -> SystemField {
    SystemField { name, shown: name, kind, many: false }
}

const fn many(name: &'static str, kind: FieldKind) -> SystemField {
    SystemField { many: true, ..one(name, kind) }
}

/// The rights that a synchronization asks for, with the keys of Jira's permissions.
pub(super) const RIGHTS: [(Right, &str); 14] = [
    (Right::BrowseProjects, "BROWSE_PROJECTS"),
    (Right::CreateIssues, "CREATE_ISSUES"),
    (Right::EditIssues, "EDIT_ISSUES"),
    (Right::TransitionIssues, "TRANSITION_ISSUES"),
    (Right::AdministerProjects, "ADMINISTER_PROJECTS"),
    (Right::AssignIssues, "ASSIGN_ISSUES"),
    (Right::ModifyReporter, "MODIFY_REPORTER"),
    (Right::LinkIssues, "LINK_ISSUES"),
    (Right::AddComments, "ADD_COMMENTS"),
    (Right::EditOwnComments, "EDIT_OWN_COMMENTS"),
    (Right::DeleteOwnComments, "DELETE_OWN_COMMENTS"),
    (Right::WorkOnIssues, "WORK_ON_ISSUES"),
    (Right::CreateAttachments, "CREATE_ATTACHMENTS"),
    (Right::DeleteOwnAttachments, "DELETE_OWN_ATTACHMENTS"),
];
