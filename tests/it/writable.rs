//! The laws of every instance that can be written: a change is there wholly or not at all, and can be taken back. One suite
//! for all of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pcfg::entity::{EntityId, Row, RowChange};
use pcfg::instance::{Basis, Embedded, Scope, Withheld, Writable, WriteError};
use rusqlite::Connection;

use crate::embedded::{Changes as _, changed, loaded, row, run, tables};
use crate::env::testdata;

/// All rows of all of Jira's tables, with all columns.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// An instance of the demo backup, and another way to look at it.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) instance: Box<dyn Writable>,
    pub(crate) rows: Box<dyn Fn() -> Rows>,
}

/// Returns an instance of each kind that there is here.
pub(crate) fn places() -> Vec<Place> {
    #[cfg(feature = "postgres")]
    let others = postgres();
    #[cfg(not(feature = "postgres"))]
    let others = [];
    [embedded()].into_iter().chain(others).collect()
}

fn embedded() -> Place {
    let (folder, path) = loaded(&testdata("backup/demo"));
    let instance = Box::new(Embedded::open(&path).unwrap());
    let rows = move || {
        let _keep = &folder;
        rows_of_file(&path)
    };
    Place { name: "embedded", instance, rows: Box::new(rows) }
}

#[cfg(feature = "postgres")]
fn postgres() -> Option<Place> {
    let (database, _) = crate::postgres::load(&testdata("backup/demo"))?;
    let instance = Box::new(database.open());
    Some(Place { name: "postgres", instance, rows: Box::new(move || crate::postgres::rows(&database)) })
}

/// Returns the rows of users as they are when the one that was deleted has come back.
fn without_secret(rows: &[String]) -> Vec<String> {
    const SECRET: &str = "{PKCS5S2}another-made-up-secret";
    let in_file = format!("{:?} ", rusqlite::types::ValueRef::Text(SECRET.as_bytes()));
    let mut rows: Vec<String> =
        rows.iter().map(|row| row.replace(&in_file, "Null ").replace(SECRET, "")).collect();
    rows.sort();
    rows
}

fn rows_of_file(path: &PathBuf) -> Rows {
    let connection = Connection::open(path).unwrap();
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
    for Place { name, mut instance, rows } in places() {
        let instance = instance.as_mut();
        let (before, data) = (tables(&mut *instance), rows());
        let mut new = Row::new(EntityId::named("Resolution"));
        new.put("id", Some("10002"));
        new.put("name", Some("It's a \\ duplicate"));
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
            assert_eq!(reading.tables.rows(entity.name), wanted.rows(entity.name), "{name}");
        }
        assert_eq!(reading.rows["Resolution"], 3);
        assert_eq!(reading.rows["User"], 2);
        let after = rows();
        let touched: Vec<&String> =
            data.iter().filter(|(name, rows)| after[*name] != **rows).map(|(name, _)| name).collect();
        assert_eq!(
            touched,
            ["cwd_user", "issuestatus", "nodeassociation", "resolution", "sequence_value_item"],
            "{name}"
        );

        let journaled = instance.run(id).unwrap();
        assert_eq!(journaled.work.rows(), changes, "{name}");
        assert_eq!(journaled.entry.run, run("pcfg import demo.xml"), "{name}");
        assert_eq!((journaled.entry.rows, journaled.entry.undone_by), (5, None));

        let undo = instance.take_back(id, &run("pcfg undo")).unwrap();
        let mut undone = rows();
        assert_eq!(undone.remove("sequence_value_item").unwrap().len(), 1, "sequences never go back");
        let mut data = data;
        data.remove("sequence_value_item");
        let users = without_secret(&data["cwd_user"]);
        assert_ne!(users, data["cwd_user"]);
        data.insert("cwd_user".to_owned(), users);
        assert_eq!(undone, data, "{name}: values that pcfg does not know came back, too, but no password");
        let states: Vec<_> = instance
            .history()
            .unwrap()
            .into_iter()
            .map(|entry| (entry.id, entry.run.undoes, entry.undone_by))
            .collect();
        assert_eq!(states, [(undo, Some(id), None), (id, None, Some(undo))]);
        let again = instance.take_back(id, &run("pcfg undo")).unwrap_err();
        assert_eq!(again.to_string(), "run 1 has been undone already, by run 2");

        // An undo can be undone, and then the first run can be undone again.
        let redo = instance.take_back(undo, &run("pcfg undo")).unwrap();
        assert_eq!(rows()["cwd_user"], after["cwd_user"]);
        assert_eq!(instance.run(id).unwrap().entry.undone_by, None);
        instance.take_back(id, &run("pcfg undo")).unwrap();
        assert_eq!(instance.run(undo).unwrap().entry.undone_by, Some(redo));
        assert_eq!(rows()["cwd_user"], data["cwd_user"]);
        assert!(matches!(instance.run(99), Err(WriteError::NoRun { run: 99 })));
    }
}

