//! A live Jira: what an embedded instance holds is served on loopback, read by REST, and compared with what is read directly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jira_for_tests::{Fault, FieldModel, Options as Served, Outcome, Server, serve};
use pcfg::instance::{Instance, Live, Reading, Rights, Scope};
use pcfg::model::{Config, Element, Identity, Snapshot};
use pcfg::rest::{Client, Edition, Exchange, Failure, FailureKind, Method, Reply, Request};
use pcfg::schema::Schema;
use pcfg::xml;

use crate::embedded::{backups, loaded};

/// HTTP to a server on loopback, without anything that waits.
pub(crate) struct Http {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl Http {
    pub(crate) fn new(server: &Server) -> Self {
        use base64::Engine;
        let (user, token) = server.credentials().unwrap();
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{token}"));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Self { agent: agent.into(), base: server.url(), authorization: format!("Basic {login}") }
    }
}

impl Exchange for Http {
    fn exchange(&self, request: &Request) -> Result<Reply, Failure> {
        assert_eq!(request.method, Method::Get, "nothing but reads");
        let address = format!("{}{}", self.base, request.target());
        let failed = |kind, status| Failure::new(kind, status, request, "");
        let asked = self.agent.get(&address).header("Authorization", &self.authorization);
        // As pcfg itself asks for names in English.
        let sent = asked.header("Accept-Language", "en-US").header("X-Force-Accept-Language", "true").call();
        let mut answer = sent.map_err(|_| failed(FailureKind::Connection, None))?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().read_to_vec().map_err(|_| failed(FailureKind::Cut, Some(status)))?;
        match status {
            200..=299 => Ok(Reply { status, body, location: None }),
            401 => Err(failed(FailureKind::SignIn, Some(status))),
            403 => Err(failed(FailureKind::Forbidden, Some(status))),
            404 => Err(failed(FailureKind::NotFound, Some(status))),
            410 => Err(failed(FailureKind::Gone, Some(status))),
            429 => Err(failed(FailureKind::Limited, Some(status))),
            500..=599 => Err(failed(FailureKind::Server, Some(status))),
            _ => Err(failed(FailureKind::Refused, Some(status))),
        }
    }
}

/// Returns what a server serves, as an administrator sees it.
pub(crate) fn of(server: &Server, edition: Edition) -> Live {
    let client = Client::new(Arc::new(Http::new(server)));
    let said = client.ask(&Request::get(format!("{}/serverInfo", edition.api()))).unwrap();
    Live::new(client, said, Rights { administers: true })
}

/// Reads what a server serves, as an administrator.
pub(crate) fn read(server: &Server, edition: Edition) -> Reading {
    of(server, edition).read(Scope::default(), &|_, _| {}).unwrap()
}

/// The sample instance.
pub(crate) fn sample() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jira.sqlite");
    pcfg::instance::Embedded::create(&path, &pcfg::instance::Who::default(), std::time::Duration::ZERO)
        .unwrap();
    (folder, path)
}

/// Another, of which the ids are others.
pub(crate) fn loaded_sample() -> (tempfile::TempDir, PathBuf) {
    loaded(&crate::env::testdata("backup/demo"))
}

/// The tags on the way to each leaf of an element, with its value.
pub(crate) fn leaves(element: &Element, way: &str, all: &mut BTreeMap<(String, String), usize>) {
    let way = format!("{way}/{}", element.tag());
    let children = element.children();
    if children.is_empty() {
        *all.entry((way.clone(), element.text().to_owned())).or_default() += 1;
    }
    for child in children {
        leaves(child, &way, all);
    }
}

/// Takes out of what was read directly what a live Jira does not tell, as it says itself.
pub(crate) fn without_unseen(snapshot: &mut Snapshot, live: &Reading) {
    for (identity, object) in &mut snapshot.objects {
        for gap in live.snapshot.unseen.iter() {
            let is_meant = gap.object.as_ref().map_or(gap.kind == identity.kind, |own| own == identity);
            if let (true, Some(property), Some(children)) =
                (is_meant, gap.property, object.element.children_mut())
            {
                children.retain(|child| child.declaration != property);
            }
        }
    }
}

