//! What an instance cannot show: told to whoever reads it.
//!
//! Invariant: what another try may show stops whatever would hold or compare all of it; what will never be shown is told.

use crate::fault::{Fault, Kind};
use crate::model::Unseen;
use crate::plan::{describe_unseen, not_shown};
use crate::ui::{Ui, plural};

/// Tells what cannot be seen, once for each reason.
pub(super) fn tell(ui: &Ui, unseen: &Unseen) {
    not_shown(&describe_unseen("instance", unseen)).iter().for_each(|told| ui.warning(told));
}

/// Tells what cannot be seen; a fault if another try may show some of it.
pub(super) fn check(ui: &Ui, unseen: &Unseen) -> Result<(), Fault> {
    let passing: Vec<String> =
        unseen.iter().filter(|gap| gap.is_passing).map(|gap| gap.to_string()).collect();
    if passing.is_empty() {
        tell(ui, unseen);
        return Ok(());
    }
    let message = format!("the instance does not show {} for now", plural(passing.len(), "part"));
    let mut fault = Fault::new(Kind::Unseen, message).hint("try again later");
    fault.causes = passing;
    Err(fault)
}
