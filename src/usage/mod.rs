//! What uses what: which objects of a configuration hold on to which others, and how.
//!
//! Pure. What one object uses by itself says [`each_use`]; over and above that come the names in queries, and what is shared with
//! a project. Invariant: everything that an object names is known, whether or not it is described,
//! so that a file without users still tells where a user is named.

mod explain;
mod find;
mod projects;
mod queries;
mod shares;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::mapping::each_query;
use crate::model::{Element, Identity, Index, Path, Snapshot};
use crate::schema::{BUILT_IN, DeclId, KindId, Schema};

pub use explain::{Branch, Explanation, InIssues, Loss, Named, PartsGone, Used};
pub use find::NotFound;
use projects::Configurations;
pub(crate) use projects::hidden_fields;
use queries::Queries;
pub(crate) use shares::{asked_projects, main_filter, names_of, project_of};
pub use walk::{Defaults, Use, each_use};

/// The number of an object.
pub type NodeId = usize;

/// The objects of a configuration, and what they use.
#[derive(Debug)]
pub struct Uses<'a> {
    nodes: Vec<Node<'a>>,
    globals: HashMap<Identity, NodeId>,
    parts: HashMap<*const Element, NodeId>,
    /// What is named and not described; parts as well.
    unknown: HashMap<Identity, NodeId>,
    index: Index<'a>,
    queries: Queries,
    defaults: Defaults,
    configurations: Configurations,
    /// What is shared with each project.
    shared: HashMap<NodeId, BTreeSet<NodeId>>,
    /// How many objects of a kind have a name.
    namesakes: HashMap<(KindId, Box<str>), usize>,
    /// For each object and part what uses exactly it.
    users: Vec<BTreeMap<NodeId, How>>,
}

/// An object, a part of one, or a setting.
#[derive(Debug)]
struct Node<'a> {
    /// What it is; a setting is none of the kinds.
    identity: Option<Identity>,
    /// Nothing for what is named and not described.
    element: Option<&'a Element>,
    /// For a part: what it stands in, a part or an object.
    within: Option<NodeId>,
    /// For a part: the element of that in which it is unique, if it is not all of it, as the draft of a workflow.
    section: Option<&'static str>,
    /// For a setting: where it stands.
    container: Option<DeclId>,
    /// What an instance knows of its texts.
    mentions: &'a [Identity],
}

/// How an object holds on to another; of several ways the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By a reference that must lead somewhere.
    Reference,
    /// By a reference that is a part of its own identity, as the owner of a filter.
    Identity,
    /// By leaving something out: it is the default.
    Default,
    /// By a share: it is shown to a project, or asks for its issues, as a filter or a board.
    Share,
    /// By a name in a query.
    Query,
    /// By a reference that may lead nowhere, as in a list of projects.
    Weak,
}

/// One place where an object names another.
pub(crate) struct Place<'a, 'w> {
    /// How.
    pub(crate) how: How,
    /// What is around it, from the object on.
    pub(crate) way: &'w [&'a Element],
    /// What names it; nothing where no element does.
    pub(crate) element: Option<&'a Element>,
}

impl Place<'_, '_> {
    /// Returns the way from the object to the element, whose text is no part of it; nothing where there is no element.
    fn path(&self) -> Option<Path> {
        Some(Path::through(self.way.iter().copied()).child(self.element?.tag()))
    }
}

/// What a place names.
enum Target {
    Known(NodeId),
    Unknown(Identity),
}

impl<'a> Uses<'a> {
    /// Finds out what uses what in an instance.
    pub fn of_snapshot(snapshot: &'a Snapshot) -> Self {
        let objects = snapshot.objects.values().map(|object| (&object.element, &object.mentions[..]));
        let settings = snapshot.settings.iter().map(|(container, setting)| (*container, setting));
        Self::new(objects.collect(), settings.collect())
    }

    /// Finds out what uses what in files that are one configuration. Of two descriptions of one object the first counts.
    pub fn of_roots(roots: &'a [Element]) -> Self {
        let containers = roots.iter().flat_map(Element::children);
        let all = containers.flat_map(|own| own.children().iter().map(|child| (own.declaration, child)));
        let (objects, settings): (Vec<_>, Vec<_>) =
            all.partition(|(_, child)| Identity::of_definition(child).is_some());
        Self::new(objects.into_iter().map(|(_, object)| (object, &[][..])).collect(), settings)
    }

