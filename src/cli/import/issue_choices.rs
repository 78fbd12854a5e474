//! How the issues of an archive are imported: the options of `pcfg import` for complete projects.
//!
//! Invariant: the same words on another command line, or in a saved plan, choose the same.

use std::path::PathBuf;

use clap::{Args as _, FromArgMatches as _};

use super::super::place::whole::TimeZoneChoice;
use crate::complete::Options;

/// How the issues of an archive are imported.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Complete projects")]
pub(in crate::cli) struct IssueChoices {
    /// Of a complete project, import the configuration alone
    #[arg(long, conflicts_with = "data_only")]
    pub(in crate::cli) configuration_only: bool,
    /// Of a complete project, import the issues alone; the instance must have the configuration already
    #[arg(long)]
    pub(in crate::cli) data_only: bool,
    /// The folder for the files of attachments; the default for an embedded instance is `NAME.attachments` beside it
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) attachments_to: Option<PathBuf>,
    /// Leave out the files of attachments; their names come
    #[arg(long, conflicts_with = "attachments_to")]
    no_attachments: bool,
    /// Write values of fields of apps as they are stored; they may hold ids of the Jira that they come from
    #[arg(long)]
    raw_values: bool,
    /// Leave out links to issues that the instance has already
    #[arg(long)]
    no_links: bool,
    /// Let this user stand for all who have no account; in the history they stay names, and they watch and vote for nothing
    #[arg(long, value_name = "NAME")]
    missing_user: Option<String>,
    /// Bring sprints that run as closed where another one runs on their board
    #[arg(long)]
    close_sprints: bool,
    #[command(flatten)]
    pub(in crate::cli) zone: TimeZoneChoice,
}

impl IssueChoices {
    /// Returns them as issues are planned.
    pub(in crate::cli) fn options(&self) -> Options {
        Options {
            raw: self.raw_values,
            no_links: self.no_links,
            no_files: self.no_attachments,
            missing_user: self.missing_user.clone(),
            close_sprints: self.close_sprints,
        }
    }

    /// Returns whether the issues stay out.
    pub(in crate::cli) fn are_left_out(&self) -> bool {
        self.configuration_only
    }

    /// Returns them as they were given, for a saved plan.
    pub(in crate::cli) fn in_words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let folder = self.attachments_to.as_ref().map(|own| own.display().to_string());
        let zone = self.zone.as_given().map(str::to_owned);
        for (option, value) in [
            ("--attachments-to", folder),
            ("--missing-user", self.missing_user.clone()),
            ("--time-zone", zone),
        ] {
            words.extend(value.into_iter().flat_map(|own| [option.to_owned(), own]));
        }
        let flags = [
            ("--no-attachments", self.no_attachments),
            ("--raw-values", self.raw_values),
            ("--no-links", self.no_links),
            ("--close-sprints", self.close_sprints),
        ];
        words.extend(flags.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| (*option).to_owned()));
        words
    }

    /// Returns those that a saved plan has in words.
    pub(in crate::cli) fn of_words(words: &[String]) -> Option<Self> {
        let command = Self::augment_args(clap::Command::new("import").no_binary_name(true));
        Self::from_arg_matches(&command.try_get_matches_from(words).ok()?).ok()
    }

    /// Returns whether only the issues are imported.
    pub(in crate::cli) fn are_data_only(&self) -> bool {
        self.data_only
    }
}
