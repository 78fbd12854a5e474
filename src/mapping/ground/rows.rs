//! Rows by their values: found, changed, inserted, deleted and put into an order.

use super::order;
use super::table::{Slot, Table};
use super::writer::{Values, Writer, id_of};
use crate::entity::{EntityId, Row};

impl Writer<'_> {
    /// Writes one row, found by its key: inserts it, or changes the attributes that differ. Returns its id.
    pub(crate) fn put(
        &mut self,
        entity: &'static str,
        key: &[(&'static str, &str)],
        values: Values,
    ) -> String {
        let fixed: Values = key.iter().map(|(name, value)| (*name, Some((*value).to_owned()))).collect();
        let key: Vec<_> = key.iter().map(|(name, value)| (*name, Some(*value))).collect();
        let found = self.find(entity, &key).first().copied();
        let all = fixed.into_iter().chain(values).collect();
        match found {
            Some(at) => self.change(entity, at, all),
            None => self.insert(entity, all),
        }
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
        let mut changed = Vec::new();
        for ((at, key), number) in places.into_iter().zip(&keys).zip(order::numbers(&keys, first)) {
            if key.map(|(own, _)| own) != Some(number) {
                table.put(at, attribute, Some(&number.to_string()));
                changed.push(at);
            }
        }
        changed.into_iter().for_each(|at| self.unless_stored_twice(entity, at));
    }

    /// Returns the row of an id as it is by now.
    pub(crate) fn row(&mut self, entity: &'static str, id: &str) -> Option<Row> {
        let at = self.find(entity, &[(id_of(entity), Some(id))]).first().copied()?;
        Some(self.at(entity, at).clone())
    }

    /// Returns the places of the rows that have these values by now, in the order of the table.
    pub(crate) fn find(&mut self, entity: &'static str, key: &[(&'static str, Option<&str>)]) -> Vec<usize> {
        self.table(entity).find(key)
    }

    /// Returns the row in a place.
    pub(crate) fn at(&mut self, entity: &'static str, at: usize) -> &Row {
        self.table(entity).rows[at].after.as_ref().expect("only living rows have a place")
    }

    /// Deletes the row in a place.
    pub(crate) fn delete(&mut self, entity: &'static str, at: usize) -> Option<Row> {
        let gone = self.table(entity).rows[at].after.take();
        self.unless_stored_twice(entity, at);
        gone
    }

    /// Returns the rows that have these values by now.
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
        self.remove_all(entity, &[(id_of(entity), Some(id))]);
    }

    /// Deletes the rows that have these values by now.
    pub(crate) fn remove_all(&mut self, entity: &'static str, values: &[(&'static str, Option<&str>)]) {
        for at in self.find(entity, values) {
            self.delete(entity, at);
        }
    }

    pub(crate) fn table(&mut self, entity: &'static str) -> &mut Table {
        let tables = self.tables;
        self.current.entry(EntityId::named(entity)).or_insert_with(|| Table::new(tables.rows(entity)))
    }

    pub(crate) fn change(&mut self, entity: &'static str, at: usize, values: Values) -> String {
        let row = self.table(entity).rows[at].after.as_mut().expect("only living rows are changed");
        for (name, value) in values {
            // NULL and the empty text say the same of a description: neither is changed into the other.
            if row.get(name).unwrap_or("") != value.as_deref().unwrap_or("") {
                row.put(name, value.as_deref());
            }
        }
        let id = row.id().to_owned();
        self.table(entity).note(at);
        self.unless_stored_twice(entity, at);
        id
    }

    pub(crate) fn insert(&mut self, entity: &'static str, values: Values) -> String {
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
        let table = self.table(entity);
        table.rows.push(Slot { before: None, after: Some(row) });
        table.note(table.rows.len() - 1);
        new
    }
}
