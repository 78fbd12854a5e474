//! Two halves and the way between them.
//!
//! Invariant: time only goes forward; what a half does, it does through its fuse.

use std::cell::RefCell;
use std::rc::Rc;

use super::wire::{Fuse, Road, Wax, Wire};
use crate::channel::ChannelKind;
use crate::engine::{Engine, Options, Report, RunFault};
use crate::memory::{Memory, Plain, PlainSet, World};
use crate::message::Handshake;
use crate::state::{Half, State, StateFault};
use crate::{Channel, Mapping as _, Role, SyncId, Time};

pub(super) const INTERVAL: i64 = 1000;

/// One half.
pub(super) struct Side {
    pub(super) role: Role,
    pub(super) state: State,
    pub(super) jira: Memory,
    pub(super) seal: Wax,
    pub(super) settings: PlainSet,
    pub(super) fuse: Fuse,
    pub(super) skew: i64,
    pub(super) everything: bool,
    pub(super) channel_fixed: bool,
    /// The slave's first words.
    pub(super) introduction: Option<Handshake>,
}

/// A backup of a half.
pub(super) struct Backup {
    world: World,
    state: State,
}

impl Backup {
    pub(super) fn of(side: &Side) -> Self {
        Self { world: side.jira.world().clone(), state: side.state.copy().expect("a copy") }
    }

    /// Puts back the Jira, the state, or both.
    pub(super) fn put_back(self, side: &mut Side, jira: bool, state: bool) {
        if jira {
            side.jira.restore(self.world);
        }
        if state {
            side.state = self.state;
            side.plug_in();
        }
    }
}

/// Both.
pub(super) struct Rig {
    pub(super) sides: [Side; 2],
    /// From the master, and from the slave.
    pub(super) wires: [Rc<RefCell<Wire>>; 2],
    /// The same by the other channel, once it is switched.
    pub(super) mails: [Rc<RefCell<Wire>>; 2],
    pub(super) now: i64,
    pub(super) batch: u32,
}

fn side(role: Role, plain: &Plain, atomic: bool) -> Side {
    let mut half = Half::new(SyncId::of([5; 16]), role, "sync");
    half.connected = true;
    half.started = true;
    half.config = Some(plain.version().clone());
    // So that files of a few bytes come in parts.
    half.limits.max_message = 16;
    let (project, name, other) = match role {
        Role::Master => ("M", "master", "slave"),
        Role::Slave => ("S", "slave", "master"),
    };
    let mut side = Side {
        role,
        state: State::in_memory(half).expect("a state"),
        jira: Memory::new(project),
        seal: Wax { name, other: Some(other), salt: 1 },
        settings: PlainSet(vec![plain.clone()]),
        fuse: Fuse::default(),
        skew: 0,
        everything: false,
        channel_fixed: false,
        introduction: None,
    };
    side.jira.set_atomic(atomic);
    side.plug_in();
    side
}

impl Side {
    fn plug_in(&mut self) {
        let fuse = self.fuse.clone();
        self.state.set_plug(move |_| fuse.step());
        let fuse = self.fuse.clone();
        self.jira.set_mishaps(move |_| fuse.mishap());
    }
}

impl Rig {
    /// Two halves that have met, with nothing in their Jiras.
    pub(super) fn new(plain: &Plain, atomic: bool) -> Self {
        Self {
            sides: [side(Role::Master, plain, atomic), side(Role::Slave, plain, atomic)],
            wires: [Rc::default(), Rc::default()],
            mails: [Rc::default(), Rc::default()],
            now: 1_000_000,
            batch: 4,
        }
    }

    /// All that a side has ever handed over.
    pub(super) fn sent(&self, which: usize) -> Vec<Vec<u8>> {
        [&self.wires[which], &self.mails[which]].iter().flat_map(|wire| wire.borrow().sent.clone()).collect()
    }

    pub(super) fn clock(&self, which: usize) -> Time {
        Time(self.now + self.sides[which].skew)
    }

    /// Does something with the engine of a half.
    pub(super) fn engine<T>(&mut self, which: usize, does: impl FnOnce(&mut Engine<'_>) -> T) -> T {
        let (now, batch) = (self.clock(which), self.batch);
        let fuse = self.sides[which].fuse.clone();
        let road = |wires: &[Rc<RefCell<Wire>>; 2], kind| Road {
            out: wires[which].clone(),
            back: wires[1 - which].clone(),
            fuse: fuse.clone(),
            kind,
        };
        let mut files = road(&self.wires, ChannelKind::File);
        let mut mails = road(&self.mails, ChannelKind::Email);
        let side = &mut self.sides[which];
        side.jira.set_now(now);
        let options = Options {
            interval: INTERVAL,
            everything: side.everything,
            channel_fixed: side.channel_fixed,
            batch,
            introduction: side.introduction.clone(),
            ..Options::at(now)
        };
        let kinds = side.state.half().channels(ChannelKind::File);
        let channels: Vec<&mut dyn Channel> = [&mut files, &mut mails]
            .into_iter()
            .filter(|road| kinds.contains(&road.kind))
            .map(|road| road as _)
            .collect();
        let mut engine =
            Engine::new(&mut side.state, &mut side.jira, channels, &mut side.seal, &side.settings, options);
        does(&mut engine)
    }

    /// One run of a half; it is killed after so many steps, if it gets so far. None says that it did.
    pub(super) fn run(&mut self, which: usize, killed_after: Option<u32>) -> Option<Result<Report, String>> {
        self.now += 1;
        self.sides[which].fuse.set(killed_after);
        let result = self.engine(which, |engine| engine.run());
        let side = &mut self.sides[which];
        let blown = side.fuse.blown();
        side.fuse.set(None);
        if blown {
            side.state.roll_back().expect("a new process reads what is there");
            side.jira.crash();
            return None;
        }
        Some(match result {
            Ok(report) => Ok(report),
            Err(RunFault::Alarm(why)) => Err(why),
            Err(fault @ (RunFault::State(StateFault::Killed) | RunFault::Seal(_))) => {
                unreachable!("{fault}")
            }
            Err(fault) => Err(fault.to_string()),
        })
    }

    /// Both run so many times in turn, whatever comes of it.
    pub(super) fn rounds(&mut self, many: usize) {
        for _ in 0..many {
            self.now += INTERVAL * 1000;
            for which in [0, 1] {
                drop(self.run(which, None).expect("nobody is killed"));
            }
        }
    }

    /// Both run over a channel that works, until neither has anything to say; the number of rounds.
    pub(super) fn heal(&mut self) -> Result<usize, String> {
        let mut quiet = 0;
        for round in 0..60 {
            // Whatever is due is due now.
            self.now += INTERVAL * 1000;
            let mut said = 0;
            for which in [0, 1] {
                let report = self.run(which, None).expect("nobody is killed any more")?;
                said += report.received + report.told + report.sent + report.applied;
            }
            quiet = if said == 0 { quiet + 1 } else { 0 };
            if quiet == 3 {
                return Ok(round);
            }
        }
        Err("they never stop talking".to_owned())
    }
}
