//! The tables of the database: Jira's own, by the names that they have in Jira's database, and pcfg's.
//!
//! `pcfg_table` and `pcfg_column` tell which table and column holds what of a backup. Tables and attributes that
//! `tables.txt` does not describe are there, too, under the names of the backup; a version of pcfg that learns to
//! describe them finds them by these two. Invariants: tables are STRICT, and a column holds a value exactly as the backup
//! spells it (an INTEGER only where that is the same); what is unique in Jira's database is unique here.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension as _, ffi};

use crate::entity::{Attribute, AttributeType, Entity, EntityId, Lacking, entities};
use crate::instance::bound::MOST_COLUMNS;
use crate::instance::verdict::{is_app, is_secret, key, lacking, parent};

/// `pcfg` in ASCII: tells an instance from other databases.
pub(super) const APPLICATION: i64 = 0x7063_6667;

/// The version of these tables.
pub(super) const VERSION: i64 = 1;

const OWN_TABLES: &str = "
    CREATE TABLE pcfg_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE pcfg_table (
        entity TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        rows INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE pcfg_column (
        entity TEXT NOT NULL REFERENCES pcfg_table,
        attribute TEXT NOT NULL,
        name TEXT NOT NULL COLLATE NOCASE,
        PRIMARY KEY (entity, attribute),
        UNIQUE (entity, name)
    ) STRICT;
    CREATE TABLE pcfg_run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        user TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        command TEXT NOT NULL,
        since TEXT NOT NULL,
        file TEXT,
        hash TEXT,
        plan TEXT NOT NULL,
        result TEXT NOT NULL,
        undoes INTEGER REFERENCES pcfg_run
    ) STRICT;
    CREATE TABLE pcfg_change (
        run INTEGER NOT NULL REFERENCES pcfg_run,
        number INTEGER NOT NULL,
        entity TEXT NOT NULL,
        before TEXT,
        after TEXT,
        rest TEXT,
        PRIMARY KEY (run, number)
    ) STRICT;
";

/// Creates the tables of an instance without a row.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(OWN_TABLES)?;
    for entity in entities() {
        connection.execute_batch(&create_table(entity))?;
        register_table(connection, entity.name, table_of(entity))?;
        for attribute in &entity.attributes {
            register_column(connection, entity.name, attribute.name, column_of(entity, attribute))?;
        }
    }
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", VERSION)
}

/// Gives the instance a random id, if it has none.
pub(super) fn give_id(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO pcfg_meta (key, value) VALUES ('id', lower(hex(randomblob(16))))";
    connection.execute(sql, ()).map(drop)
}

/// Returns whether a table has the names of the backup, which it had before `tables.txt` described it: who queries an instance
/// knows it by them.
fn is_as_in_backup(entity: &Entity) -> bool {
    entity.of_issues && !matches!(entity.name, "CustomFieldValue" | "Issue")
}

/// Returns the name of the table that holds rows of an entity.
pub(super) fn table_of(entity: &Entity) -> &'static str {
    if is_as_in_backup(entity) { entity.name } else { entity.table }
}

/// Returns the name of the column that holds an attribute.
pub(super) fn column_of(entity: &Entity, attribute: &Attribute) -> &'static str {
    if is_as_in_backup(entity) { attribute.name } else { attribute.column }
}

/// Says that rows of an entity are in a table.
pub(super) fn register_table(connection: &Connection, entity: &str, table: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT INTO pcfg_table (entity, name) VALUES (?, ?)", (entity, table)).map(|_| ())
}

/// Says that values of an attribute are in a column.
pub(super) fn register_column(
    connection: &Connection,
    entity: &str,
    attribute: &str,
    column: &str,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO pcfg_column (entity, attribute, name) VALUES (?, ?, ?)";
    connection.execute(sql, (entity, attribute, column)).map(|_| ())
}

fn create_table(entity: &Entity) -> String {
    let columns: Vec<String> = entity
        .attributes
        .iter()
        .map(|attribute| {
            let ty = if attribute.ty == AttributeType::Integer { "ANY" } else { "TEXT" };
            let key = if is_app(entity) && attribute.name == "ID" { " PRIMARY KEY" } else { "" };
            let parent = parent(entity, attribute.name);
            let parent = parent.map(|parent| format!(" REFERENCES {} (\"ID\")", quoted(parent)));
            format!("{} {ty}{key}{}", quoted(column_of(entity, attribute)), parent.unwrap_or_default())
        })
        .collect();
    format!("CREATE TABLE {} ({}) STRICT;", quoted(table_of(entity)), columns.join(", "))
}

