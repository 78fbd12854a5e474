//! What one half synchronizes and how: its file `sync.toml`, what of it the partner is told, and whether it fits the Jira.
//!
//! Invariant: settings that exist are whole: every alias names one thing, and everything that the file says was understood.

mod adopt;
mod check;
mod edit;
#[cfg(any(test, feature = "schema"))]
pub mod form;
mod propose;
mod publish;
mod read;
mod rules;
mod sections;
mod table;
mod template;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Alias, Conflict, Field, Restriction};

pub use check::{Finding, check};
pub use edit::with_text;
pub use propose::{propose, propose_for};
pub use publish::{
    Adopted, Configuration, Content, PublishedField, PublishedStatus, PublishedType, PublishedWorkflow,
    Shape, publish,
};
pub use table::Problem;
pub use template::{Template, in_utc};

/// Which way something travels, as the half sees it whose settings these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From here to the partner.
    Send,
    /// From the partner to here.
    Receive,
}

impl Direction {
    /// Whether it travels from here to the partner.
    pub fn sends(self) -> bool {
        self != Self::Receive
    }

    /// Whether it travels from the partner to here.
    pub fn receives(self) -> bool {
        self != Self::Send
    }

    /// The same, as the partner sees it.
    pub fn mirrored(self) -> Self {
        match self {
            Self::Both => Self::Both,
            Self::Send => Self::Receive,
            Self::Receive => Self::Send,
        }
    }
}

/// What becomes of a value that the settings do not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmapped {
    /// The issue is in error until the settings or the value change.
    #[default]
    Error,
    /// The field is left as it is.
    Skip,
    /// The value of `default` stands for it.
    Default,
    /// Its name is told as text.
    Text,
}

/// How people are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum People {
    /// By the names of their accounts.
    #[default]
    Name,
    /// By their e-mail addresses.
    Email,
    /// By the names of their accounts; what the partner calls `anna` is `PREFIXanna` here.
    Prefix(String),
    /// By pairs: what is told, and the name of the account here.
    Pairs(BTreeMap<String, String>),
    /// By the name that people see, as text.
    Text,
}

/// Where a half keeps the key of the partner's issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PartnerKey {
    /// In the property `pcfg.sync` of the issue, where people do not see it.
    #[default]
    Property,
    /// In a text field, too.
    Field(Field),
}

/// What a licence file means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub enum LicenceRule {
    /// With a licence file, its limits hold; without one, nothing is limited.
    #[default]
    Enforce,
    /// Limits are told, and do not hold.
    Report,
    /// A partner without a licence needs one of ours, also where there is no file.
    Strict,
}

/// What is said in the table `[sync]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct General {
    /// The name of the synchronization, for people.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// The instance, as the command line names it.
    pub instance: Option<String>,
    /// The key of the project.
    pub project: String,
    /// The user in whose name everything is changed; fixed once set.
    pub user: String,
    /// What stands where both sides changed the same field, unless the field says otherwise.
    pub conflict: Conflict,
    /// Where the key of the partner's issue is kept.
    pub partner_key: PartnerKey,
    /// What a licence file means.
    pub licence: LicenceRule,
    /// Whether this Jira has a licence of its own, where it cannot be known otherwise.
    pub licensed: Option<bool>,
    /// Whether the channel can be changed later.
    pub channel_switch: bool,
}

/// Which issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Issues of these types alone, by the names that they have here; none: all that are mapped.
    pub types: Option<BTreeSet<String>>,
    /// What fields must be, all of them.
    pub conditions: Vec<Condition>,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which field.
    pub field: Field,
    /// What of it.
    pub test: Test,
}

/// What of a field is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Its value, or one of its values, is one of these.
    Is(BTreeSet<String>),
    /// It is none of these.
    IsNot(BTreeSet<String>),
    /// It has no value, or it has one.
    Empty(bool),
}

/// A field that says which side may change an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responsibility {
    /// Which field.
    pub field: Field,
    /// With one of these values, this half alone may change it.
    pub here: BTreeSet<String>,
    /// With one of these, the partner alone.
    pub partner: BTreeSet<String>,
}

/// A type of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRule {
    /// Its name here.
    pub local: String,
    /// Which way its issues travel.
    pub direction: Direction,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRule {
    /// The field here.
    pub local: Field,
    /// The types for which it is mapped; none: all.
    pub types: Option<BTreeSet<Alias>>,
    /// Which way it travels.
    pub direction: Direction,
    /// Its values by alias, with their names here.
    pub values: BTreeMap<Alias, String>,
    /// Whether the names of options go through as they are.
    pub same: bool,
    /// How people in it are told.
    pub users: People,
    /// Where any value is made text of.
    pub text: Option<Template>,
    /// What becomes of a value that is not among `values`, or of a person who is not found.
    pub unmapped: Unmapped,
    /// What is used for it.
    pub default: Option<String>,
    /// Whether a component or a version that is not there is made.
    pub create: bool,
    /// What stands where both sides changed it.
    pub conflict: Option<Conflict>,
}

impl FieldRule {
    /// Whether it is mapped for issues of a type.
    pub fn is_for(&self, kind: &Alias) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(kind))
    }
}

/// A status, for some types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRule {
    /// The statuses here for which it is sent.
    pub local: Vec<String>,
    /// The status into which an issue goes that comes with it; none: nothing is done.
    pub receive: Option<String>,
    /// The types for which this holds; none: all.
    pub types: Option<BTreeSet<Alias>>,
}

