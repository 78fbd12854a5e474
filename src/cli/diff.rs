//! `pcfg diff`: shows how two configurations differ, object by object.

use std::collections::HashMap;

use clap::ValueHint;

use super::input::issue_data::{self, Data};
use super::input::revision;
use super::input::side::{self, Loaded, Named, Selection, Understood};
use super::input::sources::Text;
use super::place::session::Recording;
use super::result::destination::Destination;
use super::result::policies;
use super::result::report::{Compared, Manner};
use super::{Status, completions};
use crate::compare::Side;
use crate::fault::{Fault, Faults};
use crate::instance::without_password;
use crate::plan::{InFile, Violation};
use crate::policy::Policies;
use crate::ui::{Lines, Place, Ui};
use crate::xml;

/// Show how two configurations differ, object by object
///
/// Objects are matched by identity - mostly by name - wherever they are in the files. An object with another name
/// but (nearly) the same content is shown as renamed, and references that follow it are not changes. The order of sets has no meaning.
///
/// OLD and NEW are each a file, a folder with configuration files in it, `REV:PATH` (a file or folder of a git revision, as for
/// `git show`; `:PATH` is what is staged), `KEY@INSTANCE` or `KEY,KEY@INSTANCE` (an export of these projects; INSTANCE is
/// what `-i` takes elsewhere), or `-` for standard input. An existing file takes precedence; `./a@b` is always a file.
///
/// Of archives of complete projects (`pcfg export --complete`), packed or as folders, the issues are compared too, one by one.
///
/// With one argument, a file is compared with its staged version, and `REV:PATH` with the file in the work tree, as `git diff` does.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The old configuration; without NEW, the one to compare with git
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    old: String,
    /// The new configuration
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    new: Option<String>,
    /// Compare with the same projects of this instance
    #[arg(short, long, value_name = "INSTANCE", conflicts_with = "new", add = completions::instances())]
    instance: Option<String>,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// Exit with 1 if there are differences
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    recording: Recording,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    policies: policies::Choice,
}

const EXAMPLES: &str = "\
Examples:
  pcfg diff TST.xml                            What is not staged yet
  pcfg diff HEAD~1:TST.xml TST.xml             What the last commit and you have changed
  pcfg diff main:config v1.2:config --stat     Which objects differ between two revisions
  pcfg diff TST.xml -i production              What differs in an instance
  pcfg diff TST@staging TST@production
  pcfg diff old.xml new.xml --format markdown > comment.md
  pcfg diff old.xml new.xml --format html > review.html
  pcfg diff a.xml b.xml --exit-code > /dev/null || echo different
  pcfg diff main:TST.xml TST.xml --policy rules.toml   What the rules of your team say of it

On a terminal the differences go through PCFG_PAGER, PAGER or `less -FRX`. Dangling references
are not reported: `pcfg validate` does that. Exit code: 0; with --exit-code 1 if there are
differences; with --policy 1 if a rule is violated; 3 if something cannot be read or understood.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let policies = arguments.policies.of_files()?;
    let both = both(arguments)?;
    let commits = both.each_ref().map(Operand::commit);
    let is_live =
        |own: &&Operand| matches!(own, Operand::Named(_, Named::Live { .. }) | Operand::Instance(_));
    let lives = both.iter().filter(is_live).count();
    if arguments.recording.is_wanted() && lives != 1 {
        return Err(Fault::usage(
            "`--record` records one live Jira, as in `pcfg diff FILE KEY@NAME --record FOLDER`",
        )
        .hint(if lives == 0 {
            "leave it out"
        } else {
            "export one of them with `--record`, and compare the file"
        })
        .into());
    }
    let compared = compared(ui, arguments, both);
    // Also of what failed.
    arguments.recording.write(ui)?;
    let mut compared = compared?;
    compared.commits = commits;
    let is_allowed = judge(arguments, &policies, &mut compared);
    let differs = !compared.difference.steps.is_empty();
    arguments.manner.show(ui, &compared)?;
    Ok(if (differs && arguments.exit_code) || !is_allowed { Status::Found } else { Status::Fine })
}

