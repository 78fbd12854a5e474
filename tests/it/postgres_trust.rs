//! What a database may not do to pcfg: lack tables, hide a Jira, fall silent, break off, or be told too little.

use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::time::{Duration, Instant};

use pcfg::entity::{EntityId, RowChange};
use pcfg::instance::{Address, Basis, Instance as _, Postgres, Scope, Watch, Writable as _, WriteError};

use crate::embedded::{Changes as _, changed, row, run, tables};
use crate::env::{Env, testdata};
use crate::postgres_proxy::{Break, Proxy};
use crate::postgres_server::{PASSWORD, server};
use crate::postgres_writing::{Session, demo, wait_for_silence};

/// What is missing must not be read as empty: an import would take it for deleted. What an app or a later version brings may.
#[test]
fn a_missing_table_is_an_error() {
    let Some(database) = demo() else { return };
    let scope = Scope { field_values: true, usage: true };
    let build = |build: &str| {
        format!(
            "UPDATE propertystring SET propertyvalue = '{build}' WHERE id = (SELECT id FROM propertyentry \
             WHERE property_key = 'jira.version.patched');"
        )
    };
    let mut instance = database.open();
    let mut whole = |scope| instance.read(scope, &|_, _| {}).map(drop).map_err(|error| error.to_string());
    whole(scope).unwrap();
    let (mut later, mut back) = (0, String::new());
    // These are only written, where issues move.
    let is_read =
        |own: &&pcfg::entity::Entity| !["ChangeGroup", "ChangeItem", "OSHistoryStep"].contains(&own.name);
    for entity in pcfg::entity::entities().iter().filter(is_read) {
        let table = entity.table;
        database.sql(&format!("{back} ALTER TABLE \"{table}\" RENAME TO gone"));
        back = format!("ALTER TABLE gone RENAME TO \"{table}\";");
        let error = whole(scope).unwrap_err();
        assert!(error.contains(&format!("is not whole, it lacks a table: `{table}`")), "{error}");
        if entity.since > 0 {
            database.sql(&build(&(entity.since - 1).to_string()));
            whole(scope).unwrap();
            back.push_str(&build("912004"));
            later += 1;
        }
    }
    database.sql(&back);
    assert!(later > 5, "{later} tables are not in all versions");
    whole(scope).unwrap();
    // Without issues, nobody needs to look at them; without the app, there are no boards.
    database.sql("DROP TABLE jiraissue, customfieldvalue");
    whole(Scope::default()).unwrap();
    assert!(whole(scope).unwrap_err().contains("`customfieldvalue`, `jiraissue`"));
    for entity in pcfg::entity::entities().iter().filter(|entity| entity.app.is_some()) {
        database.sql(&format!("DROP TABLE \"{}\" CASCADE", entity.table));
    }
    whole(Scope::default()).unwrap();
    database.sql(
        "DROP TABLE cwd_user, cwd_membership, issuestatus, resolution, priority, customfield, notification",
    );
    let env = Env::new();
    let said = env.run(&["export", "--all", "-i", &database.url()]);
    let said =
        said.replace(&database.name, "[DB]").replace(&format!(":{}", server().unwrap().port), ":[PORT]");
    insta::assert_snapshot!(said, @"
    --- stderr
    error: `postgres://jira@127.0.0.1:[PORT]/[DB]` is not whole, it lacks tables: `customfield`, `notification`, `priority`, `resolution`, `issuestatus`
    hint: restore the whole database: missing data would be taken for deleted
    --- exit 3
    ");
}

/// A Jira that is started while rows are changed is seen before the end: the server tells the sessions anew.
#[test]
fn a_jira_that_starts_meanwhile_is_seen() {
    let Some(database) = demo() else { return };
    let status = row(&tables(&mut database.open()), "Status", "1");
    let changes = [changed(&status, "name", Some("Opened"))];
    let before = crate::postgres::rows(&database);
    let session: Rc<RefCell<Option<Session>>> = Rc::default();
    let (url, begun) = (format!("{}?application_name=psql", database.url()), Rc::clone(&session));
    let mut instance = database.open();
    instance.watch(Watch(Rc::new(move |_, _| {
        begun.borrow_mut().get_or_insert_with(|| Session::open(&url, "SELECT"));
    })));
    let error = instance.apply(&changes, &run("pcfg import")).unwrap_err();
    assert!(session.borrow().is_some());
    assert!(matches!(error, WriteError::JiraRuns { .. }), "{error}");
    assert_eq!(crate::postgres::rows(&database), before);
}

/// What a trigger does only when everything else is done is found before the end, too.
#[test]
fn a_trigger_that_waits_for_the_end_is_found_before_it() {
    let Some(database) = demo() else { return };
    database.sql(
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS \
         $$BEGIN UPDATE issuestatus SET description = 'Odd' WHERE id = '6' AND description IS DISTINCT FROM 'Odd'; RETURN NULL; END$$; \
         CREATE CONSTRAINT TRIGGER odd AFTER UPDATE ON issuestatus DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION odd()",
    );
    let mut instance = database.open();
    let (planned, before) = (tables(&mut instance), crate::postgres::rows(&database));
    instance.follow(Basis { last: None, tables: planned.clone() });
    let changes = [changed(&row(&planned, "Status", "1"), "name", Some("Opened"))];
    let error = instance.apply(&changes, &run("pcfg import")).unwrap_err();
    assert!(matches!(&error, WriteError::Altered { row, .. } if row == "Status 6"), "{error}");
    assert_eq!(crate::postgres::rows(&database), before);
}

/// A server that takes a connection, or a statement, and says nothing is given up.
#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let began = Instant::now();
    for mode in ["disable", "prefer"] {
        let url =
            format!("postgres://jira:{PASSWORD}@127.0.0.1:{port}/jira?connect_timeout=1&sslmode={mode}");
        let said = Env::new().run(&["instance", "show", "-i", &url]).replace(&port.to_string(), "[PORT]");
        assert!(!said.contains(PASSWORD));
        insta::allow_duplicates! { insta::assert_snapshot!(said.replace(mode, "[MODE]"), @"
        --- stderr
        error: the server at `postgres://jira@127.0.0.1:[PORT]/jira?connect_timeout=1&sslmode=[MODE]` is not PostgreSQL, or hangs
        caused by: the server has not responded for 1 second
        hint: check the host, the port and the server; `connect_timeout` gives it more time
        --- exit 3
        "); }
    }
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    drop(listener);

    let Some(database) = demo() else { return };
    let env = Env::new();
    // Three round trips to get in: the first statement, and the second.
    for at in [4, 5] {
        let proxy = Proxy::new(server().unwrap().port, Some((at, Break::Silent)), false);
        let url = format!("{}&options=-c%20statement_timeout=1s", database.url_by(proxy.port));
        let said = env.run(&["instance", "show", "-i", &url]);
        let said = said.replace(&proxy.port.to_string(), "[PORT]").replace(&database.name, "[DB]");
        insta::allow_duplicates! { insta::assert_snapshot!(said, @"
        --- stderr
        error: the database at `postgres://jira@127.0.0.1:[PORT]/[DB]?sslmode=disable&options=-c%20statement_timeout=1s` no longer responds
        caused by: the server has not responded for 7 seconds
        hint: try again when the server responds; an incomplete change has been rolled back
        --- exit 3
        "); }
    }
}

/// However the line is lost around the COMMIT, what is said is so: done, with the number of the run, or not.
#[test]
fn a_line_that_is_lost_around_the_commit_is_told_as_it_is() {
    let Some(database) = demo() else { return };
    let status = row(&tables(&mut database.open()), "Status", "1");
    let board = pcfg::entity::Row::new(EntityId::named("AO_60DB71_RAPIDVIEW"));
    let mut board = board;
    board.put("ID", Some("2"));
    let changes = [changed(&status, "name", Some("Opened")), RowChange { before: None, after: Some(board) }];
    let whole = Proxy::new(server().unwrap().port, None, false);
    let options = "&options=-c%20statement_timeout=1s";
    let at = |proxy: &Proxy| Address::parse(&format!("{}{options}", database.url_by(proxy.port))).unwrap();
    let mut instance = Postgres::new(at(&whole));
    let id = instance.apply(&changes, &run("pcfg import")).unwrap();
    database.open().take_back(id, &run("pcfg undo")).unwrap();
    // The COMMIT is the last but the farewell.
    for way in [Break::After, Break::Silent] {
        let proxy = Proxy::new(server().unwrap().port, Some((whole.trips(), way)), false);
        let mut instance = Postgres::new(at(&proxy));
        let id =
            instance.apply(&changes, &run("pcfg import")).unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!(database.open().history().unwrap()[0].id, id, "{way:?}");
        database.open().take_back(id, &run("pcfg undo")).unwrap();
    }
}

/// A character that the database cannot store is refused with its place, before anything is written.
#[test]
fn a_zero_character_is_refused_by_the_plan() {
    let Some(database) = demo() else { return };
    let (env, url) = (Env::new(), database.url());
    env.run(&["export", "DEMO", "-q", "-i", &url, "-o", "demo.xml"]);
    let text = env.read("demo.xml");
    let name = "<description>The issue is open and ready for the assignee to start work on it.</description>";
    assert!(text.contains(name));
    env.write("zero.xml", text.replacen(name, "<description escaped=\"true\">a\\u0000b</description>", 1));
    let said = env.run(&["import", "zero.xml", "-i", &url, "--yes", "--offline"]);
    assert!(said.contains("a database cannot hold the character U+0000"), "{said}");
    assert!(said.contains("/status[Open]/description"), "{said}");
    assert!(said.ends_with("--- exit 4\n"), "{said}");
    assert!(database.open().history().unwrap().is_empty());
}

/// As a user sees it: wherever the line breaks, once or for good, an import that was done says so.
#[test]
fn an_import_whose_line_breaks_says_what_became_of_it() {
    let Some(database) = demo() else { return };
    let env = Env::new();
    let demo = testdata("backup/demo");
    env.run(&["export", "DEMO", "-q", "-i", demo.to_str().unwrap(), "-o", "demo.xml"]);
    let text = env.read("demo.xml");
    let (mut done, mut unknown) = (0, 0);
    for (way, forever) in [(Break::Before, false), (Break::After, false), (Break::After, true)] {
        for at in 1.. {
            let name = format!("<name>Demo {way:?} {forever} {at}</name>");
            env.write("new.xml", text.replacen("<name>Demo</name>", &name, 1));
            let runs = || database.open().history().unwrap().len();
            let before = runs();
            let proxy = Proxy::new(server().unwrap().port, Some((at, way)), forever);
            let url = database.url_by(proxy.port);
            let said = env.run(&["import", "new.xml", "-i", &url, "--yes", "--offline"]);
            wait_for_silence(&database);
            let is_done = runs() > before;
            if said.contains("it is unknown whether it was") {
                unknown += 1;
            } else {
                assert_eq!(is_done, said.contains("applied as run "), "{way:?} {forever} {at}: {said}");
            }
            assert_eq!(said.ends_with("--- exit 0\n"), said.contains("applied as run "), "{said}");
            assert!(!is_done || !said.contains("has been rolled back"), "{said}");
            done += usize::from(is_done);
            if proxy.trips() < at {
                break;
            }
        }
    }
    // A line that breaks behind the COMMIT; and one that breaks with it, for good.
    assert!(done >= 4 && unknown == 1, "{done} {unknown}");
}