/// How statuses travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkflowRule {
    /// Which way.
    pub direction: Direction,
    /// The names of transitions that are preferred among equally short paths, the most preferred first.
    pub prefer: Vec<String>,
    /// The names of transitions that are never taken.
    pub avoid: BTreeSet<String>,
    /// What becomes of a status that is not mapped; never a default or a text.
    pub unmapped: Unmapped,
    /// What stands where both sides changed it.
    pub conflict: Option<Conflict>,
}

/// A type of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRule {
    /// Its name here.
    pub local: String,
    /// Which way.
    pub direction: Direction,
}

/// How comments travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentRule {
    /// Which way.
    pub direction: Direction,
    /// What is told of one; without it, its body.
    pub template: Option<Template>,
    /// Restrictions with which a comment is told all the same, as an internal one.
    pub restricted: BTreeSet<Restriction>,
    /// Who may see here what comes as an internal comment; none: it is not written.
    pub internal: Option<Restriction>,
    /// Whether it is removed at the partner's when it is removed here.
    pub delete: bool,
}

/// How attachments travel.
#[derive(Clone, Debug, Default)]
pub struct AttachmentRule {
    /// Which way.
    pub direction: Direction,
    /// The largest, in bytes.
    pub max_size: Option<u64>,
    /// Types such as `image/png` and `image/*`; none: all.
    pub mime: Option<Vec<String>>,
    /// What names must match; none: any.
    pub name: Option<regex_lite::Regex>,
    /// Whether it is removed at the partner's when it is removed here.
    pub delete: bool,
}

/// How worklogs travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorklogRule {
    /// Which way.
    pub direction: Direction,
    /// What is told of its text; without it, the text.
    pub template: Option<Template>,
    /// Whether it is removed at the partner's when it is removed here.
    pub delete: bool,
}

/// What has aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Type,
    Field,
    Status,
    Link,
}

impl Part {
    /// The table of the settings file in which these are.
    fn table(self) -> &'static str {
        match self {
            Self::Type => "types",
            Self::Field => "fields",
            Self::Status => "status",
            Self::Link => "links",
        }
    }
}

/// All that a half was told by its file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What concerns all.
    pub general: General,
    /// Which issues are sent.
    pub filter: Filter,
    /// Which issues take what is received.
    pub incoming: Filter,
    /// Which side may change an issue.
    pub responsibility: Option<Responsibility>,
    /// The types of issues.
    pub types: BTreeMap<Alias, TypeRule>,
    /// The fields.
    pub fields: BTreeMap<Alias, FieldRule>,
    /// The statuses; of one alias there may be several, for different types.
    pub statuses: BTreeMap<Alias, Vec<StatusRule>>,
    /// How statuses travel.
    pub workflow: WorkflowRule,
    /// The types of links.
    pub links: BTreeMap<Alias, LinkRule>,
    /// Comments, where they take part.
    pub comments: Option<CommentRule>,
    /// Attachments, where they take part.
    pub attachments: Option<AttachmentRule>,
    /// Worklogs, where they take part.
    pub worklogs: Option<WorklogRule>,
    /// What the slave does not want of what the master publishes: tables such as `fields.severity` and `comments`.
    pub declined: BTreeSet<String>,
    /// In which line a table of the file begins.
    lines: BTreeMap<String, usize>,
}

impl Settings {
    /// Reads a settings file; all that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        read::read(text)
    }

    /// The line in which a table of the file begins, such as `fields.severity`.
    pub fn line(&self, table: &str) -> Option<usize> {
        self.lines.get(table).copied()
    }

    /// The same without what the partner has declined.
    #[must_use]
    pub fn without(mut self, declined: &BTreeSet<String>) -> Self {
        let is_kept = |table: &str, alias: &Alias| !declined.contains(&format!("{table}.{alias}"));
        self.types.retain(|alias, _| is_kept("types", alias));
        self.fields.retain(|alias, _| is_kept("fields", alias));
        self.statuses.retain(|alias, _| is_kept("status", alias));
        self.links.retain(|alias, _| is_kept("links", alias));
        self.comments = self.comments.filter(|_| !declined.contains("comments"));
        self.attachments = self.attachments.filter(|_| !declined.contains("attachments"));
        self.worklogs = self.worklogs.filter(|_| !declined.contains("worklogs"));
        self
    }

    /// Whether the table of a type, a field, a status or a type of links says that it is declined.
    fn declines(&self, part: Part, alias: &Alias) -> bool {
        self.declined.contains(&format!("{}.{alias}", part.table()))
    }

    /// The alias of a type by its name here, if its issues are synchronized.
    pub fn type_alias(&self, local: &str) -> Option<(&Alias, &TypeRule)> {
        self.types.iter().find(|(_, rule)| rule.local == local)
    }

    /// The rule of a status for a type.
    pub fn status(&self, alias: &Alias, kind: &Alias) -> Option<&StatusRule> {
        let rules = self.statuses.get(alias)?;
        rules.iter().find(|rule| rule.types.as_ref().is_none_or(|types| types.contains(kind)))
    }

    /// The alias of a status here, for a type.
    pub fn status_alias(&self, local: &str, kind: &Alias) -> Option<&Alias> {
        let is_meant = |rule: &StatusRule| {
            rule.types.as_ref().is_none_or(|types| types.contains(kind))
                && rule.local.iter().any(|own| own == local)
        };
        self.statuses.iter().find(|(_, rules)| rules.iter().any(is_meant)).map(|(alias, _)| alias)
    }

    /// What stands where both sides changed a field.
    pub fn conflict(&self, field: &Alias) -> Conflict {
        self.fields.get(field).and_then(|rule| rule.conflict).unwrap_or(self.general.conflict)
    }
}