/// Says how what is read live differs from what is read directly: what is there on one side only, and which values.
pub(crate) fn differences(direct: &Snapshot, live: &Reading) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let kind = |identity: &Identity| Schema::get().kind(identity.kind).name.clone();
    let hidden = |identity: &Identity| {
        live.snapshot.unseen.iter().any(|gap| {
            gap.property.is_none()
                && gap.object.as_ref().map_or(gap.kind == identity.kind, |own| own == identity)
        })
    };
    for (identity, object) in &direct.objects {
        let Some(other) = live.snapshot.objects.get(identity) else {
            if !hidden(identity) {
                all.entry(format!("- {}", kind(identity))).or_default().insert(identity.to_string());
            }
            continue;
        };
        if hidden(identity) {
            continue;
        }
        let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
        leaves(&object.element, "", &mut own);
        leaves(&other.element, "", &mut others);
        for (sign, some, rest) in [("-", &own, &others), ("+", &others, &own)] {
            for ((way, value), count) in some {
                if rest.get(&(way.clone(), value.clone())).is_none_or(|other| other < count) {
                    all.entry(format!("{sign} {way}")).or_default().insert(format!("{identity}: {value}"));
                }
            }
        }
    }
    for identity in live.snapshot.objects.keys().filter(|own| !direct.objects.contains_key(*own)) {
        all.entry(format!("+ {}", kind(identity))).or_default().insert(identity.to_string());
    }
    all
}

fn compared(backup: &Path, edition: Edition) -> BTreeMap<String, BTreeSet<String>> {
    let (_folder, path) = loaded(backup);
    let options = match edition {
        Edition::Cloud => Served::cloud(),
        Edition::DataCenter => Served::data_center(),
    };
    let server = serve(&path, options).unwrap();
    let live = read(&server, edition);
    let mut direct = crate::real_data::read(&path).snapshot;
    without_unseen(&mut direct, &live);
    let mut all = differences(&direct, &live);
    let failures: BTreeSet<String> = live
        .snapshot
        .unseen
        .iter()
        .filter(|gap| gap.why.starts_with("GET"))
        .map(|gap| gap.why.clone())
        .collect();
    if !failures.is_empty() {
        all.insert("! unanswered".to_owned(), failures);
    }
    all
}

pub(crate) fn told(differences: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::new();
    for (what, values) in differences {
        let some: Vec<&str> = values.iter().map(String::as_str).take(4).collect();
        let some = some.join(" | ").replace('\n', "\\n");
        text.push_str(&format!(
            "{what} ({}): {}\n",
            values.len(),
            some.chars().take(300).collect::<String>()
        ));
    }
    text
}

/// Tells what each edition tells otherwise than the backups themselves.
fn told_otherwise(backups: &[PathBuf]) -> String {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for edition in [Edition::Cloud, Edition::DataCenter] {
        for backup in backups {
            let name = backup.file_stem().unwrap().to_string_lossy().into_owned();
            for (what, values) in compared(backup, edition) {
                let values = values.into_iter().map(|value| format!("{name}: {value}"));
                all.entry(format!("{edition:?} {what}")).or_default().extend(values);
            }
        }
    }
    told(&all)
}

#[test]
fn what_is_read_live_is_what_is_read_directly() {
    let own = ["backup/demo", "backup/small.xml"].map(crate::env::testdata);
    insta::assert_snapshot!(told_otherwise(&own));
}

#[test]
fn what_is_read_live_of_real_data_is_what_is_read_directly() {
    if crate::real_data::folder("backups").is_some() {
        insta::assert_snapshot!(told_otherwise(&backups()));
    }
}

