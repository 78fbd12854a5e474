//! Merging of repeated elements: what becomes of each item, in which order they stand, and how they are numbered.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::order::{Lists, Slot};
use super::{Merger, is_same};
use crate::diff;
use crate::model::{
    Cause, Conflict, Content, Element, Head, Path, Piece, Sides, canonicalize, compare_items,
};
use crate::schema::{Items, Key, KeyPart, Relation, Schema};

/// An item, by its number in the list of each side.
type Row = Sides<Option<usize>>;

/// A list, with all that is known of it.
struct List<'a, 'i> {
    items: &'i Items,
    lists: Sides<&'a [Element]>,
    rows: Vec<Row>,
}

impl<'a> Merger<'a, '_> {
    /// Merges a list.
    pub(super) fn list(&mut self, items: &Items, lists: Sides<&'a [Element]>) -> Vec<Piece> {
        let held = [lists.ours, lists.theirs].into_iter().flatten().any(|item| self.kept.holds(item));
        if let (Some(agreed), false) = (lists.agreed(), held) {
            return agreed.iter().cloned().map(Piece::Whole).collect();
        }
        let list = List { items, lists, rows: rows(items, lists) };
        let mut pieces: Vec<Option<Piece>> = (0..list.rows.len()).map(|row| self.row(&list, row)).collect();
        if diff::is_ordered(items) {
            let alive: Vec<bool> = pieces.iter().map(Option::is_some).collect();
            let mut merged = Vec::new();
            for group in list.groups() {
                let slots = list.order(group.clone(), &alive);
                if items.rank.is_some() {
                    list.ranked(&group, slots, &mut pieces, &self.way, &mut merged);
                } else {
                    list.kept_order(slots, &mut pieces, &self.way, &mut merged);
                }
            }
            pieces = merged.into_iter().map(Some).collect();
        }
        let mut pieces: Vec<Piece> = pieces.into_iter().flatten().collect();
        if items.relation == Relation::Set {
            pieces.sort_by(in_canonical_order);
        }
        pieces
    }

    /// Merges an item; `None` if it goes.
    fn row(&mut self, list: &List<'a, '_>, row: usize) -> Option<Piece> {
        let sides = list.elements(row);
        match (sides.base, sides.ours, sides.theirs) {
            (base, Some(ours), Some(theirs)) => Some(self.element(base, ours, theirs, Some(list.items))),
            (None, Some(added), None) | (None, None, Some(added)) => Some(Piece::Whole(added.clone())),
            (Some(base), Some(left), None) | (Some(base), None, Some(left)) => {
                let cause = match (is_same(list.items, base, left), self.kept.user(left)) {
                    (true, None) => return None,
                    (true, Some(user)) => Cause::Used(user.clone()),
                    (false, _) => Cause::Removed,
                };
                Some(self.conflict(cause, sides))
            }
            (_, None, None) => None,
        }
    }
}

/// Finds out which items are the same.
fn rows(items: &Items, Sides { base, ours, theirs }: Sides<&[Element]>) -> Vec<Row> {
    let mut rows: Vec<Row> =
        (0..base.len()).map(|number| Row { base: Some(number), ..Row::default() }).collect();
    let (mut our_rows, mut their_rows) = (vec![false; ours.len()], vec![false; theirs.len()]);
    for (number, own) in diff::pairs(items, base, ours) {
        rows[number].ours = Some(own);
        our_rows[own] = true;
    }
    for (number, own) in diff::pairs(items, base, theirs) {
        rows[number].theirs = Some(own);
        their_rows[own] = true;
    }
    let new = |list: &[Element], known: &[bool]| -> Vec<usize> {
        diff::in_order(items, list).into_iter().filter(|number| !known[*number]).collect()
    };
    let (our_new, mut their_new) = (new(ours, &our_rows), new(theirs, &their_rows));
    // What both sides added is one thing if it has one identity; without identity, if it is equal.
    let mut waiting: HashMap<Vec<String>, Vec<usize>> = HashMap::new();
    let has_identity = diff::has_identity(items);
    if has_identity {
        for &number in their_new.iter().rev() {
            waiting.entry(diff::identity(items, &theirs[number])).or_default().push(number);
        }
    }
    for number in our_new {
        let same = if has_identity {
            waiting.get_mut(&diff::identity(items, &ours[number])).and_then(Vec::pop)
        } else {
            their_new.iter().copied().find(|own| is_same(items, &ours[number], &theirs[*own]))
        };
        their_new.retain(|own| Some(*own) != same);
        rows.push(Row { base: None, ours: Some(number), theirs: same });
    }
    rows.extend(their_new.into_iter().map(|number| Row { theirs: Some(number), ..Row::default() }));
    rows
}

