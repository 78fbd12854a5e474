//! The issue data beside configurations that are compared: in an archive, in an unpacked one, or as single files of it.
//!
//! Invariants: one piece of each side is in memory at a time; data that only one side has is told and never passed in silence.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::revision;
use super::side::Named;
use super::sources::{self, Source, Text};
use crate::archive;
use crate::compare::DataDifference;
use crate::complete;
use crate::fault::{Fault, Faults};
use crate::model::{Count, Element, Severity, canonicalize};
use crate::plan::Description;
use crate::ui::{Ui, draw, plural};

/// The issue data of a side, by the names of its pieces: what they are called within it.
#[derive(Default)]
pub(in crate::cli) struct Data {
    pieces: Vec<(String, Piece)>,
    archive: Option<complete::Source>,
}

enum Piece {
    File(PathBuf),
    Bytes(Vec<u8>),
    /// An entry of the archive.
    Entry,
}

impl Data {
    /// Finds the issue data of what a user named; none in an instance and in what holds only a configuration.
    pub(in crate::cli) fn of(named: &Named) -> Result<Self, Faults> {
        match named {
            Named::Live { .. } | Named::Stdin => Ok(Self::default()),
            Named::Path(path) if is_packed(path) => {
                let archive = complete::Source::open(path, &mut |_| {}).map_err(Fault::from)?;
                let names = archive.texts().into_iter().filter(|name| name.starts_with("data/"));
                Ok(Self { pieces: names.map(|name| (name, Piece::Entry)).collect(), archive: Some(archive) })
            }
            Named::Path(path) => {
                let (found, faults) = sources::find_all(std::slice::from_ref(path))?;
                if !faults.is_empty() {
                    return Err(Faults(faults));
                }
                let files = found.into_iter().filter_map(|source| match source {
                    Source::File(file) if sources::is_issue_data(&file).unwrap_or(false) => {
                        Some((within(path, &file), Piece::File(file)))
                    }
                    _ => None,
                });
                Ok(Self { pieces: files.collect(), archive: None })
            }
            Named::Revision(spec) => {
                Ok(Self::stored(revision::files(spec)?, &format!("{}/", spec.trim_end_matches('/'))))
            }
        }
    }

    /// Finds the issue data among what git has.
    pub(in crate::cli) fn stored(files: Vec<revision::Stored>, folder: &str) -> Self {
        let own = files.into_iter().filter(|own| sources::is_issue_data_text(&own.bytes));
        let name = |name: String| name.strip_prefix(folder).map(str::to_owned).unwrap_or_default();
        Self { pieces: own.map(|own| (name(own.name), Piece::Bytes(own.bytes))).collect(), archive: None }
    }

    /// Returns the tree of a piece; what is wrong with it is shown.
    fn read(&mut self, ui: &Ui, (side, name): (&str, &str)) -> Result<Option<Element>, Fault> {
        let piece = self.pieces.iter().find(|(own, _)| own == name).map(|(_, piece)| piece);
        let bytes = match (piece, &mut self.archive) {
            (None, _) => return Ok(None),
            (Some(Piece::Bytes(bytes)), _) => bytes.clone(),
            (Some(Piece::File(path)), _) => Source::File(path.clone()).read()?,
            (Some(Piece::Entry), Some(archive)) => archive.text(name)?,
            (Some(Piece::Entry), None) => unreachable!("an entry is in an archive"),
        };
        let Text { text, root, mut problems, .. } = Text::of_any(&bytes);
        problems.retain(|problem| problem.severity == Severity::Error);
        if let (Some(mut root), true) = (root, problems.is_empty()) {
            canonicalize(&mut root);
            return Ok(Some(root));
        }
        let shown = if name.is_empty() { side.to_owned() } else { format!("{side}: {name}") };
        ui.shown(&draw(ui.colors_talk(), &shown, &text, &problems));
        let count = plural(Count::of(&problems).errors, "error");
        Err(Fault::input(format!("cannot compare `{shown}`: it has {count}")))
    }
}

/// Returns whether a path is that of an archive in one file.
pub(in crate::cli) fn is_packed(path: &Path) -> bool {
    path.is_file() && archive::is_at(path)
}

/// Returns what a file is called within a folder; nothing if it is what the user named.
fn within(folder: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(folder).unwrap_or(file);
    let names = relative.components().map(|own| own.as_os_str().to_string_lossy().into_owned());
    names.collect::<Vec<_>>().join("/")
}

/// Compares the issue data of both sides, and adds what differs to the difference of their configurations.
pub(in crate::cli) fn compare(
    ui: &Ui,
    [mut old, mut new]: [Data; 2],
    names: [&str; 2],
    difference: &mut Description,
) -> Result<(), Faults> {
    let [without, with] = match (old.pieces.is_empty(), new.pieces.is_empty()) {
        (true, true) => return Ok(()),
        (false, false) => [None; 2],
        (true, false) => [Some(names[0]), Some(names[1])],
        (false, true) => [Some(names[1]), Some(names[0])],
    };
    if let (Some(without), Some(with)) = (without, with) {
        let told =
            format!("`{with}` has issue data and `{without}` has none: only the configurations are compared");
        difference.warnings.push(told);
        return Ok(());
    }
    // A file that the user named himself is about the same as the only one of the other side, whatever that is called.
    if let ([(one, _)], [(other, _)]) = (&mut old.pieces[..], &mut new.pieces[..]) {
        match (&one[..], &other[..]) {
            ("", _) => one.clone_from(other),
            (_, "") => other.clone_from(one),
            _ => {}
        }
    }
    let all: BTreeSet<String> = old.pieces.iter().chain(&new.pieces).map(|(name, _)| name.clone()).collect();
    let mut faults = Vec::new();
    for name in all {
        match (old.read(ui, (names[0], &name)), new.read(ui, (names[1], &name))) {
            (Ok(old), Ok(new)) => DataDifference::of(old.as_ref(), new.as_ref()).add_to(difference),
            (old, new) => faults.extend([old.err(), new.err()].into_iter().flatten()),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}
