//! A descriptor from the steps and transitions of a configuration: the reverse of [`content`](super::content).
//!
//! Invariants: what the old descriptor says and reads as it is wanted stays as it is (spellings of permissions and
//! lists, views, properties without effect); steps that stay keep their numbers, because issues refer to them (see
//! [`numbers`]); a new step gets a number that the old descriptor nowhere mentions. What names nothing in the instance is noted, and then
//! there is no descriptor.

mod kept;

use std::collections::{BTreeMap, HashMap};

use super::arguments::Value;
use super::content::{Content, SCREEN, STATUS};
use super::descriptor::{Action, Descriptor, Function, Group, Outcome, Rest, Step, StepAction, Target};
use super::numbers::{self, Numbers};
use super::old::{Old, Placed, Pool, in_order, is_alike, place};
use super::step_name::StepName;
use super::{permissions, spelling};
use crate::mapping::ground::queries::Queries;
use crate::mapping::ground::writer::Writer;
use crate::model::{Element, Node, Path, canonicalize};

/// Makes the descriptor that an element describes; `None`, with notes, if something cannot be written.
pub(super) fn build(
    writer: &mut Writer<'_>,
    queries: &Queries<'_>,
    raw: Content<'_, '_>,
    path: &Path,
    element: &Element,
    old: Option<&Descriptor>,
) -> Option<Descriptor> {
    let none = Descriptor::default();
    let old = Old::new(old.unwrap_or(&none));
    let numbers = Numbers::new(element, old.descriptor, |step| {
        let status = step.get("status")?;
        writer.ids.named_by(status, step.children()).map(str::to_owned)
    });
    let mut builder = Builder { writer, queries, raw, old, numbers, failed: false };
    let descriptor = builder.descriptor(path, element);
    (!builder.failed).then_some(descriptor)
}

struct Builder<'w, 'a, 'c, 'r, 'o> {
    writer: &'w mut Writer<'a>,
    /// What queries mean by now.
    queries: &'w Queries<'w>,
    /// Reads what the old descriptor says.
    raw: Content<'c, 'r>,
    old: Old<'o>,
    numbers: Numbers,
    failed: bool,
}

