//! Which instance a command means: a path, an address, or a name from the settings.

use std::path::{Component, Path, PathBuf};

use super::VARIABLE;
use super::settings::{Entry, FILE_NAME, Settings};
use crate::fault::Fault;
use crate::instance::{self, Instance};
use crate::model::near;

/// Opens the instance that the user means.
pub(super) fn open(named: Option<&str>) -> Result<Box<dyn Instance>, Fault> {
    Ok(instance::open(&find(named)?)?)
}

/// Returns where the instance is that the user means.
pub(super) fn find(named: Option<&str>) -> Result<PathBuf, Fault> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = std::env::var(VARIABLE).ok();
    let by_variable = named.is_some() && named == variable.as_deref();
    let named = match named {
        // An empty variable is as good as none; an empty argument is a mistake of a script, and no other instance is meant.
        Some("") if by_variable => None,
        Some("") => {
            return Err(Fault::usage("the name of the instance is empty")
                .hint("name a backup, or leave `-i` out to use the default of pcfg.toml"));
        }
        named => named,
    };
    let found = match named {
        Some("-") => Err(Fault::usage("a backup cannot be read from standard input")
            .hint("name its file, as in `-i backup.zip`")),
        Some(named) => match address(named)?.or_else(|| plain_path(named)) {
            Some(path) => there(path, named),
            None => by_name_or_path(named, Settings::find()?.as_ref()),
        },
        None => by_default(Settings::find()?.as_ref()),
    };
    found.map_err(|fault| match by_variable && named.is_some() {
        true => fault.hint(format!("the environment variable {VARIABLE} names it")),
        false => fault,
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
        true => Err(Fault::input(format!("there is no file `{named}`"))),
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
                return Err(Fault::usage(format!("`{named}` names a file on another machine"))
                    .hint("write `file:///PATH`, or just the path"));
            }
            let path = decoded(path).ok_or_else(|| {
                Fault::usage(format!("`{named}` has a `%` without two digits behind it"))
                    .hint("write `%25` for a percent sign, or just the path")
            })?;
            Ok(Some(path))
        }
        // An address may hold a password; it is never shown.
        "postgres" | "postgresql" => {
            Err(not_yet("databases")
                .hint("export an XML backup (System > Backup system in Jira) and name that"))
        }
        "http" | "https" => {
            Err(not_yet("instances on the network").hint("name an XML backup of the instance instead"))
        }
        _ if is_scheme && rest.starts_with("//") => {
            Err(Fault::usage(format!("there are no `{scheme}:` instances"))
                .hint("name an XML backup by its path"))
        }
        _ => Ok(None),
    }
}

fn not_yet(what: &str) -> Fault {
    Fault::usage(format!("{what} are not supported yet by this version of pcfg"))
}

/// Returns the text of an address with its `%XX` resolved.
fn decoded(text: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            if digits.starts_with('+') {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

fn by_name_or_path(named: &str, settings: Option<&Settings>) -> Result<PathBuf, Fault> {
    if let Some((settings, entry)) =
        settings.and_then(|settings| Some((settings, settings.instances.get(named)?)))
    {
        return described(settings, named, entry);
    }
    let path = Path::new(named);
    if !is_missing(path) {
        return Ok(path.to_owned());
    }
    let names = settings.into_iter().flat_map(|settings| settings.instances.keys()).map(String::as_str);
    let near = near(named, names);
    if named.contains(['/', '\\', '.']) {
        return Err(Fault::input(format!("there is no file `{named}`")).hint_if(near));
    }
    let hint = match (near, settings) {
        (Some(near), _) => near,
        (None, Some(settings)) => format!("`{}` names {}", settings.file.display(), list(settings)),
        (None, None) => format!("there is no {FILE_NAME} here that could name it; name the path of a backup"),
    };
    Err(Fault::input(format!("there is no instance and no file `{named}`")).hint(hint))
}

fn by_default(settings: Option<&Settings>) -> Result<PathBuf, Fault> {
    let Some(settings) = settings else {
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
    described(settings, name, entry)
}

/// Returns the path of an instance that the settings describe.
fn described(settings: &Settings, name: &str, entry: &Entry) -> Result<PathBuf, Fault> {
    let path = &entry.path;
    match is_missing(path) {
        true => {
            Err(Fault::input(format!("the instance `{name}` is not there: no file `{}`", path.display()))
                .hint(format!("put the backup there, or mend `path` in `{}`", settings.file.display())))
        }
        false => Ok(path.clone()),
    }
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

    #[test]
    fn addresses_may_hold_passwords_and_are_not_shown() {
        let fault = address("postgres://jira:secret@db/jira").unwrap_err();
        assert!(!format!("{fault:?}").contains("secret"));
    }
}
