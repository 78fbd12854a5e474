//! Permission, notification and issue security schemes of a live Jira are made, changed and taken back by REST.

use jira_for_tests::Options as Served;

use crate::live::sample;
use crate::live_writing::Target;
use crate::thorough;

/// Returns the text of an object of a file, from its beginning to its end.
fn object(target: &Target, tag: &str, name: &str) -> String {
    let text = pcfg::xml::to_string(&target.export());
    let named = text.find(&format!("<{tag}>\n      <name>{name}</name>")).unwrap();
    let end = text[named..].find(&format!("</{tag}>")).unwrap();
    format!("{}</{tag}>", &text[named..named + end])
}

/// Makes a copy of an object, with another name, and takes it back.
fn copied(target: &Target, tag: &str, name: &str) -> String {
    let own = object(target, tag, name);
    let copy = own.replacen(&format!("<name>{name}</name>"), "<name>A copy</name>", 1);
    target.there_and_back(&target.edited(&[(&own, &format!("{copy}{own}"))]))
}

/// Takes texts out of an object, and puts others in.
fn changed(target: &Target, (tag, name): (&str, &str), edits: &[(&str, &str)]) -> String {
    let own = object(target, tag, name);
    let mut new = own.clone();
    for (old, other) in edits {
        assert!(new.contains(old), "{old}\n{own}");
        new = new.replacen(old, other, 1);
    }
    target.there_and_back(&target.edited(&[(&own, &new)]))
}

fn grant(permission: &str, holder: &str) -> String {
    format!(
        "<permissionHolder><permission>{permission}</permission><holder>{holder}</holder></permissionHolder>"
    )
}

const TESTERS_COMMENT: &str = "<permissionHolder>
        <permission>ADD_COMMENTS</permission>
        <holder>
          <projectRole>Testers</projectRole>
        </holder>
      </permissionHolder>";

