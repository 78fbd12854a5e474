//! A backup of which a new one is written, with the changes of an import or of a saved plan.
//!
//! Invariant: the new backup has its name only once it was read back and is as planned; the old one is never touched.

use std::path::Path;

use super::super::change;
use super::super::place::who;
use crate::attachments::Folder;
use crate::compare::Left;
use crate::complete::{Placed, Plan, Renewal, Source};
use crate::fault::{Fault, Kind};
use crate::import::{Order, Phase, Proved, Site, Written};
use crate::instance::{Backup, Form, Location, Reading, RewriteError};
use crate::model::{Changes, Config};
use crate::output::{Content, Output};
use crate::ui::{Phases, Ui};

/// The option that writes a new backup, for the commands that hints show.
pub(in crate::cli) const OPTION: &str = "-o changed.zip";

/// Returns the backup at a location, which is changed by a new one; nothing if it is another instance.
pub(in crate::cli) fn of(location: &Location) -> Option<&Path> {
    (location.abilities().changes == Changes::Anew).then(|| location.path()).flatten()
}

/// Returns the backup at a location and the new one, after a look whether that can be written; only of a backup there can be one.
pub(in crate::cli) fn copy<'l>(location: &'l Location, new: &Path) -> Result<(&'l Path, Output), Fault> {
    let not = || {
        Fault::usage(format!("`-o` works only when the instance is a backup, and `{location}` is not"))
            .hint("leave `-o` out to change the instance itself")
    };
    Ok((of(location).ok_or_else(not)?, Output::to(new, Content::Backup)?))
}

/// Says that a backup is not changed itself.
pub(in crate::cli) fn never_changed(location: &Location) -> Fault {
    Fault::usage(format!("`{location}` is a backup, which is never changed"))
}

/// A backup, and the new one that is to be written.
pub(in crate::cli) struct Rewriting<'a> {
    ui: &'a Ui,
    backup: Backup,
    form: Form,
    output: Output,
    issues: Option<Issues<'a>>,
}

/// What shows a plan of issues.
type Show<'a> = Box<dyn Fn(&Plan) -> Result<(), Fault> + 'a>;

/// Issues that go into the new backup.
pub(in crate::cli) struct Issues<'a> {
    pub(in crate::cli) source: &'a mut Source,
    pub(in crate::cli) renewal: Renewal,
    /// The folder for the files of their attachments.
    pub(in crate::cli) folder: Option<Folder>,
    /// Shows what is planned, once the configuration was shown.
    pub(in crate::cli) show: Show<'a>,
}

impl<'a> Rewriting<'a> {
    /// Looks whether the new backup can be written.
    pub(in crate::cli) fn new(
        ui: &'a Ui,
        backup: Backup,
        output: Output,
        issues: Option<Issues<'a>>,
    ) -> Result<Self, Fault> {
        let output = output.as_private_as(backup.file()).map_err(|error| {
            Fault::input(format!("cannot read `{}`", backup.file().display())).because(&error)
        })?;
        // What is read is known now.
        output.check()?;
        let form = backup.form_for(output.path()).map_err(|error| failed(&output, error))?;
        Ok(Self { ui, backup, form, output, issues })
    }

    /// Writes the new backup with the issues alone; says whether there are some.
    pub(in crate::cli) fn write_issues(&mut self) -> Result<bool, Fault> {
        if self.issues.is_some() {
            self.make(None, &|_| Vec::new())?;
        }
        Ok(self.issues.is_some())
    }

    /// Makes the new backup. It gets its name when it was read back and is as it should be.
    fn make(
        &mut self,
        proved: Option<&Proved>,
        prove: &dyn Fn(&Reading) -> Vec<String>,
    ) -> Result<(), Fault> {
        let Self { ui, backup, form, output, issues } = self;
        if issues.is_some() && proved.is_some_and(|own| !own.moves().is_empty()) {
            return Err(Fault::new(
                Kind::Refused,
                "issues of the backup move to other statuses, and new ones cannot be written in the same go",
            )
            .hint("write a backup with the configuration first: `--configuration-only -o NEW.zip`; then the issues into that: `--data-only`"));
        }
        let (mut source, renewal, mut placed) = match issues {
            Some(Issues { source, renewal, folder, show }) => {
                show(&renewal.plan)?;
                (Some((source, folder.as_ref())), Some(&*renewal), None)
            }
            None => (None, None, None),
        };
        let waiting =
            output.path().parent().filter(|own| !own.as_os_str().is_empty()).unwrap_or(Path::new("."));
        output.make(|to, at| -> Result<(), Fault> {
            {
                let length = backup.file().metadata().map_or(0, |file| file.len());
                let phases = Phases::of_bytes(ui, usize::try_from(length).unwrap_or(usize::MAX));
                phases.begin("writing the new backup");
                match (source.as_mut().zip(renewal), proved) {
                    (Some(((source, folder), renewal)), proved) => {
                        let to = (to, waiting);
                        placed = Some(renewal.write((source, *folder), (backup, proved, *form), to)?);
                    }
                    (None, Some(proved)) => {
                        let written = backup.carry_out(proved, &who::who().since, *form, to);
                        written.map_err(|error| failed(output, error))?;
                    }
                    (None, None) => {}
                }
            }
            let written = Backup::open(at)?;
            let reading = change::read(ui, &mut Backup::open(at)?, change::WHOLE)?;
            let tell = change::phases(ui, reading.snapshot.objects.len());
            tell(Phase::ProvingWritten);
            let mut causes = prove(&reading);
            if let Some(renewal) = renewal {
                causes.extend(renewal.differs(&written)?);
            }
            if causes.is_empty() {
                return Ok(());
            }
            let message = format!(
                "the new backup would not be as planned; `{}` was not written",
                output.path().display()
            );
            Err(Fault { causes, ..Fault::new(Kind::Bug, message) })
        })?;
        placed.into_iter().for_each(Placed::keep);
        Ok(())
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

    /// Has no journal, so what an import leaves is remembered nowhere, and no backup is written for it.
    fn write(&mut self, Order { proved, prove, .. }: &Order<'_, Reading>) -> Result<Written, Fault> {
        if proved.plan().steps.is_empty() {
            return Ok(Written::default());
        }
        self.make(Some(proved), prove)?;
        Ok(Written::default())
    }

    fn left(&mut self, _: &Config) -> Result<Option<Left>, Fault> {
        Ok(Some(Left::default()))
    }
}
