//! Certificates of the authorities that say who a server is.
//!
//! Invariant: a file that is named and cannot be used is an error, not fewer authorities.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};

/// Why a file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoCertificates {
    /// It cannot be read, or is damaged.
    #[error("cannot read the certificates in `{}`", file.display())]
    Unread {
        /// The file.
        file: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// It holds none.
    #[error("there is no certificate in `{}`, which has to begin with `-----BEGIN CERTIFICATE-----`", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
}

/// Returns the certificates that this machine trusts; those that cannot be read are left out.
pub fn of_system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Reads the certificates of a file.
pub fn of_file(file: &Path) -> Result<Vec<CertificateDer<'static>>, NoCertificates> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|source| NoCertificates::Unread { file: file.to_owned(), source })?;
    match read.is_empty() {
        true => Err(NoCertificates::Empty { file: file.to_owned() }),
        false => Ok(read),
    }
}
