//! Statuses, resolutions, priorities, issue link types and events.

use super::Context;
use crate::entity::Row;
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

pub(super) fn read(context: &mut Context<'_>) {
    for row in context.tables.rows("Status") {
        let Some(node) = named(context, "status", row) else { continue };
        let category = match row.number("statuscategory") {
            Some(1) => Some("noCategory"),
            Some(2) => Some("toDo"),
            Some(3) => Some("done"),
            Some(4) => Some("inProgress"),
            _ => None,
        };
        context.add(node.text_if("category", category).text_if("iconUrl", row.get("iconurl")));
    }
    for row in context.tables.rows("Priority") {
        let Some(node) = named(context, "priority", row) else { continue };
        context.add(
            node.text_if("sequence", row.get("sequence"))
                .text_if("iconUrl", row.get("iconurl"))
                .text_if("statusColor", row.get("statusColor")),
        );
    }
    for row in context.tables.rows("Resolution") {
        let Some(node) = named(context, "resolution", row) else { continue };
        context.add(node.text_if("sequence", row.get("sequence")));
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

fn built_in_event(row: &Row) -> Option<&'static str> {
    let number = usize::try_from(row.number("id")?).ok()?;
    BUILT_IN_EVENTS.get(number.checked_sub(1)?).copied()
}
