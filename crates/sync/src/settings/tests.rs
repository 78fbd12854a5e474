//! What is read, what is refused and in which words, what the partner is told, and what lacks on its side.

use super::*;
use crate::Right;
use crate::samples::{far, jira, own, published, text};

fn told(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

fn findings(findings: &[Finding]) -> String {
    let word = |is_error| if is_error { "error" } else { "warning" };
    findings.iter().map(|own| format!("{}: {}\n", word(own.is_error), own.problem)).collect()
}

#[test]
fn a_file_is_understood() {
    let settings = own();
    let severity = &settings.fields[&"severity".parse().unwrap()];
    assert_eq!(severity.local, crate::samples::select("Own Severity"));
    assert!(severity.is_for(&"bug".parse().unwrap()) && !severity.is_for(&"part".parse().unwrap()));
    assert_eq!(settings.conflict(&"text".parse().unwrap()), Conflict::Master);
    assert_eq!(settings.attachments.unwrap().max_size, Some(1 << 20));
    assert_eq!(settings.lines["fields.title"], 12);
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let settings = Settings::parse(
        r#"
[sync]
project = "DEMO"
user = "sync"
instance = "a.sqlite"
description = "…"
conflict = "ask"
partner-key = { type = "textfield", name = "Key there" }
licence = "strict"
licensed = true
channel-switch = false
filter = { types = ["Bug"], where = [{ field = "labels", is = "shared" }, { field = "security", empty = true }] }
incoming = { where = { field = { type = "select", name = "Side" }, is-not = ["Us"] } }
responsibility = { field = { type = "select", name = "Side" }, here = ["Us"], partner = ["Them"] }
[types.bug]
local = "Bug"
[types.task]
local = "Task"
direction = "send"
[types.idea]
declined = true
[fields.level]
local = "priority"
as = "text"
template = "Priority: {value}"
direction = "send"
[fields.boss]
local = "reporter"
users = "prefix"
prefix = "ext-"
unmapped = "default"
default = "sync"
[[status.open]]
local = "Open"
types = "bug"
[[status.open]]
local = ["To Do", "Later"]
receive = "To Do"
types = ["task"]
[workflow]
prefer = ["Close"]
avoid = "Delete"
unmapped = "skip"
[comments]
restricted = ["internal", "role:Developers"]
internal = "group:staff"
delete = false
[worklogs]
direction = "none"
"#,
    );
    let settings = settings.unwrap_or_else(|problems| panic!("{}", told(&problems)));
    let comments = settings.comments.as_ref().unwrap();
    assert_eq!(comments.internal, Some(Restriction::Group("staff".to_owned())));
    assert_eq!(comments.restricted.len(), 2);
    assert_eq!(settings.declined, ["types.idea", "worklogs"].map(str::to_owned).into());
    let task = "task".parse().unwrap();
    assert_eq!(settings.status_alias("Later", &task).unwrap().as_str(), "open");
    assert_eq!(settings.status_alias("Open", &task), None);
    assert!(settings.worklogs.is_none());
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_line_and_what_to_write() {
    let problems = Settings::parse(
        r#"
[sync]
projekt = "DEMO"
user = 7
conflict = "oldest"
partner-key = "Summary"
filter = { where = [{ field = "labels" }] }
[types.bug]
local = "Bug"
[types.defect]
local = "Bug"
[types."big bug"]
local = "Epic"
[fields.title]
direction = "up"
[fields.severity]
local = { type = "select", name = "Severity" }
types = ["bug", "story"]
values = { high = "Blocker", top = "Blocker", "very low" = "Trivial" }
unmapped = "default"
[fields.who]
local = "asignee"
users = "pairs"
[fields.text]
local = "description"
template = "x"
create = true
[status.open]
types = ["bug"]
[status.new]
local = "Open"
[status.old]
local = "Open"
types = ["bug"]
[comments]
template = "{who}: {body}"
restricted = ["everybody"]
[attachments]
max-size = "ten"
mime = "png"
name = "("
[colours]
[types.bug]
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(told(&problems));
}

#[test]
fn a_text_that_is_not_toml_is_told_with_its_line() {
    let problems = Settings::parse("[sync]\nproject = DEMO\nuser = \"sync\"\n").unwrap_err();
    assert!(problems.iter().any(|problem| problem.line == Some(2)), "{}", told(&problems));
    assert!(told(&Settings::parse("").unwrap_err()).contains("the table `[sync]` is missing"));
}

#[test]
fn nothing_published_is_a_name_of_the_master() {
    let version = published();
    let text = serde_json::to_string(&version).unwrap();
    assert!(!text.contains("Own"), "{text}");
    assert_eq!(serde_json::from_str::<Configuration>(&text).unwrap(), version);
    let mut other = version.clone();
    other.content.comments = None;
    assert_ne!(version.hash(), other.hash());
    insta::assert_snapshot!(serde_json::to_string_pretty(&version).unwrap());
}

#[test]
fn a_version_needs_a_message_and_settings_that_fit() {
    let problems = publish(&own(), &jira("Own"), 1, " ").unwrap_err();
    assert!(told(&problems).starts_with("a published version needs a message"), "{}", told(&problems));
    assert!(publish(&own(), &jira("Far"), 1, "why").is_err());
}

#[test]
fn a_version_is_adopted_when_each_alias_is_bound_or_declined() {
    let version = published();
    let (settings, adopted) = far().adopt(&version).unwrap_or_else(|own| panic!("{}", told(&own)));
    assert_eq!((adopted.version.number, &adopted.version.hash), (1, &version.hash()));
    assert!(adopted.declined.is_empty());
    assert_eq!(settings.conflict(&"text".parse().unwrap()), Conflict::Master);

    let lacking = r#"
[sync]
project = "DEMO"
user = "sync"
[types.bug]
local = "Far Bug"
[types.other]
local = "Far Idea"
[fields.severity]
local = { type = "select", name = "Far Severity" }
values = { high = "Far High", top = "Far None" }
[fields.due]
declined = true
[comments]
direction = "none"
"#;
    let problems = Settings::parse(lacking).unwrap().adopt(&version).unwrap_err();
    insta::assert_snapshot!(told(&problems));
}

#[test]
fn what_the_slave_declines_the_master_does_not_tell() {
    let text = text("Far").replace("[types.part]\nlocal = \"Far Part\"", "[types.part]\ndeclined = true");
    let text = text.replace("[worklogs]", "[worklogs]\ndirection = \"none\"");
    let (_, adopted) = Settings::parse(&text).unwrap().adopt(&published()).unwrap();
    let master = own().without(&adopted.declined);
    assert_eq!(master.types.keys().map(Alias::as_str).collect::<Vec<_>>(), ["bug"]);
    assert!(master.worklogs.is_none() && master.comments.is_some());
}

#[test]
fn directions_are_mirrored_and_may_be_narrowed() {
    let text = text("Own").replace("local = \"labels\"", "local = \"labels\"\ndirection = \"send\"");
    let master = Settings::parse(&text).unwrap();
    let version = publish(&master, &jira("Own"), 2, "one way").unwrap();
    let (slave, _) = far().adopt(&version).unwrap();
    assert_eq!(slave.fields[&"words".parse().unwrap()].direction, Direction::Receive);
    let contrary = Settings::parse(&text.replace("Own", "Far")).unwrap();
    let problems = contrary.adopt(&version).unwrap_err();
    assert_eq!(
        told(&problems),
        "line 25: `fields.words` goes from the partner to here, as the master has published it; leave out `direction`, or write `declined = true`\n"
    );
}

#[test]
fn settings_that_fit_are_fine() {
    let version = published();
    let (slave, _) = far().adopt(&version).unwrap();
    let found = check(&slave, &jira("Far"), Some(&version.content));
    assert_eq!(
        findings(&found),
        "warning: line 35: Own Severity (select) has values without an alias: \"Own None\"; an issue with one of them will be in error: give it an alias, or write `unmapped = \"skip\"`\n"
            .replace("Own", "Far")
    );
}

#[test]
fn what_does_not_fit_the_jira_is_told_with_what_to_do() {
    let text = text("Own")
        .replace("Own Bug", "Own bug")
        .replace("\"Own Closed\"", "\"Own Done\"")
        .replace("Own Low", "Own Trivial")
        .replace("local = \"labels\"", "local = \"labels\"\nvalues = { a = \"x\" }")
        .replace("local = \"duedate\"", "local = \"environment\"\nas = \"text\"")
        .replace("local = \"Own Blocks\"", "local = \"Relates\"")
        + "[workflow]\navoid = [\"Own Reopen\", \"Nothing\"]\n";
    let mut jira = jira("Own");
    jira.missing.insert(Right::CreateIssues);
    jira.limits.push("conditions of transitions are not looked at".to_owned());
    insta::assert_snapshot!(findings(&check(&Settings::parse(&text).unwrap(), &jira, None)));
}

#[test]
fn what_does_not_fit_the_partner_is_told() {
    let version = published();
    let text = text("Far")
        .replace("Far Part", "Far Idea")
        .replace("local = \"duedate\"", "local = \"description\"")
        .replace("[fields.text]\nlocal = \"description\"", "[fields.text]\ndeclined = true")
        .replace("conflict = \"master\"\n", "");
    let slave = Settings::parse(&text).unwrap();
    let found = check(&slave, &jira("Far"), Some(&version.content));
    let errors: Vec<_> = found.into_iter().filter(|own| own.is_error).collect();
    insta::assert_snapshot!(findings(&errors));
}

#[test]
fn a_proposal_can_be_pasted() {
    let sync = "[sync]\nproject = \"DEMO\"\nuser = \"sync\"\n";
    let empty = Settings::parse(sync).unwrap();
    let proposed = propose(&empty, &jira("Own"), None);
    let master = Settings::parse(&format!("{sync}{proposed}")).unwrap_or_else(|own| panic!("{}", told(&own)));
    assert!(check(&master, &jira("Own"), None).iter().all(|own| !own.is_error));
    assert_eq!(master.types.len(), 3);

    let version = publish(&master, &jira("Own"), 1, "why").unwrap();
    // The same Jira has the same names, so all is bound; another one has none of them.
    let same = propose(&empty, &jira("Own"), Some(&version.content));
    let slave = Settings::parse(&format!("{sync}{same}")).unwrap_or_else(|own| panic!("{}", told(&own)));
    let (_, adopted) = slave.adopt(&version).unwrap_or_else(|own| panic!("{}", told(&own)));
    assert!(adopted.declined.is_empty(), "{same}");
    let other = propose(&empty, &jira("Far"), Some(&version.content));
    let slave = Settings::parse(&format!("{sync}{other}")).unwrap_or_else(|own| panic!("{}", told(&own)));
    let (_, adopted) = slave.adopt(&version).unwrap_or_else(|own| panic!("{}", told(&own)));
    assert!(adopted.declined.contains("types.own-bug") && !adopted.declined.contains("fields.title"));
}

#[test]
fn what_cannot_be_written_is_not_proposed_to_be_received() {
    let sync = "[sync]\nproject = \"DEMO\"\nuser = \"sync\"\n";
    let empty = Settings::parse(sync).unwrap();
    let mut locked = jira("Own");
    let lock = |kind: &mut crate::TypeFacts, name: &str| {
        let field = crate::samples::system(name);
        kind.fields.iter_mut().find(|facts| facts.field == field).unwrap().writable = false;
    };
    lock(&mut locked.types[0], "labels");
    locked.types.iter_mut().for_each(|kind| lock(kind, "duedate"));
    let proposed = propose(&empty, &locked, None);
    let master = Settings::parse(&format!("{sync}{proposed}")).unwrap();
    assert!(check(&master, &locked, None).iter().all(|own| !own.is_error), "{proposed}");
    let labels = &master.fields[&"labels".parse().unwrap()];
    assert!(!labels.is_for(&"own-bug".parse().unwrap()) && labels.is_for(&"own-part".parse().unwrap()));
    assert_eq!(master.fields[&"duedate".parse().unwrap()].direction, Direction::Send);

    // The same on the other side: what it could only receive and cannot write is declined.
    let version = publish(&master, &locked, 1, "why").unwrap();
    let proposed = propose(&empty, &locked, Some(&version.content));
    let slave = Settings::parse(&format!("{sync}{proposed}")).unwrap();
    let (adopted, answer) = slave.adopt(&version).unwrap_or_else(|own| panic!("{}", told(&own)));
    assert_eq!(answer.declined, ["fields.duedate".to_owned()].into());
    assert!(check(&adopted, &locked, Some(&version.content)).iter().all(|own| !own.is_error), "{proposed}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(mut words in proptest::collection::vec("[\\[\\]a-z.={}\"\n #0-9-]{0,12}", 0..20), at in 0_usize..2000) {
        drop(Settings::parse(&words.concat()));
        // A good file with something else in it.
        let good = text("Own");
        let mut at = at % good.len();
        while !good.is_char_boundary(at) { at -= 1; }
        let (before, after) = good.split_at(at);
        words.insert(0, before.to_owned());
        words.push(after.to_owned());
        if let Err(problems) = Settings::parse(&words.concat()) {
            proptest::prop_assert!(!problems.is_empty());
        }
    }
}

#[test]
fn the_settings_of_the_documentation_are_understood() {
    let page = include_str!("../../../../docs/sync.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    Settings::parse(example).unwrap_or_else(|problems| panic!("{}", told(&problems)));
}
