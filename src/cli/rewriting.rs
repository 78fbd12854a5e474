//! A backup of which a new one is written, with the changes of an import.

use super::change;
use super::who;
use crate::compare::Left;
use crate::fault::{Fault, Kind};
use crate::import::{Order, Phase, Site, Written};
use crate::instance::{Backup, Form, Reading, RewriteError};
use crate::model::Config;
use crate::output::Output;
use crate::ui::{Phases, Ui};

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
                "the new backup would not match the file; `{}` was not written",
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
