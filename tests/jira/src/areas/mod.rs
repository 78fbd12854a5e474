//! What Jira's endpoints answer, an area a file.
//!
//! Invariant: members that have no value are left out, as Jira does; nothing is invented that the rows do not hold.

pub(crate) mod avatars;
mod board_settings;
mod boards;
mod constants;
mod contexts;
mod dashboards;
mod field_configurations;
pub(crate) mod field_schemes;
pub(crate) mod fields;
mod filters;
mod instance;
pub(crate) mod issue;
pub(crate) mod issue_type_schemes;
mod issues;
pub(crate) mod jql;
pub(crate) mod people;
pub(crate) mod projects;
mod roles;
mod schemes;
mod screen_schemes;
mod screens;
mod shares;
mod system_fields;
pub(crate) mod team;
pub(crate) mod workflow_schemes;
pub(crate) mod workflows;
pub(crate) mod xml;

use serde_json::{Value, json};

use crate::Edition;
use crate::call::{Call, Refusal};
use crate::router::Endpoint;
use crate::rows::Row;

/// The endpoints of all areas: those of both editions, of Cloud, of Data Center.
const ALL: &[[&[Endpoint]; 3]] = &[
    [instance::BOTH, instance::CLOUD, instance::DATA_CENTER],
    [people::BOTH, people::CLOUD, people::DATA_CENTER],
    [projects::BOTH, projects::CLOUD, projects::DATA_CENTER],
    [roles::BOTH, roles::CLOUD, &[]],
    [constants::BOTH, constants::CLOUD, constants::DATA_CENTER],
    [&[], issue_type_schemes::CLOUD, issue_type_schemes::DATA_CENTER],
    [fields::BOTH, fields::CLOUD, fields::DATA_CENTER],
    [&[], contexts::CLOUD, contexts::DATA_CENTER],
    [schemes::BOTH, schemes::CLOUD, schemes::DATA_CENTER],
    [&[], workflows::CLOUD, workflows::DATA_CENTER],
    [workflow_schemes::BOTH, workflow_schemes::CLOUD, workflow_schemes::DATA_CENTER],
    [filters::BOTH, filters::CLOUD, filters::DATA_CENTER],
    [dashboards::BOTH, dashboards::CLOUD, &[]],
    [boards::BOTH, boards::CLOUD, boards::DATA_CENTER],
    [board_settings::BOTH, &[], &[]],
    [avatars::BOTH, &[], &[]],
    [&[], jql::CLOUD, &[]],
    [issue::BOTH, issue::CLOUD, issue::DATA_CENTER],
    [&[], issues::CLOUD, issues::DATA_CENTER],
    [&[], field_configurations::CLOUD, field_configurations::DATA_CENTER],
    [&[], field_schemes::CLOUD, &[]],
    [&[], screen_schemes::CLOUD, &[]],
    [&[], screens::CLOUD, screens::DATA_CENTER],
];

/// Returns the endpoints of an edition.
pub(crate) fn endpoints(edition: Edition) -> impl Iterator<Item = &'static Endpoint> {
    ALL.iter().flat_map(move |[both, cloud, data_center]| {
        let own = if edition == Edition::Cloud { cloud } else { data_center };
        both.iter().chain(own.iter())
    })
}

/// Puts a member into an object if it has a value.
fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}

/// Returns an id as a number, where Jira tells it so.
fn number(id: &str) -> Value {
    id.parse::<i64>().map_or_else(|_| json!(id), |id| json!(id))
}

/// Returns a stable uuid of a name: Cloud has such ids where a database has none.
fn uuid(kind: &str, name: &str) -> String {
    // FNV-1a, twice: it need not be secret, only the same each time.
    let hash = |seed: u64| {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        kind.bytes().chain([0]).chain(name.bytes()).fold(0xcbf2_9ce4_8422_2325 ^ seed, step)
    };
    let (high, low) = (hash(0), hash(0x5bd1_e995));
    let hex = format!("{high:016x}{low:016x}");
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Returns a setting of the instance.
fn setting(call: &Call<'_>, key: &str) -> Result<Option<String>, Refusal> {
    property(call, "jira.properties", "1", key)
}

/// Returns a property of an object, a text.
pub(crate) fn property(
    call: &Call<'_>,
    entity: &str,
    id: &str,
    key: &str,
) -> Result<Option<String>, Refusal> {
    let entries = call.table("propertyentry")?;
    let is_own = |row: &Row<'_>| row.text("entity_name") == entity && row.text("entity_id") == id;
    let Some(entry) = entries.with("property_key", key).find(is_own) else { return Ok(None) };
    for table in ["propertystring", "propertytext", "propertynumber"] {
        if let Some(row) = call.table(table)?.by_id(entry.id()) {
            return Ok(row.get("propertyvalue").map(str::to_owned));
        }
    }
    Ok(None)
}

/// Returns the addresses of a picture.
fn pictures(call: &Call<'_>, path: &str) -> Value {
    let of = |size: &str| call.address(&format!("{path}size={size}"));
    json!({"48x48": of("large"), "24x24": of("small"), "16x16": of("xsmall"), "32x32": of("medium")})
}

/// Returns an address of a picture that a row names, which may be relative.
fn icon(call: &Call<'_>, row: Row<'_>) -> String {
    match row.get("iconurl") {
        Some(own) if own.contains("://") => own.to_owned(),
        own => call.address(own.unwrap_or("/images/icons/genericissue.gif")),
    }
}
