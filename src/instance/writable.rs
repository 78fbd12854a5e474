//! Instances that can be written: all of a change or nothing, with a journal of every run and the way back.

use super::shell_word;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::finding::{Checklist, Finding};
use super::verdict::{Changed, title_of};
use super::who::Who;
use super::{Instance, ReadError};
use crate::entity::{Move, Row, RowChange, Tables};
pub use crate::import::RunId;
use crate::import::{Back, Proved, Work};
use crate::model::Abilities;

/// One change of an instance, as the journal is to know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// Who changes it, when, by which command.
    pub who: Who,
    /// The name of the file that was imported.
    pub file: Option<String>,
    /// The hash of that file.
    pub hash: Option<String>,
    /// The plan, as JSON.
    pub plan: String,
    /// What came of it, as far as that is known beforehand: it is true if the run is in the journal at all.
    pub result: String,
    /// The run that this one takes back.
    pub undoes: Option<RunId>,
    /// The issues that it moves. They are counted and moved within the transaction, behind the rows; the journal has their rows.
    pub moves: Vec<Move>,
}

/// A run in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: RunId,
    /// What it was.
    pub run: Run,
    /// How many rows it changed.
    pub rows: u64,
    /// The run that took it back, if one did and was not taken back itself.
    pub undone_by: Option<RunId>,
}

/// A run with all that it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journaled {
    /// The run.
    pub entry: Entry,
    /// What it did: the rows, in the order in which they were changed, or the calls that were made.
    pub work: Work,
    /// What taking it back cannot bring back.
    pub withheld: Vec<Withheld>,
}

/// A deleted row that had secrets: they are never written down, so it comes back without them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The row.
    pub row: Row,
    /// The columns.
    pub columns: Vec<String>,
}

impl fmt::Display for Withheld {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = match self.row.entity().entity().name {
            "User" => self.row.text("userName"),
            "OSUser" => self.row.text("name"),
            _ => None,
        };
        match user {
            Some(user) => write!(
                out,
                "the user `{user}` is restored without a password, which is never in the journal: set a new \
                 one in Jira"
            ),
            None => {
                let columns = self.columns.join("`, `");
                write!(
                    out,
                    "{} is restored without `{columns}`, which is never in the journal",
                    title_of(&self.row)
                )
            }
        }
    }
}

impl Basis {
    /// Returns what changes are planned from.
    pub fn of(last: Option<RunId>, reading: &super::Reading) -> Self {
        Self { last, tables: reading.tables.clone() }
    }
}

impl Journaled {
    /// Returns what takes the run back, and what nothing takes back.
    pub fn back(&self) -> Back {
        self.work.back()
    }
}

/// What changes were planned from. Whoever plans thinks of the whole configuration: another row may change the plan as well as
/// one that it writes.
#[derive(Debug, Clone, Default)]
pub struct Basis {
    /// The last run by then.
    pub last: Option<RunId>,
    /// The rows by then.
    pub tables: Tables,
}

/// Is told how many changes are done, and how many there are in all.
#[derive(Clone)]
pub struct Watch(pub Rc<dyn Fn(u64, u64)>);

impl Default for Watch {
    fn default() -> Self {
        Self(Rc::new(|_, _| {}))
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Watch")
    }
}

/// An instance that can be written.
///
/// The contract: `carry_out` does everything or nothing, whatever happens meanwhile, a `kill -9` or a loss of power included; a
/// run is in the journal if and only if its rows are changed; and one process writes at a time.
pub trait Writable: Instance {
    /// Returns what can be done with it. Where a run is no transaction, whoever changes the instance reads it again.
    fn abilities(&self) -> Abilities;

    /// Says how long to wait for somebody else who is writing; at first not at all.
    fn wait(&mut self, most: Duration);

    /// Says that a change is being planned: from now on an interruption says what became of the instance.
    fn plan(&mut self);

    /// Says what the changes to come were planned from. `carry_out` then proves, inside of its transaction, that all is still so
    /// before the first row changes, and that all is as planned before it completes the run; if not, it fails and nothing
    /// has changed. What was true of the planned rows is true of the written ones, without another look.
    fn follow(&mut self, basis: Basis);

    /// Says who wants to know how far changing has come.
    fn watch(&mut self, watch: Watch);

