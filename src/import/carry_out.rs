//! The way of everything that changes an instance: it is read, planned, shown, agreed to, written and proved, and planned anew where
//! somebody else was quicker.
//!
//! Pure: a [`Site`] reads and writes, a [`User`] is told and asked. Invariant: nothing is written but what was proved, shown and
//! agreed to, and a place that cannot prove within a transaction what it has become is read back and compared.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{
    Back, Conflict, Disproved, Import, Mended, Phase, Place, Preview, Proved, SavedPlan, Work, prepare_told,
};
use crate::compare::Left;
use crate::model::{Config, Identity, Note, Snapshot};
use crate::plan::{Description, Difference, Facts, ObjectAction, Options, Plan};

/// The number of a run in the journal of an instance, from 1.
pub type RunId = u64;

/// What was read of a place, as carrying out needs it.
pub trait Seen {
    /// Returns what works out what would be done there.
    fn place(&self) -> &dyn Place;

    /// Returns the configuration.
    fn snapshot(&self) -> &Snapshot;

    /// Returns what is known beside the configuration.
    fn facts(&self) -> Cow<'_, Facts>;
}

/// A place that is read and changed.
pub trait Site {
    /// What was read of it.
    type Seen: Seen;
    /// Why something cannot be done.
    type Fault;

    /// Reads it anew. What is written next is made from what was read, and is not written if that has been changed since.
    fn read(&mut self) -> Result<Self::Seen, Self::Fault>;

    /// Does what was proved. A place that does not prove within one transaction that it has become what was planned reads itself
    /// back, and asks the order what differs.
    fn write(&mut self, order: &Order<'_, Self::Seen>) -> Result<Written, Self::Fault>;

    /// Returns what the last import of a file has left different from it, where the place remembers that.
    fn left(&mut self, file: &Config) -> Result<Option<Left>, Self::Fault>;
}

/// What is to be written.
pub struct Order<'o, S> {
    /// The work, proved.
    pub proved: &'o Proved,
    /// What will differ from the file all the same.
    pub left: &'o Left,
    /// The run that it takes back.
    pub undoes: Option<RunId>,
    /// Returns in words what is not as planned, of what was read back.
    pub prove: &'o dyn Fn(&S) -> Vec<String>,
}

/// What became of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The run, where the place has a journal.
    pub run: Option<RunId>,
    /// What is not as planned, in words.
    pub differs: Vec<String>,
}

/// Whoever wants something to be done: told, and asked.
pub trait User<S: Site> {
    /// Is told what begins, from now until what is returned is dropped; there are so many objects to look at.
    fn begins(&self, objects: usize) -> Box<dyn Fn(Phase) + '_>;

    /// Sees what was read, before anything is planned.
    fn sees(&mut self, _: &S::Seen) -> Result<(), S::Fault> {
        Ok(())
    }

