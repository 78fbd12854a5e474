//! Boards of Jira Software. They are made by a published request, and changed as their settings page changes them, which no published
//! request does.
//!
//! Jira gives a new board quick filters, swimlanes and fields of its own, and nobody knows beforehand which: they go first. Invariant:
//! each request about a board that is there looks at it before, and is taken back by one that says how it was.
//!
//! Sources: Atlassian's descriptions of Jira Software (Jira Cloud of 2026, Data Center 10.3) for making and deleting a board; for the
//! settings page a reply of a live Data Center 11.3.6, and public tools that write it.

mod fields;
mod lanes;
mod page;
mod state;

use serde_json::{Value, json};

use super::{Deed, Ground, Look, Sent, Subject, Unsaid, number, part, token};
use crate::entity::Row;
use crate::model::Path;
use page::{BOARD, OWN_NAMES, Page};
use state::{Column, State};

/// What Jira shows in English for some of them (seen in Jira 7.12.3 and 9.12.4).
const SHOWN: [(&str, &str); 7] = [
    ("gh.workflow.preset.todo", "`To Do`, the name"),
    ("gh.workflow.preset.inprogress", "`In Progress`, the name"),
    ("gh.workflow.preset.done", "`Done`, the name"),
    ("gh.workflow.preset.backlog", "`Backlog`, the name"),
    ("gh.rapid.quickfilters.only.my.issues", "`Only My Issues`, the name"),
    ("gh.rapid.quickfilters.recently.updated", "`Recently Updated`, the name"),
    ("gh.rapid.swimlane.default.name", "`Everything Else`, the name"),
];

/// How boards are parted by swimlanes (public tools that write them).
const STRATEGIES: [&str; 7] =
    ["none", "custom", "parentChild", "epic", "assignee", "assigneeUnassignedFirst", "project"];

/// A board.
pub(super) fn board(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Some(row) = ground.after.row(BOARD, after) else { return Ok(Vec::new()) };
    let before = subject.before.as_deref().filter(|id| ground.before.row(BOARD, id).is_some());
    let id = ground.sent("scrumKanbanBoard", after);
    let page = Page { id: &id, is_new: before.is_none() };
    let to = State::of(ground, &ground.after, after);
    let from = before.map(|id| State::of(ground, &ground.before, id));
    let unsaid = unsaid(ground, row, (from.as_ref(), &to), before);
    if !unsaid.is_empty() {
        return Err(unsaid);
    }
    let mut deeds = Vec::new();
    if page.is_new {
        deeds.push(made(ground, row, &page, &to));
        deeds.push(page.swept("/quickFilterConfig/quickFilters", &[], &page.own("quickfilters")));
        let others = [("isDefault", json!(false))];
        deeds.push(page.swept("/swimlanesConfig/swimlanes", &others, &page.own("swimlanes")));
        let fields = format!("{}/field", page.own("detailviewfield"));
        deeds.push(page.swept("/detailViewFieldConfig/currentFields", &[], &fields));
    }
    deeds.extend(settings(ground, &page, (from.as_ref(), &to)));
    let none = State::default();
    let was = from.as_ref().unwrap_or(&none);
    deeds.extend(lanes::swimlanes(&page, &was.lanes, &to.lanes));
    deeds.extend(lanes::quick_filters(&page, &was.quick_filters, &to.quick_filters));
    deeds.extend(fields::cards(&page, &was.cards, &to.cards));
    deeds.extend(fields::details(ground, &page, &was.details, &to.details));
    Ok(deeds)
}

