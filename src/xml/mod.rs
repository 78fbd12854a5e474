//! Configuration files: text to elements and back.
//!
//! Laws: `read(write(x)) = x`, and `write(read(f)) = f` for a canonical `f`. There is one canonical spelling of every
//! configuration; `docs/format.md` describes it.

mod escape;
mod read;
mod spot;
mod write;

pub use escape::is_forbidden;
pub use read::{Document, MAX_BYTES, decode, read};
pub use spot::spot;
pub use write::{to_string, write};
