//! What is wrong with workflows of a request, as the official validation tells it.
//!
//! Invariant: it changes nothing; what it calls an error is refused by the write.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Before;
use crate::areas::{fields, people};
use crate::call::{Call, Refusal};
use crate::rows::Row;
use crate::writes::id;

/// Keys of rules that Cloud has, but for those of apps.
const KEYS: &[&str] = &[
    "system:block-in-progress-approval",
    "system:change-assignee",
    "system:check-field-value",
    "system:check-permission-validator",
    "system:copy-value-from-other-field",
    "system:parent-or-child-blocking-condition",
    "system:parent-or-child-blocking-validator",
    "system:previous-status-condition",
    "system:previous-status-validator",
    "system:proforma-forms-attached",
    "system:proforma-forms-submitted",
    "system:restrict-from-all-users",
    "system:restrict-issue-transition",
    "system:separation-of-duties",
    "system:set-security-level-from-role",
    "system:transition-screen",
    "system:trigger-webhook",
    "system:update-field",
    "system:validate-field-value",
    "system:development-triggers",
];

/// Keys of rules of apps begin so.
const OF_APPS: [&str; 2] = ["connect:", "forge:"];

/// Parameters that hold ids, with the tables of those.
const REFERENCES: &[(&str, &str)] = &[
    ("roleIds", "projectrole"),
    ("roleId", "projectrole"),
    ("statusIds", "issuestatus"),
    ("previousStatusIds", "issuestatus"),
    ("fromStatusId", "issuestatus"),
    ("toStatusId", "issuestatus"),
    ("screenId", "fieldscreen"),
    ("issueSecurityLevelId", "schemeissuesecuritylevels"),
];

/// Parameters that hold ids of fields.
const FIELDS: [&str; 11] = [
    "fieldId",
    "fieldKey",
    "field",
    "sourceFieldKey",
    "targetFieldKey",
    "date1FieldKey",
    "date2FieldKey",
    "fieldsRequired",
    "groupCustomFields",
    "allowUserCustomFields",
    "denyUserCustomFields",
];

/// What is wrong so far.
pub(super) struct Checks<'c, 'a> {
    pub(super) call: &'c Call<'a>,
    pub(super) found: Vec<Value>,
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

fn is_uuid(text: &str) -> bool {
    let shape: String = text.chars().map(|own| if own.is_ascii_hexdigit() { 'x' } else { own }).collect();
    shape == "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
}

impl Checks<'_, '_> {
    fn add(&mut self, level: &str, (kind, code): (&str, &str), message: &str, reference: Value) {
        let mut own = json!({"code": code, "level": level, "type": kind, "message": message});
        if !reference.is_null() {
            own["elementReference"] = reference;
        }
        self.found.push(own);
    }

    fn error(&mut self, what: (&str, &str), message: &str, reference: Value) {
        self.add("ERROR", what, message, reference);
    }

    /// Checks the statuses that stand beside workflows.
    pub(super) fn statuses(&mut self, statuses: &[Value]) -> Result<(), Refusal> {
        let table = self.call.table("issuestatus")?;
        let mut seen = BTreeSet::new();
        for status in statuses {
            let (reference, name) = (text(status, "statusReference"), text(status, "name"));
            let place = || json!({"statusReference": reference});
            if !is_uuid(reference) {
                let message = "The status reference must be a valid UUID.";
                self.error(("STATUS", "STATUS_REFERENCE_NOT_UUID"), message, place());
            }
            if !seen.insert(reference) {
                self.error(
                    ("STATUS", "NON_UNIQUE_STATUS_REFERENCE"),
                    "The status reference is there twice.",
                    place(),
                );
            }
            let own = id(status, "id");
            if let Some(own) = &own
                && table.by_id(own).is_none()
            {
                self.error(("STATUS", "STATUS_NOT_FOUND"), "The status does not exist.", place());
            }
            let is_other = |row: Row<'_>| Some(row.id()) != own.as_deref();
            if table.all().any(|row| row.text("pname").eq_ignore_ascii_case(name) && is_other(row)) {
                let message = format!("The status name '{name}' is already in use.");
                self.error(("STATUS", "NON_UNIQUE_STATUS_NAME"), &message, place());
            }
        }
        Ok(())
    }

