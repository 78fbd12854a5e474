//! Tests of permission schemes and notification schemes.

use similar::{ChangeTag, TextDiff};

use pcfg::xml;

use crate::people::{container, pairs};
use crate::real_data::{backup, backups, export};

/// Returns the grants of an export, one a line: scheme, permission and holder.
fn grants(text: &str) -> String {
    let mut lines = String::new();
    for scheme in container(text, "permissionSchemes").split("<permissionScheme>").skip(1) {
        let name = between(scheme, "<name>", "</name>");
        for grant in scheme.split("<permissionHolder>").skip(1) {
            let holder = between(grant, "<holder>", "</holder>").trim();
            lines += &format!("{name}: {} {holder}\n", between(grant, "<permission>", "</permission>"));
        }
    }
    lines
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    text.split_once(open).unwrap().1.split_once(close).unwrap().0
}

#[test]
fn a_scheme_of_permissions_by_number() {
    let Some(path) = backup("jrjc/jira-dump.xml") else { return };
    let text = xml::to_string(&export(&path, &["ANNON"]));
    assert!(container(&text, "permissionSchemes").starts_with(
        "  <permissionSchemes>\n    <permissionScheme>\n      <name>Anonymous Permission Scheme</name>\n"
    ));
    insta::assert_snapshot!(grants(&text), @r"
    Anonymous Permission Scheme: ADD_COMMENTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: ADMINISTER_PROJECTS <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: ASSIGNABLE_USER <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: ASSIGN_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: BROWSE_PROJECTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: BROWSE_PROJECTS <anyone/>
    Anonymous Permission Scheme: CLOSE_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: CREATE_ATTACHMENTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: CREATE_ISSUES <projectRole>Users</projectRole>
    Anonymous Permission Scheme: DELETE_ALL_ATTACHMENTS <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: DELETE_ALL_COMMENTS <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: DELETE_ALL_WORKLOGS <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: DELETE_ISSUES <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: DELETE_OWN_ATTACHMENTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: DELETE_OWN_COMMENTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: DELETE_OWN_WORKLOGS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: EDIT_ALL_COMMENTS <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: EDIT_ALL_WORKLOGS <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: EDIT_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: EDIT_OWN_COMMENTS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: EDIT_OWN_WORKLOGS <projectRole>Users</projectRole>
    Anonymous Permission Scheme: LINK_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: MANAGE_WATCHERS <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: MODIFY_REPORTER <projectRole>Administrators</projectRole>
    Anonymous Permission Scheme: MOVE_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: RESOLVE_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: SCHEDULE_ISSUES <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: VIEW_DEV_TOOLS <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: VIEW_VOTERS_AND_WATCHERS <projectRole>Developers</projectRole>
    Anonymous Permission Scheme: WORK_ON_ISSUES <projectRole>Developers</projectRole>
    ");
}

#[test]
fn the_default_scheme_is_marked() {
    let Some(path) = backup("jrjc/jira-dump.xml") else { return };
    let text = xml::to_string(&export(&path, &["RST"]));
    assert!(container(&text, "permissionSchemes").contains(
        "      <name>Default Permission Scheme</name>\n      <builtIn>default</builtIn>\n      <description>"
    ));
}

#[test]
fn what_the_upgrade_from_4_to_7_changed() {
    for (name, old, new) in pairs() {
        let (old, new) = (grants(&old), grants(&new));
        let changes: Vec<String> = TextDiff::from_lines(&old, &new)
            .iter_all_changes()
            .filter(|change| change.tag() != ChangeTag::Equal)
            .map(|change| format!("{}{}", change.tag(), change.value().trim_end()))
            .filter(|line| line.contains("Default Permission Scheme"))
            .collect();
        // A permission that is new in 7.0, and one whose holder the newer backup really names otherwise.
        assert_eq!(
            changes,
            [
                "-Default Permission Scheme: LINK_ISSUES <projectRole>Developers</projectRole>",
                "+Default Permission Scheme: LINK_ISSUES <projectRole>Users</projectRole>",
                "+Default Permission Scheme: TRANSITION_ISSUES <projectRole>Users</projectRole>",
            ],
            "{name}"
        );
    }
}

#[test]
fn global_permissions_do_not_leak_and_numbers_become_keys() {
    for path in backups() {
        let text = xml::to_string(&export(&path, &[]));
        for line in grants(&text).lines() {
            let permission = line.split_once(": ").unwrap().1.split(' ').next().unwrap();
            assert!(permission.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{line}");
            let global =
                ["ADMINISTER", "USE", "CREATE_SHARED_OBJECTS", "USER_PICKER", "BULK_CHANGE", "SYSTEM_ADMIN"];
            assert!(!global.contains(&permission), "{line} of {}", path.display());
        }
        assert!(grants(&text).contains(": BROWSE_PROJECTS "), "{} has grants", path.display());
    }
}

#[test]
fn a_notification_scheme() {
    let Some(path) = backup("jsu/test1.xml") else { return };
    let text = xml::to_string(&export(&path, &["TJP"]));
    let schemes = container(&text, "notificationSchemes");
    insta::assert_snapshot!(schemes.lines().take(21).collect::<Vec<_>>().join("\n"), @r"
    <notificationSchemes>
      <notificationScheme>
        <name>Default Notification Scheme</name>
        <notificationReceiver>
          <event>Generic Event</event>
          <receiver>
            <allWatchers/>
          </receiver>
        </notificationReceiver>
        <notificationReceiver>
          <event>Generic Event</event>
          <receiver>
            <assignee/>
          </receiver>
        </notificationReceiver>
        <notificationReceiver>
          <event>Generic Event</event>
          <receiver>
            <reporter/>
          </receiver>
        </notificationReceiver>
    ");
    assert_eq!(schemes.matches("<notificationReceiver>").count(), 51);
}
