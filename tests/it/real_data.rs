//! Data of real Jiras, in the working folder beside the project. It is not part of the project: where it is missing,
//! the tests that need it are skipped and counted.

use std::path::{Path, PathBuf};

use pcfg::instance::{Reading, Scope};
use pcfg::model::Config;
use pcfg::select::{Options, Projects, select};

/// The one backup that is malformed as published.
const MALFORMED: &str = "export-for-history-tests.xml";

/// Returns the folder of real data, or says that the test is skipped.
pub(crate) fn folder(sub: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/jira").join(sub);
    if folder.is_dir() {
        return Some(folder);
    }
    crate::skip::skipped(crate::skip::Need::RealData, "the folder is not here");
    None
}

/// Returns a real backup, such as `jrjc/jira-dump.xml`, or says that the test is skipped.
pub(crate) fn backup(name: &str) -> Option<PathBuf> {
    folder("backups").map(|folder| folder.join(name))
}

/// Returns all well-formed real backups in a fixed order, or says that the test is skipped.
pub(crate) fn backups() -> Vec<PathBuf> {
    let Some(folder) = folder("backups") else { return Vec::new() };
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "xml"))
        .filter(|path| path.file_name().unwrap() != MALFORMED)
        .collect();
    files.sort();
    assert_eq!(files.len(), 20, "the set of real backups is complete");
    files
}

/// Reads a backup.
pub(crate) fn read(path: &Path) -> Reading {
    pcfg::instance::open(path).unwrap().read(Scope::default(), &|_, _| {}).unwrap()
}

/// Exports projects of a backup; no key means all.
pub(crate) fn export(path: &Path, keys: &[&str]) -> Config {
    let projects = match keys {
        [] => Projects::All,
        keys => Projects::Keys(keys.iter().map(|key| (*key).to_owned()).collect()),
    };
    let mut reading = read(path);
    select(&mut reading.snapshot, &Options { projects, ..Options::default() }).unwrap()
}
