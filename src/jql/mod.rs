//! JQL, as far as ids hide in it.
//!
//! Invariant: a translation changes nothing but ids; every other character of the query stays. A blank is added only
//! where a word would run into the next one.
//!
//! Names are written as people write them: `"Severity" = High`. Where a name is not enough, because several objects
//! have it or it means something else in JQL, the identity stands in brackets, as the attributes of a reference
//! would: `cf["Severity", type="com.example:select"]`, `filter["Open bugs", author="bob"]`. Jira itself allows
//! nothing but a number there, so this cannot be mistaken for anything else; `cf` is a reserved word.

mod clause;
mod grammar;
mod names;
mod renamed;
mod spelled;
mod token;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

use clause::{Field, FieldName, Operand, Query, Role, is_id};
pub use grammar::{Broken, broken};
pub use names::{is_system_field, quote, spell_out, word};
pub use renamed::{NewName, renamed};
pub use spelled::{Spelled, same_meaning, texts, with_ids};
use token::{Kind, Token, tokens};

use crate::model::Identity;

/// The first id of what people make in Jira (seen from 3.12 to 9.12: what Jira brings has smaller ones).
pub const FIRST_ID: u64 = 10_000;

/// How deep queries in arguments of functions are translated.
const DEEPEST: usize = 4;

/// Functions whose argument is a project.
const OF_PROJECTS: [&str; 4] =
    ["releasedVersions", "unreleasedVersions", "latestReleasedVersion", "earliestUnreleasedVersion"];

/// Functions whose argument is a user.
const OF_USERS: [&str; 2] = ["componentsLeadByUser", "projectsLeadByUser"];

/// The field of an app, ScriptRunner, whose functions take queries as their first argument.
const ISSUE_FUNCTION: &str = "issueFunction";

/// What the values of a field are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Objects of this kind, by id or name.
    Kind(&'static str),
    /// Options of one of these custom fields.
    Options(Vec<String>),
    /// Users.
    Users,
    /// Objects that are no configuration, such as issues and sprints.
    Data(&'static str),
}

/// What a query writes for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// The text.
    pub text: String,
    /// The object, or the one that it is a part of.
    pub mentions: Vec<Identity>,
}

/// Says what ids and names of an instance mean.
pub trait Resolver {
    /// Returns how a custom field is written.
    fn custom_field(&self, id: &str) -> Option<Spelling>;

    /// Returns the ids of the custom fields that have a name; case does not matter.
    fn fields_named(&self, name: &str) -> Vec<String>;

    /// Returns what the values of a custom field are, if they can be ids.
    fn values(&self, custom_field: &str) -> Option<Values>;

    /// Returns how a value is written.
    fn value(&self, values: &Values, id: &str) -> Option<Spelling>;

    /// Returns the objects that a name means; `None` if there is none of that name.
    fn named(&self, values: &Values, name: &str) -> Option<Vec<Identity>>;
}

/// A query without ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The query.
    pub text: String,
    /// The objects that it names.
    pub mentions: Vec<Identity>,
    /// The ids that stayed: `project 10000`.
    pub unresolved: Vec<String>,
}

/// Returns the projects that a query names, as it names them: by key, name or id. Projects that it excludes are not
/// among them.
pub fn projects_named(query: &str) -> Vec<String> {
    let tokens = tokens(query);
    let mut projects: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    for clause in clause::parse(&tokens).clauses {
        let is_project =
            matches!(&clause.field.name, FieldName::Text(name) if name.eq_ignore_ascii_case("project"));
        if !is_project || clause.negative || clause.search {
            continue;
        }
        for operand in clause.operands.iter().filter(|operand| operand.role == Role::Value) {
            let token = tokens[operand.token];
            let value = token.value().into_owned();
            if !is_nothing(&token) && seen.insert(value.clone()) {
                projects.push(value);
            }
        }
    }
    projects
}

/// Turns the ids in a query into names.
pub fn translate(query: &str, resolver: &dyn Resolver) -> Translation {
    translate_at(query, resolver, 0)
}

fn translate_at(query: &str, resolver: &dyn Resolver, depth: usize) -> Translation {
    let tokens = tokens(query);
    let parsed = clause::parse(&tokens);
    let mut work = Work { depth, ..Work::new(resolver, &tokens) };
    work.all(&parsed);
    if broken(query).is_some() {
        work.leave_what_looks_like_ids();
    }
    work.finish()
}

