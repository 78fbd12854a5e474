//! Which fields an issue of a type can be made with and changed by, with what can be chosen.
//!
//! Invariant: a field is offered by the screen of the operation, unless the field configuration hides it; a custom field only where a
//! context of it holds.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::{constants, fields, issue_type_schemes, number, people, projects};
use super::of;
use crate::call::{Call, Refusal};
use crate::router::Answer;
use crate::rows::entities::Entity;

/// The types of issues that can be made in a project.
pub(super) fn types(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0)).map_err(|refusal| refusal.with_status(400))?;
    if !projects::may(call, &project.id, "CREATE_ISSUES")? {
        return Ok(json!([]));
    }
    constants::issue_types_of(call, &project.id)
}

/// The fields by which issues of a type are made.
pub(super) fn of_type(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0)).map_err(|refusal| refusal.with_status(400))?;
    let kind = call.part(1);
    if !issue_type_schemes::types_of_project(call, &project.id)?.iter().any(|own| own == kind) {
        return Err(Refusal::new(400, "The issue type is not one of the project."));
    }
    let mut told = Vec::new();
    for (id, mut meta) in offered(call, &project.id, kind, "0")? {
        meta["fieldId"] = json!(id);
        told.push(meta);
    }
    Ok(told.into())
}

/// The fields by which an issue can be changed.
pub(crate) fn editable(call: &Call<'_>, issue: &Entity) -> Result<Map<String, Value>, Refusal> {
    let project = of(issue, "project");
    if !projects::may(call, project, "EDIT_ISSUES")? {
        return Ok(Map::new());
    }
    let all = offered(call, project, of(issue, "type"), "1")?;
    Ok(all.into_iter().filter(|(id, _)| id != "project" && id != "issuetype" && id != "parent").collect())
}

/// Returns the fields that a screen offers for issues of a type, in the order of their ids.
pub(crate) fn offered(
    call: &Call<'_>,
    project: &str,
    kind: &str,
    operation: &str,
) -> Result<BTreeMap<String, Value>, Refusal> {
    let layout = layout(call, project, kind)?;
    let mut all = BTreeMap::new();
    let mut ids = on_screen(call, project, kind, operation)?;
    // These are on every screen of making an issue.
    if operation == "0" {
        ids.extend(["summary", "project", "issuetype"].map(str::to_owned));
        ids.extend(is_subtask(call, kind)?.then(|| "parent".to_owned()));
    }
    ids.sort();
    ids.dedup();
    for id in ids {
        let (is_hidden, is_required) = layout.get(&id).copied().unwrap_or((false, false));
        let needs = match id.as_str() {
            "assignee" => Some("ASSIGN_ISSUES"),
            "reporter" => Some("MODIFY_REPORTER"),
            "duedate" => Some("SCHEDULE_ISSUES"),
            "security" => Some("SET_ISSUE_SECURITY"),
            "issuelinks" => Some("LINK_ISSUES"),
            "resolution" => Some("RESOLVE_ISSUES"),
            _ => None,
        };
        if is_hidden || !needs.map_or(Ok(true), |needs| projects::may(call, project, needs))? {
            continue;
        }
        let Some((name, schema)) = described(call, &id)? else { continue };
        let has_default = ["reporter", "priority"].contains(&id.as_str());
        let mut meta = json!({
            "required": is_required || ["summary", "project", "issuetype", "parent"].contains(&id.as_str()),
            "schema": schema,
            "name": name,
            "key": id,
            "hasDefaultValue": has_default,
            "operations": operations(&schema),
        });
        if !call.is_cloud() {
            meta.as_object_mut().map(|meta| meta.remove("key"));
        }
        match allowed(call, project, kind, &id)? {
            Allowed::NotHere => continue,
            Allowed::Any => {}
            Allowed::These(values) => meta["allowedValues"] = values.into(),
        }
        all.insert(id, meta);
    }
    Ok(all)
}

fn operations(schema: &Value) -> Value {
    if schema["type"] == "array" { json!(["add", "set", "remove"]) } else { json!(["set"]) }
}

/// Returns the name and the schema of a field that issues have.
pub(crate) fn described(call: &Call<'_>, id: &str) -> Result<Option<(String, Value)>, Refusal> {
    if id == "parent" {
        return Ok(Some(("Parent".to_owned(), json!({"type": "issuelink", "system": "parent"}))));
    }
    let Some(name) = fields::name(call, id)? else { return Ok(None) };
    let table = call.table("customfield")?;
    let schema = match fields::custom(&table, id) {
        Some(row) => fields::schema(row),
        None => match fields::system(id).and_then(fields::system_schema) {
            Some(schema) => schema,
            None => return Ok(None),
        },
    };
    Ok(Some((name, schema)))
}

