//! A live Jira, or the record of one, as an instance: it is signed in at when it is read for the first time.
//!
//! Invariant: who asks is known before anything is read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Instance, Live, Location, Progress, ReadError, Reading, Remote, Rights, Scope, Wanted};
use crate::rest::{Failure, Jira, Manner, Replay};

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
}

impl Visit {
    pub(super) fn new(door: Door, manner: &Manner) -> Self {
        Self { door, manner: manner.clone(), wanted: Wanted::All, live: None }
    }

    fn live(&mut self) -> Result<&mut Live, ReadError> {
        let live = match self.live.take() {
            Some(live) => live,
            None => {
                let jira = self.door.open(&self.manner)?;
                let rights = Rights { administers: jira.caller.is_administrator() };
                Live::new(jira.client, jira.server, rights).watched(self.manner.watch.clone())
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
