//! Edits without a meaning: what the rules of the schema say about the children of an element.
//!
//! Pure. Invariant: what no Jira can keep as it stands, as far as the file alone shows it, is told at its place.

use crate::model::{Element, Identity, Problem, Problems};
use crate::schema::{DeclId, Demand, Rule, Said, Schema};

/// Finds what is wrong with the children of an element.
pub(super) fn find(way: &[&Element], element: &Element, problems: &mut Problems) {
    for rule in &Schema::get().type_of(element.declaration).rules {
        if let Some((message, help, at)) = broken(rule, element) {
            problems.push(super::on(Problem::error("contradiction", message), way, at).help(help));
        }
    }
    not_among(way, element, problems);
}

/// Finds a choice that is none of those beside it, such as a default issue type outside its scheme. Where none stands there,
/// nothing is known.
fn not_among(way: &[&Element], parent: &Element, problems: &mut Problems) {
    let schema = Schema::get();
    for chosen in parent.children() {
        let Some(list) = schema.declaration(chosen.declaration).among else { continue };
        let name = Identity::of_reference(chosen, &[]);
        let mut there = parent.children().iter().filter(|own| own.declaration == list).peekable();
        if there.peek().is_none() || there.any(|own| Identity::of_reference(own, &[]) == name) {
            continue;
        }
        let (tag, list) = (chosen.tag(), &schema.declaration(list).name);
        let message = format!(
            "`<{tag}>` is `{}`, which is not a `<{list}>` of this `<{}>`",
            chosen.text(),
            parent.tag()
        );
        let help = format!("add it as a `<{list}>`, or choose an existing one");
        problems.push(super::on(Problem::error("not-among", message), way, Some(chosen)).help(help));
    }
}

/// Returns whether the children of an element break no rule.
pub(crate) fn is_sound(element: &Element) -> bool {
    let rules = &Schema::get().type_of(element.declaration).rules;
    rules.iter().all(|rule| broken(rule, element).is_none())
}

/// Returns what breaks a rule: in words, what to do, and the child that should not be there.
fn broken<'e>(rule: &'e Rule, element: &'e Element) -> Option<(String, String, Option<&'e Element>)> {
    let (tag, when) = (
        element.tag(),
        match &rule.when {
            Some(when) if !is_said(when, element) => return None,
            when => when.as_ref().map(|when| circumstances(when, element)).unwrap_or_default(),
        },
    );
    match &rule.demand {
        Demand::One { of, or_none } => {
            let mut there = element.children().iter().filter(|child| of.contains(&child.declaration));
            let Some(first) = there.next() else {
                let help = format!("it must have {}", names(of));
                return (!or_none).then(|| (format!("`<{tag}>` has no effect{when}"), help, None));
            };
            let other = there.find(|child| child.declaration != first.declaration)?;
            let message = format!("`<{tag}>` has both `<{}>` and `<{}>`{when}", other.tag(), first.tag());
            Some((message, "they exclude each other: keep one".to_owned(), Some(other)))
        }
        Demand::Needs(said) if is_said(said, element) => None,
        Demand::Needs(said) => {
            let schema = Schema::get();
            let message = match (&said.values[..], said.least) {
                ([value, ..], _) => format!("`<{tag}>` lacks `{value}` as its {}{when}", names(&said.of)),
                ([], 1) => format!("`<{tag}>` lacks its {}{when}", names(&said.of)),
                ([], least) => format!("`<{tag}>` has fewer than {least} {}{when}", names(&said.of)),
            };
            let docs = said.of.iter().map(|own| schema.declaration(*own));
            let docs: Vec<_> = docs.map(|own| format!("`<{}>`: {}", own.name, own.doc)).collect();
            Some((message, docs.join(" "), None))
        }
        Demand::Forbids(said) => {
            if !is_said(said, element) {
                return None;
            }
            let child = all(said, element).last()?;
            let message = match said.least {
                1 if !said.values.is_empty() => {
                    format!("`<{tag}>` has `{}` as its `<{}>`{when}", child.text(), child.tag())
                }
                1 => format!("`<{tag}>` has `<{}>`{when}", child.tag()),
                least => format!("`<{tag}>` has {least} or more {}{when}", names(&said.of)),
            };
            Some((message, format!("leave this `<{}>` out", child.tag()), Some(child)))
        }
    }
}

fn is_said(said: &Said, element: &Element) -> bool {
    all(said, element).nth(said.least - 1).is_some()
}

/// Returns the children that a statement is about.
fn all<'e>(said: &'e Said, element: &'e Element) -> impl Iterator<Item = &'e Element> {
    let counts = |child: &&Element| {
        let is_value = |value: &String| value.eq_ignore_ascii_case(child.text());
        said.of.contains(&child.declaration) && (said.values.is_empty() || said.values.iter().any(is_value))
    };
    element.children().iter().filter(counts)
}

/// Says under what circumstances a rule holds.
fn circumstances(when: &Said, element: &Element) -> String {
    let Some(child) = all(when, element).next() else { return String::new() };
    match (when.values.is_empty(), when.least) {
        (false, _) => format!(", where `<{}>` is `{}`", child.tag(), child.text()),
        (true, 1) => format!(", where it has `<{}>`", child.tag()),
        (true, least) => format!(", where it has {least} or more {}", names(&when.of)),
    }
}

fn names(all: &[DeclId]) -> String {
    let schema = Schema::get();
    let names: Vec<_> = all.iter().map(|own| format!("`<{}>`", schema.declaration(*own).name)).collect();
    names.join(" or ")
}
