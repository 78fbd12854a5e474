//! Agile boards (the tables `AO_60DB71_*`): seen in databases of Jira 7.12.3 and 9.12.4; column names are the same
//! in backups of 7.10 and 8.6.1.
//!
//! Names of columns, swimlanes and quick filters may be keys that Jira translates (`gh.workflow.preset.todo`); they
//! are the same in every instance and stay as they are.

use std::collections::HashMap;

use crate::entity::{Row, Tables};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::queries::{JQL, Queries, SUB_FILTER, holder};
use crate::model::{Identity, Node, Path};

/// The rows of all boards, by board, in the order of their positions.
struct Parts<'a> {
    by_board: HashMap<&'static str, HashMap<&'a str, Vec<&'a Row>>>,
    statuses: HashMap<&'a str, Vec<&'a Row>>,
    holidays: HashMap<&'a str, Vec<&'a Row>>,
}

/// Tables with the position of a row among those of its board.
const POSITIONED: [&str; 6] = [
    "AO_60DB71_CARDCOLOR",
    "AO_60DB71_CARDLAYOUT",
    "AO_60DB71_COLUMN",
    "AO_60DB71_DETAILVIEWFIELD",
    "AO_60DB71_QUICKFILTER",
    "AO_60DB71_SWIMLANE",
];

/// Tables without one.
const PLAIN: [&str; 6] = [
    "AO_60DB71_BOARDADMINS",
    "AO_60DB71_ESTIMATESTATISTIC",
    "AO_60DB71_STATSFIELD",
    "AO_60DB71_SUBQUERY",
    "AO_60DB71_TRACKINGSTATISTIC",
    "AO_60DB71_WORKINGDAYS",
];

/// The columns of days, and what a file calls them.
pub(crate) const WEEKDAYS: [(&str, &str); 7] = [
    ("MONDAY", "monday"),
    ("TUESDAY", "tuesday"),
    ("WEDNESDAY", "wednesday"),
    ("THURSDAY", "thursday"),
    ("FRIDAY", "friday"),
    ("SATURDAY", "saturday"),
    ("SUNDAY", "sunday"),
];

impl<'a> Parts<'a> {
    fn new(tables: &'a Tables) -> Self {
        let mut by_board = HashMap::new();
        for table in POSITIONED {
            let mut boards = tables.by(table, "RAPID_VIEW_ID");
            for rows in boards.values_mut() {
                rows.sort_by_key(|row| row.number("POS").unwrap_or(i64::MAX));
            }
            by_board.insert(table, boards);
        }
        for table in PLAIN {
            by_board.insert(table, tables.by(table, "RAPID_VIEW_ID"));
        }
        Self {
            by_board,
            statuses: tables.by("AO_60DB71_COLUMNSTATUS", "COLUMN_ID"),
            holidays: tables.by("AO_60DB71_NONWORKINGDAY", "WORKING_DAYS_ID"),
        }
    }

    fn of(&self, table: &str, board: &str) -> &[&'a Row] {
        let rows = self.by_board.get(table).and_then(|boards| boards.get(board));
        rows.map(Vec::as_slice).unwrap_or_default()
    }
}

/// A board under construction.
struct Board<'c, 's, 'a> {
    context: &'c mut Context<'s>,
    queries: &'c Queries<'a>,
    parts: &'c Parts<'a>,
    id: &'a str,
    path: Path,
    mentions: Vec<Identity>,
}

pub(crate) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let queries = Queries::new(context.names);
    let parts = Parts::new(tables);
    for row in tables.rows("AO_60DB71_RAPIDVIEW") {
        let path = Path::object("scrumKanbanBoard", row.get("NAME").unwrap_or(row.id()));
        let Some(node) = begin(context, row, &path) else { continue };
        let id = row.id();
        let mut board = Board { context, queries: &queries, parts: &parts, id, path, mentions: Vec::new() };
        let node = board.fill(node, row);
        let mentions = board.mentions;
        context.add_mentioning(node, mentions);
    }
}

