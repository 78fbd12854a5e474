//! Which instance a command means: a path, an address, a name from the settings, or the default place.
//!
//! The default place is a file in the user's data directory, for those who have configured nothing. Invariant: it is made
//! when it is needed for the first time, and only if nobody named anything else.

pub(super) mod called;
pub(super) mod made_for;
mod password;
pub(super) mod remote;
mod secret;
pub(super) mod session;
pub(super) mod settings;
pub(super) mod trust;
pub(super) mod unseen;
pub(super) mod who;
pub(super) mod whole;

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use self::remote::By;
use self::session::{Opened, Recording};
use self::settings::{Entry, FILE_NAME, Imports, Settings};
use super::VARIABLE;
use crate::fault::Fault;
use crate::instance::{
    self, Address, Doors, Embedded, Location, RECORD, Stored, Way, WriteError, without_password,
};
use crate::model::near;
use crate::rest::Site;
use crate::ui::Ui;

/// Opens the instance that the user means.
pub(super) fn open<'r>(ui: &Ui, named: Option<&str>, recording: &'r Recording) -> Result<Opened<'r>, Fault> {
    Opened::new(ui, &location(ui, named)?, recording)
}

/// Returns where the instance is that the user means; makes the one in the default place if it is meant and not there yet.
pub(super) fn location(ui: &Ui, named: Option<&str>) -> Result<Location, Fault> {
    let location = find(named, By::Option)?;
    if let Some(path) = location.path()
        && !path.exists()
        && default_place().as_deref() == Some(path)
    {
        create_folder(path)?;
        match Embedded::create(path, &who::who(), PATIENCE) {
            Ok(()) => ui.note(&format!(
                "created an instance in `{}`: a fresh Jira with the sample project DEMO; `pcfg instance load` \
                 fills one from a backup",
                path.display()
            )),
            // Another process was first.
            Err(WriteError::Exists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(location)
}

/// Returns where the instance is that the user means, for a command that would learn nothing from one just made.
pub(super) fn existing(named: Option<&str>) -> Result<Location, Fault> {
    let location = find(named, By::Option)?;
    match location.path() {
        Some(path) if is_missing(path) => Err(Fault::input(format!(
            "no instance is named, and the default one does not exist yet: no file `{}`",
            path.display()
        ))
        .hint("name one: `-i NAME`")
        .hint(format!("or set the environment variable {VARIABLE} to it"))
        .hint(
            "or create the default one: `pcfg instance init` for a sample, `pcfg instance load BACKUP` for \
        a copy of your Jira",
        )),
        _ => Ok(location),
    }
}

/// Returns where the instance is that a file of settings names: secrets of the environment are not meant for it, unless they say so.
#[cfg(feature = "sync")]
pub(super) fn named_elsewhere(named: &str) -> Result<Location, Fault> {
    find(Some(named), By::Other)
}

/// Opens the instance that the user means, for a command that would learn nothing from one just made.
pub(super) fn open_existing<'r>(
    ui: &Ui,
    named: Option<&str>,
    recording: &'r Recording,
) -> Result<Opened<'r>, Fault> {
    Opened::new(ui, &existing(named)?, recording)
}

/// Opens an instance that is one of several in a command.
pub(super) fn open_other<'r>(ui: &Ui, named: &str, recording: &'r Recording) -> Result<Opened<'r>, Fault> {
    Opened::new(ui, &find(Some(named), By::Other)?, recording)
}

/// Returns where the user wants an instance to be made: a name from the settings, an address, or a path.
pub(super) fn new(named: &str) -> Result<Location, Fault> {
    if named.is_empty() {
        return Err(Fault::usage("the name of the new instance is empty").hint("name a file"));
    }
    if Address::is_meant(named) {
        return database(named);
    }
    if let Some(special) = live(named, By::Other)? {
        return Ok(special);
    }
    if let Some(path) = address(named)?.or_else(|| plain_path(named)) {
        return Ok(Location::Path(path));
    }
    let settings = Settings::find()?;
    let Some(settings) = settings.as_ref() else { return Ok(Path::new(named).into()) };
    match settings.instances.get(named) {
        Some(Entry::Path { path, .. }) => Ok(path.into()),
        Some(entry) => described(settings, named, entry, By::Other),
        None => match near(named, settings.instances.keys().map(String::as_str)) {
            Some(near) if !named.contains(['/', '\\', '.']) => {
                Err(Fault::input(format!("`{}` has no instance `{named}`", settings.file.display()))
                    .hint(near)
                    .hint(format!("if a file of that name is meant: `./{named}`")))
            }
            _ => Ok(Path::new(named).into()),
        },
    }
}

