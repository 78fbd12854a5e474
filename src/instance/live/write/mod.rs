//! What an import does to a live Jira: the rows that it would change, as requests in the order of the plan.
//!
//! The rows are those that the replies were made of, so that `mapping` works out what is to become of them as it does for all
//! places; here they turn into requests, area by area, as `live` turns replies into rows. Invariant: whatever no request can say is
//! refused before the first one is sent.

mod boards;
mod by_hand;
mod carry;
#[cfg(test)]
mod carry_tests;
mod constants;
mod custom_fields;
mod deed;
mod done;
mod fields;
mod follows;
mod grants;
mod ground;
mod in_time;
mod issue_types;
mod journal;
mod judge;
mod look;
mod many;
#[cfg(test)]
mod many_tests;
mod moved;
mod names;
mod order;
mod preview;
mod projects;
mod reordering;
mod schemes;
mod screen_schemes;
mod screens;
mod sent;
mod shared;
mod spelled;
mod subject;
mod units;
mod waves;
mod workflows;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ability::writable;
use super::counts::Counts;
use super::unseen;
use crate::entity::{Move, RowChange, Tables};
use crate::import::{Call, Conflict, Migration, Phase, Place, Preview, Rehearsal, Tell, Work, rehearsed};
use crate::mapping::{self, Moving, NoType, Unwritable, Writer};
use crate::model::{Gap, Identity, Path, Snapshot};
use crate::plan::Step;
use crate::rest::{Edition, Failure};
use crate::schema::Schema;

use by_hand::Split;
pub(in crate::instance) use by_hand::{Act, Stand, stands, tasks, unlike};
pub use by_hand::{Task, by_hand, has_hands};
pub(in crate::instance) use carry::{Halt, Hand, Made};
pub(super) use deed::Deed;
pub(in crate::instance) use done::done;
pub(super) use ground::{Ground, Known, Side, changed, is_given, members};
pub(in crate::instance) use journal::{Fate, Journal, Logged};
pub(super) use judge::Judge;
pub(super) use look::Look;
pub(in crate::instance) use many::{Book, Job, Note, in_waves};
pub(in crate::instance) use sent::Sent;
pub(super) use sent::{number, part, token};
pub(super) use subject::{Subject, Unsaid};
use units::Units;
use waves::Waves;

/// A live Jira as it was read, and as what works out what would be done to it.
#[derive(Debug, Clone)]
pub(in crate::instance) struct Rows {
    pub(super) edition: Edition,
    pub(super) tables: Tables,
    pub(super) known: Known,
    /// What was not asked for; what rows mean that are not there is taken out of the objects.
    pub(super) unasked: Vec<Gap>,
    /// Whether nobody has told the default field configuration.
    pub(super) lacks_default: bool,
    /// Whether somebody does by hand what no request says.
    pub(super) by_hand: bool,
    /// What counts issues, where the rows do not tell them.
    pub(super) counts: Option<Arc<Counts>>,
    /// What asks Jira itself about requests that it can judge beforehand.
    pub(super) judge: Option<Arc<Judge>>,
}

