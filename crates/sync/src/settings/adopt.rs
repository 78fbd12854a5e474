//! The slave's settings under what the master has published.
//!
//! Invariant: what comes out holds nothing but what both have: each published alias is bound or declined, and directions are the
//! master's or narrower.

use std::collections::BTreeSet;

use super::{
    Adopted, Configuration, Content, Direction, FieldRule, Part, Problem, PublishedField, Settings, Shape,
    Unmapped,
};
use crate::Alias;

impl Direction {
    /// What of both is possible; nothing where they exclude each other.
    fn narrowed(self, other: Self) -> Option<Self> {
        match (self.sends() && other.sends(), self.receives() && other.receives()) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::Send),
            (false, true) => Some(Self::Receive),
            (false, false) => None,
        }
    }

    /// In words, for the half whose it is.
    fn in_words(self) -> &'static str {
        match self {
            Self::Both => "both ways",
            Self::Send => "from here to the partner",
            Self::Receive => "from the partner to here",
        }
    }
}

/// What lacks until a version can be adopted.
struct Lacks<'s> {
    settings: &'s Settings,
    problems: Vec<Problem>,
}

impl Lacks<'_> {
    fn tell(&mut self, table: &str, what: String, hint: String) {
        self.problems.push(Problem { line: self.settings.line(table), what, hint });
    }

    /// The direction that holds, of what is written here and what the master published.
    fn direction(&mut self, table: &str, own: Direction, published: Direction) -> Direction {
        let theirs = published.mirrored();
        own.narrowed(theirs).unwrap_or_else(|| {
            let what = format!("`{table}` goes {}, as the master has published it", theirs.in_words());
            self.tell(table, what, "leave out `direction`, or write `declined = true`".to_owned());
            theirs
        })
    }
}

impl Settings {
    /// The settings of the slave under a version, with what it answers; what has to be bound or declined first.
    pub fn adopt(&self, version: &Configuration) -> Result<(Self, Adopted), Vec<Problem>> {
        let mut lacks = Lacks { settings: self, problems: Vec::new() };
        let mut result = self.clone();
        let content = &version.content;
        let declined = self.answered(&mut lacks, content);
        let is_known = |part: Part, alias: &Alias| match part {
            Part::Type => content.types.contains_key(alias),
            Part::Field => content.fields.contains_key(alias),
            Part::Status => content.statuses.contains_key(alias),
            Part::Link => content.links.contains_key(alias),
        };
        let own = self.types.keys().map(|alias| (Part::Type, alias));
        let own = own.chain(self.fields.keys().map(|alias| (Part::Field, alias)));
        let own = own.chain(self.statuses.keys().map(|alias| (Part::Status, alias)));
        for (part, alias) in own.chain(self.links.keys().map(|alias| (Part::Link, alias))) {
            if !is_known(part, alias) {
                let table = format!("{}.{alias}", part.table());
                let what = format!("the master has not published `{table}`");
                let hint = "take the table out, or ask the partner to publish it".to_owned();
                lacks.tell(&table, what, hint);
            }
        }
        for (alias, rule) in &mut result.types {
            if let Some(published) = content.types.get(alias) {
                rule.direction =
                    lacks.direction(&format!("types.{alias}"), rule.direction, published.direction);
            }
        }
        for (alias, rule) in &mut result.fields {
            if let Some(published) = content.fields.get(alias) {
                lacks.field(alias, rule, published);
            }
        }
        for (alias, rule) in &mut result.links {
            if let Some(published) = content.links.get(alias) {
                rule.direction = lacks.direction(&format!("links.{alias}"), rule.direction, *published);
            }
        }
        match &content.workflow {
            Some(workflow) => {
                let own = result.workflow.direction;
                result.workflow.direction = lacks.direction("workflow", own, workflow.direction);
                result.workflow.conflict = Some(workflow.conflict);
            }
            None => result.statuses.clear(),
        }
        let mut whole =
            |part: &str, own: Option<Direction>, published: Option<Direction>| match (own, published) {
                (Some(own), Some(published)) => Some(lacks.direction(part, own, published)),
                _ => None,
            };
        let directions = [
            whole("comments", self.comments.as_ref().map(|rule| rule.direction), content.comments),
            whole("attachments", self.attachments.as_ref().map(|rule| rule.direction), content.attachments),
            whole("worklogs", self.worklogs.as_ref().map(|rule| rule.direction), content.worklogs),
        ];
        let [comments, attachments, worklogs] = directions;
        result.comments =
            result.comments.zip(comments).map(|(rule, direction)| super::CommentRule { direction, ..rule });
        result.attachments = result
            .attachments
            .zip(attachments)
            .map(|(rule, direction)| super::AttachmentRule { direction, ..rule });
        result.worklogs =
            result.worklogs.zip(worklogs).map(|(rule, direction)| super::WorklogRule { direction, ..rule });
        match lacks.problems.is_empty() {
            true => {
                let adopted = Adopted { version: version.version(), declined };
                Ok((result, adopted))
            }
            false => Err(lacks.problems),
        }
    }

