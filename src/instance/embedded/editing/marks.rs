//! Properties of issues, comments and worklogs, and the markers among them.
//!
//! Invariant: a marker is the value of a property in one spelling, so that it is found by it. An attachment has no properties in Jira; its
//! marker is a property of its issue.

use std::collections::BTreeMap;

use pcfg_sync::{Handle, IssueFault, IssueKey, Made, Marker};

use super::desk::Desk;
use super::indexes::{MARKER, is_marker};
use super::rows::Called;
use super::table::Found;
use super::values::refused;

/// The property that holds a marker.
pub(super) const KEY: &str = "pcfg.sync";

/// The property by which Service Management knows whether customers see a comment.
pub(super) const INTERNAL: &str = "sd.public.comment";

/// As long as the key of a property can be.
const MOST_KEY: usize = 255;

/// As long as the value of a property can be (Jira's `jira.properties` limit, documented as 32,768 characters).
const MOST_VALUE: usize = 32_768;

/// Returns a marker as it is stored.
fn spelled(marker: &Marker) -> Called<String> {
    let text = serde_json::to_string(marker).map_err(|error| refused(error.to_string()))?;
    assert!(text.starts_with(MARKER), "the index of markers knows how they begin");
    Ok(text)
}

/// Returns the property of an issue that holds the marker of an attachment.
fn key_of_attachment(id: u64) -> String {
    format!("{KEY}.{id}")
}

