//! Statuses, resolutions, priorities, issue link types and events.

use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::enumeration::{said, stored};
use crate::mapping::ground::lens::{DESCRIPTION, Field, Lens, Own};
use crate::mapping::ground::translations;
use crate::mapping::ground::writer::{Writer, text};
use crate::model::{Element, Limit};
use crate::schema::PART;

/// Jira's own events in the order of their ids, which are the same in every instance (1 to 16 seen in 3.12 to 8.6, the
/// others in 9.12.4; a custom event has an id of 10000 or more).
const BUILT_IN_EVENTS: [&str; 19] = [
    "issueCreated",
    "issueUpdated",
    "issueAssigned",
    "issueResolved",
    "issueClosed",
    "issueCommented",
    "issueReopened",
    "issueDeleted",
    "issueMoved",
    "workLogged",
    "workStarted",
    "workStopped",
    "generic",
    "commentEdited",
    "worklogUpdated",
    "worklogDeleted",
    "commentDeleted",
    "issueArchived",
    "issueRestored",
];

/// The categories of statuses by number.
const CATEGORIES: [(&str, &str); 4] =
    [("1", "noCategory"), ("2", "toDo"), ("3", "done"), ("4", "inProgress")];

/// The number of the category that Jira gives to a status for which nobody has chosen one (`getDefaultStatusCategory`).
const NO_CATEGORY: &str = "1";

/// The icon of a status for which nobody has chosen one.
const STATUS_ICON: &str = "/images/icons/statuses/generic.png";

/// The icon and the colour of a priority for which nobody has chosen any: those of the one in the middle.
const PRIORITY_ICON: &str = "/images/icons/priorities/major.png";
const PRIORITY_COLOR: &str = "#009900";

pub(crate) const STATUS: Lens = Lens {
    kind: "status",
    fields: &[
        DESCRIPTION,
        Field::Own(Own {
            tag: "category",
            column: "statuscategory",
            read: |row| {
                let number = row.number("statuscategory").map(|number| number.to_string());
                let category = number.and_then(|number| said(&CATEGORIES, &number));
                category.or(row.text("statuscategory")).map(str::to_owned)
            },
            write: |writer, object, row| {
                // A category that nobody knows stays.
                let is_unread = |own: &Element| own.attribute_named(PART) == Some("category");
                if let (Some(row), true) = (row, object.all("unreadable").any(is_unread)) {
                    return row.get("statuscategory").map(str::to_owned);
                }
                let category =
                    object.text_of("category").map(|own| stored(&CATEGORIES, own).unwrap_or(NO_CATEGORY));
                let category = category.or(row.is_none().then_some(NO_CATEGORY));
                category.filter(|_| !writer.limits.contains(&Limit::StatusCategories)).map(str::to_owned)
            },
        }),
        Field::Own(Own {
            tag: "iconUrl",
            column: "iconurl",
            read: |row| address(row, "status_", "statuses"),
            write: |writer, object, row| icon(writer, row, object, ("status_", "statuses"), STATUS_ICON),
        }),
        Field::Translations(translations::STATUS),
    ],
};

pub(crate) const PRIORITY: Lens = Lens {
    kind: "priority",
    fields: &[
        DESCRIPTION,
        Field::Text("sequence", "sequence"),
        Field::Own(Own {
            tag: "iconUrl",
            column: "iconurl",
            read: |row| address(row, "priority_", "priorities"),
            write: |writer, object, row| {
                icon(writer, row, object, ("priority_", "priorities"), PRIORITY_ICON)
            },
        }),
        Field::TextOr("statusColor", "statusColor", PRIORITY_COLOR),
        Field::Translations(translations::PRIORITY),
    ],
};

pub(crate) const RESOLUTION: Lens = Lens {
    kind: "resolution",
    fields: &[
        DESCRIPTION,
        Field::Text("sequence", "sequence"),
        Field::Translations(translations::RESOLUTION),
    ],
};

pub(crate) fn read(context: &mut Context<'_>) {
    [STATUS, PRIORITY, RESOLUTION].iter().for_each(|lens| lens.read(context));
    for row in context.tables.rows("IssueLinkType") {
        let Some(name) = context.names.get("issueLink", row.id()) else { continue };
        context.add(
            name.definition("issueLink")
                .text_if("outward", row.get("outward"))
                .text_if("inward", row.get("inward")),
        );
    }
    for row in context.tables.rows("EventType") {
        let Some(name) = context.names.get("eventType", row.id()) else { continue };
        let node = name.definition("eventType").text_if("description", row.get("description"));
        context.add(node.text_if("builtIn", built_in_event(row)));
    }
}

pub(crate) fn statuses(writer: &mut Writer<'_>, objects: &[&Element]) {
    // Jira adds one to the greatest number when it makes a status (`DefaultStatusManager`), and fails where one is NULL.
    let mut next = next_number(writer, "Status");
    for object in objects {
        let id = writer.own_id(object);
        let is_new = writer.row("Status", &id).is_none();
        let number = is_new.then(|| ("sequence", Some(next.to_string())));
        next += i64::from(is_new);
        STATUS.write_with(writer, object, number.into_iter().collect());
    }
}

/// Returns the number that Jira gives to the next of some constants: one more than the greatest.
pub(crate) fn next_number(writer: &mut Writer<'_>, entity: &'static str) -> i64 {
    let rows = writer.table(entity).rows.iter().filter_map(|slot| slot.after.as_ref());
    rows.filter_map(|row| row.number("sequence")).max().unwrap_or(0) + 1
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
        let id = writer.own_id(object);
        let values = vec![
            ("name", text(object, "name")),
            ("description", text(object, "description")),
            ("type", built_in),
        ];
        writer.put("EventType", &[("id", &id)], values);
    }
}

