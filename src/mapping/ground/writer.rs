//! The writer, which all areas share: objects to rows, with the least number of changed rows.
//!
//! An area says which rows an object has (`Writer::put`, `Writer::put_parts`), and the writer compares them with the rows
//! that are there: a row that is right stays as it is, a row that differs is changed in the attributes that differ, and
//! only what has no counterpart is inserted or deleted. Invariants: attributes that an area does not name keep their values;
//! rows of objects that are not written are never touched; a new row gets the next id of Jira's own sequence.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::accounts::Form;
use super::ids::{BuiltIn, Ids};
use super::kinds::kind;
use super::limits::{build, limits};
use super::names::Names;
use super::properties::Properties;
use super::table::{Slot, Table};
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::model::{Element, Identity, Limit, Path, Snapshot};
use crate::schema::Schema;

/// The values of a row that an area writes: attribute and value; `None` is NULL.
pub(crate) type Values = Vec<(&'static str, Option<String>)>;

/// What cannot be written, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unwritable {
    /// The object that was being written.
    pub object: Option<Identity>,
    /// The place in the object.
    pub path: Path,
    /// Why: one sentence, lower-case start, no full stop.
    pub message: String,
    /// Whether the data has two rows of one id there, so that nobody can say which of them counts.
    pub is_stored_twice: bool,
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
    pub(crate) current: HashMap<EntityId, Table>,
    /// Which attributes the instance stores, for those that somebody asked about.
    stored: RefCell<HashMap<(&'static str, &'static str), bool>>,
    /// How the instance spells the mark for "the current date", once somebody asked.
    pub(crate) now: OnceCell<String>,
    /// What the version of the instance has no place for.
    pub(crate) limits: BTreeSet<Limit>,
    /// The object that is being written.
    writing: Option<Identity>,
    /// What cannot be written.
    unwritable: Vec<Unwritable>,
}

impl<'a> Writer<'a> {
    /// Prepares to write into an instance, with the objects that every Jira has.
    pub(crate) fn on(tables: &'a Tables, built_in: impl FnOnce(&'a Tables, &Names) -> BuiltIn) -> Self {
        let names = Rc::new(Names::new(tables, &mut Snapshot::default()));
        let properties = Rc::new(Properties::new(tables));
        let form = Form::of(tables, build(&properties));
        let ids = Ids::new(tables, &names, form, built_in(tables, &names));
        Self {
            tables,
            names,
            properties,
            ids,
            current: HashMap::new(),
            stored: RefCell::default(),
            now: OnceCell::new(),
            limits: limits(tables),
            writing: None,
            unwritable: Vec::new(),
        }
    }

    /// Returns the number of the build of Jira that the instance belongs to, where the data says it.
    pub(crate) fn build(&self) -> Option<u64> {
        build(&self.properties)
    }

    /// Returns whether the version of the instance stores an attribute: some row has it, or there is no row that could say
    /// that none has. The table is looked through once, however many objects ask.
    pub(crate) fn stores(&self, entity: &'static str, attribute: &'static str) -> bool {
        *self.stored.borrow_mut().entry((entity, attribute)).or_insert_with(|| {
            let rows = self.tables.rows(entity);
            rows.is_empty() || rows.iter().any(|row| row.text(attribute).is_some())
        })
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

    /// Notes what cannot be written of the object that was begun last.
    pub(crate) fn unwritable(&mut self, path: Path, message: impl Into<String>) {
        let (object, message) = (self.writing.clone(), message.into());
        self.unwritable.push(Unwritable { object, path, message, is_stored_twice: false });
    }

    /// Notes that the row in a place changes, if the data has another one of the same id: which of them a database would take, or
    /// Jira, is not known.
    pub(crate) fn unless_stored_twice(&mut self, entity: &'static str, at: usize) {
        let tables = self.tables;
        if tables.twice.is_empty() {
            return;
        }
        let slot = &self.table(entity).rows[at];
        let Some(row) = slot.before.as_ref().filter(|_| slot.before != slot.after) else { return };
        if !tables.twice.contains(&(EntityId::named(entity), row.id().to_owned())) {
            return;
        }
        let message = format!("the data has two rows of {entity} with the id {}", row.id());
        let path = self
            .writing
            .as_ref()
            .map(|own| Path::object(&Schema::get().kind(own.kind).name, &own.to_string()));
        let (object, path) = (self.writing.clone(), path.unwrap_or_default());
        self.unwritable.push(Unwritable { object, path, message, is_stored_twice: true });
    }

    /// Begins with an object.
    pub(crate) fn begin(&mut self, object: Identity) {
        self.writing = Some(object);
    }

    /// Begins with an object, and returns its id, which [`Writer::write`] has promised.
    pub(crate) fn own_id(&mut self, object: &Element) -> String {
        let identity = Identity::of_definition(object).expect("only objects are written");
        let id = self.ids.get(&identity).expect("every object has been promised an id").to_owned();
        self.begin(identity);
        id
    }

    /// Returns the id of what a reference names; notes it if there is nothing.
    pub(crate) fn id_of(&mut self, reference: &Element, siblings: &[Element]) -> Option<String> {
        let identity = Identity::of_reference(reference, siblings)?;
        let id = self.ids.named_by(reference, siblings).map(str::to_owned);
        if id.is_none() {
            self.missing(reference, &identity);
        }
        id
    }

    /// Notes that what a reference names is not there.
    pub(crate) fn missing(&mut self, reference: &Element, identity: &Identity) {
        let mut path = Path::default();
        path.enter(reference);
        let kind = &Schema::get().kind(identity.kind).name;
        self.unwritable(path, format!("there is no {kind} {identity}"));
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
        let key = self.ids.user_key(name);
        // A name that nobody has may be the key of somebody who was renamed.
        let means =
            self.names.user(&key).filter(|_| self.ids.get(&Identity::named(kind("user"), name)).is_none());
        if let Some(other) = means.filter(|user| user.text.to_lowercase() != name.to_lowercase()) {
            let message =
                format!("there is no user of that name, which is the key of the user {}", other.text);
            self.unwritable(Path::object("user", name), message);
        }
        key
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

    fn write_sequences(&mut self) {
        for (entity, next) in self.ids.used() {
            self.put("SequenceValueItem", &[("seqName", entity)], vec![("seqId", Some(next.to_string()))]);
        }
    }
}

/// Returns the attribute that holds the ids of a table.
pub(crate) fn id_of(entity: &'static str) -> &'static str {
    EntityId::named(entity).entity().attributes[0].name
}

/// Returns the text of a child, as a value of a row; a missing one is NULL.
pub(crate) fn text(object: &Element, tag: &str) -> Option<String> {
    object.text_of(tag).map(str::to_owned)
}

/// Returns the value of an attribute to write: as the row has it, if that is right in whatever spelling, else the one given.
pub(crate) fn keep(
    row: Option<&Row>,
    attribute: &'static str,
    is_right: impl Fn(&Row) -> bool,
    new: impl FnOnce() -> Option<String>,
) -> (&'static str, Option<String>) {
    match row {
        Some(row) if is_right(row) => (attribute, row.get(attribute).map(str::to_owned)),
        _ => (attribute, new()),
    }
}
