//! What there is to say of one object: who uses it, what it uses, and what becomes of others when it changes or goes.
//!
//! Invariant: every object is unfolded once in a tree, so that its size is bounded by the number of links.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::{How, NodeId, Uses};
use crate::model::{Facts, Identity, Path};
use crate::schema::Schema;

/// Links that are followed at most from an object to those that use it in the end.
const DEEPEST: usize = 64;

/// An object by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Object"))]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// The kind, as in a file; `setting` for what stands beside objects.
    pub kind: &'static str,
    /// The name, with what completes the identity.
    pub name: String,
    /// The name that is enough where the kind is told.
    #[serde(skip)]
    pub short: String,
    /// For a part: the element of that which it stands in, where it is not all of it: `draft`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<&'static str>,
    /// For a part: what it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Box<Named>>,
}

impl Named {
    /// Returns the kind and the name as people say them: `option High of config Default of …`.
    pub fn in_words(&self) -> String {
        self.said(&self.short)
    }

    /// Returns the same with the whole identity.
    pub fn in_full(&self) -> String {
        self.said(&self.name)
    }

    fn said(&self, name: &str) -> String {
        let schema = Schema::get();
        let kind = schema
            .kind_named(self.kind)
            .map_or_else(|| self.kind.to_owned(), |own| schema.kind(own).in_words());
        let section = self.section.map(|section| format!(" of the {section}")).unwrap_or_default();
        let part_of = self.part_of.as_ref().map(|around| format!(" of {}", around.in_words()));
        let part_of = part_of.unwrap_or_default();
        format!("{kind} {name}{section}{part_of}")
    }
}

/// Somebody who uses an object, and who uses that in turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "User"))]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// Who.
    #[serde(flatten)]
    pub object: Named,
    /// How it uses what stands above; nothing for what a part is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// Where it names the explained object; only told of those that use it directly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Path>,
    /// Whether its users stand elsewhere in the tree.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// How many users are not told because the tree ends here.
    #[serde(skip_serializing_if = "is_zero")]
    pub hidden: usize,
    /// Its users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<Branch>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Something that an object uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Used {
    /// What.
    #[serde(flatten)]
    pub object: Named,
    /// How.
    pub how: How,
    /// Where it is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Path>,
}

/// What breaks in another object when an object goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Loss {
    /// In which object.
    #[serde(flatten)]
    pub object: Named,
    /// How it held on to what goes.
    pub how: How,
    /// Where.
    pub places: Vec<Path>,
}

/// Parts that go with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Parts"))]
pub struct PartsGone {
    /// The kind.
    pub kind: &'static str,
    /// How many.
    pub count: usize,
}

/// Issues that hold on to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Issues"))]
pub struct InIssues {
    /// What they have to do with it, to follow "issues": `are in it`.
    pub words: &'static str,
    /// The keys of their projects, in order.
    pub projects: Vec<String>,
}

/// What there is to say of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The object.
    pub object: Named,
    /// Whether the configuration describes it; else it only names it.
    pub described: bool,
    /// Who uses it, as trees that end with the projects.
    pub used_by: Vec<Branch>,
    /// The keys of the projects that use it, directly or through others, in order: those that a change affects.
    pub projects: Vec<String>,
    /// What it uses directly.
    pub uses: Vec<Used>,
    /// The objects in which queries name it: they do not follow a new name.
    pub queries: Vec<Named>,
    /// What breaks when it goes.
    pub losses: Vec<Loss>,
    /// What goes with it.
    pub parts: Vec<PartsGone>,
    /// Which issues hold on to it; nothing where that was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issues: Option<Vec<InIssues>>,
}

