//! Agile boards, written into rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::read::{WEEKDAYS, card_color, lane, query};
use crate::entity::Row;
use crate::mapping::ground::as_read::{Read, element, elements, flag, manner_of, path};
use crate::mapping::ground::put::{Parts, There, Written, only};
use crate::mapping::ground::queries::{JQL, SUB_FILTER, held};
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::{Element, Node, Path};

const BOARD: &str = "RAPID_VIEW_ID";

/// What has to be alike in two parts of which one becomes the other.
pub(crate) type Alike = fn(&Element) -> Element;

pub(crate) const ANY: Alike = |part| only(part, |_| false);
pub(crate) const SAME_NAME: Alike = |part| only(part, |tag| tag == "name");
const SAME_BUT_COLOR: Alike = |part| only(part, |tag| tag != "color");

/// Returns the values of the row of a part, given the row that it has now; `None` if it cannot be written.
pub(crate) type ValuesOf<'v> =
    dyn FnMut(&mut Writer<'_>, &mut Read<'_, '_>, &Element, Option<&Row>) -> Option<Values> + 'v;

pub(crate) fn boards(writer: &mut Writer<'_>, objects: &[&Element]) {
    writer.as_read(|writer, read| {
        for object in objects {
            // A board without filter shows nothing and cannot be matched.
            let id = writer.own_id(object);
            let Some(filter) = writer.id_in(object, "mainFilter") else { continue };
            let is_new = writer.row("AO_60DB71_RAPIDVIEW", &id).is_none();
            let object = if is_new { Cow::Owned(with_defaults(object)) } else { Cow::Borrowed(*object) };
            Board { writer, read, id: &id, object: &object, path: path(&object) }.write(filter);
        }
    });
}

/// Returns a new board with what every board has, as Jira Software sets it where nobody chooses (7.12.3 and 9.12.4).
fn with_defaults(board: &Element) -> Element {
    let is_scrum = board.text_of("type") == Some("scrum");
    let [strategy, constraint, cutoff] =
        if is_scrum { ["parentChild", "none", "NONE"] } else { ["custom", "issueCount", "-2w"] };
    let statistic = |tag| Node::new(tag).text("type", "none");
    let days = WEEKDAYS.iter().filter(|(_, day)| !matches!(*day, "saturday" | "sunday"));
    let days = days.map(|(_, day)| Node::leaf("workingDay", *day));
    let days = Node::new("workingDays").text("timezone", "defaultTimeZoneId").with_all(days);
    let defaults = [
        Node::leaf("columnConstraint", constraint),
        Node::leaf("swimlaneStrategy", strategy),
        Node::leaf("cardColorStrategy", "none"),
        statistic("estimation"),
        statistic("timeTracking"),
        days,
        Node::leaf("showDaysInColumn", "false"),
        Node::leaf("showEpicAsPanel", "true"),
        Node::leaf("oldDoneIssuesCutoff", cutoff),
    ];
    let mut board = board.clone();
    for default in defaults {
        let tag = default.tag();
        if board.get(tag).is_none()
            && let Some(default) = element(&board, &[tag], default)
            && let Some(children) = board.children_mut()
        {
            children.push(default);
        }
    }
    board
}

/// A board that is being written.
pub(crate) struct Board<'b, 'w, 'c, 'r> {
    pub(crate) writer: &'b mut Writer<'w>,
    pub(crate) read: &'b mut Read<'c, 'r>,
    id: &'b str,
    pub(crate) object: &'b Element,
    path: Path,
}

impl Board<'_, '_, '_, '_> {
    fn write(&mut self, filter: String) {
        let object = self.object;
        let row = self.writer.row("AO_60DB71_RAPIDVIEW", self.id);
        let owner = row.as_ref().and_then(|row| row.get("OWNER_USER_NAME"));
        let owner = self.writer.user_value(self.read, object.text_of("owner"), owner);
        let is_scrum = object.text_of("type") == Some("scrum");
        let row_flag = |column, tag| flag(row.as_ref(), column, object.text_of(tag));
        let values = vec![
            ("NAME", text(object, "name")),
            ("SAVED_FILTER_ID", Some(filter)),
            ("OWNER_USER_NAME", owner),
            flag(row.as_ref(), "SPRINTS_ENABLED", Some(if is_scrum { "true" } else { "false" })),
            ("SWIMLANE_STRATEGY", text(object, "swimlaneStrategy")),
            ("CARD_COLOR_STRATEGY", text(object, "cardColorStrategy")),
            row_flag("SHOW_DAYS_IN_COLUMN", "showDaysInColumn"),
            row_flag("SHOW_EPIC_AS_PANEL", "showEpicAsPanel"),
            row_flag("KAN_PLAN_ENABLED", "kanbanBacklog"),
            ("OLD_DONE_ISSUES_CUTOFF", text(object, "oldDoneIssuesCutoff")),
            row_flag("REFINED_VELOCITY_ACTIVE", "refinedVelocity"),
        ];
        self.writer.put("AO_60DB71_RAPIDVIEW", &[("ID", self.id)], values);
        self.administrators();
        let constraint = text(object, "columnConstraint").map(|ty| vec![("TYPE_ID", Some(ty))]);
        self.only_row("AO_60DB71_STATSFIELD", constraint);
        self.columns();
        self.lanes("AO_60DB71_SWIMLANE", ["swimlanes", "swimlane"]);
        self.lanes("AO_60DB71_QUICKFILTER", ["quickFilters", "quickFilter"]);
        self.sub_filter();
        self.card_colors();
        self.card_layouts();
        self.fields("AO_60DB71_DETAILVIEWFIELD", &["detailViewFields", "field"]);
        self.statistic("AO_60DB71_ESTIMATESTATISTIC", "estimation");
        self.statistic("AO_60DB71_TRACKINGSTATISTIC", "timeTracking");
        self.working_days();
    }

    /// Returns the rows of the board, in the order of their positions.
    fn rows(&mut self, entity: &'static str) -> Vec<Row> {
        let mut rows = self.writer.owned(entity, &[(BOARD, Some(self.id))]);
        if entity_has(entity, "POS") {
            rows.sort_by_key(|row| row.number("POS").unwrap_or(i64::MAX));
        }
        rows
    }

    /// Returns the rows of the board with what they say, in the order of their positions.
    pub(crate) fn there(
        &mut self,
        entity: &'static str,
        tags: &[&str],
        mut reading: impl FnMut(&mut Self, &Row) -> Option<Node>,
    ) -> There<Element> {
        let rows = self.writer.there(entity, &[(BOARD, Some(self.id))], |_, row| Some(row.clone()));
        let mut rows: Vec<(usize, Row)> = rows.into_iter().filter_map(|(at, row)| Some((at, row?))).collect();
        if entity_has(entity, "POS") {
            rows.sort_by_key(|(_, row)| row.number("POS").unwrap_or(i64::MAX));
        }
        let read = |(at, row): (usize, Row)| {
            (at, reading(self, &row).and_then(|node| element(self.object, tags, node)))
        };
        rows.into_iter().map(read).collect()
    }

    /// Writes parts of the board; `values` says what the row of a part is to hold, given the row as it is.
    pub(crate) fn put(
        &mut self,
        entity: &'static str,
        there: There<Element>,
        wanted: &[Element],
        alike: &[Alike],
        values: &mut ValuesOf<'_>,
    ) -> Written {
        let owner = [(BOARD, Some(self.id))];
        let parts = Parts { alike, ..Parts::new(entity, &owner, manner_of(wanted), there, wanted.to_vec()) };
        let read = &mut *self.read;
        self.writer.put_parts(parts, &mut |writer, number, at| {
            let row = at.map(|at| writer.at(entity, at).clone());
            values(writer, read, &wanted[number], row.as_ref())
        })
    }

    pub(crate) fn owner(&self) -> (&'static str, Option<String>) {
        (BOARD, Some(self.id.to_owned()))
    }

    pub(crate) fn in_order(&mut self, entity: &'static str, ids: impl IntoIterator<Item = Option<String>>) {
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        self.writer.put_order_from(entity, "POS", &ids, 0);
    }

    fn administrators(&mut self) {
        for (tag, ty) in [("administratorUser", "USER"), ("administratorGroup", "GROUP")] {
            let there = self.there("AO_60DB71_BOARDADMINS", &[tag], |board, row| {
                let names = board.read.context.names;
                let key = row.get("KEY").unwrap_or("");
                match (row.get("TYPE"), ty) {
                    (Some("GROUP"), "GROUP") => names.group(key).map(|name| name.reference(tag)),
                    (Some("GROUP"), _) | (_, "GROUP") => None,
                    _ => names.user(key).map(|name| name.reference(tag)),
                }
            });
            let wanted = elements(self.object, &[tag]);
            self.put("AO_60DB71_BOARDADMINS", there, &wanted, &[], &mut |writer, _, name, _| {
                let name = name.text();
                let key = if ty == "USER" { writer.user_key(name) } else { name.to_owned() };
                Some(vec![("KEY", Some(key)), ("TYPE", Some(ty.to_owned()))])
            });
        }
    }

    /// Writes what a board has once.
    fn only_row(&mut self, entity: &'static str, wanted: Option<Values>) {
        let rows = self.rows(entity);
        match (rows.first(), wanted) {
            (Some(row), Some(values)) => {
                self.writer.put(entity, &[("ID", row.id())], values);
            }
            (None, Some(values)) => {
                let values = [vec![self.owner()], values].concat();
                self.writer.insert(entity, values);
            }
            (_, None) => rows.iter().for_each(|row| self.writer.remove(entity, row.id())),
        }
    }

    fn lanes(&mut self, entity: &'static str, tags: [&'static str; 2]) {
        let there = self.there(entity, &tags, |board, row| {
            Some(lane(board.read.context, board.read.queries, &board.path, tags[1], row).0)
        });
        let wanted = elements(self.object, &tags);
        let path = self.path.child(tags[0]);
        let put = self.put(entity, there, &wanted, &[SAME_NAME, ANY], &mut |writer, read, lane, row| {
            let name = text(lane, "name");
            let path = path.part(tags[1], name.as_deref().unwrap_or(""));
            let mut values = query_values(writer, read, &path, held(lane, JQL), row)?;
            values.extend([("NAME", name), ("DESCRIPTION", text(lane, "description"))]);
            if tags[1] == "swimlane" {
                let is_default = lane.get("default").is_some();
                let is_right = row.is_some_and(|row| row.truth("DEFAULT_LANE") == is_default);
                values.extend((!is_right).then(|| ("DEFAULT_LANE", Some(is_default.to_string()))));
            }
            Some(values)
        });
        self.in_order(entity, put.ids);
    }

    fn sub_filter(&mut self) {
        const TABLE: &str = "AO_60DB71_SUBQUERY";
        let rows = self.rows(TABLE);
        let row = rows.first();
        let wanted = held(self.object, SUB_FILTER);
        match (row, wanted) {
            (row, Some(wanted)) => {
                let path = self.path.child("subFilter");
                let values = query_values(self.writer, self.read, &path, Some(wanted), row);
                let Some(mut values) = values else { return };
                if row.is_none() {
                    values.push(("SECTION", Some("board.kanban.work".to_owned())));
                }
                self.only_row(TABLE, Some(values));
            }
            (Some(row), None) if query(row).is_some() => self.only_row(TABLE, None),
            (_, None) => {}
        }
    }

    fn card_colors(&mut self) {
        const TAGS: [&str; 2] = ["cardColors", "cardColor"];
        let there = self.there("AO_60DB71_CARDCOLOR", &TAGS, |board, row| {
            Some(card_color(board.read.context, board.read.queries, &board.path, row)?.0)
        });
        let wanted = elements(self.object, &TAGS);
        let (alike, path, object) = ([SAME_BUT_COLOR, ANY], self.path.child(TAGS[0]), self.object);
        let put = self.put("AO_60DB71_CARDCOLOR", there, &wanted, &alike, &mut |writer, read, color, row| {
            let plain = [("STRATEGY", text(color, "strategy")), ("COLOR", text(color, "color"))];
            // The stored value stays if it still says the same.
            let same = row.filter(|row| {
                let mut probe = (*row).clone();
                plain.iter().for_each(|(name, value)| probe.put(name, value.as_deref()));
                let reading = card_color(read.context, read.queries, &path, &probe);
                reading.and_then(|(node, _)| element(object, &TAGS, node)).as_ref() == Some(color)
            });
            let value = match same {
                Some(row) => row.get("VAL").map(str::to_owned),
                None => color_value(writer, read, &path, color)?,
            };
            Some([vec![("VAL", value)], plain.to_vec()].concat())
        });
        self.in_order("AO_60DB71_CARDCOLOR", put.ids);
    }

    fn card_layouts(&mut self) {
        const TAGS: [&str; 2] = ["cardLayouts", "cardLayout"];
        const TABLE: &str = "AO_60DB71_CARDLAYOUT";
        let mut there = self.there(TABLE, &TAGS, |board, row| {
            let field = board.read.context.names.field(row.text("FIELD_ID")?)?;
            let layout = Node::new("cardLayout").text_if("mode", row.get("MODE_NAME"));
            Some(layout.with(field.reference("field")))
        });
        let mode = |board: &mut Self, at| board.writer.at(TABLE, at).get("MODE_NAME").map(str::to_owned);
        there.sort_by_cached_key(|(at, _)| mode(self, *at));
        let wanted = elements(self.object, &TAGS);
        let alike: [Alike; 2] = [|layout| only(layout, |tag| tag == "mode"), ANY];
        let put = self.put(TABLE, there, &wanted, &alike, &mut |writer, _, layout, _| {
            let field = writer.field(layout.get("field")?)?;
            Some(vec![("MODE_NAME", text(layout, "mode")), ("FIELD_ID", Some(field))])
        });
        // Each mode has positions of its own.
        let mut modes: BTreeMap<Option<&str>, Vec<Option<String>>> = BTreeMap::new();
        for (layout, id) in wanted.iter().zip(put.ids) {
            modes.entry(layout.text_of("mode")).or_default().push(id);
        }
        for ids in modes.into_values() {
            self.in_order(TABLE, ids);
        }
    }

    fn fields(&mut self, entity: &'static str, tags: &[&str]) {
        let there = self.there(entity, tags, |board, row| {
            let field = board.read.context.names.field(row.text("FIELD_ID")?)?;
            Some(field.reference("field"))
        });
        let wanted = elements(self.object, tags);
        let put = self.put(entity, there, &wanted, &[ANY], &mut |writer, _, field, _| {
            Some(vec![("FIELD_ID", Some(writer.field(field)?))])
        });
        self.in_order(entity, put.ids);
    }

    fn statistic(&mut self, entity: &'static str, tag: &'static str) {
        let there = self.there(entity, &[tag], |board, row| {
            let field = match row.text("FIELD_ID") {
                Some(field) => Some(board.read.context.names.field(field)?.reference("field")),
                None => None,
            };
            Some(Node::new(tag).text("type", row.text("TYPE_ID")?).with_if(field))
        });
        let wanted = self.object.get(tag);
        if there.first().and_then(|(_, said)| said.as_ref()) == wanted {
            return;
        }
        let Some(wanted) = wanted else { return self.only_row(entity, None) };
        let field = match wanted.get("field") {
            Some(field) => match self.writer.field(field) {
                None => return,
                field => field,
            },
            None => None,
        };
        self.only_row(entity, Some(vec![("TYPE_ID", text(wanted, "type")), ("FIELD_ID", field)]));
    }

    fn working_days(&mut self) {
        const TABLE: &str = "AO_60DB71_WORKINGDAYS";
        let rows = self.rows(TABLE);
        let days = self.object.get("workingDays");
        let works = |day| days.is_some_and(|days| days.all("workingDay").any(|own| own.text() == day));
        let values = days.map(|days| {
            let flags = WEEKDAYS.iter().map(|(column, day)| {
                let is_right = rows.first().is_some_and(|row| row.truth(column) == works(*day));
                let stored = rows.first().and_then(|row| row.get(column)).map(str::to_owned);
                (*column, if is_right { stored } else { Some(works(*day).to_string()) })
            });
            flags.chain([("TIMEZONE", text(days, "timezone"))]).collect()
        });
        self.only_row(TABLE, values);
        for row in &rows {
            let id = row.id();
            if days.is_none() || rows.first().is_some_and(|first| first.id() == id) {
                self.holidays(id, days);
            }
        }
        if let (true, Some(row)) = (rows.is_empty(), self.rows(TABLE).first()) {
            self.holidays(row.id(), days);
        }
    }

    fn holidays(&mut self, working_days: &str, days: Option<&Element>) {
        const TAGS: [&str; 2] = ["workingDays", "nonWorkingDay"];
        const TABLE: &str = "AO_60DB71_NONWORKINGDAY";
        let owner = [("WORKING_DAYS_ID", Some(working_days))];
        let there = self.writer.there(TABLE, &owner, |_, row| {
            let day = Node::leaf("nonWorkingDay", row.get("ISO8601_DATE").unwrap_or(""));
            element(self.object, &TAGS, day)
        });
        let wanted = days.map(|days| elements(days, &TAGS[1..])).unwrap_or_default();
        let parts = Parts::new(TABLE, &owner, manner_of(&wanted), there, wanted.clone());
        self.writer.put_parts(parts, &mut |_, number, _| {
            Some(vec![("ISO8601_DATE", Some(wanted[number].text().to_owned()))])
        });
    }
}

