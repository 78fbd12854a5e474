//! Issues as rows of the place that gets them.
//!
//! Invariant: rows come out in the order of their ids, table by table; what cannot be written as it was is in the notes, by whether
//! that is refused or only told; and who may see something never changes.

use std::collections::{BTreeMap, HashSet};

use super::issue::{EPIC, REMOTE, SUBTASK};
use super::{Keys, Notes, Target, write_values};
use crate::entity::{DataRow, DataTable};
use crate::model::{Config, Element, Name};

/// Ids that nothing has yet, by table.
#[derive(Debug, Clone, Default)]
pub struct NextIds(BTreeMap<&'static str, u64>);

/// The first id that Jira gives (all tables of 3.12 to 9.12).
const FIRST: u64 = 10_000;

impl NextIds {
    /// Says which id of a table is free, and all after it.
    pub fn set(&mut self, table: &'static str, next: u64) {
        self.0.insert(table, next.max(FIRST));
    }

    /// The same for a table of an app, whose ids begin at 1.
    pub fn set_from(&mut self, table: &'static str, next: u64) {
        self.0.insert(table, next);
    }

    /// Returns an id, which nobody gets again.
    pub fn take(&mut self, table: &'static str) -> String {
        let next = self.0.entry(table).or_insert(FIRST);
        *next += 1;
        (*next - 1).to_string()
    }

    /// Returns the first id that is free.
    pub fn next(&self, table: &str) -> u64 {
        self.0.get(table).copied().unwrap_or(FIRST)
    }

    /// Returns the tables and their first free ids.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(table, next)| (*table, *next))
    }
}

/// The names of users and groups, in lower case.
#[derive(Debug, Clone, Default)]
pub struct People {
    users: HashSet<String>,
    groups: HashSet<String>,
}

impl People {
    /// Returns those that a configuration describes.
    pub fn of(file: &Config) -> Self {
        let names = |container, object, name| {
            let objects = file.root().all(container).flat_map(move |own| own.all(object));
            objects.filter_map(move |own| Some(own.text_of(name)?.to_lowercase())).collect()
        };
        Self { users: names("users", "user", "username"), groups: names("groups", "group", "name") }
    }
}

/// Told of every row.
pub(super) type Each<'a> = &'a mut dyn FnMut(DataRow);

/// Makes rows of issues.
pub struct IssueWriter<'a, 't> {
    /// What names mean.
    pub target: &'a mut Target<'t>,
    /// The ids of issues: those that are there and those that come.
    pub keys: &'a Keys,
    /// The next ids.
    pub ids: &'a mut NextIds,
    /// The ids of sprints, by name, board and number.
    pub sprints: &'a BTreeMap<Name, String>,
    /// Who is described in the configuration that comes with the issues.
    pub people: &'a People,
    /// Whether the place keeps the keys of issues in their rows, as backups do.
    pub has_keys: bool,
    /// Whether values of apps are written as they are stored.
    pub raw: bool,
    /// What is refused.
    pub refused: Notes,
    /// What is told.
    pub told: Notes,
}

/// What is needed of an issue while its parts are written.
pub(super) struct Own<'e> {
    pub(super) key: &'e str,
    pub(super) id: String,
    pub(super) project: &'e str,
}

/// Begins a row with an id of its own.
pub(super) fn new_row(ids: &mut NextIds, table: &'static str) -> DataRow {
    let table = DataTable::named(table);
    let mut row = DataRow::new(table);
    row.set(if table.attribute("ID").is_some() { "ID" } else { "id" }, Some(&ids.take(table.name)));
    row
}

