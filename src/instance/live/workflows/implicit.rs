//! The functions that every transition runs, which Jira Cloud neither tells nor takes, and the event that a transition fires.
//!
//! Invariant: what [`with`] adds, [`without`] takes out, and says so where a descriptor has it otherwise.

use crate::mapping::workflow::Function;

/// The events that a transition fires if it names none: that an issue was made, and that something happened (by id, the same in every Jira).
const CREATED: &str = "1";
const GENERIC: &str = "13";

/// What every transition runs behind its own functions, and what the first one runs (Jira's own workflows, 3.12 to 9.12).
const IMPLICIT: [&str; 4] = [
    "issue.UpdateIssueStatusFunction",
    "misc.CreateCommentFunction",
    "issue.GenerateChangeHistoryFunction",
    "issue.IssueReindexFunction",
];
const IMPLICIT_AT_FIRST: [&str; 2] = ["issue.IssueCreateFunction", "issue.IssueReindexFunction"];
const FIRE: &str = "event.FireIssueEventFunction";
const EVENT: &str = "eventTypeId";

/// What old versions run besides; it does what storing an issue does anyway.
const FORMER: &str = "issue.IssueStoreFunction";

const FUNCTIONS: &str = "com.atlassian.jira.workflow.function.";

/// What a transition runs that Jira Cloud is told.
#[derive(Debug, Default)]
pub(super) struct Own<'a> {
    pub(super) functions: Vec<&'a Function>,
    /// The event, unless it is the usual one.
    pub(super) event: Option<String>,
    /// What comes back otherwise: what stands there, and why it does not stay.
    pub(super) losses: Vec<(String, String)>,
    /// Events that there is no room for.
    pub(super) more_events: Vec<String>,
}

fn implicit(is_first: bool) -> &'static [&'static str] {
    if is_first { &IMPLICIT_AT_FIRST } else { &IMPLICIT }
}

fn usual(is_first: bool) -> &'static str {
    if is_first { CREATED } else { GENERIC }
}

/// Returns all functions of a transition, with those that nobody tells.
pub(super) fn with(mut own: Vec<Function>, event: Option<&str>, is_first: bool) -> Vec<Function> {
    let event = event.filter(|id| !id.is_empty()).unwrap_or(usual(is_first)).to_owned();
    let call = |class: &str| Function { class: Some(format!("{FUNCTIONS}{class}")), ..Function::default() };
    own.extend(implicit(is_first).iter().map(|class| call(class)));
    own.push(Function { arguments: [(EVENT.to_owned(), event)].into(), ..call(FIRE) });
    own
}

/// Takes the functions out that nobody is told.
pub(super) fn without(functions: &[Function], is_first: bool) -> Own<'_> {
    let mut own = Own::default();
    let mut there = Vec::new();
    let mut is_behind = true;
    for function in functions {
        let class =
            function.class.as_deref().and_then(|class| class.strip_prefix(FUNCTIONS)).unwrap_or_default();
        if class == FIRE {
            let event = function.arguments.get(EVENT).map_or("", |id| id.trim());
            if event.is_empty() && !there.contains(&FIRE) {
                let why = "a transition fires one always there: this one the usual";
                own.losses.push(("firing no event".to_owned(), why.to_owned()));
            }
            let event = if event.is_empty() { usual(is_first) } else { event };
            match there.contains(&FIRE) {
                true => own.more_events.push(event.to_owned()),
                false => own.event = Some(event.to_owned()).filter(|id| id != usual(is_first)),
            }
            there.push(FIRE);
        } else if implicit(is_first).contains(&class) {
            there.push(class);
        } else if class != FORMER {
            is_behind &= there.is_empty();
            own.functions.push(function);
        }
    }
    let mut expected = implicit(is_first).to_vec();
    expected.push(FIRE);
    let missing = expected.iter().filter(|class| !there.contains(class));
    let missing: Vec<&str> = missing.map(|class| class.rsplit('.').next().unwrap_or(class)).collect();
    if !missing.is_empty() {
        let why = "every transition runs this there";
        own.losses.push((format!("running without {}", missing.join(", ")), why.to_owned()));
    }
    expected.retain(|class| there.contains(class));
    if !is_behind || (expected != there && own.more_events.is_empty()) {
        let why = "the functions that every transition runs come after all others there, in a fixed order";
        own.losses.push(("the order of the post functions".to_owned(), why.to_owned()));
    }
    own
}
