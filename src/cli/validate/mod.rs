//! `pcfg validate`: says everything that is wrong with configuration files.

mod conflicts;

use std::path::PathBuf;

use serde::Serialize;

use super::Status;
use super::input::sources::{self, Source, Text};
use super::result::destination::Destination;
use super::result::policies;
use crate::archive;
use crate::complete;
use crate::fault::{Fault, Faults};
use crate::model::{Count, Element, Problem, Severity};
use crate::policy::Policies;
use crate::schema::Schema;
use crate::ui::{Lines, Place, Remark, Ui, draw, github, plural, sarif};
use crate::{check, xml};

/// Check configuration files and show all problems
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders with configuration files in them, complete projects, or `-` for standard input
    ///
    /// In folders, .xml files that do not begin with `<projectConfig>` or `<projectData>`, hidden files and symbolic links are skipped. Without any
    /// argument, standard input is read if something is piped in.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// How to show the problems
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    policies: policies::Choice,
    #[command(flatten)]
    pub(super) destination: Destination,
}

/// How to show problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines: one document, described in docs/json.md
    Json,
    /// For places that show results of analyses beside code: SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: annotations of the lines of a pull request
    Github,
}

const EXAMPLES: &str = "\
Examples:
  pcfg validate config/                    Check all configuration files in a folder
  pcfg export TST | pcfg validate          Check an export
  pcfg validate --format json TST.xml      List problems for a machine
  pcfg validate TST.pcfg.zip               Check a complete project: every byte of it
  pcfg validate --policy rules.toml TST.xml    Check it by the rules of your team, too
  pcfg validate --format github config/    Show the problems in the lines of a pull request

Rules stand in files of --policy and as [[policy]] in pcfg.toml. The order of the elements is not checked: `pcfg format --check` does that.
Exit code: 0 if there are no errors, 1 if there are, 3 if a file cannot be read.";

/// The JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Report {
    /// The version of the form of the document.
    version: u32,
    /// How many files were read.
    files: usize,
    /// The problems, by file and place.
    problems: Vec<Entry>,
}

/// A problem in the JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Problem"))]
struct Entry {
    /// The file as it was named or found; `<stdin>` for standard input.
    file: String,
    /// Where it begins.
    #[serde(flatten)]
    place: Place,
    /// Where it ends: the place of the character behind it.
    end: Place,
    /// The kind of problem, see below.
    code: &'static str,
    /// Of a `policy`, the name of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Box<str>>,
    /// How bad it is.
    severity: Severity,
    /// What is wrong, for people.
    message: String,
    /// What to do about it, for people; left out if there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// The way to the element: `/screens/screen[Default Screen]`; `/` is the root.
    path: String,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let policies = arguments.policies.with_settings()?;
    let (archives, paths): (Vec<_>, Vec<_>) =
        arguments.paths.iter().cloned().partition(|path| path.as_os_str() != "-" && archive::is_at(path));
    let is_all = !archives.is_empty() && paths.is_empty();
    let (sources, mut faults) = if is_all { Default::default() } else { sources::find_all(&paths)? };
    let mut tally = Tally::default();
    let mut json = Vec::new();
    let mut judge = |name: &str, bytes: &[u8]| {
        let (text, problems) = examine(bytes, &policies);
        tally.add(&problems);
        match arguments.format {
            Format::Text => ui.text(&draw(ui.colors_text(), name, &text, &problems))?,
            _ => json.extend(entries(name, &text, problems)),
        }
        Ok::<(), Fault>(())
    };
    for source in &sources {
        match source.read() {
            Ok(bytes) => judge(&source.name(), &bytes)?,
            Err(fault) => faults.push(fault),
        }
    }
    // An archive is whole, or nothing of it is believed.
    for path in &archives {
        let opened = complete::Source::open(path, &mut |_| {});
        let mut archive = match opened {
            Ok(archive) => archive,
            Err(error) => {
                faults.push(error.into());
                continue;
            }
        };
        for name in archive.texts() {
            match archive.text(&name) {
                Ok(bytes) => judge(&format!("{}: {name}", path.display()), &bytes)?,
                Err(error) => faults.push(error.into()),
            }
        }
    }
    match arguments.format {
        Format::Text => {}
        Format::Json => ui.json(&Report { version: 1, files: tally.files, problems: json })?,
        Format::Sarif => ui.json(&sarif(&remarks(json)))?,
        Format::Github => ui.text(&github(&remarks(json)))?,
    }
    if tally.files > 0 {
        ui.note(&tally.summary());
    }
    match (faults.is_empty(), tally.errors) {
        (false, _) => Err(Faults(faults)),
        (true, 0) => Ok(Status::Fine),
        (true, _) => Ok(Status::Found),
    }
}

