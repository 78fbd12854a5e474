//! The instance as it would be read by now, for areas whose rows say the same in several spellings.
//!
//! Invariant: a row is right when reading it gives the wanted element, however it spells that.

use super::context::Context;
use super::names::Names;
use super::properties::Properties;
use super::queries::Queries;
use crate::entity::Row;
use crate::model::{Element, Node, Path, Snapshot, canonicalize, rank};
use crate::schema::{DeclId, Relation, Schema};

use super::put::Manner;
use super::writer::Writer;

/// The instance with what has been written so far, as it would be read.
pub(crate) struct Read<'c, 'r> {
    pub(crate) context: &'c mut Context<'r>,
    pub(crate) queries: &'c Queries<'r>,
}

impl Writer<'_> {
    /// Calls `write` with the instance as it would be read by now.
    pub(crate) fn as_read(&mut self, write: impl FnOnce(&mut Self, &mut Read<'_, '_>)) {
        let tables = self.written();
        let mut notes = Snapshot::default();
        let names = Names::new(&tables, &mut notes);
        let properties = Properties::new(&tables);
        let queries = Queries::new(&names);
        let mut context =
            Context { tables: &tables, names: &names, properties: &properties, snapshot: &mut notes };
        write(self, &mut Read { context: &mut context, queries: &queries });
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
                let message =
                    format!("the query names something that does not exist: {}", missing.join(", "));
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

fn declaration(object: &Element, tags: &[&str]) -> DeclId {
    let schema = Schema::get();
    tags.iter().fold(object.declaration, |declaration, tag| {
        schema.child(declaration, tag).expect("the schema has what is written")
    })
}

/// Returns whether wanted elements of one declaration make a set or a list.
pub(crate) fn manner_of(wanted: &[Element]) -> Manner {
    let declared = wanted.first().and_then(|own| Schema::get().declaration(own.declaration).items.as_ref());
    match declared.is_some_and(|items| items.relation == Relation::Set) {
        true => Manner::Set,
        false => Manner::List,
    }
}
