//! What an export contains, for every value of every option.

use super::env::Env;

/// Two projects with a workflow each. What an object is called says when it belongs to an export of `ONE`.
const BACKUP: &str = r#"<entity-engine-xml>
<ApplicationUser id="1" userKey="JIRAUSER1" lowerUserName="ann"/>
<ApplicationUser id="2" userKey="JIRAUSER2" lowerUserName="bob"/>
<ApplicationUser id="3" userKey="JIRAUSER3" lowerUserName="cyd"/>
<ApplicationUser id="4" userKey="JIRAUSER4" lowerUserName="dee"/>
<ApplicationUser id="5" userKey="JIRAUSER5" lowerUserName="nobody"/>
<CustomField id="1" name="shown" customfieldtypekey="t:x"/>
<CustomField id="2" name="shown but hidden" customfieldtypekey="t:x"/>
<CustomField id="3" name="visible on no screen" customfieldtypekey="t:x"/>
<CustomField id="4" name="in permissions" customfieldtypekey="t:x"/>
<CustomField id="5" name="in notifications" customfieldtypekey="t:x"/>
<CustomField id="6" name="in security" customfieldtypekey="t:x"/>
<CustomField id="7" name="in workflow" customfieldtypekey="t:x"/>
<CustomField id="8" name="value in ONE" customfieldtypekey="t:x"/>
<CustomField id="9" name="value in TWO" customfieldtypekey="t:x"/>
<CustomField id="10" name="shown in TWO" customfieldtypekey="t:x"/>
<CustomField id="11" name="hidden in one of two" customfieldtypekey="t:x"/>
<CustomField id="12" name="on a transition" customfieldtypekey="t:x"/>
<CustomFieldValue id="1" issue="1" customfield="8" stringvalue="x"/>
<CustomFieldValue id="2" issue="2" customfield="9" stringvalue="x"/>
<FieldLayout id="1" name="Default" type="default"/>
<FieldLayout id="2" name="Other"/>
<FieldLayoutItem id="1" fieldlayout="1" fieldidentifier="customfield_2" ishidden="true"/>
<FieldLayoutItem id="2" fieldlayout="1" fieldidentifier="customfield_11" ishidden="true"/>
<FieldLayoutItem id="3" fieldlayout="2" fieldidentifier="customfield_2" ishidden="true"/>
<FieldLayoutItem id="4" fieldlayout="2" fieldidentifier="customfield_3" ishidden="false"/>
<FieldLayoutScheme id="1" name="Fields"/>
<FieldLayoutSchemeEntity id="1" scheme="1"/>
<FieldLayoutSchemeEntity id="2" scheme="1" issuetype="1" fieldlayout="2"/>
<FieldScreen id="10" name="Screen of ONE"/>
<FieldScreen id="11" name="Screen of TWO"/>
<FieldScreen id="12" name="Screen of a transition"/>
<FieldScreenLayoutItem id="1" fieldidentifier="customfield_1" sequence="0" fieldscreentab="10"/>
<FieldScreenLayoutItem id="2" fieldidentifier="customfield_2" sequence="1" fieldscreentab="10"/>
<FieldScreenLayoutItem id="3" fieldidentifier="customfield_11" sequence="2" fieldscreentab="10"/>
<FieldScreenLayoutItem id="4" fieldidentifier="customfield_10" sequence="0" fieldscreentab="11"/>
<FieldScreenLayoutItem id="5" fieldidentifier="customfield_12" sequence="0" fieldscreentab="12"/>
<FieldScreenScheme id="10" name="Screens of ONE"/>
<FieldScreenScheme id="11" name="Screens of TWO"/>
<FieldScreenSchemeItem id="1" fieldscreen="10" fieldscreenscheme="10"/>
<FieldScreenSchemeItem id="2" fieldscreen="11" fieldscreenscheme="11"/>
<FieldScreenTab id="10" name="Tab" sequence="0" fieldscreen="10"/>
<FieldScreenTab id="11" name="Tab" sequence="0" fieldscreen="11"/>
<FieldScreenTab id="12" name="Tab" sequence="0" fieldscreen="12"/>
<Group id="1" groupName="staff" lowerGroupName="staff" directoryId="1"/>
<Group id="2" groupName="inner" lowerGroupName="inner" directoryId="1"/>
<Group id="3" groupName="unused" lowerGroupName="unused" directoryId="1"/>
<Issue id="1" project="1"/>
<Issue id="2" project="2"/>
<IssueLinkType id="1" linkname="Blocks"/>
<IssueSecurityScheme id="1" name="Security"/>
<IssueType id="1" name="Bug"/>
<IssueTypeScreenScheme id="10" name="Types of ONE"/>
<IssueTypeScreenScheme id="11" name="Types of TWO"/>
<IssueTypeScreenSchemeEntity id="1" scheme="10" fieldscreenscheme="10"/>
<IssueTypeScreenSchemeEntity id="2" scheme="11" fieldscreenscheme="11"/>
<Membership id="1" membershipType="GROUP_GROUP" parentName="staff" childName="inner" directoryId="1"/>
<Membership id="2" membershipType="GROUP_USER" parentName="inner" childName="bob" directoryId="1"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="1" sinkNodeEntity="FieldLayoutScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="1" sinkNodeEntity="IssueSecurityScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="10" sinkNodeEntity="IssueTypeScreenScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="1" sinkNodeEntity="NotificationScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="0" sinkNodeEntity="PermissionScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="1" sourceNodeEntity="Project" sinkNodeId="1" sinkNodeEntity="WorkflowScheme" associationType="ProjectScheme"/>
<NodeAssociation sourceNodeId="2" sourceNodeEntity="Project" sinkNodeId="11" sinkNodeEntity="IssueTypeScreenScheme" associationType="ProjectScheme"/>
<Notification id="1" scheme="1" eventTypeId="1" type="User_Custom_Field_Value" parameter="customfield_5"/>
<NotificationScheme id="1" name="Notifications"/>
<EventType id="1" name="Created"/>
<PermissionScheme id="0" name="Permissions"/>
<PortalPage id="1" username="JIRAUSER1" pagename="of nobody else"/>
<PortalPage id="2" username="JIRAUSER3" pagename="of ONE"/>
<PortalPage id="3" pagename="of everyone"/>
<Priority id="1" name="High" sequence="1"/>
<Project id="1" key="ONE" name="First" lead="JIRAUSER1"/>
<Project id="2" key="TWO" name="Second" lead="JIRAUSER1"/>
<ProjectRole id="1" name="Users"/>
<ProjectRole id="2" name="Unused"/>
<ProjectRoleActor id="1" pid="1" projectroleid="1" roletype="atlassian-group-role-actor" roletypeparameter="staff"/>
<ProjectRoleActor id="2" pid="1" projectroleid="1" roletype="atlassian-group-role-actor" roletypeparameter="gone"/>
<ProjectRoleActor id="3" pid="1" projectroleid="1" roletype="atlassian-user-role-actor" roletypeparameter="JIRAUSER4"/>
<ProjectRoleActor id="4" pid="1" projectroleid="1" roletype="atlassian-user-role-actor" roletypeparameter="JIRAUSER5"/>
<Resolution id="1" name="Done" sequence="1"/>
<SchemeIssueSecurities id="1" scheme="1" security="1" type="userCF" parameter="customfield_6"/>
<SchemeIssueSecurityLevels id="1" name="Inside" scheme="1"/>
<SchemePermissions id="1" scheme="0" permission="10" type="userCF" parameter="customfield_4"/>
<SearchRequest id="1" name="private" author="JIRAUSER1" request="text ~ a"/>
<SearchRequest id="2" name="with everyone" author="JIRAUSER1" request="text ~ a"/>
<SearchRequest id="3" name="with ONE" author="JIRAUSER3" request="project = 1"/>
<SearchRequest id="4" name="with a role of ONE" author="JIRAUSER1" request="text ~ a"/>
<SearchRequest id="5" name="with TWO" author="JIRAUSER1" request="project = TWO"/>
<SearchRequest id="6" name="with a group" author="JIRAUSER1" request="text ~ a"/>
<SearchRequest id="7" name="names ONE" author="JIRAUSER5" request="project in (First)"/>
<SearchRequest id="8" name="excludes ONE" author="JIRAUSER1" request="project != ONE"/>
<SharePermissions id="1" entityType="SearchRequest" entityId="2" type="global"/>
<SharePermissions id="2" entityType="SearchRequest" entityId="3" type="project" param1="1"/>
<SharePermissions id="3" entityType="SearchRequest" entityId="4" type="project" param1="1" param2="1"/>
<SharePermissions id="4" entityType="SearchRequest" entityId="5" type="project" param1="2"/>
<SharePermissions id="5" entityType="SearchRequest" entityId="6" type="group" param1="staff"/>
<SharePermissions id="6" entityType="PortalPage" entityId="2" type="project" param1="1"/>
<SharePermissions id="7" entityType="PortalPage" entityId="3" type="global"/>
<Status id="1" name="Open"/>
<Status id="2" name="Unused"/>
<User id="1" directoryId="1" userName="ann" lowerUserName="ann" active="1" emailAddress="ann@example.com"/>
<User id="2" directoryId="1" userName="bob" lowerUserName="bob" active="1" emailAddress="bob"/>
<User id="3" directoryId="1" userName="cyd" lowerUserName="cyd" active="1"/>
<User id="4" directoryId="1" userName="dee" lowerUserName="dee" active="1"/>
<User id="6" directoryId="1" userName="unused" lowerUserName="unused" active="1" emailAddress="u@example.com"/>
<Workflow id="1" name="Work"><descriptor><![CDATA[<workflow><initial-actions><action id="1" name="Create">
  <results><unconditional-result step="1"/></results></action></initial-actions><steps><step id="1" name="Open">
  <meta name="jira.status.id">1</meta><actions><action id="2" name="Go" view="fieldscreen">
  <meta name="jira.fieldscreen.id">12</meta>
  <restrict-to><conditions><condition type="class">
    <arg name="class.name">com.atlassian.jira.workflow.condition.InGroupCFCondition</arg>
    <arg name="groupcf">customfield_7</arg></condition></conditions></restrict-to>
  <results><unconditional-result step="1"/></results></action></actions></step></steps></workflow>]]></descriptor></Workflow>
