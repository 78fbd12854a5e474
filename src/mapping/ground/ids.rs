//! Which ids names mean in the instance that is written, and which ids are free.
//!
//! Invariant: an id that was given out is never given out again, and never one that a row has.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::accounts;
use super::accounts::Form;
use super::kinds::{KINDS, PARTS, PartKind, held, kind};
use super::names::Names;
use crate::entity::{EntityId, Tables};
use crate::model::{Element, Identity, Name};
use crate::schema::KindId;

/// The objects that every Jira has, which the areas know.
#[derive(Debug)]
pub(crate) struct BuiltIn {
    /// Their ids, by kind and mark; an empty one means that the object is nowhere stored.
    pub(crate) marked: HashMap<(&'static str, &'static str), String>,
    /// Names of objects that are nowhere stored and can be named all the same.
    pub(crate) unstored: Vec<(Identity, String)>,
}

/// What names mean.
#[derive(Debug)]
pub(crate) struct Ids {
    by_identity: HashMap<Identity, String>,
    /// The ids that mean something.
    known: HashSet<(KindId, String)>,
    /// The ids of objects that every Jira has, by kind and mark.
    marked: HashMap<(&'static str, &'static str), String>,
    /// The parts of objects, by the name of the owner as references write it.
    parts: HashMap<String, HashMap<Identity, String>>,
    /// How the instance stores users and groups, and their kinds.
    form: Form,
    people: [KindId; 2],
    user_keys: HashMap<String, String>,
    /// The next free id, by the table.
    next: BTreeMap<&'static str, u64>,
    sequences: HashMap<String, u64>,
    highest: HashMap<&'static str, u64>,
}

impl Ids {
    pub(crate) fn new(tables: &Tables, names: &Names, form: Form, built_in: BuiltIn) -> Self {
        let mut by_identity = HashMap::new();
        let mut known = HashSet::new();
        for own in KINDS {
            let kind = kind(own.name);
            for (id, name) in names.all(own.name) {
                by_identity.insert(name.identity(kind), id.to_owned());
                known.insert((kind, id.to_owned()));
            }
        }
        let mut parts: HashMap<String, HashMap<Identity, String>> = HashMap::new();
        for PartKind { name: kind_name, owner: attribute, .. } in PARTS {
            let mut all: Vec<(&str, &Name)> = names.all(kind_name).collect();
            // Of owners of one name the oldest is meant.
            all.sort_by_key(|(id, _)| (id.parse::<u64>().unwrap_or(u64::MAX), *id));
            for (id, name) in all {
                let owner = parts.entry(name.get(attribute).unwrap_or("").to_owned()).or_default();
                let identity = name.without(attribute).identity(kind(kind_name));
                owner.entry(identity).or_insert_with(|| id.to_owned());
            }
        }
        let sequences = tables.rows("SequenceValueItem").iter();
        let sequences = sequences
            .filter_map(|row| Some((row.get("seqName")?.to_owned(), row.get("seqId")?.parse().ok()?)));
        let mut highest = HashMap::new();
        for entity in crate::entity::entities() {
            highest.insert(entity.name, tables.highest(EntityId::named(entity.name)));
        }
        for ((kind_name, _), id) in &built_in.marked {
            if let (Some(own), Ok(id)) = (held(kind_name), id.parse::<u64>()) {
                let highest = highest.entry(own.table).or_default();
                *highest = id.max(*highest);
            }
        }
        let mut user_keys = HashMap::new();
        for row in tables.rows("ApplicationUser") {
            if let (Some(key), Some(lower)) = (row.text("userKey"), row.text("lowerUserName")) {
                user_keys.insert(lower.to_owned(), key.to_owned());
            }
        }
        by_identity.extend(built_in.unstored);
        let mut ids = Self {
            by_identity,
            known,
            marked: built_in.marked,
            parts,
            form,
            people: [kind("user"), kind("group")],
            user_keys,
            next: BTreeMap::new(),
            sequences: sequences.collect(),
            highest,
        };
        let accounts = accounts::account_ids(tables).into_iter().map(|account| ("user", account));
        let groups = accounts::group_ids(tables).into_iter().map(|group| ("group", group));
        for (kind_name, (name, id)) in accounts.chain(groups) {
            ids.set(Identity::named(kind(kind_name), name), id);
        }
        ids
    }

