//! Runs the `pcfg` command in a folder of its own.
//!
//! The environment is empty, and what the command did is one text: standard output, then `--- stderr`, then
//! `--- exit n`, with the folder written as `[DIR]`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder, and the command in it.
pub(crate) struct Env {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Env {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for the commands to come.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders that it needs.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Returns the names of all files in the folder, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns the command, ready to run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pcfg"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        // Whoever runs the tests is nobody that a snapshot knows.
        command.env("USER", "somebody");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs pcfg on a terminal of its own, as `script` makes one, and answers its questions; nothing where there is no `script`.
    pub(crate) fn on_terminal(&self, arguments: &str, answers: &str) -> Option<(String, Option<i32>)> {
        if Command::new("script").arg("--version").output().is_err() {
            crate::skip::skipped(crate::skip::Need::Tool("script", "bsdutils"), "a terminal");
            return None;
        }
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_pcfg"));
        let mut child = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(self.path(""))
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.as_mut().unwrap().write_all(answers.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Some((String::from_utf8(output.stdout).unwrap(), output.status.code()))
    }

    /// Runs the command and returns what it did.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        self.render(&self.command(arguments).output().unwrap())
    }

    /// Runs the command with a text on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> String {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref().to_vec();
        // A command that stops reading early must not stop the test.
        let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
        let output = child.wait_with_output().unwrap();
        let _complete = writer.join().unwrap();
        self.render(&output)
    }

    fn render(&self, output: &Output) -> String {
        let folder = self.folder.path().to_str().unwrap();
        let canonical = self.folder.path().canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.replace(canonical.to_str().unwrap(), "[DIR]").replace(folder, "[DIR]")
        };
        let mut shown = text(&output.stdout);
        if !output.stderr.is_empty() {
            shown.push_str("--- stderr\n");
            shown.push_str(&text(&output.stderr));
        }
        let code = output.status.code().map_or("by a signal".to_owned(), |code| code.to_string());
        shown.push_str(&format!("--- exit {code}\n"));
        shown
    }
}

/// Returns a file of `testdata/`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}