impl<'a> List<'a, '_> {
    fn elements(&self, row: usize) -> Sides<Option<&'a Element>> {
        let Sides { base, ours, theirs } = self.rows[row];
        Sides {
            base: base.map(|number| &self.lists.base[number]),
            ours: ours.map(|number| &self.lists.ours[number]),
            theirs: theirs.map(|number| &self.lists.theirs[number]),
        }
    }

    /// Returns an item as some side has it.
    fn any(&self, row: usize) -> &'a Element {
        let Sides { base, ours, theirs } = self.elements(row);
        ours.or(theirs).or(base).expect("an item is in some list")
    }

    /// Returns the rows that are counted together: options of the same parent.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<Vec<Option<&str>>, Vec<usize>> = BTreeMap::new();
        for row in 0..self.rows.len() {
            groups.entry(diff::order_key(self.items, self.any(row)).0).or_default().push(row);
        }
        groups.into_values().collect()
    }

    /// Puts the rows of a group into their order.
    fn order(&self, group: Vec<usize>, alive: &[bool]) -> Vec<Slot> {
        let in_side = |list: &[Element], number: &dyn Fn(&Row) -> Option<usize>| -> Vec<usize> {
            let mut places = vec![0; list.len()];
            for (place, own) in diff::in_order(self.items, list).into_iter().enumerate() {
                places[own] = place;
            }
            let mut rows: Vec<(usize, usize)> =
                group.iter().filter_map(|row| Some((places[number(&self.rows[*row])?], *row))).collect();
            rows.sort_unstable();
            rows.into_iter().map(|(_, row)| row).collect()
        };
        let rows = Sides {
            base: in_side(self.lists.base, &|row| row.base),
            ours: in_side(self.lists.ours, &|row| row.ours),
            theirs: in_side(self.lists.theirs, &|row| row.theirs),
        };
        let lists = Lists {
            rows,
            alive: &|row| alive[row],
            compare: &|a, b| self.compare(a, b),
            strict: self.items.relation == Relation::Ordered,
        };
        lists.arrange()
    }

    /// Compares two items by their identity, and then by all that they hold but their rank.
    fn compare(&self, a: usize, b: usize) -> Ordering {
        let (a, b) = (self.any(a), self.any(b));
        diff::identity(self.items, a)
            .cmp(&diff::identity(self.items, b))
            .then_with(|| diff::without_rank(self.items, a).compare(&diff::without_rank(self.items, b)))
    }

    /// Puts items whose order is kept into it; what is in dispute is one conflict for the whole run.
    fn kept_order(
        &self,
        slots: Vec<Slot>,
        pieces: &mut [Option<Piece>],
        way: &[&Element],
        merged: &mut Vec<Piece>,
    ) {
        for slot in slots {
            let run = match slot {
                Slot::Row(row) => {
                    merged.extend(pieces[row].take());
                    continue;
                }
                Slot::Disputed(run) => run,
            };
            // An item that is itself merged without a conflict is the same on both sides.
            let of = |row: usize, own: Option<&Element>| match &pieces[row] {
                Some(Piece::Whole(element)) => Some(element.clone()),
                _ => own.cloned(),
            };
            let sides = Sides {
                base: run.base.iter().filter_map(|row| self.elements(*row).base.cloned()).collect(),
                ours: run.ours.iter().filter_map(|row| of(*row, self.elements(*row).ours)).collect(),
                theirs: run.theirs.iter().filter_map(|row| of(*row, self.elements(*row).theirs)).collect(),
            };
            let is_turned = {
                let (mut ours, mut theirs) = (run.ours.clone(), run.theirs.clone());
                ours.sort_unstable();
                theirs.sort_unstable();
                ours == theirs
            };
            let cause = if is_turned { Cause::Order } else { Cause::Changed };
            let mut path = Path::through(way.iter().copied());
            path.enter_open(self.any(run.ours[0]).declaration, &[]);
            merged.push(Piece::Disputed(Conflict { path, cause, sides }));
        }
    }

    /// Numbers items that carry a rank. Where the merged list is that of one side, it keeps that side's numbers.
    fn ranked(
        &self,
        group: &[usize],
        slots: Vec<Slot>,
        pieces: &mut [Option<Piece>],
        way: &[&Element],
        merged: &mut Vec<Piece>,
    ) {
        let Some(key) = &self.items.rank else { return };
        let mut places: Vec<(usize, Sides<usize>)> = Vec::new();
        for slot in slots {
            let first = places.len() + 1;
            match slot {
                Slot::Row(row) => places.push((row, Sides { base: first, ours: first, theirs: first })),
                Slot::Disputed(run) => {
                    for (at, row) in run.ours.iter().enumerate() {
                        let place =
                            |rows: &[usize]| first + rows.iter().position(|own| own == row).unwrap_or(at);
                        places.push((*row, run.map(|rows| place(rows))));
                    }
                }
            }
        }
        let order: Vec<usize> = places.iter().map(|(row, _)| *row).collect();
        let in_dispute = places.iter().any(|(_, place)| place.ours != place.theirs);
        let numbers = if in_dispute { None } else { self.numbers(group, &order, key) };
        for (row, place) in places {
            let Some(piece) = pieces[row].take() else { continue };
            if place.ours != place.theirs {
                merged.push(self.disputed_rank(piece, row, key, place, way));
                continue;
            }
            let number = match &numbers {
                Some(numbers) => numbers[&row].clone(),
                None => Some(place.ours.to_string()),
            };
            merged.push(with_rank(piece, key, number.as_deref()));
        }
    }

    /// Returns the numbers of the side whose list the merged one is; `None` if it is that of no side.
    fn numbers(&self, group: &[usize], order: &[usize], key: &Key) -> Option<HashMap<usize, Option<String>>> {
        let in_group = |side: fn(&Row) -> Option<usize>| {
            group.iter().filter(|row| side(&self.rows[**row]).is_some()).count()
        };
        let of = |side: fn(&Row) -> Option<usize>, list: &'a [Element]| -> Option<Vec<Option<&'a str>>> {
            if in_group(side) != order.len() {
                return None;
            }
            let own: Option<Vec<&Element>> =
                order.iter().map(|row| side(&self.rows[*row]).map(|number| &list[number])).collect();
            let keys: Vec<_> = own.as_ref()?.iter().map(|item| diff::order_key(self.items, item)).collect();
            keys.is_sorted().then(|| own.into_iter().flatten().map(|item| item.value(key)).collect())
        };
        let sides = Sides {
            base: of(|row| row.base, self.lists.base),
            ours: of(|row| row.ours, self.lists.ours),
            theirs: of(|row| row.theirs, self.lists.theirs),
        };
        let chosen = match (&sides.ours, &sides.theirs) {
            (Some(one), None) | (None, Some(one)) => one,
            (Some(_), Some(_)) => sides.agreed()?.as_ref()?,
            (None, None) => return None,
        };
        let numbers = chosen.iter().map(|number| number.map(str::to_owned));
        Some(order.iter().copied().zip(numbers).collect())
    }

    /// Returns an item whose place is in dispute.
    fn disputed_rank(
        &self,
        piece: Piece,
        row: usize,
        key: &Key,
        place: Sides<usize>,
        way: &[&Element],
    ) -> Piece {
        let mut path = Path::through(way.iter().copied());
        path.enter(self.any(row));
        let numbered = |element: &Element, number: usize| {
            let mut element = element.clone();
            set_rank(&mut element, key, Some(&number.to_string()));
            element
        };
        let present = self.elements(row).map(Option::is_some);
        let Some(&rank) = key.path.first() else {
            // The rank is an attribute: the element is the smallest there is.
            let side = |element: &Option<&Element>, number: usize| -> Vec<Element> {
                let element = match &piece {
                    Piece::Whole(whole) => Some(whole),
                    _ => *element,
                };
                element.iter().map(|element| numbered(element, number)).collect()
            };
            let own = self.elements(row);
            let sides = Sides {
                base: side(&own.base, place.base),
                ours: side(&own.ours, place.ours),
                theirs: side(&own.theirs, place.theirs),
            };
            return Piece::Disputed(Conflict { path, cause: Cause::Order, sides });
        };
        path.enter_open(rank, &[]);
        let leaf = |present: bool, number: usize| -> Vec<Element> {
            present.then(|| Element::leaf(rank, number.to_string())).into_iter().collect()
        };
        let sides = Sides {
            base: leaf(present.base, place.base),
            ours: leaf(present.ours, place.ours),
            theirs: leaf(present.theirs, place.theirs),
        };
        let conflict = Piece::Disputed(Conflict { path, cause: Cause::Order, sides });
        let (head, mut children) = match piece {
            Piece::Whole(Element { content, .. }) if !matches!(content, Content::Children(_)) => {
                return conflict;
            }
            Piece::Whole(whole) => {
                let head = Element { content: Content::Children(Vec::new()), ..whole.clone() };
                let children = match whole.content {
                    Content::Children(children) => children,
                    Content::Text(_) => Vec::new(),
                };
                let children = children.into_iter().filter(|child| child.declaration != rank);
                (Head::Agreed(head), children.map(Piece::Whole).collect())
            }
            Piece::Open { head, children } => (head, children),
            disputed => return disputed,
        };
        insert(&mut children, conflict);
        Piece::Open { head, children }
    }
}

