//! A plan for people: like a diff, by kind of object, what is dangerous first; and the same as Markdown for a review.
//!
//! `+` is new, `~` changes, `-` goes, `=` is as the file has it, `!` is refused. Readable without colours.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::output::{HEADING, plural, printable, styled};
use crate::plan::{Counts, DescribedStep, Description, Line};

const NEW: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const GONE: Style = AnsiColor::Red.on_default();
const REFUSED: Style = AnsiColor::Red.on_default().bold();

/// Texts with more lines or letters than this are shown as a diff of their lines.
const LONG: usize = 100;

/// Returns a plan as text; `unchanged` names the objects that are as the file has them, if they are wanted.
pub fn plan_text(plan: &Description, unchanged: Option<&[String]>) -> String {
    let mut text = String::new();
    refusals(plan, &mut text);
    dangers(plan, &mut text);
    let mut kinds: BTreeMap<usize, Vec<&DescribedStep>> = BTreeMap::new();
    let order: Vec<&str> = plan.steps.iter().map(|step| step.kind.as_str()).collect();
    for step in &plan.steps {
        let first = order.iter().position(|kind| *kind == step.kind).unwrap_or(0);
        kinds.entry(first).or_default().push(step);
    }
    for steps in kinds.values() {
        let _ = writeln!(text, "{}", styled(HEADING, &steps[0].kind));
        for step in steps {
            object(step, &mut text);
        }
        text.push('\n');
    }
    for name in unchanged.unwrap_or_default() {
        let _ = writeln!(text, "  = {}", printable(name));
    }
    let _ = writeln!(text, "{}", summary(&plan.counts));
    text
}

fn refusals(plan: &Description, text: &mut String) {
    // One cause is told once, whatever it stops.
    let mut causes: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for refused in &plan.refused {
        for reason in &refused.reasons {
            let cause = (reason.code, reason.message.as_str(), reason.help.as_str());
            causes.entry(cause).or_default().push(reason.path.to_string());
        }
    }
    for ((_, message, help), paths) in causes {
        let _ = writeln!(text, "{} {}", styled(REFUSED, "!"), printable(message));
        for path in paths {
            let _ = writeln!(text, "    at {}", printable(&path));
        }
        let _ = writeln!(text, "    {}", printable(help));
    }
    if !plan.refused.is_empty() {
        text.push('\n');
    }
}

/// What goes, and who else feels a change: before everything else.
fn dangers(plan: &Description, text: &mut String) {
    let removals: Vec<String> = plan
        .steps
        .iter()
        .flat_map(|step| {
            step.changes.iter().filter(|line| line.action == "remove").map(move |line| (step, line))
        })
        .map(|(step, line)| {
            format!("  {} {} {}{}", styled(GONE, "-"), step.kind, printable(&step.name), line.path)
        })
        .collect();
    if !removals.is_empty() {
        let _ = writeln!(text, "{}", styled(HEADING, "goes"));
        let _ = writeln!(text, "{}\n", removals.join("\n"));
    }
    let touching: Vec<String> = plan
        .steps
        .iter()
        .filter(|step| !step.touches.is_empty())
        .map(|step| format!("  {} {}: {}", step.kind, printable(&step.name), step.touches.join(", ")))
        .collect();
    if !touching.is_empty() {
        let _ = writeln!(text, "{}", styled(HEADING, "touches other projects"));
        let _ = writeln!(text, "{}\n", touching.join("\n"));
    }
}

fn object(step: &DescribedStep, text: &mut String) {
    let sign = if step.action == "create" { styled(NEW, "+") } else { styled(CHANGED, "~") };
    let _ = writeln!(text, "  {sign} {}", printable(&step.name));
    for line in &step.changes {
        property(line, text);
    }
    for warning in &step.warnings {
        let _ = writeln!(text, "      {} {}", styled(CHANGED, "warning:"), printable(warning));
    }
}

