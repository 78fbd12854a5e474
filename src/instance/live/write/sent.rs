//! One request that changes a live Jira: what is sent, how to find out whether it was done, and what takes it back; as saved plans and
//! journals hold it.
//!
//! Pure. Invariant: no id of an object that the run itself creates stands in a request; it has the object's name there
//! ([`token`]), and the id is put in when Jira has told it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::look::{Among, Look};
use crate::rest::{Method, Request, segment};

/// What stands around the name of something that has no id yet. No name of Jira's holds them in practice, and one that does only
/// ends in a request that names an unknown object, which is not sent.
const OPEN: char = '«';
const CLOSE: char = '»';

/// What stands in front of a name whose id is to be a number, or what is to be true or false.
pub(super) const NUMBER: char = '#';

/// Returns what stands for the id of an object that is yet to be created.
pub(in crate::instance::live) fn token(kind: &str, name: &str) -> String {
    format!("{OPEN}{kind}/{}{CLOSE}", name.replace([OPEN, CLOSE], "\""))
}

/// Returns an id as a number, as some bodies want it: what stands for an id stays that.
pub(in crate::instance::live) fn number(id: &str) -> Value {
    match id.parse::<i64>() {
        Ok(number) => number.into(),
        Err(_) => format!("{NUMBER}{id}").into(),
    }
}

/// What stands for the id of the item in what is sent for each item of a list.
pub(super) const ITEM: &str = "«item/»";

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::instance) struct Sent {
    method: Method,
    path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    query: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// How to find out whether it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) look: Option<Look>,
    /// What else must be as it is there, as no issue that has what is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) only_if: Option<Look>,
    /// Where the items are for each of which it is sent, until there is none any more; what stands for an id is [`ITEM`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) until_none: Option<Look>,
    /// What is asked beforehand: a reply that names errors refuses the request. A run asks all of it before it sends anything, but what
    /// names what it makes itself: that right before the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) validation: Option<Validation>,
    /// What of the look that comes before it the request says itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::instance::live) says: Vec<Binds>,
    /// What later requests call the id that is answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::instance::live) binds: Vec<Binds>,
    /// The step of the plan that it belongs to.
    #[serde(default)]
    pub(in crate::instance) step: usize,
    /// Which requests it may be on its way with: those of other steps with the same number, next to it; without one it goes alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) wave: Option<usize>,
    /// What the requests of its step change; the first of them says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance) object: Option<Changed>,
    /// What else they change: objects that share an order with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::instance) also: Vec<Changed>,
}

/// An object that some requests change, in the words of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::instance) struct Changed {
    /// As it was; nothing if it was not there.
    pub(in crate::instance::live) from: Option<String>,
    /// As it is to be; nothing if it is to go.
    pub(in crate::instance::live) to: Option<String>,
    /// How many requests that takes.
    pub(in crate::instance) requests: usize,
    /// Whether not all of them were made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) is_partial: bool,
}

/// A question that Jira answers with what is wrong with a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::instance::live) struct Validation {
    /// Where it is asked.
    pub(in crate::instance::live) path: String,
    /// What is sent there.
    pub(in crate::instance::live) body: Value,
}

/// An id that is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::instance::live) struct Binds {
    /// What stands for it.
    pub(in crate::instance::live) token: String,
    /// Where it stands in the reply (RFC 6901), or in what a look finds: several places are parted by a blank.
    pub(in crate::instance::live) at: String,
    /// Which items of which lists lead to what it stands in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::instance::live) among: Vec<Among>,
}

