//! Users and groups: of all versions of Jira whose rows an instance can hold.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{pictures, put, uuid};
use crate::Edition;
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::site::Site;

pub(super) const BOTH: &[Endpoint] = &[get("/user", one), get("/group/member", members).paged(50, 50)];
pub(super) const CLOUD: &[Endpoint] = &[
    get("/users/search", all).shaped(Shape::Bare(Limit { usual: 50, most: 1000 })).admin(),
    get("/users", all).shaped(Shape::Bare(Limit { usual: 50, most: 1000 })).admin(),
    get("/user/search", found).shaped(Shape::Bare(Limit { usual: 50, most: 1000 })),
    get("/user/bulk", several).paged(10, 200),
    get("/user/bulk/migration", migrated).shaped(Shape::Bare(Limit { usual: 10, most: 100 })),
    get("/group/bulk", groups).paged(50, 50).admin(),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/user/list", all).shaped(Shape::Cursor(Limit { usual: 2000, most: 2000 })).admin(),
    get("/user/search", found).shaped(Shape::Bare(Limit { usual: 50, most: 1000 })),
    get("/groups/picker", picker),
];

/// A user.
#[derive(Debug, Clone, Default)]
pub(crate) struct User {
    /// What rows refer to: the account id on Cloud.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) display: String,
    pub(crate) email: Option<String>,
    pub(crate) is_active: bool,
    /// Nobody with this key is left.
    is_gone: bool,
}

/// All users, and who calls.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// In the order of their names.
    users: Vec<User>,
    by_key: HashMap<String, usize>,
    by_name: HashMap<String, usize>,
    caller: Option<usize>,
}

impl People {
    pub(crate) fn read(site: &Site) -> rusqlite::Result<Self> {
        let users = users(site)?;
        let named =
            |name: fn(&User) -> String| users.iter().enumerate().map(|(at, user)| (name(user), at)).collect();
        let by_key: HashMap<String, usize> = named(|user| user.key.clone());
        let by_name: HashMap<String, usize> = named(|user| user.name.to_lowercase());
        // Who was named, else a member of a group of administrators, else the first of all.
        let caller = match &site.options.user {
            Some(wanted) => by_key.get(wanted).or_else(|| by_name.get(&wanted.to_lowercase())).copied(),
            None => {
                let administrators = members_of(site, "jira-administrators")?;
                administrators
                    .iter()
                    .find_map(|name| by_name.get(name))
                    .copied()
                    .or((!users.is_empty()).then_some(0))
            }
        };
        Ok(Self { users, by_key, by_name, caller })
    }

