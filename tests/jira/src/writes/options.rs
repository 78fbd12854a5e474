//! Options of custom fields are made, changed, ordered and deleted, on Cloud alone.

use serde_json::{Value, json};

use super::contexts::{configuration, must_exist};
use super::move_in::moved;
use super::{Done, Written, at_most, changes, id, list, members, nothing, text};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Table;

pub(super) const CLOUD: &[Endpoint] = &[
    write("POST", "/field/{fieldId}/context/{contextId}/option", add),
    write("PUT", "/field/{fieldId}/context/{contextId}/option", change),
    write("PUT", "/field/{fieldId}/context/{contextId}/option/move", arrange),
    write("DELETE", "/field/{fieldId}/context/{contextId}/option/{optionId}", delete),
    write("DELETE", "/field/{fieldId}/context/{contextId}/option/{optionId}/issue", replace),
];

const TABLE: &str = "customfieldoption";

/// At most so many options are made at once, and so many has a field.
const MOST_AT_ONCE: usize = 1000;
const MOST_OF_FIELD: usize = 10_000;

fn number(call: &Call<'_>) -> String {
    call.part(0).trim_start_matches("customfield_").to_owned()
}

/// Returns the ids of the options of a context below one, or below none, in order.
fn siblings(call: &Call<'_>, configuration: &str, parent: Option<&str>) -> Result<Vec<String>, Refusal> {
    let table = call.table(TABLE)?;
    let own = table.with("customfieldconfig", configuration);
    let own = Table::ordered(own.filter(|row| row.get("parentoptionid") == parent), "sequence");
    Ok(own.into_iter().map(|row| row.id().to_owned()).collect())
}

/// Refuses an option that is not one of the context.
fn must_be_option(call: &Call<'_>, configuration: &str, option: &str) -> Result<(), Refusal> {
    let table = call.table(TABLE)?;
    let row = table.by_id(option).filter(|row| row.text("customfieldconfig") == configuration);
    row.map(|_| ()).ok_or_else(|| Refusal::missing("option", option))
}

/// Refuses a value that a sibling has.
fn must_be_free(
    call: &Call<'_>,
    siblings: &[String],
    value: Option<&str>,
    except: &str,
) -> Result<(), Refusal> {
    at_most("value", value, 255)?;
    let table = call.table(TABLE)?;
    let is_same = |id: &String| {
        id != except
            && table.by_id(id).is_some_and(|row| {
                value.is_some_and(|value| row.text("customvalue").eq_ignore_ascii_case(value))
            })
    };
    if siblings.iter().any(is_same) {
        return Err(Refusal::of("value", "The option values must be unique."));
    }
    Ok(())
}

fn told(call: &Call<'_>, option: &str) -> Result<Value, Refusal> {
    let table = call.table(TABLE)?;
    let row = table.by_id(option).ok_or_else(|| Refusal::missing("option", option))?;
    let mut told = json!({
        "id": option, "value": row.text("customvalue"), "disabled": row.is_true("disabled"),
    });
    if let Some(parent) = row.get("parentoptionid") {
        told["optionId"] = json!(parent);
    }
    Ok(told)
}

/// Returns the options in the body, if they are not too many.
fn options<'c>(call: &'c Call<'_>) -> Result<&'c [Value], Refusal> {
    call.members(&["options*"])?;
    let options = call.body["options"].as_array().map(Vec::as_slice).unwrap_or_default();
    if options.is_empty() || options.len() > MOST_AT_ONCE {
        return Err(Refusal::new(400, &format!("Between 1 and {MOST_AT_ONCE} options are needed.")));
    }
    Ok(options)
}

fn flag(is_disabled: bool) -> &'static str {
    if is_disabled { "Y" } else { "N" }
}

