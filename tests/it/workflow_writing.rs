//! Workflows and workflow schemes as rows: what changes in a descriptor when one property of a workflow changes.

use std::path::Path;

use pcfg::entity::{RowChange, Tables};
use pcfg::instance::Reading;
use pcfg::mapping::Writer;
use pcfg::mapping::workflow::{Descriptor, render};
use pcfg::model::{Config, Element, Snapshot};
use pcfg::schema::Schema;
use pcfg::xml;
use similar::{ChangeTag, TextDiff};

use crate::real_data;

fn demo() -> Reading {
    real_data::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo"))
}

fn object<'a>(snapshot: &'a Snapshot, kind: &str, name: &str) -> &'a Element {
    let kind = Schema::get().kind_named(kind).unwrap();
    let found = snapshot.objects.iter().find(|(own, _)| own.kind == kind && own.name() == name);
    &found.unwrap().1.element
}

/// Changes the text of an object as somebody changes a file.
fn edited(object: &Element, edits: &[(&str, &str)]) -> Element {
    let schema = Schema::get();
    let container = schema.container(schema.kind_named(object.tag()).unwrap()).unwrap();
    let root = Element::parent(schema.root(), vec![Element::parent(container, vec![object.clone()])]);
    let mut text = xml::to_string(&Config::new(root));
    for (from, to) in edits {
        // The workflow comes before its draft.
        assert!(text.contains(from), "{from} in:\n{text}");
        text = text.replacen(from, to, 1);
    }
    let document = xml::read(&text);
    // The root lacks its projects.
    let wrong: Vec<_> = document.problems.iter().filter(|own| !own.code.starts_with("missing")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let config = Config::new(document.root.unwrap());
    config.root().children()[0].children()[0].clone()
}

fn write(tables: &Tables, object: &Element) -> (Vec<RowChange>, Vec<String>) {
    let mut writer = Writer::new(tables);
    writer.write(&[object]);
    let (changes, unwritable) = writer.finish();
    (changes, unwritable.into_iter().map(|own| format!("{}: {}", own.path, own.message)).collect())
}

/// The descriptor before and after a change that changes nothing else.
fn texts(changes: &[RowChange]) -> (String, String) {
    let [RowChange { before: Some(before), after: Some(after) }] = changes else { panic!("{changes:?}") };
    assert_eq!(before.id(), after.id());
    let text = |row: &pcfg::entity::Row| row.get("descriptor").unwrap().to_owned();
    (text(before), text(after))
}

fn lines(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changed.map(|change| format!("{} {}\n", change.tag(), change.value().trim())).collect()
}

/// What a change of a workflow changes in the descriptor, as it is parsed.
fn changed(edits: &[(&str, &str)]) -> String {
    let Reading { snapshot, mut tables, .. } = demo();
    let wanted = edited(object(&snapshot, "workflowEntry", "Demo workflow"), edits);
    let (changes, unwritable) = write(&tables, &wanted);
    assert_eq!(unwritable, Vec::<String>::new());
    let (before, after) = texts(&changes);
    let plain = |text: &str| render(&Descriptor::parse(text).unwrap());
    tables.apply(&changes).unwrap();
    let again = pcfg::mapping::read(&tables);
    assert_eq!(object(&again, "workflowEntry", "Demo workflow"), &wanted);
    lines(&plain(&before), &plain(&after))
}

#[test]
fn one_argument_changes_alone() {
    insta::assert_snapshot!(
        changed(&[("<projectRole>Developers</projectRole>", "<projectRole>Administrators</projectRole>")]),
        @r#"
    - <arg name="jira.projectrole.id">10000</arg>
    + <arg name="jira.projectrole.id">10001</arg>
    "#
    );
    insta::assert_snapshot!(changed(&[("<value>CLOSE_ISSUES</value>", "<value>RESOLVE_ISSUES</value>")]), @r#"
    - <arg name="permission">close</arg>
    + <arg name="permissionKey">RESOLVE_ISSUES</arg>
    "#);
    insta::assert_snapshot!(changed(&[("<resolution>Done</resolution>", "<value></value>")]), @r#"
    - <arg name="field.value">10000</arg>
    + <arg name="field.value"/>
    "#);
}

#[test]
fn a_transition_is_added_removed_or_moved() {
    let added = "<transition><transitionId>31</transitionId><name>Back</name><type>step</type>\
                 <from position=\"2\">In Review</from><to>Open</to></transition>";
    insta::assert_snapshot!(
        changed(&[("      <transition>\n        <transitionId>21", &format!("{added}<transition><transitionId>21"))]),
        @r#"
    + <action id="31" name="Back">
    + <results>
    + <unconditional-result old-status="Not Done" status="Done" step="1"/>
    + </results>
    + </action>
    "#
    );
    let Reading { snapshot, .. } = demo();
    let whole = edited(object(&snapshot, "workflowEntry", "Demo workflow"), &[]);
    let text = xml::to_string(&Config::new(whole.all("transition").nth(1).unwrap().clone()));
    let text = text.split_once('\n').unwrap().1.trim_end();
    let text: String = text.lines().map(|line| format!("      {line}\n")).collect();
    insta::assert_snapshot!(changed(&[(&text, "")]), @r#"
    - <action id="11" name="Start review" view="fieldscreen">
    - <meta name="jira.fieldscreen.id">10000</meta>
    - <results>
    - <unconditional-result old-status="Not Done" status="Done" step="2"/>
    - </results>
    - </action>
    "#);
    // The format has shared transitions first: a step whose own one comes before is the same.
    let swapped = [
        ("<from position=\"2\">Open</from>", "<from position=\"1\">Open</from>"),
        (
            "<from position=\"1\">Open</from>\n        <to>Closed",
            "<from position=\"2\">Open</from>\n        <to>Closed",
        ),
    ];
    let wanted = edited(object(&snapshot, "workflowEntry", "Demo workflow"), &swapped);
    let Reading { tables, .. } = demo();
    assert_eq!(write(&tables, &wanted), (Vec::new(), Vec::new()));
}

#[test]
fn a_step_changes() {
    insta::assert_snapshot!(changed(&[("<status>In Review</status>", "<status>Open</status>")]), @r#"
    - <meta name="jira.status.id">10000</meta>
    + <meta name="jira.status.id">1</meta>
    "#);
}

/// Issues stand on the numbers of steps, and Jira finds the step of an issue by its status: a step that keeps its status keeps its
/// number, whatever becomes of its name.
#[test]
fn a_step_keeps_its_number_with_its_status() {
    let named = |from: &str, to: &str| {
        [
            (format!("<name>{from}</name>"), format!("<name>{to}</name>")),
            (format!("<from position=\"1\">{from}</from>"), format!("<from position=\"1\">{to}</from>")),
            (format!("<to>{from}</to>\n        <screen>"), format!("<to>{to}</to>\n        <screen>")),
        ]
    };
    let renamed = named("In Review", "Checked");
    let renamed: Vec<(&str, &str)> = renamed.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    insta::assert_snapshot!(changed(&renamed), @r#"
    - <step id="2" name="In Review">
    + <step id="2" name="Checked">
    "#);
    // Two steps that exchange their names go on to have their statuses; the transitions lead to the names.
    insta::assert_snapshot!(
        changed(&[
            ("<name>In Review</name>\n        <status>In Review", "<name>Closed</name>\n        <status>In Review"),
            ("<name>Closed</name>\n        <status>Closed", "<name>In Review</name>\n        <status>Closed"),
        ]),
        @r#"
    - <unconditional-result old-status="Not Done" status="Done" step="3">
    + <unconditional-result old-status="Not Done" status="Done" step="2">
    - <unconditional-result old-status="Not Done" status="Done" step="2"/>
    + <unconditional-result old-status="Not Done" status="Done" step="3"/>
    - <step id="2" name="In Review">
    + <step id="2" name="Closed">
    + </step>
    + <step id="3" name="In Review">
    + <meta name="jira.issue.editable">false</meta>
    + <meta name="jira.status.id">6</meta>
    - </step>
    - <step id="3" name="Closed">
    - <meta name="jira.issue.editable">false</meta>
    - <meta name="jira.status.id">6</meta>
    "#
    );
}

#[test]
fn a_screen_changes() {
    insta::assert_snapshot!(
        changed(&[("<screen>Resolve Issue Screen</screen>", "<screen>Demo screen</screen>")]),
        @r#"
    - <action id="21" name="Close" view="resolveissue">
    + <action id="21" name="Close" view="fieldscreen">
    + <meta name="jira.fieldscreen.id">10000</meta>
    "#
    );
    insta::assert_snapshot!(changed(&[("<screen>Demo screen</screen>", "")]), @r#"
    - <action id="11" name="Start review" view="fieldscreen">
    - <meta name="jira.fieldscreen.id">10000</meta>
    + <action id="11" name="Start review">
    "#);
}

/// A new workflow gets a row of its own, and its steps numbers in the order in which issues reach them.
#[test]
fn a_workflow_is_made() {
    let Reading { snapshot, mut tables, .. } = demo();
    let wanted = edited(
        object(&snapshot, "workflowEntry", "Demo workflow"),
        &[("<name>Demo workflow</name>", "<name>Another</name>")],
    );
    let (changes, unwritable) = write(&tables, &wanted);
    assert_eq!(unwritable, Vec::<String>::new());
    let rows = changes.iter().map(|change| {
        let row = change.after.as_ref().unwrap();
        let new = if change.before.is_none() { "new" } else { "changed" };
        format!(
            "{new} {} {} {:?}\n",
            row.entity().entity().name,
            row.value(0).unwrap(),
            row.values().last().unwrap()
        )
    });
    insta::assert_snapshot!(rows.collect::<String>(), @r#"
    new DraftWorkflow 10001 Some("Another")
    new SequenceValueItem DraftWorkflow Some("10002")
    new SequenceValueItem Workflow Some("10002")
    new Workflow 10001 Some("Another")
    "#);
    let workflow = changes
        .iter()
        .filter_map(|change| change.after.as_ref())
        .find(|row| row.entity().entity().name == "Workflow");
    let descriptor = Descriptor::parse(workflow.unwrap().get("descriptor").unwrap()).unwrap();
    let steps = descriptor.steps.iter().map(|step| format!("{} {}\n", step.id, step.name));
    insta::assert_snapshot!(steps.collect::<String>(), @"
    1 Open
    2 Closed
    3 In Review
    ");
    tables.apply(&changes).unwrap();
    assert_eq!(object(&pcfg::mapping::read(&tables), "workflowEntry", "Another"), &wanted);
}

/// What the configuration does not show stays as it was, even around a change.
#[test]
fn noise_stays() {
    let Reading { snapshot, tables, .. } = demo();
    let wanted =
        edited(object(&snapshot, "workflowEntry", "Demo workflow"), &[("closed &amp; billed", "closed")]);
    let (before, after) = texts(&write(&tables, &wanted).0);
    let words = |text: &str| text.replace('>', ">\n").replace('<', "\n<");
    let squeezed = |text: &str| -> String {
        words(text)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect()
    };
    insta::assert_snapshot!(lines(&squeezed(&before), &squeezed(&after)), @"
    - closed &amp; billed
    + closed
    ");
}

#[test]
fn a_draft_is_made_changed_and_dropped() {
    let Reading { snapshot, mut tables, .. } = demo();
    let with_draft = object(&snapshot, "workflowEntry", "Demo workflow").clone();
    let mut without = with_draft.clone();
    if let pcfg::model::Content::Children(children) = &mut without.content {
        children.retain(|child| child.tag() != "draft");
    }
    let (changes, unwritable) = write(&tables, &without);
    assert_eq!(unwritable, Vec::<String>::new());
    let [RowChange { before: Some(draft), after: None }] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((draft.get("parentname"), draft.id()), (Some("Demo workflow"), "10000"));

    tables.apply(&changes).unwrap();
    let (changes, unwritable) = write(&tables, &with_draft);
    assert_eq!(unwritable, Vec::<String>::new());
    assert_eq!(changes.len(), 2, "the draft and its sequence: {changes:?}");
    tables.apply(&changes).unwrap();
    assert_eq!(object(&pcfg::mapping::read(&tables), "workflowEntry", "Demo workflow"), &with_draft);

    let wanted = edited(&with_draft, &[("With a review step", "Another text")]);
    let (changes, _) = write(&tables, &wanted);
    assert_eq!(changes[0].entity(), pcfg::entity::EntityId::named("DraftWorkflow"));
    let (before, after) = texts(&changes);
    insta::assert_snapshot!(lines(&before, &after), @r#"
    - <meta name="jira.description">With a review step</meta>
    + <meta name="jira.description">Another text</meta>
    "#);
}

#[test]
fn what_is_unknown_is_not_written() {
    let Reading { snapshot, tables, .. } = demo();
    let workflow = object(&snapshot, "workflowEntry", "Demo workflow");
    let refused = |edits: &[(&str, &str)]| {
        let (changes, unwritable) = write(&tables, &edited(workflow, edits));
        assert!(changes.is_empty(), "{changes:?}");
        unwritable.join("\n")
    };
    insta::assert_snapshot!(refused(&[("<status>In Review</status>", "<status>Nowhere</status>")]), @"/workflowEntry[Demo workflow]/step[In Review]: there is no status Nowhere");
    insta::assert_snapshot!(
        refused(&[("<projectRole>Developers</projectRole>", "<projectRole>Nobody</projectRole>")]),
        @"/workflowEntry[Demo workflow]/transition[21]/condition: argument `jira.projectrole.id`: there is no projectRole Nobody"
    );
    insta::assert_snapshot!(refused(&[("<from position=\"2\">Open</from>", "<from position=\"2\">Shut</from>")]), @"/workflowEntry[Demo workflow]/transition[11]: there is no step Shut");
    // An id of another instance must not become the object that has it here.
    insta::assert_snapshot!(refused(&[("<projectRole>Developers</projectRole>", "<value>10000</value>")]), @"/workflowEntry[Demo workflow]/transition[21]/condition: argument `jira.projectrole.id`: the text `10000` would mean projectRole `Developers` here");
    insta::assert_snapshot!(refused(&[("closed &amp; billed</value>", "\\u0001</value>"), ("<value>\\u0001", "<value escaped=\"true\">\\u0001")]), @"/workflowEntry[Demo workflow]: it has text that cannot be stored in a workflow descriptor");
}

/// In every real workflow: the description changes, and nothing else does.
#[test]
fn a_description_changes_alone_in_every_workflow() {
    for path in real_data::backups() {
        let Reading { snapshot, tables, .. } = real_data::read(&path);
        let kind = Schema::get().kind_named("workflowEntry").unwrap();
        for (identity, own) in snapshot.objects.iter().filter(|(own, _)| own.kind == kind) {
            if own.element.get("builtIn").is_some() || own.element.get("step").is_none() {
                continue;
            }
            let mut wanted = own.element.clone();
            let tag = Schema::get().child(wanted.declaration, "description").unwrap();
            let text = format!("{} and more", own.element.text_of("description").unwrap_or_default());
            let all = wanted.children_mut().unwrap();
            all.retain(|child| child.declaration != tag);
            all.push(Element::leaf(tag, text));
            pcfg::model::canonicalize(&mut wanted);
            let (changes, unwritable) = write(&tables, &wanted);
            assert_eq!(unwritable, Vec::<String>::new(), "{} {identity}", path.display());
            let (before, after) = texts(&changes);
            let before = Descriptor::parse(&before).unwrap();
            let mut parsed = Descriptor::parse(&after).unwrap();
            assert_ne!(parsed.description, before.description, "{} {identity}", path.display());
            parsed.description.clone_from(&before.description);
            assert_eq!(parsed, before, "{} {identity}", path.display());
        }
    }
}

/// Before 6.3.3 a condition knows permissions by their short names.
#[test]
fn an_old_jira_gets_the_old_spelling() {
    let Some(path) = real_data::backup("zendesk/restoreData-JIRA-4.2.2-b589.xml") else { return };
    let Reading { snapshot, tables, .. } = real_data::read(&path);
    let kind = Schema::get().kind_named("workflowEntry").unwrap();
    let with = |(own, object): &(&pcfg::model::Identity, &pcfg::model::Object)| {
        own.kind == kind && xml::to_string(&Config::new(object.element.clone())).contains("CLOSE_ISSUES")
    };
    let Some((_, own)) = snapshot.objects.iter().find(with) else { panic!("no workflow with a permission") };
    let mut wanted = own.element.clone();
    replace(&mut wanted, "CLOSE_ISSUES", "DELETE_ISSUES");
    let (changes, unwritable) = write(&tables, &wanted);
    assert_eq!(unwritable, Vec::<String>::new());
    let (before, after) = texts(&changes);
    let plain = |text: &str| render(&Descriptor::parse(text).unwrap());
    let lines = lines(&plain(&before), &plain(&after));
    let added: Vec<&str> = lines.lines().filter(|line| line.starts_with('+')).collect();
    assert!(!added.is_empty());
    assert!(added.iter().all(|line| line.contains("<arg name=\"permission\">delete</arg>")), "{lines}");
}

fn replace(element: &mut Element, from: &str, to: &str) {
    match &mut element.content {
        pcfg::model::Content::Text(text) if **text == *from => *text = to.into(),
        pcfg::model::Content::Text(_) => {}
        pcfg::model::Content::Children(children) => {
            children.iter_mut().for_each(|child| replace(child, from, to));
        }
    }
}

#[test]
fn the_mappings_of_a_scheme_change_one_by_one() {
    let Reading { snapshot, tables, .. } = demo();
    let scheme = object(&snapshot, "workflowScheme", "Demo workflows");
    let rows = |edits: &[(&str, &str)]| {
        let (changes, unwritable) = write(&tables, &edited(scheme, edits));
        assert_eq!(unwritable, Vec::<String>::new());
        let show = |row: &Option<pcfg::entity::Row>| {
            row.as_ref().map_or("-".to_owned(), |row| row.values().flatten().collect::<Vec<&str>>().join(" "))
        };
        let changes = changes.iter().map(|change| {
            format!(
                "{}: {} -> {}\n",
                change.entity().entity().name,
                show(&change.before),
                show(&change.after)
            )
        });
        changes.collect::<String>()
    };
    insta::assert_snapshot!(rows(&[("<workflow>jira</workflow>", "<workflow>Demo workflow</workflow>")]), @"WorkflowSchemeEntity: 10000 0 10000 jira -> 10000 0 10000 Demo workflow");
    insta::assert_snapshot!(rows(&[("<issueType>Bug</issueType>", "<issueType subtask=\"true\">Sub-task</issueType>")]), @"
    SequenceValueItem: - -> WorkflowSchemeEntity 10003
    WorkflowSchemeEntity: 10001 10000 10000 Demo workflow -> -
    WorkflowSchemeEntity: - -> 10002 10002 10000 Demo workflow
    ");
    let mapping = "<mappingIssueTypes><workflow>jira</workflow></mappingIssueTypes>";
    insta::assert_snapshot!(
        rows(&[("    </workflowScheme>", &format!("<draft>{mapping}</draft></workflowScheme>"))]),
        @"
    DraftWorkflowScheme: - -> 10000 10000
    DraftWorkflowSchemeEntity: - -> 10000 0 10000 jira
    SequenceValueItem: - -> DraftWorkflowScheme 10001
    SequenceValueItem: - -> DraftWorkflowSchemeEntity 10001
    "
    );
    let nowhere = edited(scheme, &[("<workflow>jira</workflow>", "<workflow>Nowhere</workflow>")]);
    let (changes, unwritable) = write(&tables, &nowhere);
    assert!(changes.is_empty(), "{changes:?}");
    insta::assert_snapshot!(unwritable.join("\n"), @"/workflowScheme[Demo workflows]/mappingIssueTypes: there is no workflow Nowhere");
}
