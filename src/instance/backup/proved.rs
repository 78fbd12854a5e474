//! What of a block is proved before it is parsed.
//!
//! Invariant: it holds only if the parser comes between two rows to the place where it begins.

/// A part of a block that holds whole rows of tables that nobody wants, and blanks between them.
#[derive(Debug)]
pub(super) struct Proved {
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
pub(super) type Prover = Box<dyn Fn(&[u8], usize) -> Option<Proved> + Sync>;
