//! `pcfg issue create`, `edit`, `transition`, `comment`, `attach`, `link`: changes single issues, as a user of the Jira.
//!
//! Invariant: what is changed is changed through `pcfg_sync::Issues`, so that whoever tries something by hand sees what a synchronization
//! does.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pcfg_sync::{
    CommentChange, Edit, FileFacts, IssueFault, IssueKey, IssueState, Issues as _, LinkChange, LinkEnd,
    NewIssue, Parts, Restriction, Time, Transition, TypeFacts,
};

use super::super::place;
use super::super::place::who;
use super::super::place::whole::TimeZoneChoice;
use super::super::{Format, Instance, Status, Waiting};
use super::done::{Attached, Done};
use super::values::{Word, values};
use crate::fault::{Fault, Faults, Kind};
use crate::instance::{Embedded, EmbeddedIssues, Instance as _, Location, Opening, Scope};
use crate::model::near;
use crate::ui::Ui;

/// As whom something is done, and where.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct By {
    /// The user by whom it is done; the history will say so
    #[arg(long = "as", value_name = "USER")]
    user: String,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    zone: TimeZoneChoice,
    #[command(flatten)]
    waiting: Waiting,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Make an issue in an embedded instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue create DEMO --type Task 'summary=Renew the licence' 'description=It ends.' --as ada
  pcfg issue create DEMO --type Sub-task --parent DEMO-4 'summary=Ask the bank' --as ada
  pcfg issue create DEMO --type Bug 'summary=It stops' 'description=At noon.' versions=1.1 'Severity=Looks wrong' --as ada

A field is named as Jira shows it, or as its REST interface does: `summary`, `assignee`, `fixVersions`, `Severity`. For many
values the field is repeated. The issue gets what Jira gives one: the next number, the status with which its
workflow begins, a priority, an assignee.

Exit code: 0 if it is made, 3 if the project, the user, a field or a value is not there, 4 if Jira would
refuse it or the user may not do it, 5 if somebody else is writing.")]
pub(in crate::cli) struct CreateArguments {
    /// Key of the project
    #[arg(value_name = "KEY")]
    project: String,
    /// What fields are to hold
    #[arg(value_name = "FIELD=VALUE", required = true)]
    fields: Vec<Word>,
    /// Type of the issue
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// The issue of which it is to be a sub-task
    #[arg(long, value_name = "ISSUE")]
    parent: Option<String>,
    #[command(flatten)]
    by: By,
}

/// Change fields of an issue in an embedded instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue edit DEMO-4 'summary=The cart is empty' --as ada
  pcfg issue edit DEMO-4 'Severity=Looks wrong' assignee=grace --as ada
  pcfg issue edit DEMO-4 components=Cart components=Search --as ada   All that it is to have
  pcfg issue edit DEMO-4 'Region=Europe / Zürich' assignee= --as ada  A choice on two levels; nobody

Nothing behind the `=` takes the value away. Days are written `2026-04-01`, moments `2026-04-01T08:30:00Z`,
lengths of time `5400` (seconds) or `1h30m`. What is as it is to be is no change.

Exit code: 0 if it is so now, 3 if the issue, the user, a field or a value is not there, 4 if Jira would
refuse it or the user may not do it, 5 if somebody else is writing.")]
pub(in crate::cli) struct EditArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// What fields are to hold
    #[arg(value_name = "FIELD=VALUE", required = true)]
    fields: Vec<Word>,
    #[command(flatten)]
    by: By,
}

/// Take an issue of an embedded instance a step further in its workflow
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue transition DEMO-4 Start --as grace
  pcfg issue transition DEMO-4 'In Progress' --as grace    By the status to which one transition leads
  pcfg issue transition DEMO-4 Start --comment 'See the log.' --attach log.txt --as grace

Conditions and validators are not asked, and of the functions only those run that set the resolution.

Exit code: 0 if it was taken, 3 if there is no such transition, 4 if the user may not take it, 5 if
somebody else is writing.")]
pub(in crate::cli) struct TransitionArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// Name of the transition, or of the status to which it leads
    #[arg(value_name = "TRANSITION")]
    to: String,
    /// Comment on it at once
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    /// Attach a file at once; may be given several times
    #[arg(long = "attach", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
}

/// Add a comment to an issue of an embedded instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue comment DEMO-4 'It happens in Safari only.' --as grace
  pcfg issue comment DEMO-4 - --as grace < comment.txt         The text from standard input
  pcfg issue comment DEMO-4 'For us' --role Developers --as grace

