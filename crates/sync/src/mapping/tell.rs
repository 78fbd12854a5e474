//! What is told of an issue.
//!
//! Invariant: every text in it is a key of the own project, an alias, or the content of something that the settings name.

use std::collections::{BTreeMap, BTreeSet};

use super::filter::{self, Side};
use super::values::{self, Telling};
use crate::settings::{AttachmentRule, CommentRule, Settings, WorklogRule, in_utc};
use crate::{
    Alias, Attachment, Comment, Hurdle, IssueState, Lookup, Numbers, Told, ToldAttachment, ToldComment,
    ToldIssue, ToldLink, ToldWorklog, Worklog,
};

pub(super) fn tell(
    settings: &Settings,
    issue: &IssueState,
    numbers: &mut dyn Numbers,
    jira: &mut dyn Lookup,
) -> Result<Option<ToldIssue>, Hurdle> {
    let unseen = |own: filter::Unseen<'_>| {
        Hurdle::Error(format!("{}: the field {} cannot be read, and a filter needs it", issue.key, own.0))
    };
    let Some((kind, rule)) = settings.type_alias(&issue.kind) else { return Ok(None) };
    if !rule.direction.sends() || !filter::means(&settings.filter, issue).map_err(unseen)? {
        return Ok(None);
    }
    let side = filter::side(settings.responsibility.as_ref(), issue).map_err(unseen)?;
    let catalogue = jira.catalogue()?;
    let facts = catalogue.types.iter().find(|own| own.name == issue.kind);
    let is_subtask = facts.is_some_and(|own| own.subtask);
    let there: BTreeSet<_> = facts.iter().flat_map(|own| &own.fields).map(|own| own.field.clone()).collect();
    let mut fields = BTreeMap::new();
    for (alias, rule) in &settings.fields {
        let is_told = rule.is_for(kind)
            && rule.direction.sends()
            && there.contains(&rule.local)
            && !issue.unseen.contains(&rule.local);
        let is_of_side = settings.responsibility.as_ref().is_some_and(|own| own.field == rule.local);
        if !is_told || (side == Side::Partner && !is_of_side) {
            continue;
        }
        let told = values::tell(rule, issue.fields.get(&rule.local), jira)
            .map_err(|hurdle| values::of_field(hurdle, alias, &rule.local))?;
        if let Telling::Told(value) = told {
            fields.insert(alias.clone(), Told { value, at: issue.touched(&rule.local).at });
        }
    }
    let status = match side {
        Side::Partner => None,
        Side::Both | Side::Here => status(settings, kind, issue)?,
    };
    let mut told = ToldIssue {
        key: issue.key.clone(),
        kind: kind.clone(),
        parent: issue.parent.clone().filter(|_| is_subtask),
        status,
        fields,
        comments: BTreeMap::new(),
        worklogs: BTreeMap::new(),
        attachments: BTreeMap::new(),
        links: links(settings, issue),
    };
    if let Some(rule) = settings.comments.as_ref().filter(|rule| rule.direction.sends()) {
        for own in &issue.comments {
            if let Some((number, comment)) = comment(rule, issue, own, numbers) {
                told.comments.insert(number, comment);
            }
        }
    }
    if let Some(rule) = settings.worklogs.as_ref().filter(|rule| rule.direction.sends()) {
        for own in &issue.worklogs {
            if let Some((number, worklog)) = worklog(rule, issue, own, numbers) {
                told.worklogs.insert(number, worklog);
            }
        }
    }
    if let Some(rule) = settings.attachments.as_ref().filter(|rule| rule.direction.sends()) {
        for own in issue.attachments.iter().filter(|own| takes(rule, &own.name, &own.mime, own.size)) {
            if let Some((number, attachment)) = attachment(own, numbers) {
                told.attachments.insert(number, attachment);
            }
        }
    }
    Ok(Some(told))
}

