//! What the user of an import chooses.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::Deserialize;

use crate::entity::Move;
use crate::model::Identity;
use crate::schema::{KindId, Schema};

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What to leave out.
    pub skip: Vec<Selector>,
    /// What alone to import, with what it needs; empty for everything.
    pub only: Vec<Selector>,
    /// Which objects match others than those of their own identity.
    pub mapping: Mapping,
    /// Whether existing users and the members of existing groups may be changed.
    pub update_users: bool,
    /// Whether to create the projects that contexts and shares name and that neither the file nor the target has.
    pub create_extra_projects: bool,
    /// Whether contexts of custom fields are the same if they hold for the same projects, and other projects keep theirs.
    pub smart_contexts: bool,
    /// Whether objects that are there stay as they are, whatever the file says, but those that it creates; a field gets the contexts of the
    /// imported projects all the same.
    pub keeps_existing: bool,
    /// Whether the drafts of the file take the place of what they were made from.
    pub publish_drafts: bool,
}

impl Options {
    /// Returns whether a setting that names this object is to be imported.
    pub(super) fn includes_setting(&self, named: &Identity) -> bool {
        let is_chosen = |only: &Selector| only.name.is_none() && only.selects(named);
        (self.only.is_empty() || self.only.iter().any(is_chosen))
            && !self.skip.iter().any(|skip| skip.selects(named))
            && self.mapping.get(named) != Some(&Target::Skip)
    }
}

/// Objects, as a user names them: `KIND` or `KIND:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    kind: String,
    name: Option<String>,
}

impl Selector {
    /// Reads a selector; an unknown kind is an error that names the near ones.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once(':') {
            Some((kind, name)) => (kind, Some(name.to_owned())),
            None => (text, None),
        };
        let schema = Schema::get();
        let is_global = |id: &KindId| schema.kind(*id).within.is_empty();
        let called: Vec<KindId> = schema.kinds_called(kind).into_iter().filter(is_global).collect();
        match called[..] {
            [] => {}
            [id] => return Ok(Self { kind: schema.kind(id).name.clone(), name }),
            ref several => {
                let all: Vec<&str> = several.iter().map(|id| schema.kind(*id).name.as_str()).collect();
                return Err(format!("`{kind}` is the beginning of several kinds: {}", all.join(", ")));
            }
        }
        let global = || schema.kinds().filter(|(id, _)| is_global(id)).map(|(_, kind)| kind);
        let names = global().flat_map(|kind| [kind.name.as_str(), kind.words.as_str()]);
        let hint = crate::model::near(kind, names).unwrap_or_else(|| {
            let all: Vec<&str> = global().map(|kind| kind.words.as_str()).collect();
            format!("it is one of {}", all.join(", "))
        });
        Err(format!("there is no kind of object `{kind}`; {hint}"))
    }

    /// Returns the name of the one object, if it is not a whole kind.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns whether an object is of the kind that it names.
    pub fn is_of_kind(&self, identity: &Identity) -> bool {
        Schema::get().kind(identity.kind).name == self.kind
    }

    /// Returns whether it names an object.
    pub fn selects(&self, identity: &Identity) -> bool {
        self.is_of_kind(identity)
            && self
                .name
                .as_ref()
                .is_none_or(|name| name == identity.name() || *name == identity.numbered_name())
    }
}

/// As the user writes it.
impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.kind)?;
        self.name.iter().try_for_each(|name| write!(out, ":{name}"))
    }
}

/// A mapping file: kind, name in the file, and what it is in the target.
///
/// ```toml
/// [status]
/// "Done" = { match = "Closed" }
/// "Review" = { create = "Code Review" }
///
/// [customField]
/// "Severity" = "skip"
///
/// [statusMigration."My workflow".Bug]
/// "In QA" = "Open"
///
/// [typeMigration]
/// "Defect" = "Bug"
///
/// [typeMigration.DEMO]
/// "Defect" = "Task"
/// ```
///
/// Of several objects of one name the second is `"Severity (duplicate 2)"`, as in all messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// As it was written.
    text: String,
    entries: BTreeMap<(String, String), Target>,
    /// By workflow, issue type and status, as the target calls them: the status that issues get which cannot keep theirs.
    statuses: BTreeMap<(String, String, String), String>,
    /// By project, if it is not for all of them, and issue type: the issue type that issues get whose project loses theirs.
    types: BTreeMap<(Option<String>, String), String>,
}

