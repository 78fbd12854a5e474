//! The channel, the seal and the plug of the simulator.
//!
//! Invariant: a wire is fair once it is healed: what is sent then arrives, once, in order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Dice;
use crate::channel::ChannelKind;
use crate::memory::Mishap;
use crate::message::Handshake;
use crate::{Channel, ChannelFault, Found, OpenFault, Opened, Seal};

/// Pulls the plug of a half after so many steps; from then on nothing works until it is begun anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Fuse(Rc<RefCell<(Option<u32>, bool)>>);

impl Fuse {
    pub(super) fn set(&self, steps: Option<u32>) {
        *self.0.borrow_mut() = (steps, false);
    }

    pub(super) fn blown(&self) -> bool {
        self.0.borrow().1
    }

    /// One step; whether the plug is out.
    pub(super) fn step(&self) -> bool {
        let mut fuse = self.0.borrow_mut();
        match fuse.0 {
            _ if fuse.1 => true,
            Some(0) => {
                fuse.1 = true;
                true
            }
            Some(left) => {
                fuse.0 = Some(left - 1);
                false
            }
            None => false,
        }
    }

    pub(super) fn mishap(&self) -> Mishap {
        if self.step() {
            return Mishap::Before;
        }
        if self.step() { Mishap::After } else { Mishap::None }
    }
}

/// Something on its way.
#[derive(Clone, Debug)]
struct Parcel {
    id: u64,
    bytes: Vec<u8>,
    /// How many listings it is not seen in.
    late: u32,
}

/// One direction.
#[derive(Debug, Default)]
pub(super) struct Wire {
    parcels: Vec<Parcel>,
    next: u64,
    /// What was ever handed over, to look at afterwards.
    pub(super) sent: Vec<Vec<u8>>,
    pub(super) quarantined: Vec<String>,
}

impl Wire {
    /// All that is on its way is lost.
    pub(super) fn lose_all(&mut self) {
        self.parcels.clear();
    }

