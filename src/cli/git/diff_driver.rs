//! `pcfg git diff-driver`: what `git diff` runs to show how a file changes.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::super::Status;
use super::super::input::files;
use super::super::input::side::both;
use super::super::input::sources::{Text, is_configuration_text, is_issue_data_text};
use super::call::{git, line};
use crate::compare::{DataDifference, Side, compare};
use crate::fault::{Fault, Faults};
use crate::model::{Element, Severity, canonicalize};
use crate::plan::Description;
use crate::ui::{Ui, bold, plan_text};
use crate::xml;

/// Show how a file changes, as git asks its diff drivers to
#[derive(Debug, clap::Args)]
#[command(
    hide = true,
    after_help = "\
Examples:
  pcfg git diff-driver TST.xml OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE"
)]
pub(super) struct Arguments {
    /// The path; the old file, its hash and its mode; the new one; and, of a renamed file, its new path and what git says of it
    #[arg(required = true, num_args = 1..=9)]
    parts: Vec<OsString>,
    /// Whether git shows the output in a pager
    #[arg(long, env = "GIT_PAGER_IN_USE", hide = true)]
    pager: Option<OsString>,
}

/// A version of the file.
struct Version {
    file: PathBuf,
    hash: String,
    mode: String,
}

impl Version {
    fn is_there(&self) -> bool {
        self.file != Path::new("/dev/null")
    }

