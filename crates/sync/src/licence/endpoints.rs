//! Who holds the endpoints of a licence: kept on disk, over all halves of one home.
//!
//! An endpoint is a Jira, not a synchronization: a second one with the same Jira takes none, and it is free again when all with that
//! Jira have stopped. A process that is killed holds its endpoint until its synchronization is stopped.
//!
//! Invariant: the file is read and written under one lock of the system, which ends with the process, and is whole at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Licence;
use crate::private::{self, PrivateFault};
use crate::{SyncId, Time};

/// No list of endpoints is larger.
const LARGEST: u64 = 16 << 20;

/// How a licence is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenceMode {
    /// With a licence file its number holds; without one nothing is limited.
    #[default]
    Enforce,
    /// What would be refused is told, and not refused.
    Report,
    /// As the product does it: without a licence file a partner without a licence of its own is refused.
    Strict,
}

/// The partner of a synchronization that is started.
#[derive(Clone, Copy, Debug)]
pub struct Partner<'a> {
    /// The synchronization.
    pub sync: SyncId,
    /// The id of its Jira, as the handshake says it.
    pub jira: &'a str,
    /// Whether that has a licence of its own. Where it is not known it counts as none.
    pub licensed: Option<bool>,
}

/// A synchronization that holds an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The Jira of the partner.
    pub jira: String,
    /// Since when.
    pub since: Time,
}

/// That a synchronization may start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// What people have to know.
    pub warnings: Vec<String>,
}

/// Why a synchronization may not start, or endpoints are not known.
#[derive(Debug, thiserror::Error)]
pub enum EndpointFault {
    /// All endpoints are in use.
    #[error("all {} remote endpoints of the licence are in use, by {}: stop all synchronizations with one of these Jiras (`pcfg sync stop`), or ask for a larger licence", .number, .by.join(", "))]
    AllTaken {
        /// How many there are.
        number: u32,
        /// The Jiras that hold them.
        by: Vec<String>,
    },
    /// The licence has expired.
    #[error(
        "the remote licence expired after {0}, and the partner's Jira has no licence of its own: ask for a new one"
    )]
    Expired(super::Day),
    /// There is none, and the product would want one.
    #[error("the partner's Jira has no licence of its own, and there is no remote licence here: put one into {}, or take `licence = \"enforce\"`", .0.display())]
    NoLicence(PathBuf),
    /// The list cannot be read.
    #[error("{} is damaged: who holds which endpoint is not known. Stop all synchronizations, take the file away, and start them again", .0.display())]
    Damaged(PathBuf),
    /// A file.
    #[error(transparent)]
    File(#[from] PrivateFault),
    /// The lock.
    #[error("{}: {error}", path.display())]
    Lock {
        /// The file of the lock.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The endpoints of one home.
#[derive(Clone, Debug)]
pub struct Endpoints {
    folder: PathBuf,
}

type List = BTreeMap<SyncId, Held>;

impl Endpoints {
    /// Those that are kept in a folder, which is there.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Takes an endpoint for a synchronization that starts, if it needs one.
    pub fn start(
        &self,
        licence: Option<&Licence>,
        mode: LicenceMode,
        partner: Partner<'_>,
        now: Time,
    ) -> Result<Started, EndpointFault> {
        let mut started = Started::default();
        started.warnings.extend(licence.and_then(|licence| licence.warning(now)));
        if partner.licensed == Some(true) {
            // It may have had none the last time.
            self.stop(&partner.sync)?;
            return Ok(started);
        }
        let Some(licence) = licence else {
            return match mode {
                LicenceMode::Strict => Err(EndpointFault::NoLicence(self.folder.join(super::FILE))),
                LicenceMode::Enforce | LicenceMode::Report => Ok(started),
            };
        };
        let lock = self.locked()?;
        let mut list = self.read()?;
        // Left over of a run that was killed, or of a start that was said twice: it runs, and goes on.
        if list.get(&partner.sync).is_some_and(|held| held.jira == partner.jira) {
            return Ok(started);
        }
        list.remove(&partner.sync);
        let jiras: BTreeSet<&str> = list.values().map(|held| held.jira.as_str()).collect();
        let needs_one = !jiras.contains(partner.jira);
        let refused = if licence.is_expired(now) {
            Some(EndpointFault::Expired(licence.expires))
        } else if needs_one && jiras.len() >= licence.endpoints as usize {
            let by = jiras.into_iter().map(str::to_owned).collect();
            Some(EndpointFault::AllTaken { number: licence.endpoints, by })
        } else {
            None
        };
        match refused {
            Some(fault) if mode != LicenceMode::Report => return Err(fault),
            Some(fault) => started.warnings.push(fault.to_string()),
            None => {}
        }
        list.insert(partner.sync, Held { jira: partner.jira.to_owned(), since: now });
        self.write(&list)?;
        drop(lock);
        Ok(started)
    }

    /// Gives back what a synchronization holds, which has stopped.
    pub fn stop(&self, sync: &SyncId) -> Result<(), EndpointFault> {
        let _lock = self.locked()?;
        let mut list = self.read()?;
        if list.remove(sync).is_some() {
            self.write(&list)?;
        }
        Ok(())
    }

    /// Who holds which.
    pub fn held(&self) -> Result<BTreeMap<SyncId, Held>, EndpointFault> {
        let _lock = self.locked()?;
        self.read()
    }

    fn list_file(&self) -> PathBuf {
        self.folder.join("endpoints.json")
    }

    fn locked(&self) -> Result<File, EndpointFault> {
        let path = self.folder.join("endpoints.lock");
        let lock = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| EndpointFault::Lock { path: path.clone(), error })
    }

    fn read(&self) -> Result<List, EndpointFault> {
        let path = self.list_file();
        match private::read(&path, LARGEST) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| EndpointFault::Damaged(path)),
            Err(PrivateFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                Ok(List::new())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn write(&self, list: &List) -> Result<(), EndpointFault> {
        let bytes = serde_json::to_vec(list).expect("a list of endpoints can be written");
        Ok(private::replace(&self.list_file(), &bytes)?)
    }
}
