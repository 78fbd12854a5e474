//! People and groups: those that something names, with what Jira says of them.
//!
//! On Jira Cloud the id of an account is its key and its name at once: user names are gone there, and what is displayed is not
//! unique.

use std::collections::HashSet;

use serde::Deserialize;

use super::endpoint::{cloud, data_center};
use super::reader::{Ask, Reader};
use crate::entity::{EntityId, Row, Tables};
use crate::rest::{Edition, Failure};

/// A user inside of a reply.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    account_id: Option<String>,
    account_type: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    email_address: Option<String>,
    active: Option<bool>,
}

/// What is known of a user.
#[derive(Debug, Clone, Default)]
pub(super) struct Person {
    /// The user name; `None` where the key is all that anybody said.
    name: Option<String>,
    display: Option<String>,
    email: Option<String>,
    active: Option<bool>,
    /// Whether Jira itself told the account, so that what it does not say is not there.
    is_told: bool,
    is_app: bool,
}

/// A group inside of a reply.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) group_id: Option<String>,
}

/// How many accounts are asked about at once: addresses may not be longer than Jira reads.
const AT_ONCE: usize = 50;

/// The directory of all users and groups: no reply tells which ones there are, and members are of the directory of their group.
const DIRECTORY: &str = "1";

impl Reader<'_> {
    /// Remembers a user; returns the key by which rows name him.
    pub(super) fn met(&mut self, user: &User) -> Option<String> {
        let key = match self.edition {
            Edition::Cloud => user.account_id.clone()?,
            Edition::DataCenter => user.key.clone().or_else(|| user.name.clone())?,
        };
        let name = match self.edition {
            Edition::Cloud => Some(key.clone()),
            Edition::DataCenter => user.name.clone(),
        };
        let person = self.people.entry(key.clone()).or_default();
        person.name = person.name.take().or(name);
        person.display = person.display.take().or_else(|| user.display_name.clone());
        person.email = person.email.take().or_else(|| user.email_address.clone());
        person.active = person.active.or(user.active);
        person.is_app |= user.account_type.as_deref() == Some("app");
        Some(key)
    }

    /// Remembers a user of whom only the key is told.
    pub(super) fn met_key(&mut self, key: &str) {
        let name = (self.edition == Edition::Cloud).then(|| key.to_owned());
        let person = self.people.entry(key.to_owned()).or_default();
        person.name = person.name.take().or(name);
    }

    /// Returns the names of all users that were met.
    pub(super) fn names_of_people(&self) -> Vec<String> {
        self.people.iter().map(|(key, own)| own.name.clone().unwrap_or_else(|| key.clone())).collect()
    }

    /// Returns the keys of users of whom nothing else is told: nobody can be called by that.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = String> {
        self.people.iter().filter(|(_, own)| own.name.is_none()).map(|(key, _)| key.clone())
    }

    /// Returns what Jira calls a user, whose name without an account has small letters.
    pub(super) fn spelled(&self, name: &str) -> Option<String> {
        let names = self.people.values().filter_map(|own| own.name.as_ref());
        names.into_iter().find(|own| own.to_lowercase() == name.to_lowercase()).cloned()
    }

    /// Remembers a group; returns the name by which rows name it.
    pub(super) fn met_group(&mut self, group: &Group) -> String {
        let id = self.groups.entry(group.name.clone()).or_default();
        *id = id.take().or_else(|| group.group_id.clone());
        group.name.clone()
    }

    /// Adds the rows of the people and groups that are known by now.
    pub(super) fn add_people(&self, tables: &mut Tables) {
        let mut add = |entity: &str, number: usize, values: &[(&str, Option<&str>)]| {
            let entity = EntityId::named(entity);
            let mut row = Row::new(entity);
            row.put("id", Some(&number.to_string()));
            for (name, value) in values {
                row.put(name, *value);
            }
            tables.push(entity, row);
        };
        for (number, (key, person)) in (1..).zip(&self.people) {
            let Some(name) = &person.name else { continue };
            let lower = name.to_lowercase();
            let key = [("userKey", Some(key.as_str())), ("lowerUserName", Some(&lower))];
            add("ApplicationUser", number, &key);
            if person.is_told {
                let active = person.active.map(|active| if active { "1" } else { "0" });
                let values = [
                    ("userName", Some(name.as_str())),
                    ("lowerUserName", Some(&lower)),
                    ("displayName", person.display.as_deref()),
                    ("emailAddress", person.email.as_deref()),
                    ("active", active),
                    ("directoryId", Some(DIRECTORY)),
                ];
                add("User", number, &values);
            }
        }
    }

    /// Makes the rows of all groups.
    pub(super) fn read_groups(&mut self) {
        let ask = self.of(self.by_edition(&cloud::GROUPS, &data_center::GROUPS));
        for group in self.list::<Group>(&ask).unwrap_or_default() {
            let lower = group.name.to_lowercase();
            self.add(
                "Group",
                &[
                    ("groupName", Some(&group.name)),
                    ("lowerGroupName", Some(&lower)),
                    ("active", Some("1")),
                    ("directoryId", Some(DIRECTORY)),
                ],
            );
        }
    }

    /// Makes the rows of the members of groups.
    pub(super) fn read_members(&mut self, names: &[(String, String)]) -> Result<(), Failure> {
        let ask = self.of(self.by_edition(&cloud::GROUPS, &data_center::GROUPS));
        let all = self.list::<Group>(&ask).unwrap_or_default();
        let wanted = all.into_iter().filter(|group| names.iter().any(|(name, _)| *name == group.name));
        let wanted: Vec<(String, Ask)> = wanted
            .map(|group| {
                let ask = self.about(&cloud::GROUP_MEMBERS, &[], &group.name);
                let ask = match &group.group_id {
                    Some(id) => ask.with("groupId", id),
                    None => ask.with("groupname", &group.name),
                };
                (group.name, ask)
            })
            .collect();
        self.fetch(wanted.iter().map(|(_, ask)| ask.clone()))?;
        for (group, ask) in &wanted {
            for user in self.list::<User>(ask).unwrap_or_default() {
                let Some(key) = self.met(&user) else { continue };
                // Members are named by what they sign in with, everything else by keys.
                let name = self.people.get(&key).and_then(|own| own.name.clone()).unwrap_or(key);
                self.add(
                    "Membership",
                    &[
                        ("parentName", Some(group)),
                        ("childName", Some(&name)),
                        ("membershipType", Some("GROUP_USER")),
                    ],
                );
            }
        }
        Ok(())
    }

    /// Reads those accounts of Data Center, which tells them all at once, whose name or key is wanted.
    pub(super) fn read_all_accounts(&mut self, is_wanted: &dyn Fn(&str) -> bool) -> Result<(), Failure> {
        let ask = self.of(&data_center::USERS);
        self.fetch([ask.clone()])?;
        for user in self.list::<User>(&ask).unwrap_or_default() {
            let Some(name) = &user.name else { continue };
            if (is_wanted(name) || user.key.as_deref().is_some_and(is_wanted))
                && let Some(key) = self.met(&user)
                && let Some(person) = self.people.get_mut(&key)
            {
                person.is_told = true;
            }
        }
        Ok(())
    }

    /// Asks for accounts by what they are called.
    pub(super) fn read_accounts(&mut self, names: &[(String, String)]) -> Result<(), Failure> {
        if self.edition == Edition::DataCenter {
            let names: HashSet<&str> = names.iter().map(|(own, _)| own.as_str()).collect();
            return self.read_all_accounts(&|own| names.contains(own));
        }
        let asks: Vec<_> = names
            .chunks(AT_ONCE)
            .map(|names| {
                names.iter().fold(self.of(&cloud::USERS), |ask, (name, _)| ask.with("accountId", name))
            })
            .collect();
        self.fetch(asks.iter().cloned())?;
        for ask in &asks {
            for user in self.list::<User>(ask).unwrap_or_default() {
                if let Some(key) = self.met(&user)
                    && let Some(person) = self.people.get_mut(&key)
                {
                    // Apps are no people.
                    person.is_told = !person.is_app;
                }
            }
        }
        Ok(())
    }
}
