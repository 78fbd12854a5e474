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
//! map = "names.toml"
//!
//! [instances.live]
//! url = "postgres://pcfg@db.example.com/jiradb"
//! schema = "public"
//! password-command = ["pass", "show", "jira/pcfg"]
//!
//! [instances.cloud]
//! url = "https://acme.atlassian.net"
//! user = "ada@example.com"
//! token-env = "ACME_TOKEN"
//!
//! [instances.own]
//! url = "https://jira.example.com"
//! token-env = "JIRA_TOKEN"
//! database = "postgres://pcfg@db.example.com/jiradb"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::super::input::files;
use super::trust;
use crate::fault::Fault;
use crate::instance::Address;
use crate::rest::Site;
use crate::ui::Lines;

/// The name of the file.
pub(in crate::cli) const FILE_NAME: &str = "pcfg.toml";

/// What the file says; all paths are ready to use.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Settings {
    /// The file itself.
    #[serde(skip)]
    pub(in crate::cli) file: PathBuf,
    /// The name of the instance that commands use when none is named.
    pub(in crate::cli) default: Option<String>,
    /// The instances by name.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Written>"))]
    pub(in crate::cli) instances: BTreeMap<String, Entry>,
    /// The rules of a team.
    #[serde(default, rename = "policy")]
    #[cfg_attr(test, schemars(with = "Vec<crate::policy::WrittenRule>"))]
    _policy: Option<serde::de::IgnoredAny>,
}

/// An instance in the settings.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(in crate::cli) enum Entry {
    /// A backup or an embedded instance; in the file, relative to the file.
    Path {
        path: PathBuf,
        /// How it is imported into it.
        imports: Imports,
    },
    /// A database.
    Database {
        /// The database.
        database: Database,
        /// How it is imported into it.
        imports: Imports,
    },
    /// A live Jira.
    Remote(Remote),
    /// A live Jira that is read through its database.
    Doors {
        /// The Jira.
        remote: Remote,
        /// Where its database is.
        database: Stored,
    },
}

/// Where the database of a live Jira is.
#[derive(Debug)]
pub(in crate::cli) enum Stored {
    /// At an address.
    Database(Database),
    /// In an embedded instance from which a Jira for tests answers; in the settings, relative to them.
    Embedded(PathBuf),
}

/// A database in the settings.
#[derive(Debug)]
pub(in crate::cli) struct Database {
    /// Its address.
    pub(in crate::cli) url: String,
    /// Where Jira's tables are in it.
    pub(in crate::cli) schema: Option<String>,
    /// A command that writes the password on its standard output.
    pub(in crate::cli) password_command: Option<Vec<String>>,
}

/// A live Jira in the settings.
#[derive(Debug)]
pub(in crate::cli) struct Remote {
    /// Its address.
    pub(in crate::cli) url: String,
    /// Who signs in.
    pub(in crate::cli) user: Option<String>,
    /// Where the secret is.
    pub(in crate::cli) token: Option<Token>,
    /// A file with certificates of authorities; in the settings, relative to them.
    pub(in crate::cli) ca_file: Option<PathBuf>,
    /// How long to wait when Jira wants that.
    pub(in crate::cli) max_wait: Option<Duration>,
    /// How it is imported into it.
    pub(in crate::cli) imports: Imports,
}

/// How imports into an instance are made unless the command line says otherwise.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Imports {
    /// Whether they change existing users and members of existing groups.
    pub(in crate::cli) update_users: bool,
    /// The mapping file; in the settings, relative to them.
    pub(in crate::cli) map: Option<PathBuf>,
}

/// Where a token comes from.
#[derive(Debug)]
pub(in crate::cli) enum Token {
    /// A variable of the environment.
    Variable(String),
    /// A command that writes it on its standard output.
    Command(Vec<String>),
    /// A file that nobody else can read; in the settings, relative to them.
    File(PathBuf),
}

/// An instance as the file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Instance", extend("oneOf" = [{ "required": ["path"] }, { "required": ["url"] }])))]
struct Written {
    /// A backup (.zip or .xml) or an embedded instance (.sqlite), relative to the file.
    path: Option<PathBuf>,
    /// The address of a live Jira (`https://...`), or of Jira's database (`postgres://...`), without a password.
    url: Option<String>,
    /// Beside the `url` of a live Jira: the address of its database, through which it is read.
    database: Option<String>,
    /// Where Jira's tables are in a database.
    schema: Option<String>,
    /// A command that writes the password of a database on its standard output.
    password_command: Option<Vec<String>>,
    /// Who signs in to a live Jira; a personal access token of Data Center needs nobody.
    user: Option<String>,
    /// The variable of the environment that holds the token of a live Jira.
    token_env: Option<String>,
    /// A command that writes the token on its standard output.
    token_command: Option<Vec<String>>,
    /// A file with the token that nobody else can read, relative to the file.
    token_file: Option<PathBuf>,
    /// A file with certificates of authorities, relative to the file.
    ca_file: Option<PathBuf>,
    /// How many seconds to wait at most when a live Jira wants that.
    max_wait: Option<u64>,
    /// Whether imports change existing users and members of existing groups.
    #[serde(default)]
    update_users: bool,
    /// The mapping file of imports, relative to the file.
    map: Option<PathBuf>,
}

