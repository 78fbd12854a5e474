//! What looks like an id of the instance, in places of which nobody says what they hold.
//!
//! Invariant: nothing changes because of a suspicion; it is told at the export, where the id still means something, and at the
//! import, where it may mean something else.

use serde_json::Value;

use super::script_runner;
use super::tree::{self, Tree, TreeNode};
use crate::jql;

/// The prefix of a custom field's id.
const CUSTOM_FIELD: &str = "customfield_";

/// What stands between the ids of a list.
const SEPARATORS: [char; 5] = [',', '|', '@', ';', ' '];

/// Says what looks like an id in the value of an argument or property.
pub(crate) fn in_value(name: &str, raw: &str) -> Option<String> {
    let text = script_runner::decoded(raw);
    let text = text.as_deref().unwrap_or(raw);
    if mentions_field(text) {
        return Some("a field is named by its id".to_owned());
    }
    if text.split(SEPARATORS).any(is_made_up_key) {
        return Some("a user is named by the key that Jira made up".to_owned());
    }
    let json = text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten();
    if let Some(found) = json.as_ref().and_then(|json| in_json(name, json)) {
        return Some(found);
    }
    if jql::broken(text).is_none()
        && let [named, ..] = &*jql::ids(text)
    {
        return Some(format!("what looks like a query names by its id: {named}"));
    }
    let items = text.split(SEPARATORS).filter(|item| !item.is_empty());
    let numbers: Option<Vec<u64>> = items.map(|item| is_digits(item).then(|| item.parse().ok())?).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    let is_id = is_name_of_id(name) || numbers.iter().any(|number| *number >= jql::FIRST_ID);
    is_id.then(|| format!("`{}` looks like an id of unknown kind", text.trim()))
}

/// Says what looks like an id in JSON, in which apps keep several values of one argument.
fn in_json(name: &str, json: &Value) -> Option<String> {
    match json {
        Value::String(text) => in_value(name, text),
        Value::Number(number) => in_value(name, &number.to_string()),
        Value::Array(all) => all.iter().find_map(|own| in_json(name, own)),
        Value::Object(all) => all.iter().find_map(|(name, own)| in_json(name, own)),
        Value::Null | Value::Bool(_) => None,
    }
}

/// Returns whether a text is the key of a user that Jira made up.
pub(super) fn is_made_up_key(text: &str) -> bool {
    text.strip_prefix("JIRAUSER").is_some_and(is_digits)
}

/// Says what looks like an id in a part that is kept as it is.
pub(crate) fn in_kept(text: &str) -> Option<String> {
    fn find(tree: &Tree) -> Option<String> {
        let text = tree.own_text();
        let named = tree.get("name").unwrap_or_default();
        let own = matches!(tree.name.as_str(), "arg" | "meta").then(|| in_value(named, &text)).flatten();
        let field = || mentions_field(&text).then(|| "a field is named by its id".to_owned());
        let inside = || {
            tree.nodes.iter().find_map(|node| match node {
                TreeNode::Element(child) => find(child),
                TreeNode::Text(_) => None,
            })
        };
        own.or_else(field).or_else(inside)
    }
    find(&tree::parse(text).ok()?)
}

fn mentions_field(text: &str) -> bool {
    let mut ids = text.match_indices(CUSTOM_FIELD).map(|(at, prefix)| &text[at + prefix.len()..]);
    ids.any(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a name says that it is that of an id: `statusId`, `FIELD_BOARD_ID`, `role.ids`.
fn is_name_of_id(name: &str) -> bool {
    ["Id", "Ids", "ID", "IDs", "IDS"].iter().any(|end| {
        name.strip_suffix(end).is_some_and(|rest| {
            rest.is_empty()
                || end.starts_with("Id")
                || !rest.ends_with(|last: char| last.is_ascii_uppercase())
        })
    }) || ["id", "ids"].iter().any(|end| {
        name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with(['.', '_', '-']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_and_other_numbers_are_not() {
        for (name, value) in [
            ("statusId", "1"),
            ("FIELD_BOARD_ID", "3"),
            ("role.ids", "1,2"),
            ("anything", "10001"),
            ("anything", "1@@10001@@"),
            ("script", "issue.get('customfield_10100')"),
            ("script", "YCFgY3VzdG9tZmllbGRfMTAxMDA="),
            ("query", "project = 10000 and resolution = Unresolved"),
            ("condition", "cf[10000] is EMPTY"),
            ("users", "ada,JIRAUSER10100"),
            ("config", "{\"to\": [{\"roleId\": 3}]}"),
            ("config", "[10000, \"10001\"]"),
            ("config", "{\"only\": \"project = 10000\"}"),
        ] {
            assert!(in_value(name, value).is_some(), "{name} {value}");
        }
        for (name, value) in [
            ("opsbar-sequence", "20"),
            ("jira.issue.editable", "false"),
            ("paid", "1"),
            ("VALID", "1"),
            ("statusId", ""),
            ("statusId", "%%CURRENT%%"),
            ("text", "in 10001 days"),
            ("query", "project = DEMO and created > -10d"),
            ("query", "project = 10000 AND"),
            ("script", "id == 10000L"),
            ("config", "{\"count\": 3, \"text\": \"in 10001 days\"}"),
            ("config", "{10001"),
        ] {
            assert_eq!(in_value(name, value), None, "{name} {value}");
        }
        let kept =
            "<registers><register variable-name=\"x\"><arg name=\"fieldId\">7</arg></register></registers>";
        assert!(in_kept(kept).is_some());
        assert_eq!(
            in_kept("<splits><split id=\"10001\"/></splits>"),
            None,
            "a number of the workflow itself"
        );
    }
}
