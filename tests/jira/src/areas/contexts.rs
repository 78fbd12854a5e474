//! Contexts of custom fields: where they hold, their options and defaults.

use serde_json::{Value, json};

use super::xml::Element;
use super::{fields, number, people, put};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/field/{fieldId}/context", contexts).paged(50, 50).admin(),
    get("/field/{fieldId}/context/projectmapping", project_mapping).paged(50, 50).admin(),
    get("/field/{fieldId}/context/issuetypemapping", issue_type_mapping).paged(50, 50).admin(),
    get("/field/{fieldId}/context/defaultValue", defaults).paged(50, 50).admin(),
    get("/field/{fieldId}/context/defaultValues", defaults_by_context).paged(50, 50).admin(),
    get("/field/{fieldId}/context/{contextId}/option", options).paged(100, 1000).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/customFields/{customFieldId}/options", options_of_field)
        .shaped(Shape::Numbered("options", Limit { usual: 100, most: 1000 })),
    get("/rest/internal/2/field/{fieldId}/context", internal).admin(),
];

/// Returns the contexts of the field that is asked for. Fields of Jira's own have none.
fn rows<'t>(call: &Call<'_>, table: &'t Table) -> Result<Vec<Row<'t>>, Refusal> {
    let id = call.part(0);
    if fields::custom(&*call.table("customfield")?, id).is_none() {
        return Err(Refusal::missing("custom field", id));
    }
    Ok(table.with("fieldid", id).filter(|row| call.wants("contextId", row.id())).collect())
}

/// Returns the ids of the projects of a context; none, if it is global.
fn projects_of(call: &Call<'_>, context: Row<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let (table, projects) = (call.table("configurationcontext")?, call.table("project")?);
    let own: Vec<_> = table.with("fieldconfigscheme", context.id()).collect();
    if own.iter().any(|row| row.get("project").is_none()) {
        return Ok(None);
    }
    let ids = own.iter().filter_map(|row| row.get("project")).filter(|id| projects.by_id(id).is_some());
    Ok(Some(ids.map(str::to_owned).collect()))
}

/// Returns the ids of the issue types of a context; none, if it holds for any.
fn types_of(call: &Call<'_>, context: Row<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let (table, types) = (call.table("fieldconfigschemeissuetype")?, call.table("issuetype")?);
    let own: Vec<_> = table.with("fieldconfigscheme", context.id()).collect();
    if own.iter().any(|row| row.get("issuetype").is_none()) {
        return Ok(None);
    }
    let ids = own.iter().filter_map(|row| row.get("issuetype")).filter(|id| types.by_id(id).is_some());
    Ok(Some(ids.map(str::to_owned).collect()))
}

/// Returns the ids of the configurations that options and defaults of a context belong to.
fn configurations(call: &Call<'_>, context: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table("fieldconfigschemeissuetype")?;
    let own = table.with("fieldconfigscheme", context).filter_map(|row| row.get("fieldconfiguration"));
    let mut ids: Vec<String> = own.map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn contexts(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let mut told = Vec::new();
    for row in rows(call, &table)? {
        told.push(json!({
            "id": row.id(),
            "name": row.text("configname"),
            "description": row.text("description"),
            "isGlobalContext": projects_of(call, row)?.is_none(),
            "isAnyIssueType": types_of(call, row)?.is_none(),
        }));
    }
    Ok(told.into())
}

fn project_mapping(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let mut told = Vec::new();
    for row in rows(call, &table)? {
        match projects_of(call, row)? {
            None => told.push(json!({"contextId": row.id(), "isGlobalContext": true})),
            Some(ids) => told.extend(ids.iter().map(|id| json!({"contextId": row.id(), "projectId": id}))),
        }
    }
    Ok(told.into())
}

fn issue_type_mapping(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let mut told = Vec::new();
    for row in rows(call, &table)? {
        match types_of(call, row)? {
            None => told.push(json!({"contextId": row.id(), "isAnyIssueType": true})),
            Some(ids) => told.extend(ids.iter().map(|id| json!({"contextId": row.id(), "issueTypeId": id}))),
        }
    }
    Ok(told.into())
}

/// Returns the options of configurations: parents in order, each with its children behind it.
fn option_rows<'t>(table: &'t Table, configurations: &[String]) -> Vec<Row<'t>> {
    let mut ordered = Vec::new();
    for id in configurations {
        let own = Table::ordered(table.with("customfieldconfig", id), "sequence");
        for parent in own.iter().filter(|row| row.get("parentoptionid").is_none()) {
            ordered.push(*parent);
            ordered.extend(own.iter().filter(|row| row.get("parentoptionid") == Some(parent.id())));
        }
    }
    ordered
}

