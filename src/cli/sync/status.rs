//! `pcfg sync status`, `errors`: where a half stands.
//!
//! Invariant: nothing is changed by looking, and nothing secret is shown.

use std::fmt::Write as _;
use std::path::PathBuf;

use pcfg_sync::lifecycle::Status as Standing;
use pcfg_sync::state::{InState, OutState, PairState};
use pcfg_sync::{IssueKey, Role, Time};
use serde::Serialize;

use super::half::{Open, Which, now, state_fault};
use super::words::{ago, length};
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::{Table, Ui, plural};

/// So many lines of a list are shown.
const MOST: u32 = 1000;

/// Show where a half stands, and what to do next; or where an issue stands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync status --home A
  pcfg sync status DEMO-7 --home A            Its partner, and whether it is up to date
  pcfg sync status --home A --format json
  pcfg sync status --home A --prometheus /var/lib/node_exporter/pcfg_sync.prom

Exit code: 0 if all is well, 1 if the half is DEGRADED or in RECOVERY, an issue is kept back, a
conflict waits, a message is in quarantine or came back, or the channel does not work.")]
pub(super) struct Arguments {
    /// Key of an issue
    #[arg(value_name = "ISSUE")]
    issue: Option<String>,
    #[command(flatten)]
    which: Which,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the numbers for Prometheus into a file, too
    #[arg(long, value_name = "FILE", conflicts_with = "issue")]
    prometheus: Option<PathBuf>,
}

/// The JSON document of `status`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Shown {
    /// The version of the form of the document.
    version: u32,
    /// The name of the half.
    name: String,
    /// Which half it is.
    role: Role,
    /// Where it stands, as `RUNNING`.
    status: String,
    /// The command to type next; `null` where there is none.
    next: Option<String>,
    /// What stands in the way; `null` where nothing does.
    why: Option<String>,
    /// The version of the configuration under which the half works.
    configuration: Option<u32>,
    /// The version that waits for the slave.
    configuration_waiting: Option<u32>,
    /// How many issues are in which state: `live`, `own-gone`, `partner-gone`, `left`.
    pairs: std::collections::BTreeMap<String, u64>,
    /// How many messages the partner has not received.
    waiting: u64,
    /// The age of the oldest of them.
    oldest_waiting_seconds: Option<i64>,
    /// How many issues are in error.
    kept_back: usize,
    /// How many conflicts are to be decided.
    parked: usize,
    /// How many messages were refused.
    quarantined: usize,
    /// How often the halves began anew.
    epoch: u32,
    /// Since when nothing was heard of the partner.
    heard_seconds: Option<i64>,
    /// By how much the partner's clock is ahead.
    skew_milliseconds: Option<i64>,
    /// Why the partner has stopped; `null` if it has not.
    partner_stopped: Option<String>,
    /// What carries the messages.
    channel: String,
    /// What is wrong with it.
    channel_trouble: Option<String>,
    /// The channel to which it is being switched, or to which the partner wants to.
    channel_next: Option<String>,
    /// How many mails came back because nobody took them.
    returned: u64,
    /// The fingerprint of a new key that the partner has not confirmed yet.
    key_next: Option<String>,
}

pub(super) fn status(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let open = Open::new(which)?;
    if let Some(issue) = &arguments.issue {
        return of_issue(ui, &open, &IssueKey(issue.clone()), arguments.format);
    }
    let shown = gathered(&open, which)?;
    if let Some(file) = &arguments.prometheus {
        let text = prometheus(&shown);
        pcfg_sync::private::replace(file, text.as_bytes()).map_err(|fault| {
            Fault::output(format!("`{}` cannot be written", file.display())).because(&fault)
        })?;
        readable(file)?;
    }
    match arguments.format {
        Format::Json => ui.json(&shown)?,
        Format::Text => ui.text(&page(&shown))?,
    }
    let standing = open.state.half().status();
    let is_bad = matches!(standing, Standing::Degraded | Standing::Recovery)
        || shown.kept_back + shown.parked + shown.quarantined > 0
        || shown.returned > 0
        || shown.channel_trouble.is_some();
    Ok(if is_bad { Status::Found } else { Status::Fine })
}

