//! The embedded instance: what is loaded comes out again, and a change is there wholly or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcfg::entity::{EntityId, Row, RowChange, Tables};
use pcfg::instance::{
    Backup, Embedded, Instance, ReadError, Reading, Run, Scope, Who, Writable, WriteError, open,
};
use pcfg::model::Index;
use pcfg::schema::Schema;
use pcfg::select::{CustomFields, Options, Projects, select};
use pcfg::xml;
use rusqlite::Connection;

use crate::env::testdata;
use crate::postgres_dump::Dump;
use crate::real_data;

const ALL: Scope = Scope { field_values: true, usage: true };

fn backups() -> Vec<PathBuf> {
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
fn exports(mut reading: Reading) -> Vec<String> {
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
    1 rows of AO_60DB71_COLUMN lead to rows that are not there, and are left out: Jira's database would refuse them
    1 rows of AO_60DB71_COLUMNSTATUS lead to rows that are not there, and are left out: Jira's database would refuse them
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
    assert_eq!(names(), ["instance.sqlite-lock"]);
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

pub(crate) fn tables(instance: &mut Embedded) -> Tables {
    instance.read(Scope::default(), &|_, _| {}).unwrap().tables
}

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
    }
}

/// Everything in the database but pcfg's own tables.
fn dump(instance: &Embedded) -> BTreeMap<String, Vec<String>> {
    let connection = Connection::open(instance.path()).unwrap();
    let mut statement = connection.prepare("SELECT name FROM pcfg_table").unwrap();
    let names = statement.query_map((), |row| row.get::<_, String>(0)).unwrap();
    let mut dump = BTreeMap::new();
    for name in names.map(Result::unwrap) {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows: Vec<String> = statement
            .query_map((), |row| {
                Ok((0..columns).map(|at| format!("{:?} ", row.get_ref(at).unwrap())).collect())
            })
            .unwrap()
            .map(Result::unwrap)
            .collect();
        rows.sort();
        dump.insert(name, rows);
    }
    dump
}

/// Laws 4 and 7: only what is to change changes, and undoing it gives back what was.
#[test]
fn a_change_is_applied_journaled_and_undone() {
    let (_folder, mut instance) = demo();
    let (before, data) = (tables(&mut instance), dump(&instance));
    let mut new = Row::new(EntityId::named("Resolution"));
    new.put("id", Some("10002"));
    new.put("name", Some("Duplicate"));
    let association = before.rows("NodeAssociation")[0].clone();
    let user = row(&before, "User", "10001");
    let sequence = {
        let mut row = Row::new(EntityId::named("SequenceValueItem"));
        row.put("seqName", Some("Resolution"));
        row.put("seqId", Some("10003"));
        row
    };
    let changes = vec![
        changed(&row(&before, "Status", "1"), "description", None),
        RowChange { before: None, after: Some(new) },
        RowChange { before: Some(association), after: None },
        RowChange { before: Some(user), after: None },
        RowChange { before: None, after: Some(sequence) },
    ];
    let id = instance.apply(&changes, &run("pcfg import demo.xml")).unwrap();
    let mut wanted = before.clone();
    wanted.apply(&changes).unwrap();
    let reading = instance.read(Scope::default(), &|_, _| {}).unwrap();
    for entity in pcfg::entity::entities() {
        assert_eq!(reading.tables.rows(entity.name), wanted.rows(entity.name));
    }
    assert_eq!(reading.rows["Resolution"], 3);
    assert_eq!(reading.rows["User"], 2);
    let after = dump(&instance);
    let touched: Vec<&String> =
        data.iter().filter(|(name, rows)| after[*name] != **rows).map(|(name, _)| name).collect();
    assert_eq!(touched, ["cwd_user", "issuestatus", "nodeassociation", "resolution", "sequence_value_item"]);

    let journaled = instance.run(id).unwrap();
    assert_eq!(journaled.changes, changes);
    assert_eq!(journaled.entry.run, run("pcfg import demo.xml"));
    assert_eq!((journaled.entry.rows, journaled.entry.undone_by), (5, None));

    let undo = instance.undo(id, &run("pcfg undo")).unwrap();
    let mut undone = dump(&instance);
    assert_eq!(undone.remove("sequence_value_item").unwrap().len(), 1, "sequences never go back");
    let mut data = data;
    data.remove("sequence_value_item");
    assert_eq!(undone, data, "passwords and other values that pcfg does not know came back, too");
    let states: Vec<_> = instance
        .history()
        .unwrap()
        .into_iter()
        .map(|entry| (entry.id, entry.run.undoes, entry.undone_by))
        .collect();
    assert_eq!(states, [(undo, Some(id), None), (id, None, Some(undo))]);
    let again = instance.undo(id, &run("pcfg undo")).unwrap_err();
    assert_eq!(again.to_string(), "run 1 has been undone already, by run 2");

    // An undo can be undone, and then the first run can be undone again.
    let redo = instance.undo(undo, &run("pcfg undo")).unwrap();
    assert_eq!(dump(&instance)["cwd_user"], after["cwd_user"]);
    assert_eq!(instance.run(id).unwrap().entry.undone_by, None);
    instance.undo(id, &run("pcfg undo")).unwrap();
    assert_eq!(instance.run(undo).unwrap().entry.undone_by, Some(redo));
    assert_eq!(dump(&instance)["cwd_user"], data["cwd_user"]);
    assert!(matches!(instance.run(99), Err(WriteError::NoRun { run: 99 })));
}

