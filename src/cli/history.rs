//! `pcfg history`: says what was done to an instance, by whom, and what can be taken back.

use serde::Serialize;

use super::change;
use super::change::left;
use super::change::noted;
use super::place;
use super::place::called::Called;
use super::result::destination::Destination;
use super::{Format, Instance, Status};
use crate::fault::{Fault, Faults};
use crate::instance::{Entry, Location, RunId, Way, masked};
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
    #[command(flatten)]
    pub(super) destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  pcfg history                             Who changed what, and when?
  pcfg history --format json               The same for a machine, with the plan of every run
  pcfg undo 3                              Undo run 3";

/// The JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Document {
    /// The version of the form of the document.
    version: u32,
    /// What the instance is called.
    instance: String,
    /// The runs, the newest first.
    runs: Vec<Listed>,
}

/// One run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Run"))]
#[serde(rename_all = "camelCase")]
struct Listed {
    /// Its number.
    run: u64,
    /// When it began.
    since: String,
    /// Who ran it.
    user: String,
    /// On which machine.
    host: String,
    /// What was typed.
    command: String,
    /// The configuration file; `null` for an undo.
    file: Option<String>,
    /// The hash of the file; `null` for an undo.
    sha256: Option<String>,
    /// What was done, for people.
    result: String,
    /// How many rows it changed.
    rows: u64,
    /// The run that it takes back; `null` if it is no undo.
    undoes: Option<u64>,
    /// The run that took it back; `null` if none did.
    undone_by: Option<u64>,
    /// Of a Jira with two doors, the one through which it was changed: `rest` or `database`, each of which counts its runs by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    door: Option<String>,
    /// Why it was done (`--message`), where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The mapping file, where one was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<crate::import::File>"))]
    map: Option<serde_json::Value>,
    /// The plan, in the words that its rows come to: of what is new, also what Jira sets by default. `null` where it is too old and large to be
    /// shown.
    #[cfg_attr(test, schemars(with = "Option<change::Kept<'static>>"))]
    plan: Option<serde_json::Value>,
}

/// A run, with the door by which it went where there are two.
struct Known {
    entry: Entry,
    door: Option<&'static str>,
    /// Whether it waits for what somebody does by hand.
    waits: bool,
}

/// The doors, as people call them; machines in small letters.
const REST: &str = "REST";
const DATABASE: &str = "database";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let location = place::existing(arguments.instance.named())?;
    let called = Called::new(arguments.instance.named(), &location);
    let has_two_doors = matches!(location, Location::Doors(_));
    let mut runs = known(ui, arguments, Way::Rest, has_two_doors.then_some(REST))?;
    if has_two_doors {
        match known(ui, arguments, Way::Database, Some(DATABASE)) {
            Ok(more) => runs.extend(more),
            Err(fault) => ui.warning(&format!("the runs in its database are not listed: {}", fault.message)),
        }
        // Moments are spelled so that their order is that of the texts.
        runs.sort_by(|one, other| other.entry.run.who.since.cmp(&one.entry.run.who.since));
    }
    if arguments.format == Format::Json {
        let unplanned = runs.iter().filter(|own| own.entry.run.plan.is_empty()).count();
        if unplanned > 0 {
            ui.warning(&format!(
                "the plans of {} are not shown: the oldest ones, because all together are too large",
                plural(unplanned, "run")
            ));
        }
        let runs = runs.into_iter().map(listed).collect();
        ui.json(&Document { version: 1, instance: called.title(), runs })?;
        return Ok(Status::Fine);
    }
    if runs.is_empty() {
        ui.note(&format!("nothing has been changed yet in {}", called.title()));
        return Ok(Status::Fine);
    }
    ui.note(&format!("runs in {}:", called.title()));
    let doors: &[&str] = if has_two_doors { &["door"] } else { &[] };
    let mut table = Table::new(&[&["run"], doors, &["when", "who", "what", "rows", "result"]].concat())
        .least(&["rows", "who", "when"]);
    let mut lasts: Vec<(&str, RunId)> = Vec::new();
    for Known { entry: Entry { id, run, rows, undone_by }, door, waits } in runs {
        if let Some(door) =
            door.filter(|door| undone_by.is_none() && !lasts.iter().any(|(own, _)| own == door))
        {
            lasts.push((door, id));
        }
        let what = match (run.undoes, run.file) {
            (Some(undone), _) => format!("undo of run {undone}"),
            (None, Some(file)) => format!("import of {file}"),
            (None, None) => masked(&run.who.command),
        };
        // The plan is long, and has seldom a message.
        let said = if run.plan.contains("\"message\":") { left::plan_alone(&run.plan) } else { None };
        let message = said.and_then(|mut plan| noted::taken(&mut plan).0);
        let what = message.map_or(what.clone(), |message| format!("{what}: {message}"));
        let undone = undone_by.map(|by| format!("; undone by run {by}")).unwrap_or_default();
        let waits = if waits { "; waits for what is done by hand" } else { "" };
        let own = [
            run.who.since,
            format!("{}@{}", run.who.user, run.who.host),
            what,
            rows.to_string(),
            format!("{}{undone}{waits}", run.result),
        ];
        table.row([id.to_string()].into_iter().chain(door.map(str::to_owned)).chain(own));
    }
    ui.text(&table.render_in(ui.table_width()))?;
    for (door, id) in lasts {
        let (command, of) = match door {
            DATABASE => (format!("undo {id} --offline"), "the database, while Jira is stopped"),
            door => (format!("undo {id}"), door),
        };
        ui.note(&format!("{} undoes run {id} of {of}", called.reading(&command)));
    }
    Ok(Status::Fine)
}

/// Returns the runs of a place, or of a door of it.
fn known(ui: &Ui, arguments: &Arguments, way: Way, door: Option<&'static str>) -> Result<Vec<Known>, Fault> {
    let (mut instance, _) = change::open_journal(ui, &arguments.instance, way)?;
    let waits = instance.waits()?.map(|own| own.run);
    let entries = instance.history()?.into_iter();
    Ok(entries.map(|entry| Known { waits: waits == Some(entry.id), entry, door }).collect())
}

fn listed(Known { entry, door, .. }: Known) -> Listed {
    let Entry { id, run, rows, undone_by } = entry;
    let mut plan = left::plan_alone(&run.plan);
    let (message, map) = plan.as_mut().map(noted::taken).unwrap_or_default();
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
        door: door.map(str::to_lowercase),
        message,
        map,
        plan,
    }
}
