//! `pcfg sync handshake`: the file by which two halves come to know each other.
//!
//! Invariant: the secret of the file is shown nowhere.

use std::path::{Path, PathBuf};

use pcfg_sync::handshake::{
    ChannelOffer, GOOD_FOR, HandshakeFile, JiraFacts, Keyring, LARGEST, ProtocolRange, Shown,
};
use pcfg_sync::home::{ChannelKind, Folder};
use pcfg_sync::message::{Limits, PROTOCOL};
use pcfg_sync::{Time, private};

use super::half::{Which, issue_fault, issues_of, key_setup, now};
use super::words::moment;
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// Write, look at and accept the file by which two halves come to know each other
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg sync handshake export --home A -o trial.handshake
  pcfg sync handshake show trial.handshake    All but the secret, with words to compare on the telephone
  pcfg sync handshake accept trial.handshake --home B";

#[derive(Debug, clap::Subcommand)]
enum Command {
    Export(ExportArguments),
    Show(ShowArguments),
    Accept(AcceptArguments),
}

/// What encrypts a handshake file.
#[derive(Debug, clap::Args)]
pub(super) struct Passphrase {
    /// File with the passphrase that encrypts the handshake file, in its first line
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Passphrase {
    pub(super) fn read(&self) -> Result<Option<String>, Fault> {
        let Some(file) = &self.passphrase_file else { return Ok(None) };
        let unusable = |fault: &(dyn std::error::Error + 'static)| {
            Fault::input("the file with the passphrase cannot be used").because(fault)
        };
        let bytes = private::read(file, 4096).map_err(|fault| unusable(&fault))?;
        let text = String::from_utf8(bytes).map_err(|fault| unusable(&fault))?;
        let passphrase = text.lines().next().unwrap_or_default().to_owned();
        match passphrase.is_empty() {
            true => Err(Fault::input(format!("the first line of `{}` is empty", file.display()))
                .hint("write the passphrase into it")),
            false => Ok(Some(passphrase)),
        }
    }
}

/// Write the master's handshake file, with a new secret
///
/// Deliver it securely: whoever has it can pose as the slave until the slave has answered. An earlier file is worth nothing any more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync handshake export --home A -o trial.handshake
  pcfg sync handshake export --home A -o trial.handshake --passphrase-file secret.txt

Exit code: 0 if it was written, 4 if the partner is known already.")]
struct ExportArguments {
    #[command(flatten)]
    which: Which,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

/// Show what a handshake file says: all but its secret
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync handshake show trial.handshake
  pcfg sync handshake show trial.handshake --format json

Exit code: 0 if it is good, 3 if it is not: changed, expired, encrypted.")]
struct ShowArguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Take the master's handshake file once more, after the master had to write a new one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync handshake accept trial.handshake --home B

Exit code: 0 if it was taken, 3 if the file cannot be used, 4 if it is of another synchronization.")]
struct AcceptArguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    passphrase: Passphrase,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::Export(arguments) => {
            let half = arguments.which.folder()?;
            export_to(ui, &arguments.which, &half, &arguments.output, &arguments.passphrase)?;
        }
        Command::Show(arguments) => {
            let shown = read(ui, &arguments.file, &arguments.passphrase)?.shown();
            match arguments.format {
                Format::Text => ui.text(&page(&shown))?,
                Format::Json => ui.json(&shown)?,
            }
        }
        Command::Accept(arguments) => {
            super::init::accept(ui, &arguments.which, &arguments.file, &arguments.passphrase)?;
        }
    }
    Ok(Status::Fine)
}