/// Applies a good change and a bad one, which must take the good one with it.
fn refused(instance: &mut Embedded, bad: RowChange) -> String {
    let (good, before) = (row(&tables(instance), "Status", "6"), dump(instance));
    let changes = [changed(&good, "name", Some("Shut")), bad];
    let error = instance.apply(&changes, &run("pcfg import")).unwrap_err();
    assert_eq!(dump(instance), before, "everything was rolled back");
    assert!(instance.history().unwrap().is_empty(), "the journal knows nothing of it");
    error.to_string()
}

#[test]
fn a_row_that_is_not_as_planned_refuses_everything() {
    let (_folder, mut instance) = demo();
    let tables = tables(&mut instance);
    let mut stale = row(&tables, "Status", "1");
    stale.put("name", Some("Opened"));
    stale.put("statuscategory", None);
    insta::assert_snapshot!(refused(&mut instance, changed(&stale, "name", Some("New"))),
        @"Status 1 has been changed meanwhile: name is `Open`, not `Opened`; statuscategory is `2`, not NULL");
    let mut gone = row(&tables, "Status", "1");
    gone.put("id", Some("77"));
    insta::assert_snapshot!(refused(&mut instance, RowChange { before: Some(gone), after: None }),
        @"Status 77 has been changed meanwhile: it is not there");
    let there = RowChange { before: None, after: Some(row(&tables, "Status", "1")) };
    insta::assert_snapshot!(refused(&mut instance, there), @"Status 1 has been changed meanwhile: it is there already");
    let mut association = tables.rows("NodeAssociation")[0].clone();
    association.put("sinkNodeId", Some("99"));
    let gone = RowChange { before: Some(association), after: None };
    assert!(refused(&mut instance, gone).ends_with("has been changed meanwhile: it is not there"));
    let column = row(&tables, "AO_60DB71_COLUMN", "1");
    insta::assert_snapshot!(refused(&mut instance, RowChange { before: Some(column), after: None }),
        @"AO_60DB71_COLUMNSTATUS 1 would lead to a row of AO_60DB71_COLUMN that is not there");
}

#[test]
fn rows_may_come_before_those_that_they_lead_to() {
    let (_folder, mut instance) = demo();
    let mut board = Row::new(EntityId::named("AO_60DB71_RAPIDVIEW"));
    board.put("ID", Some("2"));
    let mut column = Row::new(EntityId::named("AO_60DB71_COLUMN"));
    column.put("ID", Some("9"));
    column.put("RAPID_VIEW_ID", Some("2"));
    let changes: Vec<RowChange> =
        [column, board].map(|row| RowChange { before: None, after: Some(row) }).into();
    instance.apply(&changes, &run("pcfg import")).unwrap();
    instance.undo(1, &run("pcfg undo")).unwrap();
}

#[test]
fn a_newer_or_foreign_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let said = |path: &Path| open(path).err().unwrap().to_string().replace(path.to_str().unwrap(), "a");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert_eq!(said(&path), "a is not an embedded instance: it is a database of another program");
    std::fs::remove_file(&path).unwrap();
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(said(&path), "a is not an embedded instance: a newer version of pcfg has made it");
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