/// Begins a board with what tells it from others. A board without filter shows nothing and cannot be matched.
fn begin(context: &mut Context<'_>, row: &Row, path: &Path) -> Option<Node> {
    let filter = row.get("SAVED_FILTER_ID").unwrap_or("");
    let Some(filter) = context.names.get("filter", filter) else {
        context.dangling(path.clone(), format!("its filter, {filter}, does not exist"));
        return None;
    };
    let Some(name) = context.names.get("scrumKanbanBoard", row.id()) else {
        context.dangling(path.clone(), "it has no name");
        return None;
    };
    let node = Node::new("scrumKanbanBoard")
        .text("name", name.text.clone())
        .text("type", name.get("type").unwrap_or("kanban"))
        .with(filter.reference("mainFilter"));
    Some(match name.get(crate::schema::DUPLICATE) {
        Some(number) => node.attribute(crate::schema::DUPLICATE, number),
        None => node,
    })
}

impl Board<'_, '_, '_> {
    fn fill(&mut self, node: Node, row: &Row) -> Node {
        let owner = row.text("OWNER_USER_NAME");
        let owner_name = owner.and_then(|key| self.context.names.user(key));
        if let (Some(key), None) = (owner, &owner_name) {
            self.dangling("owner", format!("the user of key {key} does not exist"));
        }
        let constraint = self.parts.of("AO_60DB71_STATSFIELD", self.id).first();
        let flag = |tag: &'static str, column: &str| {
            row.get(column)
                .is_some()
                .then(|| Node::leaf(tag, if row.truth(column) { "true" } else { "false" }))
        };
        node.name_if("owner", owner_name.as_ref())
            .with_all(self.administrators())
            .text_if("columnConstraint", constraint.and_then(|row| row.get("TYPE_ID")))
            .with_if(self.columns().unless_empty())
            .text_if("swimlaneStrategy", row.get("SWIMLANE_STRATEGY"))
            .with_if(self.lanes("swimlanes", "swimlane", "AO_60DB71_SWIMLANE").unless_empty())
            .with_if(self.lanes("quickFilters", "quickFilter", "AO_60DB71_QUICKFILTER").unless_empty())
            .with_if(self.sub_filter())
            .text_if("cardColorStrategy", row.get("CARD_COLOR_STRATEGY"))
            .with_if(self.card_colors().unless_empty())
            .with_if(self.card_layouts().unless_empty())
            .with_if(self.detail_view().unless_empty())
            .with_if(self.statistic("estimation", "AO_60DB71_ESTIMATESTATISTIC"))
            .with_if(self.statistic("timeTracking", "AO_60DB71_TRACKINGSTATISTIC"))
            .with_if(self.working_days())
            .with_if(flag("showDaysInColumn", "SHOW_DAYS_IN_COLUMN"))
            .with_if(flag("showEpicAsPanel", "SHOW_EPIC_AS_PANEL"))
            .with_if(flag("kanbanBacklog", "KAN_PLAN_ENABLED"))
            .text_if("oldDoneIssuesCutoff", row.get("OLD_DONE_ISSUES_CUTOFF"))
            .with_if(flag("refinedVelocity", "REFINED_VELOCITY_ACTIVE"))
    }

    fn dangling(&mut self, tag: &str, message: String) {
        self.context.dangling(self.path.child(tag), message);
    }

    fn administrators(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        for row in self.parts.of("AO_60DB71_BOARDADMINS", self.id) {
            let key = row.get("KEY").unwrap_or("");
            let names = self.context.names;
            let (tag, name) = match row.get("TYPE") {
                Some("GROUP") => ("administratorGroup", names.group(key)),
                _ => ("administratorUser", names.user(key)),
            };
            match name {
                Some(name) => nodes.push(name.reference(tag)),
                None => self.dangling(tag, format!("{key} does not exist")),
            }
        }
        nodes
    }

    fn columns(&mut self) -> Node {
        let mut columns = Node::new("columns");
        for row in self.parts.of("AO_60DB71_COLUMN", self.id) {
            let name = row.get("NAME").unwrap_or("");
            let path = self.path.child("columns").part("column", name);
            // What is no whole number fits nowhere, and so stands as unreadable.
            let bound = |column| row.text(column).map(|text| limit(text).unwrap_or_else(|| text.to_owned()));
            let (minimum, maximum) = (bound("MINIM"), bound("MAXIM"));
            let mut column = Node::new("column")
                .text("name", name)
                .text_if("minimum", minimum.as_deref())
                .text_if("maximum", maximum.as_deref());
            for row in self.parts.statuses.get(row.id()).into_iter().flatten() {
                let status = row.get("STATUS_ID").unwrap_or("");
                match self.context.names.get("status", status) {
                    Some(name) => {
                        let position = row.number("POS").unwrap_or(0).to_string();
                        column = column.with(name.reference("status").attribute("position", position));
                    }
                    None => {
                        self.context.dangling(path.clone(), format!("its status {status} does not exist"));
                        column = column.with(Node::lost("status"));
                    }
                }
            }
            columns = columns.with(column);
        }
        columns
    }

    fn lanes(&mut self, list: &'static str, tag: &'static str, table: &str) -> Node {
        let mut lanes = Node::new(list);
        for row in self.parts.of(table, self.id) {
            let path = self.path.child(list).part(tag, row.get("NAME").unwrap_or(""));
            let (lane, mentions) = lane(self.context, self.queries, &path, tag, row);
            self.mentions.extend(mentions);
            lanes = lanes.with(lane);
        }
        lanes
    }

    fn sub_filter(&mut self) -> Option<Node> {
        let row = self.parts.of("AO_60DB71_SUBQUERY", self.id).first()?;
        let path = self.path.child("subFilter");
        let (text, mentions) = self.queries.translate(self.context, &path, query(row)?);
        self.mentions.extend(mentions);
        Some(Node::leaf(holder(SUB_FILTER, &text), text))
    }

    fn card_colors(&mut self) -> Node {
        let mut colors = Node::new("cardColors");
        for (number, row) in self.parts.of("AO_60DB71_CARDCOLOR", self.id).iter().enumerate() {
            let path = self.path.child("cardColors").part("cardColor", &(number + 1).to_string());
            let color = card_color(self.context, self.queries, &path, row);
            if let Some((color, mentions)) = color {
                self.mentions.extend(mentions);
                colors = colors.with(color);
            } else if row
                .get("STRATEGY")
                .is_some_and(|own| NAMED_BY_ID.contains(&own.to_lowercase().as_str()))
            {
                colors = colors.with(Node::lost("cardColor"));
            }
        }
        colors
    }

    fn card_layouts(&mut self) -> Node {
        let mut layouts = Node::new("cardLayouts");
        let mut rows = self.parts.of("AO_60DB71_CARDLAYOUT", self.id).to_vec();
        // Each mode has positions of its own.
        rows.sort_by_key(|row| row.get("MODE_NAME"));
        for row in rows {
            layouts = layouts.with_if(match self.field(row, "cardLayouts") {
                Ok(Some(field)) => {
                    let layout = Node::new("cardLayout").text_if("mode", row.get("MODE_NAME"));
                    Some(layout.with(field))
                }
                Ok(None) => None,
                Err(Gone) => Some(Node::lost("cardLayout")),
            });
        }
        layouts
    }

    fn detail_view(&mut self) -> Node {
        let mut fields = Node::new("detailViewFields");
        for row in self.parts.of("AO_60DB71_DETAILVIEWFIELD", self.id) {
            let field = self.field(row, "detailViewFields");
            fields = fields.with_if(field.unwrap_or_else(|Gone| Some(Node::lost("field"))));
        }
        fields
    }

    fn field(&mut self, row: &Row, place: &str) -> Result<Option<Node>, Gone> {
        let Some(identifier) = row.text("FIELD_ID") else { return Ok(None) };
        let Some(name) = self.context.names.field(identifier) else {
            self.dangling(place, format!("the field {identifier} does not exist"));
            return Err(Gone);
        };
        Ok(Some(name.reference("field")))
    }

    fn statistic(&mut self, tag: &'static str, table: &'static str) -> Option<Node> {
        let row = self.parts.of(table, self.id).first().copied()?;
        let ty = row.text("TYPE_ID")?;
        Some(match self.field(row, tag) {
            Ok(field) => Node::new(tag).text("type", ty).with_if(field),
            Err(Gone) => Node::lost(tag),
        })
    }

    fn working_days(&mut self) -> Option<Node> {
        let row = self.parts.of("AO_60DB71_WORKINGDAYS", self.id).first().copied()?;
        let mut node = Node::new("workingDays").text_if("timezone", row.get("TIMEZONE"));
        for (column, day) in WEEKDAYS {
            if row.truth(column) {
                node = node.text("workingDay", day);
            }
        }
        for holiday in self.parts.holidays.get(row.id()).into_iter().flatten() {
            node = node.text_if("nonWorkingDay", holiday.get("ISO8601_DATE"));
        }
        Some(node)
    }
}

