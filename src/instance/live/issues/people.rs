//! Who people are.
//!
//! Invariant: an address that Jira does not show is never guessed; of several accounts that could be meant none is.

use pcfg_sync::UserFacts;
use serde::Deserialize;

use super::line::{Called, Line};
use crate::rest::{List, Paging, Request};

/// How many accounts are asked about at once.
const AT_ONCE: usize = 50;

/// A user as Jira tells one.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    account_id: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    email_address: Option<String>,
    active: Option<bool>,
    pub(super) time_zone: Option<String>,
}

impl User {
    /// Returns what is known of the user by the name that values have: the id of the account, or the user name.
    pub(super) fn facts(&self) -> Option<UserFacts> {
        let name = self.account_id.clone().or_else(|| self.name.clone())?;
        Some(UserFacts {
            shown: self.display_name.clone().unwrap_or_else(|| name.clone()),
            email: self.email_address.clone().filter(|own| !own.is_empty()),
            active: self.active.unwrap_or(true),
            name,
        })
    }

    /// Returns whether somebody means this user.
    pub(super) fn is(&self, said: &str) -> bool {
        let own = [&self.account_id, &self.name, &self.key, &self.email_address];
        own.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(said.trim()))
    }
}

pub(super) fn users(line: &Line, names: &[String]) -> Called<Vec<UserFacts>> {
    let mut found: Vec<UserFacts> = Vec::new();
    if line.is_cloud() {
        for names in names.chunks(AT_ONCE) {
            let question = Request::get(line.api("user/bulk"));
            let question = names.iter().fold(question, |own, name| own.with("accountId", name));
            let told: Vec<User> = line.list(&List::new(question, AT_ONCE))?;
            found.extend(told.iter().filter_map(User::facts));
        }
    } else {
        let told = line
            .client
            .each(names, |name| line.find::<User>(&Request::get(line.api("user")).with("username", name)));
        for user in told {
            found.extend(user?.as_ref().and_then(User::facts));
        }
    }
    // In the order in which they were asked for.
    let of = |name: &String| found.iter().find(|own| own.name.eq_ignore_ascii_case(name)).cloned();
    Ok(names.iter().filter_map(of).collect())
}

pub(super) fn by_email(line: &Line, email: &str) -> Called<Option<UserFacts>> {
    let wanted = email.trim();
    if !wanted.contains('@') {
        return Ok(None);
    }
    let name = if line.is_cloud() { "query" } else { "username" };
    let question = Request::get(line.api("user/search")).with(name, wanted).with("maxResults", AT_ONCE);
    let told: Vec<User> = line.list(&List::new(question, 0).by(Paging::Whole).of(""))?;
    let is_it = |own: &&User| own.email_address.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted));
    let shown: Vec<&User> = told.iter().filter(is_it).collect();
    // Cloud finds people by addresses that it does not show: then the one whom it finds is meant.
    let hidden: Vec<&User> = told.iter().filter(|own| own.email_address.is_none()).collect();
    let meant = match (shown.as_slice(), hidden.as_slice()) {
        ([one], _) => Some(*one),
        ([], [one]) if line.is_cloud() && told.len() == 1 => Some(*one),
        _ => None,
    };
    Ok(meant.and_then(User::facts))
}
