//! Filling an empty schema with all rows of a backup, in tables as Jira makes them.
//!
//! Invariant: it is one transaction, so that there is a whole Jira or nothing; every value of every row is there afterwards, in
//! the column that Jira has for it, or, where `tables.txt` knows none, under the name of the backup. Rows of boards that lead to
//! nothing are left out and told.

use crate::instance::shell_word;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use tokio_postgres::error::SqlState;

use super::connection::{BEGIN, Connection, Copying, Failure, cause, unwritten};
use super::layout::{self, Layout};
use super::spelling::qualified;
use super::spelling::{literal, quoted};
use super::{Postgres, journal, lock, schema};
use crate::data::Zone;
use crate::entity::{AttributeType, entities, stored};
use crate::instance::verdict::{is_app, told_dangling, told_twice};
use crate::instance::{Address, Backup, Loaded, Progress, RawRow, Told, Who, WriteError};
use crate::output::Outcome;

/// What `pcfg.meta` calls the random text that tells one loading from every other.
const MARK: &str = "load";

/// How the codes of errors begin that say that rows do not meet a condition.
const CONSTRAINT: &str = "23";

/// More tables than this are in no backup: Jira 9.12 has about 200, and apps some hundreds.
const MOST_TABLES: usize = 5_000;

/// How many bytes of rows are sent at once.
const MESSAGE: usize = 256 << 10;

/// The longest name that PostgreSQL keeps whole, in bytes, less room for a number.
const LONGEST_NAME: usize = 58;

