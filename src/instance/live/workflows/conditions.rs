//! The rules of one transition as Jira Cloud takes them: its conditions in their groups, its validators and its functions.
//!
//! Invariant: a rule that the stored transition has in the same place, and that reads as wanted, is taken as it is, with its id: so a
//! change of one rule leaves the others alone, and rules of apps stay where they are.

use std::collections::BTreeSet;

use super::descriptor::group;
use super::finding::{Finding, Weight};
use super::known::Known;
use super::rules::{self, Meant};
use super::shape::{Conditions, Rule, Transition, Workflow};
use super::table::Place;
use crate::mapping::workflow::{Function, Group};

/// The rules of a transition in the making.
pub(super) struct Rules<'a> {
    known: &'a Known,
    /// The stored workflow, and the transition in it.
    workflow: Option<&'a Workflow>,
    before: Option<&'a Transition>,
    /// What the transition is called in findings.
    place: String,
    /// Rules of the stored transition that were taken.
    taken: Vec<&'a Rule>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(
        known: &'a Known,
        workflow: Option<&'a Workflow>,
        before: Option<&'a Transition>,
        place: String,
    ) -> Self {
        Self { known, workflow, before, place, taken: Vec::new(), findings: Vec::new() }
    }

    fn find(&mut self, weight: Weight, what: String, why: impl Into<String>, next: Option<String>) {
        self.findings.push(Finding { weight, place: Some(self.place.clone()), what, why: why.into(), next });
    }

    /// Tells a loss.
    pub(super) fn lost(&mut self, what: &str, why: &str) {
        self.find(Weight::Lost, what.to_owned(), why, None);
    }

    /// Says validators or functions.
    pub(super) fn list(&mut self, place: Place, functions: &[&Function]) -> Vec<Rule> {
        functions.iter().filter_map(|function| self.rule(place, function)).collect()
    }

    /// Says a rule; nothing if it is refused.
    fn rule(&mut self, place: Place, function: &Function) -> Option<Rule> {
        if let Some(rule) = self.stored(place, std::slice::from_ref(function)) {
            return Some(rule);
        }
        let what = format!("the {} {}", place.word(), short(function));
        match rules::write(place, function, self.known) {
            Ok(Meant { rule, loss }) => {
                let back = rules::read(place, &rule, self.known);
                let is_same = matches!(&back[..], [one] if rules::is_same(one, function));
                match loss {
                    Some(why) => self.find(Weight::Lost, format!("the exact meaning of {what}"), why, None),
                    None if !is_same => {
                        let back: BTreeSet<&str> = back.iter().map(short).collect();
                        let why = match back.contains(short(function)) {
                            true => "with other arguments and the same meaning".to_owned(),
                            false => {
                                let back: Vec<&str> = back.into_iter().collect();
                                format!("as {}, with the same meaning", back.join(" or "))
                            }
                        };
                        self.find(Weight::Reworded, what, why, None);
                    }
                    None => {}
                }
                Some(rule)
            }
            Err(cannot) => {
                self.find(Weight::Refused, what, cannot.why, Some(cannot.next));
                None
            }
        }
    }

    /// Returns the stored rule that reads as functions: of this transition, or of another one of the workflow without its id.
    fn stored(&mut self, place: Place, wanted: &[Function]) -> Option<Rule> {
        let known = self.known;
        let fits = |rule: &&Rule| {
            let read = rules::read(place, rule, known);
            !rules::is_broken(rule)
                && read.len() == wanted.len()
                && read.iter().zip(wanted).all(|(one, other)| rules::is_same(one, other))
        };
        let own = self.before.map(|own| rules_of(own, place)).unwrap_or_default();
        let is_free = |rule: &&Rule| !self.taken.iter().any(|own| std::ptr::eq(*own, *rule));
        if let Some(rule) = own.into_iter().filter(is_free).find(fits) {
            self.taken.push(rule);
            return Some(said(rule));
        }
        let others = self.workflow.into_iter().flat_map(|own| &own.transitions);
        let rule = others.flat_map(|own| rules_of(own, place)).find(fits)?;
        let mut rule = said(rule);
        rule.id = None;
        rule.parameters.remove("id");
        Some(rule)
    }

    /// Says the conditions of a transition.
    pub(super) fn conditions(&mut self, wanted: &Group) -> Option<Conditions> {
        let stored = self.before.and_then(|own| own.conditions.as_ref());
        let stored = stored.filter(|own| !flat(own).into_iter().any(rules::is_broken));
        if let Some(stored) = stored.filter(|own| group(own, self.known).as_ref() == Some(wanted)) {
            return Some(all_said(stored));
        }
        // One restriction that several reach is a group of its own here.
        match self.restriction(wanted) {
            Some(rule) => Some(Conditions {
                operation: Some("ALL".to_owned()),
                conditions: vec![rule],
                condition_groups: Vec::new(),
            }),
            None => self.group(wanted),
        }
    }

    /// Returns the stored rule that reads as a group.
    fn restriction(&mut self, wanted: &Group) -> Option<Rule> {
        let is_one = wanted.any && wanted.groups.is_empty() && wanted.rest.is_empty();
        is_one.then(|| self.stored(Place::Condition, &wanted.conditions))?
    }

    fn group(&mut self, wanted: &Group) -> Option<Conditions> {
        if !wanted.rest.is_empty() {
            let next = "remove the `<verbatim>` from the file, or replace it by conditions";
            let what = "a part of the conditions that pcfg does not describe (`verbatim`)".to_owned();
            self.find(Weight::Refused, what, "its meaning is unknown", Some(next.to_owned()));
        }
        let mut conditions: Vec<Rule> =
            wanted.conditions.iter().filter_map(|own| self.rule(Place::Condition, own)).collect();
        // Restrictions read as groups that stand before all others.
        let mut groups = &wanted.groups[..];
        while let (false, [first, rest @ ..]) = (wanted.any, groups)
            && let Some(rule) = self.restriction(first)
        {
            conditions.push(rule);
            groups = rest;
        }
        let groups: Vec<Conditions> = groups.iter().filter_map(|own| self.group(own)).collect();
        let operation = if wanted.any { "ANY" } else { "ALL" };
        (!conditions.is_empty() || !groups.is_empty()).then(|| Conditions {
            operation: Some(operation.to_owned()),
            conditions,
            condition_groups: groups,
        })
    }
}

/// Returns a class without its package, or what else a function is called.
fn short(function: &Function) -> &str {
    let name = function.class.as_deref().or(function.kind.as_deref()).unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name)
}

/// Returns the rules of a transition in a place.
fn rules_of(own: &Transition, place: Place) -> Vec<&Rule> {
    match place {
        Place::Condition => own.conditions.iter().flat_map(flat).collect(),
        Place::Validator => own.validators.iter().collect(),
        Place::Function => own.actions.iter().chain(&own.triggers).collect(),
    }
}

fn flat(own: &Conditions) -> Vec<&Rule> {
    own.conditions.iter().chain(own.condition_groups.iter().flat_map(flat)).collect()
}

/// Returns a told rule as it is sent: replies carry unset parameters as empty texts.
fn said(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    rule.parameters.retain(|_, value| !value.is_empty());
    rule
}

fn all_said(own: &Conditions) -> Conditions {
    let groups = own.condition_groups.iter().filter(|own| !flat(own).is_empty());
    Conditions {
        operation: own.operation.clone(),
        conditions: own.conditions.iter().map(said).collect(),
        condition_groups: groups.map(all_said).collect(),
    }
}
