//! pcfg treats the configuration of a Jira project as code.
//!
//! # Code map
//!
//! The way of an export: [`instance`] opens a place and streams its rows ([`entity`]), [`mapping`] makes objects of them
//! ([`model::Snapshot`]), [`select`] chooses what the projects use ([`model::Config`]), [`xml`] writes it. The way of a
//! file: [`xml`] reads it and [`check`] finds what is wrong; [`compare`] says how two differ. The way of an import: [`plan`] matches the file with the target and
//! makes typed changes ([`diff`]), [`import`] has them written into rows in memory and proves them, and a writable [`instance`]
//! applies them in one transaction. [`merge`] makes one of three files. [`schema`] drives all of it: every element, its order, identity
//! and references come from `schema/projectConfig.xsd`. [`policy`] judges configurations and plans by the rules of a team.
//! [`rest`] asks a Jira over HTTP. [`jql`] knows the ids in queries, and
//! [`graph`] draws workflows and maps. Whole projects: [`data`] makes elements of the rows of issues and rows of elements, and
//! [`complete`] plans and writes what an archive holds. [`archive`] holds a complete project in one file, and
//! [`attachments`] knows Jira's folders of attachments. [`cli`] says what runs in which
//! order, [`fault`] what an end means, and [`ui`] is the only place that prints.
//!
//! # Files that the program touches
//!
//! | file | read or written by |
//! |---|---|
//! | backups (`.xml`, `.zip`, unpacked folders) | [`instance`] |
//! | embedded instances (SQLite), with their journals | [`instance`] |
//! | configuration files | read by `cli::files` |
//! | folders of attachments | read and written by [`attachments`] |
//! | archives of complete projects (`.pcfg.zip`, folders) | read by [`archive`], written by it through [`output`] |
//! | everything that `-o` and `--save-plan` name, and what is written anew | written by [`output`], and nothing else |
//! | git's configuration, attributes and hooks | `cli::git` |
//! | `pcfg.toml` | `cli::settings` |
//!
//! # Invariants
//!
//! A module uses only those below it; `docs/architecture.md` has the layers, and a test reads the code and proves them. The
//! core does no I/O. Bad input never panics, and an error is told whole.

pub mod archive;
pub mod attachments;
pub mod check;
pub mod cli;
pub mod compare;
pub mod complete;
pub mod data;
pub mod diff;
pub mod entity;
pub mod fault;
pub mod graph;
pub mod import;
pub mod instance;
pub mod jql;
pub mod mapping;
pub mod merge;
pub mod model;
pub mod output;
pub mod plan;
pub mod policy;
pub mod rest;
pub mod schema;
pub mod secret;
pub mod select;
pub mod ui;
pub mod usage;
pub mod xml;
