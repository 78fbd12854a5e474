//! Two changes of the same: which one stands.
//!
//! Invariant: pure, and the same on both sides: whoever hears the two changes, in whatever order, ends with the same value.

use serde::Serialize;

use crate::exchange::newer;
use crate::message::{Known, KnownChange};
use crate::state::Register;
use crate::{Conflict, Role, Time};

/// What becomes of a value that the partner tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is written.
    Take,
    /// It is what both know now, but a change of this side, which was not told yet, stands above it.
    Below,
    /// It is as it is here: only what both know becomes newer.
    Same,
    /// It does not stand: this side's change does, and the partner learns of it, or has.
    Keep,
    /// Somebody has to decide.
    Park,
}

/// A change of this side that was not told yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untold<T> {
    /// The value.
    pub(super) value: T,
    /// When it was changed, by this side's Jira.
    pub(super) at: Time,
}

/// What becomes of `incoming`, at the half of this role, where `register` is what both knew.
pub(super) fn merge<T: Clone + PartialEq + Serialize>(
    register: Option<&Register<T>>,
    untold: Option<&Untold<T>>,
    incoming: &KnownChange<T>,
    conflict: Conflict,
    role: Role,
) -> Outcome {
    let now = &incoming.now;
    if let Some(register) = register {
        if register.known == *now {
            return Outcome::Keep;
        }
        let follows = incoming.before.as_ref() == Some(&register.known.hash());
        // Two changes to the same value are a conflict, too, for what comes after them is made over one of the two; nobody needs to be
        // asked about it.
        let same = register.known.value == now.value;
        let stands = match conflict {
            Conflict::Newer => is_newer(now, &register.known),
            Conflict::Master => follows || now.by == Role::Master,
            Conflict::Slave => follows || now.by == Role::Slave,
            Conflict::Ask if follows => true,
            Conflict::Ask if same => now.by == Role::Master,
            Conflict::Ask => return Outcome::Park,
        };
        if !stands {
            return Outcome::Keep;
        }
        if same && untold.is_none() {
            return Outcome::Same;
        }
    }
    over_untold(untold, now, conflict, role)
}

/// The value that was told stands above what both knew; does it stand above what was changed here meanwhile?
fn over_untold<T: PartialEq>(
    untold: Option<&Untold<T>>,
    now: &Known<T>,
    conflict: Conflict,
    role: Role,
) -> Outcome {
    let Some(untold) = untold else { return Outcome::Take };
    if untold.value == now.value {
        return Outcome::Same;
    }
    let mine_stands = match conflict {
        Conflict::Newer => (untold.at, role == Role::Master) > (now.at, now.by == Role::Master),
        Conflict::Master => role == Role::Master,
        Conflict::Slave => role == Role::Slave,
        Conflict::Ask => return Outcome::Park,
    };
    if mine_stands { Outcome::Below } else { Outcome::Take }
}

fn is_newer<T: Serialize>(first: &Known<T>, second: &Known<T>) -> bool {
    newer((first.at, first.by, &first.hash()), (second.at, second.by, &second.hash()))
}

/// When a change that was made over `known` is said to have been made: later than that, whatever the clocks say.
pub(super) fn after<T>(at: Time, known: Option<&Known<T>>) -> Time {
    known.map_or(at, |known| at.max(Time(known.at.0.saturating_add(1))))
}
