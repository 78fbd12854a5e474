//! Writing what was planned, and taking it away again.

use super::plan::{self, Made};
use super::{Error, Plan, Source};
use crate::attachments::{self, Folder, Place};
use crate::import::RunId;
use crate::instance::{Filling, IssueSink, Reading, Run, WriteError};

/// Writes the issues of an archive as they were planned, into a place that was read with the configuration that they need. The files
/// of attachments come first: a process that is killed leaves files that the next try counts as its own.
pub fn write(
    plan: &Plan,
    source: &mut Source,
    (place, reading): (&mut dyn IssueSink, &Reading),
    folder: Option<&Folder>,
    run: &Run,
) -> Result<RunId, Error> {
    let mut placed = Vec::new();
    let written =
        files(plan, source, folder, &mut placed).and_then(|()| rows(plan, source, (place, reading), run));
    let may_be_there = matches!(written, Err(Error::Write(WriteError::Unknown { .. })));
    if let (Err(_), Some(folder), false) = (&written, folder, may_be_there) {
        for (place, sha256) in placed {
            // What cannot be taken away now is counted as its own by the next try.
            let _left = folder.take_away(place, sha256, &[]);
        }
    }
    written
}

/// Places the files of attachments; those that were not there before are told.
fn files<'p>(
    plan: &'p Plan,
    source: &mut Source,
    folder: Option<&Folder>,
    placed: &mut Vec<(&'p Place, &'p str)>,
) -> Result<(), Error> {
    let Some(folder) = folder else { return Ok(()) };
    for (place, sha256) in &plan.files {
        let mut content = source.attachment(sha256)?;
        if !folder.put(place, &mut content, sha256)?.was_there {
            placed.push((place, sha256));
        }
    }
    Ok(())
}

/// Takes the files of a run away; returns how many there were.
pub fn take_files_away(folder: &Folder, files: &[(Place, String)]) -> Result<u64, attachments::Error> {
    let mut count = 0;
    for (place, sha256) in files {
        count += u64::from(folder.take_away(place, sha256, &[])?);
    }
    Ok(count)
}

fn rows(
    plan: &Plan,
    source: &mut Source,
    (place, reading): (&mut dyn IssueSink, &Reading),
    run: &Run,
) -> Result<RunId, Error> {
    let mut failed = None;
    let written = place.write_issues(
        run,
        Filling {
            planned: &plan.streamed,
            next: &plan.next,
            counters: &plan.counters,
            files: &plan.files,
            zone: plan.zone.name(),
            fill: &mut |take| {
                let mut target = plan::target(reading, &plan.zone);
                let made = plan.rows(source, &mut target, &mut |made| match made {
                    Made::Row(row, _) => Ok(take(row)?),
                    Made::Attachment { .. } => Ok(()),
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
        },
    );
    match (written, failed) {
        (Ok(run), _) => Ok(run),
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => Err(error.into()),
    }
}
