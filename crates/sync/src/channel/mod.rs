//! What carries sealed messages: folders, and mailboxes.
//!
//! Invariant: nothing that a channel says of a message is believed; names tell nothing of an issue, a project or a configuration.

mod file;
#[cfg(test)]
mod file_tests;
mod kind;
mod link;
mod name;
mod place;

pub use file::{Consume, FileChannel, FileSetup};
pub use kind::{ChannelKind, UnknownChannel};
pub use link::{LinkFault, Linked, link};
pub use name::MessageName;
pub use place::{QUARANTINE, RECEIVE, SEND, Trouble, make};
