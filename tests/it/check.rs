//! Tests of what a well-formed file may still get wrong.

use pcfg::check::check;
use pcfg::model::Severity;
use pcfg::select::{CustomFields, Projects};

use super::importing::{export, project_files};

/// Returns the messages and hints for the text of a configuration.
fn found(inside: &str) -> Vec<String> {
    let text = format!(
        "<projectConfig formatVersion=\"1\"><projects><project><key>A</key><name>A</name>{inside}</projectConfig>"
    );
    let document = pcfg::xml::read(&text);
    assert_eq!(document.problems, []);
    let problems = check(&document.root.unwrap());
    // What a short configuration lacks is of another test.
    let problems = problems.into_iter().filter(|own| own.code != "incomplete");
    problems.map(|own| format!("{}; {}", own.message, own.help.as_deref().unwrap_or(""))).collect()
}

#[test]
fn a_reference_to_nothing_gets_the_near_names() {
    let text =
        "<lead>alcie</lead></project></projects><users><user><username>alice</username></user></users>";
    assert_eq!(found(text), ["no user `alcie`; did you mean `alice`?"]);
    let text = "<issueTypeScheme>x</issueTypeScheme></project></projects>";
    assert_eq!(
        found(text),
        ["no issue type scheme `x`; describe it in `<issueTypeSchemes>`, or refer to another one"]
    );
}

#[test]
fn the_parent_of_an_option_is_one_of_its_configuration() {
    let option = |parent, value| {
        format!("<option><parentOption>{parent}</parentOption><value>{value}</value></option>")
    };
    let text = format!(
        "</project></projects><customFields><customField><name>f</name><type>t</type><customFieldConfigScheme>\
        <name>s</name><config><name>c</name>{}{}<option><value>Red</value></option></config>\
        </customFieldConfigScheme></customField></customFields>",
        option("Red", "Dark"),
        option("Rde", "Light")
    );
    assert_eq!(found(&text), ["no option `Rde`; did you mean `Red`?"]);
}

#[test]
fn a_reference_with_half_an_identity_gets_the_whole_one() {
    let text = "</project></projects><issueTypes><issueType><name>Part</name><subtask>true</subtask></issueType>\
        </issueTypes><issueTypeSchemes><issueTypeScheme><name>s</name><issueType position=\"1\">Part</issueType>\
        </issueTypeScheme></issueTypeSchemes>";
    assert_eq!(found(text), ["no issue type `Part`; did you mean `Part (subtask true)`?"]);
}

#[test]
fn duplicates_of_the_second_and_of_a_third_are_found() {
    let status = |name| format!("<status><name>{name}</name></status>");
    let text = format!(
        "</project></projects><statusConfiguration>{}{}{}{}{}</statusConfiguration>",
        status("a"),
        status("b"),
        status("b"),
        status("a"),
        status("a")
    );
    let help = "their name tells them apart: rename or delete one";
    let message = |name| format!("there is a second `<status>` `{name}`; {help}");
    assert_eq!(found(&text), [message("b"), message("a"), message("a")]);
}

#[test]
fn equal_grants_are_found_wherever_they_stand() {
    let grant = |permission, holder| {
        format!(
            "<permissionHolder><permission>{permission}</permission><holder><{holder}/></holder></permissionHolder>"
        )
    };
    let text = format!(
        "</project></projects><permissionSchemes><permissionScheme><name>p</name>{}{}{}</permissionScheme>\
        </permissionSchemes>",
        grant("x", "assignee"),
        grant("x", "reporter"),
        grant("x", "reporter")
    );
    assert_eq!(found(&text).len(), 1, "{:?}", found(&text));
    assert!(found(&text)[0].starts_with("this `<permissionHolder>` is a duplicate"), "{:?}", found(&text));
}

