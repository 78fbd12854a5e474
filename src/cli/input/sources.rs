//! Configuration files as the user names them: single files, folders with files in them, standard input.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::files;
use crate::archive;
use crate::fault::{Fault, Faults};
use crate::model::{Element, Problem};
use crate::schema::{DeclId, Schema};
use crate::xml;

/// Where a configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::cli) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// Returns the name to show.
    pub(in crate::cli) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Stdin => Cow::Borrowed("<stdin>"),
            Self::File(path) => path.to_string_lossy(),
        }
    }

    /// Reads all bytes.
    pub(in crate::cli) fn read(&self) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Stdin => files::read_stdin(),
            Self::File(path) => files::read(path),
        }
    }
}

/// Returns the sources that the arguments mean, in the order of the arguments, and what is wrong with the others.
/// Files in a folder come in the order of their names.
pub(in crate::cli) fn find(arguments: &[PathBuf]) -> Result<(Vec<Source>, Vec<Fault>), Faults> {
    find_where(arguments, &|path| is_configuration(path))
}

/// The same, with files of issue data among them.
pub(in crate::cli) fn find_all(arguments: &[PathBuf]) -> Result<(Vec<Source>, Vec<Fault>), Faults> {
    find_where(arguments, &|path| is_ours(path))
}

/// Returns the folders among the arguments, and in them, that are complete projects; hidden ones are skipped.
pub(in crate::cli) fn archives(arguments: &[PathBuf]) -> Vec<PathBuf> {
    let folders = arguments.iter().filter(|argument| argument.is_dir());
    let found = folders.flat_map(|folder| {
        let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
        let entries = entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
        // What cannot be read was told with the files.
        let folders = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_dir());
        folders.map(walkdir::DirEntry::into_path).filter(|path| archive::is_at(path))
    });
    let mut seen = std::collections::HashSet::new();
    found.filter(|path| seen.insert(path.clone())).collect()
}

/// Says whether a file of a folder is meant.
type Means<'a> = &'a dyn Fn(&Path) -> std::io::Result<bool>;

fn find_where(arguments: &[PathBuf], means: Means<'_>) -> Result<(Vec<Source>, Vec<Fault>), Faults> {
    if arguments.is_empty() {
        if std::io::stdin().is_terminal() {
            return Err(Fault::usage("no file is named, and nothing is piped in")
                .hint("name files or folders: `.` is the current folder, `-` standard input")
                .into());
        }
        return Ok((vec![Source::Stdin], Vec::new()));
    }
    if arguments.iter().filter(|argument| argument.as_os_str() == "-").count() > 1 {
        return Err(Fault::usage("standard input (`-`) can be read only once").into());
    }
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    for argument in arguments {
        if argument.as_os_str() == "-" {
            sources.push(Source::Stdin);
        } else if argument.is_dir() {
            let before = (sources.len(), faults.len());
            walk(argument, means, (&mut sources, &mut faults));
            if before == (sources.len(), faults.len()) {
                faults.push(
                    Fault::input(format!("there is no configuration file in `{}`", argument.display()))
                        .hint("a configuration file is an .xml file that begins with <projectConfig>"),
                );
            }
        } else {
            sources.push(Source::File(argument.clone()));
        }
    }
    let mut seen = std::collections::HashSet::new();
    sources.retain(|source| seen.insert(source.clone()));
    Ok((sources, faults))
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Finds the configuration files in a folder. Hidden files and folders are skipped, and so are links, which may lead
/// out of the folder or back into it.
fn walk(folder: &Path, means: Means<'_>, (sources, faults): (&mut Vec<Source>, &mut Vec<Fault>)) {
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder).display().to_string();
                let fault = Fault::input(format!("cannot read the folder `{path}`"));
                faults.push(match error.into_io_error() {
                    Some(cause) => fault.because(&cause),
                    None => fault,
                });
                continue;
            }
        };
        let is_xml = entry.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        if !entry.file_type().is_file() || !is_xml {
            continue;
        }
        match means(entry.path()) {
            Ok(true) => sources.push(Source::File(entry.into_path())),
            Ok(false) => {}
            Err(error) => {
                let message = format!("cannot read `{}`", entry.path().display());
                faults.push(Fault::input(message).because(&error));
            }
        }
    }
}

/// Returns whether a file begins with the root element of a configuration.
pub(in crate::cli) fn is_configuration(path: &Path) -> std::io::Result<bool> {
    Ok(is_configuration_text(&files::beginning(path)?))
}

/// Returns whether a file begins with the root element of issue data.
pub(in crate::cli) fn is_issue_data(path: &Path) -> std::io::Result<bool> {
    Ok(is_issue_data_text(&files::beginning(path)?))
}

/// Returns whether a file begins with the root element of a configuration or of issue data.
pub(in crate::cli) fn is_ours(path: &Path) -> std::io::Result<bool> {
    let bytes = files::beginning(path)?;
    Ok(is_configuration_text(&bytes) || is_issue_data_text(&bytes))
}

/// Returns whether a text begins with the root element of a configuration.
pub(in crate::cli) fn is_configuration_text(bytes: &[u8]) -> bool {
    begins_with(bytes, Schema::get().root())
}

/// Returns whether a text begins with the root element of issue data.
pub(in crate::cli) fn is_issue_data_text(bytes: &[u8]) -> bool {
    begins_with(bytes, Schema::get().data())
}

fn begins_with(bytes: &[u8], root: DeclId) -> bool {
    xml::root_of(bytes).is_some_and(|name| Schema::get().root_named(&name) == Some(root))
}

/// A configuration file that was read.
#[derive(Debug)]
pub(in crate::cli) struct Text<'a> {
    /// The text that the spans of the problems mean.
    pub(in crate::cli) text: Cow<'a, str>,
    /// The tree, as far as it could be understood; not in canonical order.
    pub(in crate::cli) root: Option<Element>,
    /// What the root says to other programs.
    pub(in crate::cli) beside: xml::Beside,
    /// What is wrong with the text, in its order.
    pub(in crate::cli) problems: Vec<Problem>,
}

impl<'a> Text<'a> {
    /// Reads the bytes of a configuration file.
    pub(in crate::cli) fn new(bytes: &'a [u8]) -> Self {
        Self::read(bytes, xml::read)
    }

    /// Reads the bytes of a configuration file, or of one with issue data.
    pub(in crate::cli) fn of_any(bytes: &'a [u8]) -> Self {
        Self::read(bytes, if is_issue_data_text(bytes) { xml::read_data } else { xml::read })
    }

    fn read(bytes: &'a [u8], read: fn(&str) -> xml::Document) -> Self {
        let (text, mut problems) = xml::decode(bytes);
        // A text that could not be decoded at all has no elements to miss.
        if text.is_empty() && !problems.is_empty() {
            return Self { text, root: None, beside: xml::Beside::default(), problems };
        }
        let document = read(&text);
        problems.extend(document.problems);
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        Self { text, root: document.root, beside: document.beside, problems }
    }
}
