//! A manifest for an unpacked archive that was merged or edited.
//!
//! Invariant: it is made only if the entries fit each other: what the manifest of an export vouches for holds of it, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Error;
use super::source::{entry_of, issues_of, understood};
use crate::archive::{Fitting, Name, Project, Refit};
use crate::model::{Element, Severity, Side};
use crate::xml;

/// What a folder needs.
#[derive(Debug)]
pub struct Fit {
    /// The manifest that it is to have; nothing if it has that one.
    pub manifest: Option<Fitting>,
    /// The files of attachments that no issue names.
    pub idle: Vec<String>,
}

/// Looks at all of an unpacked archive, and returns what it needs.
pub fn fit(path: &Path) -> Result<Fit, Error> {
    let refit = Refit::open(path, &sides)?;
    let mut seen = Seen::default();
    for name in refit.names() {
        if let Some(sha256) = name.sha256() {
            seen.files.insert(sha256.to_owned());
        } else if let Some(project) = issues_of(name.as_str()) {
            let root = understood(refit.path(), name.as_str(), &refit.read(name)?)?;
            seen.issues(project, name, &root);
        }
    }
    let described = described(&refit)?;
    for project in seen.counts.keys().filter(|key| !described.contains(*key)) {
        seen.causes
            .push(format!("`data/{project}` is of a project that `configuration.xml` does not describe"));
    }
    seen.look_for_files();
    if !seen.causes.is_empty() {
        return Err(Error::Unfit { archive: path.display().to_string(), causes: seen.causes });
    }
    // A project without issues is in the manifest alone.
    let empty = refit.about().projects.iter().map(|own| &own.key).filter(|key| described.contains(*key));
    let mut counts: BTreeMap<String, _> = empty.map(|key| (key.clone(), BTreeMap::new())).collect();
    counts.extend(seen.counts);
    let projects = counts.into_iter().map(|(key, counts)| Project { key, counts }).collect();
    let idle = seen.files.iter().filter(|own| !seen.named.contains_key(*own));
    let idle = idle.filter_map(|sha256| Some(Name::attachment(sha256).ok()?.to_string())).collect();
    Ok(Fit { manifest: refit.manifest(projects)?, idle })
}

/// Returns the text of a manifest as both sides of a merge want it.
fn sides(text: &str) -> Vec<String> {
    let regions = xml::regions(text);
    match regions.is_empty() {
        true => vec![text.to_owned()],
        false => [Side::Ours, Side::Theirs].map(|side| xml::view(text, &regions, side)).into(),
    }
}

/// Returns the keys of the projects that the configuration of an archive describes.
fn described(refit: &Refit) -> Result<BTreeSet<String>, Error> {
    let Some(name) = refit.names().find(|own| own.as_str() == "configuration.xml") else {
        return Ok(BTreeSet::new());
    };
    let bytes = refit.read(name)?;
    let (text, _) = xml::decode(&bytes);
    let document = xml::read(&text);
    if let Some(problem) = document.problems.iter().find(|own| own.severity == Severity::Error) {
        let why = format!("{}: {}", problem.path, problem.message);
        let causes = vec![format!("`configuration.xml` cannot be understood: {why}")];
        return Err(Error::Unfit { archive: refit.path().display().to_string(), causes });
    }
    let root = document.root.iter();
    let projects = root.flat_map(|root| root.all("projects")).flat_map(|own| own.all("project"));
    Ok(projects.filter_map(|own| own.text_of("key").map(str::to_owned)).collect())
}

/// What was seen in the entries.
#[derive(Default)]
struct Seen {
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    keys: BTreeSet<(String, u32)>,
    /// The hashes of the files that are there.
    files: BTreeSet<String>,
    /// The hashes of the files that are named, each with the first attachment that names it.
    named: BTreeMap<String, String>,
    causes: Vec<String>,
}

impl Seen {
    fn issues(&mut self, project: &str, entry: &Name, root: &Element) {
        let counts = self.counts.entry(project.to_owned()).or_default();
        let said = root.attribute_named("project").unwrap_or_default();
        if said != project {
            self.causes.push(format!("`{entry}` says that it is about the project `{said}`"));
        }
        for issue in root.all("issues").flat_map(|own| own.all("issue")) {
            let number = issue.text_of("number").and_then(|own| own.parse().ok()).unwrap_or(0);
            let key = format!("{project}-{number}");
            let own = entry_of(project, number);
            if own != entry.as_str() {
                self.causes.push(format!("{key} stands in `{entry}` and belongs into `{own}`"));
            }
            if !self.keys.insert((project.to_owned(), number)) {
                self.causes.push(format!("{key} is there twice"));
            }
            *counts.entry("issue".to_owned()).or_default() += 1;
            crate::data::count(issue, counts);
            for attachment in issue.all("attachment") {
                if let Some(sha256) = attachment.text_of("sha256") {
                    let name = attachment.text_of("name").unwrap_or_default();
                    self.named.entry(sha256.to_owned()).or_insert_with(|| format!("`{name}` of {key}"));
                }
            }
        }
    }

    fn look_for_files(&mut self) {
        for (sha256, who) in &self.named {
            if !self.files.contains(sha256) {
                let name = Name::attachment(sha256).map_or_else(|_| sha256.clone(), |own| own.to_string());
                self.causes.push(format!("the file of the attachment {who} is missing: `{name}`"));
            }
        }
    }
}