    /// Returns how the instance stores users and groups.
    pub(crate) fn form(&self) -> Form {
        self.form
    }

    /// Returns the id of an object.
    pub(crate) fn get(&self, identity: &Identity) -> Option<&str> {
        self.by_identity.get(&*self.folded(identity)).map(String::as_str)
    }

    /// Returns the id of what a reference names, with the names that stand beside it.
    pub(crate) fn named_by(&self, reference: &Element, siblings: &[Element]) -> Option<&str> {
        let identity = Identity::of_reference(reference, siblings)?;
        match Identity::container(reference) {
            Some(container) => self.part(container, &identity),
            None => self.get(&identity),
        }
    }

    /// Returns the id of a part, from the name of its owner (a project's key, a scheme's name) and its identity in there.
    pub(crate) fn part(&self, owner: &str, identity: &Identity) -> Option<&str> {
        self.parts.get(owner)?.get(identity).map(String::as_str)
    }

    /// Says which id a part has.
    pub(crate) fn set_part(&mut self, owner: &str, identity: Identity, id: &str) {
        self.parts.entry(owner.to_owned()).or_default().insert(identity, id.to_owned());
    }

    /// Says that a part is no more.
    pub(crate) fn forget_part(&mut self, owner: &str, identity: &Identity) {
        if let Some(parts) = self.parts.get_mut(owner) {
            parts.remove(identity);
        }
    }