    /// Something goes wrong with what is on its way.
    pub(super) fn mishap(&mut self, dice: &mut Dice) {
        if self.parcels.is_empty() {
            return;
        }
        let at = dice.below(self.parcels.len());
        match dice.below(6) {
            0 => drop(self.parcels.remove(at)),
            1 => {
                let again = Parcel { id: self.next, ..self.parcels[at].clone() };
                self.next += 1;
                let to = dice.below(self.parcels.len() + 1);
                self.parcels.insert(to, again);
            }
            2 => {
                let to = dice.below(self.parcels.len());
                self.parcels.swap(at, to);
            }
            3 => self.parcels[at].late = 1 + dice.below(4) as u32,
            4 => {
                let end = dice.below(self.parcels[at].bytes.len());
                self.parcels[at].bytes.truncate(end);
            }
            _ => {
                let place = dice.below(self.parcels[at].bytes.len());
                if let Some(byte) = self.parcels[at].bytes.get_mut(place) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
}

/// One end of the channel.
pub(super) struct Road {
    pub(super) out: Rc<RefCell<Wire>>,
    pub(super) back: Rc<RefCell<Wire>>,
    pub(super) fuse: Fuse,
    pub(super) kind: ChannelKind,
}

impl Road {
    fn step<T>(&self, does: impl FnOnce() -> T) -> Result<T, ChannelFault> {
        let failed = || ChannelFault::Unavailable("the channel is not there".to_owned());
        if self.fuse.step() {
            return Err(failed());
        }
        let done = does();
        if self.fuse.step() { Err(failed()) } else { Ok(done) }
    }
}

impl Channel for Road {
    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn send(&mut self, sealed: &[u8]) -> Result<(), ChannelFault> {
        self.step(|| {
            let mut wire = self.out.borrow_mut();
            wire.sent.push(sealed.to_vec());
            wire.next += 1;
            let id = wire.next;
            wire.parcels.push(Parcel { id, bytes: sealed.to_vec(), late: 0 });
        })
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        self.step(|| {
            let mut found = Vec::new();
            for parcel in &mut self.back.borrow_mut().parcels {
                if parcel.late == 0 {
                    found.push(Found { id: parcel.id.to_string(), settled: true, refused: None });
                }
                parcel.late = parcel.late.saturating_sub(1);
            }
            found
        })
    }

    fn read(&mut self, found: &Found) -> Result<Vec<u8>, ChannelFault> {
        let gone = || ChannelFault::Unavailable("it is gone".to_owned());
        let read = self.step(|| {
            let back = self.back.borrow();
            back.parcels.iter().find(|it| it.id.to_string() == found.id).map(|it| it.bytes.clone())
        })?;
        read.ok_or_else(gone)
    }

    fn take(&mut self, found: &Found) -> Result<(), ChannelFault> {
        self.step(|| self.back.borrow_mut().parcels.retain(|parcel| parcel.id.to_string() != found.id))
    }

    fn quarantine(&mut self, found: &Found, why: &str) -> Result<(), ChannelFault> {
        self.step(|| {
            let mut back = self.back.borrow_mut();
            back.parcels.retain(|parcel| parcel.id.to_string() != found.id);
            back.quarantined.push(why.to_owned());
        })
    }
}

/// A cheap seal: a keyed hash, and something that makes no two sealings of the same alike.
#[derive(Clone, Debug)]
pub(super) struct Wax {
    pub(super) name: &'static str,
    pub(super) other: Option<&'static str>,
    pub(super) salt: u64,
}

fn stamp(name: &str, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| step(hash, &byte)), step)
}

impl Wax {
    /// What is in a sealed message, whoever it is for.
    pub(super) fn peek(sealed: &[u8]) -> &[u8] {
        sealed.get(24..).unwrap_or_default()
    }
}

impl Seal for Wax {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, String> {
        self.salt = self.salt.wrapping_mul(3).wrapping_add(1);
        let rest = [&self.salt.to_le_bytes()[..], plain].concat();
        let length = rest.len() as u64;
        let mark = stamp(self.name, &[&length.to_le_bytes()[..], &rest].concat());
        Ok([&length.to_le_bytes()[..], &mark.to_le_bytes(), &rest].concat())
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Opened, OpenFault> {
        let (Some(length), Some(mark), Some(rest)) = (sealed.get(..8), sealed.get(8..16), sealed.get(16..))
        else {
            return Err(OpenFault::NotWhole);
        };
        let expected = u64::from_le_bytes(length.try_into().expect("eight bytes"));
        if (rest.len() as u64) < expected {
            return Err(OpenFault::NotWhole);
        }
        let told = u64::from_le_bytes(mark.try_into().expect("eight bytes"));
        let right = |name: &str| stamp(name, &[length, rest].concat()) == told;
        let pinned = self.other.is_some_and(right);
        if !pinned && self.other.is_some() {
            return Err(OpenFault::Refused("it is not signed by the partner's key".to_owned()));
        }
        let signer = self.other.filter(|_| pinned).map(str::to_owned);
        Ok(Opened { plain: rest.get(8..).unwrap_or_default().to_vec(), signer })
    }

    fn own(&self) -> String {
        self.name.to_owned()
    }

    fn partner(&self) -> Option<String> {
        self.other.map(str::to_owned)
    }

    fn introduced(&mut self, handshake: &Handshake) -> Result<(), String> {
        if handshake.proof != "secret" {
            return Err("the proof is wrong".to_owned());
        }
        self.other = Some("slave");
        Ok(())
    }

    fn rotated(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn settled(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn changed(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Numbered messages by epoch and number, with all the forms in which they were sent.
pub(super) fn by_number(sent: &[Vec<u8>]) -> BTreeMap<(u32, u64), Vec<&[u8]>> {
    let mut numbered: BTreeMap<(u32, u64), Vec<&[u8]>> = BTreeMap::new();
    for sealed in sent {
        let message = crate::message::read(Wax::peek(sealed), usize::MAX).expect("a message");
        if let Some(seq) = message.seq {
            numbered.entry((message.epoch, seq)).or_default().push(sealed);
        }
    }
    numbered
}
