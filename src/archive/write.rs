//! Writing an archive.
//!
//! Invariants: entries come in any order, and attachments while another entry is open; each is packed and hashed in one pass; the
//! archive is there as a whole when it is finished, or not at all. What is put aside is a file beside the archive, which only this
//! user can read and which goes with the process.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, is_separator};

use super::PARTS;
use super::content::{Content, Copying, Hashing, copy, pass};
use super::fault::WriteError;
use super::manifest::{About, Entry, Manifest};
use super::name::{ATTACHMENTS, Name};
use super::packer::Packer;
use super::spool::{Packed, Spool, beginning};
use super::stream::Stream;
use crate::output::{self, NotWritten, Output, OutputFolder, Why};

/// The name that an attachment has in a folder until its hash is known.
const COMING: &str = "coming";

/// An archive that is being written. Bytes that are written into it go into the entry that was begun last.
#[derive(Debug)]
pub struct Writer {
    form: Form,
    /// The names of texts, as far as every system can tell them apart; attachments have no others than their hashes.
    texts: HashSet<String>,
    open: Option<Name>,
}

#[derive(Debug)]
enum Form {
    Zip(Box<Zip>),
    Folder(Box<Folder>),
}

#[derive(Debug)]
struct Zip {
    output: Output,
    texts: Packer,
    attachments: Spool,
    /// The attachments so far.
    packed: BTreeMap<Name, Packed>,
}

#[derive(Debug)]
struct Folder {
    output: OutputFolder,
    entries: BTreeMap<Name, Content>,
    open: Option<(BufWriter<File>, Hashing)>,
}

impl Writer {
    /// Begins an archive: a folder if the path is that of one or ends like one, and a zip otherwise. What cannot be written is
    /// refused now.
    pub fn create(path: &Path) -> Result<Self, WriteError> {
        let bytes = path.as_os_str().as_encoded_bytes();
        let is_folder = path.is_dir() || bytes.last().is_some_and(|&last| is_separator(last.into()));
        let form = match is_folder {
            true => {
                let output = OutputFolder::to(path, output::Content::Complete, &PARTS)?;
                Form::Folder(Box::new(Folder { output, entries: BTreeMap::new(), open: None }))
            }
            false => {
                let output = Output::to(path, output::Content::Complete)?;
                let (texts, attachments) = (Spool::new(output.aside()?), Spool::new(output.aside()?));
                let texts = Packer::new(texts)
                    .map_err(|error| NotWritten { path: path.to_owned(), why: Why::Io(error) })?;
                Form::Zip(Box::new(Zip { output, texts, attachments, packed: BTreeMap::new() }))
            }
        };
        Ok(Self { form, texts: HashSet::new(), open: None })
    }

    /// Begins an entry, and ends the one before.
    pub fn begin(&mut self, name: &str) -> Result<(), WriteError> {
        self.end()?;
        let own = Name::new(name).map_err(|source| WriteError::Name { entry: name.to_owned(), source })?;
        if !self.texts.insert(own.folded()) {
            return Err(WriteError::Twice(name.to_owned()));
        }
        let begun = match &mut self.form {
            Form::Zip(zip) => zip.texts.begin(),
            Form::Folder(folder) => folder.output.create(name).map(|file| {
                folder.open = Some((BufWriter::new(file), Hashing::default()));
            }),
        };
        self.told(begun)?;
        self.open = Some(own);
        Ok(())
    }

    /// Adds an attachment and returns what it is. The same content is kept once.
    pub fn attachment(&mut self, from: &mut dyn Read) -> Result<Content, WriteError> {
        let added = match &mut self.form {
            Form::Zip(zip) => zip.attachment(from),
            Form::Folder(folder) => folder.attachment(from),
        };
        added.map_err(|error| match error {
            Copying::Read(error) => WriteError::Source(error),
            Copying::Write(error) => self.failed(error),
        })
    }

    /// Returns the error that writing into an entry has failed with.
    pub fn failed(&self, error: io::Error) -> WriteError {
        let path = match &self.form {
            Form::Zip(zip) => zip.output.path(),
            Form::Folder(folder) => folder.output.path(),
        };
        NotWritten { path: path.to_owned(), why: Why::Io(error) }.into()
    }

    /// Writes the archive, and returns its manifest.
    pub fn finish(mut self, mut about: About) -> Result<Manifest, WriteError> {
        self.end()?;
        about.projects.sort_by(|one, other| one.key.cmp(&other.key));
        match self.form {
            Form::Zip(zip) => zip.finish(about),
            Form::Folder(folder) => folder.finish(about),
        }
    }