<WorkflowScheme id="1" name="Workflows"/>
<WorkflowSchemeEntity id="1" scheme="1" workflow="Work" issuetype="0"/>
</entity-engine-xml>"#;

/// Boards with the filters of these ids.
const BOARDS: &str = r#"<backup xmlns="http://www.atlassian.com/ao"><data tableName="AO_60DB71_RAPIDVIEW">
<column name="ID"/><column name="NAME"/><column name="SAVED_FILTER_ID"/>
<row><integer>1</integer><string>by key</string><integer>3</integer></row>
<row><integer>2</integer><string>by name</string><integer>7</integer></row>
<row><integer>3</integer><string>of others</string><integer>8</integer></row>
<row><integer>4</integer><string>of TWO</string><integer>5</integer></row>
</data></backup>"#;

fn backup() -> Env {
    let env = Env::new();
    env.write("backup/entities.xml", BACKUP);
    env.write("backup/activeobjects.xml", BOARDS);
    env
}

/// Exports `ONE`, checks the file, and returns it.
fn export(env: &Env, options: &[&str]) -> String {
    let export = [&["export", "ONE", "-q", "-i", "backup", "-o", "out.xml"], options].concat();
    let result = env.run(&export);
    assert!(result.ends_with("--- exit 0\n"), "{options:?}: {result}");
    let result = env.run(&["validate", "out.xml"]);
    assert!(result.ends_with("--- exit 0\n"), "{options:?}: {result}");
    let result = env.run(&["format", "--check", "out.xml"]);
    assert!(result.ends_with("--- exit 0\n"), "{options:?}: {result}");
    env.read("out.xml")
}

