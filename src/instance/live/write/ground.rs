//! What the requests of an import are made of: the rows of a live Jira as they are, and as they are to be.
//!
//! Invariant: what is not there yet has no id but what stands for it, so that none of the numbers that a rehearsal gives to
//! new rows gets into a request.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::sent::token;
use crate::entity::{EntityId, Move, Row, RowChange, Standing, Tables, entities};
use crate::instance::live::associations::Told;
use crate::instance::live::configurations::Model;
use crate::mapping::{self, Names, Properties};
use crate::model::{Identity, Name, Snapshot};
use crate::plan::{Action, Step};
use crate::rest::Edition;
use crate::schema::KindId;

/// Rows by a value of theirs.
type Index<'g> = HashMap<&'g str, Vec<&'g Row>>;

/// Rows at a time, with what ids mean in them.
pub(in crate::instance::live) struct Side<'g> {
    pub(in crate::instance::live) tables: &'g Tables,
    pub(in crate::instance::live) names: Names,
    ids: HashMap<KindId, HashMap<Identity, String>>,
    /// Rows by the value of an attribute, made when they are first asked for.
    indexes: RefCell<HashMap<(&'static str, &'static str), Index<'g>>>,
}

impl<'g> Side<'g> {
    fn new(tables: &'g Tables) -> Self {
        let names = Names::new(tables, &mut Snapshot::default());
        let mut ids: HashMap<KindId, HashMap<Identity, String>> = HashMap::new();
        for (kind, id, name) in names.everything() {
            let kind = mapping::kind(kind);
            ids.entry(kind).or_default().insert(name.identity(kind), id.to_owned());
        }
        Self { tables, names, ids, indexes: RefCell::default() }
    }

    /// Returns the id of an object; of a group its name.
    pub(in crate::instance::live) fn id(&self, identity: &Identity) -> Option<String> {
        match crate::schema::Schema::get().kind(identity.kind).name.as_str() {
            "group" => self.names.known_group(identity.name()).map(|name| name.text),
            _ => self.ids.get(&identity.kind)?.get(identity).cloned(),
        }
    }

    /// Returns the rows that have a value in an attribute, in the order of the table.
    pub(in crate::instance::live) fn with(
        &self,
        entity: &'static str,
        attribute: &'static str,
        value: &str,
    ) -> Vec<&'g Row> {
        let mut indexes = self.indexes.borrow_mut();
        let index = indexes.entry((entity, attribute)).or_insert_with(|| self.tables.by(entity, attribute));
        index.get(value).cloned().unwrap_or_default()
    }

    /// Returns the ids of constants in their order.
    pub(in crate::instance::live) fn in_order(&self, entity: &str) -> Vec<String> {
        let mut rows: Vec<&Row> = self.tables.rows(entity).iter().collect();
        rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        rows.iter().map(|row| row.id().to_owned()).collect()
    }

    /// Returns a setting of the instance.
    pub(in crate::instance::live) fn setting(&self, key: &str) -> Option<String> {
        let value = Properties::new(self.tables).setting(key).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty() && value != "-1")
    }

    /// Returns the row that has an id.
    pub(in crate::instance::live) fn row(&self, entity: &'static str, id: &str) -> Option<&'g Row> {
        // Tables of apps are spelled as in a database.
        let own = if entity.starts_with("AO_") { "ID" } else { "id" };
        self.with(entity, own, id).first().copied()
    }
}

/// The first id that a rehearsal gives to a new row: none of Jira's own is as high, so that it is known wherever it stands.
const FIRST_GIVEN: u64 = 900_000_000_000_000;

/// No table gets more rows by one import, so that no two new rows have one id, whatever they are of.
const MOST_GIVEN: usize = 1_000_000_000;

/// Returns whether a rehearsal has given an id to a new row.
pub(in crate::instance::live) fn is_given(id: &str) -> bool {
    id.parse::<u64>().is_ok_and(|number| number >= FIRST_GIVEN)
}

/// Returns rows to which a rehearsal adds others with ids that are known wherever they stand.
pub(super) fn with_known_ids(mut tables: Tables) -> Tables {
    let sequence = EntityId::named("SequenceValueItem");
    let there: Vec<RowChange> = tables
        .rows("SequenceValueItem")
        .iter()
        .map(|row| RowChange { before: Some(row.clone()), after: None })
        .collect();
    tables.apply(&there).expect("these are the rows that are there");
    for (first, entity) in (FIRST_GIVEN..).step_by(MOST_GIVEN).zip(entities()) {
        let mut row = Row::new(sequence);
        row.put("seqName", Some(entity.name));
        row.put("seqId", Some(&first.to_string()));
        tables.push(sequence, row);
    }
    tables.sort();
    tables
}

