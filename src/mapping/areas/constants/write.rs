//! Statuses, resolutions, priorities, issue link types and events.

use super::read::{CATEGORIES, icon as icon_address, old_icon};
use crate::entity::Row;
use crate::mapping::ground::enumeration::stored;
use crate::mapping::ground::translations;
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::{Element, Limit};

/// The first build whose icons are at their present addresses: 5.1 has GIFs, 6.3 has not.
const NEW_ICONS: u64 = 6_000;

/// The number of the category that Jira gives to a status for which nobody has chosen one (`getDefaultStatusCategory`).
const NO_CATEGORY: &str = "1";

/// The icon of a status for which nobody has chosen one.
const STATUS_ICON: &str = "/images/icons/statuses/generic.png";

/// The icon and the colour of a priority for which nobody has chosen any: those of the one in the middle.
const PRIORITY_ICON: &str = "/images/icons/priorities/major.png";
const PRIORITY_COLOR: &str = "#009900";

pub(crate) fn statuses(writer: &mut Writer<'_>, objects: &[&Element]) {
    let has_categories = !writer.limits.contains(&Limit::StatusCategories);
    // Jira adds one to the greatest number when it makes a status (`DefaultStatusManager`), and fails where one is NULL.
    let mut next = next_number(writer, "Status");
    for object in objects {
        let id = writer.own_id(object);
        let row = writer.row("Status", &id);
        let category = object.text_of("category").map(|own| stored(&CATEGORIES, own).unwrap_or(NO_CATEGORY));
        let category = category.or(row.is_none().then_some(NO_CATEGORY)).filter(|_| has_categories);
        let icon = icon(writer, row.as_ref(), object, ("status_", "statuses"), STATUS_ICON);
        let mut values = vec![("iconurl", icon), ("statuscategory", category.map(str::to_owned))];
        if row.is_none() {
            values.push(("sequence", Some(next.to_string())));
            next += 1;
        }
        named(writer, "Status", object, values);
        translated(writer, translations::STATUS, object);
    }
}

/// Returns the number that Jira gives to the next of some constants: one more than the greatest.
pub(crate) fn next_number(writer: &mut Writer<'_>, entity: &'static str) -> i64 {
    let rows = writer.table(entity).rows.iter().filter_map(|slot| slot.after.as_ref());
    rows.filter_map(|row| row.number("sequence")).max().unwrap_or(0) + 1
}

pub(crate) fn priorities(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let row = writer.row("Priority", &id);
        let icon = icon(writer, row.as_ref(), object, ("priority_", "priorities"), PRIORITY_ICON);
        let color = text(object, "statusColor");
        let color = color.or_else(|| row.is_none().then(|| PRIORITY_COLOR.to_owned()));
        let values = vec![("iconurl", icon), ("statusColor", color), ("sequence", text(object, "sequence"))];
        named(writer, "Priority", object, values);
        translated(writer, translations::PRIORITY, object);
    }
}

pub(crate) fn resolutions(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        named(writer, "Resolution", object, vec![("sequence", text(object, "sequence"))]);
        translated(writer, translations::RESOLUTION, object);
    }
}

pub(crate) fn issue_links(writer: &mut Writer<'_>, objects: &[&Element]) {
    for object in objects {
        let id = writer.own_id(object);
        let is_new = writer.row("IssueLinkType", &id).is_none();
        // Jira wants both. What says nothing else reads as the name.
        let named = |tag| text(object, tag).or_else(|| text(object, "name").filter(|_| is_new));
        let values = vec![
            ("linkname", text(object, "name")),
            ("outward", named("outward")),
            ("inward", named("inward")),
            ("style", text(object, "style")),
        ];
        writer.put("IssueLinkType", &[("id", &id)], values);
    }
}

pub(crate) fn event_types(writer: &mut Writer<'_>, objects: &[&Element]) {
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

/// Returns the address of an icon; one that the row has in its old spelling stays as it is, and what is new gets Jira's own
/// where the object names none.
fn icon(
    writer: &Writer<'_>,
    row: Option<&Row>,
    object: &Element,
    names: (&str, &str),
    default: &str,
) -> Option<String> {
    let wanted = object.text_of("iconUrl").or(row.is_none().then_some(default));
    match row {
        Some(row) if icon_address(row, names.0, names.1).as_deref() == wanted => {
            row.get("iconurl").map(str::to_owned)
        }
        _ => wanted.map(|wanted| writer.icon(wanted, old_icon)),
    }
}

impl Writer<'_> {
    /// Returns the address of an icon as the version of the instance has it: before Jira 6.0 its own icons are GIFs.
    pub(crate) fn icon(&self, address: &str, old: fn(&str) -> Option<String>) -> String {
        old(address).filter(|_| self.has_old_icons()).unwrap_or_else(|| address.to_owned())
    }

    fn has_old_icons(&self) -> bool {
        let is_old = |row: &Row| {
            row.get("iconurl").is_some_and(|own| own.starts_with("/images/icons/") && own.ends_with(".gif"))
        };
        // Where no build is named, the statuses are looked through once, however many objects ask.
        let find = || match self.build() {
            Some(build) => build < NEW_ICONS,
            None => self.tables.rows("Status").iter().any(is_old),
        };
        *self.has_old_icons.get_or_init(find)
    }
}
