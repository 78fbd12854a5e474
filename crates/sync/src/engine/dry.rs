//! A run that changes nothing: what would be done is written down instead.
//!
//! Invariant: nothing outside this process is written, and nothing is taken out of a channel; what was kept meanwhile is forgotten.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use super::{Engine, Report, RunFault};
use crate::channel::ChannelKind;
use crate::message::Handshake;
use crate::{
    Attachment, Catalogue, Channel, ChannelFault, CommentChange, Cursor, Edit, FileFacts, Found, Handle,
    IssueFault, IssueKey, IssueState, Issues, LinkChange, Made, Marker, NewIssue, OpenFault, Opened, Parts,
    Seal, Time, Touched, Transition, UserFacts, Value, Version, WorklogChange,
};

/// What a run would do.
pub(super) fn simulate(engine: &mut Engine<'_>) -> Result<Report, RunFault> {
    let mut issues = Dry { issues: engine.issues, made: BTreeMap::new(), said: Vec::new() };
    let mut quiet: Vec<Quiet<'_>> = Vec::new();
    for channel in &mut engine.channels {
        quiet.push(Quiet { channel: &mut **channel });
    }
    let mut seal = Blank { seal: engine.seal };
    engine.state.set_dry(true)?;
    let result = {
        let channels = quiet.iter_mut().map(|channel| channel as &mut dyn Channel).collect();
        let options = engine.options.clone();
        Engine::new(engine.state, &mut issues, channels, &mut seal, engine.mappings, options).run()
    };
    engine.state.set_dry(false)?;
    let mut report = result?;
    report.notes.extend(issues.said);
    Ok(report)
}

struct Dry<'i> {
    issues: &'i mut dyn Issues,
    made: BTreeMap<IssueKey, IssueState>,
    said: Vec<String>,
}

impl Dry<'_> {
    fn say(&mut self, what: String) {
        self.said.push(what);
    }
}