/// Returns the names of what a file defines in a container.
fn names(file: &str, container: &str) -> Vec<String> {
    let Some((_, from)) = file.split_once(&format!("\n  <{container}>\n")) else { return Vec::new() };
    let inside = from.split_once(&format!("\n  </{container}>")).unwrap().0;
    let name = |line: &str| {
        let line = line.strip_prefix("      <")?;
        let name = ["name>", "username>", "key>"].iter().find_map(|tag| line.strip_prefix(tag))?;
        Some(name.split_once('<')?.0.to_owned())
    };
    inside.lines().filter_map(name).collect()
}

#[test]
fn what_a_project_uses_comes_with_it() {
    let file = export(&backup(), &[]);
    let key = |line: &&str| line.starts_with("      <key>");
    assert_eq!(file.lines().filter(key).collect::<Vec<_>>(), ["      <key>ONE</key>"]);
    assert_eq!(names(&file, "statusConfiguration"), ["Open"]);
    assert_eq!(names(&file, "screens"), ["Screen of ONE", "Screen of a transition"]);
    assert_eq!(names(&file, "fieldConfigurations"), ["Default", "Other"]);
    // These are there in any case.
    assert_eq!(names(&file, "priorityConfiguration"), ["High"]);
    assert_eq!(names(&file, "resolutionConfiguration"), ["Done"]);
    assert_eq!(names(&file, "issueLinkConfiguration"), ["Blocks"]);
    assert_eq!(names(&file, "projectRoles"), ["Unused", "Users"]);
}

#[test]
fn custom_fields() {
    let env = backup();
    let used = [
        "hidden in one of two",
        "in notifications",
        "in permissions",
        "in security",
        "in workflow",
        "on a transition",
        "shown",
    ];
    let file = export(&env, &["--custom-fields", "used-ignoring-values"]);
    assert_eq!(names(&file, "customFields"), used);
    // Screens and field configurations name what is there and nothing else.
    assert!(!file.contains("shown but hidden") && !file.contains("visible on no screen"), "{file}");
    let file = export(&env, &["--custom-fields", "used"]);
    assert_eq!(names(&file, "customFields"), [&used[..], &["value in ONE"]].concat());
    let file = export(&env, &["--custom-fields", "all"]);
    assert_eq!(names(&file, "customFields").len(), 12);
    assert!(file.contains("<fieldName type=\"t:x\">shown but hidden</fieldName>"), "{file}");
}

