//! One Jira by two doors: read from its database, once both are proved to lead into it.

use std::path::Path;

use jira_for_tests::{Options, Rights, Server, serve};
use rusqlite::Connection;

use crate::env::Env;

/// Changes the rows of an instance.
pub(crate) fn sql(path: &Path, sql: &str) {
    // A copy of the file is to hold it.
    Connection::open(path)
        .unwrap()
        .execute_batch(&format!("{sql}; PRAGMA wal_checkpoint(TRUNCATE)"))
        .unwrap();
}

/// What a Jira says of its own address stands in its database.
fn set_base_url(path: &Path, url: &str) {
    sql(
        path,
        &format!(
            "DELETE FROM propertystring WHERE id = 99001; DELETE FROM propertyentry WHERE id = 99001;
             INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype) \
                 VALUES (99001, 'jira.properties', 1, 'jira.baseurl', 5);
             INSERT INTO propertystring (id, propertyvalue) VALUES (99001, '{url}')"
        ),
    );
}

/// A Jira that answers from `jira.sqlite`, which is the database of `production` in pcfg.toml.
pub(crate) fn served(options: Options) -> (Env, Server) {
    let mut env = Env::new();
    let made = env.run(&["instance", "init", "jira.sqlite", "-q"]);
    assert!(made.ends_with("--- exit 0\n"), "{made}");
    let server = serve(&env.path("jira.sqlite"), options).unwrap();
    set_base_url(&env.path("jira.sqlite"), &server.url());
    env.set("JIRA_TOKEN", &server.credentials().unwrap().1);
    doors(&env, &server, "jira.sqlite");
    (env, server)
}

fn doors(env: &Env, server: &Server, database: &str) {
    let url = server.url();
    env.write(
        "pcfg.toml",
        format!(
            "[instances.production]\nurl = \"{url}\"\ntoken-env = \"JIRA_TOKEN\"\ndatabase = \"{database}\"\n"
        ),
    );
}

/// Something is changed in a Jira.
pub(crate) fn move_on(path: &Path) {
    sql(
        path,
        "UPDATE jiraissue SET updated = '2025-04-01 10:20:30.456' WHERE id = 10003;
         INSERT INTO changegroup (id, author, created, issue) \
             VALUES (10700, 'JIRAUSER10001', '2025-04-01 10:20:30.456', 10003)",
    );
}

