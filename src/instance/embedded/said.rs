//! What SQLite says, in words.
//!
//! Invariant: the number of an error is never all that is told.

use std::error::Error;
use std::sync::atomic::Ordering;

use rusqlite::ffi;

use crate::output;

/// Returns what an error of SQLite says; nothing of another error, and an empty text for the second half of one that was told.
pub fn said(error: &(dyn Error + 'static)) -> Option<String> {
    if error.is::<ffi::Error>() {
        return Some(String::new());
    }
    let error = error.downcast_ref::<rusqlite::Error>()?;
    let code = error.sqlite_error().map(|own| own.extended_code);
    // SQLite takes a full disk for that, and everything else for a broken one.
    let may_not_grow = code == Some(ffi::SQLITE_IOERR_WRITE) && output::limit().load(Ordering::Relaxed);
    Some(if may_not_grow { "file too large".to_owned() } else { error.to_string() })
}
