//! Stands for the e-mail accounts in a pcfg that was built without e-mails.
//!
//! Invariant: there are none; whoever asks for them is told how to get them.

use std::path::Path;

use pcfg_sync::Channel;
use pcfg_sync::home::Folder;

use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// The accounts of an e-mail channel: none.
#[derive(Debug, clap::Args)]
pub(super) struct Accounts {}

fn none() -> Fault {
    Fault::usage("this pcfg was built without e-mails")
        .hint("install one that has them: `cargo install pcfg --features sync-email`")
        .hint("or let messages travel as files: `--channel file`")
}

impl Accounts {
    pub(super) fn settings(&self, _: &Ui) -> Result<Mail, Faults> {
        Err(none().into())
    }

    pub(super) fn are_named(&self) -> bool {
        false
    }
}

/// The accounts of a half: there are none.
pub(super) enum Mail {}

impl Mail {
    pub(super) fn load(_: &Path) -> Result<Self, Fault> {
        Err(none())
    }

    pub(super) fn save(&self, _: &Path) -> Result<(), Fault> {
        match *self {}
    }

    pub(super) fn address(&self) -> &str {
        match *self {}
    }

    pub(super) fn lines(&self) -> [(&'static str, String); 2] {
        match *self {}
    }

    pub(super) fn channel(&self, _: &Folder, _: Option<String>) -> Result<Box<dyn Channel>, Fault> {
        match *self {}
    }

    pub(super) fn troubles(&self, _: &Folder) -> Vec<String> {
        match *self {}
    }
}
