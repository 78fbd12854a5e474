//! A plan for people: like a diff, by kind of object, what is dangerous first.
//!
//! `+` is new, `~` changes, `-` goes, `=` is as the file has it, `!` is refused. Readable without colours: every line says by
//! its sign and its place what it is about.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;

use super::gone::goes;
use super::issues::moved;
use super::marked;
use super::output::{HEADING, plural, printable, styled};
use super::tree::{TreeLine, tree};
use super::violations;
use crate::instance::shell_word;
use crate::plan::{Counts, DescribedStep, Description, Line, LineAction, ObjectAction, Subject};

pub(super) const NEW: Style = AnsiColor::Green.on_default();
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(super) const GONE: Style = AnsiColor::Red.on_default();
const REFUSED: Style = AnsiColor::Red.on_default().bold();

/// Texts with more lines or letters than this are shown as a diff of their lines, and what has more parts as a tree.
pub(super) const LONG: usize = 100;

/// What stands before the lines of a text.
const INDENT: &str = "          ";

/// What goes is told again at the end of a plan that is longer than this, in lines.
const SCREEN: usize = 40;

/// Lines around a changed line of a text.
const AROUND: usize = 1;

/// Returns a plan as text; `unchanged` names the objects that are as the file has them, if they are wanted.
pub fn plan_text(plan: &Description, unchanged: Option<&[String]>) -> String {
    let mut text = String::new();
    if let Some(instance) = &plan.instance {
        let _ = writeln!(text, "{}\n", styled(HEADING, &format!("plan for {}", printable(instance))));
    }
    violations::text(plan, &mut text);
    refusals(plan, &mut text);
    left_out(plan, &mut text);
    unseen(plan, &mut text);
    // Whoever compares has done nothing that could be dangerous, and reads everything once.
    if plan.subject == Subject::Plan {
        dangers(plan, &mut text);
    }
    irrevocable(plan, &mut text);
    issues(plan, &mut text);
    let mut kinds: IndexMap<&str, Vec<&DescribedStep>> = IndexMap::new();
    for step in &plan.steps {
        kinds.entry(&step.kind).or_default().push(step);
    }
    for steps in kinds.values() {
        heading(&steps[0].in_words(), &mut text);
        steps.iter().for_each(|step| object(step, &mut text));
        text.push('\n');
    }
    let unchanged = unchanged.unwrap_or_default();
    if !unchanged.is_empty() {
        heading("unchanged", &mut text);
        unchanged.iter().for_each(|name| text.push_str(&format!("  = {}\n", printable(name))));
        text.push('\n');
    }
    held_back(plan, &mut text);
    // Whoever has read to the end of a long plan is about to decide.
    if plan.subject == Subject::Plan && text.lines().count() > SCREEN {
        goes(plan, &mut text);
    }
    text.push_str(&summary(plan));
    text.push('\n');
    text
}

/// Returns the name of what is compared, above its differences.
pub fn title(name: &str, is_markdown: bool) -> String {
    match is_markdown {
        true => format!("## {}\n\n", marked::code(name)),
        false => format!("{}\n", styled(HEADING, &printable(name))),
    }
}

pub(super) fn heading(words: &str, text: &mut String) {
    let _ = writeln!(text, "{}", styled(HEADING, words));
}

fn refusals(plan: &Description, text: &mut String) {
    let causes = plan.causes();
    if causes.is_empty() {
        return;
    }
    heading("refused", text);
    for cause in causes {
        let _ = writeln!(text, "  {} {}", styled(REFUSED, "!"), printable(&cause.message));
        for path in &cause.paths {
            let _ = writeln!(text, "      at {}", printable(path));
        }
        let _ = writeln!(text, "      {}", printable(&cause.help));
        if !cause.followers.is_empty() {
            let _ = writeln!(text, "      with it: {}", printable(&some(&cause.followers)));
        }
    }
    text.push('\n');
}

