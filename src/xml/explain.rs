//! What the reader says about what it cannot understand: the words of problems, and what to do about them.

use std::ops::Range;

use quick_xml::events::attributes::AttrError;

use crate::model::{Problem, near};
use crate::schema::{self, DeclId, Schema};

pub(super) fn wrong_value(what: &str, value: &str, allowed: &schema::Simple, span: Range<usize>) -> Problem {
    let shown: String = value.chars().take(60).collect();
    let help = match &allowed.values {
        schema::Values::OneOf(values) => near(value.trim(), values.iter().map(String::as_str)),
        schema::Values::Parts => value.split_whitespace().find_map(part_hint),
        _ => None,
    };
    let help = if allowed.accepts(value.trim()) && value.trim() != value {
        Some("spaces around the value count: remove them".to_owned())
    } else {
        help
    };
    Problem::error("wrong-value", format!("`{shown}` in {what} is not {}", allowed.expectation()))
        .at(span)
        .help_if(help)
}

/// Says what a word that is no kind and no property of one may have meant.
fn part_hint(word: &str) -> Option<String> {
    let schema = Schema::get();
    let (kind, property) = word.split_once('/').unwrap_or((word, ""));
    match schema.kind_named(kind) {
        None => near(kind, schema.kinds().map(|(_, own)| own.name.as_str()))
            .or_else(|| Some(format!("there is no kind `{kind}`"))),
        Some(_) if schema.part_named(word).is_some() => None,
        Some(own) => {
            let children = schema.children(schema.kind(own).declaration).iter();
            near(property, children.map(|&child| schema.declaration(child).name.as_str()))
                .or_else(|| Some(format!("a {kind} has no `{property}`")))
        }
    }
}

pub(super) fn content_in_words(schema: &Schema, declaration: DeclId) -> String {
    in_words(&schema.type_of(declaration).content)
}

pub(super) fn in_words(content: &schema::Content) -> String {
    match content {
        schema::Content::Empty => "nothing".to_owned(),
        schema::Content::Leaf(value) => value.expectation(),
        schema::Content::Reference(_) => "the name of an object".to_owned(),
        schema::Content::Children(_) => "elements".to_owned(),
        schema::Content::Choice(_) => "one element".to_owned(),
    }
}

/// Says where an element would be right.
pub(super) fn places_of(schema: &Schema, tag: &str) -> Option<String> {
    let owners = schema.owners(tag);
    let shown: Vec<_> = owners.iter().take(4).map(|owner| format!("`<{owner}>`")).collect();
    (!shown.is_empty()).then(|| format!("`<{tag}>` belongs in {}", shown.join(" or ")))
}

/// Says what a `<` means that begins no tag: a conflict that git left, or a sign in a text.
pub(super) fn no_tag(source: &str, at: usize, name: &str) -> Option<Problem> {
    if name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':')) {
        return None;
    }
    let line = &source[at..at + source[at..].find('\n').unwrap_or(source.len() - at)];
    if line.starts_with("<<<<<<< ") {
        let problem = Problem::error("conflict", "a merge left two versions here");
        return Some(
            problem
                .at(at..at + line.trim_end().len())
                .help("resolve the conflict: keep what is right, and delete the lines with <<<<<<<, ======= and >>>>>>>"),
        );
    }
    let problem = Problem::error("not-well-formed", "`<` does not begin a tag here");
    Some(problem.at(at..at + 1).help("write `&lt;` for a less-than sign"))
}

/// Says what is wrong with the spelling of an attribute; places count from the beginning of the tag's name.
pub(super) fn attribute_error(source: &str, tag: usize, error: &AttrError) -> Problem {
    let (at, message) = match error {
        AttrError::ExpectedEq(at) => (at, "an attribute lacks `=` and its value"),
        AttrError::ExpectedValue(at) => (at, "an attribute lacks its value"),
        AttrError::UnquotedValue(at) => (at, "the value of an attribute must be in quotes"),
        AttrError::ExpectedQuote(at, _) => (at, "the value of an attribute lacks its closing quote"),
        AttrError::Duplicated(at, _) => (at, "duplicate attribute"),
    };
    let at = source.floor_char_boundary((tag + at).min(source.len()));
    let is_end = |character: char| character.is_whitespace() || matches!(character, '=' | '>' | '/');
    let length = source[at..].find(is_end).unwrap_or(0);
    Problem::error("attribute", message).at(at..at + length)
}

pub(super) fn syntax_error(source: &str, at: usize, error: &quick_xml::Error) -> Problem {
    let mut at = at;
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    // A wrong tag is pointed at as a whole, anything else as one character.
    let rest = &source[at..];
    let first = rest.chars().next().map_or(at, |character| at + character.len_utf8());
    let tag = rest.starts_with('<').then(|| rest.find(['>', '\n'])).flatten();
    let end = tag.filter(|end| rest[*end..].starts_with('>')).map_or(first, |end| at + end + 1);
    let mut message = error.to_string();
    if let Some(rest) =
        message.strip_prefix("ill-formed document: ").or_else(|| message.strip_prefix("syntax error: "))
    {
        message = rest.to_owned();
    }
    Problem::error("not-well-formed", format!("the file is not well-formed XML: {message}")).at(at..end)
}