    fn end(&mut self) -> Result<(), WriteError> {
        let Some(name) = self.open.take() else { return Ok(()) };
        let ended = match &mut self.form {
            Form::Zip(zip) => zip.texts.end(name),
            Form::Folder(folder) => folder.end(name),
        };
        self.told(ended)
    }

    fn told<T>(&self, result: io::Result<T>) -> Result<T, WriteError> {
        result.map_err(|error| self.failed(error))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.open.is_none() {
            return Err(io::Error::other("no entry has begun"));
        }
        match &mut self.form {
            Form::Zip(zip) => zip.texts.add(bytes)?,
            Form::Folder(folder) => {
                if let Some((file, hashing)) = &mut folder.open {
                    hashing.update(bytes);
                    file.write_all(bytes)?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Zip {
    fn attachment(&mut self, from: &mut dyn Read) -> Result<Content, Copying> {
        let beginning = beginning(from).map_err(Copying::Read)?;
        self.attachments.begin_attachment(&beginning).map_err(Copying::Write)?;
        pass(from, &mut |piece| self.attachments.write_all(piece))?;
        let packed = self.attachments.end().map_err(Copying::Write)?;
        let Some(packed) = packed else { return Ok(Content::of(&[])) };
        let content = packed.content.clone();
        if let Ok(name) = Name::attachment(&content.sha256)
            && !self.packed.contains_key(&name)
        {
            self.attachments.keep(&packed);
            self.packed.insert(name, packed);
        }
        Ok(content)
    }

    fn finish(mut self, about: About) -> Result<Manifest, WriteError> {
        let Self { output, texts, attachments, packed } = &mut self;
        let failed = |error| NotWritten { path: output.path().to_owned(), why: Why::Io(error) };
        let (mut texts, packed_texts) = texts.finish().map_err(failed)?;
        packed.extend(packed_texts);
        let (manifest, text) =
            manifest(about, packed.iter().map(|(name, own)| (name, &own.content))).map_err(failed)?;
        output.make(|file, _| {
            let mut to = BufWriter::with_capacity(1 << 18, file);
            let mut write = || {
                let mut stream = Stream::new(&mut to);
                let text = text.as_bytes();
                stream.entry(output::MANIFEST, &Packed::stored(text), &mut &*text)?;
                for (name, packed) in &*packed {
                    let spool = if name.sha256().is_some() { &mut *attachments } else { &mut texts };
                    let (packed, mut bytes) = spool.read(packed)?;
                    stream.entry(name.as_str(), &packed, &mut bytes)?;
                }
                stream.finish()
            };
            write().map_err(failed)
        })?;
        Ok(manifest)
    }
}

/// Returns the manifest of some entries, and its text.
fn manifest<'e>(
    about: About,
    entries: impl Iterator<Item = (&'e Name, &'e Content)>,
) -> io::Result<(Manifest, String)> {
    let entry = |(name, Content { size, sha256 }): (&Name, &Content)| Entry {
        path: name.as_str().to_owned(),
        size: *size,
        sha256: sha256.clone(),
    };
    let manifest = Manifest { about, entries: entries.map(entry).collect() };
    let text = manifest.text().map_err(io::Error::other)?;
    Ok((manifest, text))
}

impl Folder {
    fn end(&mut self, name: Name) -> io::Result<()> {
        if let Some((mut file, hashing)) = self.open.take() {
            file.flush()?;
            self.entries.insert(name, hashing.finish());
        }
        Ok(())
    }

    fn attachment(&mut self, from: &mut dyn Read) -> Result<Content, Copying> {
        let coming = format!("{ATTACHMENTS}/{COMING}");
        let mut file = self.output.create(&coming).map_err(Copying::Write)?;
        let copied = copy(from, &mut file).and_then(|content| {
            // The same content has the same name, and takes the place of itself.
            let name =
                Name::attachment(&content.sha256).map_err(|ill| Copying::Write(io::Error::other(ill)))?;
            self.output.rename(&coming, name.as_str()).map_err(Copying::Write)?;
            self.entries.insert(name, content.clone());
            Ok(content)
        });
        if copied.is_err() {
            let _gone = self.output.remove(&coming);
        }
        copied
    }

    fn finish(self, about: About) -> Result<Manifest, WriteError> {
        let failed = |error| NotWritten { path: self.output.path().to_owned(), why: Why::Io(error) };
        let (manifest, text) = manifest(about, self.entries.iter()).map_err(failed)?;
        let written = self.output.create(output::MANIFEST);
        written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
        self.output.finish()?;
        Ok(manifest)
    }
}