/// Makes a board, which is in the project that its filter names, or else with whoever makes it.
fn made(ground: &Ground<'_>, row: &Row, page: &Page<'_>, to: &State) -> Deed {
    let name = row.get("NAME").unwrap_or_default();
    let mut body = json!({ "name": name, "type": to.ty, "filterId": number(&to.filter) });
    if ground.is_cloud() {
        let query = ground.after.row("SearchRequest", row.get("SAVED_FILTER_ID").unwrap_or_default());
        let query = query.and_then(|row| row.get("request")).unwrap_or_default();
        // Without a place Jira Cloud shows the board nowhere.
        body["location"] = match project_of(ground, query) {
            Some(project) => {
                json!({ "type": "project", "projectKeyOrId": ground.sent("project", project) })
            }
            None => json!({ "type": "user" }),
        };
    }
    let mut sent = Sent::post("/rest/agile/1.0/board", body).binding(page.id, "/id");
    let is_other = |own: &Row| own.get("NAME") == Some(name) && State::type_of(own) == to.ty;
    // Boards of one name and type, with other filters, nobody could tell apart.
    if !ground.before.tables.rows(BOARD).iter().any(is_other) {
        let by = [("name", json!(name)), ("type", json!(to.ty))];
        let look = Look::at("/rest/agile/1.0/board", Value::Null, json!({ "name": name }))
            .with("name", name)
            .with("type", to.ty)
            .among("/values", &by)
            .paged()
            .in_doubt();
        sent = sent.seen_by(look);
    }
    Deed::new(sent, Sent::delete(format!("/rest/agile/1.0/board/{}", part(page.id))))
}

/// Returns the project that a query names first.
fn project_of<'g>(ground: &Ground<'g>, query: &str) -> Option<&'g str> {
    let words = query.split(|sign: char| sign.is_whitespace() || "=(),!".contains(sign));
    let mut words = words.filter(|word| !word.is_empty());
    words.find(|word| word.eq_ignore_ascii_case("project"))?;
    let word = words.find(|word| !word.eq_ignore_ascii_case("in"))?.trim_matches(['"', '\'']);
    let all = ground.after.tables.rows("Project");
    let is_it = |row: &&Row| {
        row.id() == word || ["key", "name"].iter().any(|own| row.text(own).is_some_and(|own| own == word))
    };
    all.iter().find(is_it).map(Row::id)
}

/// Says how the settings are to be that are said as a whole.
fn settings(ground: &Ground<'_>, page: &Page<'_>, (from, to): (Option<&State>, &State)) -> Vec<Deed> {
    let config = |what: &str| page.path(&format!("rapidviewconfig/{what}"));
    let id = || number(page.id);
    let mut deeds = Vec::new();
    let mut put = |path: String, body: &dyn Fn(&State) -> Value, seen: &dyn Fn(&State) -> Value| {
        let seen_from = from.map(seen).unwrap_or_default();
        deeds.extend(page.set(path, (from.map(body), body(to)), [seen_from, seen(to)]));
    };
    if from.is_some() {
        put(
            config("name"),
            &|own| json!({ "id": id(), "name": own.name }),
            &|own| json!({ "name": own.name }),
        );
        put(
            config("filter"),
            &|own| json!({ "id": id(), "savedFilterId": number(&own.filter) }),
            &|own| json!({ "filterConfig": { "id": own.filter } }),
        );
    }
    // Whoever makes a board administers it.
    let caller = json!({ "userKeys": ground.known.caller.iter().collect::<Vec<_>>(), "groupKeys": [] });
    if from.is_some() || to.administrators() != caller {
        put(
            config("boardadmins"),
            &|own| json!({ "id": id(), "boardAdmins": own.administrators() }),
            &|own| {
                let keys = |all: &[String]| all.iter().map(|key| json!({ "key": key })).collect::<Vec<_>>();
                json!({ "boardAdmins": { "userKeys": keys(&own.users), "groupKeys": keys(&own.groups) } })
            },
        );
    }
    if from.is_some() || to.ty == "scrum" || to.has_statistics() {
        put(
            config("estimation"),
            &|own| {
                json!({
                    "rapidViewId": id(),
                    "estimateStatisticId": own.estimation.id(),
                    "trackingStatisticId": own.tracking.id(),
                })
            },
            &|own| {
                json!({ "estimationStatisticConfig": {
                    "currentEstimationStatistic": own.estimation.shown(),
                    "currentTrackingStatistic": own.tracking.shown(),
                } })
            },
        );
    }
    put(
        config("swimlaneStrategy"),
        &|own| json!({ "id": id(), "swimlaneStrategyId": own.strategy }),
        &|own| json!({ "swimlanesConfig": { "swimlaneStrategy": own.strategy } }),
    );
    if from.is_some() || to.shows_days {
        put(
            config("showDaysInColumn"),
            &|own| json!({ "rapidViewId": id(), "showDaysInColumn": own.shows_days }),
            &|own| json!({ "showDaysInColumn": own.shows_days }),
        );
    }
    if from.is_some() || to.ty == "kanban" || !to.sub_filter.is_empty() {
        deeds.extend(sub_filter(page, (from, to)));
    }
    deeds.extend(columns(page, config("columns"), (from, to)));
    deeds.extend(velocity(page, (from, to)));
    deeds
}

