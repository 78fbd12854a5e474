//! Texts that mean something to Jira, and mean nothing as they are: queries, addresses, keys of permissions, Java classes.
//!
//! Which texts these are, the schema says. Invariant: a name that pcfg does not know may belong to an app or another version
//! of Jira, so it is told only where it stands in a name space of Jira's own or is near to a name that is known; and it is
//! an error only where it is a slip of one character.

use crate::jql;
use crate::model::{Element, Problem, Problems, is_address, is_slip, near};
use crate::schema::{Content, Form, Known, Schema};

/// The classes of conditions and validators of which an argument is the key of a permission, and the name of that argument.
const OF_PERMISSIONS: [&str; 2] = [
    "com.atlassian.jira.workflow.condition.PermissionCondition",
    "com.atlassian.jira.workflow.validator.PermissionValidator",
];
const PERMISSION: &str = "permissionKey";

/// Finds what is wrong with the text of an element.
pub(super) fn find(way: &[&Element], element: &Element, problems: &mut Problems) {
    problems.extend(permission_of_argument(way, element));
    let Content::Leaf(simple) = &Schema::get().type_of(element.declaration).content else { return };
    let (tag, text) = (element.tag(), element.text());
    let formed = match &simple.form {
        Some(Form::Jql) => jql::broken(text).map(|broken| {
            let jql::Broken { place, message } = broken;
            Problem::error("no-query", format!("`<{tag}>` is not valid JQL: {message} (character {place})"))
                .help("write a query that Jira's issue search accepts")
        }),
        Some(Form::Address) if !is_address(text) => {
            let message = format!("`{text}` in `<{tag}>` is not an e-mail address");
            Some(Problem::error("no-address", message).help("write one of the form name@host"))
        }
        _ => None,
    };
    let known = simple.known.as_ref().and_then(|known| unknown(known, tag, text));
    problems.extend(formed.into_iter().chain(known).map(|problem| super::on(problem, way, None)));
}

/// Returns what there is to say of the value of an argument that is the key of a permission.
fn permission_of_argument(way: &[&Element], value: &Element) -> Option<Problem> {
    let [.., function, argument, _] = way else { return None };
    let is_key = value.tag() == "value"
        && argument.text_of("name") == Some(PERMISSION)
        && function.text_of("class").is_some_and(|class| OF_PERMISSIONS.contains(&class));
    if !is_key {
        return None;
    }
    let (_, keys) = Schema::get().types().find(|(_, ty)| ty.name == "PermissionKey")?;
    let Content::Leaf(simple) = &keys.content else { return None };
    let problem = unknown(simple.known.as_ref()?, "permission", value.text())?;
    Some(super::on(problem, way, None))
}

/// Returns what there is to say of a name: nothing if it is known, or if it may be that of an app.
fn unknown(known: &Known, tag: &str, text: &str) -> Option<Problem> {
    let text = text.trim();
    let Some(name) = text.strip_prefix(&*known.within) else {
        let meant =
            known.values.iter().map(|own| format!("{}{own}", known.within)).find(|own| is_slip(text, own))?;
        let problem = Problem::error("unknown-name", format!("nothing is called `{text}`"));
        return Some(problem.help(format!("did you mean `{meant}`?")));
    };
    // A number is a permission of a Jira that pcfg does not know.
    if known.values.iter().any(|own| own == name) || name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let slip = known.values.iter().find(|own| is_slip(name, own));
    let hint = match slip {
        Some(meant) => Some(format!("did you mean `{}{meant}`?", known.within)),
        None => near(name, known.values.iter().map(String::as_str)),
    };
    if hint.is_none() && known.within.is_empty() {
        return None;
    }
    let message = match known.within.is_empty() {
        true => format!("`{text}` is not a `<{tag}>` of Jira itself"),
        false => format!("Jira has no `{name}` in `{}`", known.within.trim_end_matches(['.', ':'])),
    };
    let problem = Problem::error("unknown-name", message);
    let problem = if slip.is_some() { problem } else { problem.warning() };
    Some(problem.help(
        hint.unwrap_or_else(|| "does it come from another version of Jira, or from an app?".to_owned()),
    ))
}
