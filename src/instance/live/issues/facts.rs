//! What there is in the project: types, fields, statuses, ways of the workflow, rights.
//!
//! Invariant: what could not be read whole is an error, never less. Jira tells nobody but administrators what a workflow is like (Data
//! Center not even them), so for others the ways out of a status are learned from an issue that stands in it; where there is none, they
//! are said to be unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pcfg_sync::{Catalogue, IssueFault, IssueKey, LinkTypeFacts, Right, Transition, TypeFacts, UserFacts};
use serde::Deserialize;
use serde_json::Value;

use super::history::Changelog;
use super::line::{Called, Line, of_issue};
use super::shape::{Choice, Constants, Meta, Own, Shapes, ToldField};
use super::told::text;
use super::workflow::Whole;
use crate::instance::single_issues::RIGHTS;
use crate::rest::{List, Paging, Request, segment};

/// What the place does not do.
const LIMITS: [&str; 5] = [
    "Each change is made at once: what has been done stays when something after it fails.",
    "Ways of a workflow are those that Jira offers this user on an issue in that status; a screen of a transition is not filled in.",
    "The resolution is read and set by transitions alone.",
    "Estimates and worked time are whole minutes.",
    "Jira notifies people of what is changed, as of everybody's changes.",
];

/// A type of issues of the project.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_subtask: bool,
    pub(super) fields: Vec<Own>,
    statuses: Vec<String>,
    initial: Option<String>,
    transitions: Vec<Transition>,
    /// The statuses of which the ways out are known.
    learned: BTreeSet<String>,
}

/// What is known of the project.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) types: Vec<Type>,
    pub(super) shapes: Rc<Shapes>,
    link_types: Vec<LinkTypeFacts>,
    missing: BTreeSet<Right>,
}

#[derive(Deserialize)]
struct ToldType {
    id: String,
    name: String,
    #[serde(default)]
    subtask: bool,
}

#[derive(Deserialize)]
struct ToldStatuses {
    id: String,
    statuses: Vec<Named>,
}

/// Something of which id and name are told.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
struct ToldLinkTypes {
    #[serde(rename = "issueLinkTypes")]
    all: Vec<ToldLinkType>,
}

#[derive(Deserialize)]
struct ToldLinkType {
    name: String,
    outward: String,
    inward: String,
}

#[derive(Deserialize)]
struct ToldRights {
    permissions: BTreeMap<String, ToldRight>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldRight {
    have_permission: bool,
}

/// The newest issue of a type: what can be changed of it, and how it began.
#[derive(Deserialize)]
struct Newest {
    fields: NewestFields,
    changelog: Changelog,
    editmeta: Option<EditMeta>,
}

#[derive(Deserialize)]
struct NewestFields {
    status: Named,
}

#[derive(Deserialize)]
struct EditMeta {
    fields: BTreeMap<String, Meta>,
}

#[derive(Deserialize)]
pub(super) struct ToldTransitions {
    pub(super) transitions: Vec<ToldTransition>,
}

#[derive(Deserialize)]
pub(super) struct ToldTransition {
    pub(super) id: String,
    name: String,
    pub(super) to: Named,
}

#[derive(Deserialize)]
struct Found {
    key: String,
}

/// Reads which fields there are.
pub(super) fn shapes(line: &Line) -> Called<Shapes> {
    let told: Vec<ToldField> =
        line.list(&List::new(Request::get(line.api("field")), 0).by(Paging::Whole).of(""))?;
    Ok(Shapes::new(&told))
}

impl Facts {
    /// Reads what there is in a project.
    pub(super) fn read(line: &Line, project: &str, shapes: Rc<Shapes>) -> Called<Self> {
        let missing = rights(line, project)?;
        for needed in [Right::BrowseProjects, Right::CreateIssues] {
            // Without these Jira tells a part of what there is, or nothing at all.
            if missing.contains(&needed) {
                let (_, permission) = RIGHTS.iter().find(|(own, _)| *own == needed).unwrap_or(&RIGHTS[0]);
                return Err(IssueFault::Forbidden {
                    why: format!(
                        "to read what there is in project {project}, it needs the permission {permission}"
                    ),
                });
            }
        }
        let resolutions: Vec<Named> =
            line.list(&List::new(Request::get(line.api("resolution")), 0).by(Paging::Whole).of(""))?;
        let choice = |own: Named| Choice { id: own.id, name: own.name, parent: None };
        let constants = Constants { resolutions: resolutions.into_iter().map(choice).collect() };
        let (own_types, statuses) = (types(line, project)?, statuses(line, project)?);
        let own_shapes = &*shapes;
        let place = Place { line, key: project, id: &project_id(line, project)? };
        let read = line.client.each(&own_types, |ty| {
            let known = statuses.get(&ty.id).cloned().unwrap_or_default();
            Type::read(&place, ty, known, (own_shapes, &constants))
        });
        let types = read.into_iter().collect::<Called<Vec<Type>>>()?;
        Ok(Self { types, shapes, link_types: link_types(line)?, missing })
    }

