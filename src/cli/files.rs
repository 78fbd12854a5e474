//! Files that the user names: read up to a limit, and noted as inputs, so that no output takes their place.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::output::{self, Content, NotWritten, Output};
use crate::xml::MAX_BYTES;

/// Reads a file that may not be larger than [`MAX_BYTES`].
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    read_if(path, &|_| Ok(()))
}

/// Reads a file if nothing is said against it when it is open.
pub(super) fn read_if(path: &Path, check: &dyn Fn(&File) -> Result<(), Fault>) -> Result<Vec<u8>, Fault> {
    let fails = |error: io::Error| Fault::input(format!("cannot read `{}`", path.display())).because(&error);
    let file = File::open(path).map_err(fails)?;
    check(&file)?;
    let metadata = file.metadata().map_err(fails)?;
    if metadata.is_dir() {
        return Err(Fault::input(format!("`{}` is a folder, not a file", path.display())));
    }
    if metadata.len() > MAX_BYTES {
        return Err(too_large(&format!("`{}`", path.display())));
    }
    output::reads(path);
    limited(file, &format!("`{}`", path.display()))
}

/// Reads standard input, with the same limit.
pub(super) fn read_stdin() -> Result<Vec<u8>, Fault> {
    limited(io::stdin().lock(), "standard input")
}

/// Not every file knows its length beforehand: a pipe, a device.
fn limited(source: impl Read, name: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = source.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| Fault::input(format!("cannot read {name}")).because(&error))?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large(name)) } else { Ok(bytes) }
}

fn too_large(name: &str) -> Fault {
    Fault::input(format!("{name} is larger than {} MiB, the most that pcfg reads", MAX_BYTES >> 20))
}

/// Reads the beginning of a file.
pub(super) fn beginning(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    File::open(path)?.take(bytes).read_to_end(&mut read)?;
    Ok(read)
}

/// Returns the file that an option names, after a look whether it can be written; `None` for standard output.
pub(super) fn output(path: Option<&PathBuf>, content: Content) -> Result<Option<Output>, NotWritten> {
    let path = path.filter(|path| path.as_os_str() != "-");
    path.map(|path| Output::to(path, content)).transpose()
}

/// Replaces a file that the command may have read, or creates it.
pub(super) fn replace(path: &Path, content: Content, bytes: &[u8]) -> Result<(), Fault> {
    Ok(Output::rewriting(path, content)?.write(&|out| out.write_all(bytes))?)
}