/// A field does not exist that a row names.
struct Gone;

/// The strategies of colours whose values are ids; users are named by rows themselves.
const NAMED_BY_ID: [&str; 2] = ["issuetype", "priority"];

/// Returns a limit of a column: a whole number in a column of floating point numbers (`5` or `5.0`).
pub(crate) fn limit(text: &str) -> Option<String> {
    let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    let whole = whole.map_or(text, |(whole, _)| whole);
    whole.parse::<i64>().is_ok().then(|| whole.to_owned())
}

/// Returns a swimlane or a quick filter, and what its query names.
pub(crate) fn lane(
    context: &mut Context<'_>,
    queries: &Queries<'_>,
    path: &Path,
    tag: &'static str,
    row: &Row,
) -> (Node, Vec<Identity>) {
    let node = Node::new(tag)
        .text("name", row.get("NAME").unwrap_or(""))
        .text_if("description", row.get("DESCRIPTION"));
    let query = query(row).map(|query| queries.translate(context, path, query));
    let (node, mentions) = match query {
        Some((text, mentions)) => (node.text(holder(JQL, &text), text), mentions),
        None => (node, Vec::new()),
    };
    (node.mark("default", tag == "swimlane" && row.truth("DEFAULT_LANE")), mentions)
}

/// Returns the stored query of a row; `QUERY` is where it stood when it had to be short.
pub(crate) fn query(row: &Row) -> Option<&str> {
    row.text("LONG_QUERY").or_else(|| row.text("QUERY"))
}

