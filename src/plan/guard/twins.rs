//! Objects of one identity, which only a number tells apart: which ones there are, and what uses them.
//!
//! Invariant: nothing is looked for where there are none, which is nearly always.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::said::{kind, path};
use crate::model::{Element, Identity};
use crate::plan::{Reason, each_reference};
use crate::schema::Schema;

/// How many objects of one name, and how many users of one, a message shows.
const SHOWN: usize = 3;

/// The objects of one side that have their name together with others.
#[derive(Debug, Default)]
pub(in crate::plan) struct Twins<'a> {
    /// By what they have in common, in the order of their numbers.
    groups: BTreeMap<Identity, Vec<&'a Identity>>,
    /// What uses each, in words.
    users: HashMap<&'a Identity, BTreeSet<String>>,
}

impl<'a> Twins<'a> {
    pub(in crate::plan) fn new<I>(objects: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = (&'a Identity, &'a Element)>,
    {
        let mut groups: BTreeMap<Identity, Vec<&Identity>> = BTreeMap::new();
        for (identity, _) in objects().filter(|(identity, _)| identity.is_numbered()) {
            groups.entry(identity.first_of_its_name()).or_default().push(identity);
        }
        if groups.is_empty() {
            return Self::default();
        }
        for (identity, _) in objects().filter(|(identity, _)| !identity.is_numbered()) {
            if let Some(group) = groups.get_mut(identity) {
                group.push(identity);
            }
        }
        let number = |own: &&Identity| own.fields.last().and_then(|number| number.parse::<u32>().ok());
        groups.values_mut().for_each(|group| group.sort_by_key(number));
        let mut users: HashMap<&Identity, BTreeSet<String>> =
            groups.values().flatten().map(|own| (*own, BTreeSet::new())).collect();
        for (identity, object) in objects() {
            each_reference(object, &mut |target| {
                if let Some(users) = users.get_mut(&target) {
                    users.insert(format!("{} `{identity}`", kind(identity)));
                }
            });
        }
        Self { groups, users }
    }

    /// Returns how many objects there are of what a group has in common.
    pub(super) fn count(&self, first: &Identity) -> usize {
        self.groups.get(first).map_or(1, Vec::len)
    }

    /// Says which objects have a name, and what uses each.
    pub(super) fn told(&self, first: &Identity) -> String {
        let group = self.groups.get(first).map(Vec::as_slice).unwrap_or_default();
        let one = |own: &&Identity| {
            let users: Vec<&str> = self.users.get(*own).into_iter().flatten().map(String::as_str).collect();
            let users = match users.as_slice() {
                [] => "which nothing uses".to_owned(),
                users => format!("used by {}", listed(users, ", ")),
            };
            format!("`{}` {users}", own.numbered_name())
        };
        let told: Vec<String> = group.iter().map(one).collect();
        listed(&told, "; ")
    }

    /// Returns why each of them can be nothing that is newly meant, as they are objects of the target.
    pub(in crate::plan) fn reasons(&self) -> impl Iterator<Item = (&'a Identity, Reason)> {
        self.groups.iter().filter(|(_, group)| group.len() > 1).flat_map(|(first, group)| {
            let message = format!(
                "the target has {} objects that are {} `{first}`: {}",
                group.len(),
                kind(first),
                self.told(first)
            );
            let kind_name = &Schema::get().kind(first.kind).name;
            let either: Vec<String> =
                group.iter().map(|own| format!("{{ match = \"{}\" }}", own.numbered_name())).collect();
            let either = listed(&either, " or ");
            group.iter().map(move |own| {
                let reason = Reason {
                    code: "ambiguous",
                    path: path(own),
                    message: message.clone(),
                    help: format!(
                        "rename all but one of them in Jira, or say which is meant in a mapping file (--map), under [{kind_name}]: \
                         \"{}\" = {either}",
                        own.numbered_name()
                    ),
                };
                (*own, reason)
            })
        })
    }
}

fn listed<T: AsRef<str>>(all: &[T], between: &str) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    let more = all.len() - shown.len();
    let more = if more > 0 { format!("{between}and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(between))
}
