//! The clauses of a query, as far as ids hide in them.
//!
//! Total: what is no JQL has fewer clauses, and never an error. Brackets are followed without recursion, so no query
//! is too deep.

use std::ops::RangeInclusive;

use super::token::{Kind, Token};

/// What a query says, in the order of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) clauses: Vec<Clause>,
    /// The fields that the result is sorted by.
    pub(super) order: Vec<Field>,
}

/// A condition on a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) field: Field,
    /// Whether it says what issues do not have.
    pub(super) negative: bool,
    /// Whether the operand is text to look for (`~`), which is never an id.
    pub(super) search: bool,
    pub(super) operands: Vec<Operand>,
}

/// A field as a query names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The tokens that it is made of.
    pub(super) tokens: RangeInclusive<usize>,
    pub(super) name: FieldName,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum FieldName {
    /// `cf[10010]`, with or without quotes around it.
    Id(String),
    /// The name of a system field or a custom field.
    Text(String),
    /// A spelling of pcfg itself, `cf["Name", …]`.
    Spelled,
}

/// A value that a field is compared with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operand {
    pub(super) token: usize,
    pub(super) role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A value of the field.
    Value,
    /// The user of a history condition (`BY`).
    User,
    /// The date of a history condition.
    Date,
    /// An argument of a function, which is the token of that number, by its place from 0.
    Argument { function: usize, place: usize },
}

