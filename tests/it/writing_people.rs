//! One change of people, projects or grants changes exactly the rows that hold it.

use std::path::Path;

use pcfg::entity::{EntityId, Row, RowChange, Tables};
use pcfg::mapping::Writer;
use pcfg::model::{Config, Element};
use pcfg::xml;

use crate::real_data;

const KINDS: [&str; 8] = [
    "user",
    "group",
    "projectCategory",
    "projectRole",
    "project",
    "permissionScheme",
    "notificationScheme",
    "issueSecurityScheme",
];

/// Writes the objects of the backup that comes with the source after a change of their text, and returns what happens:
/// `+` an inserted row, `-` a deleted one, `~` one that changed, and `!` what cannot be written.
fn written(changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    let mut text = xml::to_string(&real_data::export(&path, &[]));
    for (before, after) in changes {
        assert_eq!(text.matches(before).count(), 1, "{before} stands once in\n{text}");
        text = text.replace(before, after);
    }
    written_to(&real_data::read(&path).tables, &text)
}

fn written_to(tables: &Tables, text: &str) -> String {
    let document = xml::read(text);
    assert_eq!(document.problems, [], "{text}");
    let config = Config::new(document.root.expect("it is a configuration"));
    let containers = config.root().children().iter();
    let objects: Vec<&Element> =
        containers.flat_map(Element::children).filter(|object| KINDS.contains(&object.tag())).collect();
    let mut writer = Writer::new(tables);
    writer.write(&objects);
    let (changes, unwritable) = writer.finish();
    let mut applied = tables.clone();
    applied.apply(&changes).expect("the rows are there as they were");
    let again = {
        let mut writer = Writer::new(&applied);
        writer.write(&objects);
        writer.finish().0
    };
    assert!(again.is_empty() || !unwritable.is_empty(), "written twice: {again:?}");
    let lines = changes
        .iter()
        .map(shown)
        .chain(unwritable.iter().map(|own| format!("! {}: {}", own.path, own.message)));
    lines.filter(|line| !line.contains("SequenceValueItem")).collect::<Vec<_>>().join("\n")
}

fn shown(change: &RowChange) -> String {
    let entity = change.entity().entity();
    let values = |row: &Row| {
        let named = entity.attributes.iter().zip(row.values());
        let named = named.filter_map(|(attribute, value)| Some(format!(" {}={}", attribute.name, value?)));
        named.collect::<String>()
    };
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("+ {}{}", entity.name, values(after)),
        (Some(before), None) => format!("- {}{}", entity.name, values(before)),
        (Some(before), Some(after)) => {
            let both = entity.attributes.iter().zip(before.values().zip(after.values()));
            let spelled = |value: Option<&str>| value.unwrap_or("NULL").to_owned();
            let differing =
                both.filter(|(_, (before, after))| before != after).map(|(attribute, (before, after))| {
                    format!(" {}: {} -> {}", attribute.name, spelled(before), spelled(after))
                });
            format!("~ {} {}{}", entity.name, before.id(), differing.collect::<String>())
        }
        (None, None) => String::new(),
    }
}

#[test]
fn the_export_of_an_instance_changes_nothing_there() {
    assert_eq!(written(&[]), "");
}

