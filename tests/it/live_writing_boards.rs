//! Boards of a live Jira are made, changed and taken back by REST.

use jira_for_tests::{Fault, Options as Served, Outcome};
use pcfg::model::Gap;
use pcfg::xml;

use crate::live_writing::{Target, exported, killed};
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
    killed(&target, &new(&target), thorough::every(37));
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

/// Where the velocity chart of a board is set.
const VELOCITY: &str = "/rest/agile/1.0/board/{boardId}/settings/refined-velocity";

/// How often it was asked which velocity chart a board has.
fn asked(target: &Target) -> usize {
    let requests = target.server.requests();
    requests.iter().filter(|own| own.method == "GET" && own.endpoint == Some(VELOCITY)).count()
}

#[test]
fn data_center_tells_and_takes_which_velocity_chart_a_scrum_board_has() {
    let target = Target::demo(Served::data_center());
    let text = xml::to_string(&target.export());
    assert!(text.contains("<refinedVelocity>true</refinedVelocity>"), "{text}");
    let off = target.edited(&[("<refinedVelocity>true<", "<refinedVelocity>false<")]);
    insta::assert_snapshot!(
        target.there_and_back(&off),
        @"PUT /rest/agile/1.0/board/1/settings/refined-velocity 200"
    );
    // A new board has what the file says, and one that says nothing has what Jira gives it.
    let filter = filter(&target);
    let velocity = "<refinedVelocity>false</refinedVelocity></scrumKanbanBoard>";
    let scrum = board("Team", "scrum", &filter, "").replace("</scrumKanbanBoard>", velocity);
    let kanban = board("Flow", "kanban", &filter, "").replace("</scrumKanbanBoard>", velocity);
    let other = board("Others", "scrum", &filter, "");
    let writes = target.import(&target.with(&[&scrum, &kanban, &other]));
    let set: Vec<_> =
        writes.iter().filter(|own| own.endpoint == Some(VELOCITY)).map(|own| &own.path).collect();
    insta::assert_debug_snapshot!(set, @r#"
    [
        "/rest/agile/1.0/board/2/settings/refined-velocity",
        "/rest/agile/1.0/board/4/settings/refined-velocity",
    ]
    "#);
    target.server.forget();
    let text = xml::to_string(&exported(&mut target.snapshot()));
    assert_eq!(asked(&target), 3, "a Kanban board is not asked about");
    assert_eq!(text.matches("<refinedVelocity>").count(), 3, "{text}");
    assert_eq!(text.matches("<refinedVelocity>false<").count(), 1, "{text}");
}

#[test]
fn a_velocity_chart_that_nobody_tells_is_unknown_and_never_off() {
    let target = Target::demo(Served::data_center());
    let file = target.edited(&[("<refinedVelocity>true<", "<refinedVelocity>false<")]);
    for outcome in [Outcome::Status(403), Outcome::Status(404), Outcome::EmptyObject] {
        target.server.set_faults(vec![Fault::always(VELOCITY, outcome)]);
        let mut snapshot = target.snapshot();
        let property = |own: &&Gap| own.what().contains("refinedVelocity");
        let gaps: Vec<_> = snapshot.unseen.iter().filter(property).map(Gap::what).collect();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        let text = xml::to_string(&exported(&mut snapshot));
        assert!(!text.contains("<refinedVelocity>"), "{text}");
        assert!(text.lines().nth(1).unwrap().contains("scrumKanbanBoard/refinedVelocity"), "{text}");
        let import = target.plan(&file);
        assert!(import.plan.is_empty() && import.work.is_empty(), "{:#?}", import.plan.describe());
    }
}

/// Jira Cloud has no such request, and nobody sends it.
#[test]
fn jira_cloud_is_not_asked_for_velocity_charts() {
    let target = Target::demo(Served::cloud());
    let text = xml::to_string(&target.export());
    assert!(!text.contains("<refinedVelocity>"), "{text}");
    assert!(text.lines().nth(1).unwrap().contains("scrumKanbanBoard/refinedVelocity"));
    assert!(!target.server.requests().iter().any(|own| own.path.ends_with("refined-velocity")));
}
