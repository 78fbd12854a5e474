//! Screens, screen schemes and issue type screen schemes.

use super::read::OPERATIONS;
use crate::mapping::ground::read_rows::{Numbered, Part, named, or_empty, or_null};
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::Element;
use crate::schema::DUPLICATE;

pub(crate) fn screens(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "FieldScreen", object);
        let mut tabs: Vec<&Element> = object.all("screenTab").collect();
        // The oldest of one name is the first: new ones are made in that order.
        tabs.sort_by_key(|tab| key_of_tab(tab));
        let before: Vec<String> = ids_of(writer, &id);
        let wanted: Vec<Part> =
            tabs.iter().map(|tab| Part::new(key_of_tab(tab), vec![("name", text(tab, "name"))])).collect();
        let mut numbered = Numbered::default();
        let ids = writer.put_read(
            "FieldScreenTab",
            ("fieldscreen", &id),
            &mut |_, row| Some(numbered.next(row.get("name").unwrap_or(""))),
            wanted,
        );
        for tab in before.iter().filter(|tab| !ids.contains(tab)) {
            for item in writer.owned("FieldScreenLayoutItem", &[("fieldscreentab", Some(tab))]) {
                writer.remove("FieldScreenLayoutItem", item.id());
            }
        }
        let mut in_order: Vec<(&Element, String)> = tabs.into_iter().zip(ids).collect();
        in_order.sort_by_key(|(tab, _)| position(tab));
        let ids: Vec<String> = in_order.iter().map(|(_, id)| id.clone()).collect();
        writer.put_order_from("FieldScreenTab", "sequence", &ids, 0);
        for (tab, id) in in_order {
            fields(writer, tab, &id);
        }
    }
}

fn ids_of(writer: &mut Writer<'_>, screen: &str) -> Vec<String> {
    let rows = writer.owned("FieldScreenTab", &[("fieldscreen", Some(screen))]);
    rows.iter().map(|row| row.id().to_owned()).collect()
}

fn key_of_tab(tab: &Element) -> String {
    named(tab.text_of("name"), tab.attribute_named(DUPLICATE))
}

fn position(element: &Element) -> i64 {
    element.text_of("position").and_then(|position| position.parse().ok()).unwrap_or(i64::MAX)
}

fn fields(writer: &mut Writer<'_>, tab: &Element, id: &str) {
    let mut items: Vec<&Element> = tab.all("fieldScreenLayoutItem").collect();
    items.sort_by_key(|item| position(item));
    let fields = items.into_iter().filter_map(|item| writer.field(item.get("field")?));
    let wanted: Vec<Part> =
        fields.map(|field| Part::new(field.clone(), vec![("fieldidentifier", Some(field))])).collect();
    writer.put_read_in_order(
        "FieldScreenLayoutItem",
        ("fieldscreentab", id),
        &mut |ids, row| ids.key_of_field(row),
        wanted,
        ("sequence", 0),
    );
}

pub(crate) fn screen_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "FieldScreenScheme", object);
        let mut wanted: Vec<Part> = Vec::new();
        for mapping in object.all("mappingOperationsScreens") {
            let operation = mapping.text_of("operation").unwrap_or("");
            let number =
                OPERATIONS.iter().find(|(_, own)| *own == operation).map_or("", |(number, _)| number);
            let Some(screen) = writer.id_in(mapping, "screen") else { continue };
            let values = vec![("operation", or_null(number)), ("fieldscreen", Some(screen))];
            wanted.push(Part::new(number, values));
        }
        writer.put_read(
            "FieldScreenSchemeItem",
            ("fieldscreenscheme", &id),
            &mut |ids, row| {
                let number = or_empty(row, "operation");
                let is_known = number.is_empty() || OPERATIONS.iter().any(|(own, _)| *own == number);
                let has_screen = ids.knows("screen", row.get("fieldscreen").unwrap_or(""));
                (is_known && has_screen).then(|| number.to_owned())
            },
            wanted,
        );
    }
}

pub(crate) fn issue_type_screen_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "IssueTypeScreenScheme", object);
        let mut wanted: Vec<Part> = Vec::new();
        let mut add = |issue_type: String, scheme: String| {
            let values = vec![("issuetype", or_null(&issue_type)), ("fieldscreenscheme", Some(scheme))];
            wanted.push(Part::new(issue_type, values));
        };
        if let Some(scheme) = writer.id_in(object, "defaultScheme") {
            add(String::new(), scheme);
        }
        for mapping in object.all("mappingScreenSchemesIssueTypes") {
            let issue_type = writer.id_in(mapping, "issueType");
            let scheme = writer.id_in(mapping, "screenScheme");
            if let (Some(issue_type), Some(scheme)) = (issue_type, scheme) {
                add(issue_type, scheme);
            }
        }
        writer.put_read(
            "IssueTypeScreenSchemeEntity",
            ("scheme", &id),
            &mut |ids, row| {
                let issue_type = or_empty(row, "issuetype");
                let has_scheme = ids.knows("screenScheme", row.get("fieldscreenscheme").unwrap_or(""));
                let is_known = issue_type.is_empty() || ids.knows("issueType", issue_type);
                (is_known && has_scheme).then(|| issue_type.to_owned())
            },
            wanted,
        );
    }
}

fn put_named(writer: &mut Writer<'_>, entity: &'static str, object: &Element) -> String {
    let id = writer.own_id(object);
    let values: Values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
    writer.put(entity, &[("id", &id)], values)
}
