//! A plan in a file: reviewed today, applied tomorrow, and exactly that.
//!
//! Pure. It holds the plan in words, the rows with what they were before and will be after or the calls with what takes them
//! back, and for every object that the plan was made from a fingerprint of before and after: whoever applies it knows which of
//! them has changed since. The words are those that this work comes to, so that they can be proved again. Invariant: the same
//! import of the same target gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::made_from::{MadeFrom, Origin};
use super::{Call, Import, Place, Streamed, Work};
use crate::entity::{EntityId, Move, Row, RowChange};
use crate::model::{Config, Identity, Snapshot, escaped_json};
use crate::plan::{DescribedStep, Description, Options, fingerprint, in_words};
use crate::schema::Schema;

pub use crate::plan::sha256;

/// What the schema calls a project.
const PROJECT: &str = "project";

/// The version of the form.
const VERSION: u32 = 2;

/// A plan in a file.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// The version of the form.
    pub version: u32,
    /// The configuration file that it was made from.
    pub file: File,
    /// The options of the import that made it, as words, for whoever makes it anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The mapping file that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<File>,
    /// The issues that come after it, where the file is that of a complete project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<SavedIssues>,
    /// The instance that it was made for.
    pub target: Target,
    /// The plan in words, for those who review it; who applies it proves that they are true.
    #[cfg_attr(test, schemars(with = "Description"))]
    plan: Words,
    /// The keys of the projects that are imported.
    pub projects: Vec<String>,
    /// The objects that the plan was made from.
    objects: Vec<SavedObject>,
    /// The rows to change.
    rows: Vec<SavedRow>,
    /// The calls to make, in an instance that is changed by calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Call>,
    /// What tells the rows that are too many for a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    streamed: Option<Streamed>,
    /// What it was made from; without it nobody can prove the plan.
    #[serde(default)]
    pub(super) made_from: Option<MadeFrom>,
    /// The issues to move, as they were counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) moves: Vec<Move>,
    /// A SHA-256 of all the rest, which shows a change of what does not follow from the rows.
    seal: String,
}

/// A plan in words.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words {
    /// As it was made.
    Made(Box<Description>),
    /// As a file has it: nobody knows yet whether it is true.
    Read(Value),
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::Read)
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "ConfigurationFile"))]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// The issues of a complete project, which are imported after its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SavedIssues {
    /// The archive that they are in.
    pub archive: String,
    /// A SHA-256 that means this archive and no other.
    pub sha256: String,
    /// The options for them, as words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What is done with them, as `pcfg import --simulate --format json` says it.
    pub data: Value,
}

/// An instance: where it is, and what tells it from another one that takes its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What it is: `backup`, `embedded` or `database`.
    pub kind: String,
    /// The whole path of the file, or the address of the database without its password.
    pub location: String,
    /// Jira's server id; copies of an instance share it.
    pub server: Option<String>,
    /// The random id of an embedded instance; copies of the file share it.
    pub id: Option<String>,
    /// The version and build of Jira.
    pub jira: Option<String>,
    /// A SHA-256 of the whole configuration.
    pub sha256: String,
}

/// An object that a plan was made from.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Fingerprint"))]
#[serde(deny_unknown_fields)]
struct SavedObject {
    /// The kind of object.
    kind: String,
    /// Its name, with all of its identity.
    name: String,
    /// A fingerprint of what it is before; `null` where it is not there.
    before: Option<String>,
    /// A fingerprint of what it is after; `null` where it is not there.
    after: Option<String>,
}

/// A row that changes.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Row"))]
#[serde(deny_unknown_fields)]
struct SavedRow {
    /// Its table.
    table: String,
    /// Its values before; `null` where it is not there.
    before: Option<BTreeMap<String, String>>,
    /// Its values after; `null` where it is not there.
    after: Option<BTreeMap<String, String>>,
}

/// Why a file is no plan that can be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is not in the form of a plan.
    #[error("it is not a saved plan: {0}")]
    Form(String),
    /// A newer version of pcfg has written it.
    #[error("its format has version {0}, but this version of pcfg reads version {VERSION}")]
    Version(u32),
    /// It names what there is not.
    #[error("there is no table or column {0}")]
    Unknown(String),
}

