//! Rings: what needs each other, directly or through others. They are the strongly connected components of what needs
//! what, found by Tarjan's algorithm (1972).
//!
//! Invariant: all of them together cost no more than a look at each need, and no chain is too long.

/// Returns the rings of things by their numbers, each after all that it needs; `needs` says what each thing needs. What
/// is in no ring makes one of its own.
pub(super) fn rings(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut walk = Walk {
        seen: vec![None; needs.len()],
        least: vec![0; needs.len()],
        is_open: vec![false; needs.len()],
        open: Vec::new(),
        rings: Vec::new(),
    };
    let mut count = 0;
    for from in 0..needs.len() {
        let mut calls: Vec<(usize, usize)> = Vec::new();
        calls.extend(walk.seen[from].is_none().then_some((from, 0)));
        while let Some((at, next)) = calls.last_mut() {
            let (at, needed) = (*at, needs[*at].get(*next).copied());
            if *next == 0 {
                walk.begin(at, count);
                count += 1;
            }
            *next += 1;
            match needed {
                Some(needed) => match walk.seen[needed] {
                    None => calls.push((needed, 0)),
                    Some(seen) if walk.is_open[needed] => walk.reaches(at, seen),
                    Some(_) => {}
                },
                None => {
                    calls.pop();
                    if let Some((user, _)) = calls.last() {
                        walk.reaches(*user, walk.least[at]);
                    }
                    walk.end(at);
                }
            }
        }
    }
    walk.rings
}

/// A walk through all things.
struct Walk {
    /// When each was come to.
    seen: Vec<Option<usize>>,
    /// When the first of those was come to that each reaches.
    least: Vec<usize>,
    /// Whether the ring of each is not yet whole.
    is_open: Vec<bool>,
    /// Those, in the order in which they were come to.
    open: Vec<usize>,
    rings: Vec<Vec<usize>>,
}

impl Walk {
    fn begin(&mut self, at: usize, now: usize) {
        (self.seen[at], self.least[at], self.is_open[at]) = (Some(now), now, true);
        self.open.push(at);
    }

    fn reaches(&mut self, at: usize, least: usize) {
        self.least[at] = self.least[at].min(least);
    }

    /// Makes a ring of what was come to since then, if nothing of it reaches further back.
    fn end(&mut self, at: usize) {
        if self.seen[at] != Some(self.least[at]) {
            return;
        }
        let from = self.open.iter().rposition(|own| *own == at).unwrap_or(0);
        let ring = self.open.split_off(from);
        ring.iter().for_each(|own| self.is_open[*own] = false);
        self.rings.push(ring);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns what each of some things reaches, itself included.
    fn reach(needs: &[Vec<usize>], from: usize) -> Vec<bool> {
        let mut reached = vec![false; needs.len()];
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                next.extend(&needs[at]);
            }
        }
        reached
    }

    proptest! {
        /// Two things are in one ring if and only if each reaches the other, and what a ring needs comes before it.
        #[test]
        fn rings_are_what_reaches_each_other(
            needs in proptest::collection::vec(proptest::collection::vec(0..8_usize, 0..3), 8)
        ) {
            let found = rings(&needs);
            let ring_of = |at: usize| found.iter().position(|ring| ring.contains(&at)).unwrap();
            prop_assert_eq!(found.iter().map(Vec::len).sum::<usize>(), needs.len());
            let reached: Vec<Vec<bool>> = (0..needs.len()).map(|from| reach(&needs, from)).collect();
            for (a, of_a) in reached.iter().enumerate() {
                for (b, of_b) in reached.iter().enumerate() {
                    prop_assert_eq!(ring_of(a) == ring_of(b), of_a[b] && of_b[a], "{} {}", a, b);
                    prop_assert!(!of_a[b] || ring_of(b) <= ring_of(a), "{} needs {}", a, b);
                }
            }
        }
    }
}