fn property(line: &Line, text: &mut String) {
    let path = printable(&line.path.to_string()).into_owned();
    let sign = match line.action {
        "add" => styled(NEW, "+"),
        "remove" => styled(GONE, "-"),
        _ => styled(CHANGED, "~"),
    };
    match (&line.old, &line.new) {
        (Some(old), Some(new)) if is_long(old) || is_long(new) => {
            let _ = writeln!(text, "      {sign} {path}:");
            let difference = similar::TextDiff::from_lines(old.as_str(), new.as_str());
            for change in difference.iter_all_changes() {
                let (sign, style) = match change.tag() {
                    similar::ChangeTag::Delete => ("-", GONE),
                    similar::ChangeTag::Insert => ("+", NEW),
                    similar::ChangeTag::Equal => continue,
                };
                let value = printable(change.value().trim_end_matches('\n')).into_owned();
                let _ = writeln!(text, "          {}", styled(style, &format!("{sign} {value}")));
            }
        }
        (Some(old), Some(new)) => {
            let _ = writeln!(text, "      {sign} {path}: {} -> {}", quoted(old), quoted(new));
        }
        (Some(value), None) | (None, Some(value)) if value.is_empty() => {
            let _ = writeln!(text, "      {sign} {path}");
        }
        (Some(value), None) | (None, Some(value)) => {
            let _ = writeln!(text, "      {sign} {path}: {}", quoted(value));
        }
        (None, None) => {
            let _ = writeln!(text, "      {sign} {path}");
        }
    }
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().count() > LONG
}

fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(LONG).collect();
    let dots = if shown.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", printable(&shown))
}

/// Returns the counts in one line.
fn summary(counts: &Counts) -> String {
    if counts.create + counts.change + counts.refused == 0 {
        return format!("no changes: {} as the file has them", plural(counts.unchanged, "object"));
    }
    let mut parts = vec![
        format!("{} to create", plural(counts.create, "object")),
        format!("{} to change", counts.change),
        format!("{} to remove", plural(counts.remove, "part")),
    ];
    if counts.refused > 0 {
        parts.push(format!("{} refused", counts.refused));
    }
    parts.push(format!("{} unchanged", counts.unchanged));
    if counts.skipped > 0 {
        parts.push(format!("{} left out", counts.skipped));
    }
    if counts.touched_projects > 0 {
        parts.push(format!("{} touched", plural(counts.touched_projects, "other project")));
    }
    parts.join(", ")
}

/// Returns a plan as Markdown, for the comment of a review.
pub fn plan_markdown(plan: &Description) -> String {
    let mut text = format!("**{}**\n", summary(&plan.counts));
    if !plan.refused.is_empty() {
        text.push_str("\n### Refused\n\n");
        for refused in &plan.refused {
            for reason in &refused.reasons {
                let _ = writeln!(
                    text,
                    "- `{}` {}. {}.",
                    reason.path,
                    markdown(&reason.message),
                    markdown(&reason.help)
                );
            }
        }
    }
    let removals = plan.steps.iter().flat_map(|step| {
        step.changes
            .iter()
            .filter(|line| line.action == "remove")
            .map(move |line| format!("- {} `{}{}`\n", step.kind, step.name, line.path))
    });
    let removals: String = removals.collect();
    if !removals.is_empty() {
        let _ = write!(text, "\n### Goes\n\n{removals}");
    }
    let touching: String = plan
        .steps
        .iter()
        .filter(|step| !step.touches.is_empty())
        .map(|step| format!("- {} `{}`: {}\n", step.kind, step.name, step.touches.join(", ")))
        .collect();
    if !touching.is_empty() {
        let _ = write!(text, "\n### Touches other projects\n\n{touching}");
    }
    let warnings = plan.steps.iter().flat_map(|step| {
        step.warnings.iter().map(move |own| format!("- {} `{}`: {}\n", step.kind, step.name, markdown(own)))
    });
    let warnings: String = warnings.collect();
    if !warnings.is_empty() {
        let _ = write!(text, "\n### Warnings\n\n{warnings}");
    }
    if !plan.steps.is_empty() {
        text.push_str("\n<details><summary>All changes</summary>\n\n```diff\n");
        for step in &plan.steps {
            let sign = if step.action == "create" { '+' } else { '!' };
            let _ = writeln!(text, "{sign} {} {}", step.kind, step.name);
            for line in &step.changes {
                for (sign, value) in [('-', &line.old), ('+', &line.new)] {
                    if let Some(value) = value {
                        let value = printable(value).replace("```", "'''");
                        let _ = writeln!(text, "{sign}   {}: {value}", line.path);
                    }
                }
            }
        }
        text.push_str("```\n\n</details>\n");
    }
    text
}

/// Keeps text from being read as Markdown.
fn markdown(text: &str) -> String {
    text.replace('<', "&lt;").replace('|', "\\|")
}
