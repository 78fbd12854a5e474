//! The embedded instance: what is loaded comes out again, and a change is there wholly or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcfg::entity::{Row, RowChange, Tables};
use pcfg::import::{Proved, preview};
use pcfg::instance::{
    Backup, Embedded, Instance, ReadError, Reading, Run, RunId, Scope, Who, Writable, WriteError, open,
};
use pcfg::model::Index;
use pcfg::schema::Schema;
use pcfg::select::{CustomFields, Options, Projects, select};
use pcfg::xml;
use rusqlite::Connection;

use crate::env::{Env, testdata};
use crate::postgres_dump::Dump;
use crate::real_data;

const ALL: Scope = Scope { field_values: true, usage: true };

pub(crate) fn backups() -> Vec<PathBuf> {
    let mut all = vec![testdata("backup/demo"), testdata("backup/small.xml")];
    all.extend(real_data::backups());
    all
}

pub(crate) fn load(backup: &Path, into: &Path) -> Vec<String> {
    let backup = Backup::open(backup).unwrap();
    Embedded::load(into, &backup, false, &Who::default(), Duration::ZERO, &|_, _| {}).unwrap().warnings
}

/// Loads a backup into a new instance, which lives as long as the folder.
pub(crate) fn loaded(backup: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instance.sqlite");
    load(backup, &path);
    (folder, path)
}

fn read(path: &Path) -> Reading {
    open(path).unwrap().read(ALL, &|_, _| {}).unwrap()
}

/// Exports every project on its own, and all together.
pub(crate) fn exports(mut reading: Reading) -> Vec<String> {
    let mut of = |projects| {
        let options = Options { projects, custom_fields: CustomFields::Used, ..Options::default() };
        select(&mut reading.snapshot, &options).unwrap()
    };
    let all = of(Projects::All);
    let kind = Schema::get().kind_named("project").unwrap();
    let mut keys: Vec<String> =
        Index::new(all.root()).of_kind(kind).map(|identity| identity.name().to_owned()).collect();
    keys.sort();
    let mut texts = vec![xml::to_string(&all)];
    texts.extend(keys.into_iter().map(|key| xml::to_string(&of(Projects::Keys(vec![key])))));
    texts
}

fn assert_same(backup: &Path) {
    let (_folder, path) = loaded(backup);
    let (from_backup, from_instance) = (read(backup), read(&path));
    let name = backup.display();
    for entity in pcfg::entity::entities() {
        let rows = |reading: &Reading| reading.tables.rows(entity.name).to_vec();
        assert_eq!(rows(&from_backup), rows(&from_instance), "{name} {}", entity.name);
    }
    assert_eq!(from_backup.tables.fields_with_values, from_instance.tables.fields_with_values, "{name}");
    assert_eq!(from_backup.tables.usage, from_instance.tables.usage, "{name}");
    assert_eq!(from_backup.version, from_instance.version, "{name}");
    let rows: BTreeMap<_, _> = from_backup.rows.iter().filter(|(_, rows)| **rows > 0).collect();
    assert_eq!(rows, from_instance.rows.iter().collect(), "{name}");
    assert_eq!(from_backup.snapshot.notes, from_instance.snapshot.notes, "{name}");
    for (one, other) in exports(from_backup).into_iter().zip(exports(from_instance)) {
        let difference = similar::TextDiff::from_lines(&one, &other);
        assert!(one == other, "{name}: an export differs\n{}", difference.unified_diff());
    }
}

/// Law 5: the same configuration from two places gives the same export.
#[test]
fn an_instance_exports_the_same_bytes_as_its_backup() {
    for backup in backups() {
        assert_same(&backup);
    }
}

#[test]
fn an_instance_with_boards_exports_the_same_bytes_as_its_backup() {
    for name in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"] {
        let Some(dump) = Dump::real(name) else { return };
        let folder = tempfile::tempdir().unwrap();
        assert_same(&dump.write_backup(folder.path()));
    }
}

/// All values of all rows, by table and attribute, sorted.
type Values = BTreeMap<(String, String), Vec<String>>;

