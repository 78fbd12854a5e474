//! The options of an import that say more than what to leave out: extra projects, smart contexts, drafts that are published.

use pcfg::import::Import;
use pcfg::model::Snapshot;
use pcfg::plan::{Mapping, Options, Selector};
use pcfg::select::{self, Projects, select};
use pcfg::xml;

use crate::choices::{Target, demo, edited, shown};

/// Returns the export of one project.
fn export(target: &mut Target, key: &str) -> String {
    let options = select::Options {
        projects: Projects::Keys(vec![key.to_owned()]),
        custom_fields: select::CustomFields::All,
        ..Default::default()
    };
    xml::to_string(&select(&mut target.snapshot, &options).unwrap())
}

fn options(choose: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    choose(&mut options);
    options
}

/// Returns the changed rows of tables, as `Table id: attribute value`.
fn rows(import: &Import, tables: &[&str]) -> Vec<String> {
    let row = |row: &Option<pcfg::entity::Row>| match row {
        None => "-".to_owned(),
        Some(row) => {
            let attributes = row.entity().entity().attributes.iter();
            let values: Vec<&str> = attributes.filter_map(|own| row.get(own.name)).collect();
            values.join(" ")
        }
    };
    let own = import.work.rows().iter().filter(|change| tables.contains(&change.entity().entity().name));
    own.map(|change| {
        format!("{}: {} -> {}", change.entity().entity().name, row(&change.before), row(&change.after))
    })
    .collect()
}

fn warnings(import: &Import) -> Vec<String> {
    import.plan.steps.iter().flat_map(|step| step.warnings.clone()).collect()
}

// Extra projects

/// DEMO, a field of which holds for OPS, too, and a filter of which is shared with OPS, in a target without OPS.
fn without_ops() -> (String, Target) {
    let mut source = demo().with(&[(
        "SharePermissions",
        &[
            ("id", "9"),
            ("entityId", "10000"),
            ("entityType", "SearchRequest"),
            ("type", "project"),
            ("param1", "10001"),
            ("rights", "1"),
        ],
    )]);
    let file = export(&mut source, "DEMO");
    let mut tables = demo().tables;
    let gone = tables.rows("Project").iter().find(|row| row.get("key") == Some("OPS")).unwrap().clone();
    tables.apply(&[pcfg::entity::RowChange { before: Some(gone), after: None }]).unwrap();
    (file, Target::new(tables))
}

