//! What the ids of an instance mean: kind and id to the name that references write.
//!
//! Invariant: within a kind (and, for parts, within their owner) no two ids have the same [`Name`]; where the data has
//! two objects of one identity, the younger ones carry a `duplicate` number and a note says so.

use std::collections::{HashMap, HashSet};

use super::accounts;
use super::kinds::{KINDS, Kind, PARTS, PartKind};
use crate::entity::{Row, Tables};
use crate::model::{Name, NoteKind, Path, Snapshot};
use crate::schema::DUPLICATE;

/// The prefix of a custom field's id wherever a field is meant.
const CUSTOM_FIELD: &str = "customfield_";

/// What ids mean.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_id: HashMap<&'static str, HashMap<String, Name>>,
    /// User names by user key, and by user name in lower case.
    users: HashMap<String, String>,
    /// User names as they are spelled, by user name in lower case.
    accounts: HashMap<String, String>,
    /// Group names as they are spelled, by the name in lower case where Jira ignores case.
    groups: HashMap<String, String>,
    /// The keys of projects.
    projects: HashSet<String>,
    /// What queries call projects beside their keys, in lower case.
    project_names: HashSet<String>,
    /// Components, also those that are kept only for the issues that had them.
    components: HashMap<String, Name>,
    /// The custom fields of options, by ids.
    option_fields: HashMap<String, String>,
    /// How often a name was given, by kind; while names are given.
    given: HashMap<&'static str, HashMap<Name, usize>>,
}

/// An object as any place can name it: what [`Names`] are made of, whatever the place is made of.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) kind: &'static str,
    /// Its id: of a user the key, of a group the name.
    pub(crate) id: String,
    /// What references write, with what else its identity is made of.
    pub(crate) name: Name,
    /// What only queries know: what a project is called beside its key, and the id of the custom field of an option.
    pub(crate) aside: Option<String>,
}

impl Names {
    /// Gives every object of the instance its name.
    pub(crate) fn new(tables: &Tables, snapshot: &mut Snapshot) -> Self {
        let mut names = Self::default();
        names.users(tables);
        names.groups = accounts::groups(tables);
        for kind in KINDS.iter().filter(|own| !["user", "group"].contains(&own.name)) {
            for row in tables.rows(kind.table) {
                if let Some((id, name)) = names.of_row(kind, row) {
                    let aside =
                        (kind.name == "project").then(|| row.text("name").map(str::to_owned)).flatten();
                    names.add(Named { kind: kind.name, id, name, aside }, snapshot);
                }
            }
        }
        for part in &PARTS {
            names.parts(part, tables, snapshot);
        }
        names.options(tables, snapshot);
        names.given = HashMap::new();
        names
    }

    /// Gives an object its name; of several of one name the oldest comes first. What belongs to another object comes after it.
    pub(crate) fn add(&mut self, Named { kind, id, name, aside }: Named, snapshot: &mut Snapshot) {
        match kind {
            "user" => {
                self.accounts.entry(name.text.to_lowercase()).or_insert_with(|| name.text.clone());
                self.users.insert(id, name.text);
                return;
            }
            "group" => {
                self.groups.entry(name.text.to_lowercase()).or_insert(name.text);
                return;
            }
            "project" => {
                self.projects.insert(name.text.clone());
                self.project_names.extend(aside.map(|own| own.to_lowercase()));
            }
            "component" => {
                self.components.insert(id.clone(), name.clone());
            }
            "option" => self.option_fields.extend(aside.map(|field| (id.clone(), field))),
            _ => {}
        }
        let given = self.given.entry(kind).or_default();
        let name = tell_apart(kind, name, given, &Path::default(), snapshot);
        self.by_id.entry(kind).or_default().insert(id, name);
    }

    /// Returns the id of an object and the name that its row gives it, with what else its identity is made of.
    fn of_row(&self, kind: &Kind, row: &Row) -> Option<(String, Name)> {
        let (id, name) = plain(row, kind.column)?;
        let author = |column| self.user(row.get(column).unwrap_or("")).unwrap_or_default();
        let name = match kind.name {
            "issueType" => {
                let subtask = if row.get("style") == Some("jira_subtask") { "true" } else { "" };
                name.with("subtask", subtask)
            }
            "issueLink" => name.with("style", row.get("style").unwrap_or("")),
            "customField" => name.with("type", row.text("customfieldtypekey")?),
            "issueTypeScheme" if row.get("fieldid") != Some("issuetype") => return None,
            "priorityScheme" if row.get("fieldid") != Some("priority") => return None,
            "filter" => name.with("author", &author("author").text),
            "dashboard" => name.with("author", &author("username").text),
            "scrumKanbanBoard" => {
                let ty = if row.truth("SPRINTS_ENABLED") { "scrum" } else { "kanban" };
                // A board without its filter is left out, and nothing can name it.
                let filter = self.get("filter", row.get("SAVED_FILTER_ID")?)?;
                let author = filter.get("author").unwrap_or("");
                name.with("type", ty).with("mainFilter", &filter.text).with("author", author)
            }
            _ => name,
        };
        Some((id, name))
    }

