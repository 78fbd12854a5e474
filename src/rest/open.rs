//! The first questions to a Jira: what is it, who am I, what may I.
//!
//! Invariants: nobody reads who has not been told by Jira who he is, because Jira answers anybody with lists that are empty; the secret goes to
//! the site, or, for a site of Jira Cloud, to Atlassian's gateway, which is where scoped tokens are taken.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::client::{Client, Exchange};
use super::gate::{Gate, Patience, Summary, Watch};
use super::record::{Recorder, Recording};
use super::signin::SignIn;
use super::site::Site;
use super::wire::{Broken, Clock, Real, Wire};
use super::{Edition, Failure, FailureKind, Request, segment};

/// The permissions of a whole Jira that a configuration depends on.
pub const PERMISSIONS: [&str; 4] = ["ADMINISTER", "SYSTEM_ADMIN", "USER_PICKER", "CREATE_SHARED_OBJECTS"];

/// What a Jira says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerInfo {
    /// Where it says that it is.
    pub base_url: String,
    /// Its version; of no meaning in the cloud.
    pub version: String,
    /// The number of its build.
    pub build_number: u64,
    /// `Cloud` or `Server`; old ones do not say it.
    pub deployment_type: Option<String>,
    /// What its owner calls it.
    #[serde(default)]
    pub server_title: String,
}

impl ServerInfo {
    /// Returns which Jira it is.
    pub fn edition(&self) -> Edition {
        let is_cloud = match self.deployment_type.as_deref() {
            Some(kind) => kind.eq_ignore_ascii_case("cloud"),
            // The cloud has had this version ever since.
            None => self.version.starts_with("1001."),
        };
        if is_cloud { Edition::Cloud } else { Edition::DataCenter }
    }
}

/// Who asks, as Jira knows him.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// In the cloud: what identifies him on all sites.
    pub account_id: Option<String>,
    /// On Data Center: what identifies him for ever.
    pub key: Option<String>,
    /// On Data Center: what he signs in with.
    pub name: Option<String>,
    /// What he is called.
    #[serde(default)]
    pub display_name: String,
    /// The language in which Jira answers him, as `de_DE`.
    pub locale: Option<String>,
    /// Which of [`PERMISSIONS`] he has; one that Jira says nothing about is not there.
    #[serde(skip)]
    pub permissions: BTreeMap<String, bool>,
}

impl Caller {
    /// Returns what identifies him.
    pub fn id(&self) -> Option<&str> {
        self.account_id.as_deref().or(self.name.as_deref()).or(self.key.as_deref())
    }

    /// Returns whether he may see and change the configuration of everything.
    pub fn is_administrator(&self) -> bool {
        self.has("ADMINISTER") || self.has("SYSTEM_ADMIN")
    }

    /// Returns whether he has a permission, for all that Jira says.
    pub fn has(&self, permission: &str) -> bool {
        self.permissions.get(permission).copied().unwrap_or(false)
    }
}

/// A Jira that has said what it is and who asks.
pub struct Jira {
    /// Asks it.
    pub client: Client,
    /// Which it is.
    pub edition: Edition,
    /// What it says about itself.
    pub server: ServerInfo,
    /// Who asks.
    pub caller: Caller,
    /// Whether requests go through Atlassian's gateway.
    pub by_gateway: bool,
    gate: Option<Arc<Gate>>,
}

