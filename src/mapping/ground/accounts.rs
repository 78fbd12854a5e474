//! Users and groups as rows: the form in which a version stores them, the directories, and which account of a name counts.
//!
//! Invariant: of the accounts of one name in several directories only the one that Jira itself would use is known.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::kinds::kind;
use crate::entity::{Row, Tables};
use crate::model::Identity;

/// The first build with the tables of Crowd: 4.2.4 is 591, and 4.3.2 is 616.
const CROWD: u64 = 600;

/// The first build with user keys: 5.0 is 713, and 6.0.8 has four digits.
const KEYS: u64 = 6_000;

/// The first build that makes up the keys of all new users (documented for 8.4).
const MADE_UP_KEYS: u64 = 804_000;

/// How an instance stores users and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Up to Jira 4.2: the tables of OSUser, and names as keys.
    OsUser,
    /// Jira 4.3 to 5.2: the tables of Crowd, and names as keys.
    Crowd,
    /// Jira 6.0 to 8.3: a new user's key is the name, in lower case.
    Keys,
    /// Jira 8.4 on: a new user's key is made up.
    MadeUpKeys,
}

impl Form {
    /// Returns the form of an instance: what its rows say counts more than its version.
    pub(crate) fn of(tables: &Tables, build: Option<u64>) -> Self {
        let has = |entity: &str| !tables.rows(entity).is_empty();
        let keys = tables.rows("ApplicationUser");
        let made_up =
            || keys.iter().any(|row| row.get("userKey").is_some_and(|key| key.starts_with("JIRAUSER")));
        let crowd = has("User") || has("Group") || has("Directory");
        let os_user = has("OSUser") || has("OSGroup");
        match build {
            _ if os_user && !crowd => Self::OsUser,
            Some(build) if build >= MADE_UP_KEYS => Self::MadeUpKeys,
            Some(build) if build >= KEYS => Self::Keys,
            Some(build) if build < CROWD && !crowd => Self::OsUser,
            _ if !keys.is_empty() => {
                if made_up() {
                    Self::MadeUpKeys
                } else {
                    Self::Keys
                }
            }
            Some(_) => Self::Crowd,
            None if crowd => Self::Crowd,
            None => Self::MadeUpKeys,
        }
    }

    pub(crate) fn has_keys(self) -> bool {
        matches!(self, Self::Keys | Self::MadeUpKeys)
    }
}

/// A row that describes a user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account<'a> {
    /// Jira 4.3 on: the tables of Crowd.
    Crowd(&'a Row),
    /// Up to Jira 4.2: the tables of OSUser; name and e-mail are properties.
    Os(&'a Row),
}

impl<'a> Account<'a> {
    pub(crate) fn row(self) -> &'a Row {
        match self {
            Account::Crowd(row) | Account::Os(row) => row,
        }
    }

    pub(crate) fn name(self) -> &'a str {
        match self {
            Account::Crowd(row) => row.get("userName").unwrap_or(""),
            Account::Os(row) => row.get("name").unwrap_or(""),
        }
    }
}

/// Returns the users and groups of directories that another system keeps: LDAP, Active Directory, Crowd. A directory of
/// the type `DELEGATING` asks another system for passwords only. Groups of a directory that are marked local are Jira's.
pub(crate) fn external(tables: &Tables) -> BTreeSet<Identity> {
    let kept_elsewhere = |row: &&Row| {
        row.text("type").is_some_and(|ty| !["INTERNAL", "DELEGATING"].contains(&ty.to_uppercase().as_str()))
    };
    let directories: HashSet<&str> =
        tables.rows("Directory").iter().filter(kept_elsewhere).map(Row::id).collect();
    if directories.is_empty() {
        return BTreeSet::new();
    }
    let is_external = |row: &Row| row.get("directoryId").is_some_and(|id| directories.contains(id));
    let all = Directories::new(tables);
    let mut accounts = BTreeSet::new();
    let mut seen = HashSet::new();
    for row in all.in_order(tables.rows("User")) {
        if let Some(name) = row.text("userName").filter(|name| seen.insert(name.to_lowercase()))
            && is_external(row)
        {
            accounts.insert(Identity::named(kind("user"), name));
        }
    }
    seen.clear();
    for row in all.in_order(tables.rows("Group")) {
        if let Some(name) = row.text("groupName").filter(|name| seen.insert(name.to_lowercase()))
            && is_external(row)
            && !row.truth("local")
        {
            accounts.insert(Identity::named(kind("group"), name));
        }
    }
    accounts
}

