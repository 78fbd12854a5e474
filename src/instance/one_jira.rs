//! Whether two doors lead into one Jira.
//!
//! Invariant: what moves is compared in both directions: the issue that REST says was changed last, and the one that the database says was. A
//! copy lacks the last change of its original, and its original that of the copy, unless nothing was changed since it was made.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::doors::{Doors, Stored};
use super::last_change::{Moved, Moving, moment};
use super::{ReadError, Reading, shell_word};
use crate::mapping::Properties;
use crate::rest::{Edition, FailureKind, Jira, Manner, Question, Request, segment};

/// How often both are looked at: somebody may change an issue in between.
const TRIES: usize = 3;

/// How long to wait before another look.
const PAUSE: Duration = Duration::from_millis(250);

/// Time zones are so many milliseconds apart, or a multiple of that.
const ZONES: u64 = 15 * 60 * 1000;

/// And no two are further apart than this.
const FURTHEST: u64 = 26 * 60 * 60 * 1000;

/// What both doors have shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneJira {
    /// The address that both say Jira has.
    pub base_url: String,
    /// How many projects REST shows, all of which the database has, too.
    pub projects: usize,
    /// The key of the issue that was changed last.
    pub issue: String,
}

/// An issue, and how it was moved last.
#[derive(Debug, Deserialize)]
struct Issue {
    id: String,
    key: String,
    fields: Fields,
    changelog: Changelog,
}

#[derive(Debug, Deserialize)]
struct Fields {
    updated: String,
}

#[derive(Debug, Deserialize)]
struct Changelog {
    histories: Vec<History>,
}

