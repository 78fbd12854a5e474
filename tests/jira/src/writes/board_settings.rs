//! Boards are changed as their own settings page changes them: not a published interface, and the only one that can.
//!
//! Invariant: a status is in one column at most, one swimlane is the default and stays, and a view has three fields at most.

use serde_json::{Value, json};

use super::move_in::moved;
use super::{Done, Written, changes, id, list, members, nothing, text};
use crate::areas::fields;
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/name", set_name),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/filter", set_filter),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/columns", set_columns),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/estimation", set_estimation),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/swimlaneStrategy", set_swimlane_strategy),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/boardadmins", set_administrators),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/showDaysInColumn", set_days_in_column),
    write("PUT", "/rest/greenhopper/1.0/rapidviewconfig/workingdays", set_working_days),
    write("PUT", "/rest/greenhopper/1.0/subqueries/{board}", set_sub_query),
    write("POST", "/rest/greenhopper/1.0/swimlanes/{board}", add_swimlane),
    write("PUT", "/rest/greenhopper/1.0/swimlanes/{board}/{id}", change_swimlane),
    write("DELETE", "/rest/greenhopper/1.0/swimlanes/{board}/{id}", delete_swimlane),
    write("POST", "/rest/greenhopper/1.0/swimlanes/{board}/{id}/move", move_swimlane),
    write("POST", "/rest/greenhopper/1.0/quickfilters/{board}", add_quick_filter),
    write("PUT", "/rest/greenhopper/1.0/quickfilters/{board}/{id}", change_quick_filter),
    write("DELETE", "/rest/greenhopper/1.0/quickfilters/{board}/{id}", delete_quick_filter),
    write("POST", "/rest/greenhopper/1.0/quickfilters/{board}/{id}/move", move_quick_filter),
    write("POST", "/rest/greenhopper/1.0/cardlayout/{board}/{mode}/field", add_card_field),
    write("DELETE", "/rest/greenhopper/1.0/cardlayout/{board}/{mode}/field/{id}", delete_card_field),
    write("POST", "/rest/greenhopper/1.0/detailviewfield/{board}/field", add_detail_field),
    write("DELETE", "/rest/greenhopper/1.0/detailviewfield/{board}/field/{id}", delete_detail_field),
    write("POST", "/rest/greenhopper/1.0/detailviewfield/{board}/field/{id}/move", move_detail_field),
];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[write("PUT", "/rest/agile/1.0/board/{boardId}/settings/refined-velocity", set_velocity)];

const BOARDS: &str = "ao_60db71_rapidview";
const COLUMNS: &str = "ao_60db71_column";
const STATUSES: &str = "ao_60db71_columnstatus";
const LANES: &str = "ao_60db71_swimlane";
const QUICK: &str = "ao_60db71_quickfilter";
const CARDS: &str = "ao_60db71_cardlayout";
const DETAILS: &str = "ao_60db71_detailviewfield";

/// Returns the board that the body or the address names.
fn board(call: &Call<'_>) -> Result<String, Refusal> {
    let said = id(&call.body, "rapidViewId").or_else(|| id(&call.body, "id"));
    let board = if call.part(0).is_empty() { said.unwrap_or_default() } else { call.part(0).to_owned() };
    call.must_exist(BOARDS, "board", &board)?;
    Ok(board)
}

/// Takes settings that have no reply of their own.
fn done() -> Written {
    Ok(Done::ok(json!({})))
}

fn set_name(call: &Call<'_>) -> Written {
    call.members(&["id*", "name*"])?;
    call.update(BOARDS, &board(call)?, json!({"name": call.body["name"]}))?;
    done()
}

fn set_filter(call: &Call<'_>) -> Written {
    call.members(&["id*", "savedFilterId*"])?;
    let filter = id(&call.body, "savedFilterId").unwrap_or_default();
    call.must_be_known("searchrequest", "filter", &filter)?;
    call.update(BOARDS, &board(call)?, json!({"saved_filter_id": filter}))?;
    done()
}

/// Returns the ids of the rows of a board, in order.
fn rows_of(call: &Call<'_>, table: &str, board: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table(table)?;
    let own = Table::ordered(table.with("rapid_view_id", board), "pos");
    Ok(own.into_iter().map(Row::id).map(str::to_owned).collect())
}