/// Whoever gathers numbers is another user.
fn readable(file: &std::path::Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(file, mode).map_err(|error| {
            Fault::output(format!("`{}` cannot be made readable", file.display())).because(&error)
        })?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn gathered(open: &Open, which: &Which) -> Result<Shown, Fault> {
    let state = &open.state;
    let half = state.half();
    let fault = |fault| state_fault(&fault);
    let (waiting, oldest) = state.out_waiting().map_err(fault)?;
    let now = now();
    let seconds = |then: Time| (now.0 - then.0) / 1000;
    let standing = half.status();
    let quarantined = pcfg_sync::home::quarantined(open.folder.exchange()).unwrap_or_default().len();
    let in_error = errors_of(open)?;
    let kinds = open.channels();
    Ok(Shown {
        version: 1,
        name: open.folder.name().to_owned(),
        role: half.role,
        status: standing.to_string(),
        next: next(standing, half.role, half.config.is_some(), which),
        why: half.alarm.clone(),
        configuration: half.config.as_ref().map(|version| version.number),
        configuration_waiting: half.config_next.as_ref().map(|version| version.number),
        pairs: state.pair_counts().map_err(fault)?.into_iter().collect(),
        waiting,
        oldest_waiting_seconds: oldest.map(seconds),
        kept_back: in_error.len(),
        parked: state.parked().map_err(fault)?.len(),
        quarantined,
        epoch: half.epoch,
        heard_seconds: half.ping.heard.map(seconds),
        skew_milliseconds: half.ping.skew,
        partner_stopped: half.partner_stopped.clone(),
        channel: kinds[0].to_string(),
        channel_trouble: open.channel_trouble(),
        channel_next: match kinds.get(1) {
            Some(next) => Some(next.to_string()),
            None => {
                half.channel.as_ref().map(|own| own.kind.clone()).filter(|own| *own != kinds[0].to_string())
            }
        },
        returned: half.returned.as_ref().map_or(0, |own| own.count),
        key_next: half.told_key.as_ref().map(|own| own.fingerprint.clone()),
    })
}

/// What to do next.
fn next(standing: Standing, role: Role, configured: bool, which: &Which) -> Option<String> {
    let command = match (standing, role) {
        (Standing::Handshake, _) => which.spelled("run --once"),
        (Standing::Stopped, Role::Master) if !configured => which.spelled("publish -m \"…\" --start"),
        (Standing::Stopped, Role::Slave) if !configured => which.spelled("adopt --start"),
        (Standing::Stopped, _) => which.spelled("start"),
        (Standing::UpdateRequired, _) => which.spelled("adopt"),
        (Standing::WaitingForSlave, _) => which.spelled("run --once"),
        (Standing::Recovery, _) => which.spelled("recover"),
        _ => return None,
    };
    Some(command)
}

fn page(shown: &Shown) -> String {
    let mut text = format!("{} ({}): {}\n", shown.name, shown.role, shown.status);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<15}{value}");
    };
    if let Some(why) = &shown.why {
        line("why", why.clone());
    }
    if let Some(next) = &shown.next {
        line("next", format!("`{next}`"));
    }
    match (shown.configuration, shown.configuration_waiting) {
        (Some(own), Some(waiting)) if own != waiting => {
            line("configuration", format!("{own}, {waiting} waits"));
        }
        (Some(own), _) => line("configuration", own.to_string()),
        (None, Some(waiting)) => line("configuration", format!("{waiting} waits")),
        (None, None) => line("configuration", "none yet".to_owned()),
    }
    let pairs: Vec<_> = shown.pairs.iter().map(|(state, count)| format!("{count} {state}")).collect();
    line("issues", if pairs.is_empty() { "none".to_owned() } else { pairs.join(", ") });
    let oldest = shown.oldest_waiting_seconds.map(|own| format!(", the oldest for {}", length(own * 1000)));
    line(
        "on the way",
        format!("{}{}", plural(shown.waiting as usize, "message"), oldest.unwrap_or_default()),
    );
    let trouble = [
        (shown.kept_back, "kept back: `pcfg sync errors`"),
        (shown.parked, "to be decided: `pcfg sync errors`"),
        (shown.quarantined, "in quarantine: `pcfg sync quarantine list`"),
    ];
    for (count, what) in trouble {
        if count > 0 {
            line("trouble", format!("{count} {what}"));
        }
    }
    if let Some(heard) = shown.heard_seconds {
        let skew = match shown.skew_milliseconds {
            Some(skew) if skew.abs() >= 2000 => {
                let word = if skew > 0 { "ahead" } else { "behind" };
                format!(", its clock is {} {word}", length(skew.abs()))
            }
            _ => String::new(),
        };
        line("partner", format!("heard {} ago{skew}", length(heard * 1000)));
    }
    if let Some(why) = &shown.partner_stopped {
        line("partner", format!("has stopped: {why}"));
    }
    line("channel", shown.channel_trouble.clone().unwrap_or_else(|| shown.channel.clone()));
    if let Some(next) = &shown.channel_next {
        line("switch", format!("to {next}: `pcfg sync channel` shows how far"));
    }
    if shown.returned > 0 {
        let count = plural(shown.returned as usize, "mail");
        line(
            "trouble",
            format!("{count} came back undelivered: are the partner's address and mailbox right?"),
        );
    }
    if let Some(next) = &shown.key_next {
        line("key", format!("the partner has not confirmed the new one yet, {next}"));
    }
    text
}

