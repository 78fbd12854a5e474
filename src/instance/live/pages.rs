//! Which page of the administration of Jira Data Center changes what its interface does not take.
//!
//! Invariant: every kind of object has a page, and what no page changes is refused, never asked of somebody.

use crate::instance::Kind;
use crate::model::{Abilities, Verbs};

/// A page of Jira.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// How it is reached by Jira's menus.
    pub(super) menu: &'static str,
    /// Its address below the base URL; `{key}` is the key of the project.
    pub(super) path: &'static str,
}

/// Pages, by kind and by property; a property without a line is changed on the page of its kind.
const PAGES: &[(&str, &str, &str)] = &[
    ("project", "Projects › the project › Project settings", "/plugins/servlet/project-config/{key}/summary"),
    (
        "project/issueTypeScheme",
        "Projects › the project › Project settings › Issue types",
        "/plugins/servlet/project-config/{key}/issuetypes",
    ),
    (
        "project/priorityScheme",
        "Projects › the project › Project settings › Priorities",
        "/plugins/servlet/project-config/{key}/priorities",
    ),
    (
        "project/fieldConfigurationScheme",
        "Projects › the project › Project settings › Fields",
        "/plugins/servlet/project-config/{key}/fields",
    ),
    (
        "project/issueTypeScreenScheme",
        "Projects › the project › Project settings › Screens",
        "/plugins/servlet/project-config/{key}/screens",
    ),
    (
        "project/workflowScheme",
        "Projects › the project › Project settings › Workflows",
        "/plugins/servlet/project-config/{key}/workflows",
    ),
    ("user", "Administration › User management › Users", "/secure/admin/user/UserBrowser.jspa"),
    ("group", "Administration › User management › Groups", "/secure/admin/user/GroupBrowser.jspa"),
    (
        "projectCategory",
        "Administration › Projects › Project categories",
        "/secure/admin/projectcategories/ViewProjectCategories!default.jspa",
    ),
    ("projectRole", "Administration › System › Project roles", "/secure/project/ViewProjectRoles.jspa"),
    ("issueType", "Administration › Issues › Issue types", "/secure/admin/ViewIssueTypes.jspa"),
    (
        "issueTypeScheme",
        "Administration › Issues › Issue type schemes",
        "/secure/admin/ManageIssueTypeSchemes!default.jspa",
    ),
    ("priority", "Administration › Issues › Priorities", "/secure/admin/ViewPriorities.jspa"),
    (
        "priorityScheme",
        "Administration › Issues › Priority schemes",
        "/secure/admin/ViewPrioritySchemes.jspa",
    ),
    ("resolution", "Administration › Issues › Resolutions", "/secure/admin/ViewResolutions.jspa"),
    ("status", "Administration › Issues › Statuses", "/secure/admin/ViewStatuses.jspa"),
    ("issueLink", "Administration › Issues › Issue linking", "/secure/admin/ViewLinkTypes!default.jspa"),
    ("eventType", "Administration › System › Events", "/secure/admin/ListEventTypes.jspa"),
    ("customField", "Administration › Issues › Custom fields", "/secure/admin/ViewCustomFields.jspa"),
    (
        "fieldConfiguration",
        "Administration › Issues › Field configurations",
        "/secure/admin/ViewFieldLayouts.jspa",
    ),
    (
        "fieldConfigurationScheme",
        "Administration › Issues › Field configuration schemes",
        "/secure/admin/ViewFieldLayoutSchemes.jspa",
    ),
    ("screen", "Administration › Issues › Screens", "/secure/admin/ViewFieldScreens.jspa"),
    ("screenScheme", "Administration › Issues › Screen schemes", "/secure/admin/ViewFieldScreenSchemes.jspa"),
    (
        "issueTypeScreenScheme",
        "Administration › Issues › Issue type screen schemes",
        "/secure/admin/ViewIssueTypeScreenSchemes.jspa",
    ),
    ("workflowEntry", "Administration › Issues › Workflows", "/secure/admin/workflows/ListWorkflows.jspa"),
    (
        "workflowScheme",
        "Administration › Issues › Workflow schemes",
        "/secure/admin/ViewWorkflowSchemes.jspa",
    ),
    (
        "permissionScheme",
        "Administration › Issues › Permission schemes",
        "/secure/admin/ViewPermissionSchemes.jspa",
    ),
    (
        "notificationScheme",
        "Administration › Issues › Notification schemes",
        "/secure/admin/ViewNotificationSchemes.jspa",
    ),
    (
        "issueSecurityScheme",
        "Administration › Issues › Issue security schemes",
        "/secure/admin/ViewIssueSecuritySchemes.jspa",
    ),
    ("filter", "Issues › Manage filters", "/secure/ManageFilters.jspa"),
    ("dashboard", "Dashboards › Manage dashboards", "/secure/ConfigurePortalPages!default.jspa"),
    ("scrumKanbanBoard", "Boards › View all boards", "/secure/ManageRapidViews.jspa"),
];

/// What no page changes.
const NOWHERE: &[(&str, &str)] = &[
    ("group/description", "no page of Jira changes the description of a group"),
    ("group/memberGroup", "no page of Jira puts a group into another"),
    ("issueTypeScheme/builtIn", "Jira itself says which scheme is its own"),
    ("customField/managed", "only apps manage a field"),
    ("workflowEntry/managed", "only apps manage a workflow"),
    ("workflowScheme/managed", "only apps manage a workflow scheme"),
];

/// Returns what can be done by requests and by hand.
pub(in crate::instance) fn with_hands() -> Abilities {
    Kind::Live.abilities().with(NOWHERE.iter().map(|(part, why)| (*part, Verbs::ALL.only_read(why))))
}

/// Returns the page on which these properties of a kind of object are changed.
pub(super) fn page(kind: &str, properties: &[&str]) -> Page {
    let own = |part: &str| PAGES.iter().find(|(own, ..)| *own == part);
    let of_property = match properties {
        [one] => own(&format!("{kind}/{one}")),
        _ => None,
    };
    let (_, menu, path) =
        of_property.or_else(|| own(kind)).copied().unwrap_or(("", "Administration", "/secure/admin"));
    Page { menu, path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn every_kind_has_a_page_and_every_line_a_kind() {
        let schema = Schema::get();
        let kinds = schema.kinds().filter(|(id, _)| schema.container(*id).is_some());
        for (_, kind) in kinds {
            assert!(PAGES.iter().any(|(own, ..)| *own == kind.name), "{}", kind.name);
        }
        // It panics of what the schema does not have.
        drop(Kind::Live.abilities().with(PAGES.iter().map(|(part, ..)| (*part, Verbs::ALL))));
        drop(with_hands());
    }
}
