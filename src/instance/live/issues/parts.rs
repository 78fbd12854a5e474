//! Comments, worklogs, links, properties, and what is added to the project.
//!
//! Invariant: a restriction never gets wider: it is sent with every change of what has one.

use pcfg_sync::{
    CommentChange, Handle, IssueFault, IssueKey, LinkChange, LinkEnd, Marker, Restriction, Time, Value,
    WorklogChange,
};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::desk::LiveIssues;
use super::facts::Named;
use super::ledger::{Kind, Ledger};
use super::line::{Called, fault, fault_of, is_undone, of_issue, refused};
use super::state::{link, time_of, work};
use super::told::{INTERNAL, KEY, is_key, text};
use super::values::{lines, minutes, spelled};
use crate::rest::{Failure, List, Paging, Question, Request, segment};

/// As long as the name of a component or a version can be.
const MOST: usize = 255;

/// As long as the value of a property can be (both descriptions: 32,768 characters).
const MOST_VALUE: usize = 32_768;

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Returns who may see something, as Jira takes it.
fn visibility(restriction: Option<&Restriction>) -> Option<Json> {
    match restriction? {
        Restriction::Group(name) => Some(json!({"type": "group", "value": name})),
        Restriction::Role(name) => Some(json!({"type": "role", "value": name})),
        Restriction::Internal => None,
    }
}

/// Returns the text of a comment as it is sent.
fn comment_text(body: &str) -> Called<String> {
    match body.trim().is_empty() {
        true => Err(refused("a comment must say something")),
        false => Ok(lines(body)),
    }
}

fn missing(what: &str, Handle(id): &Handle) -> IssueFault {
    IssueFault::Missing { what: format!("{what} {id}") }
}

impl LiveIssues {
    pub(super) fn say(&mut self, key: &IssueKey, change: &CommentChange, marker: &Marker) -> Called<Handle> {
        let gone = || IssueFault::NoIssue(key.clone());
        match change {
            CommentChange::Add { body, restriction } => {
                self.must_be_here(key)?;
                let mut properties = vec![json!({"key": KEY, "value": marker})];
                if *restriction == Some(Restriction::Internal) {
                    properties.push(json!({"key": INTERNAL, "value": {"internal": true}}));
                }
                let mut said = json!({"body": comment_text(body)?, "properties": properties});
                if let Some(visibility) = visibility(restriction.as_ref()) {
                    said["visibility"] = visibility;
                }
                let request = Request::post(of_issue(key, "/comment"), said);
                let made: Made = self.line.make(&request).map_err(|failure| fault_of(failure, gone))?;
                Ok(Handle(made.id))
            }
            CommentChange::Edit { handle, body } => {
                let body = comment_text(body)?;
                let told = self.part(key, "comment", handle)?;
                if lines(told["body"].as_str().unwrap_or_default()) == body {
                    return Ok(handle.clone());
                }
                let mut said = json!({"body": body});
                if told["visibility"].is_object() {
                    said["visibility"] = narrowed(&told["visibility"]);
                }
                let request = Request::put(self.path(key, "comment", handle), said);
                self.changed_part(&request, || missing("comment", handle))?;
                Ok(handle.clone())
            }
            CommentChange::Delete { handle } => {
                self.part(key, "comment", handle)?;
                let request = Request::delete(self.path(key, "comment", handle));
                self.changed_part(&request, || missing("comment", handle))?;
                Ok(handle.clone())
            }
        }
    }

    fn path(&self, key: &IssueKey, kind: &str, Handle(id): &Handle) -> String {
        of_issue(key, &format!("/{kind}/{}", segment(id)))
    }

    /// Returns a comment or worklog as Jira tells it.
    fn part(&mut self, key: &IssueKey, kind: &str, handle: &Handle) -> Called<Json> {
        self.must_be_here(key)?;
        let is_id = !handle.0.is_empty() && handle.0.chars().all(|own| own.is_ascii_digit());
        let found = match is_id {
            true => self.line.find(&Request::get(self.path(key, kind, handle)))?,
            false => None,
        };
        found.ok_or_else(|| missing(kind, handle))
    }

    fn changed_part(&self, request: &Request, gone: impl FnOnce() -> IssueFault) -> Called<()> {
        self.line.change(request).map_err(|failure| fault_of(failure, gone))
    }

