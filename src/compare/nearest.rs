//! Which of many lists of words have the most in common: a few for each, without a look at all pairs.
//!
//! Invariant: work grows with the number of lists, since of a list no more words are looked up than [`WORDS`], each in no more
//! than [`SAME`] others; and words that more have tell nothing.

use std::cmp::Reverse;
use std::collections::HashMap;

/// So many of the rarest words of a list are looked up.
const WORDS: usize = 128;

/// A word that more lists have than this tells none of them from the others.
const SAME: usize = 64;

/// So many are returned for each list.
pub(super) const NEAREST: usize = 16;

/// Returns for each row the columns that share the most of its rarest words, the nearest first.
pub(super) fn nearest(rows: &[Vec<u64>], columns: &[Vec<u64>]) -> Vec<Vec<usize>> {
    let mut with: HashMap<u64, Vec<usize>> = HashMap::new();
    for (column, words) in columns.iter().enumerate() {
        for word in words {
            let same = with.entry(*word).or_default();
            if same.last() != Some(&column) {
                same.push(column);
            }
        }
    }
    let of_row = |words: &Vec<u64>| {
        let mut rarest: Vec<(usize, u64)> = words
            .iter()
            .filter_map(|word| Some((with.get(word)?.len(), *word)))
            .filter(|(count, _)| *count <= SAME)
            .collect();
        rarest.sort_unstable();
        rarest.dedup();
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for (_, word) in rarest.into_iter().take(WORDS) {
            with[&word].iter().for_each(|&column| *shared.entry(column).or_default() += 1);
        }
        let mut found: Vec<(Reverse<usize>, usize)> =
            shared.into_iter().map(|(column, count)| (Reverse(count), column)).collect();
        found.sort_unstable();
        found.into_iter().take(NEAREST).map(|(_, column)| column).collect()
    };
    rows.iter().map(of_row).collect()
}
