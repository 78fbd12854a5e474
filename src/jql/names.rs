//! How names are written in JQL, and which ones JQL has taken for itself.

use super::Values;
use crate::model::Name;

/// The fields that every Jira has, in lower case (by the reference of JQL, with the names of columns that cannot be
/// searched, to be safe). A custom field of such a name cannot be meant by the name.
const SYSTEM_FIELDS: [&str; 70] = [
    "affectedversion",
    "approvals",
    "assignee",
    "attachments",
    "category",
    "cf",
    "comment",
    "component",
    "created",
    "createddate",
    "creator",
    "description",
    "due",
    "duedate",
    "environment",
    "filter",
    "fixversion",
    "hierarchylevel",
    "id",
    "issue",
    "issue.property",
    "issuekey",
    "issuelink",
    "issuelinktype",
    "issuetype",
    "key",
    "labels",
    "lastviewed",
    "level",
    "originalestimate",
    "parent",
    "parentissue",
    "parentepic",
    "parentproject",
    "priority",
    "progress",
    "project",
    "projecttype",
    "remainingestimate",
    "remaininglinks",
    "reporter",
    "request",
    "resolution",
    "resolutiondate",
    "resolved",
    "savedfilter",
    "searchrequest",
    "security",
    "status",
    "statuscategory",
    "statuscategorychangeddate",
    "subtasks",
    "summary",
    "text",
    "thumbnail",
    "timeestimate",
    "timeoriginalestimate",
    "timespent",
    "type",
    "updated",
    "updateddate",
    "voter",
    "votes",
    "watcher",
    "watchers",
    "worklogauthor",
    "worklogcomment",
    "worklogdate",
    "workratio",
    "issuehistory",
];

/// Words that have to be in quotes (by the reference of JQL).
const RESERVED: &str = "abort access add after alias all alter and any as asc audit avg before begin between boolean \
    break by byte catch cf changed char character check checkpoint collate collation column commit connect continue \
    count create current date decimal declare decrement default defaults define delete delimiter desc difference \
    distinct divide do double drop else empty encoding end equals escape exclusive exec execute exists explain false \
    fetch field file first float for from function go goto grant greater group having identified if immediate in \
    increment index initial inner inout input insert int integer intersect intersection into is isempty isnull join \
    last left less like limit lock long max min minus mode modify modulo more multiply next noaudit not notin nowait \
    null number object of on option or order outer output power previous prior privileges public raise raw remainder \
    rename resource return returns revoke right row rowid rownum rows select session set share size sqrt start strict \
    string subtract sum synonym table then to trans transaction trigger true uid union unique update user validate \
    values view was when whenever where while with";

/// Returns whether JQL takes a name for a field of its own, whatever custom fields there are.
pub fn is_system_field(name: &str) -> bool {
    SYSTEM_FIELDS.contains(&name.to_lowercase().as_str())
}

/// Returns what the values of a system field are, if they can be ids.
pub(super) fn system_values(field: &str) -> Option<Values> {
    Some(match field.to_lowercase().as_str() {
        "project" => Values::Kind("project"),
        "issuetype" | "type" => Values::Kind("issueType"),
        "status" => Values::Kind("status"),
        "priority" => Values::Kind("priority"),
        "resolution" => Values::Kind("resolution"),
        "component" => Values::Kind("component"),
        "fixversion" | "affectedversion" => Values::Kind("version"),
        "level" => Values::Kind("issueSecurityLevel"),
        "category" => Values::Kind("projectCategory"),
        "filter" | "request" | "savedfilter" | "searchrequest" => Values::Kind("filter"),
        "assignee" | "reporter" | "creator" | "voter" | "watcher" | "worklogauthor" => Values::Users,
        "issue" | "id" | "key" | "issuekey" | "parent" => Values::Data("issue"),
        _ => return None,
    })
}

/// Writes a text in quotes.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Jira refuses other control characters, in quotes too.
            _ if char.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a text as a word if it can stand without quotes, as project keys and user names do.
pub fn word(text: &str) -> String {
    let plain = text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && text.starts_with(|char: char| char.is_ascii_alphabetic());
    let lower = text.to_lowercase();
    if plain && !RESERVED.split_whitespace().any(|word| word == lower) {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// Writes the whole identity of an object, where its name alone could mean something else.
pub fn spell_out(kind: &str, name: &Name) -> String {
    let mut text = format!("{kind}[{}", quote(&name.text));
    for (attribute, value) in &name.attributes {
        text.push_str(&format!(", {attribute}={}", quote(value)));
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_and_others_stay() {
        assert_eq!(quote("Größe"), "\"Größe\"");
        assert_eq!(quote(r#"5" \ 6"#), r#""5\" \\ 6""#);
        assert_eq!(quote("it's\ttwo\nlines\u{1}"), r#""it's\ttwo\nlines\u0001""#);
    }

    #[test]
    fn only_plain_words_stand_without_quotes() {
        assert_eq!(word("TST"), "TST");
        assert_eq!(word("ORDER"), "\"ORDER\"");
        assert_eq!(word("IN"), "\"IN\"");
        assert_eq!(word("a.b@c"), "\"a.b@c\"");
        assert_eq!(word("10"), "\"10\"");
        assert_eq!(word(""), "\"\"");
    }
}
