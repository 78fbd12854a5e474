//! Archives whose writing is killed, interrupted, or finds the disk full: the former one or the new one, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pcfg::archive::{Reader, Writer};
use pcfg::output::{self, Left};

use crate::archive::{Parts, files, write};

/// Run by the other tests, this is the process that is killed: it writes an archive into the place of another one.
#[test]
#[ignore = "it is run by other tests"]
#[allow(clippy::exit, reason = "an interruption ends the process so")]
fn child() {
    let Ok(place) = std::env::var("PCFG_TEST_ARCHIVE") else { return };
    if std::env::var_os("PCFG_TEST_STOP").is_some() {
        // As Ctrl-C does it: another thread goes on writing.
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut writer = Writer::create(Path::new(&place)).unwrap();
            for number in 0.. {
                writer.begin(&format!("data/A/issues/{number}.xml")).unwrap();
                writer.write_all(b"<issue/>").unwrap();
                let _stopped = told.send(number);
            }
        });
        while heard.recv().unwrap() < 50 {}
        output::stop(std::time::Duration::from_secs(10));
        std::process::exit(0);
    }
    write(Path::new(&place), &version(2)).unwrap();
}

/// An interruption leaves nothing of what is being made.
#[test]
fn an_archive_that_is_interrupted_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zip", "a/"] {
        for _ in 0..8 {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["archive_killed::child", "--exact", "--ignored"]);
            child.env("PCFG_TEST_ARCHIVE", folder.path().join(name)).env("PCFG_TEST_STOP", "1");
            let output = child.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
            assert!(left.is_empty(), "{name}: {left:?}");
        }
    }
}

/// A disk that is full at any moment leaves the former archive, and nothing else.
#[test]
fn a_full_disk_leaves_the_former_archive() {
    if !crate::killed::has_strace() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zip", "a/"] {
        let path = folder.path().join(name);
        write(&path, &version(1)).unwrap();
        let mut former = 0;
        // The first calls are those of the harness, which tells what it runs.
        for number in 4.. {
            let mut child = Command::new("strace");
            child.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=write,fsync,syncfs,mkdir"]);
            child.args(["-e", &format!("inject=write,fsync,syncfs,mkdir:error=ENOSPC:when={number}+")]);
            child.arg(std::env::current_exe().unwrap());
            child.args(["archive_killed::child", "--exact", "--ignored", "--test-threads=1"]);
            child.env("PCFG_TEST_ARCHIVE", &path);
            let ended = child.output().unwrap().status.success();
            let mut reader = Reader::open(&path).unwrap();
            reader.check(&mut |_| ()).unwrap();
            let is_former = reader.manifest().entries[1].path.contains("V1");
            // At last only the harness has no place for what it tells.
            assert!(is_former || ended || former > 2, "{name} {number}");
            former += usize::from(is_former);
            let count = fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(count, 1, "{name} {number}: nothing else is there");
            if ended {
                break;
            }
        }
        assert!(former > 2, "{name}: it was as before {former} times");
        let _old = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
}

/// Archives that have no entry in common but the name of the configuration.
fn version(version: u8) -> Parts {
    let text = |name: String| (name, vec![version; 1000]);
    let numbers = (0..8).map(|number| text(format!("data/V{version}/issues/{number}.xml")));
    let texts = numbers.chain([text("configuration.xml".to_owned())]).collect();
    Parts { texts, attachments: (0..4).map(|number| vec![version, number]).collect() }
}

/// Law 6: killed at any call that changes a file, an archive is the one or the other, and what is left goes with the next.
#[test]
fn killed_at_any_moment_an_archive_is_whole() {
    /// The system calls by which files and folders change here.
    const CALLS: [&str; 8] =
        ["write", "fsync", "syncfs", "mkdir", "rename", "renameat2", "unlink", "unlinkat"];
    if !crate::killed::has_strace() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.zip", "a/"] {
        let path = folder.path().join(name);
        let plain: PathBuf = path.components().collect();
        // What this process has read it does not replace.
        let kept_in = tempfile::tempdir().unwrap();
        let kept = kept_in.path().join(name);
        write(&kept, &version(1)).unwrap();
        let put = || match kept.is_dir() {
            false => drop(fs::copy(&kept, &plain).unwrap()),
            true => files(&kept).into_iter().for_each(|(name, bytes)| {
                fs::create_dir_all(plain.join(&name).parent().unwrap()).unwrap();
                fs::write(plain.join(&name), bytes).unwrap();
            }),
        };
        put();
        let (mut seen, mut left) = (BTreeSet::new(), 0);
        let make = || {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["archive_killed::child", "--exact", "--ignored"]).env("PCFG_TEST_ARCHIVE", &path);
            child
        };
        let times = crate::killed::killed_at(&CALLS, 1, &make, &mut |place| {
            let mut reader = Reader::open(&path).unwrap_or_else(|error| panic!("{name} {place}: {error}"));
            reader.check(&mut |_| ()).unwrap();
            seen.insert(reader.manifest().entries[1].path.clone());
            let unfinished = Left::of(&plain);
            assert!(unfinished.busy.is_empty(), "{place}: {unfinished:?}");
            left += unfinished.remove().unwrap().len();
            let names: Vec<_> =
                fs::read_dir(folder.path()).unwrap().map(|own| own.unwrap().file_name()).collect();
            assert_eq!(names, [plain.file_name().unwrap()], "{place}: nothing else is there");
            let _old = fs::remove_file(&plain).or_else(|_| fs::remove_dir_all(&plain));
            put();
        });
        assert_eq!(seen.len(), 2, "{name}: it was killed before and after it was there");
        assert!(times > 10 && left > 0, "{name}: killed {times} times, {left} files left");
        let _old = fs::remove_file(&plain).or_else(|_| fs::remove_dir_all(&plain));
    }
}
