//! `pcfg resume`: what a command that was stopped has left behind, and what became of its work.

use std::path::{Path, PathBuf};

use super::change::checklist;
use super::change::proof::unlike;
use super::place;
use super::place::called::Called;
use super::place::who;
use super::{Instance, Status, Waiting};
use crate::fault::{Fault, Faults, Kind};
use crate::import::Written;
use crate::instance::{self, Entry, Finding, Who};
use crate::output::Left;
use crate::ui::{Ui, plural};

/// Find out whether an interrupted command took effect, and clean up after it
///
/// In a file or a database a run changes everything in one transaction, together with its entry in the journal: if
/// the process is killed or the machine loses power, the instance is either as it was before the run or as it is after
/// it, never in between. This command says which, moves what is still in a log into the database, removes unfinished
/// files, and checks that the instance and its journal are intact.
///
/// A live Jira has no transactions: a run that was stopped may be half done. The journal has each request before it was
/// sent and after its answer; this command looks up what became of the last ones, goes on with the rest, and names what
/// can be told neither done nor undone. `pcfg undo` takes the run back instead.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    waiting: Waiting,
    #[command(flatten)]
    checklist: checklist::Where,
}

const EXAMPLES: &str = "\
Examples:
  pcfg resume                              After a power cut: was the import done?
  pcfg resume -i new.zip                   Remove what an interrupted `-o new.zip` has left

  pcfg resume -i production                Go on after the checklist of `import --manual`

Exit code: 0 if all is well, 1 if a run still waits for what is done by hand, 3 if the instance is damaged, 5 if somebody is writing into it,
6 if the run is done and something is not as it was planned.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    arguments.checklist.check()?;
    let named = arguments.instance.named();
    let lock = named.and_then(|named| instance::take_lock_away(Path::new(named)));
    let location = match (place::existing(named), named.map(Path::new)) {
        // What was never finished has not got its name.
        (Err(_), Some(named)) if lock.is_some() || !Left::of(named).is_empty() => named.into(),
        (found, _) => found?,
    };
    if let Some(path) = location.path().filter(|_| !location.abilities().journal) {
        return Ok(backup(ui, path, lock)?);
    }
    let mut instance = super::change::writable(ui, location.clone())?;
    instance.wait(arguments.waiting.most());
    let called = Called::new(named, &location);
    let findings = instance.recover(&who::who()).map_err(Fault::from)?;
    let entries = instance.history().map_err(Fault::from)?;
    let mut text = String::new();
    for finding in &findings {
        text.push_str(&told(finding, &called));
    }
    let files = super::undo::issues::take_left_files(&location, &entries)?;
    if files > 0 {
        text.push_str(&format!(
            "removed {} of attachments that an undo has left\n",
            plural(files as usize, "file")
        ));
    }
    text.push_str(&format!("`{location}` is intact{}\n", last(&entries)));
    let is_told = |finding: &Finding| !matches!(finding, Finding::Settled { .. } | Finding::Removed { .. });
    if files == 0 && !findings.iter().any(is_told) {
        text.push_str("there is nothing to resume: no command was stopped while writing\n");
    }
    ui.text(&text)?;
    let mut status = Status::Fine;
    for finding in findings {
        match finding {
            Finding::Waits { list, .. } => {
                arguments.checklist.tell(ui, &list, &called)?;
                status = Status::Found;
            }
            Finding::Resumed { run, differs, .. } => {
                unlike(Written { run: Some(run), differs }, &called)?;
            }
            _ => {}
        }
    }
    Ok(status)
}

fn told(finding: &Finding, called: &Called) -> String {
    match finding {
        Finding::Stopped { who, run } => {
            let Who { user, host, pid, command, since } = &**who;
            let what = match run {
                Some(run) => {
                    let undo = called.writing(&format!("undo {run}"));
                    format!("it was completed, as run {run}; {undo} undoes it")
                }
                None => "it changed nothing; start it again".to_owned(),
            };
            format!(
                "`{command}` of {user}@{host} (process {pid}, since {since}) was stopped while writing: {what}\n"
            )
        }
        Finding::Settled { path } => {
            format!(
                "the log `{}` was left: its completed changes are now in the database, and the rest is undone\n",
                path.display()
            )
        }
        Finding::Resumed { run, calls, waited: true, .. } => {
            let undo = called.writing(&format!("undo {run}"));
            let calls = match calls {
                0 => String::new(),
                calls => format!(", {} made now", plural(*calls, "call that waited for it")),
            };
            format!("what was to be done by hand is done{calls}: run {run} is done; {undo} undoes it\n")
        }
        Finding::Resumed { who, run, calls, .. } => {
            let Who { user, host, command, since, .. } = &**who;
            let undo = called.writing(&format!("undo {run}"));
            let calls = plural(*calls, "remaining call");
            format!(
                "`{command}` of {user}@{host} (since {since}) was stopped while writing: {calls} made now, so run {run} is done; {undo} undoes it
"
            )
        }
        Finding::Waits { list, calls } => {
            format!("run {} is not done yet; {} made now\n", list.run, plural(*calls, "call"))
        }
        Finding::Removed { path } => format!(
            "removed `{}`, an unfinished file
",
            path.display()
        ),
    }
}

fn last(entries: &[Entry]) -> String {
    let Some(newest) = entries.first() else { return "; it has not been changed yet".to_owned() };
    let who = &newest.run.who;
    format!(
        "; the last of {} is run {} of {}@{}, {}",
        plural(entries.len(), "run"),
        newest.id,
        who.user,
        who.host,
        who.since
    )
}

/// Removes what an interrupted command has left of a new backup or instance. It has its name only when it is whole.
fn backup(ui: &Ui, path: &Path, lock: Option<PathBuf>) -> Result<Status, Fault> {
    let left = Left::of(path);
    if let Some(busy) = left.busy.first() {
        let message = format!("somebody is writing `{}`", busy.display());
        return Err(Fault::new(Kind::Busy, message).hint("wait until it has ended"));
    }
    let mut removed = left.remove().map_err(|error| {
        Fault::output(format!("cannot remove what is left of `{}`", path.display())).because(&error)
    })?;
    removed.extend(lock);
    match (removed.is_empty(), path.exists()) {
        (true, false) => instance::open(path).map(|_| ())?,
        (false, is_there) => {
            let whole = if is_there {
                "the existing one is intact"
            } else {
                "the new one does not exist yet; \
            start again"
            };
            let removed: Vec<String> = removed.iter().map(|path| format!("`{}`", path.display())).collect();
            ui.text(&format!("removed {}, an unfinished file: {whole}\n", removed.join(", ")))?;
        }
        (true, true) => ui.text(&format!(
            "there is nothing to resume: `{}` is never changed by pcfg, and there is no unfinished new \
             backup beside it\n",
            path.display()
        ))?,
    }
    Ok(Status::Fine)
}
