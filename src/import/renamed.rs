//! Objects of the target that get another name before anything else is done: an import plans from there.
//!
//! Pure. Invariant: what refers to a renamed object refers to it afterwards, too; what already has the new name is not touched. What a
//! place cannot rename is refused before anything else is planned, and keeps its name.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::place::{Place, Rehearsal};
use super::preview::{Conflict, Preview};
use super::{Import, Migration, Tell, Work, plain, rows};
use crate::entity::{Row, RowChange, Tables};
use crate::jql;
use crate::mapping;
use crate::mapping::{Unwritable, rename, renames};
use crate::model::{Content, Element, Gap, Identity, Snapshot};
use crate::plan::{
    Facts, Options, Plan, Reason, Rename, Step, Target, each_reference, not_renamed, only_renamed, takes_name,
};
use crate::schema::Schema;
use crate::usage::Uses;

/// A target whose objects have the names that an import gives them.
#[derive(Debug)]
pub struct Renamed {
    /// Old and new identities.
    pub(crate) names: Vec<(Identity, Identity)>,
    /// The same of all objects that are called otherwise: those, too, that are told apart by what gets another name.
    pub(crate) follows: HashMap<Identity, Identity>,
    changes: Vec<RowChange>,
    pub(crate) tables: Tables,
    pub(crate) snapshot: Snapshot,
    pub(super) facts: Facts,
}

/// Returns what a mapping file renames in a target: old and new identities.
fn names(
    (target, facts): (&Snapshot, &Facts),
    file: &crate::model::Config,
    options: &Options,
) -> Vec<(Identity, Identity)> {
    let mut names = Vec::new();
    if options.mapping.renames().next().is_none() {
        return names;
    }
    let objects = file.root().children().iter().flat_map(Element::children);
    let mut seen = HashSet::new();
    for new in objects.filter_map(Identity::of_definition) {
        let Some(Target::Rename(name)) = options.mapping.get(&new) else { continue };
        let is_left_out = options.skip.iter().any(|skip| skip.selects(&new));
        let old = crate::plan::renamed(target, &new, name);
        let is_own = |own: &crate::model::Object| own.element.get("builtIn").is_some();
        let there = target.objects.get(&old).filter(|own| !is_own(own));
        if there.is_some()
            && !is_left_out
            && takes_name(&facts.abilities, new.kind).is_ok()
            && !target.objects.contains_key(&new)
            && seen.insert(new.clone())
        {
            names.push((old, new));
        }
    }
    names
}

impl Renamed {
    /// Returns the target of changes of rows as the renames among them make it; nothing if they rename nothing.
    pub(super) fn by_rows(tables: &Tables, after: &Tables, changes: &[RowChange]) -> Option<Self> {
        Self::of(tables, renames(tables, after, changes))
    }

    /// Returns the target with those of the new names alone that somebody tells.
    pub(super) fn only(&self, tables: &Tables, is_told: impl Fn(&Identity) -> bool) -> Option<Self> {
        Self::of(tables, self.names.iter().filter(|(_, new)| is_told(new)).cloned().collect())
    }

    /// Returns what rows make of these names.
    pub(super) fn of(tables: &Tables, names: Vec<(Identity, Identity)>) -> Option<Self> {
        let changes = rename(tables, &names);
        Self::by(tables, names, changes, &|tables| mapping::read(tables))
    }

    /// Returns the target as changes of rows make it that are nothing but renames; nothing if they change nothing.
    pub(crate) fn by(
        tables: &Tables,
        names: Vec<(Identity, Identity)>,
        changes: Vec<RowChange>,
        read: &dyn Fn(&Tables) -> Snapshot,
    ) -> Option<Self> {
        if changes.is_empty() {
            return None;
        }
        let mut tables = tables.clone();
        tables.apply(&changes).expect("the writer starts from these very rows");
        let snapshot = read(&tables);
        let facts = mapping::facts(&tables, &snapshot);
        let follows = names.iter().cloned().collect();
        Some(Self { names, follows, changes, tables, snapshot, facts })
    }

    /// Returns what cannot be shown of an object under its new name.
    pub(crate) fn gap(&self, gap: &Gap) -> Gap {
        let object = gap.object.as_ref().map(|own| self.follows.get(own).unwrap_or(own).clone());
        Gap { object, ..gap.clone() }
    }

    /// Returns the steps that rename and do nothing else.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let step = |(old, new): &(Identity, Identity)| {
            Some(only_renamed(old, &self.snapshot.objects.get(new)?.element, new))
        };
        self.names.iter().filter_map(step).collect()
    }

    /// Returns changes of rows of the renamed target as those of the target itself.
    pub(super) fn whole(&self, changes: Vec<RowChange>) -> Vec<RowChange> {
        after_each_other(&self.changes, changes)
    }

    /// Tells the renames in a plan of what else is done.
    pub(super) fn tell(&self, plan: &mut Plan, target: &Snapshot) {
        let places: HashMap<&Identity, usize> =
            self.names.iter().enumerate().map(|(at, (old, _))| (old, at)).collect();
        let planned: HashMap<&Identity, &Element> =
            plan.steps.iter().map(|step| (&step.identity, &step.object)).collect();
        let mut followers = vec![BTreeSet::new(); self.names.len()];
        let mut queries = vec![BTreeSet::new(); self.names.len()];
        for (identity, object) in &target.objects {
            let title = || format!("{} {identity}", Schema::get().kind(identity.kind).in_words());
            each_reference(&object.element, &mut |named| {
                if let Some(&at) = places.get(&named) {
                    followers[at].insert(title());
                }
            });
            for &at in object.mentions.iter().filter_map(|named| places.get(named)) {
                let now = self.snapshot.objects.get(identity).map(|object| &object.element);
                if planned
                    .get(identity)
                    .copied()
                    .or(now)
                    .is_some_and(|now| says(now, self.names[at].0.name()))
                {
                    queries[at].insert(title());
                }
            }
        }
        let mut renames = Vec::with_capacity(self.names.len());
        for (((old, new), followers), queries) in self.names.iter().zip(followers).zip(queries) {
            let Some(before) = target.objects.get(old) else { continue };
            let queries: Vec<String> = queries.into_iter().collect();
            let warning = format!(
                "these queries keep the old name `{}`, which no longer exists, as after a rename in Jira: {}",
                old.name(),
                queries.join(", ")
            );
            let warnings = if queries.is_empty() { Vec::new() } else { vec![warning] };
            let followers = followers.into_iter().collect();
            renames.push(Rename { old, before: &before.element, new, followers, warnings });
        }
        plan.rename(renames, &Uses::of_snapshot(target));
    }
}

