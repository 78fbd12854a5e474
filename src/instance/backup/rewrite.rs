//! A backup with changes applied, as a new backup.
//!
//! The text is read twice: once to find the places of the rows that change, and once to copy everything with the new
//! rows in those places. Invariants: every byte of what does not change is copied as it is; memory is bounded by the
//! changes, however large the backup is.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::container::{ACTIVE_OBJECTS, ENTITIES};
use super::edit::{Edit, NewRows, Pending, RewriteError, Text as New, Waiting};
use super::fault::Fault;
use super::feed::Text;
use super::markup::Markup;
use super::{Backup, Part, read_part, rewrite_active_objects, rewrite_entities};
use crate::entity::RowChange;
use crate::import::Proved;
use crate::instance::ReadError;
use crate::xml::is_forbidden;

/// What a backup is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An XML file.
    Bare,
    /// An archive.
    Zip,
}

impl Backup {
    /// Writes the backup with what was proved done to it; issues that move do so at the time `when`.
    pub fn carry_out(
        &self,
        proved: &Proved,
        when: &str,
        form: Form,
        to: &mut File,
    ) -> Result<(), RewriteError> {
        let moved = self.moved(proved.moves(), when)?;
        self.rewrite(&[proved.work().rows(), &moved].concat(), form, to)
    }

    /// Writes this backup with changes of rows into a new file.
    pub fn rewrite(&self, changes: &[RowChange], form: Form, to: &mut File) -> Result<(), RewriteError> {
        self.rewrite_with(changes, NewRows::default(), form, to)
    }

    /// The same, with new rows of issues.
    pub(super) fn rewrite_with(
        &self,
        changes: &[RowChange],
        new: NewRows,
        form: Form,
        to: &mut File,
    ) -> Result<(), RewriteError> {
        let NewRows { tables: waiting, of_apps: new_of_apps } = new;
        let container = &self.container;
        changes.iter().try_for_each(is_xml)?;
        let (of_apps, of_jira): (Vec<RowChange>, Vec<RowChange>) =
            changes.iter().cloned().partition(|change| change.entity().entity().name.starts_with("AO_"));
        let mut pending = Pending::new(&of_jira);
        pending.waiting = waiting.iter().map(|(table, own)| (*table, own.rows)).collect();
        let entities = edits(&container.entities, &mut pending, rewrite_entities::edits)?;
        pending.left()?;
        let mut pending = Pending::new(&of_apps);
        pending.of_apps = new_of_apps;
        let active_objects = match &container.active_objects {
            Some(part) => edits(part, &mut pending, rewrite_active_objects::edits)?,
            None => Vec::new(),
        };
        pending.left()?;
        let parts =
            [(Some(&container.entities), entities), (container.active_objects.as_ref(), active_objects)];
        let parts: Vec<(&Part, Vec<Edit>)> =
            parts.into_iter().filter_map(|(part, edits)| Some((part?, edits))).collect();
        match (form, &parts[..]) {
            (Form::Zip, parts) => self.write_zip(parts, &waiting, to)?,
            (Form::Bare, [(part, edits)]) => part.open(|reader| copy(reader, to, edits, &waiting))??,
            (Form::Bare, parts) => return Err(RewriteError::Form { parts: parts.len() }),
        }
        Ok(())
    }

    /// Returns the form that a new backup of that name has: the one that the name says, or else that of this backup, where a
    /// folder counts as a zip. Fails if the name says a form that cannot hold it.
    pub fn form_for(&self, name: &Path) -> Result<Form, RewriteError> {
        let is = |wanted: &str| name.extension().is_some_and(|own| own.eq_ignore_ascii_case(wanted));
        let parts = 1 + usize::from(self.container.active_objects.is_some());
        let is_packed = self.container.entities.inside.is_some() || self.path().is_dir();
        match () {
            () if is("zip") => Ok(Form::Zip),
            () if is("xml") && parts > 1 => Err(RewriteError::Form { parts }),
            () if is("xml") || !is_packed => Ok(Form::Bare),
            () => Ok(Form::Zip),
        }
    }

