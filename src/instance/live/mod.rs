//! A live Jira, read by REST: its replies become rows, of which `mapping` makes objects as it does of a backup's.
//!
//! Lists are read whole, and the details of what is wanted alone: each round finds out what that refers to, and reads the details of
//! what is new, until nothing is. Invariant: what was not answered is told as unknown; nothing is ever taken for absent because an
//! answer failed.

mod ability;
mod associations;
mod boards;
mod configurations;
mod constants;
mod counts;
mod data_center;
mod defaults;
mod details;
mod endpoint;
mod field_schemes;
mod fields;
mod grants;
mod icons;
#[cfg(feature = "sync")]
mod issues;
mod pages;
mod person;
mod projects;
mod reader;
mod screens;
mod shape;
mod shared;
#[cfg(test)]
mod tests;
mod unseen;
mod velocity;
mod which;
mod workflow_schemes;
pub mod workflows;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Instance, LookedAt, Progress, ReadError, Reading, Scope, Wanted};
use crate::entity::{Row, Tables, entities};
use crate::mapping::{self, Names};
use crate::model::{Asked, Gap, Identity, Snapshot};
use crate::rest::{Client, Edition, Event, Failure, ServerInfo, Watch};
use crate::select::{self, Boards, Projects, Shares};

pub use ability::abilities;
pub(super) use ability::{closed, writable};
use associations::PREFIX;
use configurations::Model;
use counts::Counts;
use details::{Found, Known};
use endpoint::Endpoint;
#[cfg(feature = "sync")]
pub use issues::LiveIssues;
pub(super) use pages::with_hands;
use projects::Project;
use reader::Reader;
pub use reader::Rights;
use which::Which;
pub(super) use write::{
    Act, Book, Fate, Halt, Hand, Job, Journal, Logged, Made, Note, Rows, Sent, Stand, done, in_waves, stands,
    tasks, unlike,
};
pub use write::{Task, by_hand, has_hands};

/// A live Jira.
pub struct Live {
    client: Client,
    server: ServerInfo,
    edition: Edition,
    rights: Rights,
    wanted: Wanted,
    watch: Option<Watch>,
    /// The account of whoever asks.
    caller: Option<String>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Live").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Live {
    /// Returns the Jira that a client asks, and that says this of itself.
    pub fn new(client: Client, server: ServerInfo, rights: Rights) -> Self {
        Self {
            client,
            edition: server.edition(),
            server,
            rights,
            wanted: Wanted::All,
            watch: None,
            caller: None,
        }
    }

    /// Returns what asks it.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns where the platform's interface is.
    pub(super) fn api(&self) -> &'static str {
        self.edition.api()
    }

    /// Says who asks.
    #[must_use]
    pub fn asked_by(mut self, caller: Option<&str>) -> Self {
        self.caller = caller.map(str::to_owned);
        self
    }

    /// Says who is told how many requests it will take.
    #[must_use]
    pub fn watched(mut self, watch: Option<Watch>) -> Self {
        self.watch = watch;
        self
    }
}

