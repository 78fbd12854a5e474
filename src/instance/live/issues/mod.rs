//! The issues of a project in a live Jira, as the account that signs in sees and changes them.
//!
//! Invariant: every call is made by that account and asks or changes at once; what may have been done although no answer came is found by
//! its marker.

mod changed;
mod desk;
mod edit;
mod facts;
mod files;
mod find;
mod history;
mod ledger;
mod line;
mod parts;
mod people;
mod shape;
mod state;
mod told;
mod values;
mod workflow;

use std::io::{Read, Write};

use pcfg_sync::{
    Attachment, Catalogue, CommentChange, Cursor, Edit, FileFacts, Handle, IssueFault, IssueKey, IssueState,
    Issues, LinkChange, Made, Marker, NewIssue, Parts, Transition, UserFacts, Value, Version, WorklogChange,
};

pub use self::desk::LiveIssues;

impl Issues for LiveIssues {
    fn catalogue(&mut self) -> Result<Catalogue, IssueFault> {
        let facts = self.facts()?;
        self.has_learned = false;
        Ok(facts.catalogue(&self.jira, &self.project, &self.me, self.is_translated))
    }

    fn has_learned(&mut self) -> bool {
        self.has_learned
    }

    fn changed(&mut self, since: &Cursor) -> Result<(Vec<IssueKey>, Cursor), IssueFault> {
        changed::changed(&self.line, (&self.jira, &self.project, &self.zone), since)
    }

    fn read(&mut self, key: &IssueKey, parts: Parts) -> Result<Option<IssueState>, IssueFault> {
        let shapes = self.shapes()?;
        let state = self.look(&shapes).state(key, parts)?;
        // It stands where no issue stood when the ways were learned: they can be learned now.
        if let (Some(state), Some(facts)) = (&state, &self.facts)
            && facts.lacks(&state.kind, &state.status)
        {
            (self.facts, self.has_learned) = (None, true);
        }
        Ok(state)
    }

    fn find(&mut self, marker: &Marker) -> Result<Option<Made>, IssueFault> {
        self.look_for(marker)
    }

    fn create(&mut self, issue: &NewIssue, marker: &Marker) -> Result<IssueKey, IssueFault> {
        self.make(issue, marker)
    }

    fn update(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Result<Version, IssueFault> {
        self.change(key, edit, expected)
    }

    fn transition(&mut self, key: &IssueKey, transition: &Transition) -> Result<(), IssueFault> {
        self.step(key, transition)
    }

    fn comment(
        &mut self,
        key: &IssueKey,
        change: &CommentChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.say(key, change, marker)
    }

    fn worklog(
        &mut self,
        key: &IssueKey,
        change: &WorklogChange,
        marker: &Marker,
    ) -> Result<Handle, IssueFault> {
        self.log(key, change, marker)
    }

    fn attach(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        bytes: &mut dyn Read,
        marker: &Marker,
    ) -> Result<Attachment, IssueFault> {
        self.put_file(key, file, bytes, marker)
    }

    fn fetch(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Result<(), IssueFault> {
        self.get_file(key, handle, to)
    }

    fn detach(&mut self, key: &IssueKey, handle: &Handle) -> Result<(), IssueFault> {
        self.drop_file(key, handle)
    }

    fn link(&mut self, change: &LinkChange) -> Result<(), IssueFault> {
        self.tie(change)
    }

    fn property(
        &mut self,
        key: &IssueKey,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, IssueFault> {
        self.keep(key, name, value)
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        people::users(&self.line, names)
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        people::by_email(&self.line, email)
    }

    fn add_to_project(&mut self, value: &Value) -> Result<(), IssueFault> {
        self.add(value)
    }
}
