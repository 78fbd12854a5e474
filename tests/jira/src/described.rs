//! The official descriptions of Jira's REST interfaces, and whether a request or a reply is as they say.
//!
//! Invariant: a keyword that could refuse a value is checked or listed as not checked; an unknown one is a failure.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::{Edition, Seen};

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
    "readOnly",
    "required",
    "type",
];

/// Endpoints that no description has, or that it describes otherwise than they are, with where they are known from.
const UNDESCRIBED: &[(&str, &str)] = &[
    ("/rest/internal/", "Data Center's own pages"),
    ("/rest/greenhopper/", "the settings page of boards"),
    ("/rest/projectconfig/", "Data Center's own pages"),
    ("/secure/attachment/", "where the description of an attachment says that its content is"),
];

/// What requests have that the descriptions do not, by a part of the place, with another source.
const TAKEN: &[(&str, &str)] = &[
    (
        "POST /rest/api/2/project/{projectIdOrKey}/role/{id} .user",
        "described as one that has a member `empty` alone",
    ),
    ("POST /rest/api/2/project/{projectIdOrKey}/role/{id} .group", "as above"),
    (
        "POST /rest/api/2/issue .fields.*: ",
        "Data Center describes all values as objects; the schemas that it tells with fields name other types",
    ),
    ("PUT /rest/api/2/issue/{issueIdOrKey} .fields.*: ", "as above"),
    (
        ".properties[].value: object is no string",
        "described as a text, of which the example is an object; properties hold JSON",
    ),
    (
        "PUT /rest/api/2/issue/{issueIdOrKey}/properties/{propertyKey} : ",
        "described as a text, of the format JSON: what is sent is any JSON",
    ),
    (
        "PUT /rest/api/3/field/{fieldId}/context/defaultValue .defaultValues[]: none of the alternatives",
        "the description leaves out the contextId of half of them: the server checks members by itself",
    ),
    (
        "ermissions[].role.id: can be read alone",
        "the description itself says that a request names the role by it",
    ),
    (
        "bulk/issues/move : the member targetToMultipleSourceMapping is missing",
        "the description requires one that it does not have",
    ),
    ("bulk/issues/move .targetToSourcesMapping.*: the member issueIdOrKeys is missing", "as above"),
    (
        "PUT /rest/api/3/issuesecurityschemes/{schemeId}/level/{levelId}/member : the member securitySchemeLevelMembers",
        "the description requires one that it does not have",
    ),
];

/// The descriptions of an edition.
#[derive(Debug)]
pub struct Descriptions {
    all: Vec<Description>,
}

impl Descriptions {
    /// Reads the descriptions of an edition from their folder.
    pub fn read(folder: &Path, edition: Edition) -> io::Result<Self> {
        let read = |file: &str, root| Description::read(&folder.join(file), root);
        Ok(Self {
            all: match edition {
                Edition::Cloud => {
                    vec![read("jira-cloud-platform-2026-04.json", "")?, read("jira-cloud-software.json", "")?]
                }
                Edition::DataCenter => vec![read("jira-dc-10.3.json", "/rest")?],
            },
        })
    }

    /// Returns the schema of the reply of an endpoint with its description, if there is one.
    pub fn reply(&self, method: &str, template: &str) -> Option<(&Description, &Value)> {
        self.all.iter().find_map(|own| Some((own, own.reply(method, template)?)))
    }

    /// Returns whether an endpoint is described.
    pub fn has(&self, method: &str, template: &str) -> bool {
        self.all.iter().any(|own| own.operation(method, template).is_some())
    }

    /// Returns what is wrong with a request, by the description of its endpoint: its method and path, the names in its
    /// query, the members of its body and their types.
    pub fn check(&self, seen: &Seen) -> Vec<String> {
        if UNDESCRIBED.iter().any(|(part, _)| seen.path.starts_with(part)) {
            return Vec::new();
        }
        let path = seen.endpoint.unwrap_or(&seen.path);
        let Some(own) = self.all.iter().find(|own| own.operation(&seen.method, path).is_some()) else {
            return vec![format!("{} {path}: not described", seen.method)];
        };
        let mut wrong = Vec::new();
        own.check_request(seen, path, &mut wrong);
        let wrong = wrong.into_iter().map(|problem| format!("{} {path} {problem}", seen.method));
        wrong.filter(|problem| !TAKEN.iter().any(|(place, _)| problem.contains(place))).collect()
    }
}

