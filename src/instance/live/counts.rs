//! How many issues stand somewhere, and which: asked by a search when a plan needs it, once for each place.
//!
//! Invariant: what was not answered is a failure, and never none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::entity::{Standing, Standings};
use crate::rest::{Client, Edition, Failure, FailureKind, List, Paging, Question, Request};

/// Counts issues.
#[derive(Debug)]
pub(super) struct Counts {
    client: Client,
    edition: Edition,
    /// What was counted, by the query.
    known: Mutex<BTreeMap<String, u64>>,
    /// What was listed, by the query.
    listed: Mutex<BTreeMap<String, Vec<Found>>>,
}

/// An issue that was found: its id, and that of its status.
pub(super) type Found = (String, String);

/// How many issues are named that nothing takes back, at most.
const SHOWN: usize = 50;

/// Issues of a page.
const PAGE: usize = 1_000;

impl Counts {
    pub(super) fn new(client: &Client, edition: Edition) -> Self {
        Self { client: client.twin(), edition, known: Mutex::default(), listed: Mutex::default() }
    }

    /// Returns how many issues stand at each of these, without those where none does.
    pub(super) fn of(&self, all: Vec<Standing>) -> Result<Standings, Failure> {
        let mut standings = Standings::new();
        for own in all {
            let issues = self.count(&query(&own))?;
            if issues > 0 {
                standings.insert(own, issues);
            }
        }
        Ok(standings)
    }

    /// Returns whether a project has any.
    pub(super) fn has_issues(&self, project: &str) -> Result<bool, Failure> {
        Ok(self.count(&format!("project = {project}"))? > 0)
    }

    /// Returns the issues of a project and type; only Jira Cloud is asked.
    pub(super) fn issues(&self, project: &str, issue_type: &str) -> Result<Vec<Found>, Failure> {
        let query = format!("project = {project} AND issuetype = {issue_type}");
        let listed = || self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = listed().get(&query) {
            return Ok(all.clone());
        }
        let asked = self.search("search/jql", &query).with("fields", "status");
        let list = List::new(asked.clone(), PAGE).by(Paging::Token).of("issues");
        let found = |issue: &Value| {
            let text = |own: &Value| own.as_str().map(str::to_owned);
            Some((text(&issue["id"])?, text(&issue["fields"]["status"]["id"])?))
        };
        let all = self.client.list::<Value>(&list)?;
        let all: Option<Vec<Found>> = all.iter().map(found).collect();
        let mut all = all.ok_or_else(|| malformed(&asked))?;
        all.sort();
        all.dedup();
        listed().insert(query, all.clone());
        Ok(all)
    }

    /// Returns the keys of issues that stand somewhere, and whether there are more; only Jira Cloud is asked.
    pub(super) fn keys(&self, standing: &Standing) -> Result<(Vec<String>, bool), Failure> {
        let asked =
            self.search("search/jql", &query(standing)).with("fields", "status").with("maxResults", SHOWN);
        let reply: Value = self.client.ask(&asked)?;
        let Some(issues) = reply["issues"].as_array() else { return Err(malformed(&asked)) };
        let mut keys: Vec<String> =
            issues.iter().filter_map(|own| Some(own["key"].as_str()?.to_owned())).collect();
        keys.sort_by_key(|key| (key.len(), key.clone()));
        let is_more =
            issues.len() > keys.len() || reply["nextPageToken"].is_string() || reply["isLast"] == false;
        Ok((keys, is_more))
    }

    fn count(&self, query: &str) -> Result<u64, Failure> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = known().get(query) {
            return Ok(*count);
        }
        let count = match self.edition {
            Edition::Cloud => self.on_cloud(query)?,
            Edition::DataCenter => {
                let asked = self.search("search", query).with("maxResults", 0);
                self.number(&asked, "total")?
            }
        };
        known().insert(query.to_owned(), count);
        Ok(count)
    }

    fn search(&self, path: &str, query: &str) -> Question {
        Request::get(format!("{}/{path}", self.edition.api())).with("jql", query)
    }

    /// Jira Cloud counts by estimates: whether there is one at all a search says.
    fn on_cloud(&self, query: &str) -> Result<u64, Failure> {
        let any = self.search("search/jql", query).with("maxResults", 1).with("fields", "id");
        let reply: Value = self.client.ask(&any)?;
        let Some(issues) = reply["issues"].as_array() else { return Err(malformed(&any)) };
        if issues.is_empty() {
            return Ok(0);
        }
        let path = format!("{}/search/approximate-count", self.edition.api());
        let Some(asked) = Question::of(Request::post(path, json!({ "jql": query }))) else { return Ok(1) };
        Ok(self.number(&asked, "count")?.max(1))
    }

    fn number(&self, asked: &Question, member: &str) -> Result<u64, Failure> {
        let reply: Value = self.client.ask(asked)?;
        reply[member].as_u64().ok_or_else(|| malformed(asked))
    }
}

fn malformed(asked: &Question) -> Failure {
    Failure::new(FailureKind::Malformed, None, asked, "it does not say how many issues there are")
}

/// Returns the query that finds the issues of a project and type in a status; without a status, in any.
fn query(own: &Standing) -> String {
    let mut query = format!("project = {} AND issuetype = {}", own.project, own.issue_type);
    if !own.status.is_empty() {
        query.push_str(&format!(" AND status = {}", own.status));
    }
    query
}
