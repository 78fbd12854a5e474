//! Boards as their own settings page reads them: not a published interface, and the only one that tells all.

use serde_json::{Value, json};

use super::boards::{own, query, row, shown, statuses_of};
use super::{constants, fields, filters, number, people, put};
use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, get};
use crate::rows::Row;

pub(super) const BOTH: &[Endpoint] = &[
    get("/rest/greenhopper/1.0/rapidviewconfig/editmodel", edit_model),
    get("/rest/greenhopper/1.0/cardcolors/{board}/strategy/{strategy}", card_colors),
];

/// Returns the numbers of days of a week with their columns.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn edit_model(call: &Call<'_>) -> Answer {
    let Some(id) = call.query("rapidViewId") else {
        return Err(Refusal::new(400, "The rapidViewId query parameter is missing."));
    };
    let table = call.table("ao_60db71_rapidview")?;
    let board = row(call, &table, id)?;
    let is_true = |column: &str| json!(board.is_true(column));
    Ok(json!({
        "id": number(id),
        "name": board.text("name"),
        "canEdit": call.is_admin(),
        "showDaysInColumn": is_true("show_days_in_column"),
        "showEpicAsPanel": is_true("show_epic_as_panel"),
        "isSprintSupportEnabled": is_true("sprints_enabled"),
        "isKanPlanEnabled": is_true("kan_plan_enabled"),
        "warnBeforeEditingOwner": false,
        "canUseBoardAdminsPicker": true,
        "isOldDoneIssuesCutoffConfigurable": !board.is_true("sprints_enabled"),
        "oldDoneIssuesCutoff": board.text("old_done_issues_cutoff"),
        "oldDoneIssuesCutoffOptions": [],
        "boardAdmins": administrators(call, id)?,
        "filterConfig": filter(call, board)?,
        "rapidListConfig": columns(call, board)?,
        "swimlanesConfig": swimlanes(call, board)?,
        "quickFilterConfig": quick_filters(call, id)?,
        "subqueryConfig": sub_queries(call, id)?,
        "estimationStatisticConfig": estimation(call, id)?,
        "cardColorConfig": config(call, id, json!({"cardColorStrategy": board.text("card_color_strategy")})),
        "cardLayoutConfig": card_layout(call, id)?,
        "detailViewFieldConfig": detail_view(call, id)?,
        "workingDaysConfig": working_days(call, id)?,
    }))
}

/// Returns a part of the settings with what every part has.
fn config(call: &Call<'_>, board: &str, mut part: Value) -> Value {
    part["rapidViewId"] = number(board);
    part["canEdit"] = json!(call.is_admin());
    part
}

fn administrators(call: &Call<'_>, board: &str) -> Answer {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for row in call.table("ao_60db71_boardadmins")?.with("rapid_view_id", board) {
        let key = row.text("key");
        if row.text("type") == "GROUP" {
            groups.push(json!({"key": key, "displayName": key}));
        } else {
            users.push(json!({"key": key, "displayName": people::by_key(call, key)?.display}));
        }
    }
    Ok(json!({"userKeys": users, "groupKeys": groups}))
}

fn filter(call: &Call<'_>, board: Row<'_>) -> Answer {
    let table = call.table("searchrequest")?;
    let id = board.text("saved_filter_id");
    let row = table.by_id(id).ok_or_else(|| Refusal::missing("filter", id))?;
    let query = filters::query(row);
    let mut told = json!({
        "id": number(id),
        "name": row.text("filtername"),
        "query": query,
        "canEdit": call.is_admin(),
        "isOrderedByRank": query.to_lowercase().contains("rank"),
        "permissionEntries": [],
        "queryProjects": {"projects": []},
    });
    if let Some(owner) = row.get("authorname") {
        let owner = people::by_key(call, owner)?;
        told["owner"] =
            json!({"userName": owner.name, "displayName": owner.display, "renderedLink": owner.display});
    }
    Ok(told)
}

