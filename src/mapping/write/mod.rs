//! The other direction: objects to rows, with the least number of changed rows.
//!
//! An area says which rows an object has ([`Writer::put`], [`Writer::put_all`]), and the writer compares them with the rows
//! that are there: a row that is right stays as it is, a row that differs is changed in the attributes that differ, and
//! only what has no counterpart is inserted or deleted. Invariants: attributes that an area does not name keep their values;
//! rows of objects that are not written are never touched; a new row gets the next id of Jira's own sequence.

mod constants;
mod ids;
mod order;

use std::collections::{BTreeMap, HashMap};

use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::model::{Element, Identity, Path, longest_rising};

pub use ids::Ids;

/// The values of a row that an area writes: attribute and value; `None` is NULL.
pub(crate) type Values = Vec<(&'static str, Option<String>)>;

/// What cannot be written, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unwritable {
    /// The place in the object.
    pub path: Path,
    /// Why: one sentence, lower-case start, no full stop.
    pub message: String,
}

/// Writes objects into the rows of an instance.
#[derive(Debug)]
pub struct Writer<'a> {
    /// The rows as they are, before anything is written.
    pub(crate) tables: &'a Tables,
    /// Which ids names mean, those of new objects among them.
    pub(crate) ids: Ids,
    /// The rows by table and id, or by their number where there is no id; with what has been written so far.
    current: HashMap<EntityId, Table>,
    /// What cannot be written.
    unwritable: Vec<Unwritable>,
}

/// The rows of a table under change.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    before: Option<Row>,
    after: Option<Row>,
}

impl<'a> Writer<'a> {
    /// Prepares to write into an instance.
    pub fn new(tables: &'a Tables) -> Self {
        Self { tables, ids: Ids::new(tables), current: HashMap::new(), unwritable: Vec::new() }
    }

    /// Writes objects as they are to be; those that the instance does not have are created. All objects of one change
    /// are written together, so that they can refer to each other.
    pub fn write(&mut self, objects: &[&Element]) {
        let mut by_kind: BTreeMap<usize, Vec<&Element>> = BTreeMap::new();
        for &object in objects {
            if let Some(area) = AREAS.iter().position(|(kind, _)| *kind == object.tag()) {
                by_kind.entry(area).or_default().push(object);
            }
        }
        for (area, objects) in &by_kind {
            for object in objects {
                self.ids.promise(AREAS[*area].0, object);
            }
        }
        for (area, objects) in by_kind {
            AREAS[area].1(self, &objects);
        }
    }

    /// Returns the changes of rows, in the order of tables and ids, and what could not be written.
    pub fn finish(mut self) -> (Vec<RowChange>, Vec<Unwritable>) {
        self.write_sequences();
        let mut tables: Vec<_> = self.current.into_iter().collect();
        tables.sort_by_key(|(entity, _)| *entity);
        let slots = tables.into_iter().flat_map(|(_, table)| table.rows);
        let changed = slots.filter(|slot| slot.before != slot.after);
        let changes = changed.map(|Slot { before, after }| RowChange { before, after }).collect();
        self.unwritable.sort();
        self.unwritable.dedup();
        (changes, self.unwritable)
    }

    /// Notes what cannot be written.
    pub(crate) fn unwritable(&mut self, path: Path, message: impl Into<String>) {
        self.unwritable.push(Unwritable { path, message: message.into() });
    }

    /// Returns the id of the object that an element defines, which [`Writer::write`] has promised.
    pub(crate) fn own_id(&self, object: &Element) -> String {
        let identity = Identity::of_definition(object).expect("only objects are written");
        self.ids.get(&identity).expect("every object has been promised an id").to_owned()
    }

    /// Returns the id of what a reference names; notes it if there is nothing.
    pub(crate) fn id_of(&mut self, reference: &Element, siblings: &[Element]) -> Option<String> {
        let identity = Identity::of_reference(reference, siblings)?;
        let id = self.ids.get(&identity).map(str::to_owned);
        if id.is_none() {
            let mut path = Path::default();
            path.enter(reference);
            self.unwritable(path, format!("there is no {identity}"));
        }
        id
    }

