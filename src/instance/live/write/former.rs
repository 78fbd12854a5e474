//! How a live Jira is whose objects get other names before anything else is worked out, and the steps that rename.
//!
//! Pure. Invariant: an object is known by its id, so that what gets another name is never made a second time; what a request, a journal
//! or a saved plan says of before the import has the names of then.

use std::borrow::Cow;
use std::collections::HashMap;

use super::fields::is_said_by_another;
use super::{Deed, Ground, units};
use crate::entity::Tables;
use crate::import::Renamed;
use crate::instance::live::ability::writable;
use crate::mapping::Unwritable;
use crate::model::{Element, Identity, Path, Snapshot};
use crate::plan::{Action, Step, takes_name};

/// A live Jira before its objects get other names.
#[derive(Debug)]
pub(in crate::instance::live) struct Former {
    pub(super) tables: Tables,
    snapshot: Snapshot,
    /// What is called otherwise: by the new name.
    was: HashMap<Identity, Identity>,
    /// The steps that rename and do nothing else.
    steps: Vec<Step>,
}

impl Former {
    /// Returns a Jira whose objects get these names, as its rows and its objects are now.
    pub(super) fn new(tables: Tables, snapshot: Snapshot, renamed: &Renamed) -> Self {
        let was = renamed.follows.iter().map(|(old, new)| (new.clone(), old.clone())).collect();
        Self { tables, snapshot, was, steps: renamed.steps() }
    }

    /// Returns an object as it was; nothing if it is new.
    pub(super) fn was<'s>(&'s self, step: &'s Step) -> Option<&'s Element> {
        let own = units::was(step)?;
        let there = match &step.action {
            Action::Setting { container, .. } => {
                let mut settings = self.snapshot.settings.iter();
                settings
                    .find(|(at, other)| at == container && other.declaration == own.declaration)
                    .map(|own| &own.1)
            }
            _ => {
                let old = self.was.get(&step.identity).unwrap_or(&step.identity);
                self.snapshot.objects.get(old).map(|own| &own.element)
            }
        };
        there.or(Some(own))
    }

    /// Returns steps with those that rename and do nothing else before them, and each with the name that its object had.
    pub(super) fn with_names<'s>(&'s self, steps: &[&'s Step]) -> Vec<Cow<'s, Step>> {
        let renamed: HashMap<&Identity, &Step> = self.steps.iter().map(|own| (&own.identity, own)).collect();
        let alone = self.steps.iter().filter(|own| !steps.iter().any(|step| step.identity == own.identity));
        let named = |step: &&'s Step| match renamed.get(&step.identity) {
            Some(own) => Cow::Owned(Step { renaming: own.renaming.clone(), ..(*step).clone() }),
            None => Cow::Borrowed(*step),
        };
        alone.map(Cow::Borrowed).chain(steps.iter().map(named)).collect()
    }
}

/// Says of a step that gives an object another name why that is not done, if no request does it.
pub(super) fn unnamed(ground: &Ground<'_>, step: &Step, deeds: &[Deed]) -> Option<Unwritable> {
    if !step.is_only_renamed() {
        return None;
    }
    let is_said = !deeds.is_empty() || is_said_by_another(ground, step);
    let why = match takes_name(&writable(ground.edition), step.identity.kind) {
        Err(why) => why,
        Ok(()) if !is_said => "no request gives it another name",
        Ok(()) => return None,
    };
    Some(Unwritable {
        object: Some(step.identity.clone()),
        path: Path::object(step.object.tag(), step.identity.name()),
        message: why.to_owned(),
        is_stored_twice: false,
    })
}
