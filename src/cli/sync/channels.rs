//! The channels by which a half is reached, opened.
//!
//! Invariant: a channel that cannot be opened is one that does not work, and stops nothing else: what another channel brings is done,
//! and what was changed is kept until it can be sent.

use std::sync::Arc;

use pcfg_sync::channel::{ChannelKind, Consume, FileChannel, FileSetup};
use pcfg_sync::home::Folder;
use pcfg_sync::random::System;
use pcfg_sync::state::Half;
use pcfg_sync::{Channel, ChannelFault, Found};

use super::accounts::Mail;
use super::half::{LARGEST, now};
use crate::fault::Fault;

/// For how many milliseconds a file must have been still before it counts as all that comes.
const GRACE: i64 = 10_000;

/// All of a half.
pub(super) fn opened(folder: &Folder, half: &Half) -> Vec<Box<dyn Channel>> {
    let one = |kind: ChannelKind| -> Box<dyn Channel> {
        match kind {
            ChannelKind::File => Box::new(files(folder)),
            ChannelKind::Email => {
                let to = half.partner_addresses.get(&kind).cloned();
                match Mail::load(folder.path()).and_then(|mail| mail.channel(folder, to)) {
                    Ok(channel) => channel,
                    Err(fault) => Box::new(Broken { kind, why: whole(&fault) }),
                }
            }
        }
    };
    half.channels(folder.facts.channel).into_iter().map(one).collect()
}

/// The channel of files.
pub(super) fn files(folder: &Folder) -> FileChannel {
    let setup = FileSetup {
        home: folder.exchange().to_owned(),
        sync: folder.facts.sync_id,
        role: folder.facts.role,
        consume: Consume::Delete,
        grace: GRACE,
        limit: LARGEST,
        clock: Arc::new(now),
    };
    FileChannel::open(setup, Box::new(System))
}

/// A fault with its reasons in one sentence.
pub(super) fn whole(fault: &Fault) -> String {
    [&fault.message].into_iter().chain(&fault.causes).map(String::as_str).collect::<Vec<_>>().join(": ")
}

/// A channel that could not be opened.
struct Broken {
    kind: ChannelKind,
    why: String,
}

impl Broken {
    fn fault<T>(&self) -> Result<T, ChannelFault> {
        Err(ChannelFault::Wrong(self.why.clone()))
    }
}

impl Channel for Broken {
    fn kind(&self) -> ChannelKind {
        self.kind
    }

    fn send(&mut self, _: &[u8]) -> Result<(), ChannelFault> {
        self.fault()
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        self.fault()
    }

    fn read(&mut self, _: &Found) -> Result<Vec<u8>, ChannelFault> {
        self.fault()
    }

    fn take(&mut self, _: &Found) -> Result<(), ChannelFault> {
        self.fault()
    }

    fn quarantine(&mut self, _: &Found, _: &str) -> Result<(), ChannelFault> {
        self.fault()
    }
}