fn status(settings: &Settings, kind: &Alias, issue: &IssueState) -> Result<Option<Told<Alias>>, Hurdle> {
    if settings.statuses.is_empty() || !settings.workflow.direction.sends() {
        return Ok(None);
    }
    match settings.status_alias(&issue.status, kind) {
        Some(alias) => Ok(Some(Told { value: alias.clone(), at: issue.status_touched.at })),
        None if settings.workflow.unmapped == crate::settings::Unmapped::Skip => Ok(None),
        None => Err(Hurdle::Error(format!(
            "the status \"{}\" has no alias for `{kind}`: add it to the `local` of one in [status], or write `unmapped = \"skip\"` in [workflow]",
            issue.status
        ))),
    }
}

/// Who wrote something, as people see it.
fn author<'a>(shown: Option<&'a str>, name: Option<&'a str>) -> &'a str {
    shown.or(name).unwrap_or("Anonymous")
}

fn comment(
    rule: &CommentRule,
    issue: &IssueState,
    own: &Comment,
    numbers: &mut dyn Numbers,
) -> Option<(u64, ToldComment)> {
    if own.restriction.as_ref().is_some_and(|restriction| !rule.restricted.contains(restriction)) {
        return None;
    }
    let number = numbers.comment(own)?;
    let body = match &rule.template {
        None => own.body.clone(),
        Some(template) => template.fill(&[
            ("body", &own.body),
            ("author", author(own.author_shown.as_deref(), own.author.as_deref())),
            ("created", &in_utc(own.created)),
            ("key", &issue.key.0),
        ]),
    };
    Some((number, ToldComment { body, at: own.updated.at, internal: own.restriction.is_some() }))
}

fn worklog(
    rule: &WorklogRule,
    issue: &IssueState,
    own: &Worklog,
    numbers: &mut dyn Numbers,
) -> Option<(u64, ToldWorklog)> {
    // What is told of a worklog cannot say who may see it, so a restricted one stays.
    if own.restriction.is_some() {
        return None;
    }
    let number = numbers.worklog(own)?;
    let comment = match &rule.template {
        None => own.comment.clone(),
        Some(template) => template.fill(&[
            ("comment", &own.comment),
            ("author", author(own.author_shown.as_deref(), own.author.as_deref())),
            ("started", &in_utc(own.started)),
            ("key", &issue.key.0),
        ]),
    };
    let (started, seconds, at) = (own.started, own.seconds, own.updated.at);
    Some((number, ToldWorklog { started, seconds, comment, at }))
}

/// Whether attachments such as this one travel.
pub(super) fn takes(rule: &AttachmentRule, name: &str, mime: &str, size: u64) -> bool {
    // `image/png; charset=…` is `image/png`.
    let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_kind = |wanted: &String| match wanted.strip_suffix('*') {
        Some(beginning) => mime.starts_with(beginning),
        None => mime == *wanted,
    };
    rule.max_size.is_none_or(|most| size <= most)
        && rule.mime.as_ref().is_none_or(|kinds| kinds.iter().any(is_kind))
        && rule.name.as_ref().is_none_or(|pattern| pattern.is_match(name))
}

fn attachment(own: &Attachment, numbers: &mut dyn Numbers) -> Option<(u64, ToldAttachment)> {
    let (number, sha256) = numbers.attachment(own)?;
    let (name, mime, size) = (own.name.clone(), own.mime.clone(), own.size);
    Some((number, ToldAttachment { name, mime, size, sha256 }))
}

/// Links between issues of the project; the key of an issue of another project would tell of that project.
fn links(settings: &Settings, issue: &IssueState) -> BTreeSet<ToldLink> {
    let is_of_project =
        |key: &str| key.rsplit_once('-').is_some_and(|(project, _)| project == settings.general.project);
    let told = issue.links.iter().filter(|link| is_of_project(&link.to.0)).filter_map(|link| {
        let (alias, _) =
            settings.links.iter().find(|(_, rule)| rule.local == link.kind && rule.direction.sends())?;
        Some(ToldLink { kind: alias.clone(), end: link.end, to: link.to.clone() })
    });
    told.collect()
}
