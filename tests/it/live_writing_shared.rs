//! Filters and dashboards of a live Jira are made, changed and taken back by REST.

use jira_for_tests::Options as Served;

use crate::live::sample;
use crate::live_writing::Target;

/// A filter of an owner, with everything that it may have.
fn filter(name: &str, owner: &str) -> String {
    format!(
        "<filter>
      <name>{name}</name>
      <author>{owner}</author>
      <description>Made by an import</description>
      <jql>project = DEMO AND status = Done</jql>
      <sharedWith>
        <type>loggedIn</type>
      </sharedWith>
      <sharedWith>
        <type>projectRole</type>
        <name>Testers</name>
        <project>DEMO</project>
      </sharedWith>
      <sharedWith>
        <type>group</type>
        <name>developers</name>
        <rights>edit</rights>
      </sharedWith>
      <sharedWith>
        <type>user</type>
        <name>JIRAUSER10004</name>
      </sharedWith>
      <columns>
        <field>issuekey</field>
        <field type=\"com.atlassian.jira.plugin.system.customfieldtypes:select\">Severity</field>
      </columns>
    </filter>"
    )
}

#[test]
fn filters_are_made_given_away_and_changed_by_administrators() {
    let target = Target::of(sample(), Served::cloud());
    let new = format!("<filters>{}{}", filter("Mine", "JIRAUSER10000"), filter("Hers", "JIRAUSER10001"));
    insta::assert_snapshot!(target.there_and_back(&target.edited(&[("<filters>", &new)])), @"
    POST /rest/api/3/filter 200
    PUT /rest/api/3/filter/10004/columns 200
    PUT /rest/api/3/filter/10004/owner 204
    POST /rest/api/3/filter 200
    PUT /rest/api/3/filter/10005/columns 200
    ");
    // Everything but the columns is changed by whoever administers Jira, those by the owner alone.
    let edits = [
        ("Seen first thing in the morning", "Seen at noon"),
        ("<field>assignee</field>\n      </columns>", "<field>reporter</field>\n      </columns>"),
        ("<jql>project = DEMO AND status = \"In Review\"</jql>", "<jql>status = \"In Review\"</jql>"),
        (
            "<sharedWith>
        <type>group</type>
        <name>developers</name>
      </sharedWith>",
            "<sharedWith>
        <type>global</type>
      </sharedWith>",
        ),
    ];
    insta::assert_snapshot!(target.there_and_back(&target.edited(&edits)), @"
    PUT /rest/api/3/filter/10001 200
    PUT /rest/api/3/filter/10001/owner 204
    PUT /rest/api/3/filter/10001/columns 200
    PUT /rest/api/3/filter/10001/owner 204
    PUT /rest/api/3/filter/10002 200
    ");
}

/// A gadget of the first column, with preferences.
fn gadget(column: &str, color: &str) -> String {
    format!(
        "<gadget>
        <column>{column}</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:filter-results-gadget/gadgets/filter-results-gadget.xml</uri>
        <color>{color}</color>
        <preference>
          <key>filterId</key>
          <prefix>true</prefix>
          <filter author=\"JIRAUSER10000\">Mine</filter>
        </preference>
        <preference>
          <key>num</key>
          <value>3</value>
        </preference>
      </gadget>"
    )
}

const RESULTS: &str = "<gadget>
        <column>1</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:filter-results-gadget/gadgets/filter-results-gadget.xml</uri>
        <color>color1</color>";

const PIE: &str = "<gadget>
        <column>2</column>
        <uri>rest/gadgets/1.0/g/com.atlassian.jira.gadgets:pie-chart-gadget/gadgets/pie-chart-gadget.xml</uri>
        <color>color3</color>
        <preference>
          <key>isConfigured</key>
          <value>true</value>
        </preference>
        <preference>
          <key>projectOrFilterId</key>
          <prefix>true</prefix>
          <project>DEMO</project>
        </preference>
        <preference>
          <key>statType</key>
          <value>components</value>
        </preference>
      </gadget>";

#[test]
fn a_dashboard_is_made_with_its_gadgets_and_given_away() {
    let target = Target::of(sample(), Served::cloud());
    let mine = format!("<filters>{}", filter("Mine", "JIRAUSER10000"));
    let new = format!(
        "<dashboards>
    <dashboard>
      <name>New</name>
      <author>JIRAUSER10001</author>
      <description>Made by an import</description>
      <sharedWith>
        <type>project</type>
        <name>DEMO</name>
      </sharedWith>
      {}
      {}
    </dashboard>",
        gadget("1", "color2"),
        gadget("1", "color4"),
    );
    insta::assert_snapshot!(target.there_and_back(&target.edited(&[("<filters>", &mine), ("<dashboards>", &new)])), @"
    POST /rest/api/3/filter 200
    PUT /rest/api/3/filter/10004/columns 200
    POST /rest/api/3/dashboard 200
    POST /rest/api/3/dashboard/10002/gadget 200
    PUT /rest/api/3/dashboard/10002/items/10006/properties/config 201
    POST /rest/api/3/dashboard/10002/gadget 200
    PUT /rest/api/3/dashboard/10002/items/10007/properties/config 201
    PUT /rest/api/3/dashboard/bulk/edit 200
    ");
}

#[test]
fn gadgets_come_go_and_stand_elsewhere() {
    let target = Target::of(sample(), Served::cloud());
    // One goes, and another comes in front of what is there.
    let front = format!(
        "{}{RESULTS}",
        gadget("1", "color2").replace("JIRAUSER10000\">Mine", "JIRAUSER10004\">Demo: open bugs")
    );
    insta::assert_snapshot!(target.there_and_back(&target.edited(&[(RESULTS, &front), (PIE, "")])), @"
    PUT /rest/api/3/dashboard/bulk/edit 200
    DELETE /rest/api/3/dashboard/10001/gadget/10004 204
    PUT /rest/api/3/dashboard/10001/gadget/10003 204
    POST /rest/api/3/dashboard/10001/gadget 200
    PUT /rest/api/3/dashboard/10001/items/10006/properties/config 201
    PUT /rest/api/3/dashboard/bulk/edit 200
    ");
    // Two of one column change their places.
    let text = pcfg::xml::to_string(&target.export());
    let end = text.find("    </dashboard>").unwrap();
    let own = text[..end].rfind(PIE).unwrap();
    let below = text[own + PIE.len()..end].to_owned();
    let swapped = format!("{below}      {PIE}\n");
    insta::assert_snapshot!(target.there_and_back(&target.edited(&[(&format!("{PIE}{below}"), &swapped)])), @"
    PUT /rest/api/3/dashboard/bulk/edit 200
    PUT /rest/api/3/dashboard/10001/gadget/10007 204
    PUT /rest/api/3/dashboard/bulk/edit 200
    ");
    // Settings, a colour, texts and shares.
    let edits = [
        ("<color>color6</color>", "<color>color7</color>"),
        ("<key>num</key>\n          <value>10</value>", "<key>num</key>\n          <value>20</value>"),
        ("What the team looks at in the morning", "What the team looks at"),
    ];
    insta::assert_snapshot!(target.there_and_back(&target.edited(&edits)), @"
    PUT /rest/api/3/dashboard/10001 200
    PUT /rest/api/3/dashboard/bulk/edit 200
    PUT /rest/api/3/dashboard/10001/items/10003/properties/config 200
    PUT /rest/api/3/dashboard/10001/gadget/10005 204
    PUT /rest/api/3/dashboard/bulk/edit 200
    ");
}
