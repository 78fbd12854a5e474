//! Merging: its laws on random configurations and on edits of real exports, and what a conflict looks like.

use std::collections::BTreeSet;

use pcfg::check::check;
use pcfg::merge::{Merged, merge};
use pcfg::model::{
    Cause, Config, Conflict, Content, Disputed, Element, Identity, Index, Piece, Side, Sides, rank,
    references,
};
use pcfg::schema::{self, DeclId, KeyPart, Relation, Schema, Values};
use pcfg::xml::{self, Labels, regions, view, write_disputed};
use proptest::prelude::*;

use crate::differences::mutated;
use crate::env::testdata;
use crate::laws::{Choices, choices};
use crate::real_data;

pub(crate) fn parse(text: &str) -> Config {
    let document = xml::read(text);
    assert_eq!(document.problems, [], "{text}");
    Config::new(document.root.unwrap())
}

pub(crate) fn random(choices: &mut Choices<'_>) -> Config {
    let mut root = choices.element(Schema::get().root(), 7);
    rank(&mut root);
    Config::new(root)
}

/// Changes a configuration here and there; what its root says stays.
pub(crate) fn changed(config: &Config, choices: &mut Choices<'_>) -> Config {
    let mut root = mutated(config.root(), choices);
    for child in config.root().children() {
        if !root.children().iter().any(|own| own.declaration == child.declaration)
            && Schema::get().declaration(child.declaration).required
        {
            root.children_mut().unwrap().push(child.clone());
        }
    }
    rank(&mut root);
    Config::new(Element { attributes: config.root().attributes.clone(), ..root })
}

/// Changes a configuration in so many places that two who do so are likely to meet.
pub(crate) fn much_changed(config: &Config, choices: &mut Choices<'_>) -> Config {
    (0..4).fold(config.clone(), |config, _| changed(&config, choices))
}

/// Adds something that no random configuration has, so that no side is equal to another.
fn with_category(config: &Config, name: &str) -> Config {
    let schema = Schema::get();
    let mut root = config.root().clone();
    let container = schema.child(root.declaration, "projectCategories").unwrap();
    let category = schema.child(container, "projectCategory").unwrap();
    let item = Element::parent(category, vec![Element::leaf(schema.child(category, "name").unwrap(), name)]);
    let children = root.children_mut().unwrap();
    match children.iter_mut().find(|child| child.declaration == container) {
        Some(own) => own.children_mut().unwrap().push(item),
        None => children.push(Element::parent(container, vec![item])),
    }
    Config::new(root)
}

pub(crate) fn clean(merged: Merged) -> Config {
    match merged {
        Merged::Clean(config) => config,
        Merged::Disputed(disputed) => panic!("{:#?}", disputed.conflicts()),
    }
}

pub(crate) fn labels() -> Labels {
    let name = |name: &str| Some(name.to_owned());
    Labels { size: 7, names: Sides { base: name("base"), ours: name("ours"), theirs: name("theirs") } }
}

