//! The history of an issue: what the values of an entry stand for.
//!
//! Jira keeps of each changed field what it shows (strings) and, for most fields, what these stand for (values): ids, keys, numbers. For
//! a custom field the name of that day is all that says which one it was. Invariant: the strings are kept as they are; a value is told
//! by name, or it is left out and counted.

use super::values::{Holds, holds};
use super::{Issues, Meanings, Notes};
use crate::entity::DataRow;
use crate::model::Node;

/// How much of the history is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum History {
    /// All of it, and so the texts of deleted comments.
    #[default]
    Full,
    /// All but the texts of deleted comments.
    Text,
    /// Nothing.
    None,
}

/// The field of an entry about a comment that was deleted: its value is the text.
const COMMENT: &str = "Comment";

/// Returns the element of an entry's field.
pub(super) fn item(
    row: &DataRow,
    (meanings, issues): (&Meanings, &Issues),
    history: History,
    notes: &mut Notes,
) -> Node {
    let hides = history == History::Text && row.get("field") == Some(COMMENT);
    let (field, field_type) = (row.get("field").unwrap_or_default(), row.get("fieldtype"));
    let mut value = |tag: &'static str, attribute: &str| {
        let stored = row.get(attribute).filter(|_| !hides)?;
        match meaning(field, field_type == Some("custom"), stored, meanings, issues) {
            Some((kind, text, within)) => {
                let node = Node::leaf(tag, text).attribute("kind", kind);
                Some(if within.is_empty() { node } else { node.attribute("within", within) })
            }
            None => {
                notes.add("values of the history that are ids without a name", || {
                    format!("{field}: {stored}")
                });
                None
            }
        }
    };
    let (from, to) = (value("from", "oldvalue"), value("to", "newvalue"));
    let text = |tag, attribute| row.get(attribute).map(|text| Node::leaf(tag, text));
    let shown = |tag, attribute| text(tag, attribute).filter(|_| !hides);
    Node::new("item")
        .with_if(text("field", "field"))
        .with_if(text("fieldType", "fieldtype"))
        .with_if(from)
        .with_if(shown("fromText", "oldstring"))
        .with_if(to)
        .with_if(shown("toText", "newstring"))
}

type Meaning = (&'static str, String, String);

/// Returns what a value stands for: the kind, the name, and what that is a part of; nothing if it cannot be told.
fn meaning(
    field: &str,
    is_custom: bool,
    stored: &str,
    meanings: &Meanings,
    issues: &Issues,
) -> Option<Meaning> {
    let plain = |kind: &'static str, text: &str| Some((kind, text.to_owned(), String::new()));
    if stored.is_empty() {
        return plain("text", "");
    }
    let object = |kind: &'static str, of: &str| plain(kind, &meanings.name(of, stored)?.text);
    let part = |kind: &'static str, of: &str, attribute: &str| {
        let name = meanings.name(of, stored)?;
        Some((kind, name.text.clone(), name.get(attribute).unwrap_or_default().to_owned()))
    };
    let issue = || plain("issue", &meanings.key_of(issues, stored.trim().parse().ok()?)?);
    if is_custom {
        return match field {
            "Epic Link" => issue(),
            // The text says it all.
            "Rank" => plain("text", stored),
            _ => {
                let ty = meanings.type_of_field(field)?;
                match holds(ty) {
                    Holds::Option => {
                        let name = meanings.option(stored)?;
                        let is_child = name.get("parentOption").is_some();
                        (!is_child).then(|| ("option", name.text, field.to_owned()))
                    }
                    Holds::Text(_) | Holds::Number | Holds::Day | Holds::Moment | Holds::Group => {
                        plain("text", stored)
                    }
                    Holds::User if !stored.starts_with('[') => plain("user", &meanings.user(stored)?.text),
                    Holds::Project => object("project", "project"),
                    Holds::Version => part("version", "version", "project"),
                    _ => None,
                }
            }
        };
    }
    match field {
        "status" => object("status", "status"),
        "priority" => object("priority", "priority"),
        "resolution" => object("resolution", "resolution"),
        "issuetype" | "Issue Type" | "type" => {
            let name = meanings.name("issueType", stored)?;
            plain(if name.get("subtask").is_some() { "subtaskType" } else { "issueType" }, &name.text)
        }
        "project" | "Project" => object("project", "project"),
        "Version" | "Fix Version" => part("version", "version", "project"),
        "Component" => part("component", "component", "project"),
        "security" => part("securityLevel", "issueSecurityLevel", "scheme"),
        "assignee" | "reporter" | "creator" => plain("user", &meanings.user(stored)?.text),
        "Link" => plain("issue", stored),
        "Parent" | "Parent Issue" => issue(),
        "timeestimate"
        | "timespent"
        | "timeoriginalestimate"
        | "WorklogTimeSpent"
        | "duedate"
        | "resolutiondate"
        | "Comment"
        | "ProjectImport"
        | "Key"
        | "summary"
        | "description"
        | "environment"
        | "labels" => plain("text", stored),
        // Ids of entries of workflows, of attachments, worklogs, links to other applications, and what apps write.
        _ => None,
    }
}
