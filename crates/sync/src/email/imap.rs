//! A mailbox on an IMAP server.
//!
//! Mails are named by their numbers (UID) together with the validity of these (UIDVALIDITY): when a server counts anew, nothing is
//! found under an old number, and the next look begins from the start.
//!
//! Invariant: a mail does not count as seen by being looked at; what is moved is one mail of ours; nothing is said before TLS is there,
//! unless the settings have none.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::types::Flag;
use async_imap::{Client, Session};
use futures_util::TryStreamExt as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;

use super::tls;
use super::{EmailSettings, Listed, MailFault, MailId, Mailbox, Password, Security, Shelf};

/// For how long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Stream for T {}

type Connection = Session<Box<dyn Stream>>;

/// A mailbox on an IMAP server, connected when it is needed.
pub struct Imap {
    runtime: Runtime,
    server: String,
    port: u16,
    security: Security,
    user: String,
    password: Password,
    authorities: Option<PathBuf>,
    open: Option<Open>,
}

struct Open {
    session: Connection,
    validity: u32,
    can_move: bool,
    has_uidplus: bool,
    /// The folders that are known to be there, by shelf.
    shelves: BTreeMap<&'static str, String>,
}

impl Imap {
    /// The mailbox of these settings, which have been checked. Nothing is connected yet.
    pub fn new(settings: &EmailSettings, password: Password) -> Result<Self, MailFault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let receive = &settings.receive;
        Ok(Self {
            runtime: runtime.map_err(|error| MailFault::Unavailable(error.to_string()))?,
            server: receive.server.clone(),
            port: receive.port,
            security: receive.security,
            user: receive.user.clone(),
            password,
            authorities: settings.authorities.clone(),
            open: None,
        })
    }

    /// Does something with the open mailbox; after a failure the next call connects anew.
    fn with<T>(&mut self, act: impl AsyncFnOnce(&mut Open) -> Result<T, MailFault>) -> Result<T, MailFault> {
        let server = format!("{}:{}", self.server, self.port);
        let open = self.open.take();
        let (result, open) = self.runtime.block_on(async {
            let connected = match open {
                Some(open) => Ok(open),
                None => patiently(&server, connected(self)).await,
            };
            let mut open = match connected {
                Ok(open) => open,
                Err(fault) => return (Err(fault), None),
            };
            let result = patiently(&server, act(&mut open)).await;
            let stays = matches!(result, Ok(_) | Err(MailFault::Gone));
            (result, stays.then_some(open))
        });
        self.open = open;
        result
    }
}

async fn patiently<T>(
    server: &str,
    work: impl Future<Output = Result<T, MailFault>>,
) -> Result<T, MailFault> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Err(MailFault::Unavailable(why))) => {
            Err(MailFault::Unavailable(format!("the server {server}: {why}")))
        }
        Ok(Err(MailFault::Wrong(why))) => Err(MailFault::Wrong(format!("the server {server}: {why}"))),
        Ok(result) => result,
        Err(_) => Err(MailFault::Unavailable(format!(
            "the server {server} was silent for {} s",
            PATIENCE.as_secs()
        ))),
    }
}

fn away(error: impl fmt::Display) -> MailFault {
    MailFault::Unavailable(error.to_string())
}

/// What a server said no to will not be otherwise the next time.
fn failed(error: Error) -> MailFault {
    match error {
        Error::No(why) | Error::Bad(why) => MailFault::Wrong(why),
        other => away(other),
    }
}

async fn connected(imap: &Imap) -> Result<Open, MailFault> {
    let tcp = TcpStream::connect((imap.server.as_str(), imap.port)).await.map_err(away)?;
    let secured = async |stream: Box<dyn Stream>| -> Result<Box<dyn Stream>, MailFault> {
        let connector = TlsConnector::from(tls::config(imap.authorities.as_deref())?);
        let name =
            ServerName::try_from(imap.server.clone()).map_err(|error| MailFault::Wrong(error.to_string()))?;
        let stream: Box<dyn Stream> = match connector.connect(name, stream).await {
            Ok(stream) => Box::new(stream),
            // A certificate that is refused stays so.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(MailFault::Wrong(error.to_string()));
            }
            Err(error) => return Err(away(error)),
        };
        Ok(stream)
    };
    let mut stream: Box<dyn Stream> = Box::new(tcp);
    if imap.security == Security::Tls {
        stream = secured(stream).await?;
    }
    let mut client = Client::new(stream);
    greeted(&mut client).await?;
    if imap.security == Security::StartTls {
        client.run_command_and_check_ok("STARTTLS", None).await.map_err(failed)?;
        // What came after the answer, and not under TLS, is forgotten with the client.
        client = Client::new(secured(client.into_inner()).await?);
    }
    let refused = |(error, _): (Error, Client<Box<dyn Stream>>)| match failed(error) {
        MailFault::Wrong(why) => MailFault::Wrong(format!("`{}` cannot log in: {why}", imap.user)),
        other => other,
    };
    let mut session = client.login(&imap.user, imap.password.reveal()).await.map_err(refused)?;
    let capabilities = session.capabilities().await.map_err(failed)?;
    let (can_move, has_uidplus) = (capabilities.has_str("MOVE"), capabilities.has_str("UIDPLUS"));
    let inbox = session.select("INBOX").await.map_err(failed)?;
    let validity =
        inbox.uid_validity.ok_or_else(|| MailFault::Wrong("it gives mails no lasting numbers".to_owned()))?;
    Ok(Open { session, validity, can_move, has_uidplus, shelves: BTreeMap::new() })
}

