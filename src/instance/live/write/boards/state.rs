//! A board as the settings page has it, made of its rows.
//!
//! Pure. Invariant: two states are the same if the page shows the same of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fields::Item;
use super::lanes::Lane;
use super::page::{BOARD, query, shown};
use crate::entity::Row;
use crate::instance::live::write::{Ground, Side, is_given, number};

/// The days of a week, in the rows of working days, with whether one works on them where nobody has said otherwise.
const WEEK: [(&str, bool); 7] = [
    ("MONDAY", true),
    ("TUESDAY", true),
    ("WEDNESDAY", true),
    ("THURSDAY", true),
    ("FRIDAY", true),
    ("SATURDAY", false),
    ("SUNDAY", false),
];

/// Which velocity chart a board has.
const REFINED: &str = "REFINED_VELOCITY_ACTIVE";

/// A board.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) name: String,
    /// `scrum` or `kanban`.
    pub(super) ty: &'static str,
    pub(super) filter: String,
    /// The keys of those who administer it.
    pub(super) users: Vec<String>,
    pub(super) groups: Vec<String>,
    /// By what columns are limited.
    pub(super) constraint: String,
    pub(super) columns: Vec<Column>,
    /// Whether its first column is a backlog of its own.
    pub(super) has_backlog: bool,
    pub(super) strategy: String,
    pub(super) lanes: Vec<Lane>,
    pub(super) quick_filters: Vec<Lane>,
    pub(super) sub_filter: String,
    pub(super) cards: Vec<Item>,
    pub(super) details: Vec<Item>,
    pub(super) estimation: Statistic,
    pub(super) tracking: Statistic,
    pub(super) shows_days: bool,
    /// Whether its velocity chart is the refined one; nothing where nobody says.
    pub(super) is_refined: Option<bool>,
}

/// A column: its id, and what it has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) id: String,
    pub(super) name: String,
    min: String,
    max: String,
    statuses: Vec<String>,
}

impl Column {
    /// Returns it as a request says it; one that stays is named.
    pub(super) fn body(&self, stays: bool) -> Value {
        let id = Some(&self.id).filter(|id| stays && !is_given(id));
        json!({
            "id": id.map(|id| number(id)),
            "name": self.name,
            "min": self.min,
            "max": self.max,
            "mappedStatuses": self.statuses(),
        })
    }

    /// Returns it as a reply shows it.
    pub(super) fn shown(&self) -> Value {
        let mut told = shown(&self.name);
        told["min"] = json!(self.min);
        told["max"] = json!(self.max);
        told["mappedStatuses"] = self.statuses();
        told
    }

    fn statuses(&self) -> Value {
        self.statuses.iter().map(|id| json!({ "id": id })).collect()
    }
}

/// What is estimated or tracked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statistic {
    ty: String,
    field: String,
}

impl Statistic {
    fn of(ground: &Ground<'_>, row: Option<&Row>) -> Self {
        let ty = row.and_then(|row| row.text("TYPE_ID")).unwrap_or("none").to_owned();
        let field = row.and_then(|row| row.text("FIELD_ID")).map(|own| ground.field(own));
        Self { ty, field: field.unwrap_or_default() }
    }

    /// Returns it as a request names it.
    pub(super) fn id(&self) -> String {
        format!("{}_{}", self.ty, self.field)
    }

    /// Returns it as a reply shows it.
    pub(super) fn shown(&self) -> Value {
        json!({ "typeId": self.ty, "fieldId": self.field })
    }
}

/// Returns a limit of a column, which rows have with a fraction that says nothing.
fn limit(row: &Row, name: &str) -> String {
    let text = row.text(name).unwrap_or_default();
    text.strip_suffix(".0").unwrap_or(text).to_owned()
}

