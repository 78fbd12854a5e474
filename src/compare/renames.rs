//! Which object that went is which object that came: renames are found by what the objects hold.
//!
//! Deterministic, and globally best: of all ways to pair the objects of a kind the one with the largest sum of likeness is
//! taken. Of very many objects of a kind (more pairs than [`MOST_PAIRS`]) each is compared with the few only that share the
//! most of its rarest words, and those that hold just the same are paired in the order of their names. Invariant: only objects
//! of one kind are paired, and never two that Jira could not rename into one another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::assignment;
use super::nearest::{NEAREST, nearest};
use crate::model::{Content, Element, Identity};
use crate::schema::{Content as Allowed, Key, KeyPart, KindId, Relation, Schema};

/// Two objects are as good as equal from this likeness on, in millionths.
const ALIKE: u64 = 600_000;

/// Objects that hold fewer words than this do not say enough about themselves: who refers to them counts as well.
const TELLING: usize = 4;

/// Of a kind with more pairs than this, as of 300 objects that went and 300 that came, not every pair is looked at.
const MOST_PAIRS: usize = 90_000;

/// Larger groups of objects that are all like one another are paired by the likest first.
const MOST_TRIED: usize = 300;

/// An object that went or came.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) identity: &'a Identity,
    pub(super) element: &'a Element,
    /// Where it is referred to, as numbers that are equal for equal places.
    pub(super) places: Vec<u64>,
}

