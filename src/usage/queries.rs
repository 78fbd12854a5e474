//! Which objects a query names, of those that a configuration describes.
//!
//! Invariant: only names count. A number in a query is an id that the mapping could not translate, and means nothing here.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::{Node, NodeId};
use crate::jql::{self, Resolver, Spelled, Spelling, Values};
use crate::mapping::values_of;
use crate::model::Identity;
use crate::schema::{DUPLICATE, Schema};

/// Added to the number of an object where it stands for an id; Jira's ids are smaller.
const FIRST_ID: usize = 9_000_000_000_000_000;

/// The objects of a configuration as queries name them.
#[derive(Debug, Default)]
pub(super) struct Queries {
    /// Objects and parts by kind and name in lower case.
    by_name: HashMap<(&'static str, String), Vec<NodeId>>,
    /// The fields of identities, by object.
    identities: HashMap<NodeId, Identity>,
    /// The types of custom fields.
    field_types: HashMap<NodeId, String>,
    /// The custom fields that options are parts of.
    fields: HashMap<NodeId, NodeId>,
}

impl Queries {
    pub(super) fn new(nodes: &[Node<'_>]) -> Self {
        let mut queries = Self::default();
        for (id, node) in nodes.iter().enumerate() {
            let (Some(identity), Some(element)) = (&node.identity, node.element) else { continue };
            let kind: &'static str = &Schema::get().kind(identity.kind).name;
            let mut names = BTreeSet::from([identity.name().to_lowercase()]);
            if kind == "project" {
                names.extend(element.text_of("name").map(str::to_lowercase));
            }
            for name in names {
                queries.by_name.entry((kind, name)).or_default().push(id);
            }
            if kind == "customField" {
                queries.field_types.insert(id, element.text_of("type").unwrap_or_default().to_owned());
            }
            if kind == "option" {
                let around = std::iter::successors(node.within, |at| nodes[*at].within);
                queries.fields.extend(around.last().map(|field| (id, field)));
            }
            queries.identities.insert(id, identity.clone());
        }
        queries
    }

    /// Returns the objects that a query names.
    pub(super) fn names(&self, query: &str) -> BTreeSet<NodeId> {
        // What is spelled in brackets becomes a number, which stands for the object.
        let spelled = jql::with_ids(query, &|spelled| {
            let id = self.spelled(spelled)?;
            Some(Ok((id + FIRST_ID).to_string()))
        });
        let asked = Asked { queries: self, found: RefCell::default() };
        jql::translate(spelled.as_deref().unwrap_or(query), &asked);
        asked.found.into_inner()
    }

    fn spelled(&self, spelled: &Spelled) -> Option<NodeId> {
        let kind = if spelled.kind == "cf" { "customField" } else { spelled.kind.as_str() };
        let kind = &Schema::get().kind(Schema::get().kind_named(kind)?).name;
        let same = self.by_name.get(&(kind.as_str(), spelled.text.to_lowercase()))?;
        same.iter().copied().find(|id| self.identities.get(id).is_some_and(|own| is(spelled, own)))
    }
}

/// Returns whether the attributes of a spelling are those of an identity.
fn is(spelled: &Spelled, identity: &Identity) -> bool {
    let labels = Schema::get().kind(identity.kind).attributes.iter().map(String::as_str).chain([DUPLICATE]);
    spelled.text == identity.name()
        && labels.zip(&identity.fields[1..]).all(|(label, value)| {
            let own = spelled.attributes.iter().find(|(name, _)| name == label);
            own.map_or("", |(_, value)| value.as_str()) == &**value
        })
}

/// A query that is being read; what it names is kept beside.
struct Asked<'q> {
    queries: &'q Queries,
    found: RefCell<BTreeSet<NodeId>>,
}

impl Asked<'_> {
    fn by_id(&self, id: &str) -> Option<NodeId> {
        let id = id.parse::<usize>().ok()?.checked_sub(FIRST_ID)?;
        self.queries.identities.contains_key(&id).then_some(id)
    }

    fn by_number(&self, id: &str) -> Option<Spelling> {
        self.found.borrow_mut().insert(self.by_id(id)?);
        Some(Spelling { text: String::new(), mentions: Vec::new() })
    }
}

impl Resolver for Asked<'_> {
    fn custom_field(&self, id: &str) -> Option<Spelling> {
        self.by_number(id)
    }

    fn fields_named(&self, name: &str) -> Vec<String> {
        let ids = self.queries.by_name.get(&("customField", name.to_lowercase()));
        ids.into_iter().flatten().map(|id| (id + FIRST_ID).to_string()).collect()
    }

    fn values(&self, custom_field: &str) -> Option<Values> {
        let ty = self.queries.field_types.get(&self.by_id(custom_field)?)?;
        values_of(ty, custom_field)
    }

    fn value(&self, _: &Values, id: &str) -> Option<Spelling> {
        self.by_number(id)
    }

    fn named(&self, values: &Values, name: &str) -> Option<Vec<Identity>> {
        let kind = match values {
            Values::Kind(kind) => kind,
            Values::Users => "user",
            Values::Options(_) => "option",
            Values::Data(_) => return None,
        };
        let same = self.queries.by_name.get(&(kind, name.to_lowercase()))?.iter().copied();
        let is_meant = |id: &NodeId| match (values, self.queries.fields.get(id)) {
            (Values::Options(fields), Some(field)) => fields.contains(&(field + FIRST_ID).to_string()),
            _ => true,
        };
        self.found.borrow_mut().extend(same.filter(is_meant));
        Some(Vec::new())
    }
}
