//! `pcfg sync init`, `delete`: makes a half, takes one away.
//!
//! Invariant: SEND and RECEIVE are made here and nowhere else; nothing that is there is replaced.

use std::path::{Path, PathBuf};

use pcfg_sync::channel;
use pcfg_sync::handshake::{HandshakeFile, Keyring};
use pcfg_sync::home::{ChannelKind, Facts, Folder, HomeFault, Partner};
use pcfg_sync::message::{Handshake, Limits, PROTOCOL};
use pcfg_sync::random::{Random as _, System};
use pcfg_sync::settings::{self, Settings};
use pcfg_sync::state::{Half, State};
use pcfg_sync::{Catalogue, Role, SyncId};

use super::accounts::{Accounts, Mail};
use super::half::{
    Which, act_fault, home_fault, issue_fault, issues, keep_introduction, key_setup, now, refused,
    state_fault,
};
use super::handshake::{self, Passphrase};
use crate::cli::place::called::again;
use crate::cli::{Instance, Status};
use crate::fault::{Fault, Faults};
use crate::ui::Ui;

/// Make a half of a synchronization: the master's, or with its handshake file the slave's
///
/// The master decides issue types, fields and directions, and whether comments, attachments and the workflow take part; the slave fills
/// in its half. The synchronization's user is fixed: everything is changed in its name, and what it changed is never sent. Give it a
/// name that nobody signs in with.
///
/// E-mails are the quicker channel; files need something that moves them between the two machines. Send and receive e-mails with the
/// same account, unless there is a reason not to; the user name may differ from the address. Passwords come from a file, a command or the
/// environment, and are kept nowhere. The handshake file tells how this half is reached, with its public key and a secret that is good once, for seven days: deliver it securely, and encrypt
/// it with a passphrase that you tell the partner by another way.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync init --master -i a.sqlite --project DEMO --user sync --name Trial --home A -o trial.handshake
  pcfg sync init --slave -i b.sqlite --project DEMO --user sync --handshake trial.handshake --home B
  pcfg sync init --master -i a.sqlite --project DEMO --user sync --name Trial --home A -o trial.handshake \\
    --channel email --address sync@example.com --imap-server imap.example.com \\
    --imap-password-file ~/.sync-password --smtp-server smtp.example.com --copy-credentials

Where a terminal is there, what was left out is asked for.

Exit code: 0 if the half was made, 3 if the instance, the project, the user or the handshake file
cannot be used, 4 if there is a synchronization of that name already.")]
pub(super) struct Arguments {
    /// Make the half that decides what takes part
    #[arg(long, required_unless_present = "slave", conflicts_with = "slave")]
    master: bool,
    /// Make the half that fills in what the master has decided
    #[arg(long, requires = "handshake")]
    slave: bool,
    #[command(flatten)]
    instance: Instance,
    /// Key of the project
    #[arg(long, value_name = "KEY")]
    project: Option<String>,
    /// Name of the user in whose name everything is changed; fixed once set
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Name of the synchronization; the slave takes the master's if it has none of its own
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// More about it, for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Master: names of the issue types for which settings are proposed; without it, all
    #[arg(long, value_name = "TYPE", value_delimiter = ',', requires = "master")]
    types: Vec<String>,
    /// What carries the messages; without it files, or what the handshake file says
    #[arg(long, value_enum)]
    channel: Option<Channel>,
    /// Sign messages, but do not encrypt them; both halves have to say so
    #[arg(long)]
    no_encryption: bool,
    /// Slave: the master's handshake file
    #[arg(long, value_name = "FILE", conflicts_with = "master")]
    handshake: Option<PathBuf>,
    /// Master: write the handshake file for the slave
    #[arg(short, long, value_name = "FILE", requires = "master")]
    output: Option<PathBuf>,
    #[command(flatten)]
    passphrase: Passphrase,
    /// Folder of your synchronizations; without it, the one in your data directory
    #[arg(long, value_name = "FOLDER", env = "PCFG_SYNC_HOME")]
    home: Option<PathBuf>,
    #[command(flatten)]
    accounts: Accounts,
}

/// What carries messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Channel {
    /// Files, which somebody or something brings from one side to the other
    File,
    /// E-mails, encrypted and signed: quicker than files, and the two need nothing but mail servers
    Email,
}

