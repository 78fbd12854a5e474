//! The file channel among links, copiers, foreign files and runs that are killed.

#![allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use super::*;
use crate::random::Seeded;
use crate::{Channel as _, ChannelFault, Found, Role, SyncId, Time};

const NOW: i64 = 4_000_000_000_000;

/// Two halves on one machine.
struct Pair {
    folder: tempfile::TempDir,
    now: Arc<AtomicI64>,
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for half in ["A", "B"] {
            make(&folder.path().join(half)).unwrap();
        }
        Self { folder, now: Arc::new(AtomicI64::new(NOW)) }
    }

    fn home(&self, half: &str) -> PathBuf {
        self.folder.path().join(half)
    }

    fn channel(&self, half: &str, consume: Consume) -> FileChannel {
        let role = if half == "A" { Role::Master } else { Role::Slave };
        let now = self.now.clone();
        let setup = FileSetup {
            home: self.home(half),
            sync: sync(),
            role,
            consume,
            grace: 5_000,
            limit: 1_000,
            clock: Arc::new(move || Time(now.load(Ordering::Relaxed))),
        };
        FileChannel::open(setup, Box::new(Seeded::new(role as u64)))
    }

    /// Somebody carries what A has sent to B.
    fn carry(&self) {
        for entry in fs::read_dir(self.home("A").join(SEND)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, self.home("B").join(RECEIVE).join(path.file_name().unwrap())).unwrap();
        }
    }

    fn shell(&self, lines: &str) {
        let done = Command::new("sh").args(["-ec", lines]).current_dir(self.folder.path()).status().unwrap();
        assert!(done.success(), "{lines}");
    }
}

fn sync() -> SyncId {
    SyncId::of([0xab; 16])
}

/// Reads and takes everything that is there.
fn all(channel: &mut FileChannel) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for found in channel.received().unwrap() {
        match &found.refused {
            Some(why) => channel.quarantine(&found, why).unwrap(),
            None => {
                all.insert(channel.read(&found).unwrap());
                channel.take(&found).unwrap();
            }
        }
    }
    all
}

