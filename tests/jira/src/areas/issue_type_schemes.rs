//! Issue type schemes and priority schemes: in the rows both are field configuration schemes.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{constants, number, projects, put, setting};
use crate::call::{Call, Refusal};
use crate::page::{Limit, Shape, inside};
use crate::router::{Answer, Endpoint, get};
use crate::rows::{Row, Table};

pub(super) const CLOUD: &[Endpoint] = &[
    get("/issuetypescheme", schemes).paged(50, 50).admin(),
    get("/issuetypescheme/mapping", mapping).paged(50, 50).admin(),
    get("/issuetypescheme/project", of_projects).paged(50, 50).admin(),
    get("/priorityscheme", priority_schemes).paged(50, 50),
    get("/priorityscheme/{schemeId}/priorities", priorities_of_scheme).paged(50, 50),
    get("/priorityscheme/{schemeId}/projects", projects_of_scheme).paged(50, 50),
];
pub(super) const DATA_CENTER: &[Endpoint] = &[
    get("/issuetypescheme", schemes_in_one).admin(),
    get("/issuetypescheme/{schemeId}", scheme_by_id).admin(),
    get("/issuetypescheme/{schemeId}/associations", associations).admin(),
    get("/priorityschemes", priority_schemes_of_data_center)
        .shaped(Shape::Named("schemes", Limit { usual: 100, most: 1000 }))
        .admin(),
    get("/priorityschemes/{schemeId}", priority_scheme_by_id).admin(),
    get("/project/{projectKeyOrId}/priorityscheme", priority_scheme_of_project),
];

/// A scheme: its row, if it is not the one that Jira has without rows, and what is in it.
#[derive(Debug)]
struct Scheme<'t> {
    row: Option<Row<'t>>,
    /// The ids of its issue types or priorities, in order.
    members: Vec<String>,
    default: Option<String>,
    /// It holds for projects that have none.
    is_default: bool,
}

impl Scheme<'_> {
    fn id(&self) -> &str {
        self.row.map_or("1", Row::id)
    }

    fn name(&self) -> &str {
        self.row.map_or("Default Priority Scheme", |row| row.text("configname"))
    }

    fn description(&self) -> &str {
        self.row.map_or("", |row| row.text("description"))
    }
}

/// Reads the schemes of a field.
fn read<'t>(call: &Call<'_>, table: &'t Table, field: &str) -> Result<Vec<Scheme<'t>>, Refusal> {
    let objects = call.table(field)?;
    let (configurations, options) =
        (call.table("fieldconfigschemeissuetype")?, call.table("optionconfiguration")?);
    let (contexts, defaults) = (call.table("configurationcontext")?, call.table("genericconfiguration")?);
    let told = table.with("fieldid", field).map(|row| {
        let configuration = configurations
            .one("fieldconfigscheme", row.id())
            .map_or("", |row| row.text("fieldconfiguration"));
        let members = Table::ordered(options.with("fieldconfig", configuration), "sequence").into_iter();
        let members = members.map(|row| row.text("optionid")).filter(|id| objects.by_id(id).is_some());
        let default = defaults.one("datakey", configuration).and_then(|row| row.get("xmlvalue"));
        let default = default.and_then(|xml| xml.strip_prefix("<string>")?.strip_suffix("</string>"));
        let is_global = |row: Row<'_>| row.get("project").is_none() && row.get("projectcategory").is_none();
        Scheme {
            row: Some(row),
            members: members.map(str::to_owned).collect(),
            default: default.filter(|id| objects.by_id(id).is_some()).map(str::to_owned),
            is_default: contexts.with("fieldconfigscheme", row.id()).any(is_global),
        }
    });
    Ok(told.collect())
}

/// Returns the ids of the projects that a scheme was given.
fn projects_of(call: &Call<'_>, scheme: &Scheme<'_>) -> Result<Vec<String>, Refusal> {
    let contexts = call.table("configurationcontext")?;
    let projects = call.table("project")?;
    let own = contexts.with("fieldconfigscheme", scheme.id()).filter_map(|row| row.get("project"));
    Ok(own.filter(|id| projects.by_id(id).is_some()).map(str::to_owned).collect())
}

/// Which schemes projects have, by their places in a list.
struct Assigned {
    own: HashMap<String, usize>,
    default: Option<usize>,
}

impl Assigned {
    fn read(call: &Call<'_>, all: &[Scheme<'_>]) -> Result<Self, Refusal> {
        let mut own = HashMap::new();
        for (place, scheme) in all.iter().enumerate() {
            for project in projects_of(call, scheme)? {
                own.entry(project).or_insert(place);
            }
        }
        Ok(Self { own, default: all.iter().position(|scheme| scheme.is_default) })
    }

    /// Returns the place of a project's scheme, its own or the one of all others.
    fn of(&self, project: &str) -> Option<usize> {
        self.own.get(project).copied().or(self.default)
    }
}

