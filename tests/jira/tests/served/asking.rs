//! An instance that is served, and a client that asks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jira_for_tests::{Options, Server, serve};
use pcfg::instance::{Backup, Embedded, Who};
use serde_json::Value;
use tempfile::TempDir;

/// The sample instance of pcfg, served.
pub(crate) struct Served {
    _folder: TempDir,
    pub(crate) server: Server,
}

/// Makes the sample instance of pcfg.
pub(crate) fn sample() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.sqlite");
    Embedded::create(&path, &Who::default(), Duration::ZERO).unwrap();
    (folder, path)
}

pub(crate) fn served(options: Options) -> Served {
    let (folder, path) = sample();
    of(folder, serve(&path, options).unwrap())
}

/// Keeps the folder of what is served.
pub(crate) fn of(folder: TempDir, server: Server) -> Served {
    Served { server, _folder: folder }
}

/// A backup of a real Jira, served.
pub(crate) fn served_backup(backup: &Path, options: Options) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.sqlite");
    let backup = Backup::open(backup).unwrap();
    Embedded::load(&path, &backup, false, &Who::default(), Duration::ZERO, &|_, _| {}).unwrap();
    of(folder, serve(&path, options).unwrap())
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.max_redirects_will_error(false).allow_non_standard_methods(true).build().into()
}

impl Served {
    /// Asks with a token, or without.
    pub(crate) fn try_get(&self, path: &str, token: Option<&str>) -> Result<Got, ureq::Error> {
        let request = agent().get(format!("{}{path}", self.server.url()));
        let request = match token {
            Some(token) => request.header("Authorization", format!("Bearer {token}")),
            None => request,
        };
        let mut reply = request.call()?;
        let body = reply.body_mut().read_to_string()?;
        Ok(Got { status: reply.status().as_u16(), headers: reply.headers().clone(), body })
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        let request = agent().post(format!("{}{path}", self.server.url()));
        let mut reply = request.header("Authorization", "Bearer token").send_json(body).unwrap();
        let body = reply.body_mut().read_to_string().unwrap();
        Got { status: reply.status().as_u16(), headers: reply.headers().clone(), body }
    }

    /// Sends a request with a body, or without one if it is null.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Got, ureq::Error> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server.url()))
            .header("Authorization", "Bearer token")
            .header("Content-Type", "application/json")
            .header("X-Atlassian-Token", "no-check");
        let mut reply = agent().run(request.body(text).unwrap())?;
        let body = reply.body_mut().read_to_string()?;
        Ok(Got { status: reply.status().as_u16(), headers: reply.headers().clone(), body })
    }

    pub(crate) fn get(&self, path: &str) -> Got {
        self.try_get(path, Some("token")).unwrap()
    }

    /// Asks for what must be there.
    pub(crate) fn json(&self, path: &str) -> Value {
        let got = self.get(path);
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        got.json()
    }
}