impl Issues for Dry<'_> {
    fn catalogue(&mut self) -> Result<Catalogue, IssueFault> {
        self.issues.catalogue()
    }

    fn has_learned(&mut self) -> bool {
        self.issues.has_learned()
    }

    fn changed(&mut self, since: &Cursor) -> Result<(Vec<IssueKey>, Cursor), IssueFault> {
        self.issues.changed(since)
    }

    fn read(&mut self, key: &IssueKey, parts: Parts) -> Result<Option<IssueState>, IssueFault> {
        match self.made.get(key) {
            Some(made) => Ok(Some(made.clone())),
            None => self.issues.read(key, parts),
        }
    }

    fn find(&mut self, marker: &Marker) -> Result<Option<Made>, IssueFault> {
        self.issues.find(marker)
    }

    fn create(&mut self, issue: &NewIssue, marker: &Marker) -> Result<IssueKey, IssueFault> {
        let catalogue = self.issues.catalogue()?;
        let key = IssueKey(format!("{}-NEW-{}", catalogue.project, self.made.len() + 1));
        let facts = catalogue.types.iter().find(|facts| facts.name == issue.kind);
        let by = Some(catalogue.user.name.clone());
        let touched = Touched { at: Time(0), by };
        let made = IssueState {
            key: key.clone(),
            version: Version(String::new()),
            marker: Some(marker.clone()),
            kind: issue.kind.clone(),
            status: facts.map(|facts| facts.initial.clone()).unwrap_or_default(),
            status_touched: touched.clone(),
            parent: issue.parent.clone(),
            created: touched,
            fields: issue.fields.iter().cloned().collect(),
            unseen: std::collections::BTreeSet::new(),
            touched: BTreeMap::new(),
            comments: Vec::new(),
            worklogs: Vec::new(),
            attachments: Vec::new(),
            links: std::collections::BTreeSet::new(),
        };
        self.made.insert(key.clone(), made);
        self.say(format!("would make {key}, a {}", issue.kind));
        Ok(key)
    }

    fn update(&mut self, key: &IssueKey, edit: &Edit, expected: &Version) -> Result<Version, IssueFault> {
        let fields: Vec<String> = edit.fields.iter().map(|(field, _)| field.to_string()).collect();
        self.say(format!("would change {} of {key}", fields.join(", ")));
        Ok(expected.clone())
    }

    fn transition(&mut self, key: &IssueKey, transition: &Transition) -> Result<(), IssueFault> {
        self.say(format!("would take {key} from {} to {}", transition.from, transition.to));
        if let Some(made) = self.made.get_mut(key) {
            made.status.clone_from(&transition.to);
        }
        Ok(())
    }

    fn comment(&mut self, key: &IssueKey, change: &CommentChange, _: &Marker) -> Result<Handle, IssueFault> {
        let what = match change {
            CommentChange::Add { .. } => "write a comment on",
            CommentChange::Edit { .. } => "change a comment on",
            CommentChange::Delete { .. } => "remove a comment from",
        };
        self.say(format!("would {what} {key}"));
        Ok(Handle(String::new()))
    }

    fn worklog(&mut self, key: &IssueKey, change: &WorklogChange, _: &Marker) -> Result<Handle, IssueFault> {
        let what = match change {
            WorklogChange::Add { .. } => "log work on",
            WorklogChange::Edit { .. } => "change a worklog of",
            WorklogChange::Delete { .. } => "remove a worklog from",
        };
        self.say(format!("would {what} {key}"));
        Ok(Handle(String::new()))
    }

    fn attach(
        &mut self,
        key: &IssueKey,
        file: &FileFacts,
        _: &mut dyn Read,
        marker: &Marker,
    ) -> Result<Attachment, IssueFault> {
        self.say(format!("would attach {} to {key}", file.name));
        Ok(Attachment {
            handle: Handle(String::new()),
            author: None,
            name: file.name.clone(),
            mime: file.mime.clone(),
            size: file.size,
            created: Time(0),
            marker: Some(marker.clone()),
        })
    }

    fn fetch(&mut self, key: &IssueKey, handle: &Handle, to: &mut dyn Write) -> Result<(), IssueFault> {
        self.issues.fetch(key, handle, to)
    }

    fn detach(&mut self, key: &IssueKey, _: &Handle) -> Result<(), IssueFault> {
        self.say(format!("would remove an attachment from {key}"));
        Ok(())
    }

    fn link(&mut self, change: &LinkChange) -> Result<(), IssueFault> {
        let what = if change.there { "link" } else { "unlink" };
        self.say(format!("would {what} {} and {} ({})", change.key, change.to, change.kind));
        Ok(())
    }

    fn property(
        &mut self,
        key: &IssueKey,
        name: &str,
        value: Option<&str>,
    ) -> Result<Option<String>, IssueFault> {
        match value {
            Some(value) => Ok(Some(value.to_owned())),
            None => self.issues.property(key, name, None),
        }
    }

    fn users(&mut self, names: &[String]) -> Result<Vec<UserFacts>, IssueFault> {
        self.issues.users(names)
    }

    fn user_by_email(&mut self, email: &str) -> Result<Option<UserFacts>, IssueFault> {
        self.issues.user_by_email(email)
    }

    fn add_to_project(&mut self, value: &Value) -> Result<(), IssueFault> {
        if let Value::Version(name) | Value::Component(name) = value {
            self.say(format!("would make `{name}` in the project"));
        }
        Ok(())
    }
}

/// Listens, and says nothing.
struct Quiet<'c> {
    channel: &'c mut dyn Channel,
}

impl Channel for Quiet<'_> {
    fn kind(&self) -> ChannelKind {
        self.channel.kind()
    }

    fn send(&mut self, _: &[u8]) -> Result<(), ChannelFault> {
        Ok(())
    }

    fn received(&mut self) -> Result<Vec<Found>, ChannelFault> {
        self.channel.received()
    }

    fn read(&mut self, found: &Found) -> Result<Vec<u8>, ChannelFault> {
        self.channel.read(found)
    }

    fn take(&mut self, _: &Found) -> Result<(), ChannelFault> {
        Ok(())
    }

    fn quarantine(&mut self, _: &Found, _: &str) -> Result<(), ChannelFault> {
        Ok(())
    }
}

/// Opens, and takes no key.
struct Blank<'s> {
    seal: &'s mut dyn Seal,
}

impl Seal for Blank<'_> {
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<u8>, String> {
        Ok(plain.to_vec())
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Opened, OpenFault> {
        self.seal.open(sealed)
    }

    fn own(&self) -> String {
        self.seal.own()
    }

    fn partner(&self) -> Option<String> {
        self.seal.partner()
    }

    fn introduced(&mut self, _: &Handshake) -> Result<(), String> {
        Err("a simulation takes no keys".to_owned())
    }

    fn is_own(&self, fingerprint: &str) -> bool {
        self.seal.is_own(fingerprint)
    }

    fn rotated(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn settled(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn changed(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }
}
