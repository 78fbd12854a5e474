//! How a live Jira is reached: by an address or an entry of the settings, with a secret from where the settings or the environment say.
//!
//! Invariant: `PCFG_USER` and `PCFG_TOKEN` serve the instance that `-i` or `PCFG_INSTANCE` names, and no other, so that a token never goes to a
//! Jira that it was not meant for.

use super::super::VARIABLE;
use super::secret;
use super::settings::{self, Settings, Token};
use crate::fault::Fault;
use crate::instance::Remote;
use crate::rest::{Patience, SignIn, Site};
use crate::secret::Secret;

/// The variables with the user and the secret of the instance.
const USER: &str = "PCFG_USER";
const TOKEN: &str = "PCFG_TOKEN";

/// All waits together may take this many times as long as one.
const WAITS: u32 = 5;

/// Returns a variable of the environment that is not empty.
fn variable(name: &str) -> Option<String> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What the user names an instance by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum By {
    /// `-i`, or the variable that stands for it.
    Option,
    /// Something else, as `KEY@NAME`.
    Other,
}

/// Understands an address, which may hold a secret and so is not shown.
pub(in crate::cli) fn understood(address: &str) -> Result<Site, Fault> {
    Site::parse(address).map_err(|error| {
        Fault::usage("the address of the Jira is not valid")
            .because(&error)
            .hint("write `https://SITE.atlassian.net`, or `https://HOST/PATH` of your own Jira")
            .hint(format!("give the user and the token in {USER} and {TOKEN}, or in pcfg.toml"))
    })
}

/// Returns how to reach the Jira at an address that the settings do not name, as the environment says.
pub(in crate::cli) fn of_address(address: &str, by: By) -> Result<Remote, Fault> {
    let site = understood(address)?;
    let mut remote = reached(site);
    if serves(by, &remote, address) {
        remote.sign_in = of_environment(None);
    }
    Ok(remote)
}

/// Returns how to reach a Jira that the settings describe.
pub(in crate::cli) fn of_entry(
    settings: &Settings,
    name: &str,
    entry: &settings::Remote,
    by: By,
) -> Result<Remote, Fault> {
    let in_file = || format!("it is in `{}`, the instance `{name}`", settings.file.display());
    let site = understood(&entry.url).map_err(|fault| fault.hint(in_file()))?;
    let mut remote = reached(site);
    remote.name = Some(name.to_owned());
    remote.network.ca_file.clone_from(&entry.ca_file);
    if let Some(one) = entry.max_wait {
        remote.patience = Patience { one, all: remote.patience.all.max(one.saturating_mul(WAITS)) };
    }
    let user = entry.user.as_deref();
    remote.sign_in = match &entry.token {
        Some(token) => Some(SignIn::new(user, &of_token(token).map_err(|fault| fault.hint(in_file()))?)),
        None if serves(by, &remote, name) => of_environment(user),
        None => None,
    };
    Ok(remote)
}

fn reached(site: Site) -> Remote {
    let mut remote = Remote::new(site);
    let names: &[&str] = match remote.site.is_encrypted() {
        true => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        // What a server gets from the header `Proxy` of a request stands in HTTP_PROXY; this is no server.
        false => &["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"],
    };
    remote.network.proxy = names.iter().find_map(|name| variable(name)).map(Secret::new);
    remote.network.no_proxy = variable("NO_PROXY").or_else(|| variable("no_proxy"));
    remote
}

/// Returns whether the secret of the environment is meant for a Jira.
fn serves(by: By, remote: &Remote, named: &str) -> bool {
    let is_the_one = |own: &str| own == named || Site::parse(own).is_ok_and(|own| own.is_same(&remote.site));
    by == By::Option || variable(VARIABLE).is_some_and(|own| is_the_one(&own))
}

/// Returns the sign-in that the environment has; the settings may say who it is.
fn of_environment(user: Option<&str>) -> Option<SignIn> {
    let of_variable = variable(USER);
    Some(SignIn::new(of_variable.as_deref().or(user), &Secret::new(variable(TOKEN)?)))
}

fn of_token(token: &Token) -> Result<Secret, Fault> {
    match token {
        Token::Command(command) => secret::of_command(command, "token-command"),
        Token::File(file) => secret::of_file(file),
        Token::Variable(name) => variable(name).map(Secret::new).ok_or_else(|| {
            Fault::usage(format!("there is no token in the environment variable {name}"))
                .hint("set it to the token; in a CI job, it is empty if the secret is not set")
        }),
    }
}
