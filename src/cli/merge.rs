//! `pcfg merge`: brings two versions of a configuration together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Status;
use super::input::files;
use super::input::sources::Text;
use crate::fault::{Fault, Faults};
use crate::merge::{Merged, merge};
use crate::model::{Config, Count, Severity, Sides};
use crate::output::{Content, Output};
use crate::ui::{Ui, conflicts_text, draw, plural};
use crate::xml::{self, Beside, Labels};

/// Merge two versions of a configuration, object by object
///
/// Both versions come from a third, the base. A change that only one of them made is taken over, wherever it is in
/// the file: if each adds a screen, grant, option or status, that is not a conflict. What both changed differently
/// is marked in the result, as git does, and `pcfg validate` says what is left to resolve.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The version that both come from; an empty file if there is none
    base: PathBuf,
    /// One version
    ours: PathBuf,
    /// The other version
    theirs: PathBuf,
    /// The file to write; the default is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show the base version in conflicts, too
    #[arg(long)]
    diff3: bool,
}

const EXAMPLES: &str = "\
Examples:
  pcfg merge base.xml mine.xml yours.xml -o merged.xml
  pcfg merge base.xml mine.xml yours.xml > merged.xml
  pcfg validate merged.xml                 What is left to resolve

`pcfg git install` makes git do this in merges. Exit code: 0 if all could be merged, 1 if
there are conflicts, 3 if a file cannot be read or understood.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let output = arguments.output.as_ref().filter(|path| path.as_os_str() != "-");
    let output = output.map(|path| Output::rewriting(path, Content::Configuration)).transpose()?;
    let paths = [&arguments.base, &arguments.ours, &arguments.theirs];
    let mut versions = Vec::new();
    let mut faults = Vec::new();
    for (number, path) in paths.into_iter().enumerate() {
        match read(ui, path, number == 0) {
            Ok(version) => versions.push(version),
            Err(fault) => faults.push(fault),
        }
    }
    let Ok([base, Some(ours), Some(theirs)]) = <[_; 3]>::try_from(versions) else {
        return Err(Faults(faults));
    };
    let roots = [Some(&ours), Some(&theirs), base.as_ref()].into_iter().flatten();
    let roots: BTreeSet<&str> = roots.map(|(config, _)| config.root().tag()).collect();
    if roots.len() > 1 {
        return Err(Fault::input("a configuration and issue data are not merged with each other")
            .hint("name three versions of the same file of an unpacked archive")
            .into());
    }
    let merged = merge(base.as_ref().map(|(config, _)| config), &ours.0, &theirs.0);
    let beside = Beside::merged(&base.map(|(_, beside)| beside).unwrap_or_default(), ours.1, theirs.1);
    let name = |path: &Path| Some(path.display().to_string());
    let base = if arguments.diff3 { name(&arguments.base) } else { None };
    let names = Sides { base, ours: name(&arguments.ours), theirs: name(&arguments.theirs) };
    let labels = Labels { size: 0, names };
    let mut bytes = Vec::new();
    written(&merged, &labels, &beside, &mut bytes);
    match &output {
        Some(output) => output.write(&|out| out.write_all(&bytes))?,
        None => ui.data(&bytes)?,
    }
    match &merged {
        Merged::Clean(_) => Ok(Status::Fine),
        Merged::Disputed(disputed) => {
            let conflicts = disputed.conflicts();
            ui.shown(&conflicts_text(&conflicts, &labels.names));
            ui.note(&plural(conflicts.len(), "conflict"));
            Ok(Status::Found)
        }
    }
}

/// Writes what comes of a merge, with its conflicts.
pub(super) fn written(merged: &Merged, labels: &Labels, beside: &Beside, bytes: &mut Vec<u8>) {
    let written = match merged {
        Merged::Clean(config) => xml::write_with(config, beside, bytes),
        Merged::Disputed(disputed) => xml::write_disputed(disputed, labels, beside, bytes),
    };
    written.expect("writing to memory does not fail");
}

/// Reads a version; an empty file is none, where there may be none.
fn read(ui: &Ui, path: &Path, may_be_empty: bool) -> Result<Option<(Config, Beside)>, Fault> {
    let bytes = files::read(path)?;
    if may_be_empty && bytes.is_empty() {
        return Ok(None);
    }
    let Text { text, root, beside, problems } = Text::of_any(&bytes);
    let errors: Vec<_> = problems.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
    match root.filter(|_| errors.is_empty()) {
        Some(root) => Ok(Some((Config::new(root), beside))),
        None => {
            let name = path.display().to_string();
            ui.shown(&draw(ui.colors_talk(), &name, &text, &errors));
            Err(Fault::input(format!(
                "cannot merge `{name}`: it has {}",
                plural(Count::of(&errors).errors, "error")
            )))
        }
    }
}