    pub(super) fn catalogue(
        &self,
        jira: &str,
        project: &str,
        user: &UserFacts,
        translated: bool,
    ) -> Catalogue {
        let mut limits = LIMITS.map(str::to_owned).to_vec();
        if translated {
            limits.push(
                "Jira answers this user in another language than its own: names of what it brings along are translated."
                    .to_owned(),
            );
        }
        Catalogue {
            jira: jira.to_owned(),
            licensed: None,
            project: project.to_owned(),
            user: user.clone(),
            types: self.types.iter().map(Type::facts).collect(),
            link_types: self.link_types.clone(),
            missing: self.missing.clone(),
            limits,
        }
    }

    pub(super) fn has_link_type(&self, name: &str) -> bool {
        self.link_types.iter().any(|own| own.name == name)
    }

    /// Returns a type by its name.
    pub(super) fn of_name(&self, name: &str) -> Option<&Type> {
        self.types.iter().find(|own| own.name == name)
    }

    /// Returns whether an issue shows ways out of its status that are not known yet.
    pub(super) fn lacks(&self, ty: &str, status: &str) -> bool {
        let of = self.of_name(ty);
        of.is_some_and(|own| !own.learned.contains(status) && own.statuses.iter().any(|one| one == status))
    }
}

impl Type {
    fn read(
        Place { line, key: project, id }: &Place<'_>,
        told: &ToldType,
        statuses: Vec<Named>,
        (shapes, constants): (&Shapes, &Constants),
    ) -> Called<Self> {
        let path = format!("issue/createmeta/{}/issuetypes/{}", segment(project), segment(&told.id));
        let making: Vec<Meta> = line.list(&offered(line, &path, "fields"))?;
        let of_type = format!("project = \"{project}\" AND issuetype = {}", told.id);
        let (mut changing, mut initial) = (Vec::new(), None);
        if let Some(key) = newest(line, &of_type)? {
            let newest = Request::get(of_issue(&key, ""))
                .with("fields", "status")
                .with("expand", "changelog,editmeta");
            if let Some(newest) = line.find::<Newest>(&newest)? {
                initial = Some(newest.changelog.first_status().unwrap_or(newest.fields.status.name));
                let fields = newest.editmeta.map(|own| own.fields).unwrap_or_default();
                changing.extend(fields.into_iter().map(|(field_id, own)| Meta { field_id, ..own }));
            }
        }
        let whole = Whole::read(line, id, &told.id)?;
        let (mut transitions, mut learned) = (Vec::new(), BTreeSet::new());
        let unknown: &[Named] = match whole {
            Some(whole) => {
                let names: Vec<&str> = statuses.iter().map(|own| own.name.as_str()).collect();
                transitions = whole.transitions(&names);
                learned.extend(names.into_iter().map(str::to_owned));
                initial = whole.initial.or(initial);
                &[]
            }
            None => &statuses,
        };
        for status in unknown {
            let Some(key) = newest(line, &format!("{of_type} AND status = {}", status.id))? else { continue };
            let Some(told) = line.find::<ToldTransitions>(&Request::get(of_issue(&key, "/transitions")))?
            else {
                continue;
            };
            learned.insert(status.name.clone());
            let known = |name: &str| statuses.iter().any(|own| own.name == name);
            let way = |own: ToldTransition| Transition {
                id: own.id,
                name: own.name,
                from: status.name.clone(),
                to: own.to.name,
            };
            transitions.extend(told.transitions.into_iter().map(way).filter(|own| known(&own.to)));
        }
        let statuses: Vec<String> = statuses.into_iter().map(|own| own.name).collect();
        Ok(Self {
            id: told.id.clone(),
            name: told.name.clone(),
            is_subtask: told.subtask,
            fields: shapes.of_type(&making, &changing, constants),
            initial: initial.filter(|own| statuses.contains(own)).or_else(|| statuses.first().cloned()),
            statuses,
            transitions,
            learned,
        })
    }