impl From<Channel> for ChannelKind {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::File => Self::File,
            Channel::Email => Self::Email,
        }
    }
}

/// What was left out is asked for where a terminal is there.
pub(super) fn asked(ui: &Ui, given: Option<&str>, question: &str, option: &str) -> Result<String, Fault> {
    let answer = match given {
        Some(given) => Some(given.to_owned()),
        None => ui.ask_text(question),
    };
    answer
        .filter(|answer| !answer.trim().is_empty())
        .ok_or_else(|| Fault::usage(format!("`{option}` is missing")).hint(format!("name it: `{option} …`")))
}

pub(super) fn init(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let which = Which::of(arguments.home.clone(), None);
    let home = which.home()?;
    let offered = match &arguments.handshake {
        Some(file) => {
            let read = handshake::read(ui, file, &arguments.passphrase)?;
            ui.shown(&handshake::page(&read.shown()));
            Some(read)
        }
        None => None,
    };
    let project = asked(ui, arguments.project.as_deref(), "Key of the project:", "--project")?;
    let user = asked(ui, arguments.user.as_deref(), "User in whose name everything is changed:", "--user")?;
    let name = match (&arguments.name, &offered) {
        (None, Some(offered)) => offered.name.clone(),
        (given, _) => asked(ui, given.as_deref(), "Name of the synchronization:", "--name")?,
    };
    let kind = channel_of(arguments, offered.as_ref())?;
    let mail = match kind {
        ChannelKind::Email => Some(arguments.accounts.settings(ui)?),
        ChannelKind::File => None,
    };
    let (mut issues, instance) = issues(arguments.instance.named(), &project, &user)?;
    let catalogue = issues.catalogue().map_err(|fault| issue_fault(&fault))?;
    // Changes are known as its own by the name that the Jira has for it.
    let user = catalogue.user.name.clone();
    drop(issues);
    let role = if arguments.slave { Role::Slave } else { Role::Master };
    let sync_id = offered.as_ref().map_or_else(fresh, |offered| offered.sync_id);
    let made = now();
    let facts = Facts {
        version: Facts::VERSION,
        name: name.clone(),
        role,
        sync_id,
        made,
        channel: kind,
        encrypted: !arguments.no_encryption,
        partner: offered.as_ref().map(partner),
    };
    let description = arguments.description.as_deref();
    let mut text = first_settings(&name, description, (&instance, &project, &user));
    if role == Role::Master {
        text.push_str(&proposed(&text, &catalogue, &arguments.types)?);
    }
    let encrypted = facts.encrypted;
    let half = home
        .create::<Made>(facts, &text, |folder| {
            let setup = key_setup(sync_id, role, encrypted);
            let mut keys = Keyring::make(folder, setup, Box::new(System)).map_err(keyring)?;
            if let Some(offered) = &offered {
                let proof = keys.accept(offered).map_err(keyring)?;
                let public_key = keys.public_armour().map_err(keyring)?;
                let address = address(mail.as_ref());
                keep_introduction(folder, &first_words(proof, public_key, address, &catalogue))?;
            }
            if let Some(mail) = &mail {
                mail.save(folder)?;
            }
            let mut own = Half::new(sync_id, role, &user);
            own.partner_addresses
                .extend(offered.as_ref().map(|offered| (kind, offered.channel.address.clone())));
            let state = State::create(&folder.join("state.sqlite"), own);
            drop(state.map_err(|fault| state_fault(&fault))?);
            Ok(())
        })
        .map_err(|made| match made {
            Made::Home(fault) => home_fault(fault, &which),
            Made::Fault(fault) => fault.into(),
        })?;
    if kind == ChannelKind::File {
        make_folders(&half)?;
    }
    told(ui, &half, mail.as_ref(), &which, arguments.output.is_some());
    if let Some(file) = &arguments.output {
        handshake::export_to(ui, &which, &half, file, &arguments.passphrase)?;
    }
    Ok(Status::Fine)
}

