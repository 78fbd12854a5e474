//! Permission schemes, notification schemes and issue security schemes.

use serde_json::{Value, json};

use super::{fields, number, people, projects, put, roles};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    get("/permissionscheme", permission_schemes),
    get("/permissionscheme/{schemeId}", permission_scheme_by_id),
    get("/permissionscheme/{schemeId}/permission", grants_of_scheme),
    get("/project/{projectKeyOrId}/permissionscheme", permission_scheme_of_project).admin(),
    get("/notificationscheme/{id}", notification_scheme_by_id),
    get("/project/{projectKeyOrId}/notificationscheme", notification_scheme_of_project),
    get("/issuesecurityschemes", security_schemes).admin(),
    get("/issuesecurityschemes/{id}", security_scheme_by_id).admin(),
    get("/project/{projectKeyOrId}/issuesecuritylevelscheme", security_scheme_of_project),
    get("/project/{projectKeyOrId}/securitylevel", levels_of_project),
];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/notificationscheme", notification_schemes).paged(50, 50),
    get("/notificationscheme/project", projects_of_notification_schemes).paged(50, 50).admin(),
    get("/issuesecurityschemes/level", levels).paged(50, 50).admin(),
    get("/issuesecurityschemes/level/member", level_members).paged(50, 50).admin(),
    get("/issuesecurityschemes/project", projects_of_security_schemes).paged(50, 50).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[get("/notificationscheme", notification_schemes).shaped(Shape::Plain(Limit { usual: 50, most: 50 }))];

/// Permissions by the numbers that rows before Jira 6.3 have.
const PERMISSIONS: &[(&str, &str)] = &[
    ("10", "BROWSE_PROJECTS"),
    ("11", "CREATE_ISSUES"),
    ("12", "EDIT_ISSUES"),
    ("13", "ASSIGN_ISSUES"),
    ("14", "RESOLVE_ISSUES"),
    ("15", "ADD_COMMENTS"),
    ("16", "DELETE_ISSUES"),
    ("17", "ASSIGNABLE_USER"),
    ("18", "CLOSE_ISSUES"),
    ("19", "CREATE_ATTACHMENTS"),
    ("20", "WORK_ON_ISSUES"),
    ("21", "LINK_ISSUES"),
    ("23", "ADMINISTER_PROJECTS"),
    ("25", "MOVE_ISSUES"),
    ("26", "SET_ISSUE_SECURITY"),
    ("28", "SCHEDULE_ISSUES"),
    ("29", "VIEW_DEV_TOOLS"),
    ("30", "MODIFY_REPORTER"),
    ("31", "VIEW_VOTERS_AND_WATCHERS"),
    ("32", "MANAGE_WATCHERS"),
    ("34", "EDIT_ALL_COMMENTS"),
    ("35", "EDIT_OWN_COMMENTS"),
    ("36", "DELETE_ALL_COMMENTS"),
    ("37", "DELETE_OWN_COMMENTS"),
    ("38", "DELETE_ALL_ATTACHMENTS"),
    ("39", "DELETE_OWN_ATTACHMENTS"),
    ("40", "EDIT_OWN_WORKLOGS"),
    ("41", "EDIT_ALL_WORKLOGS"),
    ("42", "DELETE_OWN_WORKLOGS"),
    ("43", "DELETE_ALL_WORKLOGS"),
    ("45", "VIEW_READONLY_WORKFLOW"),
    ("46", "TRANSITION_ISSUES"),
];

/// Who holds a permission: the type in a row, and in a reply.
const HOLDERS: &[(&str, &str)] = &[
    ("projectrole", "projectRole"),
    ("userCF", "userCustomField"),
    ("groupCF", "groupCustomField"),
    ("lead", "projectLead"),
];

