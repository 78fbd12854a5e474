//! What is to be read of an instance, and what was.
//!
//! Invariant: reading is complete, or says what the place cannot show (`snapshot.unseen`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ReadError, bound, tried};
use crate::entity::{Row, Tables};
use crate::import::{Place, Seen};
use crate::mapping::Properties;
use crate::model::{Abilities, Facts, Identity, NoteKind, Snapshot};
use crate::select;

/// The time zone of the times that a place stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KnownZone {
    /// They are told in UTC.
    Utc,
    /// They are told in the time zone of that name.
    Named(String),
    /// Nothing says it.
    #[default]
    Unknown,
}

/// What is to be read, over and above the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scope {
    /// Whether to find out in which custom fields the issues of each project have values.
    pub field_values: bool,
    /// Whether to find out which parts of the configuration issues hold on to: statuses, options, versions, components,
    /// security levels.
    pub usage: bool,
}

/// What is enough to be read of a place where each thing costs a request of its own.
#[derive(Clone, Default)]
pub enum Wanted {
    /// Everything.
    #[default]
    All,
    /// What an export would hold, and what somebody looks at, with everything that these refer to. What is there besides may be
    /// read by its name alone: the rest of it is unseen, as something that was not asked for.
    Of(Box<select::Options>, Arc<Look>),
}

/// Says what somebody looks at, of what is known by then by its names.
pub type Look = dyn Fn(&Snapshot) -> LookedAt + Send + Sync;

/// What somebody looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedAt {
    /// These objects, whether they are there or not.
    Objects(Vec<Identity>),
    /// Everything.
    All,
}

impl Wanted {
    /// What an export holds.
    pub fn export(options: &select::Options) -> Self {
        Self::Of(Box::new(options.clone()), Arc::new(|_| LookedAt::Objects(Vec::new())))
    }

    /// What somebody looks at.
    pub fn looks(look: impl Fn(&Snapshot) -> LookedAt + Send + Sync + 'static) -> Self {
        Self::Of(Box::new(select::Options::nothing()), Arc::new(look))
    }

    /// Returns what somebody looks at.
    pub(super) fn looked_at(&self, snapshot: &Snapshot) -> LookedAt {
        match self {
            Self::All => LookedAt::All,
            Self::Of(_, look) => look(snapshot),
        }
    }
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => out.write_str("All"),
            Self::Of(options, _) => out.debug_tuple("Of").field(options).finish_non_exhaustive(),
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The configuration.
    pub snapshot: Snapshot,
    /// The rows that it was made of, if it is changed by rows.
    pub tables: Tables,
    /// What works out what would be done there; nothing if that is the rows.
    pub place: Option<Arc<dyn Place>>,
    /// What is known of the instance beside its configuration; nothing if the rows say it.
    pub facts: Option<Facts>,
    /// What can be done there, as far as it is not everything.
    pub abilities: Abilities,
    /// The version and build of Jira, as `9.12.4 (912004)`, where the data says it.
    pub version: Option<String>,
    /// What Jira calls its server id, where the data says it: copies of an instance share it.
    pub server: Option<String>,
    /// The random id of an embedded instance: copies of the file share it, and nothing else does.
    pub id: Option<String>,
    /// How many rows each table holds, also those that are no configuration.
    pub rows: BTreeMap<String, u64>,
    /// How many issues there are, where the place knows without counting them.
    pub issues: Option<u64>,
    /// What is odd about the data, one sentence each.
    pub warnings: Vec<String>,
    /// How it was read, one sentence each, where there are several ways.
    pub notes: Vec<String>,
    /// The time zone of its times.
    pub zone: KnownZone,
    /// When a backup was written, in the words and the time zone of its server.
    pub exported: Option<String>,
}

impl Reading {
    /// Makes the objects of rows; the version is what the rows say, or else what the place says.
    pub(super) fn of(
        mut tables: Tables,
        rows: BTreeMap<String, u64>,
        version: Option<String>,
        build: Option<String>,
    ) -> Self {
        let repeated = tables.sort();
        let one = |row: &Row| {
            let (entity, id) = (row.entity().entity().name, row.id());
            format!("there is a second {entity} row with the id {id}; it was left out")
        };
        let mut warnings = bound::told(repeated.iter().map(one), |more| {
            format!("{more} more rows have an id that another row of their table has; they were left out")
        });
        let properties = Properties::new(&tables);
        let setting = |key| properties.setting(key).map(str::to_owned);
        let server = setting("jira.sid.key");
        let version = setting("jira.version").or(version);
        let build = setting("jira.version.patched").or(build);
        let version = match (version, build) {
            (Some(version), Some(build)) => Some(format!("{version} ({build})")),
            (Some(version), None) => Some(version),
            (None, Some(build)) => Some(format!("build {build}")),
            (None, None) => None,
        };
        warnings.extend(version.as_deref().and_then(tried::untried));
        let snapshot = crate::mapping::read(&tables);
        warnings.extend(snapshot.unlisted().map(|(kind, more)| {
            let what = match kind {
                NoteKind::Untranslated => "ids that have no name",
                NoteKind::Ambiguous => "objects that have the same identity as another",
                NoteKind::Unreadable => "parts that cannot be read",
                NoteKind::Misfit => "values that do not fit",
                NoteKind::Dangling => "dangling references",
            };
            format!("{more} more {what} are not listed")
        }));
        let issues = Some(rows.get("Issue").copied().unwrap_or(0));
        let zone = Properties::new(&tables).setting("jvm.system.timezone").map(str::to_owned);
        let zone = zone.map_or(KnownZone::Unknown, KnownZone::Named);
        Self { zone, snapshot, tables, version, server, rows, issues, warnings, ..Self::default() }
    }
}

impl Seen for Reading {
    fn place(&self) -> &dyn Place {
        Reading::place(self)
    }

    fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn facts(&self) -> Cow<'_, Facts> {
        Reading::facts(self)
    }
}

impl Reading {
    /// Returns what works out what an import or the way back would do.
    pub fn place(&self) -> &dyn Place {
        self.place.as_deref().unwrap_or(&self.tables)
    }

    /// Returns what is known of the instance beside its configuration.
    pub fn facts(&self) -> Cow<'_, Facts> {
        match &self.facts {
            Some(facts) => Cow::Borrowed(facts),
            None => {
                let facts = crate::mapping::facts(&self.tables, &self.snapshot);
                Cow::Owned(Facts { abilities: self.abilities.clone(), ..facts })
            }
        }
    }

    /// Returns the warning of a version that nobody has tried, which is one of [`Self::warnings`].
    pub fn untried(&self) -> Option<String> {
        self.version.as_deref().and_then(tried::untried)
    }
}

/// Told how far reading has come: bytes done, and bytes in all.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// A place where a configuration lives.
pub trait Instance {
    /// Says what is enough. Files and databases, which are read as a whole, do not care.
    fn want(&mut self, _wanted: Wanted) {}

    /// Reads the configuration of the whole instance.
    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError>;
}
