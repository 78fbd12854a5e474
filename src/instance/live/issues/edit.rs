//! Making an issue, changing its fields, and taking it through its workflow.
//!
//! Invariant: every value is looked at before anything is sent, and a change that changes nothing sends nothing.

use pcfg_sync::{Edit, Field, IssueFault, IssueKey, Marker, NewIssue, Transition, Value, Version};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::desk::LiveIssues;
use super::facts::{ToldTransitions, Type};
use super::line::{Called, fault, fault_of, issues, of_issue, refused};
use super::shape::Own;
use super::state::Told;
use super::told::KEY;
use super::values::said;
use crate::instance::single_issues::TIMES;
use crate::rest::Request;

#[derive(Deserialize)]
struct Created {
    key: String,
}

/// The fields of a request, in which both estimates are one.
#[derive(Default)]
struct Sent(Map<String, Json>);

impl Sent {
    fn put(&mut self, own: &Own, value: Json) {
        if own.shape.shown != TIMES {
            self.0.insert(own.shape.shown.clone(), value);
            return;
        }
        let member = match &own.shape.field {
            Field::System(name) if name == "timeestimate" => "remainingEstimate",
            _ => "originalEstimate",
        };
        let times = self.0.entry(TIMES).or_insert_with(|| json!({}));
        // An empty text takes an estimate away.
        times[member] = if value.is_null() { json!("") } else { value };
    }

    /// Says what an estimate stays that is not changed: Jira sets the one by the other where one alone is told.
    fn keep_times(&mut self, ty: &Type, fields: &std::collections::BTreeMap<Field, Value>) -> Called<()> {
        let Some(times) = self.0.get(TIMES).cloned() else { return Ok(()) };
        for own in ty.fields.iter().filter(|own| own.shape.shown == TIMES) {
            let (name, member) = match &own.shape.field {
                Field::System(name) if name == "timeestimate" => (name, "remainingEstimate"),
                Field::System(name) => (name, "originalEstimate"),
                Field::Custom { .. } => continue,
            };
            if times.get(member).is_none() {
                let kept = match fields.get(&Field::System(name.clone())) {
                    Some(Value::Duration(seconds)) => json!(format!("{}m", seconds / 60)),
                    _ => json!(""),
                };
                self.0[TIMES][member] = kept;
            }
        }
        Ok(())
    }
}

impl LiveIssues {
    pub(super) fn make(&mut self, new: &NewIssue, marker: &Marker) -> Called<IssueKey> {
        let (facts, project, is_cloud) = (self.facts()?, self.project.clone(), self.line.is_cloud());
        let parent = match &new.parent {
            None => None,
            Some(parent) => Some(self.look(&facts.shapes).must(parent)?),
        };
        let missing =
            || IssueFault::Missing { what: format!("issue type `{}` in project {project}", new.kind) };
        let ty = facts.of_name(&new.kind).ok_or_else(missing)?;
        check_parent(ty, new, parent.as_ref())?;
        let (mut first, mut later) = (Sent::default(), Sent::default());
        let mut has_summary = false;
        for (field, value) in &new.fields {
            let own = ty.field(field)?;
            let value = said(own, Some(value), is_cloud)?;
            has_summary |= *field == Field::System("summary".to_owned());
            match (own.at_making, own.at_changing) {
                (true, _) => first.put(own, value),
                (false, true) => later.put(own, value),
                (false, false) => return Err(not_shown(own)),
            }
        }
        if !has_summary {
            return Err(refused("an issue must have a summary"));
        }
        first.keep_times(ty, &std::collections::BTreeMap::new())?;
        first.0.insert("project".to_owned(), json!({"key": project}));
        first.0.insert("issuetype".to_owned(), json!({"id": ty.id}));
        if let Some(parent) = &new.parent {
            first.0.insert("parent".to_owned(), json!({"key": parent.0}));
        }
        // The marker goes along, so that an issue of which the answer is lost is found by it.
        let body = json!({"fields": first.0, "properties": [{"key": KEY, "value": marker}]});
        let created: Created = self.line.make(&Request::post(issues(), body)).map_err(fault)?;
        let key = IssueKey(created.key);
        self.marks.insert(key.clone(), Some(marker.clone()));
        if !later.0.is_empty() {
            // An issue that is there without these is found by its marker, and they are written then.
            self.line.change(&Request::put(of_issue(&key, ""), json!({"fields": later.0}))).map_err(fault)?;
        }
        Ok(key)
    }

