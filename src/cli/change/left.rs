//! What an import leaves different from its file: found before it is applied, kept in the journal, and known to `pcfg drift`.

use serde_json::Value;

use crate::compare::Left;
use crate::instance::{Entry, Location, Run};
use crate::model::Config;
use crate::ui::{Talk, Ui};

/// Where the plan of a run in the journal has it.
const KEY: &str = "left";

/// Writes down in a run what it leaves.
pub(in crate::cli) fn noted(mut run: Run, left: &Left) -> Run {
    if !left.is_empty()
        && let Ok(Value::Object(mut plan)) = serde_json::from_str(&run.plan)
    {
        plan.insert(KEY.to_owned(), serde_json::to_value(left).expect("it is made of texts"));
        run.plan = Value::Object(plan).to_string();
    }
    run
}

/// Returns the plan of a run without what the run has left, which is for machines only.
pub(in crate::cli) fn plan_alone(plan: &str) -> Option<Value> {
    let mut plan: Value = serde_json::from_str(plan).ok()?;
    if let Value::Object(plan) = &mut plan {
        plan.remove(KEY);
    }
    Some(plan)
}

/// Returns what the last import of a file has left that was not taken back.
pub(in crate::cli) fn of(entries: &[Entry], file: &Config) -> Option<Left> {
    let counts = |entry: &&Entry| entry.undone_by.is_none() && entry.run.undoes.is_none();
    let left = |entry: &Entry| {
        let key = format!("\"{KEY}\":");
        let has = entry.run.plan.contains(&key);
        let mut plan: Value = serde_json::from_str(&entry.run.plan).ok().filter(|_| has)?;
        serde_json::from_value::<Left>(plan.get_mut(KEY)?.take()).ok()
    };
    entries.iter().filter(counts).filter_map(left).find(|left| left.is_of(file))
}

/// Returns what an export of an instance is expected to show: the file, with what an import of it has left.
pub(in crate::cli) fn expected(ui: &Ui, location: &Location, file: &Config) -> Option<Config> {
    if !location.abilities().journal {
        return None;
    }
    let mut instance = super::writable(ui, location.clone()).ok()?;
    match instance.history() {
        Ok(entries) => of(&entries, file)?.applied(file),
        Err(error) => {
            if ui.talk() == Talk::Verbose {
                ui.warning(&format!("what earlier imports left different is unknown: {error}"));
            }
            None
        }
    }
}
