//! What kind of thing a file is, as far as its beginning tells: only a file of the same kind is replaced.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use zip::ZipArchive;

use crate::schema::Schema;
use crate::xml;

/// What a command writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A configuration of pcfg.
    Configuration,
    /// A saved plan.
    Plan,
    /// A picture of any form.
    Picture,
    /// A backup of Jira.
    Backup,
    /// A complete project, as an archive or as a folder.
    Complete,
    /// An embedded instance.
    Instance,
    /// A page of the manual.
    Page,
    /// A list of what is to be done.
    Checklist,
    /// Lines of text among those of others.
    Lines,
    /// What a command shows: text, JSON, Markdown or a page.
    Report,
}

impl Content {
    /// Returns what messages call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Configuration => "a configuration",
            Self::Plan => "a saved plan",
            Self::Picture => "a picture",
            Self::Backup => "a backup",
            Self::Complete => "a complete project",
            Self::Instance => "an instance",
            Self::Page => "a page of a manual",
            Self::Checklist => "a checklist",
            Self::Lines => "a text",
            Self::Report => "what a command shows",
        }
    }

    /// Returns whether it may take the place of something of a kind.
    pub(super) fn replaces(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (_, Kind::Empty)
                | (Self::Configuration, Kind::Configuration)
                | (Self::Plan, Kind::Plan)
                | (Self::Picture, Kind::Picture)
                | (Self::Backup, Kind::Backup)
                | (Self::Complete, Kind::Complete)
                | (Self::Page, Kind::Page)
                | (Self::Checklist, Kind::Checklist)
                | (Self::Lines, Kind::Page | Kind::Text)
                | (Self::Report, Kind::Report | Kind::Text)
        )
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Empty,
    Database,
    DatabaseLog,
    Backup,
    Complete,
    Archive,
    Configuration,
    Plan,
    Picture,
    Page,
    Checklist,
    Report,
    Xml,
    Text,
    Other,
}

impl Kind {
    /// Returns what messages call it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Empty => "an empty file",
            Self::Database => "a database",
            Self::DatabaseLog => "the log of a database",
            Self::Backup => "a backup of Jira",
            Self::Complete => "a complete project",
            Self::Archive => "an archive",
            Self::Configuration => "a configuration",
            Self::Plan => "a saved plan",
            Self::Picture => "a picture",
            Self::Page => "a page of a manual",
            Self::Checklist => "a checklist",
            Self::Report => "what a command shows",
            Self::Xml => "an XML file of another kind",
            Self::Text => "a text",
            Self::Other => "a file of another kind",
        }
    }

    /// Returns whether losing it may be a disaster, so that nobody is told how to remove it.
    pub(super) fn is_precious(self) -> bool {
        matches!(self, Self::Database | Self::DatabaseLog | Self::Backup | Self::Complete | Self::Archive)
    }
}

