//! A live Jira, or the record of one, as an instance: it is signed in at when it is read for the first time.
//!
//! Invariant: who asks is known before anything is read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::live_site::Asked;
use super::remote::translation;
use super::{Instance, Live, Location, Progress, ReadError, Reading, Remote, Rights, Scope, Wanted};
use crate::entity::Tables;
use crate::model::Snapshot;
use crate::rest::{Client, Clock, Failure, Jira, Language, Manner, Replay};

/// A live Jira that may not have been signed in at yet.
pub(super) struct Visit {
    door: Door,
    manner: Manner,
    wanted: Wanted,
    live: Option<Live>,
}

/// What answers.
pub(super) enum Door {
    Remote(Box<Remote>),
    Record(PathBuf),
}

impl Door {
    /// Asks which Jira it is and who asks.
    pub(super) fn open(&self, manner: &Manner) -> Result<Jira, ReadError> {
        match self {
            Self::Remote(remote) => remote.open(manner),
            Self::Record(folder) => {
                let replay = Replay::open(folder).map_err(ReadError::NoRecord)?;
                let is_cloud = replay.is_cloud();
                Jira::meet(Arc::new(replay), is_cloud).map_err(|failure| unrecorded(folder, &failure))
            }
        }
    }

    fn unread(&self, failure: &Failure) -> ReadError {
        match self {
            Self::Remote(remote) => remote.unread(failure),
            Self::Record(folder) => unrecorded(folder, failure),
        }
    }

    fn translated(&self, own: &str, of_jira: Option<&str>) -> ReadError {
        match self {
            Self::Remote(remote) => remote.translated(own, of_jira),
            Self::Record(folder) => ReadError::Remote {
                message: format!(
                    "cannot read `{}`: {}",
                    Location::Record(folder.clone()),
                    translation(own, of_jira)
                ),
                why: String::new(),
                help: vec![
                    "record it again, with the token of somebody who is answered in the language of the Jira"
                        .to_owned(),
                ],
                is_passing: false,
            },
        }
    }
}

impl Visit {
    pub(super) fn new(door: Door, manner: &Manner) -> Self {
        Self { door, manner: manner.clone(), wanted: Wanted::All, live: None }
    }

    /// Returns the Jira, signed in at.
    fn live(&mut self) -> Result<&mut Live, ReadError> {
        let live = match self.live.take() {
            Some(live) => live,
            None => {
                let jira = self.door.open(&self.manner)?;
                let language = jira.language().map_err(|failure| self.door.unread(&failure))?;
                if let Language::Other { own, of_jira } = language {
                    return Err(self.door.translated(&own, of_jira.as_deref()));
                }
                let rights = Rights { administers: jira.caller.is_administrator() };
                let caller = jira.caller.id().map(str::to_owned);
                Live::new(jira.client, jira.server, rights)
                    .asked_by(caller.as_deref())
                    .watched(self.manner.watch.clone())
            }
        };
        Ok(self.live.insert(live))
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Visit").field("live", &self.live).finish_non_exhaustive()
    }
}

impl Asked for Visit {
    fn client(&mut self) -> Result<(&Client, &'static str), ReadError> {
        let live = self.live()?;
        Ok((live.client(), live.api()))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.manner.clock)
    }

    fn now(&mut self) -> Result<(Snapshot, Tables), ReadError> {
        let why = "what was done by hand is seen in its database";
        Err(ReadError::Remote {
            message: format!("cannot go on in this Jira: {why}"),
            why: String::new(),
            help: vec!["name the instance of pcfg.toml that has both a `url` and a `database`".to_owned()],
            is_passing: false,
        })
    }
}

impl Instance for Visit {
    fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let wanted = self.wanted.clone();
        let live = self.live()?;
        live.want(wanted);
        live.read(scope, progress).map_err(|error| match error {
            ReadError::Live { failure } => self.door.unread(&failure),
            error => error,
        })
    }
}

/// Says why a record cannot be read.
fn unrecorded(folder: &Path, failure: &Failure) -> ReadError {
    ReadError::Remote {
        message: format!("cannot read `{}`: {}", Location::Record(folder.to_owned()), failure.what()),
        why: failure.request.clone(),
        help: vec!["record it again, with the same version of pcfg and the same command".to_owned()],
        is_passing: false,
    }
}