/// Returns the id of the field that an entry of a history is about.
pub(super) fn id_in_history(call: &Call<'_>, item: &Entity) -> Result<Option<String>, Refusal> {
    let name = of(item, "field");
    if of(item, "fieldtype") == "custom" {
        let all = call.entities("CustomField", &[("name", name)])?;
        return Ok(all.first().map(|row| format!("customfield_{}", of(row, "id"))));
    }
    Ok(Some(match name {
        "Component" => "components".to_owned(),
        "Version" => "versions".to_owned(),
        "Fix Version" => "fixVersions".to_owned(),
        "Attachment" => "attachment".to_owned(),
        "Link" => "issuelinks".to_owned(),
        own => own.to_owned(),
    }))
}

/// What can be chosen in a field.
enum Allowed {
    /// It is not there for such issues.
    NotHere,
    Any,
    These(Vec<Value>),
}

fn allowed(call: &Call<'_>, project: &str, kind: &str, id: &str) -> Result<Allowed, Refusal> {
    let list = |path: &str| -> Result<Vec<Value>, Refusal> {
        Ok(call.got(path)?.as_array().cloned().unwrap_or_default())
    };
    Ok(match id {
        "priority" => Allowed::These(priorities(call, project)?),
        "resolution" => Allowed::These(list("/resolution")?),
        "components" => Allowed::These(list(&format!("/project/{project}/components"))?),
        "versions" | "fixVersions" => Allowed::These(list(&format!("/project/{project}/versions"))?),
        "security" => {
            let scheme = projects::associated(call, project, "IssueSecurityScheme")?;
            let Some(scheme) = scheme else { return Ok(Allowed::NotHere) };
            let levels = call.entities("SchemeIssueSecurityLevels", &[("scheme", &scheme)])?;
            Allowed::These(levels.iter().map(|own| level(call, own)).collect())
        }
        "issuetype" => {
            let all = constants::issue_types_of(call, project)?;
            Allowed::These(
                all.as_array().into_iter().flatten().filter(|own| own["id"] == kind).cloned().collect(),
            )
        }
        _ => match id.strip_prefix("customfield_") {
            None => Allowed::Any,
            Some(number) => {
                let Some(configuration) = configuration(call, id, project, kind)? else {
                    return Ok(Allowed::NotHere);
                };
                let field = call.entity("CustomField", number)?.unwrap_or_default();
                match fields::own_type(of(&field, "customfieldtypekey")).unwrap_or_default() {
                    "select" | "radiobuttons" | "multiselect" | "multicheckboxes" | "cascadingselect" => {
                        Allowed::These(options(call, &configuration)?)
                    }
                    "version" | "multiversion" => {
                        Allowed::These(list(&format!("/project/{project}/versions"))?)
                    }
                    _ => Allowed::Any,
                }
            }
        },
    })
}

/// Returns a level of security.
pub(crate) fn level(call: &Call<'_>, row: &Entity) -> Value {
    let id = of(row, "id");
    json!({
        "self": call.link(&format!("/securitylevel/{id}")),
        "id": id,
        "name": of(row, "name"),
        "description": of(row, "description"),
    })
}

fn priorities(call: &Call<'_>, project: &str) -> Result<Vec<Value>, Refusal> {
    let all = call.got("/priority")?.as_array().cloned().unwrap_or_default();
    let Some(scheme) = scheme_of(call, "priority", project)? else { return Ok(all) };
    let Some(configuration) = configuration_of(call, &scheme, "")? else { return Ok(all) };
    let members = call.entities("OptionConfiguration", &[("fieldconfig", &configuration)])?;
    let is_member = |own: &Value| members.iter().any(|row| own["id"] == of(row, "optionid"));
    Ok(if members.is_empty() { all } else { all.into_iter().filter(is_member).collect() })
}

/// Returns the options of a configuration, each with those below it.
fn options(call: &Call<'_>, configuration: &str) -> Result<Vec<Value>, Refusal> {
    let mut rows = call.entities("CustomFieldOption", &[("customfieldconfig", configuration)])?;
    rows.retain(|own| !["true", "Y"].contains(&of(own, "disabled")));
    rows.sort_by_key(|own| of(own, "sequence").parse::<i64>().unwrap_or(i64::MAX));
    let told = |row: &Entity| option(call, row);
    let below = |id: &str| -> Vec<Value> {
        rows.iter().filter(|own| of(own, "parentoptionid") == id).map(told).collect()
    };
    let tops = rows.iter().filter(|own| own.get("parentoptionid").is_none());
    Ok(tops
        .map(|row| {
            let (mut own, below) = (told(row), below(of(row, "id")));
            if !below.is_empty() {
                own["children"] = below.into();
            }
            own
        })
        .collect())
}

/// Returns an option of a custom field.
pub(crate) fn option(call: &Call<'_>, row: &Entity) -> Value {
    let id = of(row, "id");
    let mut told =
        json!({"self": call.link(&format!("/customFieldOption/{id}")), "id": id, "value": of(row, "value")});
    if !call.is_cloud() {
        told["disabled"] = json!(false);
    }
    told
}

