//! By which workflow issues run, and which of them have to move for a change of rows.
//!
//! Jira finds the workflow of an issue by its project and issue type: the scheme of the project maps the issue type, or all others, to a
//! workflow by name; without a scheme, or without such a mapping, it is Jira's own. Within the workflow the first step that has the
//! status of the issue is the step that it should be in (`getLinkedStep`; read in the sources of 4.4). Invariant: what [`moves`] returns
//! leaves every issue whose workflow, scheme or mapping the change touches with an active entry of its project's workflow, in a step
//! of its status; what cannot be so is among the homeless.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::workflow::{BUILT_IN, Descriptor};
use crate::entity::{Move, Standing, Tables};
use crate::mapping::ground::names::Names;
use crate::model::{IssueTypeName, Snapshot};

/// The steps of Jira's own workflow, which no instance stores: status and step (issues that run by `jira` in backups of 4.2 to 7.0).
const BUILT_IN_STEPS: [(&str, &str); 5] = [("1", "1"), ("3", "3"), ("5", "4"), ("4", "5"), ("6", "6")];

/// The property that holds a step's status.
const STATUS: &str = "jira.status.id";

/// What decides over the issues of a project and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Course<'t> {
    scheme: Option<&'t str>,
    workflow: &'t str,
    descriptor: Option<&'t str>,
}

/// Which workflow holds for which issues.
struct Courses<'t> {
    schemes: HashMap<&'t str, &'t str>,
    /// By scheme and issue type.
    mappings: HashMap<&'t str, HashMap<&'t str, &'t str>>,
    workflows: HashMap<&'t str, &'t str>,
}

impl<'t> Courses<'t> {
    fn new(tables: &'t Tables) -> Self {
        let mut workflows = HashMap::new();
        for row in tables.rows("Workflow") {
            if let Some(name) = row.text("name") {
                workflows.entry(name).or_insert(row.get("descriptor").unwrap_or(""));
            }
        }
        let known: HashSet<&str> = tables.rows("WorkflowScheme").iter().map(|row| row.id()).collect();
        let mut schemes = HashMap::new();
        for row in tables.rows("NodeAssociation") {
            let is_scheme = row.get("sourceNodeEntity") == Some("Project")
                && row.get("associationType") == Some("ProjectScheme")
                && row.get("sinkNodeEntity") == Some("WorkflowScheme");
            if let (true, Some(project), Some(scheme)) =
                (is_scheme, row.get("sourceNodeId"), row.get("sinkNodeId"))
                && known.contains(scheme)
            {
                schemes.entry(project).or_insert(scheme);
            }
        }
        let mut mappings: HashMap<_, HashMap<_, _>> = HashMap::new();
        for row in tables.rows("WorkflowSchemeEntity") {
            let (Some(scheme), Some(workflow)) = (row.get("scheme"), row.get("workflow")) else { continue };
            // A mapping to a workflow that does not exist is none.
            if workflows.contains_key(workflow) || workflow == BUILT_IN {
                let issue_type = row.text("issuetype").unwrap_or("0");
                mappings.entry(scheme).or_default().entry(issue_type).or_insert(workflow);
            }
        }
        Self { schemes, mappings, workflows }
    }

    fn of(&self, standing: &Standing) -> Course<'t> {
        let scheme = self.schemes.get(standing.project.as_str()).copied();
        let mapped = scheme.and_then(|scheme| {
            let of = |issue_type: &str| self.mappings.get(scheme)?.get(issue_type).copied();
            of(&standing.issue_type).or_else(|| of("0"))
        });
        let workflow = mapped.unwrap_or(BUILT_IN);
        Course { scheme, workflow, descriptor: self.workflows.get(workflow).copied() }
    }
}

/// The steps of a workflow.
struct Steps {
    /// Status and step, in the order of the descriptor.
    steps: Vec<(String, String)>,
}

impl Steps {
    fn of(course: Course<'_>) -> Self {
        let own = |(status, step): &(&str, &str)| ((*status).to_owned(), (*step).to_owned());
        let steps = match course.descriptor {
            None => BUILT_IN_STEPS.iter().map(own).collect(),
            // Of a workflow that nobody can read no step is known.
            Some(text) => Descriptor::parse(text).map_or_else(
                |_| Vec::new(),
                |own| {
                    let steps = own.steps.into_iter();
                    steps
                        .filter_map(|step| Some((step.metas.get(STATUS)?.trim().to_owned(), step.id)))
                        .collect()
                },
            ),
        };
        Self { steps }
    }

    fn has(&self, status: &str, step: &str) -> bool {
        self.steps.iter().any(|own| own.0 == status && own.1 == step)
    }

    fn of_status(&self, status: &str) -> Option<&str> {
        self.steps.iter().find(|own| own.0 == status).map(|own| own.1.as_str())
    }
}

/// The steps of workflows, read once each.
#[derive(Default)]
struct Known<'t>(HashMap<&'t str, Steps>);

impl<'t> Known<'t> {
    fn of(&mut self, course: Course<'t>) -> &Steps {
        self.0.entry(course.workflow).or_insert_with(|| Steps::of(course))
    }
}

