//! Tests of workflows.

use std::collections::{BTreeSet, HashMap};

use pcfg::mapping::workflow::{Descriptor, render};
use pcfg::model::{Config, Element, NoteKind, Snapshot};
use pcfg::schema::Schema;

use crate::real_data;

/// Returns the objects of a snapshot as one configuration, so that they can be looked at whatever projects use them.
fn whole(snapshot: &Snapshot) -> Config {
    let schema = Schema::get();
    let projects = schema.child(schema.root(), "projects").unwrap();
    let mut containers: HashMap<_, Vec<Element>> = HashMap::from([(projects, Vec::new())]);
    for (identity, object) in &snapshot.objects {
        let container = schema.container(identity.kind).unwrap();
        containers.entry(container).or_default().push(object.element.clone());
    }
    let children = containers.into_iter().map(|(container, items)| Element::parent(container, items));
    let mut root = Element::parent(schema.root(), children.collect());
    let version = schema.attribute(schema.declaration(schema.root()).ty, "formatVersion").unwrap();
    root.set_attribute(version, "1");
    Config::new(root)
}

/// Returns the lines of the one workflow of that name, from the start tag to the end tag.
fn workflow(text: &str, name: &str) -> String {
    let start = text.find(&format!("    <workflowEntry>\n      <name>{name}</name>\n")).unwrap();
    let rest = &text[start..];
    rest[..rest.find("    </workflowEntry>").unwrap()].to_owned()
}

/// Returns the lines of one transition.
fn transition(workflow: &str, id: u32) -> String {
    let start = workflow.find(&format!("<transitionId>{id}</transitionId>\n")).unwrap();
    let rest = &workflow[start..];
    rest[..rest.find("      </transition>").unwrap()]
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect()
}

