//! Files that commands write: whole or not at all, and never in the place of anything else.
//!
//! Invariants: a file is either as it was or complete, whatever happens meanwhile, and its name is on the disk; nothing that
//! the process reads is replaced, whatever name or link leads to it, unless the command says that it rewrites its input; a
//! file is replaced by one of its own kind only; devices and pipes are written in place, and a link stays. A folder is
//! written like a file: [`OutputFolder`].

mod folder;
mod inputs;
mod kind;
mod place;
mod siblings;
mod state;
mod temporary;

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

pub use self::folder::OutputFolder;
pub use self::inputs::{reads, reads_database};
pub use self::kind::{Content, MANIFEST, MARK, is_complete};
use self::place::{Found, Stream};
pub use self::state::{Needless, Outcome, Place, Writing, limit, stop};
pub use self::temporary::{Left, Temporary};

/// Why a file is not written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct NotWritten {
    /// The file, as the user named it.
    pub path: PathBuf,
    /// Why.
    pub why: Why,
}

/// Why a file is not written.
#[derive(Debug)]
pub enum Why {
    /// The operating system refuses.
    Io(io::Error),
    /// It is a folder.
    Folder,
    /// The folder that it is to be in is not there.
    NoFolder(PathBuf),
    /// The command reads it.
    Input,
    /// It is of another kind.
    Other {
        /// What it is.
        is: &'static str,
        /// What would be in its place.
        wanted: &'static str,
        /// Whether losing it may be a disaster.
        is_precious: bool,
    },
    /// By its name it belongs to a database.
    OfDatabase(PathBuf),
    /// The folder holds something that is none of what would be in its place.
    Holds(PathBuf),
    /// The folder is the one in which the command runs, or one around it.
    Around,
    /// The system cannot exchange folders there in one step.
    Exchange,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// As the file that it replaces, or as the system makes files.
    Usual,
    /// At most these permissions.
    AtMost(u32),
}

/// A file that is to be written.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    content: Content,
    rewrites: bool,
    access: Access,
    writing: Writing,
}

impl Output {
    /// Returns a file to write, after a look whether that can be done.
    pub fn to(path: &Path, content: Content) -> Result<Self, NotWritten> {
        Self::new(path, content, false)
    }

    /// The same for a command that may put its result in the place of what it reads.
    pub fn rewriting(path: &Path, content: Content) -> Result<Self, NotWritten> {
        Self::new(path, content, true)
    }

    fn new(path: &Path, content: Content, rewrites: bool) -> Result<Self, NotWritten> {
        let writing = Writing::begin(Place::File(path.to_owned()));
        let output = Self { path: path.to_owned(), content, rewrites, access: Access::Usual, writing };
        output.check()?;
        Ok(output)
    }

    /// Returns the file as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets nobody but the user read the file.
    #[must_use]
    pub fn private(self) -> Self {
        Self { access: Access::AtMost(0o600), ..self }
    }

    /// Lets nobody read the file who may not read that one.
    pub fn as_private_as(self, other: &Path) -> io::Result<Self> {
        let access = Access::AtMost(mode(&fs::metadata(other)?));
        Ok(Self { access, ..self })
    }

    /// Makes a file for what the command puts aside while it makes this one: beside it, and for this user alone.
    pub fn aside(&self) -> Result<Temporary, NotWritten> {
        match self.found()? {
            Found::Stream(_) => self.told(Temporary::anywhere()),
            Found::File { target, .. } => self.told(Temporary::beside(&target, 0o600)),
        }
    }

    /// Checks whether the file can be written, as far as that can be known before: best when it is known what is read.
    pub fn check(&self) -> Result<(), NotWritten> {
        self.found().map(drop)
    }

    /// Writes the file. The content comes in large pieces.
    pub fn write(&self, write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>) -> Result<(), NotWritten> {
        match self.found()? {
            Found::Stream(stream) => {
                self.writing.is(Outcome::Partly);
                self.told(stream.open().and_then(|mut file| read_on(write(&mut file))))?;
                self.writing.is(Outcome::Done);
                Ok(())
            }
            Found::File { target, before } => {
                let mut file = self.temporary(&target, before.as_ref())?;
                self.told(write(file.file()))?;
                self.finish(file, target, before)
            }
        }
    }

