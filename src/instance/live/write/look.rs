//! How to find out how something of a live Jira is: as before a request, as after it, or otherwise.
//!
//! Pure. Invariant: only what a look names is compared; who finds neither of the two ways leaves it alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::rest::Edition;

/// How to find out how something is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::instance::live) struct Look {
    /// What is asked.
    pub(in crate::instance::live) path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::instance::live) query: Vec<(String, String)>,
    /// What is asked with a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) body: Option<Value>,
    /// Where in the reply the list is that holds it; nothing if the reply is what is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) among: Option<Among>,
    /// As it is before the request, as far as that matters; null if it is not there.
    pub(in crate::instance::live) from: Value,
    /// As it is afterwards.
    pub(in crate::instance::live) to: Value,
    /// Whether it is looked at only if it is unknown whether the request was done, because Jira itself refuses what does not fit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) only_in_doubt: bool,
    /// Whether lists in it have no order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) any_order: bool,
    /// The member that tells the items of a list from each other, where a request may be done of some of them and not of others: those
    /// that neither `from` nor `to` has do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::instance::live) each: Option<String>,
    /// Whether it tells by a version alone, which whatever changes the object raises: before the request was sent, somebody else did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) by_version: bool,
}

/// What is looked for in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::instance::live) struct Among {
    /// Where the list is in the reply (RFC 6901); several places are parted by a blank.
    pub(in crate::instance::live) list: String,
    /// What tells the item from the others: members and their values.
    pub(in crate::instance::live) by: BTreeMap<String, Value>,
    /// Whether the list comes in pages, by `startAt`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) paged: bool,
    /// Whether all items are looked at, not one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::instance::live) whole: bool,
}

impl Among {
    /// Means the item of a list that has the members of another object.
    pub(super) fn of(list: &str, item: &Value) -> Self {
        let by = item.as_object().into_iter().flatten();
        let by = by.map(|(name, own)| (name.clone(), own.clone())).collect();
        Self { list: list.to_owned(), by, paged: false, whole: false }
    }

    /// Returns all items.
    pub(super) fn all(&self, reply: &Value) -> Value {
        reply.pointer(&self.list).filter(|own| own.is_array()).cloned().unwrap_or_default()
    }

    /// Returns the item; null is nothing.
    pub(super) fn pick(&self, reply: &Value) -> Value {
        let items = self.list.split(' ').find_map(|at| reply.pointer(at).and_then(Value::as_array));
        let is_meant = |item: &&Value| {
            self.by.iter().all(|(name, own)| agrees(item.get(name).unwrap_or(&Value::Null), own))
        };
        items.into_iter().flatten().find(is_meant).cloned().unwrap_or(Value::Null)
    }
}

/// How something is, of the ways in which it may be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::instance::live) enum State {
    /// As before the request.
    Before,
    /// As after it; with what was found.
    Done(Value),
    /// Some of its items as before the request, and others as after it: it may be sent again, and is to be taken back.
    Partly,
    /// None of them.
    Other(Value),
}

impl Look {
    /// Looks at an object that has an address of its own.
    pub(in crate::instance::live) fn at(path: impl Into<String>, from: Value, to: Value) -> Self {
        Self {
            path: path.into(),
            query: Vec::new(),
            body: None,
            among: None,
            from,
            to,
            only_in_doubt: false,
            any_order: false,
            each: None,
            by_version: false,
        }
    }

    /// Looks for an issue that a query finds: there must be none.
    pub(in crate::instance::live) fn for_no_issue(edition: Edition, query: &str) -> Self {
        // Atlassian has removed the older of the two from Jira Cloud (CHANGE-2046).
        let path = match edition {
            Edition::Cloud => "search/jql",
            Edition::DataCenter => "search",
        };
        let none = json!({ "issues": [] });
        Self::at(format!("{}/{path}", edition.api()), none, Value::Bool(true))
            .with("jql", query)
            .with("maxResults", "1")
            .with("fields", "id")
    }