    fn read(&self) -> Result<Vec<u8>, Fault> {
        if self.is_there() { files::read(&self.file) } else { Ok(Vec::new()) }
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let [path, versions @ ..] = &arguments.parts[..] else { return Ok(Status::Fine) };
    // A name that is no text is shown as well as it goes.
    let shown = |name: &OsStr| name.to_string_lossy().into_owned();
    let [old_file, old_hash, old_mode, new_file, new_hash, new_mode, renamed @ ..] = versions else {
        // A file that is not merged yet has no versions to compare.
        ui.text(&format!("* Unmerged path {}\n", shown(path)))?;
        return Ok(Status::Fine);
    };
    let version = |file: &OsStr, hash: &OsStr, mode: &OsStr| Version {
        file: PathBuf::from(file),
        hash: shown(hash),
        mode: shown(mode),
    };
    let old = version(old_file, old_hash, old_mode);
    let new = version(new_file, new_hash, new_mode);
    let paths = [path, renamed.first().unwrap_or(path)].map(|path| shown(path));
    let bytes = [old.read()?, new.read()?];
    let is_same = bytes[0] == bytes[1];
    let mut text = heading(&paths, [&old, &new], renamed.get(1).map(|told| shown(told)), is_same);
    let difference = || match is_same {
        true => Some(String::new()),
        false => difference([&old, &new], &bytes),
    };
    let (difference, color) = both(difference, || is_colored(arguments.pager.is_some()));
    let color = color?;
    let ui = &Ui::new(ui.talk(), if color { ColorChoice::Always } else { ColorChoice::Never });
    match difference {
        Some(shown) => text.push_str(&shown),
        None => text.push_str(&text_difference(&old, &new, color)?),
    }
    ui.text(&text)?;
    Ok(Status::Fine)
}

/// Asks git whether to use colours.
fn is_colored(in_pager: bool) -> Result<bool, Fault> {
    let seen = (in_pager || std::io::stdout().is_terminal()).to_string();
    Ok(line(&["config", "--get-colorbool", "color.diff", &seen])?.as_deref() == Some("true"))
}

/// Returns the lines that git puts above the changes of a file. Where only the mode or the name differs, there are fewer.
fn heading(paths: &[String; 2], [old, new]: [&Version; 2], renamed: Option<String>, is_same: bool) -> String {
    // Git writes an absolute path, as `--no-index` has it, in this way too.
    let [old_path, new_path] = paths.each_ref().map(|path| path.trim_start_matches('/'));
    let mut lines = vec![format!("diff --git a/{old_path} b/{new_path}")];
    match (old.is_there(), new.is_there()) {
        (false, _) => lines.push(format!("new file mode {}", new.mode)),
        (_, false) => lines.push(format!("deleted file mode {}", old.mode)),
        _ if old.mode != new.mode => {
            lines.extend([format!("old mode {}", old.mode), format!("new mode {}", new.mode)]);
        }
        _ => {}
    }
    match renamed {
        Some(told) => lines.extend(told.lines().map(str::to_owned)),
        None if is_same && old.is_there() && new.is_there() => {}
        None => {
            // Of a file in the work tree git tells no hash.
            let short = |hash: &str| hash.get(..7).unwrap_or("0000000").to_owned();
            let is_known = |version: &Version| version.hash.bytes().any(|byte| byte != b'0' && byte != b'.');
            if is_known(new) || !new.is_there() {
                lines.push(format!("index {}..{}", short(&old.hash), short(&new.hash)));
            }
        }
    }
    let name = |version: &Version, side: &str, path: &str| match version.is_there() {
        true => format!("{side}/{path}"),
        false => "/dev/null".to_owned(),
    };
    if !is_same {
        lines.push(format!("--- {}", name(old, "a", old_path)));
        lines.push(format!("+++ {}", name(new, "b", new_path)));
    }
    lines.into_iter().map(|line| format!("{}\n", bold(&line))).collect()
}

/// Returns the difference of two configurations, or of two pieces of issue data; `None` if they are neither, or cannot be understood.
fn difference([old, new]: [&Version; 2], bytes: &[Vec<u8>; 2]) -> Option<String> {
    let description = match bytes.iter().any(|own| is_issue_data_text(own)) {
        true => of_issues([old, new], bytes)?,
        false => of_configurations([old, new], bytes)?,
    };
    if description.steps.is_empty() && old.is_there() && new.is_there() {
        return Some("only the spelling or the order of sets differs\n".to_owned());
    }
    Some(plan_text(&description, None))
}

fn of_configurations(
    [old, new]: [&Version; 2],
    [old_bytes, new_bytes]: &[Vec<u8>; 2],
) -> Option<Description> {
    let (old_text, new_text) = (text(old, old_bytes)?, text(new, new_bytes)?);
    let (old_side, new_side) = both(|| side(old, &old_text), || side(new, &new_text));
    Some(compare(&old_side?, &new_side?).describe())
}

fn of_issues([old, new]: [&Version; 2], [old_bytes, new_bytes]: &[Vec<u8>; 2]) -> Option<Description> {
    let (old_root, new_root) = both(|| issues(old, old_bytes), || issues(new, new_bytes));
    let mut description = compare(&Side::default(), &Side::default()).describe();
    DataDifference::of(old_root?.as_ref(), new_root?.as_ref()).add_to(&mut description);
    Some(description)
}

/// Returns the issue data of a version, if it can be understood; nothing of a version that is not there.
fn issues(version: &Version, bytes: &[u8]) -> Option<Option<Element>> {
    if !version.is_there() {
        return Some(None);
    }
    let Text { root, problems, .. } = Text::of_any(bytes);
    let is_whole = problems.iter().all(|problem| problem.severity != Severity::Error);
    let mut root = root.filter(|_| is_whole && is_issue_data_text(bytes))?;
    canonicalize(&mut root);
    Some(Some(root))
}

/// Returns the text of a configuration; nothing of a version that is not there.
fn text<'a>(version: &Version, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    let (text, damage) = xml::decode(bytes);
    let is_configuration = damage.is_empty() && is_configuration_text(text.as_bytes());
    (is_configuration || !version.is_there()).then_some(text)
}

/// Returns what is compared of a version, if it can be understood.
fn side<'a>(version: &Version, text: &'a str) -> Option<Side<'a>> {
    if !version.is_there() {
        return Some(Side::default());
    }
    let (side, problems) = Side::read(text);
    problems.iter().all(|problem| problem.severity != Severity::Error).then_some(side)
}

/// Returns the difference as git shows it of text, from its first hunk on.
fn text_difference(old: &Version, new: &Version, color: bool) -> Result<String, Fault> {
    let color = if color { "--color=always" } else { "--color=never" };
    let (old, new) = (old.file.as_os_str(), new.file.as_os_str());
    let options = ["diff", "--no-index", "--no-ext-diff", "--no-textconv", color, "--"].map(OsStr::new);
    let output = git(options.into_iter().chain([old, new]), b"")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_header = |line: &&str| {
        let plain = anstream::adapter::strip_str(line).to_string();
        !plain.starts_with("@@") && !plain.starts_with("Binary files")
    };
    let header: usize = text.split_inclusive('\n').take_while(is_header).map(str::len).sum();
    Ok(text[header..].to_owned())
}
