//! `pcfg sync run`, `start`, `stop`: works.
//!
//! Invariant: a run that is killed anywhere is begun again by the next; `--simulate` writes nothing and consumes nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pcfg_sync::engine::Report;
use pcfg_sync::home::Folder;
use serde::Serialize;

use super::half::{Open, Which, act_fault, run_fault};
use crate::cli::interruption;
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::{Ui, plural};

/// So often somebody who waits looks whether to stop.
const MOMENT: Duration = Duration::from_millis(100);
/// After so many rounds in which something moved the halves do not come to rest.
const MOST_ROUNDS: usize = 100;

/// Receive and do what the partner told, tell what was changed here, send what is due
///
/// There is no daemon: `--once` is for cron and CI, `--every` for a terminal or a systemd unit (samples/sync has one). Several homes are
/// run in turn; with `--settle` until nothing is on the way any more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync run --once --home A
  pcfg sync run --every 5s --home A           Until it is stopped: Ctrl-C, or a polite kill
  pcfg sync run --every 1m --home A           Often enough for e-mail servers, which count who logs in
  pcfg sync run --simulate --home A           What would be told and done; nothing is written or consumed
  pcfg sync run --settle --home A --home B    Two halves on one machine, until nothing is on the way

Exit code: 0 if all is well, 1 if an issue is kept back, a message is in quarantine or a channel does
not work, 4 if one side was restored, 5 if another process has the half or the instance.")]
pub(super) struct Arguments {
    /// Folder of your synchronizations, or several; without it, the one in your data directory
    #[arg(long = "home", value_name = "FOLDER", env = "PCFG_SYNC_HOME")]
    homes: Vec<PathBuf>,
    /// Name of the synchronization; without it, all of the home
    #[arg(long = "sync", value_name = "NAME")]
    name: Option<String>,
    /// One run
    #[arg(long, conflicts_with_all = ["every", "settle"])]
    once: bool,
    /// A run after each such time, until it is stopped: `5s`, `2m`
    #[arg(long, value_name = "TIME", value_parser = every, conflicts_with = "settle")]
    every: Option<Duration>,
    /// Runs until nothing is on the way any more
    #[arg(long)]
    settle: bool,
    /// Say what would be told and done; write nothing, consume nothing
    #[arg(long, conflicts_with_all = ["every", "settle"])]
    simulate: bool,
    /// Look at all issues that are kept in step, and not only at those that were changed: only so a deleted one shows
    #[arg(long)]
    all: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn every(text: &str) -> Result<Duration, String> {
    let (number, factor) = match (text.strip_suffix("ms"), text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(_), ..) => return Err("at least one second, as `5s`".to_owned()),
        (_, Some(number), _) => (number, 1),
        (_, _, Some(number)) => (number, 60),
        _ => (text, 1),
    };
    match number.parse::<u64>() {
        Ok(number @ 1..=86_400) => Ok(Duration::from_secs(number * factor)),
        _ => Err("a time such as `5s` or `2m`".to_owned()),
    }
}

/// The JSON document of one half.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Half"))]
struct Ran {
    /// The home of the half.
    home: String,
    /// The name of the synchronization.
    name: String,
    /// Where it stands afterwards, as `RUNNING`.
    status: String,
    /// How many messages came.
    received: u64,
    /// How many of them were carried out.
    applied: u64,
    /// How many issues were told of.
    told: u64,
    /// How many messages went.
    sent: u64,
    /// The messages that were refused, by the names of their files.
    quarantined: Vec<String>,
    /// The issues that are kept back.
    errors: Vec<KeptBack>,
    /// What else happened, for people.
    notes: Vec<String>,
    /// What is wrong with the channel.
    #[serde(rename = "channelTrouble")]
    channel_trouble: Option<String>,
}

impl Ran {
    fn moved(&self) -> bool {
        self.received + self.applied + self.told + self.sent > 0
    }

    /// What people should know of it, and whether it is a warning.
    fn all_said(&self) -> Vec<(bool, String)> {
        let trouble = self.channel_trouble.as_ref();
        let notes = self.notes.iter().filter(|note| Some(*note) != trouble).map(|note| (false, note.clone()));
        let quarantined = self.quarantined.iter().map(|why| format!("a message is in quarantine: {why}"));
        let errors = self.errors.iter().map(|own| format!("{} is kept back: {}", own.issue, own.why));
        let warnings = trouble.cloned().into_iter().chain(quarantined).chain(errors);
        notes.chain(warnings.map(|warning| (true, warning))).collect()
    }

