//! What is at hand while a user changes issues of a project.
//!
//! Invariant: an issue that the user does not see is not there, and neither is one of another project.

use pcfg_sync::{IssueFault, IssueKey, Time, Version};

use super::fields::{Own, Type};
use super::ground::{Ground, Person};
use super::rights::Rights;
use super::rows::{Called, Rows};
use super::table::Found;
use crate::data::Zone;
use crate::entity::{DataRow, Tables};
use crate::mapping::Names;
use crate::model::Snapshot;

/// What the configuration says of a project and a user.
pub(super) struct Facts {
    pub(super) ground: Ground,
    pub(super) rights: Rights,
    pub(super) types: Vec<Type>,
    pub(super) me: Person,
}

impl Facts {
    pub(super) fn new(tables: Tables, project: &str, user: &str) -> Called<Self> {
        let names = Names::new(&tables, &mut Snapshot::default());
        let ground = Ground::new(tables, names, project)?;
        let me = ground.must_be_person(user)?.clone();
        let rights = Rights::of(&ground, &me);
        let types = super::fields::types(&ground);
        Ok(Self { ground, rights, types, me })
    }
}

/// Rows, and what is known around them.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) rows: &'a Rows,
    pub(super) facts: &'a Facts,
}

impl<'a> Desk<'a> {
    pub(super) fn ground(&self) -> &'a Ground {
        &self.facts.ground
    }

    pub(super) fn rights(&self) -> &'a Rights {
        &self.facts.rights
    }

    pub(super) fn me(&self) -> &'a str {
        &self.facts.me.key
    }

    pub(super) fn zone(&self) -> &'a Zone {
        &self.rows.zone
    }

    /// Returns the row of an issue of the project that the user sees.
    pub(super) fn issue(&self, key: &IssueKey) -> Called<Found> {
        let gone = || IssueFault::NoIssue(key.clone());
        let found = self.any_issue(key)?.ok_or_else(gone)?;
        let is_own = found.row.id("project") == Some(self.ground().project.id);
        match is_own && self.rights().sees(self.ground(), &found.row) {
            true => Ok(found),
            false => Err(gone()),
        }
    }

    /// Returns the row of an issue of whatever project.
    pub(super) fn any_issue(&self, IssueKey(key): &IssueKey) -> Called<Option<Found>> {
        let Some((project, number)) = key.rsplit_once('-') else { return Ok(None) };
        let project = self.ground().id("project", project).and_then(|id| id.parse::<i64>().ok());
        if let (Some(project), Ok(number)) = (project, number.parse::<i64>()) {
            let mut found = self.rows.select("Issue", &["project", "number"], |columns| {
                let condition =
                    format!("CAST({} AS INTEGER) = ? AND CAST({} AS INTEGER) = ?", columns[0], columns[1]);
                (condition, vec![Box::new(project), Box::new(number)])
            })?;
            if let Some(found) = found.pop() {
                return Ok(Some(found));
            }
        }
        // Up to Jira 6.0 the number is part of the key alone.
        let key = key.clone();
        let mut found = self
            .rows
            .select("Issue", &["key"], |columns| (format!("{} = ?", columns[0]), vec![Box::new(key)]))?;
        found.retain(|own| own.row.id("number").is_none());
        Ok(found.pop())
    }

    /// Returns the row of an issue by its id.
    pub(super) fn issue_of_id(&self, id: u64) -> Called<Option<DataRow>> {
        Ok(self.rows.find("Issue", "id", id)?.pop().map(|own| own.row))
    }

    /// Returns the key of an issue by its id.
    pub(super) fn key_of_id(&self, id: u64) -> Called<Option<IssueKey>> {
        Ok(self.issue_of_id(id)?.and_then(|row| self.ground().key_of(&row)).map(IssueKey))
    }

    /// Returns the type of an issue.
    pub(super) fn type_of(&self, issue: &DataRow) -> Called<&'a Type> {
        let id = issue.text("type").unwrap_or_default();
        let found = self.facts.types.iter().find(|own| own.id == id);
        found.ok_or_else(|| IssueFault::Refused {
            why: format!(
                "issues of type `{}` are not offered in project {} any more",
                self.ground().name("issueType", id).unwrap_or(id),
                self.ground().project.key
            ),
        })
    }

    /// Returns a field of a type.
    pub(super) fn field_of(ty: &'a Type, field: &pcfg_sync::Field) -> Called<&'a Own> {
        let found = ty.fields.iter().find(|own| own.shape.field == *field);
        found.ok_or_else(|| IssueFault::Missing {
            what: format!("field {field} of issues of type {}", ty.name),
        })
    }

    /// Returns what an update has to expect of an issue.
    pub(super) fn version(&self, issue: &DataRow) -> Called<Version> {
        let groups = self.rows.find("ChangeGroup", "issue", issue.id("id").unwrap_or(0))?;
        let last = groups.iter().filter_map(|own| own.row.id("id")).max().unwrap_or(0);
        let Time(updated) = self.rows.time_of(issue, "updated");
        Ok(Version(format!("{updated}/{last}")))
    }

    /// Says that an issue was changed, later than whenever it was changed before; returns when.
    pub(super) fn touch(&self, issue: &Found, values: &[(&str, Option<&str>)]) -> Called<String> {
        let (Time(now), mut stored) = self.rows.now(self.ground().project.id)?;
        if let Some(Time(before)) = issue.row.text("updated").and_then(|own| self.rows.time(own))
            && now <= before
            && before - now < MOST_SKEW
        {
            stored = self.rows.stored_time(Time(before + 1));
        }
        let mut all = vec![("updated", Some(stored.as_str()))];
        all.extend_from_slice(values);
        self.rows.update("Issue", issue.at, &all)?;
        Ok(stored)
    }
}

/// A time in the data that is further ahead than this is wrong.
const MOST_SKEW: i64 = 24 * 60 * 60 * 1000;
