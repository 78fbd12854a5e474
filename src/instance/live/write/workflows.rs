//! Workflows and their schemes on Jira Cloud. Data Center takes no workflows, and no scheme that is in use.
//!
//! Invariant: a request names the version that the plan has seen, so that Jira itself refuses to overwrite another one.
//!
//! Sources: Atlassian's description of Jira Cloud (April 2026).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::moved::{By, Moving};
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, part, token};
use crate::entity::Row;
use crate::instance::live::workflows::{Finding, Known, Said, Stored, Weight, say};
use crate::mapping::workflow::{Descriptor, render};
use crate::model::Path;

/// What stands for the version that a look has found.
const VERSION: (&str, &str) = ("«version/id»", "«version/number»");

/// Returns a version that is yet to be found.
fn found_version() -> Value {
    json!({ "id": VERSION.0, "versionNumber": format!("#{}", VERSION.1) })
}

/// What a workflow would be on Jira Cloud.
struct Told {
    stored: Option<Stored>,
    said: Said,
    known: Known,
}

/// Says what a workflow would be on Jira Cloud.
fn told(ground: &Ground<'_>, side: &Side<'_>, name: &str, id: &str) -> Result<Told, Vec<Finding>> {
    let refused = |why: String| {
        let what = "the workflow".to_owned();
        vec![Finding { weight: Weight::Refused, place: None, what, why, next: None }]
    };
    let descriptor = side.row("Workflow", id).and_then(|row| row.get("descriptor")).unwrap_or_default();
    let descriptor = Descriptor::parse(descriptor).map_err(refused)?;
    let stored = ground.known.workflows.get(name).map(Stored::new).transpose().map_err(refused)?;
    if stored.as_ref().is_some_and(|own| !own.is_editable) {
        return Err(refused("it is one of Jira's own, which nobody can change".to_owned()));
    }
    let groups = ground.known.groups.iter().map(|(name, id)| (id.clone(), name.clone()));
    let new = side.tables.rows("Group").iter().filter_map(|row| row.get("groupName"));
    let new = new.filter(|name| !ground.known.groups.contains_key(*name));
    let new = new.map(|name| (token("group", name), name.to_owned()));
    let known = Known::new(side.tables, groups.chain(new));
    let said = say(name, stored.as_ref(), &descriptor, &known)?;
    Ok(Told { stored, said, known })
}

/// A workflow that is not as it was to be, because Jira Cloud has no word for something.
pub(super) struct Lossy {
    /// The row that it has then.
    pub(super) row: Row,
    /// The descriptor.
    pub(super) descriptor: String,
    /// What is lost, or said by other words.
    pub(super) losses: Vec<String>,
}

/// Returns what a workflow will be, if that is not what is wanted.
pub(super) fn lossy(ground: &Ground<'_>, name: &str) -> Option<Lossy> {
    let row = ground.after.tables.rows("Workflow").iter().find(|row| row.get("name") == Some(name))?;
    let Told { said, .. } = told(ground, &ground.after, name, row.id()).ok()?;
    if said.findings.is_empty() {
        return None;
    }
    let descriptor = render(&said.told);
    let losses = said.findings.iter().map(ToString::to_string).collect();
    Some(Lossy { row: row.clone(), descriptor, losses })
}