/// Returns the ids of a project's issue types, in the order of its scheme.
pub(crate) fn types_of_project(call: &Call<'_>, project: &str) -> Result<Vec<String>, Refusal> {
    let table = call.table("fieldconfigscheme")?;
    let all = read(call, &table, "issuetype")?;
    Ok(match Assigned::read(call, &all)?.of(project) {
        Some(place) => all[place].members.clone(),
        // Before there were schemes every project had every type.
        None => call.table("issuetype")?.all().map(|row| row.id().to_owned()).collect(),
    })
}

fn scheme(scheme: &Scheme<'_>) -> Value {
    let mut told = json!({"id": scheme.id(), "name": scheme.name()});
    put(&mut told, "description", Some(scheme.description()).filter(|text| !text.is_empty()));
    put(&mut told, "defaultIssueTypeId", scheme.default.clone());
    // Said of the default alone.
    put(&mut told, "isDefault", scheme.is_default.then_some(true));
    told
}

fn schemes(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = read(call, &table, "issuetype")?;
    Ok(all.iter().filter(|own| call.wants("id", own.id())).map(scheme).collect())
}

fn mapping(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = read(call, &table, "issuetype")?;
    let wanted = all.iter().filter(|own| call.wants("issueTypeSchemeId", own.id()));
    let pairs = wanted.flat_map(|own| own.members.iter().map(move |id| (own.id(), id)));
    Ok(pairs.map(|(scheme, id)| json!({"issueTypeSchemeId": scheme, "issueTypeId": id})).collect())
}

fn of_projects(call: &Call<'_>) -> Answer {
    if call.query("projectId").is_none() {
        return Err(Refusal::new(400, "The projectId query parameter is missing."));
    }
    let (table, projects) = (call.table("fieldconfigscheme")?, call.table("project")?);
    let all = read(call, &table, "issuetype")?;
    let assigned = Assigned::read(call, &all)?;
    let asked: Vec<&str> = call.all("projectId").filter(|id| projects.by_id(id).is_some()).collect();
    let mut told: Vec<Value> = Vec::new();
    for (place, own) in all.iter().enumerate() {
        let ids: Vec<&&str> = asked.iter().filter(|id| assigned.of(id) == Some(place)).collect();
        if !ids.is_empty() {
            told.push(json!({"issueTypeScheme": scheme(own), "projectIds": ids}));
        }
    }
    Ok(told.into())
}

fn whole(call: &Call<'_>, own: &Scheme<'_>, with_types: bool, with_default: bool) -> Answer {
    let types = call.table("issuetype")?;
    let mut told = json!({
        "expand": "issueTypes,defaultIssueType",
        "self": call.link(&format!("/issuetypescheme/{}", own.id())),
        "id": own.id(),
        "name": own.name(),
        "description": own.description(),
    });
    if with_types {
        let own = own.members.iter().filter_map(|id| types.by_id(id));
        told["issueTypes"] = own.map(|row| constants::issue_type(call, row)).collect();
    }
    if with_default && let Some(row) = own.default.as_deref().and_then(|id| types.by_id(id)) {
        told["defaultIssueType"] = constants::issue_type(call, row);
    }
    Ok(told)
}

fn schemes_in_one(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let (types, default) = (call.expands("schemes.issueTypes"), call.expands("schemes.defaultIssueType"));
    let all = read(call, &table, "issuetype")?;
    let told: Result<Vec<_>, _> = all.iter().map(|own| whole(call, own, types, default)).collect();
    Ok(json!({"schemes": told?}))
}

fn scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = read(call, &table, "issuetype")?;
    let own = all.iter().find(|own| own.id() == call.part(0));
    let own = own.ok_or_else(|| Refusal::missing("issue type scheme", call.part(0)))?;
    whole(call, own, call.expands("issueTypes"), call.expands("defaultIssueType"))
}

fn associations(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = read(call, &table, "issuetype")?;
    let own = all.iter().find(|own| own.id() == call.part(0));
    let own = own.ok_or_else(|| Refusal::missing("issue type scheme", call.part(0)))?;
    let told: Result<Vec<_>, _> =
        projects_of(call, own)?.iter().map(|id| projects::in_short(call, id)).collect();
    Ok(told?.into())
}

/// Reads the priority schemes. Where there are none in the rows, all projects have the one with all priorities.
fn priorities<'t>(call: &Call<'_>, table: &'t Table) -> Result<Vec<Scheme<'t>>, Refusal> {
    let mut all = read(call, table, "priority")?;
    let default = setting(call, "jira.constant.default.priority")?;
    if all.is_empty() {
        let priorities = call.table("priority")?;
        let members =
            Table::ordered(priorities.all(), "sequence").into_iter().map(|row| row.id().to_owned()).collect();
        all.push(Scheme { row: None, members, default: default.clone(), is_default: true });
    }
    for own in &mut all {
        if own.is_default && own.default.is_none() {
            own.default.clone_from(&default);
        }
    }
    Ok(all)
}

