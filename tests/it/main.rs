//! Tests of pcfg as a whole, on small data of its own (`testdata/`) and, where it exists, on data of real Jiras.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly")]
#![allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]

mod always;
mod archive;
mod archive_damaged;
mod archive_diff;
mod archive_killed;
mod archive_merged;
mod attachment_files;
mod backups;
#[cfg(feature = "rest")]
mod beginning;
mod big_site;
mod broken_backups;
mod browser;
mod canary;
mod carrying_out;
mod check;
mod choices;
mod ci;
mod command;
mod command_files;
mod command_instances;
mod comparison;
mod complete;
mod complete_backup;
mod complete_interrupted;
mod complete_laws;
mod complete_options;
#[cfg(feature = "postgres")]
mod complete_postgres;
mod complete_refusals;
mod contract;
mod diff_command;
mod differences;
mod documents;
mod drift_command;
mod embedded;
mod env;
mod explain;
#[cfg(feature = "rest")]
mod far_roots;
mod few_requests;
mod fewest_changes;
mod fields;
mod fingers;
mod git;
mod git_failures;
mod git_merge;
mod grants;
mod graph;
mod guards;
mod held_back;
mod hostile;
mod hostile_names;
mod how_to;
mod idle_workflows;
mod impact;
mod import_command;
mod import_options;
mod imported_again;
mod importing;
mod instances;
mod interruption;
#[cfg(feature = "sync")]
mod issue_command;
mod issue_data;
mod issue_types;
#[cfg(feature = "sync")]
mod issue_unasked;
mod issues;
mod issues_damaged;
mod jql;
mod json_schemas;
mod killed;
mod laws;
mod layers;
mod leaving_out;
#[cfg(feature = "rest")]
mod listener;
#[cfg(feature = "rest")]
mod live;
#[cfg(feature = "rest")]
mod live_at_once;
#[cfg(feature = "rest")]
mod live_check;
#[cfg(feature = "rest")]
mod live_doors;
#[cfg(feature = "rest")]
mod live_faults;
#[cfg(feature = "rest")]
mod live_fields;
#[cfg(all(feature = "rest", feature = "sync"))]
mod live_issues;
#[cfg(feature = "rest")]
mod live_laws;
#[cfg(feature = "rest")]
mod live_manual;
#[cfg(feature = "rest")]
mod live_one_change;
#[cfg(feature = "rest")]
mod live_pairs;
#[cfg(feature = "rest")]
mod live_record;
#[cfg(feature = "rest")]
mod live_same;
#[cfg(feature = "rest")]
mod live_there_and_back;
#[cfg(feature = "rest")]
mod live_tls;
#[cfg(feature = "rest")]
mod live_unseen;
#[cfg(feature = "rest")]
mod live_whole;
#[cfg(feature = "rest")]
mod live_writing;
#[cfg(feature = "rest")]
mod live_writing_boards;
#[cfg(feature = "rest")]
mod live_writing_constants;
#[cfg(feature = "rest")]
mod live_writing_custom_fields;
#[cfg(feature = "rest")]
mod live_writing_fields;
#[cfg(feature = "rest")]
mod live_writing_grants;
mod live_writing_issues;
#[cfg(feature = "rest")]
mod live_writing_laws;
#[cfg(feature = "rest")]
mod live_writing_people;
mod live_writing_projects;
#[cfg(feature = "rest")]
mod live_writing_renames;
#[cfg(feature = "rest")]
mod live_writing_screens;
#[cfg(feature = "rest")]
mod live_writing_shared;
#[cfg(feature = "rest")]
mod live_writing_workflows;
mod lost;
#[cfg(all(feature = "rest", feature = "sync-email"))]
mod mail_rig;
mod merge;
mod merge_conflicts;
mod merge_dealt;
#[cfg(feature = "rest")]
mod moving_to_cloud;
mod new_rows;
mod one_change;
mod ordering;
mod outputs;
mod own_exports;
mod people;
mod plan_trees;
mod planning;
mod policies;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_connecting;
mod postgres_dump;
#[cfg(feature = "postgres")]
mod postgres_importing;
#[cfg(feature = "postgres")]
mod postgres_proxy;
#[cfg(feature = "postgres")]
mod postgres_server;
#[cfg(feature = "postgres")]
mod postgres_trust;
#[cfg(feature = "postgres")]
mod postgres_writing;
mod prune;
mod readme;
mod real_data;
mod renaming;
mod report;
mod resume;
mod rewrite;
mod rowless;
mod saved_plans;
mod saved_plans_applied;
mod schema_location;
mod selection;
mod sharing;
mod shipping;
#[cfg(feature = "sync")]
mod single_issues;
mod skip;
#[cfg(feature = "sync")]
mod sync;
#[cfg(feature = "sync")]
mod sync_docs;
#[cfg(all(feature = "rest", feature = "sync-email"))]
mod sync_email;
#[cfg(feature = "sync")]
mod sync_gpg;
#[cfg(feature = "sync")]
mod sync_keys;
#[cfg(all(feature = "rest", feature = "sync"))]
mod sync_live;
#[cfg(all(feature = "rest", feature = "sync-email"))]
mod sync_mail;
mod template;
mod thorough;
mod unseen;
mod untouched;
mod versions;
mod way_back;
#[cfg(feature = "rest")]
mod windows;
mod workflow_editions;
mod workflow_kept;
mod workflow_writing;
mod workflows;
mod writable;
mod writing;
mod writing_people;
