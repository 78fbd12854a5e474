//! The other direction: objects to rows, with the least number of changed rows.
//!
//! An area says which rows an object has ([`Writer::put`], [`Writer::put_all`]), and the writer compares them with the rows
//! that are there: a row that is right stays as it is, a row that differs is changed in the attributes that differ, and
//! only what has no counterpart is inserted or deleted. Invariants: attributes that an area does not name keep their values;
//! rows of objects that are not written are never touched; a new row gets the next id of Jira's own sequence.

mod boards;
mod constants;
mod custom_fields;
mod default_values;
mod field_configurations;
mod dashboards;
mod filters;
mod ids;
mod issue_types;
mod order;
mod read_rows;
mod screens;
mod settings;
mod parts;
mod preferences;
mod shares;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::{Names, Properties};
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::model::{Element, Identity, Path, Snapshot};

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
    /// What the ids mean that stand in the rows as they are.
    pub(crate) names: Rc<Names>,
    /// The settings as they are.
    pub(crate) properties: Rc<Properties>,
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
    /// The places of rows by the values of attributes that were asked for, also of values that they had before.
    places: HashMap<&'static str, HashMap<String, Vec<usize>>>,
}

#[derive(Debug)]
struct Slot {
    before: Option<Row>,
    after: Option<Row>,
}

