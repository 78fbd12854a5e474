//! Issues are made, changed, and taken through their workflow.
//!
//! Invariant: what a screen does not offer cannot be set; what changes is told in the history, and what does not is not.

use serde_json::{Value, json};

use super::{Done, Written, nothing};
use crate::areas::issue::ways::Flow;
use crate::areas::issue::{find, key, meta, of, parts, times, values, ways};
use crate::areas::{fields, people, projects};
use crate::call::{Call, Refusal};
use crate::router::{Endpoint, write};
use crate::rows::entities::{Entity, Said};

pub(super) const BOTH: &[Endpoint] = &[
    write("POST", "/rest/api/2/issue", make).signed_in(),
    write("PUT", "/rest/api/2/issue/{issueIdOrKey}", change).signed_in(),
    write("POST", "/rest/api/2/issue/{issueIdOrKey}/transitions", step).signed_in(),
];

/// An entry of the history of an issue.
pub(super) struct Item {
    pub(super) field: String,
    pub(super) is_custom: bool,
    /// What stands for it and what is shown, before and after.
    pub(super) old: (Option<String>, Option<String>),
    pub(super) new: (Option<String>, Option<String>),
}

impl Call<'_> {
    pub(super) fn add_entity(&self, entity: &str, values: &[Said<'_>]) -> Result<String, Refusal> {
        Ok(self.site.rows.add_entity(entity, values)?)
    }

    pub(super) fn change_entity(&self, entity: &str, id: &str, values: &[Said<'_>]) -> Result<(), Refusal> {
        Ok(self.site.rows.change_entity(entity, id, values)?)
    }

    pub(super) fn drop_entities(&self, entity: &str, wanted: &[(&str, &str)]) -> Result<usize, Refusal> {
        Ok(self.site.rows.drop_entities(entity, wanted)?)
    }

    /// Returns the key of the caller.
    pub(super) fn me(&self) -> Result<String, Refusal> {
        Ok(self.site.people()?.caller().key)
    }

    /// Refuses what the caller may not do in a project.
    pub(super) fn must(&self, project: &str, permission: &str, deed: &str) -> Result<(), Refusal> {
        match projects::may(self, project, permission)? {
            true => Ok(()),
            false => Err(Refusal::new(403, &format!("You do not have permission to {deed}."))),
        }
    }

    /// Says that an issue was changed, later than whenever it was changed before; returns when.
    pub(super) fn touch_issue(&self, issue: &Entity) -> Result<String, Refusal> {
        let fresh = self.entity("Issue", of(issue, "id"))?.unwrap_or_default();
        let before = times::of_row(of(&fresh, "updated")).unwrap_or(0);
        let now = times::stored(times::now().max(before + 1));
        self.change_entity("Issue", of(issue, "id"), &[("updated", Some(now.clone()))])?;
        Ok(now)
    }

    /// Tells in the history of an issue what was changed.
    pub(super) fn tell(&self, issue: &str, when: &str, items: &[Item]) -> Result<(), Refusal> {
        if items.is_empty() {
            return Ok(());
        }
        let group = [
            ("issue", Some(issue.to_owned())),
            ("author", Some(self.me()?)),
            ("created", Some(when.to_owned())),
        ];
        let group = self.add_entity("ChangeGroup", &group)?;
        for item in items {
            let kind = if item.is_custom { "custom" } else { "jira" };
            self.add_entity(
                "ChangeItem",
                &[
                    ("group", Some(group.clone())),
                    ("fieldtype", Some(kind.to_owned())),
                    ("field", Some(item.field.clone())),
                    ("oldvalue", item.old.0.clone()),
                    ("oldstring", item.old.1.clone()),
                    ("newvalue", item.new.0.clone()),
                    ("newstring", item.new.1.clone()),
                ],
            )?;
        }
        Ok(())
    }
}

fn make(call: &Call<'_>) -> Written {
    call.members(&["fields*", "update", "properties", "transition", "historyMetadata"])?;
    let said = call.body["fields"].as_object().cloned().unwrap_or_default();
    let wanted = ["key", "id"].iter().find_map(|name| said.get("project")?[name].as_str());
    let wanted = wanted.ok_or_else(|| Refusal::of("project", "project is required"))?;
    let project =
        projects::find(call, wanted).map_err(|_| Refusal::of("project", "valid project is required"))?.id;
    let known = crate::areas::issue_type_schemes::types_of_project(call, &project)?;
    let kind = said.get("issuetype").and_then(|own| own["id"].as_str()).unwrap_or_default().to_owned();
    if !known.contains(&kind) {
        return Err(Refusal::of("issuetype", "Specify a valid issue type"));
    }
    call.must(&project, "CREATE_ISSUES", "create issues in this project")?;
    let parent = parent(call, &project, &kind, said.get("parent"))?;
    let offered = meta::offered(call, &project, &kind, "0")?;
    let flow = Flow::of_type(call, &project, &kind)?;
    let initial = flow.initial.as_ref().ok_or_else(|| Refusal::new(500, "The workflow has no beginning."))?;
    let number = next_number(call, &project)?;
    let now = times::stored(times::now());
    let me = call.me()?;
    let entry = [
        ("name", Some(flow.name.clone())),
        ("initialized", Some("0".to_owned())),
        ("state", Some("1".to_owned())),
    ];
    let entry = call.add_entity("OSWorkflowEntry", &entry)?;
    let owner = call.entity("Project", &project)?.unwrap_or_default();
    let lead = owner.get("lead").filter(|_| of(&owner, "assigneetype") != "3").cloned();
    let id = call.add_entity(
        "Issue",
        &[
            ("project", Some(project.clone())),
            ("number", Some(number.clone())),
            ("key", Some(format!("{}-{number}", of(&owner, "key")))),
            ("type", Some(kind.clone())),
            ("status", Some(initial.status.clone())),
            ("resolution", initial.resolution.clone().flatten()),
            ("creator", Some(me.clone())),
            ("reporter", Some(me)),
            ("assignee", lead),
            ("created", Some(now.clone())),
            ("updated", Some(now.clone())),
            ("votes", Some("0".to_owned())),
            ("watches", Some("0".to_owned())),
            ("workflowId", Some(entry.clone())),
            ("summary", None),
        ],
    )?;
    call.add_entity(
        "OSCurrentStep",
        &[("entryId", Some(entry)), ("stepId", Some(initial.step.clone())), ("startDate", Some(now))],
    )?;
    for (field, value) in &said {
        if !["project", "issuetype", "parent"].contains(&field.as_str()) {
            set(call, &id, field, value, &offered)?;
        }
    }
    if let Some(parent) = parent {
        let kind = parts::subtask_link(call)?;
        call.add_entity(
            "IssueLink",
            &[("linktype", kind), ("source", Some(parent)), ("destination", Some(id.clone()))],
        )?;
    }
    let made = call.entity("Issue", &id)?.unwrap_or_default();
    for (field, own) in offered.iter().filter(|(_, own)| own["required"] == true) {
        let is_empty = matches!(values::one(call, &made, field)?, Value::Null)
            || values::one(call, &made, field)? == json!([]);
        if is_empty && field != "parent" && own["hasDefaultValue"] != true {
            return Err(Refusal::of(
                field,
                &format!("{} is required.", own["name"].as_str().unwrap_or(field)),
            ));
        }
    }
    super::issue_parts::write_properties(call, "IssueProperty", &id)?;
    let body = json!({"id": id, "key": key(call, &made)?, "self": call.link(&format!("/issue/{id}"))});
    Ok(Done::created(body))
}

/// Returns the id of the issue of which a new one is to be a sub-task.
fn parent(
    call: &Call<'_>,
    project: &str,
    kind: &str,
    said: Option<&Value>,
) -> Result<Option<String>, Refusal> {
    let is_subtask = meta::is_subtask(call, kind)?;
    let wanted = said.and_then(|own| own["key"].as_str().or(own["id"].as_str()));
    match (is_subtask, wanted) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Refusal::of("issuetype", "The issue type selected is not a sub-task.")),
        (true, None) => {
            Err(Refusal::of("parent", "Issue type is a sub-task but parent issue key or id not specified."))
        }
        (true, Some(wanted)) => {
            let wrong = || Refusal::of("parent", "Could not find issue by id or key.");
            let found = find(call, wanted).map_err(|_| wrong())?;
            match of(&found, "project") == project && !meta::is_subtask(call, of(&found, "type"))? {
                true => Ok(Some(of(&found, "id").to_owned())),
                false => Err(Refusal::of("parent", "The parent is a sub-task itself.")),
            }
        }
    }
}

