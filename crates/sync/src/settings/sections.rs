//! The tables `[workflow]`, `[comments]`, `[attachments]` and `[worklogs]`.
//!
//! Invariant: what is left out here means the narrower thing: what is restricted is not sent, what is removed stays with the partner.

use std::collections::BTreeSet;

use super::read::CONFLICTS;
use super::rules::DIRECTIONS;
use super::table::{Findings, Found, Table};
use super::{AttachmentRule, CommentRule, Direction, Template, Unmapped, WorkflowRule, WorklogRule};
use crate::Restriction;

pub(super) fn workflow(f: &mut Findings<'_>, mut table: Table<'_>) -> WorkflowRule {
    let names = |f: &mut Findings<'_>, table: &mut Table<'_>, key| {
        table.texts(f, key).unwrap_or_default().into_iter().map(|text| text.value)
    };
    let rule = WorkflowRule {
        direction: table.word(f, "direction", DIRECTIONS).unwrap_or_default(),
        prefer: names(f, &mut table, "prefer").collect(),
        avoid: names(f, &mut table, "avoid").collect(),
        unmapped: table
            .word(f, "unmapped", &[("error", Unmapped::Error), ("skip", Unmapped::Skip)])
            .unwrap_or_default(),
        conflict: table.word(f, "conflict", CONFLICTS),
    };
    table.end(f);
    rule
}

/// The direction of a part that can be switched off.
fn takes_part(f: &mut Findings<'_>, table: &mut Table<'_>) -> Option<Direction> {
    let mut words: Vec<_> = DIRECTIONS.iter().map(|(word, direction)| (*word, Some(*direction))).collect();
    words.push(("none", None));
    if table.has("direction") { table.word(f, "direction", &words).flatten() } else { Some(Direction::Both) }
}

fn template(f: &mut Findings<'_>, table: &mut Table<'_>, known: &'static [&'static str]) -> Option<Template> {
    let Found { value, at } = table.text(f, "template")?;
    match Template::parse(&value, known) {
        Ok(template) => Some(template),
        Err(error) => {
            let hint = "write a text such as `\"{author} wrote on {created}:\\n{body}\"`";
            f.wrong(at, format!("`{}`: {error}", table.path("template")), hint);
            None
        }
    }
}

pub(super) fn comments(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<CommentRule> {
    let direction = takes_part(f, &mut table);
    let template = template(f, &mut table, Template::COMMENT);
    let mut restricted = BTreeSet::new();
    for found in table.texts(f, "restricted").unwrap_or_default() {
        if found.value != "never" {
            restricted.extend(restriction(f, &found));
        }
    }
    let internal = table.text(f, "internal").and_then(|found| restriction(f, &found));
    let delete = table.truth(f, "delete").unwrap_or(true);
    table.end(f);
    Some(CommentRule { direction: direction?, template, restricted, internal, delete })
}

/// Who may see a comment: `internal`, `role:NAME` or `group:NAME`.
fn restriction(f: &mut Findings<'_>, found: &Found<String>) -> Option<Restriction> {
    let read = match found.value.split_once(':') {
        None if found.value == "internal" => Some(Restriction::Internal),
        Some(("role", name)) if !name.is_empty() => Some(Restriction::Role(name.to_owned())),
        Some(("group", name)) if !name.is_empty() => Some(Restriction::Group(name.to_owned())),
        _ => None,
    };
    if read.is_none() {
        f.wrong(
            found.at,
            format!("`{}` is not a restriction", found.value),
            "write \"internal\", \"role:NAME\" or \"group:NAME\"; \"never\" alone sends no restricted comment",
        );
    }
    read
}

pub(super) fn attachments(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<AttachmentRule> {
    let direction = takes_part(f, &mut table);
    let max_size = table.bytes(f, "max-size");
    let mime = table.texts(f, "mime").map(|texts| {
        for found in &texts {
            if !found.value.contains('/') {
                let hint = "write types such as \"image/png\" and \"image/*\"";
                f.wrong(found.at, format!("`{}` is not a type of files", found.value), hint);
            }
        }
        texts.into_iter().map(|text| text.value.to_ascii_lowercase()).collect()
    });
    let name = table.text(f, "name").and_then(|Found { value, at }| {
        let read = regex_lite::Regex::new(&value);
        if let Err(error) = &read {
            let what = format!("`{}` is not a regular expression: {error}", table.path("name"));
            f.wrong(at, what, "write what names must match, such as `'\\.(png|pdf)$'`");
        }
        read.ok()
    });
    let delete = table.truth(f, "delete").unwrap_or(true);
    table.end(f);
    Some(AttachmentRule { direction: direction?, max_size, mime, name, delete })
}

pub(super) fn worklogs(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<WorklogRule> {
    let direction = takes_part(f, &mut table);
    let template = template(f, &mut table, Template::WORKLOG);
    let delete = table.truth(f, "delete").unwrap_or(true);
    table.end(f);
    Some(WorklogRule { direction: direction?, template, delete })
}