    fn facts(&self) -> TypeFacts {
        TypeFacts {
            name: self.name.clone(),
            subtask: self.is_subtask,
            fields: self.fields.iter().map(Own::facts).collect(),
            statuses: self.statuses.clone(),
            initial: self.initial.clone().unwrap_or_default(),
            transitions: self.transitions.clone(),
            unlearned: self.statuses.iter().filter(|own| !self.learned.contains(*own)).cloned().collect(),
        }
    }

    /// Returns a field.
    pub(super) fn field(&self, field: &pcfg_sync::Field) -> Called<&Own> {
        let found = self.fields.iter().find(|own| own.shape.field == *field);
        found.ok_or_else(|| IssueFault::Missing {
            what: format!("field {field} of issues of type {}", self.name),
        })
    }
}

/// The project as it is read.
struct Place<'a> {
    line: &'a Line,
    key: &'a str,
    id: &'a str,
}

fn project_id(line: &Line, project: &str) -> Called<String> {
    let told: Option<Value> = line.find(&Request::get(line.api(&format!("project/{}", segment(project)))))?;
    told.and_then(|own| text(&own, "id"))
        .ok_or_else(|| IssueFault::Missing { what: format!("project `{project}`") })
}

/// Returns the newest issue that a query finds.
pub(super) fn newest(line: &Line, query: &str) -> Called<Option<IssueKey>> {
    #[derive(Deserialize)]
    struct Page {
        issues: Vec<Found>,
    }
    let path = if line.is_cloud() { "search/jql" } else { "search" };
    let question = Request::get(line.api(path))
        .with("jql", format!("{query} ORDER BY created DESC"))
        .with("fields", "status")
        .with("maxResults", 1);
    let page: Page = line.get(&question)?;
    Ok(page.issues.into_iter().next().map(|own| IssueKey(own.key)))
}

/// Returns a list of what issues can be made of: the same thing under two names.
fn offered<'l>(line: &Line, path: &str, of_cloud: &'l str) -> List<'l> {
    let items = if line.is_cloud() { of_cloud } else { "values" };
    List::new(Request::get(line.api(path)), 100).of(items)
}

fn rights(line: &Line, project: &str) -> Called<BTreeSet<Right>> {
    let mut question = Request::get(line.api("mypermissions")).with("projectKey", project);
    if line.is_cloud() {
        question = question.with("permissions", RIGHTS.map(|(_, key)| key).join(","));
    }
    let told: Option<ToldRights> = line.find(&question)?;
    let told = told.ok_or_else(|| IssueFault::Missing { what: format!("project `{project}`") })?;
    let has = |key: &str| told.permissions.get(key).is_some_and(|own| own.have_permission);
    Ok(RIGHTS.iter().filter(|(_, key)| !has(key)).map(|(right, _)| *right).collect())
}

fn types(line: &Line, project: &str) -> Called<Vec<ToldType>> {
    let path = format!("issue/createmeta/{}/issuetypes", segment(project));
    let types: Vec<ToldType> = line.list(&offered(line, &path, "issueTypes"))?;
    match types.is_empty() {
        true => Err(IssueFault::Forbidden { why: format!("no issues can be made in project {project}") }),
        false => Ok(types),
    }
}

fn statuses(line: &Line, project: &str) -> Called<BTreeMap<String, Vec<Named>>> {
    let question = Request::get(line.api(&format!("project/{}/statuses", segment(project))));
    let told: Vec<ToldStatuses> = line.list(&List::new(question, 0).by(Paging::Whole).of(""))?;
    Ok(told.into_iter().map(|own| (own.id, own.statuses)).collect())
}

/// Returns the types of links; none where links are switched off.
fn link_types(line: &Line) -> Called<Vec<LinkTypeFacts>> {
    let told: Option<ToldLinkTypes> = line.find(&Request::get(line.api("issueLinkType")))?;
    let facts =
        |own: ToldLinkType| LinkTypeFacts { name: own.name, outward: own.outward, inward: own.inward };
    Ok(told.map(|own| own.all.into_iter().map(facts).collect()).unwrap_or_default())
}
