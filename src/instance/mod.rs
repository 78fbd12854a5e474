//! Places where a configuration lives, behind one trait.
//!
//! [`open`] is the only list of them. Invariant: reading is complete, or says what the place cannot show (`snapshot.unseen`).

mod address;
mod backup;
mod bound;
mod checked;
mod doors;
mod embedded;
mod finding;
mod journal;
mod kind;
mod live;
mod live_site;
mod location;
mod masked;
mod moved;
mod one_jira;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod proof;
mod remote;
mod tried;
mod two_doors;
mod verdict;
mod visit;
mod who;
mod word;
mod writable;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::live_site::LiveSite;
use self::two_doors::TwoDoors;
use self::visit::{Door, Visit};
use crate::entity::{Row, Tables};
use crate::import::{Place, Seen};
use crate::mapping::Properties;
use crate::model::{Abilities, Facts, Identity, NoteKind, Snapshot};
use crate::rest::{Failure, Manner};
use crate::select;

pub use address::{Address, Login, NoAddress, SslMode};
#[doc(hidden)]
pub use backup::read_bytes;
pub use backup::{Backup, Form, RawRow, RewriteError, Told};
pub use bound::TooMuch;
pub use checked::{Caller, Checked, Missing, check};
pub use doors::{Doors, Stored, Way};
pub use embedded::{Embedded, Loaded, said, take_lock_away};
pub use finding::{Checklist, Finding};
pub use kind::Kind;
pub use live::{Live, Rights, Task, abilities, by_hand, has_hands, workflows};
pub use location::{Location, RECORD};
pub use masked::{decoded, masked, without_password};
pub use one_jira::OneJira;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use remote::Remote;
pub use who::Who;
pub use word::shell_word;
pub use writable::{Basis, Entry, Journaled, Run, RunId, Watch, Withheld, Writable, WriteError};

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
    fn looked_at(&self, snapshot: &Snapshot) -> LookedAt {
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
}

