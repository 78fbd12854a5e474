//! The comments at the beginning and the end of `entities.xml`.
//!
//! They are written in the language of the server, headings and dates too; the keys that are read here are not
//! translated, nor are the names of tables. Jira 3.12 writes neither comment, 3.13 on both.

use std::collections::BTreeMap;

/// At most this many differences are told.
const MOST_DIFFERENCES: usize = 10;

/// What the first comment says about the Jira that wrote the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Its version, such as `4.2`.
    pub(super) version: Option<String>,
    /// Its build, such as `586`.
    pub(super) build: Option<String>,
    /// The time zone that its Java was started with.
    pub(super) zone: Option<String>,
    /// When it was written, in the words and in the time zone of the server.
    pub(super) exported: Option<String>,
}

impl Head {
    /// Reads the comment.
    pub(super) fn read(comment: &[u8]) -> Self {
        let comment = String::from_utf8_lossy(comment);
        let mut head = Self::default();
        for (key, value) in entries(&comment) {
            match key {
                // "4.2#586-r130229", "8.6.1#806001-sha1:…", "Enterprise Edition, Version: 3.13.2-#335"
                "JIRA Build" | "Jira Build" if head.build.is_none() => {
                    if let Some((_, build)) = value.split_once('#') {
                        let digits = build.find(|c: char| !c.is_ascii_digit()).unwrap_or(build.len());
                        head.build = Some(build[..digits].to_owned()).filter(|build| !build.is_empty());
                    }
                }
                // The first one is Jira's, the others are those of apps.
                "Version" if head.version.is_none() => head.version = Some(value.to_owned()),
                "on" if head.exported.is_none() => head.exported = Some(value.to_owned()),
                _ => {}
            }
        }
        let zone =
            comment.split_once("-Duser.timezone=").map(|(_, rest)| rest.trim_start_matches(['"', '\'']));
        let end = |text: &str| text.find(|c: char| c.is_whitespace() || ['"', '\'', ','].contains(&c));
        head.zone =
            zone.map(|own| own[..end(own).unwrap_or(own.len())].to_owned()).filter(|own| !own.is_empty());
        head
    }
}

/// What the last comment says: how many rows each table had when the file was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inventory {
    total: u64,
    rows: BTreeMap<String, u64>,
}

impl Inventory {
    /// Reads the comment, if it is that one: a total, then tables.
    pub(super) fn read(comment: &[u8]) -> Option<Self> {
        let comment = String::from_utf8_lossy(comment);
        let mut counts = entries(&comment)
            .filter_map(|(key, value)| Some((key, value.parse().ok()?)))
            .filter(|(key, _)| !key.contains(char::is_whitespace));
        let (_, total) = counts.next()?;
        let rows: BTreeMap<String, u64> = counts.map(|(key, count)| (key.to_owned(), count)).collect();
        (!rows.is_empty() || total == 0).then_some(Self { total, rows })
    }

    /// Says where it differs from what was counted, one sentence each.
    pub(super) fn compare(&self, counted: &BTreeMap<String, u64>) -> Vec<String> {
        let mut differences = Vec::new();
        let names: std::collections::BTreeSet<&String> = self.rows.keys().chain(counted.keys()).collect();
        for name in names {
            let (said, found) = (self.rows.get(name).unwrap_or(&0), counted.get(name).unwrap_or(&0));
            if said != found {
                differences
                    .push(format!("the file contains {found} rows of {name}, but its end says {said}"));
            }
        }
        let more = differences.len().saturating_sub(MOST_DIFFERENCES);
        differences.truncate(MOST_DIFFERENCES);
        if more > 0 {
            differences.push(format!("the row counts of {more} more tables differ, too"));
        }
        let sum = counted.values().sum::<u64>();
        if sum != self.total && differences.is_empty() {
            differences
                .push(format!("the file contains {sum} rows in total, but its end says {}", self.total));
        }
        differences
    }
}

