//! Imports of something of every kind at once, over REST: what the laws about writing are proved on.
//!
//! The file is what a site tells that has everything, with changes as people make them (`one_change`), put together as long as nothing
//! of it is refused. Invariant: each change that is named is in the file, so that a kind that is not written any more is a failure.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jira_for_tests::Options as Served;
use pcfg::check;
use pcfg::import::prepare;
use pcfg::instance::Scope;
use pcfg::model::{Config, Element, Severity, canonicalize};
use pcfg::xml;

use crate::live_one_change::changes;
use crate::live_there_and_back::in_short;
use crate::live_writing::{Target, exported, options};
use crate::one_change::edits::Edit;

/// How many changes of a kind are tried until one fits the others.
const TRIES: usize = 8;

/// What is changed in Jira Cloud: of each kind something that comes, and something that changes.
const CLOUD: &[&str] = &[
    "StatusConfiguration/status a further one",
    "Status/description another value",
    "ResolutionConfiguration/resolution a further one",
    "Resolution/description another value",
    "Priority/description another value",
    "IssueTypes/issueType a further one",
    "IssueType/description another value",
    "IssueTypeSchemes/issueTypeScheme a further one",
    "IssueTypeScheme/issueType two change places",
    "PrioritySchemes/priorityScheme a further one",
    "PriorityScheme/description another value",
    "Screens/screen a further one",
    "ScreenTab/fieldScreenLayoutItem left out",
    "ScreenScheme/description another value",
    "ScreenSchemes/screenScheme a further one",
    "IssueTypeScreenScheme/description another value",
    "IssueTypeScreenSchemes/issueTypeScreenScheme a further one",
    "IssueLinkConfiguration/issueLink a further one",
    "IssueLink/inward another value",
    "ProjectCategories/projectCategory a further one",
    "ProjectCategory/description another value",
    "ProjectRoles/projectRole a further one",
    "ProjectRole/description another value",
    "Group/memberUser left out",
    "PermissionSchemes/permissionScheme a further one",
    "PermissionScheme/description another value",
    "PermissionScheme/permissionHolder a further one",
    "NotificationSchemes/notificationScheme a further one",
    "NotificationScheme/notificationReceiver a further one",
    "NotificationScheme/description another value",
    "IssueSecuritySchemes/issueSecurityScheme a further one",
    "IssueSecurityScheme/issueSecurityLevel a further one",
    "IssueSecurityScheme/permission a further one",
    "IssueSecurityScheme/description another value",
    "Projects/project a further one",
    "Project/description another value",
    "Components/component a further one",
    "Versions/version a further one",
    "ProjectRoleMembership/memberGroup a further one",
    "Filters/filter a further one",
    "Filter/description another value",
    "Dashboards/dashboard a further one",
    "Dashboard/description another value",
    "Dashboard/gadget a further one",
    "Board/showDaysInColumn another value",
    "BoardColumn/name another value",
    "QuickFilters/quickFilter a further one",
    "Swimlane/description another value",
    "DetailViewFields/field left out",
    "Transition/description another value",
    "WorkflowSchemes/workflowScheme a further one",
    "WorkflowScheme/description another value",
];

/// What is changed in Data Center.
const DATA_CENTER: &[&str] = &[
    "IssueTypes/issueType a further one",
    "IssueType/description another value",
    "IssueTypeSchemes/issueTypeScheme a further one",
    "IssueTypeScheme/issueType two change places",
    "PrioritySchemes/priorityScheme a further one",
    "PriorityScheme/description another value",
    "Screen/screenTab a further one",
    "ScreenTab/fieldScreenLayoutItem left out",
    "IssueLinkConfiguration/issueLink a further one",
    "IssueLink/inward another value",
    "ProjectCategories/projectCategory a further one",
    "ProjectCategory/description another value",
    "ProjectRoles/projectRole a further one",
    "ProjectRole/description another value",
    "Group/memberUser left out",
    "PermissionSchemes/permissionScheme a further one",
    "PermissionScheme/description another value",
    "PermissionScheme/permissionHolder a further one",
    "Project/description another value",
    "Components/component a further one",
    "Versions/version a further one",
    "ProjectRoleMembership/memberGroup a further one",
    "BoardColumn/name another value",
    "QuickFilters/quickFilter a further one",
    "Swimlane/description another value",
];

/// A site that has everything, and a file that changes something of every kind.
pub(crate) struct Whole {
    pub(crate) target: Target,
    pub(crate) file: Config,
}

/// Returns a site of each edition, with what is changed there.
pub(crate) fn wholes() -> impl Iterator<Item = Whole> {
    both().into_iter().map(|(served, wanted)| {
        let target = Target::everything(served);
        Whole { file: changed(&target, wanted), target }
    })
}

/// Returns both editions, each with what is changed there.
pub(crate) fn both() -> [(Served, &'static [&'static str]); 2] {
    [(Served::cloud(), CLOUD), (Served::data_center(), DATA_CENTER)]
}

/// The files that were put together, by what the site tells and what is changed: many laws are about the same ones.
static FILES: Mutex<BTreeMap<(String, String), Config>> = Mutex::new(BTreeMap::new());

/// Returns what a site tells, with these changes.
pub(crate) fn changed(target: &Target, wanted: &[&str]) -> Config {
    let told = xml::to_string(&target.export());
    // Whoever comes second waits for the first.
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.entry((told, wanted.join("\n"))).or_insert_with(|| put_together(target, wanted)).clone()
}

/// Returns what a site tells, with these changes: of each the first that fits those before.
fn put_together(target: &Target, wanted: &[&str]) -> Config {
    let mut reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
    let file = exported(&mut reading.snapshot);
    let all = changes(&file);
    let planned = |made: &[(Vec<usize>, Edit)]| {
        let root = with(&file, made);
        if check::check(&root).iter().any(|own| own.severity == Severity::Error) {
            return None;
        }
        let own =
            prepare(reading.place(), &reading.snapshot, &reading.facts(), &Config::new(root), &options());
        Some(own)
    };
    let mut made: Vec<(Vec<usize>, Edit)> = Vec::new();
    let mut calls = 0;
    for key in wanted {
        let edits = all.get(*key).unwrap_or_else(|| panic!("there is no `{key}`"));
        let mut why = String::new();
        let fits = edits.iter().take(TRIES).find_map(|(way, edit)| {
            if made.iter().any(|(own, _)| own == way) {
                return None;
            }
            let with: Vec<_> = made.iter().cloned().chain([(way.clone(), edit.clone())]).collect();
            let import = planned(&with)?;
            let (is_whole, is_more) = (import.plan.refused.is_empty(), import.work.len() > calls);
            let is_kept = import.plan.irrevocable.is_empty() && import.leftover.is_empty();
            if !(is_whole && is_more && is_kept) {
                why = in_short(&import);
                return None;
            }
            calls = import.work.len();
            Some(with)
        });
        made = fits.unwrap_or_else(|| panic!("no `{key}` fits the others: {why}"));
    }
    Config::new(with(&file, &made))
}

/// Makes changes, each where the file has it.
fn with(file: &Config, made: &[(Vec<usize>, Edit)]) -> Element {
    let mut root = file.root().clone();
    let mut made: Vec<&(Vec<usize>, Edit)> = made.iter().collect();
    // What comes or goes leaves what stands before it where it is.
    made.sort_by(|one, other| other.0.cmp(&one.0));
    made.into_iter().for_each(|(way, edit)| edit.make(&mut root, way));
    canonicalize(&mut root);
    root
}