/// What every SQLite file begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The beginnings of SQLite's logs, old and new.
const LOGS: [&[u8]; 4] =
    [b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", b"\x18\xe2\x2d\x00"];

/// Returns whether a file is a SQLite database.
pub(super) fn is_database(path: &Path) -> bool {
    let mut beginning = [0; SQLITE.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == SQLITE
}

/// Finds out what a regular file is.
pub(super) fn of(path: &Path) -> io::Result<Kind> {
    let mut file = File::open(path)?;
    let beginning = xml::beginning(&mut file)?;
    Ok(match &beginning[..] {
        [] => Kind::Empty,
        bytes if bytes.starts_with(SQLITE) => Kind::Database,
        bytes if LOGS.iter().any(|log| bytes.starts_with(log)) => Kind::DatabaseLog,
        bytes if begins_complete(bytes) => Kind::Complete,
        [b'P', b'K', 3 | 5, ..] => {
            file.rewind()?;
            of_archive(file)
        }
        [0x1f, 0x8b, ..] => Kind::Archive,
        bytes => of_text(bytes),
    })
}

/// The entry of a complete project that says what it is: the first one, as it is.
pub const MANIFEST: &str = "manifest.json";

/// How that entry begins, whatever space is between.
pub const MARK: &str = "{\"kind\":\"complete\",";

/// Returns whether a path leads to a complete project: an archive, also one that was cut off or packed anew by somebody, or a
/// folder.
pub fn is_complete(path: &Path) -> bool {
    match path.is_dir() {
        true => File::open(path.join(MANIFEST)).is_ok_and(has_mark),
        false => path.is_file() && of(path).is_ok_and(|kind| kind == Kind::Complete),
    }
}

/// The head of an entry in an archive has 30 bytes, and behind it a name and more; what is stored as it is comes next.
fn begins_complete(bytes: &[u8]) -> bool {
    const HEAD: usize = 30;
    let Some((head, rest)) = bytes.split_at_checked(HEAD) else { return false };
    let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let (is_stored, name, more) = (number(8) == 0, number(26), number(28));
    head.starts_with(b"PK\x03\x04")
        && is_stored
        && rest.get(..name) == Some(MANIFEST.as_bytes())
        && rest.get(name + more..).is_some_and(has_mark)
}

fn of_archive(file: File) -> Kind {
    let Ok(mut archive) = ZipArchive::new(file) else { return Kind::Archive };
    match () {
        () if archive.by_name(MANIFEST).is_ok_and(has_mark) => Kind::Complete,
        () if is_backup(&archive) => Kind::Backup,
        () => Kind::Archive,
    }
}

fn has_mark(from: impl io::Read) -> bool {
    let mut beginning = Vec::new();
    let read = from.take(256).read_to_end(&mut beginning);
    beginning.retain(|byte| !byte.is_ascii_whitespace());
    read.is_ok() && beginning.starts_with(MARK.as_bytes())
}

/// From Jira 4.4 on an archive holds `entities.xml`; before, one file of any name.
fn is_backup(archive: &ZipArchive<File>) -> bool {
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let is_xml = |name: &&String| name.to_ascii_lowercase().ends_with(".xml");
    names.iter().any(|name| name == "entities.xml") || matches!(names.iter().filter(is_xml).count(), 1)
}

fn of_text(bytes: &[u8]) -> Kind {
    if let Some(root) = xml::root_of(bytes) {
        let schema = Schema::get();
        return match &*root {
            root if root == schema.declaration(schema.root()).name => Kind::Configuration,
            "entity-engine-xml" | "backup" => Kind::Backup,
            "svg" => Kind::Picture,
            "html" | "xs:schema" if ours(&String::from_utf8_lossy(bytes)) => Kind::Report,
            _ => Kind::Xml,
        };
    }
    if xml::begins_as_xml(bytes) {
        return Kind::Xml;
    }
    // The end of what was read may be in the middle of a character.
    let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'))
        || std::str::from_utf8(bytes).is_err_and(|error| bytes.len() - error.valid_up_to() < 4);
    if !is_text {
        return Kind::Other;
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    match () {
        () if begins(&["stateDiagram", "flowchart", "digraph"]) => Kind::Picture,
        () if begins(&["{"]) && text.contains("\"version\"") && text.contains("\"sha256\"") => {
            if is_history(text) { Kind::Text } else { Kind::Plan }
        }
        () if begins(&[".", "'\\\""]) => Kind::Page,
        () if begins(&["# By hand in Jira"]) => Kind::Checklist,
        () => Kind::Text,
    }
}

/// Returns whether a page or a schema says that pcfg has made it.
fn ours(text: &str) -> bool {
    text.contains("content=\"pcfg ") || text.contains("\"urn:pcfg:annotations\"")
}

/// Returns whether a document is the list of the runs of an instance, which have hashes as a plan has.
fn is_history(text: &str) -> bool {
    let beginning: String = text.chars().filter(|own| !own.is_whitespace()).take(32).collect();
    beginning.starts_with("{\"version\":1,\"instance\":")
}
