//! `pcfg drift`: tells whether an instance still is as the committed files say.

use std::path::PathBuf;

use super::report::{Compared, Manner};
use super::side::{self, Loaded, Selection, Understood};
use super::sources::{self, Source};
use super::{Instance, Status};
use crate::compare::Side;
use crate::fault::{Fault, Faults};
use crate::instance::without_password;
use crate::ui::{Ui, plural};

/// Tell whether an instance still is as configuration files say
///
/// The projects of each file are exported again, with the options that the file was exported with, and compared with it. What
/// is shown leads from the file to the instance: `+` came in Jira, `-` went there, `~` changed there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders with configuration files in them, or `-` for standard input; the current folder without any
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    selection: Selection,
}

const EXAMPLES: &str = "\
Examples:
  pcfg drift                               Compare all files of this folder with the default instance
  pcfg drift TST.xml -i production         Compare one file
  pcfg drift config/ --format markdown     A report for the comment of a review
  pcfg drift --stat || echo somebody has changed something

docs/ci/ has jobs for GitHub and GitLab that do it every night. Exit code: 0 if nothing has changed, 1 if something has,
3 if a file or the instance cannot be read, or a project is not there.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let (sources, mut faults) = sources::find(paths)?;
    let mut compared = Vec::new();
    for source in &sources {
        match one(ui, arguments, source) {
            Ok(own) => compared.push(own),
            Err(own) => faults.extend(own.0),
        }
    }
    arguments.manner.show_all(ui, &compared)?;
    let drifted = compared.iter().filter(|own| !own.difference.steps.is_empty()).count();
    match (compared.len(), drifted) {
        (0, _) => {}
        (all, 0) => ui.note(&format!("no drift in {}", plural(all, "file"))),
        (all, drifted) => ui.note(&format!("drift in {drifted} of {}", plural(all, "file"))),
    }
    match (faults.is_empty(), drifted) {
        (false, _) => Err(Faults(faults)),
        (true, 0) => Ok(Status::Fine),
        (true, _) => Ok(Status::Found),
    }
}

/// Compares one file with the instance.
fn one(ui: &Ui, arguments: &Arguments, source: &Source) -> Result<Compared, Faults> {
    let name = source.name();
    let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
    let loaded = Loaded(vec![(name.clone(), source.read()?)]);
    let file = Understood::of(&loaded);
    side::tell(ui, &[&file])?;
    let keys = file.side.projects();
    if keys.is_empty() {
        return Err(Fault::input(format!(
            "`{name}` describes no project, so there is nothing to export again"
        ))
        .into());
    }
    let now = side::export(ui, (&keys, arguments.instance.named()), &arguments.selection, Some(&file.side));
    let now = now.map_err(|mut faults| {
        faults.0.iter_mut().for_each(|fault| fault.hints.push(format!("`{name}` describes it")));
        faults
    })?;
    let new = without_password(arguments.instance.named().unwrap_or("instance"));
    Ok(Compared::of([name, new], [&file.side, &Side::of(&now)]))
}