/// The numbers in the text format of Prometheus.
fn prometheus(shown: &Shown) -> String {
    let label = format!("{{sync=\"{}\"}}", shown.name.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, value: i64| {
        let _ = write!(
            text,
            "# HELP pcfg_sync_{name} {help}\n# TYPE pcfg_sync_{name} gauge\npcfg_sync_{name}{label} {value}\n"
        );
    };
    let count = |own: usize| i64::try_from(own).unwrap_or(i64::MAX);
    gauge("running", "1 while changes are told and done.", i64::from(shown.status == "RUNNING"));
    gauge("degraded", "1 while the partner is silent.", i64::from(shown.status == "DEGRADED"));
    gauge("messages_waiting", "Messages that the partner has not received.", shown.waiting.cast_signed());
    gauge(
        "oldest_waiting_seconds",
        "Age of the oldest of them.",
        shown.oldest_waiting_seconds.unwrap_or_default(),
    );
    gauge("issues_kept_back", "Issues in error.", count(shown.kept_back));
    gauge("conflicts_parked", "Conflicts that wait for a decision.", count(shown.parked));
    gauge("messages_quarantined", "Messages that were refused.", count(shown.quarantined));
    gauge("mails_returned", "Messages that came back undelivered.", shown.returned.cast_signed());
    gauge(
        "channel_trouble",
        "1 while the channel does not work.",
        i64::from(shown.channel_trouble.is_some()),
    );
    gauge(
        "pairs",
        "Issues that are kept in step.",
        shown.pairs.get("live").copied().unwrap_or_default().cast_signed(),
    );
    if let Some(heard) = shown.heard_seconds {
        gauge("heard_seconds", "Since when nothing was heard of the partner.", heard);
    }
    text
}

/// The JSON document of `status --issue`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct IssueShown {
    /// The version of the form of the document.
    version: u32,
    /// Its key here.
    issue: String,
    /// Its key at the partner's, where that is known.
    partner: Option<String>,
    /// Where it stands.
    #[cfg_attr(test, schemars(extend("enum" = ["up to date", "pending", "error", "not synchronized"])))]
    state: &'static str,
    /// What stands in its way.
    why: Option<String>,
    /// When it was last told of.
    sent: Option<i64>,
    /// When it was last heard of.
    received: Option<i64>,
}

fn of_issue(ui: &Ui, open: &Open, key: &IssueKey, format: Format) -> Result<Status, Faults> {
    let fault = |fault| state_fault(&fault);
    let pair = open.state.pair(key).map_err(fault)?;
    let why = errors_of(open)?.into_iter().find(|own| own.issue == key.0).map(|own| own.why);
    let is_pending = open
        .state
        .out_open(MOST)
        .map_err(fault)?
        .iter()
        .any(|row| row.issue.as_deref() == Some(&key.0) && row.state < OutState::Done);
    let state = match &pair {
        Some(pair) if pair.state == PairState::Live && why.is_some() => "error",
        None if why.is_some() => "error",
        Some(pair) if pair.state == PairState::Live && (is_pending || pair.partner.is_none()) => "pending",
        Some(pair) if pair.state == PairState::Live => "up to date",
        _ => "not synchronized",
    };
    let shown = IssueShown {
        version: 1,
        issue: key.0.clone(),
        partner: pair.as_ref().and_then(|pair| pair.partner.as_ref()).map(|key| key.0.clone()),
        state,
        why,
        sent: pair.as_ref().and_then(|pair| pair.sent_at).map(|time| time.0),
        received: pair.as_ref().and_then(|pair| pair.received_at).map(|time| time.0),
    };
    match format {
        Format::Json => ui.json(&shown)?,
        Format::Text => {
            let now = now();
            let mut text = format!("{key}: {state}\n");
            if let Some(partner) = &shown.partner {
                text.push_str(&format!("partner        {partner}\n"));
            }
            if let Some(why) = &shown.why {
                text.push_str(&format!("why            {why}\n"));
            }
            for (name, time) in [("last sent", shown.sent), ("last received", shown.received)] {
                if let Some(time) = time {
                    text.push_str(&format!("{name:<15}{}\n", ago(now, Time(time))));
                }
            }
            ui.text(&text)?;
        }
    }
    Ok(if state == "error" { Status::Found } else { Status::Fine })
}

