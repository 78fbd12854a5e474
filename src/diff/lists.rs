//! Lists of repeated elements: which old item is which new one, and what it costs.

use std::collections::HashMap;

use super::{Action, Change, Step, has_identity, has_parts, is_ordered, order_key};
use crate::model::{Content, Element, longest_rising};
use crate::schema::{DUPLICATE, DeclId, Items, Key, KeyPart, Schema};

/// Anonymous lists longer than this are matched place by place instead of by trying every way.
const TRIED: usize = 6;

pub(super) fn compare(
    declaration: DeclId,
    items: &Items,
    old: &[Element],
    new: &[Element],
    way: &mut Vec<Step>,
    changes: &mut Vec<Change>,
) {
    if old == new {
        return;
    }
    let (old_order, new_order) = (in_order(items, old), in_order(items, new));
    let ordered = is_ordered(items);
    let matched = match_items(items, old, new, &old_order, &new_order);
    let mut partner: Vec<Option<usize>> = vec![None; old.len()];
    for (number, place) in &matched {
        partner[*number] = Some(*place);
    }
    let moved = if ordered { moved_items(&new_order, &old_order, &partner) } else { vec![false; old.len()] };
    let mut place_of = vec![0; new.len()];
    new_order.iter().enumerate().for_each(|(place, index)| place_of[*index] = place);
    let mut is_matched = vec![false; new.len()];
    matched.iter().for_each(|(_, index)| is_matched[*index] = true);
    for (number, item) in old.iter().enumerate() {
        if partner[number].is_none() {
            let action = Action::Remove { item: item.clone(), number };
            changes.push(Change { way: with(way, declaration), action });
        }
    }
    for (number, item) in old.iter().enumerate() {
        let Some(index) = partner[number] else { continue };
        if moved[number] {
            let action = Action::Move { item: item.clone(), number, place: place_of[index] };
            changes.push(Change { way: with(way, declaration), action });
        }
        way.push(Step { declaration, number });
        inside(items, item, &new[index], way, changes);
        way.pop();
    }
    for &index in &new_order {
        if !is_matched[index] {
            let place = ordered.then(|| place_of[index]);
            changes.push(Change {
                way: with(way, declaration),
                action: Action::Add { item: new[index].clone(), place },
            });
        }
    }
}

/// The way to a list ends in a step that names its declaration; the number has no meaning there.
fn with(way: &[Step], declaration: DeclId) -> Vec<Step> {
    let mut way = way.to_vec();
    way.push(Step { declaration, number: 0 });
    way
}

/// Compares two items that are the same.
fn inside(items: &Items, old: &Element, new: &Element, way: &mut Vec<Step>, changes: &mut Vec<Change>) {
    let (old, new) = (without_rank(items, old), without_rank(items, new));
    if old == new {
        return;
    }
    if has_parts(old.declaration) && old.attributes == new.attributes {
        super::children(&old, &new, way, changes);
    } else {
        let action = Action::Set { old: Some(old), new: Some(new) };
        changes.push(Change { way: way.clone(), action });
    }
}

/// Returns an item without the number that only says its place.
pub fn without_rank(items: &Items, item: &Element) -> Element {
    let mut item = item.clone();
    match &items.rank {
        Some(Key { part: KeyPart::Attribute(number), .. }) => {
            item.attributes.retain(|(own, _)| own != number);
        }
        Some(Key { path, .. }) => {
            if let (Content::Children(children), [step]) = (&mut item.content, &path[..]) {
                children.retain(|child| child.declaration != *step);
            }
        }
        None => {}
    }
    item
}

/// Returns the numbers of items in the order that has a meaning.
pub fn in_order(items: &Items, list: &[Element]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by(|a, b| order_key(items, &list[*a]).cmp(&order_key(items, &list[*b])));
    order
}

/// Returns what an item is known by: the fields of its identity, with the attributes of references.
pub fn identity(items: &Items, item: &Element) -> Vec<String> {
    let schema = Schema::get();
    let mut fields = Vec::new();
    for key in &items.identity {
        let Some(element) = item.at(key) else {
            fields.push(String::new());
            continue;
        };
        fields.push(element.value_here(key).to_owned());
        let rank = items.rank.as_ref().map(|rank| rank.part);
        if key.part == KeyPart::Value {
            let own =
                element.attributes.iter().filter(|(number, _)| rank != Some(KeyPart::Attribute(*number)));
            fields.extend(own.map(|(number, value)| format!("{number}={value}")));
        }
    }
    let duplicate = schema.attribute(schema.declaration(item.declaration).ty, DUPLICATE);
    fields.push(duplicate.and_then(|number| item.attribute(number)).unwrap_or_default().to_owned());
    fields
}

/// Returns which items of two lists are the same: pairs of a number in the old and a number in the new one.
pub fn pairs(items: &Items, old: &[Element], new: &[Element]) -> Vec<(usize, usize)> {
    match_items(items, old, new, &in_order(items, old), &in_order(items, new))
}