/// Returns the text of the last comment after rows came and went, by table; nothing if it is not that comment. Its form
/// stays as it is.
pub(super) fn recounted(comment: &str, more: &BTreeMap<&str, i64>) -> Option<String> {
    Inventory::read(comment.as_bytes())?;
    let mut more: BTreeMap<&str, i64> = more.iter().map(|(table, count)| (*table, *count)).collect();
    let total: i64 = more.values().sum();
    let mut lines: Vec<String> = Vec::new();
    // Where the last table stands, and the form of its line.
    let mut last: Option<usize> = None;
    let mut seen_total = false;
    for line in comment.split_inclusive('\n') {
        let entry = line
            .split_once(':')
            .and_then(|(key, value)| Some((key, key.trim(), value, value.trim().parse::<i64>().ok()?)));
        let Some((key, table, value, count)) =
            entry.filter(|(_, key, _, _)| !key.contains(char::is_whitespace))
        else {
            lines.push(line.to_owned());
            continue;
        };
        let change = if seen_total { more.remove(table).unwrap_or(0) } else { total };
        let is_table = seen_total;
        seen_total = true;
        if is_table {
            // Tables stand in the order of their names.
            let new: Vec<&str> = more.range(..table).map(|(table, _)| *table).collect();
            for new in new {
                let count = more.remove(new).unwrap_or(0);
                lines.extend((count > 0).then(|| entry_like(line, new, count)));
            }
            last = Some(lines.len());
        }
        // A table without rows has no line.
        if !is_table || count + change > 0 {
            let value = value.replace(&count.to_string(), &(count + change).to_string());
            lines.push(format!("{key}:{value}"));
        }
    }
    let place = last.map_or(lines.len(), |last| (last + 1).min(lines.len()));
    let like = comment.split_inclusive('\n').rfind(|line| line.contains(':')).unwrap_or("\n");
    let rest = more.into_iter().filter(|(_, count)| *count > 0);
    let rest: Vec<String> = rest.map(|(table, count)| entry_like(like, table, count)).collect();
    lines.splice(place..place, rest);
    Some(lines.concat())
}

/// Returns a line for a table in the form of another one.
fn entry_like(line: &str, table: &str, count: i64) -> String {
    let (key, value) = line.split_once(':').unwrap_or((line, "\n"));
    let indent = key.len() - key.trim_start().len();
    let end = &value[value.trim_end().len()..];
    format!("{}{table:<width$}: {count}{end}", &key[..indent], width = key.len().saturating_sub(indent))
}

/// Returns the lines `key : value`.
fn entries(comment: &str) -> impl Iterator<Item = (&str, &str)> {
    comment.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        Some((key.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_comments_in_any_language() {
        let read = |text: &str| {
            let head = Head::read(text.as_bytes());
            (head.version, head.build)
        };
        let some = |version: &str, build: &str| (Some(version.to_owned()), Some(build.to_owned()));
        let chinese = "
             由 : admin
             JIRA Build : 8.6.1#806001-sha1:5cbcb6dd
             版本 : 1
             Version : 8.6.1
             Version : 1.2.1
        ";
        assert_eq!(read(chinese), some("8.6.1", "806001"));
        let old = "JIRA Build : Enterprise Edition, Version: 3.13.2-#335\nVersion : 3.13.2";
        assert_eq!(read(old), some("3.13.2", "335"));
        assert_eq!(read("nothing"), (None, None));
    }

    #[test]
    fn an_inventory_is_compared_by_table() {
        let text = "___ Entities ___\n\n Total : 3\n\n Action : 2\n Project : 1\n";
        let inventory = Inventory::read(text.as_bytes()).expect("is one");
        let counted = |rows: &[(&str, u64)]| -> BTreeMap<String, u64> {
            rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        assert!(inventory.compare(&counted(&[("Action", 2), ("Project", 1)])).is_empty());
        assert_eq!(
            inventory.compare(&counted(&[("Action", 1), ("Issue", 2)])),
            [
                "the file contains 1 rows of Action, but its end says 2",
                "the file contains 2 rows of Issue, but its end says 0",
                "the file contains 0 rows of Project, but its end says 1",
            ]
        );
        let wrong_total = Inventory { total: 4, ..inventory };
        assert_eq!(wrong_total.compare(&counted(&[("Action", 2), ("Project", 1)])).len(), 1);
        assert_eq!(Inventory::read(b" a remark: without numbers"), None);
    }

    #[test]
    fn the_counts_follow_the_rows() {
        let text =
            " ___ Entities ___\n\n     Total      : 3\n\n     Issue      : 2\n     Project    : 1\n\n ";
        let recounted = |more: &[(&'static str, i64)]| {
            recounted(text, &more.iter().copied().collect()).expect("is an inventory")
        };
        assert_eq!(recounted(&[]), text);
        assert_eq!(
            recounted(&[
                ("Action", 4),
                ("Issue", -2),
                ("Label", 1),
                ("Project", 9),
                ("Status", 1),
                ("User", 0)
            ]),
            " ___ Entities ___\n\n     Total      : 16\n\n     Action     : 4\n     Label      : 1\n     \
             Project    : 10\n     Status     : 1\n\n "
        );
        assert_eq!(super::recounted("a remark", &BTreeMap::new()), None);
    }
}