    fn write_zip(
        &self,
        parts: &[(&Part, Vec<Edit>)],
        waiting: &BTreeMap<&'static str, Waiting>,
        file: &mut File,
    ) -> io::Result<()> {
        let is_archive = parts.iter().any(|(part, _)| part.inside.is_some());
        let mut zip = ZipWriter::new(file);
        if is_archive {
            let mut archive = ZipArchive::new(File::open(self.path())?).map_err(io::Error::other)?;
            for index in 0..archive.len() {
                let entry = archive.by_index_raw(index).map_err(io::Error::other)?;
                let changed = parts.iter().find(|(part, edits)| part.index == index && !edits.is_empty());
                let Some((part, edits)) = changed else {
                    zip.raw_copy_file(entry).map_err(io::Error::other)?;
                    continue;
                };
                let mut options = options(entry.size() + grown(edits, waiting));
                if let Some(time) = entry.last_modified() {
                    options = options.last_modified_time(time);
                }
                let name = entry.name().map_err(io::Error::other)?.into_owned();
                drop(entry);
                zip.start_file(name, options).map_err(io::Error::other)?;
                part.open(|reader| copy(reader, &mut zip, edits, waiting))??;
            }
        } else {
            // The names that Jira looks for, whatever a bare file was called.
            for ((part, edits), name) in parts.iter().zip([ENTITIES, ACTIVE_OBJECTS]) {
                let size = part.size + grown(edits, waiting);
                zip.start_file(name, options(size)).map_err(io::Error::other)?;
                part.open(|reader| copy(reader, &mut zip, edits, waiting))??;
            }
        }
        zip.finish().map_err(io::Error::other)?;
        Ok(())
    }
}

/// Fails if a new value holds what XML forbids. What a value held before it may go on to hold.
fn is_xml(change: &RowChange) -> Result<(), RewriteError> {
    let Some(after) = &change.after else { return Ok(()) };
    for (number, new) in after.values().enumerate() {
        let Some(new) = new else { continue };
        let old = change.before.as_ref().and_then(|before| before.value(number));
        let is_new = |own: &char| is_forbidden(*own) && old.is_none_or(|old| !old.contains(*own));
        if let Some(character) = new.chars().find(is_new) {
            return Err(RewriteError::NotXml { table: after.entity().entity().name, character });
        }
    }
    Ok(())
}

/// The size from which on a file in an archive needs long numbers; the changes may add to it.
const LARGE: u64 = 1 << 31;

fn options(size: u64) -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(size >= LARGE)
}

type Find = fn(&mut Markup<'_>, &mut Pending) -> Result<Vec<Edit>, Fault>;

/// Finds the places that change in a file.
fn edits(part: &Part, pending: &mut Pending, find: Find) -> Result<Vec<Edit>, ReadError> {
    let mut edits = Vec::new();
    read_part(part, None, &mut |feed| {
        let mut text = Text::new(feed);
        edits = find(&mut Markup::new(&mut text), pending)?;
        Ok(())
    })?;
    edits.sort_by_key(|edit| (edit.from, edit.to));
    Ok(edits)
}

/// Returns how many bytes come from files.
fn grown(edits: &[Edit], waiting: &BTreeMap<&'static str, Waiting>) -> u64 {
    let files = edits.iter().filter_map(|edit| match &edit.text {
        New::Waiting(table) => waiting.get(table),
        New::Bytes(_) => None,
    });
    files.filter_map(|own| own.file.metadata().ok()).map(|own| own.len()).sum()
}

/// Copies a file with other bytes in some places.
fn copy(
    mut from: &mut dyn Read,
    to: &mut dyn Write,
    edits: &[Edit],
    waiting: &BTreeMap<&'static str, Waiting>,
) -> io::Result<()> {
    let mut at = 0;
    for edit in edits {
        io::copy(&mut (&mut from).take(edit.from - at), to)?;
        io::copy(&mut (&mut from).take(edit.to - edit.from), &mut io::sink())?;
        match &edit.text {
            New::Bytes(bytes) => to.write_all(bytes)?,
            New::Waiting(table) => {
                if let Some(own) = waiting.get(table) {
                    io::copy(&mut &own.file, to)?;
                }
            }
        }
        at = edit.to;
    }
    io::copy(&mut from, to)?;
    Ok(())
}
