//! Moving issues of a database.
//!
//! Invariant: memory holds the ids of the issues that move, and the rows of some hundreds of them at a time.

use std::collections::{BTreeMap, HashMap};

use super::layout::Layout;
use super::spelling::list;
use super::standings::{columns, query, standing};
use super::store;
use super::writer::{Rests, Writer};
use crate::entity::{EntityId, Mover, NUMBERED, Row, Stand, Standing};
use crate::instance::verdict::{miscounted, two_of_one_id};
use crate::instance::{RunId, WriteError};

/// How many issues move with one round trip for each step.
const CHUNK: usize = 500;

impl Writer<'_> {
    /// Moves the issues of the run; `first` is the number of the first change in the journal.
    pub(super) fn move_issues(
        &mut self,
        layout: &Layout,
        id: RunId,
        first: usize,
        told: &dyn Fn(u64),
    ) -> Result<(), WriteError> {
        let moves = &self.run.moves;
        if moves.is_empty() {
            return Ok(());
        }
        let by_standing: HashMap<&Standing, usize> =
            moves.iter().enumerate().map(|(at, own)| (&own.from, at)).collect();
        let (mut moved, mut counts) = (Vec::<(String, usize)>::new(), vec![0; moves.len()]);
        if let Some(sql) = query(layout, &str::to_owned) {
            self.run(&format!("{sql} ORDER BY issue.id"), &mut |_, row| {
                let Some(at) = standing(row).and_then(|own| by_standing.get(&own).copied()) else { return };
                counts[at] += 1;
                moved.extend(row.get(0).map(|id| (id.to_owned(), at)));
            })?;
        }
        if let Some(changed) = miscounted(moves, &counts) {
            return Err(changed.into());
        }
        let mut mover = self.mover(layout)?;
        let mut number = first;
        for (done, chunk) in moved.chunks(CHUNK).enumerate() {
            let stands = self.stands(layout, chunk)?;
            let changes: Vec<_> = chunk
                .iter()
                .zip(&stands)
                .flat_map(|((_, at), stand)| mover.changes(&moves[*at], stand))
                .collect();
            self.write_more(layout, (id, number), &changes)?;
            number += changes.len();
            told((done * CHUNK + chunk.len()) as u64);
        }
        self.write_more(layout, (id, number), &mover.finish())
    }

    /// Locks, looks at and changes rows of the run that is in the journal already.
    fn write_more(
        &mut self,
        layout: &Layout,
        number: (RunId, usize),
        changes: &[crate::entity::RowChange],
    ) -> Result<(), WriteError> {
        let locking = store::locking(layout, changes);
        let mut sql = self.comment.clone();
        sql.extend(locking.iter().flat_map(|(_, sql)| [sql.as_str(), ";"]));
        let mut found = store::Found::default();
        self.run(&sql, &mut |number, row| found.take(layout, locking[number].0, row))?;
        self.write(layout, number, Vec::new(), changes, (found, Rests::new()), &|_| {})
    }

    /// Reads issues with their entries and steps.
    fn stands(&mut self, layout: &Layout, issues: &[(String, usize)]) -> Result<Vec<Stand>, WriteError> {
        let ids = issues.iter().map(|(id, _)| id.as_str());
        let issues = self.rows(layout, "Issue", "id", ids.clone())?;
        let mut by_id: HashMap<&str, &Row> = HashMap::new();
        for issue in &issues {
            if by_id.insert(issue.id(), issue).is_some() {
                return Err(two_of_one_id(issue).into());
            }
        }
        let entry_of = |id: &str| by_id.get(id).and_then(|issue| issue.get("workflowId"));
        let links = ids.clone().filter_map(entry_of);
        let entries = self.rows(layout, "OSWorkflowEntry", "id", links.clone())?;
        let mut entries_by_id: HashMap<&str, &Row> = HashMap::new();
        for entry in &entries {
            if entries_by_id.insert(entry.id(), entry).is_some() {
                return Err(two_of_one_id(entry).into());
            }
        }
        let mut steps: HashMap<String, Vec<Row>> = HashMap::new();
        for step in self.rows(layout, "OSCurrentStep", "entryId", links)? {
            steps.entry(step.get("entryId").unwrap_or("").to_owned()).or_default().push(step);
        }
        let stand = |id: &str| {
            let issue = (*by_id.get(id)?).clone();
            let entry = entry_of(id).and_then(|id| entries_by_id.get(id)).map(|entry| (*entry).clone());
            let mut steps =
                entry.as_ref().and_then(|entry| steps.get(entry.id())).cloned().unwrap_or_default();
            steps.sort_by_key(|step| step.number("id"));
            Some(Stand { issue, entry, steps })
        };
        Ok(ids.filter_map(stand).collect())
    }

    fn rows<'i>(
        &mut self,
        layout: &Layout,
        entity: &str,
        attribute: &str,
        ids: impl Iterator<Item = &'i str>,
    ) -> Result<Vec<Row>, WriteError> {
        let id = EntityId::named(entity);
        let ids: std::collections::BTreeSet<&str> = ids.collect();
        let Some(place) = layout.place(id).filter(|_| !ids.is_empty()) else { return Ok(Vec::new()) };
        let Some(column) = place.column(id, attribute) else { return Ok(Vec::new()) };
        let selected = place.selected().join(", ");
        let sql = format!(
            "{}SELECT {selected} FROM {} WHERE {column} IN ({})",
            self.comment,
            place.table,
            list(ids)
        );
        let mut rows = Vec::new();
        self.run(&sql, &mut |_, row| rows.push(place.row(id, row)))?;
        Ok(rows)
    }

    fn mover(&mut self, layout: &Layout) -> Result<Mover, WriteError> {
        let mut highest: BTreeMap<&str, u64> = BTreeMap::new();
        for table in NUMBERED.iter().flat_map(|(_, tables)| *tables) {
            let Some((name, own)) = columns(layout, table, &["id"]) else { continue };
            let sql = format!("{}SELECT max({}) FROM {name}", self.comment, own[0]);
            let mut id = 0;
            self.run(&sql, &mut |_, row| id = row.get(0).and_then(|id| id.parse().ok()).unwrap_or(0))?;
            highest.insert(table, id);
        }
        let mut shared: HashMap<String, u64> = HashMap::new();
        if let Some((issues, own)) = columns(layout, "Issue", &["workflowId"]) {
            let link = &own[0];
            let sql = format!(
                "{}SELECT {link}, count(*) FROM {issues} WHERE {link} IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
                self.comment
            );
            self.run(&sql, &mut |_, row| {
                let count = row.get(1).and_then(|count| count.parse().ok()).unwrap_or(0);
                shared.extend(row.get(0).map(|id| (id.to_owned(), count)));
            })?;
        }
        let names = NUMBERED.map(|(entity, _)| entity);
        let sequences = self.rows(layout, "SequenceValueItem", "seqName", names.into_iter())?;
        Ok(Mover::new(&self.run.who.since, shared, &highest, sequences))
    }
}
