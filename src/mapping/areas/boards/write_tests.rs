//! Boards as rows: one change each, and new ones.

use crate::mapping::areas::sharing_tests::{INSTANCE, changes, shown, write};
use crate::mapping::{read, tables, written};

#[test]
fn one_change_of_a_board() {
    let one = |from, to| changes("scrumKanbanBoard", &[(from, to)]);
    insta::assert_snapshot!(one("<maximum>5</maximum>", "<maximum>6</maximum>"), @r"
    ~ AO_60DB71_COLUMN 2: MAXIM 5 -> 6.0
    ");
    insta::assert_snapshot!(one("<name>Todo</name>", "<name>Later</name>"), @r"
    ~ AO_60DB71_COLUMN 1: NAME Todo -> Later
    ");
    insta::assert_snapshot!(one("<column>", "<column><name>Ideas</name></column><column>"), @r"
    ~ AO_60DB71_COLUMN 1: POS 0 -> 1
    ~ AO_60DB71_COLUMN 2: POS 1 -> 2
    ~ AO_60DB71_COLUMN 3: POS 2 -> 3
    + AO_60DB71_COLUMN 4: ID 4, NAME Ideas, POS 0, RAPID_VIEW_ID 1
    ");
    insta::assert_snapshot!(
        changes("scrumKanbanBoard", &[
            ("      <status position=\"1\">Busy</status>\n", ""),
            ("<status position=\"1\">Done</status>", "<status position=\"1\">Busy</status><status position=\"2\">Done</status>"),
        ]),
        @r"
    ~ AO_60DB71_COLUMNSTATUS 2: COLUMN_ID 2 -> 3
    "
    );
    insta::assert_snapshot!(
        changes("scrumKanbanBoard", &[("<column>\n      <name>Done</name>\n      <status position=\"1\">Done</status>\n      <lost>\n        <part>status</part>\n      </lost>\n    </column>", "")]),
        @r"
    - AO_60DB71_COLUMN 3
    - AO_60DB71_COLUMNSTATUS 3
    - AO_60DB71_COLUMNSTATUS 4
    "
    );
    insta::assert_snapshot!(one("= x", "= y"), @r"
    ~ AO_60DB71_QUICKFILTER 1: LONG_QUERY NULL -> cf[10010] = y, QUERY cf[10010] = x -> NULL
    ");
    insta::assert_snapshot!(one("#cc0000", "#cc0001"), @r"
    ~ AO_60DB71_CARDCOLOR 1: COLOR #cc0000 -> #cc0001
    ");
    insta::assert_snapshot!(one("project = TST", "project = TST AND \"Team\" = 1"), @r#"
    ~ AO_60DB71_CARDCOLOR 2: VAL project = 10000 -> project = TST AND "Team" = 1
    "#);
    insta::assert_snapshot!(one("<nonWorkingDay>2025-12-25", "<nonWorkingDay>2025-12-26"), @r"
    - AO_60DB71_NONWORKINGDAY 1
    + AO_60DB71_NONWORKINGDAY 2: ID 2, ISO8601_DATE 2025-12-26, WORKING_DAYS_ID 1
    ");
    insta::assert_snapshot!(one("<workingDay>monday</workingDay>", "<workingDay>monday</workingDay><workingDay>sunday</workingDay>"), @r"
    ~ AO_60DB71_WORKINGDAYS 1: SUNDAY false -> true
    ");
    insta::assert_snapshot!(one("<showDaysInColumn>false", "<showDaysInColumn>true"), @r"
    ~ AO_60DB71_RAPIDVIEW 1: SHOW_DAYS_IN_COLUMN false -> true
    ");
    insta::assert_snapshot!(one("<administratorUser>amy</administratorUser>", "<administratorGroup>staff</administratorGroup>"), @r"
    - AO_60DB71_BOARDADMINS 1
    + AO_60DB71_BOARDADMINS 2: ID 2, KEY staff, RAPID_VIEW_ID 1, TYPE GROUP
    ");
    insta::assert_snapshot!(one("<mode>plan</mode>", "<mode>work</mode>"), @r"
    ~ AO_60DB71_CARDLAYOUT 1: MODE_NAME plan -> work
    ");
    // What every board has, the new one gets.
    let new = changes(
        "scrumKanbanBoard",
        &[
            ("<name>Board</name>", "<name>Board 2</name>"),
            ("<columns>", "<columnConstraint>issueCount</columnConstraint><columns>"),
            ("<quickFilters>", "<swimlaneStrategy>none</swimlaneStrategy><quickFilters>"),
            ("<cardColors>", "<cardColorStrategy>custom</cardColorStrategy><cardColors>"),
            (
                "<workingDays>",
                "<estimation><type>none</type></estimation><timeTracking><type>none</type></timeTracking><workingDays>",
            ),
            (
                "</showDaysInColumn>",
                "</showDaysInColumn><showEpicAsPanel>false</showEpicAsPanel><oldDoneIssuesCutoff>-1w</oldDoneIssuesCutoff>",
            ),
        ],
    );
    insta::assert_snapshot!(new, @r"
    + AO_60DB71_BOARDADMINS 2: ID 2, KEY JIRAUSER1, RAPID_VIEW_ID 2, TYPE USER
    + AO_60DB71_CARDCOLOR 3: ID 3, COLOR #cc0000, POS 0, RAPID_VIEW_ID 2, STRATEGY issuetype, VAL 1
    + AO_60DB71_CARDCOLOR 4: ID 4, COLOR #00cc00, POS 1, RAPID_VIEW_ID 2, STRATEGY custom, VAL project = TST
    + AO_60DB71_CARDLAYOUT 4: ID 4, FIELD_ID summary, MODE_NAME plan, POS 0, RAPID_VIEW_ID 2
    + AO_60DB71_CARDLAYOUT 5: ID 5, FIELD_ID customfield_10010, MODE_NAME work, POS 0, RAPID_VIEW_ID 2
    + AO_60DB71_COLUMN 4: ID 4, NAME Todo, POS 0, RAPID_VIEW_ID 2
    + AO_60DB71_COLUMN 5: ID 5, MAXIM 5.0, NAME Doing, POS 1, RAPID_VIEW_ID 2
    + AO_60DB71_COLUMN 6: ID 6, NAME Done, POS 2, RAPID_VIEW_ID 2
    + AO_60DB71_COLUMNSTATUS 5: ID 5, COLUMN_ID 4, POS 0, STATUS_ID 1
    + AO_60DB71_COLUMNSTATUS 6: ID 6, COLUMN_ID 5, POS 0, STATUS_ID 3
    + AO_60DB71_COLUMNSTATUS 7: ID 7, COLUMN_ID 6, POS 0, STATUS_ID 6
    + AO_60DB71_ESTIMATESTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_NONWORKINGDAY 2: ID 2, ISO8601_DATE 2025-12-25, WORKING_DAYS_ID 2
    + AO_60DB71_QUICKFILTER 2: ID 2, LONG_QUERY cf[10010] = x, NAME Mine, POS 0, RAPID_VIEW_ID 2
    + AO_60DB71_RAPIDVIEW 2: ID 2, CARD_COLOR_STRATEGY custom, NAME Board 2, OLD_DONE_ISSUES_CUTOFF -1w, SAVED_FILTER_ID 10000, SHOW_DAYS_IN_COLUMN false, SHOW_EPIC_AS_PANEL false, SPRINTS_ENABLED true, SWIMLANE_STRATEGY none
    + AO_60DB71_STATSFIELD 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID issueCount
    + AO_60DB71_TRACKINGSTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_WORKINGDAYS 2: ID 2, FRIDAY false, MONDAY true, RAPID_VIEW_ID 2, SATURDAY false, SUNDAY false, THURSDAY false, TIMEZONE UTC, TUESDAY false, WEDNESDAY false
    ");
}

/// A new board of which a file says no more than it must has what Jira Software gives to every board.
#[test]
fn a_new_board_has_what_every_board_has() {
    let of = |ty: &str| {
        let mut wanted = written(&read(&tables(INSTANCE)), "scrumKanbanBoard");
        let (filter, end) = ("</mainFilter>", "</scrumKanbanBoard>");
        wanted.replace_range(wanted.find(filter).unwrap() + filter.len()..wanted.find(end).unwrap(), "");
        let wanted =
            wanted.replace("Board</name>", "New</name>").replace("scrum</type>", &format!("{ty}</type>"));
        let (changes, _) = write("scrumKanbanBoard", &wanted);
        let rows = changes.iter().map(shown).filter(|row| !row.contains("Sequence"));
        rows.collect::<String>()
    };
    insta::assert_snapshot!(of("scrum"), @r"
    + AO_60DB71_ESTIMATESTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_RAPIDVIEW 2: ID 2, CARD_COLOR_STRATEGY none, NAME New, OLD_DONE_ISSUES_CUTOFF NONE, SAVED_FILTER_ID 10000, SHOW_DAYS_IN_COLUMN false, SHOW_EPIC_AS_PANEL true, SPRINTS_ENABLED true, SWIMLANE_STRATEGY parentChild
    + AO_60DB71_STATSFIELD 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_TRACKINGSTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_WORKINGDAYS 2: ID 2, FRIDAY true, MONDAY true, RAPID_VIEW_ID 2, SATURDAY false, SUNDAY false, THURSDAY true, TIMEZONE defaultTimeZoneId, TUESDAY true, WEDNESDAY true
    ");
    insta::assert_snapshot!(of("kanban"), @r"
    + AO_60DB71_ESTIMATESTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_RAPIDVIEW 2: ID 2, CARD_COLOR_STRATEGY none, NAME New, OLD_DONE_ISSUES_CUTOFF -2w, SAVED_FILTER_ID 10000, SHOW_DAYS_IN_COLUMN false, SHOW_EPIC_AS_PANEL true, SPRINTS_ENABLED false, SWIMLANE_STRATEGY custom
    + AO_60DB71_STATSFIELD 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID issueCount
    + AO_60DB71_TRACKINGSTATISTIC 1: ID 1, RAPID_VIEW_ID 2, TYPE_ID none
    + AO_60DB71_WORKINGDAYS 2: ID 2, FRIDAY true, MONDAY true, RAPID_VIEW_ID 2, SATURDAY false, SUNDAY false, THURSDAY true, TIMEZONE defaultTimeZoneId, TUESDAY true, WEDNESDAY true
    ");
}