    /// Does what was proved, and nothing else, and writes down the run with all that undoing it needs: nothing else changes an
    /// instance.
    ///
    /// Rows are changed in one transaction. A row that is not as it was `before`, or that is there though it is to be inserted, is
    /// an error that names it, and then nothing is changed. Values that `tables.txt` does not describe stay as they are; a row that
    /// is deleted keeps them in the journal, secrets excepted, and gets them back when the run is undone. The issues that the run
    /// moves are moved, too; that other ones stand where they were counted is an error.
    ///
    /// A place that is changed by calls writes down the run before the first one, and each call before it is sent and after its
    /// answer, so that [`Self::recover`] knows what is still to be done.
    fn carry_out(&mut self, proved: &Proved, run: &Run) -> Result<RunId, WriteError>;

    /// Returns all runs, the newest first.
    fn history(&mut self) -> Result<Vec<Entry>, WriteError>;

    /// Returns a run with all that it changed.
    fn run(&mut self, id: RunId) -> Result<Journaled, WriteError>;

    /// Returns the run that waits for what somebody does by hand, if one does.
    fn waits(&mut self) -> Result<Option<Checklist>, WriteError> {
        Ok(None)
    }

    /// Checks that the instance and its journal are whole, finds what processes that were stopped have left behind, and puts it
    /// right; returns what it was.
    ///
    /// Where a transaction does everything or nothing there is never a run to carry on with. A place without transactions (the
    /// REST interface of a live Jira) carries on here with the runs that its journal knows as begun and not as ended, step
    /// by step, and needs findings of its own to say so.
    fn recover(&mut self, who: &Who) -> Result<Vec<Finding>, WriteError>;

    /// Takes a run back, as a new run, by what was proved to be its way back. Fails as `carry_out` does if a row has been changed
    /// since.
    fn undo(&mut self, id: RunId, proved: &Proved, run: &Run) -> Result<RunId, WriteError> {
        let journaled = self.run(id)?;
        if let Some(by) = journaled.entry.undone_by {
            return Err(WriteError::AlreadyUndone { run: id, by });
        }
        if journaled.back().work != *proved.work() {
            return Err(WriteError::NoWayBack { run: id });
        }
        self.carry_out(proved, &Run { undoes: Some(id), ..run.clone() })
    }
}

/// Returns the rows that are to be changed, for an instance that is made of rows.
pub(super) fn rows_of(proved: &Proved) -> Result<&[RowChange], WriteError> {
    match proved.work() {
        Work::Rows(rows) => Ok(rows),
        work @ (Work::Calls(_) | Work::Streamed(_)) => Err(WriteError::OtherWork { noun: work.noun() }),
    }
}

/// Why an instance cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It cannot even be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The operating system refuses.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refuses.
    #[error("cannot write `{}`", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// There is something already where an instance is to be created.
    #[error("the file `{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else is writing.
    #[error("somebody else is writing into `{place}`{}", told(.by.as_deref()))]
    Busy {
        /// The instance.
        place: String,
        /// Who it is, if that can be told.
        by: Option<Box<Who>>,
    },
    /// A row is not as it was when the change was planned.
    #[error("{row} has been changed meanwhile: {how}")]
    Changed {
        /// The row: its table and id.
        row: String,
        /// What is different.
        how: String,
    },
    /// The work is not of the kind that the instance does.
    #[error("this instance is not changed by {noun}")]
    OtherWork {
        /// What the work is made of.
        noun: &'static str,
    },
    /// What is to be done is not what takes a run back.
    #[error("that does not take run {run} back")]
    NoWayBack {
        /// The run.
        run: RunId,
    },
    /// A database of Jira refuses.
    #[error("{message}")]
    Server {
        /// What is wrong.
        message: String,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
        /// What to do.
        help: Option<String>,
    },
    /// This version of Jira cannot hold a value.
    #[error("{row} cannot be written: this version of Jira has no column `{column}`")]
    Lacking {
        /// The row: its table and id.
        row: String,
        /// The column that its table lacks.
        column: String,
    },
    /// Jira itself is running on the database.
    #[error("Jira is running on `{place}`: {}", .signs.join("; "))]
    JiraRuns {
        /// The database.
        place: String,
        /// What shows it.
        signs: Vec<String>,
    },
    /// The connection was lost at the very end.
    #[error(
        "the connection to `{place}` was lost while run {run} was being completed, and it is unknown whether it was"
    )]
    Unknown {
        /// The database.
        place: String,
        /// The run.
        run: RunId,
    },
    /// The database failed at the very end, and nobody can look.
    #[error("`{}` could not be completed, and it is unknown whether it was", path.display())]
    Undecided {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A run went no further: there are no transactions.
    #[error("run {run} stopped after {made} of {all} calls, at {about}: {why}")]
    Halted {
        /// The run.
        run: RunId,
        /// How many calls were made.
        made: usize,
        /// How many there are.
        all: usize,
        /// What the call is about that was not made.
        about: String,
        /// Why.
        why: String,
        /// The instance.
        place: String,
        /// Whether somebody has changed what it is about.
        is_changed: bool,
        /// Whether the same may succeed later.
        is_passing: bool,
        /// Whether nothing is to be done of it any more.
        is_over: bool,
    },
    /// A run is neither done nor taken back.
    #[error("run {run} of `{place}` is neither done nor taken back")]
    Unended {
        /// The run.
        run: RunId,
        /// The instance.
        place: String,
    },
    /// Somebody else was quicker.
    #[error("run {run} of {who} changed the instance after this plan was made")]
    Overtaken {
        /// The run.
        run: RunId,
        /// Who it was.
        who: String,
    },
    /// The database holds something else than what was written into it.
    #[error("{row} would not be stored as it was written: {how}")]
    Altered {
        /// The row: its table and id.
        row: String,
        /// What is different.
        how: String,
    },
    /// A row leads to a row that would not be there.
    #[error("{row} would refer to a row of {to} that does not exist")]
    Dangling {
        /// The row: its table and id.
        row: String,
        /// The other table.
        to: String,
    },
    /// The backup holds what no instance can hold.
    #[error("the backup cannot be loaded: {why}")]
    Unloadable {
        /// Why.
        why: String,
    },
    /// The journal has no such run.
    #[error("there is no run {run}")]
    NoRun {
        /// Its number.
        run: RunId,
    },
    /// A run was taken back before.
    #[error("run {run} has been undone already, by run {by}")]
    AlreadyUndone {
        /// Its number.
        run: RunId,
        /// The run that took it back.
        by: RunId,
    },
    /// The database is damaged.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The journal cannot be understood.
    #[error("the journal of `{place}` is damaged: {why}")]
    Journal {
        /// The instance.
        place: String,
        /// Why.
        why: String,
    },
}

