//! A Jira in memory as its synchronization's user sees it.
//!
//! Invariant: whatever is called here is done as that user.

use std::io::{Read, Write};

use sha2::{Digest as _, Sha256};

use super::{Memory, Mishap, PEOPLE, ROLE, lines, person};
use crate::message::hex;
use crate::{
    Attachment, Catalogue, Comment, CommentChange, Cursor, Edit, FileFacts, Handle, IssueFault, IssueKey,
    IssueState, Issues, Link, LinkChange, LinkEnd, Made, Marker, NewIssue, Parts, Restriction, Touched,
    Transition, UserFacts, Value, Version, Worklog, WorklogChange,
};

impl Memory {
    fn user(&self) -> String {
        self.catalogue.user.name.clone()
    }

    /// Does what was asked for, unless a mishap comes before or after it.
    fn call<T>(
        &mut self,
        name: &'static str,
        does: impl FnOnce(&mut Self) -> Result<T, IssueFault>,
    ) -> Result<T, IssueFault> {
        let mishap = self.mishaps.as_mut().map_or(Mishap::None, |mishaps| mishaps(name));
        let failed = || IssueFault::Unavailable { why: format!("the Jira failed at `{name}`") };
        if mishap == Mishap::Before {
            return Err(failed());
        }
        let result = does(self);
        if mishap == Mishap::After { Err(failed()) } else { result }
    }

    pub(super) fn set_link(
        &mut self,
        kind: &str,
        from: &IssueKey,
        to: &IssueKey,
        there: bool,
    ) -> Result<(), IssueFault> {
        let link = (kind.to_owned(), from.clone(), to.clone());
        if there {
            self.stored(from)?;
            self.stored(to)?;
        }
        let changed = if there { self.world.links.insert(link) } else { self.world.links.remove(&link) };
        if changed {
            for (key, end, other) in [(from, LinkEnd::Outward, to), (to, LinkEnd::Inward, from)] {
                let link = Link { kind: kind.to_owned(), end, to: other.clone() };
                if let Ok(state) = self.stored(key) {
                    if there {
                        state.links.insert(link);
                    } else {
                        state.links.remove(&link);
                    }
                }
                self.change(key);
            }
        }
        Ok(())
    }
}

/// Refuses a restriction to those who are not there: it is never dropped.
fn check(restriction: Option<&Restriction>) -> Result<(), IssueFault> {
    match restriction {
        None => Ok(()),
        Some(Restriction::Role(role)) if role == ROLE => Ok(()),
        Some(other) => missing(&format!("{other:?}")),
    }
}

fn missing<T>(what: &str) -> Result<T, IssueFault> {
    Err(IssueFault::Missing { what: what.to_owned() })
}

impl Issues for Memory {
    fn catalogue(&mut self) -> Result<Catalogue, IssueFault> {
        self.call("catalogue", |it| Ok(it.catalogue.clone()))
    }

    fn changed(&mut self, since: &Cursor) -> Result<(Vec<IssueKey>, Cursor), IssueFault> {
        self.call("changed", |it| {
            let since: u64 = since.0.parse().unwrap_or(0);
            let changed = it.world.issues.iter().filter(|(_, stored)| stored.changed > since);
            Ok((changed.map(|(key, _)| key.clone()).collect(), Cursor(it.world.changes.to_string())))
        })
    }

    fn read(&mut self, key: &IssueKey, parts: Parts) -> Result<Option<IssueState>, IssueFault> {
        self.call("read", |it| {
            let Some(state) = it.issue(key) else { return Ok(None) };
            let mut state = state.clone();
            if !parts.comments {
                state.comments.clear();
            }
            if !parts.worklogs {
                state.worklogs.clear();
            }
            if !parts.attachments {
                state.attachments.clear();
            }
            if !parts.links {
                state.links.clear();
            }
            Ok(Some(state))
        })
    }

