//! Imports by REST of which fields issues have: field configurations and their schemes, and the field schemes to which sites of Jira
//! Cloud move.

use jira_for_tests::{Fault, FieldModel, Options as Served, Outcome};
use pcfg::instance::{Finding, WriteError};
use pcfg::model::Config;
use pcfg::xml;

use crate::embedded::run;
use crate::live_writing::{Target, killed_anywhere};

fn demo(field_model: FieldModel) -> Target {
    Target::demo(Served { field_model, ..Served::cloud() })
}

/// What a file says of a field.
struct Line(&'static str, &'static str);

/// Returns what is there, with other lines in some field configurations.
fn with_lines(target: &Target, edits: &[(&str, &[Line])]) -> Config {
    lines_of(&xml::to_string(&target.export()), edits)
}

fn lines_of(text: &str, edits: &[(&str, &[Line])]) -> Config {
    let mut text = text.to_owned();
    for (configuration, lines) in edits {
        let begin = format!("<fieldConfiguration>\n      <name>{configuration}</name>");
        let begin = text.find(&begin).unwrap_or_else(|| panic!("{configuration}\n{text}"));
        let end = begin + text[begin..].find("</fieldConfiguration>").unwrap();
        let mut own = text[begin..end].to_owned();
        for Line(field, said) in *lines {
            let name = format!("{field}</fieldName>");
            let at = own.find(&name).unwrap_or_else(|| panic!("{field}\n{own}")) + name.len();
            let rest = own[at..].find("</individualFieldConfig>").unwrap();
            own.replace_range(at..at + rest, said);
        }
        text.replace_range(begin..end, &own);
    }
    Config::new(xml::read(&text).root.expect("the words are right"))
}

const HIDDEN: &str = "<hidden>true</hidden><required>false</required>";
const REQUIRED: &str = "<description>Say it</description><hidden>false</hidden><required>true</required>\
                        <renderer>atlassian-wiki-renderer</renderer>";
const OPTIONAL: &str =
    "<hidden>false</hidden><required>false</required><renderer>jira-text-renderer</renderer>";

