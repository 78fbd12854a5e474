//! Where halves live on a disk: a folder for each, with its settings, keys and state, and the folders of the file channel.
//!
//! Invariant: a half is there whole or not at all; everything of it that is not for others can be read by its owner alone.

mod facts;
mod quarantine;
mod versions;

#[cfg(test)]
mod tests;
#[cfg(all(test, unix))]
mod whole_tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::private::{self, PrivateFault};
use crate::settings::{Problem, Settings};

pub use crate::channel::ChannelKind;
pub use facts::{Facts, Partner};
pub use quarantine::{Quarantined, discard, quarantined, release};
pub use versions::{Mappers, Versions};

/// A settings file is not larger.
const LARGEST_SETTINGS: u64 = 4 * 1024 * 1024;
/// What is kept of a half beside its state is not larger.
const LARGEST_FACTS: u64 = 1024 * 1024;

/// Why a half could not be found, made or read.
#[derive(Debug, thiserror::Error)]
pub enum HomeFault {
    /// There is none.
    #[error("there is no synchronization in {}", .0.display())]
    None(PathBuf),
    /// There is none of that name.
    #[error("there is no synchronization `{named}` in {}: there {}", home.display(), listed(there))]
    Unknown {
        /// Where.
        home: PathBuf,
        /// What was named.
        named: String,
        /// Those that are there.
        there: Vec<String>,
    },
    /// There are several, and none was named.
    #[error("there are several synchronizations in {}: {}", home.display(), there.join(", "))]
    Several {
        /// Where.
        home: PathBuf,
        /// Those that are there.
        there: Vec<String>,
    },
    /// There is one of that name.
    #[error("there is a synchronization `{0}` already")]
    Exists(String),
    /// A name that cannot be that of a folder.
    #[error("`{0}` has no letter or digit, so nothing can be called by it")]
    Nameless(String),
    /// A file that must be as it was written is not.
    #[error("{}: {why}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The settings are wrong.
    #[error("the settings are wrong")]
    Settings {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// A file that is for its owner alone.
    #[error(transparent)]
    Private(#[from] PrivateFault),
    /// The system refused.
    #[error("{}: {error}", path.display())]
    System {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

fn listed(there: &[String]) -> String {
    match there {
        [] => "is none".to_owned(),
        [one] => format!("is {one}"),
        _ => format!("are {}", there.join(", ")),
    }
}

fn system(path: &Path) -> impl Fn(io::Error) -> HomeFault {
    move |error| HomeFault::System { path: path.to_owned(), error }
}

/// A folder in which halves live.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
}

impl Home {
    /// The home in a folder, which need not be there yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the halves that live here, in order.
    pub fn names(&self) -> Result<Vec<String>, HomeFault> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(system(&self.path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(system(&self.path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && entry.path().join(facts::FILE).is_file() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The half of this name; the only one where none is named.
    pub fn choose(&self, named: Option<&str>) -> Result<Folder, HomeFault> {
        let there = self.names()?;
        let home = self.path.clone();
        let name = match (named, &there[..]) {
            (None, []) => return Err(HomeFault::None(home)),
            (None, [one]) => one.clone(),
            (None, _) => return Err(HomeFault::Several { home, there }),
            (Some(named), _) => {
                let found =
                    there.iter().find(|own| **own == named || Some(own.as_str()) == slug(named).as_deref());
                match found {
                    Some(own) => own.clone(),
                    None => return Err(HomeFault::Unknown { home, named: named.to_owned(), there }),
                }
            }
        };
        self.open(name)
    }

    /// All halves that live here.
    pub fn all(&self) -> Result<Vec<Folder>, HomeFault> {
        self.names()?.into_iter().map(|name| self.open(name)).collect()
    }

    fn open(&self, name: String) -> Result<Folder, HomeFault> {
        let path = self.path.join(&name);
        let facts = Facts::read(&path)?;
        Ok(Folder { exchange: self.path.join("exchange").join(&name), path, name, facts })
    }

    /// Makes a half: `fill` writes what else belongs into its folder, which is given its name only when all of it is there.
    pub fn create<E: From<HomeFault>>(
        &self,
        facts: Facts,
        settings: &str,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<Folder, E> {
        let name = slug(&facts.name).ok_or_else(|| HomeFault::Nameless(facts.name.clone()))?;
        private::make_folder(&self.path).map_err(system(&self.path))?;
        let path = self.path.join(&name);
        if fs::symlink_metadata(&path).is_ok() || name == "exchange" {
            return Err(HomeFault::Exists(name).into());
        }
        let begun = begun(&self.path).map_err(system(&self.path))?;
        facts.write_new(begun.path())?;
        private::write_new(&begun.path().join(SETTINGS), settings.as_bytes()).map_err(HomeFault::from)?;
        private::make_folder(&begun.path().join(versions::FOLDER)).map_err(system(begun.path()))?;
        fill(begun.path())?;
        fs::rename(begun.path(), &path).map_err(system(&path))?;
        // The folder has another name now, so there is nothing to take away.
        let _moved = begun.keep();
        private::sync_folder(&self.path).map_err(system(&self.path))?;
        Ok(self.open(name)?)
    }

    /// Takes a half away with everything that it knows; the folders of its channel stay.
    pub fn delete(&self, half: Folder) -> Result<(), HomeFault> {
        // It is no half any more before the first of its files goes.
        let going = self.path.join(format!(".gone-{}", half.name));
        fs::rename(&half.path, &going).map_err(system(&half.path))?;
        fs::remove_dir_all(&going).map_err(system(&going))
    }
}

/// A new folder for a half that is being made; it goes by itself unless it is kept.
fn begun(home: &Path) -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".new-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(home)
}

/// The file with the settings.
const SETTINGS: &str = "sync.toml";

/// A name as a folder has it.
fn slug(name: &str) -> Option<String> {
    let mut slug = String::new();
    for c in name.chars().take(60) {
        match c {
            c if c.is_alphanumeric() => slug.extend(c.to_lowercase()),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// A half on the disk.
#[derive(Clone, Debug)]
pub struct Folder {
    name: String,
    path: PathBuf,
    exchange: PathBuf,
    /// What is known of it beside its settings and its state.
    pub facts: Facts,
}

impl Folder {
    /// Its name in its home.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder with SEND and RECEIVE.
    pub fn exchange(&self) -> &Path {
        &self.exchange
    }

    /// The settings file.
    pub fn settings_file(&self) -> PathBuf {
        self.path.join(SETTINGS)
    }

    /// The state.
    pub fn state_file(&self) -> PathBuf {
        self.path.join("state.sqlite")
    }

    /// The versions of the configuration that this half has worked under.
    pub fn versions(&self) -> Versions {
        Versions::at(self.path.join(versions::FOLDER))
    }

    /// The text of the settings.
    pub fn settings_text(&self) -> Result<String, HomeFault> {
        read_settings(&self.settings_file())
    }

    /// The settings.
    pub fn settings(&self) -> Result<Settings, HomeFault> {
        let path = self.settings_file();
        Settings::parse(&read_settings(&path)?).map_err(|problems| HomeFault::Settings { path, problems })
    }

    /// Writes the settings anew.
    pub fn write_settings(&self, text: &str) -> Result<(), HomeFault> {
        Ok(private::replace(&self.settings_file(), text.as_bytes())?)
    }

    /// Writes what is known of it anew.
    pub fn save(&self) -> Result<(), HomeFault> {
        self.facts.replace(&self.path)
    }
}

/// Settings hold no secret and are kept in git, so others may read them.
fn read_settings(path: &Path) -> Result<String, HomeFault> {
    let damaged = |why: &str| HomeFault::Damaged { path: path.to_owned(), why: why.to_owned() };
    let size = fs::metadata(path).map_err(system(path))?.len();
    if size > LARGEST_SETTINGS {
        return Err(damaged("it is too large for a settings file"));
    }
    String::from_utf8(fs::read(path).map_err(system(path))?).map_err(|_| damaged("it is not UTF-8"))
}
