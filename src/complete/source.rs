//! What an archive holds, issue by issue.
//!
//! Invariant: an archive is checked as a whole before anything of it is believed; issues come in the order of their projects and numbers.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use super::Error;
use crate::archive::{About, Reader};
use crate::data::Named;
use crate::model::{Element, Identity};
use crate::schema::Schema;
use crate::xml;

/// A complete project in an archive.
#[derive(Debug)]
pub struct Source {
    reader: Reader,
}

/// Told of every issue: the key of its project, and the issue.
pub(super) type EachIssue<'a> = &'a mut dyn FnMut(&str, &Element) -> Result<(), Error>;

impl Source {
    /// Opens an archive and checks all of it.
    pub fn open(path: &Path, progress: &mut dyn FnMut(u64)) -> Result<Self, Error> {
        let mut reader = Reader::open(path)?;
        reader.check(progress)?;
        Ok(Self { reader })
    }

    /// Returns the text of the configuration of an archive, proved for itself: the rest is not looked at.
    pub fn only_configuration(path: &Path) -> Result<Vec<u8>, Error> {
        Self { reader: Reader::open(path)? }.configuration()
    }

    /// Returns what the archive says of itself.
    pub fn about(&self) -> &About {
        &self.reader.manifest().about
    }

    /// Returns the text of the configuration.
    pub fn configuration(&mut self) -> Result<Vec<u8>, Error> {
        self.bytes("configuration.xml")
    }

    /// Returns the names of the entries that are texts.
    pub fn texts(&self) -> Vec<String> {
        let entries = self.reader.manifest().entries.iter().map(|entry| entry.path.clone());
        entries.filter(|name| name.ends_with(".xml")).collect()
    }

    /// Returns the bytes of an entry.
    pub fn text(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        self.bytes(name)
    }

    /// Returns a hash that means this archive and no other.
    pub fn hash(&self) -> String {
        let mut text = String::new();
        for entry in &self.reader.manifest().entries {
            text.push_str(&format!("{} {} {}\n", entry.path, entry.size, entry.sha256));
        }
        crate::import::sha256(text.as_bytes())
    }

    /// Returns the attachment of a hash.
    pub fn attachment(&mut self, sha256: &str) -> Result<crate::archive::Reading<'_>, Error> {
        Ok(self.reader.attachment(sha256)?)
    }

    /// Calls `each` with every issue.
    pub(super) fn issues(&mut self, each: EachIssue<'_>) -> Result<(), Error> {
        let entries = self.reader.manifest().entries.iter().map(|entry| entry.path.clone());
        let names: Vec<String> = entries.filter(|name| issues_of(name).is_some()).collect();
        for name in names {
            let root = self.root(&name)?;
            let project = root.attribute_named("project").unwrap_or_default().to_owned();
            for issue in root.all("issues").flat_map(|own| own.all("issue")) {
                each(&project, issue)?;
            }
        }
        Ok(())
    }

    /// Returns the keys of the issues of a project by their ranks.
    pub fn ranks(&mut self, project: &str) -> Result<Vec<String>, Error> {
        let name = format!("data/{project}/ranks.xml");
        let root = if self.has(&name) { Some(self.root(&name)?) } else { None };
        let ranks = root.iter().flat_map(|root| root.all("ranks"));
        Ok(ranks.flat_map(|own| own.all("issue")).map(|own| own.text().to_owned()).collect())
    }

    /// Returns the sprints.
    pub fn sprints(&mut self) -> Result<Vec<Element>, Error> {
        let root = if self.has("data/sprints.xml") { Some(self.root("data/sprints.xml")?) } else { None };
        let sprints = root.iter().flat_map(|root| root.all("sprints"));
        Ok(sprints.flat_map(|own| own.all("sprint")).cloned().collect())
    }

    fn has(&self, name: &str) -> bool {
        self.reader.manifest().entries.iter().any(|entry| entry.path == name)
    }

    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let path = self.reader.path().to_owned();
        self.reader
            .read(name)?
            .read_to_end(&mut bytes)
            .map_err(|source| crate::instance::ReadError::Io { path, source })?;
        Ok(bytes)
    }

    fn root(&mut self, name: &str) -> Result<Element, Error> {
        let bytes = self.bytes(name)?;
        understood(self.reader.path(), name, &bytes)
    }
}

/// Returns the objects that the issues and sprints of an archive name, and its projects.
pub fn named(source: &mut Source) -> Result<BTreeSet<Identity>, Error> {
    let mut named = Named::default();
    source.issues(&mut |_, issue| {
        named.add(issue);
        Ok(())
    })?;
    source.sprints()?.iter().for_each(|sprint| named.add(sprint));
    let mut all: BTreeSet<Identity> = named.objects().into_iter().collect();
    if let Some(kind) = Schema::get().kind_named("project") {
        all.extend(source.about().projects.iter().map(|own| Identity::named(kind, &own.key)));
    }
    Ok(all)
}

/// Returns what an entry with issue data says.
pub(super) fn understood(archive: &Path, name: &str, bytes: &[u8]) -> Result<Element, Error> {
    let (text, _) = xml::decode(bytes);
    let document = xml::read_data(&text);
    let archive = archive.display().to_string();
    let malformed = |why| Error::Malformed { archive: archive.clone(), entry: name.to_owned(), why };
    let is_error = |own: &&crate::model::Problem| own.severity == crate::model::Severity::Error;
    match (document.problems.iter().find(is_error), document.root) {
        (None, Some(root)) => Ok(root),
        (Some(problem), _) => Err(malformed(format!("{}: {}", problem.path, problem.message))),
        (None, None) => Err(malformed("it is empty".to_owned())),
    }
}

/// How many numbers of issues an entry is about.
const RANGE: u64 = 1_000;

/// Returns the name of the entry that an issue belongs into.
pub fn entry_of(project: &str, number: u32) -> String {
    let range = u64::from(number).saturating_sub(1) / RANGE;
    format!("data/{project}/issues/{:06}-{:06}.xml", range * RANGE + 1, (range + 1) * RANGE)
}

/// Returns the key of the project whose issues are in an entry of that name.
pub(super) fn issues_of(name: &str) -> Option<&str> {
    let (project, _) = name.strip_prefix("data/")?.split_once("/issues/")?;
    Some(project)
}
