//! Permission schemes, notification schemes and issue security schemes, read from rows.
//!
//! All three say who: a type and, for some types, a parameter, in rows of the same form. Invariant: a grant that names
//! nobody (a deleted role, a deleted field) is left out; one of a type that is not known here stands as Jira stores it.

use super::holders::{HOLDERS, Meaning, RECEIVERS, Who, meaning};
use crate::entity::Row;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::enumeration::said;
use crate::mapping::ground::kinds::mark;
use crate::mapping::ground::names::Names;
use crate::model::{Name, Node, Path};

/// The keys of permissions by their numbers, as both stand in rows of Jira 6.3 to 9.12; before, rows have the number
/// alone. The missing numbers are global permissions.
pub(crate) const PERMISSIONS: [(&str, &str); 32] = [
    ("10", "BROWSE_PROJECTS"),
    ("11", "CREATE_ISSUES"),
    ("12", "EDIT_ISSUES"),
    ("13", "ASSIGN_ISSUES"),
    ("14", "RESOLVE_ISSUES"),
    ("15", "ADD_COMMENTS"),
    ("16", "DELETE_ISSUES"),
    ("17", "ASSIGNABLE_USER"),
    ("18", "CLOSE_ISSUES"),
    ("19", "CREATE_ATTACHMENTS"),
    ("20", "WORK_ON_ISSUES"),
    ("21", "LINK_ISSUES"),
    ("23", "ADMINISTER_PROJECTS"),
    ("25", "MOVE_ISSUES"),
    ("26", "SET_ISSUE_SECURITY"),
    ("28", "SCHEDULE_ISSUES"),
    // Called "View Version Control" up to Jira 6.2; the permission is the same.
    ("29", "VIEW_DEV_TOOLS"),
    ("30", "MODIFY_REPORTER"),
    ("31", "VIEW_VOTERS_AND_WATCHERS"),
    ("32", "MANAGE_WATCHERS"),
    ("34", "EDIT_ALL_COMMENTS"),
    ("35", "EDIT_OWN_COMMENTS"),
    ("36", "DELETE_ALL_COMMENTS"),
    ("37", "DELETE_OWN_COMMENTS"),
    ("38", "DELETE_ALL_ATTACHMENTS"),
    ("39", "DELETE_OWN_ATTACHMENTS"),
    ("40", "EDIT_OWN_WORKLOGS"),
    ("41", "EDIT_ALL_WORKLOGS"),
    ("42", "DELETE_OWN_WORKLOGS"),
    ("43", "DELETE_ALL_WORKLOGS"),
    ("45", "VIEW_READONLY_WORKFLOW"),
    ("46", "TRANSITION_ISSUES"),
];

/// What the first events were called before they had ids (up to Jira 3.5), in the order of the ids; compared without
/// case, blanks, underscores and a leading "issue".
const OLD_EVENTS: [&str; 13] = [
    "created",
    "updated",
    "assigned",
    "resolved",
    "closed",
    "commented",
    "reopened",
    "deleted",
    "moved",
    "worklogged",
    "workstarted",
    "workstopped",
    "genericevent",
];

pub(crate) fn read(context: &mut Context<'_>) {
    read_permission_schemes(context);
    read_notification_schemes(context);
    read_security_schemes(context);
}

fn read_permission_schemes(context: &mut Context<'_>) {
    // Rows without a scheme are global permissions: no scheme has the empty id, so they belong to none.
    let grants = context.tables.by("SchemePermissions", "scheme");
    context.note_orphans("SchemePermissions", "scheme", "permissionScheme");
    for row in context.tables.rows("PermissionScheme") {
        let Some(name) = context.names.get("permissionScheme", row.id()) else { continue };
        let path = Path::object("permissionScheme", &name.text);
        let mut node = name
            .definition("permissionScheme")
            .text_if("builtIn", mark("permissionScheme", row.id()))
            .text_if("description", row.get("description"));
        for grant in grants.get(row.id()).into_iter().flatten() {
            let Some(permission) = permission(context, &path, grant) else {
                node = node.with(Node::lost("permissionHolder"));
                continue;
            };
            let path = path.part("permissionHolder", &permission);
            let grant = match who(context, HOLDERS, &path, grant) {
                Said::Who(who) => Node::new("permissionHolder").with(Node::new("holder").with(who)),
                Said::Lost => Node::lost("permissionHolder"),
                Said::Nobody => continue,
            };
            node = node.with(grant.text("permission", permission));
        }
        context.add(node);
    }
}

