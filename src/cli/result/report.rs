//! How the differences of configurations are shown: the same for `pcfg diff` and `pcfg drift`, in all formats.

use serde::Serialize;

use super::policies;
use super::stamp::Stamp;
use crate::compare::{Side, compare};
use crate::fault::Fault;
use crate::graph::Categories;
use crate::plan::{Counts, DescribedStep, Description, LineAction, ObjectAction};
use crate::schema::Schema;
use crate::ui::{
    Pager, Part, Phases, Remark, Report, Ui, github, html_report, plan_markdown, plan_stat, plan_text,
    plural, sarif,
};

/// How to show differences.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Manner {
    /// How to show the differences
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    stamp: Stamp,
    /// Show only how much differs in each object
    #[arg(long)]
    stat: bool,
    /// Do not use a pager, even on a terminal
    #[arg(long)]
    no_pager: bool,
}

/// A form of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines: one document, described in docs/json.md
    Json,
    /// For the comment of a review
    Markdown,
    /// For a browser: one page that needs nothing else
    Html,
    /// Which policies are violated, as SARIF 2.1.0
    Sarif,
    /// The same as annotations, for GitHub Actions
    Github,
}

/// Two configurations that were compared.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Difference"))]
pub(in crate::cli) struct Compared {
    /// What was compared, as it was named; a password in an address is left out.
    pub(in crate::cli) old: String,
    /// With what.
    pub(in crate::cli) new: String,
    #[serde(flatten)]
    pub(in crate::cli) difference: Description,
    /// Which commits they are of, where they are of some.
    #[serde(skip)]
    pub(in crate::cli) commits: [Option<String>; 2],
    /// What kind of work the statuses of both mean, for pictures.
    #[serde(skip)]
    categories: Categories,
}

impl Compared {
    /// Compares two configurations that the user calls so.
    pub(in crate::cli) fn of(ui: &Ui, [old, new]: [String; 2], sides: [&Side<'_>; 2]) -> Self {
        let phases = Phases::new(ui, sides.iter().map(|side| side.count()).sum());
        phases.begin("comparing");
        let mut categories = Categories::default();
        if let Some(status) = Schema::get().kind_named("status") {
            sides.iter().flat_map(|side| side.of_kind(status)).for_each(|own| categories.add(&own));
        }
        Self {
            old,
            new,
            difference: compare(sides[0], sides[1]).describe(),
            commits: [None, None],
            categories,
        }
    }

    fn part<'a>(&'a self, name: Option<&'a str>) -> Part<'a> {
        Part { name, description: &self.difference, categories: &self.categories }
    }
}

/// How much differs in an object, for machines.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Numbers"))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Stat<'a> {
    /// What becomes of the object.
    action: ObjectAction,
    /// The kind of object.
    kind: &'a str,
    /// Its name, with all of its identity.
    name: &'a str,
    /// Its name before, if it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_name: Option<&'a str>,
    /// How many parts and properties come.
    add: usize,
    /// How many go.
    remove: usize,
    /// How many change.
    change: usize,
    /// How many stand elsewhere.
    r#move: usize,
}

/// How much differs between two configurations, for machines.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Stats<'a> {
    /// What was compared, as it was named; a password in an address is left out.
    old: &'a str,
    /// With what.
    new: &'a str,
    /// The keys of the projects of both.
    projects: &'a [String],
    /// The objects that differ, by kind and name, each with the numbers of its changes.
    steps: Vec<Stat<'a>>,
    /// How much of what.
    counts: Counts,
}

/// A document of one comparison.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct One<T> {
    /// The version of the form of the document.
    version: u32,
    #[serde(flatten)]
    own: T,
}

/// A document of several.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Several<T> {
    /// The version of the form of the document.
    version: u32,
    /// The files that could be compared; `old` is the file, `new` the instance.
    files: Vec<T>,
}

impl Manner {
    /// Shows one comparison. Where nothing differs, people see nothing, as of `git diff`.
    pub(in crate::cli) fn show(&self, ui: &Ui, compared: &Compared) -> Result<(), Fault> {
        self.stamp.fact(self.format == Format::Html)?;
        match (self.format, self.stat) {
            (Format::Json, false) => ui.json(&One { version: 1, own: compared }),
            (Format::Json, true) => ui.json(&One { version: 1, own: stats(compared) }),
            (Format::Html, _) => ui.data(html_report(&self.page(std::slice::from_ref(compared))?).as_bytes()),
            (Format::Sarif, _) => ui.json(&sarif(&policies::remarks(&compared.difference))),
            (Format::Github, _) => ui.text(&github(&policies::remarks(&compared.difference))),
            (Format::Text, _) if compared.difference.steps.is_empty() => {
                crate::plan::not_shown(&compared.difference.unseen).iter().for_each(|told| ui.note(told));
                compared.difference.warnings.iter().for_each(|told| ui.warning(told));
                let all = compared.difference.unseen.is_empty() && compared.difference.warnings.is_empty();
                ui.note(if all { "no differences" } else { "no differences in what both show" });
                Ok(())
            }
            _ => self.text(ui, &self.body(&compared.difference)),
        }
    }

