//! What workflows hold that only an app, or an old release of OSWorkflow, understands: queries, ids, and parts kept as they are.

use std::process::Command;

use pcfg::entity::{RowChange, Tables};
use pcfg::mapping::workflow::{Descriptor, render};
use pcfg::model::NoteKind;
use pcfg::plan::Options;

use crate::choices::{Target, demo, edited};
use crate::env::Env;

/// What the DTD of OSWorkflow 2.8 says of the elements in this test.
const DTD: &str = "
<!ELEMENT workflow (meta*, registers?, trigger-functions?, global-conditions?, initial-actions, global-actions?, common-actions?, steps, splits?, joins?)>
<!ELEMENT registers (register+)> <!ELEMENT register (arg*)> <!ATTLIST register type CDATA #REQUIRED variable-name CDATA #REQUIRED>
<!ELEMENT trigger-functions (trigger-function+)> <!ELEMENT trigger-function (function)> <!ATTLIST trigger-function id CDATA #REQUIRED>
<!ELEMENT global-conditions (conditions?)> <!ELEMENT initial-actions (action+)> <!ELEMENT common-actions (action+)>
<!ELEMENT action (meta*, restrict-to?, validators?, pre-functions?, results, post-functions?)>
<!ATTLIST action id CDATA #REQUIRED name CDATA #REQUIRED view CDATA #IMPLIED>
<!ELEMENT actions (common-action*, action*)> <!ELEMENT common-action EMPTY> <!ATTLIST common-action id CDATA #REQUIRED>
<!ELEMENT restrict-to (conditions?)> <!ELEMENT conditions (conditions*, condition*)> <!ATTLIST conditions type CDATA #IMPLIED>
<!ELEMENT condition (arg*)> <!ATTLIST condition type CDATA #REQUIRED> <!ELEMENT arg (#PCDATA)> <!ATTLIST arg name CDATA #REQUIRED>
<!ELEMENT function (arg*)> <!ATTLIST function type CDATA #REQUIRED>
<!ELEMENT pre-functions (function+)> <!ELEMENT post-functions (function+)>
<!ELEMENT results (result*, unconditional-result)> <!ELEMENT unconditional-result (pre-functions?, post-functions?)>
<!ATTLIST unconditional-result old-status CDATA #REQUIRED status CDATA #IMPLIED step CDATA #IMPLIED split CDATA #IMPLIED join CDATA #IMPLIED>
<!ELEMENT steps (step+)> <!ELEMENT step (meta*, pre-functions?, external-permissions?, actions?, post-functions?)>
<!ATTLIST step id CDATA #REQUIRED name CDATA #REQUIRED>
<!ELEMENT external-permissions (permission+)> <!ELEMENT permission (restrict-to)> <!ATTLIST permission name CDATA #REQUIRED>
<!ELEMENT splits (split+)> <!ELEMENT split (unconditional-result+)> <!ATTLIST split id CDATA #REQUIRED>
<!ELEMENT joins (join*)> <!ELEMENT join (conditions, unconditional-result)> <!ATTLIST join id CDATA #REQUIRED>
<!ELEMENT meta (#PCDATA)> <!ATTLIST meta name CDATA #REQUIRED>
";

/// A workflow with every part that pcfg keeps as it is; steps 7, 3 and 5.
const PARALLEL: &str = r#"<workflow>
  <meta name="jira.description">Two at once</meta>
  <registers><register type="class" variable-name="log"><arg name="class.name">com.example.Log</arg></register></registers>
  <trigger-functions><trigger-function id="1"><function type="class"><arg name="class.name">com.example.Tick</arg></function></trigger-function></trigger-functions>
  <global-conditions><conditions><condition type="class"><arg name="class.name">com.example.Open</arg></condition></conditions></global-conditions>
  <initial-actions>
    <action id="1" name="Create"><results><unconditional-result old-status="null" status="open" step="7"/></results></action>
  </initial-actions>
  <common-actions>
    <action id="4" name="Close"><restrict-to><conditions type="OR">
      <conditions><condition type="class"><arg name="class.name">com.example.A</arg></condition></conditions>
      <condition type="class"><arg name="class.name">com.example.B</arg></condition>
    </conditions></restrict-to><results><unconditional-result old-status="Finished" status="Done" step="5"/></results></action>
  </common-actions>
  <steps>
    <step id="3" name="In Review"><meta name="jira.status.id">10000</meta>
      <pre-functions><function type="class"><arg name="class.name">com.example.Enter</arg></function></pre-functions>
      <external-permissions><permission name="read"><restrict-to/></permission></external-permissions>
      <actions><common-action id="4"/><action id="31" name="Done"><results><unconditional-result old-status="Finished" join="1"/></results></action></actions>
      <post-functions><function type="class"><arg name="class.name">com.example.Leave</arg></function></post-functions>
    </step>
    <step id="5" name="Closed"><meta name="jira.status.id">6</meta></step>
    <step id="7" name="Open"><meta name="jira.status.id">1</meta>
      <actions><action id="11" name="Go"><results><unconditional-result old-status="Finished" split="1"/></results></action></actions>
    </step>
  </steps>
  <splits><split id="1"><unconditional-result old-status="Finished" status="Underway" step="3"/></split></splits>
  <joins><join id="1"><conditions type="AND"><condition type="beanshell"><arg name="script">jn.getStep(3) != null</arg></condition></conditions><unconditional-result old-status="Finished" status="Done" step="5"/></join></joins>
</workflow>"#;

/// The demo with a further workflow, which its scheme uses.
fn with_workflow(descriptor: &str) -> Target {
    demo().with(&[
        ("Workflow", &[("id", "10050"), ("name", "Parallel"), ("descriptor", descriptor)]),
        (
            "WorkflowSchemeEntity",
            &[("id", "10050"), ("scheme", "10000"), ("workflow", "Parallel"), ("issuetype", "10001")],
        ),
    ])
}

fn descriptor(target: &Target) -> String {
    let rows = target.tables.rows("Workflow").iter();
    let row = rows.into_iter().find(|row| row.get("name") == Some("Parallel")).unwrap();
    row.get("descriptor").unwrap().to_owned()
}

/// Returns the names of the steps that splits and joins lead to, and the scripts of joins with them.
fn led_to(descriptor: &str) -> Vec<String> {
    let mut names = Vec::new();
    let parsed = Descriptor::parse(descriptor).unwrap();
    let name = |number: &str| {
        let step = parsed.steps.iter().find(|step| step.id == number);
        step.map_or("nowhere".to_owned(), |step| step.name.clone())
    };
    let from = descriptor.find("<splits>").unwrap();
    for (mark, end) in [(" step=\"", '"'), ("getStep(", ')')] {
        for (at, _) in descriptor[from..].match_indices(mark) {
            let rest = &descriptor[from + at + mark.len()..];
            names.push(name(&rest[..rest.find(end).unwrap()]));
        }
    }
    names
}

/// Says what a validating parser finds, where there is one.
fn invalid(descriptor: &str) -> String {
    let env = Env::new();
    env.write("workflow.dtd", DTD);
    let from = descriptor.find("<workflow>").unwrap();
    env.write("descriptor.xml", &descriptor[from..]);
    let arguments = ["--noout", "--dtdvalid", "workflow.dtd", "descriptor.xml"];
    match Command::new("xmllint").args(arguments).current_dir(env.path("")).output() {
        Ok(output) => String::from_utf8(output.stderr).unwrap(),
        Err(_) => {
            crate::skip::skipped(crate::skip::Need::Tool("xmllint", "libxml2-utils"), "another validator");
            String::new()
        }
    }
}

#[test]
fn splits_and_joins_follow_renumbered_steps() {
    let source = with_workflow(PARALLEL);
    assert_eq!(led_to(PARALLEL), ["In Review", "Closed", "In Review"]);
    assert!(
        source.file.contains("step=\"'In Review'\"") && source.file.contains("getStep('In Review')"),
        "{}",
        source.file
    );
    let target = demo().after(&source.file, &Options::default());
    let made = descriptor(&target);
    let parsed = Descriptor::parse(&made).unwrap();
    let numbers: Vec<_> = parsed.steps.iter().map(|step| (&*step.id, &*step.name)).collect();
    assert_eq!(numbers, [("1", "Open"), ("2", "Closed"), ("3", "In Review")], "the steps have other numbers");
    assert_eq!(led_to(&made), ["In Review", "Closed", "In Review"]);
    assert_eq!(target.file, source.file);
    // A step that is renamed keeps its number, and the name in the file follows.
    let from = source.file.find("<name>Parallel</name>").unwrap();
    let (before, own) = source.file.split_at(from);
    let (own, behind) = own.split_at(own.find("</workflowEntry>").unwrap());
    let own = own
        .replace("<status>In Review<", "<status>=<")
        .replace("In Review", "Reviewing")
        .replace("<status>=<", "<status>In Review<");
    let renamed = format!("{before}{own}{behind}");
    let after = source.after(&renamed, &Options::default());
    assert_eq!(led_to(&descriptor(&after)), ["Reviewing", "Closed", "Reviewing"]);
    // A step that there is not is told.
    let wrong = source.file.replace("getStep('In Review')", "getStep('Nowhere')");
    let refused = demo().planned(&wrong, &Options::default());
    assert!(refused.contains(&"! cannot-hold: there is no step 'Nowhere'".to_owned()), "{refused:#?}");
}

/// OSWorkflow reads descriptors with a validating parser, so a part in another place is a workflow that Jira cannot load.
#[test]
fn kept_parts_stand_where_the_format_wants_them() {
    assert_eq!(invalid(PARALLEL), "");
    let parsed = Descriptor::parse(PARALLEL).unwrap();
    let rendered = render(&parsed);
    assert_eq!(Descriptor::parse(&rendered).unwrap(), parsed);
    assert_eq!(invalid(&rendered), "");
    let in_order = |text: &str| {
        let tags = [
            "<meta",
            "<registers",
            "<trigger-functions",
            "<global-conditions",
            "<initial-actions",
            "<common-actions",
            "<steps",
            "<splits",
            "<joins",
        ];
        let places: Vec<_> = tags.iter().map(|tag| text.find(tag).unwrap()).collect();
        let of_step = &text[text.find("name=\"In Review\"").unwrap()..];
        let parts = [
            "<meta",
            "<pre-functions",
            "<external-permissions",
            "<actions",
            "<common-action ",
            "<action ",
            "<post-functions",
        ];
        let inside: Vec<_> = parts.iter().map(|tag| of_step.find(tag).unwrap()).collect();
        assert!(places.is_sorted() && inside.is_sorted(), "{text}");
    };
    in_order(&rendered);
    // Parts that come into a workflow that is there.
    let bare = PARALLEL.lines().filter(|line| {
        !["<registers", "<trigger", "<global", "<pre-", "<external"].iter().any(|tag| line.contains(tag))
    });
    let bare: Vec<&str> = bare.collect();
    let target = with_workflow(&bare.join("\n")).after(&with_workflow(PARALLEL).file, &Options::default());
    in_order(&descriptor(&target));
    assert_eq!(invalid(&descriptor(&target)), "");
}

fn with_arguments(arguments: &str) -> String {
    let function = format!(
        "<function type=\"class\"><arg name=\"class.name\">com.onresolve.jira.groovy.Find</arg>{arguments}</function>"
    );
    format!(
        "<workflow><initial-actions><action id=\"1\" name=\"Create\"><results><unconditional-result old-status=\"null\" step=\"1\">\
         <post-functions>{function}</post-functions></unconditional-result></results></action></initial-actions>\
         <steps><step id=\"1\" name=\"Open\"><meta name=\"jira.status.id\">1</meta></step></steps></workflow>"
    )
}

/// ``YCFg…`` is base64 of "`!`" and the query, as ScriptRunner keeps it.
const QUERIES: &str = "<arg name=\"jql\">project = 10000 and status = 1 and cf[10000] = 10001</arg>\
    <arg name=\"jqlQuery\">filter = 10001</arg>\
    <arg name=\"FIELD_JQL_QUERY\">YCFgcHJvamVjdCA9IDEwMDAw</arg>";

/// Gives every object of the demo that the queries name another id.
fn with_other_ids(target: Target) -> Target {
    let renumber =
        |tables: &mut Tables, entity: &str, from: &str, to: &str, columns: &[(&str, &'static str)]| {
            let mut changes = Vec::new();
            let mut change = |entity: &str, attribute: &'static str, from: &str, to: &str| {
                for row in tables.rows(entity).iter().filter(|row| row.get(attribute) == Some(from)) {
                    let mut after = row.clone();
                    after.put(attribute, Some(to));
                    changes.push(RowChange { before: Some(row.clone()), after: Some(after) });
                }
            };
            change(entity, "id", from, to);
            columns.iter().for_each(|(entity, attribute)| change(entity, attribute, from, to));
            tables.apply(&changes).unwrap();
        };
    let mut tables = target.tables;
    renumber(&mut tables, "CustomFieldOption", "10001", "77001", &[]);
    renumber(&mut tables, "SearchRequest", "10001", "77002", &[]);
    Target::new(tables)
}

#[test]
fn queries_in_workflows_are_translated_both_ways() {
    let source = with_workflow(&with_arguments(QUERIES));
    for query in [
        "<value>project = DEMO and status = \"Open\" and \"Severity\" = \"Annoying\"</value>",
        "<value>`!`project = DEMO</value>",
    ] {
        assert!(source.file.contains(query), "{query} in:\n{}", source.file);
    }
    assert!(!source.file.contains("filter = 10001"), "{}", source.file);
    let notes = source.snapshot.notes.iter().filter(|own| own.kind == NoteKind::Untranslated);
    assert_eq!(notes.map(|own| own.message.as_str()).collect::<Vec<_>>(), [""; 0]);
    // The ids of the target are its own.
    let target = with_other_ids(demo()).after(&source.file, &Options::default());
    let made = descriptor(&target);
    // What every board has, the new one gets; the workflows are the same.
    let workflows = |target: &Target| {
        let from = target.file.find("<workflowEntries>").unwrap();
        let to = target.file.find("</workflowEntries>").unwrap();
        target.file[from..to].to_owned()
    };
    assert_eq!(workflows(&target), workflows(&source));
    assert!(made.contains(">YCFgcHJvamVjdCA9IERFTU8=<"), "in base64, as it was: {made}");
    assert!(!made.contains("10001") && !made.contains("project = 10000"), "{made}");
    // What reads as it is wanted stays as it is spelled.
    let from = source.file.find("<name>Parallel</name>").unwrap();
    let (before, own) = source.file.split_at(from);
    let changed = format!("{before}{}", edited(own, "<name>Create</name>", "<name>Make</name>"));
    let after = descriptor(&source.after(&changed, &Options::default()));
    let flat: String = after.lines().map(str::trim).collect();
    assert!(flat.contains("name=\"Make\"") && flat.contains(QUERIES), "{after}");
}

/// What nobody can translate is told at the export and, where it comes in, at the import.
#[test]
fn ids_that_nobody_knows_are_told_at_both_ends() {
    let arguments = "<arg name=\"jql\">project = 10099</arg><arg name=\"jqlQuery\">(project = AND owner is 10098</arg><arg name=\"queueId\">7</arg><arg name=\"list\">10001,10002</arg>\
                     <arg name=\"days\">30</arg><arg name=\"FIELD_SCRIPT\">YCFgY3VzdG9tZmllbGRfMTAxMDA=</arg>";
    let source = with_workflow(&with_arguments(arguments));
    let notes: Vec<&str> = source
        .snapshot
        .notes
        .iter()
        .filter(|own| own.kind == NoteKind::Untranslated)
        .map(|own| own.message.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "postFunction Find, argument `FIELD_SCRIPT`: a field is named by its id",
            "postFunction Find, argument `jqlQuery`: the query keeps ids without a name: number 10098",
            "postFunction Find, argument `jql`: the query keeps ids without a name: project 10099",
            "postFunction Find, argument `list`: `10001,10002` looks like an id of unknown kind",
            "postFunction Find, argument `queueId`: `7` looks like an id of unknown kind",
        ]
    );
    let warnings = |target: &Target| {
        let plan = target.import(&source.file, &Options::default()).plan;
        let step = plan.steps.iter().find(|step| step.identity.name() == "Parallel");
        step.map(|step| step.warnings.join("\n")).unwrap_or_default()
    };
    let told = warnings(&demo());
    for what in ["project 10099", "number 10098", "`10001,10002`", "`7`", "a field is named by its id"] {
        assert!(told.contains(what), "{what} in {told}");
    }
    assert!(!told.contains("30"), "{told}");
    assert_eq!(warnings(&source), "", "the target's own are no news");
}

