//! A request as endpoints see it, and how they refuse it.
//!
//! Invariant: an endpoint asks the site through the call alone, as the caller and in his language.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::Edition;
use crate::Rights;
use crate::http::{Reply, Request};
use crate::language::translated;
use crate::router::{self, Does, Found};
use crate::rows::Table;
use crate::site::{Site, json_reply};

/// A request that is not answered with what it asked for.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    message: String,
    /// What is wrong with a member of the body.
    errors: Map<String, Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), errors: Map::new() }
    }

    /// A member of the body is wrong.
    pub(crate) fn of(member: &str, message: &str) -> Self {
        let errors = [(member.to_owned(), json!(message))].into_iter().collect();
        Self { status: 400, message: String::new(), errors }
    }

    /// Something that a body refers to does not exist.
    pub(crate) fn unknown(what: &str, id: &str) -> Self {
        Self::new(400, &format!("The {what} with id '{id}' does not exist."))
    }

    /// Returns what it says.
    pub(crate) fn text(&self) -> &str {
        &self.message
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Nothing has such an id, or the caller may not see it: Jira does not tell which.
    pub(crate) fn missing(what: &str, id: &str) -> Self {
        Self::new(404, &format!("The {what} with id '{id}' does not exist."))
    }

    pub(crate) fn reply(self) -> Reply {
        let messages: Vec<_> = [self.message].into_iter().filter(|message| !message.is_empty()).collect();
        json_reply(self.status, &json!({"errorMessages": messages, "errors": self.errors}))
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(500, &error.to_string())
    }
}

/// A request to an endpoint.
pub(crate) struct Call<'a> {
    pub(crate) site: &'a Site,
    pub(crate) request: &'a Request,
    pub(crate) parts: &'a [String],
    pub(crate) rights: Rights,
    pub(crate) body: Value,
}

impl<'a> Call<'a> {
    pub(crate) fn table(&self, name: &str) -> Result<Arc<Table>, Refusal> {
        Ok(self.site.table(name)?)
    }

    /// Returns a segment that the template leaves open.
    pub(crate) fn part(&self, place: usize) -> &'a str {
        self.parts.get(place).map_or("", String::as_str)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Returns all values of a parameter, which may stand several times.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.request.query.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns whether a value is among those of a parameter, or nobody asked for certain ones.
    pub(crate) fn wants(&self, name: &str, value: &str) -> bool {
        self.query(name).is_none() || self.all(name).any(|own| own == value)
    }

    /// Returns whether a part of the reply was asked for that is not there otherwise.
    pub(crate) fn expands(&self, word: &str) -> bool {
        self.all("expand").flat_map(|words| words.split(',')).any(|own| own.trim() == word)
    }

    /// Returns what a question to this Jira would be answered with: a list without its pages.
    pub(crate) fn got(&self, path: &str) -> router::Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: self.request.headers.clone(),
            body: Vec::new(),
        };
        let whole = format!("{}{path}", router::root(self.site.options.edition));
        let path = if path.starts_with("/rest/") { path } else { &whole };
        let missing = || Refusal::new(404, &format!("null for uri: {path}"));
        let Found::Endpoint(place, parts) = router::find(&self.site.known, "GET", path) else {
            return Err(missing());
        };
        let call = Call {
            site: self.site,
            request: &request,
            parts: &parts,
            rights: self.rights,
            body: Value::Null,
        };
        match self.site.known[place].1.does {
            Does::Tell(tell) => tell(&call),
            Does::Write(_) | Does::Give(_) => Err(missing()),
        }
    }

    pub(crate) fn is_cloud(&self) -> bool {
        self.site.options.edition == Edition::Cloud
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.rights == Rights::Administrator
    }

    /// Returns the address of an object below the root of the API.
    pub(crate) fn link(&self, path: &str) -> String {
        let root = router::root(self.site.options.edition);
        format!("{}{root}{path}", self.site.base())
    }

    /// Returns an address beside the API.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.site.base())
    }

    /// Returns the language that names come in. Cloud does what the request forces, Data Center what the profile says.
    pub(crate) fn language(&self) -> &'a str {
        let forced = self.request.header("x-force-accept-language").is_some_and(|value| value == "true");
        match self.request.header("accept-language") {
            Some(language) if forced && self.is_cloud() => language,
            _ => &self.site.options.language,
        }
    }

    /// Returns a name of a built-in object as the caller sees it.
    pub(crate) fn local(&self, name: &str) -> String {
        translated(self.language(), name)
    }
}
