//! The half that a command means, opened with everything that it works with.
//!
//! Invariant: whoever has a half open has its state alone; another process that wants it is told who has it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pcfg_sync::channel::ChannelKind;
use pcfg_sync::engine::{ActFault, Engine, Options, Report, RunFault};
use pcfg_sync::handshake::{Keyring, KeyringSetup};
use pcfg_sync::home::{Folder, Home, HomeFault, Mappers};
use pcfg_sync::message::Handshake;
use pcfg_sync::settings::{Configuration, Content, General, Problem};
use pcfg_sync::state::{State, StateFault};
use pcfg_sync::{Catalogue, Channel, IssueFault, Issues, Role, Time, private};

use super::super::place;
use super::super::place::who;
use super::channels;
use crate::data::Zone;
use crate::fault::{Fault, Faults, Kind};
use crate::instance::{Embedded, LiveIssues, Location, Opening, Remote, shell_word};
use crate::rest::Manner;
use crate::ui::Ui;

/// The most bytes that a message may have, sealed; attachments travel in parts that are far smaller.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;
/// The file in which the slave keeps its first words.
const INTRODUCTION: &str = "introduction.json";

/// Which synchronization.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Folder of your synchronizations; without it, the one in your data directory
    #[arg(long, value_name = "FOLDER", env = "PCFG_SYNC_HOME")]
    home: Option<PathBuf>,
    /// Name of the synchronization, where there are several
    #[arg(id = "sync", long, value_name = "NAME")]
    name: Option<String>,
}

impl Which {
    /// The one of a home, where a command names several homes.
    pub(super) fn of(home: Option<PathBuf>, name: Option<String>) -> Self {
        Self { home, name }
    }

    pub(super) fn home(&self) -> Result<Home, Fault> {
        if let Some(home) = &self.home {
            return Ok(Home::at(home));
        }
        let data = place::default_place();
        let folder = data.as_deref().and_then(std::path::Path::parent);
        folder.map(|folder| Home::at(folder.join("sync"))).ok_or_else(|| {
            Fault::usage("the system does not say where your data is").hint("name a folder: `--home FOLDER`")
        })
    }

    pub(super) fn folder(&self) -> Result<Folder, Faults> {
        self.home()?.choose(self.name.as_deref()).map_err(|fault| home_fault(fault, self))
    }

    /// The same, with the name of the half.
    pub(super) fn named(&self, name: &str) -> Self {
        let named = self.home().ok().and_then(|home| home.names().ok()).is_some_and(|all| all.len() > 1);
        Self { home: self.home.clone(), name: named.then(|| name.to_owned()) }
    }

    /// A command on the same half, to be pasted.
    pub(super) fn spelled(&self, command: &str) -> String {
        let mut text = format!("pcfg sync {command}");
        if let Some(home) = &self.home {
            text.push_str(&format!(" --home {}", shell_word(&home.display().to_string())));
        }
        if let Some(name) = &self.name {
            text.push_str(&format!(" --sync {}", shell_word(name)));
        }
        text
    }
}

/// Something that must not be done.
pub(super) fn refused(message: impl Into<String>) -> Fault {
    Fault::new(Kind::Refused, message)
}

