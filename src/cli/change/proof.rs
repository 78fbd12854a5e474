//! Whether a prepared import does what it says: the last look before anything is written.
//!
//! Invariant: nobody applies an import that would leave something of its file undone.

use super::super::place::called::{Called, again};
use crate::fault::{Fault, Kind};
use crate::import::{Import, Written, paths};
use crate::plan::{Plan, selector};
use crate::ui::{plural, skip_options};

/// Stops an import that the instance has no columns for; and one that would not lead to what the file says, which is a bug:
/// whatever of a file cannot be, is refused.
pub(in crate::cli) fn check(import: &Import, called: &Called) -> Result<(), Fault> {
    /// More causes than this nobody reads.
    const MOST: usize = 20;
    if import.leftover.steps.is_empty() {
        return Ok(());
    }
    let rest = paths(&import.leftover);
    let mut fault = match import.lost.is_empty() {
        true => {
            let message = "the import would not make the instance equal to the file, and nothing was changed";
            Fault::new(Kind::Bug, message)
        }
        false => lacking(import, called),
    };
    fault.causes = rest.into_iter().take(MOST).collect();
    Err(fault)
}

/// Returns the fault of an import into an instance that has no columns for what it is to hold.
fn lacking(import: &Import, called: &Called) -> Fault {
    let columns: Vec<String> = import.lost.iter().map(|name| format!("`{name}`")).collect();
    let steps = import.leftover.steps.iter();
    let objects: Vec<String> = steps.map(|step| selector(&step.identity)).collect();
    let message = "this instance has no columns for some values, and nothing was changed";
    Fault::new(Kind::Refused, message)
        .hint(format!("its version of Jira lacks {}", columns.join(", ")))
        .hint(left_out("the objects", &objects, called))
}

/// Says how objects are left out, called as options call them: by this very command.
fn left_out(what: &str, objects: &[String], called: &Called) -> String {
    format!("to leave out {what}: {}", again(Some(called), &skip_options(objects)))
}

/// Returns the fault of a run after which the instance is not as it was planned.
pub(in crate::cli) fn unlike(Written { run, differs }: Written, called: &Called) -> Result<(), Fault> {
    /// More of them than this nobody reads.
    const MOST: usize = 20;
    let (Some(run), false) = (run, differs.is_empty()) else { return Ok(()) };
    let message = format!("run {run} has changed {}, but not as it was planned", called.title());
    let mut fault = Fault::new(Kind::Unlike, message)
        .hint(format!("{} undoes it", called.writing(&format!("undo {run}"))))
        .hint("or do it again: what is still to be done is planned anew");
    fault.causes = differs.into_iter().take(MOST).collect();
    Err(fault)
}

/// What is not done because something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Undone {
    Change,
    SavedPlan,
    /// Nothing: it is only shown.
    Nothing,
}

/// Returns the fault of an import of which something is refused.
pub(in crate::cli) fn refused(plan: &Plan, called: &Called, undone: Undone) -> Fault {
    let count = plural(plan.refused.len(), "object");
    let verb = if plan.refused.len() == 1 { "is" } else { "are" };
    let causes = plan.refused.iter().filter(|own| own.follows.is_none());
    let mut skips: Vec<String> = causes.map(|own| selector(&own.identity)).collect();
    skips.dedup();
    let skip = (!skips.is_empty()).then(|| left_out("the causes", &skips, called));
    let what = match undone {
        Undone::Change => "nothing was changed",
        Undone::SavedPlan => "no plan is saved",
        Undone::Nothing => "nothing would be changed",
    };
    let rest =
        (undone != Undone::Nothing).then(|| format!("to do the rest: {}", again(Some(called), "--partial")));
    Fault::new(Kind::Refused, format!("{count} {verb} refused, and {what}"))
        .hint("each says above what to do about it")
        .hint_if(skip)
        .hint_if(rest)
}
