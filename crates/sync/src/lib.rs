//! Keeps the issues of two projects in step by messages, where neither Jira can reach the other.
//!
//! Each of the two has a *half*: settings, keys and a state of its own, in a folder. What a half knows of a Jira it knows through the
//! trait [`Issues`]; what it tells the other half travels encrypted and signed through a channel.
//!
//! Invariant: nothing here knows pcfg's instances, its command line or a terminal; nothing outside the encrypted and signed part of a
//! message is believed.

pub mod channel;
#[cfg(any(test, feature = "testing"))]
pub mod contract;
#[cfg(feature = "email")]
pub mod email;
pub mod engine;
pub mod exchange;
#[cfg(any(test, feature = "testing"))]
pub mod fuzzed;
pub mod handshake;
pub mod home;
mod identity;
mod issue;
mod issues;
pub mod licence;
pub mod lifecycle;
pub mod mapping;
pub mod memory;
pub mod message;
mod needs;
pub mod openpgp;
pub mod private;
pub mod random;
#[cfg(test)]
mod samples;
pub mod settings;
#[cfg(test)]
mod simulator;
pub mod state;
mod told;

pub use identity::{Alias, InvalidAlias, Role, SyncId, Time};
pub use issue::{
    Attachment, Comment, Field, FieldKind, Handle, IssueKey, IssueState, Link, LinkEnd, Marker, Restriction,
    Touched, Value, Version, Worklog,
};
pub use issues::{
    Catalogue, CommentChange, Cursor, Edit, FieldFacts, FileFacts, IssueFault, Issues, LinkChange,
    LinkTypeFacts, Made, NewIssue, Parts, Right, Transition, TypeFacts, UserFacts, WorklogChange,
};
pub use needs::{
    Channel, ChannelFault, ConfigVersion, Conflict, Found, Hurdle, Lookup, Lying, Mapping, News, NewsLink,
    Numbers, OpenFault, Opened, Part, PartRule, Seal, Step, Steps,
};
pub use told::{Told, ToldAttachment, ToldComment, ToldIssue, ToldLink, ToldValue, ToldWorklog};
