//! `pcfg sync key`: the keys of both halves.
//!
//! Invariant: private keys and secrets are shown nowhere.

use serde::Serialize;

use super::half::{Open, Which, act_fault};
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// Show the keys of both halves, and change the own one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync key show --home A                 Both fingerprints, with words to compare on the telephone
  pcfg sync key rotate --home A               A new key for this half; the partner takes it by itself")]
pub(super) struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeyCommand {
    Show(ShowKeyArguments),
    Rotate(RotateArguments),
}

/// Show the fingerprints of both halves
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync key show --home A
  pcfg sync key show --home A --format json

Exit code: 0 if they are shown, 3 if the keys cannot be read.")]
struct ShowKeyArguments {
    #[command(flatten)]
    which: Which,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Make a new key for this half
///
/// The partner is told of it in a message that the present key signs. When the partner has confirmed it, the new key is used, and both
/// halves compare their pairs in a new epoch; what the former key signs is refused from then on. Both halves may do it at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync key rotate --home A

Exit code: 0 if the partner is told of a new key, 4 if both halves do not know each other yet or one was restored.")]
struct RotateArguments {
    #[command(flatten)]
    which: Which,
}

/// The JSON document of `key show`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::cli) struct ShownKeys {
    /// The version of the form of the document.
    version: u32,
    /// The key of this half.
    own: ShownKey,
    /// The one of which the partner was told and that it has not confirmed yet.
    next: Option<String>,
    /// The key of the partner; `null` while it is not known.
    partner: Option<ShownKey>,
}

/// What a key is known by.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Key"))]
struct ShownKey {
    /// Its fingerprint, in groups of digits.
    fingerprint: String,
    /// The same in words, for a call.
    words: Vec<String>,
}

pub(super) fn key(ui: &Ui, arguments: &KeyArguments) -> Result<Status, Faults> {
    match &arguments.command {
        KeyCommand::Show(arguments) => show(ui, arguments),
        KeyCommand::Rotate(arguments) => rotate(ui, arguments),
    }
}

fn show(ui: &Ui, arguments: &ShowKeyArguments) -> Result<Status, Faults> {
    let open = Open::new(&arguments.which)?;
    let shown = |fingerprint: pcfg_sync::openpgp::Fingerprint| ShownKey {
        fingerprint: fingerprint.groups(),
        words: pcfg_sync::handshake::words(&fingerprint),
    };
    let own = shown(open.keys.fingerprint());
    let next = open.state.half().told_key.as_ref().map(|told| told.fingerprint.clone());
    let partner = open.keys.partner_fingerprint().map(shown);
    if arguments.format == Format::Json {
        ui.json(&ShownKeys { version: 1, own, next, partner })?;
        return Ok(Status::Fine);
    }
    let line = |who: &str, key: &ShownKey| {
        format!("{who:<10}{}\n{:10}{}\n", key.fingerprint, "", key.words.join(" "))
    };
    let mut text = line("own", &own);
    if let Some(next) = next {
        text.push_str(&format!("next      {next}, which the partner has not confirmed yet\n"));
    }
    match &partner {
        Some(partner) => text.push_str(&line("partner", partner)),
        None => text.push_str("partner   not known yet\n"),
    }
    ui.text(&text)?;
    Ok(Status::Fine)
}

fn rotate(ui: &Ui, arguments: &RotateArguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let mut open = Open::new(which)?;
    let (fingerprint, public_key) =
        open.keys.next_key().map_err(|fault| Fault::input("a new key cannot be made").because(&fault))?;
    open.engine()?.rotate(&public_key, &fingerprint.to_string()).map_err(|fault| act_fault(&fault, which))?;
    open.run(ui, which)?;
    ui.note(&format!("the partner is told of the new key {}", fingerprint.groups()));
    ui.note(&format!("it is used when the partner has confirmed it: `{}`", which.spelled("run --once")));
    Ok(Status::Fine)
}
