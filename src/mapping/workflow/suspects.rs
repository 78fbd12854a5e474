//! What looks like an id of the instance, in places of which nobody says what they hold.
//!
//! Invariant: nothing changes because of a suspicion; it is told at the export, where the id still means something, and at the
//! import, where it may mean something else.

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
    let items = text.split(SEPARATORS).filter(|item| !item.is_empty());
    let numbers: Option<Vec<u64>> = items.map(|item| is_digits(item).then(|| item.parse().ok())?).collect();
    let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
    let is_id = is_name_of_id(name) || numbers.iter().any(|number| *number >= jql::FIRST_ID);
    is_id.then(|| format!("`{}` looks like an id of unknown kind", text.trim()))
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