/// Adds to a difference which rules it violates, and where in the new file; returns whether it may be.
fn judge(arguments: &Arguments, policies: &Policies, compared: &mut Compared) -> bool {
    let mut violations = policies.of_plan(&compared.difference);
    let new = arguments.new.as_deref().unwrap_or(&arguments.old);
    if let (false, Ok(Named::Path(path))) = (violations.is_empty(), Named::parse(new))
        && let Ok(Some(loaded)) = side::load(&Named::Path(path))
    {
        let places = loaded.0.iter().flat_map(|(name, bytes)| {
            let Text { text, root, .. } = Text::new(bytes);
            let lines = Lines::new(&text);
            let at = |start: u32| {
                let Place { line, column } = lines.place(xml::spot(&text, start as usize).start);
                InFile { file: name.clone(), line, column }
            };
            root.map(|root| policies::places(root.children(), &at)).unwrap_or_default()
        });
        let places: HashMap<_, _> = places.collect();
        for own in &mut violations {
            own.place = own.object.as_ref().and_then(|object| places.get(object)).cloned();
        }
    }
    let is_allowed = !violations.iter().any(Violation::stops);
    compared.difference.violations = violations;
    is_allowed
}

/// Reads both sides and compares them.
fn compared(ui: &Ui, arguments: &Arguments, [old, new]: [Operand; 2]) -> Result<Compared, Faults> {
    let names = [old.name(), new.name()];
    let shown = names.clone();
    // What is on both sides is read before anything is told, so that all problems are.
    let (old_loaded, new_loaded) = match (old.load(), new.load()) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(mut old), Err(new)) => {
            old.0.extend(new.0);
            return Err(old);
        }
        (Err(faults), _) | (_, Err(faults)) => return Err(faults),
    };
    let data = [old.data()?, new.data()?];
    let mut compared = match (old_loaded, new_loaded) {
        (Some(old), Some(new)) => {
            let (old, new) = side::understand_both(ui, &old, &new);
            side::tell(ui, &[&old, &new])?;
            Compared::of(ui, names, [&old.side, &new.side])
        }
        (Some(loaded), None) => {
            let file = Understood::told(ui, &loaded);
            side::tell(ui, &[&file])?;
            let live = new.export(ui, arguments, Some(&file.side))?;
            Compared::of(ui, names, [&file.side, &live.side()])
        }
        (None, Some(loaded)) => {
            let file = Understood::told(ui, &loaded);
            side::tell(ui, &[&file])?;
            let live = old.export(ui, arguments, Some(&file.side))?;
            Compared::of(ui, names, [&live.side(), &file.side])
        }
        (None, None) => {
            let (old, new) = (old.export(ui, arguments, None)?, new.export(ui, arguments, None)?);
            Compared::of(ui, names, [&old.side(), &new.side()])
        }
    };
    issue_data::compare(ui, data, shown.each_ref().map(String::as_str), &mut compared.difference)?;
    Ok(compared)
}

/// What one side is, and how the user calls it.
enum Operand {
    Named(String, Named),
    /// A path in git's index.
    Index(String),
    /// An instance, of which the projects of the other side are compared.
    Instance(String),
}

impl Operand {
    fn name(&self) -> String {
        match self {
            Self::Named(word, _) => without_password(word),
            Self::Index(path) => format!(":{path}"),
            Self::Instance(word) => without_password(word),
        }
    }

    /// Returns of which commit it is.
    fn commit(&self) -> Option<String> {
        match self {
            Self::Named(_, Named::Revision(spec)) => revision::commit(spec),
            Self::Named(..) | Self::Index(_) | Self::Instance(_) => None,
        }
    }

