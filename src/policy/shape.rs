//! What is where in the documents that expressions look at, so that a wrong name is found before the rule is asked.
//!
//! Invariant: what is refused can never be there; of what is not known, anything is taken.

use std::collections::BTreeMap;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::expression::pattern;
use crate::model::near;
use crate::schema::{Content, DeclId, KindId, Schema};

/// The function that takes a regular expression.
pub(super) const MATCHES: &str = "matches";

/// The functions that there are, beside operators and macros.
const FUNCTIONS: [&str; 18] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "hasValue",
    "int",
    MATCHES,
    "optMap",
    "or",
    "orValue",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
    "value",
];

/// Names of types, which are values.
const TYPES: [&str; 10] =
    ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nobody knows.
    Any,
    /// A text, number or truth value.
    Plain,
    /// A list of such values.
    List(Box<Shape>),
    /// An object or a part of one.
    Element(DeclId),
    /// The objects of a configuration, by kind.
    Kinds,
    /// A part of a plan.
    Record(&'static str),
}

/// The members of the parts of a plan, as `docs/json.md` has them; a test compares them with what is printed.
pub(super) const RECORDS: &[(&str, &[(&str, Member)])] = &[
    (
        "plan",
        &[
            ("instance", Member::Plain),
            ("projects", Member::Plains),
            ("steps", Member::Records("step")),
            ("refused", Member::Any),
            ("heldBack", Member::Any),
            ("issues", Member::Any),
            ("warnings", Member::Plains),
            ("unseen", Member::Any),
            ("irrevocable", Member::Plains),
            ("counts", Member::Record("counts")),
        ],
    ),
    (
        "step",
        &[
            ("action", Member::Plain),
            ("kind", Member::Plain),
            ("name", Member::Plain),
            ("formerName", Member::Plain),
            ("changes", Member::Records("change")),
            ("followers", Member::Plains),
            ("touches", Member::Plains),
            ("warnings", Member::Plains),
        ],
    ),
    (
        "change",
        &[("action", Member::Plain), ("path", Member::Plain), ("old", Member::Any), ("new", Member::Any)],
    ),
    (
        "counts",
        &[
            ("create", Member::Plain),
            ("change", Member::Plain),
            ("rename", Member::Plain),
            ("remove", Member::Plain),
            ("delete", Member::Plain),
            ("unchanged", Member::Plain),
            ("heldBack", Member::Plain),
            ("skipped", Member::Plain),
            ("refused", Member::Plain),
            ("touchedProjects", Member::Plain),
            ("issues", Member::Plain),
        ],
    ),
];

/// What a member of a record is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    Any,
    Plain,
    Plains,
    Record(&'static str),
    Records(&'static str),
}

/// The variables that an expression may name.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope(BTreeMap<String, Shape>);

impl Scope {
    /// Adds a variable.
    #[must_use]
    pub(super) fn with(mut self, name: &str, shape: Shape) -> Self {
        self.0.insert(name.to_owned(), shape);
        self
    }
}

/// Says what an expression names that can never be there.
pub(super) fn check(tree: &IdedExpr, scope: &Scope) -> Result<(), String> {
    of(tree, scope).map(drop)
}

/// Returns what a value is.
fn of(tree: &IdedExpr, scope: &Scope) -> Result<Shape, String> {
    match &tree.expr {
        Expr::Ident(name) => match scope.0.get(name) {
            Some(shape) => Ok(shape.clone()),
            None if TYPES.contains(&name.as_str()) => Ok(Shape::Any),
            None => {
                let known: Vec<String> =
                    scope.0.keys().filter(|own| !own.starts_with('@')).cloned().collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let there = || format!("there are {}", known.join(", "));
                let help = near(name, known.iter().copied()).unwrap_or_else(there);
                Err(format!("there is no variable `{name}` here; {help}"))
            }
        },
        Expr::Select(select) => member(&of(&select.operand, scope)?, &select.field),
        Expr::Call(call) => {
            let name = call.func_name.as_str();
            let target = call.target.as_ref().map(|own| of(own, scope)).transpose()?;
            let shapes: Vec<Shape> = call.args.iter().map(|own| of(own, scope)).collect::<Result<_, _>>()?;
            match (name, &shapes[..], &call.args[..]) {
                (operators::OPT_SELECT, [shape, _], [_, field]) => {
                    text(field).map_or(Ok(Shape::Any), |field| member(shape, field)).map(|_| Shape::Any)
                }
                (operators::INDEX, [Shape::List(own), _], _) => Ok((**own).clone()),
                (operators::INDEX, [shape, _], [_, key]) => {
                    text(key).map_or(Ok(Shape::Any), |key| member(shape, key))
                }
                (operators::CONDITIONAL, [_, one, other], _) => {
                    Ok(if one == other { one.clone() } else { Shape::Any })
                }
                (MATCHES, _, [.., last]) => match text(last) {
                    Some(last) => pattern(last).map(|_| Shape::Plain),
                    None => Err(format!("the pattern of `{MATCHES}` is a text in quotes, and nothing else")),
                },
                _ if is_operator(name) || FUNCTIONS.contains(&name) => Ok(match (name, target) {
                    (operators::ADD, _) => shapes.into_iter().next().unwrap_or(Shape::Any),
                    _ => Shape::Any,
                }),
                _ => {
                    let macros = ["has", "all", "exists", "exists_one", "filter", "map"];
                    let known = FUNCTIONS.iter().copied().chain(macros);
                    let help = near(name, known).map(|help| format!("; {help}")).unwrap_or_default();
                    Err(format!("there is no function `{name}` with {} arguments{help}", call.args.len()))
                }
            }
        }
        Expr::Comprehension(own) => {
            let item = match of(&own.iter_range, scope)? {
                Shape::List(item) => *item,
                // The keys of a map, or something nobody knows.
                _ => Shape::Any,
            };
            of(&own.accu_init, scope)?;
            let mut inner = scope.clone().with(&own.iter_var, item).with(&own.accu_var, Shape::Any);
            if let Some(second) = &own.iter_var2 {
                inner = inner.with(second, Shape::Any);
            }
            of(&own.loop_cond, &inner)?;
            of(&own.loop_step, &inner)?;
            of(&own.result, &inner)?;
            let appended = appended(&own.loop_step).map(|own| of(own, &inner)).transpose()?;
            Ok(appended.map_or(Shape::Any, |own| Shape::List(Box::new(own))))
        }
        Expr::List(list) => {
            list.elements.iter().try_for_each(|own| of(own, scope).map(drop))?;
            Ok(Shape::Any)
        }
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(own) = &entry.expr {
                    of(&own.key, scope)?;
                    of(&own.value, scope)?;
                }
            }
            Ok(Shape::Any)
        }
        Expr::Literal(_) => Ok(Shape::Plain),
        Expr::Struct(own) => Err(format!("there is no type `{}`", own.type_name)),
        Expr::Unspecified => Err("it is no expression".to_owned()),
    }
}