impl State {
    pub(super) fn type_of(row: &Row) -> &'static str {
        if row.truth("SPRINTS_ENABLED") { "scrum" } else { "kanban" }
    }

    pub(super) fn of(ground: &Ground<'_>, side: &Side<'_>, board: &str) -> Self {
        let Some(row) = side.row(BOARD, board) else { return Self::default() };
        let rows = |entity: &'static str| side.with(entity, "RAPID_VIEW_ID", board);
        let in_order = |entity: &'static str| {
            let mut own = rows(entity);
            own.sort_by_key(|row| row.number("POS").unwrap_or(i64::MAX));
            own
        };
        let text = |name: &str| row.get(name).unwrap_or_default().to_owned();
        let administrators = |is_group: bool| -> Vec<String> {
            let own = rows("AO_60DB71_BOARDADMINS").into_iter();
            let own = own.filter(|row| (row.get("TYPE") == Some("GROUP")) == is_group);
            let mut keys: Vec<String> = own.filter_map(|row| Some(row.text("KEY")?.to_owned())).collect();
            keys.sort();
            keys
        };
        let statuses = |column: &str| -> Vec<String> {
            let mut own = side.with("AO_60DB71_COLUMNSTATUS", "COLUMN_ID", column);
            own.sort_by_key(|row| row.number("POS").unwrap_or(i64::MAX));
            own.iter().filter_map(|row| Some(ground.sent("status", row.text("STATUS_ID")?))).collect()
        };
        let columns = in_order("AO_60DB71_COLUMN").into_iter().map(|row| Column {
            id: row.id().to_owned(),
            name: row.get("NAME").unwrap_or_default().to_owned(),
            min: limit(row, "MINIM"),
            max: limit(row, "MAXIM"),
            statuses: statuses(row.id()),
        });
        let lanes = in_order("AO_60DB71_SWIMLANE").into_iter();
        let quick_filters = in_order("AO_60DB71_QUICKFILTER").into_iter();
        let cards = in_order("AO_60DB71_CARDLAYOUT").into_iter();
        let details = in_order("AO_60DB71_DETAILVIEWFIELD").into_iter();
        let one = |entity| rows(entity).first().copied();
        let sub_filter = one("AO_60DB71_SUBQUERY").and_then(query).unwrap_or_default().to_owned();
        let constraint = one("AO_60DB71_STATSFIELD").and_then(|row| row.text("TYPE_ID"));
        Self {
            name: text("NAME"),
            ty: Self::type_of(row),
            filter: ground.sent("filter", row.get("SAVED_FILTER_ID").unwrap_or_default()),
            users: administrators(false).iter().map(|key| ground.user_key(key)).collect(),
            groups: administrators(true),
            constraint: constraint.unwrap_or("none").to_owned(),
            columns: columns.collect(),
            has_backlog: row.truth("KAN_PLAN_ENABLED"),
            strategy: text("SWIMLANE_STRATEGY"),
            lanes: lanes.map(|row| Lane::of(row, row.truth("DEFAULT_LANE"))).collect(),
            quick_filters: quick_filters.map(|row| Lane::of(row, false)).collect(),
            sub_filter,
            cards: cards.map(|row| Item::of(ground, row, row.text("MODE_NAME"))).collect(),
            details: details.map(|row| Item::of(ground, row, None)).collect(),
            estimation: Statistic::of(ground, one("AO_60DB71_ESTIMATESTATISTIC")),
            tracking: Statistic::of(ground, one("AO_60DB71_TRACKINGSTATISTIC")),
            shows_days: row.truth("SHOW_DAYS_IN_COLUMN"),
            is_refined: row.get(REFINED).map(|_| row.truth(REFINED)),
        }
    }

    /// Returns those who administer it as a request says them.
    pub(super) fn administrators(&self) -> Value {
        json!({ "userKeys": self.users, "groupKeys": self.groups })
    }

    pub(super) fn has_statistics(&self) -> bool {
        [&self.estimation, &self.tracking].iter().any(|own| own.ty != "none")
    }

    pub(super) fn has_a_status_twice(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.columns.iter().flat_map(|own| &own.statuses).any(|own| !seen.insert(own))
    }

    pub(super) fn column_names(&self) -> Vec<&str> {
        self.columns.iter().map(|own| own.name.as_str()).collect()
    }

    /// Returns what of a new board no request says and is to be otherwise than Jira makes it, with what that is.
    pub(super) fn unlike_new(side: &Side<'_>, row: &Row) -> Vec<(&'static str, &'static str)> {
        let rows = |entity: &'static str| side.with(entity, "RAPID_VIEW_ID", row.id());
        let cutoff = if Self::type_of(row) == "scrum" { "NONE" } else { "-2w" };
        let is_usual = |days: &&Row| {
            WEEK.iter().all(|(day, works)| days.truth(day) == *works)
                && days.text("TIMEZONE").is_none_or(|zone| zone == "defaultTimeZoneId")
                && side.with("AO_60DB71_NONWORKINGDAY", "WORKING_DAYS_ID", days.id()).is_empty()
        };
        let unlike = [
            (row.text("CARD_COLOR_STRATEGY").is_some_and(|own| own != "none"), "cardColorStrategy", "`none`"),
            (!rows("AO_60DB71_CARDCOLOR").is_empty(), "cardColors", "no colors"),
            (
                !rows("AO_60DB71_WORKINGDAYS").first().is_none_or(is_usual),
                "workingDays",
                "Monday to Friday in the time zone of Jira",
            ),
            (
                row.get("SHOW_EPIC_AS_PANEL").is_some() && !row.truth("SHOW_EPIC_AS_PANEL"),
                "showEpicAsPanel",
                "`true`",
            ),
            (row.truth("KAN_PLAN_ENABLED"), "kanbanBacklog", "`false`"),
            (
                row.text("OLD_DONE_ISSUES_CUTOFF").is_some_and(|own| own != cutoff),
                "oldDoneIssuesCutoff",
                cutoff,
            ),
        ];
        unlike.into_iter().filter(|(is_unlike, ..)| *is_unlike).map(|(_, tag, is)| (tag, is)).collect()
    }
}
