//! The columns of a board and their statuses.
//!
//! Invariant: a status that moves to another column keeps its row.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use super::read::limit;
use super::write::Board;
use crate::entity::Row;
use crate::mapping::ground::parts::{Parts, any, elements, same_name};
use crate::mapping::ground::writer::text;
use crate::model::{Element, Node};

impl Board<'_, '_, '_, '_> {
    /// Writes the columns.
    pub(crate) fn columns(&mut self) {
        const TAGS: [&str; 2] = ["columns", "column"];
        let there = self.there("AO_60DB71_COLUMN", &TAGS, |_, row| {
            let bound = |column| row.text(column).and_then(limit);
            let node = Node::new("column").text("name", row.get("NAME").unwrap_or(""));
            Some(
                node.text_if("minimum", bound("MINIM").as_deref())
                    .text_if("maximum", bound("MAXIM").as_deref()),
            )
        });
        let before: Vec<String> = there.iter().map(|(row, _)| row.id().to_owned()).collect();
        let columns = elements(self.object, &TAGS);
        // The statuses of a column are rows of their own.
        let mut wanted = columns.clone();
        for column in &mut wanted {
            if let Some(children) = column.children_mut() {
                children.retain(|child| child.tag() != "status");
            }
        }
        let parts = Parts { entity: "AO_60DB71_COLUMN", there, wanted, alike: &[same_name, any] };
        let owner = self.owner();
        let (ids, gone) = self.writer.put_alike(self.read, parts, &mut |_, _, column, row| {
            let bound = |name, tag| {
                let stored = row.and_then(|row| row.text(name));
                match column.text_of(tag) {
                    wanted if stored.and_then(limit).as_deref() == wanted => {
                        (name, stored.map(str::to_owned))
                    }
                    wanted => (name, wanted.map(|limit| format!("{limit}.0"))),
                }
            };
            let name = ("NAME", text(column, "name"));
            Some(vec![owner.clone(), name, bound("MINIM", "minimum"), bound("MAXIM", "maximum")])
        });
        self.statuses(&columns, &ids, &before, &gone);
        self.in_order("AO_60DB71_COLUMN", ids);
    }

    /// Writes the statuses of all columns: one that moves to another column keeps its row.
    fn statuses(&mut self, columns: &[Element], ids: &[Option<String>], before: &[String], gone: &[String]) {
        const TABLE: &str = "AO_60DB71_COLUMNSTATUS";
        let mut wanted: Vec<(String, String, i64)> = Vec::new();
        for (column, id) in columns.iter().zip(ids) {
            let Some(id) = id else { continue };
            for status in column.all("status") {
                let place = status.attribute_named("position").and_then(|place| place.parse().ok());
                if let Some(status) = self.writer.id_of(status, &[]) {
                    wanted.push((id.clone(), status, place.unwrap_or(i64::MAX)));
                }
            }
        }
        let mut free: Vec<Option<Row>> = Vec::new();
        let gone: HashSet<&str> = gone.iter().map(String::as_str).collect();
        for column in before {
            for row in self.writer.owned(TABLE, &[("COLUMN_ID", Some(column))]) {
                // A status that does not exist stays with its column.
                if self.read.context.names.get("status", row.get("STATUS_ID").unwrap_or("")).is_some() {
                    free.push(Some(row));
                } else if gone.contains(column.as_str()) {
                    self.writer.remove(TABLE, row.id());
                }
            }
        }
        let mut rows: Vec<Option<String>> = vec![None; wanted.len()];
        let status = |row: &Row| row.get("STATUS_ID").unwrap_or("").to_owned();
        take(
            &mut free,
            &mut rows,
            |row| (row.get("COLUMN_ID").unwrap_or("").to_owned(), status(row)),
            |at| (wanted[at].0.clone(), wanted[at].1.clone()),
        );
        take(&mut free, &mut rows, status, |at| wanted[at].1.clone());
        take(&mut free, &mut rows, |_| (), |_| ());
        free.iter().flatten().for_each(|row| self.writer.remove(TABLE, row.id()));
        let mut orders: BTreeMap<&str, Vec<(i64, String)>> = BTreeMap::new();
        for ((column, status, place), row) in wanted.iter().zip(rows) {
            let values = vec![("COLUMN_ID", Some(column.clone())), ("STATUS_ID", Some(status.clone()))];
            let id = match row {
                Some(id) => self.writer.put(TABLE, &[("ID", &id)], values),
                None => self.writer.insert(TABLE, values),
            };
            orders.entry(column).or_default().push((*place, id));
        }
        for mut order in orders.into_values() {
            order.sort_by_key(|(place, _)| *place);
            self.in_order(TABLE, order.into_iter().map(|(_, id)| Some(id)));
        }
    }
}

/// Gives those that have no row yet the first of the free rows with the key that each wants.
fn take<K: Eq + Hash>(
    free: &mut [Option<Row>],
    rows: &mut [Option<String>],
    has: impl Fn(&Row) -> K,
    wants: impl Fn(usize) -> K,
) {
    let mut places: HashMap<K, Vec<usize>> = HashMap::new();
    for (at, row) in free.iter().enumerate().rev() {
        if let Some(row) = row {
            places.entry(has(row)).or_default().push(at);
        }
    }
    for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.is_none()) {
        let found = places.get_mut(&wants(at)).and_then(Vec::pop).and_then(|at| free[at].take());
        *row = found.map(|row| row.id().to_owned());
    }
}
