//! What two of three orders say, counted for all rows at once.
//!
//! Invariant: time grows as n log² n, whatever the orders are; never with the number of pairs.

/// Returns for each row how many others stand before it in at least two of the three orders. Rows are numbers from 0 on; an
/// order holds each of them once.
pub(super) fn before_each(orders: [&[usize]; 3]) -> Vec<usize> {
    let [a, b, c] = orders.map(places);
    let two = [(orders[0], &b), (orders[0], &c), (orders[1], &c)];
    let two = two.map(|(order, places)| before_in_both(order, places));
    let all = before_in_all(orders[0], &b, &c);
    // Who stands before a row in all three was counted three times, and counts once.
    (0..a.len()).map(|row| two.iter().map(|own| own[row]).sum::<usize>() - 2 * all[row]).collect()
}

/// Returns the place of each row.
fn places(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, row)| places[*row] = place);
    places
}

/// Returns for each row how many others stand before it in an order and in these places as well.
fn before_in_both(order: &[usize], places: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; order.len()];
    let mut seen = Sums::new(order.len());
    for &row in order {
        counts[row] = seen.below(places[row]);
        seen.add(places[row], 1);
    }
    counts
}

/// Returns for each row how many others stand before it in an order and in both places.
fn before_in_all(order: &[usize], second: &[usize], third: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; order.len()];
    let mut rows = order.to_vec();
    let mut seen = Sums::new(order.len());
    halves(&mut rows, (second, third), &mut seen, &mut counts);
    counts
}

/// Counts within rows that stand in the first order, and puts them into the second: those of the first half stand before
/// those of the second one, so only two orders are left between the halves.
fn halves(rows: &mut [usize], (second, third): (&[usize], &[usize]), seen: &mut Sums, counts: &mut [usize]) {
    if rows.len() < 2 {
        return;
    }
    let (left, right) = rows.split_at_mut(rows.len() / 2);
    halves(left, (second, third), seen, counts);
    halves(right, (second, third), seen, counts);
    let mut added = 0;
    for &row in &*right {
        while added < left.len() && second[left[added]] < second[row] {
            seen.add(third[left[added]], 1);
            added += 1;
        }
        counts[row] += seen.below(third[row]);
    }
    left[..added].iter().for_each(|&row| seen.add(third[row], -1));
    rows.sort_by_key(|row| second[*row]);
}

/// Sums over the beginnings of a list whose numbers change (a Fenwick tree).
struct Sums(Vec<isize>);

impl Sums {
    fn new(length: usize) -> Self {
        Self(vec![0; length + 1])
    }

    fn add(&mut self, place: usize, number: isize) {
        let mut at = place + 1;
        while at < self.0.len() {
            #[cfg(test)]
            crate::model::work::count();
            self.0[at] += number;
            at += at & at.wrapping_neg();
        }
    }

    /// Returns the sum of what stands before a place.
    fn below(&self, place: usize) -> usize {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            #[cfg(test)]
            crate::model::work::count();
            sum += self.0[at];
            at -= at & at.wrapping_neg();
        }
        sum.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn orders() -> impl Strategy<Value = [Vec<usize>; 3]> {
        (0..40_usize).prop_flat_map(|length| {
            let order = || Just((0..length).collect::<Vec<usize>>()).prop_shuffle();
            [order(), order(), order()]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_all_pairs_say(orders in orders()) {
            let orders = orders.each_ref().map(Vec::as_slice);
            let of_each = orders.map(places);
            let before = |a: usize, b: usize| of_each.iter().filter(|places| places[a] < places[b]).count() > 1;
            let length = orders[0].len();
            let expected: Vec<usize> =
                (0..length).map(|row| (0..length).filter(|other| before(*other, row)).count()).collect();
            prop_assert_eq!(before_each(orders), expected);
        }
    }
}
