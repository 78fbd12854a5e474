//! `pcfg sync messages`: what is on the way, and what was done by hand.
//!
//! Invariant: nothing of what a message says is shown, only what it is about.

use std::fmt::Write as _;

use pcfg_sync::Time;
use pcfg_sync::state::{InState, OutState};
use serde::Serialize;

use super::half::{Open, Which, state_fault};
use super::words::moment;
use crate::cli::{Format, Status};
use crate::fault::Faults;
use crate::ui::{Table, Ui};

/// So many lines of a list are shown.
const MOST: u32 = 1000;

/// List the messages that are on the way or not finished, and what was done by hand
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync messages --home A
  pcfg sync messages --home A --format json

Exit code: 0 if they are shown.")]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The JSON document of `messages`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Messages {
    /// The version of the form of the document.
    version: u32,
    /// What was sent.
    sent: Vec<Message>,
    /// What was received.
    received: Vec<Message>,
    /// What happened last, for people.
    log: Vec<Logged>,
}

/// A message.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Message {
    /// Its number.
    seq: u64,
    /// What it is about.
    kind: String,
    /// The issue, if it is about one.
    issue: Option<String>,
    /// Where it stands.
    #[cfg_attr(test, schemars(extend("enum" = ["new", "waiting", "received", "done", "refused", "error", "skipped"])))]
    state: &'static str,
    /// When it was written or received.
    at: i64,
    /// How often it was tried.
    tries: u32,
    /// What stands in its way.
    why: Option<String>,
}

/// Something that happened.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Logged {
    /// When.
    at: i64,
    /// What.
    what: String,
}

pub(super) fn messages(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let open = Open::new(&arguments.which)?;
    let fault = |fault| state_fault(&fault);
    let sent = open.state.out_open(MOST).map_err(fault)?.into_iter().map(|row| Message {
        seq: row.seq,
        kind: row.kind,
        issue: row.issue,
        state: match row.state {
            OutState::Waiting => "waiting",
            OutState::Received => "received",
            OutState::Done => "done",
            OutState::Refused => "refused",
            OutState::Error => "error",
        },
        at: row.created.0,
        tries: row.tries,
        why: row.why,
    });
    let received = open.state.in_open(0, MOST).map_err(fault)?.into_iter().map(|row| Message {
        seq: row.seq,
        kind: row.kind,
        issue: row.issue,
        state: match row.state {
            InState::New | InState::Applying => "new",
            InState::Error => "error",
            InState::Waiting => "waiting",
            InState::Done => "done",
            InState::Refused => "refused",
            InState::Skipped => "skipped",
        },
        at: row.received.0,
        tries: row.tries,
        why: row.why,
    });
    let log = open.state.logged(50).map_err(fault)?.into_iter();
    let document = Messages {
        version: 1,
        sent: sent.collect(),
        received: received.collect(),
        log: log.map(|(at, what)| Logged { at: at.0, what }).collect(),
    };
    if arguments.format == Format::Json {
        ui.json(&document)?;
        return Ok(Status::Fine);
    }
    let mut table = Table::new(&["", "number", "kind", "issue", "state", "at", "why"]);
    let both = document.sent.iter().map(|own| ("sent", own));
    for (way, own) in both.chain(document.received.iter().map(|own| ("received", own))) {
        table.row([
            way.to_owned(),
            own.seq.to_string(),
            own.kind.clone(),
            own.issue.clone().unwrap_or_default(),
            own.state.to_owned(),
            moment(Time(own.at)),
            own.why.clone().unwrap_or_default(),
        ]);
    }
    let mut text = match document.sent.is_empty() && document.received.is_empty() {
        true => "no message is on the way or unfinished\n".to_owned(),
        false => table.render(),
    };
    if !document.log.is_empty() {
        text.push('\n');
    }
    for Logged { at, what } in &document.log {
        let _ = writeln!(text, "{}  {what}", moment(Time(*at)));
    }
    ui.text(&text)?;
    Ok(Status::Fine)
}