/// Who gets a mail: the type in a row, and in a reply.
const RECEIVERS: &[(&str, &str)] = &[
    ("All_Watchers", "AllWatchers"),
    ("Component_Lead", "ComponentLead"),
    ("Current_Assignee", "CurrentAssignee"),
    ("Current_Reporter", "Reporter"),
    ("Group_Custom_Field_Value", "GroupCustomField"),
    ("Group_Dropdown", "Group"),
    ("Project_Lead", "ProjectLead"),
    ("Project_Role", "ProjectRole"),
    ("Remote_User", "CurrentUser"),
    ("Single_Email_Address", "EmailAddress"),
    ("Single_User", "User"),
    ("User_Custom_Field_Value", "UserCustomField"),
];

fn of<'a>(known: &[(&str, &'a str)], own: &'a str) -> &'a str {
    known.iter().find(|(name, _)| *name == own).map_or(own, |(_, told)| told)
}

/// Adds the object that a parameter names, if it was asked for.
fn expand_holder(call: &Call<'_>, holder: &mut Value, member: &str, parameter: &str) -> Result<(), Refusal> {
    if !call.expands("all") && !call.expands(member) {
        return Ok(());
    }
    match member {
        "group" => holder[member] = people::group(call, parameter),
        "user" => holder[member] = people::told(call, parameter)?,
        "projectRole" => {
            let table = call.table("projectrole")?;
            put(holder, member, table.by_id(parameter).map(|row| roles::role(call, row)));
        }
        _ => {
            let name = fields::name(call, parameter)?;
            put(holder, member, name.map(|name| json!({"id": parameter, "name": name, "custom": true})));
        }
    }
    Ok(())
}

/// Returns who holds a grant.
fn holder(call: &Call<'_>, kind: &str, parameter: &str) -> Answer {
    let kind = of(HOLDERS, kind);
    if kind == "group" && parameter.is_empty() {
        return Ok(json!({"type": "anyone"}));
    }
    let mut holder = json!({"type": kind});
    if parameter.is_empty() {
        return Ok(holder);
    }
    holder["parameter"] = json!(parameter);
    if call.is_cloud() {
        let value = if kind == "group" { people::group_id(parameter) } else { parameter.to_owned() };
        holder["value"] = json!(value);
    }
    let member = match kind {
        "group" | "user" | "projectRole" => kind,
        "userCustomField" | "groupCustomField" => "field",
        _ => return Ok(holder),
    };
    holder["expand"] = json!(member);
    expand_holder(call, &mut holder, member, parameter)?;
    Ok(holder)
}

fn grants(call: &Call<'_>, scheme: &str) -> Answer {
    let table = call.table("schemepermissions")?;
    let mut told = Vec::new();
    for row in table.with("scheme", scheme) {
        let key = row.get("permission_key").unwrap_or_else(|| of(PERMISSIONS, row.text("permission")));
        told.push(json!({
            "id": number(row.id()),
            "self": call.link(&format!("/permissionscheme/{scheme}/permission/{}", row.id())),
            "holder": holder(call, row.text("perm_type"), row.text("perm_parameter"))?,
            "permission": key,
        }));
    }
    Ok(told.into())
}

fn permission_scheme(call: &Call<'_>, row: Row<'_>) -> Answer {
    let mut told = json!({
        "expand": "permissions,user,group,projectRole,field,all",
        "id": number(row.id()),
        "self": call.link(&format!("/permissionscheme/{}", row.id())),
        "name": row.text("name"),
    });
    put(&mut told, "description", row.get("description"));
    // Any word does.
    if call.query("expand").is_some() {
        told["permissions"] = grants(call, row.id())?;
    }
    Ok(told)
}

fn permission_schemes(call: &Call<'_>) -> Answer {
    let table = call.table("permissionscheme")?;
    let told: Result<Vec<_>, _> = table.all().map(|row| permission_scheme(call, row)).collect();
    Ok(json!({"permissionSchemes": told?}))
}

fn permission_scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("permissionscheme")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("permission scheme", call.part(0)))?;
    permission_scheme(call, row)
}

fn grants_of_scheme(call: &Call<'_>) -> Answer {
    let table = call.table("permissionscheme")?;
    let row = table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("permission scheme", call.part(0)))?;
    Ok(json!({"permissions": grants(call, row.id())?, "expand": "user,group,projectRole,field,all"}))
}

