//! Boards, as the published interface of Jira Software tells them.

use serde_json::{Value, json};

use super::{fields, filters, number, people, put};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const BOTH: &[Endpoint] = &[
    get("/rest/agile/1.0/board", boards).shaped(Shape::Plain(Limit { usual: 50, most: 50 })),
    get("/rest/agile/1.0/board/{boardId}", board_by_id),
    get("/rest/agile/1.0/board/{boardId}/configuration", configuration),
];
pub(super) const CLOUD: &[Endpoint] = &[get("/rest/agile/1.0/board/{boardId}/quickfilter", quick_filters)
    .shaped(Shape::Plain(Limit { usual: 50, most: 50 }))];
pub(super) const DATA_CENTER: &[Endpoint] =
    &[get("/rest/agile/1.0/board/{boardId}/settings/refined-velocity", refined_velocity)];

/// What Jira shows in English for the keys that names of its own boards are stored as.
const SHOWN: &[(&str, &str)] = &[
    ("gh.workflow.preset.todo", "To Do"),
    ("gh.workflow.preset.inprogress", "In Progress"),
    ("gh.workflow.preset.done", "Done"),
    ("gh.workflow.preset.backlog", "Backlog"),
    ("gh.workflow.preset.selected", "Selected for Development"),
    ("gh.rapid.quickfilters.only.my.issues", "Only My Issues"),
    (
        "gh.rapid.quickfilters.only.my.issues.desc",
        "Displays issues which are currently assigned to the current user",
    ),
    ("gh.rapid.quickfilters.recently.updated", "Recently Updated"),
    (
        "gh.rapid.quickfilters.recently.updated.desc",
        "Displays issues which have been updated in the last day",
    ),
    ("gh.rapid.swimlane.default.name", "Everything Else"),
    ("gh.rapid.swimlane.expedite", "Expedite"),
];

/// Returns a name as Jira shows it.
pub(super) fn shown(call: &Call<'_>, name: &str) -> String {
    call.local(SHOWN.iter().find(|(key, _)| *key == name).map_or(name, |(_, shown)| shown))
}

/// Returns a query, which is in one of two columns.
pub(super) fn query<'t>(row: Row<'t>) -> &'t str {
    row.get("long_query").or(row.get("query")).unwrap_or_default()
}

/// Returns whether the caller sees a board: he does if he sees its filter.
fn sees(call: &Call<'_>, row: Row<'_>) -> Result<bool, Refusal> {
    let filters = call.table("searchrequest")?;
    match filters.by_id(row.text("saved_filter_id")) {
        Some(filter) => filters::sees(call, filter, true),
        None => Ok(false),
    }
}

/// Returns the board that is asked for.
pub(super) fn row<'t>(call: &Call<'_>, table: &'t Table, id: &str) -> Result<Row<'t>, Refusal> {
    let missing = || Refusal::missing("board", id);
    let row = table.by_id(id).ok_or_else(missing)?;
    if sees(call, row)? { Ok(row) } else { Err(missing()) }
}

/// Returns the rows of a table of boards that belong to one, in order.
pub(super) fn own<'t>(table: &'t Table, board: &str) -> Vec<Row<'t>> {
    Table::ordered(table.with("rapid_view_id", board), "pos")
}

/// Returns the project that the filter of a board names first.
fn project_of<'t>(projects: &'t Table, query: &str) -> Option<Row<'t>> {
    let words: Vec<&str> = query.split(|sign: char| sign.is_whitespace() || "=(),".contains(sign)).collect();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case("project"))?;
    let names = words.map(|word| word.trim_matches(['"', '\'']));
    names.take(2).find_map(|name| {
        projects.one("pkey", name).or_else(|| projects.by_id(name)).or_else(|| projects.one("pname", name))
    })
}

/// Returns where a board is shown on Cloud: in the project that its filter names, else with its owner.
fn location(call: &Call<'_>, row: Row<'_>) -> Result<Option<Value>, Refusal> {
    let (filters, projects) = (call.table("searchrequest")?, call.table("project")?);
    let query = filters.by_id(row.text("saved_filter_id")).map_or("", filters::query);
    if let Some(project) = project_of(&projects, query) {
        let (key, name) = (project.text("pkey"), project.text("pname"));
        return Ok(Some(json!({
            "projectId": number(project.id()),
            "projectKey": key,
            "projectName": name,
            "projectTypeKey": project.get("projecttype").unwrap_or("software"),
            "displayName": format!("{name} ({key})"),
            "name": format!("{name} ({key})"),
            "avatarURI": call.address(&format!("/secure/projectavatar?pid={}&size=small", project.id())),
        })));
    }
    let Some(owner) = row.get("owner_user_name") else { return Ok(None) };
    let owner = people::by_key(call, owner)?;
    Ok(Some(json!({"userAccountId": owner.key, "displayName": owner.display, "name": owner.display})))
}

fn board(call: &Call<'_>, row: Row<'_>) -> Answer {
    let mut told = json!({
        "id": number(row.id()),
        "self": call.address(&format!("/rest/agile/1.0/board/{}", row.id())),
        "name": row.text("name"),
        "type": kind(row),
    });
    if call.is_cloud() {
        put(&mut told, "location", location(call, row)?);
    }
    Ok(told)
}

