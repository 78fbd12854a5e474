//! What the version of an instance has no place for: the one answer for the plan, which leaves it out and says so, and for
//! the writer, which never writes it.
//!
//! Invariant: what neither the version nor the rows tell is no limit.

use std::collections::BTreeSet;

use super::accounts::Form;
use super::properties::Properties;
use crate::entity::{Row, Tables};
use crate::model::Limit;

/// Jira 7.6.0 is build 76001.
const PRIORITY_SCHEMES: u64 = 76_000;

/// Jira 7.0.0 is build 70107, and 6.4 has builds of 64000 and more.
const PROJECT_TYPES: u64 = 70_000;

/// Jira 6.2 is build 6252, and the last 6.1 is build 6163.
const STATUS_CATEGORIES: u64 = 6_200;

/// The first build whose icons are at their present addresses: 5.1 has GIFs, 6.3 has not.
const NEW_ICONS: u64 = 6_000;

/// Jira 5.2 is build 841, and the last 5.1 is build 787.
const MANAGED: u64 = 840;

/// The first build whose grants name permissions by keys; 6.3.11 does, and 5.0 does not.
const PERMISSION_KEYS: u64 = 6_300;

/// Returns the limits of an instance.
pub(crate) fn limits(tables: &Tables) -> BTreeSet<Limit> {
    let build = build(&Properties::new(tables));
    let limits = [
        // Every Jira from 7.6 on has a default priority scheme, and none before has any (seen in 3.12 to 9.12): a first one
        // would come to hold for all projects.
        (Limit::PrioritySchemes, build.is_some_and(|build| build < PRIORITY_SCHEMES)),
        (Limit::ProjectTypes, build.is_some_and(|build| build < PROJECT_TYPES)),
        (Limit::StatusCategories, build.is_some_and(|build| build < STATUS_CATEGORIES)),
        (Limit::Icons, has_old_icons(tables, build)),
        (Limit::Managed, build.is_some_and(|build| build < MANAGED)),
        (Limit::NamedPermissions, !has_permission_keys(tables, build)),
        (Limit::GroupDescriptions, Form::of(tables, build) == Form::OsUser),
        (Limit::DashboardShares, shares_are_in_filters(tables)),
    ];
    limits.into_iter().filter(|(_, holds)| *holds).map(|(limit, _)| limit).collect()
}

/// Returns whether the icons of an instance are the GIFs of Jira before 6.0.
fn has_old_icons(tables: &Tables, build: Option<u64>) -> bool {
    let is_old = |row: &Row| {
        row.get("iconurl").is_some_and(|own| own.starts_with("/images/icons/") && own.ends_with(".gif"))
    };
    match build {
        Some(build) => build < NEW_ICONS,
        None => tables.rows("Status").iter().any(is_old),
    }
}

/// Returns whether grants name permissions by keys.
pub(crate) fn has_permission_keys(tables: &Tables, build: Option<u64>) -> bool {
    let rows = tables.rows("SchemePermissions");
    rows.iter().any(|row| row.text("permissionKey").is_some())
        || build.map_or(rows.is_empty(), |build| build >= PERMISSION_KEYS)
}

/// Returns whether an instance keeps shares in the filters themselves, as Jira did before 3.13: later ones always have
/// the share of the system dashboard.
pub(crate) fn shares_are_in_filters(tables: &Tables) -> bool {
    let has_rows = |entity| !tables.rows(entity).is_empty();
    !has_rows("SharePermissions") && (has_rows("SearchRequest") || has_rows("PortalPage"))
}

/// Returns the number of the build of Jira, such as 713 for 5.0 or 804000 for 8.4.0.
pub(crate) fn build(properties: &Properties) -> Option<u64> {
    properties.setting("jira.version.patched")?.trim().parse().ok()
}
