//! The steps that parts kept as they are lead to: splits and joins name them by their numbers, which are others in another
//! workflow.
//!
//! Invariant: in a configuration such a part names steps that its workflow has, and nothing else in it changes; `'In Review'`
//! is the step of that name, `'In Review', 2` the second of several. OSWorkflow allows nothing but a number in these
//! places (its DTD, and `getStep(int)` of the scripts in joins), so this cannot be mistaken for anything else.

use std::collections::HashMap;

use super::step_name::StepName;
use super::tree::{Tree, TreeNode};
use crate::model::Name;
use crate::schema::DUPLICATE;

/// The elements whose attribute `step` is the number of a step.
const RESULTS: [&str; 2] = ["result", "unconditional-result"];

/// What a script calls with the number of a step.
const CALL: &str = "getStep(";

/// Writes the names of steps for their numbers; numbers that no step has stay.
pub(super) fn to_names(tree: &Tree, names: &HashMap<String, Name>) -> Tree {
    let translated = translate(tree, &mut |text| {
        Ok(names.get(text).map(|name| match name.get(DUPLICATE) {
            Some(number) => format!("{}, {number}", quoted(&name.text)),
            None => quoted(&name.text),
        }))
    });
    translated.unwrap_or_else(|_| tree.clone())
}

/// Writes the numbers of steps for their names; the error says which step there is not.
pub(super) fn to_numbers(tree: &Tree, number: &dyn Fn(&StepName) -> Option<String>) -> Result<Tree, String> {
    translate(tree, &mut |text| {
        let Some(name) = named(text) else { return Ok(None) };
        number(&name).map(Some).ok_or_else(|| format!("there is no step {text}"))
    })
}

/// What becomes of the text that stands for a step; `None` if it stays.
type Step<'t> = dyn FnMut(&str) -> Result<Option<String>, String> + 't;

fn translate(tree: &Tree, step: &mut Step<'_>) -> Result<Tree, String> {
    let mut result = Tree::new(&tree.name);
    for (name, value) in &tree.attributes {
        let is_step = name == "step" && RESULTS.contains(&tree.name.as_str());
        let other = if is_step { step(value.trim())? } else { None };
        result.attributes.push((name.clone(), other.unwrap_or_else(|| value.clone())));
    }
    for node in &tree.nodes {
        result.nodes.push(match node {
            TreeNode::Element(child) => TreeNode::Element(translate(child, step)?),
            TreeNode::Text(text) => TreeNode::Text(in_script(text, step)?),
        });
    }
    Ok(result)
}

fn in_script(text: &str, step: &mut Step<'_>) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(CALL) {
        let (before, argument) = rest.split_at(at + CALL.len());
        result.push_str(before);
        let length = length_of_argument(argument);
        let (own, behind) = argument.split_at(length);
        match step(own.trim())? {
            Some(other) => result.push_str(&other),
            None => result.push_str(own),
        }
        rest = behind;
    }
    result.push_str(rest);
    Ok(result)
}

/// Returns where the argument of a call ends: at the first parenthesis outside of quotes.
fn length_of_argument(text: &str) -> usize {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '\'' => is_quoted = !is_quoted,
            ')' if !is_quoted => return at,
            _ => {}
        }
    }
    0
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Reads the name of a step in quotes.
fn named(text: &str) -> Option<StepName> {
    let rest = text.strip_prefix('\'')?;
    let mut name = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '\\' => name.push(characters.next()?),
            '\'' => break,
            other => name.push(other),
        }
    }
    match characters.as_str().trim() {
        "" => Some(StepName::new(&name, None)),
        number => Some(StepName::new(&name, Some(number.strip_prefix(',')?.trim()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::workflow::tree::{parse, to_text};

    #[test]
    fn numbers_and_names_are_each_others_reverse() {
        let kept = "<joins><join id=\"1\"><conditions><condition type=\"beanshell\"><arg name=\"script\">\
                    jn.getStep( 2 ) != null &amp;&amp; jn.getStep(3).getStepId() == 3 || getStep(x) || getStep(</arg></condition></conditions>\
                    <unconditional-result old-status=\"a\" step=\"4\"/><unconditional-result old-status=\"b\" step=\"-1\"/></join></joins>";
        let name = |text: &str| Name::plain(text);
        let names: HashMap<String, Name> = [
            ("2".to_owned(), name("Bob's \\ step)")),
            ("3".to_owned(), name("Open")),
            ("4".to_owned(), name("Open").with(DUPLICATE, "2")),
        ]
        .into();
        let read = to_names(&parse(kept).unwrap(), &names);
        let text = to_text(&read);
        assert!(text.contains("getStep('Bob\\'s \\\\ step)')"), "{text}");
        assert!(text.contains("getStep('Open').getStepId() == 3"), "{text}");
        assert!(text.contains("step=\"'Open', 2\"") && text.contains("step=\"-1\""), "{text}");
        let other = |wanted: &StepName| {
            let number =
                names.iter().find(|(_, name)| StepName::new(&name.text, name.get(DUPLICATE)) == *wanted);
            number.map(|(number, _)| format!("{number}0"))
        };
        let written = to_text(&to_numbers(&read, &other).unwrap());
        let expected = kept
            .replace("( 2 )", "(20)")
            .replace("getStep(3)", "getStep(30)")
            .replace("step=\"4\"", "step=\"40\"");
        assert_eq!(written, to_text(&parse(&expected).unwrap()));
        assert_eq!(to_numbers(&read, &|_| None).unwrap_err(), "there is no step 'Bob\\'s \\\\ step)'");
    }
}
