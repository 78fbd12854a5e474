//! What somebody does by hand in Jira, as a checklist in Markdown.
//!
//! Invariant: whoever follows it needs to read nothing else: each item has its page, and all that is to be entered; nothing is cut.

use std::fmt::Write as _;

use super::marked::code;
use super::output::plural;
use super::plan::{LONG, way};
use super::tree::{TreeLine, tree};
use crate::instance::Task;
use crate::plan::{DescribedStep, Line, LineAction, ObjectAction, Value};

/// How the checklist begins; by this it is known among other files.
const TITLE: &str = "# By hand in Jira";

/// Returns the checklist of what is to be done in the Jira at an address; `next` is the command that goes on afterwards.
pub fn checklist_markdown(tasks: &[Task], site: &str, next: &str) -> String {
    let (now, later): (Vec<&Task>, Vec<&Task>) = tasks.iter().partition(|own| own.is_ready);
    let site = site.trim_end_matches('/');
    let mut text = format!("{TITLE}: {}\n\n", plural(tasks.len(), "step"));
    let _ = writeln!(
        text,
        "Sign in at <{site}> as a Jira administrator and do these, from the first to the last. Enter exactly what stands in the \
         grey boxes. Afterwards run {}: it finds out by itself what was done, goes on, and lists what is left.",
        code(next)
    );
    now.iter().enumerate().for_each(|(number, task)| item(number + 1, task, site, &mut text));
    if !later.is_empty() {
        let _ = writeln!(
            text,
            "\n## Later\n\nThese need what {} makes of the above; it lists them again then.",
            code(next)
        );
        let numbers = now.len() + 1..;
        later.iter().zip(numbers).for_each(|(task, number)| item(number, task, site, &mut text));
    }
    text
}

fn item(number: usize, Task { menu, path, change, .. }: &Task, site: &str, text: &mut String) {
    let DescribedStep { action, name, changes, .. } = change;
    let verb = match action {
        ObjectAction::Create => "Create",
        ObjectAction::Remove => "Delete",
        ObjectAction::Change | ObjectAction::Rename => "Change",
    };
    let _ = writeln!(text, "\n- [ ] **{number}. {verb} the {} {}**", change.in_words(), code(name));
    let _ = writeln!(text, "  - Page: {menu}, <{site}{path}>");
    changes.iter().for_each(|line| entered(line, text));
}

/// Says what is to be entered.
fn entered(line: &Line, text: &mut String) {
    let what = code(&way(line));
    match (&line.old, &line.new, line.action) {
        (Some(old), Some(new), _) if !is_long(old) && !is_long(new) => {
            let _ = writeln!(text, "  - {what}: {} → {}", shown(old), shown(new));
        }
        (Some(old), Some(new), _) => {
            let _ = writeln!(text, "  - {what}, until now:");
            whole(old, text);
            let _ = writeln!(text, "  - {what}, from now on:");
            whole(new, text);
        }
        (Some(value), None, _) => part("remove", &what, value, text),
        (None, Some(value), LineAction::Move) => part("move", &what, value, text),
        (None, Some(value), _) => part("enter", &what, value, text),
        (None, None, action) => drop(writeln!(text, "  - {action} {what}")),
    }
}

fn part(verb: &str, what: &str, value: &Value, text: &mut String) {
    if is_long(value) {
        let _ = writeln!(text, "  - {verb} {what}:");
        whole(value, text);
    } else if value.inline.is_empty() {
        let _ = writeln!(text, "  - {verb} {what}");
    } else {
        let _ = writeln!(text, "  - {verb} {what}: {}", shown(value));
    }
}

fn is_long(value: &Value) -> bool {
    value.is_tree(LONG) || value.inline.contains('\n')
}

fn shown(value: &Value) -> String {
    if value.inline.is_empty() { "nothing".to_owned() } else { code(&value.inline) }
}

/// Shows all of a value, in lines of its own.
fn whole(value: &Value, text: &mut String) {
    if !value.is_tree(LONG) {
        // More marks than any line of it begins with.
        let marks = "`".repeat(value.inline.lines().map(marks_of).max().unwrap_or(0).max(2) + 1);
        let lines = value.inline.lines().map(|line| format!("    {}\n", super::output::printable(line)));
        let _ = writeln!(text, "\n    {marks}\n{}    {marks}\n", lines.collect::<String>());
        return;
    }
    for TreeLine { depth, text: line } in tree(value) {
        let _ = writeln!(text, "    {}- {}", "  ".repeat(depth), code(&line));
    }
}

fn marks_of(line: &str) -> usize {
    line.trim_start().chars().take_while(|letter| *letter == '`').count()
}
