//! `pcfg sync link`: puts both halves together on one machine.
//!
//! Invariant: nothing that is there is replaced but the two folders, and what is in them goes along.

use std::path::{Path, PathBuf};

use pcfg_sync::channel;
use pcfg_sync::home::Folder;

use super::half::{Which, home_fault, refused};
use crate::cli::Status;
use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// Put both halves together where they are on one machine, by symbolic links
///
/// Only one side needs them: SEND leads to the partner's RECEIVE, RECEIVE to the partner's SEND. What is in the two folders is moved to
/// where they lead, so that no message is lost. By hand it is: save what is in SEND and RECEIVE, `rm -R SEND RECEIVE`, and
/// `ln -s PARTNER/RECEIVE SEND`, `ln -s PARTNER/SEND RECEIVE`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync link --home A --partner B

Exit code: 0 if they are linked, 4 if the partner's side is linked already: links on both sides go round.")]
pub(super) struct LinkArguments {
    #[command(flatten)]
    which: Which,
    /// The partner's folder of synchronizations, or its folder with SEND and RECEIVE
    #[arg(long, value_name = "FOLDER")]
    partner: PathBuf,
}

pub(super) fn link(ui: &Ui, arguments: &LinkArguments) -> Result<Status, Faults> {
    let half = arguments.which.folder()?;
    let partner = exchange_of(&arguments.partner, &half)?;
    let linked = channel::link(half.exchange(), &partner)
        .map_err(|fault| refused("the halves cannot be linked").because(&fault))?;
    for (from, to) in &linked.links {
        ui.note(&format!("`{}` leads to `{}`", from.display(), to.display()));
    }
    if linked.moved > 0 {
        ui.note(&format!("{} went along", crate::ui::plural(linked.moved, "message")));
    }
    Ok(Status::Fine)
}

/// The folder with SEND and RECEIVE of the half of the same synchronization that is in a folder.
fn exchange_of(folder: &Path, half: &Folder) -> Result<PathBuf, Faults> {
    if folder.join(channel::RECEIVE).exists() {
        return Ok(folder.to_owned());
    }
    let which = Which::of(Some(folder.to_owned()), None);
    let all = which.home()?.all().map_err(|fault| home_fault(fault, &which))?;
    let is_partner =
        |own: &&Folder| own.facts.sync_id == half.facts.sync_id && own.facts.role != half.facts.role;
    match all.iter().find(is_partner) {
        Some(partner) => Ok(partner.exchange().to_owned()),
        None => Err(Fault::input(format!(
            "`{}` is neither the home of the other half nor a folder with SEND and RECEIVE",
            folder.display()
        ))
        .hint("make the slave's half first: `pcfg sync init --slave --handshake FILE --home FOLDER …`")
        .into()),
    }
}
