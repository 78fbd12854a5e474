//! What all commands have in common that change an instance: they show a plan, ask, apply it, and say what they did.

pub(super) mod checklist;
pub(super) mod left;
pub(super) mod noted;
pub(super) mod proof;
pub(super) mod rewriting;

use std::rc::Rc;
use std::time::Duration;

use self::noted::Noted;
use super::place::called::{Called, again, simulated};
use super::place::session::{Recording, Session};
use super::place::unseen;
use super::place::who;
use super::{Instance, Waiting};
use crate::compare::Left;
use crate::fault::{Fault, Kind};
use crate::import::{Conflict, File, Mended, Order, Phase, Proved, Righted, Site, Written, exported_with};
use crate::instance::{self, Basis, Checklist, Location, Reading, Run, RunId, Scope, Watch, Way, Writable};
use crate::model::Config;
use crate::plan::{Counts, Description};
use crate::select::CustomFields;
use crate::ui::{Bar, Phases, Ui, plural};

/// How a command that changes an instance goes about it.
#[derive(Debug, clap::Args)]
pub(super) struct Manner {
    /// Apply without asking for confirmation
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Write into Jira's own database, while Jira is stopped
    ///
    /// An instance that has both a `url` and a `database` in pcfg.toml is changed over REST without this.
    /// Atlassian does not support this; docs/postgres.md says when to use it, and what to do before and after.
    #[arg(long)]
    pub(super) offline: bool,
    /// Why it is done, such as the number of a ticket; the journal keeps it
    #[arg(short, long, value_name = "TEXT")]
    pub(super) message: Option<String>,
    #[command(flatten)]
    pub(super) waiting: Waiting,
}

impl Manner {
    /// Returns how a Jira is changed that has two doors.
    pub(super) fn way(&self) -> Way {
        if self.offline { Way::Database } else { Way::Rest }
    }
}

/// Refuses to write into a database unless the user says that Jira is stopped; `on` is the instance that a command has to name.
pub(super) fn check_offline(location: &Location, offline: bool, on: Option<&Called>) -> Result<(), Fault> {
    let if_wanted = || {
        let offline = again(on, "--offline");
        format!("if that is what you want: stop Jira on all nodes, back the database up, and then {offline}")
    };
    match (location.abilities().offline, offline, location) {
        (true, false, Location::Doors(doors)) => Err(Fault::usage(format!(
            "nothing is changed in `{location}`: the plan was made for its database, `{}`, which is changed while Jira is stopped",
            doors.database
        ))
        .hint("docs/postgres.md says when to write into one, and what to do before and after")
        .hint(if_wanted())),
        (true, false, _) => Err(Fault::usage(format!("`{location}` is Jira's database; it is not changed"))
            .hint("docs/postgres.md says when to write into one, and what to do before and after")
            .hint(if_wanted())),
        (false, true, _) => Err(Fault::usage(format!(
            "`--offline` works only with Jira's database, and `{location}` is not one"
        ))
        .hint("leave it out")),
        _ => Ok(()),
    }
}

/// Says through which door a Jira is changed that is stopped: nobody answers at the other, so nothing is proved of it.
pub(super) fn tell_door(ui: &Ui, location: &Location) {
    if let Location::Doors(doors) = location
        && doors.way == Way::Database
    {
        ui.warning(&format!(
            "`{}` is changed, which pcfg.toml says is the database of `{location}`: while Jira is stopped, this was not proved",
            doors.database
        ));
    }
}

/// Opens the instance that the user means, to write into it; returns what it is called.
pub(super) fn open(
    ui: &Ui,
    instance: &Instance,
    manner: &Manner,
) -> Result<(Box<dyn Writable>, Called), Fault> {
    let location = super::place::existing(instance.named())?.by(manner.way());
    let called = Called::new(instance.named(), &location);
    check_offline(&location, manner.offline, Some(&called))?;
    tell_door(ui, &location);
    Ok((open_at(ui, location)?, called))
}

/// Opens the instance that the user means, for the journal of the door that is meant; returns what it is called.
pub(super) fn open_journal(
    ui: &Ui,
    instance: &Instance,
    way: Way,
) -> Result<(Box<dyn Writable>, Called), Fault> {
    let location = super::place::existing(instance.named())?.by(way);
    let called = Called::new(instance.named(), &location);
    Ok((open_at(ui, location)?, called))
}

