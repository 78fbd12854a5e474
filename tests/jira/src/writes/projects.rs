//! Projects are made, changed, and go to the bin.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, id, list, nothing, people, text};
use crate::areas::{projects, team};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::{Row, lock};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/project", add),
    write("PUT", "/project/{projectIdOrKey}", change),
    write("DELETE", "/project/{projectIdOrKey}", delete),
    write("PUT", "/project/{projectKeyOrId}/permissionscheme", set_permission_scheme),
];
pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/project/{projectIdOrKey}/restore", restore),
    write("POST", "/project/{projectIdOrKey}/delete", delete_later),
    write("PUT", "/project/{projectId}/email", set_sender),
];

/// The schemes that a body may name: the member, the entity, its table, and what it is.
const SCHEMES: [(&str, &str, &str, &str); 8] = [
    ("permissionScheme", "PermissionScheme", "permissionscheme", "permission scheme"),
    ("notificationScheme", "NotificationScheme", "notificationscheme", "notification scheme"),
    ("issueSecurityScheme", "IssueSecurityScheme", "issuesecurityscheme", "issue security scheme"),
    ("categoryId", "ProjectCategory", "projectcategory", "project category"),
    ("workflowScheme", "WorkflowScheme", "workflowscheme", "workflow scheme"),
    ("issueTypeScreenScheme", "IssueTypeScreenScheme", "issuetypescreenscheme", "issue type screen scheme"),
    ("fieldConfigurationScheme", "FieldLayoutScheme", "fieldlayoutscheme", "field configuration scheme"),
    ("fieldScheme", "FieldLayoutScheme", "fieldlayoutscheme", "field scheme"),
];

/// Schemes that a template makes by itself.
const OF_TEMPLATE: [&str; 5] =
    ["issueTypeScheme", "workflowScheme", "issueTypeScreenScheme", "fieldConfigurationScheme", "fieldScheme"];

const TYPES: [&str; 4] = ["software", "business", "service_desk", "product_discovery"];

impl Call<'_> {
    /// Gives a project a scheme or a category, or takes it away.
    pub(super) fn associate(&self, project: &str, entity: &str, id: Option<&str>) -> Result<(), Refusal> {
        self.delete(
            "nodeassociation",
            json!({
                "source_node_entity": "Project", "source_node_id": project, "sink_node_entity": entity,
            }),
        )?;
        if let Some(id) = id {
            let kind = if entity == "ProjectCategory" { entity } else { "ProjectScheme" };
            self.insert(
                "nodeassociation",
                json!({
                    "association_type": kind,
                    "source_node_entity": "Project",
                    "source_node_id": project,
                    "sink_node_entity": entity,
                    "sink_node_id": id,
                }),
            )?;
        }
        Ok(())
    }

    /// Returns the id of the company-managed project that a body means.
    pub(super) fn classic_project(&self, id: &str) -> Result<String, Refusal> {
        if team::id(self, id).is_some() {
            return Err(Refusal::new(400, "The project is not a classic project."));
        }
        self.must_exist("project", "project", id)?;
        Ok(id.to_owned())
    }
}

/// Refuses a key or name that is wrong, or that another project has or had.
fn check_names(call: &Call<'_>, except: &str) -> Result<(), Refusal> {
    if let Some(key) = text(&call.body, "key")? {
        let is_key = key.len() >= 2
            && key.starts_with(|first: char| first.is_ascii_uppercase())
            && key.chars().all(|own| own.is_ascii_uppercase() || own.is_ascii_digit() || own == '_');
        if !is_key || key.len() > 10 {
            let text = "Project keys must start with an uppercase letter, followed by one or more uppercase alphanumeric characters.";
            return Err(Refusal::of("projectKey", text));
        }
        let keys = call.table("project_key")?;
        let is_other = |row: Row<'_>| row.text("project_id") != except;
        let projects = call.table("project")?;
        if keys.one("project_key", key).is_some_and(is_other)
            || projects.one("pkey", key).is_some_and(|row| row.id() != except)
            || team::id(call, key).is_some()
        {
            return Err(Refusal::of("projectKey", &format!("Project '{key}' uses this project key.")));
        }
    }
    let name = text(&call.body, "name")?;
    at_most("projectName", name, 80)?;
    let taken = |_: &str| Refusal::of("projectName", "A project with that name already exists.");
    call.must_be_free(("project", "pname"), name, except, taken)
}

/// Returns the key of the lead whom the body names.
fn lead(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    let (account, name) = (text(&call.body, "leadAccountId")?, text(&call.body, "lead")?);
    if account.is_some() && name.is_some() {
        return Err(Refusal::new(400, "lead cannot be provided with leadAccountId."));
    }
    let Some(handle) = account.or(name) else { return Ok(None) };
    let missing = || Refusal::of("projectLead", "The lead does not exist.");
    Ok(Some(people::user_or_key(call, handle)?.ok_or_else(missing)?.key))
}

