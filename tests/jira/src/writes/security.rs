//! Issue security schemes, their levels and members are made, changed and deleted, on Cloud alone.

use serde_json::{Value, json};

use super::{Done, Written, at_most, changes, holders, id, members, nothing, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/issuesecurityschemes", add),
    write("PUT", "/issuesecurityschemes/level/default", set_defaults),
    write("PUT", "/issuesecurityschemes/project", assign),
    write("PUT", "/issuesecurityschemes/{id}", change),
    write("DELETE", "/issuesecurityschemes/{schemeId}", delete),
    write("PUT", "/issuesecurityschemes/{schemeId}/level", add_levels),
    write("PUT", "/issuesecurityschemes/{schemeId}/level/{levelId}", change_level),
    write("DELETE", "/issuesecurityschemes/{schemeId}/level/{levelId}", delete_level),
    write("PUT", "/issuesecurityschemes/{schemeId}/level/{levelId}/member", add_members),
    write("DELETE", "/issuesecurityschemes/{schemeId}/level/{levelId}/member/{memberId}", delete_member),
];

const SCHEMES: &str = "issuesecurityscheme";
const WHAT: &str = "issue security scheme";

/// At most so many levels or members are added at once.
const MOST: usize = 100;

fn check(call: &Call<'_>, except: &str) -> Result<(), Refusal> {
    at_most("name", text(&call.body, "name")?, 60)?;
    at_most("description", text(&call.body, "description")?, 255)?;
    let taken = |_: &str| Refusal::of("name", "The issue security scheme name is used by another scheme.");
    call.must_be_free((SCHEMES, "name"), text(&call.body, "name")?, except, taken)
}

/// Refuses too many objects at once.
fn must_be_few(list: &Value) -> Result<&[Value], Refusal> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.len() > MOST {
        return Err(Refusal::new(400, &format!("At most {MOST} can be added at once.")));
    }
    Ok(list)
}

fn insert_levels(call: &Call<'_>, scheme: &str) -> Result<(), Refusal> {
    for level in must_be_few(&call.body["levels"])? {
        members(level, &["name*", "description", "isDefault", "members"])?;
        level_is_free(call, scheme, text(level, "name")?, "")?;
        let said = json!({
            "scheme": scheme, "name": text(level, "name")?, "description": text(level, "description")?,
        });
        let id = call.insert("schemeissuesecuritylevels", said)?;
        if level["isDefault"] == true {
            call.update(SCHEMES, scheme, json!({"defaultlevel": id}))?;
        }
        insert_members(call, scheme, &id, &level["members"])?;
    }
    Ok(())
}

/// Refuses a name that another level of the scheme has.
fn level_is_free(call: &Call<'_>, scheme: &str, name: Option<&str>, except: &str) -> Result<(), Refusal> {
    at_most("name", name, 255)?;
    let table = call.table("schemeissuesecuritylevels")?;
    let mut others = table.with("scheme", scheme).filter(|row| row.id() != except);
    if others.any(|row| name.is_some_and(|name| row.text("name").eq_ignore_ascii_case(name))) {
        return Err(Refusal::of("name", "The level name is used by another level of the scheme."));
    }
    Ok(())
}

fn insert_members(call: &Call<'_>, scheme: &str, level: &str, list: &Value) -> Result<(), Refusal> {
    for member in must_be_few(list)? {
        let (kind, parameter) = holders::member(call, member)?;
        let row = json!({"scheme": scheme, "security": level, "sec_type": kind, "sec_parameter": parameter});
        if call.delete("schemeissuesecurities", row.clone())? > 0 {
            return Err(Refusal::new(400, "The member is in the level already."));
        }
        call.insert("schemeissuesecurities", row)?;
    }
    Ok(())
}

const COLUMNS: [(&str, &str); 2] = [("name", "name"), ("description", "description")];

fn add(call: &Call<'_>) -> Written {
    call.members(&["name*", "description", "levels"])?;
    check(call, "")?;
    let scheme = call.insert(SCHEMES, changes(&call.body, &COLUMNS))?;
    insert_levels(call, &scheme)?;
    Ok(Done::created(json!({"id": scheme})))
}

fn change(call: &Call<'_>) -> Written {
    call.must_exist(SCHEMES, WHAT, call.part(0))?;
    call.members(&["name", "description"])?;
    check(call, call.part(0))?;
    call.update(SCHEMES, call.part(0), changes(&call.body, &COLUMNS))?;
    nothing()
}

fn delete(call: &Call<'_>) -> Written {
    let scheme = call.part(0);
    call.must_exist(SCHEMES, WHAT, scheme)?;
    if call.is_associated("IssueSecurityScheme", scheme)? {
        return Err(Refusal::new(400, "The issue security scheme is associated with a project."));
    }
    call.delete("schemeissuesecurities", json!({"scheme": scheme}))?;
    call.delete("schemeissuesecuritylevels", json!({"scheme": scheme}))?;
    call.delete(SCHEMES, json!({"id": scheme}))?;
    nothing()
}

