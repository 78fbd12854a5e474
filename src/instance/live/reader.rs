//! What is asked and what came of it: replies by request, the rows that are made of them, and what stayed unknown.
//!
//! Invariant: what an endpoint did not answer, or not as it must, is told as unknown together with everything that it would have
//! said; no reply that fails leaves a row.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::associations::Told;
use super::endpoint::{Endpoint, Silence};
use super::person::Person;
use crate::entity::{EntityId, Row, RowChange, Tables};
use crate::rest::{Client, Edition, Failure, FailureKind, List, Question, Request, ServerInfo, segment};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Whether he administers Jira. Others are shown a part of many lists without a word.
    pub administers: bool,
}

/// Something that is asked: an endpoint, the parts of its path, and further parameters.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) endpoint: &'static Endpoint,
    request: Question,
    /// Which object it is about, by its name; `None` for all of their kind.
    object: Option<String>,
}

impl Ask {
    /// Asks an endpoint whose path has no parts that differ.
    pub(super) fn all(endpoint: &'static Endpoint, edition: Edition) -> Self {
        Self::about(endpoint, edition, &[], None)
    }

    /// Asks an endpoint about an object.
    pub(super) fn about(
        endpoint: &'static Endpoint,
        edition: Edition,
        parts: &[&str],
        object: Option<&str>,
    ) -> Self {
        let mut path = String::new();
        if !endpoint.path.starts_with('/') {
            path.push_str(edition.api());
            path.push('/');
        }
        let mut parts = parts.iter();
        for (number, text) in endpoint.path.split("{}").enumerate() {
            if number > 0 {
                path.push_str(&segment(parts.next().copied().unwrap_or_default()));
            }
            path.push_str(text);
        }
        let request = endpoint
            .query
            .iter()
            .fold(Request::get(path), |request, (name, value)| request.with(*name, value));
        Self { endpoint, request, object: object.map(str::to_owned) }
    }

    /// Adds a parameter.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.with(name, value);
        self
    }

    fn key(&self) -> String {
        self.request.to_string()
    }
}

/// Something that was not told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lost {
    /// The kind of object.
    pub(super) kind: &'static str,
    /// The object, by its name; `None` for all of the kind.
    pub(super) object: Option<String>,
    /// The element of the object; `None` for all of it.
    pub(super) property: Option<&'static str>,
    /// Why.
    pub(super) why: String,
    /// Whether it may be told another time.
    pub(super) is_passing: bool,
    /// Whether an answer failed; otherwise the edition never tells it.
    pub(super) is_failure: bool,
}

