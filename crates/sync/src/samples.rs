//! Two Jiras and their settings, for tests.
//!
//! Invariant: each name of the first begins with `Own`, each of the second with `Far`, so that a test sees whose name it is.

use std::collections::BTreeSet;

use crate::settings::{Configuration, Settings, publish};
use crate::{Catalogue, Field, FieldFacts, FieldKind, LinkTypeFacts, Transition, TypeFacts, UserFacts};

/// The key of the type of a custom field of Jira's own.
pub(crate) const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";

/// A custom field that is a list.
pub(crate) fn select(name: &str) -> Field {
    Field::Custom { kind: SELECT.to_owned(), name: name.to_owned() }
}

/// A field of Jira's own.
pub(crate) fn system(name: &str) -> Field {
    Field::System(name.to_owned())
}

fn facts(field: Field, kind: FieldKind, many: bool, options: &[&str]) -> FieldFacts {
    let required = field == system("summary");
    let options = options.iter().map(|name| (*name).to_owned()).collect();
    FieldFacts { field, kind, many, required, options, writable: true }
}

/// A Jira of which each name begins with this word.
pub(crate) fn jira(word: &str) -> Catalogue {
    let name = |rest: &str| format!("{word} {rest}");
    let transition = |id: &str, what: &str, from: &str, to: &str| Transition {
        id: id.to_owned(),
        name: name(what),
        from: name(from),
        to: name(to),
    };
    let kind = |own: &str, subtask| TypeFacts {
        name: name(own),
        subtask,
        fields: vec![
            facts(system("summary"), FieldKind::Text, false, &[]),
            facts(system("description"), FieldKind::Text, false, &[]),
            facts(system("assignee"), FieldKind::User, false, &[]),
            facts(system("labels"), FieldKind::Label, true, &[]),
            facts(system("components"), FieldKind::Component, true, &[&name("UI"), &name("Core")]),
            facts(system("duedate"), FieldKind::Date, false, &[]),
            facts(
                select(&name("Severity")),
                FieldKind::Choice,
                false,
                &[&name("High"), &name("Low"), &name("None")],
            ),
            facts(select(&name("Secret")), FieldKind::Choice, false, &[&name("Hidden")]),
        ],
        statuses: [name("Open"), name("Busy"), name("Closed")].to_vec(),
        initial: name("Open"),
        transitions: vec![
            transition("1", "Start", "Open", "Busy"),
            transition("2", "Close", "Busy", "Closed"),
            transition("3", "Reopen", "Closed", "Open"),
        ],
        unlearned: Vec::new(),
    };
    Catalogue {
        jira: word.to_owned(),
        licensed: None,
        project: "DEMO".to_owned(),
        user: UserFacts { name: "sync".to_owned(), shown: "Sync".to_owned(), email: None, active: true },
        types: vec![kind("Bug", false), kind("Part", true), kind("Idea", false)],
        link_types: vec![LinkTypeFacts {
            name: name("Blocks"),
            outward: "blocks".to_owned(),
            inward: "is blocked by".to_owned(),
        }],
        missing: BTreeSet::new(),
        limits: Vec::new(),
    }
}

/// Settings of the Jira of which each name begins with this word.
pub(crate) fn text(word: &str) -> String {
    format!(
        r#"[sync]
name = "Trial"
project = "DEMO"
user = "sync"

[types.bug]
local = "{word} Bug"

[types.part]
local = "{word} Part"

[fields.title]
local = "summary"

[fields.text]
local = "description"
conflict = "master"

[fields.who]
local = "assignee"
users = "pairs"
pairs = {{ anna = "{word}.anna" }}
unmapped = "skip"

[fields.words]
local = "labels"

[fields.area]
local = "components"
create = true

[fields.due]
local = "duedate"

[fields.severity]
local = {{ type = "select", name = "{word} Severity" }}
types = ["bug"]
values = {{ high = "{word} High", low = "{word} Low" }}

[status.open]
local = ["{word} Open"]
receive = "{word} Open"

[status.busy]
local = ["{word} Busy"]
receive = "{word} Busy"

[status.done]
local = ["{word} Closed"]
receive = "{word} Closed"

[links.blocks]
local = "{word} Blocks"

[comments]
template = "{{author}} wrote on {{created}}:\n{{body}}"

[attachments]
max-size = "1 MiB"
mime = ["image/*"]
name = '\.png$'

[worklogs]
"#
    )
}

/// The master's settings.
pub(crate) fn own() -> Settings {
    Settings::parse(&text("Own")).unwrap()
}

/// The slave's, before they are adopted.
pub(crate) fn far() -> Settings {
    Settings::parse(&text("Far")).unwrap()
}

/// What the master publishes.
pub(crate) fn published() -> Configuration {
    publish(&own(), &jira("Own"), 1, "the first version").unwrap()
}