/// Finds the clauses.
pub(super) fn parse(tokens: &[Token<'_>]) -> Query {
    let places = (0..tokens.len()).filter(|&index| tokens[index].kind != Kind::Space).collect();
    let mut parser = Parser { tokens, places, at: 0 };
    let mut query = Query::default();
    let mut around = Vec::new();
    let mut negative = false;
    let mut not = false;
    while let Some(token) = parser.peek(0) {
        if token.is("(") {
            around.push(negative);
            negative ^= not;
            not = false;
            parser.at += 1;
        } else if token.is(")") {
            negative = around.pop().unwrap_or(false);
            not = false;
            parser.at += 1;
        } else if token.is("!") || token.is_word("not") {
            not = !not;
            parser.at += 1;
        } else if token.is_word("and") || token.is_word("or") || token.kind == Kind::Symbol {
            not = false;
            parser.at += 1;
        } else if token.is_word("order") && parser.peek(1).is_some_and(|next| next.is_word("by")) {
            parser.at += 2;
            query.order = parser.sort_fields();
        } else {
            let field = parser.field();
            if let Some(clause) = parser.clause(field, negative ^ not) {
                query.clauses.push(clause);
            }
            not = false;
        }
    }
    query
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// The tokens that are no blanks.
    places: Vec<usize>,
    at: usize,
}

impl<'a> Parser<'_, 'a> {
    fn peek(&self, ahead: usize) -> Option<Token<'a>> {
        self.places.get(self.at + ahead).map(|&place| self.tokens[place])
    }

    fn place(&self) -> usize {
        self.places.get(self.at).copied().unwrap_or(self.tokens.len())
    }

    fn next_is(&self, symbol: &str) -> bool {
        self.peek(0).is_some_and(|token| token.is(symbol))
    }

    fn take_word(&mut self, keyword: &str) -> bool {
        let found = self.peek(0).is_some_and(|token| token.is_word(keyword));
        self.at += usize::from(found);
        found
    }

    /// Goes behind `[…]`.
    fn skip_brackets(&mut self) {
        while self.peek(0).is_some_and(|token| !token.is("]")) {
            self.at += 1;
        }
        self.at += usize::from(self.next_is("]"));
    }

    /// Takes the token as the name of a field, with what belongs to it.
    fn field(&mut self) -> Field {
        let start = self.place();
        let token = self.tokens[start];
        self.at += 1;
        if !self.next_is("[") {
            let text = token.value();
            let name = match custom_field_id(&text) {
                Some(id) => FieldName::Id(id.to_owned()),
                None => FieldName::Text(text.into_owned()),
            };
            return Field { tokens: start..=start, name };
        }
        let inner = self.peek(1).filter(|token| is_id(token.text));
        let name = match inner {
            _ if !token.is_word("cf") => FieldName::Text(token.value().into_owned()),
            Some(id) if self.peek(2).is_some_and(|token| token.is("]")) => FieldName::Id(id.text.to_owned()),
            _ => FieldName::Spelled,
        };
        self.skip_brackets();
        let end = self.places[self.at - 1];
        // `issue.property[key].path`
        if self.peek(0).is_some_and(|token| token.kind == Kind::Word && token.text.starts_with('.')) {
            self.at += 1;
        }
        Field { tokens: start..=end, name }
    }

    /// Takes the operator and the operands behind a field.
    fn clause(&mut self, field: Field, negative: bool) -> Option<Clause> {
        const COMPARISONS: [&str; 8] = ["=", "!=", "~", "!~", "<", "<=", ">", ">="];
        let mut clause = Clause { field, negative, search: false, operands: Vec::new() };
        let operator = self.peek(0)?;
        let mut history = false;
        if COMPARISONS.iter().any(|symbol| operator.is(symbol)) {
            self.at += 1;
            clause.negative ^= operator.text.starts_with('!');
            clause.search = operator.text.ends_with('~');
            self.operand(Role::Value, &mut clause.operands);
        } else if operator.is_word("in") {
            self.at += 1;
            self.operand(Role::Value, &mut clause.operands);
        } else if operator.is_word("not") && self.peek(1).is_some_and(|next| next.is_word("in")) {
            self.at += 2;
            clause.negative = !clause.negative;
            self.operand(Role::Value, &mut clause.operands);
        } else if operator.is_word("is") || operator.is_word("was") {
            self.at += 1;
            history = operator.is_word("was");
            clause.negative ^= self.take_word("not");
            self.take_word("in");
            self.operand(Role::Value, &mut clause.operands);
        } else if operator.is_word("changed") {
            self.at += 1;
            history = true;
        } else {
            return None;
        }
        if history {
            self.history(&mut clause.operands);
        }
        Some(clause)
    }

    /// Takes the conditions behind `WAS …` and `CHANGED`.
    fn history(&mut self, operands: &mut Vec<Operand>) {
        while let Some(token) = self.peek(0) {
            let role = if token.is_word("from") || token.is_word("to") {
                Role::Value
            } else if token.is_word("by") {
                Role::User
            } else if ["after", "before", "during", "on"].iter().any(|word| token.is_word(word)) {
                Role::Date
            } else {
                return;
            };
            self.at += 1;
            self.operand(role, operands);
        }
    }

    /// Takes one value, function or list.
    fn operand(&mut self, role: Role, operands: &mut Vec<Operand>) {
        let mut around: Vec<Option<(usize, usize)>> = Vec::new();
        while let Some(token) = self.peek(0) {
            if token.is("(") {
                around.push(None);
                self.at += 1;
                continue;
            } else if token.is(")") && !around.is_empty() {
                around.pop();
                self.at += 1;
            } else if token.is_text() {
                if self.peek(1).is_some_and(|next| next.is("(")) {
                    around.push(Some((self.place(), 0)));
                    self.at += 2;
                    continue;
                }
                if self.peek(1).is_some_and(|next| next.is("[")) {
                    // A spelling of pcfg itself, `filter["Name", …]`.
                    self.at += 1;
                    self.skip_brackets();
                } else {
                    let role = match around.last() {
                        Some(&Some((function, place))) => Role::Argument { function, place },
                        _ => role,
                    };
                    operands.push(Operand { token: self.place(), role });
                    self.at += 1;
                }
            } else if around.is_empty() {
                return;
            } else {
                if let (true, Some(Some((_, place)))) = (token.is(","), around.last_mut()) {
                    *place += 1;
                }
                self.at += 1;
                continue;
            }
            if around.is_empty() {
                return;
            }
        }
    }

    /// Takes what stands behind `ORDER BY`, which is the rest of the query.
    fn sort_fields(&mut self) -> Vec<Field> {
        let mut fields = Vec::new();
        while let Some(token) = self.peek(0) {
            if token.is_word("asc") || token.is_word("desc") || !token.is_text() {
                self.at += 1;
            } else {
                fields.push(self.field());
            }
        }
        fields
    }
}

/// Returns the number in `cf[10010]`.
fn custom_field_id(text: &str) -> Option<&str> {
    let inner = text.get(..3).filter(|start| start.eq_ignore_ascii_case("cf[")).map(|_| &text[3..])?;
    inner.strip_suffix(']').map(str::trim).filter(|id| is_id(id))
}

/// Returns whether a text has the form of an id.
pub(super) fn is_id(text: &str) -> bool {
    matches!(text.len(), 1..=18) && text.bytes().all(|byte| byte.is_ascii_digit())
}