/// Says that a store has no column for a value of a row.
pub(super) fn lacks(row: &Row, number: usize) -> WriteError {
    let column = row.entity().entity().attributes[number].column.to_owned();
    WriteError::Lacking { row: title_of(row), column }
}

impl From<Changed> for WriteError {
    fn from(Changed { row, how }: Changed) -> Self {
        Self::Changed { row, how }
    }
}

fn told(by: Option<&Who>) -> String {
    let Some(Who { user, host, pid, command, since }) = by else { return String::new() };
    format!(": {user} on {host}, process {pid}, since {since}, by `{command}`")
}

impl WriteError {
    /// Returns what to do about it.
    pub fn help(&self) -> Option<Cow<'_, str>> {
        let help = match self {
            Self::Unknown { place, .. } => {
                let history = format!("pcfg history -i {}", shell_word(place));
                let help = format!(
                    "either all of it was written or nothing: check with `{history}` when the database \
                     responds again"
                );
                return Some(help.into());
            }
            Self::Undecided { path, .. } => {
                let show = format!("pcfg instance show -i {}", shell_word(&path.display().to_string()));
                let help = format!(
                    "either all of it was written or nothing: see with `{show}` when the file can be read again"
                );
                return Some(help.into());
            }
            Self::Halted { is_over: true, .. } => return Some("nothing was changed; make a new plan".into()),
            Self::Halted { run, place, .. } | Self::Unended { run, place } => {
                let place = shell_word(place);
                let help = format!(
                    "go on with it: `pcfg resume -i {place}`; or take back what was done: `pcfg undo {run} -i {place}`"
                );
                return Some(help.into());
            }
            Self::Read(error) => error.help(),
            Self::Server { help, .. } => help.as_deref(),
            Self::JiraRuns { .. } => Some(
                "stop Jira on all nodes, and everything else that uses its role; Jira would overwrite the \
                 changes with what it has in memory",
            ),
            Self::Busy { .. } => Some("wait until it has ended, or use `--wait SECONDS`"),
            Self::Changed { .. } | Self::Overtaken { .. } => Some("nothing was written; make a new plan"),
            Self::Altered { .. } => {
                Some("nothing was changed; look for a trigger or a rule of the database that changes rows")
            }
            Self::Damaged { .. } => {
                Some("go back to a copy of the file, or load a backup: `pcfg instance load`")
            }
            _ => None,
        };
        help.map(Cow::Borrowed)
    }
}
