//! Why an object cannot be written, or would read otherwise: because of what it names and what is not there.
//!
//! Invariant: what follows from a refusal, or from what the user leaves out, is told as that, and never as a fault of the file.

use std::collections::{HashMap, HashSet};

use crate::jql;
use crate::mapping::each_query;
use crate::model::{Element, Identity, Path, Snapshot};
use crate::plan::{Plan, Reason, Refused, each_reference, left_out, needs_refused};
use crate::select::Lacking;

/// What a plan leaves undone.
pub(super) struct Causes<'p> {
    refused: HashMap<&'p Identity, &'p Identity>,
    /// What is left out and not there.
    absent: HashSet<&'p Identity>,
}

/// What stops an object.
pub(super) enum Stopped {
    /// Something else that is refused.
    Follows(Refused),
    /// A reason of its own.
    Because(Identity, Reason),
}

impl<'p> Causes<'p> {
    pub(super) fn new(plan: &'p Plan, target: &Snapshot) -> Self {
        let refused = plan.refused.iter();
        let refused =
            refused.map(|own| (&own.identity, own.follows.as_ref().unwrap_or(&own.identity))).collect();
        let absent = plan.skipped.iter().filter(|own| !target.objects.contains_key(*own)).collect();
        Self { refused, absent }
    }

    /// Returns what stops an object, which is as the element says, or else the reason given.
    pub(super) fn of(&self, identity: &Identity, object: &Element, otherwise: Reason) -> Stopped {
        let missing = self.named_by(object).filter(|missing| missing != identity);
        match missing {
            Some(missing) => match self.refused.get(&missing) {
                Some(cause) => Stopped::Follows(Refused {
                    identity: identity.clone(),
                    reasons: vec![needs_refused(identity, &missing)],
                    follows: Some((*cause).clone()),
                }),
                None => {
                    let mut path = Path::default();
                    path.enter(object);
                    Stopped::Because(identity.clone(), left_out(&Lacking { identity: missing, path }))
                }
            },
            None => Stopped::Because(identity.clone(), otherwise),
        }
    }

    /// Returns something that an object names and that is not there: in a reference, or in a query.
    fn named_by(&self, object: &Element) -> Option<Identity> {
        let mut named = None;
        each_reference(object, &mut |target| {
            if named.is_none() && (self.refused.contains_key(&target) || self.absent.contains(&target)) {
                named = Some(target);
            }
        });
        named.or_else(|| {
            let mut texts = Vec::new();
            each_query(object, &mut |query, _, _| texts.extend(jql::texts(query)));
            let all = self.refused.keys().chain(&self.absent);
            let mut all: Vec<&Identity> = all.copied().collect();
            all.sort();
            all.into_iter().find(|own| texts.iter().any(|text| text == own.name())).cloned()
        })
    }
}
