//! People without their names: one person, one pseudonym.
//!
//! Invariant: what identifies a person anywhere in what was learned is replaced everywhere that is masked, always by the same, and pseudonyms
//! sort as what they stand for, so that whoever asks in an order asks in the same. Names that stand in texts which people write (descriptions, the name of a filter) cannot be told from other words, and stay.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

/// Members that hold what identifies a person, besides those of an object that is one.
const HOLDERS: [&str; 12] = [
    "accountId",
    "leadAccountId",
    "ownerAccountId",
    "authorAccountId",
    "userKey",
    "userName",
    "username",
    "leadUserName",
    "ownerUserName",
    "owner",
    "lead",
    "emailAddress",
];

/// Members of an object that is a person which identify him.
const IDENTIFIERS: [&str; 4] = ["accountId", "key", "name", "emailAddress"];

/// Members that hold a person, of whom nothing may be told but what he is called.
const PERSONS: [&str; 1] = ["actorUser"];

/// Members whose text is a query, in which people stand as words.
const QUERIES: [&str; 3] = ["jql", "query", "filterQuery"];

/// Members in which a person is only called by his name.
const CALLED: [&str; 3] = ["displayName", "renderedLink", "fullName"];

/// People, by what identifies them.
#[derive(Debug, Default)]
pub(super) struct Pseudonyms {
    /// The number of a person, which may stand for a smaller one that turned out to be the same.
    numbers: HashMap<String, usize>,
    same: Vec<usize>,
    /// What each number was made for, and how surely people are sorted by it.
    ids: Vec<(u8, String)>,
    /// The places of the people that were learned, when all are sorted.
    places: HashMap<usize, usize>,
    /// Whom a name is that of; several people may have one.
    names: HashMap<String, BTreeSet<usize>>,
}

impl Pseudonyms {
    /// Learns who is who.
    pub(super) fn learn(&mut self, values: &[&Value]) {
        // Who is only called by his name is known when all names are.
        for _ in 0..2 {
            values.iter().for_each(|value| self.learn_one("", value));
        }
        let mut people: BTreeMap<usize, &(u8, String)> = BTreeMap::new();
        for (number, id) in self.ids.iter().enumerate() {
            let best = people.entry(self.first(number)).or_insert(id);
            *best = (*best).min(id);
        }
        let mut people: Vec<(&str, usize)> =
            people.into_iter().map(|(number, (_, id))| (id.as_str(), number)).collect();
        people.sort_unstable();
        self.places = people.into_iter().enumerate().map(|(place, (_, number))| (number, place)).collect();
    }

