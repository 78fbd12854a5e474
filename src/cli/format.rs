//! `pcfg format`: gives configuration files their one canonical spelling, and unpacked complete projects a manifest that fits.

use std::io;
use std::path::{Path, PathBuf};

use super::Status;
use super::input::files;
use super::input::sources::{self, Source, Text};
use crate::complete;
use crate::fault::{Fault, Faults};
use crate::model::{Config, Count, Severity};
use crate::output::{Content, Output};
use crate::ui::{Talk, Ui, draw, plural};
use crate::xml;

/// Rewrite configuration files in canonical form
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Files, folders with configuration files in them, or `-` for standard input to standard output
    ///
    /// In folders, .xml files that do not begin with `<projectConfig>` or `<projectData>`, hidden files and symbolic links are skipped. Without any
    /// argument, standard input is formatted if something is piped in. A complete project in a folder gets a manifest that fits what is in it now.
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// List the files that are not canonical, and change nothing
    #[arg(long)]
    check: bool,
}

const EXAMPLES: &str = "\
Examples:
  pcfg format config/                      Format all configuration files in a folder
  pcfg format --check config/              List those that are not canonical, for CI
  pcfg format < draft.xml > TST.xml        Format what is piped in
  pcfg format SHOP                         Make the folder of a complete project fit again, after a merge

A file is replaced as a whole or not at all, and only if that changes it. A file that
cannot be understood is reported and stays as it is. Whether names and references are
right is not checked: `pcfg validate` does that. Exit code: 0 if all is well, 1 if
--check lists files, 3 if a file cannot be read or understood.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let (sources, mut faults) = sources::find_all(&arguments.paths)?;
    let mut changed = 0;
    let mut broken = Vec::new();
    for source in &sources {
        match one(ui, source, arguments.check) {
            Ok(change) => changed += usize::from(change),
            Err(fault) => {
                broken.push(source);
                faults.push(fault);
            }
        }
    }
    let is_broken = |folder: &Path| {
        broken.iter().any(|own| matches!(own, Source::File(path) if path.starts_with(folder)))
    };
    let archives = sources::archives(&arguments.paths);
    let files = sources.len() + archives.len();
    for folder in archives.iter().filter(|folder| !is_broken(folder)) {
        match fit(ui, folder, arguments.check) {
            Ok(change) => changed += usize::from(change),
            Err(fault) => faults.push(fault),
        }
    }
    let filters = sources == [Source::Stdin] && !arguments.check;
    let summary = match (arguments.check, plural(changed, "file")) {
        (true, _) if changed == 0 => format!("{} canonical", plural(files, "file")),
        (true, _) => format!("{changed} of {} not canonical", plural(files, "file")),
        (false, files) => format!("{files} rewritten"),
    };
    // Where nothing was done because of faults, they say it all.
    if !filters && (changed > 0 || faults.is_empty()) {
        ui.note(&summary);
    }
    match (faults.is_empty(), arguments.check && changed > 0) {
        (false, _) => Err(Faults(faults)),
        (true, true) => Ok(Status::Found),
        (true, false) => Ok(Status::Fine),
    }
}

/// Formats a file, or looks whether it would change; returns whether it does.
fn one(ui: &Ui, source: &Source, check: bool) -> Result<bool, Fault> {
    let bytes = source.read()?;
    let Text { text, root, beside, problems } = Text::of_any(&bytes);
    let shown =
        problems.iter().filter(|problem| problem.severity == Severity::Error || ui.talk() > Talk::Quiet);
    let shown: Vec<_> = shown.cloned().collect();
    ui.shown(&draw(ui.colors_talk(), &source.name(), &text, &shown));
    let Count { errors, .. } = Count::of(&problems);
    let Some(root) = root.filter(|_| errors == 0) else {
        let message = format!("cannot format `{}`: it has {}", source.name(), plural(errors, "error"));
        return Err(Fault::input(message));
    };
    let config = Config::new(root);
    let is_utf16 = matches!(source, Source::File(path) if files::is_utf16(path).unwrap_or(false));
    let changes = is_utf16 || !is_written_as(&config, &beside, &bytes);
    match source {
        _ if check && changes => ui.text(&format!("{}\n", source.name()))?,
        _ if check => {}
        Source::Stdin => {
            let mut bytes = Vec::new();
            xml::write_with(&config, &beside, &mut bytes).expect("writing to memory does not fail");
            ui.data(&bytes)?;
        }
        Source::File(path) if changes => {
            let output = Output::rewriting(path, Content::Configuration)?;
            output.write(&|out| xml::write_with(&config, &beside, out))?;
        }
        Source::File(_) => {}
    }
    Ok(changes)
}

/// Gives an unpacked archive a manifest that fits, or looks whether it has one; returns whether it gets another one.
fn fit(ui: &Ui, folder: &Path, check: bool) -> Result<bool, Fault> {
    let complete::Fit { manifest, idle } = complete::fit(folder)?;
    if let [first, ..] = &idle[..] {
        let folder = folder.display();
        let files = plural(idle.len(), "file");
        ui.warning(&format!(
            "`{folder}` has {files} of attachments that no issue names, such as `{first}`; remove what is not needed, and format it again"
        ));
    }
    match &manifest {
        Some(manifest) if check => ui.text(&format!("{}\n", manifest.path().display()))?,
        Some(manifest) => manifest.write()?,
        None => {}
    }
    Ok(manifest.is_some())
}

/// Returns whether a configuration is written with these bytes; it is not spelled out as a whole to find that out.
pub(super) fn is_written_as(config: &Config, beside: &xml::Beside, bytes: &[u8]) -> bool {
    let mut rest = Rest(bytes);
    xml::write_with(config, beside, &mut rest).is_ok() && rest.0.is_empty()
}

/// What is still expected; writing anything else is an error.
struct Rest<'a>(&'a [u8]);

impl io::Write for Rest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
