//! Projects, their categories, components and versions.

use serde_json::{Value, json};

use super::{constants, number, people, pictures, property, put, setting};
use crate::Rights;
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

const PAGE: Shape = Shape::Plain(Limit { usual: 100, most: 1000 });

pub(super) const BOTH: &[Endpoint] = &[
    get("/project", all),
    get("/project/{projectIdOrKey}", one),
    get("/projectCategory", categories),
    get("/projectCategory/{id}", category_by_id),
    get("/project/{projectIdOrKey}/components", components),
    get("/project/{projectIdOrKey}/versions", versions),
    get("/project/{projectIdOrKey}/version", versions).paged(50, 50),
];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/project/search", all).paged(50, 100),
    get("/component", components_of_all).paged(50, 50),
    get("/project/{projectIdOrKey}/component", components_twice).paged(50, 50),
    get("/project/{projectId}/email", sender),
];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[get("/component/page", components_of_all).shaped(PAGE), get("/version", versions_of_all).shaped(PAGE)];

/// A project that the caller sees.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
}

/// Finds a project by its id, its key, or a key that it had.
pub(crate) fn find(call: &Call<'_>, wanted: &str) -> Result<Project, Refusal> {
    if let Some(id) = super::team::id(call, wanted) {
        return Ok(Project { id: id.to_owned() });
    }
    let (projects, keys) = (call.table("project")?, call.table("project_key")?);
    let old = || projects.by_id(keys.one("project_key", wanted)?.text("project_id"));
    let found = projects.by_id(wanted).or_else(|| projects.one("pkey", wanted)).or_else(old);
    let found = found.filter(|&row| sees(call, row).unwrap_or(false));
    let row =
        found.ok_or_else(|| Refusal::new(404, &format!("No project could be found with key '{wanted}'.")))?;
    Ok(Project { id: row.id().to_owned() })
}

/// Returns the id of what a project is associated with, such as its permission scheme.
pub(crate) fn associated(call: &Call<'_>, project: &str, entity: &str) -> Result<Option<String>, Refusal> {
    let associations = call.table("nodeassociation")?;
    let mut own = associations.with("source_node_id", project);
    let found =
        own.find(|row| row.text("source_node_entity") == "Project" && row.text("sink_node_entity") == entity);
    Ok(found.map(|row| row.text("sink_node_id").to_owned()))
}

/// Returns whether the caller may browse a project.
fn sees(call: &Call<'_>, project: Row<'_>) -> Result<bool, Refusal> {
    match call.rights {
        Rights::Administrator => Ok(true),
        Rights::Anonymous => Ok(false),
        Rights::Member => granted(call, project, "BROWSE_PROJECTS", &call.site.people()?.caller()),
    }
}

/// Returns whether the caller has a permission in a project.
pub(crate) fn may(call: &Call<'_>, project: &str, permission: &str) -> Result<bool, Refusal> {
    may_as(call, project, permission, &call.site.people()?.caller())
}

/// Returns whether somebody has a permission in a project.
pub(crate) fn may_as(
    call: &Call<'_>,
    project: &str,
    permission: &str,
    user: &people::User,
) -> Result<bool, Refusal> {
    let table = call.table("project")?;
    table.by_id(project).map_or(Ok(false), |row| granted(call, row, permission, user))
}

