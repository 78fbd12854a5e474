//! `pcfg apply`: does what a saved plan says, and nothing else.

use std::path::{Path, PathBuf};

use super::change::{self, Manner};
use super::{Instance, Status, files};
use crate::entity::RowChange;
use crate::fault::{Fault, Faults, Kind};
use crate::import::{Disproved, Proved, SavedError, SavedPlan};
use crate::instance::Reading;
use crate::ui::{Ui, plan_text};

/// Apply a plan that `pcfg import --simulate --out` has saved
///
/// Exactly that plan is applied, as it was reviewed, or nothing: if an object that it was made from has been changed since,
/// or if its rows do anything but what its steps tell, the command names the objects and rows and stops.
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

Exit code: 0 if it is applied, 3 if it is no plan, 4 if it does not do what it tells, 5 if the instance
was changed since.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let saved = saved(&arguments.plan)?;
    let mut instance = change::open(ui, &arguments.instance, &arguments.manner)?;
    let reading = change::read_to_write(ui, instance.as_mut())?;
    let Proved { plan, changes } = prove(&saved, &reading)?;
    drop(reading);
    if changes.is_empty() {
        ui.note("the plan has nothing to do");
        return Ok(Status::Fine);
    }
    ui.text(&plan_text(&plan, None))?;
    change::confirm(ui, arguments.manner.yes, "Apply?")?;
    let run = change::run(Some(&saved.plan.file), &plan);
    let id = change::apply(ui, instance.as_mut(), arguments.manner.waiting.most(), &changes, &run)?;
    ui.note(&format!("applied as run {id}: {}; `pcfg undo` takes it back", run.result));
    Ok(Status::Fine)
}

/// A plan that was saved, with its changes of rows.
struct Saved {
    plan: SavedPlan,
    changes: Vec<RowChange>,
}

fn saved(path: &Path) -> Result<Saved, Fault> {
    let bytes = files::read(path)?;
    let failed = || Fault::input(format!("cannot use the plan `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    parsed(&text).map_err(|error| failed().because(&error))
}

fn parsed(text: &str) -> Result<Saved, SavedError> {
    let plan = SavedPlan::parse(text)?;
    Ok(Saved { changes: plan.changes()?, plan })
}

/// Returns what a plan really does to an instance, if that is exactly what it tells.
fn prove(Saved { plan, changes }: &Saved, reading: &Reading) -> Result<Proved, Fault> {
    /// More causes than this nobody reads.
    const MOST: usize = 20;
    let what = "the plan does not fit the instance any more, and nothing was changed";
    let anew = "make the plan anew: `pcfg import --simulate --out PLAN`";
    plan.prove(changes, &reading.tables, &reading.snapshot).map_err(|why| match why {
        Disproved::Changed(objects) => change::changed(what, "object", &objects).hint(anew),
        Disproved::Conflict(conflict) => change::conflict(what, conflict).hint(anew),
        Disproved::Untrue(causes) => {
            let message = "the plan does not do what it tells, and nothing was changed";
            let mut fault = Fault::new(Kind::Refused, message);
            let more = causes.len().saturating_sub(MOST);
            fault.causes = causes.into_iter().take(MOST).collect();
            if more > 0 {
                fault.causes.push(format!("and {more} more"));
            }
            fault.hint("somebody has edited it since it was saved: find out who, and why").hint(anew)
        }
    })
}

/// Stops the saving of a plan that nobody could apply, which is a bug.
pub(super) fn is_true(text: &str, reading: &Reading) -> Result<(), Fault> {
    let bug = |causes| {
        let message = "the plan cannot be saved: its rows do not come to its steps";
        Fault { causes, ..Fault::new(Kind::Bug, message) }
    };
    let saved = parsed(text).map_err(|error| bug(vec![error.to_string()]))?;
    prove(&saved, reading).map(drop).map_err(|fault| bug(fault.causes))
}
