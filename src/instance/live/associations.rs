//! What the field schemes of Jira Cloud say of fields: as it is told, and as configurations that hold for issue types.
//!
//! Pure. Invariant: reading and writing part a scheme into configurations by one rule, [`parted`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use super::shape::Id;

/// What stands in front of the id of a scheme in those of the configurations that are made of it.
pub(super) const PREFIX: &str = "scheme-";

/// What the schemes of a site say, as far as it was told: an import says what differs.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The id of the default.
    pub(super) default: Option<String>,
    /// What each says of the fields that it has, by the id of the scheme and of the field.
    pub(super) associated: BTreeMap<String, BTreeMap<String, Associated>>,
}

/// A field that a scheme has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Associated {
    pub(super) field_id: String,
    pub(super) parameters: Parameters,
    /// Without any, all of them.
    #[serde(default)]
    pub(super) restricted_to_work_types: Vec<Id>,
    #[serde(default)]
    pub(super) work_type_parameters: Vec<OfType>,
}

/// What a scheme says of a field for an issue type alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfType {
    pub(super) work_type_id: Id,
    #[serde(flatten)]
    pub(super) parameters: Parameters,
}

/// How a field behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    pub(super) is_required: bool,
    #[serde(default, deserialize_with = "said")]
    pub(super) description: Option<String>,
}

/// A text that is not there is an empty one.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|own| !own.is_empty()))
}

/// How a field behaves for an issue type; nothing where it is hidden.
pub(super) type Line = Option<Parameters>;

/// How fields behave, by their ids.
pub(super) type Lines = BTreeMap<String, Line>;

impl Associated {
    pub(super) fn line(&self, issue_type: Option<&Id>) -> Line {
        let is_shown = self.restricted_to_work_types.is_empty()
            || issue_type.is_some_and(|own| self.restricted_to_work_types.contains(own));
        let own = self.work_type_parameters.iter().find(|own| Some(&own.work_type_id) == issue_type);
        is_shown.then(|| own.map_or(&self.parameters, |own| &own.parameters).clone())
    }
}

/// Returns what holds for most issue types, and what for each of the others, by their ids, of these that there are.
pub(super) fn parted<'t>(
    known: &BTreeSet<String>,
    associated: &BTreeMap<String, Associated>,
    types: &'t [Id],
) -> (Lines, Vec<(&'t Id, Lines)>) {
    let lines = |issue_type: Option<&Id>| -> Lines {
        let mut lines: Lines = known.iter().map(|field| (field.clone(), None)).collect();
        lines.extend(associated.iter().map(|(field, own)| (field.clone(), own.line(issue_type))));
        lines
    };
    let of_types: Vec<Lines> = types.iter().map(|id| lines(Some(id))).collect();
    let others = lines(None);
    // What holds for most issue types is said once.
    let uses = |own: &Lines| (of_types.iter().filter(|other| *other == own).count(), *own == others);
    let common = of_types.iter().rev().max_by_key(|own| uses(own)).unwrap_or(&others).clone();
    let others = types.iter().zip(of_types).filter(|(_, own)| *own != common).collect();
    (common, others)
}

/// Returns the name of the configuration of a single issue type.
pub(super) fn name_of(scheme: &str, issue_type: &str) -> String {
    format!("{scheme} ({issue_type})")
}
