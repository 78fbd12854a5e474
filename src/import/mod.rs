//! An import, from the file to the work to do: planned, carried out in memory, and proved before anything is touched.
//!
//! Pure. Invariant: the work of an [`Import`] leads to a target for which the same file plans nothing more, beside what is
//! refused; and what the place cannot hold is refused. `leftover` says what would remain all the same, and then nobody may apply it.

mod back;
mod carry_out;
mod causes;
mod left;
mod made_from;
mod mended;
mod moves;
mod place;
mod preview;
mod proof;
mod proved;
mod prune;
mod renamed;
mod renames;
mod rows;
mod saved;
mod streamed;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::mapping::Unwritable;
use crate::model::{Config, Element, Identity, Path, Snapshot};
use crate::plan::{DescribedStep, Facts, ObjectAction, Options, Plan, Reason, Step, Value, plan};

pub use crate::entity::Move;
pub use crate::mapping::{Migration, Moving};
pub use back::Back;
pub use carry_out::{
    Applied, End, Imported, Order, RunId, Seen, Shown, Site, Taken, Undone, User, Wish, Written, apply,
    import, paths, undo,
};
use causes::{Causes, Stopped};
pub use left::exported_with;
pub use made_from::Origin;
pub use mended::{Mended, Righted};
pub use place::{Call, Place, Rehearsal, Retraced, Work};
pub use preview::{Conflict, Preview, preview};
pub use proof::Disproved;
pub use proved::Proved;
pub use prune::{Pruned, prune};
pub use renamed::Renamed;
pub use rows::rehearsed;
pub use saved::{File, SavedError, SavedIssues, SavedPlan, Target, sha256};
pub use streamed::{Extent, Streamed, Tally};

/// A prepared import.
#[derive(Debug)]
pub struct Import {
    /// What will be done.
    pub plan: Plan,
    /// What is to be done in the place for it.
    pub work: Work,
    /// The configuration as it will be.
    pub after: Snapshot,
    /// What was to get a value and has no place there. It is left out of `work`: if it says no more than nothing does, `leftover` is
    /// empty all the same.
    pub lost: BTreeSet<String>,
    /// What a second import would still do of what is not refused; empty for an import that may be applied.
    pub leftover: Plan,
    /// What led to nothing before and does not after it.
    pub mended: Mended,
    /// The objects that will not be what the file says, because the place has no word for something.
    pub lossy: BTreeSet<Identity>,
}

/// What is being done for an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Finding out what is to be done.
    Planning,
    /// Working out what is to be written, in memory.
    Writing,
    /// Reading it back, and planning again.
    Proving,
    /// Proving that a saved plan does what it tells.
    ProvingSaved,
    /// Planning again, of what was read back after it was written.
    ProvingWritten,
}

/// Whom an import tells what it begins with.
pub type Tell<'t> = &'t dyn Fn(Phase);

/// Prepares the import of a file into an instance.
pub fn prepare(
    place: &dyn Place,
    target: &Snapshot,
    facts: &Facts,
    file: &Config,
    options: &Options,
) -> Import {
    prepare_told(place, (target, facts), file, options, &|_| ())
}

/// The same, and tells what it begins with; if something is refused on the way, it writes and proves once more.
pub fn prepare_told(
    place: &dyn Place,
    (target, facts): (&Snapshot, &Facts),
    file: &Config,
    options: &Options,
    tell: Tell<'_>,
) -> Import {
    renamed::prepare(place, (target, facts), file, options, tell)
        .unwrap_or_else(|| plain(place, (target, facts), file, options, tell))
}

/// Prepares an import into a target whose objects are called as the mapping file calls them.
fn plain(
    place: &dyn Place,
    (target, facts): (&Snapshot, &Facts),
    file: &Config,
    options: &Options,
    tell: Tell<'_>,
) -> Import {
    tell(Phase::Planning);
    let mut plan = plan(target, facts, file, options);
    let mapping = &options.mapping;
    let migration = Migration {
        status: &|workflow, issue_type, status| {
            mapping.status(workflow, issue_type, status).map(str::to_owned)
        },
        issue_type: &|project, issue_type| mapping.issue_type(project, issue_type).map(str::to_owned),
    };
    loop {
        let steps: Vec<&Step> = plan.steps.iter().collect();
        let Rehearsal { work, mut after, unwritable, lost, issues, losses } =
            place.rehearse(&steps, migration, tell);
        // Nothing that is done makes the place show more.
        after.unseen.extend(target.unseen.iter().cloned());
        // Each round refuses something, or is the last.
        let before = plan.refused.len();
        let unwritable = unwritable.into_iter().filter_map(cannot_hold);
        refuse(&mut plan, target, unwritable.collect(), &Plan::default());
        if plan.refused.len() > before {
            continue;
        }
        let refused = crate::plan::homeless_refusals(&issues, target, &after, &plan);
        plan.refuse(refused, Vec::new());
        if plan.refused.len() > before {
            continue;
        }
        let mut leftover = crate::plan::plan(&after, facts, file, options).beside(&plan.refused);
        // What the place has no word for is told as lost, and stays.
        leftover.steps.retain(|step| !losses.contains_key(&step.identity));
        // What is left because of a lacking column is told with the column.
        if lost.is_empty() {
            let steps = leftover.steps.iter();
            let steps = steps.map(|step| (step.identity.clone(), without_meaning(&step.describe())));
            let refused = leftover.refused.iter();
            let refused = refused
                .flat_map(|own| own.reasons.iter().map(|why| (own.identity.clone(), would_be_lost(why))));
            refuse(&mut plan, target, steps.chain(refused).collect(), &leftover);
        }
        if plan.refused.len() == before {
            plan.moves = issues.moves;
            settle(&mut plan, &losses, target, &after);
            plan.irrevocable = work.irrevocable();
            renames::hint(&mut plan, target);
            let mended = Mended::between(target, &after).with(Righted(issues.righted));
            let lossy = losses.into_keys().collect();
            return Import { plan, work, after, lost, leftover, mended, lossy };
        }
    }
}