fn permission_scheme_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let id = projects::associated(call, &project.id, "PermissionScheme")?.unwrap_or_else(|| "0".to_owned());
    let table = call.table("permissionscheme")?;
    let row = table.by_id(&id).ok_or_else(|| Refusal::missing("permission scheme", &id))?;
    permission_scheme(call, row)
}

fn notification(call: &Call<'_>, row: Row<'_>) -> Answer {
    let (kind, parameter) = (of(RECEIVERS, row.text("notif_type")), row.text("notif_parameter"));
    let mut told = json!({"id": number(row.id()), "notificationType": kind});
    if parameter.is_empty() {
        return Ok(told);
    }
    told["parameter"] = json!(parameter);
    if call.is_cloud() {
        let recipient = if kind == "Group" { people::group_id(parameter) } else { parameter.to_owned() };
        told["recipient"] = json!(recipient);
    }
    let member = match kind {
        "Group" => "group",
        "User" => "user",
        "ProjectRole" => "projectRole",
        "UserCustomField" | "GroupCustomField" => "field",
        _ => {
            put(&mut told, "emailAddress", (kind == "EmailAddress").then_some(parameter));
            return Ok(told);
        }
    };
    told["expand"] = json!(member);
    expand_holder(call, &mut told, member, parameter)?;
    Ok(told)
}

fn notification_scheme(call: &Call<'_>, row: Row<'_>) -> Answer {
    let mut told = json!({
        "expand": "notificationSchemeEvents,user,group,projectRole,field,all",
        "id": number(row.id()),
        "self": call.link(&format!("/notificationscheme/{}", row.id())),
        "name": row.text("name"),
    });
    put(&mut told, "description", row.get("description"));
    // Any word does.
    if call.query("expand").is_none() {
        return Ok(told);
    }
    let (lines, types) = (call.table("notification")?, call.table("jiraeventtype")?);
    let own: Vec<_> = lines.with("scheme", row.id()).collect();
    let mut events = Vec::new();
    for event in types.all() {
        let of_event = own.iter().filter(|row| row.text("event_type_id") == event.id());
        let notifications = of_event.map(|row| notification(call, *row)).collect::<Result<Vec<_>, _>>()?;
        if notifications.is_empty() {
            continue;
        }
        let mut told = json!({"id": number(event.id()), "name": event.text("name")});
        put(&mut told, "description", event.get("description"));
        events.push(json!({"event": told, "notifications": notifications}));
    }
    told["notificationSchemeEvents"] = events.into();
    Ok(told)
}

/// Those who are no administrators get schemes of projects that they administer: none here.
fn notification_schemes(call: &Call<'_>) -> Answer {
    if !call.is_admin() {
        return Ok(json!([]));
    }
    let table = call.table("notificationscheme")?;
    table.all().filter(|row| call.wants("id", row.id())).map(|row| notification_scheme(call, row)).collect()
}

fn notification_scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("notificationscheme")?;
    let row = table.by_id(call.part(0)).filter(|_| call.is_admin());
    notification_scheme(call, row.ok_or_else(|| Refusal::missing("notification scheme", call.part(0)))?)
}

fn notification_scheme_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let id = projects::associated(call, &project.id, "NotificationScheme")?.unwrap_or_default();
    let table = call.table("notificationscheme")?;
    notification_scheme(call, table.by_id(&id).ok_or_else(|| Refusal::missing("notification scheme", &id))?)
}

/// Returns which projects have schemes of a kind.
fn pairs(call: &Call<'_>, entity: &str, member: &str) -> Answer {
    let mut told = Vec::new();
    for project in call.table("project")?.all().filter(|row| call.wants("projectId", row.id())) {
        if let Some(id) = projects::associated(call, project.id(), entity)?
            && call.wants(member, &id)
        {
            told.push(json!({member: id, "projectId": project.id()}));
        }
    }
    Ok(told.into())
}

