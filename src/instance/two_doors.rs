//! One Jira by two doors: its REST interface, which knows who asks, and its database, which knows everything.
//!
//! Invariant: nothing is read of the database before both doors have shown that they lead into one Jira, by what only one Jira has and by what
//! moves in it, so that a copy of the database is not taken for the Jira itself.

use std::sync::Arc;

use super::doors::{Doors, Stored, Way};
use super::last_change::Moving;
use super::live::{Rows, closed, with_hands, writable};
use super::live_site::Asked;
use super::one_jira::{self, OneJira};
use super::{Embedded, Instance, Progress, ReadError, Reading, Scope, Wanted};
use crate::entity::Tables;
use crate::model::Snapshot;
use crate::rest::{Client, Clock, Edition, Jira, Manner};

impl Stored {
    fn open(&self) -> Result<Box<dyn Moving>, ReadError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Database(address) => Ok(Box::new(super::Postgres::new((**address).clone()))),
            #[cfg(not(feature = "postgres"))]
            Self::Database(_) => Err(ReadError::NoDatabases),
            Self::Embedded(path) => Ok(Box::new(Embedded::open(path)?)),
        }
    }
}

impl Doors {
    /// Signs in at one door, and reads through the other once both are known to lead into one Jira.
    pub(super) fn read(
        &self,
        manner: &Manner,
        scope: Scope,
        progress: Progress<'_>,
    ) -> Result<(Jira, Reading, OneJira), ReadError> {
        let jira = self.remote.open(manner)?;
        let mut database = self.database.open()?;
        let moves = one_jira::moves(self, &jira, database.as_mut(), manner)?;
        let reading = database.read(scope, progress)?;
        let proof = one_jira::stands(self, &jira, &reading, moves)?;
        Ok((jira, reading, proof))
    }
}

/// A Jira that is read through its database.
#[derive(Debug)]
pub(super) struct TwoDoors {
    doors: Doors,
    manner: Manner,
    jira: Option<Jira>,
}

impl TwoDoors {
    pub(super) fn new(doors: Doors, manner: &Manner) -> Self {
        Self { doors, manner: manner.clone(), jira: None }
    }
}

impl Instance for TwoDoors {
    // Databases are read as a whole.
    fn want(&mut self, _wanted: Wanted) {}

    fn read(&mut self, scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let (jira, mut reading, _) = self.doors.read(&self.manner, scope, progress)?;
        self.jira = Some(jira);
        if self.doors.way != Way::Database {
            let has_hands = self.doors.way == Way::ByHand;
            // Nothing is unknown: what the interface does not tell, the database does.
            reading.abilities = if has_hands { with_hands() } else { writable(Edition::DataCenter) };
            if self.jira.as_ref().is_none_or(|jira| !jira.caller.is_administrator()) {
                reading.abilities = closed(reading.abilities);
            }
            reading.facts = Some(reading.facts().into_owned());
            let tables = std::mem::take(&mut reading.tables);
            let rows = Rows::whole(Edition::DataCenter, tables);
            reading.place = Some(Arc::new(if has_hands { rows.with_hands() } else { rows }));
        }
        Ok(reading)
    }
}

impl Asked for TwoDoors {
    fn client(&mut self) -> Result<(&Client, &'static str), ReadError> {
        let jira = match self.jira.take() {
            Some(jira) => jira,
            None => self.doors.remote.open(&self.manner)?,
        };
        let jira = self.jira.insert(jira);
        Ok((&jira.client, jira.edition.api()))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.manner.clock)
    }

    fn now(&mut self) -> Result<(Snapshot, Tables), ReadError> {
        let (jira, reading, _) = self.doors.read(&self.manner, Scope::default(), &|_, _| {})?;
        self.jira = Some(jira);
        Ok((reading.snapshot, reading.tables))
    }

    fn prove(&mut self) -> Result<(), ReadError> {
        let jira = match self.jira.take() {
            Some(jira) => jira,
            None => self.doors.remote.open(&self.manner)?,
        };
        let mut database = self.doors.database.open()?;
        one_jira::moves(&self.doors, &jira, database.as_mut(), &self.manner)?;
        self.jira = Some(jira);
        Ok(())
    }
}
