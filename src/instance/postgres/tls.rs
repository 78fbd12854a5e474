//! Encryption of the connection, and how the server is told from an impostor.
//!
//! Invariant: `verify-full` accepts a certificate of a known authority that names the host, `verify-ca` one of a known
//! authority, and the others any, as libpq does; only with a file of authorities does `require` check as `verify-ca` does.
//! A key that others can read is not used.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InconsistentKeys, RootCertStore,
    SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::instance::{Address, ReadError, SslMode};
use crate::rest::authorities::{self, NoCertificates};

/// Returns what makes connections of an address secret.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, ReadError> {
    let provider = Arc::new(ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| failed("encryption cannot be set up", error))?;
    let checks = match address.ssl_mode {
        SslMode::VerifyFull | SslMode::VerifyCa => true,
        SslMode::Require => address.ssl_root_cert.is_some(),
        SslMode::Disable | SslMode::Prefer => false,
    };
    let authority = match checks {
        true => {
            let roots = Arc::new(roots(address.ssl_root_cert.as_deref())?);
            let built = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
            Some(built.map_err(|error| failed("the CA certificates cannot be used", error))?)
        }
        false => None,
    };
    let names_host = address.ssl_mode == SslMode::VerifyFull;
    let verifier = Arc::new(Verifier { provider: Arc::clone(&provider), authority, names_host });
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let config = match &address.client {
        Some((certificate, key)) => {
            let own = provider.key_provider.load_private_key(private_key(key)?);
            let own =
                own.map_err(|error| failed(&format!("cannot use the key in `{}`", key.display()), error))?;
            let own = CertifiedKey::new(certificates(certificate)?, own);
            // Of a certificate of version 1, as many are, it cannot be told whether they belong together; the server finds out.
            if let Err(error @ Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) = own.keys_match() {
                let (certificate, key) = (certificate.display(), key.display());
                let message =
                    format!("the certificate in `{certificate}` cannot be used with the key in `{key}`");
                return Err(failed(&message, error));
            }
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
        }
        None => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn failed(message: &str, error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError::Server { message: message.to_owned(), source: Some(Box::new(error)), help: None }
}

/// Returns the certificates of the authorities that are trusted.
fn roots(file: Option<&Path>) -> Result<RootCertStore, ReadError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        roots.add_parsable_certificates(authorities::of_system());
        return match roots.is_empty() {
            true => Err(ReadError::Server {
                message: "this system has no CA certificates".to_owned(),
                source: None,
                help: Some(
                    "give the file with the CA certificate of the server: `sslrootcert=FILE`".to_owned(),
                ),
            }),
            false => Ok(roots),
        };
    };
    for certificate in certificates(file)? {
        let added = roots.add(certificate);
        added.map_err(|error| failed(&format!("cannot use a certificate in `{}`", file.display()), error))?;
    }
    Ok(roots)
}

/// Reads the certificates of a file.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ReadError> {
    authorities::of_file(file).map_err(|error| match error {
        NoCertificates::Unread { source, .. } => {
            failed(&format!("cannot read the certificates in `{}`", file.display()), source)
        }
        NoCertificates::Empty { .. } => ReadError::Server {
            message: format!("there is no certificate in `{}`", file.display()),
            source: None,
            help: Some("it has to begin with `-----BEGIN CERTIFICATE-----`".to_owned()),
        },
    })
}

/// Reads the key of the client's certificate, which nobody else may be able to read.
fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, ReadError> {
    #[cfg(unix)]
    if let Ok(metadata) = file.metadata()
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        return Err(ReadError::Server {
            message: format!("others can read the key in `{}`", file.display()),
            source: None,
            help: Some(format!("`chmod 600 {}`", file.display())),
        });
    }
    PrivateKeyDer::from_pem_file(file).map_err(|error| ReadError::Server {
        message: format!("cannot read the key in `{}`", file.display()),
        source: Some(Box::new(error)),
        help: Some("it has to be a PEM file with a key that has no passphrase".to_owned()),
    })
}

#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Knows the authorities; without it every certificate is good.
    authority: Option<Arc<WebPkiServerVerifier>>,
    /// Whether the certificate has to name the host.
    names_host: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        match authority.verify_server_cert(certificate, intermediates, host, ocsp, now) {
            // Names are looked at last: everything else is good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names_host => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
