//! What policies say, in each form of a plan: before everything else, for it decides.
//!
//! Invariant: each violation stands in every form, with its rule, its object and its place.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use maud::{Markup, html};

use super::html::sentence as marked_sentence;
use super::marked::sentence;
use super::output::{ERROR, printable, styled};
use super::plan::heading;
use crate::plan::{Description, Violation};

const WARNING: Style = AnsiColor::Yellow.on_default();

/// What the list is called.
pub(super) const TITLE: &str = "Policies";

/// Adds what a plan violates to its text.
pub(super) fn text(plan: &Description, text: &mut String) {
    if plan.violations.is_empty() {
        return;
    }
    heading("policies", text);
    for own in &plan.violations {
        let sign = if own.stops() { styled(ERROR, "!") } else { styled(WARNING, "warning:") };
        let _ = writeln!(text, "  {sign} {}", printable(&own.in_words()));
        let _ = writeln!(text, "      {}", printable(&places(own)));
    }
    text.push('\n');
}

/// Returns what a plan violates as entries of a list in Markdown.
pub(super) fn markdown(plan: &Description) -> Vec<String> {
    plan.violations.iter().map(|own| sentence(&whole(own))).collect()
}

/// Returns what plans violate as entries of a list.
pub(super) fn page<'a>(plans: impl Iterator<Item = &'a Description>) -> Vec<Markup> {
    plans.flat_map(|own| &own.violations).map(|own| html! { (marked_sentence(&whole(own))) }).collect()
}

fn whole(own: &Violation) -> String {
    let warning = if own.stops() { "" } else { "warning: " };
    format!("{warning}{} ({})", own.in_words(), places(own))
}

/// Says where the object stands, and where the rule.
fn places(own: &Violation) -> String {
    let rule = format!("the rule stands in {}", own.at);
    match &own.place {
        Some(place) => format!("{}:{}:{}; {rule}", place.file, place.line, place.column),
        None => rule,
    }
}