impl TryFrom<Written> for Entry {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let of_database = written.schema.is_some() || written.password_command.is_some();
        let of_remote = written.user.is_some()
            || written.token_env.is_some()
            || written.token_command.is_some()
            || written.token_file.is_some()
            || written.ca_file.is_some()
            || written.max_wait.is_some();
        let imports = Imports { update_users: written.update_users, map: written.map };
        match (written.path, written.url) {
            (Some(_), Some(_)) => Err("an instance has a `path` or a `url`, not both"),
            (_, None) if written.database.is_some() => Err(
                "`database` stands beside the `url` of a live Jira; of a database alone, `url` is the address",
            ),
            (None, None) if of_database || of_remote => Err("missing field `url`"),
            (None, None) => Err("missing field `path` or `url`"),
            (Some(_), None) if of_database => Err("`schema` and `password-command` belong to a `url`"),
            (Some(_), None) if of_remote => {
                Err("`user`, `token-...`, `ca-file` and `max-wait` belong to a `url`")
            }
            (Some(path), None) => Ok(Self::Path { path, imports }),
            (None, Some(url)) if Site::is_meant(&url) => {
                if of_database && written.database.is_none() {
                    return Err(
                        "`schema` and `password-command` belong to a database; a live Jira has `user`, and `token-env`, `token-command` or `token-file`",
                    );
                }
                let (schema, password_command) = (written.schema, written.password_command);
                let database =
                    written.database.map(|own| stored(own, schema, password_command)).transpose()?;
                let token = token(written.token_env, written.token_command, written.token_file)?;
                let (user, ca_file) = (written.user, written.ca_file);
                let max_wait = written.max_wait.map(Duration::from_secs);
                let remote = Remote { url, user, token, ca_file, max_wait, imports };
                Ok(match database {
                    Some(database) => Self::Doors { remote, database },
                    None => Self::Remote(remote),
                })
            }
            (None, Some(_)) if written.database.is_some() => {
                Err("`database` stands beside the `url` of a live Jira, which begins with `https://`")
            }
            (None, Some(_)) if of_remote => Err(
                "`user`, `token-...`, `ca-file` and `max-wait` belong to a live Jira, whose `url` begins with `https://`",
            ),
            (None, Some(url)) => {
                let database = database(url, written.schema, written.password_command)?;
                Ok(Self::Database { database, imports })
            }
        }
    }
}

/// Returns a database.
fn database(
    url: String,
    schema: Option<String>,
    password_command: Option<Vec<String>>,
) -> Result<Database, &'static str> {
    match password_command.as_ref().is_some_and(Vec::is_empty) {
        true => Err("`password-command` is empty"),
        false => Ok(Database { url, schema, password_command }),
    }
}

/// Returns where the database of a live Jira is.
fn stored(
    named: String,
    schema: Option<String>,
    password_command: Option<Vec<String>>,
) -> Result<Stored, &'static str> {
    if Address::is_meant(&named) {
        return Ok(Stored::Database(database(named, schema, password_command)?));
    }
    match schema.is_some() || password_command.is_some() {
        true => Err(
            "`schema` and `password-command` belong to a database whose address begins with `postgres://`",
        ),
        false => Ok(Stored::Embedded(named.into())),
    }
}

/// Returns where a token comes from, if anything says so.
fn token(
    variable: Option<String>,
    command: Option<Vec<String>>,
    file: Option<PathBuf>,
) -> Result<Option<Token>, &'static str> {
    match (variable, command, file) {
        (None, None, None) => Ok(None),
        (Some(variable), None, None) if variable.is_empty() || variable.contains(['=', '\0']) => {
            Err("`token-env` is the name of an environment variable")
        }
        (Some(variable), None, None) => Ok(Some(Token::Variable(variable))),
        (None, Some(command), None) if command.is_empty() => Err("`token-command` is empty"),
        (None, Some(command), None) => Ok(Some(Token::Command(command))),
        (None, None, Some(file)) => Ok(Some(Token::File(file))),
        _ => Err("a token comes from one of `token-env`, `token-command` and `token-file`"),
    }
}

/// What is shown of an address that nobody can understand, and which may hold a secret.
const UNCLEAR: &str = "an address that is not valid";

