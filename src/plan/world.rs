//! What a name in a query can mean in one of the two instances.
//!
//! Invariant: a name means an object only if it can mean nothing else there.

use std::collections::HashMap;

use crate::jql::is_system_field;
use crate::mapping::kind;
use crate::model::Identity;
use crate::schema::KindId;

/// The objects of one side by kind and name in lower case: JQL does not tell the cases apart.
#[derive(Debug, Default)]
pub(super) struct World(HashMap<(KindId, String), Vec<Identity>>);

impl World {
    pub(super) fn of<'i>(identities: impl Iterator<Item = &'i Identity>) -> Self {
        let mut world: HashMap<_, Vec<Identity>> = HashMap::new();
        for identity in identities {
            let key = (identity.kind, identity.name().to_lowercase());
            world.entry(key).or_default().push(identity.clone());
        }
        Self(world)
    }

    /// Returns whether a name means an object and nothing else.
    pub(super) fn is_only(&self, identity: &Identity) -> bool {
        let same = self.0.get(&(identity.kind, identity.name().to_lowercase()));
        let is_of_jql = match identity.kind {
            own if own == kind("customField") => is_system_field(identity.name()),
            own => own == kind("resolution") && identity.name().eq_ignore_ascii_case("unresolved"),
        };
        !is_of_jql && same.is_some_and(|same| same.as_slice() == std::slice::from_ref(identity))
    }
}
