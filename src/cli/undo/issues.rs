//! The way back from issues that were imported: their rows, and then the files of their attachments.

use std::path::Path;

use super::super::Status;
use super::super::change::Manner;
use super::super::export::complete as complete_export;
use super::super::import::issues::{agreed, folder};
use super::super::place::called::{Called, again};
use super::super::place::who;
use crate::attachments::Folder;
use crate::complete;
use crate::fault::{Fault, Faults, Kind};
use crate::import::{Streamed, Work};
use crate::instance::{self, Entry, IssueSink, Location, Run, RunId};
use crate::ui::{Ui, plural};

/// Takes away what a run wrote.
pub(in crate::cli) fn undo(
    ui: &Ui,
    (location, called): (&Location, &Called),
    (undone, streamed): (RunId, &Streamed),
    (manner, simulate, attachments): (&Manner, bool, Option<&Path>),
) -> Result<Status, Faults> {
    let of = |name: &str| streamed.parts.iter().find(|part| part.name == name).map_or(0, |part| part.rows);
    let issues = plural(of("Issue") as usize, "issue");
    if streamed.removes {
        return Err(Fault::new(
            Kind::Refused,
            format!("run {undone} took {issues} away, which nothing brings back"),
        )
        .hint("import the archive once more")
        .into());
    }
    ui.text(&format!("- {issues} with {} rows that belong to them\n", streamed.rows() - of("Issue")))?;
    if simulate {
        return Ok(Status::Fine);
    }
    agreed(ui, manner, &format!("Undo run {undone} in {}: remove {issues}?", called.title()), called)?;
    let mut place: Box<dyn IssueSink> = instance::open_sink(location.clone())?;
    place.wait(manner.waiting.most());
    let run = Run {
        who: who::who(),
        plan: "{}".to_owned(),
        result: format!("{issues} removed"),
        undoes: Some(undone),
        ..Run::default()
    };
    let files = place.files(undone).map_err(Fault::from)?;
    let own = location.path().map(complete_export::beside);
    let folder = folder(attachments.map(Path::to_owned).or(own), files.len())?;
    if folder.is_none() && !files.is_empty() {
        let message = format!(
            "run {undone} wrote {} of attachments, and nobody said where",
            plural(files.len(), "file")
        );
        return Err(Fault::usage(message)
            .hint(format!(
                "name the folder that they were written into: {}",
                again(None, "--attachments-to DIR")
            ))
            .into());
    }
    // A file that somebody has replaced is no reason to stop half-way.
    if let Some(folder) = &folder {
        files.iter().try_for_each(|(place, sha256)| folder.check(place, sha256)).map_err(Fault::from)?;
    }
    let id = place.take_issues_away(undone, &run).map_err(Fault::from)?;
    let removed =
        folder.map_or(Ok(0), |folder| complete::take_files_away(&folder, &files)).map_err(Fault::from)?;
    let removed = if removed > 0 {
        format!(", {} of attachments removed", plural(removed as usize, "file"))
    } else {
        String::new()
    };
    ui.note(&format!("undone as run {id} in {}: {issues} removed{removed}", called.title()));
    Ok(Status::Fine)
}

/// Takes away the files of attachments that an undo has left which was stopped once its rows were gone; returns how many there were.
pub(in crate::cli) fn take_left_files(location: &Location, entries: &[Entry]) -> Result<u64, Fault> {
    let undone: Vec<RunId> = entries.iter().filter_map(|own| own.run.undoes).collect();
    let folder = location.path().map(complete_export::beside).filter(|path| path.exists());
    let Some(folder) = folder.filter(|_| !undone.is_empty()) else { return Ok(0) };
    let (folder, mut place) = (Folder::open(&folder)?, instance::open_sink(location.clone())?);
    let mut removed = 0;
    for run in undone {
        // One that somebody has replaced is no longer what the run has written.
        let files: Vec<_> = place.files(run)?;
        let own: Vec<_> = files.into_iter().filter(|(at, sha256)| folder.check(at, sha256).is_ok()).collect();
        removed += complete::take_files_away(&folder, &own)?;
    }
    Ok(removed)
}

/// Returns the work of issues that a run has done, if it has done such work.
pub(in crate::cli) fn streamed(work: &Work) -> Option<&Streamed> {
    match work {
        Work::Streamed(streamed) => Some(streamed),
        Work::Rows(_) | Work::Calls(_) => None,
    }
}