/// Opens an instance at a place, to write into it.
pub(super) fn open_at(ui: &Ui, location: Location) -> Result<Box<dyn Writable>, Fault> {
    if rewriting::of(&location).is_some() {
        return Err(rewriting::never_changed(&location)
            .hint("name an embedded instance; `pcfg instance load BACKUP --into FILE` creates one"));
    }
    writable(ui, location)
}

/// Opens an instance to write into it; a live Jira has its journal in the folder of the user's data.
pub(super) fn writable(ui: &Ui, location: Location) -> Result<Box<dyn Writable>, Fault> {
    let session = Session::new(ui, &location, &Recording::none())?;
    let journals = super::place::journals();
    Ok(instance::open_writable_as(location, session.manner(), journals.as_deref())?)
}

/// The whole configuration, with what issues hold on to.
pub(super) const WHOLE: Scope = Scope { field_values: false, usage: true };

/// What is read to import a file: the custom fields that issues have values in, too, if it was exported by that.
pub(super) fn scope_for(file: &Config) -> Scope {
    let field_values = exported_with(file).custom_fields == CustomFields::Used;
    Scope { field_values, ..WHOLE }
}

/// Reads an instance.
pub(super) fn read(ui: &Ui, instance: &mut dyn instance::Instance, scope: Scope) -> Result<Reading, Fault> {
    let bar = Bar::new(ui, "reading");
    let reading = instance.read(scope, &|done, all| bar.tell(done, all))?;
    drop(bar);
    unseen::tell(ui, &reading.snapshot.unseen);
    Ok(reading)
}

/// Says to those who wait what is being done with so many objects.
pub(super) fn phases(ui: &Ui, objects: usize) -> Box<dyn Fn(Phase)> {
    let bar = Phases::new(ui, objects);
    Box::new(move |phase| {
        bar.begin(match phase {
            Phase::Planning => "planning",
            Phase::Writing => "preparing the changes",
            Phase::Proving => "proving that nothing would be left to do",
            Phase::ProvingSaved => "proving that the plan does what it says",
            Phase::ProvingWritten => "planning again, to verify what was written",
        });
    })
}

/// An instance with a journal, as a command changes it.
pub(super) struct Journaling<'a> {
    pub(super) ui: &'a Ui,
    pub(super) instance: Box<dyn Writable>,
    pub(super) scope: Scope,
    /// How long to wait for somebody else who is writing.
    pub(super) wait: Duration,
    /// The file that is imported, or that a saved plan was made from.
    pub(super) file: Option<&'a File>,
    /// What the journal keeps besides.
    pub(super) noted: Noted,
    /// What waits for people, once something was written.
    pub(super) open: Option<Checklist>,
}

impl Site for Journaling<'_> {
    type Seen = Reading;
    type Fault = Fault;

    fn read(&mut self) -> Result<Reading, Fault> {
        let last = self.instance.history()?.first().map(|newest| newest.id);
        self.instance.plan();
        let reading = read(self.ui, self.instance.as_mut(), self.scope)?;
        self.instance.follow(Basis::of(last, &reading));
        Ok(reading)
    }

    fn write(&mut self, order: &Order<'_, Reading>) -> Result<Written, Fault> {
        let Order { proved, left, undoes, prove } = order;
        let run = self.noted.in_run(left::noted(run(self.file, proved), left));
        self.instance.wait(self.wait);
        let bar = Bar::of_rows(self.ui, "applying");
        self.instance.watch(Watch(Rc::new(move |done, all| bar.tell(done, all))));
        let id = match undoes {
            None => self.instance.carry_out(proved, &run),
            Some(undone) => self.instance.undo(*undone, proved, &run),
        };
        self.instance.watch(Watch::default());
        let run = Some(id?);
        if self.instance.abilities().atomic {
            return Ok(Written { run, differs: Vec::new() });
        }
        self.open = self.instance.waits()?;
        if self.open.is_some() {
            // All of it is proved when it is done.
            return Ok(Written { run, differs: Vec::new() });
        }
        let reading = read(self.ui, self.instance.as_mut(), self.scope)?;
        Ok(Written { run, differs: prove(&reading) })
    }

    fn left(&mut self, file: &Config) -> Result<Option<Left>, Fault> {
        Ok(left::of(&self.instance.history()?, file))
    }
}

/// What a user is asked to agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// An import.
    Import,
    /// A saved plan; its command cannot simulate.
    SavedPlan,
    /// The removal of what nothing uses.
    Prune,
    /// The way back from a run.
    Undo(RunId),
}

