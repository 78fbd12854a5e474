//! Whether the velocity chart of a board is the refined one, which an endpoint of its own tells on Data Center.
//!
//! Invariant: what was not answered, or not asked, is told as unknown and never as off. A Kanban board has no such chart, and is not
//! asked about.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::endpoint::agile;
use super::reader::Reader;
use crate::rest::{Edition, Failure};

/// What the endpoint answers.
#[derive(Debug, Deserialize)]
struct Setting {
    value: bool,
}

/// A board: its id, its name, and whether it is a Scrum board.
pub(super) type Chart = (String, String, bool);

/// Returns whether an edition tells it at all (`ability.rs`).
pub(super) fn is_told(edition: Edition) -> bool {
    edition == Edition::DataCenter
}

/// Adds to the rows of boards what is told of their charts.
pub(super) fn read(reader: &mut Reader<'_>, charts: &[Chart]) -> Result<(), Failure> {
    if !is_told(reader.edition) {
        return Ok(());
    }
    let (scrum, kanban): (Vec<_>, Vec<_>) = charts.iter().partition(|(.., is_scrum)| *is_scrum);
    for (_, name, _) in kanban {
        let why = "Jira has a velocity chart for Scrum boards only";
        reader.untold(agile::REFINED_VELOCITY.tells, name, why);
    }
    let ask =
        |reader: &Reader<'_>, (id, name, _): &Chart| reader.about(&agile::REFINED_VELOCITY, &[id], name);
    let asks: Vec<_> = scrum.iter().map(|own| ask(reader, own)).collect();
    reader.fetch(asks)?;
    let mut told = BTreeMap::new();
    for own in scrum {
        let ask = ask(reader, own);
        if let Some(Setting { value }) = reader.one(&ask) {
            told.insert(own.0.clone(), if value { "true" } else { "false" });
        }
    }
    reader.put("AO_60DB71_RAPIDVIEW", "REFINED_VELOCITY_ACTIVE", &told);
    Ok(())
}
