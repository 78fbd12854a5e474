//! `pcfg git merge-driver`: what git runs to merge a file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::input::files;
use super::super::input::side::both;
use super::super::input::sources::{Text, is_configuration_text, is_issue_data_text};
use super::super::{Status, merge as command};
use super::call::line;
use crate::fault::{Fault, Faults};
use crate::merge::{Merged, merge};
use crate::model::{Config, Severity, Side, Sides};
use crate::output::Content;
use crate::ui::{Ui, conflicts_text};
use crate::xml::{self, Beside, Labels};

/// Merge a file, as git asks its merge drivers to
///
/// The result goes into OURS. Exit code: 0 if all could be merged, 1 if there are conflicts, another if a version cannot be
/// understood: then OURS is as it was, and git is to merge text.
#[derive(Debug, clap::Args)]
#[command(
    hide = true,
    after_help = "\
Examples:
  pcfg git merge-driver --path=TST.xml -- BASE OURS THEIRS"
)]
pub(super) struct Arguments {
    base: PathBuf,
    ours: PathBuf,
    theirs: PathBuf,
    /// How many characters a mark has (%L)
    #[arg(long, default_value_t = 7)]
    size: usize,
    /// The file that is merged, for messages (%P)
    #[arg(long)]
    path: Option<OsString>,
    /// What to call the base (%S)
    #[arg(long)]
    base_name: Option<OsString>,
    /// What to call our side (%X)
    #[arg(long)]
    our_name: Option<OsString>,
    /// What to call their side (%Y)
    #[arg(long)]
    their_name: Option<OsString>,
    /// Take what was there before where there is a conflict: the result is only the base of another merge
    #[arg(long)]
    keep_base: bool,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let Arguments { base, ours, theirs, .. } = arguments;
    let bytes = Sides { base: files::read(base)?, ours: files::read(ours)?, theirs: files::read(theirs)? };
    let sides = [&bytes.ours, &bytes.theirs];
    let [is_data, is_any_data] = [
        sides.into_iter().all(|bytes| is_issue_data_text(bytes)),
        sides.into_iter().any(|bytes| is_issue_data_text(bytes)),
    ];
    let is_any_configuration = sides.into_iter().any(|bytes| is_configuration_text(bytes));
    if !is_data && (!is_any_configuration || is_any_data) {
        // Nothing to tell: git is to merge other files as ever.
        return Ok(Status::Refused);
    }
    // A name that is no text is shown as well as it goes.
    let name =
        |name: &Option<OsString>, otherwise: &str| match name.as_ref().map(|name| name.to_string_lossy()) {
            // A git that does not know a letter leaves it as it is.
            Some(name) if !["", "%S", "%X", "%Y"].contains(&&*name) => name.into_owned(),
            _ => otherwise.to_owned(),
        };
    let names = Sides {
        base: name(&arguments.base_name, "base"),
        ours: name(&arguments.our_name, "ours"),
        theirs: name(&arguments.their_name, "theirs"),
    };
    let path = name(&arguments.path, &ours.display().to_string());
    let base = || match bytes.base.is_empty() {
        true => Ok(None),
        false => read(&bytes.base, &path, &names.base).map(Some),
    };
    let sides =
        || both(|| read(&bytes.ours, &path, &names.ours), || read(&bytes.theirs, &path, &names.theirs));
    let (base, (ours_read, theirs_read)) = both(base, sides);
    let (base, ours_read, theirs_read) = (base?, ours_read?, theirs_read?);
    let mut merged = merge(base.as_ref().map(|(config, _)| config), &ours_read.0, &theirs_read.0);
    let beside =
        Beside::merged(&base.map(|(_, beside)| beside).unwrap_or_default(), ours_read.1, theirs_read.1);
    if let (Merged::Disputed(disputed), true) = (&merged, arguments.keep_base) {
        // What both sides added was not there before; where an element cannot be without it, one side is as good as the other.
        let readable = |config: &Config| Text::of_any(xml::to_string(config).as_bytes()).problems.is_empty();
        let config = disputed.side(Side::Base).filter(readable).or_else(|| disputed.side(Side::Ours));
        merged = config.map_or(merged, Merged::Clean);
    }
    let mut shown = names.map(|name| Some(name.clone()));
    if matches!(merged, Merged::Disputed(_)) {
        let style = line(&["config", "merge.conflictStyle"])?;
        shown.base = shown.base.filter(|_| matches!(style.as_deref(), Some("diff3" | "zdiff3")));
    }
    let labels = Labels { size: arguments.size, names: shown };
    let mut result = Vec::with_capacity(bytes.ours.len().max(bytes.theirs.len()));
    command::written(&merged, &labels, &beside, &mut result);
    if result != bytes.ours {
        write(ours, &result)?;
    }
    match &merged {
        Merged::Clean(_) => Ok(Status::Fine),
        Merged::Disputed(disputed) => {
            ui.note(&format!("{path}: both sides want different things; `pcfg validate` shows them again"));
            ui.shown(&conflicts_text(&disputed.conflicts(), &labels.names));
            Ok(Status::Found)
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    files::replace(path, Content::Configuration, bytes)
}

/// Reads a version. Why it cannot be understood is told: nobody would guess why it was merged as text.
fn read(bytes: &[u8], path: &str, name: &str) -> Result<(Config, Beside), Fault> {
    let Text { root, beside, problems, .. } = Text::of_any(bytes);
    let error = problems.iter().find(|problem| problem.severity == Severity::Error);
    match (root, error) {
        (Some(root), None) => Ok((Config::new(root), beside)),
        (_, error) => {
            let message = format!("`{path}` is merged as text: its version `{name}` cannot be understood");
            let fault = Fault::input(message);
            Err(match error {
                Some(problem) => fault.because(&std::io::Error::other(problem.message.clone())),
                None => fault,
            })
        }
    }
}
