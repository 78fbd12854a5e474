//! Projects of a live Jira are made, changed and taken back by REST.

use jira_for_tests::Options as Served;

use crate::live::sample;
use crate::live_writing::Target;

/// What the editions call two people.
struct People {
    ada: &'static str,
    margaret: &'static str,
}

const ACCOUNTS: People = People { ada: "JIRAUSER10001", margaret: "JIRAUSER10004" };
const NAMES: People = People { ada: "ada", margaret: "margaret" };

impl People {
    /// Other details of the project OPS.
    fn details(&self) -> [(String, String); 2] {
        let Self { ada, margaret } = self;
        [
            ("<name>Operations</name>".into(), "<name>Running</name>".into()),
            (
                format!(
                    "<url>https://example.com/ops</url>
      <lead>{margaret}</lead>
      <defaultAssignee>unassigned</defaultAssignee>
      <projectType>business</projectType>"
                ),
                format!(
                    "<lead>{ada}</lead>
      <defaultAssignee>projectLead</defaultAssignee>
      <projectType>business</projectType>
      <projectCategory>Products</projectCategory>"
                ),
            ),
        ]
    }

    /// Other members of roles, in a project that is there: one more, one fewer, a role without any, and a first.
    fn members(&self) -> [(String, String); 1] {
        let Self { ada, margaret } = self;
        [(
            format!(
                "<memberUser>{margaret}</memberUser>
        </projectRoleMembership>
        <projectRoleMembership>
          <name>Developers</name>
          <memberGroup>support</memberGroup>
        </projectRoleMembership>"
            ),
            format!(
                "<memberUser>{ada}</memberUser>
          <memberGroup>support</memberGroup>
        </projectRoleMembership>
        <projectRoleMembership>
          <name>Testers</name>
          <memberGroup>developers</memberGroup>
        </projectRoleMembership>"
            ),
        )]
    }

    /// A project with everything that it may have; `more` stands among its schemes.
    fn new_project(&self, sender: &str, more: &str) -> [(String, String); 1] {
        let Self { ada, margaret } = self;
        let project = format!(
            "<project>
      <key>NEW</key>
      <name>New project</name>
      <description>Made by an import</description>
      <url>https://example.com/new</url>
      <lead>{ada}</lead>
      <defaultAssignee>unassigned</defaultAssignee>
      <projectType>software</projectType>
      <projectCategory>Products</projectCategory>
      {sender}
      <issueTypeScheme>Demo: issue types</issueTypeScheme>
      <priorityScheme>Demo: priorities</priorityScheme>
      {more}
      <workflowScheme>Demo: workflows</workflowScheme>
      <permissionScheme>Demo: permissions</permissionScheme>
      <notificationScheme>Demo: notifications</notificationScheme>
      <issueSecurityScheme>Demo: security</issueSecurityScheme>
      <versions>
        <version>
          <sequence>1</sequence>
          <name>1.0</name>
          <description>First</description>
          <startDate>2025-01-06</startDate>
          <releaseDate>2025-03-01</releaseDate>
          <released>true</released>
          <archived>true</archived>
        </version>
        <version>
          <sequence>2</sequence>
          <name>0.9</name>
          <released>false</released>
          <archived>false</archived>
        </version>
      </versions>
      <components>
        <component>
          <name>Core</name>
          <description>All of it</description>
          <componentLead>{margaret}</componentLead>
          <defaultAssignee>componentLead</defaultAssignee>
        </component>
      </components>
      <projectRoleMembers>
        <projectRoleMembership>
          <name>Administrators</name>
          <memberUser>{ada}</memberUser>
        </projectRoleMembership>
        <projectRoleMembership>
          <name>Developers</name>
          <memberGroup>developers</memberGroup>
        </projectRoleMembership>
      </projectRoleMembers>
    </project>
    <project>
      <key>OPS</key>"
        );
        [("<project>\n      <key>OPS</key>".into(), project)]
    }
}

