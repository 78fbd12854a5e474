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

use super::hosts;
use super::layout;
use super::patience::{STATEMENT_TIMEOUT, patience};
use super::tls;
use crate::instance::{Address, ReadError, SslMode, TooMuch, WriteError};

/// How long to wait for a server that does not answer at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What sessions of pcfg call themselves, in front of everything else.
pub(super) const APPLICATION: &str = "pcfg";

/// Settings of every transaction: strange ones of a role or a database must not change what text means. A moment is told in
/// the zone of the session, which `options=-c TimeZone=...` in the address can set.
const SETTINGS: &str = "SET LOCAL DateStyle = ISO; SET LOCAL bytea_output = hex; \
    SET LOCAL extra_float_digits = 1; SET LOCAL row_security = off; \
    SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '60s'";

/// How many statements [`Connection::begin`] has.
pub(super) const BEGIN: usize = 8;

/// A connection.
pub(super) struct Connection {
    runtime: Runtime,
    client: Option<Client>,
    task: Option<JoinHandle<()>>,
    timeout: &'static str,
    /// How long to wait for the next thing that the server says; `None` if the address wants statements without an end.
    patience: Option<Duration>,
    /// Whether the line is known to be dead.
    lost: bool,
    /// Whether it is known to go over a network without TLS, though nobody asked for that.
    open: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server or the system says why.
    Told(tokio_postgres::Error),
    /// The server has said nothing for so long that the connection was given up.
    Silent(Duration),
    /// What it holds takes too much memory.
    TooMuch(TooMuch),
}

impl From<TooMuch> for Failure {
    fn from(excess: TooMuch) -> Self {
        Self::TooMuch(excess)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Told(error)
    }
}

impl Failure {
    /// Returns what the server says, if it is the server.
    fn as_db_error(&self) -> Option<&tokio_postgres::error::DbError> {
        match self {
            Self::Told(error) => error.as_db_error(),
            Self::Silent(_) | Self::TooMuch(_) => None,
        }
    }

    /// Returns the server's code.
    pub(super) fn code(&self) -> Option<&SqlState> {
        self.as_db_error().map(tokio_postgres::error::DbError::code)
    }

    /// Returns whether nothing more is to be heard on this connection.
    fn is_loss(&self) -> bool {
        match self.code() {
            None => true,
            Some(code) => code.code().starts_with("08") || code.code().starts_with("57P"),
        }
    }
}

/// Returns whether the server says that the connection is not encrypted. One that is older than 9.5 does not say it.
async fn is_without_tls(client: &Client) -> bool {
    let sql = "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()";
    let told = client.simple_query(sql).await.unwrap_or_default();
    told.iter().any(|own| matches!(own, SimpleQueryMessage::Row(row) if row.get(0) == Some("f")))
}

