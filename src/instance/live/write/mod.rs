//! What an import does to a live Jira: the rows that it would change, as requests in the order of the plan.
//!
//! The rows are those that the replies were made of, so that `mapping` works out what is to become of them as it does for all
//! places; here they turn into requests, area by area, as `live` turns replies into rows. Invariant: whatever no request can say is
//! refused before the first one is sent.

mod carry;
#[cfg(test)]
mod carry_tests;
mod constants;
mod ground;
mod journal;
mod names;
mod sent;
mod subject;

use std::collections::BTreeSet;

use super::unseen;
use crate::entity::Tables;
use crate::import::{Call, Conflict, Migration, Phase, Place, Preview, Rehearsal, Tell, Work, rehearsed};
use crate::mapping::{Unwritable, Writer};
use crate::model::{Config, Element, Gap, Identity, Path, Snapshot};
use crate::plan::{Action, Step};
use crate::rest::Edition;
use crate::schema::{DeclId, Schema};
use crate::xml;

pub(in crate::instance) use carry::{Halt, Hand, Log, Made, Stop};
pub(super) use ground::{Ground, Known, Side, members};
pub(in crate::instance) use journal::{Fate, Journal, Logged};
pub(in crate::instance) use sent::Sent;
pub(super) use sent::{Changed, Deed, Look, part, token};
pub(super) use subject::{Subject, Unsaid};

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
}

