//! What was made with a marker, although the answer was lost.
//!
//! Jira searches properties for apps alone, so the issues that this user has made are looked at, the newest first, and then the numbers
//! around the highest that a search tells: what was made just now is not in the index yet. Invariant: an issue that is there is found,
//! whatever the index knows.

use pcfg_sync::{Handle, IssueKey, IssueState, Made, Marker, Parts};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::desk::LiveIssues;
use super::facts::newest;
use super::line::{Called, Line, of_issue};
use super::told::{KEY, marker};
use crate::rest::{List, Paging, Request};

/// So many numbers before and behind the highest are tried: attempts that failed use numbers up, too.
const BEHIND: u64 = 8;

/// How many issues are asked for at once.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Found {
    key: String,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

impl LiveIssues {
    pub(super) fn look_for(&mut self, wanted: &Marker) -> Called<Option<Made>> {
        match wanted.n {
            0 => Ok(self.issue_of(wanted)?.map(Made::Issue)),
            _ => self.part_of(wanted),
        }
    }

    /// Returns the issue with a marker.
    fn issue_of(&mut self, wanted: &Marker) -> Called<Option<IssueKey>> {
        let is_it = |own: &Option<Marker>| own.as_ref() == Some(wanted);
        if let Some((key, _)) = self.marks.iter().find(|(_, own)| is_it(own)) {
            let key = key.clone();
            return Ok(mark_of(&self.line, &key)?.filter(|own| own == wanted).map(|_| key));
        }
        let query =
            format!("project = \"{}\" AND creator = currentUser() ORDER BY created DESC", self.project);
        let mut unknown = Vec::new();
        for found in self.search(&query)? {
            let key = IssueKey(found.key);
            match found.properties {
                Some(properties) => {
                    let mark = properties.get(KEY).and_then(marker);
                    self.marks.insert(key, mark);
                }
                None if !self.marks.contains_key(&key) => unknown.push(key),
                None => {}
            }
        }
        self.ask_marks(&unknown)?;
        let number = |key: &IssueKey| key.0.rsplit_once('-').and_then(|(_, own)| own.parse::<u64>().ok());
        let last = newest(&self.line, &format!("project = \"{}\"", self.project))?;
        let last = last.iter().chain(self.marks.keys()).filter_map(number).max().unwrap_or(0);
        let around = last.saturating_sub(BEHIND) + 1..=last + BEHIND;
        let around = around.map(|own| IssueKey(format!("{}-{own}", self.project)));
        let around: Vec<IssueKey> = around.filter(|own| !self.marks.contains_key(own)).collect();
        self.ask_marks(&around)?;
        Ok(self.marks.iter().find(|(_, own)| is_it(own)).map(|(key, _)| key.clone()))
    }

    /// Asks for the markers of issues.
    fn ask_marks(&mut self, keys: &[IssueKey]) -> Called<()> {
        let line = &self.line;
        let told = line.client.each(keys, |key| mark_of(line, key));
        for (key, mark) in keys.iter().zip(told) {
            // What is not there now may be there later.
            if let Some(mark) = mark? {
                self.marks.insert(key.clone(), Some(mark));
            }
        }
        Ok(())
    }

    /// Returns the comment, worklog or attachment with a marker: the issues that were changed last are read first.
    fn part_of(&mut self, wanted: &Marker) -> Called<Option<Made>> {
        let shapes = self.shapes()?;
        let query = format!("project = \"{}\" ORDER BY updated DESC", self.project);
        for found in self.search(&query)? {
            let parts = Parts { links: false, ..Parts::ALL };
            let state = self.look(&shapes).state(&IssueKey(found.key), parts)?;
            let made = state.and_then(|state| part(&state, wanted));
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    /// Returns what a query finds; on Cloud with the markers.
    fn search(&self, query: &str) -> Called<Vec<Found>> {
        let list = match self.line.is_cloud() {
            true => {
                let question =
                    Request::get(self.line.api("search/jql")).with("jql", query).with("fields", "status");
                List::new(question.with("properties", KEY), PAGE).by(Paging::Token)
            }
            false => List::new(
                Request::get(self.line.api("search")).with("jql", query).with("fields", "status"),
                PAGE,
            ),
        };
        self.line.list(&list.of("issues"))
    }
}

fn mark_of(line: &Line, key: &IssueKey) -> Called<Option<Marker>> {
    let told: Option<Value> = line.find(&Request::get(of_issue(key, &format!("/properties/{KEY}"))))?;
    Ok(told.and_then(|own| marker(&own["value"])))
}

fn part(state: &IssueState, wanted: &Marker) -> Option<Made> {
    let is_it = |own: &Option<Marker>| own.as_ref() == Some(wanted);
    let key = || state.key.clone();
    let of = |handle: &Handle| handle.clone();
    let comment = state.comments.iter().find(|own| is_it(&own.marker));
    let worklog = state.worklogs.iter().find(|own| is_it(&own.marker));
    let file = state.attachments.iter().find(|own| is_it(&own.marker));
    comment
        .map(|own| Made::Comment(key(), of(&own.handle)))
        .or_else(|| worklog.map(|own| Made::Worklog(key(), of(&own.handle))))
        .or_else(|| file.map(|own| Made::Attachment(key(), of(&own.handle))))
}
