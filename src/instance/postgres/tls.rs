//! Encryption of the connection, and how the server is told from an impostor.
//!
//! Invariant: `verify-full` accepts a certificate of a known authority that names the host, `verify-ca` one of a known
//! authority, and the others any, as libpq does; only with a file of authorities does `require` check as `verify-ca` does.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::instance::{Address, ReadError, SslMode};

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
            Some(built.map_err(|error| failed("the certificates of authorities cannot be used", error))?)
        }
        false => None,
    };
    let names_host = address.ssl_mode == SslMode::VerifyFull;
    let verifier = Arc::new(Verifier { provider, authority, names_host });
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn failed(message: &str, error: impl std::error::Error + Send + Sync + 'static) -> ReadError {
    ReadError::Server { message: message.to_owned(), source: Some(Box::new(error)), help: None }
}

/// Returns the certificates of the authorities that are trusted.
fn roots(file: Option<&Path>) -> Result<RootCertStore, ReadError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return match roots.is_empty() {
            true => Err(ReadError::Server {
                message: "this system has no certificates of authorities".to_owned(),
                source: None,
                help: Some(
                    "name the file with that of the server's authority: `sslrootcert=FILE`".to_owned(),
                ),
            }),
            false => Ok(roots),
        };
    };
    let wrong = |error| failed(&format!("cannot read the certificates in `{}`", file.display()), error);
    for certificate in CertificateDer::pem_file_iter(file).map_err(wrong)? {
        let added = roots.add(certificate.map_err(wrong)?);
        added.map_err(|error| failed(&format!("cannot use a certificate in `{}`", file.display()), error))?;
    }
    Ok(roots)
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
