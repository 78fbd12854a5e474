//! The e-mail accounts of a half: asked for, kept, shown, and used.
//!
//! Invariant: a password is never an argument and is never kept; what is kept is where it comes from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pcfg_sync::Channel;
use pcfg_sync::channel::QUARANTINE;
use pcfg_sync::email::{
    Account, Credentials, EmailChannel, EmailSettings, EmailSetup, Imap, Password, PasswordSource, Security,
    SendAccount, Smtp,
};
use pcfg_sync::home::Folder;
use pcfg_sync::message::Limits;
use pcfg_sync::private;

use super::half::now;
use super::init::asked;
use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// The file in the folder of a half.
const FILE: &str = "email.toml";
/// It is not larger.
const LARGEST: u64 = 64 * 1024;
/// What stands above it.
const HEAD: &str = "# The e-mail accounts of this half. No password is in here, only where it comes from.\n";

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// TLS from the first byte
    Tls,
    /// TLS after a command; without it nothing is said
    Starttls,
    /// Not at all: only for a server on this machine, with `--insecure`
    None,
}

impl From<Way> for Security {
    fn from(way: Way) -> Self {
        match way {
            Way::Tls => Self::Tls,
            Way::Starttls => Self::StartTls,
            Way::None => Self::None,
        }
    }
}

/// The accounts of an e-mail channel.
#[derive(Debug, clap::Args)]
pub(super) struct Accounts {
    /// Address at which the partner's messages arrive; take one that nobody else reads
    #[arg(long, value_name = "ADDRESS", help_heading = "Receive e-mails")]
    address: Option<String>,
    /// Name of the IMAP server
    #[arg(long, value_name = "HOST", help_heading = "Receive e-mails")]
    imap_server: Option<String>,
    /// Its port; without it 993, with STARTTLS 143
    #[arg(long, value_name = "PORT", help_heading = "Receive e-mails")]
    imap_port: Option<u16>,
    /// How the connection is kept from others; without it TLS from the first byte
    #[arg(long, value_enum, value_name = "WAY", help_heading = "Receive e-mails")]
    imap_security: Option<Way>,
    /// User name of the account; it may differ from the address, which it is without this
    #[arg(long, value_name = "NAME", help_heading = "Receive e-mails")]
    imap_user: Option<String>,
    /// File of mode 0600 with the password in its first line
    #[arg(long, value_name = "FILE", help_heading = "Receive e-mails")]
    imap_password_file: Option<PathBuf>,
    /// Command whose first line of output is the password
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with = "imap_password_file",
        help_heading = "Receive e-mails"
    )]
    imap_password_command: Option<String>,
    /// Variable of the environment with the password
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["imap_password_file", "imap_password_command"],
        help_heading = "Receive e-mails"
    )]
    imap_password_env: Option<String>,
    /// Address that messages are sent from; without it the one at which they arrive
    #[arg(long, value_name = "ADDRESS", help_heading = "Send e-mails")]
    smtp_address: Option<String>,
    /// Name of the submission server
    #[arg(long, value_name = "HOST", help_heading = "Send e-mails")]
    smtp_server: Option<String>,
    /// Its port; without it 465, with STARTTLS 587
    #[arg(long, value_name = "PORT", help_heading = "Send e-mails")]
    smtp_port: Option<u16>,
    /// How the connection is kept from others; without it TLS from the first byte
    #[arg(long, value_enum, value_name = "WAY", help_heading = "Send e-mails")]
    smtp_security: Option<Way>,
    /// Send with the user name and the password of the account that receives: advised, unless there is a reason
    #[arg(
        long,
        conflicts_with_all = ["smtp_user", "smtp_password_file", "smtp_password_command", "smtp_password_env"],
        help_heading = "Send e-mails"
    )]
    copy_credentials: bool,
    /// User name to send with
    #[arg(long, value_name = "NAME", help_heading = "Send e-mails")]
    smtp_user: Option<String>,
    /// File of mode 0600 with the password to send with in its first line
    #[arg(long, value_name = "FILE", help_heading = "Send e-mails")]
    smtp_password_file: Option<PathBuf>,
    /// Command whose first line of output is the password to send with
    #[arg(
        long,
        value_name = "COMMAND",
        conflicts_with = "smtp_password_file",
        help_heading = "Send e-mails"
    )]
    smtp_password_command: Option<String>,
    /// Variable of the environment with the password to send with
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["smtp_password_file", "smtp_password_command"],
        help_heading = "Send e-mails"
    )]
    smtp_password_env: Option<String>,
    /// File with certificates (PEM) of authorities that are trusted besides those of the system
    #[arg(long, value_name = "FILE", help_heading = "E-mail servers")]
    authorities: Option<PathBuf>,
    /// Allow a server on this machine to be reached without TLS
    #[arg(long, help_heading = "E-mail servers")]
    insecure: bool,
}

