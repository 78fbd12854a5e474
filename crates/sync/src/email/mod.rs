//! The channel of e-mails: PGP/MIME, sent by a submission server and found in a mailbox.
//!
//! Invariant: of a mail nothing is believed but what the partner's key signed; mails that are not ours stay untouched; a password is
//! shown nowhere and is sent over TLS alone, but to this machine itself where that was asked for.

mod account;
mod channel;
mod imap;
mod mail;
mod password;
mod smtp;
#[cfg(test)]
mod tests;
mod tls;

pub use account::{Account, AccountFault, Credentials, EmailSettings, Security, SendAccount};
pub use channel::{EmailChannel, EmailSetup, Listed, MailFault, MailId, Mailbox, Shelf, Transport};
pub use imap::Imap;
pub use mail::Mail;
pub use password::{Password, PasswordFault, PasswordSource};
pub use smtp::Smtp;
