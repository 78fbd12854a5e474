//! The official descriptions of Jira's REST interfaces, and whether a reply is as they say.
//!
//! Invariant: a keyword that could refuse a reply is checked or listed as not checked; an unknown one is a failure.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::skip::{Need, skipped};

/// Returns where real data lies, beside the project; without it the test is skipped.
pub(crate) fn shared(why: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/jira");
    if !path.exists() {
        skipped(Need::RealData, why);
        return None;
    }
    Some(path)
}

/// Words of a schema that say nothing about what may be in a reply, or only how long it may be.
const NOT_CHECKED: &[&str] = &[
    "default",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "pattern",
    "readOnly",
    "title",
    "uniqueItems",
    "writeOnly",
    "xml",
];
const CHECKED: &[&str] = &[
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "enum",
    "items",
    "maximum",
    "minimum",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
];

/// A description.
pub(crate) struct Description {
    document: Value,
    /// What its paths begin with, in front of those in the document.
    root: &'static str,
}

impl Description {
    pub(crate) fn read(file: &Path, root: &'static str) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        Self { document: serde_json::from_str(&text).unwrap(), root }
    }

    /// Returns the schema of the reply of an endpoint, if it is described; placeholders may have other names.
    pub(crate) fn reply(&self, method: &str, template: &str) -> Option<&Value> {
        let shape = |path: &str| -> Vec<String> {
            path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned()).collect()
        };
        let wanted = shape(template.strip_prefix(self.root)?);
        let paths = self.document["paths"].as_object().unwrap();
        let found = paths.iter().find(|(path, _)| shape(path) == wanted)?.1;
        found[method.to_lowercase()]["responses"]["200"]["content"]["application/json"].get("schema")
    }

    fn resolved<'d>(&'d self, schema: &'d Value) -> &'d Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                self.resolved(self.document.pointer(reference.trim_start_matches('#')).unwrap())
            }
            None => schema,
        }
    }

    /// Adds what is wrong with a value, each with its place.
    pub(crate) fn check(&self, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
        let schema = self.resolved(schema);
        for word in schema.as_object().into_iter().flat_map(|schema| schema.keys()) {
            let is_known = CHECKED.contains(&word.as_str()) || NOT_CHECKED.contains(&word.as_str());
            assert!(is_known || word.starts_with("x-"), "the keyword {word} is not known");
        }
        if value.is_null() {
            if schema["nullable"] != Value::Bool(true) {
                wrong.push(format!("{place}: null"));
            }
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check(part, value, place, wrong);
        }
        for word in ["oneOf", "anyOf"] {
            let Some(parts) = schema[word].as_array() else { continue };
            let fits = |part: &Value| {
                let mut own = Vec::new();
                self.check(part, value, place, &mut own);
                own.is_empty()
            };
            if !parts.iter().any(fits) {
                wrong.push(format!("{place}: none of the alternatives fits {value}"));
            }
        }
        self.check_type(schema, value, place, wrong);
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            wrong.push(format!("{place}: {value} is not one of {words:?}"));
        }
        let number = value.as_f64();
        for (word, is_beyond) in [("minimum", f64::lt as fn(&f64, &f64) -> bool), ("maximum", f64::gt)] {
            if let (Some(number), Some(bound)) = (number, schema[word].as_f64())
                && is_beyond(&number, &bound)
            {
                wrong.push(format!("{place}: {number} is beyond the {word} {bound}"));
            }
        }
        for item in value.as_array().into_iter().flatten() {
            if let Some(schema) = schema.get("items") {
                self.check(schema, item, &format!("{place}[]"), wrong);
            }
        }
        if let Some(members) = value.as_object() {
            self.check_members(schema, members, place, wrong);
        }
    }

    fn check_type(&self, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
        let is_right = match schema["type"].as_str() {
            None => true,
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some(other) => panic!("the type {other} is not known"),
        };
        if !is_right {
            wrong.push(format!(
                "{place}: {} is no {}",
                kind(value),
                schema["type"].as_str().unwrap_or_default()
            ));
        }
    }

    fn check_members(
        &self,
        schema: &Value,
        members: &serde_json::Map<String, Value>,
        place: &str,
        wrong: &mut Vec<String>,
    ) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                wrong.push(format!("{place}: the member {name} is missing"));
            }
        }
        let properties = &schema["properties"];
        for (name, value) in members {
            let inner = format!("{place}.{name}");
            match (properties.get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, value, &inner, wrong),
                (None, Some(Value::Bool(false))) => wrong.push(format!("{inner}: not described")),
                (None, Some(schema @ Value::Object(_))) => {
                    self.check(schema, value, &format!("{place}.*"), wrong);
                }
                (None, _) => {}
            }
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn a_reply_that_is_not_as_described_is_found() {
    let schema = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let description = Description { document: schema("{}"), root: "" };
    let wrong = |own: &str, value: &str| {
        let mut wrong = Vec::new();
        description.check(&schema(own), &schema(value), "it", &mut wrong);
        wrong
    };
    let object = r#"{"type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "integer", "maximum": 5}, "b": {"type": "array", "items": {"enum": ["x"]}}}}"#;
    assert_eq!(wrong(object, r#"{"a": 1, "b": ["x"]}"#), Vec::<String>::new());
    assert_eq!(wrong(object, r#"{"b": ["y"], "c": 1}"#).len(), 3);
    assert_eq!(wrong(object, r#"{"a": "1"}"#), ["it.a: string is no integer"]);
    assert_eq!(wrong(object, r#"{"a": 6}"#).len(), 1);
    assert_eq!(wrong(object, r#"{"a": null}"#), ["it.a: null"]);
    assert_eq!(wrong(r#"{"oneOf": [{"type": "string"}, {"type": "boolean"}]}"#, "3").len(), 1);
}
