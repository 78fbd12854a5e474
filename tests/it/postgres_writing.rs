//! Writing into a database while Jira is stopped: killed or cut off at any moment, in company, and with Jira alive.

use std::path::Path;
use std::process::Child;
use std::time::Duration;

use pcfg::entity::{EntityId, Row, RowChange};
use pcfg::instance::{Address, Postgres, Writable, WriteError};
use tokio_postgres::NoTls;

use crate::embedded::{Changes as _, changed, row, run, tables};
use crate::env::{Env, testdata};
use crate::interruption::{RENAMED, ROWS, backup_of_rows, spawn_child};
use crate::postgres::{load, rows};
use crate::postgres_proxy::{Break, Proxy};
use crate::postgres_server::{Database, PASSWORD, server};

pub(crate) fn demo() -> Option<Database> {
    load(&testdata("backup/demo")).map(|(database, _)| database)
}

/// Waits until the server has noticed that the sessions of a process that was killed are gone.
pub(crate) fn wait_for_silence(database: &Database) {
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND application_name LIKE 'pcfg%' AND application_name <> 'pcfg-tests'";
    while database.value(sessions) != "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Law 6: killed at any moment, a database is never left half-changed.
#[test]
fn killed_at_any_moment_nothing_in_a_database_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let backup = backup_of_rows(folder.path());
    let Some((database, _)) = load(&backup) else { return };
    let mut applied = 0;
    for round in 0..12_u64 {
        let mut child = spawn_child(database.url(), 0);
        std::thread::sleep(Duration::from_micros(round * 37_919 % 211_000));
        kill(&mut child);
        wait_for_silence(&database);
        let mut instance = database.open();
        let runs = instance.history().unwrap();
        assert!(runs.len() > applied, "round {round}");
        applied = runs.len();
        let tables = tables(&mut instance);
        for (entity, attribute) in RENAMED {
            assert_eq!(tables.rows(entity).len(), ROWS);
            for row in tables.rows(entity) {
                assert_eq!(
                    row.number(attribute),
                    Some(applied as i64),
                    "round {round}: {entity} {}",
                    row.id()
                );
            }
        }
        assert!(
            runs.iter().all(|entry| entry.rows == 2 * ROWS as u64),
            "round {round}: the journal is whole"
        );
    }
    let last = database.open().take_back(applied as u64, &run("pcfg undo")).unwrap();
    assert_eq!(last as usize, applied + 1, "the lock of a process that was killed is free");
}

/// Law 6, for the line: wherever it breaks, there is all of a run or nothing, the journal agrees, and so does what is said.
#[test]
fn cut_off_at_any_round_trip_nothing_is_half_done() {
    let Some(database) = demo() else { return };
    let status = row(&tables(&mut database.open()), "Status", "1");
    let mut board = Row::new(EntityId::named("AO_60DB71_RAPIDVIEW"));
    board.put("ID", Some("2"));
    let changes = [changed(&status, "name", Some("Opened")), RowChange { before: None, after: Some(board) }];
    let before = rows(&database);
    for forever in [false, true] {
        for way in [Break::Before, Break::After] {
            let (mut lost, mut unknown, mut saved) = (0, 0, 0);
            for at in 1.. {
                let proxy = Proxy::new(server().unwrap().port, Some((at, way)), forever);
                let mut instance = Postgres::new(Address::parse(&database.url_by(proxy.port)).unwrap());
                let last = database.open().history().unwrap().first().map_or(0, |newest| newest.id);
                let result = instance.apply(&changes, &run("pcfg import"));
                drop(instance);
                let place = format!("{way:?} round trip {at}, {forever}: {result:?}");
                wait_for_silence(&database);
                let done = rows(&database) != before;
                let runs = database.open().history().unwrap();
                assert_eq!(runs.first().map_or(0, |newest| newest.id), last + u64::from(done), "{place}");
                match result {
                    Ok(id) => assert!(done && id == last + 1, "{place}"),
                    Err(WriteError::Unknown { run, .. }) => {
                        unknown += 1;
                        assert!(forever && run == last + 1, "{place}");
                    }
                    Err(WriteError::Read(_) | WriteError::Server { .. }) => {
                        lost += 1;
                        assert!(!done, "{place}");
                    }
                    Err(_) => panic!("{place}"),
                }
                if done {
                    database.open().take_back(last + 1, &run("pcfg undo")).unwrap();
                    assert_eq!(rows(&database), before, "{place}");
                }
                if proxy.trips() < at {
                    break;
                }
                saved += usize::from(done);
            }
            // Three to get in, and four before the last; on a busy machine two of them may share one trip.
            let expected = if forever { 7 } else { 7 + usize::from(way == Break::Before) };
            assert!(lost == expected || lost + 1 == expected, "{lost} of {expected}: {way:?} {forever}");
            assert_eq!(unknown, usize::from(forever), "{way:?} {forever}");
            assert_eq!(saved, usize::from(way == Break::After), "{way:?} {forever}");
        }
    }
}

