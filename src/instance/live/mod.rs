//! A live Jira, read by REST: its replies become rows, of which `mapping` makes objects as it does of a backup's.
//!
//! Lists are read whole, and the details of what is wanted alone: each round finds out what that refers to, and reads the details of
//! what is new, until nothing is. Invariant: what was not answered is told as unknown; nothing is ever taken for absent because an
//! answer failed.

mod ability;
mod boards;
mod configurations;
mod constants;
mod data_center;
mod defaults;
mod endpoint;
mod field_schemes;
mod fields;
mod grants;
mod person;
mod projects;
mod reader;
mod rules;
mod screens;
mod shape;
mod shared;
#[cfg(test)]
mod tests;
mod unseen;
mod workflow_schemes;
mod workflows;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Instance, Progress, ReadError, Reading, Scope, Wanted};
use crate::entity::{Row, Tables, entities};
use crate::mapping::{self, Names};
use crate::model::{Identity, Snapshot};
use crate::rest::{Client, Edition, Failure, ServerInfo};
use crate::select::{self, Projects};

pub use ability::{ABILITIES, Ability, Can};
use endpoint::Endpoint;
use reader::Reader;
pub use reader::Rights;

/// A live Jira.
#[derive(Debug)]
pub struct Live {
    client: Client,
    server: ServerInfo,
    edition: Edition,
    rights: Rights,
    wanted: Wanted,
}

impl Live {
    /// Returns the Jira that a client asks, and that says this of itself.
    pub fn new(client: Client, server: ServerInfo, rights: Rights) -> Self {
        Self { client, edition: server.edition(), server, rights, wanted: Wanted::All }
    }
}

impl Wanted {
    /// Returns whether the details of a project are wanted.
    fn has_project(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of(options, objects) => {
                let is_named = |own: &Identity| own.kind == mapping::kind("project") && own.name() == key;
                match &options.projects {
                    Projects::All => true,
                    Projects::Keys(keys) => keys.iter().any(|own| own == key) || objects.iter().any(is_named),
                }
            }
        }
    }

    /// Returns the keys of the projects whose boards are wanted; nothing if all boards are.
    fn boards(&self) -> Option<Vec<String>> {
        let Self::Of(options, objects) = self else { return None };
        let Projects::Keys(keys) = &options.projects else { return None };
        let board = mapping::kind("scrumKanbanBoard");
        let others = objects.iter().any(|own| own.kind == board);
        (options.boards != select::Boards::All && !others).then(|| keys.clone())
    }
}

impl Instance for Live {
    fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    fn read(&mut self, _scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        self.read_rows(progress).map_err(|failure| ReadError::Live { failure })
    }
}

/// Returns the lists that are read whatever is wanted.
fn lists(edition: Edition) -> Vec<&'static Endpoint> {
    let areas = [
        projects::lists,
        constants::lists,
        fields::lists,
        configurations::lists,
        screens::lists,
        workflows::lists,
        workflow_schemes::lists,
        grants::lists,
        shared::lists,
    ];
    areas.into_iter().flat_map(|lists| lists(edition)).copied().collect()
}

/// The kinds whose details are dear.
const DEAR: [&str; 8] =
    ["screen", "fieldConfiguration", "customField", "filter", "dashboard", "workflowScheme", "group", "user"];

impl Live {
    fn read_rows(&mut self, progress: Progress<'_>) -> Result<Reading, Failure> {
        let mut reader = Reader::new(&self.client, &self.server, self.rights);
        self.read_lists(&mut reader)?;
        let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        loop {
            let found = self.found(&reader, &known);
            if found.is_empty() {
                break;
            }
            let done = known.values().map(BTreeSet::len).sum::<usize>() as u64;
            progress(done, done + found.values().map(Vec::len).sum::<usize>() as u64);
            read_details(&mut reader, &found)?;
            for (kind, objects) in found {
                known.entry(kind).or_default().extend(objects.into_iter().map(|(id, _)| id));
            }
        }
        let rows = entities()
            .iter()
            .map(|entity| (entity.table.to_owned(), reader.tables.rows(entity.name).len() as u64))
            .collect();
        for (part, why) in ability::untold(self.edition) {
            reader.unknown_part(part, why);
        }
        let tables = reader.finished();
        let (version, build) = (self.server.version.clone(), self.server.build_number.to_string());
        let mut reading = Reading::of(tables, rows, Some(version), Some(build));
        reading.warnings.append(&mut reader.warnings);
        reading.warnings.extend(self.client.oddities());
        reading.notes.append(&mut reader.notes);
        if !reading.tables.rows("FieldLayout").iter().any(|row| row.get("type") == Some("default")) {
            unseen::forget_default(&mut reading.snapshot);
        }
        let gaps = unseen::settle(&reader.lost, &mut reading.snapshot);
        reading.snapshot.unseen.extend(gaps);
        Ok(reading)
    }