    fn load(&self) -> Result<Option<Loaded>, Faults> {
        match self {
            Self::Named(_, named) => side::load(named),
            Self::Instance(_) => Ok(None),
            Self::Index(path) => match revision::of_index(path) {
                Ok(stored) => Ok(Some(stored.into())),
                Err(mut faults) => {
                    let hint = format!("or name what to compare it with: `pcfg diff OLD {path}`");
                    faults.0.iter_mut().for_each(|fault| fault.hints.push(hint.clone()));
                    Err(faults)
                }
            },
        }
    }

    /// Returns the issue data of it.
    fn data(&self) -> Result<Data, Faults> {
        match self {
            Self::Named(_, named) => Data::of(named),
            Self::Instance(_) => Ok(Data::default()),
            Self::Index(path) => {
                Ok(Data::stored(revision::of_index(path)?, &format!(":{}/", path.trim_end_matches('/'))))
            }
        }
    }

    fn export(&self, ui: &Ui, arguments: &Arguments, file: Option<&Side<'_>>) -> Result<side::Live, Faults> {
        match self {
            Self::Named(_, Named::Live { keys, instance }) => side::live(
                ui,
                (keys, side::Where::Other(instance, &arguments.recording)),
                &arguments.selection,
                file,
            ),
            Self::Instance(name) => {
                let keys = file.map(Side::projects).unwrap_or_default();
                if keys.is_empty() {
                    return Err(Fault::input(
                        "the file describes no project, so there is nothing to compare",
                    )
                    .hint(format!("name projects: `pcfg diff FILE KEY@{}`", without_password(name)))
                    .into());
                }
                let place = side::Where::Option(Some(name), &arguments.recording);
                side::live(ui, (&keys, place), &arguments.selection, file)
            }
            _ => unreachable!("only instances are exported"),
        }
    }
}

/// Returns what is compared with what.
fn both(arguments: &Arguments) -> Result<[Operand; 2], Faults> {
    let old = Named::parse(&arguments.old);
    if let Some(instance) = &arguments.instance {
        let file = match old? {
            Named::Live { keys, .. } => {
                let word = format!("{}@{instance}", keys.join(","));
                return Ok([
                    Operand::Named(arguments.old.clone(), Named::parse(&arguments.old)?),
                    Operand::Named(word, Named::Live { keys, instance: instance.clone() }),
                ]);
            }
            old => Operand::Named(arguments.old.clone(), old),
        };
        return Ok([file, Operand::Instance(instance.clone())]);
    }
    let Some(word) = &arguments.new else {
        return Ok(alone(&arguments.old, old?)?);
    };
    match (old, Named::parse(word)) {
        (Ok(Named::Stdin), Ok(Named::Stdin)) => {
            Err(Fault::usage("standard input (`-`) can be read only once").into())
        }
        (Ok(old), Ok(new)) => {
            Ok([Operand::Named(arguments.old.clone(), old), Operand::Named(word.clone(), new)])
        }
        (Err(old), Err(new)) => Err(Faults(vec![old, new])),
        (Err(fault), _) | (_, Err(fault)) => Err(fault.into()),
    }
}

/// Returns what one argument is compared with.
fn alone(word: &str, named: Named) -> Result<[Operand; 2], Fault> {
    match named {
        Named::Path(_) => Ok([Operand::Index(word.to_owned()), Operand::Named(word.to_owned(), named)]),
        Named::Revision(spec) => {
            let path = revision::in_work_tree(&spec)?;
            let shown = path.display().to_string();
            Ok([
                Operand::Named(word.to_owned(), Named::Revision(spec)),
                Operand::Named(shown, Named::Path(path)),
            ])
        }
        Named::Live { keys, .. } => {
            Err(Fault::usage(format!("there is nothing to compare `{}` with", without_password(word)))
                .hint(format!("name a file: `pcfg diff {}.xml {}`", keys.join("-"), without_password(word)))
                .hint("or another instance; `pcfg drift FILE` compares a file with its instance"))
        }
        Named::Stdin => Err(Fault::usage("there is nothing to compare standard input with")
            .hint("name a file: `pcfg diff OLD.xml -`")),
    }
}
