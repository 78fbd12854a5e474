//! A plan or a difference as one page of HTML that needs nothing else: no network, and no script to be read.
//!
//! Invariant: text reaches the page only through `maud`, which escapes it, or through the drawings of [`crate::graph`], which
//! escape it, too. Should that ever fail, the page's policy lets no style and no script run but its own.

mod changes;
mod data_plan;
mod objects;
mod pictures;
mod summary;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::output::printable;
use crate::complete::DataPlan;
use crate::graph::{self, Categories};
use crate::plan::Description;
use objects::Entries;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// What a page tells.
#[derive(Debug)]
pub struct Report<'a> {
    /// What is done or compared, such as `Import of TST.xml`.
    pub title: String,
    /// What else is known of it: what it is called, and its value.
    pub facts: Vec<(&'static str, String)>,
    /// What is told: one plan, or a difference for each file.
    pub parts: Vec<Part<'a>>,
    /// What is done with the issues of a complete project, after its configuration.
    pub issues: Option<&'a DataPlan>,
    /// Whether it only says how much differs in which objects.
    pub is_brief: bool,
}

/// One plan or difference of a page.
#[derive(Debug)]
pub struct Part<'a> {
    /// What it is about, if there are several.
    pub name: Option<&'a str>,
    /// The plan or the difference.
    pub description: &'a Description,
    /// What kind of work the statuses in its workflows mean.
    pub categories: &'a Categories,
}

/// Returns the page.
pub fn html_report(report: &Report<'_>) -> String {
    let entries = Entries::of(&report.parts);
    let style = format!("{STYLE}{}", graph::style());
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        fingerprint(&style),
        fingerprint(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "pcfg " (env!("CARGO_PKG_VERSION")) };
                title { (printable(&report.title)) }
                style { (PreEscaped(&style)) }
            }
            body {
                a class="skip" href="#changes" { "Skip to the changes" }
                (summary::header(report, &entries))
                div class="columns" {
                    div class="side" {
                        (objects::tools(&entries))
                        (objects::tree(&report.parts, &entries))
                    }
                    main id="changes" tabindex="-1" {
                        (summary::overview(report, &entries))
                        @if let Some(issues) = report.issues { (data_plan::section(issues)) }
                        (objects::all(report, &entries))
                    }
                }
                (footer())
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

/// Returns what a content security policy calls a text.
fn fingerprint(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

fn footer() -> Markup {
    html! {
        footer {
            p {
                "Made by pcfg " (env!("CARGO_PKG_VERSION")) ". This page is one file: it loads nothing, sends nothing, and can be \
                 read, printed and kept without pcfg."
            }
        }
    }
}

/// Returns a sentence, with what stands between backticks in it as code.
pub(super) fn sentence(text: &str) -> Markup {
    let text = printable(text);
    let pieces: Vec<&str> = text.split('`').collect();
    // A name may hold a backtick; then it is not known where names begin.
    if pieces.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (number, piece) in pieces.iter().enumerate() {
            @if number % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// Returns text that only people see who do not see signs and colours.
fn spoken(text: &str) -> Markup {
    html! { span class="spoken" { (text) } }
}
