//! The accounts of a half: one to receive with, and one to send with, which may have the same credentials.
//!
//! Take one account for both unless there is a reason. The user name may differ from the address.
//!
//! Invariant: no settings reach a server without TLS but one on this machine, where that was asked for.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::PasswordSource;

/// How a connection is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after a command; without it nothing is said.
    StartTls,
    /// Not at all: for a server on this machine, with `--insecure`.
    None,
}

/// Who logs in, and with which password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user name; it may differ from the address.
    pub user: String,
    /// Where the password comes from.
    pub password: PasswordSource,
}

/// The account in whose mailbox messages are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The address, to which the partner sends.
    pub address: String,
    /// The user name; it may differ from the address.
    pub user: String,
    /// Where the password comes from.
    pub password: PasswordSource,
    /// The IMAP server.
    pub server: String,
    /// Its port: 993 for TLS, 143 for STARTTLS.
    pub port: u16,
    /// How the connection is kept from others.
    #[serde(default)]
    pub security: Security,
}

/// The account with which messages are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendAccount {
    /// The address that is the sender.
    pub address: String,
    /// The submission server.
    pub server: String,
    /// Its port: 465 for TLS, 587 for STARTTLS.
    pub port: u16,
    /// How the connection is kept from others.
    #[serde(default)]
    pub security: Security,
    /// The credentials; without them those of the account that receives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// The settings of an e-mail channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSettings {
    /// The account that receives.
    pub receive: Account,
    /// The account that sends.
    pub send: SendAccount,
    /// A file with certificates of authorities that are trusted besides those of the system, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<std::path::PathBuf>,
}

/// Why accounts cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// Without TLS over a network.
    #[error(
        "{0} would be reached without TLS, and the password and who writes to whom be read by others: take `security = \"tls\"` or `\"starttls\"`"
    )]
    Plain(String),
    /// Without TLS on this machine, without being asked for.
    #[error("{0} would be reached without TLS; it is on this machine: add `--insecure` if that is meant")]
    NotAsked(String),
    /// Not an address.
    #[error("`{0}` is not an e-mail address")]
    Address(String),
}

impl EmailSettings {
    /// Fails if something would be said that others can read.
    pub fn check(&self, insecure: bool) -> Result<(), AccountFault> {
        for (server, security) in
            [(&self.receive.server, self.receive.security), (&self.send.server, self.send.security)]
        {
            match security {
                Security::Tls | Security::StartTls => {}
                Security::None if !is_local(server) => return Err(AccountFault::Plain(server.clone())),
                Security::None if !insecure => return Err(AccountFault::NotAsked(server.clone())),
                Security::None => {}
            }
        }
        for address in [&self.receive.address, &self.send.address] {
            address.parse::<lettre::Address>().map_err(|_| AccountFault::Address(address.clone()))?;
        }
        Ok(())
    }

    /// The user and the password with which mails are sent.
    pub fn send_credentials(&self) -> (&str, &PasswordSource) {
        match &self.send.credentials {
            Some(own) => (&own.user, &own.password),
            None => (&self.receive.user, &self.receive.password),
        }
    }
}

fn is_local(server: &str) -> bool {
    server == "localhost" || server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