impl SavedPlan {
    /// Returns an import as it is saved.
    ///
    /// # Panics
    ///
    /// If the import was prepared for another place.
    pub fn new(
        import: &Import,
        origin: &Origin<'_>,
        target: Target,
        place: &dyn Place,
        now: &Snapshot,
    ) -> Self {
        let projects: Vec<String> = import.plan.projects.iter().cloned().collect();
        let done =
            place.preview(now, &import.work, &projects).expect("the work was made for this very place");
        let after = &done.after;
        let steps = import.plan.steps.iter().map(|step| &step.identity);
        let former = import.plan.steps.iter().filter_map(|step| Some(&step.renaming.as_ref()?.old));
        let held = import.plan.held_back.iter().map(|own| &own.identity);
        let own = own_projects(&projects);
        let identities: BTreeSet<&Identity> =
            steps.chain(former).chain(&import.plan.unchanged).chain(held).chain(&own).collect();
        let hash = |snapshot: &Snapshot, identity: &Identity| {
            snapshot.objects.get(identity).map(|object| fingerprint(&object.element))
        };
        let objects = identities.into_iter().map(|identity| SavedObject {
            kind: kind_of(identity),
            name: identity.to_string(),
            before: hash(now, identity),
            after: hash(after, identity),
        });
        let rows = import.work.rows().iter().map(|change| SavedRow {
            table: change.entity().entity().name.to_owned(),
            before: change.before.as_ref().map(values),
            after: change.after.as_ref().map(values),
        });
        let mut saved = Self {
            version: VERSION,
            file: File { name: origin.name.to_owned(), sha256: sha256(origin.bytes) },
            options: Vec::new(),
            map: None,
            issues: None,
            target: Target { sha256: configuration(now), ..target },
            plan: Words::Made(Box::new(words(import, done.plan))),
            projects,
            objects: objects.collect(),
            rows: rows.collect(),
            calls: import.work.calls().to_vec(),
            streamed: match &import.work {
                Work::Streamed(streamed) => Some(streamed.clone()),
                Work::Rows(_) | Work::Calls(_) => None,
            },
            made_from: Some(MadeFrom::new(origin)),
            moves: import.plan.moves.clone(),
            seal: String::new(),
        };
        saved.seal = saved.sum();
        saved
    }

    /// Says by which options it was made, in words.
    #[must_use]
    pub fn made(mut self, options: Vec<String>) -> Self {
        self.options = options;
        self.seal = self.sum();
        self
    }

    /// Says by which mapping file it was made.
    #[must_use]
    pub fn mapped(mut self, map: Option<File>) -> Self {
        self.map = map;
        self.seal = self.sum();
        self
    }

    /// Says which issues come after it.
    #[must_use]
    pub fn with_issues(mut self, issues: Option<SavedIssues>) -> Self {
        self.issues = issues;
        self.seal = self.sum();
        self
    }

    /// Returns the configuration that it was made from, and how that is imported.
    pub fn origin(&self) -> Option<(Config, Options)> {
        self.made_from.as_ref()?.understood(&self.file.sha256)
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("plans have text keys only");
        // Whoever reviews it sees what it holds.
        let mut text = escaped_json(text);
        text.push('\n');
        text
    }

    /// Returns a checksum of all but the checksum itself, however the text is laid out.
    fn sum(&self) -> String {
        let mut value = serde_json::to_value(self).expect("plans have text keys only");
        if let Some(fields) = value.as_object_mut() {
            fields.remove("seal");
        }
        sha256(value.to_string().as_bytes())
    }

    /// Returns whether all is as it was saved.
    pub(super) fn is_sealed(&self) -> bool {
        self.seal == self.sum()
    }

    /// Returns the words of a plan that was read.
    pub(super) fn words(&self) -> &Value {
        match &self.plan {
            Words::Read(words) => words,
            Words::Made(_) => &Value::Null,
        }
    }

