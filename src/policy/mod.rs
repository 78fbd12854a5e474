//! Rules of a team about configurations and plans, as expressions of CEL over the JSON that other commands print.
//!
//! Pure. Invariant: a policy looks and never changes anything, and every rule is understood whole before the first one is asked.

mod bounded;
mod document;
mod expression;
mod read;
mod shape;

use crate::model::{Element, Identity, NOWHERE, Path, Severity};
use crate::plan::{Description, Named, Violation};
use crate::schema::{KindId, Schema};

use bounded::Budget;
use cel::common::value::Val;
use document::Told;
use expression::Expression;

pub use document::of_object;
pub use read::Broken;
#[cfg(test)]
pub(crate) use read::{Rules as File, Written as WrittenRule};

/// The rules that are asked, in the order of their files.
#[derive(Debug, Default)]
pub struct Policies {
    rules: Vec<Rule>,
    /// What the labels of the change are, such as those of a pull request.
    labels: Vec<String>,
}

/// A rule.
#[derive(Debug)]
struct Rule {
    name: String,
    /// Where it stands: `policies.toml:12`.
    place: String,
    each: Each,
    when: Option<Expression>,
    require: Expression,
    message: String,
    severity: Severity,
}

/// What a rule is asked about, once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Each {
    /// Each object of a kind in a configuration.
    Kind(KindId),
    /// Each object of a configuration.
    Object,
    /// A configuration as a whole.
    Configuration,
    /// Each object that a plan changes.
    Step,
    /// Each change of a plan.
    Change,
    /// A plan as a whole.
    Plan,
}

/// What is found in a configuration: the violation, and where its object stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// What is violated, by what.
    pub violation: Violation,
    /// Where the object stands in the configuration.
    pub path: Path,
    /// Where the object begins in its file, in bytes.
    pub start: Option<u32>,
}

impl Policies {
    /// Adds the rules of a file, or says all that is wrong with them. Settings have other things beside rules.
    pub fn add(&mut self, file: &str, text: &str, are_settings: bool) -> Result<(), Vec<Broken>> {
        let rules = read::rules(file, text, are_settings)?;
        let twice = rules.iter().find(|own| self.rules.iter().any(|other| other.name == own.name));
        if let Some(own) = twice {
            let message = "another file has a rule of that name".to_owned();
            return Err(vec![Broken { place: own.place.clone(), rule: Some(own.name.clone()), message }]);
        }
        self.rules.extend(rules);
        Ok(())
    }

    /// Returns the same, knowing the labels of the change.
    #[must_use]
    pub fn labelled(self, labels: Vec<String>) -> Self {
        Self { labels, ..self }
    }

    /// Returns whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the names of the rules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    /// Judges a configuration: the objects below its root.
    pub fn of_configuration(&self, root: &Element) -> Vec<Finding> {
        let rules = self.rules.iter().filter(|rule| !rule.each.is_of_plan()).collect::<Vec<_>>();
        if rules.is_empty() {
            return Vec::new();
        }
        bounded::aside(|| {
            let labels = self.labels();
            let objects = root.children().iter().flat_map(Element::children);
            let told: Vec<(&Element, Identity, Told)> = objects
                .filter_map(|own| {
                    Some((own, Identity::of_definition(own)?, document::value(&of_object(own))))
                })
                .collect();
            let whole = rules.iter().any(|rule| rule.each == Each::Configuration);
            let whole = whole.then(|| document::configuration(&told));
            let mut findings = Vec::new();
            for rule in rules {
                let mut asking = Asking { rule, labels: &*labels, budget: Budget::default() };
                if let (Each::Configuration, Some(whole)) = (rule.each, &whole) {
                    let why = asking.why(&[("configuration", &**whole)]);
                    let violation = why.map(|why| rule.violation(None, why));
                    findings.extend(violation.map(|violation| Finding { violation, ..Finding::default() }));
                    continue;
                }
                for (element, identity, value) in &told {
                    if rule.each != Each::Object && rule.each != Each::Kind(identity.kind) {
                        continue;
                    }
                    let kind = Schema::get().kind(identity.kind).name.clone();
                    let name = identity.to_string();
                    let (own_kind, own_name) = (document::text(&kind), document::text(&name));
                    let variables = [("object", &**value), ("kind", &*own_kind), ("name", &*own_name)];
                    let Some(why) = asking.why(&variables) else { continue };
                    let violation = rule.violation(Some((Named { kind, name }, String::new())), why);
                    let container = root
                        .children()
                        .iter()
                        .find(|own| own.children().iter().any(|it| std::ptr::eq(it, *element)));
                    let path = Path::through(container.into_iter().chain([*element]));
                    let start = Some(element.start).filter(|start| *start != NOWHERE);
                    findings.push(Finding { violation, path, start });
                }
            }
            findings
        })
    }