/// Returns a member of a value.
fn member(shape: &Shape, name: &str) -> Result<Shape, String> {
    let schema = Schema::get();
    let unknown = |of: &str, known: Vec<&str>| {
        let help =
            near(name, known.iter().copied()).unwrap_or_else(|| format!("it has {}", known.join(", ")));
        Err(format!("{of} has no `{name}`; {help}"))
    };
    match shape {
        Shape::Any => Ok(Shape::Any),
        Shape::Plain => Err(format!("a text has no `{name}`")),
        Shape::List(_) => {
            Err(format!("a list has no `{name}`; `exists(x, x.{name} …)` looks at its members"))
        }
        Shape::Kinds => match schema.kind_named(name).filter(|kind| schema.container(*kind).is_some()) {
            Some(kind) => Ok(Shape::List(Box::new(Shape::Element(schema.kind(kind).declaration)))),
            None => unknown("a configuration", of_configurations().map(|(_, name)| name).collect()),
        },
        Shape::Record(record) => {
            let (_, members) = RECORDS.iter().find(|(own, _)| own == record).expect("each record is listed");
            match members.iter().find(|(own, _)| *own == name) {
                Some((_, member)) => Ok(member.shape()),
                None => unknown(&format!("a {record}"), members.iter().map(|(own, _)| *own).collect()),
            }
        }
        Shape::Element(declaration) => {
            let ty = schema.type_of(*declaration);
            if let Some(child) = schema.child(*declaration, name) {
                return Ok(of_declaration(child));
            }
            let is_value = name == "value" && ty.children().is_empty() && !ty.attributes.is_empty();
            if is_value || ty.attributes.iter().any(|own| own.name == name) {
                return Ok(Shape::Plain);
            }
            let children = ty.children().iter().map(|own| schema.declaration(*own).name.as_str());
            let known = children.chain(ty.attributes.iter().map(|own| own.name.as_str())).collect();
            unknown(&format!("`{}`", schema.declaration(*declaration).name), known)
        }
    }
}

impl Member {
    fn shape(self) -> Shape {
        match self {
            Self::Any => Shape::Any,
            Self::Plain => Shape::Plain,
            Self::Plains => Shape::List(Box::new(Shape::Plain)),
            Self::Record(own) => Shape::Record(own),
            Self::Records(own) => Shape::List(Box::new(Shape::Record(own))),
        }
    }
}

/// Returns what a child is in the JSON of what it stands in.
fn of_declaration(child: DeclId) -> Shape {
    let schema = Schema::get();
    let ty = schema.type_of(child);
    let is_text = ty.attributes.is_empty()
        && matches!(ty.content, Content::Leaf(_) | Content::Reference(_) | Content::Empty);
    // A text with attributes is an object where it has any of them, and else a text.
    let own = match (is_text, ty.children().is_empty()) {
        (true, _) => Shape::Plain,
        (false, true) => Shape::Any,
        (false, false) => Shape::Element(child),
    };
    if schema.declaration(child).items.is_some() { Shape::List(Box::new(own)) } else { own }
}

/// Returns the kinds of objects that a configuration has as such.
pub(super) fn of_configurations() -> impl Iterator<Item = (KindId, &'static str)> {
    let schema = Schema::get();
    let kinds = schema.kinds().filter(move |(kind, _)| schema.container(*kind).is_some());
    kinds.map(|(kind, own)| (kind, own.name.as_str()))
}

fn is_operator(name: &str) -> bool {
    name.starts_with(['_', '@', '!', '-'])
}

/// Returns the text that an expression is, if it is written out.
fn text(tree: &IdedExpr) -> Option<&str> {
    match &tree.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

/// Returns what the step of a loop appends to its result.
fn appended(step: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Call(call) = &step.expr else { return None };
    match (call.func_name.as_str(), &call.args[..]) {
        (operators::CONDITIONAL, [_, step, _]) => appended(step),
        (operators::ADD, [_, last]) => match &last.expr {
            Expr::List(list) => list.elements.first(),
            _ => None,
        },
        _ => None,
    }
}