/// Says which velocity chart it has, by a published request of Data Center; where nobody says, Jira decides.
fn velocity(page: &Page<'_>, (from, to): (Option<&State>, &State)) -> Option<Deed> {
    let path = format!("/rest/agile/1.0/board/{}/settings/refined-velocity", part(page.id));
    let body = |is_refined: bool| json!({ "value": is_refined });
    let is = to.is_refined?;
    let sent = Sent::put(&path, body(is));
    let Some(from) = from else { return Some(Deed::along(sent)) };
    // What is unknown is never planned.
    let was = from.is_refined.filter(|was| *was != is)?;
    Some(Deed::new(sent.seen_by(Look::at(&path, body(was), body(is))), Sent::put(&path, body(was))))
}

/// Says the query that narrows the filter of a board down. Jira tells none as none, or as one that says nothing.
fn sub_filter(page: &Page<'_>, (from, to): (Option<&State>, &State)) -> Option<Deed> {
    let path = page.own("subqueries");
    let body = |own: &State| json!({ "query": own.sub_filter });
    if from.is_some_and(|from| from.sub_filter == to.sub_filter) {
        return None;
    }
    let Some(from) = from else { return Some(Deed::along(Sent::put(&path, body(to)))) };
    let look = page.look(body(from), body(to)).among("/subqueryConfig/subqueries", &[]);
    Some(Deed::new(Sent::put(&path, body(to)).seen_by(look), Sent::put(&path, body(from))))
}

/// Says all columns, where one differs. Those that stay keep their ids.
fn columns(page: &Page<'_>, path: String, (from, to): (Option<&State>, &State)) -> Option<Deed> {
    let is_same = |from: &State| from.columns == to.columns && from.constraint == to.constraint;
    if from.is_some_and(is_same) {
        return None;
    }
    let none = State::default();
    let others = |own: &[Column], other: &[Column]| -> Vec<bool> {
        own.iter().map(|own| other.iter().any(|other| other.id == own.id)).collect()
    };
    let was = from.unwrap_or(&none);
    // Whether the first column is the backlog of a Kanban board is told by a new board itself.
    let backlog = token("board backlog", page.id);
    let body = |own: &State, other: &State| {
        let stays = others(&own.columns, &other.columns);
        let columns = own.columns.iter().zip(stays).enumerate().map(|(at, (column, stays))| {
            let mut told = column.body(stays && !page.is_new);
            told["isKanPlanColumn"] = match (page.is_new, at) {
                (true, 0) => json!(format!("{}{backlog}", super::sent::NUMBER)),
                (false, 0) => json!(own.has_backlog),
                _ => json!(false),
            };
            told
        });
        json!({
            "rapidViewId": number(page.id),
            "currentStatisticsField": { "id": format!("{}_", own.constraint) },
            "mappedColumns": columns.collect::<Vec<_>>(),
        })
    };
    let seen = |own: &State| {
        let columns: Vec<Value> = own.columns.iter().map(Column::shown).collect();
        json!({ "rapidListConfig": { "mappedColumns": columns } })
    };
    let mut seen_to = seen(to);
    if was.constraint != to.constraint {
        // Not each version tells it, so that nobody relies on how it was.
        let said = json!({ "id": format!("{}_", to.constraint) });
        seen_to["rapidListConfig"]["currentStatisticsField"] = said;
    }
    let is = body(to, was);
    Some(match from {
        Some(from) => {
            let sent = Sent::put(&path, is).seen_by(page.look(seen(from), seen_to));
            Deed::new(sent, Sent::put(&path, body(from, to)))
        }
        None => {
            let look = page.look(json!({}), seen_to);
            let sent = Sent::put(&path, is).seen_by(look);
            Deed::along(sent.saying(&backlog, "/rapidListConfig/mappedColumns/0/isKanPlanColumn"))
        }
    })
}