    fn said(&self) -> Vec<String> {
        self.all_said().into_iter().map(|(_, said)| said).collect()
    }

    fn tell(&self, ui: &Ui) {
        for (is_warning, said) in self.all_said() {
            if is_warning { ui.warning(&said) } else { ui.note(&said) }
        }
    }
}

/// An issue that is kept back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KeptBack {
    /// Its key.
    issue: String,
    /// What stands in its way.
    why: String,
}

/// The JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Document {
    /// The version of the form of the document.
    version: u32,
    /// Whether nothing was done.
    simulated: bool,
    /// One for each run of each half.
    halves: Vec<Ran>,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let halves = chosen(arguments)?;
    if let Some(every) = arguments.every {
        return again_and_again(ui, arguments, &halves, every);
    }
    let mut all = Vec::new();
    let rounds = if arguments.settle { MOST_ROUNDS } else { 1 };
    for round in 1..=rounds {
        let mut moved = false;
        let mut ran = Vec::new();
        for which in &halves {
            let one = once(arguments, which)?;
            if arguments.format == Format::Text {
                one.tell(ui);
            }
            moved |= one.moved();
            ran.push(one);
        }
        all.extend(ran);
        if arguments.settle && !moved {
            break;
        }
        if arguments.settle && round == rounds {
            ui.warning(&format!("after {rounds} rounds something is still on the way"));
        }
    }
    let is_found = latest(&all).any(|one| !one.errors.is_empty() || one.channel_trouble.is_some())
        || all.iter().any(|one| !one.quarantined.is_empty());
    match arguments.format {
        Format::Json => ui.json(&Document { version: 1, simulated: arguments.simulate, halves: all })?,
        Format::Text => ui.text(&text(arguments, &all))?,
    }
    Ok(if is_found { Status::Found } else { Status::Fine })
}

/// Runs until it is asked to stop. What is said is what is new: the same trouble is not told in every round.
fn again_and_again(
    ui: &Ui,
    arguments: &Arguments,
    halves: &[Which],
    every: Duration,
) -> Result<Status, Faults> {
    let is_asked = interruption::gently();
    let is_asked = || is_asked.load(Ordering::Relaxed);
    let mut said: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut rounds, mut sums) = (0, [0_u64; 4]);
    while !is_asked() {
        rounds += 1;
        let mut ran = Vec::new();
        for (place, which) in halves.iter().enumerate() {
            if is_asked() {
                break;
            }
            // Another process, a folder that is not there now: the next round tries again.
            let (told, done) = match once(arguments, which) {
                Ok(one) => (one.said(), Ok(one)),
                Err(faults) => (faults.0.iter().map(super::channels::whole).collect(), Err(faults)),
            };
            let is_new = !told.is_empty() && said.get(&place) != Some(&told);
            said.insert(place, told);
            match done {
                Ok(one) => {
                    if is_new && arguments.format == Format::Text {
                        one.tell(ui);
                    }
                    let own = [one.received, one.applied, one.told, one.sent];
                    sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
                    if one.moved() || is_new {
                        ran.push(one);
                    }
                }
                Err(faults) if is_new => ui.faults(&faults),
                Err(_) => (),
            }
        }
        if !ran.is_empty() {
            match arguments.format {
                Format::Json => ui.json(&Document { version: 1, simulated: false, halves: ran })?,
                Format::Text => ui.text(&text(arguments, &ran))?,
            }
        }
        let until = Instant::now() + every;
        while !is_asked() && Instant::now() < until {
            std::thread::sleep(until.saturating_duration_since(Instant::now()).min(MOMENT));
        }
    }
    let [received, applied, told, sent] = sums.map(|sum| sum as usize);
    ui.note(&format!(
        "stopped after {}: {} received, {applied} done, {told} told, {sent} sent; the next run goes on from here",
        plural(rounds, "round"),
        plural(received, "message")
    ));
    Ok(Status::Fine)
}

/// The last run of each half.
fn latest(all: &[Ran]) -> impl Iterator<Item = &Ran> {
    let is_last = move |place: usize| {
        let own = &all[place];
        !all[place + 1..].iter().any(|later| later.home == own.home && later.name == own.name)
    };
    (0..all.len()).filter(move |place| is_last(*place)).map(|place| &all[place])
}

