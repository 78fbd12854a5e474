//! SEND and RECEIVE of one half become links to the folders of the other, on the same machine or a shared one.
//!
//! Invariant: no file is lost: what lay in the own folders lies in those of the partner before the links are there. Only one side has
//! links. A link that was interrupted is finished by the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::place::{RECEIVE, SEND};
use crate::private::sync_folder;

/// What was linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Own folder and partner's folder, of each link.
    pub links: Vec<(PathBuf, PathBuf)>,
    /// How many files were brought to the partner's folders.
    pub moved: usize,
}

/// Why folders were not linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// The partner has links already.
    #[error("{} is a link: the partner's side is linked already, and only one side has links. Nothing is left to do here", .0.display())]
    PartnerIsLinked(PathBuf),
    /// The own folder is a link to something else.
    #[error("{} is a link to {} already; remove it (`rm`) if that is wrong, and link again", link.display(), target.display())]
    IsLinked {
        /// The link.
        link: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// The partner's folder is not there.
    #[error("{} is not there: is this the folder of the partner's half?", .0.display())]
    NoPartner(PathBuf),
    /// It is the own half.
    #[error("{} is the folder of this half itself, and not the partner's", .0.display())]
    Itself(PathBuf),
    /// Something that is not a file lies in the way.
    #[error("{} is in the way: it is not a file. Take it away, and link again", .0.display())]
    InTheWay(PathBuf),
    /// Two files of one name.
    #[error("{} and {} have one name and are not the same: take one of them away, and link again", .0.display(), .1.display())]
    Twice(PathBuf, PathBuf),
    /// The system refused.
    #[error("{}: {error}", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// No links here.
    #[error("this system has no symbolic links: let the folders be copied")]
    NotHere,
}

fn system(path: &Path) -> impl Fn(io::Error) -> LinkFault {
    move |error| LinkFault::System { path: path.to_owned(), error }
}

/// Links SEND and RECEIVE of `home` to RECEIVE and SEND of `partner`.
pub fn link(home: &Path, partner: &Path) -> Result<Linked, LinkFault> {
    let pairs = [(SEND, RECEIVE), (RECEIVE, SEND)];
    let mut targets = Vec::new();
    for (own, theirs) in pairs {
        let target = partner.join(theirs);
        let facts = fs::symlink_metadata(&target).map_err(|_| LinkFault::NoPartner(target.clone()))?;
        if facts.is_symlink() {
            return Err(LinkFault::PartnerIsLinked(target));
        }
        if !facts.is_dir() {
            return Err(LinkFault::NoPartner(target));
        }
        let real = fs::canonicalize(&target).map_err(system(&target))?;
        targets.push((home.join(own), real));
    }
    let one = fs::canonicalize(home).map_err(system(home))?;
    if targets.iter().any(|(_, real)| real.parent() == Some(&one)) {
        return Err(LinkFault::Itself(partner.to_owned()));
    }
    // Everything is looked at before anything is changed.
    for (own, real) in &targets {
        match fs::symlink_metadata(own) {
            Ok(facts) if facts.is_symlink() => {
                let target = fs::read_link(own).map_err(system(own))?;
                if target != *real {
                    return Err(LinkFault::IsLinked { link: own.clone(), target });
                }
            }
            Ok(facts) if facts.is_dir() => {
                for entry in fs::read_dir(own).map_err(system(own))? {
                    let entry = entry.map_err(system(own))?;
                    if !fs::symlink_metadata(entry.path()).is_ok_and(|facts| facts.is_file()) {
                        return Err(LinkFault::InTheWay(entry.path()));
                    }
                }
            }
            Ok(_) => return Err(LinkFault::InTheWay(own.clone())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(system(own)(error)),
        }
    }
    let mut linked = Linked { links: Vec::new(), moved: 0 };
    for (own, real) in targets {
        if !fs::symlink_metadata(&own).is_ok_and(|facts| facts.is_symlink()) {
            linked.moved += replaced(&own, &real)?;
        }
        linked.links.push((own, real));
    }
    sync_folder(home).map_err(system(home))?;
    Ok(linked)
}

/// Puts a link into the place of a folder, whose files go to where it leads.
fn replaced(own: &Path, real: &Path) -> Result<usize, LinkFault> {
    let mut count = 0;
    // A run that is at work may put another file there between looking and removing.
    loop {
        match fs::read_dir(own) {
            Ok(entries) => {
                for entry in entries {
                    let path = entry.map_err(system(own))?.path();
                    let to = real.join(path.file_name().unwrap_or_default());
                    match (fs::read(&path), fs::read(&to)) {
                        (Ok(own), Ok(theirs)) if own == theirs => {
                            fs::remove_file(&path).map_err(system(&path))?;
                        }
                        (_, Ok(_)) => return Err(LinkFault::Twice(path, to)),
                        _ => moved(&path, &to).map_err(system(&path))?,
                    }
                    count += 1;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(system(own)(error)),
        }
        match fs::remove_dir(own) {
            Ok(()) => break,
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) => return Err(system(own)(error)),
        }
    }
    made(real, own)?;
    Ok(count)
}

#[cfg(unix)]
fn made(target: &Path, link: &Path) -> Result<(), LinkFault> {
    std::os::unix::fs::symlink(target, link).map_err(system(link))
}

#[cfg(not(unix))]
fn made(_: &Path, _: &Path) -> Result<(), LinkFault> {
    Err(LinkFault::NotHere)
}

/// Moves a file to another folder, which may be on another file system: then as a copy under a hidden name, made whole first.
pub(super) fn moved(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        other => return other,
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut copy = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder)?;
    io::copy(&mut fs::File::open(from)?, &mut copy)?;
    copy.as_file().set_permissions(fs::metadata(from)?.permissions())?;
    copy.as_file().sync_all()?;
    copy.persist(to)?;
    sync_folder(folder)?;
    fs::remove_file(from)
}
