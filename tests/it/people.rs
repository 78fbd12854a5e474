//! Tests of users, groups, projects and roles.

use std::collections::BTreeSet;

use pcfg::check::check;
use pcfg::model::NoteKind;
use pcfg::xml;

use crate::real_data::{self, backup, backups, export};

/// The backups of Jira 4.2 to 5.0 that Jira 7.0.0 imported and exported again, as `cloud-` and the name.
const PAIRS: [&str; 6] = [
    "data-for-unit-tests",
    "jira-dump",
    "jira-dump-creating-issue-tests",
    "jira-dump-unassigned",
    "jira-dump-with-comment-and-worklog-from-removed-user",
    "jira-dump-with-filters",
];

/// Returns a top-level element of an export; the empty text if it does not exist.
pub(crate) fn container<'a>(text: &'a str, tag: &str) -> &'a str {
    let (open, close) = (format!("  <{tag}>\n"), format!("  </{tag}>\n"));
    let Some(start) = text.find(&open) else { return "" };
    let length = text[start..].find(&close).unwrap() + close.len();
    &text[start..start + length]
}

/// Returns the two exports of every pair.
pub(crate) fn pairs() -> Vec<(&'static str, String, String)> {
    let text = |name: &str| Some(xml::to_string(&export(&backup(&format!("jrjc/{name}.xml"))?, &[])));
    PAIRS.iter().filter_map(|name| Some((*name, text(name)?, text(&format!("cloud-{name}"))?))).collect()
}