/// Creates the indexes, when the rows are there: that is faster. Returns the entities whose keys are not unique.
pub(super) fn create_indexes(connection: &Connection) -> rusqlite::Result<Vec<&'static str>> {
    let mut twice = Vec::new();
    for entity in entities().iter().filter(|entity| !is_app(entity)) {
        // There may be very many of them, and nobody looks for one; where issues move, what is needed is made.
        if is_as_in_backup(entity) || entity.name == "CustomFieldValue" {
            continue;
        }
        let (key, unique) = key(entity);
        let column = entity.attribute(key).map_or(key, |number| entity.attributes[number].column);
        let index = |unique: &str| {
            // Indexes and tables share their names, and there is a table `project_key`.
            let (name, table) = (quoted(&format!("{}_by_key", entity.table)), quoted(entity.table));
            format!("CREATE {unique} INDEX {name} ON {table} ({})", quoted(column))
        };
        match connection.execute_batch(&index(if unique { "UNIQUE" } else { "" })) {
            Err(error) if is_constraint(&error) => {
                twice.push(entity.name);
                connection.execute_batch(&index(""))?;
            }
            other => other?,
        }
    }
    Ok(twice)
}

/// Returns whether the database refuses a value.
pub(super) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
}

/// Returns a name as SQL writes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns a name that the database does not have yet, in a set of lower-case names.
pub(super) fn free_name(wanted: &str, taken: &mut HashSet<String>) -> String {
    let lower = wanted.to_ascii_lowercase();
    let is_reserved = ["", "rowid", "oid", "_rowid_"].contains(&lower.as_str())
        || lower.starts_with("sqlite_")
        || lower.starts_with("pcfg_");
    let wanted = if is_reserved { format!("_{wanted}") } else { wanted.to_owned() };
    let mut name = wanted.clone();
    let mut number = 2;
    while !taken.insert(name.to_ascii_lowercase()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// Returns the error of a file that is not as pcfg makes it.
pub(super) fn corrupt(why: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(why))
}

/// Fails if one of pcfg's own tables is none.
pub(super) fn must_be_own(connection: &Connection) -> rusqlite::Result<()> {
    must_be_tables(connection, ["pcfg_meta", "pcfg_table", "pcfg_column", "pcfg_run", "pcfg_change"])
}

/// Fails if one of some tables is a view or a virtual table, which could give anything, and without end. The list of what the
/// file has is gone through once, however long it is.
fn must_be_tables<'a>(
    connection: &Connection,
    names: impl IntoIterator<Item = &'a str>,
) -> rusqlite::Result<()> {
    let names: HashSet<String> = names.into_iter().map(str::to_ascii_lowercase).collect();
    // They have no pages of their own.
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND coalesce(rootpage, 0) = 0";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str()?;
        if names.contains(&name.to_ascii_lowercase()) {
            return Err(corrupt(format!("{name} is a view or a virtual table, not a table")));
        }
    }
    Ok(())
}

/// Where the described tables and attributes are in a database.
#[derive(Debug)]
pub(super) struct Layout {
    tables: BTreeMap<EntityId, Place>,
}

/// A table of the database.
#[derive(Debug)]
pub(super) struct Place {
    /// Its name.
    pub(super) table: String,
    /// The columns of the described attributes, by number; one that came into `tables.txt` since may be missing.
    pub(super) columns: Vec<Option<String>>,
    /// The columns that are not described.
    pub(super) rest: Vec<String>,
    /// Those that hold what nobody may see; they are never read.
    pub(super) secrets: Vec<String>,
}

impl Layout {
    /// Reads it.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut tables = BTreeMap::new();
        let mut table = connection.prepare("SELECT name FROM pcfg_table WHERE entity = ?")?;
        let mut columns =
            connection.prepare("SELECT attribute, name FROM pcfg_column WHERE entity = ? ORDER BY 1")?;
        for entity in entities() {
            let found = table.query_row([entity.name], |row| row.get(0)).optional()?;
            let Some(table): Option<String> = found else { continue };
            let columns_of_none = vec![None; entity.attributes.len()];
            let mut place = Place { table, columns: columns_of_none, rest: Vec::new(), secrets: Vec::new() };
            let mut rows = columns.query([entity.name])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                let (attribute, column): (String, String) = (row.get(0)?, row.get(1)?);
                match entity.attribute(&attribute) {
                    Some(number) => place.columns[number] = Some(column),
                    None if is_secret(&attribute) => place.secrets.push(column),
                    None => place.rest.push(column),
                }
                count += 1;
                if count > MOST_COLUMNS {
                    return Err(corrupt(format!(
                        "it lists more than {MOST_COLUMNS} columns of {}",
                        place.table
                    )));
                }
            }
            tables.insert(EntityId::named(entity.name), place);
        }
        must_be_tables(connection, tables.values().map(|place| place.table.as_str()))?;
        Ok(Self { tables })
    }

    /// Returns the described attributes that have no columns.
    pub(super) fn lacking(&self) -> BTreeSet<Lacking> {
        lacking(|entity| self.place(entity).map(|place| &place.columns[..]))
    }

    /// Returns the name of a table and of some of its columns, as SQL writes them; nothing if one of them is missing.
    pub(super) fn columns(&self, entity: &str, attributes: &[&str]) -> Option<(String, Vec<String>)> {
        let id = EntityId::named(entity);
        let place = self.place(id)?;
        let column =
            |attribute: &&str| place.columns[id.entity().attribute(attribute)?].as_deref().map(quoted);
        Some((quoted(&place.table), attributes.iter().map(column).collect::<Option<_>>()?))
    }

    /// Returns where a table is, if the database has it.
    pub(super) fn place(&self, entity: EntityId) -> Option<&Place> {
        self.tables.get(&entity)
    }
}

