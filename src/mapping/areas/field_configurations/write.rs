//! Field configurations and field configuration schemes, written into rows.

use super::read::{DEFAULT_DESCRIPTION, DEFAULT_NAME, LINES};
use crate::entity::Row;
use crate::mapping::ground::ids::Ids;
use crate::mapping::ground::lens::write_parts;
use crate::mapping::ground::put::{Manner, Parts, or_empty, or_null, take_over};
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
        write_parts(writer, LINES, object, &id);
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
    const TABLE: &str = "FieldLayoutSchemeEntity";
    let default = writer.ids.marked("fieldConfiguration", "default").to_owned();
    // A mapping names the default by its id or not at all; Jira itself does the latter.
    let is_default = |configuration: &str| configuration.is_empty() || configuration == default;
    let key = |ids: &Ids, row: &Row| {
        let (issue_type, configuration) = (or_empty(row, "issuetype"), or_empty(row, "fieldlayout"));
        let is_known = issue_type.is_empty() || ids.knows("issueType", issue_type);
        let has_configuration = is_default(configuration) || ids.knows("fieldConfiguration", configuration);
        (is_known && has_configuration).then(|| issue_type.to_owned())
    };
    let mut mappings: Vec<(String, String)> = Vec::new();
    for mapping in object.all("mappingFieldConfigIssueTypes") {
        let issue_type = match mapping.get("issueType") {
            None => Some(String::new()),
            Some(issue_type) => writer.id_of(issue_type, &[]),
        };
        let configuration = writer.id_in(mapping, "fieldConfiguration");
        mappings.extend(issue_type.zip(configuration));
    }
    let owner = [("scheme", Some(id))];
    let mut there = writer.there(TABLE, &owner, key);
    let wanted: Vec<String> = mappings.iter().map(|(issue_type, _)| issue_type.clone()).collect();
    let all = writer.there(TABLE, &owner, |ids, row| {
        let issue_type = or_empty(row, "issuetype");
        (issue_type.is_empty() || ids.knows("issueType", issue_type)).then(|| issue_type.to_owned())
    });
    take_over(&mut there, all, &wanted);
    let parts = Parts::new(TABLE, &owner, Manner::Keys, there, wanted);
    writer.put_parts(parts, &mut |writer, number, at| {
        let (issue_type, configuration) = &mappings[number];
        let mut values = vec![("issuetype", or_null(issue_type))];
        let stays = at.is_some_and(|at| is_default(or_empty(writer.at(TABLE, at), "fieldlayout")));
        if !is_default(configuration) {
            values.push(("fieldlayout", Some(configuration.clone())));
        } else if !stays {
            values.push(("fieldlayout", None));
        }
        Some(values)
    });
}
