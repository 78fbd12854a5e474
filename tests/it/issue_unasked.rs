//! What Jira gives new issues that nobody asked it for; and the way back of imports after somebody made issues.

use rusqlite::Connection;

use crate::complete_laws::{archived, succeeds};
use crate::env::Env;

fn with_demo() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "demo.sqlite");
    succeeds(&env, &["instance", "init", "demo.sqlite"]);
    env
}

/// Returns the one column of a query.
fn texts(env: &Env, instance: &str, sql: &str) -> Vec<String> {
    let own = Connection::open(env.path(instance)).unwrap();
    let mut statement = own.prepare(sql).unwrap();
    let found = statement.query_map((), |row| row.get::<_, Option<String>>(0)).unwrap();
    found.map(|own| own.unwrap().unwrap_or_default()).collect()
}

/// The ids of issues with a rank, in the order of these.
const RANKED: &str =
    "SELECT CAST(ISSUE_ID AS TEXT) FROM AO_60DB71_LEXORANK WHERE CAST(TYPE AS INTEGER) = 1 ORDER BY RANK";

fn create(env: &Env, summary: &str) -> String {
    let summary = format!("summary={summary}");
    let more = ["description=At noon.", "versions=1.1", "--as", "ada"];
    succeeds(env, &[&["issue", "create", "DEMO", "--type", "Bug", &summary][..], &more].concat())
}

#[test]
fn new_issues_have_default_values() {
    let env = with_demo();
    create(&env, "One");
    // Nothing was said of the field; what is said counts more.
    let shown = succeeds(&env, &["issue", "show", "DEMO-9"]);
    assert!(shown.contains("Severity         Annoys customers\n"), "{shown}");
    assert!(shown.contains("watcher          ada\n"), "{shown}");
    let own = ["issue", "create", "DEMO", "--type", "Bug", "summary=Two", "description=x", "versions=1.1"];
    succeeds(&env, &[&own[..], &["Severity=Loses orders", "--as", "ada"]].concat());
    let shown = succeeds(&env, &["issue", "show", "DEMO-10"]);
    assert!(shown.contains("Severity         Loses orders\n"), "{shown}");
    // The line of ranks begins with the first of them.
    let marks = "SELECT group_concat(RANK, ' ') FROM (SELECT RANK FROM AO_60DB71_LEXORANK ORDER BY RANK)";
    assert_eq!(texts(&env, "demo.sqlite", marks), ["0|000000: 0|hzzzzz: 0|i00007: 0|zzzzzz:"]);
}

/// The imported sample in `b.sqlite`.
fn imported() -> Env {
    let env = archived();
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    succeeds(&env, &["import", "a", "--yes", "--raw-values", "-i", "b.sqlite"]);
    env
}

const CREATE: [&str; 9] = ["issue", "create", "YARD", "--type", "Bug", "-i", "b.sqlite", "--as", "ada"];

fn create_in_yard(env: &Env) {
    succeeds(env, &[&CREATE[..], &["summary=Made since"]].concat());
}

#[test]
fn new_issues_come_behind_all_others() {
    let env = imported();
    let before = texts(&env, "b.sqlite", RANKED);
    assert!(before.len() > 10, "{before:?}");
    create_in_yard(&env);
    create_in_yard(&env);
    let ids = "SELECT CAST(id AS TEXT) FROM jiraissue WHERE summary = 'Made since' ORDER BY id";
    assert_eq!(texts(&env, "b.sqlite", RANKED), [&before[..], &texts(&env, "b.sqlite", ids)].concat());
    let unique = "SELECT CAST(count(*) = count(DISTINCT ID) AND count(*) = count(DISTINCT RANK) AS TEXT) FROM AO_60DB71_LEXORANK";
    assert_eq!(texts(&env, "b.sqlite", unique), ["1"]);
    // A complete export has them, behind all others.
    succeeds(&env, &["export", "YARD", "--complete", "-i", "b.sqlite", "-o", "b/"]);
    let ranks = env.read("b/data/YARD/ranks.xml");
    let order: Vec<usize> = ["YARD-2<", "YARD-3<", "YARD-4<"].map(|key| ranks.find(key).unwrap()).into();
    assert!(order.is_sorted(), "{ranks}");
}