/// Versions of DEMO that change, go, come and stand elsewhere; and its components.
const PARTS: [(&str, &str); 7] = [
    (
        "<sequence>1</sequence>\n          <name>1.0</name>",
        "<sequence>3</sequence>\n          <name>1.0</name>",
    ),
    // One in the middle goes, and another comes first.
    (
        "<sequence>2</sequence>
          <name>1.1</name>
          <description>Nothing but repairs</description>
          <startDate>2025-03-03</startDate>
          <releaseDate>2025-04-01</releaseDate>
          <released>true</released>",
        "<sequence>1</sequence>
          <name>0.1</name>
          <released>false</released>",
    ),
    (
        "<sequence>3</sequence>
          <name>2.0</name>
          <description>Gift cards</description>
          <startDate>2025-04-02</startDate>
          <releaseDate>2025-09-01</releaseDate>
          <released>false</released>",
        "<sequence>2</sequence>
          <name>2.0</name>
          <description>Gift cards and more</description>
          <startDate>2025-04-02</startDate>
          <released>true</released>",
    ),
    (
        "<name>Cart</name>\n          <description>From the shelf to the till</description>",
        "<name>Basket</name>",
    ),
    ("<name>Search</name>\n", "<name>Search</name>\n          <description>Finds</description>\n"),
    ("<description>All that customers see</description>", ""),
    (
        "<defaultAssignee>unassigned</defaultAssignee>\n        </component>",
        "<defaultAssignee>projectLead</defaultAssignee>\n        </component>",
    ),
];

/// Imports edits and takes them back.
fn done(target: &Target, edits: &[(String, String)]) -> String {
    let edits: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    target.there_and_back(&target.edited(&edits))
}

