//! The endpoints that are read: one table, with how each is asked, what is unknown without it, and when its answer is no proof.
//!
//! Invariant: what rows are made of is asked only as it stands here, so that this table says all that pcfg reads of the configuration of
//! a live Jira. Beside it, each in its own room: who is asking and how a Jira is told from its copy (`checked.rs`, `one_jira.rs`,
//! `rest/open.rs`), how many issues there are (`counts.rs`), and what a plan and a request ask right before something is written
//! (`write/judge.rs`, `write/look.rs`, `write/carry.rs`).
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3; which silences mean what, from
//! replies of live sites.

use crate::rest::Paging;

/// An endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// The path with `{}` for each part that differs; below the platform's interface unless it begins with a slash.
    pub(super) path: &'static str,
    /// Parameters that it always has.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// How its list goes on; `None` if the reply is one object.
    pub(super) paging: Option<Paging>,
    /// The member that holds the items.
    pub(super) items: &'static str,
    /// How many items a page is asked to have: the most that Jira gives.
    pub(super) size: usize,
    /// What is unknown without it: kinds (`screen`), or properties of objects of a kind (`screen/screenTab`).
    pub(super) tells: &'static [&'static str],
    /// What an empty answer means.
    pub(super) silence: Silence,
    /// When it was deprecated, and what comes instead.
    pub(super) successor: Option<(&'static str, &'static str)>,
}

/// What it means that nothing is answered: an empty list, or 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// An empty list is empty; 404 means that something is hidden.
    List,
    /// An empty list is empty for an administrator only: others are shown a part without a word.
    Part,
    /// There is no Jira without an item, so that an empty list is one that is hidden.
    Impossible,
    /// The same, and others than administrators are shown a part without a word.
    ImpossiblePart,
    /// 404 means that there is none: the object that it would belong to was in a list of its own. For an administrator only;
    /// Jira answers the same for what somebody may not see.
    NotFound,
}

