//! What is done with the issues of a complete project, on the page of its configuration.

use maud::{Markup, html};

use super::super::data_plan::{REFUSED, headed, name, unwritten};
use super::super::output::printable;
use super::sentence;
use crate::complete::DataPlan;

/// Counts by kind, then what is in the way and what there is to know.
pub(super) fn section(plan: &DataPlan) -> Markup {
    html! {
        section aria-labelledby="data" {
            h2 id="data" { "Issues" }
            @if !plan.counts.is_empty() {
                div class="wide" tabindex="0" role="region" aria-label="Number of new things of each kind" {
                    table class="numbers" {
                        thead { tr { th scope="col" { "Kind" } th scope="col" { "New" } } }
                        tbody {
                            @for (tag, count) in &plan.counts { tr { th scope="row" { (name(tag, *count)) } td { (count) } } }
                        }
                    }
                }
            }
            @if let Some(own) = unwritten(plan) { p { (own) "." } }
        }
        @for (heading, findings) in headed(plan) {
            @if !findings.is_empty() {
                @let (id, class) = if heading == REFUSED { ("data-refused", "refused") } else { ("data-told", "warning") };
                section class={ "attention " (class) } aria-labelledby=(id) {
                    h2 id=(id) { (heading) " " span class="count" { (findings.len()) } }
                    ul {
                        @for own in findings {
                            li { (own.count) " " (sentence(&own.what)) " (such as " bdi { (printable(&own.example)) } ")" }
                        }
                    }
                }
            }
        }
    }
}
