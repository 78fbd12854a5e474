//! A request with its way back, which may take more than one.
//!
//! Invariant: what nothing takes back says so.

use std::collections::BTreeMap;

use serde_json::Value;

use super::look::Look;
use super::sent::{NUMBER, Sent};
use crate::import::Call;

/// A request with its way back.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::instance::live) struct Deed {
    /// What is sent.
    pub(in crate::instance::live) sent: Sent,
    /// What takes it back; nothing if nothing can.
    pub(in crate::instance::live) back: Option<Sent>,
    /// What takes back the rest of it, after that.
    pub(in crate::instance::live) more: Vec<Sent>,
    /// What it is about, in words, if that is not the object of its step.
    pub(in crate::instance::live) about: Option<String>,
}

impl Deed {
    /// Returns a request that another takes back; what is looked at is the same both ways.
    pub(in crate::instance::live) fn new(sent: Sent, back: Sent) -> Self {
        let mut back = back;
        if back.look.is_none() {
            back.look = sent.look.as_ref().map(Look::back);
        }
        Self { sent, back: Some(back), more: Vec::new(), about: None }
    }

    /// Returns a request about a part of something new: who takes that back has taken back this.
    pub(in crate::instance::live) fn along(sent: Sent) -> Self {
        Self { sent, back: Some(Sent::nothing()), more: Vec::new(), about: None }
    }

    /// Returns what is only done on the way back, after all that follows was taken back.
    pub(in crate::instance::live) fn only_back(back: Sent) -> Self {
        Self { sent: Sent::nothing(), back: Some(back), more: Vec::new(), about: None }
    }

    /// Returns a request that nothing takes back.
    pub(in crate::instance::live) fn lasting(sent: Sent) -> Self {
        Self { sent, back: None, more: Vec::new(), about: None }
    }

    /// Says what it is about.
    #[must_use]
    pub(in crate::instance::live) fn about(self, about: &str) -> Self {
        Self { about: Some(about.to_owned()), ..self }
    }

    /// Adds what is sent after that which takes it back, until all of it is taken back.
    #[must_use]
    pub(in crate::instance::live) fn then(mut self, more: impl IntoIterator<Item = Sent>) -> Self {
        self.more.extend(more);
        self
    }

    /// Returns it with what stands for ids in the places of these.
    pub(super) fn named(self, names: &BTreeMap<String, String>) -> Self {
        if names.is_empty() {
            return self;
        }
        let named = |sent: &Sent| {
            let mut value = serde_json::to_value(sent).expect("a request has text keys only");
            name(&mut value, names);
            let mut own: Sent = serde_json::from_value(value).expect("only texts have changed");
            own.object.clone_from(&sent.object);
            own.also.clone_from(&sent.also);
            own
        };
        Self {
            sent: named(&self.sent),
            back: self.back.as_ref().map(named),
            more: self.more.iter().map(named).collect(),
            about: self.about.clone(),
        }
    }

    /// Returns it as saved plans and journals hold it.
    pub(super) fn call(self, about: &str) -> Call {
        let spelled = |sent: &Sent| serde_json::to_value(sent).expect("a request has text keys only");
        Call {
            about: self.about.unwrap_or_else(|| about.to_owned()),
            sends: spelled(&self.sent),
            takes_back: self.back.as_ref().map(|back| match &self.more[..] {
                [] => spelled(back),
                more => [back].into_iter().chain(more).map(spelled).collect(),
            }),
        }
    }
}

/// Puts what stands for ids into the places of these.
fn name(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Number(number) => {
            if let Some(token) = names.get(&number.to_string()) {
                *value = format!("{NUMBER}{token}").into();
            }
        }
        Value::String(text) => {
            for (id, token) in names {
                if text.contains(id.as_str()) {
                    *text = text.replace(id.as_str(), token);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name(item, names)),
        Value::Object(members) => {
            let named: Vec<String> = members
                .keys()
                .filter(|key| names.keys().any(|id| key.contains(id.as_str())))
                .cloned()
                .collect();
            for key in named {
                let new = names.iter().fold(key.clone(), |own, (id, token)| own.replace(id.as_str(), token));
                if let Some(value) = members.remove(&key) {
                    members.insert(new, value);
                }
            }
            members.values_mut().for_each(|own| name(own, names));
        }
        Value::Null | Value::Bool(_) => {}
    }
}
