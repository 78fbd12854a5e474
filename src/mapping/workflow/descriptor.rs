//! A workflow's descriptor (OSWorkflow XML) as typed steps and actions.
//!
//! Invariant: everything that has a meaning for Jira is in the [`Descriptor`], and nothing else is; a part that has no
//! place of its own stands in the [`Rest`] of where it was found. So two descriptors that mean the same are equal,
//! and [`render`](super::render()) loses nothing.
//!
//! What is dropped, and why (the test `noise_is_dropped` holds the list):
//! - who changed the workflow and when (`jira.update.author.*`, `jira.updated.date`);
//! - `status` and `old-status` of a result: texts that Jira never shows (239 of 497 say "Done" in workflows that have
//!   no such step), unless the step that the result leads to does not exist;
//! - the `id` of functions, conditions, validators and results: keys of OSWorkflow's own, unused by Jira;
//! - the order of steps, properties and arguments, and of the members of a group between conditions and groups;
//! - the `type` of a group with one member; an empty view; `auto`, `finish` and `negate` that say false; empty
//!   descriptions; white space around a class name (Jira's own descriptors have it, 7.12.3 and 9.12.4);
//! - comments, and text that stands between elements;
//! - the earlier ones of several properties, or of several arguments, of one name: Jira keeps the last.

use std::collections::{BTreeMap, HashSet};

use super::dtd;
use super::tree::{self, Tree, TreeNode};

/// Properties of the workflow that say nothing about it. `gh.version` is none of them: by it Jira Software knows the
/// workflows that it made and that boards may change ("simplified workflows").
pub(super) const NOISE: [&str; 3] =
    ["jira.update.author.key", "jira.update.author.name", "jira.updated.date"];

/// The property that holds the description.
pub(super) const DESCRIPTION: &str = "jira.description";

/// A workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// The description.
    pub description: Option<String>,
    /// Further properties.
    pub metas: BTreeMap<String, String>,
    /// The actions that create issues.
    pub initial: Vec<Action>,
    /// The actions that are there in every step.
    pub global: Vec<Action>,
    /// The actions that steps share.
    pub common: Vec<Action>,
    /// The steps, in the order of their ids.
    pub steps: Vec<Step>,
    /// The rest.
    pub rest: Rest,
}

/// What a descriptor says that has no place of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// Attributes of the element itself.
    pub attributes: Vec<(String, String)>,
    /// Elements inside.
    pub elements: Vec<Tree>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number, unique in the workflow.
    pub id: String,
    /// The name.
    pub name: String,
    /// The properties, among them the status.
    pub metas: BTreeMap<String, String>,
    /// The actions, in the order in which Jira shows them.
    pub actions: Vec<StepAction>,
    /// The rest.
    pub rest: Rest,
}

/// An action of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAction {
    /// An action of the step alone.
    Own(Box<Action>),
    /// An action that steps share, by its number.
    Common(String),
}

/// An action: a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The number, unique in the workflow.
    pub id: String,
    /// The name.
    pub name: String,
    /// What is shown before it runs.
    pub view: Option<String>,
    /// Whether it runs by itself.
    pub automatic: bool,
    /// The description.
    pub description: Option<String>,
    /// Further properties.
    pub metas: BTreeMap<String, String>,
    /// Who may use it, and when.
    pub conditions: Option<Group>,
    /// What is checked.
    pub validators: Vec<Function>,
    /// What runs before.
    pub pre_functions: Vec<Function>,
    /// The results that are taken when their conditions hold; the first that fits.
    pub conditional: Vec<Outcome>,
    /// The result that is taken otherwise.
    pub result: Option<Outcome>,
    /// What runs last, whichever result was taken.
    pub post_functions: Vec<Function>,
    /// The rest.
    pub rest: Rest,
}

/// A result of an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// When it is taken.
    pub conditions: Option<Group>,
    /// Where it leads.
    pub target: Target,
    /// What is checked.
    pub validators: Vec<Function>,
    /// What runs before.
    pub pre_functions: Vec<Function>,
    /// What runs after.
    pub post_functions: Vec<Function>,
    /// The rest.
    pub rest: Rest,
}

