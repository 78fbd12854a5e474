//! The files in which rules stand: TOML, a `[[policy]]` for each rule.
//!
//! Invariant: a rule that is wrong is named with its line, and then none is asked.

use std::collections::HashSet;

use serde::Deserialize;
use toml::Spanned;

use super::bounded::aside;
use super::expression::Expression;
use super::shape::{Scope, Shape, of_configurations};
use super::{Each, Rule};
use crate::model::{Severity, near};
use crate::schema::Schema;

/// A rule that nobody can ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it stands: `policies.toml:12`.
    pub place: String,
    /// Its name, if it has one.
    pub rule: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// A file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Rules {
    /// The rules.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<Written>"))]
    policy: Vec<Spanned<Written>>,
}

/// What of the settings is about rules.
#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    policy: Vec<Spanned<Written>>,
}

/// A rule as a file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Policy"))]
pub(crate) struct Written {
    /// Its name, of small letters, digits and `-`.
    #[cfg_attr(test, schemars(with = "String", regex(pattern = "^[a-z0-9-]+$")))]
    name: Spanned<String>,
    /// What it is asked of: a kind of objects, or `object`, `configuration`, `step`, `change`, `plan`.
    #[cfg_attr(test, schemars(with = "String"))]
    each: Spanned<String>,
    /// Of which of them it is asked, an expression; without it, of all.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    when: Option<Spanned<String>>,
    /// What must be true, an expression.
    #[cfg_attr(test, schemars(with = "String"))]
    require: Spanned<String>,
    /// What is said where it is not.
    message: String,
    /// Whether that stops anything.
    #[serde(default)]
    severity: Level,
}

/// How bad it is to violate a rule.
#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
enum Level {
    /// It stops what violates it.
    #[default]
    Error,
    /// It is told.
    Warning,
}

/// Returns the rules of a file, or all that is wrong with them.
pub(super) fn rules(file: &str, text: &str, are_settings: bool) -> Result<Vec<Rule>, Vec<Broken>> {
    let line = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
    let parsed = match are_settings {
        true => toml::from_str::<Settings>(text).map(|own| own.policy),
        false => toml::from_str::<Rules>(text).map(|own| own.policy),
    };
    let written = parsed.map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message().replace('\n', " ");
        vec![Broken { place: format!("{file}:{}", line(at)), rule: named_before(text, at), message }]
    })?;
    aside(|| {
        let (mut rules, mut broken, mut names) = (Vec::new(), Vec::new(), HashSet::new());
        for own in written {
            let start = line(own.span().start);
            let own = own.into_inner();
            let name = own.name.get_ref().clone();
            let is_new = names.insert(name.clone());
            match rule(own, &format!("{file}:{start}"), is_new) {
                Ok(rule) => rules.push(rule),
                Err(wrong) => broken.extend(wrong.into_iter().map(|(offset, message)| Broken {
                    place: format!("{file}:{}", line(offset)),
                    rule: Some(name.clone()),
                    message,
                })),
            }
        }
        if broken.is_empty() { Ok(rules) } else { Err(broken) }
    })
}

/// Returns a rule, or what is wrong with it and where.
fn rule(written: Written, place: &str, is_new: bool) -> Result<Rule, Vec<(usize, String)>> {
    let Written { name, each, when, require, message, severity } = written;
    let mut wrong = Vec::new();
    let (at, name) = (name.span().start, name.into_inner());
    let is_name = |own: char| own.is_ascii_lowercase() || own.is_ascii_digit() || own == '-';
    if name.is_empty() || !name.chars().all(is_name) {
        wrong.push((at, "a name is of small letters, digits and `-`".to_owned()));
    }
    if !is_new {
        wrong.push((at, "another rule has that name".to_owned()));
    }
    let (at, each) = (each.span().start, each.into_inner());
    let Some(each) = Each::named(&each) else {
        let all = Each::WORDS.iter().map(|(word, _)| *word).chain(of_configurations().map(|(_, name)| name));
        let help = near(&each, all).unwrap_or_else(|| {
            "`each` is a kind of objects (`pcfg schema` has them), or object, configuration, step, change or plan".to_owned()
        });
        wrong.push((at, format!("there is no `{each}` to look at; {help}")));
        return Err(wrong);
    };
    let scope = each.scope();
    let mut expression = |what: &str, own: Spanned<String>| {
        let made = Expression::new(own.get_ref(), &scope);
        made.map_err(|why| wrong.push((own.span().start, format!("`{what}`: {why}")))).ok()
    };
    let when = when.map(|own| expression("when", own));
    match expression("require", require) {
        Some(require) if wrong.is_empty() => Ok(Rule {
            name,
            place: place.to_owned(),
            each,
            when: when.flatten(),
            require,
            message,
            severity: match severity {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
            },
        }),
        _ => Err(wrong),
    }
}

impl Each {
    /// What `each` may say beside kinds of objects.
    const WORDS: [(&str, Self); 5] = [
        ("object", Self::Object),
        ("configuration", Self::Configuration),
        ("step", Self::Step),
        ("change", Self::Change),
        ("plan", Self::Plan),
    ];

    fn named(word: &str) -> Option<Self> {
        let own = Self::WORDS.iter().find(|(own, _)| *own == word).map(|(_, each)| *each);
        own.or_else(|| of_configurations().find(|(_, name)| *name == word).map(|(kind, _)| Self::Kind(kind)))
    }

    /// Returns the variables that its rules may name.
    fn scope(self) -> Scope {
        let scope = Scope::default().with("labels", Shape::List(Box::new(Shape::Plain)));
        let of_object = |object| {
            let scope = scope.clone().with("object", object);
            scope.with("kind", Shape::Plain).with("name", Shape::Plain)
        };
        match self {
            Self::Kind(kind) => of_object(Shape::Element(Schema::get().kind(kind).declaration)),
            Self::Object => of_object(Shape::Any),
            Self::Configuration => scope.with("configuration", Shape::Kinds),
            Self::Plan => scope.with("plan", Shape::Record("plan")),
            Self::Step => scope.with("plan", Shape::Record("plan")).with("step", Shape::Record("step")),
            Self::Change => {
                let scope = scope.with("plan", Shape::Record("plan")).with("step", Shape::Record("step"));
                scope.with("change", Shape::Record("change"))
            }
        }
    }
}

/// Returns the name of the rule in which something stands that is no TOML, or none that a rule may have.
fn named_before(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let begin =
        before.rfind("[[policy]]").or_else(|| text.get(at..)?.starts_with("[[policy]]").then_some(at))?;
    let rest = &text[begin + "[[policy]]".len()..];
    let own = rest.split("[[").next()?;
    let line =
        own.lines().find_map(|line| line.trim().strip_prefix("name")?.trim_start().strip_prefix('='))?;
    let name = line.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then(|| name.to_owned())
}
