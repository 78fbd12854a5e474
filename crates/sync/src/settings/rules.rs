//! The tables with aliases: `[types]`, `[fields]`, `[status]`, `[links]`, and what holds between them.
//!
//! Invariant: one thing here has one alias, or which of several is told would be chance.

use std::collections::{BTreeMap, BTreeSet};

use super::read::CONFLICTS;
use super::table::{Findings, Found, Table};
use super::{
    Direction, FieldRule, LinkRule, Part, People, Settings, StatusRule, Template, TypeRule, Unmapped,
};
use crate::{Alias, Field};

/// The words for directions.
pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("both", Direction::Both), ("send", Direction::Send), ("receive", Direction::Receive)];

/// What all of these tables note.
pub(super) struct Known<'k> {
    pub(super) lines: &'k mut BTreeMap<String, usize>,
    pub(super) declined: &'k mut BTreeSet<String>,
}

/// The tables under each alias, but those that are declined.
fn chosen<'a>(
    f: &mut Findings<'_>,
    known: &mut Known<'_>,
    part: Part,
    table: Option<Table<'a>>,
) -> Vec<(Alias, Vec<Table<'a>>)> {
    let Some(table) = table else { return Vec::new() };
    let mut result = Vec::new();
    for (alias, mut tables) in table.by_alias(f) {
        if let Some(first) = tables.first() {
            known.lines.insert(format!("{}.{alias}", part.table()), f.line(first.at));
        }
        if let Some(own) = tables.first_mut().filter(|table| table.has("declined")) {
            let is_declined = own.truth(f, "declined");
            if is_declined == Some(true) {
                known.declined.insert(format!("{}.{alias}", part.table()));
                tables.into_iter().for_each(|table| table.end_of_declined(f));
                continue;
            }
        }
        result.push((alias, tables));
    }
    result
}

impl Table<'_> {
    fn end_of_declined(self, f: &mut Findings<'_>) {
        if self.has("local") {
            f.wrong(
                self.place("local"),
                format!("`{}` is declined and bound", self.name),
                "leave out `local` or `declined`",
            );
        } else {
            self.end(f);
        }
    }
}

/// The one table under an alias.
fn alone<'a>(f: &mut Findings<'_>, mut tables: Vec<Table<'a>>) -> Option<Table<'a>> {
    if tables.len() > 1 {
        let what = format!("`{}` is there more than once", tables[1].name);
        f.wrong(tables[1].at, what, "choose another alias for the second");
    }
    (!tables.is_empty()).then(|| tables.swap_remove(0))
}

pub(super) fn types(
    f: &mut Findings<'_>,
    known: &mut Known<'_>,
    table: Option<Table<'_>>,
) -> BTreeMap<Alias, TypeRule> {
    let mut result = BTreeMap::new();
    for (alias, tables) in chosen(f, known, Part::Type, table) {
        let Some(mut table) = alone(f, tables) else { continue };
        let local = table.needed(f, "local", "write the name of the issue type here: `local = \"Bug\"`");
        let direction = table.word(f, "direction", DIRECTIONS).unwrap_or_default();
        table.end(f);
        result.insert(alias, TypeRule { local, direction });
    }
    result
}

pub(super) fn fields(
    f: &mut Findings<'_>,
    known: &mut Known<'_>,
    table: Option<Table<'_>>,
) -> BTreeMap<Alias, FieldRule> {
    let mut result = BTreeMap::new();
    for (alias, tables) in chosen(f, known, Part::Field, table) {
        let Some(table) = alone(f, tables) else { continue };
        if let Some(rule) = field(f, table) {
            result.insert(alias, rule);
        }
    }
    result
}

