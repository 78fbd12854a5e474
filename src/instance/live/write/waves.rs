//! Which requests may be on their way at once: those of objects of one kind that need nothing of each other.
//!
//! Pure. Invariants: kinds stay in the order of the plan, and so do the requests of one step; a request that names what another makes,
//! or whose object has, had or names the name of another's, comes after it.

use std::collections::{BTreeMap, BTreeSet};

use super::Deed;
use super::units::was;
use crate::model::{Element, Identity};
use crate::plan::{Step, each_reference};

/// The kinds of which several are written at once. Of the others Jira carries out one task at a time (workflows and their schemes,
/// schemes of issue types, priorities and security levels, projects), or they stand in one order or one scheme of all (priorities,
/// resolutions, types of issues, field schemes).
const AT_ONCE: &[&str] = &[
    "status",
    "customField",
    "screen",
    "screenScheme",
    "issueTypeScreenScheme",
    "issueLink",
    "projectCategory",
    "projectRole",
    "user",
    "group",
    "permissionScheme",
    "notificationScheme",
    "filter",
    "dashboard",
];

/// What JQL calls filters.
const FILTERS: [&str; 4] = ["filter", "savedfilter", "request", "searchrequest"];

/// What the requests of a unit are about.
#[derive(Debug, Default)]
struct About {
    kind: String,
    /// What its objects are called, and were; Jira does not tell capitals from small letters everywhere.
    names: BTreeSet<String>,
    /// The objects of the same kind that they name.
    needs: BTreeSet<String>,
    is_alone: bool,
}

/// The units of requests of a run, and what they are about.
#[derive(Debug, Default)]
pub(super) struct Waves(BTreeMap<usize, About>);

/// Requests that may be on their way at once, so far.
#[derive(Debug, Default)]
struct Wave {
    units: BTreeSet<usize>,
    names: BTreeSet<String>,
    needs: BTreeSet<String>,
    /// What stands for the ids that they tell, and which unit does.
    told: BTreeMap<String, usize>,
}

impl Waves {
    /// Adds a step to a unit.
    pub(super) fn add(&mut self, unit: usize, step: &Step) {
        let kind = step.object.tag();
        let own = self.0.entry(unit).or_insert_with(|| About { kind: kind.to_owned(), ..About::default() });
        own.is_alone |= own.kind != kind || !AT_ONCE.contains(&kind) || asks_a_filter(&step.object);
        let name = |identity: &Identity| identity.name().to_lowercase();
        let old = step.renaming.as_ref().map(|own| &own.old);
        own.names.extend([&step.identity].into_iter().chain(old).map(name));
        for object in [&step.object].into_iter().chain(was(step)) {
            own.is_alone |= asks_a_filter(object);
            each_reference(object, &mut |target| {
                if target.kind == step.identity.kind {
                    own.needs.insert(name(&target));
                }
            });
        }
    }

    /// Says of each request with which others it may be on its way, and of its way back.
    pub(super) fn part(&self, deeds: &mut [(String, Deed)]) {
        let (mut wave, mut number) = (Wave::default(), 0);
        for (_, deed) in deeds {
            let unit = deed.sent.step;
            if !self.joins(&wave, unit, deed) {
                (wave, number) = (Wave::default(), number + 1);
            }
            if let Some(own) = self.0.get(&unit).filter(|_| wave.units.insert(unit)) {
                wave.names.extend(own.names.iter().cloned());
                wave.needs.extend(own.needs.iter().cloned());
            }
            wave.told.extend(deed.sent.binds.iter().map(|own| (own.token.clone(), unit)));
            for sent in [&mut deed.sent].into_iter().chain(&mut deed.back).chain(&mut deed.more) {
                sent.wave = Some(number);
            }
        }
    }