    /// Returns the id of what the first child of that tag names.
    pub(crate) fn id_in(&mut self, object: &Element, tag: &str) -> Option<String> {
        self.id_of(object.get(tag)?, object.children())
    }

    /// Returns the field that a reference names, as rows name it: `summary`, `customfield_10000`.
    pub(crate) fn field(&mut self, reference: &Element) -> Option<String> {
        match Identity::of_reference(reference, &[]) {
            None => Some(reference.text().to_owned()),
            Some(_) => self.id_of(reference, &[]).map(|id| format!("customfield_{id}")),
        }
    }

    /// Returns the key by which rows name a user, from a reference.
    pub(crate) fn user_key(&mut self, name: &str) -> String {
        self.ids.user_key(name)
    }

    /// Writes one row, found by its key: inserts it, or changes the attributes that differ. Returns its id.
    pub(crate) fn put(
        &mut self,
        entity: &'static str,
        key: &[(&'static str, &str)],
        values: Values,
    ) -> String {
        let fixed: Values = key.iter().map(|(name, value)| (*name, Some((*value).to_owned()))).collect();
        let same = |row: &Row| key.iter().all(|(name, value)| row.get(name) == Some(*value));
        let found = self.table(entity).rows.iter().position(|slot| slot.after.as_ref().is_some_and(same));
        let all = fixed.into_iter().chain(values).collect();
        match found {
            Some(at) => self.change(entity, at, all),
            None => self.insert(entity, all),
        }
    }

    /// Writes all rows of one owner: those that match a wanted one by `key` are kept or changed, the others deleted, what
    /// is missing is inserted. Returns the ids of the wanted rows, in their order, and those of the deleted ones.
    ///
    /// The owner is given by attributes and their values, `None` for NULL.
    pub(crate) fn put_all(
        &mut self,
        entity: &'static str,
        owner: &[(&'static str, Option<&str>)],
        key: &[&'static str],
        wanted: Vec<Values>,
    ) -> (Vec<String>, Vec<String>) {
        let owned = |row: &Row| owner.iter().all(|(name, value)| row.get(name) == *value);
        let mut free: Vec<usize> = (0..self.table(entity).rows.len())
            .filter(|&at| self.table(entity).rows[at].after.as_ref().is_some_and(owned))
            .collect();
        let mut ids = Vec::with_capacity(wanted.len());
        let mut unmatched = Vec::new();
        // Equal rows first, so that of several rows of one key the right one stays.
        let mut places: Vec<Option<usize>> = vec![None; wanted.len()];
        for exact in [true, false] {
            for (number, values) in wanted.iter().enumerate() {
                if places[number].is_some() {
                    continue;
                }
                let value = |name: &str| {
                    values.iter().find(|(own, _)| *own == name).and_then(|(_, value)| value.as_deref())
                };
                let found = free.iter().position(|&at| {
                    let row = self.current[&EntityId::named(entity)].rows[at].after.as_ref();
                    row.is_some_and(|row| match exact {
                        true => values.iter().all(|(name, value)| row.get(name) == value.as_deref()),
                        false => key.iter().all(|name| row.get(name) == value(name)),
                    })
                });
                places[number] = found.map(|at| free.remove(at));
            }
        }
        for (number, values) in wanted.into_iter().enumerate() {
            let fixed = owner.iter().map(|(name, value)| (*name, value.map(str::to_owned)));
            let all: Values = fixed.chain(values).collect();
            match places[number] {
                Some(at) => ids.push(self.change(entity, at, all)),
                None => {
                    ids.push(String::new());
                    unmatched.push((number, all));
                }
            }
        }
        for (number, values) in unmatched {
            ids[number] = self.insert(entity, values);
        }
        let mut deleted = Vec::new();
        for at in free {
            let slot = &mut self.table(entity).rows[at];
            deleted.extend(slot.after.take().map(|row| row.id().to_owned()));
        }
        (ids, deleted)
    }

    /// Puts rows into an order by a numeric attribute, and changes as few numbers as possible: those that already rise in the
    /// wanted order stay as they are. Rows that are not named are not touched.
    pub(crate) fn put_order(&mut self, entity: &'static str, attribute: &'static str, ids: &[String]) {
        let table = self.table(entity);
        let place = |id: &String| {
            table.rows.iter().position(|slot| slot.after.as_ref().is_some_and(|row| row.id() == id))
        };
        let places: Vec<usize> = ids.iter().filter_map(place).collect();
        let numbers: Vec<Option<i64>> = places
            .iter()
            .map(|&at| table.rows[at].after.as_ref().and_then(|row| row.number(attribute)))
            .collect();
        let keys: Vec<Option<(i64, i64)>> = places
            .iter()
            .zip(&numbers)
            .map(|(&at, number)| Some(((*number)?, table.rows[at].after.as_ref()?.number("id").unwrap_or(0))))
            .collect();
        let kept = longest_rising(&keys);
        let wanted = order::fill(&numbers, &kept);
        for (at, number) in places.into_iter().zip(wanted) {
            let row = self.table(entity).rows[at].after.as_mut().expect("only living rows are ordered");
            if row.number(attribute) != Some(number) {
                row.put(attribute, Some(&number.to_string()));
            }
        }
    }

    /// Returns the rows of a table as they are by now.
    pub(crate) fn rows(&mut self, entity: &'static str) -> Vec<Row> {
        self.table(entity).rows.iter().filter_map(|slot| slot.after.clone()).collect()
    }

    fn table(&mut self, entity: &'static str) -> &mut Table {
        let tables = self.tables;
        self.current.entry(EntityId::named(entity)).or_insert_with(|| {
            let rows = tables.rows(entity).iter();
            Table {
                rows: rows.map(|row| Slot { before: Some(row.clone()), after: Some(row.clone()) }).collect(),
            }
        })
    }

    fn change(&mut self, entity: &'static str, at: usize, values: Values) -> String {
        let row = self.table(entity).rows[at].after.as_mut().expect("only living rows are changed");
        for (name, value) in values {
            // NULL and the empty text say the same of a description: neither is changed into the other.
            if row.get(name).unwrap_or("") != value.as_deref().unwrap_or("") {
                row.put(name, value.as_deref());
            }
        }
        row.id().to_owned()
    }

    fn insert(&mut self, entity: &'static str, values: Values) -> String {
        let id = EntityId::named(entity);
        let mut row = Row::new(id);
        let id_attribute = id.entity().attributes[0].name;
        if id_attribute.eq_ignore_ascii_case("id") && !values.iter().any(|(name, _)| *name == id_attribute) {
            let new = self.ids.next(entity);
            row.put(id_attribute, Some(&new));
        }
        for (name, value) in values {
            row.put(name, value.as_deref());
        }
        let new = row.id().to_owned();
        self.table(entity).rows.push(Slot { before: None, after: Some(row) });
        new
    }

    fn write_sequences(&mut self) {
        for (entity, next) in self.ids.used() {
            self.put("SequenceValueItem", &[("seqName", entity)], vec![("seqId", Some(next.to_string()))]);
        }
    }
}

/// What writes the objects of a kind.
type Write = fn(&mut Writer<'_>, &[&Element]);

/// The kinds, in the order in which they are written: the parts of an object (versions, levels) come before what refers
/// to them; whole objects may refer to each other in any order.
const AREAS: &[(&str, Write)] = &[
    ("status", constants::statuses),
    ("priority", constants::priorities),
    ("resolution", constants::resolutions),
    ("issueLink", constants::issue_links),
    ("eventType", constants::event_types),
];

/// Returns the text of a child, as a value of a row; a missing one is NULL.
pub(crate) fn text(object: &Element, tag: &str) -> Option<String> {
    object.text_of(tag).map(str::to_owned)
}
