//! Custom fields, with their contexts, options and default values.
//!
//! Jira Cloud makes a new field with a context for all projects, which becomes that of the file. Data Center takes the field alone.
//! Invariants: no option is ever removed but one that the same run has made; what issues have is taken away by nothing, not by the
//! way back either. Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3, and CHANGE-3019, since
//! which the context for all projects cannot be removed or narrowed.

mod choices;
mod context;
mod contexts;
mod defaults;
mod field;
mod searchers;
mod settled;

use serde_json::{Value, json};

use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, part};
use crate::entity::Row;

pub(super) use context::given;
use field::Field;
pub(super) use settled::as_cloud_has_it;

/// A custom field.
pub(super) fn custom_field(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    // What an app has locked is named, and left alone.
    if subject.step.object.get("locked").is_some() {
        return Ok(Vec::new());
    }
    let row = |side: &Side<'_>, id: &Option<String>| side.row("CustomField", id.as_deref()?).cloned();
    let (from, to) = (row(&ground.before, &subject.before), row(&ground.after, &subject.after));
    let Some(to) = &to else { return Ok(Vec::new()) };
    let key = format!("customfield_{after}");
    let id = ground.field(&key);
    let before = subject.before.as_ref().map(|id| context::all(&ground.before, &format!("customfield_{id}")));
    let field = Field {
        ground,
        path: ground.api(&format!("field/{}", part(&id))),
        number: ground.sent("customField", after),
        key,
        ty: to.get("customfieldtypekey").unwrap_or_default(),
        name: to.get("name").unwrap_or_default(),
        is_new: from.is_none(),
        has_options: before.iter().flatten().any(|own| !own.choices.is_empty()),
        is_searchable: to.text("customfieldsearcherkey").is_some(),
    };
    let mut deeds = match &from {
        Some(from) => changes(&field, &id, from, to)?,
        None => vec![made(&field, &id, subject, to)?],
    };
    if ground.is_cloud() {
        deeds.extend(contexts::lead(&field, before, &context::all(&ground.after, &field.key))?);
    }
    Ok(deeds)
}

/// Returns what is said of a field.
fn said(row: &Row) -> Value {
    let mut said = members(row, &[("name", "name"), ("description", "description")]);
    said["searcherKey"] = json!(row.text("customfieldsearcherkey"));
    said
}

/// Makes a field.
fn made(field: &Field<'_, '_>, id: &str, subject: &Subject<'_>, row: &Row) -> Result<Deed, Vec<Unsaid>> {
    let ground = field.ground;
    let same =
        |own: &&Row| ["name", "customfieldtypekey"].iter().all(|column| own.get(column) == row.get(column));
    if ground.after.tables.rows("CustomField").iter().filter(same).count() > 1 {
        let why =
            "there is another field of this name and type, and nobody could tell which of them was made";
        return Err(vec![(field.here(), why.to_owned())]);
    }
    let mut there = ground.before.tables.rows("CustomField").iter();
    let is_there = there.any(|own| own.get("customfieldtypekey") == Some(field.ty));
    if !is_there && !searchers::is_type_of_jira(field.ty) {
        let why = format!(
            "neither Jira nor a field that is there has the type {}, and no reply tells what types apps bring: make a first field \
             of it in Jira itself",
            field.ty
        );
        return Err(vec![(field.here().child("type"), why)]);
    }
    let mut body = said(row);
    body["type"] = json!(field.ty);
    if let Some(own) = body.as_object_mut() {
        own.retain(|_, value| !value.is_null() && value != "");
    }
    // Names are not unique in Jira, so that nobody else would notice a second one.
    let by = [("name", body["name"].clone()), ("schema", json!({ "custom": field.ty }))];
    let (look, back) = match ground.is_cloud() {
        true => {
            let to = json!({ "name": body["name"], "description": body["description"] });
            let look = Look::at(ground.api("field/search"), Value::Null, to)
                .with("type", "custom")
                .with("query", field.name)
                .among("/values", &by)
                .paged();
            (look, Sent::post(format!("{}/trash", field.path), json!({})))
        }
        false => {
            let look =
                Look::at(ground.api("field"), Value::Null, json!({ "name": body["name"] })).among("", &by);
            let back = Sent::delete(ground.api("customFields")).with("ids", id);
            // Data Center deletes the values with it; what is not searchable has none to be found.
            let query = format!("cf[{}] is not EMPTY", field.number);
            (look, if field.is_searchable { back.only_if(field.none_has(&query)) } else { back })
        }
    };
    let own = subject.after.as_deref().unwrap_or_default();
    let sent = Sent::post(ground.api("field"), body).seen_by(look);
    Ok(Deed::new(sent.binding(&ground.sent("customField", own), "/schema/customId"), back))
}

/// Changes what is said of a field.
fn changes(field: &Field<'_, '_>, id: &str, from: &Row, to: &Row) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some((was, is)) = changed(&said(from), &said(to), &[]) else { return Ok(Vec::new()) };
    if !field.ground.is_cloud() {
        let why = "Data Center changes no custom field by REST";
        return Err(vec![(field.here(), why.to_owned())]);
    }
    let look = Look::at(field.ground.api("field/search"), was.clone(), is.clone())
        .with("type", "custom")
        .with("id", id)
        .with("expand", "searcherKey")
        .among("/values", &[("id", json!(id))]);
    let sent = Sent::put(&field.path, is).seen_by(look);
    Ok(vec![Deed::new(sent, Sent::put(&field.path, was))])
}