fn set_columns(call: &Call<'_>) -> Written {
    call.members(&["rapidViewId*", "currentStatisticsField", "mappedColumns*"])?;
    let board = board(call)?;
    let old = rows_of(call, COLUMNS, &board)?;
    let mapped = call.body["mappedColumns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_backlog = {
        let table = call.table(BOARDS)?;
        table.by_id(&board).is_some_and(|row| row.is_true("kan_plan_enabled"))
    };
    if has_backlog && !mapped.iter().any(|column| column["isKanPlanColumn"] == true) {
        return Err(Refusal::new(400, "The backlog column cannot be removed."));
    }
    let (mut seen, mut kept) = (Vec::new(), Vec::new());
    for (place, said) in mapped.iter().enumerate() {
        members(said, &["id", "name*", "min", "max", "isKanPlanColumn", "mappedStatuses*"])?;
        let limit =
            |name: &str| id(said, name).filter(|limit| !limit.is_empty()).map(|limit| format!("{limit}.0"));
        let columns = json!({
            "name": said["name"], "pos": place, "minim": limit("min"), "maxim": limit("max"),
        });
        let column = match id(said, "id") {
            Some(own) if old.contains(&own) => {
                call.update(COLUMNS, &own, columns)?;
                own
            }
            Some(own) => return Err(Refusal::unknown("column", &own)),
            None => {
                let mut columns = columns;
                columns["rapid_view_id"] = json!(board);
                call.insert(COLUMNS, columns)?
            }
        };
        call.delete(STATUSES, json!({"column_id": column}))?;
        for (place, status) in said["mappedStatuses"].as_array().into_iter().flatten().enumerate() {
            let status = id(status, "id").unwrap_or_default();
            call.must_be_known("issuestatus", "status", &status)?;
            if seen.contains(&status) {
                return Err(Refusal::new(400, "A status can be in one column only."));
            }
            call.insert(STATUSES, json!({"column_id": column, "status_id": status, "pos": place}))?;
            seen.push(status);
        }
        kept.push(column);
    }
    for gone in old.iter().filter(|column| !kept.contains(column)) {
        call.delete(STATUSES, json!({"column_id": gone}))?;
        call.delete(COLUMNS, json!({"id": gone}))?;
    }
    if let Some(field) = id(&call.body["currentStatisticsField"], "id") {
        let kind = field.trim_end_matches('_');
        set_statistic(call, "ao_60db71_statsfield", &board, json!({"type_id": kind}))?;
    }
    done()
}

/// Sets what a board counts with.
fn set_statistic(call: &Call<'_>, table: &str, board: &str, row: Value) -> Result<(), Refusal> {
    call.delete(table, json!({"rapid_view_id": board}))?;
    let mut row = row;
    row["rapid_view_id"] = json!(board);
    call.insert(table, row)?;
    Ok(())
}

fn set_estimation(call: &Call<'_>) -> Written {
    call.members(&["rapidViewId*", "estimateStatisticId*", "trackingStatisticId*"])?;
    let board = board(call)?;
    let members = [
        ("estimateStatisticId", "ao_60db71_estimatestatistic"),
        ("trackingStatisticId", "ao_60db71_trackingstatistic"),
    ];
    for (member, table) in members {
        let said = text(&call.body, member)?.unwrap_or_default();
        let (kind, field) = said.split_once('_').unwrap_or((said, ""));
        let field = Some(field).filter(|field| !field.is_empty());
        if let Some(field) = field
            && fields::name(call, field)?.is_none()
        {
            return Err(Refusal::unknown("field", field));
        }
        set_statistic(call, table, &board, json!({"type_id": kind, "field_id": field}))?;
    }
    done()
}

fn set_swimlane_strategy(call: &Call<'_>) -> Written {
    call.members(&["id*", "swimlaneStrategyId*"])?;
    let known = ["custom", "parentChild", "epic", "assignee", "assigneeUnassignedFirst", "project", "none"];
    let strategy = text(&call.body, "swimlaneStrategyId")?.unwrap_or_default();
    if !known.contains(&strategy) {
        return Err(Refusal::new(400, "The swimlane strategy does not exist."));
    }
    call.update(BOARDS, &board(call)?, json!({"swimlane_strategy": strategy}))?;
    done()
}

/// Replaces all administrators.
fn set_administrators(call: &Call<'_>) -> Written {
    call.members(&["id*", "boardAdmins*"])?;
    let board = board(call)?;
    let said = &call.body["boardAdmins"];
    members(said, &["userKeys", "groupKeys"])?;
    call.delete("ao_60db71_boardadmins", json!({"rapid_view_id": board}))?;
    for (member, kind) in [("userKeys", "USER"), ("groupKeys", "GROUP")] {
        for key in list(said, member) {
            let is_known = if kind == "USER" {
                super::people::user_or_key(call, &key)?.is_some()
            } else {
                super::people::group(call, &key, false)?.is_some()
            };
            if !is_known {
                return Err(Refusal::unknown("administrator", &key));
            }
            call.insert("ao_60db71_boardadmins", json!({"rapid_view_id": board, "key": key, "type": kind}))?;
        }
    }
    done()
}

