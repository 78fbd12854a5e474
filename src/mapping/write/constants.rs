//! Statuses, resolutions, priorities, issue link types and events.

use super::{Values, Writer, text};
use crate::mapping::constants::icon as icon_address;
use crate::mapping::translations;
use crate::model::Element;

pub(super) fn statuses(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let category = object.text_of("category").map(|category| match category {
            "toDo" => "2",
            "done" => "3",
            "inProgress" => "4",
            _ => "1",
        });
        let icon = icon(writer, "Status", object, ("status_", "statuses"));
        named(
            writer,
            "Status",
            object,
            vec![("iconurl", icon), ("statuscategory", category.map(str::to_owned))],
        );
        translated(writer, translations::STATUS, object);
    }
}

pub(super) fn priorities(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let icon = icon(writer, "Priority", object, ("priority_", "priorities"));
        let values = vec![
            ("iconurl", icon),
            ("statusColor", text(object, "statusColor")),
            ("sequence", text(object, "sequence")),
        ];
        named(writer, "Priority", object, values);
        translated(writer, translations::PRIORITY, object);
    }
}

pub(super) fn resolutions(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        named(writer, "Resolution", object, vec![("sequence", text(object, "sequence"))]);
        translated(writer, translations::RESOLUTION, object);
    }
}

pub(super) fn issue_links(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let values = vec![
            ("linkname", text(object, "name")),
            ("outward", text(object, "outward")),
            ("inward", text(object, "inward")),
            ("style", text(object, "style")),
        ];
        writer.put("IssueLinkType", &[("id", &id)], values);
    }
}

pub(super) fn event_types(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let built_in = object.get("builtIn").map(|_| "jira.system.event.type".to_owned());
        named(writer, "EventType", object, vec![("type", built_in)]);
    }
}

/// Writes the row of an object that has a name and a description.
fn named(writer: &mut Writer<'_>, entity: &'static str, object: &Element, more: Values) {
    let id = writer.own_id(object);
    let mut values = vec![("name", text(object, "name")), ("description", text(object, "description"))];
    values.extend(more);
    writer.put(entity, &[("id", &id)], values);
}

fn translated(writer: &mut Writer<'_>, kind: translations::Kind, object: &Element) {
    let id = writer.own_id(object);
    writer.put_translations(kind, &id, object);
}

/// Returns the address of an icon; one that the row has in its old spelling stays as it is.
fn icon(
    writer: &mut Writer<'_>,
    entity: &'static str,
    object: &Element,
    names: (&str, &str),
) -> Option<String> {
    let wanted = text(object, "iconUrl");
    let id = writer.own_id(object);
    match writer.row(entity, &id) {
        Some(row) if icon_address(&row, names.0, names.1) == wanted => row.get("iconurl").map(str::to_owned),
        _ => wanted,
    }
}