/// Returns the context scheme of a field in a project: its own, or the one for all projects.
fn scheme_of(call: &Call<'_>, field: &str, project: &str) -> Result<Option<String>, Refusal> {
    let rows = call.entities("ConfigurationContext", &[("key", field)])?;
    let own = rows.iter().find(|own| of(own, "project") == project);
    let own = own.or_else(|| rows.iter().find(|own| own.get("project").is_none()));
    Ok(own.and_then(|own| own.get("fieldconfigscheme").cloned()))
}

fn configuration_of(call: &Call<'_>, scheme: &str, kind: &str) -> Result<Option<String>, Refusal> {
    let rows = call.entities("FieldConfigSchemeIssueType", &[("fieldconfigscheme", scheme)])?;
    let is_for = |own: &&Entity| own.get("issuetype").is_none_or(|own| own == kind);
    Ok(rows.iter().find(is_for).and_then(|own| own.get("fieldconfiguration").cloned()))
}

fn configuration(call: &Call<'_>, field: &str, project: &str, kind: &str) -> Result<Option<String>, Refusal> {
    match scheme_of(call, field, project)? {
        Some(scheme) => configuration_of(call, &scheme, kind),
        None => Ok(None),
    }
}

pub(crate) fn is_subtask(call: &Call<'_>, kind: &str) -> Result<bool, Refusal> {
    Ok(call.entity("IssueType", kind)?.is_some_and(|own| of(&own, "style") == "jira_subtask"))
}

/// Returns the row of a scheme for issues of a type, or the one for all others.
fn for_type(call: &Call<'_>, entity: &str, scheme: &str, kind: &str) -> Result<Option<Entity>, Refusal> {
    let rows = call.entities(entity, &[("scheme", scheme)])?;
    let own = rows.iter().find(|own| of(own, "issuetype") == kind);
    Ok(own.or_else(|| rows.iter().find(|own| ["", "0"].contains(&of(own, "issuetype")))).cloned())
}

/// Returns the fields of the screen of an operation.
fn on_screen(call: &Call<'_>, project: &str, kind: &str, operation: &str) -> Result<Vec<String>, Refusal> {
    let scheme =
        projects::associated(call, project, "IssueTypeScreenScheme")?.unwrap_or_else(|| "1".to_owned());
    let screens = for_type(call, "IssueTypeScreenSchemeEntity", &scheme, kind)?.unwrap_or_default();
    let items =
        call.entities("FieldScreenSchemeItem", &[("fieldscreenscheme", of(&screens, "fieldscreenscheme"))])?;
    let own = items.iter().find(|own| of(own, "operation") == operation);
    let own = own.or_else(|| items.iter().find(|own| own.get("operation").is_none()));
    let Some(screen) = own.map(|own| of(own, "fieldscreen")) else { return Ok(Vec::new()) };
    let mut fields = Vec::new();
    for tab in call.entities("FieldScreenTab", &[("fieldscreen", screen)])? {
        let items = call.entities("FieldScreenLayoutItem", &[("fieldscreentab", of(&tab, "id"))])?;
        fields.extend(items.iter().filter_map(|own| own.get("fieldidentifier").cloned()));
    }
    Ok(fields)
}

/// Returns which fields are hidden and which are required.
fn layout(call: &Call<'_>, project: &str, kind: &str) -> Result<BTreeMap<String, (bool, bool)>, Refusal> {
    let scheme = projects::associated(call, project, "FieldLayoutScheme")?;
    let own = match scheme {
        Some(scheme) => for_type(call, "FieldLayoutSchemeEntity", &scheme, kind)?,
        None => None,
    };
    let layout = match own.and_then(|own| own.get("fieldlayout").cloned()) {
        Some(layout) => Some(layout),
        None => {
            call.entities("FieldLayout", &[("type", "default")])?.first().map(|own| of(own, "id").to_owned())
        }
    };
    let Some(layout) = layout else { return Ok(BTreeMap::new()) };
    let items = call.entities("FieldLayoutItem", &[("fieldlayout", &layout)])?;
    let is = |own: &Entity, name: &str| ["true", "Y", "1"].contains(&of(own, name));
    let of_item = |own: &Entity| {
        Some((own.get("fieldidentifier")?.clone(), (is(own, "ishidden"), is(own, "isrequired"))))
    };
    Ok(items.iter().filter_map(of_item).collect())
}

/// Returns a user that a request names.
pub(crate) fn named(call: &Call<'_>, said: &Value) -> Result<Option<people::User>, Refusal> {
    let people = call.site.people()?;
    let found = match call.is_cloud() {
        true => said["accountId"].as_str().and_then(|id| people.all().iter().find(|own| own.key == id)),
        false => said["name"].as_str().and_then(|name| people.all().iter().find(|own| own.name == name)),
    };
    Ok(found.cloned())
}

/// Returns an id as a number, where Jira tells it so.
pub(crate) fn as_number(id: &str) -> Value {
    number(id)
}