pub(crate) fn written(disputed: &Disputed) -> String {
    let mut bytes = Vec::new();
    write_disputed(disputed, &labels(), &pcfg::xml::Beside::default(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Exchanges the sides of everything in dispute.
fn turned(merged: Merged) -> Merged {
    fn conflict(Conflict { path, cause, sides: Sides { base, ours, theirs } }: Conflict) -> Conflict {
        Conflict { path, cause, sides: Sides { base, ours: theirs, theirs: ours } }
    }
    fn piece(own: Piece) -> Piece {
        match own {
            Piece::Disputed(own) => Piece::Disputed(conflict(own)),
            Piece::Open { head, children } => {
                let head = match head {
                    pcfg::model::Head::Disputed(own) => pcfg::model::Head::Disputed(conflict(own)),
                    head => head,
                };
                Piece::Open { head, children: children.into_iter().map(piece).collect() }
            }
            whole => whole,
        }
    }
    match merged {
        Merged::Clean(config) => Merged::Clean(config),
        Merged::Disputed(own) => {
            Merged::Disputed(Disputed::new(piece(own.root().clone())).expect("it had a conflict"))
        }
    }
}

pub(crate) fn assert_same(merged: &Config, expected: &Config, name: &str) {
    if merged != expected {
        let (merged, expected) = (xml::to_string(merged), xml::to_string(expected));
        let difference = similar::TextDiff::from_lines(&expected, &merged);
        panic!("{name}:\n{}", difference.unified_diff().context_radius(6));
    }
}

proptest! {
    /// What only one side changed is as that side wants it, and what both changed alike is as both want it. The other side is
    /// never equal to the base, so that everything is looked at.
    #[test]
    fn one_side_gets_what_it_wants(base in choices(), side in choices()) {
        let base = random(&mut Choices::new(&base));
        let side = changed(&base, &mut Choices::new(&side));
        let (other, expected) = (with_category(&base, "☃"), with_category(&side, "☃"));
        prop_assert_eq!(clean(merge(Some(&base), &side, &base)), side.clone());
        prop_assert_eq!(clean(merge(Some(&base), &base, &side)), side.clone());
        prop_assert_eq!(clean(merge(Some(&base), &side, &side)), side.clone());
        // A reference that the random side leaves dangling, and had before, is nothing new.
        prop_assert_eq!(&clean(merge(Some(&base), &side, &other)), &expected);
        prop_assert_eq!(&clean(merge(Some(&base), &other, &side)), &expected);
        let (ours, theirs) = (with_category(&side, "☃ a"), with_category(&side, "☃ b"));
        prop_assert_eq!(clean(merge(Some(&base), &ours, &theirs)), with_category(&ours, "☃ b"));
    }

    /// Exchanging the sides exchanges the sides of the conflicts, and nothing else.
    #[test]
    fn the_sides_can_be_exchanged(base in choices(), ours in choices(), theirs in choices()) {
        let base = random(&mut Choices::new(&base));
        let ours = much_changed(&base, &mut Choices::new(&ours));
        let theirs = much_changed(&base, &mut Choices::new(&theirs));
        let (one, other) = (merge(Some(&base), &ours, &theirs), turned(merge(Some(&base), &theirs, &ours)));
        match (&one, &other) {
            (Merged::Disputed(one), Merged::Disputed(other)) => {
                // Items in dispute stand where our side has them.
                let key = |conflict: &&Conflict| format!("{} {:?}", conflict.path, conflict.sides);
                let (mut one, mut other) = (one.conflicts(), other.conflicts());
                one.sort_by_key(key);
                other.sort_by_key(key);
                prop_assert_eq!(one, other);
            }
            _ => prop_assert_eq!(one, other),
        }
    }

    /// A file with conflicts is a file of each side: with the other lines taken out it can be read, and is as the side wants it.
    #[test]
    fn conflicts_are_written_around_whole_elements(base in choices(), ours in choices(), theirs in choices()) {
        let base = random(&mut Choices::new(&base));
        let ours = much_changed(&base, &mut Choices::new(&ours));
        let theirs = much_changed(&base, &mut Choices::new(&theirs));
        if let Merged::Disputed(disputed) = merge(Some(&base), &ours, &theirs) {
            let text = written(&disputed);
            let regions = regions(&text);
            prop_assert_eq!(regions.len(), disputed.conflicts().len(), "{}", text);
            for side in [Side::Ours, Side::Theirs] {
                let expected = disputed.side(side).unwrap();
                prop_assert_eq!(&parse(&view(&text, &regions, side)), &expected, "{}", text);
            }
        }
    }

    /// Two configurations without a common past: nothing is lost.
    #[test]
    fn without_a_base_everything_was_added(ours in choices()) {
        let ours = random(&mut Choices::new(&ours));
        let (one, other) = (with_category(&ours, "☃ a"), with_category(&ours, "☃ b"));
        prop_assert_eq!(clean(merge(None, &one, &other)), with_category(&one, "☃ b"));
    }
}

/// A change of one property or part, which stands for one thing that a person does. Elements are told by their number in the
/// base ([`Element::start`]), so that changes can be made in any order.
#[derive(Debug, Clone)]
enum Edit {
    Set { at: u32, text: String },
    Remove { at: u32 },
    Add { into: u32, item: Element },
}

impl Edit {
    fn apply(&self, element: &mut Element) {
        let at = element.start;
        let Content::Children(children) = &mut element.content else {
            if let Edit::Set { at: own, text } = self
                && *own == at
            {
                element.content = Content::Text(text.as_str().into());
            }
            return;
        };
        match self {
            Edit::Add { into, item } if *into == at => children.push(item.clone()),
            Edit::Remove { at } => children.retain(|child| child.start != *at),
            _ => {}
        }
        children.iter_mut().for_each(|child| self.apply(child));
    }
}

fn edited(base: &Config, edits: &[Edit]) -> Config {
    let mut root = base.root().clone();
    edits.iter().for_each(|edit| edit.apply(&mut root));
    rank(&mut root);
    Config::new(root)
}

/// Finds everything that can be changed without touching an identity, a reference or a rank.
#[derive(Default)]
struct Places {
    texts: Vec<u32>,
    removable: Vec<(u32, Vec<u32>)>,
    lists: Vec<(u32, Element)>,
}

fn number(element: &mut Element, next: &mut u32) {
    element.start = *next;
    *next += 1;
    element.children_mut().into_iter().flatten().for_each(|child| number(child, next));
}

fn numbers(element: &Element, found: &mut Vec<u32>) {
    found.push(element.start);
    element.children().iter().for_each(|child| numbers(child, found));
}

fn places(element: &Element, found: &mut Places) {
    let schema = Schema::get();
    let mut added: BTreeSet<DeclId> = BTreeSet::new();
    for child in element.children() {
        let declaration = schema.declaration(child.declaration);
        let own = schema.declaration(element.declaration);
        let is_key = |key: &schema::Key| key.path.first() == Some(&child.declaration);
        let of_identity = own
            .items
            .iter()
            .any(|items| items.identity.iter().chain(&items.sort).chain(&items.rank).any(is_key));
        match &schema.type_of(child.declaration).content {
            schema::Content::Leaf(simple)
                if simple.values == Values::Any && declaration.items.is_none() && !of_identity =>
            {
                found.texts.push(child.start);
            }
            schema::Content::Children(_) => {}
            _ => continue,
        }
        let Some(items) = &declaration.items else {
            places(child, found);
            continue;
        };
        if items.relation == Relation::Ordered || items.identity.iter().any(|key| key.part == KeyPart::Whole)
        {
            continue;
        }
        places(child, found);
        if declaration.kind.is_none() {
            let mut inside = Vec::new();
            numbers(child, &mut inside);
            found.removable.push((child.start, inside));
        }
        // A copy under another name.
        if let [first, ..] = &items.identity[..]
            && let [name] = first.path[..]
            && matches!(&schema.type_of(name).content, schema::Content::Leaf(own) if own.values == Values::Any)
            && first.order == schema::Comparison::CodePoint
            && items.rank.is_none()
            && child.child(name).is_some()
            && added.insert(child.declaration)
        {
            let mut copy = child.clone();
            copy.children_mut().unwrap().iter_mut().filter(|own| own.declaration == name).for_each(|own| {
                own.content = Content::Text(format!("{} (new)", own.text()).into());
            });
            clear(&mut copy);
            found.lists.push((element.start, copy));
        }
    }
}

fn clear(element: &mut Element) {
    element.start = pcfg::model::NOWHERE;
    element.children_mut().into_iter().flatten().for_each(clear);
}

/// Deals changes of different things to both sides; returns them.
fn deal(base: &Config, seed: &mut u64) -> [Vec<Edit>; 2] {
    let mut draw = |limit: usize| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % limit
    };
    let mut found = Places::default();
    places(base.root(), &mut found);
    let mut gone: BTreeSet<u32> = BTreeSet::new();
    let mut sides = [Vec::new(), Vec::new()];
    for (at, inside) in &found.removable {
        if draw(12) == 0 && !inside.iter().any(|own| gone.contains(own)) {
            gone.extend(inside);
            sides[draw(2)].push(Edit::Remove { at: *at });
        }
    }
    for at in found.texts.iter().filter(|at| !gone.contains(*at)) {
        if draw(6) == 0 {
            sides[draw(2)].push(Edit::Set { at: *at, text: format!("new {}", draw(1_000)) });
        }
    }
    for (into, item) in found.lists.iter().filter(|(into, _)| !gone.contains(into)) {
        if draw(2) == 0 {
            sides[draw(2)].push(Edit::Add { into: *into, item: item.clone() });
        }
    }
    sides
}

/// What becomes of texts and workflows that are edited at random is nothing that a merge answers for.
const OF_EDITS: [&str; 8] = [
    "no-address",
    "no-initial-transition",
    "no-query",
    "no-status",
    "not-among",
    "number-twice",
    "unknown-name",
    "unreachable-step",
];

pub(crate) fn problems(config: &Config) -> Vec<String> {
    // What both sides leave out may be what Jira always has: an import leaves it as it is.
    let is_told = |code| code != "incomplete" && !OF_EDITS.contains(&code);
    let problems = check(config.root()).into_iter().filter(|own| is_told(own.code));
    problems.map(|problem| format!("{}: {} {}", problem.code, problem.path, problem.message)).collect()
}

/// Two sides that change different things never meet: the result is valid, canonical, and what both changes give in either
/// order.
fn different_things_never_meet(base: &Config, name: &str, rounds: u64) {
    let mut root = base.root().clone();
    number(&mut root, &mut 1);
    let base = Config::new(root);
    let mut seed = 7;
    for round in 0..rounds {
        let [ours, theirs] = deal(&base, &mut seed);
        assert!(!ours.is_empty() && !theirs.is_empty(), "{name} has something to change");
        let first = edited(&base, &[&ours[..], &theirs[..]].concat());
        let second = edited(&base, &[&theirs[..], &ours[..]].concat());
        assert_eq!(first, second, "{name} {round}: the order of the changes has no meaning");
        let merged = clean(merge(Some(&base), &edited(&base, &ours), &edited(&base, &theirs)));
        assert_same(&merged, &first, &format!("{name} {round}"));
        assert_eq!(problems(&merged), Vec::<String>::new(), "{name} {round}");
        assert_eq!(parse(&xml::to_string(&merged)), merged, "{name} {round} is canonical");
    }
}

#[test]
fn changes_of_different_things_never_meet() {
    different_things_never_meet(&demo(), "demo", 30);
}

#[test]
fn changes_of_different_things_never_meet_in_real_exports() {
    for path in real_data::backups().iter().step_by(4) {
        different_things_never_meet(&real_data::export(path, &[]), &path.display().to_string(), 6);
    }
}

/// Lets references name other objects and lets objects go, and returns what comes of it.
fn rewired(base: &Config, draw: &mut dyn FnMut(usize) -> usize) -> Config {
    let index = Index::new(base.root());
    let mut found: Vec<(u32, Identity)> = Vec::new();
    references(base.root(), &mut |reference| {
        let kind = Schema::get().kind(reference.target.kind);
        if kind.within.is_empty() && kind.attributes.is_empty() && index.get(&reference.target).is_some() {
            found.push((reference.element.start, reference.target));
        }
    });
    let mut root = base.root().clone();
    for _ in 0..1 + draw(2) {
        let (at, target) = &found[draw(found.len())];
        let mut names: Vec<&str> = index.of_kind(target.kind).map(Identity::name).collect();
        names.sort_unstable();
        Edit::Set { at: *at, text: names[draw(names.len())].to_owned() }.apply(&mut root);
    }
    for _ in 0..draw(3) {
        let (_, target) = &found[draw(found.len())];
        Edit::Remove { at: index.get(target).unwrap().start }.apply(&mut root);
    }
    rank(&mut root);
    Config::new(root)
}

fn dangling(config: &Config) -> BTreeSet<String> {
    problems(config).into_iter().filter(|problem| problem.starts_with("dangling")).collect()
}

/// No merge without a conflict leaves a reference to nothing that led somewhere before.
#[test]
fn no_reference_is_broken_silently() {
    let mut root = demo().root().clone();
    number(&mut root, &mut 1);
    let base = Config::new(root);
    let mut seed = 3_u64;
    let mut draw = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let (mut clean, mut used) = (0, 0);
    for round in 0..300 {
        let (ours, theirs) = (rewired(&base, &mut draw), rewired(&base, &mut draw));
        match merge(Some(&base), &ours, &theirs) {
            Merged::Clean(merged) => {
                let before: BTreeSet<String> = dangling(&ours).union(&dangling(&theirs)).cloned().collect();
                let new: Vec<String> = dangling(&merged).difference(&before).cloned().collect();
                assert_eq!(new, Vec::<String>::new(), "{round}");
                clean += 1;
            }
            Merged::Disputed(disputed) => {
                let of_use = |conflict: &&&Conflict| matches!(conflict.cause, Cause::Used(_));
                used += disputed.conflicts().iter().filter(of_use).count();
            }
        }
    }
    assert!(clean > 50 && used > 5, "both happen: {clean} {used}");
}

/// Real exports of one Jira from different times: each is a side that really came to be.
#[test]
fn the_laws_hold_between_real_exports() {
    let all: Vec<Config> =
        real_data::backups().iter().step_by(3).map(|path| real_data::export(path, &[])).collect();
    for (base, side) in all.iter().zip(all.iter().skip(1)) {
        let (ours, theirs) = (with_category(side, "☃ a"), with_category(side, "☃ b"));
        assert_eq!(clean(merge(Some(base), &ours, &theirs)), with_category(&ours, "☃ b"));
        let other = with_category(base, "☃");
        assert_eq!(clean(merge(Some(base), side, &other)), with_category(side, "☃"));
    }
}

fn demo() -> Config {
    let mut reading = pcfg::instance::open(&testdata("backup/demo"))
        .unwrap()
        .read(pcfg::instance::Scope::default(), &|_, _| {})
        .unwrap();
    let options = pcfg::select::Options { projects: pcfg::select::Projects::All, ..Default::default() };
    pcfg::select::select(&mut reading.snapshot, &options).unwrap()
}
