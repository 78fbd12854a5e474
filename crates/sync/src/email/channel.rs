//! The channel of e-mails over any mailbox and any transport.
//!
//! Invariant: only mails that say to be the partner's messages, and reports about ours, are looked into and moved; a mail is moved
//! after it was taken over, never before.

use std::fmt;
use std::sync::Arc;

use super::mail::{self, Look};
use super::{Mail, mail::written};
use crate::channel::MessageName;
use crate::{Channel, ChannelFault, Found, Role, SyncId, Time};

/// What finds a mail again in its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailId {
    /// Changes when the server has given all mails new numbers.
    pub validity: u32,
    /// Its number.
    pub uid: u32,
}

/// A mail in the inbox, without its text.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Finds it again.
    pub id: MailId,
    /// Bytes.
    pub size: u64,
    /// Its headers.
    pub head: Vec<u8>,
}

/// Where mails are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// What was taken over.
    Done,
    /// What was refused.
    Quarantine,
}

/// Why a mail server did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// It may work later.
    #[error("{0}")]
    Unavailable(String),
    /// It cannot work as it is set up.
    #[error("{0}")]
    Wrong(String),
    /// The mail is not there any more, or the server has given it another number.
    #[error("the mail is not there any more")]
    Gone,
}

/// Where mails are found.
pub trait Mailbox {
    /// What is in the inbox, in the order of arrival.
    fn list(&mut self) -> Result<Vec<Listed>, MailFault>;
    /// A mail, as it came; it does not count as seen by that.
    fn fetch(&mut self, id: MailId) -> Result<Vec<u8>, MailFault>;
    /// Moves a mail out of the inbox.
    fn put(&mut self, id: MailId, shelf: Shelf) -> Result<(), MailFault>;
}

/// What sends mails.
pub trait Transport {
    /// Hands a mail over to the server.
    fn send(&mut self, mail: &Mail) -> Result<(), MailFault>;
}

/// How an e-mail channel works.
#[derive(Clone)]
pub struct EmailSetup {
    /// The synchronization.
    pub sync: SyncId,
    /// Which half this is.
    pub role: Role,
    /// The own address.
    pub from: String,
    /// The partner's.
    pub to: String,
    /// The most bytes that a message may have.
    pub limit: u64,
    /// What tells the time.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
}

impl fmt::Debug for EmailSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailSetup").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A report that a mail was not delivered, or an automatic answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The message that it is about.
    pub about: MessageName,
}

/// A channel of e-mails.
pub struct EmailChannel<M, T> {
    setup: EmailSetup,
    mailbox: M,
    transport: T,
    bounces: Vec<Bounce>,
}

impl<M: Mailbox, T: Transport> EmailChannel<M, T> {
    /// A channel over these.
    pub fn new(setup: EmailSetup, mailbox: M, transport: T) -> Self {
        Self { setup, mailbox, transport, bounces: Vec::new() }
    }

    /// What came back since the last time.
    pub fn bounces(&mut self) -> Vec<Bounce> {
        std::mem::take(&mut self.bounces)
    }

    /// The largest mail in which a message can be: base64 with its line ends, and headers.
    fn largest(&self) -> u64 {
        self.setup.limit.saturating_mul(3) / 2 + 64 * 1024
    }

    /// A report is read, remembered and put away; others than about our messages stay.
    fn report(&mut self, listed: &Listed) -> Result<(), MailFault> {
        if listed.size > self.largest() {
            return Ok(());
        }
        let mail = self.mailbox.fetch(listed.id)?;
        if let Some(about) = mail::reported(&mail, &self.setup.sync, self.setup.role) {
            self.mailbox.put(listed.id, Shelf::Done)?;
            self.bounces.push(Bounce { about });
        }
        Ok(())
    }
}

impl<M: Mailbox, T: Transport> Channel for EmailChannel<M, T> {
    fn send(&mut self, sealed: &[u8]) -> Result<(), ChannelFault> {
        let EmailSetup { sync, role, from, to, clock, .. } = &self.setup;
        let mail = written(sealed, sync, *role, from, to, clock()).map_err(ChannelFault::Wrong)?;
        self.transport.send(&mail).map_err(fault)
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        let mut found = Vec::new();
        for listed in self.mailbox.list().map_err(fault)? {
            match mail::look(&listed.head, &self.setup.sync, self.setup.role.other()) {
                Look::Foreign => {}
                // One that cannot be read stops nothing.
                Look::Report => drop(self.report(&listed)),
                Look::Message if listed.size > self.largest() => {
                    drop(self.mailbox.put(listed.id, Shelf::Quarantine));
                }
                // A mail is there as a whole, or was cut for good.
                Look::Message => found.push(Found { id: spelled(listed.id), settled: true }),
            }
        }
        Ok(found)
    }

    fn read(&mut self, found: &Found) -> Result<Vec<u8>, ChannelFault> {
        let mail = self.mailbox.fetch(parsed(found)?).map_err(fault)?;
        // Without a payload it is refused as what it is not.
        Ok(mail::payload(&mail, &self.setup.sync).unwrap_or_default())
    }

    fn take(&mut self, found: &Found) -> Result<(), ChannelFault> {
        match self.mailbox.put(parsed(found)?, Shelf::Done) {
            Err(MailFault::Gone) => Ok(()),
            other => other.map_err(fault),
        }
    }

    fn quarantine(&mut self, found: &Found, _: &str) -> Result<(), ChannelFault> {
        match self.mailbox.put(parsed(found)?, Shelf::Quarantine) {
            Err(MailFault::Gone) => Ok(()),
            other => other.map_err(fault),
        }
    }
}

fn fault(fault: MailFault) -> ChannelFault {
    match fault {
        MailFault::Wrong(why) => ChannelFault::Wrong(why),
        other => ChannelFault::Unavailable(other.to_string()),
    }
}

fn spelled(id: MailId) -> String {
    format!("{}.{}", id.validity, id.uid)
}

fn parsed(found: &Found) -> Result<MailId, ChannelFault> {
    let id = found.id.split_once('.').and_then(|(validity, uid)| {
        Some(MailId { validity: validity.parse().ok()?, uid: uid.parse().ok()? })
    });
    id.ok_or_else(|| ChannelFault::Wrong(format!("`{}` is not a mail", found.id)))
}
