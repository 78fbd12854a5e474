//! Workflows and their schemes are changed over REST.

use jira_for_tests::{Options as Served, Outcome};
use pcfg::model::Config;
use pcfg::xml;

use crate::live_writing::{Target, told};

/// Returns the file with a workflow that is like the demo's, and that bugs get instead of it; and with something new in the demo's.
fn edited(file: &Config) -> Config {
    let text = xml::to_string(file);
    let begin = text.find("<workflowEntry>\n      <name>Demo workflow</name>").unwrap();
    let end = begin + text[begin..].find("</workflowEntry>").unwrap() + "</workflowEntry>".len();
    let own = &text[begin..end];
    let new = own
        .replace("<name>Demo workflow</name>", "<name>Review workflow</name>")
        .replace("<name>Start review</name>", "<name>Begin the review</name>")
        .replace("<status>In Review</status>", "<status>Being reviewed</status>");
    assert_ne!(own, new);
    let changed = own
        .replace("Two steps, one of them guarded", "Guarded")
        .replace("<name>Start review</name>", "<name>Review it</name>");
    let text = format!("{}{changed}\n    {new}{}", &text[..begin], &text[end..]);
    let text = text
        .replace("<workflow>Demo workflow</workflow>", "<workflow>Review workflow</workflow>")
        .replacen(
            "<statusConfiguration>",
            "<statusConfiguration><status><name>Being reviewed</name><category>inProgress</category></status>",
            1,
        );
    let document = xml::read(&text);
    assert_eq!(document.problems, []);
    let mut root = document.root.unwrap();
    pcfg::model::canonicalize(&mut root);
    Config::new(root)
}

#[test]
fn workflows_and_a_scheme_in_use_are_changed_and_taken_back() {
    let target = Target::sample(Served::cloud());
    let before = xml::to_string(&target.export());
    let file = edited(&target.export());
    let writes = target.import(&file);
    insta::assert_snapshot!(told(&writes), @"
    POST /rest/api/3/workflows/update/validation 200
    POST /rest/api/3/statuses 200
    POST /rest/api/3/workflows/update 200
    POST /rest/api/3/workflows/create/validation 200
    POST /rest/api/3/workflows/create 200
    POST /rest/api/3/workflowscheme/read 200
    POST /rest/api/3/workflowscheme/update 200
    ");
    let second = target.plan(&file);
    assert!(second.plan.is_empty() && second.work.is_empty(), "{:#?}", second.plan.describe());
    assert_eq!(target.undo(1), 2);
    assert_eq!(xml::to_string(&target.export()), before);
}

/// What Jira itself finds wrong is said by the plan; and by an import whose plan was made before.
#[test]
fn jira_judges_workflows_before_anything_is_changed() {
    let target = Target::sample(Served::cloud());
    let file = edited(&target.export());
    let mut import = target.plan(&file);
    let proved = import.proved().unwrap();
    let wrong = br#"{"errors":[{"code":"X","level":"ERROR","type":"TRANSITION","message":"The transition is not to Jira's liking."},{"level":"WARNING","message":"Only odd."}]}"#;
    let judged = |outcome| jira_for_tests::Fault {
        path: "/rest/api/3/workflows/update/validation".to_owned(),
        method: "POST".to_owned(),
        after: 0,
        times: None,
        outcome,
    };
    let wrong =
        Outcome::Body { status: 200, content_type: "application/json".to_owned(), bytes: wrong.to_vec() };
    target.server.set_faults(vec![judged(wrong)]);
    target.server.forget();
    let error = target.site().carry_out(&proved, &crate::embedded::run("pcfg import")).unwrap_err();
    assert!(error.to_string().contains("not to Jira's liking"), "{error}");
    assert!(
        target.writes().iter().all(|own| own.path.ends_with("/validation")),
        "{}",
        told(&target.writes())
    );
    target.server.forget();
    let refusals = target.refusals(&file);
    assert!(
        refusals.contains(": Jira itself says against it: The transition is not to Jira's liking.\n"),
        "{refusals}"
    );
    assert!(!refusals.contains("Only odd"), "{refusals}");
    let asked = target.writes().iter().filter(|own| own.path.ends_with("/update/validation")).count();
    assert_eq!(asked, 1, "once about each workflow");
    target.server.set_faults(vec![judged(Outcome::Status(500))]);
    let refusals = target.refusals(&file);
    assert!(refusals.contains("Jira could not be asked whether it takes this"), "{refusals}");
}

/// What names what the same import makes is judged when that is made, and before the workflow is: the run stops there, and is gone on with
/// or taken back.
#[test]
fn jira_judges_a_workflow_of_something_new_before_it_is_made() {
    let target = Target::sample(Served::cloud());
    let before = xml::to_string(&target.export());
    let file = edited(&target.export());
    let wrong =
        br#"{"errors":[{"code":"X","level":"ERROR","type":"STATUS","message":"No such status, please."}]}"#;
    let wrong =
        Outcome::Body { status: 200, content_type: "application/json".to_owned(), bytes: wrong.to_vec() };
    let path = "/rest/api/3/workflows/create/validation".to_owned();
    let fault = |outcome| jira_for_tests::Fault {
        path: path.clone(),
        method: "POST".to_owned(),
        after: 0,
        times: None,
        outcome,
    };
    for outcome in [wrong, Outcome::Status(500)] {
        let mut import = target.plan(&file);
        let is_refusal = !matches!(outcome, Outcome::Status(_));
        target.server.set_faults(vec![fault(outcome)]);
        target.server.forget();
        let error = target.site().carry_out(&import.proved().unwrap(), &crate::embedded::run("pcfg import"));
        let error = error.unwrap_err();
        assert!(!is_refusal || error.to_string().contains("No such status, please."), "{error}");
        let writes = told(&target.writes());
        assert!(writes.contains("/statuses ") && !writes.contains("/workflows/create 2"), "{writes}");
        target.server.set_faults(Vec::new());
        // What was done stands in the journal, and goes.
        let last = target.last();
        if is_refusal {
            target.undo(last);
            assert_eq!(xml::to_string(&target.export()), before);
        } else {
            target.site().recover(&crate::embedded::run("pcfg resume").who).unwrap();
            let second = target.plan(&file);
            assert!(second.plan.is_empty() && second.work.is_empty(), "{:#?}", second.plan.describe());
        }
    }
}