    /// Judges a plan, or a difference.
    pub fn of_plan(&self, plan: &Description) -> Vec<Violation> {
        let rules = self.rules.iter().filter(|rule| rule.each.is_of_plan()).collect::<Vec<_>>();
        if rules.is_empty() {
            return Vec::new();
        }
        bounded::aside(|| {
            let labels = self.labels();
            let json = serde_json::to_value(plan).unwrap_or_default();
            let whole = document::value(&json);
            let none = Vec::new();
            let members = |own: &serde_json::Value, name: &str| {
                own[name].as_array().unwrap_or(&none).iter().map(document::value).collect::<Vec<_>>()
            };
            let steps: Vec<(Told, Vec<Told>)> = json["steps"]
                .as_array()
                .unwrap_or(&none)
                .iter()
                .map(|own| (document::value(own), members(own, "changes")))
                .collect();
            let mut found = Vec::new();
            for rule in rules {
                let mut asking = Asking { rule, labels: &*labels, budget: Budget::default() };
                if rule.each == Each::Plan {
                    let why = asking.why(&[("plan", &*whole)]);
                    found.extend(why.map(|why| rule.violation(None, why)));
                    continue;
                }
                for ((step, changes), own) in steps.iter().zip(&plan.steps) {
                    let object = || Named { kind: own.kind.clone(), name: own.name.clone() };
                    if rule.each == Each::Step {
                        let why = asking.why(&[("step", &**step), ("plan", &*whole)]);
                        found.extend(why.map(|why| rule.violation(Some((object(), String::new())), why)));
                        continue;
                    }
                    for (change, line) in changes.iter().zip(&own.changes) {
                        let variables = [("change", &**change), ("step", &**step), ("plan", &*whole)];
                        let Some(why) = asking.why(&variables) else { continue };
                        found.push(rule.violation(Some((object(), line.path.to_string())), why));
                    }
                }
            }
            found
        })
    }

    fn labels(&self) -> Told {
        document::list(self.labels.iter().map(|own| document::text(own)))
    }
}

/// A rule that is being asked.
struct Asking<'a> {
    rule: &'a Rule,
    labels: &'a dyn Val,
    budget: Budget,
}

impl Asking<'_> {
    /// Returns why the rule is violated, if it is.
    fn why(&mut self, variables: &[(&str, &dyn Val)]) -> Option<String> {
        let variables: Vec<_> = variables.iter().copied().chain([("labels", self.labels)]).collect();
        let mut answer = |own: &Expression| own.is_true(&variables, &mut self.budget);
        match self.rule.when.as_ref().map_or(Ok(true), &mut answer) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(why) => return Some(format!("`when` has no answer here: {why}")),
        }
        match answer(&self.rule.require) {
            Ok(true) => None,
            Ok(false) => Some(self.rule.message.clone()),
            // What cannot be judged is not allowed.
            Err(why) => Some(format!("`require` has no answer here: {why}")),
        }
    }
}

impl Each {
    fn is_of_plan(self) -> bool {
        matches!(self, Self::Step | Self::Change | Self::Plan)
    }
}

impl Rule {
    fn violation(&self, object: Option<(Named, String)>, message: String) -> Violation {
        let (object, path) = object.unzip();
        Violation {
            rule: self.name.clone(),
            at: self.place.clone(),
            severity: self.severity,
            message,
            object,
            path: path.unwrap_or_default(),
            place: None,
        }
    }
}
