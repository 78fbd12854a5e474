//! Writing the issues of an archive into a new backup, with their configuration.
//!
//! Invariant: both come in one go, so that there is never a new backup with one of them alone.

use std::fs::File;
use std::path::Path;

use super::write::{Placed, filled};
use super::{Error, Plan, Source};
use crate::attachments::Folder;
use crate::entity::Tables;
use crate::import::{Import, Proved};
use crate::instance::{Backup, Form, Reading, WriteError};

/// The issues of an archive on their way into a new backup.
pub struct Renewal {
    /// What was planned.
    pub plan: Plan,
    before: Tables,
    after: Tables,
}

impl Renewal {
    /// Prepares to write what was planned for a backup, after an import of its configuration.
    pub fn new(plan: Plan, reading: &Reading, import: &Import) -> Result<Self, Error> {
        let mut after = reading.tables.clone();
        if after.apply(import.work.rows()).is_err() {
            let how = "it is not as it was when the configuration was planned".to_owned();
            return Err(WriteError::Altered { row: "the configuration".to_owned(), how }.into());
        }
        Ok(Self { plan, before: reading.tables.clone(), after })
    }

    /// Writes the backup with the issues, and with what was proved done to it; rows wait in files without names in that folder.
    ///
    /// The files of attachments go again unless they are kept.
    pub fn write<'p>(
        &'p self,
        (source, files): (&mut Source, Option<&'p Folder>),
        (backup, proved, form): (&Backup, Option<&Proved>, Form),
        (to, folder): (&mut File, &Path),
    ) -> Result<Placed<'p>, Error> {
        let (written, placed) = filled(&self.plan, source, (&self.after, files), &mut |filling| {
            Ok(backup.write_issues((proved, &self.before), filling, form, (to, folder))?)
        });
        written.map(|()| placed)
    }

    /// Says how what a new backup holds differs from what was planned; nothing if it does not.
    pub fn differs(&self, written: &Backup) -> Result<Vec<String>, Error> {
        Ok(self.plan.streamed.differs(&written.count_issues(&self.plan.streamed)?))
    }
}
