//! Which object of the target is meant: what is not certain is never guessed.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Identity, Path, Snapshot};
use crate::plan::{Reason, Target};
use crate::schema::{KindId, Schema};

/// The names of the target's objects, as far as they can be mistaken for one another.
pub(in crate::plan) struct Names<'a> {
    target: &'a Snapshot,
    by_loose_name: HashMap<(KindId, String), Vec<&'a Identity>>,
}

impl<'a> Names<'a> {
    pub(in crate::plan) fn new(target: &'a Snapshot) -> Self {
        let mut by_loose_name: HashMap<_, Vec<_>> = HashMap::new();
        for identity in target.objects.keys() {
            by_loose_name.entry((identity.kind, loose(identity.name()))).or_default().push(identity);
        }
        Self { target, by_loose_name }
    }

    /// Returns why an object of the file must not become this object of the target, of which the user has said this.
    pub(in crate::plan) fn refusal(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        self.ambiguous(found, chosen)
            .or_else(|| self.exists_already(found, chosen))
            .or_else(|| self.nothing_to_match(found, chosen))
            .or_else(|| self.nearly_the_same_name(found))
    }

    fn near(&self, identity: &Identity) -> &[&'a Identity] {
        self.by_loose_name.get(&(identity.kind, loose(identity.name()))).map_or(&[], Vec::as_slice)
    }

    /// An object that the target has twice.
    fn ambiguous(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let last = found.fields.len() - 1;
        let twins = self.near(found).iter().filter(|own| own.fields[..last] == found.fields[..last]).count();
        let is_said = !found.fields[last].is_empty() || matches!(chosen, Some(Target::Match(_)));
        (twins > 1 && !is_said).then(|| Reason {
            code: "ambiguous",
            path: path(found),
            message: format!("the target has {twins} objects that are {} `{found}`", kind(found)),
            help: "rename all but one of them in Jira, or say which is meant in a mapping file (--map)"
                .to_owned(),
        })
    }

    /// A new object, by the mapping file, that the target has already. One that is just so does no harm (`plan` knows).
    fn exists_already(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let exists = matches!(chosen, Some(Target::Create(_))) && self.target.objects.contains_key(found);
        exists.then(|| Reason {
            code: "exists",
            path: path(found),
            message: format!(
                "the mapping file creates {} `{found}`, which the target has already",
                kind(found)
            ),
            help: "match it instead, or choose another name".to_owned(),
        })
    }

    /// An object, by the mapping file, that the target does not have.
    fn nothing_to_match(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let Some(Target::Match(name)) = chosen else { return None };
        (!self.target.objects.contains_key(found)).then(|| Reason {
            code: "no-match",
            path: path(found),
            message: format!(
                "the mapping file matches {} `{name}`, which the target does not have",
                kind(found)
            ),
            help: "name an object of the target, or create one".to_owned(),
        })
    }

    /// A new object whose name differs from another's only in case or blanks.
    fn nearly_the_same_name(&self, found: &Identity) -> Option<Reason> {
        if self.target.objects.contains_key(found) {
            return None;
        }
        let is_near = |own: &&&Identity| own.name() != found.name() && own.fields[1..] == found.fields[1..];
        let other = self.near(found).iter().find(is_near)?;
        Some(Reason {
            code: "near-identical",
            path: path(found),
            message: format!(
                "the target has no {} `{}`, but `{}`: the names differ only in case or blanks",
                kind(found),
                found.name(),
                other.name()
            ),
            help: "pcfg does not guess: rename one of them, or match them in a mapping file (--map)"
                .to_owned(),
        })
    }
}

/// Several objects of the file that would be one object of the target: `all` are what the target calls them, and what the
/// file does.
pub(in crate::plan) fn described_twice<'i>(
    all: impl Iterator<Item = (&'i Identity, &'i Identity)>,
) -> Vec<(Identity, Reason)> {
    let mut by_target: BTreeMap<&Identity, Vec<&Identity>> = BTreeMap::new();
    for (found, named) in all {
        by_target.entry(found).or_default().push(named);
    }
    let several = by_target.into_iter().filter(|(_, named)| named.len() > 1);
    several
        .map(|(found, named)| {
            let named: Vec<String> = named.into_iter().map(|own| format!("`{own}`")).collect();
            let reason = Reason {
                code: "described-twice",
                path: path(found),
                message: format!("{} of the file would all be {} `{found}` of the target", named.join(" and "), kind(found)),
                help: "leave out all but one of them (`skip` in the mapping file), or match them with different objects"
                    .to_owned(),
            };
            (found.clone(), reason)
        })
        .collect()
}

fn kind(identity: &Identity) -> String {
    Schema::get().kind(identity.kind).in_words()
}

fn path(identity: &Identity) -> Path {
    Path::object(&Schema::get().kind(identity.kind).name, identity.name())
}

/// Returns a name without case and surrounding blanks.
fn loose(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
