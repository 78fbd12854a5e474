//! What the master tells the slave of its settings.
//!
//! Invariant: aliases, kinds of values and directions alone; no name that a type, a field, an option or a status has at the master's.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Direction, FieldRule, People, Problem, Settings, check};
use crate::{Alias, Catalogue, ConfigVersion, Conflict, Field, FieldFacts, FieldKind};

/// What the values of a field look like when they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Moment,
    /// A length of time.
    Duration,
    /// Aliases that are listed.
    Alias,
    /// Names, as they are.
    Name,
    /// People, by name or address.
    Person,
}

impl Shape {
    /// What is told of a field of this kind under this rule.
    pub(crate) fn of(kind: FieldKind, rule: &FieldRule) -> Self {
        if rule.text.is_some() {
            return Self::Text;
        }
        match kind {
            FieldKind::Text => Self::Text,
            FieldKind::Number => Self::Number,
            FieldKind::Date => Self::Date,
            FieldKind::Moment => Self::Moment,
            FieldKind::Duration => Self::Duration,
            FieldKind::User if rule.users == People::Text => Self::Text,
            FieldKind::User => Self::Person,
            _ if rule.values.is_empty() => Self::Name,
            _ => Self::Alias,
        }
    }
}

/// A type, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedType {
    /// Which way, as the master sees it.
    pub direction: Direction,
    /// Whether its issues are sub-tasks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub subtask: bool,
}

/// A field, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedField {
    /// Which way, as the master sees it.
    pub direction: Direction,
    /// What is told.
    pub shape: Shape,
    /// Whether there can be many values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// The types for which it is mapped; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeSet<Alias>>,
    /// The aliases of its values.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub values: BTreeSet<Alias>,
    /// What stands where both sides changed it.
    #[serde(default)]
    pub conflict: Conflict,
}

/// A status, as it is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedStatus {
    /// The types for which there is one; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<BTreeSet<Alias>>,
}

/// How statuses travel, as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedWorkflow {
    /// Which way, as the master sees it.
    pub direction: Direction,
    /// What stands where both sides changed it.
    pub conflict: Conflict,
}

/// What is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The types.
    pub types: BTreeMap<Alias, PublishedType>,
    /// The fields.
    pub fields: BTreeMap<Alias, PublishedField>,
    /// The statuses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statuses: BTreeMap<Alias, PublishedStatus>,
    /// How they travel; none: they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<PublishedWorkflow>,
    /// The types of links.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<Alias, Direction>,
    /// Which way comments travel; none: they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<Direction>,
    /// Which way attachments travel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Direction>,
    /// Which way worklogs travel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worklogs: Option<Direction>,
}

/// A version of what the master publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Counts the versions from 1.
    pub number: u32,
    /// What the master says about it to the people on the other side.
    pub message: String,
    /// What it is.
    pub content: Content,
}

impl Configuration {
    /// The number and the hash, as messages name it.
    pub fn version(&self) -> ConfigVersion {
        ConfigVersion { number: self.number, hash: self.hash() }
    }

    /// The hash of it (SHA-256, hexadecimal), by which both halves know that they speak of the same.
    pub fn hash(&self) -> String {
        let text = serde_json::to_vec(self).expect("aliases and words are JSON");
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What the slave answers to a version that it has adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Which version.
    pub version: ConfigVersion,
    /// What the slave does not want of it, such as `fields.severity` and `comments`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<String>,
}

/// Makes a version of the master's settings; what has to be put right first.
pub fn publish(
    settings: &Settings,
    catalogue: &Catalogue,
    number: u32,
    message: &str,
) -> Result<Configuration, Vec<Problem>> {
    let findings = check::check(settings, catalogue, None);
    let mut problems: Vec<_> = findings.into_iter().filter(|f| f.is_error).map(|f| f.problem).collect();
    if message.trim().is_empty() {
        problems.push(Problem {
            line: None,
            what: "a published version needs a message to the partner".to_owned(),
            hint: "say what changes and what they have to do: `-m \"severity is new\"`".to_owned(),
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_subtask = |local: &str| catalogue.types.iter().any(|own| own.name == local && own.subtask);
    let types = settings.types.iter().map(|(alias, rule)| {
        let (direction, subtask) = (rule.direction, is_subtask(&rule.local));
        (alias.clone(), PublishedType { direction, subtask })
    });
    let fields = settings.fields.iter().filter_map(|(alias, rule)| {
        let facts = facts(settings, catalogue, rule)?;
        let field = PublishedField {
            direction: rule.direction,
            shape: Shape::of(facts.kind, rule),
            many: facts.many && rule.text.is_none(),
            types: rule.types.clone(),
            values: rule.values.keys().cloned().collect(),
            conflict: settings.conflict(alias),
        };
        Some((alias.clone(), field))
    });
    let statuses = settings.statuses.iter().map(|(alias, rules)| {
        let types = rules.iter().map(|rule| rule.types.as_ref()).collect::<Option<Vec<_>>>();
        let types = types.map(|types| types.into_iter().flatten().cloned().collect());
        (alias.clone(), PublishedStatus { types })
    });
    let conflict = settings.workflow.conflict.unwrap_or(settings.general.conflict);
    let content = Content {
        types: types.collect(),
        fields: fields.collect(),
        statuses: statuses.collect(),
        workflow: (!settings.statuses.is_empty())
            .then_some(PublishedWorkflow { direction: settings.workflow.direction, conflict }),
        links: settings.links.iter().map(|(alias, rule)| (alias.clone(), rule.direction)).collect(),
        comments: settings.comments.as_ref().map(|rule| rule.direction),
        attachments: settings.attachments.as_ref().map(|rule| rule.direction),
        worklogs: settings.worklogs.as_ref().map(|rule| rule.direction),
    };
    Ok(Configuration { number, message: message.trim().to_owned(), content })
}

/// What is known of the field of a rule, for the first type for which it is mapped and has the field.
pub(crate) fn facts<'c>(
    settings: &Settings,
    catalogue: &'c Catalogue,
    rule: &FieldRule,
) -> Option<&'c FieldFacts> {
    let types = settings.types.iter().filter(|(kind, _)| rule.is_for(kind));
    types.into_iter().find_map(|(_, own)| of_type(catalogue, &own.local, &rule.local))
}

/// What is known of a field of a type.
pub(crate) fn of_type<'c>(catalogue: &'c Catalogue, kind: &str, field: &Field) -> Option<&'c FieldFacts> {
    let facts = catalogue.types.iter().find(|own| own.name == kind)?;
    facts.fields.iter().find(|own| own.field == *field)
}
