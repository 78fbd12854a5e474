//! The tables that hold the issues of projects, how their rows lead to an issue, and such rows.
//!
//! Invariant: what a table is called and which columns it has stands in `tables.txt` alone; a row of one of these tables belongs to
//! one issue, but for links, which belong to two, and for sprints and marks of ranks, which belong to none.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Attribute, all};

/// A table with all that a complete project needs of it.
#[derive(Debug)]
pub struct DataTable {
    /// Its name in a backup.
    pub name: &'static str,
    /// Its name in a database.
    pub table: &'static str,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// How a row leads to an issue.
    pub route: Route,
    /// The attribute that says what kind of thing a row is about, and the kinds that count; nothing if all do.
    pub only: Option<(&'static str, &'static [&'static str])>,
}

/// How a row leads to the issue that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// It is the issue.
    Itself,
    /// An attribute holds the id of the issue.
    Issue(&'static str),
    /// An attribute holds the id of a row of another table, which leads on.
    Through(&'static str, &'static str),
    /// Attributes hold the ids of two issues.
    Ends(&'static str, &'static str),
    /// An attribute holds the id of an issue, comment or worklog; the attribute of [`DataTable::only`] says which.
    Property(&'static str),
    /// It belongs to no issue.
    Nowhere,
    /// It says where an issue stands in its workflow, and is only written: the status says the same.
    State,
}

/// The names of properties' owners, and the tables of these.
pub(crate) const PROPERTIES: [(&str, &str); 3] =
    [("IssueProperty", "Issue"), ("CommentProperty", "Action"), ("WorklogProperty", "Worklog")];

const PROPERTY_NAMES: [&str; 3] = [PROPERTIES[0].0, PROPERTIES[1].0, PROPERTIES[2].0];

/// The routes; a table that is not listed holds no issue data.
const ROUTES: [(&str, Route); 18] = [
    ("Action", Route::Issue("issue")),
    ("AO_60DB71_LEXORANK", Route::Issue("ISSUE_ID")),
    ("AO_60DB71_SPRINT", Route::Nowhere),
    ("ChangeGroup", Route::Issue("issue")),
    ("ChangeItem", Route::Through("group", "ChangeGroup")),
    ("CustomFieldValue", Route::Issue("issue")),
    ("EntityProperty", Route::Property("entityId")),
    ("FileAttachment", Route::Issue("issue")),
    ("Issue", Route::Itself),
    ("IssueLink", Route::Ends("source", "destination")),
    ("Label", Route::Issue("issue")),
    ("MovedIssueKey", Route::Issue("issueId")),
    ("NodeAssociation", Route::Issue("sourceNodeId")),
    ("OSCurrentStep", Route::State),
    ("OSWorkflowEntry", Route::State),
    ("RemoteIssueLink", Route::Issue("issueid")),
    ("UserAssociation", Route::Issue("sinkNodeId")),
    ("Worklog", Route::Issue("issue")),
];

/// Returns the tables with issue data, by their names.
pub fn data_tables() -> &'static [DataTable] {
    static TABLES: OnceLock<Vec<DataTable>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let table = |(name, route): &(&'static str, Route)| {
            let entity = all().iter().find(|entity| entity.name == *name);
            let entity = entity.unwrap_or_else(|| panic!("tables.txt has no entity {name}"));
            let only: Option<(&str, &[&str])> = match *name {
                "Action" => Some(("type", &["comment"])),
                "EntityProperty" => Some(("entityName", &PROPERTY_NAMES)),
                "NodeAssociation" => Some(("sourceNodeEntity", &["Issue"])),
                "UserAssociation" => Some(("sinkNodeEntity", &["Issue"])),
                _ => None,
            };
            let attributes = entity.attributes.iter().chain(&entity.of_data).copied().collect();
            DataTable { name: entity.name, table: entity.table, attributes, route: *route, only }
        };
        ROUTES.iter().map(table).collect()
    })
}

