//! From rows to the elements of a workflow: one trap a test.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use crate::mapping::ground::kinds::kind;
use crate::mapping::{read, tables};
use crate::model::{Config, Identity, NoteKind, Snapshot};

const OPEN: (&str, &[(&str, &str)]) = ("Status", &[("id", "1"), ("name", "Open")]);

/// Reads one workflow `W` of that descriptor, with rows that it refers to.
fn snapshot(descriptor: &str, rows: &[(&str, &[(&str, &str)])]) -> Snapshot {
    let descriptor = format!("<workflow>{descriptor}</workflow>");
    let own: &[(&str, &str)] = &[("id", "10"), ("name", "W"), ("descriptor", &descriptor)];
    let mut all = rows.to_vec();
    all.push(("Workflow", own));
    read(&tables(&all))
}

/// Returns the text of an object, without the XML declaration.
fn text(snapshot: &Snapshot, name: &str) -> String {
    let object = &snapshot.objects[&Identity::named(kind("workflowEntry"), name)];
    let text = crate::xml::to_string(&Config::new(object.element.clone()));
    text.lines().skip(1).collect::<Vec<_>>().join("\n")
}

fn notes(snapshot: &Snapshot, kind: NoteKind) -> Vec<String> {
    let notes = snapshot.notes.iter().filter(|note| note.kind == kind);
    notes.map(|note| format!("{} {}", note.path, note.message)).collect()
}

/// Returns the arguments of a post function, each as `name: value`.
fn arguments(class: &str, arguments: &str, rows: &[(&str, &[(&str, &str)])]) -> (String, Vec<String>) {
    let descriptor = format!(
        "<initial-actions><action id='1' name='Go'><results><unconditional-result><post-functions>
         <function type='class'><arg name='class.name'>{class}</arg>{arguments}</function>
         </post-functions></unconditional-result></results></action></initial-actions>"
    );
    let snapshot = snapshot(&descriptor, rows);
    let text = text(&snapshot, "W");
    let wanted = text.lines().map(str::trim).filter(|line| !line.contains("argument>"));
    let wanted = wanted.skip_while(|line| !line.starts_with("<class>")).skip(1);
    let lines: Vec<_> = wanted.take_while(|line| *line != "</postFunction>").collect();
    (lines.join("\n"), notes(&snapshot, NoteKind::Untranslated))
}

