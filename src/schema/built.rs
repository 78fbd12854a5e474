//! The schema of this build: read from the documents once, when pcfg is built, and unpacked by every run.
//!
//! The build script (`build.rs`) is made of the same code, reads `XSD` and `DATA_XSD` with it and writes what it read. Invariant: what
//! is unpacked is what the documents say (`the_built_schema_is_that_of_the_documents`).

use super::Schema;
#[cfg(any(test, not(packed_schema)))]
use super::{DATA_XSD, LoadError, XSD, load};

/// Reads the schema from its documents.
#[cfg(any(test, not(packed_schema)))]
pub(super) fn of_documents() -> Result<Schema, LoadError> {
    load::load(&[XSD, DATA_XSD])
}

/// Unpacks the schema.
#[cfg(packed_schema)]
pub(super) fn schema() -> Schema {
    const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schema.packed"));
    postcard::from_bytes(PACKED).expect("it was packed by the same code")
}

/// The build script has no packed one yet.
#[cfg(not(packed_schema))]
pub(super) fn schema() -> Schema {
    of_documents().expect("what reads no schema is not built")
}

impl Schema {
    /// Packs the schema that the documents describe, for the build script.
    #[cfg(not(packed_schema))]
    pub(crate) fn packed() -> Result<Vec<u8>, String> {
        let schema = of_documents().map_err(|error| error.to_string())?;
        postcard::to_stdvec(&schema).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_schema_is_that_of_the_documents() {
        assert_eq!(format!("{:?}", Schema::get()), format!("{:?}", of_documents().unwrap()));
    }
}
