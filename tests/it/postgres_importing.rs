//! Imports between real instances in a database, and databases of other versions of Jira.

use std::collections::{BTreeMap, BTreeSet};

use pcfg::entity::entities;
use pcfg::import::{Import, prepare};
use pcfg::instance::{Basis, Instance, Reading, Scope, Writable};
use pcfg::model::Config;
use pcfg::plan::Options;

use crate::embedded::{Changes as _, exports, run};
use crate::env::{Env, testdata};
use crate::importing::{config, places, project_files};
use crate::issues::with_moves;
use crate::postgres::{load, rows};
use crate::postgres_server::{Database, server};
use crate::thorough;

const SCOPE: Scope = Scope { usage: true, field_values: true };

fn read(database: &Database) -> Reading {
    database.open().read(SCOPE, &|_, _| {}).unwrap()
}

fn import(reading: &Reading, file: &Config) -> Import {
    let facts = pcfg::mapping::facts(&reading.tables, &reading.snapshot);
    prepare(&reading.tables, &reading.snapshot, &facts, file, &Options::default())
}

/// How many rows of a table are not the same in both.
fn difference(one: &[String], other: &[String]) -> usize {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    one.iter().for_each(|row| *counts.entry(row).or_default() += 1);
    other.iter().for_each(|row| *counts.entry(row).or_default() -= 1);
    counts.values().map(|count| count.unsigned_abs() as usize).sum()
}

/// Laws 3, 4 and 7 with projects of real backups in databases of others: a second import has nothing to do, no more rows
/// differ than the plan says, and after the undo all is as it was, to the last column.
#[test]
fn projects_are_imported_into_databases_of_others_and_taken_back() {
    /// Every so many pairs are tried.
    const EVERY: usize = 149;
    if server().is_none() {
        return;
    }
    let mut places = places();
    let (mut pairs, mut imported, mut refused, mut moved) = (0, 0, 0, 0);
    for source in 0..places.len() {
        for (key, text) in project_files(&mut places[source], pcfg::select::CustomFields::default()) {
            for target in (0..places.len()).filter(|target| *target != source) {
                pairs += 1;
                if pairs % EVERY != 0 {
                    continue;
                }
                let place = format!("{key} of {} into {}", places[source].name, places[target].name);
                let Some((database, _)) = load(&places[target].path) else { return };
                let (reading, stored) = (read(&database), rows(&database));
                let file = config(&text);
                let first = import(&reading, &file);
                if !first.plan.refused.is_empty() {
                    refused += 1;
                    continue;
                }
                imported += 1;
                let mut instance = database.open();
                instance.follow(Basis { last: None, tables: reading.tables.clone() });
                let id = instance.apply(first.work.rows(), &with_moves(&first)).unwrap();
                moved += first.plan.moves.len();
                let (after, now) = (read(&database), rows(&database));
                // Issues that move change their own tables, and the ids that Jira gives out.
                let is_of_issues = |table: &&String| {
                    *table == "sequence_value_item"
                        || entities().iter().any(|own| own.of_issues && own.table == **table)
                };
                let has_moves = !first.plan.moves.is_empty();
                for (table, before) in stored.iter().filter(|(table, _)| !has_moves || !is_of_issues(table)) {
                    let of_table =
                        |change: &&pcfg::entity::RowChange| change.entity().entity().table == table;
                    let changes = first.work.rows().iter().filter(of_table);
                    // A changed row is counted twice: as it was and as it is.
                    let most: usize = changes
                        .map(|own| usize::from(own.before.is_some()) + usize::from(own.after.is_some()))
                        .sum();
                    assert!(difference(before, &now[table]) <= most, "{place}: {table}");
                }
                let second = import(&after, &file);
                assert!(second.plan.is_empty() && second.work.is_empty(), "{place}: {:?}", second.work);
                let left = pcfg::mapping::unmoved(&after.tables, &first.plan.moves);
                assert!(left.is_empty(), "{place}: {left:?}");
                instance.follow(Basis { last: Some(id), tables: after.tables.clone() });
                instance.take_back(id, &run("pcfg undo")).unwrap();
                let undone = rows(&database);
                let names =
                    |tables: &BTreeMap<String, Vec<String>>| tables.keys().cloned().collect::<BTreeSet<_>>();
                assert_eq!(names(&stored), names(&undone), "{place}");
                for (table, rows) in stored.iter().filter(|(table, _)| *table != "sequence_value_item") {
                    assert_eq!(rows, &undone[table], "{place}: {table}");
                }
                assert!(exports(read(&database)) == exports(reading), "{place}: the former exports");
            }
        }
    }
    eprintln!("{imported} of {pairs} pairs imported, {refused} refused, {moved} groups of issues moved");
    assert!(imported == 0 || imported > 2 * refused, "{imported} imports, {refused} refused");
}

