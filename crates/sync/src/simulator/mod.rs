//! Two halves, two Jiras and a channel between them that does everything wrong; seeded, so that every history can be had again.
//!
//! Invariant: what is checked at the end is asked of the Jiras and of what went over the channel, not of the engine.

mod edits;
mod histories;
mod laws;
mod rig;
mod scenes;
mod speed;
mod wire;

/// Numbers that look random and come again with the same seed.
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Whether something of so many in a hundred happens.
    fn percent(&mut self, many: usize) -> bool {
        self.below(100) < many
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}
