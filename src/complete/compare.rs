//! Whether issues that are there already say what those of an archive say.
//!
//! Invariant: nothing is written over; the issues of both sides are never in memory together.

use std::collections::BTreeMap;

use super::plan::stood;
use super::{Error, Source};
use crate::data::{History, Keys, Notes, StandIn, Target};
use crate::instance::{ReadError, Whole};
use crate::model::Element;
use crate::schema::Schema;

/// Compares the issues of projects that have some with those of the archive; returns how many are the same, and refuses the others.
pub(super) fn compare(
    source: &mut Source,
    there: &mut Whole,
    present: &BTreeMap<String, Vec<u32>>,
    (held, refused): (&Held<'_, '_>, &mut Notes),
) -> Result<u64, Error> {
    if present.is_empty() {
        return Ok(0);
    }
    let history = match source.about().history {
        crate::archive::History::Full => History::Full,
        crate::archive::History::Text => History::Text,
        crate::archive::History::None => History::None,
    };
    // What an issue says, by a hash: the issues of both sides need not be in memory together.
    let mut hashes: BTreeMap<(String, u32), u64> = BTreeMap::new();
    there.each(history, &mut |issue| {
        hashes.insert((issue.project, issue.number), held.hash(&issue.element));
        Ok::<(), ReadError>(())
    })?;
    let mut same = 0;
    source.issues(&mut |project, issue| {
        if !present.contains_key(project) {
            return Ok(());
        }
        let number: u32 = issue.text_of("number").and_then(|own| own.parse().ok()).unwrap_or(0);
        match hashes.remove(&(project.to_owned(), number)) {
            Some(own) if own == held.hash(&stood(issue, held.stand_in, held.target, &mut |_, _| {})) => {
                same += 1;
            }
            Some(_) => refused
                .add("issues are there already and say something else", || format!("{project}-{number}")),
            None => refused.add("issues are not there, but others of their project are", || {
                format!("{project}-{number}")
            }),
        }
        Ok(())
    })?;
    for (project, number) in hashes.keys() {
        refused
            .add("issues are there already that the archive does not have", || format!("{project}-{number}"));
    }
    Ok(same)
}

/// What of an issue a place can hold; all else was told when the issue was planned.
pub(super) struct Held<'a, 't> {
    pub(super) target: &'a Target<'t>,
    pub(super) stand_in: Option<&'a StandIn>,
    pub(super) keys: &'a Keys,
    pub(super) projects: &'a [String],
    pub(super) raw: bool,
}

impl Held<'_, '_> {
    /// Returns a hash of what an issue says. What the history stands for is left out where a place may not have it, and so are the hashes
    /// of files, which are no part of what a place says.
    fn hash(&self, issue: &Element) -> u64 {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut issue = issue.clone();
        if let Some(parts) = issue.children_mut() {
            parts.iter_mut().for_each(|part| self.trim(part));
            parts.retain(|part| self.holds(part));
        }
        let mut hasher = DefaultHasher::new();
        issue.hash(&mut hasher);
        hasher.finish()
    }

    fn trim(&self, part: &mut Element) {
        let keep = |element: &mut Element, keeps: &dyn Fn(&Element) -> bool| {
            element.children_mut().into_iter().for_each(|own| own.retain(|child| keeps(child)));
        };
        match part.tag() {
            "change" => {
                for item in part.children_mut().into_iter().flatten() {
                    keep(item, &|own| !matches!(own.tag(), "from" | "to"));
                }
            }
            "attachment" => keep(part, &|own| own.tag() != "sha256"),
            "value" => {
                keep(part, &|own| match own.tag() {
                    "raw" => self.raw,
                    "project" => self.target.project(own.text()).is_some(),
                    _ => true,
                });
                // Contexts of one field may be called otherwise on the other side.
                let options = part.children_mut().into_iter().flatten().filter(|own| own.tag() == "option");
                for option in options {
                    let ty = Schema::get().type_of(option.declaration);
                    option
                        .attributes
                        .retain(|(number, _)| ty.attributes[usize::from(*number)].name != "context");
                }
            }
            _ => {}
        }
    }

    fn holds(&self, part: &Element) -> bool {
        let is_there = |key: &str| {
            let project = key.rsplit_once('-').map_or("", |(project, _)| project);
            self.keys.id(key).is_some() || self.projects.iter().any(|own| own == project)
        };
        match part.tag() {
            "value" => part.children().len() > 1,
            "epic" => is_there(part.text()),
            "link" => part.text_of("issue").is_some_and(is_there),
            _ => true,
        }
    }
}