    /// Writes the file by way of one with another name, in which `make` can look for itself what it has made.
    pub fn make<E: From<NotWritten>>(
        &self,
        make: impl FnOnce(&mut File, &Path) -> Result<(), E>,
    ) -> Result<(), E> {
        let found = self.found()?;
        let mut file = match &found {
            Found::Stream(_) => self.told(Temporary::anywhere())?,
            Found::File { target, before } => self.temporary(target, before.as_ref())?,
        };
        let path = file.path().to_owned();
        make(file.file(), &path)?;
        match found {
            Found::Stream(stream) => {
                self.writing.is(Outcome::Partly);
                self.told(copy(&mut file, &stream))?;
                self.writing.is(Outcome::Done);
            }
            Found::File { target, before } => self.finish(file, target, before)?,
        }
        Ok(())
    }

    fn told<T>(&self, result: io::Result<T>) -> Result<T, NotWritten> {
        result.map_err(|error| self.not(Why::Io(error)))
    }

    fn not(&self, why: Why) -> NotWritten {
        NotWritten { path: self.path.clone(), why }
    }

    /// Finds out where the path leads, and whether that may be written.
    fn found(&self) -> Result<Found, NotWritten> {
        let found = place::find(&self.path).map_err(|why| self.not(why))?;
        let regular = match &found {
            Found::File { target, before: Some(_) } => Some(target.as_path()),
            Found::Stream(Stream::Open { path, is_file: true } | Stream::Standard { path, .. }) => {
                Some(path.as_path())
            }
            Found::File { .. } | Found::Stream(_) => None,
        };
        let Found::File { target, before } = &found else {
            return match regular.is_some_and(inputs::are) {
                true => Err(self.not(Why::Input)),
                false => Ok(found),
            };
        };
        if inputs::are(target) {
            // It was understood by the command, and so is of the right kind.
            return if self.rewrites { Ok(found) } else { Err(self.not(Why::Input)) };
        }
        if let Some(database) = inputs::database_of(target) {
            return Err(self.not(Why::OfDatabase(database)));
        }
        if before.is_some() {
            let kind = self.told(kind::of(target))?;
            if !self.content.replaces(kind) {
                let (is, is_precious) = (kind.title(), kind.is_precious());
                return Err(self.not(Why::Other { is, wanted: self.content.title(), is_precious }));
            }
        }
        Ok(found)
    }

    fn temporary(&self, target: &Path, before: Option<&Metadata>) -> Result<Temporary, NotWritten> {
        let mode = match (self.access, before) {
            (Access::Usual, None) => 0o666,
            (Access::Usual, Some(before)) => mode(before),
            // It gets the rest when it is complete.
            (Access::AtMost(_), _) => 0o600,
        };
        self.told(Temporary::beside(target, mode))
    }

    /// Gives a complete file its name, if that still leads to the same place.
    fn finish(
        &self,
        mut file: Temporary,
        mut target: PathBuf,
        mut before: Option<Metadata>,
    ) -> Result<(), NotWritten> {
        /// How often somebody else may make a file of the name meanwhile.
        const MOST: usize = 10;
        let mut attempt = 0;
        loop {
            self.told(self.settle(file.file(), before.as_ref()))?;
            // A full disk may come to light only now.
            self.told(file.file().sync_all())?;
            let named = self.writing.decide(|| file.rename(&target, before.is_some()));
            let is_new = matches!(&named, Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
            if !is_new || attempt == MOST {
                return self.told(named);
            }
            attempt += 1;
            match self.found()? {
                Found::File { target: now, before: is } if now == target => (target, before) = (now, is),
                _ => return self.told(named),
            }
        }
    }

    /// Gives a file the permissions, and as far as possible the owner, that it is to have.
    fn settle(&self, file: &File, before: Option<&Metadata>) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
            if let Some(before) = before
                && file.metadata().is_ok_and(|own| (own.uid(), own.gid()) != (before.uid(), before.gid()))
            {
                let _only_root_can = fchown(file, Some(before.uid()), Some(before.gid()));
            }
            let wanted = match (self.access, before.map(mode)) {
                (Access::Usual, None) => return Ok(()),
                (Access::Usual, Some(before)) => before,
                (Access::AtMost(most), None) => most,
                (Access::AtMost(most), Some(before)) => most & before,
            };
            file.set_permissions(fs::Permissions::from_mode(wanted))
        }
        #[cfg(not(unix))]
        {
            let _ = (file, before, self.access);
            Ok(())
        }
    }
}

