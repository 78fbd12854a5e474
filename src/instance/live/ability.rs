//! What each edition of Jira can tell by REST, and what it can be told: one table, by kind of object and by property.
//!
//! Invariant: what a line says that an edition does not tell is unknown there, never absent; a property without a line is as its
//! kind. `docs/rest.md` is made of it.
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3, and replies of live sites.

use crate::instance::Kind;
use crate::model::{Abilities, Verbs};
use crate::rest::Edition;
use crate::schema::Schema;

/// What an edition can do with objects of a kind, or with a property of them.
#[derive(Debug, Clone, Copy)]
struct Ability {
    /// The kind (`screen`), or the property (`screen/description`).
    part: &'static str,
    cloud: Verbs,
    data_center: Verbs,
}

impl Ability {
    fn of(&self, edition: Edition) -> Verbs {
        match edition {
            Edition::Cloud => self.cloud,
            Edition::DataCenter => self.data_center,
        }
    }
}

/// Returns what an edition of a live Jira can do.
pub fn abilities(edition: Edition) -> Abilities {
    Kind::Live.abilities().with(ABILITIES.iter().map(|own| (own.part, own.of(edition))))
}

/// Returns what an edition of a live Jira takes, where all of it is read otherwise.
pub(in crate::instance) fn writable(edition: Edition) -> Abilities {
    let verbs = |own: &Ability| Verbs { read: Ok(()), ..own.of(edition) };
    Kind::Live.abilities().with(ABILITIES.iter().map(|own| (own.part, verbs(own))))
}

/// Returns the same for somebody who is no administrator of Jira.
pub(in crate::instance) fn closed(abilities: Abilities) -> Abilities {
    const WHY: &str = "only a Jira administrator can do this, and you are not one";
    let schema = Schema::get();
    let kinds = schema.kinds().filter(|(id, _)| schema.container(*id).is_some());
    let kinds = kinds.map(|(_, kind)| (kind.name.clone(), Verbs::ALL));
    let parts: Vec<(String, Verbs)> = kinds.chain(abilities.parts()).collect();
    abilities.with(parts.iter().map(|(part, verbs)| (part.as_str(), verbs.only_read(WHY))))
}

/// Both reads and writes it.
const ALL: Verbs = Verbs::ALL;
/// Neither tells it nor takes it.
const NONE: Verbs = no("no endpoint returns it");

const fn no(why: &'static str) -> Verbs {
    Verbs::ALL.only_read(why).unread(why)
}

const fn told(why: &'static str) -> Verbs {
    Verbs::ALL.only_read(why)
}

const fn taken(why: &'static str) -> Verbs {
    Verbs::ALL.unread(why)
}

/// Takes it when an object is made, and never again.
const fn at_first(why: &'static str) -> Verbs {
    Verbs { change: Err(why), remove: Err(why), ..Verbs::ALL }
}

const fn line(part: &'static str, cloud: Verbs, data_center: Verbs) -> Ability {
    Ability { part, cloud, data_center }
}

/// Only read there.
const PAGES: &str = "only Jira's own pages can do this";
const SETTINGS: &str = "only the settings page of the board can do this";
const ALWAYS: &str = "each field has a line, and one that says nothing is the same as none";
const OWN_NAME: &str = "Jira names and describes option sets itself, and no page shows it";
const NAMED: &str = "only those that are referred to are read";
const ACCOUNTS: &str = "accounts are managed by the organization";

