//! The settings file: `pcfg.toml` in the current folder or the nearest one above that has it.
//!
//! ```toml
//! default = "production"
//!
//! [instances.production]
//! path = "backups/production.zip"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files;
use crate::fault::Fault;
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
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The backup; in the file, relative to the file.
    pub(super) path: PathBuf,
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
        let bytes = files::read(file)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Fault::input(format!("`{}` is not UTF-8", file.display())))?;
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let place = Lines::new(&text).place(error.span().map_or(0, |span| span.start));
            let message = error.message().replace('\n', " ");
            Fault::input(format!("{}:{place}: {message}", file.display()))
                .hint("a settings file has `default = \"NAME\"` and `[instances.NAME]` with `path = \"…\"`")
                .hint_if(quotes(text.lines().nth(place.line - 1).unwrap_or_default()))
        })?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for (name, entry) in &mut settings.instances {
            if entry.path.as_os_str().is_empty() {
                let message = format!("{}: the instance `{name}` has an empty path", file.display());
                return Err(Fault::input(message).hint("write the path of a backup, relative to that file"));
            }
            entry.path = folder.join(&entry.path);
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
