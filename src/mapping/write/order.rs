//! Numbers that only sort: how to change as few of them as possible.

/// Returns rising numbers: the kept ones as they are, the others between their neighbours. Where there is no room, all
/// are counted anew from the first kept one.
pub(super) fn fill(numbers: &[Option<i64>], kept: &[bool]) -> Vec<i64> {
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
    use crate::model::longest_rising;
    use proptest::prelude::*;

    #[test]
    fn one_that_moved_changes_alone() {
        let numbers = [Some(10), Some(40), Some(20), Some(30)];
        let kept = longest_rising(&numbers);
        assert_eq!(kept, [true, false, true, true]);
        assert_eq!(fill(&numbers, &kept), [10, 11, 20, 30]);
    }

    #[test]
    fn new_ones_find_room_or_all_are_counted_anew() {
        let number = |numbers: &[Option<i64>]| fill(numbers, &longest_rising(numbers));
        assert_eq!(number(&[Some(1), Some(2), None]), [1, 2, 3]);
        assert_eq!(number(&[None, Some(5)]), [4, 5]);
        assert_eq!(number(&[Some(1), None, Some(2)]), [1, 2, 3]);
        assert_eq!(number(&[None, Some(0)]), [1, 2]);
    }

    proptest! {
        #[test]
        fn the_kept_rise_and_none_could_be_added(keys in proptest::collection::vec(proptest::option::of(0i64..9), 0..9)) {
            let kept = longest_rising(&keys);
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
            prop_assert!(fill(&keys, &longest_rising(&keys)).is_sorted_by(|a, b| a < b));
        }
    }
}
