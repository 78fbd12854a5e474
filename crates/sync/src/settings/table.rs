//! Reads tables of a settings file so that all that is wrong is told at once, each with its line and what to write instead.
//!
//! Invariant: a key that nobody asked for is a problem; nothing is taken in silence for something else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Alias, Field};

/// Something that is wrong with a settings file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
pub struct Problem {
    /// Its line, from 1; none where it is in no line, such as for something that lacks.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}; {}", self.what, self.hint)
    }
}

/// What is found out about a text while it is read.
pub(super) struct Findings<'t> {
    text: &'t str,
    pub(super) problems: Vec<Problem>,
}

impl<'t> Findings<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, problems: Vec::new() }
    }

    /// The line in which a place of the text is, from 1.
    pub(super) fn line(&self, place: usize) -> usize {
        1 + self.text.as_bytes()[..place.min(self.text.len())].iter().filter(|byte| **byte == b'\n').count()
    }

    pub(super) fn wrong(&mut self, at: usize, what: impl Into<String>, hint: impl Into<String>) {
        let line = Some(self.line(at));
        self.problems.push(Problem { line, what: what.into(), hint: hint.into() });
    }
}

/// A table of the file, with what was asked of it.
pub(super) struct Table<'a> {
    /// Its name, such as `fields.severity`.
    pub(super) name: String,
    /// Where it begins.
    pub(super) at: usize,
    entries: &'a DeTable<'a>,
    asked: BTreeSet<&'static str>,
}

/// A value with its place.
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

impl<'a> Table<'a> {
    pub(super) fn new(name: impl Into<String>, at: usize, entries: &'a DeTable<'a>) -> Self {
        Self { name: name.into(), at, entries, asked: BTreeSet::new() }
    }

    fn entry(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.insert(key);
        self.entries.get(key)
    }

    /// Whether a key is there; it does not count as asked for.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The place of a key, or of the table.
    pub(super) fn place(&self, key: &str) -> usize {
        self.entries.get_key_value(key).map_or(self.at, |(name, _)| name.span().start)
    }

    /// The name of a key of the table, for people.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn text(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Option<Found<String>> {
        let value = self.entry(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Found { value: text.to_string(), at: self.place(key) }),
            other => {
                self.mistyped(findings, key, other, &format!("{key} = \"…\""));
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, findings: &mut Findings<'_>, key: &'static str, hint: &str) -> String {
        match self.text(findings, key) {
            Some(Found { value, at }) if value.trim().is_empty() => {
                findings.wrong(at, format!("`{}` is empty", self.path(key)), hint);
                String::new()
            }
            Some(found) => found.value,
            None if self.has(key) => String::new(),
            None => {
                findings.wrong(self.at, format!("`{}` is missing", self.path(key)), hint);
                String::new()
            }
        }
    }

    pub(super) fn truth(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Option<bool> {
        let value = self.entry(key)?;
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            other => {
                self.mistyped(findings, key, other, &format!("{key} = true"));
                None
            }
        }
    }

    /// A number of bytes: a number, or a text such as `10 MiB`.
    pub(super) fn bytes(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Option<u64> {
        let value = self.entry(key)?;
        let hint = format!("write a number of bytes or a size: `{key} = \"10 MiB\"`");
        let read = match value.get_ref() {
            DeValue::String(text) => size(text),
            DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        if read.is_none() {
            findings.wrong(self.place(key), format!("`{}` is not a size", self.path(key)), hint);
        }
        read
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        findings: &mut Findings<'_>,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let found = self.text(findings, key)?;
        let chosen = words.iter().find(|(word, _)| *word == found.value);
        if chosen.is_none() {
            let all: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let what = format!("`{}` cannot be `{}`", self.path(key), found.value);
            findings.wrong(found.at, what, format!("write one of {}", all.join(", ")));
        }
        chosen.map(|(_, meant)| *meant)
    }

    /// A text, or a list of texts.
    pub(super) fn texts(
        &mut self,
        findings: &mut Findings<'_>,
        key: &'static str,
    ) -> Option<Vec<Found<String>>> {
        let value = self.entry(key)?;
        let one = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(text) => Some(Found { value: text.to_string(), at: value.span().start }),
            _ => None,
        };
        let texts = match value.get_ref() {
            DeValue::Array(list) => list.iter().map(one).collect::<Option<Vec<_>>>(),
            _ => one(value).map(|one| vec![one]),
        };
        if texts.is_none() {
            self.mistyped(findings, key, value.get_ref(), &format!("{key} = [\"…\", \"…\"]"));
        }
        texts
    }

    /// A list of aliases.
    pub(super) fn aliases(
        &mut self,
        findings: &mut Findings<'_>,
        key: &'static str,
    ) -> Option<BTreeMap<Alias, usize>> {
        let texts = self.texts(findings, key)?;
        Some(texts.into_iter().filter_map(|found| Some((alias(findings, &found)?, found.at))).collect())
    }

    /// A field: `"summary"`, or `{ type = "…:select", name = "Severity" }`.
    pub(super) fn field(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Option<Field> {
        let value = self.entry(key)?;
        match value.get_ref() {
            DeValue::String(name) => system_field(findings, name, self.place(key)),
            DeValue::Table(table) => {
                let mut table = Table::new(self.path(key), self.place(key), table);
                let kind = table.needed(findings, "type", "write the key of the field's type");
                let name = table.needed(findings, "name", "write the name of the field");
                table.end(findings);
                let complete = !kind.is_empty() && !name.is_empty();
                complete.then(|| Field::Custom { kind: spelled_out(&kind), name })
            }
            other => {
                self.mistyped(findings, key, other, &format!("{key} = \"summary\""));
                None
            }
        }
    }

    /// A table in this one.
    pub(super) fn table(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Option<Table<'a>> {
        let value = self.entry(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Table::new(self.path(key), self.place(key), table)),
            other => {
                let path = self.path(key);
                self.mistyped(findings, key, other, &format!("[{path}]"));
                None
            }
        }
    }

    /// A list of tables; one table is a list of one.
    pub(super) fn tables(&mut self, findings: &mut Findings<'_>, key: &'static str) -> Vec<Table<'a>> {
        let path = self.path(key);
        match self.entry(key) {
            Some(value) => list_of(findings, &path, value),
            None => Vec::new(),
        }
    }

