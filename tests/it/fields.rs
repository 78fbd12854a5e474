//! Tests of issue types, custom fields, field configurations and screens on data of real Jiras.

use pcfg::model::{Config, Element, Snapshot};
use pcfg::schema::Schema;

use crate::real_data;

/// The kinds of objects that these tests are about.
const KINDS: [&str; 9] = [
    "issueType",
    "issueTypeScheme",
    "priorityScheme",
    "customField",
    "fieldConfiguration",
    "fieldConfigurationScheme",
    "screen",
    "screenScheme",
    "issueTypeScreenScheme",
];

/// Puts the objects of some kinds of an instance into a file, whether or not a project uses them.
fn file_of(snapshot: &Snapshot, kinds: &[&str]) -> Config {
    let schema = Schema::get();
    let containers = kinds.iter().map(|name| {
        let kind = schema.kind_named(name).unwrap();
        let objects = snapshot.objects.iter().filter(|(identity, _)| identity.kind == kind);
        let elements = objects.map(|(_, object)| object.element.clone()).collect();
        Element::parent(schema.container(kind).unwrap(), elements)
    });
    Config::new(Element::parent(schema.root(), containers.collect()))
}

fn text_of(config: &Config) -> String {
    let mut text = Vec::new();
    pcfg::xml::write(config, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Returns the definition of one object as text.
fn definition(snapshot: &Snapshot, kind: &str, name: &str) -> String {
    let text = text_of(&file_of(snapshot, &[kind]));
    let begin = format!("    <{kind}>\n");
    let name = format!("      <name>{name}</name>\n");
    let found = text.split(&begin).skip(1).find(|part| part.contains(&name));
    let found = found.unwrap_or_else(|| panic!("no {kind} {name} in\n{text}"));
    let end = format!("    </{kind}>\n");
    format!("{begin}{}{end}", found.split(&end).next().unwrap())
}

#[test]
fn every_backup_is_described_without_ids_duplicates_or_dangling_references() {
    let schema = Schema::get();
    for path in real_data::backups() {
        let snapshot = real_data::read(&path).snapshot;
        let kinds: Vec<&str> = KINDS.iter().copied().chain(["priority"]).collect();
        let file = file_of(&snapshot, &kinds);
        assert!(!text_of(&file).contains("customfield_"), "{}", path.display());
        let problems = pcfg::check::check(file.root());
        assert!(problems.is_empty(), "{}: {problems:?}", path.display());
        for name in ["issueType", "issueTypeScheme", "customField", "fieldConfiguration", "screen"] {
            let kind = schema.kind_named(name).unwrap();
            assert!(snapshot.objects.keys().any(|own| own.kind == kind), "{}: {name}", path.display());
        }
    }
}

/// What an upgrade of Jira renamed: the searchers of lists and of user pickers.
const RENAMED_SEARCHERS: [(&str, &str); 4] = [
    ("selectsearcher", "multiselectsearcher"),
    ("radiosearcher", "multiselectsearcher"),
    ("checkboxsearcher", "multiselectsearcher"),
    ("userpickersearcher", "userpickergroupsearcher"),
];

#[test]
fn the_same_instance_in_4_2_and_7_0_differs_in_renamed_searchers_only() {
    let Some(folder) = real_data::folder("backups/jrjc") else { return };
    let mut pairs = 0;
    for name in [
        "data-for-unit-tests.xml",
        "jira-dump.xml",
        "jira-dump-creating-issue-tests.xml",
        "jira-dump-unassigned.xml",
        "jira-dump-with-comment-and-worklog-from-removed-user.xml",
        "jira-dump-with-filters.xml",
    ] {
        let text = |name: &str| text_of(&file_of(&real_data::read(&folder.join(name)).snapshot, &KINDS));
        let (mut old, new) = (text(name), text(&format!("cloud-{name}")));
        for (before, after) in RENAMED_SEARCHERS {
            old = old.replace(&format!(":{before}<"), &format!(":{after}<"));
        }
        assert!(old == new, "{name}: {}", similar::TextDiff::from_lines(&old, &new).unified_diff());
        pairs += 1;
    }
    assert_eq!(pairs, 6);
}

#[test]
fn a_default_that_was_never_stored_is_described() {
    let Some(path) = real_data::backup("zendesk/restoreData-JIRA-3.12.2.xml") else { return };
    let snapshot = real_data::read(&path).snapshot;
    insta::assert_snapshot!(text_of(&file_of(&snapshot, &["fieldConfiguration"])), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <projectConfig>
      <fieldConfigurations>
        <fieldConfiguration>
          <name>Default Field Configuration</name>
          <builtIn>default</builtIn>
          <description>The default field configuration</description>
        </fieldConfiguration>
      </fieldConfigurations>
    </projectConfig>
    "#);
}

#[test]
fn issue_types_and_their_scheme() {
    let Some(path) = real_data::backup("jrjc/jira-dump.xml") else { return };
    let snapshot = real_data::read(&path).snapshot;
    insta::assert_snapshot!(definition(&snapshot, "issueType", "Sub-task"), @r"
    <issueType>
      <name>Sub-task</name>
      <subtask>true</subtask>
      <description>The sub-task of the issue</description>
      <iconUrl>/images/icons/issuetypes/subtask_alternate.png</iconUrl>
    </issueType>
    ");
    insta::assert_snapshot!(definition(&snapshot, "issueTypeScheme", "Default Issue Type Scheme"), @r#"
    <issueTypeScheme>
      <name>Default Issue Type Scheme</name>
      <builtIn>default</builtIn>
      <description>Default issue type scheme is the list of global issue types. All newly created issue types will automatically be added to this scheme.</description>
      <defaultType>Bug</defaultType>
      <issueType position="1">Bug</issueType>
      <issueType position="4">Improvement</issueType>
      <issueType position="2">New Feature</issueType>
      <issueType subtask="true" position="5">Sub-task</issueType>
      <issueType position="3">Task</issueType>
    </issueTypeScheme>
    "#);
}

#[test]
fn custom_fields() {
    let Some(path) = real_data::backup("jsu/test1.xml") else { return };
    let snapshot = real_data::read(&path).snapshot;
    insta::assert_snapshot!(definition(&snapshot, "customField", "Textfield2"), @r"
    <customField>
      <name>Textfield2</name>
      <type>com.atlassian.jira.plugin.system.customfieldtypes:textfield</type>
      <searcher>com.atlassian.jira.plugin.system.customfieldtypes:textsearcher</searcher>
      <customFieldConfigScheme>
        <name>Default Configuration Scheme for Textfield2</name>
        <description>Default configuration scheme generated by JIRA</description>
        <context>
          <projectContext>STJP</projectContext>
        </context>
        <applicableIssueType>
          <allIssueTypes/>
        </applicableIssueType>
        <config>
          <name>Default Configuration for Textfield2</name>
          <description>Default configuration generated by JIRA</description>
        </config>
      </customFieldConfigScheme>
    </customField>
    ");
    insta::assert_snapshot!(definition(&snapshot, "customField", "Directions"), @r"
    <customField>
      <name>Directions</name>
      <type>com.googlecode.jira-suite-utilities:directionsfield</type>
      <customFieldConfigScheme>
        <name>Default Configuration Scheme for Directions</name>
        <description>Default configuration scheme generated by JIRA</description>
        <context>
          <global/>
        </context>
        <applicableIssueType>
          <allIssueTypes/>
        </applicableIssueType>
        <config>
          <name>Default Configuration for Directions</name>
          <description>Default configuration generated by JIRA</description>
        </config>
      </customFieldConfigScheme>
    </customField>
    ");
    insta::assert_snapshot!(definition(&snapshot, "customField", "MultiSelect"), @r"
    <customField>
      <name>MultiSelect</name>
      <type>com.atlassian.jira.plugin.system.customfieldtypes:multiselect</type>
      <description>Test JSU</description>
      <searcher>com.atlassian.jira.plugin.system.customfieldtypes:multiselectsearcher</searcher>
      <customFieldConfigScheme>
        <name>Default Configuration Scheme for MultiSelect</name>
        <description>Default configuration scheme generated by JIRA</description>
        <context>
          <global/>
        </context>
        <applicableIssueType>
          <allIssueTypes/>
        </applicableIssueType>
        <config>
          <name>Default Configuration for MultiSelect</name>
          <description>Default configuration generated by JIRA</description>
          <option>
            <sequence>1</sequence>
            <value>Option A</value>
            <disabled>false</disabled>
          </option>
          <option>
            <sequence>2</sequence>
            <value>Option B</value>
            <disabled>false</disabled>
          </option>
          <option>
            <sequence>3</sequence>
            <value>Option C</value>
            <disabled>false</disabled>
          </option>
        </config>
      </customFieldConfigScheme>
    </customField>
    ");
    let cascading = definition(&snapshot, "customField", "CascadingSelect");
    // "Same" stands below two parents: not a duplicate.
    assert_eq!(cascading.matches("<value>Same</value>").count(), 2);
    assert!(!cascading.contains("duplicate"), "{cascading}");
    assert!(
        cascading.find("<value>Option CD</value>") < cascading.find("<value>Option A</value>"),
        "children stand before their parents: {cascading}"
    );
}

#[test]
fn a_context_for_one_issue_type() {
    let Some(path) = real_data::backup("jrjc/cloud-jira-dump.xml") else { return };
    let snapshot = real_data::read(&path).snapshot;
    insta::assert_snapshot!(definition(&snapshot, "customField", "My Number Field New"), @r"
    <customField>
      <name>My Number Field New</name>
      <type>com.atlassian.jira.plugin.system.customfieldtypes:float</type>
      <searcher>com.atlassian.jira.plugin.system.customfieldtypes:numberrange</searcher>
      <customFieldConfigScheme>
        <name>Default Configuration Scheme for My Number Field</name>
        <description>Default configuration scheme generated by JIRA</description>
        <context>
          <global/>
        </context>
        <applicableIssueType>
          <issueType>Bug</issueType>
        </applicableIssueType>
        <config>
          <name>Default Configuration for My Number Field</name>
          <description>Default configuration generated by JIRA</description>
        </config>
      </customFieldConfigScheme>
    </customField>
    ");
}

#[test]
fn screens_and_their_schemes() {
    let Some(path) = real_data::backup("jrjc/cloud-jira-dump-creating-issue-tests.xml") else { return };
    let snapshot = real_data::read(&path).snapshot;
    insta::assert_snapshot!(definition(&snapshot, "screen", "Estimate Screen"), @r#"
    <screen>
      <name>Estimate Screen</name>
      <screenTab>
        <position>1</position>
        <name>Field Tab</name>
        <fieldScreenLayoutItem>
          <position>1</position>
          <field type="com.atlassian.jira.plugin.system.customfieldtypes:float">My Number Field New</field>
        </fieldScreenLayoutItem>
        <fieldScreenLayoutItem>
          <position>2</position>
          <field>labels</field>
        </fieldScreenLayoutItem>
      </screenTab>
    </screen>
    "#);
    insta::assert_snapshot!(text_of(&file_of(&snapshot, &["screenScheme"])), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <projectConfig>
      <screenSchemes>
        <screenScheme>
          <name>Default Screen Scheme</name>
          <builtIn>default</builtIn>
          <description>Default Screen Scheme</description>
          <mappingOperationsScreens>
            <screen>Default Screen</screen>
          </mappingOperationsScreens>
        </screenScheme>
        <screenScheme>
          <name>No Issue Type On Create Issue</name>
          <description>Uses screen without issue type for create issue screen.</description>
          <mappingOperationsScreens>
            <operation>create</operation>
            <screen>Screen Without Issue Type</screen>
          </mappingOperationsScreens>
          <mappingOperationsScreens>
            <screen>Default Screen</screen>
          </mappingOperationsScreens>
        </screenScheme>
      </screenSchemes>
    </projectConfig>
    "#);
    insta::assert_snapshot!(text_of(&file_of(&snapshot, &["issueTypeScreenScheme"])), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <projectConfig>
      <issueTypeScreenSchemes>
        <issueTypeScreenScheme>
          <name>Default Issue Type Screen Scheme</name>
          <builtIn>default</builtIn>
          <description>The default issue type screen scheme</description>
          <defaultScheme>Default Screen Scheme</defaultScheme>
        </issueTypeScreenScheme>
        <issueTypeScreenScheme>
          <name>No Issue Type On Create Issue Screen Scheme</name>
          <defaultScheme>No Issue Type On Create Issue</defaultScheme>
        </issueTypeScreenScheme>
      </issueTypeScreenSchemes>
    </projectConfig>
    "#);
}
