//! `pcfg sync`: keeps the issues of two projects in step by messages, where neither Jira can reach the other.
//!
//! Invariant: nothing here decides anything about issues or messages; a command opens a half, does one thing with it, and says what
//! came of it.

#[cfg(feature = "sync-email")]
mod accounts;
#[cfg(not(feature = "sync-email"))]
#[path = "no_accounts.rs"]
mod accounts;
mod channel;
mod channels;
pub(super) mod configure;
mod half;
mod handshake;
mod init;
pub(super) mod keys;
pub(super) mod licence;
mod link;
pub(super) mod messages;
mod quarantine;
mod repair;
pub(super) mod run;
pub(super) mod status;
mod words;

use super::Status;
use crate::fault::Faults;
use crate::ui::Ui;

/// Keep the issues of two projects in step by messages, where neither Jira can reach the other
///
/// A synchronization has two halves, one for each project: the master decides what takes part, the slave fills in its half. They talk
/// by encrypted and signed messages, which travel as files or as e-mails. Nothing that was not configured leaves the house.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg sync init --master -i a.sqlite --project DEMO --user sync --name Trial --home A -o trial.handshake
  pcfg sync init --slave -i b.sqlite --project DEMO --user sync --handshake trial.handshake --home B
  pcfg sync link --home A --partner B         Both on one machine, to try it
  pcfg sync run --settle --home A --home B    Until nothing is on the way any more
  pcfg sync status --home A                   Where it stands, and what to do next

docs/sync.md goes through all of it.";

#[derive(Debug, clap::Subcommand)]
enum Command {
    Init(init::Arguments),
    Handshake(handshake::Arguments),
    Link(link::LinkArguments),
    Channel(channel::Arguments),
    Edit(configure::EditArguments),
    Check(configure::CheckArguments),
    Plan(configure::PlanArguments),
    Publish(configure::PublishArguments),
    Adopt(configure::AdoptArguments),
    Start(run::StartArguments),
    Stop(run::StopArguments),
    Delete(init::DeleteArguments),
    Run(run::Arguments),
    Status(status::Arguments),
    Errors(status::ErrorsArguments),
    Messages(messages::Arguments),
    Quarantine(quarantine::Arguments),
    Decide(repair::DecideArguments),
    Retry(repair::RetryArguments),
    Skip(repair::SkipArguments),
    Pair(repair::PairArguments),
    Unlink(repair::UnlinkArguments),
    Resync(repair::ResyncArguments),
    Recover(repair::RecoverArguments),
    Key(keys::KeyArguments),
    Licence(licence::LicenceArguments),
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::Init(arguments) => init::init(ui, arguments),
        Command::Handshake(arguments) => handshake::run(ui, arguments),
        Command::Link(arguments) => link::link(ui, arguments),
        Command::Channel(arguments) => channel::channel(ui, arguments),
        Command::Edit(arguments) => configure::edit(ui, arguments),
        Command::Check(arguments) => configure::check(ui, arguments),
        Command::Plan(arguments) => configure::plan(ui, arguments),
        Command::Publish(arguments) => configure::publish(ui, arguments),
        Command::Adopt(arguments) => configure::adopt(ui, arguments),
        Command::Start(arguments) => run::start(ui, arguments),
        Command::Stop(arguments) => run::stop(ui, arguments),
        Command::Delete(arguments) => init::delete(ui, arguments),
        Command::Run(arguments) => run::run(ui, arguments),
        Command::Status(arguments) => status::status(ui, arguments),
        Command::Errors(arguments) => status::errors(ui, arguments),
        Command::Messages(arguments) => messages::messages(ui, arguments),
        Command::Quarantine(arguments) => quarantine::run(ui, arguments),
        Command::Decide(arguments) => repair::decide(ui, arguments),
        Command::Retry(arguments) => repair::retry(ui, arguments),
        Command::Skip(arguments) => repair::skip(ui, arguments),
        Command::Pair(arguments) => repair::pair(ui, arguments),
        Command::Unlink(arguments) => repair::unlink(ui, arguments),
        Command::Resync(arguments) => repair::resync(ui, arguments),
        Command::Recover(arguments) => repair::recover(ui, arguments),
        Command::Key(arguments) => keys::key(ui, arguments),
        Command::Licence(arguments) => licence::licence(ui, arguments),
    }
}