/// Returns a colour and what its query names; its value is an id or a query, as its strategy says.
pub(crate) fn card_color(
    context: &mut Context<'_>,
    queries: &Queries<'_>,
    path: &Path,
    row: &Row,
) -> Option<(Node, Vec<Identity>)> {
    let strategy = row.get("STRATEGY").unwrap_or("");
    let color =
        Node::new("cardColor").text_if("strategy", row.get("STRATEGY")).text_if("color", row.get("COLOR"));
    let Some(value) = row.text("VAL") else { return Some((color, Vec::new())) };
    let names = context.names;
    let named = match strategy.to_lowercase().as_str() {
        "custom" => {
            let (text, mentions) = queries.translate(context, path, value);
            return Some((color.with(Node::leaf(holder(JQL, &text), text)), mentions));
        }
        "issuetype" => names.get("issueType", value).map(|name| name.reference("issueType")),
        "priority" => names.get("priority", value).map(|name| name.reference("priority")),
        // An issue that nobody works on has a colour too; it has no user.
        "assignee" if is_a_key(value) => names.user(value).map(|name| name.reference("user")),
        _ => {
            if value.bytes().all(|byte| byte.is_ascii_digit()) {
                context.untranslated(
                    path.clone(),
                    format!("the strategy {strategy} has a value {value} that pcfg does not know"),
                );
            }
            Some(Node::leaf("value", value))
        }
    };
    if named.is_none() {
        context.dangling(path.clone(), format!("the {strategy} {value} does not exist"));
    }
    Some((color.with(named?), Vec::new()))
}

/// Returns whether the value of a colour by assignee can be a user key.
fn is_a_key(value: &str) -> bool {
    !matches!(value, "" | "-1" | "null" | "unassigned")
}
