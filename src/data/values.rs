//! The values of custom fields: which column of a row holds them, and what they stand for.
//!
//! Invariant: a value whose meaning is not known, or leads nowhere, stands as it is stored and is marked as raw; a row without any value
//! is none (Jira 4 and 5 left such rows behind, as 522 of 7,080 rows of real backups show).

use super::issue::Parts;
use super::{Meanings, Notes, Sprints};
use crate::entity::DataRow;
use crate::model::{Name, Node};

/// What the values of a type of fields are, and the column that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Text(&'static str),
    Number,
    Day,
    Moment,
    Option,
    Version,
    Project,
    User,
    Group,
    Sprint,
    /// The values stand elsewhere: labels, links of epics, ranks.
    Elsewhere,
    /// Nobody but the app knows.
    Unknown,
}

/// Returns what a type of custom fields holds.
pub(crate) fn holds(field_type: &str) -> Holds {
    let (app, name) = field_type.rsplit_once(':').unwrap_or(("", field_type));
    match (app, name) {
        ("com.pyxis.greenhopper.jira", "gh-sprint") => Holds::Sprint,
        ("com.pyxis.greenhopper.jira", "gh-epic-label" | "gh-epic-color") => Holds::Text("stringvalue"),
        ("com.pyxis.greenhopper.jira", "gh-epic-status") => Holds::Option,
        ("com.pyxis.greenhopper.jira", "gh-epic-link" | "gh-lexo-rank") => Holds::Elsewhere,
        ("com.atlassian.jira.plugin.system.customfieldtypes", name) => match name {
            "textfield" | "url" | "readonlyfield" => Holds::Text("stringvalue"),
            "textarea" => Holds::Text("textvalue"),
            "float" | "importid" => Holds::Number,
            "datepicker" => Holds::Day,
            "datetime" => Holds::Moment,
            "select" | "radiobuttons" | "multiselect" | "multicheckboxes" | "cascadingselect" => {
                Holds::Option
            }
            "version" | "multiversion" => Holds::Version,
            "project" => Holds::Project,
            "userpicker" | "multiuserpicker" => Holds::User,
            "grouppicker" | "multigrouppicker" => Holds::Group,
            "labels" => Holds::Elsewhere,
            _ => Holds::Unknown,
        },
        _ => Holds::Unknown,
    }
}

/// The columns of a value.
const COLUMNS: [&str; 4] = ["stringvalue", "numbervalue", "textvalue", "datevalue"];

/// Adds the value of a row to those of an issue.
pub(super) fn add(
    row: &DataRow,
    meanings: &Meanings,
    (project, key): (&str, &str),
    sprints: &mut Sprints,
    (parts, notes): (&mut Parts, &mut Notes),
) {
    if COLUMNS.iter().all(|column| row.get(column).is_none()) {
        return;
    }
    let Some(field) = row.get("customfield").and_then(|id| meanings.name("customField", id)).cloned() else {
        notes.add("values of custom fields that no longer exist", || key.to_owned());
        return;
    };
    let holds = holds(field.get("type").unwrap_or_default());
    if holds == Holds::Sprint {
        match row.get("stringvalue").and_then(|id| sprints.reference(id)) {
            Some(name) => parts.sprints.push(name.reference("sprint")),
            None => notes.add("sprints that no longer exist", || key.to_owned()),
        }
        return;
    }
    let node = known(row, holds, meanings, project).unwrap_or_else(|| {
        if holds == Holds::Unknown {
            notes.add("values of fields of apps, kept as they are stored", || {
                format!("{key}: {}", field.text)
            });
        } else {
            notes.add("values that lead nowhere, kept as they are stored", || {
                format!("{key}: {}", field.text)
            });
        }
        Node::new("raw")
    });
    if node.tag() == "raw" {
        for column in COLUMNS {
            if let Some(value) = row.get(column) {
                let raw = Node::leaf("raw", value).attribute("column", column);
                let parent = row.text("parentkey");
                parts.value(
                    &field,
                    match parent {
                        Some(parent) => raw.attribute("parent", parent),
                        None => raw,
                    },
                );
            }
        }
    } else {
        parts.value(&field, node);
    }
}

/// Returns what a row stands for; nothing if that cannot be told.
fn known(row: &DataRow, holds: Holds, meanings: &Meanings, project: &str) -> Option<Node> {
    // What stands in more than the column that the type uses was put there by something else.
    let only = |column: &str| {
        let others = COLUMNS.iter().any(|own| *own != column && row.text(own).is_some());
        row.get(column).filter(|_| !others)
    };
    let object = |tag: &'static str, name: Option<Name>| name.map(|name| name.reference(tag));
    match holds {
        Holds::Text(column) => Some(Node::leaf("text", only(column)?)),
        Holds::Number => Some(Node::leaf("number", number(only("numbervalue")?)?)),
        Holds::Day => Some(Node::leaf("day", meanings.zone.day(only("datevalue")?)?)),
        Holds::Moment => Some(Node::leaf("moment", meanings.zone.moment(only("datevalue")?)?)),
        Holds::Option => {
            let stored = only("stringvalue")?;
            let called = || meanings.option_called(row.get("customfield")?.trim(), stored);
            let option = meanings.option(stored).or_else(called)?;
            // A child stands below its parent in rows, too; whatever else is said there is no choice of Jira's.
            let parent = row.text("parentkey").map(|id| meanings.option(id));
            let is_child = option.get("parentOption").is_some();
            match parent {
                None if !is_child => Some(option.reference("option")),
                Some(Some(parent)) if is_child && option.get("parentOption") == Some(&parent.text) => {
                    Some(option.reference("option"))
                }
                _ => None,
            }
        }
        Holds::Version => {
            let name = meanings.name("version", &whole(only("numbervalue")?)?)?;
            (name.get("project") == Some(project)).then(|| name.without("project").reference("version"))
        }
        Holds::Project => object("project", meanings.name("project", &whole(only("numbervalue")?)?).cloned()),
        Holds::User => object("user", meanings.user(only("stringvalue")?)),
        Holds::Group => object("group", meanings.group(only("stringvalue")?)),
        Holds::Sprint | Holds::Elsewhere | Holds::Unknown => None,
    }
}

/// Returns a number in its one spelling: a backup writes `2.0`, and a database `2`.
fn number(stored: &str) -> Option<String> {
    let number: f64 = stored.trim().parse().ok()?;
    number.is_finite().then(|| number.to_string())
}

/// Returns a whole number that is stored as one with a fraction.
pub(crate) fn whole(stored: &str) -> Option<String> {
    let stored = stored.trim();
    let digits = stored
        .split_once('.')
        .map_or(stored, |(digits, rest)| if rest.bytes().all(|byte| byte == b'0') { digits } else { stored });
    match digits.parse::<u64>() {
        Ok(number) => Some(number.to_string()),
        // `1.00001E7` is how Java writes large numbers.
        Err(_) => stored
            .parse::<f64>()
            .ok()
            .filter(|own| own.fract() == 0.0 && (0.0..9e15).contains(own))
            .map(|own| format!("{own:.0}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for (stored, spelled) in
            [("2.0", "2"), ("2", "2"), ("2.50", "2.5"), ("-0.1", "-0.1"), ("1.0E10", "10000000000")]
        {
            assert_eq!(number(stored).as_deref(), Some(spelled));
        }
        assert_eq!(number("NaN"), None);
        for (stored, id) in [("10000.0", "10000"), ("10001", "10001"), ("1.00001E7", "10000100")] {
            assert_eq!(whole(stored).as_deref(), Some(id));
        }
        assert_eq!(whole("1.5"), None);
    }
}