/// Near names are looked for only so often: otherwise many mistakes among many names would take minutes.
#[test]
fn only_the_first_mistakes_get_near_names() {
    let users: String = (0..30).map(|at| format!("<user><username>user{at}</username></user>")).collect();
    let components: String = (0..1_000)
        .map(|at| format!("<component><name>{at}</name><componentLead>uesr{at}</componentLead></component>"))
        .collect();
    let text = format!("<components>{components}</components></project></projects><users>{users}</users>");
    let found = found(&text);
    // The last one says how many more there are: what the project lacks.
    assert_eq!(found.len(), 1_001);
    assert!(found[0].contains("did you mean"), "{}", found[0]);
    assert!(found.iter().filter(|line| line.contains("did you mean")).count() <= 100);
}

/// Found by fuzzing: the reader of tags leaves a mark out and counts without it.
#[test]
fn a_second_byte_order_mark_shifts_no_place() {
    let bytes = b"\xef\xbb\xbf\xef\xbb\xbf\0\xbf<> m/\r\xef\xff\xbb\xbf;&\xeb\n\x90\xff";
    let (text, _) = pcfg::xml::decode(bytes);
    assert!(!pcfg::xml::read(&text).problems.is_empty());
    let document =
        pcfg::xml::read("\u{feff}<projectConfig formatVersion=\"1\"><projects/><odd/></projectConfig>");
    let spans: Vec<_> = document.problems.iter().map(|own| (own.code, own.span.clone().unwrap())).collect();
    assert_eq!(spans, [("stray-text", 0..3), ("unknown-element", 48..51)]);
}

#[test]
fn an_empty_group_has_nothing_in_it() {
    let group = |said: &str| {
        found(&format!(
            "</project></projects><users><user><username>a</username></user></users>\
             <groups><group><name>g</name>{said}</group></groups>"
        ))
    };
    assert_eq!(group("<empty>true</empty>"), [""; 0]);
    assert_eq!(group("<memberUser>a</memberUser>"), [""; 0]);
    assert_eq!(
        group("<empty>true</empty><memberUser>a</memberUser>"),
        ["`<group>` has `<memberUser>`, where it has `<empty>`; leave this `<memberUser>` out"]
    );
    assert_eq!(
        group("<description>d</description><empty>true</empty>"),
        ["`<group>` has `<description>`, where it has `<empty>`; leave this `<description>` out"]
    );
}

/// Edits without a meaning are told with what contradicts what.
#[test]
fn what_contradicts_itself_is_found() {
    let filter = |share: &str| {
        format!(
            "</project></projects><filters><filter><name>f</name><author>a</author><sharedWith>{share}</sharedWith></filter></filters>\
             <users><user><username>a</username></user></users>"
        )
    };
    assert_eq!(
        found(&filter("<type>project</type>")),
        [
            "`<sharedWith>` lacks its `<name>`, where `<type>` is `project`; `<name>`: The group, project, user, or the role in project."
        ]
    );
    assert_eq!(
        found(&filter("<type>global</type><name>A</name>")),
        ["`<sharedWith>` has `<name>`, where `<type>` is `global`; leave this `<name>` out"]
    );
    let field = |inside: &str| {
        format!(
            "</project></projects><customFields><customField><name>f</name><type>t</type><customFieldConfigScheme><name>s</name>{inside}\
             </customFieldConfigScheme></customField></customFields>"
        )
    };
    assert_eq!(
        found(&field("<context/>")),
        [
            "`<context>` has no effect; it must have `<global>` or `<projectContext>` or `<projectCategoryContext>`"
        ]
    );
    assert_eq!(
        found(&field("<context><projectContext>A</projectContext><global/></context>")),
        ["`<context>` has both `<global>` and `<projectContext>`; they exclude each other: keep one"]
    );
    assert_eq!(
        found(&field("<applicableIssueType><allIssueTypes/></applicableIssueType>")),
        [
            "`<customFieldConfigScheme>` lacks its `<config>`, where it has `<applicableIssueType>`; `<config>`: The options and the default value."
        ]
    );
    let conditions = |inside: &str| {
        format!(
            "</project></projects><workflowEntries><workflowEntry><name>w</name><transition><transitionId>1</transitionId><name>t</name>\
             <type>initial</type><conditions>{inside}</conditions><verbatim>&lt;x/></verbatim></transition></workflowEntry></workflowEntries>"
        )
    };
    let condition = "<condition><class>c</class></condition>";
    assert_eq!(
        found(&conditions(&format!("<type>AND</type>{condition}"))),
        [
            "`<conditions>` has fewer than 2 `<condition>` or `<conditions>`, where it has `<type>`; `<condition>`: A condition. `<conditions>`: A nested group."
        ]
    );
    let untold = found(&conditions(&format!("{condition}{condition}")));
    assert!(
        untold[0].starts_with("`<conditions>` lacks its `<type>`, where it has 2 or more `<condition>`"),
        "{untold:?}"
    );
    assert_eq!(found(&conditions(&format!("<type>AND</type>{condition}{condition}"))), [""; 0]);
}