fn options(call: &Call<'_>) -> Answer {
    let (schemes, table) = (call.table("fieldconfigscheme")?, call.table("customfieldoption")?);
    let context = rows(call, &schemes)?.into_iter().find(|row| row.id() == call.part(1));
    let context = context.ok_or_else(|| Refusal::missing("context", call.part(1)))?;
    let own = option_rows(&table, &configurations(call, context.id())?);
    let told = own.into_iter().filter(|row| call.wants("optionId", row.id())).map(|row| {
        let mut told =
            json!({"id": row.id(), "value": row.text("customvalue"), "disabled": row.is_true("disabled")});
        put(&mut told, "optionId", row.get("parentoptionid"));
        told
    });
    Ok(told.collect())
}

fn options_of_field(call: &Call<'_>) -> Answer {
    let (fields, table) = (call.table("customfield")?, call.table("customfieldoption")?);
    let id = call.part(0).strip_prefix("customfield_").unwrap_or(call.part(0));
    let field = fields.by_id(id).ok_or_else(|| Refusal::missing("custom field", id))?;
    let own = Table::ordered(table.with("customfield", field.id()), "sequence");
    let told = own.iter().filter(|row| row.get("parentoptionid").is_none()).map(|row| {
        let children = own.iter().filter(|child| child.get("parentoptionid") == Some(row.id()));
        json!({
            "self": call.link(&format!("/customFieldOption/{}", row.id())),
            "id": number(row.id()),
            "value": row.text("customvalue"),
            "disabled": row.is_true("disabled"),
            "childrenIds": children.map(|child| number(child.id())).collect::<Vec<_>>(),
        })
    });
    Ok(told.collect())
}

/// Returns the texts of a stored value in order, the keys of maps left out.
fn leaves(element: &Element) -> Vec<&str> {
    if element.children.is_empty() {
        return vec![&element.text];
    }
    let keys = usize::from(element.name == "entry");
    element.children.iter().skip(keys).flat_map(leaves).collect()
}

/// Returns a default value as Cloud tells it, by the type of the field; without the context that it belongs to.
fn default_value(call: &Call<'_>, kind: &str, xml: &str) -> Result<Option<Value>, Refusal> {
    let stored = Element::parse(xml);
    let leaves: Vec<&str> = leaves(&stored).into_iter().filter(|leaf| !leaf.is_empty()).collect();
    let Some(&first) = leaves.first() else { return Ok(None) };
    // The first day of the year 1 means "now".
    let is_now = first.starts_with("000");
    // Numbers of objects are stored with a fraction.
    let id = |text: &&str| text.strip_suffix(".0").unwrap_or(text).to_owned();
    let account = |text: &&str| people::by_key(call, text).map(|user| user.key);
    Ok(Some(match kind {
        "select" | "radiobuttons" => json!({"type": "option.single", "optionId": first}),
        "multiselect" | "multicheckboxes" => json!({"type": "option.multiple", "optionIds": leaves}),
        "cascadingselect" => {
            let mut told = json!({"type": "option.cascading", "optionId": first});
            put(&mut told, "cascadingOptionId", leaves.get(1).copied());
            told
        }
        "datepicker" if is_now => json!({"type": "datepicker", "useCurrent": true}),
        "datepicker" => json!({"type": "datepicker", "useCurrent": false, "date": first.get(..10)}),
        "datetime" if is_now => json!({"type": "datetimepicker", "useCurrent": true}),
        "datetime" => {
            let time = format!("{}.000+0000", first.get(..19).unwrap_or(first).replace(' ', "T"));
            json!({"type": "datetimepicker", "useCurrent": false, "dateTime": time})
        }
        "userpicker" => json!({
            "type": "single.user.select",
            "accountId": account(&first)?,
            "userFilter": {"enabled": false},
        }),
        "multiuserpicker" => {
            let all: Result<Vec<_>, _> = leaves.iter().map(account).collect();
            json!({"type": "multi.user.select", "accountIds": all?})
        }
        "grouppicker" => json!({"type": "grouppicker.single", "groupId": people::group_id(first)}),
        "multigrouppicker" => {
            let all: Vec<_> = leaves.iter().map(|name| people::group_id(name)).collect();
            json!({"type": "grouppicker.multiple", "groupIds": all})
        }
        "url" => json!({"type": "url", "url": first}),
        "project" => json!({"type": "project", "projectId": id(&first)}),
        "float" => json!({"type": "float", "number": first.parse::<f64>().unwrap_or_default()}),
        "labels" => {
            let all: Vec<&str> = leaves.iter().flat_map(|leaf| leaf.split_whitespace()).collect();
            json!({"type": "labels", "labels": all})
        }
        "textfield" => json!({"type": "textfield", "text": first}),
        "textarea" => json!({"type": "textarea", "text": first}),
        "readonlyfield" => json!({"type": "readonly", "text": first}),
        "version" => json!({"type": "version.single", "versionId": id(&first)}),
        "multiversion" => {
            json!({"type": "version.multiple", "versionIds": leaves.iter().map(id).collect::<Vec<_>>()})
        }
        // Fields of apps have defaults of their own, which these endpoints do not tell.
        _ => return Ok(None),
    }))
}

