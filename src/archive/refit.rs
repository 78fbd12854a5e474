//! An archive as a folder that was merged or edited, and a manifest for what is in it now.
//!
//! Invariants: nothing but the manifest is written, and only if everything that is there can be in an archive; what the entries do not
//! say is taken from the manifest that is there.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::content::{Content, Copying, copy};
use super::fault::{Fault, Flaw, ReadError, WriteError};
use super::folder::Folder;
use super::manifest::{About, Entry, History, Manifest, Project, Unread};
use super::name::{CONFIGURATION, Name};
use super::read::Failed;
use crate::output::{self, MANIFEST, NotWritten, Output, Why};

/// A folder whose manifest is to fit what is in it.
#[derive(Debug)]
pub struct Refit {
    path: PathBuf,
    folder: Folder,
    /// The text of the manifest that is there.
    text: Vec<u8>,
    about: About,
    entries: BTreeMap<Name, Content>,
}

/// Returns a text as each side of a conflict in it wants it; the text itself if there is no conflict.
pub(super) type Sides<'a> = &'a dyn Fn(&str) -> Vec<String>;

impl Refit {
    /// Opens a folder, and finds out what all of its entries are.
    pub fn open(path: &Path, sides: Sides<'_>) -> Result<Self, ReadError> {
        let (folder, text, found) = Folder::open(path)?;
        let about = about(path, &text, sides)?;
        let (mut entries, mut faults) = (BTreeMap::new(), Vec::new());
        let mut folded = HashSet::new();
        let mut fault = |entry: String, flaw: Flaw| faults.push(Fault { entry, flaw });
        for own in found {
            let name = match (Name::new(&own.name), own.size) {
                (_, Err(flaw)) => {
                    fault(own.name, flaw);
                    continue;
                }
                (Err(ill), _) => {
                    fault(own.name, ill.into());
                    continue;
                }
                (Ok(name), Ok(_)) => name,
            };
            let failed = |source| ReadError::Io { path: path.join(&own.name), source };
            let content = match folder.read(&own.name) {
                Ok(mut file) => copy(&mut file, &mut io::sink()).map_err(|error| match error {
                    Copying::Read(error) | Copying::Write(error) => failed(error),
                })?,
                Err(Failed::Io(path, source)) => return Err(ReadError::Io { path, source }),
                Err(Failed::Flaw(flaw)) => {
                    fault(own.name, flaw);
                    continue;
                }
            };
            if !folded.insert(name.folded()) {
                fault(own.name, Flaw::Twice);
            } else if name.sha256().is_some_and(|sha256| sha256 != content.sha256) {
                fault(own.name, Flaw::Other);
            } else {
                entries.insert(name, content);
            }
        }
        if !folded.contains(CONFIGURATION) {
            fault(CONFIGURATION.to_owned(), Flaw::Missing);
        }
        match faults.is_empty() {
            true => Ok(Self { path: path.to_owned(), folder, text, about, entries }),
            false => Err(ReadError::Unfit { path: path.to_owned(), faults }),
        }
    }

    /// Returns the folder as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what the manifest that is there says of the archive.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Returns the names of the entries, in their order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.entries.keys()
    }

    /// Returns the bytes of an entry.
    pub fn read(&self, name: &Name) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let read = match self.folder.read(name.as_str()) {
            Ok(mut file) => file.read_to_end(&mut bytes),
            Err(Failed::Io(path, source)) => return Err(ReadError::Io { path, source }),
            Err(Failed::Flaw(flaw)) => {
                let faults = vec![Fault { entry: name.to_string(), flaw }];
                return Err(ReadError::Unfit { path: self.path.clone(), faults });
            }
        };
        read.map_err(|source| ReadError::Io { path: self.path.join(name.as_str()), source })?;
        Ok(bytes)
    }

    /// Returns the manifest for what is there, if it is another one than that which is there.
    pub fn manifest(&self, projects: Vec<Project>) -> Result<Option<Fitting>, WriteError> {
        let about = About { projects, ..self.about.clone() };
        let entry = |(name, content): (&Name, &Content)| Entry {
            path: name.as_str().to_owned(),
            size: content.size,
            sha256: content.sha256.clone(),
        };
        let manifest = Manifest { about, entries: self.entries.iter().map(entry).collect() };
        let path = self.path.join(MANIFEST);
        let text = manifest
            .text()
            .map_err(|error| NotWritten { path: path.clone(), why: Why::Io(io::Error::other(error)) })?;
        Ok((text.as_bytes() != self.text).then_some(Fitting { path, text }))
    }
}

/// A manifest that fits, and is not written yet.
#[derive(Debug)]
pub struct Fitting {
    path: PathBuf,
    text: String,
}

impl Fitting {
    /// Returns the file that it belongs into.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it in the place of the one that is there.
    pub fn write(&self) -> Result<(), WriteError> {
        let output = Output::rewriting(&self.path, output::Content::Complete)?;
        Ok(output.write(&|out| out.write_all(self.text.as_bytes()))?)
    }
}

/// Returns what a manifest says of the archive. Of one that git could not merge, both sides have to say the same of what cannot be seen in
/// the entries.
fn about(path: &Path, text: &[u8], sides: Sides<'_>) -> Result<About, ReadError> {
    let not = |why: String, help| ReadError::NotAnArchive { path: path.to_owned(), why, help };
    let mut abouts = Vec::new();
    for side in sides(&String::from_utf8_lossy(text)) {
        let manifest = Manifest::parse(side.as_bytes()).map_err(|unread| match unread {
            Unread::Newer(format) => ReadError::Newer { path: path.to_owned(), format },
            Unread::Other => not(format!("its {MANIFEST} is of something else"), OF_EXPORT),
            Unread::Malformed(error) => not(format!("its {MANIFEST} is damaged ({error})"), OF_EXPORT),
        })?;
        abouts.push(manifest.about);
    }
    let mut abouts = abouts.into_iter();
    let mut about = abouts.next().unwrap_or_default();
    for other in abouts {
        if other.history != about.history {
            return Err(not(
                format!(
                    "one side of its merge was exported with `--history {}`, the other with `--history {}`",
                    word(about.history),
                    word(other.history)
                ),
                "export both in the same way, and merge these",
            ));
        }
        about.attachments |= other.attachments;
        about.projects.extend(other.projects);
    }
    Ok(about)
}

/// What to do where the manifest itself is lost.
const OF_EXPORT: &str =
    "get its manifest.json again from where it was exported: what is in it is found out anew";

fn word(history: History) -> &'static str {
    match history {
        History::Full => "full",
        History::Text => "text",
        History::None => "none",
    }
}
