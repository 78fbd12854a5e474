//! Merging of changes that are dealt to two sides at random, and how often the laws of merging are really tried.

use std::collections::BTreeSet;

use pcfg::diff;
use pcfg::merge::{Merged, merge};
use pcfg::model::{Cause, Config, Conflict, Content, Element, rank};
use pcfg::schema::{DeclId, Relation, Schema};
use pcfg::xml;

use crate::laws::Choices;
use crate::merge::{assert_same, changed, much_changed, parse, random};

/// Makes an element one that an export could be: no two items of one identity, and nothing beside what stands alone.
fn sound(element: &mut Element) {
    let schema = Schema::get();
    let owner = element.declaration;
    let Content::Children(children) = &mut element.content else { return };
    let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    children.retain_mut(|child| {
        sound(child);
        let declaration = schema.declaration(child.declaration);
        declaration.items.as_ref().is_none_or(|items| match diff::has_identity(items) {
            true => seen.insert((declaration.name.clone(), diff::identity(items, child))),
            false => items.relation == Relation::Ordered || seen.insert((format!("{child:?}"), Vec::new())),
        })
    });
    if let Some(alone) = schema.alone(owner) {
        let is_rest =
            |child: &Element| child.declaration != alone && !schema.tells_apart(owner, child.declaration);
        let has_rest = children.iter().any(is_rest);
        children.retain(|child| child.declaration != alone);
        if !has_rest {
            children.push(Element::leaf(alone, "true"));
        }
    }
}

/// Puts changes together that are about one thing: the order of a list, or items that have no name.
fn bundles(changes: Vec<diff::Change>) -> Vec<Vec<diff::Change>> {
    /// Where a list is, and of what.
    type Thing = (Vec<diff::Step>, DeclId);
    let items = |declaration: DeclId| Schema::get().declaration(declaration).items.as_ref();
    let is_one_thing = |declaration: DeclId| {
        items(declaration).is_some_and(|items| diff::is_ordered(items) || !diff::has_identity(items))
    };
    let mut bundles: Vec<(Option<Thing>, Vec<diff::Change>)> = Vec::new();
    for change in changes {
        let through = change.way.iter().position(|step| is_one_thing(step.declaration));
        let key = match (&change.action, through) {
            (_, Some(at)) => Some((change.way[..at].to_vec(), change.way[at].declaration)),
            (
                diff::Action::Add { item, .. }
                | diff::Action::Remove { item, .. }
                | diff::Action::Move { item, .. },
                None,
            ) if is_one_thing(item.declaration) => Some((change.way.clone(), item.declaration)),
            _ => None,
        };
        match bundles.iter_mut().find(|(own, _)| key.is_some() && *own == key) {
            Some((_, bundle)) => bundle.push(change),
            None => bundles.push((key, vec![change])),
        }
    }
    bundles.into_iter().map(|(_, bundle)| bundle).collect()
}

/// The changes between two random configurations, dealt to two sides: the merge is what all of them give, in either order.
/// How often that was tried is counted, so that the law cannot come to hold of nothing.
#[test]
fn changes_dealt_to_two_sides_give_what_all_of_them_give() {
    let mut seed = 11_u64;
    let mut draw = move |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let (mut tried, mut changes_dealt, mut used) = (0, 0, 0);
    for round in 0..300 {
        let mut bytes = || -> Vec<u8> { (0..draw(3_000)).map(|_| draw(256) as u8).collect() };
        let (first, second) = (bytes(), bytes());
        let base = random(&mut Choices::new(&first));
        let after = changed(&base, &mut Choices::new(&second));
        let [base, after] = [base, after].map(|config| {
            let mut root = config.root().clone();
            sound(&mut root);
            rank(&mut root);
            Config::new(root)
        });
        let mut sides = [Vec::new(), Vec::new()];
        for bundle in bundles(diff::diff(base.root(), after.root())) {
            sides[draw(2)].extend(bundle);
        }
        let [ours, theirs] = &sides;
        if ours.is_empty() || theirs.is_empty() {
            continue;
        }
        let applied = |changes: &[diff::Change]| Config::new(diff::apply(changes, base.root()));
        assert_same(&applied(&[&ours[..], theirs].concat()), &after, &format!("{round}: ours, theirs"));
        assert_same(&applied(&[&theirs[..], ours].concat()), &after, &format!("{round}: theirs, ours"));
        match merge(Some(&base), &applied(ours), &applied(theirs)) {
            Merged::Clean(merged) => {
                assert_same(&merged, &after, &format!("{round}: {sides:#?}"));
                assert_eq!(parse(&xml::to_string(&merged)), merged, "{round} is canonical");
                tried += 1;
                changes_dealt += ours.len() + theirs.len();
            }
            // The one conflict of different things: what one side removed is what the other newly refers to.
            Merged::Disputed(disputed) => {
                let is_of_use = |conflict: &&Conflict| matches!(conflict.cause, Cause::Used(_));
                let other: Vec<_> = disputed.conflicts().into_iter().filter(|own| !is_of_use(own)).collect();
                assert_eq!(other, Vec::<&Conflict>::new(), "{round}: {sides:#?}");
                used += 1;
            }
        }
    }
    eprintln!("{tried} merges of {changes_dealt} changes, {used} with a use in dispute");
    assert!(tried > 100 && changes_dealt > 2_000, "{tried} merges of {changes_dealt} changes");
}

/// The random sides of the laws above are no copies of the base, and meet often enough: else the laws would say nothing.
#[test]
fn random_sides_differ_and_meet() {
    let mut seed = 5_u64;
    let mut draw = move |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let (mut changed_both, mut clean, mut disputed, mut conflicts) = (0, 0, 0, 0);
    for _ in 0..200 {
        let mut bytes = || -> Vec<u8> { (0..draw(3_000)).map(|_| draw(256) as u8).collect() };
        let (first, second, third) = (bytes(), bytes(), bytes());
        let base = random(&mut Choices::new(&first));
        let [ours, theirs] = [second, third].map(|own| much_changed(&base, &mut Choices::new(&own)));
        if ours == base || theirs == base || ours == theirs {
            continue;
        }
        changed_both += 1;
        match merge(Some(&base), &ours, &theirs) {
            Merged::Clean(_) => clean += 1,
            Merged::Disputed(own) => {
                disputed += 1;
                conflicts += own.conflicts().len();
            }
        }
    }
    eprintln!(
        "{changed_both} of 200 changed by both sides: {clean} clean, {disputed} with {conflicts} conflicts"
    );
    assert!(changed_both > 100 && clean > 20 && disputed > 50, "{changed_both} {clean} {disputed}");
}
