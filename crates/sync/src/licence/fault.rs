//! What can be wrong with a licence file.
//!
//! Invariant: each fault has its own words, with the file and what to do.

use std::io;
use std::path::PathBuf;

/// What is wrong with a licence file.
#[derive(Debug, thiserror::Error)]
pub enum LicenceFault {
    /// Not XML.
    #[error("the licence file is broken at byte {at}: {why}. Download it again and put it there unchanged")]
    Broken {
        /// Where.
        at: u64,
        /// What the parser says.
        why: String,
    },
    /// Something else.
    #[error("this is not a licence of Backbone Issue Sync: it has no policies")]
    NotALicence,
    /// Larger than a licence is.
    #[error("the licence file is larger than {0} bytes: no licence is")]
    TooLarge(u64),
    /// A part is missing.
    #[error("the licence has no {0}")]
    Missing(&'static str),
    /// A part is there twice.
    #[error("the licence says {0} twice: it is not clear what holds")]
    Twice(String),
    /// Another product.
    #[error(
        "the licence is for `{found}`, and not for `{}`: this is the licence of another product",
        super::PRODUCT_KEY
    )]
    OtherProduct {
        /// The product of the licence.
        found: String,
    },
    /// The expiry is no day.
    #[error("the licence expires on `{0}`, which is no day (as in 2027-08-11)")]
    NotADay(String),
    /// The number of endpoints is none.
    #[error("the licence is for `{0}` endpoints, which is no number")]
    NotANumber(String),
    /// The number of endpoints is negative.
    #[error("the licence is for {0} endpoints: there cannot be less than none")]
    Negative(String),
    /// The number of endpoints is larger than any that is sold.
    #[error("the licence is for {0} endpoints: more than 1000000 are not believed")]
    Huge(String),
    /// It lies in the local home of a Data Center.
    #[error("the licence lies in the local home of a node ({}), and must lie in the shared home: move it to {}", found.display(), belongs.display())]
    LocalHome {
        /// Where it lies.
        found: PathBuf,
        /// Where it belongs.
        belongs: PathBuf,
    },
    /// The system refused.
    #[error("{}: {error}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}
