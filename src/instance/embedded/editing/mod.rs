//! The issues of a project in an embedded instance, as one user sees and changes them.
//!
//! Invariant: what is written is what Jira would have written for that user, but that conditions, validators and functions of workflows
//! do not run; each call is one transaction, or a part of the one that was begun.

mod changed;
mod desk;
mod edit;
mod fields;
mod files;
mod flow;
mod ground;
mod history;
mod indexes;
mod links;
mod marks;
mod offers;
mod parts;
mod rights;
mod rows;
mod state;
mod table;
mod unasked;
mod values;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use pcfg_sync::{
    Attachment, Catalogue, CommentChange, Cursor, Edit, FileFacts, Handle, IssueFault, IssueKey, IssueState,
    Issues, LinkChange, Made, Marker, NewIssue, Parts, Transition, UserFacts, Value, Version, WorklogChange,
};
use rusqlite::{Connection, OptionalExtension as _};

use self::desk::{Desk, Facts};
pub use self::rows::Clock;
use self::rows::{Called, Rows, fault};
use self::values::refused;
use crate::data::Zone;
use crate::instance::bound::{self, MOST_BYTES};
use crate::instance::embedded::schema::{self, Layout};
use crate::instance::embedded::store;
use crate::instance::{Scope, Who};

/// What the place does not do.
const LIMITS: [&str; 6] = [
    "Conditions, validators and functions of transitions do not run; what a function sets the resolution to is set.",
    "The screens of making and of changing an issue count as one, and the resolution can be set without a screen.",
    "An issue that a synchronization makes has no default values of custom fields: it holds what the other side says.",
    "Rights that a custom field gives are not counted.",
    "Nobody is notified.",
    "A Jira that uses the tables later needs a full reindex.",
];

/// Who opens the issues of a project, and as whom.
pub struct Opening {
    /// The key of the project.
    pub project: String,
    /// The name of the user by whom everything is done.
    pub user: String,
    /// Who holds the lock while something is written.
    pub who: Who,
    /// How long to wait for somebody else who writes.
    pub wait: Duration,
    /// The time zone in which the place tells times.
    pub zone: Zone,
    /// What tells the time.
    pub clock: Clock,
}

/// What tells whether the configuration is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Basis {
    jira: String,
    run: Option<i64>,
    parts: (i64, i64),
}

/// The issues of a project in an embedded instance.
pub struct EmbeddedIssues {
    rows: Rows,
    project: String,
    user: String,
    facts: Option<(Basis, Facts)>,
    /// The number of the last change by another connection that was looked at.
    seen: Option<i64>,
}

