//! The issues of a complete project that come after a saved plan.
//!
//! Invariant: they come from the archive that the plan names by its hash, and only as the plan says.

use std::path::Path;

use super::super::change::Manner;
use super::super::import::issue_choices::IssueChoices;
use super::super::import::issues::{Archive, Wish};
use super::super::import::shown::Format;
use super::super::place::called::Called;
use crate::fault::{Fault, Kind};
use crate::import::{SavedIssues, SavedPlan};
use crate::instance::{Location, shell_word};
use crate::model::Config;
use crate::plan::Options;
use crate::ui::Ui;

/// What a saved plan says of issues, understood.
pub(in crate::cli) struct Following {
    pub(in crate::cli) archive: Archive,
    rest: Rest,
}

/// All but the archive, which is read while this is looked at.
struct Rest {
    choices: IssueChoices,
    file: Config,
    options: Options,
    issues: SavedIssues,
    is_partial: bool,
}

impl Following {
    /// Opens the archive of a saved plan; nothing if no issues come after that.
    pub(in crate::cli) fn of(ui: &Ui, plan: &SavedPlan) -> Result<Option<Self>, Fault> {
        let Some(issues) = plan.issues.clone() else { return Ok(None) };
        let name = &issues.archive;
        let archive = Archive::open(ui, Path::new(name))?.ok_or_else(|| {
            Fault::input(format!("the plan was made for the complete project `{name}`, which is not there"))
                .hint("run the command in the folder in which the plan was made, or put the archive there")
        })?;
        if archive.hash() != issues.sha256 {
            let message =
                format!("`{name}` is another archive than that of the plan, and nothing was changed");
            return Err(Fault::new(Kind::Changed, message)
                .hint(format!("see what it would do: `pcfg import {} --simulate`", shell_word(name))));
        }
        let edited = || Fault::input("the plan says of its issues what pcfg does not understand");
        let choices = IssueChoices::of_words(&issues.options).ok_or_else(edited)?;
        let (file, options) = plan.origin().ok_or_else(edited)?;
        let is_partial = plan.options.iter().any(|own| own == "--partial");
        Ok(Some(Self { archive, rest: Rest { choices, file, options, issues, is_partial } }))
    }

    /// Returns the archive, and how it is imported.
    pub(in crate::cli) fn wish<'a>(
        &'a mut self,
        (location, called): (&'a Location, &'a Called),
        manner: &'a Manner,
        new_backup: Option<&'a Path>,
    ) -> (&'a mut Archive, Wish<'a>) {
        let Self { archive, rest: Rest { choices, file, options, issues, is_partial } } = self;
        let wish = Wish {
            choices,
            location,
            called,
            file,
            options,
            manner,
            simulate: false,
            is_partial: *is_partial,
            expected: Some(&issues.data),
            new_backup,
            exit_code: false,
            format: Format::Text,
        };
        (archive, wish)
    }
}

/// Says how to go on with the issues where the configuration of the plan is there.
pub(in crate::cli) fn alone(issues: &SavedIssues, called: &Called) -> String {
    let words: Vec<String> = std::iter::once(issues.archive.as_str())
        .chain(issues.options.iter().map(String::as_str))
        .map(shell_word)
        .collect();
    format!(
        "the issues alone, once their configuration is there: {}",
        called.writing(&format!("import {} --data-only", words.join(" ")))
    )
}