impl IssueWriter<'_, '_> {
    /// Calls `each` with the rows of an issue, which has that id; and returns the ids of its attachments.
    pub fn write(&mut self, project: &str, id: u64, issue: &Element, each: Each<'_>) -> Vec<String> {
        let number = issue.text_of("number").unwrap_or_default();
        let key = format!("{project}-{number}");
        let own = Own { key: &key, id: id.to_string(), project };
        self.issue(&own, issue, number, each);
        self.associations(&own, issue, each);
        self.links(&own, issue, each);
        for value in issue.all("value") {
            write_values::field(self, &own, value, each);
        }
        write_values::sprints(self, &own, issue, each);
        for label in issue.all("label") {
            let mut row = new_row(self.ids, "Label");
            row.set("issue", Some(&own.id));
            row.set("label", Some(label.text()));
            each(row);
        }
        for former in issue.all("formerKey") {
            let told = match self.keys.id(former.text()) {
                None => "issues are found by former keys, too",
                Some(_) => "former keys are those of other issues by now, which are found instead",
            };
            self.told.add(told, || format!("{}, now {}", former.text(), own.key));
            let mut row = new_row(self.ids, "MovedIssueKey");
            row.set("issueId", Some(&own.id));
            row.set("oldIssueKey", Some(former.text()));
            each(row);
        }
        self.properties(("IssueProperty", &own.id), issue, each);
        for comment in issue.all("comment") {
            self.comment(&own, comment, each);
        }
        for worklog in issue.all("worklog") {
            self.worklog(&own, worklog, each);
        }
        for change in issue.all("change") {
            self.change(&own, change, each);
        }
        issue.all("attachment").map(|attachment| self.attachment(&own, attachment, each)).collect()
    }

    /// Returns the key of a user that has to be there.
    pub(super) fn user(&mut self, own: &Own<'_>, element: &Element, tag: &str) -> Option<String> {
        let name = element.text_of(tag)?;
        self.account(own, name, tag)
    }

    /// Returns the key of a user. Somebody who has no account where the issues come from has none here, either: only the name is known.
    pub(super) fn account(&mut self, own: &Own<'_>, name: &str, tag: &str) -> Option<String> {
        if let Some(key) = self.target.user(name) {
            return Some(key);
        }
        if self.people.users.contains(&name.to_lowercase()) || self.target.is_key(name) {
            self.refused.add("users are missing", || format!("{name} ({tag} of {})", own.key));
            return None;
        }
        self.told.add("mentions of users without an account, kept by their names", || {
            format!("{name} ({tag} of {})", own.key)
        });
        Some(name.to_owned())
    }

    fn moment(&self, element: &Element, tag: &str) -> Option<String> {
        self.target.zone.stored(element.text_of(tag)?)
    }

    fn object(&mut self, own: &Own<'_>, issue: &Element, tag: &str, kind: &str) -> Option<String> {
        let reference = issue.get(tag)?;
        let id = self.target.id(kind, reference).map(str::to_owned);
        if id.is_none() {
            self.refused.add("objects of the configuration are missing", || {
                format!("{tag} `{}` of {}", reference.text(), own.key)
            });
        }
        id
    }

