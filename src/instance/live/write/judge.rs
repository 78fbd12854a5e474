//! What Jira itself finds wrong with a request that it can judge beforehand: an update of a workflow.
//!
//! Invariant: only what changes nothing is asked; what was not answered is a failure, and never a consent.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::sent::{Sent, Validation};
use crate::rest::{Client, Failure, Question, Request};

/// Asks what is wrong with requests while a plan is made, once about each.
#[derive(Debug)]
pub(in crate::instance::live) struct Judge {
    client: Client,
    /// What was answered, by what was asked.
    known: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Judge {
    pub(in crate::instance::live) fn new(client: &Client) -> Self {
        Self { client: client.twin(), known: Mutex::default() }
    }

    /// Returns what is wrong with a request, in the words of Jira.
    pub(super) fn objections(&self, sent: &Sent) -> Result<Vec<String>, Failure> {
        let Some(Validation { path, body }) = &sent.validation else { return Ok(Vec::new()) };
        let key = format!("{path} {body}");
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = known().get(&key) {
            return Ok(own.clone());
        }
        let told = objections(&self.client, sent)?;
        known().insert(key, told.clone());
        Ok(told)
    }
}

/// Asks what is wrong with a request, in the words of Jira.
pub(super) fn objections(client: &Client, sent: &Sent) -> Result<Vec<String>, Failure> {
    let Some(Validation { path, body }) = &sent.validation else { return Ok(Vec::new()) };
    // What is created by this run is not there yet, and Jira would not find it: it is asked once that is made.
    if sent.unresolved().is_some() {
        return Ok(Vec::new());
    }
    let Some(question) = Question::of(Request::post(path, body.clone())) else { return Ok(Vec::new()) };
    let told: Value = client.ask(&question)?;
    let errors = told["errors"].as_array().into_iter().flatten();
    let errors = errors.filter(|own| own["level"] != "WARNING");
    Ok(errors.filter_map(|own| own["message"].as_str()).map(str::to_owned).collect())
}
