//! Field configurations and field configuration schemes.

use std::collections::HashMap;

use super::read::{DEFAULT_DESCRIPTION, DEFAULT_NAME};
use crate::entity::Row;
use crate::mapping::ground::ids::Ids;
use crate::mapping::ground::read_rows::{Part, or_empty, or_null};
use crate::mapping::ground::writer::{Writer, text};
use crate::model::{Element, Identity};

pub(crate) fn field_configurations(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let mut id = writer.own_id(object);
        if id.is_empty() {
            // Until somebody changes it, the default one is nowhere stored.
            let as_it_is = object.text_of("name") == Some(DEFAULT_NAME)
                && object.text_of("description") == Some(DEFAULT_DESCRIPTION)
                && object.get("individualFieldConfig").is_none();
            if as_it_is {
                continue;
            }
            id = writer.ids.next("FieldLayout");
            writer.ids.mark("fieldConfiguration", "default", &id);
            writer.ids.set(Identity::of_definition(object).expect("only objects are written"), &id);
        }
        let mut values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
        if object.get("builtIn").is_some() {
            values.push(("type", Some("default".to_owned())));
        }
        writer.put("FieldLayout", &[("id", &id)], values);
        lines(writer, object, &id);
    }
}

/// How a field is shown for which nobody has chosen anything.
const RENDERER: &str = "jira-text-renderer";

fn lines(writer: &mut Writer<'_>, object: &Element, id: &str) {
    let mut rows: HashMap<String, Row> = HashMap::new();
    for row in writer.owned("FieldLayoutItem", &[("fieldlayout", Some(id))]) {
        rows.entry(or_empty(&row, "fieldidentifier").to_owned()).or_insert(row);
    }
    let mut wanted: Vec<Part> = Vec::new();
    for line in object.all("individualFieldConfig") {
        let Some(field) = line.get("fieldName").and_then(|field| writer.field(field)) else { continue };
        let row = rows.get(&field);
        let or_default =
            |tag, default: &str| text(line, tag).or_else(|| row.is_none().then(|| default.to_owned()));
        let values = vec![
            ("fieldidentifier", Some(field.clone())),
            ("description", text(line, "description")),
            ("ishidden", flag(row, "ishidden", or_default("hidden", "false"))),
            ("isrequired", flag(row, "isrequired", or_default("required", "false"))),
            ("renderertype", or_default("renderer", RENDERER)),
        ];
        wanted.push(Part::new(field, values));
    }
    writer.put_read("FieldLayoutItem", ("fieldlayout", id), &mut |ids, row| ids.key_of_field(row), wanted);
}

/// Returns a truth value; one that the row has in another spelling stays as it is.
fn flag(row: Option<&Row>, attribute: &str, wanted: Option<String>) -> Option<String> {
    let there = row.filter(|row| row.text(attribute).is_some());
    let means = there.map(|row| if row.truth(attribute) { "true" } else { "false" });
    match means == wanted.as_deref() {
        true => there.and_then(|row| row.get(attribute)).map(str::to_owned),
        false => wanted,
    }
}

pub(crate) fn schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
        writer.put("FieldLayoutScheme", &[("id", &id)], values);
        mappings(writer, object, &id);
    }
}

fn mappings(writer: &mut Writer<'_>, object: &Element, id: &str) {
    let default = writer.ids.marked("fieldConfiguration", "default").to_owned();
    // A mapping names the default by its id or not at all; Jira itself does the latter.
    let is_default = |configuration: &str| configuration.is_empty() || configuration == default;
    let key = |ids: &Ids, row: &Row| {
        let (issue_type, configuration) = (or_empty(row, "issuetype"), or_empty(row, "fieldlayout"));
        let is_known = issue_type.is_empty() || ids.knows("issueType", issue_type);
        let has_configuration = is_default(configuration) || ids.knows("fieldConfiguration", configuration);
        (is_known && has_configuration).then(|| issue_type.to_owned())
    };
    let rows = writer.owned("FieldLayoutSchemeEntity", &[("scheme", Some(id))]);
    let mut wanted: Vec<Part> = Vec::new();
    for mapping in object.all("mappingFieldConfigIssueTypes") {
        let issue_type = match mapping.get("issueType") {
            None => Some(String::new()),
            Some(issue_type) => writer.id_of(issue_type, &[]),
        };
        let configuration = writer.id_in(mapping, "fieldConfiguration");
        let (Some(issue_type), Some(configuration)) = (issue_type, configuration) else { continue };
        let mut values = vec![("issuetype", or_null(&issue_type))];
        let row = rows.iter().find(|row| key(&writer.ids, row).as_deref() == Some(&*issue_type));
        let stays = row.is_some_and(|row| is_default(or_empty(row, "fieldlayout")));
        if !is_default(&configuration) {
            values.push(("fieldlayout", Some(configuration)));
        } else if !stays {
            values.push(("fieldlayout", None));
        }
        wanted.push(Part::new(issue_type, values));
    }
    writer.put_read("FieldLayoutSchemeEntity", ("scheme", id), &mut |ids, row| key(ids, row), wanted);
}
