//! A Jira that runs: where it is, who asks, and what its failures mean for the person who reads them.
//!
//! Invariant: nothing that is told holds a secret, and every error says what to do.

use std::fmt;

use super::{ReadError, shell_word};
use crate::rest::{Failure, FailureKind, Jira, Manner, Network, Patience, SignIn, Site};

/// Where a Jira is, who asks, and over what network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Where it is.
    pub site: Site,
    /// Who asks; nobody yet, if there is no secret anywhere.
    pub sign_in: Option<SignIn>,
    /// What lies between.
    pub network: Network,
    /// How long is waited when it wants that.
    pub patience: Patience,
    /// What pcfg.toml calls it.
    pub name: Option<String>,
}

impl Remote {
    /// Returns how to reach a site of which nothing else is known.
    pub fn new(site: Site) -> Self {
        Self { site, sign_in: None, network: Network::default(), patience: Patience::default(), name: None }
    }

    /// Returns what `-i` takes to mean it.
    fn word(&self) -> String {
        self.name.as_deref().map_or_else(|| self.site.to_string(), shell_word)
    }

    /// Signs in, and learns which Jira it is and who asks.
    pub fn open(&self, manner: &Manner) -> Result<Jira, ReadError> {
        let Some(sign_in) = &self.sign_in else { return Err(self.without_secret()) };
        self.opened(sign_in, manner)
    }

    #[cfg(feature = "rest")]
    fn opened(&self, sign_in: &SignIn, manner: &Manner) -> Result<Jira, ReadError> {
        crate::rest::open(&self.site, sign_in, &self.network, manner).map_err(|failure| self.unread(&failure))
    }

    #[cfg(not(feature = "rest"))]
    fn opened(&self, _: &SignIn, _: &Manner) -> Result<Jira, ReadError> {
        Err(ReadError::NoRest)
    }

    fn without_secret(&self) -> ReadError {
        let entry = match &self.name {
            Some(name) => format!("`token-env = \"JIRA_TOKEN\"` below `[instances.{name}]`"),
            None => format!("`[instances.NAME]`, `url = \"{}\"` and `token-env = \"JIRA_TOKEN\"`", self.site),
        };
        let user = if self.site.is_cloud() { "PCFG_USER to your e-mail address and " } else { "" };
        ReadError::Remote {
            message: format!("there is no token for `{}`", self.site),
            why: String::new(),
            help: vec![
                format!("set {user}PCFG_TOKEN to {}", self.token()),
                format!(
                    "or write {entry} into pcfg.toml; `token-command` and `token-file` are possible, too"
                ),
            ],
            is_passing: false,
        }
    }

