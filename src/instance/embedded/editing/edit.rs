//! Making an issue, changing its fields, and taking it through its workflow.
//!
//! Invariant: a change that changes nothing leaves every row as it is; what is changed is told in the history by the user, in the same
//! transaction.

use pcfg_sync::{Edit, Field, FieldKind, IssueFault, IssueKey, Marker, NewIssue, Transition, Version};

use super::desk::Desk;
use super::fields::{Own, Spot, Type, permission};
use super::flow::{Flow, Resolution};
use super::history::{self, Item, Side};
use super::rows::Called;
use super::table::Found;
use super::values::{self, Single, Sources, refused};
use crate::entity::{DataRow, DataTable};
use crate::instance::embedded::issue_rows::set_counter;
use crate::mapping::Properties;

/// The state of an entry whose issue can be moved.
const ACTIVE: &str = "1";

/// A column of an issue and what it is to hold.
type Column = (&'static str, Option<String>);

impl Desk<'_> {
    /// Makes an issue.
    pub(super) fn create(&self, new: &NewIssue, marker: Option<&Marker>) -> Called<IssueKey> {
        let (ground, project) = (self.ground(), &self.ground().project);
        self.rights().must("CREATE_ISSUES", None, "make an issue")?;
        let missing =
            || IssueFault::Missing { what: format!("issue type `{}` in project {}", new.kind, project.key) };
        let ty = self.facts.types.iter().find(|ty| ty.name == new.kind).ok_or_else(missing)?;
        let parent = self.new_parent(ty, new.parent.as_ref())?;
        let mut wanted: Vec<(&Own, Vec<Single>)> = Vec::new();
        for (field, value) in &new.fields {
            let own = Self::field_of(ty, field)?;
            self.must_write(own, None)?;
            let singles = values::resolve(ground, own, value)?;
            wanted.retain(|(other, _)| other.shape.field != own.shape.field);
            wanted.push((own, singles));
        }
        let (moment, now) = self.rows.now(project.id)?;
        // Of what the other side of a synchronization says nothing, there is nothing: a default would be no answer to it.
        if marker.is_none() {
            wanted.extend(self.defaults(ty, &wanted, moment));
        }
        let mut row = self.rows.new_row("Issue")?;
        let id = row.id("id").unwrap_or(0);
        let number = self.next_number()?;
        row.set("project", Some(&project.id.to_string()));
        row.set("number", Some(&number.to_string()));
        row.set("key", Some(&format!("{}-{number}", project.key)));
        row.set("type", Some(&ty.id));
        row.set("creator", Some(self.me()));
        row.set("reporter", Some(self.me()));
        row.set("created", Some(&now));
        row.set("updated", Some(&now));
        row.set("votes", Some("0"));
        row.set("watches", Some(self.watch(id, &now)?.as_deref().unwrap_or("0")));
        let has = |name: &str| ty.fields.iter().any(|own| own.shape.field == Field::System(name.to_owned()));
        if has("priority") {
            row.set("priority", self.default_priority(ty).as_deref());
        }
        let step = self.enter(ty, &mut row, &now)?;
        for (own, singles) in &wanted {
            for (column, value) in self.columns(own, singles, &now) {
                row.set(column, value.as_deref());
            }
        }
        if !wanted.iter().any(|(own, _)| own.shape.spot == Spot::User("assignee")) {
            row.set("assignee", self.default_assignee(&wanted).as_deref());
        }
        self.check_assignee(&row)?;
        let is_empty = |own: &&Own| match &own.shape.spot {
            Spot::Text(column)
            | Spot::Object(column, _)
            | Spot::User(column)
            | Spot::Day(column)
            | Spot::Seconds(column) => row.text(column).is_none(),
            _ => !wanted
                .iter()
                .any(|(other, singles)| other.shape.field == own.shape.field && !singles.is_empty()),
        };
        let lacking = ty.fields.iter().filter(|own| own.required).filter(is_empty);
        let lacking: Vec<String> = lacking.map(|own| own.shape.field.to_string()).collect();
        if !lacking.is_empty() {
            let fields = lacking.join(", ");
            return Err(refused(format!("issues of type {} must have a value in: {fields}", ty.name)));
        }
        self.rows.insert(&row)?;
        self.rows.insert(&step)?;
        for (own, singles) in &wanted {
            self.write_rows(id, own, &[], singles)?;
        }
        if let Some(parent) = parent {
            self.link_parent(&parent, id)?;
        }
        self.rank(id)?;
        if let Some(marker) = marker {
            self.mark(("IssueProperty", id), marker)?;
        }
        Ok(IssueKey(format!("{}-{number}", project.key)))
    }

    fn new_parent(&self, ty: &Type, parent: Option<&IssueKey>) -> Called<Option<Found>> {
        match (ty.is_subtask, parent) {
            (false, None) => Ok(None),
            (false, Some(_)) => {
                Err(refused(format!("{} is no type of sub-tasks, so it has no parent", ty.name)))
            }
            (true, None) => Err(refused(format!("{} is a type of sub-tasks: it needs a parent", ty.name))),
            (true, Some(key)) => {
                let found = self.issue(key)?;
                let is_subtask = self.type_of(&found.row)?.is_subtask;
                if is_subtask {
                    return Err(refused(format!("{key} is a sub-task itself, and cannot have one")));
                }
                Ok(Some(found))
            }
        }
    }

    /// Begins the way of an issue through its workflow; the row of its step, and the entry, which is inserted.
    fn enter(&self, ty: &Type, row: &mut DataRow, now: &str) -> Called<DataRow> {
        let none = || refused(format!("workflow `{}` has no step for new issues", ty.flow.name));
        let (step, resolution) = ty.flow.initial.as_ref().ok_or_else(none)?;
        let status = ty.flow.status(step).ok_or_else(none)?;
        row.set("status", Some(status));
        if let Resolution::Becomes(id) = resolution {
            row.set("resolution", Some(id));
            row.set("resolutiondate", Some(now));
        }
        let mut entry = self.rows.new_row("OSWorkflowEntry")?;
        entry.set("name", Some(&ty.flow.name));
        entry.set("initialized", Some("0"));
        entry.set("state", Some(ACTIVE));
        row.set("workflowId", entry.get("id"));
        self.rows.insert(&entry)?;
        self.new_step(entry.id("id").unwrap_or(0), step, status, now)
    }

    fn new_step(&self, entry: u64, step: &str, status: &str, now: &str) -> Called<DataRow> {
        let mut state = self.rows.new_row("OSCurrentStep")?;
        state.set("entryId", Some(&entry.to_string()));
        state.set("stepId", Some(step));
        state.set("actionId", Some("0"));
        state.set("owner", Some(""));
        state.set("startDate", Some(now));
        state.set("status", self.ground().name("status", status));
        Ok(state)
    }

    /// Returns the number of the next issue, and counts it.
    fn next_number(&self) -> Called<u64> {
        let project = self.ground().project.id;
        let connection = self.rows.connection();
        let sql = "SELECT CAST(\"pcounter\" AS INTEGER) FROM \"project\" WHERE \"id\" = ?";
        let counter: Option<i64> =
            connection.query_row(sql, [project as i64], |row| row.get(0)).map_err(super::rows::fault)?;
        let highest = self.rows.select("Issue", &["project", "number"], |columns| {
            let condition = format!(
                "CAST({0} AS INTEGER) = ? ORDER BY CAST({1} AS INTEGER) DESC LIMIT 1",
                columns[0], columns[1]
            );
            (condition, vec![Box::new(project as i64)])
        })?;
        let highest = highest.first().and_then(|own| own.row.id("number")).unwrap_or(0);
        let number = highest.max(counter.and_then(|own| u64::try_from(own).ok()).unwrap_or(0)) + 1;
        set_counter(connection, &project.to_string(), Some(&number.to_string()))
            .map_err(super::rows::fault)?;
        Ok(number)
    }

    /// Returns the priority that issues have for which nobody names one: the default, or the one in the middle.
    fn default_priority(&self, ty: &Type) -> Option<String> {
        let field = Field::System("priority".to_owned());
        let offered = &ty.fields.iter().find(|own| own.shape.field == field)?.choices;
        let properties = Properties::new(&self.ground().tables);
        let default = properties.setting("jira.constant.default.priority");
        let found = offered.iter().find(|own| Some(own.id.as_str()) == default);
        let middle = || offered.get(offered.len().checked_sub(1)? / 2);
        found.or_else(middle).map(|own| own.id.clone())
    }

    /// Returns who gets issues for which nobody names somebody.
    fn default_assignee(&self, wanted: &[(&Own, Vec<Single>)]) -> Option<String> {
        let project = &self.ground().project;
        let chosen = wanted.iter().find(|(own, _)| own.shape.kind == FieldKind::Component);
        let rows = self.ground().tables.rows("Component");
        for single in chosen.into_iter().flat_map(|(_, singles)| singles) {
            let Some(row) = rows.iter().find(|row| row.id() == single.raw) else { continue };
            match row.get("assigneetype") {
                Some("1") if row.text("lead").is_some() => return row.text("lead").map(str::to_owned),
                Some("2") => return project.lead.clone(),
                Some("3") => return None,
                _ => {}
            }
        }
        project.lead.clone().filter(|_| project.leads_get)
    }

    /// Fails if an issue is given to somebody who cannot have it.
    fn check_assignee(&self, row: &DataRow) -> Called<()> {
        let Some(key) = row.text("assignee") else { return Ok(()) };
        let person = self.ground().person_of_key(key);
        let can =
            person.is_some_and(|own| super::rights::Rights::of(self.ground(), own).can_be_assigned(row));
        match can {
            true => Ok(()),
            false => {
                let name = self.ground().user_name(key).unwrap_or_else(|| key.to_owned());
                Err(refused(format!("issues of this project cannot be given to `{name}`")))
            }
        }
    }

    /// Fails if the user cannot write a field.
    fn must_write(&self, own: &Own, issue: Option<&DataRow>) -> Called<()> {
        let field = &own.shape.field;
        if let Some(permission) = permission(field) {
            self.rights().must(permission, issue, &format!("write field {field}"))?;
        }
        match own.is_shown {
            true => Ok(()),
            false => {
                Err(refused(format!("field {field} is on no screen by which issues are made or changed")))
            }
        }
    }

    /// Returns the columns of the issue that hold a field.
    fn columns(&self, own: &Own, singles: &[Single], now: &str) -> Vec<Column> {
        let raw = singles.first().map(|own| own.raw.clone());
        match &own.shape.spot {
            Spot::Object("resolution", _) => {
                let since = raw.is_some().then(|| now.to_owned());
                vec![("resolution", raw), ("resolutiondate", since)]
            }
            Spot::Text(column) | Spot::Object(column, _) | Spot::User(column) | Spot::Seconds(column) => {
                vec![(column, raw)]
            }
            Spot::Day(column) => vec![(column, raw.map(|own| self.zone().stored_day(&own)))],
            Spot::Labels(_) | Spot::Parts(..) | Spot::Values(..) => Vec::new(),
        }
    }

    /// Writes the rows that hold a field, in place of those that held it; rows that stay as they are stay.
    fn write_rows(&self, issue: u64, own: &Own, old: &[&Found], singles: &[Single]) -> Called<()> {
        let issue = issue.to_string();
        let (table, new): (&'static str, Vec<DataRow>) = match &own.shape.spot {
            Spot::Labels(field) => {
                let row = |single: &Single| {
                    let mut row = DataRow::new(DataTable::named("Label"));
                    row.set("issue", Some(&issue));
                    row.set("fieldid", field.as_deref());
                    row.set("label", Some(&single.raw));
                    row
                };
                ("Label", singles.iter().map(row).collect())
            }
            Spot::Parts(kind, sink, _) => {
                let row = |single: &Single| {
                    let mut row = DataRow::new(DataTable::named("NodeAssociation"));
                    row.set("sourceNodeId", Some(&issue));
                    row.set("sourceNodeEntity", Some("Issue"));
                    row.set("sinkNodeId", Some(&single.raw));
                    row.set("sinkNodeEntity", Some(sink));
                    row.set("associationType", Some(kind));
                    row
                };
                ("NodeAssociation", singles.iter().map(row).collect())
            }
            Spot::Values(id, holds) => {
                let row = |single: &Single| {
                    let (column, stored) = values::stored(self.rows, *holds, single)?;
                    let mut row = DataRow::new(DataTable::named("CustomFieldValue"));
                    row.set("issue", Some(&issue));
                    row.set("customfield", Some(id));
                    row.set(column, Some(&stored));
                    row.set("parentkey", single.parent.as_deref());
                    Some(row)
                };
                ("CustomFieldValue", singles.iter().filter_map(row).collect())
            }
            _ => return Ok(()),
        };
        let is_same = |old: &DataRow, new: &DataRow| {
            let own = [
                "fieldid",
                "label",
                "sinkNodeId",
                "stringvalue",
                "numbervalue",
                "textvalue",
                "datevalue",
                "parentkey",
            ];
            let mut own = own.iter().filter(|column| new.table().attribute(column).is_some());
            own.all(|column| old.text(column) == new.text(column))
        };
        for found in old {
            if !new.iter().any(|row| is_same(&found.row, row)) {
                self.rows.delete(table, found.at)?;
            }
        }
        for mut row in new {
            if old.iter().any(|found| is_same(&found.row, &row)) {
                continue;
            }
            if row.table().attribute("id").is_some() {
                row.set("id", Some(&self.rows.take(table)?.to_string()));
            }
            self.rows.insert(&row)?;
        }
        Ok(())
    }

    /// Changes fields of an issue.
    pub(super) fn update(&self, key: &IssueKey, edit: &Edit, expected: Option<&Version>) -> Called<Version> {
        let found = self.issue(key)?;
        let version = self.version(&found.row)?;
        if expected.is_some_and(|own| *own != version) {
            return Err(IssueFault::Changed(key.clone()));
        }
        let ty = self.type_of(&found.row)?;
        let id = found.row.id("id").unwrap_or(0);
        let sources = Sources::of(self.rows, found.row.clone())?;
        let mut wanted: Vec<(&Own, Vec<Single>, Vec<Single>)> = Vec::new();
        for (field, value) in &edit.fields {
            let own = Self::field_of(ty, field)?;
            let new = match value {
                Some(value) => values::resolve(self.ground(), own, value),
                None => Ok(Vec::new()),
            };
            let old = values::read(self.rows, self.ground(), &own.shape, &sources);
            // A value that is not offered any more can stay.
            let new = match (new, &old, value) {
                (Err(_), Some(old), Some(value))
                    if values::value(&own.shape, old).as_ref() == Some(value) =>
                {
                    continue;
                }
                (new, ..) => new?,
            };
            if old.as_ref().is_some_and(|old| values::are_same(old, &new)) {
                continue;
            }
            if own.shape.field != Field::System("assignee".to_owned()) {
                self.rights().must("EDIT_ISSUES", Some(&found.row), "change an issue")?;
            }
            self.must_write(own, Some(&found.row))?;
            if own.required && new.is_empty() {
                return Err(refused(format!("field {field} must have a value")));
            }
            wanted.retain(|(other, ..)| other.shape.field != own.shape.field);
            wanted.push((own, old.unwrap_or_default(), new));
        }
        if wanted.is_empty() {
            return Ok(version);
        }
        let (_, now) = self.rows.now(self.ground().project.id)?;
        let mut columns: Vec<Column> = Vec::new();
        let mut items: Vec<Item> = Vec::new();
        for (own, old, new) in &wanted {
            columns.extend(self.columns(own, new, &now));
            self.write_rows(id, own, &sources.rows_of(&own.shape.spot), new)?;
            items.extend(history::items(&own.shape, old, new));
        }
        if columns.iter().any(|(column, _)| *column == "assignee") {
            let mut row = found.row.clone();
            for (column, value) in &columns {
                row.set(column, value.as_deref());
            }
            self.check_assignee(&row)?;
        }
        let columns: Vec<(&str, Option<&str>)> =
            columns.iter().map(|(column, value)| (*column, value.as_deref())).collect();
        let when = self.touch(&found, &columns)?;
        self.tell(id, &when, &items)?;
        self.version(&self.issue(key)?.row)
    }

    /// Takes an issue a step further.
    pub(super) fn transition(&self, key: &IssueKey, transition: &Transition) -> Called<()> {
        let found = self.issue(key)?;
        let ground = self.ground();
        self.rights().must("TRANSITION_ISSUES", Some(&found.row), "take an issue a step further")?;
        let status = found.row.text("status").unwrap_or_default().to_owned();
        if ground.name("status", &status) != Some(&transition.from) {
            return Err(IssueFault::Changed(key.clone()));
        }
        let stuck = || refused(format!("{key} has no step in its workflow: no transition can be taken"));
        let entry = self.rows.find("OSWorkflowEntry", "id", found.row.id("workflowId").ok_or_else(stuck)?)?;
        let entry = entry.into_iter().next().ok_or_else(stuck)?;
        let entry_id = entry.row.id("id").ok_or_else(stuck)?;
        let mut steps = self.rows.find("OSCurrentStep", "entryId", entry_id)?;
        steps.sort_by_key(|own| own.row.id("id"));
        let current = steps.into_iter().next().ok_or_else(stuck)?;
        let step = current.row.text("stepId").unwrap_or_default();
        let own = &self.type_of(&found.row)?.flow;
        let other;
        // An issue that has not been moved yet stays in the workflow in which it was made.
        let flow = match entry.row.text("name") {
            Some(name) if name != own.name => {
                other = Flow::of(ground, name);
                &other
            }
            _ => own,
        };
        let way = flow.ways.iter().find(|way| way.id == transition.id && way.from == step);
        let way = way.filter(|way| {
            flow.status(&way.to).and_then(|id| ground.name("status", id)) == Some(&transition.to)
        });
        let way = way.ok_or_else(|| IssueFault::Missing {
            what: format!("transition `{}` from {} to {}", transition.name, transition.from, transition.to),
        })?;
        let new_status = flow.status(&way.to).ok_or_else(stuck)?.to_owned();
        let (_, now) = self.rows.now(ground.project.id)?;
        let mut columns: Vec<Column> = vec![("status", Some(new_status.clone()))];
        let mut items = Vec::new();
        self.resolve(&found.row, &way.resolution, &now, (&mut columns, &mut items));
        if new_status != status {
            let side = |id: &str| (Some(id.to_owned()), ground.name("status", id).map(str::to_owned));
            items.push(Item::own("status", side(&status), side(&new_status)));
        }
        let columns: Vec<(&str, Option<&str>)> =
            columns.iter().map(|(column, value)| (*column, value.as_deref())).collect();
        let when = self.touch(&found, &columns)?;
        let value = |attribute: &'static str| (attribute, current.row.get(attribute));
        self.rows.insert_beside(
            "OSHistoryStep",
            &[
                value("id"),
                value("entryId"),
                value("stepId"),
                value("owner"),
                value("startDate"),
                value("dueDate"),
                ("actionId", Some(way.id.as_str())),
                ("caller", Some(self.me())),
                ("finishDate", Some(when.as_str())),
                ("status", Some("Finished")),
            ],
        )?;
        self.rows.delete("OSCurrentStep", current.at)?;
        self.rows.insert(&self.new_step(entry_id, &way.to, &new_status, &when)?)?;
        self.tell(found.row.id("id").unwrap_or(0), &when, &items)
    }

    /// Says what becomes of the resolution of an issue.
    fn resolve(
        &self,
        row: &DataRow,
        resolution: &Resolution,
        now: &str,
        (columns, items): (&mut Vec<Column>, &mut Vec<Item>),
    ) {
        let old = row.text("resolution").filter(|own| *own != "-1");
        let new = match resolution {
            Resolution::Stays => return,
            Resolution::Cleared => None,
            Resolution::Becomes(id) => Some(id.as_str()),
        };
        if old == new {
            return;
        }
        columns.push(("resolution", new.map(str::to_owned)));
        columns.push(("resolutiondate", new.map(|_| now.to_owned())));
        let side = |id: Option<&str>| -> Side {
            (id.map(str::to_owned), id.and_then(|id| self.ground().name("resolution", id)).map(str::to_owned))
        };
        items.push(Item::own("resolution", side(old), side(new)));
    }
}