    /// Returns whether a request may be on its way with those of a wave.
    fn joins(&self, wave: &Wave, unit: usize, deed: &Deed) -> bool {
        // Beside its own unit alone everything stays in its order.
        if wave.units.iter().all(|own| *own == unit) {
            return true;
        }
        let others = deed.sent.needs();
        if others.iter().any(|token| wave.told.get(token).is_some_and(|own| *own != unit)) {
            return false;
        }
        if wave.units.contains(&unit) {
            return true;
        }
        let of = |unit: &usize| self.0.get(unit).filter(|own| !own.is_alone);
        let (Some(own), Some(first)) = (of(&unit), wave.units.first().and_then(of)) else { return false };
        own.kind == first.kind
            && own.names.is_disjoint(&wave.names)
            && own.needs.is_disjoint(&wave.names)
            && own.names.is_disjoint(&wave.needs)
    }
}

/// Returns whether an object is a filter that asks another one.
fn asks_a_filter(object: &Element) -> bool {
    let query = object.text_of("jql").filter(|_| object.tag() == "filter").unwrap_or_default().to_lowercase();
    FILTERS.iter().any(|own| query.contains(own))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sent::{Sent, token};
    use super::*;

    /// Requests, each as `unit`, `unit makes` or `unit needs`.
    fn parted(units: &[(&str, &str, &str, bool)], deeds: &[(usize, &str, &str)]) -> String {
        let names = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        let about = |(kind, own, needs, is_alone): &(&str, &str, &str, bool)| About {
            kind: (*kind).to_owned(),
            names: names(own),
            needs: names(needs),
            is_alone: *is_alone,
        };
        let waves = Waves(units.iter().map(about).enumerate().collect());
        let made = |(unit, makes, needs): &(usize, &str, &str)| {
            let body = if needs.is_empty() { json!({}) } else { json!({ "id": token("a", needs) }) };
            let mut sent = Sent::post("/", body);
            if !makes.is_empty() {
                sent = sent.binding(&token("a", makes), "/id");
            }
            sent.step = *unit;
            (unit.to_string(), Deed::new(sent, Sent::delete("/")))
        };
        let mut deeds: Vec<(String, Deed)> = deeds.iter().map(made).collect();
        waves.part(&mut deeds);
        assert!(deeds.iter().all(|(_, deed)| deed.back.as_ref().unwrap().wave == deed.sent.wave));
        let all = deeds.chunk_by(|(_, one), (_, other)| one.sent.wave == other.sent.wave);
        let names = |own: &[(String, Deed)]| own.iter().map(|(unit, _)| unit.as_str()).collect::<String>();
        all.map(names).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_needs_nothing_of_each_other_goes_together() {
        let role = |name| ("projectRole", name, "", false);
        let all = [role("a"), role("b"), role("c"), ("group", "a", "", false), ("group", "d", "", false)];
        let deeds = [(0, "", ""), (0, "", ""), (1, "", ""), (2, "", ""), (3, "", ""), (4, "", "")];
        assert_eq!(parted(&all, &deeds), "0012 34");
    }

    #[test]
    fn what_is_alone_is_alone_and_its_requests_stay_together() {
        let own = |is_alone| ("workflowEntry", "", "", is_alone);
        let all = [own(true), own(true), own(false), own(false)];
        assert_eq!(
            parted(&all, &[(0, "", ""), (0, "", ""), (1, "", ""), (2, "", ""), (3, "", "")]),
            "00 1 23"
        );
    }

    #[test]
    fn who_names_another_or_has_its_name_comes_after_it() {
        let all = [
            ("filter", "a", "", false),
            ("filter", "b", "a", false),
            ("filter", "c", "", false),
            ("filter", "c d", "", false),
            ("filter", "e", "f", false),
            ("filter", "f", "", false),
        ];
        let each: Vec<_> = (0..all.len()).map(|unit| (unit, "", "")).collect();
        assert_eq!(parted(&all, &each), "0 12 34 5");
    }

    #[test]
    fn an_id_is_known_before_it_is_named() {
        let own = |name| ("screen", name, "", false);
        let all = [own("a"), own("b"), own("c")];
        let deeds = [(0, "x", ""), (0, "", "x"), (1, "y", ""), (2, "", "x"), (1, "", "y")];
        assert_eq!(parted(&all, &deeds), "001 21");
    }
}