/// Reads a handshake file.
pub(super) fn read(_ui: &Ui, file: &Path, passphrase: &Passphrase) -> Result<HandshakeFile, Fault> {
    let unusable = |error: &(dyn std::error::Error + 'static)| {
        Fault::input(format!("the handshake file `{}` cannot be used", file.display())).because(error)
    };
    let size = std::fs::metadata(file).map_err(|error| unusable(&error))?.len();
    if size > LARGEST {
        return Err(Fault::input(format!("`{}` is too large for a handshake file", file.display()))
            .hint("name the file that `pcfg sync handshake export` wrote"));
    }
    let bytes = std::fs::read(file).map_err(|error| unusable(&error))?;
    let passphrase = passphrase.read()?;
    HandshakeFile::read(&bytes, passphrase.as_deref(), now()).map_err(|fault| unusable(&fault))
}

/// Writes the handshake file of the master's half.
pub(super) fn export_to(
    ui: &Ui,
    which: &Which,
    half: &Folder,
    output: &Path,
    passphrase: &Passphrase,
) -> Result<(), Faults> {
    let settings = half.settings().map_err(|fault| super::half::home_fault(fault, which))?;
    let general = &settings.general;
    let mut issues = issues_of(general)?;
    let catalogue = issues.catalogue().map_err(|fault| issue_fault(&fault))?;
    let facts = &half.facts;
    let setup = key_setup(facts.sync_id, facts.role, facts.encrypted);
    let unwritten = |fault: &(dyn std::error::Error + 'static)| {
        super::half::refused("no handshake file was written").because(fault)
    };
    let mut keys = Keyring::open(half.path(), setup).map_err(|fault| unwritten(&fault))?;
    let name = if general.name.is_empty() { facts.name.clone() } else { general.name.clone() };
    let address = match facts.channel {
        ChannelKind::Email => super::accounts::Mail::load(half.path())?.address().to_owned(),
        ChannelKind::File => String::new(),
    };
    let file = |pairing, key, created: Time| HandshakeFile {
        sync_id: facts.sync_id,
        name: name.clone(),
        description: general.description.clone().unwrap_or_default(),
        // What the project is called is not told; the synchronization's name stands for it.
        project: name.clone(),
        channel: ChannelOffer { kind: facts.channel.to_string(), address },
        protocol: ProtocolRange { min: PROTOCOL, max: PROTOCOL },
        limits: Limits::default(),
        jira: JiraFacts { id: catalogue.jira.clone(), licensed: general.licensed.or(catalogue.licensed) },
        created,
        expires: Time(created.0 + GOOD_FOR),
        key,
        pairing,
    };
    if output.exists() {
        return Err(super::half::refused(format!(
            "`{}` is there already, and is not replaced",
            output.display()
        ))
        .hint("name another file")
        .into());
    }
    let passphrase = passphrase.read()?;
    let bytes = keys.export(file, passphrase.as_deref()).map_err(|fault| unwritten(&fault))?;
    private::write_new(output, &bytes).map_err(|fault| {
        Fault::output(format!("`{}` cannot be written", output.display())).because(&fault)
    })?;
    ui.note(&format!(
        "wrote `{}`: deliver it securely, it is good once and for seven days; your fingerprint is {}",
        output.display(),
        keys.fingerprint().groups()
    ));
    if passphrase.is_none() {
        ui.note("it is not encrypted; `--passphrase-file FILE` encrypts it with a passphrase");
    }
    Ok(())
}

/// What a handshake file says, for people.
pub(super) fn page(shown: &Shown) -> String {
    let line = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!("{name:<14}{value}\n"),
    };
    let licensed = match shown.jira.licensed {
        Some(true) => "has a licence of its own",
        Some(false) => "has no licence of its own: it takes one of yours, if you have a licence file",
        None => "",
    };
    [
        line("name", &shown.name),
        line("description", &shown.description),
        line("channel", &shown.channel.kind),
        line("reached at", &shown.channel.address),
        line("made", &moment(shown.created)),
        line("good until", &moment(shown.expires)),
        line("its Jira", licensed),
        line("fingerprint", &shown.fingerprint.groups()),
        line("in words", &shown.words.join(" ")),
    ]
    .concat()
}
