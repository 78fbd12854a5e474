//! An issue as its own Jira knows it, in names: what a half reads of it.
//!
//! Invariant: what identifies a row of a Jira is in a [`Handle`], which is opaque and never leaves its side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{SyncId, Time};

/// The key of an issue, such as `DEMO-7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
#[serde(transparent)]
pub struct IssueKey(pub String);

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A field of a Jira: one of its own by its name there (`summary`), or a custom field by the key of its type and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// `summary`, `description`, `environment`, `priority`, `resolution`, `assignee`, `reporter`, `duedate`, `labels`, `components`,
    /// `versions`, `fixVersions`, `security`, `timeoriginalestimate`, `timeestimate`.
    System(String),
    /// A custom field. The name alone need not be unique in a Jira.
    Custom {
        /// The key of its type, such as `com.atlassian.jira.plugin.system.customfieldtypes:select`.
        #[serde(rename = "type")]
        kind: String,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(name) | Self::Custom { name, .. } => f.write_str(name),
        }
    }
}

/// What values a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// Text of one line or of many.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// A length of time, in seconds.
    Duration,
    /// One of a list of named values: an option, a priority, a resolution, a security level.
    Choice,
    /// An option and one below it.
    Cascade,
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A version of the project.
    Version,
    /// A component of the project.
    Component,
    /// A free word, such as a label.
    Label,
}

/// The value of a field. A field without a value has none of these; a field of many values has [`Value::Many`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// Text, line ends as `\n`.
    Text(String),
    /// A number in its shortest decimal spelling, such as `2.5`.
    Number(String),
    /// A day, such as `2026-03-01`.
    Date(String),
    /// A moment.
    Moment(Time),
    /// Seconds.
    Duration(i64),
    /// The name of an option, a priority, a resolution, a security level.
    Choice(String),
    /// The names of an option and, where one is chosen, of one below it.
    Cascade(String, Option<String>),
    /// The name of a user (the name of the account in the Jira; the account id in a Cloud site).
    User(String),
    /// The name of a group.
    Group(String),
    /// The name of a version.
    Version(String),
    /// The name of a component.
    Component(String),
    /// A word.
    Label(String),
    /// Many values; a set, in order.
    Many(BTreeSet<Value>),
}

/// What finds a comment, a worklog, an attachment or a link in its own Jira again. Opaque; it never leaves its side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(pub String);

/// What an update expects an issue to be like: a Jira changes it with every change of the issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub String);

/// What a half writes on a thing that it makes, so that it is found again instead of being made twice: kept as the property
/// `pcfg.sync` of the issue, the comment or the worklog.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Marker {
    /// The synchronization.
    pub sync: SyncId,
    /// The epoch in which the thing was told of.
    pub epoch: u32,
    /// The number of the message, in that epoch, by which it was told.
    pub seq: u64,
    /// The teller's running number of the thing (0 for the issue itself), so that whoever finds a copy knows what it is a copy of.
    pub n: u32,
}

/// Who may see a comment or a worklog, where not everybody may who sees the issue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restriction {
    /// The members of a group.
    Group(String),
    /// Who has a role in the project.
    Role(String),
    /// Those who work on requests: an internal comment of Service Management.
    Internal,
}

/// When something was last changed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// The moment.
    pub at: Time,
    /// The user; none where it is not known.
    pub by: Option<String>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Finds it again.
    pub handle: Handle,
    /// The name of its author; none for an anonymous one.
    pub author: Option<String>,
    /// How the author is shown to people.
    pub author_shown: Option<String>,
    /// When it was written.
    pub created: Time,
    /// When it was last changed, and by whom.
    pub updated: Touched,
    /// What it says.
    pub body: String,
    /// Who may see it, where not everybody may.
    pub restriction: Option<Restriction>,
    /// What marks it as made by a half.
    pub marker: Option<Marker>,
}

/// A line of work logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worklog {
    /// Finds it again.
    pub handle: Handle,
    /// The name of its author.
    pub author: Option<String>,
    /// How the author is shown to people.
    pub author_shown: Option<String>,
    /// When the work was begun.
    pub started: Time,
    /// How long it took.
    pub seconds: i64,
    /// What was done.
    pub comment: String,
    /// When it was last changed, and by whom.
    pub updated: Touched,
    /// Who may see it, where not everybody may.
    pub restriction: Option<Restriction>,
    /// What marks it as made by a half.
    pub marker: Option<Marker>,
}

/// An attached file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Finds it again.
    pub handle: Handle,
    /// The name of its author.
    pub author: Option<String>,
    /// Its name.
    pub name: String,
    /// Its type, such as `image/png`.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// When it was attached.
    pub created: Time,
    /// What marks it as made by a half.
    pub marker: Option<Marker>,
}

/// On which end of a link an issue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[cfg_attr(any(test, feature = "schema"), schemars(inline))]
pub enum LinkEnd {
    /// It is the source: "DEMO-1 blocks DEMO-2", seen from DEMO-1.
    Outward,
    /// It is the destination.
    Inward,
}

/// A link to another issue, seen from one of the two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The name of its type, such as `Blocks`.
    pub kind: String,
    /// On which end the issue stands of which this is told.
    pub end: LinkEnd,
    /// The issue on the other end, of whatever project.
    pub to: IssueKey,
}

/// An issue as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueState {
    /// Its key.
    pub key: IssueKey,
    /// What an update has to expect.
    pub version: Version,
    /// What marks it as made by a half.
    pub marker: Option<Marker>,
    /// The name of its type.
    pub kind: String,
    /// The name of its status.
    pub status: String,
    /// When its status was last changed.
    pub status_touched: Touched,
    /// The issue of which it is a sub-task.
    pub parent: Option<IssueKey>,
    /// When it was made, and by whom.
    pub created: Touched,
    /// The values of its fields; a field that is not there is empty, unless it is among `unseen`.
    pub fields: BTreeMap<Field, Value>,
    /// Fields of which the value could not be read or understood. Unknown is not empty.
    pub unseen: BTreeSet<Field>,
    /// When each of its fields was last changed; the moment of its making where nothing is known.
    pub touched: BTreeMap<Field, Touched>,
    /// Its comments, oldest first; none where they were not asked for.
    pub comments: Vec<Comment>,
    /// Its worklogs, oldest first.
    pub worklogs: Vec<Worklog>,
    /// Its attachments, oldest first.
    pub attachments: Vec<Attachment>,
    /// Its links.
    pub links: BTreeSet<Link>,
}

impl IssueState {
    /// When and by whom a field was last changed.
    pub fn touched(&self, field: &Field) -> &Touched {
        self.touched.get(field).unwrap_or(&self.created)
    }
}