impl Entry {
    /// Returns how it is imported into the instance.
    pub(in crate::cli) fn imports(&self) -> &Imports {
        match self {
            Self::Path { imports, .. }
            | Self::Database { imports, .. }
            | Self::Remote(Remote { imports, .. })
            | Self::Doors { remote: Remote { imports, .. }, .. } => imports,
        }
    }

    fn imports_mut(&mut self) -> &mut Imports {
        match self {
            Self::Path { imports, .. }
            | Self::Database { imports, .. }
            | Self::Remote(Remote { imports, .. })
            | Self::Doors { remote: Remote { imports, .. }, .. } => imports,
        }
    }

    /// Returns where the instance is, as it may be shown.
    pub(in crate::cli) fn shown(&self) -> String {
        match self {
            Self::Path { path, .. } => path.display().to_string(),
            Self::Database { database, .. } => database.shown(),
            Self::Remote(remote) => remote.shown(),
            Self::Doors { remote, database: Stored::Database(database) } => {
                format!("{} and {}", remote.shown(), database.shown())
            }
            Self::Doors { remote, database: Stored::Embedded(path) } => {
                format!("{} and {}", remote.shown(), path.display())
            }
        }
    }

    /// Returns the live Jira, if it is one.
    pub(in crate::cli) fn remote(&self) -> Option<&Remote> {
        match self {
            Self::Remote(remote) | Self::Doors { remote, .. } => Some(remote),
            Self::Path { .. } | Self::Database { .. } => None,
        }
    }

    /// Returns the database, if there is one.
    pub(in crate::cli) fn database(&self) -> Option<&Database> {
        match self {
            Self::Database { database, .. } | Self::Doors { database: Stored::Database(database), .. } => {
                Some(database)
            }
            Self::Path { .. } | Self::Remote(_) | Self::Doors { .. } => None,
        }
    }
}

impl Database {
    fn shown(&self) -> String {
        Address::parse(&self.url).map_or_else(|_| UNCLEAR.to_owned(), |own| own.to_string())
    }
}

impl Remote {
    fn shown(&self) -> String {
        Site::parse(&self.url).map_or_else(|_| UNCLEAR.to_owned(), |own| own.to_string())
    }
}

impl Settings {
    /// Reads the nearest settings file; `None` if there is none.
    pub(in crate::cli) fn find() -> Result<Option<Self>, Fault> {
        nearest()?.map(|file| Self::read(&file)).transpose()
    }

    fn read(file: &Path) -> Result<Self, Fault> {
        let bytes = files::read_as(file, files::Kind::Settings, &|open| trust::check(file, open))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Fault::input(format!("`{}` is not UTF-8", file.display())))?;
        Self::parse(&text, file)
    }

    /// Understands the text of a settings file.
    pub(in crate::cli) fn parse(text: &str, file: &Path) -> Result<Self, Fault> {
        let mut settings: Self = toml::from_str(text).map_err(|error| {
            let place = Lines::new(text).place(error.span().map_or(0, |span| span.start));
            let message = error.message().replace('\n', " ");
            Fault::input(format!("{}:{place}: {message}", file.display()))
                .hint("a settings file has `default = \"NAME\"` and `[instances.NAME]` with `path = \"…\"` or `url = \"…\"`")
                .hint_if(quotes(text.lines().nth(place.line - 1).unwrap_or_default()))
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for (name, entry) in &mut settings.instances {
            entry.imports_mut().map.iter_mut().for_each(|file| *file = folder.join(&*file));
            if let Entry::Doors { database: Stored::Embedded(path), .. } = entry {
                *path = folder.join(&*path);
            }
            if let Entry::Remote(Remote { token, ca_file, .. })
            | Entry::Doors { remote: Remote { token, ca_file, .. }, .. } = entry
            {
                let of_token = match token {
                    Some(Token::File(file)) => Some(file),
                    _ => None,
                };
                ca_file.iter_mut().chain(of_token).for_each(|file| *file = folder.join(&*file));
            }
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

/// Returns the nearest settings file, if there is one.
pub(in crate::cli) fn nearest() -> Result<Option<PathBuf>, Fault> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let folder = std::env::current_dir()
        .map_err(|error| Fault::input("cannot find the current folder").because(&error))?;
    Ok(folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file()))
}

/// Says how to spell a name with dots, which TOML takes for a table in a table.
fn quotes(line: &str) -> Option<String> {
    let name = line.trim().strip_prefix("[instances.")?.strip_suffix(']')?;
    let is_bare = name.contains('.') && !name.contains(['"', '\'']);
    is_bare.then(|| format!("a name with dots needs quotes: `[instances.\"{name}\"]`"))
}