/// Returns the options that leave objects out, as a shell takes them.
pub fn skip_options(selectors: &[String]) -> String {
    let option = |selector: &String| format!("--skip {}", shell_word(selector));
    selectors.iter().map(option).collect::<Vec<_>>().join(" ")
}

/// Names some of what goes along.
pub(super) fn some(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=SHOWN => shown,
        many => format!("{shown} and {} more", many - SHOWN),
    }
}

/// What the version of the target has no place for.
fn left_out(plan: &Description, text: &mut String) {
    if plan.warnings.is_empty() {
        return;
    }
    heading(if plan.subject == Subject::Difference { "compared in less detail" } else { "left out" }, text);
    for warning in &plan.warnings {
        let _ = writeln!(text, "  {} {}", styled(CHANGED, "warning:"), printable(warning));
    }
    text.push('\n');
}

/// What cannot be seen, and is neither compared nor changed therefore.
fn unseen(plan: &Description, text: &mut String) {
    if plan.unseen.is_empty() {
        return;
    }
    heading("not seen, so neither compared nor changed", text);
    for sentence in crate::plan::not_shown(&plan.unseen) {
        let _ = writeln!(text, "  {} {}", styled(CHANGED, "?"), printable(&sentence));
    }
    text.push('\n');
}

/// What nothing can take back once it is done.
fn irrevocable(plan: &Description, text: &mut String) {
    if plan.irrevocable.is_empty() {
        return;
    }
    heading("cannot be taken back", text);
    for own in &plan.irrevocable {
        let _ = writeln!(text, "  {} {}", styled(REFUSED, "!"), printable(own));
    }
    text.push('\n');
}

/// Says what [`DescribedHeldBack`]s are, and how they are changed all the same.
///
/// [`DescribedHeldBack`]: crate::plan::DescribedHeldBack
pub(super) const HELD_BACK: &str =
    "existing users and the members of existing groups are changed only with `--update-users`";

/// What existing users and groups keep, each member by name.
fn held_back(plan: &Description, text: &mut String) {
    if plan.held_back.is_empty() {
        return;
    }
    heading("held back", text);
    let _ = writeln!(text, "  {HELD_BACK}");
    for held in &plan.held_back {
        let _ = writeln!(text, "  {} {}", held.in_words(), printable(&held.name));
        held.changes.iter().for_each(|line| property(line, text));
    }
    text.push('\n');
}

/// The issues that move, for each project, issue type and workflow.
fn issues(plan: &Description, text: &mut String) {
    if plan.issues.is_empty() {
        return;
    }
    heading("issues move", text);
    for own in moved(&plan.issues) {
        let _ = writeln!(text, "  {} {}", styled(CHANGED, "~"), printable(&own.what));
        for line in own.statuses {
            let _ = writeln!(text, "      {}", printable(&line));
        }
    }
    text.push('\n');
}

/// What goes, and who else feels a change: before everything else.
fn dangers(plan: &Description, text: &mut String) {
    goes(plan, text);
    let touching: Vec<&DescribedStep> = plan.steps.iter().filter(|step| !step.touches.is_empty()).collect();
    if !touching.is_empty() {
        heading("affects other projects", text);
        for step in touching {
            let (kind, name, projects) = (step.in_words(), printable(&step.name), step.touches.join(", "));
            let _ = writeln!(text, "  {} {kind} {name}: {}", object_sign(step.action), printable(&projects));
        }
        text.push('\n');
    }
}

/// Returns the way to what changes, from the object.
pub(super) fn way(line: &Line) -> String {
    let path = line.titled.to_string();
    path.strip_prefix('/').unwrap_or(&path).to_owned()
}

fn object_sign(action: ObjectAction) -> String {
    match action {
        ObjectAction::Create => styled(NEW, "+"),
        ObjectAction::Remove => styled(GONE, "-"),
        ObjectAction::Change | ObjectAction::Rename => styled(CHANGED, "~"),
    }
}