Exit code: 0 if it is there, 3 if the issue, the user, the group or the role is not there, 4 if the user may not
do it, 5 if somebody else is writing.")]
pub(in crate::cli) struct CommentArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// What it is to say; `-` reads it from standard input
    #[arg(value_name = "TEXT")]
    text: String,
    /// Only those may see it who have this role in the project
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Only members of this group may see it
    #[arg(long, value_name = "GROUP", conflicts_with = "role")]
    group: Option<String>,
    #[command(flatten)]
    by: By,
}

/// Attach files to an issue of an embedded instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue attach DEMO-4 screenshot.png --as grace
  pcfg issue attach DEMO-4 log.txt trace.txt --as grace

The files are copied into `NAME.attachments` beside the instance NAME, in Jira's layout.

Exit code: 0 if all are attached, 3 if a file cannot be read or the issue is not there, 4 if the user may not do
it, 5 if somebody else is writing.")]
pub(in crate::cli) struct AttachArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
}

/// Link two issues of an embedded instance
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pcfg issue link DEMO-4 blocks DEMO-2 --as ada
  pcfg issue link DEMO-2 'is blocked by' DEMO-4 --as ada       The same, seen from the other end
  pcfg issue link DEMO-4 blocks DEMO-2 --remove --as ada

A link that is there already, or not there any more, is no error.

Exit code: 0 if it is so now, 3 if an issue or the type of links is not there, 4 if the user may not do it, 5 if
somebody else is writing.")]
pub(in crate::cli) struct LinkArguments {
    /// Key of the issue
    #[arg(value_name = "ISSUE")]
    key: String,
    /// What the issue does to the other one, as Jira shows it, or the name of the type of links
    #[arg(value_name = "WORDS")]
    words: String,
    /// Key of the other issue
    #[arg(value_name = "OTHER")]
    other: String,
    /// Take the link away
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    by: By,
}

pub(in crate::cli) fn create(ui: &Ui, arguments: &CreateArguments) -> Result<Status, Faults> {
    let mut issues = open(ui, &arguments.project, &arguments.by)?;
    let catalogue = issues.catalogue().map_err(told)?;
    let names = || catalogue.types.iter().map(|own| own.name.as_str());
    let Some(ty) = catalogue.types.iter().find(|own| own.name == arguments.kind) else {
        let message = format!("project {} has no issue type `{}`", arguments.project, arguments.kind);
        return Err(Fault::input(message)
            .hint_if(near(&arguments.kind, names()))
            .hint(format!("it has {}", listed(names())))
            .into());
    };
    let given = values(ty, &arguments.fields)?;
    let fields = given.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
    let parent = arguments.parent.clone().map(IssueKey);
    let new = NewIssue { kind: ty.name.clone(), parent, fields };
    let key = issues.create_plainly(&new).map_err(told)?;
    done(ui, &arguments.by, (&format!("{key}\n"), &format!("made {key}")), &Done::of(&key))
}

pub(in crate::cli) fn edit(ui: &Ui, arguments: &EditArguments) -> Result<Status, Faults> {
    let (mut issues, key) = open_at(ui, &arguments.key, &arguments.by)?;
    let state = state(&mut issues, &key, &arguments.by)?;
    let ty = type_of(&mut issues, &state)?;
    let edit = Edit { fields: values(&ty, &arguments.fields)? };
    let version = issues.update_plainly(&key, &edit).map_err(told)?;
    let changed = version != state.version;
    let said = if changed { format!("changed {key}") } else { format!("{key} is so already") };
    done(ui, &arguments.by, ("", &said), &Done { changed: Some(changed), ..Done::of(&key) })
}

pub(in crate::cli) fn transition(ui: &Ui, arguments: &TransitionArguments) -> Result<Status, Faults> {
    let (mut issues, key) = open_at(ui, &arguments.key, &arguments.by)?;
    let state = state(&mut issues, &key, &arguments.by)?;
    let ty = type_of(&mut issues, &state)?;
    let there: Vec<&Transition> = ty.transitions.iter().filter(|own| own.from == state.status).collect();
    let by_name = there.iter().find(|own| own.name == arguments.to);
    let mut by_status = there.iter().filter(|own| own.to == arguments.to);
    let way = match (by_name, by_status.next(), by_status.next()) {
        (Some(way), ..) | (None, Some(way), None) => *way,
        _ => {
            let from = &state.status;
            let names: Vec<String> =
                there.iter().map(|own| format!("{} (to {})", own.name, own.to)).collect();
            let all = if names.is_empty() {
                "no transition leads on".to_owned()
            } else {
                format!("there are {}", listed(names.iter().map(String::as_str)))
            };
            return Err(Fault::input(format!("{key} has no one transition `{}` from {from}", arguments.to))
                .hint(all)
                .into());
        }
    };
    issues.begin().map_err(told)?;
    issues.transition(&key, way).map_err(told)?;
    let (transition, status) = (Some(way.name.clone()), Some(way.to.clone()));
    let mut document = Done { transition, status, ..Done::of(&key) };
    if let Some(body) = &arguments.comment {
        let change = CommentChange::Add { body: body.clone(), restriction: None };
        document.comment = Some(issues.comment_plainly(&key, &change).map_err(told)?.0);
    }
    if !arguments.files.is_empty() {
        let attached: Result<Vec<_>, _> =
            arguments.files.iter().map(|path| attached(&mut issues, &key, path)).collect();
        document.attachments = attached?;
    }
    issues.commit().map_err(told)?;
    let said = format!("{key} is {} now", way.to);
    done(ui, &arguments.by, ("", &said), &document)
}

