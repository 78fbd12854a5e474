//! What may be carried out.
//!
//! Invariant: only what was proved becomes one: an import after which the same file plans nothing more, a saved plan that does
//! what it tells, the way back as it was shown, or streamed work whose source is still what was counted.

use super::{Import, Mended, Preview, Streamed, Work};
use crate::entity::Move;
use crate::model::Snapshot;
use crate::plan::Description;

/// Work that does what its plan says.
#[derive(Debug)]
pub struct Proved {
    pub(super) plan: Description,
    pub(super) work: Work,
    pub(super) moves: Vec<Move>,
    pub(super) mended: Mended,
    pub(super) after: Snapshot,
}

impl Proved {
    /// Returns what it does, in words.
    pub fn plan(&self) -> &Description {
        &self.plan
    }

    /// Returns what is to be done.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Returns the configuration as it will be.
    pub fn after(&self) -> &Snapshot {
        &self.after
    }

    /// Returns the issues to move.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// Returns what led to nothing before and does not after it.
    pub fn mended(&self) -> &Mended {
        &self.mended
    }
}

impl Import {
    /// Takes what is to be done out of the import, with the configuration as it will be; nothing of it may be done if something would be left of the file.
    pub fn proved(&mut self) -> Option<Proved> {
        let is_whole = self.leftover.steps.is_empty();
        is_whole.then(|| Proved {
            plan: self.plan.describe(),
            work: std::mem::take(&mut self.work),
            moves: self.plan.moves.clone(),
            mended: self.mended.clone(),
            after: std::mem::take(&mut self.after),
        })
    }
}

impl Proved {
    /// Returns streamed work, if its source was counted once more and is still what was planned; else how it differs.
    pub fn streamed(plan: Description, planned: Streamed, counted: &Streamed) -> Result<Self, Vec<String>> {
        let differences = planned.differs(counted);
        if !differences.is_empty() {
            return Err(differences);
        }
        let (moves, mended, after) = (Vec::new(), Mended::default(), Snapshot::default());
        Ok(Self { plan, work: Work::Streamed(planned), moves, mended, after })
    }
}

impl Preview {
    /// Returns the work that the preview shows, with the issues that move.
    pub fn proved(self, moves: Vec<Move>) -> Proved {
        Proved { plan: self.plan, work: self.work, moves, mended: self.mended, after: self.after }
    }
}