/// Parts that are kept as they are hold functions, too: what the table of arguments knows follows there as well.
#[test]
fn ids_in_kept_parts_are_translated_both_ways() {
    const ARGUMENTS: &str = "<arg name=\"class.name\">com.onresolve.jira.groovy.Find</arg><arg name=\"FIELD_RESOLUTION_ID\">10001</arg>\
        <arg name=\"FIELD_LINKED_ISSUE_STATUS\">1|||10000</arg><arg name=\"source\">customfield_10000</arg>\
        <arg name=\"eventTypeId\">13</arg><arg name=\"queueId\">7</arg><arg name=\"days\">30</arg>";
    let kept = PARALLEL.replace("<arg name=\"class.name\">com.example.Tick</arg>", ARGUMENTS);
    let kept = kept
        .replace("<arg name=\"class.name\">com.example.Log</arg>", "<arg name=\"eventTypeId\">10099</arg>");
    let source = with_workflow(&kept);
    for named in [
        "&lt;resolution>Won't Do&lt;/resolution>",
        "&lt;status>Open&lt;/status>",
        "&lt;status>In Review&lt;/status>",
        "select\">Severity&lt;/field>",
        "&lt;eventType>Generic Event&lt;/eventType>",
        "&lt;arg name=\"days\">30&lt;/arg>",
    ] {
        assert!(source.file.contains(named), "{named} in:\n{}", source.file);
    }
    let told = |what: &str| {
        let notes = source.snapshot.notes.iter().filter(|own| own.kind == NoteKind::Untranslated);
        notes.filter(|own| own.message.contains(what)).count()
    };
    assert_eq!(told("argument `queueId`: `7` looks like an id of unknown kind"), 1);
    assert_eq!(told("argument `eventTypeId`: no eventType has the id 10099"), 1);
    assert!(
        source.import(&source.file, &Options::default()).plan.is_empty(),
        "its own export changes nothing"
    );
    // The ids of the target are its own.
    let mut other = with_other_ids(demo()).tables;
    let before = other.rows("Resolution").iter().find(|row| row.id() == "10001").unwrap().clone();
    let mut after = before.clone();
    after.put("id", Some("77003"));
    other.apply(&[RowChange { before: Some(before), after: Some(after) }]).unwrap();
    let other = Target::new(other);
    let import = other.import(&source.file, &Options::default());
    let step = import.plan.steps.iter().find(|own| own.identity.name() == "Parallel").unwrap();
    let warned = step.warnings.join("\n");
    assert!(
        warned.contains("`7` looks like an id") && warned.contains("`10099` looks like an id"),
        "{warned}"
    );
    let made: String = descriptor(&other.after(&source.file, &Options::default()));
    let flat: String = made.lines().map(str::trim).collect();
    assert!(flat.contains(&ARGUMENTS.replace("10001", "77003")), "{flat}");
    assert_eq!(invalid(&made), "");
    // What there is not is told.
    let wrong = source.file.replace("&lt;resolution>Won't Do&lt;", "&lt;resolution>Nowhere&lt;");
    let refused = demo().planned(&wrong, &Options::default());
    let what = "! cannot-hold: argument `FIELD_RESOLUTION_ID`: there is no resolution Nowhere".to_owned();
    assert!(refused.contains(&what), "{refused:#?}");
}
