//! What a place says about itself and about who asks, before anything is read or changed.
//!
//! Invariants: nothing is changed, and nothing is claimed that the place has not said.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::remote::translation;
use super::visit::Door;
use super::{
    Embedded, Kind, KnownZone, Location, OneJira, ReadError, Reading, Remote, Scope, abilities, open, tried,
};
use crate::model::Abilities;
use crate::rest::{Edition, Failure, FailureKind, Jira, Language, Manner, Request};

/// What a place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What kind of place it is.
    pub kind: &'static str,
    /// Which Jira: edition, version and build, where it is known.
    pub jira: Option<String>,
    /// Who asks, where somebody does.
    pub caller: Option<Caller>,
    /// In which of its two ways a Jira Cloud says which fields issues have.
    pub fields: Option<&'static str>,
    /// The database through which it is read, and what has shown that it is that of the same Jira.
    pub database: Option<(String, OneJira)>,
    /// How many projects the caller sees, where that was asked.
    pub projects: Option<usize>,
    /// What can be read.
    pub reads: &'static str,
    /// What can be changed.
    pub writes: &'static str,
    /// The same for guards, and what can be done with each kind of object.
    pub abilities: Abilities,
    /// What is missing for everything to be read, with what to do about it.
    pub missing: Vec<Missing>,
    /// What is worth to be known besides, one sentence each.
    pub notes: Vec<String>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What identifies him.
    pub id: String,
    /// What he is called.
    pub name: String,
    /// The language in which Jira answers him.
    pub language: Option<String>,
    /// The permissions of the whole Jira that matter, and whether he has them; one that Jira says nothing about is not there.
    pub permissions: Vec<(String, bool)>,
}

/// Something without which not everything can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What is missing, and what follows.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// Looks at a place: signs in where that is needed, and reads whole what can only be judged when it is read.
pub fn check(location: &Location, manner: &Manner) -> Result<Checked, ReadError> {
    match location {
        Location::Path(_) if location.kind() == Kind::Embedded => {
            read(location, "embedded instance", "everything, with `pcfg import`")
        }
        Location::Path(_) => read(location, "backup", "nothing; `pcfg import -o NEW` writes a changed copy"),
        Location::Database(_) => {
            read(location, "database of Jira", "with `--offline`, while Jira is stopped")
        }
        Location::Remote(remote) => of_jira("live Jira", &remote.open(manner)?, remote),
        Location::Doors(doors) => {
            let (jira, reading, proof) = doors.read(manner, Scope::default(), &|_, _| {})?;
            let found = (None, Some(proof.projects));
            // Names stand in the database as they are.
            let language = Language::OfJira;
            let mut checked = described("live Jira, read through its database", &jira, &language, found);
            // What the caller may see is no limit of the database.
            checked.missing.clear();
            warn_of_open(&mut checked, &doors.remote);
            checked.reads = "everything, from the database";
            checked.writes = "over REST what Jira Data Center takes (docs/rest.md), all else in the database with `--offline`, while Jira is stopped";
            checked.abilities = location.abilities();
            checked.notes.extend(reading.warnings);
            checked.database = Some((doors.database.to_string(), proof));
            Ok(checked)
        }
        Location::Record(folder) => {
            let jira = Door::Record(folder.clone()).open(manner)?;
            let checked = described("record of a live Jira", &jira, &Language::OfJira, (None, None));
            Ok(Checked { writes: "nothing: it is what a live Jira has answered", ..checked })
        }
    }
}

fn read(location: &Location, kind: &'static str, writes: &'static str) -> Result<Checked, ReadError> {
    let reading = open(location)?.read(Scope::default(), &|_, _| {})?;
    let (missing, mut notes) = found_wrong(location, &reading);
    notes.extend(reading.warnings);
    let project = crate::mapping::kind("project");
    let projects = reading.snapshot.objects.keys().filter(|identity| identity.kind == project).count();
    Ok(Checked {
        kind,
        jira: reading.version,
        caller: None,
        fields: None,
        database: None,
        projects: Some(projects),
        reads: "everything",
        writes,
        abilities: location.abilities(),
        missing,
        notes,
    })
}

/// Returns what is wrong with a file or database, as far as it can be seen without changing anything, and what is odd.
fn found_wrong(location: &Location, reading: &Reading) -> (Vec<Missing>, Vec<String>) {
    let (mut missing, mut notes) = (Vec::new(), Vec::new());
    let mut lacks = |what: String, help: &str| missing.push(Missing { what, help: help.to_owned() });
    if let (Location::Path(path), Kind::Embedded) = (location, location.kind()) {
        match Embedded::open(path).map(|mut own| own.damage()) {
            Ok(None) => {}
            Ok(Some(why)) => lacks(
                format!("the file is damaged: {why}"),
                "put a copy in its place, or load the backup again: `pcfg instance load BACKUP --replace`",
            ),
            Err(error) => lacks(format!("the file cannot be checked: {error}"), "look at the reason"),
        }
        if path.metadata().is_ok_and(|own| own.permissions().readonly()) {
            lacks(
                "the file is write-protected, so nothing can be imported".to_owned(),
                "take the protection away, or work on a copy",
            );
        }
    }
    if reading.zone == KnownZone::Unknown {
        notes.push(
            "it does not say in which time zone its times are; commands on issues need `--time-zone`"
                .to_owned(),
        );
    }
    let odd = reading.snapshot.notes.len();
    if odd > 0 {
        notes.push(format!(
            "{odd} places in the data are odd; `pcfg export --all -v` lists them, and they stop no export"
        ));
    }
    (missing, notes)
}

