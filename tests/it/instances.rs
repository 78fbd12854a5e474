//! Embedded instances on the command line: made, loaded, found in their default place.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use pcfg::model::Snapshot;
use pcfg::schema::Schema;

use crate::env::{Env, testdata};
use crate::real_data;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/demo");

fn sample() -> Snapshot {
    real_data::read(SAMPLE.as_ref()).snapshot
}

/// A user who has configured nothing.
fn fresh_machine() -> Env {
    let mut env = Env::new();
    let home = env.path("home").to_str().unwrap().to_owned();
    env.set("HOME", &home);
    env
}

fn with_backup() -> Env {
    let env = fresh_machine();
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    env
}

#[test]
fn the_sample_has_an_object_of_every_kind_and_nothing_odd() {
    let snapshot = sample();
    assert_eq!(
        snapshot.notes.iter().map(|note| format!("{note:?}")).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    for (id, kind) in Schema::get().kinds() {
        let has = snapshot.objects.keys().any(|identity| identity.kind == id);
        let is_part = Schema::get().container(id).is_none();
        assert!(has || is_part, "the sample has a {}", kind.name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_main_job_works_at_once_on_a_fresh_machine() {
    let env = fresh_machine();
    let first = env.run(&["export", "DEMO", "-o", "first.xml"]);
    assert_snapshot!(first, @"
    --- stderr
    created an instance in `[DIR]/home/.local/share/pcfg/instance.sqlite`: a fresh Jira with the sample project DEMO; `pcfg instance load` fills one from a backup
    exported 1 project and 93 other objects
    --- exit 0
    ");
    assert_snapshot!(env.run(&["export", "DEMO", "-o", "second.xml"]), @"
    --- stderr
    exported 1 project and 93 other objects
    --- exit 0
    ");
    assert_eq!(env.read("first.xml"), env.read("second.xml"));
    assert!(env.run(&["export", "DEMO", "-q", "-o", "third.xml", "-i", SAMPLE]).ends_with("--- exit 0\n"));
    assert_eq!(env.read("first.xml"), env.read("third.xml"));
    assert_eq!(env.run(&["validate", "-q", "first.xml"]), "--- exit 0\n");
    let names: Vec<_> = fs::read_dir(env.path("home/.local/share/pcfg"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with("-lock"))
        .collect();
    assert_eq!(names, ["instance.sqlite"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_data_directory_can_be_chosen() {
    let mut env = fresh_machine();
    let data = env.path("data").to_str().unwrap().to_owned();
    env.set("XDG_DATA_HOME", &data);
    assert!(
        env.run(&["instance", "show"]).contains("created an instance in `[DIR]/data/pcfg/instance.sqlite`")
    );
    env.set("XDG_DATA_HOME", "relative");
    assert!(env.run(&["instance", "show"]).contains("`[DIR]/home/.local/share/pcfg/instance.sqlite`"));
}

#[test]
fn several_first_commands_at_once_share_one_instance() {
    let env = fresh_machine();
    let children: Vec<_> = (0..4).map(|_| env.command(&["export", "DEMO"]).spawn().unwrap()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, outputs[0].stdout);
    }
}

#[test]
fn a_backup_is_loaded_into_a_file() {
    let env = with_backup();
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--into", "test.sqlite"]), @"
    --- stderr
    loaded 34 rows of 23 tables into `test.sqlite`
    --- exit 0
    ");
    let from_backup = env.run(&["instance", "show", "-i", "backup.xml"]);
    assert_eq!(env.run(&["instance", "show", "-i", "test.sqlite"]), from_backup);
    let exported = env.run(&["export", "--all", "-i", "test.sqlite"]);
    assert_eq!(exported, env.run(&["export", "--all", "-i", "backup.xml"]));
    env.write("pcfg.toml", "default = 'test'\n[instances.test]\npath = 'test.sqlite'\n");
    assert_eq!(exported, env.run(&["export", "--all"]));
}

/// The sample that a first look has made is nobody's work: a backup takes its place.
#[test]
fn a_sample_that_nobody_touched_is_replaced() {
    let env = with_backup();
    let into = ["instance", "load", "backup.xml", "--into", "sample.sqlite"];
    let make = || env.run(&["instance", "init", "sample.sqlite"]);
    let sample = |sql: &str| {
        for name in env.names().iter().filter(|name| name.starts_with("sample.sqlite")) {
            std::fs::remove_file(env.path(name)).unwrap();
        }
        make();
        let connection = rusqlite::Connection::open(env.path("sample.sqlite")).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    sample("");
    env.run(&["export", "DEMO", "-i", "sample.sqlite"]);
    let loaded = env.run(&into);
    assert!(
        loaded.contains("into `sample.sqlite`, in the place of the sample, which nobody had touched")
            && loaded.ends_with("--- exit 0\n"),
        "{loaded}"
    );
    assert_eq!(
        env.run(&["export", "--all", "-i", "sample.sqlite"]),
        env.run(&["export", "--all", "-i", "backup.xml"])
    );
    // What was loaded is no sample, and what somebody has touched is theirs.
    assert!(env.run(&into).ends_with("--- exit 7\n"));
    for touch in [
        "UPDATE project SET pname = 'Mine' WHERE pkey = 'DEMO'",
        "DELETE FROM jiraissue WHERE id = (SELECT min(id) FROM jiraissue)",
        "CREATE TABLE mine (a)",
        "INSERT INTO resolution (id, pname) VALUES ('99', 'Mine')",
    ] {
        sample(touch);
        let before = std::fs::read(env.path("sample.sqlite")).unwrap();
        let refused = env.run(&into);
        assert!(
            refused.contains("exists already") && refused.ends_with("--- exit 7\n"),
            "{touch}: {refused}"
        );
        assert!(std::fs::read(env.path("sample.sqlite")).unwrap() == before, "{touch}");
    }
    // A run that was taken back leaves the rows as they were, and its journal.
    sample("");
    let file = env.run(&["export", "DEMO", "-q", "-i", "sample.sqlite"]).replace("--- exit 0\n", "");
    env.write("new.xml", file.replacen("<description>", "<description>New ", 1));
    let done = env.run(&["import", "new.xml", "-i", "sample.sqlite", "--yes", "-q"]);
    assert!(done.ends_with("--- exit 0\n"), "{done}");
    env.run(&["undo", "-i", "sample.sqlite", "--yes", "-q"]);
    assert!(env.run(&into).ends_with("--- exit 7\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_instance_is_replaced_only_on_request() {
    let env = with_backup();
    assert_snapshot!(env.run(&["instance", "init"]), @"
    --- stderr
    created `[DIR]/home/.local/share/pcfg/instance.sqlite`: a fresh Jira with the sample project DEMO
    --- exit 0
    ");
    // Whatever somebody has done to it: a sample that was touched is theirs.
    let database = env.path("home/.local/share/pcfg/instance.sqlite");
    let sql = |sql: &str| rusqlite::Connection::open(&database).unwrap().execute_batch(sql).unwrap();
    sql("UPDATE issuestatus SET pname = 'Opened' WHERE pname = 'Open'");
    assert_snapshot!(env.run(&["instance", "load", "backup.xml"]), @"
    --- stderr
    error: the file `[DIR]/home/.local/share/pcfg/instance.sqlite` exists already
    hint: to put the backup in the place of the instance that is there: `pcfg instance load backup.xml --replace`
    hint: or name another file: `--into PATH`
    --- exit 7
    ");
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--replace"]), @"
    --- stderr
    loaded 34 rows of 23 tables into `[DIR]/home/.local/share/pcfg/instance.sqlite`
    --- exit 0
    ");
    assert_eq!(
        env.run(&["export", "--all"]),
        env.run(&["export", "--all", "-i", "backup.xml"]),
        "nothing of the old one is left"
    );
}

#[test]
fn what_cannot_be_made_or_loaded_is_told() {
    let env = with_backup();
    assert_snapshot!(env.run(&["instance", "init", "gone/test.sqlite"]), @"
    --- stderr
    error: cannot write `gone/test.sqlite`
    hint: create the folder `gone` first
    --- exit 7
    ");
    assert_snapshot!(env.run(&["instance", "init", "backup.xml"]), @"
    --- stderr
    error: `backup.xml` is not replaced: it is a backup of Jira, not an instance
    hint: name another file
    --- exit 4
    ");
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--into", "backup.xml", "--replace"]), @"
    --- stderr
    error: `backup.xml` is not replaced: this command reads it
    hint: name another file
    --- exit 4
    ");
    assert!(env.run(&["instance", "init", "a.sqlite"]).ends_with("--- exit 0\n"));
    assert_snapshot!(env.run(&["instance", "load", "a.sqlite", "--into", "b.sqlite"]), @"
    --- stderr
    error: `a.sqlite` already is an embedded instance
    hint: use it with `-i`, or copy the file
    --- exit 3
    ");
    env.write("broken.xml", "<entity-engine-xml><Project id='1'></entity-engine-xml>");
    assert_snapshot!(env.run(&["instance", "load", "broken.xml", "--into", "b.sqlite"]), @"
    --- stderr
    error: broken.xml:1:36: `</entity-engine-xml>` where `</Project>` is expected
    --- exit 3
    ");
    env.write(
        "twice.xml",
        "<entity-engine-xml><Project id='1' key='A'/><Project id='1' key='B'/></entity-engine-xml>",
    );
    assert_snapshot!(env.run(&["instance", "load", "twice.xml", "--into", "c.sqlite"]), @"
    --- stderr
    warning: several rows of Project have the same id; all are kept
    loaded 2 rows of 1 table into `c.sqlite`
    --- exit 0
    ");
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--into", "backup.xml"]), @"
    --- stderr
    error: `backup.xml` is not replaced: this command reads it
    hint: name another file
    --- exit 4
    ");
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--into", "broken.xml"]), @"
    --- stderr
    error: `broken.xml` is not replaced: it is a backup of Jira, not an instance
    hint: name another file
    --- exit 4
    ");
    for more in [&[][..], &["--replace"]] {
        let said = env.run(&[&["instance", "load", "backup.xml", "--into", "/dev/null"], more].concat());
        assert!(!said.contains("exit 0\n") && !said.contains("`--replace`"), "{said}");
        assert!(!Path::new("/dev/null-lock").exists());
    }
    // A lock stands beside what it is the lock of, and nothing else.
    let odd: Vec<_> =
        env.names().into_iter().filter(|name| name.contains("sqlite") || name.contains("lock")).collect();
    assert_eq!(odd, ["a.sqlite", "a.sqlite-lock", "c.sqlite", "c.sqlite-lock"]);
}

#[test]
fn a_second_writer_is_told_who_the_first_is() {
    let env = fresh_machine();
    let lock = fs::File::create(env.path("a.sqlite-lock")).unwrap();
    lock.lock().unwrap();
    let who =
        r#"{"user":"ada","host":"analyst","pid":7,"command":"pcfg import","since":"2025-03-01T12:00:00Z"}"#;
    env.write("a.sqlite-lock", who);
    assert_snapshot!(env.run(&["instance", "init", "a.sqlite"]), @"
    --- stderr
    error: somebody else is writing into `a.sqlite`: ada on analyst, process 7, since 2025-03-01T12:00:00Z, by `pcfg import`
    hint: wait until it has ended, or use `--wait SECONDS`
    --- exit 5
    ");
    let child = env.command(&["instance", "init", "a.sqlite", "--wait", "60"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    drop(lock);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(env.read("a.sqlite-lock"), "", "who has ended is not told any more");
}

#[cfg(unix)]
#[test]
fn an_instance_in_a_folder_that_cannot_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = with_backup();
    fs::create_dir(env.path("folder")).unwrap();
    assert!(env.run(&["instance", "load", "backup.xml", "--into", "folder/a.sqlite"]).ends_with("exit 0\n"));
    let allow = |folder, file| {
        fs::set_permissions(env.path("folder/a.sqlite"), fs::Permissions::from_mode(file)).unwrap();
        fs::set_permissions(env.path("folder"), fs::Permissions::from_mode(folder)).unwrap();
    };
    allow(0o555, 0o444);
    let exported = env.run(&["export", "--all", "-i", "folder/a.sqlite"]);
    allow(0o755, 0o644);
    assert_eq!(exported, env.run(&["export", "--all", "-i", "backup.xml"]));
}

/// A secret of a CI job that is not set is an empty variable; whatever is done must not be done to a sample.
#[cfg(target_os = "linux")]
#[test]
fn an_empty_variable_is_no_instance() {
    let mut env = fresh_machine();
    env.set("PCFG_INSTANCE", "");
    let sample = Env::new();
    sample.run(&["instance", "init", "demo.sqlite"]);
    sample.run(&["export", "DEMO", "-i", "demo.sqlite", "-o", "demo.xml"]);
    env.write("demo.xml", sample.read("demo.xml"));
    assert_snapshot!(env.run(&["export", "DEMO"]), @"
    --- stderr
    error: the environment variable PCFG_INSTANCE is empty
    hint: set it to the instance; in a CI job, it is empty if the secret is not set
    hint: or unset it, to use the default: `unset PCFG_INSTANCE`
    --- exit 2
    ");
    let commands: [&[&str]; 7] = [
        &["instance", "show"],
        &["explain", "DEMO"],
        &["import", "demo.xml", "--yes"],
        &["drift", "demo.xml"],
        &["undo", "--yes"],
        &["history"],
        &["resume"],
    ];
    for command in commands {
        let said = env.run(command);
        assert!(said.contains("variable PCFG_INSTANCE is empty") && said.ends_with("--- exit 2\n"), "{said}");
    }
    assert!(!env.path("home").exists(), "no sample was made");
    // What is typed counts.
    assert!(env.run(&["history", "-i", "gone.sqlite"]).contains("there is no file `gone.sqlite`"));
}

/// A comparison with a sample that was just made, or its history, says nothing true.
#[cfg(target_os = "linux")]
#[test]
fn commands_that_compare_or_look_back_make_no_sample() {
    let env = fresh_machine();
    let sample = Env::new();
    sample.run(&["instance", "init", "demo.sqlite"]);
    sample.run(&["export", "DEMO", "-i", "demo.sqlite", "-o", "demo.xml"]);
    env.write("demo.xml", sample.read("demo.xml"));
    assert_snapshot!(env.run(&["drift", "demo.xml"]), @"
    --- stderr
    error: no instance is named, and the default one does not exist yet: no file `[DIR]/home/.local/share/pcfg/instance.sqlite`
    hint: name one: `-i NAME`
    hint: or set the environment variable PCFG_INSTANCE to it
    hint: or create the default one: `pcfg instance init` for a sample, `pcfg instance load BACKUP` for a copy of your Jira
    --- exit 3
    ");
    let import: &[&str] = &["import", "demo.xml", "--yes"];
    for command in [import, &["history"], &["undo"], &["resume"]] {
        let said = env.run(command);
        assert!(
            said.contains("the default one does not exist yet") && said.ends_with("--- exit 3\n"),
            "{said}"
        );
    }
    assert!(!env.path("home").exists(), "no sample was made");
}

/// A name of pcfg.toml says where an instance is made as it says where one is.
#[test]
fn instances_are_made_where_their_names_say() {
    let env = with_backup();
    env.write(
        "pcfg.toml",
        "[instances.staging]\npath = 'instances/staging.sqlite'\n[instances.play]\npath = 'play.sqlite'\n\
         [instances.live]\nurl = 'postgres://pcfg@localhost/jira'\n",
    );
    fs::create_dir(env.path("instances")).unwrap();
    let said = env.run(&["instance", "load", "backup.xml", "--into", "staging"]);
    assert!(
        said.contains("into `[DIR]/instances/staging.sqlite`") && said.ends_with("--- exit 0\n"),
        "{said}"
    );
    assert!(env.path("instances/staging.sqlite").exists() && !env.path("staging").exists());
    assert!(env.run(&["instance", "show", "-i", "staging"]).ends_with("--- exit 0\n"));
    let said = env.run(&["instance", "load", "backup.xml", "--into", "live"]);
    assert!(
        said.contains("`pcfg instance load backup.xml --into live --offline`")
            && said.ends_with("--- exit 2\n"),
        "{said}"
    );
    assert_snapshot!(env.run(&["instance", "init", "live"]), @r#"
    --- stderr
    error: `postgres://pcfg@localhost/jira` is not a file, and this command creates one
    hint: fill a database from a backup: `pcfg instance load BACKUP --into postgres://pcfg@localhost/jira --offline`
    --- exit 2
    "#);
    assert_snapshot!(env.run(&["instance", "load", "backup.xml", "--into", "stagin"]), @"
    --- stderr
    error: `[DIR]/pcfg.toml` has no instance `stagin`
    hint: did you mean `staging`?
    hint: if a file of that name is meant: `./stagin`
    --- exit 3
    ");
    assert!(env.run(&["instance", "init", "play"]).ends_with("--- exit 0\n"));
    assert!(env.path("play.sqlite").exists());
    assert!(env.run(&["instance", "init", "./staging"]).ends_with("--- exit 0\n"));
    assert!(env.run(&["instance", "init", "other"]).ends_with("--- exit 0\n"));
    assert!(env.path("staging").exists() && env.path("other").exists());
}