impl Instance for Live {
    fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    fn read(&mut self, _scope: Scope, progress: Progress<'_>) -> Result<Reading, ReadError> {
        let (reading, rows) = self.read_rows(progress).map_err(|failure| ReadError::Live { failure })?;
        Ok(Reading { place: Some(Arc::new(rows)), ..reading })
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

impl Live {
    fn read_rows(&mut self, progress: Progress<'_>) -> Result<(Reading, Rows), Failure> {
        let mut reader = Reader::new(&self.client, &self.server, self.rights);
        let (projects, model) = self.read_lists(&mut reader)?;
        let tells_accounts = self.edition == Edition::DataCenter;
        let wants_all = matches!(self.wanted, Wanted::All);
        if tells_accounts && wants_all {
            reader.read_all_accounts(&|_| true)?;
        }
        let mut known = Known::default();
        loop {
            let found = self.found(&reader, &known);
            if found.is_empty() {
                break;
            }
            boards::fetch(&mut reader, &found.boards)?;
            if known.is_empty() {
                self.foretell(&mut reader, &found);
            }
            let done = known.count();
            progress(done, done + found.objects.values().map(Vec::len).sum::<usize>() as u64);
            found.read(&mut reader, &projects)?;
            known.add(found);
        }
        let rows = entities()
            .iter()
            .map(|entity| (entity.table.to_owned(), reader.tables.rows(entity.name).len() as u64))
            .collect();
        for (part, why) in ability::untold(self.edition) {
            reader.unknown_part(part, why);
        }
        let mut unasked = known.unasked(&reader, &Names::new(&reader.finished(), &mut Snapshot::default()));
        if tells_accounts && !wants_all {
            // Of those that somebody looks at it is known which are not there.
            let user = mapping::kind("user");
            unasked.push(Gap::of_kind(user, details::UNASKED).asked(Asked::ForUsesOf(user)));
        }
        self.read_screens_of_fields(&mut reader, &known)?;
        let workflows = self.told_workflows(&mut reader);
        let tables = reader.finish();
        let (version, build) = (self.server.version.clone(), self.server.build_number.to_string());
        let groups = std::mem::take(&mut reader.groups);
        let groups = groups.into_iter().filter_map(|(name, id)| Some((name, id?))).collect();
        let mut reading = Reading::of(tables, rows, Some(version), Some(build));
        // Nobody has asked for them.
        reading.issues = None;
        reading.warnings.append(&mut reader.warnings);
        reading.warnings.extend(self.client.oddities());
        reading.notes.append(&mut reader.notes);
        let is_default = |row: &Row| row.get("type") == Some("default");
        let lacks_default = !reading.tables.rows("FieldLayout").iter().any(is_default);
        if lacks_default {
            unseen::forget_default(&mut reading.snapshot);
        }
        reading.abilities = abilities(self.edition);
        if !self.rights.administers {
            reading.abilities = closed(reading.abilities);
        }
        unseen::forget_lost(&mut reading.snapshot);
        let gaps = unseen::settle(&reader.lost, &mut reading.snapshot);
        reading.snapshot.unseen.extend(gaps);
        unseen::take_out(&unasked, &mut reading.snapshot);
        reading.snapshot.unseen.extend(unasked.iter().cloned());
        let known = write::Known {
            groups,
            workflows,
            base: self.server.base_url.clone(),
            kept_grants: std::mem::take(&mut reader.kept_grants),
            caller: self.caller.clone(),
            preferences: std::mem::take(&mut reader.preferences),
            locked_boards: std::mem::take(&mut reader.locked_boards),
            fields: (model, std::mem::take(&mut reader.field_schemes)),
            user_filters: std::mem::take(&mut reader.user_filters),
        };
        reading.facts = Some(reading.facts().into_owned());
        let tables = std::mem::take(&mut reading.tables);
        let rows = Rows::new(self.edition, tables, known);
        let counts = Some(Arc::new(Counts::new(&self.client, self.edition)));
        let judge = Some(Arc::new(write::Judge::new(&self.client)));
        Ok((reading, Rows { unasked, lacks_default, counts, judge, ..rows }))
    }

    /// Returns the workflows of Jira Cloud as they are told, by name, where somebody may want to change them: an update says all of one.
    fn told_workflows(&self, reader: &mut Reader<'_>) -> BTreeMap<String, Value> {
        let only_looks = matches!(&self.wanted, Wanted::Of(_, look) if look(&Snapshot::default()) == LookedAt::Objects(Vec::new()));
        if self.edition == Edition::DataCenter || only_looks {
            return BTreeMap::new();
        }
        let ask = reader.of(&endpoint::cloud::WORKFLOWS);
        let all = reader.list::<Value>(&ask).unwrap_or_default().into_iter();
        let own = all.filter(|own| own["scope"]["type"] != "PROJECT");
        own.filter_map(|own| Some((own["name"].as_str()?.to_owned(), own))).collect()
    }

    /// Reads all lists; returns the projects, and in which way fields are told.
    fn read_lists(&self, reader: &mut Reader<'_>) -> Result<(Vec<Project>, Model), Failure> {
        reader.property("jira.properties", "1", "jira.baseurl", &self.server.base_url);
        let asks: Vec<_> = lists(self.edition).into_iter().map(|endpoint| reader.of(endpoint)).collect();
        reader.fetch(asks)?;
        let all = projects::read(reader);
        let mut asks = constants::asks(reader, &all);
        asks.extend(screens::asks(reader, &all));
        asks.extend(workflow_schemes::asks(reader, &all));
        asks.extend(data_center::asks(reader));
        reader.fetch(asks)?;
        let model = configurations::fetch(reader, &all)?;
        projects::read_all(reader, &all);
        if self.edition == Edition::DataCenter {
            data_center::read(reader, &all);
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
        Ok((all, model))
    }

    /// Finds what is wanted, and of which the details are not known yet.
    fn found(&self, reader: &Reader<'_>, known: &Known) -> Found {
        let tables = reader.finished();
        let snapshot = mapping::read(&tables);
        let names = Names::new(&tables, &mut Snapshot::default());
        let looked_at = self.wanted.looked_at(&snapshot);
        let reached = match (&self.wanted, &looked_at) {
            (Wanted::Of(options, _), LookedAt::Objects(objects)) => {
                Some(select::reached(&snapshot, options, objects))
            }
            _ => None,
        };
        let begun_with = begun_with(reader, &looked_at, &snapshot);
        let mut found = Found::default();
        for kind in details::ALL.iter().map(|own| own.kind) {
            let is_wanted = |identity: &Identity| reached.as_ref().is_none_or(|all| all.contains(identity));
            let objects = match kind {
                "user" | "group" => accounts(reader, &tables, &reached, kind),
                _ => names
                    .all(kind)
                    .filter(|(id, name)| {
                        is_wanted(&name.identity(mapping::kind(kind)))
                            || (kind == "fieldConfiguration" && begun_with(id, &name.text))
                    })
                    .map(|(id, name)| (id.to_owned(), name.text.clone()))
                    .collect(),
            };
            let mut objects: Vec<_> = objects.into_iter().filter(|(id, _)| !known.has(kind, id)).collect();
            objects.sort();
            if !objects.is_empty() {
                found.objects.insert(kind, objects);
            }
        }
        let boards = self.boards(&names, &looked_at).into_iter();
        found.boards = boards.filter(|which| !known.boards.contains(which)).collect();
        found
    }

    /// Returns which boards are wanted.
    fn boards(&self, names: &Names, looked_at: &LookedAt) -> BTreeSet<Which> {
        let (Wanted::Of(options, _), LookedAt::Objects(looked_at)) = (&self.wanted, looked_at) else {
            return BTreeSet::from([Which::All]);
        };
        // Nothing else on Data Center tells which filters there are.
        let by_filters = self.edition == Edition::DataCenter && options.filters != Shares::None;
        let mut boards: BTreeSet<Which> = match (options.boards, &options.projects) {
            (Boards::None, _) if !by_filters => BTreeSet::new(),
            (Boards::None | Boards::Projects, Projects::Keys(keys)) => {
                keys.iter().cloned().map(Which::OfProject).collect()
            }
            _ => return BTreeSet::from([Which::All]),
        };
        let (board, filter) = (mapping::kind("scrumKanbanBoard"), mapping::kind("filter"));
        let own = looked_at.iter().filter(|own| own.kind == board);
        boards.extend(own.map(|own| Which::Called(own.name().to_owned())));
        let filters: HashSet<&Identity> = looked_at.iter().filter(|own| own.kind == filter).collect();
        let filters = names.all("filter").filter(|(_, name)| filters.contains(&name.identity(filter)));
        boards.extend(filters.map(|(id, _)| Which::OfFilter(id.to_owned())));
        boards
    }

    /// Reads which screens have the fields that somebody looks at, of those that are not read otherwise.
    fn read_screens_of_fields(&self, reader: &mut Reader<'_>, known: &Known) -> Result<(), Failure> {
        let tables = reader.finished();
        let field = mapping::kind("customField");
        let LookedAt::Objects(looked_at) = self.wanted.looked_at(&mapping::read(&tables)) else {
            return Ok(());
        };
        let looked_at: HashSet<&Identity> = looked_at.iter().filter(|own| own.kind == field).collect();
        if looked_at.is_empty() || self.edition == Edition::DataCenter {
            return Ok(());
        }
        let names = Names::new(&tables, &mut Snapshot::default());
        let fields = names.all("customField").filter(|(_, name)| looked_at.contains(&name.identity(field)));
        let fields: Vec<_> = fields.map(|(id, name)| (id.to_owned(), name.text.clone())).collect();
        screens::read_of_fields(reader, &fields, &|screen| known.has("screen", screen))
    }

    /// Says how many requests are still to come, as far as the lists tell.
    fn foretell(&self, reader: &mut Reader<'_>, found: &Found) {
        let Some(watch) = &self.watch else { return };
        let is_all = match &self.wanted {
            Wanted::All => true,
            Wanted::Of(options, _) => options.projects == Projects::All,
        };
        let shares = found.clone().least(reader, is_all);
        watch(&Event::Foretold { shares: &shares, is_all });
    }
}

/// Says of field configurations, by id and name, whether one that is looked at and not there yet begins with what they say: as a copy
/// of a default, or as a part of their scheme.
fn begun_with(
    reader: &Reader<'_>,
    looked_at: &LookedAt,
    snapshot: &Snapshot,
) -> impl Fn(&str, &str) -> bool + use<> {
    let new: Vec<String> = match looked_at {
        LookedAt::Objects(all) => {
            let is_new = |own: &&Identity| {
                own.kind == mapping::kind("fieldConfiguration") && !snapshot.objects.contains_key(*own)
            };
            all.iter().filter(is_new).map(|own| own.name().to_owned()).collect()
        }
        LookedAt::All => Vec::new(),
    };
    let rows = reader.tables.rows("FieldLayout").iter();
    let rows = rows.filter(|row| row.get("type") == Some("default"));
    let mut defaults: BTreeSet<String> = rows.map(|row| row.id().to_owned()).collect();
    defaults.extend(reader.field_schemes.default.iter().map(|id| format!("{PREFIX}{id}")));
    move |id, name| {
        let is_part = |own: &String| own.strip_prefix(name).is_some_and(|rest| rest.starts_with(" ("));
        !new.is_empty() && (defaults.contains(id) || new.iter().any(is_part))
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
            let names = reached.iter().filter(|own| own.kind == kind).map(Identity::name);
            let names = names.map(|name| reader.spelled(name).unwrap_or_else(|| name.to_owned()));
            // A group shows those members that have an account.
            let group = |row: &&Row| Some(Identity::named(mapping::kind("group"), row.get("parentName")?));
            let is_reached = |row: &&Row| group(row).is_some_and(|group| reached.contains(&group));
            let members = tables.rows("Membership").iter().filter(|_| kind == mapping::kind("user"));
            let members = members.filter(is_reached).filter_map(|row| row.get("childName"));
            let unnamed = reader.unnamed().filter(|_| kind == mapping::kind("user"));
            names.chain(members.map(str::to_owned)).chain(unnamed).collect()
        }
        ("user", None) => reader.names_of_people(),
        (_, None) => {
            let rows = tables.rows("Group").iter();
            rows.filter_map(|row: &Row| row.get("groupName")).map(str::to_owned).collect()
        }
    };
    let names: BTreeSet<String> = names.into_iter().collect();
    names.into_iter().map(|name| (name.clone(), name)).collect()
}
