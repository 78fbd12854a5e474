//! `pcfg git install` and `uninstall`: what git has to know.
//!
//! Both the drivers and the patterns are settings of the repository (or of the user), never files of the work tree: they
//! hold for all branches and old commits, and nothing has to be committed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::Status;
use super::super::input::files;
use super::super::input::sources::is_ours;
use super::attributes;
use super::call::{asked, git, line, refused};
use crate::fault::{Fault, Faults, Kind};
use crate::output::Content;
use crate::ui::{Ui, plural};

/// Set up git to compare and merge object by object and, with --hook, to check what is committed
///
/// `git diff` then shows which objects change, `git log -p`, `git show` and `git blame` show configurations as lines of
/// properties with their objects, and merges, rebases and cherry-picks work object by object. Where pcfg is missing,
/// a file is not a configuration, or a version of it cannot be understood, git compares and merges lines as usual.
///
/// The settings are written to the configuration of the repository and its info/attributes, so nothing has to be
/// committed and other clones do not change. Tracked files that match the pattern but are not configurations are left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg git install                            For all .xml files of this repository
  pcfg git install --pattern 'config/*.xml' --pattern jira.xml
  pcfg git install --hook                     And check what is committed
  pcfg git install --global                   For all of your repositories

Installing again updates the settings; without --pattern the patterns stay.
An existing pre-commit hook stays as it is (exit code 4).")]
pub(super) struct InstallArguments {
    /// Set up all your repositories, not only this one
    #[arg(long, conflicts_with = "hook")]
    global: bool,
    /// Which files, as in .gitattributes; may be repeated [default: *.xml]
    #[arg(long = "pattern", value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Add a pre-commit hook that checks the configurations to be committed
    #[arg(long)]
    hook: bool,
}

/// Remove what `pcfg git install` has set up
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg git uninstall                          From this repository, including the hook
  pcfg git uninstall --global")]
pub(super) struct UninstallArguments {
    /// Remove what was installed for all your repositories
    #[arg(long)]
    global: bool,
}

/// The settings. Shells of git run them: what does not work falls back to what git does with text. With %P, %S, %X and %Y git
/// puts in names that it has quoted.
const SETTINGS: [(&str, &str); 7] = [
    ("merge.pcfg.name", "Jira configurations, object by object (pcfg)"),
    (
        "merge.pcfg.driver",
        "pcfg git merge-driver --size=%L --path=%P --base-name=%S --our-name=%X --their-name=%Y -- %O %A %B; \
         code=$?; test $code -le 1 && exit $code; \
         git merge-file --marker-size=%L -L %X -L %S -L %Y %A %O %B",
    ),
    ("merge.pcfg.recursive", "pcfg-base"),
    ("merge.pcfg-base.name", "Jira configurations that are bases of a merge (pcfg)"),
    (
        "merge.pcfg-base.driver",
        "pcfg git merge-driver --size=%L --path=%P --keep-base -- %O %A %B; \
         code=$?; test $code -le 1 && exit $code; \
         git merge-file --marker-size=%L %A %O %B",
    ),
    ("diff.pcfg.textconv", "f() { pcfg git textconv -- \"$1\" 2>/dev/null || cat -- \"$1\"; }; f"),
    (
        "diff.pcfg.command",
        "f() { pcfg git diff-driver -- \"$@\" && return; \
         printf 'diff --git a/%s b/%s\\n' \"$1\" \"$1\"; \
         diff -u -L \"a/$1\" -L \"b/$1\" -- \"$2\" \"$5\"; :; }; f",
    ),
];

const DEFAULT_PATTERN: &str = "*.xml";

/// At most so many files are left out one by one.
const MOST_OTHERS: usize = 50;

const HOOK: &str = "#!/bin/sh
# Made by `pcfg git install --hook`; `pcfg git uninstall` removes it.
if ! command -v pcfg >/dev/null 2>&1; then
    echo 'pcfg is not in PATH: the configurations in this commit are not checked' >&2
    exit 0
fi
exec pcfg git hook
";

pub(super) fn install(ui: &Ui, arguments: &InstallArguments) -> Result<Status, Faults> {
    if let Some(wrong) = arguments.patterns.iter().find(|own| own.starts_with('!') || own.trim().is_empty()) {
        return Err(Fault::usage(format!("`{wrong}` is not a git attributes pattern"))
            .hint("a pattern says which files are meant, such as `*.xml` or `config/*.xml`")
            .into());
    }
    let place = place(arguments.global);
    let path = attributes_file(arguments.global)?;
    let before = read(&path)?;
    let patterns = match (&arguments.patterns[..], attributes::without(&before).1) {
        ([], kept) if kept.is_empty() => vec![DEFAULT_PATTERN.to_owned()],
        ([], kept) => kept,
        (named, _) => named.to_vec(),
    };
    let installed = attributes::with(&before, &patterns, &[]);
    write(&path, &before, &installed)?;
    if let Err(fault) = set(place) {
        // All or nothing; that it cannot be done is what there is to tell.
        write(&path, &installed, &before)?;
        return Err(fault.into());
    }
    if !arguments.global {
        let others = others()?;
        if others.len() <= MOST_OTHERS {
            let now = read(&path)?;
            write(&path, &now, &attributes::with(&before, &patterns, &others))?;
        } else {
            ui.warning(&format!(
                "{} matching the pattern are not configurations: `git diff` compares them without its \
                 options, such as -w; choose others with --pattern",
                plural(others.len(), "file")
            ));
        }
    }
    let shown: Vec<String> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
    let whose = if arguments.global { "your repositories" } else { "this repository" };
    ui.note(&format!("git now compares and merges {} of {whose} with pcfg", shown.join(", ")));
    warn_of_path(ui);
    if arguments.hook {
        install_hook(ui)?;
    }
    Ok(Status::Fine)
}