    /// Tells what of a version is neither bound nor declined; what is declined.
    fn answered(&self, lacks: &mut Lacks<'_>, content: &Content) -> BTreeSet<String> {
        let mut declined = BTreeSet::new();
        let mut ask =
            |part: Part, alias: &Alias, is_bound: bool, direction: Option<Direction>, more: &str| {
                let table = format!("{}.{alias}", part.table());
                if self.declines(part, alias) {
                    declined.insert(table);
                } else if !is_bound {
                    let way = direction.map_or("", |own| own.mirrored().in_words());
                    let comma = if way.is_empty() { "" } else { ", " };
                    let what = format!("`{table}` is neither bound nor declined ({way}{comma}{more})");
                    let local = match part {
                        Part::Status => "`local = [\"…\"]` and `receive = \"…\"`",
                        Part::Type | Part::Field | Part::Link => "`local = \"…\"`",
                    };
                    let hint = format!(
                        "write `[{table}]` and, below it, {local} with the name here, or `declined = true`"
                    );
                    lacks.tell(&table, what, hint);
                }
            };
        for (alias, published) in &content.types {
            let more = if published.subtask { "a type of sub-tasks" } else { "a type of issues" };
            ask(Part::Type, alias, self.types.contains_key(alias), Some(published.direction), more);
        }
        for (alias, published) in &content.fields {
            let more = published.in_words();
            ask(Part::Field, alias, self.fields.contains_key(alias), Some(published.direction), &more);
        }
        for alias in content.statuses.keys() {
            let direction = content.workflow.as_ref().map(|workflow| workflow.direction);
            ask(Part::Status, alias, self.statuses.contains_key(alias), direction, "a status");
        }
        for (alias, direction) in &content.links {
            ask(Part::Link, alias, self.links.contains_key(alias), Some(*direction), "a type of links");
        }
        let parts = [
            ("comments", content.comments),
            ("attachments", content.attachments),
            ("worklogs", content.worklogs),
        ];
        for (part, published) in parts {
            let Some(direction) = published else { continue };
            if self.declined.contains(part) {
                declined.insert(part.to_owned());
            } else if self.line(part).is_none() {
                let what =
                    format!("`{part}` are neither taken nor declined ({})", direction.mirrored().in_words());
                let hint = format!("write `[{part}]`, and below it `direction = \"none\"` to decline them");
                lacks.tell(part, what, hint);
            }
        }
        declined
    }
}

impl Lacks<'_> {
    fn field(&mut self, alias: &Alias, rule: &mut FieldRule, published: &PublishedField) {
        let table = format!("fields.{alias}");
        rule.direction = self.direction(&table, rule.direction, published.direction);
        rule.conflict = Some(published.conflict);
        if rule.types.is_none() {
            rule.types.clone_from(&published.types);
        }
        if published.shape != Shape::Alias || rule.text.is_some() {
            return;
        }
        let unbound: Vec<_> = published.values.iter().filter(|own| !rule.values.contains_key(*own)).collect();
        if !unbound.is_empty() && rule.unmapped == Unmapped::Error {
            let named: Vec<_> = unbound.iter().map(|alias| format!("`{alias}`")).collect();
            let lines: Vec<_> = unbound.iter().map(|alias| format!("{alias} = \"…\"")).collect();
            let what = format!("`{table}.values` does not bind {}", named.join(", "));
            let hint = format!(
                "write `values = {{ {} }}` with the names here, or `unmapped = \"skip\"`",
                lines.join(", ")
            );
            self.tell(&table, what, hint);
        }
        for own in rule.values.keys().filter(|own| !published.values.contains(*own)) {
            let what = format!("`{table}.values` has `{own}`, which the master has not published");
            self.tell(&table, what, "take it out, or ask the partner to publish it".to_owned());
        }
    }
}

impl PublishedField {
    /// What it holds, in words.
    pub fn in_words(&self) -> String {
        let what = match self.shape {
            Shape::Text => "text",
            Shape::Number => "a number",
            Shape::Date => "a day",
            Shape::Moment => "a moment",
            Shape::Duration => "a length of time",
            Shape::Alias => "values by alias",
            Shape::Name => "values by name",
            Shape::Person => "people",
        };
        if self.many { format!("{what}, many of them") } else { what.to_owned() }
    }
}
