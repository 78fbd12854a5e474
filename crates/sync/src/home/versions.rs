//! The settings as they were under each version of the configuration.
//!
//! Invariant: messages made under a version are understood by the settings of that version, so those stay as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{HomeFault, read_settings};
use crate::engine::Mappings;
use crate::mapping::Mapper;
use crate::private;
use crate::settings::{Configuration, Problem, Settings};
use crate::{ConfigVersion, Mapping, Role};

/// The folder with them.
pub(super) const FOLDER: &str = "versions";

/// The folder with the settings of each version.
#[derive(Clone, Debug)]
pub struct Versions {
    path: PathBuf,
}

impl Versions {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    fn file(&self, number: u32) -> PathBuf {
        self.path.join(format!("{number}.toml"))
    }

    /// Keeps settings as those of a version; what a run that was killed has left is written anew.
    pub fn keep(&self, number: u32, text: &str) -> Result<(), HomeFault> {
        Ok(private::replace(&self.file(number), text.as_bytes())?)
    }

    /// Whether the settings of a version are kept.
    pub fn has(&self, number: u32) -> bool {
        self.file(number).is_file()
    }

    /// The settings of a version.
    pub fn settings(&self, number: u32) -> Result<Settings, HomeFault> {
        let path = self.file(number);
        Settings::parse(&read_settings(&path)?).map_err(|problems| HomeFault::Settings { path, problems })
    }

    /// What maps issues under a version: the master's settings without what the slave has declined, or the slave's as adopted.
    pub fn mapper(
        &self,
        role: Role,
        version: &ConfigVersion,
        published: Option<&Configuration>,
        declined: &BTreeSet<String>,
    ) -> Result<Mapper, HomeFault> {
        let path = self.file(version.number);
        let settings = self.settings(version.number)?;
        let settings = match role {
            Role::Master => settings.without(declined),
            Role::Slave => {
                let lacks = |what: &str| {
                    let hint = "run `pcfg sync adopt` once more".to_owned();
                    let problems = vec![Problem { line: None, what: what.to_owned(), hint }];
                    HomeFault::Settings { path: path.clone(), problems }
                };
                let published =
                    published.ok_or_else(|| lacks("what the master has published is not there"))?;
                let adopted = settings.adopt(published);
                adopted.map_err(|problems| HomeFault::Settings { path: path.clone(), problems })?.0
            }
        };
        Ok(Mapper::new(settings, version.clone()))
    }
}

/// Mappings by the number of their version.
#[derive(Debug, Default)]
pub struct Mappers(BTreeMap<u32, Mapper>);

impl Mappers {
    /// Adds one.
    pub fn add(&mut self, mapper: Mapper) {
        self.0.insert(mapper.version().number, mapper);
    }

    /// The one of a version, if its hash is the same.
    pub fn get(&self, version: &ConfigVersion) -> Option<&Mapper> {
        self.0.get(&version.number).filter(|mapper| mapper.version() == version)
    }
}

impl Mappings for Mappers {
    fn of(&self, version: &ConfigVersion) -> Option<&dyn Mapping> {
        self.get(version).map(|mapper| mapper as &dyn Mapping)
    }
}