#[test]
fn two_writers_take_turns_in_a_database() {
    let Some(database) = demo() else { return };
    let mut child = spawn_child(database.url(), 100);
    let mut instance = database.open();
    instance.wait(Duration::from_secs(60));
    let status = row(&tables(&mut instance), "Status", "1");
    for round in 0..6 {
        let name = if round % 2 == 0 { "Opened" } else { "Open" };
        let before = row(&tables(&mut instance), "Status", "1");
        instance.apply(&[changed(&before, "name", Some(name))], &run("pcfg import")).unwrap();
    }
    kill(&mut child);
    assert_eq!(row(&tables(&mut instance), "Status", "1"), status);
}

/// A session that stays open.
pub(crate) struct Session {
    _client: tokio_postgres::Client,
    runtime: tokio::runtime::Runtime,
}

impl Session {
    pub(crate) fn open(url: &str, sql: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
            tokio::spawn(async { connection.await.unwrap_or_default() });
            client.batch_execute(sql).await.unwrap();
            client
        });
        Self { _client: client, runtime }
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(self._client.batch_execute(sql)).unwrap();
    }
}

#[test]
fn the_second_writer_into_a_database_is_told_who_the_first_is() {
    let Some(database) = demo() else { return };
    let session = Session::open(&format!("{}?application_name=pcfg", database.url()), "BEGIN");
    let who = serde_json::to_string(&run("pcfg import other.xml").who).unwrap();
    session.run(&format!("/* pcfg {who} */ SELECT pg_advisory_xact_lock(1885562471, hashtext('public'))"));
    let error = database.open().apply(&[], &run("pcfg import")).unwrap_err();
    let message = error.to_string();
    let wanted = ": ada on analyst, process 7, since 2025-03-01T12:00:00Z, by `pcfg import other.xml`";
    assert!(message.ends_with(wanted), "{message}");
    session.run("ROLLBACK");
    database.open().apply(&[], &run("pcfg import")).unwrap();
}

