//! An expression: understood once, whole, and asked often.
//!
//! Invariant: what cannot be answered is an error, never an answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::common::ast::IdedExpr;
use cel::common::types::{CelBool, CelString, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, Value};
use regex_lite::Regex;

use super::bounded::{self, Budget};
use super::shape::{self, Scope};

/// An expression is not longer than this, in bytes.
const LONGEST: usize = 4_000;

/// Brackets are not nested deeper than this.
const DEEPEST: usize = 24;

/// Operators that are not answered from left to right are not more than this: each is one level more.
const MOST_OPERATORS: usize = 200;

/// The longest message of the interpreter that is told, in characters: it may quote whole objects.
const LONGEST_MESSAGE: usize = 160;

/// What all expressions know beside their variables: the standard library.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    bounded::declare(&mut env);
    let texts = vec![STRING_TYPE, STRING_TYPE];
    let added = env.add_overload(shape::MATCHES, "matches", texts, matches).and_then(|()| {
        env.add_member_overload(shape::MATCHES, "matches_of", STRING_TYPE, vec![STRING_TYPE], matches)
    });
    added.expect("nobody else has that name, for the feature `regex` is off");
    Arc::new(env)
});

thread_local! {
    /// What was made of the patterns, which are constants.
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
}

/// An expression.
#[derive(Debug)]
pub(super) struct Expression {
    tree: IdedExpr,
}

impl Expression {
    /// Understands an expression over the variables that are there; says what is wrong with it.
    pub(super) fn new(text: &str, scope: &Scope) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} characters"));
        }
        if nesting(text) > DEEPEST {
            return Err(format!("its brackets are nested deeper than {DEEPEST}"));
        }
        if text.bytes().filter(|own| b"!-?.+*/%&|=<>".contains(own)).count() > MOST_OPERATORS {
            return Err(format!("it has more than {MOST_OPERATORS} operators: make several rules of it"));
        }
        let program = ENVIRONMENT.compile(text).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(|| "it is no expression".to_owned(), |own| at(own.pos, &own.msg))
        })?;
        let mut tree = program.expression().clone();
        shape::check(&tree, scope)?;
        bounded::counted(&mut tree);
        Ok(Self { tree })
    }

    /// Asks it; says why it has no answer.
    pub(super) fn is_true(
        &self,
        variables: &[(&str, &dyn Val)],
        budget: &mut Budget,
    ) -> Result<bool, String> {
        let variables = Variables(variables);
        let mut context = Context::with_env(ENVIRONMENT.clone());
        context.set_variable_resolver(&variables);
        let answer = budget.spent(|| {
            let value = Value::resolve_val(&self.tree, &context).map_err(|error| short(&error))?;
            value
                .downcast_ref::<CelBool>()
                .map(|own| *own.inner())
                .ok_or_else(|| format!("it is a {}, neither true nor false", value.get_type().name()))
        });
        answer.unwrap_or_else(|| Err("it takes too long: it loops over too much".to_owned()))
    }
}

/// The variables of an expression, lent.
struct Variables<'a>(&'a [(&'a str, &'a dyn Val)]);

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let (_, value) = self.0.iter().find(|(name, _)| *name == variable)?;
        Some(CowVal::Borrowed(*value))
    }
}

/// Makes a pattern, or says what is wrong with it.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("`{text}` is no regular expression: {error}"))
}

fn matches<'b, 'v>(values: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let texts: Vec<&str> =
        values.iter().filter_map(|own| own.downcast_ref::<CelString<'_>>()).map(|own| own.inner()).collect();
    let [text, pattern] = texts[..] else { return Err(ExecutionError::MissingArgumentOrTarget) };
    PATTERNS.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            let made = self::pattern(pattern);
            let made = made.map_err(|why| ExecutionError::function_error(shape::MATCHES, why))?;
            known.insert(pattern.to_owned(), made);
        }
        Ok(CowVal::owned(CelBool::from(known[pattern].is_match(text))))
    })
}

/// Returns how deep brackets are nested, those in texts included.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Says what is wrong, and where in the expression.
fn at((line, column): (isize, isize), message: &str) -> String {
    // What else could stand there is a list of the whole language.
    let message = message.split_once(" expecting ").map_or(message, |(message, _)| message);
    let message =
        message.trim_start_matches("Syntax error: ").replace('\n', " ").replace("'<EOF>'", "the end");
    match line {
        ..=1 => format!("character {}: {message}", column.max(1)),
        _ => format!("line {line}, character {}: {message}", column.max(1)),
    }
}

/// Says why there is no answer, in words of the language.
fn short(error: &ExecutionError) -> String {
    let text = match error {
        ExecutionError::NoSuchKey(name) => format!("there is no `{name}`; `has(…)` asks whether there is"),
        ExecutionError::IndexOutOfBounds(_) => "there are not so many".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
