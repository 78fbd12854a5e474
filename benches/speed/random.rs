//! Numbers and words that look random and are the same on every run.

/// A generator of numbers (splitmix64).
pub(crate) struct Random(u64);

const WORDS: &[&str] = &[
    "export",
    "project",
    "screen",
    "workflow",
    "release",
    "customer",
    "cannot",
    "after",
    "update",
    "the",
    "a",
    "of",
    "permission",
    "error",
    "stack",
    "trace",
    "please",
    "see",
    "attached",
    "Überblick",
    "日本語",
    "deploy",
    "server",
    "when",
    "user",
    "opens",
    "page",
    "field",
    "is",
    "empty",
    "and",
    "then",
    "again",
    "broken",
    "since",
    "version",
];

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Returns words of about that many characters, now and then with a number, markup or, if allowed, a line break.
    pub(crate) fn text(&mut self, length: u64, lines: bool) -> String {
        let length = (length / 2 + self.below(length.max(1))) as usize;
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            match self.below(6) {
                0 => text.push_str(&format!("{:x}", self.below(1 << 24))),
                _ => text.push_str(WORDS[self.below(WORDS.len() as u64) as usize]),
            }
            text.push_str(match self.below(40) {
                0 => " <b>&amp; ",
                1 => " \"it's\" ",
                2 | 3 if lines => "\n",
                _ => " ",
            });
        }
        text
    }
}