/// What is kept as it is has to be whole, and what nobody can read is told.
#[test]
fn what_cannot_be_read_is_told() {
    let workflow = |inside: &str| {
        let text = format!(
            "</project></projects><workflowEntries><workflowEntry><name>W</name>{inside}</workflowEntry></workflowEntries>"
        );
        found(&text)
    };
    assert_eq!(workflow("<verbatim>&lt;registers/></verbatim>"), [""; 0]);
    for text in ["", "&lt;registers>", "Q &amp; A", "&lt;a/>&lt;b/>"] {
        let messages = workflow(&format!("<verbatim>{text}</verbatim>"));
        assert_eq!(messages.len(), 1, "{text}");
        assert!(
            messages[0].starts_with("the XML that `<verbatim>` keeps as it is cannot be read: "),
            "{messages:?}"
        );
    }
    assert_eq!(
        workflow("<unreadable part=\"descriptor\">&lt;workflow></unreadable>"),
        [
            "the `descriptor` of this `<workflowEntry>` could not be read when it was exported; repair it in the instance that it comes from, and export again: an import is refused unless the target has exactly the same"
        ]
    );
}

/// Returns what is found in a workflow with these steps and transitions.
fn of_workflow(inside: &str) -> Vec<String> {
    found(&format!(
        "</project></projects><statusConfiguration><status><name>S</name></status></statusConfiguration>\
        <workflowEntries><workflowEntry><name>w</name>{inside}</workflowEntry></workflowEntries>"
    ))
}

fn step(name: &str) -> String {
    format!("<step><name>{name}</name><status>S</status></step>")
}

fn transition(number: u8, name: &str, rest: &str) -> String {
    format!("<transition><transitionId>{number}</transitionId><name>{name}</name>{rest}</transition>")
}

#[test]
fn a_workflow_that_jira_cannot_run_is_told() {
    let create = transition(1, "Create", "<type>initial</type><to>a</to>");
    let go = |number, name| transition(number, name, "<type>step</type><from>a</from><to>b</to>");
    let steps = format!("{}{}", step("a"), step("b"));
    assert_eq!(of_workflow(&format!("{steps}{create}{}", go(2, "Go"))), [""; 0]);
    let again = go(2, "Go again").replace("<transition>", "<transition duplicate=\"2\">");
    assert_eq!(
        of_workflow(&format!("{steps}{create}{}{again}", go(2, "Go"))),
        [
            "the transitions `Go` and `Go again` both have the number 2; give one of them an unused number, such as 3"
        ]
    );
    assert_eq!(
        of_workflow(&format!("{steps}{}", go(2, "Go"))),
        [
            "no transition of this workflow creates issues; add a `<transition>` of type `initial` that leads to the first step"
        ]
    );
    assert_eq!(
        of_workflow(&format!("{steps}{create}")),
        [
            "no issue can reach the step `b`: no transition leads there from the first step; add a transition to it, or delete the step"
        ]
    );
    let verbatim = "<verbatim>&lt;splits/></verbatim>";
    assert_eq!(of_workflow(&format!("{steps}{create}{verbatim}")), [""; 0], "a split may lead anywhere");
    let verbatim = "<verbatim>&lt;action id=\"x\" name=\"Old\"/></verbatim>";
    assert_eq!(
        of_workflow(&format!("{}{create}{verbatim}", step("a"))),
        ["the transition `Old` has no number of its own: `x` is not a number, or is used twice; \
             give the transition a number of its own in Jira and export the workflow again, or delete this"]
    );
    let without = |rest: &str| format!("<step><name>a</name>{rest}</step>{create}");
    assert_eq!(
        of_workflow(&without("")),
        ["the step `a` has no status; give it a `<status>`: Jira cannot move an issue to a step without one"]
    );
    assert_eq!(
        of_workflow(&without("<property><key>jira.status.id</key><value>7</value></property>")),
        [
            "the status of the step `a` does not exist: it had the id `7`; give the step a `<status>`, and delete the property"
        ]
    );
    let nowhere = transition(1, "Create", "<type>initial</type>");
    assert_eq!(
        of_workflow(&format!("{}{nowhere}", step("a"))),
        ["the transition `Create` creates issues in no step; say with `<to>` in which step new issues begin"]
    );
    let lost =
        transition(2, "Go", "<type>global</type><to>a</to><postFunction><name>f</name></postFunction>");
    assert_eq!(
        of_workflow(&format!("{}{create}{lost}", step("a"))),
        ["`<postFunction>` lacks its `<class>` or `<type>`; `<class>`: The Java class. \
             `<type>`: How Jira calls it, when it is not a class."]
    );
}

