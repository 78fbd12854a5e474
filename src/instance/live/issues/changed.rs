//! Which issues were changed since somebody looked last.
//!
//! Invariant: too many may be named, never too few. Jira searches by whole minutes in the time zone of the user, by an index that is late:
//! so a search goes back some minutes behind the last change that was seen, and what it finds is named until it was seen twice alike.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pcfg_sync::{Cursor, IssueKey, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::line::{Called, Line, refused};
use super::state::time_of;
use crate::rest::{List, Paging, Request};

/// So far back a search goes, in milliseconds.
const BACK: i64 = 5 * 60 * 1000;

/// When clocks are set back, an hour is there twice.
const HOUR: i64 = 60 * 60 * 1000;

/// How many issues are asked for at once: Cloud gives no more with fields, Data Center ten times as many.
const PAGE: usize = 100;
const PAGE_OF_DATA_CENTER: usize = 1000;

/// How far somebody has read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    /// The Jira, by its id.
    jira: String,
    /// The key of the project.
    project: String,
    /// The latest change that was seen.
    until: i64,
    /// What was changed shortly before: when, and how often it was seen so.
    known: BTreeMap<String, (i64, u8)>,
}

#[derive(Deserialize)]
struct Found {
    key: String,
    fields: Value,
}

/// Returns the keys of what was changed, and how far that is.
pub(super) fn changed(
    line: &Line,
    (jira, project, zone): (&str, &str, &TimeZone),
    since: &Cursor,
) -> Called<(Vec<IssueKey>, Cursor)> {
    let seen: Option<Seen> = match since.0.is_empty() {
        true => None,
        false => Some(
            serde_json::from_str(&since.0).map_err(|_| refused("the cursor is not one of a live Jira"))?,
        ),
    };
    let seen = seen.filter(|own| own.jira == jira && own.project == project && own.until > 0);
    let mut query = format!("project = \"{project}\"");
    if let Some(seen) = &seen {
        query.push_str(&format!(" AND updated >= \"{}\"", minute(seen.until, zone)?));
    }
    // By key, so that what is changed meanwhile does not take another's place on a page.
    query.push_str(" ORDER BY key ASC");
    let question = Request::get(line.api(if line.is_cloud() { "search/jql" } else { "search" }));
    let question = question.with("jql", query).with("fields", "updated");
    let list = match line.is_cloud() {
        true => List::new(question, PAGE).by(Paging::Token),
        false => List::new(question, PAGE_OF_DATA_CENTER).by(Paging::Offset),
    };
    let found: Vec<Found> = line.list(&list.of("issues"))?;
    let found: Vec<(String, i64)> = found
        .into_iter()
        .map(|own| {
            let Time(updated) = time_of(&own.fields["updated"]);
            (own.key, updated)
        })
        .collect();
    let last = found.iter().map(|(_, updated)| *updated).max().unwrap_or(0);
    let until = last.max(seen.as_ref().map_or(0, |own| own.until));
    let mut now = Seen { jira: jira.to_owned(), project: project.to_owned(), until, known: BTreeMap::new() };
    let mut keys = Vec::new();
    for (key, updated) in found {
        let known = seen.as_ref().and_then(|own| own.known.get(&key)).filter(|(own, _)| *own == updated);
        let times = known.map_or(0, |(_, times)| *times);
        // Another change in the same millisecond shows in nothing else.
        if times < 2 {
            keys.push(IssueKey(key.clone()));
        }
        if updated >= until - BACK - HOUR {
            now.known.insert(key, (updated, (times + 1).min(2)));
        }
    }
    let text = serde_json::to_string(&now).map_err(|error| refused(error.to_string()))?;
    Ok((keys, Cursor(text)))
}

/// Returns the minute from which a search has to look, as the user's clock showed it.
fn minute(until: i64, zone: &TimeZone) -> Called<String> {
    let at = |moment: i64| {
        let moment = Timestamp::from_millisecond(moment).map_err(|error| refused(error.to_string()))?;
        Ok::<_, pcfg_sync::IssueFault>(zone.to_offset(moment))
    };
    let moved = at(until - 24 * HOUR)? != at(until)?;
    let from = until - BACK - if moved { 2 * HOUR } else { 0 };
    let from = Timestamp::from_millisecond(from).map_err(|error| refused(error.to_string()))?;
    Ok(zone.to_datetime(from).strftime("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_looks_back_by_the_clock_of_the_user() {
        let noon = 1_772_366_430_000;
        let zone = |name| TimeZone::get(name).unwrap();
        assert_eq!(minute(noon, &zone("UTC")).unwrap(), "2026-03-01 11:55");
        assert_eq!(minute(noon, &zone("Asia/Kolkata")).unwrap(), "2026-03-01 17:25");
        // On 2026-10-25 at 01:00 UTC clocks go back from 03:00 to 02:00 there.
        let after = 1_792_891_800_000;
        assert_eq!(minute(after, &zone("Europe/Berlin")).unwrap(), "2026-10-25 01:25");
    }
}