#[test]
fn whoever_makes_or_comments_on_an_issue_watches_it() {
    let env = with_demo();
    create(&env, "Watched");
    let watchers = || {
        texts(
            &env,
            "demo.sqlite",
            "SELECT sourceName FROM UserAssociation WHERE associationType = 'WatchIssue'
                AND CAST(sinkNodeId AS INTEGER) = (SELECT id FROM jiraissue WHERE summary = 'Watched') ORDER BY 1",
        )
    };
    let counted = || {
        texts(&env, "demo.sqlite", "SELECT CAST(watches AS TEXT) FROM jiraissue WHERE summary = 'Watched'")
    };
    assert_eq!((watchers().len(), counted()), (1, vec!["1".to_owned()]));
    for user in ["grace", "grace", "ada"] {
        succeeds(&env, &["issue", "comment", "DEMO-9", "Seen.", "--as", user]);
        assert_eq!((watchers().len(), counted()), (2, vec!["2".to_owned()]));
    }
    // Alan does not want to.
    let own = Connection::open(env.path("demo.sqlite")).unwrap();
    own.execute_batch(
        "INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype)
            SELECT 99999, 'ApplicationUser', id, 'user.autowatch.disabled', 1 FROM app_user WHERE lower_user_name = 'alan';
         INSERT INTO propertynumber (id, propertyvalue) VALUES (99999, 1);",
    )
    .unwrap();
    drop(own);
    succeeds(&env, &["issue", "comment", "DEMO-9", "Seen.", "--as", "alan"]);
    assert_eq!((watchers().len(), counted()), (2, vec!["2".to_owned()]));
}

/// Issues that were made since an import stay: those of the import go, and their project is not taken away.
#[test]
fn issues_that_were_made_since_are_kept_by_an_undo() {
    let env = imported();
    create_in_yard(&env);
    let said = succeeds(&env, &["undo", "-i", "b.sqlite", "--yes"]);
    assert!(said.contains("14 issues removed"), "{said}");
    let listed = || env.run(&["issue", "list", "YARD", "--format", "json", "-i", "b.sqlite"]);
    let left = listed();
    assert!(left.contains("YARD-3") && !left.contains("YARD-1\"") && !left.contains("YARD-2\""), "{left}");
    // The import has begun the line of ranks, and its marks are there all the same.
    let marks = "SELECT CAST(TYPE AS TEXT) FROM AO_60DB71_LEXORANK ORDER BY RANK";
    assert_eq!(texts(&env, "b.sqlite", marks), ["0", "1", "2"]);
    let counted = "SELECT CAST((SELECT rows FROM pcfg_table WHERE entity = 'AO_60DB71_LEXORANK') AS TEXT)";
    assert_eq!(texts(&env, "b.sqlite", counted), ["3"]);
    create_in_yard(&env);
    assert!(listed().contains("YARD-4"));

    let refused = env.run(&["undo", "1", "-i", "b.sqlite", "--yes"]);
    let why = "a project stays while there are issues in it that were made since: `pcfg issue list -i b.sqlite` lists them";
    assert!(refused.contains(why) && refused.contains("--- exit 5"), "{refused}");
    assert!(listed().contains("YARD-4"));
}

/// The same for a project that came without issues.
#[test]
fn a_project_with_issues_is_not_taken_back() {
    let env = archived();
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    succeeds(&env, &["import", "a", "--yes", "-i", "b.sqlite", "--configuration-only"]);
    create_in_yard(&env);
    let before = env.run(&["export", "--all", "-q", "-i", "b.sqlite"]);
    let refused = env.run(&["undo", "-i", "b.sqlite", "--yes"]);
    assert!(refused.contains("a project stays while there are issues in it"), "{refused}");
    assert_eq!(env.run(&["export", "--all", "-q", "-i", "b.sqlite"]), before);
    assert!(env.run(&["issue", "show", "YARD-1", "-i", "b.sqlite"]).contains("Made since"));
}
