//! Which object of the target is meant: what is not certain is never guessed.

use std::collections::{BTreeMap, HashMap};

use super::said::{kind, path};
use super::twins::Twins;
use crate::model::{Abilities, Element, Facts, Identity, Limit, Snapshot};
use crate::plan::unseen::hidden;
use crate::plan::{Reason, Target, takes_name};
use crate::schema::{KindId, Schema};

/// The cause of refusals of renames.
const CANNOT_RENAME: &str = "cannot-rename";

/// Says that an object of the target, which a mapping file renames, gets no other name there.
pub(crate) fn not_renamed(old: &Identity, new: &Identity, why: &str) -> Reason {
    Reason {
        code: CANNOT_RENAME,
        path: path(new),
        message: format!(
            "the mapping file renames {} `{old}` to `{new}`, which this instance does not take: {why}",
            kind(new)
        ),
        help: "rename it in Jira itself first, if that can be done, or match it instead".to_owned(),
    }
}

/// The names of the target's objects, as far as they can be mistaken for one another.
pub(in crate::plan) struct Names<'a> {
    target: &'a Snapshot,
    by_loose_name: HashMap<(KindId, String), Vec<&'a Identity>>,
    /// The kinds of accounts whose names Jira compares in lower case.
    folded: Vec<KindId>,
    /// The accounts by their e-mail addresses, where accounts are nobody's to make and have names that nobody chose.
    by_address: HashMap<String, Vec<&'a Identity>>,
    abilities: Abilities,
}

impl<'a> Names<'a> {
    pub(in crate::plan) fn new(target: &'a Snapshot, facts: &Facts) -> Self {
        let mut by_loose_name: HashMap<_, Vec<_>> = HashMap::new();
        for identity in target.objects.keys() {
            by_loose_name.entry((identity.kind, loose(identity.name()))).or_default().push(identity);
        }
        // User names in lower case are the same user in every version; group names since Crowd keeps them (4.3).
        let mut folded = vec!["user"];
        if !facts.limits.contains(&Limit::GroupDescriptions) {
            folded.push("group");
        }
        let folded = folded.into_iter().filter_map(|name| Schema::get().kind_named(name)).collect();
        let mut by_address: HashMap<String, Vec<&Identity>> = HashMap::new();
        let user = crate::mapping::kind("user");
        if facts.abilities.of(user).create.is_err() {
            for (identity, object) in target.objects.iter().filter(|(own, _)| own.kind == user) {
                let address = object.element.text_of("email").map(str::to_lowercase);
                address.into_iter().for_each(|own| by_address.entry(own).or_default().push(identity));
            }
        }
        Self { target, by_loose_name, folded, by_address, abilities: facts.abilities.clone() }
    }

    /// Returns why an object of the file must not become this object of the target, of which the user has said this; `twins`
    /// are the objects of the file that have one name.
    pub(in crate::plan) fn refusal(
        &self,
        found: &Identity,
        chosen: Option<&Target>,
        twins: &Twins<'_>,
    ) -> Option<Reason> {
        self.cannot_be_renamed(found, chosen)
            .or_else(|| self.exists_already(found, chosen))
            .or_else(|| self.nothing_to_match(found, chosen))
            .or_else(|| self.second_of_its_name(found, twins))
            .or_else(|| self.nearly_the_same_name(found))
    }