fn next_number(call: &Call<'_>, project: &str) -> Result<String, Refusal> {
    let counter =
        call.entity("Project", project)?.and_then(|own| of(&own, "counter").parse::<i64>().ok()).unwrap_or(0);
    let there = call.entities("Issue", &[("project", project)])?;
    let highest = there.iter().filter_map(|own| of(own, "number").parse::<i64>().ok()).max().unwrap_or(0);
    let next = (counter.max(highest) + 1).to_string();
    call.change_entity("Project", project, &[("counter", Some(next.clone()))])?;
    Ok(next)
}

fn change(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.members(&["fields*", "update", "properties", "historyMetadata"])?;
    let said = call.body["fields"].as_object().cloned().unwrap_or_default();
    let offered = meta::editable(call, &issue)?;
    if offered.is_empty() {
        return Err(Refusal::new(403, "You do not have permission to edit issues in this project."));
    }
    let offered = offered.into_iter().collect();
    let (id, mut items) = (of(&issue, "id").to_owned(), Vec::new());
    for (field, value) in &said {
        items.extend(set(call, &id, field, value, &offered)?);
    }
    if !items.is_empty() {
        let when = call.touch_issue(&issue)?;
        call.tell(&id, &when, &items)?;
    }
    nothing()
}

fn step(call: &Call<'_>) -> Written {
    let issue = find(call, call.part(0))?;
    call.members(&["transition*", "fields", "update", "properties", "historyMetadata"])?;
    let wanted = super::id(&call.body["transition"], "id").unwrap_or_default();
    let ways = ways::of_issue(call, &issue)?;
    let way = ways.into_iter().find(|own| own.id == wanted).ok_or_else(|| {
        let text = "It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue.";
        Refusal::new(400, &format!("{text} ({wanted})"))
    })?;
    let id = of(&issue, "id").to_owned();
    let before = values::one(call, &issue, "status")?;
    let when = call.touch_issue(&issue)?;
    call.change_entity("Issue", &id, &[("status", Some(way.status.clone()))])?;
    let entry = of(&issue, "workflowId").to_owned();
    let old = call.entities("OSCurrentStep", &[("entryId", &entry)])?;
    call.drop_entities("OSCurrentStep", &[("entryId", &entry)])?;
    for row in &old {
        let value = |name: &str| row.get(name).cloned();
        call.add_entity(
            "OSHistoryStep",
            &[
                ("id", value("id")),
                ("entryId", value("entryId")),
                ("stepId", value("stepId")),
                ("startDate", value("startDate")),
                ("actionId", Some(way.id.clone())),
                ("caller", Some(call.me()?)),
                ("finishDate", Some(when.clone())),
                ("status", Some("Finished".to_owned())),
            ],
        )?;
    }
    let current =
        [("entryId", Some(entry)), ("stepId", Some(way.step.clone())), ("startDate", Some(when.clone()))];
    call.add_entity("OSCurrentStep", &current)?;
    let mut items = Vec::new();
    if let Some(resolution) = &way.resolution {
        let old = values::one(call, &issue, "resolution")?;
        let since = resolution.as_ref().map(|_| when.clone());
        call.change_entity("Issue", &id, &[("resolution", resolution.clone()), ("resolutiondate", since)])?;
        let now = call.entity("Issue", &id)?.unwrap_or_default();
        items.extend(item("resolution", false, &old, &values::one(call, &now, "resolution")?));
    }
    let now = call.entity("Issue", &id)?.unwrap_or_default();
    items.extend(item("status", false, &before, &values::one(call, &now, "status")?));
    call.tell(&id, &when, &items)?;
    nothing()
}