/// A place whose objects have their new names already, and whose issues stand where they stand now.
#[derive(Debug)]
pub(super) struct Halfway<'r> {
    renamed: &'r Tables,
    now: &'r Tables,
}

impl Place for Halfway<'_> {
    fn rehearse(&self, steps: &[&Step], migration: Migration<'_>, tell: Tell<'_>) -> Rehearsal {
        rows::rehearsed((self.renamed, self.now), steps, migration, tell)
    }

    fn preview(&self, now: &Snapshot, work: &Work, projects: &[String]) -> Result<Preview, Conflict> {
        self.renamed.preview(now, work, projects)
    }

    fn rows(&self) -> Option<&Tables> {
        Some(self.renamed)
    }
}

impl<'r> Halfway<'r> {
    /// Returns a place made of rows once objects have their new names.
    pub(super) fn boxed(renamed: &'r Renamed, now: &'r Tables) -> Box<dyn Place + 'r> {
        Box::new(Self { renamed: &renamed.tables, now })
    }
}

/// Prepares an import of a target of which objects get other names first; nothing if none does.
pub(super) fn prepare(
    place: &dyn Place,
    (target, facts): (&Snapshot, &Facts),
    file: &crate::model::Config,
    options: &Options,
    tell: Tell<'_>,
) -> Option<Import> {
    let mut names = names((target, facts), file, options);
    if names.is_empty() {
        return None;
    }
    let mut refused: HashMap<Identity, Vec<Reason>> = HashMap::new();
    for reason in refusals(place, &names) {
        refused.entry(reason.0).or_default().push(reason.1);
    }
    names.retain(|(_, new)| !refused.contains_key(new));
    let mut import = match place.called(names) {
        Some(mut renamed) => {
            renamed.facts.abilities = facts.abilities.clone();
            let unseen: Vec<Gap> = target.unseen.iter().map(|own| renamed.gap(own)).collect();
            renamed.snapshot.unseen.extend(unseen);
            let halfway = place.halfway(&renamed)?;
            let mut import = plain(&*halfway, (&renamed.snapshot, &renamed.facts), file, options, tell);
            if let Work::Rows(rows) = import.work {
                import.work = Work::Rows(renamed.whole(rows));
            }
            renamed.tell(&mut import.plan, target);
            import
        }
        None => plain(place, (target, facts), file, options, tell),
    };
    for own in &mut import.plan.refused {
        if let Some(reasons) = refused.remove(&own.identity) {
            own.reasons = reasons;
        }
    }
    Some(import)
}

/// Returns which of these objects a place gives no other name, and why.
fn refusals(place: &dyn Place, names: &[(Identity, Identity)]) -> Vec<(Identity, Reason)> {
    // What is made of rows gives any name.
    let Some(renamed) =
        Some(place).filter(|own| own.rows().is_none()).and_then(|own| own.called(names.to_vec()))
    else {
        return Vec::new();
    };
    let nothing = Migration { status: &|_, _, _| None, issue_type: &|_, _| None };
    let Some(halfway) = place.halfway(&renamed) else { return Vec::new() };
    let all = halfway.rehearse(&[], nothing, &|_| ()).unwritable;
    let reason = |own: Unwritable| {
        let (old, new) = names.iter().find(|(_, new)| own.object.as_ref() == Some(new))?;
        Some((new.clone(), not_renamed(old, new, &own.message)))
    };
    all.into_iter().filter_map(reason).collect()
}

/// Returns changes of rows that do what two lists of them do, one after the other.
fn after_each_other(first: &[RowChange], second: Vec<RowChange>) -> Vec<RowChange> {
    let results: HashMap<&Row, usize> =
        first.iter().enumerate().filter_map(|(at, own)| Some((own.after.as_ref()?, at))).collect();
    let mut all: Vec<Option<RowChange>> = first.iter().cloned().map(Some).collect();
    for change in second {
        match change.before.as_ref().and_then(|before| results.get(before)) {
            Some(&at) => {
                let before = first[at].before.clone();
                all[at] = (before != change.after).then_some(RowChange { before, after: change.after });
            }
            None => all.push(Some(change)),
        }
    }
    let mut all: Vec<RowChange> = all.into_iter().flatten().collect();
    all.sort_by_key(RowChange::entity);
    all
}

/// Returns whether a query of an object says a name.
fn says(element: &Element, name: &str) -> bool {
    match &element.content {
        Content::Children(children) => children.iter().any(|child| says(child, name)),
        Content::Text(text) => {
            element.tag() == "jql" && jql::texts(text).any(|own| own.eq_ignore_ascii_case(name))
        }
    }
}
