//! The rows of the tables that hold configuration.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{EntityId, Standings, StoredTwice, entities};
use crate::model::Characters;

/// A row: its values by attribute; `None` is NULL, which is not the empty text.
///
/// There are millions of them, so that all values are one text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    entity: EntityId,
    /// Where each value ends in the text; with [`NULL`] if there is none.
    ends: Box<[u32]>,
    text: Box<str>,
}

/// Marks the end of a value that there is not.
const NULL: u32 = 1 << 31;

/// Rows are in order by their values, and NULL is before every text.
impl Ord for Row {
    fn cmp(&self, other: &Self) -> Ordering {
        self.entity.cmp(&other.entity).then_with(|| self.values().cmp(other.values()))
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Row {
    /// Returns a row of NULLs.
    pub fn new(entity: EntityId) -> Self {
        Self::of(entity, entity.entity().attributes.iter().map(|_| None::<&str>))
    }

    /// Returns a row of values, one for each attribute.
    ///
    /// # Panics
    ///
    /// If it has more than 2 GiB of text, which no place lets it have.
    pub fn of(entity: EntityId, values: impl Iterator<Item = Option<impl AsRef<str>>>) -> Self {
        let mut ends = Vec::with_capacity(entity.entity().attributes.len());
        let mut text = String::new();
        for value in values {
            let mark = match value {
                Some(value) => {
                    text.push_str(value.as_ref());
                    0
                }
                None => NULL,
            };
            let end = u32::try_from(text.len()).ok().filter(|end| end & NULL == 0);
            ends.push(end.expect("a row has less than 2 GiB of text") | mark);
        }
        assert_eq!(ends.len(), entity.entity().attributes.len(), "there is a value for each attribute");
        Self { entity, ends: ends.into(), text: text.into() }
    }

    /// Sets a value by the number of its attribute.
    pub fn set(&mut self, attribute: usize, value: impl AsRef<str>) {
        self.replace(attribute, Some(value.as_ref()));
    }

    fn replace(&mut self, attribute: usize, value: Option<&str>) {
        let values = self.values().enumerate();
        *self = Self::of(self.entity, values.map(|(at, own)| if at == attribute { value } else { own }));
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
        self.replace(number, value);
    }

    /// Returns the table that the row belongs to.
    pub fn entity(&self) -> EntityId {
        self.entity
    }

    /// Returns the values, by the numbers of their attributes.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.ends.len()).map(|attribute| self.value(attribute))
    }

    /// Returns a value by the number of its attribute.
    pub fn value(&self, attribute: usize) -> Option<&str> {
        let end = self.ends[attribute];
        let start = attribute.checked_sub(1).map_or(0, |before| self.ends[before] & !NULL);
        (end & NULL == 0).then(|| &self.text[start as usize..end as usize])
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
        self.value(number)
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
            Some(attribute) if attribute.name.eq_ignore_ascii_case("id") => self.value(0).unwrap_or(""),
            _ => "",
        }
    }

    /// Returns about how much memory the row takes: itself, and its two parts as they are allocated.
    fn bytes(&self) -> u64 {
        (size_of::<Self>() + allocated(size_of_val(&*self.ends)) + allocated(self.text.len())) as u64
    }

    /// Returns about how much memory the row takes with everything that is made of it: its names in the objects and where they are
    /// looked up.
    pub fn weight(&self) -> u64 {
        3 * self.bytes() + self.entity.entity().makes
    }

    /// What rows are sorted by: the id as a number, then everything.
    fn order(&self) -> (i64, &Self) {
        (self.id().parse().unwrap_or(i64::MAX), self)
    }
}

/// Returns how much memory is taken for so many bytes: there are four sizes between a power of two and the next.
fn allocated(bytes: usize) -> usize {
    bytes.next_multiple_of((bytes.next_power_of_two() / 8).max(8))
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
            for number in 0..after.ends.len() {
                if after.value(number).is_some() && lacking.contains(&(after.entity, number)) {
                    after.replace(number, None);
                    lost.insert((after.entity, number));
                }
            }
        }
        let is_empty = |row: &Row| row.values().all(|value| value.is_none());
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
    /// How much memory the rows take that were added, with everything that is made of them.
    weight: u64,
    /// The highest id of the rows that were passed over, by table: no new row may have it.
    passed_over: BTreeMap<EntityId, u64>,
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
    /// Where issues stand of which the data has something twice.
    pub stored_twice: StoredTwice,
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
            weight: 0,
            passed_over: BTreeMap::new(),
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
        self.weight += row.weight();
        self.rows[usize::from(entity.0)].push(row);
    }

    /// Notes that there is a row of that id which is not kept: most properties are about issues.
    pub fn pass_over(&mut self, entity: EntityId, id: &str) {
        if let Ok(id) = id.parse::<u64>() {
            let highest = self.passed_over.entry(entity).or_default();
            *highest = id.max(*highest);
        }
    }

    /// Returns the highest id of a table, be it of a row that is kept or not; 0 where there is none.
    pub fn highest(&self, entity: EntityId) -> u64 {
        let kept = self.rows[usize::from(entity.0)].iter().filter_map(|row| row.id().parse().ok()).max();
        kept.max(self.passed_over.get(&entity).copied()).unwrap_or(0)
    }

    /// Puts all tables in order, when everything has been read. Of rows with one id the first in order stays; the others
    /// are returned: a database cannot hold them, but an edited backup can.
    pub fn sort(&mut self) -> Vec<Row> {
        let mut repeated = Vec::new();
        for table in &mut self.rows {
            // Rows that are equal are the same, and this takes no memory.
            table.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
            table.dedup_by(|row, last| {
                let is_second = !row.id().is_empty() && last.id() == row.id();
                if is_second {
                    self.twice.insert((row.entity(), row.id().to_owned()));
                    let entity = row.entity();
                    repeated.push(std::mem::replace(row, Row::new(entity)));
                }
                is_second
            });
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

    /// Returns about how much memory the rows take that were added, with everything that is made of them.
    pub fn weight(&self) -> u64 {
        self.weight
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