/// A workflow.
pub(super) fn workflow(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let name = subject.step.identity.name();
    let unsaid = |findings: Vec<Finding>| -> Vec<Unsaid> {
        let refused = findings.into_iter().filter(|own| own.weight == Weight::Refused);
        refused.map(|own| (Path::object("workflowEntry", name), own.to_string())).collect()
    };
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Told { stored, said, known } = told(ground, &ground.after, name, after).map_err(unsaid)?;
    let search = ground.api("workflows/search");
    let (create, update) = (ground.api("workflows/create"), ground.api("workflows/update"));
    let levels = json!({ "levels": ["ERROR"] });
    let Some(stored) = stored else {
        let body = said.create(&known);
        let look = Look::at(search, Value::Null, json!({ "name": name }))
            .with("queryString", name)
            .among("/values", &[("name", json!(name))])
            .paged()
            .in_doubt();
        let id = ground.sent("workflowEntry", after);
        let validation = json!({ "payload": body, "validationOptions": levels });
        let sent = Sent::post(&create, body)
            .seen_by(look)
            .validated(format!("{create}/validation"), validation)
            .binding(&id, "/workflows/0/id");
        return Ok(vec![Deed::new(sent, Sent::delete(ground.api(&format!("workflow/{}", part(&id)))))]);
    };
    if !said.changes(&stored, &known) {
        return Ok(Vec::new());
    }
    let moving = Moving::of(ground, By::Workflow(name));
    let body = said.update(&stored, &moving.there, &known);
    let number = stored.version["versionNumber"].as_i64().unwrap_or_default();
    let (seen, next) =
        (json!({ "version": stored.version }), json!({ "version": { "versionNumber": number + 1 } }));
    let look = Look::at(&search, seen, next)
        .with("queryString", name)
        .among("/values", &[("name", json!(name))])
        .paged();
    let validation = json!({ "payload": body, "validationOptions": levels });
    let sent = Sent::post(&update, body)
        .seen_by(look.clone().by_version())
        .validated(format!("{update}/validation"), validation);
    // The way back goes out from the version that is there by then.
    let before = subject.before.as_deref().unwrap_or_default();
    let former = told(ground, &ground.before, name, before).map_err(unsaid)?;
    let mut former_body = former.said.update(&stored, &moving.back, &known);
    former_body["workflows"][0]["version"] = found_version();
    let mut any = look;
    (any.from, any.to) = (json!({ "name": name }), json!({ "name": false }));
    let back = Sent::post(update, former_body)
        .seen_by(any)
        .saying(VERSION.0, "/version/id")
        .saying(VERSION.1, "/version/versionNumber");
    Ok(moving.lasting().chain([Deed::new(sent, back)]).collect())
}

/// A workflow scheme as its rows have it.
struct Scheme {
    name: String,
    description: String,
    default: String,
    /// Whether it says so.
    has_default: bool,
    /// The names of workflows by the ids of issue types.
    others: BTreeMap<String, String>,
}

impl Scheme {
    fn of(side: &Side<'_>, id: &str) -> Option<Self> {
        let row = side.row("WorkflowScheme", id)?;
        let (mut default, mut has_default) = ("jira".to_owned(), false);
        let mut others = BTreeMap::new();
        for entry in side.with("WorkflowSchemeEntity", "scheme", id) {
            let workflow = entry.get("workflow").unwrap_or_default().to_owned();
            match entry.get("issuetype").filter(|own| *own != "0") {
                None => (default, has_default) = (workflow, true),
                Some(issue_type) => drop(others.insert(issue_type.to_owned(), workflow)),
            }
        }
        Some(Self {
            name: row.get("name").unwrap_or_default().to_owned(),
            description: row.get("description").unwrap_or_default().to_owned(),
            default,
            has_default,
            others,
        })
    }

