//! The differ against brute force: whatever the schema allows to stand in a list, no smaller number of elementary changes leads
//! from one element to another.
//!
//! The search knows what one change is (the schema says it: identity, relation, rank), and nothing of how the differ finds them:
//! it makes every change that there is, from both sides, until both meet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use pcfg::diff::{Action, apply, diff};
use pcfg::model::{Content, Element, canonicalize, rank};
use pcfg::schema::{self, DUPLICATE, DeclId, ESCAPED, Items, Key, KeyPart, Relation, Schema, Simple, Values};
use proptest::prelude::*;

use crate::laws::{Choices, choices};

/// How many elements a search may look at; where more is needed the case is left out.
const STATES: usize = 6_000;

fn prepared(mut element: Element) -> Element {
    rank(&mut element);
    canonicalize(&mut element);
    element
}

/// The lists of the schema: every repeated declaration, and an element that it may stand in.
fn lists() -> Vec<(DeclId, DeclId)> {
    let schema = Schema::get();
    let all: Vec<DeclId> =
        schema.of_configurations().into_iter().flat_map(|ty| schema.ty(ty).children()).copied().collect();
    let mut lists = Vec::new();
    for &list in all.iter().filter(|list| schema.declaration(**list).items.is_some()) {
        let holds = |parent: &&DeclId| schema.children(**parent).contains(&list);
        lists.extend(all.iter().find(holds).map(|parent| (*parent, list)));
    }
    lists
}

/// Makes a small element: few values, so that items of two elements often agree.
fn small(random: &mut Choices<'_>, declaration: DeclId, depth: usize) -> Element {
    let schema = Schema::get();
    let ty = schema.type_of(declaration);
    let mut element = match &ty.content {
        schema::Content::Empty => Element::leaf(declaration, ""),
        schema::Content::Leaf(simple) => Element::leaf(declaration, value(random, simple)),
        schema::Content::Reference(_) => Element::leaf(declaration, ["a", "b", "c"][random.below(3)]),
        schema::Content::Choice(children) => {
            let child = children[random.below(children.len())];
            Element::parent(declaration, vec![small(random, child, depth)])
        }
        schema::Content::Children(allowed) => {
            let mut children = Vec::new();
            let mut optional = 3;
            for &child in allowed {
                let own = schema.declaration(child);
                let is_key = own.owner.is_some() && is_key(declaration, child);
                let count = match (own.required || is_key, own.items.is_some()) {
                    (true, _) => 1,
                    _ if optional == 0 || random.below(3) != 1 => 0,
                    (_, true) if depth > 0 => random.below(3),
                    (_, true) => 0,
                    _ => usize::from(depth > 0 || schema.children(child).is_empty()),
                };
                optional -= usize::from(count > 0 && !own.required && !is_key);
                children.extend((0..count).map(|_| small(random, child, depth.saturating_sub(1))));
            }
            Element::parent(declaration, children)
        }
    };
    for (number, attribute) in ty.attributes.iter().enumerate() {
        let is_plain = attribute.name != ESCAPED && attribute.name != DUPLICATE;
        if is_plain && (attribute.required || random.below(4) == 1) {
            element.set_attribute(number as u8, value(random, &attribute.value));
        }
    }
    element
}

/// Returns whether a child is part of what tells an item from others: mostly it is there.
fn is_key(item: DeclId, child: DeclId) -> bool {
    let items = Schema::get().declaration(item).items.as_ref();
    items.is_some_and(|items| items.identity.iter().any(|key| key.path.first() == Some(&child)))
}

fn value(random: &mut Choices<'_>, simple: &Simple) -> String {
    match &simple.values {
        Values::Any => ["a", "b", "c"][random.below(3)].to_owned(),
        Values::Number => (random.below(3) + 1).to_string(),
        Values::Date => ["2025-01-01", "2025-01-02"][random.below(2)].to_owned(),
        Values::Moment => {
            ["2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.000Z"][random.below(2)].to_owned()
        }
        Values::OneOf(values) => values[random.below(values.len().min(3))].clone(),
        Values::Parts => ["status/name", "project/key"][random.below(2)].to_owned(),
    }
}

