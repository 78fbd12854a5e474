//! A Jira in memory: one project, for tests and to try things.
//!
//! Invariant: it is as strict as a real one: versions, who changed what when, markers, one step of the workflow at a time; and it fails
//! when it is told to, before or after it did what it was asked for.

#[cfg(test)]
mod contract_tests;
mod people;
mod place;
mod plain;

use std::collections::{BTreeMap, BTreeSet};

pub use plain::{Plain, PlainSet};

use crate::{
    Attachment, Catalogue, Comment, Field, FieldFacts, FieldKind, Handle, IssueFault, IssueKey, IssueState,
    LinkTypeFacts, Time, Touched, Transition, TypeFacts, UserFacts, Value, Version, Worklog,
};

/// What happens to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing.
    #[default]
    None,
    /// It fails, and nothing was done.
    Before,
    /// It fails, although it was done.
    After,
}

type Mishaps = Box<dyn FnMut(&'static str) -> Mishap>;

/// An issue with what the trait does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    state: IssueState,
    /// The number of its last change, over all issues.
    changed: u64,
}

/// All that changes: what a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    issues: BTreeMap<IssueKey, Stored>,
    properties: BTreeMap<(IssueKey, String), String>,
    bytes: BTreeMap<Handle, Vec<u8>>,
    links: BTreeSet<(String, IssueKey, IssueKey)>,
    changes: u64,
    next_issue: u64,
    next_id: u64,
}

/// A Jira in memory.
pub struct Memory {
    catalogue: Catalogue,
    world: World,
    /// What the world was when changes began to be held together.
    held: Option<Box<World>>,
    /// Whether changes can be held together, as in an embedded instance.
    atomic: bool,
    now: Time,
    mishaps: Option<Mishaps>,
}

impl Memory {
    /// An empty project of this key: bugs, tasks and sub-tasks with a summary, a text, a severity and labels, and a workflow of three
    /// statuses; its synchronization's user is `sync`.
    pub fn new(project: &str) -> Self {
        Self {
            catalogue: catalogue(project),
            world: World::default(),
            held: None,
            atomic: true,
            now: Time(0),
            mishaps: None,
        }
    }

    /// As whom the calls of the trait are made: `sync` at first; `ann` is there, too.
    pub fn set_user(&mut self, name: &str) {
        self.catalogue.user = person(name);
    }

    /// Whether changes can be held together.
    pub fn set_atomic(&mut self, atomic: bool) {
        self.atomic = atomic;
    }

