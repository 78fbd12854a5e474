//! The address of a database of Jira.
//!
//! Invariant: its password is in a [`Secret`] and nowhere else, so that no message, log or file can show it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::masked::{decoded, is_secret};
use crate::secret::Secret;

/// How the server is told from an impostor, as libpq's `sslmode` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// Nothing is encrypted.
    Disable,
    /// Encrypted if the server can do that; whoever it is.
    #[default]
    Prefer,
    /// Encrypted; whoever it is.
    Require,
    /// The server has a certificate of a known authority.
    VerifyCa,
    /// And the certificate names the host.
    VerifyFull,
}

/// The address of a database: `postgres://user@host:port/database?sslmode=verify-full&schema=public`.
///
/// Besides those of libpq there is one parameter of pcfg's own, `schema`: where Jira's tables are; JDBC's name for it,
/// `currentSchema`, is known too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The address as the client of the database takes it, `name='value'`: without hosts and password, and without what the
    /// fields below say.
    pub(super) parameters: String,
    /// The same of the hosts: each is tried for itself.
    pub(super) hosts: String,
    /// The password, wherever it comes from.
    pub(super) password: Option<Secret>,
    /// Where Jira's tables are.
    pub(super) schema: Option<String>,
    /// Whether to encrypt, and whom to trust.
    pub(super) ssl_mode: SslMode,
    /// The file with the certificates of known authorities; those of the system without it.
    pub(super) ssl_root_cert: Option<PathBuf>,
    /// The files with the certificate by which the server knows the client, and with its key.
    pub(super) client: Option<(PathBuf, PathBuf)>,
    pass_file: Option<PathBuf>,
    login: Login,
    /// The hosts and ports, in one spelling.
    servers: String,
    shown: String,
}

/// What a password belongs to, as a password file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Login {
    /// The first host, or the folder of a socket; `localhost` for the usual one.
    pub host: String,
    /// Its port.
    pub port: String,
    /// The database; the name of the user where it is not named.
    pub database: String,
    /// The user, if the address names one.
    pub user: Option<String>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAddress(String);

/// Where Jira's tables are if nobody says otherwise.
pub(super) const SCHEMA: &str = "public";

/// The port of PostgreSQL.
const PORT: &str = "5432";

/// Where the socket is if nobody says otherwise; a password file calls it `localhost`.
const SOCKETS: [&str; 2] = ["/var/run/postgresql", "/run/postgresql"];