fn field(f: &mut Findings<'_>, mut table: Table<'_>) -> Option<FieldRule> {
    const UNMAPPED: &[(&str, Unmapped)] = &[
        ("error", Unmapped::Error),
        ("skip", Unmapped::Skip),
        ("default", Unmapped::Default),
        ("text", Unmapped::Text),
    ];
    let name = table.name.clone();
    if !table.has("local") {
        let hint = "write `local = \"summary\"`, or `local = { type = \"select\", name = \"Severity\" }`";
        f.wrong(table.at, format!("`{name}.local` is missing"), hint);
    }
    let local = table.field(f, "local");
    let types = table.aliases(f, "types").map(|types| types.into_keys().collect());
    let direction = table.word(f, "direction", DIRECTIONS).unwrap_or_default();
    let (values, same) = values(f, &mut table);
    let users = people(f, &mut table);
    let text = text(f, &mut table);
    let unmapped = table.word(f, "unmapped", UNMAPPED).unwrap_or_default();
    let default = table.text(f, "default");
    match (&default, unmapped) {
        (None, Unmapped::Default) => f.wrong(
            table.place("unmapped"),
            format!("`{name}` has no default"),
            "write `default = \"…\"`, a value of the field here",
        ),
        (Some(Found { at, .. }), other) if other != Unmapped::Default => f.wrong(
            *at,
            format!("`{name}.default` is never used"),
            "write `unmapped = \"default\"`, or leave it out",
        ),
        (Some(Found { value, at }), _) if !values.is_empty() && !values.values().any(|own| own == value) => {
            f.wrong(
                *at,
                format!("the default `{value}` has no alias"),
                "choose one of the values, or give it an alias in `values`",
            );
        }
        _ => {}
    }
    let create = table.truth(f, "create").unwrap_or(false);
    let conflict = table.word(f, "conflict", CONFLICTS);
    let local_is = |names: &[&str]| {
        matches!(&local, Some(Field::System(name)) if names.contains(&name.as_str()))
            || matches!(&local, Some(Field::Custom { kind, .. }) if kind.ends_with("version"))
    };
    if create && !local_is(&["components", "versions", "fixVersions"]) {
        let hint = "only components and versions can be made; leave it out";
        f.wrong(table.place("create"), format!("nothing of `{name}` can be made"), hint);
    }
    if text.is_some() && (same || !values.is_empty()) {
        let hint = "leave out `values`, or `as = \"text\"`";
        f.wrong(table.place("as"), format!("`{name}` is text and has aliases for its values"), hint);
    }
    table.end(f);
    let default = default.map(|found| found.value);
    let local = local?;
    Some(FieldRule {
        local,
        types,
        direction,
        values,
        same,
        users,
        text,
        unmapped,
        default,
        create,
        conflict,
    })
}

/// The values by alias, or `"same"`: names leave the house only where somebody wrote that they do.
fn values(f: &mut Findings<'_>, table: &mut Table<'_>) -> (BTreeMap<Alias, String>, bool) {
    let mut result: BTreeMap<Alias, String> = BTreeMap::new();
    let mut seen = Findings::of("");
    if table.has("values")
        && let Some(Found { value, at }) = table.text(&mut seen, "values")
    {
        if value != "same" {
            let hint = "write aliases and own values, `values = { high = \"Blocker\" }`, or \"same\": names go through as they are";
            f.wrong(at, format!("`{}` cannot be `{value}`", table.path("values")), hint);
        }
        return (result, true);
    }
    let Some(table) = table.table(f, "values") else { return (result, false) };
    for (Found { value: key, at }, own) in table.pairs(f) {
        match key.parse::<Alias>() {
            Ok(_) if result.values().any(|other| *other == own) => f.wrong(
                at,
                format!("`{own}` has two aliases in `{}`", table.name),
                "which one is told would be chance: leave one of them out",
            ),
            Ok(alias) => {
                result.insert(alias, own);
            }
            Err(error) => {
                f.wrong(at, error.to_string(), "write alias and own value: `high = \"Blocker\"`");
            }
        }
    }
    (result, false)
}