/// Asks whether to do what was shown; where nobody can be asked, the answer has to be given before.
pub(super) fn confirm(
    ui: &Ui,
    Manner { yes, .. }: &Manner,
    (deed, called): (Deed, &Called),
    counts: &Counts,
) -> Result<(), Fault> {
    if *yes {
        return Ok(());
    }
    let (amount, title) = (amount(counts), called.title());
    let question = match deed {
        Deed::Import | Deed::SavedPlan => format!("Apply {amount} to {title}?"),
        Deed::Prune => format!("Remove what nothing uses from {title}: {amount}?"),
        Deed::Undo(id) => format!("Undo run {id} in {title}: {amount}?"),
    };
    // A saved plan knows its instance.
    let on = (deed != Deed::SavedPlan).then_some(called);
    match ui.ask(&question) {
        None => Err(Fault::usage("nothing was changed: cannot ask for confirmation: not a terminal")
            .hint(format!("to apply without confirmation: {}", again(on, "--yes")))
            .hint_if(on.map(|_| format!("to see what would change: {}", simulated(on))))),
        Some(true) => Ok(()),
        Some(false) => Err(Fault::new(Kind::Interrupted, "nothing was changed")),
    }
}

/// Says how much a plan does, for a question.
fn amount(counts: &Counts) -> String {
    let removals = counts.delete + counts.remove;
    let parts = [
        (counts.create > 0).then(|| plural(counts.create, "new object")),
        (counts.change + counts.rename > 0).then(|| plural(counts.change + counts.rename, "change")),
        (removals > 0).then(|| plural(removals, "removal")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match &parts[..] {
        [] => "nothing that is visible in an export".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns the entry of the journal for a plan.
pub(super) fn run(file: Option<&File>, proved: &Proved) -> Run {
    let plan = proved.plan();
    let plan_in_words = Kept { plan, mended: proved.mended(), righted: proved.mended().righted() };
    Run {
        who: who::who(),
        file: file.map(|file| file.name.clone()),
        hash: file.map(|file| file.sha256.clone()),
        plan: serde_json::to_string(&plan_in_words).expect("plans have text keys only"),
        result: done(&plan.counts),
        undoes: None,
        moves: proved.moves().to_vec(),
    }
}

/// A plan as the journal keeps it.
#[derive(serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Kept<'p> {
    #[serde(flatten)]
    plan: &'p Description,
    /// What led to nothing before the run and not after it, which an undo may bring again.
    #[serde(skip_serializing_if = "Mended::is_empty")]
    mended: &'p Mended,
    /// The issues that stood before the run where Jira could not take them further and stay there, with their number.
    #[serde(skip_serializing_if = "Righted::is_empty")]
    righted: &'p Righted,
}

/// Says what a run has done, where, and how it is taken back.
pub(super) fn applied(id: RunId, result: &str, called: &Called) -> String {
    let undo = called.writing(&format!("undo {id}"));
    format!("applied as run {id} to {}: {result}; {undo} undoes it", called.title())
}

/// Says what a plan has done.
pub(super) fn done(counts: &Counts) -> String {
    let parts = [
        (counts.create, "object", "created"),
        (counts.change, "object", "changed"),
        (counts.rename, "object", "renamed"),
        (counts.delete, "object", "removed"),
        (counts.remove, "part", "removed"),
        (counts.issues as usize, "issue", "moved"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, verb)| format!("{} {verb}", plural(count, noun)))
        .collect();
    if parts.is_empty() { "nothing changed".to_owned() } else { parts.join(", ") }
}

/// Says that changes do not fit any more.
pub(super) fn conflict(what: &str, Conflict { objects, rows }: Conflict) -> Fault {
    let (noun, names) = if objects.is_empty() { ("row", rows) } else { ("object", objects) };
    changed(what, noun, &names)
}

/// Says which objects or rows were changed by somebody else.
pub(super) fn changed(what: &str, noun: &str, names: &[String]) -> Fault {
    /// More names than this nobody reads.
    const MOST: usize = 20;
    let count = plural(names.len(), noun);
    let verb = if names.len() == 1 { "has" } else { "have" };
    let mut fault = Fault::new(Kind::Changed, format!("{what}: {count} {verb} been changed since"));
    fault.causes = names.iter().take(MOST).cloned().collect();
    if names.len() > MOST {
        fault.causes.push(format!("and {} more", names.len() - MOST));
    }
    fault
}
