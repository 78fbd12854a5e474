//! Whose settings are obeyed: a settings file can run programs and send passwords to servers, and may lie in a folder of
//! anybody.
//!
//! Invariant: what is checked is the file that is read. Only its owner decides what stands in a file that nobody else can
//! write, so settings are obeyed that belong to the user; for root, also those of whoever has the repository around them, as
//! containers of CI have it. A group that may write is one that the owner has chosen, and the usual one of many systems has
//! one member: it is trusted, as git does.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Kind};

/// The environment variable that names settings files which are obeyed, whoever can write them.
pub(in crate::cli) const VARIABLE: &str = "PCFG_TRUST";

/// Refuses settings that somebody else may have written, unless the user trusts them.
pub(in crate::cli) fn check(path: &Path, file: &File) -> Result<(), Fault> {
    let failed = |error| Fault::input(format!("cannot read `{}`", path.display())).because(&error);
    let metadata = file.metadata().map_err(failed)?;
    let Some(why) = distrust(path, &metadata) else { return Ok(()) };
    if is_trusted(path) {
        return Ok(());
    }
    let (shown, quoted) = (path.display(), quoted(path));
    Err(Fault::new(Kind::Refused, format!("`{shown}` is not used: {}", why.reason))
        .hint("settings can run programs, and send passwords to servers: read them first")
        .hint(why.way.replace("FILE", &quoted))
        .hint(format!("or, if you trust whoever can write the file: `export {VARIABLE}={quoted}`"))
        .hint("or name the instance by a path that begins with `./` or `/`, or by its address, without these settings"))
}

/// Returns a path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// Returns whether the user says that a file is to be obeyed.
fn is_trusted(path: &Path) -> bool {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let Some(variable) = std::env::var_os(VARIABLE) else { return false };
    let Ok(path) = path.canonicalize() else { return false };
    std::env::split_paths(&variable).any(|named| named.canonicalize().is_ok_and(|named| named == path))
}

/// Why a file is not trusted, and what makes it so.
struct Distrust {
    reason: String,
    way: &'static str,
}

#[cfg(unix)]
fn distrust(path: &Path, metadata: &Metadata) -> Option<Distrust> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    let repository = if me == 0 { repository(path).and_then(|own| own.metadata().ok()) } else { None };
    let repository = repository.map(|own| own.uid());
    // A link is one more thing that somebody may have put there.
    let link = path.symlink_metadata().ok().map(|own| own.uid());
    let owners = [Some(metadata.uid()), link];
    owners.into_iter().flatten().find_map(|owner| of(me, owner, metadata.mode(), repository))
}

#[cfg(not(unix))]
fn distrust(_: &Path, _: &Metadata) -> Option<Distrust> {
    None
}

/// Says why a file of an owner is not trusted by a user.
#[cfg(unix)]
fn of(me: u32, owner: u32, mode: u32, repository: Option<u32>) -> Option<Distrust> {
    const WRITABLE_BY_ALL: u32 = 0o002;
    if owner != me && !(me == 0 && repository == Some(owner)) {
        let around = if me == 0 { ", who has no repository around it" } else { "" };
        let reason = format!("it belongs to the user {owner}{around}, and you are the user {me}");
        return Some(Distrust {
            reason,
            way: "make a copy of your own: `cp FILE pcfg.mine && mv -f pcfg.mine FILE`",
        });
    }
    (mode & WRITABLE_BY_ALL != 0).then(|| Distrust {
        reason: "everybody on this machine can write it".to_owned(),
        way: "keep others from writing it: `chmod o-w FILE`",
    })
}

/// Returns what makes a folder around a file a repository.
#[cfg(unix)]
fn repository(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).map(|folder| folder.join(".git")).find(|own| own.symlink_metadata().is_ok())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_is_trusted() {
        let reason = |me, owner, mode, repository| of(me, owner, mode, repository).map(|own| own.reason);
        assert_eq!(reason(1000, 1000, 0o644, None), None);
        assert_eq!(reason(1000, 1000, 0o664, None), None, "a group is chosen by the owner");
        assert_eq!(reason(1000, 1000, 0o646, None).unwrap(), "everybody on this machine can write it");
        assert!(reason(1000, 1001, 0o644, Some(1001)).unwrap().contains("belongs to the user 1001"));
        assert!(reason(1000, 0, 0o644, None).is_some());
        assert_eq!(reason(0, 0, 0o644, None), None);
        assert_eq!(reason(0, 1001, 0o644, Some(1001)), None, "a checkout in a container");
        assert!(reason(0, 1001, 0o644, Some(0)).unwrap().contains("who has no repository around it"));
        assert!(reason(0, 1001, 0o644, None).is_some());
        assert!(reason(0, 1001, 0o666, Some(1001)).is_some());
    }
}
