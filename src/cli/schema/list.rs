//! The schemas that `pcfg schema` prints: of the files that people write, and of the documents that commands write for machines.
//!
//! Invariant: those in JSON are made from the types of what they describe; a test (`schemas_tests`) makes them anew and compares.

use crate::schema::{DATA_XSD, XSD};

/// A schema.
pub(in crate::cli) struct Described {
    /// Its name.
    pub(in crate::cli) name: &'static str,
    /// What it describes.
    pub(in crate::cli) about: &'static str,
    /// Its text.
    pub(in crate::cli) text: &'static str,
}

/// The one of configuration files.
pub(in crate::cli) const CONFIGURATION: &str = "projectConfig";

/// The one of `pcfg.toml`.
pub(in crate::cli) const SETTINGS: &str = "pcfg";

macro_rules! json {
    ($name:literal, $about:literal) => {
        Described {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../../schema/", $name, ".schema.json")),
        }
    };
}

/// All of them, in the order of their names within what they are of.
pub(in crate::cli) const ALL: &[Described] = &[
    Described { name: CONFIGURATION, about: "Configuration files (XML Schema)", text: XSD },
    Described {
        name: "projectData",
        about: "The issue data of a complete project (XML Schema, includes the first)",
        text: DATA_XSD,
    },
    json!("pcfg", "The settings, `pcfg.toml`"),
    json!("policies", "A file of policies"),
    #[cfg(feature = "sync")]
    json!("sync", "The settings of a synchronization, `sync.toml`"),
    json!("saved-plan", "A plan that `pcfg import --save-plan` wrote"),
    json!("validate", "`pcfg validate`"),
    json!("plan", "`pcfg import --simulate`, `pcfg prune`"),
    json!("data-plan", "`pcfg import --simulate` of a complete project: what is done with its issues"),
    json!("diff", "`pcfg diff`"),
    json!("diff-stat", "`pcfg diff --stat`"),
    json!("drift", "`pcfg drift`"),
    json!("drift-stat", "`pcfg drift --stat`"),
    json!("explain", "`pcfg explain`"),
    json!("history", "`pcfg history`"),
    json!("instance-check", "`pcfg instance check`"),
    json!("instance-show", "`pcfg instance show`"),
    json!("instance-list", "`pcfg instance list`"),
    json!("issue-list", "`pcfg issue list`"),
    json!("issue-show", "`pcfg issue show`"),
    #[cfg(feature = "sync")]
    json!("issue-done", "`pcfg issue create`, `edit`, `transition`, `comment`, `attach`, `link`"),
    #[cfg(feature = "sync")]
    json!("sync-status", "`pcfg sync status`"),
    #[cfg(feature = "sync")]
    json!("sync-issue", "`pcfg sync status ISSUE`"),
    #[cfg(feature = "sync")]
    json!("sync-run", "`pcfg sync run`"),
    #[cfg(feature = "sync")]
    json!("sync-check", "`pcfg sync check`"),
    #[cfg(feature = "sync")]
    json!("sync-plan", "`pcfg sync plan ISSUE`"),
    #[cfg(feature = "sync")]
    json!("sync-errors", "`pcfg sync errors`"),
    #[cfg(feature = "sync")]
    json!("sync-messages", "`pcfg sync messages`"),
    #[cfg(feature = "sync")]
    json!("sync-quarantine", "`pcfg sync quarantine list`"),
    #[cfg(feature = "sync")]
    json!("sync-handshake", "`pcfg sync handshake show`"),
    #[cfg(feature = "sync")]
    json!("sync-key", "`pcfg sync key show`"),
    #[cfg(feature = "sync")]
    json!("sync-licence", "`pcfg sync licence`"),
];

/// Returns the schema of that name.
pub(in crate::cli) fn named(name: &str) -> Option<&'static Described> {
    ALL.iter().find(|own| own.name == name)
}
