//! How much differs, in numbers and bars.
//!
//! Invariant: each object has a line, and each kind of change in it at least one sign.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::output::{printable, styled};
use super::plan::{CHANGED, GONE, NEW, summary};
use crate::plan::{DescribedStep, Description, LineAction, ObjectAction};

/// Returns how much differs, a line for each object, as `git diff --stat` does for files.
pub fn plan_stat(plan: &Description) -> String {
    /// A bar has at most so many signs.
    const LONGEST: usize = 40;
    let title = |step: &DescribedStep| {
        let former = step.former_name.as_ref().map(|former| format!("{former} → ")).unwrap_or_default();
        printable(&format!("{} {former}{}", step.in_words(), step.name)).into_owned()
    };
    let titles: Vec<String> = plan.steps.iter().map(title).collect();
    let width = titles.iter().map(|title| title.width()).max().unwrap_or(0);
    let mut text = String::new();
    for (step, title) in plan.steps.iter().zip(&titles) {
        let gap = " ".repeat(width - title.width());
        let shown = match step.action {
            ObjectAction::Create => styled(NEW, "new"),
            ObjectAction::Remove => styled(GONE, "gone"),
            ObjectAction::Rename if step.changes.is_empty() => styled(CHANGED, "renamed"),
            ObjectAction::Change | ObjectAction::Rename => {
                let of = |sign: &str, actions: &[LineAction], style| {
                    let count = step.changes.iter().filter(|line| actions.contains(&line.action)).count();
                    // Every kind of change has at least one sign.
                    let scaled = (count * LONGEST).div_ceil(step.changes.len().max(LONGEST));
                    styled(style, &sign.repeat(scaled))
                };
                let bar = [
                    of("+", &[LineAction::Add], NEW),
                    of("-", &[LineAction::Remove], GONE),
                    of("~", &[LineAction::Change, LineAction::Move], CHANGED),
                ];
                format!("{:>4} {}", step.changes.len(), bar.concat())
            }
        };
        let _ = writeln!(text, " {title}{gap} | {shown}");
    }
    text.push_str(&summary(plan));
    text.push('\n');
    text
}
