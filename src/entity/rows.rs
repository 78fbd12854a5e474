//! The rows of the tables that hold configuration.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{EntityId, Standings, entities};
use crate::model::Characters;

/// A row: its values by attribute; `None` is NULL, which is not the empty text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    entity: EntityId,
    values: Box<[Option<Box<str>>]>,
}

impl Row {
    /// Returns a row of NULLs.
    pub fn new(entity: EntityId) -> Self {
        Self { entity, values: vec![None; entity.entity().attributes.len()].into() }
    }

    /// Sets a value by the number of its attribute.
    pub fn set(&mut self, attribute: usize, value: impl Into<Box<str>>) {
        self.values[attribute] = Some(value.into());
    }

    /// Sets a value by the name of its attribute; `None` is NULL.
    ///
    /// # Panics
    ///
    /// If `tables.txt` has no such attribute: that is a mistake in pcfg.
    pub fn put(&mut self, attribute: &str, value: Option<&str>) {
        let number = self.entity.entity().attribute(attribute);
        let number =
            number.unwrap_or_else(|| panic!("{} has no attribute {attribute}", self.entity.entity().name));
        self.values[number] = value.map(Into::into);
    }

    /// Returns the table that the row belongs to.
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// Returns the values, by the numbers of their attributes.
    pub fn values(&self) -> &[Option<Box<str>>] {
        &self.values
    }

    /// Returns a value; `None` is NULL.
    ///
    /// # Panics
    ///
    /// If `tables.txt` has no such attribute: that is a mistake in pcfg.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        #[cfg(test)]
        crate::model::work::count();
        let number = self.entity.entity().attribute(attribute);
        let number =
            number.unwrap_or_else(|| panic!("{} has no attribute {attribute}", self.entity.entity().name));
        self.values[number].as_deref()
    }

    /// Returns a value that is neither NULL nor empty.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.get(attribute).filter(|value| !value.is_empty())
    }

    /// Returns a whole number.
    pub fn number(&self, attribute: &str) -> Option<i64> {
        self.get(attribute)?.trim().parse().ok()
    }

    /// Returns whether a value is `true`, `Y` or `1`: Jira's tables use all three.
    pub fn truth(&self, attribute: &str) -> bool {
        matches!(self.get(attribute), Some("true" | "Y" | "1" | "t"))
    }

    /// Returns the id; the empty text for tables without one.
    pub fn id(&self) -> &str {
        #[cfg(test)]
        crate::model::work::count();
        let first = self.entity.entity().attributes.first();
        match first {
            Some(attribute) if attribute.name.eq_ignore_ascii_case("id") => {
                self.values[0].as_deref().unwrap_or("")
            }
            _ => "",
        }
    }

    /// Returns about how much memory the row takes: itself, a place for each value, and the texts as they are allocated.
    pub fn bytes(&self) -> u64 {
        /// Allocations are multiples of it.
        const LEAST: usize = 16;
        let texts = self.values.iter().flatten().map(|text| text.len().next_multiple_of(LEAST));
        (size_of::<Self>() + size_of_val(&*self.values) + texts.sum::<usize>()) as u64
    }

    /// What rows are sorted by: the id as a number, then everything.
    fn order(&self) -> (i64, &[Option<Box<str>>]) {
        (self.id().parse().unwrap_or(i64::MAX), &self.values)
    }
}

/// A change of one row: an insertion has no row before, a deletion none after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// The row as it was.
    pub before: Option<Row>,
    /// The row as it is to be.
    pub after: Option<Row>,
}

impl RowChange {
    /// Returns what can be done of the change where attributes are lacking, with those of them that it would have set;
    /// nothing if nothing of it is left.
    pub fn without(self, lacking: &BTreeSet<Lacking>, lost: &mut BTreeSet<Lacking>) -> Option<Self> {
        let Self { before, mut after } = self;
        if let Some(after) = &mut after {
            for (number, value) in after.values.iter_mut().enumerate() {
                if value.is_some() && lacking.contains(&(after.entity, number)) {
                    *value = None;
                    lost.insert((after.entity, number));
                }
            }
        }
        let is_empty = |row: &Row| row.values.iter().all(Option::is_none);
        match (&before, &after) {
            (None, Some(row)) if is_empty(row) => None,
            _ if before == after => None,
            _ => Some(Self { before, after }),
        }
    }

    /// Returns the table that it changes.
    pub fn entity(&self) -> EntityId {
        let row = self.before.as_ref().or(self.after.as_ref());
        row.expect("a change has a row before or after").entity()
    }

    /// Returns the change that takes this one back.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self { before: self.after, after: self.before }
    }
}

/// The rows that were read, by table, each table in the order of its ids.
#[derive(Debug, Clone)]
pub struct Tables {
    rows: Vec<Vec<Row>>,
    /// How much memory the rows take that were added.
    bytes: u64,
    /// The ids of projects and of the custom fields that their issues have values in, where somebody asked for them:
    /// the rows of issues themselves are never kept.
    pub fields_with_values: BTreeSet<(String, String)>,
    /// What issues hold on to, where somebody asked for it.
    pub usage: Usage,
    /// The described attributes that the place has no columns for: a database of an older Jira, or a file of an older pcfg.
    /// They read as NULL, and nothing can be written into them.
    pub lacking: BTreeSet<Lacking>,
    /// The ids of which there was more than one row, by table.
    pub twice: BTreeSet<(EntityId, String)>,
    /// Which characters can be written into them.
    pub characters: Characters,
}