/// Returns every different descriptor of the real backups and databases.
fn descriptors() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in real_data::backups() {
        let text = std::fs::read_to_string(path).unwrap();
        for (at, _) in text.match_indices("<descriptor><![CDATA[") {
            let rest = &text[at + "<descriptor><![CDATA[".len()..];
            found.insert(rest[..rest.find("]]>").unwrap()].to_owned());
        }
    }
    for sub in ["baton-9.12.4/data.sql", "behavepro-7.12.3/db.sql"] {
        let Some(folder) = real_data::folder("postgres") else { continue };
        let bytes = std::fs::read(folder.join(sub)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let cells = text.lines().flat_map(|line| line.split('\t'));
        for cell in cells.filter(|cell| cell.starts_with("<?xml") && cell.contains("<workflow>")) {
            found.insert(cell.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t"));
        }
    }
    found
}

#[test]
fn descriptors_come_back_as_they_were() {
    if real_data::folder("backups").is_none() {
        return;
    }
    let descriptors = descriptors();
    assert_eq!(descriptors.len(), 9, "the set of real descriptors is complete");
    let mut actions = 0;
    let mut functions = 0;
    for text in &descriptors {
        let read = Descriptor::parse(text).unwrap();
        let rendered = render(&read);
        assert_eq!(Descriptor::parse(&rendered).unwrap(), read);
        assert_eq!(render(&Descriptor::parse(&rendered).unwrap()), rendered);
        assert!(read.rest.is_empty(), "Jira stores nothing that pcfg does not describe");
        for action in read.actions() {
            assert!(action.rest.is_empty());
            actions += 1;
            functions += action.result.iter().map(|result| result.post_functions.len()).sum::<usize>();
        }
    }
    assert_eq!((actions, functions), (163, 866), "nothing is overlooked: counted in the texts");
}

#[test]
fn every_real_workflow_is_described_in_full() {
    for path in real_data::backups() {
        let reading = real_data::read(&path);
        let config = whole(&reading.snapshot);
        let text = pcfg::xml::to_string(&config);
        let problems = pcfg::xml::read(&text).problems;
        assert!(problems.is_empty(), "{}: {problems:?}", path.display());
        assert!(text.contains("<name>jira</name>\n      <builtIn>default</builtIn>"));
        let start = text.find("  <workflowEntries>").unwrap();
        let workflows = &text[start..];
        for id in ["customfield_", "<verbatim>", "eventTypeId</name>\n            <value>", "jira.status.id"]
        {
            assert!(!workflows.contains(id), "{}: {id}", path.display());
        }
        let notes: Vec<_> = reading.snapshot.notes.iter().collect();
        let about_workflows = |note: &&&pcfg::model::Note| note.path.to_string().starts_with("/workflow");
        let untranslated = notes.iter().filter(|note| note.kind == NoteKind::Untranslated);
        assert_eq!(untranslated.filter(about_workflows).count(), 0, "{}", path.display());
        // Every step, status and event is there; what other areas describe may be missing while they are not.
        for problem in pcfg::check::check(config.root()) {
            let own = ["step", "status", "eventType", "workflowEntry"];
            let about = own.iter().any(|kind| problem.message.starts_with(&format!("there is no {kind} ")));
            assert!(
                !about && problem.code != "duplicate",
                "{}: {} {}",
                path.display(),
                problem.path,
                problem.message
            );
        }
    }
}

#[test]
fn one_workflow_is_the_same_from_every_version() {
    let texts: Vec<_> = real_data::backups()
        .iter()
        .filter(|path| path.to_string_lossy().contains("restoreData-JIRA-4"))
        .map(|path| {
            workflow(&pcfg::xml::to_string(&whole(&real_data::read(path).snapshot)), "Custom workflow")
        })
        .collect();
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]), "4.0, 4.1.1, 4.2.2 and 4.3.2 agree");
    let Some(first) = texts.first() else { return };
    insta::assert_snapshot!(transition(first, 3), @r#"
    <transitionId>3</transitionId>
    <name>Reopen Issue</name>
    <type>common</type>
    <from position="1">Closed</from>
    <from position="1">Resolved</from>
    <to>Reopened</to>
    <screen>Workflow Screen</screen>
    <property>
    <key>jira.i18n.description</key>
    <value>issue.operations.reopen.description</value>
    </property>
    <property>
    <key>jira.i18n.submit</key>
    <value>issue.operations.reopen.issue</value>
    </property>
    <property>
    <key>jira.i18n.title</key>
    <value>issue.operations.reopen.issue</value>
    </property>
    <conditions>
    <condition>
    <class>com.atlassian.jira.workflow.condition.PermissionCondition</class>
    <argument>
    <name>permissionKey</name>
    <value>RESOLVE_ISSUES</value>
    </argument>
    </condition>
    </conditions>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.issue.UpdateIssueFieldFunction</class>
    <argument>
    <name>field.name</name>
    <field>resolution</field>
    </argument>
    <argument>
    <name>field.value</name>
    <value/>
    </argument>
    </postFunction>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.issue.UpdateIssueStatusFunction</class>
    </postFunction>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.misc.CreateCommentFunction</class>
    </postFunction>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.issue.GenerateChangeHistoryFunction</class>
    </postFunction>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.issue.IssueReindexFunction</class>
    </postFunction>
    <postFunction>
    <class>com.atlassian.jira.workflow.function.event.FireIssueEventFunction</class>
    <argument>
    <name>eventTypeId</name>
    <eventType>Issue Reopened</eventType>
    </argument>
    </postFunction>
    "#);
}

#[test]
fn arguments_of_jsu_name_fields_groups_roles_and_options() {
    let Some(path) = real_data::backup("jsu/test1.xml") else { return };
    let text = pcfg::xml::to_string(&whole(&real_data::read(&path).snapshot));
    let jsu = workflow(&text, "JSU TEST");
    for expected in [
        "<name>hidGroupsList</name>\n<group>jira-administrators</group>\n<group>jira-developers</group>\n",
        "<name>hidRolesList</name>\n<projectRole>Visitors</projectRole>\n<projectRole>Marketing</projectRole>\n",
        "<name>hidFieldsList</name>\n<field type=\"com.atlassian.jira.plugin.system.customfieldtypes:grouppicker\">GroupPicker</field>\n\
         <field type=\"com.googlecode.jira-suite-utilities:locationtextfield\">LocationText</field>\n<field>duedate</field>\n",
        "<name>fieldValue</name>\n<fieldOption parentOption=\"Option B\">Option BB</fieldOption>\n",
        "<name>field.value</name>\n<fieldOption>Option C</fieldOption>\n",
        "<name>field.value</name>\n<value>%%CURRENT_USER%%</value>\n",
        "<name>fieldValue</name>\n<value>10</value>\n",
        "<name>permissionKey</name>\n<value>RESOLVE_ISSUES</value>\n",
    ] {
        let lines: String = jsu.lines().map(|line| format!("{}\n", line.trim())).collect();
        assert!(lines.contains(expected), "{expected}");
    }
    assert_eq!(jsu.matches("<fieldOption").count(), 7);
    let schemes = &text[text.find("<workflowSchemes>").unwrap()..];
    assert!(
        schemes.contains(
            "<issueType subtask=\"true\">Sub-task</issueType>\n        <workflow>JSU TEST</workflow>"
        )
    );
    assert!(schemes.contains("<mappingIssueTypes>\n        <workflow>JSU TEST</workflow>"));
}