/// Returns the key of the permission that a row grants; one that is not known keeps its number, with a note.
fn permission(context: &mut Context<'_>, path: &Path, grant: &Row) -> Option<String> {
    let Some(key) = permission_key(grant) else {
        context.dangling(path.child("permissionHolder"), "a grant names no permission; it was left out");
        return None;
    };
    if grant.text("permissionKey").is_none() && grant.text("permission") == Some(key) {
        let path = path.part("permissionHolder", key);
        context.untranslated(path, format!("there is no permission with the number {key}"));
    }
    Some(key.to_owned())
}

/// Returns the key of the permission that a row grants, or its number where no key is known.
pub(crate) fn permission_key(grant: &Row) -> Option<&str> {
    grant.text("permissionKey").or_else(|| {
        let number = grant.text("permission")?;
        Some(said(&PERMISSIONS, number).unwrap_or(number))
    })
}

fn read_notification_schemes(context: &mut Context<'_>) {
    let lines = context.tables.by("Notification", "scheme");
    context.note_orphans("Notification", "scheme", "notificationScheme");
    for row in context.tables.rows("NotificationScheme") {
        let Some(name) = context.names.get("notificationScheme", row.id()) else { continue };
        let path = Path::object("notificationScheme", &name.text);
        let mut node = name.definition("notificationScheme").text_if("description", row.get("description"));
        for line in lines.get(row.id()).into_iter().flatten() {
            let Some(event) = event(context.names, line) else {
                let event = line.text("eventTypeId").or_else(|| line.text("event")).unwrap_or("");
                let message = format!("there is no event `{event}`; its receiver was left out");
                context.dangling(path.child("notificationReceiver"), message);
                continue;
            };
            let path = path.part("notificationReceiver", &event.text);
            let line = match who(context, RECEIVERS, &path, line) {
                Said::Who(who) => Node::new("notificationReceiver").with(Node::new("receiver").with(who)),
                Said::Lost => Node::lost("notificationReceiver"),
                Said::Nobody => continue,
            };
            node = node.with(line.with(event.reference("event")));
        }
        context.add(node);
    }
}

/// Returns the event of a line of a notification scheme; rows older than Jira 3.6 have a text in place of an id.
pub(crate) fn event<'a>(names: &'a Names, line: &Row) -> Option<&'a Name> {
    if let Some(id) = line.text("eventTypeId") {
        return names.get("eventType", id);
    }
    let text = line.text("event")?;
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_lowercase();
    let plain = plain.strip_prefix("issue").unwrap_or(&plain);
    match OLD_EVENTS.iter().position(|own| *own == plain) {
        Some(place) => names.get("eventType", &(place + 1).to_string()),
        None => names.get("eventType", text),
    }
}

