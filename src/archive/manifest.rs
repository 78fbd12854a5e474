//! The manifest of an archive: what it is, what it holds, and the size and the hash of every other entry.
//!
//! Invariants: the same manifest gives the same bytes, with one project and one entry a line, so that git shows what changed;
//! what is read has nothing in it that this version does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::output::MARK;

/// The version of the form.
const FORMAT: u64 = 1;

/// How much of the history of issues an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum History {
    /// All of it, deleted comments included.
    #[default]
    Full,
    /// All of it but deleted comments.
    Text,
    /// Nothing.
    None,
}

/// What an archive says of itself, besides its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The version of the Jira that it comes from.
    pub jira: Option<String>,
    /// The time zone in which that Jira wrote its times.
    pub time_zone: Option<String>,
    /// How much of the history it holds.
    pub history: History,
    /// Whether it holds the files of attachments.
    pub attachments: bool,
    /// Its projects, by key.
    pub projects: Vec<Project>,
}

/// A project of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its key.
    pub key: String,
    /// How many there are of each kind.
    pub counts: BTreeMap<String, u64>,
}

/// An entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub path: String,
    /// How many bytes it has.
    pub size: u64,
    /// Their SHA-256, in small hexadecimal digits.
    pub sha256: String,
}

/// The manifest of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What it says of itself.
    pub about: About,
    /// All other entries.
    pub entries: Vec<Entry>,
}

/// The form in a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(rename = "format")]
    _format: u64,
    #[serde(default)]
    jira: Option<String>,
    #[serde(default)]
    time_zone: Option<String>,
    history: History,
    attachments: bool,
    projects: Vec<Project>,
    entries: Vec<Entry>,
}

/// Why a text is no manifest.
#[derive(Debug)]
pub(super) enum Unread {
    /// It is no manifest of a complete project.
    Other,
    /// A later version of pcfg has written it.
    Newer(u64),
    /// It is not as such a manifest is.
    Malformed(serde_json::Error),
}

impl Manifest {
    /// Returns the text.
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        // The mark, with each member on a line of its own.
        let mut text = MARK.replace('{', "{\n  ").replace("\":", "\": ") + "\n";
        let About { jira, time_zone, history, attachments, projects } = &self.about;
        let mut member = |name: &str, value: String| text.push_str(&format!("  \"{name}\": {value},\n"));
        member("format", FORMAT.to_string());
        for (name, value) in [("jira", jira), ("timeZone", time_zone)] {
            if let Some(value) = value {
                member(name, serde_json::to_string(value)?);
            }
        }
        member("history", serde_json::to_string(history)?);
        member("attachments", attachments.to_string());
        member("projects", lines(projects)?);
        text.push_str(&format!("  \"entries\": {}\n}}\n", lines(&self.entries)?));
        Ok(text)
    }

    /// Reads a text.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Unread> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Head {
            kind: String,
            format: u64,
        }
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        match serde_json::from_slice::<Head>(text) {
            Ok(Head { kind, .. }) if kind != "complete" => return Err(Unread::Other),
            Ok(Head { format, .. }) if format > FORMAT => return Err(Unread::Newer(format)),
            Ok(_) => {}
            Err(error) if error.is_data() => return Err(Unread::Other),
            Err(error) => return Err(Unread::Malformed(error)),
        }
        let form: Form = serde_json::from_slice(text).map_err(Unread::Malformed)?;
        let Form { jira, time_zone, history, attachments, projects, entries, .. } = form;
        Ok(Self { about: About { jira, time_zone, history, attachments, projects }, entries })
    }
}

/// Returns a list with one item a line.
fn lines<T: Serialize>(items: &[T]) -> Result<String, serde_json::Error> {
    let lines: Result<Vec<String>, _> = items.iter().map(serde_json::to_string).collect();
    Ok(match &lines?[..] {
        [] => "[]".to_owned(),
        lines => format!("[\n    {}\n  ]", lines.join(",\n    ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let counts = [("issues", 12), ("comments", 3)];
        let project = |key: &str| Project {
            key: key.to_owned(),
            counts: counts.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
        };
        let entry = |path: &str| Entry { path: path.to_owned(), size: 7, sha256: "0".repeat(64) };
        let about = About {
            jira: Some("8.6.1".to_owned()),
            time_zone: Some("Europe/Berlin".to_owned()),
            history: History::Full,
            attachments: true,
            projects: vec![project("A"), project("B")],
        };
        Manifest { about, entries: vec![entry("configuration.xml"), entry("data/A/ranks.xml")] }
    }

    #[test]
    fn a_manifest_has_a_line_for_each_project_and_entry() {
        let text = manifest().text().unwrap();
        let zeros = "0".repeat(64);
        let wanted = [
            "{",
            "  \"kind\": \"complete\",",
            "  \"format\": 1,",
            "  \"jira\": \"8.6.1\",",
            "  \"timeZone\": \"Europe/Berlin\",",
            "  \"history\": \"full\",",
            "  \"attachments\": true,",
            "  \"projects\": [",
            "    {\"key\":\"A\",\"counts\":{\"comments\":3,\"issues\":12}},",
            "    {\"key\":\"B\",\"counts\":{\"comments\":3,\"issues\":12}}",
            "  ],",
            "  \"entries\": [",
            &format!("    {{\"path\":\"configuration.xml\",\"size\":7,\"sha256\":\"{zeros}\"}},"),
            &format!("    {{\"path\":\"data/A/ranks.xml\",\"size\":7,\"sha256\":\"{zeros}\"}}"),
            "  ]",
            "}",
            "",
        ];
        assert_eq!(text.split('\n').collect::<Vec<_>>(), wanted);
        assert_eq!(Manifest::parse(text.as_bytes()).unwrap(), manifest());
    }

    #[test]
    fn what_is_not_known_is_not_read() {
        let text = manifest().text().unwrap();
        let read = |old: &str, new: &str| Manifest::parse(text.replacen(old, new, 1).as_bytes());
        assert!(matches!(read("\"complete\"", "\"partial\""), Err(Unread::Other)));
        assert!(matches!(read("\"kind\"", "\"sort\""), Err(Unread::Other)));
        assert!(matches!(read("\"format\": 1", "\"format\": 2, \"new\": 1"), Err(Unread::Newer(2))));
        assert!(matches!(read("\"format\": 1", "\"format\": 1, \"new\": 1"), Err(Unread::Malformed(_))));
        assert!(matches!(read("\"full\"", "\"some\""), Err(Unread::Malformed(_))));
        assert!(matches!(read("]\n}", "]\n"), Err(Unread::Malformed(_))));
    }
}
