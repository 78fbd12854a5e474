//! An issue as its user sees it, from what a live Jira tells.
//!
//! Invariant: a field that is told and not understood is unseen, never empty; a list that did not come whole is an error.

use std::collections::{BTreeMap, BTreeSet};

use pcfg_sync::{
    Attachment, Comment, Handle, IssueFault, IssueKey, IssueState, Link, LinkEnd, Marker, Parts, Restriction,
    Time, Touched, Version, Worklog,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::history::Changelog;
use super::ledger::{Kind, Ledger, Thing};
use super::line::{Called, Line, of_issue};
use super::shape::Shapes;
use super::told::{INTERNAL, KEY, is_key, marker, text};
use super::values::{self, lines, moment, person};
use crate::rest::{List, Paging, Request};

/// How many comments, worklogs and changes are asked for at once.
const PAGE: usize = 100;

/// An issue as Jira tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) key: String,
    pub(super) fields: Map<String, Value>,
    #[serde(default)]
    pub(super) properties: Map<String, Value>,
    #[serde(default)]
    changelog: Changelog,
}

/// Which issue is asked for, and by whom.
pub(super) struct Look<'a> {
    pub(super) line: &'a Line,
    pub(super) shapes: &'a Shapes,
    pub(super) project: &'a str,
    pub(super) me: &'a str,
}

