//! The order of a list that two sides have changed, on numbers alone.
//!
//! The order of a list is the order of each two of its items, and that is merged like any other property: if one side turned
//! two items round, they are turned round. Both sides cannot disagree about two items that were there before; they can
//! disagree about three or more, where the pairs lead in a circle: these are in dispute, and nothing else is.
//! What only one side added stays behind the item behind which that side put it, or at the end.
//!
//! Invariants: whichever side is called ours, the order is the same; time grows as n log² n.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::majority::before_each;
use crate::model::Sides;

/// What stands in a place of the merged list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// A row.
    Row(usize),
    /// Rows whose order, or presence, is in dispute: what each side has here.
    Disputed(Sides<Vec<usize>>),
}

/// A list that two sides have changed. Rows are the items, each one counted once, whichever side has it.
pub(super) struct Lists<'a> {
    /// The rows that each side has, in its order.
    pub(super) rows: Sides<Vec<usize>>,
    /// Whether a row is still there after the merge.
    pub(super) alive: &'a dyn Fn(usize) -> bool,
    /// How rows that nothing else puts into an order follow each other.
    pub(super) compare: &'a dyn Fn(usize, usize) -> Ordering,
    /// Whether one place can have only one successor: two sides that replaced the same items differ.
    pub(super) strict: bool,
}

/// Where rows of one side stand that the other side does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Gap {
    Start,
    Behind(usize),
    End,
}