    pub(super) fn log(&mut self, key: &IssueKey, change: &WorklogChange, marker: &Marker) -> Called<Handle> {
        match change {
            WorklogChange::Add { started, seconds, comment, restriction } => {
                self.must_be_here(key)?;
                let mut said = worked(*started, *seconds, comment)?;
                if let Some(visibility) = visibility(restriction.as_ref()) {
                    said["visibility"] = visibility;
                }
                match self.line.is_cloud() {
                    true => self.log_marked(key, said, marker),
                    false => self.log_noted(key, said, marker, (*started, *seconds)),
                }
            }
            WorklogChange::Edit { handle, started, seconds, comment } => {
                let mut said = worked(*started, *seconds, comment)?;
                let told = self.part(key, "worklog", handle)?;
                let is_same = time_of(&told["started"]) == *started
                    && told["timeSpentSeconds"] == *seconds
                    && lines(told["comment"].as_str().unwrap_or_default()) == lines(comment);
                if is_same {
                    return Ok(handle.clone());
                }
                if told["visibility"].is_object() {
                    said["visibility"] = narrowed(&told["visibility"]);
                }
                let request =
                    Request::put(self.path(key, "worklog", handle), said).with("adjustEstimate", "leave");
                self.changed_part(&request, || missing("worklog", handle))?;
                Ok(handle.clone())
            }
            WorklogChange::Delete { handle } => {
                self.part(key, "worklog", handle)?;
                let request =
                    Request::delete(self.path(key, "worklog", handle)).with("adjustEstimate", "leave");
                self.changed_part(&request, || missing("worklog", handle))?;
                if !self.line.is_cloud() {
                    let shapes = self.shapes()?;
                    let told = self.look(&shapes).must(key)?;
                    Ledger::of(Kind::Work, &told.properties).forget(&self.line, key, &handle.0)?;
                }
                Ok(handle.clone())
            }
        }
    }

    /// Logs work on Cloud, where a worklog has properties.
    fn log_marked(&self, key: &IssueKey, mut said: Json, marker: &Marker) -> Called<Handle> {
        said["properties"] = json!([{"key": KEY, "value": marker}]);
        let made: Made = self
            .line
            .make(&logging(key, said))
            .map_err(|failure| fault_of(failure, || IssueFault::NoIssue(key.clone())))?;
        Ok(Handle(made.id))
    }

    /// Logs work on Data Center, where the issue remembers which worklog it was.
    fn log_noted(
        &mut self,
        key: &IssueKey,
        said: Json,
        marker: &Marker,
        (Time(started), seconds): (Time, i64),
    ) -> Called<Handle> {
        let shapes = self.shapes()?;
        let look = self.look(&shapes);
        let told = look.must(key)?;
        let things: Vec<_> = look.worklogs_told(key)?.iter().map(|own| work(own, &self.me.name)).collect();
        let mut ledger = Ledger::of(Kind::Work, &told.properties);
        let open = ledger.begin(&self.line, key, &things, (marker, format!("{started} {seconds}")))?;
        let made: Result<Made, Failure> = self.line.make(&logging(key, said));
        match made {
            Ok(made) => {
                open.complete(&self.line, key, &made.id);
                Ok(Handle(made.id))
            }
            Err(failure) => {
                if is_undone(&failure) {
                    open.take_back(&self.line, key);
                }
                Err(fault_of(failure, || IssueFault::NoIssue(key.clone())))
            }
        }
    }

    pub(super) fn tie(&mut self, change: &LinkChange) -> Called<()> {
        let shapes = self.shapes()?;
        let told = self.look(&shapes).must(&change.key)?;
        let gone = || IssueFault::NoIssue(change.to.clone());
        if !is_key(&change.to, None) {
            return Err(gone());
        }
        if change.key == change.to {
            return Err(refused(format!("{} cannot be linked with itself", change.key)));
        }
        let other: Option<Json> =
            self.line.find(&Request::get(of_issue(&change.to, "")).with("fields", "status"))?;
        other.ok_or_else(gone)?;
        if !self.facts()?.has_link_type(&change.kind) {
            return Err(IssueFault::Missing { what: format!("link type `{}`", change.kind) });
        }
        let all = told.fields.get("issuelinks").and_then(Json::as_array).into_iter().flatten();
        let found = all
            .filter_map(link)
            .find(|(_, own)| own.kind == change.kind && own.end == change.end && own.to == change.to);
        match (found, change.there) {
            (Some(_), true) | (None, false) => Ok(()),
            (Some((id, _)), false) => {
                let request = Request::delete(self.line.api(&format!("issueLink/{}", segment(&id))));
                match self.line.change(&request) {
                    Err(failure) if failure.status != Some(404) => Err(fault(failure)),
                    _ => Ok(()),
                }
            }
            (None, true) => {
                // The issue from which a link leads is the inward one of a request, against what its name says
                // (pull request 1285 of mozilla/jira-bugzilla-integration, and many like it).
                let (from, to) = match change.end {
                    LinkEnd::Outward => (&change.key, &change.to),
                    LinkEnd::Inward => (&change.to, &change.key),
                };
                let body = json!({
                    "type": {"name": change.kind},
                    "inwardIssue": {"key": from.0},
                    "outwardIssue": {"key": to.0},
                });
                self.line
                    .change(&Request::post(self.line.api("issueLink"), body))
                    .map_err(|failure| fault_of(failure, gone))
            }
        }
    }

