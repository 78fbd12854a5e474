//! What writing the issues of an archive would do, worked out without writing anything.
//!
//! Invariant: the rows are made here as they are made when they are written, and counted; so a plan that refuses nothing can be carried
//! out, and what is carried out is what was planned. Issues that are there already are compared, never written over.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::beside::{ranks, sprints};
use super::compare::{Held, compare};
use super::{Error, Source};
use crate::attachments::{self, Folder, Place};
use crate::data::{IssueWriter, Keys, NextIds, Notes, People, StandIn, Target, Zone};
use crate::entity::{DataRow, Tables};
use crate::import::{Import, Streamed};
use crate::instance::{Chosen, Ground, IssueGround, Reading, Tallies, Whole, WriteError};
use crate::model::{Config, Element, Name};

/// How issues are written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether values of apps are written as they are stored.
    pub raw: bool,
    /// Whether links to issues that are there already are left out.
    pub no_links: bool,
    /// Whether the files of attachments are left out.
    pub no_files: bool,
    /// The user who stands for all who have no account.
    pub missing_user: Option<String>,
    /// Whether sprints that run come as closed where another one runs.
    pub close_sprints: bool,
}

/// What is refused or told, counted by its kind.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// What it is.
    pub what: String,
    /// How often.
    pub count: u64,
    /// The first of them.
    pub example: String,
}

/// A plan in words and numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DataPlan {
    /// How many of each kind of thing come, by the tag.
    pub counts: BTreeMap<String, u64>,
    /// How many issues are there already as they are to be.
    pub unchanged: u64,
    /// What is refused.
    pub refused: Vec<Finding>,
    /// What is told.
    pub told: Vec<Finding>,
}

/// A plan with what carrying it out needs.
pub struct Plan {
    /// The plan.
    pub data: DataPlan,
    pub(super) options: Options,
    stand_in: Option<StandIn>,
    people: People,
    pub(super) zone: Zone,
    pub(super) ground: Ground,
    pub(super) keys: Keys,
    pub(super) ids: BTreeMap<(String, u32), u64>,
    pub(super) sprints: (Vec<DataRow>, BTreeMap<Name, String>),
    pub(super) ranks: Vec<DataRow>,
    pub(super) counters: Vec<(String, u64)>,
    /// The files of attachments, and where they belong.
    pub(super) files: Vec<(Place, String)>,
    pub(super) streamed: Streamed,
    /// The ids that are free before the rows of issues, but for those of the issues themselves, sprints and ranks; and after them.
    start: NextIds,
    pub(super) next: NextIds,
}

impl Plan {
    /// Returns how many files of attachments come.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Refuses what is in the way of the files in the folder for them.
    pub fn look_at(&mut self, folder: &Folder) -> Result<(), Error> {
        let mut refused = Notes::default();
        for (place, sha256) in &self.files {
            match folder.check(place, sha256) {
                Err(attachments::Error::Other { path, .. }) => refused.add(
                    "files of another content are where attachments belong; pcfg replaces none of them",
                    || path.display().to_string(),
                ),
                looked => looked?,
            }
        }
        self.data.refused.extend(findings([&refused]));
        Ok(())
    }

    /// Returns whether there is anything to write.
    pub fn is_empty(&self) -> bool {
        self.streamed.rows() == 0
    }
}

/// Plans to write the issues of an archive into a place that was read, after an import of the configuration if there is one.
pub fn plan(
    source: &mut Source,
    place: &mut dyn IssueGround,
    (reading, import, zone): (&Reading, Option<&Import>, &Zone),
    (file, options): (&Config, &Options),
    folder: &Path,
) -> Result<Plan, Error> {
    let options = (options, People::of(file));
    let rows = import.map_or(&[][..], |import| import.work.rows());
    if rows.is_empty() {
        return plan_with(source, place, (&reading.tables, zone, &[]), &options, folder);
    }
    let mut tables = reading.tables.clone();
    // An import is prepared from these very rows; if one were another, what is planned would be of another place.
    if tables.apply(rows).is_err() {
        let how = "it is not as it was when the configuration was planned".to_owned();
        return Err(WriteError::Altered { row: "the configuration".to_owned(), how }.into());
    }
    let new_users = rows.iter().filter(|own| own.before.is_none() && own.entity().entity().name == "User");
    let new_users = new_users.filter_map(|own| own.after.as_ref()?.get("userName").map(str::to_owned));
    plan_with(source, place, (&tables, zone, &new_users.collect::<Vec<_>>()), &options, folder)
}

