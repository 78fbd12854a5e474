//! A plan shows all that is new or goes, as a tree: nothing that a review must see is cut.

use insta::assert_snapshot;
use pcfg::plan::Options;

use crate::choices::demo;
use crate::env::Env;

/// A transition with everything that a review looks at.
const TRANSITION: &str = "      <transition>
        <transitionId>777</transitionId>
        <name>Start review</name>
        <type>common</type>
        <from>Open</from>
        <to>Resolved</to>
        <conditions>
          <type>OR</type>
          <condition>
            <class>com.atlassian.jira.workflow.condition.AllowOnlyAssignee</class>
          </condition>
          <condition>
            <class>com.atlassian.jira.workflow.condition.InProjectRoleCondition</class>
            <argument>
              <name>jira.projectrole.id</name>
              <projectRole>Developers</projectRole>
            </argument>
          </condition>
        </conditions>
        <validator>
          <class>com.example.Words</class>
          <argument>
            <name>text</name>
            <value>one
two</value>
          </argument>
        </validator>
        <postFunction>
          <class>com.atlassian.jira.workflow.function.issue.UpdateIssueStatusFunction</class>
        </postFunction>
      </transition>
";

/// Returns a folder with an instance, its export, and the same with one transition more.
fn with_transition() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "jira.sqlite");
    assert!(env.run(&["instance", "init", "jira.sqlite", "-q"]).ends_with("--- exit 0\n"));
    assert_eq!(env.run(&["export", "DEMO", "-q", "-o", "without.xml"]), "--- exit 0\n");
    let text = env.read("without.xml");
    let name = text.find("<name>Demo: bugs</name>").unwrap();
    let place = name + text[name..].find("    </workflowEntry>").unwrap();
    env.write("with.xml", format!("{}{TRANSITION}{}", &text[..place], &text[place..]));
    assert_eq!(env.run(&["format", "-q", "with.xml"]), "--- exit 0\n");
    env
}

/// Returns what is between two lines.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let begin = text.find(from).unwrap_or_else(|| panic!("{from} in {text}"));
    let end = text[begin..].find(to).unwrap_or_else(|| panic!("{to} in {text}"));
    &text[begin..begin + end]
}

#[test]
fn what_is_new_and_what_goes_is_shown_whole() {
    let env = with_transition();
    let simulated = |file: &str, format: &str| env.run(&["import", file, "--simulate", "--format", format]);
    let shown = simulated("with.xml", "text");
    assert_snapshot!(between(&shown, "      + transition", "\n\n"), @"
    + transition[Start (111)]/from: `Open (position 4)`
    + transition[Start review (777)]
        type: `common`
        from: `Open (position 3)`
        to: `Resolved`
        conditions
          type: `OR`
          condition: `class com.atlassian.jira.workflow.condition.AllowOnlyAssignee`
          condition
            class: `com.atlassian.jira.workflow.condition.InProjectRoleCondition`
            argument[jira.projectrole.id]: `projectRole Developers`
        validator
          class: `com.example.Words`
          argument[text]
            value:
              | one
              | two
        postFunction: `class com.atlassian.jira.workflow.function.issue.UpdateIssueStatusFunction`
    warning: nothing in the target uses the workflow function `com.example.Words` yet: check that its app is installed
    ");
    let shown = simulated("with.xml", "markdown");
    assert_snapshot!(between(&shown, "+   transition", "```"), @"
    +   transition[Start (111)]/from: Open (position 4)
    +   transition[Start review (777)]
    +     type: `common`
    +     from: `Open (position 3)`
    +     to: `Resolved`
    +     conditions
    +       type: `OR`
    +       condition: `class com.atlassian.jira.workflow.condition.AllowOnlyAssignee`
    +       condition
    +         class: `com.atlassian.jira.workflow.condition.InProjectRoleCondition`
    +         argument[jira.projectrole.id]: `projectRole Developers`
    +     validator
    +       class: `com.example.Words`
    +       argument[text]
    +         value:
    +           | one
    +           | two
    +     postFunction: `class com.atlassian.jira.workflow.function.issue.UpdateIssueStatusFunction`
    ");
    let json = env.command(&["import", "with.xml", "--simulate", "--format", "json"]).output().unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let changes = plan["steps"][0]["changes"].as_array().unwrap();
    let new = changes.iter().find(|own| own["path"] == "/transition[777]").unwrap();
    let condition = &new["new"]["conditions"]["condition"][1];
    assert_eq!(condition["argument"][0]["projectRole"][0], "Developers", "{new}");
    assert_eq!(new["new"]["validator"][0]["argument"][0]["value"], "one\ntwo");
    let page = simulated("with.xml", "html");
    assert!(page.contains("class=\"value parts added\""), "a tree in the page");
    assert!(page.contains("Start review (777)"), "by name and number");

    assert!(env.run(&["import", "with.xml", "--yes", "-q"]).ends_with("--- exit 0\n"));
    let shown = simulated("without.xml", "text");
    assert!(shown.contains("  - workflow Demo: bugs: transition[Start review (777)]\n"), "{shown}");
    assert_snapshot!(between(&shown, "      - transition", "          validator"), @"
    - transition[Start review (777)]
        type: `common`
        from: `Open (position 3)`
        to: `Resolved`
        conditions
          type: `OR`
          condition: `class com.atlassian.jira.workflow.condition.AllowOnlyAssignee`
          condition
            class: `com.atlassian.jira.workflow.condition.InProjectRoleCondition`
            argument[jira.projectrole.id]: `projectRole Developers`
    ");
    // The list of what goes names it, and no more; what it holds stands below, as a tree.
    let shown = simulated("without.xml", "markdown");
    assert_snapshot!(between(&shown, "### Will be removed", "### Workflows"), @"
    ### Will be removed

    - `workflow Demo: bugs: transition[Start review (777)]`
    - `workflow Demo: bugs: transition[Start (111)]/from`: `Open (position 4)`
    ");
}

/// A step that keeps its status keeps its number: it has another name, and what leads to it follows.
#[test]
fn a_step_that_keeps_its_status_has_another_name() {
    let text = demo().file;
    let (before, rest) = text.split_once("<workflowEntries>").unwrap();
    let (workflows, after) = rest.split_once("</workflowEntries>").unwrap();
    let workflows =
        workflows.replace(">In Review<", ">Checking<").replace("<status>Checking<", "<status>In Review<");
    let file = format!("{before}<workflowEntries>{workflows}</workflowEntries>{after}");
    assert_snapshot!(demo().planned(&file, &Options::default()).join("\n"), @r#"
    change workflow Demo workflow/step[Checking]/name: In Review -> Checking
    change workflow Demo workflow/draft/step[Checking]/name: In Review -> Checking
    "#);
    // With another status, too, it is another step.
    let kept = "<name>Checking</name>\n        <status>In Review";
    assert!(file.contains(kept));
    let other = file.replace(kept, "<name>Checking</name>\n        <status>Open");
    let planned = demo().planned(&other, &Options::default()).join("\n");
    assert!(planned.contains("step[In Review]"), "{planned}");
}