fn add(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    let configuration = configuration(call, call.part(1))?;
    let options = options(call)?;
    if call.table(TABLE)?.with("customfield", &number(call)).count() + options.len() > MOST_OF_FIELD {
        return Err(Refusal::new(400, &format!("A field has at most {MOST_OF_FIELD} options.")));
    }
    let mut made = Vec::new();
    for said in options {
        members(said, &["value*", "disabled", "optionId"])?;
        let parent = id(said, "optionId");
        if let Some(parent) = &parent {
            must_be_option(call, &configuration, parent)?;
        }
        let siblings = siblings(call, &configuration, parent.as_deref())?;
        must_be_free(call, &siblings, text(said, "value")?, "")?;
        let option = call.insert(
            TABLE,
            json!({
                "customfield": number(call),
                "customfieldconfig": configuration,
                "parentoptionid": parent,
                "sequence": siblings.len(),
                "customvalue": said["value"],
                "disabled": flag(said["disabled"] == true),
            }),
        )?;
        made.push(told(call, &option)?);
    }
    Ok(Done::ok(json!({"options": made})))
}

fn change(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    let configuration = configuration(call, call.part(1))?;
    let mut changed = Vec::new();
    for said in options(call)? {
        members(said, &["id*", "value", "disabled"])?;
        let option = id(said, "id").unwrap_or_default();
        must_be_option(call, &configuration, &option)?;
        let before = told(call, &option)?;
        let siblings = siblings(call, &configuration, before["optionId"].as_str())?;
        must_be_free(call, &siblings, text(said, "value")?, &option)?;
        let mut columns = changes(said, &[("value", "customvalue")]);
        if let Some(is_disabled) = said["disabled"].as_bool() {
            columns["disabled"] = json!(flag(is_disabled));
        }
        call.update(TABLE, &option, columns)?;
        let after = told(call, &option)?;
        // What is as it was is not told.
        if after != before {
            changed.push(after);
        }
    }
    Ok(Done::ok(json!({"options": changed})))
}

fn arrange(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    call.members(&["customFieldOptionIds*", "after", "position"])?;
    let configuration = configuration(call, call.part(1))?;
    let moving = list(&call.body, "customFieldOptionIds");
    if moving.len() > MOST_AT_ONCE {
        return Err(Refusal::new(400, &format!("At most {MOST_AT_ONCE} options can be moved at once.")));
    }
    let first = moving.first().map(String::as_str).unwrap_or_default();
    must_be_option(call, &configuration, first)?;
    let parent = told(call, first)?["optionId"].as_str().map(str::to_owned);
    let all = siblings(call, &configuration, parent.as_deref())?;
    call.number(TABLE, "sequence", 0, &moved(&all, &moving, &call.body)?)?;
    nothing()
}

/// Returns whether issues have an option as a value.
fn is_used(call: &Call<'_>, option: &str) -> Result<bool, Refusal> {
    let table = call.table("customfieldvalue")?;
    Ok(table.with("stringvalue", option).any(|row| row.text("customfield") == number(call)))
}

fn delete(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    let (configuration, option) = (configuration(call, call.part(1))?, call.part(2));
    must_be_option(call, &configuration, option)?;
    let parent = told(call, option)?["optionId"].as_str().map(str::to_owned);
    if !siblings(call, &configuration, Some(option))?.is_empty() {
        return Err(Refusal::new(400, "The option has cascading options, which must be deleted first."));
    }
    if is_used(call, option)? {
        return Err(Refusal::new(400, "The option is used by issues."));
    }
    call.delete(TABLE, json!({"id": option}))?;
    let rest = siblings(call, &configuration, parent.as_deref())?;
    call.number(TABLE, "sequence", 0, &rest)?;
    // A default that names it goes with it.
    let named = format!("<string>{option}</string>");
    let stored = {
        let table = call.table("genericconfiguration")?;
        let own = table.with("datakey", &configuration).find(|row| row.text("datatype") == "DefaultValue");
        own.is_some_and(|row| row.text("xmlvalue").contains(&named))
    };
    if stored {
        call.set_default_xml(&configuration, None)?;
    }
    nothing()
}

/// Gives issues another option, or none, in the place of one.
fn replace(call: &Call<'_>) -> Written {
    must_exist(call, call.part(1))?;
    let (configuration, option) = (configuration(call, call.part(1))?, call.part(2));
    must_be_option(call, &configuration, option)?;
    if let Some(other) = call.query("replaceWith") {
        must_be_option(call, &configuration, other).map_err(|refusal| refusal.with_status(400))?;
        call.update_all("customfieldvalue", ("stringvalue", option), json!({"stringvalue": other}))?;
    } else {
        call.delete("customfieldvalue", json!({"customfield": number(call), "stringvalue": option}))?;
    }
    call.started("Remove an option from issues")
}
