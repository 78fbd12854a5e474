//! Makes the JSON Schemas of `schema/` from the types of the documents, and compares.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test --lib schemas` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema as JsonSchemaText};
use serde_json::{Map, Value, json};

use super::super::*;
use super::list as schemas;
use super::list::ALL;
use crate::cli::import::{issues as import_issues, shown as import_shown};
use crate::cli::instance::check;
use crate::cli::issue::done as issue_done;
use crate::cli::place::settings;
use crate::cli::result::report;
use crate::import::SavedPlan;
use crate::policy;
use crate::schema::{Content, DUPLICATE, DeclId, ESCAPED, Schema};

/// Makes the schema of a type: draft 7, which editors know.
fn of<T: JsonSchema>(contract: Contract) -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.contract = contract;
    // What numbers are in Rust is nothing to others.
    let without_formats = |schema: &mut JsonSchemaText| {
        if schema.get("type").is_some_and(|own| *own != json!("string")) {
            schema.remove("format");
        }
    };
    settings.transforms.push(Box::new(RecursiveTransform(without_formats)));
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Of a document that is written.
fn written<T: JsonSchema>() -> Value {
    of::<T>(Contract::Serialize)
}

/// Of a file that is read.
fn read<T: JsonSchema>() -> Value {
    of::<T>(Contract::Deserialize)
}

/// Of an element as JSON, as `data::json` makes it; the types are defined once.
fn element(declaration: DeclId, definitions: &mut BTreeMap<String, Value>) -> Value {
    let schema = Schema::get();
    let own = schema.declaration(declaration);
    let ty = schema.type_of(declaration);
    let is_plain = matches!(ty.content, Content::Empty | Content::Leaf(_) | Content::Reference(_));
    let tells_more = ty.attributes.iter().any(|own| own.name != ESCAPED && own.name != DUPLICATE);
    if is_plain && !tells_more {
        return json!({ "type": "string", "description": own.doc });
    }
    if !definitions.contains_key(&ty.name) {
        definitions.insert(ty.name.clone(), Value::Null);
        let mut members = Map::new();
        let mut required = Vec::new();
        for attribute in &ty.attributes {
            members.insert(attribute.name.clone(), json!({ "type": "string", "description": attribute.doc }));
            if attribute.required {
                required.push(attribute.name.clone());
            }
        }
        if is_plain {
            members.insert(
                "text".to_owned(),
                json!({ "type": "string", "description": "What the element says." }),
            );
            required.push("text".to_owned());
        }
        for &child in schema.children(declaration) {
            let inner = schema.declaration(child);
            let mut value = element(child, definitions);
            if inner.items.is_some() {
                value = json!({ "type": "array", "items": value });
            }
            if value.get("$ref").is_some() {
                value = json!({ "allOf": [value], "description": inner.doc });
            }
            members.insert(inner.name.clone(), value);
            if inner.required {
                required.push(inner.name.clone());
            }
        }
        let mut made = json!({ "type": "object", "description": ty.doc, "properties": members });
        if !required.is_empty() {
            made["required"] = json!(required);
        }
        definitions.insert(ty.name.clone(), made);
    }
    json!({ "$ref": format!("#/definitions/{}", ty.name) })
}

/// Of an issue: the element of the format, and its key.
fn issue() -> Value {
    let schema = Schema::get();
    let mut definitions = BTreeMap::new();
    let mut waiting = vec![schema.data()];
    let declaration = loop {
        let next = waiting.pop().expect("the data of a project has issues");
        let own = schema.declaration(next);
        if own.name == "issue" && !schema.children(next).is_empty() {
            break next;
        }
        waiting.extend(schema.children(next));
    };
    element(declaration, &mut definitions);
    let mut root = definitions.remove(&schema.type_of(declaration).name).expect("it is defined first");
    root["properties"]["key"] = json!({ "type": "string", "description": "Its key." });
    if let Some(required) = root["required"].as_array_mut() {
        required.insert(0, json!("key"));
    }
    root["definitions"] = json!(definitions);
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root
}

