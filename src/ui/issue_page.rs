//! An issue for people to read: its fields, then what was said and done.
//!
//! Invariant: all that the element says is shown, in the order of the file; no escape of a text reaches the terminal.

use super::output::{bold, printable, words};
use crate::model::{Content, Element};
use crate::schema::Schema;

/// Parts that have a paragraph of their own.
const LONG: [&str; 6] = ["comment", "worklog", "change", "attachment", "property", "remoteLink"];

/// Returns the page of an issue.
pub fn issue_page(key: &str, issue: &Element) -> String {
    let mut text =
        format!("{}\n", bold(&format!("{key}  {}", printable(issue.text_of("summary").unwrap_or_default()))));
    let mut texts = String::new();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for child in issue.children() {
        let tag = child.tag();
        match tag {
            "number" | "summary" => {}
            "description" | "environment" => {
                texts.push_str(&format!("\n{}\n{}\n", bold(&words(tag)), indented(child.text(), "  ")));
            }
            tag if LONG.contains(&tag) => {}
            "value" => {
                let name = child.text_of("field").unwrap_or_default().to_owned();
                let values = child.children().iter().filter(|own| own.tag() != "field").map(value);
                rows.push((name, values.collect()));
            }
            "link" => {
                let way = if child.text_of("direction") == Some("inward") { "from" } else { "to" };
                let name = child.text_of("type").unwrap_or_default();
                rows.push((
                    format!("link {way}"),
                    vec![format!("{} ({name})", child.text_of("issue").unwrap_or_default())],
                ));
            }
            tag => match rows.last_mut() {
                Some((last, values)) if *last == words(tag) => values.push(value(child)),
                _ => rows.push((words(tag), vec![value(child)])),
            },
        }
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, values) in rows {
        let values = values.join(", ");
        let values = printable(&values).replace('\n', &format!("\n{}", " ".repeat(width + 4)));
        text.push_str(&format!("  {:width$}  {values}\n", printable(&name)));
    }
    text.push_str(&texts);
    for tag in LONG {
        let all: Vec<&Element> = issue.all(tag).collect();
        if all.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}\n", bold(&format!("{} ({})", plural_of(tag), all.len()))));
        for part in all {
            text.push_str(&paragraph(part));
        }
    }
    text
}

/// Returns a comment, or what else has a paragraph of its own.
fn paragraph(part: &Element) -> String {
    let get = |tag| part.text_of(tag).map(|text| printable(text).into_owned());
    let when = get("created").map(|own| own.get(..16).unwrap_or(&own).replace('T', " ") + " UTC");
    let mut head: Vec<String> = Vec::new();
    head.extend(when);
    head.extend(get("author"));
    match part.tag() {
        "worklog" => head.extend(get("timeSpent").and_then(|own| own.parse().ok()).map(duration)),
        "attachment" => {
            head.extend(get("name"));
            head.extend(get("size").map(|own| format!("{own} bytes")));
        }
        "property" => head.extend(get("key")),
        "remoteLink" => head.extend(get("title").into_iter().chain(get("url"))),
        _ => {}
    }
    head.extend(get("group").map(|own| format!("[only group {own}]")));
    head.extend(get("role").map(|own| format!("[only role {own}]")));
    let mut text = format!("  {}\n", head.join("  "));
    for item in part.all("item") {
        let get = |tag| item.text_of(tag).map(|text| printable(text).into_owned()).unwrap_or_default();
        text.push_str(&format!(
            "    {}: {} → {}\n",
            get("field"),
            short(&get("fromText")),
            short(&get("toText"))
        ));
    }
    for tag in ["body", "content"] {
        if let Some(body) = part.text_of(tag).filter(|body| !body.is_empty()) {
            text.push_str(&format!("{}\n", indented(body, "    ")));
        }
    }
    text
}

fn value(element: &Element) -> String {
    match &element.content {
        Content::Text(text) => {
            let ty = Schema::get().type_of(element.declaration);
            let attribute = |name: &str| {
                let number = ty.attributes.iter().position(|own| own.name == name)?;
                element.attribute(number as u8)
            };
            match (attribute("parentOption"), attribute("board"), attribute("scheme")) {
                (Some(parent), _, _) => format!("{parent} / {text}"),
                (_, Some(board), _) => format!("{text} ({board})"),
                (_, _, Some(scheme)) => format!("{text} ({scheme})"),
                _ if ["originalEstimate", "remainingEstimate", "timeSpent"].contains(&element.tag()) => {
                    text.parse().map_or_else(|_| text.to_string(), duration)
                }
                _ => text.to_string(),
            }
        }
        Content::Children(children) => children.iter().map(value).collect::<Vec<_>>().join(" "),
    }
}

/// Returns `1 h 30 min`.
fn duration(seconds: u64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn indented(text: &str, by: &str) -> String {
    let lines: Vec<String> =
        text.lines().map(|line| format!("{by}{}", printable(line)).trim_end().to_owned()).collect();
    lines.join("\n")
}

fn short(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if text.lines().nth(1).is_some() => format!("{line}…"),
        None => line.to_owned(),
    }
}

fn plural_of(tag: &str) -> &'static str {
    match tag {
        "comment" => "Comments",
        "worklog" => "Work",
        "change" => "History",
        "attachment" => "Attachments",
        "property" => "Properties",
        _ => "Links to other applications",
    }
}