    /// Says what a token is here, and where it is made.
    fn token(&self) -> &'static str {
        match self.site.is_cloud() {
            true => "an API token, created at https://id.atlassian.com/manage-profile/security/api-tokens",
            false => "a personal access token, created in your Jira profile; a password needs PCFG_USER, too",
        }
    }

    /// Returns what is wrong if somebody is answered in another language than that of the Jira.
    pub(super) fn translated(&self, own: &str, of_jira: Option<&str>) -> ReadError {
        let name = self.name.as_deref().unwrap_or("NAME");
        ReadError::Remote {
            message: format!("cannot read `{}`: {}", self.site, translation(own, of_jira)),
            why: String::new(),
            help: vec![
                format!(
                    "set the language in your profile to the default: {}/secure/ViewProfile.jspa",
                    self.site
                ),
                "or use the token of somebody who has not chosen another language".to_owned(),
                format!(
                    "or read its database, which holds the names themselves: `database = \"postgres://USER@HOST/DATABASE\"` below \
                     `[instances.{name}]` in pcfg.toml"
                ),
            ],
            is_passing: false,
        }
    }

    /// Says why it cannot be read.
    pub fn unread(&self, failure: &Failure) -> ReadError {
        let word = self.word();
        let what = |words: &str| format!("cannot read `{}`: {words}", self.site);
        let check = format!("for details: `pcfg instance check -i {word}`");
        let again = "try again later; nothing was written".to_owned();
        let has_user = self.sign_in.as_ref().is_some_and(|own| own.user().is_some());
        let help = match failure.kind {
            FailureKind::SignIn if self.site.is_cloud() || self.site.is_gateway() => vec![
                match has_user {
                    true => "check that the e-mail address belongs to the token, and that the token has not \
                    expired".to_owned(),
                    false => "an API token needs the e-mail address of its owner: set PCFG_USER, or write `user = \"...\"` into pcfg.toml".to_owned(),
                },
                format!("or create {}", self.token()),
            ],
            FailureKind::SignIn => vec![
                match has_user {
                    true => "a user signs in with a password, which Jira 11 refuses unless an administrator allows it; a personal access token is used without a user".to_owned(),
                    false => "check that the token has not expired, and that it is for this Jira".to_owned(),
                },
                format!("or create {}", self.token()),
            ],
            FailureKind::Captcha => vec![format!(
                "sign in once with a browser and solve the CAPTCHA: {}/login.jsp; then check the token",
                self.site
            )],
            FailureKind::Page if failure.detail.contains("Confluence") => {
                vec!["give the address of Jira, not of Confluence".to_owned()]
            }
            FailureKind::Page if failure.detail.contains("administrator") => vec![
                "tokens cannot pass that: ask the owner of the server to switch off secure administrator \
                 sessions for this address (`jira.websudo.is.disabled`)".to_owned(),
            ],
            FailureKind::Page | FailureKind::Elsewhere => vec![
                format!("check with a browser that `{}` is Jira itself, not a proxy, sign-in or other page \
                in front of it", self.site),
                "if Jira is under a path, include it in the address: https://HOST/PATH".to_owned(),
            ],
            FailureKind::NotFound | FailureKind::Malformed | FailureKind::TooLarge if failure.request.contains("/serverInfo") => vec![
                format!("check that `{}` is the address of Jira; if it is under a path: \
                https://HOST/PATH", self.site),
            ],
            FailureKind::Forbidden | FailureKind::NotAllowed | FailureKind::NotFound | FailureKind::Gone | FailureKind::Refused => vec![check],
            FailureKind::Limited => vec![
                "try again later, or allow longer waits in pcfg.toml: `max-wait = 600`, in seconds".to_owned(),
            ],
            FailureKind::Tls => vec![
                "if your company's own CA signs the certificate, name the CA file in pcfg.toml: `ca-file = \
                 \"FILE.pem\"`".to_owned(),
            ],
            FailureKind::Dns => vec!["check the host name, and that this machine has a network connection".to_owned()],
            FailureKind::Proxy => vec!["check HTTPS_PROXY; NO_PROXY lists hosts that are reached without it".to_owned()],
            FailureKind::Connection | FailureKind::Nobody | FailureKind::Timeout => vec![
                "check the address, and that the server runs; behind a proxy, set HTTPS_PROXY".to_owned(),
                again,
            ],
            FailureKind::Server | FailureKind::Cut | FailureKind::Malformed | FailureKind::TooLarge | FailureKind::Endless => {
                vec![again, format!("if it fails again, `pcfg instance check -i {word} -v` shows the requests")]
            }
            FailureKind::Unrecorded => vec![check],
        };
        ReadError::Remote {
            message: what(&failure.what()),
            why: failure.request.clone(),
            help,
            is_passing: failure.is_passing() && !is_no_jira(failure),
        }
    }
}

/// Says what another language does.
pub(super) fn translation(own: &str, of_jira: Option<&str>) -> String {
    let of_jira = of_jira
        .map_or("its own language is not known".to_owned(), |own| format!("its own language is `{own}`"));
    format!(
        "Jira answers you in the language `{own}`, and {of_jira}: names of statuses, priorities and whatever else Jira brings along may come \
         translated"
    )
}

/// Returns whether something else than a Jira answers, to the first question: that will not pass.
fn is_no_jira(failure: &Failure) -> bool {
    let kinds = [FailureKind::Page, FailureKind::Malformed, FailureKind::TooLarge];
    failure.request.contains("/serverInfo") && kinds.contains(&failure.kind)
}

impl fmt::Display for Remote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.site.fmt(out)
    }
}
