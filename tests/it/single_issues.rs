//! Single issues of an embedded instance, changed by users: the contract of `pcfg_sync::Issues`, and what rows say of it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use pcfg::data::Zone;
use pcfg::instance::{Embedded, EmbeddedIssues, Opening, Who};
use pcfg_sync::contract::{self, marker};
use pcfg_sync::{
    CommentChange, Cursor, Edit, Field, IssueFault, IssueKey, Issues, LinkChange, LinkEnd, Parts,
    Restriction, Time, Value,
};
use rusqlite::Connection;
use tempfile::TempDir;

/// 2026-03-01 12:00 UTC.
const NOON: i64 = 1_772_366_400_000;

fn demo() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.sqlite");
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    (folder, path)
}

fn opened(path: &Path, user: &str, clock: Rc<Cell<i64>>) -> Result<EmbeddedIssues, IssueFault> {
    Embedded::open(path).unwrap().into_issues(Opening {
        project: "DEMO".to_owned(),
        user: user.to_owned(),
        who: Who::default(),
        wait: Duration::from_secs(5),
        zone: Zone::named("UTC").unwrap(),
        clock: Box::new(move || Time(clock.get())),
    })
}

fn issues(path: &Path, user: &str) -> EmbeddedIssues {
    opened(path, user, Rc::new(Cell::new(NOON))).unwrap()
}

/// The sample as two of its users see it.
struct Demo {
    _folder: TempDir,
    mine: EmbeddedIssues,
    others: EmbeddedIssues,
}

impl contract::Place for Demo {
    fn mine(&mut self) -> &mut dyn Issues {
        &mut self.mine
    }

    fn others(&mut self) -> &mut dyn Issues {
        &mut self.others
    }
}

/// Time stands still in it: what is told apart by times alone would not be told apart.
#[test]
fn an_embedded_instance_keeps_the_contract() {
    contract::all(&mut || {
        let (folder, path) = demo();
        Box::new(Demo { _folder: folder, mine: issues(&path, "ada"), others: issues(&path, "grace") })
    });
}

