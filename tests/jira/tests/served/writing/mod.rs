//! What the server takes, and what it refuses: each trap once. What it takes is as the official description says.

mod constants;
mod fields;
mod filters;
mod issues;
mod projects;
mod roles;
mod schemes;
mod screens;
mod type_schemes;
mod workflows;

use std::sync::LazyLock;

use jira_for_tests::{Descriptions, Edition, Fault, Options, Outcome};
use serde_json::{Value, json};

use crate::asking::{Got, Served, served};
use crate::described::descriptions;

static CLOUD: LazyLock<Option<Descriptions>> = LazyLock::new(|| descriptions(Edition::Cloud));
static DATA_CENTER: LazyLock<Option<Descriptions>> = LazyLock::new(|| descriptions(Edition::DataCenter));

/// A served Jira that is written to.
struct Written {
    site: Served,
    edition: Edition,
}

fn cloud() -> Written {
    written(Options::cloud())
}

fn data_center() -> Written {
    written(Options::data_center())
}

fn written(options: Options) -> Written {
    Written { edition: options.edition, site: served(options) }
}

impl Written {
    /// Returns a path below the root of the API as a whole one.
    fn whole(&self, path: &str) -> String {
        let root = if self.edition == Edition::Cloud { "/rest/api/3" } else { "/rest/api/2" };
        if path.starts_with("/rest/") { path.to_owned() } else { format!("{root}{path}") }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Got {
        self.site.send(method, &self.whole(path), body).unwrap()
    }

    /// Sends what must be taken with a status, and is described; returns the body.
    fn take(&self, status: u16, method: &str, path: &str, body: Value) -> Value {
        let got = self.send(method, path, &body);
        assert_eq!(got.status, status, "{method} {path} {body}: {}", got.body);
        let all = if self.edition == Edition::Cloud { &CLOUD } else { &DATA_CENTER };
        if let Some(descriptions) = &**all {
            let seen = self.site.server.requests().pop().unwrap();
            assert_eq!(descriptions.check(&seen), Vec::<String>::new(), "{body}");
        }
        if got.body.is_empty() { Value::Null } else { got.json() }
    }

    /// Sends what must be refused with a status; returns the reasons.
    fn refuse(&self, status: u16, method: &str, path: &str, body: Value) -> String {
        let got = self.send(method, path, &body);
        assert_eq!(got.status, status, "{method} {path} {body}: {}", got.body);
        got.body
    }

    fn read(&self, path: &str) -> Value {
        self.site.json(&self.whole(path))
    }

    /// Returns a member of all objects of a list.
    fn all(&self, path: &str, member: &str) -> Vec<String> {
        let found = self.read(path);
        let list = found.get("values").unwrap_or(&found).as_array().unwrap().clone();
        list.iter().map(|own| text(&own[member])).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn a_write_is_done_whole_or_not_at_all() {
    let site = cloud();
    let two = json!({"scope": {"type": "GLOBAL"}, "statuses": [
        {"name": "Parked", "statusCategory": "TODO"}, {"name": "in progress", "statusCategory": "TODO"},
    ]});
    site.refuse(400, "POST", "/statuses", two);
    assert!(!site.all("/status", "name").contains(&"Parked".to_owned()));
}

#[test]
fn a_write_can_be_done_and_its_answer_lost() {
    let site = cloud();
    let add = |name: &str| site.site.send("POST", "/rest/api/3/role", &json!({"name": name}));
    site.site.server.set_faults(vec![Fault::answer_lost("POST", "/rest/api/3/role")]);
    assert!(add("Guests").is_err());
    assert_eq!(add("Guests").unwrap().status, 409);
    let after = Outcome::After(Box::new(Outcome::Status(500)));
    site.site.server.set_faults(vec![Fault::times("/rest/api/3/role", 1, after)]);
    assert_eq!(add("Partners").unwrap().status, 500);
    assert!(site.all("/role", "name").contains(&"Partners".to_owned()));
    let before = Outcome::Status(409);
    site.site.server.set_faults(vec![Fault::times("/rest/api/3/role", 1, before)]);
    assert_eq!(add("Nobody").unwrap().status, 409);
    assert!(!site.all("/role", "name").contains(&"Nobody".to_owned()));
}

#[test]
fn a_body_must_be_there_and_be_json() {
    let site = cloud();
    site.refuse(415, "PUT", "/priority/move", Value::Null);
    let got = site.site.send("PUT", "/rest/api/3/priority/move", &json!("no object")).unwrap();
    assert_eq!(got.status, 400);
    site.refuse(405, "PUT", "/issuetype", json!({}));
}

#[test]
fn a_task_is_complete_after_some_questions() {
    let site = written(Options { task_polls: 2, ..Options::cloud() });
    let path = "/resolution/10002?replaceWith=10000";
    let started = site.take(303, "DELETE", path, Value::Null);
    assert_eq!(started["status"], "ENQUEUED");
    let task = format!("/task/{}", text(&started["id"]));
    let states: Vec<_> = (0..3).map(|_| text(&site.read(&task)["status"])).collect();
    assert_eq!(states, ["ENQUEUED", "RUNNING", "COMPLETE"]);
    site.site.server.set_faults(vec![Fault::always("/rest/api/3/task/{id}", Outcome::Task("FAILED"))]);
    assert_eq!(site.read(&task)["status"], "FAILED");
}

#[test]
fn searches_lag_behind_what_is_written() {
    let site = written(Options { search_lag: 2, ..Options::cloud() });
    let count = || site.all("/field/search?type=custom", "id").len();
    let before = count();
    let kind = "com.atlassian.jira.plugin.system.customfieldtypes:float";
    site.take(201, "POST", "/field", json!({"name": "Size", "type": kind}));
    assert_eq!([count(), count(), count()], [before, before, before + 1]);
}

#[test]
fn members_may_not_write() {
    let member =
        Options { rights: jira_for_tests::Rights::Member, user: Some("ada".to_owned()), ..Options::cloud() };
    written(member).refuse(403, "POST", "/role", json!({"name": "Guests"}));
}
