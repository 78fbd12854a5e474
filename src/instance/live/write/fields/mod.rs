//! Field configurations and their schemes on Jira Cloud, in the two ways in which it says which fields issues have. Data Center
//! neither tells nor takes them.
//!
//! Invariant: which of the two counts for an object is decided in one place, [`which`].

mod classic;
mod diff;
mod lines;
mod losses;
mod requests;
mod schemes;
mod which;

use super::{Deed, Ground, Subject, Unsaid};
use crate::model::Path;
use crate::plan::Step;

pub(super) use losses::{gone, lossy};
use which::{Owner, owner, speaker};
pub(super) use which::{is_field_scheme, is_said_by_another, sent_id, spoken_for};

/// A field configuration.
pub(super) fn configuration(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    match owner(ground, after) {
        Owner::None => classic::configuration(ground, subject, after),
        Owner::Scheme(scheme) => said_once(ground, subject.step, &scheme),
        Owner::Lacking => {
            let why = "the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is \
                       written has this one";
            Err(vec![(Path::object("fieldConfiguration", subject.step.identity.name()), why.to_owned())])
        }
    }
}

/// A field configuration scheme.
pub(super) fn scheme(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    if is_field_scheme(ground, after) {
        return said_once(ground, subject.step, after);
    }
    classic::scheme(ground, subject, after)
}

fn said_once(ground: &Ground<'_>, step: &Step, scheme: &str) -> Result<Vec<Deed>, Vec<Unsaid>> {
    match speaker(ground, scheme) {
        Some(own) if !std::ptr::eq(own, step) => Ok(Vec::new()),
        _ => schemes::scheme(ground, scheme),
    }
}