#[test]
fn extra_projects_are_created_only_when_asked_for() {
    let (file, target) = without_ops();
    let import = target.import(&file, &Options::default());
    assert_eq!(shown(&import.plan), [""; 0], "what names OPS is left out, as it is in the target");
    let create = options(|own| own.create_extra_projects = true);
    let import = target.import(&file, &create);
    assert_eq!(
        shown(&import.plan),
        [
            "+ project OPS",
            "add custom field Region (type com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect)\
             /customFieldConfigScheme[Regions of two projects]/context: - -> projectContext OPS",
            "add filter Critical in Demo (author ada)/sharedWith: - -> type project, name OPS",
        ]
    );
    assert_eq!(
        warnings(&import),
        [
            "an extra project, because custom field `Region (type com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect)` refers to it: empty, with Jira's default schemes, without notifications, led by ada"
        ]
    );
    assert_eq!(import.plan.projects.iter().collect::<Vec<_>>(), ["DEMO"], "it is not imported");
    let after = target.after(&file, &create);
    let begin = after.file.find("<key>OPS</key>").unwrap();
    insta::assert_snapshot!(&after.file[begin..begin + after.file[begin..].find("</project>").unwrap()].trim_end(), @"
    <key>OPS</key>
          <name>OPS</name>
          <lead>ada</lead>
          <defaultAssignee>projectLead</defaultAssignee>
          <projectType>business</projectType>
          <issueTypeScheme>Default Issue Type Scheme</issueTypeScheme>
          <priorityScheme>Default priority scheme</priorityScheme>
          <issueTypeScreenScheme>Default Issue Type Screen Scheme</issueTypeScreenScheme>
          <permissionScheme>Default Permission Scheme</permissionScheme>
          <projectRoleMembers>
            <projectRoleMembership>
              <name>Administrators</name>
              <memberGroup>jira-administrators</memberGroup>
            </projectRoleMembership>
          </projectRoleMembers>
    ");
    assert_eq!(after.planned(&file, &create), [""; 0]);
    assert_eq!(after.planned(&file, &Options::default()), [""; 0]);
}

#[test]
fn an_extra_project_can_be_left_out_or_be_another_one() {
    let (file, target) = without_ops();
    let skip = options(|own| {
        own.create_extra_projects = true;
        own.skip = vec![Selector::parse("project:OPS").unwrap()];
    });
    assert_eq!(target.planned(&file, &skip), [""; 0]);
    let other = target.with(&[(
        "Project",
        &[("id", "10009"), ("key", "OPERATIONS"), ("name", "Operations"), ("lead", "olduser")],
    )]);
    let mapped =
        options(|own| own.mapping = Mapping::parse("[project]\nOPS = { match = \"OPERATIONS\" }\n").unwrap());
    let planned = other.planned(&file, &mapped);
    assert_eq!(planned.len(), 2, "{planned:?}");
    assert!(planned[1].ends_with("sharedWith: - -> type project, name OPERATIONS"), "{planned:?}");
    other.after(&file, &mapped);
}

/// A context that is created without some of its projects says so.
#[test]
fn what_is_left_out_for_want_of_a_project_is_told() {
    let (file, target) = without_ops();
    let file = edited(&file, "<name>Regions of two projects</name>", "<name>Regions</name>");
    let told = warnings(&target.import(&file, &Options::default()));
    assert_eq!(
        told,
        [
            "it names projects that neither the file nor the target has, which are left out: OPS (`--create-extra-projects`)"
        ]
    );
}

// Smart contexts

const REGIONS: &str = "<name>Regions of two projects</name>";

fn smart() -> Options {
    options(|own| own.smart_contexts = true)
}

/// Returns the export of DEMO in which its regions have another one.
fn with_africa() -> String {
    let file = export(&mut demo(), "DEMO");
    let option = "<option>\n            <sequence>1</sequence>\n            <value>Europe</value>";
    let africa = "<option>\n            <sequence>0</sequence>\n            <value>Africa</value>\n            <disabled>false</disabled>\n          </option>\n          ";
    edited(&file, option, &format!("{africa}{option}"))
}

#[test]
fn of_a_context_that_is_shared_the_others_keep_theirs() {
    let file = with_africa();
    let plain = demo().planned(&file, &Options::default());
    assert!(
        plain.iter().any(|line| line.contains("[Regions of two projects]/config")),
        "without the option OPS gets it, too: {plain:?}"
    );
    let import = demo().import(&file, &smart());
    let region =
        "custom field Region (type com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect)";
    let lines = shown(&import.plan);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.contains(&format!("remove {region}/customFieldConfigScheme[Regions of two projects]/context: projectContext DEMO -> -")), "{lines:?}");
    assert!(
        lines.iter().any(|line| line
            .starts_with(&format!("add {region}/customFieldConfigScheme[Regions of two projects (DEMO)]: "))),
        "{lines:?}"
    );
    assert_eq!(
        rows(&import, &["FieldConfigScheme", "ConfigurationContext", "CustomFieldOption"])
            .iter()
            .filter(|line| !line.contains(": - -> "))
            .collect::<Vec<_>>(),
        ["ConfigurationContext: 10004 10004 customfield_10001 10000 -> -"],
        "the old context loses the project, its options are as they were"
    );
    let after = demo().after(&file, &smart());
    assert_eq!(after.planned(&file, &smart()), [""; 0]);
    // The next change is one of the context that the project has by now.
    let file = edited(&file, ">Africa<", ">America<");
    let lines = after.planned(&file, &smart());
    assert!(
        lines.iter().all(|line| line.contains("[Regions of two projects (DEMO)]")) && !lines.is_empty(),
        "{lines:?}"
    );
}