pub(in crate::cli) fn comment(ui: &Ui, arguments: &CommentArguments) -> Result<Status, Faults> {
    let (mut issues, key) = open_at(ui, &arguments.key, &arguments.by)?;
    let body = match arguments.text.as_str() {
        "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Fault::input("cannot read standard input").because(&error))?;
            text
        }
        text => text.to_owned(),
    };
    let role = arguments.role.clone().map(Restriction::Role);
    let restriction = role.or_else(|| arguments.group.clone().map(Restriction::Group));
    let change = CommentChange::Add { body, restriction };
    let handle = issues.comment_plainly(&key, &change).map_err(told)?;
    let said = format!("commented on {key}");
    done(ui, &arguments.by, ("", &said), &Done { comment: Some(handle.0), ..Done::of(&key) })
}

pub(in crate::cli) fn attach(ui: &Ui, arguments: &AttachArguments) -> Result<Status, Faults> {
    let (mut issues, key) = open_at(ui, &arguments.key, &arguments.by)?;
    issues.begin().map_err(told)?;
    let attached: Result<Vec<Attached>, _> =
        arguments.files.iter().map(|path| attached(&mut issues, &key, path)).collect();
    let attached = attached?;
    issues.commit().map_err(told)?;
    let said = match attached.len() {
        1 => format!("attached 1 file to {key}"),
        count => format!("attached {count} files to {key}"),
    };
    done(ui, &arguments.by, ("", &said), &Done { attachments: attached, ..Done::of(&key) })
}

/// Attaches a file; what is told of it.
fn attached(issues: &mut EmbeddedIssues, key: &IssueKey, path: &Path) -> Result<Attached, Fault> {
    let failed =
        |error: std::io::Error| Fault::input(format!("cannot read `{}`", path.display())).because(&error);
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Fault::input(format!("`{}` is not a file", path.display())));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mime = mime(&name).to_owned();
    let facts = FileFacts { name, mime, size: metadata.len(), sha256: None };
    let own = issues.attach_plainly(key, &facts, &mut file).map_err(told)?;
    Ok(Attached { id: own.handle.0, name: own.name, size: own.size, mime_type: own.mime })
}

