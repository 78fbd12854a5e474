//! `pcfg git textconv`: a configuration, or issue data, as lines that can be compared one by one.

use std::path::PathBuf;

use super::super::Status;
use super::super::input::files;
use super::super::input::sources::Text;
use crate::fault::Faults;
use crate::model::{Element, Severity, Side, canonicalize};
use crate::ui::{Ui, outline};
use crate::xml::{self, Region};

/// Show a configuration as lines of properties, each with its object
///
/// What is no configuration, or cannot be understood, is shown as it is.
#[derive(Debug, clap::Args)]
#[command(
    hide = true,
    after_help = "\
Examples:
  pcfg git textconv TST.xml"
)]
pub(super) struct Arguments {
    file: PathBuf,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let bytes = files::read(&arguments.file)?;
    let (text, problems) = xml::decode(&bytes);
    let regions = xml::regions(&text);
    let shown = match &regions[..] {
        _ if !problems.is_empty() => None,
        [] => read(&text).map(|root| outline(&root)),
        [first, ..] => {
            let side = |side| read(&xml::view(&text, &regions, side)).map(|root| outline(&root));
            side(Side::Ours).zip(side(Side::Theirs)).map(|(ours, theirs)| conflicting(&ours, &theirs, first))
        }
    };
    ui.data(shown.as_deref().map_or(&bytes, str::as_bytes))?;
    Ok(Status::Fine)
}

fn read(text: &str) -> Option<Element> {
    let Text { root, problems, .. } = Text::of_any(text.as_bytes());
    let is_whole = problems.iter().all(|problem| problem.severity != Severity::Error);
    let mut root = root.filter(|_| is_whole)?;
    canonicalize(&mut root);
    Some(root)
}

/// Returns the lines of both sides: once where they are equal, and else between marks.
fn conflicting(ours: &str, theirs: &str, region: &Region) -> String {
    let difference = similar::TextDiff::from_lines(ours, theirs);
    let mut text = String::new();
    for operation in difference.ops() {
        let old: String = operation.old_range().filter_map(|line| difference.old_slice(line)).collect();
        let new: String = operation.new_range().filter_map(|line| difference.new_slice(line)).collect();
        if operation.tag() == similar::DiffTag::Equal {
            text.push_str(&old);
        } else {
            let names = &region.names;
            text.push_str(&format!("<<<<<<< {}\n{old}=======\n{new}>>>>>>> {}\n", names.ours, names.theirs));
        }
    }
    text
}
