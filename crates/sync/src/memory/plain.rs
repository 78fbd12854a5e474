//! Settings for two Jiras that are alike: everything goes by its own name, in small letters.
//!
//! Invariant: pure; nothing but what is listed is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::severity;
use crate::engine::Mappings;
use crate::{
    Alias, ConfigVersion, Conflict, Edit, Field, FileFacts, Hurdle, IssueKey, IssueState, LinkChange, Lookup,
    Mapping, NewIssue, News, Numbers, Part, PartRule, Parts, Step, Steps, Told, ToldAttachment, ToldComment,
    ToldIssue, ToldLink, ToldValue, ToldWorklog, Transition, TypeFacts, Value,
};

/// Settings for two Jiras that are alike.
#[derive(Clone, Debug)]
pub struct Plain {
    version: ConfigVersion,
    fields: BTreeMap<Alias, (Field, PartRule)>,
    options: BTreeMap<Alias, String>,
    kinds: BTreeMap<Alias, String>,
    conflict: Conflict,
    key_field: Option<Field>,
}

fn alias(name: &str) -> Alias {
    let plain = name.to_lowercase().replace(' ', "-");
    plain.parse().expect("names of these Jiras can be aliases")
}

impl Plain {
    /// All fields, both ways.
    pub fn new(number: u32) -> Self {
        let both = PartRule { tells: true, takes: true, conflict: Conflict::Newer };
        let system = |name: &str| Field::System(name.to_owned());
        let fields = [
            ("title", system("summary")),
            ("text", system("description")),
            ("labels", system("labels")),
            ("severity", severity()),
        ];
        Self {
            version: ConfigVersion { number, hash: format!("plain {number}") },
            fields: fields.into_iter().map(|(name, field)| (alias(name), (field, both))).collect(),
            options: ["High", "Low"].map(|name| (alias(name), name.to_owned())).into(),
            kinds: ["Bug", "Task", "Sub-task"].map(|name| (alias(name), name.to_owned())).into(),
            conflict: Conflict::Newer,
            key_field: None,
        }
    }

    /// Another rule for a field.
    #[must_use]
    pub fn with_rule(mut self, field: &str, rule: PartRule) -> Self {
        if let Some((_, old)) = self.fields.get_mut(&alias(field)) {
            *old = rule;
        }
        self
    }

    /// Another rule for conflicts of all that goes both ways.
    #[must_use]
    pub fn with_conflict(mut self, conflict: Conflict) -> Self {
        self.conflict = conflict;
        for (_, rule) in self.fields.values_mut() {
            rule.conflict = conflict;
        }
        self
    }

    /// Another field of the Jira under this alias.
    #[must_use]
    pub fn with_field(mut self, name: &str, field: Field) -> Self {
        let both = PartRule { tells: true, takes: true, conflict: self.conflict };
        self.fields.insert(alias(name), (field, both));
        self
    }

    /// An option that the other side tells as `told`.
    #[must_use]
    pub fn with_option(mut self, told: &str, name: &str) -> Self {
        self.options.insert(alias(told), name.to_owned());
        self
    }

    /// The field in which the partner's key is kept.
    #[must_use]
    pub fn with_key_field(mut self, field: Field) -> Self {
        self.key_field = Some(field);
        self
    }

    fn told(&self, value: Option<&Value>) -> Result<ToldValue, String> {
        Ok(match value {
            None => ToldValue::Empty,
            Some(Value::Text(text)) => ToldValue::Text(text.clone()),
            Some(Value::Choice(name)) => {
                let option = self.options.iter().find(|(_, option)| *option == name);
                let (alias, _) = option.ok_or_else(|| format!("option `{name}` has no alias"))?;
                ToldValue::Alias(alias.clone())
            }
            Some(Value::Label(label)) => ToldValue::Name(label.clone()),
            Some(Value::Many(values)) => ToldValue::Many(
                values.iter().map(|value| self.told(Some(value))).collect::<Result<BTreeSet<_>, _>>()?,
            ),
            Some(_) => return Err("such a value is not told".to_owned()),
        })
    }

    fn taken(&self, value: &ToldValue) -> Result<Option<Value>, Hurdle> {
        Ok(Some(match value {
            ToldValue::Empty => return Ok(None),
            ToldValue::Text(text) => Value::Text(text.clone()),
            ToldValue::Alias(alias) => {
                let option = self.options.get(alias);
                let name = option.ok_or_else(|| Hurdle::Error(format!("no option is bound to `{alias}`")))?;
                Value::Choice(name.clone())
            }
            ToldValue::Name(label) => Value::Label(label.clone()),
            ToldValue::Many(values) => {
                let values = values.iter().map(|value| self.taken(value)).collect::<Result<Vec<_>, _>>()?;
                Value::Many(values.into_iter().flatten().collect())
            }
            _ => return Err(Hurdle::Error("such a value is not taken".to_owned())),
        }))
    }
}

impl Mapping for Plain {
    fn version(&self) -> &ConfigVersion {
        &self.version
    }

    fn parts(&self) -> Parts {
        Parts::ALL
    }

    fn rule(&self, part: Part<'_>) -> PartRule {
        let both = PartRule { tells: true, takes: true, conflict: self.conflict };
        match part {
            Part::Status | Part::Link(_) => both,
            Part::Field(alias) => {
                self.fields.get(alias).map_or(
                    PartRule { tells: false, takes: false, conflict: Conflict::Newer },
                    |(_, rule)| *rule,
                )
            }
        }
    }

    fn field(&self, alias: &Alias, _: &IssueState) -> Option<Field> {
        self.fields.get(alias).map(|(field, _)| field.clone())
    }

