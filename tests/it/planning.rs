//! The planner: its rules of minimum change and its guards, each on one edit of the export that comes with the source.

use std::path::Path;

use pcfg::model::{Config, Identity, Snapshot, references};
use pcfg::plan::{Action, Facts, Mapping, Options, Plan, Selector, plan};
use pcfg::select::{self, select};
use pcfg::xml;

use crate::real_data;

/// An instance, and the export of all of it.
struct Instance {
    snapshot: Snapshot,
    file: String,
}

fn demo() -> Instance {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    let mut snapshot = real_data::read(&path).snapshot;
    let file = xml::to_string(&select(&mut snapshot, &select::Options::default()).unwrap());
    Instance { snapshot, file }
}

fn config(text: &str) -> Config {
    let document = xml::read(text);
    assert_eq!(document.problems, []);
    Config::new(document.root.unwrap())
}

impl Instance {
    fn import(&self, text: &str, options: &Options) -> Plan {
        plan(&self.snapshot, &Facts::default(), &config(text), options)
    }

    /// Imports the export with one text replaced, which must be there.
    fn edited(&self, from: &str, to: &str) -> Plan {
        self.edited_with(from, to, &Options::default())
    }

    fn edited_with(&self, from: &str, to: &str, options: &Options) -> Plan {
        assert!(self.file.contains(from), "the export holds {from}");
        self.import(&self.file.replace(from, to), options)
    }
}

/// Shows a plan in short: a line for each change and refusal.
fn shown(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for step in &plan.steps {
        let name = format!("{} {}", step.object.tag(), step.identity);
        match &step.action {
            Action::Create { later } => {
                lines.push(format!("+ {name}{}", if later.is_empty() { "" } else { " (ring)" }));
            }
            Action::Setting { .. } => lines.push(format!("~ {name} (setting)")),
            Action::Change { changes, .. } => {
                for change in changes {
                    let what = match &change.action {
                        pcfg::diff::Action::Set { old, new } => {
                            let text = |element: &Option<pcfg::model::Element>| {
                                element.as_ref().map_or("-".to_owned(), |own| format!("`{}`", own.text()))
                            };
                            let tag = new.as_ref().or(old.as_ref()).map_or("", |own| own.tag());
                            format!("{tag} {} -> {}", text(old), text(new))
                        }
                        pcfg::diff::Action::Add { item, .. } => format!("add {}", item.tag()),
                        pcfg::diff::Action::Remove { item, .. } => format!("remove {}", item.tag()),
                        pcfg::diff::Action::Move { item, .. } => format!("move {}", item.tag()),
                    };
                    lines.push(format!("~ {name}: {what}"));
                }
            }
        }
        if !step.impact.is_empty() {
            lines.push(format!("  touches {}", step.impact.join(", ")));
        }
    }
    for refused in &plan.refused {
        lines.extend(refused.reasons.iter().map(|reason| format!("! {} {}", reason.code, reason.message)));
    }
    lines.join("\n")
}

/// Minimum changes: a second import of the same file plans nothing.
#[test]
fn importing_what_is_there_plans_nothing() {
    let demo = demo();
    let plan = demo.import(&demo.file, &Options::default());
    assert!(plan.is_empty(), "{}", shown(&plan));
    assert!(plan.unchanged.len() > 40);
}

/// Minimum changes 1 and 2: a matching object is modified, not created again, and only in the properties that differ.
#[test]
fn only_the_property_that_differs_is_changed() {
    let plan = demo()
        .edited("<description>Something does not work</description>", "<description>Broken</description>");
    insta::assert_snapshot!(shown(&plan), @"~ issueType Bug: description `Something does not work` -> `Broken`");
}

