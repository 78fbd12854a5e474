//! A thread that packs entries while what comes next is put together.
//!
//! Invariants: entries are packed in the order in which they were begun, to the same bytes as without it; what waits for it is a few
//! pieces; what went wrong there is told by the next call.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::name::Name;
use super::spool::{Packed, Spool};

/// How much is handed over at once.
const PIECE: usize = 1 << 17;

/// How many pieces may wait.
const WAITING: usize = 8;

/// The entries that were packed, and where they are.
type Done = (Spool, BTreeMap<Name, Packed>);

/// Entries that are packed by a thread.
#[derive(Debug)]
pub(super) struct Packer {
    work: Option<SyncSender<Work>>,
    piece: Vec<u8>,
    thread: Option<JoinHandle<io::Result<Done>>>,
}

/// What the thread is told.
enum Work {
    /// An entry begins.
    Begin,
    /// These are its next bytes.
    Bytes(Vec<u8>),
    /// It ends, and is kept under a name.
    End(Name),
}

impl Packer {
    pub(super) fn new(spool: Spool) -> io::Result<Self> {
        let (work, receive) = sync_channel(WAITING);
        let thread = Builder::new().name("pack".to_owned()).spawn(move || pack(spool, &receive))?;
        Ok(Self { work: Some(work), piece: Vec::with_capacity(PIECE), thread: Some(thread) })
    }

    /// Begins an entry.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.send(Work::Begin)
    }

    /// Adds to the entry that was begun last.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE { self.hand_over() } else { Ok(()) }
    }

    /// Ends the entry that was begun last.
    pub(super) fn end(&mut self, name: Name) -> io::Result<()> {
        self.hand_over()?;
        self.send(Work::End(name))
    }

    /// Waits until all is packed.
    pub(super) fn finish(&mut self) -> io::Result<Done> {
        self.work = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(done)) => done,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Err(io::Error::other("nothing is packed any more")),
        }
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Work::Bytes(piece))
    }

    fn send(&mut self, work: Work) -> io::Result<()> {
        match self.work.as_ref().map(|to| to.send(work)) {
            Some(Ok(())) => Ok(()),
            // It has stopped: it says why.
            _ => self.finish().map(drop).and(Err(io::Error::other("nothing is packed any more"))),
        }
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        // What is put aside is gone when this is.
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _given_up = thread.join();
        }
    }
}

fn pack(mut spool: Spool, work: &Receiver<Work>) -> io::Result<Done> {
    let mut packed = BTreeMap::new();
    for work in work {
        match work {
            Work::Begin => spool.begin(true)?,
            Work::Bytes(bytes) => spool.write_all(&bytes)?,
            Work::End(name) => {
                if let Some(entry) = spool.end()? {
                    spool.keep(&entry);
                    packed.insert(name, entry);
                }
            }
        }
    }
    Ok((spool, packed))
}
