//! The spellings in brackets, back to ids: the reverse of what a translation writes where a name is not enough.
//!
//! Invariant: nothing but spellings in brackets changes; names are valid JQL and stay names.

use super::clause::{self, FieldName, Role};
use super::token::{Kind, Token, tokens};
use super::{DEEPEST, ISSUE_FUNCTION, quote};
use crate::model::Name;

/// An object that is spelled in brackets: its kind (`cf` for a custom field) and its name. The names of attributes are
/// those that the spelling has.
#[derive(Debug, PartialEq, Eq)]
pub struct Spelled {
    /// The word in front of the brackets.
    pub kind: String,
    /// The name.
    pub text: String,
    /// The other fields of the identity.
    pub attributes: Vec<(String, String)>,
}

impl Spelled {
    /// Returns whether a name has the same text and attributes.
    pub fn is(&self, name: &Name) -> bool {
        let has = |own: &(&str, String)| {
            self.attributes.iter().any(|(key, value)| (key.as_str(), value) == (own.0, &own.1))
        };
        self.text == name.text
            && self.attributes.len() == name.attributes.len()
            && name.attributes.iter().all(has)
    }
}

/// Turns the spellings in brackets into ids; `id_of` returns `None` for what it does not know as a kind, and an error
/// for an object that is not there. The errors are the spellings of which there is no object.
pub fn with_ids(
    query: &str,
    id_of: &dyn Fn(&Spelled) -> Option<Result<String, String>>,
) -> Result<String, Vec<String>> {
    let mut missing = Vec::new();
    let text = resolve(query, id_of, &mut missing, 0);
    if missing.is_empty() { Ok(text) } else { Err(missing) }
}

fn resolve(
    query: &str,
    id_of: &dyn Fn(&Spelled) -> Option<Result<String, String>>,
    missing: &mut Vec<String>,
    depth: usize,
) -> String {
    let tokens = tokens(query);
    let inner = if depth < DEEPEST { inner_queries(&tokens) } else { Vec::new() };
    let mut text = String::with_capacity(query.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some((spelled, length)) = spelled(&tokens[at..]) {
            match id_of(&spelled) {
                Some(Ok(id)) => {
                    text.push_str(&if spelled.kind == "cf" { format!("cf[{id}]") } else { id });
                    at += length;
                    continue;
                }
                Some(Err(message)) => missing.push(message),
                None => {}
            }
        }
        if inner.contains(&at) {
            let value = token.value();
            let resolved = resolve(&value, id_of, missing, depth + 1);
            text.push_str(&if resolved == value { token.text.to_owned() } else { quote(&resolved) });
        } else {
            text.push_str(token.text);
        }
        at += 1;
    }
    text
}

/// Returns whether two queries, each of an instance of its own, say the same: where one spells an object in brackets and the other
/// names it, `is_only` says whether the name means just that object in the instance of the second (`true`) or first query.
pub fn same_meaning(first: &str, second: &str, is_only: &dyn Fn(&Spelled, bool) -> bool) -> bool {
    let (ours, theirs) = (tokens(first), tokens(second));
    let (mut at, mut other) = (0, 0);
    while let (Some(own), Some(their)) = (ours.get(at), theirs.get(other)) {
        match (spelled(&ours[at..]), spelled(&theirs[other..])) {
            (Some((one, length)), Some((two, of_other))) if one == two => {
                (at, other) = (at + length, other + of_other);
            }
            (Some((one, length)), None) if means(their, &one) && is_only(&one, true) => {
                (at, other) = (at + length, other + 1);
            }
            (None, Some((two, length))) if means(own, &two) && is_only(&two, false) => {
                (at, other) = (at + 1, other + length);
            }
            _ if own.text == their.text => (at, other) = (at + 1, other + 1),
            _ => return false,
        }
    }
    at == ours.len() && other == theirs.len()
}

/// Returns whether a token is the name of an object.
fn means(token: &Token<'_>, spelled: &Spelled) -> bool {
    token.is_text() && token.value() == spelled.text
}

/// Returns all names and values of a query.
pub fn texts(query: &str) -> impl Iterator<Item = String> {
    tokens(query).into_iter().filter(Token::is_text).map(|token| token.value().into_owned())
}

/// Returns the tokens that are queries in arguments.
fn inner_queries(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut places = Vec::new();
    for clause in clause::parse(tokens).clauses {
        let of_function =
            matches!(&clause.field.name, FieldName::Text(name) if name.eq_ignore_ascii_case(ISSUE_FUNCTION));
        for operand in clause.operands.iter().filter(|_| of_function) {
            let first = matches!(operand.role, Role::Argument { place: 0, .. });
            if first && tokens[operand.token].kind == Kind::Quoted {
                places.push(operand.token);
            }
        }
    }
    places
}