    fn issue(&mut self, own: &Own<'_>, issue: &Element, number: &str, each: Each<'_>) {
        let mut row = DataRow::new(DataTable::named("Issue"));
        let project = self.target.project(own.project).map(str::to_owned);
        let ty = self.object(own, issue, "type", "issueType");
        let status = self.object(own, issue, "status", "status");
        row.set("id", Some(&own.id));
        row.set("project", project.as_deref());
        row.set("number", Some(number));
        if self.has_keys {
            row.set("key", Some(own.key));
        }
        row.set("type", ty.as_deref());
        row.set("status", status.as_deref());
        for tag in ["type", "status"].into_iter().filter(|tag| issue.get(tag).is_none()) {
            // Jira can neither show nor move such an issue.
            self.refused.add("issues have no type or no status", || format!("{tag} of {}", own.key));
        }
        for (column, tag, kind) in [
            ("priority", "priority", "priority"),
            ("resolution", "resolution", "resolution"),
            ("security", "securityLevel", "issueSecurityLevel"),
        ] {
            row.set(column, self.object(own, issue, tag, kind).as_deref());
        }
        for tag in ["summary", "description", "environment"] {
            row.set(tag, issue.text_of(tag));
        }
        for tag in ["assignee", "reporter", "creator"] {
            row.set(tag, self.user(own, issue, tag).as_deref());
        }
        for (column, tag) in [("created", "created"), ("updated", "updated"), ("resolutiondate", "resolved")]
        {
            row.set(column, self.moment(issue, tag).as_deref());
        }
        row.set("duedate", issue.text_of("dueDate").map(|day| self.target.zone.stored_day(day)).as_deref());
        for (column, tag) in [
            ("timeoriginalestimate", "originalEstimate"),
            ("timeestimate", "remainingEstimate"),
            ("timespent", "timeSpent"),
        ] {
            row.set(column, issue.text_of(tag));
        }
        if issue.get("archived").is_some() {
            row.set("archived", Some("Y"));
            row.set("archiveddate", self.moment(issue, "archived").as_deref());
            row.set("archivedby", self.user(own, issue, "archivedBy").as_deref());
        }
        row.set("votes", Some(&issue.all("voter").count().to_string()));
        row.set("watches", Some(&issue.all("watcher").count().to_string()));
        if let (Some(project), Some(ty), Some(status)) = (project, ty, status) {
            let (workflow, step) = self.target.step(&project, &ty, &status);
            match step {
                Some(step) => {
                    let mut entry = new_row(self.ids, "OSWorkflowEntry");
                    entry.set("name", Some(workflow));
                    entry.set("state", Some("1"));
                    let mut state = new_row(self.ids, "OSCurrentStep");
                    state.set("entryId", entry.get("id"));
                    state.set("stepId", Some(&step));
                    state.set("actionId", Some("0"));
                    state.set("owner", Some(""));
                    state.set("startDate", row.get("created"));
                    state.set("status", issue.text_of("status"));
                    row.set("workflowId", entry.get("id"));
                    each(row);
                    each(entry);
                    each(state);
                    return;
                }
                None => self.refused.add("statuses have no step in the workflow of the issue", || {
                    let status = issue.text_of("status").unwrap_or_default();
                    format!("`{status}` in workflow `{workflow}` ({})", own.key)
                }),
            }
        }
        each(row);
    }

    fn associations(&mut self, own: &Own<'_>, issue: &Element, each: Each<'_>) {
        for (tag, kind, association, sink) in [
            ("fixVersion", "version", "IssueFixVersion", "Version"),
            ("affectsVersion", "version", "IssueVersion", "Version"),
            ("component", "component", "IssueComponent", "Component"),
        ] {
            for reference in issue.all(tag) {
                let Some(id) = self.target.part(kind, reference, ("project", own.project)).map(str::to_owned)
                else {
                    self.refused.add("versions and components are missing", || {
                        format!("`{}` ({})", reference.text(), own.key)
                    });
                    continue;
                };
                let mut row = DataRow::new(DataTable::named("NodeAssociation"));
                row.set("sourceNodeId", Some(&own.id));
                row.set("sourceNodeEntity", Some("Issue"));
                row.set("sinkNodeId", Some(&id));
                row.set("sinkNodeEntity", Some(sink));
                row.set("associationType", Some(association));
                each(row);
            }
        }
        for (tag, association) in [("watcher", "WatchIssue"), ("voter", "VoteIssue")] {
            for follower in issue.all(tag) {
                let Some(key) = self.account(own, follower.text(), tag) else { continue };
                let since =
                    follower.attribute_named("since").and_then(|since| self.target.zone.stored(since));
                let mut row = DataRow::new(DataTable::named("UserAssociation"));
                row.set("sourceName", Some(&key));
                row.set("sinkNodeId", Some(&own.id));
                row.set("sinkNodeEntity", Some("Issue"));
                row.set("associationType", Some(association));
                row.set("created", since.as_deref());
                each(row);
            }
        }
    }