/// Returns the place that an earlier command has written down, as the settings describe it if they do.
pub(super) fn written_down(location: &str) -> Result<Location, Fault> {
    if Address::is_meant(location)
        && let Some(settings) = Settings::find()?
        && let Some((name, entry, _)) = described_by(&settings, &Location::from(understood(location)?))
    {
        return described(&settings, name, entry, By::Other);
    }
    find(Some(location), By::Other)
}

/// How long to wait for another process that makes the instance in the default place.
const PATIENCE: Duration = Duration::from_secs(60);

/// Creates the folder in which a file of the default place is to be.
pub(super) fn create_folder(path: &Path) -> Result<(), Fault> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let created = std::fs::create_dir_all(folder);
    created.map_err(|error| {
        Fault::output(format!("cannot create the folder `{}`", folder.display())).because(&error)
    })
}

/// Returns the folder of the journals of live Jiras, if the system says where a user's data is.
pub(super) fn journals() -> Option<PathBuf> {
    Some(default_place()?.parent()?.join("journals"))
}

/// Returns the file that is used when nothing is configured; nothing if the system does not say where a user's data is.
pub(super) fn default_place() -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = match std::env::consts::OS {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Application Support")),
        _ => folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share"))),
    };
    data.map(|data| data.join("pcfg").join("instance.sqlite"))
}

/// Returns where the instance is that the user means; an address has its password, if there is one anywhere.
pub(super) fn find(named: Option<&str>, by: By) -> Result<Location, Fault> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = std::env::var(VARIABLE).ok();
    let by_variable = named.is_some() && named == variable.as_deref();
    let named = match named {
        // A secret of a CI job that nobody has set is an empty variable, and an argument is empty by a mistake of a script: no
        // other instance is meant by either.
        Some("") if by_variable => {
            return Err(Fault::usage(format!("the environment variable {VARIABLE} is empty"))
                .hint("set it to the instance; in a CI job, it is empty if the secret is not set")
                .hint(format!("or unset it, to use the default: `unset {VARIABLE}`")));
        }
        Some("") => {
            return Err(Fault::usage("the name of the instance is empty")
                .hint("name a backup, or leave `-i` out to use the default of pcfg.toml"));
        }
        named => named,
    };
    let found = match named {
        Some("-") => Err(Fault::usage("a backup cannot be read from standard input")
            .hint("name its file, as in `-i backup.zip`")),
        Some(named) if Address::is_meant(named) => database(named),
        Some(named) => match live(named, by)? {
            Some(location) => Ok(location),
            None => match address(named)?.or_else(|| plain_path(named)) {
                Some(path) => there(path, named).map(Location::Path),
                None => by_name_or_path(named, Settings::find()?.as_ref(), by),
            },
        },
        None => by_default(Settings::find()?.as_ref()),
    };
    found.map_err(|fault| match by_variable && named.is_some() {
        true => fault.hint(format!("the environment variable {VARIABLE} names it")),
        false => fault,
    })
}

/// Returns the database that an address means. Where it has no password, that of the settings for the same database is taken: an address
/// that a hint or a plan tells is as good as the name.
fn database(named: &str) -> Result<Location, Fault> {
    let mut address = understood(named)?;
    if !address.has_password()
        && let Some(settings) = Settings::find()?
        && let Some((_, _, database)) = described_by(&settings, &Location::from(understood(named)?))
    {
        return of_settings(database).map(Location::from);
    }
    password::find(&mut address, None)?;
    Ok(address.into())
}

/// Returns the instance of the settings that is this database.
fn described_by<'s>(
    settings: &'s Settings,
    location: &Location,
) -> Option<(&'s str, &'s Entry, &'s settings::Database)> {
    settings.instances.iter().find_map(|(name, entry)| {
        let database = entry.database()?;
        let mut address = understood(&database.url).ok()?;
        database.schema.iter().for_each(|schema| address.set_schema(schema));
        Location::from(address).is_same(location).then_some((name.as_str(), entry, database))
    })
}

/// Returns the live Jira that an address means, or the record of one; nothing if it is neither.
fn live(named: &str, by: By) -> Result<Option<Location>, Fault> {
    if let Some(folder) = named.strip_prefix(RECORD) {
        return Ok(Some(Location::Record(folder.into())));
    }
    if !Site::is_meant(named) {
        return Ok(None);
    }
    let settings = Settings::find()?;
    if let Some(settings) = &settings {
        let site = remote::understood(named)?;
        let is_meant = |own: &settings::Remote| Site::parse(&own.url).is_ok_and(|own| own.is_same(&site));
        let mut entries = settings.instances.iter();
        if let Some((name, entry)) = entries.find(|(_, entry)| entry.remote().is_some_and(is_meant)) {
            return described(settings, name, entry, by).map(Some);
        }
    }
    Ok(Some(remote::of_address(named, by)?.into()))
}