/// What tells an item from the others of its list; nothing for items that only all of their content tells apart.
fn name(items: &Items, item: &Element) -> Option<String> {
    if items.identity.iter().any(|key| key.part == KeyPart::Whole) {
        return None;
    }
    let mut name = String::new();
    for key in &items.identity {
        let element = item.at(key);
        write!(name, "{:?};", element.map(|own| own.value_here(key))).unwrap();
        if key.part == KeyPart::Value {
            let rank = items.rank.as_ref().map(|rank| rank.part);
            let attributes = element.into_iter().flat_map(|own| &own.attributes);
            for (number, value) in attributes.filter(|(own, _)| rank != Some(KeyPart::Attribute(*own))) {
                write!(name, "{number}={value};").unwrap();
            }
        }
    }
    Some(name)
}

/// Returns an item without the number of its place.
fn unplaced(items: &Items, item: &Element) -> Element {
    let mut item = item.clone();
    match &items.rank {
        Some(Key { part: KeyPart::Attribute(number), .. }) => {
            item.attributes.retain(|(own, _)| own != number);
        }
        Some(Key { path, .. }) => {
            item.children_mut().into_iter().for_each(|all| all.retain(|own| path != &[own.declaration]));
        }
        None => {}
    }
    item
}

/// The list in which the place of an item counts: items of one group (the options of one parent).
fn group(items: &Items, item: &Element) -> Vec<Option<String>> {
    let Some(rank) = &items.rank else { return Vec::new() };
    let is_sorted = items.sort.iter().any(|key| key.spelling == rank.spelling);
    let before = items.sort.iter().take_while(|key| is_sorted && key.spelling != rank.spelling);
    before.map(|key| item.value(key).map(str::to_owned)).collect()
}

fn number(items: &Items, item: &Element) -> i64 {
    items.rank.as_ref().and_then(|rank| item.value(rank)?.parse().ok()).unwrap_or(0)
}

/// Returns whether no list holds the same twice.
fn is_sound(element: &Element) -> bool {
    let mut seen = BTreeSet::new();
    element.children().iter().all(|child| {
        let is_new = match &Schema::get().declaration(child.declaration).items {
            Some(items) => match name(items, child) {
                Some(name) => seen.insert((child.declaration, name)),
                None => {
                    items.relation == Relation::Ordered || seen.insert((child.declaration, spelled(child)))
                }
            },
            None => true,
        };
        is_new && is_sound(child)
    })
}

fn spelled(element: &Element) -> String {
    fn write_to(element: &Element, text: &mut String) {
        write!(text, "{:?}{:?}", element.declaration, element.attributes).unwrap();
        match &element.content {
            Content::Text(own) => write!(text, "{own:?}").unwrap(),
            Content::Children(children) => {
                text.push('(');
                children.iter().for_each(|child| write_to(child, text));
                text.push(')');
            }
        }
    }
    let mut text = String::new();
    write_to(element, &mut text);
    text
}

/// All that there is to set and to add, by declaration.
#[derive(Default)]
struct Pool(BTreeMap<DeclId, Vec<Element>>);

impl Pool {
    fn of(elements: [&Element; 2]) -> Self {
        let mut pool = Self::default();
        elements.into_iter().for_each(|element| pool.take(element));
        pool
    }

    fn take(&mut self, element: &Element) {
        for child in element.children() {
            let own = match &Schema::get().declaration(child.declaration).items {
                Some(items) => unplaced(items, child),
                None => child.clone(),
            };
            let known = self.0.entry(child.declaration).or_default();
            if !known.contains(&own) {
                known.push(own);
            }
            self.take(child);
        }
    }

    fn of_kind(&self, declaration: DeclId) -> &[Element] {
        self.0.get(&declaration).map_or(&[], Vec::as_slice)
    }
}

/// Returns all that one change makes of an element. What stands in both `ends` is known to be the same: it is neither taken away
/// nor brought.
fn changed(now: &Element, ends: Option<[&Element; 2]>, pool: &Pool) -> Vec<Element> {
    let mut all = Vec::new();
    for &declaration in Schema::get().children(now.declaration) {
        let others: Vec<Element> =
            now.children().iter().filter(|own| own.declaration != declaration).cloned().collect();
        let own: Vec<Element> =
            now.children().iter().filter(|own| own.declaration == declaration).cloned().collect();
        let lists = match &Schema::get().declaration(declaration).items {
            Some(items) => changed_lists(declaration, items, own, ends, pool),
            None => changed_single(declaration, own.into_iter().next(), ends, pool),
        };
        all.extend(lists.into_iter().map(|list| {
            let children = others.iter().cloned().chain(list).collect();
            prepared(Element { content: Content::Children(children), ..now.clone() })
        }));
    }
    all.retain(|element| element != now && is_sound(element));
    all
}

