//! Long texts go through the user's pager, as git shows them.
//!
//! Invariant: a pager that cannot be run, or ends early, loses nothing: the text is shown without it, or was not wanted.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use super::Ui;
use super::output::tamed;
use crate::fault::Fault;

impl Ui {
    /// Writes a result that people read, through a pager (a command for the shell) if there is one.
    pub fn paged(&self, text: &str, pager: Option<&Pager>) -> Result<(), Fault> {
        let Some(Pager(command)) = pager else { return self.text(text) };
        let stripped;
        let shown = if self.colors_text() {
            text
        } else {
            stripped = anstream::adapter::strip_str(text).to_string();
            &stripped
        };
        match run(command, &self.fitted(&tamed(shown))) {
            Ok(()) => Ok(()),
            Err(error) => {
                self.warning(&format!("cannot run the pager `{command}`: {error}"));
                self.text(text)
            }
        }
    }
}

/// A command that shows text page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager(String);

impl Pager {
    /// Returns the pager of the first setting that is there; `None` if it says that there is none. Without a setting it is
    /// `less`.
    pub fn of(settings: impl IntoIterator<Item = String>) -> Option<Self> {
        let command = settings.into_iter().next().unwrap_or_else(|| "less".to_owned());
        (!command.trim().is_empty() && command.trim() != "cat").then_some(Self(command))
    }
}

fn run(command: &str, text: &str) -> io::Result<()> {
    let mut process = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
    process.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(command).stdin(Stdio::piped());
    // What git sets: leave at the end of a short text, show colours, keep the text on the screen.
    let is_unset = |name: &str| {
        #[allow(clippy::disallowed_methods, reason = "what a pager needs, unless the user has set it")]
        std::env::var_os(name).is_none()
    };
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if is_unset(name) {
            process.env(name, value);
        }
    }
    let mut child = process.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    /// What a shell says of a command that is not there.
    const NOT_FOUND: i32 = 127;
    match child.wait()?.code() {
        Some(NOT_FOUND) => Err(io::Error::new(io::ErrorKind::NotFound, "there is no such command")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cat_and_nothing_are_no_pager() {
        let of = |settings: &[&str]| Pager::of(settings.iter().map(|own| (*own).to_owned()));
        assert_eq!(of(&["most -x", "less"]), Some(Pager("most -x".to_owned())));
        assert_eq!(of(&[]), Some(Pager("less".to_owned())));
        assert_eq!(of(&["", "less"]), None);
        assert_eq!(of(&["cat"]), None);
    }
}
