//! Which endpoints there are, and who may ask them.
//!
//! Invariant: an endpoint stands once, in the list of its area, with its limit and the right that it needs.

use serde_json::Value;

use crate::Edition;
use crate::areas;
use crate::call::{Call, Refusal};
use crate::faults::matches;
use crate::page::{Limit, Shape};
use crate::writes::{self, Written};

/// What an endpoint found: a list, or anything else.
pub(crate) type Answer = Result<Value, Refusal>;

/// Bytes that an endpoint gives, with their type.
pub(crate) type Given = Result<(String, Vec<u8>), Refusal>;

/// What a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Anybody.
    Nothing,
    /// Somebody who is signed in; what he sees is the endpoint's matter.
    SignIn,
    /// An administrator of Jira.
    Administer,
}

/// An endpoint.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    /// Its path; below the root of the edition's API unless it begins with `/rest` or `/_`.
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) shape: Shape,
    pub(crate) does: Does,
}

/// What an endpoint does.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// It tells something.
    Tell(fn(&Call<'_>) -> Answer),
    /// It tells bytes, with their type.
    Give(fn(&Call<'_>) -> Given),
    /// It changes something, in a transaction of its own.
    Write(fn(&Call<'_>) -> Written),
}

/// An endpoint for everybody who is signed in.
pub(crate) const fn get(path: &'static str, answer: fn(&Call<'_>) -> Answer) -> Endpoint {
    Endpoint { method: "GET", path, needs: Needs::SignIn, shape: Shape::Whole, does: Does::Tell(answer) }
}

/// Bytes for everybody who is signed in.
pub(crate) const fn give(path: &'static str, gives: fn(&Call<'_>) -> Given) -> Endpoint {
    Endpoint { method: "GET", path, needs: Needs::SignIn, shape: Shape::Whole, does: Does::Give(gives) }
}

/// A write, for administrators unless it says otherwise.
pub(crate) const fn write(
    method: &'static str,
    path: &'static str,
    does: fn(&Call<'_>) -> Written,
) -> Endpoint {
    Endpoint { method, path, needs: Needs::Administer, shape: Shape::Whole, does: Does::Write(does) }
}

/// A read that needs a body.
pub(crate) const fn post(path: &'static str, answer: fn(&Call<'_>) -> Answer) -> Endpoint {
    Endpoint { method: "POST", ..get(path, answer) }
}

impl Endpoint {
    pub(crate) const fn admin(self) -> Self {
        Self { needs: Needs::Administer, ..self }
    }

    /// For everybody who is signed in; what he may is the endpoint's matter.
    pub(crate) const fn signed_in(self) -> Self {
        Self { needs: Needs::SignIn, ..self }
    }

    pub(crate) const fn is_write(&self) -> bool {
        matches!(self.does, Does::Write(_))
    }

    pub(crate) const fn public(self) -> Self {
        Self { needs: Needs::Nothing, ..self }
    }

    /// A list with Jira's usual envelope.
    pub(crate) const fn paged(self, usual: usize, most: usize) -> Self {
        self.shaped(Shape::Bean(Limit { usual, most }))
    }

    pub(crate) const fn shaped(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }
}

/// The root of the API that most endpoints are below.
pub(crate) const fn root(edition: Edition) -> &'static str {
    match edition {
        Edition::Cloud => "/rest/api/3",
        Edition::DataCenter => "/rest/api/2",
    }
}

/// Returns all endpoints of an edition with their whole paths.
pub(crate) fn all(edition: Edition) -> impl Iterator<Item = (String, &'static Endpoint)> {
    areas::endpoints(edition).chain(writes::endpoints(edition)).map(move |endpoint| {
        let is_whole = ["/rest/", "/_", "/secure/"].iter().any(|own| endpoint.path.starts_with(own));
        let root = if is_whole { "" } else { root(edition) };
        (format!("{root}{}", endpoint.path), endpoint)
    })
}

/// What a request asks for.
#[derive(Debug)]
pub(crate) enum Found {
    /// An endpoint, by its place in the list, and the segments that its template leaves open.
    Endpoint(usize, Vec<String>),
    /// The path is there, the method is not.
    OtherMethod,
    Nothing,
}

/// Finds the endpoint of a request. One whose template has fewer open segments counts more.
pub(crate) fn find(known: &[(&str, &'static Endpoint)], method: &str, path: &str) -> Found {
    let fitting = known.iter().enumerate().filter_map(|(place, (template, endpoint))| {
        let parts = matches(template, path)?;
        Some((parts.len(), place, endpoint.method, parts))
    });
    let mut fitting: Vec<_> = fitting.collect();
    fitting.sort_by_key(|&(open, place, ..)| (open, place));
    if fitting.is_empty() {
        return Found::Nothing;
    }
    match fitting.into_iter().find(|&(_, _, own, _)| own == method) {
        Some((_, place, _, parts)) => {
            let decode =
                |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
            Found::Endpoint(place, parts.into_iter().map(decode).collect())
        }
        None => Found::OtherMethod,
    }
}