/// What replies tell and rows have no place for, as far as requests need it.
#[derive(Debug, Clone, Default)]
pub(in crate::instance::live) struct Known {
    /// The ids of groups of Jira Cloud, by name.
    pub(in crate::instance::live) groups: BTreeMap<String, String>,
    /// The address that Jira calls itself by.
    pub(in crate::instance::live) base: String,
    /// The ids of permission schemes in which Jira keeps grants that nobody can write.
    pub(in crate::instance::live) kept_grants: BTreeSet<String>,
    /// The account of whoever asks.
    pub(in crate::instance::live) caller: Option<String>,
    /// What gadgets are set to, by their ids and keys: in which property, and the value as it was told.
    pub(in crate::instance::live) preferences: BTreeMap<(String, String), (String, Value)>,
    /// In which way it says which fields issues have, and what its field schemes say.
    pub(in crate::instance::live) fields: (Model, Told),
    /// The ids of boards that whoever asks may not change.
    pub(in crate::instance::live) locked_boards: BTreeSet<String>,
    /// Whom default values of fields for people choose from, by the ids of contexts.
    pub(in crate::instance::live) user_filters: BTreeMap<String, Value>,
    /// The workflows of Jira Cloud as they are told, by name.
    pub(in crate::instance::live) workflows: BTreeMap<String, Value>,
}

/// The rows of a live Jira before an import and after it.
pub(in crate::instance::live) struct Ground<'g> {
    pub(in crate::instance::live) edition: Edition,
    pub(in crate::instance::live) known: &'g Known,
    pub(in crate::instance::live) before: Side<'g>,
    pub(in crate::instance::live) after: Side<'g>,
    /// The rows of before under the names that steps begin with, where objects get other ones.
    called: Option<Side<'g>>,
    /// All steps, in their order.
    steps: &'g [&'g Step],
    counted: Option<Counted<'g>>,
}

/// The ids of issues that get another type, by where they stand.
pub(in crate::instance::live) type Issues = BTreeMap<Standing, Vec<String>>;

/// What was counted of issues.
#[derive(Debug, Clone, Copy)]
pub(in crate::instance::live) struct Counted<'g> {
    /// Those that move.
    pub(super) moves: &'g [Move],
    /// The ids of those that get another type.
    pub(super) issues: &'g Issues,
    /// The keys of those that may keep their new status on the way back, in words.
    pub(super) keys: &'g BTreeMap<Standing, String>,
    /// The ids of projects with issues, of those of which that matters.
    pub(super) busy: &'g BTreeSet<String>,
}

impl<'g> Ground<'g> {
    pub(super) fn new(edition: Edition, known: &'g Known, before: &'g Tables, after: &'g Tables) -> Self {
        Self {
            edition,
            known,
            before: Side::new(before),
            after: Side::new(after),
            called: None,
            steps: &[],
            counted: None,
        }
    }

