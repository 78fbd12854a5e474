//! Minimality, generated from the schema: a file with one change made by hand plans just that change, and writes just that object.
//!
//! For every declaration that occurs in an export, one change is made: another value, an item that is left out, two items of a kept
//! order swapped. What cannot lead to one change is listed with its reason, so a new declaration must be covered or explained.

use std::collections::BTreeMap;
use std::path::Path;

use pcfg::check;
use pcfg::entity::Tables;
use pcfg::import::prepare;
use pcfg::mapping;
use pcfg::model::{Config, Element, Facts, Identity, Snapshot, canonicalize};
use pcfg::plan::{Action, Options, difference};
use pcfg::schema::{Content, DeclId, Items, Relation, Schema, Target, Values};
use pcfg::select::{self, select};
use pcfg::xml;

use crate::real_data;

/// An instance and all of its configuration.
struct Instance {
    tables: Tables,
    snapshot: Snapshot,
    config: Config,
}

impl Instance {
    fn read(folder: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let tables = real_data::read(&path).tables;
        let mut snapshot = mapping::read(&tables);
        let options =
            select::Options { custom_fields: select::CustomFields::All, ..select::Options::default() };
        let config = select(&mut snapshot, &options).unwrap();
        let snapshot = mapping::read(&tables);
        Self { tables, snapshot, config }
    }

    /// Imports the configuration with one change; says what came of it.
    fn outcome(&self, way: &[usize], change: &Change) -> Option<String> {
        let mut root = self.config.root().clone();
        let (last, around) = way.split_last().unwrap();
        let mut at = &mut root;
        for step in around {
            at = &mut at.children_mut().unwrap()[*step];
        }
        let object = Identity::of_definition(&self.config.root().children()[way[0]].children()[*way.get(1)?]);
        change.make(at, *last);
        canonicalize(&mut root);
        // A change by hand that makes the file wrong is for `pcfg validate` to tell.
        if !check::check(&root).is_empty() {
            return None;
        }
        let config = Config::new(root);
        // Another value is chosen among the right ones; what is left out may have to be there.
        if matches!(change, Change::LeaveOut) && !xml::read(&xml::to_string(&config)).problems.is_empty() {
            return None;
        }
        let options = Options { update_users: true, ..Options::default() };
        let import = prepare(&self.tables, &self.snapshot, &Facts::default(), &config, &options);
        if let Some(refused) = import.plan.refused.first() {
            return Some(format!("refused: {}", refused.reasons[0].code));
        }
        if !import.unwritable.is_empty() {
            return Some(format!("cannot be held: {}", import.unwritable[0].message));
        }
        if !import.leftover.is_empty() {
            return Some("stopped: it would not lead to the file".to_owned());
        }
        let [step] = &import.plan.steps[..] else {
            return Some(format!("{} objects change", import.plan.steps.len()));
        };
        let parts = match &step.action {
            Action::Change { changes, .. } => changes.len(),
            Action::Create { .. } | Action::Setting { .. } => 1,
        };
        if parts != 1 {
            return Some(format!("{parts} changes"));
        }
        if object.as_ref().is_some_and(|own| *own != step.identity)
            && matches!(step.action, Action::Change { .. })
        {
            return Some(format!("another object changes: {}", step.identity));
        }
        // Only rows of this object change: everything else reads as before.
        let mut changed = self.tables.clone();
        changed.apply(&import.changes).unwrap();
        let after = mapping::read(&changed);
        let difference = difference(&self.snapshot, &after, import.plan.projects.clone());
        let names: Vec<_> = difference.steps.iter().map(|own| (own.in_words(), own.name.clone())).collect();
        if names.len() != 1 {
            return Some(format!("touches {names:?}"));
        }
        Some(ONE.to_owned())
    }
}

/// The outcome that is wanted.
const ONE: &str = "one change";

/// A change as people make them.
#[derive(Debug, Clone)]
enum Change {
    /// Another value.
    Text(String),
    /// A child that is left out.
    LeaveOut,
    /// Two neighbours that change places: by themselves, or by the numbers that say where they stand.
    Swap(Option<DeclId>),
}