/// The table of a mapping file that says which status issues get.
const STATUSES: &str = "statusMigration";

/// The table of a mapping file that says which issue type issues get.
const TYPES: &str = "typeMigration";

/// What a line of that table says: an issue type of all projects, or those of one project.
#[derive(Deserialize)]
#[serde(untagged)]
enum TypesOf {
    All(String),
    Project(BTreeMap<String, String>),
}

/// What an object of the file is in the target.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// An existing object of another name; further fields of the identity follow the file's.
    Match(String),
    /// A new object of another name.
    Create(String),
    /// An existing object of another name, which gets the name that the file has.
    Rename(String),
    /// Nothing.
    Skip,
}

impl Target {
    /// Returns whether objects of a kind can get another name.
    pub fn can_rename(kind: KindId) -> bool {
        !Schema::get().kind(kind).is_never_renamed
    }
}

/// Why a mapping file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It is not TOML of the right form.
    #[error("{0}")]
    Form(String),
    /// It names a kind of object that there is not.
    #[error("{0}")]
    Kind(String),
}

impl Mapping {
    /// Reads a mapping file.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        type Kinds = BTreeMap<String, BTreeMap<String, Target>>;
        type Statuses = BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>;
        let form = |error: toml::de::Error| MapError::Form(error.to_string());
        let mut root: toml::Table = toml::from_str(text).map_err(form)?;
        let (of_statuses, of_types) = (root.remove(STATUSES), root.remove(TYPES));
        let kinds: Kinds = match (&of_statuses, &of_types) {
            // An error in a text has a place.
            (None, None) => toml::from_str(text).map_err(form)?,
            _ => root.try_into().map_err(form)?,
        };
        let mut mapping = Self { text: text.to_owned(), ..Self::default() };
        for (kind, names) in kinds {
            // A kind has the name that the schema gives it, whatever the file calls it.
            let kind = Selector::parse(&kind).map_err(MapError::Kind)?.kind;
            let is_fixed = Schema::get().kind_named(&kind).is_some_and(|kind| !Target::can_rename(kind));
            if is_fixed && names.values().any(|target| matches!(target, Target::Rename(_))) {
                return Err(MapError::Kind(format!(
                    "only Jira itself can rename a {kind}: its name stands in issues, comments and queries"
                )));
            }
            mapping.entries.extend(names.into_iter().map(|(name, target)| ((kind.clone(), name), target)));
        }
        let statuses: Option<Statuses> = of_statuses.map(toml::Value::try_into).transpose().map_err(|error| {
            MapError::Form(format!(
                "[{STATUSES}] is wrong: {error}it has the form [{STATUSES}.\"My workflow\".Bug], and below that lines such as \"In QA\" = \"Open\""
            ))
        })?;
        for (workflow, types) in statuses.unwrap_or_default() {
            for (issue_type, own) in types {
                let key = |status| (workflow.clone(), issue_type.clone(), status);
                mapping.statuses.extend(own.into_iter().map(|(status, new)| (key(status), new)));
            }
        }
        let types: Option<BTreeMap<String, TypesOf>> =
            of_types.map(toml::Value::try_into).transpose().map_err(|_| {
                MapError::Form(format!(
                    "[{TYPES}] is wrong: it has lines such as \"Defect\" = \"Bug\" for all projects, and [{TYPES}.KEY] with such lines for one"
                ))
            })?;
        for (name, own) in types.unwrap_or_default() {
            match own {
                TypesOf::All(new) => drop(mapping.types.insert((None, name), new)),
                TypesOf::Project(own) => {
                    let own = own.into_iter().map(|(old, new)| ((Some(name.clone()), old), new));
                    mapping.types.extend(own);
                }
            }
        }
        Ok(mapping)
    }

    /// Returns the text of the mapping file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the issue type that issues of a project get which loses theirs.
    pub fn issue_type(&self, project: &str, issue_type: &str) -> Option<&str> {
        let of = |project: Option<&str>| {
            self.types.get(&(project.map(str::to_owned), issue_type.to_owned())).map(String::as_str)
        };
        of(Some(project)).or_else(|| of(None))
    }

    /// Returns the issue types of the mapping that are used by nobody: project, if it is for one, and issue type.
    pub fn unused_types(&self, used: impl Fn(Option<&str>, &str) -> bool) -> Vec<&(Option<String>, String)> {
        self.types.keys().filter(|(project, ty)| !used(project.as_deref(), ty)).collect()
    }

    /// Returns the status that issues get which run by a workflow that does not have theirs.
    pub fn status(&self, workflow: &str, issue_type: &str, status: &str) -> Option<&str> {
        let key = (workflow.to_owned(), issue_type.to_owned(), status.to_owned());
        self.statuses.get(&key).map(String::as_str)
    }

    /// Returns the statuses of the mapping that none of these moves uses: workflow, issue type and status.
    pub fn unused_statuses<'a>(
        &self,
        moves: impl Iterator<Item = &'a Move>,
    ) -> impl Iterator<Item = &(String, String, String)> {
        let used: HashSet<[&str; 3]> =
            moves.map(|own| [own.workflow.as_str(), own.type_name(), own.status_name.as_str()]).collect();
        let is_used = move |(workflow, issue_type, status): &(String, String, String)| {
            used.contains(&[workflow.as_str(), issue_type.as_str(), status.as_str()])
        };
        self.statuses.keys().filter(move |own| !is_used(own))
    }

    /// Returns the objects to rename: the kind, the name that the file has, and the name in the target.
    pub fn renames(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.entries.iter().filter_map(|((kind, new), target)| match target {
            Target::Rename(old) => Some((kind.as_str(), new.as_str(), old.as_str())),
            _ => None,
        })
    }

    /// Says what an object is to be, unless that is said already.
    pub(super) fn add(&mut self, object: &Identity, target: Target) {
        let kind = Schema::get().kind(object.kind).name.clone();
        let name =
            if object.is_numbered() { object.numbered_name().into_owned() } else { object.name().to_owned() };
        self.entries.entry((kind, name)).or_insert(target);
    }

    /// Returns whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.statuses.is_empty() && self.types.is_empty()
    }

    /// Returns what an object of the file is to be. Of several objects of one name, what the name alone says is meant of the first,
    /// unless it leaves them out.
    pub fn get(&self, identity: &Identity) -> Option<&Target> {
        let kind = &Schema::get().kind(identity.kind).name;
        let entry = |name: &str| self.entries.get(&(kind.clone(), name.to_owned()));
        match identity.is_numbered() {
            true => entry(&identity.numbered_name())
                .or_else(|| entry(identity.name()).filter(|own| **own == Target::Skip)),
            false => entry(identity.name()),
        }
    }

    /// Returns the entries that mean none of these objects.
    pub fn unused<'a>(
        &self,
        objects: impl Iterator<Item = &'a Identity>,
    ) -> impl Iterator<Item = &(String, String)> {
        let mut meant: HashSet<(&str, Cow<'a, str>)> = HashSet::new();
        for own in objects {
            let kind = Schema::get().kind(own.kind).name.as_str();
            meant.insert((kind, Cow::Borrowed(own.name())));
            meant.insert((kind, own.numbered_name()));
        }
        self.entries.keys().filter(move |(kind, name)| !meant.contains(&(kind.as_str(), Cow::Borrowed(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry is in vain only if it means nothing: the second of a name is meant by its number.
    #[test]
    fn what_is_named_in_vain_is_known() {
        let text = "[status]\nOpen = \"skip\"\n\"Open (duplicate 2)\" = \"skip\"\n\"Open (duplicate 3)\" = \"skip\"\n\
            [priority]\nOpen = \"skip\"\n";
        let mapping = Mapping::parse(text).unwrap();
        let status = Schema::get().kind_named("status").unwrap();
        let objects = ["Open", "Open (duplicate 2)"].map(|name| Identity::named(status, "").called(name));
        let unused: Vec<_> =
            mapping.unused(objects.iter()).map(|(kind, name)| (kind.as_str(), name.as_str())).collect();
        assert_eq!(unused, [("priority", "Open"), ("status", "Open (duplicate 3)")]);
    }
}
