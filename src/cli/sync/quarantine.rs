//! `pcfg sync quarantine`: messages that were refused, with the reason.
//!
//! Invariant: what is released is looked at as if it had just come; nothing of it is believed because a person let it go.

use pcfg_sync::home::{self, Quarantined};

use super::half::{Which, refused};
use super::words::moment;
use crate::cli::{Format, Status};
use crate::fault::{Fault, Faults};
use crate::ui::{Table, Ui};

/// List, show, release and drop messages that were refused
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pcfg sync quarantine list --home A
  pcfg sync quarantine release NAME --home A  It is looked at again by the next run
  pcfg sync quarantine drop NAME --home A";

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(ListArguments),
    Show(OneArguments),
    Release(ReleaseArguments),
    Drop(DropArguments),
}

/// List the messages that were refused
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync quarantine list --home A
  pcfg sync quarantine list --home A --format json

Exit code: 0 if there is none, 1 if there are some.")]
struct ListArguments {
    #[command(flatten)]
    which: Which,
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Show why a message was refused
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync quarantine show NAME --home A

Exit code: 0 if it is shown, 3 if there is none of that name.")]
struct OneArguments {
    /// Its name, as `list` shows it
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    which: Which,
}

/// Let a message be looked at again by the next run
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync quarantine release NAME --home A

Exit code: 0 if it is released, 3 if there is none of that name.")]
struct ReleaseArguments {
    #[command(flatten)]
    one: OneArguments,
}

/// Take a refused message away for good
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync quarantine drop NAME --home A

Exit code: 0 if it is gone, 3 if there is none of that name.")]
struct DropArguments {
    #[command(flatten)]
    one: OneArguments,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.command {
        Command::List(arguments) => list(ui, arguments),
        Command::Show(one) => {
            let (_, own) = find(one)?;
            ui.text(&format!(
                "name      {}\nsince     {}\nbytes     {}\nrefused   {}\n",
                own.name,
                moment(own.since),
                own.size,
                own.why
            ))?;
            Ok(Status::Fine)
        }
        Command::Release(ReleaseArguments { one }) => {
            let (exchange, own) = find(one)?;
            if !exchange.join(pcfg_sync::channel::RECEIVE).exists() {
                return Err(refused("the message came by e-mail, and is released where it is")
                    .hint(
                        "move the mail from the folder `pcfg/quarantine` of the mailbox back into the inbox",
                    )
                    .hint(format!(
                        "then take the copy away: `{}`",
                        one.which.spelled(&format!("quarantine drop {}", own.name))
                    ))
                    .into());
            }
            home::release(&exchange, &own.name).map_err(|error| unmoved(&error))?;
            ui.note(&format!("`{}` is looked at again by the next run", own.name));
            Ok(Status::Fine)
        }
        Command::Drop(DropArguments { one }) => {
            let (exchange, own) = find(one)?;
            home::discard(&exchange, &own.name).map_err(|error| unmoved(&error))?;
            ui.note(&format!("`{}` is gone", own.name));
            Ok(Status::Fine)
        }
    }
}

fn unmoved(error: &std::io::Error) -> Fault {
    refused("the message stays in quarantine").because(error)
}

fn all(which: &Which) -> Result<(std::path::PathBuf, Vec<Quarantined>), Faults> {
    let half = which.folder()?;
    let all = home::quarantined(half.exchange())
        .map_err(|error| Fault::input("the quarantine cannot be read").because(&error))?;
    Ok((half.exchange().to_owned(), all))
}

fn find(one: &OneArguments) -> Result<(std::path::PathBuf, Quarantined), Faults> {
    let (exchange, all) = all(&one.which)?;
    match all.into_iter().find(|own| own.name == one.name) {
        Some(own) => Ok((exchange, own)),
        None => Err(Fault::input(format!("there is no message `{}` in quarantine", one.name))
            .hint(format!("see which there are: `{}`", one.which.spelled("quarantine list")))
            .into()),
    }
}

fn list(ui: &Ui, arguments: &ListArguments) -> Result<Status, Faults> {
    let (_, all) = all(&arguments.which)?;
    match arguments.format {
        Format::Json => ui.json(&all)?,
        Format::Text => {
            let mut table = Table::new(&["name", "since", "bytes", "refused"]);
            for own in &all {
                table.row([own.name.clone(), moment(own.since), own.size.to_string(), own.why.clone()]);
            }
            ui.text(&table.render())?;
        }
    }
    Ok(if all.is_empty() { Status::Fine } else { Status::Found })
}
