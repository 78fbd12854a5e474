//! What names in issue data mean in the place that gets it.
//!
//! Invariant: a name has an id only if the place has exactly the object that is meant; visibility above all: a group or role that is not
//! there is never replaced by another one.

use std::collections::{HashMap, HashSet};

use super::{Issues, Meanings, Zone};
use crate::entity::Tables;
use crate::mapping::{Entrances, Names, Properties};
use crate::model::{Element, Name, Snapshot};
use crate::schema::{DUPLICATE, Schema};

/// An object by what its references say: the text, and what completes it.
type Key = (String, Vec<(String, String)>);

/// What names mean.
pub struct Target<'t> {
    pub(super) zone: Zone,
    names: Names,
    ids: HashMap<&'static str, HashMap<Key, String>>,
    /// Options by the id of their field.
    options: HashMap<(String, Key), String>,
    /// The same, whatever their context is called; nothing if several are called so.
    options_anywhere: HashMap<(String, Key), Option<String>>,
    /// The options of the first level by the id of their field and their text; nothing if several are called so.
    only: HashMap<(String, String), Option<String>>,
    keys: HashMap<String, String>,
    entrances: Entrances<'t>,
    /// The first keys of projects, by the keys that they have.
    original_keys: HashMap<String, String>,
    /// The keys of the projects whose new issues are nobody's.
    unassigned: HashSet<String>,
    settings: Properties,
}

impl<'t> Target<'t> {
    /// Reads what names mean in a configuration.
    pub fn new(tables: &'t Tables, zone: Zone) -> Self {
        let meanings = Meanings::new(tables, zone.clone());
        let names = Names::new(tables, &mut Snapshot::default());
        let mut ids: HashMap<&'static str, HashMap<Key, String>> = HashMap::new();
        for (kind, id, name) in names.everything() {
            let own = ids.entry(kind).or_default().entry(key(name)).or_insert_with(|| id.to_owned());
            // Of two objects of one name in parts of one name the oldest is meant.
            if own.parse::<u64>().ok() > id.parse().ok() {
                id.clone_into(own);
            }
        }
        let (mut options, mut options_anywhere, mut only) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (option, field, _) in names.options_of_fields() {
            if let Some(name) = meanings.option(option) {
                if name.get("parentOption").is_none() {
                    only.entry((field.to_owned(), name.text.clone()))
                        .and_modify(|own| *own = None)
                        .or_insert_with(|| Some(option.to_owned()));
                }
                options_anywhere
                    .entry((field.to_owned(), key(&name.without("context"))))
                    .and_modify(|own| *own = None)
                    .or_insert_with(|| Some(option.to_owned()));
                options.insert((field.to_owned(), key(&name)), option.to_owned());
            }
        }
        let keys = tables.rows("ApplicationUser").iter();
        let keys = keys
            .filter_map(|row| Some((row.text("lowerUserName")?.to_owned(), row.text("userKey")?.to_owned())));
        let projects = tables.rows("Project").iter();
        let original_keys = projects
            .filter_map(|row| Some((row.text("key")?.to_owned(), row.text("originalkey")?.to_owned())));
        let unassigned = tables.rows("Project").iter().filter(|row| row.text("assigneetype") == Some("3"));
        let unassigned = unassigned.filter_map(|row| Some(row.text("key")?.to_owned()));
        Self {
            zone,
            ids,
            options,
            options_anywhere,
            only,
            keys: keys.collect(),
            entrances: Entrances::new(tables),
            original_keys: original_keys.collect(),
            unassigned: unassigned.collect(),
            settings: Properties::new(tables),
            names,
        }
    }

    /// Returns the id of an object that a reference names.
    pub(super) fn id(&self, kind: &str, reference: &Element) -> Option<&str> {
        self.by_key(kind, &key(&name_of(reference)))
    }

    /// Returns the id of an object of a name.
    pub(super) fn named(&self, kind: &str, name: &Name) -> Option<&str> {
        self.by_key(kind, &key(name))
    }

    fn by_key(&self, kind: &str, key: &Key) -> Option<&str> {
        self.ids.get(kind)?.get(key).map(String::as_str)
    }

