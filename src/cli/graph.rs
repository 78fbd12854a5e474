//! `pcfg graph`: pictures of workflows, and the map of what projects use.

use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};

use super::input::files;
use super::input::side::{self, Named, Selection};
use super::place::called;
use super::place::session::Recording;
use super::result::by_name;
use super::{Status, completions};
use crate::fault::{Fault, Faults};
use crate::graph::{Categories, Graph, dot, map, mermaid, svg, too_much, workflow};
use crate::model::{Element, Identity, near};
use crate::output::Content;
use crate::plan::Selector;
use crate::ui::Ui;

/// Draw a workflow, or the map of what projects use
///
/// With `--workflow`, the picture shows the steps of a workflow and the transitions between them, as Jira's own diagrams do: a
/// transition that can be used from every step comes from "All". Without it, the picture is the map of the projects: which scheme
/// uses which workflow, screen and field, directly or through others, and for which issue types and operations.
///
/// The same configuration always gives the same picture, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A file or folder, `REV:PATH` of git, `KEY@INSTANCE`, or `-` for standard input; with `-i` keys of projects, or nothing for all of them
    #[arg(value_name = "CONFIGURATION", value_hint = ValueHint::AnyPath, required_unless_present = "instance")]
    configuration: Vec<String>,
    /// Draw projects of this instance
    #[arg(short, long, value_name = "INSTANCE", add = completions::instances())]
    instance: Option<String>,
    /// Draw this workflow
    #[arg(short, long, value_name = "NAME")]
    workflow: Option<String>,
    /// Draw the draft of the workflow
    #[arg(long, requires = "workflow")]
    draft: bool,
    /// Draw only objects like this, and projects, on a map; what they are used through is left out (repeatable)
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds(), conflicts_with = "workflow")]
    only: Vec<Selector>,
    /// Leave objects like this out of a map; what they use stands in their places (repeatable)
    #[arg(long, value_name = "KIND[:NAME]", value_parser = Selector::parse, add = completions::kinds(), conflicts_with = "workflow")]
    skip: Vec<Selector>,
    /// The format of the picture; the default is that of the name of the file, or Mermaid
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the picture into this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Arguments {
    /// Returns whether an object is on the map.
    fn draws(&self, object: &Identity) -> bool {
        (self.only.is_empty() || self.only.iter().any(|own| own.selects(object)))
            && !self.skip.iter().any(|own| own.selects(object))
    }
}

/// A form of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text that GitHub, GitLab and many wikis draw (.mmd)
    Mermaid,
    /// Text for Graphviz (.dot, .gv)
    Dot,
    /// A drawing (.svg)
    Svg,
}

const EXAMPLES: &str = "\
Examples:
  pcfg graph TST.xml                                      What the projects of a file use
  pcfg graph TST.xml --only workflow --only screen        Their workflows and screens alone
  pcfg graph TST.xml --workflow 'Support Workflow'        A workflow, for a wiki
  pcfg graph TST.xml -w Support -o support.svg
  pcfg graph TST -i production -w Support --format dot | dot -Tpdf > support.pdf
  pcfg graph HEAD~1:TST.xml --format svg > map.svg        As it was one commit ago

Exit code: 0; 3 if something cannot be read, or there is no such workflow.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    let format = match (arguments.format, &arguments.output) {
        (Some(format), _) => format,
        (None, output) => unnamed(output.as_deref())?,
    };
    let output = files::output(arguments.output.as_ref(), Content::Picture)?;
    let roots = match (&arguments.instance, &arguments.configuration[..]) {
        (Some(instance), keys) => {
            exported(ui, keys, side::Where::Option(Some(instance), &Recording::none()))?
        }
        (None, [one]) => roots(ui, &Named::parse(one)?)?,
        (None, _) => {
            return Err(Fault::usage("several configurations are named, and one is drawn")
                .hint("name a folder, or projects of an instance: `pcfg graph TST OPS -i NAME`")
                .into());
        }
    };
    let graph = match &arguments.workflow {
        None => map(&roots, &|own| arguments.draws(own)),
        Some(name) => of_workflow(&roots, name, arguments.draft)?,
    };
    let text = match format {
        Format::Mermaid => mermaid(&graph),
        Format::Dot => dot(&graph),
        Format::Svg => svg(&graph),
    };
    if format == Format::Mermaid
        && let Some(why) = too_much(&text)
    {
        ui.warning(&format!("most sites will not draw this: {why}; `--format svg` has no such limit"));
    }
    match &output {
        Some(output) => output.write(&|out| out.write_all(text.as_bytes()))?,
        None => ui.data(text.as_bytes())?,
    }
    Ok(Status::Fine)
}

/// Returns the form of a picture of which neither `--format` nor the name of its file says it.
fn unnamed(output: Option<&Path>) -> Result<Format, Fault> {
    let Some(extension) = output.and_then(by_name::extension).filter(|own| !own.is_empty()) else {
        return Ok(Format::Mermaid);
    };
    let message = format!("a picture cannot be written as `.{extension}`");
    Err(Fault::usage(message)
        .hint("`.svg` is a drawing, `.dot` and `.gv` are texts for Graphviz, `.mmd` is Mermaid, which goes into a block ```mermaid of Markdown")
        .hint(format!("for any other name, say what it is to be: {}", called::again(None, "--format svg"))))
}

/// Returns the trees of what is to be drawn.
fn roots(ui: &Ui, named: &Named) -> Result<Vec<Element>, Faults> {
    match named {
        Named::Live { keys, instance } => {
            exported(ui, keys, side::Where::Other(instance, &Recording::none()))
        }
        named => side::roots(ui, &side::load(named)?.unwrap_or_default(), "draw"),
    }
}

/// Returns the tree of projects of an instance.
fn exported(ui: &Ui, keys: &[String], place: side::Where<'_>) -> Result<Vec<Element>, Faults> {
    let config = side::export(ui, (keys, place), &Selection::default(), None)?;
    Ok(vec![config.root().clone()])
}

fn of_workflow(roots: &[Element], name: &str, draft: bool) -> Result<Graph, Fault> {
    let objects = || roots.iter().flat_map(Element::children).flat_map(Element::children);
    let workflows = || objects().filter(|object| object.tag() == "workflowEntry");
    let names = || workflows().filter_map(|own| own.text_of("name"));
    let Some(entry) = workflows().find(|own| own.text_of("name") == Some(name)) else {
        let hint = near(name, names()).unwrap_or_else(|| {
            let all: Vec<String> = names().map(|name| format!("`{name}`")).collect();
            if all.is_empty() { "it has none".to_owned() } else { format!("it has {}", all.join(", ")) }
        });
        return Err(Fault::input(format!("the configuration has no workflow `{name}`")).hint(hint));
    };
    let mut categories = Categories::default();
    objects().for_each(|object| categories.add(object));
    if !draft {
        if entry.get("builtIn").is_some() {
            return Err(Fault::input(format!(
                "`{name}` is Jira's own workflow, whose steps are not stored in an instance"
            )));
        }
        return Ok(workflow(entry, &categories));
    }
    match entry.get("draft") {
        Some(draft) => {
            let mut graph = workflow(draft, &categories);
            graph.title = format!("{name} (draft)");
            Ok(graph)
        }
        None => Err(Fault::input(format!("the workflow `{name}` has no draft")).hint("leave `--draft` out")),
    }
}