fn values_of_backup(path: &Path) -> Values {
    let mut values = Values::new();
    let backup = Backup::open(path).unwrap();
    let told = backup.rows::<ReadError>(&|_, _| {}, &mut |row| {
        for (attribute, value) in row.values() {
            values.entry((row.table.to_owned(), attribute.to_owned())).or_default().push(value.to_owned());
        }
        Ok(())
    });
    assert_eq!(told.unwrap().rows, read(path).rows);
    values.values_mut().for_each(|values| values.sort());
    values
}

fn values_of_instance(path: &Path) -> Values {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT own.entity, attribute, own.name, the_table.name FROM pcfg_column AS own
        JOIN pcfg_table AS the_table USING (entity)";
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement
        .query_map((), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })
        .unwrap();
    let mut values = Values::new();
    for column in columns {
        let (entity, attribute, column, table) = column.unwrap();
        let sql = format!(
            "SELECT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL ORDER BY 1"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let all: Vec<String> =
            statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        if !all.is_empty() {
            values.insert((entity, attribute), all);
        }
    }
    values
}

#[test]
fn nothing_of_a_backup_is_lost() {
    for backup in backups() {
        let (_folder, path) = loaded(&backup);
        assert_eq!(values_of_backup(&backup), values_of_instance(&path), "{}", backup.display());
    }
}

#[test]
fn names_that_a_database_cannot_tell_apart_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("odd.xml");
    let text = r#"<entity-engine-xml>
        <Odd a="1" A="2" rowid="3"/><odd a="4"/><sqlite_master a="5"/><pcfg_run id="6"/><project id="7"/>
        <Nothing/><Nothing/>
        <Project id="8" KEY="extra" key="own"/>
        <Priority id="01"/>
    </entity-engine-xml>"#;
    std::fs::write(&backup, text).unwrap();
    let (_folder, path) = loaded(&backup);
    assert_eq!(values_of_backup(&backup), values_of_instance(&path));
    let reading = read(&path);
    assert_eq!(reading.rows["Nothing"], 2);
    assert_eq!(reading.tables.rows("Project").len(), 1);
    assert_eq!(reading.tables.rows("Priority")[0].id(), "01");
}

#[test]
fn rows_of_boards_that_lead_to_nothing_are_told_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path();
    let active_objects = std::fs::read_to_string(testdata("backup/demo/activeobjects.xml")).unwrap();
    let dangling = active_objects.replace(
        "<row><string>gh.workflow.preset.todo</string><integer>1</integer><double xsi:nil=\"true\"/><double xsi:nil=\"true\"/><integer>0</integer><integer>1</integer></row>",
        "<row><string>lost</string><integer>1</integer><double xsi:nil=\"true\"/><double xsi:nil=\"true\"/><integer>0</integer><integer>77</integer></row>",
    );
    assert_ne!(active_objects, dangling);
    std::fs::write(backup.join("activeobjects.xml"), dangling).unwrap();
    std::fs::copy(testdata("backup/demo/entities.xml"), backup.join("entities.xml")).unwrap();
    let path = backup.join("instance.sqlite");
    insta::assert_snapshot!(load(backup, &path).join("\n"), @"
    1 rows of AO_60DB71_COLUMN refer to rows that do not exist, and are left out: Jira's database would reject them
    1 rows of AO_60DB71_COLUMNSTATUS refer to rows that do not exist, and are left out: Jira's database would reject them
    ");
    assert_eq!(read(&path).rows["AO_60DB71_COLUMN"], 2);
}

#[test]
fn a_backup_that_fails_leaves_nothing() {
    let Some(broken) = real_data::backup("jrjc/export-for-history-tests.xml") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instance.sqlite");
    let backup = Backup::open(&broken).unwrap();
    let load = |replace| Embedded::load(&path, &backup, replace, &Who::default(), Duration::ZERO, &|_, _| {});
    assert!(matches!(load(false), Err(WriteError::Read(ReadError::Malformed { line: 1333, .. }))));
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names(), [""; 0]);
    // The instance that was to be replaced is as it was.
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    let before = exports(read(&path));
    assert!(load(true).is_err());
    assert_eq!(exports(read(&path)), before);
}

