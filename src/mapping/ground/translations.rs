//! Names and descriptions in other languages: of issue types, statuses, priorities, resolutions and custom fields.
//!
//! They are properties of the object's row, one for each language: `jira.translation.status10000.de_DE` holds the name and,
//! in the next line, the description; for custom fields both are properties of their own,
//! `jira.translation.custom.fieldcustomfield_10000.name.de_DE` and `….desc.de_DE` (TranslationManagerImpl of Jira 6; rows of
//! custom fields seen in 9.12.4). Some data has the same keys among the settings of the instance.
//!
//! Invariant: what is read here is what [`Writer::put_translations`](super::writer::Writer) writes back.

use std::collections::BTreeMap;

use super::properties::Properties;
use crate::model::Node;

/// A kind whose names can be translated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The table, which is the name of the entity that the properties belong to.
    pub(crate) entity: &'static str,
    /// What the keys begin with, in front of the id.
    prefix: &'static str,
    /// Whether name and description are properties of their own.
    is_split: bool,
}

pub(crate) const ISSUE_TYPE: Kind =
    Kind { entity: "IssueType", prefix: "jira.translation.issuetype", is_split: false };
pub(crate) const PRIORITY: Kind =
    Kind { entity: "Priority", prefix: "jira.translation.priority", is_split: false };
pub(crate) const RESOLUTION: Kind =
    Kind { entity: "Resolution", prefix: "jira.translation.resolution", is_split: false };
pub(crate) const STATUS: Kind = Kind { entity: "Status", prefix: "jira.translation.status", is_split: false };
pub(crate) const CUSTOM_FIELD: Kind =
    Kind { entity: "CustomField", prefix: "jira.translation.custom.fieldcustomfield_", is_split: true };

/// The entity and id of the settings of the instance.
pub(crate) const SETTINGS: (&str, &str) = ("jira.properties", "1");

/// A name and a description in one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Translation {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
}

impl Kind {
    /// Returns the properties that hold translations of an object: where each stands, its key and its value. Those of the
    /// object itself come last, because they count.
    pub(crate) fn stored<'p>(
        &self,
        properties: &'p Properties,
        id: &'p str,
    ) -> impl Iterator<Item = ((&'static str, &'p str), &'p str, &'p str)> + use<'p> {
        let prefix = format!("{}{id}.", self.prefix);
        [SETTINGS, (self.entity, id)].into_iter().flat_map(move |(entity, owner)| {
            properties.starting(entity, owner, &prefix).map(move |(key, value)| ((entity, owner), key, value))
        })
    }

    /// Returns the translations of an object, by language.
    pub(crate) fn read(&self, properties: &Properties, id: &str) -> BTreeMap<String, Translation> {
        let mut all: BTreeMap<String, Translation> = BTreeMap::new();
        for (_, key, value) in self.stored(properties, id) {
            let Some((language, part)) = self.language(id, key) else { continue };
            if value.trim_matches('\n').is_empty() {
                continue;
            }
            let translation = all.entry(language.to_owned()).or_default();
            match part {
                Some("name") => translation.name = Some(value.to_owned()),
                Some(_) => translation.description = Some(value.to_owned()),
                None => *translation = apart(value),
            }
        }
        all
    }

    /// Returns the language that a key is of, and which part of the translation its value is; `None` for all of it.
    fn language<'k>(&self, id: &str, key: &'k str) -> Option<(&'k str, Option<&'k str>)> {
        let rest = key.strip_prefix(self.prefix)?.strip_prefix(id)?.strip_prefix('.')?;
        if !self.is_split {
            return Some((rest, None)).filter(|(language, _)| !language.is_empty());
        }
        let (part, language) = rest.split_once('.')?;
        Some((language, Some(part))).filter(|_| matches!(part, "name" | "desc") && !language.is_empty())
    }

    /// Returns the properties that hold a translation: key and value. The error says why it cannot be held.
    pub(crate) fn spelled(
        &self,
        id: &str,
        language: &str,
        translation: &Translation,
    ) -> Result<Vec<(String, String)>, &'static str> {
        let Translation { name, description } = translation;
        let key = |part: &str| format!("{}{id}.{part}{language}", self.prefix);
        if self.is_split {
            let parts = [("name.", name), ("desc.", description)].into_iter();
            return Ok(parts.filter_map(|(part, value)| Some((key(part), value.clone()?))).collect());
        }
        let value = match (name, description) {
            (Some(name), Some(_)) if name.contains('\n') => return Err("a translated name has one line"),
            (Some(name), Some(description)) => format!("{name}\n{description}"),
            (Some(_), None) => return Err("Jira translates a name together with the description"),
            (None, Some(description)) if description.contains('\n') => {
                return Err("a translated description without a name has one line");
            }
            (None, Some(description)) => description.clone(),
            (None, None) => return Ok(Vec::new()),
        };
        Ok(vec![(key(""), value)])
    }

    /// Adds the translations to the definition of an object.
    pub(crate) fn add(&self, properties: &Properties, id: &str, node: Node) -> Node {
        node.with_all(self.nodes(properties, id))
    }

    /// Returns the translations of an object, each as a node.
    pub(crate) fn nodes(&self, properties: &Properties, id: &str) -> impl Iterator<Item = Node> + use<> {
        let translations = self.read(properties, id).into_iter();
        translations.map(|(language, Translation { name, description })| {
            Node::new("translation")
                .text("language", language)
                .text_if("name", name.as_deref())
                .text_if("description", description.as_deref())
        })
    }
}