fn set_days_in_column(call: &Call<'_>) -> Written {
    call.members(&["rapidViewId*", "showDaysInColumn*"])?;
    let is_so = call.body["showDaysInColumn"] == true;
    call.update(BOARDS, &board(call)?, json!({"show_days_in_column": is_so.to_string()}))?;
    done()
}

fn set_working_days(call: &Call<'_>) -> Written {
    call.members(&["rapidViewId*", "timeZoneId", "weekDays*", "nonWorkingDays"])?;
    let board = board(call)?;
    let mut row = json!({"rapid_view_id": board, "timezone": call.body["timeZoneId"]});
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        row[day] = json!((call.body["weekDays"][day] == true).to_string());
    }
    let old: Vec<String> = {
        let table = call.table("ao_60db71_workingdays")?;
        table.with("rapid_view_id", &board).map(|row| row.id().to_owned()).collect()
    };
    for own in old {
        call.delete("ao_60db71_nonworkingday", json!({"working_days_id": own}))?;
        call.delete("ao_60db71_workingdays", json!({"id": own}))?;
    }
    let own = call.insert("ao_60db71_workingdays", row)?;
    for day in call.body["nonWorkingDays"].as_array().into_iter().flatten() {
        let date = text(day, "iso8601Date")?;
        call.insert("ao_60db71_nonworkingday", json!({"working_days_id": own, "iso8601_date": date}))?;
    }
    done()
}

fn set_sub_query(call: &Call<'_>) -> Written {
    call.members(&["query"])?;
    let board = board(call)?;
    let query = text(&call.body, "query")?.unwrap_or_default();
    set_statistic(call, "ao_60db71_subquery", &board, json!({"long_query": query}))?;
    Ok(Done::ok(json!({"query": query})))
}

const QUERY: [(&str, &str); 3] = [("name", "name"), ("query", "long_query"), ("description", "description")];

/// Adds a swimlane or a quick filter behind all.
fn add(call: &Call<'_>, table: &str) -> Result<String, Refusal> {
    let board = board(call)?;
    let mut row = changes(&call.body, &QUERY);
    row["pos"] = json!(rows_of(call, table, &board)?.len());
    row["rapid_view_id"] = json!(board);
    call.insert(table, row)
}

/// Refuses a row of the address that is not one of the board; returns all of the board.
fn siblings(call: &Call<'_>, table: &str, own: &str) -> Result<Vec<String>, Refusal> {
    let all = rows_of(call, table, &board(call)?)?;
    if all.iter().any(|id| id == own) { Ok(all) } else { Err(Refusal::missing("part of the board", own)) }
}

fn change(call: &Call<'_>, table: &str) -> Written {
    siblings(call, table, call.part(1))?;
    let mut columns = changes(&call.body, &QUERY);
    if columns.get("long_query").is_some() {
        // The column of old versions, which counts if the other is empty.
        columns["query"] = Value::Null;
    }
    call.update(table, call.part(1), columns)?;
    let number = call.part(1).parse::<i64>().unwrap_or_default();
    Ok(Done::ok(json!({
        "id": number, "name": call.body["name"], "query": call.body["query"], "description": call.body["description"],
    })))
}

fn delete(call: &Call<'_>, table: &str, own: &str) -> Written {
    let mut rest = siblings(call, table, own)?;
    rest.retain(|id| id != own);
    call.delete(table, json!({"id": own}))?;
    call.number(table, "pos", 0, &rest)?;
    nothing()
}

fn arrange(call: &Call<'_>, table: &str) -> Written {
    let all = siblings(call, table, call.part(1))?;
    members(&call.body, &["position", "after"])?;
    let is_address = call.body["after"].as_str().is_none_or(|after| after.contains("://"));
    if !is_address {
        return Err(Refusal::new(400, "The row to stand behind is named by its whole address."));
    }
    call.number(table, "pos", 0, &moved(&all, &[call.part(1).to_owned()], &call.body)?)?;
    done()
}

fn told(call: &Call<'_>, own: &str) -> Written {
    let number = own.parse::<i64>().unwrap_or_default();
    let mut told = json!({"id": number});
    for member in ["name", "query", "description"] {
        told[member] = call.body[member].clone();
    }
    Ok(Done::ok(told))
}