/// Applies a good change and a bad one, which must take the good one with it.
fn refused(Place { name, instance, rows }: &mut Place, bad: RowChange) -> String {
    let (good, before) = (row(&tables(instance.as_mut()), "Status", "6"), rows());
    let changes = [changed(&good, "name", Some("Shut")), bad];
    let error = instance.apply(&changes, &run("pcfg import")).unwrap_err();
    assert_eq!(rows(), before, "{name}: everything was rolled back");
    assert!(instance.history().unwrap().is_empty(), "{name}: the journal knows nothing of it");
    error.to_string()
}

#[test]
fn a_row_that_is_not_as_planned_refuses_everything() {
    for mut place in places() {
        let tables = tables(place.instance.as_mut());
        let mut stale = row(&tables, "Status", "1");
        stale.put("name", Some("Opened"));
        stale.put("statuscategory", None);
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(&mut place, changed(&stale, "name", Some("New"))),
                @"Status 1 has been changed meanwhile: name is `Open`, not `Opened`; statuscategory is `2`, not NULL");
        }
        let mut gone = row(&tables, "Status", "1");
        gone.put("id", Some("77"));
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(&mut place, RowChange { before: Some(gone), after: None }),
                @"Status 77 has been changed meanwhile: it does not exist");
        }
        let there = RowChange { before: None, after: Some(row(&tables, "Status", "1")) };
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused(&mut place, there), @"Status 1 has been changed meanwhile: it exists already");
        }
        let mut association = tables.rows("NodeAssociation")[0].clone();
        association.put("sinkNodeId", Some("99"));
        let gone = RowChange { before: Some(association), after: None };
        assert!(refused(&mut place, gone).ends_with("has been changed meanwhile: it does not exist"));
        let column = row(&tables, "AO_60DB71_COLUMN", "1");
        let said = refused(&mut place, RowChange { before: Some(column), after: None });
        let (from, to) = said.split_once(" would refer to a row of ").unwrap();
        assert!(from.contains("AO_60DB71_COLUMNSTATUS"), "{said}");
        assert_eq!(to, "AO_60DB71_COLUMN that does not exist");
        let mut column = row(&tables, "AO_60DB71_COLUMN", "1");
        column.put("ID", Some("99"));
        column.put("RAPID_VIEW_ID", Some("98"));
        let said = refused(&mut place, RowChange { before: None, after: Some(column) });
        assert!(said.ends_with("would refer to a row of AO_60DB71_RAPIDVIEW that does not exist"), "{said}");
    }
}

#[test]
fn rows_may_come_before_those_that_they_lead_to() {
    for Place { name, mut instance, rows } in places() {
        let before = rows();
        let mut board = Row::new(EntityId::named("AO_60DB71_RAPIDVIEW"));
        board.put("ID", Some("2"));
        let mut column = Row::new(EntityId::named("AO_60DB71_COLUMN"));
        column.put("ID", Some("9"));
        column.put("RAPID_VIEW_ID", Some("2"));
        let mut status = Row::new(EntityId::named("AO_60DB71_COLUMNSTATUS"));
        status.put("ID", Some("9"));
        status.put("COLUMN_ID", Some("9"));
        let changes: Vec<RowChange> =
            [status, column, board].map(|row| RowChange { before: None, after: Some(row) }).into();
        instance.apply(&changes, &run("pcfg import")).unwrap();
        assert_ne!(rows(), before);
        instance.take_back(1, &run("pcfg undo")).unwrap();
        assert_eq!(rows(), before, "{name}");
    }
}

/// Who comes too late plans anew: a run that changed the instance after this plan was made may have changed what the plan was made of.
#[test]
fn a_run_that_came_in_between_stops_the_next() {
    for Place { name, mut instance, .. } in places() {
        let basis = |instance: &mut dyn Writable, last| Basis { last, tables: tables(instance) };
        let status = row(&tables(instance.as_mut()), "Status", "1");
        let planned = basis(instance.as_mut(), None);
        instance.follow(planned.clone());
        instance.apply(&[changed(&status, "name", Some("Opened"))], &run("pcfg import")).unwrap();
        let other = row(&tables(instance.as_mut()), "Status", "6");
        instance.follow(planned);
        let late = instance.apply(&[changed(&other, "name", Some("Shut"))], &run("pcfg import"));
        assert_eq!(
            late.unwrap_err().to_string(),
            "run 1 of ada@analyst changed the instance after this plan was made",
            "{name}"
        );
        let planned = basis(instance.as_mut(), Some(1));
        instance.follow(planned);
        instance.apply(&[changed(&other, "name", Some("Shut"))], &run("pcfg import")).unwrap();
    }
}