/// Turns what becomes of an object into requests.
type Write = fn(&Ground<'_>, &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>>;

/// What writes the objects of each kind, and the settings beside them.
const AREAS: &[(&str, Write)] = &[
    ("status", constants::status),
    ("priority", constants::priority),
    ("resolution", constants::resolution),
    ("issueLink", names::link_type),
    ("projectCategory", names::category),
    ("projectRole", names::role),
    ("group", names::group),
];

impl Rows {
    /// Returns a Jira of which nothing is unknown.
    pub(in crate::instance) fn whole(edition: Edition, tables: Tables) -> Self {
        Self { edition, tables, known: Known::default(), unasked: Vec::new(), lacks_default: false }
    }

    /// Makes the objects of rows that are as these, or would be.
    pub(super) fn read(&self, tables: &Tables) -> Snapshot {
        let mut snapshot = crate::mapping::read(tables);
        self.settle(&mut snapshot);
        snapshot
    }

    fn settle(&self, snapshot: &mut Snapshot) {
        if self.lacks_default {
            unseen::forget_default(snapshot);
        }
        unseen::take_out(&self.unasked, snapshot);
    }

    /// Returns the requests of steps, in their order; and what none can say.
    fn calls(&self, after: &Tables, steps: &[&Step]) -> (Vec<Call>, Vec<Unwritable>) {
        let ground = Ground::new(self.edition, &self.known, &self.tables, after);
        let (mut calls, mut late, mut unwritable) = (Vec::new(), Vec::new(), Vec::new());
        for (number, step) in steps.iter().enumerate() {
            match deeds(&ground, step) {
                Ok(deeds) => {
                    let kind = Schema::get().kind(step.identity.kind).in_words();
                    let about = format!("{kind} `{}`", step.identity.name());
                    for mut deed in deeds {
                        deed.sent.step = number;
                        if let Some(back) = &mut deed.back {
                            back.step = number;
                        }
                        let list = if deed.is_late { &mut late } else { &mut calls };
                        list.push(deed.call(&about));
                    }
                }
                Err(all) => unwritable.extend(all.into_iter().map(|(path, message)| Unwritable {
                    object: Some(step.identity.clone()),
                    path,
                    message,
                    is_stored_twice: false,
                })),
            }
        }
        calls.extend(late);
        (calls, unwritable)
    }
}

/// Returns the requests of a step, the first of them with what they change.
fn deeds(ground: &Ground<'_>, step: &Step) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let kind = step.object.tag();
    let here = || Path::object(kind, step.identity.name());
    let Some((_, write)) = AREAS.iter().find(|(own, _)| *own == kind) else {
        let edition = ground.edition.name();
        return Err(vec![(here(), format!("pcfg cannot change this in {edition}"))]);
    };
    let old = step.renaming.as_ref().map_or_else(|| step.identity.clone(), |own| own.old.clone());
    let subject = Subject { step, before: ground.before.id(&old), after: ground.after.id(&step.identity) };
    let mut deeds = write(ground, &subject)?;
    let requests = deeds.len();
    let (container, from) = match &step.action {
        Action::Create { .. } => (Schema::get().container(step.identity.kind), None),
        Action::Change { old, .. } => (Schema::get().container(step.identity.kind), Some(old)),
        Action::Setting { container, old } => (Some(*container), old.as_ref()),
    };
    let (Some(first), Some(container)) = (deeds.first_mut(), container) else { return Ok(deeds) };
    let spelled = |element: &Element| spelled(container, element);
    let (from, to) = (from.map(spelled), Some(spelled(&step.object)));
    let changed = |from, to| Some(Changed { from, to, requests, is_partial: false });
    if let Some(back) = &mut first.back {
        back.object = changed(to.clone(), from.clone());
    }
    first.sent.object = changed(from, to);
    Ok(deeds)
}

/// Returns an object, or what stands beside objects, as a configuration file has it.
fn spelled(container: DeclId, element: &Element) -> String {
    let container = Element::parent(container, vec![element.clone()]);
    xml::to_string(&Config::new(Element::parent(Schema::get().root(), vec![container])))
}

/// Reads an object back, with its container.
fn understood(text: &str) -> Option<(DeclId, Element)> {
    let root = xml::read(text).root?;
    let container = root.children().first()?;
    Some((container.declaration, container.children().first()?.clone()))
}

impl Place for Rows {
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal {
        let mut rehearsal = rehearsed((&self.tables, &self.tables), steps, migration, tell);
        tell(Phase::Writing);
        let mut changed = self.tables.clone();
        changed.apply(rehearsal.work.rows()).expect("the rehearsal starts from these very rows");
        let (calls, mut unwritable) = self.calls(&changed, steps);
        rehearsal.work = Work::Calls(calls);
        rehearsal.unwritable.append(&mut unwritable);
        self.settle(&mut rehearsal.after);
        rehearsal
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        let (mut changed, mut gone) = (Vec::new(), BTreeSet::new());
        let (mut objects, mut settings) = (Vec::new(), Vec::new());
        let unreadable = |about: &str| Conflict { objects: vec![about.to_owned()], rows: Vec::new() };
        for call in work.calls() {
            let sent = Sent::try_from(&call.sends).map_err(|_| unreadable(&call.about))?;
            let Some(Changed { from, to, is_partial, .. }) = sent.object else { continue };
            let read = |text: &Option<String>| {
                text.as_deref()
                    .map(|text| understood(text).ok_or_else(|| unreadable(&call.about)))
                    .transpose()
            };
            let (from, to) = (read(&from)?, read(&to)?);
            let Some((container, named)) = from.as_ref().or(to.as_ref()) else { continue };
            let identity = Identity::of_definition(named);
            let is = match &identity {
                Some(identity) => now.objects.get(identity).map(|own| own.element.clone()),
                None => now
                    .settings
                    .iter()
                    .find(|(own, element)| own == container && element.declaration == named.declaration)
                    .map(|(_, element)| element.clone()),
            };
            let is = is.map(|element| spelled(*container, &element));
            if !is_partial && is != from.as_ref().map(|(container, element)| spelled(*container, element)) {
                changed.push(
                    identity
                        .as_ref()
                        .map_or_else(|| named.tag().to_owned(), |own| format!("{} `{own}`", named.tag())),
                );
            }
            match (to, identity) {
                (Some((_, element)), Some(_)) => objects.push(element),
                (Some((_, element)), None) => settings.push(element),
                (None, Some(identity)) => drop(gone.insert(identity)),
                (None, None) => {}
            }
        }
        if !changed.is_empty() {
            return Err(Conflict { objects: changed, rows: Vec::new() });
        }
        let mut writer = Writer::new(&self.tables);
        writer.write(&objects.iter().collect::<Vec<_>>());
        writer.write_settings(&settings.iter().collect::<Vec<_>>());
        let (rows, _) = writer.finish();
        let mut tables = self.tables.clone();
        tables.apply(&rows).expect("the writer starts from these very rows");
        let mut after = self.read(&tables);
        after.objects.retain(|identity, _| !gone.contains(identity));
        after.unseen.extend(now.unseen.iter().cloned());
        Ok(Preview::between(now, after, projects, work.clone()))
    }
}
