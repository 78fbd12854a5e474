//! Agile boards: what the settings page of a board reads, which no official endpoint tells whole.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::endpoint::{Endpoint, agile};
use super::reader::{Ask, Reader};
use super::shape::Id;
use super::velocity;
use super::which::Which;
use crate::rest::{Edition, Failure};

/// A board, as lists of them tell it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Board {
    id: Id,
    name: String,
    #[serde(rename = "type")]
    ty: Option<String>,
}

/// A board, as its settings page reads it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    can_edit: Option<bool>,
    name: String,
    show_days_in_column: Option<bool>,
    board_admins: Admins,
    filter_config: WithFilter,
    rapid_list_config: Columns,
    swimlanes_config: Swimlanes,
    quick_filter_config: QuickFilters,
    subquery_config: Subqueries,
    estimation_statistic_config: Statistics,
    card_color_config: CardColors,
    detail_view_field_config: Fields,
    card_layout_config: Fields,
    working_days_config: WorkingDays,
    is_sprint_support_enabled: bool,
    is_kan_plan_enabled: Option<bool>,
    show_epic_as_panel: Option<bool>,
    old_done_issues_cutoff: Option<String>,
}

/// Who administers a board.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Admins {
    user_keys: Vec<Key>,
    group_keys: Vec<Key>,
}

/// The key of a user or the name of a group.
#[derive(Debug, Deserialize)]
struct Key {
    key: String,
}

/// The filter of a board.
#[derive(Debug, Deserialize)]
struct WithFilter {
    id: Id,
}

/// The columns.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Columns {
    mapped_columns: Vec<Column>,
    current_statistics_field: Option<Statistic>,
}

/// A column; limits are texts, empty for none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Column {
    id: Option<Id>,
    name: String,
    min: Option<Limit>,
    max: Option<Limit>,
    mapped_statuses: Vec<Key2>,
}

/// A limit of a column: a number in one reply and a text in the next.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Limit {
    Number(f64),
    Text(String),
}

impl Limit {
    fn text(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        }
    }
}

/// A status of a column.
#[derive(Debug, Deserialize)]
struct Key2 {
    id: Id,
}

/// The swimlanes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Swimlanes {
    swimlane_strategy: Option<String>,
    swimlanes: Vec<Lane>,
}

/// The quick filters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuickFilters {
    quick_filters: Vec<Lane>,
}

/// A swimlane or a quick filter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lane {
    id: Option<Id>,
    name: String,
    query: Option<String>,
    description: Option<String>,
    #[serde(default)]
    is_default: bool,
}

/// What narrows the filter of a Kanban board down.
#[derive(Debug, Deserialize)]
struct Subqueries {
    subqueries: Vec<Subquery>,
}

/// One of them.
#[derive(Debug, Deserialize)]
struct Subquery {
    query: Option<String>,
    section: Option<String>,
}

/// What is estimated and tracked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    current_estimation_statistic: Option<Statistic>,
    current_tracking_statistic: Option<Statistic>,
}

/// A statistic.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistic {
    type_id: Option<String>,
    field_id: Option<String>,
    id: Option<String>,
}

/// How cards are coloured.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CardColors {
    card_color_strategy: Option<String>,
}

/// The colours of a strategy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Colors {
    card_colors: Vec<Color>,
}

/// A colour.
#[derive(Debug, Deserialize)]
struct Color {
    value: Option<String>,
    color: String,
}

/// The fields of the detail view, or of cards.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    current_fields: Vec<Field>,
}

/// A field.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    id: Option<Id>,
    field_id: String,
    mode: Option<String>,
}

/// The working days.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkingDays {
    week_days: WeekDays,
    non_working_days: Vec<Holiday>,
    time_zone_edit_model: Option<Zone>,
}

/// The working days of a week.
#[derive(Debug, Deserialize)]
struct WeekDays {
    monday: bool,
    tuesday: bool,
    wednesday: bool,
    thursday: bool,
    friday: bool,
    saturday: bool,
    sunday: bool,
}

/// A day on which nobody works.
#[derive(Debug, Deserialize)]
struct Holiday {
    #[serde(alias = "iso8601Date", alias = "displayDate")]
    date: String,
}

/// A time zone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zone {
    current_time_zone_id: Option<String>,
}

/// The strategies that have colours of their own.
const STRATEGIES: [&str; 4] = ["issuetype", "priority", "assignee", "custom"];

/// Asks for the lists of boards.
pub(super) fn fetch(reader: &mut Reader<'_>, which: &[Which]) -> Result<(), Failure> {
    let asks: Vec<Ask> = which.iter().map(|own| own.ask(reader)).collect();
    reader.fetch(asks)
}

/// Returns the boards that the lists have, each once.
pub(super) fn listed(reader: &mut Reader<'_>, which: &[Which]) -> Vec<Board> {
    let mut boards: Vec<Board> = Vec::new();
    for own in which {
        let ask = own.ask(reader);
        for board in reader.list::<Board>(&ask).unwrap_or_default() {
            // A board may be one of several projects.
            if own.means(&board.name) && !boards.iter().any(|own| own.id == board.id) {
                boards.push(board);
            }
        }
    }
    boards
}