/// Reads `kind["Name", attribute="value"]` at the beginning; returns how many tokens it has.
fn spelled(tokens: &[Token<'_>]) -> Option<(Spelled, usize)> {
    let mut places = (0..tokens.len()).filter(|&place| tokens[place].kind != Kind::Space);
    let mut next = || places.next().map(|place| (place, tokens[place]));
    let (_, kind) = next().filter(|(place, token)| *place == 0 && token.kind == Kind::Word)?;
    next().filter(|(_, token)| token.is("["))?;
    let (_, text) = next().filter(|(_, token)| token.kind == Kind::Quoted)?;
    let mut spelled =
        Spelled { kind: kind.text.to_owned(), text: text.value().into_owned(), attributes: Vec::new() };
    loop {
        let (place, token) = next()?;
        if token.is("]") {
            return Some((spelled, place + 1));
        }
        let (_, attribute) = Some(next()?).filter(|_| token.is(","))?;
        next().filter(|(_, token)| token.is("="))?;
        let (_, value) = next().filter(|(_, token)| token.kind == Kind::Quoted)?;
        spelled.attributes.push((attribute.text.to_owned(), value.value().into_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(spelled: &Spelled) -> Option<Result<String, String>> {
        let attributes: Vec<String> =
            spelled.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        match (&*spelled.kind, &*spelled.text, &*attributes.join(" ")) {
            ("cf", "Team \"A\"", "type=t:select") => Some(Ok("10010".to_owned())),
            ("version", "1.0", "project=TST") => Some(Ok("7".to_owned())),
            ("filter", "Shared", "author=amy duplicate=2") => Some(Ok("10002".to_owned())),
            ("cf" | "version" | "filter", text, _) => Some(Err(format!("no {text}"))),
            _ => None,
        }
    }

    fn resolved(query: &str) -> String {
        match with_ids(query, &known) {
            Ok(text) => text,
            Err(missing) => format!("? {}", missing.join(", ")),
        }
    }

    #[test]
    fn brackets_become_ids_and_names_stay() {
        assert_eq!(
            resolved(
                r#"cf["Team \"A\"", type="t:select"] = x AND fixVersion in (version["1.0", project="TST"], "2.0")"#
            ),
            r#"cf[10010] = x AND fixVersion in (7, "2.0")"#
        );
        assert_eq!(
            resolved(
                r#"filter = filter [ "Shared" , author = "amy", duplicate="2" ] ORDER BY cf["Team \"A\"",type="t:select"] DESC"#
            ),
            "filter = 10002 ORDER BY cf[10010] DESC"
        );
        for same in [
            "cf[10010] = \"cf[\\\"Team\\\"]\" and \"Team\" = 'version[\"1.0\"]'",
            "issue.property[\"key\"].path = 1",
            "cf[\"Team",
            "version[\"1.0\", project]",
            "version[\"1.0\" project=\"TST\"]",
        ] {
            assert_eq!(resolved(same), same);
        }
    }

    #[test]
    fn a_name_and_a_spelling_of_what_it_means_say_the_same() {
        let named = r#"project = A and "Team" in (x, y)"#;
        let spelled = r#"project = A and cf["Team", type="t"] in (x, y)"#;
        let only = |wanted: bool| move |own: &Spelled, second: bool| own.text == "Team" && second == wanted;
        assert!(same_meaning(spelled, named, &only(true)) && same_meaning(named, spelled, &only(false)));
        assert!(!same_meaning(spelled, named, &only(false)) && !same_meaning(named, spelled, &only(true)));
        assert!(same_meaning(spelled, spelled, &|_, _| false));
        let other = spelled.replace("\"t\"", "\"u\"");
        assert!(!same_meaning(spelled, &other, &|_, _| true));
        assert!(!same_meaning(spelled, &named.replace('y', "z"), &only(true)));
        assert!(!same_meaning(named, &format!("{named} or 1"), &only(true)));
    }

    #[test]
    fn what_is_not_there_is_told_and_queries_in_functions_are_resolved() {
        assert_eq!(resolved(r#"version = version["9"] or cf["X"] = 1"#), "? no 9, no X");
        assert_eq!(
            resolved(r#"issueFunction in subtasksOf("fixVersion = version[\"1.0\", project=\"TST\"]")"#),
            r#"issueFunction in subtasksOf("fixVersion = 7")"#
        );
        let same = r#"issueFunction in subtasksOf('project = A')"#;
        assert_eq!(resolved(same), same);
    }
}