/// Gives an item a rank, or takes it away.
fn with_rank(piece: Piece, key: &Key, number: Option<&str>) -> Piece {
    match piece {
        Piece::Whole(mut element) => {
            set_rank(&mut element, key, number);
            Piece::Whole(element)
        }
        Piece::Disputed(mut conflict) => {
            let Sides { base, ours, theirs } = &mut conflict.sides;
            for element in base.iter_mut().chain(ours).chain(theirs) {
                set_rank(element, key, number);
            }
            Piece::Disputed(conflict)
        }
        Piece::Open { head: Head::Agreed(mut head), children } if key.path.is_empty() => {
            set_rank(&mut head, key, number);
            Piece::Open { head: Head::Agreed(head), children }
        }
        Piece::Open { head, mut children } => {
            if let (Some(&rank), Some(number)) = (key.path.first(), number) {
                insert(&mut children, Piece::Whole(Element::leaf(rank, number)));
            }
            Piece::Open { head, children }
        }
    }
}

fn set_rank(element: &mut Element, key: &Key, number: Option<&str>) {
    if element.value(key) == number {
        return;
    }
    match (number, key.part, key.path.first()) {
        (Some(number), ..) => {
            element.set_value(key, number);
            canonicalize(element);
        }
        (None, KeyPart::Attribute(attribute), _) => element.attributes.retain(|(own, _)| *own != attribute),
        (None, _, Some(rank)) => {
            if let Some(children) = element.children_mut() {
                children.retain(|child| child.declaration != *rank);
            }
        }
        (None, _, None) => {}
    }
}

