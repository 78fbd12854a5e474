//! `pcfg help`: explains a command, or one of the topics that all commands have in common.
//!
//! Invariant: the documents are in the program, so that whoever has it installed has them, too.

use clap::Command;

use super::Status;
use super::result::report;
use crate::fault::{Fault, Faults};
use crate::model::near;
use crate::ui::{Ui, manual, section};

/// Explain a command, or a topic such as `exit-codes` or `mapping-file`
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A command (`import`, `instance load`) or a topic; without it, all commands are listed
    #[arg(value_name = "COMMAND|TOPIC")]
    words: Vec<String>,
    /// Do not use a pager, even on a terminal
    #[arg(long)]
    no_pager: bool,
}

const EXAMPLES: &str = "\
Examples:
  pcfg help import                         A command, with all of its options
  pcfg help instance load                  A command in a command
  pcfg help topics                         Which topics are there?
  pcfg help exit-codes                     A topic";

/// A text that is in the program.
struct Topic {
    name: &'static str,
    about: &'static str,
    /// The document in `docs`.
    file: &'static str,
    text: &'static str,
    /// The headings under which the topic is in it, if it is not all of it.
    sections: &'static [&'static str],
}

/// Makes a topic of a document.
macro_rules! topic {
    ($name:literal, $about:literal, $file:literal $(, $section:literal)*) => {
        Topic {
            name: $name,
            about: $about,
            file: $file,
            text: include_str!(concat!("../../docs/", $file)),
            sections: &[$($section),*],
        }
    };
}

const TOPICS: &[Topic] = &[
    topic!("exit-codes", "What the exit code of a command means", "exit-codes.md"),
    topic!("selection", "What an export contains", "selection.md"),
    topic!(
        "identity",
        "What makes two objects the same, and how they are named",
        "format.md",
        "## Rules",
        "## Kinds of objects"
    ),
    topic!(
        "mapping-file",
        "What is imported, as what, and what becomes of issues",
        "importing.md",
        "## Choosing"
    ),
    topic!("importing", "Plans, refusals, journal, undo", "importing.md"),
    topic!("comparing", "Comparing files, revisions and instances", "diff.md"),
    topic!("in-git", "Comparing and merging in git", "git.md"),
    topic!("instances", "Files, databases, live Jiras; pcfg.toml", "instances.md"),
    topic!("rest", "A live Jira over REST", "rest.md"),
    topic!("tokens", "How pcfg signs in to a live Jira", "rest.md", "## Tokens"),
    topic!("postgres", "Jira's own database", "postgres.md"),
    topic!("usage", "Who uses an object, and what breaks", "explain.md"),
    topic!("pictures", "Pictures of workflows and projects", "graph.md"),
    topic!("reports", "Pages for a browser", "reports.md"),
    topic!("json", "The documents for machines", "json.md"),
    topic!("synchronization", "Issues in step behind firewalls", "sync.md"),
    topic!("complete-projects", "Issues and attachments, too", "complete-projects.md"),
    topic!("moving-to-cloud", "What moves to Jira Cloud, and what is lost", "moving-to-cloud.md"),
    topic!("versions", "What older Jiras cannot hold", "versions.md"),
    topic!("configuration-file", "The configuration file, element by element", "format.md"),
    topic!("glossary", "The words", "glossary.md"),
];

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let text = text(ui, &arguments.words)?;
    let pager = if ui.is_terminal() && !arguments.no_pager { report::pager() } else { None };
    ui.paged(&text, pager.as_ref())?;
    Ok(Status::Fine)
}

fn text(ui: &Ui, words: &[String]) -> Result<String, Fault> {
    let mut command = super::command();
    command.build();
    let mut found = &mut command;
    for (number, word) in words.iter().enumerate() {
        match found.find_subcommand(word) {
            Some(_) => found = found.find_subcommand_mut(word).expect("it was found"),
            None if number == 0 && words.len() == 1 => return of_topic(ui, word),
            None => {
                let path = words[..number].join(" ");
                return Err(Fault::usage(format!("`pcfg {path}` has no command `{word}`"))
                    .hint(format!("`pcfg help {path}` lists those that it has")));
            }
        }
    }
    Ok(found.render_long_help().ansi().to_string())
}

fn of_topic(ui: &Ui, word: &str) -> Result<String, Fault> {
    if word == "topics" {
        return Ok(TOPICS.iter().map(|own| format!("{:18} {}\n", own.name, own.about)).collect());
    }
    let plain = word.to_lowercase().replace([' ', '_'], "-");
    let Some(topic) = TOPICS.iter().find(|own| own.name == plain) else {
        let command = super::command();
        let commands = command.get_subcommands().filter(|own| !own.is_hide_set()).map(Command::get_name);
        let names = TOPICS.iter().map(|own| own.name).chain(commands);
        return Err(Fault::usage(format!("there is no command and no topic `{word}`"))
            .hint_if(near(word, names))
            .hint("`pcfg help topics` lists the topics, `pcfg help` the commands"));
    };
    let parts = topic.sections.iter().map(|heading| section(topic.text, heading).unwrap_or_default());
    let text = if topic.sections.is_empty() { topic.text.to_owned() } else { parts.collect::<String>() };
    Ok(manual(&text, ui.columns(), &|file| {
        let whole = TOPICS.iter().find(|own| own.file == file && own.sections.is_empty());
        whole.map(|own| format!("pcfg help {}", own.name))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_there() {
        for topic in TOPICS {
            for heading in topic.sections {
                assert!(section(topic.text, heading).is_some(), "{} has `{heading}`", topic.file);
            }
            // A command goes before a topic, which nobody would find.
            assert!(super::super::command().find_subcommand(topic.name).is_none(), "{}", topic.name);
        }
    }
}
