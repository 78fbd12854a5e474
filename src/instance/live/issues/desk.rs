//! What is at hand while the issues of a live Jira are asked for and changed: who signs in, and what is known by now.
//!
//! Invariant: what is known was read whole; it is read anew where an issue shows that there is more.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::tz::TimeZone;
use pcfg_sync::{IssueFault, IssueKey, Marker, UserFacts};
use sha2::{Digest as _, Sha256};

use super::facts::{Facts, shapes};
use super::line::{Called, Line, fault, refused};
use super::people::User;
use super::shape::Shapes;
use super::state::Look;
use crate::rest::{Jira, Language, Request};

/// The issues of a project in a live Jira.
pub struct LiveIssues {
    pub(super) line: Line,
    /// The id of the Jira.
    pub(super) jira: String,
    pub(super) project: String,
    pub(super) me: UserFacts,
    pub(super) zone: TimeZone,
    pub(super) is_translated: bool,
    pub(super) shapes: Option<Rc<Shapes>>,
    pub(super) facts: Option<Rc<Facts>>,
    /// Whether there is more to tell than the last catalogue told.
    pub(super) has_learned: bool,
    /// The markers of issues, as far as they were looked at: they never change.
    pub(super) marks: HashMap<IssueKey, Option<Marker>>,
}

impl std::fmt::Debug for LiveIssues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveIssues")
            .field("project", &self.project)
            .field("me", &self.me.name)
            .finish_non_exhaustive()
    }
}

impl LiveIssues {
    /// Opens the issues of a project of a Jira; everything is done by the account that has signed in, which must be `user`: by its id,
    /// its name or its address.
    pub fn new(jira: Jira, project: &str, user: &str) -> Result<Self, IssueFault> {
        let language = jira.language().map_err(fault)?;
        let Jira { client, edition, server, .. } = jira;
        let line = Line::new(client, edition);
        let told: User = line.get(&Request::get(line.api("myself")))?;
        let me = told.facts().ok_or_else(|| refused("Jira does not say who signs in"))?;
        if !told.is(user) {
            return Err(refused(format!(
                "`{user}` is not the account that signs in, which is `{}` ({})",
                me.name, me.shown
            )));
        }
        let is_word = |own: char| own.is_ascii_alphanumeric() || own == '_';
        if project.is_empty() || !project.chars().all(is_word) {
            return Err(IssueFault::Missing { what: format!("project `{project}`") });
        }
        let zone = match &told.time_zone {
            Some(name) => TimeZone::get(name).map_err(|_| {
                refused(format!("Jira tells times to `{}` in an unknown zone, {name}", me.name))
            })?,
            None => return Err(refused("Jira does not say in which time zone it answers")),
        };
        let hash = Sha256::digest(format!("jira {}", server.base_url.trim_end_matches('/').to_lowercase()));
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            line,
            jira: hash,
            project: project.to_owned(),
            me,
            zone,
            is_translated: language != Language::OfJira,
            shapes: None,
            facts: None,
            has_learned: false,
            marks: HashMap::new(),
        })
    }

    /// Returns which fields there are.
    pub(super) fn shapes(&mut self) -> Called<Rc<Shapes>> {
        if let Some(shapes) = &self.shapes {
            return Ok(Rc::clone(shapes));
        }
        let shapes = Rc::new(shapes(&self.line)?);
        Ok(Rc::clone(self.shapes.insert(shapes)))
    }

    /// Returns what there is in the project, as it was read last.
    pub(super) fn facts(&mut self) -> Called<Rc<Facts>> {
        if let Some(facts) = &self.facts {
            return Ok(Rc::clone(facts));
        }
        let shapes = self.shapes()?;
        let facts = Rc::new(Facts::read(&self.line, &self.project, shapes)?);
        Ok(Rc::clone(self.facts.insert(facts)))
    }

    pub(super) fn look<'a>(&'a self, shapes: &'a Shapes) -> Look<'a> {
        Look { line: &self.line, shapes, project: &self.project, me: &self.me.name }
    }
}