    /// What time it is in this Jira.
    pub fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// Asks this before every call of the trait what is to happen to it.
    pub fn set_mishaps(&mut self, mishaps: impl FnMut(&'static str) -> Mishap + 'static) {
        self.mishaps = Some(Box::new(mishaps));
    }

    /// All that it holds, for a backup.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Puts a backup back.
    pub fn restore(&mut self, world: World) {
        self.world = world;
        self.held = None;
    }

    /// What is left when the process that changed it is killed: of changes that were held together, nothing.
    pub fn crash(&mut self) {
        if let Some(held) = self.held.take() {
            self.world = *held;
        }
    }

    /// The issues, by their keys.
    pub fn issues(&self) -> impl Iterator<Item = &IssueState> {
        self.world.issues.values().map(|stored| &stored.state)
    }

    /// An issue.
    pub fn issue(&self, key: &IssueKey) -> Option<&IssueState> {
        self.world.issues.get(key).map(|stored| &stored.state)
    }

    /// The bytes of an attachment.
    pub fn bytes(&self, handle: &Handle) -> Option<&[u8]> {
        self.world.bytes.get(handle).map(Vec::as_slice)
    }

    fn handle(&mut self) -> Handle {
        self.world.next_id += 1;
        Handle(self.world.next_id.to_string())
    }

    /// The issue was changed: it has another version, and is named by the next `changed`.
    fn change(&mut self, key: &IssueKey) {
        self.world.changes += 1;
        if let Some(stored) = self.world.issues.get_mut(key) {
            stored.changed = self.world.changes;
            stored.state.version = Version(self.world.changes.to_string());
        }
    }

    fn stored(&mut self, key: &IssueKey) -> Result<&mut IssueState, IssueFault> {
        match self.world.issues.get_mut(key) {
            Some(stored) => Ok(&mut stored.state),
            None => Err(IssueFault::NoIssue(key.clone())),
        }
    }

    fn facts(&self, kind: &str) -> Result<&TypeFacts, IssueFault> {
        let facts = self.catalogue.types.iter().find(|facts| facts.name == kind);
        facts.ok_or_else(|| IssueFault::Missing { what: format!("issue type `{kind}`") })
    }

    /// Refuses a value that the field does not take.
    fn check(&self, kind: &str, field: &Field, value: Option<&Value>) -> Result<(), IssueFault> {
        let facts = self.facts(kind)?.fields.iter().find(|facts| facts.field == *field);
        let facts = facts.ok_or_else(|| IssueFault::Missing { what: format!("field {field}") })?;
        let refused = |why: String| Err(IssueFault::Refused { why });
        match value {
            None if facts.required => refused(format!("{field} must have a value")),
            Some(Value::Choice(name)) if !facts.options.contains(name) => {
                Err(IssueFault::Missing { what: format!("option `{name}` of field {field}") })
            }
            Some(Value::Text(text)) if facts.required && !(1..=255).contains(&text.chars().count()) => {
                refused(format!("{field} has from 1 to 255 characters"))
            }
            Some(Value::Text(text)) if facts.required && text.contains(['\n', '\r']) => {
                refused(format!("{field} has one line"))
            }
            Some(value) if !fits(facts, value) => refused(format!("{field} takes no such value")),
            _ => Ok(()),
        }
    }

    fn set(
        &mut self,
        key: &IssueKey,
        field: &Field,
        value: Option<Value>,
        by: &str,
    ) -> Result<bool, IssueFault> {
        let value = value.map(kept);
        let kind = self.stored(key)?.kind.clone();
        self.check(&kind, field, value.as_ref())?;
        let now = self.now;
        let state = self.stored(key)?;
        if state.fields.get(field) == value.as_ref() {
            return Ok(false);
        }
        match value {
            Some(value) => drop(state.fields.insert(field.clone(), value)),
            None => drop(state.fields.remove(field)),
        }
        state.touched.insert(field.clone(), Touched { at: now, by: Some(by.to_owned()) });
        self.change(key);
        Ok(true)
    }

    fn make(
        &mut self,
        kind: &str,
        parent: Option<&IssueKey>,
        fields: &[(Field, Value)],
        by: &str,
    ) -> Result<IssueKey, IssueFault> {
        let facts = self.facts(kind)?;
        let (initial, subtask) = (facts.initial.clone(), facts.subtask);
        if subtask != parent.is_some() {
            let why = format!("a {kind} is a sub-task, or has none above it");
            return Err(IssueFault::Refused { why });
        }
        for (field, value) in fields {
            self.check(kind, field, Some(value))?;
        }
        if !fields.iter().any(|(field, _)| *field == Field::System("summary".to_owned())) {
            return Err(IssueFault::Refused { why: "summary must have a value".to_owned() });
        }
        if let Some(parent) = parent
            && self.stored(parent)?.parent.is_some()
        {
            return Err(IssueFault::Refused { why: format!("{parent} is a sub-task itself") });
        }
        self.world.next_issue += 1;
        let key = IssueKey(format!("{}-{}", self.catalogue.project, self.world.next_issue));
        let touched = Touched { at: self.now, by: Some(by.to_owned()) };
        let state = IssueState {
            key: key.clone(),
            version: Version(String::new()),
            marker: None,
            kind: kind.to_owned(),
            status: initial,
            status_touched: touched.clone(),
            parent: parent.cloned(),
            created: touched,
            fields: fields.iter().map(|(field, value)| (field.clone(), kept(value.clone()))).collect(),
            unseen: BTreeSet::new(),
            touched: BTreeMap::new(),
            comments: Vec::<Comment>::new(),
            worklogs: Vec::<Worklog>::new(),
            attachments: Vec::<Attachment>::new(),
            links: BTreeSet::new(),
        };
        self.world.issues.insert(key.clone(), Stored { state, changed: 0 });
        self.change(&key);
        Ok(key)
    }

    fn step(&mut self, key: &IssueKey, to: &str, by: &str) -> Result<(), IssueFault> {
        let (kind, from) = {
            let state = self.stored(key)?;
            (state.kind.clone(), state.status.clone())
        };
        let there = self.facts(&kind)?.transitions.iter().any(|step| step.from == from && step.to == to);
        if !there {
            return Err(IssueFault::Refused { why: format!("no step leads from {from} to {to}") });
        }
        let now = self.now;
        let state = self.stored(key)?;
        to.clone_into(&mut state.status);
        state.status_touched = Touched { at: now, by: Some(by.to_owned()) };
        self.change(key);
        Ok(())
    }
}

fn fits(facts: &FieldFacts, value: &Value) -> bool {
    let one = |value: &Value| match facts.kind {
        FieldKind::Text => matches!(value, Value::Text(_)),
        FieldKind::Choice => matches!(value, Value::Choice(_)),
        FieldKind::Label => {
            matches!(value, Value::Label(label) if !label.is_empty() && !label.contains(char::is_whitespace))
        }
        _ => false,
    };
    match value {
        Value::Many(values) => facts.many && values.iter().all(one),
        value => !facts.many && one(value),
    }
}

/// A value as it is kept.
fn kept(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(lines(&text)),
        other => other,
    }
}

