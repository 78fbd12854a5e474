//! How servers are recognised: by the authorities of the system, and by those of a file.
//!
//! Invariant: a certificate is always checked, with the name of the server.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::MailFault;

/// The authorities of a file, as PEM.
pub(super) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, MailFault> {
    let Some(path) = file else { return Ok(Vec::new()) };
    let wrong = |error: &dyn std::fmt::Display| MailFault::Wrong(format!("{}: {error}", path.display()));
    let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    if found.is_empty() { Err(wrong(&"there is no certificate in it")) } else { Ok(found) }
}

/// What a connection by TLS trusts.
pub(super) fn config(file: Option<&Path>) -> Result<Arc<ClientConfig>, MailFault> {
    let mut roots = RootCertStore::empty();
    // What of the system's cannot be read is left out: a server that needs it is refused.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in authorities(file)? {
        roots.add(certificate).map_err(|error| MailFault::Wrong(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| MailFault::Wrong(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
