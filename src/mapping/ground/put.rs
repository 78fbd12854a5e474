//! Rows that are parts of an object: which of them stays, which changes, and which comes or goes.
//!
//! Tables hold rows that lead nowhere, and second rows of what may stand only once; reading leaves both out. They stay as
//! long as they mean nothing. Invariant: after every write the rows read as what was wanted, and no row is changed that does
//! already.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use super::ids::Ids;
use super::kinds::{PARTS, PartKind, kind};
use super::writer::{Values, Writer};
use crate::entity::{EntityId, Row};
use crate::model::{Element, Identity};

/// Columns, and what they hold in the rows of an owner.
pub(crate) type Owner<'o> = [(&'static str, Option<&'o str>)];

/// The rows of an owner by their places, in the order in which the first of several counts, with what each says; `None` for
/// one that reading leaves out.
pub(crate) type There<T> = Vec<(usize, Option<T>)>;

/// What the parts say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Which part it is: its values are compared. A second row of one part does not count, and stays.
    Keys,
    /// All there is: a row that says it is right. A second row that says the same adds nothing, and stays.
    Set,
    /// All there is: a row that says it is right. A second row that says the same is a part of its own.
    List,
}

/// The rows of an owner, and what is wanted in their place.
pub(crate) struct Parts<'p, T> {
    pub(crate) entity: &'static str,
    /// What new rows say of the owner.
    pub(crate) owner: &'p Owner<'p>,
    pub(crate) there: There<T>,
    pub(crate) wanted: Vec<T>,
    pub(crate) manner: Manner,
    /// What is left of a part where not all of it counts: a wanted part takes the row of one that is equal so far, if nothing
    /// else needs it. The best way first.
    pub(crate) alike: &'p [fn(&T) -> T],
}

impl<'p, T> Parts<'p, T> {
    pub(crate) fn new(
        entity: &'static str,
        owner: &'p Owner<'p>,
        manner: Manner,
        there: There<T>,
        wanted: Vec<T>,
    ) -> Self {
        Self { entity, owner, there, wanted, manner, alike: &[] }
    }
}

/// Says of rows that lead nowhere which part they are, where that counts: one becomes what is wanted in its place if no other row
/// is that, for a second one would not count, and those behind a row that goes, go with it. `keys` says it of all rows.
pub(crate) fn take_over<T: Eq + Hash + Clone>(there: &mut There<T>, keys: There<T>, wanted: &[T]) {
    let whole: HashSet<T> = there.iter().filter_map(|(_, said)| said.clone()).collect();
    let mut open: HashMap<T, bool> = wanted.iter().map(|key| (key.clone(), !whole.contains(key))).collect();
    for ((_, said), (_, key)) in there.iter_mut().zip(keys) {
        let (None, Some(key)) = (&said, key) else { continue };
        let counts = match open.get_mut(&key) {
            Some(is_open) => std::mem::take(is_open),
            None => whole.contains(&key),
        };
        *said = counts.then_some(key);
    }
}

/// What became of the parts.
#[derive(Debug)]
pub(crate) struct Written {
    /// The id of each wanted part, if it could be written.
    pub(crate) ids: Vec<Option<String>>,
    /// The ids of the rows that went.
    pub(crate) gone: Vec<String>,
    /// The places of rows that stay, and of others that say the same behind them.
    twins: Vec<(usize, usize)>,
}

impl Written {
    /// Returns the ids of the parts that could be written.
    pub(crate) fn written(self) -> Vec<String> {
        self.ids.into_iter().flatten().collect()
    }
}

/// Returns the values of the row of a wanted part, given its number and the place of the row that becomes it; `None` if it
/// cannot be written.
pub(crate) type ValuesOf<'v> = dyn FnMut(&mut Writer<'_>, usize, Option<usize>) -> Option<Values> + 'v;