    /// Returns the id of a part of a project or scheme.
    pub(super) fn part(&self, kind: &str, reference: &Element, owner: (&'static str, &str)) -> Option<&str> {
        self.named(kind, &name_of(reference).with(owner.0, owner.1))
    }

    /// Returns the id of an option of a field. An import of a configuration keeps the name that a context has, so the option
    /// is also meant if it is the only one that is called so.
    pub(super) fn option(&self, field: &str, name: &Name) -> Option<&str> {
        let exactly = self.options.get(&(field.to_owned(), key(name)));
        let anywhere =
            || self.options_anywhere.get(&(field.to_owned(), key(&name.without("context"))))?.as_ref();
        exactly.or_else(anywhere).map(String::as_str)
    }

    /// Returns the option of the first level of a field, if only one is called so.
    pub(super) fn only_option(&self, field: &str, text: &str) -> Option<&str> {
        self.only.get(&(field.to_owned(), text.to_owned()))?.as_deref()
    }

    /// Returns the key of a user, if there is such an account.
    pub(super) fn user(&self, name: &str) -> Option<String> {
        let account = self.names.account(name)?;
        let lower = account.text.to_lowercase();
        Some(self.keys.get(&lower).cloned().unwrap_or(if self.keys.is_empty() {
            account.text
        } else {
            lower
        }))
    }

    /// Returns the name of a user as it is spelled, if there is such an account.
    pub(super) fn account(&self, name: &str) -> Option<String> {
        self.names.account(name).map(|own| own.text)
    }

    /// Returns whether a text is the key of a user, whatever the name of that user is.
    pub(super) fn is_key(&self, text: &str) -> bool {
        self.names.user(text).is_some_and(|own| own.text.to_lowercase() != text.to_lowercase())
    }

    /// Returns a group as it is spelled, if there is one.
    pub(super) fn group(&self, name: &str) -> Option<String> {
        self.names.known_group(name).map(|own| own.text)
    }

    /// Returns the type of a custom field.
    pub(super) fn field_type(&self, id: &str) -> Option<&str> {
        self.names.get("customField", id)?.get("type")
    }

    /// Returns the only custom field of a name, and its id.
    pub(super) fn field_called(&self, name: &str) -> Option<&str> {
        let mut all = self.names.all("customField").filter(|(_, own)| own.text == name);
        let (id, _) = all.next()?;
        all.next().is_none().then_some(id)
    }

    /// Returns the oldest custom field of a type.
    pub(super) fn field_of_type(&self, ty: &str) -> Option<&str> {
        let all = self.names.all("customField").filter(|(_, own)| own.get("type") == Some(ty));
        all.map(|(id, _)| id).min_by_key(|id| id.parse::<u64>().unwrap_or(u64::MAX))
    }

    /// Returns the type of links of a style.
    pub(super) fn link_of_style(&self, style: &str) -> Option<&str> {
        let all = self.names.all("issueLink").filter(|(_, own)| own.get("style") == Some(style));
        all.map(|(id, _)| id).min_by_key(|id| id.parse::<u64>().unwrap_or(u64::MAX))
    }

    /// Returns the id of a board that a sprint names.
    pub fn board(&self, reference: &Element) -> Option<&str> {
        self.id("scrumKanbanBoard", reference)
    }

    /// Returns the number of the field that holds ranks.
    pub fn rank_field(&self) -> Option<&str> {
        self.field_of_type("com.pyxis.greenhopper.jira:gh-lexo-rank")
    }

    /// Returns the id of a project.
    pub fn project(&self, key: &str) -> Option<&str> {
        self.named("project", &Name::plain(key))
    }

    /// Returns the first key that a project had, where that is stored.
    pub fn original_key(&self, key: &str) -> Option<&str> {
        self.original_keys.get(key).map(String::as_str)
    }

    /// Returns whether the new issues of a project would be nobody's, and this Jira says that every issue is somebody's.
    pub fn misses_assignee(&self, project: &str) -> bool {
        self.unassigned.contains(project) && self.is_off("jira.option.allowunassigned")
    }

    /// Returns whether this Jira says that it has no sub-tasks.
    pub fn has_no_subtasks(&self) -> bool {
        self.is_off("jira.option.allowsubtasks")
    }

    /// Returns whether users are made elsewhere than in this Jira.
    pub fn has_users_of_others(&self) -> bool {
        self.settings.setting("jira.option.user.externalmanagement") == Some("1")
    }

    /// Returns whether a setting is switched off; where nothing is said, Jira's default depends on its version.
    fn is_off(&self, setting: &str) -> bool {
        self.settings.setting(setting) == Some("0")
    }

    /// Returns the workflow and the step in which a new issue stands.
    pub(super) fn step(&mut self, project: &str, ty: &str, status: &str) -> (&'t str, Option<String>) {
        self.entrances.step(project, ty, status)
    }
}

/// The ids of issues by their keys.
#[derive(Debug, Default)]
pub struct Keys(HashMap<String, u64>);

impl Keys {
    /// Adds all issues of a place.
    pub fn add_all(&mut self, issues: &Issues, meanings: &Meanings) {
        for stand in issues.all() {
            if let Some(key) = meanings.key(issues, stand) {
                self.0.insert(key, stand.id());
            }
        }
    }

    /// Adds an issue.
    pub fn add(&mut self, key: String, id: u64) {
        self.0.insert(key, id);
    }

    /// Returns the id of an issue.
    pub fn id(&self, key: &str) -> Option<u64> {
        self.0.get(key).copied()
    }
}

fn key(name: &Name) -> Key {
    let own = name.attributes.iter().map(|(label, value)| ((*label).to_owned(), value.clone()));
    let mut own: Vec<(String, String)> = own.filter(|(_, value)| !value.is_empty()).collect();
    own.sort();
    (name.text.clone(), own)
}

/// Returns what a reference names: all of its attributes but those that say more than what is meant.
fn name_of(reference: &Element) -> Name {
    const IDENTITY: [&str; 11] = [
        "author",
        "context",
        "mainFilter",
        "parentOption",
        "project",
        "scheme",
        "style",
        "subtask",
        "type",
        DUPLICATE,
        "board",
    ];
    let ty = Schema::get().type_of(reference.declaration);
    let mut name = Name::plain(reference.text());
    for (number, value) in &reference.attributes {
        let label = &ty.attributes[usize::from(*number)].name;
        if let Some(label) = IDENTITY.iter().find(|own| *own == label) {
            name = name.with(label, value);
        }
    }
    name
}