#[test]
fn users_and_groups() {
    let env = backup();
    let full = export(&env, &["--users", "full"]);
    assert_eq!(names(&full, "users"), ["ann", "bob", "cyd", "dee", "nobody"]);
    assert_eq!(names(&full, "groups"), ["gone", "inner", "staff"]);
    assert!(
        full.contains("<memberUser>dee</memberUser>") && full.contains("<memberGroup>gone</memberGroup>")
    );
    let none = export(&env, &["--users", "none"]);
    assert!(names(&none, "users").is_empty() && names(&none, "groups").is_empty(), "{none}");
    assert!(
        none.contains("<memberUser>dee</memberUser>") && none.contains("<memberGroup>gone</memberGroup>")
    );
}

#[test]
fn invalid_users_and_groups_are_left_out_unless_they_own_something() {
    let file = export(&backup(), &["--users", "ignore-invalid"]);
    // The owner of a filter or dashboard is a part of its identity.
    assert_eq!(names(&file, "users"), ["ann", "cyd", "nobody"]);
    assert_eq!(names(&file, "groups"), ["inner", "staff"]);
    for left_out in ["bob", "dee", "gone"] {
        assert!(!file.contains(left_out), "{left_out}: {file}");
    }
    assert!(file.contains("<mainFilter author=\"nobody\">names ONE</mainFilter>"), "{file}");
    let nothing_owned =
        ["--users", "ignore-invalid", "--filters", "none", "--dashboards", "none", "--boards", "none"];
    assert_eq!(names(&export(&backup(), &nothing_owned), "users"), ["ann"]);
}

#[test]
fn filters() {
    let env = backup();
    let chosen = |option| {
        let options = ["--filters", option, "--dashboards", "none", "--boards", "none"];
        names(&export(&env, &options), "filters")
    };
    assert_eq!(chosen("none"), [""; 0]);
    assert_eq!(chosen("global"), ["with everyone"]);
    assert_eq!(chosen("projects"), ["with a role of ONE", "with ONE"]);
    assert_eq!(chosen("global-or-projects"), ["with a role of ONE", "with everyone", "with ONE"]);
    let shared = ["with TWO", "with a group", "with a role of ONE", "with everyone", "with ONE"];
    assert_eq!(chosen("shared"), shared);
    assert_eq!(chosen("all").len(), 8);
}

#[test]
fn dashboards() {
    let env = backup();
    let chosen = |option| names(&export(&env, &["--dashboards", option]), "dashboards");
    assert_eq!(chosen("none"), [""; 0]);
    assert_eq!(chosen("global"), ["of everyone"]);
    assert_eq!(chosen("projects"), ["of ONE"]);
    assert_eq!(chosen("global-or-projects"), ["of ONE", "of everyone"]);
    assert_eq!(chosen("shared"), ["of ONE", "of everyone"]);
    assert_eq!(chosen("all"), ["of nobody else", "of ONE", "of everyone"]);
}

#[test]
fn boards() {
    let env = backup();
    let export = |option| export(&env, &["--filters", "none", "--boards", option]);
    assert_eq!(names(&export("none"), "scrumKanbanBoards"), [""; 0]);
    assert_eq!(names(&export("none"), "filters"), [""; 0]);
    assert_eq!(names(&export("projects"), "scrumKanbanBoards"), ["by key", "by name"]);
    assert_eq!(names(&export("projects"), "filters"), ["with ONE", "names ONE"]);
    assert_eq!(names(&export("all"), "scrumKanbanBoards"), ["by key", "by name", "of TWO", "of others"]);
}

#[test]
fn what_no_project_uses_is_exported_on_request() {
    let env = backup();
    let export = |more: &[&str]| {
        let told = env.run(&[&["export", "--all", "-i", "backup", "-o", "all.xml", "-q"], more].concat());
        assert_eq!(told, "--- exit 0\n");
        env.read("all.xml")
    };
    let (used, all) = (export(&[]), export(&["--unused"]));
    for unused in ["<status>\n      <name>Unused</name>", "<fieldConfiguration>\n      <name>Other</name>"] {
        assert!(all.contains(unused), "{all}");
    }
    assert!(!used.contains("<status>\n      <name>Unused</name>") && !used.contains(" unused="), "{used}");
    assert!(all.contains(" unused=\"true\">"), "{all}");
    // Accounts are those that something refers to.
    assert!(!all.contains("<username>unused</username>") && !all.contains("<name>unused</name>"), "{all}");
    assert!(env.run(&["export", "ONE", "--unused", "-i", "backup"]).ends_with("--- exit 2\n"));
}