/// Returns the values of a stored query; nothing where it reads as the wanted one. A lane without query has an empty
/// text (seen in 7.12.3 and 9.12.4), and the place for short ones is NULL.
fn query_values(
    writer: &mut Writer<'_>,
    read: &Read<'_, '_>,
    path: &Path,
    wanted: Option<&str>,
    row: Option<&Row>,
) -> Option<Values> {
    let stored = row.and_then(query);
    let text = match wanted {
        Some(wanted) => writer.query(read, path, wanted, stored)?,
        None => String::new(),
    };
    Some(match row.is_some() && stored.unwrap_or("") == text {
        true => Vec::new(),
        false => vec![("LONG_QUERY", Some(text)), ("QUERY", None)],
    })
}

/// Returns the value to store for a colour; the outer `None` if it cannot be written.
fn color_value(
    writer: &mut Writer<'_>,
    read: &Read<'_, '_>,
    path: &Path,
    color: &Element,
) -> Option<Option<String>> {
    let object = color.children().iter().find(|child| !matches!(child.tag(), "strategy" | "color"));
    let Some(object) = object else { return Some(None) };
    Some(Some(match object.tag() {
        "value" | "group" => object.text().to_owned(),
        "jql" | "brokenJql" => writer.query(read, path, object.text(), None)?,
        "user" => writer.user_key(object.text()),
        "field" => writer.field(object)?,
        _ => writer.id_of(object, &[])?,
    }))
}

fn entity_has(entity: &str, attribute: &str) -> bool {
    crate::entity::EntityId::named(entity).entity().attribute(attribute).is_some()
}
