//! What apps manage: the custom fields, workflows and workflow schemes that only some administrators, or nobody, may edit.
//!
//! Jira 5.2 on keeps it in `ManagedConfigurationItem`, by type and id of the item. Of several rows of one item the first
//! counts, and one whose `managed` is not `true` says nothing (`DefaultManagedConfigurationItemStore` of 6.3). Invariant: what
//! is read is written, and read again, as the same.

use std::collections::HashMap;

use super::context::Context;
use super::enumeration::{said, stored};
use super::writer::{Writer, text};
use crate::entity::{Row, Tables};
use crate::model::{Element, Node, Path};

/// The levels of access (`ConfigurationItemAccessLevel` of 6.3), and how a file spells them.
const LEVELS: [(&str, &str); 3] = [("LOCKED", "locked"), ("SYS_ADMIN", "sysAdmin"), ("ADMIN", "admin")];

/// A type of item, as rows name it (`ManagedConfigurationItemType` of 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// By `customfield_10000`.
    CustomField,
    /// By its name.
    Workflow,
    /// By its id.
    WorkflowScheme,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::CustomField => "CUSTOM_FIELD",
            Self::Workflow => "WORKFLOW",
            Self::WorkflowScheme => "WORKFLOW_SCHEME",
        }
    }
}

/// The managed items of an instance.
pub(crate) struct Managed<'a>(HashMap<(&'a str, &'a str), &'a Row>);

impl<'a> Managed<'a> {
    pub(crate) fn new(tables: &'a Tables) -> Self {
        let mut items = HashMap::new();
        for row in tables.rows("ManagedConfigurationItem") {
            if let (Some(ty), Some(id)) = (row.get("itemType"), row.get("itemId")) {
                items.entry((ty, id)).or_insert(row);
            }
        }
        Self(items)
    }

    /// Returns whether nobody may edit an item.
    pub(crate) fn is_locked(&self, ty: Type, id: &str) -> bool {
        let row = self.0.get(&(ty.name(), id)).filter(|row| row.truth("managed"));
        row.is_some_and(|row| row.get("accessLevel").is_some_and(|level| level.starts_with("LOCKED")))
    }

    /// Returns what an item has.
    pub(crate) fn node(&self, context: &mut Context<'_>, path: &Path, ty: Type, id: &str) -> Option<Node> {
        let row = self.0.get(&(ty.name(), id)).filter(|row| row.truth("managed"))?;
        let stored = row.get("accessLevel").unwrap_or("");
        let Some(level) = said(&LEVELS, stored) else {
            let message = format!("the level of access `{stored}` is unknown to Jira; it was left out");
            context.misfit(path.child("managed"), message);
            return None;
        };
        let node = Node::new("managed").text("accessLevel", level).text_if("source", row.get("source"));
        Some(node.text_if("descriptionKey", row.get("descriptionKey")))
    }
}