/// Where a result leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Nowhere: the issue stays in its step.
    #[default]
    Stay,
    /// To a step, by its number.
    Step(String),
    /// To a step that does not exist.
    Missing {
        /// Its number.
        step: String,
        /// What the descriptor says of it.
        status: String,
    },
}

/// A group of conditions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Whether one of several is enough.
    pub any: bool,
    /// The conditions.
    pub conditions: Vec<Function>,
    /// Groups in the group.
    pub groups: Vec<Group>,
    /// The rest.
    pub rest: Rest,
}

/// A condition, validator or function.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Function {
    /// The Java class, where it is called by one.
    pub class: Option<String>,
    /// How it is called otherwise.
    pub kind: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// Whether a condition is turned round.
    pub negate: bool,
    /// The arguments.
    pub arguments: BTreeMap<String, String>,
    /// The rest.
    pub rest: Rest,
}

impl Descriptor {
    /// Reads a descriptor; the error says why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let tree = tree::parse(text)?;
        if tree.name != "workflow" {
            return Err(format!("the root element is `<{}>`, not `<workflow>`", tree.name));
        }
        let mut descriptor = workflow(tree);
        descriptor.find_missing_steps();
        Ok(descriptor)
    }

    /// Returns all actions.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        let own = self.steps.iter().flat_map(|step| &step.actions).filter_map(|action| match action {
            StepAction::Own(action) => Some(&**action),
            StepAction::Common(_) => None,
        });
        self.initial.iter().chain(&self.global).chain(&self.common).chain(own)
    }

    pub(super) fn find_missing_steps(&mut self) {
        let known: HashSet<String> = self.steps.iter().map(|step| step.id.clone()).collect();
        let own =
            self.steps.iter_mut().flat_map(|step| &mut step.actions).filter_map(|action| match action {
                StepAction::Own(action) => Some(&mut **action),
                StepAction::Common(_) => None,
            });
        let actions = self.initial.iter_mut().chain(&mut self.global).chain(&mut self.common).chain(own);
        for outcome in actions.flat_map(|action| action.conditional.iter_mut().chain(&mut action.result)) {
            if let Target::Missing { step, .. } = &mut outcome.target
                && known.contains(step)
            {
                outcome.target = Target::Step(std::mem::take(step));
            }
        }
    }
}

impl Rest {
    /// Returns whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.elements.is_empty()
    }

    /// Puts the elements inside of an element into the order in which they are written.
    fn settle(&mut self, parent: &str) {
        self.elements.sort_by_key(|own| dtd::place(parent, &own.name));
    }

    /// Keeps what stands in a list beside its items.
    fn keep_of_list(&mut self, list: &Tree, nodes: Vec<TreeNode>) {
        if !list.attributes.is_empty() || !nodes.is_empty() {
            self.elements.push(Tree { name: list.name.clone(), attributes: list.attributes.clone(), nodes });
        }
    }

    /// Keeps an item of a list for which there is no place, beside what was kept of this list: that stands at `at`.
    fn keep_of_items(&mut self, list: &str, at: usize, item: Tree) {
        match self.elements.get_mut(at) {
            Some(own) => own.nodes.push(TreeNode::Element(item)),
            None => self.elements.push(Tree::new(list).with([item])),
        }
    }
}

/// Takes the items out of a list; everything else in it is kept as it is.
fn items(mut list: Tree, wanted: &[&str], rest: &mut Rest) -> Vec<Tree> {
    let mut items = Vec::new();
    let mut others = Vec::new();
    for node in std::mem::take(&mut list.nodes) {
        match node {
            TreeNode::Element(child) if wanted.contains(&child.name.as_str()) => items.push(child),
            TreeNode::Text(text) if text.trim().is_empty() => {}
            other => others.push(other),
        }
    }
    rest.keep_of_list(&list, others);
    items
}

/// Takes the attributes that are not described.
fn other_attributes(tree: &mut Tree) -> Vec<(String, String)> {
    std::mem::take(&mut tree.attributes)
}