/// A description.
#[derive(Debug)]
pub struct Description {
    document: Value,
    /// What its paths begin with, in front of those in the document.
    root: &'static str,
}

impl Description {
    fn read(file: &Path, root: &'static str) -> io::Result<Self> {
        let document = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        Ok(Self { document, root })
    }

    /// Returns what is said of a method of a path; placeholders may have other names.
    fn operation(&self, method: &str, template: &str) -> Option<(&Value, &Value)> {
        let shape = |path: &str| -> Vec<String> {
            path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }.to_owned()).collect()
        };
        let template = template.strip_prefix(self.root)?;
        // Atlassian describes version 3 alone, and says that both have the same operations; only texts are documents in it.
        let of_cloud = template.strip_prefix("/rest/api/2/").filter(|_| self.root.is_empty());
        let template =
            of_cloud.map(|rest| format!("/rest/api/3/{rest}")).unwrap_or_else(|| template.to_owned());
        let wanted = shape(&template);
        let paths = self.document["paths"].as_object()?;
        // Methods of one path may stand under several names of its placeholders.
        let mut fitting = paths.iter().filter(|(path, _)| shape(path) == wanted);
        fitting.find_map(|(_, found)| Some((found, found.get(method.to_lowercase())?)))
    }

    /// Returns the schema of the reply of an endpoint, if it is described.
    fn reply(&self, method: &str, template: &str) -> Option<&Value> {
        self.operation(method, template)?.1["responses"]["200"]["content"]["application/json"].get("schema")
    }

    fn check_request(&self, seen: &Seen, template: &str, wrong: &mut Vec<String>) {
        let Some((path, operation)) = self.operation(&seen.method, template) else { return };
        let parameters: Vec<&Value> = [path, operation]
            .iter()
            .flat_map(|own| own["parameters"].as_array().into_iter().flatten())
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .collect();
        for (name, _) in &seen.query {
            if !parameters.iter().any(|parameter| parameter["name"] == name.as_str()) {
                wrong.push(format!("?{name}: not described"));
            }
        }
        for parameter in parameters.iter().filter(|parameter| parameter["required"] == true) {
            if !seen.query.iter().any(|(name, _)| parameter["name"] == name.as_str()) {
                wrong.push(format!("?{}: missing", parameter["name"].as_str().unwrap_or_default()));
            }
        }
        let content = self.resolved(&operation["requestBody"])["content"].as_object();
        // A file is described as nothing but a file.
        if content.is_some_and(|own| own.contains_key("multipart/form-data")) && !seen.body.starts_with(b"{")
        {
            return;
        }
        let schema = content.and_then(|content| content.get("application/json").or(content.values().next()));
        match (schema.and_then(|content| content.get("schema")), seen.body.is_empty()) {
            (Some(schema), false) => match serde_json::from_slice(&seen.body) {
                Ok(body) => self.check_value(schema, &body, "", true, wrong),
                Err(error) => wrong.push(format!("the body: {error}")),
            },
            // Some endpoints that are described without a body want an empty object.
            (None, false) if seen.body != b"{}" => wrong.push("the body: not described".to_owned()),
            (Some(_), true) if operation["requestBody"]["required"] == true => {
                wrong.push("the body: missing".to_owned());
            }
            _ => {}
        }
    }

    fn resolved<'d>(&'d self, schema: &'d Value) -> &'d Value {
        let reference = schema["$ref"].as_str();
        match reference.and_then(|reference| self.document.pointer(reference.trim_start_matches('#'))) {
            Some(schema) => self.resolved(schema),
            None => schema,
        }
    }

    /// Adds what is wrong with a reply, each with its place.
    pub fn check(&self, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
        self.check_value(schema, value, place, false, wrong);
    }

    /// Adds what is wrong with a value. A request has no members that are not described, and none that are to be read alone.
    fn check_value(
        &self,
        schema: &Value,
        value: &Value,
        place: &str,
        is_request: bool,
        wrong: &mut Vec<String>,
    ) {
        let schema = self.resolved(schema);
        for word in schema.as_object().into_iter().flat_map(|schema| schema.keys()) {
            let is_known = CHECKED.contains(&word.as_str()) || NOT_CHECKED.contains(&word.as_str());
            if !is_known && !word.starts_with("x-") {
                wrong.push(format!("{place}: the keyword {word} is not known"));
            }
        }
        if value.is_null() {
            // Nobody says which members of a request may be null: the server does.
            if schema["nullable"] != Value::Bool(true) && !is_request {
                wrong.push(format!("{place}: null"));
            }
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.check_value(part, value, place, is_request, wrong);
        }
        for word in ["oneOf", "anyOf"] {
            let Some(parts) = schema[word].as_array() else { continue };
            let fits = |part: &Value| {
                let mut own = Vec::new();
                self.check_value(part, value, place, is_request, &mut own);
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
                self.check_value(schema, item, &format!("{place}[]"), is_request, wrong);
            }
        }
        if let Some(members) = value.as_object() {
            self.check_members(schema, members, place, is_request, wrong);
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
            Some(other) => {
                wrong.push(format!("{place}: the type {other} is not known"));
                true
            }
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
        is_request: bool,
        wrong: &mut Vec<String>,
    ) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                wrong.push(format!("{place}: the member {name} is missing"));
            }
        }
        let properties = &schema["properties"];
        let has_parts = ["allOf", "anyOf", "oneOf"].iter().any(|word| schema.get(word).is_some());
        for (name, value) in members {
            let inner = format!("{place}.{name}");
            match (properties.get(name), schema.get("additionalProperties")) {
                (Some(schema), _) if is_request && schema["readOnly"] == true => {
                    wrong.push(format!("{inner}: can be read alone"));
                }
                (Some(schema), _) => self.check_value(schema, value, &inner, is_request, wrong),
                (None, Some(Value::Bool(false))) if !(is_request && has_parts) => {
                    wrong.push(format!("{inner}: not described"));
                }
                (None, Some(schema @ Value::Object(_))) => {
                    self.check_value(schema, value, &format!("{place}.*"), is_request, wrong);
                }
                // An object of which no member is described may have any; parts say what they hold by themselves.
                (None, _) if is_request && properties.is_object() && !has_parts => {
                    wrong.push(format!("{inner}: not described"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_not_as_described_is_found() {
        let schema = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
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

    #[test]
    fn a_request_has_nothing_that_is_not_described() {
        let document = serde_json::json!({"paths": {"/a/{id}": {"put": {
            "parameters": [{"name": "q", "in": "query", "required": true}, {"name": "id", "in": "path"}],
            "requestBody": {"content": {"application/json": {"schema": {
                "type": "object", "additionalProperties": true,
                "properties": {"n": {"type": "integer"}, "self": {"type": "string", "readOnly": true}},
            }}}},
        }}}});
        let descriptions = Descriptions { all: vec![Description { document, root: "" }] };
        let seen = |method: &str, query: &str, body: &str| Seen {
            method: method.to_owned(),
            path: "/a/7".to_owned(),
            query: vec![(query.to_owned(), String::new())],
            body: body.as_bytes().to_vec(),
            endpoint: Some("/a/{other}"),
            status: 200,
        };
        assert_eq!(descriptions.check(&seen("PUT", "q", r#"{"n": 1}"#)), Vec::<String>::new());
        assert_eq!(descriptions.check(&seen("POST", "q", "{}")).len(), 1);
        assert_eq!(descriptions.check(&seen("PUT", "r", r#"{"n": "1", "m": 1, "self": ""}"#)).len(), 5);
    }
}