impl Writer<'_> {
    /// Writes what says that an app manages an item, or that none does any more.
    pub(crate) fn put_managed(&mut self, ty: Type, id: &str, object: &Element) {
        const ENTITY: &str = "ManagedConfigurationItem";
        let item = [("itemId", Some(id)), ("itemType", Some(ty.name()))];
        let rows = self.owned(ENTITY, &item);
        let Some(managed) = object.get("managed") else {
            // A row that says nothing stays.
            let is_known = |row: &Row| row.get("accessLevel").is_some_and(|own| said(&LEVELS, own).is_some());
            if rows.first().is_some_and(|row| row.truth("managed") && is_known(row)) {
                rows.iter().for_each(|row| self.remove(ENTITY, row.id()));
            }
            return;
        };
        let level = managed.text_of("accessLevel").unwrap_or_default();
        let stored = stored(&LEVELS, level).map(str::to_owned);
        let mut values = vec![
            ("accessLevel", stored),
            ("source", text(managed, "source")),
            ("descriptionKey", text(managed, "descriptionKey")),
        ];
        if !rows.first().is_some_and(|row| row.truth("managed")) {
            values.push(("managed", Some("true".to_owned())));
        }
        match rows.first() {
            Some(row) => drop(self.put(ENTITY, &[("id", row.id())], values)),
            None => {
                values.extend([("itemId", Some(id.to_owned())), ("itemType", Some(ty.name().to_owned()))]);
                self.insert(ENTITY, values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::{described, edited, tables};

    type Values<'v> = &'v [(&'v str, &'v str)];

    const ROWS: &[(&str, Values<'static>)] = &[
        ("CustomField", &[("id", "100"), ("name", "Team"), ("customfieldtypekey", "t:select")]),
        ("Workflow", &[("id", "1"), ("name", "W"), ("descriptor", "<workflow/>")]),
        ("WorkflowScheme", &[("id", "7"), ("name", "S")]),
    ];

    fn item<'v>(ty: &'v str, id: &'v str, level: &'v str) -> Vec<(&'v str, &'v str)> {
        let row = [("id", "5"), ("itemType", ty), ("itemId", id), ("accessLevel", level)];
        row.into_iter()
            .chain([("managed", "true"), ("source", "plugin:a"), ("descriptionKey", "a.b")])
            .collect()
    }

    #[test]
    fn every_level_of_every_type_is_read_written_and_taken_back() {
        for (ty, id, kind, name) in [
            ("CUSTOM_FIELD", "customfield_100", "customField", "Team"),
            ("WORKFLOW", "W", "workflowEntry", "W"),
            ("WORKFLOW_SCHEME", "7", "workflowScheme", "S"),
        ] {
            for (level, told) in super::LEVELS {
                if (ty, level) == ("CUSTOM_FIELD", "LOCKED") {
                    continue;
                }
                let row = item(ty, id, level);
                let mut rows = ROWS.to_vec();
                rows.push(("ManagedConfigurationItem", &row));
                let (text, notes) = described(&rows, kind, name);
                assert!(text.contains(&format!("<accessLevel>{told}</accessLevel>")), "{text}");
                assert!(!notes.iter().any(|note| note.contains("managed")), "{notes:?}");
                let whole = text.split_once("<managed>").unwrap().1.split_once("</managed>").unwrap().0;
                let there = format!("  <managed>{whole}</managed>\n");
                let inserted = edited(&tables(ROWS), kind, &[("</name>\n", &format!("</name>\n{there}"))]);
                let values = format!(
                    "accessLevel={level} descriptionKey=a.b itemId={id} itemType={ty} managed=true source=plugin:a"
                );
                assert_eq!(inserted[0], format!("+ ManagedConfigurationItem id=10000 {values}"));
                let gone = edited(&tables(&rows), kind, &[(&there, "")]);
                assert_eq!(gone, [format!("- ManagedConfigurationItem id=5 {values}")]);
            }
        }
        let row = item("WORKFLOW_SCHEME", "7", "ADMIN");
        let mut rows = ROWS.to_vec();
        rows.push(("ManagedConfigurationItem", &row));
        let changes =
            edited(&tables(&rows), "workflowScheme", &[("<accessLevel>admin", "<accessLevel>locked")]);
        assert_eq!(changes, ["~ ManagedConfigurationItem 5 accessLevel: ADMIN -> LOCKED"]);
    }

    #[test]
    fn what_says_nothing_stays_and_an_unknown_level_is_noted() {
        let mut row = item("WORKFLOW", "W", "ADMIN");
        row.retain(|(name, _)| *name != "managed");
        let mut rows = ROWS.to_vec();
        rows.push(("ManagedConfigurationItem", &row));
        assert!(!described(&rows, "workflowEntry", "W").0.contains("managed"));
        let row = item("WORKFLOW", "W", "NOBODY");
        let mut rows = ROWS.to_vec();
        rows.push(("ManagedConfigurationItem", &row));
        let (text, notes) = described(&rows, "workflowEntry", "W");
        assert!(!text.contains("managed"), "{text}");
        assert!(notes.iter().any(|note| note.contains("`NOBODY`")), "{notes:?}");
    }
}