fn has_parts(element: &Element) -> bool {
    matches!(Schema::get().type_of(element.declaration).content, schema::Content::Children(_))
}

fn changed_single(
    declaration: DeclId,
    own: Option<Element>,
    ends: Option<[&Element; 2]>,
    pool: &Pool,
) -> Vec<Vec<Element>> {
    let in_ends = ends.and_then(|[a, b]| Some([a.child(declaration)?, b.child(declaration)?]));
    let mut all = Vec::new();
    if let Some(own) = own.as_ref().filter(|own| has_parts(own)) {
        all.extend(changed(own, in_ends, pool).into_iter().map(|new| vec![new]));
        if in_ends.is_none() {
            all.push(Vec::new());
        }
        return all;
    }
    all.push(Vec::new());
    all.extend(pool.of_kind(declaration).iter().map(|new| vec![new.clone()]));
    all
}

fn changed_lists(
    declaration: DeclId,
    items: &Items,
    mut own: Vec<Element>,
    ends: Option<[&Element; 2]>,
    pool: &Pool,
) -> Vec<Vec<Element>> {
    let has_places = items.relation == Relation::Ordered || items.rank.is_some();
    own.sort_by_key(|item| (group(items, item), number(items, item)));
    let own: Vec<Element> = own.iter().map(|item| unplaced(items, item)).collect();
    let end = |end: &Element, wanted: &Option<String>| -> Option<Element> {
        let mut of_end = end.children().iter().filter(|item| item.declaration == declaration);
        of_end.find(|item| wanted.is_some() && name(items, item) == *wanted).cloned()
    };
    let in_ends = |wanted: &Option<String>| ends.and_then(|[a, b]| Some([end(a, wanted)?, end(b, wanted)?]));
    let mut all = Vec::new();
    for (at, item) in own.iter().enumerate() {
        let mut rest = own.clone();
        rest.remove(at);
        let known = name(items, item);
        let both = in_ends(&known);
        if both.is_none() {
            all.push(rest.clone());
        }
        if has_places {
            all.extend((0..=rest.len()).map(|place| with(&rest, place, item)));
        }
        let is_value = known.is_none() && items.relation == Relation::Set;
        let inner = match has_parts(item) {
            _ if is_value => Vec::new(),
            true => changed(item, both.as_ref().map(|[a, b]| [a, b]), pool),
            false => pool.of_kind(declaration).to_vec(),
        };
        let same = inner.into_iter().filter(|new| name(items, new) == known);
        all.extend(same.map(|new| with(&rest, at, &new)));
    }
    for item in pool.of_kind(declaration) {
        let known = name(items, item);
        if in_ends(&known).is_some() {
            continue;
        }
        let places = if has_places { 0..=own.len() } else { 0..=0 };
        all.extend(places.map(|place| with(&own, place, item)));
    }
    for list in &mut all {
        if let Some(rank) = &items.rank {
            for (place, item) in list.iter_mut().enumerate() {
                item.set_value(rank, &(place + 1).to_string());
            }
        }
    }
    all
}

fn with(list: &[Element], place: usize, item: &Element) -> Vec<Element> {
    let mut list = list.to_vec();
    list.insert(place, item.clone());
    list
}

/// Finds by trying everything, from both sides, how few changes lead from one element to another; `None` where that is too much.
fn fewest(from: &Element, to: &Element) -> Option<usize> {
    if from == to {
        return Some(0);
    }
    let pool = Pool::of([from, to]);
    let start = |element: &Element| (HashMap::from([(spelled(element), 0)]), vec![element.clone()]);
    let mut sides = [start(from), start(to)];
    let mut depths = [0, 0];
    while sides[0].0.len() + sides[1].0.len() < STATES {
        let near = usize::from(sides[1].1.len() < sides[0].1.len());
        let frontier = std::mem::take(&mut sides[near].1);
        depths[near] += 1;
        let mut met: Option<usize> = None;
        for element in frontier {
            for next in changed(&element, Some([from, to]), &pool) {
                let key = spelled(&next);
                if let Some(far) = sides[1 - near].0.get(&key) {
                    let steps = depths[near] + far;
                    met = Some(met.map_or(steps, |met| met.min(steps)));
                }
                if let std::collections::hash_map::Entry::Vacant(new) = sides[near].0.entry(key) {
                    new.insert(depths[near]);
                    sides[near].1.push(next);
                }
            }
        }
        if met.is_some() {
            return met;
        }
    }
    None
}

