//! What a saved plan was made from: the file and how it was imported, so that whoever applies it finds out again all that it tells.

use serde::{Deserialize, Serialize};

use crate::model::Config;
use crate::plan::{Mapping, NewProject, Options, Selector, instantiate, sha256};
use crate::xml;

/// What somebody imports.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'o> {
    /// The name of the file.
    pub name: &'o str,
    /// Its bytes.
    pub bytes: &'o [u8],
    /// How it is imported.
    pub options: &'o Options,
    /// The project that it is made for, where the file is a template.
    pub new: Option<&'o NewProject>,
}

/// The same in a plan.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MadeFrom {
    configuration: Bytes,
    /// What is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skip: Vec<String>,
    /// What alone is imported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    only: Vec<String>,
    /// The text of the mapping file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    mapping: String,
    /// Whether existing users and groups are changed.
    update_users: bool,
    /// Whether projects are made that contexts and shares name and that neither the file nor the target has.
    create_extra_projects: bool,
    /// Whether contexts of custom fields are the same if they hold for the same projects.
    smart_contexts: bool,
    /// Whether drafts of workflows are published.
    publish_drafts: bool,
    /// The project that is made, where the file is a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new: Option<NewProject>,
}

/// The bytes of a file, as a text if they are one in UTF-8.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
enum Bytes {
    Text(String),
    Other(Vec<u8>),
}

impl MadeFrom {
    pub(super) fn new(origin: &Origin<'_>) -> Self {
        let Origin { bytes, options, new, .. } = origin;
        let words = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect();
        Self {
            configuration: match std::str::from_utf8(bytes) {
                Ok(text) => Bytes::Text(text.to_owned()),
                Err(_) => Bytes::Other(bytes.to_vec()),
            },
            skip: words(&options.skip),
            only: words(&options.only),
            mapping: options.mapping.text().to_owned(),
            update_users: options.update_users,
            create_extra_projects: options.create_extra_projects,
            smart_contexts: options.smart_contexts,
            publish_drafts: options.publish_drafts,
            new: new.cloned(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.configuration {
            Bytes::Text(text) => text.as_bytes(),
            Bytes::Other(bytes) => bytes,
        }
    }

    /// Returns the file and how it was imported, if it has the sum that a plan names, and can be understood.
    pub(super) fn understood(&self, sum: &str) -> Option<(Config, Options)> {
        if sha256(self.bytes()) != sum {
            return None;
        }
        let (text, _) = xml::decode(self.bytes());
        let root = xml::read(&text).root?;
        let selectors =
            |words: &[String]| words.iter().map(|own| Selector::parse(own)).collect::<Result<_, _>>().ok();
        let mut options = Options {
            skip: selectors(&self.skip)?,
            only: selectors(&self.only)?,
            mapping: Mapping::parse(&self.mapping).ok()?,
            update_users: self.update_users,
            create_extra_projects: self.create_extra_projects,
            smart_contexts: self.smart_contexts,
            publish_drafts: self.publish_drafts,
            ..Options::default()
        };
        let file = Config::new(root);
        match &self.new {
            Some(new) => Some((instantiate(&file, new, &mut options).ok()?, options)),
            None => Some((file, options)),
        }
    }
}