fn plan_with(
    source: &mut Source,
    place: &mut dyn IssueGround,
    (tables, zone, new_users): (&Tables, &Zone, &[String]),
    (options, people): &(&Options, People),
    folder: &Path,
) -> Result<Plan, Error> {
    let mut target = Target::new(tables, zone.clone());
    let ground = place.ground()?;
    let (mut refused, mut told) = (Notes::default(), Notes::default());
    let projects: Vec<String> = source.about().projects.iter().map(|own| own.key.clone()).collect();
    let mut project_ids = BTreeMap::new();
    for key in &projects {
        match target.project(key) {
            Some(id) => drop(project_ids.insert(key.clone(), id.to_owned())),
            None => refused.add("projects are missing", || key.clone()),
        }
    }
    for name in new_users.iter().filter(|_| target.has_users_of_others()) {
        refused.add(
            "users would be made, and this Jira takes them from elsewhere: make them there, or leave them out, \
             `--skip user --missing-user NAME`",
            || name.clone(),
        );
    }
    // What is there already.
    let chosen = Chosen { projects: project_ids.values().cloned().collect(), number: None };
    let meanings = crate::data::Meanings::new(tables, zone.clone());
    let mut there = Whole::gather(place, meanings, &chosen, folder, &|_, _| {})?;
    let mut keys = Keys::default();
    if !options.no_links {
        there.keys(&mut keys);
    }
    let (known_sprints, line) = (there.sprint_ids(), ground.ranks.clone());
    let present = there.numbers();
    let stand_in = options.missing_user.as_ref().and_then(|name| StandIn::new(name, &target));
    if let (Some(name), None) = (&options.missing_user, &stand_in) {
        refused.add("the user is missing who is to stand for others", || name.clone());
    }
    let held = Held {
        target: &target,
        stand_in: stand_in.as_ref(),
        keys: &keys,
        projects: &projects,
        raw: options.raw,
    };
    let unchanged = compare(source, &mut there, &present, (&held, &mut refused))?;
    // Which ids the new ones get.
    let mut next = ground.ids.clone();
    let mut ids = BTreeMap::new();
    let mut highest: BTreeMap<String, u64> = BTreeMap::new();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    source.issues(&mut |project, issue| {
        let number: u32 = issue.text_of("number").and_then(|own| own.parse().ok()).unwrap_or(0);
        if present.contains_key(project) || !project_ids.contains_key(project) {
            return Ok(());
        }
        let id = next.next("Issue");
        next.take("Issue");
        ids.insert((project.to_owned(), number), id);
        keys.add(format!("{project}-{number}"), id);
        if issue.get("parent").is_some() && target.has_no_subtasks() {
            refused.add("sub-tasks are switched off", || format!("{project}-{number}"));
        }
        let last = highest.entry(project.to_owned()).or_default();
        *last = (*last).max(u64::from(number));
        *counts.entry("issue".to_owned()).or_default() += 1;
        crate::data::count(&stood(issue, stand_in.as_ref(), &target, &mut |_, _| {}), &mut counts);
        Ok(())
    })?;
    let counters = highest.iter().filter_map(|(key, last)| Some((project_ids.get(key)?.clone(), *last)));
    let counters: Vec<(String, u64)> = counters.collect();
    let sprints = if ids.is_empty() {
        (Vec::new(), known_sprints)
    } else {
        sprints(
            source,
            (&target, options.close_sprints),
            (known_sprints, &there),
            &mut next,
            (&mut refused, &mut told),
        )?
    };
    let is_new = |project: &&String| !present.contains_key(*project);
    for key in projects.iter().filter(is_new).filter(|key| target.misses_assignee(key)) {
        refused.add("projects give new issues to nobody, which this Jira does not allow", || key.clone());
    }
    let ranks = ranks(
        source,
        (&target, &keys),
        projects.iter().filter(is_new),
        line,
        &mut next,
        (&mut refused, &mut told),
    )?;
    let mut plan = Plan {
        data: DataPlan { counts, unchanged, ..DataPlan::default() },
        options: (*options).clone(),
        stand_in,
        people: people.clone(),
        zone: zone.clone(),
        ground,
        keys,
        ids,
        sprints,
        ranks,
        counters,
        files: Vec::new(),
        streamed: Streamed::default(),
        start: next.clone(),
        next,
    };
    let mut tallies = Tallies::default();
    let (mut files, mut without_file) = (Vec::new(), 0);
    let (own_refused, mut own_told, next) = plan.rows(source, &mut target, &mut |made| {
        match made {
            Made::Row(row, of) => {
                tallies.add(row);
                plan.ground.room.look(row, of, (&mut refused, &mut told));
            }
            Made::Attachment { original_key, number, id, sha256 } => match (sha256, id.parse()) {
                (Some(sha256), Ok(id)) if !options.no_files => {
                    let place = Place { original_key: original_key.to_owned(), number, id };
                    files.push((place, sha256.to_owned()));
                }
                _ => without_file += 1,
            },
        }
        Ok(())
    })?;
    own_told.add_many("attachments come without their files", without_file, || {
        if options.no_files { "as you said" } else { "the archive does not have them" }.to_owned()
    });
    if !files.is_empty() {
        plan.data.counts.insert("file".to_owned(), files.len() as u64);
    }
    plan.files = files;
    plan.streamed = tallies.finish(false);
    plan.next = next;
    plan.data.refused = findings([&refused, &own_refused]);
    plan.data.told = findings([&told, &own_told]);
    Ok(plan)
}

