//! Numbers that only sort: how to change as few of them as possible.

use crate::model::longest_rising as rising;

/// Returns numbers for rows in the order in which they are to stand, of which some have a number and an id already. They
/// rise, or are equal where the ids rise, and as few as possible differ from those that are there. None is less than
/// the least of those, or than `first`.
pub(crate) fn numbers(there: &[Option<(i64, i64)>], first: i64) -> Vec<i64> {
    let numbers: Vec<Option<i64>> = there.iter().map(|key| key.map(|(number, _)| number)).collect();
    let by_ids = fill(&numbers, &rising(there));
    let with_room = with_room(&numbers, first);
    let changed = |new: &[i64]| numbers.iter().zip(new).filter(|(old, new)| **old != Some(**new)).count();
    if changed(&by_ids) < changed(&with_room) { by_ids } else { with_room }
}

/// Returns rising numbers: the longest run of those that leave room for the others between them stays.
fn with_room(numbers: &[Option<i64>], first: i64) -> Vec<i64> {
    let least = numbers.iter().flatten().copied().min().map_or(first, |least| least.min(first));
    // Two numbers leave room for what stands between them if they do not fall when the places are taken off.
    let keys: Vec<Option<(i64, usize)>> = (0..numbers.len())
        .map(|place| Some(((numbers[place]? - place as i64), place)).filter(|(key, _)| *key >= least))
        .collect();
    let kept = rising(&keys);
    let head = (0..numbers.len()).find(|&place| kept[place]);
    let begin = head.and_then(|head| Some(numbers[head]? - head as i64)).unwrap_or(first);
    let mut result: Vec<i64> = Vec::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let next = result.last().map_or(begin, |last| last + 1);
        result.push(number.filter(|_| kept[place]).unwrap_or(next));
    }
    result
}

/// Returns rising numbers: the kept ones as they are, the others between their neighbours. Where there is no room, all
/// are counted anew from the first kept one.
pub(crate) fn fill(numbers: &[Option<i64>], kept: &[bool]) -> Vec<i64> {
    let mut result: Vec<i64> = Vec::with_capacity(numbers.len());
    for (place, number) in numbers.iter().enumerate() {
        let last = result.last().copied();
        let own = match (number, kept[place], last) {
            (Some(number), true, _) => *number,
            (_, _, Some(last)) => last + 1,
            (_, _, None) => {
                let next = (0..numbers.len())
                    .find(|&other| kept[other])
                    .and_then(|other| Some((other, numbers[other]?)));
                next.map_or(1, |(other, number)| number - other as i64)
            }
        };
        result.push(own);
    }
    // Equal numbers are right only where the ids decide, and those were kept as they are.
    let crowded = (1..result.len()).any(|place| {
        result[place] < result[place - 1]
            || (result[place] == result[place - 1] && !(kept[place] && kept[place - 1]))
    });
    if crowded || result.first().is_some_and(|first| *first < 0) {
        return (1..=numbers.len() as i64).collect();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_that_moved_changes_alone() {
        let numbers = [Some(10), Some(40), Some(20), Some(30)];
        let kept = rising(&numbers);
        assert_eq!(kept, [true, false, true, true]);
        assert_eq!(fill(&numbers, &kept), [10, 11, 20, 30]);
    }

    #[test]
    fn new_ones_find_room_or_all_are_counted_anew() {
        let number = |numbers: &[Option<i64>]| fill(numbers, &rising(numbers));
        assert_eq!(number(&[Some(1), Some(2), None]), [1, 2, 3]);
        assert_eq!(number(&[None, Some(5)]), [4, 5]);
        assert_eq!(number(&[Some(1), None, Some(2)]), [1, 2, 3]);
        assert_eq!(number(&[None, Some(0)]), [1, 2]);
    }

    #[test]
    fn a_new_one_in_the_middle_moves_only_those_behind() {
        let dense = |numbers: &[i64]| -> Vec<Option<(i64, i64)>> {
            numbers.iter().map(|&number| (number >= 0).then_some((number, number))).collect()
        };
        assert_eq!(numbers(&dense(&[0, 1, -1, 2, 3]), 0), [0, 1, 2, 3, 4]);
        assert_eq!(numbers(&dense(&[0, 1, 3, 2]), 0), [0, 1, 3, 4], "one moved to the end");
        assert_eq!(numbers(&dense(&[3, 0, 1, 2]), 0), [3, 4, 5, 6], "there is no room before 0");
        assert_eq!(numbers(&dense(&[-1, -1]), 0), [0, 1]);
        assert_eq!(numbers(&[Some((0, 1)), Some((0, 2)), None], 1), [0, 0, 1], "ids decide");
    }

    proptest! {
        #[test]
        fn as_few_numbers_as_possible_change(keys in proptest::collection::vec(proptest::option::of(0i64..12), 0..8)) {
            let there: Vec<Option<(i64, i64)>> = keys.iter().enumerate().map(|(id, key)| Some(((*key)?, -(id as i64)))).collect();
            let new = numbers(&there, 0);
            prop_assert!(new.is_sorted_by(|a, b| a < b) && new.first().is_none_or(|first| *first >= 0));
            // Brute force: no larger choice leaves room for the others.
            let mut best = 0;
            for choice in 0u32..1 << keys.len() {
                let chosen: Option<Vec<(usize, i64)>> = (0..keys.len())
                    .filter(|place| choice & (1 << place) != 0)
                    .map(|place| Some((place, keys[place]?)))
                    .collect();
                let Some(chosen) = chosen else { continue };
                let fits = chosen.windows(2).all(|pair| pair[1].1 - pair[0].1 >= (pair[1].0 - pair[0].0) as i64);
                if fits && chosen.first().is_none_or(|(place, key)| *key >= *place as i64) {
                    best = best.max(chosen.len());
                }
            }
            let kept = keys.iter().zip(&new).filter(|(old, new)| **old == Some(**new)).count();
            prop_assert_eq!(kept, best);
        }

        #[test]
        fn the_kept_rise_and_none_could_be_added(keys in proptest::collection::vec(proptest::option::of(0i64..9), 0..9)) {
            let kept = rising(&keys);
            let values: Vec<i64> = keys.iter().zip(&kept).filter(|(_, kept)| **kept).filter_map(|(key, _)| *key).collect();
            prop_assert!(values.is_sorted_by(|a, b| a < b));
            // Brute force: no larger choice rises.
            let mut best = 0;
            for choice in 0u32..1 << keys.len() {
                let chosen: Option<Vec<i64>> =
                    (0..keys.len()).filter(|place| choice & (1 << place) != 0).map(|place| keys[place]).collect();
                if let Some(chosen) = chosen && chosen.is_sorted_by(|a, b| a < b) {
                    best = best.max(chosen.len());
                }
            }
            prop_assert_eq!(values.len(), best);
        }

        #[test]
        fn filled_numbers_rise(keys in proptest::collection::vec(proptest::option::of(0i64..9), 0..9)) {
            prop_assert!(fill(&keys, &rising(&keys)).is_sorted_by(|a, b| a < b));
        }
    }
}