impl Look<'_> {
    /// Returns an issue of the project as Jira tells it; none where it is not there.
    pub(super) fn told(&self, key: &IssueKey) -> Called<Option<Told>> {
        if !is_key(key, Some(self.project)) {
            return Ok(None);
        }
        let question = Request::get(of_issue(key, ""))
            .with("fields", "*all,-comment,-worklog")
            .with("properties", "*all")
            .with("expand", "changelog");
        let told: Option<Told> = self.line.find(&question)?;
        // An issue that was moved is answered under its old key, too.
        let Some(mut told) = told.filter(|own| own.key == key.0) else { return Ok(None) };
        let count = told.changelog.histories.len();
        if told.changelog.total.is_some_and(|total| total > count) && self.line.is_cloud() {
            let changes = List::new(Request::get(of_issue(key, "/changelog")), PAGE);
            let Some(all) = self.line.find_list(&changes)? else { return Ok(None) };
            told.changelog.histories = all;
        }
        Ok(Some(told))
    }

    /// Returns an issue of the project as Jira tells it, or says that it is not there.
    pub(super) fn must(&self, key: &IssueKey) -> Called<Told> {
        self.told(key)?.ok_or_else(|| IssueFault::NoIssue(key.clone()))
    }

    /// Returns an issue.
    pub(super) fn state(&self, key: &IssueKey, parts: Parts) -> Called<Option<IssueState>> {
        let Some(told) = self.told(key)? else { return Ok(None) };
        let gone = |fault: IssueFault| match fault {
            IssueFault::NoIssue(_) => Ok(None),
            fault => Err(fault),
        };
        let comments = if parts.comments { self.comments(key) } else { Ok(Vec::new()) };
        let worklogs = if parts.worklogs { self.worklogs(key, &told) } else { Ok(Vec::new()) };
        match (comments, worklogs) {
            (Ok(comments), Ok(worklogs)) => {
                let attachments = if parts.attachments { self.attachments(&told) } else { Vec::new() };
                let links = if parts.links { links(&told) } else { BTreeSet::new() };
                let own = self.fields(&told);
                Ok(Some(IssueState { comments, worklogs, attachments, links, ..own }))
            }
            (Err(fault), _) | (_, Err(fault)) => gone(fault),
        }
    }

    /// Returns what Jira tells of an issue, without its parts.
    pub(super) fn fields(&self, told: &Told) -> IssueState {
        let created = Touched {
            at: time(&told.fields, "created"),
            by: person(&told.fields.get("creator").cloned().unwrap_or_default()),
        };
        let (mut fields, mut unseen) = (BTreeMap::new(), BTreeSet::new());
        for shape in self.shapes.all() {
            match values::read(shape, told.fields.get(&shape.id).unwrap_or(&Value::Null)) {
                Some(value) => fields.extend(value.map(|own| (shape.field.clone(), own))),
                None => {
                    unseen.insert(shape.field.clone());
                }
            }
        }
        let held = told.fields.iter().filter(|(_, value)| !is_empty(value));
        unseen.extend(held.filter_map(|(id, _)| self.shapes.odd(id).cloned()));
        let (mut touched, mut status_touched) = (BTreeMap::new(), None);
        for change in told.changelog.in_order() {
            let own = Touched { at: moment(&change.created).unwrap_or(Time(0)), by: person(&change.author) };
            for item in &change.items {
                if item.field == "status" && item.fieldtype.as_deref() != Some("custom") {
                    status_touched = Some(own.clone());
                }
                for shape in self.shapes.all().iter().filter(|shape| item.is_of(&shape.field, &shape.id)) {
                    touched.insert(shape.field.clone(), own.clone());
                }
            }
        }
        let of = |field: &str| told.fields.get(field).cloned().unwrap_or_default();
        let kind = of("issuetype");
        let parent = text(&of("parent"), "key").filter(|_| kind["subtask"] == true);
        IssueState {
            key: IssueKey(told.key.clone()),
            version: version(told),
            marker: told.properties.get(KEY).and_then(marker),
            kind: text(&kind, "name").unwrap_or_default(),
            status: text(&of("status"), "name").unwrap_or_default(),
            status_touched: status_touched.unwrap_or_else(|| created.clone()),
            parent: parent.map(IssueKey),
            created,
            fields,
            unseen,
            touched,
            comments: Vec::new(),
            worklogs: Vec::new(),
            attachments: Vec::new(),
            links: BTreeSet::new(),
        }
    }

    /// Returns the comments of an issue as Jira tells them.
    pub(super) fn comments_told(&self, key: &IssueKey) -> Called<Vec<Value>> {
        // The descriptions tell of this word at another endpoint (Cloud, `comment/list`).
        let question = Request::get(of_issue(key, "/comment")).with("expand", "properties");
        let comments = List::new(question, PAGE).of("comments");
        self.line.find_list(&comments)?.ok_or_else(|| IssueFault::NoIssue(key.clone()))
    }

    fn comments(&self, key: &IssueKey) -> Called<Vec<Comment>> {
        let mut comments = Vec::new();
        for told in self.comments_told(key)? {
            let id = text(&told, "id").unwrap_or_default();
            let (mark, internal) = match told["properties"].as_array() {
                Some(all) => {
                    let of =
                        |key: &str| all.iter().find(|own| own["key"] == key).map(|own| own["value"].clone());
                    (of(KEY), of(INTERNAL))
                }
                // Where they are not told with the comment they are asked for, lest what is internal is taken for public.
                None => (self.comment_property(&id, KEY)?, self.comment_property(&id, INTERNAL)?),
            };
            let is_internal = told["jsdPublic"] == false
                || internal.is_some_and(|own| own["internal"] == true || own["internal"] == "true");
            let restriction =
                restriction(&told["visibility"]).or(is_internal.then_some(Restriction::Internal));
            comments.push(Comment {
                handle: Handle(id),
                author: person(&told["author"]),
                author_shown: text(&told["author"], "displayName"),
                created: time_of(&told["created"]),
                updated: updated(&told),
                body: lines(told["body"].as_str().unwrap_or_default()),
                restriction,
                marker: mark.as_ref().and_then(marker),
            });
        }
        comments.sort_by_key(|own| (own.created, own.handle.0.parse::<u64>().unwrap_or(0)));
        Ok(comments)
    }

    fn comment_property(&self, id: &str, key: &str) -> Called<Option<Value>> {
        let path = self.line.api(&format!("comment/{id}/properties/{key}"));
        let told: Option<Value> = self.line.find(&Request::get(path))?;
        Ok(told.map(|own| own["value"].clone()))
    }

    /// Returns the worklogs of an issue as Jira tells them.
    pub(super) fn worklogs_told(&self, key: &IssueKey) -> Called<Vec<Value>> {
        let question = Request::get(of_issue(key, "/worklog"));
        let list = match self.line.is_cloud() {
            true => List::new(question.with("expand", "properties"), PAGE),
            false => List::new(question, 0).by(Paging::Whole),
        };
        self.line.find_list(&list.of("worklogs"))?.ok_or_else(|| IssueFault::NoIssue(key.clone()))
    }

    fn worklogs(&self, key: &IssueKey, told: &Told) -> Called<Vec<Worklog>> {
        let all = self.worklogs_told(key)?;
        let things: Vec<Thing> = all.iter().map(|own| work(own, self.me)).collect();
        let marks = Ledger::of(Kind::Work, &told.properties).marks(&things);
        let mut worklogs: Vec<Worklog> = Vec::new();
        for told in all {
            let id = text(&told, "id").unwrap_or_default();
            let own = told["properties"].as_array().into_iter().flatten().find(|own| own["key"] == KEY);
            worklogs.push(Worklog {
                author: person(&told["author"]),
                author_shown: text(&told["author"], "displayName"),
                started: time_of(&told["started"]),
                seconds: told["timeSpentSeconds"].as_i64().unwrap_or(0),
                comment: lines(told["comment"].as_str().unwrap_or_default()),
                updated: updated(&told),
                restriction: restriction(&told["visibility"]),
                marker: own.and_then(|own| marker(&own["value"])).or_else(|| marks.get(&id).cloned()),
                handle: Handle(id),
            });
        }
        worklogs.sort_by_key(|own| own.handle.0.parse::<u64>().unwrap_or(0));
        Ok(worklogs)
    }

    fn attachments(&self, told: &Told) -> Vec<Attachment> {
        let all = files_told(told);
        let things: Vec<Thing> = all.iter().map(|own| file(own, self.me)).collect();
        let marks = Ledger::of(Kind::File, &told.properties).marks(&things);
        let mut all: Vec<Attachment> = all
            .into_iter()
            .map(|own| {
                let id = text(own, "id").unwrap_or_default();
                attachment(own, marks.get(&id).cloned())
            })
            .collect();
        all.sort_by_key(|own| own.handle.0.parse::<u64>().unwrap_or(0));
        all
    }
}

