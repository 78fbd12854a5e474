//! By which workflow issues run, and which of them have to move for a change of rows.
//!
//! Jira finds the workflow of an issue by its project and issue type: the scheme of the project maps the issue type, or all others, to a
//! workflow by name; without a scheme, or without such a mapping, it is Jira's own. Within the workflow the first step that has the
//! status of the issue is the step that it should be in (`getLinkedStep`; read in the sources of 4.4). An issue whose type the issue type
//! scheme of its project loses gets another type first, as Jira's "migrate issues" gives it one. Invariant: what [`moves`] returns
//! leaves every issue whose type, workflow, scheme or mapping the change touches with a type of its project's scheme, and with an active
//! entry of its project's workflow, in a step of its status; what cannot be so is among the homeless or the typeless.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::offers::Offers;
use super::workflow::{BUILT_IN, Descriptor};
use crate::entity::{Move, NewType, Standing, Tables};
use crate::mapping::ground::names::Names;
use crate::model::{IssueTypeName, Snapshot};

/// The steps of Jira's own workflow, which no instance stores: status and step (issues that run by `jira` in backups of 4.2 to 7.0).
const BUILT_IN_STEPS: [(&str, &str); 5] = [("1", "1"), ("3", "3"), ("5", "4"), ("4", "5"), ("6", "6")];

/// The property that holds a step's status.
const STATUS: &str = "jira.status.id";

/// What decides over the issues of a project and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course<'t> {
    pub(super) scheme: Option<&'t str>,
    pub(super) workflow: &'t str,
    /// The row of the workflow: its id and its descriptor; nothing for Jira's own workflow.
    pub(super) stored: Option<(&'t str, &'t str)>,
}

impl Course<'_> {
    /// Returns whether another one is the same but for the name of the workflow.
    pub(super) fn is_only_renamed(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.stored.is_some() && self.stored == other.stored
    }
}

/// Which workflow holds for which issues.
pub(super) struct Courses<'t> {
    schemes: HashMap<&'t str, &'t str>,
    /// By scheme and issue type.
    mappings: HashMap<&'t str, HashMap<&'t str, &'t str>>,
    /// By name: id and descriptor.
    pub(super) workflows: HashMap<&'t str, (&'t str, &'t str)>,
}

