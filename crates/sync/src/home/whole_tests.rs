//! Two halves on a disk, with real keys, real folders, settings from files and the engine: from nothing to an issue in step.
//!
//! Invariant: nothing stands for anything here but the Jiras, which are in memory.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test makes its own surroundings")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{ChannelKind, Facts, Folder, Home, HomeFault, Mappers};
use crate::channel::{self, Consume, FileChannel, FileSetup};
use crate::engine::{Engine, Options, Report};
use crate::handshake::{
    ChannelOffer, GOOD_FOR, HandshakeFile, JiraFacts, Keyring, KeyringSetup, ProtocolRange,
};
use crate::lifecycle::Status;
use crate::memory::Memory;
use crate::message::{Handshake, Limits, PROTOCOL};
use crate::openpgp::Fingerprint;
use crate::random::Seeded;
use crate::settings::{self, Configuration, Settings, publish};
use crate::state::{Half, State};
use crate::{Channel as _, Field, IssueKey, Issues as _, Role, Seal as _, SyncId, Time, Value};

/// The time, which goes on by a second whenever it is asked for.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn now(&self) -> Time {
        Time(self.0.fetch_add(1000, Ordering::Relaxed))
    }

    fn told(&self) -> Arc<dyn Fn() -> Time + Send + Sync> {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

struct Side {
    folder: Folder,
    state: State,
    jira: Memory,
    keys: Keyring,
    channel: FileChannel,
    mappers: Mappers,
    introduction: Option<Handshake>,
    clock: Clock,
}

fn setup(role: Role, clock: &Clock) -> KeyringSetup {
    KeyringSetup { sync: SyncId::of([3; 16]), role, clock: clock.told(), encrypts: true, limit: 1 << 26 }
}

fn side(place: &Path, role: Role, project: &str, clock: &Clock) -> Side {
    let jira = Memory::new(project);
    let facts = Facts {
        version: Facts::VERSION,
        name: "Trial".to_owned(),
        role,
        sync_id: SyncId::of([3; 16]),
        made: clock.now(),
        channel: ChannelKind::File,
        encrypted: true,
        partner: None,
    };
    let text = format!("[sync]\nproject = \"{project}\"\nuser = \"sync\"\n");
    let folder = Home::at(place.join(role.to_string()))
        .create::<HomeFault>(facts, &text, |folder| {
            let seed = if role == Role::Master { 1 } else { 2 };
            Keyring::make(folder, setup(role, clock), Box::new(Seeded::new(seed))).unwrap();
            drop(
                State::create(&folder.join("state.sqlite"), Half::new(SyncId::of([3; 16]), role, "sync"))
                    .unwrap(),
            );
            Ok(())
        })
        .unwrap();
    channel::make(folder.exchange()).unwrap();
    let files = FileSetup {
        home: folder.exchange().to_owned(),
        sync: SyncId::of([3; 16]),
        role,
        consume: Consume::Delete,
        grace: 10_000,
        limit: 1 << 26,
        clock: clock.told(),
    };
    Side {
        state: State::open(&folder.state_file()).unwrap(),
        keys: Keyring::open(folder.path(), setup(role, clock)).unwrap(),
        channel: FileChannel::open(files, Box::new(Seeded::new(9))),
        mappers: Mappers::default(),
        introduction: None,
        clock: clock.clone(),
        jira,
        folder,
    }
}

impl Side {
    fn engine(&mut self) -> Engine<'_> {
        let now = self.clock.now();
        self.jira.set_now(now);
        let mut options = Options::at(now);
        options.introduction.clone_from(&self.introduction);
        let Self { state, jira, keys, channel, mappers, .. } = self;
        Engine::new(state, jira, vec![channel], keys, mappers, options)
    }

    fn run(&mut self) -> Report {
        let report = self.engine().run().unwrap();
        assert!(report.quarantined.is_empty() && report.errors.is_empty(), "{report:?}");
        report
    }

    /// Tells the partner of a new key.
    fn rotate(&mut self) -> Fingerprint {
        let (fingerprint, armour) = self.keys.next_key().unwrap();
        self.engine().rotate(&armour, &fingerprint.to_string()).unwrap();
        fingerprint
    }

    /// Loads the settings of a version.
    fn load(&mut self, version: &Configuration) {
        let half = self.state.half();
        let mapper =
            self.folder.versions().mapper(half.role, &version.version(), Some(version), &half.declined);
        self.mappers.add(mapper.unwrap());
    }

    fn write(&self, more: &str) -> (String, Settings) {
        let text = format!("{}\n{more}", self.folder.settings_text().unwrap());
        self.folder.write_settings(&text).unwrap();
        (text, self.folder.settings().unwrap())
    }
}