/// Returns pairs of an object that went and one that came, as numbers in the lists.
pub(super) fn find(gone: &[Candidate<'_>], come: &[Candidate<'_>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut kinds: Vec<KindId> = gone.iter().map(|own| own.identity.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of_kind = |list: &[Candidate<'_>]| -> Vec<usize> {
            let mut own: Vec<usize> = (0..list.len()).filter(|&at| list[at].identity.kind == kind).collect();
            own.sort_by(|&a, &b| list[a].identity.cmp(list[b].identity));
            own
        };
        let (mut from, mut to) = (of_kind(gone), of_kind(come));
        built_in(gone, come, &mut from, &mut to, &mut pairs);
        if !from.is_empty() && !to.is_empty() {
            by_content(gone, come, &from, &to, &mut pairs);
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Returns whether of so many objects that went and came not every pair is looked at.
pub(super) fn is_rough(gone: usize, come: usize) -> bool {
    gone.saturating_mul(come) > MOST_PAIRS
}

/// Built-in objects have a mark, whatever they are called.
fn built_in(
    gone: &[Candidate<'_>],
    come: &[Candidate<'_>],
    from: &mut Vec<usize>,
    to: &mut Vec<usize>,
    pairs: &mut Vec<(usize, usize)>,
) {
    from.retain(|&old| {
        let Some(mark) = gone[old].element.text_of("builtIn") else { return true };
        let Some(at) = to.iter().position(|&new| come[new].element.text_of("builtIn") == Some(mark)) else {
            return true;
        };
        pairs.push((old, to.remove(at)));
        false
    });
}

fn by_content(
    gone: &[Candidate<'_>],
    come: &[Candidate<'_>],
    from: &[usize],
    to: &[usize],
    pairs: &mut Vec<(usize, usize)>,
) {
    let words = |list: &[Candidate<'_>], own: &[usize]| -> Vec<Words> {
        own.iter().map(|&at| Words::of(&list[at])).collect()
    };
    let (old_words, new_words) = (words(gone, from), words(come, to));
    let edge = |row: usize, column: usize| {
        let (a, b) = (&gone[from[row]], &come[to[column]]);
        let likeness = old_words[row].likeness(&new_words[column]);
        (likeness >= ALIKE && may_be_renamed(a.element, b.element)).then(|| {
            // Of equally good ways the one with the nearest names is the best.
            let names = similar::TextDiff::from_chars(a.identity.name(), b.identity.name()).ratio();
            (row, column, likeness * 1_000 + (names * 999.0) as u64)
        })
    };
    let few = !is_rough(from.len(), to.len());
    // What is alike: row, column, value.
    let edges: Vec<Edge> = if few {
        (0..from.len())
            .flat_map(|row| (0..to.len()).map(move |column| (row, column)))
            .filter_map(|(row, column)| edge(row, column))
            .collect()
    } else {
        let telling = |words: &[Words]| words.iter().map(Words::telling).collect::<Vec<_>>();
        let near = nearest(&telling(&old_words), &telling(&new_words));
        let near =
            near.iter().enumerate().flat_map(|(row, near)| near.iter().map(move |column| (row, *column)));
        near.filter_map(|(row, column)| edge(row, column)).collect()
    };
    let mut found: Vec<(usize, usize)> =
        groups(from.len(), &edges).iter().flat_map(|group| best_of(group)).collect();
    if !few {
        by_equal_content(&old_words, &new_words, &mut found, &|row, column| edge(row, column).is_some());
    }
    pairs.extend(found.into_iter().map(|(row, column)| (from[row], to[column])));
}

/// Pairs what is left of very many objects and holds just the same, in the order of the names.
fn by_equal_content(
    old: &[Words],
    new: &[Words],
    pairs: &mut Vec<(usize, usize)>,
    is_alike: &dyn Fn(usize, usize) -> bool,
) {
    let (rows, columns): (HashSet<usize>, HashSet<usize>) = pairs.iter().copied().unzip();
    let mut equal: HashMap<&[u64], VecDeque<usize>> = HashMap::new();
    for column in (0..new.len()).filter(|column| !columns.contains(column)) {
        equal.entry(&new[column].content).or_default().push_back(column);
    }
    for row in (0..old.len()).filter(|row| !rows.contains(row)) {
        let Some(same) = equal.get_mut(&old[row].content[..]) else { continue };
        let at = same.iter().take(NEAREST).position(|&column| is_alike(row, column));
        pairs.extend(at.and_then(|at| same.remove(at)).map(|column| (row, column)));
    }
}

type Edge = (usize, usize, u64);

/// Returns the edges in groups that have no row and no column in common.
fn groups(rows: usize, edges: &[Edge]) -> Vec<Vec<Edge>> {
    let columns = edges.iter().map(|edge| edge.1 + 1).max().unwrap_or(0);
    let mut parent: Vec<usize> = (0..rows + columns).collect();
    fn root(parent: &mut [usize], mut at: usize) -> usize {
        while parent[at] != at {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        at
    }
    for (row, column, _) in edges {
        let (a, b) = (root(&mut parent, *row), root(&mut parent, rows + *column));
        parent[a.max(b)] = a.min(b);
    }
    let mut groups: indexmap::IndexMap<usize, Vec<Edge>> = indexmap::IndexMap::new();
    for edge in edges {
        groups.entry(root(&mut parent, edge.0)).or_default().push(*edge);
    }
    groups.into_values().collect()
}

/// Returns the best pairs of a group.
fn best_of(edges: &[Edge]) -> Vec<(usize, usize)> {
    let numbers = |each: &dyn Fn(&Edge) -> usize| {
        let mut numbers: Vec<usize> = edges.iter().map(each).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let (rows, columns) = (numbers(&|edge| edge.0), numbers(&|edge| edge.1));
    let place = |numbers: &[usize], number| numbers.binary_search(&number).expect("all numbers are listed");
    if rows.len().max(columns.len()) <= MOST_TRIED {
        let mut values = vec![vec![0; columns.len()]; rows.len()];
        for (row, column, value) in edges {
            values[place(&rows, *row)][place(&columns, *column)] = *value;
        }
        let best = assignment::best(&values);
        return best.iter().enumerate().filter_map(|(row, at)| Some((rows[row], columns[(*at)?]))).collect();
    }
    let mut sorted = edges.to_vec();
    sorted.sort_by(|a, b| b.2.cmp(&a.2).then(a.cmp(b)));
    let (mut used_rows, mut used_columns) = (vec![false; rows.len()], vec![false; columns.len()]);
    let mut pairs = Vec::new();
    for (row, column, _) in sorted {
        let (a, b) = (place(&rows, row), place(&columns, column));
        if !used_rows[a] && !used_columns[b] {
            (used_rows[a], used_columns[b]) = (true, true);
            pairs.push((row, column));
        }
    }
    pairs
}

/// Returns whether Jira could make one of the other by another name: the type of a custom field never changes, but the
/// owner of a filter does. Nothing becomes Jira's own object, or ceases to be it. Projects are alike wherever nobody has chosen
/// anything for them; one that has another key has its name still.
fn may_be_renamed(old: &Element, new: &Element) -> bool {
    if old.text_of("builtIn") != new.text_of("builtIn") {
        return false;
    }
    if old.tag() == "project" && old.text_of("name") != new.text_of("name") {
        return false;
    }
    let schema = Schema::get();
    let keys = schema.declaration(old.declaration).items.iter().flat_map(|items| &items.identity);
    keys.skip(1).all(|key| {
        let is_reference = key
            .path
            .first()
            .is_some_and(|&child| matches!(schema.type_of(child).content, Allowed::Reference(_)));
        is_reference || old.value(key) == new.value(key)
    })
}

/// What an object holds, without its name and its place: the words of its texts, each with the way to it, as sorted numbers.
struct Words {
    content: Vec<u64>,
    places: Vec<u64>,
}

impl Words {
    fn of(candidate: &Candidate<'_>) -> Self {
        let mut content = Vec::new();
        let items = &Schema::get().declaration(candidate.element.declaration).items;
        let name = items.as_ref().and_then(|items| items.identity.first());
        let rank = items.as_ref().and_then(|items| items.rank.as_ref());
        let is_key =
            |child: &Element, key: Option<&Key>| key.is_some_and(|key| key.path == [child.declaration]);
        for child in candidate.element.children() {
            if !is_key(child, name) && !is_key(child, rank) {
                collect(child, 0, &mut content);
            }
        }
        content.sort_unstable();
        let mut places = candidate.places.clone();
        places.sort_unstable();
        Self { content, places }
    }

    /// Returns the words by which others are found that are like it.
    fn telling(&self) -> Vec<u64> {
        let places = if self.content.len() < TELLING { &self.places[..] } else { &[] };
        self.content.iter().chain(places).copied().collect()
    }

    /// Returns how much two have in common, in millionths of what they have.
    fn likeness(&self, other: &Self) -> u64 {
        #[cfg(test)]
        crate::model::work::count();
        let is_thin = self.content.len().max(other.content.len()) < TELLING;
        let mut all = self.content.len() + other.content.len();
        let mut both = common(&self.content, &other.content);
        if is_thin {
            all += self.places.len() + other.places.len();
            both += common(&self.places, &other.places);
        }
        if all == 0 { 0 } else { (2 * both as u64) * 1_000_000 / all as u64 }
    }
}

/// Returns how many numbers two sorted lists have in common.
fn common(a: &[u64], b: &[u64]) -> usize {
    let (mut at, mut count) = (0, 0);
    for number in a {
        while b.get(at).is_some_and(|other| other < number) {
            at += 1;
        }
        if b.get(at) == Some(number) {
            (at, count) = (at + 1, count + 1);
        }
    }
    count
}

/// Collects the words in an element that stands in a context.
fn collect(element: &Element, context: u64, words: &mut Vec<u64>) {
    let items = &Schema::get().declaration(element.declaration).items;
    let rank = items.as_ref().and_then(|items| items.rank.as_ref());
    let mut hasher = DefaultHasher::new();
    (context, element.declaration).hash(&mut hasher);
    for (number, value) in &element.attributes {
        if rank.is_none_or(|rank| rank.part != KeyPart::Attribute(*number)) {
            (number, value).hash(&mut hasher);
        }
    }
    match &element.content {
        Content::Text(text) => {
            let context = hasher.finish();
            let mut pieces = text.split_whitespace().peekable();
            if pieces.peek().is_none() {
                words.push(context);
            }
            words.extend(pieces.map(|word| number_of(&(context, word))));
        }
        Content::Children(children) => {
            // Items that can be told apart make a context of their own.
            for key in
                items.iter().filter(|items| items.relation == Relation::Set).flat_map(|own| &own.identity)
            {
                element.value(key).hash(&mut hasher);
            }
            let context = hasher.finish();
            for child in children {
                if rank.is_none_or(|rank| rank.path != [child.declaration]) {
                    collect(child, context, words);
                }
            }
        }
    }
}

/// Returns a number that is always the same for a value, and another for others.
pub(super) fn number_of(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::kind;
    use crate::model::{Name, Path, work};

    fn status(name: &str, description: &str) -> (Identity, Element) {
        let node = Name::plain(name).definition("status").text("description", description);
        let declaration = Schema::get().kind(kind("status")).declaration;
        let element = node.text("category", "toDo").bind(declaration, &Path::default(), &mut Vec::new());
        let element = element.unwrap();
        (Identity::of_definition(&element).unwrap(), element)
    }

    fn candidates(objects: &[(Identity, Element)]) -> Vec<Candidate<'_>> {
        let candidate = |(identity, element)| Candidate { identity, element, places: Vec::new() };
        objects.iter().map(|(identity, element)| candidate((identity, element))).collect()
    }

    /// Renames many objects; returns how many comparisons it takes to find them all.
    fn comparisons(description: impl Fn(usize, &str) -> String) -> u64 {
        const MANY: usize = 2_000;
        let all = |name: &str| -> Vec<(Identity, Element)> {
            (0..MANY).map(|at| status(&format!("{name} {at:04}"), &description(at, name))).collect()
        };
        let (gone, come) = (all("Old"), all("New"));
        let (done, pairs) = work::of(|| find(&candidates(&gone), &candidates(&come)));
        assert!(pairs.iter().copied().eq((0..MANY).map(|at| (at, at))), "{} pairs", pairs.len());
        done / MANY as u64
    }

    /// Many objects are not compared each with each.
    #[test]
    fn many_renames_take_few_comparisons() {
        let same = comparisons(|_, _| "It waits for somebody who has the time".to_owned());
        let own = comparisons(|at, name| format!("It waits for number{at} of team{} in {name}", at / 9));
        assert!(same < 50 && own < 50, "{same} and {own} for each");
    }
}
