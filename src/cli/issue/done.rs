//! The JSON document of the commands that change an issue.

use pcfg_sync::IssueKey;
use serde::Serialize;

/// What was done.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Done {
    /// The key of the issue.
    pub(in crate::cli) key: String,
    /// Of `edit`: whether anything was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) changed: Option<bool>,
    /// Of `transition`: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) transition: Option<String>,
    /// Of `transition`: the status in which the issue is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) status: Option<String>,
    /// Of `comment`: the id of the comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) comment: Option<String>,
    /// Of `attach`: the attachments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) attachments: Vec<Attached>,
    /// Of `link`: the type of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) r#type: Option<String>,
    /// Of `link`: the key of the other issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) issue: Option<String>,
    /// Of `link`: whether the link is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) there: Option<bool>,
}

impl Done {
    /// Returns what is to be completed, of an issue.
    pub(in crate::cli) fn of(key: &IssueKey) -> Self {
        Self { key: key.0.clone(), ..Self::default() }
    }
}

/// A file that was attached.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Attachment"))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Attached {
    /// The id of the attachment.
    pub(in crate::cli) id: String,
    /// Its name.
    pub(in crate::cli) name: String,
    /// Its size in bytes.
    pub(in crate::cli) size: u64,
    /// Its type.
    pub(in crate::cli) mime_type: String,
}
