//! Jira's own database as an instance: read as a backup is read, with no more rights and no more work than that needs.

use std::collections::BTreeMap;
use std::path::Path;

use pcfg::instance::{Address, Backup, Instance, Postgres, ReadError, Reading, Scope, Who, open};

use crate::embedded::{backups, exports};
use crate::env::{Env, testdata};
use crate::postgres_dump::Dump;
use crate::postgres_proxy::Proxy;
use crate::postgres_server::{Database, PASSWORD, server};
use crate::thorough;

const ALL: Scope = Scope { field_values: true, usage: true };

/// The dumps of real databases, with what `Dump` reads.
const DUMPS: [(&str, &str, &str); 2] = [
    ("baton-9.12.4", "baton-9.12.4/data.sql", "TEST"),
    ("behavepro-7.12.3", "behavepro-7.12.3/db.sql", "PROJ"),
];

fn read(database: &Database) -> Reading {
    database.open().read(ALL, &|_, _| {}).unwrap()
}

/// Loads a backup into a new database; returns what was odd.
pub(crate) fn load(backup: &Path) -> Option<(Database, Vec<String>)> {
    let database = server()?.database();
    let backup = Backup::open(backup).unwrap();
    let loaded = database.open().load(&backup, &Who::default(), &|_, _| {}).unwrap();
    Some((database, loaded.warnings))
}

fn assert_same(one: &mut Reading, other: &mut Reading, name: &str) {
    for entity in pcfg::entity::entities() {
        assert_eq!(one.tables.rows(entity.name), other.tables.rows(entity.name), "{name} {}", entity.name);
    }
    assert_eq!(one.tables.fields_with_values, other.tables.fields_with_values, "{name}");
    assert_eq!(one.tables.usage, other.tables.usage, "{name}");
    assert_eq!(one.version, other.version, "{name}");
    assert_eq!(one.snapshot.notes, other.snapshot.notes, "{name}");
    for (one, other) in exports(std::mem::take(one)).into_iter().zip(exports(std::mem::take(other))) {
        let difference = similar::TextDiff::from_lines(&one, &other);
        assert!(one == other, "{name}: an export differs\n{}", difference.unified_diff());
    }
}

/// Law 5, for a backup that is loaded: the export of every project has the same bytes, and no value of any row is lost.
#[test]
fn a_database_exports_the_same_bytes_as_the_backup_it_was_loaded_from() {
    for backup in backups().into_iter().step_by(thorough::every(3)) {
        let Some((database, _)) = load(&backup) else { return };
        assert_eq!(values_in(&database), values_of(&backup), "{}", backup.display());
        let mut of_backup = open(&backup).unwrap().read(ALL, &|_, _| {}).unwrap();
        assert_same(&mut of_backup, &mut read(&database), &backup.display().to_string());
    }
}

