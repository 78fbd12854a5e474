//! Passwords of mail accounts, and where they come from.
//!
//! Invariant: a password is in no settings file, argument, log or error; what is written down is where it comes from.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::private::{self, PrivateFault};

/// No password is longer.
const LONGEST: u64 = 4096;

/// A password. Who prints it prints stars.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// A password of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a password comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordSource {
    /// The first line that a command of the shell prints.
    Command(String),
    /// The first line of a file that nobody else may read.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
}

/// Why a password is not there.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// The command failed.
    #[error("the command of the password failed ({0}): run it yourself to see why")]
    Command(String),
    /// The file.
    #[error(transparent)]
    File(#[from] PrivateFault),
    /// The variable is not there.
    #[error("the variable {0} of the environment, which holds the password, is not set")]
    Env(String),
    /// There is none in it.
    #[error("the password is empty, too long or not text")]
    Empty,
}

impl PasswordSource {
    /// Gets the password; `variable` looks into the environment.
    pub fn read(&self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Password, PasswordFault> {
        let text = match self {
            Self::Command(line) => {
                let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
                let mut command = Command::new(shell);
                command.args([flag, line]).stdin(Stdio::null()).stderr(Stdio::inherit());
                let done = command.output().map_err(|error| PasswordFault::Command(error.to_string()))?;
                if !done.status.success() {
                    return Err(PasswordFault::Command(done.status.to_string()));
                }
                Zeroizing::new(done.stdout)
            }
            Self::File(path) => Zeroizing::new(private::read(path, LONGEST)?),
            Self::Env(name) => {
                Zeroizing::new(variable(name).ok_or_else(|| PasswordFault::Env(name.clone()))?.into_bytes())
            }
        };
        let text = std::str::from_utf8(&text).map_err(|_| PasswordFault::Empty)?;
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() || line.len() as u64 > LONGEST {
            Err(PasswordFault::Empty)
        } else {
            Ok(Password::new(line))
        }
    }
}
