//! Writing what was planned, and taking it away again.
//!
//! Invariant: the files of attachments come before the rows, and go again unless the rows are there or nobody knows whether they are; a
//! process that is killed leaves files that the next try counts as its own.

use super::plan::{self, Made};
use super::{Error, Plan, Source};
use crate::attachments::{self, Folder, Place};
use crate::entity::Tables;
use crate::import::RunId;
use crate::instance::{Filling, IssueSink, Reading, Run, WriteError};

/// Writes the issues of an archive as they were planned, into a place that was read with the configuration that they need.
pub fn write(
    plan: &Plan,
    source: &mut Source,
    (place, reading): (&mut dyn IssueSink, &Reading),
    folder: Option<&Folder>,
    run: &Run,
) -> Result<RunId, Error> {
    let (written, placed) =
        filled(plan, source, (&reading.tables, folder), &mut |filling| Ok(place.write_issues(run, filling)?));
    if matches!(
        &written,
        Ok(_) | Err(Error::Write(WriteError::Unknown { .. } | WriteError::Undecided { .. }))
    ) {
        placed.keep();
    }
    written
}

/// Files of attachments that were placed, and go again unless they are kept.
pub struct Placed<'p> {
    folder: Option<&'p Folder>,
    /// Those that were not there before.
    files: Vec<(&'p Place, &'p str)>,
}

impl<'p> Placed<'p> {
    /// Places the files of a plan.
    fn put(&mut self, plan: &'p Plan, source: &mut Source) -> Result<(), Error> {
        let Some(folder) = self.folder else { return Ok(()) };
        for (place, sha256) in &plan.files {
            let mut content = source.attachment(sha256)?;
            if !folder.put(place, &mut content, sha256)?.was_there {
                self.files.push((place, sha256));
            }
        }
        Ok(())
    }

    /// Keeps them: what they belong to is there.
    pub fn keep(mut self) {
        self.files.clear();
    }
}

impl Drop for Placed<'_> {
    fn drop(&mut self) {
        let Some(folder) = self.folder else { return };
        for (place, sha256) in &self.files {
            // What cannot be taken away now is counted as its own by the next try.
            let _left = folder.take_away(place, sha256, &[]);
        }
    }
}

/// Takes the files of a run away; returns how many there were.
pub fn take_files_away(folder: &Folder, files: &[(Place, String)]) -> Result<u64, attachments::Error> {
    let mut count = 0;
    for (place, sha256) in files {
        count += u64::from(folder.take_away(place, sha256, &[])?);
    }
    Ok(count)
}

/// Writes what `plan` says in a place whose configuration has these rows. The files are placed when the place asks for the rows: by then
/// nobody else writes, so that nobody takes away what another import has placed.
pub(super) fn filled<'p, T>(
    plan: &'p Plan,
    source: &mut Source,
    (tables, folder): (&Tables, Option<&'p Folder>),
    write: &mut dyn FnMut(Filling<'_>) -> Result<T, Error>,
) -> (Result<T, Error>, Placed<'p>) {
    let (mut failed, mut placed) = (None, Placed { folder, files: Vec::new() });
    let written = write(Filling {
        planned: &plan.streamed,
        next: &plan.next,
        counters: &plan.counters,
        files: &plan.files,
        zone: plan.zone.name(),
        fill: &mut |take| {
            let mut target = plan::target(tables, &plan.zone);
            let made = placed.put(plan, source).and_then(|()| {
                plan.rows(source, &mut target, &mut |made| match made {
                    Made::Row(row, _) => Ok(take(row)?),
                    Made::Attachment { .. } => Ok(()),
                })
            });
            match made {
                Ok(_) => Ok(()),
                Err(Error::Write(error)) => Err(error),
                Err(error) => {
                    let how = error.to_string();
                    failed = Some(error);
                    Err(WriteError::Altered { row: "the issues".to_owned(), how })
                }
            }
        },
    });
    let written = match (written, failed) {
        (Err(_), Some(error)) => Err(error),
        (written, _) => written,
    };
    (written, placed)
}