/// Understands an address, which may hold a password and so is not shown.
fn understood(named: &str) -> Result<Address, Fault> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = |name: &str| std::env::var(name).ok();
    Address::parse_with(named, &variable).map_err(|error| {
        Fault::usage("the address of the database is not valid")
            .because(&error)
            .hint("write `postgres://USER@HOST/DATABASE`")
    })
}

/// Returns the path if the text can only be one: no name begins with `/`, `./` or `../`.
fn plain_path(named: &str) -> Option<PathBuf> {
    let path = Path::new(named);
    let first = path.components().next();
    let is_plain = matches!(
        first,
        Some(Component::RootDir | Component::Prefix(_) | Component::CurDir | Component::ParentDir)
    );
    is_plain.then(|| path.to_owned())
}

/// Returns a path that leads to something; what may not be looked at is there for all that anybody knows.
fn there(path: PathBuf, named: &str) -> Result<PathBuf, Fault> {
    match is_missing(&path) {
        true => Err(Fault::input(format!("there is no file `{}`", without_password(named)))),
        false => Ok(path),
    }
}

fn is_missing(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}

/// Returns the path that an address means; `None` if it is no address at all.
fn address(named: &str) -> Result<Option<PathBuf>, Fault> {
    let Some((scheme, rest)) = named.split_once(':') else { return Ok(None) };
    let is_scheme = scheme.len() > 1
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    match scheme.to_ascii_lowercase().as_str() {
        "file" => {
            let path = match rest.strip_prefix("//") {
                Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
                None => rest,
            };
            if rest.starts_with("//") && !path.starts_with('/') {
                return Err(Fault::usage(format!(
                    "`{}` names a file on another machine",
                    without_password(named)
                ))
                .hint("write `file:///PATH`, or just the path"));
            }
            let path = instance::decoded(path).map(PathBuf::from).ok_or_else(|| {
                Fault::usage(format!(
                    "`{}` has a `%` that is not followed by two digits",
                    without_password(named)
                ))
                .hint("write `%25` for a percent sign, or just the path")
            })?;
            Ok(Some(path))
        }
        _ if is_scheme && rest.starts_with("//") => {
            Err(Fault::usage(format!("there are no `{scheme}:` instances"))
                .hint("name an XML backup by its path"))
        }
        _ => Ok(None),
    }
}

fn by_name_or_path(named: &str, settings: Option<&Settings>, by: By) -> Result<Location, Fault> {
    if let Some((settings, entry)) =
        settings.and_then(|settings| Some((settings, settings.instances.get(named)?)))
    {
        return described(settings, named, entry, by);
    }
    let path = Path::new(named);
    if !is_missing(path) {
        return Ok(path.into());
    }
    let names = settings.into_iter().flat_map(|settings| settings.instances.keys()).map(String::as_str);
    let near = near(named, names);
    if named.contains(['/', '\\', '.']) {
        return Err(Fault::input(format!("there is no file `{}`", without_password(named))).hint_if(near));
    }
    let hint = match (near, settings) {
        (Some(near), _) => near,
        (None, Some(settings)) => format!("`{}` names {}", settings.file.display(), list(settings)),
        (None, None) => format!("there is no {FILE_NAME} here to look it up in; give the path of a backup"),
    };
    Err(Fault::input(format!("there is no instance and no file `{}`", without_password(named))).hint(hint))
}

fn by_default(settings: Option<&Settings>) -> Result<Location, Fault> {
    let Some(settings) = settings else {
        if let Some(path) = default_place() {
            return Ok(Location::Path(path));
        }
        return Err(Fault::usage("no instance is named, and no settings say which to use")
            .hint("name one: `-i backup.zip`")
            .hint("or set the environment variable PCFG_INSTANCE to it")
            .hint(format!(
                "or write it into {FILE_NAME}: `default = \"production\"`, `[instances.production]`, `path = \"backup.zip\"`"
            )));
    };
    let file = settings.file.display();
    let Some(name) = &settings.default else {
        return Err(Fault::usage("no instance is named, and the settings have no default")
            .hint(format!("name one: `-i NAME`; `{file}` names {}", list(settings)))
            .hint("or set the environment variable PCFG_INSTANCE to it")
            .hint(format!("or write `default = \"NAME\"` into `{file}`")));
    };
    let Some(entry) = settings.instances.get(name) else {
        let names = settings.instances.keys().map(String::as_str);
        return Err(Fault::input(format!("the default of `{file}` is `{name}`, which it does not describe"))
            .hint(near(name, names).unwrap_or_else(|| format!("it names {}", list(settings)))));
    };
    described(settings, name, entry, By::Option)
}