/// The channel that is meant; the slave takes the master's.
fn channel_of(arguments: &Arguments, offered: Option<&HandshakeFile>) -> Result<ChannelKind, Fault> {
    let given = arguments.channel.map(ChannelKind::from);
    let Some(offered) = offered else {
        if given.is_none() && arguments.accounts.are_named() {
            return Err(Fault::usage("e-mail accounts are named, and the channel is not")
                .hint("add `--channel email`"));
        }
        return Ok(given.unwrap_or(ChannelKind::File));
    };
    let theirs = offered.channel.kind.parse().map_err(|fault: channel::UnknownChannel| {
        Fault::input("the handshake file cannot be used")
            .because(&fault)
            .hint("the master's pcfg may be newer than this one: update it")
    })?;
    match given {
        Some(own) if own != theirs => {
            Err(refused(format!("the master is reached by the channel {theirs}, not {own}")).hint(format!(
                "take it, too: `--channel {theirs}`; it can be switched later by `pcfg sync channel`"
            )))
        }
        _ => Ok(theirs),
    }
}

/// Makes SEND and RECEIVE, once in the life of a half.
pub(super) fn make_folders(half: &Folder) -> Result<(), Fault> {
    channel::make(half.exchange()).map_err(|error| {
        Fault::output(format!("the folders of the channel cannot be made in `{}`", half.exchange().display()))
            .because(&error)
    })
}

/// Where this half is reached, as the partner is told.
fn address(mail: Option<&Mail>) -> &str {
    mail.map_or("", Mail::address)
}

/// Why a half was not made.
enum Made {
    Home(HomeFault),
    Fault(Fault),
}

impl From<HomeFault> for Made {
    fn from(fault: HomeFault) -> Self {
        Self::Home(fault)
    }
}