/// Runs both until nothing moves any more.
fn settle(a: &mut Side, b: &mut Side) -> u64 {
    let mut told = 0;
    for _ in 0..30 {
        let (one, other) = (a.run(), b.run());
        told += one.told + other.told;
        if one.received + one.sent + one.applied + other.received + other.sent + other.applied == 0 {
            return told;
        }
    }
    panic!("it does not come to rest");
}

#[test]
fn an_issue_is_kept_in_step_over_real_files_with_real_keys() {
    let place = tempfile::tempdir().unwrap();
    let clock = Clock(Arc::new(AtomicI64::new(1_800_000_000_000)));
    let mut a = side(place.path(), Role::Master, "OWN", &clock);
    let mut b = side(place.path(), Role::Slave, "FAR", &clock);

    let file = a.keys.export(
        |pairing, key, created| HandshakeFile {
            sync_id: SyncId::of([3; 16]),
            name: "Trial".to_owned(),
            description: String::new(),
            project: "Trial".to_owned(),
            channel: ChannelOffer { kind: "file".to_owned(), address: String::new() },
            protocol: ProtocolRange { min: PROTOCOL, max: PROTOCOL },
            limits: Limits::default(),
            jira: JiraFacts { id: "jira-a".to_owned(), licensed: None },
            created,
            expires: Time(created.0 + GOOD_FOR),
            key,
            pairing,
        },
        None,
    );
    let offered = HandshakeFile::read(&file.unwrap(), None, clock.now()).unwrap();
    let proof = b.keys.accept(&offered).unwrap();
    b.introduction = Some(Handshake {
        public_key: b.keys.public_armour().unwrap(),
        proof,
        address: "files".to_owned(),
        min: PROTOCOL,
        max: PROTOCOL,
        limits: Limits::default(),
        jira: "jira-b".to_owned(),
        licensed: Some(false),
    });
    channel::link(a.folder.exchange(), b.folder.exchange()).unwrap();
    assert_eq!(a.state.half().status(), Status::Handshake);
    settle(&mut a, &mut b);
    assert_eq!((a.state.half().status(), b.state.half().status()), (Status::Stopped, Status::Stopped));
    assert_eq!(a.state.half().partner_jira.as_deref(), Some("jira-b"));
    assert_eq!(a.state.half().partner_licensed, Some(false));

    // The master proposes all that there is, and publishes it.
    let catalogue = a.jira.catalogue().unwrap();
    let proposed = settings::propose(&a.folder.settings().unwrap(), &catalogue, None);
    let severity = "[fields.severity]\nlocal = { type = \"select\", name = \"Severity\" }\nvalues = { high = \"High\", low = \"Low\" }\n";
    let (text, own) = a.write(&format!("{proposed}{severity}"));
    let version = publish(&own, &catalogue, 1, "first").unwrap_or_else(|own| panic!("{own:?}"));
    a.folder.versions().keep(1, &text).unwrap();
    let content = serde_json::to_value(&version.content).unwrap();
    a.engine().publish(&version.hash(), content, &version.message).unwrap();
    a.load(&version);
    a.engine().start().unwrap();
    a.run();

    // The slave takes over what has the same name, and declines the severity.
    b.run();
    assert_eq!(b.state.half().status(), Status::UpdateRequired);
    let row = b.state.config(1).unwrap().unwrap();
    let content = serde_json::from_value(row.published.unwrap()).unwrap();
    let received = Configuration { number: 1, message: row.message, content };
    assert_eq!(received, version);
    let catalogue = b.jira.catalogue().unwrap();
    b.write("[fields.severity]\ndeclined = true\n");
    let proposed = settings::propose(&b.folder.settings().unwrap(), &catalogue, Some(&received.content));
    let (text, own) = b.write(&proposed);
    let (_, adopted) = own.adopt(&received).unwrap_or_else(|own| panic!("{own:?}"));
    assert_eq!(adopted.declined, ["fields.severity".to_owned()].into());
    b.folder.versions().keep(1, &text).unwrap();
    b.engine().adopt("adopted", &adopted.declined).unwrap();
    b.load(&received);
    b.engine().start().unwrap();
    settle(&mut a, &mut b);
    assert_eq!((a.state.half().status(), b.state.half().status()), (Status::Running, Status::Running));
    assert_eq!(a.state.half().declined, adopted.declined);
    a.load(&version);

    // An issue with a comment, a file and a step goes over, and the same comes back.
    let summary = Field::System("summary".to_owned());
    let text = |text: &str| Value::Text(text.to_owned());
    let kind = catalogue.types.iter().find(|kind| !kind.subtask).unwrap().name.clone();
    let fields =
        [(summary.clone(), text("It breaks")), (crate::memory::severity(), Value::Choice("Odd".to_owned()))];
    let key = a.jira.create_as("ada", &kind, None, &fields).unwrap();
    a.jira.comment_as("ada", &key, "look", None).unwrap();
    a.jira.attach_as("ada", &key, "here.txt", b"bytes").unwrap();
    a.jira.transition_as("ada", &key, "Doing").unwrap();
    settle(&mut a, &mut b);
    let copy: Vec<_> = b.jira.issues().cloned().collect();
    assert_eq!(copy.len(), 1);
    assert_eq!((&copy[0].status[..], copy[0].fields.get(&summary)), ("Doing", Some(&text("It breaks"))));
    assert_eq!(copy[0].comments[0].body, "look");
    assert_eq!(b.jira.bytes(&copy[0].attachments[0].handle), Some(&b"bytes"[..]));
    assert!(!copy[0].fields.contains_key(&crate::memory::severity()));

    let there: IssueKey = copy[0].key.clone();
    b.jira.set_now(clock.now());
    b.jira.edit_as("grace", &there, &summary, Some(text("It broke"))).unwrap();
    b.jira.comment_as("grace", &there, "seen", None).unwrap();
    b.jira.attach_as("grace", &there, "there.txt", b"more").unwrap();
    b.jira.transition_as("grace", &there, "Done").unwrap();
    settle(&mut a, &mut b);
    let own = a.jira.issue(&key).unwrap();
    assert_eq!((&own.status[..], own.fields.get(&summary)), ("Done", Some(&text("It broke"))));
    assert_eq!(own.comments.iter().map(|own| &own.body[..]).collect::<Vec<_>>(), ["look", "seen"]);
    assert_eq!(own.attachments.len(), 2);
    assert_eq!(settle(&mut a, &mut b), 0, "no echo");

    // A key is changed, and then both at once: nothing is lost, and the former ones are worth nothing any more.
    let former = [a.keys.fingerprint(), b.keys.fingerprint()];
    let stale = a.keys.seal(b"by the former key").unwrap();
    for both in [false, true] {
        let next = a.rotate();
        let theirs = if both { b.rotate() } else { b.keys.fingerprint() };
        b.jira.set_now(clock.now());
        b.jira.edit_as("grace", &there, &summary, Some(text(&format!("rotated {both}")))).unwrap();
        settle(&mut a, &mut b);
        assert_eq!((a.keys.fingerprint(), b.keys.fingerprint()), (next, theirs));
        assert_eq!((a.keys.partner_fingerprint(), b.keys.partner_fingerprint()), (Some(theirs), Some(next)));
        assert_eq!((a.state.half().status(), b.state.half().status()), (Status::Running, Status::Running));
        assert!(a.state.half().told_key.is_none() && b.state.half().told_key.is_none());
        let own = a.jira.issue(&key).unwrap();
        assert_eq!(own.fields.get(&summary), Some(&text(&format!("rotated {both}"))));
    }
    assert!(!former.contains(&a.keys.fingerprint()) && !former.contains(&b.keys.fingerprint()));
    assert!(b.keys.open(&stale).is_err());
    assert_eq!(a.jira.issues().count(), 1);
    assert_eq!(settle(&mut a, &mut b), 0, "no echo");

    // SEND is empty: what the partner has need not lie there, wherever it is carried from.
    assert_eq!(a.channel.lying().len() + b.channel.lying().len(), 0);
}
