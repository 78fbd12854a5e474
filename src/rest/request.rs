//! What is asked: a method, a path below the base of a place, parameters and a body.
//!
//! Invariants: a request holds no host, so that it can only go to the place's own; a [`Question`] changes nothing, so that whoever has
//! only these can change nothing.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What stands in a path or a query as it is (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same for values of a query, where these separate nothing.
const ENCODED_VALUE: &AsciiSet = &ENCODED.remove(b',').remove(b':').remove(b'/').remove(b'*');

/// The requests that only read although their method is POST, by how their paths end (Atlassian's description of Jira Cloud, and
/// of Jira Software Cloud, April 2026).
const READING: [&str; 12] = [
    "/workflows",
    "/workflows/preview",
    "/workflows/create/validation",
    "/workflows/update/validation",
    "/workflow/history",
    "/workflowscheme/read",
    "/workflowscheme/update/mappings",
    "/priorityscheme/mappings",
    "/jql/parse",
    "/jql/pdcleaner",
    "/search/approximate-count",
    "/permissions/check",
];

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something, or reads what needs a body.
    Post,
    /// Says how something is to be.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A file that a request takes along, or that its answer is: never in memory as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transfer {
    /// A file is sent, as the part `file` of a form.
    Upload {
        /// Where its bytes are.
        from: PathBuf,
        /// Its name.
        name: String,
        /// Its type.
        mime: String,
    },
    /// What is answered is written into a file, whatever it is.
    Download {
        /// The file.
        to: PathBuf,
    },
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The path below the base of the place, with its parts encoded: `/rest/api/3/field/customfield_10010/context`.
    pub path: String,
    /// Its parameters, as they are meant.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Option<Value>,
    /// The file that goes or comes.
    pub transfer: Option<Transfer>,
}

impl Request {
    /// Reads what stands at a path.
    pub fn get(path: impl Into<String>) -> Question {
        Question(Self::plain(Method::Get, path.into(), None))
    }

    /// Sends a body to a path.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::plain(Method::Post, path.into(), Some(body))
    }

    /// Says how what stands at a path is to be.
    pub fn put(path: impl Into<String>, body: Value) -> Self {
        Self::plain(Method::Put, path.into(), Some(body))
    }

    /// Removes what stands at a path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::plain(Method::Delete, path.into(), None)
    }

    /// Sends a file to a path.
    pub fn upload(path: impl Into<String>, file: Transfer) -> Self {
        Self { transfer: Some(file), ..Self::plain(Method::Post, path.into(), None) }
    }

    fn plain(method: Method, path: String, body: Option<Value>) -> Self {
        Self { method, path, query: Vec::new(), body, transfer: None }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Returns whether it changes nothing.
    pub fn is_reading(&self) -> bool {
        match self.method {
            Method::Get => true,
            Method::Post => {
                READING.iter().any(|end| self.path.ends_with(end))
                    || (self.path.contains("/field/") && self.path.ends_with("/context/mapping"))
            }
            Method::Put | Method::Delete => false,
        }
    }

    /// Returns the path with its parameters, as it is sent.
    pub fn target(&self) -> String {
        let mut target = self.path.clone();
        for (number, (name, value)) in self.query.iter().enumerate() {
            target.push(if number == 0 { '?' } else { '&' });
            target.extend(utf8_percent_encode(name, ENCODED_VALUE));
            target.push('=');
            target.extend(utf8_percent_encode(value, ENCODED_VALUE));
        }
        target
    }
}

/// A request that changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Question(Request);

impl Question {
    /// Returns a request as a question; nothing if it may change something.
    pub fn of(request: Request) -> Option<Self> {
        request.is_reading().then_some(Self(request))
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        Self(self.0.with(name, value))
    }

    /// Says into which file the answer is to be written.
    #[must_use]
    pub fn into_file(self, to: PathBuf) -> Self {
        Self(Request { transfer: Some(Transfer::Download { to }), ..self.0 })
    }
}

impl Deref for Question {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.0
    }
}

impl From<Question> for Request {
    fn from(question: Question) -> Self {
        question.0
    }
}

impl fmt::Display for Question {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method.name(), self.target())
    }
}

/// Returns a name or an id as one part of a path.
pub fn segment(text: &str) -> String {
    // A part that is one of these is taken for a step in the path, even encoded.
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, ENCODED).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_spelled_as_it_is_sent() {
        let path = format!("/rest/api/3/project/{}", segment("A/B?c#d ü"));
        let request = Request::get(path).with("expand", "lead,description").with("query", "a&b=c d");
        assert_eq!(
            request.to_string(),
            "GET /rest/api/3/project/A%2FB%3Fc%23d%20%C3%BC?expand=lead,description&query=a%26b%3Dc%20d"
        );
    }

    #[test]
    fn only_some_posts_read() {
        let post = |path: &str| Request::post(path, Value::Null).is_reading();
        assert!(post("/rest/api/3/workflows"));
        assert!(post("/rest/api/3/field/customfield_1/context/mapping"));
        assert!(!post("/rest/api/3/workflows/create"));
        assert!(!post("/rest/api/3/workflows/update"));
        assert!(!post("/rest/api/3/project"));
        assert!(!post("/rest/api/3/context/mapping"));
        let put = Request { method: Method::Put, ..Request::get("/rest/api/3/workflows").into() };
        assert!(!put.is_reading());
        assert_eq!(Question::of(put), None);
        assert_eq!(Question::of(Request::post("/rest/api/3/project", Value::Null)), None);
        assert!(Question::of(Request::post("/rest/api/3/workflowscheme/read", Value::Null)).is_some());
    }
}
