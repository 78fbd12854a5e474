//! The columns of a board and their statuses.
//!
//! Invariant: a status that moves to another column keeps its row.

use std::collections::{BTreeMap, HashSet};

use super::read::limit;
use super::write::{ANY, Board, SAME_NAME};
use crate::mapping::ground::as_read::elements;
use crate::mapping::ground::put::{Manner, Parts, There};
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
        let before: Vec<String> =
            there.iter().map(|(at, _)| self.writer.at("AO_60DB71_COLUMN", *at).id().to_owned()).collect();
        let columns = elements(self.object, &TAGS);
        // The statuses of a column are rows of their own.
        let mut wanted = columns.clone();
        for column in &mut wanted {
            if let Some(children) = column.children_mut() {
                children.retain(|child| child.tag() != "status");
            }
        }
        let alike = [SAME_NAME, ANY];
        let put = self.put("AO_60DB71_COLUMN", there, &wanted, &alike, &mut |_, _, column, row| {
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
            Some(vec![name, bound("MINIM", "minimum"), bound("MAXIM", "maximum")])
        });
        self.statuses(&columns, &put.ids, &before, &put.gone);
        self.in_order("AO_60DB71_COLUMN", put.ids);
    }

    /// Writes the statuses of all columns: one that moves to another column keeps its row.
    fn statuses(&mut self, columns: &[Element], ids: &[Option<String>], before: &[String], gone: &[String]) {
        /// The ids of a column and of a status.
        type Status = (String, String);
        const TABLE: &str = "AO_60DB71_COLUMNSTATUS";
        let (mut wanted, mut positions): (Vec<Status>, Vec<i64>) = Default::default();
        for (column, id) in columns.iter().zip(ids) {
            let Some(id) = id else { continue };
            for status in column.all("status") {
                let place = status.attribute_named("position").and_then(|place| place.parse().ok());
                if let Some(status) = self.writer.id_of(status, &[]) {
                    wanted.push((id.clone(), status));
                    positions.push(place.unwrap_or(i64::MAX));
                }
            }
        }
        let mut there: There<Status> = Vec::new();
        let gone: HashSet<&str> = gone.iter().map(String::as_str).collect();
        let names = self.read.context.names;
        for column in before {
            let owner = [("COLUMN_ID", Some(column.as_str()))];
            let statuses = self.writer.there(TABLE, &owner, |_, row| {
                let status = row.get("STATUS_ID").unwrap_or("");
                names.get("status", status).map(|_| (column.clone(), status.to_owned()))
            });
            for (at, said) in statuses {
                // A status that does not exist stays with its column.
                match said.is_none() && gone.contains(column.as_str()) {
                    true => drop(self.writer.delete(TABLE, at)),
                    false => there.push((at, said)),
                }
            }
        }
        let alike: [fn(&Status) -> Status; 2] =
            [|(_, status)| (String::new(), status.clone()), |_| (String::new(), String::new())];
        let parts = Parts { alike: &alike, ..Parts::new(TABLE, &[], Manner::List, there, wanted.clone()) };
        let put = self.writer.put_parts(parts, &mut |_, number, _| {
            let (column, status) = wanted[number].clone();
            Some(vec![("COLUMN_ID", Some(column)), ("STATUS_ID", Some(status))])
        });
        let mut orders: BTreeMap<&str, Vec<(i64, Option<String>)>> = BTreeMap::new();
        for (((column, _), position), id) in wanted.iter().zip(positions).zip(put.ids) {
            orders.entry(column).or_default().push((position, id));
        }
        for mut order in orders.into_values() {
            order.sort_by_key(|(position, _)| *position);
            self.in_order(TABLE, order.into_iter().map(|(_, id)| id));
        }
    }
}