    fn learn_one(&mut self, holder: &str, value: &Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.learn_one(holder, value)),
            Value::Object(members) => {
                self.learn_members(holder, members);
                members.iter().for_each(|(name, value)| self.learn_one(name, value));
            }
            _ => {}
        }
    }

    fn learn_members(&mut self, holder: &str, members: &Map<String, Value>) {
        let is_person = is_person(holder, members);
        let name = members.get("displayName").and_then(Value::as_str);
        let ids = members.iter().filter(|(name, value)| {
            identifier(members, name, value).is_some() || (is_person && IDENTIFIERS.contains(&name.as_str()))
        });
        let ids = ids.filter_map(|(name, value)| Some((rank(name), value.as_str()?)));
        let ids: Vec<(u8, &str)> = ids.filter(|(_, id)| !id.is_empty()).collect();
        let mut numbers: Vec<usize> = ids.into_iter().map(|(rank, id)| self.number(id, rank)).collect();
        // Elsewhere several people may stand in one object.
        let is_one = is_person || name.is_some();
        if let Some(own) = name.filter(|_| !numbers.is_empty()).and_then(|name| self.called(name)) {
            numbers.push(own);
        }
        let Some(&first) = numbers.iter().min().filter(|_| is_one) else { return };
        numbers.iter().for_each(|&number| self.same[number] = first);
        if let Some(name) = name.filter(|_| is_person) {
            self.names.entry(name.to_owned()).or_default().insert(first);
        }
    }

    /// Returns the one person who is called so.
    fn called(&self, name: &str) -> Option<usize> {
        let numbers: BTreeSet<usize> =
            self.names.get(name)?.iter().map(|&number| self.first(number)).collect();
        if numbers.len() == 1 { numbers.first().copied() } else { None }
    }

    /// Returns the number of whom a text identifies.
    fn number(&mut self, id: &str, rank: u8) -> usize {
        let next = self.same.len();
        let number = *self.numbers.entry(id.to_lowercase()).or_insert(next);
        if number == next {
            self.same.push(next);
            self.ids.push((rank, id.to_owned()));
        }
        self.ids[number].0 = self.ids[number].0.min(rank);
        self.first(number)
    }

    /// Returns the number that is shown of a person; people who were not learned come behind all others.
    fn shown(&self, number: usize) -> String {
        format!("{:04}", self.places.get(&number).copied().unwrap_or(number) + 1)
    }

    fn first(&self, mut number: usize) -> usize {
        while self.same[number] != number {
            number = self.same[number];
        }
        number
    }

    fn known(&self, id: &str) -> Option<usize> {
        self.numbers.get(&id.to_lowercase()).map(|&number| self.first(number))
    }

    fn pseudonym(&mut self, id: &str) -> String {
        let number = self.number(id, u8::MAX);
        let number = self.shown(number);
        if is_address(id) { format!("person-{number}@example.com") } else { format!("person-{number}") }
    }

    /// Replaces people.
    pub(super) fn mask(&mut self, value: &mut Value) {
        self.mask_one("", value);
    }

    fn mask_one(&mut self, holder: &str, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.mask_one(holder, value)),
            Value::Object(members) => self.mask_members(holder, members),
            // What is asked of another address may be a person.
            Value::String(text) if text.contains("://") && text.contains('?') => {
                let (path, query) = text.split_once('?').unwrap_or((text, ""));
                *text = format!("{}?{}", self.plain(path, false), self.plain(query, true));
            }
            Value::String(text) => *text = self.plain(text, false),
            _ => {}
        }
    }

    fn mask_members(&mut self, holder: &str, members: &mut Map<String, Value>) {
        let is_person = is_person(holder, members);
        let id = IDENTIFIERS.iter().find_map(|name| members.get(*name)?.as_str());
        let number = id.filter(|_| is_person).map(str::to_owned).map(|id| self.number(&id, u8::MAX));
        let ids: Vec<String> = members
            .iter()
            .filter(|(name, value)| {
                identifier(members, name, value).is_some()
                    || (is_person && IDENTIFIERS.contains(&name.as_str()))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for (name, value) in members.iter_mut() {
            match value {
                Value::String(text) if ids.contains(name) && !text.is_empty() => *text = self.pseudonym(text),
                Value::String(text) if CALLED.contains(&name.as_str()) => {
                    match number.or(self.called(text)) {
                        Some(number) => *text = format!("Person {}", self.shown(number)),
                        None if is_person || self.names.contains_key(text) => *text = "Person".to_owned(),
                        None => *text = self.plain(text, false),
                    }
                }
                Value::String(text) if QUERIES.contains(&name.as_str()) => *text = self.plain(text, true),
                Value::Object(urls) if name == "avatarUrls" && is_person => urls.clear(),
                value => self.mask_one(name, value),
            }
        }
    }

    /// Replaces people in a query, a parameter or a path, where any word may be one.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.plain(text, true)
    }

    /// Replaces people in a text: what can be nothing else, and with `words` all that identifies anybody.
    fn plain(&mut self, text: &str, words: bool) -> String {
        let in_word = |character: char| character.is_alphanumeric() || "._-+@:".contains(character);
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(in_word) {
            shown.push_str(&rest[..start]);
            let word = &rest[start..];
            let end = word.find(|character| !in_word(character)).unwrap_or(word.len());
            let (word, behind) = word.split_at(end);
            // A full stop or a colon behind a word is no part of it.
            let bare = word.trim_end_matches(['.', ':']);
            let is_known = self.known(bare).is_some();
            if is_address(bare) || (is_known && (words || is_unmistakable(bare))) {
                shown.push_str(&self.pseudonym(bare));
                shown.push_str(&word[bare.len()..]);
            } else {
                shown.push_str(word);
            }
            rest = behind;
        }
        shown.push_str(rest);
        shown
    }
}

