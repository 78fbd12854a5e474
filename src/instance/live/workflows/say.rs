//! A descriptor as a workflow of Jira Cloud.
//!
//! Invariant: what comes back when the result is read is the descriptor, but for what the findings tell. Rules that the stored workflow
//! has, and that say what is wanted, are taken from it as they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::shape::Id;
use super::conditions::Rules;
use super::descriptor::descriptor;
use super::finding::{Finding, Weight};
use super::implicit;
use super::keys::TRIGGERS;
use super::known::Known;
use super::order::merged;
use super::request::Said;
use super::shape::{Link, Rule, Status, Stored, Transition, Type, Workflow};
use super::table::Place;
use crate::entity::Tables;
use crate::mapping::workflow::{Action, Descriptor, Function, SCREEN, STATUS, StepAction, Target};

/// What can be done about a transition that leads nowhere.
const TARGET: &str = "name an existing step in `<to>`";

/// Says a descriptor as a workflow of a name, going out from what is stored; the findings of what is refused come with all others.
pub fn say(
    name: &str,
    before: Option<&Stored>,
    after: &Descriptor,
    known: &Known,
) -> Result<Said, Vec<Finding>> {
    let before = before.map(|stored| &stored.workflow);
    let mut saying = Saying { known, before, after, statuses: HashMap::new(), findings: Vec::new() };
    let workflow = saying.workflow(name);
    let findings = saying.findings;
    if findings.iter().any(|finding| finding.weight == Weight::Refused) {
        return Err(findings);
    }
    match descriptor(&workflow, known) {
        Ok(told) => Ok(Said { workflow, told, findings }),
        Err(why) => Err(vec![unreadable(why)]),
    }
}

/// Says all workflows of rows, each with its name: what a move to Jira Cloud would make of them.
pub fn say_all(tables: &Tables, known: &Known) -> Vec<(String, Result<Said, Vec<Finding>>)> {
    let rows = tables.rows("Workflow").iter();
    let said = rows.map(|row| {
        let name = row.get("name").unwrap_or_default();
        let said = match Descriptor::parse(row.text("descriptor").unwrap_or_default()) {
            Ok(descriptor) => say(name, None, &descriptor, known),
            Err(why) => Err(vec![unreadable(why)]),
        };
        (name.to_owned(), said)
    });
    said.collect()
}

fn unreadable(why: String) -> Finding {
    Finding { weight: Weight::Refused, place: None, what: "the workflow".to_owned(), why, next: None }
}

/// A workflow in the making.
struct Saying<'a> {
    known: &'a Known,
    before: Option<&'a Workflow>,
    after: &'a Descriptor,
    /// The statuses of steps by the numbers of the steps.
    statuses: HashMap<&'a str, &'a str>,
    findings: Vec<Finding>,
}

impl<'a> Saying<'a> {
    fn find(
        &mut self,
        weight: Weight,
        place: Option<String>,
        what: impl Into<String>,
        why: impl Into<String>,
        next: Option<&str>,
    ) {
        let (what, why) = (what.into(), why.into());
        self.findings.push(Finding { weight, place, what, why, next: next.map(str::to_owned) });
    }

    fn workflow(&mut self, name: &str) -> Workflow {
        let after = self.after;
        if !after.rest.is_empty() {
            self.verbatim(None);
        }
        for key in after.metas.keys() {
            let why = "workflows have no properties there";
            self.find(Weight::Lost, None, format!("the workflow's property `{key}`"), why, None);
        }
        let statuses = self.statuses();
        let transitions = self.transitions();
        self.reached(&transitions);
        Workflow {
            name: name.to_owned(),
            description: after.description.clone(),
            scope: None,
            statuses,
            transitions,
            start_point_layout: self.before.and_then(|own| own.start_point_layout.clone()),
            looped_transition_container_layout: self
                .before
                .and_then(|own| own.looped_transition_container_layout.clone()),
        }
    }

    fn verbatim(&mut self, place: Option<String>) {
        let why = "its meaning is unknown";
        let next = "remove the `<verbatim>` from the file, or replace it by elements that do the same";
        self.find(Weight::Refused, place, "a part that pcfg does not describe (`verbatim`)", why, Some(next));
    }

