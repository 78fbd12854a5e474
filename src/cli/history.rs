//! `pcfg history`: says what was done to an instance, by whom, and what can be taken back.

use serde::Serialize;

use super::{Format, Instance, Status, change, left};
use crate::fault::Faults;
use crate::instance::{Entry, masked};
use crate::ui::{Table, Ui, plural};

/// List the runs that changed an instance, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    instance: Instance,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  pcfg history                             Who changed what, and when?
  pcfg history --format json               The same for a machine, with the plan of every run
  pcfg undo 3                              Undo run 3";

/// The JSON document.
#[derive(Serialize)]
struct Document {
    version: u32,
    instance: String,
    runs: Vec<Listed>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    run: u64,
    since: String,
    user: String,
    host: String,
    command: String,
    file: Option<String>,
    sha256: Option<String>,
    result: String,
    rows: u64,
    undoes: Option<u64>,
    undone_by: Option<u64>,
    plan: Option<serde_json::Value>,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let (mut instance, called) = change::open_journal(ui, &arguments.instance)?;
    let entries = instance.history().map_err(crate::fault::Fault::from)?;
    if arguments.format == Format::Json {
        let unplanned = entries.iter().filter(|entry| entry.run.plan.is_empty()).count();
        if unplanned > 0 {
            ui.warning(&format!(
                "the plans of {} are not shown: the oldest ones, because all together are too large",
                plural(unplanned, "run")
            ));
        }
        let runs = entries.into_iter().map(listed).collect();
        ui.json(&Document { version: 1, instance: called.title(), runs })?;
        return Ok(Status::Fine);
    }
    if entries.is_empty() {
        ui.note(&format!("nothing has been changed yet in {}", called.title()));
        return Ok(Status::Fine);
    }
    ui.note(&format!("runs in {}:", called.title()));
    let mut table = Table::new(&["run", "when", "who", "what", "rows", "result"]);
    for Entry { id, run, rows, undone_by } in entries {
        let what = match (run.undoes, run.file) {
            (Some(undone), _) => format!("undo of run {undone}"),
            (None, Some(file)) => format!("import of {file}"),
            (None, None) => masked(&run.who.command),
        };
        let undone = undone_by.map(|by| format!("; undone by run {by}")).unwrap_or_default();
        table.row([
            id.to_string(),
            run.who.since,
            format!("{}@{}", run.who.user, run.who.host),
            what,
            rows.to_string(),
            format!("{}{undone}", run.result),
        ]);
    }
    ui.text(&table.render())?;
    Ok(Status::Fine)
}

fn listed(entry: Entry) -> Listed {
    let Entry { id, run, rows, undone_by } = entry;
    Listed {
        run: id,
        since: run.who.since,
        user: run.who.user,
        host: run.who.host,
        // What an older pcfg has written may hold what nobody should read.
        command: masked(&run.who.command),
        file: run.file,
        sha256: run.hash,
        result: run.result,
        rows,
        undoes: run.undoes,
        undone_by,
        plan: left::plan_alone(&run.plan),
    }
}