/// Law 5, for what Jira itself has written into a database.
#[test]
fn a_real_database_exports_the_same_bytes_as_its_backup() {
    let Some(server) = server() else { return };
    for (name, dump, key) in DUMPS {
        let Some(database) = server.restored(name) else { return };
        let folder = tempfile::tempdir().unwrap();
        let backup = Dump::real(dump).unwrap().write_backup(folder.path());
        let mut of_backup = open(&backup).unwrap().read(ALL, &|_, _| {}).unwrap();
        let mut of_database = read(&database);
        assert_same(&mut of_backup, &mut of_database, name);
        let Some((loaded, _)) = load(&backup) else { return };
        let mut of_backup = open(&backup).unwrap().read(ALL, &|_, _| {}).unwrap();
        assert_same(&mut of_backup, &mut read(&loaded), name);

        // As a user sees it.
        let env = Env::new();
        let said = env.run(&["export", key, "-i", &database.url(), "-o", "out.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let said = env.run(&["validate", "out.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let said = env.run(&["format", "--check", "out.xml"]);
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let text = env.read("out.xml");
        for tag in ["<scrumKanbanBoard>", "<column>", "<swimlane>", "<quickFilter>"] {
            assert!(text.contains(tag), "{name} has no {tag}");
        }
    }
}

/// Returns how many values the rows of a backup have.
fn values_of(backup: &Path) -> u64 {
    let mut values = 0;
    let told = Backup::open(backup).unwrap().rows::<ReadError>(&|_, _| {}, &mut |row| {
        values += row.values().count() as u64;
        Ok(())
    });
    told.unwrap();
    values
}

/// Returns how many values the rows of a database have.
fn values_in(database: &Database) -> u64 {
    let columns = database.sql(
        "SELECT format('SELECT count(%I) FROM %I', column_name, table_name) FROM information_schema.columns
         WHERE table_schema = 'public'",
    );
    let counts: Vec<String> = columns.into_iter().map(|row| row[0].clone().unwrap()).collect();
    let counts = database.sql(&counts.join(";"));
    counts.into_iter().map(|row| row[0].as_deref().unwrap().parse::<u64>().unwrap()).sum()
}

/// Returns all rows of all of Jira's tables, with all columns.
pub(crate) fn rows(database: &Database) -> BTreeMap<String, Vec<String>> {
    let tables = database
        .sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'");
    let tables: Vec<String> = tables.into_iter().map(|row| row[0].clone().unwrap()).collect();
    let each =
        tables.iter().map(|table| format!("SELECT '{table}', own::text FROM \"{table}\" AS own ORDER BY 2"));
    let mut all: BTreeMap<String, Vec<String>> =
        tables.iter().map(|table| (table.clone(), Vec::new())).collect();
    for row in database.sql(&each.collect::<Vec<_>>().join(";")) {
        all.get_mut(row[0].as_deref().unwrap()).unwrap().push(row[1].clone().unwrap_or_default());
    }
    all
}

/// Returns what a command says, without what differs from one server to the next.
fn said(env: &Env, database: &Database, arguments: &[&str]) -> String {
    let text = env.run(arguments);
    assert!(!text.contains(PASSWORD), "no password is shown: {text}");
    text.replace(&database.name, "[DB]").replace(&format!(":{}", server().unwrap().port), ":[PORT]")
}

#[test]
fn what_goes_wrong_is_told() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let env = Env::new();
    let show = |url: &str| said(&env, &database, &["instance", "show", "-i", url]);
    let (host, port) = (&server().unwrap().host, server().unwrap().port);
    let name = &database.name;
    insta::assert_snapshot!(show(&format!("postgres://jira:wrong@{host}:{port}/{name}")), @r#"
    --- stderr
    error: the database at `postgres://jira@127.0.0.1:[PORT]/[DB]` does not accept the user or the password
    caused by: password authentication failed for user "jira"
    hint: give the password in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml
    --- exit 3
    "#);
    insta::assert_snapshot!(show(&format!("postgres://jira@{host}:{port}/{name}")), @"
    --- stderr
    error: the database at `postgres://jira@127.0.0.1:[PORT]/[DB]` requires a password
    caused by: invalid configuration: password missing
    hint: give it in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml
    --- exit 3
    ");
    insta::assert_snapshot!(show(&format!("postgres://jira:{PASSWORD}@{host}:{port}/nothing")), @r#"
    --- stderr
    error: there is no such database: `postgres://jira@127.0.0.1:[PORT]/nothing`
    caused by: database "nothing" does not exist
    hint: `psql -l` lists the databases; its name is in Jira's dbconfig.xml
    --- exit 3
    "#);
    insta::assert_snapshot!(show(&format!("postgres://nobody:{PASSWORD}@{host}:{port}/{name}")), @r#"
    --- stderr
    error: the database at `postgres://nobody@127.0.0.1:[PORT]/[DB]` does not accept the user or the password
    caused by: password authentication failed for user "nobody"
    hint: give the password in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml
    --- exit 3
    "#);
    insta::assert_snapshot!(show(&format!("postgres://jira:{PASSWORD}@{host}:1/{name}")), @"
    --- stderr
    error: the database at `postgres://jira@127.0.0.1:1/[DB]` cannot be reached
    caused by: error connecting to server: Connection refused
    hint: check the host and the port, that the server runs, and that no firewall blocks it
    --- exit 3
    ");
    insta::assert_snapshot!(show(&format!("{}?schema=other", database.url())), @"
    --- stderr
    error: `postgres://jira@127.0.0.1:[PORT]/[DB]?schema=other` is not a database of Jira: its tables are not in the schema `other`
    hint: Jira's tables are in the schema `public`: add `?schema=public` to the address
    --- exit 3
    ");
    insta::assert_snapshot!(show(&database.url_of("jira").replace(name, "postgres")), @"
    --- stderr
    error: `postgres://jira@127.0.0.1:[PORT]/postgres` is not a database of Jira: its tables are not in the schema `public`
    hint: the name of Jira's database is in Jira's dbconfig.xml
    --- exit 3
    ");
    insta::assert_snapshot!(show(&format!("{}?colour=blue", database.url())), @"
    --- stderr
    error: cannot use the address `postgres://jira@127.0.0.1:[PORT]/[DB]?colour=blue`
    caused by: invalid connection string: unknown option `colour`
    hint: docs/postgres.md lists the parameters of libpq that pcfg knows
    --- exit 3
    ");
    insta::assert_snapshot!(show(&format!("postgres://jira:{PASSWORD}/x@{host}/{name}")), @"
    --- stderr
    error: the address of the database is not valid
    caused by: there is an `@` after a `/`: in a password write `%2F` for `/`, and `%40` for `@`
    hint: write `postgres://USER@HOST/DATABASE`
    --- exit 2
    ");
}

/// The role that the documentation tells to make can do what it is for, and nothing else; and what it lacks is named.
#[test]
fn the_documented_role_is_enough() {
    let Some(server) = server() else { return };
    let env = Env::new();
    let role = format!("pcfg_{}", std::process::id());
    let part = |issues| Postgres::reading_role(issues).replace("TO pcfg", &format!("TO {role}"));
    let Some((loaded, _)) = load(&testdata("backup/demo")) else { return };
    let make = format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'");
    loaded.sql(&make);
    let mut databases = vec![loaded];
    databases.extend(server.restored("baton-9.12.4"));
    databases.extend(server.restored("behavepro-7.12.3"));
    for database in &databases {
        let url = database.url_of(&role);
        database.sql(&format!(
            "REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER ROLE {role} SET search_path = nowhere"
        ));
        let refused = said(&env, database, &["export", "--all", "-i", &url]).replace(&role, "[ROLE]");
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused, @"
            --- stderr
            error: the role may not use the schema `public` of `postgres://[ROLE]@127.0.0.1:[PORT]/[DB]`
            hint: run `GRANT USAGE ON SCHEMA public TO [ROLE]` as its owner; docs/postgres.md has all that is needed
            --- exit 3
            ");
        }
        // The hint of a role that reads nothing is pasted as it stands.
        database.sql(&format!("GRANT USAGE ON SCHEMA public TO {role}"));
        let refused = said(&env, database, &["export", "--all", "-q", "-i", &url]);
        let pasted = refused.split_once("run as its owner: `").unwrap().1.split_once("`;").unwrap().0;
        database.sql(pasted);
        let said_now = env.run(&["export", "--all", "-q", "-i", &url]);
        assert!(said_now.ends_with("--- exit 0\n"), "{said_now}");
        database.sql(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"));
        let grants = part(false).split_once(";\n").unwrap().1.to_owned();
        database.sql(&grants);
        let export = |url: &str| env.run(&["export", "--all", "-q", "-i", url]);
        assert_eq!(export(&url), export(&database.url()));
        let refused = said(&env, database, &["export", "--all", "--custom-fields", "used", "-q", "-i", &url]);
        let refused = refused.replace(&role, "[ROLE]");
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused, @r#"
            --- stderr
            error: permission denied for public.customfieldvalue and 1 more in `postgres://[ROLE]@127.0.0.1:[PORT]/[DB]`
            hint: run as its owner: `GRANT SELECT (id, issue, customfield, stringvalue) ON public.customfieldvalue TO [ROLE]; GRANT SELECT (id, project, security, issuestatus, issuetype, updated, workflow_id) ON public.jiraissue TO [ROLE];`; docs/postgres.md has all that is needed
            --- exit 3
            "#);
        }
        database.sql(&part(true));
        let export = |url: &str| env.run(&["export", "--all", "--custom-fields", "used", "-q", "-i", url]);
        assert_eq!(export(&url), export(&database.url()));
        env.write("own.xml", env.run(&["export", "--all", "-q", "-i", &url]).replace("--- exit 0\n", ""));
        let simulated = env.run(&["import", "own.xml", "--simulate", "--exit-code", "-i", &url]);
        assert!(simulated.ends_with("--- exit 0\n"), "{simulated}");
        let refused = env.run(&["history", "-i", &url]);
        assert!(
            refused.ends_with("--- exit 0\n") || refused.contains("GRANT USAGE ON SCHEMA pcfg"),
            "{refused}"
        );
        // Neither passwords nor anything else, and nothing can be written.
        for (sql, refused) in [
            ("SELECT credential FROM public.cwd_user", true),
            ("UPDATE public.project SET pname = pname", true),
            ("SELECT * FROM public.jiraissue", true),
            ("SELECT user_name FROM public.cwd_user", false),
        ] {
            let result = database.try_as(&role, sql);
            assert_eq!(result.is_err(), refused, "{sql}: {result:?}");
        }
    }
    let one = &databases[0];
    one.sql(
        &format!("REVOKE ALL ON public.cwd_user, public.status FROM {role}")
            .replace("public.status", "public.issuestatus"),
    );
    let refused = said(&env, one, &["export", "--all", "-i", &one.url_of(&role)]).replace(&role, "[ROLE]");
    insta::assert_snapshot!(refused, @r#"
    --- stderr
    error: permission denied for public.issuestatus and 1 more in `postgres://[ROLE]@127.0.0.1:[PORT]/[DB]`
    hint: run as its owner: `GRANT SELECT (id, description, iconurl, pname, sequence, statuscategory) ON public.issuestatus TO [ROLE]; GRANT SELECT (id, active, directory_id, display_name, email_address, first_name, last_name, lower_display_name, lower_email_address, lower_first_name, lower_last_name, lower_user_name, user_name) ON public.cwd_user TO [ROLE];`; docs/postgres.md has all that is needed
    --- exit 3
    "#);
    for database in &databases {
        database.sql(&format!("DROP OWNED BY {role}"));
    }
    one.sql(&format!("DROP ROLE {role}"));
}

/// The number of round trips does not depend on what there is.
#[test]
fn reading_takes_five_round_trips() {
    let Some(server) = server() else { return };
    let mut databases = vec![load(&testdata("backup/demo")).unwrap().0];
    databases.extend(server.restored("baton-9.12.4"));
    for database in databases {
        let proxy = Proxy::new(server.port, None, false);
        let mut instance = Postgres::new(Address::parse(&database.url_by(proxy.port)).unwrap());
        instance.read(ALL, &|_, _| {}).unwrap();
        assert_eq!(proxy.trips(), 5, "three for the password, one for the layout, and one for everything");
        instance.read(ALL, &|_, _| {}).unwrap();
        assert_eq!(proxy.trips(), 7);
    }
}

/// Neither issues nor their values are touched, unless an option asks for it.
#[test]
fn no_issue_is_touched() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    for statement in database.open().statements(Scope::default()).unwrap() {
        let plan = database.sql(&format!("EXPLAIN (COSTS off) {statement}"));
        let plan: String = plan.into_iter().map(|row| row[0].clone().unwrap()).collect();
        assert!(!plan.contains("jiraissue") && !plan.contains("customfieldvalue"), "{statement}: {plan}");
    }
    // What the server itself has counted: it learns of it when the session has ended.
    let count = |tables: &str| -> u64 {
        let sql = format!(
            "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) FROM pg_stat_user_tables WHERE relname IN ({tables})"
        );
        database.value(&sql).parse().unwrap()
    };
    let issues = || count("'jiraissue', 'customfieldvalue'");
    let settled = |before: u64| {
        while count("'project'") <= before {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    let (projects, before) = (count("'project'"), issues());
    database.open().read(Scope::default(), &|_, _| {}).unwrap();
    settled(projects);
    assert_eq!(issues(), before);
    let projects = count("'project'");
    database.open().read(ALL, &|_, _| {}).unwrap();
    settled(projects);
    assert!(issues() > before, "with the options they are");
}

#[test]
fn certificates_are_looked_at_as_sslmode_wants_it() {
    let Some(server) = server() else { return };
    let Some(authority) = &server.authority else {
        crate::skip::skipped(
            crate::skip::Need::Tool("openssl", "openssl"),
            "certificates, for a server of the tests' own",
        );
        return;
    };
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let authority = authority.display().to_string();
    let env = Env::new();
    let try_it = |host: &str, parameters: &str| {
        let url = database.url().replace("@127.0.0.1", &format!("@{host}"));
        let text = env.run(&["instance", "show", "-q", "-i", &format!("{url}?{parameters}")]);
        assert!(!text.contains(PASSWORD));
        text
    };
    let works = |host: &str, parameters: &str| {
        let text = try_it(host, parameters);
        assert!(text.ends_with("--- exit 0\n"), "{host} {parameters}: {text}");
    };
    let fails = |host: &str, parameters: &str| {
        let text = try_it(host, parameters);
        assert!(
            text.contains("cannot be encrypted") && text.ends_with("--- exit 3\n"),
            "{host} {parameters}: {text}"
        );
    };
    for mode in ["disable", "prefer", "require"] {
        works("127.0.0.1", &format!("sslmode={mode}"));
    }
    works("localhost", &format!("sslmode=verify-full&sslrootcert={authority}"));
    works("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={authority}"));
    works("127.0.0.1", &format!("sslmode=require&sslrootcert={authority}"));
    fails("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={authority}"));
    // An authority that did not sign it.
    let other = env.path("other.crt");
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "9",
        ])
        .args(["-subj", "/CN=other", "-keyout", "/dev/null", "-out"])
        .arg(&other)
        .output();
    assert!(made.unwrap().status.success());
    for mode in ["require", "verify-ca", "verify-full"] {
        fails("localhost", &format!("sslmode={mode}&sslrootcert={}", other.display()));
    }
    fails("localhost", "sslmode=verify-full&sslrootcert=system");
    let encrypted =
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE pid = pg_backend_pid()";
    assert!(database.try_as("jira", encrypted).is_ok());
}

/// A password comes from wherever the user keeps it, and is never shown.
#[test]
fn passwords_are_found_and_never_shown() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let url = database.url().replace(&format!(":{PASSWORD}"), "");
    let works = |env: &Env, name: &str| {
        for arguments in [
            &["instance", "show", "-i", name][..],
            &["export", "DEMO", "-v", "-i", name],
            &["history", "-i", name],
            &["history", "--format", "json", "-i", name],
            &["instance", "list"],
            &["instance", "list", "--format", "json"],
        ] {
            let text = said(env, &database, arguments);
            assert!(text.ends_with("--- exit 0\n"), "{arguments:?}: {text}");
        }
    };
    works(&Env::new(), &database.url());
    works(&Env::new(), &format!("{url}?password={PASSWORD}"));
    let mut env = Env::new();
    env.set("PGPASSWORD", PASSWORD);
    works(&env, &url);
    let mut env = Env::new();
    let port = server().unwrap().port;
    env.write("home/.pgpass", format!("other:*:*:*:wrong\n127.0.0.1:{port}:*:jira:{PASSWORD}\n"));
    env.set("HOME", env.path("home").to_str().unwrap());
    insta::assert_snapshot!(said(&env, &database, &["history", "-i", &url]), @"
    --- stderr
    error: others can read the password file `[DIR]/home/.pgpass`
    hint: `chmod 600 [DIR]/home/.pgpass`
    --- exit 3
    ");
    #[cfg(unix)]
    std::fs::set_permissions(env.path("home/.pgpass"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    works(&env, &url);
    let env = Env::new();
    env.write("password", PASSWORD);
    let settings = |command: &str| {
        format!(
            "default = \"live\"\n[instances.live]\nurl = \"{url}\"\nschema = \"public\"\npassword-command = {command}\n"
        )
    };
    env.write("pcfg.toml", settings("[\"/bin/cat\", \"password\"]"));
    works(&env, "live");
    // An address that a hint tells is as good as the name.
    works(&env, &url);
    env.write("pcfg.toml", settings("[\"/bin/cat\", \"nothing\"]"));
    insta::assert_snapshot!(said(&env, &database, &["history"]), @"
    --- stderr
    /bin/cat: nothing: No such file or directory
    error: the command `/bin/cat` of `password-command` failed
    hint: it says why above; it ended with exit status: 1
    hint: it is in `[DIR]/pcfg.toml`, the instance `live`
    --- exit 3
    ");
    env.write("pcfg.toml", settings("[\"/bin/nothing\"]"));
    insta::assert_snapshot!(said(&env, &database, &["history"]), @"
    --- stderr
    error: the command `/bin/nothing` of `password-command` failed
    caused by: no such file or directory
    hint: correct `password-command` in pcfg.toml
    hint: it is in `[DIR]/pcfg.toml`, the instance `live`
    --- exit 3
    ");
    env.write("pcfg.toml", format!("[instances.a]\nurl = \"{}\"\npath = \"x\"\n", database.url()));
    insta::assert_snapshot!(said(&env, &database, &["history", "-i", "a"]), @r#"
    --- stderr
    error: [DIR]/pcfg.toml:1:1: an instance has a `path` or a `url`, not both
    hint: a settings file has `default = "NAME"` and `[instances.NAME]` with `path = "…"` or `url = "…"`
    --- exit 3
    "#);
    env.write("pcfg.toml", format!("[instances.a]\nurl = \"{}\"\n", database.url()));
    insta::assert_snapshot!(said(&env, &database, &["instance", "list"]), @"
    instance  state  path
    a         there  postgres://jira@127.0.0.1:[PORT]/[DB]
    --- exit 0
    ");
}