/// Returns whether a user or a directory is active; Jira sets the flag always, so NULL is no decision against it.
pub(crate) fn is_active(row: &Row) -> bool {
    row.get("active").is_none() || row.truth("active")
}

/// Returns how user names are spelled, by user name in lower case: user names are not case-sensitive.
pub(crate) fn accounts(tables: &Tables) -> HashMap<String, String> {
    user_rows(tables).into_iter().map(|(lower, account)| (lower, account.name().to_owned())).collect()
}

/// Returns how group names are spelled, by the name in lower case; up to Jira 4.2 by the name as it is, for case told
/// groups apart then.
pub(crate) fn groups(tables: &Tables) -> HashMap<String, String> {
    group_rows(tables).into_iter().map(|(key, (name, _))| (key, name.to_owned())).collect()
}

/// Returns the names of users, and the ids of the rows that describe them.
pub(crate) fn account_ids(tables: &Tables) -> Vec<(&str, &str)> {
    user_rows(tables).into_values().map(|account| (account.name(), account.row().id())).collect()
}

/// Returns the names of groups, and the ids of the rows that describe them.
pub(crate) fn group_ids(tables: &Tables) -> Vec<(&str, &str)> {
    group_rows(tables).into_values().map(|(name, row)| (name, row.id())).collect()
}

/// Returns the accounts that count, by user name in lower case.
pub(crate) fn user_rows(tables: &Tables) -> BTreeMap<String, Account<'_>> {
    let mut rows: BTreeMap<String, Account<'_>> = BTreeMap::new();
    for row in Directories::new(tables).in_order(tables.rows("User")) {
        if let Some(name) = row.text("userName") {
            rows.entry(name.to_lowercase()).or_insert(Account::Crowd(row));
        }
    }
    for row in tables.rows("OSUser") {
        if let Some(name) = row.text("name") {
            rows.entry(name.to_lowercase()).or_insert(Account::Os(row));
        }
    }
    rows
}

/// Returns names and rows of the groups, by what finds them.
pub(crate) fn group_rows(tables: &Tables) -> BTreeMap<String, (&str, &Row)> {
    let mut rows: BTreeMap<String, (&str, &Row)> = BTreeMap::new();
    for row in Directories::new(tables).in_order(tables.rows("Group")) {
        if let Some(name) = row.text("groupName") {
            rows.entry(name.to_lowercase()).or_insert((name, row));
        }
    }
    for row in tables.rows("OSGroup") {
        if let Some(name) = row.text("name") {
            rows.entry(name.to_owned()).or_insert((name, row));
        }
    }
    rows
}

/// The user directories in use.
pub(crate) struct Directories<'a> {
    /// The ranks of the active ones, best first; `None` if the tables know of no directories at all.
    ranks: Option<HashMap<&'a str, (i64, i64)>>,
}

impl<'a> Directories<'a> {
    pub(crate) fn new(tables: &'a Tables) -> Self {
        let rows = tables.rows("Directory");
        let active = rows.iter().filter(|row| is_active(row));
        let ranks = active.map(|row| {
            (row.id(), (row.number("position").unwrap_or(i64::MAX), row.number("id").unwrap_or(i64::MAX)))
        });
        Self { ranks: (!rows.is_empty()).then(|| ranks.collect()) }
    }

    /// Returns the rank of the directory that a row belongs to; `None` if Jira does not look into it.
    pub(crate) fn rank(&self, row: &Row) -> Option<(i64, i64)> {
        let Some(ranks) = &self.ranks else { return Some((0, 0)) };
        ranks.get(row.get("directoryId")?).copied()
    }

    /// Returns the rows that Jira looks at, those of the first directory first.
    fn in_order<'b>(&self, rows: &'b [Row]) -> Vec<&'b Row> {
        let mut ranked: Vec<_> = rows.iter().filter_map(|row| Some((self.rank(row)?, row))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, row)| row).collect()
    }
}
