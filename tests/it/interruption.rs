//! Processes that are killed while they write, and processes that meet: an embedded instance is never left half-changed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pcfg::entity::RowChange;
use pcfg::instance::{Embedded, Instance as _, Scope, Writable as _};

use crate::embedded::{changed, demo, loaded, row, run, tables};
use crate::env::testdata;
use crate::real_data;

/// Named by an environment variable, this test is the process that the next ones kill or meet: it renames all statuses
/// and permissions again and again, each time to the number of the run.
#[test]
#[ignore = "it is run by other tests"]
fn child() {
    let Some(path) = std::env::var_os("PCFG_TEST_INSTANCE") else { return };
    let mut instance = Embedded::open(Path::new(&path)).unwrap();
    instance.wait(Duration::from_secs(600));
    for _ in 0..1_000_000 {
        let changes = renamed(&mut instance);
        instance.apply(&changes, &run("pcfg import")).unwrap();
        println!("applied");
    }
}

const RENAMED: [(&str, &str); 2] =
    [("FieldScreenLayoutItem", "fieldidentifier"), ("SchemePermissions", "parameter")];

fn renamed(instance: &mut Embedded) -> Vec<RowChange> {
    let number = instance.history().unwrap().len() + 1;
    let tables = tables(instance);
    let changes = RENAMED.iter().flat_map(|(entity, attribute)| {
        let rows = tables.rows(entity).iter();
        rows.map(|row| changed(row, attribute, Some(&number.to_string()))).collect::<Vec<_>>()
    });
    changes.collect()
}

fn spawn_child(path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["interruption::child", "--exact", "--ignored", "--nocapture"])
        .env("PCFG_TEST_INSTANCE", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Law 6: killed at any moment, an instance is never left half-changed.
#[test]
fn killed_at_any_moment_nothing_is_half_done() {
    let (_folder, path) = match real_data::backup("jsu/test1.xml") {
        Some(backup) => loaded(&backup),
        None => loaded(&testdata("backup/demo")),
    };
    let mut applied = 0;
    for round in 0..25_u64 {
        let mut child = spawn_child(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The first run shows that it works at all; then it is killed at another moment of a run in each round.
        assert!(lines.any(|line| line.unwrap().contains("applied")));
        std::thread::sleep(Duration::from_micros(round * 2_311 % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();

        let mut instance = Embedded::open(&path).unwrap();
        let runs = instance.history().unwrap();
        assert!(runs.len() > applied, "round {round}");
        applied = runs.len();
        let tables = tables(&mut instance);
        for (entity, attribute) in RENAMED {
            for row in tables.rows(entity) {
                assert_eq!(row.number(attribute), Some(applied as i64), "round {round}: {entity}");
            }
        }
        let last = instance.run(applied as u64).unwrap();
        assert_eq!(
            last.changes.len(),
            RENAMED.iter().map(|(entity, _)| tables.rows(entity).len()).sum::<usize>()
        );
    }
    let mut instance = Embedded::open(&path).unwrap();
    let last = instance.undo(applied as u64, &run("pcfg undo")).unwrap();
    assert_eq!(last as usize, applied + 1, "the lock of a process that was killed is free");
}

#[test]
fn two_writers_take_turns() {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let mut child = spawn_child(&path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("applied")));
    let mut instance = Embedded::open(&path).unwrap();
    instance.wait(Duration::from_secs(60));
    let status = row(&tables(&mut instance), "Status", "1");
    for round in 0..20 {
        let name = if round % 2 == 0 { "Opened" } else { "Open" };
        let before = row(&tables(&mut instance), "Status", "1");
        instance.apply(&[changed(&before, "name", Some(name))], &run("pcfg import")).unwrap();
        instance.read(Scope::default(), &|_, _| {}).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(row(&tables(&mut instance), "Status", "1"), status);
}

#[test]
fn the_second_writer_is_told_who_the_first_is() {
    let (_folder, mut instance) = demo();
    let lock =
        std::fs::File::options().write(true).open(format!("{}-lock", instance.path().display())).unwrap();
    lock.lock().unwrap();
    let who = serde_json::to_vec(&run("pcfg import other.xml").who).unwrap();
    std::fs::write(format!("{}-lock", instance.path().display()), who).unwrap();
    let error = instance.apply(&[], &run("pcfg import")).unwrap_err();
    let message = error.to_string();
    let wanted = ": ada on analyst, process 7, since 2025-03-01T12:00:00Z, by `pcfg import other.xml`";
    assert!(message.ends_with(wanted), "{message}");
    drop(lock);
    instance.apply(&[], &run("pcfg import")).unwrap();
}