impl Table {
    /// Returns the places of the rows that have these values, in their order.
    fn find(&mut self, values: &[(&'static str, Option<&str>)]) -> Vec<usize> {
        let has = |row: &Row| values.iter().all(|(name, value)| row.get(name) == *value);
        let living = |at: &usize| self.rows[*at].after.as_ref().is_some_and(has);
        let Some((name, value)) = values.first() else {
            return (0..self.rows.len()).filter(living).collect();
        };
        if !self.places.contains_key(name) {
            let mut places: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, slot) in self.rows.iter().enumerate() {
                if let Some(row) = &slot.after {
                    places.entry(row.get(name).unwrap_or("").to_owned()).or_default().push(at);
                }
            }
            self.places.insert(name, places);
        }
        let places = self.places[name].get(value.unwrap_or("")).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<usize> = places.iter().copied().filter(living).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Sets a value of a living row.
    fn put(&mut self, at: usize, name: &'static str, value: Option<&str>) {
        if let Some(places) = self.places.get_mut(name) {
            places.entry(value.unwrap_or("").to_owned()).or_default().push(at);
        }
        let row = self.rows[at].after.as_mut().expect("only living rows are changed");
        row.put(name, value);
    }

    /// Adds a row.
    fn push(&mut self, row: Row) {
        for (name, places) in &mut self.places {
            places.entry(row.get(name).unwrap_or("").to_owned()).or_default().push(self.rows.len());
        }
        self.rows.push(Slot { before: None, after: Some(row) });
    }
}

impl<'a> Writer<'a> {
    /// Prepares to write into an instance.
    pub fn new(tables: &'a Tables) -> Self {
        let names = Rc::new(Names::new(tables, &mut Snapshot::default()));
        let properties = Rc::new(Properties::new(tables));
        let ids = Ids::new(tables, &names);
        Self { tables, names, properties, ids, current: HashMap::new(), unwritable: Vec::new() }
    }

    /// Returns the number of the build of Jira that the instance belongs to, where the data says it.
    pub(crate) fn build(&self) -> Option<u64> {
        self.properties.setting("jira.version.patched")?.trim().parse().ok()
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
        let wanted: Vec<_> = key.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let found = self.table(entity).find(&wanted).first().copied();
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
        let mut free = self.table(entity).find(owner);
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

    /// Puts rows into an order by a numeric attribute, and changes as few numbers as possible. Rows that are not named are
    /// not touched. Where nothing else says it, numbers begin at 1.
    pub(crate) fn put_order(&mut self, entity: &'static str, attribute: &'static str, ids: &[String]) {
        self.put_order_from(entity, attribute, ids, 1);
    }

    /// Puts rows into an order as [`Writer::put_order`] does, with the number that the first of new ones gets.
    pub(crate) fn put_order_from(
        &mut self,
        entity: &'static str,
        attribute: &'static str,
        ids: &[String],
        first: i64,
    ) {
        let id = id_of(entity);
        let table = self.table(entity);
        let places: Vec<usize> =
            ids.iter().filter_map(|own| table.find(&[(id, Some(own))]).first().copied()).collect();
        let keys: Vec<Option<(i64, i64)>> = places
            .iter()
            .map(|&at| {
                let row = table.rows[at].after.as_ref()?;
                Some((row.number(attribute)?, row.number(id).unwrap_or(0)))
            })
            .collect();
        // Rows without a number stand last, in the order of their ids: that is an order as well.
        let order = |at: &usize| {
            let slot = &table.rows[*at];
            let (row, is_old) = (slot.after.as_ref()?, slot.before.is_some());
            let number = row.number(attribute).or(is_old.then_some(i64::MAX))?;
            Some((number, row.number(id).unwrap_or(0)))
        };
        let orders: Option<Vec<_>> = places.iter().map(order).collect();
        if orders.is_some_and(|orders| orders.is_sorted()) {
            return;
        }
        for ((at, key), number) in places.into_iter().zip(&keys).zip(order::numbers(&keys, first)) {
            if key.map(|(own, _)| own) != Some(number) {
                table.put(at, attribute, Some(&number.to_string()));
            }
        }
    }

    /// Returns the rows of a table as they are by now.
    pub(crate) fn rows(&mut self, entity: &'static str) -> Vec<Row> {
        self.table(entity).rows.iter().filter_map(|slot| slot.after.clone()).collect()
    }

    /// Returns the row of an id as it is by now.
    pub(crate) fn row(&mut self, entity: &'static str, id: &str) -> Option<Row> {
        let attribute = EntityId::named(entity).entity().attributes[0].name;
        let at = self.find(entity, &[(attribute, Some(id))]).first().copied()?;
        Some(self.at(entity, at).clone())
    }

    /// Returns the places of the rows that have these values by now, in the order of the table.
    fn find(&mut self, entity: &'static str, key: &[(&'static str, Option<&str>)]) -> Vec<usize> {
        self.table(entity).find(key)
    }

    /// Returns the row in a place.
    fn at(&mut self, entity: &'static str, at: usize) -> &Row {
        self.table(entity).rows[at].after.as_ref().expect("only living rows have a place")
    }

    /// Deletes the row in a place.
    fn delete(&mut self, entity: &'static str, at: usize) -> Option<Row> {
        self.table(entity).rows[at].after.take()
    }

    /// Returns the rows that have these values by now; the first value should be a rare one.
    pub(crate) fn owned(
        &mut self,
        entity: &'static str,
        values: &[(&'static str, Option<&str>)],
    ) -> Vec<Row> {
        let table = self.table(entity);
        table.find(values).into_iter().filter_map(|at| table.rows[at].after.clone()).collect()
    }

    /// Deletes the row of an id.
    pub(crate) fn remove(&mut self, entity: &'static str, id: &str) {
        let table = self.table(entity);
        for at in table.find(&[(id_of(entity), Some(id))]) {
            table.rows[at].after = None;
        }
    }

    /// Returns the tables as they are by now.
    pub(crate) fn written(&self) -> Cow<'a, Tables> {
        if !self.current.values().flat_map(|table| &table.rows).any(|slot| slot.before != slot.after) {
            return Cow::Borrowed(self.tables);
        }
        let mut tables = Tables::default();
        for entity in crate::entity::entities() {
            let id = EntityId::named(entity.name);
            match self.current.get(&id) {
                Some(table) => {
                    let rows = table.rows.iter().filter_map(|slot| slot.after.as_ref());
                    rows.for_each(|row| tables.push(id, row.clone()));
                }
                None => self.tables.rows(entity.name).iter().for_each(|row| tables.push(id, row.clone())),
            }
        }
        tables.sort();
        Cow::Owned(tables)
    }

    fn table(&mut self, entity: &'static str) -> &mut Table {
        let tables = self.tables;
        self.current.entry(EntityId::named(entity)).or_insert_with(|| {
            let rows = tables.rows(entity).iter();
            Table {
                rows: rows.map(|row| Slot { before: Some(row.clone()), after: Some(row.clone()) }).collect(),
                places: HashMap::new(),
            }
        })
    }

    fn change(&mut self, entity: &'static str, at: usize, values: Values) -> String {
        let table = self.table(entity);
        for (name, value) in values {
            let row = table.rows[at].after.as_ref().expect("only living rows are changed");
            // NULL and the empty text say the same of a description: neither is changed into the other.
            if row.get(name).unwrap_or("") != value.as_deref().unwrap_or("") {
                table.put(at, name, value.as_deref());
            }
        }
        table.rows[at].after.as_ref().map(|row| row.id().to_owned()).unwrap_or_default()
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
        self.table(entity).push(row);
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
    ("issueType", issue_types::issue_types),
    ("issueTypeScheme", issue_types::issue_type_schemes),
    ("priorityScheme", issue_types::priority_schemes),
    ("customField", custom_fields::custom_fields),
    ("fieldConfiguration", field_configurations::field_configurations),
    ("fieldConfigurationScheme", field_configurations::schemes),
    ("screen", screens::screens),
    ("screenScheme", screens::screen_schemes),
    ("issueTypeScreenScheme", screens::issue_type_screen_schemes),
    ("filter", filters::filters),
    ("dashboard", dashboards::dashboards),
    ("scrumKanbanBoard", boards::boards),
];

/// Returns the attribute that holds the ids of a table.
fn id_of(entity: &'static str) -> &'static str {
    EntityId::named(entity).entity().attributes[0].name
}

/// Returns the text of a child, as a value of a row; a missing one is NULL.
pub(crate) fn text(object: &Element, tag: &str) -> Option<String> {
    object.text_of(tag).map(str::to_owned)
}
