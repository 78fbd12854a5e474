//! Configuration files: text to elements and back.
//!
//! Laws: `read(write(x)) = x`, and `write(read(f)) = f` for a canonical `f`. There is one canonical spelling of every
//! configuration; `docs/format.md` describes it.

mod beside;
mod conflict;
mod decode;
mod escape;
mod explain;
mod read;
mod root;
mod spot;
mod write;

pub use beside::Beside;
pub use conflict::{Labels, Region, regions, view, write_disputed};
pub use decode::{MAX_BYTES, decode, is_utf16, utf8};
pub use escape::is_forbidden;
pub use read::{Document, Each, read, read_data, read_each, read_part};
pub use root::{beginning, begins_as_xml, root_of};
pub use spot::spot;
pub use write::{to_string, write, write_with};