    pub(super) fn change(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Called<Version> {
        let facts = self.facts()?;
        let look = self.look(&facts.shapes);
        let told = look.must(key)?;
        let state = look.fields(&told);
        if state.version != *expected {
            return Err(IssueFault::Changed(key.clone()));
        }
        let (is_cloud, project) = (self.line.is_cloud(), &self.project);
        let ty = facts.of_name(&state.kind).ok_or_else(|| {
            refused(format!("issues of type `{}` are not offered in project {project} any more", state.kind))
        })?;
        let mut sent = Sent::default();
        for (field, value) in &edit.fields {
            let own = ty.field(field)?;
            // A value that is not offered any more can stay.
            let is_known = !state.unseen.contains(field);
            if is_known && state.fields.get(field) == value.as_ref() {
                continue;
            }
            let value = said(own, value.as_ref(), is_cloud)?;
            if !own.at_changing && !own.at_making {
                return Err(not_shown(own));
            }
            sent.put(own, value);
        }
        if sent.0.is_empty() {
            return Ok(state.version);
        }
        sent.keep_times(ty, &state.fields)?;
        let gone = || IssueFault::NoIssue(key.clone());
        let request = Request::put(of_issue(key, ""), json!({"fields": sent.0}));
        self.line.change(&request).map_err(|failure| fault_of(failure, gone))?;
        Ok(super::state::version(&look.must(key)?))
    }

    pub(super) fn step(&mut self, key: &IssueKey, transition: &Transition) -> Called<()> {
        let shapes = self.shapes()?;
        let look = self.look(&shapes);
        if look.fields(&look.must(key)?).status != transition.from {
            return Err(IssueFault::Changed(key.clone()));
        }
        let gone = || IssueFault::NoIssue(key.clone());
        let ways: Option<ToldTransitions> = self.line.find(&Request::get(of_issue(key, "/transitions")))?;
        let ways = ways.ok_or_else(gone)?.transitions;
        if !ways.iter().any(|own| own.id == transition.id && own.to.name == transition.to) {
            return Err(IssueFault::Missing {
                what: format!(
                    "transition `{}` from {} to {}",
                    transition.name, transition.from, transition.to
                ),
            });
        }
        let request =
            Request::post(of_issue(key, "/transitions"), json!({"transition": {"id": transition.id}}));
        self.line.change(&request).map_err(|failure| fault_of(failure, gone))
    }
}

fn not_shown(own: &Own) -> IssueFault {
    refused(format!("field {} is on no screen by which issues are made or changed", own.shape.field))
}

/// Fails if an issue of a type cannot have that parent, or must have one.
fn check_parent(ty: &Type, new: &NewIssue, parent: Option<&Told>) -> Called<()> {
    match (ty.is_subtask, parent) {
        (false, None) => Ok(()),
        (false, Some(_)) => Err(refused(format!("{} is no type of sub-tasks, so it has no parent", ty.name))),
        (true, None) => Err(refused(format!("{} is a type of sub-tasks: it needs a parent", ty.name))),
        (true, Some(told)) => match told.fields.get("issuetype").is_some_and(|own| own["subtask"] == true) {
            true => {
                let key = new.parent.as_ref().map(|own| own.0.as_str()).unwrap_or_default();
                Err(refused(format!("{key} is a sub-task itself, and cannot have one")))
            }
            false => Ok(()),
        },
    }
}