#[test]
fn two_transitions_of_one_number_are_both_there() {
    let env = super::env::Env::new();
    for name in ["entities.xml", "activeobjects.xml"] {
        let text = std::fs::read_to_string(super::env::testdata("backup/sets").join(name)).unwrap();
        // What steps share gets the number of what one of them has for itself.
        let text = text
            .replace("<action id=\"4\"", "<action id=\"3\"")
            .replace("<common-action id=\"4\"", "<common-action id=\"3\"");
        env.write(&format!("sets/{name}"), text);
    }
    let told = env.run(&["export", "ONE", "-i", "sets", "-o", "one.xml", "-v"]);
    assert!(told.contains("`Hurry` has the number 3, too"), "{told}");
    let text = env.read("one.xml");
    let again = &text[text.find("<transition duplicate=\"2\">").unwrap()..];
    let again = &again[..again.find("</transition>").unwrap()];
    let from: Vec<&str> = again.lines().map(str::trim).filter(|line| line.starts_with("<from")).collect();
    // What steps share comes before what one of them has for itself.
    assert_eq!(from, ["<from position=\"1\">Done</from>", "<from position=\"1\">Open</from>"], "{again}");
    let both = "the transitions `Hurry` and `Again` both have the number 3";
    let told = env.run(&["validate", "one.xml"]);
    let error = format!("error[number-twice]: {both}");
    assert!(told.contains(&error) && told.ends_with("--- exit 1\n"), "no Jira tells them apart: {told}");
    assert!(!told.contains("no-initial-transition"), "a draft of a workflow scheme is no workflow: {told}");
    let told = env.run(&["import", "one.xml", "-i", "sets", "--simulate"]);
    assert!(told.contains("nothing to do; "), "its own export changes nothing: {told}");
    let drawn = env.run(&["graph", "one.xml", "--workflow", "Work", "--format", "dot"]);
    assert!(drawn.contains("Hurry") && drawn.contains("Again"), "{drawn}");
    let moved = text.replace("<from position=\"1\">Done</from>", "");
    env.write("moved.xml", moved);
    let changed = env.run(&["diff", "one.xml", "moved.xml"]);
    assert!(changed.contains("transition[Again (3)]/from: `Done (position 1)`"), "{changed}");
}

/// The key that Jira made up for a user can be nothing else, in whatever argument it stands alone.
#[test]
fn a_user_is_named_in_arguments_that_nobody_knows() {
    let crate::choices::Target { mut tables, .. } = crate::choices::demo();
    let row = tables.rows("Workflow").iter().find(|row| row.id() == "10000").unwrap().clone();
    let mut changed = row.clone();
    let argument = "<arg name=\"queue\">closed &amp; billed</arg>";
    let more =
        format!("{argument}<arg name=\"reviewer\">JIRAUSER10001</arg><arg name=\"gone\">JIRAUSER77</arg>");
    changed.put("descriptor", Some(&row.text("descriptor").unwrap().replace(argument, &more)));
    tables.apply(&[pcfg::entity::RowChange { before: Some(row), after: Some(changed) }]).unwrap();
    let source = crate::choices::Target::new(tables);
    assert!(source.file.contains("<name>reviewer</name>\n            <user>"), "{}", source.file);
    assert!(source.file.contains("<value>JIRAUSER77</value>"), "nobody has that key");
    let plan = source.import(&source.file, &pcfg::plan::Options::default()).plan;
    assert!(plan.is_empty() && plan.refused.is_empty());
}
