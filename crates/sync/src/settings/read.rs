//! The file as a whole, and its tables that concern all: `[sync]`, filters, responsibility.
//!
//! Invariant: settings come out only where there is no problem at all.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeTable;

use super::table::{Findings, Found, Table};
use super::{
    Condition, Filter, General, LicenceRule, PartnerKey, Problem, Responsibility, Settings, Test, rules,
    sections,
};
use crate::Conflict;

/// The words for what stands in a conflict.
pub(super) const CONFLICTS: &[(&str, Conflict)] = &[
    ("newer", Conflict::Newer),
    ("master", Conflict::Master),
    ("slave", Conflict::Slave),
    ("ask", Conflict::Ask),
];

pub(super) fn read(text: &str) -> Result<Settings, Vec<Problem>> {
    let mut findings = Findings::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        findings.wrong(
            at,
            error.message().replace('\n', " "),
            "the file is TOML: tables such as `[fields.title]` with lines such as `local = \"summary\"`",
        );
    }
    let mut root = Table::new("", 0, table.get_ref());
    let f = &mut findings;
    let (general, filter, incoming, responsibility) = match root.table(f, "sync") {
        Some(table) => of_sync(f, table),
        None => {
            if !root.has("sync") {
                f.wrong(
                    0,
                    "the table `[sync]` is missing",
                    "begin with `[sync]`, `project = \"KEY\"` and `user = \"NAME\"`",
                );
            }
            Default::default()
        }
    };
    let mut lines = BTreeMap::new();
    let mut declined = BTreeSet::new();
    for part in ["sync", "workflow", "comments", "attachments", "worklogs"] {
        if root.has(part) {
            lines.insert(part.to_owned(), f.line(root.place(part)));
        }
    }
    let mut known = rules::Known { lines: &mut lines, declined: &mut declined };
    let own = root.table(f, "types");
    let types = rules::types(f, &mut known, own);
    let own = root.table(f, "fields");
    let fields = rules::fields(f, &mut known, own);
    let own = root.table(f, "status");
    let statuses = rules::statuses(f, &mut known, own);
    let own = root.table(f, "links");
    let links = rules::links(f, &mut known, own);
    let workflow = root.table(f, "workflow").map(|table| sections::workflow(f, table)).unwrap_or_default();
    let comments = root.table(f, "comments").and_then(|table| sections::comments(f, table));
    let attachments = root.table(f, "attachments").and_then(|table| sections::attachments(f, table));
    let worklogs = root.table(f, "worklogs").and_then(|table| sections::worklogs(f, table));
    root.end(f);
    let switched = [
        ("comments", comments.is_some()),
        ("attachments", attachments.is_some()),
        ("worklogs", worklogs.is_some()),
    ];
    for (part, takes_part) in switched {
        if lines.contains_key(part) && !takes_part {
            declined.insert(part.to_owned());
        }
    }
    let settings = Settings {
        general: general.unwrap_or_else(nothing),
        filter,
        incoming,
        responsibility,
        types,
        fields,
        statuses,
        workflow,
        links,
        comments,
        attachments,
        worklogs,
        declined,
        lines,
    };
    rules::together(&settings, f);
    let mut problems = findings.problems;
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// Stands for a table that is missing, which is a problem of its own.
fn nothing() -> General {
    General {
        name: String::new(),
        description: None,
        instance: None,
        project: String::new(),
        user: String::new(),
        conflict: Conflict::default(),
        partner_key: PartnerKey::default(),
        licence: LicenceRule::default(),
        licensed: None,
        channel_switch: true,
    }
}

