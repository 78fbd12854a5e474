//! `pcfg schema`: prints the schema of configuration files.

use super::Status;
use super::destination::Destination;
use crate::fault::Faults;
use crate::schema::XSD;
use crate::ui::Ui;

/// Print the XML Schema of configuration files, for editors and validators
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) destination: Destination,
}

const EXAMPLES: &str = "\
Examples:
  pcfg schema > projectConfig.xsd
  xmllint --noout --schema projectConfig.xsd TST.xml

An editor finds the schema if the root of a file says where it is:
  <projectConfig xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"
      xsi:noNamespaceSchemaLocation=\"projectConfig.xsd\" formatVersion=\"1\">
`pcfg format` keeps that, and comparisons ignore it. Exit code: 0 if
the schema is printed, 7 if not.";

pub(super) fn run(ui: &Ui, _: &Arguments) -> Result<Status, Faults> {
    ui.data(XSD.as_bytes())?;
    Ok(Status::Fine)
}
