//! How many issues stand somewhere: asked by a search when a plan needs it, once for each place.
//!
//! Invariant: what was not answered is a failure, and never none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::entity::{Standing, Standings};
use crate::rest::{Client, Edition, Failure, FailureKind, Question, Request};

/// Counts issues.
#[derive(Debug)]
pub(super) struct Counts {
    client: Client,
    edition: Edition,
    /// What was counted, by the query.
    known: Mutex<BTreeMap<String, u64>>,
}

impl Counts {
    pub(super) fn new(client: &Client, edition: Edition) -> Self {
        Self { client: client.twin(), edition, known: Mutex::default() }
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
