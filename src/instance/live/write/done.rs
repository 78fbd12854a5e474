//! What was done of a run, as the journal has it: the calls that the way back takes back.
//!
//! Pure. Invariants: what was not made is not among them, except what was made in part or begun by hand; who has made a part of a step
//! says so in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Act, Fate, Logged};
use crate::import::Call;
use crate::model::Snapshot;

/// What is known of the requests of a step.
#[derive(Default)]
struct Step {
    /// How many there are, if one of them says it.
    requests: usize,
    made: usize,
    /// Which call says what they change.
    says: usize,
}

/// Returns the calls of a run that were made, with the ids in them that it was told; `now` is what is there, if something of it is done
/// by hand.
pub(in crate::instance) fn done(
    logged: Vec<Logged>,
    ids: &BTreeMap<String, String>,
    now: Option<&Snapshot>,
) -> Result<Vec<Call>, String> {
    let mut calls: Vec<Call> = Vec::new();
    let mut steps: BTreeMap<usize, Step> = BTreeMap::new();
    for own in logged {
        let mut call = own.call;
        let act = Act::try_from(&call.sends)?;
        // What was sent and is settled was done in part.
        let is_partial = own.fate == Fate::Sent;
        if own.fate != Fate::Made && !is_partial {
            // Who has begun something by hand is to end up where he began.
            if let (Act::ByHand(own), Some(now)) = (&act, now) {
                calls.extend(own.begun(now));
            }
            continue;
        }
        let Act::Request(sent) = act else {
            calls.push(call);
            continue;
        };
        let step = steps.entry(sent.step).or_default();
        step.made += usize::from(!is_partial);
        if let Some(object) = &sent.object {
            (step.requests, step.says) = (object.requests, calls.len());
        }
        let resolved = |back: &Value| -> Result<Value, String> {
            match Act::try_from(back)? {
                Act::Request(own) => {
                    Ok(serde_json::to_value(own.resolved(ids)).expect("a request has text keys only"))
                }
                Act::ByHand(_) => Ok(back.clone()),
            }
        };
        call.takes_back = match &call.takes_back {
            None => None,
            Some(Value::Array(backs)) => Some(backs.iter().map(resolved).collect::<Result<_, _>>()?),
            Some(back) => Some(resolved(back)?),
        };
        calls.push(call);
    }
    for step in steps.into_values().filter(|own| own.made < own.requests) {
        let first = calls[step.says].takes_back.as_mut().and_then(|own| match own {
            Value::Array(backs) => backs.first_mut(),
            back => Some(back),
        });
        let Some(back) = first else { continue };
        if let Some(object) = back.get_mut("object") {
            object["isPartial"] = true.into();
        }
        for object in back.get_mut("also").and_then(|own| own.as_array_mut()).into_iter().flatten() {
            object["isPartial"] = true.into();
        }
    }
    Ok(without_idle(calls))
}

/// Leaves out what is only done on the way back, after that of what follows it in its step, where nothing of that was done.
fn without_idle(calls: Vec<Call>) -> Vec<Call> {
    let mut followed = BTreeSet::new();
    let is_kept = |call: &Call| match Act::try_from(&call.sends) {
        Ok(Act::Request(sent)) if sent.is_nothing() => followed.contains(&sent.step),
        Ok(Act::Request(sent)) => {
            followed.insert(sent.step);
            true
        }
        _ => true,
    };
    let kept: Vec<Call> = calls.into_iter().rev().filter(is_kept).collect();
    kept.into_iter().rev().collect()
}
