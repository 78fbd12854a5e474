//! Why a command did not do what it was asked: one type for every reason, and the exit code that goes with it.
//!
//! Invariant: a fault is told whole: what failed, why, and, where there is something to do, what. `docs/exit-codes.md`
//! lists the codes; a test compares it with [`Kind`].

use std::borrow::Cow;
use std::fmt;

use crate::archive;
use crate::attachments;
use crate::complete;
use crate::instance::{ReadError, RewriteError, WriteError, said, shell_word};
use crate::output::{NotWritten, Why};
use crate::select::UnknownProject;

/// What kind of reason; each has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The command did its work and found something to complain about.
    Found,
    /// The command line cannot be understood.
    Usage,
    /// A file or an instance cannot be read, or what stands in it cannot be used.
    Input,
    /// Something must not be done.
    Refused,
    /// Somebody else is writing into the instance.
    Busy,
    /// The instance is not as it was when the change was planned.
    Changed,
    /// What was written is not as it was planned.
    Unlike,
    /// The result cannot be written.
    Output,
    /// An instance does not show for now what it would show another time.
    Unseen,
    /// pcfg is wrong.
    Bug,
    /// Somebody stopped the command.
    Interrupted,
}

/// All kinds, in the order of their codes.
pub const KINDS: [Kind; 11] = [
    Kind::Found,
    Kind::Usage,
    Kind::Input,
    Kind::Refused,
    Kind::Busy,
    Kind::Changed,
    Kind::Unlike,
    Kind::Output,
    Kind::Unseen,
    Kind::Bug,
    Kind::Interrupted,
];

impl Kind {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Found => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Refused => 4,
            // Whoever calls does the same for both: try again later, with a new plan.
            Self::Busy | Self::Changed => 5,
            Self::Unlike => 6,
            Self::Output => 7,
            Self::Unseen => 8,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: Kind,
    /// What failed: lower-case start, no full stop.
    pub message: String,
    /// Why, from the nearest cause to the first.
    pub causes: Vec<String>,
    /// What to do, in the imperative.
    pub hints: Vec<String>,
}

impl Fault {
    /// Returns a fault.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Returns a fault of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Returns a fault of a file or an instance that is read.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    /// Returns a fault of what is written.
    pub fn output(message: impl Into<String>) -> Self {
        Self::new(Kind::Output, message)
    }