/// Returns how many boards the lists have, and how many requests their details take at least.
pub(super) fn least(reader: &mut Reader<'_>, which: &[Which]) -> (usize, usize) {
    let boards = listed(reader, which);
    let has_chart = |own: &&Board| own.ty.as_deref() == Some("scrum") && velocity::is_told(reader.edition);
    (boards.len(), boards.len() + boards.iter().filter(has_chart).count())
}

fn about(reader: &Reader<'_>, endpoint: &'static Endpoint, board: &Board) -> Ask {
    reader.about(endpoint, &[], &board.name).with("rapidViewId", board.id.as_str())
}

/// Makes the rows of boards that were not read before.
pub(super) fn read(reader: &mut Reader<'_>, which: &[Which]) -> Result<(), Failure> {
    fetch(reader, which)?;
    let mut boards = listed(reader, which);
    boards.retain(|board| !reader.is_met("AO_60DB71_RAPIDVIEW", board.id.as_str()));
    let asks: Vec<Ask> = boards.iter().map(|board| about(reader, &agile::MODEL, board)).collect();
    reader.fetch(asks)?;
    let mut colors = Vec::new();
    let mut filters = BTreeSet::new();
    let mut charts = Vec::new();
    for board in &boards {
        let ask = about(reader, &agile::MODEL, board);
        let Some(model) = reader.one::<Model>(&ask) else { continue };
        let strategy = model.card_color_config.card_color_strategy.clone();
        let filter = model.filter_config.id.as_str();
        if !reader.is_met("SearchRequest", filter) {
            filters.insert(filter.to_owned());
        }
        charts.push((board.id.as_str().to_owned(), board.name.clone(), model.is_sprint_support_enabled));
        row(reader, board.id.as_str(), &model);
        if let Some(strategy) = strategy.filter(|own| STRATEGIES.contains(&own.to_lowercase().as_str())) {
            let parts = [board.id.as_str(), &strategy.to_lowercase()];
            colors.push((
                board.id.clone(),
                strategy.clone(),
                reader.about(&agile::CARD_COLORS, &parts, &board.name),
            ));
        }
    }
    if reader.edition == Edition::DataCenter {
        super::shared::read_filters(reader, &filters)?;
    }
    velocity::read(reader, &charts)?;
    reader.fetch(colors.iter().map(|(_, _, ask)| ask.clone()))?;
    for (id, strategy, ask) in &colors {
        let Some(own) = reader.one::<Colors>(ask) else { continue };
        for (at, color) in own.card_colors.iter().enumerate() {
            if let ("assignee", Some(key)) = (strategy.as_str(), &color.value) {
                reader.met_key(key);
            }
            reader.add(
                "AO_60DB71_CARDCOLOR",
                &[
                    ("RAPID_VIEW_ID", Some(id.as_str())),
                    ("STRATEGY", Some(strategy)),
                    ("VAL", color.value.as_deref()),
                    ("COLOR", Some(&color.color)),
                    ("POS", Some(&at.to_string())),
                ],
            );
        }
    }
    Ok(())
}

fn row(reader: &mut Reader<'_>, id: &str, model: &Model) {
    let flag = |value: bool| if value { "true" } else { "false" };
    if model.can_edit == Some(false) {
        reader.locked_boards.insert(id.to_owned());
    }
    reader.add(
        "AO_60DB71_RAPIDVIEW",
        &[
            ("ID", Some(id)),
            ("NAME", Some(&model.name)),
            ("SAVED_FILTER_ID", Some(model.filter_config.id.as_str())),
            ("SPRINTS_ENABLED", Some(flag(model.is_sprint_support_enabled))),
            ("KAN_PLAN_ENABLED", model.is_kan_plan_enabled.map(flag)),
            ("SHOW_DAYS_IN_COLUMN", model.show_days_in_column.map(flag)),
            ("SHOW_EPIC_AS_PANEL", model.show_epic_as_panel.map(flag)),
            ("OLD_DONE_ISSUES_CUTOFF", model.old_done_issues_cutoff.as_deref()),
            ("SWIMLANE_STRATEGY", model.swimlanes_config.swimlane_strategy.as_deref()),
            ("CARD_COLOR_STRATEGY", model.card_color_config.card_color_strategy.as_deref()),
        ],
    );
    let board = ("RAPID_VIEW_ID", Some(id));
    for admin in &model.board_admins.user_keys {
        reader.met_key(&admin.key);
        reader.add("AO_60DB71_BOARDADMINS", &[board, ("TYPE", Some("USER")), ("KEY", Some(&admin.key))]);
    }
    for admin in &model.board_admins.group_keys {
        reader.add("AO_60DB71_BOARDADMINS", &[board, ("TYPE", Some("GROUP")), ("KEY", Some(&admin.key))]);
    }
    columns(reader, id, &model.rapid_list_config);
    for (table, lanes) in [
        ("AO_60DB71_SWIMLANE", &model.swimlanes_config.swimlanes),
        ("AO_60DB71_QUICKFILTER", &model.quick_filter_config.quick_filters),
    ] {
        for (at, lane) in lanes.iter().enumerate() {
            let at = at.to_string();
            let mut values = vec![
                ("ID", lane.id.as_ref().map(Id::as_str)),
                board,
                ("NAME", Some(lane.name.as_str())),
                ("DESCRIPTION", lane.description.as_deref()),
                ("LONG_QUERY", lane.query.as_deref()),
                ("POS", Some(at.as_str())),
            ];
            if table == "AO_60DB71_SWIMLANE" {
                values.push(("DEFAULT_LANE", Some(flag(lane.is_default))));
            }
            reader.add(table, &values);
        }
    }
    for own in &model.subquery_config.subqueries {
        let query = own.query.as_deref().filter(|query| !query.is_empty());
        if query.is_some() {
            reader.add(
                "AO_60DB71_SUBQUERY",
                &[board, ("LONG_QUERY", query), ("SECTION", own.section.as_deref())],
            );
        }
    }
    statistics(reader, id, &model.estimation_statistic_config);
    for (at, field) in model.detail_view_field_config.current_fields.iter().enumerate() {
        reader.add(
            "AO_60DB71_DETAILVIEWFIELD",
            &[
                ("ID", field.id.as_ref().map(Id::as_str)),
                board,
                ("FIELD_ID", Some(&field.field_id)),
                ("POS", Some(&at.to_string())),
            ],
        );
    }
    for (at, field) in model.card_layout_config.current_fields.iter().enumerate() {
        reader.add(
            "AO_60DB71_CARDLAYOUT",
            &[
                ("ID", field.id.as_ref().map(Id::as_str)),
                board,
                ("FIELD_ID", Some(&field.field_id)),
                ("MODE_NAME", field.mode.as_deref()),
                ("POS", Some(&at.to_string())),
            ],
        );
    }
    working_days(reader, id, &model.working_days_config);
}