/// Returns the text of a file and everything that is wrong with it, by the rules too, in its order.
pub(super) fn examine<'a>(bytes: &'a [u8], policies: &Policies) -> (std::borrow::Cow<'a, str>, Vec<Problem>) {
    let (text, undecodable) = xml::decode(bytes);
    let regions = xml::regions(&text);
    let (text, mut problems) = if regions.is_empty() || !undecodable.is_empty() {
        let Text { text, root, mut problems, .. } = Text::of_any(bytes);
        problems.extend(root.iter().flat_map(check::check));
        let is_config = |own: &&Element| own.declaration == Schema::get().root();
        problems.extend(root.iter().filter(is_config).flat_map(|root| policies::problems(policies, root)));
        (text, problems)
    } else {
        let problems = conflicts::examine(&text, &regions);
        (text, problems)
    };
    for problem in &mut problems {
        // The checks know only where an element begins.
        if let Some(span) = problem.span.as_mut().filter(|span| span.start == span.end) {
            *span = xml::spot(&text, span.start);
        }
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
    (text, problems)
}

/// Counts what is found.
#[derive(Default)]
struct Tally {
    files: usize,
    bad_files: usize,
    errors: usize,
    warnings: usize,
}

impl Tally {
    fn add(&mut self, problems: &[Problem]) {
        let Count { errors, warnings } = Count::of(problems);
        self.files += 1;
        self.bad_files += usize::from(errors > 0);
        self.errors += errors;
        self.warnings += warnings;
    }

    fn summary(&self) -> String {
        let files = plural(self.files, "file");
        let mut text = match self.errors {
            0 => format!("no errors in {files}"),
            errors if self.bad_files == self.files => format!("{} in {files}", plural(errors, "error")),
            errors => format!("{} in {} of {files}", plural(errors, "error"), self.bad_files),
        };
        if self.warnings > 0 {
            text.push_str(&format!("; {}", plural(self.warnings, "warning")));
        }
        text
    }
}

fn entries(file: &str, text: &str, problems: Vec<Problem>) -> Vec<Entry> {
    // Each asks in (nearly) ascending order, which is what makes asking cheap.
    let (starts, ends) = (Lines::new(text), Lines::new(text));
    let entry = |Problem { code, rule, severity, message, help, span, path, .. }: Problem| {
        let span = span.unwrap_or(0..0);
        let (place, end) = (starts.place(span.start), ends.place(span.end));
        let (file, path) = (file.to_owned(), path.to_string());
        Entry { file, place, end, code, rule, severity, message, help, path }
    };
    problems.into_iter().map(entry).collect()
}

/// Returns the same as what there is to say about lines.
fn remarks(entries: Vec<Entry>) -> Vec<Remark> {
    let remark = |own: Entry| Remark {
        file: (own.file != Source::Stdin.name()).then_some(own.file),
        span: Some((own.place, own.end)),
        rule: own.rule.map_or_else(|| own.code.to_owned(), |rule| format!("policy/{rule}")),
        severity: own.severity,
        message: own.message,
        help: own.help,
        path: own.path,
    };
    entries.into_iter().map(remark).collect()
}