/// Adds a child at its place in the schema.
fn insert(children: &mut Vec<Piece>, piece: Piece) {
    let place = |piece: &Piece| piece.declaration().map(|own| Schema::get().declaration(own).place);
    let at = children.partition_point(|child| place(child) < place(&piece));
    children.insert(at, piece);
}

/// Compares two items of a set by what is known of them; items in dispute stand where our side has them.
fn in_canonical_order(a: &Piece, b: &Piece) -> Ordering {
    match (representative(a), representative(b)) {
        (Some(a), Some(b)) => compare_items(Schema::get().declaration(a.declaration), &a, &b),
        _ => Ordering::Equal,
    }
}

/// Returns an element that sorts as a piece does: its head, with the children that are not in dispute, or as our side has
/// them.
fn representative(piece: &Piece) -> Option<std::borrow::Cow<'_, Element>> {
    use std::borrow::Cow;
    match piece {
        Piece::Whole(element) => Some(Cow::Borrowed(element)),
        Piece::Disputed(conflict) => conflict.any().map(Cow::Borrowed),
        Piece::Open { head, children } => {
            let head = match head {
                Head::Agreed(head) => head,
                Head::Disputed(conflict) => conflict.any()?,
            };
            let children = children.iter().filter_map(representative).map(Cow::into_owned).collect();
            Some(Cow::Owned(Element { content: Content::Children(children), ..head.clone() }))
        }
    }
}
