//! Carries out changes on an object.

use super::{Action, Change, Step, is_ordered, order_key};
use crate::model::{Content, Element, canonicalize, rank};
use crate::schema::{Content as Allowed, DeclId, Schema};

/// Returns the object with the changes applied, in canonical order. The changes must come from [`super::diff`] with this
/// object as the old one; what does not fit is left out.
pub fn apply(changes: &[Change], old: &Element) -> Element {
    let mut new = element(old, changes.iter().map(|change| (&change.way[..], &change.action)).collect());
    rank(&mut new);
    canonicalize(&mut new);
    new
}

type Rest<'a> = (&'a [Step], &'a Action);

fn element(old: &Element, changes: Vec<Rest<'_>>) -> Element {
    if changes.is_empty() {
        return old.clone();
    }
    let schema = Schema::get();
    let mut children = Vec::new();
    let declared: &[DeclId] = match &schema.type_of(old.declaration).content {
        Allowed::Children(declared) | Allowed::Choice(declared) => declared,
        _ => return replaced(old, &changes),
    };
    for &declaration in declared {
        let own: Vec<&Element> =
            old.children().iter().filter(|child| child.declaration == declaration).collect();
        let items = &schema.declaration(declaration).items;
        let here = changes.iter().filter(|(way, action)| concerns(way, action, declaration)).copied();
        match items {
            None => children.extend(single(own.first().copied(), here.collect())),
            Some(items) => children.extend(list(&own, here.collect(), is_ordered(items))),
        }
    }
    Element { content: Content::Children(children), ..old.clone() }
}

fn replaced(old: &Element, changes: &[Rest<'_>]) -> Element {
    let new = changes.iter().find_map(|(_, action)| match action {
        Action::Set { new, .. } => new.clone(),
        _ => None,
    });
    new.unwrap_or_else(|| old.clone())
}

/// Returns whether a change happens to children of that declaration.
fn concerns(way: &[Step], action: &Action, declaration: DeclId) -> bool {
    match (way, action) {
        ([], Action::Set { old, new }) => {
            old.as_ref().or(new.as_ref()).is_some_and(|element| element.declaration == declaration)
        }
        ([first, ..], _) => first.declaration == declaration,
        ([], _) => false,
    }
}

fn single(old: Option<&Element>, changes: Vec<Rest<'_>>) -> Option<Element> {
    for (way, action) in &changes {
        if let ([], Action::Set { new, .. }) = (way, action) {
            return new.clone();
        }
    }
    let inside = changes.into_iter().map(|(way, action)| (&way[1..], action)).collect();
    old.map(|old| element(old, inside))
}

fn list(old: &[&Element], changes: Vec<Rest<'_>>, ordered: bool) -> Vec<Element> {
    let mut gone = vec![false; old.len()];
    let mut placed: Vec<(usize, Element)> = Vec::new();
    let mut added: Vec<Element> = Vec::new();
    let mut inside: Vec<Vec<Rest<'_>>> = vec![Vec::new(); old.len()];
    let mut moves: Vec<(usize, usize)> = Vec::new();
    for (way, action) in changes {
        match (way, action) {
            ([_], Action::Remove { number, .. }) => gone[*number] = true,
            ([_], Action::Move { number, place, .. }) => moves.push((*number, *place)),
            ([_], Action::Add { item, place: Some(place) }) => placed.push((*place, item.clone())),
            ([_], Action::Add { item, place: None }) => added.push(item.clone()),
            ([first, rest @ ..], action) => inside[first.number].push((rest, action)),
            ([], _) => {}
        }
    }
    let changed: Vec<Element> = old.iter().zip(inside).map(|(old, changes)| item(old, changes)).collect();
    for (number, place) in moves {
        gone[number] = true;
        placed.push((place, changed[number].clone()));
    }
    let mut result: Vec<Element> =
        changed.into_iter().zip(gone).filter(|(_, gone)| !gone).map(|(element, _)| element).collect();
    if ordered {
        result = by_rank(result);
        placed.sort_by_key(|(place, _)| *place);
        for (place, element) in placed {
            result.insert(place.min(result.len()), element);
        }
        return with_ranks(result);
    }
    result.extend(added);
    result
}

/// Applies changes to one item; a change of its own value keeps the rank, which is counted anew.
fn item(old: &Element, changes: Vec<Rest<'_>>) -> Element {
    match changes.first() {
        Some(([], Action::Set { new: Some(new), .. }))
            if changes.len() == 1 && new.declaration == old.declaration =>
        {
            new.clone()
        }
        _ => element(old, changes),
    }
}

/// Puts the items of a list with ranks into the order of their ranks.
fn by_rank(mut list: Vec<Element>) -> Vec<Element> {
    let Some(first) = list.first() else { return list };
    if let Some(items) = &Schema::get().declaration(first.declaration).items {
        list.sort_by(|a, b| order_key(items, a).cmp(&order_key(items, b)));
    }
    list
}

/// Numbers the items of a list with ranks as they stand now.
fn with_ranks(mut list: Vec<Element>) -> Vec<Element> {
    let Some(first) = list.first() else { return list };
    let items = &Schema::get().declaration(first.declaration).items;
    if let Some(key) = items.as_ref().and_then(|items| items.rank.as_ref()) {
        for (place, element) in list.iter_mut().enumerate() {
            element.set_value(key, &(place + 1).to_string());
        }
    }
    list
}