    /// Checks one workflow.
    pub(super) fn workflow(&mut self, said: &Value, known: &BTreeSet<&str>) -> Result<(), Refusal> {
        let mut own = BTreeSet::new();
        for status in list(said, "statuses") {
            let reference = text(status, "statusReference");
            let place = || json!({"statusReference": reference});
            if !known.contains(reference) {
                let message = "The status is not among the statuses of the request.";
                self.error(("STATUS_LAYOUT", "STATUS_REFERENCE_NOT_FOUND"), message, place());
            }
            if !own.insert(reference) {
                self.error(("STATUS_LAYOUT", "DUPLICATE_STATUS"), "The status is there twice.", place());
            }
        }
        let (mut ids, mut initials, mut reached) = (BTreeSet::new(), 0, BTreeSet::new());
        let (mut global, mut by_source) = (BTreeSet::new(), BTreeSet::new());
        for transition in list(said, "transitions") {
            let number = text(transition, "id");
            let place = || json!({"transitionId": number});
            if number.parse::<u64>().is_err() || !ids.insert(number) {
                let message = "The id of a transition must be a unique number.";
                self.error(("TRANSITION", "INVALID_TRANSITION_ID"), message, place());
            }
            let (name, target) = (text(transition, "name"), text(transition, "toStatusReference"));
            let from: Vec<&str> =
                list(transition, "links").iter().map(|link| text(link, "fromStatusReference")).collect();
            if from.iter().any(|reference| !own.contains(reference))
                || !(target.is_empty() || own.contains(target))
            {
                let message = "Transition refers to a status that does not exist";
                self.error(("TRANSITION", "TRANSITION_STATUS_NOT_FOUND"), message, place());
            }
            match text(transition, "type") {
                "INITIAL" => {
                    initials += 1;
                    if !from.is_empty() || target.is_empty() {
                        let message = "The initial transition has no links and leads to a status.";
                        self.error(("TRANSITION", "INVALID_INITIAL_TRANSITION"), message, place());
                    }
                }
                "GLOBAL" => {
                    if !from.is_empty() {
                        let message = "A global transition has no links.";
                        self.error(("TRANSITION", "GLOBAL_TRANSITION_HAS_LINKS"), message, place());
                    }
                    if !global.insert(name) {
                        let message = "Global transitions must have different names.";
                        self.error(("TRANSITION", "NON_UNIQUE_GLOBAL_TRANSITION_NAME"), message, place());
                    }
                }
                _ => {
                    if from.is_empty() {
                        let message = "A directed transition needs a link.";
                        self.error(("TRANSITION", "TRANSITION_HAS_NO_LINKS"), message, place());
                    }
                    if from.iter().any(|reference| !by_source.insert((*reference, name))) {
                        let message = "Transitions from one status should have different names.";
                        let what = ("TRANSITION", "NON_UNIQUE_TRANSITION_NAME");
                        self.add("WARNING", what, message, place());
                    }
                }
            }
            reached.insert(target);
            self.rules(transition)?;
        }
        if initials != 1 {
            let message = "A workflow has one initial transition.";
            self.error(("WORKFLOW", "INVALID_INITIAL_TRANSITION_COUNT"), message, Value::Null);
        }
        for reference in own.iter().filter(|reference| !reached.contains(*reference)) {
            let message = "No transition leads to the status.";
            let place = json!({"statusReference": reference});
            self.error(("STATUS", "STATUS_NOT_REACHABLE"), message, place);
        }
        Ok(())
    }

    fn rules(&mut self, transition: &Value) -> Result<(), Refusal> {
        for member in ["validators", "actions", "triggers"] {
            for rule in list(transition, member) {
                self.rule(transition, rule)?;
            }
        }
        if transition["transitionScreen"].is_object() {
            self.rule(transition, &transition["transitionScreen"])?;
        }
        if transition["conditions"].is_object() {
            self.conditions(transition, &transition["conditions"])?;
        }
        Ok(())
    }

