//! What a half needs of a Jira: one project as the synchronization's user sees it.
//!
//! Invariant: every call is made as that user, and a call either did all that it says or returned an error that tells which
//! ([`IssueFault`]); what may have been done all the same is found by its [`Marker`].

use std::collections::BTreeSet;
use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::{
    Attachment, Field, FieldKind, Handle, IssueKey, IssueState, LinkEnd, Marker, Restriction, Time, Value,
    Version,
};

/// A type of issues of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeFacts {
    /// Its name.
    pub name: String,
    /// Whether it is a type of sub-tasks.
    pub subtask: bool,
    /// The fields that an issue of it can hold: those of its screens, and those that need none.
    pub fields: Vec<FieldFacts>,
    /// The names of the statuses that it may have, in the order of its workflow.
    pub statuses: Vec<String>,
    /// The status of a new issue.
    pub initial: String,
    /// The steps of its workflow.
    pub transitions: Vec<Transition>,
    /// The statuses of which the steps that lead out are not known: there may be any. Unknown is not absent.
    pub unlearned: Vec<String>,
}

/// A field of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFacts {
    /// Which field.
    pub field: Field,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it holds many of these.
    pub many: bool,
    /// Whether an issue must have a value.
    pub required: bool,
    /// The names that can be chosen, in order, for choices, versions and components; of a cascade `parent` and `parent / child`.
    pub options: Vec<String>,
    /// Whether it can be written by this user at all.
    pub writable: bool,
}

/// A step of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Transition {
    /// Its number in the workflow, or its id in a live Jira.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of the status from which it leads.
    pub from: String,
    /// The name of the status to which it leads.
    pub to: String,
}

/// A type of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTypeFacts {
    /// Its name.
    pub name: String,
    /// What it says of the source.
    pub outward: String,
    /// What it says of the destination.
    pub inward: String,
}

/// A user who can be found in the Jira.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The name by which values name the user.
    pub name: String,
    /// How people see it.
    pub shown: String,
    /// The address, where it may be seen.
    pub email: Option<String>,
    /// Whether issues can be given to it.
    pub active: bool,
}

/// What the synchronization's user must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "they are Jira's own permissions, by their names")]
pub enum Right {
    BrowseProjects,
    CreateIssues,
    EditIssues,
    TransitionIssues,
    AdministerProjects,
    AssignIssues,
    ModifyReporter,
    LinkIssues,
    AddComments,
    EditOwnComments,
    DeleteOwnComments,
    WorkOnIssues,
    CreateAttachments,
    DeleteOwnAttachments,
}

/// What there is in the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The id of the Jira, by which licences count it; it is not a secret and names nothing.
    pub jira: String,
    /// Whether the Jira has a licence of its own for the synchronization; none where it cannot be known.
    pub licensed: Option<bool>,
    /// The key of the project.
    pub project: String,
    /// The synchronization's user.
    pub user: UserFacts,
    /// The types of issues.
    pub types: Vec<TypeFacts>,
    /// The types of links.
    pub link_types: Vec<LinkTypeFacts>,
    /// What the user may not do, of what a synchronization may need.
    pub missing: BTreeSet<Right>,
    /// What the place does not do, such as running the conditions of a transition, in sentences for people.
    pub limits: Vec<String>,
}

/// How far the changes of a project have been read. Opaque to all but the place that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// Which parts of an issue are read beside its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Its comments.
    pub comments: bool,
    /// Its worklogs.
    pub worklogs: bool,
    /// Its attachments.
    pub attachments: bool,
    /// Its links.
    pub links: bool,
}

impl Parts {
    /// All of them.
    pub const ALL: Self = Self { comments: true, worklogs: true, attachments: true, links: true };
}

/// Something that was found by its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// An issue.
    Issue(IssueKey),
    /// A comment of an issue.
    Comment(IssueKey, Handle),
    /// A worklog of an issue.
    Worklog(IssueKey, Handle),
    /// An attachment of an issue.
    Attachment(IssueKey, Handle),
}

/// An issue that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIssue {
    /// The name of its type.
    pub kind: String,
    /// The issue of which it is to be a sub-task.
    pub parent: Option<IssueKey>,
    /// The values of its fields; `summary` must be among them.
    pub fields: Vec<(Field, Value)>,
}

/// New values of fields; none takes the value away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The fields with what they are to be.
    pub fields: Vec<(Field, Option<Value>)>,
}

/// A change of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommentChange {
    /// A new one.
    Add {
        /// What it says.
        body: String,
        /// Who may see it, where not everybody may.
        restriction: Option<Restriction>,
    },
    /// Another text.
    Edit {
        /// Which.
        handle: Handle,
        /// What it is to say.
        body: String,
    },
    /// Away with it.
    Delete {
        /// Which.
        handle: Handle,
    },
}

/// A change of a worklog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorklogChange {
    /// A new one.
    Add {
        /// When the work was begun.
        started: Time,
        /// How long it took.
        seconds: i64,
        /// What was done.
        comment: String,
        /// Who may see it, where not everybody may.
        restriction: Option<Restriction>,
    },
    /// Another time or text.
    Edit {
        /// Which.
        handle: Handle,
        /// When the work was begun.
        started: Time,
        /// How long it took.
        seconds: i64,
        /// What was done.
        comment: String,
    },
    /// Away with it.
    Delete {
        /// Which.
        handle: Handle,
    },
}

