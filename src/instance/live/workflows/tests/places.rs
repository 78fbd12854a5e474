//! What a workflow has room for on Jira Cloud: steps, transitions and what stands in them.

use super::made::{CREATE, IMPLICIT, call, fires, found, parsed, results, there_and_back, with};
use crate::mapping::workflow::Descriptor;

#[test]
fn what_stands_elsewhere_is_refused_or_told() {
    let class = "com.atlassian.jira.workflow.condition.AllowOnlyAssignee";
    let cases = [
        with("auto='TRUE'", &results("2", "")),
        with(
            "",
            "<results><result step='2'><conditions><condition type='class'/></conditions></result><unconditional-result step='2'/></results>",
        ),
        with(
            "",
            &format!("<pre-functions>{}</pre-functions>{}", call("function", class, &[]), results("2", "")),
        ),
        with(
            "",
            &format!("{}<post-functions>{}</post-functions>", results("2", ""), call("function", class, &[])),
        ),
        with("", &results("99", "")),
        with("", ""),
        with("view='other'", &results("2", "")),
        with("finish='TRUE'", &results("2", "")),
        with("", &format!("<meta name='jira.fieldscreen.id'>5</meta>{}", results("2", ""))),
        with("", &results("2", &fires("5"))),
        with("", "<results><unconditional-result step='2'/></results>"),
        with("", &results("-1", "")),
        parsed(
            "<meta name='gh.version'>7</meta>",
            &format!("<action id='1' name='Close'>{}</action>", results("2", "")),
            "",
        ),
        parsed("", "", ""),
        parsed(
            &format!(
                "<common-actions><action id='5' name='Stay'>{}</action></common-actions>",
                results("-1", "")
            ),
            "<common-action id='5'/><common-action id='6'/>",
            "<common-action id='5'/>",
        ),
        parsed(
            &format!(
                "<global-actions><action id='5' name='End'>{0}</action><action id='6' name='End'>{0}</action></global-actions>\
                 <common-actions><action id='7' name='Never'>{0}</action><action id='8' name='Once'>{0}</action></common-actions>",
                results("2", "")
            ),
            "<common-action id='8'/>",
            "",
        ),
    ];
    let all: Vec<String> = cases.iter().map(|own| found(own).join("\n")).collect();
    insta::assert_snapshot!(all.join("\n--\n"), @"
    transition `Close` (11): running automatically cannot be kept in Jira Cloud: transitions do not run by themselves there; remove `<automatic>` from the file, and let Jira's automation do it
    --
    transition `Close` (11): a conditional result cannot be kept in Jira Cloud: a transition has only one target there; make each result a transition with its conditions
    transition `Close` (11): running without UpdateIssueStatusFunction, CreateCommentFunction, GenerateChangeHistoryFunction, IssueReindexFunction, FireIssueEventFunction will be lost in Jira Cloud: every transition runs this there
    --
    transition `Close` (11): a function that runs before the transition (`preFunction`) cannot be kept in Jira Cloud: there are only post functions there; make it a post function, or remove it from the file
    --
    transition `Close` (11): a function that runs last (`finalFunction`) cannot be kept in Jira Cloud: there are only post functions there; make it the last `<postFunction>`
    --
    transition `Close` (11): its target cannot be kept in Jira Cloud: step 99 does not exist; name an existing step in `<to>`
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    --
    transition `Close` (11): its target cannot be kept in Jira Cloud: there is none; name an existing step in `<to>`
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    --
    transition `Close` (11): the view `other` cannot be kept in Jira Cloud: no screen of Jira has this name; replace `<view>` by a `<screen>`, or remove it
    --
    transition `Close` (11): a part that pcfg does not describe (`verbatim`) cannot be kept in Jira Cloud: its meaning is unknown; remove the `<verbatim>` from the file, or replace it by elements that do the same
    --
    transition `Close` (11): the property `jira.fieldscreen.id` will be lost in Jira Cloud: without a screen it has no effect
    --
    transition `Close` (11): the event 13 cannot be kept in Jira Cloud: a transition fires only one event there; keep one FireIssueEventFunction in the file
    --
    transition `Close` (11): running without UpdateIssueStatusFunction, CreateCommentFunction, GenerateChangeHistoryFunction, IssueReindexFunction, FireIssueEventFunction will be lost in Jira Cloud: every transition runs this there
    --
    transition `Close` (11): staying in the current status will be stored differently in Jira Cloud: as a transition to the status that it starts from, with the same effect
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    --
    the workflow's property `gh.version` will be lost in Jira Cloud: workflows have no properties there
    transition `Close` (1): the number cannot be kept in Jira Cloud: it is not a number, or another transition has it, too; give the transition a `<transitionId>` of its own
    --
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    --
    transition `Stay` (5): staying in the current status cannot be kept in Jira Cloud: a transition of several steps has one target there; give each step its own transition, or make this one global
    step `To Do`: the transition 6 will be lost in Jira Cloud: it does not exist
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    --
    transition `End` (6): the name cannot be kept in Jira Cloud: another global transition has it, too; give it another name
    transition `Never` (7): the transition will be lost in Jira Cloud: no step has it
    transition `Once` (8): the type `common` will be stored differently in Jira Cloud: as a transition of the only step that has it
    ");
}

#[test]
fn steps_are_statuses_there() {
    let two = |first: &str, second: &str| {
        let text = format!(
            "<workflow><initial-actions><action id='1' name='Create'>{}</action></initial-actions>\
             <steps><step id='1' {first}</step><step id='2' {second}</step></steps></workflow>",
            results("1", "").replace(IMPLICIT, CREATE).replace("'eventTypeId'>13", "'eventTypeId'>1")
        );
        found(&Descriptor::parse(&text).unwrap()).join("\n")
    };
    let of = |name: &str, status: &str| format!("name='{name}'><meta name='jira.status.id'>{status}</meta>");
    let all = [
        two(&of("To Do", "1"), &of("To Do", "1")),
        two(&of("Open", "1"), &of("Nowhere", "77")),
        two(&of("To Do", "1"), "name='Bare'>"),
        two(&(of("To Do", "1") + "<meta name='approval.active'>true</meta>"), &of("Done", "3")),
    ];
    insta::assert_snapshot!(all.join("\n--\n"), @"
    step `To Do`: the step cannot be kept in Jira Cloud: another step has its status `To Do`, too; give each step its own status
    --
    step `Open`: the name of the step will be lost in Jira Cloud: a step has the name of its status there, `To Do`
    step `Nowhere`: the step cannot be kept in Jira Cloud: there is no status of the id 77; give it a `<status>`
    --
    step `Bare`: the step cannot be kept in Jira Cloud: it has no status; give it a `<status>`
    --
    step `To Do`: the property `approval.active` cannot be kept in Jira Cloud: approvals of service projects are not stored as properties there; remove the properties `approval.*` from the file, and set up the approval in the workflow editor
    step `Done`: the step cannot be kept in Jira Cloud: no transition leads to it; add a transition to it, or remove the step from the file
    ");
}

#[test]
fn a_list_of_shared_transitions_fits_all_steps_where_there_is_one() {
    let shared = |id: &str| format!("<action id='{id}' name='T{id}'>{}</action>", results("2", ""));
    let all = format!("<common-actions>{}{}{}</common-actions>", shared("3"), shared("2"), shared("4"));
    let refers =
        |ids: &[&str]| ids.iter().map(|id| format!("<common-action id='{id}'/>")).collect::<String>();
    let fits = parsed(&all, &refers(&["2", "3", "4"]), &refers(&["2", "3", "4"]));
    assert_eq!(found(&fits), Vec::<String>::new());
    assert_eq!(there_and_back(&fits).steps, fits.steps);
    let crossed = parsed(&all, &refers(&["2", "3", "4"]), &refers(&["3", "2", "4"]));
    assert_eq!(
        found(&crossed),
        [
            "step `To Do`: the order of the transitions will be lost in Jira Cloud: transitions of several steps have the same order in all of them there"
        ]
    );
}

#[test]
fn functions_that_all_transitions_run_are_told_if_they_are_otherwise() {
    let own = |functions: &str| {
        let result = format!(
            "<results><unconditional-result step='2'><post-functions>{functions}</post-functions></unconditional-result></results>"
        );
        found(&with("", &result)).join("\n")
    };
    let assign =
        call("function", "com.atlassian.jira.workflow.function.issue.AssignToCurrentUserFunction", &[]);
    assert_eq!(own(&format!("{assign}{IMPLICIT}{}", fires("5"))), "");
    let stores = call("function", "com.atlassian.jira.workflow.function.issue.IssueStoreFunction", &[]);
    assert_eq!(own(&format!("{stores}{IMPLICIT}{}", fires("13"))), "");
    let all = [
        own(&format!("{IMPLICIT}{assign}{}", fires("13"))),
        own(&format!("{}{IMPLICIT}", fires("13"))),
        own(IMPLICIT),
        own(&fires("13")),
    ];
    insta::assert_snapshot!(all.join("\n--\n"), @"
    transition `Close` (11): the order of the post functions will be lost in Jira Cloud: the functions that every transition runs come after all others there, in a fixed order
    --
    transition `Close` (11): the order of the post functions will be lost in Jira Cloud: the functions that every transition runs come after all others there, in a fixed order
    --
    transition `Close` (11): running without FireIssueEventFunction will be lost in Jira Cloud: every transition runs this there
    --
    transition `Close` (11): running without UpdateIssueStatusFunction, CreateCommentFunction, GenerateChangeHistoryFunction, IssueReindexFunction will be lost in Jira Cloud: every transition runs this there
    ");
}