/// What a plan was made from is all of the configuration, not only the rows that it changes.
#[test]
fn another_row_that_was_changed_meanwhile_stops_a_change() {
    for Place { name, mut instance, rows } in places() {
        let planned = tables(instance.as_mut());
        let other = row(&planned, "Status", "6");
        instance.apply(&[changed(&other, "name", Some("Shut"))], &run("another program")).unwrap();
        let before = rows();
        instance.follow(Basis { last: Some(1), tables: planned.clone() });
        let status = row(&planned, "Status", "1");
        let late = instance.apply(&[changed(&status, "name", Some("Opened"))], &run("pcfg import"));
        let said = late.unwrap_err().to_string();
        assert_eq!(said, "Status 6 has been changed meanwhile: name is `Shut`, not `Closed`", "{name}");
        assert_eq!(rows(), before, "{name}");
    }
}

/// A database that makes something else of what is written does not keep it.
#[test]
fn a_trigger_that_changes_what_is_written_is_found_before_the_end() {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let sql = "CREATE TRIGGER odd AFTER UPDATE ON issuestatus BEGIN UPDATE issuestatus SET description = 'Odd' WHERE id = '6'; END";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let mut instance = Embedded::open(&path).unwrap();
    let (planned, before) = (tables(&mut instance), rows_of_file(&path));
    instance.follow(Basis { last: None, tables: planned.clone() });
    let changes = [changed(&row(&planned, "Status", "1"), "name", Some("Opened"))];
    let said = instance.apply(&changes, &run("pcfg import")).unwrap_err();
    assert!(matches!(&said, WriteError::Altered { row, .. } if row == "Status 6"), "{said}");
    assert_eq!(rows_of_file(&path), before);
    assert!(instance.history().unwrap().is_empty());
}

/// A password that somebody sets is in no journal, also where the user goes again; and whoever gets the user back is told.
#[test]
fn a_password_never_gets_into_the_journal() {
    let env = crate::env::Env::new();
    let path = env.path("jira.sqlite");
    crate::embedded::load(&testdata("backup/demo"), &path);
    let mut instance = Embedded::open(&path).unwrap();
    let mut john = tables(&mut instance).rows("User")[0].clone();
    for (attribute, value) in [("id", "10900"), ("userName", "john"), ("lowerUserName", "john")] {
        john.put(attribute, Some(value));
    }
    instance.apply(&[RowChange { before: None, after: Some(john.clone()) }], &run("pcfg import")).unwrap();
    let connection = Connection::open(&path).unwrap();
    let sql = "UPDATE cwd_user SET credential = '{PKCS5S2}swordfish' WHERE id = 10900";
    assert_eq!(connection.execute(sql, ()).unwrap(), 1);
    instance.take_back(1, &run("pcfg undo")).unwrap();
    let sql = "SELECT group_concat(coalesce(before, '') || coalesce(after, '') || coalesce(rest, '')) FROM pcfg_change";
    let journal: String = connection.query_row(sql, (), |row| row.get(0)).unwrap();
    assert!(!journal.contains("swordfish") && journal.contains("\"credential\":null"), "{journal}");
    assert_eq!(
        instance.run(2).unwrap().withheld,
        [Withheld { row: john, columns: vec!["credential".into()] }]
    );
    // What an older version wrote down goes when the journal is written.
    let old =
        "UPDATE pcfg_change SET rest = '{\"credential\":\"swordfish\",\"external_id\":\"7\"}' WHERE run = 2";
    assert_eq!(connection.execute(old, ()).unwrap(), 1);
    let said = env.run(&["undo", "2", "-i", "jira.sqlite", "--yes"]);
    let journal: String = connection.query_row(sql, (), |row| row.get(0)).unwrap();
    assert!(!journal.contains("swordfish") && journal.contains("\"external_id\":\"7\""), "{journal}");
    let told = "warning: the user `john` is restored without a password, which is never in the journal: set a new one in Jira";
    assert!(said.contains(told) && said.ends_with("--- exit 0\n"), "{said}");
    let sql = "SELECT count(*) FROM cwd_user WHERE id = 10900 AND credential IS NULL";
    assert_eq!(connection.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert_eq!(instance.run(3).unwrap().withheld, []);
}