    /// All entries of the table as tables or lists of tables under an alias each.
    pub(super) fn by_alias(&self, findings: &mut Findings<'_>) -> Vec<(Alias, Vec<Table<'a>>)> {
        let mut result = Vec::new();
        for (key, value) in self.entries {
            let found = Found { value: key.get_ref().to_string(), at: key.span().start };
            let tables = list_of(findings, &self.path(&found.value), value);
            let Some(alias) = alias(findings, &found) else { continue };
            result.push((
                alias,
                tables.into_iter().map(|table| Table { at: table.at.max(found.at), ..table }).collect(),
            ));
        }
        result
    }

    /// All entries of the table as texts.
    pub(super) fn pairs(&self, findings: &mut Findings<'_>) -> Vec<(Found<String>, String)> {
        let mut result = Vec::new();
        for (key, value) in self.entries {
            let name = key.get_ref().to_string();
            match value.get_ref() {
                DeValue::String(text) => {
                    result.push((Found { value: name, at: key.span().start }, text.to_string()));
                }
                other => findings.wrong(
                    key.span().start,
                    format!("`{}` is {}", self.path(&name), in_words(other)),
                    format!("write a text: `{name} = \"…\"`"),
                ),
            }
        }
        result
    }

    /// Tells what is in the table and was not asked for.
    pub(super) fn end(self, findings: &mut Findings<'_>) {
        for key in self.entries.keys() {
            let name = key.get_ref();
            if self.asked.contains(name.as_ref()) {
                continue;
            }
            let near = self.asked.iter().copied().filter(|known| is_near(known, name)).min();
            let hint = match near {
                Some(known) => format!("write `{known}`, if that is meant"),
                None => {
                    let known: Vec<_> = self.asked.iter().map(|known| format!("`{known}`")).collect();
                    format!("there can be {}", known.join(", "))
                }
            };
            findings.wrong(key.span().start, format!("`{}` is not known", self.path(name)), hint);
        }
    }

    fn mistyped(&self, findings: &mut Findings<'_>, key: &str, is: &DeValue<'_>, write: &str) {
        let what = format!("`{}` is {}", self.path(key), in_words(is));
        findings.wrong(self.place(key), what, format!("write `{write}`"));
    }
}

/// The tables in a value that is a table or a list of them.
fn list_of<'a>(findings: &mut Findings<'_>, path: &str, value: &'a Spanned<DeValue<'a>>) -> Vec<Table<'a>> {
    let Range { start, .. } = value.span();
    match value.get_ref() {
        DeValue::Table(table) => vec![Table::new(path, start, table)],
        DeValue::Array(list) => {
            let tables = list.iter().map(|one| match one.get_ref() {
                DeValue::Table(table) => Ok(Table::new(path, one.span().start, table)),
                other => Err(in_words(other)),
            });
            let mut result = Vec::new();
            for table in tables {
                match table {
                    Ok(table) => result.push(table),
                    Err(is) => findings.wrong(
                        start,
                        format!("`{path}` has {is} in it"),
                        format!("write tables: `[[{path}]]`"),
                    ),
                }
            }
            result
        }
        other => {
            findings.wrong(
                start,
                format!("`{path}` is {}", in_words(other)),
                format!("write a table: `[{path}]`"),
            );
            Vec::new()
        }
    }
}

fn alias(findings: &mut Findings<'_>, found: &Found<String>) -> Option<Alias> {
    match found.value.parse() {
        Ok(alias) => Some(alias),
        Err(error) => {
            findings.wrong(
                found.at,
                error.to_string(),
                "choose a name that may leave the house: it is what the partner sees",
            );
            None
        }
    }
}

/// Jira's own fields, as a settings file names them.
pub(crate) const SYSTEM: [&str; 15] = [
    "summary",
    "description",
    "environment",
    "priority",
    "resolution",
    "assignee",
    "reporter",
    "duedate",
    "labels",
    "components",
    "versions",
    "fixVersions",
    "security",
    "timeoriginalestimate",
    "timeestimate",
];

fn system_field(findings: &mut Findings<'_>, name: &str, at: usize) -> Option<Field> {
    if SYSTEM.contains(&name) {
        return Some(Field::System(name.to_owned()));
    }
    let hint = match SYSTEM.iter().find(|known| known.eq_ignore_ascii_case(name) || is_near(known, name)) {
        Some(known) => format!("write `\"{known}\"`, if that is meant"),
        None => format!(
            "of a custom field write `{{ type = \"…\", name = \"{name}\" }}`; Jira's own fields are {}",
            SYSTEM.join(", ")
        ),
    };
    findings.wrong(at, format!("`{name}` is not a field of Jira's own"), hint);
    None
}

/// A type of Jira's own custom fields may be written without what stands before its name.
fn spelled_out(kind: &str) -> String {
    match kind.contains(':') {
        true => kind.to_owned(),
        false => format!("com.atlassian.jira.plugin.system.customfieldtypes:{kind}"),
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor: u64 = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(factor)
}

/// Whether two words differ by at most two letters that were added, left out or exchanged.
pub(crate) fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().take(40).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    let most = if a.len().min(b.len()) < 5 { 1 } else { 2 };
    row[b.len()] <= most
}