/// An export says of a step without a status that Jira has none; of any other one it was forgotten.
#[test]
fn a_status_that_is_missing_in_the_file_alone_is_an_error() {
    let severity = |property: &str| {
        let told = judged(&format!(
            "</project></projects><workflowEntries><workflowEntry><name>w</name><step><name>a</name>{property}</step>\
            </workflowEntry></workflowEntries>"
        ));
        told.into_iter().find(|own| own.contains("the step `a` has no status")).unwrap()
    };
    assert!(severity("").starts_with("Error: "));
    assert!(severity("<property><key>jira.status.id</key></property>").starts_with("Warning: "));
}

#[test]
fn days_and_searchers_are_some_that_there_are() {
    let version = |day: &str| {
        let text = format!(
            "<projectConfig formatVersion=\"1\"><projects><project><key>A</key><name>A</name><versions><version>\
            <name>1</name><releaseDate>{day}</releaseDate></version></versions></project></projects></projectConfig>"
        );
        pcfg::xml::read(&text).problems.iter().any(|own| own.code == "wrong-value")
    };
    for day in ["2025-02-28", "2024-02-29", "2000-02-29", "2025-12-31"] {
        assert!(!version(day), "{day}");
    }
    for day in ["2025-02-29", "1900-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00"] {
        assert!(version(day), "{day}");
    }
    let searcher = |name: &str| {
        let types = "com.atlassian.jira.plugin.system.customfieldtypes";
        judged(&format!(
            "</project></projects><customFields><customField><name>f</name><type>{types}:textfield</type>\
            <searcher>{types}:{name}</searcher></customField></customFields>"
        ))
    };
    assert_eq!(searcher("textsearcher"), [""; 0]);
    let told = searcher("textsearchr");
    assert!(
        told[0].starts_with("Error: Jira has no `textsearchr`") && told[0].contains(":textsearcher`?"),
        "{told:?}"
    );
}

#[test]
fn a_default_is_one_of_its_scheme() {
    let scheme = |inside: &str| {
        found(&format!(
            "</project></projects><issueTypes><issueType><name>Bug</name></issueType><issueType><name>Task</name></issueType>\
            </issueTypes><issueTypeSchemes><issueTypeScheme><name>s</name><defaultType>Task</defaultType>{inside}\
            </issueTypeScheme></issueTypeSchemes>"
        ))
    };
    assert_eq!(
        scheme("<issueType position=\"1\">Bug</issueType>"),
        ["`<defaultType>` is `Task`, which is not a `<issueType>` of this `<issueTypeScheme>`; \
             add it as a `<issueType>`, or choose an existing one"]
    );
    assert_eq!(scheme("<issueType position=\"1\">Task</issueType>"), [""; 0]);
    assert_eq!(scheme(""), [""; 0]);
}