/// A reader that went away has seen enough.
fn read_on(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn copy(file: &mut Temporary, stream: &Stream) -> io::Result<()> {
    let mut from = File::open(file.path())?;
    let mut to = stream.open()?;
    read_on(io::copy(&mut from, &mut to).map(drop))
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0o666
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new name in a folder survives a loss of power only when the folder is written, too. Not every system can do that.
pub fn sync_folder(path: &Path) {
    let _synced = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn write(path: &Path, text: &str) -> Result<(), NotWritten> {
        Output::to(path, Content::Lines)?.write(&|out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn replacing_leaves_nothing_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let failed = Output::to(&path, Content::Lines).unwrap().write(&|_| Err(io::Error::other("no")));
        assert!(failed.is_err());
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"two".to_vec(), vec!["a".to_owned()]));
    }

    #[test]
    fn what_is_being_written_is_told_from_what_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let being = Temporary::beside(&path, 0o600).unwrap();
        let left = folder.path().join(".a.sqlite.aBcDeFgHiJkL.unfinished");
        let others = ["-wal", ".unfinished", ".aBcDeFgHiJk.unfinished"]
            .map(|own| folder.path().join(format!(".a.sqlite{own}")));
        others.iter().chain([&left]).for_each(|path| drop(File::create(path).unwrap()));
        File::create(folder.path().join(".a.sqlite.aBcDeFgHiJkL.unfinished-wal")).unwrap();
        let found = Left::of(&path);
        assert_eq!(found.busy, [being.path()]);
        assert_eq!(found.remove().unwrap().len(), 2);
        assert!(!left.exists() && others.iter().all(|path| path.exists()));
        drop(being);
        assert_eq!(names(folder.path()).len(), others.len());
    }

    /// Somebody else makes a file of the name while this one is being written: it is looked at before it is replaced.
    #[test]
    fn what_appears_meanwhile_is_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let meanwhile = |other: &'static str| {
            let _old = fs::remove_file(&path);
            Output::to(&path, Content::Lines).unwrap().write(&|out| {
                File::create(&path).and_then(|mut file| io::Write::write_all(&mut file, other.as_bytes()))?;
                out.write_all(b"own")
            })
        };
        meanwhile("theirs").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"own");
        meanwhile("SQLite format 3\0").unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"SQLite format 3\0");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_permissions_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        write(&file, "one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, "two").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(mode(&fs::metadata(&file).unwrap()), 0o640);
        let private = Output::to(&file, Content::Lines).unwrap().private();
        private.write(&|out| out.write_all(b"three")).unwrap();
        assert_eq!(mode(&fs::metadata(&file).unwrap()), 0o600);
        let (missing, dangling) = (folder.path().join("missing"), folder.path().join("dangling"));
        std::os::unix::fs::symlink("missing", &dangling).unwrap();
        write(&dangling, "four").unwrap();
        assert_eq!(fs::read(&missing).unwrap(), b"four");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(
            matches!(write(&file, "five").unwrap_err().why, Why::Io(error) if error.to_string() == "the file is write-protected")
        );
        assert_eq!(fs::read(&file).unwrap(), b"three");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write(Path::new("/dev/null"), "one").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert!(matches!(write(Path::new("/dev/full"), "one").unwrap_err().why, Why::Io(_)));
    }
}
