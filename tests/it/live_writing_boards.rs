//! Boards of a live Jira are made, changed and taken back by REST.

use jira_for_tests::Options as Served;

use crate::live_writing::{Target, killed};
use crate::thorough;

/// A board on a filter, with everything that a new one may have.
fn board(name: &str, ty: &str, filter: &str, more: &str) -> String {
    format!(
        "<scrumKanbanBoard>
      <name>{name}</name>
      <type>{ty}</type>
      {filter}
      {more}
      <columnConstraint>issueCount</columnConstraint>
      <columns>
        <column>
          <name>To be done</name>
          <status position=\"1\">Open</status>
        </column>
        <column>
          <name>Begun</name>
          <maximum>5</maximum>
          <status position=\"1\">In Progress</status>
        </column>
        <column>
          <name>Over</name>
        </column>
      </columns>
      <swimlaneStrategy>custom</swimlaneStrategy>
      <swimlanes>
        <swimlane>
          <name>Urgent</name>
          <description>At once</description>
          <jql>priority = High</jql>
        </swimlane>
        <swimlane>
          <name>The rest</name>
          <default>true</default>
        </swimlane>
      </swimlanes>
      <quickFilters>
        <quickFilter>
          <name>Bugs</name>
          <jql>issuetype = Bug</jql>
        </quickFilter>
        <quickFilter>
          <name>Mine</name>
          <description>My own</description>
          <jql>assignee = currentUser()</jql>
        </quickFilter>
      </quickFilters>
      <cardLayouts>
        <cardLayout>
          <mode>PLAN</mode>
          <field>assignee</field>
        </cardLayout>
        <cardLayout>
          <mode>WORK</mode>
          <field>priority</field>
        </cardLayout>
      </cardLayouts>
      <detailViewFields>
        <field>status</field>
        <field>labels</field>
      </detailViewFields>
      <showDaysInColumn>true</showDaysInColumn>
    </scrumKanbanBoard>"
    )
}

/// The filter of the board of the sample, as boards name it.
fn filter(target: &Target) -> String {
    let text = pcfg::xml::to_string(&target.export());
    let at = text.find("<mainFilter").unwrap();
    text[at..at + text[at..].find("</mainFilter>").unwrap()].to_owned() + "</mainFilter>"
}

fn new(target: &Target) -> pcfg::model::Config {
    let filter = filter(target);
    target.with(&[&board("Team", "scrum", &filter, ""), &board("Flow", "kanban", &filter, "")])
}

#[test]
fn a_board_is_made_with_nothing_of_what_jira_gives_it() {
    for (name, served) in [("cloud", Served::cloud()), ("data_center", Served::data_center())] {
        let target = Target::demo(served);
        insta::assert_snapshot!(format!("made_{name}"), target.there_and_back(&new(&target)));
    }
}

#[test]
fn an_import_that_makes_boards_is_killed_anywhere() {
    let target = Target::demo(Served::cloud());
    killed(&target, &new(&target), thorough::every(19));
}

/// What a new board has for good, and what no board can be.
#[test]
fn what_no_request_says_of_a_board_is_refused() {
    let target = Target::demo(Served::cloud());
    let filter = filter(&target);
    let whole = board("Team", "scrum", &filter, "");
    let edited = |old: &str, new: &str| {
        assert!(whole.contains(old), "{old}");
        target.refusals(&target.with(&[&whole.replace(old, new)]))
    };
    let days = "<workingDays><timezone>Europe/Berlin</timezone><workingDay>monday</workingDay></workingDays>
      <showDaysInColumn>";
    let all = [
        edited("<name>Begun</name>", "<name>gh.workflow.preset.inprogress</name>"),
        edited("<default>true</default>", "<jql>priority = Low</jql>"),
        edited("<showDaysInColumn>", days),
        edited("<mode>PLAN</mode>", "<mode>plan</mode>"),
    ];
    insta::assert_snapshot!(all.concat());
}
