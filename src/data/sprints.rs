//! Sprints, and the order of issues by their ranks.
//!
//! Invariant: a sprint is told by its name, its board and its age among those that agree in both; ranks are told as an order.

use std::collections::{BTreeSet, HashMap};

use super::{Meanings, of_milliseconds};
use crate::entity::DataRow;
use crate::model::{Name, Node};
use crate::schema::DUPLICATE;

/// The sprints of a place.
#[derive(Debug, Default)]
pub struct Sprints {
    names: HashMap<String, Name>,
    rows: HashMap<String, DataRow>,
    used: BTreeSet<String>,
}

impl Sprints {
    /// Names all sprints.
    pub fn new(rows: &[DataRow], meanings: &Meanings) -> Self {
        let mut rows: Vec<&DataRow> =
            rows.iter().filter(|row| row.table().name == "AO_60DB71_SPRINT").collect();
        rows.sort_by_key(|row| row.id("ID"));
        let mut sprints = Self::default();
        let mut seen: HashMap<Name, usize> = HashMap::new();
        for row in rows {
            let (Some(id), Some(name)) = (row.text("ID"), row.get("NAME")) else { continue };
            let board = row.get("RAPID_VIEW_ID").and_then(|id| meanings.name("scrumKanbanBoard", id));
            let name = Name::plain(name).with("board", board.map_or("", |board| &board.text));
            let count = seen.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count == 1 { name } else { name.with(DUPLICATE, &count.to_string()) };
            sprints.names.insert(id.trim().to_owned(), name);
            sprints.rows.insert(id.trim().to_owned(), row.clone());
        }
        sprints
    }

    /// Returns what refers to a sprint, and keeps in mind that something does. The older ones of its name go with it: without them it
    /// would be the first elsewhere.
    pub(super) fn reference(&mut self, id: &str) -> Option<&Name> {
        let name = self.names.get(id.trim())?;
        if name.get(DUPLICATE).is_some() {
            let is_called_so = |own: &Name| own.text == name.text && own.get("board") == name.get("board");
            let older = self.names.iter().filter(|(_, own)| is_called_so(own) && number(own) < number(name));
            self.used.extend(older.map(|(id, _)| id.clone()));
        }
        self.used.insert(id.trim().to_owned());
        Some(name)
    }

    /// Returns the ids of all sprints, by what tells them apart.
    pub fn ids(&self) -> std::collections::BTreeMap<Name, String> {
        self.names.iter().map(|(id, name)| (name.clone(), id.clone())).collect()
    }

    /// Returns whether a sprint runs on a board.
    pub fn has_running(&self, board: &str) -> bool {
        let is = |row: &DataRow, attribute| {
            row.get(attribute).is_some_and(|own| matches!(own, "true" | "1" | "t"))
        };
        let mut of_board =
            self.rows.values().filter(|row| row.get("RAPID_VIEW_ID").map(str::trim) == Some(board));
        of_board.any(|row| is(row, "STARTED") && !is(row, "CLOSED"))
    }

    /// Returns the sprints that something referred to.
    pub fn used(&self, meanings: &Meanings) -> Vec<Node> {
        self.used.iter().filter_map(|id| self.node(id, meanings)).collect()
    }

    fn node(&self, id: &str, meanings: &Meanings) -> Option<Node> {
        let (name, row) = (self.names.get(id)?, self.rows.get(id)?);
        let is = |attribute| row.get(attribute).is_some_and(|own| matches!(own, "true" | "1" | "t"));
        let state = match (is("STARTED"), is("CLOSED")) {
            (_, true) => "closed",
            (true, false) => "active",
            (false, false) => "future",
        };
        let board = row.get("RAPID_VIEW_ID").and_then(|id| meanings.name("scrumKanbanBoard", id));
        let moment = |attribute| row.get(attribute).and_then(of_milliseconds);
        let node = Node::new("sprint")
            .text("name", name.text.clone())
            .name_if("board", board)
            .text("state", state)
            .text_if("goal", row.get("GOAL"))
            .text_if("start", moment("START_DATE").as_deref())
            .text_if("end", moment("END_DATE").as_deref())
            .text_if("completed", moment("COMPLETE_DATE").as_deref())
            .text_if("sequence", row.id("SEQUENCE").map(|own| own.to_string()).as_deref());
        Some(match name.get(DUPLICATE) {
            Some(number) => node.attribute(DUPLICATE, number),
            None => node,
        })
    }
}

/// Returns which of several of its name a sprint is.
fn number(name: &Name) -> u64 {
    name.get(DUPLICATE).and_then(|own| own.parse().ok()).unwrap_or(1)
}

/// The ranks of issues, by project.
#[derive(Debug, Default)]
pub struct Ranks(HashMap<String, Vec<(String, String)>>);

impl Ranks {
    /// Takes the rank of an issue. The whole text decides, as for Jira: while ranks are rebalanced, those in the next bucket stand
    /// behind the others, or before them when it is the first one's turn.
    pub(super) fn add(&mut self, project: &str, key: &str, row: &DataRow) {
        if row.get("TYPE").map(str::trim) == Some("1")
            && let Some(rank) = row.text("RANK")
        {
            self.0.entry(project.to_owned()).or_default().push((rank.to_owned(), key.to_owned()));
        }
    }

    /// Returns the keys of the issues of a project, by their ranks.
    pub fn order(&mut self, project: &str) -> Vec<String> {
        let mut ranks = self.0.remove(project).unwrap_or_default();
        ranks.sort_unstable();
        let mut seen = BTreeSet::new();
        ranks.into_iter().map(|(_, key)| key).filter(|key| seen.insert(key.clone())).collect()
    }
}
