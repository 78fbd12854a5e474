//! The ids in a descriptor, written otherwise: where a place has other ids for what the rows call by numbers.
//!
//! Invariant: what is an id follows from the table of [`arguments`](super::arguments) alone; everything else stays as it is.

use std::collections::{BTreeMap, HashMap};

use super::arguments::{CUSTOM_FIELD, Holds, Spelling, held_by_argument, held_by_property, held_by_value};
use super::descriptor::{Action, Descriptor, Function, Group, Outcome, StepAction};
use crate::entity::Tables;

/// Returns the other id of an object of a kind; that of a custom field is the whole id of the field, `customfield_` included.
pub type OtherId<'a> = &'a dyn Fn(&'static str, &str) -> String;

/// Returns a descriptor with the ids that a place has for the objects of rows.
pub fn with_other_ids(mut own: Descriptor, tables: &Tables, other: OtherId<'_>) -> Descriptor {
    let options = tables.rows("CustomFieldOption").iter();
    let fields = options.filter_map(|row| Some((row.id(), row.get("customfield")?))).collect();
    let others = Others { fields, other };
    for step in &mut own.steps {
        others.properties(&mut step.metas);
        for action in &mut step.actions {
            if let StepAction::Own(action) = action {
                others.action(action);
            }
        }
    }
    own.initial
        .iter_mut()
        .chain(&mut own.global)
        .chain(&mut own.common)
        .for_each(|action| others.action(action));
    own
}

struct Others<'a> {
    /// The custom fields of options.
    fields: HashMap<&'a str, &'a str>,
    other: OtherId<'a>,
}

impl Others<'_> {
    fn action(&self, own: &mut Action) {
        self.properties(&mut own.metas);
        own.conditions.iter_mut().for_each(|group| self.group(group));
        for functions in [&mut own.validators, &mut own.pre_functions, &mut own.post_functions] {
            functions.iter_mut().for_each(|function| self.function(function));
        }
        own.conditional.iter_mut().chain(&mut own.result).for_each(|outcome| self.outcome(outcome));
    }

    fn outcome(&self, own: &mut Outcome) {
        own.conditions.iter_mut().for_each(|group| self.group(group));
        for functions in [&mut own.validators, &mut own.pre_functions, &mut own.post_functions] {
            functions.iter_mut().for_each(|function| self.function(function));
        }
    }

    fn group(&self, own: &mut Group) {
        own.conditions.iter_mut().for_each(|function| self.function(function));
        own.groups.iter_mut().for_each(|group| self.group(group));
    }

    fn function(&self, own: &mut Function) {
        let class = own.class.clone().unwrap_or_default();
        let before = own.arguments.clone();
        for (name, value) in &mut own.arguments {
            match held_by_argument(&class, name) {
                Some((Holds::ValueOf(field), _)) => {
                    let field = before.get(field).map_or("", |field| field.trim());
                    *value = self.value_of(field, value);
                }
                Some((holds, spelling)) => *value = self.list(holds, spelling, value),
                None => *value = self.item(Holds::Field, value),
            }
        }
    }

    fn properties(&self, own: &mut BTreeMap<String, String>) {
        for (key, value) in own {
            if let Some((holds, spelling)) = held_by_property(key) {
                *value = self.list(holds, spelling, value);
            }
        }
    }

    fn value_of(&self, field: &str, value: &str) -> String {
        if let Some(holds) = held_by_value(field) {
            return self.item(holds, value);
        }
        let is_option =
            self.fields.get(value.trim()).is_some_and(|own| field.strip_prefix(CUSTOM_FIELD) == Some(own));
        if is_option { (self.other)("option", value.trim()) } else { value.to_owned() }
    }

    fn list(&self, holds: Holds, spelling: Spelling, value: &str) -> String {
        match spelling.separator() {
            Some(separator) => {
                let items: Vec<String> = value.split(separator).map(|item| self.item(holds, item)).collect();
                items.join(separator)
            }
            None => self.item(holds, value),
        }
    }

    fn item(&self, holds: Holds, value: &str) -> String {
        let id = value.trim();
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        match holds {
            Holds::Id(_, kind) if is_number(id) => (self.other)(kind, id),
            Holds::Field => match id.strip_prefix(CUSTOM_FIELD).filter(|id| is_number(id)) {
                Some(number) => (self.other)("customField", number),
                None => value.to_owned(),
            },
            _ => value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::tables;

    /// Every id is written with the kind that it is taken for; a new option counts where it is one of the field.
    #[test]
    fn what_is_an_id_is_written_otherwise_and_nothing_else() {
        let call = |tag: &str, class: &str, arguments: &[(&str, &str)]| {
            let told = arguments.iter().map(|(name, value)| format!("<arg name='{name}'>{value}</arg>"));
            let told: String = told.collect();
            format!("<{tag} type='class'><arg name='class.name'>{class}</arg>{told}</{tag}>")
        };
        let jsu = "com.googlecode.jsu.workflow.";
        let compares = |field: &str, kind: &str| {
            let arguments = [("fieldsList", field), ("fieldValue", "30"), ("comparisonType", kind)];
            call("condition", &format!("{jsu}condition.ValueFieldCondition"), &arguments)
        };
        let text = format!(
            "<workflow><global-actions><action id='10' name='10'><meta name='jira.fieldscreen.id'>7</meta>\
             <restrict-to><conditions type='OR'>{}{}{}{}</conditions></restrict-to>\
             <results><unconditional-result step='10'><post-functions>{}</post-functions></unconditional-result></results>\
             </action></global-actions><steps><step id='10' name='10'><meta name='jira.status.id'>10</meta></step></steps></workflow>",
            call(
                "condition",
                "system:previous-status-condition",
                &[("previousStatusIds", "1,2"), ("not", "1")]
            ),
            compares("customfield_5", "5"),
            compares("customfield_6", "5"),
            call("condition", "a.B", &[("x", "10")]),
            call(
                "function",
                "com.atlassian.jira.workflow.function.issue.UpdateIssueFieldFunction",
                &[("field.name", "resolution"), ("field.value", "10")],
            ),
        );
        let rows = tables(&[("CustomFieldOption", &[("id", "30"), ("customfield", "5")])]);
        let other = |kind: &'static str, id: &str| format!("{kind}/{id}");
        let own = with_other_ids(Descriptor::parse(&text).unwrap(), &rows, &other);
        let action = &own.global[0];
        let told: Vec<String> = action
            .conditions
            .iter()
            .flat_map(|group| &group.conditions)
            .chain(&action.result.as_ref().unwrap().post_functions)
            .map(|own| format!("{:?}", own.arguments))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        {"not": "1", "previousStatusIds": "status/1,status/2"}
        {"comparisonType": "5", "fieldValue": "option/30", "fieldsList": "customField/5"}
        {"comparisonType": "5", "fieldValue": "30", "fieldsList": "customField/6"}
        {"x": "10"}
        {"field.name": "resolution", "field.value": "resolution/10"}
        "#);
        assert_eq!(action.metas["jira.fieldscreen.id"], "screen/7");
        assert_eq!(own.steps[0].metas["jira.status.id"], "status/10");
        assert_eq!((action.id.as_str(), own.steps[0].id.as_str()), ("10", "10"));
    }
}