    fn conditions(&mut self, transition: &Value, said: &Value) -> Result<(), Refusal> {
        let place = json!({"transitionId": text(transition, "id")});
        if !said["conditionGroups"].is_array() {
            self.error(("RULE", "CONDITION_GROUPS_MISSING"), "The conditionGroups are required.", place);
        } else if list(said, "conditions").is_empty() && list(said, "conditionGroups").is_empty() {
            self.error(("RULE", "EMPTY_CONDITION_GROUP"), "A group of conditions is empty.", place);
        }
        for rule in list(said, "conditions") {
            self.rule(transition, rule)?;
        }
        list(said, "conditionGroups").iter().try_for_each(|group| self.conditions(transition, group))
    }

    fn rule(&mut self, transition: &Value, rule: &Value) -> Result<(), Refusal> {
        let key = text(rule, "ruleKey");
        let place = || json!({"transitionId": text(transition, "id")});
        if !KEYS.contains(&key) && !OF_APPS.iter().any(|own| key.starts_with(own)) {
            let message = format!("The rule '{key}' is not supported.");
            self.error(("RULE", "UNSUPPORTED_RULE"), &message, place());
            return Ok(());
        }
        let parameters = rule["parameters"].as_object().cloned().unwrap_or_default();
        if parameters.values().any(|value| !value.is_string()) {
            let message = "Parameters of rules are strings.";
            self.error(("RULE", "INVALID_PARAMETER"), message, place());
        }
        if key == "system:restrict-issue-transition" && parameters.values().all(|value| value == "") {
            let message = "The rule has no parameters.";
            self.error(("RULE", "MISSING_PARAMETERS"), message, place());
        }
        for (name, value) in &parameters {
            let texts = value.as_str().unwrap_or_default().split(',').map(str::trim);
            for own in texts.filter(|own| !own.is_empty()) {
                if !self.exists(name, own)? {
                    let message = format!("The parameter {name} refers to '{own}', which does not exist.");
                    self.error(("RULE", "INVALID_REFERENCE"), &message, place());
                }
            }
        }
        Ok(())
    }

    /// Returns whether what a parameter names is there; what names nothing always is.
    fn exists(&self, parameter: &str, own: &str) -> Result<bool, Refusal> {
        if let Some((_, table)) = REFERENCES.iter().find(|(name, _)| *name == parameter) {
            return Ok(self.call.table(table)?.by_id(own).is_some());
        }
        if FIELDS.contains(&parameter) {
            // Some parameters name parts of a field by words of their own.
            return Ok(!own.starts_with("customfield_") || fields::name(self.call, own)?.is_some());
        }
        Ok(match parameter {
            "groupIds" | "groupsExemptFromValidation" => {
                people::group_names(self.call.site)?.iter().any(|name| people::group_id(name) == own)
            }
            "accountId" | "accountIds" => {
                own.starts_with("allow-") || self.call.site.people()?.all().iter().any(|user| user.key == own)
            }
            _ => true,
        })
    }

    /// Checks that issues of statuses that go are mapped to others.
    pub(super) fn mappings(
        &mut self,
        (statuses, said): (&[Value], &Value),
        before: &Before,
        stay: &BTreeSet<String>,
    ) -> Result<(), Refusal> {
        let mut missing: BTreeMap<(String, String), String> = BTreeMap::new();
        for issue in before.issues(self.call)? {
            if !stay.contains(&issue.status) && super::mapped(statuses, said, &issue).is_none() {
                missing.insert((issue.project, issue.issue_type), issue.status);
            }
        }
        for ((project, kind), status) in missing {
            let message =
                format!("Issues have the status {status}, which the workflow loses: a mapping is needed.");
            let place = json!({"statusMappingReference": {"projectId": project, "issueTypeId": kind}});
            self.error(("STATUS_MAPPING", "MISSING_STATUS_MAPPING"), &message, place);
        }
        Ok(())
    }
}