/// The values of issues name options by id, which a new context does not have.
#[test]
fn a_split_that_takes_options_from_issues_is_refused() {
    let mut target = demo();
    // An issue of OPS has the option: nothing happens to it.
    target.tables.usage.options.insert(("10001".to_owned(), "10003".to_owned()));
    assert!(target.import(&with_africa(), &smart()).plan.refused.is_empty());
    target.tables.usage.options.insert(("10000".to_owned(), "10003".to_owned()));
    let import = target.import(&with_africa(), &smart());
    assert_eq!(
        shown(&import.plan),
        [
            "! context-in-use: the context `Regions of two projects` would no longer apply to project DEMO, whose issues use its options `Europe`"
        ]
    );
    assert_eq!(import.work.rows(), []);
    // Without the split they stay what they are.
    assert!(target.import(&with_africa(), &Options::default()).plan.refused.is_empty());
}

#[test]
fn contexts_that_hold_for_the_same_projects_are_the_same() {
    let mut source = demo();
    let file = export(&mut source, "DEMO");
    let file = edited(&file, REGIONS, "<name>Under another name</name>");
    let file = edited(&file, "<value>Asia</value>", "<value>Asia and Australia</value>");
    let mut own = demo().tables;
    let shared = own.rows("ConfigurationContext").iter().find(|row| row.id() == "10005").unwrap().clone();
    own.apply(&[pcfg::entity::RowChange { before: Some(shared), after: None }]).unwrap();
    let own = Target::new(own);
    let lines = own.planned(&file, &smart());
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.contains("[Regions of two projects]/config")),
        "{lines:?}"
    );
    let import = own.import(&file, &smart());
    assert_eq!(rows(&import, &["FieldConfigScheme", "ConfigurationContext", "FieldConfiguration"]), [""; 0]);
    own.after(&file, &smart());
}

#[test]
fn a_global_context_that_would_change_stays() {
    let file = export(&mut demo(), "DEMO");
    assert_eq!(demo().planned(&file, &smart()), [""; 0]);
    let file = edited(&file, ">Annoying<", ">Bothersome<");
    let lines = demo().planned(&file, &smart());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0]
            .contains("/customFieldConfigScheme[Default Configuration Scheme for Severity (DEMO)]: - -> "),
        "{lines:?}"
    );
    demo().after(&file, &smart());
}

/// A field that is new comes with the contexts of the imported projects only.
#[test]
fn a_new_field_holds_for_the_imported_projects() {
    let file = export(&mut demo(), "DEMO");
    let file = edited(&file, "<name>Approver</name>", "<name>Reviewer</name>");
    let file = edited(&file, ">Approver<", ">Reviewer<");
    let after = demo().after(&file, &smart());
    let begin = after.file.find("<name>Reviewer</name>").unwrap();
    let field = &after.file[begin..begin + after.file[begin..].find("</customField>").unwrap()];
    assert!(
        field.contains("<projectContext>DEMO</projectContext>") && !field.contains("<global/>"),
        "{field}"
    );
}

// Drafts

const DRAFT: [(&str, &str); 2] = [("      <draft>\n", "      </draft>\n"), ("  <workflowSchemes>", "")];

/// Returns a file without the draft of its workflow.
fn without_draft(file: &str) -> String {
    let (begin, end) = (file.find(DRAFT[0].0).unwrap(), file.find(DRAFT[0].1).unwrap() + DRAFT[0].1.len());
    format!("{}{}", &file[..begin], &file[end..])
}

fn scheme_with_draft() -> Target {
    demo().with(&[
        ("DraftWorkflowScheme", &[("id", "20"), ("workflowSchemeId", "10000")]),
        (
            "DraftWorkflowSchemeEntity",
            &[("id", "21"), ("scheme", "20"), ("workflow", "Demo workflow"), ("issuetype", "0")],
        ),
    ])
}