fn text(arguments: &Arguments, all: &[Ran]) -> String {
    let mut text = String::new();
    for last in latest(all) {
        let own: Vec<_> = all.iter().filter(|one| one.home == last.home && one.name == last.name).collect();
        let sum = |count: fn(&Ran) -> u64| own.iter().map(|one| count(one)).sum::<u64>() as usize;
        let would = if arguments.simulate { "would be " } else { "" };
        text.push_str(&format!(
            "{} ({}): {} {would}received, {} {would}done, {} {would}told, {} {would}sent\n",
            last.name,
            last.status,
            plural(sum(|one| one.received), "message"),
            sum(|one| one.applied),
            sum(|one| one.told),
            sum(|one| one.sent)
        ));
    }
    text
}

/// The halves that are meant.
fn chosen(arguments: &Arguments) -> Result<Vec<Which>, Faults> {
    let homes: Vec<Option<PathBuf>> = match arguments.homes.is_empty() {
        true => vec![None],
        false => arguments.homes.iter().cloned().map(Some).collect(),
    };
    let mut halves = Vec::new();
    for home in homes {
        if arguments.name.is_some() {
            halves.push(Which::of(home, arguments.name.clone()));
            continue;
        }
        let which = Which::of(home.clone(), None);
        let names = which.home()?.names().map_err(|fault| super::half::home_fault(fault, &which))?;
        match names.len() {
            0 | 1 => halves.push(which),
            _ => halves.extend(names.into_iter().map(|name| Which::of(home.clone(), Some(name)))),
        }
    }
    Ok(halves)
}

fn once(arguments: &Arguments, which: &Which) -> Result<Ran, Faults> {
    let mut open = Open::new(which)?;
    let report = open.with_channels(|engine| {
        engine.options.everything = arguments.all;
        if arguments.simulate { engine.simulate() } else { engine.run() }
    })?;
    let report = report.map_err(|fault| run_fault(&fault, which))?;
    let Report { received, applied, told, sent, quarantined, errors, notes } = report;
    Ok(Ran {
        home: open.folder.path().parent().unwrap_or(open.folder.path()).display().to_string(),
        name: open.folder.name().to_owned(),
        status: open.state.half().status().to_string(),
        received,
        applied,
        told,
        sent,
        quarantined,
        errors: errors.into_iter().map(|(key, why)| KeptBack { issue: key.0, why }).collect(),
        notes,
        channel_trouble: open.channel_trouble(),
    })
}

/// Start a half: from now on changes are told and done
///
/// Where you have a licence file and the partner's Jira has no licence of its own, one of your endpoints is taken.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync start --home A

Exit code: 0 if it is started, 4 if there is no configuration yet or no endpoint is free.")]
pub(super) struct StartArguments {
    #[command(flatten)]
    which: Which,
}

pub(super) fn start(ui: &Ui, arguments: &StartArguments) -> Result<Status, Faults> {
    let mut open = Open::new(&arguments.which)?;
    begin(ui, &mut open, &arguments.which)?;
    open.run(ui, &arguments.which)?;
    Ok(Status::Fine)
}

/// Starts a half that is open.
pub(super) fn begin(ui: &Ui, open: &mut Open, which: &Which) -> Result<(), Faults> {
    super::licence::take_endpoint(ui, open, which)?;
    let started = open.engine()?.start().map_err(|fault| act_fault(&fault, which));
    if started.is_err() {
        release(&open.folder, which)?;
    }
    started?;
    ui.note(&format!("started: {}", open.state.half().status()));
    Ok(())
}

/// Gives the endpoint of a half back.
pub(super) fn release(half: &Folder, which: &Which) -> Result<(), Fault> {
    super::licence::release_endpoint(half, which)
}

/// Stop a half; the partner is told why
///
/// Changes are not lost: after a pause all of them since the last success are told.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync stop --home A --reason \"maintenance until noon\"

Exit code: 0 if it is stopped.")]
pub(super) struct StopArguments {
    #[command(flatten)]
    which: Which,
    /// What the partner's people are told
    #[arg(long, value_name = "TEXT", default_value = "stopped by hand")]
    reason: String,
}

pub(super) fn stop(ui: &Ui, arguments: &StopArguments) -> Result<Status, Faults> {
    let mut open = Open::new(&arguments.which)?;
    open.engine()?.stop(&arguments.reason).map_err(|fault| act_fault(&fault, &arguments.which))?;
    open.run(ui, &arguments.which)?;
    release(&open.folder, &arguments.which)?;
    ui.note("stopped");
    Ok(Status::Fine)
}