/// Whatever column or table another version of Jira does not have, the rest is read; and one that it has besides is left alone.
#[test]
fn only_the_columns_that_are_there_are_read() {
    // Each costs a reading of the whole configuration.
    let every = thorough::every(31);
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let whole = read(&database);
    let mut columns = 0;
    for entity in entities().iter() {
        let table = entity.table;
        // Without these it is no database of Jira.
        let is_needed = |column: &str| {
            column.eq_ignore_ascii_case("id")
                || matches!(table, "nodeassociation" | "propertyentry")
                || matches!((table, column), ("customfieldvalue" | "jiraissue", _))
        };
        for attribute in entity.attributes.iter().filter(|own| !is_needed(own.column)) {
            columns += 1;
            if columns % every != 0 {
                continue;
            }
            let column = attribute.column;
            database.sql(&format!("ALTER TABLE \"{table}\" RENAME \"{column}\" TO of_another_version"));
            let lacking = read(&database);
            let number = entity.attribute(attribute.name).unwrap();
            let own = lacking.tables.lacking.iter().map(|(id, number)| (id.entity().name, *number));
            assert_eq!(own.collect::<Vec<_>>(), [(entity.name, number)], "{table}.{column}");
            for other in entities() {
                let (before, after) = (whole.tables.rows(other.name), lacking.tables.rows(other.name));
                assert_eq!(before.len(), after.len(), "{table}.{column}: {}", other.table);
                if other.name != entity.name {
                    assert_eq!(before, after, "{table}.{column}: {}", other.table);
                }
            }
            database.sql(&format!("ALTER TABLE \"{table}\" RENAME of_another_version TO \"{column}\""));
        }
    }
}

/// What an instance of an older Jira has no column for is refused when it is planned, by the name of the object.
#[test]
fn a_value_without_a_column_is_refused_by_a_simulation() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let env = Env::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("instance.sqlite");
    crate::embedded::load(&testdata("backup/demo"), &file);
    let demo = testdata("backup/demo");
    let said = env.run(&["export", "DEMO", "-q", "-i", demo.to_str().unwrap(), "-o", "demo.xml"]);
    assert_eq!(said, "--- exit 0\n");
    database.sql("ALTER TABLE issuestatus DROP COLUMN statuscategory");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let sql = "DELETE FROM pcfg_column WHERE entity = 'Status' AND attribute = 'statuscategory'";
    assert_eq!(connection.execute(sql, ()).unwrap(), 1);
    drop(connection);
    for (place, offline) in [(database.url(), true), (file.to_str().unwrap().to_owned(), false)] {
        let before = env.run(&["export", "--all", "-q", "-i", &place]);
        let mut wanted = String::new();
        for more in [&["--simulate"][..], &["--yes"], &["--yes", "--partial"]] {
            let offline: &[&str] = if offline && more[0] == "--yes" { &["--offline"] } else { &[] };
            let said = env.run(
                &[&["import", "demo.xml", "-i", &place, "--skip", "workflowEntry"], more, offline].concat(),
            );
            let error = said.split_once("error: ").unwrap_or_else(|| panic!("{place} {more:?}: {said}")).1;
            assert!(error.starts_with("this instance has no columns for some values"), "{said}");
            assert!(error.contains("hint: its version of Jira lacks `issuestatus.statuscategory`"), "{said}");
            assert!(error.contains("`Open`/"), "the object is named: {said}");
            assert!(said.ends_with("--- exit 4\n"), "{said}");
            // The commands of its hints repeat the options of each.
            let error = ["--simulate", "--yes", "--partial", "--offline"]
                .iter()
                .fold(error.to_owned(), |text, option| text.replace(&format!(" {option}"), ""));
            assert!(wanted.is_empty() || wanted == error, "always the same: {error}");
            wanted = error;
        }
        assert_eq!(env.run(&["export", "--all", "-q", "-i", &place]), before);
    }
}

/// A role that is no member of Jira's sees less of its sessions; that they are there it sees.
#[test]
fn a_foreign_role_is_stopped_by_jira_too() {
    let Some(database) = server().and_then(|server| server.restored("baton-9.12.4")) else { return };
    let role = format!("pcfg_writer_{}", std::process::id());
    let password = crate::postgres_server::PASSWORD;
    database.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD '{password}'; GRANT CREATE ON DATABASE {} TO {role};
         GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT USAGE ON SCHEMA public TO {role}",
        database.name
    ));
    let open = || {
        let address = pcfg::instance::Address::parse(&database.url_of(&role)).unwrap();
        pcfg::instance::Postgres::new(address)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("{}?application_name=psql", database.url());
    let (client, connection) =
        runtime.block_on(tokio_postgres::connect(&url, tokio_postgres::NoTls)).unwrap();
    let error = open().apply(&[], &run("pcfg import")).unwrap_err();
    assert!(error.to_string().contains(" of jira "), "{error}");
    drop((client, connection));
    drop(runtime);
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'psql'";
    while database.value(others) != "0" {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    open().apply(&[], &run("pcfg import")).unwrap();
    // By the clock of the database, whatever that of the node says; and by the node's own where there is none.
    let beats = |heartbeat: &str, database_time: &str| {
        database.sql(&format!(
            "DELETE FROM clusternodeheartbeat; INSERT INTO clusternodeheartbeat
             SELECT 'node1', now + {heartbeat}, now + {database_time} FROM (SELECT extract(epoch FROM now()) * 1000 AS now) AS own"
        ));
        open().apply(&[], &run("pcfg import"))
    };
    assert!(beats("-3600000", "-60000").unwrap_err().to_string().contains("node node1 is alive"));
    assert!(beats("3600000", "-3600000").is_ok());
    assert!(beats("-60000", "NULL").unwrap_err().to_string().contains("node node1 is alive"));
    database.sql(&format!("REVOKE ALL ON clusternodeheartbeat FROM {role}"));
    let error = open().apply(&[], &run("pcfg import")).unwrap_err();
    assert!(
        error.help().unwrap().contains("GRANT SELECT ON clusternodeheartbeat"),
        "{error}: {:?}",
        error.help()
    );
    database.sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}
