//! How the plan of an import is shown, in all forms.
//!
//! Invariant: each form tells the same plan.

use std::path::Path;

use clap::ValueEnum;

use super::super::place::called::Called;
use super::super::result::policies::Judge;
use super::super::result::report;
use super::super::result::stamp::Stamp;
use crate::complete::DataPlan;
use crate::fault::Fault;
use crate::graph::Categories;
use crate::import::Import;
use crate::model::{Config, Element, Identity, Snapshot};
use crate::plan::{Description, Readiness};
use crate::schema::Schema;
use crate::ui::{Part, Report, Talk, Ui, github, html_report, plan_markdown, plan_text, sarif};

/// How to show a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
    /// For the comment of a review
    Markdown,
    /// For a browser: one page that needs nothing else
    Html,
    /// What is refused and which policies are violated, as SARIF 2.1.0
    Sarif,
    /// The same as annotations, for GitHub Actions
    Github,
}

/// Returns the plan in words, with what it violates.
pub(in crate::cli) fn described(
    import: &Import,
    called: &Called,
    moving: Option<Readiness>,
    judge: &Judge,
) -> Description {
    judge.judged(Description { moving, ..import.plan.describe().of(called.title()) })
}

/// In which form a plan is shown, and to whom.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct View<'a> {
    pub(in crate::cli) format: Format,
    /// The file that is imported.
    pub(in crate::cli) file: &'a Path,
    /// Whether somebody is to read it before anything is done.
    pub(in crate::cli) is_waited_for: bool,
    pub(in crate::cli) stamp: Stamp,
}

/// Shows a plan in a form.
pub(in crate::cli) fn show(
    ui: &Ui,
    View { format, file, is_waited_for, stamp }: View<'_>,
    categories: &Categories,
    (import, description, issues): (&Import, &Description, Option<&DataPlan>),
    judge: &Judge,
) -> Result<(), Fault> {
    let stamp = stamp.fact(format == Format::Html)?;
    match format {
        Format::Text => {
            let unchanged = (ui.talk() == Talk::Verbose)
                .then(|| import.plan.unchanged.iter().map(titled).collect::<Vec<_>>());
            report::plan(ui, &plan_text(description, unchanged.as_deref()), is_waited_for)
        }
        Format::Json => ui.json(&Document::of(description)),
        Format::Markdown => ui.text(&plan_markdown(description)),
        Format::Sarif => ui.json(&sarif(&judge.remarks(description))),
        Format::Github => ui.text(&github(&judge.remarks(description))),
        Format::Html => {
            let file = if file.as_os_str() == "-" { "standard input".into() } else { file.to_string_lossy() };
            let report = Report {
                title: format!("Import of {file}"),
                facts: (description.instance.iter().map(|own| ("Instance", own.clone())))
                    .chain(stamp)
                    .collect(),
                parts: vec![Part { name: None, description, categories }],
                issues,
                is_brief: false,
            };
            ui.data(html_report(&report).as_bytes())
        }
    }
}

/// Returns what kind of work the statuses of the instance and of the file mean.
pub(in crate::cli) fn categories(target: &Snapshot, file: &Config) -> Categories {
    let mut categories = Categories::default();
    file.root().children().iter().flat_map(Element::children).for_each(|object| categories.add(object));
    target.objects.values().for_each(|object| categories.add(&object.element));
    categories
}

/// Names an object with its kind.
fn titled(identity: &Identity) -> String {
    format!("{} {identity}", Schema::get().kind(identity.kind).in_words())
}

/// A plan for machines.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document<'a> {
    /// The version of the form of the document.
    version: u32,
    #[serde(flatten)]
    plan: &'a Description,
}

impl<'a> Document<'a> {
    pub(in crate::cli) fn of(plan: &'a Description) -> Self {
        Self { version: 1, plan }
    }
}