/// Waits for something that the server does, as long as there is patience.
async fn patient<T>(patience: Option<Duration>, future: impl Future<Output = T>) -> Result<T, Failure> {
    match patience {
        Some(patience) => tokio::time::timeout(patience, future).await.map_err(|_| Failure::Silent(patience)),
        None => Ok(future.await),
    }
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: &Address) -> Result<Self, ReadError> {
        let parse = |parameters: &str| {
            parameters.parse::<Config>().map_err(|error| ReadError::Server {
                message: format!("cannot use the address `{address}`"),
                source: Some(Box::new(Cause(cause(&error.into())))),
                help: Some("docs/postgres.md lists the parameters of libpq that pcfg knows".to_owned()),
            })
        };
        let all = parse(&format!("{} {}", address.hosts, address.parameters))?;
        let hosts = hosts::of(&all).map_err(|why| ReadError::Server {
            message: format!("cannot use the address `{address}`"),
            source: Some(Box::new(Cause(why.to_owned()))),
            help: Some("name a port for each host, or one for all".to_owned()),
        })?;
        let mut config = parse(&address.parameters)?;
        if let Some(password) = &address.password {
            config.password(password.reveal());
        }
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        config.ssl_mode(match address.ssl_mode {
            SslMode::Disable => ClientSslMode::Disable,
            SslMode::Prefer => ClientSslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => ClientSslMode::Require,
        });
        let has_timeout = config.get_options().is_some_and(|options| options.contains("statement_timeout"));
        let patience = patience(config.get_options());
        // Whoever answers, but says nothing, is as good as nobody; each host may take its time.
        let wait = config.get_connect_timeout().copied().filter(|wait| !wait.is_zero());
        let tls = match address.ssl_mode {
            SslMode::Disable => None,
            _ => Some(tls::connector(address)?),
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ReadError::Server {
            message: "cannot prepare for the network".to_owned(),
            source: Some(Box::new(source)),
            help: None,
        })?;
        let connect = async |config: Config| {
            let is_left_open = address.ssl_mode == SslMode::Prefer && hosts::is_remote(&config);
            let (client, task) = match tls.clone() {
                None => {
                    let (client, connection) = config.connect(NoTls).await?;
                    (client, tokio::spawn(async { connection.await.unwrap_or_default() }))
                }
                Some(tls) => {
                    let (client, connection) = config.connect(tls).await?;
                    (client, tokio::spawn(async { connection.await.unwrap_or_default() }))
                }
            };
            let is_open = is_left_open && is_without_tls(&client).await;
            Ok((client, task, is_open))
        };
        let connected = runtime.block_on(async {
            let mut failure = None;
            for host in hosts {
                for config in host.ways(&config, wait).await {
                    match patient(wait, connect(config))
                        .await
                        .and_then(|connected: Result<_, Failure>| connected)
                    {
                        Ok(connected) => return Ok(connected),
                        Err(why) => failure = Some(why),
                    }
                }
            }
            Err(failure)
        });
        let (client, task, open) = connected
            .map_err(|failure| unreachable(address, &failure.expect("there is a host, and a way to it")))?;
        let timeout = if has_timeout { "SELECT" } else { STATEMENT_TIMEOUT };
        Ok(Self { runtime, client: Some(client), task: Some(task), timeout, patience, lost: false, open })
    }

    /// Returns what is to be told of a connection that anybody on the way can read.
    pub(super) fn told(&self, address: &Address) -> Option<String> {
        self.open.then(|| {
            format!(
                "the connection to `{address}` is not encrypted: the server offers no TLS; `sslmode=require` in the address \
                 refuses that, `sslmode=disable` says that it is meant so"
            )
        })
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
    ) -> Result<Vec<u64>, Failure> {
        let patience = self.patience;
        self.ask(async |client| {
            let messages = patient(patience, client.simple_query_raw(sql)).await??;
            pin_mut!(messages);
            let mut counts = Vec::new();
            while let Some(message) = patient(patience, messages.next()).await? {
                match message? {
                    SimpleQueryMessage::Row(row) => each(counts.len(), &row),
                    SimpleQueryMessage::CommandComplete(count) => counts.push(count),
                    _ => {}
                }
            }
            Ok(counts)
        })
    }

    /// Asks the server for something; a connection on which nothing more will be heard is given up.
    fn ask<T>(&mut self, ask: impl AsyncFnOnce(&Client) -> Result<T, Failure>) -> Result<T, Failure> {
        let Some(client) = &self.client else {
            return Err(Failure::Silent(self.patience.unwrap_or_default()));
        };
        let answer = self.runtime.block_on(ask(client));
        match &answer {
            Err(Failure::Silent(_)) => {
                self.lost = true;
                self.client = None;
                self.task.take().into_iter().for_each(|task| task.abort());
            }
            Err(failure) => self.lost |= failure.is_loss(),
            Ok(_) => {}
        }
        answer
    }

    /// Runs statements whose rows nobody wants.
    pub(super) fn execute(&mut self, sql: &str) -> Result<Vec<u64>, Failure> {
        self.run(sql, &mut |_, _| {})
    }

    /// Gives up the transaction, if there is one. A connection that is lost has given it up.
    pub(super) fn roll_back(&mut self) {
        if !self.is_closed() {
            let _lost = self.execute("ROLLBACK");
        }
    }

    /// Returns whether the connection is lost.
    pub(super) fn is_closed(&self) -> bool {
        self.lost || self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// Begins to copy rows into a table.
    pub(super) fn copy_in(&mut self, sql: &str) -> Result<Copying, Failure> {
        let patience = self.patience;
        let sink = self.ask(async |client| Ok(patient(patience, client.copy_in(sql)).await??))?;
        Ok(Copying { sink: Box::pin(sink) })
    }

    /// Sends rows that are copied.
    pub(super) fn send(&mut self, copying: &mut Copying, rows: Vec<u8>) -> Result<(), Failure> {
        let patience = self.patience;
        self.ask(async |_| Ok(patient(patience, copying.sink.send(std::io::Cursor::new(rows))).await??))
    }

    /// Ends the copying.
    pub(super) fn finish(&mut self, mut copying: Copying) -> Result<u64, Failure> {
        let patience = self.patience;
        self.ask(async |_| Ok(patient(patience, copying.sink.as_mut().finish()).await??))
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
pub(super) fn cause(failure: &Failure) -> String {
    let error = match failure {
        Failure::Told(error) => error,
        Failure::Silent(time) => {
            let seconds = time.as_secs();
            let unit = if seconds == 1 { "second" } else { "seconds" };
            return format!("the server has not responded for {seconds} {unit}");
        }
        Failure::TooMuch(excess) => return excess.to_string(),
    };
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
fn unreachable(address: &Address, error: &Failure) -> ReadError {
    let why = cause(error);
    let code = error.code();
    let (message, help) = match code {
        Some(&SqlState::INVALID_PASSWORD) => (
            format!("the database at `{address}` does not accept the user or the password"),
            "give the password in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml",
        ),
        None if matches!(error, Failure::Silent(_)) => (
            format!("the server at `{address}` is not PostgreSQL, or hangs"),
            "check the host, the port and the server; `connect_timeout` gives it more time",
        ),
        _ if why.contains("client certificate") || why.contains("certificate authentication failed") => (
            format!(
                "the database at `{address}` does not accept the certificate of the client, or requires one"
            ),
            "name a certificate for this user and its key: `sslcert=FILE&sslkey=FILE`",
        ),
        Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => (
            format!("the database at `{address}` does not let this user in"),
            "check that the role exists, and that pg_hba.conf has a line for it and this machine",
        ),
        Some(&SqlState::INVALID_CATALOG_NAME) => (
            format!("there is no such database: `{address}`"),
            "`psql -l` lists the databases; its name is in Jira's dbconfig.xml",
        ),
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => (
            format!("the database at `{address}` does not let this user in"),
            "run `GRANT CONNECT ON DATABASE ... TO ...` as its owner",
        ),
        _ if why.contains("password missing") => (
            format!("the database at `{address}` requires a password"),
            "give it in PGPASSWORD, in ~/.pgpass, or by `password-command` in pcfg.toml",
        ),
        _ if why.contains("TLS") || why.contains("fatal alert") || why.contains("certificate") => (
            format!("the connection to `{address}` cannot be encrypted as `sslmode` requires"),
            "give the CA certificate of the server with `sslrootcert=FILE`, or choose another `sslmode`",
        ),
        _ => (
            format!("the database at `{address}` cannot be reached"),
            "check the host and the port, that the server runs, and that no firewall blocks it",
        ),
    };
    ReadError::Server { message, source: Some(Box::new(Cause(why))), help: Some(help.to_owned()) }
}

/// Says why reading failed.
pub(super) fn unread(address: &Address, error: &Failure) -> ReadError {
    let (message, help) = told(address, error);
    ReadError::Server {
        message: message.unwrap_or_else(|| format!("cannot read the database at `{address}`")),
        source: Some(Box::new(Cause(cause(error)))),
        help,
    }
}

/// Says why writing failed.
pub(super) fn unwritten(address: &Address, error: &Failure) -> WriteError {
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
            how: "it exists already".to_owned(),
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
fn told(address: &Address, error: &Failure) -> (Option<String>, Option<String>) {
    let user = layout::role(address);
    let some = |message: String, help: &str| (Some(message), Some(help.to_owned()));
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let message = error.as_db_error().map(|own| own.message()).unwrap_or_default();
            // What the role may read of Jira is looked at before; what is left is pcfg's own, and the right to write.
            let help = match message.rsplit(' ').next().unwrap_or_default().trim_matches('"') {
                "pcfg" | "run" | "change" | "meta" | "stream" | "file" => format!(
                    "run as its owner: `GRANT USAGE ON SCHEMA pcfg TO {user}; GRANT SELECT ON ALL TABLES IN SCHEMA pcfg TO {user};`"
                ),
                layout::HEARTBEATS => {
                    format!("run `GRANT SELECT ON {} TO {user}` as its owner: it shows whether Jira is \
                    running", layout::HEARTBEATS)
                }
                _ => "connect with Jira's own role, or with a member of it: new rows need the rights of the owner".to_owned(),
            };
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
        None if matches!(error, Failure::TooMuch(_)) => some(
            format!("the database at `{address}` contains too much"),
            "docs/performance.md has the limits, and which instances stay below them",
        ),
        None => some(
            match error {
                Failure::Silent(_) => format!("the database at `{address}` no longer responds"),
                Failure::Told(_) | Failure::TooMuch(_) => format!("the connection to `{address}` was lost"),
            },
            "try again when the server responds; an incomplete change has been rolled back",
        ),
        Some(
            &(SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT),
        ) => some(
            format!("the server ended the connection to `{address}`"),
            "try again when it responds; an incomplete change has been rolled back",
        ),
        _ => (None, None),
    }
}