    /// Reads all lists, and the details of projects and boards.
    fn read_lists(&self, reader: &mut Reader<'_>) -> Result<(), Failure> {
        reader.property("jira.properties", "1", "jira.baseurl", &self.server.base_url);
        let asks: Vec<_> = lists(self.edition).into_iter().map(|endpoint| reader.of(endpoint)).collect();
        reader.fetch(asks)?;
        let all = projects::read(reader);
        constants::fetch(reader, &all)?;
        screens::fetch(reader, &all)?;
        let model = configurations::fetch(reader, &all)?;
        workflow_schemes::fetch(reader, &all)?;
        projects::read_details(reader, &all, &self.wanted)?;
        if self.edition == Edition::DataCenter {
            data_center::fetch(reader)?;
            data_center::read(reader, &all);
            let own = all.iter().filter(|own| !own.is_team_managed() && self.wanted.has_project(&own.key));
            workflow_schemes::read_of_projects(reader, own);
        }
        constants::read(reader, &all);
        fields::read(reader);
        configurations::read(reader, &all, model);
        screens::read(reader, &all);
        workflows::read(reader);
        workflow_schemes::read(reader, &all);
        grants::read(reader);
        reader.read_groups();
        shared::read(reader);
        let asks = boards::of_projects(reader, self.wanted.boards().as_deref());
        boards::read(reader, &asks)
    }

    /// Finds what is wanted, and of which the details are not known yet: ids and names by kind.
    fn found(
        &self,
        reader: &Reader<'_>,
        known: &BTreeMap<&str, BTreeSet<String>>,
    ) -> BTreeMap<&'static str, Vec<(String, String)>> {
        let tables = reader.finished();
        let snapshot = mapping::read(&tables);
        let names = Names::new(&tables, &mut Snapshot::default());
        let reached = match &self.wanted {
            Wanted::All => None,
            Wanted::Of(options, objects) => Some(select::reached(&snapshot, options, objects)),
        };
        let mut found = BTreeMap::new();
        for kind in DEAR {
            let is_new = |id: &str| known.get(kind).is_none_or(|ids| !ids.contains(id));
            let is_wanted = |identity: &Identity| reached.as_ref().is_none_or(|all| all.contains(identity));
            let objects = match kind {
                "user" | "group" => accounts(reader, &tables, &reached, kind),
                _ => names
                    .all(kind)
                    .filter(|(_, name)| is_wanted(&name.identity(mapping::kind(kind))))
                    .map(|(id, name)| (id.to_owned(), name.text.clone()))
                    .collect(),
            };
            let mut objects: Vec<_> = objects.into_iter().filter(|(id, _)| is_new(id)).collect();
            objects.sort();
            if !objects.is_empty() {
                found.insert(kind, objects);
            }
        }
        found
    }
}

/// Returns the accounts that are wanted.
fn accounts(
    reader: &Reader<'_>,
    tables: &Tables,
    reached: &Option<HashSet<Identity>>,
    kind: &str,
) -> Vec<(String, String)> {
    let names: Vec<String> = match (kind, reached) {
        (_, Some(reached)) => {
            let kind = mapping::kind(kind);
            reached.iter().filter(|own| own.kind == kind).map(|own| own.name().to_owned()).collect()
        }
        ("user", None) => reader.names_of_people(),
        (_, None) => {
            let rows = tables.rows("Group").iter();
            rows.filter_map(|row: &Row| row.get("groupName")).map(str::to_owned).collect()
        }
    };
    names.into_iter().map(|name| (name.clone(), name)).collect()
}

fn read_details(
    reader: &mut Reader<'_>,
    found: &BTreeMap<&'static str, Vec<(String, String)>>,
) -> Result<(), Failure> {
    for (kind, objects) in found {
        match *kind {
            "screen" => screens::read_tabs(reader, objects)?,
            "fieldConfiguration" => configurations::read_items(reader, objects)?,
            "customField" => fields::read_contexts(reader, objects)?,
            "filter" => shared::read_columns(reader, objects)?,
            "dashboard" => shared::read_gadgets(reader, objects)?,
            "workflowScheme" => workflow_schemes::read_drafts(reader, objects)?,
            "group" => reader.read_members(objects)?,
            _ => reader.read_accounts(objects)?,
        }
    }
    Ok(())
}
