//! The files that a backup comes in: a bare `.xml`, or a `.zip`.
//!
//! From Jira 4.4 on a zip holds `entities.xml` and `activeobjects.xml` at its root; before, one `.xml` of any name. A
//! folder with these two files is a backup that somebody has unpacked.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::instance::ReadError;
use crate::output;

pub(super) const ENTITIES: &str = "entities.xml";
pub(super) const ACTIVE_OBJECTS: &str = "activeobjects.xml";

/// A backup that has been found to be one of the known containers.
#[derive(Debug)]
pub(super) struct Container {
    path: PathBuf,
    /// The file with Jira's own tables.
    pub(super) entities: Part,
    /// The file with the tables of apps.
    pub(super) active_objects: Option<Part>,
    /// What is odd about it.
    pub(super) warnings: Vec<String>,
}

/// A file of a backup.
#[derive(Debug)]
pub(super) struct Part {
    /// The file on disk.
    pub(super) path: PathBuf,
    /// The name in the archive.
    pub(super) inside: Option<String>,
    /// The place in the archive.
    pub(super) index: usize,
    /// Its size when it is unpacked, as far as it is known.
    pub(super) size: u64,
}

impl Part {
    /// Returns what messages call it.
    pub(super) fn title(&self) -> String {
        let path = self.path.display();
        self.inside.as_ref().map_or(path.to_string(), |inside| format!("{path}:{inside}"))
    }

    /// Opens it and calls `each` with its bytes.
    pub(super) fn open<T>(&self, each: impl FnOnce(&mut dyn Read) -> T) -> io::Result<T> {
        let mut file = File::open(&self.path)?;
        if self.inside.is_none() {
            return Ok(each(&mut file));
        }
        let mut archive = ZipArchive::new(file).map_err(io::Error::other)?;
        let mut entry = archive.by_index(self.index).map_err(io::Error::other)?;
        Ok(each(&mut entry))
    }
}