/// Returns the address of an icon. Those that come with Jira were renamed: `/images/icons/status_open.gif` up to 5.1 is
/// `/images/icons/statuses/open.png` from 6.3 on, and is written so.
fn address(row: &Row, old_prefix: &str, folder: &str) -> Option<String> {
    let address = row.text("iconurl")?;
    let old = address.strip_prefix("/images/icons/").and_then(|rest| rest.strip_prefix(old_prefix));
    let name = old.and_then(|rest| rest.strip_suffix(".gif"));
    Some(name.map_or_else(|| address.to_owned(), |name| format!("/images/icons/{folder}/{name}.png")))
}

/// The icons of statuses that Jira before 6.0 has, by the names of their files.
const OLD_STATUS_ICONS: [&str; 17] = [
    "assigned",
    "closed",
    "document",
    "down",
    "email",
    "generic",
    "information",
    "inprogress",
    "invisible",
    "needinfo",
    "open",
    "reopened",
    "resolved",
    "trash",
    "unassigned",
    "up",
    "visible",
];

/// The icons of priorities that Jira before 6.0 has, by the names of their files.
const OLD_PRIORITY_ICONS: [&str; 5] = ["blocker", "critical", "major", "minor", "trivial"];

/// Returns the address that an icon has before Jira 6.0: the reverse of [`address`]. What no such Jira has stays as it is.
pub(crate) fn old_icon(address: &str) -> Option<String> {
    let rest = address.strip_prefix("/images/icons/")?.strip_suffix(".png")?;
    let (folder, name) = rest.split_once('/')?;
    let (prefix, known) = match folder {
        "statuses" => ("status", &OLD_STATUS_ICONS[..]),
        "priorities" => ("priority", &OLD_PRIORITY_ICONS[..]),
        _ => return None,
    };
    known.contains(&name).then(|| format!("/images/icons/{prefix}_{name}.gif"))
}

fn built_in_event(row: &Row) -> Option<&'static str> {
    let number = usize::try_from(row.number("id")?).ok()?;
    BUILT_IN_EVENTS.get(number.checked_sub(1)?).copied()
}

/// Returns Jira's own events: the id that each has in every instance, and its mark.
pub(crate) fn built_in_events() -> impl Iterator<Item = (usize, &'static str)> {
    (1..).zip(BUILT_IN_EVENTS)
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
        Some(row) if address(row, names.0, names.1).as_deref() == wanted => {
            row.get("iconurl").map(str::to_owned)
        }
        _ => wanted.map(|wanted| writer.icon(wanted, old_icon)),
    }
}

impl Writer<'_> {
    /// Returns the address of an icon as the version of the instance has it: before Jira 6.0 its own icons are GIFs.
    pub(crate) fn icon(&self, address: &str, old: fn(&str) -> Option<String>) -> String {
        let is_old = self.limits.contains(&Limit::Icons);
        old(address).filter(|_| is_old).unwrap_or_else(|| address.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::{described, tables};

    #[test]
    fn an_icon_of_jira_has_one_address_in_all_versions() {
        let icon = |address| {
            let row: &[(&str, &[(&str, &str)])] =
                &[("Status", &[("id", "1"), ("name", "Open"), ("iconurl", address)])];
            let (text, _) = described(row, "status", "Open");
            text.split_once("<iconUrl>").unwrap().1.split_once('<').unwrap().0.to_owned()
        };
        assert_eq!(icon("/images/icons/status_open.gif"), "/images/icons/statuses/open.png");
        for kept in
            ["/images/icons/statuses/open.png", "/images/icons/open.gif", "https://x.example/status_open.gif"]
        {
            assert_eq!(icon(kept), kept);
        }
    }

    #[test]
    fn the_old_address_of_an_icon_is_read_as_the_new_one() {
        for (folder, prefix, names) in [
            ("statuses", "status_", &super::OLD_STATUS_ICONS[..]),
            ("priorities", "priority_", &super::OLD_PRIORITY_ICONS[..]),
        ] {
            for name in names {
                let address = format!("/images/icons/{folder}/{name}.png");
                let old = super::old_icon(&address).unwrap();
                assert_eq!(old, format!("/images/icons/{prefix}{name}.gif"));
                let rows = tables(&[("Status", &[("id", "1"), ("iconurl", &old)])]);
                assert_eq!(super::address(&rows.rows("Status")[0], prefix, folder), Some(address));
            }
        }
        for other in ["/images/icons/priorities/highest.png", "/", "https://x.example/statuses/open.png"] {
            assert_eq!(super::old_icon(other), None);
        }
    }

    #[test]
    fn status_categories_and_events_are_told_by_their_numbers() {
        let rows: &[(&str, &[(&str, &str)])] = &[
            ("Status", &[("id", "1"), ("name", "Offen"), ("statuscategory", "4")]),
            ("EventType", &[("id", "1"), ("name", "Vorgang erstellt")]),
            // The key of a text, which some versions store as the name.
            ("EventType", &[("id", "2"), ("name", "event.type.issueupdated.name")]),
            ("EventType", &[("id", "10000"), ("name", "Eigenes")]),
        ];
        assert!(described(rows, "status", "Offen").0.contains("<category>inProgress</category>"));
        assert!(
            described(rows, "eventType", "Vorgang erstellt").0.contains("<builtIn>issueCreated</builtIn>")
        );
        let by_key = described(rows, "eventType", "event.type.issueupdated.name").0;
        assert!(by_key.contains("<builtIn>issueUpdated</builtIn>"), "{by_key}");
        assert!(!described(rows, "eventType", "Eigenes").0.contains("builtIn"));
    }
}