#[test]
fn lines_of_field_configurations_change() {
    let target = demo(FieldModel::Configurations);
    let file = with_lines(
        &target,
        &[
            ("Default Field Configuration", &[Line("labels", REQUIRED)]),
            (
                "Demo: fields",
                &[Line("duedate", HIDDEN), Line("description", OPTIONAL), Line("attachment", REQUIRED)],
            ),
        ],
    );
    insta::assert_snapshot!(target.there_and_back(&file), @"
    PUT /rest/api/3/fieldconfiguration/10000/fields 204
    PUT /rest/api/3/fieldconfiguration/10001/fields 204
    ");
}

/// A field that is shown again has nothing of what was said of it before it was hidden, and the way back hides it.
#[test]
fn a_field_is_hidden_and_shown_again() {
    let target = demo(FieldModel::Configurations);
    let hidden = with_lines(&target, &[("Demo: fields", &[Line("description", HIDDEN)])]);
    target.import(&hidden);
    assert!(target.plan(&hidden).plan.is_empty());
    let shown = with_lines(&target, &[("Demo: fields", &[Line("description", REQUIRED)])]);
    insta::assert_snapshot!(target.there_and_back(&shown), @"PUT /rest/api/3/fieldconfiguration/10001/fields 204");
}

/// What a site of either model is asked for: a configuration and a scheme that are new, others in a scheme that is there, and a
/// project that gets the new one.
fn others(target: &Target) -> Config {
    let file = target.with(&[
        "<fieldConfiguration><name>New</name><description>Made</description>\
         <individualFieldConfig><fieldName>labels</fieldName><hidden>true</hidden></individualFieldConfig>\
         <individualFieldConfig><fieldName>duedate</fieldName><description>When?</description><required>true</required>\
         </individualFieldConfig></fieldConfiguration>",
        "<fieldConfigurationScheme><name>New scheme</name><description>Made</description>\
         <mappingFieldConfigIssueTypes><issueType>Bug</issueType><fieldConfiguration>Demo: fields of bugs</fieldConfiguration>\
         </mappingFieldConfigIssueTypes><mappingFieldConfigIssueTypes><fieldConfiguration>New</fieldConfiguration>\
         </mappingFieldConfigIssueTypes></fieldConfigurationScheme>",
        "<fieldConfigurationScheme><name>Demo: field configurations</name><description>Others</description>\
         <mappingFieldConfigIssueTypes><issueType>Bug</issueType><fieldConfiguration>New</fieldConfiguration>\
         </mappingFieldConfigIssueTypes><mappingFieldConfigIssueTypes><issueType>Story</issueType>\
         <fieldConfiguration>Demo: fields of bugs</fieldConfiguration></mappingFieldConfigIssueTypes>\
         <mappingFieldConfigIssueTypes><fieldConfiguration>Demo: fields</fieldConfiguration>\
         </mappingFieldConfigIssueTypes></fieldConfigurationScheme>",
    ]);
    given(&xml::to_string(&file), "OPS", "New scheme")
}

/// Returns a file in which a project has another scheme.
fn given(text: &str, project: &str, scheme: &str) -> Config {
    let begin = text.find(&format!("<key>{project}</key>")).unwrap();
    let end = begin + text[begin..].find("<issueTypeScreenScheme>").unwrap();
    let at = text[begin..end].find("<fieldConfigurationScheme").map_or(end, |at| begin + at);
    let mut text = text.to_owned();
    text.replace_range(at..end, &format!("<fieldConfigurationScheme>{scheme}</fieldConfigurationScheme>"));
    Config::new(xml::read(&text).root.expect("the words are right"))
}

#[test]
fn field_configurations_and_their_schemes_are_made_and_change() {
    let target = demo(FieldModel::Configurations);
    insta::assert_snapshot!(target.there_and_back(&others(&target)), @"
    POST /rest/api/3/fieldconfiguration 200
    PUT /rest/api/3/fieldconfiguration/10003/fields 204
    PUT /rest/api/3/fieldconfigurationscheme/10000 204
    POST /rest/api/3/fieldconfigurationscheme/10000/mapping/delete 204
    PUT /rest/api/3/fieldconfigurationscheme/10000/mapping 204
    POST /rest/api/3/fieldconfigurationscheme 201
    PUT /rest/api/3/fieldconfigurationscheme/10001/mapping 204
    PUT /rest/api/3/fieldconfigurationscheme/project 204
    ");
}

#[test]
fn an_import_of_field_configurations_is_killed_anywhere() {
    let target = demo(FieldModel::Configurations);
    let text = xml::to_string(&others(&target));
    let lines = [("Demo: fields", &[Line("duedate", HIDDEN), Line("priority", REQUIRED)][..])];
    killed_anywhere(&target, &lines_of(&text, &lines));
}

#[test]
fn what_field_configurations_cannot_be_is_refused_or_told() {
    let target = demo(FieldModel::Configurations);
    let long = "x".repeat(256);
    let file = target.edited(&[
        ("<name>Default Field Configuration</name>", "<name>Another</name>"),
        ("<description>The default field configuration</description>", "<description>Other</description>"),
        (
            "<description>Nothing but what the team needs</description>",
            &format!("<description>{long}</description>"),
        ),
    ]);
    insta::assert_snapshot!(target.refusals(&file), @"
    /fieldConfiguration[Default Field Configuration]/description: Jira Cloud changes neither name nor description of the default field configuration
    /fieldConfiguration[Demo: fields]/description: Jira Cloud takes no more than 255 characters
    ");
    let said = "<description>Not seen</description><hidden>true</hidden><required>true</required>\
                <renderer>atlassian-wiki-renderer</renderer>";
    let other = "<hidden>false</hidden><required>false</required><renderer>select-renderer</renderer>";
    let lines: &[Line] = &[Line("labels", said), Line("components", other), Line("duedate", HIDDEN)];
    let file = with_lines(&target, &[("Demo: fields", lines)]);
    let import = target.plan(&file);
    insta::assert_debug_snapshot!(import.plan.steps[0].warnings, @r#"
    [
        "a hidden field has neither a description nor a renderer on Jira Cloud, and is not required: `labels`",
        "Jira Cloud chooses between its text renderer and its wiki renderer alone: `components`",
    ]
    "#);
    // What is lost is not planned again and again.
    insta::assert_snapshot!(target.there_and_back(&file), @"PUT /rest/api/3/fieldconfiguration/10001/fields 204");
    let data_center = Target::demo(Served::data_center()).plan(&file);
    let refused = data_center.plan.refused.iter().filter(|own| own.identity.name() == "Demo: fields");
    let codes: Vec<&str> = refused.flat_map(|own| &own.reasons).map(|own| own.code).collect();
    assert_eq!(codes, ["unseen"]);
}

const SCHEME: &str = "Demo: field configurations";
const OF_BUGS: &str = "Demo: field configurations (Bug)";
const OF_SUB_TASKS: &str = "Demo: field configurations (Sub-task)";

const SHOWN: &str = "<hidden>false</hidden><required>false</required>";
const SAID: &str = "<description>Say it</description><hidden>false</hidden><required>true</required>";

#[test]
fn field_schemes_say_other_things_of_fields() {
    let target = demo(FieldModel::Schemes);
    // One goes, one comes, one is restricted, one is said otherwise for all and one for some.
    let file = with_lines(
        &target,
        &[
            (
                SCHEME,
                &[
                    Line("duedate", HIDDEN),
                    Line("environment", SAID),
                    Line("labels", HIDDEN),
                    Line("priority", SAID),
                ],
            ),
            (OF_BUGS, &[Line("duedate", HIDDEN), Line("environment", SHOWN), Line("Severity", SHOWN)]),
            (OF_SUB_TASKS, &[Line("duedate", HIDDEN), Line("environment", SAID), Line("priority", SAID)]),
        ],
    );
    insta::assert_snapshot!(target.there_and_back(&file), @"
    DELETE /rest/api/3/config/fieldschemes/fields 204
    PUT /rest/api/3/config/fieldschemes/fields 204
    DELETE /rest/api/3/config/fieldschemes/fields/parameters 204
    PUT /rest/api/3/config/fieldschemes/fields/parameters 204
    ");
    target.import(&file);
    let all = with_lines(&target, &[(SCHEME, &[Line("labels", SAID), Line("duedate", SAID)])]);
    insta::assert_snapshot!(target.there_and_back(&all), @"
    PUT /rest/api/3/config/fieldschemes/fields 204
    PUT /rest/api/3/config/fieldschemes/fields/parameters 204
    ");
}

/// Spells a field configuration.
fn configuration(name: &str, about: &str, lines: &str) -> String {
    format!("<fieldConfiguration><name>{name}</name>{about}{lines}</fieldConfiguration>")
}

/// Spells a scheme as files of a site with field schemes have it, with these issue types that have something of their own.
fn scheme(name: &str, about: &str, types: &[&str]) -> String {
    let of = |own: &&str| {
        let is_subtask = if *own == "Sub-task" { " subtask='true'" } else { "" };
        format!(
            "<mappingFieldConfigIssueTypes><issueType{is_subtask}>{own}</issueType><fieldConfiguration>{name} ({own})\
             </fieldConfiguration></mappingFieldConfigIssueTypes>"
        )
    };
    let types: String = types.iter().map(of).collect();
    format!(
        "<fieldConfigurationScheme><name>{name}</name>{about}{types}<mappingFieldConfigIssueTypes>\
         <fieldConfiguration>{name}</fieldConfiguration></mappingFieldConfigIssueTypes></fieldConfigurationScheme>"
    )
}

/// Returns where a field configuration stands, and its lines.
fn there<'t>(text: &'t str, name: &str) -> (std::ops::Range<usize>, &'t str) {
    let begin = text.find(&format!("<fieldConfiguration>\n      <name>{name}</name>")).unwrap();
    let end = begin + text[begin..].find("</fieldConfiguration>").unwrap();
    let lines = begin + text[begin..].find("<individualFieldConfig>").unwrap();
    (begin..end + "</fieldConfiguration>".len(), &text[lines..end])
}

/// Another scheme; and a configuration that goes for one issue type, and comes for another.
fn other_schemes(target: &Target) -> Config {
    let line = |field: &str, said: &str| {
        format!("<individualFieldConfig><fieldName>{field}</fieldName>{said}</individualFieldConfig>")
    };
    let (made, others) = ("<description>Made</description>", "<description>Others</description>");
    let text = xml::to_string(&target.export());
    let file = target.with(&[
        &configuration("New", made, &(line("labels", HIDDEN) + &line("duedate", SAID))),
        &configuration("New (Bug)", "", &(line("duedate", HIDDEN) + &line("summary", SAID))),
        &scheme("New", made, &["Bug"]),
        // Stories get what bugs have, and sub-tasks what most have.
        &configuration(&format!("{SCHEME} (Story)"), "", there(&text, OF_BUGS).1),
        &scheme(SCHEME, others, &["Bug", "Story"]),
        &configuration(SCHEME, others, there(&text, SCHEME).1),
    ]);
    let mut text = xml::to_string(&file);
    text.replace_range(there(&text, OF_SUB_TASKS).0, "");
    given(&text, "OPS", "New")
}

#[test]
fn field_schemes_are_made_and_say_other_things_for_issue_types() {
    let target = demo(FieldModel::Schemes);
    insta::assert_snapshot!(target.there_and_back(&other_schemes(&target)), @"
    PUT /rest/api/3/config/fieldschemes/10000 200
    PUT /rest/api/3/config/fieldschemes/fields 204
    DELETE /rest/api/3/config/fieldschemes/fields/parameters 204
    PUT /rest/api/3/config/fieldschemes/fields/parameters 204
    POST /rest/api/3/config/fieldschemes/1/clone 200
    PUT /rest/api/3/config/fieldschemes/fields 204
    PUT /rest/api/3/config/fieldschemes/fields/parameters 204
    PUT /rest/api/3/config/fieldschemes/projects 204
    ");
}

#[test]
fn an_import_of_field_schemes_is_killed_anywhere() {
    let target = demo(FieldModel::Schemes);
    let text = xml::to_string(&other_schemes(&target));
    let lines: &[Line] = &[Line("duedate", HIDDEN), Line("labels", HIDDEN), Line("priority", SAID)];
    killed_anywhere(&target, &lines_of(&text, &[(SCHEME, lines)]));
}

#[test]
fn what_field_schemes_cannot_say_is_refused_or_told() {
    let target = demo(FieldModel::Schemes);
    insta::assert_snapshot!(target.refusals(&others(&target)), @"
    /project[OPS]: it needs field configuration scheme `New scheme`, which is refused
    /fieldConfiguration[New]: the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is written has this one
    /fieldConfigurationScheme[Demo: field configurations]/mappingFieldConfigIssueTypes/fieldConfiguration[Demo: fields]: there is no field configuration `Demo: fields`, neither in the file nor in the target
    /fieldConfigurationScheme[Demo: field configurations]/mappingFieldConfigIssueTypes[Story]/fieldConfiguration[Demo: fields of bugs]: there is no field configuration `Demo: fields of bugs`, neither in the file nor in the target
    /fieldConfigurationScheme[New scheme]/mappingFieldConfigIssueTypes[Bug]/fieldConfiguration[Demo: fields of bugs]: there is no field configuration `Demo: fields of bugs`, neither in the file nor in the target
    ");
    let text = xml::to_string(&target.export());
    let others = |lines: &str, types: &[&str]| {
        let made = types.iter().map(|own| configuration(&format!("{SCHEME} ({own})"), "", lines));
        let about = "<description>Bugs need more than stories</description>";
        let types: Vec<&str> = ["Bug", "Sub-task"].into_iter().chain(types.iter().copied()).collect();
        let made: Vec<String> = made.chain([scheme(SCHEME, about, &types)]).collect();
        target.refusals(&target.with(&made.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    // What holds for most stands under the name of the scheme; and nothing stands there twice.
    insta::assert_snapshot!(others(there(&text, OF_BUGS).1, &["Epic", "Story", "Task"]), @"
    /fieldConfiguration[Demo: field configurations (Epic)]: the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is written has this one
    /fieldConfiguration[Demo: field configurations (Story)]: the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is written has this one
    /fieldConfiguration[Demo: field configurations (Task)]: the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is written has this one
    /fieldConfigurationScheme[Demo: field configurations]/mappingFieldConfigIssueTypes: `Demo: field configurations` is to be what holds for most issue types, as field schemes are read: exchange it with the one that does
    ");
    insta::assert_snapshot!(others(there(&text, SCHEME).1, &["Task"]), @"
    /fieldConfiguration[Demo: field configurations (Task)]: the site has field schemes: a field configuration is part of a scheme there, and no scheme that is there or is written has this one
    /fieldConfigurationScheme[Demo: field configurations]/mappingFieldConfigIssueTypes: `Demo: field configurations (Task)` says what `Demo: field configurations` says, and field schemes have no other names for it: leave it and its line out
    ");
    // A configuration that nothing has is gone.
    let about = "<description>Bugs need more than stories</description>";
    insta::assert_snapshot!(target.refusals(&target.with(&[&scheme(SCHEME, about, &["Bug"])])), @"/fieldConfiguration[Demo: field configurations (Sub-task)]: stored in Jira, this would not mean what it means in the file: the file has it, but Jira would not");
    let described = "<description>Others</description>";
    let file = target.with(&[
        &configuration(SCHEME, described, there(&text, SCHEME).1),
        &configuration(OF_BUGS, described, there(&text, OF_BUGS).1),
    ]);
    insta::assert_snapshot!(target.refusals(&file), @"
    /fieldConfiguration[Demo: field configurations]/description: the site has field schemes, which have one description: give the field configuration that of its scheme
    /fieldConfiguration[Demo: field configurations (Bug)]/description: the site has field schemes, in which there is no description for single issue types: leave it out
    /fieldConfiguration[Demo: field configurations]/description: the site has field schemes, which have one description: give the field configuration that of its scheme
    ");
    let rendered =
        "<hidden>false</hidden><required>false</required><renderer>atlassian-wiki-renderer</renderer>";
    let lines: &[Line] = &[Line("labels", rendered), Line("priority", OPTIONAL)];
    let file = with_lines(&target, &[(SCHEME, lines)]);
    let import = target.plan(&file);
    assert!(import.plan.is_empty(), "{:#?}", import.plan.describe());
    let file = with_lines(&target, &[(SCHEME, &[Line("labels", rendered), Line("priority", SAID)])]);
    insta::assert_debug_snapshot!(target.plan(&file).plan.steps[0].warnings, @r#"
    [
        "field schemes know no renderers: `labels`",
    ]
    "#);
}

/// A part of a request failed (207): it is never taken for done; it is sent again, or what was done of it is taken back.
#[test]
fn what_is_done_in_part_is_a_finding_and_never_taken_for_done() {
    for is_resumed in [true, false] {
        for path in
            ["/rest/api/3/config/fieldschemes/fields", "/rest/api/3/config/fieldschemes/fields/parameters"]
        {
            let target = demo(FieldModel::Schemes);
            let before = xml::to_string(&target.export());
            let lines: &[Line] = &[
                Line("labels", SAID),
                Line("priority", SAID),
                Line("environment", SAID),
                Line("timetracking", SAID),
            ];
            let file = with_lines(&target, &[(SCHEME, lines)]);
            let mut import = target.plan(&file);
            let proved = import.proved().unwrap();
            let fault = Fault { method: "PUT".to_owned(), ..Fault::always(path, Outcome::Partly) };
            target.server.set_faults(vec![fault]);
            let error = target.site().carry_out(&proved, &run("pcfg import")).unwrap_err();
            assert!(
                matches!(&error, WriteError::Halted { is_over: false, why, .. } if why.contains("went wrong on purpose")),
                "{path}: {error}"
            );
            // Once more, with the same outcome: it is not done yet.
            let again = target.site().recover(&run("pcfg resume").who);
            assert!(matches!(again, Err(WriteError::Halted { .. })), "{path}: {again:?}");
            target.server.set_faults(Vec::new());
            if is_resumed {
                let found = target.site().recover(&run("pcfg resume").who).unwrap();
                assert!(matches!(found[..], [Finding::Resumed { .. }]), "{path}: {found:?}");
                let second = target.plan(&file);
                assert!(second.plan.is_empty() && second.work.is_empty(), "{path}");
            }
            target.undo(1);
            assert_eq!(xml::to_string(&target.export()), before, "{path}");
        }
    }
}

/// Where some projects have moved, a new scheme is of the model of the projects that get it.
#[test]
fn a_site_on_the_move_has_both() {
    let sent = |project: &str, file: &dyn Fn(&Target) -> Config| -> String {
        let target = demo(FieldModel::Moving);
        let text = xml::to_string(&file(&target));
        let import = target.plan(&given(&text, project, "New"));
        let refused = import.plan.refused.iter().flat_map(|own| &own.reasons);
        let refused = refused.map(|own| format!("{}: {}\n", own.path, own.message));
        let sent = import.work.calls().iter().map(|call| {
            let method = call.sends["method"].as_str().unwrap_or_default().to_uppercase();
            format!("{method} {}\n", call.sends["path"].as_str().unwrap_or_default())
        });
        refused.chain(sent).collect()
    };
    let new = |target: &Target| {
        target.with(&[
            "<fieldConfiguration><name>New</name></fieldConfiguration>",
            "<fieldConfigurationScheme><name>New</name><mappingFieldConfigIssueTypes><fieldConfiguration>New</fieldConfiguration>\
             </mappingFieldConfigIssueTypes></fieldConfigurationScheme>",
        ])
    };
    insta::assert_snapshot!(sent("DEMO", &new), @"
    POST /rest/api/3/config/fieldschemes/1/clone
    PUT /rest/api/3/config/fieldschemes/fields/parameters
    PUT /rest/api/3/config/fieldschemes/projects
    ");
    insta::assert_snapshot!(sent("OPS", &new), @"
    POST /rest/api/3/fieldconfiguration
    PUT /rest/api/3/fieldconfiguration/«fieldConfiguration/New»/fields
    POST /rest/api/3/fieldconfigurationscheme
    PUT /rest/api/3/fieldconfigurationscheme/«fieldConfigurationScheme/New»/mapping
    PUT /rest/api/3/fieldconfigurationscheme/project
    ");
}
