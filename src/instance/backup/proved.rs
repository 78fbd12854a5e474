//! What of a block is proved before it is parsed.
//!
//! Invariant: the bytes are text without forbidden characters, whoever parses them; of each part it holds, besides, that it need not be
//! parsed, but only if the parser comes between two rows to the place where the part begins.

/// A stretch of a block.
#[derive(Debug)]
pub(super) struct Proved {
    /// Where it begins, with the `<` of a row.
    pub(super) from: usize,
    /// Where it ends.
    pub(super) to: usize,
    /// What of it nobody wants, in order.
    pub(super) parts: Vec<Part>,
}

/// Whole rows that nobody wants, and blanks between them.
#[derive(Debug)]
pub(super) struct Part {
    /// Where it begins, with the `<` of a row.
    pub(super) from: usize,
    /// Where it ends, behind a row.
    pub(super) to: usize,
    /// The tables, in order, with how many rows of each there are.
    pub(super) rows: Vec<(Vec<u8>, u64)>,
}

/// Proves what can be proved of a block of which the text begins at a place.
pub(super) type Prove<'a> = &'a (dyn Fn(&[u8], usize) -> Option<Proved> + Sync);

/// The same, of its own.
pub(super) type Prover<'a> = Box<dyn Fn(&[u8], usize) -> Option<Proved> + Sync + 'a>;