/// A file as another folder finds it, too.
fn absolute(path: &Path) -> Result<PathBuf, Fault> {
    std::path::absolute(path)
        .map_err(|error| Fault::input(format!("`{}` cannot be found", path.display())).because(&error))
}

/// Where a password comes from, if anything was said of it.
fn source(
    file: Option<&Path>,
    command: Option<&String>,
    variable: Option<&String>,
) -> Result<Option<PasswordSource>, Fault> {
    Ok(match (file, command, variable) {
        (Some(file), ..) => Some(PasswordSource::File(absolute(file)?)),
        (_, Some(command), _) => Some(PasswordSource::Command(command.clone())),
        (.., Some(variable)) => Some(PasswordSource::Env(variable.clone())),
        _ => None,
    })
}

impl Accounts {
    /// The settings that are meant; what was left out is asked for where a terminal is there.
    pub(super) fn settings(&self, ui: &Ui) -> Result<Mail, Faults> {
        let address = asked(ui, self.address.as_deref(), "Address at which messages arrive:", "--address")?;
        let server = asked(ui, self.imap_server.as_deref(), "IMAP server:", "--imap-server")?;
        let user = self.imap_user.clone().or_else(|| {
            ui.ask_text(&format!("User name there, if it is not {address}:")).filter(|user| !user.is_empty())
        });
        let given = source(
            self.imap_password_file.as_deref(),
            self.imap_password_command.as_ref(),
            self.imap_password_env.as_ref(),
        )?;
        let password = match given {
            Some(given) => given,
            None => PasswordSource::File(absolute(Path::new(&asked(
                ui,
                None,
                "File of mode 0600 with its password:",
                "--imap-password-file",
            )?))?),
        };
        let security = self.imap_security.map_or(Security::Tls, Security::from);
        let receive = Account {
            user: user.unwrap_or_else(|| address.clone()),
            password,
            server,
            port: self.imap_port.unwrap_or(if security == Security::Tls { 993 } else { 143 }),
            security,
            address,
        };
        let send = self.sender(ui, &receive)?;
        let authorities = self.authorities.as_deref().map(absolute).transpose()?;
        let settings = EmailSettings { receive, send, authorities };
        settings
            .check(self.insecure)
            .map_err(|fault| Fault::usage("the e-mail accounts cannot be used so").because(&fault))?;
        Ok(Mail(settings))
    }

    fn sender(&self, ui: &Ui, receive: &Account) -> Result<SendAccount, Faults> {
        let server = asked(ui, self.smtp_server.as_deref(), "Submission server (SMTP):", "--smtp-server")?;
        let address = self.smtp_address.clone().unwrap_or_else(|| receive.address.clone());
        let given = source(
            self.smtp_password_file.as_deref(),
            self.smtp_password_command.as_ref(),
            self.smtp_password_env.as_ref(),
        )?;
        let user = self.smtp_user.clone().unwrap_or_else(|| address.clone());
        let copied = self.copy_credentials
            || (given.is_none()
                && self.smtp_user.is_none()
                && ui.ask("Send with the same user name and password?") == Some(true));
        let credentials = match given {
            _ if copied => None,
            Some(password) => Some(Credentials { user, password }),
            None => {
                let fault = Fault::usage("nothing says with which password mails are sent")
                    .hint("`--copy-credentials` takes user name and password of the account that receives")
                    .hint("or name its own: `--smtp-user NAME --smtp-password-file FILE`");
                return Err(fault.into());
            }
        };
        let security = self.smtp_security.map_or(Security::Tls, Security::from);
        let port = self.smtp_port.unwrap_or(if security == Security::Tls { 465 } else { 587 });
        Ok(SendAccount { address, server, port, security, credentials })
    }

    /// Whether anything was said of accounts.
    pub(super) fn are_named(&self) -> bool {
        self.address.is_some() || self.imap_server.is_some() || self.smtp_server.is_some()
    }
}

/// The accounts of a half.
pub(super) struct Mail(EmailSettings);

