//! The best way to pair the rows of a table with its columns.
//!
//! Deterministic: of several best ways always the same is returned.

/// Returns for each row the column that it is paired with, so that the sum of the values is as large as possible. A pair
/// with a value of 0 is none. Time grows with the third power of the larger side (the Hungarian algorithm).
pub(super) fn best(values: &[Vec<u64>]) -> Vec<Option<usize>> {
    let rows = values.len();
    let columns = values.iter().map(Vec::len).max().unwrap_or(0);
    let size = rows.max(columns);
    let value = |row: usize, column: usize| {
        let value = values.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0);
        i64::try_from(value).expect("values are far below the largest number")
    };
    // Potentials of rows and columns; row 0 and column 0 stand for nothing. Costs are negative values.
    let (mut of_row, mut of_column) = (vec![0_i64; size + 1], vec![0_i64; size + 1]);
    let mut row_of = vec![0_usize; size + 1];
    let mut way = vec![0_usize; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut least = vec![i64::MAX; size + 1];
        let mut used = vec![false; size + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            used[column] = true;
            let own = row_of[column];
            let (mut delta, mut next) = (i64::MAX, 0);
            for other in (1..=size).filter(|other| !used[*other]) {
                let cost = -value(own - 1, other - 1) - of_row[own] - of_column[other];
                if cost < least[other] {
                    (least[other], way[other]) = (cost, column);
                }
                if least[other] < delta {
                    (delta, next) = (least[other], other);
                }
            }
            for other in 0..=size {
                if used[other] {
                    of_row[row_of[other]] += delta;
                    of_column[other] -= delta;
                } else if least[other] < i64::MAX {
                    least[other] -= delta;
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[way[column]];
            column = way[column];
        }
    }
    let mut result = vec![None; rows];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        if (1..=rows).contains(&row) && column <= columns && value(row - 1, column - 1) > 0 {
            result[row - 1] = Some(column - 1);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[Vec<u64>], pairs: &[Option<usize>]) -> u64 {
        pairs.iter().enumerate().filter_map(|(row, column)| Some(values[row][(*column)?])).sum()
    }

    /// Tries everything.
    fn largest(values: &[Vec<u64>], row: usize, used: &mut Vec<bool>) -> u64 {
        if row == values.len() {
            return 0;
        }
        let mut best = largest(values, row + 1, used);
        for column in 0..used.len() {
            if !used[column] {
                used[column] = true;
                best = best.max(values[row][column] + largest(values, row + 1, used));
                used[column] = false;
            }
        }
        best
    }

    proptest! {
        #[test]
        fn no_other_way_is_better(
            (columns, values) in (0usize..5).prop_flat_map(|columns| {
                let row = proptest::collection::vec(0u64..6, columns);
                (Just(columns), proptest::collection::vec(row, 0..5))
            }),
        ) {
            let pairs = best(&values);
            let mut columns_used: Vec<usize> = pairs.iter().copied().flatten().collect();
            columns_used.sort_unstable();
            columns_used.dedup();
            prop_assert_eq!(columns_used.len(), pairs.iter().flatten().count());
            prop_assert_eq!(sum(&values, &pairs), largest(&values, 0, &mut vec![false; columns]));
        }
    }
}
