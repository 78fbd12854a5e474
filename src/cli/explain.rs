//! `pcfg explain`: says where an object is used, what it uses, and what breaks when it changes or goes.

use clap::ValueHint;
use serde::Serialize;

use super::input::side::{self, Named, Selection};
use super::place;
use super::place::session::Recording;
use super::place::unseen;
use super::result::destination::Destination;
use super::{Format, Instance, Status};
use crate::fault::{Fault, Faults};
use crate::instance::{LookedAt, Scope, Wanted};
use crate::model::{Facts, Snapshot};
use crate::ui::{Ui, explanation_text};
use crate::usage::{Explanation, NotFound, Uses};

/// Show where an object is used, what it uses, and what breaks if it is changed or removed
///
/// What uses the object is shown as trees that end with the projects. Names in the JQL of filters and boards count,
/// and so do the projects that contexts and shares list.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The object: its name, or `KIND:NAME` (the beginning of the kind is enough)
    #[arg(value_name = "NAME")]
    name: String,
    /// A configuration instead of an instance: a file, a folder, `REV:PATH`, `KEY@INSTANCE`, or `-` for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    file: Option<String>,
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    recording: Recording,
    /// How many links to follow from the object
    #[arg(long, value_name = "LINKS", value_parser = clap::value_parser!(u8).range(1..=64))]
    depth: Option<u8>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    pub(super) destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  pcfg explain Severity -i backup.zip      Which screens, schemes and projects use the field
  pcfg explain status:Open TST.xml         Of several objects called Open, the status
  pcfg explain 'workflow:TST Workflow'     The beginning of a kind is enough
  pcfg explain group:developers --depth 1  Only what uses it directly
  pcfg explain Severity --format json | jq -r '.projects[]'

A file shows only what is in it; an instance shows everything, including what issues use. Exit
code: 0 if the object is found, 3 if not, or if several have the name.";

/// The JSON document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Report<'a> {
    /// The version of the form of the document.
    version: u32,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    match &arguments.file {
        Some(_) if arguments.instance.is_typed() => {
            Err(Fault::usage("both a file and an instance are given")
                .hint("leave one out: `-i` is for a whole instance, FILE for what the file contains")
                .into())
        }
        Some(word) => match Named::parse(word)? {
            Named::Live { keys, instance } => {
                let named = (&keys[..], side::Where::Other(&instance, &arguments.recording));
                let config = side::export(ui, named, &Selection::default(), None);
                arguments.recording.write(ui)?;
                let config = config?;
                show(ui, arguments, &Uses::of_roots(std::slice::from_ref(config.root())), None)
            }
            named => {
                let roots = side::roots(ui, &side::load(&named)?.unwrap_or_default(), "explain")?;
                show(ui, arguments, &Uses::of_roots(&roots), None)
            }
        },
        None => {
            let instance = place::open(ui, arguments.instance.named(), &arguments.recording)?;
            let scope = Scope { usage: true, ..Scope::default() };
            let name = arguments.name.clone();
            let wanted = Wanted::looks(move |snapshot| looked_at(snapshot, &name));
            let reading = instance.read(ui, scope, wanted)?;
            unseen::tell(ui, &reading.snapshot.unseen);
            let facts = reading.facts();
            let uses = Uses::of_snapshot(&reading.snapshot);
            show(ui, arguments, &uses, Some(&facts))?;
            if let Some(object) = uses.find(&arguments.name).ok().and_then(|id| uses.object_of(id)) {
                unseen::tell_unasked(ui, &reading.snapshot.unseen, [object.kind]);
            }
            Ok(Status::Fine)
        }
    }
}

/// Returns the object that has to be known whole: that of the name, or all if it may be a part of one.
fn looked_at(snapshot: &Snapshot, name: &str) -> LookedAt {
    let uses = Uses::of_snapshot(snapshot);
    match uses.find(name) {
        Ok(id) => LookedAt::Objects(uses.object_of(id).cloned().into_iter().collect()),
        Err(NotFound::None { .. }) => LookedAt::All,
        Err(NotFound::Several(_) | NotFound::NoKind { .. }) => LookedAt::Objects(Vec::new()),
    }
}

fn show(ui: &Ui, arguments: &Arguments, uses: &Uses<'_>, facts: Option<&Facts>) -> Result<Status, Faults> {
    let id = uses.find(&arguments.name).map_err(|error| not_found(&arguments.name, error))?;
    let explanation = uses.explain(id, facts, arguments.depth.map(usize::from));
    match arguments.format {
        Format::Text => ui.text(&explanation_text(&explanation))?,
        Format::Json => ui.json(&Report { version: 1, explanation: &explanation })?,
    }
    Ok(Status::Fine)
}

pub(super) fn not_found(name: &str, error: NotFound) -> Fault {
    /// Choices that are told at most.
    const SHOWN: usize = 20;
    match error {
        NotFound::None { hint } => Fault::input(format!("there is no object `{name}`")).hint(
            hint.unwrap_or_else(|| "name it as in an export: `KIND:NAME`, such as `status:Open`".to_owned()),
        ),
        NotFound::NoKind { kind, hint } => Fault::input(format!(
            "there is no object `{name}`, and no kind `{kind}`"
        ))
        .hint(hint.unwrap_or_else(|| "kinds are the tags in an export: `status`, `customField`".to_owned())),
        NotFound::Several(choices) => {
            let fault = Fault::input(format!("{} objects are called `{name}`", choices.len()));
            let more = choices.len().saturating_sub(SHOWN);
            let fault = choices
                .iter()
                .take(SHOWN)
                .fold(fault, |fault, choice| fault.hint(format!("name it `{choice}`")));
            if more > 0 {
                fault.hint(format!("or one of {more} more: name the kind, as in `status:{name}`"))
            } else {
                fault
            }
        }
    }
}