#[test]
fn a_project_is_exported_from_a_live_jira() {
    let (_folder, path) = loaded(&crate::env::testdata("backup/demo"));
    let server = serve(&path, Served::cloud()).unwrap();
    let mut live = read(&server, Edition::Cloud);
    let options = pcfg::select::Options {
        projects: pcfg::select::Projects::Keys(vec!["DEMO".to_owned()]),
        ..pcfg::select::Options::default()
    };
    let config: Config = pcfg::select::select(&mut live.snapshot, &options).unwrap();
    let text = xml::to_string(&config);
    for part in ["<key>DEMO</key>", "<projectRoleMembers>", "<screenTab>", "<issueTypeScheme>", "<status>"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

/// Returns what is planned if what a live Jira said before is imported into what it says now.
fn planned(before: &Config, now: &Reading) -> Vec<String> {
    let facts = pcfg::mapping::facts(&now.tables, &now.snapshot);
    let plan = pcfg::plan::plan(&now.snapshot, &facts, before, &pcfg::plan::Options::default());
    plan.steps.iter().map(|step| step.identity.to_string()).collect()
}

/// What may come instead of an answer.
const OUTCOMES: [fn() -> Outcome; 8] = [
    || Outcome::Status(403),
    || Outcome::Status(404),
    || Outcome::EmptyObject,
    || Outcome::Status(500),
    || Outcome::Html(200),
    || Outcome::BrokenJson,
    || Outcome::Cut,
    || Outcome::NoBody,
];

/// Where 404 is an answer of Jira's, "there is none", of a filter, a scheme or a project that a list has shown.
const NONE_IS_404: [&str; 5] = [
    // A site of which no project has moved to the model of new.
    "/config/fieldschemes",
    "/filter/{id}/columns",
    "/workflowscheme/{id}/draft",
    "/project/{projectKeyOrId}/issuesecuritylevelscheme",
    "/project/{projectKeyOrId}/notificationscheme",
];

/// Lets each endpoint that is asked fail in turn, in one way of so many, and imports what the Jira said before.
fn nothing_is_planned(edition: Edition, served: Served, every: usize, of: &str) {
    let (_folder, path) = loaded(&crate::env::testdata("backup/demo"));
    let server = serve(&path, served).unwrap();
    let mut whole = read(&server, edition);
    let before = pcfg::select::select(&mut whole.snapshot, &pcfg::select::Options::default()).unwrap();
    assert_eq!(planned(&before, &read(&server, edition)), [""; 0]);
    // Without what a Jira says of itself nothing is read at all.
    let asked = server.requests().into_iter().filter_map(|seen| seen.endpoint);
    let asked: BTreeSet<&str> = asked.filter(|own| !own.ends_with("/serverInfo")).collect();
    assert!(asked.len() > 20, "{asked:?}");
    let asked: Vec<&str> = asked.into_iter().filter(|own| own.contains(of)).collect();
    assert!(asked.len() > 2, "{asked:?}");
    let mut wrong = BTreeMap::new();
    for (number, endpoint) in asked.into_iter().enumerate() {
        for (way, outcome) in OUTCOMES.iter().enumerate() {
            if (number + way) % every != 0 {
                continue;
            }
            let outcome = outcome();
            let what = format!("{outcome:?} {endpoint}");
            let (path, method) = (endpoint.to_owned(), String::new());
            server.set_faults(vec![Fault { path, method, after: 0, times: None, outcome }]);
            if what.contains("(404)") && NONE_IS_404.iter().any(|own| what.ends_with(own)) {
                continue;
            }
            let now = read(&server, edition);
            let planned = planned(&before, &now);
            if !planned.is_empty() {
                wrong.insert(what, planned);
            } else if now.snapshot.unseen == whole.snapshot.unseen {
                wrong.insert(what, vec!["nothing is told as unknown".to_owned()]);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One way to fail for every second endpoint.
#[test]
fn nothing_is_planned_because_an_answer_failed() {
    nothing_is_planned(Edition::Cloud, Served::cloud(), 2 * OUTCOMES.len() + 1, "");
}

#[test]
fn nothing_is_planned_because_a_field_scheme_was_not_told() {
    let served = Served { field_model: FieldModel::Schemes, ..Served::cloud() };
    nothing_is_planned(Edition::Cloud, served, 3, "/config/fieldschemes");
}

/// Every way to fail for each endpoint of both editions.
#[test]
#[ignore = "takes minutes"]
fn nothing_is_planned_however_an_answer_failed() {
    nothing_is_planned(Edition::Cloud, Served::cloud(), 1, "");
    let schemes = Served { field_model: FieldModel::Schemes, ..Served::cloud() };
    nothing_is_planned(Edition::Cloud, schemes, 1, "field");
    nothing_is_planned(Edition::DataCenter, Served::data_center(), 1, "");
}
