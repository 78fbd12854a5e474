//! Rows that wait in a file until all of an issue are together.
//!
//! Invariant: the file can be read by its owner alone and has no name as long as it is used, so that nothing of it stays, whatever
//! happens to the process.

use std::path::Path;

use rusqlite::Connection;

use crate::entity::{DataRow, DataTable, data_tables};
use crate::instance::ReadError;

/// How much of the file is kept in memory, in KiB.
const CACHE: i64 = 32 << 10;

/// Rows by the place of their issue among those that are gathered.
pub(super) struct Spill {
    connection: Connection,
    // Where a file cannot lose its name while it is open, it goes with this.
    _file: Option<tempfile::TempPath>,
    folder: std::path::PathBuf,
}

impl Spill {
    pub(super) fn new(folder: &Path) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { path: folder.to_owned(), source };
        let path =
            tempfile::Builder::new().prefix(".pcfg-").tempfile_in(folder).map_err(io)?.into_temp_path();
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(&path)?;
            // Nothing of it is needed after anything has gone wrong.
            connection.pragma_update(None, "journal_mode", "OFF")?;
            connection.pragma_update(None, "synchronous", "OFF")?;
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.pragma_update(None, "cache_size", -CACHE)?;
            connection.execute_batch(
                "CREATE TABLE part (issue INTEGER, kind INTEGER, id INTEGER, row BLOB) STRICT; BEGIN",
            )?;
            Ok(connection)
        };
        let connection = open().map_err(|source| ReadError::Database { path: path.to_path_buf(), source })?;
        let file = if cfg!(unix) {
            path.close().map_err(io)?;
            None
        } else {
            Some(path)
        };
        Ok(Self { connection, _file: file, folder: folder.to_owned() })
    }

    fn failed(&self, source: rusqlite::Error) -> ReadError {
        ReadError::Database { path: self.folder.join("(temporary file)"), source }
    }

    /// Keeps a row.
    pub(super) fn add(&mut self, issue: usize, row: &DataRow, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        bytes.clear();
        encode(row, bytes);
        let kind = number_of(row.table());
        let id = row.table().attributes.iter().position(|own| own.name.eq_ignore_ascii_case("id"));
        let id = id.and_then(|at| row.values().nth(at)?.and_then(|id| id.trim().parse::<i64>().ok()));
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO part (issue, kind, id, row) VALUES (?, ?, ?, ?)")
            .map_err(|error| self.failed(error))?;
        let values = (issue as i64, kind as i64, id, bytes.as_slice());
        insert.execute(values).map(drop).map_err(|error| self.failed(error))
    }

    /// Calls `each` with the rows of each issue, the issues in their order; those without rows are left out.
    pub(super) fn each<E: From<ReadError>>(
        &mut self,
        each: &mut dyn FnMut(usize, Vec<DataRow>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| E::from(self.failed(error));
        let sql = "SELECT issue, kind, row FROM part ORDER BY issue, kind, id, row";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut found = statement.query(()).map_err(failed)?;
        let mut rows = Vec::new();
        let mut current = None;
        while let Some(row) = found.next().map_err(failed)? {
            let (issue, kind): (i64, i64) =
                row.get(0).and_then(|issue| Ok((issue, row.get(1)?))).map_err(failed)?;
            let bytes = row.get_ref(2).map_err(failed)?;
            if current.is_some_and(|current| current != issue) {
                each(current.unwrap_or(0) as usize, std::mem::take(&mut rows))?;
            }
            current = Some(issue);
            rows.push(decode(&data_tables()[kind as usize], bytes.as_blob().unwrap_or_default()));
        }
        match current {
            Some(issue) => each(issue as usize, rows),
            None => Ok(()),
        }
    }
}

fn number_of(table: &DataTable) -> usize {
    data_tables().iter().position(|own| own.name == table.name).unwrap_or(0)
}

/// Writes the values of a row: the length and one more before each, 0 for NULL.
fn encode(row: &DataRow, bytes: &mut Vec<u8>) {
    for value in row.values() {
        let length = value.map_or(0, |value| value.len() as u64 + 1);
        bytes.extend_from_slice(&length.to_le_bytes()[..5]);
        bytes.extend_from_slice(value.unwrap_or("").as_bytes());
    }
}

fn decode(table: &'static DataTable, mut bytes: &[u8]) -> DataRow {
    let mut row = DataRow::new(table);
    for number in 0..table.attributes.len() {
        let Some((length, rest)) = bytes.split_first_chunk::<5>() else { break };
        let mut whole = [0; 8];
        whole[..5].copy_from_slice(length);
        let length = u64::from_le_bytes(whole);
        bytes = rest;
        if let Some(length) = length.checked_sub(1) {
            let (value, rest) = bytes.split_at(bytes.len().min(length as usize));
            row.set_at(number, std::str::from_utf8(value).ok());
            bytes = rest;
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_issue_by_issue() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::new(folder.path()).unwrap();
        let row = |id: &str, body: Option<&str>| {
            let mut row = DataRow::new(DataTable::named("Action"));
            row.set("id", Some(id));
            row.set("body", body);
            row
        };
        let mut bytes = Vec::new();
        for (issue, id, body) in [(1, "9", Some("")), (0, "7", None), (1, "8", Some("é\n"))] {
            spill.add(issue, &row(id, body), &mut bytes).unwrap();
        }
        let mut found = Vec::new();
        spill
            .each(&mut |issue, rows| {
                let rows = rows.iter().map(|row| (row.id("id"), row.get("body").map(str::to_owned)));
                found.push((issue, rows.collect::<Vec<_>>()));
                Ok::<_, ReadError>(())
            })
            .unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [(0, vec![(Some(7), None)]), (1, vec![(Some(8), text("é\n")), (Some(9), text(""))])]
        );
        if cfg!(unix) {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