fn status(call: &Call<'_>, id: &str) -> Answer {
    let table = call.table("issuestatus")?;
    let row = table.by_id(id).ok_or_else(|| Refusal::missing("status", id))?;
    let whole = constants::status(call, row);
    Ok(json!({
        "id": id,
        "name": whole["name"],
        "iconUrl": whole["iconUrl"],
        "statusCategory": {
            "id": whole["statusCategory"]["id"].to_string(),
            "key": whole["statusCategory"]["key"],
            "colorName": whole["statusCategory"]["colorName"],
        },
        "issueCount": 0,
        "isPresentInWorkflow": true,
    }))
}

fn columns(call: &Call<'_>, board: Row<'_>) -> Answer {
    let (mut told, mut mapped) = (Vec::new(), Vec::new());
    for (place, column) in own(&*call.table("ao_60db71_column")?, board.id()).into_iter().enumerate() {
        let statuses = statuses_of(call, column.id())?;
        // Limits that are not set are empty texts.
        let limit = |name: &str| column.number(name).map_or_else(String::new, |limit| limit.to_string());
        told.push(json!({
            "id": number(column.id()),
            "name": shown(call, column.text("name")),
            "min": limit("minim"),
            "max": limit("maxim"),
            "isKanPlanColumn": place == 0 && board.is_true("kan_plan_enabled"),
            "mappedStatuses": statuses.iter().map(|id| status(call, id)).collect::<Result<Vec<_>, _>>()?,
        }));
        mapped.extend(statuses);
    }
    let statuses = call.table("issuestatus")?;
    let others = statuses.all().map(Row::id).filter(|id| !mapped.iter().any(|own| own == id));
    let others: Result<Vec<_>, _> = others.map(|id| status(call, id)).collect();
    let fields = call.table("ao_60db71_statsfield")?;
    let field = fields.one("rapid_view_id", board.id()).map_or("none", |row| row.text("type_id"));
    let mut part = json!({
        "mappedColumns": told,
        "unmappedStatuses": others?,
        "showEpicAsPanel": board.is_true("show_epic_as_panel"),
    });
    part["currentStatisticsField"] =
        json!({"id": format!("{field}_"), "typeId": field, "name": field, "isValid": true});
    Ok(config(call, board.id(), part))
}

fn swimlanes(call: &Call<'_>, board: Row<'_>) -> Answer {
    let table = call.table("ao_60db71_swimlane")?;
    let told = own(&table, board.id()).into_iter().map(|row| {
        json!({
            "id": number(row.id()),
            "name": shown(call, row.text("name")),
            "query": query(row),
            "description": shown(call, row.text("description")),
            "isDefault": row.is_true("default_lane"),
        })
    });
    let part =
        json!({"swimlaneStrategy": board.text("swimlane_strategy"), "swimlanes": told.collect::<Vec<_>>()});
    Ok(config(call, board.id(), part))
}

fn quick_filters(call: &Call<'_>, board: &str) -> Answer {
    let table = call.table("ao_60db71_quickfilter")?;
    let told = own(&table, board).into_iter().map(|row| {
        json!({
            "id": number(row.id()),
            "name": shown(call, row.text("name")),
            "query": query(row),
            "description": shown(call, row.text("description")),
            "canEdit": call.is_admin(),
        })
    });
    Ok(config(call, board, json!({"quickFilters": told.collect::<Vec<_>>()})))
}

fn sub_queries(call: &Call<'_>, board: &str) -> Answer {
    let table = call.table("ao_60db71_subquery")?;
    let told: Vec<_> = table.with("rapid_view_id", board).map(|row| json!({"query": query(row)})).collect();
    Ok(config(call, board, json!({"subqueries": told})))
}

/// Returns what a board counts with: a type, and a field for one of them.
fn statistic(call: &Call<'_>, table: &str, board: &str) -> Answer {
    let table = call.table(table)?;
    let row = table.one("rapid_view_id", board);
    let kind = row.map_or("none", |row| row.text("type_id"));
    let field = row.and_then(|row| row.get("field_id"));
    let mut told = json!({"typeId": kind, "id": kind, "name": kind, "isValid": true, "isEnabled": true});
    if let Some(field) = field {
        told["fieldId"] = json!(field);
        told["id"] = json!(format!("{kind}_{field}"));
        told["name"] = json!(fields::name(call, field)?.unwrap_or_default());
    }
    Ok(told)
}