    fn statuses(&mut self) -> Vec<Status> {
        let mut all: Vec<Status> = Vec::new();
        for step in &self.after.steps {
            let place = || Some(format!("step `{}`", step.name));
            if !step.rest.is_empty() {
                self.verbatim(place());
            }
            let id = step.metas.get(STATUS).map_or("", |id| id.trim());
            let Some(status) = self.known.status(id) else {
                let why = match id.is_empty() {
                    true => "it has no status".to_owned(),
                    false => format!("there is no status of the id {id}"),
                };
                self.find(Weight::Refused, place(), "the step", why, Some("give it a `<status>`"));
                continue;
            };
            let is_taken = all.iter().any(|own| own.status_reference == id);
            if is_taken || self.statuses.contains_key(step.id.as_str()) {
                let what = if is_taken { format!("status `{}`", status.name) } else { "number".to_owned() };
                let why = format!("another step has its {what}, too");
                self.find(Weight::Refused, place(), "the step", why, Some("give each step its own status"));
                continue;
            }
            self.statuses.insert(&step.id, id);
            if step.name != status.name {
                let why = format!("a step has the name of its status there, `{}`", status.name);
                self.find(Weight::Lost, place(), "the name of the step", why, None);
            }
            let before =
                self.before.and_then(|own| own.statuses.iter().find(|own| own.status_reference == id));
            let mut properties = step.metas.clone();
            properties.remove(STATUS);
            for (key, value) in &properties {
                let is_there = before.is_some_and(|own| own.properties.get(key) == Some(value));
                if key.starts_with("approval.") && !is_there {
                    let why = "approvals of service projects are not stored as properties there";
                    let next = "remove the properties `approval.*` from the file, and set up the approval in the workflow editor";
                    self.find(Weight::Refused, place(), format!("the property `{key}`"), why, Some(next));
                }
            }
            all.push(Status {
                status_reference: id.to_owned(),
                properties,
                layout: before.and_then(|own| own.layout.clone()),
                approval_configuration: before.and_then(|own| own.approval_configuration.clone()),
            });
        }
        all
    }

    /// Returns the transitions in an order in which each step shows its own as they are.
    fn transitions(&mut self) -> Vec<Transition> {
        let after = self.after;
        let mut all = Vec::new();
        for (at, action) in after.initial.iter().enumerate() {
            if at > 0 {
                let why = "a workflow has one initial transition there";
                let next = "keep one transition of type `initial` in the file";
                self.find(Weight::Refused, Some(named(action)), "the transition", why, Some(next));
            }
            all.extend(self.transition(action, Type::Initial, &[]));
        }
        let mut names = HashSet::new();
        for action in &after.global {
            if !names.insert(action.name.as_str()) {
                let why = "another global transition has it, too";
                self.find(
                    Weight::Refused,
                    Some(named(action)),
                    "the name",
                    why,
                    Some("give it another name"),
                );
            }
            all.extend(self.transition(action, Type::Global, &[]));
        }
        for id in self.shared() {
            for action in after.common.iter().filter(|action| action.id == id) {
                let from: Vec<&str> = after
                    .steps
                    .iter()
                    .filter(|step| shows(&step.actions, id))
                    .map(|step| step.id.as_str())
                    .collect();
                match from.len() {
                    0 => {
                        let why = "no step has it";
                        self.find(Weight::Lost, Some(named(action)), "the transition", why, None);
                        continue;
                    }
                    1 => {
                        let why = "as a transition of the only step that has it";
                        self.find(Weight::Reworded, Some(named(action)), "the type `common`", why, None);
                    }
                    _ => {}
                }
                all.extend(self.transition(action, Type::Directed, &from));
            }
        }
        for step in &after.steps {
            for action in &step.actions {
                match action {
                    StepAction::Own(action) => {
                        all.extend(self.transition(action, Type::Directed, &[&step.id]));
                    }
                    StepAction::Common(id) if !after.common.iter().any(|own| own.id == *id) => {
                        let place = Some(format!("step `{}`", step.name));
                        let why = "it does not exist";
                        self.find(Weight::Lost, place, format!("the transition {id}"), why, None);
                    }
                    StepAction::Common(_) => {}
                }
            }
        }
        let mut ids = HashSet::new();
        for action in after.actions() {
            if action.id.parse::<i64>().is_err() || !ids.insert(action.id.as_str()) {
                let why = "it is not a number, or another transition has it, too";
                let next = "give the transition a `<transitionId>` of its own";
                self.find(Weight::Refused, Some(named(action)), "the number", why, Some(next));
            }
        }
        all
    }

