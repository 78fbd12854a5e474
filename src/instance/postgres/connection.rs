//! A connection to a database, and what its errors mean for the person who reads them.
//!
//! Statements go to the server several at once, in one message, and their results come back one behind the other: a round trip
//! is a [`Connection::run`], however many statements there are. All values are text. Invariant: no message holds a password.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _, pin_mut};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode as ClientSslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, SimpleQueryRow};

use super::spelling::{literal, quoted};
use super::tls;
use crate::instance::{Address, ReadError, SslMode, WriteError};

/// How long to wait for a server that does not answer at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What sessions of pcfg call themselves, in front of everything else.
pub(super) const APPLICATION: &str = "pcfg";

/// Settings of every transaction: strange ones of a role or a database must not change what text means. A moment is told in
/// the zone of the session, which `options=-c TimeZone=...` in the address can set.
const SETTINGS: &str = "SET LOCAL DateStyle = ISO; SET LOCAL bytea_output = hex; \
    SET LOCAL extra_float_digits = 1; SET LOCAL row_security = off; \
    SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// How long a statement may run, unless the address says otherwise.
const STATEMENT_TIMEOUT: &str = "SET LOCAL statement_timeout = '120s'";

/// How many statements [`Connection::begin`] has.
pub(super) const BEGIN: usize = 8;

/// A connection.
pub(super) struct Connection {
    runtime: Runtime,
    client: Option<Client>,
    task: Option<JoinHandle<()>>,
    timeout: &'static str,
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: &Address) -> Result<Self, ReadError> {
        let refused = |error| unreachable(address, &error);
        let mut config: Config = address.parameters.parse().map_err(|error| ReadError::Server {
            message: format!("cannot use the address `{address}`"),
            source: Some(Box::new(Cause(cause(&error)))),
            help: Some("docs/postgres.md lists the parameters of libpq that pcfg knows".to_owned()),
        })?;
        if let Some(password) = &address.password {
            config.password(password.reveal());
        }
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            #[cfg(unix)]
            config.host_path("/var/run/postgresql");
            #[cfg(not(unix))]
            config.host("localhost");
        }
        config.ssl_mode(match address.ssl_mode {
            SslMode::Disable => ClientSslMode::Disable,
            SslMode::Prefer => ClientSslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => ClientSslMode::Require,
        });
        let has_timeout = config.get_options().is_some_and(|options| options.contains("statement_timeout"));
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ReadError::Server {
            message: "cannot prepare for the network".to_owned(),
            source: Some(Box::new(source)),
            help: None,
        })?;
        let (client, task) = runtime.block_on(async {
            match address.ssl_mode {
                SslMode::Disable => {
                    let (client, connection) = config.connect(NoTls).await.map_err(refused)?;
                    Ok((client, tokio::spawn(async { connection.await.unwrap_or_default() })))
                }
                _ => {
                    let (client, connection) =
                        config.connect(tls::connector(address)?).await.map_err(refused)?;
                    Ok((client, tokio::spawn(async { connection.await.unwrap_or_default() })))
                }
            }
        })?;
        let timeout = if has_timeout { "SELECT" } else { STATEMENT_TIMEOUT };
        Ok(Self { runtime, client: Some(client), task: Some(task), timeout })
    }

    /// Returns the beginning of a transaction, as the first [`BEGIN`] statements of a message.
    pub(super) fn begin(&self, characteristics: &str) -> String {
        // One statement, six settings, and the timeout.
        format!("BEGIN {characteristics}; {SETTINGS}; {};", self.timeout)
    }

    /// Runs statements, in one round trip; calls `each` with every row and the number of its statement. Returns how many rows
    /// each statement touched.
    pub(super) fn run(
        &mut self,
        sql: &str,
        each: &mut dyn FnMut(usize, &SimpleQueryRow),
    ) -> Result<Vec<u64>, tokio_postgres::Error> {
        let client = self.client.as_ref().expect("a connection has a client until it is dropped");
        self.runtime.block_on(async {
            let messages = client.simple_query_raw(sql).await?;
            pin_mut!(messages);
            let mut counts = Vec::new();
            while let Some(message) = messages.next().await {
                match message? {
                    SimpleQueryMessage::Row(row) => each(counts.len(), &row),
                    SimpleQueryMessage::CommandComplete(count) => counts.push(count),
                    _ => {}
                }
            }
            Ok(counts)
        })
    }

    /// Runs statements whose rows nobody wants.
    pub(super) fn execute(&mut self, sql: &str) -> Result<Vec<u64>, tokio_postgres::Error> {
        self.run(sql, &mut |_, _| {})
    }

    /// Gives up the transaction, if there is one. A connection that is lost has given it up.
    pub(super) fn roll_back(&mut self) {
        let _lost = self.execute("ROLLBACK");
    }

    /// Returns whether the connection is lost.
    pub(super) fn is_closed(&self) -> bool {
        self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// Begins to copy rows into a table.
    pub(super) fn copy_in(&mut self, sql: &str) -> Result<Copying, tokio_postgres::Error> {
        let client = self.client.as_ref().expect("a connection has a client until it is dropped");
        let sink = self.runtime.block_on(client.copy_in(sql))?;
        Ok(Copying { sink: Box::pin(sink) })
    }

    /// Sends rows that are copied.
    pub(super) fn send(&mut self, copying: &mut Copying, rows: Vec<u8>) -> Result<(), tokio_postgres::Error> {
        self.runtime.block_on(copying.sink.send(std::io::Cursor::new(rows)))
    }

    /// Ends the copying.
    pub(super) fn finish(&mut self, mut copying: Copying) -> Result<u64, tokio_postgres::Error> {
        self.runtime.block_on(copying.sink.as_mut().finish())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        /// How long to wait for the farewell to be on its way.
        const FAREWELL: Duration = Duration::from_millis(200);
        self.client = None;
        if let Some(task) = self.task.take() {
            let _silent = self.runtime.block_on(async { tokio::time::timeout(FAREWELL, task).await });
        }
    }
}

