//! The channel of files: messages are put into SEND and found in RECEIVE; somebody, or a link, carries them.
//!
//! Invariant: in SEND a message is there as a whole or not at all under its name; RECEIVE is looked through anew every time; one bad
//! file never stops the others, and a file that is no message of this synchronization is not touched.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::place::{self, QUARANTINE, RECEIVE, SEND, Trouble};
use super::{ChannelKind, MessageName, link::moved};
use crate::message::hex;
use crate::private::sync_folder;
use crate::random::Random;
use crate::{Channel, ChannelFault, Found, Lying, Role, SyncId, Time};

/// What a file is called while it is written. Readers pass over names that begin with a dot.
const TEMPORARY: &str = ".tmp-";

/// After this many milliseconds what is left of a run that was killed is taken away.
const LEFT_OVER: i64 = 24 * 60 * 60 * 1000;

/// The names of messages that were taken over and stay where they are.
const TAKEN: &str = "taken";

/// What becomes of a file in RECEIVE that was taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consume {
    /// It is deleted. Right where a link leads to the partner's SEND: the partner keeps what it sent until that is acknowledged.
    #[default]
    Delete,
    /// It is moved into the folder DONE.
    Move,
    /// It stays, for copiers that would bring it again.
    Keep,
}

/// How a file channel works.
#[derive(Clone)]
pub struct FileSetup {
    /// The folder of SEND and RECEIVE.
    pub home: PathBuf,
    /// The synchronization.
    pub sync: SyncId,
    /// Which half this is.
    pub role: Role,
    /// What becomes of a file that was taken over.
    pub consume: Consume,
    /// For how many milliseconds size and time of a file must have been still before it counts as all that comes.
    pub grace: i64,
    /// The most bytes that a message may have.
    pub limit: u64,
    /// What tells the time.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
}

impl fmt::Debug for FileSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSetup")
            .field("home", &self.home)
            .field("consume", &self.consume)
            .finish_non_exhaustive()
    }
}

/// A channel of files.
pub struct FileChannel {
    setup: FileSetup,
    random: Box<dyn Random + Send>,
    /// Size and time of what was seen in RECEIVE, and since when they are so.
    seen: HashMap<String, (u64, SystemTime, Time)>,
    /// What was taken over and stays.
    taken: BTreeSet<String>,
    was_tidied: bool,
}

impl FileChannel {
    /// A channel in folders that are there, or will be: what is missing is told when it is used.
    pub fn open(setup: FileSetup, random: Box<dyn Random + Send>) -> Self {
        let taken = match (setup.consume, fs::read_to_string(setup.home.join(TAKEN))) {
            (Consume::Keep, Ok(names)) => names.lines().map(str::to_owned).collect(),
            _ => BTreeSet::new(),
        };
        Self { setup, random, seen: HashMap::new(), taken, was_tidied: false }
    }

    /// What is wrong with the channel as it is set up.
    pub fn trouble(&self) -> Option<Trouble> {
        let home = &self.setup.home;
        place::folders(home).or_else(|| place::crossed(home, &self.setup.sync, self.setup.role))
    }

    fn send_folder(&self) -> PathBuf {
        self.setup.home.join(SEND)
    }

    fn receive_folder(&self) -> PathBuf {
        self.setup.home.join(RECEIVE)
    }

    /// Why an operation in a folder failed, in words that tell what to do.
    fn fault(&self, folder: &Path, error: io::Error) -> ChannelFault {
        told(place::folders(&self.setup.home).unwrap_or_else(|| match error.kind() {
            io::ErrorKind::NotFound => place::absent(folder, error),
            _ => Trouble::NotWritable { path: folder.to_owned(), error },
        }))
    }

    /// Writes a message under a hidden name inside SEND: SEND may be a link to another file system, from which nothing can be renamed.
    fn write(&mut self, folder: &Path, name: &str, sealed: &[u8]) -> io::Result<()> {
        let mut random = [0; 8];
        self.random.fill(&mut random);
        let temporary = folder.join(format!("{TEMPORARY}{}", hex(&random)));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        let written = file.write_all(sealed).and_then(|()| file.sync_all());
        drop(file);
        // What would be replaced has the same hash in its name: it is the same message, or a damaged copy of it.
        let published = written.and_then(|()| fs::rename(&temporary, folder.join(name)));
        if published.is_err() {
            drop(fs::remove_file(&temporary));
        }
        published.and_then(|()| sync_folder(folder))
    }

