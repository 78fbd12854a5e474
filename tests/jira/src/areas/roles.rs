//! Project roles and their members.

use serde_json::{Map, Value, json};

use super::{number, people, projects, put};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    get("/role", all).admin(),
    get("/role/{id}", one).admin(),
    get("/project/{projectIdOrKey}/role", of_project),
    get("/project/{projectIdOrKey}/role/{id}", members),
];
pub(super) const CLOUD: &[Endpoint] = &[get("/project/{projectIdOrKey}/roledetails", details)];

/// Returns a role without its actors.
pub(super) fn role(call: &Call<'_>, row: Row<'_>) -> Value {
    let mut role = json!({
        "self": call.link(&format!("/role/{}", row.id())),
        "id": number(row.id()),
        "name": call.local(row.text("name")),
    });
    put(&mut role, "description", row.get("description"));
    role
}

fn actor(call: &Call<'_>, row: Row<'_>) -> Answer {
    let (kind, parameter) = (row.text("roletype"), row.text("roletypeparameter"));
    let mut actor = json!({"id": number(row.id()), "type": kind});
    if kind == "atlassian-group-role-actor" {
        actor["displayName"] = json!(parameter);
        actor["name"] = json!(parameter);
        actor["actorGroup"] = json!({"name": parameter, "displayName": parameter});
        if call.is_cloud() {
            actor["actorGroup"]["groupId"] = json!(people::group_id(parameter));
        }
    } else {
        let user = people::by_key(call, parameter)?;
        actor["displayName"] = json!(user.display);
        if call.is_cloud() {
            actor["actorUser"] = json!({"accountId": user.key});
        } else {
            actor["name"] = json!(user.handle(call.site.options.edition));
            actor["actorUser"] = json!({"name": user.name, "displayName": user.display});
        }
    }
    Ok(actor)
}

/// Returns a role with the actors of a project, or with those that new projects get.
fn with_actors(call: &Call<'_>, row: Row<'_>, project: Option<&str>) -> Answer {
    let actors = call.table("projectroleactor")?;
    let own = actors.with("projectroleid", row.id()).filter(|actor| actor.get("pid") == project);
    let mut role = role(call, row);
    role["actors"] = own.map(|row| actor(call, row)).collect::<Result<Vec<_>, _>>()?.into();
    Ok(role)
}

fn all(call: &Call<'_>) -> Answer {
    let roles = call.table("projectrole")?;
    roles.all().map(|row| with_actors(call, row, None)).collect()
}

fn one(call: &Call<'_>) -> Answer {
    let roles = call.table("projectrole")?;
    let row = roles.by_id(call.part(0)).ok_or_else(|| Refusal::missing("project role", call.part(0)))?;
    with_actors(call, row, None)
}

fn of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let roles = call.table("projectrole")?;
    let address = |row: Row<'_>| call.link(&format!("/project/{}/role/{}", project.id, row.id()));
    let told: Map<String, Value> =
        roles.all().map(|row| (call.local(row.text("name")), json!(address(row)))).collect();
    Ok(told.into())
}

fn members(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let roles = call.table("projectrole")?;
    let row = roles.by_id(call.part(1)).ok_or_else(|| Refusal::missing("project role", call.part(1)))?;
    let mut role = with_actors(call, row, Some(&project.id))?;
    role["self"] = json!(call.link(&format!("/project/{}/role/{}", project.id, row.id())));
    Ok(role)
}

fn details(call: &Call<'_>) -> Answer {
    projects::find(call, call.part(0))?;
    Ok(call.table("projectrole")?.all().map(|row| role(call, row)).collect())
}
