//! `pcfg prune`: removes what nothing uses, as a plan that is shown first.

use std::path::{Path, PathBuf};

use super::change::noted::Noted;
use super::change::proof::unlike;
use super::change::rewriting::{self, Rewriting};
use super::change::{self, Deed, Journaling, Manner};
use super::import::shown as import_shown;
use super::place;
use super::place::called::{Called, again};
use super::result::destination;
use super::result::policies::{self, Judge};
use super::result::report;
use super::{Format, Instance, Status, completions};
use crate::fault::{Fault, Faults, Kind};
use crate::import::{self, End, Phase, Pruned, Shown, Site, User};
use crate::instance::{Backup, Location, Reading};
use crate::model::Identity;
use crate::plan::{Description, Plan, Selector};
use crate::select::can_be_unused;
use crate::ui::{Ui, plan_text};

/// Remove what nothing uses: schemes, screens and workflows that no project has
///
/// Something is unused if no project has it, directly or through others, and nothing that stays names it: no setting, no query, no
/// object that is not removed with it. Jira's own objects stay. The plan is shown before anything is done, all of it is one transaction, and `pcfg
/// undo` brings everything back. `pcfg export --all --unused` writes what there is, as a file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Only a kind of object, or one object; everything that is unused if none is named
    #[arg(value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds())]
    only: Vec<Selector>,
    /// Leave a kind of object or one object, and what it uses; can be repeated
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds())]
    keep: Vec<Selector>,
    #[command(flatten)]
    instance: Instance,
    /// Show what would be removed, and change nothing
    #[arg(short = 'n', long, visible_alias = "dry-run", conflicts_with = "yes")]
    simulate: bool,
    /// With --simulate, exit with 1 if something is unused
    #[arg(long, requires = "simulate")]
    exit_code: bool,
    /// How to show the plan
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write the changed backup into a new file, for Jira to restore; with --simulate, what would be shown
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    manner: Manner,
    #[command(flatten)]
    policies: policies::Choice,
}

const EXAMPLES: &str = "\
Examples:
  pcfg prune --simulate                    What does nothing use?
  pcfg prune                               See it, confirm it, remove it
  pcfg prune screen 'workflow:Old flow'    Only screens, and one workflow
  pcfg prune --keep permissionScheme       All but permission schemes
  pcfg prune -i backup.zip -o new.zip      Write a new backup without it
  pcfg undo                                Bring it back

Exit code: 0 if it is done or nothing is unused, 4 if it is refused, 5 if somebody else changes
the instance. With --simulate: 0; with --exit-code 1 if something is unused.";

impl Arguments {
    /// Returns the file that what is shown goes into.
    pub(super) fn report(&self) -> Option<&Path> {
        destination::file(self.output.as_ref()).filter(|_| self.simulate)
    }

    fn chooses(&self, own: &Identity) -> bool {
        (self.only.is_empty() || self.only.iter().any(|only| only.selects(own)))
            && !self.keep.iter().any(|keep| keep.selects(own))
    }
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    check_kinds(&arguments.only)?;
    let judge = Judge::of_plans(arguments.policies.with_settings()?);
    let location = place::existing(arguments.instance.named())?.by(arguments.manner.way());
    let called = Called::new(arguments.instance.named(), &location);
    let mut user = Asking { ui, arguments, called: &called, judge: &judge };
    let new = arguments.output.as_deref().filter(|_| !arguments.simulate);
    if let Some(new) = new {
        let (path, output) = rewriting::copy(&location, new)?;
        let mut site = Rewriting::new(ui, Backup::open(path).map_err(Fault::from)?, output, None)?;
        let pruned = import::prune(&mut site, &mut user, &|own| arguments.chooses(own))?;
        return match ended(pruned, &called)? {
            Some(End::Done(_, proved)) => {
                ui.note(&format!("wrote `{}`: {}", new.display(), change::done(&proved.plan().counts)));
                Ok(Status::Fine)
            }
            _ => {
                ui.note("no new backup was written: nothing would change");
                Ok(Status::Fine)
            }
        };
    }
    if let (Some(path), true) = (rewriting::of(&location), arguments.simulate) {
        // Nothing is written: what would be is looked at.
        let folder =
            tempfile::tempdir().map_err(|error| Fault::output("no file can be written").because(&error))?;
        let (_, output) = rewriting::copy(&location, &folder.path().join("new.zip"))?;
        let mut site = Rewriting::new(ui, Backup::open(path).map_err(Fault::from)?, output, None)?;
        return looked(
            ui,
            arguments,
            import::prune(&mut site, &mut user, &|own| arguments.chooses(own))?,
            &called,
        );
    }
    if rewriting::of(&location).is_some() {
        let fault = rewriting::never_changed(&location);
        return Err(fault
            .hint(format!("write a new one: {}", again(Some(&called), rewriting::OPTION)))
            .into());
    }
    if !arguments.simulate {
        change::check_offline(&location, arguments.manner.offline, Some(&called))?;
        change::tell_door(ui, &location);
    }
    let mut site = journaling(ui, arguments, location)?;
    let pruned = import::prune(&mut site, &mut user, &|own| arguments.chooses(own))?;
    if arguments.simulate {
        return looked(ui, arguments, pruned, &called);
    }
    match ended(pruned, &called)? {
        Some(End::Done(written, proved)) => {
            if let Some(id) = written.run {
                ui.note(&change::applied(id, &change::done(&proved.plan().counts), &called));
            }
            unlike(written, &called)?;
        }
        _ => ui.note(&format!("nothing is unused in {}", called.title())),
    }
    Ok(Status::Fine)
}

