//! Issues that are written into a new backup, behind those that are there.
//!
//! Invariant: the rows of Jira's own tables wait in files until the place of their table is known, so that memory does not grow with them;
//! and what was written is read back and counted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::edit::{NewRows, Waiting};
use super::feed::Text;
use super::markup::Markup;
use super::prove::Rows;
use super::raw::{RawRow, Wanted};
use super::{Backup, Form, RewriteError, active_objects, read_part, rewrite_entities};
use crate::data::{NextIds, Room, Space};
use crate::entity::{DataRow, DataTable, EntityId, Row, RowChange, Tables, data_tables};
use crate::import::{Proved, Streamed};
use crate::instance::issue_data::{Filling, Ground, IssueGround, Tallies, numbered_by};
use crate::instance::{ReadError, WriteError};
use crate::model::Characters;

/// The tables whose ids come from one sequence with those of another.
const TOGETHER: (&str, &str) = ("OSCurrentStep", "OSHistoryStep");

/// Jira's sequences.
const SEQUENCES: &str = "SequenceValueItem";

impl IssueGround for Backup {
    fn ground(&mut self) -> Result<Ground, ReadError> {
        let mut ground = Ground { has_keys: true, room: self.room()?, ..Ground::default() };
        let mut highest: BTreeMap<String, u64> = BTreeMap::new();
        let mut sequences: BTreeMap<String, u64> = BTreeMap::new();
        let rows =
            |name: &str| match name == SEQUENCES || name == TOGETHER.1 || DataTable::find(name).is_some() {
                true => Rows::All,
                false => Rows::None,
            };
        let attribute = |_: &str, name: &[u8]| [&b"id"[..], b"seqName", b"seqId"].contains(&name);
        let wanted = Wanted { rows: &rows, attribute: &attribute };
        let mut rank = DataRow::new(DataTable::named("AO_60DB71_LEXORANK"));
        self.rows_of(&|_, _| {}, wanted, &mut |row: &RawRow<'_>| {
            let get = |wanted: &str| row.values().find(|(name, _)| *name == wanted).map(|(_, value)| value);
            let number = |wanted| get(wanted).and_then(|own| own.trim().parse::<u64>().ok());
            if row.table == SEQUENCES {
                sequences.extend(get("seqName").map(str::to_owned).zip(number("seqId")));
            } else if let Some(id) = number("id").or_else(|| number("ID")) {
                let own = highest.entry(row.table.to_owned()).or_default();
                *own = (*own).max(id);
            }
            if row.table == rank.table().name {
                rank.clear();
                for (name, value) in row.values() {
                    if let Some(number) = rank.table().attribute(name) {
                        rank.set_at(number, Some(value));
                    }
                }
                ground.ranks.add(&rank);
            }
            Ok::<(), ReadError>(())
        })?;
        for table in data_tables() {
            let mut own = highest.get(table.name).copied();
            if table.name == TOGETHER.0 {
                own = own.max(highest.get(TOGETHER.1).copied());
            }
            let next = own.map_or(0, |own| own + 1).max(sequences.get(table.name).copied().unwrap_or(0));
            // Jira's own tables begin at 10000, those of apps at 1.
            match table.name.starts_with("AO_") {
                true => ground.ids.set_from(table.name, next.max(1)),
                false => ground.ids.set(table.name, next),
            }
        }
        Ok(ground)
    }
}

impl Backup {
    /// Returns what the tables of a backup can hold: all that XML can, but only such tables of apps as there are.
    fn room(&self) -> Result<Room, ReadError> {
        let mut room = Room::of_columns(Characters::Xml);
        let mut there = BTreeMap::new();
        if let Some(part) = &self.container.active_objects {
            read_part(part, None, &mut |feed| {
                there = active_objects::tables(&mut Markup::new(&mut Text::new(feed)))?;
                Ok(())
            })?;
        }
        for table in data_tables() {
            if !table.name.starts_with("AO_") {
                room.add(table, vec![Space::Any; table.attributes.len()]);
                continue;
            }
            let Some(columns) = there.get(table.name) else { continue };
            let space =
                |name: &str| if columns.iter().any(|own| own == name) { Space::Any } else { Space::Missing };
            room.add(table, table.attributes.iter().map(|own| space(own.name)).collect());
        }
        Ok(room)
    }