fn read_security_schemes(context: &mut Context<'_>) {
    let levels = context.tables.by("SchemeIssueSecurityLevels", "scheme");
    let grants = context.tables.by("SchemeIssueSecurities", "scheme");
    context.note_orphans("SchemeIssueSecurityLevels", "scheme", "issueSecurityScheme");
    context.note_orphans("SchemeIssueSecurities", "scheme", "issueSecurityScheme");
    for row in context.tables.rows("IssueSecurityScheme") {
        let Some(name) = context.names.get("issueSecurityScheme", row.id()) else { continue };
        let path = Path::object("issueSecurityScheme", &name.text);
        let own: Vec<(&Row, Name)> = levels
            .get(row.id())
            .into_iter()
            .flatten()
            .filter_map(|level| {
                let name = context.names.get("issueSecurityLevel", level.id())?;
                Some((*level, name.without("scheme")))
            })
            .collect();
        let level = |id: &str| own.iter().find(|(row, _)| row.id() == id).map(|(_, name)| name);
        let default = row.text("defaultlevel").and_then(|id| {
            if level(id).is_none() {
                let message = format!("there is no level with id {id} in the scheme; it was left out");
                context.dangling(path.child("defaultLevel"), message);
            }
            level(id)
        });
        let is_lost = row.text("defaultlevel").is_some_and(|id| id != "-1") && default.is_none();
        let mut node = name
            .definition("issueSecurityScheme")
            .with_if(is_lost.then(|| Node::lost("defaultLevel")))
            .text_if("description", row.get("description"))
            .name_if("defaultLevel", default)
            .with_all(own.iter().map(|(row, name)| {
                name.definition("issueSecurityLevel").text_if("description", row.get("description"))
            }));
        for grant in grants.get(row.id()).into_iter().flatten() {
            let id = grant.get("security").unwrap_or("");
            let Some(level) = level(id) else {
                let message = format!("there is no level with id {id} in the scheme; its grant was left out");
                context.dangling(path.child("permission"), message);
                continue;
            };
            let grant = match who(context, HOLDERS, &path.part("permission", &level.text), grant) {
                Said::Who(who) => Node::new("permission").with(Node::new("permittedTo").with(who)),
                Said::Lost => Node::lost("permission"),
                Said::Nobody => continue,
            };
            node = node.with(grant.with(level.reference("level")));
        }
        context.add(node);
    }
}

/// Who a row means.
enum Said {
    Who(Node),
    /// Somebody whom nothing tells any more.
    Lost,
    /// Nobody: a user or group that is gone.
    Nobody,
}