/// Returns whether somebody has a role in a project.
pub(crate) fn has_role(
    call: &Call<'_>,
    project: &str,
    role: &str,
    user: &people::User,
) -> Result<bool, Refusal> {
    let actors = call.table("projectroleactor")?;
    for actor in actors.with("projectroleid", role).filter(|row| row.get("pid") == Some(project)) {
        let who = actor.text("roletypeparameter");
        let is_group = actor.text("roletype") == "atlassian-group-role-actor";
        if who == user.key
            || (is_group && people::members_of(call.site, who)?.contains(&user.name.to_lowercase()))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Numbers of permissions in the rows of old versions.
const NUMBERS: [(&str, &str); 4] =
    [("BROWSE_PROJECTS", "10"), ("CREATE_ISSUES", "11"), ("EDIT_ISSUES", "12"), ("ASSIGN_ISSUES", "13")];

fn granted(
    call: &Call<'_>,
    project: Row<'_>,
    permission: &str,
    caller: &people::User,
) -> Result<bool, Refusal> {
    let is_in = |group: &str| -> Result<bool, Refusal> {
        Ok(people::members_of(call.site, group)?.contains(&caller.name.to_lowercase()))
    };
    let number = NUMBERS.iter().find(|(own, _)| *own == permission).map(|(_, number)| *number);
    let scheme = associated(call, project.id(), "PermissionScheme")?.unwrap_or_else(|| "0".to_owned());
    for grant in call.table("schemepermissions")?.with("scheme", &scheme) {
        let is_old = number.is_some() && grant.get("permission") == number;
        if grant.get("permission_key") != Some(permission) && !is_old {
            continue;
        }
        let parameter = grant.text("perm_parameter");
        let is_granted = match grant.text("perm_type") {
            "applicationRole" => true,
            "group" => parameter.is_empty() || is_in(parameter)?,
            "user" => parameter == caller.key,
            "lead" => project.text("lead") == caller.key,
            "projectrole" => has_role(call, project.id(), parameter, caller)?,
            _ => false,
        };
        if is_granted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the projects that the caller sees, by key.
fn seen<'t>(call: &Call<'_>, table: &'t Table) -> Result<Vec<Row<'t>>, Refusal> {
    let mut rows = Vec::new();
    for row in table.all() {
        if sees(call, row)? {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row.text("pkey"));
    Ok(rows)
}

fn all(call: &Call<'_>) -> Answer {
    let table = call.table("project")?;
    let mut told = Vec::new();
    for row in seen(call, &table)? {
        if call.wants("keys", row.text("pkey")) && call.wants("id", row.id()) {
            told.push(project(call, row, false)?);
        }
    }
    if let Some(team) = super::team::project(call) {
        told.push(team);
    }
    Ok(told.into())
}

fn one(call: &Call<'_>) -> Answer {
    let found = find(call, call.part(0))?;
    if let Some(team) = super::team::project(call).filter(|_| super::team::id(call, &found.id).is_some()) {
        return Ok(team);
    }
    let table = call.table("project")?;
    let row = table.by_id(&found.id).ok_or_else(|| Refusal::missing("project", &found.id))?;
    project(call, row, true)
}

fn project(call: &Call<'_>, row: Row<'_>, is_whole: bool) -> Answer {
    let has = |word: &str| is_whole || call.expands(word);
    let mut told = json!({
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight",
        "self": call.link(&format!("/project/{}", row.id())),
        "id": row.id(),
        "key": row.text("pkey"),
        "name": row.text("pname"),
        "avatarUrls": pictures(call, &format!("/secure/projectavatar?pid={}&", row.id())),
        "projectTypeKey": row.get("projecttype").unwrap_or("software"),
    });
    if call.is_cloud() {
        told["simplified"] = json!(false);
        told["style"] = json!("classic");
        told["isPrivate"] = json!(false);
        told["properties"] = json!({});
    } else {
        told["archived"] = json!(false);
    }
    if let Some(id) = associated(call, row.id(), "ProjectCategory")?
        && let Some(row) = call.table("projectcategory")?.by_id(&id)
    {
        told["projectCategory"] = category(call, row);
    }
    if has("description") {
        told["description"] = json!(row.text("description"));
    }
    if has("lead")
        && let Some(lead) = row.get("lead")
    {
        told["lead"] = people::told(call, lead)?;
    }
    if has("url") {
        put(&mut told, "url", row.get("url"));
    }
    if call.expands("projectKeys") {
        told["projectKeys"] = keys(call, row)?;
    }
    if is_whole {
        told["assigneeType"] = json!(assignee_type(call, row)?);
        told["components"] = components_of(call, row.id())?.into();
        told["versions"] = versions_of(call, row.id())?.into();
        told["issueTypes"] = constants::issue_types_of(call, row.id())?;
    }
    Ok(told)
}

/// Returns who gets new issues. Jira takes the lead where nothing is said, unless nobody is allowed.
fn assignee_type(call: &Call<'_>, row: Row<'_>) -> Result<&'static str, Refusal> {
    Ok(match row.number("assigneetype") {
        Some(3) => "UNASSIGNED",
        None if setting(call, "jira.option.allowunassigned")?.as_deref() == Some("1") => "UNASSIGNED",
        _ => "PROJECT_LEAD",
    })
}

/// Returns all keys of a project, the oldest first.
fn keys(call: &Call<'_>, row: Row<'_>) -> Answer {
    let table = call.table("project_key")?;
    let mut keys: Vec<_> = table.with("project_id", row.id()).map(|row| row.text("project_key")).collect();
    if keys.is_empty() {
        keys.push(row.text("pkey"));
    }
    let original = row.get("originalkey");
    keys.sort_by_key(|&key| Some(key) != original);
    Ok(json!(keys))
}

fn category(call: &Call<'_>, row: Row<'_>) -> Value {
    json!({
        "self": call.link(&format!("/projectCategory/{}", row.id())),
        "id": row.id(),
        "name": row.text("cname"),
        "description": row.text("description"),
    })
}

fn categories(call: &Call<'_>) -> Answer {
    Ok(call.table("projectcategory")?.all().map(|row| category(call, row)).collect())
}

fn category_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("projectcategory")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("project category", call.part(0)))?;
    Ok(category(call, row))
}

fn component(call: &Call<'_>, row: Row<'_>) -> Answer {
    let projects = call.table("project")?;
    let project = projects.by_id(row.text("project"));
    let kind = match row.number("assigneetype") {
        Some(1) => "COMPONENT_LEAD",
        Some(2) => "PROJECT_LEAD",
        Some(3) => "UNASSIGNED",
        _ => "PROJECT_DEFAULT",
    };
    let mut told = json!({
        "self": call.link(&format!("/component/{}", row.id())),
        "id": row.id(),
        "name": row.text("cname"),
        "assigneeType": kind,
        "realAssigneeType": kind,
        "isAssigneeTypeValid": true,
        "project": project.map_or("", |row| row.text("pkey")),
        "projectId": number(row.text("project")),
    });
    put(&mut told, "description", row.get("description"));
    if let Some(lead) = row.get("lead") {
        told["lead"] = people::owner(call, lead)?;
    }
    let leads =
        || project.filter(|row| row.number("assigneetype") != Some(3)).and_then(|row| row.get("lead"));
    let assignee = match kind {
        "COMPONENT_LEAD" => row.get("lead"),
        "PROJECT_LEAD" => project.and_then(|row| row.get("lead")),
        "PROJECT_DEFAULT" => leads(),
        _ => None,
    };
    if let Some(assignee) = assignee {
        told["assignee"] = people::owner(call, assignee)?;
        told["realAssignee"] = told["assignee"].clone();
    }
    if !call.is_cloud() {
        told["archived"] = json!(row.is_true("archived"));
        told["deleted"] = json!(row.is_true("deleted"));
    }
    Ok(told)
}

fn components_of(call: &Call<'_>, project: &str) -> Result<Vec<Value>, Refusal> {
    let table = call.table("component")?;
    let mut rows: Vec<_> = table.with("project", project).filter(|row| !row.is_true("deleted")).collect();
    rows.sort_by_key(|row| row.text("cname"));
    rows.into_iter().map(|row| component(call, row)).collect()
}

fn components(call: &Call<'_>) -> Answer {
    Ok(components_of(call, &find(call, call.part(0))?.id)?.into())
}

/// The paged form repeats everything inside `componentBean`.
fn components_twice(call: &Call<'_>) -> Answer {
    let own = components_of(call, &find(call, call.part(0))?.id)?;
    let twice = own.into_iter().map(|own| {
        let mut outer = own.clone();
        outer["componentBean"] = own;
        outer["issueCount"] = json!(0);
        outer
    });
    Ok(twice.collect())
}

/// The list over several projects: on Cloud it says little of each.
fn components_of_all(call: &Call<'_>) -> Answer {
    let parameter = if call.is_cloud() { "projectIdsOrKeys" } else { "projectIds" };
    let wanted: Vec<&str> = call.all(parameter).flat_map(|ids| ids.split(',')).collect();
    let table = call.table("project")?;
    let mut told = Vec::new();
    for row in seen(call, &table)? {
        if wanted.is_empty() || wanted.contains(&row.id()) || wanted.contains(&row.text("pkey")) {
            told.extend(components_of(call, row.id())?);
        }
    }
    if call.is_cloud() {
        for component in &mut told {
            let description = component.get("description").cloned();
            *component = json!({"id": component["id"], "name": component["name"], "self": component["self"]});
            put(component, "description", description);
        }
    }
    Ok(told.into())
}

fn version(call: &Call<'_>, row: Row<'_>) -> Value {
    let mut told = json!({
        "self": call.link(&format!("/version/{}", row.id())),
        "id": row.id(),
        "name": row.text("vname"),
        "archived": row.is_true("archived"),
        "released": row.is_true("released"),
        "projectId": number(row.text("project")),
    });
    put(&mut told, "description", row.get("description"));
    for (member, shown, column) in
        [("startDate", "userStartDate", "startdate"), ("releaseDate", "userReleaseDate", "releasedate")]
    {
        if let Some(day) = row.get(column).and_then(|time| time.get(..10)) {
            told[member] = json!(day);
            told[shown] = json!(as_shown(day));
        }
    }
    told
}

/// Returns a day as the pages of Jira show it: `06/Jan/25`.
fn as_shown(day: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
    let month =
        month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)).unwrap_or(&"");
    format!("{day}/{month}/{}", year.and_then(|year| year.get(2..)).unwrap_or_default())
}