const fn endpoint(path: &'static str, tells: &'static [&'static str]) -> Endpoint {
    Endpoint {
        path,
        query: &[],
        paging: Some(Paging::Offset),
        items: "values",
        size: 50,
        tells,
        silence: Silence::List,
        successor: None,
    }
}

/// An endpoint that answers with an array, all at once.
const fn array(path: &'static str, tells: &'static [&'static str]) -> Endpoint {
    wrapped(path, "", tells)
}

/// An endpoint that answers with a list inside an object, all at once.
const fn wrapped(path: &'static str, items: &'static str, tells: &'static [&'static str]) -> Endpoint {
    Endpoint { paging: Some(Paging::Whole), items, ..endpoint(path, tells) }
}

/// An endpoint that answers with one object.
const fn object(path: &'static str, tells: &'static [&'static str]) -> Endpoint {
    Endpoint { paging: None, items: "", ..endpoint(path, tells) }
}

impl Endpoint {
    const fn with(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    const fn pages_of(self, size: usize) -> Self {
        Self { size, ..self }
    }

    const fn silent(self, silence: Silence) -> Self {
        Self { silence, ..self }
    }

    const fn until(self, since: &'static str, successor: &'static str) -> Self {
        Self { successor: Some((since, successor)), ..self }
    }
}

/// The endpoints of Jira Cloud.
pub(super) mod cloud {
    use super::{Endpoint, Silence, array, endpoint, object, wrapped};

    pub(in crate::instance::live) const PROJECTS: Endpoint = endpoint("project/search", &["project"])
        .with(&[("expand", "description,lead,url,projectKeys"), ("status", "live"), ("status", "archived")])
        .pages_of(100)
        .silent(Silence::Part);
    pub(in crate::instance::live) const PROJECT: Endpoint =
        object("project/{}", &["project/defaultAssignee"]);
    pub(in crate::instance::live) const COMPONENTS: Endpoint =
        array("project/{}/components", &["project/components"]);
    pub(in crate::instance::live) const VERSIONS: Endpoint =
        array("project/{}/versions", &["project/versions"]);
    pub(in crate::instance::live) const ROLE_ACTORS: Endpoint =
        object("project/{}/role/{}", &["project/projectRoleMembers"]);
    pub(in crate::instance::live) const PROJECT_PERMISSIONS: Endpoint =
        object("project/{}/permissionscheme", &["project/permissionScheme"]);
    pub(in crate::instance::live) const CATEGORIES: Endpoint = array("projectCategory", &["projectCategory"]);
    pub(in crate::instance::live) const ROLES: Endpoint =
        array("role", &["projectRole"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const ISSUE_TYPES: Endpoint =
        array("issuetype", &["issueType"]).silent(Silence::ImpossiblePart);
    pub(in crate::instance::live) const ISSUE_TYPE_AVATARS: Endpoint =
        wrapped("avatar/issuetype/system", "system", &["issueType/iconUrl"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const ISSUE_TYPE_SCHEMES: Endpoint =
        endpoint("issuetypescheme", &["issueTypeScheme"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const ISSUE_TYPE_SCHEME_ITEMS: Endpoint =
        endpoint("issuetypescheme/mapping", &["issueTypeScheme/issueType"]);
    pub(in crate::instance::live) const ISSUE_TYPE_SCHEME_PROJECTS: Endpoint =
        endpoint("issuetypescheme/project", &["project/issueTypeScheme"]);
    pub(in crate::instance::live) const PRIORITIES: Endpoint = endpoint("priority/search", &["priority"])
        .silent(Silence::Impossible)
        .until("2025", "priorityscheme");
    pub(in crate::instance::live) const PRIORITY_SCHEMES: Endpoint =
        endpoint("priorityscheme", &["priorityScheme", "project/priorityScheme", "priority/defaultPriority"])
            .with(&[("expand", "priorities,projects")])
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const PRIORITY_SCHEME_ITEMS: Endpoint =
        endpoint("priorityscheme/{}/priorities", &["priorityScheme/priority"]);
    pub(in crate::instance::live) const PRIORITY_SCHEME_PROJECTS: Endpoint =
        endpoint("priorityscheme/{}/projects", &["project/priorityScheme"]);
    pub(in crate::instance::live) const RESOLUTIONS: Endpoint =
        endpoint("resolution/search", &["resolution", "resolution/defaultResolution"]);
    pub(in crate::instance::live) const STATUSES: Endpoint =
        endpoint("statuses/search", &["status"]).pages_of(200).silent(Silence::ImpossiblePart);
    /// Each of the two lists has statuses that the other lacks.
    pub(in crate::instance::live) const MORE_STATUSES: Endpoint =
        array("status", &["status"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const LINK_TYPES: Endpoint =
        wrapped("issueLinkType", "issueLinkTypes", &["issueLink"]);
    pub(in crate::instance::live) const EVENTS: Endpoint =
        array("events", &["eventType"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const FIELDS: Endpoint =
        endpoint("field/search", &["customField"]).with(&[
            ("type", "custom"),
            ("expand", "key,stableId,screensCount,contextsCount,searcherKey,isLocked"),
        ]);
    pub(in crate::instance::live) const CONTEXTS: Endpoint =
        endpoint("field/{}/context", &["customField/customFieldConfigScheme"]);
    pub(in crate::instance::live) const CONTEXT_PROJECTS: Endpoint =
        endpoint("field/{}/context/projectmapping", &["customField/customFieldConfigScheme"]);
    pub(in crate::instance::live) const CONTEXT_TYPES: Endpoint =
        endpoint("field/{}/context/issuetypemapping", &["customField/customFieldConfigScheme"]);
    pub(in crate::instance::live) const OPTIONS: Endpoint =
        endpoint("field/{}/context/{}/option", &["customField/customFieldConfigScheme"]).pages_of(1000);
    /// Of fields of apps: Jira answers 404 for those whose type has no options.
    pub(in crate::instance::live) const OPTIONS_OF_APPS: Endpoint = OPTIONS.silent(Silence::NotFound);
    pub(in crate::instance::live) const DEFAULTS: Endpoint =
        endpoint("field/{}/context/defaultValue", &["customField/customFieldConfigScheme"])
            .until("2026-04", "field/{}/context/defaultValues");
    pub(in crate::instance::live) const FIELD_CONFIGURATIONS: Endpoint =
        // One that nobody lists is taken for Jira's own, of which nothing is told then.
        endpoint(
            "fieldconfiguration",
            &["fieldConfiguration", "fieldConfiguration/individualFieldConfig"],
        )
        .silent(Silence::Impossible)
        .until("2026-04", "config/fieldschemes");
    pub(in crate::instance::live) const FIELD_CONFIGURATION_ITEMS: Endpoint =
        endpoint("fieldconfiguration/{}/fields", &["fieldConfiguration/individualFieldConfig"])
            .silent(Silence::Impossible)
            .until("2026-04", "config/fieldschemes/{}/fields");
    pub(in crate::instance::live) const FIELD_CONFIGURATION_SCHEMES: Endpoint =
        endpoint("fieldconfigurationscheme", &["fieldConfigurationScheme"])
            .until("2026-04", "config/fieldschemes");
    pub(in crate::instance::live) const FIELD_CONFIGURATION_SCHEME_ITEMS: Endpoint = endpoint(
        "fieldconfigurationscheme/mapping",
        &["fieldConfigurationScheme/mappingFieldConfigIssueTypes"],
    )
    .until("2026-04", "config/fieldschemes");
    pub(in crate::instance::live) const FIELD_CONFIGURATION_SCHEME_PROJECTS: Endpoint =
        endpoint("fieldconfigurationscheme/project", &["project/fieldConfigurationScheme"])
            .until("2026-04", "config/fieldschemes/projects");
    /// The model to which Atlassian moves sites since 2026: 404 where none has moved.
    pub(in crate::instance::live) const FIELD_SCHEMES: Endpoint = endpoint(
        "config/fieldschemes",
        &[
            "fieldConfiguration",
            "fieldConfiguration/individualFieldConfig",
            "fieldConfigurationScheme",
            "project/fieldConfigurationScheme",
        ],
    )
    .silent(Silence::Impossible);
    pub(in crate::instance::live) const FIELD_SCHEME_PROJECTS: Endpoint = endpoint(
        "config/fieldschemes/projects",
        &["project/fieldConfigurationScheme", "fieldConfiguration", "fieldConfigurationScheme"],
    );
    pub(in crate::instance::live) const FIELD_SCHEME_FIELDS: Endpoint = endpoint(
        "config/fieldschemes/{}/fields",
        // Which issue types have a configuration of their own follows from it.
        &[
            "fieldConfiguration",
            "fieldConfiguration/individualFieldConfig",
            "fieldConfigurationScheme/mappingFieldConfigIssueTypes",
        ],
    )
    .pages_of(100)
    .silent(Silence::Impossible);
    pub(in crate::instance::live) const FIELDS_OF_ISSUES: Endpoint =
        array("field", &["fieldConfiguration/individualFieldConfig"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const SCREENS: Endpoint =
        endpoint("screens", &["screen"]).pages_of(100).silent(Silence::Impossible);
    pub(in crate::instance::live) const TABS: Endpoint =
        array("screens/{}/tabs", &["screen/screenTab"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const TAB_FIELDS: Endpoint =
        array("screens/{}/tabs/{}/fields", &["screen/screenTab"]);
    /// Who has a field on which tab: without it, only those screens are known that are read whole.
    pub(in crate::instance::live) const FIELD_SCREENS: Endpoint =
        endpoint("field/{}/screens", &[]).with(&[("expand", "tab")]).pages_of(100);
    pub(in crate::instance::live) const SCREEN_SCHEMES: Endpoint =
        endpoint("screenscheme", &["screenScheme"]).pages_of(25).silent(Silence::Impossible);
    pub(in crate::instance::live) const SCREEN_TYPE_SCHEMES: Endpoint =
        endpoint("issuetypescreenscheme", &["issueTypeScreenScheme"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const SCREEN_TYPE_SCHEME_ITEMS: Endpoint = endpoint(
        "issuetypescreenscheme/mapping",
        &["issueTypeScreenScheme/defaultScheme", "issueTypeScreenScheme/mappingScreenSchemesIssueTypes"],
    )
    .silent(Silence::Impossible);
    pub(in crate::instance::live) const SCREEN_TYPE_SCHEME_PROJECTS: Endpoint =
        endpoint("issuetypescreenscheme/project", &["project/issueTypeScreenScheme"]);
    pub(in crate::instance::live) const WORKFLOWS: Endpoint =
        endpoint("workflows/search", &["workflowEntry"])
            .with(&[("expand", "values.transitions")])
            .silent(Silence::ImpossiblePart);
    pub(in crate::instance::live) const WORKFLOW_SCHEMES: Endpoint =
        endpoint("workflowscheme", &["workflowScheme"]);
    pub(in crate::instance::live) const WORKFLOW_SCHEME_DRAFT: Endpoint =
        object("workflowscheme/{}/draft", &["workflowScheme/draft"]).silent(Silence::NotFound);
    pub(in crate::instance::live) const WORKFLOW_SCHEME_PROJECTS: Endpoint =
        wrapped("workflowscheme/project", "values", &["project/workflowScheme"]);
    pub(in crate::instance::live) const PERMISSION_SCHEMES: Endpoint =
        wrapped("permissionscheme", "permissionSchemes", &["permissionScheme"])
            .with(&[("expand", "permissions")])
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const NOTIFICATION_SCHEMES: Endpoint =
        endpoint("notificationscheme", &["notificationScheme"])
            .with(&[("expand", "all")])
            .silent(Silence::Part);
    pub(in crate::instance::live) const NOTIFICATION_SCHEME_PROJECTS: Endpoint =
        endpoint("notificationscheme/project", &["project/notificationScheme"]).silent(Silence::Part);
    pub(in crate::instance::live) const SECURITY_SCHEMES: Endpoint =
        wrapped("issuesecurityschemes", "issueSecuritySchemes", &["issueSecurityScheme"]);
    pub(in crate::instance::live) const SECURITY_LEVELS: Endpoint = endpoint(
        "issuesecurityschemes/level",
        &[
            "issueSecurityScheme/issueSecurityLevel",
            "issueSecurityScheme/defaultLevel",
            "issueSecurityScheme/permission",
        ],
    );
    pub(in crate::instance::live) const SECURITY_MEMBERS: Endpoint =
        endpoint("issuesecurityschemes/level/member", &["issueSecurityScheme/permission"])
            .with(&[("expand", "all")]);
    pub(in crate::instance::live) const SECURITY_SCHEME_PROJECTS: Endpoint =
        endpoint("issuesecurityschemes/project", &["project/issueSecurityScheme"]);
    pub(in crate::instance::live) const FILTERS: Endpoint = endpoint("filter/search", &["filter"])
        .with(&[
            ("expand", "description,owner,jql,sharePermissions,editPermissions"),
            ("overrideSharePermissions", "true"),
        ])
        .pages_of(100)
        .silent(Silence::Part);
    pub(in crate::instance::live) const FILTER_COLUMNS: Endpoint =
        array("filter/{}/columns", &["filter/columns"]).silent(Silence::NotFound);
    pub(in crate::instance::live) const DASHBOARDS: Endpoint = endpoint("dashboard/search", &["dashboard"])
        .with(&[("expand", "description,owner,sharePermissions,editPermissions")])
        .pages_of(100)
        .silent(Silence::Part);
    pub(in crate::instance::live) const GADGETS: Endpoint =
        wrapped("dashboard/{}/gadget", "gadgets", &["dashboard/gadget"]);
    pub(in crate::instance::live) const GADGET_PROPERTIES: Endpoint =
        wrapped("dashboard/{}/items/{}/properties", "keys", &["dashboard/gadget"]);
    pub(in crate::instance::live) const GADGET_PROPERTY: Endpoint =
        object("dashboard/{}/items/{}/properties/{}", &["dashboard/gadget"]);
    pub(in crate::instance::live) const GROUPS: Endpoint = endpoint("group/bulk", &["group"]).pages_of(100);
    pub(in crate::instance::live) const GROUP_MEMBERS: Endpoint =
        endpoint("group/member", &["group/memberUser"]).with(&[("includeInactiveUsers", "true")]);
    /// Members of groups who are not told are not shown.
    pub(in crate::instance::live) const USERS: Endpoint =
        endpoint("user/bulk", &["user", "group/memberUser"]).pages_of(200);
}

/// The endpoints of Jira Data Center.
pub(super) mod data_center {
    use super::{Endpoint, Silence, array, endpoint, object, wrapped};
    use crate::rest::Paging;

    pub(in crate::instance::live) const PROJECTS: Endpoint = array("project", &["project"])
        .with(&[("expand", "description,lead,url,projectKeys"), ("includeArchived", "true")])
        .silent(Silence::Part);
    pub(in crate::instance::live) const PROJECT_NOTIFICATIONS: Endpoint =
        object("project/{}/notificationscheme", &["project/notificationScheme"]).silent(Silence::NotFound);
    pub(in crate::instance::live) const PROJECT_SECURITY: Endpoint =
        object("project/{}/issuesecuritylevelscheme", &["project/issueSecurityScheme"])
            .silent(Silence::NotFound);
    pub(in crate::instance::live) const PROJECT_WORKFLOWS: Endpoint =
        object("project/{}/workflowscheme", &["project/workflowScheme"]);
    pub(in crate::instance::live) const ISSUE_TYPE_SCHEMES: Endpoint =
        wrapped("issuetypescheme", "schemes", &["issueTypeScheme", "project/issueTypeScheme"])
            .with(&[("expand", "schemes.issueTypes,schemes.defaultIssueType")])
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const ISSUE_TYPE_SCHEME_PROJECTS: Endpoint =
        array("issuetypescheme/{}/associations", &["project/issueTypeScheme"]);
    pub(in crate::instance::live) const PRIORITIES: Endpoint =
        array("priority", &["priority"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const PRIORITY_SCHEMES: Endpoint = Endpoint {
        items: "schemes",
        ..endpoint("priorityschemes", &["priorityScheme", "project/priorityScheme"])
    }
    .with(&[("expand", "schemes.projectKeys")])
    .pages_of(1000)
    .silent(Silence::Impossible);
    pub(in crate::instance::live) const RESOLUTIONS: Endpoint = array("resolution", &["resolution"]);
    pub(in crate::instance::live) const STATUSES: Endpoint =
        array("status", &["status"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const FIELDS: Endpoint =
        Endpoint { items: "customFields", ..endpoint("customFields", &["customField"]) }
            .silent(Silence::Part);
    pub(in crate::instance::live) const SCREENS: Endpoint =
        Endpoint { items: "screens", ..endpoint("screens", &["screen"]) }
            .pages_of(100)
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const WORKFLOWS: Endpoint =
        array("workflow", &["workflowEntry"]).silent(Silence::Impossible);
    pub(in crate::instance::live) const PERMISSION_SCHEMES: Endpoint =
        wrapped("permissionscheme", "permissionSchemes", &["permissionScheme"])
            .with(&[("expand", "all")])
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const NOTIFICATION_SCHEMES: Endpoint =
        endpoint("notificationscheme", &["notificationScheme", "eventType"])
            .with(&[("expand", "all")])
            .silent(Silence::Part);
    pub(in crate::instance::live) const SECURITY_SCHEME: Endpoint = object(
        "issuesecurityschemes/{}",
        &["issueSecurityScheme/issueSecurityLevel", "issueSecurityScheme/defaultLevel"],
    );
    pub(in crate::instance::live) const FILTER: Endpoint = object("filter/{}", &["filter"]);
    pub(in crate::instance::live) const USERS: Endpoint =
        Endpoint { paging: Some(Paging::Cursor), ..endpoint("user/list", &["user", "group/memberUser"]) }
            .pages_of(1000)
            .silent(Silence::Impossible);
    pub(in crate::instance::live) const GROUPS: Endpoint =
        wrapped("groups/picker", "groups", &["group"]).with(&[("maxResults", "10000")]);
}

/// The endpoints of boards, which are nearly the same in both editions.
pub(super) mod agile {
    use super::{Endpoint, Silence, endpoint, object};

    pub(in crate::instance::live) const BOARDS: Endpoint =
        endpoint("/rest/agile/1.0/board", &["scrumKanbanBoard"]).silent(Silence::Part);
    /// Internal: what the settings page of a board reads. The official endpoint tells neither swimlanes nor card layouts.
    pub(in crate::instance::live) const MODEL: Endpoint =
        object("/rest/greenhopper/1.0/rapidviewconfig/editmodel", &["scrumKanbanBoard"]);
    pub(in crate::instance::live) const CARD_COLORS: Endpoint =
        object("/rest/greenhopper/1.0/cardcolors/{}/strategy/{}", &["scrumKanbanBoard/cardColors"]);
    /// Of Data Center alone.
    pub(in crate::instance::live) const REFINED_VELOCITY: Endpoint =
        object("/rest/agile/1.0/board/{}/settings/refined-velocity", &["scrumKanbanBoard/refinedVelocity"]);
}