/// Returns who a row means, with a note if nobody can be told.
fn who(context: &mut Context<'_>, types: &[Who], path: &Path, row: &Row) -> Said {
    let parameter = row.get("parameter").unwrap_or("");
    match meaning(context.names, types, row) {
        Meaning::Who(who) => Said::Who(who),
        Meaning::Unknown(who) => {
            if !parameter.is_empty() {
                let ty = row.get("type").unwrap_or("");
                let message =
                    format!("the type `{ty}` is not known; its parameter `{parameter}` is kept as it is");
                context.untranslated(path.clone(), message);
            }
            Said::Who(who)
        }
        Meaning::Nobody(tag) => {
            let message = match parameter {
                "" => format!("a row names no {tag}; it was left out"),
                _ => format!("there is no {tag} `{parameter}`; the row was left out"),
            };
            context.dangling(path.clone(), message);
            // Accounts come and go, and a row names the one that it means. An id says nothing of what it led to.
            match matches!(tag, "user" | "group") && !parameter.is_empty() {
                true => Said::Nobody,
                false => Said::Lost,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mapping::described;

    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)]);

    #[test]
    fn scheme_zero_holds_its_own_grants_only() {
        let rows: &[Row<'_>] = &[
            ("PermissionScheme", &[("id", "0"), ("name", "Standard")]),
            (
                "SchemePermissions",
                &[("id", "1"), ("permission", "0"), ("type", "group"), ("parameter", "admins")],
            ),
            ("SchemePermissions", &[("id", "2"), ("scheme", "0"), ("permission", "29"), ("type", "group")]),
            ("SchemePermissions", &[("id", "3"), ("scheme", "0"), ("permission", "99"), ("type", "lead")]),
            (
                "SchemePermissions",
                &[("id", "4"), ("scheme", "0"), ("permissionKey", "VIEW_DEV_TOOLS"), ("type", "group")],
            ),
            ("SchemePermissions", &[("id", "5"), ("scheme", "7"), ("permission", "10"), ("type", "lead")]),
        ];
        let (scheme, notes) = described(rows, "permissionScheme", "Standard");
        insta::assert_snapshot!(scheme, @r"
        <permissionScheme>
          <name>Standard</name>
          <builtIn>default</builtIn>
          <permissionHolder>
            <permission>99</permission>
            <holder>
              <projectLead/>
            </holder>
          </permissionHolder>
          <permissionHolder>
            <permission>VIEW_DEV_TOOLS</permission>
            <holder>
              <anyone/>
            </holder>
          </permissionHolder>
        </permissionScheme>
        ");
        insta::assert_snapshot!(notes.join("\n"), @r"
        Untranslated /permissionScheme[Standard]/permissionHolder[99]: there is no permission with the number 99
        Dangling /permissionScheme[id 7]: 1 rows of SchemePermissions belong to a permissionScheme that does not exist
        ");
    }

    #[test]
    fn every_type_of_holder() {
        let grant = |id: &'static str, ty: &'static str, parameter: &'static str| {
            [("id", id), ("scheme", "5"), ("permission", "10"), ("type", ty), ("parameter", parameter)]
        };
        let rows: &[Row<'_>] = &[
            ("PermissionScheme", &[("id", "5"), ("name", "All")]),
            ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "ann")]),
            ("User", &[("id", "1"), ("userName", "Ann"), ("active", "1")]),
            ("Group", &[("id", "1"), ("groupName", "Devs")]),
            ("ProjectRole", &[("id", "40"), ("name", "Users")]),
            ("CustomField", &[("id", "7"), ("name", "Owner"), ("customfieldtypekey", "x:user")]),
            ("SchemePermissions", &grant("1", "applicationRole", "")),
            ("SchemePermissions", &grant("2", "applicationRole", "jira-software")),
            ("SchemePermissions", &grant("3", "assignee", "")),
            ("SchemePermissions", &grant("4", "group", "devs")),
            ("SchemePermissions", &grant("5", "groupCF", "customfield_7")),
            ("SchemePermissions", &grant("6", "lead", "")),
            ("SchemePermissions", &grant("7", "projectrole", "40")),
            ("SchemePermissions", &grant("8", "reporter", "")),
            ("SchemePermissions", &grant("9", "user", "JIRAUSER10000")),
            ("SchemePermissions", &grant("10", "userCF", "customfield_7")),
            ("SchemePermissions", &grant("11", "sd.customer.portal.only", "")),
            ("SchemePermissions", &grant("12", "reportercreate", "")),
            ("SchemePermissions", &grant("13", "app", "12345")),
            // Nobody: a deleted role, field and user.
            ("SchemePermissions", &grant("14", "projectrole", "41")),
            ("SchemePermissions", &grant("15", "userCF", "customfield_8")),
            ("SchemePermissions", &grant("16", "user", "JIRAUSER10001")),
        ];
        let (scheme, notes) = described(rows, "permissionScheme", "All");
        let holders: Vec<&str> =
            scheme.split("<holder>").skip(1).filter_map(|text| text.split("</holder>").next()).collect();
        let holders: Vec<String> =
            holders.iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        insta::assert_snapshot!(holders.join("\n"), @r#"
        <assignee/>
        <group>Devs</group>
        <groupField type="x:user">Owner</groupField>
        <projectLead/>
        <projectRole>Users</projectRole>
        <reporter/>
        <user>Ann</user>
        <userField type="x:user">Owner</userField>
        <applicationRole/>
        <applicationRole>jira-software</applicationRole>
        <other> <type>app</type> <parameter>12345</parameter> </other>
        <other> <type>reportercreate</type> </other>
        <other> <type>sd.customer.portal.only</type> </other>
        "#);
        insta::assert_snapshot!(notes.join("\n"), @r"
        Untranslated /permissionScheme[All]/permissionHolder[BROWSE_PROJECTS]: the type `app` is not known; its parameter `12345` is kept as it is
        Dangling /permissionScheme[All]/permissionHolder[BROWSE_PROJECTS]: there is no projectRole `41`; the row was left out
        Dangling /permissionScheme[All]/permissionHolder[BROWSE_PROJECTS]: there is no user `JIRAUSER10001`; the row was left out
        Dangling /permissionScheme[All]/permissionHolder[BROWSE_PROJECTS]: there is no userField `customfield_8`; the row was left out
        ");
    }

    #[test]
    fn receivers_and_events_of_all_ages() {
        let line = |id: &'static str,
                    event: (&'static str, &'static str),
                    ty: &'static str,
                    parameter: &'static str| {
            [("id", id), ("scheme", "5"), event, ("type", ty), ("parameter", parameter)]
        };
        let rows: &[Row<'_>] = &[
            ("NotificationScheme", &[("id", "5"), ("name", "Mails")]),
            ("EventType", &[("id", "1"), ("name", "Erstellt")]),
            ("EventType", &[("id", "10000"), ("name", "Reviewed")]),
            ("ProjectRole", &[("id", "40"), ("name", "Users")]),
            ("Notification", &line("1", ("event", "ISSUE_CREATED"), "Remote_User", "")),
            ("Notification", &line("2", ("eventTypeId", "10000"), "Project_Role", "40")),
            ("Notification", &line("3", ("eventTypeId", "1"), "Single_Email_Address", "a@b.c")),
            ("Notification", &line("4", ("eventTypeId", "1"), "Single_Email_Address", "")),
            ("Notification", &line("5", ("eventTypeId", "18"), "All_Watchers", "")),
            ("Notification", &line("6", ("eventTypeId", "1"), "Group_Dropdown", "")),
        ];
        let (scheme, notes) = described(rows, "notificationScheme", "Mails");
        insta::assert_snapshot!(scheme, @"
        <notificationScheme>
          <name>Mails</name>
          <notificationReceiver>
            <event>Erstellt</event>
            <receiver>
              <currentUser/>
            </receiver>
          </notificationReceiver>
          <notificationReceiver>
            <event>Erstellt</event>
            <receiver>
              <emailAddress>a@b.c</emailAddress>
            </receiver>
          </notificationReceiver>
          <notificationReceiver>
            <event>Reviewed</event>
            <receiver>
              <projectRole>Users</projectRole>
            </receiver>
          </notificationReceiver>
          <lost>
            <part>notificationReceiver</part>
            <event>Erstellt</event>
          </lost>
        </notificationScheme>
        ");
        insta::assert_snapshot!(notes.join("\n"), @r"
        Dangling /notificationScheme[Mails]/notificationReceiver: there is no event `18`; its receiver was left out
        Dangling /notificationScheme[Mails]/notificationReceiver[Erstellt]: a row names no emailAddress; it was left out
        Dangling /notificationScheme[Mails]/notificationReceiver[Erstellt]: a row names no group; it was left out
        ");
    }

    #[test]
    fn levels_belong_to_their_scheme() {
        let rows: &[Row<'_>] = &[
            ("IssueSecurityScheme", &[("id", "5"), ("name", "Secrets"), ("defaultlevel", "51")]),
            ("IssueSecurityScheme", &[("id", "6"), ("name", "Others"), ("defaultlevel", "51")]),
            ("SchemeIssueSecurityLevels", &[("id", "51"), ("scheme", "5"), ("name", "Staff")]),
            ("SchemeIssueSecurityLevels", &[("id", "61"), ("scheme", "6"), ("name", "Staff")]),
            ("SchemeIssueSecurities", &[("id", "1"), ("scheme", "5"), ("security", "51"), ("type", "lead")]),
            ("SchemeIssueSecurities", &[("id", "2"), ("scheme", "5"), ("security", "61"), ("type", "lead")]),
        ];
        insta::assert_snapshot!(described(rows, "issueSecurityScheme", "Secrets").0, @r"
        <issueSecurityScheme>
          <name>Secrets</name>
          <defaultLevel>Staff</defaultLevel>
          <issueSecurityLevel>
            <name>Staff</name>
          </issueSecurityLevel>
          <permission>
            <level>Staff</level>
            <permittedTo>
              <projectLead/>
            </permittedTo>
          </permission>
        </issueSecurityScheme>
        ");
        let (others, notes) = described(rows, "issueSecurityScheme", "Others");
        insta::assert_snapshot!(others, @"
        <issueSecurityScheme>
          <name>Others</name>
          <issueSecurityLevel>
            <name>Staff</name>
          </issueSecurityLevel>
          <lost>
            <part>defaultLevel</part>
          </lost>
        </issueSecurityScheme>
        ");
        assert_eq!(notes.len(), 2, "a default and a grant of a level of another scheme: {notes:#?}");
    }
}