fn projects_of_notification_schemes(call: &Call<'_>) -> Answer {
    pairs(call, "NotificationScheme", "notificationSchemeId")
}

fn projects_of_security_schemes(call: &Call<'_>) -> Answer {
    pairs(call, "IssueSecurityScheme", "issueSecuritySchemeId")
}

fn security_scheme(call: &Call<'_>, row: Row<'_>, with_levels: bool) -> Answer {
    let mut told = json!({
        "self": call.link(&format!("/issuesecurityschemes/{}", row.id())),
        "id": number(row.id()),
        "name": row.text("name"),
    });
    put(&mut told, "description", row.get("description"));
    put(&mut told, "defaultSecurityLevelId", row.number("defaultlevel"));
    if with_levels {
        let levels = call.table("schemeissuesecuritylevels")?;
        told["levels"] = levels.with("scheme", row.id()).map(|level| self::level(call, level, row)).collect();
    }
    Ok(told)
}

fn level(call: &Call<'_>, row: Row<'_>, scheme: Row<'_>) -> Value {
    let mut told = json!({
        "self": call.link(&format!("/securitylevel/{}", row.id())),
        "id": row.id(),
        "name": row.text("name"),
        "description": row.text("description"),
    });
    if call.is_cloud() {
        told["issueSecuritySchemeId"] = json!(scheme.id());
        told["isDefault"] = json!(scheme.get("defaultlevel") == Some(row.id()));
    }
    told
}

fn security_schemes(call: &Call<'_>) -> Answer {
    let table = call.table("issuesecurityscheme")?;
    let told: Result<Vec<_>, _> = table.all().map(|row| security_scheme(call, row, false)).collect();
    Ok(json!({"issueSecuritySchemes": told?}))
}

fn security_scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("issuesecurityscheme")?;
    let row =
        table.by_id(call.part(0)).ok_or_else(|| Refusal::missing("issue security scheme", call.part(0)))?;
    security_scheme(call, row, true)
}

fn security_scheme_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let id = projects::associated(call, &project.id, "IssueSecurityScheme")?.unwrap_or_default();
    let table = call.table("issuesecurityscheme")?;
    security_scheme(
        call,
        table.by_id(&id).ok_or_else(|| Refusal::missing("issue security scheme", &id))?,
        true,
    )
}

fn levels_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let id = projects::associated(call, &project.id, "IssueSecurityScheme")?.unwrap_or_default();
    let schemes = call.table("issuesecurityscheme")?;
    let Some(scheme) = schemes.by_id(&id) else { return Ok(json!({"levels": []})) };
    let table = call.table("schemeissuesecuritylevels")?;
    let told: Vec<_> = table.with("scheme", &id).map(|row| level(call, row, scheme)).collect();
    Ok(json!({"levels": told}))
}

fn levels(call: &Call<'_>) -> Answer {
    let (schemes, table) = (call.table("issuesecurityscheme")?, call.table("schemeissuesecuritylevels")?);
    let mut told = Vec::new();
    for scheme in schemes.all().filter(|row| call.wants("schemeId", row.id())) {
        let own = table.with("scheme", scheme.id()).filter(|row| call.wants("id", row.id()));
        told.extend(own.map(|row| level(call, row, scheme)));
    }
    Ok(told.into())
}

fn level_members(call: &Call<'_>) -> Answer {
    let (levels, members) = (call.table("schemeissuesecuritylevels")?, call.table("schemeissuesecurities")?);
    let mut told = Vec::new();
    for row in members.all().filter(|row| call.wants("schemeId", row.text("scheme"))) {
        let level = row.text("security");
        if levels.by_id(level).is_none() || !call.wants("levelId", level) {
            continue;
        }
        told.push(json!({
            "id": row.id(),
            "issueSecurityLevelId": level,
            "issueSecuritySchemeId": row.text("scheme"),
            "holder": holder(call, row.text("sec_type"), row.text("sec_parameter"))?,
            "managed": false,
        }));
    }
    Ok(told.into())
}
