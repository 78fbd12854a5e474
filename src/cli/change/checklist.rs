//! The checklist of what somebody does by hand in Jira: where it is written, and what is said about it.
//!
//! Invariant: whoever starts something that waits for people is told for what, and which command goes on.

use std::path::PathBuf;

use super::super::place::called::Called;
use crate::fault::Fault;
use crate::instance::{Checklist, Location, Task};
use crate::output::{Content, Output};
use crate::ui::{Ui, checklist_markdown, plural};

/// Where a checklist is written.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Where {
    /// Write what is to be done by hand into this file, in Markdown; the default is standard output
    #[arg(long, value_name = "FILE")]
    checklist: Option<PathBuf>,
}

impl Where {
    /// Refuses a file that must not be overwritten, before any work.
    pub(in crate::cli) fn check(&self) -> Result<(), Fault> {
        self.output()?.iter().try_for_each(Output::check).map_err(Fault::from)
    }

    /// Returns whether it is written into a file.
    pub(in crate::cli) fn is_file(&self) -> bool {
        self.checklist.is_some()
    }

    fn output(&self) -> Result<Option<Output>, Fault> {
        // It holds what the configuration holds.
        let to = |path: &PathBuf| Output::to(path, Content::Checklist).map(Output::private);
        Ok(self.checklist.as_ref().map(to).transpose()?)
    }

    /// Writes a checklist.
    pub(in crate::cli) fn write(
        &self,
        ui: &Ui,
        tasks: &[Task],
        site: &str,
        called: &Called,
    ) -> Result<(), Fault> {
        let next = called.reading("resume");
        let text = checklist_markdown(tasks, site, next.trim_matches('`'));
        match (self.output()?, &self.checklist) {
            (Some(output), Some(path)) => {
                output.write(&|out| out.write_all(text.as_bytes()))?;
                ui.note(&format!("wrote the checklist `{}`", path.display()));
                Ok(())
            }
            _ => ui.text(&format!("\n{text}")),
        }
    }

    /// Writes the checklist of a run that was begun, and says what is next.
    pub(in crate::cli) fn tell(&self, ui: &Ui, list: &Checklist, called: &Called) -> Result<(), Fault> {
        self.write(ui, &list.tasks, &list.place, called)?;
        let steps = plural(list.tasks.len(), "step");
        let calls = match list.calls {
            0 => String::new(),
            calls => format!(", with {} behind that", plural(calls, "call")),
        };
        let (resume, undo) = (called.reading("resume"), called.writing(&format!("undo {}", list.run)));
        ui.note(&format!(
            "run {} waits for {steps} to be done by hand{calls}; afterwards: {resume}; {undo} takes it back",
            list.run
        ));
        Ok(())
    }
}

/// Refuses what only a Jira with two doors has.
pub(in crate::cli) fn check_doors(location: &Location) -> Result<(), Fault> {
    match location {
        Location::Doors(_) => Ok(()),
        _ => Err(Fault::usage(format!(
            "`--manual` works only with a Jira that is read from its database and changed over REST, and `{location}` is not one"
        ))
        .hint("name an instance of pcfg.toml that has both a `url` and a `database`; docs/rest.md says how")
        .hint("or leave it out")),
    }
}