fn texts(texts: &[&str]) -> BTreeSet<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn unavailable(result: Result<impl std::fmt::Debug, ChannelFault>) -> String {
    match result {
        Err(ChannelFault::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn wrong(result: Result<impl std::fmt::Debug, ChannelFault>) -> String {
    match result {
        Err(ChannelFault::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn messages_are_carried_and_stay_until_they_are_acknowledged() {
    let pair = Pair::new();
    let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
    a.send(b"one").unwrap();
    a.send(b"two").unwrap();
    a.send(b"two").unwrap();
    pair.carry();
    assert_eq!(all(&mut b), texts(&["one", "two"]));
    assert_eq!(all(&mut b), texts(&[]));
    // A copier that brings everything again, and one that is told by the end of the file in SEND.
    let name = |sealed: &[u8]| MessageName::of(&sync(), Role::Master, sealed).to_string();
    let mut lying: Vec<_> = a.lying().into_iter().map(|own| own.name).collect();
    lying.sort();
    let mut sent = [name(b"one"), name(b"two")];
    sent.sort();
    assert_eq!(lying, sent);
    a.retire(&name(b"one")).unwrap();
    a.retire(&name(b"never sent")).unwrap();
    assert!(a.retire("../../outside").is_err());
    pair.carry();
    assert_eq!(all(&mut b), texts(&["two"]));
    assert!(a.trouble().is_none() && b.trouble().is_none());
}

// Law 4: no file name tells an issue key, a project or a name of the configuration.
#[test]
fn names_tell_nothing_and_temporary_files_are_hidden_and_do_not_stay() {
    let pair = Pair::new();
    let mut a = pair.channel("A", Consume::Delete);
    let send = pair.home("A").join(SEND);
    let left = send.join(".tmp-0011223344556677");
    fs::write(&left, b"of a run that was killed").unwrap();
    fs::write(send.join(".tmp-someone"), b"of a copier").unwrap();
    fs::File::open(&left).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    a.send(b"DEMO-7: a secret").unwrap();
    let mut names: Vec<String> =
        fs::read_dir(&send).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, [".tmp-someone", "abababab-m-ae6ff54fa5d58c0db0aa4539d6057f6b.pgp"]);
}

#[test]
fn foreign_files_stay_and_one_bad_file_stops_nothing() {
    let pair = Pair::new();
    let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
    let receive = pair.home("B").join(RECEIVE);
    a.send(b"good").unwrap();
    a.send(&[7; 1_001]).unwrap();
    pair.carry();
    let other = MessageName::of(&SyncId::of([1; 16]), Role::Master, b"x").to_string();
    let empty = MessageName::of(&sync(), Role::Master, b"empty").to_string();
    let linked = MessageName::of(&sync(), Role::Master, b"linked").to_string();
    let foreign = ["notes.txt", ".hidden", "x.pgp~", "x.part", "x.filepart", ".x.pgp.swp", &other, &empty];
    for name in foreign {
        fs::write(receive.join(name), if name == empty { &b""[..] } else { b"foreign" }).unwrap();
    }
    fs::create_dir(receive.join("folder.pgp")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", receive.join(&linked)).unwrap();
    assert_eq!(all(&mut b), texts(&["good"]));
    for name in foreign.into_iter().chain(["folder.pgp"]) {
        assert!(receive.join(name).exists(), "{name}");
    }
    // What is too large was put aside, with the reason.
    let aside = pair.home("B").join(QUARANTINE);
    let large = MessageName::of(&sync(), Role::Master, &[7; 1_001]).to_string();
    assert!(aside.join(&large).exists());
    let reason = fs::read_to_string(aside.join(format!("{large}.txt"))).unwrap();
    assert_eq!(reason, "the message is larger than 1000 bytes, the most that is taken\n");
    // Names never lead out of RECEIVE.
    let outside = Found { id: "../SEND/x".to_owned(), settled: true, refused: None };
    wrong(b.read(&outside));
    wrong(b.take(&outside));
}

#[test]
fn a_copy_counts_as_whole_once_it_is_still() {
    let pair = Pair::new();
    let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
    a.send(b"a message that is copied slowly").unwrap();
    let name = MessageName::of(&sync(), Role::Master, b"a message that is copied slowly").to_string();
    let copy = pair.home("B").join(RECEIVE).join(name);
    let at = |milliseconds: i64| SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds as u64);
    let write = |bytes: &[u8]| {
        fs::write(&copy, bytes).unwrap();
        fs::File::open(&copy).unwrap().set_modified(at(pair.now.load(Ordering::Relaxed))).unwrap();
    };
    let is_settled = |b: &mut FileChannel| b.received().unwrap()[0].settled;
    write(b"a mess");
    assert!(!is_settled(&mut b));
    pair.now.fetch_add(4_000, Ordering::Relaxed);
    write(b"a message that is cop");
    assert!(!is_settled(&mut b));
    pair.now.fetch_add(4_999, Ordering::Relaxed);
    assert!(!is_settled(&mut b));
    pair.now.fetch_add(1, Ordering::Relaxed);
    assert!(is_settled(&mut b));
    // A clock of the file system that is ahead: what counts is that nothing changes.
    fs::File::open(&copy).unwrap().set_modified(at(NOW * 2)).unwrap();
    assert!(!is_settled(&mut b));
    pair.now.fetch_add(5_000, Ordering::Relaxed);
    assert!(is_settled(&mut b));
    let found = b.received().unwrap().remove(0);
    b.quarantine(&found, "it is cut").unwrap();
    assert!(!copy.exists() && b.received().unwrap().is_empty());
}

#[test]
fn what_was_taken_over_is_deleted_moved_or_kept() {
    for consume in [Consume::Delete, Consume::Move, Consume::Keep] {
        let pair = Pair::new();
        let mut a = pair.channel("A", Consume::Delete);
        a.send(b"text").unwrap();
        pair.carry();
        assert_eq!(all(&mut pair.channel("B", consume)), texts(&["text"]));
        assert_eq!(all(&mut pair.channel("B", consume)), texts(&[]), "{consume:?}");
        let name = MessageName::of(&sync(), Role::Master, b"text").to_string();
        let home = pair.home("B");
        let places = [home.join(RECEIVE).join(&name).exists(), home.join("DONE").join(&name).exists()];
        assert_eq!(places, [consume == Consume::Keep, consume == Consume::Move]);
    }
}

/// What the product's documentation tells to do, on the side of A.
const BY_HAND: [&str; 4] =
    ["rm -R A/SEND", "rm -R A/RECEIVE", "ln -s $PWD/B/RECEIVE A/SEND", "ln -s $PWD/B/SEND A/RECEIVE"];

// Law 11: the four lines on a live pair; nothing that was sent and not saved is taken for sent.
#[cfg(unix)]
#[test]
fn links_by_hand_work_at_whatever_moment_a_run_comes() {
    for run_after in 0..4 {
        let pair = Pair::new();
        let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
        a.send(b"before").unwrap();
        pair.shell("cp A/SEND/* B/RECEIVE/");
        for (place, line) in BY_HAND.iter().enumerate() {
            pair.shell(line);
            if place == run_after && place < 3 {
                let why = unavailable(a.send(b"between"));
                assert!(why.contains("is not there. It is never made again by itself"), "{why}");
                unavailable(a.received());
            }
        }
        for name in [SEND, RECEIVE] {
            let facts = fs::symlink_metadata(pair.home("A").join(name)).unwrap();
            assert!(facts.is_symlink(), "{name} was not made again");
        }
        a.send(b"after").unwrap();
        b.send(b"answer").unwrap();
        assert_eq!(all(&mut b), texts(&["before", "after"]));
        assert_eq!(all(&mut a), texts(&["answer"]));
        assert!(a.trouble().is_none() && b.trouble().is_none());
        // What the partner has not yet looked at is not taken for what it sends.
        a.send(b"one").unwrap();
        assert!(b.trouble().is_none());
    }
}

#[cfg(unix)]
#[test]
fn link_saves_what_is_there_is_finished_when_it_was_interrupted_and_only_one_side_has_links() {
    let pair = Pair::new();
    let (home, partner) = (pair.home("A"), pair.home("B"));
    let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
    a.send(b"sent before").unwrap();
    fs::write(home.join(RECEIVE).join("notes.txt"), "somebody's").unwrap();
    fs::create_dir(home.join(RECEIVE).join("folder")).unwrap();
    assert!(matches!(link(&home, &partner), Err(LinkFault::InTheWay(_))));
    assert!(fs::symlink_metadata(home.join(SEND)).unwrap().is_dir(), "nothing is done by halves");
    fs::remove_dir(home.join(RECEIVE).join("folder")).unwrap();
    assert!(matches!(link(&home, &home), Err(LinkFault::Itself(_))));
    assert!(matches!(link(&home, &pair.home("C")), Err(LinkFault::NoPartner(_))));
    assert_eq!(link(&home, &partner).unwrap().moved, 2);
    assert_eq!(all(&mut b), texts(&["sent before"]));
    assert!(partner.join(SEND).join("notes.txt").exists());
    // Again, and after it was interrupted between taking the folder away and making the link.
    assert_eq!(link(&home, &partner).unwrap().moved, 0);
    fs::remove_file(home.join(SEND)).unwrap();
    assert_eq!(link(&home, &partner).unwrap().moved, 0);
    a.send(b"after").unwrap();
    assert_eq!(all(&mut b), texts(&["after"]));
    assert!(matches!(link(&partner, &home), Err(LinkFault::PartnerIsLinked(_))));
    fs::remove_file(home.join(SEND)).unwrap();
    std::os::unix::fs::symlink("/", home.join(SEND)).unwrap();
    assert!(matches!(link(&home, &partner), Err(LinkFault::IsLinked { .. })));
}

#[cfg(unix)]
#[test]
fn each_kind_of_trouble_has_words_of_its_own() {
    let trouble = |lines: &str| {
        let pair = Pair::new();
        pair.shell(lines);
        let mut a = pair.channel("A", Consume::Delete);
        let trouble = a.trouble().unwrap();
        if !matches!(trouble, Trouble::Crossed { .. } | Trouble::CrossedSend { .. }) {
            assert!(a.send(b"x").is_err() && a.received().is_err());
        }
        trouble.to_string().replace(&pair.folder.path().display().to_string(), "")
    };
    let both = "rm -R A/SEND A/RECEIVE B/SEND B/RECEIVE
        ln -s $PWD/B/RECEIVE A/SEND; ln -s $PWD/B/SEND A/RECEIVE
        ln -s $PWD/A/RECEIVE B/SEND; ln -s $PWD/A/SEND B/RECEIVE";
    let told = [
        trouble(both),
        trouble("rmdir A/SEND"),
        trouble("rmdir A/RECEIVE"),
        trouble("rmdir A/SEND; ln -s $PWD/elsewhere A/SEND"),
        trouble("rmdir A/SEND; ln -s $PWD/A/RECEIVE A/SEND"),
        trouble("rmdir A/SEND A/RECEIVE; ln -s $PWD/B/SEND A/SEND; ln -s $PWD/B/SEND A/RECEIVE"),
        trouble("rmdir A/SEND; echo > A/SEND"),
        trouble("touch A/RECEIVE/abababab-m-00000000000000000000000000000000.pgp"),
        trouble("touch A/SEND/abababab-s-00000000000000000000000000000000.pgp"),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

// Law 11: another file system behind the link. What is put aside crosses it, too.
#[cfg(target_os = "linux")]
#[test]
fn another_file_system_behind_the_links_works() {
    let Ok(far) = tempfile::tempdir_in("/dev/shm") else { return };
    let pair = Pair::new();
    use std::os::unix::fs::MetadataExt as _;
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    if device(far.path()) == device(pair.folder.path()) {
        return;
    }
    make(&far.path().join("B")).unwrap();
    fs::remove_dir_all(pair.home("B")).unwrap();
    std::os::unix::fs::symlink(far.path().join("B"), pair.home("B")).unwrap();
    let (mut a, mut b) = (pair.channel("A", Consume::Delete), pair.channel("B", Consume::Delete));
    a.send(b"before").unwrap();
    assert_eq!(link(&pair.home("A"), &pair.home("B")).unwrap().moved, 1);
    a.send(b"after").unwrap();
    assert_eq!(all(&mut b), texts(&["before", "after"]));
    b.send(b"bad").unwrap();
    let found = a.received().unwrap().remove(0);
    a.quarantine(&found, "it is bad").unwrap();
    assert!(pair.home("A").join(QUARANTINE).join(&found.id).exists());
    assert!(fs::read_dir(far.path().join("B").join(SEND)).unwrap().next().is_none());
}
