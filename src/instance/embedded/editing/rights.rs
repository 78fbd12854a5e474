//! What a user may do in the project, by its permission scheme.
//!
//! Invariant: a grant that is not understood gives nothing, and a comment, worklog or issue that is for some people only is not shown to
//! others.

use std::collections::{BTreeSet, HashMap};

use pcfg_sync::{IssueFault, Right};

use super::ground::{Ground, Person};
use super::rows::Called;
use crate::entity::{DataRow, Row};
use crate::instance::single_issues::RIGHTS;
use crate::mapping::granted;

/// What one user may do in the project.
pub(super) struct Rights {
    person: Person,
    groups: BTreeSet<String>,
    /// The ids of the roles that the user has in the project.
    roles: BTreeSet<String>,
    /// Types and parameters of the grants, by permission.
    grants: HashMap<String, Vec<(String, String)>>,
    is_lead: bool,
}

impl Rights {
    pub(super) fn of(ground: &Ground, person: &Person) -> Self {
        let groups = ground.groups(&person.facts.name);
        let own = |row: &&Row| row.number("pid") == Some(ground.project.id as i64);
        let roles = ground.tables.rows("ProjectRoleActor").iter().filter(own).filter(|row| {
            let parameter = row.text("roletypeparameter").unwrap_or_default();
            match row.get("roletype") {
                Some("atlassian-group-role-actor") => groups.contains(&parameter.to_lowercase()),
                Some("atlassian-user-role-actor") => parameter == person.key,
                _ => false,
            }
        });
        let roles = roles.filter_map(|row| row.text("projectroleid").map(str::to_owned)).collect();
        let mut grants: HashMap<String, Vec<(String, String)>> = HashMap::new();
        let scheme = ground.scheme("PermissionScheme");
        let rows = ground.tables.rows("SchemePermissions").iter();
        for row in rows.filter(|row| scheme.is_some() && row.get("scheme") == scheme) {
            let (Some(permission), Some(kind)) = (granted(row), row.text("type")) else { continue };
            let parameter = row.text("parameter").unwrap_or_default().to_owned();
            grants.entry(permission.to_owned()).or_default().push((kind.to_owned(), parameter));
        }
        // Older versions (up to 6.2) had no permission for transitions: everybody took them who saw an issue.
        let knows_transitions = ground
            .tables
            .rows("SchemePermissions")
            .iter()
            .any(|row| granted(row).is_some_and(|own| own == "TRANSITION_ISSUES"));
        if !knows_transitions && let Some(browse) = grants.get("BROWSE_PROJECTS").cloned() {
            grants.insert("TRANSITION_ISSUES".to_owned(), browse);
        }
        let is_lead = ground.project.lead.as_deref() == Some(&person.key);
        Self { person: person.clone(), groups, roles, grants, is_lead }
    }

    /// Returns whether the user has a permission, for an issue or for the project as such.
    pub(super) fn has(&self, permission: &str, issue: Option<&DataRow>) -> bool {
        let grants = self.grants.get(permission);
        self.person.facts.active
            && grants.into_iter().flatten().any(|(kind, parameter)| self.is_meant(kind, parameter, issue))
    }

    fn is_meant(&self, kind: &str, parameter: &str, issue: Option<&DataRow>) -> bool {
        let is_own = |column| issue.and_then(|row| row.text(column)) == Some(&self.person.key);
        match kind {
            "group" => parameter.is_empty() || self.is_in_group(parameter),
            "projectrole" => self.roles.contains(parameter),
            "user" => parameter == self.person.key,
            "lead" => self.is_lead,
            "reporter" => is_own("reporter"),
            "assignee" => is_own("assignee"),
            // Everybody who can log in has an application.
            "applicationRole" => true,
            _ => false,
        }
    }

    fn is_in_group(&self, group: &str) -> bool {
        self.groups.contains(&group.to_lowercase())
    }

    /// Fails if the user has not got a permission.
    pub(super) fn must(&self, permission: &'static str, issue: Option<&DataRow>, deed: &str) -> Called<()> {
        if self.has(permission, issue) {
            return Ok(());
        }
        let name = &self.person.facts.name;
        Err(IssueFault::Forbidden { why: format!("to {deed}, `{name}` needs the permission {permission}") })
    }

    /// Returns what of the rights that a synchronization may need the user has not got.
    pub(super) fn missing(&self) -> BTreeSet<Right> {
        let missing = RIGHTS.iter().filter(|(_, permission)| !self.has(permission, None));
        missing.map(|(right, _)| *right).collect()
    }

    /// Returns whether the user sees an issue.
    pub(super) fn sees(&self, ground: &Ground, issue: &DataRow) -> bool {
        if !self.has("BROWSE_PROJECTS", Some(issue)) {
            return false;
        }
        let Some(level) = issue.text("security").filter(|own| *own != "-1") else { return true };
        let mut holders = ground.tables.rows("SchemeIssueSecurities").iter();
        holders.any(|row| {
            row.get("security") == Some(level)
                && row.text("type").is_some_and(|kind| {
                    self.is_meant(kind, row.text("parameter").unwrap_or_default(), Some(issue))
                })
        })
    }

    /// Returns whether the user sees a comment or a worklog that is for a group or a role.
    pub(super) fn may_read(&self, row: &DataRow, group: &str) -> bool {
        let of_group = row.text(group).is_none_or(|own| self.is_in_group(own));
        of_group && row.text("rolelevel").is_none_or(|own| self.roles.contains(own))
    }

    /// Returns whether issues can be given to the user.
    pub(super) fn can_be_assigned(&self, issue: &DataRow) -> bool {
        self.has("ASSIGNABLE_USER", Some(issue))
    }
}