    fn find(&mut self, marker: &Marker) -> Result<Option<Made>, IssueFault> {
        self.call("find", |it| {
            let is_it = |found: &Option<Marker>| found.as_ref() == Some(marker);
            for issue in it.issues() {
                let key = || issue.key.clone();
                if is_it(&issue.marker) {
                    return Ok(Some(Made::Issue(key())));
                }
                if let Some(comment) = issue.comments.iter().find(|it| is_it(&it.marker)) {
                    return Ok(Some(Made::Comment(key(), comment.handle.clone())));
                }
                if let Some(worklog) = issue.worklogs.iter().find(|it| is_it(&it.marker)) {
                    return Ok(Some(Made::Worklog(key(), worklog.handle.clone())));
                }
                if let Some(file) = issue.attachments.iter().find(|it| is_it(&it.marker)) {
                    return Ok(Some(Made::Attachment(key(), file.handle.clone())));
                }
            }
            Ok(None)
        })
    }

    fn create(&mut self, issue: &NewIssue, marker: &Marker) -> Result<IssueKey, IssueFault> {
        self.call("create", |it| {
            let user = it.user();
            let key = it.make(&issue.kind, issue.parent.as_ref(), &issue.fields, &user)?;
            it.stored(&key)?.marker = Some(marker.clone());
            Ok(key)
        })
    }

