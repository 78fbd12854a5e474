//! What must not happen: one function a refusal, each with its reason and what to do.
//!
//! All guards see every step before anything is written.

use super::matching::Matched;
use super::{Facts, Options, Reason, Step};
use crate::model::{Identity, Path, Snapshot, references};
use crate::schema::Schema;

/// Returns why a step must not be done.
pub(super) fn check(
    step: &Step,
    matched: &Matched<'_>,
    target: &Snapshot,
    _facts: &Facts,
    _options: &Options,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    nothing_to_refer_to(step, matched, target, &mut reasons);
    reasons
}

/// A reference to an object that is neither in the file nor in the target.
fn nothing_to_refer_to(step: &Step, matched: &Matched<'_>, target: &Snapshot, reasons: &mut Vec<Reason>) {
    let schema = Schema::get();
    references(&step.object, &mut |found| {
        let is_part = !schema.kind(found.target.kind).within.is_empty();
        let known = |identity: &Identity| {
            matched.described.contains(identity) || target.objects.contains_key(identity)
        };
        if found.weak || is_part || known(&found.target) {
            return;
        }
        let kind = schema.kind(found.target.kind).in_words();
        let mut path = Path::default();
        found.ancestors.iter().for_each(|ancestor| path.enter(ancestor));
        path.enter(found.element);
        reasons.push(Reason {
            code: "missing",
            path,
            message: format!("there is no {kind} `{}`, neither in the file nor in the target", found.target),
            help: "create it in the target, describe it in the file, or map it to another (--map)".to_owned(),
        });
    });
}
