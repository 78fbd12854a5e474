//! `pcfg instance check`: what a place says about itself and about who asks.

use serde::Serialize;

use super::super::place;
use super::super::place::session::{Recording, Session};
use super::super::result::destination::Destination;
use super::super::{Format, Instance, Status};
use crate::fault::Fault;
use crate::instance::{self, Checked, Missing, OneJira};
use crate::model::{Abilities, Verbs};
use crate::ui::{Table, Ui, bold, plural};

/// Show who you are in an instance, its version, what you may read and change, and which permissions are missing
///
/// For a live Jira: signs in, and asks which edition it is, who you are and which permissions you have. Files and databases are read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg instance check -i https://acme.atlassian.net   Do the address and the token work?
  pcfg instance check -i live -v                      With each request
  pcfg instance check --format json                   For a machine

Exit code: 0 if everything can be read, 1 if something is missing for that, 3 if access fails,
8 if the Jira does not answer as it should.")]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    recording: Recording,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pub(in crate::cli) destination: Destination,
}

/// The JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Document {
    /// The version of the form of the document.
    version: u32,
    /// Where it is.
    place: String,
    /// What kind of place that is.
    kind: &'static str,
    /// Edition, version and build, where they are known.
    jira: Option<String>,
    /// Who signed in; `null` where nobody signs in.
    caller: Option<Caller>,
    /// Of a Jira Cloud: `field schemes` or `field configurations`, the way in which it says which fields issues have.
    fields: Option<&'static str>,
    /// Of a live Jira that is read through its database: where that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<Database>,
    /// How many projects the caller sees.
    projects: Option<usize>,
    /// What can be read, for people.
    reads: &'static str,
    /// What can be changed, for people.
    writes: &'static str,
    /// What can be done there.
    abilities: Can,
    /// What is missing for everything to be read.
    missing: Vec<Lack>,
    /// What else is worth to be known, for people.
    notes: Vec<String>,
}

/// What can be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Abilities"))]
#[serde(rename_all = "camelCase")]
struct Can {
    /// Whether a run is one transaction.
    atomic: bool,
    /// Whether it is changed only while Jira is stopped.
    offline: bool,
    /// Whether it remembers runs, so that they can be taken back.
    journal: bool,
    /// Of each kind of object or property with which not everything can be done, why not.
    cannot: Vec<Cannot>,
}

/// A part with which not everything can be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Cannot {
    /// The kind of object, or the property.
    part: String,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<&'static str>,
    /// Why none can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    create: Option<&'static str>,
    /// Why it cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    /// Why it cannot be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    remove: Option<&'static str>,
}

fn can(abilities: &Abilities) -> Can {
    let Abilities { atomic, offline, journal, .. } = *abilities;
    let cannot = abilities.parts().filter(|(_, own)| *own != Verbs::ALL).map(|(part, own)| {
        let [read, create, change, remove] =
            [own.read, own.create, own.change, own.remove].map(std::result::Result::err);
        Cannot { part, read, create, change, remove }
    });
    Can { atomic, offline, journal, cannot: cannot.collect() }
}

/// Who signed in.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Caller {
    /// The id of the account.
    id: String,
    /// What people see.
    name: String,
    /// The language in which Jira talks to the account.
    language: Option<String>,
    /// Whether the account has each permission.
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, bool>"))]
    permissions: serde_json::Map<String, serde_json::Value>,
}

/// The other door.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Database {
    /// Where it is.
    place: String,
    /// The address of the Jira, which both doors show alike.
    base_url: String,
    /// How many projects both show.
    projects: usize,
    /// The issue that was changed last, of which both show the same.
    issue: String,
}

/// Something that is missing.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Missing"))]
struct Lack {
    /// What.
    message: String,
    /// What to do about it.
    help: String,
}

pub(in crate::cli) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Fault> {
    let location = place::location(ui, arguments.instance.named())?;
    let session = Session::new(ui, &location, &arguments.recording)?;
    let checked = instance::check(&location, session.manner());
    session.finish(ui);
    arguments.recording.write(ui)?;
    let checked = checked?;
    let status = if checked.missing.is_empty() { Status::Fine } else { Status::Found };
    let place = location.to_string();
    match arguments.format {
        Format::Json => ui.json(&document(place, checked))?,
        Format::Text => show(ui, &place, &checked)?,
    }
    Ok(status)
}

fn document(place: String, checked: Checked) -> Document {
    let Checked { kind, jira, caller, fields, database, projects, reads, writes, abilities, missing, notes } =
        checked;
    let caller = caller.map(|own| Caller {
        id: own.id,
        name: own.name,
        language: own.language,
        permissions: own.permissions.into_iter().map(|(name, has)| (name, has.into())).collect(),
    });
    let missing = missing.into_iter().map(|Missing { what, help }| Lack { message: what, help }).collect();
    let database = database.map(|(place, OneJira { base_url, projects, issue })| Database {
        place,
        base_url,
        projects,
        issue,
    });
    Document {
        version: 1,
        place,
        kind,
        jira,
        caller,
        fields,
        database,
        projects,
        reads,
        writes,
        abilities: can(&abilities),
        missing,
        notes,
    }
}

fn show(ui: &Ui, place: &str, checked: &Checked) -> Result<(), Fault> {
    let mut table = Table::new(&["question", "answer"]);
    let mut row = |what: &str, value: &str| table.row([what.to_owned(), value.to_owned()]);
    row("kind", checked.kind);
    row("Jira", checked.jira.as_deref().unwrap_or("version unknown"));
    if let Some(caller) = &checked.caller {
        row("you", &format!("{} ({})", caller.name, caller.id));
        row("language", caller.language.as_deref().unwrap_or("unknown"));
        for (name, has) in &caller.permissions {
            row(name, if *has { "yes" } else { "no" });
        }
    }
    if let Some(fields) = checked.fields {
        row("fields by", fields);
    }
    if let Some((database, OneJira { projects, issue, .. })) = &checked.database {
        row("database", database);
        row("one Jira", &format!("yes: by the base URL, {}, and {issue}", plural(*projects, "project")));
    }
    if let Some(projects) = checked.projects {
        row("projects", &projects.to_string());
    }
    row("can be read", checked.reads);
    row("can be changed", checked.writes);
    let cannot = checked.abilities.parts().filter(|(_, own)| *own != Verbs::ALL).count();
    if cannot > 0 {
        row("not everything", &format!("of {}, which docs/rest.md lists", plural(cannot, "part")));
    }
    let mut text = format!("{}\n\n{}", bold(place), table.render());
    for Missing { what, help } in &checked.missing {
        text.push_str(&format!("\nmissing: {what}\n  {help}\n"));
    }
    ui.text(&text)?;
    checked.notes.iter().for_each(|note| ui.warning(note));
    Ok(())
}