    /// Looks into a list for the item that has these values.
    #[must_use]
    pub(in crate::instance::live) fn among(mut self, list: &str, by: &[(&str, Value)]) -> Self {
        let by = by.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.among = Some(Among { list: list.to_owned(), by, paged: false, whole: false });
        self
    }

    /// Looks at all items of a list that comes in pages; what is looked at is an array of them.
    #[must_use]
    pub(in crate::instance::live) fn all(mut self, list: &str) -> Self {
        let by = BTreeMap::new();
        self.among = Some(Among { list: list.to_owned(), by, paged: true, whole: true });
        self
    }

    /// Looks at all items of a list that comes at once.
    #[must_use]
    pub(in crate::instance::live) fn whole(mut self, list: &str) -> Self {
        let by = BTreeMap::new();
        self.among = Some(Among { list: list.to_owned(), by, paged: false, whole: true });
        self
    }

    /// Says that the list comes in pages.
    #[must_use]
    pub(in crate::instance::live) fn paged(mut self) -> Self {
        if let Some(among) = &mut self.among {
            among.paged = true;
        }
        self
    }

    /// Adds a parameter.
    #[must_use]
    pub(in crate::instance::live) fn with(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks with a body.
    #[must_use]
    pub(in crate::instance::live) fn asking(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Says that Jira itself refuses what does not fit, so that there is no need to look beforehand.
    #[must_use]
    pub(in crate::instance::live) fn in_doubt(mut self) -> Self {
        self.only_in_doubt = true;
        self
    }

    /// Says that lists in it have no order.
    #[must_use]
    pub(in crate::instance::live) fn in_any_order(mut self) -> Self {
        self.any_order = true;
        self
    }

    /// Looks at each item of a list by itself; this member tells them apart.
    #[must_use]
    pub(in crate::instance::live) fn each(mut self, member: &str) -> Self {
        self.each = Some(member.to_owned());
        self
    }

    /// Says that it tells by a version alone.
    #[must_use]
    pub(in crate::instance::live) fn by_version(mut self) -> Self {
        self.by_version = true;
        self
    }

    /// Returns the same for the way back.
    #[must_use]
    pub(in crate::instance::live) fn back(&self) -> Self {
        Self { from: self.to.clone(), to: self.from.clone(), ..self.clone() }
    }

    /// Returns whether it tells what was before from what is afterwards.
    pub(in crate::instance::live) fn tells(&self) -> bool {
        !matches!(self.judge(self.from.clone()), State::Done(_))
    }

    /// Says how what was found is; null is nothing.
    pub(in crate::instance::live) fn judge(&self, found: Value) -> State {
        let agrees = if self.any_order { agrees_in_any_order } else { agrees };
        if let Some(member) = &self.each {
            return self.judge_each(found, member, agrees);
        }
        if agrees(&found, &self.to) {
            return State::Done(found);
        }
        match agrees(&found, &self.from) {
            true => State::Before,
            false => State::Other(found),
        }
    }

    /// Says how the items are that were found.
    fn judge_each(&self, found: Value, member: &str, agrees: fn(&Value, &Value) -> bool) -> State {
        let items = |list: &Value| -> BTreeMap<String, Value> {
            let items = list.as_array().into_iter().flatten();
            items.map(|own| (own[member].to_string(), own.clone())).collect()
        };
        let (from, to, is) = (items(&self.from), items(&self.to), items(&found));
        let of = |list: &BTreeMap<String, Value>, key: &String| list.get(key).cloned().unwrap_or_default();
        let (mut is_before, mut is_done) = (true, true);
        for key in from.keys().chain(to.keys()) {
            let is = of(&is, key);
            let (before, done) = (agrees(&is, &of(&from, key)), agrees(&is, &of(&to, key)));
            if !before && !done {
                return State::Other(is);
            }
            is_before &= before;
            is_done &= done;
        }
        match (is_done, is_before) {
            (true, _) => State::Done(found),
            (false, true) => State::Before,
            (false, false) => State::Partly,
        }
    }
}

/// Returns whether something that was found is as wanted, as far as that says. Jira says nothing in three ways (no member, null, an
/// empty text or list), and ids as numbers and as texts.
pub(super) fn agrees(found: &Value, wanted: &Value) -> bool {
    agrees_by(found, wanted, |found, wanted| found.iter().zip(wanted).all(|(one, other)| agrees(one, other)))
}

/// The same, where the items of a list may stand in any order; no two items that are wanted agree with the same.
fn agrees_in_any_order(found: &Value, wanted: &Value) -> bool {
    agrees_by(found, wanted, |found, wanted| {
        let mut rest: Vec<&Value> = found.iter().collect();
        wanted.iter().all(|own| {
            let at = rest.iter().position(|other| agrees_in_any_order(other, own));
            at.map(|at| rest.swap_remove(at)).is_some()
        })
    })
}

fn agrees_by(found: &Value, wanted: &Value, lists: fn(&[Value], &[Value]) -> bool) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, own)| agrees_by(found.get(name).unwrap_or(&Value::Null), own, lists))
        }
        (Value::Array(found), Value::Array(wanted)) if !wanted.is_empty() => {
            found.len() == wanted.len() && lists(found, wanted)
        }
        (Value::Null, Value::Object(wanted)) if !wanted.is_empty() => wanted.values().all(is_nothing),
        (found, wanted) if is_nothing(wanted) => is_nothing(found),
        // A number may have a fraction that says nothing.
        (Value::Number(found), Value::Number(wanted)) => found == wanted || found.as_f64() == wanted.as_f64(),
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            number.to_string() == *text
        }
        (found, wanted) => found == wanted,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_compares_what_it_names() {
        let state = |found, in_any_order| {
            let look =
                Look::at("/", json!({ "name": "A", "ids": [1, 1] }), json!({ "name": "B", "ids": [1, 2] }));
            let look = if in_any_order { look.in_any_order() } else { look };
            match look.judge(found) {
                State::Before => "before",
                State::Done(_) => "done",
                State::Partly => "partly",
                State::Other(_) => "other",
            }
        };
        assert_eq!(state(json!({ "name": "A", "ids": ["1", 1], "more": true }), false), "before");
        assert_eq!(state(json!({ "name": "B", "ids": [2, 1] }), false), "other");
        assert_eq!(state(json!({ "name": "B", "ids": [2, 1] }), true), "done");
        // Each item that is wanted is one of its own.
        assert_eq!(state(json!({ "name": "A", "ids": [1, 2] }), true), "other");
        assert_eq!(state(Value::Null, false), "other");
        let made = Look::at("/", Value::Null, json!({ "name": "A" }));
        assert_eq!(made.judge(Value::Null), State::Before);
        assert!(made.tells());
        assert!(!Look::at("/", json!({ "a": null }), json!({ "a": "" })).tells());
        // What has no value is not there, or has one that says nothing.
        let look = Look::at("/", json!({ "number": null }), json!({ "number": 1.0 }));
        assert_eq!(look.judge(Value::Null), State::Before);
        assert_eq!(look.judge(json!({ "id": 1 })), State::Before);
        assert!(matches!(look.judge(json!({ "number": 1 })), State::Done(_)));
    }

    #[test]
    fn items_are_looked_at_one_by_one() {
        let (from, to) = (
            json!([{ "id": "a", "types": [1, 2] }, { "id": "b" }]),
            json!([{ "id": "a", "types": [3] }, { "id": "c" }]),
        );
        let look = Look::at("/", from.clone(), to.clone()).in_any_order().each("id");
        assert_eq!(look.judge(json!([{ "id": "a", "types": ["2", "1"] }, { "id": "b" }])), State::Before);
        assert!(matches!(look.judge(to), State::Done(_)));
        // Others do not matter.
        assert_eq!(
            look.judge(json!([{ "id": "a", "types": [3] }, { "id": "b" }, { "id": "d" }])),
            State::Partly
        );
        let state = look.judge(json!([{ "id": "a", "types": [4] }, { "id": "b" }]));
        assert_eq!(state, State::Other(json!({ "id": "a", "types": [4] })));
        assert!(matches!(look.back().judge(from), State::Done(_)));
    }
}