    fn new(objects: Vec<(&'a Element, &'a [Identity])>, settings: Vec<(DeclId, &'a Element)>) -> Self {
        let mut uses = Self {
            nodes: Vec::new(),
            globals: HashMap::new(),
            parts: HashMap::new(),
            unknown: HashMap::new(),
            index: Index::of(objects.iter().map(|(object, _)| *object)),
            queries: Queries::default(),
            defaults: Defaults::of(objects.iter().map(|(object, _)| *object)),
            configurations: Configurations::default(),
            shared: HashMap::new(),
            namesakes: HashMap::new(),
            users: Vec::new(),
        };
        for (object, mentions) in objects {
            let Some(identity) = Identity::of_definition(object) else { continue };
            if uses.globals.contains_key(&identity) {
                continue;
            }
            let id = uses.add(Some(identity.clone()), Some(object), None);
            uses.nodes[id].mentions = mentions;
            uses.globals.insert(identity, id);
            uses.add_parts(object, id, None);
        }
        for (container, setting) in settings {
            let id = uses.add(None, Some(setting), None);
            uses.nodes[id].container = Some(container);
        }
        uses.queries = Queries::new(&uses.nodes);
        uses.shared = uses.shared_with_projects();
        uses.link();
        uses
    }

    fn add(
        &mut self,
        identity: Option<Identity>,
        element: Option<&'a Element>,
        within: Option<NodeId>,
    ) -> NodeId {
        self.nodes.push(Node { identity, element, within, section: None, container: None, mentions: &[] });
        self.nodes.len() - 1
    }

    fn add_parts(&mut self, element: &'a Element, within: NodeId, section: Option<&'static str>) {
        for child in element.children() {
            if let Some(identity) = Identity::of_definition(child) {
                let id = self.add(Some(identity), Some(child), Some(within));
                self.nodes[id].section = section;
                self.parts.insert(std::ptr::from_ref(child), id);
                self.add_parts(child, id, None);
            } else {
                let is_section =
                    Schema::get().kinds().any(|(_, kind)| kind.within.iter().any(|tag| tag == child.tag()));
                self.add_parts(child, within, if is_section { Some(child.tag()) } else { section });
            }
        }
    }

    fn link(&mut self) {
        let mut links: Vec<(NodeId, NodeId, How)> = Vec::new();
        for user in 0..self.nodes.len() {
            if !self.is_top(user) {
                continue;
            }
            let mut found = Vec::new();
            self.each_place(user, &mut |target, place| found.push((target, place.how)));
            for (target, how) in found {
                let used = match target {
                    Target::Known(id) => id,
                    Target::Unknown(identity) => match self.unknown.get(&identity) {
                        Some(id) => *id,
                        None => {
                            let id = self.add(Some(identity.clone()), None, None);
                            self.unknown.insert(identity, id);
                            id
                        }
                    },
                };
                links.push((user, used, how));
            }
        }
        for node in self.nodes.iter().filter(|node| node.within.is_none()) {
            if let Some(own) = &node.identity {
                *self.namesakes.entry((own.kind, own.fields[0].clone())).or_default() += 1;
            }
        }
        self.users = vec![BTreeMap::new(); self.nodes.len()];
        for (user, used, how) in links {
            let first = self.users[used].entry(user).or_insert(how);
            *first = how.min(*first);
        }
    }

    /// Calls `each` with everything that an object or setting names, its parts included, in the order of the file.
    fn each_place(&self, user: NodeId, each: &mut dyn FnMut(Target, Place<'a, '_>)) {
        let Node { element: Some(object), container, mentions, .. } = self.nodes[user] else { return };
        if let (Some(_), Some(target)) = (container, Identity::of_reference(object, &[])) {
            let target = self.globals.get(&target).copied().map_or(Target::Unknown(target), Target::Known);
            each(target, Place { how: How::Reference, way: &[], element: None });
            return;
        }
        each_use(object, &self.defaults, &mut |used| {
            let place = Place { how: used.how, way: used.way, element: used.element };
            each(self.target(used), place);
        });
        let mut asked = BTreeSet::new();
        each_query(object, &mut |query, way, element| {
            for target in self.queries.names(query) {
                asked.insert(target);
                each(Target::Known(target), Place { how: How::Query, way, element: Some(element) });
            }
        });
        for mention in mentions {
            // What an instance knows of other texts than those, as of the settings of gadgets, and of its built-in workflow.
            let is_built_in = object.get(BUILT_IN).is_some() && self.is_of("workflowEntry", user);
            let how = if is_built_in { How::Default } else { How::Query };
            if let Some(target) = self.globals.get(mention).filter(|target| !asked.contains(target)) {
                each(Target::Known(*target), Place { how, way: &[], element: None });
            }
        }
        for target in self.shared.get(&user).into_iter().flatten() {
            each(Target::Known(*target), Place { how: How::Share, way: &[], element: None });
        }
    }

    /// Returns what is shared with each project, and the boards that ask for its issues.
    fn shared_with_projects(&self) -> HashMap<NodeId, BTreeSet<NodeId>> {
        let mut shared: HashMap<NodeId, BTreeSet<NodeId>> = HashMap::new();
        let mut by_name: HashMap<String, Vec<NodeId>> = HashMap::new();
        for (id, node) in self.nodes.iter().enumerate().filter(|(id, _)| self.is_project(*id)) {
            for name in node.element.into_iter().flat_map(names_of) {
                by_name.entry(name).or_default().push(id);
            }
        }
        for (id, node) in self.nodes.iter().enumerate() {
            let Some(object) = node.element.filter(|_| node.within.is_none()) else { continue };
            let keys = object.all("sharedWith").filter_map(project_of);
            let projects = keys.filter_map(|key| self.globals.get(&named("project", key)?));
            projects.for_each(|project| {
                shared.entry(*project).or_default().insert(id);
            });
            let filter = main_filter(object).and_then(|filter| self.index.get(&filter));
            let asked = filter.map(asked_projects).unwrap_or_default();
            for project in asked.iter().filter_map(|name| by_name.get(name)).flatten() {
                shared.entry(*project).or_default().insert(id);
            }
        }
        shared
    }

    fn target(&self, used: Use<'a, '_>) -> Target {
        let known = self.index.resolve(&used.target, used.container, used.way).and_then(|element| {
            self.parts
                .get(&std::ptr::from_ref(element))
                .copied()
                .or_else(|| self.globals.get(&used.target).copied())
        });
        known.map_or(Target::Unknown(used.target), Target::Known)
    }

    fn known(&self, target: Target) -> Option<NodeId> {
        match target {
            Target::Known(id) => Some(id),
            Target::Unknown(identity) => self.unknown.get(&identity).copied(),
        }
    }

    /// Returns the places in which a user names one of some objects.
    fn places(&self, user: NodeId, used: &dyn Fn(NodeId) -> bool) -> Vec<(How, Option<Path>)> {
        let mut places = Vec::new();
        self.each_place(user, &mut |target, place| {
            if self.known(target).is_some_and(used) {
                places.push((place.how, place.path()));
            }
        });
        places
    }

    /// Returns the objects that are described, with their numbers.
    pub(crate) fn described(&self) -> impl Iterator<Item = (NodeId, &Identity)> {
        let all = self.nodes.iter().enumerate().filter(|(_, own)| own.within.is_none());
        all.filter(|(_, own)| own.element.is_some())
            .filter_map(|(id, own)| Some((id, own.identity.as_ref()?)))
    }

    /// Calls `each` with what an object uses, and where.
    pub(crate) fn each_used(&self, user: NodeId, each: &mut dyn FnMut(NodeId, Place<'a, '_>)) {
        self.each_place(user, &mut |target, place| {
            if let Target::Known(used) = target {
                each(used, place);
            }
        });
    }

    /// Returns the number of an object that is described.
    pub fn global(&self, identity: &Identity) -> Option<NodeId> {
        self.globals.get(identity).copied()
    }

    /// Returns the object that it is or is a part of; nothing for a setting.
    pub fn object_of(&self, id: NodeId) -> Option<&Identity> {
        self.nodes[self.top(id)].identity.as_ref()
    }

    /// Returns whether it stands by itself: an object or a setting.
    fn is_top(&self, id: NodeId) -> bool {
        self.nodes[id].within.is_none()
    }

    /// Returns the object that it is or is a part of.
    fn top(&self, id: NodeId) -> NodeId {
        std::iter::successors(Some(id), |at| self.nodes[*at].within).last().unwrap_or(id)
    }

    /// Returns itself and all its parts.
    fn with_parts(&self, id: NodeId) -> std::ops::Range<NodeId> {
        // Parts come right after what they stand in, and before anything else.
        let is_inside = |at: &NodeId| {
            std::iter::successors(self.nodes[*at].within, |at| self.nodes[*at].within)
                .any(|around| around == id)
        };
        let end = (id + 1..self.nodes.len()).find(|at| !is_inside(at)).unwrap_or(self.nodes.len());
        id..end
    }

    /// Returns who uses an object or one of its parts, and how; for a part also what it is a part of. The order is that of the
    /// kinds in the schema, then of the names.
    fn users_of(&self, id: NodeId) -> Vec<(NodeId, Option<How>)> {
        let own = self.with_parts(id);
        let mut users: BTreeMap<NodeId, Option<How>> = BTreeMap::new();
        for part in own.clone() {
            for (user, how) in &self.users[part] {
                if *user != id {
                    let first = users.entry(*user).or_insert(Some(*how));
                    *first = (*first).min(Some(*how));
                }
            }
        }
        if !self.is_top(id) {
            users.entry(self.top(id)).or_insert(None);
        }
        let mut users: Vec<_> = users.into_iter().collect();
        users.sort_by_cached_key(|(user, _)| self.order(*user));
        users
    }

    /// Returns who uses an object in the way in which a change is felt: not those that only list it, and nobody behind a project.
    fn feeling(&self, id: NodeId) -> Vec<(NodeId, Option<How>)> {
        if self.is_project(id) {
            return Vec::new();
        }
        let mut users = self.users_of(id);
        users.retain(|(_, how)| *how != Some(How::Weak));
        users
    }

    fn order(&self, id: NodeId) -> (Option<KindId>, Vec<Box<str>>, NodeId) {
        let identity = self.nodes[id].identity.as_ref();
        (identity.map(|own| own.kind), identity.map(|own| own.fields.to_vec()).unwrap_or_default(), id)
    }
}

fn named(kind: &str, name: &str) -> Option<Identity> {
    Some(Identity::named(Schema::get().kind_named(kind)?, name))
}