impl Change {
    fn make(&self, around: &mut Element, at: usize) {
        let children = around.children_mut().unwrap();
        match self {
            Self::Text(text) => {
                children[at] = Element {
                    content: pcfg::model::Content::Text(text.as_str().into()),
                    ..children[at].clone()
                }
            }
            Self::LeaveOut => drop(children.remove(at)),
            Self::Swap(None) => children.swap(at, at + 1),
            Self::Swap(Some(rank)) => {
                let place = |element: &Element| {
                    element.children().iter().position(|own| own.declaration == *rank).unwrap()
                };
                let (one, other) = (place(&children[at]), place(&children[at + 1]));
                let number = children[at].children()[one].clone();
                let second = std::mem::replace(&mut children[at + 1].children_mut().unwrap()[other], number);
                children[at].children_mut().unwrap()[one] = second;
            }
        }
    }
}

/// Returns the changes that can be made at a child.
fn changes(around: &Element, at: usize, names: &BTreeMap<DeclId, Vec<String>>) -> Vec<Change> {
    let schema = Schema::get();
    let child = &around.children()[at];
    let declaration = schema.declaration(child.declaration);
    let text = child.text();
    let other = |all: &[String]| all.iter().find(|own| *own != text).cloned();
    let mut changes = Vec::new();
    match &schema.ty(declaration.ty).content {
        Content::Leaf(simple) => changes.extend(
            match &simple.values {
                Values::Any => Some(format!("{text} too")),
                Values::Number => text.parse::<i64>().ok().map(|number| (number + 1).to_string()),
                Values::Date => Some("2030-01-31".to_owned()),
                Values::OneOf(all) => other(all),
            }
            .map(Change::Text),
        ),
        Content::Reference(reference) => {
            if let Target::Kind(kind) = &reference.target
                && let Some(names) = names.get(&schema.kind(*kind).declaration)
            {
                changes.extend(names.iter().filter(|own| *own != text).take(4).cloned().map(Change::Text));
            }
        }
        _ => {}
    }
    changes.push(Change::LeaveOut);
    let next = around.children().get(at + 1).filter(|next| next.declaration == child.declaration);
    if let (Some(Items { relation, rank, .. }), Some(_)) = (&declaration.items, next) {
        match (relation, rank) {
            (Relation::Ordered, _) => changes.push(Change::Swap(None)),
            (_, Some(rank)) if rank.path.len() == 1 => changes.push(Change::Swap(Some(rank.path[0]))),
            _ => {}
        }
    }
    changes
}

/// Tries changes until each declaration has led to one change; keeps the best outcome of each.
fn run(instance: &Instance, outcomes: &mut BTreeMap<String, String>) {
    /// How often a declaration is tried.
    const TRIES: usize = 6;
    let mut names: BTreeMap<DeclId, Vec<String>> = BTreeMap::new();
    let mut waiting = vec![(Vec::new(), instance.config.root())];
    let mut ways = Vec::new();
    while let Some((way, element)) = waiting.pop() {
        if let Some(identity) = Identity::of_definition(element) {
            names.entry(element.declaration).or_default().push(identity.name().to_owned());
        }
        for (at, child) in element.children().iter().enumerate() {
            let mut own: Vec<usize> = way.clone();
            own.push(at);
            waiting.push((own.clone(), child));
            if own.len() > 1 {
                ways.push((own, element, at));
            }
        }
    }
    let mut tries: BTreeMap<String, usize> = BTreeMap::new();
    for (way, around, at) in ways {
        let title = title(around, &around.children()[at]);
        for change in changes(around, at, &names) {
            let tried = tries.entry(title.clone()).or_default();
            if *tried >= TRIES || outcomes.get(&title).is_some_and(|own| own == ONE) {
                break;
            }
            if let Some(outcome) = instance.outcome(&way, &change) {
                *tried += 1;
                if outcome == ONE || !outcomes.contains_key(&title) {
                    outcomes.insert(title.clone(), outcome);
                }
            }
        }
    }
}

/// Names a declaration: the type around it, and its tag.
fn title(around: &Element, child: &Element) -> String {
    format!("{}/{}", Schema::get().type_of(around.declaration).name, child.tag())
}

