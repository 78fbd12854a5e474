//! The way of an issue from one status to another.
//!
//! Invariant: the shortest, and of equally short ones the same each time: the one with the most preferred transitions, then the one
//! that comes first in the workflow.

use std::collections::BTreeMap;

use crate::settings::{Settings, WorkflowRule};
use crate::{Catalogue, Transition, TypeFacts};

/// How good a path is; less is better.
type Cost = (usize, usize, Vec<usize>);

/// The transitions that lead from a status to another, in order; nothing where no path does.
pub(crate) fn path(kind: &TypeFacts, from: &str, to: &str, rule: &WorkflowRule) -> Option<Vec<Transition>> {
    if from == to {
        return Some(Vec::new());
    }
    let usable: Vec<(usize, &Transition)> = kind
        .transitions
        .iter()
        .enumerate()
        .filter(|(_, own)| !rule.avoid.contains(&own.name) && own.from != own.to)
        .collect();
    // How far from the end of the list of preferred ones a transition is; those that are not in it cost most.
    let dislike =
        |own: &Transition| rule.prefer.iter().position(|name| *name == own.name).unwrap_or(rule.prefer.len());
    let mut best: BTreeMap<&str, (Cost, Vec<&Transition>)> = BTreeMap::new();
    best.insert(from, ((0, 0, Vec::new()), Vec::new()));
    // A path never goes through a status twice, so there are at most as many rounds as statuses.
    loop {
        let mut better = Vec::new();
        for (place, own) in &usable {
            let Some(((steps, disliked, places), way)) = best.get(own.from.as_str()) else { continue };
            let mut places = places.clone();
            places.push(*place);
            let cost = (steps + 1, disliked + dislike(own), places);
            if best.get(own.to.as_str()).is_none_or(|(known, _)| cost < *known) {
                let mut way = way.clone();
                way.push(*own);
                better.push((own.to.as_str(), (cost, way)));
            }
        }
        if better.is_empty() {
            break;
        }
        for (status, (cost, way)) in better {
            if best.get(status).is_none_or(|(known, _)| cost < *known) {
                best.insert(status, (cost, way));
            }
        }
    }
    best.remove(to).map(|(_, way)| way.into_iter().cloned().collect())
}

/// Whether nobody can say that no path leads from a status to another: one does, or a status can be reached of which the ways out are not
/// known.
pub(crate) fn may_lead(kind: &TypeFacts, from: &str, to: &str, rule: &WorkflowRule) -> bool {
    let leads = |to: &str| path(kind, from, to, rule).is_some();
    leads(to) || kind.unlearned.iter().any(|own| leads(own))
}

/// By which transitions issues go, for people: for each type and each status that can be received, from each other status.
pub fn paths(settings: &Settings, catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for (alias, rule) in &settings.types {
        let Some(kind) = catalogue.types.iter().find(|own| own.name == rule.local) else { continue };
        text.push_str(&format!("{} (`{alias}`)\n", kind.name));
        for status in settings.statuses.keys() {
            let Some(to) = settings.status(status, alias).and_then(|own| own.receive.as_ref()) else {
                continue;
            };
            if !kind.statuses.contains(to) {
                continue;
            }
            text.push_str(&format!("  to {to} (`{status}`)\n"));
            for from in kind.statuses.iter().filter(|from| *from != to) {
                let way = match path(kind, from, to, &settings.workflow) {
                    Some(way) => way.iter().map(|own| own.name.as_str()).collect::<Vec<_>>().join(", "),
                    None if may_lead(kind, from, to, &settings.workflow) => {
                        "not known until an issue is there".to_owned()
                    }
                    None => "no way".to_owned(),
                };
                text.push_str(&format!("    from {from}: {way}\n"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(transitions: &[(&str, &str, &str)]) -> TypeFacts {
        let transitions = transitions.iter().enumerate().map(|(place, (name, from, to))| Transition {
            id: place.to_string(),
            name: (*name).to_owned(),
            from: (*from).to_owned(),
            to: (*to).to_owned(),
        });
        TypeFacts {
            name: "Bug".to_owned(),
            subtask: false,
            fields: Vec::new(),
            statuses: Vec::new(),
            initial: "Open".to_owned(),
            transitions: transitions.collect(),
            unlearned: Vec::new(),
        }
    }

    fn names(kind: &TypeFacts, from: &str, to: &str, rule: &WorkflowRule) -> Option<String> {
        let path = path(kind, from, to, rule)?;
        Some(path.iter().map(|own| own.name.as_str()).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn all_ways_are_shown() {
        let text = paths(&crate::samples::own(), &crate::samples::jira("Own"));
        assert!(
            text.starts_with(
                "Own Bug (`bug`)\n  to Own Busy (`busy`)\n    from Own Open: Own Start\n    from Own Closed: Own Reopen, Own Start\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn the_shortest_path_is_taken_and_of_equals_the_preferred_one() {
        let kind = kind(&[
            ("Start", "Open", "In Progress"),
            ("Review", "Open", "In Review"),
            ("Done", "In Progress", "Closed"),
            ("Approve", "In Review", "Closed"),
            ("Again", "Closed", "Open"),
            ("Stay", "Open", "Open"),
        ]);
        let mut rule = WorkflowRule::default();
        assert_eq!(names(&kind, "Open", "Closed", &rule).as_deref(), Some("Start, Done"));
        rule.prefer = vec!["Approve".to_owned()];
        assert_eq!(names(&kind, "Open", "Closed", &rule).as_deref(), Some("Review, Approve"));
        rule.avoid.insert("Review".to_owned());
        assert_eq!(names(&kind, "Open", "Closed", &rule).as_deref(), Some("Start, Done"));
        assert_eq!(names(&kind, "Closed", "Closed", &rule).as_deref(), Some(""));
        rule.avoid.insert("Start".to_owned());
        assert_eq!(names(&kind, "Open", "Closed", &rule), None);
    }

    #[test]
    fn a_status_of_which_nothing_is_known_may_lead_anywhere() {
        let ways = [("Start", "Open", "Busy"), ("Again", "Closed", "Open")];
        let unlearned = TypeFacts { unlearned: vec!["Busy".to_owned()], ..kind(&ways) };
        let mut rule = WorkflowRule::default();
        assert!(!may_lead(&kind(&ways), "Open", "Closed", &rule));
        assert!(may_lead(&unlearned, "Open", "Closed", &rule));
        assert!(may_lead(&unlearned, "Busy", "Closed", &rule));
        rule.avoid.insert("Start".to_owned());
        assert!(!may_lead(&unlearned, "Open", "Closed", &rule));
    }
}