    fn links(&mut self, own: &Own<'_>, issue: &Element, each: Each<'_>) {
        for (tag, style) in [("parent", SUBTASK), ("epic", EPIC)] {
            let Some(reference) = issue.get(tag) else { continue };
            let ty = self.target.link_of_style(style).map(str::to_owned);
            match (ty, self.keys.id(reference.text())) {
                (Some(ty), Some(other)) => {
                    let position =
                        reference.attribute_named("position").and_then(|own| own.parse::<u64>().ok());
                    let position = position.and_then(|own| own.checked_sub(1)).map(|own| own.to_string());
                    self.link(&ty, (&other.to_string(), &own.id), position.as_deref(), each);
                }
                (None, _) => {
                    self.refused
                        .add("types of links are missing", || format!("that of {tag}s ({})", own.key));
                }
                (_, None) if tag == "parent" => {
                    self.refused.add("issues are missing that have sub-tasks", || {
                        format!("{} of {}", reference.text(), own.key)
                    });
                }
                (_, None) => self.told.add("epics are not there, so the issues are in none", || {
                    format!("{} of {}", reference.text(), own.key)
                }),
            }
        }
        for link in issue.all("link") {
            let Some(reference) = link.get("type") else { continue };
            let other_key = link.text_of("issue").unwrap_or_default();
            let ty = self.target.id("issueLink", reference).map(str::to_owned);
            match (ty, self.keys.id(other_key)) {
                (Some(ty), Some(other)) => {
                    let other = other.to_string();
                    let ends = match link.text_of("direction") {
                        Some("inward") => (other.as_str(), own.id.as_str()),
                        _ => (own.id.as_str(), other.as_str()),
                    };
                    if other_key.rsplit_once('-').is_none_or(|(project, _)| project != own.project) {
                        self.told.add("links to issues of other projects", || {
                            format!("{} to {other_key}", own.key)
                        });
                    }
                    self.link(&ty, ends, link.text_of("position"), each);
                }
                (None, _) => {
                    self.refused.add("types of links are missing", || {
                        format!("`{}` ({})", reference.text(), own.key)
                    });
                }
                (_, None) => self.told.add("links to issues that are not there, left out", || {
                    format!("{} to {other_key}", own.key)
                }),
            }
        }
        for link in issue.all("remoteLink") {
            let mut row = new_row(self.ids, "RemoteIssueLink");
            row.set("issueid", Some(&own.id));
            for (tag, column) in REMOTE {
                row.set(
                    column,
                    link.text_of(tag).map(|own| match (tag, own) {
                        ("resolved", "true") => "Y",
                        ("resolved", _) => "N",
                        _ => own,
                    }),
                );
            }
            each(row);
        }
    }

    fn link(&mut self, ty: &str, ends: (&str, &str), position: Option<&str>, each: Each<'_>) {
        let mut row = new_row(self.ids, "IssueLink");
        row.set("linktype", Some(ty));
        row.set("source", Some(ends.0));
        row.set("destination", Some(ends.1));
        row.set("sequence", position);
        each(row);
    }

    fn properties(&mut self, (entity, id): (&str, &str), of: &Element, each: Each<'_>) {
        for property in of.all("property") {
            let mut row = new_row(self.ids, "EntityProperty");
            row.set("entityName", Some(entity));
            row.set("entityId", Some(id));
            row.set("propertyKey", property.text_of("key"));
            row.set("value", property.text_of("content"));
            row.set("created", self.moment(property, "created").as_deref());
            row.set("updated", self.moment(property, "updated").as_deref());
            each(row);
        }
    }