/// Makes a pair of elements that hold a list: another one, or the same after a few changes.
fn pair(random: &mut Choices<'_>, parent: DeclId, list: DeclId) -> [Element; 2] {
    let mut make = || {
        let mut children: Vec<Element> = Vec::new();
        for _ in 0..random.below(5) {
            let item = small(random, list, 2);
            let both = Element::parent(parent, children.iter().cloned().chain([item.clone()]).collect());
            if is_sound(&prepared(both)) {
                children.push(item);
            }
        }
        prepared(Element::parent(parent, children))
    };
    let (old, other) = (make(), make());
    let pool = Pool::of([&old, &other]);
    let mut new = old.clone();
    for _ in 0..=random.below(4) {
        let mut all = changed(&new, None, &pool);
        if !all.is_empty() {
            new = all.swap_remove((random.below(256) * 256 + random.below(256)) % all.len());
        }
    }
    [old, new]
}

fn is_least(old: &Element, new: &Element) -> Result<Option<Vec<pcfg::diff::Change>>, String> {
    let changes = diff(old, new);
    if apply(&changes, old) != *new {
        return Err(format!("they do not lead there: {changes:#?}"));
    }
    match fewest(old, new) {
        Some(least) if least != changes.len() => {
            Err(format!("{least} will do, not {}: {changes:#?}\nfrom {old:#?}\nto {new:#?}", changes.len()))
        }
        Some(_) => Ok(Some(changes)),
        None => Ok(None),
    }
}

proptest! {
    #[test]
    fn no_smaller_set_of_changes_leads_there(which in any::<prop::sample::Index>(), bytes in choices()) {
        let (parent, list) = *which.get(&lists());
        let [old, new] = pair(&mut Choices::new(&bytes), parent, list);
        prop_assert!(is_least(&old, &new).is_ok(), "{}", is_least(&old, &new).unwrap_err());
    }
}

/// Every list of the schema is tried, and every kind of list has met every kind of change.
#[test]
fn each_list_of_the_schema_changes_as_little_as_possible() {
    let (mut tried, mut given_up) = (0, 0);
    let mut met: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut state = 1_u64;
    for (parent, list) in lists() {
        let items = Schema::get().declaration(list).items.as_ref().unwrap();
        let has_names = items.identity.iter().all(|key| key.part != KeyPart::Whole);
        let sort = match (items.relation, &items.rank, has_names) {
            (Relation::Ordered, _, true) => "kept order, by identity",
            (Relation::Ordered, _, false) => "kept order, by all of it",
            (_, Some(rank), _) if matches!(rank.part, KeyPart::Attribute(_)) => "ranked by an attribute",
            (_, Some(_), _) => "ranked by a child",
            (_, None, true) => "set, by identity",
            (_, None, false) => "set, by all of it",
        };
        for _ in 0..6 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .take(2_000)
            .collect();
            let [old, new] = pair(&mut Choices::new(&bytes), parent, list);
            tried += 1;
            match is_least(&old, &new) {
                Ok(Some(changes)) => met.extend(changes.iter().map(|change| {
                    let what = match (&change.action, change.way.len()) {
                        (Action::Add { .. }, 1) => "an item comes",
                        (Action::Remove { .. }, 1) => "an item goes",
                        (Action::Move { .. }, 1) => "an item moves",
                        _ => "an item changes",
                    };
                    (sort, what)
                })),
                Ok(None) => given_up += 1,
                Err(why) => panic!(
                    "{} in {}: {why}",
                    Schema::get().declaration(list).name,
                    Schema::get().declaration(parent).name
                ),
            }
        }
    }
    assert!(given_up * 5 < tried, "{given_up} of {tried} were too much");
    let met: Vec<String> = met.iter().map(|(sort, what)| format!("{sort}: {what}")).collect();
    insta::assert_snapshot!(met.join("\n"), @"
    kept order, by all of it: an item changes
    kept order, by all of it: an item comes
    kept order, by all of it: an item goes
    kept order, by all of it: an item moves
    kept order, by identity: an item changes
    kept order, by identity: an item comes
    kept order, by identity: an item goes
    kept order, by identity: an item moves
    ranked by a child: an item changes
    ranked by a child: an item comes
    ranked by a child: an item goes
    ranked by a child: an item moves
    ranked by an attribute: an item comes
    ranked by an attribute: an item goes
    ranked by an attribute: an item moves
    set, by all of it: an item comes
    set, by all of it: an item goes
    set, by identity: an item changes
    set, by identity: an item comes
    set, by identity: an item goes
    ");
}