    /// Returns the numbers of shared transitions, in an order that fits all steps.
    fn shared(&mut self) -> Vec<&'a str> {
        let lists: Vec<Vec<&str>> = self.after.steps.iter().map(|step| shared_of(&step.actions)).collect();
        let mut items: Vec<&str> = Vec::new();
        for action in &self.after.common {
            if !items.contains(&action.id.as_str()) {
                items.push(&action.id);
            }
        }
        let merged = merged(&items, &lists);
        for (step, list) in self.after.steps.iter().zip(&lists) {
            let told: Vec<&str> = merged.iter().copied().filter(|id| list.contains(id)).collect();
            let own: Vec<&str> = list.iter().copied().filter(|id| merged.contains(id)).collect();
            if told != own {
                let why = "transitions of several steps have the same order in all of them there";
                let place = Some(format!("step `{}`", step.name));
                self.find(Weight::Lost, place, "the order of the transitions", why, None);
            }
        }
        merged
    }

    /// A status to which nothing leads is refused by Jira; one that was there before is left alone.
    fn reached(&mut self, transitions: &[Transition]) {
        let after = self.after;
        for step in &after.steps {
            let Some(status) = self.statuses.get(step.id.as_str()).copied() else { continue };
            let is_there =
                self.before.is_some_and(|own| own.statuses.iter().any(|own| own.status_reference == status));
            let is_reached = transitions.iter().any(|own| own.to_status_reference.as_deref() == Some(status));
            if !is_reached && !is_there {
                let next = "add a transition to it, or remove the step from the file";
                let place = Some(format!("step `{}`", step.name));
                self.find(Weight::Refused, place, "the step", "no transition leads to it", Some(next));
            }
        }
    }

    fn transition(&mut self, action: &'a Action, ty: Type, from: &[&str]) -> Option<Transition> {
        let place = named(action);
        let before =
            self.before.and_then(|own| own.transitions.iter().find(|own| own.id.as_str() == action.id));
        self.refuse_parts(action);
        let result = action.result.as_ref();
        let Some(result) = result else {
            self.find(Weight::Refused, Some(place), "its target", "there is none", Some(TARGET));
            return None;
        };
        let to = match &result.target {
            Target::Step(id) => self.statuses.get(id.as_str()).map(|status| (*status).to_owned()),
            Target::Missing { step, .. } => {
                let why = format!("step {step} does not exist");
                self.find(Weight::Refused, Some(place), "its target", why, Some(TARGET));
                return None;
            }
            Target::Stay => self.staying(action, ty, from),
        };
        let links = from.iter().filter_map(|step| self.statuses.get(*step)).map(|status| {
            let is_it = |own: &&Link| own.from_status_reference.as_deref() == Some(*status);
            let stored = before.and_then(|own| own.links.iter().find(is_it)).cloned().unwrap_or_default();
            Link { from_status_reference: Some((*status).to_owned()), ..stored }
        });
        let links = links.collect();
        let own = implicit::without(&result.post_functions, ty == Type::Initial);
        for event in &own.more_events {
            let why = "a transition fires only one event there";
            let next = "keep one FireIssueEventFunction in the file";
            self.find(Weight::Refused, Some(place.clone()), format!("the event {event}"), why, Some(next));
        }
        for (what, why) in own.losses {
            self.find(Weight::Lost, Some(place.clone()), what, why, None);
        }
        let mut rules = Rules::new(self.known, self.before, before, place);
        let conditions = action.conditions.as_ref().and_then(|group| rules.conditions(group));
        let validators = rules.list(Place::Validator, &action.validators.iter().collect::<Vec<_>>());
        let is_trigger = |function: &&Function| function.class.as_deref() == Some(TRIGGERS);
        let (triggers, functions): (Vec<_>, Vec<_>) = own.functions.into_iter().partition(is_trigger);
        if let Some(at) = result.post_functions.iter().position(|own| is_trigger(&own))
            && result.post_functions[at..].iter().any(|own| functions.contains(&own))
        {
            rules.lost("the order of the post functions", "triggers come after all others there");
        }
        let actions = rules.list(Place::Function, &functions);
        let triggers = rules.list(Place::Function, &triggers);
        self.findings.append(&mut rules.findings);
        let (screen, properties) = self.screen(action, before);
        Some(Transition {
            id: Id(action.id.clone()),
            name: action.name.clone(),
            description: action.description.clone(),
            ty,
            to_status_reference: to,
            links,
            conditions,
            validators,
            actions,
            triggers,
            transition_screen: screen,
            properties,
            custom_issue_event_id: own.event.map(Id),
        })
    }

    /// Refuses what a transition has no room for there.
    fn refuse_parts(&mut self, action: &Action) {
        let place = || Some(named(action));
        let refuse = |saying: &mut Self, what: &str, why: &str, next: &str| {
            saying.find(Weight::Refused, place(), what, why, Some(next));
        };
        if action.automatic {
            let next = "remove `<automatic>` from the file, and let Jira's automation do it";
            refuse(self, "running automatically", "transitions do not run by themselves there", next);
        }
        if !action.conditional.is_empty() {
            let next = "make each result a transition with its conditions";
            refuse(self, "a conditional result", "a transition has only one target there", next);
        }
        let results = || action.conditional.iter().chain(&action.result);
        if !action.pre_functions.is_empty() || results().any(|own| !own.pre_functions.is_empty()) {
            let next = "make it a post function, or remove it from the file";
            refuse(
                self,
                "a function that runs before the transition (`preFunction`)",
                "there are only post functions there",
                next,
            );
        }
        if !action.post_functions.is_empty() {
            let next = "make it the last `<postFunction>`";
            refuse(
                self,
                "a function that runs last (`finalFunction`)",
                "there are only post functions there",
                next,
            );
        }
        if action.result.as_ref().is_some_and(|own| !own.validators.is_empty()) {
            let next = "make it a `<validator>` of the transition";
            refuse(
                self,
                "a validator of the result (`resultValidator`)",
                "results have no validators there",
                next,
            );
        }
        let has_rest = !action.rest.is_empty()
            || action.result.as_ref().is_some_and(|own| !own.rest.is_empty() || own.conditions.is_some());
        if has_rest {
            self.verbatim(place());
        }
    }

    /// Returns where a transition leads that leaves issues where they are.
    fn staying(&mut self, action: &Action, ty: Type, from: &[&str]) -> Option<String> {
        let place = Some(named(action));
        match (ty, from) {
            (Type::Global, _) => None,
            (Type::Directed, [step]) => {
                let why = "as a transition to the status that it starts from, with the same effect";
                self.find(Weight::Reworded, place, "staying in the current status", why, None);
                self.statuses.get(step).map(|status| (*status).to_owned())
            }
            (Type::Directed, _) => {
                let why = "a transition of several steps has one target there";
                let next = "give each step its own transition, or make this one global";
                self.find(Weight::Refused, place, "staying in the current status", why, Some(next));
                None
            }
            (Type::Initial, _) => {
                self.find(Weight::Refused, place, "its target", "there is none", Some(TARGET));
                None
            }
        }
    }

    /// Returns the screen of a transition, and its properties without what says which.
    fn screen(
        &mut self,
        action: &Action,
        before: Option<&Transition>,
    ) -> (Option<Rule>, BTreeMap<String, String>) {
        let mut properties = action.metas.clone();
        let named_by = properties.remove(SCREEN).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let screen = match action.view.as_deref() {
            None => {
                if named_by.is_some() {
                    let why = "without a screen it has no effect";
                    self.find(
                        Weight::Lost,
                        Some(named(action)),
                        format!("the property `{SCREEN}`"),
                        why,
                        None,
                    );
                }
                None
            }
            // The two screens that Jira knew before there were others, by their ids.
            Some("commentassign") => Some("2".to_owned()),
            Some("resolveissue") => Some("3".to_owned()),
            Some("fieldscreen") if named_by.is_some() => named_by,
            Some(view) => {
                let next = "replace `<view>` by a `<screen>`, or remove it";
                let why = "no screen of Jira has this name";
                self.find(
                    Weight::Refused,
                    Some(named(action)),
                    format!("the view `{view}`"),
                    why,
                    Some(next),
                );
                None
            }
        };
        let stored = before.and_then(|own| own.transition_screen.as_ref());
        let is_same = |rule: &&Rule| rule.parameter("screenId") == screen.as_deref();
        let rule = stored.filter(is_same).cloned().or_else(|| {
            let parameters = [("screenId".to_owned(), screen?)].into();
            Some(Rule::new("system:transition-screen", parameters))
        });
        (rule, properties)
    }
}

/// Returns the words for a transition.
fn named(action: &Action) -> String {
    format!("transition `{}` ({})", action.name, action.id)
}

fn shared_of(actions: &[StepAction]) -> Vec<&str> {
    let ids = actions.iter().filter_map(|own| match own {
        StepAction::Common(id) => Some(id.as_str()),
        StepAction::Own(_) => None,
    });
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(*id)).collect()
}

fn shows(actions: &[StepAction], id: &str) -> bool {
    shared_of(actions).contains(&id)
}