/// Returns where an instance is that settings describe.
pub(super) fn named_in(settings: &Settings, name: &str, by: By) -> Result<Location, Fault> {
    match settings.instances.get(name) {
        Some(entry) => described(settings, name, entry, by),
        None => Err(Fault::input(format!("`{}` has no instance `{name}`", settings.file.display()))),
    }
}

/// Returns the keys of the projects of an embedded instance, for completions; of any other instance, which takes longer, none.
pub(super) fn known_keys(named: Option<&str>) -> Vec<String> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = std::env::var(VARIABLE).ok();
    let settings = Settings::find().ok().flatten();
    let entry = |name: &str| settings.as_ref().and_then(|own| own.instances.get(name));
    let name = named.map(str::to_owned).or(variable);
    let name = name.or_else(|| settings.as_ref().and_then(|own| own.default.clone()));
    let path = match name.as_deref().map(|name| (name, entry(name))) {
        Some((_, Some(Entry::Path { path, .. }))) => Some(path.clone()),
        Some((_, Some(_))) => None,
        Some((name, None)) => Some(PathBuf::from(name)),
        None => default_place(),
    };
    let file = path.filter(|path| Embedded::is_at(path)).and_then(|path| Embedded::open(&path).ok());
    file.map(|own| own.some_keys()).unwrap_or_default()
}

/// Returns how imports into the instance that the user means are made, though nothing is said on the command line: as the settings have
/// it for an instance that they name.
pub(super) fn imports(named: Option<&str>) -> Result<Imports, Fault> {
    let named = named.filter(|name| !name.is_empty());
    // Then the settings do not count.
    if named.is_some_and(|name| Address::is_meant(name) || plain_path(name).is_some()) {
        return Ok(Imports::default());
    }
    let Some(settings) = Settings::find()? else { return Ok(Imports::default()) };
    let entry = named.or(settings.default.as_deref()).and_then(|name| settings.instances.get(name));
    Ok(entry.map(|own| own.imports().clone()).unwrap_or_default())
}

/// Returns where an instance is that the settings describe.
fn described(settings: &Settings, name: &str, entry: &Entry, by: By) -> Result<Location, Fault> {
    let in_file = || format!("in `{}`, the instance `{name}`", settings.file.display());
    match entry {
        Entry::Path { path, .. } if is_missing(path) => {
            Err(Fault::input(format!("the instance `{name}` is missing: no file `{}`", path.display()))
                .hint(format!("put the backup there, or correct `path` in `{}`", settings.file.display())))
        }
        Entry::Path { path, .. } => Ok(path.into()),
        Entry::Database { database, .. } => {
            Ok(of_settings(database).map_err(|fault| fault.hint(format!("it is {}", in_file())))?.into())
        }
        Entry::Remote(entry) => Ok(remote::of_entry(settings, name, entry, by)?.into()),
        Entry::Doors { remote, database } => {
            let database = match database {
                settings::Stored::Database(database) => Stored::Database(Box::new(
                    of_settings(database).map_err(|fault| fault.hint(format!("it is {}", in_file())))?,
                )),
                settings::Stored::Embedded(path) => Stored::Embedded(path.clone()),
            };
            let remote = remote::of_entry(settings, name, remote, by)?;
            Ok(Doors { remote, database, way: Way::default() }.into())
        }
    }
}

/// Returns the address of a database that the settings describe, with its password.
fn of_settings(database: &settings::Database) -> Result<Address, Fault> {
    let mut address = understood(&database.url)?;
    if let Some(schema) = &database.schema {
        address.set_schema(schema);
    }
    password::find(&mut address, database.password_command.as_deref())?;
    Ok(address)
}

fn list(settings: &Settings) -> String {
    let names: Vec<_> = settings.instances.keys().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "no instance".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_paths() {
        let path = |text| address(text).unwrap();
        assert_eq!(path("file:///a/b%20c.xml"), Some(PathBuf::from("/a/b c.xml")));
        assert_eq!(path("file://localhost/a.xml"), Some(PathBuf::from("/a.xml")));
        assert_eq!(path("file:a.xml"), Some(PathBuf::from("a.xml")));
        assert_eq!(path("a.xml"), None);
        assert_eq!(path("C:\\a.xml"), None, "a drive is no scheme");
        for wrong in ["file://host/a", "file:a%", "file:a%zz", "file:%ff", "ftp://x"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
