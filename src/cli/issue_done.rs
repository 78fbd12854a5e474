//! The JSON document of the commands that change an issue.

use pcfg_sync::IssueKey;
use serde::Serialize;

/// What was done.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Done {
    /// The key of the issue.
    pub(super) key: String,
    /// Of `edit`: whether anything was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<bool>,
    /// Of `transition`: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transition: Option<String>,
    /// Of `transition`: the status in which the issue is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<String>,
    /// Of `comment`: the id of the comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<String>,
    /// Of `attach`: the attachments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<Attached>,
    /// Of `link`: the type of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<String>,
    /// Of `link`: the key of the other issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issue: Option<String>,
    /// Of `link`: whether the link is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) there: Option<bool>,
}

impl Done {
    /// Returns what is to be completed, of an issue.
    pub(super) fn of(key: &IssueKey) -> Self {
        Self { key: key.0.clone(), ..Self::default() }
    }
}

/// A file that was attached.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Attachment"))]
#[serde(rename_all = "camelCase")]
pub(super) struct Attached {
    /// The id of the attachment.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its size in bytes.
    pub(super) size: u64,
    /// Its type.
    pub(super) mime_type: String,
}