impl From<Fault> for Made {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn keyring(fault: impl std::error::Error + 'static) -> Fault {
    Fault::input("the keys of the synchronization cannot be made").because(&fault)
}

fn fresh() -> SyncId {
    let mut random = [0; 16];
    System.fill(&mut random);
    SyncId::of(random)
}

fn partner(offered: &HandshakeFile) -> Partner {
    Partner {
        name: Some(offered.name.clone()),
        address: Some(offered.channel.address.clone()),
        jira: Some(offered.jira.id.clone()),
        licensed: offered.jira.licensed,
    }
}

fn first_words(proof: String, public_key: String, address: &str, catalogue: &Catalogue) -> Handshake {
    Handshake {
        public_key,
        proof,
        address: address.to_owned(),
        min: PROTOCOL,
        max: PROTOCOL,
        limits: Limits::default(),
        jira: catalogue.jira.clone(),
        licensed: catalogue.licensed,
    }
}

/// The settings to begin with; what is synchronized follows.
fn first_settings(
    name: &str,
    description: Option<&str>,
    (instance, project, user): (&str, &str, &str),
) -> String {
    let mut text = "[sync]\n".to_owned();
    let all = [
        ("instance", Some(instance)),
        ("user", Some(user)),
        ("project", Some(project)),
        ("description", description),
        ("name", Some(name)),
    ];
    for (key, value) in all {
        if let Some(value) = value {
            text = settings::with_text(&text, key, value).unwrap_or(text);
        }
    }
    text
}

/// What the master could synchronize: all that is there, or these types, to be cut down.
fn proposed(text: &str, catalogue: &Catalogue, types: &[String]) -> Result<String, Fault> {
    for name in types {
        if !catalogue.types.iter().any(|kind| kind.name == *name) {
            let there: Vec<_> = catalogue.types.iter().map(|kind| format!("`{}`", kind.name)).collect();
            return Err(Fault::input(format!("{} has no issue type `{name}`", catalogue.project))
                .hint(format!("it has {}", there.join(", "))));
        }
    }
    let Ok(empty) = Settings::parse(text) else { return Ok(String::new()) };
    let proposed = match types.is_empty() {
        true => settings::propose(&empty, catalogue, None),
        false => settings::propose_for(&empty, catalogue, types),
    };
    Ok(format!("\n{proposed}"))
}

fn told(ui: &Ui, half: &Folder, mail: Option<&Mail>, which: &Which, has_handshake: bool) {
    let which = which.named(half.name());
    ui.note(&format!(
        "made the {} half `{}` in `{}`; it is in HANDSHAKE until both halves have heard each other",
        half.facts.role,
        half.name(),
        half.path().display()
    ));
    match mail {
        None => ui.note(&format!(
            "messages leave in `{}` and are awaited in `{}`",
            half.exchange().join(channel::SEND).display(),
            half.exchange().join(channel::RECEIVE).display()
        )),
        Some(mail) => {
            mail.lines().iter().for_each(|(what, how)| ui.note(&format!("{what}: {how}")));
            ui.note(&format!("whether both servers let it in: `{}`", which.spelled("channel")));
        }
    }
    ui.note(&format!("what is synchronized is said in `{}`", half.settings_file().display()));
    let next = match half.facts.role {
        Role::Master if has_handshake => which.spelled("run --every 5s"),
        Role::Master => which.spelled("handshake export -o FILE"),
        Role::Slave => which.spelled("run --once"),
    };
    ui.note(&format!("next: `{next}`"));
}

/// Take a half away, with its keys and all that it knows of the other side; issues stay as they are
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg sync delete --home A
  pcfg sync delete --home A --yes             Without asking

Exit code: 0 if it is gone, 130 if the answer was no.")]
pub(super) struct DeleteArguments {
    #[command(flatten)]
    which: Which,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn delete(ui: &Ui, arguments: &DeleteArguments) -> Result<Status, Faults> {
    let half = arguments.which.folder()?;
    let question = format!(
        "Take the {} half `{}` away? It cannot be made again without a new handshake, and issues are not kept in step any more.",
        half.facts.role,
        half.name()
    );
    match arguments.yes.then_some(true).or_else(|| ui.ask(&question)) {
        Some(true) => {}
        Some(false) => {
            return Err(Fault::new(crate::fault::Kind::Interrupted, "nothing was taken away").into());
        }
        None => {
            return Err(Fault::usage("cannot ask for confirmation: not a terminal")
                .hint(format!("to do it without confirmation: {}", again(None, "--yes")))
                .into());
        }
    }
    // The partner is told, where it can be; a half that is broken must go all the same.
    match super::half::Open::new(&arguments.which) {
        Ok(mut open) => {
            let stopped = open.engine()?.stop("this half is taken away");
            if let Err(fault) = stopped.map_err(|fault| act_fault(&fault, &arguments.which)) {
                ui.warning(&format!("the partner is not told: {fault}"));
            } else if let Err(fault) = open.run(ui, &arguments.which) {
                ui.warning(&format!("the partner is not told: {fault}"));
            }
            super::run::release(&open.folder, &arguments.which)?;
        }
        Err(faults) => {
            for fault in &faults.0 {
                ui.warning(&format!("the partner is not told: {fault}"));
            }
        }
    }
    let (name, exchange) = (half.name().to_owned(), half.exchange().to_owned());
    let home = arguments.which.home()?;
    home.delete(half).map_err(|fault| home_fault(fault, &arguments.which))?;
    ui.note(&format!("`{name}` is gone; its messages are still in `{}`", exchange.display()));
    Ok(Status::Fine)
}

/// Takes a new handshake file of the same master, before the connection test has passed.
pub(super) fn accept(ui: &Ui, which: &Which, file: &Path, passphrase: &Passphrase) -> Result<(), Faults> {
    let half = which.folder()?;
    let offered = handshake::read(ui, file, passphrase)?;
    ui.shown(&handshake::page(&offered.shown()));
    if offered.sync_id != half.facts.sync_id {
        return Err(refused("the handshake file is of another synchronization")
            .hint("make a half for it: `pcfg sync init --slave --handshake FILE …`")
            .into());
    }
    let mut open = super::half::Open::new(which)?;
    if open.state.half().connected {
        return Err(refused("both halves know each other already").hint("nothing has to be done").into());
    }
    let proof = open.keys.accept(&offered).map_err(keyring)?;
    let public_key = open.keys.public_armour().map_err(keyring)?;
    let catalogue = open.catalogue()?;
    let mail = match offered.channel.kind == ChannelKind::Email.to_string() {
        true => Some(Mail::load(half.path())?),
        false => None,
    };
    let words = first_words(proof, public_key, address(mail.as_ref()), &catalogue);
    let at = (half.facts.channel, offered.channel.address.clone());
    open.state.half_mut().partner_addresses.extend([at]);
    super::half::replace_introduction(open.folder.path(), &words)?;
    open.state.half_mut().ping.introduced = None;
    open.state.commit().map_err(|fault| state_fault(&fault))?;
    ui.note(&format!("next: `{}`", which.spelled("run --once")));
    Ok(())
}