fn line_sign(action: LineAction) -> String {
    match action {
        LineAction::Add => styled(NEW, "+"),
        LineAction::Remove => styled(GONE, "-"),
        LineAction::Change | LineAction::Move => styled(CHANGED, "~"),
    }
}

fn object(step: &DescribedStep, text: &mut String) {
    let name = printable(&step.name);
    let _ = match &step.former_name {
        Some(former) => writeln!(text, "  {} {} → {name}", object_sign(step.action), printable(former)),
        None => writeln!(text, "  {} {name}", object_sign(step.action)),
    };
    if !step.followers.is_empty() {
        let _ = writeln!(text, "      {}", printable(&followers(&step.followers)));
    }
    for line in &step.changes {
        property(line, text);
    }
    for warning in &step.warnings {
        let _ = writeln!(text, "      {} {}", styled(CHANGED, "warning:"), printable(warning));
    }
}

/// Says whose references follow a rename, and not all of them if there are many.
pub(super) fn followers(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len() {
        0..=SHOWN => format!("references follow in {shown}"),
        many => format!("references follow in {shown} and {} more", many - SHOWN),
    }
}

fn property(line: &Line, text: &mut String) {
    let path = printable(&way(line)).into_owned();
    let sign = line_sign(line.action);
    let _ = match (&line.old, &line.new) {
        (Some(old), Some(new)) => {
            let (old, new) = (&old.inline, &new.inline);
            if is_long(old) || is_long(new) {
                let _ = writeln!(text, "      {sign} {path}:");
                lines(old, new, text);
                return;
            }
            match line.action {
                LineAction::Move => {
                    writeln!(text, "      {sign} {path}: {} → {}", printable(old), printable(new))
                }
                _ => writeln!(text, "      {sign} {path}: {} → {}", quoted(old), quoted(new)),
            }
        }
        (Some(value), None) | (None, Some(value)) if value.is_tree(LONG) => {
            let style = if line.new.is_some() { NEW } else { GONE };
            let _ = writeln!(text, "      {sign} {path}");
            for TreeLine { depth, text: line } in tree(value) {
                let _ = writeln!(text, "{INDENT}{}{}", "  ".repeat(depth), styled(style, &line));
            }
            return;
        }
        (Some(value), None) if is_long(&value.inline) => {
            let _ = writeln!(text, "      {sign} {path}:");
            lines(&value.inline, "", text);
            return;
        }
        (None, Some(value)) if is_long(&value.inline) => {
            let _ = writeln!(text, "      {sign} {path}:");
            lines("", &value.inline, text);
            return;
        }
        (Some(value), None) | (None, Some(value)) if !value.inline.is_empty() => {
            writeln!(text, "      {sign} {path}: {}", quoted(&value.inline))
        }
        _ => writeln!(text, "      {sign} {path}"),
    };
}

/// Shows how the lines of a text change, each with what stands around it.
fn lines(old: &str, new: &str, text: &mut String) {
    let difference = similar::TextDiff::from_lines(old, new);
    let mut last = 0;
    for group in difference.grouped_ops(AROUND) {
        let begin = group.first().map_or(0, |op| op.old_range().start);
        if begin > last {
            let _ = writeln!(text, "{INDENT}…");
        }
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let (sign, style) = match change.tag() {
                similar::ChangeTag::Delete => ("-", GONE),
                similar::ChangeTag::Insert => ("+", NEW),
                similar::ChangeTag::Equal => (" ", Style::new()),
            };
            let value = printable(change.value().trim_end_matches('\n')).into_owned();
            let line = format!("{sign} {value}");
            let _ = writeln!(text, "{INDENT}{}", styled(style, line.trim_end()));
        }
        last = group.last().map_or(last, |op| op.old_range().end);
    }
    if last < old.lines().count() {
        let _ = writeln!(text, "{INDENT}…");
    }
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().count() > LONG
}

pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    format!("`{}`", printable(text))
}