fn workflow(mut tree: Tree) -> Descriptor {
    let mut descriptor = Descriptor::default();
    descriptor.rest.attributes = other_attributes(&mut tree);
    for child in tree.into_elements() {
        let rest = &mut descriptor.rest;
        match child.name.as_str() {
            "meta" => meta(&child, &mut descriptor.metas),
            "initial-actions" => {
                descriptor.initial.extend(items(child, &["action"], rest).into_iter().map(action));
            }
            "global-actions" => {
                descriptor.global.extend(items(child, &["action"], rest).into_iter().map(action));
            }
            "common-actions" => {
                descriptor.common.extend(items(child, &["action"], rest).into_iter().map(action));
            }
            "steps" => descriptor.steps.extend(items(child, &["step"], rest).into_iter().map(step)),
            _ => rest.elements.push(child),
        }
    }
    descriptor.rest.settle("workflow");
    descriptor.metas.retain(|key, _| !NOISE.contains(&key.as_str()));
    descriptor.description = description(&mut descriptor.metas);
    descriptor.steps.sort_by_key(|step| step.id.parse::<i64>().unwrap_or(i64::MAX));
    descriptor
}

fn meta(tree: &Tree, metas: &mut BTreeMap<String, String>) {
    metas.insert(tree.get("name").unwrap_or_default().to_owned(), tree.own_text());
}

fn description(metas: &mut BTreeMap<String, String>) -> Option<String> {
    metas.remove(DESCRIPTION).filter(|text| !text.is_empty())
}

pub(super) fn step(mut tree: Tree) -> Step {
    let mut step = Step {
        id: id(&mut tree),
        name: tree.take("name").unwrap_or_default(),
        metas: BTreeMap::new(),
        actions: Vec::new(),
        rest: Rest { attributes: other_attributes(&mut tree), elements: Vec::new() },
    };
    for child in tree.into_elements() {
        match child.name.as_str() {
            "meta" => meta(&child, &mut step.metas),
            "actions" => {
                let actions = items(child, &["action", "common-action"], &mut step.rest);
                step.actions.extend(actions.into_iter().map(|mut child| match child.name.as_str() {
                    "action" => StepAction::Own(Box::new(action(child))),
                    _ => StepAction::Common(id(&mut child)),
                }));
                // OSWorkflow's format has the common ones first, and Jira never another order (21 real backups).
                step.actions.sort_by_key(|action| matches!(action, StepAction::Own(_)));
            }
            _ => step.rest.elements.push(child),
        }
    }
    step.rest.settle("step");
    step
}

fn id(tree: &mut Tree) -> String {
    tree.take("id").unwrap_or_default().trim().to_owned()
}

pub(super) fn action(mut tree: Tree) -> Action {
    let mut action = Action {
        id: id(&mut tree),
        name: tree.take("name").unwrap_or_default(),
        view: tree.take("view").filter(|view| !view.is_empty()),
        automatic: tree.take("auto").is_some_and(|value| is_true(&value)),
        description: None,
        metas: BTreeMap::new(),
        conditions: None,
        validators: Vec::new(),
        pre_functions: Vec::new(),
        conditional: Vec::new(),
        result: None,
        post_functions: Vec::new(),
        rest: Rest::default(),
    };
    if let Some(finish) = tree.take("finish").filter(|value| is_true(value)) {
        action.rest.attributes.push(("finish".to_owned(), finish));
    }
    action.rest.attributes.append(&mut other_attributes(&mut tree));
    for child in tree.into_elements() {
        let rest = &mut action.rest;
        match child.name.as_str() {
            "meta" => meta(&child, &mut action.metas),
            "restrict-to" => {
                let kept = rest.elements.len();
                for conditions in items(child, &["conditions"], rest) {
                    // OSWorkflow looks at one group only.
                    if action.conditions.is_none() {
                        action.conditions = Some(group(conditions)).filter(|group| !group.is_empty());
                    } else {
                        rest.keep_of_items("restrict-to", kept, conditions);
                    }
                }
            }
            "validators" => action.validators.extend(functions(child, "validator", rest)),
            "pre-functions" => action.pre_functions.extend(functions(child, "function", rest)),
            "post-functions" => action.post_functions.extend(functions(child, "function", rest)),
            "results" => {
                let kept = rest.elements.len();
                for result in items(child, &["result", "unconditional-result"], rest) {
                    match result.name.as_str() {
                        "result" => action.conditional.push(outcome(result)),
                        _ if action.result.is_none() => action.result = Some(outcome(result)),
                        _ => rest.keep_of_items("results", kept, result),
                    }
                }
            }
            _ => rest.elements.push(child),
        }
    }
    action.rest.settle("action");
    action.description = description(&mut action.metas);
    action
}