    fn told(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "defaultWorkflow": self.default,
            "issueTypeMappings": self.others,
        })
    }

    /// Returns the body that changes a scheme which projects use, at once and without a draft.
    fn update(&self, id: &str, workflow: &dyn Fn(&str) -> String, moved: Option<Value>) -> Value {
        let types = self
            .by_workflow()
            .into_iter()
            .map(|(name, types)| json!({ "workflowId": workflow(name), "issueTypeIds": types }));
        let mut body = json!({
            "id": id,
            "name": self.name,
            "description": self.description,
            "version": found_version(),
            "defaultWorkflowId": workflow(&self.default),
            "workflowsForIssueTypes": types.collect::<Vec<_>>(),
        });
        if let Some(moved) = moved {
            body["statusMappingsByIssueTypeOverride"] = moved;
        }
        body
    }

    /// Returns how the newer of two endpoints tells it.
    fn read(&self) -> Value {
        let types = self.by_workflow().into_iter();
        let types = types.map(|(name, types)| json!({ "workflow": { "name": name }, "issueTypeIds": types }));
        let mut told = self.read_in_short();
        told["workflowsForIssueTypes"] = types.collect();
        told
    }

    /// The same without the mappings of issue types.
    fn read_in_short(&self) -> Value {
        json!({ "name": self.name, "description": self.description, "defaultWorkflow": { "name": self.default } })
    }

    /// Returns the issue types that have a workflow of their own, by its name.
    fn by_workflow(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (issue_type, name) in &self.others {
            types.entry(name).or_default().push(issue_type);
        }
        types
    }
}

/// A workflow scheme.
pub(super) fn scheme(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Some(to) = Scheme::of(&ground.after, after) else { return Ok(Vec::new()) };
    if !to.has_default {
        let why = "a workflow scheme of Jira Cloud has a workflow for all other issue types always: write one without an issue type \
                   (Jira's own is `jira`)";
        return Err(vec![(
            Path::object("workflowScheme", &to.name).child("mappingIssueTypes"),
            why.to_owned(),
        )]);
    }
    let id = ground.sent("workflowScheme", after);
    let path = ground.api(&format!("workflowscheme/{}", part(&id)));
    let Some(from) = subject.before.as_deref().and_then(|id| Scheme::of(&ground.before, id)) else {
        let all = ground.api("workflowscheme");
        let look = Look::at(&all, Value::Null, json!({ "name": to.name }))
            .among("/values", &[("name", json!(to.name))])
            .paged()
            .in_doubt();
        let sent = Sent::post(all, to.told()).seen_by(look).binding(&id, "/id");
        return Ok(vec![Deed::new(sent, Sent::delete(path))]);
    };
    if from.told() == to.told() {
        return Ok(Vec::new());
    }
    let is_used = ground.before.with("NodeAssociation", "sinkNodeId", &id).iter().any(|row| {
        row.get("sinkNodeEntity") == Some("WorkflowScheme") && row.get("sourceNodeEntity") == Some("Project")
    });
    if !is_used {
        let sent = Sent::put(&path, to.told()).seen_by(Look::at(&path, from.told(), to.told()));
        return Ok(vec![Deed::new(sent, Sent::put(path, from.told()))]);
    }
    let workflow = |name: &str| match ground.known.workflows.get(name).and_then(|own| own["id"].as_str()) {
        Some(id) => id.to_owned(),
        None => {
            let rows = ground.after.tables.rows("Workflow").iter();
            let row = rows.clone().find(|row| row.get("name") == Some(name));
            row.map_or_else(|| name.to_owned(), |row| ground.sent("workflowEntry", row.id()))
        }
    };
    // The version guards what others change in the mappings; whether these are as they are to be says that it was done.
    let look = |from: &Scheme, to: &Scheme| {
        Look::at(ground.api("workflowscheme/read"), from.read_in_short(), to.read())
            .asking(json!({ "workflowSchemeIds": [id] }))
            .among("", &[("id", json!(id))])
            .in_any_order()
    };
    let update = ground.api("workflowscheme/update");
    let with_version =
        |sent: Sent| sent.saying(VERSION.0, "/version/id").saying(VERSION.1, "/version/versionNumber");
    let moving = Moving::of(ground, By::Scheme(after));
    let (there, again) = (Moving::by_type(ground, &moving.there), Moving::by_type(ground, &moving.back));
    let sent = with_version(Sent::post(&update, to.update(&id, &workflow, there)).seen_by(look(&from, &to)));
    let back = with_version(Sent::post(update, from.update(&id, &workflow, again)).seen_by(look(&to, &from)));
    Ok(moving.lasting().chain([Deed::new(sent, back)]).collect())
}