fn add_swimlane(call: &Call<'_>) -> Written {
    call.members(&["name*", "query", "description", "isDefault"])?;
    if call.body["isDefault"] == true {
        return Err(Refusal::new(400, "The board has a default swimlane already."));
    }
    let lane = add(call, LANES)?;
    call.update(LANES, &lane, json!({"default_lane": "false"}))?;
    // The default one is always the last.
    let all = rows_of(call, LANES, call.part(0))?;
    let (default, mut others): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|id| is_default(call, id).unwrap_or(false));
    others.extend(default);
    call.number(LANES, "pos", 0, &others)?;
    told(call, &lane)
}

fn is_default(call: &Call<'_>, lane: &str) -> Result<bool, Refusal> {
    Ok(call.table(LANES)?.by_id(lane).is_some_and(|row| row.is_true("default_lane")))
}

fn change_swimlane(call: &Call<'_>) -> Written {
    call.members(&["id", "name*", "query", "description", "isDefault"])?;
    change(call, LANES)
}

fn delete_swimlane(call: &Call<'_>) -> Written {
    if is_default(call, call.part(1))? {
        return Err(Refusal::new(400, "The default swimlane cannot be deleted."));
    }
    delete(call, LANES, call.part(1))
}

fn move_swimlane(call: &Call<'_>) -> Written {
    arrange(call, LANES)
}

fn add_quick_filter(call: &Call<'_>) -> Written {
    call.members(&["name*", "query*", "description"])?;
    let filter = add(call, QUICK)?;
    told(call, &filter)
}

fn change_quick_filter(call: &Call<'_>) -> Written {
    call.members(&["id", "name*", "query*", "description"])?;
    change(call, QUICK)
}

fn delete_quick_filter(call: &Call<'_>) -> Written {
    delete(call, QUICK, call.part(1))
}

fn move_quick_filter(call: &Call<'_>) -> Written {
    arrange(call, QUICK)
}

/// Adds a field to a list of fields of a board.
fn add_field(call: &Call<'_>, table: &str, mode: Option<&str>) -> Written {
    call.members(&["fieldId*"])?;
    let (board, field) = (board(call)?, id(&call.body, "fieldId").unwrap_or_default());
    let name = fields::name(call, &field)?.ok_or_else(|| Refusal::unknown("field", &field))?;
    let own: Vec<String> = {
        let table = call.table(table)?;
        let own = table.with("rapid_view_id", &board);
        let own = own.filter(|row| mode.is_none_or(|mode| row.text("mode_name") == mode));
        own.map(|row| row.text("field_id").to_owned()).collect()
    };
    if own.contains(&field) {
        return Err(Refusal::new(400, "The field is there already."));
    }
    if mode.is_some() && own.len() >= 3 {
        return Err(Refusal::new(400, "Cards have three fields at most."));
    }
    let mut row = json!({"rapid_view_id": board, "field_id": field, "pos": own.len()});
    if let Some(mode) = mode {
        row["mode_name"] = json!(mode);
    }
    let id = call.insert(table, row)?;
    let number = id.parse::<i64>().unwrap_or_default();
    Ok(Done::ok(json!({"id": number, "fieldId": field, "name": name})))
}

fn mode(call: &Call<'_>) -> Result<&'static str, Refusal> {
    match call.part(1) {
        "planMode" => Ok("PLAN"),
        "workMode" => Ok("WORK"),
        other => Err(Refusal::missing("mode", other)),
    }
}

fn add_card_field(call: &Call<'_>) -> Written {
    add_field(call, CARDS, Some(mode(call)?))
}

fn delete_card_field(call: &Call<'_>) -> Written {
    mode(call)?;
    siblings(call, CARDS, call.part(2))?;
    call.delete(CARDS, json!({"id": call.part(2)}))?;
    nothing()
}

fn add_detail_field(call: &Call<'_>) -> Written {
    add_field(call, DETAILS, None)
}

fn delete_detail_field(call: &Call<'_>) -> Written {
    delete(call, DETAILS, call.part(1))
}

fn move_detail_field(call: &Call<'_>) -> Written {
    arrange(call, DETAILS)
}

fn set_velocity(call: &Call<'_>) -> Written {
    let board = board(call)?;
    call.members(&["value*"])?;
    let is_so = call.body["value"] == true;
    call.update(BOARDS, &board, json!({"refined_velocity_active": is_so.to_string()}))?;
    Ok(Done::empty(200))
}