    /// Shows several comparisons, each under its name.
    pub(in crate::cli) fn show_all(&self, ui: &Ui, all: &[Compared]) -> Result<(), Fault> {
        self.stamp.fact(self.format == Format::Html)?;
        match (self.format, self.stat) {
            (Format::Json, false) => ui.json(&Several { version: 1, files: all.iter().collect() }),
            (Format::Json, true) => ui.json(&Several { version: 1, files: all.iter().map(stats).collect() }),
            (Format::Html, _) => ui.data(html_report(&self.page(all)?).as_bytes()),
            (Format::Sarif, _) => ui.json(&sarif(&remarks(all))),
            (Format::Github, _) => ui.text(&github(&remarks(all))),
            (format, _) => {
                let mut text = String::new();
                for compared in all {
                    if format == Format::Text && compared.difference.steps.is_empty() {
                        continue;
                    }
                    let gap = if text.is_empty() { "" } else { "\n" };
                    let title = crate::ui::title(&compared.old, format == Format::Markdown);
                    text.push_str(&format!("{gap}{title}{}", self.body(&compared.difference)));
                }
                if text.is_empty() { Ok(()) } else { self.text(ui, &text) }
            }
        }
    }

    fn body(&self, difference: &Description) -> String {
        match (self.format, self.stat) {
            (Format::Markdown, true) => {
                let stat = anstream::adapter::strip_str(&plan_stat(difference)).to_string();
                format!("```\n{}```\n", stat.replace("```", "'''"))
            }
            (Format::Markdown, false) => plan_markdown(difference),
            (_, true) => plan_stat(difference),
            (_, false) => plan_text(difference, None),
        }
    }

    /// Returns what a page tells of comparisons: of several each under the name of its file.
    fn page<'a>(&self, all: &'a [Compared]) -> Result<Report<'a>, Fault> {
        let stamp = self.stamp.fact(true)?;
        let mut new: Vec<&str> = all.iter().map(|compared| compared.new.as_str()).collect();
        new.dedup();
        let new = new.join(", ");
        let is_brief = self.stat;
        Ok(match all {
            [one] => Report {
                title: format!("{} → {new}", one.old),
                facts: facts(one).into_iter().chain(stamp).collect(),
                parts: vec![one.part(None)],
                issues: None,
                is_brief,
            },
            _ => Report {
                title: format!("{} → {new}", plural(all.len(), "file")),
                facts: [("New", new)].into_iter().chain(stamp).collect(),
                parts: all.iter().map(|compared| compared.part(Some(&compared.old))).collect(),
                issues: None,
                is_brief,
            },
        })
    }

    fn text(&self, ui: &Ui, text: &str) -> Result<(), Fault> {
        let is_for_people = self.format == Format::Text && !self.no_pager;
        let pager = if is_for_people && ui.is_terminal() { pager() } else { None };
        ui.paged(text, pager.as_ref())
    }
}

/// Shows a plan: through the pager if it is longer than the terminal, and somebody is to read it before anything is done.
pub(in crate::cli) fn plan(ui: &Ui, text: &str, is_waited_for: bool) -> Result<(), Fault> {
    let pager = if is_waited_for && ui.is_taller(text) { pager() } else { None };
    ui.paged(text, pager.as_ref())
}

/// Returns the user's pager.
pub(in crate::cli) fn pager() -> Option<Pager> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    Pager::of(["PCFG_PAGER", "PAGER"].into_iter().filter_map(|name| std::env::var(name).ok()))
}

/// Returns what is compared: each side with its commit.
fn facts(one: &Compared) -> Vec<(&'static str, String)> {
    let [old, new] = &one.commits;
    let sides = [
        ("Old", Some(&one.old)),
        ("Commit", old.as_ref()),
        ("New", Some(&one.new)),
        ("Commit", new.as_ref()),
    ];
    sides.into_iter().filter_map(|(what, value)| Some((what, value?.clone()))).collect()
}

fn remarks(all: &[Compared]) -> Vec<Remark> {
    all.iter().flat_map(|own| policies::remarks(&own.difference)).collect()
}

fn stats(compared: &Compared) -> Stats<'_> {
    fn stat(step: &DescribedStep) -> Stat<'_> {
        let DescribedStep { action, kind, name, former_name, changes, .. } = step;
        let count = |action| changes.iter().filter(|line| line.action == action).count();
        Stat {
            action: *action,
            kind,
            name,
            former_name: former_name.as_deref(),
            add: count(LineAction::Add),
            remove: count(LineAction::Remove),
            change: count(LineAction::Change),
            r#move: count(LineAction::Move),
        }
    }
    Stats {
        old: &compared.old,
        new: &compared.new,
        projects: &compared.difference.projects,
        steps: compared.difference.steps.iter().map(stat).collect(),
        counts: compared.difference.counts,
    }
}
