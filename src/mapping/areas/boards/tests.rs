//! Tests of boards: rows to objects and back.

use crate::mapping::{read, tables, written};

type Rows<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

#[test]
fn a_board_is_read_with_all_its_parts() {
    let rows: Rows<'_> = &[
        ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "bob")]),
        ("Project", &[("id", "10000"), ("key", "TST"), ("name", "Test")]),
        ("Status", &[("id", "1"), ("name", "Open")]),
        ("Status", &[("id", "3"), ("name", "Doing")]),
        ("IssueType", &[("id", "5"), ("name", "Sub-task"), ("style", "jira_subtask")]),
        ("Priority", &[("id", "1"), ("name", "Blocker")]),
        ("CustomField", &[("id", "10010"), ("name", "Points"), ("customfieldtypekey", "t:float")]),
        ("SearchRequest", &[("id", "2"), ("name", "All"), ("author", "amy"), ("user", "amy")]),
        (
            "AO_60DB71_RAPIDVIEW",
            &[
                ("ID", "1"),
                ("NAME", "Board"),
                ("SAVED_FILTER_ID", "2"),
                ("SPRINTS_ENABLED", "true"),
                ("OWNER_USER_NAME", "JIRAUSER10000"),
                ("SWIMLANE_STRATEGY", "custom"),
                ("CARD_COLOR_STRATEGY", "issuetype"),
                ("SHOW_DAYS_IN_COLUMN", "false"),
                ("OLD_DONE_ISSUES_CUTOFF", "NONE"),
            ],
        ),
        ("AO_60DB71_RAPIDVIEW", &[("ID", "2"), ("NAME", "No filter"), ("SAVED_FILTER_ID", "99")]),
        (
            "AO_60DB71_BOARDADMINS",
            &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("KEY", "JIRAUSER10000"), ("TYPE", "USER")],
        ),
        (
            "AO_60DB71_BOARDADMINS",
            &[("ID", "2"), ("RAPID_VIEW_ID", "1"), ("KEY", "staff"), ("TYPE", "GROUP")],
        ),
        (
            "AO_60DB71_BOARDADMINS",
            &[("ID", "3"), ("RAPID_VIEW_ID", "1"), ("KEY", "JIRAUSER9"), ("TYPE", "USER")],
        ),
        ("AO_60DB71_STATSFIELD", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("TYPE_ID", "issueCount")]),
        ("AO_60DB71_COLUMN", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("NAME", "Last"), ("POS", "10")]),
        (
            "AO_60DB71_COLUMN",
            &[
                ("ID", "2"),
                ("RAPID_VIEW_ID", "1"),
                ("NAME", "gh.workflow.preset.todo"),
                ("POS", "9"),
                ("MINIM", "1"),
                ("MAXIM", "5.0"),
            ],
        ),
        ("AO_60DB71_COLUMN", &[("ID", "3"), ("RAPID_VIEW_ID", "7"), ("NAME", "Other board's"), ("POS", "0")]),
        ("AO_60DB71_COLUMNSTATUS", &[("ID", "1"), ("COLUMN_ID", "2"), ("STATUS_ID", "1"), ("POS", "0")]),
        ("AO_60DB71_COLUMNSTATUS", &[("ID", "2"), ("COLUMN_ID", "2"), ("STATUS_ID", "3"), ("POS", "4")]),
        ("AO_60DB71_COLUMNSTATUS", &[("ID", "3"), ("COLUMN_ID", "2"), ("STATUS_ID", "99"), ("POS", "5")]),
        (
            "AO_60DB71_SWIMLANE",
            &[
                ("ID", "1"),
                ("RAPID_VIEW_ID", "1"),
                ("NAME", "Fast"),
                ("POS", "0"),
                ("DEFAULT_LANE", "false"),
                ("LONG_QUERY", "priority = 1"),
                ("QUERY", "old"),
            ],
        ),
        (
            "AO_60DB71_SWIMLANE",
            &[
                ("ID", "2"),
                ("RAPID_VIEW_ID", "1"),
                ("NAME", "Rest"),
                ("DESCRIPTION", ""),
                ("POS", "1"),
                ("DEFAULT_LANE", "true"),
            ],
        ),
        (
            "AO_60DB71_QUICKFILTER",
            &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("NAME", "Big"), ("POS", "0"), ("QUERY", "cf[10010] > 5")],
        ),
        ("AO_60DB71_SUBQUERY", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("LONG_QUERY", "project = 10000")]),
        (
            "AO_60DB71_CARDCOLOR",
            &[
                ("ID", "1"),
                ("RAPID_VIEW_ID", "1"),
                ("STRATEGY", "issuetype"),
                ("VAL", "5"),
                ("COLOR", "#cc0000"),
                ("POS", "0"),
            ],
        ),
        (
            "AO_60DB71_CARDCOLOR",
            &[
                ("ID", "2"),
                ("RAPID_VIEW_ID", "1"),
                ("STRATEGY", "priority"),
                ("VAL", "1"),
                ("COLOR", "#00cc00"),
                ("POS", "1"),
            ],
        ),
        (
            "AO_60DB71_CARDCOLOR",
            &[
                ("ID", "3"),
                ("RAPID_VIEW_ID", "1"),
                ("STRATEGY", "assignee"),
                ("VAL", "JIRAUSER10000"),
                ("COLOR", "#0000cc"),
                ("POS", "2"),
            ],
        ),
        (
            "AO_60DB71_CARDCOLOR",
            &[
                ("ID", "4"),
                ("RAPID_VIEW_ID", "1"),
                ("STRATEGY", "custom"),
                ("VAL", "project = 10000"),
                ("COLOR", "#ffffff"),
                ("POS", "3"),
            ],
        ),
        (
            "AO_60DB71_CARDCOLOR",
            &[
                ("ID", "5"),
                ("RAPID_VIEW_ID", "1"),
                ("STRATEGY", "priority"),
                ("VAL", "99"),
                ("COLOR", "#000000"),
                ("POS", "4"),
            ],
        ),
        (
            "AO_60DB71_CARDLAYOUT",
            &[
                ("ID", "1"),
                ("RAPID_VIEW_ID", "1"),
                ("MODE_NAME", "work"),
                ("FIELD_ID", "labels"),
                ("POS", "0"),
            ],
        ),
        (
            "AO_60DB71_CARDLAYOUT",
            &[
                ("ID", "2"),
                ("RAPID_VIEW_ID", "1"),
                ("MODE_NAME", "plan"),
                ("FIELD_ID", "customfield_10010"),
                ("POS", "1"),
            ],
        ),
        (
            "AO_60DB71_DETAILVIEWFIELD",
            &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("FIELD_ID", "status"), ("POS", "1")],
        ),
        (
            "AO_60DB71_DETAILVIEWFIELD",
            &[("ID", "2"), ("RAPID_VIEW_ID", "1"), ("FIELD_ID", "customfield_10010"), ("POS", "0")],
        ),
        (
            "AO_60DB71_DETAILVIEWFIELD",
            &[("ID", "3"), ("RAPID_VIEW_ID", "1"), ("FIELD_ID", "customfield_99"), ("POS", "2")],
        ),
        (
            "AO_60DB71_ESTIMATESTATISTIC",
            &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("TYPE_ID", "field"), ("FIELD_ID", "customfield_10010")],
        ),
        ("AO_60DB71_TRACKINGSTATISTIC", &[("ID", "1"), ("RAPID_VIEW_ID", "1"), ("TYPE_ID", "none")]),
        (
            "AO_60DB71_WORKINGDAYS",
            &[
                ("ID", "3"),
                ("RAPID_VIEW_ID", "1"),
                ("TIMEZONE", "defaultTimeZoneId"),
                ("MONDAY", "true"),
                ("TUESDAY", "true"),
                ("SUNDAY", "false"),
            ],
        ),
        ("AO_60DB71_NONWORKINGDAY", &[("ID", "1"), ("WORKING_DAYS_ID", "3"), ("ISO8601_DATE", "2025-12-25")]),
        ("AO_60DB71_NONWORKINGDAY", &[("ID", "2"), ("WORKING_DAYS_ID", "3"), ("ISO8601_DATE", "2025-12-24")]),
    ];
    let snapshot = read(&tables(rows));
    insta::assert_snapshot!(written(&snapshot, "scrumKanbanBoard"), @r#"
    <scrumKanbanBoard>
      <name>Board</name>
      <type>scrum</type>
      <mainFilter author="amy">All</mainFilter>
      <owner>bob</owner>
      <administratorUser>bob</administratorUser>
      <administratorGroup>staff</administratorGroup>
      <columnConstraint>issueCount</columnConstraint>
      <columns>
        <column>
          <name>gh.workflow.preset.todo</name>
          <minimum>1</minimum>
          <maximum>5</maximum>
          <status position="2">Doing</status>
          <status position="1">Open</status>
          <lost>
            <part>status</part>
          </lost>
        </column>
        <column>
          <name>Last</name>
        </column>
      </columns>
      <swimlaneStrategy>custom</swimlaneStrategy>
      <swimlanes>
        <swimlane>
          <name>Fast</name>
          <jql>priority = "Blocker"</jql>
        </swimlane>
        <swimlane>
          <name>Rest</name>
          <default>true</default>
        </swimlane>
      </swimlanes>
      <quickFilters>
        <quickFilter>
          <name>Big</name>
          <jql>"Points" > 5</jql>
        </quickFilter>
      </quickFilters>
      <subFilter>project = TST</subFilter>
      <cardColorStrategy>issuetype</cardColorStrategy>
      <cardColors>
        <cardColor>
          <strategy>issuetype</strategy>
          <color>#cc0000</color>
          <issueType subtask="true">Sub-task</issueType>
        </cardColor>
        <cardColor>
          <strategy>priority</strategy>
          <color>#00cc00</color>
          <priority>Blocker</priority>
        </cardColor>
        <cardColor>
          <strategy>assignee</strategy>
          <color>#0000cc</color>
          <user>bob</user>
        </cardColor>
        <cardColor>
          <strategy>custom</strategy>
          <color>#ffffff</color>
          <jql>project = TST</jql>
        </cardColor>
        <lost>
          <part>cardColor</part>
        </lost>
      </cardColors>
      <cardLayouts>
        <cardLayout>
          <mode>plan</mode>
          <field type="t:float">Points</field>
        </cardLayout>
        <cardLayout>
          <mode>work</mode>
          <field>labels</field>
        </cardLayout>
      </cardLayouts>
      <detailViewFields>
        <field type="t:float">Points</field>
        <field>status</field>
        <lost>
          <part>field</part>
        </lost>
      </detailViewFields>
      <estimation>
        <type>field</type>
        <field type="t:float">Points</field>
      </estimation>
      <timeTracking>
        <type>none</type>
      </timeTracking>
      <workingDays>
        <timezone>defaultTimeZoneId</timezone>
        <workingDay>monday</workingDay>
        <workingDay>tuesday</workingDay>
        <nonWorkingDay>2025-12-24</nonWorkingDay>
        <nonWorkingDay>2025-12-25</nonWorkingDay>
      </workingDays>
      <showDaysInColumn>false</showDaysInColumn>
      <oldDoneIssuesCutoff>NONE</oldDoneIssuesCutoff>
    </scrumKanbanBoard>
    "#);
    let notes: Vec<String> = snapshot
        .notes
        .iter()
        .filter(|note| note.path.to_string().starts_with("/scrumKanbanBoard"))
        .map(|note| format!("{} {}", note.path, note.message))
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @r#"
    /scrumKanbanBoard[Board]/administratorUser JIRAUSER9 does not exist
    /scrumKanbanBoard[Board]/cardColors/cardColor[5] the priority 99 does not exist
    /scrumKanbanBoard[Board]/columns/column[gh.workflow.preset.todo] its status 99 does not exist
    /scrumKanbanBoard[Board]/detailViewFields the field customfield_99 does not exist
    /scrumKanbanBoard[No filter] its filter, 99, does not exist
    "#);
    let (_, board) = snapshot.objects.iter().find(|(own, _)| own.name() == "Board").expect("it is read");
    let mentions: Vec<String> = board.mentions.iter().map(ToString::to_string).collect();
    assert_eq!(mentions, ["Blocker", "Points (type t:float)"]);
}