impl Container {
    /// Finds out what a file is.
    pub(super) fn open(path: &Path) -> Result<Self, ReadError> {
        let failed = |source| ReadError::Io { path: path.to_owned(), source };
        let not = |why: &str, help: &str| ReadError::NotABackup {
            path: path.to_owned(),
            why: why.to_owned(),
            help: (!help.is_empty()).then(|| help.to_owned()),
        };
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Self::folder(path).ok_or_else(|| {
                not(
                    &format!("the folder contains no {ENTITIES}"),
                    "name the .zip or .xml file that Jira wrote, or the folder that it was unpacked into",
                )
            });
        }
        output::reads(path);
        let mut start = Vec::new();
        (&mut file).take(512).read_to_end(&mut start).map_err(failed)?;
        match start[..] {
            [] => Err(not("it is empty", "the export, or copying it, failed; repeat it")),
            [b'P', b'K', 3 | 5, ..] => {
                file.rewind().map_err(failed)?;
                Self::zip(path, file)
            }
            [0x1f, 0x8b, ..] => Err(not("it is packed with gzip", "unpack it with gunzip first")),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Ok(Self::bare(path, metadata.len())),
            _ if start.trim_ascii_start().starts_with(b"<") || start.starts_with(b"\xef\xbb\xbf") => {
                Ok(Self::bare(path, metadata.len()))
            }
            _ => Err(not(
                "it is neither XML nor a zip archive",
                "name the .zip or .xml file that Jira wrote (Administration > System > Backup system)",
            )),
        }
    }

    fn bare(path: &Path, size: u64) -> Self {
        let entities = Part { path: path.to_owned(), inside: None, index: 0, size };
        Self { path: path.to_owned(), entities, active_objects: None, warnings: Vec::new() }
    }

    fn folder(path: &Path) -> Option<Self> {
        let part = |name: &str| {
            let path = path.join(name);
            let size = path.metadata().ok().filter(Metadata::is_file)?.len();
            output::reads(&path);
            Some(Part { path, inside: None, index: 0, size })
        };
        let entities = part(ENTITIES)?;
        let active_objects = part(ACTIVE_OBJECTS);
        let warnings = if active_objects.is_none() { vec![no_boards("the folder")] } else { Vec::new() };
        Some(Self { path: path.to_owned(), entities, active_objects, warnings })
    }

    fn zip(path: &Path, file: File) -> Result<Self, ReadError> {
        let not = |why: String, help: &str| ReadError::NotABackup {
            path: path.to_owned(),
            why,
            help: (!help.is_empty()).then(|| help.to_owned()),
        };
        let archive = ZipArchive::new(file).map_err(|error| match error {
            ZipError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => {
                ReadError::Io { path: path.to_owned(), source }
            }
            error => not(
                format!("the zip archive is damaged or cut off ({error})"),
                "compare its size with that of the original and copy it again",
            ),
        })?;
        let mut parts = Vec::new();
        for index in 0..archive.len() {
            let Ok(entry) = archive.by_index_data(index) else { continue };
            let Ok(name) = entry.name() else { continue };
            if entry.is_file() && has_extension(&name, "xml") {
                let inside = Some(name.into_owned());
                let part = Part { path: path.to_owned(), inside, index, size: entry.size() };
                parts.push((part, Packing { is_encrypted: entry.encrypted(), method: entry.compression() }));
            }
        }
        let named = |part: &Part, name: &str| part.inside.as_deref() == Some(name);
        let take = |parts: &mut Vec<(Part, Packing)>, name: &str| {
            let index = parts.iter().position(|(part, _)| named(part, name));
            index.map(|index| parts.swap_remove(index))
        };
        let active_objects = take(&mut parts, ACTIVE_OBJECTS);
        let entities = match take(&mut parts, ENTITIES) {
            Some(part) => part,
            None => match &mut parts[..] {
                [_] if active_objects.is_none() => parts.remove(0),
                [] => {
                    return Err(not(
                        format!("the zip archive contains no {ENTITIES}"),
                        "a Jira backup has it at the root; a project archive or a backup of another product \
                         does not",
                    ));
                }
                others => {
                    let names: Vec<&str> =
                        others.iter().filter_map(|(part, _)| part.inside.as_deref()).take(3).collect();
                    return Err(not(
                        format!(
                            "the zip archive contains no {ENTITIES} at its root, but {}",
                            names.join(", ")
                        ),
                        "pack the files themselves, not the folder around them",
                    ));
                }
            },
        };
        let used = [Some(&entities), active_objects.as_ref()];
        if used.into_iter().flatten().any(|(_, packing)| packing.is_encrypted) {
            return Err(not(
                "the zip archive is encrypted".to_owned(),
                "unpack it with its password and name the folder's files in a new zip without one",
            ));
        }
        for (part, packing) in used.into_iter().flatten() {
            if let Some(method) = other_method(packing.method) {
                let inside = part.inside.as_deref().unwrap_or_default();
                return Err(not(
                    format!(
                        "{inside} in the zip archive is compressed with {method}, which pcfg does not support"
                    ),
                    "it is intact: unpack it and pack its files with Deflate, as `zip backup.zip entities.xml \
                     activeobjects.xml` does (7-Zip: `7z a -tzip -mm=Deflate`), or name the unpacked folder",
                ));
            }
        }
        let mut warnings = Vec::new();
        if active_objects.is_none() && named(&entities.0, ENTITIES) {
            warnings.push(no_boards("the archive"));
        }
        Ok(Self {
            path: path.to_owned(),
            entities: entities.0,
            active_objects: active_objects.map(|(part, _)| part),
            warnings,
        })
    }

    /// Returns the file on disk.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// How a file of an archive is packed.
struct Packing {
    is_encrypted: bool,
    method: CompressionMethod,
}

/// Returns the name of a method of compression that cannot be unpacked.
fn other_method(method: CompressionMethod) -> Option<String> {
    let known = match method {
        CompressionMethod::STORE | CompressionMethod::DEFLATE => return None,
        CompressionMethod::DEFLATE64 => "Deflate64",
        CompressionMethod::BZIP2 => "BZip2",
        CompressionMethod::LZMA => "LZMA",
        CompressionMethod::ZSTD => "Zstandard",
        CompressionMethod::XZ => "XZ",
        CompressionMethod::PPMD => "PPMd",
        other => return Some(format!("a method that pcfg does not know ({other:?})")),
    };
    Some(known.to_owned())
}

fn no_boards(place: &str) -> String {
    format!(
        "{place} contains no {ACTIVE_OBJECTS}, so there are no boards; from 4.4 on, Jira writes both files"
    )
}

fn has_extension(name: &str, wanted: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}