/// A text as it is kept: each of its lines ends with `\n`.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The role that comments may be restricted to.
const ROLE: &str = "Developers";

/// The custom field of these Jiras.
pub fn severity() -> Field {
    let kind = "com.atlassian.jira.plugin.system.customfieldtypes:select".to_owned();
    Field::Custom { kind, name: "Severity".to_owned() }
}

/// Everybody who has an account.
const PEOPLE: [&str; 2] = ["ann", "sync"];

fn person(name: &str) -> UserFacts {
    let email = Some(format!("{name}@example.org"));
    UserFacts { name: name.to_owned(), shown: name.to_uppercase(), email, active: true }
}

fn catalogue(project: &str) -> Catalogue {
    let system = |name: &str, kind, many, required| FieldFacts {
        field: Field::System(name.to_owned()),
        kind,
        many,
        required,
        options: Vec::new(),
        writable: true,
    };
    let mut select = system("", FieldKind::Choice, false, false);
    select.field = severity();
    select.options = ["High", "Low", "Odd"].map(str::to_owned).to_vec();
    let fields = vec![
        system("summary", FieldKind::Text, false, true),
        system("description", FieldKind::Text, false, false),
        system("environment", FieldKind::Text, false, false),
        system("labels", FieldKind::Label, true, false),
        select,
    ];
    let statuses = ["Open", "Doing", "Done"].map(str::to_owned).to_vec();
    let steps =
        [("1", "Open", "Doing"), ("2", "Doing", "Done"), ("3", "Done", "Open"), ("4", "Doing", "Open")];
    let transitions = steps.map(|(id, from, to)| Transition {
        id: id.to_owned(),
        name: format!("To {to}"),
        from: from.to_owned(),
        to: to.to_owned(),
    });
    let types = [("Bug", false), ("Task", false), ("Sub-task", true), ("Secret", false)];
    let types = types.map(|(name, subtask)| TypeFacts {
        name: name.to_owned(),
        subtask,
        fields: fields.clone(),
        statuses: statuses.clone(),
        initial: "Open".to_owned(),
        transitions: transitions.to_vec(),
        unlearned: Vec::new(),
    });
    Catalogue {
        jira: format!("jira of {project}"),
        licensed: None,
        project: project.to_owned(),
        user: person("sync"),
        types: types.to_vec(),
        link_types: vec![LinkTypeFacts {
            name: "Blocks".to_owned(),
            outward: "blocks".to_owned(),
            inward: "is blocked by".to_owned(),
        }],
        missing: BTreeSet::new(),
        limits: Vec::new(),
    }
}