impl Postgres {
    /// Fills an empty schema with everything that is in a backup.
    pub fn load(&mut self, backup: &Backup, who: &Who, progress: Progress<'_>) -> Result<Loaded, WriteError> {
        let writing = self.begin_writing();
        let (connection, address) = self.connected()?;
        let filled = fill(connection, address, backup, who, progress);
        let (mut loaded, mark) = match filled {
            Ok(filled) => filled,
            Err(error) => {
                connection.roll_back();
                return Err(error);
            }
        };
        writing.is(Outcome::Unknown);
        if let Err(error) = connection.execute("COMMIT") {
            let (is_lost, error) = (connection.is_closed(), unwritten(address, &error));
            self.connection = None;
            // The server may have done it all the same.
            match is_lost.then(|| self.is_loaded(&mark)) {
                Some(Ok(true)) => {}
                None | Some(Ok(false)) => {
                    writing.is(Outcome::Untouched);
                    return Err(error);
                }
                Some(Err(_)) => return Err(untold(&self.address)),
            }
        }
        writing.is(Outcome::Done);
        // Without it the server only guesses how many rows there are. All the rows are there by now.
        let analyzed = match self.connected() {
            Ok((connection, _)) => connection.execute("ANALYZE").map_err(|error| cause(&error)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = analyzed {
            loaded.warnings.push(format!("the server has no statistics of the rows ({why}); run `ANALYZE`"));
        }
        Ok(loaded)
    }

    /// Returns whether the loading with that mark was completed, when nobody loads any more.
    fn is_loaded(&mut self, mark: &str) -> Result<bool, WriteError> {
        let place = self.place();
        let (connection, address) = self.connected()?;
        let sql = format!(
            "{}{}; SELECT FROM pcfg.meta WHERE place = {} AND key = '{MARK}' AND value = {}; COMMIT",
            connection.begin(""),
            lock::lock(&place),
            literal(&place),
            literal(mark)
        );
        let mut found = false;
        match connection.run(&sql, &mut |number, _| found |= number == BEGIN + 1) {
            Ok(_) => Ok(found),
            // The table comes with what is loaded.
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
                connection.roll_back();
                Ok(false)
            }
            Err(error) => Err(unwritten(address, &error)),
        }
    }
}

/// Says that nobody can tell whether a backup was loaded.
fn untold(address: &Address) -> WriteError {
    WriteError::Server {
        message: format!(
            "the connection to `{address}` was lost while loading was being completed, and it is unknown whether it was"
        ),
        source: None,
        help: Some(format!(
            "all of it is there or nothing: see with `pcfg instance show -i {}`",
            shell_word(&address.to_string())
        )),
    }
}

/// Fills the schema; all but the end of the transaction. Returns also what shows whether it has ended.
fn fill(
    connection: &mut Connection,
    address: &Address,
    backup: &Backup,
    who: &Who,
    progress: Progress<'_>,
) -> Result<(Loaded, String), WriteError> {
    let fails = |error: Failure| unwritten(address, &error);
    let schema = layout::schema(address);
    begin(connection, address, who, backup.zone())?;
    let mut loader = Loader::new(connection, address, schema);
    let told = backup.rows(progress, &mut |row| loader.row(row))?;
    loader.end_table()?;
    let Told { version, build, mut warnings, .. } = told;
    let filled = loader.tables.into_iter().filter(|(_, table)| table.rows > 0);
    let mut counts: BTreeMap<String, u64> = filled.map(|(entity, table)| (entity, table.rows)).collect();
    for entity in entities() {
        let (primary, index) = schema::keys(schema, entity);
        match connection.execute(&format!("SAVEPOINT key; {primary}; RELEASE SAVEPOINT key")) {
            Ok(_) => {}
            // The rows are not to blame.
            Err(error) if !error.code().is_some_and(|code| code.code().starts_with(CONSTRAINT)) => {
                return Err(fails(error));
            }
            Err(error) if is_app(entity) => {
                let why = format!("{} has several rows of one ID: {}", entity.name, cause(&error));
                return Err(WriteError::Unloadable { why });
            }
            Err(_) => {
                connection.execute(&format!("ROLLBACK TO SAVEPOINT key; {index}")).map_err(fails)?;
                warnings.push(told_twice(entity.name));
            }
        }
    }
    for (table, gone) in delete_dangling(connection, schema).map_err(fails)? {
        *counts.entry(table.to_owned()).or_default() -= gone;
        warnings.push(told_dangling(gone, table));
    }
    counts.retain(|_, rows| *rows > 0);
    let mut sql = schema::indexes(schema);
    for parent in schema::parents() {
        sql.push_str(&schema::foreign_key(schema, parent));
        sql.push(';');
    }
    for entity in entities().iter().filter(|entity| is_app(entity)) {
        sql.push_str(&schema::raise_sequence(schema, entity.table));
        sql.push(';');
    }
    let place = literal(schema);
    sql.push_str(&format!("DELETE FROM pcfg.meta WHERE place = {place};"));
    for (key, value) in [("version", version), ("build", build)] {
        if let Some(value) = value {
            let value = literal(&value);
            sql.push_str(&format!(
                "INSERT INTO pcfg.meta (place, key, value) VALUES ({place}, '{key}', {value});"
            ));
        }
    }
    sql.push_str(&format!(
        "INSERT INTO pcfg.meta (place, key, value) VALUES ({place}, '{MARK}', \
            pg_catalog.concat_ws(' ', pg_catalog.random(), pg_catalog.clock_timestamp(), pg_catalog.pg_backend_pid())) \
         RETURNING value"
    ));
    let mut mark = String::new();
    connection.run(&sql, &mut |_, row| mark = row.get(0).unwrap_or_default().to_owned()).map_err(fails)?;
    Ok((Loaded { rows: counts.values().sum(), tables: counts.len(), warnings, replaced_sample: false }, mark))
}

/// Begins the transaction; fails if there is something in the schema, or somebody else fills it.
fn begin(
    connection: &mut Connection,
    address: &Address,
    who: &Who,
    zone: Option<&Zone>,
) -> Result<(), WriteError> {
    let fails = |error: Failure| unwritten(address, &error);
    let schema = layout::schema(address);
    let mut layout = Layout::new(address);
    let (mut free, mut there) = (false, None);
    let sql = format!(
        "{}{}SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; {}; {}; {}",
        lock::comment(who),
        connection.begin(""),
        lock::try_lock(schema),
        schema::is_empty(schema),
        layout.statements()
    );
    // A backup tells times without saying in which zone; the session understands them.
    let zone = zone.map(|zone| match zone.offset() {
        Some(offset) => format!("; SET LOCAL TIME ZONE INTERVAL '{offset}' HOUR TO MINUTE"),
        None => format!("; SET LOCAL TimeZone = {}", literal(zone.name())),
    });
    let sql = sql.trim_end_matches([';', ' ']).to_owned() + &zone.unwrap_or_default();
    connection
        .run(&sql, &mut |number, row| match number.checked_sub(BEGIN + 2) {
            Some(0) => free = row.get(0) == Some("t"),
            Some(1) => there = row.get(0).map(str::to_owned),
            Some(number) => layout.take(number - 2, row),
            None => {}
        })
        .map_err(fails)?;
    if !free {
        return Err(WriteError::Busy { place: address.to_string(), by: None });
    }
    if let Some(table) = there {
        return Err(WriteError::Server {
            message: format!("the schema `{schema}` of `{address}` is not empty: it has a table `{table}`"),
            source: None,
            help: Some(
                "name an empty database, or another schema: `?schema=NAME`; a new one is made".to_owned(),
            ),
        });
    }
    let mut sql = String::new();
    if !layout.exists() {
        sql.push_str(&format!("CREATE SCHEMA {};", quoted(schema)));
    }
    if !layout.has_journal {
        sql.push_str(journal::CREATE);
        sql.push(';');
    }
    sql.push_str(&schema::create(schema));
    connection.execute(&sql).map_err(fails)?;
    Ok(())
}

/// Deletes rows that lead to nothing, and those that then do; returns how many of which tables.
fn delete_dangling(
    connection: &mut Connection,
    schema: &str,
) -> Result<BTreeMap<&'static str, u64>, Failure> {
    let parents: Vec<_> = schema::parents().collect();
    let sql: Vec<String> = parents.iter().map(|own| schema::delete_dangling(schema, *own)).collect();
    let sql = sql.join(";");
    let mut gone: BTreeMap<&'static str, u64> = BTreeMap::new();
    loop {
        let deleted = connection.execute(&sql)?;
        if deleted.iter().all(|count| *count == 0) {
            return Ok(gone);
        }
        for ((table, ..), count) in parents.iter().zip(deleted).filter(|(_, count)| *count > 0) {
            *gone.entry(table).or_default() += count;
        }
    }
}

