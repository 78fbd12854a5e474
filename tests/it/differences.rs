//! The differ: its laws on random objects, and its minimality against brute force.

use std::collections::{HashSet, VecDeque};

use pcfg::diff::{apply, diff};
use pcfg::model::{Content, Element, canonicalize, rank};
use pcfg::schema::{DeclId, Schema};
use proptest::prelude::*;

use crate::laws::{Choices, choices};
use crate::real_data;

/// Puts an element into the form in which the differ gets them: counted ranks, canonical order.
fn prepared(mut element: Element) -> Element {
    rank(&mut element);
    canonicalize(&mut element);
    element
}

fn kind_declaration(choices: &mut Choices<'_>) -> DeclId {
    let kinds: Vec<_> = Schema::get().kinds().filter(|(_, kind)| kind.within.is_empty()).collect();
    kinds[choices.below(kinds.len())].1.declaration
}

/// Changes an element here and there: drops, repeats, swaps and replaces children.
pub(crate) fn mutated(element: &Element, choices: &mut Choices<'_>) -> Element {
    let mut result = element.clone();
    if let Content::Children(children) = &mut result.content {
        for child in children.iter_mut() {
            *child = match choices.below(6) {
                1 => choices.element(child.declaration, 3),
                2 => mutated(child, choices),
                _ => child.clone(),
            };
        }
        if children.len() > 1 && choices.below(3) == 1 {
            let (a, b) = (choices.below(children.len()), choices.below(children.len()));
            children.swap(a, b);
        }
        let schema = Schema::get();
        let removable = |child: &Element| !schema.declaration(child.declaration).required;
        if let Some(at) = children.iter().position(removable)
            && choices.below(3) == 1
            && !matches!(schema.type_of(element.declaration).content, pcfg::schema::Content::Choice(_))
        {
            children.remove(at);
        }
    }
    result
}

proptest! {
    #[test]
    fn applying_the_difference_gives_the_other(a in choices(), b in choices()) {
        let mut random = Choices::new(&a);
        let declaration = kind_declaration(&mut random);
        let old = prepared(random.element(declaration, 6));
        let mut random = Choices::new(&b);
        let new = match random.below(3) {
            0 => random.element(declaration, 6),
            _ => mutated(&old, &mut random),
        };
        // The attribute of an object is part of its identity: only the same object is compared.
        let new = prepared(Element { attributes: old.attributes.clone(), ..new });
        prop_assert_eq!(diff(&old, &old), []);
        let changes = diff(&old, &new);
        let applied = apply(&changes, &old);
        prop_assert_eq!(&applied, &new, "{:#?}", changes);
        prop_assert_eq!(changes.is_empty(), old == new);
    }
}

/// Makes the list that a test describes by letters, in a board: its cards' colours have no identity, its columns have.
fn board(list: &str, letters: &[u8]) -> Element {
    let schema = Schema::get();
    let board = schema.kind(schema.kind_named("scrumKanbanBoard").unwrap()).declaration;
    let (item, property) = if list == "cardColors" { ("cardColor", "color") } else { ("column", "name") };
    let list = schema.child(board, list).unwrap();
    let item = schema.child(list, item).unwrap();
    let property = schema.child(item, property).unwrap();
    let items = letters.iter().map(|letter| {
        Element::parent(item, vec![Element::leaf(property, char::from(b'a' + letter).to_string())])
    });
    prepared(Element::parent(board, vec![Element::parent(list, items.collect())]))
}

/// Finds by trying everything how few steps lead from one list to another.
fn fewest_steps(from: &[u8], to: &[u8], may_change: bool) -> usize {
    let alphabet: Vec<u8> = to.to_vec();
    let mut seen = HashSet::from([from.to_vec()]);
    let mut waiting = VecDeque::from([(from.to_vec(), 0)]);
    while let Some((list, steps)) = waiting.pop_front() {
        if list == to {
            return steps;
        }
        let mut next = Vec::new();
        for at in 0..list.len() {
            let mut shorter = list.clone();
            let item = shorter.remove(at);
            for place in 0..=shorter.len() {
                let mut moved = shorter.clone();
                moved.insert(place, item);
                next.push(moved);
            }
            for letter in alphabet.iter().filter(|_| may_change) {
                let mut changed = list.clone();
                changed[at] = *letter;
                next.push(changed);
            }
            next.push(shorter);
        }
        for at in 0..=list.len() {
            for letter in &alphabet {
                let mut longer = list.clone();
                longer.insert(at, *letter);
                next.push(longer);
            }
        }
        for list in next {
            if list.len() <= from.len().max(to.len()) && seen.insert(list.clone()) {
                waiting.push_back((list, steps + 1));
            }
        }
    }
    unreachable!("every list can be reached")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Items without identity: no smaller number of changes, moves, additions and removals does it.
    #[test]
    fn lists_without_identity_change_as_little_as_possible(
        from in proptest::collection::vec(0u8..4, 0..5),
        to in proptest::collection::vec(0u8..4, 0..5),
    ) {
        let (old, new) = (board("cardColors", &from), board("cardColors", &to));
        prop_assert_eq!(diff(&old, &new).len(), fewest_steps(&from, &to, true), "{:#?}", diff(&old, &new));
    }

    /// Items with identity are never turned into one another; they are different letters here.
    #[test]
    fn lists_with_identity_change_as_little_as_possible(
        from in Just(vec![0u8, 1, 2, 3, 4]).prop_shuffle(),
        to in Just(vec![1u8, 2, 3, 4, 5]).prop_shuffle(),
        short in 0usize..4,
    ) {
        let (from, to) = (&from[short.min(1)..], &to[..5 - short]);
        let (old, new) = (board("columns", from), board("columns", to));
        prop_assert_eq!(diff(&old, &new).len(), fewest_steps(from, to, false), "{:#?}", diff(&old, &new));
    }
}

/// The example of the product's documentation: same name and full name, other e-mail: one property changes.
#[test]
fn one_property_of_a_user_changes() {
    let user = |email: &str| {
        let text = format!(
            "<projectConfig formatVersion=\"1\"><projects/><users><user><username>john</username>\
            <fullName>John</fullName><email>{email}</email></user></users></projectConfig>"
        );
        prepared(pcfg::xml::read(&text).root.unwrap())
    };
    let (old, new) = (user("john@old.example"), user("john@new.example"));
    let changes = diff(&old, &new);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    let pcfg::diff::Action::Set { old: Some(old), new: Some(new) } = &changes[0].action else {
        panic!("{changes:#?}");
    };
    assert_eq!((old.tag(), old.text(), new.text()), ("email", "john@old.example", "john@new.example"));
}

/// Any two exports of one kind of backup differ by changes that lead from one to the other.
#[test]
fn real_exports_differ_by_changes_that_apply() {
    let mut before: Option<Element> = None;
    for path in real_data::backups() {
        let config = real_data::export(&path, &[]);
        if let Some(old) = &before {
            let changes = diff(old, config.root());
            assert_eq!(apply(&changes, old), *config.root(), "{}", path.display());
        }
        before = Some(config.root().clone());
    }
}