pub(crate) fn demo() -> (tempfile::TempDir, Embedded) {
    let (folder, path) = loaded(&testdata("backup/demo"));
    (folder, Embedded::open(&path).unwrap())
}

pub(crate) fn tables(instance: &mut dyn Instance) -> Tables {
    instance.read(Scope::default(), &|_, _| {}).unwrap().tables
}

/// Proves changes of rows as the way back is proved: by a look at what they do, where all is as they expect it.
pub(crate) fn proved(changes: &[RowChange]) -> Proved {
    let mut tables = Tables::default();
    changes.iter().filter_map(|own| own.before.clone()).for_each(|row| tables.push(row.entity(), row));
    assert!(tables.sort().is_empty(), "each row changes once");
    preview(&tables, &pcfg::mapping::read(&tables), changes, &[]).unwrap().proved(Vec::new())
}

/// How tests change rows of an instance.
pub(crate) trait Changes: Writable {
    /// Changes rows.
    fn apply(&mut self, changes: &[RowChange], run: &Run) -> Result<RunId, WriteError> {
        self.carry_out(&proved(changes), run)
    }

    /// Takes a run back.
    fn take_back(&mut self, id: RunId, run: &Run) -> Result<RunId, WriteError> {
        let back = self.run(id)?.back();
        self.undo(id, &proved(back.work.rows()), run)
    }
}

impl<T: Writable + ?Sized> Changes for T {}

pub(crate) fn row(tables: &Tables, entity: &str, id: &str) -> Row {
    tables.rows(entity).iter().find(|row| row.id() == id).unwrap().clone()
}

pub(crate) fn changed(row: &Row, attribute: &str, value: Option<&str>) -> RowChange {
    let mut after = row.clone();
    after.put(attribute, value);
    RowChange { before: Some(row.clone()), after: Some(after) }
}

pub(crate) fn run(command: &str) -> Run {
    let who = Who {
        user: "ada".to_owned(),
        host: "analyst".to_owned(),
        pid: 7,
        command: command.to_owned(),
        since: "2025-03-01T12:00:00Z".to_owned(),
    };
    Run {
        who,
        file: Some("demo.xml".to_owned()),
        hash: Some("abc".to_owned()),
        plan: "{}".to_owned(),
        result: "applied".to_owned(),
        undoes: None,
        moves: Vec::new(),
    }
}

#[test]
fn a_newer_or_foreign_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let said = |path: &Path| open(path).err().unwrap().to_string().replace(path.to_str().unwrap(), "a");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert_eq!(said(&path), "a is not an embedded instance: it is the database of another program");
    std::fs::remove_file(&path).unwrap();
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(said(&path), "a is not an embedded instance: a newer version of pcfg created it");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[16..].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(said(&path), "cannot read a");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_an_instance() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = loaded(&testdata("backup/demo"));
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

/// A file with very many tables or views costs SQLite the square of their number, whatever is asked of it: it is given up with a bound.
#[test]
fn a_file_with_very_many_tables_or_views_is_no_instance() {
    let env = Env::new();
    env.run(&["instance", "init", "jira.sqlite"]);
    let add = |count: usize| {
        let connection = Connection::open(env.path("jira.sqlite")).unwrap();
        let sql = format!(
            "PRAGMA writable_schema = ON;
             INSERT INTO sqlite_schema
             WITH RECURSIVE own(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM own WHERE n < {count})
             SELECT 'view', 'v{count}_' || n, 'v{count}_' || n, 0, 'CREATE VIEW v{count}_' || n || ' AS SELECT 1' FROM own"
        );
        connection.execute_batch(&sql).unwrap();
    };
    let show = || env.run(&["instance", "show", "-q", "-i", "jira.sqlite"]);
    add(10_000);
    assert!(show().ends_with("--- exit 0\n"), "{}", show());
    add(30_000);
    let said = show();
    assert!(said.contains("it has more than 20000 tables, views and indexes"), "{said}");
    assert!(
        said.contains("make one of a backup with `pcfg instance load`") && said.ends_with("--- exit 3\n")
    );
}
