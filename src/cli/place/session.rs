//! An instance that a command reads, and what it sees of the requests if that is a live Jira: with `-v` each of them, in the end what it
//! took, and the record that it wants.
//!
//! Invariant: a record is written also of what failed, because that is what somebody wants to send.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::fault::Fault;
use crate::instance::{self, Instance, Location, Reading, Scope, Wanted};
use crate::rest::{Event, Manner, Recorder, Share, SignIn, Summary, Watch};
use crate::ui::{Bar, Requests, Talk, Ui, plural};

/// Whether to write down what is asked and answered.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Recording {
    /// Record the requests to a live Jira and its replies in a new folder, without secrets and with pseudonyms for people
    ///
    /// `-i record:FOLDER` reads the record instead of a live Jira, so that somebody else can look at a problem.
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// Record people without pseudonyms
    #[arg(long, requires = "record")]
    record_people: bool,
    /// What all sessions of the command record into.
    #[arg(skip)]
    recorder: OnceLock<Arc<Recorder>>,
}

impl Recording {
    /// For commands that record nothing.
    pub(in crate::cli) fn none() -> Self {
        Self { record: None, record_people: false, recorder: OnceLock::new() }
    }

    /// Returns whether something is to be recorded.
    pub(in crate::cli) fn is_wanted(&self) -> bool {
        self.record.is_some()
    }

    /// Returns what records, if something is to be recorded: the same for all sessions of the command.
    fn recorder(&self, sign_in: Option<&SignIn>) -> Result<Option<Arc<Recorder>>, Fault> {
        let Some(folder) = &self.record else { return Ok(None) };
        if let Some(recorder) = self.recorder.get() {
            return Ok(Some(Arc::clone(recorder)));
        }
        let recorder = recorder(folder, sign_in.cloned(), self.record_people)?;
        Ok(Some(Arc::clone(self.recorder.get_or_init(|| recorder))))
    }

    /// Writes the record, after the last session.
    pub(in crate::cli) fn write(&self, ui: &Ui) -> Result<(), Fault> {
        let Some(recorder) = self.recorder.get() else { return Ok(()) };
        let count = recorder.write()?;
        let folder = recorder.folder().display();
        ui.note(&format!(
            "recorded {} in `{folder}`; look at them before you send them, names in free texts are as they were: `-i record:{folder}` \
             answers from them",
            plural(count, "exchange")
        ));
        Ok(())
    }
}

/// An instance, and the session in which it is read.
pub(in crate::cli) struct Opened<'r> {
    instance: Box<dyn Instance>,
    session: Session,
    recording: &'r Recording,
}

impl<'r> Opened<'r> {
    /// Opens the instance at a location.
    pub(in crate::cli) fn new(ui: &Ui, location: &Location, recording: &'r Recording) -> Result<Self, Fault> {
        let session = Session::new(ui, location, recording)?;
        Ok(Self { instance: instance::open_as(location, session.manner())?, session, recording })
    }

    /// Reads what is wanted, and writes the record.
    pub(in crate::cli) fn read(self, ui: &Ui, scope: Scope, wanted: Wanted) -> Result<Reading, Fault> {
        let recording = self.recording;
        let reading = self.read_on(ui, scope, wanted);
        recording.write(ui)?;
        reading
    }

    /// Reads what is wanted, for a command that goes on to record.
    pub(in crate::cli) fn read_on(mut self, ui: &Ui, scope: Scope, wanted: Wanted) -> Result<Reading, Fault> {
        self.instance.want(wanted);
        let bar = Bar::new(ui, "reading");
        let reading = self.instance.read(scope, &|done, all| bar.tell(done, all));
        drop(bar);
        self.session.finish(ui);
        Ok(reading?)
    }
}

/// A command that talks to an instance, from its first request to its last.
pub(in crate::cli) struct Session {
    manner: Manner,
    took: Arc<Mutex<Summary>>,
    requests: Arc<Requests>,
    place: String,
}