fn journaling<'a>(ui: &'a Ui, arguments: &'a Arguments, location: Location) -> Result<Journaling<'a>, Fault> {
    Ok(Journaling {
        ui,
        instance: change::open_at(ui, location)?,
        scope: change::WHOLE,
        wait: arguments.manner.waiting.most(),
        file: None,
        noted: Noted::saying(arguments.manner.message.as_deref()),
        open: None,
    })
}

/// Refuses kinds of which nothing is ever removed.
fn check_kinds(only: &[Selector]) -> Result<(), Fault> {
    let schema = crate::schema::Schema::get();
    for own in only {
        let is_meant = |kind| own.is_of_kind(&Identity::named(kind, ""));
        if !schema.kinds().any(|(kind, _)| is_meant(kind) && can_be_unused(kind)) {
            let all: Vec<String> = schema
                .kinds()
                .filter(|(kind, _)| can_be_unused(*kind))
                .map(|(_, own)| own.words.clone())
                .collect();
            return Err(Fault::usage(format!("`{own}` names nothing that can be unused"))
                .hint(format!("these can: {}", all.join(", "))));
        }
    }
    Ok(())
}

/// Says how a simulation ended.
fn looked(ui: &Ui, arguments: &Arguments, pruned: Pruned, called: &Called) -> Result<Status, Faults> {
    match ended(pruned, called)? {
        Some(_) if arguments.exit_code => Ok(Status::Found),
        Some(_) => Ok(Status::Fine),
        None => {
            ui.note(&format!("nothing is unused in {}", called.title()));
            // Who asks for a document gets one.
            if arguments.format == Format::Json {
                let plan = Plan::default().describe().of(called.title());
                ui.json(&import_shown::Document::of(&plan))?;
            }
            Ok(Status::Fine)
        }
    }
}

/// Returns how it ended, if nothing stopped it; nothing if nothing is unused.
fn ended(pruned: Pruned, called: &Called) -> Result<Option<End>, Fault> {
    /// More causes than this nobody reads.
    const MOST: usize = 20;
    let stopped = |message: &str, causes: Vec<String>| Fault {
        causes: causes.into_iter().take(MOST).collect(),
        ..Fault::new(Kind::Refused, format!("nothing was removed from {}: {message}", called.title()))
    };
    let leave = "leave out what it is about: `--keep KIND:NAME`";
    Err(match pruned {
        Pruned::End(end) => return Ok(Some(end)),
        Pruned::Nothing => return Ok(None),
        Pruned::Impossible => {
            stopped("objects are removed from its database only, and not over REST", Vec::new())
                .hint("remove them in Jira by hand; `pcfg export --all --unused` shows which there are")
                .hint(format!("or, while Jira is stopped: {}", again(Some(called), "--offline")))
        }
        Pruned::StoredTwice(all) => stopped("the data has rows twice", all).hint(leave),
        Pruned::Changes(all) => stopped("something else would change", all).hint(leave),
        Pruned::Broken(notes) => {
            let causes = notes.iter().map(|note| format!("{}: {}", note.path, note.message)).collect();
            stopped("other objects need what would go", causes).hint(leave)
        }
        Pruned::Homeless(issues) => stopped("issues would have no step", issues).hint(leave),
    })
}

/// Whoever wants to remove what nothing uses.
struct Asking<'a> {
    ui: &'a Ui,
    arguments: &'a Arguments,
    called: &'a Called,
    judge: &'a Judge,
}

impl<S: Site<Seen = Reading, Fault = Fault>> User<S> for Asking<'_> {
    fn begins(&self, objects: usize) -> Box<dyn Fn(Phase)> {
        change::phases(self.ui, objects)
    }

    fn is_shown(&mut self, _: &Reading, what: Shown<'_>) -> Result<(), Fault> {
        let Shown::Back(preview, _) = what else { return Ok(()) };
        let plan = self.judge.judged(preview.plan.clone().of(self.called.title()));
        match self.arguments.format {
            Format::Text => report::plan(self.ui, &plan_text(&plan, None), !self.arguments.manner.yes)?,
            Format::Json => self.ui.json(&import_shown::Document::of(&plan))?,
        }
        policies::refuse(&plan, "nothing was removed")
    }

    fn agrees(&mut self, plan: &Description) -> Result<bool, Fault> {
        if self.arguments.simulate {
            return Ok(false);
        }
        if self.arguments.output.is_none() {
            change::confirm(self.ui, &self.arguments.manner, (Deed::Prune, self.called), &plan.counts)?;
        }
        Ok(true)
    }
}