impl Writer<'_> {
    /// Returns the rows of an owner with what each says.
    pub(crate) fn there<T>(
        &mut self,
        entity: &'static str,
        owner: &Owner<'_>,
        mut says: impl FnMut(&Ids, &Row) -> Option<T>,
    ) -> There<T> {
        let places = self.find(entity, owner);
        let rows = &self.current[&EntityId::named(entity)].rows;
        let said = |at: usize| rows[at].after.as_ref().and_then(|row| says(&self.ids, row));
        let said: Vec<Option<T>> = places.iter().copied().map(said).collect();
        places.into_iter().zip(said).collect()
    }

    /// Writes the parts of an owner: a row that says what is wanted stays, one that is like it becomes it, what no row says is
    /// inserted, and rows that say something else are deleted.
    pub(crate) fn put_parts<T: Eq + Hash>(
        &mut self,
        parts: Parts<'_, T>,
        values: &mut ValuesOf<'_>,
    ) -> Written {
        let Parts { entity, owner, there, wanted, manner, alike } = parts;
        let mut paired = Paired::new(&there, &wanted);
        paired.by(|part| part);
        let right = paired.rows.clone();
        alike.iter().for_each(|same| paired.by(same));
        let Paired { rows, is_free, .. } = paired;
        let mut ids = Vec::with_capacity(wanted.len());
        let mut added: HashSet<&T> = HashSet::new();
        for (number, part) in wanted.iter().enumerate() {
            let at = rows[number].map(|row| there[row].0);
            let is_right = manner != Manner::Keys && right[number].is_some();
            ids.push(match at {
                Some(at) => {
                    if let Some(values) = (!is_right).then(|| values(self, number, Some(at))).flatten() {
                        self.change(entity, at, values);
                    }
                    Some(self.at(entity, at).id().to_owned())
                }
                None if manner == Manner::Set && !added.insert(part) => None,
                None => values(self, number, None).map(|values| {
                    let fixed = owner.iter().map(|(name, value)| (*name, value.map(str::to_owned)));
                    self.insert(entity, fixed.chain(values).collect())
                }),
            });
        }
        let numbers: HashMap<&T, usize> = match manner {
            Manner::List => HashMap::new(),
            Manner::Keys | Manner::Set => {
                wanted.iter().enumerate().rev().map(|(number, part)| (part, number)).collect()
            }
        };
        let (mut gone, mut twins) = (Vec::new(), Vec::new());
        for ((at, said), _) in there.iter().zip(&is_free).filter(|(_, is_free)| **is_free) {
            match said.as_ref().and_then(|said| numbers.get(said)).and_then(|&number| rows[number]) {
                Some(first) => twins.push((there[first].0, *at)),
                None => gone.extend(self.delete(entity, *at).map(|row| row.id().to_owned())),
            }
        }
        Written { ids, gone, twins }
    }

    /// Writes parts that are known by keys in the order of an attribute, of which the first of new ones gets the number
    /// `first`.
    pub(crate) fn put_parts_in_order<T: Eq + Hash>(
        &mut self,
        mut parts: Parts<'_, T>,
        (attribute, first): (&'static str, i64),
        values: &mut ValuesOf<'_>,
    ) -> Written {
        let entity = parts.entity;
        parts.there.sort_by_key(|(at, _)| self.at(entity, *at).number(attribute).unwrap_or(i64::MAX));
        let written = self.put_parts(parts, values);
        let ids: Vec<String> = written.ids.iter().flatten().cloned().collect();
        self.put_order_from(entity, attribute, &ids, first);
        // A row that moved down must not uncover another one that says the same.
        let place = |row: &Row| (row.number(attribute).unwrap_or(i64::MAX), row.number("id"));
        for &(counts, twin) in &written.twins {
            if place(self.at(entity, twin)) < place(self.at(entity, counts)) {
                self.delete(entity, twin);
            }
        }
        written
    }

    /// Writes the parts of an object that are rows with a name of their own (versions, components, levels). From then on
    /// references find them. `values` says what a row is to hold, given the row as it is. Returns the ids, in the order of the
    /// parts.
    pub(crate) fn put_named(
        &mut self,
        kind_name: &'static str,
        (owner_id, owner_name): (&str, &str),
        parts: &[&Element],
        values: &mut dyn FnMut(&mut Writer<'_>, Option<&Row>, &Element) -> Values,
    ) -> Vec<String> {
        let PartKind { table: entity, owner: attribute, .. } = PARTS
            .into_iter()
            .find(|own| own.name == kind_name)
            .expect("only parts that are listed are written");
        let names = std::rc::Rc::clone(&self.names);
        let owner = [(attribute, Some(owner_id))];
        let there = self.there(entity, &owner, |_, row| {
            Some(names.get(kind_name, row.id())?.without(attribute).identity(kind(kind_name)))
        });
        let wanted: Vec<Identity> = parts.iter().filter_map(|part| Identity::of_definition(part)).collect();
        for said in there.iter().filter_map(|(_, said)| said.as_ref()) {
            self.ids.forget_part(owner_name, said);
        }
        let all = Parts::new(entity, &owner, Manner::Keys, there, wanted.clone());
        let Written { ids, .. } = self.put_parts(all, &mut |writer, number, at| {
            let row = at.map(|at| writer.at(entity, at).clone());
            Some(values(writer, row.as_ref(), parts[number]))
        });
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        for (identity, id) in wanted.into_iter().zip(&ids) {
            self.ids.set_part(owner_name, identity, id);
        }
        ids
    }
}

/// Which row each wanted part has.
struct Paired<'p, T> {
    there: &'p There<T>,
    wanted: &'p [T],
    rows: Vec<Option<usize>>,
    is_free: Vec<bool>,
}