    /// Is shown what would be done.
    fn is_shown(&mut self, seen: &S::Seen, what: Shown<'_>) -> Result<(), S::Fault>;

    /// Says whether to do what was shown; if not, nothing is written.
    fn agrees(&mut self, plan: &Description) -> Result<bool, S::Fault>;

    /// Says whether to plan anew what could not be written. Who has looked at a plan has agreed to that one alone.
    fn plans_anew(&mut self, _: &S::Fault) -> bool {
        false
    }
}

/// What would be done.
pub enum Shown<'s> {
    /// By an import.
    Import(&'s Import),
    /// By a saved plan.
    Saved(&'s Proved),
    /// By the way back; with what stays, because nothing undoes it.
    Back(&'s Preview, &'s [String]),
}

/// What somebody wants to import, and how.
#[derive(Debug)]
pub struct Wish<'w> {
    /// The file.
    pub file: &'w Config,
    /// How.
    pub options: &'w Options,
    /// Whether to do what can be done even if something is refused.
    pub is_partial: bool,
}

/// How an import ended.
#[derive(Debug)]
pub struct Imported {
    /// The import, without its work if that was done.
    pub import: Import,
    /// How it ended.
    pub end: End,
}

/// How something ended that was to be carried out.
#[derive(Debug)]
pub enum End {
    /// Something is refused, and nothing was done.
    Refused,
    /// Something would be left of what is wanted, and nothing was done.
    Unproved,
    /// There was nothing to do.
    Nothing,
    /// Somebody only wanted to look.
    Declined,
    /// It is done.
    Done(Written, Box<Proved>),
}

/// Imports a file.
pub fn import<S: Site>(
    site: &mut S,
    user: &mut dyn User<S>,
    Wish { file, options, is_partial }: &Wish<'_>,
) -> Result<Imported, S::Fault> {
    loop {
        let seen = site.read()?;
        user.sees(&seen)?;
        let mut import = prepared(&*user, &seen, file, options);
        user.is_shown(&seen, Shown::Import(&import))?;
        drop(seen);
        let ended = |import, end| Ok(Imported { import, end });
        if !import.plan.refused.is_empty() && !is_partial {
            return ended(import, End::Refused);
        }
        let left = import.left(file);
        let Some(proved) = import.proved() else { return ended(import, End::Unproved) };
        let unwanted = import.plan.refused.clone();
        let lossy = import.lossy.clone();
        let prove = |seen: &S::Seen| still_to_do(seen, (file, options), (&unwanted, &lossy), &proved);
        let order = Order { proved: &proved, left: &left, undoes: None, prove: &prove };
        if import.plan.steps.is_empty() {
            // What differs all the same is no later change.
            let is_news = import.plan.refused.is_empty() && !left.is_empty();
            if is_news && site.left(file)?.as_ref() != Some(&left) {
                site.write(&order)?;
            }
            return ended(import, End::Nothing);
        }
        if !user.agrees(proved.plan())? {
            return ended(import, End::Declined);
        }
        match site.write(&order) {
            Ok(written) => return ended(import, End::Done(written, Box::new(proved))),
            Err(fault) if user.plans_anew(&fault) => {}
            Err(fault) => return Err(fault),
        }
    }
}

/// Prepares an import of what was read.
fn prepared<S: Site>(user: &dyn User<S>, seen: &S::Seen, file: &Config, options: &Options) -> Import {
    let objects: usize = file.root().children().iter().map(|container| container.children().len()).sum();
    let tell = user.begins(objects + seen.snapshot().objects.len());
    prepare_told(seen.place(), (seen.snapshot(), &seen.facts()), file, options, &*tell)
}

/// Plans again, of what was read back: returns what is still to be done, which should be nothing.
fn still_to_do(
    seen: &impl Seen,
    (file, options): (&Config, &Options),
    (refused, lossy): (&[crate::plan::Refused], &BTreeSet<Identity>),
    proved: &Proved,
) -> Vec<String> {
    let mut again = crate::plan::plan(seen.snapshot(), &seen.facts(), file, options);
    again.steps.retain(|step| !lossy.contains(&step.identity));
    let mut left = paths(&again.beside(refused));
    left.extend(seen.place().unmoved(proved.moves()));
    left
}

/// Returns what a plan still wants to do, in words.
pub fn paths(plan: &Plan) -> Vec<String> {
    paths_of(plan.describe().steps.iter())
}

/// Returns what steps do, in words.
pub(super) fn paths_of<'s>(steps: impl Iterator<Item = &'s crate::plan::DescribedStep>) -> Vec<String> {
    let of_step = |step: &crate::plan::DescribedStep| {
        let name = format!("{} `{}`", step.in_words(), step.name);
        match &step.changes[..] {
            changes if step.action == ObjectAction::Change => {
                changes.iter().map(|line| format!("{name}{}", line.path)).collect()
            }
            _ => vec![name],
        }
    };
    steps.flat_map(of_step).collect()
}

/// How a saved plan ended.
#[derive(Debug)]
pub enum Applied {
    /// It must not be applied.
    Disproved(Disproved),
    /// It went as far as this.
    End(End),
}