    pub(super) fn keep(&mut self, key: &IssueKey, name: &str, value: Option<&str>) -> Called<Option<String>> {
        if !is_key(key, Some(&self.project)) {
            return Err(IssueFault::NoIssue(key.clone()));
        }
        let gone = || IssueFault::NoIssue(key.clone());
        let path = of_issue(key, &format!("/properties/{}", segment(name)));
        if let Some(value) = value {
            if name.is_empty() || name.chars().count() > MOST {
                return Err(refused(format!("a property has a name of at most {MOST} characters")));
            }
            if value.chars().count() > MOST_VALUE {
                return Err(refused(format!("a property holds at most {MOST_VALUE} characters")));
            }
            let parsed: Result<Json, serde_json::Error> = serde_json::from_str(value);
            let parsed = parsed.map_err(|error| refused(format!("a property holds JSON: {error}")))?;
            let request = Request::put(path, parsed);
            self.line.change(&request).map_err(|failure| fault_of(failure, gone))?;
            return Ok(Some(value.to_owned()));
        }
        let told: Option<Json> = self.line.find(&Request::get(path))?;
        if told.is_none() {
            // Jira says the same of an issue that is not there.
            self.must_be_here(key)?;
        }
        Ok(told.map(|own| own["value"].to_string()))
    }

    /// Fails if an issue of the project is not there.
    fn must_be_here(&self, key: &IssueKey) -> Called<()> {
        let gone = || IssueFault::NoIssue(key.clone());
        if !is_key(key, Some(&self.project)) {
            return Err(gone());
        }
        #[derive(Deserialize)]
        struct Issue {
            key: String,
        }
        let question: Question = Request::get(of_issue(key, "")).with("fields", "status");
        let told: Option<Issue> = self.line.find(&question)?;
        told.filter(|own| own.key == key.0).map(drop).ok_or_else(gone)
    }

    pub(super) fn add(&mut self, value: &Value) -> Called<()> {
        let (path, of, name) = match value {
            Value::Version(name) => ("version", "versions", name),
            Value::Component(name) => ("component", "components", name),
            _ => return Err(refused("only components and versions can be added to a project")),
        };
        let question = Request::get(self.line.api(&format!("project/{}/{of}", segment(&self.project))));
        let there: Vec<Named> = self.line.list(&List::new(question, 0).by(Paging::Whole).of(""))?;
        self.facts = None;
        if there.iter().any(|own| own.name == *name) {
            return Ok(());
        }
        if name.trim().is_empty() || name.chars().count() > MOST || name.contains(char::is_control) {
            return Err(refused(format!("`{}` is no name of a component or version", name.escape_debug())));
        }
        let body = json!({"name": name, "project": self.project});
        self.line.change(&Request::post(self.line.api(path), body)).map_err(fault)
    }
}

fn logging(key: &IssueKey, said: Json) -> Request {
    Request::post(of_issue(key, "/worklog"), said).with("adjustEstimate", "leave")
}

/// Returns work as it is sent.
fn worked(started: Time, seconds: i64, comment: &str) -> Called<Json> {
    if seconds <= 0 {
        return Err(refused(format!("{seconds} seconds are no work")));
    }
    minutes(seconds, "worked time")?;
    Ok(json!({"started": spelled(started)?, "timeSpentSeconds": seconds, "comment": lines(comment)}))
}

/// Returns what Jira told of who may see something, as it takes it.
fn narrowed(told: &Json) -> Json {
    let mut said = json!({"type": told["type"], "value": told["value"]});
    if let Some(identifier) = text(told, "identifier") {
        said["identifier"] = json!(identifier);
    }
    said
}
