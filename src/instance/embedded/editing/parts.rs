//! Comments and worklogs.
//!
//! Invariant: a restriction never gets wider, and nobody writes what he could not read; the text of a deleted comment that was for some
//! people only is not told in the history.

use pcfg_sync::{CommentChange, Handle, IssueFault, IssueKey, Marker, Restriction, Time, WorklogChange};

use super::desk::Desk;
use super::history::Item;
use super::marks::INTERNAL;
use super::rows::Called;
use super::table::Found;
use super::values::{lines, refused};
use crate::entity::DataRow;

impl Desk<'_> {
    /// Returns a row of an issue by its handle, if the user sees it.
    fn part(
        &self,
        table: &'static str,
        issue: &Found,
        handle: &Handle,
        what: &str,
        group: &str,
    ) -> Called<Found> {
        let missing = || IssueFault::Missing { what: format!("{what} {}", handle.0) };
        let id = handle.0.parse().map_err(|_| missing())?;
        let found = self.rows.find(table, "id", id)?.pop().ok_or_else(missing)?;
        let is_own = found.row.id("issue") == issue.row.id("id") && self.rights().may_read(&found.row, group);
        if is_own { Ok(found) } else { Err(missing()) }
    }

    /// Sets who may see something.
    fn restrict(
        &self,
        row: &mut DataRow,
        restriction: Option<&Restriction>,
        group_column: &str,
    ) -> Called<()> {
        match restriction {
            None | Some(Restriction::Internal) => {}
            Some(Restriction::Group(name)) => {
                let missing = || IssueFault::Missing { what: format!("group `{name}`") };
                let group = self.ground().names.known_group(name).ok_or_else(missing)?;
                row.set(group_column, Some(&group.text));
            }
            Some(Restriction::Role(name)) => {
                let missing = || IssueFault::Missing { what: format!("role `{name}`") };
                row.set("rolelevel", Some(self.ground().id("projectRole", name).ok_or_else(missing)?));
            }
        }
        match self.rights().may_read(row, group_column) {
            true => Ok(()),
            false => Err(IssueFault::Forbidden { why: "it would be for others only".to_owned() }),
        }
    }

    /// Fails unless the user may change what somebody wrote.
    fn must_change(
        &self,
        issue: &Found,
        part: &Found,
        (own, all): (&'static str, &'static str),
        deed: &str,
    ) -> Called<()> {
        let is_mine = part.row.get("author") == Some(self.me());
        if is_mine && self.rights().has(own, Some(&issue.row)) {
            return Ok(());
        }
        self.rights().must(if is_mine { own } else { all }, Some(&issue.row), deed)
    }

    /// Adds, changes or removes a comment.
    pub(super) fn comment(
        &self,
        key: &IssueKey,
        change: &CommentChange,
        marker: Option<&Marker>,
    ) -> Called<Handle> {
        let issue = self.issue(key)?;
        let id = issue.row.id("id").unwrap_or(0);
        match change {
            CommentChange::Add { body, restriction } => {
                self.rights().must("ADD_COMMENTS", Some(&issue.row), "add a comment")?;
                let body = comment_text(body)?;
                let mut row = self.rows.new_row("Action")?;
                row.set("issue", Some(&id.to_string()));
                row.set("type", Some("comment"));
                row.set("author", Some(self.me()));
                row.set("updateauthor", Some(self.me()));
                row.set("body", Some(&body));
                self.restrict(&mut row, restriction.as_ref(), "level")?;
                let when = self.touch(&issue, &[])?;
                if let Some(watches) = self.watch(id, &when)? {
                    self.rows.update("Issue", issue.at, &[("watches", Some(&watches))])?;
                }
                row.set("created", Some(&when));
                row.set("updated", Some(&when));
                self.rows.insert(&row)?;
                let comment = row.id("id").unwrap_or(0);
                if *restriction == Some(Restriction::Internal) {
                    self.set_property(("CommentProperty", comment), INTERNAL, "{\"internal\":true}")?;
                }
                if let Some(marker) = marker {
                    self.mark(("CommentProperty", comment), marker)?;
                }
                Ok(Handle(comment.to_string()))
            }
            CommentChange::Edit { handle, body } => {
                let found = self.part("Action", &issue, handle, "comment", "level")?;
                let body = comment_text(body)?;
                if lines(found.row.get("body").unwrap_or_default()) == body {
                    return Ok(handle.clone());
                }
                let rights = ("EDIT_OWN_COMMENTS", "EDIT_ALL_COMMENTS");
                self.must_change(&issue, &found, rights, "change a comment")?;
                let when = self.touch(&issue, &[])?;
                let values = [
                    ("body", Some(body.as_str())),
                    ("updated", Some(&when)),
                    ("updateauthor", Some(self.me())),
                ];
                self.rows.update("Action", found.at, &values)?;
                Ok(handle.clone())
            }
            CommentChange::Delete { handle } => {
                let found = self.part("Action", &issue, handle, "comment", "level")?;
                let rights = ("DELETE_OWN_COMMENTS", "DELETE_ALL_COMMENTS");
                self.must_change(&issue, &found, rights, "delete a comment")?;
                self.rows.delete("Action", found.at)?;
                self.forget_properties("CommentProperty", found.row.id("id").unwrap_or(0))?;
                let when = self.touch(&issue, &[])?;
                let level = found.row.text("level").map(str::to_owned).or_else(|| {
                    let role = found.row.text("rolelevel")?;
                    Some(self.ground().name("projectRole", role).unwrap_or(role).to_owned())
                });
                let told = match level {
                    // Everybody reads the history.
                    Some(level) => format!("A comment with security level '{level}' was removed."),
                    None => found.row.get("body").unwrap_or_default().to_owned(),
                };
                self.tell(id, &when, &[Item::own("Comment", (Some(told), None), (None, None))])?;
                Ok(handle.clone())
            }
        }
    }

    /// Adds, changes or removes a worklog.
    pub(super) fn worklog(
        &self,
        key: &IssueKey,
        change: &WorklogChange,
        marker: Option<&Marker>,
    ) -> Called<Handle> {
        let issue = self.issue(key)?;
        let issue_id = issue.row.id("id").unwrap_or(0);
        match change {
            WorklogChange::Add { started, seconds, comment, restriction } => {
                self.rights().must("WORK_ON_ISSUES", Some(&issue.row), "log work")?;
                let mut row = self.rows.new_row("Worklog")?;
                row.set("issue", Some(&issue_id.to_string()));
                row.set("author", Some(self.me()));
                row.set("updateauthor", Some(self.me()));
                row.set("body", Some(&lines(comment)));
                row.set("timeworked", Some(&worked(*seconds)?.to_string()));
                row.set("startdate", Some(&self.moment(*started)?));
                self.restrict(&mut row, restriction.as_ref(), "grouplevel")?;
                let id = row.id("id").unwrap_or(0);
                let new = (None, Some(id.to_string()));
                let when = self.spend(&issue, *seconds, ((None, None), new))?;
                row.set("created", Some(&when));
                row.set("updated", Some(&when));
                self.rows.insert(&row)?;
                if let Some(marker) = marker {
                    self.mark(("WorklogProperty", id), marker)?;
                }
                Ok(Handle(id.to_string()))
            }
            WorklogChange::Edit { handle, started, seconds, comment } => {
                let found = self.part("Worklog", &issue, handle, "worklog", "grouplevel")?;
                let (worked, comment) = (worked(*seconds)?, lines(comment));
                let before: i64 =
                    found.row.get("timeworked").and_then(|own| own.trim().parse().ok()).unwrap_or(0);
                let is_same = before == worked
                    && self.rows.time_of(&found.row, "startdate") == *started
                    && lines(found.row.get("body").unwrap_or_default()) == comment;
                if is_same {
                    return Ok(handle.clone());
                }
                let rights = ("EDIT_OWN_WORKLOGS", "EDIT_ALL_WORKLOGS");
                self.must_change(&issue, &found, rights, "change a worklog")?;
                let own = (Some(handle.0.clone()), Some(handle.0.clone()));
                let when = self.spend(&issue, worked - before, (own.clone(), own))?;
                let (started, seconds) = (self.moment(*started)?, worked.to_string());
                let values = [
                    ("body", Some(comment.as_str())),
                    ("timeworked", Some(&seconds)),
                    ("startdate", Some(&started)),
                    ("updated", Some(&when)),
                    ("updateauthor", Some(self.me())),
                ];
                self.rows.update("Worklog", found.at, &values)?;
                Ok(handle.clone())
            }
            WorklogChange::Delete { handle } => {
                let found = self.part("Worklog", &issue, handle, "worklog", "grouplevel")?;
                let rights = ("DELETE_OWN_WORKLOGS", "DELETE_ALL_WORKLOGS");
                self.must_change(&issue, &found, rights, "delete a worklog")?;
                self.rows.delete("Worklog", found.at)?;
                self.forget_properties("WorklogProperty", found.row.id("id").unwrap_or(0))?;
                let before: i64 =
                    found.row.get("timeworked").and_then(|own| own.trim().parse().ok()).unwrap_or(0);
                let own = (Some(handle.0.clone()), Some(handle.0.clone()));
                self.spend(&issue, before.saturating_neg(), (own, (None, None)))?;
                Ok(handle.clone())
            }
        }
    }

    fn moment(&self, time: Time) -> Called<String> {
        let stored = self.rows.stored_time(time);
        match stored.is_empty() {
            true => Err(refused(format!("{} is no moment", time.0))),
            false => Ok(stored),
        }
    }

    /// Adds to the time that was spent on an issue, and tells it; the remaining estimate stays, for it is a field of its own.
    fn spend(
        &self,
        issue: &Found,
        seconds: i64,
        worklog: (super::history::Side, super::history::Side),
    ) -> Called<String> {
        let old = issue.row.get("timespent").map(str::to_owned);
        let before: i64 = old.as_deref().and_then(|own| own.trim().parse().ok()).unwrap_or(0);
        let now = before.saturating_add(seconds).max(0).to_string();
        let when = self.touch(issue, &[("timespent", Some(&now))])?;
        let mut items = Vec::new();
        if seconds != 0 {
            items.push(Item::own("timespent", (old.clone(), old), (Some(now.clone()), Some(now))));
        }
        items.push(Item::own("WorklogId", worklog.0, worklog.1));
        self.tell(issue.row.id("id").unwrap_or(0), &when, &items)?;
        Ok(when)
    }
}

/// Returns the text of a comment as it is stored.
fn comment_text(body: &str) -> Called<String> {
    match body.trim().is_empty() {
        true => Err(refused("a comment must say something".to_owned())),
        false => Ok(lines(body)),
    }
}

/// Returns how long somebody worked, which is never nothing.
fn worked(seconds: i64) -> Called<i64> {
    match seconds > 0 {
        true => Ok(seconds),
        false => Err(refused(format!("{seconds} seconds are no work"))),
    }
}