fn match_items(
    items: &Items,
    old: &[Element],
    new: &[Element],
    old_order: &[usize],
    new_order: &[usize],
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    if has_identity(items) {
        let mut waiting: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
        for &index in new_order.iter().rev() {
            waiting.entry(identity(items, &new[index])).or_default().push(index);
        }
        for &number in old_order {
            if let Some(index) = waiting.get_mut(&identity(items, &old[number])).and_then(Vec::pop) {
                pairs.push((number, index));
            }
        }
        return pairs;
    }
    // Without identity only equal items are the same for sure; they are taken from both ends first.
    let mut old_left: Vec<usize> = old_order.to_vec();
    let mut new_left: Vec<usize> = new_order.to_vec();
    let common = |a: &mut dyn Iterator<Item = &usize>, b: &mut dyn Iterator<Item = &usize>| {
        a.zip(b).take_while(|(number, index)| old[**number] == new[**index]).count()
    };
    let front = common(&mut old_left.iter(), &mut new_left.iter());
    pairs.extend(old_left.drain(..front).zip(new_left.drain(..front)));
    let back = common(&mut old_left.iter().rev(), &mut new_left.iter().rev());
    let (old_rest, new_rest) = (old_left.len() - back, new_left.len() - back);
    pairs.extend(old_left.drain(old_rest..).zip(new_left.drain(new_rest..)));
    if !is_ordered(items) {
        for &number in &old_left {
            if let Some(at) = new_left.iter().position(|index| old[number] == new[*index]) {
                pairs.push((number, new_left.remove(at)));
            }
        }
        return pairs;
    }
    pairs.extend(best_match(items, old, new, &old_left, &new_left));
    pairs
}

/// Finds the cheapest way to see old items in new ones: a changed item costs its changes, a moved one a move, one without a
/// partner a removal or an addition.
fn best_match(
    items: &Items,
    old: &[Element],
    new: &[Element],
    from: &[usize],
    to: &[usize],
) -> Vec<(usize, usize)> {
    let cost = |number: usize, index: usize| {
        let mut changes = Vec::new();
        inside(items, &old[number], &new[index], &mut Vec::new(), &mut changes);
        changes.len()
    };
    let costs: Vec<Vec<usize>> =
        from.iter().map(|number| to.iter().map(|index| cost(*number, *index)).collect()).collect();
    if from.len() > TRIED || to.len() > TRIED {
        return in_line(&costs, from, to);
    }
    let mut best = Search { costs: &costs, least: from.len() + to.len() + 1, pairs: Vec::new() };
    best.search(0, 0, &mut vec![None; from.len()], to.len());
    best.pairs.into_iter().map(|(a, b)| (from[a], to[b])).collect()
}

struct Search<'a> {
    costs: &'a [Vec<usize>],
    least: usize,
    pairs: Vec<(usize, usize)>,
}

impl Search<'_> {
    fn search(&mut self, at: usize, spent: usize, chosen: &mut Vec<Option<usize>>, width: usize) {
        if spent >= self.least {
            return;
        }
        if at == chosen.len() {
            let places: Vec<Option<usize>> = chosen.iter().copied().flatten().map(Some).collect();
            let kept = longest_rising(&places).iter().filter(|kept| **kept).count();
            let unpaired = (chosen.len() - places.len()) + (width - places.len());
            let total = spent + unpaired + (places.len() - kept);
            if total < self.least {
                self.least = total;
                let pairs = chosen.iter().enumerate().filter_map(|(a, b)| Some((a, (*b)?)));
                self.pairs = pairs.collect();
            }
            return;
        }
        for place in 0..width {
            if !chosen.contains(&Some(place)) && self.costs[at][place] <= 2 {
                chosen[at] = Some(place);
                self.search(at + 1, spent + self.costs[at][place], chosen, width);
                chosen[at] = None;
            }
        }
        self.search(at + 1, spent, chosen, width);
    }
}

/// Matches long lists without crossing: the classic edit distance, in which a change costs its changes.
fn in_line(costs: &[Vec<usize>], from: &[usize], to: &[usize]) -> Vec<(usize, usize)> {
    let (rows, columns) = (from.len(), to.len());
    let mut table = vec![vec![0_usize; columns + 1]; rows + 1];
    for a in (0..=rows).rev() {
        for b in (0..=columns).rev() {
            table[a][b] = match (a < rows, b < columns) {
                (false, false) => 0,
                (true, false) => rows - a,
                (false, true) => columns - b,
                (true, true) => {
                    let paired = table[a + 1][b + 1] + costs[a][b].min(2);
                    paired.min(table[a + 1][b] + 1).min(table[a][b + 1] + 1)
                }
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut pairs = Vec::new();
    while a < rows && b < columns {
        if costs[a][b] <= 2 && table[a][b] == table[a + 1][b + 1] + costs[a][b] {
            pairs.push((from[a], to[b]));
            (a, b) = (a + 1, b + 1);
        } else if table[a][b] == table[a + 1][b] + 1 {
            a += 1;
        } else if table[a][b] == table[a][b + 1] + 1 {
            b += 1;
        } else {
            (a, b) = (a + 1, b + 1);
        }
    }
    pairs
}

/// Returns the old items that stand elsewhere in the new list: all but the longest run that keeps its order.
fn moved_items(new_order: &[usize], old_order: &[usize], partner: &[Option<usize>]) -> Vec<bool> {
    let mut place = vec![0; new_order.len()];
    for (at, index) in new_order.iter().enumerate() {
        place[*index] = at;
    }
    let numbers: Vec<usize> = old_order.iter().copied().filter(|number| partner[*number].is_some()).collect();
    let places: Vec<Option<usize>> =
        numbers.iter().map(|number| partner[*number].map(|index| place[index])).collect();
    let kept = longest_rising(&places);
    let mut moved = vec![false; partner.len()];
    numbers.into_iter().zip(kept).for_each(|(number, kept)| moved[number] = !kept);
    moved
}