    /// Returns the steps of a plan that was read.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Value> {
        self.words()["steps"].as_array().into_iter().flatten()
    }

    /// Reads a saved plan.
    pub fn parse(text: &str) -> Result<Self, SavedError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let form = |error: serde_json::Error| SavedError::Form(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(form)?;
        if head.version != VERSION {
            return Err(SavedError::Version(head.version));
        }
        serde_json::from_str(text).map_err(form)
    }

    /// Returns what is to be done.
    pub fn work(&self) -> Result<Work, SavedError> {
        match (self.rows.is_empty(), self.calls.is_empty(), &self.streamed) {
            (_, true, None) => Ok(Work::Rows(self.changes()?)),
            (true, false, None) => Ok(Work::Calls(self.calls.clone())),
            (true, true, Some(streamed)) => Ok(Work::Streamed(streamed.clone())),
            _ => Err(SavedError::Form("it has work of several kinds".to_owned())),
        }
    }

    fn changes(&self) -> Result<Vec<RowChange>, SavedError> {
        let change = |own: &SavedRow| {
            let entity = EntityId::find(&own.table).ok_or_else(|| SavedError::Unknown(own.table.clone()))?;
            let row = |values: &Option<BTreeMap<String, String>>| {
                values.as_ref().map(|values| row(entity, values)).transpose()
            };
            let change = RowChange { before: row(&own.before)?, after: row(&own.after)? };
            match (&change.before, &change.after) {
                (None, None) => Err(SavedError::Form(format!("a change of {} has no row", own.table))),
                _ => Ok(change),
            }
        };
        self.rows.iter().map(change).collect()
    }

    /// Returns the projects that it calls imported although it was not made from them. Whoever adds one hides that the plan
    /// affects it.
    pub(super) fn unknown_projects(&self) -> Vec<&str> {
        let is_own = |key: &&String| self.objects.iter().any(|own| own.kind == PROJECT && own.name == **key);
        self.projects.iter().filter(|key| !is_own(key)).map(String::as_str).collect()
    }

    /// Returns the objects that are not as they were when the plan was made, in words.
    pub fn changed_since(&self, now: &Snapshot) -> Vec<String> {
        self.differing(now, |own| &own.before)
    }

    /// Returns the objects that are not as the plan wanted them, in words.
    pub fn missed(&self, now: &Snapshot) -> Vec<String> {
        self.differing(now, |own| &own.after)
    }

    fn differing(&self, now: &Snapshot, wanted: impl Fn(&SavedObject) -> &Option<String>) -> Vec<String> {
        let hashes: BTreeMap<(String, String), String> = now
            .objects
            .iter()
            .map(|(identity, object)| {
                ((kind_of(identity), identity.to_string()), fingerprint(&object.element))
            })
            .collect();
        let differs =
            |own: &&SavedObject| hashes.get(&(own.kind.clone(), own.name.clone())) != wanted(own).as_ref();
        let differing = self.objects.iter().filter(differs);
        differing.map(|own| format!("{} `{}`", in_words(&own.kind), own.name)).collect()
    }
}

/// Returns a plan in the words that its rows come to. They may say more than the plan of the import, such as the defaults that
/// Jira has for what a file leaves out; they never tell another object.
pub(super) fn words(import: &Import, mut words: Description) -> Description {
    let planned = import.plan.describe();
    let key = |step: &DescribedStep| (step.action, step.kind.clone(), step.name.clone());
    let mut warnings: BTreeMap<_, _> =
        planned.steps.into_iter().map(|step| (key(&step), step.warnings)).collect();
    for step in &mut words.steps {
        if let Some(warnings) = warnings.remove(&key(step)) {
            step.warnings = warnings;
        }
    }
    words.warnings = planned.warnings;
    words.refused = planned.refused;
    words.held_back = planned.held_back;
    words.issues = planned.issues;
    words.counts.issues = planned.counts.issues;
    words.counts.held_back = planned.counts.held_back;
    words.counts.unchanged = planned.counts.unchanged;
    words.counts.skipped = planned.counts.skipped;
    words.counts.refused = planned.counts.refused;
    words
}

/// Names the objects that projects are.
fn own_projects(keys: &[String]) -> Vec<Identity> {
    let kind = Schema::get().kind_named(PROJECT).expect("the schema has projects");
    keys.iter().map(|key| Identity::named(kind, key)).collect()
}

fn kind_of(identity: &Identity) -> String {
    Schema::get().kind(identity.kind).name.clone()
}

/// Returns a fingerprint of a whole configuration.
fn configuration(snapshot: &Snapshot) -> String {
    let mut lines: Vec<String> = snapshot
        .objects
        .iter()
        .map(|(identity, object)| {
            format!("{} {identity} {}\n", kind_of(identity), fingerprint(&object.element))
        })
        .chain(snapshot.settings.iter().map(|(_, setting)| format!("{}\n", fingerprint(setting))))
        .collect();
    lines.sort();
    sha256(lines.concat().as_bytes())
}

fn values(row: &Row) -> BTreeMap<String, String> {
    let attributes = row.entity().entity().attributes.iter();
    attributes.filter_map(|own| Some((own.name.to_owned(), row.get(own.name)?.to_owned()))).collect()
}

fn row(entity: EntityId, values: &BTreeMap<String, String>) -> Result<Row, SavedError> {
    let mut row = Row::new(entity);
    for (attribute, value) in values {
        let number = entity.entity().attribute(attribute);
        let number =
            number.ok_or_else(|| SavedError::Unknown(format!("{}.{attribute}", entity.entity().name)))?;
        row.set(number, value.as_str());
    }
    Ok(row)
}