/// Tells what becomes of objects of which the place cannot hold everything: what is lost is a warning, and what is so already is no step.
fn settle(plan: &mut Plan, losses: &BTreeMap<Identity, Vec<String>>, target: &Snapshot, after: &Snapshot) {
    if losses.is_empty() {
        return;
    }
    let real = crate::plan::Difference::new(target, after, plan.projects.clone()).plan.steps;
    let real: HashMap<Identity, Step> = real.into_iter().map(|step| (step.identity.clone(), step)).collect();
    let mut unchanged = Vec::new();
    plan.steps.retain_mut(|step| {
        let Some(lost) = losses.get(&step.identity) else { return true };
        let Some(own) = real.get(&step.identity) else {
            unchanged.push(step.identity.clone());
            return false;
        };
        step.object = own.object.clone();
        step.action = own.action.clone();
        step.warnings.extend(lost.iter().cloned());
        true
    });
    plan.unchanged.extend(unchanged);
}

/// Refuses objects, each for what is the cause; they are as the plan has them, or what is left of it.
fn refuse(plan: &mut Plan, target: &Snapshot, more: Vec<(Identity, Reason)>, leftover: &Plan) {
    if more.is_empty() {
        return;
    }
    let (mut because, mut following) = (Vec::new(), Vec::new());
    let causes = Causes::new(plan, target);
    let steps = plan.steps.iter().chain(&leftover.steps);
    let objects: HashMap<&Identity, &Element> = steps.map(|own| (&own.identity, &own.object)).collect();
    for (identity, reason) in more {
        match objects.get(&identity).map(|object| causes.of(&identity, object, reason.clone())) {
            Some(Stopped::Follows(refused)) => following.push(refused),
            Some(Stopped::Because(identity, reason)) => because.push((identity, reason)),
            None => because.push((identity, reason)),
        }
    }
    plan.refuse(because, following);
}

/// Says what the rows of the instance have no place for.
fn cannot_hold(own: Unwritable) -> Option<(Identity, Reason)> {
    let object = own.object?;
    let reason = match own.is_stored_twice {
        true => Reason {
            code: "stored-twice",
            path: own.path,
            message: own.message,
            help: "delete all of them but one in the data, or leave the object out".to_owned(),
        },
        false => Reason {
            code: "cannot-hold",
            path: own.path,
            message: own.message,
            help: "correct it in the file, or leave the object out".to_owned(),
        },
    };
    Some((object, reason))
}

/// Says that a change would take away what nobody can read, where that is why it is refused.
fn would_be_lost(reason: &Reason) -> Reason {
    match reason.code {
        "unreadable" | "damaged" => Reason {
            code: "cannot-hold",
            path: reason.path.clone(),
            message:
                "the target holds something here that pcfg cannot read, and changing the object would delete it"
                    .to_owned(),
            help: "repair it in the target first, or leave the object out".to_owned(),
        },
        _ => reason.clone(),
    }
}

/// Says what would read differently from what the file has, once it is written.
fn without_meaning(step: &DescribedStep) -> Reason {
    let object = Path::object(&step.kind, &step.name);
    let (path, differs) = match step.changes.first().filter(|_| step.action == ObjectAction::Change) {
        Some(line) => {
            let shown = |value: &Option<Value>| match value {
                Some(value) => format!("`{}`", value.inline),
                None => "nothing".to_owned(),
            };
            (
                object.join(&line.path),
                format!("the file has {}, but Jira would have {}", shown(&line.new), shown(&line.old)),
            )
        }
        None => (object, "the file has it, but Jira would not".to_owned()),
    };
    Reason {
        code: "without-meaning",
        path,
        message: format!("stored in Jira, this would not mean what it means in the file: {differs}"),
        help: "change the file to what Jira would have, or leave the object out".to_owned(),
    }
}