fn columns(reader: &mut Reader<'_>, id: &str, own: &Columns) {
    let board = ("RAPID_VIEW_ID", Some(id));
    if let Some(statistic) = &own.current_statistics_field {
        // `issueCount_` names the type `issueCount`.
        let ty = statistic.type_id.as_deref().or(statistic.id.as_deref());
        let ty = ty.map(|ty| ty.trim_end_matches('_'));
        reader.add("AO_60DB71_STATSFIELD", &[board, ("TYPE_ID", ty)]);
    }
    for (at, column) in own.mapped_columns.iter().enumerate() {
        let (min, max) =
            (column.min.as_ref().and_then(Limit::text), column.max.as_ref().and_then(Limit::text));
        let own = reader.add(
            "AO_60DB71_COLUMN",
            &[
                ("ID", column.id.as_ref().map(Id::as_str)),
                board,
                ("NAME", Some(&column.name)),
                ("MINIM", min.as_deref()),
                ("MAXIM", max.as_deref()),
                ("POS", Some(&at.to_string())),
            ],
        );
        for (at, status) in column.mapped_statuses.iter().enumerate() {
            reader.add(
                "AO_60DB71_COLUMNSTATUS",
                &[
                    ("COLUMN_ID", Some(&own)),
                    ("STATUS_ID", Some(status.id.as_str())),
                    ("POS", Some(&at.to_string())),
                ],
            );
        }
    }
}

fn statistics(reader: &mut Reader<'_>, id: &str, own: &Statistics) {
    for (table, statistic) in [
        ("AO_60DB71_ESTIMATESTATISTIC", &own.current_estimation_statistic),
        ("AO_60DB71_TRACKINGSTATISTIC", &own.current_tracking_statistic),
    ] {
        if let Some(statistic) = statistic {
            reader.add(
                table,
                &[
                    ("RAPID_VIEW_ID", Some(id)),
                    ("TYPE_ID", statistic.type_id.as_deref()),
                    ("FIELD_ID", statistic.field_id.as_deref()),
                ],
            );
        }
    }
}

fn working_days(reader: &mut Reader<'_>, id: &str, own: &WorkingDays) {
    let days = &own.week_days;
    let flag = |value: bool| Some(if value { "true" } else { "false" });
    let zone = own.time_zone_edit_model.as_ref().and_then(|zone| zone.current_time_zone_id.as_deref());
    let row = reader.add(
        "AO_60DB71_WORKINGDAYS",
        &[
            ("RAPID_VIEW_ID", Some(id)),
            ("TIMEZONE", zone),
            ("MONDAY", flag(days.monday)),
            ("TUESDAY", flag(days.tuesday)),
            ("WEDNESDAY", flag(days.wednesday)),
            ("THURSDAY", flag(days.thursday)),
            ("FRIDAY", flag(days.friday)),
            ("SATURDAY", flag(days.saturday)),
            ("SUNDAY", flag(days.sunday)),
        ],
    );
    for holiday in &own.non_working_days {
        reader.add(
            "AO_60DB71_NONWORKINGDAY",
            &[("WORKING_DAYS_ID", Some(&row)), ("ISO8601_DATE", Some(&holiday.date))],
        );
    }
}
