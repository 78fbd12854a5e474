//! What Jira cannot be without: a file that lacks it takes it from nobody, says so, and makes nothing new without it.

use insta::assert_snapshot;
use pcfg::check::check;
use pcfg::entity::RowChange;
use pcfg::model::Severity;
use pcfg::plan::Options;
use pcfg::xml;

use crate::choices::{Target, demo, edited};
use crate::importing::{export, places};
use pcfg::select::{CustomFields, Projects};

/// What somebody deletes to leave it alone, and what it belongs to.
const LINES: [(&str, &str); 8] = [
    ("project", "      <lead>ada</lead>\n"),
    ("project", "      <permissionScheme>Default Permission Scheme</permissionScheme>\n"),
    ("project", "      <issueTypeScreenScheme>Demo issue type screens</issueTypeScreenScheme>\n"),
    ("project", "      <issueTypeScheme>Demo issue types</issueTypeScheme>\n"),
    ("issueTypeScreenScheme", "      <defaultScheme>Demo screens</defaultScheme>\n"),
    (
        "screenScheme",
        "      <mappingOperationsScreens>\n        <screen>Demo screen</screen>\n      </mappingOperationsScreens>\n",
    ),
    (
        "fieldConfigurationScheme",
        "      <mappingFieldConfigIssueTypes>\n        <fieldConfiguration>Demo fields</fieldConfiguration>\n      \
         </mappingFieldConfigIssueTypes>\n",
    ),
    (
        "customFieldConfigScheme",
        "        <applicableIssueType>\n          <allIssueTypes/>\n        </applicableIssueType>\n",
    ),
];

/// Returns what `pcfg validate` says of a file, in short; all of it must be warnings.
fn told(text: &str) -> Vec<String> {
    let document = xml::read(text);
    assert_eq!(document.problems, []);
    let problems = check(&document.root.unwrap());
    assert!(problems.iter().all(|own| own.severity == Severity::Warning), "{problems:#?}");
    problems.into_iter().map(|own| format!("{}: {}: {}", own.code, own.path, own.message)).collect()
}