    /// Adds why.
    #[must_use]
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = match error.downcast_ref::<std::io::Error>() {
                Some(error) => system(error),
                None => said(error).unwrap_or_else(|| error.to_string()),
            };
            // Some only pass on what the system says.
            let passes_on = error.source().is_some_and(|own| text == format!("i/o error: {own}"));
            if !text.is_empty() && !passes_on && self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what to do, if there is something.
    #[must_use]
    pub fn hint_if(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// Returns what the operating system says, without the number that means nothing to most readers.
fn system(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        if let ReadError::Remote { message, why, help, is_passing } = error {
            let kind = if is_passing { Kind::Unseen } else { Kind::Input };
            let causes = [why].into_iter().filter(|why| !why.is_empty()).collect();
            return Self { kind, message, causes, hints: help };
        }
        let kind = match &error {
            ReadError::Live { failure } if failure.is_passing() => Kind::Unseen,
            _ => Kind::Input,
        };
        let fault = Self::new(kind, error.to_string()).hint_if(error.help().map(str::to_owned));
        match std::error::Error::source(&error) {
            Some(source) => fault.because(source),
            None => fault,
        }
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        let kind = match error {
            WriteError::Read(error) => return error.into(),
            WriteError::Lacking { .. } => Kind::Refused,
            WriteError::Halted { is_changed: true, .. } => Kind::Changed,
            WriteError::Halted { is_passing: true, .. } => Kind::Unseen,
            WriteError::Halted { .. } => Kind::Output,
            WriteError::Unended { .. } => Kind::Busy,
            // Whoever plans asks the very instance.
            WriteError::OtherWork { .. } | WriteError::NoWayBack { .. } => Kind::Bug,
            WriteError::Busy { .. } | WriteError::JiraRuns { .. } => Kind::Busy,
            WriteError::Changed { .. } | WriteError::Overtaken { .. } | WriteError::AlreadyUndone { .. } => {
                Kind::Changed
            }
            WriteError::Unloadable { .. }
            | WriteError::NoRun { .. }
            | WriteError::Damaged { .. }
            | WriteError::Journal { .. } => Kind::Input,
            WriteError::Io { .. }
            | WriteError::Database { .. }
            | WriteError::Server { .. }
            | WriteError::Unknown { .. }
            | WriteError::Undecided { .. }
            | WriteError::Exists { .. }
            | WriteError::Altered { .. }
            | WriteError::Dangling { .. } => Kind::Output,
        };
        let fault = Self::new(kind, error.to_string()).hint_if(error.help().map(Cow::into_owned));
        match std::error::Error::source(&error) {
            Some(source) => fault.because(source),
            None => fault,
        }
    }
}

impl From<NotWritten> for Fault {
    fn from(NotWritten { path, why }: NotWritten) -> Self {
        let cannot = || Self::output(format!("cannot write `{}`", path.display()));
        let not = |reason: &str| {
            Self::new(Kind::Refused, format!("`{}` is not replaced: {reason}", path.display()))
        };
        match why {
            Why::Io(error) => cannot().because(&error),
            Why::Folder => cannot().hint("name a file in it"),
            Why::NoFolder(folder) => cannot().hint(format!("create the folder `{}` first", folder.display())),
            Why::Input => not("this command reads it").hint("name another file"),
            Why::OfDatabase(database) => {
                not(&format!("its name is one that the database `{}` uses", database.display()))
                    .hint("name another file")
            }
            Why::Holds(other) => not(&format!("it holds `{}`, which would be lost", other.display()))
                .hint("name a folder of its own, which need not be there yet"),
            Why::Around => not("the command runs in it").hint("run it from another folder"),
            Why::Exchange => not("this file system cannot exchange folders in one step")
                .hint("name a new folder, or remove that one first"),
            Why::Other { is, wanted, is_precious } => {
                let fault = not(&format!("it is {is}, not {wanted}"));
                match is_precious {
                    true => fault.hint("name another file"),
                    false => fault.hint("name another file, or remove that one first"),
                }
            }
        }
    }
}

impl From<archive::ReadError> for Fault {
    fn from(error: archive::ReadError) -> Self {
        let anew = error.outdated().map(|folder| {
            let folder = shell_word(&folder.display().to_string());
            format!("if it was merged or edited, check it, and give it a manifest that fits: `pcfg format {folder}`")
        });
        let fault = Self::input(error.to_string()).hint_if(anew).hint_if(error.help().map(str::to_owned));
        match std::error::Error::source(&error) {
            Some(source) => fault.because(source),
            None => fault,
        }
    }
}

impl From<complete::Error> for Fault {
    fn from(error: complete::Error) -> Self {
        match error {
            complete::Error::Archive(error) => error.into(),
            complete::Error::Read(error) => error.into(),
            complete::Error::Write(error) => error.into(),
            complete::Error::Attachment(error) => error.into(),
            complete::Error::Unwritten(error) => error.into(),
            complete::Error::Rewrite(error) => match error {
                RewriteError::Read(error) => error.into(),
                RewriteError::Rows(error) => error.into(),
                error => Self::output("cannot write the new backup").because(&error),
            },
            complete::Error::Unfit { ref causes, .. } => {
                Self { causes: causes.clone(), ..Self::input(error.to_string()) }.hint_if(error.help())
            }
            error @ (complete::Error::Malformed { .. } | complete::Error::NoZone(_)) => {
                Self::input(error.to_string()).hint_if(error.help())
            }
        }
    }
}

impl From<archive::WriteError> for Fault {
    fn from(error: archive::WriteError) -> Self {
        let kind = match error {
            archive::WriteError::NotWritten(error) => return error.into(),
            archive::WriteError::Source(_) => Kind::Input,
            // Whoever writes one gives it the names.
            archive::WriteError::Name { .. } | archive::WriteError::Twice(_) => Kind::Bug,
        };
        let fault = Self::new(kind, error.to_string());
        match std::error::Error::source(&error) {
            Some(source) => fault.because(source),
            None => fault,
        }
    }
}

impl From<attachments::Error> for Fault {
    fn from(error: attachments::Error) -> Self {
        let kind = if error.is_of_writing() { Kind::Output } else { Kind::Input };
        let fault = Self::new(kind, error.to_string()).hint_if(error.help().map(str::to_owned));
        match std::error::Error::source(&error) {
            Some(source) => fault.because(source),
            None => fault,
        }
    }
}

impl From<UnknownProject> for Fault {
    fn from(unknown: UnknownProject) -> Self {
        Self::input(format!("the instance has no project `{}`", unknown.key)).hint(unknown.hint)
    }
}

/// Everything that stopped a command; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl<T: Into<Fault>> From<T> for Faults {
    fn from(fault: T) -> Self {
        Self(vec![fault.into()])
    }
}

impl From<Vec<UnknownProject>> for Faults {
    fn from(unknown: Vec<UnknownProject>) -> Self {
        Self(unknown.into_iter().map(Fault::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_exit_code() {
        let documentation = include_str!("../docs/exit-codes.md");
        let listed: Vec<u8> = documentation
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split_once(' ')?.0.parse().ok())
            .collect();
        let mut codes = vec![0];
        codes.extend(KINDS.map(Kind::code));
        codes.dedup();
        assert_eq!(listed, codes);
    }

    #[test]
    fn what_the_system_says_loses_its_number() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(Fault::input("x").because(&error).causes, ["no such file or directory"]);
    }
}
