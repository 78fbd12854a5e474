//! Workflows as drawings: as they were, as they will be, and both in one with what changes marked.

use maud::{Markup, PreEscaped, html};

use super::super::output::printable;
use crate::graph::{Categories, change, svg_element, workflow};
use crate::model::Element;
use crate::plan::DescribedStep;

/// What holds a workflow, and its draft.
const WORKFLOW: &str = "workflowEntry";

/// Returns the drawings of an object, if it is a workflow.
pub(super) fn of(number: usize, step: &DescribedStep, categories: &Categories) -> Markup {
    if step.kind != WORKFLOW {
        return Markup::default();
    }
    let (before, after) = (step.before.as_ref(), step.after.as_ref());
    let draft = |entry: Option<&'_ Element>| entry.and_then(|entry| entry.get("draft")).cloned();
    let drafts = [draft(before), draft(after)];
    html! {
        (picture(&format!("{number}"), "Diagram", &step.name, before, after, categories))
        @if drafts[0] != drafts[1] {
            @let [before, after] = &drafts;
            (picture(&format!("{number}-draft"), "Diagram of the draft", &step.name, before.as_ref(), after.as_ref(), categories))
        }
    }
}

fn picture(
    id: &str,
    title: &str,
    name: &str,
    before: Option<&Element>,
    after: Option<&Element>,
    categories: &Categories,
) -> Markup {
    let one = |word: &str, class: &str, drawing: String| {
        html! {
            figure class=(class) {
                figcaption { (word) }
                div class="drawing" tabindex="0" role="region" aria-label={ (word) ", " (printable(name)) } {
                    (PreEscaped(drawing))
                }
            }
        }
    };
    let both = change(before, after, categories);
    match (before, after) {
        (Some(old), Some(new)) if both.has_marks() => html! {
            div class="picture" {
                fieldset {
                    legend { (title) }
                    @for (class, word) in [("both", "What changes"), ("before", "Before"), ("after", "After")] {
                        label class="choice" {
                            input type="radio" name={ "view-" (id) } class=(class) checked[class == "both"]; " " (word)
                        }
                    }
                }
                (one("What changes", "both", svg_element(&both)))
                (one("Before", "before", svg_element(&workflow(old, categories))))
                (one("After", "after", svg_element(&workflow(new, categories))))
                ul class="legend" {
                    li { span class="sign small added" aria-hidden="true" { "+" } " new" }
                    li { span class="sign small removed" aria-hidden="true" { "−" } " will be removed" }
                    li { span class="sign small changed" aria-hidden="true" { "~" } " changed inside" }
                }
            }
        },
        (Some(own), None) | (None | Some(_), Some(own)) => html! {
            details class="fold" open[before.is_none() || after.is_none()] {
                summary {
                    (title)
                    @if before.is_some() && after.is_some() { span class="count" { " no changes in steps and \
                    transitions" } }
                }
                div class="picture" { (one(title, "only", svg_element(&workflow(own, categories)))) }
            }
        },
        (None, None) => Markup::default(),
    }
}