/// Turns what becomes of an object into requests.
type Write = fn(&Ground<'_>, &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>>;

/// What writes the objects of each kind, and the settings beside them.
const AREAS: &[(&str, Write)] = &[
    ("status", constants::status),
    ("priority", constants::priority),
    ("resolution", constants::resolution),
    ("defaultPriority", constants::default_priority),
    ("defaultResolution", constants::default_resolution),
    ("issueType", issue_types::issue_type),
    ("customField", custom_fields::custom_field),
    ("issueTypeScheme", schemes::issue_type_scheme),
    ("priorityScheme", schemes::priority_scheme),
    ("fieldConfiguration", fields::configuration),
    ("fieldConfigurationScheme", fields::scheme),
    ("screen", screens::screen),
    ("screenScheme", screen_schemes::screen_scheme),
    ("issueTypeScreenScheme", screen_schemes::issue_type_screen_scheme),
    ("issueLink", names::link_type),
    ("projectCategory", names::category),
    ("projectRole", names::role),
    ("group", names::group),
    ("permissionScheme", grants::permission_scheme),
    ("notificationScheme", grants::notification_scheme),
    ("issueSecurityScheme", grants::security_scheme),
    ("project", projects::project),
    ("filter", shared::filter),
    ("dashboard", shared::dashboard),
    ("scrumKanbanBoard", boards::board),
    ("workflowEntry", workflows::workflow),
    ("workflowScheme", workflows::scheme),
];

/// Returns whether an edition may have no word for something of an object.
fn is_lossy(step: &Step) -> bool {
    matches!(step.object.tag(), "workflowEntry" | "fieldConfiguration")
}

impl Rows {
    /// Returns a Jira of which nothing is unknown.
    pub(in crate::instance) fn whole(edition: Edition, tables: Tables) -> Self {
        Self::new(edition, tables, Known::default())
    }

    /// Returns a Jira as it was read.
    pub(in crate::instance::live) fn new(edition: Edition, tables: Tables, known: Known) -> Self {
        let tables = ground::with_known_ids(tables);
        Self {
            edition,
            tables,
            known,
            unasked: Vec::new(),
            lacks_default: false,
            by_hand: false,
            counts: None,
            judge: None,
        }
    }

    /// Returns the same, where somebody does by hand what no request says.
    pub(in crate::instance) fn with_hands(self) -> Self {
        Self { by_hand: true, ..self }
    }

    /// Makes the objects of rows that are as these, or would be.
    pub(super) fn read(&self, tables: &Tables) -> Snapshot {
        let mut snapshot = mapping::read(tables);
        self.settle(&mut snapshot);
        snapshot
    }

    fn settle(&self, snapshot: &mut Snapshot) {
        if self.lacks_default {
            unseen::forget_default(snapshot);
        }
        unseen::forget_lost(snapshot);
        unseen::take_out(&self.unasked, snapshot);
    }

    /// Returns steps with objects as they will be where Jira Cloud has no way to be as they are wanted; and what is lost.
    fn settled<'s>(&self, steps: &[&'s Step]) -> (Vec<Cow<'s, Step>>, BTreeMap<Identity, Vec<String>>) {
        let mut losses = BTreeMap::new();
        let settled = |step: &&'s Step| {
            let own = custom_fields::as_cloud_has_it(step).filter(|_| self.edition == Edition::Cloud);
            let Some((object, lost)) = own else { return Cow::Borrowed(*step) };
            losses.insert(step.identity.clone(), lost);
            Cow::Owned(Step { object, ..(*step).clone() })
        };
        (steps.iter().map(settled).collect(), losses)
    }

    /// Puts into the rows what Jira Cloud will have instead, where it has no word for something; returns whether
    /// there is something, and what is lost.
    fn losses(&self, changed: &mut Tables, steps: &[&Step]) -> (bool, BTreeMap<Identity, Vec<String>>) {
        let mut losses = BTreeMap::new();
        if self.edition == Edition::DataCenter {
            return (false, losses);
        }
        let mut changes = Vec::new();
        {
            let ground = Ground::new(self.edition, &self.known, &self.tables, changed).of(steps);
            for step in steps {
                changes.extend(fields::gone(&ground, step));
                let Some((rows, lost)) = fields::lossy(&ground, step) else { continue };
                changes.extend(rows);
                losses.insert(step.identity.clone(), lost);
            }
            for step in steps.iter().filter(|step| step.object.tag() == "workflowEntry") {
                let Some(own) = workflows::lossy(&ground, step.identity.name()) else { continue };
                let mut row = own.row.clone();
                row.put("descriptor", Some(&own.descriptor));
                changes.push(RowChange { before: Some(own.row), after: Some(row) });
                losses.insert(step.identity.clone(), own.losses);
            }
        }
        changed.apply(&changes).expect("these are the rows that are there");
        (!changes.is_empty(), losses)
    }

    /// Returns what becomes of issues; or why nobody could count them.
    fn issues(&self, changed: &Tables, migration: Migration<'_>) -> Result<Moving, Failure> {
        // No request gives issues another type as the mapping file says it.
        let kept = Migration { issue_type: &|_, _| None, ..migration };
        let mut moving = match &self.counts {
            Some(counts) => {
                let asked = mapping::in_question(&self.tables, changed);
                if asked.is_empty() {
                    return Ok(Moving::default());
                }
                let mut tables = self.tables.clone();
                tables.usage.standings = counts.of(asked)?;
                mapping::moves(&tables, changed, kept)
            }
            None => mapping::moves(&self.tables, changed, kept),
        };
        for own in &mut moving.typeless {
            let wanted = (migration.issue_type)(&own.project, &own.issue_type.0);
            (own.offered, own.wanted) = (None, wanted.map(|wanted| (wanted, NoType::NotHere)));
        }
        Ok(moving)
    }

    /// Returns the ids of the projects with issues that leave the scheme of all projects without one, or get it.
    fn busy(&self, changed: &Tables) -> Result<BTreeSet<String>, Failure> {
        let Some(counts) = self.counts.as_ref().filter(|_| self.edition == Edition::Cloud) else {
            return Ok(BTreeSet::new());
        };
        let ground = Ground::new(self.edition, &self.known, &self.tables, changed);
        let mut busy = BTreeSet::new();
        for project in self.tables.rows("Project").iter().map(|row| row.id()) {
            let schemes = [&ground.before, &ground.after].map(|side| moved::scheme(side, project));
            let is_asked = schemes[0] != schemes[1] && schemes.contains(&None);
            if is_asked && counts.has_issues(project)? {
                busy.insert(project.to_owned());
            }
        }
        Ok(busy)
    }

    /// Returns the requests of steps, in their order, and what is done by hand among them; and what none can say.
    fn calls(
        &self,
        changed: &Tables,
        (after, moves, busy): (&Snapshot, &[Move], &BTreeSet<String>),
        steps: &[&Step],
    ) -> (Vec<Call>, Vec<Unwritable>) {
        let splits = self.splits(steps);
        let requested = self.requested(changed, &splits);
        let rests =
            splits.iter().enumerate().filter_map(|(number, own)| Some((number, own.rest.as_deref()?)));
        let (numbers, rests): (Vec<usize>, Vec<&Step>) = rests.unzip();
        let ground = Ground::new(self.edition, &self.known, &self.tables, &requested);
        let ground = ground.of(&rests).moving(moves, busy);
        let mut given = ground.given();
        // Options have names within their context alone.
        given.extend(custom_fields::given(&ground));
        let (mut made, mut unwritable) = (Vec::new(), Vec::new());
        let (mut units, mut waves, mut by_hand) = (Units::default(), Waves::default(), Vec::new());
        for (number, (step, split)) in steps.iter().zip(&splits).enumerate() {
            let kind = Schema::get().kind(step.identity.kind).in_words();
            let about = format!("{kind} `{}`", step.identity.name());
            let mut hand = split.by_hand.clone();
            let rest = split.rest.as_deref();
            match rest.map(|rest| (rest, deeds(&ground, rest))) {
                Some((rest, Ok(deeds))) => {
                    // As it will be read, which may be less than what is wanted.
                    let object = after.objects.get(&rest.identity).filter(|_| is_lossy(rest));
                    let speaker = fields::spoken_for(&ground, rest)
                        .and_then(|own| rests.iter().position(|other| std::ptr::eq(*other, own)));
                    let number = speaker.map_or(number, |at| numbers[at]);
                    let unit = units.add(number, rest, object.map_or(&rest.object, |own| &own.element));
                    waves.add(unit, rest);
                    for deed in deeds {
                        let mut deed = deed.named(&given);
                        unwritable.extend(self.judged(step, &deed.sent));
                        deed.sent.step = unit;
                        deed.back.iter_mut().chain(&mut deed.more).for_each(|back| back.step = unit);
                        made.push((about.clone(), deed));
                    }
                }
                Some((_, Err(_))) if self.by_hand => {
                    hand = Some((units::was(step).cloned(), step.object.clone()));
                }
                Some((_, Err(all))) => unwritable.extend(all.into_iter().map(|(path, message)| Unwritable {
                    object: Some(step.identity.clone()),
                    path,
                    message,
                    is_stored_twice: false,
                })),
                None => {}
            }
            if let (Some((from, to)), Some(container)) = (hand, units::container(step)) {
                by_hand.push((made.len(), by_hand::call(&about, container, from.as_ref(), Some(&to))));
            }
        }
        // Only Data Center has hands, and nothing there names what comes later.
        if by_hand.is_empty() {
            made = in_time::in_time(made);
        }
        units.tell(&|| self.read(&self.tables), &ground, &rests, &mut made);
        waves.part(&mut made);
        let mut calls: Vec<Call> = made.into_iter().map(|(about, deed)| deed.call(&about)).collect();
        by_hand.into_iter().rev().for_each(|(at, call)| calls.insert(at, call));
        (calls, unwritable)
    }

    /// Returns what Jira itself says against a request.
    fn judged(&self, step: &Step, sent: &Sent) -> Vec<Unwritable> {
        let Some(judge) = &self.judge else { return Vec::new() };
        let all = judge.objections(sent).map_or_else(
            |failure| vec![format!("Jira could not be asked whether it takes this: {failure}")],
            |all| all.into_iter().map(|own| format!("Jira itself says against it: {own}")).collect(),
        );
        let unwritable = |message| Unwritable {
            object: Some(step.identity.clone()),
            path: Path::object(step.object.tag(), step.identity.name()),
            message,
            is_stored_twice: false,
        };
        all.into_iter().map(unwritable).collect()
    }

    /// Parts steps into what requests say and what is done by hand, if anything is.
    fn splits<'s>(&self, steps: &[&'s Step]) -> Vec<Split<'s>> {
        let takes = writable(self.edition);
        let whole = |step| Split { rest: Some(Cow::Borrowed(step)), by_hand: None };
        let each = steps.iter().copied();
        each.map(|step| if self.by_hand { by_hand::split(step, &takes) } else { whole(step) }).collect()
    }

    /// Returns the rows as the requests make them: what is done by hand in the same objects is not there yet.
    fn requested<'t>(&self, after: &'t Tables, splits: &[Split<'_>]) -> Cow<'t, Tables> {
        if !splits.iter().any(|own| own.rest.is_some() && own.by_hand.is_some()) {
            return Cow::Borrowed(after);
        }
        let (mut objects, mut settings) = (Vec::new(), Vec::new());
        for split in splits {
            let own = split.rest.as_ref().map(|step| &step.object);
            let Some(object) = own.or(split.by_hand.as_ref().map(|(_, to)| to)) else { continue };
            match Identity::of_definition(object) {
                Some(_) => objects.push(object),
                None => settings.push(object),
            }
        }
        let mut writer = Writer::new(&self.tables);
        writer.write(&objects);
        writer.write_settings(&settings);
        let (rows, _) = writer.finish();
        let mut tables = self.tables.clone();
        tables.apply(&rows).expect("the writer starts from these very rows");
        Cow::Owned(tables)
    }
}