fn add_levels(call: &Call<'_>) -> Written {
    call.must_exist(SCHEMES, WHAT, call.part(0))?;
    call.members(&["levels*"])?;
    insert_levels(call, call.part(0))?;
    nothing()
}

/// Refuses a level of the address that is not one of its scheme.
fn must_be_level(call: &Call<'_>, scheme: &str, level: &str) -> Result<(), Refusal> {
    let table = call.table("schemeissuesecuritylevels")?;
    let own = table.by_id(level).filter(|row| row.text("scheme") == scheme);
    own.map(|_| ()).ok_or_else(|| Refusal::missing("issue security level", level))
}

fn change_level(call: &Call<'_>) -> Written {
    let (scheme, level) = (call.part(0), call.part(1));
    must_be_level(call, scheme, level)?;
    call.members(&["name", "description"])?;
    level_is_free(call, scheme, text(&call.body, "name")?, level)?;
    call.update("schemeissuesecuritylevels", level, changes(&call.body, &COLUMNS))?;
    nothing()
}

fn delete_level(call: &Call<'_>) -> Written {
    let (scheme, level) = (call.part(0), call.part(1));
    must_be_level(call, scheme, level)?;
    let replacement = call.query("replaceWith");
    if let Some(other) = replacement {
        must_be_level(call, scheme, other).map_err(|refusal| refusal.with_status(400))?;
    } else if call.is_used("jiraissue", "security", level)? {
        return Err(Refusal::new(400, "Issues have the level, and no replacement is given."));
    }
    call.update_all("jiraissue", ("security", level), json!({"security": replacement}))?;
    call.update_all(SCHEMES, ("defaultlevel", level), json!({"defaultlevel": null}))?;
    call.delete("schemeissuesecurities", json!({"security": level}))?;
    call.delete("schemeissuesecuritylevels", json!({"id": level}))?;
    call.started("Delete an issue security level")
}

fn add_members(call: &Call<'_>) -> Written {
    let (scheme, level) = (call.part(0), call.part(1));
    must_be_level(call, scheme, level)?;
    call.members(&["members*"])?;
    insert_members(call, scheme, level, &call.body["members"])?;
    nothing()
}

fn delete_member(call: &Call<'_>) -> Written {
    must_be_level(call, call.part(0), call.part(1))?;
    let member = json!({"id": call.part(2), "security": call.part(1)});
    if call.delete("schemeissuesecurities", member)? == 0 {
        return Err(Refusal::missing("member", call.part(2)));
    }
    nothing()
}

fn set_defaults(call: &Call<'_>) -> Written {
    call.members(&["defaultValues*"])?;
    for said in call.body["defaultValues"].as_array().into_iter().flatten() {
        members(said, &["issueSecuritySchemeId*", "defaultLevelId"])?;
        let scheme = id(said, "issueSecuritySchemeId").unwrap_or_default();
        call.must_exist(SCHEMES, WHAT, &scheme)?;
        // Null takes the default away; -1 does, too.
        let level = id(said, "defaultLevelId").filter(|level| level != "-1");
        if let Some(level) = &level {
            must_be_level(call, &scheme, level)?;
        }
        call.update(SCHEMES, &scheme, json!({"defaultlevel": level}))?;
    }
    nothing()
}

/// Gives a project a scheme; its issues get the levels that the body says.
fn assign(call: &Call<'_>) -> Written {
    call.members(&["projectId*", "schemeId", "oldToNewSecurityLevelMappings"])?;
    let project = call.classic_project(&id(&call.body, "projectId").unwrap_or_default())?;
    let scheme = id(&call.body, "schemeId");
    if let Some(scheme) = &scheme {
        call.must_exist(SCHEMES, WHAT, scheme)?;
    }
    let mut mapped = Vec::new();
    for said in call.body["oldToNewSecurityLevelMappings"].as_array().into_iter().flatten() {
        members(said, &["oldLevelId*", "newLevelId*"])?;
        mapped.push((id(said, "oldLevelId").unwrap_or_default(), id(said, "newLevelId").unwrap_or_default()));
    }
    let issues: Vec<(String, String)> = {
        let table = call.table("jiraissue")?;
        let own = table.with("project", &project);
        own.filter_map(|row| Some((row.id().to_owned(), row.get("security")?.to_owned()))).collect()
    };
    for (issue, level) in issues {
        // What is not mapped loses its level: anybody sees it then.
        let new = mapped.iter().find(|(old, _)| *old == level).map(|(_, new)| new.as_str());
        let new = new.filter(|new| *new != "-1");
        if let (Some(new), Some(scheme)) = (new, &scheme) {
            must_be_level(call, scheme, new).map_err(|refusal| refusal.with_status(400))?;
        }
        call.update("jiraissue", &issue, json!({"security": new}))?;
    }
    call.associate(&project, "IssueSecurityScheme", scheme.as_deref())?;
    call.started("Associate an issue security scheme")
}