impl<'o> Builder<'_, '_, '_, '_, 'o> {
    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        self.failed = true;
        self.writer.unwritable(path.clone(), message);
    }

    fn descriptor(&mut self, path: &Path, element: &Element) -> Descriptor {
        let mut kept = self.verbatim(path, element);
        let old = self.old.descriptor;
        let mut initial = Vec::new();
        let mut global = Vec::new();
        let mut common = Vec::new();
        let mut of_steps: HashMap<String, Placed<StepAction>> = HashMap::new();
        for transition in element.all("transition") {
            let inside = within(path, transition);
            let action = self.action(&inside, transition);
            let number = action.id.parse::<i64>().unwrap_or(i64::MAX);
            let from: Vec<&Element> = transition.all("from").collect();
            match transition.text_of("type") {
                Some("initial") => initial.push(((place(transition.text_of("position")), number), action)),
                Some("global") => global.push(((place(transition.text_of("position")), number), action)),
                Some("common") => {
                    for from in from {
                        let item = StepAction::Common(action.id.clone());
                        let at = (place(from.attribute_named("position")), number);
                        if let Some(step) = self.step_number(&inside, from) {
                            of_steps.entry(step).or_default().push((at, item));
                        }
                    }
                    let at = old.common.iter().position(|own| own.id == action.id);
                    common.push(((at.map_or(i64::MAX, |at| at as i64), number), action));
                }
                _ => match from[..] {
                    [from] => {
                        let at = (place(from.attribute_named("position")), number);
                        if let Some(step) = self.step_number(&inside, from) {
                            of_steps.entry(step).or_default().push((at, StepAction::Own(Box::new(action))));
                        }
                    }
                    _ => self.problem(&inside, "a transition of type step leaves one step"),
                },
            }
        }
        for (list, actions) in [(&mut initial, &old.initial), (&mut global, &old.global)] {
            list.extend(self.old.strays(actions, &mut kept.strays));
        }
        for (at, action) in old.common.iter().enumerate() {
            if self.old.is_stray(action) && kept.takes(action) {
                common.push(((at as i64, 0), action.clone()));
            }
        }
        let common = in_order(common);
        let mut steps = Vec::new();
        for step in element.all("step") {
            let id = self.numbers.get(&StepName::defined(step)).unwrap_or_default().to_owned();
            let mut actions = of_steps.remove(&id).unwrap_or_default();
            if let Some(old) = self.old.step(&id) {
                let kept = self.old.between(old, &actions, &common, &mut kept.strays);
                actions.extend(kept);
            }
            steps.push(self.step(&within(path, step), step, id, in_order(actions)));
        }
        steps.extend(self.old.repeated_steps(&mut kept.strays));
        steps.sort_by_key(|step| step.id.parse::<i64>().unwrap_or(i64::MAX));
        for message in numbers::doubled(element).chain(kept.untold()) {
            self.problem(path, message);
        }
        let mut descriptor = Descriptor {
            description: element.text_of("description").map(str::to_owned),
            metas: self.properties(path, element, Some(&old.metas)),
            initial: in_order(initial),
            global: in_order(global),
            common,
            steps,
            rest: kept.rest,
        };
        descriptor.find_missing_steps();
        descriptor
    }

    fn step(&mut self, path: &Path, element: &Element, id: String, mut actions: Vec<StepAction>) -> Step {
        actions.sort_by_key(|action| matches!(action, StepAction::Own(_)));
        let old = self.old.step(&id);
        let mut metas = self.properties(path, element, old.map(|old| &old.metas));
        if let Some(status) = element.get("status") {
            let raw = old.and_then(|old| old.metas.get(STATUS));
            let names = self.raw.context.names;
            let same = raw.filter(|raw| {
                names.get("status", raw).is_some_and(|name| reads_as(name.reference("status"), status))
            });
            match same {
                Some(raw) => {
                    metas.insert(STATUS.to_owned(), raw.clone());
                }
                None => match spelling::id(self.writer, status) {
                    Ok(id) => {
                        metas.insert(STATUS.to_owned(), id);
                    }
                    Err(why) => self.problem(path, why),
                },
            }
        }
        // So an export says that the step has none.
        let had = old.is_some_and(|old| old.metas.contains_key(STATUS));
        metas.retain(|key, value| key != STATUS || had || !value.is_empty());
        let name = element.text_of("name").unwrap_or_default().to_owned();
        Step { id, name, metas, actions, rest: self.rest(path, element, &["step"]).0 }
    }

    fn step_number(&mut self, path: &Path, reference: &Element) -> Option<String> {
        let found = self.numbers.get(&StepName::referred(reference)).map(str::to_owned);
        if found.is_none() {
            self.problem(path, format!("there is no step {}", reference.text()));
        }
        found
    }

    fn action(&mut self, path: &Path, element: &Element) -> Action {
        let number = element.text_of("transitionId").unwrap_or_default();
        let old = self.old.action(number);
        let mut metas = self.properties(path, element, old.map(|old| &old.metas));
        let view = self.view(path, element, old, &mut metas);
        let (rest, of_result) = self.rest(path, element, &["action", "unconditional-result"]);
        let mut pool = Pool::of_groups(old.and_then(|old| old.conditions.as_ref()));
        let conditions = self.conditions(path, element, &mut pool);
        let old_list = |list: fn(&Action) -> &Vec<Function>| Pool::of(old.map_or(&[][..], |old| list(old)));
        let validators =
            self.functions(path, element, "validator", &mut old_list(|action| &action.validators));
        let pre_functions =
            self.functions(path, element, "preFunction", &mut old_list(|action| &action.pre_functions));
        let post_functions =
            self.functions(path, element, "finalFunction", &mut old_list(|action| &action.post_functions));
        Action {
            id: old.map_or(number, |old| old.id.as_str()).to_owned(),
            name: element.text_of("name").unwrap_or_default().to_owned(),
            view,
            automatic: element.get("automatic").is_some(),
            description: element.text_of("description").map(str::to_owned),
            metas,
            conditions,
            validators,
            pre_functions,
            conditional: self.conditional(path, element, old.map_or(&[], |old| &old.conditional)),
            result: self.result(path, element, old, of_result),
            post_functions,
            rest,
        }
    }

    /// Returns the view, and puts the property of the screen.
    fn view(
        &mut self,
        path: &Path,
        element: &Element,
        old: Option<&Action>,
        metas: &mut BTreeMap<String, String>,
    ) -> Option<String> {
        let old_property = old.and_then(|old| old.metas.get(SCREEN));
        let described = metas.contains_key(SCREEN);
        let Some(screen) = element.get("screen") else {
            // Jira leaves an empty property behind.
            if let Some(raw) = old_property.filter(|raw| raw.trim().is_empty() && !described) {
                metas.insert(SCREEN.to_owned(), raw.clone());
            }
            return element.text_of("view").map(str::to_owned);
        };
        if let Some(old) = old
            && let Some(shown) = self.raw.shown(old)
            && reads_as(shown.reference("screen"), screen)
        {
            if let Some(raw) = old_property
                && (old.view.as_deref() == Some("fieldscreen") || raw.trim().is_empty())
            {
                metas.insert(SCREEN.to_owned(), raw.clone());
            }
            return old.view.clone();
        }
        match (spelling::id(self.writer, screen), described) {
            (Ok(id), false) => {
                metas.insert(SCREEN.to_owned(), id);
                Some("fieldscreen".to_owned())
            }
            // Old views leave the property free.
            (Ok(id), true) if id == "2" => Some("commentassign".to_owned()),
            (Ok(id), true) if id == "3" => Some("resolveissue".to_owned()),
            (Ok(_), true) => {
                self.problem(path, format!("it has a screen and the property {SCREEN}"));
                None
            }
            (Err(why), _) => {
                self.problem(path, why);
                None
            }
        }
    }

    fn result(
        &mut self,
        path: &Path,
        element: &Element,
        old: Option<&Action>,
        rest: Rest,
    ) -> Option<Outcome> {
        let old_result = old.and_then(|old| old.result.as_ref());
        let old_list =
            |list: fn(&Outcome) -> &Vec<Function>| Pool::of(old_result.map_or(&[][..], |old| list(old)));
        let outcome = Outcome {
            conditions: None,
            target: self.target(path, element, old_result),
            validators: self.functions(
                path,
                element,
                "resultValidator",
                &mut old_list(|own| &own.validators),
            ),
            pre_functions: self.functions(
                path,
                element,
                "resultPreFunction",
                &mut old_list(|own| &own.pre_functions),
            ),
            post_functions: self.functions(
                path,
                element,
                "postFunction",
                &mut old_list(|own| &own.post_functions),
            ),
            rest,
        };
        let says_nothing = outcome == Outcome::default();
        let had_none = old.is_some_and(|old| old.result.is_none());
        let unread = old_result.and_then(|old| old.conditions.clone());
        (!says_nothing || !had_none).then_some(Outcome { conditions: unread, ..outcome })
    }

    fn conditional(&mut self, path: &Path, element: &Element, old: &[Outcome]) -> Vec<Outcome> {
        let all = |list: fn(&Outcome) -> &Vec<Function>| Pool::of(old.iter().flat_map(list));
        let mut conditions = Pool::of_groups(old.iter().filter_map(|old| old.conditions.as_ref()));
        let mut validators = all(|own| &own.validators);
        let mut pre_functions = all(|own| &own.pre_functions);
        let mut post_functions = all(|own| &own.post_functions);
        let mut outcomes = Vec::new();
        for (number, result) in element.all("conditionalResult").enumerate() {
            outcomes.push(Outcome {
                conditions: self.conditions(path, result, &mut conditions),
                target: self.target(path, result, old.get(number)),
                validators: self.functions(path, result, "validator", &mut validators),
                pre_functions: self.functions(path, result, "preFunction", &mut pre_functions),
                post_functions: self.functions(path, result, "postFunction", &mut post_functions),
                rest: self.rest(path, result, &["result"]).0,
            });
        }
        outcomes
    }

    fn target(&mut self, path: &Path, element: &Element, old: Option<&Outcome>) -> Target {
        if let Some(to) = element.get("to") {
            return self.step_number(path, to).map_or(Target::Stay, Target::Step);
        }
        let Some(status) = element.text_of("toStatus") else { return Target::Stay };
        match old.map(|old| &old.target) {
            Some(same @ Target::Missing { status: own, .. }) if own == status => same.clone(),
            _ => Target::Missing { step: self.numbers.nowhere(), status: status.to_owned() },
        }
    }

    fn conditions(&mut self, path: &Path, element: &Element, pool: &mut Pool<'_>) -> Option<Group> {
        let group = self.group(path, element.get("conditions")?, pool);
        Some(group).filter(|group| *group != Group::default())
    }

    fn group(&mut self, path: &Path, element: &Element, pool: &mut Pool<'_>) -> Group {
        let conditions = self.functions(path, element, "condition", pool);
        let groups: Vec<Group> =
            element.all("conditions").map(|inner| self.group(path, inner, pool)).collect();
        let several = conditions.len() + groups.len() > 1;
        Group {
            any: several && element.text_of("type") != Some("AND"),
            conditions,
            groups,
            rest: self.rest(path, element, &["conditions"]).0,
        }
    }

    fn functions(
        &mut self,
        path: &Path,
        element: &Element,
        tag: &'static str,
        pool: &mut Pool<'_>,
    ) -> Vec<Function> {
        let wanted: Vec<&Element> = element.all(tag).collect();
        let mut made: Vec<Option<Function>> = vec![None; wanted.len()];
        for (place, wanted) in wanted.iter().enumerate() {
            made[place] =
                pool.take(|own| is_alike(own, wanted) && reads_as(self.raw.function(path, tag, own), wanted));
        }
        for (place, wanted) in wanted.iter().enumerate() {
            if made[place].is_none() {
                let old = pool.take(|own| is_alike(own, wanted));
                made[place] = Some(self.function(path, wanted, old.as_ref()));
            }
        }
        made.into_iter().flatten().collect()
    }

    fn function(&mut self, path: &Path, element: &Element, old: Option<&Function>) -> Function {
        let class = element.text_of("class").unwrap_or_default();
        let inside = within(path, element);
        let mut function = Function {
            class: element.text_of("class").map(str::to_owned),
            kind: element.text_of("type").map(str::to_owned),
            name: element.text_of("name").map(str::to_owned),
            negate: element.get("negate").is_some(),
            arguments: BTreeMap::new(),
            rest: self.rest(path, element, &["condition", "validator", "function"]).0,
        };
        let old_values = old.map(|old| self.raw.translator.arguments(class, &old.arguments).values);
        let arguments: Vec<(&str, &Element)> = element
            .all("argument")
            .map(|argument| (argument.text_of("name").unwrap_or_default(), argument))
            .collect();
        let is_permission = permissions::CLASSES.contains(&class);
        for dependent in [false, true] {
            for (name, argument) in &arguments {
                let other = spelling::depends_on(class, name);
                if other.is_some() != dependent {
                    continue;
                }
                let of_old = |name: &str| old.and_then(|old| old.arguments.get(name));
                // The same value of another field is another value.
                let comparable = other.is_none_or(|other| of_old(other) == function.arguments.get(other));
                let same = old_values.as_ref().and_then(|values| values.get(*name)).is_some_and(|value| {
                    reads_as(value.clone().add_to(Node::new("argument").text("name", *name)), argument)
                });
                if same && comparable {
                    // Old versions have the permission under another name.
                    let own = if of_old(name).is_some() { name } else { permissions::OLD };
                    if let Some(raw) = of_old(own) {
                        function.arguments.insert(own.to_owned(), raw.clone());
                    }
                    continue;
                }
                let stored =
                    spelling::Stored { queries: self.queries, raw: of_old(name).map(String::as_str) };
                let spelled = spelling::argument(self.writer, &stored, class, &function.arguments, argument);
                match spelled {
                    Ok(key) if is_permission && *name == permissions::NEW => {
                        let (name, value) = permissions::spelled(&key, self.raw.context.properties);
                        function.arguments.insert(name.to_owned(), value);
                    }
                    Ok(value) => {
                        function.arguments.insert((*name).to_owned(), value);
                    }
                    Err(why) => self.problem(&inside, format!("argument `{name}`: {why}")),
                }
            }
        }
        let read = self.raw.translator.arguments(class, &function.arguments).values;
        for (name, argument) in &arguments {
            if let Some(value) = read.get(*name) {
                self.refuse_other_meaning(&inside, &format!("argument `{name}`"), argument, value);
            }
        }
        function
    }

    /// Refuses what would mean something else in the instance.
    fn refuse_other_meaning(&mut self, path: &Path, of: &str, wanted: &Element, value: &Value) {
        if let Some(message) = spelling::other_meaning(wanted, value, self.raw.context.names) {
            self.problem(path, format!("{of}: {message}"));
        }
    }

    fn properties(
        &mut self,
        path: &Path,
        element: &Element,
        old: Option<&BTreeMap<String, String>>,
    ) -> BTreeMap<String, String> {
        let mut metas = BTreeMap::new();
        for property in element.all("property") {
            let key = property.text_of("key").unwrap_or_default();
            let same = old
                .and_then(|old| old.get(key))
                .filter(|raw| reads_as(self.raw.property(path, key, raw), property));
            let raw = old.and_then(|old| old.get(key)).map(String::as_str);
            let stored = spelling::Stored { queries: self.queries, raw };
            let spelled = || spelling::property(self.writer, &stored, property);
            match same.map_or_else(spelled, |raw| Ok(raw.clone())) {
                Ok(value) => {
                    let read = self.raw.translator.property(key, &value, &mut Vec::new()).0;
                    self.refuse_other_meaning(path, &format!("property `{key}`"), property, &read);
                    metas.insert(key.to_owned(), value);
                }
                Err(why) => self.problem(path, format!("property `{key}`: {why}")),
            }
        }
        metas
    }
}

fn within(path: &Path, element: &Element) -> Path {
    let mut path = path.clone();
    path.enter(element);
    path
}

/// Returns whether what was read is what is wanted.
pub(super) fn reads_as(node: Node, wanted: &Element) -> bool {
    let read = node.bind(wanted.declaration, &Path::default(), &mut Vec::new());
    read.is_some_and(|mut read| {
        canonicalize(&mut read);
        read == *wanted
    })
}