/// Returns the severity of what is found, with its message and hint.
fn judged(inside: &str) -> Vec<String> {
    let text = format!(
        "<projectConfig formatVersion=\"1\"><projects><project><key>A</key><name>A</name>{inside}</projectConfig>"
    );
    let problems = check(&pcfg::xml::read(&text).root.unwrap());
    problems
        .iter()
        .filter(|own| !["incomplete", "no-first-step"].contains(&own.code))
        .map(|own| format!("{:?}: {}; {}", own.severity, own.message, own.help.as_deref().unwrap_or("")))
        .collect()
}

#[test]
fn names_near_to_those_of_jira_are_told() {
    let permission = |key: &str| {
        judged(&format!(
            "</project></projects><permissionSchemes><permissionScheme><name>p</name><permissionHolder><permission>{key}</permission>\
            <holder><reporter/></holder></permissionHolder></permissionScheme></permissionSchemes>"
        ))
    };
    for known in ["BROWSE_PROJECTS", "com.example.app__GRANT", "APP_KEY", "99"] {
        assert_eq!(permission(known), [""; 0], "{known}");
    }
    assert_eq!(
        permission("BROWSE_PROJECT"),
        ["Error: `BROWSE_PROJECT` is not a `<permission>` of Jira itself; did you mean `BROWSE_PROJECTS`?"]
    );
    assert_eq!(
        permission("DELETE_ATTACHMENTS")[0].split(';').next().unwrap(),
        "Warning: `DELETE_ATTACHMENTS` is not a `<permission>` of Jira itself"
    );
    let class = |class: &str| {
        judged(&format!(
            "</project></projects><workflowEntries><workflowEntry><name>w</name><transition><transitionId>1</transitionId><name>t</name>\
            <type>initial</type><validator><class>{class}</class></validator></transition></workflowEntry></workflowEntries>"
        ))
    };
    for known in [
        "com.atlassian.jira.workflow.validator.PermissionValidator",
        "com.example.Own",
        "com.atlassian.jira.plugins.x.Y",
    ] {
        assert_eq!(class(known), [""; 0], "{known}");
    }
    assert_eq!(
        class("com.atlassian.jira.workflow.validator.PermisionValidator"),
        ["Error: Jira has no `validator.PermisionValidator` in `com.atlassian.jira.workflow`; did you mean \
             `com.atlassian.jira.workflow.validator.PermissionValidator`?"]
    );
    assert_eq!(
        class("com.atlassian.jira.workflow.validator.Zzz")[0].split(';').next().unwrap(),
        "Warning: Jira has no `validator.Zzz` in `com.atlassian.jira.workflow`"
    );
    assert_eq!(
        class("com.atlasian.jira.workflow.condition.PermissionCondition"),
        ["Error: nothing is called `com.atlasian.jira.workflow.condition.PermissionCondition`; \
             did you mean `com.atlassian.jira.workflow.condition.PermissionCondition`?"]
    );
}

#[test]
fn queries_and_addresses_have_their_form() {
    let text = |address: &str, jql: &str| {
        judged(&format!(
            "<senderAddress>{address}</senderAddress></project></projects><users><user><username>a</username></user></users>\
            <filters><filter><name>f</name><author>a</author><jql>{jql}</jql></filter></filters>"
        ))
    };
    assert_eq!(text("jira@example.com", "project = A ORDER BY key"), [""; 0]);
    assert_eq!(
        text("jira", "project A"),
        [
            "Error: `jira` in `<senderAddress>` is not an e-mail address; write one of the form name@host",
            "Error: `<jql>` is not valid JQL: there is `A`, but an operator such as =, IN or IS is expected (character 9); \
             write a query that Jira's issue search accepts"
        ]
    );
}

#[test]
fn no_export_of_a_real_instance_has_errors() {
    for mut place in super::importing::places() {
        let mut texts = project_files(&mut place, CustomFields::UsedIgnoringValues);
        texts.extend(project_files(&mut place, CustomFields::All));
        texts.push(("all".to_owned(), export(&mut place.reading.snapshot, Projects::All, CustomFields::All)));
        for (key, text) in texts {
            let problems = check(pcfg::xml::read(&text).root.as_ref().unwrap());
            let errors: Vec<_> = problems.iter().filter(|own| own.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{} {key}: {errors:?}", place.name);
        }
    }
}
