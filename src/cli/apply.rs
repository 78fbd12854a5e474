//! `pcfg apply`: does what a saved plan says, and nothing else.

use std::path::PathBuf;

use super::change::{self, Manner};
use super::{Instance, Status, files};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{SavedPlan, preview};
use crate::ui::{Ui, plan_text};

/// Apply a plan that `pcfg import --simulate --out` has saved
///
/// Exactly that plan is applied, as it was reviewed, or nothing: if an object that it was made from has been changed since,
/// the command names it and stops.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    manner: Manner,
}

const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate --out plan.json
  pcfg apply plan.json                     Show it again, ask, and apply it
  pcfg apply plan.json --yes               The same in a CI job, once the plan is approved

Exit code: 0 if it is applied, 3 if it is no plan, 5 if the instance was changed since.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let (saved, changes) = saved(&arguments.plan)?;
    let mut instance = change::open(ui, &arguments.instance, &arguments.manner)?;
    let reading = change::read_to_write(ui, instance.as_mut())?;
    let what = "the plan does not fit the instance any more, and nothing was changed";
    let anew = "make the plan anew: `pcfg import --simulate --out PLAN`";
    let changed = saved.changed_since(&reading.snapshot);
    if !changed.is_empty() {
        return Err(change::changed(what, "object", &changed).hint(anew).into());
    }
    let preview = preview(&reading.tables, &reading.snapshot, &changes, &saved.projects)
        .map_err(|conflict| change::conflict(what, conflict).hint(anew))?;
    if changes.is_empty() {
        ui.note("the plan has nothing to do");
        return Ok(Status::Fine);
    }
    ui.text(&plan_text(&preview.plan, None))?;
    change::confirm(ui, arguments.manner.yes, "Apply?")?;
    let run = change::run(Some(&saved.file), &preview.plan);
    let id = change::apply(ui, instance.as_mut(), arguments.manner.waiting.most(), &changes, &run)?;
    let missed = saved.missed(&change::read(ui, instance.as_mut())?.snapshot);
    if !missed.is_empty() {
        let mut fault = Fault::new(Kind::Bug, format!("run {id} did not lead to what the plan says"));
        fault.causes = missed;
        return Err(fault.hint(format!("take it back with `pcfg undo {id}`")).into());
    }
    ui.note(&format!("applied as run {id}: {}; `pcfg undo` takes it back", run.result));
    Ok(Status::Fine)
}

fn saved(path: &std::path::Path) -> Result<(SavedPlan, Vec<crate::entity::RowChange>), Fault> {
    let bytes = files::read(path)?;
    let failed = || Fault::input(format!("cannot use the plan `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    let saved = SavedPlan::parse(&text).map_err(|error| failed().because(&error))?;
    let changes = saved.changes().map_err(|error| failed().because(&error))?;
    Ok((saved, changes))
}