/// Returns whether an object is a person: Jira's groups, projects and boards have a `displayName`, too.
fn is_person(holder: &str, members: &Map<String, Value>) -> bool {
    let has = |name: &str| members.contains_key(name);
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    if has("groupId") || has("projectId") || has("projectKey") || kind.contains("group") {
        return false;
    }
    let is_marked =
        has("active") || has("emailAddress") || has("avatarUrls") || kind.contains("user-role-actor");
    has("accountId") || (has("displayName") && is_marked) || PERSONS.contains(&holder)
}

/// Returns what identifies a person in a member of an object which may be none itself.
fn identifier<'a>(members: &Map<String, Value>, name: &str, value: &'a Value) -> Option<&'a str> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
    let holds = HOLDERS.contains(&name)
        || (kind.eq_ignore_ascii_case("user") && ["parameter", "value"].contains(&name));
    holds.then_some(text)
}

/// Says how surely people are sorted by what a member holds: the less, the surer.
fn rank(member: &str) -> u8 {
    match member {
        "accountId" => 0,
        "name" | "userName" | "username" => 1,
        "key" | "userKey" => 2,
        "emailAddress" => 4,
        _ => 3,
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// Returns whether a text identifies an account and can hardly be a word: account ids and keys of users.
fn is_unmistakable(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    text.starts_with("JIRAUSER") || (text.len() >= 16 && digits >= 4)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_person_has_one_pseudonym() {
        let mut reply = json!({
            "lead": { "key": "JIRAUSER10100", "name": "ada", "displayName": "Ada L.", "active": true,
                "avatarUrls": { "48x48": "https://avatar.example.net/0f3a" } },
            "actor": { "id": 1, "name": "ada", "displayName": "Ada L.", "type": "atlassian-user-role-actor" },
            "member": { "actorUser": { "name": "ada", "displayName": "Ada L." }, "self": "https://jira.example.com/user?username=ada" },
            "group": { "name": "ada", "displayName": "ada", "type": "atlassian-group-role-actor" },
            "location": { "projectId": 1, "displayName": "ada (ADA)", "name": "ada" },
            "holder": { "type": "user", "parameter": "JIRAUSER10100" },
            "jql": "assignee = ada AND text ~ \"x ada@corp.example.org\"",
            "description": "ask ada, or JIRAUSER10100, or ada@corp.example.org.",
            "board": { "displayName": "Ada L.", "renderedLink": "Ada L.", "userName": "ada.l" },
            "cloud": { "accountId": "5b10ac8d82e05b22cc7d4ef5", "displayName": "Bob" },
            "role": { "displayName": "Bob", "actorUser": { "accountId": "5b10ac8d82e05b22cc7d4ef5" }, "type": "atlassian-user-role-actor" },
            "share": "5b10ac8d82e05b22cc7d4ef5"
        });
        let mut people = Pseudonyms::default();
        people.learn(&[&reply]);
        people.mask(&mut reply);
        assert_eq!(
            reply,
            json!({
                "lead": { "key": "person-0002", "name": "person-0002", "displayName": "Person 0002", "active": true, "avatarUrls": {} },
                "actor": { "id": 1, "name": "person-0002", "displayName": "Person 0002", "type": "atlassian-user-role-actor" },
                "member": {
                    "actorUser": { "name": "person-0002", "displayName": "Person 0002" },
                    "self": "https://jira.example.com/user?username=person-0002"
                },
                "group": { "name": "ada", "displayName": "ada", "type": "atlassian-group-role-actor" },
                "location": { "projectId": 1, "displayName": "ada (ADA)", "name": "ada" },
                "holder": { "type": "user", "parameter": "person-0002" },
                "jql": "assignee = person-0002 AND text ~ \"x person-0005@example.com\"",
                "description": "ask ada, or person-0002, or person-0005@example.com.",
                "board": { "displayName": "Person 0002", "renderedLink": "Person 0002", "userName": "person-0002" },
                "cloud": { "accountId": "person-0001", "displayName": "Person 0001" },
                "role": { "displayName": "Person 0001", "actorUser": { "accountId": "person-0001" }, "type": "atlassian-user-role-actor" },
                "share": "person-0001"
            })
        );
        assert_eq!(people.text("/rest/api/2/user/ada"), "/rest/api/2/user/person-0002");
    }
}
