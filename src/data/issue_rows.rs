//! The rows of one issue, by what they are of.
//!
//! Invariant: an issue may have any number of comments, worklogs and properties, so that nothing looks through all rows for one of them.

use std::collections::HashMap;

use crate::entity::DataRow;

/// The rows of an issue.
pub(super) struct IssueRows<'r> {
    tables: HashMap<&'static str, Vec<&'r DataRow>>,
    /// The properties of the issue, its comments and worklogs, by what Jira calls such a thing, and its id.
    properties: HashMap<(&'r str, Option<u64>), Vec<&'r DataRow>>,
}

impl<'r> IssueRows<'r> {
    pub(super) fn of(rows: &'r [DataRow]) -> Self {
        let mut own = Self { tables: HashMap::new(), properties: HashMap::new() };
        for row in rows {
            let table = row.table().name;
            if table == "EntityProperty" {
                let of = (row.get("entityName").unwrap_or_default(), row.id("entityId"));
                own.properties.entry(of).or_default().push(row);
            } else {
                own.tables.entry(table).or_default().push(row);
            }
        }
        own
    }

    /// Returns the rows of a table, in their order.
    pub(super) fn all(&self, table: &str) -> impl Iterator<Item = &'r DataRow> + use<'r, '_> {
        self.tables.get(table).into_iter().flatten().copied()
    }

    /// Returns the properties of something, such as a `CommentProperty`.
    pub(super) fn properties(
        &self,
        of: &'r str,
        id: Option<u64>,
    ) -> impl Iterator<Item = &'r DataRow> + use<'r, '_> {
        self.properties.get(&(of, id)).into_iter().flatten().copied()
    }
}