/// Puts rows into tables.
struct Loader<'a> {
    connection: &'a mut Connection,
    address: &'a Address,
    schema: &'a str,
    tables: HashMap<String, Table>,
    /// The names of tables.
    taken: HashSet<String>,
    /// The table of the last row: rows of one table come one behind the other.
    current: Option<(String, Table)>,
    copying: Option<Copying>,
    buffer: Vec<u8>,
}

/// A table that is being filled.
struct Table {
    name: String,
    is_app: bool,
    columns: Vec<Column>,
    /// The names of the columns.
    taken: HashSet<String>,
    rows: u64,
}

struct Column {
    attribute: String,
    name: String,
    ty: AttributeType,
}

impl<'a> Loader<'a> {
    fn new(connection: &'a mut Connection, address: &'a Address, schema: &'a str) -> Self {
        let (mut tables, mut taken) = (HashMap::new(), HashSet::new());
        for (entity, attributes) in stored() {
            let columns: Vec<Column> = attributes
                .map(|(own, _)| Column {
                    attribute: own.name.to_owned(),
                    name: own.column.to_owned(),
                    ty: own.ty,
                })
                .collect();
            let table = Table {
                name: entity.table.to_owned(),
                is_app: is_app(entity),
                taken: columns.iter().map(|own| own.name.clone()).collect(),
                columns,
                rows: 0,
            };
            taken.insert(table.name.clone());
            tables.insert(entity.name.to_owned(), table);
        }
        Self { connection, address, schema, tables, taken, current: None, copying: None, buffer: Vec::new() }
    }

    fn fails(&self, error: &Failure) -> WriteError {
        match error.code().map(|code| code.code()) {
            // A value does not fit its column.
            Some(code) if code.starts_with("22") => WriteError::Unloadable { why: cause(error) },
            _ => unwritten(self.address, error),
        }
    }

    /// Puts a row into its table, which gets the columns that it lacks.
    fn row(&mut self, row: &RawRow<'_>) -> Result<(), WriteError> {
        if self.current.as_ref().is_none_or(|(entity, _)| entity != row.table) {
            self.end_table()?;
            let table = match self.tables.remove(row.table) {
                Some(table) => table,
                None => self.create_table(row.table)?,
            };
            self.current = Some((row.table.to_owned(), table));
        }
        let Some((entity, mut table)) = self.current.take() else { return Ok(()) };
        let filled = self.fill(&mut table, row);
        self.current = Some((entity, table));
        filled
    }