impl Mail {
    /// Those of a half's folder.
    pub(super) fn load(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(FILE);
        let unusable = |fault: &(dyn std::error::Error + 'static)| {
            Fault::input(format!("the e-mail accounts in `{}` cannot be used", path.display()))
                .because(fault)
                .hint("name them anew: `pcfg sync channel email --address …`")
        };
        let bytes = private::read(&path, LARGEST).map_err(|fault| unusable(&fault))?;
        let text = String::from_utf8(bytes).map_err(|fault| unusable(&fault))?;
        let settings: EmailSettings = toml::from_str(&text).map_err(|fault| unusable(&fault))?;
        // Whoever named a server of this machine without TLS was asked then.
        settings.check(true).map_err(|fault| unusable(&fault))?;
        Ok(Self(settings))
    }

    /// Keeps them in a half's folder.
    pub(super) fn save(&self, folder: &Path) -> Result<(), Fault> {
        let text = toml::to_string_pretty(&self.0).expect("accounts are words and numbers");
        private::replace(&folder.join(FILE), format!("{HEAD}{text}").as_bytes())
            .map_err(|fault| Fault::output("the e-mail accounts cannot be kept").because(&fault))
    }

    /// The address at which messages arrive.
    pub(super) fn address(&self) -> &str {
        &self.0.receive.address
    }

    /// What is known of them, for people.
    pub(super) fn lines(&self) -> [(&'static str, String); 2] {
        let EmailSettings { receive, send, .. } = &self.0;
        let way = |security: Security| match security {
            Security::Tls => "TLS",
            Security::StartTls => "STARTTLS",
            Security::None => "without TLS",
        };
        let (user, password) = self.0.send_credentials();
        [
            (
                "receives",
                format!(
                    "{} at {}:{} ({}), as {}, password from {}",
                    receive.address,
                    receive.server,
                    receive.port,
                    way(receive.security),
                    receive.user,
                    origin(&receive.password)
                ),
            ),
            (
                "sends",
                format!(
                    "{} at {}:{} ({}), as {user}, password from {}",
                    send.address,
                    send.server,
                    send.port,
                    way(send.security),
                    origin(password)
                ),
            ),
        ]
    }

    /// The channel by them; `to` is the partner's address, once it is known.
    pub(super) fn channel(&self, half: &Folder, to: Option<String>) -> Result<Box<dyn Channel>, Fault> {
        Ok(Box::new(self.connected(half, to)?))
    }

    fn connected(&self, half: &Folder, to: Option<String>) -> Result<EmailChannel<Imap, Smtp>, Fault> {
        let unusable = |fault: &(dyn std::error::Error + 'static)| {
            Fault::input("the e-mail accounts cannot be used").because(fault)
        };
        let receive = read(&self.0.receive.password)?;
        let (_, source) = self.0.send_credentials();
        let send = if *source == self.0.receive.password { receive.clone() } else { read(source)? };
        let mailbox = Imap::new(&self.0, receive).map_err(|fault| unusable(&fault))?;
        let transport = Smtp::new(&self.0, &send).map_err(|fault| unusable(&fault))?;
        let setup = EmailSetup {
            sync: half.facts.sync_id,
            role: half.facts.role,
            from: self.0.send.address.clone(),
            to,
            limit: Limits::default().max_message,
            quarantine: Some(half.exchange().join(QUARANTINE)),
            clock: Arc::new(now),
        };
        Ok(EmailChannel::new(setup, mailbox, transport))
    }

    /// What hinders both servers from letting this half in.
    pub(super) fn troubles(&self, half: &Folder) -> Vec<String> {
        match self.connected(half, None) {
            Ok(mut channel) => {
                channel.test().into_iter().filter_map(Result::err).map(|fault| fault.to_string()).collect()
            }
            Err(fault) => vec![super::channels::whole(&fault)],
        }
    }
}

fn origin(source: &PasswordSource) -> String {
    match source {
        PasswordSource::File(path) => format!("the file {}", path.display()),
        PasswordSource::Command(_) => "a command".to_owned(),
        PasswordSource::Env(name) => format!("the variable {name}"),
    }
}

fn read(source: &PasswordSource) -> Result<Password, Fault> {
    #[allow(clippy::disallowed_methods, reason = "this is the command line")]
    let variable = |name: &str| std::env::var(name).ok();
    source
        .read(&variable)
        .map_err(|fault| Fault::input("the password of a mail account is missing").because(&fault))
}
