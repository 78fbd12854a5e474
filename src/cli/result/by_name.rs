//! The form of a result follows the name of the file that it goes into, unless `--format` says otherwise.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// The forms that names of files stand for, as `--format` calls them.
const FORMS: [(&str, &str); 10] = [
    ("json", "json"),
    ("md", "markdown"),
    ("markdown", "markdown"),
    ("html", "html"),
    ("htm", "html"),
    ("sarif", "sarif"),
    ("svg", "svg"),
    ("dot", "dot"),
    ("gv", "dot"),
    ("mmd", "mermaid"),
];

/// Returns what a file is called behind the last dot of its name, in lower case.
pub(in crate::cli) fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// The forms that nobody takes for a text.
const PLAIN: [&str; 3] = ["html", "sarif", "svg"];

/// Returns the option that a command line lacks for the form that the name of its output stands for; or what is wrong with the name.
pub(in crate::cli) fn option(command: &Command, matches: &ArgMatches) -> Option<Result<OsString, String>> {
    if let Some((name, matches)) = matches.subcommand() {
        return option(command.find_subcommand(name)?, matches);
    }
    let format = command.get_arguments().find(|own| own.get_id() == "format")?;
    if !matches!(matches.value_source("format"), None | Some(ValueSource::DefaultValue)) {
        return None;
    }
    // What `-o` takes where something is done is not what is shown.
    let is_id = |id: &str| command.get_arguments().any(|own| own.get_id() == id);
    if is_id("simulate") && !matches.get_flag("simulate") {
        return None;
    }
    let output = matches.try_get_one::<PathBuf>("output").ok().flatten()?;
    let extension = extension(output)?;
    let (_, form) = FORMS.iter().find(|(own, _)| *own == extension)?;
    let possible = format.get_possible_values();
    if possible.iter().any(|own| own.matches(form, false)) {
        return Some(Ok(format!("--format={form}").into()));
    }
    let names: Vec<&str> = possible.iter().map(clap::builder::PossibleValue::get_name).collect();
    // What a picture cannot be, says the command that draws.
    let is_wrong = PLAIN.contains(form) && names.contains(&"text");
    is_wrong.then(|| {
        Err(format!(
            "`pcfg {}` shows nothing as `.{extension}`, only as {}",
            command.get_name(),
            names.join(" and ")
        ))
    })
}