impl<'p, T> Paired<'p, T> {
    fn new(there: &'p There<T>, wanted: &'p [T]) -> Self {
        let is_free = there.iter().map(|(_, said)| said.is_some()).collect();
        Self { there, wanted, rows: vec![None; wanted.len()], is_free }
    }

    /// Gives each part that has none the first free row that is like it.
    fn by<K: Eq + Hash>(&mut self, like: impl Fn(&'p T) -> K) {
        if self.rows.iter().all(Option::is_some) {
            return;
        }
        let mut free: HashMap<K, VecDeque<usize>> = HashMap::new();
        for (row, (_, said)) in self.there.iter().enumerate().filter(|(row, _)| self.is_free[*row]) {
            if let Some(said) = said {
                free.entry(like(said)).or_default().push_back(row);
            }
        }
        for (part, row) in self.wanted.iter().zip(&mut self.rows).filter(|(_, row)| row.is_none()) {
            *row = free.get_mut(&like(part)).and_then(VecDeque::pop_front);
            if let Some(row) = *row {
                self.is_free[row] = false;
            }
        }
    }
}

/// What tells parts of one name apart: the second by age is told by a 2, as the `duplicate` attribute tells it.
pub(crate) type Key = (usize, String);

/// Numbers rows of one name by age.
#[derive(Debug, Default)]
pub(crate) struct Numbered(HashMap<String, usize>);

impl Numbered {
    /// Returns the key of the next row of that name.
    pub(crate) fn next(&mut self, name: &str) -> Key {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        (*count, name.to_owned())
    }
}

/// Returns the key of a part by its name and the value of its `duplicate` attribute.
pub(crate) fn named(name: Option<&str>, duplicate: Option<&str>) -> Key {
    (duplicate.and_then(|number| number.parse().ok()).unwrap_or(1), name.unwrap_or("").to_owned())
}

/// Returns a text, unless it is missing or empty: NULL and the empty text say the same of a reference.
pub(crate) fn or_empty<'r>(row: &'r Row, attribute: &str) -> &'r str {
    row.text(attribute).unwrap_or("")
}

/// Returns a value, NULL if it is empty.
pub(crate) fn or_null(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// Returns an element with those of its children alone that count.
pub(crate) fn only(element: &Element, counts: impl Fn(&str) -> bool) -> Element {
    let children = element.children().iter().filter(|child| counts(child.tag()));
    Element::parent(element.declaration, children.cloned().collect())
}
