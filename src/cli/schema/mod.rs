//! `pcfg schema`: prints the schemas of what pcfg reads and writes.

pub(super) mod list;
#[cfg(test)]
mod tests;

use clap::builder::PossibleValuesParser;

use self::list::{ALL, CONFIGURATION, named};
use super::Status;
use super::result::destination::Destination;
use crate::fault::{Fault, Faults};
use crate::ui::{Table, Ui};

/// Print the schema of configuration files, of pcfg.toml, or of what a command writes with `--format json`
///
/// Those of configuration files and issue data are XML Schemas, all others are JSON Schemas (draft 7).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Which schema
    #[arg(value_name = "NAME", default_value = CONFIGURATION, hide_possible_values = true, value_parser = PossibleValuesParser::new(ALL.iter().map(|own| own.name)))]
    name: String,
    /// List all schemas and what they describe
    #[arg(short, long, exclusive = true)]
    list: bool,
    #[command(flatten)]
    pub(super) destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  pcfg schema -o projectConfig.xsd          The form of configuration files
  xmllint --noout --schema projectConfig.xsd TST.xml
  pcfg schema --list                        Which schemas there are
  pcfg schema pcfg -o pcfg.schema.json      The form of pcfg.toml
  pcfg schema plan                          What `pcfg import --simulate --format json` writes

An editor finds the schema if the root of a file says where it is:
  <projectConfig xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"
      xsi:noNamespaceSchemaLocation=\"projectConfig.xsd\" formatVersion=\"1\">
`pcfg format` keeps that, and comparisons ignore it. Editors that know TOML (Taplo, Even Better
TOML) find that of pcfg.toml by its first line, which `pcfg init` writes:
  #:schema ./pcfg.schema.json
Exit code: 0 if the schema is printed, 7 if not.";

pub(super) fn run(ui: &Ui, arguments: &Arguments) -> Result<Status, Faults> {
    if arguments.list {
        let mut table = Table::new(&["schema", "describes"]);
        for own in ALL {
            table.row([own.name.to_owned(), own.about.replace('`', "")]);
        }
        ui.text(&table.render())?;
        return Ok(Status::Fine);
    }
    // The parser has let no other name through.
    let Some(own) = named(&arguments.name) else {
        return Err(Fault::usage(format!("there is no schema `{}`", arguments.name)).into());
    };
    ui.data(own.text.as_bytes())?;
    Ok(Status::Fine)
}