    /// Writes the backup with issues into a new file, and with what was proved done to it, if there is something; `before` are its rows.
    pub fn write_issues(
        &self,
        (proved, before): (Option<&Proved>, &Tables),
        filling: Filling<'_>,
        form: Form,
        (to, folder): (&mut File, &Path),
    ) -> Result<(), RewriteError> {
        let Filling { planned, next, counters, fill, .. } = filling;
        let mut changes = proved.map_or(Vec::new(), |proved| proved.work().rows().to_vec());
        raise(&mut changes, before, next, counters);
        let mut spill = Spill { folder, tables: BTreeMap::new(), of_apps: BTreeMap::new() };
        let mut tallies = Tallies::default();
        fill(&mut |row| {
            tallies.add(row);
            spill.add(row)
        })?;
        if let Some(how) = planned.differs(&tallies.finish(false)).into_iter().next() {
            return Err(WriteError::Altered { row: "the issues".to_owned(), how }.into());
        }
        self.rewrite_with(&changes, spill.finish()?, form, to)
    }

    /// Counts the rows of the parts of a run as they stand in the backup.
    pub fn count_issues(&self, parts: &Streamed) -> Result<Streamed, ReadError> {
        let part = |name: &str| parts.parts.iter().find(|part| part.name == name);
        let rows = |name: &str| if part(name).is_some() { Rows::All } else { Rows::None };
        let wanted = Wanted { rows: &rows, attribute: &|_, _| true };
        let mut tallies = Tallies::default();
        self.data_rows(&|_, _| {}, wanted, &mut |row| {
            let is_of = part(row.table().name).and_then(|part| part.ids).is_some_and(|(from, to)| {
                row.id(numbered_by(row.table().name)).is_some_and(|own| (from..=to).contains(&own))
            });
            if is_of && row.counts() {
                tallies.add(row);
            }
            Ok(())
        })?;
        Ok(tallies.finish(false))
    }
}

/// Has sequences and the counters of projects rise, among or beside the changes that there are.
fn raise(changes: &mut Vec<RowChange>, before: &Tables, next: &NextIds, counters: &[(String, u64)]) {
    let of_jira = next.all().filter(|(table, _)| !table.starts_with("AO_"));
    for (name, next) in of_jira {
        rise(changes, before, (SEQUENCES, "seqName", name), ("seqId", next), true);
    }
    for (project, number) in counters {
        rise(changes, before, ("Project", "id", project), ("counter", *number), false);
    }
}

fn rise(
    changes: &mut Vec<RowChange>,
    before: &Tables,
    (entity, key, value): (&'static str, &str, &str),
    (attribute, number): (&str, u64),
    makes: bool,
) {
    let is_it = |row: &Row| row.get(key).map(str::trim) == Some(value);
    let is_lower = |row: &Row| {
        row.get(attribute).and_then(|own| own.trim().parse::<u64>().ok()).is_none_or(|own| own < number)
    };
    let id = EntityId::named(entity);
    let changed = changes.iter_mut().filter(|change| change.entity() == id);
    let changed = changed.filter_map(|change| change.after.as_mut()).find(|row| is_it(row));
    let text = number.to_string();
    match (changed, before.rows(entity).iter().find(|row| is_it(row))) {
        (Some(row), _) if is_lower(row) => row.put(attribute, Some(&text)),
        (None, Some(row)) if is_lower(row) => {
            let mut after = row.clone();
            after.put(attribute, Some(&text));
            changes.push(RowChange { before: Some(row.clone()), after: Some(after) });
        }
        (None, None) if makes => {
            let mut row = Row::new(id);
            row.put(key, Some(value));
            row.put(attribute, Some(&text));
            changes.push(RowChange { before: None, after: Some(row) });
        }
        _ => {}
    }
}

/// Rows that wait for their places.
struct Spill<'f> {
    folder: &'f Path,
    tables: BTreeMap<&'static str, (BufWriter<File>, u64)>,
    /// Rows of apps are few, and are spelled as their table in the file is.
    of_apps: BTreeMap<&'static str, Vec<DataRow>>,
}

impl Spill<'_> {
    fn add(&mut self, row: &DataRow) -> Result<(), WriteError> {
        let name = row.table().name;
        if name.starts_with("AO_") {
            self.of_apps.entry(name).or_default().push(row.clone());
            return Ok(());
        }
        let fails = |source| WriteError::Io { path: self.folder.to_owned(), source };
        if !self.tables.contains_key(name) {
            // It has no name, so that nothing of it stays.
            let file = tempfile::tempfile_in(self.folder).map_err(fails)?;
            self.tables.insert(name, (BufWriter::with_capacity(1 << 16, file), 0));
        }
        let Some((file, rows)) = self.tables.get_mut(name) else { return Ok(()) };
        *rows += 1;
        file.write_all(&rewrite_entities::data_row(row)).map_err(fails)
    }

    fn finish(self) -> Result<NewRows, RewriteError> {
        let mut tables = BTreeMap::new();
        for (name, (file, rows)) in self.tables {
            let mut file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.seek(SeekFrom::Start(0))?;
            tables.insert(name, Waiting { file, rows });
        }
        Ok(NewRows { tables, of_apps: self.of_apps })
    }
}