#[test]
fn steps_actions_and_screens() {
    let descriptor = "
        <meta name='jira.description'>Why</meta><meta name='jira.updated.date'>1</meta>
        <initial-actions><action id='1' name='Create'>
          <results><unconditional-result step='1' status='x' old-status='y'/></results></action></initial-actions>
        <global-actions><action id='31' name='Anywhere' view='own.view'><results>
          <unconditional-result step='-1'/></results></action>
          <action id='21' name='Lost' view='fieldscreen'><meta name='jira.fieldscreen.id'>77</meta><results>
          <unconditional-result step='9' status='Gone'/></results></action></global-actions>
        <common-actions><action id='4' name='Shared' view='resolveissue'>
          <results><unconditional-result step='2'/></results></action></common-actions>
        <steps>
          <step id='1' name='Open'><meta name='jira.status.id'>1</meta>
            <actions><common-action id='8'/><common-action id='4'/><action id='5' name='Own' view='fieldscreen'>
              <meta name='jira.fieldscreen.id'>10000</meta><results><unconditional-result step='2'/></results>
              </action></actions></step>
          <step id='2' name='Open'><meta name='jira.status.id'>404</meta>
            <actions><action id='6' name='Other' view=''><meta name='jira.fieldscreen.id'></meta>
              <results><unconditional-result step='1'/></results></action>
              <common-action id='4'/><common-action id='4'/></actions></step>
        </steps>";
    let rows: &[(&str, &[(&str, &str)])] = &[
        OPEN,
        ("FieldScreen", &[("id", "3"), ("name", "R")]),
        ("FieldScreen", &[("id", "10000"), ("name", "S")]),
    ];
    let snapshot = snapshot(descriptor, rows);
    insta::assert_snapshot!(text(&snapshot, "W"), @r#"
    <workflowEntry>
      <name>W</name>
      <description>Why</description>
      <step>
        <name>Open</name>
        <status>Open</status>
      </step>
      <step duplicate="2">
        <name>Open</name>
        <property>
          <key>jira.status.id</key>
          <value>404</value>
        </property>
      </step>
      <transition>
        <transitionId>1</transitionId>
        <name>Create</name>
        <type>initial</type>
        <position>1</position>
        <to>Open</to>
      </transition>
      <transition>
        <transitionId>4</transitionId>
        <name>Shared</name>
        <type>common</type>
        <from position="1">Open</from>
        <from position="1" duplicate="2">Open</from>
        <to duplicate="2">Open</to>
        <screen>R</screen>
      </transition>
      <transition>
        <transitionId>5</transitionId>
        <name>Own</name>
        <type>step</type>
        <from position="2">Open</from>
        <to duplicate="2">Open</to>
        <screen>S</screen>
      </transition>
      <transition>
        <transitionId>6</transitionId>
        <name>Other</name>
        <type>step</type>
        <from position="2" duplicate="2">Open</from>
        <to>Open</to>
      </transition>
      <transition>
        <transitionId>21</transitionId>
        <name>Lost</name>
        <type>global</type>
        <position>2</position>
        <toStatus>Gone</toStatus>
        <view>fieldscreen</view>
        <property>
          <key>jira.fieldscreen.id</key>
          <value>77</value>
        </property>
      </transition>
      <transition>
        <transitionId>31</transitionId>
        <name>Anywhere</name>
        <type>global</type>
        <position>1</position>
        <view>own.view</view>
      </transition>
    </workflowEntry>
    "#);
    assert_eq!(notes(&snapshot, NoteKind::Ambiguous).len(), 1);
    insta::assert_snapshot!(notes(&snapshot, NoteKind::Untranslated).join("\n"), @"
    /workflowEntry[W]/step[Open] property `jira.status.id`: no status has the id 404
    /workflowEntry[W]/transition[21 Lost] property `jira.fieldscreen.id`: no screen has the id 77
    ");
    insta::assert_snapshot!(notes(&snapshot, NoteKind::Dangling).join("\n"), @"/workflowEntry[W]/step[Open] there is no common action 8");
}

#[test]
fn conditions_results_and_functions() {
    let descriptor = "<initial-actions><action id='1' name='Go' auto='true' finish='true'>
        <restrict-to><conditions type='OR'>
          <condition type='class' negate='true'><arg name='class.name'> a.B </arg></condition>
          <conditions type='AND'><condition type='beanshell' name='n'><arg name='script'>1 &lt; 2</arg></condition>
            <condition type='class'><arg name='class.name'>a.C</arg></condition></conditions>
        </conditions></restrict-to>
        <pre-functions><function type='class'><arg name='class.name'>a.Pre</arg></function></pre-functions>
        <results>
          <result step='1'><conditions><condition type='class'><arg name='class.name'>a.If</arg></condition></conditions>
            <post-functions><function type='class'><arg name='class.name'>a.Then</arg></function></post-functions></result>
          <unconditional-result step='-1' split='2'>
            <post-functions><function type='class'><arg name='class.name'>a.Else</arg></function></post-functions>
          </unconditional-result></results>
        <post-functions><function type='class'><arg name='class.name'>a.Last</arg></function></post-functions>
        </action></initial-actions>
        <steps><step id='1' name='Open'><meta name='jira.status.id'>1</meta></step></steps>
        <splits><split id='2'><unconditional-result step='1'/></split></splits>";
    let snapshot = snapshot(descriptor, &[OPEN]);
    insta::assert_snapshot!(text(&snapshot, "W"), @r#"
    <workflowEntry>
      <name>W</name>
      <step>
        <name>Open</name>
        <status>Open</status>
      </step>
      <transition>
        <transitionId>1</transitionId>
        <name>Go</name>
        <type>initial</type>
        <position>1</position>
        <automatic>true</automatic>
        <conditions>
          <type>OR</type>
          <condition>
            <class>a.B</class>
            <negate>true</negate>
          </condition>
          <conditions>
            <type>AND</type>
            <condition>
              <type>beanshell</type>
              <name>n</name>
              <argument>
                <name>script</name>
                <value>1 &lt; 2</value>
              </argument>
            </condition>
            <condition>
              <class>a.C</class>
            </condition>
          </conditions>
        </conditions>
        <conditionalResult>
          <conditions>
            <condition>
              <class>a.If</class>
            </condition>
          </conditions>
          <to>Open</to>
          <postFunction>
            <class>a.Then</class>
          </postFunction>
        </conditionalResult>
        <preFunction>
          <class>a.Pre</class>
        </preFunction>
        <postFunction>
          <class>a.Else</class>
        </postFunction>
        <finalFunction>
          <class>a.Last</class>
        </finalFunction>
        <verbatim>&lt;action finish="true"/></verbatim>
        <verbatim>&lt;unconditional-result split="2"/></verbatim>
      </transition>
      <verbatim>&lt;splits>
      &lt;split id="2">
        &lt;unconditional-result step="'Open'"/>
      &lt;/split>
    &lt;/splits></verbatim>
    </workflowEntry>
    "#);
}

#[test]
fn an_action_whose_number_is_not_its_own_is_told_apart_and_one_without_is_kept_whole() {
    let descriptor = "<initial-actions><action id='1' name='A'/></initial-actions><steps>
        <step id='1' name='Open'><actions><action id='1' name='B'/><action id='x' name='C'/>
        <action id='2' name='D'/></actions></step><step id='1' name='Again'/></steps>";
    let snapshot = snapshot(descriptor, &[]);
    let text = text(&snapshot, "W");
    assert_eq!(text.matches("<transition>").count(), 2);
    // In the order of reading: the steps come behind the initial actions.
    let again = &text[text.find("<transition duplicate=\"2\">").unwrap()..];
    assert!(again.contains("<name>B</name>") && again.contains("<from position=\"1\">Open</from>"), "{text}");
    assert!(text.contains("<from position=\"1\">Open</from>"));
    for kept in ["action id=\"x\" name=\"C\"/", "step id=\"1\" name=\"Again\"/"] {
        assert!(text.contains(&format!("<verbatim>&lt;{kept}></verbatim>")), "{kept}");
    }
    assert_eq!(notes(&snapshot, NoteKind::Untranslated).len(), 2);
    assert_eq!(
        notes(&snapshot, NoteKind::Ambiguous),
        [
            "/workflowEntry[W]/transition[1 B] `A` has the number 1, too; this one is marked duplicate=\"2\": give it a number of its own"
        ]
    );
}

#[test]
fn a_descriptor_that_cannot_be_read_stands_as_unreadable() {
    let broken = "<workflow><steps>";
    let rows = tables(&[
        ("Workflow", &[("id", "1"), ("name", "W"), ("descriptor", broken)]),
        ("Workflow", &[("id", "2"), ("name", "Empty")]),
        ("DraftWorkflow", &[("id", "3"), ("parentname", "W"), ("descriptor", "<workflow/>")]),
        ("DraftWorkflow", &[("id", "4"), ("parentname", "gone"), ("descriptor", "<workflow/>")]),
    ]);
    let snapshot = read(&rows);
    insta::assert_snapshot!(text(&snapshot, "W"), @r#"
    <workflowEntry>
      <name>W</name>
      <unreadable part="descriptor">&lt;workflow>&lt;steps></unreadable>
      <draft/>
    </workflowEntry>
    "#);
    assert_eq!(notes(&snapshot, NoteKind::Unreadable).len(), 2);
    assert!(
        text(&snapshot, "Empty").contains("<unreadable part=\"descriptor\"/>"),
        "no descriptor is no workflow"
    );
    insta::assert_snapshot!(notes(&snapshot, NoteKind::Dangling).join("\n"), @"/workflowEntry[gone] a draft of a workflow that does not exist");
}

#[test]
fn the_built_in_workflow_is_always_there() {
    insta::assert_snapshot!(text(&read(&tables(&[])), "jira"), @r"
    <workflowEntry>
      <name>jira</name>
      <builtIn>default</builtIn>
    </workflowEntry>
    ");
    let stored: &[(&str, &str)] = &[("id", "1"), ("name", "jira"), ("descriptor", "<workflow/>")];
    assert!(!text(&read(&tables(&[("Workflow", stored)])), "jira").contains("builtIn"));
}

#[test]
fn workflows_of_one_name_are_told_apart() {
    let row = |id| -> Vec<(&str, &str)> { vec![("id", id), ("name", "W"), ("descriptor", "<workflow/>")] };
    let snapshot = read(&tables(&[("Workflow", &row("1")), ("Workflow", &row("2"))]));
    assert_eq!(snapshot.objects.keys().filter(|own| own.kind == kind("workflowEntry")).count(), 3);
    assert_eq!(notes(&snapshot, NoteKind::Ambiguous).len(), 1);
}

#[test]
fn events_resolutions_and_permissions() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("EventType", &[("id", "13"), ("name", "Generic Event")]),
        ("Resolution", &[("id", "5"), ("name", "Done")]),
    ];
    let event = "com.atlassian.jira.workflow.function.event.FireIssueEventFunction";
    let (lines, problems) = arguments(event, "<arg name='eventTypeId'>13</arg>", rows);
    insta::assert_snapshot!(lines, @"
    <name>eventTypeId</name>
    <eventType>Generic Event</eventType>
    ");
    assert!(problems.is_empty());
    let (lines, problems) = arguments(event, "<arg name='eventTypeId'>99</arg>", rows);
    insta::assert_snapshot!(lines, @"
    <name>eventTypeId</name>
    <value>99</value>
    ");
    insta::assert_snapshot!(problems.join("\n"), @"/workflowEntry[W]/transition[1 Go] postFunction FireIssueEventFunction, argument `eventTypeId`: no eventType has the id 99");
    let update = "com.atlassian.jira.workflow.function.issue.UpdateIssueFieldFunction";
    for (raw, expected) in
        [("5", "<resolution>Done</resolution>"), ("", "<value/>"), ("-1", "<value>-1</value>")]
    {
        let given = format!("<arg name='field.name'>resolution</arg><arg name='field.value'>{raw}</arg>");
        let (lines, problems) = arguments(update, &given, rows);
        let expected = format!(
            "<name>field.name</name>\n<field>resolution</field>\n<name>field.value</name>\n{expected}"
        );
        assert_eq!((lines, problems), (expected, Vec::new()));
    }
    let permission = "com.atlassian.jira.workflow.condition.PermissionCondition";
    let key = "<name>permissionKey</name>\n<value>RESOLVE_ISSUES</value>";
    for given in [
        "<arg name='permission'>Resolve Issue</arg>",
        "<arg name='permission'>resolve</arg>",
        "<arg name='permissionKey'>RESOLVE_ISSUES</arg>",
        "<arg name='permissionKey'>RESOLVE_ISSUES</arg><arg name='permission'>close</arg>",
    ] {
        assert_eq!(arguments(permission, given, rows).0, key, "{given}");
    }
    let unknown = "<arg name='permission'>FLY</arg>";
    assert_eq!(arguments(permission, unknown, rows).0, "<name>permission</name>\n<value>FLY</value>");
    assert_eq!(arguments("a.B", unknown, rows).0, "<name>permission</name>\n<value>FLY</value>");
}

#[test]
fn lists_and_values_of_fields() {
    const SELECT: &str = "com.atlassian.jira.plugin.system.customfieldtypes:select";
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("CustomField", &[("id", "100"), ("name", "Colour"), ("customfieldtypekey", SELECT)]),
        ("FieldConfiguration", &[("id", "7"), ("fieldid", "customfield_100")]),
        (
            "CustomFieldOption",
            &[("id", "1"), ("customfield", "100"), ("customfieldconfig", "7"), ("value", "Red")],
        ),
        (
            "CustomFieldOption",
            &[
                ("id", "2"),
                ("customfield", "100"),
                ("customfieldconfig", "7"),
                ("value", "Dark"),
                ("parentoptionid", "1"),
            ],
        ),
        (
            "CustomFieldOption",
            &[("id", "3"), ("customfield", "999"), ("customfieldconfig", "7"), ("value", "Alien")],
        ),
        ("ProjectRole", &[("id", "10001"), ("name", "Developers")]),
        ("Status", &[("id", "6"), ("name", "Closed")]),
        OPEN,
        ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "ann")]),
    ];
    let jsu = "com.googlecode.jsu.workflow.validator.Any";
    let field = "<field type=\"com.atlassian.jira.plugin.system.customfieldtypes:select\">Colour</field>";
    let value = |comparison: &str, raw: &str| {
        let given = format!(
            "<arg name='fieldsList'>customfield_100</arg>{comparison}<arg name='fieldValue'>{raw}</arg>"
        );
        let (lines, problems) = arguments(jsu, &given, rows);
        let at = lines.find("<name>fieldValue</name>\n").unwrap() + "<name>fieldValue</name>\n".len();
        (lines[at..].lines().next().unwrap().to_owned(), problems.len())
    };
    let ids = "<arg name='comparisonType'>5</arg>";
    let texts = "<arg name='comparisonType'>1</arg>";
    assert_eq!(value(ids, "1"), ("<fieldOption>Red</fieldOption>".to_owned(), 0));
    assert_eq!(value("", "2"), ("<fieldOption parentOption=\"Red\">Dark</fieldOption>".to_owned(), 0));
    assert_eq!(value(texts, "1"), ("<value>1</value>".to_owned(), 0));
    assert_eq!(value("", "3"), ("<value>3</value>".to_owned(), 0), "an option of another field is none");
    assert_eq!(value(ids, "3"), ("<value>3</value>".to_owned(), 1));
    assert_eq!(value("", "Red"), ("<value>Red</value>".to_owned(), 0));
    assert_eq!(value("", "JIRAUSER10000"), ("<user>ann</user>".to_owned(), 0));
    assert_eq!(value("", "%%CURRENT_USER%%"), ("<value>%%CURRENT_USER%%</value>".to_owned(), 0));

    let one = |class: &str, name: &str, raw: &str| {
        let given = format!("<arg name='{name}'>{raw}</arg>");
        let (lines, problems) = arguments(class, &given, rows);
        let value = lines.strip_prefix(&format!("<name>{name}</name>\n")).unwrap().to_owned();
        (value, problems.len())
    };
    assert_eq!(
        one(jsu, "hidFieldsList", "duedate@@customfield_100@@"),
        (format!("<field>duedate</field>\n{field}"), 0)
    );
    assert_eq!(
        one(jsu, "hidFieldsList", "customfield_100@@customfield_404@@"),
        ("<value>customfield_100@@customfield_404@@</value>".to_owned(), 1),
    );
    assert_eq!(one(jsu, "hidGroupsList", "a@@b@@"), ("<group>a</group>\n<group>b</group>".to_owned(), 0));
    assert_eq!(
        one(jsu, "hidRolesList", "Developers@@"),
        ("<projectRole>Developers</projectRole>".to_owned(), 0)
    );
    assert_eq!(one(jsu, "hidRolesList", "Nobody@@"), ("<value>Nobody@@</value>".to_owned(), 1));
    assert_eq!(one(jsu, "field.copyFieldSource2", "customfield_100"), (field.to_owned(), 0));
    let blocking = "com.atlassian.jira.workflow.condition.SubTaskBlockingCondition";
    assert_eq!(
        one(blocking, "statuses", "6,1"),
        ("<status>Closed</status>\n<status>Open</status>".to_owned(), 0)
    );
    let role = "com.atlassian.jira.workflow.condition.InProjectRoleCondition";
    assert_eq!(
        one(role, "jira.projectrole.id", "10001"),
        ("<projectRole>Developers</projectRole>".to_owned(), 0)
    );
    let script = "com.onresolve.jira.groovy.GroovyFunctionPlugin";
    assert_eq!(one(script, "FIELD_STATUS_ID", "6"), ("<status>Closed</status>".to_owned(), 0));
    assert_eq!(
        one(script, "FIELD_SELECTED_FIELDS", "summary|||customfield_100"),
        (format!("<field>summary</field>\n{field}"), 0)
    );
    assert_eq!(one(script, "FIELD_TEXT_FIELD", "YCFhYmM="), ("<value>YCFhYmM=</value>".to_owned(), 0));
    // Functions that pcfg does not know: only what can be nothing but a field is one.
    assert_eq!(one("app.Own", "anything", "customfield_100"), (field.to_owned(), 0));
    assert_eq!(one("app.Own", "anything", "10001"), ("<value>10001</value>".to_owned(), 1));
    assert_eq!(
        one("app.Own", "json", "{customfield_100}"),
        ("<value>{customfield_100}</value>".to_owned(), 1)
    );
}

#[test]
fn properties_of_steps() {
    let descriptor = "<steps><step id='1' name='Open'>
        <meta name='jira.permission.comment.group.1'>staff</meta>
        <meta name='jira.permission.comment.group.2'>${pkey}-staff</meta>
        <meta name='jira.permission.subtasks.edit.projectrole'>10001</meta>
        <meta name='jira.permission.edit.user'>JIRAUSER10000</meta>
        <meta name='jira.permission.edit.userCF'>customfield_100</meta>
        <meta name='jira.permission.delete.denied'></meta>
        <meta name='approval.field.id'>customfield_100</meta>
        <meta name='jira.field.resolution.exclude'>5, 6</meta>
        <meta name='sd.step.key'>sd.waiting</meta></step></steps>";
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("CustomField", &[("id", "100"), ("name", "Owner"), ("customfieldtypekey", "a:b")]),
        ("ProjectRole", &[("id", "10001"), ("name", "Developers")]),
        ("Resolution", &[("id", "5"), ("name", "Done")]),
        ("Resolution", &[("id", "6"), ("name", "Won't")]),
        ("ApplicationUser", &[("id", "1"), ("userKey", "JIRAUSER10000"), ("lowerUserName", "ann")]),
    ];
    let snapshot = snapshot(descriptor, rows);
    let text = text(&snapshot, "W");
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.contains("property>")).collect();
    insta::assert_snapshot!(lines[3..lines.len() - 2].join("\n"), @r#"
    <name>Open</name>
    <key>approval.field.id</key>
    <field type="a:b">Owner</field>
    <key>jira.field.resolution.exclude</key>
    <resolution>Done</resolution>
    <resolution>Won't</resolution>
    <key>jira.permission.comment.group.1</key>
    <group>staff</group>
    <key>jira.permission.comment.group.2</key>
    <value>${pkey}-staff</value>
    <key>jira.permission.delete.denied</key>
    <value/>
    <key>jira.permission.edit.user</key>
    <user>ann</user>
    <key>jira.permission.edit.userCF</key>
    <field type="a:b">Owner</field>
    <key>jira.permission.subtasks.edit.projectrole</key>
    <projectRole>Developers</projectRole>
    <key>jira.status.id</key>
    <value/>
    <key>sd.step.key</key>
    <value>sd.waiting</value>
    "#);
    assert!(notes(&snapshot, NoteKind::Untranslated).is_empty());
}
