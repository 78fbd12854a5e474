//! The fields that every Jira has.
//!
//! Invariant: ids are those that field configurations and screens hold in their rows.

/// A field of Jira's own.
#[derive(Debug)]
pub(crate) struct SystemField {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Its type, and that of its items.
    pub(crate) kind: &'static str,
    pub(crate) items: &'static str,
    /// How queries call it; what cannot be searched has none.
    pub(crate) clauses: &'static [&'static str],
    /// Whether it can be put on screens.
    pub(crate) is_orderable: bool,
}

const fn field(
    id: &'static str,
    name: &'static str,
    kind: &'static str,
    items: &'static str,
    clauses: &'static [&'static str],
    is_orderable: bool,
) -> SystemField {
    SystemField { id, name, kind, items, clauses, is_orderable }
}

pub(crate) const SYSTEM_FIELDS: &[SystemField] = &[
    field(
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        "",
        &["statusCategoryChangedDate"],
        false,
    ),
    field("issuetype", "Issue Type", "issuetype", "", &["issuetype", "type"], true),
    field("timespent", "Time Spent", "number", "", &["timespent"], false),
    field("project", "Project", "project", "", &["project"], false),
    field("fixVersions", "Fix versions", "array", "version", &["fixVersion"], true),
    field("aggregatetimespent", "Σ Time Spent", "number", "", &[], false),
    field("resolution", "Resolution", "resolution", "", &["resolution"], true),
    field("resolutiondate", "Resolved", "datetime", "", &["resolutiondate", "resolved"], false),
    field("workratio", "Work Ratio", "number", "", &["workratio"], false),
    field("lastViewed", "Last Viewed", "datetime", "", &["lastViewed"], false),
    field("watches", "Watchers", "watches", "", &["watchers"], false),
    field("issuerestriction", "Restrict to", "issuerestriction", "", &[], true),
    field("created", "Created", "datetime", "", &["created", "createdDate"], false),
    field("priority", "Priority", "priority", "", &["priority"], true),
    field("labels", "Labels", "array", "string", &["labels"], true),
    field("timeestimate", "Remaining Estimate", "number", "", &["remainingEstimate", "timeestimate"], false),
    field("aggregatetimeoriginalestimate", "Σ Original Estimate", "number", "", &[], false),
    field("versions", "Affects versions", "array", "version", &["affectedVersion"], true),
    field("issuelinks", "Linked Issues", "array", "issuelinks", &[], true),
    field("assignee", "Assignee", "user", "", &["assignee"], true),
    field("updated", "Updated", "datetime", "", &["updated", "updatedDate"], false),
    field("status", "Status", "status", "", &["status"], false),
    field("components", "Components", "array", "component", &["component"], true),
    field("issuekey", "Key", "", "", &["id", "issue", "issuekey", "key"], false),
    field(
        "timeoriginalestimate",
        "Original estimate",
        "number",
        "",
        &["originalEstimate", "timeoriginalestimate"],
        false,
    ),
    field("description", "Description", "string", "", &["description"], true),
    field("timetracking", "Time tracking", "timetracking", "", &[], true),
    field("security", "Security Level", "securitylevel", "", &["level"], true),
    field("attachment", "Attachment", "array", "attachment", &["attachments"], true),
    field("aggregatetimeestimate", "Σ Remaining Estimate", "number", "", &[], false),
    field("summary", "Summary", "string", "", &["summary"], true),
    field("creator", "Creator", "user", "", &["creator"], false),
    field("subtasks", "Sub-tasks", "array", "issuelinks", &["subtasks"], false),
    field("reporter", "Reporter", "user", "", &["reporter"], true),
    field("aggregateprogress", "Σ Progress", "progress", "", &[], false),
    field("environment", "Environment", "string", "", &["environment"], true),
    field("duedate", "Due date", "date", "", &["due", "duedate"], true),
    field("progress", "Progress", "progress", "", &["progress"], false),
    field("votes", "Votes", "votes", "", &["votes"], false),
    field("comment", "Comment", "comments-page", "", &["comment"], true),
    field("worklog", "Log Work", "array", "worklog", &[], true),
    field("thumbnail", "Images", "", "", &[], false),
];
