//! Screens, screen schemes and issue type screen schemes.

use super::read::OPERATIONS;
use crate::mapping::ground::enumeration::{said, stored};
use crate::mapping::ground::ids::Ids;
use crate::mapping::ground::put::{Key, Manner, Numbered, Parts, named, or_empty, or_null};
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::Element;
use crate::schema::DUPLICATE;

pub(crate) fn screens(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "FieldScreen", object);
        let mut tabs: Vec<&Element> = object.all("screenTab").collect();
        // The oldest of one name is the first: new ones are made in that order.
        tabs.sort_by_key(|tab| key_of_tab(tab));
        let owner = [("fieldscreen", Some(id.as_str()))];
        let mut numbered = Numbered::default();
        let there = writer
            .there("FieldScreenTab", &owner, |_, row| Some(numbered.next(row.get("name").unwrap_or(""))));
        let wanted = tabs.iter().map(|tab| key_of_tab(tab)).collect();
        let parts = Parts::new("FieldScreenTab", &owner, Manner::Keys, there, wanted);
        let written =
            writer.put_parts(parts, &mut |_, number, _| Some(vec![("name", text(tabs[number], "name"))]));
        for tab in &written.gone {
            writer.remove_all("FieldScreenLayoutItem", &[("fieldscreentab", Some(tab))]);
        }
        let ids = written.written();
        let mut in_order: Vec<(&Element, String)> = tabs.into_iter().zip(ids).collect();
        in_order.sort_by_key(|(tab, _)| position(tab));
        let ids: Vec<String> = in_order.iter().map(|(_, id)| id.clone()).collect();
        writer.put_order_from("FieldScreenTab", "sequence", &ids, 0);
        for (tab, id) in in_order {
            fields(writer, tab, &id);
        }
    }
}

fn key_of_tab(tab: &Element) -> Key {
    named(tab.text_of("name"), tab.attribute_named(DUPLICATE))
}

fn position(element: &Element) -> i64 {
    element.text_of("position").and_then(|position| position.parse().ok()).unwrap_or(i64::MAX)
}

fn fields(writer: &mut Writer<'_>, tab: &Element, id: &str) {
    let mut items: Vec<&Element> = tab.all("fieldScreenLayoutItem").collect();
    items.sort_by_key(|item| position(item));
    let fields = items.into_iter().filter_map(|item| writer.field(item.get("field")?));
    let fields: Vec<String> = fields.collect();
    let owner = [("fieldscreentab", Some(id))];
    let there = writer.there("FieldScreenLayoutItem", &owner, Ids::key_of_field);
    let parts = Parts::new("FieldScreenLayoutItem", &owner, Manner::Keys, there, fields.clone());
    writer.put_parts_in_order(parts, ("sequence", 0), &mut |_, number, _| {
        Some(vec![("fieldidentifier", Some(fields[number].clone()))])
    });
}

pub(crate) fn screen_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "FieldScreenScheme", object);
        let mut screens: Vec<(&str, String)> = Vec::new();
        for mapping in object.all("mappingOperationsScreens") {
            let operation = mapping.text_of("operation").unwrap_or("");
            let screen = writer.id_in(mapping, "screen");
            screens.extend(screen.map(|id| (stored(&OPERATIONS, operation).unwrap_or(""), id)));
        }
        let owner = [("fieldscreenscheme", Some(id.as_str()))];
        let there = writer.there("FieldScreenSchemeItem", &owner, |ids, row| {
            let number = or_empty(row, "operation");
            let is_known = number.is_empty() || said(&OPERATIONS, number).is_some();
            let has_screen = ids.knows("screen", row.get("fieldscreen").unwrap_or(""));
            (is_known && has_screen).then(|| number.to_owned())
        });
        let wanted = screens.iter().map(|(number, _)| (*number).to_owned()).collect();
        let parts = Parts::new("FieldScreenSchemeItem", &owner, Manner::Keys, there, wanted);
        writer.put_parts(parts, &mut |_, number, _| {
            let (operation, screen) = &screens[number];
            Some(vec![("operation", or_null(operation)), ("fieldscreen", Some(screen.clone()))])
        });
    }
}

pub(crate) fn issue_type_screen_schemes(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = put_named(writer, "IssueTypeScreenScheme", object);
        let mut schemes: Vec<(String, String)> = Vec::new();
        let default = writer.id_in(object, "defaultScheme");
        schemes.extend(default.map(|scheme| (String::new(), scheme)));
        for mapping in object.all("mappingScreenSchemesIssueTypes") {
            let issue_type = writer.id_in(mapping, "issueType");
            schemes.extend(issue_type.zip(writer.id_in(mapping, "screenScheme")));
        }
        let owner = [("scheme", Some(id.as_str()))];
        let there = writer.there("IssueTypeScreenSchemeEntity", &owner, |ids, row| {
            let issue_type = or_empty(row, "issuetype");
            let has_scheme = ids.knows("screenScheme", row.get("fieldscreenscheme").unwrap_or(""));
            let is_known = issue_type.is_empty() || ids.knows("issueType", issue_type);
            (is_known && has_scheme).then(|| issue_type.to_owned())
        });
        let wanted = schemes.iter().map(|(issue_type, _)| issue_type.clone()).collect();
        let parts = Parts::new("IssueTypeScreenSchemeEntity", &owner, Manner::Keys, there, wanted);
        writer.put_parts(parts, &mut |_, number, _| {
            let (issue_type, scheme) = &schemes[number];
            Some(vec![("issuetype", or_null(issue_type)), ("fieldscreenscheme", Some(scheme.clone()))])
        });
    }
}

fn put_named(writer: &mut Writer<'_>, entity: &'static str, object: &Element) -> String {
    let id = writer.own_id(object);
    let values: Values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
    writer.put(entity, &[("id", &id)], values)
}
