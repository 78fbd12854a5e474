//! What Jira's endpoints change, an area a file.
//!
//! Invariant: a request is refused before anything that it asks for is kept: its body, then what it refers to, then what uses
//! the object; ids are given here alone.

mod board_settings;
mod boards;
mod constants;
mod contexts;
mod custom_fields;
mod dashboards;
mod defaults;
mod field_configurations;
mod field_schemes;
mod filters;
mod holders;
mod issue_edits;
mod issue_parts;
mod issue_type_schemes;
mod issue_values;
mod issues;
mod move_in;
mod notifications;
mod options;
mod parts;
mod people;
mod permissions;
mod priority_schemes;
mod projects;
mod roles;
mod screen_schemes;
mod screens;
mod security;
mod settings;
mod shares;
mod templates;
mod workflow_moves;
mod workflow_schemes;
mod workflows;

use serde_json::{Map, Value};

pub(crate) use self::projects::Bin;

use crate::Edition;
use crate::call::{Call, Refusal};
use crate::router::Endpoint;
use crate::rows::{Row, as_text};

/// The writes of all areas: those of both editions, of Cloud, of Data Center.
const ALL: &[[&[Endpoint]; 3]] = &[
    [&[], crate::tasks::CLOUD, &[]],
    [constants::BOTH, constants::CLOUD, &[]],
    [roles::BOTH, &[], &[]],
    [parts::BOTH, parts::CLOUD, &[]],
    [projects::BOTH, projects::CLOUD, &[]],
    [&[], issue_type_schemes::CLOUD, issue_type_schemes::DATA_CENTER],
    [permissions::BOTH, &[], &[]],
    [&[], notifications::CLOUD, &[]],
    [&[], security::CLOUD, &[]],
    [people::BOTH, &[], people::DATA_CENTER],
    [&[], priority_schemes::CLOUD, priority_schemes::DATA_CENTER],
    [screens::BOTH, screens::CLOUD, &[]],
    [&[], screen_schemes::CLOUD, &[]],
    [custom_fields::BOTH, custom_fields::CLOUD, custom_fields::DATA_CENTER],
    [&[], contexts::CLOUD, &[]],
    [&[], options::CLOUD, &[]],
    [&[], defaults::CLOUD, &[]],
    [&[], workflows::CLOUD, &[]],
    [workflow_schemes::BOTH, &[], &[]],
    [&[], workflow_moves::CLOUD, &[]],
    [&[], issues::CLOUD, &[]],
    [issue_edits::BOTH, &[], &[]],
    [issue_parts::BOTH, &[], &[]],
    [&[], field_configurations::CLOUD, &[]],
    [&[], field_schemes::CLOUD, &[]],
    [filters::BOTH, filters::CLOUD, &[]],
    [dashboards::BOTH, dashboards::CLOUD, &[]],
    [boards::BOTH, &[], &[]],
    [board_settings::BOTH, &[], board_settings::DATA_CENTER],
];

/// Returns the endpoints of an edition.
pub(crate) fn endpoints(edition: Edition) -> impl Iterator<Item = &'static Endpoint> {
    ALL.iter().flat_map(move |[both, cloud, data_center]| {
        let own = if edition == Edition::Cloud { cloud } else { data_center };
        both.iter().chain(own.iter())
    })
}

/// What a write came to.
pub(crate) type Written = Result<Done, Refusal>;

/// A request that was done.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    /// Where a task tells how far it is.
    pub(crate) location: Option<String>,
    /// Bytes in the place of a body, with their type.
    pub(crate) file: Option<(String, Vec<u8>)>,
}

impl Done {
    pub(crate) fn ok(body: Value) -> Self {
        Self::with(200, body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::with(201, body)
    }

    pub(crate) fn with(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), location: None, file: None }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, body: None, location: None, file: None }
    }
}

/// 204, which says nothing.
pub(crate) fn nothing() -> Written {
    Ok(Done::empty(204))
}

/// Returns the members of an object, if it has no others than these and all of those with a star.
pub(crate) fn members<'v>(value: &'v Value, known: &[&str]) -> Result<&'v Map<String, Value>, Refusal> {
    let invalid = "Invalid request payload. Refer to the REST API documentation and try again.";
    let Some(own) = value.as_object() else { return Err(Refusal::new(400, invalid)) };
    for name in own.keys() {
        if !known.iter().any(|known| known.trim_end_matches('*') == name) {
            return Err(Refusal::of(name, &format!("Unrecognized field \"{name}\".")));
        }
    }
    for name in known.iter().filter_map(|name| name.strip_suffix('*')) {
        if own.get(name).is_none_or(|value| value.is_null() || value.as_str().is_some_and(str::is_empty)) {
            return Err(Refusal::of(name, &format!("The {name} is required.")));
        }
    }
    Ok(own)
}