    /// Returns the account of the target that an account of the file is although its name is spelled otherwise: Jira knows
    /// accounts by their names in lower case.
    pub(in crate::plan) fn account(&self, identity: &Identity) -> Option<&'a Identity> {
        if !self.folded.contains(&identity.kind) || self.target.objects.contains_key(identity) {
            return None;
        }
        let lower = identity.name().to_lowercase();
        self.near(identity).iter().copied().find(|own| own.name().to_lowercase() == lower)
    }

    /// Returns the only account of the target that has the e-mail address of a user of the file, where the target makes accounts itself:
    /// user names mean nothing there. What people are called says nothing: two may be called the same.
    pub(in crate::plan) fn by_address(&self, identity: &Identity, element: &Element) -> Option<&'a Identity> {
        if element.tag() != "user" || self.target.objects.contains_key(identity) {
            return None;
        }
        match self.by_address.get(&element.text_of("email")?.to_lowercase())?[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    fn near(&self, identity: &Identity) -> &[&'a Identity] {
        self.by_loose_name.get(&(identity.kind, loose(identity.name()))).map_or(&[], Vec::as_slice)
    }

    /// A new object that the source tells from another of its name by its number only. As long as an instance has one of a name,
    /// nothing is ambiguous; pcfg does not make it so.
    fn second_of_its_name(&self, found: &Identity, twins: &Twins<'_>) -> Option<Reason> {
        if !found.is_numbered() || self.target.objects.contains_key(found) {
            return None;
        }
        let first = found.first_of_its_name();
        let here = self.near(found).iter().filter(|own| own.first_of_its_name() == first).count();
        let message = format!(
            "the file has {} objects that are {} `{first}`, and the target has {here}: {}",
            twins.count(&first),
            kind(found),
            twins.told(&first),
        );
        Some(Reason {
            code: "second-of-its-name",
            path: path(found),
            message,
            help: format!(
                "pcfg never creates a second object of the same name: rename one in the instance that the \
                 file comes from, or give it another name in a mapping file (--map), under [{}]: \"{}\" = {{ \
                 create = \"NEW NAME\" }}",
                Schema::get().kind(found.kind).name,
                found.numbered_name(),
            ),
        })
    }

    /// A new object, by the mapping file, that the target has already. One that is just so does no harm (`plan` knows).
    fn exists_already(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let exists = matches!(chosen, Some(Target::Create(_))) && self.target.objects.contains_key(found);
        exists.then(|| Reason {
            code: "exists",
            path: path(found),
            message: format!(
                "{} `{found}` is to be created, and the target has another one of that name",
                kind(found)
            ),
            help: "match it instead, or choose another name".to_owned(),
        })
    }

    /// An object that the mapping file renames, and that is not there, cannot have another name, or would be a second one of it.
    /// Planning begins with what could be renamed under its new name.
    fn cannot_be_renamed(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let Some(Target::Rename(name)) = chosen else { return None };
        let old = super::super::renamed(self.target, found, name);
        let has = |own: &Identity| self.target.objects.contains_key(own);
        let why = match (has(&old), has(found)) {
            (false, true) => return None,
            (true, true) => "and the target has both".to_owned(),
            (true, false) if self.is_jiras_own(&old) => {
                "which is built into Jira and cannot be renamed".to_owned()
            }
            (true, false) => {
                let why = takes_name(&self.abilities, found.kind).err();
                let why = why.unwrap_or("objects in this instance cannot be renamed");
                return Some(not_renamed(&old, found, why));
            }
            (false, false) => "which the target does not have".to_owned(),
        };
        Some(Reason {
            code: CANNOT_RENAME,
            path: path(found),
            message: format!("the mapping file renames {} `{old}` to `{found}`, {why}", kind(found)),
            help: "match one of them instead, or remove the line".to_owned(),
        })
    }

    fn is_jiras_own(&self, identity: &Identity) -> bool {
        self.target.objects.get(identity).is_some_and(|own| own.element.get("builtIn").is_some())
    }

    /// An object, by the mapping file, that the target does not have.
    fn nothing_to_match(&self, found: &Identity, chosen: Option<&Target>) -> Option<Reason> {
        let Some(Target::Match(name)) = chosen else { return None };
        if let (None, Some(gap)) = (self.target.objects.get(found), self.target.unseen.hides(found)) {
            return Some(hidden(found, gap));
        }
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
                "the target has no {} `{}`, but `{}`: the names differ only in case or spaces",
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

/// Returns a name without case and surrounding blanks.
fn loose(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
