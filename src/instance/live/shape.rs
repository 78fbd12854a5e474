//! What many replies have in common, and how it is read: ids that are numbers in one reply and texts in the next, names, whose project something is.
//!
//! Invariant: a member that Jira always gives is required, so that a reply without it is malformed and never taken for one that
//! says "none"; members that are not named are ignored.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

/// An id: a text in one reply and a number in the next, for the same kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) String);

impl Id {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both;
        impl Visitor<'_> for Both {
            type Value = Id;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an id")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Both)
    }
}

/// Where an object belongs: to all projects, or to a team-managed one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Scope {
    #[serde(rename = "type")]
    ty: Option<String>,
    project: Option<WithId>,
}

/// Something of which the id alone is wanted.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WithId {
    pub(super) id: Id,
}

/// Returns whether an object is one of a team-managed project.
pub(super) fn is_of_project(scope: Option<&Scope>) -> bool {
    scope.is_some_and(|scope| match scope.ty.as_deref() {
        Some(ty) => !ty.eq_ignore_ascii_case("GLOBAL"),
        None => scope.project.is_some(),
    })
}

/// An object of which id, name and description are wanted.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) id: Id,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) scope: Option<Scope>,
}

/// A page inside of a reply.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inner<T> {
    pub(super) values: Vec<T>,
    pub(super) is_last: Option<bool>,
    pub(super) total: Option<usize>,
}

impl<T> Inner<T> {
    /// Returns whether there are more items than these.
    pub(super) fn is_part(&self) -> bool {
        self.is_last == Some(false) || self.total.is_some_and(|total| total > self.values.len())
    }
}

/// Returns the address of an icon without the host, if it is the place's own.
pub(super) fn without_host<'a>(base: &str, address: &'a str) -> &'a str {
    let base = base.trim_end_matches('/');
    if base.is_empty() { address } else { address.strip_prefix(base).unwrap_or(address) }
}