#[test]
fn a_permission_scheme_takes_one_grant_or_all() {
    const DEMO: (&str, &str) = ("permissionScheme", "Demo: permissions");
    for options in [Served::cloud(), Served::data_center()].into_iter().step_by(thorough::every(2)) {
        let target = Target::of(sample(), options);
        let mut told = copied(&target, DEMO.0, DEMO.1);
        told += &changed(&target, DEMO, &[(TESTERS_COMMENT, "")]);
        told += &changed(
            &target,
            DEMO,
            &[(TESTERS_COMMENT, &(grant("ADD_COMMENTS", "<group>developers</group>") + TESTERS_COMMENT))],
        );
        let several = ["<anyone/>", "<applicationRole></applicationRole>", "<projectLead/>", "<assignee/>"];
        let several: String = several.iter().map(|own| grant("EDIT_ISSUES", own)).collect();
        told += &changed(&target, DEMO, &[(TESTERS_COMMENT, &several), ("Those who build", "All who build")]);
        told += &changed(&target, DEMO, &[("Those who build", "All who build")]);
        insta::allow_duplicates! { insta::assert_snapshot!(told.replace("/api/3/", "/").replace("/api/2/", "/"), @"
        POST /rest/permissionscheme 201
        DELETE /rest/permissionscheme/10000/permission/10057 204
        POST /rest/permissionscheme/10000/permission 201
        PUT /rest/permissionscheme/10000 200
        PUT /rest/permissionscheme/10000 200
        ") }
    }
}

#[test]
fn a_notification_scheme_gets_lines_at_once_and_loses_them_one_by_one() {
    const DEMO: (&str, &str) = ("notificationScheme", "Demo: notifications");
    let target = Target::of(sample(), Served::cloud());
    insta::assert_snapshot!(copied(&target, DEMO.0, DEMO.1), @"POST /rest/api/3/notificationscheme 201");
    let lines: String = ["<projectLead/>", "<currentUser/>", "<user>JIRAUSER10001</user>", "<group>developers</group>"]
        .iter()
        .map(|own| {
            format!(
                "<notificationReceiver><event>Issue Assigned</event><receiver>{own}</receiver></notificationReceiver>"
            )
        })
        .collect();
    let watchers = "<notificationReceiver>
        <event>Issue Commented</event>
        <receiver>
          <allWatchers/>
        </receiver>
      </notificationReceiver>";
    insta::assert_snapshot!(
        changed(&target, DEMO, &[(watchers, &lines), ("<projectRole>Testers</projectRole>", "<reporter/>"), ("Less mail", "Little mail")]),
        @"
    PUT /rest/api/3/notificationscheme/10001 204
    PUT /rest/api/3/notificationscheme/10001/notification 204
    DELETE /rest/api/3/notificationscheme/10001/notification/10040 204
    DELETE /rest/api/3/notificationscheme/10001/notification/10044 204
    "
    );
}

#[test]
fn levels_come_and_go_with_those_who_see_them() {
    const DEMO: (&str, &str) = ("issueSecurityScheme", "Demo: security");
    let target = Target::of(sample(), Served::cloud());
    insta::assert_snapshot!(copied(&target, DEMO.0, DEMO.1), @"POST /rest/api/3/issuesecurityschemes 201");
    // Somebody else sees a level, and another is the default.
    insta::assert_snapshot!(
        changed(
            &target,
            DEMO,
            &[
                ("<defaultLevel>Team</defaultLevel>", "<defaultLevel>Management only</defaultLevel>"),
                ("<projectRole>Testers</projectRole>", "<group>developers</group>"),
                ("<reporter/>", "<assignee/>"),
                ("<description>Money and people</description>", ""),
                ("What customers must not see", "What others must not see"),
            ]
        ),
        @"
    PUT /rest/api/3/issuesecurityschemes/10000 204
    PUT /rest/api/3/issuesecurityschemes/10000/level/10000 204
    PUT /rest/api/3/issuesecurityschemes/10000/level/10001/member 204
    DELETE /rest/api/3/issuesecurityschemes/10000/level/10001/member/10003 204
    DELETE /rest/api/3/issuesecurityschemes/10000/level/10001/member/10004 204
    PUT /rest/api/3/issuesecurityschemes/level/default 204
    "
    );
    // A level comes and is the default.
    insta::assert_snapshot!(
        changed(
            &target,
            DEMO,
            &[
                ("<defaultLevel>Team</defaultLevel>", "<defaultLevel>Partners</defaultLevel>"),
                (
                    "<issueSecurityLevel>",
                    "<issueSecurityLevel><name>Partners</name><description>Those we trust</description></issueSecurityLevel>
                    <issueSecurityLevel>",
                ),
                (
                    "<permission>",
                    "<permission><level>Partners</level><permittedTo><group>support</group></permittedTo></permission>
                    <permission><level>Partners</level><permittedTo><reporter/></permittedTo></permission><permission>",
                ),
            ]
        ),
        @"
    PUT /rest/api/3/issuesecurityschemes/10000/level 204
    PUT /rest/api/3/issuesecurityschemes/level/default 204
    "
    );
    // A level goes that no issue has, and another is the default.
    let management = "<issueSecurityLevel>
        <name>Management only</name>
        <description>Money and people</description>
      </issueSecurityLevel>";
    let seen = [
        "<permission>
        <level>Management only</level>
        <permittedTo>
          <projectLead/>
        </permittedTo>
      </permission>",
        "<permission>
        <level>Management only</level>
        <permittedTo>
          <projectRole>Administrators</projectRole>
        </permittedTo>
      </permission>",
    ];
    insta::assert_snapshot!(
        changed(&target, DEMO, &[(management, ""), (seen[0], ""), (seen[1], ""), ("<reporter/>", "<assignee/>")]),
        @"
    PUT /rest/api/3/issuesecurityschemes/10000/level/10001/member 204
    DELETE /rest/api/3/issuesecurityschemes/10000/level/10001/member/10014 204
    DELETE /rest/api/3/issuesecurityschemes/10000/level/10000 303
    "
    );
}