impl Lists<'_> {
    /// Returns the merged list.
    pub(super) fn arrange(&self) -> Vec<Slot> {
        let places = self.rows.map(|rows| {
            let places = rows.iter().enumerate().map(|(place, row)| (*row, place));
            places.collect::<HashMap<usize, usize>>()
        });
        let common = |row: usize| places.ours.contains_key(&row) && places.theirs.contains_key(&row);
        let added = self.rows.map(|rows| self.gaps(rows, &common));
        let mut slots = Vec::new();
        self.fill(Gap::Start, &added, &places, &mut slots);
        for segment in self.settle(&places) {
            match segment[..] {
                [row] => slots.push(Slot::Row(row)),
                _ => {
                    let by_place = |places: &HashMap<usize, usize>| {
                        let mut own: Vec<usize> =
                            segment.iter().copied().filter(|row| places.contains_key(row)).collect();
                        own.sort_by_key(|row| places[row]);
                        own
                    };
                    slots.push(Slot::Disputed(places.map(by_place)));
                }
            }
            for row in segment {
                self.fill(Gap::Behind(row), &added, &places, &mut slots);
            }
        }
        self.fill(Gap::End, &added, &places, &mut slots);
        slots
    }

    /// Returns the rows between those that both sides have.
    fn gaps(&self, rows: &[usize], common: &dyn Fn(usize) -> bool) -> HashMap<Gap, Vec<usize>> {
        let last = rows.iter().rposition(|row| common(*row));
        let mut gaps: HashMap<Gap, Vec<usize>> = HashMap::new();
        let mut gap = Gap::Start;
        for (place, &row) in rows.iter().enumerate() {
            if common(row) {
                gap = if last == Some(place) { Gap::End } else { Gap::Behind(row) };
            } else {
                gaps.entry(gap).or_default().push(row);
            }
        }
        gaps
    }

    fn fill(
        &self,
        gap: Gap,
        added: &Sides<HashMap<Gap, Vec<usize>>>,
        places: &Sides<HashMap<usize, usize>>,
        slots: &mut Vec<Slot>,
    ) {
        let run = |gaps: &HashMap<Gap, Vec<usize>>| gaps.get(&gap).cloned().unwrap_or_default();
        let mut run = added.map(run);
        // Of the old rows of this gap only those matter that neither side kept.
        run.base.retain(|row| !places.ours.contains_key(row) && !places.theirs.contains_key(row));
        run.ours.retain(|row| (self.alive)(*row));
        run.theirs.retain(|row| (self.alive)(*row));
        match (run.ours.first(), run.theirs.first()) {
            (Some(_), Some(_)) if self.strict && !run.base.is_empty() => slots.push(Slot::Disputed(run)),
            (Some(ours), Some(theirs)) if (self.compare)(*ours, *theirs).is_gt() => {
                slots.extend(run.theirs.into_iter().chain(run.ours).map(Slot::Row));
            }
            _ => slots.extend(run.ours.into_iter().chain(run.theirs).map(Slot::Row)),
        }
    }

    /// Puts the rows that both sides have into an order; rows that are in dispute stay together.
    fn settle(&self, places: &Sides<HashMap<usize, usize>>) -> Vec<Vec<usize>> {
        let both = |rows: &[usize]| -> Vec<usize> {
            let both = |row: &&usize| places.ours.contains_key(row) && places.theirs.contains_key(row);
            rows.iter().filter(both).copied().collect()
        };
        let orders = self.rows.map(|rows| both(rows));
        if orders.ours == orders.theirs
            || (orders.base.len() == orders.ours.len() && orders.agreed().is_some())
        {
            let agreed = orders.agreed().unwrap_or(&orders.ours);
            return agreed.iter().map(|row| vec![*row]).collect();
        }
        // Two rows stand as both sides want it, or else as the base did not have them: as two of three orders say, of which
        // the third is the base turned round. What both sides added, in different places, comes first in that one: the place
        // further in front holds.
        let (mut turned, mut new): (Vec<usize>, Vec<usize>) =
            orders.ours.iter().copied().partition(|row| places.base.contains_key(row));
        turned.sort_by_key(|row| std::cmp::Reverse(places.base[row]));
        new.sort_by(|a, b| (self.compare)(*a, *b));
        new.append(&mut turned);
        let numbers: HashMap<usize, usize> =
            orders.ours.iter().enumerate().map(|(number, row)| (*row, number)).collect();
        let numbered = [&orders.ours, &orders.theirs, &new]
            .map(|order| order.iter().map(|row| numbers[row]).collect::<Vec<usize>>());
        let before = before_each(numbered.each_ref().map(Vec::as_slice));
        let behind = |row: &usize| before[numbers[row]];
        let mut rows = orders.ours;
        rows.sort_by(|a, b| behind(a).cmp(&behind(b)).then_with(|| (self.compare)(*a, *b)));
        // A pair that stands against its order has a circle around it. There is none between the first rows and the others if
        // nothing stands before those but they themselves: then they have as many before them as they are pairs.
        let mut segments: Vec<Vec<usize>> = Vec::new();
        let (mut count, mut pairs) = (0_usize, 0_usize);
        let mut is_whole = true;
        for row in rows {
            match segments.last_mut() {
                Some(segment) if !is_whole => segment.push(row),
                _ => segments.push(vec![row]),
            }
            pairs += behind(&row);
            is_whole = pairs == count * (count + 1) / 2;
            count += 1;
        }
        segments
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::work;

    fn arrange(base: &[usize], ours: &[usize], theirs: &[usize]) -> Vec<Slot> {
        let alive = |row: usize| {
            let has = |rows: &[usize]| rows.contains(&row);
            match (has(base), has(ours), has(theirs)) {
                (true, ours, theirs) => ours && theirs,
                (false, ours, theirs) => ours || theirs,
            }
        };
        let rows = Sides { base: base.to_vec(), ours: ours.to_vec(), theirs: theirs.to_vec() };
        Lists { rows, alive: &alive, compare: &|a, b| a.cmp(&b), strict: true }.arrange()
    }

    fn rows(slots: &[Slot]) -> Option<Vec<usize>> {
        slots.iter().map(|slot| if let Slot::Row(row) = slot { Some(*row) } else { None }).collect()
    }

    fn settled(base: &[usize], ours: &[usize], theirs: &[usize]) -> Vec<usize> {
        rows(&arrange(base, ours, theirs)).expect("nothing is in dispute")
    }

    #[test]
    fn both_additions_stay_in_a_fixed_order() {
        assert_eq!(settled(&[1, 2], &[1, 2, 9], &[1, 2, 8]), [1, 2, 8, 9]);
        assert_eq!(settled(&[1, 2], &[9, 1, 2], &[1, 8, 2]), [9, 1, 8, 2]);
        assert_eq!(settled(&[], &[9, 5], &[8, 6]), [8, 6, 9, 5], "what one side added stays together");
    }

    #[test]
    fn two_moves_are_both_made() {
        assert_eq!(settled(&[1, 2, 3, 4], &[2, 3, 4, 1], &[4, 1, 2, 3]), [4, 2, 3, 1]);
        assert_eq!(settled(&[1, 2, 3, 4], &[2, 1, 3, 4], &[1, 2, 4, 3]), [2, 1, 4, 3]);
    }

    #[test]
    fn an_addition_at_the_end_stays_there() {
        assert_eq!(settled(&[1, 2, 3], &[1, 2, 3, 9], &[3, 1, 2]), [3, 1, 2, 9]);
    }

    #[test]
    fn a_circle_is_in_dispute_and_nothing_else() {
        // Ours turns 1 and 2 round, theirs 2 and 3; 1 stays before 3 on both sides.
        let disputed = Sides { base: vec![1, 2, 3], ours: vec![2, 1, 3], theirs: vec![1, 3, 2] };
        let slots = arrange(&[0, 1, 2, 3, 4], &[0, 2, 1, 3, 4], &[0, 1, 3, 2, 4, 5]);
        assert_eq!(slots, [Slot::Row(0), Slot::Disputed(disputed), Slot::Row(4), Slot::Row(5)]);
        // Ours puts 1 behind 2 and 3, theirs 3 before 1 and 2: that goes together.
        assert_eq!(settled(&[0, 1, 2, 3], &[0, 2, 3, 1], &[0, 3, 1, 2]), [0, 3, 2, 1]);
    }

    #[test]
    fn what_both_replaced_differently_is_in_dispute() {
        let slots = arrange(&[1, 2, 3], &[1, 8, 3], &[1, 9, 3]);
        let disputed = Slot::Disputed(Sides { base: vec![2], ours: vec![8], theirs: vec![9] });
        assert_eq!(slots, [Slot::Row(1), disputed, Slot::Row(3)]);
    }

    /// Long lists that both sides have turned upside down do not take as much as their pairs.
    #[test]
    fn long_lists_take_no_look_at_each_pair() {
        const LONG: usize = 20_000;
        let base: Vec<usize> = (0..LONG).collect();
        let shuffled = |step: usize| (0..LONG).map(|row| row * step % LONG).collect::<Vec<usize>>();
        let (done, slots) = work::of(|| arrange_all(&base, &shuffled(7_919), &shuffled(6_101)));
        assert!(slots.len() < 10, "nearly all of them are in dispute");
        assert!(done < LONG as u64 * 15 * 15 * 4, "{done}");
        let mut moved = base.clone();
        moved.rotate_left(1);
        let mut other = base.clone();
        other.swap(10_000, 10_001);
        let (_, slots) = work::of(|| arrange_all(&base, &moved, &other));
        assert_eq!(rows(&slots).map(|rows| rows.len()), Some(LONG));
    }

    /// Arranges lists of the same rows.
    fn arrange_all(base: &[usize], ours: &[usize], theirs: &[usize]) -> Vec<Slot> {
        let rows = Sides { base: base.to_vec(), ours: ours.to_vec(), theirs: theirs.to_vec() };
        let compare = |a: usize, b: usize| {
            work::count();
            a.cmp(&b)
        };
        Lists { rows, alive: &|_| true, compare: &compare, strict: true }.arrange()
    }

    fn list() -> impl Strategy<Value = Vec<usize>> {
        Just((0..9).collect::<Vec<usize>>())
            .prop_shuffle()
            .prop_flat_map(|all| (0..9_usize).prop_map(move |n| all[..n].to_vec()))
    }

    proptest! {
        #[test]
        fn one_side_alone_gets_what_it_wants(base in list(), side in list()) {
            prop_assert_eq!(settled(&base, &side, &base), side.clone());
            prop_assert_eq!(settled(&base, &base, &side), side.clone());
            prop_assert_eq!(settled(&base, &side, &side), side);
        }

        #[test]
        fn the_sides_can_be_exchanged(base in list(), ours in list(), theirs in list()) {
            let turned = |slot: Slot| match slot {
                Slot::Disputed(Sides { base, ours, theirs }) => Slot::Disputed(Sides { base, ours: theirs, theirs: ours }),
                row => row,
            };
            let other: Vec<Slot> = arrange(&base, &theirs, &ours).into_iter().map(turned).collect();
            prop_assert_eq!(arrange(&base, &ours, &theirs), other);
        }

        /// Two items whose order one side changed, and the other did not, stand as that side wants it.
        #[test]
        fn every_pair_is_merged(base in list(), ours in list(), theirs in list()) {
            let Some(merged) = rows(&arrange(&base, &ours, &theirs)) else { return Ok(()) };
            let place = |rows: &[usize], row| rows.iter().position(|own| *own == row);
            for (at, a) in merged.iter().enumerate() {
                for b in &merged[at + 1..] {
                    let says = |rows: &[usize]| Some(place(rows, *a)? < place(rows, *b)?);
                    if let (Some(base), Some(ours), Some(theirs)) = (says(&base), says(&ours), says(&theirs)) {
                        let expected = if ours == base { theirs } else { ours };
                        prop_assert!(expected, "{a} before {b} in {merged:?}");
                    }
                }
            }
        }
    }
}
