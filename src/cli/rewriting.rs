//! A backup of which a new one is written, with the changes of an import or of a saved plan.
//!
//! Invariant: the new backup has its name only once it was read back and is as planned; the old one is never touched.

use std::path::Path;

use super::{change, who};
use crate::compare::Left;
use crate::fault::{Fault, Kind};
use crate::import::{Order, Phase, Site, Written};
use crate::instance::{Backup, Form, Location, Reading, RewriteError};
use crate::model::{Changes, Config};
use crate::output::{Content, Output};
use crate::ui::{Phases, Ui};

/// The option that writes a new backup, for the commands that hints show.
pub(super) const OPTION: &str = "-o changed.zip";

/// Returns the backup at a location, which is changed by a new one; nothing if it is another instance.
pub(super) fn of(location: &Location) -> Option<&Path> {
    (location.abilities().changes == Changes::Anew).then(|| location.path()).flatten()
}

/// Returns the backup at a location and the new one, after a look whether that can be written; only of a backup there can be one.
pub(super) fn copy<'l>(location: &'l Location, new: &Path) -> Result<(&'l Path, Output), Fault> {
    let not = || {
        Fault::usage(format!("`-o` works only when the instance is a backup, and `{location}` is not"))
            .hint("leave `-o` out to change the instance itself")
    };
    Ok((of(location).ok_or_else(not)?, Output::to(new, Content::Backup)?))
}

/// Says that a backup is not changed itself.
pub(super) fn never_changed(location: &Location) -> Fault {
    Fault::usage(format!("`{location}` is a backup, which is never changed"))
}

/// A backup, and the new one that is to be written.
pub(super) struct Rewriting<'a> {
    ui: &'a Ui,
    backup: Backup,
    form: Form,
    output: Output,
}

impl<'a> Rewriting<'a> {
    /// Looks whether the new backup can be written.
    pub(super) fn new(ui: &'a Ui, backup: Backup, output: Output) -> Result<Self, Fault> {
        let output = output.as_private_as(backup.file()).map_err(|error| {
            Fault::input(format!("cannot read `{}`", backup.file().display())).because(&error)
        })?;
        // What is read is known now.
        output.check()?;
        let form = backup.form_for(output.path()).map_err(|error| failed(&output, error))?;
        Ok(Self { ui, backup, form, output })
    }
}

fn failed(output: &Output, error: RewriteError) -> Fault {
    let new = output.path();
    match error {
        RewriteError::Read(error) => Fault::from(error),
        error @ RewriteError::Form { .. } => Fault::usage(format!("`{}` cannot be a backup", new.display()))
            .because(&error)
            .hint(format!("name a zip archive: `-o {}`", new.with_extension("zip").display())),
        error => Fault::output(format!("cannot write `{}`", new.display())).because(&error),
    }
}

impl Site for Rewriting<'_> {
    type Seen = Reading;
    type Fault = Fault;

    fn read(&mut self) -> Result<Reading, Fault> {
        change::read(self.ui, &mut self.backup, change::WHOLE)
    }

    /// Has no journal. The new backup gets its name when it was read back and is as it should be.
    fn write(&mut self, Order { proved, prove, .. }: &Order<'_, Reading>) -> Result<Written, Fault> {
        let Self { ui, backup, form, output } = self;
        output.make(|to, at| -> Result<(), Fault> {
            {
                let length = backup.file().metadata().map_or(0, |file| file.len());
                let phases = Phases::of_bytes(ui, usize::try_from(length).unwrap_or(usize::MAX));
                phases.begin("writing the new backup");
                let written = backup.carry_out(proved, &who::who().since, *form, to);
                written.map_err(|error| failed(output, error))?;
            }
            let reading = change::read(ui, &mut Backup::open(at)?, change::WHOLE)?;
            let tell = change::phases(ui, reading.snapshot.objects.len());
            tell(Phase::ProvingWritten);
            let causes = prove(&reading);
            if causes.is_empty() {
                return Ok(());
            }
            let message = format!(
                "the new backup would not be as planned; `{}` was not written",
                output.path().display()
            );
            Err(Fault { causes, ..Fault::new(Kind::Bug, message) })
        })?;
        Ok(Written::default())
    }

    fn left(&mut self, _: &Config) -> Result<Option<Left>, Fault> {
        Ok(Some(Left::default()))
    }
}