impl Sent {
    fn new(method: Method, path: impl Into<String>, body: Option<Value>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body,
            look: None,
            only_if: None,
            until_none: None,
            validation: None,
            says: Vec::new(),
            binds: Vec::new(),
            step: 0,
            wave: None,
            object: None,
            also: Vec::new(),
        }
    }

    /// Returns what is nothing to send: the way back of what goes with something else, and the way of what only has a way back.
    pub(in crate::instance::live) fn nothing() -> Self {
        Self::new(Method::Get, "", None)
    }

    /// Returns whether there is nothing to send.
    pub(in crate::instance) fn is_nothing(&self) -> bool {
        self.path.is_empty()
    }

    pub(in crate::instance::live) fn post(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Post, path, Some(body))
    }

    pub(in crate::instance::live) fn put(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Put, path, Some(body))
    }

    pub(in crate::instance::live) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::Delete, path, None)
    }

    /// Deletes what a body names.
    pub(in crate::instance::live) fn delete_what(path: impl Into<String>, body: Value) -> Self {
        Self::new(Method::Delete, path, Some(body))
    }

    /// Adds a parameter.
    #[must_use]
    pub(in crate::instance::live) fn with(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says how to find out whether it was done.
    #[must_use]
    pub(in crate::instance::live) fn seen_by(mut self, look: Look) -> Self {
        self.look = Some(look);
        self
    }

    /// Says what else must be as it is there.
    #[must_use]
    pub(in crate::instance::live) fn only_if(mut self, look: Look) -> Self {
        self.only_if = Some(look);
        self
    }

    /// Says that it is sent for each item that a look finds in a list, until that finds none any more.
    #[must_use]
    pub(in crate::instance::live) fn until_none(mut self, look: Look) -> Self {
        self.until_none = Some(look);
        self
    }

    /// Returns it for one item.
    pub(in crate::instance::live) fn of_item(&self, id: &str) -> Self {
        self.resolved(&BTreeMap::from([(ITEM.to_owned(), id.to_owned())]))
    }

    /// Says what the requests of its unit change.
    pub(super) fn tells(&mut self, mut changed: Vec<Changed>) {
        self.also = changed.split_off(changed.len().min(1));
        self.object = changed.pop();
    }

    /// Says where Jira tells beforehand what is wrong with it.
    #[must_use]
    pub(in crate::instance::live) fn validated(mut self, path: String, body: Value) -> Self {
        self.validation = Some(Validation { path, body });
        self
    }

    /// Says what of the look the request says itself, in the place of what stands for it.
    #[must_use]
    pub(in crate::instance::live) fn saying(mut self, token: &str, at: &str) -> Self {
        self.says.push(Binds { token: token.to_owned(), at: at.to_owned(), among: Vec::new() });
        self
    }

    /// Returns it with what the look has found in the places of what stands for it.
    pub(in crate::instance::live) fn as_found(&self, found: &Value) -> Self {
        let value = |own: &Binds| {
            let value = found.pointer(&own.at)?;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some((own.token.clone(), text))
        };
        self.resolved(&self.says.iter().filter_map(value).collect())
    }

    /// Says what later requests call an id of the reply, if it is that of something new.
    #[must_use]
    pub(in crate::instance::live) fn binding(mut self, token: &str, at: &str) -> Self {
        self.binds.push(Binds { token: token.to_owned(), at: at.to_owned(), among: Vec::new() });
        self
    }

    /// Says what later requests call the id of an item, to which items of lists lead, one in the other.
    #[must_use]
    pub(in crate::instance::live) fn binding_item(mut self, token: &str, among: &[(&str, Value)]) -> Self {
        let among = among.iter().map(|(list, item)| Among::of(list, item)).collect();
        self.binds.push(Binds { token: token.to_owned(), at: "/id".to_owned(), among });
        self
    }

    /// Returns it with the ids that are known by now in the places of what stands for them.
    pub(in crate::instance) fn resolved(&self, ids: &BTreeMap<String, String>) -> Self {
        if ids.is_empty() {
            return self.clone();
        }
        let mut value = serde_json::to_value(self).expect("a request has text keys only");
        resolve(&mut value, ids);
        let mut own: Self = serde_json::from_value(value).expect("only texts have changed");
        // What stands for an id there is what the id is to be known by; the item that tells it may be told by other ids.
        for (own, before) in own.binds.iter_mut().zip(&self.binds) {
            own.token.clone_from(&before.token);
        }
        own.says.clone_from(&self.says);
        own.object.clone_from(&self.object);
        own.also.clone_from(&self.also);
        own
    }

    /// Returns what has no id yet, if anything has none.
    pub(in crate::instance::live) fn unresolved(&self) -> Option<String> {
        self.needs().pop_first().map(|name| name.replace([OPEN, CLOSE], ""))
    }

    /// Returns what stands for ids in all that is asked and sent.
    pub(super) fn needs(&self) -> BTreeSet<String> {
        let mut own = Self {
            validation: None,
            says: Vec::new(),
            binds: Vec::new(),
            object: None,
            also: Vec::new(),
            ..self.clone()
        };
        let mut later: BTreeMap<String, String> =
            self.says.iter().map(|own| (own.token.clone(), String::new())).collect();
        later.insert(ITEM.to_owned(), String::new());
        own = own.resolved(&later);
        let mut names = BTreeSet::new();
        named(&serde_json::to_value(&own).expect("a request has text keys only"), &mut names);
        names
    }

    /// Returns it as it goes over the wire.
    pub(in crate::instance::live) fn request(&self) -> Request {
        let (path, query, body) = (self.path.clone(), self.query.clone(), self.body.clone());
        Request { method: self.method, path, query, body, transfer: None }
    }

    /// Returns whether it starts a task that does something with issues, which is asked about elsewhere than other tasks.
    pub(in crate::instance::live) fn is_about_issues(&self) -> bool {
        self.path.contains("/bulk/issues/")
    }

    /// Returns whether nobody can see if it was done, and it may as well be done again.
    pub(in crate::instance) fn is_unseen(&self) -> bool {
        self.look.is_none() && self.is_repeatable()
    }

    /// Returns whether doing it twice comes to the same as doing it once.
    pub(in crate::instance::live) fn is_repeatable(&self) -> bool {
        matches!(self.method, Method::Put | Method::Delete)
    }
}