    pub(crate) fn all(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn caller(&self) -> User {
        self.caller.map(|at| self.users[at].clone()).unwrap_or_default()
    }
}

fn users(site: &Site) -> rusqlite::Result<Vec<User>> {
    let (keys, directories) = (site.table("app_user")?, site.table("cwd_directory")?);
    let mut by_name: HashMap<String, (i64, User)> = HashMap::new();
    for row in site.table("cwd_user")?.all() {
        let name =
            row.get("lower_user_name").map_or_else(|| row.text("user_name").to_lowercase(), str::to_owned);
        let key = keys
            .one("lower_user_name", &name)
            .and_then(|row| row.get("user_key"))
            .unwrap_or(&name)
            .to_owned();
        let directory =
            directories.by_id(row.text("directory_id")).and_then(|row| row.number("directory_position"));
        let user = User {
            key,
            name: row.get("user_name").unwrap_or(&name).to_owned(),
            display: row.get("display_name").unwrap_or(&name).to_owned(),
            email: row.get("email_address").map(str::to_owned),
            is_active: row.get("active").is_none_or(|active| active != "0"),
            is_gone: false,
        };
        // Of two of one name the one in the first directory counts.
        let position = directory.unwrap_or(0);
        if by_name.get(&name).is_none_or(|(other, _)| position < *other) {
            by_name.insert(name, (position, user));
        }
    }
    // Before 4.3 there was one table for users, and properties for the rest.
    for row in site.table("userbase")?.all() {
        let name = row.text("username").to_owned();
        let property = |key: &str| old_property(site, row.id(), key);
        let user = User {
            key: name.clone(),
            display: property("fullName")?.unwrap_or_else(|| name.clone()),
            email: property("email")?,
            is_active: true,
            name: name.clone(),
            is_gone: false,
        };
        by_name.entry(name).or_insert((0, user));
    }
    let mut users: Vec<_> = by_name.into_values().map(|(_, user)| user).collect();
    users.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(users)
}

fn old_property(site: &Site, id: &str, key: &str) -> rusqlite::Result<Option<String>> {
    let entries = site.table("propertyentry")?;
    let mut own = entries.with("entity_id", id);
    let entry = own.find(|row| row.text("entity_name") == "OSUser" && row.text("property_key") == key);
    let values = site.table("propertystring")?;
    Ok(entry.and_then(|entry| values.by_id(entry.id())?.get("propertyvalue").map(str::to_owned)))
}

/// Returns the user of a key; where nobody has it any more, one that says so.
pub(crate) fn by_key(call: &Call<'_>, key: &str) -> Result<User, Refusal> {
    let people = call.site.people()?;
    let known = people.by_key.get(key).or_else(|| people.by_name.get(&key.to_lowercase()));
    let gone = || {
        let display = if call.is_cloud() { "Former user" } else { key };
        User {
            key: key.to_owned(),
            name: key.to_owned(),
            display: display.to_owned(),
            email: None,
            is_active: false,
            is_gone: true,
        }
    };
    Ok(known.map_or_else(gone, |&at| people.users[at].clone()))
}

/// Returns the names of groups, in order.
pub(crate) fn group_names(site: &Site) -> rusqlite::Result<Vec<String>> {
    let (new, old) = (site.table("cwd_group")?, site.table("groupbase")?);
    let names = new
        .all()
        .filter_map(|row| row.get("group_name"))
        .chain(old.all().filter_map(|row| row.get("groupname")));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// Returns the names of the users in a group, in lower case.
pub(crate) fn members_of(site: &Site, group: &str) -> rusqlite::Result<Vec<String>> {
    let (new, old) = (site.table("cwd_membership")?, site.table("membershipbase")?);
    let new = new.with("parent_name", group).filter(|row| row.text("membership_type") != "GROUP_GROUP");
    let new: Vec<String> = new.map(|row| row.text("child_name").to_lowercase()).collect();
    let old = old.with("group_name", group).map(|row| row.text("user_name").to_lowercase());
    let mut all: Vec<String> = new.into_iter().chain(old).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// Returns the id that Cloud gives to a group.
pub(crate) fn group_id(name: &str) -> String {
    uuid("group", name)
}

/// Returns a group as other objects tell it.
pub(crate) fn group(call: &Call<'_>, name: &str) -> Value {
    if call.is_cloud() {
        let id = group_id(name);
        json!({"name": name, "groupId": id, "self": call.link(&format!("/group?groupId={id}"))})
    } else {
        json!({"name": name, "self": call.link(&format!("/group?groupname={name}"))})
    }
}

/// Returns a user as other objects tell him.
pub(crate) fn user(call: &Call<'_>, user: &User) -> Value {
    let pictures = pictures(call, "/secure/useravatar?");
    if call.is_cloud() {
        let mut told = json!({
            "self": call.link(&format!("/user?accountId={}", user.key)),
            "accountId": user.key,
            "accountType": "atlassian",
            "displayName": user.display,
            "active": user.is_active,
            "avatarUrls": pictures,
        });
        // Other people's profiles do not show it.
        let is_caller = call.site.people().is_ok_and(|people| people.caller().key == user.key);
        put(&mut told, "emailAddress", user.email.clone().filter(|_| is_caller));
        return told;
    }
    let mut told = json!({
        "self": call.link(&format!("/user?username={}", user.name)),
        "name": user.name,
        "key": user.key,
        "displayName": user.display,
        "active": user.is_active,
        "avatarUrls": pictures,
        "timeZone": "Etc/UTC",
    });
    put(&mut told, "emailAddress", user.email.clone());
    told
}

/// Returns the user of a key as other objects tell him.
pub(crate) fn told(call: &Call<'_>, key: &str) -> Answer {
    Ok(user(call, &by_key(call, key)?))
}

/// Returns the owner of something as that tells him: Cloud leaves out the type of his account and his address.
pub(crate) fn owner(call: &Call<'_>, key: &str) -> Answer {
    let mut told = told(call, key)?;
    if let (Some(told), true) = (told.as_object_mut(), call.is_cloud()) {
        told.retain(|name, _| name != "accountType" && name != "emailAddress");
    }
    Ok(told)
}

fn all(call: &Call<'_>) -> Answer {
    Ok(call.site.people()?.users.iter().map(|one| user(call, one)).collect())
}

fn one(call: &Call<'_>) -> Answer {
    let (parameter, is_cloud) = (["accountId", "key", "username"], call.is_cloud());
    let wanted = parameter.iter().find_map(|&name| Some((name, call.query(name)?)));
    let Some((name, wanted)) = wanted.filter(|(name, _)| (*name == "accountId") == is_cloud) else {
        return Err(Refusal::new(400, "The query parameter that names the user is missing."));
    };
    let fits = |one: &User| if name == "username" { one.name == wanted } else { one.key == wanted };
    let found = call.site.people()?.users.iter().find(|one| fits(one)).cloned();
    found.map(|one| user(call, &one)).ok_or_else(|| Refusal::new(404, "The user does not exist."))
}

fn found(call: &Call<'_>) -> Answer {
    let wanted = call.query("query").or(call.query("username")).unwrap_or_default().to_lowercase();
    let fits = |one: &&User| {
        let texts = [Some(&one.name), Some(&one.display), one.email.as_ref()];
        one.is_active && texts.into_iter().flatten().any(|text| text.to_lowercase().starts_with(&wanted))
    };
    Ok(call.site.people()?.users.iter().filter(fits).map(|one| user(call, one)).collect())
}

fn several(call: &Call<'_>) -> Answer {
    if call.query("accountId").is_none() {
        return Err(Refusal::new(400, "The accountId query parameter is missing."));
    }
    let people = call.site.people()?;
    Ok(people
        .users
        .iter()
        .filter(|one| call.wants("accountId", &one.key))
        .map(|one| user(call, one))
        .collect())
}

fn migrated(call: &Call<'_>) -> Answer {
    if call.query("username").is_none() && call.query("key").is_none() {
        return Err(Refusal::new(400, "The username or key query parameter is needed."));
    }
    let people = call.site.people()?;
    let asked =
        people.users.iter().filter(|one| call.wants("username", &one.name) && call.wants("key", &one.key));
    Ok(asked.map(|one| json!({"username": one.name, "key": one.key, "accountId": one.key})).collect())
}

fn groups(call: &Call<'_>) -> Answer {
    let names = group_names(call.site)?.into_iter().map(|name| (group_id(&name), name));
    let wanted = names.filter(|(id, name)| call.wants("groupId", id) && call.wants("groupName", name));
    Ok(wanted.map(|(id, name)| json!({"name": name, "groupId": id})).collect())
}

fn picker(call: &Call<'_>) -> Answer {
    let wanted = call.query("query").unwrap_or_default().to_lowercase();
    let names = group_names(call.site)?.into_iter().filter(|name| name.to_lowercase().contains(&wanted));
    let names: Vec<_> = names.collect();
    let most = call.query("maxResults").and_then(|most| most.parse().ok()).unwrap_or(20_usize);
    let told = names.iter().take(most);
    let told: Vec<_> = told.map(|name| json!({"name": name, "html": name, "labels": []})).collect();
    let header = format!("Showing {} of {} matching groups", told.len(), names.len());
    Ok(json!({"header": header, "total": names.len(), "groups": told}))
}

fn members(call: &Call<'_>) -> Answer {
    let names = group_names(call.site)?;
    let is_wanted = |name: &&String| match call.query("groupId") {
        Some(id) => group_id(name) == id,
        None => call.query("groupname") == Some(name),
    };
    let Some(group) = names.iter().find(is_wanted) else {
        return Err(Refusal::new(404, "The group does not exist."));
    };
    let members = members_of(call.site, group)?;
    let with_inactive = call.query("includeInactiveUsers") == Some("true");
    let people = call.site.people()?;
    let own = people
        .users
        .iter()
        .filter(|one| members.contains(&one.name.to_lowercase()) && (one.is_active || with_inactive));
    Ok(own.map(|one| user(call, one)).collect())
}

impl User {
    /// Returns what names the user in rules and actors: the account id on Cloud, the name on Data Center.
    pub(crate) fn handle(&self, edition: Edition) -> &str {
        if edition == Edition::Cloud || self.is_gone { &self.key } else { &self.name }
    }
}
