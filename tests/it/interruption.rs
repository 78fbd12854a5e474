//! Processes that are killed while they write, and processes that meet: an embedded instance is never left half-changed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pcfg::entity::{Row, RowChange};
use pcfg::instance::{Address, Embedded, Instance as _, Location, Scope, Writable as _, open_writable};

use crate::embedded::{Changes as _, changed, demo, load, loaded, row, run, tables};
use crate::env::testdata;

/// Run by the other tests, this is the process that they kill or meet: it changes all fields on screens and all
/// permissions again and again, each time to the number of the run, and does nearly nothing else.
#[test]
#[ignore = "it is run by other tests"]
fn child() {
    let Ok(place) = std::env::var("PCFG_TEST_INSTANCE") else { return };
    let pause: u64 = std::env::var("PCFG_TEST_PAUSE").unwrap().parse().unwrap();
    let location = match Address::is_meant(&place) {
        true => Address::parse(&place).unwrap().into(),
        false => Location::from(Path::new(&place)),
    };
    let mut instance = open_writable(location).unwrap();
    instance.wait(Duration::from_secs(600));
    let number = instance.history().unwrap().len() + 1;
    let tables = tables(instance.as_mut());
    let rows = RENAMED
        .iter()
        .flat_map(|(entity, attribute)| tables.rows(entity).iter().map(|row| (row.clone(), *attribute)));
    let mut rows: Vec<(Row, &str)> = rows.collect();
    for number in number.. {
        let number = number.to_string();
        let changes: Vec<RowChange> =
            rows.iter().map(|(row, attribute)| changed(row, attribute, Some(&number))).collect();
        instance.apply(&changes, &run("pcfg import")).unwrap();
        println!("applied");
        rows.iter_mut().for_each(|(row, attribute)| row.put(attribute, Some(&number)));
        std::thread::sleep(Duration::from_millis(pause));
    }
}

pub(crate) const RENAMED: [(&str, &str); 2] =
    [("FieldScreenLayoutItem", "fieldidentifier"), ("SchemePermissions", "parameter")];

/// As many rows of each kind as a run needs to take its time.
pub(crate) const ROWS: usize = 500;

/// Starts the other process, and waits until it has changed everything once.
pub(crate) fn spawn_child(place: impl AsRef<std::ffi::OsStr>, pause: u64) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["interruption::child", "--exact", "--ignored", "--nocapture"])
        .env("PCFG_TEST_INSTANCE", place)
        .env("PCFG_TEST_PAUSE", pause.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("applied")));
    // Somebody must go on reading, or the process would end by itself.
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// Writes a backup of rows that take a run its time.
pub(crate) fn backup_of_rows(folder: &Path) -> PathBuf {
    let backup = folder.join("backup.xml");
    let rows = |entity: &str| -> String { (1..=ROWS).map(|id| format!("<{entity} id='{id}'/>\n")).collect() };
    let text = format!("<entity-engine-xml>{}{}</entity-engine-xml>", rows(RENAMED[0].0), rows(RENAMED[1].0));
    std::fs::write(&backup, text).unwrap();
    backup
}

/// Law 6: killed at any moment, an instance is never left half-changed.
#[test]
fn killed_at_any_moment_nothing_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instance.sqlite");
    load(&backup_of_rows(folder.path()), &path);
    let mut applied = 0;
    for round in 0..30_u64 {
        let mut child = spawn_child(&path, 0);
        // It is in the middle of the next run, at another place in each round.
        std::thread::sleep(Duration::from_micros(round * 7_919 % 101_000));
        child.kill().unwrap();
        child.wait().unwrap();

        let mut instance = Embedded::open(&path).unwrap();
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
    let mut instance = Embedded::open(&path).unwrap();
    let last = instance.take_back(applied as u64, &run("pcfg undo")).unwrap();
    assert_eq!(last as usize, applied + 1, "the lock of a process that was killed is free");
}

#[test]
fn two_writers_take_turns() {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let mut child = spawn_child(&path, 100);
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
