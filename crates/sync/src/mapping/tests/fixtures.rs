//! A Jira that can be asked, numbers, and issues, for the tests of the mapping.
//!
//! Invariant: a user is there unless its name says `gone`; the number of a thing is its handle.

use std::collections::{BTreeMap, BTreeSet};

use crate::samples::system;
use crate::{
    Attachment, Catalogue, Comment, Handle, IssueFault, IssueKey, IssueState, Lookup, Numbers, Restriction,
    Time, Touched, UserFacts, Value, Version, Worklog,
};

pub(super) struct Jira {
    pub(super) catalogue: Catalogue,
}

impl Lookup for Jira {
    fn catalogue(&mut self) -> Result<&Catalogue, IssueFault> {
        Ok(&self.catalogue)
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        let there = names.iter().filter(|name| !name.contains("gone"));
        Ok(there.map(|name| facts(name)).collect())
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        Ok(email.strip_suffix("@example.com").map(facts))
    }
}

pub(super) fn facts(name: &str) -> UserFacts {
    let email = Some(format!("{name}@example.com"));
    UserFacts { name: name.to_owned(), shown: format!("Shown {name}"), email, active: true }
}

/// Gives every comment, worklog and attachment the number that its handle is.
pub(super) struct AsHandled;

pub(super) fn number(handle: &Handle) -> Option<u64> {
    handle.0.parse().ok()
}

impl Numbers for AsHandled {
    fn comment(&mut self, comment: &Comment) -> Option<u64> {
        number(&comment.handle)
    }

    fn worklog(&mut self, worklog: &Worklog) -> Option<u64> {
        number(&worklog.handle)
    }

    fn attachment(&mut self, attachment: &Attachment) -> Option<(u64, String)> {
        Some((number(&attachment.handle)?, "00".repeat(32)))
    }
}

pub(super) fn touched(at: i64) -> Touched {
    Touched { at: Time(at), by: Some("somebody".to_owned()) }
}

/// An issue of the Jira of which each name begins with this word.
pub(super) fn issue(word: &str) -> IssueState {
    IssueState {
        key: IssueKey("DEMO-1".to_owned()),
        version: Version("1".to_owned()),
        marker: None,
        kind: format!("{word} Bug"),
        status: format!("{word} Open"),
        status_touched: touched(5),
        parent: None,
        created: touched(1),
        fields: BTreeMap::from([(system("summary"), Value::Text("It breaks".to_owned()))]),
        unseen: BTreeSet::new(),
        touched: BTreeMap::new(),
        comments: Vec::new(),
        worklogs: Vec::new(),
        attachments: Vec::new(),
        links: BTreeSet::new(),
    }
}

pub(super) fn comment(handle: &str, body: &str, restriction: Option<Restriction>) -> Comment {
    Comment {
        handle: Handle(handle.to_owned()),
        author: Some("ada".to_owned()),
        author_shown: Some("Ada".to_owned()),
        created: Time(0),
        updated: touched(0),
        body: body.to_owned(),
        restriction,
        marker: None,
    }
}