/// Returns what the history tells of a field; nothing if it stays.
fn item(field: &str, is_custom: bool, old: &Value, new: &Value) -> Option<Item> {
    if old == new {
        return None;
    }
    let raw = |value: &Value| value["id"].as_str().map(str::to_owned);
    let field = field.to_owned();
    Some(Item { field, is_custom, old: (raw(old), shown(old)), new: (raw(new), shown(new)) })
}

/// Returns a value as people see it.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Array(all) => Some(all.iter().filter_map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(_) => {
            let own = ["value", "name", "displayName"].iter().find_map(|name| value[*name].as_str());
            own.map(str::to_owned)
        }
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Sets a field of an issue; returns what the history tells of it.
fn set(
    call: &Call<'_>,
    id: &str,
    field: &str,
    said: &Value,
    offered: &std::collections::BTreeMap<String, Value>,
) -> Result<Vec<Item>, Refusal> {
    let unknown = || {
        let text = format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown.");
        Refusal::of(field, &text)
    };
    let own = offered.get(field).ok_or_else(unknown)?;
    let is_empty = said.is_null() || *said == json!([]) || *said == json!("");
    if own["required"] == true && is_empty {
        return Err(Refusal::of(field, &format!("{} is required.", own["name"].as_str().unwrap_or(field))));
    }
    let watched: &[&str] =
        if field == "timetracking" { &["timeoriginalestimate", "timeestimate"] } else { &[field] };
    let told = |issue: &Entity| -> Result<Vec<Value>, Refusal> {
        watched.iter().map(|name| values::one(call, issue, name)).collect()
    };
    let before = told(&call.entity("Issue", id)?.unwrap_or_default())?;
    super::issue_values::write(call, id, field, said, own)?;
    let after = told(&call.entity("Issue", id)?.unwrap_or_default())?;
    let custom = field.starts_with("customfield_");
    let name = match field {
        "components" => "Component".to_owned(),
        "versions" => "Version".to_owned(),
        "fixVersions" => "Fix Version".to_owned(),
        _ if custom => fields::name(call, field)?.unwrap_or_default(),
        own => own.to_owned(),
    };
    let mut items = Vec::new();
    for ((watched, old), new) in watched.iter().zip(&before).zip(&after) {
        let name = if field == "timetracking" { (*watched).to_owned() } else { name.clone() };
        let order = |value: &Value| match value {
            Value::Array(all) => {
                let mut all: Vec<String> = all.iter().map(Value::to_string).collect();
                all.sort();
                json!(all)
            }
            own => own.clone(),
        };
        if order(old) != order(new) {
            items.extend(item(&name, custom, old, new));
        }
    }
    Ok(items)
}

/// Refuses somebody to whom issues of a project cannot be given.
pub(super) fn must_be_assignable(call: &Call<'_>, project: &str, user: &people::User) -> Result<(), Refusal> {
    match projects::may_as(call, project, "ASSIGNABLE_USER", user)? {
        true => Ok(()),
        false => Err(Refusal::of("assignee", &format!("User '{}' cannot be assigned issues.", user.name))),
    }
}
