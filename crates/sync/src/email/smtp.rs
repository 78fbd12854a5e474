//! Mails are handed to a submission server.
//!
//! Invariant: nothing is said before TLS is there, unless the settings have none; a password is in no error.

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

use super::tls;
use super::{EmailSettings, Mail, MailFault, Password, Security, Transport};

/// For how long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// A submission server.
pub struct Smtp {
    server: String,
    transport: SmtpTransport,
}

impl Smtp {
    /// The server of these settings, which have been checked. Nothing is connected yet.
    pub fn new(settings: &EmailSettings, password: &Password) -> Result<Self, MailFault> {
        let send = &settings.send;
        let parameters = || -> Result<TlsParameters, MailFault> {
            let mut builder =
                TlsParameters::builder(send.server.clone()).certificate_store(CertificateStore::Default);
            for authority in tls::authorities(settings.authorities.as_deref())? {
                let certificate = Certificate::from_der(authority.to_vec());
                builder = builder.add_root_certificate(certificate.map_err(wrong)?);
            }
            builder.build_rustls().map_err(wrong)
        };
        let tls = match send.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::StartTls => Tls::Required(parameters()?),
            Security::None => Tls::None,
        };
        let (user, _) = settings.send_credentials();
        let transport = SmtpTransport::builder_dangerous(&send.server)
            .port(send.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .credentials(Credentials::new(user.to_owned(), password.reveal().to_owned()))
            .build();
        Ok(Self { server: format!("{}:{}", send.server, send.port), transport })
    }
}

fn wrong(error: lettre::transport::smtp::Error) -> MailFault {
    MailFault::Wrong(error.to_string())
}

impl Smtp {
    fn told(&self, what: &str, error: &lettre::transport::smtp::Error) -> MailFault {
        let told = format!("the server {} {what}: {error}", self.server);
        let is_for_good = error.is_permanent() || error.is_tls();
        if is_for_good { MailFault::Wrong(told) } else { MailFault::Unavailable(told) }
    }
}

impl Transport for Smtp {
    fn send(&mut self, mail: &Mail) -> Result<(), MailFault> {
        self.transport
            .send(&mail.message)
            .map(drop)
            .map_err(|error| self.told("did not take the mail", &error))
    }

    fn test(&mut self) -> Result<(), MailFault> {
        match self.transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailFault::Unavailable(format!("the server {} does not answer", self.server))),
            Err(error) => Err(self.told("does not let this half in", &error)),
        }
    }
}
