//! Where a Jira is on the network.
//!
//! Invariant: an address holds a scheme, a host, perhaps a port and the path of Jira; no user, password or parameter.

use std::fmt;

/// The hosts of Atlassian's own service end so.
const CLOUD: [&str; 2] = [".atlassian.net", ".jira-dev.com"];

/// Where scoped tokens and those of OAuth are taken (developer.atlassian.com, "Basic auth for REST APIs").
const GATEWAY: &str = "api.atlassian.com";

/// What stands behind the path of Jira in addresses that people copy from a browser.
const PAGES: [&str; 14] = [
    "browse",
    "secure",
    "projects",
    "issues",
    "login",
    "login.jsp",
    "rest",
    "plugins",
    "servicedesk",
    "wiki",
    "jira",
    "software",
    "people",
    "welcome",
];

/// The base of a Jira.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    is_encrypted: bool,
    /// Host and port, in small letters.
    authority: String,
    /// The path, without a slash at its end.
    path: String,
}

/// Why a text is no address of a Jira.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoSite(&'static str);

impl Site {
    /// Returns whether a text is meant as an address of a Jira.
    pub fn is_meant(text: &str) -> bool {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
    }

    /// Understands an address; what a browser shows behind the base is left out.
    pub fn parse(text: &str) -> Result<Self, NoSite> {
        let rest = text.trim().split_once("://").filter(|_| Self::is_meant(text));
        let (scheme, rest) = rest.ok_or(NoSite("it does not begin with `https://`"))?;
        let is_encrypted = scheme.trim().eq_ignore_ascii_case("https");
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if rest.contains('@') {
            return Err(NoSite("it contains a user or a password, which an address must not"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let is_host = |character: char| character.is_alphanumeric() || "-._[]:".contains(character);
        if host.is_empty() || !host.chars().all(is_host) || (host.contains(':') && !host.starts_with('[')) {
            return Err(NoSite("there is no host in it"));
        }
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Err(NoSite("its port is not a number up to 65535"));
        }
        let usual = if is_encrypted { "443" } else { "80" };
        let host = host.to_lowercase();
        let authority = match port.filter(|port| *port != usual) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let mut site = Self { is_encrypted, authority, path: String::new() };
        let parts = path.split('/').filter(|part| !part.is_empty());
        site.path = match site.is_cloud() {
            true => String::new(),
            // The first part may be the path of Jira itself, which is often called `jira`.
            false if site.is_gateway() => parts.take(3).map(|part| format!("/{part}")).collect(),
            false => parts
                .enumerate()
                .take_while(|(number, part)| !PAGES.contains(part) || (*number == 0 && *part == "jira"))
                .map(|(_, part)| format!("/{part}"))
                .collect(),
        };
        Ok(site)
    }

    /// Returns whether it is a site of Jira Cloud, by its name.
    pub fn is_cloud(&self) -> bool {
        CLOUD.iter().any(|end| self.authority.ends_with(end))
    }

    /// Returns the base of a site at Atlassian's gateway, by the id of the site.
    pub(super) fn at_gateway(cloud_id: &str) -> Self {
        Self { is_encrypted: true, authority: GATEWAY.to_owned(), path: format!("/ex/jira/{cloud_id}") }
    }

    /// Returns whether it is a site at Atlassian's gateway.
    pub fn is_gateway(&self) -> bool {
        self.authority == GATEWAY
    }

    /// Returns whether what is sent can be read on its way.
    pub fn is_open(&self) -> bool {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, _)| host);
        let is_here = host == "localhost" || host == "[::1]" || host.starts_with("127.");
        !self.is_encrypted && !is_here
    }

    /// Returns whether it is asked over TLS.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Returns whether both lead to one Jira.
    pub fn is_same(&self, other: &Self) -> bool {
        self.authority == other.authority && self.path == other.path
    }
}

impl fmt::Display for Site {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_shows_is_understood() {
        for (text, base) in [
            ("https://acme.atlassian.net", "https://acme.atlassian.net"),
            ("HTTPS://Acme.Atlassian.net/", "https://acme.atlassian.net"),
            (
                "https://acme.atlassian.net/jira/software/c/projects/TST/boards/1?x=y#z",
                "https://acme.atlassian.net",
            ),
            ("https://acme.atlassian.net:443/wiki", "https://acme.atlassian.net"),
            ("https://jira.example.com/browse/TST-1", "https://jira.example.com"),
            ("https://jira.example.com/secure/Dashboard.jspa", "https://jira.example.com"),
            ("https://www.example.com/jira/projects/TST", "https://www.example.com/jira"),
            ("https://www.example.com:8443/tools/jira/", "https://www.example.com:8443/tools"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://[::1]:80/x", "http://[::1]/x"),
            ("https://api.atlassian.com/ex/jira/11-22/rest/api/3", "https://api.atlassian.com/ex/jira/11-22"),
        ] {
            assert_eq!(Site::parse(text).map(|site| site.to_string()).as_deref(), Ok(base), "{text}");
        }
        for wrong in [
            "acme.atlassian.net",
            "https://",
            "https://a:b@x",
            "https://t@x/y",
            "https://x:99999",
            "https://x y",
            "ftp://x",
        ] {
            assert!(Site::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_needs_no_encryption() {
        let is_open = |text: &str| Site::parse(text).unwrap().is_open();
        assert!(is_open("http://jira.example.com"));
        assert!(!is_open("http://localhost:8080"));
        assert!(!is_open("http://127.0.0.1:1/jira"));
        assert!(!is_open("https://jira.example.com"));
    }
}