#[test]
fn a_project_with_all_its_parts() {
    let Some(path) = backup("jrjc/cloud-jira-dump.xml") else { return };
    let text = xml::to_string(&export(&path, &["TST"]));
    let versions = &text[text.find("      <versions>").unwrap()..text.find("    </project>\n").unwrap()];
    insta::assert_snapshot!(versions, @r"
    <versions>
      <version>
        <sequence>1</sequence>
        <name>1</name>
        <description>initial version</description>
        <released>false</released>
        <archived>false</archived>
      </version>
      <version>
        <sequence>2</sequence>
        <name>1.1</name>
        <description>Some version</description>
        <releaseDate>2010-08-25</releaseDate>
        <released>false</released>
        <archived>false</archived>
      </version>
    </versions>
    <components>
      <component>
        <name>Component A</name>
        <description>this is some description of component A</description>
        <componentLead>admin</componentLead>
        <defaultAssignee>projectDefault</defaultAssignee>
      </component>
      <component>
        <name>Component B</name>
        <description>another description</description>
        <componentLead>wseliga</componentLead>
        <defaultAssignee>projectDefault</defaultAssignee>
      </component>
    </components>
    <projectRoleMembers>
      <projectRoleMembership>
        <name>Administrators</name>
        <memberGroup>jira-administrators</memberGroup>
      </projectRoleMembership>
      <projectRoleMembership>
        <name>Developers</name>
        <memberUser>wseliga</memberUser>
        <memberGroup>jira-developers</memberGroup>
      </projectRoleMembership>
      <projectRoleMembership>
        <name>Users</name>
        <memberUser>wseliga</memberUser>
        <memberGroup>jira-users</memberGroup>
      </projectRoleMembership>
    </projectRoleMembers>
    ");
}

#[test]
fn users_of_several_directories_and_renamed_ones() {
    let Some(path) = backup("jsu/test1.xml") else { return };
    let text = xml::to_string(&export(&path, &["TJP"]));
    let users = container(&text, "users");
    // The key of this user, "will.rename", is the name that the user had once.
    assert!(users.contains(
        "<username>renamed.will</username>\n      <fullName>Renamed Will</fullName>\n      \
         <email>renamed.will@example.com</email>\n      <active>true</active>"
    ));
    assert!(!text.contains("will.rename"));
    // The role names the key "moritz"; the account, in the second directory, spells itself so.
    assert!(text.contains("          <memberUser>Moritz</memberUser>\n"));
    assert!(users.contains("<username>Moritz</username>"));
}

#[test]
fn people_and_projects_survive_the_upgrade_from_4_to_7() {
    for (name, old, new) in pairs() {
        for tag in ["users", "groups", "projectCategories", "projectRoles"] {
            assert_eq!(container(&old, tag), container(&new, tag), "{tag} of {name}");
        }
        // Jira 7.0 knows project types, and its upgrade gives every project a workflow scheme.
        let added =
            ["      <projectType>software</projectType>", "      <workflowScheme>classic</workflowScheme>"];
        let projects: Vec<&str> =
            container(&new, "projects").lines().filter(|line| !added.contains(line)).collect();
        assert_eq!(container(&old, "projects").lines().collect::<Vec<_>>(), projects, "projects of {name}");
        assert!(old.contains("<versions>") && old.contains("<memberUser>"), "there is something to compare");
    }
}

#[test]
fn people_survive_the_upgrades_from_3_to_4() {
    let versions = ["3.13.2", "4.0", "4.1.1", "4.2.2-b589", "4.3.2"];
    let paths =
        versions.iter().filter_map(|version| backup(&format!("zendesk/restoreData-JIRA-{version}.xml")));
    let texts: Vec<String> = paths.map(|path| xml::to_string(&export(&path, &[]))).collect();
    for text in texts.iter().skip(1) {
        for tag in ["projects", "users", "groups", "projectRoles", "permissionSchemes"] {
            assert!(!container(text, tag).is_empty(), "there are {tag}");
            assert_eq!(container(&texts[0], tag), container(text, tag));
        }
    }
}

#[test]
fn role_members_of_deleted_projects_are_noted() {
    let Some(path) = backup("zendesk/restoreData-JIRA-4.3.2.xml") else { return };
    let notes = real_data::read(&path).snapshot.notes;
    let about = "3 rows of ProjectRoleActor belong to a project that does not exist";
    assert!(notes.iter().any(|note| note.kind == NoteKind::Dangling && note.message == about));
}

#[test]
fn a_removed_user_that_only_issues_name_is_not_exported() {
    for name in ["", "cloud-"] {
        let name = format!("jrjc/{name}jira-dump-with-comment-and-worklog-from-removed-user.xml");
        let Some(path) = backup(&name) else { return };
        assert!(std::fs::read_to_string(&path).unwrap().contains("removed_user"));
        assert!(!xml::to_string(&export(&path, &[])).contains("removed_user"));
    }
}

#[test]
fn no_secret_and_no_user_key_is_exported() {
    for path in backups() {
        let source = std::fs::read_to_string(&path).unwrap();
        let secrets: BTreeSet<&str> = ["credential=\"", "passwordHash=\""]
            .iter()
            .flat_map(|start| source.split(start).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .filter(|secret| !secret.is_empty())
            .collect();
        assert!(!secrets.is_empty(), "{} has passwords", path.display());
        let text = xml::to_string(&export(&path, &[]));
        for secret in secrets {
            assert!(!text.contains(secret), "a password of {}", path.display());
        }
        assert!(!text.contains("JIRAUSER"), "a user key of {}", path.display());
    }
}

#[test]
fn everything_that_people_and_grants_refer_to_is_there() {
    let kinds = ["user", "group", "projectCategory", "projectRole", "permissionScheme", "notificationScheme"];
    let areas = ["/users/", "/groups/", "/projectRoles/", "/permissionSchemes/", "/notificationSchemes/"];
    for path in backups() {
        for problem in check(export(&path, &[]).root()) {
            let about =
                kinds.iter().any(|kind| problem.message.starts_with(&format!("there is no {kind} `")));
            let inside = areas.iter().any(|area| problem.path.to_string().starts_with(area));
            assert!(!about && !inside, "{}: {} {}", path.display(), problem.path, problem.message);
        }
    }
}
