//! What is to be done here by what the partner told.
//!
//! Invariant: what is as it is to be needs no step, and nothing becomes visible to more people than it was.

use std::collections::BTreeSet;

use super::filter::{self, Side};
use super::values::{self, Taking};
use super::{may_lead, path, tell};
use crate::settings::{Settings, TypeRule, Unmapped};
use crate::{
    Alias, Edit, Field, FieldFacts, FileFacts, Hurdle, IssueState, Link, LinkChange, Lookup, NewIssue, News,
    Restriction, Step, Steps, TypeFacts, Value,
};

pub(super) fn receive(
    settings: &Settings,
    news: &News,
    own: Option<&IssueState>,
    jira: &mut dyn Lookup,
) -> Result<Steps, Hurdle> {
    let rule = settings
        .types
        .get(&news.kind)
        .filter(|rule| rule.direction.receives())
        .ok_or_else(|| Hurdle::NotTaken(format!("the type `{}` is not taken here", news.kind)))?;
    let side = meant(settings, rule, own)?;
    let name = own.map_or(&rule.local, |own| &own.kind);
    let catalogue = jira.catalogue()?;
    let kind = catalogue.types.iter().find(|kind| kind.name == *name).cloned().ok_or_else(|| {
        Hurdle::Error(format!(
            "there is no issue type \"{name}\" any more: bind `{}` to another one in [types.{0}]",
            news.kind
        ))
    })?;
    let mut taking = Receiving { settings, news, own, kind: &kind, steps: Steps::default() };
    let (fields, made) = match side {
        Side::Here => {
            let fields = news.fields.iter().filter(|(alias, _)| {
                let responsible = settings.responsibility.as_ref().map(|own| &own.field);
                settings.fields.get(*alias).map(|rule| &rule.local) == responsible
            });
            taking.fields(fields, jira)?
        }
        Side::Both | Side::Partner => taking.fields(&news.fields, jira)?,
    };
    taking.steps.steps.extend(made.into_iter().map(Step::Add));
    let Some(own) = own else {
        taking.create(fields)?;
        return Ok(taking.steps);
    };
    if !fields.is_empty() {
        taking.steps.steps.push(Step::Edit(Edit { fields }));
    }
    match side {
        Side::Here => taking.note(format!("{} is ours to change, by the field that says so", own.key)),
        Side::Both | Side::Partner => taking.status(own)?,
    }
    taking.comments();
    taking.worklogs();
    taking.attachments();
    taking.links(own);
    Ok(taking.steps)
}

/// Whether an issue takes what is told, and who may change it.
fn meant(settings: &Settings, rule: &TypeRule, own: Option<&IssueState>) -> Result<Side, Hurdle> {
    let Some(own) = own else {
        let is_meant = settings.incoming.types.as_ref().is_none_or(|types| types.contains(&rule.local));
        return match is_meant {
            true => Ok(Side::Both),
            false => Err(Hurdle::NotTaken("issues of this type are not taken here".to_owned())),
        };
    };
    let unseen = |field: filter::Unseen<'_>| {
        Hurdle::Error(format!("{}: the field {} cannot be read, and a filter needs it", own.key, field.0))
    };
    if !filter::means(&settings.incoming, own).map_err(unseen)? {
        return Err(Hurdle::NotTaken("the issue takes no changes by the filter here".to_owned()));
    }
    filter::side(settings.responsibility.as_ref(), own).map_err(unseen)
}

/// What is being worked out.
struct Receiving<'a> {
    settings: &'a Settings,
    news: &'a News,
    own: Option<&'a IssueState>,
    kind: &'a TypeFacts,
    steps: Steps,
}

/// Fields with what they are to be, and what has to be made in the project first.
type Wanted = (Vec<(Field, Option<Value>)>, Vec<Value>);

