//! Places where a configuration lives, behind one trait.
//!
//! [`location::Location`] says which place an address means; [`open`] and its like (to write, for issues) are one `match` over it each. Invariant: reading is complete, or says what the place cannot show (`snapshot.unseen`).

mod address;
mod backup;
mod bound;
mod checked;
mod doors;
mod embedded;
mod finding;
mod issue_data;
mod journal;
mod kept;
mod kind;
mod last_change;
mod live;
mod live_site;
mod location;
mod masked;
mod one_jira;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
mod proof;
mod read_error;
mod reading;
mod remote;
mod shell_word;
#[cfg(feature = "sync")]
mod single_issues;
mod tried;
mod two_doors;
mod verdict;
mod visit;
mod who;
mod writable;

use std::path::Path;

use self::live_site::LiveSite;
use self::two_doors::TwoDoors;
use self::visit::{Door, Visit};
use crate::rest::Manner;

pub use address::{Address, Login, NoAddress, SslMode};
pub use backup::{Backup, Form, RawRow, RewriteError, Told};
#[doc(hidden)]
pub use backup::{read_bytes, read_proved_bytes};
pub use bound::TooMuch;
pub use checked::{Caller, Checked, Missing, check};
pub use doors::{Doors, Stored, Way};
#[cfg(feature = "sync")]
pub use embedded::{Clock, EmbeddedIssues, Opening};
pub use embedded::{Embedded, Loaded, said, take_lock_away};
pub use finding::{Checklist, Finding};
pub use issue_data::{
    Chosen, Filling, Ground, IssueData, IssueGround, IssueSink, Keeps, OneIssue, Pass, Take, Tallies, Whole,
};
pub use kind::Kind;
#[cfg(feature = "sync")]
pub use live::LiveIssues;
pub use live::{Live, Rights, Task, abilities, by_hand, has_hands, workflows};
pub use location::{Location, RECORD};
pub use masked::{decoded, masked, without_password};
pub use one_jira::OneJira;
#[cfg(feature = "postgres")]
pub use postgres::Postgres;
pub use read_error::ReadError;
pub use reading::{Instance, KnownZone, Look, LookedAt, Progress, Reading, Scope, Wanted};
pub use remote::Remote;
pub use shell_word::shell_word;
pub use who::Who;
pub use writable::{Basis, Entry, Journaled, Run, RunId, Watch, Withheld, Writable, WriteError};

/// Opens the instance at a location: an embedded one is told by the first bytes of the file.
pub fn open(location: impl Into<Location>) -> Result<Box<dyn Instance>, ReadError> {
    open_as(location, &Manner::default())
}

/// Opens the instance at a location; one that is asked over a network is asked in this manner.
pub fn open_as(location: impl Into<Location>, manner: &Manner) -> Result<Box<dyn Instance>, ReadError> {
    match location.into() {
        Location::Path(path) if Embedded::is_at(&path) => Ok(Box::new(Embedded::look(&path)?)),
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

/// Opens a place whose issues can be read.
pub fn open_whole(location: Location) -> Result<Box<dyn IssueData>, ReadError> {
    match location {
        Location::Path(path) if Embedded::is_at(&path) => Ok(Box::new(Embedded::look(&path)?)),
        Location::Path(path) => Ok(Box::new(Backup::open(&path)?)),
        #[cfg(feature = "postgres")]
        Location::Database(address) => Ok(Box::new(Postgres::new(*address))),
        #[cfg(not(feature = "postgres"))]
        Location::Database(_) => Err(ReadError::NoDatabases),
        Location::Doors(doors) => open_whole(Location::from(doors.database)),
        location @ (Location::Remote(_) | Location::Record(_)) => Err(ReadError::NoIssues {
            message: format!("the issues of `{location}` cannot be read over REST"),
            help: "name its database (`postgres://...`), or an XML backup of it",
        }),
    }
}

/// Opens a place that new issues can be planned for.
pub fn open_ground(location: Location) -> Result<Box<dyn IssueGround>, ReadError> {
    match location {
        Location::Path(path) if Embedded::is_at(&path) => Ok(Box::new(Embedded::look(&path)?)),
        Location::Path(path) => Ok(Box::new(Backup::open(&path)?)),
        #[cfg(feature = "postgres")]
        Location::Database(address) => Ok(Box::new(Postgres::new(*address))),
        Location::Doors(doors) => open_ground(Location::from(doors.database)),
        location => open_sink(location).map(|own| -> Box<dyn IssueGround> { own }),
    }
}

/// Opens a place that issues can be written into.
pub fn open_sink(location: Location) -> Result<Box<dyn IssueSink>, ReadError> {
    match location {
        Location::Path(path) if Embedded::is_at(&path) => Ok(Box::new(Embedded::open(&path)?)),
        #[cfg(feature = "postgres")]
        Location::Database(address) => Ok(Box::new(Postgres::new(*address))),
        #[cfg(not(feature = "postgres"))]
        Location::Database(_) => Err(ReadError::NoDatabases),
        Location::Doors(doors) if doors.way == Way::Database => open_sink(Location::from(doors.database)),
        Location::Doors(doors) => Err(ReadError::NoIssues {
            message: format!("issues cannot be written into `{}` over REST", doors.remote.site),
            help: "stop Jira, and write into its database: `--offline`; or import the configuration alone: `--configuration-only`",
        }),
        location => Err(ReadError::NoIssues {
            message: format!("issues cannot be written into `{location}`"),
            help: "they can be written into a database of Jira (`postgres://...`), into embedded instances, and into a new backup (`-o \
                NEW.zip`); or import the configuration alone: `--configuration-only`",
        }),
    }
}