fn of_jira(kind: &'static str, jira: &Jira, remote: &Remote) -> Result<Checked, ReadError> {
    let unread = |failure: Failure| remote.unread(&failure);
    let fields = match jira.edition {
        Edition::Cloud => fields(jira).map_err(unread)?,
        Edition::DataCenter => None,
    };
    let projects = projects(jira).map_err(unread)?;
    let language = jira.language().map_err(unread)?;
    let mut checked = described(kind, jira, &language, (fields, Some(projects)));
    warn_of_open(&mut checked, remote);
    if jira.by_gateway {
        checked.notes.push("the token has scopes, so requests go through api.atlassian.com".to_owned());
    }
    Ok(checked)
}

/// Says so if anybody can read the token on its way.
fn warn_of_open(checked: &mut Checked, remote: &Remote) {
    if remote.site.is_open() {
        checked.missing.push(Missing {
            what: "the token goes over the network unencrypted".to_owned(),
            help: "use an address that begins with `https://`".to_owned(),
        });
    }
}

fn described(
    kind: &'static str,
    jira: &Jira,
    answered: &Language,
    (fields, projects): (Option<&'static str>, Option<usize>),
) -> Checked {
    let server = &jira.server;
    let version = match jira.edition {
        // Its number says nothing: everybody has the same.
        Edition::Cloud => jira.edition.name().to_owned(),
        Edition::DataCenter => {
            format!("{} {} ({})", jira.edition.name(), server.version, server.build_number)
        }
    };
    let mut missing = Vec::new();
    let mut lacks =
        |what: &str, help: &str| missing.push(Missing { what: what.to_owned(), help: help.to_owned() });
    let caller = &jira.caller;
    if !caller.is_administrator() {
        lacks(
            "you are not a Jira administrator: schemes, workflows, screens, fields and roles stay unknown, \
             and so do projects that you cannot see",
            "ask for the global permission \"Administer Jira\", or use the token of a user who has it",
        );
    }
    if !caller.has("USER_PICKER") {
        lacks(
            "you cannot browse users and groups: group members stay unknown",
            "ask for the global permission \"Browse users and groups\"",
        );
    }
    let language = caller.locale.clone();
    if let Language::Other { own, of_jira } = answered {
        missing.push(Missing {
            what: translation(own, of_jira.as_deref()),
            help: "set the language in your profile in Jira to the default; nothing is read until then"
                .to_owned(),
        });
    }
    let untried = (jira.edition == Edition::DataCenter).then(|| tried::untried(&server.version)).flatten();
    Checked {
        kind,
        jira: Some(version),
        caller: Some(Caller {
            id: caller.id().unwrap_or_default().to_owned(),
            name: caller.display_name.clone(),
            language,
            permissions: caller.permissions.iter().map(|(name, own)| (name.clone(), *own)).collect(),
        }),
        fields,
        database: None,
        projects,
        reads: match caller.is_administrator() {
            true => "everything that this edition provides",
            false => "what you can see; the rest stays unknown",
        },
        writes: match jira.caller.is_administrator() {
            true => "over REST, with `pcfg import`: what this edition takes (docs/rest.md)",
            false => "what a Jira administrator may change, and you are not one",
        },
        abilities: abilities(jira.edition),
        missing,
        notes: untried.into_iter().collect(),
    }
}

/// Finds out how a Jira Cloud says which fields issues have: Atlassian moves sites from one way to the other (since 2026-06; RFC-103 on
/// community.developer.atlassian.com). Nothing if the caller may not see that.
fn fields(jira: &Jira) -> Result<Option<&'static str>, Failure> {
    let request = Request::get(format!("{}/config/fieldschemes", jira.edition.api())).with("maxResults", 1);
    match jira.client.ask::<IgnoredAny>(&request) {
        Ok(_) => Ok(Some("field schemes")),
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(Some("field configurations")),
        Err(failure) if failure.is_lasting() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Counts the projects that the caller sees.
fn projects(jira: &Jira) -> Result<usize, Failure> {
    #[derive(Deserialize)]
    struct Page {
        total: usize,
    }
    let api = jira.edition.api();
    match jira.edition {
        Edition::Cloud => {
            let request = Request::get(format!("{api}/project/search")).with("maxResults", 1);
            jira.client.ask::<Page>(&request).map(|page| page.total)
        }
        Edition::DataCenter => {
            jira.client.ask::<Vec<IgnoredAny>>(&Request::get(format!("{api}/project"))).map(|all| all.len())
        }
    }
}
