//! The steps and transitions of a workflow or draft, from its descriptor.
//!
//! Screens: `view="commentassign"` is the screen of id 2 and `view="resolveissue"` that of id 3 (how JIRA 3.x knew
//! them); `view="fieldscreen"` names one by the property `jira.fieldscreen.id`. All three become `<screen>`: whichever
//! way Jira stores it, it shows the same screen. Whoever writes a descriptor uses `fieldscreen` and the property, which
//! every version reads.

use std::collections::{HashMap, HashSet};

use super::arguments::{Translated, Translator};
use super::descriptor::{Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target};
use super::render::{render_action, render_step};
use super::tree::{self, Tree};
use super::{kept_ids, kept_steps};
use crate::mapping::ground::context::Context;
use crate::model::{Identity, Name, Node, NoteKind, Path};
use crate::schema::DUPLICATE;

/// The property that holds a step's status.
pub const STATUS: &str = "jira.status.id";

/// The property that holds a transition's screen.
pub const SCREEN: &str = "jira.fieldscreen.id";

/// What a descriptor that cannot be read is a part of a workflow as.
pub(super) const DESCRIPTOR: &str = "descriptor";

/// Adds what a descriptor says to a workflow or draft; returns what its queries name, too.
pub(super) fn add(
    context: &mut Context<'_>,
    translator: &Translator<'_>,
    path: &Path,
    node: Node,
    text: &str,
) -> (Node, Vec<Identity>) {
    match Descriptor::parse(text) {
        Ok(descriptor) => {
            let steps = step_names(&descriptor);
            note_repeated(context, path, &descriptor, &steps);
            Content::new(context, translator, path, steps).add(node, &descriptor)
        }
        Err(why) => {
            let message = format!(
                "the descriptor cannot be read ({why}); it is kept as unreadable, and imports ignore it"
            );
            context.unreadable(path.clone(), message);
            (node.with(Node::unreadable(DESCRIPTOR, text)), Vec::new())
        }
    }
}

/// Returns the names of steps by their numbers; where several have one name, the later ones are numbered.
pub(super) fn step_names(descriptor: &Descriptor) -> HashMap<String, Name> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut names = HashMap::new();
    for step in &descriptor.steps {
        let count = seen.entry(&step.name).or_default();
        *count += 1;
        let mut name = Name::plain(step.name.clone());
        if *count > 1 {
            name = name.with(DUPLICATE, &count.to_string());
        }
        names.entry(step.id.clone()).or_insert(name);
    }
    names
}

fn note_repeated(
    context: &mut Context<'_>,
    path: &Path,
    descriptor: &Descriptor,
    names: &HashMap<String, Name>,
) {
    for step in &descriptor.steps {
        if let Some(count) = names.get(&step.id).and_then(|name| name.get(DUPLICATE)) {
            let message = format!(
                "several steps have this name; in the order of their numbers this one is marked \
                 {DUPLICATE}=\"{count}\""
            );
            context.snapshot.note(NoteKind::Ambiguous, path.part("step", &step.name), message);
        }
    }
}

/// A workflow or draft in the making.
pub(super) struct Content<'c, 'a> {
    pub(super) context: &'c mut Context<'a>,
    pub(super) translator: &'c Translator<'c>,
    path: &'c Path,
    /// The names of steps by their numbers.
    steps: HashMap<String, Name>,
    /// The numbers of transitions that were added: how often each, and the name of the first.
    numbers: HashMap<i64, (usize, String)>,
    /// What queries name.
    mentions: Vec<Identity>,
}

impl<'c, 'a> Content<'c, 'a> {
    pub(super) fn new(
        context: &'c mut Context<'a>,
        translator: &'c Translator<'c>,
        path: &'c Path,
        steps: HashMap<String, Name>,
    ) -> Self {
        Self { context, translator, path, steps, numbers: HashMap::new(), mentions: Vec::new() }
    }