/// Returns the defaults that contexts have.
fn default_values(call: &Call<'_>) -> Result<Vec<(String, Value)>, Refusal> {
    let (table, fields_table) = (call.table("fieldconfigscheme")?, call.table("customfield")?);
    let stored = call.table("genericconfiguration")?;
    let field = fields::custom(&fields_table, call.part(0));
    let key = field.map_or("", |row| row.text("customfieldtypekey"));
    let mut told = Vec::new();
    for context in rows(call, &table)? {
        for configuration in configurations(call, context.id())? {
            let mut own = stored.with("datakey", &configuration);
            let Some(row) = own.find(|row| row.text("datatype") == "DefaultValue") else { continue };
            let kind = fields::own_type(key).unwrap_or_default();
            if let Some(value) = default_value(call, kind, row.text("xmlvalue"))? {
                told.push((context.id().to_owned(), value));
            }
        }
    }
    Ok(told)
}

fn defaults(call: &Call<'_>) -> Answer {
    let told = default_values(call)?.into_iter().map(|(context, mut value)| {
        value["contextId"] = json!(context);
        value
    });
    Ok(told.collect())
}

fn defaults_by_context(call: &Call<'_>) -> Answer {
    let told = default_values(call)?.into_iter().map(|(context, value)| {
        json!({"contextId": context, "defaultValues": [{"isAnyIssueType": true, "value": value}]})
    });
    Ok(told.collect())
}

/// What Data Center's own pages read: not a published interface.
fn internal(call: &Call<'_>) -> Answer {
    let (table, fields_table) = (call.table("fieldconfigscheme")?, call.table("customfield")?);
    let (projects, types) = (call.table("project")?, call.table("issuetype")?);
    let id = call.part(0);
    let field = fields::custom(&fields_table, id).ok_or_else(|| Refusal::missing("custom field", id))?;
    let mut told = Vec::new();
    for row in rows(call, &table)? {
        let (own_projects, own_types) = (projects_of(call, row)?, types_of(call, row)?);
        let project = |id: &String| {
            let row = projects.by_id(id)?;
            Some(json!({"id": row.id(), "key": row.text("pkey"), "name": row.text("pname")}))
        };
        let kind = |id: &String| Some(json!({"id": id, "name": types.by_id(id)?.text("pname")}));
        told.push(json!({
            "self": call.address(&format!("/rest/internal/2/field/{id}/context/{}", row.id())),
            "id": number(row.id()),
            "name": row.text("configname"),
            "description": row.text("description"),
            "field": {"id": id, "name": field.text("cfname"), "custom": true, "schema": fields::schema(field)},
            "allProjects": own_projects.is_none(),
            "projects": own_projects.iter().flatten().filter_map(project).collect::<Vec<_>>(),
            "allIssueTypes": own_types.is_none(),
            "issueTypes": own_types.iter().flatten().filter_map(kind).collect::<Vec<_>>(),
            "fieldConfigIds": configurations(call, row.id())?.iter().map(|id| number(id)).collect::<Vec<_>>(),
        }));
    }
    Ok(told.into())
}

#[cfg(test)]
mod tests {
    use super::{Element, leaves};

    fn texts(xml: &str) -> Vec<String> {
        leaves(&Element::parse(xml)).into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn stored_values_have_their_texts() {
        assert_eq!(texts("<string>a &amp; b&#10;</string>"), ["a & b\n"]);
        assert_eq!(texts("<set>\n  <string>1</string>\n  <string>2</string>\n</set>"), ["1", "2"]);
        let entries = [("<null/>", "10"), ("<string>1</string>", "11")];
        let entries = entries.map(|(key, value)| format!("<entry>{key}<string>{value}</string></entry>"));
        assert_eq!(texts(&format!("<map>{}</map>", entries.concat())), ["10", "11"]);
    }
}