    /// Sets who wrote something and when, and who may see it. A group or role that is not there is refused: nobody else may see it.
    fn said(&mut self, own: &Own<'_>, element: &Element, row: &mut DataRow, group_column: &str) {
        row.set("issue", Some(&own.id));
        row.set("author", self.user(own, element, "author").as_deref());
        row.set("updateauthor", self.user(own, element, "updateAuthor").as_deref());
        row.set("created", self.moment(element, "created").as_deref());
        row.set("updated", self.moment(element, "updated").as_deref());
        row.set("body", element.text_of("body"));
        if let Some(group) = element.text_of("group") {
            let found = self.target.group(group);
            let is_described = self.people.groups.contains(&group.to_lowercase());
            match (found, is_described) {
                (Some(found), true) => row.set(group_column, Some(&found)),
                // Nobody could see it, and nobody can.
                (None, false) => row.set(group_column, Some(group)),
                (Some(_), false) => self.refused.add(
                    "comments and worklogs are for a group that did not exist, and another one of that name would see them",
                    || format!("{group} ({})", own.key),
                ),
                (None, true) => self
                    .refused
                    .add("groups are missing that alone may see something", || format!("{group} ({})", own.key)),
            }
        }
        if let Some(role) = element.get("role") {
            let found = self.target.id("projectRole", role).map(str::to_owned);
            if found.is_none() {
                self.refused.add("roles are missing that alone may see something", || {
                    format!("{} ({})", role.text(), own.key)
                });
            }
            row.set("rolelevel", found.as_deref());
        }
    }

    fn comment(&mut self, own: &Own<'_>, comment: &Element, each: Each<'_>) {
        let mut row = new_row(self.ids, "Action");
        row.set("type", Some("comment"));
        self.said(own, comment, &mut row, "level");
        let id = row.get("id").unwrap_or_default().to_owned();
        each(row);
        self.properties(("CommentProperty", &id), comment, each);
    }

    fn worklog(&mut self, own: &Own<'_>, worklog: &Element, each: Each<'_>) {
        let mut row = new_row(self.ids, "Worklog");
        row.set("startdate", self.moment(worklog, "started").as_deref());
        row.set("timeworked", worklog.text_of("timeSpent"));
        self.said(own, worklog, &mut row, "grouplevel");
        let id = row.get("id").unwrap_or_default().to_owned();
        each(row);
        self.properties(("WorklogProperty", &id), worklog, each);
    }

    fn change(&mut self, own: &Own<'_>, change: &Element, each: Each<'_>) {
        let mut group = new_row(self.ids, "ChangeGroup");
        group.set("issue", Some(&own.id));
        group.set("author", self.user(own, change, "author").as_deref());
        group.set("created", self.moment(change, "created").as_deref());
        let id = group.get("id").unwrap_or_default().to_owned();
        each(group);
        for item in change.all("item") {
            let mut row = new_row(self.ids, "ChangeItem");
            row.set("group", Some(&id));
            row.set("field", item.text_of("field"));
            row.set("fieldtype", item.text_of("fieldType"));
            for (tag, value, text_tag, text) in
                [("from", "oldvalue", "fromText", "oldstring"), ("to", "newvalue", "toText", "newstring")]
            {
                row.set(text, item.text_of(text_tag));
                let Some(meant) = item.get(tag) else { continue };
                let stored = write_values::history(self, item, meant);
                if stored.is_none() {
                    self.told.add("values of the history that are not there, told as text alone", || {
                        format!("`{}` ({})", meant.text(), own.key)
                    });
                }
                row.set(value, stored.as_deref());
            }
            each(row);
        }
    }

    fn attachment(&mut self, own: &Own<'_>, attachment: &Element, each: Each<'_>) -> String {
        let mut row = new_row(self.ids, "FileAttachment");
        row.set("issue", Some(&own.id));
        row.set("filename", attachment.text_of("name"));
        row.set("filesize", attachment.text_of("size"));
        row.set("mimetype", attachment.text_of("mimeType"));
        row.set("author", self.user(own, attachment, "author").as_deref());
        row.set("created", self.moment(attachment, "created").as_deref());
        let id = row.get("id").unwrap_or_default().to_owned();
        each(row);
        id
    }
}