fn people(f: &mut Findings<'_>, table: &mut Table<'_>) -> People {
    #[derive(Clone, Copy)]
    enum Way {
        Name,
        Email,
        Prefix,
        Pairs,
        Text,
    }
    const WAYS: &[(&str, Way)] = &[
        ("name", Way::Name),
        ("email", Way::Email),
        ("prefix", Way::Prefix),
        ("pairs", Way::Pairs),
        ("text", Way::Text),
    ];
    let way = table.word(f, "users", WAYS).unwrap_or(Way::Name);
    let prefix = table.text(f, "prefix");
    let pairs = table.table(f, "pairs").map(|own| own.pairs(f));
    let unused = |f: &mut Findings<'_>, table: &Table<'_>, key: &str| {
        let what = format!("`{}` is never used", table.path(key));
        f.wrong(table.place(key), what, format!("write `users = \"{key}\"`, or leave it out"));
    };
    if prefix.is_some() && !matches!(way, Way::Prefix) {
        unused(f, table, "prefix");
    }
    if pairs.is_some() && !matches!(way, Way::Pairs) {
        unused(f, table, "pairs");
    }
    match (way, prefix, pairs) {
        (Way::Name, ..) => People::Name,
        (Way::Email, ..) => People::Email,
        (Way::Text, ..) => People::Text,
        (Way::Prefix, Some(Found { value, .. }), _) if !value.is_empty() => People::Prefix(value),
        (Way::Prefix, ..) => {
            let hint = "write what the partner's people are called here: `prefix = \"ext-\"`";
            f.wrong(table.place("users"), "there is no prefix", hint);
            People::Name
        }
        (Way::Pairs, _, pairs) => {
            let mut result: BTreeMap<String, String> = BTreeMap::new();
            for (Found { value, at }, own) in pairs.unwrap_or_default() {
                if result.values().any(|other| *other == own) {
                    let hint = "which one is told would be chance: leave one of them out";
                    f.wrong(at, format!("`{own}` is in two pairs"), hint);
                }
                result.insert(value, own);
            }
            if result.is_empty() {
                let hint = "write what is told and who that is here: `pairs = { anna = \"anna.smith\" }`";
                f.wrong(table.place("users"), "there are no pairs", hint);
            }
            People::Pairs(result)
        }
    }
}

fn text(f: &mut Findings<'_>, table: &mut Table<'_>) -> Option<Template> {
    let as_text = table.word(f, "as", &[("value", false), ("text", true)]).unwrap_or(false);
    let template = table.text(f, "template");
    match (as_text, template) {
        (false, None) => None,
        (false, Some(Found { at, .. })) => {
            let what = format!("`{}` is never used", table.path("template"));
            f.wrong(at, what, "write `as = \"text\"`, or leave it out");
            None
        }
        (true, None) => Some(Template::value()),
        (true, Some(Found { value, at })) => match Template::parse(&value, Template::VALUE) {
            Ok(template) => Some(template),
            Err(error) => {
                f.wrong(at, error.to_string(), "write a text such as `\"Severity: {value}\"`");
                None
            }
        },
    }
}

pub(super) fn statuses(
    f: &mut Findings<'_>,
    known: &mut Known<'_>,
    table: Option<Table<'_>>,
) -> BTreeMap<Alias, Vec<StatusRule>> {
    let mut result: BTreeMap<Alias, Vec<StatusRule>> = BTreeMap::new();
    for (alias, tables) in chosen(f, known, Part::Status, table) {
        for mut table in tables {
            let local = table.texts(f, "local").unwrap_or_default();
            let receive = table.text(f, "receive").map(|found| found.value);
            let types = table.aliases(f, "types").map(|types| types.into_keys().collect());
            if local.is_empty() && receive.is_none() {
                f.wrong(
                    table.at,
                    format!("`{}` means nothing here", table.name),
                    "write the statuses for which it is sent, `local = [\"Open\"]`, and where an issue goes that comes with it, `receive = \"Open\"`",
                );
            }
            table.end(f);
            let local = local.into_iter().map(|text| text.value).collect();
            result.entry(alias.clone()).or_default().push(StatusRule { local, receive, types });
        }
    }
    result
}