impl fmt::Debug for Jira {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Jira")
            .field("server", &self.server)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl Jira {
    /// Returns what it took so far; nothing where nothing goes over a network.
    pub fn summary(&self) -> Summary {
        self.gate.as_deref().map(Gate::summary).unwrap_or_default()
    }

    /// Meets what answers: a Jira, or the record of one.
    pub fn meet(exchange: Arc<dyn Exchange>, is_cloud: bool) -> Result<Self, Failure> {
        let client = Client::new(exchange);
        let server = server_info(&client, is_cloud)?;
        let edition = server.edition();
        let api = edition.api();
        let myself = Request::get(format!("{api}/myself"));
        let mut caller: Caller = client.ask(&myself)?;
        if caller.id().is_none() {
            return Err(Failure::new(FailureKind::SignIn, None, &myself, "Jira does not say who you are"));
        }
        let mut request = Request::get(format!("{api}/mypermissions"));
        // Data Center tells all and takes no choice.
        if edition == Edition::Cloud {
            request = request.with("permissions", PERMISSIONS.join(","));
        }
        let told: Permissions = client.ask(&request)?;
        let wanted = told.permissions.into_iter().filter(|(key, _)| PERMISSIONS.contains(&key.as_str()));
        caller.permissions = wanted.map(|(key, own)| (key, own.have_permission)).collect();
        Ok(Self { client, edition, server, caller, by_gateway: false, gate: None })
    }
}

/// Asks what it is, where that stands in the edition that it seems to be; a Jira Cloud may have a name of its owner.
fn server_info(client: &Client, is_cloud: bool) -> Result<ServerInfo, Failure> {
    let ask = |edition: Edition| client.ask(&Request::get(format!("{}/serverInfo", edition.api())));
    match ask(if is_cloud { Edition::Cloud } else { Edition::DataCenter }) {
        Err(failure) if failure.kind == FailureKind::NotFound && !is_cloud => {
            ask(Edition::Cloud).map_err(|_| failure)
        }
        told => told,
    }
}

#[derive(Deserialize)]
struct Permissions {
    permissions: BTreeMap<String, Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    have_permission: bool,
}

/// What the site of a Jira Cloud says without a sign-in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tenant {
    cloud_id: String,
}

/// Makes wires.
pub trait Lines {
    /// Returns a wire to a base, as a caller, or as anybody.
    fn line(&self, base: &Site, sign_in: Option<&SignIn>) -> Result<Box<dyn Wire>, Broken>;
}

/// How a Jira is asked.
#[derive(Clone)]
pub struct Manner {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long is waited.
    pub patience: Patience,
    /// Who is told what happens.
    pub watch: Option<Watch>,
    /// Who writes down what is asked and answered.
    pub recorder: Option<Arc<Recorder>>,
    /// How many requests are on their way at once, at most; no more than pcfg ever has.
    pub at_once: usize,
}

impl fmt::Debug for Manner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Manner").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Default for Manner {
    fn default() -> Self {
        let (clock, patience) = (Arc::new(Real::default()), Patience::default());
        Self { clock, patience, watch: None, recorder: None, at_once: usize::MAX }
    }
}

/// Signs in at a site, and learns what it is and who asks.
pub fn open(site: &Site, sign_in: &SignIn, lines: &dyn Lines, manner: &Manner) -> Result<Jira, Failure> {
    let may_use_gateway = site.is_cloud();
    // A token without a user is one of OAuth there, which the site itself never takes.
    if !may_use_gateway || sign_in.user().is_some() {
        match meet(site, sign_in, lines, manner) {
            Err(failure) if may_use_gateway && failure.kind == FailureKind::SignIn => {}
            met => return met,
        }
    }
    let anybody = gate(site, None, lines, manner)?;
    let tenant: Tenant = Client::new(anybody).ask(&Request::get("/_edge/tenant_info"))?;
    let base = Site::at_gateway(&segment(&tenant.cloud_id));
    match meet(&base, sign_in, lines, manner) {
        Ok(jira) => Ok(Jira { by_gateway: true, ..jira }),
        Err(failure) if failure.kind == FailureKind::SignIn && sign_in.user().is_some() => Err(Failure {
            detail: "neither at the site nor at api.atlassian.com, where scoped tokens are taken".to_owned(),
            ..failure
        }),
        Err(failure) => Err(failure),
    }
}

fn meet(base: &Site, sign_in: &SignIn, lines: &dyn Lines, manner: &Manner) -> Result<Jira, Failure> {
    let gate = gate(base, Some(sign_in), lines, manner)?;
    let exchange: Arc<dyn Exchange> = match &manner.recorder {
        Some(recorder) => Arc::new(Recording { exchange: gate.clone(), recorder: Arc::clone(recorder) }),
        None => gate.clone(),
    };
    let jira = Jira::meet(exchange, base.is_cloud() || base.is_gateway())?;
    Ok(Jira { gate: Some(gate), client: jira.client.going(manner.at_once), ..jira })
}

fn gate(
    base: &Site,
    sign_in: Option<&SignIn>,
    lines: &dyn Lines,
    manner: &Manner,
) -> Result<Arc<Gate>, Failure> {
    let wire = lines.line(base, sign_in);
    let wire = wire.map_err(|broken| Failure {
        kind: broken.kind,
        status: None,
        request: String::new(),
        detail: broken.detail,
    })?;
    Ok(Arc::new(Gate::new(wire, Arc::clone(&manner.clock), manner.patience).watched(manner.watch.clone())))
}
