//! Rows that are parts of an object: which of them stays, which changes, and which comes or goes.
//!
//! A row is right when reading it gives the wanted element, however it spells that. Invariant: rows that reading leaves
//! out (they name what does not exist) are never touched, as long as what they belong to stays.

use super::context::Context;
use super::names::Names;
use super::properties::Properties;
use super::queries::Queries;
use crate::entity::Row;
use crate::model::{Element, Node, Path, Snapshot, canonicalize, rank};
use crate::schema::{DeclId, Schema};

use super::writer::{Values, Writer, id_of};

/// The instance with what has been written so far, as it would be read.
pub(crate) struct Read<'c, 'r> {
    pub(crate) context: &'c mut Context<'r>,
    pub(crate) queries: &'c Queries<'r>,
}

/// Parts of one object, in one table.
pub(crate) struct Parts<'p> {
    pub(crate) entity: &'static str,
    /// The rows, in the order of reading, with what they say.
    pub(crate) there: Vec<(Row, Option<Element>)>,
    pub(crate) wanted: Vec<Element>,
    /// Which row a wanted part may have that none is equal to, the best way first.
    pub(crate) alike: &'p [fn(&Element, &Element) -> bool],
}

/// Returns the values of the row of a part, given the row that it has now; `None` if it cannot be written.
pub(crate) type OfPart<'v> =
    dyn FnMut(&mut Writer<'_>, &mut Read<'_, '_>, &Element, Option<&Row>) -> Option<Values> + 'v;

impl Writer<'_> {
    /// Calls `write` with the instance as it would be read by now.
    pub(crate) fn as_read(&mut self, write: impl FnOnce(&mut Self, &mut Read<'_, '_>)) {
        let tables = self.written();
        let mut notes = Snapshot::default();
        let names = Names::new(&tables, &mut notes);
        let properties = Properties::new(&tables);
        let queries = Queries::new(&tables, &names);
        let mut context =
            Context { tables: &tables, names: &names, properties: &properties, snapshot: &mut notes };
        write(self, &mut Read { context: &mut context, queries: &queries });
    }

    /// Writes the parts of an object. Returns the id of each wanted part, if it could be written, and the ids of the rows
    /// that were deleted.
    pub(crate) fn put_alike(
        &mut self,
        read: &mut Read<'_, '_>,
        parts: Parts<'_>,
        values: &mut OfPart<'_>,
    ) -> (Vec<Option<String>>, Vec<String>) {
        let Parts { entity, there, wanted, alike } = parts;
        let mut free: Vec<usize> = (0..there.len()).filter(|&row| there[row].1.is_some()).collect();
        let mut places: Vec<Option<usize>> = vec![None; wanted.len()];
        let equal: fn(&Element, &Element) -> bool = |a, b| a == b;
        for same in [equal].iter().chain(alike) {
            for (element, place) in wanted.iter().zip(&mut places) {
                if place.is_none() {
                    let found = free
                        .iter()
                        .position(|&row| there[row].1.as_ref().is_some_and(|reading| same(element, reading)));
                    *place = found.map(|at| free.remove(at));
                }
            }
        }
        let mut ids = Vec::with_capacity(wanted.len());
        for (element, place) in wanted.iter().zip(places) {
            let row = place.map(|place| &there[place]);
            let id = match row {
                Some((row, reading)) if reading.as_ref() == Some(element) => Some(row.id().to_owned()),
                Some((row, _)) => {
                    if let Some(values) = values(self, read, element, Some(row)) {
                        self.put(entity, &[(id_of(entity), row.id())], values);
                    }
                    Some(row.id().to_owned())
                }
                None => values(self, read, element, None).map(|values| self.insert(entity, values)),
            };
            ids.push(id);
        }
        // Of a set, a row that says the same as another says nothing more.
        let is_set = wanted.first().is_some_and(is_in_a_set);
        let gone = free.into_iter().filter(|&row| {
            !(is_set && there[row].1.as_ref().is_some_and(|reading| wanted.contains(reading)))
        });
        let gone: Vec<String> = gone.map(|row| there[row].0.id().to_owned()).collect();
        gone.iter().for_each(|id| self.remove(entity, id));
        (ids, gone)
    }

    /// Returns the query to store for a wanted one; the stored one if it reads as that.
    pub(crate) fn query(
        &mut self,
        read: &Read<'_, '_>,
        path: &Path,
        wanted: &str,
        stored: Option<&str>,
    ) -> Option<String> {
        let query = read.queries.with_ids(wanted, stored);
        query
            .map_err(|missing| {
                let message = format!("the query names what is not there: {}", missing.join(", "));
                self.unwritable(path.clone(), message);
            })
            .ok()
    }

    /// Returns the key to store for a user; the stored one if it means that user.
    pub(crate) fn user_value(
        &mut self,
        read: &Read<'_, '_>,
        wanted: Option<&str>,
        stored: Option<&str>,
    ) -> Option<String> {
        let reading = stored.and_then(|key| read.context.names.user(key));
        match reading.as_ref().map(|name| name.text.as_str()) == wanted {
            true => stored.map(str::to_owned),
            false => wanted.map(|name| self.user_key(name)),
        }
    }
}

/// Returns the element that a row says, of the declaration that these tags lead to.
pub(crate) fn element(object: &Element, tags: &[&str], node: Node) -> Option<Element> {
    let mut element = node.bind(declaration(object, tags), &Path::default(), &mut Vec::new())?;
    rank(&mut element);
    canonicalize(&mut element);
    Some(element)
}

/// Returns the elements that these tags lead to.
pub(crate) fn elements(object: &Element, tags: &[&str]) -> Vec<Element> {
    let mut found = vec![object];
    for tag in tags {
        found = found.into_iter().flat_map(|element| element.all(tag)).collect();
    }
    found.into_iter().cloned().collect()
}

/// Returns the way to an object.
pub(crate) fn path(object: &Element) -> Path {
    let mut path = Path::default();
    path.enter(object);
    path
}

/// Returns a value of a row that is `true`, `false` or NULL; a stored one stays if it says the same.
pub(crate) fn flag(
    row: Option<&Row>,
    column: &'static str,
    wanted: Option<&str>,
) -> (&'static str, Option<String>) {
    let stored = row.and_then(|row| Some((row.get(column)?, row.truth(column))));
    let value = match (stored, wanted) {
        (Some((stored, truth)), Some(wanted)) if truth == (wanted == "true") => Some(stored),
        _ => wanted,
    };
    (column, value.map(str::to_owned))
}

/// Any two parts: one that has no other row takes the next one.
pub(crate) fn any(_: &Element, _: &Element) -> bool {
    true
}

/// Returns whether two parts have the same name.
pub(crate) fn same_name(a: &Element, b: &Element) -> bool {
    a.text_of("name") == b.text_of("name")
}

fn declaration(object: &Element, tags: &[&str]) -> DeclId {
    let schema = Schema::get();
    tags.iter().fold(object.declaration, |declaration, tag| {
        schema.child(declaration, tag).expect("the schema has what is written")
    })
}

fn is_in_a_set(element: &Element) -> bool {
    let items = &Schema::get().declaration(element.declaration).items;
    items.as_ref().is_some_and(|items| items.relation == crate::schema::Relation::Set)
}