async fn greeted(client: &mut Client<Box<dyn Stream>>) -> Result<(), MailFault> {
    match client.read_response().await.map_err(away)? {
        Some(_) => Ok(()),
        None => Err(away("it closed the connection without a word")),
    }
}

impl Open {
    /// The folder of a shelf, made if it is not there. Servers differ in what stands between its parts, and where it may be.
    async fn folder(&mut self, shelf: Shelf) -> Result<String, MailFault> {
        let name = match shelf {
            Shelf::Done => "done",
            Shelf::Quarantine => "quarantine",
        };
        if let Some(folder) = self.shelves.get(name) {
            return Ok(folder.clone());
        }
        let root: Vec<_> =
            self.session.list(None, None).await.map_err(failed)?.try_collect().await.map_err(failed)?;
        let between = root.first().and_then(|root| root.delimiter()).unwrap_or("/").to_owned();
        let mut last = MailFault::Gone;
        for folder in [format!("pcfg{between}{name}"), format!("INBOX{between}pcfg{between}{name}")] {
            let there: Vec<_> = self
                .session
                .list(None, Some(&format!("\"{folder}\"")))
                .await
                .map_err(failed)?
                .try_collect()
                .await
                .map_err(failed)?;
            let made = if there.is_empty() { self.session.create(&folder).await } else { Ok(()) };
            match made {
                Ok(()) => {
                    self.shelves.insert(name, folder.clone());
                    return Ok(folder);
                }
                Err(error) => last = failed(error),
            }
        }
        Err(last)
    }

    fn current(&self, id: MailId) -> Result<String, MailFault> {
        if id.validity == self.validity { Ok(id.uid.to_string()) } else { Err(MailFault::Gone) }
    }

    async fn is_there(&mut self, uid: &str) -> Result<bool, MailFault> {
        let found: Vec<_> = self
            .session
            .uid_fetch(uid, "(UID)")
            .await
            .map_err(failed)?
            .try_collect()
            .await
            .map_err(failed)?;
        Ok(found.iter().any(|mail| mail.uid.is_some_and(|found| found.to_string() == uid)))
    }
}

impl Mailbox for Imap {
    fn list(&mut self) -> Result<Vec<Listed>, MailFault> {
        self.with(async |open| {
            // Selected anew: what has come since, and whether the numbers are still the same.
            let inbox = open.session.select("INBOX").await.map_err(failed)?;
            let validity = inbox.uid_validity.unwrap_or(open.validity);
            open.validity = validity;
            if inbox.exists == 0 {
                return Ok(Vec::new());
            }
            let query = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER])";
            let found = open.session.uid_fetch("1:*", query).await.map_err(failed)?;
            let found: Vec<_> = found.try_collect().await.map_err(failed)?;
            let mut listed: Vec<Listed> = found
                .iter()
                // One that could be copied and only marked: see `put`.
                .filter(|mail| !mail.flags().any(|flag| flag == Flag::Deleted))
                .filter_map(|mail| {
                    Some(Listed {
                        id: MailId { validity, uid: mail.uid? },
                        size: u64::from(mail.size?),
                        head: mail.header()?.to_vec(),
                    })
                })
                .collect();
            listed.sort_by_key(|mail| mail.id);
            Ok(listed)
        })
    }

    fn fetch(&mut self, id: MailId) -> Result<Vec<u8>, MailFault> {
        self.with(async |open| {
            let uid = open.current(id)?;
            let found = open.session.uid_fetch(&uid, "(UID BODY.PEEK[])").await.map_err(failed)?;
            let found: Vec<_> = found.try_collect().await.map_err(failed)?;
            let mail = found.iter().find(|mail| mail.uid == Some(id.uid));
            mail.and_then(|mail| mail.body()).map(<[u8]>::to_vec).ok_or(MailFault::Gone)
        })
    }

    fn put(&mut self, id: MailId, shelf: Shelf) -> Result<(), MailFault> {
        self.with(async |open| {
            let uid = open.current(id)?;
            if !open.is_there(&uid).await? {
                return Err(MailFault::Gone);
            }
            let folder = open.folder(shelf).await?;
            if open.can_move {
                return open.session.uid_mv(&uid, &folder).await.map_err(failed);
            }
            open.session.uid_copy(&uid, &folder).await.map_err(failed)?;
            let stored = open.session.uid_store(&uid, "+FLAGS.SILENT (\\Deleted)").await.map_err(failed)?;
            drop(stored.try_collect::<Vec<_>>().await.map_err(failed)?);
            if open.has_uidplus {
                let gone = open.session.uid_expunge(&uid).await.map_err(failed)?;
                drop(gone.try_collect::<Vec<_>>().await.map_err(failed)?);
            }
            // Without that command others that somebody marked would go, too: it stays marked, and is passed over as taken.
            Ok(())
        })
    }
}
