//! Boards are made and deleted; what else they hold is written by their settings page.

use serde_json::{Value, json};

use super::{Done, Written, at_most, id, nothing, text};
use crate::areas::projects;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/rest/agile/1.0/board", add).signed_in(),
    write("DELETE", "/rest/agile/1.0/board/{boardId}", delete),
];

/// The tables whose rows belong to a board.
const PARTS: [&str; 12] = [
    "ao_60db71_boardadmins",
    "ao_60db71_cardcolor",
    "ao_60db71_cardlayout",
    "ao_60db71_column",
    "ao_60db71_detailviewfield",
    "ao_60db71_estimatestatistic",
    "ao_60db71_quickfilter",
    "ao_60db71_statsfield",
    "ao_60db71_subquery",
    "ao_60db71_swimlane",
    "ao_60db71_trackingstatistic",
    "ao_60db71_workingdays",
];

fn add(call: &Call<'_>) -> Written {
    let known: &[&str] = if call.is_cloud() {
        &["name*", "type*", "filterId*", "location"]
    } else {
        &["name*", "type*", "filterId*"]
    };
    call.members(known)?;
    let (name, filter) = (text(&call.body, "name")?.unwrap_or_default(), id(&call.body, "filterId"));
    at_most("name", Some(name), 254)?;
    let filter = filter.unwrap_or_default();
    call.got(&format!("/filter/{filter}")).map_err(|refusal| refusal.with_status(404))?;
    let is_scrum = match text(&call.body, "type")? {
        Some("scrum") => true,
        Some("kanban") => false,
        _ => return Err(Refusal::of("type", "The type of the board is not valid.")),
    };
    if let Some(project) = id(&call.body["location"], "projectKeyOrId") {
        projects::find(call, &project)?;
    }
    let board = insert(call, name, &filter, is_scrum, &call.site.people()?.caller().key)?;
    Ok(Done::created(call.got(&format!("/rest/agile/1.0/board/{board}"))?))
}

/// Makes a board as Jira makes it: with columns by the categories of statuses, a swimlane and quick filters.
pub(super) fn insert(
    call: &Call<'_>,
    name: &str,
    filter: &str,
    is_scrum: bool,
    owner: &str,
) -> Result<String, Refusal> {
    let strategy = if is_scrum { "custom" } else { "none" };
    let board = call.insert(
        "ao_60db71_rapidview",
        json!({
            "name": name,
            "saved_filter_id": filter,
            "owner_user_name": owner,
            "sprints_enabled": is_scrum.to_string(),
            "swimlane_strategy": strategy,
            "card_color_strategy": "none",
            "show_days_in_column": "false",
            "show_epic_as_panel": "true",
            "old_done_issues_cutoff": if is_scrum { "NONE" } else { "-2w" },
            "refined_velocity_active": "true",
        }),
    )?;
    call.insert("ao_60db71_boardadmins", json!({"rapid_view_id": board, "key": owner, "type": "USER"}))?;
    let columns = [
        ("gh.workflow.preset.todo", 2),
        ("gh.workflow.preset.inprogress", 4),
        ("gh.workflow.preset.done", 3),
    ];
    for (place, (name, category)) in columns.into_iter().enumerate() {
        let column =
            call.insert("ao_60db71_column", json!({"rapid_view_id": board, "name": name, "pos": place}))?;
        let statuses: Vec<String> = {
            let table = call.table("issuestatus")?;
            let own = table.all().filter(|row| row.number("statuscategory") == Some(category));
            own.map(|row| row.id().to_owned()).collect()
        };
        for (place, status) in statuses.into_iter().enumerate() {
            call.insert(
                "ao_60db71_columnstatus",
                json!({"column_id": column, "status_id": status, "pos": place}),
            )?;
        }
    }
    let with = |mut row: Value| {
        row["rapid_view_id"] = json!(board);
        row
    };
    let quick = [
        ("gh.rapid.quickfilters.only.my.issues", "assignee = currentUser()"),
        ("gh.rapid.quickfilters.recently.updated", "updatedDate >= -1d"),
    ];
    for (place, (name, query)) in quick.into_iter().enumerate() {
        let row = json!({
            "name": name, "long_query": query, "description": format!("{name}.desc"), "pos": place,
        });
        call.insert("ao_60db71_quickfilter", with(row))?;
    }
    let lane = json!({"name": "gh.rapid.swimlane.default.name", "default_lane": "true", "pos": 0});
    call.insert("ao_60db71_swimlane", with(lane))?;
    call.insert("ao_60db71_estimatestatistic", with(json!({"type_id": "none"})))?;
    call.insert("ao_60db71_trackingstatistic", with(json!({"type_id": "none"})))?;
    call.insert("ao_60db71_statsfield", with(json!({"type_id": "none"})))?;
    Ok(board)
}

/// Deletes the rows of a board.
pub(super) fn remove(call: &Call<'_>, board: &str) -> Result<(), Refusal> {
    let inner = [
        ("ao_60db71_column", "ao_60db71_columnstatus", "column_id"),
        ("ao_60db71_workingdays", "ao_60db71_nonworkingday", "working_days_id"),
    ];
    for (outer, table, column) in inner {
        let ids: Vec<String> = {
            let outer = call.table(outer)?;
            outer.with("rapid_view_id", board).map(Row::id).map(str::to_owned).collect()
        };
        for id in ids {
            call.delete(table, json!({column: id}))?;
        }
    }
    for table in PARTS {
        call.delete(table, json!({"rapid_view_id": board}))?;
    }
    call.delete("ao_60db71_rapidview", json!({"id": board}))?;
    Ok(())
}

fn delete(call: &Call<'_>) -> Written {
    call.got(&format!("/rest/agile/1.0/board/{}", call.part(0)))?;
    remove(call, call.part(0))?;
    nothing()
}