    fn fill(&mut self, table: &mut Table, row: &RawRow<'_>) -> Result<(), WriteError> {
        let mut values: Vec<Option<&str>> = vec![None; table.columns.len()];
        for (attribute, value) in row.values() {
            let at = match table.columns.iter().position(|column| column.attribute == attribute) {
                Some(at) => at,
                None => self.add_column(table, attribute)?,
            };
            values.resize(table.columns.len(), None);
            values[at] = Some(value);
        }
        if self.copying.is_none() {
            let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
            let name = qualified(self.schema, &table.name);
            let columns =
                if columns.is_empty() { String::new() } else { format!("({})", columns.join(", ")) };
            let copying = self.connection.copy_in(&format!("COPY {name} {columns} FROM STDIN"));
            self.copying = Some(copying.map_err(|error| self.fails(&error))?);
        }
        for (number, (value, column)) in values.iter().zip(&table.columns).enumerate() {
            if number > 0 {
                self.buffer.push(b'\t');
            }
            let spelled = value.map(|value| match table.is_app {
                true => column.ty.spelled(value),
                false => Cow::Borrowed(value),
            });
            // A number or a moment cannot be empty.
            match spelled.filter(|value| column.ty == AttributeType::Text || !value.is_empty()) {
                Some(value) => escape(&value, &mut self.buffer)
                    .ok_or_else(|| WriteError::Unloadable { why: nothing(row.table, &column.attribute) })?,
                None => self.buffer.extend(b"\\N"),
            }
        }
        self.buffer.push(b'\n');
        table.rows += 1;
        if self.buffer.len() >= MESSAGE { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), WriteError> {
        let rows = std::mem::take(&mut self.buffer);
        let Some(copying) = &mut self.copying else { return Ok(()) };
        match self.connection.send(copying, rows) {
            Ok(()) => Ok(()),
            // What is wrong is said only at the end.
            Err(error) => {
                let ended = self.copying.take().map(|copying| self.connection.finish(copying));
                Err(self.fails(&ended.and_then(Result::err).unwrap_or(error)))
            }
        }
    }

    /// Sends what there is of the current rows.
    fn end_copying(&mut self) -> Result<(), WriteError> {
        self.send()?;
        match self.copying.take() {
            Some(copying) => self.connection.finish(copying).map(drop).map_err(|error| self.fails(&error)),
            None => Ok(()),
        }
    }

    fn end_table(&mut self) -> Result<(), WriteError> {
        self.end_copying()?;
        self.tables.extend(self.current.take());
        Ok(())
    }

    fn create_table(&mut self, entity: &str) -> Result<Table, WriteError> {
        if self.taken.len() >= MOST_TABLES {
            return Err(WriteError::Unloadable {
                why: format!("it contains more than {MOST_TABLES} tables"),
            });
        }
        let is_app = entity.starts_with("AO_");
        // Names of Jira's own tables are in lower case.
        let wanted = if is_app { entity.to_owned() } else { entity.to_lowercase() };
        let name = free_name(&wanted, &mut self.taken);
        let sql = format!("CREATE TABLE {} ()", qualified(self.schema, &name));
        self.connection.execute(&sql).map_err(|error| self.fails(&error))?;
        Ok(Table { name, is_app, columns: Vec::new(), taken: HashSet::new(), rows: 0 })
    }

    fn add_column(&mut self, table: &mut Table, attribute: &str) -> Result<usize, WriteError> {
        self.end_copying()?;
        let wanted = if table.is_app { attribute.to_owned() } else { attribute.to_lowercase() };
        let name = free_name(&wanted, &mut table.taken);
        let sql =
            format!("ALTER TABLE {} ADD COLUMN {} text", qualified(self.schema, &table.name), quoted(&name));
        self.connection.execute(&sql).map_err(|error| self.fails(&error))?;
        table.columns.push(Column { attribute: attribute.to_owned(), name, ty: AttributeType::Text });
        Ok(table.columns.len() - 1)
    }
}

fn nothing(entity: &str, attribute: &str) -> String {
    format!("{attribute} of a row of {entity} holds the character U+0000, which this database cannot store")
}

/// Adds a value as `COPY` takes it; nothing if it cannot be.
pub(super) fn escape(value: &str, buffer: &mut Vec<u8>) -> Option<()> {
    for byte in value.bytes() {
        match byte {
            0 => return None,
            b'\\' => buffer.extend(b"\\\\"),
            b'\n' => buffer.extend(b"\\n"),
            b'\r' => buffer.extend(b"\\r"),
            b'\t' => buffer.extend(b"\\t"),
            other => buffer.push(other),
        }
    }
    Some(())
}

/// Returns a name that is not taken yet, and short enough; the server keeps some names of columns for itself.
fn free_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let reserved = ["", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];
    let wanted = if reserved.contains(&wanted) { format!("_{wanted}") } else { wanted.to_owned() };
    let mut end = wanted.len().min(LONGEST_NAME);
    while !wanted.is_char_boundary(end) {
        end -= 1;
    }
    let wanted = &wanted[..end];
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free_and_short() {
        let mut taken = HashSet::from(["project".to_owned()]);
        assert_eq!(free_name("project", &mut taken), "project_2");
        assert_eq!(free_name("ctid", &mut taken), "_ctid");
        let long = "ü".repeat(60);
        assert_eq!(free_name(&long, &mut taken), "ü".repeat(29));
        assert_eq!(free_name(&long, &mut taken), format!("{}_2", "ü".repeat(29)));
    }

    #[test]
    fn values_are_escaped() {
        let mut buffer = Vec::new();
        assert_eq!(escape("a\\N\tb\nc\r", &mut buffer), Some(()));
        assert_eq!(buffer, b"a\\\\N\\tb\\nc\\r");
        assert_eq!(escape("\0", &mut buffer), None);
    }
}