/// Collects what stands for ids.
fn named(value: &Value, names: &mut BTreeSet<String>) {
    let mut collect = |text: &str| {
        let parts = text.split(OPEN).skip(1);
        names.extend(parts.map(|rest| format!("{OPEN}{}{CLOSE}", rest.split(CLOSE).next().unwrap_or(rest))));
    };
    match value {
        Value::String(text) => collect(text),
        Value::Array(items) => items.iter().for_each(|item| named(item, names)),
        Value::Object(members) => {
            members.keys().for_each(|key| collect(key));
            members.values().for_each(|own| named(own, names));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts ids into the places of what stands for them.
fn resolve(value: &mut Value, ids: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            let Some(at) = text.find(OPEN) else { return };
            if let Some(token) = text.strip_prefix(NUMBER)
                && at == NUMBER.len_utf8()
                && let Some(id) = ids.get(token)
            {
                *value = match id.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    id => number(id),
                };
                return;
            }
            // Within a path an id is a part, and ids need no quoting.
            for (token, id) in ids {
                if text.contains(token.as_str()) {
                    *text = text.replace(token.as_str(), id);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, ids)),
        Value::Object(members) => {
            // Some bodies have ids in the places of names.
            let is_named = |name: &String| name.contains(OPEN);
            let named: Vec<String> = members.keys().filter(|name| is_named(name)).cloned().collect();
            for name in named {
                let mut key = Value::String(name.clone());
                resolve(&mut key, ids);
                if let (Some(value), Value::String(key)) = (members.remove(&name), key) {
                    members.insert(key, value);
                }
            }
            members.values_mut().for_each(|own| resolve(own, ids));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns an id as a part of a path; what stands for an id stays as it is.
pub(in crate::instance::live) fn part(id: &str) -> String {
    if id.contains(OPEN) { id.to_owned() } else { segment(id) }
}

impl TryFrom<&Value> for Sent {
    type Error = String;

    fn try_from(value: &Value) -> Result<Self, String> {
        serde_json::from_value(value.clone()).map_err(|error| format!("a call is none of pcfg's: {error}"))
    }
}
