//! Where an instance is: a path, or the address of a database.
//!
//! Invariant: the password of an address is in a [`Secret`] and nowhere else, so that no message, log or file can show it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file or folder.
    Path(PathBuf),
    /// A database of Jira.
    Database(Box<Address>),
}

impl Location {
    /// Returns the path; `None` for a database.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            Self::Database(_) => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(out),
            Self::Database(address) => address.fmt(out),
        }
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl From<Address> for Location {
    fn from(address: Address) -> Self {
        Self::Database(Box::new(address))
    }
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

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
    /// The address as the client of the database takes it: without password, and without what the fields below say.
    pub(super) url: String,
    /// The password, wherever it comes from.
    pub(super) password: Option<Secret>,
    /// Where Jira's tables are.
    pub(super) schema: Option<String>,
    /// Whether to encrypt, and whom to trust.
    pub(super) ssl_mode: SslMode,
    /// The file with the certificates of known authorities; those of the system without it.
    pub(super) ssl_root_cert: Option<PathBuf>,
    login: Login,
    shown: String,
}

/// What a password belongs to, as a password file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Login {
    /// The first host; `localhost` for a socket.
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

/// The port of PostgreSQL.
const PORT: &str = "5432";

impl Address {
    /// Returns whether a text is meant as an address of a database.
    pub fn is_meant(text: &str) -> bool {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("postgres") || scheme.eq_ignore_ascii_case("postgresql")
    }

    /// Understands an address.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let no = |why: &str| NoAddress(why.to_owned());
        let rest = text.split_once("://").filter(|_| Self::is_meant(text));
        let (_, rest) = rest.ok_or_else(|| no("it does not begin with `postgres://`"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        if database.contains('@') {
            return Err(no(
                "there is an `@` behind a `/`: in a password write `%2F` for `/`, and `%40` for `@`",
            ));
        }
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match user.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (user, None),
        };
        let decode = |text: &str| {
            decoded(text)
                .ok_or_else(|| no("a `%` needs two hexadecimal digits behind it: write `%25` for `%`"))
        };
        let mut address = Self {
            url: String::new(),
            password: password.map(decode).transpose()?.map(Secret::new),
            schema: None,
            ssl_mode: SslMode::default(),
            ssl_root_cert: None,
            login: Login { port: PORT.to_owned(), ..Login::default() },
            shown: String::new(),
        };
        let mut login = (decode(user)?, decode(hosts.split(',').next().unwrap_or(""))?, decode(database)?);
        let (mut others, mut shown) = (Vec::new(), Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decode(value)?;
            match name {
                "password" => {
                    address.password = Some(Secret::new(value));
                    continue;
                }
                "schema" | "currentSchema" => address.schema = Some(value),
                "sslmode" => address.ssl_mode = ssl_mode(&value)?,
                "sslrootcert" => {
                    address.ssl_root_cert = (value != "system").then(|| PathBuf::from(value));
                }
                _ => {
                    match name {
                        "user" => login.0 = value,
                        "host" => login.1 = value.split(',').next().unwrap_or("").to_owned(),
                        "port" => address.login.port = value.split(',').next().unwrap_or(PORT).to_owned(),
                        "dbname" => login.2 = value,
                        _ => {}
                    }
                    others.push(parameter);
                }
            }
            shown.push(parameter);
        }
        let (user_name, host, database_name) = login;
        let is_socket = host.is_empty() || host.starts_with('/');
        match host.rsplit_once(':') {
            Some((host, port)) if !is_socket && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                address.login.host = host.trim_matches(['[', ']']).to_owned();
                address.login.port = port.to_owned();
            }
            _ if is_socket => address.login.host = "localhost".to_owned(),
            _ => address.login.host = host,
        }
        address.login.database = if database_name.is_empty() { user_name.clone() } else { database_name };
        address.login.user = Some(user_name).filter(|user| !user.is_empty());
        let at = if user.is_empty() { String::new() } else { format!("{user}@") };
        let slash = if database.is_empty() { "" } else { "/" };
        let url = |parameters: &[&str]| {
            let mark = if parameters.is_empty() { "" } else { "?" };
            format!("postgres://{at}{hosts}{slash}{database}{mark}{}", parameters.join("&"))
        };
        (address.url, address.shown) = (url(&others), url(&shown));
        Ok(address)
    }

    /// Returns whether there is a password.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Returns what the password belongs to.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// Says the password.
    pub fn set_password(&mut self, password: Secret) {
        self.password = Some(password);
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

/// Returns the text of an address with its `%XX` resolved; `None` if a `%` has no two digits, or the text is no UTF-8.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            if digits.starts_with('+') {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Returns a text of the command line without the password that an address in it may hold.
pub fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    // A password with a `/` of its own is a mistake, but a secret, too.
    let is_database = ["postgres", "postgresql"].iter().any(|own| scheme.to_ascii_lowercase().ends_with(own));
    let end = if is_database { rest.len() } else { rest.find('/').unwrap_or(rest.len()) };
    let rest = match rest[..end].rfind('@') {
        Some(at) => format!("***{}", &rest[at..]),
        None => rest.to_owned(),
    };
    let query = query.map(|query| {
        let shown = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => parameter.to_owned(),
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}://{rest}{}", query.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let address =
            Address::parse("postgresql://ada:p%40ss@db.example.com:5433,other/jira?schema=own&connect_timeout=3&sslmode=verify-full")
                .unwrap();
        assert_eq!(address.url, "postgres://ada@db.example.com:5433,other/jira?connect_timeout=3");
        assert_eq!(address.password.as_ref().unwrap().reveal(), "p@ss");
        assert_eq!(address.schema.as_deref(), Some("own"));
        assert_eq!(address.ssl_mode, SslMode::VerifyFull);
        let login = |text: &str| {
            let Login { host, port, database, user } = Address::parse(text).unwrap().login().clone();
            format!("{host}:{port}:{database}:{}", user.unwrap_or_default())
        };
        assert_eq!(login("postgres://ada@db:5433/jira"), "db:5433:jira:ada");
        assert_eq!(login("postgres://ada@[::1]:5433/jira"), "::1:5433:jira:ada");
        assert_eq!(login("postgres://ada@db"), "db:5432:ada:ada");
        assert_eq!(login("postgres:///jira?host=/tmp&user=bob&port=7"), "localhost:7:jira:bob");
        assert_eq!(login("postgres://%2Ftmp/jira"), "localhost:5432:jira:");
    }

    #[test]
    fn nothing_shows_a_password() {
        for text in
            ["postgres://ada:secret@db/jira", "postgres://db/jira?user=ada&password=secret&sslmode=require"]
        {
            let address = Address::parse(text).unwrap();
            assert!(address.has_password());
            let shown = format!("{address} {address:?} {}", Location::from(address.clone()));
            assert!(!shown.contains("secret"), "{shown}");
            assert!(!without_password(text).contains("secret"));
        }
        for wrong in [
            "postgres://ada:sec/ret@db/jira",
            "postgres://ada:secret%@db",
            "postgres://ada:secret@db?sslmode=x",
        ] {
            let error = Address::parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sec"), "{error}");
        }
        assert_eq!(without_password("--into=postgres://ada:sec/r@et@db/x"), "--into=postgres://***@db/x");
        assert_eq!(
            without_password("https://ada:p@ss@jira.example.com/x@y"),
            "https://***@jira.example.com/x@y"
        );
        assert_eq!(without_password("file:///a@b"), "file:///a@b");
        assert_eq!(without_password("demo.xml"), "demo.xml");
    }
}