/// Carries out a saved plan, exactly as it was saved.
pub fn apply<S: Site>(
    site: &mut S,
    user: &mut dyn User<S>,
    saved: &SavedPlan,
    work: &Work,
) -> Result<Applied, S::Fault> {
    let seen = site.read()?;
    user.sees(&seen)?;
    let proved = {
        let tell = user.begins(work.len() + seen.snapshot().objects.len());
        tell(Phase::ProvingSaved);
        saved.prove(work, seen.place(), (seen.snapshot(), &seen.facts()))
    };
    let (proved, left) = match proved {
        Ok(proved) => proved,
        Err(why) => return Ok(Applied::Disproved(why)),
    };
    if proved.work().is_empty() {
        return Ok(Applied::End(End::Nothing));
    }
    user.is_shown(&seen, Shown::Saved(&proved))?;
    drop(seen);
    let end = carried_out(site, user, proved, &left, None)?;
    Ok(Applied::End(end))
}

/// A run that is to be taken back.
#[derive(Debug)]
pub struct Taken {
    /// Its number.
    pub run: RunId,
    /// What undoes it.
    pub back: Back,
    /// The projects that it imported.
    pub projects: Vec<String>,
    /// What it mended.
    pub mended: Mended,
}

/// How the way back ended.
#[derive(Debug)]
pub enum Undone {
    /// What the run has changed was changed since.
    Conflict(Conflict),
    /// These would lead to nothing.
    Broken(Vec<Note>),
    /// These issues would have no step, in words.
    Homeless(Vec<String>),
    /// Nothing of it can be taken back, only these could, in words.
    Stays(Vec<String>),
    /// It went as far as this.
    End(End),
}

/// Takes a run back.
pub fn undo<S: Site>(
    site: &mut S,
    user: &mut dyn User<S>,
    Taken { run, back, projects, mended }: &Taken,
) -> Result<Undone, S::Fault> {
    let Back { work, stays } = back;
    if work.is_empty() && !stays.is_empty() {
        return Ok(Undone::Stays(stays.clone()));
    }
    let seen = site.read()?;
    user.sees(&seen)?;
    let mut preview = match seen.place().preview(seen.snapshot(), work, projects) {
        Ok(preview) => preview,
        Err(conflict) => return Ok(Undone::Conflict(conflict)),
    };
    // What led to nothing before the run may do so again: it was like that.
    let broken: Vec<Note> = preview.broken.iter().filter(|note| !mended.holds(note)).cloned().collect();
    if !broken.is_empty() {
        return Ok(Undone::Broken(broken));
    }
    let (moves, homeless) = seen.place().left_behind(work, mended.righted());
    if !homeless.is_empty() {
        return Ok(Undone::Homeless(homeless));
    }
    preview.add_moves(&moves);
    user.is_shown(&seen, Shown::Back(&preview, stays))?;
    drop(seen);
    let end = carried_out(site, user, preview.proved(moves), &Left::default(), Some(*run))?;
    Ok(Undone::End(end))
}

/// Does what was shown, if that is wanted.
pub(super) fn carried_out<S: Site>(
    site: &mut S,
    user: &mut dyn User<S>,
    proved: Proved,
    left: &Left,
    undoes: Option<RunId>,
) -> Result<End, S::Fault> {
    if !user.agrees(proved.plan())? {
        return Ok(End::Declined);
    }
    let written = {
        let prove = |seen: &S::Seen| unlike(&proved, seen.snapshot());
        site.write(&Order { proved: &proved, left, undoes, prove: &prove })?
    };
    Ok(End::Done(written, Box::new(proved)))
}

/// Returns the objects of a plan that are not as it was to make them, in words. What others have changed elsewhere meanwhile is theirs.
fn unlike(proved: &Proved, now: &Snapshot) -> Vec<String> {
    let own = &proved.plan().steps;
    let is_own = |kind: &str, name: &str| own.iter().any(|step| step.kind == kind && step.name == name);
    let rest = Difference::new(now, proved.after(), std::collections::BTreeSet::new());
    let steps = rest.describe().steps.into_iter();
    let steps = steps.filter(|step| is_own(&step.kind, &step.name));
    steps.map(|step| format!("{} `{}`", step.in_words(), step.name)).collect()
}
