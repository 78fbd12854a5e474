//! `pcfg apply`: does what a saved plan says, and nothing else.

use std::path::{Path, PathBuf};

use super::change::{self, Deed, Manner};
use super::{Status, bound, files, left};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{Disproved, Proved, SavedError, SavedPlan, Work};
use crate::instance::{Reading, shell_word};
use crate::ui::{Phases, Ui, plan_text};

/// Apply a plan that `pcfg import --simulate --out` has saved
///
/// The plan is applied to the instance that it was made for: exactly as it was reviewed, or not at all. If an object
/// that it depends on has changed since, or its rows would do anything other than its steps say, the command names
/// the objects and rows and stops.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The instance, as a check that the plan was made for it
    ///
    /// A plan is applied to the instance that it was made for, whatever the environment and pcfg.toml say. It
    /// records the location, Jira's server ID and, for an embedded instance, a random ID stored in its file.
    #[arg(short, long = "instance", value_name = "INSTANCE")]
    instance: Option<String>,
    /// Apply it to this instance, although it was made for another one
    ///
    /// The instance must be named: `--yes` is not enough.
    #[arg(long, value_name = "INSTANCE")]
    to: Option<String>,
    #[command(flatten)]
    manner: Manner,
}

const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate --out plan.json
  pcfg apply plan.json                     Show it again, ask, and apply it
  pcfg apply plan.json --yes               The same in a CI job, once the plan is approved
  pcfg apply plan.json --to copy.sqlite    Apply it to another instance

Exit code: 0 if it is applied, 3 if it is not a plan, 4 if it does not do what it says or was
made for another instance, 5 if the instance has changed since.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let saved = saved(&arguments.plan)?;
    let target = &saved.plan.target;
    let goal = bound::goal(target, arguments.instance.as_deref(), arguments.to.as_deref())?;
    change::check_offline(&goal.location, arguments.manner.offline)?;
    change::tell_door(ui, &goal.location);
    let mut instance =
        change::open_at(goal.location.clone()).map_err(|fault| match target.kind == "backup" {
            true => fault
                .hint("the plan was made for a backup; apply it to what was made of that: `--to INSTANCE`"),
            false => fault,
        })?;
    let reading = change::read_to_write(ui, instance.as_mut())?;
    goal.agreed(ui, target, &reading, arguments.manner.yes)?;
    let anew = format!(
        "make the plan anew: `pcfg import {} -i {} --simulate --out {}`",
        shell_word(&saved.plan.file.name),
        shell_word(&target.location),
        shell_word(&arguments.plan.display().to_string())
    );
    let proved = {
        let phases = Phases::new(ui, saved.work.len() + reading.snapshot.objects.len());
        phases.begin("proving that the plan does what it tells");
        prove(&saved, &reading).map_err(|fault| fault.hint(anew))?
    };
    drop(reading);
    if proved.work().is_empty() {
        ui.note(&format!("the plan has nothing to do in {}", goal.called().title()));
        return Ok(Status::Fine);
    }
    let called = goal.called();
    ui.text(&plan_text(&proved.plan().clone().of(called.title()), None))?;
    change::confirm(ui, &arguments.manner, (Deed::SavedPlan, &called), &proved.plan().counts)?;
    let run = left::noted(change::run(Some(&saved.plan.file), &proved), &saved.plan.left);
    let id = change::apply(ui, instance.as_mut(), arguments.manner.waiting.most(), &proved, &run)?;
    ui.note(&change::applied(id, &run.result, &called));
    Ok(Status::Fine)
}

/// A plan that was saved, with what it is to do.
struct Saved {
    plan: SavedPlan,
    work: Work,
}

fn saved(path: &Path) -> Result<Saved, Fault> {
    let bytes = files::read(path)?;
    let failed = || Fault::input(format!("cannot use the plan `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    parsed(&text).map_err(|error| failed().because(&error))
}

fn parsed(text: &str) -> Result<Saved, SavedError> {
    let plan = SavedPlan::parse(text)?;
    Ok(Saved { work: Work::Rows(plan.changes()?), plan })
}

/// Returns what a plan really does to an instance, if that is exactly what it tells.
fn prove(Saved { plan, work }: &Saved, reading: &Reading) -> Result<Proved, Fault> {
    /// More causes than this nobody reads.
    const MOST: usize = 20;
    let what = "the plan does not fit the instance any more, and nothing was changed";
    plan.prove(work.rows(), reading.place(), &reading.snapshot).map_err(|why| match why {
        Disproved::Changed(objects) => change::changed(what, "object", &objects),
        Disproved::Conflict(conflict) => change::conflict(what, conflict),
        Disproved::Untrue(causes) => {
            let message = "the plan does not do what it tells, and nothing was changed";
            let mut fault = Fault::new(Kind::Refused, message);
            let more = causes.len().saturating_sub(MOST);
            fault.causes = causes.into_iter().take(MOST).collect();
            if more > 0 {
                fault.causes.push(format!("and {more} more"));
            }
            fault.hint("somebody has edited it since it was saved: find out who, and why")
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