/// A file without a draft says nothing of the work that somebody has begun in the target.
#[test]
fn a_draft_of_the_target_is_not_lost() {
    let target = scheme_with_draft();
    let file = demo().file;
    assert_eq!(target.planned(&without_draft(&file), &Options::default()), [""; 0]);
    let file = edited(
        &without_draft(&file),
        "<description>Two steps, one of them guarded</description>",
        "<description>Guarded</description>",
    );
    let import = target.import(&file, &Options::default());
    assert_eq!(
        shown(&import.plan),
        ["change workflow Demo workflow/description: Two steps, one of them guarded -> Guarded"]
    );
    assert_eq!(
        warnings(&import),
        ["the target has a draft of it, which stays: publishing that draft reverts what this import changes"]
    );
    assert_eq!(
        rows(&import, &["DraftWorkflow", "DraftWorkflowScheme", "DraftWorkflowSchemeEntity"]),
        [""; 0]
    );
    target.after(&file, &Options::default());
}

#[test]
fn a_published_draft_takes_the_place_of_what_it_was_made_from() {
    let target = scheme_with_draft();
    let file = target.file.clone();
    let publish = options(|own| own.publish_drafts = true);
    let import = target.import(&file, &publish);
    let lines = shown(&import.plan);
    assert!(
        lines.contains(
            &"change workflow scheme Demo workflows/mappingIssueTypes/workflow: jira -> Demo workflow"
                .to_owned()
        ),
        "{lines:?}"
    );
    let after = target.after(&file, &publish);
    for table in ["DraftWorkflow", "DraftWorkflowScheme", "DraftWorkflowSchemeEntity"] {
        assert!(after.tables.rows(table).is_empty(), "{table}");
    }
    let workflow = |snapshot: &Snapshot, draft: bool| {
        let found = snapshot
            .objects
            .values()
            .find(|own| own.element.text_of("name") == Some("Demo workflow"))
            .unwrap();
        let content = if draft { found.element.get("draft").unwrap() } else { &found.element };
        let parts = content.children().iter().filter(|part| part.tag() != "name" && part.tag() != "draft");
        parts.map(pcfg::model::Node::of).collect::<Vec<_>>()
    };
    assert_eq!(workflow(&after.snapshot, false), workflow(&target.snapshot, true));
    assert_eq!(after.planned(&file, &publish), [""; 0]);
    assert_ne!(after.planned(&file, &Options::default()), [""; 0], "without the option the file has a draft");
    // A new workflow is published at once.
    let skip = options(|own| {
        own.publish_drafts = true;
        own.skip = vec![Selector::parse("customField:Sprint").unwrap()];
    });
    let plan = pcfg::plan::plan(
        &Snapshot::default(),
        &pcfg::plan::Facts::default(),
        &crate::choices::config(&file),
        &skip,
    );
    let created = plan.steps.iter().find(|step| step.object.tag() == "workflowEntry").unwrap();
    assert!(created.object.get("draft").is_none());
}

/// What issues are in counts for what is published, too.
#[test]
fn a_draft_that_takes_a_status_from_issues_is_not_published() {
    let mut target = demo();
    let [project, issue_type, status] = ["10000", "10000", "6"].map(str::to_owned);
    let (workflow, step) = (Some("Demo workflow".to_owned()), Some("3".to_owned()));
    let bugs = pcfg::entity::Standing { project, issue_type, status, workflow, active: true, step };
    target.tables.usage.standings.insert(bugs, 4);
    let file = target.file.clone();
    assert_eq!(target.planned(&file, &Options::default()), [""; 0]);
    let lines = target.planned(&file, &options(|own| own.publish_drafts = true));
    assert!(lines[0].contains("would not have: 4 of type `Bug` in `Closed` in project DEMO"), "{lines:?}");
}