    /// Takes away what runs that were killed have left in SEND.
    fn tidy(&mut self, folder: &Path) {
        if std::mem::replace(&mut self.was_tidied, true) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        let now = (self.setup.clock)();
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let is_temporary = name.to_str().is_some_and(|name| {
                name.strip_prefix(TEMPORARY).is_some_and(|random| {
                    random.len() == 16 && random.bytes().all(|byte| byte.is_ascii_hexdigit())
                })
            });
            let is_old = || {
                let modified = entry.metadata().and_then(|facts| facts.modified()).ok()?;
                Some(milliseconds(modified) + LEFT_OVER < now.0)
            };
            if is_temporary && is_old() == Some(true) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    /// Whether a file counts as all that comes: its time is old, or nothing about it has changed since it was seen long ago.
    fn is_settled(&mut self, name: &str, facts: &fs::Metadata, now: Time) -> bool {
        let modified = facts.modified().unwrap_or(UNIX_EPOCH);
        let still = (facts.len(), modified);
        let since = match self.seen.get(name) {
            Some((size, time, since)) if (*size, *time) == still => *since,
            _ => {
                self.seen.insert(name.to_owned(), (still.0, still.1, now));
                now
            }
        };
        now.0 - milliseconds(modified) >= self.setup.grace || now.0 - since.0 >= self.setup.grace
    }

    /// A file in RECEIVE by its name, which must be one of a message: it never leads elsewhere.
    fn found(&self, found: &Found) -> Result<PathBuf, ChannelFault> {
        let name = MessageName::read(&found.id, &self.setup.sync).ok_or_else(|| {
            ChannelFault::Wrong(format!("`{}` is no message of this synchronization", found.id))
        })?;
        Ok(self.receive_folder().join(name.to_string()))
    }

    fn put_aside(&self, path: &Path, folder: &str, name: &str) -> Result<PathBuf, ChannelFault> {
        let folder = self.setup.home.join(folder);
        let put = || -> io::Result<()> {
            crate::private::make_folder(&folder)?;
            moved(path, &folder.join(name))
        };
        match put() {
            // Somebody was quicker, or took it away.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => Ok(folder),
            Err(error) => Err(self.fault(&folder, error)),
            Ok(()) => Ok(folder),
        }
    }
}

impl Channel for FileChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::File
    }

    fn send(&mut self, sealed: &[u8]) -> Result<(), ChannelFault> {
        let folder = self.send_folder();
        if let Some(trouble) = place::folders(&self.setup.home) {
            return Err(told(trouble));
        }
        self.tidy(&folder);
        let name = MessageName::of(&self.setup.sync, self.setup.role, sealed).to_string();
        if fs::metadata(folder.join(&name)).is_ok_and(|facts| facts.len() == sealed.len() as u64) {
            return Ok(());
        }
        self.write(&folder, &name, sealed).map_err(|error| self.fault(&folder, error))
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        if let Some(trouble) = place::folders(&self.setup.home) {
            return Err(told(trouble));
        }
        let folder = self.receive_folder();
        let entries = fs::read_dir(&folder).map_err(|error| told(place::absent(&folder, error)))?;
        let now = (self.setup.clock)();
        let (mut found, mut there) = (Vec::new(), BTreeSet::new());
        for entry in entries.filter_map(Result::ok) {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let theirs = self.setup.role.other();
            let is_message =
                MessageName::read(&name, &self.setup.sync).is_some_and(|name| name.from() == theirs);
            // Of the entry itself: a link inside RECEIVE is not followed.
            let Ok(facts) = fs::symlink_metadata(entry.path()) else { continue };
            if !is_message || !facts.is_file() || facts.len() == 0 || self.taken.contains(&name) {
                continue;
            }
            there.insert(name.clone());
            let limit = self.setup.limit;
            let refused = (facts.len() > limit)
                .then(|| format!("the message is larger than {limit} bytes, the most that is taken"));
            let found_one = Found { settled: self.is_settled(&name, &facts, now), id: name, refused };
            found.push((facts.modified().unwrap_or(UNIX_EPOCH), found_one));
        }
        self.seen.retain(|name, _| there.contains(name));
        found.sort();
        Ok(found.into_iter().map(|(_, found)| found).collect())
    }

    fn read(&mut self, found: &Found) -> Result<Vec<u8>, ChannelFault> {
        let path = self.found(found)?;
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            File::open(&path)?.take(self.setup.limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| ChannelFault::Unavailable(format!("{}: {error}", path.display())))
    }

    fn take(&mut self, found: &Found) -> Result<(), ChannelFault> {
        let path = self.found(found)?;
        self.seen.remove(&found.id);
        match self.setup.consume {
            Consume::Delete => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(self.fault(&self.receive_folder(), error))
                }
                _ => Ok(()),
            },
            Consume::Move => self.put_aside(&path, "DONE", &found.id).map(drop),
            Consume::Keep => {
                let list = self.setup.home.join(TAKEN);
                let add = || -> io::Result<()> {
                    let mut file = OpenOptions::new().append(true).create(true).open(&list)?;
                    file.write_all(format!("{}\n", found.id).as_bytes())?;
                    file.sync_data()
                };
                add().map_err(|error| ChannelFault::Unavailable(format!("{}: {error}", list.display())))?;
                self.taken.insert(found.id.clone());
                Ok(())
            }
        }
    }

    fn quarantine(&mut self, found: &Found, why: &str) -> Result<(), ChannelFault> {
        let path = self.found(found)?;
        self.seen.remove(&found.id);
        let folder = self.put_aside(&path, QUARANTINE, &found.id)?;
        let reason = folder.join(format!("{}.txt", found.id));
        crate::private::replace(&reason, format!("{why}\n").as_bytes())
            .map_err(|fault| ChannelFault::Unavailable(fault.to_string()))
    }

    fn lying(&mut self) -> Vec<Lying> {
        let Ok(entries) = fs::read_dir(self.send_folder()) else { return Vec::new() };
        let lying = entries.filter_map(Result::ok).filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            MessageName::read(&name, &self.setup.sync).filter(|name| name.from() == self.setup.role)?;
            let modified = entry.metadata().and_then(|facts| facts.modified()).ok()?;
            Some(Lying { name, since: Time(milliseconds(modified)) })
        });
        lying.collect()
    }

    fn retire(&mut self, name: &str) -> Result<(), ChannelFault> {
        if MessageName::read(name, &self.setup.sync).is_none_or(|name| name.from() != self.setup.role) {
            return Err(ChannelFault::Wrong(format!("`{name}` is no message of this half")));
        }
        match fs::remove_file(self.send_folder().join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.fault(&self.send_folder(), error))
            }
            _ => Ok(()),
        }
    }
}

/// What the engine is told of trouble.
fn told(trouble: Trouble) -> ChannelFault {
    if trouble.may_pass() {
        ChannelFault::Unavailable(trouble.to_string())
    } else {
        ChannelFault::Wrong(trouble.to_string())
    }
}

fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
