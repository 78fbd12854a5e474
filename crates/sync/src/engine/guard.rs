//! Whether the state and the Jira still belong together: a run that changes something is counted in both.
//!
//! Invariant: a half whose Jira or state was restored refuses to work before its first message.

use super::{Engine, RunFault};
use crate::state::{Pair, PairState};
use crate::{IssueFault, IssueKey, Parts};

/// On how many issues the count is kept, so that it survives the deletion of one.
const ANCHORS: usize = 3;

impl Engine<'_> {
    fn anchor_name(&self) -> String {
        format!("pcfg.sync.run.{}", &self.state.half().sync_id.to_string()[..8])
    }

    /// Refuses to go on where one of both was restored.
    pub(super) fn guard(&mut self) -> Result<(), RunFault> {
        let half = self.state.half();
        // An alarm lets through what ends it: a recovery that the partner began.
        if half.alarm.is_some() || half.recovery.is_some() || half.anchors.is_empty() {
            return Ok(());
        }
        let counts = [Some(half.generation), half.generation_next];
        let (generation, anchors, name) = (half.generation, half.anchors.clone(), self.anchor_name());
        let mut seen = Vec::new();
        for key in &anchors {
            match self.issues.property(key, &name, None) {
                Ok(value) => seen.push(value.and_then(|value| value.parse::<u64>().ok())),
                Err(IssueFault::NoIssue(_)) => (),
                Err(fault) => return Err(fault.into()),
            }
        }
        if seen.iter().any(|count| count.is_some() && counts.contains(count)) {
            return Ok(());
        }
        if seen.is_empty() && self.some_pair_is_there()? {
            // The issues of the count were deleted, one by one: it is kept on others from now on.
            self.state.half_mut().anchors.clear();
            return Ok(());
        }
        // The first count may not have been written yet.
        if half_was_new(counts) && seen.iter().all(Option::is_none) && !seen.is_empty() {
            return Ok(());
        }
        let why = match seen.iter().flatten().max() {
            Some(count) if *count > generation => {
                "the state of this half is older than its Jira: it was restored".to_owned()
            }
            _ => "the Jira of this half is older than its state: it was restored".to_owned(),
        };
        self.alarm(&why)?;
        Err(RunFault::Alarm(why))
    }

    fn some_pair_is_there(&mut self) -> Result<bool, RunFault> {
        for pair in self.oldest()? {
            if self
                .issues
                .read(&pair.own, Parts::default())?
                .is_some_and(|own| Some(own.created.at) == pair.own_made)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Some live pairs, the oldest first: what a restored Jira has, if it has anything.
    fn oldest(&self) -> Result<Vec<Pair>, RunFault> {
        let mut pairs = self.state.pairs_after("", 50)?;
        pairs.retain(|pair| pair.state == PairState::Live);
        pairs.sort_by_key(|pair| pair.own_made);
        Ok(pairs)
    }

    /// Nothing is told or done any more until `recover`.
    pub(super) fn alarm(&mut self, why: &str) -> Result<(), RunFault> {
        if self.state.half().alarm.is_none() {
            let now = self.options.now;
            self.state.log(now, &format!("ALARM: {why}"))?;
            self.state.half_mut().alarm = Some(why.to_owned());
            self.state.commit()?;
        }
        Ok(())
    }

    /// Counts this run, once, before the first thing that it changes anywhere.
    pub(super) fn touch(&mut self) -> Result<(), RunFault> {
        if self.run.touched {
            return Ok(());
        }
        self.run.touched = true;
        if self.state.half().anchors.is_empty() {
            return Ok(());
        }
        self.count()
    }

    /// Where no count is kept yet, and there are pairs now: keeps it.
    pub(super) fn anchor(&mut self) -> Result<(), RunFault> {
        if !self.state.half().anchors.is_empty() || self.state.half().recovery.is_some() {
            return Ok(());
        }
        let anchors: Vec<IssueKey> = self.oldest()?.into_iter().map(|pair| pair.own).take(ANCHORS).collect();
        if anchors.is_empty() {
            return Ok(());
        }
        self.state.half_mut().anchors = anchors;
        self.count()
    }

    fn count(&mut self) -> Result<(), RunFault> {
        let next = self.state.half().generation + 1;
        self.state.half_mut().generation_next = Some(next);
        self.state.commit()?;
        let (anchors, name) = (self.state.half().anchors.clone(), self.anchor_name());
        let mut kept = Vec::new();
        for key in anchors {
            match self.issues.property(&key, &name, Some(&next.to_string())) {
                Ok(_) => kept.push(key),
                Err(IssueFault::NoIssue(_)) => (),
                Err(fault) => return Err(fault.into()),
            }
        }
        let half = self.state.half_mut();
        half.anchors = kept;
        half.generation = next;
        half.generation_next = None;
        self.state.commit()?;
        Ok(())
    }
}

fn half_was_new(counts: [Option<u64>; 2]) -> bool {
    counts == [Some(0), Some(1)]
}