fn estimation(call: &Call<'_>, board: &str) -> Answer {
    let mut estimate = statistic(call, "ao_60db71_estimatestatistic", board)?;
    estimate["renderer"] = json!("number");
    let part = json!({
        "currentEstimationStatistic": estimate,
        "currentTrackingStatistic": statistic(call, "ao_60db71_trackingstatistic", board)?,
        "availableEstimationStatistics": [],
        "isTimeTrackingEnabledInJira": true,
        "canEnableTimeTracking": false,
    });
    Ok(config(call, board, part))
}

fn field(call: &Call<'_>, row: Row<'_>) -> Answer {
    let id = row.text("field_id");
    let name = fields::name(call, id)?;
    Ok(json!({
        "id": number(row.id()),
        "fieldId": id,
        "name": name.clone().unwrap_or_default(),
        "isValid": name.is_some(),
    }))
}

fn card_layout(call: &Call<'_>, board: &str) -> Answer {
    let table = call.table("ao_60db71_cardlayout")?;
    let told = own(&table, board).into_iter().map(|row| {
        let mut told = field(call, row)?;
        told["mode"] = json!(row.text("mode_name"));
        Ok(told)
    });
    let told: Result<Vec<_>, Refusal> = told.collect();
    Ok(config(call, board, json!({"currentFields": told?, "availableFields": []})))
}

fn detail_view(call: &Call<'_>, board: &str) -> Answer {
    let table = call.table("ao_60db71_detailviewfield")?;
    let told = own(&table, board).into_iter().map(|row| {
        let mut told = field(call, row)?;
        told["category"] = json!("details");
        told["isEstimationField"] = json!(false);
        Ok(told)
    });
    let told: Result<Vec<_>, Refusal> = told.collect();
    Ok(config(call, board, json!({"currentFields": told?, "availableFields": []})))
}

fn working_days(call: &Call<'_>, board: &str) -> Answer {
    let (table, others) = (call.table("ao_60db71_workingdays")?, call.table("ao_60db71_nonworkingday")?);
    let row = table.one("rapid_view_id", board);
    let mut days = json!({"rapidViewId": number(board)});
    for (place, day) in DAYS.into_iter().enumerate() {
        // Without a row the week has five days.
        days[day] = json!(row.map_or(place < 5, |row| row.is_true(day)));
    }
    let holidays =
        row.map(|row| others.with("working_days_id", row.id()).collect::<Vec<_>>()).unwrap_or_default();
    let holidays =
        holidays.iter().map(|day| json!({"id": number(day.id()), "iso8601Date": day.text("iso8601_date")}));
    let zone = row.and_then(|row| row.get("timezone")).unwrap_or("defaultTimeZoneId");
    let part = json!({
        "weekDays": days,
        "nonWorkingDays": holidays.collect::<Vec<_>>(),
        "timeZoneEditModel": {"currentTimeZoneId": zone, "regions": [], "timeZones": []},
    });
    Ok(config(call, board, part))
}

fn card_colors(call: &Call<'_>) -> Answer {
    let (boards, table) = (call.table("ao_60db71_rapidview")?, call.table("ao_60db71_cardcolor")?);
    let board = row(call, &boards, call.part(0))?;
    let strategy = call.part(1);
    let colors =
        own(&table, board.id()).into_iter().filter(|row| row.text("strategy") == strategy).map(|row| {
            let value = row.text("val");
            let mut told = json!({"id": number(row.id()), "value": value, "color": row.text("color")});
            put(&mut told, "displayValue", Some(value));
            told
        });
    Ok(json!({"cardColorStrategy": strategy, "cardColors": colors.collect::<Vec<_>>()}))
}
