//! `pcfg man`: writes the manual.

use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;

use super::input::files;
use super::place::trust;
use super::{Status, VARIABLE};
use crate::fault::{Fault, Faults};
use crate::output::Content;
use crate::ui::{Ui, plural};

/// Print the manual page, or write the pages of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A folder for the pages of all commands; without it, the main page is printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  pcfg man | man -l -                     Read the main page
  pcfg man ~/.local/share/man/man1        Install all pages";

/// The codes that every page lists.
const EXIT_CODES: &str = include_str!("../../docs/exit-codes.md");

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let mut command = without_help(super::command());
    command.build();
    let Some(folder) = &arguments.folder else {
        ui.data(page(command).as_bytes())?;
        return Ok(Status::Fine);
    };
    if let Some(name) = folder.to_str().filter(|name| command.find_subcommand(name).is_some())
        && !folder.exists()
    {
        return Err(Fault::usage(format!("`{name}` is a command, not a folder"))
            .hint(format!("see `pcfg help {name}`; `./{name}` is a folder"))
            .into());
    }
    std::fs::create_dir_all(folder).map_err(|error| {
        Fault::output(format!("cannot create the folder `{}`", folder.display())).because(&error)
    })?;
    let mut count = 0;
    write(folder, command, &mut count)?;
    ui.note(&format!("{} written", plural(count, "page")));
    Ok(Status::Fine)
}

/// Leaves out `help`, which has no page.
fn without_help(command: Command) -> Command {
    let is_hidden = command.is_hide_set() || command.get_name() == "help";
    command.hide(is_hidden).disable_help_subcommand(true).mut_subcommands(without_help)
}

/// Writes the pages of a command and of those in it.
fn write(folder: &Path, command: Command, count: &mut usize) -> Result<(), Fault> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        write(folder, inner.clone(), count)?;
    }
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    files::replace(&folder.join(format!("{name}.1")), Content::Page, page(command).as_bytes())?;
    *count += 1;
    Ok(())
}

/// Returns the page of a command.
fn page(mut command: Command) -> String {
    let usage = command.render_usage().to_string();
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    let mut page = Vec::new();
    let rendered = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| {
            page.extend(b".SH SYNOPSIS\n.nf\n");
            usage.trim_start_matches("Usage:").lines().for_each(|line| line_to(&mut page, line.trim()));
            page.extend(b".fi\n");
            man.render_description_section(&mut page)
        })
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| if has_commands { man.render_subcommands_section(&mut page) } else { Ok(()) });
    rendered.expect("writing to memory does not fail");
    examples(&mut page, &help);
    page.extend(b".SH EXIT STATUS\n");
    let rows =
        EXIT_CODES.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    for (code, meaning) in rows.filter(|(code, _)| code.parse::<u8>().is_ok()) {
        page.extend(format!(".TP\n{code}\n").bytes());
        line_to(&mut page, &meaning.replace("\\|", "|"));
    }
    page.extend(b".SH ENVIRONMENT\n.TP\n");
    line_to(&mut page, VARIABLE);
    line_to(&mut page, "The instance to read where no option names one.");
    page.extend(b".TP\n");
    line_to(&mut page, trust::VARIABLE);
    line_to(
        &mut page,
        "Settings files (pcfg.toml) to use although somebody else can write them, separated as in PATH.",
    );
    page.extend(b".TP\n");
    line_to(&mut page, "NO_COLOR");
    line_to(&mut page, "If it is set and not empty, nothing is coloured.");
    page.extend(b".SH FILES\n.TP\n");
    line_to(&mut page, "pcfg.toml");
    line_to(&mut page, "Names instances and the default one; in the current folder or one above it.");
    String::from_utf8(page).expect("pages are text")
}

/// Writes what stands behind the options in the help: examples as they are, then paragraphs.
fn examples(page: &mut Vec<u8>, help: &str) {
    for (number, paragraph) in help.split("\n\n").enumerate() {
        let paragraph = paragraph.strip_prefix("Examples:\n").unwrap_or(paragraph);
        let is_code = paragraph.starts_with("  ");
        page.extend(if number == 0 { b".SH EXAMPLES\n".as_slice() } else { b".PP\n" });
        page.extend(if is_code { b".nf\n".as_slice() } else { b"" });
        paragraph.lines().for_each(|line| line_to(page, line.strip_prefix("  ").unwrap_or(line)));
        page.extend(if is_code { b".fi\n".as_slice() } else { b"" });
    }
}

/// Writes a line that means nothing to the typesetter.
fn line_to(page: &mut Vec<u8>, line: &str) {
    if line.starts_with(['.', '\'']) {
        page.extend(b"\\&");
    }
    for character in line.chars() {
        match character {
            '\\' => page.extend(b"\\e"),
            '-' => page.extend(b"\\-"),
            '\'' => page.extend(b"\\(aq"),
            '`' => page.extend(b"\\(ga"),
            plain => page.extend(plain.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    page.push(b'\n');
}
