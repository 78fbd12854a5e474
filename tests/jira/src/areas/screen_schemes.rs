//! Screen schemes and issue type screen schemes. Data Center does not tell them.

use serde_json::{Value, json};

use super::{number, projects};
use crate::call::{Call, Refusal};
use crate::page::inside;
use crate::router::{Answer, Endpoint, get};
use crate::rows::Row;

pub(super) const CLOUD: &[Endpoint] = &[
    get("/screenscheme", screen_schemes).paged(25, 25).admin(),
    get("/issuetypescreenscheme", issue_type_screen_schemes).paged(50, 50).admin(),
    get("/issuetypescreenscheme/mapping", mapping).paged(50, 50).admin(),
    get("/issuetypescreenscheme/project", of_projects).paged(50, 50).admin(),
];

/// What a screen is for, by the number in a row.
const OPERATIONS: [(Option<i64>, &str); 4] =
    [(None, "default"), (Some(0), "create"), (Some(1), "edit"), (Some(2), "view")];

/// The scheme that projects have which were given none.
const DEFAULT: &str = "1";

fn screen_schemes(call: &Call<'_>) -> Answer {
    let (table, items) = (call.table("fieldscreenscheme")?, call.table("fieldscreenschemeitem")?);
    let (screens, entities) = (call.table("fieldscreen")?, call.table("issuetypescreenschemeentity")?);
    let schemes = call.table("issuetypescreenscheme")?;
    let mut told = Vec::new();
    for row in table.all().filter(|row| call.wants("id", row.id())) {
        let mut used = json!({});
        for item in items.with("fieldscreenscheme", row.id()) {
            let screen = item.text("fieldscreen");
            let operation = OPERATIONS.iter().find(|(own, _)| *own == item.number("operation"));
            if let (Some((_, name)), true) = (operation, screens.by_id(screen).is_some()) {
                used[*name] = number(screen);
            }
        }
        let mut scheme = json!({
            "id": number(row.id()),
            "name": row.text("name"),
            "description": row.text("description"),
            "screens": used,
        });
        if call.expands("issueTypeScreenSchemes") {
            let mut ids: Vec<_> =
                entities.with("fieldscreenscheme", row.id()).map(|entity| entity.text("scheme")).collect();
            ids.sort_unstable();
            ids.dedup();
            let own: Vec<_> =
                ids.into_iter().filter_map(|id| schemes.by_id(id)).map(scheme_in_short).collect();
            scheme["issueTypeScreenSchemes"] = inside(&own, 50);
        }
        told.push(scheme);
    }
    Ok(told.into())
}

fn scheme_in_short(row: Row<'_>) -> Value {
    json!({"id": row.id(), "name": row.text("name"), "description": row.text("description")})
}

fn issue_type_screen_schemes(call: &Call<'_>) -> Answer {
    let table = call.table("issuetypescreenscheme")?;
    Ok(table.all().filter(|row| call.wants("id", row.id())).map(scheme_in_short).collect())
}

fn mapping(call: &Call<'_>) -> Answer {
    let (table, entities) =
        (call.table("issuetypescreenscheme")?, call.table("issuetypescreenschemeentity")?);
    let types = call.table("issuetype")?;
    let mut told = Vec::new();
    for scheme in table.all().filter(|row| call.wants("issueTypeScreenSchemeId", row.id())) {
        for entity in entities.with("scheme", scheme.id()) {
            let kind = entity.get("issuetype").unwrap_or("default");
            if kind != "default" && types.by_id(kind).is_none() {
                continue;
            }
            told.push(json!({
                "issueTypeScreenSchemeId": scheme.id(),
                "issueTypeId": kind,
                "screenSchemeId": entity.text("fieldscreenscheme"),
            }));
        }
    }
    Ok(told.into())
}

fn of_projects(call: &Call<'_>) -> Answer {
    if call.query("projectId").is_none() {
        return Err(Refusal::new(400, "The projectId query parameter is missing."));
    }
    let (table, all) = (call.table("issuetypescreenscheme")?, call.table("project")?);
    let mut told = Vec::new();
    for scheme in table.all() {
        let mut ids = Vec::new();
        for project in call.all("projectId").filter(|id| all.by_id(id).is_some()) {
            let own = projects::associated(call, project, "IssueTypeScreenScheme")?;
            if own.as_deref().unwrap_or(DEFAULT) == scheme.id() {
                ids.push(project);
            }
        }
        if !ids.is_empty() {
            told.push(json!({"issueTypeScreenScheme": scheme_in_short(scheme), "projectIds": ids}));
        }
    }
    Ok(told.into())
}