/// Minimum changes: an existing user is never changed unless asked for.
#[test]
fn an_existing_user_is_changed_only_when_asked_for() {
    let edit = ("<email>ada@example.com</email>", "<email>ada@new.example</email>");
    assert!(demo().edited(edit.0, edit.1).is_empty());
    let options = Options { update_users: true, ..Options::default() };
    insta::assert_snapshot!(shown(&demo().edited_with(edit.0, edit.1, &options)), @r"
    ~ user ada: email `ada@example.com` -> `ada@new.example`
    ");
}

/// Minimum changes: options are never removed; one that the file lacks is disabled.
#[test]
fn an_option_that_the_file_lacks_is_disabled() {
    let demo = demo();
    let from = demo.file.find("<value>Annoying</value>").unwrap();
    let begin = demo.file[..from].rfind("<option>").unwrap();
    let end = from + demo.file[from..].find("</option>").unwrap() + "</option>".len();
    let text = format!("{}{}", &demo.file[..begin], &demo.file[end..]);
    let text = text.replace("<option>Annoying</option>", "<option>Critical</option>");
    insta::assert_snapshot!(shown(&demo.import(&text, &Options::default())), @"
    ~ customField Severity (type com.atlassian.jira.plugin.system.customfieldtypes:select): option `Annoying` -> `Critical`
    ~ customField Severity (type com.atlassian.jira.plugin.system.customfieldtypes:select): disabled `false` -> `true`
    ");
}

/// Minimum changes: locked fields are not changed.
#[test]
fn a_locked_field_is_never_changed() {
    let demo = demo();
    let text = demo.file.replace("<locked>true</locked>", "<description>Mine now</description>");
    assert!(demo.import(&text, &Options::default()).is_empty());
}

/// Minimum changes 3: whole objects that the file does not mention are never touched.
#[test]
fn objects_that_the_file_does_not_mention_stay() {
    let demo = demo();
    let mut snapshot =
        real_data::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo")).snapshot;
    let options =
        select::Options { projects: select::Projects::Keys(vec!["OPS".to_owned()]), ..Default::default() };
    let file = xml::to_string(&select(&mut snapshot, &options).unwrap());
    assert!(demo.import(&file, &Options::default()).is_empty());
}

/// Minimum changes: system objects are matched by what they are, never by their names.
#[test]
fn built_in_objects_are_matched_by_their_mark() {
    let demo = demo();
    let text = demo.file.replace("Default Screen<", "Standardbildschirm<");
    let plan = demo.import(&text, &Options::default());
    assert!(plan.is_empty(), "{}", shown(&plan));
}

#[test]
fn a_mapping_file_matches_creates_and_skips() {
    let demo = demo();
    let text = demo.file.replace(">In Review<", ">Under Review<");
    let mapping = "[status]\n\"Under Review\" = { match = \"In Review\" }\n";
    let options = Options { mapping: Mapping::parse(mapping).unwrap(), ..Options::default() };
    // The step of the workflow has the name of the status, and keeps the file's.
    let plan = demo.import(&text, &options);
    assert!(!shown(&plan).contains("status Under Review"), "{}", shown(&plan));
    let mapping = "[issueType]\nBug = \"skip\"\n";
    let options = Options { mapping: Mapping::parse(mapping).unwrap(), ..Options::default() };
    let plan = demo.edited_with("<description>Something does not work</description>", "", &options);
    assert!(plan.is_empty() && plan.skipped.len() == 1, "{}", shown(&plan));
    assert!(
        Mapping::parse("[stauts]\nA = \"skip\"\n")
            .unwrap_err()
            .to_string()
            .contains("did you mean `status`?")
    );
    assert!(Mapping::parse("[status]\nA = 3\n").is_err());
}

#[test]
fn skip_and_only_choose_objects() {
    let demo = demo();
    let text = demo
        .file
        .replace("<description>Something does not work</description>", "<description>Broken</description>")
        .replace("<description>People who write code</description>", "<description>Coders</description>");
    let skip = Options { skip: vec![Selector::parse("issueType:Bug").unwrap()], ..Options::default() };
    insta::assert_snapshot!(shown(&demo.import(&text, &skip)), @r"~ group developers: description `People who write code` -> `Coders`");
    let only = Options { only: vec![Selector::parse("issueType").unwrap()], ..Options::default() };
    assert!(shown(&demo.import(&text, &only)).starts_with("~ issueType Bug"));
    assert!(Selector::parse("isuetype").unwrap_err().contains("`issueType`"));
}

#[test]
fn what_is_new_is_created_before_it_is_used() {
    let demo = demo();
    let empty = Snapshot::default();
    // The field Sprint is made by an app, which the empty target does not have.
    let options =
        Options { skip: vec![Selector::parse("customField:Sprint").unwrap()], ..Options::default() };
    let plan = plan(&empty, &Facts::default(), &config(&demo.file), &options);
    assert_eq!(plan.refused, []);
    let place = |tag: &str| plan.steps.iter().position(|step| step.object.tag() == tag);
    assert!(place("status") < place("workflowEntry"), "{}", shown(&plan));
    assert!(place("workflowEntry") < place("workflowScheme"), "{}", shown(&plan));
    assert!(place("permissionScheme") < place("project"));
    let again = pcfg::plan::plan(&empty, &Facts::default(), &config(&demo.file), &options);
    assert_eq!(shown(&plan), shown(&again));
}

#[test]
fn a_field_that_an_app_makes_is_refused_with_all_that_shows_it() {
    let demo = demo();
    let plan = plan(&Snapshot::default(), &Facts::default(), &config(&demo.file), &Options::default());
    let shown = shown(&plan);
    assert!(shown.contains("! locked-field the target lacks the field `Sprint"), "{shown}");
    assert!(shown.contains("! needs-refused it needs screen `Demo screen`, which is refused"), "{shown}");
    // Nothing that is left names anything that is refused, not even where it may be missing: a filter shared with a project.
    assert!(shown.contains("! needs-refused it needs project `DEMO`, which is refused"), "{shown}");
    let is_refused = |own: &Identity| plan.refused.iter().any(|refused| refused.identity == *own);
    for step in &plan.steps {
        references(&step.object, &mut |found| {
            assert!(!is_refused(&found.target), "{} names {}", step.identity, found.target);
        });
    }
}

#[test]
fn references_to_nothing_take_their_users_with_them() {
    let demo = demo();
    let text = demo.file.replace("<name>Demo workflows</name>", "<name>New workflows</name>").replace(
        "<workflowScheme>Demo workflows</workflowScheme>",
        "<workflowScheme>New workflows</workflowScheme>",
    );
    let text = text.replace("<workflow>Demo workflow</workflow>", "<workflow>Nowhere</workflow>");
    let plan = demo.import(&text, &Options::default());
    let shown = shown(&plan);
    assert!(shown.contains("! missing there is no workflow `Nowhere`"), "{shown}");
    assert!(
        shown.contains("! needs-refused it needs workflow scheme `New workflows`, which is refused"),
        "{shown}"
    );
}