/// Returns a text of an object; null is none.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> Result<Option<&'v str>, Refusal> {
    match &value[name] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(Refusal::of(name, &format!("{name} must be a string."))),
    }
}

/// Returns an id of an object, whether it is told as a text or as a number.
pub(crate) fn id(value: &Value, name: &str) -> Option<String> {
    Some(&value[name]).filter(|own| own.is_string() || own.is_number()).map(as_text)
}

/// Returns the ids or names of a list in an object.
pub(crate) fn list(value: &Value, name: &str) -> Vec<String> {
    value[name].as_array().into_iter().flatten().map(as_text).collect()
}

/// Returns the columns that an object changes, from pairs of member and column.
pub(crate) fn changes(value: &Value, pairs: &[(&str, &str)]) -> Value {
    let own = pairs.iter().filter_map(|(member, column)| {
        let own = value.get(*member)?;
        // Jira does not tell an empty text from none.
        let own = if own.as_str() == Some("") { &Value::Null } else { own };
        Some(((*column).to_owned(), own.clone()))
    });
    Value::Object(own.collect())
}

fn object(values: Value) -> Map<String, Value> {
    if let Value::Object(values) = values { values } else { Map::new() }
}

impl Call<'_> {
    /// Returns the members of the body, if it has no others than these and all of those with a star.
    pub(crate) fn members(&self, known: &[&str]) -> Result<&Map<String, Value>, Refusal> {
        if self.body.is_null() {
            return Err(Refusal::new(415, "Unsupported Media Type"));
        }
        members(&self.body, known)
    }

    pub(crate) fn insert(&self, table: &str, values: Value) -> Result<String, Refusal> {
        Ok(self.site.rows.insert(table, &object(values))?)
    }

    pub(crate) fn update(&self, table: &str, id: &str, values: Value) -> Result<(), Refusal> {
        self.site.rows.update(table, ("id", id), &object(values))?;
        Ok(())
    }

    pub(crate) fn update_all(&self, table: &str, wanted: (&str, &str), values: Value) -> Result<(), Refusal> {
        self.site.rows.update(table, wanted, &object(values))?;
        Ok(())
    }

    /// Deletes the rows that have all of these values; returns how many there were.
    pub(crate) fn delete(&self, table: &str, values: Value) -> Result<usize, Refusal> {
        Ok(self.site.rows.delete(table, &object(values))?)
    }

    /// Refuses an id of the address that no row of a table has.
    pub(crate) fn must_exist(&self, table: &str, what: &str, id: &str) -> Result<(), Refusal> {
        self.table(table)?.by_id(id).map(|_| ()).ok_or_else(|| Refusal::missing(what, id))
    }

    /// Refuses an id of the body that no row of a table has.
    pub(crate) fn must_be_known(&self, table: &str, what: &str, id: &str) -> Result<(), Refusal> {
        self.table(table)?.by_id(id).map(|_| ()).ok_or_else(|| Refusal::unknown(what, id))
    }

    /// Refuses a name that another row has, whatever its case.
    pub(crate) fn must_be_free(
        &self,
        (table, column): (&str, &str),
        name: Option<&str>,
        except: &str,
        refusal: impl FnOnce(&str) -> Refusal,
    ) -> Result<(), Refusal> {
        let Some(name) = name else { return Ok(()) };
        let is_same = |row: Row<'_>| row.id() != except && row.text(column).eq_ignore_ascii_case(name);
        if self.table(table)?.all().any(is_same) { Err(refusal(name)) } else { Ok(()) }
    }

    /// Returns whether any project has a scheme.
    pub(crate) fn is_associated(&self, entity: &str, scheme: &str) -> Result<bool, Refusal> {
        let table = self.table("nodeassociation")?;
        let mut own = table.with("sink_node_id", scheme);
        Ok(own
            .any(|row| row.text("sink_node_entity") == entity && row.text("source_node_entity") == "Project"))
    }

    /// Returns whether any row has a value in a column.
    pub(crate) fn is_used(&self, table: &str, column: &str, value: &str) -> Result<bool, Refusal> {
        Ok(self.table(table)?.one(column, value).is_some())
    }
}

/// Refuses a text that is too long.
pub(crate) fn at_most(name: &str, text: Option<&str>, most: usize) -> Result<(), Refusal> {
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(Refusal::of(name, &format!("The {name} must not exceed {most} characters in length.")));
    }
    Ok(())
}
