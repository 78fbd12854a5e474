//! Extra projects: those that a context of a custom field or a share of a filter or dashboard names, and that neither the file
//! nor the target has.
//!
//! Without them such a context or share is left out. Created, they are as Jira makes a new project that nobody has chosen
//! anything for: Jira's own schemes, the default members of the roles, no notifications. Invariant: an extra project is
//! never made of one that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Options;
use super::pair::Pair;
use crate::mapping::kind;
use crate::model::{Element, Identity, Name, Node, Path, Snapshot, canonicalize};
use crate::schema::{BUILT_IN, Content, DUPLICATE, Declaration, KindId, Schema, Target};

/// Returns the keys of the projects that an object only mentions.
pub(super) fn mentioned<'e>(object: &'e Element, options: &Options) -> BTreeSet<&'e str> {
    let contexts = object.all("customFieldConfigScheme").filter(|_| !options.smart_contexts);
    let places = contexts.flat_map(|context| context.all("context"));
    let in_contexts = places.filter_map(|place| place.text_of("projectContext"));
    let in_shares = object.all("sharedWith").filter_map(crate::usage::project_of);
    in_contexts.chain(in_shares).collect()
}

/// Returns the missing projects as objects to create, each with who mentions it.
pub(super) fn projects(
    pairs: &[Pair<'_>],
    target: &Snapshot,
    options: &Options,
) -> Vec<(Identity, Element, String)> {
    let project = kind("project");
    let described: BTreeSet<&str> =
        pairs.iter().filter(|pair| pair.identity.kind == project).map(|pair| pair.identity.name()).collect();
    let mut missing: BTreeMap<&str, &Identity> = BTreeMap::new();
    for pair in pairs {
        for key in mentioned(&pair.new, options) {
            let identity = Identity::named(project, key);
            let is_there = described.contains(key) || target.objects.contains_key(&identity);
            if !is_there && !options.skip.iter().any(|skip| skip.selects(&identity)) {
                missing.entry(key).or_insert(&pair.identity);
            }
        }
    }
    let defaults = Defaults::new(pairs, target);
    missing
        .into_iter()
        .map(|(key, by)| {
            let word = Schema::get().kind(by.kind).in_words();
            let lead =
                defaults.lead.as_ref().map(|lead| format!(", led by {}", lead.text)).unwrap_or_default();
            let why = format!(
                "an extra project, because {word} `{by}` refers to it: empty, with Jira's default schemes, \
                 without notifications{lead}"
            );
            (Identity::named(project, key), defaults.project(key), why)
        })
        .collect()
}

/// What Jira gives a new project.
struct Defaults {
    schemes: Vec<(&'static str, Name)>,
    /// The lead of the first imported project that has one: Jira wants somebody.
    lead: Option<Name>,
    /// The project type that is part of Jira itself, where projects have types (7.0 on).
    ty: Option<&'static str>,
    /// The default members of the roles.
    roles: Vec<Node>,
    names: BTreeSet<String>,
}

impl Defaults {
    fn new(pairs: &[Pair<'_>], target: &Snapshot) -> Self {
        let mut all: HashMap<&Identity, &Element> =
            target.objects.iter().map(|(identity, object)| (identity, &object.element)).collect();
        all.extend(pairs.iter().map(|pair| (&pair.identity, &*pair.new)));
        let mut all: Vec<(&Identity, &Element)> = all.into_iter().collect();
        all.sort_unstable_by_key(|(identity, _)| *identity);
        let of = |wanted: KindId| all.iter().filter(move |(identity, _)| identity.kind == wanted);
        let schemes = schemes().filter_map(|(scheme, kind)| {
            let own = of(kind).find(|(_, scheme)| scheme.text_of(BUILT_IN) == Some("default"))?;
            Some((scheme.name.as_str(), name(own.0)))
        });
        let imported = pairs.iter().filter(|pair| pair.new.tag() == "project");
        let mut leads: Vec<_> =
            imported.filter_map(|pair| Some((&pair.identity, pair.new.get("lead")?))).collect();
        leads.sort_unstable_by_key(|(identity, _)| *identity);
        let is_typed = of(kind("project")).any(|(_, project)| project.get("projectType").is_some());
        let roles = of(kind("projectRole")).filter_map(|(identity, role)| members(identity, role));
        let names =
            of(kind("project")).filter_map(|(_, project)| project.text_of("name")).map(str::to_lowercase);
        Self {
            schemes: schemes.collect(),
            lead: leads
                .first()
                .and_then(|(_, lead)| Identity::of_reference(lead, &[]))
                .map(|lead| name(&lead)),
            ty: is_typed.then_some("business"),
            roles: roles.collect(),
            names: names.collect(),
        }
    }

    fn project(&self, key: &str) -> Element {
        let name = (1..)
            .map(|number| if number == 1 { key.to_owned() } else { format!("{key} {number}") })
            .find(|name| !self.names.contains(&name.to_lowercase()))
            .expect("there are more numbers than names");
        let mut node = Node::new("project")
            .text("key", key)
            .text("name", name)
            .name_if("lead", self.lead.as_ref())
            .text("defaultAssignee", if self.lead.is_some() { "projectLead" } else { "unassigned" })
            .text_if("projectType", self.ty);
        for (tag, scheme) in &self.schemes {
            node = node.with(scheme.reference(tag));
        }
        let members = Node::new("projectRoleMembers").with_all(self.roles.iter().cloned());
        let node = node.with_if(members.unless_empty());
        let declaration = Schema::get().kind(kind("project")).declaration;
        let element = node.bind(declaration, &Path::default(), &mut Vec::new());
        let mut element = element.expect("a project is made of what the schema allows");
        canonicalize(&mut element);
        element
    }
}

/// Returns the schemes that every project has: the elements that name them, and their kinds.
pub(super) fn schemes() -> impl Iterator<Item = (&'static Declaration, KindId)> {
    let schema = Schema::get();
    let own = schema.children(schema.kind(kind("project")).declaration).iter();
    own.map(|child| schema.declaration(*child)).filter(|child| child.always.is_some()).filter_map(|child| {
        let Content::Reference(reference) = &schema.ty(child.ty).content else { return None };
        let Target::Kind(kind) = reference.target else { return None };
        let is_marked = schema.child(schema.kind(kind).declaration, BUILT_IN).is_some();
        is_marked.then_some((child, kind))
    })
}

/// Returns who has a role in a new project.
fn members(identity: &Identity, role: &Element) -> Option<Node> {
    let mut node = Node::new("projectRoleMembership");
    for (default, tag) in [("defaultUser", "memberUser"), ("defaultGroup", "memberGroup")] {
        let members = role.all(default).filter_map(|member| Identity::of_reference(member, &[]));
        node = node.with_all(members.map(|member| name(&member).reference(tag)));
    }
    Some(node.unless_empty()?.with(name(identity).reference("name")))
}

/// Returns the name of an object as references write it.
fn name(identity: &Identity) -> Name {
    let labels = Schema::get().kind(identity.kind).attributes.iter().map(String::as_str).chain([DUPLICATE]);
    let plain = Name::plain(identity.name());
    labels.zip(&identity.fields[1..]).fold(plain, |name, (label, value)| name.with(label, value))
}