/// Rows on their way into a table.
pub(super) struct Copying {
    sink: std::pin::Pin<Box<tokio_postgres::CopyInSink<std::io::Cursor<Vec<u8>>>>>,
}

/// Why, in the words of the server or of the system.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Cause(pub(super) String);

/// Returns why something failed, in one line.
pub(super) fn cause(error: &tokio_postgres::Error) -> String {
    if let Some(own) = error.as_db_error() {
        let mut text = own.message().to_owned();
        for more in [own.detail(), own.where_()].into_iter().flatten() {
            text.push_str("; ");
            text.push_str(more.lines().next().unwrap_or_default());
        }
        return text;
    }
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        text.push_str(": ");
        // The number of an error of the system says nothing to most.
        let told = source.to_string();
        text.push_str(told.split(" (os error ").next().unwrap_or_default());
        next = source.source();
    }
    text
}

/// Says why there is no connection.
fn unreachable(address: &Address, error: &tokio_postgres::Error) -> ReadError {
    let why = cause(error);
    let code = error.code();
    let (message, help) = match code {
        Some(&SqlState::INVALID_PASSWORD) => (
            format!("the database at `{address}` does not accept the user or the password"),
            "give the password in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml",
        ),
        _ if why.contains("client certificate") || why.contains("certificate authentication failed") => (
            format!(
                "the database at `{address}` does not accept the certificate of the client, or wants one"
            ),
            "name a certificate for this user and its key: `sslcert=FILE&sslkey=FILE`",
        ),
        Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => (
            format!("the database at `{address}` does not let this user in"),
            "see that the role exists, and that pg_hba.conf has a line for it and this machine",
        ),
        Some(&SqlState::INVALID_CATALOG_NAME) => (
            format!("there is no such database: `{address}`"),
            "`psql -l` lists the databases; the name stands in dbconfig.xml of Jira",
        ),
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => (
            format!("the database at `{address}` does not let this user in"),
            "run `GRANT CONNECT ON DATABASE ... TO ...` as its owner",
        ),
        _ if why.contains("password missing") => (
            format!("the database at `{address}` wants a password"),
            "give it in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml",
        ),
        _ if why.contains("TLS") || why.contains("fatal alert") || why.contains("certificate") => (
            format!("the connection to `{address}` cannot be encrypted as `sslmode` wants it"),
            "name the certificate of the server's authority with `sslrootcert=FILE`, or choose another `sslmode`",
        ),
        _ => (
            format!("the database at `{address}` cannot be reached"),
            "see that host and port are right, that the server runs, and that no firewall is between",
        ),
    };
    ReadError::Server { message, source: Some(Box::new(Cause(why))), help: Some(help.to_owned()) }
}

