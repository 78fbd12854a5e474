//! What many replies of a live Jira have in common, and what pcfg writes on things.
//!
//! Invariant: what is not told so is nothing.

use pcfg_sync::{IssueKey, Marker};
use serde_json::Value;

/// The property that holds a marker.
pub(super) const KEY: &str = "pcfg.sync";

/// The property by which Service Management knows whether customers see a comment.
pub(super) const INTERNAL: &str = "sd.public.comment";

/// Returns whether a text is the key of an issue: of the project, or of any.
pub(super) fn is_key(IssueKey(key): &IssueKey, project: Option<&str>) -> bool {
    let Some((of, number)) = key.rsplit_once('-') else { return false };
    let is_word = !of.is_empty() && of.chars().all(|own| own.is_ascii_alphanumeric() || own == '_');
    let is_number = !number.is_empty() && number.len() < 12 && number.chars().all(|own| own.is_ascii_digit());
    is_word && is_number && project.is_none_or(|project| of == project)
}

/// Returns the marker in the value of a property.
pub(super) fn marker(value: &Value) -> Option<Marker> {
    serde_json::from_value(value.clone()).ok()
}

/// Returns a text that a reply has.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_owned)
}