/// What is made of an issue.
pub(super) enum Made<'r> {
    /// A row, and the key of the issue that it belongs to.
    Row(&'r DataRow, &'r str),
    /// An attachment, whose row was made.
    Attachment {
        /// The first key of the project.
        original_key: &'r str,
        /// The number of the issue.
        number: u64,
        /// The new id.
        id: &'r str,
        /// The hash of the file, if the archive has it.
        sha256: Option<&'r str>,
    },
}

impl Plan {
    /// Makes the rows, all of them in the same order each time; returns what was refused and told, and the ids that are free then.
    pub(super) fn rows(
        &self,
        source: &mut Source,
        target: &mut Target<'_>,
        each: &mut dyn FnMut(Made<'_>) -> Result<(), Error>,
    ) -> Result<(Notes, Notes, NextIds), Error> {
        let mut next = self.start.clone();
        for row in self.sprints.0.iter().chain(&self.ranks) {
            each(Made::Row(row, row.table().table))?;
        }
        let (refused, told) = {
            let mut writer = IssueWriter {
                target,
                keys: &self.keys,
                ids: &mut next,
                sprints: &self.sprints.1,
                people: &self.people,
                has_keys: self.ground.has_keys,
                raw: self.options.raw,
                refused: Notes::default(),
                told: Notes::default(),
            };
            let mut rows = Vec::new();
            source.issues(&mut |project, issue| {
                let number: u32 = issue.text_of("number").and_then(|own| own.parse().ok()).unwrap_or(0);
                let Some(id) = self.ids.get(&(project.to_owned(), number)) else { return Ok(()) };
                let key = format!("{project}-{number}");
                let issue = &*stood(issue, self.stand_in.as_ref(), writer.target, &mut |name, tag| {
                    writer.told.add("users without an account, for whom another one stands", || {
                        format!("{name} ({tag} of {key})")
                    });
                });
                let attachments = writer.write(project, *id, issue, &mut |row| rows.push(row));
                rows.drain(..).try_for_each(|row| each(Made::Row(&row, &key)))?;
                let original_key = writer.target.original_key(project).unwrap_or(project).to_owned();
                for (id, attachment) in attachments.iter().zip(issue.all("attachment")) {
                    let sha256 = attachment.text_of("sha256");
                    each(Made::Attachment {
                        original_key: &original_key,
                        number: u64::from(number),
                        id,
                        sha256,
                    })?;
                }
                Ok(())
            })?;
            (writer.refused, writer.told)
        };
        Ok((refused, told, next))
    }
}

/// Returns an issue as it is written: with somebody in the place of who has no account, if that is wanted.
pub(super) fn stood<'i>(
    issue: &'i Element,
    stand_in: Option<&StandIn>,
    target: &Target<'_>,
    each: &mut dyn FnMut(&str, &str),
) -> Cow<'i, Element> {
    match stand_in {
        Some(stand_in) => Cow::Owned(stand_in.stand(issue, target, each)),
        None => Cow::Borrowed(issue),
    }
}

fn findings<'n>(all: impl IntoIterator<Item = &'n Notes>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (what, count, example) in all.into_iter().flat_map(Notes::iter) {
        match findings.iter_mut().find(|own| own.what == what) {
            Some(own) => own.count += count,
            None => findings.push(Finding { what: what.to_owned(), count, example: example.to_owned() }),
        }
    }
    findings
}

/// Returns what names mean where the configuration has these rows.
pub(super) fn target<'t>(tables: &'t Tables, zone: &Zone) -> Target<'t> {
    Target::new(tables, zone.clone())
}