impl Reading {
    /// Makes the objects of rows; the version is what the rows say, or else what the place says.
    fn of(
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
        Self { snapshot, tables, version, server, rows, issues, warnings, ..Self::default() }
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

/// Why an instance cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refuses.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is none that pcfg knows.
    #[error("{} is not a Jira backup: {why}", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// The file is a database, but no instance that this version of pcfg can open.
    #[error("{} is not an embedded instance: {why}", path.display())]
    NotAnInstance {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
        /// What to do.
        help: Option<String>,
    },
    /// The database of an embedded instance fails.
    #[error("cannot read {}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A database of Jira cannot be read.
    #[error("{message}")]
    Server {
        /// What is wrong.
        message: String,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
        /// What to do.
        help: Option<String>,
    },
    /// A live Jira does not answer.
    #[error("{failure}")]
    Live {
        /// Why.
        failure: Failure,
    },
    /// What it holds takes more memory than rows may take.
    #[error("cannot read {place}: {excess}")]
    TooMuch {
        /// The file, and the part of it if it is an archive; or the database.
        place: String,
        /// What takes too much.
        excess: TooMuch,
    },
    /// A live Jira cannot be read.
    #[error("{message}")]
    Remote {
        /// What is wrong.
        message: String,
        /// What was asked; may be empty.
        why: String,
        /// What to do.
        help: Vec<String>,
        /// Whether the same may succeed later.
        is_passing: bool,
    },
    /// This machine has no place for the journal of a live Jira.
    #[error("there is no folder for the journal of `{place}`: neither XDG_DATA_HOME nor HOME is set")]
    NoJournals {
        /// The place.
        place: String,
    },
    /// The record of a live Jira is not changed.
    #[error("`{place}` is the record of a live Jira, which is only read")]
    OnlyRead {
        /// The place.
        place: String,
    },
    /// This pcfg knows no live Jiras.
    #[error("this pcfg is built without live instances")]
    NoRest,
    /// A folder is no record of a live Jira.
    #[error("cannot use the record")]
    NoRecord(#[source] crate::rest::NoRecord),
    /// This pcfg knows no databases.
    #[error("this pcfg is built without databases")]
    NoDatabases,
    /// A part of an archive cannot be unpacked.
    #[error("cannot unpack {file}")]
    Damaged {
        /// The file, and the part of it.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The text of the file is not what Jira writes.
    #[error("{file}:{line}:{column}: {message}")]
    Malformed {
        /// The file, and the part of it if it is an archive.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The character in the line, from 1.
        column: u64,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl ReadError {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NotABackup { help, .. }
            | Self::NotAnInstance { help, .. }
            | Self::Server { help, .. }
            | Self::Malformed { help, .. } => help.as_deref(),
            Self::NoDatabases => {
                Some("build it with the feature `postgres`, or export an XML backup and name that")
            }
            Self::TooMuch { .. } => Some(
                "a Jira with 200,000 users in 20 groups each stays below that (docs/performance.md): it is \
                 damaged, or was made to exhaust memory; get it again from Jira",
            ),
            Self::Damaged { .. } => {
                Some("the archive is damaged: compare its size with that of the original and copy it again")
            }
            Self::Io { .. } | Self::Database { .. } | Self::Live { .. } => None,
            Self::OnlyRead { .. } => Some("see what an import would change: `--simulate`"),
            Self::NoJournals { .. } => Some("set HOME: without a journal nothing can be taken back"),
            Self::NoRest => Some("build it with the feature `rest`, or export an XML backup and name that"),
            Self::NoRecord(_) => Some("name the folder that `--record` has written: `-i record:FOLDER`"),
            Self::Remote { help, .. } => help.first().map(String::as_str),
        }
    }
}

/// Opens the instance at a location: an embedded one is told by the first bytes of the file.
pub fn open(location: impl Into<Location>) -> Result<Box<dyn Instance>, ReadError> {
    open_as(location, &Manner::default())
}

/// Opens the instance at a location; one that is asked over a network is asked in this manner.
pub fn open_as(location: impl Into<Location>, manner: &Manner) -> Result<Box<dyn Instance>, ReadError> {
    match location.into() {
        Location::Path(path) if Embedded::is_at(&path) => Ok(Box::new(Embedded::open(&path)?)),
        Location::Path(path) => Ok(Box::new(Backup::open(&path)?)),
        #[cfg(feature = "postgres")]
        Location::Database(address) => Ok(Box::new(Postgres::new(*address))),
        #[cfg(not(feature = "postgres"))]
        Location::Database(_) => Err(ReadError::NoDatabases),
        Location::Remote(remote) => Ok(Box::new(Visit::new(Door::Remote(remote), manner))),
        Location::Record(folder) => Ok(Box::new(Visit::new(Door::Record(folder), manner))),
        Location::Doors(doors) => Ok(Box::new(TwoDoors::new(*doors, manner))),
    }
}

/// Opens an instance that can be written.
///
/// A live Jira is asked in a manner, and has its journal in a folder of this machine.
pub fn open_writable_as(
    location: impl Into<Location>,
    manner: &Manner,
    journals: Option<&Path>,
) -> Result<Box<dyn Writable>, ReadError> {
    match location.into() {
        Location::Path(path) => Ok(Box::new(Embedded::open(&path)?)),
        #[cfg(feature = "postgres")]
        Location::Database(address) => Ok(Box::new(Postgres::new(*address))),
        #[cfg(not(feature = "postgres"))]
        Location::Database(_) => Err(ReadError::NoDatabases),
        Location::Remote(remote) => {
            let place = remote.site.to_string();
            let journals = journals.ok_or_else(|| ReadError::NoJournals { place: place.clone() })?;
            let journal = journals.join(live_site::journal_name(&place));
            let visit = Visit::new(Door::Remote(remote), manner);
            Ok(Box::new(LiveSite::new(Box::new(visit), journal, place)))
        }
        location @ Location::Record(_) => Err(ReadError::OnlyRead { place: location.to_string() }),
        // While Jira is stopped nobody answers at its other door.
        Location::Doors(doors) if doors.way != Way::Database => {
            let place = doors.remote.site.to_string();
            let journals = journals.ok_or_else(|| ReadError::NoJournals { place: place.clone() })?;
            let journal = journals.join(live_site::journal_name(&place));
            Ok(Box::new(LiveSite::new(Box::new(TwoDoors::new(*doors, manner)), journal, place)))
        }
        Location::Doors(doors) => open_writable_as(Location::from(doors.database), manner, journals),
    }
}

/// Opens an instance that can be written, and is asked over no network.
pub fn open_writable(location: impl Into<Location>) -> Result<Box<dyn Writable>, ReadError> {
    open_writable_as(location, &Manner::default(), None)
}