/// Returns the requests of a step.
fn deeds(ground: &Ground<'_>, step: &Step) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let kind = step.object.tag();
    let here = || Path::object(kind, step.identity.name());
    let Some((_, write)) = AREAS.iter().find(|(own, _)| *own == kind) else {
        let edition = ground.edition.name();
        return Err(vec![(here(), format!("pcfg cannot change this in {edition}"))]);
    };
    let old = step.renaming.as_ref().map_or_else(|| step.identity.clone(), |own| own.old.clone());
    let subject = Subject { step, before: ground.before.id(&old), after: ground.after.id(&step.identity) };
    write(ground, &subject)
}

/// Says of all that may take statuses and types from issues that nobody could count these.
fn uncounted(steps: &[&Step], failure: &Failure) -> Vec<Unwritable> {
    const DECIDE: [&str; 4] = ["project", "issueTypeScheme", "workflowScheme", "workflowEntry"];
    let own = steps.iter().filter(|step| DECIDE.contains(&step.object.tag()));
    own.map(|step| Unwritable {
        object: Some(step.identity.clone()),
        path: Path::object(step.object.tag(), step.identity.name()),
        message: format!(
            "it may take the status or the type from issues, which could not be counted: {failure}"
        ),
        is_stored_twice: false,
    })
    .collect()
}

