//! What requests would do that were worked out before, of a saved plan or of the way back: shown as objects, and compared with what is
//! there.
//!
//! Invariant: a request says what it changes as it was and as it is to be; whoever finds something else there does not go on.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::by_hand::Act;
use super::rows::Rows;
use super::sent::Changed;
use super::spelled::understood;
use crate::diff::{Action, Change, diff};
use crate::import::{Conflict, Preview, Work};
use crate::instance::live::abilities;
use crate::mapping::Writer;
use crate::model::{Abilities, Element, Identity, Snapshot};
use crate::schema::{DeclId, Schema};

/// Works out what requests would do.
pub(super) fn preview(
    rows: &Rows,
    now: &Snapshot,
    work: &Work,
    projects: &[String],
) -> Result<Preview, Conflict> {
    let (mut changed, mut gone) = (Vec::new(), BTreeSet::new());
    let (mut objects, mut settings) = (IndexMap::new(), IndexMap::new());
    let unreadable = |about: &str| Conflict { objects: vec![about.to_owned()], rows: Vec::new() };
    let abilities = abilities(rows.edition);
    let mut names = Vec::new();
    for call in work.calls() {
        let act = Act::try_from(&call.sends).map_err(|_| unreadable(&call.about))?;
        let parsed = |text: &Option<String>| {
            let parsed = |text| understood(text).ok_or_else(|| unreadable(&call.about));
            text.as_deref().map(parsed).transpose()
        };
        for Changed { from, to, is_partial, .. } in act.objects() {
            let (from, to) = (parsed(from)?, parsed(to)?);
            let Some((container, named)) = from.as_ref().or(to.as_ref()) else { continue };
            let identity = Identity::of_definition(named);
            // What requests have begun may be ended by hand.
            let made = match &identity {
                Some(identity) if gone.contains(identity) => Some(None),
                Some(identity) => objects.get(identity).map(Some),
                None => settings.get(&(*container, named.declaration)).map(Some),
            };
            let is = match (&identity, made) {
                (_, Some(made)) => made,
                (Some(identity), None) => now.objects.get(identity).map(|own| &own.element),
                (None, None) => there(now, *container, named),
            };
            let from = from.as_ref().map(|(_, element)| element);
            if !*is_partial && !is_as(is, from, &abilities) {
                let title = identity.as_ref().map(|own| format!("{} `{own}`", named.tag()));
                changed.push(title.unwrap_or_else(|| named.tag().to_owned()));
            }
            let named = to.as_ref().and_then(|(_, to)| Identity::of_definition(to));
            if let (Some(old), Some(new)) = (&identity, &named)
                && from.is_some()
                && old.name() != new.name()
            {
                names.push((old.clone(), new.clone()));
                objects.shift_remove(old);
            }
            match (to, named.or(identity)) {
                (Some((_, element)), Some(identity)) => {
                    gone.remove(&identity);
                    objects.insert(identity, element);
                }
                (Some((container, element)), None) => {
                    settings.insert((container, element.declaration), element);
                }
                (None, Some(identity)) => {
                    objects.shift_remove(&identity);
                    gone.insert(identity);
                }
                (None, None) => {}
            }
        }
    }
    if !changed.is_empty() {
        return Err(Conflict { objects: changed, rows: Vec::new() });
    }
    // What else is done says the names of afterwards.
    let renamed = rows.renamed(names);
    let tables = renamed.as_ref().map_or(&rows.tables, |own| &own.tables);
    let mut writer = Writer::new(tables);
    writer.write(&objects.values().collect::<Vec<_>>());
    writer.write_settings(&settings.values().collect::<Vec<_>>());
    let (changes, _) = writer.finish();
    let mut changed_tables = tables.clone();
    changed_tables.apply(&changes).expect("the writer starts from these very rows");
    let mut after = match &renamed {
        Some(renamed) => rows.starting_from(renamed).read(&changed_tables),
        None => rows.read(&changed_tables),
    };
    after.objects.retain(|identity, _| !gone.contains(identity));
    let gaps = now.unseen.iter();
    after
        .unseen
        .extend(gaps.map(|own| renamed.as_ref().map_or_else(|| own.clone(), |renamed| renamed.gap(own))));
    Ok(Preview::renaming(now, after, renamed, projects, work.clone()))
}

/// Returns what stands beside the objects of a container.
fn there<'s>(now: &'s Snapshot, container: DeclId, setting: &Element) -> Option<&'s Element> {
    let is_it = |own: &&(DeclId, Element)| own.0 == container && own.1.declaration == setting.declaration;
    now.settings.iter().find(is_it).map(|(_, element)| element)
}

/// Returns whether something is as it was left, as far as the place tells it; what Jira always has, and nobody has said, is as Jira has
/// chosen.
fn is_as(is: Option<&Element>, left: Option<&Element>, abilities: &Abilities) -> bool {
    let (Some(is), Some(left)) = (is, left) else { return is.is_none() && left.is_none() };
    let schema = Schema::get();
    let kind = schema.declaration(left.declaration).kind;
    let is_told = |own: &Element| {
        kind.and_then(|kind| abilities.of_property(kind, own.declaration)).is_none_or(|own| own.read.is_ok())
    };
    let told = |element: &Element| {
        let mut element = element.clone();
        element.children_mut().into_iter().for_each(|children| children.retain(is_told));
        element
    };
    let is_chosen = |change: &Change| match &change.action {
        Action::Set { old: None, new: Some(new) } => schema.declaration(new.declaration).always.is_some(),
        _ => false,
    };
    diff(&told(left), &told(is)).iter().all(is_chosen)
}