#[test]
fn what_is_read_by_two_doors_is_what_the_database_holds() {
    let (env, server) = served(Options::data_center());
    move_on(&env.path("jira.sqlite"));
    let checked = env.run(&["instance", "check", "-q", "-i", "production"]);
    let host = server.url().trim_start_matches("http://").to_owned();
    insta::assert_snapshot!(checked.replace(&host, "HOST"));
    let json = env.run(&["instance", "check", "-q", "-i", "production", "--format", "json"]);
    assert!(json.contains("\"issue\": \"DEMO-4\"") && json.ends_with("--- exit 0\n"), "{json}");
    for (from, to) in [("production", "doors.xml"), ("jira.sqlite", "alone.xml"), (&server.url(), "url.xml")]
    {
        let said = env.run(&["export", "--all", "-q", "-i", from, "-o", to]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    assert!(env.read("doors.xml") == env.read("alone.xml"));
    assert!(env.read("url.xml") == env.read("alone.xml"), "the address means the entry that names it");
    let asked: Vec<_> = server.requests().into_iter().map(|seen| seen.method).collect();
    assert!(asked.iter().all(|method| method == "GET"), "{asked:?}");
}

/// What Data Center takes goes over REST while Jira runs; what it does not take is refused, with the other way.
#[test]
fn what_data_center_takes_is_changed_over_rest_and_the_rest_refused() {
    let (mut env, server) = served(Options::data_center());
    env.set("XDG_DATA_HOME", env.path("data").to_str().unwrap());
    move_on(&env.path("jira.sqlite"));
    let run = |command: &str| {
        let words: Vec<&str> = command.split(' ').chain(["-q", "-i", "production"]).collect();
        env.run(&words)
    };
    assert_eq!(run("export --all -o before.xml"), "--- exit 0\n");
    let text = env.read("before.xml");
    let file = text.replace("<description>What we sell</description>", "<description>Sold</description>");
    assert_ne!(text, file);
    env.write("new.xml", &file);
    env.write("refused.xml", text.replace("The issue is open and ready for", "The issue waits for"));
    server.forget();
    let mut told = String::new();
    for command in [
        "import refused.xml --yes",
        "import new.xml --simulate",
        "import new.xml --yes",
        "import new.xml --yes",
        "history",
        "undo --yes",
        "import new.xml --simulate --out plan.json",
        "apply plan.json --yes",
    ] {
        told.push_str(&format!("{command}\n{}\n", run(command)));
    }
    assert_eq!(run("export --all -o after.xml"), "--- exit 0\n");
    assert!(env.read("after.xml") == file);
    let writes: Vec<String> = server
        .requests()
        .into_iter()
        .filter(|seen| seen.method != "GET")
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    assert_eq!(writes, ["PUT /rest/api/2/projectCategory/10000"; 3]);
    let since = timeless(&told.replace(server.url().trim_start_matches("http://"), "HOST"));
    insta::assert_snapshot!(since);
    // The database itself is another place: it needs to be said that Jira is stopped.
    let said = run("import refused.xml --yes --offline");
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// Returns a text without moments.
pub(crate) fn timeless(text: &str) -> String {
    let line = |line: &str| match line.find("Z  ") {
        Some(at) if at >= 19 => format!("{}MOMENT{}\n", &line[..at - 19], &line[at + 1..]),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Whatever reads proves first that both doors lead into one Jira.
#[test]
fn a_copy_of_the_database_does_not_pass() {
    let (env, server) = served(Options::data_center());
    for copy in ["old.sqlite", "other.sqlite", "new.sqlite", "base.sqlite"] {
        std::fs::copy(env.path("jira.sqlite"), env.path(copy)).unwrap();
    }
    let said = env.run(&["export", "DEMO", "-q", "-i", "production", "-o", "DEMO.xml"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    move_on(&env.path("jira.sqlite"));
    let all: Vec<Vec<&str>> = vec![
        vec!["instance", "check", "-i", "production"],
        vec!["instance", "show", "-i", "production"],
        vec!["export", "DEMO", "-i", "production", "-o", "out.xml"],
        vec!["diff", "DEMO@production", "DEMO.xml"],
        vec!["drift", "DEMO.xml", "-i", "production"],
        vec!["import", "DEMO.xml", "-i", "production", "--simulate"],
        vec!["explain", "screen:Default Screen", "-i", "production"],
        vec!["graph", "DEMO@production"],
    ];
    let refused = |what: &str, command: &[&str]| {
        let said = env.run(&[command, &["-q"]].concat());
        assert!(said.ends_with("--- exit 3\n") && said.contains(what), "{command:?}: {said}");
        assert!(!env.path("out.xml").exists());
        said
    };
    // The copy was made before the last change.
    doors(&env, &server, "old.sqlite");
    let mut told = String::new();
    for command in &all {
        told = refused("are not one Jira", command);
    }
    let host = server.url();
    told = told.replace(host.trim_start_matches("http://"), "HOST");
    insta::assert_snapshot!(told);
    // The copy is worked with: the Jira at the address is the older one.
    sql(
        &env.path("new.sqlite"),
        "UPDATE jiraissue SET updated = '2025-04-02 10:00:00.0' WHERE id = 10005;
         UPDATE jiraissue SET updated = '2025-04-01 10:20:30.456' WHERE id = 10003;
         INSERT INTO changegroup (id, author, created, issue) VALUES (10700, NULL, '2025-04-01 10:20:30.456', 10003);
         INSERT INTO changegroup (id, author, created, issue) VALUES (10701, NULL, '2025-04-02 10:00:00.0', 10005)",
    );
    doors(&env, &server, "new.sqlite");
    refused("DEMO-6", &all[0]);
    // And has an issue that the Jira at the address has not.
    sql(
        &env.path("new.sqlite"),
        "INSERT INTO jiraissue (id, project, updated, created, key) \
             VALUES (10900, 10000, '2025-04-03 10:00:00.0', '2025-04-03 10:00:00.0', 'DEMO-99')",
    );
    refused("the id 10900 was changed last", &all[0]);
    // Only what no issue shows differs.
    move_on(&env.path("base.sqlite"));
    set_base_url(&env.path("base.sqlite"), "https://staging.example.com");
    doors(&env, &server, "base.sqlite");
    refused("in the database it is `https://staging.example.com`", &all[0]);
    move_on(&env.path("other.sqlite"));
    sql(&env.path("other.sqlite"), "UPDATE project SET pkey = 'GONE' WHERE id = 10001");
    doors(&env, &server, "other.sqlite");
    refused("the project OPS has the id 10001, which in the database is the project GONE", &all[0]);
    // Nothing moves at all.
    sql(&env.path("jira.sqlite"), "DELETE FROM jiraissue");
    doors(&env, &server, "jira.sqlite");
    refused("nothing shows that", &all[0]);
}

/// Who changes an issue meanwhile does not keep others from reading.
#[test]
fn what_moves_meanwhile_is_looked_at_again() {
    let (env, server) = served(Options::data_center());
    std::fs::copy(env.path("jira.sqlite"), env.path("behind.sqlite")).unwrap();
    move_on(&env.path("jira.sqlite"));
    doors(&env, &server, "behind.sqlite");
    let behind = env.path("behind.sqlite");
    // The database is behind, and catches up before the last look.
    let later = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        move_on(&behind);
    });
    let said = env.run(&["export", "DEMO", "-q", "-i", "production", "-o", "DEMO.xml"]);
    later.join().unwrap();
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// What the caller may not see over REST is read all the same, and nothing is changed through either door while Jira runs.
#[test]
fn who_administers_nothing_reads_everything_and_changes_nothing() {
    let member = Options { rights: Rights::Member, user: Some("ada".to_owned()), ..Options::data_center() };
    let (mut env, server) = served(member);
    env.set("XDG_DATA_HOME", env.path("data").to_str().unwrap());
    for (from, to) in [("production", "doors.xml"), ("jira.sqlite", "alone.xml")] {
        let said = env.run(&["export", "DEMO", "-q", "-i", from, "-o", to]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
    }
    assert!(env.read("doors.xml") == env.read("alone.xml"));
    env.write("DEMO.xml", env.read("doors.xml").replace("<name>Demo shop</name>", "<name>Shop</name>"));
    let mut told = String::new();
    for command in ["import DEMO.xml --yes", "undo --yes", "import DEMO.xml --simulate --out plan.json"] {
        let words: Vec<&str> = command.split(' ').chain(["-q", "-i", "production"]).collect();
        told.push_str(&format!("{command}\n{}\n", env.run(&words)));
    }
    told.push_str(&format!(
        "apply\n{}\n",
        env.run(&["apply", "plan.json", "--yes", "-q", "-i", "production"])
    ));
    told.push_str(&format!(
        "record\n{}\n",
        env.run(&["export", "DEMO", "-i", "production", "--record", "own"])
    ));
    insta::assert_snapshot!(told.replace(server.url().trim_start_matches("http://"), "HOST"));
    // Jira is stopped.
    drop(server);
    let said = env.run(&["import", "DEMO.xml", "--yes", "--offline", "-i", "production"]);
    assert!(said.ends_with("--- exit 0\n") && said.contains("was not proved"), "{said}");
}

#[test]
fn what_does_not_belong_together_is_an_error_of_the_settings() {
    let env = Env::new();
    let mut all = String::new();
    for lines in [
        "url = \"https://jira.example.com\"\ndatabase = \"postgres://db/jira\"\npath = \"a.zip\"",
        "url = \"postgres://db/jira\"\ndatabase = \"postgres://db/jira\"",
        "database = \"postgres://db/jira\"",
        "url = \"https://jira.example.com\"\ndatabase = \"jira.sqlite\"\nschema = \"jira\"",
        "url = \"https://jira.example.com\"\ndatabase = \"postgres://db/jira\"\npassword-command = []",
    ] {
        env.write("pcfg.toml", format!("[instances.a]\n{lines}\n"));
        let said = env.run(&["instance", "check", "-i", "a", "-q"]);
        assert!(said.ends_with("--- exit 3\n"), "{lines}: {said}");
        all.push_str(&format!("{lines}\n{said}\n"));
    }
    insta::assert_snapshot!(all);
}

/// The same with the database itself, by a role that may see what moves and nothing else of issues.
#[cfg(feature = "postgres")]
#[test]
fn the_database_is_proved_to_be_that_of_the_jira() {
    use crate::postgres_server::PASSWORD;
    let backup = crate::env::testdata("backup/demo");
    let Some((database, _)) = crate::postgres::load(&backup) else { return };
    let (_folder, path) = crate::embedded::loaded(&backup);
    let server = serve(&path, Options::data_center()).unwrap();
    set_base_url(&path, &server.url());
    let begin = "UPDATE jiraissue SET updated = '2026-03-01 09:00:00'";
    sql(&path, begin);
    database.sql(&format!(
        "{begin}; INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype) \
             VALUES (99001, 'jira.properties', 1, 'jira.baseurl', 5);
         INSERT INTO propertystring (id, propertyvalue) VALUES (99001, '{}')",
        server.url()
    ));
    let role = format!("doors_{}", std::process::id());
    let reading = pcfg::instance::Postgres::reading_role(false).split_once(";\n").unwrap().1.to_owned();
    let own = |sql: &str| sql.replace("TO pcfg", &format!("TO {role}"));
    database.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; {}", own(&reading)));
    let mut env = Env::new();
    env.set("JIRA_TOKEN", &server.credentials().unwrap().1);
    doors(&env, &server, &database.url_of(&role));
    let export = || env.run(&["export", "--all", "-q", "-i", "production"]);
    let said = export();
    assert!(
        said.contains("permission denied for public.jiraissue") && said.ends_with("--- exit 3\n"),
        "{said}"
    );
    assert!(said.contains(&format!("GRANT SELECT (id, updated) ON public.jiraissue TO {role}")), "{said}");
    database.sql(&own(&pcfg::instance::Postgres::rights_to_prove()));
    let said = export();
    assert!(said == env.run(&["export", "--all", "-q", "-i", &database.url_of(&role)]), "{said}");
    let id = "(SELECT max(id) FROM jiraissue)";
    let change = |table: &str| {
        format!(
            "UPDATE jiraissue SET updated = '2026-04-01 10:20:30.456' WHERE id = {id};
             INSERT INTO {table} VALUES (10700, {id})"
        )
    };
    sql(&path, &change("changegroup (id, issue)"));
    let said = export();
    assert!(said.contains("are not one Jira") && said.ends_with("--- exit 3\n"), "{said}");
    database.sql(&change("changegroup (id, issueid)"));
    let said = export();
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    database.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_cloud_has_no_database() {
    let (mut env, server) = served(Options::cloud());
    env.set("PCFG_USER", &server.credentials().unwrap().0);
    let said = env.run(&["instance", "check", "-q", "-i", "production"]);
    assert!(said.contains("a Jira Cloud has no database") && said.ends_with("--- exit 3\n"), "{said}");
}