impl Place for Rows {
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal {
        let (settled, mut losses) = self.settled(steps);
        let settled: Vec<&Step> = settled.iter().map(AsRef::as_ref).collect();
        let steps = &settled[..];
        let mut rehearsal = rehearsed((&self.tables, &self.tables), steps, migration, tell);
        tell(Phase::Writing);
        let mut changed = self.tables.clone();
        changed.apply(rehearsal.work.rows()).expect("the rehearsal starts from these very rows");
        let follows = follows::schemes(&rehearsal.after, steps);
        if !follows.is_empty() && self.edition == Edition::Cloud {
            let mut writer = Writer::new(&changed);
            writer.write(&follows.iter().collect::<Vec<_>>());
            let (rows, _) = writer.finish();
            changed.apply(&rows).expect("the writer starts from these very rows");
            rehearsal.after = mapping::read(&changed);
        }
        let (is_other, of_others) = self.losses(&mut changed, steps);
        if is_other {
            rehearsal.after = mapping::read(&changed);
        }
        losses.extend(of_others);
        rehearsal.losses = losses;
        self.settle(&mut rehearsal.after);
        let mut busy = BTreeSet::new();
        if !self.by_hand {
            match self.issues(&changed, migration).and_then(|own| Ok((own, self.busy(&changed)?))) {
                Ok((issues, all)) => (rehearsal.issues, busy) = (issues, all),
                Err(failure) => rehearsal.unwritable.extend(uncounted(steps, &failure)),
            }
        }
        let moves = rehearsal.issues.moves.as_slice();
        let (calls, mut unwritable) = self.calls(&changed, (&rehearsal.after, moves, &busy), steps);
        rehearsal.work = Work::Calls(calls);
        rehearsal.unwritable.append(&mut unwritable);
        rehearsal
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        preview::preview((self.edition, &self.tables), &|tables| self.read(tables), now, work, projects)
    }
}