    /// Returns the name of an object.
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Name> {
        self.by_id.get(kind)?.get(id.trim())
    }

    /// Returns the name of a field: a system field is its own name.
    pub(crate) fn field(&self, identifier: &str) -> Option<Name> {
        match identifier.strip_prefix(CUSTOM_FIELD) {
            Some(id) => self.get("customField", id).cloned(),
            None if identifier.is_empty() => None,
            None => Some(Name::plain(identifier)),
        }
    }

    /// Returns the user name that a user key means. A key that no table knows was a user name before Jira 6.0, and is
    /// returned as such; a key that Jira made up (`JIRAUSER10000`, before 8.4 `ID10000`) then means nobody.
    pub(crate) fn user(&self, key: &str) -> Option<Name> {
        if let Some(name) = self.users.get(key).or_else(|| self.users.get(&key.to_lowercase())) {
            return Some(Name::plain(name.clone()));
        }
        (!key.is_empty() && !is_made_up(key)).then(|| Name::plain(key))
    }

    /// Returns the user of that name, in any case, as the name is spelled; `None` if there is no such account. A name
    /// may be the key of another user: users can be renamed from Jira 6.0 on.
    pub(crate) fn account(&self, name: &str) -> Option<Name> {
        self.accounts.get(&name.to_lowercase()).map(Name::plain)
    }

    /// Returns the name of a group, by which every row refers to it, as the group spells it.
    pub(crate) fn group(&self, name: &str) -> Option<Name> {
        self.known_group(name).or_else(|| (!name.is_empty()).then(|| Name::plain(name)))
    }

    /// Returns the name of a group that exists, as it spells it.
    pub(crate) fn known_group(&self, name: &str) -> Option<Name> {
        self.groups.get(name).or_else(|| self.groups.get(&name.to_lowercase())).map(Name::plain)
    }

    /// Returns the name of a group in any case, as queries mean it.
    pub(crate) fn any_group(&self, name: &str) -> Option<Name> {
        let lower = name.to_lowercase();
        let same = || self.groups.values().filter(|own| own.to_lowercase() == lower).min();
        self.known_group(name).or_else(|| same().map(Name::plain))
    }

    /// Returns whether a project is called so, in any case.
    pub(crate) fn has_project_named(&self, name: &str) -> bool {
        self.project_names.contains(&name.to_lowercase())
    }

    /// Returns all components, also those that are kept only for the issues that had them.
    pub(crate) fn components(&self) -> impl Iterator<Item = (&str, &Name)> {
        self.components.iter().map(|(id, name)| (id.as_str(), name))
    }

