//! What an import does to a live Jira: the rows that it would change, as requests in the order of the plan.
//!
//! The rows are those that the replies were made of, so that `mapping` works out what is to become of them as it does for all
//! places; here they turn into requests, area by area, as `live` turns replies into rows. Invariant: whatever no request can say is
//! refused before the first one is sent.

mod accounts;
mod boards;
mod by_hand;
mod carry;
#[cfg(test)]
mod carry_tests;
mod constants;
mod counted;
mod custom_fields;
mod deed;
mod done;
mod fields;
mod follows;
mod former;
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
mod renaming;
mod reordering;
mod retyped;
mod rows;
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

use super::ability::writable;
use crate::entity::{RowChange, Tables};
use crate::import::{
    Call, Conflict, Migration, Phase, Place, Preview, Rehearsal, Renamed, Tell, Work, rehearsed,
};
use crate::mapping::{self, Unwritable, Writer};
use crate::model::{Identity, Path, Snapshot};
use crate::plan::Step;
use crate::rest::Edition;
use crate::schema::Schema;

use by_hand::Split;
pub(in crate::instance) use by_hand::{Act, Stand, stands, tasks, unlike};
pub use by_hand::{Task, by_hand, has_hands};
pub(in crate::instance) use carry::{Halt, Hand, Made};
use counted::uncounted;
pub(super) use deed::Deed;
pub(in crate::instance) use done::done;
use former::unnamed;
pub(super) use ground::{Counted, Ground, Issues, Known, Side, changed, is_given, members};
pub(in crate::instance) use journal::{Fate, Journal, Logged};
pub(super) use judge::Judge;
pub(super) use look::Look;
pub(in crate::instance) use many::{Book, Job, Note, in_waves};
pub(in crate::instance) use rows::Rows;
pub(in crate::instance) use sent::Sent;
pub(super) use sent::{number, part, token};
pub(super) use subject::{Subject, Unsaid};
use units::Units;
use waves::Waves;

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
    ("user", accounts::user),
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

    /// Returns the requests of steps, in their order, and what is done by hand among them; and what none can say.
    fn calls(
        &self,
        changed: &Tables,
        (after, counted): (&Snapshot, Counted<'_>),
        steps: &[&Step],
    ) -> (Vec<Call>, Vec<Unwritable>) {
        let named = self.former.as_ref().map(|own| own.with_names(steps));
        let named: Option<Vec<&Step>> = named.as_ref().map(|own| own.iter().map(AsRef::as_ref).collect());
        let steps = named.as_deref().unwrap_or(steps);
        let was = |step: &Step| self.was(step);
        let splits = self.splits(steps);
        let requested = self.requested(changed, &splits);
        let rests =
            splits.iter().enumerate().filter_map(|(number, own)| Some((number, own.rest.as_deref()?)));
        let (numbers, rests): (Vec<usize>, Vec<&Step>) = rests.unzip();
        let ground = Ground::new(self.edition, &self.known, self.now(), &requested);
        let ground = ground.of(&rests).counted(counted).called(self.former.as_ref().map(|_| &self.tables));
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
                    let object = object.map_or(&rest.object, |own| &own.element);
                    let unit = units.add(number, rest, (was(rest).as_ref(), object));
                    unwritable.extend(unnamed(&ground, rest, &deeds));
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
        units.tell((&|| self.read(self.now()), &was), &ground, &rests, &mut made);
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
    let subject =
        Subject { step, before: ground.id_before(&step.identity), after: ground.after.id(&step.identity) };
    write(ground, &subject)
}

impl Place for Rows {
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal {
        let (settled, mut losses) = self.settled(steps);
        let settled: Vec<&Step> = settled.iter().map(AsRef::as_ref).collect();
        let steps = &settled[..];
        let mut rehearsal = rehearsed((&self.tables, self.now()), steps, migration, tell);
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
        let (mut busy, mut issues) = (BTreeSet::new(), Issues::new());
        if !self.by_hand {
            match self.issues(&changed, migration).and_then(|own| Ok((own, self.busy(&changed)?))) {
                Ok(((moving, listed), all)) => (rehearsal.issues, issues, busy) = (moving, listed, all),
                Err(failure) => rehearsal.unwritable.extend(uncounted(steps, &failure)),
            }
        }
        let keys = match self.keys(&rehearsal.issues.moves) {
            Ok(keys) => keys,
            Err(failure) => {
                rehearsal.unwritable.extend(uncounted(steps, &failure));
                BTreeMap::new()
            }
        };
        let counted = Counted { moves: &rehearsal.issues.moves, issues: &issues, keys: &keys, busy: &busy };
        let (calls, mut unwritable) = self.calls(&changed, (&rehearsal.after, counted), steps);
        rehearsal.work = Work::Calls(calls);
        rehearsal.unwritable.append(&mut unwritable);
        rehearsal
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        preview::preview(self, now, work, projects)
    }

    fn called(&self, names: Vec<(Identity, Identity)>) -> Option<Renamed> {
        self.renamed(names)
    }

    fn halfway<'p>(&'p self, renamed: &'p Renamed) -> Option<Box<dyn Place + 'p>> {
        Some(Box::new(self.starting_from(renamed)))
    }
}