fn versions_of(call: &Call<'_>, project: &str) -> Result<Vec<Value>, Refusal> {
    let table = call.table("projectversion")?;
    Ok(Table::ordered(table.with("project", project), "sequence")
        .into_iter()
        .map(|row| version(call, row))
        .collect())
}

fn versions(call: &Call<'_>) -> Answer {
    Ok(versions_of(call, &find(call, call.part(0))?.id)?.into())
}

fn versions_of_all(call: &Call<'_>) -> Answer {
    let wanted: Vec<&str> = call.all("projectIds").flat_map(|ids| ids.split(',')).collect();
    let table = call.table("project")?;
    let mut told = Vec::new();
    for row in seen(call, &table)? {
        if wanted.is_empty() || wanted.contains(&row.id()) {
            told.extend(versions_of(call, row.id())?);
        }
    }
    Ok(told.into())
}

fn sender(call: &Call<'_>) -> Answer {
    let project = find(call, call.part(0))?;
    let own = property(call, "Project", &project.id, "jira.project.email.sender")?;
    Ok(json!({"emailAddress": own.unwrap_or_else(|| "jira@example.atlassian.net".to_owned())}))
}

/// Returns a project as lists inside other objects tell it.
pub(super) fn in_short(call: &Call<'_>, id: &str) -> Answer {
    let table = call.table("project")?;
    let row = table.by_id(id).ok_or_else(|| Refusal::missing("project", id))?;
    let mut told = json!({
        "self": call.link(&format!("/project/{id}")),
        "id": id,
        "key": row.text("pkey"),
        "name": row.text("pname"),
        "avatarUrls": pictures(call, &format!("/secure/projectavatar?pid={id}&")),
        "projectTypeKey": row.get("projecttype").unwrap_or("software"),
    });
    put(&mut told, "simplified", call.is_cloud().then_some(false));
    Ok(told)
}
