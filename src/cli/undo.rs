//! `pcfg undo`: takes a run back, as a plan that is shown first.

use super::change::{self, Deed, Manner};
use super::{Instance, Status};
use crate::fault::{Fault, Faults, Kind};
use crate::import::Mended;
use crate::instance::{Entry, Run, RunId, Writable, WriteError};
use crate::ui::{Ui, plan_text};

/// Undo a run
///
/// The undo is itself a plan - the changes that lead back to the state before the run - and is shown before anything
/// is done. It is refused if anything that the run wrote has changed since.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The run, as `pcfg history` numbers it; the default is the last one that is not undone
    #[arg(value_name = "RUN")]
    run: Option<RunId>,
    #[command(flatten)]
    instance: Instance,
    /// Show what would be changed, and change nothing
    #[arg(long, conflicts_with = "yes")]
    simulate: bool,
    /// With --simulate, exit with 1 if there is something to undo
    #[arg(long, requires = "simulate")]
    exit_code: bool,
    #[command(flatten)]
    manner: Manner,
}

const EXAMPLES: &str = "\
Examples:
  pcfg undo --simulate                     What would an undo change?
  pcfg undo                                Undo the last run
  pcfg undo 3                              Undo run 3; an undo can be undone, too

Exit code: 0 if it is done, 3 if there is no such run, 4 if other objects need what would be
removed, 5 if what the run wrote has changed since or is undone already. With --simulate: 0;
with --exit-code 1 if there is something to undo.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let (mut instance, called) = match arguments.simulate {
        true => change::open_journal(&arguments.instance)?,
        false => change::open(ui, &arguments.instance, &arguments.manner)?,
    };
    let Some(id) = chosen(instance.as_mut(), arguments.run)? else {
        ui.note(&format!("there is nothing to undo in {}", called.title()));
        return Ok(Status::Fine);
    };
    let journaled = instance.run(id).map_err(Fault::from)?;
    if let Some(by) = journaled.entry.undone_by {
        let again = format!("{} does it again", called.writing(&format!("undo {by}")));
        return Err(Fault::from(WriteError::AlreadyUndone { run: id, by }).hint(again).into());
    }
    let work = journaled.back();
    let reading = change::read_to_write(ui, instance.as_mut())?;
    let what = format!("run {id} cannot be undone, and nothing was changed");
    let Kept { projects, mended } = serde_json::from_str(&journaled.entry.run.plan).unwrap_or_default();
    let mut preview = reading.place().preview(&reading.snapshot, &work, &projects).map_err(|conflict| {
        change::conflict(&what, conflict)
            .hint(format!("{} lists the later runs; undo those first", called.reading("history")))
    })?;
    // What led to nothing before the run may do so again: it was like that.
    let broken: Vec<_> = preview.broken.iter().filter(|note| !mended.holds(note)).collect();
    if !broken.is_empty() {
        let mut fault = Fault::new(Kind::Refused, format!("{what}: other objects need what would go"));
        fault.causes =
            broken.iter().take(20).map(|note| format!("{}: {}", note.path, note.message)).collect();
        return Err(fault.hint("change these first").into());
    }
    let (moves, homeless) = reading.place().left_behind(&work);
    if !homeless.is_empty() {
        let mut fault = Fault::new(
            Kind::Refused,
            format!("{what}: issues that came since would have no step, or no issue type"),
        );
        fault.causes = homeless.into_iter().take(20).collect();
        return Err(fault.hint("move these issues first").into());
    }
    preview.add_moves(&moves);
    ui.text(&plan_text(&preview.plan.clone().of(called.title()), None))?;
    for own in &journaled.withheld {
        ui.warning(&own.to_string());
    }
    if arguments.simulate {
        return Ok(if arguments.exit_code { Status::Found } else { Status::Fine });
    }
    change::confirm(ui, &arguments.manner, (Deed::Undo(id), &called), &preview.plan.counts)?;
    let run = Run { undoes: Some(id), ..change::run(None, &preview.proved(moves)) };
    instance.wait(arguments.manner.waiting.most());
    let own = instance.undo(id, &run).map_err(Fault::from)?;
    let again = called.writing(&format!("undo {own}"));
    ui.note(&format!("undone as run {own} in {}: {}; {again} does it again", called.title(), run.result));
    Ok(Status::Fine)
}

/// What undoing needs of the plan of a run.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Kept {
    /// The projects that the run imported.
    projects: Vec<String>,
    /// What the run mended.
    mended: Mended,
}

/// Returns the run that is meant; nothing if there is none to undo.
fn chosen(instance: &mut dyn Writable, run: Option<RunId>) -> Result<Option<RunId>, Fault> {
    if run.is_some() {
        return Ok(run);
    }
    let entries = instance.history()?;
    // A run that changed nothing only says how an import ended.
    let is_left = |own: &Entry| own.undone_by.is_none() && own.run.undoes.is_none() && own.rows > 0;
    Ok(entries.iter().find(|own| is_left(own)).map(|own| own.id))
}