/// Returns the attachments of an issue as Jira tells them.
pub(super) fn files_told(told: &Told) -> Vec<&Value> {
    told.fields.get("attachment").and_then(Value::as_array).into_iter().flatten().collect()
}

/// Returns an attachment.
pub(super) fn attachment(told: &Value, marker: Option<Marker>) -> Attachment {
    Attachment {
        handle: Handle(text(told, "id").unwrap_or_default()),
        author: person(&told["author"]),
        name: text(told, "filename").unwrap_or_default(),
        mime: text(told, "mimeType").unwrap_or_else(|| "application/octet-stream".to_owned()),
        size: told["size"].as_u64().unwrap_or(0),
        created: time_of(&told["created"]),
        marker,
    }
}

/// Returns what tells an attachment from others.
pub(super) fn file(told: &Value, me: &str) -> Thing {
    let like = format!("{} {}", told["size"], told["filename"].as_str().unwrap_or_default());
    Thing::new(told, me, like)
}

/// Returns what tells a worklog from others.
pub(super) fn work(told: &Value, me: &str) -> Thing {
    let Time(started) = time_of(&told["started"]);
    Thing::new(told, me, format!("{started} {}", told["timeSpentSeconds"]))
}

/// Returns what an update has to expect: when the issue was changed last, and by which entry of its history.
pub(super) fn version(told: &Told) -> Version {
    let Time(updated) = time(&told.fields, "updated");
    let last = told.changelog.in_order().last().map_or("0", |own| own.id.as_str()).to_owned();
    Version(format!("{updated}/{last}"))
}

/// Returns who may see something.
pub(super) fn restriction(told: &Value) -> Option<Restriction> {
    let name = text(told, "value").or_else(|| text(told, "identifier"))?;
    match told["type"].as_str()? {
        "group" => Some(Restriction::Group(name)),
        // Whatever else there may be: fewer people.
        _ => Some(Restriction::Role(name)),
    }
}

fn links(told: &Told) -> BTreeSet<Link> {
    let all = told.fields.get("issuelinks").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|own| link(own).map(|(_, own)| own)).collect()
}

/// Returns a link of an issue with its id: what is told as `outwardIssue` is where the issue itself leads.
pub(super) fn link(told: &Value) -> Option<(String, Link)> {
    let (end, to) = match text(&told["outwardIssue"], "key") {
        Some(to) => (LinkEnd::Outward, to),
        None => (LinkEnd::Inward, text(&told["inwardIssue"], "key")?),
    };
    Some((text(told, "id")?, Link { kind: text(&told["type"], "name")?, end, to: IssueKey(to) }))
}

fn time(fields: &Map<String, Value>, name: &str) -> Time {
    time_of(fields.get(name).unwrap_or(&Value::Null))
}

/// Returns a moment that is told; the beginning of time where there is none.
pub(super) fn time_of(told: &Value) -> Time {
    told.as_str().and_then(moment).unwrap_or(Time(0))
}

fn updated(told: &Value) -> Touched {
    let by = person(&told["updateAuthor"]).or_else(|| person(&told["author"]));
    let at = if told["updated"].is_string() { &told["updated"] } else { &told["created"] };
    Touched { at: time_of(at), by }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