    /// Returns the options, each with the id of its custom field and its text.
    pub(crate) fn options_of_fields<'n>(&'n self) -> impl Iterator<Item = (&'n str, &'n str, &'n str)> {
        let option = |(id, name): (&'n str, &'n Name)| {
            Some((id, self.option_fields.get(id)?.as_str(), name.text.as_str()))
        };
        self.all("option").filter_map(option)
    }

    /// Returns the name of the project that has a key; of several the oldest.
    pub(crate) fn project(&self, key: &str) -> Option<Name> {
        self.projects.get(key).map(Name::plain)
    }

    /// Returns the ids of a kind, with their names, in no particular order.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Name)> {
        self.by_id.get(kind).into_iter().flatten().map(|(id, name)| (id.as_str(), name))
    }

    /// Returns all objects that have an id and a name, with their kinds, in no particular order.
    pub(crate) fn everything(&self) -> impl Iterator<Item = (&'static str, &str, &Name)> {
        self.by_id.iter().flat_map(|(kind, all)| all.iter().map(|(id, name)| (*kind, id.as_str(), name)))
    }

    /// Returns the names of a kind without those of younger objects of the same name, in no particular order: where Jira stores
    /// a name, the oldest is meant.
    pub(crate) fn oldest(&self, kind: &str) -> impl Iterator<Item = &Name> {
        self.all(kind).map(|(_, name)| name).filter(|name| name.get(DUPLICATE).is_none())
    }

    fn users(&mut self, tables: &Tables) {
        self.accounts = accounts::accounts(tables);
        // User keys are a table of their own from Jira 6.0 on.
        let rows = tables.rows("ApplicationUser");
        for row in rows {
            if let (Some(key), Some(lower)) = (row.text("userKey"), row.text("lowerUserName")) {
                let name = self.accounts.get(lower).cloned().unwrap_or_else(|| lower.to_owned());
                self.users.insert(key.to_owned(), name);
            }
        }
        // An account that has no key goes by its name.
        let with_key: HashSet<&str> = rows.iter().filter_map(|row| row.text("lowerUserName")).collect();
        for (lower, name) in self.accounts.iter().filter(|(lower, _)| !with_key.contains(lower.as_str())) {
            self.users.entry(lower.clone()).or_insert_with(|| name.clone());
        }
    }

    /// Registers the parts of global objects; references from elsewhere name the owner in an attribute of the same
    /// name as the column.
    fn parts(&mut self, part: &PartKind, tables: &Tables, snapshot: &mut Snapshot) {
        let PartKind { name: kind, table: entity, owner: column, of: owner_kind } = *part;
        let mut seen: HashMap<Name, HashMap<Name, usize>> = HashMap::new();
        for row in tables.rows(entity) {
            let Some(owner) = row.get(column).and_then(|id| self.get(owner_kind, id)).cloned() else {
                continue;
            };
            if let ("Component", Some(name)) = (entity, row.text("name")) {
                let name = Name::plain(name).with(column, &owner.text);
                self.components.insert(row.id().to_owned(), name);
            }
            // Jira 9 keeps deleted components, marked, for the issues that had them (a column of 9.12.4, seen without rows).
            if entity == "Component" && row.truth("deleted") {
                continue;
            }
            let Some((id, name)) = plain(row, "name") else { continue };
            let path = Path::object(owner_kind, &owner.text);
            let name = tell_apart(kind, name, seen.entry(owner.clone()).or_default(), &path, snapshot);
            self.by_id.entry(kind).or_default().insert(id, name.with(column, &owner.text));
        }
    }

    /// Registers options; the owner is their configuration, so references from elsewhere cannot name it.
    fn options(&mut self, tables: &Tables, snapshot: &mut Snapshot) {
        let options = tables.rows("CustomFieldOption").iter();
        let texts: HashMap<(&str, &str), &str> = options
            .filter_map(|row| Some(((row.id(), row.get("customfieldconfig")?), row.text("value")?)))
            .collect();
        let mut seen: HashMap<&str, HashMap<Name, usize>> = HashMap::new();
        let known: HashSet<&str> = tables.rows("FieldConfiguration").iter().map(Row::id).collect();
        for row in tables.rows("CustomFieldOption") {
            let Some(config) = row.get("customfieldconfig").filter(|id| known.contains(id)) else { continue };
            let parent = match row.text("parentoptionid").map(|id| texts.get(&(id, config))) {
                None => "",
                Some(Some(parent)) => parent,
                // An option whose parent was deleted, or is one of another configuration, has nowhere to stand; it must
                // not turn into a parent itself.
                Some(None) => continue,
            };
            let Some((id, name)) = plain(row, "value") else { continue };
            let field = row.get("customfield").and_then(|id| self.get("customField", id));
            let path = Path::object("customField", field.map_or("", |field| &field.text));
            let name = name.with("parentOption", parent);
            let name = tell_apart("option", name, seen.entry(config).or_default(), &path, snapshot);
            if let Some(field) = row.get("customfield") {
                self.option_fields.insert(id.clone(), field.to_owned());
            }
            self.by_id.entry("option").or_default().insert(id, name);
        }
    }
}

/// Returns whether a user key is one that Jira made up because the user name could not be the key.
fn is_made_up(key: &str) -> bool {
    ["JIRAUSER", "ID"]
        .iter()
        .filter_map(|prefix| key.strip_prefix(prefix))
        .any(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn plain(row: &Row, attribute: &str) -> Option<(String, Name)> {
    Some((row.id().to_owned(), Name::plain(row.text(attribute)?)))
}

/// Adds the `duplicate` number if the name has been seen before.
pub(crate) fn tell_apart(
    kind: &'static str,
    name: Name,
    seen: &mut HashMap<Name, usize>,
    owner: &Path,
    snapshot: &mut Snapshot,
) -> Name {
    let count = seen.entry(name.clone()).or_default();
    *count += 1;
    if *count == 1 {
        return name;
    }
    let path = owner.part(kind, &name.text);
    let message = format!(
        "several objects have this identity; in the order of their age this one is marked \
        {DUPLICATE}=\"{count}\""
    );
    snapshot.note(NoteKind::Ambiguous, path, message);
    name.with(DUPLICATE, &count.to_string())
}
