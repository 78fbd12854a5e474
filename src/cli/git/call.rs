//! Runs git, as a process and never through a shell.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::fault::Fault;

/// Runs git with a text on its standard input, and returns what it did, whatever that was.
pub(in crate::cli) fn git<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
) -> Result<Output, Fault> {
    let mut command = Command::new("git");
    // Its messages are told in one language, as all the rest is.
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |error: std::io::Error| {
        Fault::input("cannot run `git`").because(&error).hint("install git, and make sure that it is in PATH")
    };
    let mut child = command.spawn().map_err(failed)?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // Git answers while it reads: whoever writes all before reading anything could wait forever.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
        child.wait_with_output().map_err(failed)
    })
}

/// Runs git, and returns what it says on standard output; if it fails, why.
pub(super) fn asked(arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Fault> {
    let output = git(arguments, input)?;
    if output.status.success() { Ok(output.stdout) } else { Err(refused(arguments, &output)) }
}

/// Returns the first line that git says, if it knows an answer.
pub(in crate::cli) fn line(arguments: &[&str]) -> Result<Option<String>, Fault> {
    let output = git(arguments, b"")?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned();
    Ok((output.status.success() && !text.is_empty()).then_some(text))
}

/// Says what git did not do.
pub(super) fn refused(arguments: &[&str], output: &Output) -> Fault {
    let message = String::from_utf8_lossy(&output.stderr);
    let fault = Fault::input(format!("`git {}` failed", arguments.join(" ")));
    let reason = message.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
    let fault = if reason.is_empty() { fault } else { fault.because(&std::io::Error::other(reason)) };
    match message.contains("not a git repository") {
        true => {
            fault.hint("change to a folder of a repository, or set up all your repositories with --global")
        }
        false => fault,
    }
}