#[derive(Debug, Deserialize)]
struct History {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Found {
    issues: Vec<Issue>,
}

#[derive(Debug, Deserialize)]
struct Project {
    id: String,
    key: String,
}

impl Issue {
    fn moved(&self) -> Option<Moved> {
        let changes: Result<Vec<u64>, _> =
            self.changelog.histories.iter().map(|history| history.id.parse()).collect();
        Some(Moved {
            issue: self.id.parse().ok()?,
            updated: moment(&self.fields.updated),
            change: changes.ok()?.into_iter().max(),
        })
    }
}

/// Asks how an issue was moved last: one by its id, or the one that was moved last of all those that the caller sees.
fn asked(doors: &Doors, jira: &Jira, issue: Option<u64>) -> Result<Option<(String, Moved)>, ReadError> {
    let told = |request: Question| request.with("fields", "updated").with("expand", "changelog");
    let api = jira.edition.api();
    let found: Result<Option<Issue>, _> = match issue {
        Some(id) => jira.client.ask(&told(Request::get(format!("{api}/issue/{}", segment(&id.to_string()))))),
        None => {
            let newest = Request::get(format!("{api}/search")).with("jql", "ORDER BY updated DESC");
            jira.client.ask::<Found>(&told(newest.with("maxResults", 1))).map(|mut found| found.issues.pop())
        }
    };
    let issue = match found {
        Err(failure) if issue.is_some() && failure.kind == FailureKind::NotFound => return Ok(None),
        found => found.map_err(|failure| doors.remote.unread(&failure))?,
    };
    Ok(issue.and_then(|issue| Some((issue.key.clone(), issue.moved()?))))
}

/// Says how what moved differs; nothing if it is the same.
fn differs(key: &str, rest: &Moved, stored: Option<&Moved>) -> Option<String> {
    let Some(stored) = stored else {
        return Some(format!("the database has no issue {key} (id {})", rest.issue));
    };
    let shown = |change: Option<u64>| change.map_or("none".to_owned(), |id| format!("change {id}"));
    if rest.change != stored.change {
        return Some(format!(
            "the newest entry in the history of {key} is {}, and in the database {}",
            shown(rest.change),
            shown(stored.change)
        ));
    }
    let is_same = rest.updated.zip(stored.updated).is_some_and(|(rest, stored)| {
        let apart = rest.abs_diff(stored);
        apart <= FURTHEST && apart % ZONES == 0
    });
    (!is_same).then(|| format!("{key} was last changed at another moment than in the database"))
}

/// Compares what moves; returns the key of the issue that was changed last.
pub(super) fn moves(
    doors: &Doors,
    jira: &Jira,
    database: &mut dyn Moving,
    manner: &Manner,
) -> Result<String, ReadError> {
    if jira.edition == Edition::Cloud {
        return Err(refused(doors, "a Jira Cloud has no database that anybody else can read"));
    }
    let mut why = String::new();
    for number in 0..TRIES {
        if number > 0 {
            manner.clock.sleep(PAUSE);
        }
        let Some((key, rest)) = asked(doors, jira, None)? else {
            return Err(unproved(doors, "it shows you no issue"));
        };
        if let Some(other) = differs(&key, &rest, database.moved(Some(rest.issue))?.as_ref()) {
            why = other;
            continue;
        }
        let Some(newest) = database.moved(None)? else { continue };
        if newest.issue == rest.issue {
            return Ok(key);
        }
        why = match asked(doors, jira, Some(newest.issue))? {
            None => format!(
                "the database says that the issue with the id {} was changed last, and Jira does not show it to you",
                newest.issue
            ),
            Some((own, rest)) => match differs(&own, &rest, Some(&newest)) {
                None => return Ok(key),
                Some(why) => why,
            },
        };
    }
    Err(refused(doors, &why))
}

/// Compares what only one Jira has.
pub(super) fn stands(
    doors: &Doors,
    jira: &Jira,
    reading: &Reading,
    issue: String,
) -> Result<OneJira, ReadError> {
    let properties = Properties::new(&reading.tables);
    let stored = properties.setting("jira.baseurl").unwrap_or_default();
    let plain = |url: &str| url.trim().trim_end_matches('/').to_lowercase();
    let base_url = jira.server.base_url.clone();
    if plain(stored) != plain(&base_url) {
        let stored = if stored.is_empty() { "none".to_owned() } else { format!("`{stored}`") };
        return Err(refused(
            doors,
            &format!("Jira says that its base URL is `{base_url}`, and in the database it is {stored}"),
        ));
    }
    let all = Request::get(format!("{}/project", jira.edition.api())).with("includeArchived", true);
    let shown: Vec<Project> = jira.client.ask(&all).map_err(|failure| doors.remote.unread(&failure))?;
    let rows = reading.tables.rows("Project").iter();
    let stored: BTreeMap<&str, &str> = rows.filter_map(|row| Some((row.id(), row.get("key")?))).collect();
    for project in &shown {
        let own = stored.get(project.id.as_str());
        if own != Some(&project.key.as_str()) {
            let own = own.map_or_else(|| "nothing".to_owned(), |key| format!("the project {key}"));
            return Err(refused(
                doors,
                &format!(
                    "the project {} has the id {}, which in the database is {own}",
                    project.key, project.id
                ),
            ));
        }
    }
    Ok(OneJira { base_url, projects: shown.len(), issue })
}

/// Says that the doors lead into two.
fn refused(doors: &Doors, why: &str) -> ReadError {
    let Doors { remote, database, .. } = doors;
    ReadError::Remote {
        message: format!("`{}` and `{database}` are not one Jira, so nothing was read", remote.site),
        why: why.to_owned(),
        help: vec![
            "if the database is a copy, or the address is that of a copy, name both of one Jira in pcfg.toml; dbconfig.xml in the home folder \
             of Jira names its database"
                .to_owned(),
            alone(database),
        ],
        is_passing: false,
    }
}

/// Says that nobody knows whether the doors lead into one.
fn unproved(doors: &Doors, why: &str) -> ReadError {
    let Doors { remote, database, .. } = doors;
    ReadError::Remote {
        message: format!(
            "nothing shows that `{}` and `{database}` are one Jira and not a copy, so nothing was read",
            remote.site
        ),
        why: why.to_owned(),
        help: vec!["use the token of somebody who sees all issues".to_owned(), alone(database)],
        is_passing: false,
    }
}

fn alone(database: &Stored) -> String {
    format!("or read the database alone: `-i {}`", shell_word(&database.to_string()))
}