pub(super) fn links(
    f: &mut Findings<'_>,
    known: &mut Known<'_>,
    table: Option<Table<'_>>,
) -> BTreeMap<Alias, LinkRule> {
    let mut result = BTreeMap::new();
    for (alias, tables) in chosen(f, known, Part::Link, table) {
        let Some(mut table) = alone(f, tables) else { continue };
        let local = table.needed(f, "local", "write the name of the link type here: `local = \"Blocks\"`");
        let direction = table.word(f, "direction", DIRECTIONS).unwrap_or_default();
        table.end(f);
        result.insert(alias, LinkRule { local, direction });
    }
    result
}

/// What is wrong between the tables.
pub(super) fn together(settings: &Settings, f: &mut Findings<'_>) {
    let mut bound: BTreeMap<(Part, String, Option<Alias>), Alias> = BTreeMap::new();
    let mut twice = Vec::new();
    let mut bind = |part: Part, alias: &Alias, local: String, types: Option<&BTreeSet<Alias>>| {
        let kinds: Vec<Option<Alias>> = match types {
            Some(types) => types.iter().cloned().map(Some).collect(),
            None => settings.types.keys().cloned().map(Some).chain([None]).collect(),
        };
        for kind in kinds {
            let first = bound.entry((part, local.clone(), kind)).or_insert_with(|| alias.clone());
            if first != alias {
                twice.push((part, alias.clone(), first.clone(), local));
                return;
            }
        }
    };
    settings.types.iter().for_each(|(alias, rule)| bind(Part::Type, alias, rule.local.clone(), None));
    settings.links.iter().for_each(|(alias, rule)| bind(Part::Link, alias, rule.local.clone(), None));
    for (alias, rule) in &settings.fields {
        bind(Part::Field, alias, in_words(&rule.local), rule.types.as_ref());
    }
    for (alias, rules) in &settings.statuses {
        for rule in rules {
            for local in &rule.local {
                bind(Part::Status, alias, local.clone(), rule.types.as_ref());
            }
        }
    }
    for (part, alias, first, local) in twice {
        if local.is_empty() {
            continue;
        }
        let what = format!("`{local}` has two aliases, `{first}` and `{alias}`, in [{}]", part.table());
        let hint =
            "which one is told would be chance: leave one of them out, or give each `types` of its own";
        wrong(settings, f, part, &alias, what, hint);
    }
    let mentioned = |types: &Option<BTreeSet<Alias>>| -> Vec<Alias> {
        let types = types.iter().flatten();
        types.filter(|alias| !settings.types.contains_key(*alias)).cloned().collect()
    };
    let fields = settings.fields.iter().map(|(alias, rule)| (Part::Field, alias, &rule.types));
    let statuses = settings
        .statuses
        .iter()
        .flat_map(|(alias, rules)| rules.iter().map(move |rule| (Part::Status, alias, &rule.types)));
    for (part, alias, types) in fields.chain(statuses) {
        for kind in mentioned(types) {
            if settings.declines(Part::Type, &kind) {
                continue;
            }
            let what = format!("`{}.{alias}` is for a type `{kind}` that is not there", part.table());
            wrong(
                settings,
                f,
                part,
                alias,
                what,
                &format!("add `[types.{kind}]`, or leave it out of `types`"),
            );
        }
    }
    for (alias, rules) in &settings.statuses {
        for (place, rule) in rules.iter().enumerate() {
            let overlap = rules[..place].iter().any(|other| match (&rule.types, &other.types) {
                (Some(own), Some(others)) => !own.is_disjoint(others),
                _ => true,
            });
            if overlap {
                let what = format!("`status.{alias}` is there twice for one type");
                wrong(settings, f, Part::Status, alias, what, "give each its own `types`");
            }
        }
    }
}

/// Tells something of the table of an alias.
fn wrong(settings: &Settings, f: &mut Findings<'_>, part: Part, alias: &Alias, what: String, hint: &str) {
    let line = settings.line(&format!("{}.{alias}", part.table()));
    f.problems.push(super::Problem { line, what, hint: hint.to_owned() });
}

/// A field so that two of one name and of different types are told apart.
pub(super) fn in_words(field: &Field) -> String {
    match field {
        Field::System(name) => name.clone(),
        Field::Custom { kind, name } => {
            format!("{name} ({})", kind.rsplit(':').next().unwrap_or(kind))
        }
    }
}