    /// Returns an identity with the name of a user or group as it is compared: from Jira 4.3 on without case, before
    /// that user names only.
    fn folded<'b>(&self, identity: &'b Identity) -> Cow<'b, Identity> {
        let folds =
            identity.kind == self.people[0] || (identity.kind == self.people[1] && self.form != Form::OsUser);
        if !folds {
            return Cow::Borrowed(identity);
        }
        let mut identity = identity.clone();
        identity.fields[0] = identity.fields[0].to_lowercase().into();
        Cow::Owned(identity)
    }

    /// Returns whether an id of a kind means an object.
    pub(crate) fn knows(&self, kind_name: &str, id: &str) -> bool {
        self.known.contains(&(kind(kind_name), id.trim().to_owned()))
    }

    /// Returns a field as rows name it, if it exists.
    pub(crate) fn known_field(&self, field: &str) -> Option<String> {
        let custom = field.strip_prefix("customfield_");
        custom.is_none_or(|id| self.knows("customField", id)).then(|| field.to_owned())
    }

    /// Returns the id of an object that is known by a mark; an empty one means that it is nowhere stored.
    pub(crate) fn marked(&self, kind_name: &'static str, mark: &'static str) -> &str {
        self.marked.get(&(kind_name, mark)).map_or("", String::as_str)
    }

    /// Says which id an object that is known by a mark has.
    pub(crate) fn mark(&mut self, kind_name: &'static str, mark: &'static str, id: &str) {
        self.marked.insert((kind_name, mark), id.to_owned());
    }

    /// Returns the key by which rows name a user: a key of its own from Jira 6.0 on, before that the name.
    pub(crate) fn user_key(&self, name: &str) -> String {
        self.user_keys.get(&name.to_lowercase()).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// Says which key a new user has.
    pub(crate) fn set_user_key(&mut self, name: &str, key: &str) {
        self.user_keys.insert(name.to_lowercase(), key.to_owned());
    }

    /// Says which id an object or part has.
    pub(crate) fn set(&mut self, identity: Identity, id: &str) {
        let identity = self.folded(&identity).into_owned();
        self.known.insert((identity.kind, id.to_owned()));
        self.by_identity.insert(identity, id.to_owned());
    }

    /// Gives an object an id, if it has none yet.
    pub(crate) fn promise(&mut self, kind_name: &str, object: &Element) {
        let Some(identity) = Identity::of_definition(object) else { return };
        let mark = object.text_of("builtIn");
        let marked = mark
            .and_then(|mark| self.marked.iter().find(|((kind, own), _)| (*kind, *own) == (kind_name, mark)));
        if let Some((_, id)) = marked {
            let id = id.clone();
            return self.set(identity, &id);
        }
        // Only the app that locks a field makes it.
        if self.get(&identity).is_some() || object.get("locked").is_some() {
            return;
        }
        let table = match (kind_name, self.form) {
            ("user", Form::OsUser) => Some("OSUser"),
            ("group", Form::OsUser) => Some("OSGroup"),
            _ => held(kind_name).map(|own| own.table),
        };
        if let Some(table) = table {
            let id = self.next(table);
            self.set(identity, &id);
        }
    }

    /// Returns the next free id of a table. Jira's sequences begin at 10000; tables of apps count from 1.
    pub(crate) fn next(&mut self, entity: &'static str) -> String {
        let first = if entity.starts_with("AO_") { 1 } else { 10_000 };
        let sequence = self.sequences.get(entity).copied().unwrap_or(first);
        let highest = self.highest.get(entity).copied().unwrap_or(0) + 1;
        let next = self.next.entry(entity).or_insert_with(|| sequence.max(highest).max(first));
        *next += 1;
        (*next - 1).to_string()
    }

    /// Returns the tables of which ids were given out, and their next ones. Tables of apps have no sequence.
    pub(crate) fn used(&self) -> Vec<(&'static str, u64)> {
        let used = self.next.iter().filter(|(entity, _)| EntityId::find(entity).is_some());
        used.filter(|(entity, _)| !entity.starts_with("AO_")).map(|(entity, next)| (*entity, *next)).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::ground::kinds::kind;
    use crate::mapping::ground::writer::Writer;
    use crate::mapping::tables;
    use crate::model::Identity;

    #[test]
    fn parts_are_found_by_their_owner() {
        let tables = tables(&[
            ("Project", &[("id", "1"), ("key", "ONE")]),
            ("Project", &[("id", "2"), ("key", "TWO")]),
            ("Version", &[("id", "10"), ("project", "1"), ("name", "1.0")]),
            ("Version", &[("id", "11"), ("project", "2"), ("name", "1.0")]),
            ("IssueSecurityScheme", &[("id", "5"), ("name", "Secrets")]),
            ("IssueSecurityScheme", &[("id", "6"), ("name", "Secrets")]),
            ("SchemeIssueSecurityLevels", &[("id", "51"), ("scheme", "5"), ("name", "Staff")]),
            ("SchemeIssueSecurityLevels", &[("id", "41"), ("scheme", "6"), ("name", "Other")]),
            ("SchemeIssueSecurityLevels", &[("id", "61"), ("scheme", "6"), ("name", "Staff")]),
        ]);
        let ids = Writer::new(&tables).ids;
        let part = |owner, tag, name| ids.part(owner, &Identity::named(kind(tag), name));
        assert_eq!(part("ONE", "version", "1.0"), Some("10"));
        assert_eq!(part("TWO", "version", "1.0"), Some("11"));
        assert_eq!(part("THREE", "version", "1.0"), None);
        assert_eq!(part("Secrets", "issueSecurityLevel", "Staff"), Some("51"), "the oldest of two schemes");
        assert_eq!(part("Secrets", "issueSecurityLevel", "Other"), Some("41"));
    }

    #[test]
    fn names_of_people_are_compared_as_the_version_compares_them() {
        let crowd = tables(&[
            ("User", &[("id", "1"), ("userName", "Ann")]),
            ("Group", &[("id", "2"), ("groupName", "Devs")]),
        ]);
        let old = tables(&[
            ("OSUser", &[("id", "1"), ("name", "Ann")]),
            ("OSGroup", &[("id", "2"), ("name", "Devs")]),
        ]);
        let found = |tables, tag, name| {
            Writer::new(tables).ids.get(&Identity::named(kind(tag), name)).map(str::to_owned)
        };
        for tables in [&crowd, &old] {
            assert_eq!(found(tables, "user", "aNN").as_deref(), Some("1"));
            assert_eq!(found(tables, "group", "Devs").as_deref(), Some("2"));
        }
        assert_eq!(found(&crowd, "group", "devs").as_deref(), Some("2"));
        assert_eq!(found(&old, "group", "devs"), None);
    }
}
