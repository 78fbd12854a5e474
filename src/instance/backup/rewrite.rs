//! A backup with changes applied, as a new backup.
//!
//! The text is read twice: once to find the places of the rows that change, and once to copy everything with the new
//! rows in those places. Invariants: every byte of what does not change is copied as it is; memory is bounded by the
//! changes, however large the backup is.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::container::{ACTIVE_OBJECTS, ENTITIES};
use super::fault::Fault;
use super::feed::Text;
use super::markup::Markup;
use super::{Backup, Part, read_part, rewrite_active_objects, rewrite_entities};
use crate::entity::{EntityId, Row, RowChange};
use crate::instance::ReadError;
use crate::xml::is_forbidden;

/// Why a backup cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The new file cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// A new value is not XML.
    #[error("a value of {table} would hold the character U+{:04X}, which XML forbids", u32::from(*character))]
    NotXml {
        /// The table.
        table: &'static str,
        /// The character.
        character: char,
    },
    /// The form that is wanted cannot hold it.
    #[error("the backup has {parts} files, and a bare XML file is only one")]
    Form {
        /// How many files.
        parts: usize,
    },
    /// It holds other issues than those that were counted.
    #[error("{row} have been changed meanwhile: {how}")]
    Changed {
        /// The issues.
        row: String,
        /// What is different.
        how: String,
    },
    /// It does not hold the rows that are to be changed, or has no place for new ones.
    #[error("{} rows of {table} cannot be changed: {why}", changes)]
    Missing {
        /// The table.
        table: &'static str,
        /// How many changes.
        changes: usize,
        /// Why.
        why: &'static str,
    },
}

/// What a backup is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An XML file.
    Bare,
    /// An archive.
    Zip,
}

/// Bytes that replace others.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edit {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) text: Vec<u8>,
}

/// The changes of rows that have not been met yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    tables: HashMap<EntityId, Changes>,
}

/// The changes of a table.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What becomes of rows; equal rows stand once, with all that becomes of them.
    rows: BTreeMap<Row, Vec<Option<Row>>>,
    /// New rows.
    pub(super) new: Vec<Row>,
    /// How many rows more there will be.
    pub(super) more: i64,
}

impl Pending {
    fn new(changes: &[RowChange]) -> Self {
        let mut pending = Self::default();
        for change in changes {
            let table = pending.tables.entry(change.entity()).or_default();
            match (&change.before, &change.after) {
                (Some(before), after) => {
                    table.more -= i64::from(after.is_none());
                    table.rows.entry(before.clone()).or_default().push(after.clone());
                }
                (None, Some(after)) => {
                    table.more += 1;
                    table.new.push(after.clone());
                }
                (None, None) => {}
            }
        }
        pending
    }

    /// Returns the changes of a table that has some.
    pub(super) fn table(&mut self, entity: EntityId) -> Option<&mut Changes> {
        self.tables.get_mut(&entity)
    }

    /// Returns the tables with their changes.
    pub(super) fn all(&mut self) -> impl Iterator<Item = (EntityId, &mut Changes)> {
        self.tables.iter_mut().map(|(entity, changes)| (*entity, changes))
    }

    /// Returns how many rows more each table will have.
    pub(super) fn more(&self) -> BTreeMap<&'static str, i64> {
        self.tables.iter().map(|(entity, changes)| (entity.entity().name, changes.more)).collect()
    }

    fn left(&self) -> Result<(), RewriteError> {
        let mut left: Vec<_> = self.tables.iter().collect();
        left.sort_by_key(|(entity, _)| **entity);
        for (entity, changes) in left {
            let table = entity.entity().name;
            let rows: usize = changes.rows.values().map(Vec::len).sum();
            if rows > 0 {
                let why = "the backup does not hold them as they were read, or not all of their columns";
                return Err(RewriteError::Missing { table, changes: rows, why });
            }
            if !changes.new.is_empty() {
                let why = "the backup does not hold the table, or not all of its columns";
                return Err(RewriteError::Missing { table, changes: changes.new.len(), why });
            }
        }
        Ok(())
    }
}

impl Changes {
    /// Returns what becomes of a row: nothing if it stays, `Some(None)` if it goes.
    pub(super) fn take(&mut self, row: &Row) -> Option<Option<Row>> {
        let changes = self.rows.get_mut(row)?;
        let change = changes.pop();
        if changes.is_empty() {
            self.rows.remove(row);
        }
        change
    }

    /// Gives a change back that cannot be made.
    pub(super) fn refuse(&mut self, before: Row, after: Row) {
        self.rows.entry(before).or_default().push(Some(after));
    }
}

impl Backup {
    /// Writes this backup with changes of rows into a new file.
    pub fn rewrite(&self, changes: &[RowChange], form: Form, to: &mut File) -> Result<(), RewriteError> {
        let container = &self.container;
        changes.iter().try_for_each(is_xml)?;
        let (of_apps, of_jira): (Vec<RowChange>, Vec<RowChange>) =
            changes.iter().cloned().partition(|change| change.entity().entity().name.starts_with("AO_"));
        let mut pending = Pending::new(&of_jira);
        let entities = edits(&container.entities, &mut pending, rewrite_entities::edits)?;
        pending.left()?;
        let mut pending = Pending::new(&of_apps);
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
            (Form::Zip, parts) => self.write_zip(parts, to)?,
            (Form::Bare, [(part, edits)]) => part.open(|reader| copy(reader, to, edits))??,
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

    fn write_zip(&self, parts: &[(&Part, Vec<Edit>)], file: &mut File) -> io::Result<()> {
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
                let mut options = options(entry.size());
                if let Some(time) = entry.last_modified() {
                    options = options.last_modified_time(time);
                }
                let name = entry.name().map_err(io::Error::other)?.into_owned();
                drop(entry);
                zip.start_file(name, options).map_err(io::Error::other)?;
                part.open(|reader| copy(reader, &mut zip, edits))??;
            }
        } else {
            // The names that Jira looks for, whatever a bare file was called.
            for ((part, edits), name) in parts.iter().zip([ENTITIES, ACTIVE_OBJECTS]) {
                zip.start_file(name, options(part.size)).map_err(io::Error::other)?;
                part.open(|reader| copy(reader, &mut zip, edits))??;
            }
        }
        zip.finish().map_err(io::Error::other)?;
        Ok(())
    }
}

/// Fails if a new value holds what XML forbids. What a value held before it may go on to hold.
fn is_xml(change: &RowChange) -> Result<(), RewriteError> {
    let Some(after) = &change.after else { return Ok(()) };
    for (number, new) in after.values().iter().enumerate() {
        let Some(new) = new.as_deref() else { continue };
        let old = change.before.as_ref().and_then(|before| before.values()[number].as_deref());
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
    read_part(part, &mut |feed| {
        let mut text = Text::new(feed);
        edits = find(&mut Markup::new(&mut text), pending)?;
        Ok(())
    })?;
    edits.sort_by_key(|edit| (edit.from, edit.to));
    Ok(edits)
}

/// Copies a file with other bytes in some places.
fn copy(mut from: &mut dyn Read, to: &mut dyn Write, edits: &[Edit]) -> io::Result<()> {
    let mut at = 0;
    for edit in edits {
        io::copy(&mut (&mut from).take(edit.from - at), to)?;
        io::copy(&mut (&mut from).take(edit.to - edit.from), &mut io::sink())?;
        to.write_all(&edit.text)?;
        at = edit.to;
    }
    io::copy(&mut from, to)?;
    Ok(())
}

/// Writes a text as it stands in XML outside of CDATA.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(char),
        }
    }
    escaped
}
