//! The channel of e-mails over any mailbox and any transport.
//!
//! Invariant: only mails that say to be the partner's messages, and reports about ours, are looked into and moved; a mail is moved
//! after it was taken over, never before.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::mail::{self, Look};
use super::{Mail, mail::written};
use crate::channel::{ChannelKind, MessageName};
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
    /// Whether the server lets this half in; nothing is sent.
    fn test(&mut self) -> Result<(), MailFault>;
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
    /// The partner's, once it is known.
    pub to: Option<String>,
    /// The most bytes that a message may have.
    pub limit: u64,
    /// Where a copy of what is refused is kept with the reason, beside the mail that goes into the quarantine of the mailbox.
    pub quarantine: Option<PathBuf>,
    /// What tells the time.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
}

impl fmt::Debug for EmailSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailSetup").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

/// A channel of e-mails.
pub struct EmailChannel<M, T> {
    setup: EmailSetup,
    mailbox: M,
    transport: T,
    /// What may be reports about own messages, as they were listed last.
    reports: Vec<Listed>,
}

impl<M: Mailbox, T: Transport> EmailChannel<M, T> {
    /// A channel over these.
    pub fn new(setup: EmailSetup, mailbox: M, transport: T) -> Self {
        Self { setup, mailbox, transport, reports: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn set_quarantine(&mut self, folder: &std::path::Path) {
        self.setup.quarantine = Some(folder.to_owned());
    }

    /// Whether both servers let this half in.
    pub fn test(&mut self) -> [Result<(), MailFault>; 2] {
        [self.mailbox.list().map(drop), self.transport.test()]
    }

    /// The largest mail in which a message can be: base64 with its line ends, and headers.
    fn largest(&self) -> u64 {
        self.setup.limit.saturating_mul(3) / 2 + 64 * 1024
    }

    /// The name of the own message that a report is about; the report is put away. Others than about our messages stay.
    fn report(&mut self, listed: &Listed) -> Result<Option<String>, MailFault> {
        if listed.size > self.largest() {
            return Ok(None);
        }
        let mail = self.mailbox.fetch(listed.id)?;
        let about = mail::reported(&mail, &self.setup.sync, self.setup.role);
        if about.is_some() {
            self.mailbox.put(listed.id, Shelf::Done)?;
        }
        Ok(about.map(|name| name.to_string()))
    }

    /// Keeps what is refused where people find it.
    fn keep(&mut self, found: &Found, why: &str) -> Result<(), ChannelFault> {
        let Some(folder) = self.setup.quarantine.clone() else { return Ok(()) };
        let id = parsed(found)?;
        // What is too large to be read is in the mailbox alone.
        let sealed = match found.refused {
            Some(_) => None,
            None => match self.mailbox.fetch(id) {
                Ok(mail) => mail::payload(&mail, &self.setup.sync),
                Err(MailFault::Gone) => return Ok(()),
                Err(other) => return Err(fault(other)),
            },
        };
        let sealed = sealed.unwrap_or_default();
        let name = MessageName::of(&self.setup.sync, self.setup.role.other(), &sealed).to_string();
        let unkept = |fault: &dyn fmt::Display| ChannelFault::Unavailable(fault.to_string());
        crate::private::make_folder(&folder).map_err(|error| unkept(&error))?;
        crate::private::replace(&folder.join(&name), &sealed).map_err(|fault| unkept(&fault))?;
        let why = format!("{why} (the mail is in the folder `pcfg/quarantine` of the mailbox)\n");
        crate::private::replace(&folder.join(format!("{name}.txt")), why.as_bytes())
            .map_err(|fault| unkept(&fault))
    }
}

impl<M: Mailbox, T: Transport> Channel for EmailChannel<M, T> {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn send(&mut self, sealed: &[u8]) -> Result<(), ChannelFault> {
        let EmailSetup { sync, role, from, to, clock, .. } = &self.setup;
        let Some(to) = to else { return Err(ChannelFault::NoAddress) };
        let mail = written(sealed, sync, *role, from, to, clock()).map_err(ChannelFault::Wrong)?;
        self.transport.send(&mail).map_err(fault)
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        let mut found = Vec::new();
        self.reports.clear();
        let largest = self.largest();
        for listed in self.mailbox.list().map_err(fault)? {
            match mail::look(&listed.head, &self.setup.sync, self.setup.role.other()) {
                Look::Foreign => {}
                Look::Report => self.reports.push(listed),
                // A mail is there as a whole, or was cut for good.
                Look::Message => found.push(Found {
                    id: spelled(listed.id),
                    settled: true,
                    refused: (listed.size > largest).then(|| {
                        format!("the mail has {} bytes; {largest} is the most that is taken", listed.size)
                    }),
                }),
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

    fn quarantine(&mut self, found: &Found, why: &str) -> Result<(), ChannelFault> {
        self.keep(found, why)?;
        match self.mailbox.put(parsed(found)?, Shelf::Quarantine) {
            Err(MailFault::Gone) => Ok(()),
            other => other.map_err(fault),
        }
    }

    fn returned(&mut self) -> Vec<String> {
        // One that cannot be read stops nothing, and is looked at again by the next run.
        let reports = std::mem::take(&mut self.reports);
        reports.iter().filter_map(|listed| self.report(listed).ok().flatten()).collect()
    }

    fn partner_at(&mut self, address: &str) {
        self.setup.to = Some(address.to_owned());
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