impl DataTable {
    /// Returns the table of that name, if it holds issue data.
    pub fn find(name: &str) -> Option<&'static Self> {
        static BY_NAME: OnceLock<HashMap<&'static str, &'static DataTable>> = OnceLock::new();
        let by_name = BY_NAME.get_or_init(|| data_tables().iter().map(|table| (table.name, table)).collect());
        by_name.get(name).copied()
    }

    /// Returns the table of that name.
    ///
    /// # Panics
    ///
    /// If it holds no issue data: that is a mistake in pcfg.
    pub fn named(name: &str) -> &'static Self {
        Self::find(name).unwrap_or_else(|| panic!("{name} holds no issue data"))
    }

    /// Returns the number of an attribute.
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.name == name)
    }
}

/// A row of a table with issue data, spelled as a backup spells it.
#[derive(Debug, Clone)]
pub struct DataRow {
    table: &'static DataTable,
    values: Vec<Option<Box<str>>>,
}

impl PartialEq for DataRow {
    fn eq(&self, other: &Self) -> bool {
        self.table.name == other.table.name && self.values == other.values
    }
}

impl Eq for DataRow {}

impl DataRow {
    /// Returns a row in which everything is NULL.
    pub fn new(table: &'static DataTable) -> Self {
        Self { table, values: vec![None; table.attributes.len()] }
    }

    /// Returns the table.
    pub fn table(&self) -> &'static DataTable {
        self.table
    }

    /// Makes all values NULL.
    pub fn clear(&mut self) {
        self.values.fill(None);
    }

    /// Sets a value by the number of its attribute.
    pub fn set_at(&mut self, number: usize, value: Option<&str>) {
        self.values[number] = value.map(Into::into);
    }

    /// Sets a value.
    ///
    /// # Panics
    ///
    /// If the table has no such attribute: that is a mistake in pcfg.
    pub fn set(&mut self, attribute: &str, value: Option<&str>) {
        let number = self.number_of(attribute);
        self.set_at(number, value);
    }

    /// Returns a value; `None` for NULL.
    ///
    /// # Panics
    ///
    /// If the table has no such attribute: that is a mistake in pcfg.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.values[self.number_of(attribute)].as_deref()
    }

    /// Returns a value that is not empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.get(attribute).filter(|text| !text.is_empty())
    }

    /// Returns a whole number.
    pub fn id(&self, attribute: &str) -> Option<u64> {
        self.get(attribute)?.trim().parse().ok()
    }

    /// Returns all values, in the order of the attributes.
    pub fn values(&self) -> impl Iterator<Item = Option<&str>> {
        self.values.iter().map(Option::as_deref)
    }

    /// Returns whether the row is about what the table is read for.
    pub fn counts(&self) -> bool {
        let is_it = |(attribute, values): (&str, &[&str])| {
            // Very old backups have no types of comments.
            self.get(attribute).map_or(self.table.name == "Action", |own| values.contains(&own))
        };
        self.table.only.is_none_or(is_it)
    }

    fn number_of(&self, attribute: &str) -> usize {
        let number = self.table.attribute(attribute);
        number.unwrap_or_else(|| panic!("tables.txt has no {attribute} in {}", self.table.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_leads_through_attributes_that_are_described() {
        for table in data_tables() {
            let attributes: Vec<&str> = match table.route {
                Route::Itself => vec!["id"],
                Route::Issue(own) | Route::Property(own) => vec![own],
                Route::Through(own, other) => {
                    assert!(DataTable::find(other).is_some());
                    vec![own]
                }
                Route::Ends(one, other) => vec![one, other],
                Route::Nowhere | Route::State => Vec::new(),
            };
            let only = table.only.map(|(attribute, _)| attribute);
            for attribute in attributes.into_iter().chain(only) {
                assert!(table.attribute(attribute).is_some(), "{} {attribute}", table.name);
            }
        }
        let all = all().iter().filter(|entity| entity.is_data);
        assert!(all.into_iter().all(|entity| DataTable::find(entity.name).is_some()));
    }
}