impl Receiving<'_> {
    fn note(&mut self, what: String) {
        self.steps.notes.push(what);
    }

    fn fields<'n>(
        &mut self,
        told: impl IntoIterator<Item = (&'n Alias, &'n crate::ToldValue)>,
        jira: &mut dyn Lookup,
    ) -> Result<Wanted, Hurdle> {
        let (mut fields, mut made) = (Vec::new(), BTreeSet::new());
        for (alias, value) in told {
            let rule = self.settings.fields.get(alias).filter(|rule| rule.direction.receives());
            let Some(rule) = rule.filter(|rule| rule.is_for(&self.news.kind)) else {
                self.note(format!("the field `{alias}` is not taken here"));
                continue;
            };
            let Some(facts) = self.kind.fields.iter().find(|facts| facts.field == rule.local) else {
                self.note(format!("\"{}\" has no field {} on a screen", self.kind.name, rule.local));
                continue;
            };
            if self.own.is_some_and(|own| own.unseen.contains(&rule.local)) {
                self.note(format!("the field {} cannot be read, so it is left as it is", rule.local));
                continue;
            }
            let now = self.own.and_then(|own| own.fields.get(&rule.local));
            let taken = values::take(rule, facts, value, now, jira)
                .map_err(|hurdle| values::of_field(hurdle, alias, &rule.local))?;
            match taken {
                Taking::Left(why) => self.note(format!("the field {} is left as it is: {why}", rule.local)),
                Taking::Set(wanted) if wanted.as_ref() == now => {}
                Taking::Set(wanted) => {
                    self.writable(alias, facts, wanted.is_none())?;
                    missing(facts, wanted.as_ref(), &mut made);
                    fields.push((rule.local.clone(), wanted));
                }
            }
        }
        Ok((fields, made.into_iter().collect()))
    }

    fn writable(&self, alias: &Alias, facts: &FieldFacts, is_emptied: bool) -> Result<(), Hurdle> {
        let why = match facts {
            FieldFacts { writable: false, .. } => {
                "the user cannot write it: put it on the edit screen, or write `direction = \"send\"`"
            }
            FieldFacts { required: true, .. } if is_emptied => {
                "it needs a value here, and the partner's is empty"
            }
            _ => return Ok(()),
        };
        Err(values::of_field(Hurdle::Error(why.to_owned()), alias, &facts.field))
    }

    fn create(&mut self, fields: Vec<(Field, Option<Value>)>) -> Result<(), Hurdle> {
        let kind = self.kind;
        let fields: Vec<_> = fields.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
        let has = |field: &Field| fields.iter().any(|(own, _)| own == field);
        let summary = Field::System("summary".to_owned());
        // The user that makes an issue is its reporter.
        let reporter = Field::System("reporter".to_owned());
        let required = kind.fields.iter().filter(|facts| facts.required && facts.field != reporter);
        let lacking: Vec<_> = std::iter::once(&summary)
            .filter(|_| !kind.fields.iter().any(|facts| facts.required && facts.field == summary))
            .chain(required.map(|facts| &facts.field))
            .filter(|field| !has(field))
            .map(ToString::to_string)
            .collect();
        if !lacking.is_empty() {
            return Err(Hurdle::Error(format!(
                "an issue of type \"{}\" needs {}, and the partner told none: bind the field, or make it optional",
                kind.name,
                lacking.join(", ")
            )));
        }
        if kind.subtask && self.news.parent.is_none() {
            return Err(Hurdle::Error(format!(
                "\"{}\" is a type of sub-tasks, and the issue has no parent that is synchronized",
                kind.name
            )));
        }
        let parent = self.news.parent.clone().filter(|_| kind.subtask);
        self.steps.steps.push(Step::Create(NewIssue { kind: kind.name.clone(), parent, fields }));
        Ok(())
    }

    fn status(&mut self, own: &IssueState) -> Result<(), Hurdle> {
        let settings = self.settings;
        let Some(told) = &self.news.status else { return Ok(()) };
        if !settings.workflow.direction.receives() {
            self.note("statuses are not taken here".to_owned());
            return Ok(());
        }
        let Some(rule) = settings.status(told, &self.news.kind) else {
            return match settings.workflow.unmapped {
                Unmapped::Skip => {
                    self.note(format!("the status `{told}` is not bound, so the status is left as it is"));
                    Ok(())
                }
                _ if settings.declined.contains(&format!("status.{told}")) => {
                    self.note(format!("the status `{told}` is declined"));
                    Ok(())
                }
                _ => Err(Hurdle::Error(format!(
                    "the status `{told}` is not bound for `{}`: write [status.{told}] with `receive = \"…\"`",
                    self.news.kind
                ))),
            };
        };
        // Several statuses here may be one to the partner.
        if rule.local.contains(&own.status) {
            return Ok(());
        }
        let Some(to) = &rule.receive else {
            self.note(format!("the status `{told}` leads nowhere here, by the settings"));
            return Ok(());
        };
        let Some(path) = path(self.kind, &own.status, to, &settings.workflow) else {
            if may_lead(self.kind, &own.status, to, &settings.workflow) {
                return Err(Hurdle::Error(format!(
                    "no transitions are known that lead from \"{}\" to \"{to}\" (status `{told}`), because no issue of type {} is in {}: take one there by hand, and try again",
                    own.status,
                    self.kind.name,
                    self.kind.unlearned.join(", ")
                )));
            }
            return Err(Hurdle::Error(format!(
                "no transitions lead from \"{}\" to \"{to}\" (status `{told}`): add one to the workflow, or choose another `receive` in [status.{told}]",
                own.status
            )));
        };
        self.steps.steps.extend(path.into_iter().map(Step::Transition));
        Ok(())
    }

    fn comments(&mut self) {
        let rule = self.settings.comments.as_ref().filter(|rule| rule.direction.receives());
        for (number, told) in &self.news.comments {
            let Some(rule) = rule else {
                self.note("comments are not taken here".to_owned());
                return;
            };
            let restriction: Option<Restriction> = match (told.internal, &rule.internal) {
                (false, _) => None,
                (true, Some(restriction)) => Some(restriction.clone()),
                (true, None) => {
                    self.note(format!(
                        "comment {number} is internal and is not written: `internal` in [comments] says who may see such here"
                    ));
                    continue;
                }
            };
            let (number, body) = (*number, told.body.clone());
            self.steps.steps.push(Step::Comment { number, body, restriction });
        }
    }

    fn worklogs(&mut self) {
        let takes = self.settings.worklogs.as_ref().is_some_and(|rule| rule.direction.receives());
        if !takes && !self.news.worklogs.is_empty() {
            self.note("worklogs are not taken here".to_owned());
            return;
        }
        for (number, told) in &self.news.worklogs {
            self.steps.steps.push(Step::Worklog {
                number: *number,
                started: told.started,
                seconds: told.seconds,
                comment: told.comment.clone(),
                restriction: None,
            });
        }
    }

    fn attachments(&mut self) {
        let rule = self.settings.attachments.as_ref().filter(|rule| rule.direction.receives());
        for (number, told) in &self.news.attachments {
            match rule {
                Some(rule) if tell::takes(rule, &told.name, &told.mime, told.size) => {
                    let file = FileFacts {
                        name: told.name.clone(),
                        mime: told.mime.clone(),
                        size: told.size,
                        sha256: Some(told.sha256.clone()),
                    };
                    self.steps.steps.push(Step::Attach { number: *number, file });
                }
                _ => self.note(format!("attachment {number} is not taken here, by the settings")),
            }
        }
    }

    fn links(&mut self, own: &IssueState) {
        for told in &self.news.links {
            let rule = self.settings.links.get(&told.kind).filter(|rule| rule.direction.receives());
            let Some(rule) = rule else {
                self.note(format!("links `{}` are not taken here", told.kind));
                continue;
            };
            let link = Link { kind: rule.local.clone(), end: told.end, to: told.to.clone() };
            if own.links.contains(&link) != told.there {
                let Link { kind, end, to } = link;
                let change = LinkChange { there: told.there, kind, key: own.key.clone(), end, to };
                self.steps.steps.push(Step::Link(change));
            }
        }
    }
}

/// Adds what of a value is not there yet; it is only taken where the settings let it be made.
fn missing(facts: &FieldFacts, value: Option<&Value>, made: &mut BTreeSet<Value>) {
    let mut look = |value: &Value| {
        if let Value::Component(name) | Value::Version(name) = value
            && !facts.options.contains(name)
        {
            made.insert(value.clone());
        }
    };
    match value {
        Some(Value::Many(values)) => values.iter().for_each(look),
        Some(value) => look(value),
        None => {}
    }
}