#[test]
fn one_property_of_a_user() {
    insta::assert_snapshot!(written(&[("<email>ada@example.com", "<email>Countess@example.com")]), @"~ User 10000 emailAddress: ada@example.com -> Countess@example.com lowerEmailAddress: NULL -> countess@example.com");
    insta::assert_snapshot!(written(&[("<fullName>Linus</fullName>", "<fullName>Linus T</fullName>")]), @"~ User 10002 displayName: Linus -> Linus T lowerDisplayName: NULL -> linus t");
    insta::assert_snapshot!(
        written(&[("<email>linus@example.com</email>\n      <active>false", "<email>linus@example.com</email>\n      <active>true")]), @"~ User 10002 active: 0 -> 1"
    );
    insta::assert_snapshot!(written(&[("<key>office</key>\n        <value>Zürich", "<key>office</key>\n        <value>Bern")]), @"~ OSPropertyString 10004 value: Zürich -> Bern");
    insta::assert_snapshot!(written(&[("<key>office", "<key>desk")]), @"
    - OSPropertyEntry id=10004 entityId=10001 entityName=ApplicationUser propertyKey=jira.meta.office type=5
    + OSPropertyEntry id=10005 entityId=10001 entityName=ApplicationUser propertyKey=jira.meta.desk type=5
    - OSPropertyString id=10004 value=Zürich
    + OSPropertyString id=10005 value=Zürich
    ");
}

#[test]
fn a_new_user_has_a_key_of_the_version_and_no_password() {
    let bob = "<user>
      <username>Bob</username>
      <fullName>Bob van Dam</fullName>
      <active>true</active>
      <property>
        <key>office</key>
        <value>Bern</value>
      </property>
    </user>";
    let user = ("<user>\n      <username>grace", &*format!("{bob}<user>\n      <username>grace"));
    let uses = [
        user,
        ("<lead>linus</lead>", "<lead>Bob</lead>"),
        (
            "<memberUser>grace</memberUser>\n    </group>",
            "<memberUser>grace</memberUser><memberUser>Bob</memberUser>\n    </group>",
        ),
    ];
    insta::assert_snapshot!(written(&uses), @"
    + ApplicationUser id=10003 lowerUserName=bob userKey=JIRAUSER10003
    + Membership id=10003 childId=10003 childName=Bob directoryId=1 lowerChildName=bob lowerParentName=developers membershipType=GROUP_USER parentId=10000 parentName=developers
    + OSPropertyEntry id=10005 entityId=10003 entityName=ApplicationUser propertyKey=jira.meta.office type=5
    + OSPropertyString id=10005 value=Bern
    ~ Project 10001 lead: olduser -> JIRAUSER10003
    + User id=10003 active=1 directoryId=1 displayName=Bob van Dam firstName=Bob lastName=van Dam lowerDisplayName=bob van dam lowerFirstName=bob lowerLastName=van dam lowerUserName=bob userName=Bob
    ");
}

#[test]
fn members_of_groups_and_roles() {
    insta::assert_snapshot!(
        written(&[
            ("<memberUser>ada</memberUser>\n      <memberUser>grace", "<memberGroup>jira-administrators</memberGroup><memberUser>grace"),
            ("<memberGroup>developers", "<memberGroup>testers"),
            ("<defaultGroup>jira-administrators</defaultGroup>", "<defaultUser>linus</defaultUser>"),
        ]), @"
    - Membership id=10000 childId=10000 childName=ada directoryId=1 lowerChildName=ada lowerParentName=developers membershipType=GROUP_USER parentId=10000 parentName=developers
    + Membership id=10003 childId=10001 childName=jira-administrators directoryId=1 lowerChildName=jira-administrators lowerParentName=developers membershipType=GROUP_GROUP parentId=10000 parentName=developers
    - ProjectRoleActor id=10000 projectroleid=10001 roletype=atlassian-group-role-actor roletypeparameter=jira-administrators
    - ProjectRoleActor id=10001 pid=10000 projectroleid=10000 roletype=atlassian-group-role-actor roletypeparameter=developers
    + ProjectRoleActor id=10004 projectroleid=10001 roletype=atlassian-user-role-actor roletypeparameter=olduser
    + ProjectRoleActor id=10005 pid=10000 projectroleid=10000 roletype=atlassian-group-role-actor roletypeparameter=testers
    "
    );
    insta::assert_snapshot!(
        written(&[("<group>\n      <name>jira-administrators</name>", "<group>\n      <name>Testers</name><description>Who test</description><memberUser>nobody</memberUser><memberUser>ada</memberUser></group><group>\n      <name>jira-administrators</name>")]), @"
    + Group id=10002 active=1 description=Who test directoryId=1 groupName=Testers local=0 lowerGroupName=testers type=GROUP
    + Membership id=10003 childId=10000 childName=ada directoryId=1 lowerChildName=ada lowerParentName=testers membershipType=GROUP_USER parentId=10002 parentName=Testers
    ! /memberUser[nobody]: there is no user nobody
    "
    );
}

#[test]
fn versions_and_components() {
    // A new version between two others, which leave no room: only one of them moves.
    let between = "<version><sequence>2</sequence><name>1.0.1</name><releaseDate>2025-03-09</releaseDate><released>true</released></version><version>\n          <sequence>3</sequence>\n          <name>1.1";
    insta::assert_snapshot!(
        written(&[("<version>\n          <sequence>2</sequence>\n          <name>1.1", between)]), @"+ Version id=10002 name=1.0.1 project=10000 released=true releasedate=2025-03-09 00:00:00.0 sequence=2"
    );
    insta::assert_snapshot!(
        written(&[
            ("<sequence>1</sequence>\n          <name>1.0", "<sequence>2</sequence>\n          <name>1.0"),
            ("<sequence>2</sequence>\n          <name>1.1", "<sequence>1</sequence>\n          <name>1.1"),
        ]), @"~ Version 10000 sequence: 1 -> 6"
    );
    insta::assert_snapshot!(
        written(&[
            ("<startDate>2025-03-02</startDate>\n", "<startDate>2025-03-03</startDate>\n"),
            ("<releaseDate>2025-03-01</releaseDate>\n          <released>true", "<released>false"),
        ]), @"
    ~ Version 10000 released: true -> NULL releasedate: 2025-03-01 00:00:00.0 -> NULL
    ~ Version 10001 startdate: 2025-03-02 00:00:00.0 -> 2025-03-03 00:00:00.0
    "
    );
    insta::assert_snapshot!(
        written(&[
            ("<name>Backend</name>", "<name>Core</name>"),
            ("<name>Web</name>\n          <defaultAssignee>projectDefault", "<name>Web</name>\n          <componentLead>ada</componentLead>\n          <defaultAssignee>componentLead"),
        ]), @"
    - Component id=10000 assigneetype=1 description=Everything behind the API lead=JIRAUSER10001 name=Backend project=10000
    ~ Component 10001 assigneetype: 0 -> 1 lead: NULL -> JIRAUSER10000
    + Component id=10002 assigneetype=1 description=Everything behind the API lead=JIRAUSER10001 name=Core project=10000
    "
    );
}

#[test]
fn schemes_of_a_project() {
    insta::assert_snapshot!(
        written(&[
            ("<issueTypeScheme>Demo issue types</issueTypeScheme>", "<issueTypeScheme>Default Issue Type Scheme</issueTypeScheme>"),
            ("<issueTypeScreenScheme>Demo issue type screens</issueTypeScreenScheme>", "<issueTypeScreenScheme>Default Issue Type Screen Scheme</issueTypeScreenScheme>"),
            ("<notificationScheme>Demo notifications</notificationScheme>\n", ""),
            ("<projectType>business</projectType>", "<projectType>business</projectType><projectCategory>Products</projectCategory><senderAddress>ops@example.com</senderAddress>"),
            ("<senderAddress>demo@example.com</senderAddress>\n", ""),
            ("<defaultAssignee>unassigned", "<defaultAssignee>projectLead"),
        ]), @"
    - ConfigurationContext id=10001 fieldconfigscheme=10001 key=issuetype project=10000
    ~ NodeAssociation  sinkNodeId: 10000 -> 1
    - NodeAssociation associationType=ProjectScheme sinkNodeEntity=NotificationScheme sinkNodeId=10000 sourceNodeEntity=Project sourceNodeId=10000
    + NodeAssociation associationType=ProjectCategory sinkNodeEntity=ProjectCategory sinkNodeId=10000 sourceNodeEntity=Project sourceNodeId=10001
    - OSPropertyEntry id=10003 entityId=10000 entityName=Project propertyKey=jira.project.email.sender type=5
    + OSPropertyEntry id=10005 entityId=10001 entityName=Project propertyKey=jira.project.email.sender type=5
    - OSPropertyString id=10003 value=demo@example.com
    + OSPropertyString id=10005 value=ops@example.com
    ~ Project 10001 assigneetype: 3 -> 2
    "
    );
    insta::assert_snapshot!(
        written(&[("<issueTypeScheme>Default Issue Type Scheme</issueTypeScheme>", "<issueTypeScheme>Demo issue types</issueTypeScheme>")]), @"+ ConfigurationContext id=10009 fieldconfigscheme=10001 key=issuetype project=10001"
    );
}

#[test]
fn a_new_project() {
    let project = "<project><key>NEW</key><name>New</name><lead>ada</lead><defaultAssignee>projectLead</defaultAssignee><projectType>business</projectType><projectCategory>Products</projectCategory><senderAddress>new@example.com</senderAddress><issueTypeScheme>Demo issue types</issueTypeScheme><priorityScheme>Default priority scheme</priorityScheme><permissionScheme>Default Permission Scheme</permissionScheme><versions><version><sequence>1</sequence><name>1.0</name><released>false</released><archived>true</archived></version></versions><components><component><name>All</name><defaultAssignee>unassigned</defaultAssignee><archived>true</archived></component></components><projectRoleMembers><projectRoleMembership><name>Developers</name><memberUser>linus</memberUser></projectRoleMembership></projectRoleMembers></project>\n    <project>\n      <key>OPS</key>";
    insta::assert_snapshot!(written(&[("<project>\n      <key>OPS</key>", project)]), @"
    + Component id=10002 archived=true assigneetype=3 name=All project=10002
    + ConfigurationContext id=10009 fieldconfigscheme=10001 key=issuetype project=10002
    + NodeAssociation associationType=ProjectScheme sinkNodeEntity=PermissionScheme sinkNodeId=0 sourceNodeEntity=Project sourceNodeId=10002
    + NodeAssociation associationType=ProjectCategory sinkNodeEntity=ProjectCategory sinkNodeId=10000 sourceNodeEntity=Project sourceNodeId=10002
    + OSPropertyEntry id=10005 entityId=10002 entityName=Project propertyKey=jira.project.email.sender type=5
    + OSPropertyString id=10005 value=new@example.com
    + Project id=10002 assigneetype=2 counter=0 key=NEW lead=JIRAUSER10000 name=New originalkey=NEW projecttype=business
    + ProjectKey id=10000 projectId=10002 projectKey=NEW
    + ProjectRoleActor id=10004 pid=10002 projectroleid=10000 roletype=atlassian-user-role-actor roletypeparameter=olduser
    + Version id=10002 archived=true name=1.0 project=10002 sequence=1
    ");
}

#[test]
fn grants_of_all_schemes() {
    insta::assert_snapshot!(
        written(&[
            ("<permission>BROWSE_PROJECTS</permission>\n        <holder>\n          <anyone/>", "<permission>BROWSE_PROJECTS</permission>\n        <holder>\n          <user>linus</user>"),
            ("<permission>MANAGE_SPRINTS_PERMISSION", "<permission>START_STOP_SPRINTS_PERMISSION"),
        ]), @"
    - SchemePermissions id=10001 permission=10 permissionKey=BROWSE_PROJECTS scheme=0 type=group
    - SchemePermissions id=10003 parameter=customfield_10002 permissionKey=MANAGE_SPRINTS_PERMISSION scheme=0 type=userCF
    + SchemePermissions id=10005 parameter=olduser permission=10 permissionKey=BROWSE_PROJECTS scheme=0 type=user
    + SchemePermissions id=10006 parameter=customfield_10002 permissionKey=START_STOP_SPRINTS_PERMISSION scheme=0 type=userCF
    "
    );
    insta::assert_snapshot!(
        written(&[("<receiver>\n          <allWatchers/>", "<receiver>\n          <emailAddress>team@example.com</emailAddress>")]), @"
    - Notification id=10001 eventTypeId=1 scheme=10000 type=All_Watchers
    + Notification id=10004 eventTypeId=1 parameter=team@example.com scheme=10000 type=Single_Email_Address
    "
    );
    let level = "<issueSecurityLevel>
        <name>Internal</name>
        <description>Nobody outside</description>
      </issueSecurityLevel>";
    let both = format!("{level}<issueSecurityLevel><name>Staff</name></issueSecurityLevel>");
    insta::assert_snapshot!(
        written(&[
            ("<defaultLevel>Internal", "<defaultLevel>Staff"),
            (level, &both),
            ("<level>Internal</level>\n        <permittedTo>\n          <reporter/>", "<level>Staff</level>\n        <permittedTo>\n          <reporter/>"),
        ]), @"
    ~ IssueSecurityScheme 10000 defaultlevel: 10000 -> 10001
    - SchemeIssueSecurities id=10001 scheme=10000 security=10000 type=reporter
    + SchemeIssueSecurities id=10002 scheme=10000 security=10001 type=reporter
    + SchemeIssueSecurityLevels id=10001 name=Staff scheme=10000
    "
    );
}

fn tables(rows: &[(&str, &[(&str, &str)])]) -> Tables {
    let mut tables = Tables::default();
    for (entity, values) in rows {
        let entity = EntityId::named(entity);
        let mut row = Row::new(entity);
        for (attribute, value) in *values {
            row.put(attribute, Some(value));
        }
        tables.push(entity, row);
    }
    tables.sort();
    tables
}

/// Writes objects into an instance of a build of Jira that has these rows.
fn written_into(build: &str, rows: &[(&str, &[(&str, &str)])], objects: &str) -> String {
    let version: &[(&str, &[(&str, &str)])] = &[
        (
            "OSPropertyEntry",
            &[
                ("id", "1"),
                ("entityName", "jira.properties"),
                ("entityId", "1"),
                ("propertyKey", "jira.version.patched"),
                ("type", "5"),
            ],
        ),
        ("OSPropertyString", &[("id", "1"), ("value", build)]),
    ];
    let projects = if objects.starts_with("<projects>") { "" } else { "<projects></projects>" };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><projectConfig formatVersion=\"1\">{projects}{objects}</projectConfig>"
    );
    written_to(&tables(&[version, rows].concat()), &text)
}

const ANN: &str = "<users><user><username>Ann</username><fullName>Ann Lee</fullName><email>ann@example.com</email><active>true</active><property><key>office</key><value>Bern</value></property></user></users><groups><group><name>Devs</name><memberUser>Ann</memberUser></group></groups>";

#[test]
fn a_new_user_is_stored_as_the_version_stores_users() {
    insta::assert_snapshot!(written_into("589", &[], ANN), @"
    + OSGroup id=10000 name=Devs
    + OSMembership id=10000 userName=Ann groupName=Devs
    + OSPropertyEntry id=10000 entityId=10000 entityName=OSUser propertyKey=fullName type=5
    + OSPropertyEntry id=10001 entityId=10000 entityName=OSUser propertyKey=email type=5
    + OSPropertyEntry id=10002 entityId=10000 entityName=OSUser propertyKey=jira.meta.office type=5
    + OSPropertyString id=10000 value=Ann Lee
    + OSPropertyString id=10001 value=ann@example.com
    + OSPropertyString id=10002 value=Bern
    + OSUser id=10000 name=Ann
    ");
    insta::assert_snapshot!(written_into("713", &[("Directory", &[("id", "1"), ("type", "INTERNAL")])], ANN), @"
    + ExternalEntity id=10000 name=ann type=com.atlassian.jira.user.OfbizExternalEntityStore
    + Group id=10000 active=1 directoryId=1 groupName=Devs local=0 lowerGroupName=devs type=GROUP
    + Membership id=10000 childId=10000 childName=Ann directoryId=1 lowerChildName=ann lowerParentName=devs membershipType=GROUP_USER parentId=10000 parentName=Devs
    + OSPropertyEntry id=10000 entityId=10000 entityName=ExternalEntity propertyKey=jira.meta.office type=5
    + OSPropertyString id=10000 value=Bern
    + User id=10000 active=1 directoryId=1 displayName=Ann Lee emailAddress=ann@example.com firstName=Ann lastName=Lee lowerDisplayName=ann lee lowerEmailAddress=ann@example.com lowerFirstName=ann lowerLastName=lee lowerUserName=ann userName=Ann
    ");
    // Ann was renamed to Bea, and keeps her key.
    let renamed: &[(&str, &[(&str, &str)])] = &[
        ("ApplicationUser", &[("id", "10000"), ("userKey", "ann"), ("lowerUserName", "bea")]),
        ("User", &[("id", "10000"), ("userName", "Bea"), ("active", "1"), ("directoryId", "1")]),
    ];
    insta::assert_snapshot!(written_into("6341", renamed, ANN), @"
    + ApplicationUser id=10001 lowerUserName=ann userKey=ID10001
    + Group id=10000 active=1 directoryId=1 groupName=Devs local=0 lowerGroupName=devs type=GROUP
    + Membership id=10000 childId=10001 childName=Ann directoryId=1 lowerChildName=ann lowerParentName=devs membershipType=GROUP_USER parentId=10000 parentName=Devs
    + OSPropertyEntry id=10000 entityId=10001 entityName=ApplicationUser propertyKey=jira.meta.office type=5
    + OSPropertyString id=10000 value=Bern
    + User id=10001 active=1 directoryId=1 displayName=Ann Lee emailAddress=ann@example.com firstName=Ann lastName=Lee lowerDisplayName=ann lee lowerEmailAddress=ann@example.com lowerFirstName=ann lowerLastName=lee lowerUserName=ann userName=Ann
    ");
    insta::assert_snapshot!(written_into("6341", &[], ANN), @"
    + ApplicationUser id=10000 lowerUserName=ann userKey=ann
    + Group id=10000 active=1 directoryId=1 groupName=Devs local=0 lowerGroupName=devs type=GROUP
    + Membership id=10000 childId=10000 childName=Ann directoryId=1 lowerChildName=ann lowerParentName=devs membershipType=GROUP_USER parentId=10000 parentName=Devs
    + OSPropertyEntry id=10000 entityId=10000 entityName=ApplicationUser propertyKey=jira.meta.office type=5
    + OSPropertyString id=10000 value=Bern
    + User id=10000 active=1 directoryId=1 displayName=Ann Lee emailAddress=ann@example.com firstName=Ann lastName=Lee lowerDisplayName=ann lee lowerEmailAddress=ann@example.com lowerFirstName=ann lowerLastName=lee lowerUserName=ann userName=Ann
    ");
    insta::assert_snapshot!(written_into("912004", renamed, ANN), @"
    + ApplicationUser id=10001 lowerUserName=ann userKey=JIRAUSER10001
    + Group id=10000 active=1 directoryId=1 groupName=Devs local=0 lowerGroupName=devs type=GROUP
    + Membership id=10000 childId=10001 childName=Ann directoryId=1 lowerChildName=ann lowerParentName=devs membershipType=GROUP_USER parentId=10000 parentName=Devs
    + OSPropertyEntry id=10000 entityId=10001 entityName=ApplicationUser propertyKey=jira.meta.office type=5
    + OSPropertyString id=10000 value=Bern
    + User id=10001 active=1 directoryId=1 displayName=Ann Lee emailAddress=ann@example.com firstName=Ann lastName=Lee lowerDisplayName=ann lee lowerEmailAddress=ann@example.com lowerFirstName=ann lowerLastName=lee lowerUserName=ann userName=Ann
    ");
    let lead = "<projects><project><key>ONE</key><name>One</name><lead>ann</lead></project></projects>";
    insta::assert_snapshot!(written_into("6341", renamed, lead), @"
    + Project id=10000 assigneetype=2 counter=0 key=ONE lead=ann name=One originalkey=ONE
    + ProjectKey id=10000 projectId=10000 projectKey=ONE
    ! /user[ann]: there is no user of that name, which is the key of the user Bea
    ");
}

#[test]
fn accounts_live_in_directories() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("Directory", &[("id", "1"), ("type", "INTERNAL"), ("position", "1"), ("active", "1")]),
        ("Directory", &[("id", "2"), ("type", "CONNECTOR"), ("position", "0"), ("active", "1")]),
        (
            "User",
            &[
                ("id", "20"),
                ("userName", "zoe"),
                ("lowerUserName", "zoe"),
                ("active", "1"),
                ("directoryId", "2"),
            ],
        ),
        ("Group", &[("id", "30"), ("groupName", "Devs"), ("lowerGroupName", "devs"), ("directoryId", "1")]),
        ("Group", &[("id", "31"), ("groupName", "Ops"), ("lowerGroupName", "ops"), ("directoryId", "1")]),
        ("Group", &[("id", "32"), ("groupName", "ops"), ("lowerGroupName", "ops"), ("directoryId", "2")]),
    ];
    let groups = "<groups><group><name>Devs</name><memberUser>Zoe</memberUser></group><group><name>ops</name><memberUser>zoe</memberUser></group></groups>";
    insta::assert_snapshot!(written_into("804000", rows, groups), @"
    + Membership id=10000 childId=20 childName=zoe directoryId=2 lowerChildName=zoe lowerParentName=ops membershipType=GROUP_USER parentId=32 parentName=ops
    ! /group[Devs]/memberUser[Zoe]: the user directory of the member has no group of that name
    ");
}

#[test]
fn what_an_old_jira_cannot_hold() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("ProjectRole", &[("id", "10"), ("name", "Users")]),
        ("PermissionScheme", &[("id", "0"), ("name", "Standard")]),
        ("SchemePermissions", &[("id", "1"), ("scheme", "0"), ("permission", "29"), ("type", "group")]),
        (
            "SchemePermissions",
            &[("id", "2"), ("scheme", "0"), ("permission", "10"), ("type", "user"), ("parameter", "ID7")],
        ),
        (
            "SchemePermissions",
            &[("id", "3"), ("permission", "44"), ("type", "group"), ("parameter", "admins")],
        ),
    ];
    let scheme = "<users><user><username>bob</username><active>false</active></user></users><permissionSchemes><permissionScheme><name>Standard</name><builtIn>default</builtIn><permissionHolder><permission>VIEW_DEV_TOOLS</permission><holder><anyone/></holder></permissionHolder><permissionHolder><permission>ADMINISTER_PROJECTS</permission><holder><projectRole>Users</projectRole></holder></permissionHolder><permissionHolder><permission>MANAGE_SPRINTS_PERMISSION</permission><holder><projectLead/></holder></permissionHolder><permissionHolder><permission>EDIT_ISSUES</permission><holder><projectRole>Nobodies</projectRole></holder></permissionHolder></permissionScheme></permissionSchemes>";
    insta::assert_snapshot!(written_into("589", rows, scheme), @"
    + OSPropertyEntry id=10000 entityId=10000 entityName=OSUser propertyKey=fullName type=5
    + OSPropertyString id=10000 value=bob
    + OSUser id=10000 name=bob
    + SchemePermissions id=10000 parameter=10 permission=23 scheme=0 type=projectrole
    ! /user[bob]/active: accounts cannot be deactivated before Jira 4.3
    ! /permissionScheme[Standard]/permissionHolder[MANAGE_SPRINTS_PERMISSION]: before Jira 6.3, permissions are stored as numbers, and this one has none
    ! /projectRole[Nobodies]: there is no projectRole Nobodies
    ");
}

#[test]
fn a_former_key_belongs_to_its_project() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("Project", &[("id", "10000"), ("key", "NOW"), ("name", "One"), ("assigneetype", "2")]),
        ("ProjectKey", &[("id", "10000"), ("projectId", "10000"), ("projectKey", "OLD")]),
        ("ProjectKey", &[("id", "10001"), ("projectId", "10000"), ("projectKey", "NOW")]),
    ];
    let project = "<projects><project><key>OLD</key><name>Another</name></project></projects>";
    insta::assert_snapshot!(written_into("804000", rows, project), @"! /project[OLD]: the key is a former key of the project NOW, which keeps it");
}

#[test]
fn of_several_schemes_the_wanted_one_stays() {
    let sink = |id: &'static str| {
        [
            ("associationType", "ProjectScheme"),
            ("sinkNodeEntity", "PermissionScheme"),
            ("sinkNodeId", id),
            ("sourceNodeEntity", "Project"),
            ("sourceNodeId", "1"),
        ]
    };
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("Project", &[("id", "1"), ("key", "ONE"), ("name", "One"), ("assigneetype", "2")]),
        ("PermissionScheme", &[("id", "0"), ("name", "Standard")]),
        ("PermissionScheme", &[("id", "5"), ("name", "Other")]),
        ("NodeAssociation", &sink("0")),
        ("NodeAssociation", &sink("5")),
        ("NodeAssociation", &sink("7")),
    ];
    let project = |scheme: &str| {
        format!(
            "<projects><project><key>ONE</key><name>One</name><defaultAssignee>projectLead</defaultAssignee>{scheme}</project></projects>"
        )
    };
    insta::assert_snapshot!(written_into("6341", rows, &project("<permissionScheme>Standard</permissionScheme>")), @"");
    insta::assert_snapshot!(written_into("6341", rows, &project("<permissionScheme>Other</permissionScheme>")), @"- NodeAssociation associationType=ProjectScheme sinkNodeEntity=PermissionScheme sinkNodeId=0 sourceNodeEntity=Project sourceNodeId=1");
    insta::assert_snapshot!(written_into("6341", rows, &project("")), @"
    - NodeAssociation associationType=ProjectScheme sinkNodeEntity=PermissionScheme sinkNodeId=0 sourceNodeEntity=Project sourceNodeId=1
    - NodeAssociation associationType=ProjectScheme sinkNodeEntity=PermissionScheme sinkNodeId=5 sourceNodeEntity=Project sourceNodeId=1
    - NodeAssociation associationType=ProjectScheme sinkNodeEntity=PermissionScheme sinkNodeId=7 sourceNodeEntity=Project sourceNodeId=1
    ");
}
