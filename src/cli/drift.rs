//! `pcfg drift`: tells whether an instance still is as the committed files say.

use std::path::PathBuf;

use super::change::left;
use super::input::side::{self, Loaded, Selection, Understood};
use super::input::sources::{self, Source, Text};
use super::place;
use super::place::session::Recording;
use super::result::destination::Destination;
use super::result::report::{Compared, Manner};
use super::{Instance, Status};
use crate::compare::{Side, with_lost_of};
use crate::fault::{Fault, Faults};
use crate::instance::{shell_word, without_password};
use crate::model::Config;
use crate::ui::{Ui, plural};
use crate::xml;

/// Check whether an instance still matches its configuration files
///
/// The projects of each file are exported again, with the options that the file was exported with, and compared with
/// it. Changes are shown from the file to the instance: `+` was added in Jira, `-` was removed there, `~` was changed there.
///
/// Right after importing the file, there is no drift: where the import had to leave the instance different from the
/// file (docs/importing.md lists the cases), its journal says so, and that is not reported until it changes or the import is undone.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders with configuration files in them, or `-` for standard input; the default is the current folder
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    recording: Recording,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// Compare the file byte by byte with a new export, including what an import left different
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    selection: Selection,
}

const EXAMPLES: &str = "\
Examples:
  pcfg drift                               Compare all files of this folder with the default instance
  pcfg drift TST.xml -i production         Compare one file
  pcfg drift TST.xml --exact               Would an export give exactly this file?
  pcfg drift config/ --format markdown     A report for the comment of a review
  pcfg drift --stat || echo somebody has changed something

docs/ci/ has jobs for GitHub and GitLab that do it every night. Exit code: 0 if nothing has changed, 1 if something has,
3 if a file or the instance cannot be read, or a project is missing.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let (sources, mut faults) = sources::find(paths)?;
    // Told once, and not for every file.
    place::existing(arguments.instance.named())?;
    let (mut compared, mut drifted) = (Vec::new(), 0);
    for source in &sources {
        match one(ui, arguments, source) {
            Ok(own) => {
                own.bytes.iter().for_each(|note| ui.note(note));
                drifted += usize::from(own.has_drifted);
                compared.push(own.compared);
            }
            Err(own) => faults.extend(own.0),
        }
    }
    if let Err(fault) = arguments.recording.write(ui) {
        faults.push(fault);
    }
    arguments.manner.show_all(ui, &compared)?;
    match (compared.len(), drifted) {
        (0, _) => {}
        (all, 0) => ui.note(&format!("no drift in {}", plural(all, "file"))),
        (all, drifted) => ui.note(&format!("drift in {drifted} of {}", plural(all, "file"))),
    }
    match (faults.is_empty(), drifted) {
        (false, _) => Err(Faults(faults)),
        (true, 0) => Ok(Status::Fine),
        (true, _) => Ok(Status::Found),
    }
}

/// Compares one file with the instance.
fn one(ui: &Ui, arguments: &Arguments, source: &Source) -> Result<Checked, Faults> {
    let name = source.name();
    let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
    let loaded = Loaded(vec![(name.clone(), source.read()?)]);
    let file = Understood::told(ui, &loaded);
    side::tell(ui, &[&file])?;
    let keys = file.side.projects();
    if keys.is_empty() {
        return Err(
            Fault::input(format!("`{name}` describes no project, so there is nothing to compare")).into()
        );
    }
    let instance = arguments.instance.named();
    let now = side::live(
        ui,
        (&keys, side::Where::Option(instance, &arguments.recording)),
        &arguments.selection,
        Some(&file.side),
    );
    let now = now.map_err(|mut faults| {
        faults.0.iter_mut().for_each(|fault| fault.hints.push(format!("`{name}` describes it")));
        faults
    })?;
    let new = without_password(instance.unwrap_or("instance"));
    let bytes = &loaded.0[0].1;
    if arguments.exact {
        let compared = Compared::of(ui, [name, new], [&file.side, &now.side()]);
        let exported = xml::to_string(&now.config);
        let is_same = *bytes == exported.as_bytes();
        let is_told = is_same || !compared.difference.steps.is_empty();
        let bytes = (!is_told).then(|| not_the_bytes(&compared.old, bytes, &exported));
        return Ok(Checked { has_drifted: !is_same, compared, bytes });
    }
    let location = place::existing(instance)?;
    let described = Text::new(bytes).root.map(Config::new);
    let left = described.as_ref().and_then(|file| left::expected(ui, &location, file));
    // What the file has lost can be anything.
    let lost = left.as_ref().or(described.as_ref()).and_then(|file| with_lost_of(file, &now.config));
    let expected = lost.or(left);
    let compared = match &expected {
        Some(expected) => Compared::of(ui, [name, new], [&Side::of(expected), &now.side()]),
        None => Compared::of(ui, [name, new], [&file.side, &now.side()]),
    };
    Ok(Checked { has_drifted: !compared.difference.steps.is_empty(), compared, bytes: None })
}

/// Says where a file of the same configuration has other bytes than its export, and what gives it those.
fn not_the_bytes(name: &str, bytes: &[u8], exported: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    let same = text.lines().zip(exported.lines()).take_while(|(own, wanted)| own == wanted).count();
    let canonical = Text::new(bytes).root.map(|root| xml::to_string(&Config::new(root)));
    let what = match canonical.is_some_and(|own| own == exported) {
        true => format!("`pcfg format {}` writes the canonical form", shell_word(name)),
        false => "nothing of the configuration (as how it was exported, on its root); a new export writes it"
            .to_owned(),
    };
    format!("`{name}` matches the instance, but not byte for byte: line {} differs: {what}", same + 1)
}

/// A file that was compared with the instance.
struct Checked {
    compared: Compared,
    has_drifted: bool,
    /// Where the same configuration has other bytes.
    bytes: Option<String>,
}
