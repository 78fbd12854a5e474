//! A plan in a file: reviewed today, applied tomorrow, and exactly that.
//!
//! Pure. It holds the rows with what they were before and will be after, and for every object that the plan was made from a
//! fingerprint of before and after: whoever applies it knows which of them has changed since. Invariant: the same import of
//! the same target gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Import;
use crate::entity::{EntityId, Row, RowChange};
use crate::mapping;
use crate::model::{Identity, Snapshot};
use crate::plan::{Description, fingerprint};
use crate::schema::Schema;

pub use crate::plan::sha256;

/// The version of the form.
const VERSION: u32 = 1;

/// A plan in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedPlan {
    /// The version of the form.
    pub version: u32,
    /// The configuration file that it was made from.
    pub file: File,
    /// The instance that it was made for.
    pub target: Target,
    /// The plan in words, for those who review it; who applies it does not look at it.
    #[serde(skip_deserializing)]
    pub plan: Option<Description>,
    /// The keys of the projects that are imported.
    pub projects: Vec<String>,
    /// The objects that the plan was made from.
    objects: Vec<SavedObject>,
    /// The rows to change.
    rows: Vec<SavedRow>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The version and build of Jira.
    pub jira: Option<String>,
    /// A SHA-256 of the whole configuration.
    pub sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedObject {
    kind: String,
    name: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedRow {
    table: String,
    before: Option<BTreeMap<String, String>>,
    after: Option<BTreeMap<String, String>>,
}

/// Why a file is no plan that can be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// It is not in the form of a plan.
    #[error("it is not in the form of a saved plan: {0}")]
    Form(String),
    /// A newer version of pcfg has written it.
    #[error("it has version {0} of the form, and this version of pcfg knows version {VERSION}")]
    Version(u32),
    /// It names what there is not.
    #[error("there is no table or column {0}")]
    Unknown(String),
}

impl SavedPlan {
    /// Returns an import as it is saved.
    pub fn new(import: &Import, file: File, jira: Option<String>, now: &Snapshot, after: &Snapshot) -> Self {
        let steps = import.plan.steps.iter().map(|step| &step.identity);
        let held = import.plan.held_back.iter().map(|own| &own.identity);
        let identities: BTreeSet<&Identity> = steps.chain(&import.plan.unchanged).chain(held).collect();
        let hash = |snapshot: &Snapshot, identity: &Identity| {
            snapshot.objects.get(identity).map(|object| fingerprint(&object.element))
        };
        let objects = identities.into_iter().map(|identity| SavedObject {
            kind: kind_of(identity),
            name: identity.to_string(),
            before: hash(now, identity),
            after: hash(after, identity),
        });
        let rows = import.changes.iter().map(|change| SavedRow {
            table: change.entity().entity().name.to_owned(),
            before: change.before.as_ref().map(values),
            after: change.after.as_ref().map(values),
        });
        Self {
            version: VERSION,
            file,
            target: Target { jira, sha256: configuration(now) },
            plan: Some(import.plan.describe()),
            projects: import.plan.projects.iter().cloned().collect(),
            objects: objects.collect(),
            rows: rows.collect(),
        }
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

    /// Returns the changes of rows.
    pub fn changes(&self) -> Result<Vec<RowChange>, SavedError> {
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
        let in_words = |kind: &str| match Schema::get().kind_named(kind) {
            Some(kind) => Schema::get().kind(kind).in_words(),
            None => kind.to_owned(),
        };
        let differing = self.objects.iter().filter(differs);
        differing.map(|own| format!("{} `{}`", in_words(&own.kind), own.name)).collect()
    }
}

impl Import {
    /// Returns the configuration as it will be.
    pub fn after(&self, tables: &crate::entity::Tables) -> Snapshot {
        let mut changed = tables.clone();
        changed.apply(&self.changes).expect("the writer started from these very rows");
        mapping::read(&changed)
    }
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
