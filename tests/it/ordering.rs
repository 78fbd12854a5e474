//! The order of repeated elements, and the numbers that only sort, on data that has at least two of everything.

use std::collections::BTreeSet;

use pcfg::model::{Element, rank};
use pcfg::schema::{DeclId, Relation, Schema};
use pcfg::select::{CustomFields, Projects};

use super::env::{Env, testdata};
use super::importing::{config, export, places};

const ALL: [&str; 9] =
    ["--all", "--custom-fields", "all", "--filters", "all", "--dashboards", "all", "--boards", "all"];

/// Exports the data that has two of everything, after a change of its lines.
fn exported(change: impl Fn(Vec<&str>) -> Vec<&str>) -> String {
    let env = Env::new();
    for name in ["entities.xml", "activeobjects.xml"] {
        let text = std::fs::read_to_string(testdata("backup/sets").join(name)).unwrap();
        env.write(&format!("sets/{name}"), change(text.lines().collect()).join("\n"));
    }
    let mut arguments = vec!["export", "-i", "sets", "-o", "all.xml", "-q"];
    arguments.extend(ALL);
    let output = env.run(&arguments);
    assert!(output.ends_with("--- exit 0\n"), "{output}");
    env.read("all.xml")
}

/// Turns the rows of each table round.
fn reversed(lines: Vec<&str>) -> Vec<&str> {
    let table = |line: &str| -> Option<String> {
        let name = line.strip_prefix("    <")?.split([' ', '>']).next()?;
        (name != "column").then(|| name.to_owned())
    };
    let tables = lines.chunk_by(|a, b| table(a).is_some() && table(a) == table(b));
    tables.flat_map(|rows| rows.iter().rev().copied()).collect()
}

#[test]
fn there_are_two_of_everything_that_is_sorted() {
    fn collect(element: &Element, several: &mut BTreeSet<DeclId>) {
        for pair in element.children().windows(2).filter(|pair| pair[0].declaration == pair[1].declaration) {
            several.insert(pair[0].declaration);
        }
        element.children().iter().for_each(|child| collect(child, several));
    }
    let schema = Schema::get();
    let mut several = BTreeSet::new();
    collect(config(&exported(|lines| lines)).root(), &mut several);
    let is_set = |own: &DeclId| {
        let items = &schema.declaration(*own).items;
        let declaration = schema.declaration(*own);
        // What cannot be read, or was lost, has tests of its own.
        let is_told = !declaration.is_unknown && !declaration.is_lost;
        is_told && items.as_ref().is_some_and(|items| items.relation == Relation::Set)
    };
    let mut open = vec![schema.root()];
    let mut seen = BTreeSet::new();
    let mut single = Vec::new();
    while let Some(parent) = open.pop() {
        for &child in schema.children(parent).iter().filter(|child| seen.insert(**child)) {
            open.push(child);
            if is_set(&child) && !several.contains(&child) {
                single.push(format!(
                    "{} in {}",
                    schema.declaration(child).name,
                    schema.declaration(parent).name
                ));
            }
        }
    }
    assert_eq!(single, Vec::<String>::new(), "testdata/backup/sets has two of it, the later one first");
}

#[test]
fn the_order_of_rows_leaves_no_trace() {
    let (turned, text) = (exported(reversed), exported(|lines| lines));
    let other = turned.lines().zip(text.lines()).find(|(turned, own)| turned != own);
    assert_eq!((other, turned.len()), (None, text.len()));
}

/// Returns the lines of an element, without those that only close something.
fn part(text: &str, tag: &str) -> String {
    let from = text.find(&format!("<{tag}>")).unwrap();
    let to = text[from..].find(&format!("</{tag}>")).unwrap() + from;
    let lines = text[from..to].lines().skip(1).filter(|line| !line.trim_start().starts_with("</"));
    let shown: Vec<&str> = lines.collect();
    let indent = shown.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    shown.iter().map(|line| &line[indent..]).collect::<Vec<_>>().join("\n")
}