#[test]
fn a_deleted_line_takes_nothing_away_that_jira_cannot_do_without() {
    let demo = demo();
    assert_eq!(told(&demo.file), [""; 0]);
    let mut all = Vec::new();
    for (tag, line) in LINES {
        assert!(demo.file.contains(line), "{line}");
        let file = demo.file.replacen(line, "", 1);
        assert_eq!(demo.planned(&file, &Options::default()), [""; 0], "{line}");
        let told = told(&file);
        assert_eq!(told.len(), 1, "{line}: {told:?}");
        assert!(told[0].contains(&format!("`<{tag}>` lacks ")), "{told:?}");
        all.extend(told);
    }
    assert_snapshot!(all.join("\n"), @"
    incomplete: /projects/project[DEMO]: `<project>` lacks `<lead>`, which Jira requires
    incomplete: /projects/project[DEMO]: `<project>` lacks `<permissionScheme>`, which Jira requires
    incomplete: /projects/project[DEMO]: `<project>` lacks `<issueTypeScreenScheme>`, which Jira requires
    incomplete: /projects/project[DEMO]: `<project>` lacks `<issueTypeScheme>`, which Jira requires
    incomplete: /issueTypeScreenSchemes/issueTypeScreenScheme[Demo issue type screens]: `<issueTypeScreenScheme>` lacks `<defaultScheme>`, which Jira requires
    incomplete: /screenSchemes/screenScheme[Demo screens]: `<screenScheme>` lacks a `<mappingOperationsScreens>` without `<operation>`, which Jira requires
    incomplete: /fieldConfigurationSchemes/fieldConfigurationScheme[Demo field scheme]: `<fieldConfigurationScheme>` lacks a `<mappingFieldConfigIssueTypes>` without `<issueType>`, which Jira requires
    incomplete: /customFields/customField[Severity, com.atlassian.jira.plugin.system.customfieldtypes:select]/customFieldConfigScheme[Default Configuration Scheme for Severity]: `<customFieldConfigScheme>` lacks `<applicableIssueType>`, which Jira requires
    ");
}

/// Another default is another default: only what is missing stays.
#[test]
fn a_default_can_be_changed() {
    let demo = demo();
    let (default, other) = (LINES[5].1, LINES[5].1.replace("Demo screen", "Default Screen"));
    assert_eq!(
        demo.planned(&demo.file.replacen(default, &other, 1), &Options::default()),
        ["change screen scheme Demo screens/mappingOperationsScreens/screen: Demo screen -> Default Screen"]
    );
}

/// As in Jira.
#[test]
fn a_new_project_gets_jiras_own_schemes() {
    let demo = demo();
    let new = |more: &str| {
        let project = format!("<project><key>NEW</key><name>New</name>{more}</project>\n  </projects>");
        edited(&demo.file, "</projects>", &project)
    };
    let after = demo.after(&new("<lead>ada</lead>"), &Options::default());
    let begin = after.file.find("<key>NEW</key>").unwrap();
    assert_snapshot!(&after.file[begin..begin + after.file[begin..].find("</project>").unwrap()].trim_end(), @"
    <key>NEW</key>
          <name>New</name>
          <lead>ada</lead>
          <defaultAssignee>projectLead</defaultAssignee>
          <projectType>business</projectType>
          <issueTypeScheme>Default Issue Type Scheme</issueTypeScheme>
          <priorityScheme>Default priority scheme</priorityScheme>
          <issueTypeScreenScheme>Default Issue Type Screen Scheme</issueTypeScreenScheme>
          <permissionScheme>Default Permission Scheme</permissionScheme>
    ");
    assert_eq!(after.planned(&new("<lead>ada</lead>"), &Options::default()), [""; 0]);
}

/// The rows that join a context to its issue types are gone, and with them what leads to its configuration.
#[test]
fn a_context_that_lost_its_issue_types_is_told_and_takes_nothing_from_others() {
    let mut broken = demo();
    let links = broken.tables.rows("FieldConfigSchemeIssueType").iter();
    let links = links.filter(|own| own.get("fieldconfigscheme") == Some("10004")).cloned();
    let gone: Vec<RowChange> = links.map(|own| RowChange { before: Some(own), after: None }).collect();
    assert_eq!(gone.len(), 2);
    broken.tables.apply(&gone).unwrap();
    let broken = Target::new(broken.tables);
    let notes = |target: &Target| -> Vec<String> {
        target.snapshot.notes.iter().map(|own| format!("{}: {}", own.path, own.message)).collect()
    };
    let known = notes(&demo());
    let new: Vec<String> = notes(&broken).into_iter().filter(|own| !known.contains(own)).collect();
    assert_snapshot!(new.join("\n"), @"/customField[Region]/customFieldConfigScheme[Regions of two projects]: the context has no issue types: Jira never shows the field there");
    let told = told(&broken.file);
    assert_eq!(told.len(), 1, "the context is marked by what it lacks: {told:?}");
    // It is exported with what it has.
    let from = broken.file.find("<name>Regions of two projects</name>").unwrap();
    let context = &broken.file[from..from + broken.file[from..].find("</customFieldConfigScheme>").unwrap()];
    assert_eq!(
        (context.matches("<option>").count(), context.matches("<applicableIssueType>").count()),
        (4, 0)
    );
    assert_eq!(
        broken.planned(&broken.file, &Options::default()),
        [""; 0],
        "an export imports into its own instance"
    );
    let before = demo();
    let after = before.after(&broken.file, &Options::default());
    for table in ["CustomFieldOption", "FieldConfiguration", "FieldConfigSchemeIssueType"] {
        assert_eq!(after.tables.rows(table), before.tables.rows(table), "{table}");
    }
    // What changes beside it, or in it, is done to the rows that are there.
    let option = "<value>Europe</value>\n            <disabled>false<";
    let other = edited(&broken.file, option, &option.replace("false", "true"));
    let after = broken.after(&other, &Options::default());
    assert_eq!(after.tables.rows("FieldConfiguration"), broken.tables.rows("FieldConfiguration"));
    assert_eq!(after.tables.rows("CustomFieldOption").len(), broken.tables.rows("CustomFieldOption").len());
    // The whole file puts it right, with its options.
    let after = broken.after(&demo().file, &Options::default());
    assert_eq!(after.file, demo().file);
    assert_eq!(after.tables.rows("CustomFieldOption"), demo().tables.rows("CustomFieldOption"));
    // Of two of them nobody knows which is whose: that is told only.
    let second = [("id", "10099"), ("fieldid", "customfield_10001"), ("name", "Second")];
    let context = [("id", "10098"), ("fieldid", "customfield_10001"), ("name", "Second context")];
    let two = broken.with(&[("FieldConfiguration", &second), ("FieldConfigScheme", &context)]);
    let left_out =
        notes(&two).into_iter().filter(|own| own.contains("belongs to no context; it was left out"));
    assert_eq!(left_out.count(), 2);
    assert_eq!(two.planned(&two.file, &Options::default()), [""; 0]);
}

/// No real data lacks any of it.
#[test]
fn exports_of_real_data_lack_nothing() {
    for mut place in places() {
        for custom_fields in [CustomFields::All, CustomFields::UsedIgnoringValues] {
            let text = export(&mut place.reading.snapshot, Projects::All, custom_fields);
            let lacks = told(&text);
            assert_eq!(lacks, [""; 0], "{}", place.name);
        }
    }
}
