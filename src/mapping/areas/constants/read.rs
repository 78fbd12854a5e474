//! Statuses, resolutions, priorities, issue link types and events.

use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::enumeration::said;
use crate::mapping::ground::translations;
use crate::model::Node;

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
pub(crate) const CATEGORIES: [(&str, &str); 4] =
    [("1", "noCategory"), ("2", "toDo"), ("3", "done"), ("4", "inProgress")];

pub(crate) fn read(context: &mut Context<'_>) {
    for row in context.tables.rows("Status") {
        let Some(node) = named(context, "status", row) else { continue };
        let number = row.number("statuscategory").map(|number| number.to_string());
        let category = number.and_then(|number| said(&CATEGORIES, &number)).or(row.text("statuscategory"));
        let icon = icon(row, "status_", "statuses");
        let node = node.text_if("category", category).text_if("iconUrl", icon.as_deref());
        context.add(translations::STATUS.add(context.properties, row.id(), node));
    }
    for row in context.tables.rows("Priority") {
        let Some(node) = named(context, "priority", row) else { continue };
        let icon = icon(row, "priority_", "priorities");
        let node = node
            .text_if("sequence", row.get("sequence"))
            .text_if("iconUrl", icon.as_deref())
            .text_if("statusColor", row.get("statusColor"));
        context.add(translations::PRIORITY.add(context.properties, row.id(), node));
    }
    for row in context.tables.rows("Resolution") {
        let Some(node) = named(context, "resolution", row) else { continue };
        let node = node.text_if("sequence", row.get("sequence"));
        context.add(translations::RESOLUTION.add(context.properties, row.id(), node));
    }
    for row in context.tables.rows("IssueLinkType") {
        let Some(name) = context.names.get("issueLink", row.id()) else { continue };
        context.add(
            name.definition("issueLink")
                .text_if("outward", row.get("outward"))
                .text_if("inward", row.get("inward")),
        );
    }
    for row in context.tables.rows("EventType") {
        let Some(node) = named(context, "eventType", row) else { continue };
        context.add(node.text_if("builtIn", built_in_event(row)));
    }
}

/// Begins the definition of an object that has a name and a description.
fn named(context: &Context<'_>, kind: &'static str, row: &Row) -> Option<Node> {
    let name = context.names.get(kind, row.id())?;
    Some(name.definition(kind).text_if("description", row.get("description")))
}

/// Returns the address of an icon. Those that come with Jira were renamed: `/images/icons/status_open.gif` up to 5.1 is
/// `/images/icons/statuses/open.png` from 6.3 on, and is written so.
pub(crate) fn icon(row: &Row, old_prefix: &str, folder: &str) -> Option<String> {
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

/// Returns the address that an icon has before Jira 6.0: the reverse of [`icon`]. What no such Jira has stays as it is.
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
                assert_eq!(super::icon(&rows.rows("Status")[0], prefix, folder), Some(address));
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