/// A file that is to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// Its name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Bytes.
    pub size: u64,
    /// The hash of its bytes (SHA-256, hexadecimal), where it is known before they are read.
    pub sha256: Option<String>,
}

/// A link that is to be there, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    /// Whether it is to be there afterwards. A link that is as it is to be is no error.
    pub there: bool,
    /// The name of its type.
    pub kind: String,
    /// The issue.
    pub key: IssueKey,
    /// On which end that issue stands.
    pub end: LinkEnd,
    /// The issue on the other end.
    pub to: IssueKey,
}

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum IssueFault {
    /// The issue is not there (any more), or may not be seen.
    #[error("issue {0} is not there")]
    NoIssue(IssueKey),
    /// What the call names is not there.
    #[error("{what} is not there")]
    Missing {
        /// In words for people, such as "option `High` of field Severity".
        what: String,
    },
    /// The issue is no longer as was expected; nothing was done.
    #[error("issue {0} was changed by somebody else in the meantime")]
    Changed(IssueKey),
    /// The Jira takes no such value or change; trying again does not help.
    #[error("{why}")]
    Refused {
        /// In words for people.
        why: String,
    },
    /// The user may not do it.
    #[error("the user may not do this: {why}")]
    Forbidden {
        /// In words for people.
        why: String,
    },
    /// It may work later: the place is locked, cannot be reached or is overloaded. Whether something was done is not known.
    #[error("{why}")]
    Unavailable {
        /// In words for people.
        why: String,
    },
    /// The bytes of a file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// One project as its synchronization's user sees it. Every call is made as that user.
pub trait Issues {
    /// What there is in the project, and what the user may do there.
    fn catalogue(&mut self) -> Result<Catalogue, IssueFault>;

    /// Whether the catalogue tells more than when it was asked for last: a live Jira shows the ways out of a status only where an issue
    /// stands in it.
    fn has_learned(&mut self) -> bool {
        false
    }

    /// The issues that were changed after `since` (the first cursor is the empty one: all issues), and the cursor from which the
    /// next call goes on. It may name too many, never too few.
    fn changed(&mut self, since: &Cursor) -> Result<(Vec<IssueKey>, Cursor), IssueFault>;

    /// An issue as it is; none where it is not there. Parts that were not asked for are empty.
    fn read(&mut self, key: &IssueKey, parts: Parts) -> Result<Option<IssueState>, IssueFault>;

    /// What was made with this marker: an issue where it is number 0 of the message, else something of an issue.
    fn find(&mut self, marker: &Marker) -> Result<Option<Made>, IssueFault>;

    /// Makes an issue, with its marker in the same call.
    fn create(&mut self, issue: &NewIssue, marker: &Marker) -> Result<IssueKey, IssueFault>;

    /// Changes fields of an issue that is as `expected`; the version that it has then. Values that are as they are to be change
    /// nothing, not even the time of the last change.
    fn update(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Result<Version, IssueFault>;

    /// Takes one step of the workflow.
    fn transition(&mut self, key: &IssueKey, transition: &Transition) -> Result<(), IssueFault>;

    /// Adds, changes or removes a comment; what finds it again (for a removed one: the handle that was given).
    fn comment(
        &mut self,
        key: &IssueKey,
        change: &CommentChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault>;

    /// Adds, changes or removes a worklog.
    fn worklog(
        &mut self,
        key: &IssueKey,
        change: &WorklogChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault>;

    /// Attaches a file; its bytes are read as they are written.
    fn attach(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
        marker: &Marker,
    ) -> Result<Attachment, IssueFault>;

    /// Writes the bytes of an attachment.
    fn fetch(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Result<(), IssueFault>;

    /// Takes an attachment away.
    fn detach(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault>;

    /// Makes a link, or takes it away.
    fn link(&mut self, change: &LinkChange) -> Result<(), IssueFault>;

    /// The text of a property of an issue; where a value is given, it is written first.
    fn property(
        &mut self,
        key: &IssueKey,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, IssueFault>;

    /// The users by whom values may name people, one for one: those who are there.
    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault>;

    /// The user who has this address.
    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault>;

    /// Makes a component or a version of the project.
    fn add_to_project(&mut self, value: &Value) -> Result<(), IssueFault>;

    /// Begins to hold changes together: until [`commit`](Self::commit) all of them are made, or none. A place that cannot do this
    /// (a live Jira) makes each at once.
    fn begin(&mut self) -> Result<(), IssueFault> {
        Ok(())
    }

    /// Makes lasting what was done since [`begin`](Self::begin).
    fn commit(&mut self) -> Result<(), IssueFault> {
        Ok(())
    }

    /// Forgets what was done since [`begin`](Self::begin); whether that is so.
    fn roll_back(&mut self) -> Result<bool, IssueFault> {
        Ok(false)
    }
}