/// Returns the columns of a project that the body says.
fn columns(call: &Call<'_>) -> Result<Value, Refusal> {
    let pairs = [("key", "pkey"), ("name", "pname"), ("description", "description"), ("url", "url")];
    let mut columns = changes(&call.body, &pairs);
    if let Some(lead) = lead(call)? {
        columns["lead"] = json!(lead);
    }
    match text(&call.body, "assigneeType")? {
        None => {}
        Some("PROJECT_LEAD") => columns["assigneetype"] = json!(2),
        Some("UNASSIGNED") => columns["assigneetype"] = json!(3),
        Some(_) => return Err(Refusal::of("assigneeType", "The assignee type is not valid.")),
    }
    if let Some(avatar) = id(&call.body, "avatarId") {
        columns["avatar"] = json!(avatar);
    }
    Ok(columns)
}

/// Gives the project the schemes that the body names; -1 takes one away.
fn set_schemes(call: &Call<'_>, project: &str) -> Result<(), Refusal> {
    for (member, entity, table, what) in SCHEMES {
        let member = if member == "workflowScheme" && !call.is_cloud() { "workflowSchemeId" } else { member };
        match id(&call.body, member).as_deref() {
            None => {}
            Some("-1") => call.associate(project, entity, None)?,
            Some(id) => {
                call.must_be_known(table, what, id)?;
                call.associate(project, entity, Some(id))?;
            }
        }
    }
    Ok(())
}

fn add(call: &Call<'_>) -> Written {
    let mut known = vec![
        "key*",
        "name*",
        "description",
        "url",
        "lead",
        "assigneeType",
        "avatarId",
        "categoryId",
        "projectTypeKey",
        "projectTemplateKey",
        "permissionScheme",
        "notificationScheme",
        "issueSecurityScheme",
    ];
    if call.is_cloud() {
        known.extend(OF_TEMPLATE);
        known.push("leadAccountId");
    } else {
        known.push("workflowSchemeId");
    }
    let own = call.members(&known)?;
    if own.contains_key("projectTemplateKey") && call.is_cloud() {
        if let Some(member) = OF_TEMPLATE.iter().find(|member| own.contains_key(**member)) {
            let text = format!("The project template cannot be specified together with {member}.");
            return Err(Refusal::of("projectTemplateKey", &text));
        }
    } else if !own.contains_key("projectTypeKey") {
        return Err(Refusal::of("projectTypeKey", "The project type is required."));
    }
    let kind = text(&call.body, "projectTypeKey")?.unwrap_or("software");
    if !TYPES.contains(&kind) {
        return Err(Refusal::of("projectTypeKey", "Invalid project type key."));
    }
    check_names(call, "")?;
    let mut columns = columns(call)?;
    if columns["lead"].is_null() {
        return Err(Refusal::of("projectLead", "You must specify a valid project lead."));
    }
    columns["projecttype"] = json!(kind);
    columns["originalkey"] = columns["pkey"].clone();
    columns["pcounter"] = json!(0);
    if columns["assigneetype"].is_null() {
        columns["assigneetype"] = json!(2);
    }
    let key = columns["pkey"].clone();
    let project = call.insert("project", columns)?;
    call.insert("project_key", json!({"project_id": project, "project_key": key}))?;
    defaults(call, &project)?;
    set_schemes(call, &project)?;
    if let Some(scheme) = id(&call.body, "issueTypeScheme") {
        super::issue_type_schemes::assign(call, "issuetype", &scheme, &project)?;
    }
    if call.body["projectTemplateKey"].is_string() {
        super::templates::apply(call, &project)?;
    }
    let address = call.link(&format!("/project/{project}"));
    let number = project.parse::<i64>().unwrap_or_default();
    Ok(Done::created(json!({"self": address, "id": number, "key": key})))
}

/// Gives a new project what every project has: a permission scheme, mails, and the actors of roles.
fn defaults(call: &Call<'_>, project: &str) -> Result<(), Refusal> {
    call.associate(project, "PermissionScheme", Some("0"))?;
    let mails = call.table("notificationscheme")?.all().next().map(|row| row.id().to_owned());
    call.associate(project, "NotificationScheme", mails.as_deref())?;
    let actors: Vec<Value> = {
        let table = call.table("projectroleactor")?;
        let default = table.all().filter(|row| row.get("pid").is_none());
        let of_project = default.map(|row| {
            json!({
                "pid": project,
                "projectroleid": row.text("projectroleid"),
                "roletype": row.text("roletype"),
                "roletypeparameter": row.text("roletypeparameter"),
            })
        });
        of_project.collect()
    };
    for actor in actors {
        call.insert("projectroleactor", actor)?;
    }
    Ok(())
}

/// Finds the project that is asked for; that of a team cannot be changed here.
fn wanted(call: &Call<'_>) -> Result<String, Refusal> {
    let project = projects::find(call, call.part(0))?.id;
    if team::id(call, &project).is_some() {
        return Err(Refusal::new(400, "The project is not a classic project."));
    }
    Ok(project)
}

