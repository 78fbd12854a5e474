//! What of a file is imported, and as what: the options of `pcfg import`.
//!
//! Invariant: the same words on another command line choose the same.

use std::path::PathBuf;

use super::super::completions;
use super::super::input::files;
use super::super::place;
use super::super::place::settings::Imports;
use crate::fault::Fault;
use crate::import::{File, sha256};
use crate::model::Config;
use crate::plan::{Mapping, NewProject, NoTemplate, Options, Selector, instantiate};

/// What to import, and as what.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to import")]
pub(in crate::cli) struct Choices {
    /// Leave out a kind of object, or one object
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds())]
    skip: Vec<Selector>,
    /// Import only a kind of object, or one object, with what it needs
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds())]
    only: Vec<Selector>,
    /// A TOML file that matches objects with others, creates or renames them, or leaves them out
    ///
    /// The default is `map` of the instance in pcfg.toml.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Take the file for a template: make another project of this key, and leave everything that is there as it is
    ///
    /// What has the key of the file in its name gets the new key there; filters, boards and dashboards of the project become others, and
    /// queries name the new project. Everything else is shared with what is there.
    #[arg(long = "as", value_name = "KEY")]
    key: Option<String>,
    /// The name of that project; the default is that of the file with the new key
    #[arg(long = "as-name", value_name = "NAME", requires = "key")]
    name: Option<String>,
    /// Also change existing users and the members of existing groups
    ///
    /// The default is `update-users` of the instance in pcfg.toml, or else `false`.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    update_users: Option<bool>,
    /// Create the projects that contexts and shares name and that neither the file nor the instance has
    #[arg(long)]
    create_extra_projects: bool,
    /// Match contexts of custom fields by the projects they apply to; other projects keep theirs
    #[arg(long)]
    smart_contexts: bool,
    /// Publish the drafts of the file: they replace the workflows and workflow schemes they were made from
    #[arg(long)]
    publish_drafts: bool,
}

impl Choices {
    /// Returns them as the planner takes them; what is not chosen is as the settings have it for the instance.
    pub(in crate::cli) fn options(&self, instance: Option<&str>) -> Result<Options, Fault> {
        let Imports { update_users, map } = place::imports(instance)?;
        let update_users = self.update_users.unwrap_or(update_users);
        Ok(Options {
            skip: self.skip.clone(),
            only: self.only.clone(),
            mapping: mapping(self.map.as_ref().or(map.as_ref()))?,
            update_users,
            create_extra_projects: self.create_extra_projects,
            smart_contexts: self.smart_contexts,
            keeps_existing: false,
            publish_drafts: self.publish_drafts,
        })
    }

    /// Returns the project that is made by a template, if the file is one.
    pub(in crate::cli) fn new_project(&self) -> Option<NewProject> {
        self.key.as_ref().map(|key| NewProject { key: key.clone(), name: self.name.clone() })
    }

    /// Makes of a file what is imported: nothing else, or the project that it is a template of.
    pub(in crate::cli) fn instantiate(
        &self,
        file: &mut Config,
        options: &mut Options,
        is_complete: bool,
    ) -> Result<(), Fault> {
        let Some(new) = self.new_project() else { return Ok(()) };
        if is_complete {
            return Err(Fault::usage("a complete project is no template: its issues have keys of their own")
                .hint("export its configuration alone, `pcfg export KEY -o KEY.xml`, and import that"));
        }
        let key = &new.key;
        *file = instantiate(file, &new, options).map_err(|why| {
            let hint = match why {
                NoTemplate::Key(_) => "write one such as `--as NEW`",
                NoTemplate::Same(_) => "choose another key",
                NoTemplate::None | NoTemplate::Several(_) => {
                    "export one project, `pcfg export KEY -o KEY.xml`, and import that"
                }
            };
            Fault::input(format!("the file cannot be imported as `{key}`")).because(&why).hint(hint)
        })?;
        Ok(())
    }

    /// Returns the mapping file that they name, or the settings for the instance, for the journal.
    pub(in crate::cli) fn map(&self, instance: Option<&str>) -> Result<Option<File>, Fault> {
        let path = match &self.map {
            Some(path) => Some(path.clone()),
            None => place::imports(instance)?.map,
        };
        let Some(path) = path else { return Ok(None) };
        let bytes = files::read_as(&path, files::Kind::Mapping, &|_| Ok(()))?;
        Ok(Some(File { name: path.display().to_string(), sha256: sha256(&bytes) }))
    }

    /// Returns them as they were given, with whether what is refused is left out, for a command that makes a plan anew.
    pub(in crate::cli) fn in_words(&self, is_partial: bool) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for (option, selectors) in [("--skip", &self.skip), ("--only", &self.only)] {
            words.extend(selectors.iter().flat_map(|own| [option.to_owned(), own.to_string()]));
        }
        if let Some(map) = &self.map {
            words.extend(["--map".to_owned(), map.display().to_string()]);
        }
        for (option, value) in [("--as", &self.key), ("--as-name", &self.name)] {
            words.extend(value.iter().flat_map(|own| [option.to_owned(), own.clone()]));
        }
        words.extend(self.update_users.map(|own| format!("--update-users={own}")));
        let flags = [
            ("--create-extra-projects", self.create_extra_projects),
            ("--smart-contexts", self.smart_contexts),
            ("--publish-drafts", self.publish_drafts),
            ("--partial", is_partial),
        ];
        words.extend(flags.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| (*option).to_owned()));
        words
    }
}

fn mapping(path: Option<&PathBuf>) -> Result<Mapping, Fault> {
    let Some(path) = path else { return Ok(Mapping::default()) };
    let bytes = files::read_as(path, files::Kind::Mapping, &|_| Ok(()))?;
    let failed = || Fault::input(format!("cannot use the mapping file `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    Mapping::parse(&text).map_err(|error| failed().because(&error))
}
