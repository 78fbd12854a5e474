//! Values that rows hold as a number or a code, and the words that a file has for them.
//!
//! Invariant: each value has one word and each word one value, so that the table is read in both directions.

/// The values with their words.
pub(crate) type Enumeration = [(&'static str, &'static str)];

/// Returns the word for a value.
pub(crate) fn said(of: &Enumeration, stored: &str) -> Option<&'static str> {
    of.iter().find(|(own, _)| *own == stored).map(|(_, word)| *word)
}

/// Returns the value that a word stands for.
pub(crate) fn stored(of: &Enumeration, said: &str) -> Option<&'static str> {
    of.iter().find(|(_, own)| *own == said).map(|(value, _)| *value)
}
