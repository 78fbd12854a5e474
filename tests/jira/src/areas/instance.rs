//! What the instance is, who asks, and what he may.

use serde_json::{Map, Value, json};

use super::{people, projects, setting, uuid};
use crate::Rights;
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};

pub(super) const BOTH: &[Endpoint] =
    &[get("/serverInfo", server_info).public(), get("/myself", myself), get("/mypermissions", permissions)];
pub(super) const CLOUD: &[Endpoint] =
    &[get("/_edge/tenant_info", tenant).public(), get("/configuration", configuration)];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/configuration", configuration),
    get("/mypreferences", preference),
    get("/application-properties", application_property).admin(),
];

/// Permissions of the whole Jira, with the rights that have them.
const GLOBAL: &[(&str, &str, Rights)] = &[
    ("ADMINISTER", "Administer Jira", Rights::Administrator),
    ("SYSTEM_ADMIN", "Jira System Administrators", Rights::Administrator),
    ("USER_PICKER", "Browse Users", Rights::Member),
    ("CREATE_SHARED_OBJECTS", "Create Shared Objects", Rights::Member),
    ("BULK_CHANGE", "Bulk Change", Rights::Member),
    ("MANAGE_GROUP_FILTER_SUBSCRIPTIONS", "Manage Group Filter Subscriptions", Rights::Member),
];

/// Permissions of a project; the caller has those that his rights have anywhere.
const OF_PROJECTS: &[(&str, &str, Rights)] = &[
    ("ADMINISTER_PROJECTS", "Administer Projects", Rights::Administrator),
    ("BROWSE_PROJECTS", "Browse Projects", Rights::Member),
    ("CREATE_ISSUES", "Create Issues", Rights::Member),
    ("EDIT_ISSUES", "Edit Issues", Rights::Member),
    ("TRANSITION_ISSUES", "Transition Issues", Rights::Member),
    ("ASSIGN_ISSUES", "Assign Issues", Rights::Member),
    ("MODIFY_REPORTER", "Modify Reporter", Rights::Member),
    ("LINK_ISSUES", "Link Issues", Rights::Member),
    ("ADD_COMMENTS", "Add Comments", Rights::Member),
    ("EDIT_OWN_COMMENTS", "Edit Own Comments", Rights::Member),
    ("DELETE_OWN_COMMENTS", "Delete Own Comments", Rights::Member),
    ("WORK_ON_ISSUES", "Work On Issues", Rights::Member),
    ("CREATE_ATTACHMENTS", "Create Attachments", Rights::Member),
    ("DELETE_OWN_ATTACHMENTS", "Delete Own Attachments", Rights::Member),
];

fn server_info(call: &Call<'_>) -> Answer {
    let title = setting(call, "jira.title")?.unwrap_or_else(|| "Jira".to_owned());
    let mut info = json!({
        "baseUrl": call.site.base(),
        "serverTitle": title,
        "scmInfo": "0000000000000000000000000000000000000000",
        "buildDate": "2026-04-20T00:00:00.000+0000",
        "serverTime": "2026-11-29T12:00:00.000+0000",
    });
    let (version, numbers, build) = match call.is_cloud() {
        true => ("1001.0.0-SNAPSHOT", json!([1001, 0, 0]), 100_297),
        false => ("10.3.24", json!([10, 3, 24]), 10_030_024),
    };
    info["version"] = json!(version);
    info["versionNumbers"] = numbers;
    info["buildNumber"] = json!(build);
    info["deploymentType"] = json!(if call.is_cloud() { "Cloud" } else { "Server" });
    if call.is_cloud() {
        info["serverTimeZone"] = json!("Etc/UTC");
        info["displayUrl"] = json!(call.site.base());
    }
    Ok(info)
}

fn tenant(call: &Call<'_>) -> Answer {
    Ok(json!({"cloudId": uuid("cloud", &call.site.base())}))
}

fn configuration(_call: &Call<'_>) -> Answer {
    Ok(json!({
        "votingEnabled": true,
        "watchingEnabled": true,
        "unassignedIssuesAllowed": true,
        "subTasksEnabled": true,
        "issueLinkingEnabled": true,
        "timeTrackingEnabled": true,
        "attachmentsEnabled": true,
    }))
}

fn myself(call: &Call<'_>) -> Answer {
    let caller = call.site.people()?.caller();
    let mut myself = people::user(call, &caller);
    let language = if call.site.options.language.starts_with("de") { "de_DE" } else { "en_US" };
    myself["locale"] = json!(language);
    myself["timeZone"] = json!("Etc/UTC");
    myself["expand"] = json!("groups,applicationRoles");
    Ok(myself)
}

/// The language of those who have chosen none.
fn default_locale(call: &Call<'_>) -> Result<String, Refusal> {
    Ok(setting(call, "jira.i18n.default.locale")?.unwrap_or_else(|| "en_US".to_owned()))
}

/// The caller's language is the one preference that is known; who is answered in English has not chosen one.
fn preference(call: &Call<'_>) -> Answer {
    match call.query("key") {
        Some("jira.user.locale") if call.site.options.language.starts_with("de") => Ok(json!("de_DE")),
        _ => Err(Refusal::new(404, "key not found")),
    }
}

fn application_property(call: &Call<'_>) -> Answer {
    match call.query("key") {
        Some(key @ "jira.i18n.default.locale") => {
            let value = default_locale(call)?;
            Ok(
                json!({"id": key, "key": key, "value": value, "name": key, "type": "string", "defaultValue": ""}),
            )
        }
        _ => Err(Refusal::new(404, "There is no such property.")),
    }
}

fn permissions(call: &Call<'_>) -> Answer {
    let asked: Vec<&str> = call.all("permissions").flat_map(|keys| keys.split(',')).map(str::trim).collect();
    if asked.is_empty() && call.is_cloud() {
        return Err(Refusal::new(400, "The 'permissions' query parameter is required."));
    }
    let known = GLOBAL
        .iter()
        .map(|entry| (entry, "GLOBAL"))
        .chain(OF_PROJECTS.iter().map(|entry| (entry, "PROJECT")));
    let known: Vec<_> = known.collect();
    if let Some(unknown) = asked.iter().find(|key| !known.iter().any(|((own, ..), _)| own == *key)) {
        return Err(Refusal::new(400, &format!("Unrecognized permission: {unknown}")));
    }
    let told =
        known.into_iter().enumerate().filter(|(_, ((key, ..), _))| asked.is_empty() || asked.contains(key));
    // Of one project what its scheme grants.
    let project = call.query("projectKey").map(|wanted| projects::find(call, wanted)).transpose()?;
    let mut granted = std::collections::HashMap::new();
    for (key, ..) in OF_PROJECTS {
        if let Some(project) = &project {
            granted.insert(*key, projects::may(call, &project.id, key)?);
        }
    }
    let told: Map<String, Value> = told
        .map(|(place, ((key, name, least), kind))| {
            let permission = json!({
                "id": place.to_string(),
                "key": key,
                "name": name,
                "type": kind,
                "description": name,
                "havePermission": granted.get(key).copied().unwrap_or(call.rights >= *least),
            });
            ((*key).to_owned(), permission)
        })
        .collect();
    Ok(json!({"permissions": told}))
}