pub(in crate::cli) fn link(ui: &Ui, arguments: &LinkArguments) -> Result<Status, Faults> {
    let (mut issues, key) = open_at(ui, &arguments.key, &arguments.by)?;
    let types = issues.catalogue().map_err(told)?.link_types;
    let words = &arguments.words;
    let outward = types.iter().find(|own| own.outward == *words || own.name == *words);
    let inward = types.iter().find(|own| own.inward == *words);
    let (kind, end) = match (outward, inward) {
        (Some(own), _) => (own, LinkEnd::Outward),
        (None, Some(own)) => (own, LinkEnd::Inward),
        (None, None) => {
            let all = || types.iter().flat_map(|own| [own.outward.as_str(), own.inward.as_str()]);
            return Err(Fault::input(format!("no type of links is called `{words}`"))
                .hint_if(near(words, all()))
                .hint(format!("there are {}", listed(all())))
                .into());
        }
    };
    let (there, to) = (!arguments.remove, IssueKey(arguments.other.clone()));
    let change = LinkChange { there, kind: kind.name.clone(), key: key.clone(), end, to: to.clone() };
    issues.link(&change).map_err(told)?;
    let told_words = if end == LinkEnd::Outward { &kind.outward } else { &kind.inward };
    let said = match there {
        true => format!("{key} {told_words} {to}"),
        false => format!("{key} {told_words} {to} no more"),
    };
    let (r#type, issue) = (Some(kind.name.clone()), Some(to.0));
    done(ui, &arguments.by, ("", &said), &Done { r#type, issue, there: Some(there), ..Done::of(&key) })
}

/// Opens the project of an issue.
fn open_at(ui: &Ui, key: &str, by: &By) -> Result<(EmbeddedIssues, IssueKey), Faults> {
    let project = key.rsplit_once('-').filter(|(_, number)| number.parse::<u64>().is_ok());
    let Some((project, _)) = project else {
        return Err(Fault::usage(format!("`{key}` is no key of an issue"))
            .hint("a key is that of a project and a number, as `TST-7`")
            .into());
    };
    Ok((open(ui, project, by)?, IssueKey(key.to_owned())))
}

/// Opens the issues of a project, as the user that is named.
fn open(ui: &Ui, project: &str, by: &By) -> Result<EmbeddedIssues, Faults> {
    let location = place::location(ui, by.instance.named())?;
    let path = location.path().filter(|path| !path.exists() || Embedded::is_at(path));
    let Some(path) = path else {
        let what = match &location {
            Location::Path(_) => "is none",
            _ => "is a Jira, or its database",
        };
        return Err(Fault::new(
            Kind::Refused,
            format!("issues are changed in embedded instances alone, and `{location}` {what}"),
        )
        .hint("a live Jira changes its issues itself; to try something, make an instance of a backup: `pcfg instance load BACKUP --into try.sqlite`")
        .into());
    };
    let mut embedded = Embedded::open(path)?;
    let reading = embedded.read(Scope::default(), &|_, _| {})?;
    let zone = by.zone.choose(&reading, &location)?;
    let (project, user) = (project.to_owned(), by.user.clone());
    let opening =
        Opening { project, user, who: who::who(), wait: by.waiting.most(), zone, clock: Box::new(now) };
    Ok(embedded.into_issues(opening).map_err(told)?)
}

#[allow(clippy::disallowed_methods, reason = "the history of an issue says when something was done")]
fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn state(issues: &mut EmbeddedIssues, key: &IssueKey, by: &By) -> Result<IssueState, Fault> {
    let found = issues.read(key, Parts::default()).map_err(told)?;
    found.ok_or_else(|| {
        told(IssueFault::NoIssue(key.clone())).hint(format!("or `{}` may not see it", by.user))
    })
}

fn type_of(issues: &mut EmbeddedIssues, state: &IssueState) -> Result<TypeFacts, Fault> {
    let types = issues.catalogue().map_err(told)?.types;
    types.into_iter().find(|own| own.name == state.kind).ok_or_else(|| {
        Fault::input(format!(
            "the project of {} does not offer issue type `{}` any more",
            state.key, state.kind
        ))
    })
}

/// Says what was done: `plain` is the result for people, beside a note.
fn done(ui: &Ui, by: &By, (plain, note): (&str, &str), document: &Done) -> Result<Status, Faults> {
    match by.format {
        Format::Text => {
            if !plain.is_empty() {
                ui.text(plain)?;
            }
            ui.note(note);
        }
        Format::Json => ui.json(document)?,
    }
    Ok(Status::Fine)
}

/// Returns why something was not done.
fn told(fault: IssueFault) -> Fault {
    let message = fault.to_string();
    match fault {
        IssueFault::NoIssue(key) => {
            let project = key.0.rsplit_once('-').map_or("KEY", |(project, _)| project);
            Fault::input(message).hint(format!("`pcfg issue list {project}` lists those that are there"))
        }
        IssueFault::Missing { .. } | IssueFault::Io(_) => Fault::input(message),
        IssueFault::Changed(_) => Fault::new(Kind::Changed, message).hint("try again"),
        IssueFault::Refused { .. } | IssueFault::Forbidden { .. } => Fault::new(Kind::Refused, message),
        IssueFault::Unavailable { .. } => {
            Fault::new(Kind::Busy, message).hint("try again, or wait for the other: `--wait 60`")
        }
    }
}

/// Returns names as a list in a sentence.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the type of a file by its name.
fn mime(name: &str) -> &'static str {
    const TYPES: [(&str, &str); 13] = [
        ("csv", "text/csv"),
        ("gif", "image/gif"),
        ("html", "text/html"),
        ("jpeg", "image/jpeg"),
        ("jpg", "image/jpeg"),
        ("json", "application/json"),
        ("log", "text/plain"),
        ("md", "text/markdown"),
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("txt", "text/plain"),
        ("xml", "application/xml"),
        ("zip", "application/zip"),
    ];
    let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_lowercase();
    TYPES.iter().find(|(own, _)| *own == end).map_or("application/octet-stream", |(_, ty)| ty)
}