/// Returns what a query names by ids: `project 10000`, `cf[10000]`. Nothing is known of custom fields here, so the values of
/// those are not among them; a number in quotes is a name first, and is none of them either.
pub fn ids(query: &str) -> Vec<String> {
    let seen = Seen(RefCell::default());
    let unresolved = translate(query, &seen).unresolved;
    seen.0.into_inner().into_iter().chain(unresolved).collect()
}

/// Takes every number for an id that means something, and keeps it.
struct Seen(RefCell<BTreeSet<String>>);

impl Resolver for Seen {
    fn custom_field(&self, _: &str) -> Option<Spelling> {
        None
    }

    fn fields_named(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn values(&self, _: &str) -> Option<Values> {
        None
    }

    fn value(&self, values: &Values, id: &str) -> Option<Spelling> {
        if let Values::Kind(kind) | Values::Data(kind) = values {
            self.0.borrow_mut().insert(format!("{kind} {id}"));
        }
        Some(Spelling { text: id.to_owned(), mentions: Vec::new() })
    }

    fn named(&self, _: &Values, _: &str) -> Option<Vec<Identity>> {
        Some(Vec::new())
    }
}

/// Returns the query of these tokens, some of which have other texts; the empty text for those that vanish.
fn joined(tokens: &[Token<'_>], mut changes: Vec<(usize, String)>) -> String {
    changes.sort();
    let mut changes = changes.into_iter().peekable();
    let mut text = String::new();
    let mut changed = false;
    for (index, token) in tokens.iter().enumerate() {
        let change = changes.next_if(|(place, _)| *place == index).map(|(_, change)| change);
        let piece = change.as_deref().unwrap_or(token.text);
        // What stood in quotes may touch its neighbours, and the word in its place may not.
        if (changed || change.is_some()) && text.ends_with(is_of_word) && piece.starts_with(is_of_word) {
            text.push(' ');
        }
        text.push_str(piece);
        changed = change.is_some();
    }
    text
}

struct Work<'w, 'a> {
    resolver: &'w dyn Resolver,
    depth: usize,
    tokens: &'w [Token<'a>],
    /// Texts for tokens; the empty text for those that vanish.
    changes: Vec<(usize, String)>,
    mentions: Vec<Identity>,
    unresolved: Vec<String>,
}

impl<'w, 'a> Work<'w, 'a> {
    fn new(resolver: &'w dyn Resolver, tokens: &'w [Token<'a>]) -> Self {
        Self { resolver, depth: 0, tokens, changes: Vec::new(), mentions: Vec::new(), unresolved: Vec::new() }
    }

    fn all(&mut self, query: &Query) {
        for clause in &query.clauses {
            let values = self.field(&clause.field);
            if clause.search {
                continue;
            }
            for operand in &clause.operands {
                self.operand(&clause.field, values.as_ref(), operand);
            }
        }
        for field in &query.order {
            self.field(field);
        }
    }

    /// Notes the numbers of a query that Jira could not read either: what they are nobody can say.
    fn leave_what_looks_like_ids(&mut self) {
        let changed: HashSet<usize> = self.changes.iter().map(|(place, _)| *place).collect();
        let told: HashSet<&str> =
            self.unresolved.iter().flat_map(|own| own.split(|other: char| !other.is_ascii_digit())).collect();
        let numbers = self.tokens.iter().enumerate().filter(|(place, token)| {
            let is_number =
                token.kind == Kind::Word && token.text.parse().is_ok_and(|number: u64| number >= FIRST_ID);
            is_number && !changed.contains(place) && !told.contains(token.text)
        });
        let left: Vec<String> = numbers.map(|(_, token)| format!("number {}", token.text)).collect();
        self.unresolved.extend(left);
    }

    fn finish(mut self) -> Translation {
        let text = joined(self.tokens, self.changes);
        self.mentions.sort();
        self.mentions.dedup();
        self.unresolved.sort();
        self.unresolved.dedup();
        Translation { text, mentions: self.mentions, unresolved: self.unresolved }
    }

    /// Translates a field; returns what its values are.
    fn field(&mut self, field: &Field) -> Option<Values> {
        match &field.name {
            FieldName::Id(id) => {
                match self.resolver.custom_field(id) {
                    Some(spelling) => {
                        self.mentions.extend(spelling.mentions);
                        self.changes.extend(field.tokens.clone().skip(1).map(|place| (place, String::new())));
                        self.changes.push((*field.tokens.start(), spelling.text));
                    }
                    None => self.unresolved.push(format!("cf[{id}]")),
                }
                self.resolver.values(id)
            }
            FieldName::Text(name) if is_system_field(name) => names::system_values(name),
            FieldName::Text(name) => {
                let ids = self.resolver.fields_named(name);
                for id in &ids {
                    self.mentions
                        .extend(self.resolver.custom_field(id).into_iter().flat_map(|own| own.mentions));
                }
                let mut values = ids.iter().filter_map(|id| self.resolver.values(id));
                let first = values.next();
                values.fold(first, |first, next| match (first, next) {
                    (Some(Values::Options(mut ids)), Values::Options(more)) => {
                        ids.extend(more);
                        Some(Values::Options(ids))
                    }
                    (first, _) => first,
                })
            }
            FieldName::Spelled => None,
        }
    }

    fn operand(&mut self, field: &Field, values: Option<&Values>, operand: &Operand) {
        let token = self.tokens[operand.token];
        match operand.role {
            Role::Value => {
                if let Some(values) = values {
                    self.value(values, operand.token);
                }
            }
            Role::User => self.value(&Values::Users, operand.token),
            Role::Date => {}
            Role::Argument { function, place } => {
                let function = self.tokens[function].value();
                let is_one_of = |names: &[&str]| names.iter().any(|name| function.eq_ignore_ascii_case(name));
                let is_issue_function =
                    matches!(&field.name, FieldName::Text(name) if name.eq_ignore_ascii_case(ISSUE_FUNCTION));
                if is_one_of(&OF_PROJECTS) {
                    self.value(&Values::Kind("project"), operand.token);
                } else if is_one_of(&OF_USERS) {
                    self.value(&Values::Users, operand.token);
                } else if is_one_of(&["membersOf"]) {
                    self.value(&Values::Kind("group"), operand.token);
                } else if let (true, Some(values)) = (is_one_of(&["cascadeOption"]), values) {
                    self.value(values, operand.token);
                } else if is_issue_function
                    && place == 0
                    && token.kind == Kind::Quoted
                    && self.depth < DEEPEST
                {
                    self.inner_query(operand.token);
                }
            }
        }
    }

    /// Translates a query in an argument.
    fn inner_query(&mut self, place: usize) {
        let inner = self.tokens[place].value();
        let translation = translate_at(&inner, self.resolver, self.depth + 1);
        if translation.text != inner {
            self.changes.push((place, quote(&translation.text)));
        }
        self.mentions.extend(translation.mentions);
        self.unresolved.extend(translation.unresolved);
    }

    /// Translates a value. Jira takes a number for an id, and else for a name; a text in quotes for a name, and else
    /// for an id (known of its search, not seen in the data): `fixVersion = 1` and `fixVersion = "1"` may differ.
    fn value(&mut self, values: &Values, place: usize) {
        let token = self.tokens[place];
        if is_nothing(&token) {
            return;
        }
        let text = token.value();
        let by_name = || self.resolver.named(values, &text);
        let quoted = token.kind == Kind::Quoted;
        let may_be_id = is_id(&text) || *values == Values::Users;
        let named = if quoted || !may_be_id || *values == Values::Users { by_name() } else { None };
        if let Some(mentions) = named {
            self.mentions.extend(mentions);
        } else if !may_be_id {
            // A name that nothing has, as it may stand in any query.
        } else if let Some(spelling) = self.resolver.value(values, &text) {
            self.mentions.extend(spelling.mentions);
            self.changes.push((place, spelling.text));
        } else if let Some(mentions) = by_name() {
            self.mentions.extend(mentions);
        } else if is_id(&text) {
            match values {
                Values::Kind(kind) | Values::Data(kind) => self.unresolved.push(format!("{kind} {text}")),
                Values::Options(_) => self.unresolved.push(format!("option {text}")),
                Values::Users => {}
            }
        }
    }
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Returns whether a token is `EMPTY` or `NULL`.
fn is_nothing(token: &Token<'_>) -> bool {
    token.is_word("empty") || token.is_word("null")
}

#[cfg(test)]
mod tests;