/// Says what no request does: where, and why.
fn unsaid(
    ground: &Ground<'_>,
    row: &Row,
    (from, to): (Option<&State>, &State),
    before: Option<&str>,
) -> Vec<Unsaid> {
    let here = Path::object("scrumKanbanBoard", row.get("NAME").unwrap_or_default());
    if before.is_some_and(|id| ground.known.locked_boards.contains(id)) {
        let why = "Jira lets you not change this board: its administrators can, and those of Jira who see its filter";
        return vec![(here, why.to_owned())];
    }
    let mut unsaid = Vec::new();
    let none = State::default();
    let was = from.unwrap_or(&none);
    for (tag, names, others) in [
        ("columns", to.column_names(), was.column_names()),
        ("swimlanes", lanes::names(&to.lanes), lanes::names(&was.lanes)),
        ("quickFilters", lanes::names(&to.quick_filters), lanes::names(&was.quick_filters)),
    ] {
        let own = |name: &&&str| name.starts_with(OWN_NAMES) && !others.contains(name);
        unsaid.extend(names.iter().find(own).map(|name| {
            let known = SHOWN.iter().find(|(key, _)| *key == *name);
            let shown = known.map_or("the name", |(_, shown)| shown);
            (here.child(tag), format!("`{name}` is Jira's own key for a name: write {shown} that Jira shows"))
        }));
    }
    if to.columns.is_empty() && !was.columns.is_empty() || from.is_none() && to.columns.is_empty() {
        unsaid.push((here.child("columns"), "a board has a column always".to_owned()));
    }
    if was.lanes != to.lanes || from.is_none() {
        let is_default = |own: &&lanes::Lane| own.is_default;
        let count = |own: &State| own.lanes.iter().filter(is_default).count();
        let wanted = from.map_or(1, count);
        if count(to) != wanted {
            let why = "one swimlane of a board is the default one, and stays it: mark it by `<default>`";
            unsaid.push((here.child("swimlanes"), why.to_owned()));
        } else if to.lanes.iter().rev().skip(1).any(|own| own.is_default) {
            let why = "the default swimlane of a board is the last one always";
            unsaid.push((here.child("swimlanes"), why.to_owned()));
        }
    }
    if to.has_a_status_twice() && was.columns != to.columns {
        unsaid.push((here.child("columns"), "a status is in one column of a board at most".to_owned()));
    }
    if to.quick_filters.iter().any(|own| own.query.is_empty() && !was.quick_filters.contains(own)) {
        unsaid.push((here.child("quickFilters"), "a quick filter has a query always".to_owned()));
    }
    let is_known = |own: &str| {
        let is_it = |row: &Row| row.get("SWIMLANE_STRATEGY") == Some(own);
        STRATEGIES.contains(&own) || ground.before.tables.rows(BOARD).iter().any(is_it)
    };
    if !is_known(&to.strategy) {
        let why = format!(
            "Jira has no swimlane strategy `{}`: write one of {}",
            to.strategy,
            STRATEGIES.join(", ")
        );
        unsaid.push((here.child("swimlaneStrategy"), why));
    }
    unsaid.extend(fields::unsaid(&here, &was.cards, &to.cards));
    if from.is_none() {
        let others = State::unlike_new(&ground.after, row);
        let why = |is: &str| {
            format!(
                "a new board has {is} here, and no request changes that: write this, or make the board in Jira itself"
            )
        };
        unsaid.extend(others.into_iter().map(|(tag, is)| (here.child(tag), why(is))));
    }
    unsaid
}
