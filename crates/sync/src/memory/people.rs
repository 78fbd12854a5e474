//! What people do in a Jira in memory.
//!
//! Invariant: nobody here is the synchronization's user.

use super::Memory;
use crate::{Attachment, Comment, Field, Handle, IssueFault, IssueKey, Restriction, Touched, Value, Worklog};

impl Memory {
    /// Somebody makes an issue.
    pub fn create_as(
        &mut self,
        by: &str,
        kind: &str,
        parent: Option<&IssueKey>,
        fields: &[(Field, Value)],
    ) -> Result<IssueKey, IssueFault> {
        self.make(kind, parent, fields, by)
    }

    /// Somebody changes a field.
    pub fn edit_as(
        &mut self,
        by: &str,
        key: &IssueKey,
        field: &Field,
        value: Option<Value>,
    ) -> Result<(), IssueFault> {
        self.set(key, field, value, by).map(|_| ())
    }

    /// Somebody takes a step of the workflow.
    pub fn transition_as(&mut self, by: &str, key: &IssueKey, to: &str) -> Result<(), IssueFault> {
        self.step(key, to, by)
    }

    /// Somebody writes a comment.
    pub fn comment_as(
        &mut self,
        by: &str,
        key: &IssueKey,
        body: &str,
        restriction: Option<Restriction>,
    ) -> Result<Handle, IssueFault> {
        let (handle, now) = (self.handle(), self.now);
        let comment = Comment {
            handle: handle.clone(),
            author: Some(by.to_owned()),
            author_shown: Some(by.to_owned()),
            created: now,
            updated: Touched { at: now, by: Some(by.to_owned()) },
            body: body.to_owned(),
            restriction,
            marker: None,
        };
        self.stored(key)?.comments.push(comment);
        self.change(key);
        Ok(handle)
    }

    /// Somebody changes a comment, or removes it.
    pub fn recomment_as(
        &mut self,
        by: &str,
        key: &IssueKey,
        handle: &Handle,
        body: Option<&str>,
    ) -> Result<(), IssueFault> {
        let now = self.now;
        let comments = &mut self.stored(key)?.comments;
        match body {
            None => comments.retain(|comment| comment.handle != *handle),
            Some(body) => {
                for comment in comments.iter_mut().filter(|comment| comment.handle == *handle) {
                    body.clone_into(&mut comment.body);
                    comment.updated = Touched { at: now, by: Some(by.to_owned()) };
                }
            }
        }
        self.change(key);
        Ok(())
    }

    /// Somebody logs work.
    pub fn log_work_as(
        &mut self,
        by: &str,
        key: &IssueKey,
        seconds: i64,
        comment: &str,
    ) -> Result<Handle, IssueFault> {
        let (handle, now) = (self.handle(), self.now);
        let worklog = Worklog {
            handle: handle.clone(),
            author: Some(by.to_owned()),
            author_shown: Some(by.to_owned()),
            started: now,
            seconds,
            comment: comment.to_owned(),
            updated: Touched { at: now, by: Some(by.to_owned()) },
            restriction: None,
            marker: None,
        };
        self.stored(key)?.worklogs.push(worklog);
        self.change(key);
        Ok(handle)
    }

    /// Somebody removes a worklog.
    pub fn unlog_work(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault> {
        self.stored(key)?.worklogs.retain(|worklog| worklog.handle != *handle);
        self.change(key);
        Ok(())
    }

    /// Somebody attaches a file.
    pub fn attach_as(
        &mut self,
        by: &str,
        key: &IssueKey,
        name: &str,
        bytes: &[u8],
    ) -> Result<Handle, IssueFault> {
        let (handle, now) = (self.handle(), self.now);
        let attachment = Attachment {
            handle: handle.clone(),
            author: Some(by.to_owned()),
            name: name.to_owned(),
            mime: "text/plain".to_owned(),
            size: bytes.len() as u64,
            created: now,
            marker: None,
        };
        self.stored(key)?.attachments.push(attachment);
        self.world.bytes.insert(handle.clone(), bytes.to_vec());
        self.change(key);
        Ok(handle)
    }

    /// Somebody takes an attachment away.
    pub fn unattach(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault> {
        self.stored(key)?.attachments.retain(|attachment| attachment.handle != *handle);
        self.world.bytes.remove(handle);
        self.change(key);
        Ok(())
    }

    /// Somebody links two issues, or takes the link away.
    pub fn link_as(
        &mut self,
        kind: &str,
        from: &IssueKey,
        to: &IssueKey,
        there: bool,
    ) -> Result<(), IssueFault> {
        self.set_link(kind, from, to, there)
    }

    /// Somebody deletes an issue, with its sub-tasks.
    pub fn delete(&mut self, key: &IssueKey) {
        let below = |issue: &&crate::IssueState| issue.parent.as_ref() == Some(key);
        let below: Vec<IssueKey> = self.issues().filter(below).map(|issue| issue.key.clone()).collect();
        for key in below.iter().chain([key]) {
            let links: Vec<_> =
                self.world.links.iter().filter(|(_, from, to)| from == key || to == key).cloned().collect();
            for (kind, from, to) in links {
                drop(self.set_link(&kind, &from, &to, false));
            }
            self.world.issues.remove(key);
            self.world.changes += 1;
        }
    }
}
