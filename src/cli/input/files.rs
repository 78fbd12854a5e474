//! Files that the user names: read up to a limit, and noted as inputs, so that no output takes their place.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::output::{self, Content, NotWritten, Output};
use crate::xml::{self, MAX_BYTES};

/// What a file is, as far as it matters for how large it may be: what is made of a small text can be large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// A configuration, or what a saved plan has of one.
    Configuration,
    /// A mapping file: 100,000 lines are a tenth of it.
    Mapping,
    /// `pcfg.toml`.
    Settings,
    /// A file of passwords, or with a token.
    Secrets,
}

impl Kind {
    fn most(self) -> u64 {
        match self {
            Self::Configuration => MAX_BYTES,
            Self::Mapping => 64 << 20,
            Self::Settings | Self::Secrets => 1 << 20,
        }
    }

    /// Returns whose bound it is.
    fn of_what(self) -> &'static str {
        match self {
            Self::Configuration => "",
            Self::Mapping => " of a mapping file",
            Self::Settings => " of settings",
            Self::Secrets => " of a file with secrets",
        }
    }
}

/// Reads a file that may not be larger than [`MAX_BYTES`].
pub(in crate::cli) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    read_as(path, Kind::Configuration, &|_| Ok(()))
}

/// Reads a file that is not larger than its kind may be, if nothing is said against it when it is open.
pub(in crate::cli) fn read_as(
    path: &Path,
    kind: Kind,
    check: &dyn Fn(&File) -> Result<(), Fault>,
) -> Result<Vec<u8>, Fault> {
    let fails = |error: io::Error| Fault::input(format!("cannot read `{}`", path.display())).because(&error);
    let file = File::open(path).map_err(fails)?;
    check(&file)?;
    let metadata = file.metadata().map_err(fails)?;
    if metadata.is_dir() {
        return Err(Fault::input(format!("`{}` is a folder, not a file", path.display())));
    }
    if metadata.len() > kind.most() {
        return Err(too_large(&format!("`{}`", path.display()), kind));
    }
    output::reads(path);
    limited(file, &format!("`{}`", path.display()), kind)
}

/// Reads standard input, with the same limit.
pub(in crate::cli) fn read_stdin() -> Result<Vec<u8>, Fault> {
    // It may be a file, which is then an input as any other.
    #[cfg(unix)]
    output::reads(std::path::Path::new("/dev/stdin"));
    limited(io::stdin().lock(), "standard input", Kind::Configuration)
}

/// Not every file knows its length beforehand: a pipe, a device.
fn limited(source: impl Read, name: &str, kind: Kind) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = source.take(kind.most() + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::input(format!("cannot read {name}")).because(&error))?;
    if bytes.len() as u64 > kind.most() {
        return Err(too_large(name, kind));
    }
    Ok(match xml::utf8(&bytes) {
        Cow::Owned(text) => text,
        Cow::Borrowed(_) => bytes,
    })
}

fn too_large(name: &str, kind: Kind) -> Fault {
    let (most, what) = (kind.most() >> 20, kind.of_what());
    Fault::input(format!("{name} is larger than {most} MiB, the most that pcfg reads{what}"))
}

/// Reads as much of the beginning of a file as tells what it is.
pub(in crate::cli) fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    xml::beginning(File::open(path)?)
}

/// Returns whether a file is UTF-16, which is read and never written.
pub(in crate::cli) fn is_utf16(path: &Path) -> io::Result<bool> {
    let mut read = Vec::new();
    File::open(path)?.take(2).read_to_end(&mut read)?;
    Ok(xml::is_utf16(&read))
}

/// Returns the file that an option names, after a look whether it can be written; `None` for standard output.
pub(in crate::cli) fn output(path: Option<&PathBuf>, content: Content) -> Result<Option<Output>, NotWritten> {
    let path = path.filter(|path| path.as_os_str() != "-");
    path.map(|path| Output::to(path, content)).transpose()
}

/// Replaces a file that the command may have read, or creates it.
pub(in crate::cli) fn replace(path: &Path, content: Content, bytes: &[u8]) -> Result<(), Fault> {
    Ok(Output::rewriting(path, content)?.write(&|out| out.write_all(bytes))?)
}
