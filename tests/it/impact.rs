//! Whom a change affects: the answer of the walker against the exports themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pcfg::instance::{Scope, open};
use pcfg::model::{Element, Identity, Snapshot};
use pcfg::schema::{Content, Schema, Values};
use pcfg::select::{Options, Projects, select};
use pcfg::usage::Uses;
use pcfg::xml;

use crate::env::testdata;
use crate::{real_data, thorough};

/// Projects of an instance that are exported, at most: what holds for these holds for more.
const PROJECTS: usize = 6;

/// Keys of projects, by an object that they have to do with.
type Affected = BTreeMap<Identity, BTreeSet<String>>;

#[test]
fn a_change_affects_exactly_the_projects_whose_exports_change() {
    let mut kinds = BTreeSet::new();
    agrees(&testdata("backup/demo"), &mut kinds);
    for path in real_data::backups().into_iter().step_by(thorough::every(3)) {
        agrees(&path, &mut kinds);
    }
    let schema = Schema::get();
    let shared = schema.kinds().filter(|(_, kind)| kind.within.is_empty() && kind.name != "project");
    for (_, kind) in shared {
        assert!(kinds.contains(&*kind.name), "no {} was changed", kind.name);
    }
}

fn agrees(path: &Path, kinds: &mut BTreeSet<String>) {
    let schema = Schema::get();
    let kind = |own: &Identity| schema.kind(own.kind).name.as_str();
    let mut snapshot = open(path).unwrap().read(Scope::default(), &|_, _| {}).unwrap().snapshot;
    let mut affected = Affected::new();
    {
        let uses = Uses::of_snapshot(&snapshot);
        for identity in snapshot.objects.keys().filter(|own| kind(own) != "project") {
            let projects = uses.projects(uses.global(identity).unwrap());
            affected.insert(identity.clone(), projects.into_iter().map(str::to_owned).collect());
        }
    }
    let projects = snapshot.objects.keys().filter(|own| kind(own) == "project");
    let keys: Vec<String> = projects.map(|own| own.name().to_owned()).take(PROJECTS).collect();
    let mut before = BTreeMap::new();
    let mut holding = Affected::new();
    for key in &keys {
        let (text, objects) = export(&mut snapshot, key);
        before.insert(key, text);
        for identity in objects {
            holding.entry(identity).or_default().insert(key.clone());
        }
    }
    let of_these = |own: &Identity| -> BTreeSet<String> {
        affected[own].iter().filter(|key| keys.contains(key)).cloned().collect()
    };
    for identity in affected.keys() {
        let holding = holding.get(identity).cloned().unwrap_or_default();
        assert_eq!(of_these(identity), holding, "{}: {} {identity}", path.display(), kind(identity));
    }
    // One of each kind is changed, if possible one that some projects use and others do not.
    let mut chosen: BTreeMap<&str, &Identity> = BTreeMap::new();
    for identity in affected.keys() {
        let is_telling = |own: &Identity| (1..keys.len()).contains(&of_these(own).len());
        let own = chosen.entry(kind(identity)).or_insert(identity);
        if !is_telling(own) && is_telling(identity) {
            *own = identity;
        }
    }
    for (kind, identity) in chosen {
        let old = snapshot.objects[identity].element.clone();
        if !change(&mut snapshot.objects[identity].element) {
            continue;
        }
        kinds.insert(kind.to_owned());
        let mut changed = keys.clone();
        changed.retain(|key| export(&mut snapshot, key).0 != before[key]);
        let changed: BTreeSet<String> = changed.into_iter().collect();
        assert_eq!(of_these(identity), changed, "{}: {kind} {identity}", path.display());
        snapshot.objects[identity].element = old;
    }
}

/// Returns the export of one project as text, and what is in it.
fn export(snapshot: &mut Snapshot, key: &str) -> (String, BTreeSet<Identity>) {
    let options = Options { projects: Projects::Keys(vec![key.to_owned()]), ..Options::default() };
    let config = select(snapshot, &options).unwrap();
    let objects = config.root().children().iter().flat_map(Element::children);
    (xml::to_string(&config), objects.filter_map(Identity::of_definition).collect())
}

/// Changes a text of an object that does not tell it from others; returns whether it has one.
fn change(object: &mut Element) -> bool {
    let schema = Schema::get();
    let mut texts = schema.children(object.declaration).iter().copied().filter(|&child| {
        let is_text =
            matches!(&schema.type_of(child).content, Content::Leaf(own) if own.values == Values::Any);
        let declaration = schema.declaration(child);
        is_text && declaration.items.is_none() && !schema.tells_apart(object.declaration, child)
    });
    let Some(text) = texts.next_back() else { return false };
    let children = object.children_mut().unwrap();
    children.retain(|own| own.declaration != text);
    children.push(Element::leaf(text, "changed by the test"));
    true
}
