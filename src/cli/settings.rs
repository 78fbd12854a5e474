//! The settings file: `pcfg.toml` in the current folder or the nearest one above that has it.
//!
//! Invariant: it is obeyed only if nobody else can have written it, or the user trusts it ([`super::trust`]).
//!
//! ```toml
//! default = "production"
//!
//! [instances.production]
//! path = "backups/production.zip"
//! update-users = true
//!
//! [instances.live]
//! url = "postgres://pcfg@db.example.com/jiradb"
//! schema = "public"
//! password-command = ["pass", "show", "jira/pcfg"]
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{files, trust};
use crate::fault::Fault;
use crate::instance::Address;
use crate::ui::Lines;

/// The name of the file.
pub(super) const FILE_NAME: &str = "pcfg.toml";

/// What the file says; all paths are ready to use.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The file itself.
    #[serde(skip)]
    pub(super) file: PathBuf,
    /// The name of the instance that commands use when none is named.
    pub(super) default: Option<String>,
    /// The instances by name.
    #[serde(default)]
    pub(super) instances: BTreeMap<String, Entry>,
}

/// An instance in the settings.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(super) enum Entry {
    /// A backup or an embedded instance; in the file, relative to the file.
    Path {
        path: PathBuf,
        /// Whether imports change existing users and members of existing groups.
        update_users: bool,
    },
    /// A database.
    Database {
        /// Its address.
        url: String,
        /// Where Jira's tables are in it.
        schema: Option<String>,
        /// A command that writes the password on its standard output.
        password_command: Option<Vec<String>>,
        /// Whether imports change existing users and members of existing groups.
        update_users: bool,
    },
}

/// An instance as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    path: Option<PathBuf>,
    url: Option<String>,
    schema: Option<String>,
    password_command: Option<Vec<String>>,
    #[serde(default)]
    update_users: bool,
}

impl TryFrom<Written> for Entry {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written { path: Some(path), url: None, schema: None, password_command: None, update_users } => {
                Ok(Self::Path { path, update_users })
            }
            Written { path: None, url: Some(url), schema, password_command, update_users } => {
                if password_command.as_ref().is_some_and(Vec::is_empty) {
                    return Err("`password-command` is empty");
                }
                Ok(Self::Database { url, schema, password_command, update_users })
            }
            Written { path: None, url: None, .. } => Err("missing field `path` or `url`"),
            Written { url: None, .. } => Err("`schema` and `password-command` belong to a `url`"),
            Written { .. } => Err("an instance has a `path` or a `url`, not both"),
        }
    }
}

impl Entry {
    /// Returns whether imports change existing users and members of existing groups.
    pub(super) fn updates_users(&self) -> bool {
        match self {
            Self::Path { update_users, .. } | Self::Database { update_users, .. } => *update_users,
        }
    }

    /// Returns where the instance is, as it may be shown.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Path { path, .. } => path.display().to_string(),
            Self::Database { url, .. } => Address::parse(url)
                .map_or_else(|_| "an address that cannot be understood".to_owned(), |own| own.to_string()),
        }
    }
}

impl Settings {
    /// Reads the nearest settings file; `None` if there is none.
    pub(super) fn find() -> Result<Option<Self>, Fault> {
        #[allow(clippy::disallowed_methods, reason = "this is the command line")]
        let folder = std::env::current_dir()
            .map_err(|error| Fault::input("cannot find the current folder").because(&error))?;
        let file = folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file());
        file.map(|file| Self::read(&file)).transpose()
    }

    fn read(file: &Path) -> Result<Self, Fault> {
        let bytes = files::read_if(file, &|open| trust::check(file, open))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Fault::input(format!("`{}` is not UTF-8", file.display())))?;
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let place = Lines::new(&text).place(error.span().map_or(0, |span| span.start));
            let message = error.message().replace('\n', " ");
            Fault::input(format!("{}:{place}: {message}", file.display()))
                .hint("a settings file has `default = \"NAME\"` and `[instances.NAME]` with `path = \"…\"` or `url = \"…\"`")
                .hint_if(quotes(text.lines().nth(place.line - 1).unwrap_or_default()))
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for (name, entry) in &mut settings.instances {
            let Entry::Path { path, .. } = entry else { continue };
            if path.as_os_str().is_empty() {
                let message = format!("{}: the instance `{name}` has an empty path", file.display());
                return Err(Fault::input(message).hint("write the path of a backup, relative to that file"));
            }
            *path = folder.join(&*path);
        }
        settings.file = file.to_owned();
        Ok(settings)
    }
}

/// Says how to spell a name with dots, which TOML takes for a table in a table.
fn quotes(line: &str) -> Option<String> {
    let name = line.trim().strip_prefix("[instances.")?.strip_suffix(']')?;
    let is_bare = name.contains('.') && !name.contains(['"', '\'']);
    is_bare.then(|| format!("a name with dots needs quotes: `[instances.\"{name}\"]`"))
}