impl Session {
    /// Begins; the record, if one is wanted, has to be a folder that is new or empty.
    pub(in crate::cli) fn new(ui: &Ui, location: &Location, recording: &Recording) -> Result<Self, Fault> {
        let record = recording.record.as_deref();
        let mut manner = Manner::default();
        let took: Arc<Mutex<Summary>> = Arc::default();
        let requests = Arc::new(Requests::new(ui, location.remote().is_some()));
        if let Some(remote) = location.remote() {
            manner.patience = remote.patience;
            manner.watch = Some(watch(*ui, Arc::clone(&took), Arc::clone(&requests)));
        }
        match (location, record) {
            (Location::Remote(remote), _) => manner.recorder = recording.recorder(remote.sign_in.as_ref())?,
            (Location::Doors(doors), Some(_)) => {
                return Err(Fault::usage(format!(
                    "`{location}` is read through its database, `{}`, of which nothing is recorded",
                    doors.database
                ))
                .hint("leave `--record` out"));
            }
            (_, Some(_)) => {
                return Err(Fault::usage(format!(
                    "`--record` works only with a live Jira, and `{location}` is not one"
                ))
                .hint("leave it out"));
            }
            (_, None) => {}
        }
        Ok(Self { manner, took, requests, place: location.to_string() })
    }

    /// Returns how the instance is to be asked.
    pub(in crate::cli) fn manner(&self) -> &Manner {
        &self.manner
    }

    /// Says what it took.
    pub(in crate::cli) fn finish(self, ui: &Ui) {
        self.requests.end();
        let took = *self.took.lock().unwrap_or_else(PoisonError::into_inner);
        if took.requests > 0 {
            let waits = match took.waits {
                0 => String::new(),
                waits => format!(", {} of {:.1} s in all", plural(waits, "wait"), took.waited.as_secs_f64()),
            };
            ui.note(&format!(
                "asked `{}`: {} in {:.1} s{waits}",
                self.place,
                plural(took.requests, "request"),
                took.time.as_secs_f64()
            ));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.requests.end();
    }
}

/// Counts what happens, and shows it to those who want to see everything.
fn watch(ui: Ui, took: Arc<Mutex<Summary>>, requests: Arc<Requests>) -> Watch {
    Arc::new(move |event| {
        let mut took = took.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Sent { request, outcome, time, since } => {
                took.requests += 1;
                requests.count();
                took.time = *since;
                if ui.talk() == Talk::Verbose {
                    let outcome = match outcome {
                        Ok(reply) => reply.status.to_string(),
                        Err(failure) => match failure.status {
                            Some(status) => status.to_string(),
                            None => failure.what(),
                        },
                    };
                    ui.note(&format!("{request} {outcome}, {} ms", time.as_millis()));
                }
            }
            Event::Foretold { shares, is_all } => foretell(ui, shares, *is_all),
            Event::Waits { time, added, why } => {
                took.waits += 1;
                took.waited += *added;
                if *time >= LONG || ui.talk() == Talk::Verbose {
                    ui.note(&format!("waiting {:.1} s: {}", time.as_secs_f64(), why.what()));
                }
            }
        }
    })
}

/// Says how many requests are to come, and with `-v` what takes them.
fn foretell(ui: Ui, shares: &[Share], is_all: bool) {
    let is_verbose = ui.talk() == Talk::Verbose;
    if is_all || is_verbose {
        let all: usize = shares.iter().map(|own| own.requests).sum();
        ui.note(&format!("all lists are read; the details take about {}", plural(all, "request")));
    }
    if is_verbose {
        for Share { what, objects, requests } in shares {
            ui.note(&format!("{}: about {}", plural(*objects, what), plural(*requests, "request")));
        }
    }
}

/// A wait that somebody in front of a terminal wonders about.
const LONG: Duration = Duration::from_secs(5);

fn recorder(folder: &Path, sign_in: Option<SignIn>, keeps_people: bool) -> Result<Arc<Recorder>, Fault> {
    let made = std::fs::create_dir_all(folder).and_then(|()| std::fs::read_dir(folder));
    let mut entries = made.map_err(|error| {
        Fault::output(format!("cannot record into `{}`", folder.display())).because(&error)
    })?;
    if entries.next().is_some() {
        return Err(Fault::usage(format!("`{}` is not empty, so nothing was recorded", folder.display()))
            .hint("name a new folder"));
    }
    Ok(Arc::new(Recorder::new(folder.to_owned(), sign_in, keeps_people)))
}