/// Returns the counts in one line.
pub(super) fn summary(plan: &Description) -> String {
    let counts = &plan.counts;
    let count = |number: usize, text: String| (number > 0).then_some(text);
    let (work, nothing) = match plan.subject {
        Subject::Plan => (planned(counts), "nothing to do"),
        Subject::Difference => (different(counts), "no differences"),
    };
    let mut work: Vec<String> = work.into_iter().flatten().collect();
    if work.is_empty() {
        work.push(nothing.to_owned());
    }
    let rest: Vec<String> = [
        count(counts.unchanged, format!("{} unchanged", counts.unchanged)),
        count(counts.held_back, format!("{} held back", counts.held_back)),
        count(counts.skipped, format!("{} left out", counts.skipped)),
        count(
            counts.touched_projects,
            format!("{} affected", plural(counts.touched_projects, "other project")),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    let separator = if rest.is_empty() { "" } else { "; " };
    format!("{}{separator}{}", work.join(", "), rest.join(", "))
}

fn planned(counts: &Counts) -> Vec<Option<String>> {
    let count = |number: usize, text: String| (number > 0).then_some(text);
    vec![
        count(counts.create, format!("{} to create", plural(counts.create, "object"))),
        count(counts.change, format!("{} to change", plural(counts.change, "object"))),
        count(counts.rename, format!("{} to rename", plural(counts.rename, "object"))),
        count(counts.delete, format!("{} to remove", plural(counts.delete, "object"))),
        count(counts.remove, format!("{} to remove", plural(counts.remove, "part"))),
        count(counts.issues as usize, format!("{} to move", plural(counts.issues as usize, "issue"))),
        count(counts.refused, format!("{} refused", counts.refused)),
    ]
}

fn different(counts: &Counts) -> Vec<Option<String>> {
    let count = |number: usize, word: &str| (number > 0).then(|| format!("{number} {word}"));
    vec![
        count(counts.create, "new"),
        count(counts.change, "changed"),
        count(counts.rename, "renamed"),
        count(counts.delete, "gone"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Path;

    fn plan(old: &str, new: &str) -> Description {
        let line =
            Line::new(LineAction::Change, Path::default().child("jql"), Some(old.into()), Some(new.into()));
        let step = DescribedStep {
            action: ObjectAction::Change,
            kind: "filter".to_owned(),
            name: "Mine".to_owned(),
            former_name: None,
            changes: vec![line],
            followers: Vec::new(),
            touches: vec!["OPS".to_owned(), "TST".to_owned()],
            warnings: Vec::new(),
            before: None,
            after: None,
        };
        let counts = Counts { change: 1, touched_projects: 2, ..Counts::default() };
        let subject = Subject::Plan;
        Description {
            unseen: Vec::new(),
            irrevocable: Vec::new(),
            violations: Vec::new(),
            moving: None,
            instance: None,
            projects: Vec::new(),
            steps: vec![step],
            refused: Vec::new(),
            held_back: Vec::new(),
            issues: Vec::new(),
            warnings: Vec::new(),
            counts,
            subject,
        }
    }

    fn shown(old: &str, new: &str) -> String {
        anstream::adapter::strip_str(&plan_text(&plan(old, new), None)).to_string()
    }

    #[test]
    fn a_long_text_is_a_diff_of_its_lines() {
        let old = "one\ntwo\nthree\nfour\nfive\nsix\n";
        insta::assert_snapshot!(shown(old, &old.replace("three", "3")), @"
        affects other projects
          ~ filter Mine: OPS, TST

        filter
          ~ Mine
              ~ jql:
                  …
                    two
                  - three
                  + 3
                    four
                  …

        1 object to change; 2 other projects affected
        ");
    }

    #[test]
    fn short_texts_stand_in_one_line_and_nothing_is_told_apart_from_blanks() {
        assert!(shown("", " ").contains("~ jql: (empty) → ` `\n"));
    }

    #[test]
    fn names_and_texts_cannot_command_the_terminal() {
        assert!(!plan_text(&plan("a\x1b[2J", "b\nc\x1b[2J"), None).contains("\x1b[2J"));
    }
}