    fn add(mut self, node: Node, descriptor: &Descriptor) -> (Node, Vec<Identity>) {
        let path = self.path.clone();
        let mut node = node.text_if("description", descriptor.description.as_deref());
        for (key, value) in &descriptor.metas {
            node = node.with(self.property(&path, key, value));
        }
        let mut from: HashMap<&str, Vec<Node>> = HashMap::new();
        let common: HashSet<&str> = descriptor.common.iter().map(|action| action.id.as_str()).collect();
        let mut transitions = Vec::new();
        let mut steps = Vec::new();
        for (actions, ty) in [(&descriptor.initial, "initial"), (&descriptor.global, "global")] {
            let mut position = 1;
            for action in actions {
                let transition = self.transition(action, ty, Some(position), Vec::new());
                position += usize::from(transition.tag() == "transition");
                transitions.push(transition);
            }
        }
        let mut seen = HashSet::new();
        for step in &descriptor.steps {
            if !seen.insert(step.id.as_str()) {
                let message = "its number is used twice; it is kept as it is, with its ids";
                self.context.untranslated(path.part("step", &step.name), message);
                transitions.push(Node::leaf("verbatim", render_step(step)));
                continue;
            }
            let name = self.steps.get(&step.id).cloned().unwrap_or_default();
            let mut shared = HashSet::new();
            let mut position = 1;
            for action in &step.actions {
                let from_here = name.reference("from").attribute("position", position.to_string());
                match action {
                    StepAction::Common(id) if !common.contains(id.as_str()) => {
                        let message = format!("there is no common action {id}");
                        self.context.dangling(path.part("step", &step.name), message);
                    }
                    // A step that refers to an action twice shows it twice; that is no configuration.
                    StepAction::Common(id) if !shared.insert(id.as_str()) => {}
                    StepAction::Common(id) => {
                        from.entry(id).or_default().push(from_here);
                        position += 1;
                    }
                    StepAction::Own(action) => {
                        let transition = self.transition(action, "step", None, vec![from_here]);
                        position += usize::from(transition.tag() == "transition");
                        transitions.push(transition);
                    }
                }
            }
            steps.push(self.step(step, &name));
        }
        node = node.with_all(steps);
        for action in &descriptor.common {
            // Several of one number are each there where the steps refer to the number.
            let from = from.get(action.id.as_str()).cloned().unwrap_or_default();
            transitions.push(self.transition(action, "common", None, from));
        }
        let rest = self.rest(&path, "workflow", &descriptor.rest);
        (node.with_all(transitions).with_all(rest), self.mentions)
    }

    fn step(&mut self, step: &Step, name: &Name) -> Node {
        let path = self.path.part("step", &step.name);
        let mut node = name.definition("step");
        for (key, value) in &step.metas {
            match self.context.names.get("status", value) {
                Some(status) if key == STATUS => node = node.with(status.reference("status")),
                _ => node = node.with(self.property(&path, key, value)),
            }
        }
        // That Jira has none says the property without a value: a file without it has lost its status somewhere else.
        if !step.metas.contains_key(STATUS) {
            node = node.with(self.property(&path, STATUS, ""));
        }
        node.with_all(self.rest(&path, "step", &step.rest))
    }

    /// Makes a transition, or keeps the action as it is where it has no number.
    fn transition(&mut self, action: &Action, ty: &str, position: Option<usize>, from: Vec<Node>) -> Node {
        let path = self.path.part("transition", &format!("{} {}", action.id, action.name));
        let Ok(number) = action.id.parse::<i64>() else {
            let message = "its number is not a number; it is kept as it is, with its ids";
            self.context.untranslated(path, message);
            return Node::leaf("verbatim", render_action(action));
        };
        let (count, first) = self.numbers.entry(number).or_insert_with(|| (0, action.name.clone()));
        *count += 1;
        let mut node = Node::new("transition");
        if *count > 1 {
            let message = format!(
                "`{first}` has the number {number}, too; this one is marked {DUPLICATE}=\"{count}\": give it \
                 a number of its own"
            );
            node = node.attribute(DUPLICATE, count.to_string());
            self.context.snapshot.note(NoteKind::Ambiguous, path.clone(), message);
        }
        let mut node = node
            .text("transitionId", number.to_string())
            .text("name", action.name.clone())
            .text("type", ty)
            .with_all(position.map(|place| Node::leaf("position", place.to_string())))
            .with_all(from)
            .text_if("description", action.description.as_deref())
            .mark("automatic", action.automatic);
        node = self.screen(&path, node, action);
        if let Some(conditions) = &action.conditions {
            node = node.with(self.group(&path, conditions));
        }
        node = self.functions(&path, node, "validator", &action.validators);
        node = self.functions(&path, node, "preFunction", &action.pre_functions);
        for outcome in &action.conditional {
            let result = self.target(&path, Node::new("conditionalResult"), outcome);
            let result = match &outcome.conditions {
                Some(conditions) => result.with(self.group(&path, conditions)),
                None => result,
            };
            let result = self.functions(&path, result, "validator", &outcome.validators);
            let result = self.functions(&path, result, "preFunction", &outcome.pre_functions);
            let result = self.functions(&path, result, "postFunction", &outcome.post_functions);
            node = node.with(result.with_all(self.rest(&path, "result", &outcome.rest)));
        }
        let mut verbatim = self.rest(&path, "action", &action.rest);
        if let Some(outcome) = &action.result {
            node = self.target(&path, node, outcome);
            node = self.functions(&path, node, "resultValidator", &outcome.validators);
            node = self.functions(&path, node, "resultPreFunction", &outcome.pre_functions);
            node = self.functions(&path, node, "postFunction", &outcome.post_functions);
            verbatim.extend(self.rest(&path, "unconditional-result", &outcome.rest));
        }
        self.functions(&path, node, "finalFunction", &action.post_functions).with_all(verbatim)
    }