impl<'t> Courses<'t> {
    pub(super) fn new(tables: &'t Tables) -> Self {
        let mut workflows = HashMap::new();
        for row in tables.rows("Workflow") {
            if let Some(name) = row.text("name") {
                workflows.entry(name).or_insert((row.id(), row.get("descriptor").unwrap_or("")));
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

    pub(super) fn of(&self, project: &str, issue_type: &str) -> Course<'t> {
        let scheme = self.schemes.get(project).copied();
        let mapped = scheme.and_then(|scheme| {
            let of = |issue_type: &str| self.mappings.get(scheme)?.get(issue_type).copied();
            of(issue_type).or_else(|| of("0"))
        });
        let workflow = mapped.unwrap_or(BUILT_IN);
        Course { scheme, workflow, stored: self.workflows.get(workflow).copied() }
    }
}

/// The steps of a workflow.
pub(super) struct Steps {
    /// Status and step, in the order of the descriptor.
    pub(super) steps: Vec<(String, String)>,
}

impl Steps {
    pub(super) fn of(course: Course<'_>) -> Self {
        let own = |(status, step): &(&str, &str)| ((*status).to_owned(), (*step).to_owned());
        let steps = match course.stored {
            None => BUILT_IN_STEPS.iter().map(own).collect(),
            // Of a workflow that nobody can read no step is known.
            Some((_, text)) => Descriptor::parse(text).map_or_else(
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

    pub(super) fn of_status(&self, status: &str) -> Option<&str> {
        self.steps.iter().find(|own| own.0 == status).map(|own| own.1.as_str())
    }
}

/// The steps of workflows, read once each.
#[derive(Default)]
pub(super) struct Known<'t>(HashMap<&'t str, Steps>);

impl<'t> Known<'t> {
    pub(super) fn of(&mut self, course: Course<'t>) -> &Steps {
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
    /// The issue type that they have or are to have.
    pub issue_type: IssueTypeName,
    /// The issue type that they have, if they are to have another one.
    pub former: Option<IssueTypeName>,
    /// The workflow.
    pub workflow: String,
    /// The name of their status.
    pub status: String,
    /// The status that somebody wants for them, which the workflow does not have either.
    pub wanted: Option<String>,
    /// The table and an id of which the data has two rows, if that is why: nobody can say which of them counts.
    pub twice: Option<(&'static str, String)>,
    /// A status that the workflow has, if it has one.
    pub offered: Option<String>,
    /// How many they are.
    pub issues: u64,
}

/// Issues whose type the issue type scheme of their project loses, and that get no other one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Typeless {
    /// The key of their project.
    pub project: String,
    /// Their issue type.
    pub issue_type: IssueTypeName,
    /// The issue type that somebody wants for them, and why they cannot have it.
    pub wanted: Option<(String, NoType)>,
    /// An issue type of the same kind that the scheme has, if it has one.
    pub offered: Option<String>,
    /// How many they are.
    pub issues: u64,
}

/// Why issues cannot have an issue type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoType {
    /// The scheme of their project does not have it, either.
    NotInScheme,
    /// A sub-task type never becomes a standard type, nor the other way.
    OtherKind,
    /// The place gives them no other type, and why.
    NotHere(&'static str),
}

/// What issues are to have that cannot keep what they have; all of them names.
#[derive(Clone, Copy)]
pub struct Migration<'a> {
    /// The status, by workflow, issue type and status.
    pub status: &'a dyn Fn(&str, &str, &str) -> Option<String>,
    /// The issue type, by the key of the project and issue type.
    pub issue_type: &'a dyn Fn(&str, &str) -> Option<String>,
}

/// What becomes of issues.
#[derive(Debug, Clone, Default)]
pub struct Moving {
    /// The issues that move.
    pub moves: Vec<Move>,
    /// The issues that would have no step.
    pub homeless: Vec<Homeless>,
    /// The issues that would have no issue type.
    pub typeless: Vec<Typeless>,
    /// The issues that Jira could not take further and can then, where they stand.
    pub righted: Vec<(Standing, u64)>,
}

/// What a change of rows does to the issues of a project and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    None,
    /// Another workflow, scheme or mapping holds for them.
    Course,
    /// Their workflow has another name, by which their entries find it, and nothing else is new.
    Name,
    /// Their project does not have their type any more.
    Type,
}

/// Returns which issues have to move when the rows of an instance become others, and those that cannot.
pub fn moves(before: &Tables, after: &Tables, migration: Migration<'_>) -> Moving {
    let mut moving = Moving::default();
    let standings = &before.usage.standings;
    if standings.is_empty() {
        return moving;
    }
    let (was, will) = (Courses::new(before), Courses::new(after));
    let (offered, offers) = (Offers::new(before), Offers::new(after));
    // Descriptors are long, and many issues stand in one project.
    let mut seen: HashMap<(&str, &str), Touch> = HashMap::new();
    let mut touched: Vec<(&Standing, u64, Touch)> = Vec::new();
    // Their project did not have their type.
    let gains = |key: (&str, &str)| !offered.has(key) && offers.has(key);
    for (standing, issues) in standings {
        let key = (standing.project.as_str(), standing.issue_type.as_str());
        let touch = || match () {
            () if offered.has(key) && !offers.has(key) => Touch::Type,
            () => match (was.of(key.0, key.1), will.of(key.0, key.1)) {
                (was, will) if was == will => Touch::None,
                (was, will) if was.is_only_renamed(&will) => Touch::Name,
                _ => Touch::Course,
            },
        };
        match *seen.entry(key).or_insert_with(touch) {
            Touch::None if gains(key) => moving.righted.push((standing.clone(), *issues)),
            Touch::None => {}
            touch => touched.push((standing, *issues, touch)),
        }
    }
    if touched.is_empty() {
        return moving;
    }
    // The way back may take away what issues name.
    let names = [after, before].map(|own| Names::new(own, &mut Snapshot::default()));
    let found = |kind: &str, id: &str| names.iter().find_map(|own| own.get(kind, id));
    let name = |kind: &str, id: &str| found(kind, id).map_or_else(|| id.to_owned(), |own| own.text.clone());
    let is_subtask = |id: &str| found("issueType", id).is_some_and(|own| own.get("subtask") == Some("true"));
    let statuses: BTreeMap<String, &str> = after
        .rows("Status")
        .iter()
        .filter_map(|row| Some((names[0].get("status", row.id())?.text.clone(), row.id())))
        .rev()
        .collect();
    let (mut known, mut known_before) = (Known::default(), Known::default());
    for (standing, issues, touch) in touched {
        // A name alone puts nothing right that was not.
        let former = was.of(&standing.project, &standing.issue_type);
        if touch == Touch::Name && !holds(standing, former, &mut known_before) {
            continue;
        }
        let project_key = name("project", &standing.project);
        let issue_type_name = name("issueType", &standing.issue_type);
        let mut new_type = None;
        if touch == Touch::Type {
            let issue_type = (issue_type_name.clone(), is_subtask(&standing.issue_type));
            let of_kind = |id: &&str| is_subtask(id) == issue_type.1;
            let wanted = (migration.issue_type)(&project_key, &issue_type_name);
            let found = wanted.as_ref().map(|wanted| {
                let called = after.rows("IssueType").iter().map(|row| row.id());
                let mut called = called.filter(|id| name("issueType", id) == *wanted).peekable();
                let is_there = called.peek().is_some();
                match called.find(of_kind) {
                    Some(id) if offers.has((&standing.project, id)) => Ok(id.to_owned()),
                    None if is_there => Err(NoType::OtherKind),
                    _ => Err(NoType::NotInScheme),
                }
            });
            match (wanted, found) {
                (Some(name), Some(Ok(id))) => new_type = Some(NewType { id, name }),
                (wanted, found) => {
                    let mut offered = offers.of(&standing.project).filter(of_kind);
                    moving.typeless.push(Typeless {
                        project: project_key,
                        offered: offered.next().map(|id| name("issueType", id)),
                        issue_type,
                        wanted: wanted.zip(found.and_then(Result::err)),
                        issues,
                    });
                    continue;
                }
            }
        }
        let type_id = new_type.as_ref().map_or(&standing.issue_type, |own| &own.id);
        let course = will.of(&standing.project, type_id);
        let type_name = new_type.as_ref().map_or(&issue_type_name, |own| &own.name).clone();
        let status_name = name("status", &standing.status);
        if touch == Touch::Name || holds(standing, course, &mut known) {
            let has_to_move = touch == Touch::Name || new_type.is_some();
            let gains = gains((&standing.project, &standing.issue_type));
            if !has_to_move && (gains || !holds(standing, former, &mut known_before)) {
                moving.righted.push((standing.clone(), issues));
            }
            if let Some(step) = standing.step.as_ref().filter(|_| has_to_move) {
                moving.moves.push(Move {
                    from: standing.clone(),
                    workflow: course.workflow.to_owned(),
                    step: step.clone(),
                    status: standing.status.clone(),
                    issues,
                    project_key,
                    issue_type_name,
                    new_status_name: status_name.clone(),
                    status_name,
                    new_type,
                });
            }
            continue;
        }
        let steps = known.of(course);
        let mut wanted = None;
        let mut home = steps.of_status(&standing.status).map(|step| (standing.status.as_str(), step));
        if home.is_none() {
            wanted = (migration.status)(course.workflow, &type_name, &status_name);
            let status = wanted.as_ref().and_then(|wanted| statuses.get(wanted));
            home = status.and_then(|status| Some((*status, steps.of_status(status)?)));
        }
        match home {
            Some((status, step)) => moving.moves.push(Move {
                from: standing.clone(),
                workflow: course.workflow.to_owned(),
                step: step.to_owned(),
                status: status.to_owned(),
                issues,
                project_key,
                issue_type_name,
                new_status_name: wanted.unwrap_or_else(|| status_name.clone()),
                status_name,
                new_type,
            }),
            None => moving.homeless.push(Homeless {
                project: project_key,
                former: new_type.as_ref().map(|_| (issue_type_name, is_subtask(&standing.issue_type))),
                issue_type: (type_name, is_subtask(type_id)),
                workflow: course.workflow.to_owned(),
                status: status_name,
                wanted,
                twice: None,
                offered: steps.steps.first().map(|(status, _)| name("status", status)),
                issues,
            }),
        }
    }
    let (twice, moves) =
        moving.moves.into_iter().partition(|own| before.usage.stored_twice.contains_key(&own.from));
    moving.moves = moves;
    let twice: Vec<Move> = twice;
    moving.homeless.extend(twice.into_iter().map(|own| {
        let is_subtask = is_subtask(&own.from.issue_type);
        Homeless {
            project: own.project_key.clone(),
            issue_type: (own.type_name().to_owned(), is_subtask),
            former: own.new_type.as_ref().map(|_| (own.issue_type_name.clone(), is_subtask)),
            twice: before.usage.stored_twice.get(&own.from).cloned(),
            workflow: own.workflow,
            status: own.status_name,
            wanted: None,
            offered: None,
            issues: own.issues,
        }
    }));
    moving
}

/// Returns which issues of the projects and types that were to move do not stand as they should, in words.
pub fn unmoved(tables: &Tables, moves: &[Move]) -> Vec<String> {
    let key = |own: &Standing| (own.project.clone(), own.issue_type.clone());
    let (retyped, moved): (Vec<&Move>, Vec<&Move>) = moves.iter().partition(|own| own.new_type.is_some());
    let retyped: HashSet<(String, String)> = retyped.into_iter().map(|own| key(&own.from)).collect();
    let moved: HashSet<(String, String)> = moved.into_iter().map(|own| key(&own.from)).collect();
    let courses = Courses::new(tables);
    let mut known = Known::default();
    let mut left = Vec::new();
    for (standing, issues) in &tables.usage.standings {
        let own = key(standing);
        let is_lost = |known: &mut _| !holds(standing, courses.of(&own.0, &own.1), known);
        if retyped.contains(&own) || (moved.contains(&own) && is_lost(&mut known)) {
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
        let course = courses.of(&standing.project, &standing.issue_type);
        if !holds(standing, course, &mut known) {
            let key = (standing.project.clone(), standing.issue_type.clone());
            *stranded.entry(key).or_default() += issues;
        }
    }
    stranded
}

/// In which step new issues stand.
pub(crate) struct Entrances<'t> {
    courses: Courses<'t>,
    known: Known<'t>,
}

impl<'t> Entrances<'t> {
    /// Reads by which workflows issues run.
    pub(crate) fn new(tables: &'t Tables) -> Self {
        Self { courses: Courses::new(tables), known: Known::default() }
    }

    /// Returns the workflow of issues of a project and a type, and the step of a status in it, if it has one; all by their ids.
    pub(crate) fn step(
        &mut self,
        project: &str,
        issue_type: &str,
        status: &str,
    ) -> (&'t str, Option<String>) {
        let course = self.courses.of(project, issue_type);
        (course.workflow, self.known.of(course).of_status(status).map(str::to_owned))
    }
}
