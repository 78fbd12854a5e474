//! `pcfg sync channel`: how messages travel, and another way for them.
//!
//! Invariant: the former channel is used until both halves have heard each other over the new one; what is set up is shown without its
//! secrets.

use pcfg_sync::channel::{self, ChannelKind};

use super::accounts::{Accounts, Mail};
use super::half::{Open, Which, act_fault, home_fault, refused};
use super::init::{Channel, make_folders};
use crate::cli::Status;
use crate::fault::Faults;
use crate::ui::Ui;

/// Show how messages travel and whether the channel works, or switch it
///
/// With `file` or `email` this half is reached by that channel from now on, or, if it is reached so already, by other accounts. The
/// partner is told in a signed message, and sets the same channel up by the same command. Until both have heard each other over the new
/// channel, everything goes over both, so nothing is lost on the way. `channel-switch = false` in the settings forbids it.
///
/// Send and receive e-mails with the same account, unless there is a reason not to; the user name may differ from the address.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync channel --home A                  Where messages go, and whether servers let this half in
  pcfg sync channel email --home A --address sync@example.com --imap-server imap.example.com \\
    --imap-password-file ~/.sync-password --smtp-server smtp.example.com --copy-credentials
  pcfg sync channel file --home A             Files again; SEND and RECEIVE are made if they never were

Exit code: 0 if it works, 1 if something is wrong with it, 4 if it must not be switched.")]
pub(super) struct Arguments {
    /// The channel by which this half is to be reached
    #[arg(value_name = "CHANNEL", value_enum)]
    to: Option<Channel>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    accounts: Accounts,
}

pub(super) fn channel(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let which = &arguments.which;
    let mut open = Open::new(which)?;
    match arguments.to.map(ChannelKind::from) {
        None if arguments.accounts.are_named() => {
            Err(crate::fault::Fault::usage("e-mail accounts are named, and the channel is not")
                .hint(format!("`{}`, with the accounts", which.spelled("channel email")))
                .into())
        }
        None => show(ui, &open),
        Some(kind) => {
            switch(ui, &mut open, kind, arguments)?;
            show(ui, &open)
        }
    }
}

fn switch(ui: &Ui, open: &mut Open, kind: ChannelKind, arguments: &Arguments) -> Result<(), Faults> {
    let which = &arguments.which;
    let is_new = !open.channels().contains(&kind);
    let settings = open.folder.settings().map_err(|fault| home_fault(fault, which))?;
    if is_new && !settings.general.channel_switch {
        return Err(refused("the settings say that the channel is fixed (`channel-switch = false`)")
            .hint(format!("change that in `{}`, if it is not meant", open.folder.settings_file().display()))
            .into());
    }
    let path = open.folder.path().to_owned();
    let (before, address) = match kind {
        ChannelKind::Email => {
            let before = Mail::load(&path).ok().map(|mail| mail.address().to_owned());
            let mail = arguments.accounts.settings(ui)?;
            mail.save(&path)?;
            (before, mail.address().to_owned())
        }
        ChannelKind::File => {
            let is_there = |name: &str| open.folder.exchange().join(name).symlink_metadata().is_ok();
            // They are made once: where one is missing later, somebody is about to put a link there.
            let was_made = open.folder.facts.channel == ChannelKind::File || !is_new;
            if !was_made && !is_there(channel::SEND) && !is_there(channel::RECEIVE) {
                make_folders(&open.folder)?;
            }
            (Some(String::new()), String::new())
        }
    };
    if !is_new && before.as_ref() == Some(&address) {
        ui.note("the partner need not be told: it is where it was");
        return Ok(());
    }
    open.engine()?.switch_channel(kind, &address).map_err(|fault| act_fault(&fault, which))?;
    open.run(ui, which)?;
    Ok(())
}

fn show(ui: &Ui, open: &Open) -> Result<Status, Faults> {
    let half = open.state.half();
    let kinds = open.channels();
    let words: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    let mut text = format!("channel   {}\n", words.join(", and on the way to "));
    let troubles = troubles(open);
    for kind in &kinds {
        match kind {
            ChannelKind::File => {
                for name in [channel::SEND, channel::RECEIVE] {
                    let path = open.folder.exchange().join(name);
                    let leads = std::fs::read_link(&path).map(|to| format!(" -> {}", to.display()));
                    text.push_str(&format!("{name:<10}{}{}\n", path.display(), leads.unwrap_or_default()));
                }
            }
            ChannelKind::Email => {
                let mail = Mail::load(open.folder.path());
                let lines = mail.iter().flat_map(Mail::lines);
                lines.for_each(|(what, how)| text.push_str(&format!("{what:<10}{how}\n")));
                let partner =
                    half.partner_addresses.get(kind).map_or("has not said yet where it is", |own| own);
                text.push_str(&format!("partner   {partner}\n"));
            }
        }
    }
    if let Some(told) = half.told_channel.as_ref().filter(|_| kinds.len() > 1) {
        let heard = |is_heard| if is_heard { "is heard over" } else { "has not been heard yet over" };
        let theirs = half.channel.as_ref().filter(|own| own.kind == told.kind);
        text.push_str(&format!("switch    the partner {} {}; ", heard(told.confirmed), told.kind));
        text.push_str(match theirs {
            None => "it has not set it up yet",
            Some(own) if own.confirmed => "this half is heard there",
            Some(_) => "it has set it up, too",
        });
        text.push('\n');
    }
    if let Some(theirs) = half.channel.as_ref().filter(|own| !words.contains(&own.kind)) {
        text.push_str(&format!(
            "asked     the partner wants to be reached by {}: set it up here, too\n",
            theirs.kind
        ));
    }
    ui.text(&text)?;
    troubles.iter().for_each(|trouble| ui.warning(trouble));
    Ok(if troubles.is_empty() { Status::Fine } else { Status::Found })
}

/// What is wrong with the channels; servers are asked whether they let this half in.
pub(super) fn troubles(open: &Open) -> Vec<String> {
    let of = |kind: ChannelKind| match kind {
        ChannelKind::File => open.folder_trouble().into_iter().collect(),
        ChannelKind::Email => match Mail::load(open.folder.path()) {
            Ok(mail) => mail.troubles(&open.folder),
            Err(fault) => vec![super::channels::whole(&fault)],
        },
    };
    open.channels().into_iter().flat_map(of).collect()
}