fn of_sync(
    f: &mut Findings<'_>,
    mut table: Table<'_>,
) -> (Option<General>, Filter, Filter, Option<Responsibility>) {
    const LICENCE: &[(&str, LicenceRule)] = &[
        ("enforce", LicenceRule::Enforce),
        ("report", LicenceRule::Report),
        ("strict", LicenceRule::Strict),
    ];
    let project = table.needed(f, "project", "write the key of the project: `project = \"KEY\"`");
    let user = table.needed(
        f,
        "user",
        "write the name of the account in whose name everything is changed: `user = \"sync\"`",
    );
    let text = |f: &mut Findings<'_>, table: &mut Table<'_>, key| table.text(f, key).map(|found| found.value);
    let partner_key = match table.has("partner-key") {
        true => of_partner_key(f, &mut table),
        false => PartnerKey::Property,
    };
    let general = General {
        name: text(f, &mut table, "name").unwrap_or_default(),
        description: text(f, &mut table, "description"),
        instance: text(f, &mut table, "instance"),
        project,
        user,
        conflict: table.word(f, "conflict", CONFLICTS).unwrap_or_default(),
        partner_key,
        licence: table.word(f, "licence", LICENCE).unwrap_or_default(),
        licensed: table.truth(f, "licensed"),
        channel_switch: table.truth(f, "channel-switch").unwrap_or(true),
    };
    let filter = table.table(f, "filter").map(|own| of_filter(f, own)).unwrap_or_default();
    let incoming = table.table(f, "incoming").map(|own| of_filter(f, own)).unwrap_or_default();
    let responsibility = table.table(f, "responsibility").and_then(|own| of_responsibility(f, own));
    table.end(f);
    (Some(general), filter, incoming, responsibility)
}

fn of_partner_key(f: &mut Findings<'_>, table: &mut Table<'_>) -> PartnerKey {
    // A word here is the property; anything else is a field.
    let mut seen = Findings::of("");
    if let Some(Found { value, .. }) = table.text(&mut seen, "partner-key")
        && value == "property"
    {
        return PartnerKey::Property;
    }
    table.field(f, "partner-key").map(PartnerKey::Field).unwrap_or_default()
}

fn of_filter(f: &mut Findings<'_>, mut table: Table<'_>) -> Filter {
    let types = table.texts(f, "types").map(|texts| texts.into_iter().map(|text| text.value).collect());
    let conditions = table.tables(f, "where").into_iter().filter_map(|own| of_condition(f, own)).collect();
    table.end(f);
    Filter { types, conditions }
}

fn of_condition(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<Condition> {
    if !table.has("field") {
        f.wrong(table.at, "a condition names no field", "write `field = \"labels\"`");
    }
    let field = table.field(f, "field");
    let set = |texts: Vec<Found<String>>| texts.into_iter().map(|text| text.value).collect::<BTreeSet<_>>();
    let is = table.texts(f, "is").map(|texts| Test::Is(set(texts)));
    let is_not = table.texts(f, "is-not").map(|texts| Test::IsNot(set(texts)));
    let empty = table.truth(f, "empty").map(Test::Empty);
    let mut tests: Vec<_> = [is, is_not, empty].into_iter().flatten().collect();
    if tests.len() != 1 {
        f.wrong(
            table.at,
            "a condition has one test",
            "write one of `is = [\"…\"]`, `is-not = [\"…\"]`, `empty = true`; two conditions hold together",
        );
    }
    table.end(f);
    Some(Condition { field: field?, test: tests.pop()? })
}

fn of_responsibility(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<Responsibility> {
    if !table.has("field") {
        f.wrong(
            table.at,
            "responsibility names no field",
            "write `field = { type = \"select\", name = \"…\" }`",
        );
    }
    let field = table.field(f, "field");
    let here = table.texts(f, "here").unwrap_or_default();
    let partner = table.texts(f, "partner").unwrap_or_default();
    let here: BTreeSet<_> = here.into_iter().map(|text| text.value).collect();
    for Found { value, at } in &partner {
        if here.contains(value) {
            f.wrong(
                *at,
                format!("`{value}` gives an issue to both sides"),
                "leave it out of `here` or of `partner`",
            );
        }
    }
    let partner: BTreeSet<_> = partner.into_iter().map(|text| text.value).collect();
    if here.is_empty() && partner.is_empty() {
        f.wrong(
            table.at,
            "responsibility names no value",
            "write `here = [\"…\"]` and `partner = [\"…\"]`; with any other value both sides may change the issue",
        );
    }
    table.end(f);
    Some(Responsibility { field: field?, here, partner })
}
