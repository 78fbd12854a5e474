//! The issues of an instance, opened for a command: which time zone its times are in, and which projects are meant.
//!
//! Invariant: a time zone that nobody knows is asked for, never guessed.

use std::path::Path;

use super::called::again;
use crate::data::{Meanings, Zone};
use crate::fault::{Fault, Faults};
use crate::instance::{self, Chosen, KnownZone, Location, Reading, Scope, Whole};
use crate::model::near;
use crate::ui::{Bar, Ui};

/// In which time zone a backup tells its times.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct TimeZoneChoice {
    /// The time zone of the server that the data comes from, as `Europe/Berlin`, where the data does not say it
    ///
    /// A backup tells times as the clock of its server showed them, and does not always say which zone that was. Databases need no such answer.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

/// Issues that are read, and the configuration around them.
pub(in crate::cli) struct Read {
    pub(in crate::cli) reading: Reading,
    pub(in crate::cli) whole: Whole,
    /// The keys of the projects, in their order.
    pub(in crate::cli) projects: Vec<String>,
}

/// Reads the issues of projects, or one of them; of all projects if none is named. What is too large for memory waits in a folder.
pub(in crate::cli) fn read(
    ui: &Ui,
    location: &Location,
    (keys, number): (&[String], Option<u32>),
    zone: &TimeZoneChoice,
    (scope, folder): (Scope, &Path),
) -> Result<Read, Faults> {
    let mut place = instance::open_whole(location.clone())?;
    let bar = Bar::new(ui, "reading the configuration");
    let reading = place.begin(scope, &|done, all| bar.tell(done, all))?;
    drop(bar);
    let meanings = reading.meanings(zone.choose(&reading, location)?);
    let (projects, ids) = chosen(&meanings, keys)?.into_iter().unzip();
    let chosen = Chosen { projects: ids, number };
    let bar = Bar::new(ui, "reading issues");
    let whole = Whole::gather(&mut *place, meanings, &chosen, folder, &|done, all| bar.tell(done, all))?;
    Ok(Read { reading, whole, projects })
}

/// Returns the projects that are meant, by their keys.
fn chosen(meanings: &Meanings, keys: &[String]) -> Result<Vec<(String, String)>, Faults> {
    let mut all: Vec<(&str, &str)> = meanings.projects().collect();
    all.sort_unstable();
    // Of two projects of one key the oldest is meant.
    all.dedup_by(|one, other| one.0 == other.0);
    let owned = |(key, id): &(&str, &str)| ((*key).to_owned(), (*id).to_owned());
    if keys.is_empty() {
        return Ok(all.iter().map(owned).collect());
    }
    let (mut projects, mut faults) = (Vec::new(), Vec::new());
    for key in keys {
        match all.iter().find(|(own, _)| own == key) {
            Some(project) if !projects.contains(&owned(project)) => projects.push(owned(project)),
            Some(_) => {}
            None => faults.push(
                Fault::input(format!("the instance has no project `{key}`"))
                    .hint_if(near(key, all.iter().map(|(own, _)| *own))),
            ),
        }
    }
    projects.sort_unstable();
    if faults.is_empty() { Ok(projects) } else { Err(Faults(faults)) }
}

impl TimeZoneChoice {
    /// Returns the name as the user gives it.
    pub(in crate::cli) fn as_given(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// Returns the time zone that the user names.
    pub(in crate::cli) fn named(&self) -> Result<Option<Zone>, Fault> {
        self.time_zone.as_deref().map(|name| understood(name, "`--time-zone`")).transpose()
    }

    /// Returns the time zone of an instance: what the user says counts more than what the data says.
    pub(in crate::cli) fn choose(&self, reading: &Reading, location: &Location) -> Result<Zone, Fault> {
        match (&self.time_zone, &reading.zone) {
            (_, KnownZone::Utc) => Ok(Zone::utc()),
            (Some(name), _) => understood(name, "`--time-zone`"),
            (None, KnownZone::Named(name)) => understood(name, &format!("`{location}`")),
            // Without issues there are no times to tell.
            (None, KnownZone::Unknown) if !reading.rows.contains_key("Issue") => Ok(Zone::utc()),
            (None, KnownZone::Unknown) => {
                let exported = reading.exported.as_ref();
                let exported =
                    exported.map(|own| format!("it was written on `{own}`, by the clock of that server"));
                Err(Fault::usage(format!("`{location}` does not say in which time zone its times are"))
                    .hint(format!(
                        "name that of its server, as in {}",
                        again(None, "--time-zone Europe/Berlin")
                    ))
                    .hint_if(exported))
            }
        }
    }
}

fn understood(name: &str, who: &str) -> Result<Zone, Fault> {
    Zone::named(name).map_err(|error| {
        Fault::usage(format!("{error}, as {who} says"))
            .hint("name it as in `--time-zone Europe/Berlin` or `--time-zone +02:00`")
    })
}
