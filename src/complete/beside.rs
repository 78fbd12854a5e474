//! What issues need beside them: sprints, and places in the line of ranks.
//!
//! Invariant: of several sprints of one name the order in which they were made stays; ranks keep their order, behind all others.

use std::collections::BTreeMap;

use super::{Error, Source};
use crate::data::{Keys, NextIds, NoRank, Notes, RankLine, Target, milliseconds, sprint_name};
use crate::entity::{DataRow, DataTable};
use crate::instance::Whole;
use crate::model::Name;
use crate::schema::DUPLICATE;

/// Returns the rows of the sprints that are new, and the ids of all.
pub(super) fn sprints(
    source: &mut Source,
    (target, closes): (&Target<'_>, bool),
    (mut ids, there): (BTreeMap<Name, String>, &Whole),
    next: &mut NextIds,
    (refused, told): (&mut Notes, &mut Notes),
) -> Result<(Vec<DataRow>, BTreeMap<Name, String>), Error> {
    let mut rows = Vec::new();
    let mut all = source.sprints()?;
    // Of several of one name the first one has to get the lowest id: the age is what tells them apart.
    all.sort_by_key(|own| own.attribute_named(DUPLICATE).and_then(|number| number.parse::<u64>().ok()));
    for sprint in all {
        let name = sprint_name(&sprint);
        if ids.contains_key(&name) {
            continue;
        }
        let board = sprint.get("board");
        let board_id = board.and_then(|board| target.board(board));
        let Some(board_id) = board_id else {
            refused.add("boards of sprints are missing", || name.text.clone());
            continue;
        };
        let mut state = sprint.text_of("state").unwrap_or_default();
        let mut completed = sprint.text_of("completed");
        match state == "active" && there.has_running_sprint(board_id) {
            true if closes => {
                // One that is closed says when; nobody knows better than when it was to end.
                state = "closed";
                completed = completed.or(sprint.text_of("end")).or(sprint.text_of("start"));
                told.add("sprints run on boards on which another one runs, and come as closed", || {
                    name.text.clone()
                });
            }
            true => refused.add(
                "sprints run on boards on which another one runs: complete that first, or add `--close-sprints`",
                || name.text.clone(),
            ),
            false => {}
        }
        let id = next.take("AO_60DB71_SPRINT");
        let mut row = DataRow::new(DataTable::named("AO_60DB71_SPRINT"));
        let stored = |text: &str| milliseconds(text).map(|own| own.to_string());
        let moment = |tag: &str| sprint.text_of(tag).and_then(stored);
        row.set("ID", Some(&id));
        row.set("NAME", sprint.text_of("name"));
        row.set("RAPID_VIEW_ID", Some(board_id));
        row.set("STARTED", Some(if state == "future" { "false" } else { "true" }));
        row.set("CLOSED", Some(if state == "closed" { "true" } else { "false" }));
        row.set("GOAL", sprint.text_of("goal"));
        row.set("START_DATE", moment("start").as_deref());
        row.set("END_DATE", moment("end").as_deref());
        row.set("COMPLETE_DATE", completed.and_then(stored).as_deref());
        row.set("SEQUENCE", sprint.text_of("sequence"));
        rows.push(row);
        ids.insert(name, id);
    }
    Ok((rows, ids))
}

/// Returns the rows of the ranks.
pub(super) fn ranks<'p>(
    source: &mut Source,
    (target, keys): (&Target<'_>, &Keys),
    projects: impl Iterator<Item = &'p String>,
    mut line: RankLine,
    next: &mut NextIds,
    (refused, told): (&mut Notes, &mut Notes),
) -> Result<Vec<DataRow>, Error> {
    let mut rows = Vec::new();
    for project in projects {
        for key in source.ranks(project)? {
            if rows.is_empty()
                && let Some(field) = target.rank_field()
            {
                rows.extend(line.begin(field));
            }
            let Some(id) = keys.id(&key) else { continue };
            match line.next(&id.to_string()) {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => told.add("ranks are left out: the place has no field for them", || key.clone()),
                Err(NoRank::Rebalancing) => {
                    refused.add("ranks cannot be given while Jira gives all issues new ones", || key.clone());
                }
                Err(NoRank::Full) => {
                    refused
                        .add("ranks cannot be given: there is no room behind the last one", || key.clone());
                }
            }
        }
    }
    for row in &mut rows {
        row.set("ID", Some(&next.take("AO_60DB71_LEXORANK")));
    }
    Ok(rows)
}
