//! A live Jira as it was read: the rows that its replies were made of, with what these have no place for.
//!
//! Pure. Invariant: rows that objects are made of again show no more than the Jira has told.

use std::sync::Arc;

use super::former::Former;
use super::judge::Judge;
use super::{Known, ground, units};
use crate::entity::Tables;
use crate::instance::live::counts::Counts;
use crate::instance::live::unseen;
use crate::mapping;
use crate::model::{Element, Gap, Snapshot};
use crate::plan::Step;
use crate::rest::Edition;

/// A live Jira as it was read, and as what works out what would be done to it.
#[derive(Debug, Clone)]
pub(in crate::instance) struct Rows {
    pub(in crate::instance::live) edition: Edition,
    pub(in crate::instance::live) tables: Tables,
    pub(in crate::instance::live) known: Known,
    /// What was not asked for; what rows mean that are not there is taken out of the objects.
    pub(in crate::instance::live) unasked: Vec<Gap>,
    /// Whether nobody has told the default field configuration.
    pub(in crate::instance::live) lacks_default: bool,
    /// Whether somebody does by hand what no request says.
    pub(in crate::instance::live) by_hand: bool,
    /// How it is now, where objects get other names.
    pub(in crate::instance::live) former: Option<Arc<Former>>,
    /// What counts issues, where the rows do not tell them.
    pub(in crate::instance::live) counts: Option<Arc<Counts>>,
    /// What asks Jira itself about requests that it can judge beforehand.
    pub(in crate::instance::live) judge: Option<Arc<Judge>>,
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
            former: None,
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

    pub(super) fn settle(&self, snapshot: &mut Snapshot) {
        if self.lacks_default {
            unseen::forget_default(snapshot);
        }
        unseen::forget_lost(snapshot);
        unseen::take_out(&self.unasked, snapshot);
    }

    /// Returns an object as it was before a step; nothing if it is new.
    pub(super) fn was(&self, step: &Step) -> Option<Element> {
        let own = match &self.former {
            Some(former) => former.was(step),
            None => units::was(step),
        };
        own.cloned()
    }

    /// Returns the rows as they are now, under the names of now.
    pub(super) fn now(&self) -> &Tables {
        self.former.as_ref().map_or(&self.tables, |own| &own.tables)
    }
}
