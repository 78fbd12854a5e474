//! What of a target a plan has to know: a place where each thing costs a request of its own reads no more.
//!
//! Invariant: whatever a plan compares, changes or removes is among it, because both find it in the same way.

use std::collections::HashSet;

use super::matching::Matched;
use super::named::renamed;
use super::{Facts, Options, Target};
use crate::mapping::kind;
use crate::model::{Config, Identity, Snapshot, references};
use crate::schema::Schema;

/// Returns the objects that a file describes, or of which it names parts, by what the target calls them, whether it has them or not;
/// and the users that it names.
pub fn looked_at(target: &Snapshot, file: &Config, options: &Options) -> Vec<Identity> {
    let schema = Schema::get();
    let user = kind("user");
    let matched = Matched::new(target, &Facts::default(), file, options);
    let mut all: HashSet<Identity> = HashSet::new();
    for pair in &matched.pairs {
        all.insert(pair.identity.clone());
        // It has its old name before the import.
        let old = match options.mapping.get(matched.in_file(&pair.identity)) {
            Some(Target::Rename(name)) => Some(renamed(target, &pair.identity, name)),
            _ => None,
        };
        all.extend(old);
        references(&pair.new, &mut |found| {
            let owners = &schema.kind(found.target.kind).within;
            match found.container {
                // Lists say of all others whether they are there.
                _ if owners.is_empty() && found.target.kind == user => {
                    all.insert(found.target);
                }
                Some(container) => {
                    let owners = owners.iter().filter_map(|owner| schema.kind_named(owner));
                    all.extend(owners.map(|owner| Identity::named(owner, container)));
                }
                None => {}
            }
        });
    }
    all.into_iter().collect()
}