/// The time, in milliseconds since 1970.
pub(super) fn now() -> Time {
    #[allow(clippy::disallowed_methods, reason = "messages say when they were written")]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How long somebody is waited for who writes into an instance.
const WAIT: Duration = Duration::from_secs(10);

/// The issues of a project of the instance that `-i` names so, as that user sees and changes them.
pub(super) fn issues(
    named: Option<&str>,
    project: &str,
    user: &str,
) -> Result<(Box<dyn Issues>, String), Fault> {
    issues_at(place::existing(named)?, project, user)
}

/// The issues that a half is about.
pub(super) fn issues_of(general: &General) -> Result<Box<dyn Issues>, Fault> {
    let location = match &general.instance {
        // Two halves of one command may be of two Jiras, and a token is for one of them.
        Some(named) => place::named_elsewhere(named)?,
        None => place::existing(None)?,
    };
    Ok(issues_at(location, &general.project, &general.user)?.0)
}

fn issues_at(location: Location, project: &str, user: &str) -> Result<(Box<dyn Issues>, String), Fault> {
    if let Some(remote) = location.remote() {
        return Ok((Box::new(live(remote, project, user)?), remote.to_string()));
    }
    let Location::Path(path) = &location else {
        return Err(refused(format!(
            "`{location}` cannot be synchronized: only embedded instances and live Jiras can"
        ))
        .hint("name a live Jira: `-i https://SITE.atlassian.net`, or an instance of pcfg.toml")
        .hint("or make an instance with `pcfg instance init` or `pcfg instance load BACKUP`, and name it: `-i FILE`"));
    };
    let embedded = Embedded::open(path)?;
    let opening = Opening {
        project: project.to_owned(),
        user: user.to_owned(),
        who: who::who(),
        wait: WAIT,
        zone: Zone::utc(),
        clock: Box::new(now),
    };
    let issues = embedded.into_issues(opening).map_err(|fault| issue_fault(&fault))?;
    Ok((Box::new(issues), location.resolved()))
}

/// The issues of a live Jira, as the account that signs in.
fn live(remote: &Remote, project: &str, user: &str) -> Result<LiveIssues, Fault> {
    if remote.sign_in.is_none() {
        let fault: Fault = match remote.open(&Manner::default()) {
            Err(error) => error.into(),
            Ok(_) => refused("nobody signs in"),
        };
        return Err(fault.hint(format!(
            "PCFG_USER and PCFG_TOKEN are taken for the Jira alone that `-i` or PCFG_INSTANCE names: set PCFG_INSTANCE to {remote}"
        )));
    }
    let jira = remote.open(&Manner { patience: remote.patience, ..Manner::default() })?;
    LiveIssues::new(jira, project, user).map_err(|fault| {
        let told = issue_fault(&fault);
        match fault {
            IssueFault::Refused { .. } => told
                .hint("everything is done by the account that signs in: name it with `--user`")
                .hint("or sign in as another one: PCFG_USER and PCFG_TOKEN, or `user` and `token-env` in pcfg.toml"),
            _ => told,
        }
    })
}

/// How the keys of a half are set up.
pub(super) fn key_setup(sync: pcfg_sync::SyncId, role: Role, encrypts: bool) -> KeyringSetup {
    KeyringSetup { sync, role, clock: Arc::new(now), encrypts, limit: LARGEST }
}

/// A half, opened.
pub(super) struct Open {
    pub(super) folder: Folder,
    pub(super) state: State,
    pub(super) issues: Box<dyn Issues>,
    pub(super) keys: Keyring,
    mappers: Mappers,
    /// Whether the settings forbid to switch the channel.
    channel_fixed: bool,
}

impl Open {
    /// Opens a half.
    pub(super) fn new(which: &Which) -> Result<Self, Faults> {
        Self::of(which.folder()?, which)
    }

    fn of(folder: Folder, which: &Which) -> Result<Self, Faults> {
        let settings = folder.settings().map_err(|fault| home_fault(fault, which))?;
        let state = State::open(&folder.state_file()).map_err(|fault| state_fault(&fault))?;
        let general = &settings.general;
        if general.user != state.half().user {
            return Err(refused(format!(
                "the synchronization's user is {}, and is fixed; the settings say {}",
                state.half().user,
                general.user
            ))
            .hint(format!(
                "write `user = \"{}\"` in `{}`",
                state.half().user,
                folder.settings_file().display()
            ))
            .hint("or make a new synchronization for the other user")
            .into());
        }
        let issues = issues_of(general)?;
        let facts = &folder.facts;
        let setup = key_setup(facts.sync_id, facts.role, facts.encrypted);
        let keys = Keyring::open(folder.path(), setup).map_err(|fault| {
            Fault::input("the keys of the synchronization cannot be used").because(&fault)
        })?;
        let channel_fixed = !general.channel_switch;
        let mut open = Self { folder, state, issues, keys, mappers: Mappers::default(), channel_fixed };
        open.load_versions(which)?;
        Ok(open)
    }

    /// Loads the settings of the versions under which messages may have been made.
    pub(super) fn load_versions(&mut self, which: &Which) -> Result<(), Faults> {
        let half = self.state.half();
        let newest = half.config.iter().chain(&half.config_next).map(|version| version.number).max();
        let (role, declined) = (half.role, half.declined.clone());
        for number in newest.unwrap_or(0).saturating_sub(8)..=newest.unwrap_or(0) {
            let row = self.state.config(number).map_err(|fault| state_fault(&fault))?;
            let Some(row) = row else { continue };
            let published = configuration(&row)?;
            if !self.folder.versions().has(number) {
                // The slave has not adopted it yet.
                continue;
            }
            let mapper = self.folder.versions().mapper(role, &row.version, published.as_ref(), &declined);
            self.mappers.add(mapper.map_err(|fault| home_fault(fault, which))?);
        }
        Ok(())
    }

    /// The engine for an act, which the next run carries out.
    pub(super) fn engine(&mut self) -> Result<Engine<'_>, Fault> {
        let options = self.options()?;
        let Self { state, issues, keys, mappers, .. } = self;
        Ok(Engine::new(state, issues.as_mut(), Vec::new(), keys, mappers, options))
    }

    /// Does something with the engine, and with the channels.
    pub(super) fn with_channels<T>(&mut self, act: impl FnOnce(&mut Engine<'_>) -> T) -> Result<T, Fault> {
        let options = self.options()?;
        let mut channels = channels::opened(&self.folder, self.state.half());
        let Self { state, issues, keys, mappers, .. } = self;
        let channels = channels.iter_mut().map(|channel| &mut **channel as &mut dyn Channel).collect();
        Ok(act(&mut Engine::new(state, issues.as_mut(), channels, keys, mappers, options)))
    }

    fn options(&self) -> Result<Options, Fault> {
        let half = self.state.half();
        let introduction = match half.role == Role::Slave && !half.connected {
            true => Some(introduction(&self.folder)?),
            false => None,
        };
        Ok(Options {
            introduction,
            channel: self.folder.facts.channel,
            channel_fixed: self.channel_fixed,
            ..Options::at(now())
        })
    }

    /// The channels by which it is reached: one, and two while one is being switched for the other.
    pub(super) fn channels(&self) -> Vec<ChannelKind> {
        self.state.half().channels(self.folder.facts.channel)
    }

    /// What the folders of the channel lack, in words.
    pub(super) fn folder_trouble(&self) -> Option<String> {
        let is_used = self.channels().contains(&ChannelKind::File);
        is_used.then(|| channels::files(&self.folder).trouble()).flatten().map(|trouble| trouble.to_string())
    }

    /// What was wrong with the channels at the last run, or is with their folders.
    pub(super) fn channel_trouble(&self) -> Option<String> {
        let half = self.state.half();
        let last = || {
            let troubles = self.channels().into_iter().filter(|kind| *kind != ChannelKind::File);
            troubles.filter_map(|kind| half.channel_troubles.get(&kind).cloned()).next()
        };
        self.folder_trouble().or_else(last)
    }

    /// One run, of which is told what there is to tell.
    pub(super) fn run(&mut self, ui: &Ui, which: &Which) -> Result<Report, Fault> {
        let report = self.with_channels(|engine| engine.run())?.map_err(|fault| run_fault(&fault, which))?;
        tell(ui, &report);
        Ok(report)
    }

    /// What there is in the project.
    pub(super) fn catalogue(&mut self) -> Result<Catalogue, Fault> {
        self.issues.catalogue().map_err(|fault| issue_fault(&fault))
    }
}

/// What was published as a version.
pub(super) fn configuration(row: &pcfg_sync::state::ConfigRow) -> Result<Option<Configuration>, Fault> {
    let Some(published) = &row.published else { return Ok(None) };
    let content: Content = serde_json::from_value(published.clone()).map_err(|error| {
        Fault::input(format!("configuration {} of the master cannot be understood", row.version.number))
            .because(&error)
            .hint("the master's pcfg may be newer than this one: update it")
    })?;
    let configuration = Configuration { number: row.version.number, message: row.message.clone(), content };
    if configuration.hash() != row.version.hash {
        return Err(Fault::input(format!(
            "configuration {} is not the one that the master has published",
            row.version.number
        ))
        .hint("ask the partner to publish it again"));
    }
    Ok(Some(configuration))
}

/// Says what a run did.
pub(super) fn tell(ui: &Ui, report: &Report) {
    for note in &report.notes {
        ui.note(note);
    }
    for why in &report.quarantined {
        ui.warning(&format!("a message is in quarantine: {why}"));
    }
    for (key, why) in &report.errors {
        ui.warning(&format!("{key} is kept back: {why}"));
    }
}

/// Keeps the slave's first words until the connection test has passed.
pub(super) fn keep_introduction(folder: &std::path::Path, handshake: &Handshake) -> Result<(), Fault> {
    let text = serde_json::to_vec(handshake).expect("a handshake is JSON");
    private::write_new(&folder.join(INTRODUCTION), &text)
        .map_err(|fault| Fault::output("the handshake cannot be kept").because(&fault))
}

/// Keeps other first words instead.
pub(super) fn replace_introduction(folder: &std::path::Path, handshake: &Handshake) -> Result<(), Fault> {
    let text = serde_json::to_vec(handshake).expect("a handshake is JSON");
    private::replace(&folder.join(INTRODUCTION), &text)
        .map_err(|fault| Fault::output("the handshake cannot be kept").because(&fault))
}

fn introduction(folder: &Folder) -> Result<Handshake, Fault> {
    let damaged = |error: &(dyn std::error::Error + 'static)| {
        Fault::input("the first words to the master cannot be read")
            .because(error)
            .hint("make this half anew: `pcfg sync delete` and `pcfg sync init --slave …`")
    };
    let text = private::read(&folder.path().join(INTRODUCTION), 1 << 20).map_err(|fault| damaged(&fault))?;
    serde_json::from_slice(&text).map_err(|error| damaged(&error))
}

/// What is wrong with settings, each a fault of its own.
pub(super) fn problems(file: &std::path::Path, problems: &[Problem]) -> Faults {
    let place = |line: Option<usize>| match line {
        Some(line) => format!("{}:{line}", file.display()),
        None => file.display().to_string(),
    };
    let one = |problem: &Problem| {
        Fault::input(format!("{}: {}", place(problem.line), problem.what)).hint(problem.hint.clone())
    };
    Faults(problems.iter().map(one).collect())
}

/// Why a half was not found, made or read.
pub(super) fn home_fault(fault: HomeFault, which: &Which) -> Faults {
    let message = fault.to_string();
    let fault = match &fault {
        HomeFault::Settings { path, problems: own } => return problems(path, own),
        HomeFault::None(_) => Fault::input(message)
            .hint("make one: `pcfg sync init --master -i INSTANCE --project KEY --user NAME --name NAME`")
            .hint("or name the folder: `--home FOLDER`"),
        HomeFault::Unknown { .. } | HomeFault::Several { .. } => {
            Fault::usage(message).hint("name one: `--sync NAME`")
        }
        HomeFault::Exists(name) => refused(message).hint(format!(
            "choose another name, or take it away: `{} --sync {name}`",
            which.spelled("delete")
        )),
        HomeFault::Nameless(_) => Fault::usage(message).hint("choose another name: `--name NAME`"),
        HomeFault::Damaged { .. } | HomeFault::Private(_) => Fault::input(message),
        HomeFault::System { .. } => Fault::output(message),
    };
    fault.into()
}

pub(super) fn state_fault(fault: &StateFault) -> Fault {
    let kind = match fault {
        StateFault::InUse { .. } => Kind::Busy,
        _ => Kind::Input,
    };
    Fault::new(kind, fault.to_string())
}

pub(super) fn issue_fault(fault: &IssueFault) -> Fault {
    let kind = match fault {
        IssueFault::Unavailable { .. } => Kind::Busy,
        IssueFault::Forbidden { .. } | IssueFault::Refused { .. } => Kind::Refused,
        _ => Kind::Input,
    };
    Fault::new(kind, fault.to_string())
}

pub(super) fn run_fault(fault: &RunFault, which: &Which) -> Fault {
    match fault {
        RunFault::State(fault) => state_fault(fault),
        RunFault::Jira(fault) => issue_fault(fault),
        RunFault::Alarm(_) => refused(fault.to_string())
            .hint(format!("see what happened: `{}`", which.spelled("status")))
            .hint(format!("then compare both sides: `{}`", which.spelled("recover"))),
        RunFault::Seal(_) => Fault::input(fault.to_string()),
    }
}

pub(super) fn act_fault(fault: &ActFault, which: &Which) -> Fault {
    match fault {
        ActFault::Refused(why) => refused(why.clone()),
        ActFault::Run(fault) => run_fault(fault, which),
    }
}
