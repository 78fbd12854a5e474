//! `pcfg apply`: does what a saved plan says, and nothing else.

mod issues;

use std::path::{Path, PathBuf};

use self::issues::Following;
use super::Status;
use super::change::checklist;
use super::change::noted::Noted;
use super::change::proof::unlike;
use super::change::rewriting::{self, Rewriting};
use super::change::{self, Deed, Journaling, Manner};
use super::completions;
use super::import::issues as import_issues;
use super::input::files;
use super::input::sources::Source;
use super::place::called::{Called, again};
use super::place::made_for::{self, Goal};
use super::result::policies;
use super::result::policies::Judge;
use super::result::report;
use crate::fault::{Fault, Faults, Kind};
use crate::import::{
    self, Applied, Disproved, End, Phase, SavedError, SavedPlan, Shown, Site, Target, User, Work,
};
use crate::instance::{self, Backup, Location, Reading, Way, shell_word};
use crate::model::{Abilities, Changes};
use crate::plan::Description;
use crate::ui::{Ui, plan_text};

/// Apply a plan that `pcfg import --simulate --save-plan` has saved
///
/// The plan is applied to the instance that it was made for: exactly as it was reviewed, or not at all. If an object
/// that it depends on has changed since, or its rows would do anything other than its steps say, the command names
/// the objects and rows and stops.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The instance, as a check that the plan was made for it
    ///
    /// A plan is applied to the instance that it was made for, whatever the environment and pcfg.toml say. It
    /// records the location, Jira's server ID and, for an embedded instance, a random ID stored in its file.
    #[arg(short, long = "instance", value_name = "INSTANCE", add = completions::instances())]
    instance: Option<String>,
    /// Apply it to this instance, although it was made for another one
    ///
    /// The instance must be named: `--yes` is not enough.
    #[arg(long, value_name = "INSTANCE", add = completions::instances())]
    to: Option<String>,
    /// Write the changed backup into a new file, for Jira to restore; the instance must be a backup
    #[arg(short = 'o', long = "output", alias = "new-backup", value_name = "BACKUP")]
    new_backup: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    checklist: checklist::Where,
    #[command(flatten)]
    policies: policies::Choice,
}

const EXAMPLES: &str = "\
Examples:
  pcfg import TST.xml --simulate --save-plan plan.json
  pcfg apply plan.json                     Show it again, ask, and apply it
  pcfg apply plan.json --yes               The same in a CI job, once the plan is approved
  pcfg apply plan.json --to copy.sqlite    Apply it to another instance
  pcfg apply plan.json -o new.zip          Write a changed backup, if it was made for a backup