    /// Says which steps there are.
    pub(super) fn of(self, steps: &'g [&'g Step]) -> Self {
        Self { steps, ..self }
    }

    /// Says what the rows of before are called when steps begin, where that is not as they are.
    pub(super) fn called(self, called: Option<&'g Tables>) -> Self {
        Self { called: called.map(Side::new), ..self }
    }

    /// Returns the id that an object of a step has before it; nothing if it is new.
    pub(super) fn id_before(&self, identity: &Identity) -> Option<String> {
        self.called.as_ref().unwrap_or(&self.before).id(identity)
    }

    /// Says which issues move, and which projects have some.
    pub(super) fn counted(self, counted: Counted<'g>) -> Self {
        Self { counted: Some(counted), ..self }
    }

    /// Returns whether a project has issues, where that matters.
    pub(in crate::instance::live) fn is_busy(&self, project: &str) -> bool {
        self.counted.is_some_and(|own| own.busy.contains(project))
    }

    /// Returns the issues that move.
    pub(in crate::instance::live) fn moves(&self) -> &'g [Move] {
        self.counted.map_or(&[], |own| own.moves)
    }

    /// Returns the keys of issues that stand somewhere, in words, where they may keep their new status on the way back.
    pub(super) fn keys(&self, standing: &Standing) -> Option<&'g String> {
        self.counted.and_then(|own| own.keys.get(standing))
    }

    /// Returns the ids of issues that stand somewhere and get another type.
    pub(super) fn issues(&self, standing: &Standing) -> &'g [String] {
        self.counted.and_then(|own| own.issues.get(standing)).map_or(&[], Vec::as_slice)
    }

    /// Returns all steps, in their order.
    pub(in crate::instance::live) fn steps(&self) -> &'g [&'g Step] {
        self.steps
    }

    /// Returns whether no later step is about an object of the same kind.
    pub(in crate::instance::live) fn is_last(&self, step: &Step) -> bool {
        let is_alike =
            |own: &&&Step| own.object.tag() == step.object.tag() && own.identity.kind == step.identity.kind;
        self.steps.iter().rfind(is_alike).is_none_or(|last| std::ptr::eq(*last, step))
    }

    /// Returns whether an object is there when the requests of a step are sent: it was there before, or an earlier step makes it.
    pub(in crate::instance::live) fn is_there_at(&self, step: &Step, kind: &'static str, id: &str) -> bool {
        if self.before.names.get(kind, id).is_some() {
            return true;
        }
        let Some(name) = self.after.names.get(kind, id) else { return false };
        let identity = name.identity(mapping::kind(kind));
        let earlier = self.steps.iter().take_while(|own| !std::ptr::eq(**own, step));
        earlier.into_iter().any(|own| own.identity == identity)
    }

    /// Returns the ids of the new objects of a kind, in the order in which they are created.
    pub(in crate::instance::live) fn created(&self, kind: &str) -> Vec<String> {
        let is_new = |own: &&&Step| own.object.tag() == kind && matches!(own.action, Action::Create { .. });
        self.steps.iter().filter(is_new).filter_map(|own| self.after.id(&own.identity)).collect()
    }

    /// Returns the id of a group of Jira Cloud: what stands for it if it is new; nothing if nobody has told it.
    pub(in crate::instance::live) fn group_id(&self, name: &str) -> Option<String> {
        match self.before.names.known_group(name) {
            Some(_) => self.known.groups.get(name).cloned(),
            None => Some(token("group", name)),
        }
    }

    /// Returns what somebody signs in with, of whom the key is known.
    pub(in crate::instance::live) fn user_name(&self, key: &str) -> Option<String> {
        self.after.names.user(key).map(|name| name.text)
    }

    /// Returns the key of a user as requests have it: what stands for it if the account is new.
    pub(in crate::instance::live) fn user_key(&self, key: &str) -> String {
        match (self.before.names.user(key), self.user_name(key)) {
            (None, Some(name)) => token("user", &name),
            _ => key.to_owned(),
        }
    }

    /// Returns a user name, or an account id, as it is spelled.
    pub(in crate::instance::live) fn account(&self, name: &str) -> String {
        self.after.names.account(name).map_or_else(|| name.to_owned(), |name| name.text)
    }

    /// Returns where something is below the platform's interface.
    pub(in crate::instance::live) fn api(&self, path: &str) -> String {
        format!("{}/{path}", self.edition.api())
    }

    /// Returns the whole address of a path, as Jira gives it to objects.
    pub(in crate::instance::live) fn link(&self, path: &str) -> String {
        format!(
            "{}{}{path}",
            self.known.base.trim_end_matches('/'),
            if path.starts_with('/') { "" } else { "/" }
        )
    }

    /// Returns whether it is Jira Cloud.
    pub(in crate::instance::live) fn is_cloud(&self) -> bool {
        self.edition == Edition::Cloud
    }

    /// Returns the id of a field of issues as requests have it.
    pub(in crate::instance::live) fn field(&self, field: &str) -> String {
        match field.strip_prefix("customfield_") {
            Some(id) => format!("customfield_{}", self.sent("customField", id)),
            None => field.to_owned(),
        }
    }

    /// Returns what stands for the ids that the rehearsal has given to what is new.
    pub(super) fn given(&self) -> BTreeMap<String, String> {
        let new = self.after.names.everything().filter(|(_, id, _)| is_given(id));
        new.map(|(kind, id, _)| (id.to_owned(), self.sent(kind, id))).collect()
    }

    /// Returns the id of an object as requests have it: what stands for it if it is new.
    pub(in crate::instance::live) fn sent(&self, kind: &'static str, id: &str) -> String {
        if self.before.names.get(kind, id).is_some() {
            return id.to_owned();
        }
        match self.after.names.get(kind, id) {
            Some(name) => token_of(kind, name),
            None => id.to_owned(),
        }
    }
}

/// Returns what stands for the id of an object that has this name.
pub(super) fn token_of(kind: &str, name: &Name) -> String {
    let rest = name.attributes.iter().map(|(label, value)| format!(" ({label} {value})"));
    token(kind, &format!("{}{}", name.text, rest.collect::<String>()))
}

/// Returns the values of a row as members of a body: a text that is not there is an empty one, which takes away what was there.
pub(in crate::instance::live) fn members(row: &Row, members: &[(&str, &str)]) -> Value {
    let own = members
        .iter()
        .map(|(member, attribute)| ((*member).to_owned(), json!(row.get(attribute).unwrap_or_default())));
    Value::Object(own.collect())
}

/// Returns what differs of two objects, and what has to be said in any case; nothing if nothing differs.
pub(in crate::instance::live) fn changed(
    from: &Value,
    to: &Value,
    needed: &[&str],
) -> Option<(Value, Value)> {
    let (from, to) = (from.as_object()?, to.as_object()?);
    let is_said = |name: &&String| needed.contains(&name.as_str()) || from.get(*name) != to.get(*name);
    if from == to {
        return None;
    }
    let names: Vec<&String> = to.keys().filter(is_said).collect();
    let of = |own: &serde_json::Map<String, Value>| {
        let said = names.iter().map(|name| ((*name).clone(), own.get(*name).cloned().unwrap_or_default()));
        Value::Object(said.collect())
    };
    Some((of(from), of(to)))
}
