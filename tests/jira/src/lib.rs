//! A Jira on loopback that answers from an embedded instance of pcfg, as Jira Cloud or as Jira Data Center 10.
//!
//! Every read that a client of Jira's configuration needs is answered from the rows of a SQLite file, with the pages, limits and
//! rights of the edition, and writes change those rows, each in one transaction, with the refusals of the edition; switches
//! make it fail in the ways in which real ones do. It shares no code and no constants with
//! pcfg: what both say of Jira, each has from the documentation by itself, so that one is a witness of the other.

mod areas;
mod call;
mod described;
mod faults;
mod http;
mod language;
mod page;
mod router;
mod rows;
mod site;
mod tasks;
mod writes;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use described::{Description, Descriptions};
pub use faults::{ANY_WRITE, Fault, Outcome};
use http::Listening;
use site::Site;

/// Which Jira it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Jira Cloud: `/rest/api/3`, account ids.
    Cloud,
    /// Jira Data Center 10.3: `/rest/api/2`, user names and keys.
    DataCenter,
}

/// What the caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// Nothing: the credential is wrong, or there is none.
    Anonymous,
    /// What the permission schemes grant him.
    Member,
    /// Everything: Administer Jira, too.
    Administrator,
}

/// How Jira Cloud tells which fields there are: in 2026 it is in the middle of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldModel {
    /// Field configurations and their schemes.
    Configurations,
    /// Field schemes; the endpoints of the old model answer, too.
    Schemes,
    /// Field schemes for every other project, in the order of their ids, beginning with the first.
    Moving,
}

/// What is served, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which Jira it is.
    pub edition: Edition,
    /// What the caller with the right credential may do.
    pub rights: Rights,
    /// His key in the instance; without it a member of a group of administrators, or the first user.
    pub user: Option<String>,
    /// His API token or personal access token; on Data Center his password, too.
    pub token: String,
    /// How fields are told on Cloud.
    pub field_model: FieldModel,
    /// The language of the caller's profile; `de` translates names of built-in objects.
    pub language: String,
    /// Whether there is a team-managed project beside those of the instance, with objects of its own.
    pub team_managed: bool,
    /// No list has more on a page, whatever its own limit is.
    pub most_per_page: Option<usize>,
    /// How long each reply takes.
    pub latency: Duration,
    /// How often a task is asked for before it is complete.
    pub task_polls: usize,
    /// How often searches tell what they told before, after something was changed.
    pub search_lag: usize,
    /// Whether comments tell their properties to those who ask for them.
    pub tells_properties: bool,
    /// What goes wrong; the first that fits a request counts.
    pub faults: Vec<Fault>,
    /// The port; 0 is any that is free.
    pub port: u16,
    /// The path of the application on its host, such as `/jira`, or nothing.
    pub context: String,
}

impl Options {
    /// Jira Cloud, for an administrator, without faults.
    pub fn cloud() -> Self {
        Self::of(Edition::Cloud)
    }

    /// Jira Data Center 10.3, for an administrator, without faults.
    pub fn data_center() -> Self {
        Self::of(Edition::DataCenter)
    }

    fn of(edition: Edition) -> Self {
        Self {
            edition,
            rights: Rights::Administrator,
            user: None,
            token: "token".to_owned(),
            field_model: FieldModel::Configurations,
            language: "en".to_owned(),
            team_managed: false,
            most_per_page: None,
            latency: Duration::ZERO,
            task_polls: 0,
            search_lag: 0,
            tells_properties: true,
            faults: Vec::new(),
            port: 0,
            context: String::new(),
        }
    }
}

/// A request that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Its query, decoded.
    pub query: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The template of the endpoint that it asked, if there is one: `/rest/api/3/screens/{screenId}/tabs`.
    pub endpoint: Option<&'static str>,
    /// The status of the reply.
    pub status: u16,
}

/// A running server; dropped, it stops.
#[derive(Debug)]
pub struct Server {
    listening: Listening,
    site: Arc<Site>,
}

/// Serves an embedded instance.
pub fn serve(instance: &Path, options: Options) -> io::Result<Server> {
    let port = options.port;
    let site = Arc::new(Site::open(instance, options).map_err(io::Error::other)?);
    let listening = Listening::start(port, Arc::clone(&site) as Arc<dyn http::Answers>)?;
    site.set_base(&format!("http://{}", listening.address));
    Ok(Server { listening, site })
}

impl Server {
    /// Returns the address that a user would type.
    pub fn url(&self) -> String {
        self.site.base()
    }

    /// Returns what HTTP Basic sends: the e-mail address or name of the caller, and the token.
    pub fn credentials(&self) -> io::Result<(String, String)> {
        self.site.credentials().map_err(io::Error::other)
    }

    /// Returns how replies name the caller whose credential is right: his account id, or his user name.
    pub fn caller(&self) -> io::Result<String> {
        self.site.caller().map_err(io::Error::other)
    }

    /// Returns the requests that came since the beginning, or since they were forgotten.
    pub fn requests(&self) -> Vec<Seen> {
        self.site.seen()
    }

    /// Returns a number that is another one whenever what the site tells may have become another by a request.
    pub fn changes(&self) -> u64 {
        self.site.changes()
    }

    /// Returns how many requests it was answering at the same moment, at most, since the beginning or since they were forgotten.
    pub fn most_at_once(&self) -> usize {
        self.site.most_at_once()
    }

    /// Forgets the requests that came, and how often faults happened.
    pub fn forget(&self) {
        self.site.forget();
    }

    /// Takes other faults in the place of those that there were.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.site.set_faults(faults);
    }

    /// Runs until the process ends.
    pub fn wait(self) {
        self.listening.wait();
    }
}

/// Returns the templates of all endpoints of an edition that tell something, methods in front: `GET /rest/api/3/issuetype`.
pub fn endpoints(edition: Edition) -> Vec<String> {
    templates(edition, false)
}

/// Returns the templates of all endpoints of an edition that change something: `POST /rest/api/3/issuetype`.
pub fn writes(edition: Edition) -> Vec<String> {
    templates(edition, true)
}

fn templates(edition: Edition, are_writes: bool) -> Vec<String> {
    let wanted = router::all(edition).filter(|(_, endpoint)| endpoint.is_write() == are_writes);
    wanted.map(|(path, endpoint)| format!("{} {path}", endpoint.method)).collect()
}

/// How many items a page of a list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLimit {
    /// The template of the endpoint: `/rest/api/3/screens`.
    pub endpoint: String,
    /// If nobody asks for more or fewer.
    pub usual: usize,
    /// At most, whatever somebody asks for.
    pub most: usize,
}

/// Returns the limits of all lists of an edition that come in pages.
pub fn page_limits(edition: Edition) -> Vec<PageLimit> {
    let limit = |(endpoint, own): (String, &router::Endpoint)| {
        let page::Limit { usual, most } = own.shape.limit()?;
        Some(PageLimit { endpoint, usual, most })
    };
    let mut limits: Vec<PageLimit> = router::all(edition).filter_map(limit).collect();
    limits.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
    limits
}