pub(super) fn outcome(mut tree: Tree) -> Outcome {
    let step = tree.take("step").unwrap_or_default().trim().to_owned();
    let status = tree.take("status").unwrap_or_default();
    for dropped in ["old-status", "id"] {
        tree.take(dropped);
    }
    let target = match step.as_str() {
        // A result that leads into a split or a join has no step.
        "" | "-1" => Target::Stay,
        // Which steps there are is known at the end.
        _ => Target::Missing { step, status },
    };
    let mut outcome = Outcome {
        conditions: None,
        target,
        validators: Vec::new(),
        pre_functions: Vec::new(),
        post_functions: Vec::new(),
        rest: Rest { attributes: other_attributes(&mut tree), elements: Vec::new() },
    };
    outcome.rest.attributes.retain(|(_, value)| !value.is_empty());
    for child in tree.into_elements() {
        let rest = &mut outcome.rest;
        match child.name.as_str() {
            "conditions" if outcome.conditions.is_none() => {
                outcome.conditions = Some(group(child)).filter(|group| !group.is_empty());
            }
            "validators" => outcome.validators.extend(functions(child, "validator", rest)),
            "pre-functions" => outcome.pre_functions.extend(functions(child, "function", rest)),
            "post-functions" => outcome.post_functions.extend(functions(child, "function", rest)),
            _ => rest.elements.push(child),
        }
    }
    // Of the two kinds of results one has conditions, the other none.
    outcome.rest.settle("result");
    outcome
}

impl Group {
    fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.groups.is_empty() && self.rest.is_empty()
    }
}

pub(super) fn group(mut tree: Tree) -> Group {
    let kind = tree.take("type").unwrap_or_default();
    let mut own = Group {
        rest: Rest { attributes: other_attributes(&mut tree), elements: Vec::new() },
        ..Group::default()
    };
    for child in tree.into_elements() {
        match child.name.as_str() {
            "condition" => own.conditions.push(function(child)),
            "conditions" => match group(child.clone()) {
                // A group without conditions always holds, and has no name in a configuration: it is kept as it is.
                empty if empty.is_empty() => own.rest.elements.push(child),
                inner => own.groups.push(inner),
            },
            _ => own.rest.elements.push(child),
        }
    }
    own.rest.settle("conditions");
    // OSWorkflow takes everything but AND for OR.
    own.any = own.conditions.len() + own.groups.len() > 1 && kind != "AND";
    own
}

fn functions(list: Tree, item: &str, rest: &mut Rest) -> Vec<Function> {
    items(list, &[item], rest).into_iter().map(function).collect()
}

pub(super) fn function(mut tree: Tree) -> Function {
    let kind = tree.take("type").unwrap_or_default();
    let mut own = Function {
        name: tree.take("name").filter(|name| !name.is_empty()),
        negate: tree.take("negate").is_some_and(|value| is_true(&value)),
        ..Function::default()
    };
    tree.take("id");
    own.rest.attributes = other_attributes(&mut tree);
    for child in tree.into_elements() {
        match child.name.as_str() {
            "arg" => meta(&child, &mut own.arguments),
            _ => own.rest.elements.push(child),
        }
    }
    let class = (kind == "class").then(|| own.arguments.remove("class.name")).flatten();
    match class {
        Some(class) => own.class = Some(class.trim().to_owned()),
        None => own.kind = Some(kind),
    }
    own
}

pub(super) fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("yes")
}

#[cfg(test)]
mod tests;