/// The variables of libpq's environment that pcfg knows, with the parameters that they stand for.
const VARIABLES: [(&str, &str); 13] = [
    ("PGHOST", "host"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGDATABASE", "dbname"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGOPTIONS", "options"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGPASSFILE", "passfile"),
];

impl Address {
    /// Returns whether a text is meant as an address of a database.
    pub fn is_meant(text: &str) -> bool {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("postgres") || scheme.eq_ignore_ascii_case("postgresql")
    }

    /// Understands an address.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        Self::parse_with(text, &|_| None)
    }

    /// Understands an address; what it leaves out is what the variables of libpq's environment say, as `PGHOST`.
    pub fn parse_with(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, NoAddress> {
        let no = |why: &str| NoAddress(why.to_owned());
        let rest = text.split_once("://").filter(|_| Self::is_meant(text));
        let (_, rest) = rest.ok_or_else(|| no("it does not begin with `postgres://`"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if let Some((hidden, _)) = query.rsplit_once('@')
            && !hidden.contains('=')
            && rest.contains(':')
            && !rest.contains(['@', '/'])
        {
            return Err(no(
                "there is an `@` after a `?`: in a password write `%3F` for `?`, and `%40` for `@`",
            ));
        }
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        if database.contains('@') {
            return Err(no(
                "there is an `@` after a `/`: in a password write `%2F` for `/`, and `%40` for `@`",
            ));
        }
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match user.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user, None),
        };
        let decode = |text: &str| {
            decoded(text)
                .ok_or_else(|| no("a `%` must be followed by two hexadecimal digits: write `%25` for `%`"))
        };
        let mut given: BTreeMap<&str, String> = BTreeMap::new();
        let mut shown: Vec<String> = Vec::new();
        let (names, ports) = hosts_and_ports(hosts);
        let own = [("user", user), ("host", &names), ("port", &ports), ("dbname", database)];
        for (name, value) in own.into_iter().filter(|(_, value)| !value.is_empty()) {
            given.insert(name, decode(value)?);
        }
        let mut password = password.map(decode).transpose()?.map(Secret::new);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decode(value)?;
            match name {
                "password" => password = Some(Secret::new(value)),
                _ if is_secret(name) && name != "sslpassword" => {
                    return Err(no(
                        "the password parameter is spelled `password`, in lower case and without `%`",
                    ));
                }
                "sslpassword" => {
                    return Err(no(
                        "keys with a passphrase are not supported: `sslkey` needs a key without one",
                    ));
                }
                _ => {
                    given.insert(if name == "currentSchema" { "schema" } else { name }, value);
                    shown.push(parameter.to_owned());
                }
            }
        }
        for (own, name) in VARIABLES {
            if let Some(value) = variable(own).filter(|own| !own.is_empty() && !given.contains_key(name)) {
                shown.push(format!("{name}={}", encoded(&value)));
                given.insert(name, value);
            }
        }
        let mut path = |name| given.remove(name).filter(|own| !own.is_empty()).map(PathBuf::from);
        let (ssl_root_cert, pass_file) = (path("sslrootcert"), path("passfile"));
        let client = match (path("sslcert"), path("sslkey")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(no("`sslcert` and `sslkey` belong together: one of them is missing")),
        };
        let ssl_mode = given.remove("sslmode").map_or(Ok(SslMode::default()), |own| ssl_mode(&own))?;
        let schema = given.remove("schema");
        let get = |name: &str| given.get(name).cloned().filter(|own| !own.is_empty());
        let first = |name: &str| get(name).map(|list| list.split(',').next().unwrap_or("").to_owned());
        let host = first("host").filter(|host| !SOCKETS.contains(&host.as_str()) && !host.is_empty());
        let servers = match get("host").filter(|hosts| hosts.contains(',')) {
            Some(hosts) => format!("{hosts}:{}", get("port").unwrap_or_default()),
            None => format!(
                "{}:{}:{}",
                host.as_deref().unwrap_or("localhost"),
                first("port").unwrap_or_else(|| PORT.to_owned()),
                get("hostaddr").unwrap_or_default()
            ),
        };
        let user_name = get("user");
        let login = Login {
            host: host.unwrap_or_else(|| "localhost".to_owned()),
            port: first("port").filter(|port| !port.is_empty()).unwrap_or_else(|| PORT.to_owned()),
            database: get("dbname").or_else(|| user_name.clone()).unwrap_or_default(),
            user: user_name,
        };
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        let slash = if database.is_empty() { "" } else { "/" };
        let mark = if shown.is_empty() { "" } else { "?" };
        let shown = format!("postgres://{at}{hosts}{slash}{database}{mark}{}", shown.join("&"));
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let parameter = |(name, value): (&&str, &String)| format!("{name}='{}'", quoted(value));
        let is_of_hosts = |(name, _): &(&&str, &String)| ["host", "hostaddr", "port"].contains(*name);
        let (hosts_given, others): (Vec<_>, Vec<_>) = given.iter().partition(is_of_hosts);
        let [host_parameters, parameters] =
            [hosts_given, others].map(|own| own.into_iter().map(parameter).collect::<Vec<_>>().join(" "));
        let ssl_root_cert = ssl_root_cert.filter(|own| own.as_os_str() != "system");
        Ok(Self {
            parameters,
            hosts: host_parameters,
            password,
            schema,
            ssl_mode,
            ssl_root_cert,
            client,
            pass_file,
            login,
            servers,
            shown,
        })
    }

    /// Returns whether there is a password.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Returns the password file that the address names.
    pub fn pass_file(&self) -> Option<&Path> {
        self.pass_file.as_deref()
    }

    /// Returns what the password belongs to.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Says the password.
    pub fn set_password(&mut self, password: Secret) {
        self.password = Some(password);
    }

    /// Returns the address with all that finds the database again; without its password.
    pub(super) fn resolved(&self) -> String {
        match &self.schema {
            Some(schema) if !self.shown.contains("chema=") => {
                let mark = if self.shown.contains('?') { '&' } else { '?' };
                format!("{}{mark}schema={}", self.shown, encoded(schema))
            }
            _ => self.shown.clone(),
        }
    }

    /// Returns what tells the database, and the schema in it, from all others.
    pub(super) fn means(&self) -> (String, &str, &str) {
        (self.servers.to_lowercase(), &self.login.database, self.schema.as_deref().unwrap_or(SCHEMA))
    }

    /// Says where Jira's tables are, unless the address says so itself.
    pub fn set_schema(&mut self, schema: &str) {
        self.schema.get_or_insert_with(|| schema.to_owned());
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

/// Takes the hosts of an address apart: `a:1,[::1]:2` is `a,::1` and `1,2`. Without any port there are none.
fn hosts_and_ports(hosts: &str) -> (String, String) {
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for chunk in hosts.split(',') {
        let (name, port) = match chunk.strip_prefix('[').and_then(|chunk| chunk.split_once(']')) {
            Some((name, rest)) => (name, rest.strip_prefix(':').unwrap_or(rest)),
            None => chunk.split_once(':').unwrap_or((chunk, "")),
        };
        names.push(name);
        ports.push(port);
    }
    let ports = if ports.iter().all(|port| port.is_empty()) { String::new() } else { ports.join(",") };
    (names.join(","), ports)
}

/// Returns a text as it stands in the query of an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:,*".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

fn ssl_mode(text: &str) -> Result<SslMode, NoAddress> {
    Ok(match text {
        "disable" => SslMode::Disable,
        "allow" | "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        _ => {
            let why = "`sslmode` is one of disable, prefer, require, verify-ca and verify-full";
            return Err(NoAddress(why.to_owned()));
        }
    })
}

#[cfg(test)]
mod tests;