Exit code: 0 if it is applied, 3 if it is not a plan, 4 if it does not do what it says or was
made for another instance, 5 if the instance has changed since.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let judge = Judge::without_file(arguments.policies.with_settings()?);
    let saved = saved(&arguments.plan)?;
    let mut following = Following::of(ui, &saved.plan)?;
    arguments.checklist.check()?;
    let target = &saved.plan.target;
    let goal = made_for::goal(target, arguments.instance.as_deref(), arguments.to.as_deref())?;
    let goal = goal.by(match target.kind.as_str() {
        "live" if instance::has_hands(&saved.work) => Way::ByHand,
        "live" => Way::Rest,
        _ => Way::Database,
    });
    let (mut open, mut with_issues) = (None, None);
    change::check_offline(&goal.location, arguments.manner.offline, None)?;
    let called = goal.called();
    // Whatever is in the way of the issues is told before anything is written.
    let mut issues = following
        .as_mut()
        .map(|own| own.wish((&goal.location, &called), &arguments.manner, arguments.new_backup.as_deref()));
    let ahead = match &mut issues {
        Some((archive, wish)) => import_issues::look_ahead(ui, archive, wish)?,
        None => None,
    };
    let anew = anew(&saved.plan, &arguments.plan, &called);
    let file = &saved.plan.file;
    let mut user =
        Asking { ui, arguments, goal: &goal, target, called: &called, file: &file.name, anew: &anew, judge };
    let applied = match (&arguments.new_backup, rewriting::of(&goal.location)) {
        (Some(new), _) => {
            let (path, output) = rewriting::copy(&goal.location, new)?;
            let backup = Backup::open(path).map_err(Fault::from)?;
            let with = match (&mut issues, ahead) {
                (Some((archive, wish)), Some(planned)) => {
                    import_issues::into_backup(ui, archive, wish, planned)?
                }
                _ => None,
            };
            let (with, told) = with.unzip();
            let mut site = Rewriting::new(ui, backup, output, with)?;
            let applied = import::apply(&mut site, &mut user, &saved.plan, &saved.work)?;
            // Of a configuration that is there already, nothing is written but the issues.
            let is_left = matches!(&applied, Applied::End(End::Nothing));
            if is_left && site.write_issues()? {
                ui.note(&format!("wrote `{}`: {}", new.display(), told.unwrap_or_default()));
                return Ok(Status::Fine);
            }
            drop(site);
            issues = None;
            with_issues = told;
            applied
        }
        (None, Some(_)) => return Err(not_in_place(&goal.location).into()),
        (None, None) => {
            change::tell_door(ui, &goal.location);
            let instance = change::open_at(ui, goal.location.clone())?;
            let wait = arguments.manner.waiting.most();
            let map = saved.plan.map.clone();
            let noted = Noted { map, ..Noted::saying(arguments.manner.message.as_deref()) };
            let mut site =
                Journaling { ui, instance, scope: change::WHOLE, wait, file: Some(file), noted, open: None };
            let applied = import::apply(&mut site, &mut user, &saved.plan, &saved.work)?;
            open = site.open;
            applied
        }
    };
    let end = match applied {
        Applied::Disproved(why) => {
            let alone = saved.plan.issues.as_ref().map(|own| issues::alone(own, &called));
            return Err(disproved(why).hint(format!("make a new plan: {anew}")).hint_if(alone).into());
        }
        Applied::End(end) => end,
    };
    match end {
        End::Done(written, proved) => {
            if let Some(list) = &open {
                arguments.checklist.tell(ui, list, &called)?;
                return Ok(Status::Fine);
            }
            let done = change::done(&proved.plan().counts);
            let all: Vec<String> = std::iter::once(done.clone()).chain(with_issues).collect();
            match (&arguments.new_backup, written.run) {
                (Some(new), _) => ui.note(&format!("wrote `{}`: {}", new.display(), all.join(", "))),
                (None, Some(id)) => ui.note(&change::applied(id, &done, &called)),
                (None, None) => {}
            }
            unlike(written, &called)?;
        }
        _ if issues.is_none() => ui.note(&format!("the plan changes nothing in {}", called.title())),
        _ => {}
    }
    match issues {
        Some((archive, wish)) => import_issues::run(ui, archive, &wish),
        None => Ok(Status::Fine),
    }
}

/// Says what to do with the plan of a backup, which is never changed itself.
fn not_in_place(location: &Location) -> Fault {
    let anew = again(None, rewriting::OPTION);
    rewriting::never_changed(location)
        .hint(format!("write a new backup with the changes, for Jira to restore: {anew}"))
        .hint("or apply the plan to an instance loaded from that backup: `--to INSTANCE`")
}

/// Says what to do next with a plan that was saved for an instance.
pub(super) fn next(plan: &Path, location: &Location, called: &Called) -> String {
    let apply = format!("pcfg apply {}", shell_word(&plan.display().to_string()));
    match location.abilities() {
        Abilities { changes: Changes::Anew, .. } => {
            format!(
                "`{apply} {}` writes a new backup with the changes, for Jira to restore",
                rewriting::OPTION
            )
        }
        Abilities { changes: Changes::InPlace, offline, .. } => {
            let offline = if offline { " --offline" } else { "" };
            format!("`{apply}{offline}` applies it to {}", called.title())
        }
        Abilities { changes: Changes::Nothing, .. } => {
            format!("it is for review alone, because pcfg does not change {}", called.title())
        }
    }
}

/// Whoever wants a saved plan to be applied.
struct Asking<'a> {
    ui: &'a Ui,
    arguments: &'a Arguments,
    goal: &'a Goal,
    target: &'a Target,
    called: &'a Called,
    /// The name of the file that the plan was made from.
    file: &'a str,
    /// The command that makes a plan for this instance.
    anew: &'a str,
    judge: Judge,
}

