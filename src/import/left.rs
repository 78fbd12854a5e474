//! What an import leaves different from its file: found before anything is done.

use std::collections::HashSet;

use super::Import;
use crate::compare::Left;
use crate::model::{Config, Identity};
use crate::select::{self, Projects, select};

/// Returns how a file was exported.
pub fn exported_with(file: &Config) -> select::Options {
    select::Options::recorded(&|name| file.root().attribute_named(name))
}

impl Import {
    /// Returns what an export will show otherwise than the file once it is carried out; what is refused is no part of it.
    pub fn left(&mut self, file: &Config) -> Left {
        let mut options = exported_with(file);
        options.projects = Projects::Keys(self.plan.projects.iter().cloned().collect());
        let refused: HashSet<Identity> = self.plan.refused.iter().map(|own| own.identity.clone()).collect();
        match select(&mut self.after, &options) {
            Ok(shown) if !self.plan.projects.is_empty() => Left::between(file, &shown, &refused),
            // A project that is refused is not there, and a file without projects has nothing to be exported again.
            _ => Left::default(),
        }
    }
}
