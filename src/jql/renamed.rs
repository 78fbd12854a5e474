//! Queries in which objects have other names.
//!
//! Invariant: nothing but names of objects that have a new one changes; what is no JQL stays as far as its clauses cannot be told.

use super::clause::{self, Field, FieldName, Role};
use super::names::{self, is_system_field, quote, word};
use super::spelled::{Spelled, with_ids};
use super::token::{Kind, Token, tokens};
use super::{DEEPEST, ISSUE_FUNCTION, OF_PROJECTS, Values, joined};

/// Returns the new name of an object by its kind and the name that a query has for it.
pub type NewName<'n> = dyn Fn(&str, &str) -> Option<String> + 'n;

/// Returns a query with the new names.
pub fn renamed(query: &str, new_name: &NewName<'_>) -> String {
    at(query, new_name, 0)
}

fn at(query: &str, new_name: &NewName<'_>, depth: usize) -> String {
    let respelled = |own: &Spelled| {
        let kind = if own.kind == "cf" { "customField" } else { own.kind.as_str() };
        let mut inner = quote(&new_name(kind, &own.text)?);
        own.attributes.iter().for_each(|(key, value)| inner.push_str(&format!(", {key}={}", quote(value))));
        // The brackets of a field are written with it.
        Some(Ok(if own.kind == "cf" { inner } else { format!("{}[{inner}]", own.kind) }))
    };
    let query = with_ids(query, &respelled).unwrap_or_else(|_| query.to_owned());
    let tokens = tokens(&query);
    let parsed = clause::parse(&tokens);
    let mut work = Work { tokens: &tokens, new_name, depth, changes: Vec::new() };
    for clause in &parsed.clauses {
        work.field(&clause.field);
        if clause.search {
            continue;
        }
        let values = match &clause.field.name {
            FieldName::Text(name) if is_system_field(name) => names::system_values(name),
            _ => None,
        };
        for operand in &clause.operands {
            match (operand.role, &values) {
                (Role::Value, Some(Values::Kind(kind))) => work.value(kind, operand.token),
                (Role::Argument { function, place }, _) => {
                    work.argument(&clause.field, (function, place), operand.token);
                }
                _ => {}
            }
        }
    }
    parsed.order.iter().for_each(|field| work.field(field));
    joined(&tokens, work.changes)
}

struct Work<'w, 'a> {
    tokens: &'w [Token<'a>],
    new_name: &'w NewName<'w>,
    depth: usize,
    changes: Vec<(usize, String)>,
}

impl Work<'_, '_> {
    fn field(&mut self, field: &Field) {
        if let FieldName::Text(name) = &field.name
            && !is_system_field(name)
            && let Some(new) = (self.new_name)("customField", name)
        {
            self.changes.push((*field.tokens.start(), quote(&new)));
        }
    }

    fn value(&mut self, kind: &str, place: usize) {
        let token = self.tokens[place];
        if let Some(new) = (self.new_name)(kind, &token.value()) {
            let text = if token.kind == Kind::Quoted { quote(&new) } else { word(&new) };
            self.changes.push((place, text));
        }
    }

    fn argument(&mut self, field: &Field, (function, number): (usize, usize), place: usize) {
        let function = self.tokens[function].value();
        let is_issue_function =
            matches!(&field.name, FieldName::Text(name) if name.eq_ignore_ascii_case(ISSUE_FUNCTION));
        if OF_PROJECTS.iter().any(|own| function.eq_ignore_ascii_case(own)) {
            self.value("project", place);
        } else if function.eq_ignore_ascii_case("membersOf") {
            self.value("group", place);
        } else if is_issue_function
            && number == 0
            && self.tokens[place].kind == Kind::Quoted
            && self.depth < DEEPEST
        {
            let inner = self.tokens[place].value();
            let new = at(&inner, self.new_name, self.depth + 1);
            if new != inner {
                self.changes.push((place, quote(&new)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(query: &str) -> String {
        renamed(query, &|kind, name| match (kind, name.to_lowercase().as_str()) {
            ("project", "demo" | "demo project") => Some("NEW".to_owned()),
            ("filter", "demo open") => Some("NEW open".to_owned()),
            ("customField", "demo size") => Some("NEW size".to_owned()),
            ("group", "demo-team") => Some("NEW-team".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn names_follow_and_nothing_else_changes() {
        for (old, wanted) in [
            ("project = DEMO", "project = NEW"),
            (
                "project in (Demo, OPS,\"Demo project\") ORDER BY Rank",
                "project in (NEW, OPS,\"NEW\") ORDER BY Rank",
            ),
            ("project != demo  AND summary ~ DEMO", "project != NEW  AND summary ~ DEMO"),
            ("key = DEMO-5 AND text ~ \"demo\"", "key = DEMO-5 AND text ~ \"demo\""),
            ("filter = \"DEMO open\" OR status = DEMO", "filter = \"NEW open\" OR status = DEMO"),
            ("\"DEMO size\" > 3 order by \"DEMO size\"", "\"NEW size\" > 3 order by \"NEW size\""),
            ("cf[\"DEMO size\", type=\"a:b\"] = 1", "cf[\"NEW size\", type=\"a:b\"] = 1"),
            ("filter[\"DEMO open\", author=\"bob\"] = x", "filter[\"NEW open\", author=\"bob\"] = x"),
            ("fixVersion in releasedVersions(DEMO)", "fixVersion in releasedVersions(NEW)"),
            ("assignee in membersOf(\"DEMO-team\")", "assignee in membersOf(\"NEW-team\")"),
            (
                "issueFunction in subtasksOf(\"project = DEMO\")",
                "issueFunction in subtasksOf(\"project = NEW\")",
            ),
            ("project = ", "project = "),
            ("(((", "((("),
            ("", ""),
        ] {
            assert_eq!(new(old), wanted, "{old}");
        }
    }
}