    fn update(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Result<Version, IssueFault> {
        self.call("update", |it| {
            let user = it.user();
            let state = it.stored(key)?;
            if state.version != *expected {
                return Err(IssueFault::Changed(key.clone()));
            }
            // All of it is looked at before any of it is written.
            let kind = state.kind.clone();
            for (field, value) in &edit.fields {
                it.check(&kind, field, value.as_ref())?;
            }
            for (field, value) in &edit.fields {
                it.set(key, field, value.clone(), &user)?;
            }
            Ok(it.stored(key)?.version.clone())
        })
    }

    fn transition(&mut self, key: &IssueKey, transition: &Transition) -> Result<(), IssueFault> {
        self.call("transition", |it| {
            let user = it.user();
            if it.stored(key)?.status != transition.from {
                return Err(IssueFault::Changed(key.clone()));
            }
            it.step(key, &transition.to, &user)
        })
    }

    fn comment(
        &mut self,
        key: &IssueKey,
        change: &CommentChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.call("comment", |it| {
            let (user, now) = (it.user(), it.now);
            let touched = Touched { at: now, by: Some(user.clone()) };
            let fresh = it.handle();
            let comments = &mut it.stored(key)?.comments;
            let handle = match change {
                CommentChange::Add { body, restriction } => {
                    check(restriction.as_ref())?;
                    comments.push(Comment {
                        handle: fresh.clone(),
                        author: Some(user.clone()),
                        author_shown: Some(user),
                        created: now,
                        updated: touched,
                        body: lines(body),
                        restriction: restriction.clone(),
                        marker: Some(marker.clone()),
                    });
                    fresh
                }
                CommentChange::Edit { handle, body } => {
                    let Some(comment) = comments.iter_mut().find(|comment| comment.handle == *handle) else {
                        return missing("the comment");
                    };
                    let body = lines(body);
                    if comment.body == body {
                        return Ok(handle.clone());
                    }
                    (comment.body, comment.updated) = (body, touched);
                    handle.clone()
                }
                CommentChange::Delete { handle } => {
                    let before = comments.len();
                    comments.retain(|comment| comment.handle != *handle);
                    if comments.len() == before {
                        return missing("the comment");
                    }
                    handle.clone()
                }
            };
            it.change(key);
            Ok(handle)
        })
    }

    fn worklog(
        &mut self,
        key: &IssueKey,
        change: &WorklogChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.call("worklog", |it| {
            let (user, now) = (it.user(), it.now);
            let touched = Touched { at: now, by: Some(user.clone()) };
            let fresh = it.handle();
            let worklogs = &mut it.stored(key)?.worklogs;
            let handle = match change {
                WorklogChange::Add { started, seconds, comment, restriction } => {
                    check(restriction.as_ref())?;
                    worklogs.push(Worklog {
                        handle: fresh.clone(),
                        author: Some(user.clone()),
                        author_shown: Some(user),
                        started: *started,
                        seconds: *seconds,
                        comment: lines(comment),
                        updated: touched,
                        restriction: restriction.clone(),
                        marker: Some(marker.clone()),
                    });
                    fresh
                }
                WorklogChange::Edit { handle, started, seconds, comment } => {
                    let Some(worklog) = worklogs.iter_mut().find(|worklog| worklog.handle == *handle) else {
                        return missing("the worklog");
                    };
                    let comment = lines(comment);
                    if (worklog.started, worklog.seconds, &worklog.comment) == (*started, *seconds, &comment)
                    {
                        return Ok(handle.clone());
                    }
                    (worklog.started, worklog.seconds) = (*started, *seconds);
                    (worklog.comment, worklog.updated) = (comment, touched);
                    handle.clone()
                }
                WorklogChange::Delete { handle } => {
                    let before = worklogs.len();
                    worklogs.retain(|worklog| worklog.handle != *handle);
                    if worklogs.len() == before {
                        return missing("the worklog");
                    }
                    handle.clone()
                }
            };
            it.change(key);
            Ok(handle)
        })
    }

    fn attach(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
        marker: &Marker,
    ) -> Result<Attachment, IssueFault> {
        self.call("attach", |it| {
            let mut content = Vec::new();
            bytes.read_to_end(&mut content)?;
            let hash = || hex(&Sha256::digest(&content));
            if content.len() as u64 != file.size || file.sha256.as_ref().is_some_and(|own| *own != hash()) {
                return Err(IssueFault::Refused { why: format!("{} is not what it should be", file.name) });
            }
            let (handle, user, now) = (it.handle(), it.user(), it.now);
            let attachment = Attachment {
                handle: handle.clone(),
                author: Some(user),
                name: file.name.clone(),
                mime: file.mime.clone(),
                size: file.size,
                created: now,
                marker: Some(marker.clone()),
            };
            it.stored(key)?.attachments.push(attachment.clone());
            it.world.bytes.insert(handle, content);
            it.change(key);
            Ok(attachment)
        })
    }

    fn fetch(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Result<(), IssueFault> {
        self.call("fetch", |it| {
            it.stored(key)?;
            let Some(bytes) = it.bytes(handle) else { return missing("the attachment") };
            Ok(to.write_all(bytes)?)
        })
    }

    fn detach(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault> {
        self.call("detach", |it| {
            let attachments = &mut it.stored(key)?.attachments;
            let before = attachments.len();
            attachments.retain(|attachment| attachment.handle != *handle);
            if attachments.len() == before {
                return missing("the attachment");
            }
            it.world.bytes.remove(handle);
            it.change(key);
            Ok(())
        })
    }

    fn link(&mut self, change: &LinkChange) -> Result<(), IssueFault> {
        self.call("link", |it| {
            if !it.catalogue.link_types.iter().any(|kind| kind.name == change.kind) {
                return missing(&format!("link type `{}`", change.kind));
            }
            let (from, to) = match change.end {
                LinkEnd::Outward => (&change.key, &change.to),
                LinkEnd::Inward => (&change.to, &change.key),
            };
            it.set_link(&change.kind, from, to, change.there)
        })
    }

    fn property(
        &mut self,
        key: &IssueKey,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, IssueFault> {
        self.call("property", |it| {
            it.stored(key)?;
            let place = (key.clone(), name.to_owned());
            if let Some(value) = value {
                it.world.properties.insert(place.clone(), value.to_owned());
            }
            Ok(it.world.properties.get(&place).cloned())
        })
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        self.call("users", |_| {
            let there = names.iter().filter(|name| PEOPLE.contains(&name.as_str()));
            Ok(there.map(|name| person(name)).collect())
        })
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        self.call("user_by_email", |_| {
            Ok(PEOPLE.map(person).into_iter().find(|person| person.email.as_deref() == Some(email)))
        })
    }

    fn add_to_project(&mut self, value: &Value) -> Result<(), IssueFault> {
        self.call("add_to_project", |_| match value {
            // No field here has any of them.
            Value::Version(_) | Value::Component(_) => Ok(()),
            _ => Err(IssueFault::Refused { why: "a project has versions and components".to_owned() }),
        })
    }

    fn begin(&mut self) -> Result<(), IssueFault> {
        self.call("begin", |it| {
            if it.atomic {
                it.held = Some(Box::new(it.world.clone()));
            }
            Ok(())
        })
    }

    fn commit(&mut self) -> Result<(), IssueFault> {
        self.call("commit", |it| {
            it.held = None;
            Ok(())
        })
    }

    fn roll_back(&mut self) -> Result<bool, IssueFault> {
        self.call("roll_back", |it| {
            let atomic = it.held.is_some();
            it.crash();
            Ok(atomic)
        })
    }
}