fn kind(row: Row<'_>) -> &'static str {
    if row.is_true("sprints_enabled") { "scrum" } else { "kanban" }
}

fn boards(call: &Call<'_>) -> Answer {
    let (table, filters) = (call.table("ao_60db71_rapidview")?, call.table("searchrequest")?);
    let projects = call.table("project")?;
    let mut told = Vec::new();
    for row in table
        .all()
        .filter(|row| call.wants("type", kind(*row)) && call.wants("filterId", row.text("saved_filter_id")))
    {
        let query = filters.by_id(row.text("saved_filter_id")).map_or("", filters::query);
        let named = project_of(&projects, query);
        let is_in = |wanted: &str| {
            named.is_some_and(|project| project.id() == wanted || project.text("pkey") == wanted)
        };
        let fits_name = call
            .query("name")
            .is_none_or(|name| row.text("name").to_lowercase().contains(&name.to_lowercase()));
        if call.query("projectKeyOrId").is_none_or(is_in) && fits_name && sees(call, row)? {
            told.push(board(call, row)?);
        }
    }
    Ok(told.into())
}

fn board_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("ao_60db71_rapidview")?;
    board(call, row(call, &table, call.part(0))?)
}

/// Returns the statuses of a column that the instance has, in order.
pub(super) fn statuses_of(call: &Call<'_>, column: &str) -> Result<Vec<String>, Refusal> {
    let (table, statuses) = (call.table("ao_60db71_columnstatus")?, call.table("issuestatus")?);
    let own =
        Table::ordered(table.with("column_id", column), "pos").into_iter().map(|row| row.text("status_id"));
    Ok(own.filter(|id| statuses.by_id(id).is_some()).map(str::to_owned).collect())
}

fn configuration(call: &Call<'_>) -> Answer {
    let table = call.table("ao_60db71_rapidview")?;
    let row = row(call, &table, call.part(0))?;
    let (filter, id) = (row.text("saved_filter_id"), row.id());
    let mut columns = Vec::new();
    for column in own(&*call.table("ao_60db71_column")?, id) {
        let statuses = statuses_of(call, column.id())?;
        let statuses =
            statuses.iter().map(|id| json!({"id": id, "self": call.link(&format!("/status/{id}"))}));
        let mut told =
            json!({"name": shown(call, column.text("name")), "statuses": statuses.collect::<Vec<_>>()});
        put(&mut told, "min", column.number("minim"));
        put(&mut told, "max", column.number("maxim"));
        columns.push(told);
    }
    let constraint = call.table("ao_60db71_statsfield")?;
    let constraint = constraint.one("rapid_view_id", id).map_or("none", |row| row.text("type_id"));
    let mut told = json!({
        "id": number(id),
        "name": row.text("name"),
        "type": kind(row),
        "self": call.address(&format!("/rest/agile/1.0/board/{id}/configuration")),
        "filter": {"id": filter, "self": call.link(&format!("/filter/{filter}"))},
        "columnConfig": {"columns": columns, "constraintType": constraint},
    });
    if call.is_cloud()
        && let Some(place) = location(call, row)?
    {
        let project = &place["projectKey"];
        if !project.is_null() {
            let address = call.link(&format!("/project/{}", place["projectId"]));
            told["location"] = json!({
                "type": "project", "key": project, "id": place["projectId"].to_string(), "self": address,
                "name": place["projectName"],
            });
        }
    }
    if kind(row) == "scrum" {
        put(&mut told, "estimation", estimation(call, id)?);
    }
    let queries = call.table("ao_60db71_subquery")?;
    let sub = queries.one("rapid_view_id", id).map(query).filter(|query| !query.is_empty());
    put(&mut told, "subQuery", sub.map(|query| json!({"query": query})));
    let ranks = call.table("customfield")?;
    if let Some(rank) = ranks.one("customfieldtypekey", "com.pyxis.greenhopper.jira:gh-lexo-rank") {
        told["ranking"] = json!({"rankCustomFieldId": number(rank.id())});
    }
    Ok(told)
}

/// Returns what a board estimates with.
fn estimation(call: &Call<'_>, board: &str) -> Result<Option<Value>, Refusal> {
    let table = call.table("ao_60db71_estimatestatistic")?;
    let Some(row) = table.one("rapid_view_id", board) else { return Ok(None) };
    let mut told = json!({"type": row.text("type_id")});
    if let Some(field) = row.get("field_id") {
        told["field"] =
            json!({"fieldId": field, "displayName": fields::name(call, field)?.unwrap_or_default()});
    }
    Ok(Some(told))
}

fn quick_filters(call: &Call<'_>) -> Answer {
    let (table, filters) = (call.table("ao_60db71_rapidview")?, call.table("ao_60db71_quickfilter")?);
    let board = row(call, &table, call.part(0))?;
    let told = own(&filters, board.id()).into_iter().map(|row| {
        let mut told = json!({
            "id": number(row.id()),
            "boardId": number(board.id()),
            "name": shown(call, row.text("name")),
            "jql": query(row),
            "position": row.number("pos").unwrap_or(0),
        });
        put(&mut told, "description", row.get("description").map(|text| shown(call, text)));
        told
    });
    Ok(told.collect())
}

fn refined_velocity(call: &Call<'_>) -> Answer {
    let table = call.table("ao_60db71_rapidview")?;
    Ok(json!({"value": row(call, &table, call.part(0))?.is_true("refined_velocity_active")}))
}
