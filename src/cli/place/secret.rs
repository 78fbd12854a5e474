//! Where secrets come from: commands that write them, and files that nobody else can read.
//!
//! Invariant: what is found is a [`Secret`] at once, and no message holds it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::super::input::files;
use crate::fault::Fault;
use crate::instance::shell_word;
use crate::secret::Secret;

/// Runs a command, whose first line of output is a secret; the setting names the command.
pub(in crate::cli) fn of_command(command: &[String], setting: &str) -> Result<Secret, Fault> {
    let (program, arguments) = command.split_first().expect("settings have no empty command");
    let failed = || Fault::input(format!("the command `{program}` of `{setting}` failed"));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::inherit())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed().because(&error).hint(format!("correct `{setting}` in pcfg.toml")))?;
    if !output.status.success() {
        return Err(failed().hint(format!("it says why above; it ended with {}", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| failed().hint("its output is not UTF-8"))?;
    match first_line(&text) {
        Some(line) => Ok(Secret::new(line)),
        None => Err(failed().hint("it must write the secret to standard output")),
    }
}

/// Reads a file, whose first line is a secret.
pub(in crate::cli) fn of_file(file: &Path) -> Result<Secret, Fault> {
    check(file, "the token file")?;
    let bytes = files::read_as(file, files::Kind::Secrets, &|_| Ok(()))?;
    let text = std::str::from_utf8(&bytes).ok().and_then(first_line);
    text.map(Secret::new).ok_or_else(|| {
        Fault::input(format!("there is no token in `{}`", file.display()))
            .hint("write it into the first line, and nothing else")
    })
}

/// Refuses a file of secrets that others can read.
#[cfg(unix)]
pub(in crate::cli) fn check(file: &Path, what: &str) -> Result<(), Fault> {
    if let Ok(metadata) = file.metadata()
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        let word = shell_word(&file.to_string_lossy());
        return Err(Fault::input(format!("others can read {what} `{}`", file.display()))
            .hint(format!("`chmod 600 {word}`")));
    }
    Ok(())
}

/// Elsewhere nobody can tell by a number.
#[cfg(not(unix))]
pub(in crate::cli) fn check(_: &Path, _: &str) -> Result<(), Fault> {
    Ok(())
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().next().map(str::trim).filter(|line| !line.is_empty())
}