/// Returns whether Jira can take issues further that stand there.
fn holds<'t>(standing: &Standing, course: Course<'t>, known: &mut Known<'t>) -> bool {
    let is_there = standing.active && standing.workflow.as_deref() == Some(course.workflow);
    let step = standing.step.as_deref().filter(|_| is_there);
    step.is_some_and(|step| known.of(course).has(&standing.status, step))
}

/// Issues whose status has no step in the workflow that they are to run by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Homeless {
    /// The key of their project.
    pub project: String,
    /// Their issue type.
    pub issue_type: IssueTypeName,
    /// The workflow.
    pub workflow: String,
    /// The name of their status.
    pub status: String,
    /// The status that somebody wants for them, which the workflow does not have either.
    pub wanted: Option<String>,
    /// A status that the workflow has, if it has one.
    pub offered: Option<String>,
    /// How many they are.
    pub issues: u64,
}

/// Which status issues are to have that cannot keep theirs: by workflow, issue type and status; all of them names.
pub(crate) type Migrate<'a> = &'a dyn Fn(&str, &str, &str) -> Option<String>;

/// Returns which issues have to move when the rows of an instance become others, and those that cannot.
pub fn moves(before: &Tables, after: &Tables, migrate: Migrate<'_>) -> (Vec<Move>, Vec<Homeless>) {
    let (mut moves, mut homeless) = (Vec::new(), Vec::new());
    let standings = &before.usage.standings;
    if standings.is_empty() {
        return (moves, homeless);
    }
    let (was, will) = (Courses::new(before), Courses::new(after));
    // Descriptors are long, and many issues stand in one project.
    let mut seen: HashMap<(&str, &str), bool> = HashMap::new();
    let touched: Vec<(&Standing, u64)> = standings
        .iter()
        .filter(|(standing, _)| {
            let is_touched = || was.of(standing) != will.of(standing);
            *seen.entry((&standing.project, &standing.issue_type)).or_insert_with(is_touched)
        })
        .map(|(standing, issues)| (standing, *issues))
        .collect();
    if touched.is_empty() {
        return (moves, homeless);
    }
    let names = Names::new(after, &mut Snapshot::default());
    let name =
        |kind: &str, id: &str| names.get(kind, id).map_or_else(|| id.to_owned(), |name| name.text.clone());
    let statuses: BTreeMap<String, &str> = after
        .rows("Status")
        .iter()
        .filter_map(|row| Some((names.get("status", row.id())?.text.clone(), row.id())))
        .rev()
        .collect();
    let mut known = Known::default();
    for (standing, issues) in touched {
        let course = will.of(standing);
        if holds(standing, course, &mut known) {
            continue;
        }
        let issue_type_name = name("issueType", &standing.issue_type);
        let status_name = name("status", &standing.status);
        let steps = known.of(course);
        let mut wanted = None;
        let mut home = steps.of_status(&standing.status).map(|step| (standing.status.as_str(), step));
        if home.is_none() {
            wanted = migrate(course.workflow, &issue_type_name, &status_name);
            let status = wanted.as_ref().and_then(|wanted| statuses.get(wanted));
            home = status.and_then(|status| Some((*status, steps.of_status(status)?)));
        }
        let project_key = name("project", &standing.project);
        match home {
            Some((status, step)) => moves.push(Move {
                from: standing.clone(),
                workflow: course.workflow.to_owned(),
                step: step.to_owned(),
                status: status.to_owned(),
                issues,
                project_key,
                issue_type_name,
                new_status_name: wanted.unwrap_or_else(|| status_name.clone()),
                status_name,
            }),
            None => homeless.push(Homeless {
                project: project_key,
                issue_type: (issue_type_name, is_subtask(&names, &standing.issue_type)),
                workflow: course.workflow.to_owned(),
                status: status_name,
                wanted,
                offered: steps.steps.first().map(|(status, _)| name("status", status)),
                issues,
            }),
        }
    }
    (moves, homeless)
}

/// Returns which issues of the projects and types that were to move do not stand as they should, in words.
pub fn unmoved(tables: &Tables, moves: &[Move]) -> Vec<String> {
    let moved: HashSet<(&str, &str)> =
        moves.iter().map(|own| (own.from.project.as_str(), own.from.issue_type.as_str())).collect();
    let courses = Courses::new(tables);
    let mut known = Known::default();
    let mut left = Vec::new();
    for (standing, issues) in &tables.usage.standings {
        let was_to_move = moved.contains(&(standing.project.as_str(), standing.issue_type.as_str()));
        if was_to_move && !holds(standing, courses.of(standing), &mut known) {
            let Standing { project, issue_type, status, .. } = standing;
            left.push(format!("{issues} issues of project {project}, type {issue_type}, status {status}"));
        }
    }
    left
}

/// Returns how many issues Jira cannot take further, by the ids of project and issue type: for tests of the law.
pub fn stranded(tables: &Tables) -> BTreeMap<(String, String), u64> {
    let courses = Courses::new(tables);
    let mut known = Known::default();
    let mut stranded = BTreeMap::new();
    for (standing, issues) in &tables.usage.standings {
        if !holds(standing, courses.of(standing), &mut known) {
            let key = (standing.project.clone(), standing.issue_type.clone());
            *stranded.entry(key).or_default() += issues;
        }
    }
    stranded
}

fn is_subtask(names: &Names, id: &str) -> bool {
    names.get("issueType", id).is_some_and(|name| name.get("subtask") == Some("true"))
}
