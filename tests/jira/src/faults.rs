//! What goes wrong on purpose.
//!
//! Invariant: a fault fits requests by method and path alone, so that a test can say which request it meant.

use std::time::Duration;

/// Something that goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The path, with `{anything}` for any one segment; `**` is every path.
    pub path: String,
    /// The method; any, if it is empty; [`ANY_WRITE`] is all that changes something.
    pub method: String,
    /// How many requests are answered properly before.
    pub after: usize,
    /// How many requests go wrong; without it all of them.
    pub times: Option<usize>,
    /// What happens.
    pub outcome: Outcome,
}

/// In the place of a method: every request that changes something.
pub const ANY_WRITE: &str = "WRITE";

/// What happens to a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A status, with Jira's error body.
    Status(u16),
    /// 429 with what the headers say; without it they say nothing.
    Limited {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// 403 as Data Center says it after failed sign-ins: a person must solve a captcha first.
    Captcha,
    /// A page of a proxy or of a sign-in, whatever its status.
    Html(u16),
    /// 200 and JSON that is none.
    BrokenJson,
    /// The right reply, of which the second half does not come.
    Cut,
    /// 200 and no body.
    NoBody,
    /// The connection breaks before the reply.
    NoReply,
    /// 200 and `{}`.
    EmptyObject,
    /// A list whose first page comes again and again and is never the last.
    Endless,
    /// 302 to an address.
    Redirect(String),
    /// The right reply, later.
    Late(Duration),
    /// What was asked for is done, and then this happens in the place of its reply: the answer is lost, or is a failure.
    After(Box<Outcome>),
    /// 207: what the body names last is not done, and the rest is. Field schemes answer so.
    Partly,
    /// The reply to a question for a task, with this status of the task.
    Task(&'static str),
    /// Anything else.
    Body {
        /// The status.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body.
        bytes: Vec<u8>,
    },
}

impl Fault {
    /// Every request of a path goes wrong.
    pub fn always(path: &str, outcome: Outcome) -> Self {
        Self { path: path.to_owned(), method: String::new(), after: 0, times: None, outcome }
    }

    /// The first requests of a path go wrong.
    pub fn times(path: &str, times: usize, outcome: Outcome) -> Self {
        Self { times: Some(times), ..Self::always(path, outcome) }
    }

    /// The first request of a method and path is acted upon, and its answer does not come.
    pub fn answer_lost(method: &str, path: &str) -> Self {
        let outcome = Outcome::After(Box::new(Outcome::NoReply));
        Self { method: method.to_owned(), ..Self::times(path, 1, outcome) }
    }

    /// Returns whether a request is one of those that are meant.
    pub(crate) fn fits(&self, method: &str, path: &str, is_write: bool) -> bool {
        let is_meant = match self.method.as_str() {
            "" => true,
            ANY_WRITE => is_write,
            own => own == method,
        };
        is_meant && (self.path == "**" || matches(&self.path, path).is_some())
    }
}

/// Returns the segments that stand where a template has `{…}`, if the path is one of the template.
pub(crate) fn matches<'p>(template: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    let mut parts = Vec::new();
    loop {
        match (template.next(), path.next()) {
            (None, None) => return Some(parts),
            (Some(wanted), Some(found)) if wanted.starts_with('{') && !found.is_empty() => parts.push(found),
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_any_one_segment() {
        assert_eq!(matches("/a/{x}/b", "/a/7/b"), Some(vec!["7"]));
        assert_eq!(matches("/a/{x}/b", "/a//b"), None);
        assert_eq!(matches("/a/{x}", "/a/7/b"), None);
        assert_eq!(matches("/a", "/a"), Some(vec![]));
    }
}
