//! How an instance is called: in prompts and results, and in the commands that hints show.
//!
//! Invariant: a command that a hint shows can be pasted as it stands and means the very instance that it speaks of, whatever the
//! environment and pcfg.toml say by then; and no name holds a password.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::settings::Settings;
use crate::fault::Fault;
use crate::instance::{Address, Location, shell_word, without_password};
use crate::rest::Site;

/// What an instance is called.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Called {
    /// What `-i` takes.
    word: String,
    /// The place, without a password.
    place: String,
    is_database: bool,
}

impl Called {
    /// Says how the user calls an instance that was found there.
    pub(in crate::cli) fn new(named: Option<&str>, location: &Location) -> Self {
        let place = location.to_string();
        let is_database = location.abilities().offline;
        let word = match named.filter(|name| !name.is_empty()) {
            // An address may hold a password.
            Some(address) if Address::is_meant(address) || Site::is_meant(address) => place.clone(),
            Some(name) => name.to_owned(),
            None => default_name().unwrap_or_else(|| place.clone()),
        };
        Self { word, place, is_database }
    }

    /// Returns what people call it: its name, with the place in brackets where that says something else.
    pub(in crate::cli) fn title(&self) -> String {
        match self.word == self.place {
            true => self.place.clone(),
            false => format!("{} ({})", self.word, self.place),
        }
    }

    /// Returns a command that looks at the instance, such as `history`.
    pub(in crate::cli) fn reading(&self, command: &str) -> String {
        format!("`{} {command} -i {}`", pcfg(), shell_word(&self.word))
    }

    /// Returns a command that changes the instance, such as `undo 3`.
    pub(in crate::cli) fn writing(&self, command: &str) -> String {
        let offline = if self.is_database { " --offline" } else { "" };
        format!("`{} {command} -i {}{offline}`", pcfg(), shell_word(&self.word))
    }
}

/// Returns this very command with more options, as a shell takes it; `on` is the instance that it works on, if the command is to name it
/// where the user did not. Passwords are left out, so that a command that holds one cannot be pasted.
pub(in crate::cli) fn again(on: Option<&Called>, more: &str) -> String {
    again_without(&[], on, more)
}

/// Returns this very command as a simulation, to which nobody has to agree.
pub(in crate::cli) fn simulated(on: Option<&Called>) -> String {
    again_without(&["-y", "--yes"], on, "--simulate")
}

fn again_without(left_out: &[&str], on: Option<&Called>, more: &str) -> String {
    let words = std::env::args_os().skip(1).map(|word| without_password(&word.to_string_lossy()));
    let words: Vec<String> = words.filter(|word| !left_out.contains(&word.as_str())).collect();
    let is_named =
        |word: &String| word.starts_with("--instance") || (word.starts_with("-i") && !word.starts_with("--"));
    let instance = match on.filter(|_| !words.iter().any(is_named)) {
        Some(called) => format!(" -i {}", shell_word(&called.word)),
        None => String::new(),
    };
    let words: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
    format!("`pcfg {}{instance} {more}`", words.join(" "))
}

/// Returns this very command on another instance, as a shell takes it.
pub(in crate::cli) fn again_on(instance: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut all = std::env::args_os().skip(1).map(|word| without_password(&word.to_string_lossy()));
    while let Some(word) = all.next() {
        match &*word {
            "-i" | "--instance" => drop(all.next()),
            own if own.starts_with("--instance=") || (own.starts_with("-i") && !own.starts_with("--")) => {}
            _ => words.push(shell_word(&word)),
        }
    }
    format!("`pcfg {} -i {}`", words.join(" "), shell_word(instance))
}

/// The folders that the command was run in by `-C`.
static FOLDERS: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// Goes into these folders, one after the other, before anything is looked for.
pub(in crate::cli) fn go_into(folders: &[PathBuf]) -> Result<(), Fault> {
    for folder in folders {
        std::env::set_current_dir(folder).map_err(|error| {
            Fault::usage(format!("cannot go into the folder `{}`", folder.display())).because(&error)
        })?;
    }
    // Whoever comes second has the same command line.
    let _known = FOLDERS.set(folders.to_vec());
    Ok(())
}

/// Returns how a command begins that means the same folder as this one.
fn pcfg() -> String {
    let folders = FOLDERS.get().into_iter().flatten();
    let words = folders.map(|folder| format!(" -C {}", shell_word(&folder.to_string_lossy())));
    format!("pcfg{}", words.collect::<String>())
}

/// Returns the name of the instance that is meant if none is named; nothing if the settings do not say.
fn default_name() -> Option<String> {
    Settings::find().ok().flatten().and_then(|settings| settings.default)
}

/// Returns a command that looks at the instance that the user means, who need not have named one.
pub(in crate::cli) fn reading(named: Option<&str>, command: &str) -> String {
    match named.filter(|name| !name.is_empty()) {
        Some(name) => format!("`{} {command} -i {}`", pcfg(), shell_word(&without_password(name))),
        None => format!("`{} {command}`", pcfg()),
    }
}