/// A reading under way.
pub(super) struct Reader<'c> {
    client: &'c Client,
    pub(super) edition: Edition,
    pub(super) rights: Rights,
    /// The address of the place, as it calls itself.
    pub(super) base: &'c str,
    pub(super) tables: Tables,
    replies: HashMap<String, Result<Vec<Value>, Failure>>,
    next: HashMap<EntityId, i64>,
    pub(super) people: BTreeMap<String, Person>,
    /// The groups that something names: by name, with their ids where they are told.
    pub(super) groups: BTreeMap<String, Option<String>>,
    /// The ids of permission schemes in which Jira keeps grants that nobody can write.
    pub(super) kept_grants: BTreeSet<String>,
    /// What gadgets are set to, by their ids and keys: in which property, and the value as it was told.
    pub(super) preferences: BTreeMap<(String, String), (String, Value)>,
    /// What field schemes say.
    pub(super) field_schemes: Told,
    /// Whom default values of fields for people choose from, by the ids of contexts.
    pub(super) user_filters: BTreeMap<String, Value>,
    /// The ids of boards that whoever asks may not change.
    pub(super) locked_boards: BTreeSet<String>,
    pub(super) lost: BTreeSet<Lost>,
    pub(super) warnings: Vec<String>,
    /// How it was read, for those who want to know.
    pub(super) notes: Vec<String>,
    deprecated: BTreeSet<&'static str>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(client: &'c Client, server: &'c ServerInfo, rights: Rights) -> Self {
        Self {
            client,
            edition: server.edition(),
            rights,
            base: &server.base_url,
            tables: Tables::default(),
            replies: HashMap::new(),
            next: HashMap::new(),
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            kept_grants: BTreeSet::new(),
            preferences: BTreeMap::new(),
            field_schemes: Told::default(),
            user_filters: BTreeMap::new(),
            locked_boards: BTreeSet::new(),
            lost: BTreeSet::new(),
            warnings: Vec::new(),
            notes: Vec::new(),
            deprecated: BTreeSet::new(),
        }
    }

    /// Asks an endpoint whose path has no parts that differ.
    pub(super) fn of(&self, endpoint: &'static Endpoint) -> Ask {
        Ask::all(endpoint, self.edition)
    }

    /// Returns the one of two that is of the edition.
    pub(super) fn by_edition<T>(&self, cloud: T, data_center: T) -> T {
        match self.edition {
            Edition::Cloud => cloud,
            Edition::DataCenter => data_center,
        }
    }

    /// Asks an endpoint about an object.
    pub(super) fn about(&self, endpoint: &'static Endpoint, parts: &[&str], object: &str) -> Ask {
        Ask::about(endpoint, self.edition, parts, Some(object))
    }

    /// Asks much at once; the replies are kept until somebody looks at them. A failure after which all others fail, too, is the
    /// error.
    pub(super) fn fetch(&mut self, asks: impl IntoIterator<Item = Ask>) -> Result<(), Failure> {
        let mut new: Vec<Ask> = Vec::new();
        let mut seen = BTreeSet::new();
        for ask in asks {
            let key = ask.key();
            if !self.replies.contains_key(&key) && seen.insert(key) {
                new.push(ask);
            }
        }
        let ended: OnceLock<Failure> = OnceLock::new();
        let client = self.client;
        let results = client.each(&new, |ask| {
            if let Some(failure) = ended.get() {
                return Err(failure.clone());
            }
            let result = asked(client, ask);
            if let Err(failure) = &result
                && failure.kind.ends_the_run()
            {
                ended.get_or_init(|| failure.clone());
            }
            result
        });
        if let Some(failure) = ended.into_inner() {
            return Err(failure);
        }
        for (ask, result) in new.iter().zip(results) {
            self.replies.insert(ask.key(), result);
        }
        Ok(())
    }

    /// Returns whether an endpoint that was asked is not there.
    pub(super) fn is_absent(&self, ask: &Ask) -> bool {
        matches!(self.replies.get(&ask.key()), Some(Err(failure)) if failure.kind == FailureKind::NotFound)
    }

    /// Returns the items of a list; `None`, with what is unknown then, if it was not answered.
    pub(super) fn list<T: DeserializeOwned>(&mut self, ask: &Ask) -> Option<Vec<T>> {
        let key = ask.key();
        // Details are looked at once, and may be many; lists again and again.
        let known = match ask.object {
            Some(_) => self.replies.remove(&key),
            None => self.replies.get(&key).cloned(),
        };
        let result = known.unwrap_or_else(|| asked(self.client, ask));
        let items = result.and_then(|values| {
            let items: Result<Vec<T>, _> = values.into_iter().map(serde_json::from_value).collect();
            items.map_err(|error| Failure::new(FailureKind::Malformed, None, &ask.request, error.to_string()))
        });
        match self.silent(ask, items) {
            Ok(items) => {
                if let Some((since, successor)) = ask.endpoint.successor {
                    let told = (ask.endpoint.path, since, successor);
                    if self.deprecated.insert(told.0) {
                        self.warnings.push(format!(
                            "`{}` is deprecated since {since}; `{successor}` replaces it",
                            told.0
                        ));
                    }
                }
                Some(items)
            }
            Err(failure) => {
                self.failed(ask, &failure);
                None
            }
        }
    }

    /// Returns the object that is answered; `None`, with what is unknown then, if it was not answered.
    pub(super) fn one<T: DeserializeOwned>(&mut self, ask: &Ask) -> Option<T> {
        self.list(ask)?.pop()
    }

    /// Says what an answer without anything in it means.
    fn silent<T>(&mut self, ask: &Ask, items: Result<Vec<T>, Failure>) -> Result<Vec<T>, Failure> {
        let silence = ask.endpoint.silence;
        let administers = self.rights.administers;
        match items {
            Ok(items) if items.is_empty() => match silence {
                Silence::Impossible | Silence::ImpossiblePart => Err(Failure::new(
                    FailureKind::Forbidden,
                    None,
                    &ask.request,
                    "it is empty, which it never is in a Jira",
                )),
                Silence::Part if !administers => {
                    self.partial(ask);
                    Ok(items)
                }
                _ => Ok(items),
            },
            Ok(items) => {
                if matches!(silence, Silence::Part | Silence::ImpossiblePart) && !administers {
                    self.partial(ask);
                }
                Ok(items)
            }
            Err(failure)
                if failure.kind == FailureKind::NotFound && silence == Silence::NotFound && administers =>
            {
                Ok(Vec::new())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Tells that a list may be a part of what there is.
    fn partial(&mut self, ask: &Ask) {
        let why = format!("{}: you are not a Jira administrator, and others see only part of it", ask.key());
        self.unknown(ask.endpoint.tells, ask.object.as_deref(), &why, false);
    }

    fn failed(&mut self, ask: &Ask, failure: &Failure) {
        let (tells, object) = (ask.endpoint.tells, ask.object.clone());
        self.unknown(tells, object.as_deref(), &failure.to_string(), !failure.is_lasting());
    }

    /// Tells what is unknown.
    pub(super) fn unknown(
        &mut self,
        tells: &'static [&'static str],
        object: Option<&str>,
        why: &str,
        is_passing: bool,
    ) {
        for told in tells {
            let (kind, property) = parted(told);
            let object = object.map(str::to_owned);
            let why = why.to_owned();
            self.lost.insert(Lost { kind, object, property, why, is_passing, is_failure: true });
        }
    }

    /// Tells that an edition never says something of an object.
    pub(super) fn untold(&mut self, tells: &'static [&'static str], object: &str, why: &str) {
        for told in tells {
            let (kind, property) = parted(told);
            let (object, why) = (Some(object.to_owned()), why.to_owned());
            let lost = Lost { kind, object, property, why, is_passing: false, is_failure: false };
            self.lost.insert(lost);
        }
    }

    /// Tells that an edition never says something.
    pub(super) fn unknown_part(&mut self, part: &'static str, why: &str) {
        let (kind, property) = parted(part);
        let why = why.to_owned();
        let lost = Lost { kind, object: None, property, why, is_passing: false, is_failure: false };
        self.lost.insert(lost);
    }

    /// Returns the rows that are there by now, in order, with those of people and groups.
    pub(super) fn finished(&self) -> Tables {
        let mut tables = self.tables.clone();
        self.add_people(&mut tables);
        tables.sort();
        tables
    }

    /// Returns all rows, and keeps nothing of what was answered.
    pub(super) fn finish(&mut self) -> Tables {
        self.replies = HashMap::new();
        let mut tables = std::mem::take(&mut self.tables);
        self.add_people(&mut tables);
        tables.sort();
        tables
    }

    /// Adds a row; one without an id gets the next of its table.
    pub(super) fn add(&mut self, entity: &str, values: &[(&str, Option<&str>)]) -> String {
        let id = EntityId::named(entity);
        let mut row = Row::new(id);
        for (attribute, value) in values {
            row.put(attribute, *value);
        }
        if row.id().is_empty()
            && id.entity().attributes.first().is_some_and(|own| own.name.eq_ignore_ascii_case("id"))
        {
            let next = self.next.entry(id).or_insert(0);
            *next += 1;
            row.set(0, next.to_string());
        }
        let own = row.id().to_owned();
        self.tables.push(id, row);
        own
    }

    /// Returns whether there is a row with an id.
    pub(super) fn is_met(&self, entity: &str, id: &str) -> bool {
        self.tables.rows(entity).iter().any(|row| row.id() == id)
    }

    /// Puts a value into rows that are there, by their ids.
    pub(super) fn put(&mut self, entity: &str, attribute: &str, values: &BTreeMap<String, &str>) {
        let rows = self.tables.rows(entity).iter();
        let changes: Vec<RowChange> = rows
            .filter_map(|row| {
                let mut after = row.clone();
                after.put(attribute, Some(values.get(row.id())?));
                Some(RowChange { before: Some(row.clone()), after: Some(after) })
            })
            .collect();
        self.tables.apply(&changes).expect("the rows are those that are there");
    }

    /// Adds a property of the instance or of something in it.
    pub(super) fn property(&mut self, entity: &str, id: &str, key: &str, value: &str) {
        let entry = self.add(
            "OSPropertyEntry",
            &[
                ("entityName", Some(entity)),
                ("entityId", Some(id)),
                ("propertyKey", Some(key)),
                ("type", Some("5")),
            ],
        );
        self.add("OSPropertyString", &[("id", Some(&entry)), ("value", Some(value))]);
    }

    /// Joins a project to a scheme or category.
    pub(super) fn join(&mut self, project: &str, sink: &str, id: &str) {
        let ty = if sink == "ProjectCategory" { sink } else { "ProjectScheme" };
        self.add(
            "NodeAssociation",
            &[
                ("sourceNodeEntity", Some("Project")),
                ("sourceNodeId", Some(project)),
                ("sinkNodeEntity", Some(sink)),
                ("sinkNodeId", Some(id)),
                ("associationType", Some(ty)),
            ],
        );
    }
}

/// Takes a kind and a property of it apart.
fn parted(part: &'static str) -> (&'static str, Option<&'static str>) {
    part.split_once('/').map_or((part, None), |(kind, property)| (kind, Some(property)))
}

/// Asks one thing.
fn asked(client: &Client, ask: &Ask) -> Result<Vec<Value>, Failure> {
    let Some(paging) = ask.endpoint.paging else {
        return client.ask(&ask.request).map(|value| vec![value]);
    };
    let list = List::new(ask.request.clone(), ask.endpoint.size).by(paging).of(ask.endpoint.items);
    client.list(&list)
}