/// What does not lead to one change, and why:
/// - `not made`: it occurs in neither export, or no change of it alone leaves the file valid (a name that others refer to; the last
///   of what must be there).
/// - `2 changes`: the part of an item that tells it from others. With another one it is another item: one goes, one comes.
/// - `0 objects change`: a whole object that is left out stays; a locked field is never changed.
/// - `refused` and `cannot be held`: what no Jira has, told before anything is written.
/// - `stopped`: the file says what has no meaning; an import of it changes nothing, and ends with exit code 70.
#[test]
fn one_change_by_hand_is_one_change_of_the_plan() {
    let mut outcomes = BTreeMap::new();
    for folder in ["samples/demo", "testdata/backup/demo"] {
        run(&Instance::read(folder), &mut outcomes);
    }
    let schema = Schema::get();
    for (_, ty) in schema.types() {
        if let Content::Children(children) | Content::Choice(children) = &ty.content {
            for child in children {
                let title = format!("{}/{}", ty.name, schema.declaration(*child).name);
                outcomes.entry(title).or_insert_with(|| "not made".to_owned());
            }
        }
    }
    let mut rest: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (title, outcome) in outcomes.iter().filter(|(_, outcome)| *outcome != ONE) {
        rest.entry(outcome).or_default().push(title);
    }
    let reached = outcomes.len() - rest.values().map(Vec::len).sum::<usize>();
    let rest: Vec<String> =
        rest.iter().map(|(outcome, titles)| format!("{outcome}: {}", titles.join(" "))).collect();
    insta::assert_snapshot!(format!("{reached} lead to one change; the others:\n{}", rest.join("\n\n")), @"
    199 lead to one change; the others:
    0 objects change: CustomField/locked Dashboards/dashboard IssueLinkConfiguration/issueLink Projects/project ScrumKanbanBoards/scrumKanbanBoard WorkflowEntry/draft

    2 changes: ApplicableIssueType/issueType BoardColumn/name Component/name Config/name CustomFieldConfigScheme/name FieldScreenLayoutItem/field GadgetPreference/filter GadgetPreference/key GadgetPreference/project Holder/applicationRole Holder/group Holder/projectRole IndividualFieldConfig/fieldName MappingFieldConfigIssueTypes/issueType MappingIssueTypes/issueType MappingOperationsScreens/operation MappingScreenSchemesIssueTypes/issueType NotificationReceiver/event Option/parentOption PermissionHolder/permission ProjectRoleMembership/memberGroup ProjectRoleMembership/memberUser ProjectRoleMembership/name QuickFilter/name Receiver/group Receiver/projectRole ScreenTab/name SecurityPermission/level SharedWith/project Swimlane/name Transition/transitionId UserProperty/key Version/name WorkflowArgument/eventType WorkflowArgument/group WorkflowArgument/projectRole WorkflowArgument/resolution WorkflowProperty/group WorkflowProperty/key

    cannot be held: a field of type com.atlassian.jira.plugin.system.customfieldtypes:textarea has no 0 default values: DefaultValue/singularValue

    cannot be held: there is no configuration, or more than one, for this issue type: CustomFieldConfigScheme/config

    cannot be held: there is no project : SharedWith/name

    not made: ApplicableIssueType/config Board/kanbanBacklog Board/oldDoneIssuesCutoff Board/subFilter CardColor/eventType CardColor/field CardColor/fieldOption CardColor/filter CardColor/group CardColor/issueType CardColor/priority CardColor/project CardColor/projectRole CardColor/resolution CardColor/screen CardColor/scrumKanbanBoard CardColor/securityLevel CardColor/status CardColor/user CardColor/value CardColor/version Component/archived ConditionalResult/conditions ConditionalResult/postFunction ConditionalResult/preFunction ConditionalResult/to ConditionalResult/toStatus ConditionalResult/validator ConditionalResult/verbatim Conditions/verbatim Context/projectCategoryContext CustomField/name CustomField/type CustomFields/customField Dashboard/builtIn DefaultValue/currentDateTime EventType/name EventTypes/eventType FieldConfiguration/name FieldConfigurationScheme/name FieldConfigurationSchemes/fieldConfigurationScheme FieldConfigurations/fieldConfiguration Filter/author Filter/name Filter/searchRequest Filters/filter Gadget/module Gadget/portlet GadgetPreference/eventType GadgetPreference/fieldOption GadgetPreference/group GadgetPreference/issueType GadgetPreference/priority GadgetPreference/projectRole GadgetPreference/resolution GadgetPreference/screen GadgetPreference/scrumKanbanBoard GadgetPreference/securityLevel GadgetPreference/status GadgetPreference/user GadgetPreference/version Group/empty Group/memberGroup Group/name Groups/group Holder/anyone Holder/assignee Holder/groupField Holder/other Holder/projectLead Holder/reporter Holder/user Holder/userField IssueSecurityLevel/name IssueSecurityScheme/issueSecurityLevel IssueSecurityScheme/name IssueSecuritySchemes/issueSecurityScheme IssueType/name IssueType/subtask IssueTypeScheme/name IssueTypeSchemes/issueTypeScheme IssueTypeScreenScheme/name IssueTypeScreenSchemes/issueTypeScreenScheme IssueTypes/issueType NotificationReceiver/receiver NotificationScheme/name NotificationSchemes/notificationScheme OtherHolder/parameter OtherHolder/type PermissionHolder/holder PermissionScheme/name PermissionSchemes/permissionScheme Priority/name PriorityScheme/name PrioritySchemes/priorityScheme ProjectCategories/projectCategory ProjectCategory/name ProjectConfig/customFields ProjectConfig/dashboards ProjectConfig/eventTypes ProjectConfig/fieldConfigurationSchemes ProjectConfig/fieldConfigurations ProjectConfig/filters ProjectConfig/groups ProjectConfig/issueLinkConfiguration ProjectConfig/issueSecuritySchemes ProjectConfig/issueTypeSchemes ProjectConfig/issueTypeScreenSchemes ProjectConfig/issueTypes ProjectConfig/notificationSchemes ProjectConfig/permissionSchemes ProjectConfig/priorityConfiguration ProjectConfig/prioritySchemes ProjectConfig/projectCategories ProjectConfig/projectRoles ProjectConfig/projects ProjectConfig/resolutionConfiguration ProjectConfig/screenSchemes ProjectConfig/screens ProjectConfig/scrumKanbanBoards ProjectConfig/statusConfiguration ProjectConfig/users ProjectConfig/workflowEntries ProjectConfig/workflowSchemes ProjectRole/defaultUser ProjectRole/name ProjectRoles/projectRole Receiver/allWatchers Receiver/assignee Receiver/componentLead Receiver/currentUser Receiver/emailAddress Receiver/groupField Receiver/other Receiver/projectLead Receiver/reporter Receiver/user Receiver/userField ResolutionConfiguration/defaultResolution Screen/name ScreenScheme/name ScreenSchemes/screenScheme Screens/screen SecurityPermission/permittedTo SingularValue/group SingularValue/project SingularValue/version Status/name StatusConfiguration/status Step/name Step/verbatim Swimlane/description Transition/automatic Transition/conditionalResult Transition/description Transition/finalFunction Transition/preFunction Transition/resultPreFunction Transition/resultValidator Transition/toStatus Transition/verbatim Transition/view User/username Users/user WorkflowArgument/fieldOption WorkflowArgument/filter WorkflowArgument/issueType WorkflowArgument/priority WorkflowArgument/project WorkflowArgument/screen WorkflowArgument/scrumKanbanBoard WorkflowArgument/securityLevel WorkflowArgument/user WorkflowArgument/version WorkflowDraft/property WorkflowDraft/step WorkflowDraft/verbatim WorkflowEntries/workflowEntry WorkflowEntry/name WorkflowEntry/property WorkflowEntry/step WorkflowEntry/verbatim WorkflowFunction/name WorkflowFunction/type WorkflowFunction/verbatim WorkflowProperty/eventType WorkflowProperty/field WorkflowProperty/fieldOption WorkflowProperty/filter WorkflowProperty/issueType WorkflowProperty/priority WorkflowProperty/project WorkflowProperty/projectRole WorkflowProperty/resolution WorkflowProperty/screen WorkflowProperty/scrumKanbanBoard WorkflowProperty/securityLevel WorkflowProperty/status WorkflowProperty/user WorkflowProperty/version WorkflowScheme/draft WorkflowScheme/name WorkflowSchemeDraft/mappingIssueTypes WorkflowSchemes/workflowScheme

    refused: described-twice: EventType/builtIn Screen/builtIn

    refused: system-object: FieldConfiguration/builtIn IssueTypeScheme/builtIn IssueTypeScreenScheme/builtIn PermissionScheme/builtIn PriorityScheme/builtIn ScreenScheme/builtIn WorkflowEntry/builtIn

    stopped: it would not lead to the file: ApplicableIssueType/allIssueTypes CardColor/strategy Conditions/conditions Context/global Context/projectContext SharedWith/rights SharedWith/type Transition/position WorkflowArgument/field WorkflowArgument/name
    ");
}