fn priority_schemes(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    let projects = all_projects(call, &all)?;
    let mut told = Vec::new();
    for (own, projects) in all.iter().zip(&projects).filter(|(own, _)| call.wants("schemeId", own.id())) {
        let mut scheme = json!({
            "self": call.link(&format!("/priorityscheme/{}", own.id())),
            "id": own.id(),
            "name": own.name(),
            "description": own.description(),
            "isDefault": own.is_default,
        });
        put(&mut scheme, "defaultPriorityId", own.default.clone());
        if call.expands("priorities") {
            scheme["priorities"] = inside(&priorities_of(call, own)?, 50);
        }
        if call.expands("projects") {
            scheme["projects"] = inside(&projects_in_short(call, projects)?, 50);
        }
        told.push(scheme);
    }
    Ok(told.into())
}

fn priorities_of(call: &Call<'_>, own: &Scheme<'_>) -> Result<Vec<Value>, Refusal> {
    let table = call.table("priority")?;
    let rows = own.members.iter().filter_map(|id| table.by_id(id));
    Ok(rows.map(|row| constants::priority(call, row)).collect())
}

fn projects_in_short(call: &Call<'_>, ids: &[String]) -> Result<Vec<Value>, Refusal> {
    ids.iter().map(|id| projects::in_short(call, id)).collect()
}

/// Returns the place of the priority scheme that is asked for.
fn wanted(call: &Call<'_>, all: &[Scheme<'_>]) -> Result<usize, Refusal> {
    let place = all.iter().position(|own| own.id() == call.part(0));
    place.ok_or_else(|| Refusal::missing("priority scheme", call.part(0)))
}

fn priorities_of_scheme(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    let own = &all[wanted(call, &all)?];
    let told = priorities_of(call, own)?.into_iter().enumerate().map(|(place, mut told)| {
        told["isDefault"] = json!(told["id"].as_str() == own.default.as_deref());
        told["sequence"] = json!(place.to_string());
        told
    });
    Ok(told.collect())
}

fn projects_of_scheme(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    Ok(projects_in_short(call, &all_projects(call, &all)?[wanted(call, &all)?])?.into())
}

/// Returns the ids of the projects that each scheme holds for, those without one of their own included.
fn all_projects(call: &Call<'_>, all: &[Scheme<'_>]) -> Result<Vec<Vec<String>>, Refusal> {
    let assigned = Assigned::read(call, all)?;
    let mut ids = vec![Vec::new(); all.len()];
    for project in call.table("project")?.all() {
        if let Some(place) = assigned.of(project.id()) {
            ids[place].push(project.id().to_owned());
        }
    }
    Ok(ids)
}

fn data_center_scheme(call: &Call<'_>, own: &Scheme<'_>, projects: Option<&[String]>) -> Answer {
    let mut told = json!({
        "self": call.link(&format!("/priorityschemes/{}", own.id())),
        "id": number(own.id()),
        "name": own.name(),
        "description": own.description(),
        "optionIds": own.members,
        "defaultScheme": own.is_default,
    });
    put(&mut told, "defaultOptionId", own.default.clone());
    if let Some(ids) = projects {
        let table = call.table("project")?;
        told["projectKeys"] =
            ids.iter().filter_map(|id| Some(json!(table.by_id(id)?.text("pkey")))).collect();
    }
    Ok(told)
}

fn priority_schemes_of_data_center(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    let projects = all_projects(call, &all)?;
    let has_projects = call.expands("schemes.projectKeys");
    let told = all.iter().zip(&projects);
    told.map(|(own, projects)| data_center_scheme(call, own, has_projects.then_some(projects))).collect()
}

fn priority_scheme_by_id(call: &Call<'_>) -> Answer {
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    let (place, projects) = (wanted(call, &all)?, all_projects(call, &all)?);
    data_center_scheme(call, &all[place], call.expands("projectKeys").then_some(&projects[place]))
}

fn priority_scheme_of_project(call: &Call<'_>) -> Answer {
    let project = projects::find(call, call.part(0))?;
    let table = call.table("fieldconfigscheme")?;
    let all = priorities(call, &table)?;
    let place = Assigned::read(call, &all)?.of(&project.id);
    let place = place.ok_or_else(|| Refusal::missing("priority scheme", call.part(0)))?;
    let projects = all_projects(call, &all)?;
    data_center_scheme(call, &all[place], call.expands("projectKeys").then_some(&projects[place]))
}