/// Something that is kept back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct InError {
    /// The issue: of this side, or of the partner's where there is none here.
    issue: String,
    /// The number of the partner's message, where it is one.
    seq: Option<u64>,
    /// What stands in its way, and what to do.
    why: String,
    /// When it is tried again, in milliseconds since 1970.
    due: Option<i64>,
}

fn errors_of(open: &Open) -> Result<Vec<InError>, Fault> {
    let fault = |fault| state_fault(&fault);
    let state = &open.state;
    let mut errors: Vec<_> = state
        .kept_back()
        .map_err(fault)?
        .into_iter()
        .map(|(key, why)| InError { issue: key.0, seq: None, why, due: None })
        .collect();
    for row in state.in_open(0, MOST).map_err(fault)? {
        if row.state != InState::Error {
            continue;
        }
        let partner = row.issue.unwrap_or_default();
        let own = state.pair_of(&IssueKey(partner.clone())).map_err(fault)?.map(|pair| pair.own.0);
        let why = row.why.unwrap_or_default();
        errors.push(InError {
            issue: own.unwrap_or(partner),
            seq: Some(row.seq),
            why,
            due: Some(row.due.0).filter(|due| *due > 0),
        });
    }
    Ok(errors)
}

/// List the issues that are kept back, and conflicts that wait for a decision
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync errors --home A
  pcfg sync errors --home A --format json

Exit code: 0 if there is none, 1 if there are some.")]
pub(super) struct ErrorsArguments {
    #[command(flatten)]
    which: Which,
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The JSON document of `errors`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct Errors {
    /// The version of the form of the document.
    version: u32,
    /// The issues that are kept back.
    errors: Vec<InError>,
    /// The conflicts that wait for a decision.
    parked: Vec<ShownConflict>,
}

/// A conflict that waits for a decision.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Conflict"))]
struct ShownConflict {
    /// The issue.
    issue: String,
    /// What of it both sides changed.
    part: String,
}

pub(super) fn errors(ui: &Ui, arguments: &ErrorsArguments) -> Result<Status, Faults> {
    let open = Open::new(&arguments.which)?;
    let errors = errors_of(&open)?;
    let parked = open.state.parked().map_err(|fault| state_fault(&fault))?;
    let parked: Vec<_> =
        parked.into_iter().map(|own| ShownConflict { issue: own.own.0, part: own.part }).collect();
    let is_empty = errors.is_empty() && parked.is_empty();
    let document = Errors { version: 1, errors, parked };
    if arguments.format == Format::Json {
        ui.json(&document)?;
    } else {
        let mut text = String::new();
        if !document.errors.is_empty() {
            let mut table = Table::new(&["issue", "message", "why"]);
            for InError { issue, seq, why, .. } in &document.errors {
                let seq = seq.map_or_else(String::new, |seq| seq.to_string());
                table.row([issue.clone(), seq, why.clone()]);
            }
            text.push_str(&table.render());
        }
        for ShownConflict { issue, part } in &document.parked {
            let _ = writeln!(
                text,
                "{issue}: {part} was changed on both sides; decide: `{}`",
                arguments.which.spelled(&format!("decide {issue} \"{part}\" --mine"))
            );
        }
        if is_empty {
            text.push_str("nothing is kept back\n");
        }
        ui.text(&text)?;
    }
    Ok(if is_empty { Status::Fine } else { Status::Found })
}
