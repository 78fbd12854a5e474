//! Filters, dashboards and boards of real Jiras.

use std::path::Path;

use pcfg::check::check;
use pcfg::model::{Config, NoteKind};
use pcfg::select::{Boards, Options, Shares, select};

use super::postgres_dump::Dump;
use super::real_data;

/// Exports everything that is shared or owned by anybody.
fn everything(path: &Path) -> (Config, Vec<String>) {
    let mut reading = real_data::read(path);
    let options =
        Options { filters: Shares::All, dashboards: Shares::All, boards: Boards::All, ..Options::default() };
    let config = select(&mut reading.snapshot, &options).unwrap();
    let notes = reading.snapshot.notes.iter().filter(|note| note.kind == NoteKind::Untranslated);
    (config, notes.map(|note| format!("{} {}", note.path, note.message)).collect())
}

/// Returns a part of a file: everything in a child of the root.
fn part(config: &Config, tag: &str) -> String {
    let text = pcfg::xml::to_string(config);
    let Some((_, from)) = text.split_once(&format!("\n  <{tag}>\n")) else { return String::new() };
    let inside = from.split_once(&format!("\n  </{tag}>")).unwrap().0;
    inside.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn filters_of_jira_7() {
    let Some(path) = real_data::backup("jrjc/cloud-jira-dump-with-filters.xml") else { return };
    let (config, notes) = everything(&path);
    assert_eq!(notes, Vec::<String>::new());
    insta::assert_snapshot!(part(&config, "filters"), @r#"
    <filter>
      <name>All in project Test</name>
      <author>admin</author>
      <description>For testing subscriptions.</description>
      <jql>project = TST</jql>
      <sharedWith>
        <type>global</type>
      </sharedWith>
    </filter>
    <filter>
      <name>All new features! (shared with everyone)</name>
      <author>admin</author>
      <description>This filter returns all issues of type "New Fature".</description>
      <jql>issuetype = "New Feature"</jql>
      <sharedWith>
        <type>global</type>
      </sharedWith>
    </filter>
    <filter>
      <name>Bugs in Test project</name>
      <author>admin</author>
      <jql>project = TST AND issuetype = Bug</jql>
    </filter>
    <filter>
      <name>Resolved bugs</name>
      <author>admin</author>
      <description>For testing shares.</description>
      <jql>issuetype = Bug AND status = Resolved</jql>
      <sharedWith>
        <type>group</type>
        <name>jira-users</name>
      </sharedWith>
      <sharedWith>
        <type>project</type>
        <name>TST</name>
      </sharedWith>
      <sharedWith>
        <type>projectRole</type>
        <name>Users</name>
        <project>RST</project>
      </sharedWith>
    </filter>
    <filter>
      <name>Tasks in Test project - not favuorite filter</name>
      <author>admin</author>
      <jql>project = TST AND issuetype = Task</jql>
    </filter>
    "#);
}

#[test]
fn filters_come_with_the_projects_that_they_are_shared_with() {
    let Some(path) = real_data::backup("jrjc/cloud-jira-dump-with-filters.xml") else { return };
    let names = |config: &Config| {
        let filters = part(config, "filters");
        let names = filters.lines().filter_map(|line| line.strip_prefix("  <name>")?.strip_suffix("</name>"));
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&real_data::export(&path, &["TST"])), ["Resolved bugs"]);
    assert_eq!(names(&real_data::export(&path, &["RST"])), ["Resolved bugs"]);
    assert_eq!(names(&real_data::export(&path, &["ANNON"])), Vec::<String>::new());
}

#[test]
fn dashboards_of_jira_6_and_3() {
    let Some(path) = real_data::backup("jrjc/jira-dump.xml") else { return };
    insta::assert_snapshot!(part(&everything(&path).0, "dashboards"), @r#"
    <dashboard>
      <name>My test</name>
      <author>admin</author>
      <layout>AA</layout>
      <gadget>
        <column>1</column>
        <uri>http://www.atlassian.com/gadgets/news.xml</uri>
        <color>color1</color>
        <preference>
          <key>show_ads</key>
          <value>true</value>
        </preference>
        <preference>
          <key>show_events</key>
          <value>true</value>
        </preference>
        <preference>
          <key>show_news</key>
          <value>true</value>
        </preference>
      </gadget>
    </dashboard>
    <dashboard>
      <name>System Dashboard</name>
      <builtIn>default</builtIn>
      <layout>AA</layout>
      <sharedWith>
        <type>global</type>
      </sharedWith>
      <gadget>
        <column>1</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:introduction-gadget/gadgets/introduction-gadget.xml</uri>
      </gadget>
      <gadget>
        <column>1</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.streams.streams-jira-plugin:activitystream-gadget/gadgets/activitystream-gadget.xml</uri>
        <preference>
          <key>isConfigured</key>
          <value>true</value>
        </preference>
        <preference>
          <key>keys</key>
          <value>__all_projects__</value>
        </preference>
        <preference>
          <key>numofentries</key>
          <value>5</value>
        </preference>
        <preference>
          <key>title</key>
          <value>Your Company JIRA</value>
        </preference>
      </gadget>
      <gadget>
        <column>2</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:assigned-to-me-gadget/gadgets/assigned-to-me-gadget.xml</uri>
        <preference>
          <key>isConfigured</key>
          <value>true</value>
        </preference>
      </gadget>
      <gadget>
        <column>2</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:favourite-filters-gadget/gadgets/favourite-filters-gadget.xml</uri>
        <preference>
          <key>isConfigured</key>
          <value>true</value>
        </preference>
      </gadget>
      <gadget>
        <column>2</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:admin-gadget/gadgets/admin-gadget.xml</uri>
      </gadget>
    </dashboard>
    "#);
    let path = real_data::backup("zendesk/restoreData-JIRA-3.13.2.xml").unwrap();
    insta::assert_snapshot!(part(&everything(&path).0, "dashboards"), @r#"
    <dashboard>
      <name>System Dashboard</name>
      <builtIn>default</builtIn>
      <sharedWith>
        <type>global</type>
      </sharedWith>
      <gadget>
        <column>1</column>
        <portlet>INTRODUCTION</portlet>
      </gadget>
      <gadget>
        <column>1</column>
        <portlet>PROJECTS</portlet>
      </gadget>
      <gadget>
        <column>2</column>
        <portlet>SAVEDFILTERS</portlet>
      </gadget>
      <gadget>
        <column>2</column>
        <portlet>ASSIGNEDTOME</portlet>
      </gadget>
      <gadget>
        <column>2</column>
        <portlet>INPROGRESS</portlet>
      </gadget>
      <gadget>
        <column>2</column>
        <portlet>USERISSUES</portlet>
      </gadget>
      <gadget>
        <column>2</column>
        <portlet>ADMIN</portlet>
      </gadget>
    </dashboard>
    "#);
}

#[test]
fn a_kanban_board_of_jira_9() {
    let Some(dump) = Dump::real("baton-9.12.4/data.sql") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = dump.write_backup(folder.path());
    let config = real_data::export(&path, &["TEST"]);
    insta::assert_snapshot!(part(&config, "scrumKanbanBoards"), @r#"
    <scrumKanbanBoard>
      <name>TEST board</name>
      <type>kanban</type>
      <mainFilter author="admin">Filter for TEST board</mainFilter>
      <owner>admin</owner>
      <administratorUser>admin</administratorUser>
      <administratorUser>member</administratorUser>
      <columnConstraint>issueCount</columnConstraint>
      <columns>
        <column>
          <name>gh.kanplan.column@name=gh.workflow.preset.backlog</name>
        </column>
        <column>
          <name>gh.workflow.preset.backlog</name>
          <status position="1">Backlog</status>
        </column>
        <column>
          <name>gh.workflow.preset.selectedfordevelopment</name>
          <status position="1">Selected for Development</status>
        </column>
        <column>
          <name>gh.workflow.preset.inprogress</name>
          <maximum>1</maximum>
          <status position="1">In Progress</status>
        </column>
        <column>
          <name>gh.workflow.preset.done</name>
          <status position="1">Done</status>
        </column>
      </columns>
      <swimlaneStrategy>custom</swimlaneStrategy>
      <swimlanes>
        <swimlane>
          <name>gh.rapid.swimlane.expedite.name</name>
          <description>gh.rapid.swimlane.expedite.desc</description>
          <jql>priority = Highest</jql>
        </swimlane>
        <swimlane>
          <name>gh.rapid.swimlane.default.name</name>
          <default>true</default>
        </swimlane>
      </swimlanes>
      <quickFilters>
        <quickFilter>
          <name>gh.rapid.quickfilters.only.my.issues</name>
          <description>gh.rapid.quickfilters.only.my.issues.desc</description>
          <jql>assignee = currentUser()</jql>
        </quickFilter>
        <quickFilter>
          <name>gh.rapid.quickfilters.recently.updated</name>
          <description>gh.rapid.quickfilters.recently.updated.desc</description>
          <jql>updatedDate >= -1d</jql>
        </quickFilter>
      </quickFilters>
      <subFilter>fixVersion in unreleasedVersions() OR fixVersion is EMPTY</subFilter>
      <cardColorStrategy>none</cardColorStrategy>
      <detailViewFields>
        <field>status</field>
        <field>priority</field>
        <field>components</field>
        <field>labels</field>
        <field>versions</field>
        <field>fixVersions</field>
        <field>issuelinks</field>
        <field>reporter</field>
        <field>assignee</field>
        <field>created</field>
        <field>updated</field>
        <field type="com.pyxis.greenhopper.jira:gh-epic-link">Epic Link</field>
      </detailViewFields>
      <estimation>
        <type>none</type>
      </estimation>
      <timeTracking>
        <type>none</type>
      </timeTracking>
      <workingDays>
        <timezone>defaultTimeZoneId</timezone>
        <workingDay>monday</workingDay>
        <workingDay>tuesday</workingDay>
        <workingDay>wednesday</workingDay>
        <workingDay>thursday</workingDay>
        <workingDay>friday</workingDay>
      </workingDays>
      <showDaysInColumn>false</showDaysInColumn>
      <showEpicAsPanel>true</showEpicAsPanel>
      <oldDoneIssuesCutoff>-2w</oldDoneIssuesCutoff>
      <refinedVelocity>true</refinedVelocity>
    </scrumKanbanBoard>
    "#);
    insta::assert_snapshot!(part(&config, "filters"), @r#"
    <filter>
      <name>Filter for TEST board</name>
      <author>admin</author>
      <jql>project = TEST ORDER BY Rank ASC</jql>
      <sharedWith>
        <type>project</type>
        <name>TEST</name>
      </sharedWith>
    </filter>
    "#);
    assert_eq!(problems(&config), Vec::<String>::new());
}

#[test]
fn a_scrum_board_of_jira_7() {
    let Some(dump) = Dump::real("behavepro-7.12.3/db.sql") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = dump.write_backup(folder.path());
    let config = real_data::export(&path, &["PROJ"]);
    insta::assert_snapshot!(part(&config, "scrumKanbanBoards"), @r#"
    <scrumKanbanBoard>
      <name>PROJ board</name>
      <type>scrum</type>
      <mainFilter author="admin">Filter for PROJ board</mainFilter>
      <owner>admin</owner>
      <administratorUser>admin</administratorUser>
      <columnConstraint>none</columnConstraint>
      <columns>
        <column>
          <name>gh.workflow.preset.todo</name>
          <status position="1">To Do</status>
        </column>
        <column>
          <name>gh.workflow.preset.inprogress</name>
          <status position="1">In Progress</status>
        </column>
        <column>
          <name>gh.workflow.preset.done</name>
          <status position="1">Done</status>
        </column>
      </columns>
      <swimlaneStrategy>parentChild</swimlaneStrategy>
      <swimlanes>
        <swimlane>
          <name>gh.rapid.swimlane.default.name</name>
          <default>true</default>
        </swimlane>
      </swimlanes>
      <quickFilters>
        <quickFilter>
          <name>gh.rapid.quickfilters.only.my.issues</name>
          <description>gh.rapid.quickfilters.only.my.issues.desc</description>
          <jql>assignee = currentUser()</jql>
        </quickFilter>
        <quickFilter>
          <name>gh.rapid.quickfilters.recently.updated</name>
          <description>gh.rapid.quickfilters.recently.updated.desc</description>
          <jql>updatedDate >= -1d</jql>
        </quickFilter>
      </quickFilters>
      <cardColorStrategy>none</cardColorStrategy>
      <detailViewFields>
        <field>status</field>
        <field>priority</field>
        <field>components</field>
        <field>labels</field>
        <field>versions</field>
        <field>fixVersions</field>
        <field>issuelinks</field>
        <field>reporter</field>
        <field>assignee</field>
        <field>created</field>
        <field>updated</field>
        <field type="com.pyxis.greenhopper.jira:gh-epic-link">Epic Link</field>
      </detailViewFields>
      <estimation>
        <type>field</type>
        <field type="com.atlassian.jira.plugin.system.customfieldtypes:float">Story Points</field>
      </estimation>
      <timeTracking>
        <type>none</type>
      </timeTracking>
      <workingDays>
        <timezone>defaultTimeZoneId</timezone>
        <workingDay>monday</workingDay>
        <workingDay>tuesday</workingDay>
        <workingDay>wednesday</workingDay>
        <workingDay>thursday</workingDay>
        <workingDay>friday</workingDay>
      </workingDays>
      <showDaysInColumn>false</showDaysInColumn>
      <showEpicAsPanel>true</showEpicAsPanel>
      <oldDoneIssuesCutoff>NONE</oldDoneIssuesCutoff>
    </scrumKanbanBoard>
    "#);
    insta::assert_snapshot!(part(&config, "filters"), @r#"
    <filter>
      <name>Filter for PROJ board</name>
      <author>admin</author>
      <jql>project = PROJ ORDER BY Rank ASC</jql>
      <sharedWith>
        <type>project</type>
        <name>PROJ</name>
      </sharedWith>
    </filter>
    "#);
    assert_eq!(problems(&config), Vec::<String>::new());
}

/// Returns what is wrong with filters, dashboards and boards.
fn problems(config: &Config) -> Vec<String> {
    let places = ["/filters", "/dashboards", "/scrumKanbanBoards"];
    let problems = check(config.root()).into_iter();
    let of_place =
        problems.filter(|problem| places.iter().any(|place| problem.path.to_string().starts_with(place)));
    of_place.map(|problem| format!("{} {}", problem.path, problem.message)).collect()
}

#[test]
fn nothing_shared_dangles_in_any_backup_and_no_id_is_left() {
    for path in real_data::backups() {
        let (config, notes) = everything(&path);
        assert_eq!(problems(&config), Vec::<String>::new(), "{}", path.display());
        let shared = notes.iter().filter(|note| {
            ["/filter[", "/dashboard[", "/scrumKanbanBoard["].iter().any(|place| note.starts_with(place))
        });
        assert_eq!(shared.count(), 0, "{}: {notes:?}", path.display());
        for tag in ["filters", "dashboards", "scrumKanbanBoards"] {
            let text = part(&config, tag);
            for id in ["customfield_", "cf[1", "filter-1", "project-1", "JIRAUSER", ">10000<", "= 10000"] {
                assert!(!text.contains(id), "{} has {id} in {tag}:\n{text}", path.display());
            }
        }
    }
}