impl<S: Site<Seen = Reading, Fault = Fault>> User<S> for Asking<'_> {
    fn begins(&self, objects: usize) -> Box<dyn Fn(Phase)> {
        change::phases(self.ui, objects)
    }

    fn sees(&mut self, reading: &Reading) -> Result<(), Fault> {
        let is_agreed = self.arguments.manner.yes;
        self.goal.agreed(self.ui, self.target, reading, (is_agreed, self.anew))
    }

    fn is_shown(&mut self, _: &Reading, what: Shown<'_>) -> Result<(), Fault> {
        let Shown::Saved(proved) = what else { return Ok(()) };
        // What counts as imported is not told as affected.
        let projects = proved.plan().projects.join(", ");
        let with = if projects.is_empty() { String::new() } else { format!(", which imports {projects}") };
        self.ui.note(&format!("the plan was made from `{}`{with}", self.file));
        let plan = self.judge.judged(proved.plan().clone().of(self.called.title()));
        report::plan(self.ui, &plan_text(&plan, None), !self.arguments.manner.yes)?;
        policies::refuse(&plan, "nothing was changed")
    }

    fn agrees(&mut self, plan: &Description) -> Result<bool, Fault> {
        // A new backup changes nothing that is there.
        if self.arguments.new_backup.is_none() {
            let deed = (Deed::SavedPlan, self.called);
            change::confirm(self.ui, &self.arguments.manner, deed, &plan.counts)?;
        }
        Ok(true)
    }
}

/// Returns the command that makes a plan anew, with the same choices, for the instance to which it was to be applied.
fn anew(plan: &SavedPlan, path: &Path, called: &Called) -> String {
    // What came through a pipe has to come once more.
    let file = match &plan.issues {
        Some(issues) => &issues.archive,
        None if plan.file.name == Source::Stdin.name() => "-",
        None => &plan.file.name,
    };
    let of_issues = plan.issues.iter().flat_map(|own| &own.options);
    let options = plan.options.iter().chain(of_issues).map(String::as_str);
    let words: Vec<String> = [file].into_iter().chain(options).map(shell_word).collect();
    let out = shell_word(&path.display().to_string());
    called.reading(&format!("import {} --simulate --save-plan {out}", words.join(" ")))
}

/// A plan that was saved, with what it is to do.
struct Saved {
    plan: SavedPlan,
    work: Work,
}

fn saved(path: &Path) -> Result<Saved, Fault> {
    let bytes = files::read(path)?;
    let failed = || Fault::input(format!("cannot use the plan `{}`", path.display()));
    let text = String::from_utf8(bytes).map_err(|error| failed().because(&error))?;
    parsed(&text).map_err(|error| failed().because(&error))
}

fn parsed(text: &str) -> Result<Saved, SavedError> {
    let plan = SavedPlan::parse(text)?;
    Ok(Saved { work: plan.work()?, plan })
}

/// Says why a plan must not be applied.
fn disproved(why: Disproved) -> Fault {
    /// More causes than this nobody reads.
    const MOST: usize = 20;
    let what = "the plan no longer fits the instance, and nothing was changed";
    match why {
        Disproved::Changed(objects) => change::changed(what, "object", &objects),
        Disproved::Conflict(conflict) => change::conflict(what, conflict),
        Disproved::Retold(causes) => {
            let message = format!("{what}: an import would tell otherwise by now");
            let fault = Fault { causes, ..Fault::new(Kind::Changed, message) };
            fault.hint("the instance has been changed since, or the plan was edited")
        }
        Disproved::Untrue(causes) => {
            let message = "the plan does not do what it says, and nothing was changed";
            let mut fault = Fault::new(Kind::Refused, message);
            let more = causes.len().saturating_sub(MOST);
            fault.causes = causes.into_iter().take(MOST).collect();
            if more > 0 {
                fault.causes.push(format!("and {more} more"));
            }
            fault.hint("it has been edited since it was saved: find out by whom, and why")
        }
    }
}

/// Stops the saving of a plan that nobody could apply, which is a bug.
pub(super) fn is_true(text: &str, reading: &Reading) -> Result<(), Fault> {
    let bug = |causes| {
        let message = "the plan cannot be saved: its work does not come to its steps";
        Fault { causes, ..Fault::new(Kind::Bug, message) }
    };
    let Saved { plan, work } = parsed(text).map_err(|error| bug(vec![error.to_string()]))?;
    let proved = plan.prove(&work, reading.place(), (&reading.snapshot, &reading.facts()));
    proved.map(drop).map_err(|why| bug(disproved(why).causes))
}