    fn tell(
        &self,
        issue: &IssueState,
        numbers: &mut dyn Numbers,
        _: &mut dyn Lookup,
    ) -> Result<Option<ToldIssue>, Hurdle> {
        let kind = alias(&issue.kind);
        if !self.kinds.contains_key(&kind) {
            return Ok(None);
        }
        let mut fields = BTreeMap::new();
        for (alias, (field, rule)) in &self.fields {
            if rule.tells {
                let value = self.told(issue.fields.get(field)).map_err(Hurdle::Error)?;
                fields.insert(alias.clone(), Told { value, at: issue.touched(field).at });
            }
        }
        let mut told = ToldIssue {
            key: issue.key.clone(),
            kind,
            parent: issue.parent.clone(),
            status: Some(Told { value: alias(&issue.status), at: issue.status_touched.at }),
            fields,
            comments: BTreeMap::new(),
            worklogs: BTreeMap::new(),
            attachments: BTreeMap::new(),
            links: BTreeSet::new(),
        };
        for comment in issue.comments.iter().filter(|comment| comment.restriction.is_none()) {
            if let Some(number) = numbers.comment(comment) {
                let (body, at) = (comment.body.clone(), comment.updated.at);
                told.comments.insert(number, ToldComment { body, at, internal: false });
            }
        }
        for worklog in issue.worklogs.iter().filter(|worklog| worklog.restriction.is_none()) {
            if let Some(number) = numbers.worklog(worklog) {
                let (started, seconds) = (worklog.started, worklog.seconds);
                let (comment, at) = (worklog.comment.clone(), worklog.updated.at);
                told.worklogs.insert(number, ToldWorklog { started, seconds, comment, at });
            }
        }
        for file in &issue.attachments {
            if let Some((number, sha256)) = numbers.attachment(file) {
                let (name, mime, size) = (file.name.clone(), file.mime.clone(), file.size);
                told.attachments.insert(number, ToldAttachment { name, mime, size, sha256 });
            }
        }
        for link in &issue.links {
            told.links.insert(ToldLink { kind: alias(&link.kind), end: link.end, to: link.to.clone() });
        }
        Ok(Some(told))
    }

    fn receive(&self, news: &News, own: Option<&IssueState>, jira: &mut dyn Lookup) -> Result<Steps, Hurdle> {
        let mut steps = Vec::new();
        let mut edit = Edit::default();
        for (alias, value) in &news.fields {
            let Some((field, _)) = self.fields.get(alias) else { continue };
            let value = self.taken(value)?;
            if own.is_none_or(|own| own.fields.get(field) != value.as_ref()) {
                edit.fields.push((field.clone(), value));
            }
        }
        let Some(own) = own else {
            let kind = self.kinds.get(&news.kind);
            let kind =
                kind.ok_or_else(|| Hurdle::NotTaken(format!("no type is bound to `{}`", news.kind)))?;
            let fields = edit.fields.into_iter().filter_map(|(field, value)| Some((field, value?)));
            let issue =
                NewIssue { kind: kind.clone(), parent: news.parent.clone(), fields: fields.collect() };
            return Ok(Steps { steps: vec![Step::Create(issue)], notes: Vec::new() });
        };
        if !edit.fields.is_empty() {
            steps.push(Step::Edit(edit));
        }
        if let Some(status) = &news.status {
            let facts = jira.catalogue()?.types.iter().find(|facts| facts.name == own.kind);
            let path = facts.and_then(|facts| path(facts, &own.status, status));
            let path = path.ok_or_else(|| Hurdle::Error(format!("no way leads to status `{status}`")))?;
            steps.extend(path.into_iter().map(Step::Transition));
        }
        for (number, told) in &news.comments {
            steps.push(Step::Comment { number: *number, body: told.body.clone(), restriction: None });
        }
        for (number, told) in &news.worklogs {
            steps.push(Step::Worklog {
                number: *number,
                started: told.started,
                seconds: told.seconds,
                comment: told.comment.clone(),
                restriction: None,
            });
        }
        for (number, told) in &news.attachments {
            let (name, mime, sha256) = (told.name.clone(), told.mime.clone(), Some(told.sha256.clone()));
            steps.push(Step::Attach {
                number: *number,
                file: FileFacts { name, mime, size: told.size, sha256 },
            });
        }
        for link in &news.links {
            steps.push(Step::Link(LinkChange {
                there: link.there,
                kind: "Blocks".to_owned(),
                key: own.key.clone(),
                end: link.end,
                to: link.to.clone(),
            }));
        }
        Ok(Steps { steps, notes: Vec::new() })
    }

    fn correlation(&self, partner: &IssueKey) -> Option<(Field, Value)> {
        Some((self.key_field.clone()?, Value::Text(partner.0.clone())))
    }
}

/// The shortest way through the workflow.
fn path(facts: &TypeFacts, from: &str, to: &Alias) -> Option<Vec<Transition>> {
    let mut ways = VecDeque::from([(from.to_owned(), Vec::new())]);
    let mut seen = BTreeSet::from([from.to_owned()]);
    while let Some((status, way)) = ways.pop_front() {
        if alias(&status) == *to {
            return Some(way);
        }
        for step in facts.transitions.iter().filter(|step| step.from == status) {
            if seen.insert(step.to.clone()) {
                ways.push_back((step.to.clone(), [way.clone(), vec![step.clone()]].concat()));
            }
        }
    }
    None
}

/// Settings under several versions of the configuration.
#[derive(Clone, Debug, Default)]
pub struct PlainSet(pub Vec<Plain>);

impl Mappings for PlainSet {
    fn of(&self, version: &ConfigVersion) -> Option<&dyn Mapping> {
        self.0.iter().find(|plain| plain.version == *version).map(|plain| plain as &dyn Mapping)
    }
}