#[test]
fn a_project_of_cloud_is_changed_and_taken_back() {
    let target = Target::of(sample(), Served::cloud());
    insta::assert_snapshot!(done(&target, &ACCOUNTS.details()), @"PUT /rest/api/3/project/OPS 200");
    insta::assert_snapshot!(done(&target, &ACCOUNTS.members()), @"
    PUT /rest/api/3/project/OPS/role/10000 200
    PUT /rest/api/3/project/OPS/role/10001 200
    PUT /rest/api/3/project/OPS/role/10002 200
    ");
    insta::assert_snapshot!(target.there_and_back(&target.edited(&PARTS)), @"
    DELETE /rest/api/3/component/10000 204
    PUT /rest/api/3/component/10002 200
    PUT /rest/api/3/component/10003 200
    POST /rest/api/3/component 201
    POST /rest/api/3/version/10001/removeAndSwap 204
    PUT /rest/api/3/version/10002 200
    POST /rest/api/3/version 201
    POST /rest/api/3/version/10004/move 200
    POST /rest/api/3/version/10002/move 200
    ");
    // Issues whose statuses the new workflows lack would have to be mapped.
    let instance = rusqlite::Connection::open(&target.path).unwrap();
    instance
        .execute("DELETE FROM jiraissue WHERE project = (SELECT id FROM project WHERE pkey = 'OPS')", [])
        .unwrap();
    let schemes = target.edited(&[
        (
            "<issueTypeScheme>Operations: issue types</issueTypeScheme>",
            "<issueTypeScheme>Demo: issue types</issueTypeScheme>",
        ),
        (
            "<issueTypeScreenScheme>Default Issue Type Screen Scheme</issueTypeScreenScheme>
      <permissionScheme>Default Permission Scheme</permissionScheme>
      <notificationScheme>Demo: notifications</notificationScheme>",
            "<fieldConfigurationScheme>Demo: field configurations</fieldConfigurationScheme>
      <issueTypeScreenScheme>Demo: screens</issueTypeScreenScheme>
      <workflowScheme>Demo: workflows</workflowScheme>
      <permissionScheme>Demo: permissions</permissionScheme>
      <issueSecurityScheme>Demo: security</issueSecurityScheme>",
        ),
    ]);
    insta::assert_snapshot!(target.there_and_back(&schemes), @"
    PUT /rest/api/3/project/OPS 200
    PUT /rest/api/3/project/OPS 200
    PUT /rest/api/3/issuesecurityschemes/project 303
    PUT /rest/api/3/issuetypescheme/project 204
    PUT /rest/api/3/issuetypescreenscheme/project 204
    PUT /rest/api/3/fieldconfigurationscheme/project 204
    POST /rest/api/3/workflowscheme/project/switch 303
    ");
}

#[test]
fn what_would_show_issues_to_everybody_is_refused() {
    let without = ("<issueSecurityScheme>Demo: security</issueSecurityScheme>", "");
    for options in [Served::cloud(), Served::data_center()] {
        let target = Target::of(sample(), options);
        let import = target.plan(&target.edited(&[without]));
        let told = format!("{:?}", import.plan.refused);
        assert!(told.contains("issues that have the level `Management only` would lose it"), "{told}");
    }
}

#[test]
fn a_project_of_data_center_is_changed_and_taken_back() {
    let target = Target::of(sample(), Served::data_center());
    insta::assert_snapshot!(done(&target, &NAMES.details()), @"PUT /rest/api/2/project/OPS 200");
    insta::assert_snapshot!(done(&target, &NAMES.members()), @"
    PUT /rest/api/2/project/OPS/role/10000 200
    PUT /rest/api/2/project/OPS/role/10001 200
    PUT /rest/api/2/project/OPS/role/10002 200
    ");
    insta::assert_snapshot!(target.there_and_back(&target.edited(&PARTS)), @"
    DELETE /rest/api/2/component/10000 204
    PUT /rest/api/2/component/10002 200
    PUT /rest/api/2/component/10003 200
    POST /rest/api/2/component 201
    POST /rest/api/2/version/10001/removeAndSwap 204
    PUT /rest/api/2/version/10002 200
    POST /rest/api/2/version 201
    POST /rest/api/2/version/10004/move 200
    POST /rest/api/2/version/10002/move 200
    ");
    let schemes = target.edited(&[
        (
            "<issueTypeScheme>Operations: issue types</issueTypeScheme>",
            "<issueTypeScheme>Demo: issue types</issueTypeScheme>",
        ),
        (
            "<permissionScheme>Default Permission Scheme</permissionScheme>
      <notificationScheme>Demo: notifications</notificationScheme>",
            "<permissionScheme>Demo: permissions</permissionScheme>
      <issueSecurityScheme>Demo: security</issueSecurityScheme>",
        ),
    ]);
    insta::assert_snapshot!(target.there_and_back(&schemes), @"
    PUT /rest/api/2/project/OPS 200
    PUT /rest/api/2/project/OPS 200
    PUT /rest/api/2/project/OPS 200
    POST /rest/api/2/issuetypescheme/10001/associations 200
    ");
}

#[test]
fn a_project_is_made_with_all_that_it_has() {
    let target = Target::of(sample(), Served::cloud());
    let fields = "<fieldConfigurationScheme>Demo: field configurations</fieldConfigurationScheme>
      <issueTypeScreenScheme>Demo: screens</issueTypeScreenScheme>";
    let sender = "<senderAddress>new@example.com</senderAddress>";
    insta::assert_snapshot!(done(&target, &ACCOUNTS.new_project(sender, fields)), @"
    POST /rest/api/3/project 201
    PUT /rest/api/3/priorityscheme/10004 202
    PUT /rest/api/3/project/10002/email 204
    PUT /rest/api/3/project/NEW/role/10000 200
    POST /rest/api/3/component 201
    POST /rest/api/3/version 201
    POST /rest/api/3/version 201
    ");
    // Data Center has no bin: what would be deleted with the project is nobody's to lose.
    let target = Target::of(sample(), Served::data_center());
    let [(old, new)] = NAMES.new_project("", "");
    let file = target.edited(&[(&old, &new)]);
    let mut import = target.plan(&file);
    assert_eq!(import.plan.refused, []);
    insta::assert_snapshot!(import.proved().unwrap().work().irrevocable().join("\n"), @"project `NEW`");
    insta::assert_snapshot!(crate::live_writing::told(&target.import(&file)), @"
    POST /rest/api/2/project 201
    POST /rest/api/2/issuetypescheme/10001/associations 200
    PUT /rest/api/2/project/NEW/priorityscheme 200
    PUT /rest/api/2/project/NEW/role/10000 200
    POST /rest/api/2/component 201
    POST /rest/api/2/version 201
    POST /rest/api/2/version 201
    ");
    assert!(target.plan(&file).plan.is_empty());
}