impl Place {
    /// Returns what a query selects to get the described attributes.
    pub(super) fn selected(&self) -> String {
        let columns: Vec<String> =
            self.columns.iter().map(|column| column.as_deref().map_or("NULL".to_owned(), quoted)).collect();
        columns.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_created_and_found_again() {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        assert_eq!(create_indexes(&connection).unwrap(), Vec::<&str>::new());
        let layout = Layout::read(&connection).unwrap();
        for entity in entities() {
            let place = layout.place(EntityId::named(entity.name)).unwrap();
            assert_eq!(place.table, table_of(entity));
            let columns = entity.attributes.iter().map(|own| Some(column_of(entity, own).to_owned()));
            let columns: Vec<_> = columns.collect();
            assert_eq!(place.columns, columns);
        }
    }

    /// What a view or a virtual table would give is not read, whatever it is called.
    #[test]
    fn only_real_tables_are_read() {
        let said = |sql: &str| {
            let connection = Connection::open_in_memory().unwrap();
            create(&connection).unwrap();
            connection.execute_batch(&format!("DROP TABLE issuestatus; {sql}")).unwrap();
            Layout::read(&connection).map(drop).map_err(|error| error.to_string())
        };
        let endless = "CREATE VIEW issuestatus AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n";
        for wrong in [
            endless,
            "CREATE VIEW IssueStatus AS SELECT 1",
            "CREATE VIRTUAL TABLE issuestatus USING fts5(id)",
        ] {
            assert_eq!(
                said(wrong).map_err(|why| why.to_lowercase()),
                Err("issuestatus is a view or a virtual table, not a table".to_owned()),
                "{wrong}"
            );
        }
        assert_eq!(said("CREATE TABLE issuestatus (ID, SEQUENCE); CREATE VIEW other AS SELECT 1"), Ok(()));
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        must_be_own(&connection).unwrap();
        connection.execute_batch("DROP TABLE pcfg_change; CREATE VIEW pcfg_change AS SELECT 1").unwrap();
        assert!(must_be_own(&connection).unwrap_err().to_string().starts_with("pcfg_change is a view"));
    }

    #[test]
    fn columns_are_bounded() {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
            INSERT INTO pcfg_column SELECT 'Status', 'a' || n, 'b' || n FROM n";
        connection.execute_batch(sql).unwrap();
        let error = Layout::read(&connection).unwrap_err().to_string();
        assert_eq!(error, "it lists more than 1000 columns of issuestatus");
    }

    #[test]
    fn boards_have_foreign_keys() {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        let wrong = "INSERT INTO AO_60DB71_COLUMN (ID, RAPID_VIEW_ID) VALUES (1, 7)";
        assert!(is_constraint(&connection.execute_batch(wrong).unwrap_err()));
        let count = |table: &str| -> i64 {
            let sql = format!("SELECT count(*) FROM pragma_foreign_key_list('{table}')");
            connection.query_row(&sql, (), |row| row.get(0)).unwrap()
        };
        assert_eq!(count("AO_60DB71_NONWORKINGDAY"), 1);
        let all: i64 = entities().iter().map(|entity| count(entity.table)).sum();
        assert_eq!(all, 14, "as many as in the database of 9.12.4");
    }

    #[test]
    fn names_are_free_whatever_their_case() {
        let mut taken = HashSet::from(["project".to_owned()]);
        assert_eq!(free_name("Project", &mut taken), "Project_2");
        assert_eq!(free_name("PROJECT", &mut taken), "PROJECT_3");
        assert_eq!(free_name("sqlite_master", &mut taken), "_sqlite_master");
        assert_eq!(free_name("ROWID", &mut taken), "_ROWID");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