/// Takes a name and a description apart. One line alone is the description: so Jira reads it.
fn apart(value: &str) -> Translation {
    match value.split_once('\n') {
        Some((name, rest)) if !name.is_empty() && !rest.trim_matches('\n').is_empty() => {
            Translation { name: Some(name.to_owned()), description: Some(rest.to_owned()) }
        }
        _ => Translation { name: None, description: Some(value.trim_matches('\n').to_owned()) },
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::{described, edited, tables};

    const ROWS: &[(&str, &[(&str, &str)])] = &[
        ("Status", &[("id", "3"), ("name", "Open")]),
        ("CustomField", &[("id", "7"), ("name", "Severity"), ("customfieldtypekey", "t:x")]),
        (
            "OSPropertyEntry",
            &[
                ("id", "1"),
                ("entityName", "Status"),
                ("entityId", "3"),
                ("propertyKey", "jira.translation.status3.de_DE"),
                ("type", "5"),
            ],
        ),
        ("OSPropertyString", &[("id", "1"), ("value", "Offen\nNoch zu tun")]),
        (
            "OSPropertyEntry",
            &[
                ("id", "2"),
                ("entityName", "CustomField"),
                ("entityId", "7"),
                ("propertyKey", "jira.translation.custom.fieldcustomfield_7.name.de_DE"),
                ("type", "5"),
            ],
        ),
        ("OSPropertyString", &[("id", "2"), ("value", "Schwere")]),
        (
            "OSPropertyEntry",
            &[
                ("id", "3"),
                ("entityName", "jira.properties"),
                ("entityId", "1"),
                ("propertyKey", "jira.translation.custom.fieldcustomfield_7.desc.fr"),
                ("type", "5"),
            ],
        ),
        ("OSPropertyString", &[("id", "3"), ("value", "Gravité")]),
        (
            "OSPropertyEntry",
            &[
                ("id", "4"),
                ("entityName", "CustomField"),
                ("entityId", "7"),
                ("propertyKey", "jira.translation.custom.fieldcustomfield_70.name.fr"),
                ("type", "5"),
            ],
        ),
        ("OSPropertyString", &[("id", "4"), ("value", "of another field")]),
    ];

    #[test]
    fn translations_stand_at_their_objects() {
        let (status, _) = described(ROWS, "status", "Open");
        let of_status = "  <translation>\n    <language>de_DE</language>\n    <name>Offen</name>\n    \
                         <description>Noch zu tun</description>\n  </translation>\n";
        assert!(status.contains(of_status), "{status}");
        let (field, _) = described(ROWS, "customField", "Severity");
        let of_field = "  <translation>\n    <language>de_DE</language>\n    <name>Schwere</name>\n  </translation>\n  \
                        <translation>\n    <language>fr</language>\n    <description>Gravité</description>\n  </translation>\n";
        assert!(field.contains(of_field), "{field}");
        assert!(!field.contains("another field"), "{field}");
    }

    #[test]
    fn a_translation_changes_alone() {
        let tables = tables(ROWS);
        assert_eq!(edited(&tables, "status", &[]), [""; 0]);
        assert_eq!(edited(&tables, "customField", &[]), [""; 0]);
        let renamed = edited(&tables, "status", &[("Offen", "Auf")]);
        assert_eq!(renamed.len(), 1, "{renamed:?}");
        assert!(renamed[0].starts_with("~ OSPropertyString 1 value: "), "{renamed:?}");
        let more = edited(
            &tables,
            "customField",
            &[("<name>Schwere</name>", "<name>Ernst</name>\n<description>Wie?</description>")],
        );
        assert!(more.iter().any(|line| line == "~ OSPropertyString 2 value: Schwere -> Ernst"), "{more:?}");
        let entry = "entityId=7 entityName=CustomField propertyKey=jira.translation.custom.fieldcustomfield_7.desc.de_DE";
        assert!(
            more.iter().any(|line| line.starts_with("+ OSPropertyEntry") && line.contains(entry)),
            "{more:?}"
        );
        let gone = "<translation>\n    <language>fr</language>\n    <description>Gravité</description>\n  </translation>";
        let fewer = edited(&tables, "customField", &[(gone, "")]);
        assert_eq!(fewer.len(), 2, "{fewer:?}");
        assert!(
            fewer[0].starts_with("- OSPropertyEntry id=3 ")
                && fewer[1].starts_with("- OSPropertyString id=3 "),
            "{fewer:?}"
        );
    }
}
