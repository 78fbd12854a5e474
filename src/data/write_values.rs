//! The values of custom fields, and those of the history, as the place that gets them stores them.
//!
//! Invariant: the type of the field in that place says how a value is stored; a value that its type cannot hold is refused.

use super::write::{Each, IssueWriter, Own, new_row};
use crate::entity::DataRow;
use crate::model::{Element, Name};
use crate::schema::DUPLICATE;

/// The type of the field that holds sprints.
const SPRINT: &str = "com.pyxis.greenhopper.jira:gh-sprint";

/// Writes what an issue holds in a field.
pub(super) fn field(writer: &mut IssueWriter<'_, '_>, own: &Own<'_>, value: &Element, each: Each<'_>) {
    let Some(reference) = value.get("field") else { return };
    let Some(id) = writer.target.id("customField", reference).map(str::to_owned) else {
        writer.refused.add("custom fields are missing", || format!("`{}` ({})", reference.text(), own.key));
        return;
    };
    let is_of_labels = writer.target.field_type(&id).is_some_and(|ty| ty.ends_with(":labels"));
    for part in value.children() {
        let text = part.text();
        if part.tag() == "text" && is_of_labels {
            let mut row = new_row(writer.ids, "Label");
            row.set("issue", Some(&own.id));
            row.set("fieldid", Some(&id));
            row.set("label", Some(text));
            each(row);
            continue;
        }
        let stored = match part.tag() {
            "field" => continue,
            "text" => Some((text_column(writer.target.field_type(&id)), text.to_owned())),
            "number" => Some(("numbervalue", fraction(text))),
            "day" => Some(("datevalue", writer.target.zone.stored_day(text))),
            "moment" => writer.target.zone.stored(text).map(|own| ("datevalue", own)),
            "option" => option(writer, &id, part).map(|own| ("stringvalue", own)),
            "version" => {
                let version = writer.target.part("version", part, ("project", own.project));
                version.map(|own| ("numbervalue", fraction(own)))
            }
            "project" => writer.target.id("project", part).map(|own| ("numbervalue", fraction(own))),
            "user" => writer.account(own, text, "a field").map(|own| ("stringvalue", own)),
            "group" => {
                let group = writer.target.group(text).unwrap_or_else(|| text.to_owned());
                Some(("stringvalue", group))
            }
            _ if writer.raw => {
                part.attribute_named("column").and_then(column).map(|own| (own, text.to_owned()))
            }
            _ => {
                writer
                    .told
                    .add("values of apps, left out (`--raw-values` writes them as they are stored)", || {
                        format!("`{}` ({})", reference.text(), own.key)
                    });
                continue;
            }
        };
        let Some((column, stored)) = stored else {
            let what = part.tag();
            if what == "project" {
                writer.told.add(
                    "projects that fields name are not there, so that these values are left out",
                    || format!("`{text}` ({})", own.key),
                );
            } else {
                writer.refused.add("values have no place", || {
                    format!("{what} `{text}` of field `{}` ({})", reference.text(), own.key)
                });
            }
            continue;
        };
        let mut row = value_row(writer, own, &id);
        row.set(column, Some(&stored));
        row.set("parentkey", parent(writer, &id, part).as_deref());
        each(row);
    }
}

/// Writes in which sprints an issue is.
pub(super) fn sprints(writer: &mut IssueWriter<'_, '_>, own: &Own<'_>, issue: &Element, each: Each<'_>) {
    for sprint in issue.all("sprint") {
        let name = sprint_name(sprint);
        let field = writer.target.field_of_type(SPRINT).map(str::to_owned);
        match (field, writer.sprints.get(&name).cloned()) {
            (Some(field), Some(id)) => {
                let mut row = value_row(writer, own, &field);
                row.set("stringvalue", Some(&id));
                each(row);
            }
            _ => writer.refused.add("sprints have no place", || format!("`{}` ({})", name.text, own.key)),
        }
    }
}

/// Returns what tells a sprint from others, as references and definitions say it.
pub fn sprint_name(sprint: &Element) -> Name {
    let board = sprint.attribute_named("board").or_else(|| sprint.text_of("board")).unwrap_or_default();
    Name::plain(sprint.text_of("name").unwrap_or(sprint.text()))
        .with("board", board)
        .with(DUPLICATE, sprint.attribute_named(DUPLICATE).unwrap_or_default())
}

fn value_row(writer: &mut IssueWriter<'_, '_>, own: &Own<'_>, field: &str) -> DataRow {
    let mut row = new_row(writer.ids, "CustomFieldValue");
    row.set("issue", Some(&own.id));
    row.set("customfield", Some(field));
    row
}

fn option_name(part: &Element) -> Name {
    let get = |name| part.attribute_named(name).unwrap_or_default();
    Name::plain(part.text())
        .with("context", get("context"))
        .with("parentOption", get("parentOption"))
        .with(DUPLICATE, get(DUPLICATE))
}

fn option(writer: &IssueWriter<'_, '_>, field: &str, part: &Element) -> Option<String> {
    writer.target.option(field, &option_name(part)).map(str::to_owned)
}

/// Returns what the row of a value says of the option of the first level, or of what it says raw.
fn parent(writer: &IssueWriter<'_, '_>, field: &str, part: &Element) -> Option<String> {
    if part.tag() == "raw" {
        return part.attribute_named("parent").map(str::to_owned);
    }
    let parent = part.attribute_named("parentOption").filter(|_| part.tag() == "option")?;
    let context = part.attribute_named("context").unwrap_or_default();
    writer.target.option(field, &Name::plain(parent).with("context", context)).map(str::to_owned)
}

fn text_column(ty: Option<&str>) -> &'static str {
    if ty.is_some_and(|ty| ty.ends_with(":textarea")) { "textvalue" } else { "stringvalue" }
}

fn column(name: &str) -> Option<&'static str> {
    ["stringvalue", "numbervalue", "textvalue", "datevalue"].into_iter().find(|own| *own == name)
}

/// Returns a number as Java writes one with a fraction.
fn fraction(number: &str) -> String {
    if number.contains(['.', 'e', 'E']) { number.to_owned() } else { format!("{number}.0") }
}

/// Returns how the place stores what a value of the history stands for; nothing if it does not have that.
pub(super) fn history(writer: &IssueWriter<'_, '_>, item: &Element, meant: &Element) -> Option<String> {
    let target = &writer.target;
    let (text, within) = (meant.text(), meant.attribute_named("within").unwrap_or_default());
    let plain = |kind: &str| target.named(kind, &Name::plain(text)).map(str::to_owned);
    let part = |kind: &str, owner: &'static str| {
        target.named(kind, &Name::plain(text).with(owner, within)).map(str::to_owned)
    };
    match meant.attribute_named("kind")? {
        "status" => plain("status"),
        "priority" => plain("priority"),
        "resolution" => plain("resolution"),
        "issueType" => plain("issueType"),
        "subtaskType" => {
            target.named("issueType", &Name::plain(text).with("subtask", "true")).map(str::to_owned)
        }
        "project" => plain("project"),
        "version" => part("version", "project"),
        "component" => part("component", "project"),
        "securityLevel" => part("issueSecurityLevel", "scheme"),
        "user" => target.user(text).or_else(|| Some(text.to_owned())),
        // Links are told by the key, everything else by the id.
        "issue" if item.text_of("field") == Some("Link") => Some(text.to_owned()),
        "issue" => writer.keys.id(text).map(|id| id.to_string()),
        "option" => {
            let field = target.field_called(within)?;
            target.only_option(field, text).map(str::to_owned)
        }
        _ => Some(text.to_owned()),
    }
}