/// Says why reading failed.
pub(super) fn unread(address: &Address, error: &tokio_postgres::Error) -> ReadError {
    let (message, help) = told(address, error);
    ReadError::Server {
        message: message.unwrap_or_else(|| format!("cannot read the database at `{address}`")),
        source: Some(Box::new(Cause(cause(error)))),
        help,
    }
}

/// Says why writing failed.
pub(super) fn unwritten(address: &Address, error: &tokio_postgres::Error) -> WriteError {
    let table = || error.as_db_error().and_then(|own| own.table()).unwrap_or("a table").to_owned();
    let detail = || error.as_db_error().and_then(|own| own.detail()).unwrap_or_default().to_owned();
    match error.code() {
        Some(
            &SqlState::LOCK_NOT_AVAILABLE
            | &SqlState::T_R_DEADLOCK_DETECTED
            | &SqlState::T_R_SERIALIZATION_FAILURE,
        ) => WriteError::Busy { place: address.to_string(), by: None },
        Some(&SqlState::UNIQUE_VIOLATION) => WriteError::Changed {
            row: format!("{} ({})", table(), key_in(&detail())),
            how: "it is there already".to_owned(),
        },
        Some(&SqlState::FOREIGN_KEY_VIOLATION) => {
            // Either a row leads to nothing, or what it leads to cannot go; the server names the table of the row, and the
            // other one elsewhere.
            let detail = detail();
            match detail.contains("is still referenced") {
                true => {
                    let message = error.as_db_error().map(|own| own.message()).unwrap_or_default();
                    let to = message.split('"').nth(1).unwrap_or("another table").to_owned();
                    WriteError::Dangling { row: format!("a row of {}", table()), to }
                }
                false => {
                    let to = detail.split('"').nth(1).unwrap_or("another table").to_owned();
                    WriteError::Dangling { row: format!("{} ({})", table(), key_in(&detail)), to }
                }
            }
        }
        _ => {
            let (message, help) = told(address, error);
            WriteError::Server {
                message: message.unwrap_or_else(|| format!("cannot write into the database at `{address}`")),
                source: Some(Box::new(Cause(cause(error)))),
                help,
            }
        }
    }
}

/// Returns the key that a detail names: `Key (ID)=(7) is ...` is `ID 7`.
fn key_in(detail: &str) -> String {
    let inner =
        detail.strip_prefix("Key (").and_then(|rest| rest.split_once(") ")).map_or(detail, |(key, _)| key);
    inner.replace(")=(", " ")
}

/// Returns what is wrong and what to do, for reading and writing alike.
fn told(address: &Address, error: &tokio_postgres::Error) -> (Option<String>, Option<String>) {
    let user = address.login().user.as_deref().unwrap_or("CURRENT_USER");
    let some = |message: String, help: &str| (Some(message), Some(help.to_owned()));
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let message = error.as_db_error().map(|own| own.message()).unwrap_or_default();
            let name = message.rsplit(' ').next().unwrap_or_default();
            let what = if message.contains("schema") { "USAGE ON SCHEMA" } else { "SELECT ON" };
            let help = format!(
                "run `GRANT {what} {name} TO {user}` as its owner; docs/postgres.md has all that is needed"
            );
            (Some(format!("the role has too few rights in `{address}`")), Some(help))
        }
        Some(&SqlState::QUERY_CANCELED) => some(
            format!("the database at `{address}` took too long"),
            "give it more time: `?options=-c%20statement_timeout%3D10min` at the end of the address",
        ),
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => some(
            format!("`{address}` cannot be written: it is a standby, or set to read-only"),
            "name the primary server",
        ),
        None if error.is_closed() || cause(error).contains("error communicating") => some(
            format!("the connection to `{address}` was lost"),
            "try again when the server answers; a change that was not complete has been given up",
        ),
        Some(
            &(SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT),
        ) => some(
            format!("the server ended the connection to `{address}`"),
            "try again when it answers; a change that was not complete has been given up",
        ),
        _ => (None, None),
    }
}

/// Returns the name of a table with its schema.
pub(super) fn qualified(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

/// Returns the name of a table with its schema, as a literal that a cast to `regclass` understands.
pub(super) fn regclass(schema: &str, table: &str) -> String {
    literal(&qualified(schema, table))
}