/// An attribute without a column: its table, and its number there.
pub type Lacking = (EntityId, usize);

/// What issues hold on to: ids, and names of workflows. All of it is bounded by the configuration, however many issues there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Where issues stand, and how many.
    pub standings: Standings,
    /// Project and option of a custom field.
    pub options: BTreeSet<(String, String)>,
    /// Versions, as affected or fixed.
    pub versions: BTreeSet<String>,
    /// Components.
    pub components: BTreeSet<String>,
    /// Project and security level.
    pub security_levels: BTreeSet<(String, String)>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            rows: vec![Vec::new(); entities().len()],
            bytes: 0,
            fields_with_values: BTreeSet::new(),
            usage: Usage::default(),
            lacking: BTreeSet::new(),
            twice: BTreeSet::new(),
            characters: Characters::Any,
        }
    }
}

impl Tables {
    /// Adds a row.
    pub fn push(&mut self, entity: EntityId, row: Row) {
        self.bytes += row.bytes();
        self.rows[usize::from(entity.0)].push(row);
    }

    /// Puts all tables in order, when everything has been read. Of rows with one id the first in order stays; the others
    /// are returned: a database cannot hold them, but an edited backup can.
    pub fn sort(&mut self) -> Vec<Row> {
        let mut repeated = Vec::new();
        for table in &mut self.rows {
            table.sort_by(|a, b| a.order().cmp(&b.order()));
            let mut rows = Vec::with_capacity(table.len());
            for row in table.drain(..) {
                match rows.last() {
                    Some(last) if !row.id().is_empty() && Row::id(last) == row.id() => {
                        self.twice.insert((row.entity(), row.id().to_owned()));
                        repeated.push(row);
                    }
                    _ => rows.push(row),
                }
            }
            *table = rows;
        }
        repeated
    }

    /// Returns the rows of a table.
    pub fn rows(&self, entity: &str) -> &[Row] {
        &self.rows[usize::from(EntityId::named(entity).0)]
    }

    /// Returns the rows of a table by the value of an attribute; NULL counts as the empty text.
    pub fn by<'a>(&'a self, entity: &str, attribute: &str) -> HashMap<&'a str, Vec<&'a Row>> {
        let mut groups: HashMap<&str, Vec<&Row>> = HashMap::new();
        for row in self.rows(entity) {
            groups.entry(row.get(attribute).unwrap_or("")).or_default().push(row);
        }
        groups
    }

    /// Applies changes; a row that is not there as it was before is an error, and nothing is changed.
    pub fn apply(&mut self, changes: &[RowChange]) -> Result<(), RowChange> {
        let mut touched: BTreeMap<EntityId, Vec<&RowChange>> = BTreeMap::new();
        for change in changes {
            touched.entry(change.entity()).or_default().push(change);
        }
        let mut changed = Vec::with_capacity(touched.len());
        for (entity, changes) in touched {
            changed.push((entity, applied(&self.rows[usize::from(entity.0)], changes)?));
        }
        for (entity, rows) in changed {
            self.rows[usize::from(entity.0)] = rows;
        }
        self.sort();
        Ok(())
    }

    /// Returns about how much memory the rows take that were added.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the name of the table with the most rows, and how many it has.
    pub fn largest(&self) -> (&'static str, usize) {
        let tables = entities().iter().zip(&self.rows).map(|(entity, rows)| (entity.name, rows.len()));
        tables.max_by_key(|(_, rows)| *rows).unwrap_or_default()
    }

    /// Returns how many rows there are in all.
    pub fn len(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// Returns whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Returns the rows of a table after changes of them. A row is looked up by what it is, so that many changes of a large table
/// cost no more than both together.
fn applied(table: &[Row], changes: Vec<&RowChange>) -> Result<Vec<Row>, RowChange> {
    let mut rows: Vec<Option<Row>> = table.iter().cloned().map(Some).collect();
    let wanted: HashSet<&Row> = changes.iter().filter_map(|change| change.before.as_ref()).collect();
    // Of equal rows the first one is taken first.
    let mut places: HashMap<&Row, Vec<usize>> = HashMap::new();
    for (at, row) in table.iter().enumerate().rev().filter(|(_, row)| wanted.contains(row)) {
        places.entry(row).or_default().push(at);
    }
    for change in changes {
        let at = match &change.before {
            Some(before) => match places.get_mut(before).and_then(Vec::pop) {
                Some(at) => at,
                None => return Err(change.clone()),
            },
            None => rows.len(),
        };
        if at == rows.len() {
            rows.push(None);
        }
        rows[at].clone_from(&change.after);
        if let Some(after) = change.after.as_ref().filter(|after| wanted.contains(after)) {
            // It changes once more.
            places.entry(after).or_default().push(at);
        }
    }
    Ok(rows.into_iter().flatten().collect())
}