fn change(call: &Call<'_>) -> Written {
    let project = wanted(call)?;
    let mut known = vec![
        "key",
        "name",
        "description",
        "url",
        "lead",
        "assigneeType",
        "avatarId",
        "categoryId",
        "permissionScheme",
        "notificationScheme",
        "issueSecurityScheme",
    ];
    let own: &[&str] = if call.is_cloud() {
        &["leadAccountId", "releasedProjectKeys"]
    } else {
        &["projectTypeKey", "projectTemplateKey"]
    };
    known.extend(own);
    call.members(&known)?;
    check_names(call, &project)?;
    let mut columns = columns(call)?;
    if let Some(kind) = text(&call.body, "projectTypeKey")? {
        columns["projecttype"] = json!(kind);
    }
    for member in ["key", "name"] {
        if call.body.get(member).is_some_and(|own| own.is_null() || own == "") {
            return Err(Refusal::of(member, "You must specify a value."));
        }
    }
    if let Some(key) = columns["pkey"].as_str()
        && call.table("project_key")?.one("project_key", key).is_none()
    {
        // The former key goes on to lead to the project.
        call.insert("project_key", json!({"project_id": project, "project_key": key}))?;
    }
    if columns["pkey"].is_null() {
        columns.as_object_mut().map(|columns| columns.remove("pkey"));
    }
    call.update("project", &project, columns)?;
    set_schemes(call, &project)?;
    let current = call.table("project")?.by_id(&project).map(|row| row.text("pkey").to_owned());
    for key in list(&call.body, "releasedProjectKeys") {
        let keys = call.table("project_key")?;
        let is_own = keys.one("project_key", &key).is_some_and(|row| row.text("project_id") == project);
        if !is_own || current.as_ref() == Some(&key) {
            return Err(Refusal::of("releasedProjectKeys", "The key is not a previous one of the project."));
        }
        call.delete("project_key", json!({"project_key": key}))?;
    }
    Ok(Done::ok(call.got(&format!("/project/{project}"))?))
}

fn set_permission_scheme(call: &Call<'_>) -> Written {
    let project = wanted(call)?;
    call.members(&["id*"])?;
    let id = id(&call.body, "id").unwrap_or_default();
    call.must_exist("permissionscheme", "permission scheme", &id)?;
    call.associate(&project, "PermissionScheme", Some(&id))?;
    Ok(Done::ok(call.got(&format!("/permissionscheme/{id}"))?))
}

/// The rows of a project, by the column that names it.
const PARTS: [(&str, &str); 8] = [
    ("project", "id"),
    ("project_key", "project_id"),
    ("component", "project"),
    ("projectversion", "project"),
    ("projectroleactor", "pid"),
    ("configurationcontext", "project"),
    ("nodeassociation", "source_node_id"),
    ("jiraissue", "project"),
];

/// What is in the bin: the rows of each project, by table.
pub(crate) type Bin = std::collections::BTreeMap<String, Vec<(&'static str, Value)>>;

/// Takes a project out of the rows; returns them.
fn take(call: &Call<'_>, project: &str) -> Result<Vec<(&'static str, Value)>, Refusal> {
    let mut taken = Vec::new();
    for (name, column) in PARTS {
        let table = call.table(name)?;
        let own = table.with(column, project);
        let own = own.filter(|row| name != "nodeassociation" || row.text("source_node_entity") == "Project");
        let rows: Vec<Value> = own.map(Row::values).collect();
        for row in &rows {
            call.delete(name, row.clone())?;
        }
        taken.extend(rows.into_iter().map(|row| (name, row)));
    }
    Ok(taken)
}

fn delete(call: &Call<'_>) -> Written {
    let project = wanted(call)?;
    let rows = take(call, &project)?;
    if call.is_cloud() && call.query("enableUndo") != Some("false") {
        let key = rows.first().map(|(_, row)| row["pkey"].as_str().unwrap_or_default().to_owned());
        let mut bin = lock(&call.site.bin);
        bin.insert(key.unwrap_or_default(), rows.clone());
        bin.insert(project, rows);
    }
    nothing()
}

fn delete_later(call: &Call<'_>) -> Written {
    take(call, &wanted(call)?)?;
    call.started("Delete a project")
}

fn restore(call: &Call<'_>) -> Written {
    let Some(rows) = lock(&call.site.bin).remove(call.part(0)) else {
        return Err(Refusal::new(404, &format!("No project could be found with key '{}'.", call.part(0))));
    };
    for (table, row) in rows {
        call.insert(table, row)?;
    }
    Ok(Done::ok(call.got(&format!("/project/{}", call.part(0)))?))
}

fn set_sender(call: &Call<'_>) -> Written {
    let project = wanted(call)?;
    call.members(&["emailAddress", "emailAddressStatus"])?;
    let address = text(&call.body, "emailAddress")?.filter(|address| !address.is_empty());
    if address.is_some_and(|address| !address.contains('@')) {
        return Err(Refusal::of("emailAddress", "The email address is not valid."));
    }
    call.set_property(("Project", &project), "jira.project.email.sender", address)?;
    nothing()
}