impl Desk<'_> {
    fn properties(&self, owner: &str, id: u64) -> Called<Vec<Found>> {
        let mut found = self.rows.find("EntityProperty", "entityId", id)?;
        found.retain(|own| own.row.get("entityName") == Some(owner));
        Ok(found)
    }

    /// Returns the text of a property; of two the oldest counts.
    pub(super) fn property_of(&self, owner: &str, id: u64, key: &str) -> Called<Option<String>> {
        Ok(self.property_row(owner, id, key)?.and_then(|own| own.row.get("value").map(str::to_owned)))
    }

    fn property_row(&self, owner: &str, id: u64, key: &str) -> Called<Option<Found>> {
        let found = self.properties(owner, id)?.into_iter();
        let found = found.filter(|own| own.row.get("propertyKey") == Some(key));
        Ok(found.min_by_key(|own| own.row.id("id")))
    }

    /// Writes a property.
    pub(super) fn set_property(&self, (owner, id): (&str, u64), key: &str, value: &str) -> Called<()> {
        let (_, now) = self.rows.now(self.ground().project.id)?;
        if let Some(found) = self.property_row(owner, id, key)? {
            if found.row.get("value") == Some(value) {
                return Ok(());
            }
            let values = [("value", Some(value)), ("updated", Some(now.as_str()))];
            return self.rows.update("EntityProperty", found.at, &values);
        }
        let mut row = self.rows.new_row("EntityProperty")?;
        row.set("entityName", Some(owner));
        row.set("entityId", Some(&id.to_string()));
        row.set("propertyKey", Some(key));
        row.set("value", Some(value));
        row.set("created", Some(&now));
        row.set("updated", Some(&now));
        self.rows.insert(&row)
    }

    /// Takes all properties of something away.
    pub(super) fn forget_properties(&self, owner: &str, id: u64) -> Called<()> {
        for found in self.properties(owner, id)? {
            self.rows.delete("EntityProperty", found.at)?;
        }
        Ok(())
    }

    /// Marks something as made.
    pub(super) fn mark(&self, owner: (&str, u64), marker: &Marker) -> Called<()> {
        self.set_property(owner, KEY, &spelled(marker)?)
    }

    /// Marks an attachment as made.
    pub(super) fn mark_attachment(&self, issue: u64, id: u64, marker: &Marker) -> Called<()> {
        self.set_property(("IssueProperty", issue), &key_of_attachment(id), &spelled(marker)?)
    }

    /// Takes the marker of an attachment away.
    pub(super) fn unmark_attachment(&self, issue: u64, id: u64) -> Called<()> {
        match self.property_row("IssueProperty", issue, &key_of_attachment(id))? {
            Some(found) => self.rows.delete("EntityProperty", found.at),
            None => Ok(()),
        }
    }

    /// Returns the marker of an issue, a comment or a worklog.
    pub(super) fn marker_of(&self, owner: &str, id: u64) -> Called<Option<Marker>> {
        let text = self.property_of(owner, id, KEY)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Returns the markers of the attachments of an issue, by their ids.
    pub(super) fn attachment_markers(&self, issue: u64) -> Called<BTreeMap<u64, Marker>> {
        let found = self.properties("IssueProperty", issue)?.into_iter();
        let marker = |own: Found| {
            let id = own.row.get("propertyKey")?.strip_prefix(KEY)?.strip_prefix('.')?.parse().ok()?;
            Some((id, serde_json::from_str(own.row.get("value")?).ok()?))
        };
        Ok(found.filter_map(marker).collect())
    }

    /// Returns what was made with a marker, and is still there.
    pub(super) fn find(&self, marker: &Marker) -> Called<Option<Made>> {
        let text = spelled(marker)?;
        let found = self.rows.select("EntityProperty", &["value"], |columns| {
            (format!("{} AND {} = ?", is_marker(&columns[0]), columns[0]), vec![Box::new(text)])
        })?;
        for own in found {
            let id = own.row.id("entityId").unwrap_or(0);
            let key = own.row.get("propertyKey").unwrap_or_default();
            let made = match own.row.get("entityName") {
                Some("IssueProperty") if key == KEY => self.own_issue(id)?.map(Made::Issue),
                Some("IssueProperty") => {
                    let attachment = key.strip_prefix(KEY).and_then(|own| own.strip_prefix('.'));
                    self.made(
                        "FileAttachment",
                        attachment.and_then(|own| own.parse().ok()),
                        Made::Attachment,
                    )?
                }
                Some("CommentProperty") if key == KEY => self.made("Action", Some(id), Made::Comment)?,
                Some("WorklogProperty") if key == KEY => self.made("Worklog", Some(id), Made::Worklog)?,
                _ => None,
            };
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    fn made(
        &self,
        table: &'static str,
        id: Option<u64>,
        made: fn(IssueKey, Handle) -> Made,
    ) -> Called<Option<Made>> {
        let Some(id) = id else { return Ok(None) };
        let Some(found) = self.rows.find(table, "id", id)?.pop() else { return Ok(None) };
        let issue = self.own_issue(found.row.id("issue").unwrap_or(0))?;
        Ok(issue.map(|key| made(key, Handle(id.to_string()))))
    }

    /// Returns the key of an issue of the project.
    fn own_issue(&self, id: u64) -> Called<Option<IssueKey>> {
        let Some(row) = self.issue_of_id(id)? else { return Ok(None) };
        let is_own = row.id("project") == Some(self.ground().project.id);
        Ok(self.ground().key_of(&row).filter(|_| is_own).map(IssueKey))
    }

    /// Returns the text of a property of an issue, which is written first where there is a value.
    pub(super) fn property(&self, key: &IssueKey, name: &str, value: Option<&str>) -> Called<Option<String>> {
        let issue = self.issue(key)?;
        let id = issue.row.id("id").unwrap_or(0);
        if let Some(value) = value {
            self.rights().must("EDIT_ISSUES", Some(&issue.row), "write a property of an issue")?;
            if name.is_empty() || name.chars().count() > MOST_KEY {
                return Err(refused(format!("a property has a name of at most {MOST_KEY} characters")));
            }
            if value.chars().count() > MOST_VALUE {
                return Err(refused(format!("a property holds at most {MOST_VALUE} characters")));
            }
            let parsed: Result<serde_json::Value, serde_json::Error> = serde_json::from_str(value);
            if let Err(error) = parsed {
                return Err(IssueFault::Refused { why: format!("a property holds JSON: {error}") });
            }
            self.set_property(("IssueProperty", id), name, value)?;
        }
        self.property_of("IssueProperty", id, name)
    }
}