/// What others have changed since the plan was made stops the run, also if they are not through yet.
#[test]
fn what_others_change_meanwhile_is_found() {
    let Some(database) = demo() else { return };
    let status = row(&tables(&mut database.open()), "Status", "1");
    let address = database.address();
    let session = Session::open(
        &format!("{}?application_name=pcfg-other", database.url()),
        "BEGIN; UPDATE issuestatus SET pname = 'Other' WHERE id = '1'",
    );
    let thread = std::thread::spawn(move || {
        Postgres::new(address).apply(&[changed(&status, "name", Some("Opened"))], &run("x"))
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.value(waiting) == "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    session.run("COMMIT");
    let error = thread.join().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "Status 1 has been changed meanwhile: name is `Other`, not `Open`");
}

/// Nobody waits forever for somebody who locks a whole table.
#[test]
fn a_table_that_is_locked_is_told() {
    let Some(database) = demo() else { return };
    let lock = "BEGIN; LOCK TABLE issuestatus IN ACCESS EXCLUSIVE MODE";
    let _session = Session::open(&format!("{}?application_name=pcfg-other", database.url()), lock);
    let url = format!("{}?options=-c%20statement_timeout=50", database.url());
    let said = Env::new().run(&["instance", "show", "-i", &url]);
    let said =
        said.replace(&database.name, "[DB]").replace(&format!(":{}", server().unwrap().port), ":[PORT]");
    insta::assert_snapshot!(said, @"
    --- stderr
    error: the database at `postgres://jira@127.0.0.1:[PORT]/[DB]?options=-c%20statement_timeout=50` took too long
    caused by: canceling statement due to statement timeout
    hint: give it more time: `?options=-c%20statement_timeout%3D10min` at the end of the address
    --- exit 3
    ");
}

#[test]
fn nothing_is_written_while_jira_is_alive() {
    let Some(database) = demo() else { return };
    let said = |database: &Database| {
        let error = database.open().apply(&[], &run("pcfg import")).unwrap_err();
        assert!(matches!(error, WriteError::JiraRuns { .. }), "{error}");
        error.to_string().split_once("`: ").unwrap().1.to_owned()
    };
    let session = Session::open(&format!("{}?application_name=psql", database.url()), "SELECT");
    assert!(said(&database).contains(" of jira (psql) from 127.0.0.1"), "{}", said(&database));
    drop(session);
    let java = database.url_of("ao_user");
    let session = Session::open(&format!("{java}?application_name=PostgreSQL%20JDBC%20Driver"), "SELECT");
    assert!(said(&database).contains(" of ao_user (PostgreSQL JDBC Driver) from 127.0.0.1"));
    drop(session);
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while database.value(others) != "0" {
        std::thread::sleep(Duration::from_millis(10));
    }
    database.open().apply(&[], &run("pcfg import")).unwrap();

    let Some(database) = server().unwrap().restored("baton-9.12.4") else { return };
    database.open().apply(&[], &run("pcfg import")).unwrap();
    let alive =
        "INSERT INTO clusternodeheartbeat VALUES ('node1', 1, extract(epoch FROM now()) * 1000 - 60000)";
    database.sql(alive);
    assert_eq!(said(&database), "node node1 is alive");
    database.sql("UPDATE clusternodeheartbeat SET database_time = database_time - 600000");
    database.open().apply(&[], &run("pcfg import")).unwrap();
}

/// Ids of boards come from sequences of the database, which must never give one out again.
#[test]
fn sequences_rise_above_new_ids() {
    let Some(database) = server().and_then(|server| server.restored("baton-9.12.4")) else { return };
    let mut instance = database.open();
    let mut filter = tables(&mut instance).rows("AO_60DB71_QUICKFILTER")[0].clone();
    filter.put("ID", Some("4711"));
    instance.apply(&[RowChange { before: None, after: Some(filter) }], &run("pcfg import")).unwrap();
    let next = "SELECT nextval('\"AO_60DB71_QUICKFILTER_ID_seq\"')";
    assert_eq!(database.value(next), "4712");
    instance.take_back(1, &run("pcfg undo")).unwrap();
    assert_eq!(database.value(next), "4713", "it never falls");
}

/// Exports all of an instance.
fn export(env: &Env, place: &str) -> String {
    let said = env.run(&["export", "--all", "-q", "-i", place]);
    said.strip_suffix("--- exit 0\n").unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn import(env: &Env, file: &str, place: &str, more: &[&str]) -> String {
    env.run(&[&["import", file, "-i", place], more].concat())
}

/// Laws 3 and 7, as a user sees them, on databases of real Jiras: what was imported is exported again, a second import has
/// nothing to do, and the undo gives the former export back.
#[test]
fn a_session_with_a_real_database() {
    let Some(server) = server() else { return };
    let demo = testdata("backup/demo");
    for (name, skip) in [("baton-9.12.4", &[][..]), ("behavepro-7.12.3", &["--skip", "scrumKanbanBoard"])] {
        let Some(database) = server.restored(name) else { return };
        let (env, url) = (Env::new(), database.url());
        let (before, stored) = (export(&env, &url), rows(&database));
        let said = env.run(&["export", "DEMO", "-q", "-i", demo.to_str().unwrap(), "-o", "demo.xml"]);
        assert_eq!(said, "--- exit 0\n");
        let import = |more: &[&str]| import(&env, "demo.xml", &url, &[skip, more].concat());
        let said = import(&["--simulate", "--exit-code"]);
        assert!(said.ends_with("--- exit 1\n"), "{name}: {said}");
        assert_eq!(rows(&database), stored, "a simulation changes nothing");
        let said = import(&["--yes"]);
        assert!(said.contains(" --offline`\n") && said.ends_with("--- exit 2\n"), "{said}");
        if !skip.is_empty() {
            // Boards of 7.12 have no refined velocity.
            for more in [&["--simulate"][..], &["--yes", "--offline"]] {
                let said = env.run(&[&["import", "demo.xml", "-i", &url], more].concat());
                assert!(said.contains("lacks `AO_60DB71_RAPIDVIEW.REFINED_VELOCITY_ACTIVE`"), "{said}");
                assert!(said.ends_with("--- exit 4\n"), "{said}");
            }
            assert_eq!(rows(&database), stored, "nothing was changed");
        }
        let said = import(&["--yes", "--offline"]);
        assert!(said.contains("applied as run 1 to ") && said.ends_with("--- exit 0\n"), "{name}: {said}");
        let said = import(&["--simulate", "--exit-code"]);
        assert!(said.ends_with("--- exit 0\n"), "{name}: a second import has nothing to do: {said}");
        let after = export(&env, &url);
        assert!(after.contains("<key>DEMO</key>") && after != before);
        let said = env.run(&["history", "-i", &url]);
        assert!(said.contains("import of demo.xml"), "{said}");
        let said = env.run(&["undo", "-i", &url, "--yes", "--offline"]);
        assert!(said.contains("undone as run 2"), "{name}: {said}");
        assert_eq!(export(&env, &url), before, "{name}: the undo gives the former export back");
        let undone = rows(&database);
        for (table, rows) in &stored {
            if table != "sequence_value_item" {
                assert_eq!(rows, &undone[table], "{name} {table}");
            }
        }
        let journal = database.value("SELECT string_agg(run::text, '') || (SELECT string_agg(change::text, '') FROM pcfg.change) FROM pcfg.run");
        assert!(
            journal.contains("pcfg import demo.xml") && !journal.contains(PASSWORD),
            "no password is in the journal"
        );
    }
}

/// A project of a real database into a loaded one, and back again.
#[test]
fn a_saved_plan_is_applied_to_a_database() {
    let Some(database) = demo() else { return };
    let (mut env, url) = (Env::new(), database.url());
    let before = export(&env, &url);
    env.write("after.xml", before.replacen("The issue is open and ready", "Is ready", 1));
    assert!(import(&env, "after.xml", &url, &["--simulate", "--out", "plan.json"]).ends_with("--- exit 0\n"));
    assert!(!env.read("plan.json").contains(PASSWORD));
    let said = env.run(&["apply", "plan.json", "-i", &url, "--yes"]);
    assert!(said.ends_with("--- exit 2\n"), "{said}");
    // A sequence that somebody raised in the plan: no step says so.
    let raised =
        r#"{"table": "SequenceValueItem", "before": null, "after": {"seqName": "Odd", "seqId": "7"}},"#;
    env.write(
        "edited.json",
        env.read("plan.json").replacen("\"rows\": [", &format!("\"rows\": [{raised}"), 1),
    );
    let said = env.run(&["apply", "edited.json", "-i", &url, "--yes", "--offline"]);
    assert!(said.contains("the row + SequenceValueItem Odd") && said.ends_with("--- exit 4\n"), "{said}");
    assert_eq!(export(&env, &url), before);
    // It goes where it was made for; the password comes from where passwords come from.
    env.set("PGPASSWORD", PASSWORD);
    let said = env.run(&["apply", "plan.json", "--yes", "--offline"]);
    assert!(said.contains("applied as run 1"), "{said}");
    assert!(!env.read("plan.json").contains(PASSWORD));
    let Some(twin) = demo() else { return };
    let said = env.run(&["apply", "plan.json", "-i", &twin.url(), "--yes", "--offline"]);
    assert!(said.contains("made for another instance") && said.ends_with("--- exit 4\n"), "{said}");
    assert!(export(&env, &url).contains("Is ready"));
    let said = env.run(&["undo", "-i", &url, "--simulate", "--exit-code"]);
    assert!(said.ends_with("--- exit 1\n"), "{said}");
    let said = env.run(&["undo", "-i", &url, "--yes", "--offline"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    assert_eq!(export(&env, &url), before);
    let said = env.run(&["undo", "-i", "x.sqlite", "--yes", "--offline"]);
    assert!(said.ends_with("--- exit 3\n"), "{said}");
}

/// A password that somebody sets is in no journal, also where the user goes again.
#[test]
fn a_password_never_gets_into_the_journal_of_a_database() {
    let Some(database) = demo() else { return };
    let mut instance = database.open();
    let mut john = tables(&mut instance).rows("User")[0].clone();
    for (attribute, value) in [("id", "10900"), ("userName", "john"), ("lowerUserName", "john")] {
        john.put(attribute, Some(value));
    }
    instance.apply(&[RowChange { before: None, after: Some(john) }], &run("pcfg import")).unwrap();
    database.sql("UPDATE cwd_user SET credential = '{PKCS5S2}swordfish' WHERE id = 10900");
    instance.take_back(1, &run("pcfg undo")).unwrap();
    let journal = database.value("SELECT string_agg(change::text, '') FROM pcfg.change AS change");
    assert!(!journal.contains("swordfish") && journal.contains("credential"), "{journal}");
    assert_eq!(instance.run(2).unwrap().withheld[0].columns, ["credential"]);
    // What an older version wrote down goes when the journal is written.
    database
        .sql(r#"UPDATE pcfg.change SET rest = '{"credential":"swordfish","external_id":"7"}' WHERE run = 2"#);
    instance.take_back(2, &run("pcfg undo")).unwrap();
    let rest = database.value("SELECT rest FROM pcfg.change WHERE run = 2");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&rest).unwrap(),
        serde_json::json!({"credential": null, "external_id": "7"})
    );
    assert_eq!(database.value("SELECT count(*) FROM cwd_user WHERE id = 10900 AND credential IS NULL"), "1");
}

#[test]
fn a_backup_is_loaded_into_an_empty_schema_only() {
    let Some(server) = server() else { return };
    let (database, env) = (server.database(), Env::new());
    let backup = testdata("backup/demo");
    let load = |url: &str, more: &[&str]| {
        let said = env.run(&[&["instance", "load", backup.to_str().unwrap(), "--into", url], more].concat());
        said.replace(&database.name, "[DB]")
            .replace(&format!(":{}", server.port), ":[PORT]")
            .replace(backup.to_str().unwrap(), "[BACKUP]")
    };
    insta::assert_snapshot!(load(&database.url(), &[]), @"
    --- stderr
    error: `postgres://jira@127.0.0.1:[PORT]/[DB]` is Jira's database; it is not changed
    hint: docs/postgres.md says when to write into one, and what to do before and after
    hint: if that is what you want: stop Jira on all nodes, back the database up, and then `pcfg instance load [BACKUP] --into postgres://jira@127.0.0.1:[PORT]/[DB] --offline`
    --- exit 2
    ");
    insta::assert_snapshot!(load(&database.url(), &["--offline", "--replace"]), @"
    --- stderr
    error: `postgres://jira@127.0.0.1:[PORT]/[DB]` is not empty, and nothing in a database is replaced
    hint: name an empty database, or an empty schema of one with `?schema=NAME`
    --- exit 2
    ");
    insta::assert_snapshot!(load(&database.url(), &["--offline"]), @"
    --- stderr
    loaded 209 rows of 70 tables into `postgres://jira@127.0.0.1:[PORT]/[DB]`
    --- exit 0
    ");
    insta::assert_snapshot!(load(&database.url(), &["--offline"]), @"
    --- stderr
    error: the schema `public` of `postgres://jira@127.0.0.1:[PORT]/[DB]` is not empty: it has a table `AO_60DB71_BOARDADMINS`
    hint: name an empty database, or another schema: `?schema=NAME`; a new one is made
    --- exit 7
    ");
    let other = format!("{}?schema=other", database.url());
    insta::assert_snapshot!(load(&other, &["--offline"]), @"
    --- stderr
    loaded 209 rows of 70 tables into `postgres://jira@127.0.0.1:[PORT]/[DB]?schema=other`
    --- exit 0
    ");
    assert_eq!(export(&env, &other), export(&env, &database.url()));
    // Of a table that nobody has analyzed the server does not know how many rows it has.
    database.sql("UPDATE pg_catalog.pg_class SET reltuples = -1 WHERE relname = 'jiraissue'");
    let show = || env.run(&["instance", "show", "-i", &database.url()]);
    assert!(show().starts_with("Jira 9.12.4 (9120004), an unknown number of issues\n"), "{}", show());
    let json =
        env.command(&["instance", "show", "-i", &database.url(), "--format", "json"]).output().unwrap();
    assert!(String::from_utf8(json.stdout).unwrap().contains("\"issues\": null"));
    database.sql("ANALYZE");
    assert!(show().starts_with("Jira 9.12.4 (9120004), 1 issue\n"), "{}", show());
    // Each has a journal of its own.
    let mut instance = Postgres::new(Address::parse(&other).unwrap());
    let status = row(&tables(&mut instance), "Status", "1");
    assert_eq!(instance.apply(&[changed(&status, "name", Some("Opened"))], &run("pcfg import")).unwrap(), 1);
    assert!(database.open().history().unwrap().is_empty());
}

#[test]
fn a_backup_that_fails_leaves_an_empty_database() {
    let Some(broken) = crate::real_data::backup("jrjc/export-for-history-tests.xml") else { return };
    let Some(server) = server() else { return };
    let database = server.database();
    let loaded = |path: &Path| {
        let backup = pcfg::instance::Backup::open(path).unwrap();
        database.open().load(&backup, &pcfg::instance::Who::default(), &|_, _| {})
    };
    assert!(loaded(&broken).is_err());
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("odd.xml");
    std::fs::write(&odd, "<entity-engine-xml><FieldScreen id='1'/><FieldScreen id='x'/></entity-engine-xml>")
        .unwrap();
    insta::assert_snapshot!(loaded(&odd).unwrap_err().to_string(), @r#"the backup cannot be loaded: invalid input syntax for type numeric: "x"; COPY fieldscreen, line 2, column id: "x""#);
    let tables = "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname IN ('public', 'pcfg')";
    assert_eq!(database.value(tables), "0");
    std::fs::write(&odd, "<entity-engine-xml><Odd a='1' A='2' ctid='3'/><odd a='4'/><project id='7'/><Project id='8' KEY='extra' key='own'/><Priority id='01'/></entity-engine-xml>").unwrap();
    loaded(&odd).unwrap();
    assert_eq!(database.value("SELECT a || a_2 || _ctid FROM odd"), "123");
    assert_eq!(database.value("SELECT a FROM odd_2"), "4");
    assert_eq!(database.value("SELECT id FROM project_2"), "7");
    assert_eq!(database.value("SELECT id || pkey || key FROM project"), "8ownextra");
}