/// All rows of all tables, as texts, by table.
fn all_rows(path: &Path) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut tables = connection.prepare(sql).unwrap();
    let tables: Vec<String> = tables.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let rows = |table: &String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let rows = statement.query_map((), |row| {
            let values = names.iter().enumerate().filter_map(|(at, name)| {
                let value: rusqlite::types::Value = row.get(at).unwrap();
                (value != rusqlite::types::Value::Null).then(|| (name.clone(), format!("{value:?}")))
            });
            Ok(values.collect())
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    tables.iter().map(|table| (table.clone(), rows(table))).collect()
}

fn field(name: &str) -> Field {
    Field::System(name.to_owned())
}

fn select(name: &str) -> Field {
    let kind = "com.atlassian.jira.plugin.system.customfieldtypes:select".to_owned();
    Field::Custom { kind, name: name.to_owned() }
}

fn edit(field: Field, value: Value) -> Edit {
    Edit { fields: vec![(field, Some(value))] }
}

fn many<const N: usize>(values: [Value; N]) -> Value {
    Value::Many(BTreeSet::from(values))
}

/// Changes an issue of the sample in all ways.
fn change_all(issues: &mut EmbeddedIssues) -> IssueKey {
    let key = IssueKey("DEMO-4".to_owned());
    let version = issues.read(&key, Parts::default()).unwrap().unwrap().version;
    let text = |own: &str| Value::Text(own.to_owned());
    let component = |own: &str| Value::Component(own.to_owned());
    let fields = vec![
        (field("summary"), Some(text("The cart is empty"))),
        (field("priority"), Some(Value::Choice("Medium".to_owned()))),
        (field("assignee"), Some(Value::User("alan".to_owned()))),
        (field("duedate"), Some(Value::Date("2026-04-01".to_owned()))),
        (field("labels"), Some(many([Value::Label("cart".to_owned()), Value::Label("urgent".to_owned())]))),
        (field("components"), Some(many([component("Cart"), component("Search")]))),
        (select("Severity"), Some(Value::Choice("Annoys customers".to_owned()))),
    ];
    let offered: BTreeSet<Field> = {
        let catalogue = issues.catalogue().unwrap();
        let bug = catalogue.types.iter().find(|ty| ty.name == "Bug").unwrap();
        bug.fields.iter().filter(|own| own.writable).map(|own| own.field.clone()).collect()
    };
    let fields = fields.into_iter().filter(|(own, _)| offered.contains(own)).collect();
    issues.update(&key, &Edit { fields }, &version).unwrap();
    let comment = CommentChange::Add { body: "Seen.".to_owned(), restriction: None };
    issues.comment(&key, &comment, &marker(1, 0)).unwrap();
    let file = pcfg_sync::FileFacts {
        name: "log.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: 3,
        sha256: None,
    };
    issues.attach(&key, &file, &mut &b"log"[..], &marker(2, 0)).unwrap();
    let to = IssueKey("DEMO-6".to_owned());
    let link =
        LinkChange { there: true, kind: "Relates".to_owned(), key: key.clone(), end: LinkEnd::Outward, to };
    issues.link(&link).unwrap();
    let catalogue = issues.catalogue().unwrap();
    let bug = catalogue.types.iter().find(|ty| ty.name == "Bug").unwrap();
    for name in ["Resolve", "Close"] {
        let status = issues.read(&key, Parts::default()).unwrap().unwrap().status;
        if let Some(way) = bug.transitions.iter().find(|own| own.from == status && own.name == name) {
            issues.transition(&key, way).unwrap();
        }
    }
    key
}

/// Laws 2 and 14 of a synchronization: nothing but the issues that are named changes, and what comes is by the user.
#[test]
fn other_rows_stay_and_new_ones_are_by_the_user() {
    let (_folder, path) = demo();
    let mut mine = issues(&path, "ada");
    mine.catalogue().unwrap();
    let before = all_rows(&path);
    change_all(&mut mine);
    mine.create_plainly(&pcfg_sync::NewIssue {
        kind: "Story".to_owned(),
        parent: None,
        fields: vec![
            (field("summary"), Value::Text("New".to_owned())),
            (field("description"), Value::Text("So that it is there".to_owned())),
        ],
    })
    .unwrap();
    let after = all_rows(&path);
    let (mut changed, mut new) = (Vec::new(), 0);
    for (table, rows) in &after {
        let old: BTreeSet<_> = before.get(table).into_iter().flatten().collect();
        let now: BTreeSet<_> = rows.iter().collect();
        for row in old.difference(&now) {
            let is_own = match table.as_str() {
                "jiraissue" => ["Integer(10003)", "Integer(10005)"].contains(&row["id"].as_str()),
                "project" => row["pkey"] == "Text(\"DEMO\")",
                "customfieldvalue" => row["issue"] == "Integer(10003)",
                "nodeassociation" => row["source_node_id"] == "Integer(10003)",
                "os_currentstep" | "OSCurrentStep" => row["entryId"] == "Integer(10003)",
                "sequence_value_item" | "pcfg_table" => true,
                _ => false,
            };
            assert!(is_own, "{table}: {row:?}");
            changed.push(table.as_str());
        }
        for row in now.difference(&old) {
            let is_changed = ["jiraissue", "project", "sequence_value_item", "pcfg_table", "pcfg_column"];
            if is_changed.contains(&table.as_str()) {
                continue;
            }
            new += 1;
            for column in ["author", "updateauthor", "creator", "caller"] {
                let by = row.get(column).map(String::as_str);
                assert!(by.is_none_or(|own| own == "Text(\"JIRAUSER10001\")"), "{table}: {row:?}");
            }
        }
    }
    assert!(changed.contains(&"jiraissue") && changed.contains(&"project") && new > 15, "{changed:?} {new}");
    for (entity, rows) in [("ChangeGroup", "ChangeGroup"), ("Action", "Action"), ("Issue", "jiraissue")] {
        let counted =
            after["pcfg_table"].iter().find(|row| row["entity"] == format!("Text({entity:?})")).unwrap();
        assert_eq!(counted["rows"], format!("Integer({})", after[rows].len()), "{entity}");
    }
}

/// The history is as Jira writes it: what stands for the values, and what is shown.
#[test]
fn the_history_is_told_as_jira_tells_it() {
    let (_folder, path) = demo();
    let mut mine = issues(&path, "ada");
    change_all(&mut mine);
    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT item.\"field\", item.\"fieldtype\", item.\"oldvalue\", item.\"oldstring\", item.\"newvalue\", item.\"newstring\"
        FROM \"ChangeItem\" AS item JOIN \"ChangeGroup\" AS own ON own.\"id\" = item.\"group\"
        WHERE own.\"author\" = 'JIRAUSER10001' ORDER BY item.\"id\"";
    let mut statement = connection.prepare(sql).unwrap();
    let lines = statement.query_map((), |row| {
        let text = |at| row.get::<_, Option<String>>(at).unwrap().unwrap_or("-".to_owned());
        Ok((0..6).map(text).collect::<Vec<_>>().join(" | "))
    });
    let lines: Vec<String> = lines.unwrap().map(Result::unwrap).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Who writes holds the lock that imports take; who waits no longer is told who it is.
#[test]
fn one_writes_at_a_time() {
    let (_folder, path) = demo();
    let mut mine = issues(&path, "ada");
    let key = IssueKey("DEMO-4".to_owned());
    mine.begin().unwrap();
    mine.update_plainly(&key, &edit(field("summary"), Value::Text("Held".to_owned()))).unwrap();
    let mut others = Embedded::open(&path)
        .unwrap()
        .into_issues(Opening {
            project: "DEMO".to_owned(),
            user: "grace".to_owned(),
            who: Who::default(),
            wait: Duration::ZERO,
            zone: Zone::named("UTC").unwrap(),
            clock: Box::new(|| Time(NOON)),
        })
        .unwrap();
    let read = others.read(&key, Parts::ALL).unwrap().unwrap();
    assert_eq!(read.fields[&field("summary")], Value::Text("The cart is empty after a reload".to_owned()));
    let change = edit(field("summary"), Value::Text("Mine".to_owned()));
    let fault = others.update(&key, &change, &read.version).unwrap_err();
    assert!(matches!(&fault, IssueFault::Unavailable { why } if why.contains("demo.sqlite")), "{fault}");
    mine.commit().unwrap();
    assert!(matches!(others.update(&key, &change, &read.version), Err(IssueFault::Changed(_))));
    drop(mine);
    let read = others.read(&key, Parts::ALL).unwrap().unwrap();
    others.update(&key, &change, &read.version).unwrap();
}

/// Rights are those of the permission scheme, and what is for others only is not shown.
#[test]
fn a_user_sees_and_does_what_the_scheme_says() {
    let (_folder, path) = demo();
    let (mut ada, mut margaret) = (issues(&path, "ada"), issues(&path, "margaret"));
    assert_eq!(ada.catalogue().unwrap().missing, BTreeSet::new());
    let key = IssueKey("DEMO-6".to_owned());
    let role = |own: &str| Some(Restriction::Role(own.to_owned()));
    let comment = CommentChange::Add { body: "A secret".to_owned(), restriction: role("Developers") };
    let roles = ada.comment(&key, &comment, &marker(1, 0));
    let handle = roles.unwrap();
    assert_eq!(ada.read(&key, Parts::ALL).unwrap().unwrap().comments[0].restriction, role("Developers"));
    if let Some(seen) = margaret.read(&key, Parts::ALL).unwrap() {
        assert_eq!(seen.comments, []);
        let change = edit(field("summary"), Value::Text("Mine".to_owned()));
        let fault = margaret.update(&key, &change, &seen.version).unwrap_err();
        assert!(matches!(&fault, IssueFault::Forbidden { why } if why.contains("EDIT_ISSUES")), "{fault}");
    }
    ada.comment(&key, &CommentChange::Delete { handle }, &marker(2, 0)).unwrap();
    let rows = all_rows(&path);
    let told = |own: &str| rows["ChangeItem"].iter().any(|row| row.values().any(|value| value.contains(own)));
    assert!(!told("A secret") && told("security level 'Developers'"), "its text is in no history");
    let fault = opened(&path, "nobody", Rc::default()).unwrap().catalogue().unwrap_err();
    assert_eq!(fault.to_string(), "user `nobody` is not there");
}

/// Nothing is named that nobody changed, and nothing is forgotten when a clock goes back or a backup is restored.
#[test]
fn what_was_read_is_not_named_again() {
    let (_folder, path) = demo();
    let clock = Rc::new(Cell::new(NOON));
    let mut mine = opened(&path, "ada", Rc::clone(&clock)).unwrap();
    let (all, first) = mine.changed(&Cursor::default()).unwrap();
    assert_eq!(all.len(), 8);
    let backup = std::fs::read(&path).unwrap();
    assert_eq!(mine.changed(&first).unwrap().0, []);
    let key = IssueKey("DEMO-6".to_owned());
    let mut cursor = first.clone();
    let comment = CommentChange::Add { body: "One".to_owned(), restriction: None };
    let handle = mine.comment(&key, &comment, &marker(1, 0)).unwrap();
    for (number, minutes) in [10, 0, -600, 5].into_iter().enumerate() {
        clock.set(NOON + minutes * 60_000);
        let change = CommentChange::Edit { handle: handle.clone(), body: format!("Text {number}") };
        mine.comment(&key, &change, &marker(2, 0)).unwrap();
        let (named, next) = mine.changed(&cursor).unwrap();
        assert_eq!(named, std::slice::from_ref(&key), "{minutes}");
        assert_eq!(mine.changed(&next).unwrap().0, []);
        cursor = next;
    }
    mine.update_plainly(&key, &edit(field("summary"), Value::Text("New".to_owned()))).unwrap();
    cursor = mine.changed(&cursor).unwrap().1;
    drop(mine);
    for end in ["-wal", "-shm"] {
        let _gone = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    std::fs::write(&path, backup).unwrap();
    let mut mine = opened(&path, "ada", clock).unwrap();
    assert_eq!(mine.changed(&cursor).unwrap().0, all, "older data than was seen");
    let fault = mine.changed(&Cursor("elsewhere".to_owned())).unwrap_err();
    assert!(matches!(fault, IssueFault::Refused { .. }));
}

/// How long an idle look takes on 100,000 issues: run by hand, for no test depends on timing.
#[test]
#[ignore = "measures: `cargo test --release --test it -- --ignored an_idle_look`"]
fn an_idle_look_at_many_issues() {
    let (_folder, path) = demo();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "WITH RECURSIVE n(n) AS (SELECT 20000 UNION ALL SELECT n + 1 FROM n WHERE n < 119999)
                INSERT INTO jiraissue (id, project, number, key, issuetype, issuestatus, summary, created, updated)
                SELECT n, 10000, n, 'DEMO-' || n, '10002', '10000', 'Issue', '2025-01-01 00:00:00.0',
                    strftime('%Y-%m-%d %H:%M:%S.0', 1700000000 + n * 60, 'unixepoch') FROM n;
            INSERT INTO \"ChangeGroup\" (id, issue, author, created) SELECT id, id, 'JIRAUSER10001', updated FROM jiraissue;",
        )
        .unwrap();
    drop(connection);
    let begin = Instant::now();
    let mut mine = issues(&path, "ada");
    let (all, cursor) = mine.changed(&Cursor::default()).unwrap();
    println!("indexes and all {}: {:?}", all.len(), begin.elapsed());
    drop(mine);
    let begin = Instant::now();
    let mut mine = issues(&path, "ada");
    let (named, cursor) = mine.changed(&cursor).unwrap();
    println!("opened and idle: {:?}, {} named", begin.elapsed(), named.len());
    let begin = Instant::now();
    for _ in 0..100 {
        mine.changed(&cursor).unwrap();
    }
    println!("idle: {:?} each", begin.elapsed() / 100);
    let begin = Instant::now();
    for number in 20_000..20_100 {
        mine.read(&IssueKey(format!("DEMO-{number}")), Parts::ALL).unwrap().unwrap();
    }
    println!("read: {:?} each", begin.elapsed() / 100);
    mine.begin().unwrap();
    let begin = Instant::now();
    for number in 20_000..20_100 {
        let change = edit(field("summary"), Value::Text("Changed".to_owned()));
        mine.update_plainly(&IssueKey(format!("DEMO-{number}")), &change).unwrap();
    }
    println!("update: {:?} each", begin.elapsed() / 100);
    mine.commit().unwrap();
}
