//! The settings of gadgets: which of them name objects, and how Jira stores those.
//!
//! Jira keeps every setting as text and says nowhere what it means, so the keys of its own gadgets and portlets are
//! listed here, in lower case, in which the portlets of 3.x wrote them. They are known of its gadgets; the data has
//! few of them. Invariant: a setting is either translated as a whole or kept as a whole.

use crate::mapping::ground::context::Context;
use crate::mapping::ground::names::Names;
use crate::mapping::ground::queries::{Queries, is_query_key};
use crate::model::{Identity, Name, Node, NoteKind, Path};

/// What separates the values of a list.
pub(crate) const SEPARATOR: char = '|';

/// Prefixes of numbers, and the kinds that they mean: `projectOrFilterId` = `filter-10000`.
const PREFIXES: [(&str, &str); 2] = [("filter-", "filter"), ("project-", "project")];

/// The prefix of a query in `projectOrFilterId`.
pub(crate) const QUERY_PREFIX: &str = "jql-";

/// Keys in lower case, and what their numbers mean.
const KEYS: [(&str, &str); 23] = [
    ("boardid", "scrumKanbanBoard"),
    ("filter", "filter"),
    ("filterid", "filter"),
    ("id", ""),
    ("issuetype", "issueType"),
    ("issuetypeid", "issueType"),
    ("priority", "priority"),
    ("project", "project"),
    ("projectid", "project"),
    ("projectids", "project"),
    ("projectorfilterid", ""),
    ("projects", "project"),
    ("projectsfilter", "project"),
    ("projectsorcategories", "project"),
    ("rapidview", "scrumKanbanBoard"),
    ("rapidviewid", "scrumKanbanBoard"),
    ("resolution", "resolution"),
    ("savedfilterid", "filter"),
    ("selectedprojectid", "project"),
    ("sprintid", ""),
    ("status", "status"),
    ("version", "version"),
    ("versionid", "version"),
];

/// Keys in lower case whose values are lists of fields, also when none of them is a custom field.
const FIELD_LISTS: [&str; 2] = ["columnnames", "columns"];

/// Keys in lower case whose values are lists of project keys (the activity stream).
pub(crate) const PROJECT_KEYS: [&str; 2] = ["keys", "projectkeys"];

/// Parts of keys in lower case that tell a secret.
const SECRET_KEYS: [&str; 6] = ["password", "passwd", "secret", "token", "credential", "apikey"];

/// Parts of addresses in lower case that tell a secret; `os_password` is Jira's own.
const SECRET_PARAMETERS: [&str; 5] = ["os_password=", "password=", "token=", "apikey=", "api_key="];

/// Returns the element of a setting and what it names; `None` for a secret, which is left out and noted.
pub(crate) fn preference(
    context: &mut Context<'_>,
    queries: &Queries<'_>,
    gadget: &Path,
    key: &str,
    value: &str,
) -> Option<(Node, Vec<Identity>)> {
    let path = gadget.part("preference", key);
    if is_secret(key, value) {
        let message = "it looks like a password; secrets are never exported".to_owned();
        context.snapshot.note(NoteKind::Misfit, path, message);
        return None;
    }
    let node = Node::new("preference").text("key", key);
    let lower = key.to_lowercase();
    if let Some(query) = query_in(key, value) {
        let (text, mentions) = queries.translate(context, &path, query);
        let prefix = &value[..value.len() - query.len()];
        return Some((node.text("value", format!("{prefix}{text}")), mentions));
    }
    let names = context.names;
    let translated = match meaning(&lower, value, names) {
        Meaning::Text => None,
        Meaning::Objects(prefix, objects) => {
            let node = if prefix { node.clone().text("prefix", "true") } else { node.clone() };
            Some(node.with_all(objects))
        }
        Meaning::Unknown => {
            context.untranslated(path, format!("`{value}` has no name here; it is kept as it is"));
            None
        }
    };
    Some((translated.unwrap_or_else(|| node.text_if("value", Some(value))), Vec::new()))
}

/// Returns the query in a value, if there is one.
pub(crate) fn query_in<'v>(key: &str, value: &'v str) -> Option<&'v str> {
    let query = value.strip_prefix(QUERY_PREFIX);
    query.or_else(|| is_query_key(key).then_some(value))
}

enum Meaning {
    /// The value names no object.
    Text,
    /// It names these, with a prefix in front of their numbers.
    Objects(bool, Vec<Node>),
    /// It names something by a number that nothing has.
    Unknown,
}

fn meaning(key: &str, value: &str, names: &Names) -> Meaning {
    let is_custom_field = |item: &str| item.strip_prefix("customfield_").is_some_and(is_number);
    let items: Vec<&str> = value.split(SEPARATOR).collect();
    let some_custom = items.iter().any(|item| is_custom_field(item));
    let plain = |item: &&str| !item.is_empty() && item.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if some_custom || (FIELD_LISTS.contains(&key) && items.iter().all(plain)) {
        return all(false, items.iter().map(|item| Some(names.field(item)?.reference("field"))));
    }
    for (prefix, kind) in PREFIXES {
        if items.iter().all(|item| item.strip_prefix(prefix).is_some_and(is_number)) {
            let ids = items.iter().map(|item| &item[prefix.len()..]);
            return all(true, ids.map(|id| Some(names.get(kind, id)?.reference(kind))));
        }
    }
    if items.iter().all(|item| item.strip_prefix("JIRAUSER").is_some_and(is_number)) {
        return all(false, items.iter().map(|key| Some(names.user(key)?.reference("user"))));
    }
    if PROJECT_KEYS.contains(&key) {
        let keys: Option<Vec<Name>> = items.iter().map(|item| names.project(item)).collect();
        // `__all_projects__`, and keys of projects that are gone, are no ids.
        return keys.map_or(Meaning::Text, |keys| {
            Meaning::Objects(false, keys.iter().map(|name| name.reference("project")).collect())
        });
    }
    let Some((_, kind)) = KEYS.iter().find(|(own, _)| *own == key) else { return Meaning::Text };
    let numbers = items.iter().filter(|item| is_number(item)).count();
    let others = items.iter().any(|item| {
        ["cat", "filter-", "project-"].iter().any(|prefix| item.strip_prefix(prefix).is_some_and(is_number))
    });
    if numbers == items.len() {
        return all(false, items.iter().map(|id| Some(names.get(kind, id)?.reference(kind))));
    }
    if numbers > 0 || others { Meaning::Unknown } else { Meaning::Text }
}

fn all(prefix: bool, nodes: impl Iterator<Item = Option<Node>>) -> Meaning {
    match nodes.collect::<Option<Vec<Node>>>() {
        Some(nodes) => Meaning::Objects(prefix, nodes),
        None => Meaning::Unknown,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a setting looks like a secret.
pub(crate) fn is_secret(key: &str, value: &str) -> bool {
    let key = key.to_lowercase().replace(['-', '_', '.'], "");
    let value = value.to_lowercase();
    let address = value.split_once("://").map(|(_, rest)| rest);
    let has_login = address
        .and_then(|rest| rest.split(['/', '?', '#']).next())
        .is_some_and(|host| host.rsplit_once('@').is_some_and(|(login, _)| login.contains(':')));
    SECRET_KEYS.iter().any(|part| key.contains(part))
        || has_login
        || (address.is_some() && SECRET_PARAMETERS.iter().any(|part| value.contains(part)))
}
