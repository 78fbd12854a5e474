//! What the journal keeps of a run besides its plan: what the user says of it, and the mapping file that was used.
//!
//! Invariant: it stands beside the plan under names of its own, so that an older pcfg reads the plan as it always did.

use serde_json::Value;

use crate::import::File;
use crate::instance::{Run, masked};

/// Where the text of a run in the journal has it.
const MESSAGE: &str = "message";
const MAP: &str = "map";

/// What is kept.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Noted {
    /// Why the run was made: a ticket, a sentence.
    pub(in crate::cli) message: Option<String>,
    /// The mapping file.
    pub(in crate::cli) map: Option<File>,
}

impl Noted {
    /// Returns what a user says of a run.
    pub(in crate::cli) fn saying(message: Option<&str>) -> Self {
        Self { message: message.map(masked), map: None }
    }

    /// Writes it down in a run.
    pub(in crate::cli) fn in_run(&self, mut run: Run) -> Run {
        if self.message.is_none() && self.map.is_none() {
            return run;
        }
        if let Ok(Value::Object(mut plan)) = serde_json::from_str(&run.plan) {
            let message = self.message.clone().map(|own| (MESSAGE, Value::from(own)));
            let map = self
                .map
                .as_ref()
                .map(|own| (MAP, serde_json::json!({ "name": own.name, "sha256": own.sha256 })));
            plan.extend([message, map].into_iter().flatten().map(|(key, value)| (key.to_owned(), value)));
            run.plan = Value::Object(plan).to_string();
        }
        run
    }
}

/// Takes it out of the plan of a run: the message, and the mapping file.
pub(in crate::cli) fn taken(plan: &mut Value) -> (Option<String>, Option<Value>) {
    let Value::Object(plan) = plan else { return (None, None) };
    let message = plan.remove(MESSAGE).and_then(|own| own.as_str().map(str::to_owned));
    (message, plan.remove(MAP))
}