/// All lines, in the order of the schema.
const ABILITIES: &[Ability] = &[
    line("project", ALL, ALL),
    line("project/projectType", at_first("the type of a project is changed in Jira itself"), ALL),
    line(
        "project/senderAddress",
        taken("the reply does not distinguish a project's own address from that of the site"),
        NONE,
    ),
    line(
        "project/issueTypeScheme",
        ALL,
        taken("no reply says which scheme is used by projects without one of their own"),
    ),
    line("project/priorityScheme", ALL, ALL),
    line("project/fieldConfigurationScheme", ALL, NONE),
    line("project/issueTypeScreenScheme", ALL, NONE),
    line("project/workflowScheme", ALL, at_first(PAGES)),
    line("project/permissionScheme", ALL, ALL),
    line("project/notificationScheme", ALL, ALL),
    line("project/issueSecurityScheme", ALL, ALL),
    line("project/versions", ALL, ALL),
    line("project/components", ALL, ALL),
    line("project/projectRoleMembers", ALL, ALL),
    line("user", told(ACCOUNTS).unread(NAMED), ALL),
    line("user/email", no("only of those who make it visible"), ALL),
    line("user/property", NONE, NONE),
    line("group", ALL, ALL),
    line("group/description", NONE, NONE),
    line("group/memberGroup", NONE, NONE),
    line("projectCategory", ALL, ALL),
    line("projectRole", ALL, ALL),
    line("issueType", ALL, ALL),
    line("issueType/iconUrl", ALL, NONE),
    line("issueType/translation", NONE, NONE),
    line("issueTypeScheme", ALL, ALL),
    line("issueTypeScheme/builtIn", ALL, NONE),
    line("priority", ALL, told(PAGES)),
    line("priority/translation", NONE, NONE),
    line("priority/defaultPriority", ALL, NONE),
    line("priorityScheme", ALL, ALL),
    line("resolution", ALL, told(PAGES)),
    line("resolution/translation", NONE, NONE),
    line("resolution/defaultResolution", ALL, NONE),
    line("status", ALL, told(PAGES)),
    line("status/iconUrl", no("Jira Cloud chooses icons by the category"), told(PAGES)),
    line("status/translation", NONE, NONE),
    line("issueLink", ALL, ALL),
    line(
        "eventType",
        told("Jira Cloud has no custom events"),
        no("only the events in notification schemes are returned"),
    ),
    line("eventType/description", NONE, told(PAGES)),
    line("customField", ALL, Verbs { change: Err(PAGES), ..ALL }),
    line("customField/managed", NONE, NONE),
    line(
        "customField/customFieldConfigScheme",
        ALL,
        no("contexts and options are returned only by internal endpoints"),
    ),
    line("customField/translation", NONE, NONE),
    line("config/name", told(OWN_NAME), told(OWN_NAME)),
    line("fieldConfiguration", ALL, NONE),
    line("fieldConfiguration/individualFieldConfig", Verbs { remove: Err(ALWAYS), ..ALL }, NONE),
    line("fieldConfigurationScheme", ALL, NONE),
    line("screen", ALL, told(PAGES)),
    // It changes tabs and their fields.
    line("screen/screenTab", ALL, ALL),
    line("screenScheme", ALL, NONE),
    line("issueTypeScreenScheme", ALL, NONE),
    line("workflowEntry", ALL, no("only names and descriptions are returned")),
    line(
        "workflowEntry/name",
        at_first("no request gives a workflow another name"),
        told("only names and descriptions are returned"),
    ),
    line("workflowEntry/managed", NONE, NONE),
    line("workflowEntry/draft", NONE, NONE),
    line("workflowScheme", ALL, no("only those of the chosen projects are returned: there is no list")),
    line("workflowScheme/managed", NONE, NONE),
    line(
        "workflowScheme/draft",
        told("pcfg changes workflow schemes at once and writes no drafts"),
        no("only those of the chosen projects are returned: there is no list"),
    ),
    line("permissionScheme", ALL, ALL),
    line("notificationScheme", ALL, told(PAGES)),
    line("issueSecurityScheme", ALL, told(PAGES)),
    line("issueSecurityScheme/permission", ALL, NONE),
    line("filter", ALL, no("there is no list of filters: only those of boards are returned")),
    line("dashboard", ALL, no("only names are returned")),
    line("dashboard/layout", NONE, NONE),
    line("scrumKanbanBoard", ALL, ALL),
    line("scrumKanbanBoard/owner", NONE, NONE),
    // A new board has what Jira gives each.
    line("scrumKanbanBoard/cardColorStrategy", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/cardColors", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/workingDays", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/showEpicAsPanel", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/kanbanBacklog", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/oldDoneIssuesCutoff", at_first(SETTINGS), at_first(SETTINGS)),
    line("scrumKanbanBoard/refinedVelocity", NONE, ALL),
];

/// Returns what an edition does not tell: the part, and why.
pub(super) fn untold(edition: Edition) -> impl Iterator<Item = (&'static str, &'static str)> {
    ABILITIES.iter().filter_map(move |own| Some((own.part, own.of(edition).read.err()?)))
}
