//! The way back: what takes work back that was done.
//!
//! Pure. Invariant: what nothing can take back is named, and never left out in silence.

use serde_json::Value;

use super::{Call, Work};
use crate::entity::RowChange;

/// The way back of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Back {
    /// What is to be done.
    pub work: Work,
    /// What nothing takes back, in words.
    pub stays: Vec<String>,
}

impl Work {
    /// Returns what takes the work back. Jira's sequences only ever rise: an id that was given out is never given out again, so they
    /// stay where they are.
    pub fn back(&self) -> Back {
        match self {
            Self::Rows(rows) => {
                let counted = |change: &&RowChange| change.entity().entity().name != "SequenceValueItem";
                let rows = rows.iter().rev().filter(counted).cloned().map(RowChange::reverse).collect();
                Back { work: Self::Rows(rows), stays: Vec::new() }
            }
            Self::Calls(calls) => {
                let work = Self::Calls(calls.iter().rev().flat_map(taken_back).collect());
                Back { work, stays: self.irrevocable() }
            }
            Self::Streamed(streamed) => Back { work: Self::Streamed(streamed.back()), stays: Vec::new() },
        }
    }

    /// Returns what nothing can take back once it is done, in words.
    pub fn irrevocable(&self) -> Vec<String> {
        let lasting = self.calls().iter().filter(|call| call.takes_back.is_none());
        lasting.map(|call| call.about.clone()).collect()
    }
}

/// Returns the calls that take one back. If they are several, the first of them is taken back by the call, and the others by nothing
/// more.
fn taken_back(call: &Call) -> Vec<Call> {
    let backs = match &call.takes_back {
        None => Vec::new(),
        Some(Value::Array(backs)) => backs.clone(),
        Some(back) => vec![back.clone()],
    };
    let forth = [call.sends.clone()].into_iter().chain(std::iter::repeat(Value::Array(Vec::new())));
    let call = |(sends, forth)| Call { about: call.about.clone(), sends, takes_back: Some(forth) };
    backs.into_iter().zip(forth).map(call).collect()
}
