//! Folders of attachment files, as Jira keeps them.
//!
//! It knows where the file of an attachment is and how one comes there, and no row. Invariants: a file belongs to an attachment
//! by the id before the first `_` of its name, whatever the name says; nothing outside of the folder is read or written, for links in
//! it are refused; no file of other content is ever replaced or removed; memory is the same for every size.

mod fault;
mod folder;
mod layout;
mod put;

use std::fmt;

pub use self::fault::{Deed, Error};
pub use self::folder::{File, Folder, Look};
pub use self::layout::Layout;
pub use self::put::Placed;

/// What tells where the file of an attachment is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The first key of the project: Jira's folders keep it when a project is renamed (`Project.originalkey`).
    pub original_key: String,
    /// The number of the issue.
    pub number: u64,
    /// The id of the attachment.
    pub id: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { original_key, number, id } = self;
        write!(out, "attachment {id} of {}-{number}", original_key.escape_debug())
    }
}