/// Makes git run pcfg for files that a committed file of attributes names.
pub(in crate::cli) fn drivers(ui: &Ui) -> Result<(), Fault> {
    set(place(false))?;
    warn_of_path(ui);
    Ok(())
}

fn set(place: &str) -> Result<(), Fault> {
    SETTINGS.iter().try_for_each(|(key, value)| asked(&["config", place, key, value], b"").map(drop))
}

fn warn_of_path(ui: &Ui) {
    if !is_in_path() {
        ui.warning("pcfg is not in PATH, where git looks for it: until then, git compares and merges text");
    }
}

pub(super) fn uninstall(ui: &Ui, arguments: &UninstallArguments) -> Result<Status, Faults> {
    let place = place(arguments.global);
    let path = attributes_file(arguments.global)?;
    let before = read(&path)?;
    let (after, patterns) = attributes::without(&before);
    let mut was_there = !patterns.is_empty();
    write(&path, &before, &after)?;
    for (key, _) in SETTINGS {
        let arguments = ["config", place, "--unset-all", key];
        let output = git(arguments, b"")?;
        match output.status.code() {
            Some(0) => was_there = true,
            // It was not set.
            Some(5) => {}
            _ => return Err(refused(&arguments, &output).into()),
        }
    }
    if !arguments.global {
        let hook = hook_path()?;
        if fs::read_to_string(&hook).is_ok_and(|text| text == HOOK) {
            fs::remove_file(&hook).map_err(|error| cannot_change(&hook, &error))?;
            was_there = true;
        }
    }
    ui.note(if was_there {
        "git compares and merges configurations as text again"
    } else {
        "nothing was installed"
    });
    Ok(Status::Fine)
}

fn place(global: bool) -> &'static str {
    if global { "--global" } else { "--local" }
}

/// Returns the file of attributes: that of the repository that is not committed, or that of the user.
fn attributes_file(global: bool) -> Result<PathBuf, Fault> {
    if !global {
        return path_of(&asked(&["rev-parse", "--git-path", "info/attributes"], b"")?);
    }
    let set = line(&["config", "--global", "--type=path", "--get", "core.attributesFile"])?;
    // `git var` knows it since git 2.42.
    let known = match set {
        None => line(&["var", "GIT_ATTR_GLOBAL"])?,
        set => set,
    };
    known.map(PathBuf::from).ok_or_else(|| {
        Fault::input("git does not say where your attributes file is")
            .hint("name a file: `git config --global core.attributesFile ~/.gitattributes`")
    })
}

fn path_of(line: &[u8]) -> Result<PathBuf, Fault> {
    match std::str::from_utf8(line) {
        Ok(path) => Ok(PathBuf::from(path.trim_end_matches(['\n', '\r']))),
        Err(_) => Err(Fault::input("the path of the repository is not UTF-8")),
    }
}

fn read(path: &Path) -> Result<String, Fault> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Fault::input(format!("cannot read `{}`", path.display())).because(&error)),
    }
}

/// Writes a file of attributes; one that would be empty goes.
fn write(path: &Path, before: &str, after: &str) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    if after.is_empty() {
        return fs::remove_file(path).map_err(|error| cannot_change(path, &error));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| cannot_change(folder, &error))?;
    }
    files::replace(path, Content::Lines, after.as_bytes())
}

fn cannot_change(path: &Path, error: &io::Error) -> Fault {
    Fault::output(format!("cannot change `{}`", path.display())).because(error)
}

/// Returns the files that git knows, the pattern names, and are no configurations.
fn others() -> Result<Vec<String>, Fault> {
    let Some(top) = line(&["rev-parse", "--show-toplevel"])? else { return Ok(Vec::new()) };
    let listed = asked(&["-C", &top, "ls-files", "-z"], b"")?;
    let marked = marked(&["-C", &top], &listed)?;
    let names = marked.into_iter().filter_map(|name| String::from_utf8(name).ok());
    let is_other = |name: &String| matches!(is_ours(&Path::new(&top).join(name)), Ok(false));
    Ok(names.filter(is_other).collect())
}

/// Returns those of these files that git gives to pcfg; both lists end each name with a NUL.
pub(super) fn marked(options: &[&str], names: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    let answer = asked(&[options, &["check-attr", "-z", "--stdin", "merge"]].concat(), names)?;
    let fields: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    let of_pcfg = fields.chunks_exact(3).filter(|fields| fields[2] == b"pcfg");
    Ok(of_pcfg.map(|fields| fields[0].to_vec()).collect())
}

/// Returns whether the shell in which git runs drivers finds the program.
fn is_in_path() -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", "command -v pcfg"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn hook_path() -> Result<PathBuf, Fault> {
    path_of(&asked(&["rev-parse", "--git-path", "hooks/pre-commit"], b"")?)
}

fn install_hook(ui: &Ui) -> Result<(), Fault> {
    const HINT: &str = "have it run `pcfg git hook`, and stop the commit if that fails";
    let path = hook_path()?;
    if let Some(folder) = line(&["config", "core.hooksPath"])? {
        return Err(
            Fault::new(Kind::Refused, format!("hooks are in `{folder}`, and stay as they are")).hint(HINT)
        );
    }
    match fs::read_to_string(&path) {
        Ok(text) if text == HOOK => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => {
            let message = format!("there already is a hook `{}`, which stays as it is", path.display());
            return Err(Fault::new(Kind::Refused, message).hint(HINT));
        }
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| cannot_change(folder, &error))?;
    }
    files::replace(&path, Content::Lines, HOOK.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(|error| cannot_change(&path, &error))?;
    }
    ui.note("commits are checked by a pre-commit hook");
    Ok(())
}