/// All that are made.
fn made() -> BTreeMap<&'static str, Value> {
    let mut all = BTreeMap::from([
        ("pcfg", read::<settings::Settings>()),
        ("policies", read::<policy::File>()),
        ("saved-plan", written::<SavedPlan>()),
        ("validate", written::<validate::Report>()),
        ("plan", written::<import_shown::Document<'_>>()),
        ("data-plan", written::<import_issues::Document<'_>>()),
        ("diff", written::<report::One<report::Compared>>()),
        ("diff-stat", written::<report::One<report::Stats<'_>>>()),
        ("drift", written::<report::Several<report::Compared>>()),
        ("drift-stat", written::<report::Several<report::Stats<'_>>>()),
        ("explain", written::<explain::Report<'_>>()),
        ("history", written::<history::Document>()),
        ("instance-check", written::<check::Document>()),
        ("instance-show", written::<instance::Shown>()),
        ("instance-list", written::<instance::Listed>()),
        ("issue-list", written::<Vec<issue::Listed>>()),
        ("issue-show", issue()),
    ]);
    #[cfg(feature = "sync")]
    all.extend([
        ("sync", read::<pcfg_sync::settings::form::File>()),
        ("issue-done", written::<issue_done::Done>()),
        ("sync-status", written::<sync::status::Shown>()),
        ("sync-issue", written::<sync::status::IssueShown>()),
        ("sync-run", written::<sync::run::Document>()),
        ("sync-check", written::<sync::configure::Checked<'_>>()),
        ("sync-plan", written::<pcfg_sync::ToldIssue>()),
        ("sync-errors", written::<sync::status::Errors>()),
        ("sync-messages", written::<sync::messages::Messages>()),
        ("sync-quarantine", written::<Vec<pcfg_sync::home::Quarantined>>()),
        ("sync-handshake", written::<pcfg_sync::handshake::Shown>()),
        ("sync-key", written::<sync::keys::ShownKeys>()),
        ("sync-licence", written::<sync::licence::ShownLicence>()),
    ]);
    all
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test writes what it makes if somebody asks for it by the environment"
)]
fn schemas_are_those_of_the_types() {
    let made = made();
    let mut behind = Vec::new();
    for (name, value) in &made {
        let own = schemas::named(name).unwrap_or_else(|| panic!("{name} is listed"));
        let mut root = Map::new();
        root.insert("$schema".to_owned(), value["$schema"].clone());
        root.insert("title".to_owned(), json!(own.about.replace('`', "")));
        let rest = value.as_object().expect("a schema of a document is an object");
        root.extend(
            rest.iter()
                .filter(|(key, _)| *key != "$schema" && *key != "title")
                .map(|(k, v)| (k.clone(), v.clone())),
        );
        let mut text = serde_json::to_string_pretty(&root).unwrap();
        text.push('\n');
        if own.text == text {
            continue;
        }
        if std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
            std::fs::write(path, text).unwrap();
        } else {
            behind.push(*name);
        }
    }
    assert!(
        behind.is_empty(),
        "{behind:?}: `PCFG_UPDATE_DOCS=1 cargo test --lib schemas` writes the schemas anew"
    );
    // Those in XML are read, and not made.
    let listed = ALL.iter().filter(|own| own.text.starts_with('{'));
    assert_eq!(listed.count(), made.len());
    assert_eq!(ALL.len(), made.len() + 2);
}

#[test]
fn schemas_explain_every_field() {
    fn check(name: &str, way: &str, value: &Value, missing: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, own) in members {
                    // What is one of several is explained as a whole.
                    if key == "properties" && !way.ends_with("oneOf") {
                        for (field, own) in own.as_object().unwrap() {
                            let is_told =
                                |own: &Value| own.get("description").is_some() || own.get("$ref").is_some();
                            if !is_told(own) && !is_told(&own["items"]) {
                                missing.push(format!("{name}: {way}.{field}"));
                            }
                        }
                    }
                    check(name, &format!("{way}.{key}"), own, missing);
                }
            }
            Value::Array(items) => items.iter().for_each(|own| check(name, way, own, missing)),
            _ => {}
        }
    }
    let mut missing = Vec::new();
    for (name, value) in made() {
        check(name, "", &value, &mut missing);
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