    /// Adds the screen and the properties.
    fn screen(&mut self, path: &Path, mut node: Node, action: &Action) -> Node {
        let property = action.metas.get(SCREEN).map_or("", |value| value.trim());
        let view = action.view.as_deref().unwrap_or("");
        let screen = self.shown(action);
        node = match screen {
            Some(screen) => node.with(screen.reference("screen")),
            None => node.text_if("view", Some(view)),
        };
        for (key, value) in &action.metas {
            // Without the view the property has no effect, and Jira leaves it behind, mostly empty.
            let said = key == SCREEN && (property.is_empty() || (view == "fieldscreen" && screen.is_some()));
            if !said {
                node = node.with(self.property(path, key, value));
            }
        }
        node
    }

    /// Returns the screen that an action shows.
    pub(super) fn shown(&self, action: &Action) -> Option<&'a Name> {
        let names = self.context.names;
        match action.view.as_deref()? {
            "commentassign" => names.get("screen", "2"),
            "resolveissue" => names.get("screen", "3"),
            "fieldscreen" => names.get("screen", action.metas.get(SCREEN)?),
            _ => None,
        }
    }

    fn target(&mut self, path: &Path, node: Node, outcome: &Outcome) -> Node {
        match &outcome.target {
            Target::Stay => node,
            Target::Step(id) => node.name_if("to", self.steps.get(id)),
            Target::Missing { step, status } => {
                let message = format!(
                    "it leads to step {step}, which does not exist; where it is to lead is kept as unreadable"
                );
                self.context.unreadable(path.clone(), message);
                node.text("toStatus", status.clone())
            }
        }
    }

    fn group(&mut self, path: &Path, group: &Group) -> Node {
        let mut node = Node::new("conditions");
        if group.conditions.len() + group.groups.len() > 1 {
            node = node.text("type", if group.any { "OR" } else { "AND" });
        }
        node = self.functions(path, node, "condition", &group.conditions);
        for inner in &group.groups {
            node = node.with(self.group(path, inner));
        }
        node.with_all(self.rest(path, "conditions", &group.rest))
    }

    fn functions(&mut self, path: &Path, node: Node, tag: &'static str, functions: &[Function]) -> Node {
        let functions: Vec<_> = functions.iter().map(|function| self.function(path, tag, function)).collect();
        node.with_all(functions)
    }

    pub(super) fn function(&mut self, path: &Path, tag: &'static str, function: &Function) -> Node {
        let class = function.class.as_deref().unwrap_or("");
        let Translated { values, problems, mentions } = self.translator.arguments(class, &function.arguments);
        self.mentions.extend(mentions);
        for problem in problems {
            let name = class.rsplit('.').next().unwrap_or(class);
            self.context.untranslated(path.clone(), format!("{tag} {name}, {problem}"));
        }
        let arguments =
            values.into_iter().map(|(name, value)| value.add_to(Node::new("argument").text("name", name)));
        let mut node = Node::new(tag);
        if let Some(class) = &function.class {
            node = node.text("class", class.clone());
        }
        if let Some(kind) = &function.kind {
            node = node.text("type", kind.clone());
        }
        let element = match tag {
            "condition" | "validator" => tag,
            _ => "function",
        };
        node.text_if("name", function.name.as_deref())
            .mark("negate", function.negate)
            .with_all(arguments)
            .with_all(self.rest(path, element, &function.rest))
    }

    pub(super) fn property(&mut self, path: &Path, key: &str, raw: &str) -> Node {
        let (value, problem) = self.translator.property(key, raw, &mut self.mentions);
        if let Some(problem) = problem {
            self.context.untranslated(path.clone(), problem);
        }
        value.add_to(Node::new("property").text("key", key))
    }

    /// Keeps what has no place of its own: the attributes as an element that has only them, and elements as they are.
    fn rest(&mut self, path: &Path, name: &str, rest: &Rest) -> Vec<Node> {
        if rest.is_empty() {
            return Vec::new();
        }
        let own = Tree { attributes: rest.attributes.clone(), ..Tree::new(name) };
        let own = (!own.attributes.is_empty()).then_some(&own);
        let mut problems = Vec::new();
        let mut all = Vec::new();
        for tree in own.into_iter().chain(&rest.elements) {
            let tree = kept_steps::to_names(tree, &self.steps);
            let tree = kept_ids::to_names(&tree, self.translator, &mut problems, &mut self.mentions);
            all.push(Node::leaf("verbatim", tree::to_text(&tree)));
        }
        for problem in problems {
            self.context.untranslated(path.clone(), problem);
        }
        let message = "a part of the descriptor that pcfg does not know is kept as it is, with the ids whose meaning it does not know";
        self.context.untranslated(path.clone(), message);
        all
    }
}
