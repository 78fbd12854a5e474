//! A workflow of a request as a descriptor.
//!
//! Invariant: steps that were there keep their ids and names, which no request can say; functions that every transition has
//! are there without being asked for.

use serde_json::{Map, Value};

use super::rules::{Place, kept};
use crate::areas::workflows::rules::Roles;
use crate::areas::xml::Element;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE workflow PUBLIC \"-//OpenSymphony Group//DTD OSWorkflow 2.8//EN\" \"http://www.opensymphony.com/osworkflow/workflow_2_8.dtd\">
";

const FUNCTION: &str = "com.atlassian.jira.workflow.function.";

/// What a descriptor is made with.
pub(super) struct Making<'m> {
    /// The descriptor that it takes the place of, if there is one.
    pub(super) old: Option<&'m Element>,
    /// The id and name of the status of each reference.
    pub(super) statuses: &'m dyn Fn(&str) -> (String, String),
    pub(super) roles: &'m Roles,
    pub(super) groups: &'m [String],
}

/// A step: its id, its name, the reference and the id of its status.
struct Step {
    id: i64,
    name: String,
    reference: String,
    status: String,
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

fn meta(name: &str, value: &str) -> String {
    format!("<meta name=\"{}\">{}</meta>", escaped(name), escaped(value))
}

fn metas(properties: &Value) -> String {
    let own = properties.as_object().into_iter().flatten();
    own.map(|(name, value)| meta(name, value.as_str().unwrap_or_default())).collect()
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

impl Making<'_> {
    /// Returns the whole descriptor.
    pub(super) fn descriptor(&self, said: &Value) -> String {
        let steps = self.steps(said);
        let (mut initial, mut global, mut common) = (String::new(), String::new(), String::new());
        let mut of_steps: Map<String, Value> = Map::new();
        for transition in list(said, "transitions") {
            let xml = self.action(transition, &steps);
            let from: Vec<&str> =
                list(transition, "links").iter().map(|link| text(link, "fromStatusReference")).collect();
            let mut add = |reference: &str, xml: &str| {
                let own =
                    of_steps.entry(reference.to_owned()).or_insert_with(|| Value::String(String::new()));
                *own = Value::String(format!("{}{xml}", own.as_str().unwrap_or_default()));
            };
            match (text(transition, "type"), from.as_slice()) {
                ("INITIAL", _) => initial.push_str(&xml),
                ("GLOBAL", _) => global.push_str(&xml),
                (_, [one]) => add(one, &xml),
                (_, several) => {
                    common.push_str(&xml);
                    let named = format!("<common-action id=\"{}\" />", escaped(text(transition, "id")));
                    several.iter().for_each(|reference| add(reference, &named));
                }
            }
        }
        let mut told = String::new();
        for (step, own) in steps.iter().zip(list(said, "statuses")) {
            let actions = of_steps.get(&step.reference).and_then(Value::as_str).unwrap_or_default();
            // A step without transitions has no element for them.
            let actions =
                if actions.is_empty() { String::new() } else { format!("<actions>{actions}</actions>") };
            told.push_str(&format!(
                "<step id=\"{}\" name=\"{}\">{}{}{actions}</step>\n",
                step.id,
                escaped(&step.name),
                meta("jira.status.id", &step.status),
                metas(&own["properties"]),
            ));
        }
        let part = |name: &str, inner: &str| {
            if inner.is_empty() { String::new() } else { format!("<{name}>{inner}</{name}>\n") }
        };
        let (initial, global, common) = (
            part("initial-actions", &initial),
            part("global-actions", &global),
            part("common-actions", &common),
        );
        format!(
            "{HEAD}<workflow>\n{}\n{initial}{global}{common}<steps>\n{told}</steps>\n</workflow>\n",
            self.root(said)
        )
    }

    /// Returns what stands at the top: the description of the request, and what no request can say.
    fn root(&self, said: &Value) -> String {
        const DESCRIPTION: &str = "jira.description";
        let before = self.old.and_then(|old| old.named("meta", DESCRIPTION)).unwrap_or_default();
        let description = said["description"].as_str().unwrap_or(before);
        let others = self.old.into_iter().flat_map(Element::properties);
        let others: String = others.map(|(name, value)| meta(name, value)).collect();
        format!("{}{others}", meta(DESCRIPTION, description))
    }

    fn steps(&self, said: &Value) -> Vec<Step> {
        let old: Vec<&Element> = self.old.into_iter().flat_map(|old| old.inside("steps", "step")).collect();
        let number = |step: &&&Element| step.attribute("id").parse::<i64>().ok();
        let mut last = old.iter().filter_map(|step| number(&step)).max().unwrap_or(0);
        let mut steps = Vec::new();
        for own in list(said, "statuses") {
            let reference = text(own, "statusReference").to_owned();
            let (status, name) = (self.statuses)(&reference);
            let there = old.iter().find(|step| step.named("meta", "jira.status.id") == Some(&status));
            let (id, name) = match there.and_then(|step| Some((number(&step)?, step.attribute("name")))) {
                Some((id, name)) => (id, name.to_owned()),
                None => {
                    last += 1;
                    (last, name)
                }
            };
            steps.push(Step { id, name, reference, status });
        }
        steps
    }

    fn rules(&self, rules: &[Value], place: Place) -> String {
        rules.iter().map(|rule| kept(rule, place, self.roles, self.groups)).collect()
    }

    fn conditions(&self, said: &Value) -> String {
        let kind = if text(said, "operation") == "ANY" { "OR" } else { "AND" };
        let groups: String = list(said, "conditionGroups").iter().map(|own| self.conditions(own)).collect();
        let own = self.rules(list(said, "conditions"), Place::Condition);
        format!("<conditions type=\"{kind}\">{own}{groups}</conditions>")
    }

    fn action(&self, said: &Value, steps: &[Step]) -> String {
        let kind = text(said, "type");
        let target = text(said, "toStatusReference");
        // A global transition without a list of links leads back to where it began, whatever it says.
        let is_looped = target.is_empty() || (kind == "GLOBAL" && !said["links"].is_array());
        let step = steps.iter().find(|step| step.reference == target).filter(|_| !is_looped);
        let step = step.map_or_else(|| "-1".to_owned(), |step| step.id.to_string());
        let screen = text(&said["transitionScreen"]["parameters"], "screenId");
        let (view, screen) = if screen.is_empty() {
            ("", String::new())
        } else {
            (" view=\"fieldscreen\"", meta("jira.fieldscreen.id", screen))
        };
        let description = Some(text(said, "description")).filter(|text| !text.is_empty());
        let description = description.map(|text| meta("jira.description", text)).unwrap_or_default();
        let triggers = list(said, "triggers");
        let triggers = if triggers.is_empty() {
            String::new()
        } else {
            meta("cloud.triggers", &said["triggers"].to_string())
        };
        let conditions = if said["conditions"].is_object() {
            format!("<restrict-to>{}</restrict-to>", self.conditions(&said["conditions"]))
        } else {
            String::new()
        };
        let validators = self.rules(list(said, "validators"), Place::Validator);
        let validators = if validators.is_empty() {
            String::new()
        } else {
            format!("<validators>{validators}</validators>")
        };
        format!(
            "<action id=\"{}\" name=\"{}\"{view}>{description}{screen}{triggers}{}{conditions}{validators}\
             <results><unconditional-result old-status=\"null\" status=\"null\" step=\"{step}\">\
             <post-functions>{}</post-functions></unconditional-result></results></action>\n",
            escaped(text(said, "id")),
            escaped(text(said, "name")),
            metas(&said["properties"]),
            self.functions(said, kind == "INITIAL"),
        )
    }

    /// Returns the functions of a transition, with those that every one has.
    fn functions(&self, said: &Value, is_initial: bool) -> String {
        let own = self.rules(list(said, "actions"), Place::Function);
        let class = |name: &str, inner: &str| {
            format!(
                "<function type=\"class\"><arg name=\"class.name\">{FUNCTION}{name}</arg>{inner}</function>"
            )
        };
        let usual = if is_initial { "1" } else { "13" };
        let event = crate::writes::id(said, "customIssueEventId").unwrap_or_else(|| usual.to_owned());
        let fire = class("event.FireIssueEventFunction", &format!("<arg name=\"eventTypeId\">{event}</arg>"));
        let reindex = class("issue.IssueReindexFunction", "");
        if is_initial {
            return format!("{}{own}{reindex}{fire}", class("issue.IssueCreateFunction", ""));
        }
        let status = class("issue.UpdateIssueStatusFunction", "");
        let (comment, history) =
            (class("misc.CreateCommentFunction", ""), class("issue.GenerateChangeHistoryFunction", ""));
        format!("{own}{status}{comment}{history}{reindex}{fire}")
    }
}
