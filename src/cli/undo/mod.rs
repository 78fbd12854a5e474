//! `pcfg undo`: takes a run back, as a plan that is shown first.

pub(super) mod issues;

use std::path::PathBuf;

use super::change::checklist;
use super::change::noted::Noted;
use super::change::proof::unlike;
use super::change::{self, Deed, Journaling, Manner};
use super::place::called::Called;
use super::result::report;
use super::{Instance, Status};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{self, End, Mended, Phase, Righted, Shown, Taken, Undone, User};
use crate::instance::{Entry, Reading, RunId, Withheld, Writable, WriteError};
use crate::plan::Description;
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
    #[arg(short = 'n', long, visible_alias = "dry-run", conflicts_with = "yes")]
    simulate: bool,
    /// With --simulate, exit with 1 if there is something to undo
    #[arg(long, requires = "simulate")]
    exit_code: bool,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    checklist: checklist::Where,
    /// The folder with the files of attachments, where a run of issues is undone that were written elsewhere than beside the instance
    #[arg(long = "attachments-to", value_name = "DIR")]
    attachments: Option<PathBuf>,
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
    arguments.checklist.check()?;
    let (mut instance, called) = match arguments.simulate {
        true => change::open_journal(ui, &arguments.instance, arguments.manner.way())?,
        false => change::open(ui, &arguments.instance, &arguments.manner)?,
    };
    let Some(id) = chosen(instance.as_mut(), arguments.run)? else {
        ui.note(&format!("there is nothing to undo in {}", called.title()));
        return Ok(Status::Fine);
    };
    let journaled = instance.run(id).map_err(Fault::from)?;
    if let Some(by) = journaled.entry.undone_by {
        let again = format!("{} redoes it", called.writing(&format!("undo {by}")));
        return Err(Fault::from(WriteError::AlreadyUndone { run: id, by }).hint(again).into());
    }
    if let Some(streamed) = issues::streamed(&journaled.work) {
        drop(instance);
        let location = super::place::existing(arguments.instance.named())?.by(arguments.manner.way());
        let manner = (&arguments.manner, arguments.simulate, arguments.attachments.as_deref());
        return issues::undo(ui, (&location, &called), (id, streamed), manner);
    }
    let what = format!("run {id} cannot be undone, and nothing was changed");
    let Kept { projects, mended, righted } =
        serde_json::from_str(&journaled.entry.run.plan).unwrap_or_default();
    let mended = mended.with(righted);
    let taken = Taken { run: id, back: journaled.back(), projects, mended };
    let wait = arguments.manner.waiting.most();
    let noted = Noted::saying(arguments.manner.message.as_deref());
    let mut site = Journaling { ui, instance, scope: change::WHOLE, wait, file: None, noted, open: None };
    let mut user = Asking { ui, arguments, called: &called, run: id, withheld: &journaled.withheld };
    let stopped = |message: &str, causes: Vec<String>| Fault {
        causes: causes.into_iter().take(MOST).collect(),
        ..Fault::new(Kind::Refused, format!("{what}: {message}"))
    };
    let (written, proved) = match import::undo(&mut site, &mut user, &taken)? {
        Undone::Conflict(conflict) => {
            // Whoever makes an issue raises the counter of its project, and is in no run of the journal.
            let issues = conflict.rows.iter().any(|row| row.starts_with("Project ")).then(|| {
                format!(
                    "a project stays while there are issues in it that were made since: {} lists them",
                    called.reading("issue list")
                )
            });
            return Err(change::conflict(&what, conflict)
                .hint(format!("{} lists the later runs; undo those first", called.reading("history")))
                .hint_if(issues)
                .into());
        }
        Undone::Broken(notes) => {
            let causes = notes.iter().map(|note| format!("{}: {}", note.path, note.message)).collect();
            return Err(stopped("other objects need what would go", causes)
                .hint("change these first")
                .into());
        }
        Undone::Homeless(issues) => {
            let fault = stopped("newer issues would have no step, or no issue type", issues);
            return Err(fault.hint("move these issues first").into());
        }
        Undone::Stays(all) => {
            let fault = stopped("Jira has no way back for what it did", all);
            return Err(fault.hint("change these in Jira by hand").into());
        }
        Undone::End(End::Done(written, proved)) => (written, proved),
        Undone::End(_) if arguments.exit_code => return Ok(Status::Found),
        Undone::End(_) => return Ok(Status::Fine),
    };
    if let Some(list) = &site.open {
        arguments.checklist.tell(ui, list, &called)?;
    } else if let Some(own) = written.run {
        let again = called.writing(&format!("undo {own}"));
        let done = change::done(&proved.plan().counts);
        ui.note(&format!("undone as run {own} in {}: {done}; {again} redoes it", called.title()));
    }
    unlike(written, &called)?;
    Ok(Status::Fine)
}

/// More causes than this nobody reads.
const MOST: usize = 20;

/// Whoever wants to take a run back.
struct Asking<'a> {
    ui: &'a Ui,
    arguments: &'a Arguments,
    called: &'a Called,
    run: RunId,
    withheld: &'a [Withheld],
}

impl<'a> User<Journaling<'a>> for Asking<'_> {
    fn begins(&self, objects: usize) -> Box<dyn Fn(Phase)> {
        change::phases(self.ui, objects)
    }

    fn is_shown(&mut self, _: &Reading, what: Shown<'_>) -> Result<(), Fault> {
        let Shown::Back(preview, stays) = what else { return Ok(()) };
        let plan = preview.plan.clone().of(self.called.title());
        report::plan(self.ui, &plan_text(&plan, None), !self.arguments.manner.yes)?;
        self.withheld.iter().for_each(|own| self.ui.warning(&own.to_string()));
        for own in stays {
            self.ui.warning(&format!("{own}: that cannot be taken back, and stays as it is"));
        }
        Ok(())
    }

    fn agrees(&mut self, plan: &Description) -> Result<bool, Fault> {
        if self.arguments.simulate {
            return Ok(false);
        }
        let deed = (Deed::Undo(self.run), self.called);
        change::confirm(self.ui, &self.arguments.manner, deed, &plan.counts)?;
        Ok(true)
    }
}

/// What undoing needs of the plan of a run.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Kept {
    /// The projects that the run imported.
    projects: Vec<String>,
    /// What the run mended.
    mended: Mended,
    /// The issues that stood before the run where Jira could not take them further, with their number.
    righted: Righted,
}

/// Returns the run that is meant; nothing if there is none to undo.
fn chosen(instance: &mut dyn Writable, run: Option<RunId>) -> Result<Option<RunId>, Fault> {
    if run.is_some() {
        return Ok(run);
    }
    let entries = instance.history()?;
    // One of which nothing was done yet is given up.
    let waits = instance.waits()?.map(|own| own.run);
    // A run that changed nothing only says how an import ended.
    let is_left = |own: &Entry| {
        own.undone_by.is_none() && own.run.undoes.is_none() && (own.rows > 0 || waits == Some(own.id))
    };
    Ok(entries.iter().find(|own| is_left(own)).map(|own| own.id))
}