impl Uses<'_> {
    /// Explains an object. The facts tell what issues hold on to; the tree of users is as deep as `depth`, from 1.
    pub fn explain(&self, id: NodeId, facts: Option<&Facts>, depth: Option<usize>) -> Explanation {
        let mut unfolded = HashSet::from([id]);
        let depth = depth.unwrap_or(DEEPEST).clamp(1, DEEPEST);
        let mut used_by = self.branches(self.users_of(id), depth, &mut unfolded);
        let own = self.with_parts(id);
        let users = self.users_of(id);
        let mut losses = Vec::new();
        for (branch, (user, _)) in used_by.iter_mut().zip(&users) {
            let mut places: BTreeMap<How, Vec<Path>> = BTreeMap::new();
            for (how, path) in self.places(*user, &|used| own.contains(&used)) {
                let own = places.entry(how).or_default();
                // A query may name an object and its part: that is one place.
                own.extend(path.filter(|path| own.last() != Some(path)));
            }
            branch.places = places.values().flatten().cloned().collect();
            let object = &branch.object;
            // Whom something is shown to loses nothing that leads anywhere.
            places.remove(&How::Share);
            losses.extend(places.into_iter().map(|(how, places)| Loss {
                object: object.clone(),
                how,
                places,
            }));
        }
        losses.sort_by_key(|loss| loss.how);
        let asking = losses.iter().filter(|loss| loss.how == How::Query);
        let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
        for part in own.skip(1) {
            *parts.entry(self.named(part).kind).or_default() += 1;
        }
        Explanation {
            object: self.named(id),
            described: self.nodes[id].element.is_some(),
            projects: self.projects(id).into_iter().map(str::to_owned).collect(),
            uses: self.uses(id),
            queries: asking.map(|loss| loss.object.clone()).collect(),
            parts: parts.into_iter().map(|(kind, count)| PartsGone { kind, count }).collect(),
            issues: facts.map(|facts| self.in_issues(id, facts)),
            used_by,
            losses,
        }
    }

    fn branches(
        &self,
        users: Vec<(NodeId, Option<How>)>,
        depth: usize,
        unfolded: &mut HashSet<NodeId>,
    ) -> Vec<Branch> {
        let mut branches = Vec::new();
        for (user, how) in users {
            let (object, places) = (self.named(user), Vec::new());
            let mut branch = Branch { object, how, places, elsewhere: false, hidden: 0, used_by: Vec::new() };
            // Whoever only lists it feels nothing, and so do those behind.
            let further = if how == Some(How::Weak) { Vec::new() } else { self.feeling(user) };
            if !further.is_empty() {
                if depth == 1 {
                    branch.hidden = further.len();
                } else if unfolded.insert(user) {
                    branch.used_by = self.branches(further, depth - 1, unfolded);
                } else {
                    branch.elsewhere = true;
                }
            }
            branches.push(branch);
        }
        branches
    }

    fn uses(&self, id: NodeId) -> Vec<Used> {
        let own = self.with_parts(id);
        let top = self.top(id);
        let element = self.nodes[id].element;
        let mut used: BTreeMap<NodeId, (How, Vec<Path>)> = BTreeMap::new();
        self.each_place(top, &mut |target, place| {
            let is_inside =
                top == id || place.way.iter().any(|way| element.is_some_and(|own| std::ptr::eq(own, *way)));
            let Some(target) = self.known(target).filter(|target| is_inside && !own.contains(target)) else {
                return;
            };
            let entry = used.entry(target).or_insert((place.how, Vec::new()));
            entry.0 = entry.0.min(place.how);
            entry.1.extend(place.path());
        });
        let mut used: Vec<_> = used.into_iter().collect();
        used.sort_by_cached_key(|(id, _)| self.order(*id));
        used.into_iter().map(|(id, (how, places))| Used { object: self.named(id), how, places }).collect()
    }

    fn named(&self, id: NodeId) -> Named {
        let node = &self.nodes[id];
        let part_of = node.within.map(|around| Box::new(self.named(around)));
        let Some(own) = &node.identity else {
            let name = node.element.map_or("", |own| own.tag()).to_owned();
            return Named { kind: "setting", short: name.clone(), name, section: None, part_of };
        };
        let kind = Schema::get().kind(own.kind).name.as_str();
        let name = own.to_string();
        let namesakes = self.namesakes.get(&(own.kind, own.fields[0].clone()));
        let is_enough = node.within.is_none() && namesakes.is_none_or(|count| *count == 1);
        let short = if is_enough { own.name().to_owned() } else { name.clone() };
        Named { kind, name, short, section: node.section, part_of }
    }

    /// Returns which issues hold on to an object.
    fn in_issues(&self, id: NodeId, facts: &Facts) -> Vec<InIssues> {
        let Some(identity) = &self.nodes[id].identity else { return Vec::new() };
        let kind = Schema::get().kind(identity.kind).name.as_str();
        let name = identity.name();
        let top = self.nodes[self.top(id)].identity.as_ref();
        let owner = top.map_or("", Identity::name);
        let statuses = facts.statuses_in_use.keys();
        let (words, projects): (&'static str, Vec<&String>) = match kind {
            "status" => {
                ("are in it", statuses.filter(|(_, _, status)| status == name).map(|(key, ..)| key).collect())
            }
            "issueType" => {
                let is_it = |own: &(String, bool)| named_type(own) == *identity;
                ("are of this type", statuses.filter(|(_, own, _)| is_it(own)).map(|(key, ..)| key).collect())
            }
            "project" => {
                ("are in it", statuses.filter(|(key, ..)| key == name).map(|(key, ..)| key).collect())
            }
            "version" | "component" => {
                let own = facts.parts_in_use.iter();
                let is_it = |(key, part): &&(String, Identity)| key == owner && part == identity;
                ("have it", own.filter(is_it).map(|(key, _)| key).collect())
            }
            "issueSecurityLevel" => {
                let own = facts.levels_in_use.iter();
                let is_it = |own: &&(String, String, Identity)| own.1 == owner && own.2 == *identity;
                ("have it", own.filter(is_it).map(|(key, ..)| key).collect())
            }
            "customField" => {
                let own = facts.options_in_use.get(identity).into_iter().flatten();
                ("have one of its options", own.map(|used| &used.project).collect())
            }
            "option" => {
                let used = top.and_then(|field| facts.options_in_use.get(field)).into_iter().flatten();
                let around = |kind: &str| {
                    let mut way = std::iter::successors(Some(id), |at| self.nodes[*at].within);
                    let is_it = |at: &NodeId| self.named(*at).kind == kind;
                    way.find(is_it).and_then(|at| self.nodes[at].identity.as_ref()).map_or("", Identity::name)
                };
                let (context, config) = (around("customFieldConfigScheme"), around("config"));
                let is_it = |own: &&crate::model::UsedOption| {
                    own.option == *identity && own.context == context && own.config == config
                };
                ("have it", used.filter(is_it).map(|used| &used.project).collect())
            }
            _ => return Vec::new(),
        };
        let mut projects: Vec<String> = projects.into_iter().cloned().collect();
        projects.sort();
        projects.dedup();
        if projects.is_empty() { Vec::new() } else { vec![InIssues { words, projects }] }
    }
}

/// Returns the identity of an issue type by its name and whether it is one of sub-tasks.
fn named_type((name, subtask): &(String, bool)) -> Identity {
    let kind = Schema::get().kind_named("issueType").expect("the schema has issue types");
    let mut identity = Identity::named(kind, name);
    if *subtask && let Some(at) = Schema::get().kind(kind).attributes.iter().position(|own| own == "subtask")
    {
        identity.fields[at + 1] = "true".into();
    }
    identity
}