impl std::fmt::Debug for EmbeddedIssues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedIssues")
            .field("path", &self.rows.path())
            .field("project", &self.project)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl EmbeddedIssues {
    pub(super) fn new(place: (PathBuf, Connection), opening: Opening) -> Called<Self> {
        let Opening { project, user, who, wait, zone, clock } = opening;
        let rows = Rows::new(place, zone, (who, wait), clock)?;
        Ok(Self { rows, project, user, facts: None, seen: None })
    }

    /// Makes sure that what is known of the configuration is what it is now.
    fn refresh(&mut self) -> Called<()> {
        let connection = self.rows.connection();
        let seen: i64 =
            connection.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(fault)?;
        if self.facts.is_some() && self.seen == Some(seen) {
            return Ok(());
        }
        let basis = basis(connection).map_err(fault)?;
        self.seen = Some(seen);
        if self.facts.as_ref().is_some_and(|(own, _)| *own == basis) {
            return Ok(());
        }
        self.rows.forget_tables();
        let layout = Layout::read(connection).map_err(fault)?;
        let mut tables = store::read(connection, &layout, Scope::default(), MOST_BYTES).map_err(fault)?;
        bound::check(&tables, MOST_BYTES).map_err(|_| IssueFault::Unavailable {
            why: "the configuration of the instance takes too much memory".to_owned(),
        })?;
        tables.sort();
        self.facts = Some((basis, Facts::new(tables, &self.project, &self.user)?));
        Ok(())
    }

    /// Reads by `deed`.
    fn look<T>(&mut self, deed: impl FnOnce(Desk<'_>) -> Called<T>) -> Called<T> {
        self.refresh()?;
        let Some((_, facts)) = &self.facts else { return Err(refused("nothing was read".to_owned())) };
        let desk = Desk { rows: &self.rows, facts };
        self.rows.look(|| deed(desk))
    }

    /// Writes by `deed`, of which nothing stays if it fails.
    fn write<T>(&mut self, deed: impl FnOnce(Desk<'_>) -> Called<T>) -> Called<T> {
        self.refresh()?;
        let Some((_, facts)) = &self.facts else { return Err(refused("nothing was read".to_owned())) };
        let desk = Desk { rows: &self.rows, facts };
        self.rows.write(|| deed(desk))
    }

    /// Makes an issue that no synchronization marks.
    pub fn create_plainly(&mut self, issue: &NewIssue) -> Result<IssueKey, IssueFault> {
        self.write(|desk| desk.create(issue, None))
    }

    /// Changes fields of an issue, whatever version it has.
    pub fn update_plainly(&mut self, key: &IssueKey, edit: &Edit) -> Result<Version, IssueFault> {
        self.write(|desk| desk.update(key, edit, None))
    }

    /// Adds, changes or removes a comment that no synchronization marks.
    pub fn comment_plainly(&mut self, key: &IssueKey, change: &CommentChange) -> Result<Handle, IssueFault> {
        self.write(|desk| desk.comment(key, change, None))
    }

    /// Attaches a file that no synchronization marks.
    pub fn attach_plainly(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
    ) -> Result<Attachment, IssueFault> {
        self.write(|desk| desk.attach(key, file, bytes, None))
    }
}

fn basis(connection: &Connection) -> rusqlite::Result<Basis> {
    let jira = id(connection)?;
    let run = connection.query_row("SELECT max(id) FROM pcfg_run", (), |row| row.get(0))?;
    let of = |table: &str| -> rusqlite::Result<i64> {
        connection.query_row(&format!("SELECT coalesce(max(rowid), 0) FROM {table}"), (), |row| row.get(0))
    };
    Ok(Basis { jira, run, parts: (of("\"projectversion\"")?, of("\"component\"")?) })
}

/// Returns the id of the instance; one of an older version of pcfg has none yet.
fn id(connection: &Connection) -> rusqlite::Result<String> {
    let sql = "SELECT value FROM pcfg_meta WHERE key = 'id'";
    Ok(connection.query_row(sql, (), |row| row.get(0)).optional()?.unwrap_or_default())
}

impl Issues for EmbeddedIssues {
    fn catalogue(&mut self) -> Result<Catalogue, IssueFault> {
        if id(self.rows.connection()).map_err(fault)?.is_empty() {
            let rows = &self.rows;
            rows.write(|| schema::give_id(rows.connection()).map_err(fault))?;
        }
        let project = self.project.clone();
        self.look(|desk| {
            let Facts { ground, rights, types, me } = desk.facts;
            Ok(Catalogue {
                jira: id(desk.rows.connection()).map_err(fault)?,
                licensed: None,
                project,
                user: me.facts.clone(),
                types: types.iter().map(|own| own.facts(ground, rights)).collect(),
                link_types: ground.link_types().into_iter().map(|(_, own)| own).collect(),
                missing: rights.missing(),
                limits: LIMITS.map(str::to_owned).to_vec(),
            })
        })
    }

    fn changed(&mut self, since: &Cursor) -> Result<(Vec<IssueKey>, Cursor), IssueFault> {
        let (rows, project) = (&self.rows, &self.project);
        rows.look(|| {
            let missing = || IssueFault::Missing { what: format!("project `{project}`") };
            let number = changed::project_id(rows, project)?.ok_or_else(missing)?;
            let jira = id(rows.connection()).map_err(fault)?;
            changed::changed(rows, (&jira, number, project), since)
        })
    }

    fn read(&mut self, key: &IssueKey, parts: Parts) -> Result<Option<IssueState>, IssueFault> {
        self.look(|desk| match desk.issue(key) {
            Ok(found) => desk.state(key, found.row, parts).map(Some),
            Err(IssueFault::NoIssue(_)) => Ok(None),
            Err(fault) => Err(fault),
        })
    }

    fn find(&mut self, marker: &Marker) -> Result<Option<Made>, IssueFault> {
        self.look(|desk| desk.find(marker))
    }

    fn create(&mut self, issue: &NewIssue, marker: &Marker) -> Result<IssueKey, IssueFault> {
        self.write(|desk| desk.create(issue, Some(marker)))
    }

    fn update(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Result<Version, IssueFault> {
        self.write(|desk| desk.update(key, edit, Some(expected)))
    }

    fn transition(&mut self, key: &IssueKey, transition: &Transition) -> Result<(), IssueFault> {
        self.write(|desk| desk.transition(key, transition))
    }

    fn comment(
        &mut self,
        key: &IssueKey,
        change: &CommentChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.write(|desk| desk.comment(key, change, Some(marker)))
    }

    fn worklog(
        &mut self,
        key: &IssueKey,
        change: &WorklogChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.write(|desk| desk.worklog(key, change, Some(marker)))
    }

    fn attach(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
        marker: &Marker,
    ) -> Result<Attachment, IssueFault> {
        self.write(|desk| desk.attach(key, file, bytes, Some(marker)))
    }

    fn fetch(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Result<(), IssueFault> {
        self.look(|desk| desk.fetch(key, handle, to))
    }

    fn detach(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault> {
        self.write(|desk| desk.detach(key, handle))
    }

    fn link(&mut self, change: &LinkChange) -> Result<(), IssueFault> {
        self.write(|desk| desk.link(change))
    }

    fn property(
        &mut self,
        key: &IssueKey,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, IssueFault> {
        match value {
            Some(_) => self.write(|desk| desk.property(key, name, value)),
            None => self.look(|desk| desk.property(key, name, None)),
        }
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        self.look(|desk| {
            let found = names.iter().filter_map(|name| desk.ground().person(name));
            Ok(found.map(|own| own.facts.clone()).collect())
        })
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        let wanted = email.trim().to_lowercase();
        self.look(|desk| {
            let is_it = |own: &UserFacts| own.email.as_ref().is_some_and(|own| own.to_lowercase() == wanted);
            let mut found: Vec<UserFacts> =
                desk.ground().everybody().map(|own| &own.facts).filter(|own| is_it(own)).cloned().collect();
            // Somebody who has gone does not stand in the way of somebody who has come.
            found.sort_by(|one, other| (!one.active, &one.name).cmp(&(!other.active, &other.name)));
            let is_one = found.iter().filter(|own| own.active == found[0].active).count() == 1;
            Ok(found.into_iter().next().filter(|_| is_one))
        })
    }

    fn add_to_project(&mut self, value: &Value) -> Result<(), IssueFault> {
        let result = self.write(|desk| desk.add_part(value));
        self.facts = None;
        result
    }

    fn begin(&mut self) -> Result<(), IssueFault> {
        self.rows.hold()
    }

    fn commit(&mut self) -> Result<(), IssueFault> {
        self.rows.let_go()
    }

    fn roll_back(&mut self) -> Result<bool, IssueFault> {
        self.facts = None;
        self.rows.forget()
    }
}