#[test]
fn members_grants_and_days_stand_in_their_order() {
    let text = exported(|lines| lines);
    insta::assert_snapshot!(part(&text, "projectRoles"), @r#"
    <projectRole>
      <name>Admins</name>
    <projectRole>
      <name>Users</name>
      <defaultUser>ann</defaultUser>
      <defaultUser>zoe</defaultUser>
      <defaultGroup>core</defaultGroup>
      <defaultGroup>staff</defaultGroup>
    "#);
    insta::assert_snapshot!(part(&text, "projectRoleMembers"), @r#"
    <projectRoleMembership>
      <name>Admins</name>
      <memberUser>zoe</memberUser>
    <projectRoleMembership>
      <name>Users</name>
      <memberUser>ann</memberUser>
      <memberUser>zoe</memberUser>
      <memberGroup>core</memberGroup>
      <memberGroup>staff</memberGroup>
    "#);
    insta::assert_snapshot!(part(&text, "groups"), @r#"
    <group>
      <name>core</name>
      <empty>true</empty>
    <group>
      <name>inner</name>
      <empty>true</empty>
    <group>
      <name>staff</name>
      <memberUser>ann</memberUser>
      <memberUser>zoe</memberUser>
      <memberGroup>core</memberGroup>
      <memberGroup>inner</memberGroup>
    "#);
    insta::assert_snapshot!(part(&text, "issueSecuritySchemes"), @r#"
    <issueSecurityScheme>
      <name>Other secrets</name>
    <issueSecurityScheme>
      <name>Secrets</name>
      <issueSecurityLevel>
        <name>Inside</name>
      <issueSecurityLevel>
        <name>Public</name>
      <permission>
        <level>Inside</level>
        <permittedTo>
          <reporter/>
      <permission>
        <level>Public</level>
        <permittedTo>
          <assignee/>
      <permission>
        <level>Public</level>
        <permittedTo>
          <group>core</group>
      <permission>
        <level>Public</level>
        <permittedTo>
          <group>staff</group>
      <permission>
        <level>Public</level>
        <permittedTo>
          <groupField type="com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect">Severity</groupField>
      <permission>
        <level>Public</level>
        <permittedTo>
          <projectLead/>
      <permission>
        <level>Public</level>
        <permittedTo>
          <projectRole>Users</projectRole>
      <permission>
        <level>Public</level>
        <permittedTo>
          <reporter/>
      <permission>
        <level>Public</level>
        <permittedTo>
          <user>ann</user>
      <permission>
        <level>Public</level>
        <permittedTo>
          <user>zoe</user>
      <permission>
        <level>Public</level>
        <permittedTo>
          <userField type="com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect">Severity</userField>
    "#);
    insta::assert_snapshot!(part(&text, "workingDays"), @r#"
    <timezone>Europe/Oslo</timezone>
    <workingDay>monday</workingDay>
    <workingDay>wednesday</workingDay>
    <workingDay>thursday</workingDay>
    <workingDay>friday</workingDay>
    <workingDay>sunday</workingDay>
    <nonWorkingDay>2025-01-01</nonWorkingDay>
    <nonWorkingDay>2025-12-31</nonWorkingDay>
    "#);
}

#[test]
fn numbers_that_only_sort_are_counted_from_one() {
    let text = exported(|lines| lines);
    insta::assert_snapshot!(part(&text, "priorityConfiguration"), @r#"
    <priority>
      <sequence>1</sequence>
      <name>High</name>
    <priority>
      <sequence>2</sequence>
      <name>Low</name>
      <translation>
        <language>de</language>
        <name>Eins</name>
        <description>Erstes</description>
      <translation>
        <language>fr</language>
        <name>Un</name>
        <description>Premier</description>
    "#);
    insta::assert_snapshot!(part(&text, "resolutionConfiguration"), @r#"
    <resolution>
      <sequence>1</sequence>
      <name>Won't do</name>
    <resolution>
      <sequence>2</sequence>
      <name>Done</name>
      <translation>
        <language>de</language>
        <name>Eins</name>
        <description>Erstes</description>
      <translation>
        <language>fr</language>
        <name>Un</name>
        <description>Premier</description>
    "#);
    insta::assert_snapshot!(part(&text, "versions"), @r#"
    <version>
      <sequence>1</sequence>
      <name>1.0</name>
      <released>false</released>
      <archived>false</archived>
    <version>
      <sequence>2</sequence>
      <name>2.0</name>
      <released>false</released>
      <archived>false</archived>
    "#);
    insta::assert_snapshot!(part(&text, "issueTypeSchemes"), @r#"
    <issueTypeScheme>
      <name>Issue types of TWO</name>
      <issueType position="1">Bug</issueType>
    <issueTypeScheme>
      <name>Types of ONE</name>
      <issueType position="1">Bug</issueType>
      <issueType position="2">Task</issueType>
    "#);
    insta::assert_snapshot!(part(&text, "prioritySchemes"), @r#"
    <priorityScheme>
      <name>More priorities</name>
      <priority position="1">Low</priority>
    <priorityScheme>
      <name>Priorities of ONE</name>
      <priority position="1">High</priority>
      <priority position="2">Low</priority>
    "#);
}

#[test]
fn every_export_has_its_numbers_counted_anew() {
    let mut files = vec![exported(|lines| lines)];
    for mut place in places() {
        files.push(export(&mut place.reading.snapshot, Projects::All, CustomFields::All));
    }
    for text in files {
        let root = config(&text).root().clone();
        let mut counted = root.clone();
        rank(&mut counted);
        assert!(counted == root, "there are gaps");
        let workflows = root.get("workflowEntries").into_iter().flat_map(|all| all.children());
        let drafts = workflows.clone().filter_map(|workflow| workflow.get("draft"));
        for content in workflows.clone().chain(drafts) {
            for (list, mut numbers) in positions(content) {
                numbers.sort_unstable();
                let wanted: Vec<usize> = (1..=numbers.len()).collect();
                assert_eq!(numbers, wanted, "{list} of {:?}", content.text_of("name"));
            }
        }
    }
}

/// Returns the places of the transitions of a workflow, for each list of them.
fn positions(content: &Element) -> std::collections::BTreeMap<String, Vec<usize>> {
    let mut lists = std::collections::BTreeMap::<String, Vec<usize>>::new();
    for transition in content.all("transition") {
        if let Some(place) = transition.text_of("position") {
            let ty = transition.text_of("type").unwrap().to_owned();
            lists.entry(ty).or_default().push(place.parse().unwrap());
        }
        for from in transition.all("from") {
            let step = format!("{} {:?}", from.text(), from.attribute_named("duplicate"));
            lists.entry(step).or_default().push(from.attribute_named("position").unwrap().parse().unwrap());
        }
    }
    lists
}
