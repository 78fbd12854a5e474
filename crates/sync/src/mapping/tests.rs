//! Nothing unmapped is told, what is told means the same on the other side, and what cannot be taken is said in words.

mod fixtures;

use std::collections::BTreeMap;

use proptest::prelude::*;

use fixtures::{AsHandled, Jira, comment, issue, touched};

use super::*;
use crate::samples::{far, jira, own, published, select, system, text};
use crate::{
    Alias, Attachment, Edit, Handle, Link, LinkEnd, Restriction, Step, Time, ToldComment, ToldValue, Worklog,
};

fn master(settings: Settings) -> (Mapper, Jira) {
    (Mapper::new(settings, published().version()), Jira { catalogue: jira("Own") })
}

fn slave(settings: &Settings) -> (Mapper, Jira) {
    let (settings, _) = settings.adopt(&published()).unwrap();
    (Mapper::new(settings, published().version()), Jira { catalogue: jira("Far") })
}

fn alias(text: &str) -> Alias {
    text.parse().unwrap()
}

fn news(told: &ToldIssue) -> News {
    News {
        key: told.key.clone(),
        kind: told.kind.clone(),
        parent: None,
        status: told.status.as_ref().map(|status| status.value.clone()),
        fields: told.fields.iter().map(|(alias, told)| (alias.clone(), told.value.clone())).collect(),
        comments: told.comments.clone(),
        worklogs: told.worklogs.clone(),
        attachments: told.attachments.clone(),
        links: Vec::new(),
    }
}

/// Does the steps with an issue, as a Jira would.
fn carry_out(steps: &Steps, issue: &mut IssueState) {
    for step in &steps.steps {
        match step {
            Step::Create(new) => {
                issue.kind.clone_from(&new.kind);
                issue.fields = new.fields.iter().cloned().collect();
            }
            Step::Edit(Edit { fields }) => {
                for (field, value) in fields {
                    match value {
                        Some(value) => drop(issue.fields.insert(field.clone(), value.clone())),
                        None => drop(issue.fields.remove(field)),
                    }
                }
            }
            Step::Transition(transition) => {
                assert_eq!(issue.status, transition.from);
                issue.status.clone_from(&transition.to);
            }
            _ => {}
        }
    }
}

fn error(result: Result<Steps, Hurdle>) -> String {
    match result {
        Err(hurdle) => hurdle.to_string(),
        Ok(steps) => panic!("{steps:?}"),
    }
}

#[test]
fn an_issue_is_told_in_aliases() {
    let (mapper, mut jira) = master(own());
    let mut issue = issue("Own");
    issue.fields.insert(select("Own Severity"), Value::Choice("Own High".to_owned()));
    issue.fields.insert(system("assignee"), Value::User("Own.anna".to_owned()));
    issue.comments.push(comment("7", "Look {here}", None));
    issue.links.insert(Link {
        kind: "Own Blocks".to_owned(),
        end: LinkEnd::Outward,
        to: IssueKey("DEMO-2".to_owned()),
    });
    let told = mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap());
}

/// Law 3, at the place where everything that leaves a half is made.
fn canaries(issue: &mut IssueState, canary: &str) {
    let secret = || format!("CANARY {canary}");
    issue.fields.insert(select("Own Secret"), Value::Choice(secret()));
    issue.fields.insert(system("environment"), Value::Text(secret()));
    issue.fields.insert(system("reporter"), Value::User(secret()));
    let group = Restriction::Group(secret());
    issue.comments.push(comment("1", &secret(), Some(group.clone())));
    issue.comments.push(comment("2", &secret(), Some(Restriction::Internal)));
    issue.comments.push(comment("CANARY copy", &secret(), None));
    issue.worklogs.push(Worklog {
        handle: Handle("3".to_owned()),
        author: Some(secret()),
        author_shown: None,
        started: Time(0),
        seconds: 1,
        comment: secret(),
        updated: touched(0),
        restriction: Some(group),
        marker: None,
    });
    for (name, mime, size) in
        [("png", "text/plain", 1), ("png", "image/png", 1 << 21), ("gif", "image/gif", 1)]
    {
        issue.attachments.push(Attachment {
            handle: Handle("4".to_owned()),
            author: Some(secret()),
            name: format!("{}.{name}", secret()),
            mime: mime.to_owned(),
            size,
            created: Time(0),
            marker: None,
        });
    }
    for (kind, to) in [("Own Blocks", "CANARY-1"), ("CANARY Relates", "DEMO-3")] {
        let (kind, to) = (kind.to_owned(), IssueKey(to.to_owned()));
        issue.links.insert(Link { kind, end: LinkEnd::Inward, to });
    }
}

proptest! {
    #[test]
    fn law_3_nothing_that_is_not_mapped_is_told(canary in "[a-z]{8}", issue in issues()) {
        let mut issue = issue;
        canaries(&mut issue, &canary);
        let (mapper, mut jira) = master(own());
        if let Some(told) = mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap() {
            let json = serde_json::to_string(&told).unwrap();
            prop_assert!(!json.contains("CANARY") && !json.contains(&canary), "{json}");
            // Names of types, statuses, options and link types all begin with this word; components are told by name.
            let json = json.replace("Own UI", "").replace("Own Core", "").replace("Own New", "");
            prop_assert!(!json.contains("Own"), "{json}");
        }
    }

    #[test]
    fn what_is_told_is_understood_and_told_back_as_it_was(issue in issues()) {
        let (master, mut here) = master(own());
        let (slave, mut there) = slave(&far());
        let told = master.tell(&issue, &mut AsHandled, &mut here).unwrap().unwrap();
        let mut copy = fixtures::issue("Far");
        let made = slave.receive(&news(&told), None, &mut there).unwrap();
        // Components that are not there are made first.
        for step in &made.steps {
            if let Step::Add(Value::Component(name)) = step {
                for kind in &mut there.catalogue.types {
                    kind.fields[4].options.push(name.clone());
                }
            }
        }
        carry_out(&made, &mut copy);
        carry_out(&slave.receive(&news(&told), Some(&copy), &mut there).unwrap(), &mut copy);
        let nothing = slave.receive(&news(&told), Some(&copy), &mut there).unwrap();
        let again = nothing.steps.iter().filter(|step| {
            !matches!(step, Step::Comment { .. } | Step::Worklog { .. } | Step::Attach { .. })
        });
        prop_assert_eq!(again.count(), 0);
        let back = slave.tell(&copy, &mut AsHandled, &mut there).unwrap().unwrap();
        let values = |told: &ToldIssue| {
            let News { fields, status, kind, .. } = news(told);
            (fields, status, kind)
        };
        prop_assert_eq!(values(&back), values(&told));
    }
}

/// Issues with values that the settings of the samples can tell.
fn issues() -> impl Strategy<Value = IssueState> {
    let words = proptest::collection::btree_set("[a-z]{1,4}", 1..4)
        .prop_map(|words| Value::Many(words.into_iter().map(Value::Label).collect()));
    let areas =
        proptest::sample::subsequence(vec!["Own UI", "Own Core", "Own New"], 1..3).prop_map(|names| {
            Value::Many(names.into_iter().map(|name| Value::Component(name.to_owned())).collect())
        });
    let severity = prop_oneof![Just("Own High"), Just("Own Low")];
    let status = prop_oneof![Just("Own Open"), Just("Own Busy"), Just("Own Closed")];
    let some = |strategy: BoxedStrategy<Value>| proptest::option::of(strategy);
    (
        "\\PC{1,20}",
        some("\\PC{0,40}".prop_map(Value::Text).boxed()),
        some(words.boxed()),
        some(areas.boxed()),
        some(severity.prop_map(|name| Value::Choice(name.to_owned())).boxed()),
        some(Just(Value::User("Own.anna".to_owned())).boxed()),
        some("20[0-9]{2}-0[1-9]-1[0-9]".prop_map(Value::Date).boxed()),
        status,
    )
        .prop_map(|(summary, text, words, areas, severity, who, due, status)| {
            let mut issue = issue("Own");
            status.clone_into(&mut issue.status);
            issue.fields.insert(system("summary"), Value::Text(summary));
            let others = [
                (system("description"), text),
                (system("labels"), words),
                (system("components"), areas),
                (select("Own Severity"), severity),
                (system("assignee"), who),
                (system("duedate"), due),
            ];
            issue.fields.extend(others.into_iter().filter_map(|(field, value)| Some((field, value?))));
            issue
        })
}

#[test]
fn what_has_no_alias_follows_the_rule() {
    let tell = |rule: &str, who: &str| {
        let text = text("Own").replace("values = { high", &format!("{rule}\nvalues = {{ high"));
        let (mapper, mut jira) = master(Settings::parse(&text).unwrap());
        let mut issue = issue("Own");
        issue.fields.insert(select("Own Severity"), Value::Choice("Own None".to_owned()));
        issue.fields.insert(system("assignee"), Value::User(who.to_owned()));
        mapper.tell(&issue, &mut AsHandled, &mut jira).map(|told| told.unwrap().fields)
    };
    let severity = |rule: &str| Some(tell(rule, "Own.anna").unwrap().get(&alias("severity"))?.value.clone());
    assert_eq!(
        tell("", "Own.anna").unwrap_err().to_string(),
        "field Own Severity (`severity`): the value \"Own None\" has no alias: add it to `values`, or write `unmapped = \"skip\"`"
    );
    assert_eq!(severity("unmapped = \"skip\""), None);
    assert_eq!(
        severity("unmapped = \"text\"\ndirection = \"send\""),
        Some(ToldValue::Text("Own None".to_owned()))
    );
    assert_eq!(
        severity("unmapped = \"default\"\ndefault = \"Own Low\""),
        Some(ToldValue::Alias(alias("low")))
    );
    assert!(!tell("unmapped = \"skip\"", "nobody").unwrap().contains_key(&alias("who")));
}

#[test]
fn people_are_told_and_found_as_the_settings_say() {
    let way = |rule: &str, own: &str| {
        let rule = format!("unmapped = \"error\"\n{rule}");
        let change = |word: &str| {
            let old = format!("users = \"pairs\"\npairs = {{ anna = \"{word}.anna\" }}\nunmapped = \"skip\"");
            assert!(text(word).contains(&old));
            Settings::parse(&text(word).replace(&old, &rule)).unwrap_or_else(|own| panic!("{own:?}"))
        };
        let (mapper, mut jira) = master(change("Own"));
        let mut issue = issue("Own");
        issue.fields.insert(system("assignee"), Value::User(own.to_owned()));
        let told = mapper.tell(&issue, &mut AsHandled, &mut jira)?.unwrap();
        let (mapper, mut jira) = slave(&change("Far"));
        let steps = mapper.receive(&news(&told), None, &mut jira)?;
        let mut copy = fixtures::issue("Far");
        carry_out(&steps, &mut copy);
        let found = copy.fields.get(&system("assignee")).map(values::in_words).unwrap_or_default();
        Ok::<_, Hurdle>((told.fields[&alias("who")].value.clone(), found))
    };
    let name = |told: &str, found: &str| (ToldValue::Name(told.to_owned()), found.to_owned());
    assert_eq!(way("users = \"name\"", "ada").unwrap(), name("ada", "ada"));
    assert_eq!(way("users = \"email\"", "ada").unwrap(), name("ada@example.com", "ada"));
    assert_eq!(way("users = \"prefix\"\nprefix = \"x-\"", "x-ada").unwrap(), name("ada", "x-ada"));
    assert_eq!(way("users = \"pairs\"\npairs = { a = \"ada\" }", "ada").unwrap(), name("a", "ada"));
    assert_eq!(
        way("users = \"name\"", "gone").unwrap_err().to_string(),
        "field assignee (`who`): there is no user for gone: make one, add a pair, or write `unmapped = \"skip\"` or `\"default\"`"
    );
    assert!(way("users = \"email\"", "gone").unwrap_err().to_string().contains("nothing is known to tell"));
}

#[test]
fn restricted_comments_go_only_by_a_rule_and_are_never_seen_by_more() {
    let text = text("Own").replace("[comments]", "[comments]\nrestricted = [\"role:Staff\"]");
    let (mapper, mut here) = master(Settings::parse(&text).unwrap());
    let mut issue = issue("Own");
    issue.comments.push(comment("1", "for staff", Some(Restriction::Role("Staff".to_owned()))));
    issue.comments.push(comment("2", "for a group", Some(Restriction::Group("Staff".to_owned()))));
    let told = mapper.tell(&issue, &mut AsHandled, &mut here).unwrap().unwrap();
    assert_eq!(told.comments.keys().copied().collect::<Vec<_>>(), [1]);
    assert!(told.comments[&1].internal);

    let copy = fixtures::issue("Far");
    let (mapper, mut there) = slave(&far());
    let steps = mapper.receive(&news(&told), Some(&copy), &mut there).unwrap();
    assert!(steps.steps.is_empty(), "{steps:?}");
    assert_eq!(
        steps.notes,
        ["comment 1 is internal and is not written: `internal` in [comments] says who may see such here"]
    );
    let text = crate::samples::text("Far").replace("[comments]", "[comments]\ninternal = \"group:team\"");
    let (mapper, mut there) = slave(&Settings::parse(&text).unwrap());
    let steps = mapper.receive(&news(&told), Some(&copy), &mut there).unwrap();
    let Step::Comment { restriction, body, .. } = &steps.steps[0] else { panic!("{steps:?}") };
    assert_eq!(*restriction, Some(Restriction::Group("team".to_owned())));
    assert_eq!(body, "Ada wrote on 1970-01-01 00:00 UTC:\nfor staff");
}

#[test]
fn an_issue_goes_by_the_shortest_path_or_is_in_error() {
    let (mapper, mut there) = slave(&far());
    let mut news =
        news(&master(own()).0.tell(&issue("Own"), &mut AsHandled, &mut master(own()).1).unwrap().unwrap());
    news.fields.clear();
    news.status = Some(alias("done"));
    let copy = issue("Far");
    let steps = mapper.receive(&news, Some(&copy), &mut there).unwrap();
    let names: Vec<_> = steps
        .steps
        .iter()
        .map(|step| match step {
            Step::Transition(own) => own.name.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["Far Start", "Far Close"]);
    there.catalogue.types[0].transitions.pop();
    there.catalogue.types[0].transitions.pop();
    assert_eq!(
        error(mapper.receive(&news, Some(&copy), &mut there)),
        "no transitions lead from \"Far Open\" to \"Far Closed\" (status `done`): add one to the workflow, or choose another `receive` in [status.done]"
    );
}

#[test]
fn what_cannot_be_taken_is_said_in_words() {
    let (mapper, mut there) = slave(&far());
    let copy = issue("Far");
    let take = |there: &mut Jira, field: &str, value: ToldValue| {
        let mut news = News {
            key: IssueKey("EX-1".to_owned()),
            kind: alias("bug"),
            parent: None,
            status: None,
            fields: BTreeMap::new(),
            comments: BTreeMap::new(),
            worklogs: BTreeMap::new(),
            attachments: BTreeMap::new(),
            links: Vec::new(),
        };
        news.fields.insert(alias(field), value);
        mapper.receive(&news, Some(&copy), there)
    };
    insta::assert_snapshot!(
        [
            error(take(&mut there, "due", ToldValue::Text("soon".to_owned()))),
            error(take(&mut there, "severity", ToldValue::Alias(alias("top")))),
            error(take(&mut there, "title", ToldValue::Empty)),
            error(take(
                &mut there,
                "due",
                ToldValue::Many(
                    ["2026-01-01", "2026-01-02"].map(|day| ToldValue::Date(day.to_owned())).into()
                )
            )),
            take(&mut there, "who", ToldValue::Name("bob".to_owned())).unwrap().notes.join("\n"),
            take(&mut there, "other", ToldValue::Empty).unwrap().notes.join("\n"),
        ]
        .join("\n")
    );
    let steps = take(&mut there, "area", ToldValue::Name("New".to_owned())).unwrap().steps;
    assert_eq!(steps[0], Step::Add(Value::Component("New".to_owned())));
    assert!(matches!(&steps[1], Step::Edit(_)), "{steps:?}");
}

#[test]
fn filters_and_responsibility_decide_which_issues_and_who() {
    let settings = |more: &str| {
        Settings::parse(&text("Own").replace("[types.bug]", &format!("{more}\n[types.bug]"))).unwrap()
    };
    let shared = Value::Many([Value::Label("shared".to_owned())].into());
    let mut issue = issue("Own");
    let (mapper, mut jira) =
        master(settings("filter = { where = [{ field = \"labels\", is = \"shared\" }] }"));
    assert!(mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().is_none());
    issue.fields.insert(system("labels"), shared);
    assert!(mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().is_some());
    issue.unseen.insert(system("labels"));
    assert!(mapper.tell(&issue, &mut AsHandled, &mut jira).is_err());
    issue.unseen.clear();

    let told = mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().unwrap();
    let incoming = "incoming = { where = [{ field = \"labels\", is-not = \"shared\" }] }";
    let (mapper, mut jira) = master(settings(incoming));
    assert_eq!(
        error(mapper.receive(&news(&told), Some(&issue), &mut jira)),
        "the issue takes no changes by the filter here"
    );
    let rule =
        |side: &str| settings(&format!("responsibility = {{ field = \"labels\", {side} = [\"shared\"] }}"));
    let (mapper, mut jira) = master(rule("partner"));
    let theirs = mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().unwrap();
    assert_eq!(theirs.fields.keys().map(Alias::as_str).collect::<Vec<_>>(), ["words"]);
    let (mapper, mut jira) = master(rule("here"));
    let mut news = news(&told);
    news.fields.insert(alias("title"), ToldValue::Text("Another".to_owned()));
    let steps = mapper.receive(&news, Some(&issue), &mut jira).unwrap();
    assert!(steps.steps.is_empty() && steps.notes.len() == 1, "{steps:?}");
}

#[test]
fn a_value_that_is_never_told_stays_where_others_are_taken() {
    let values = "values = { ui = \"Own UI\" }\nunmapped = \"skip\"";
    let text = text("Own")
        .replace("local = \"components\"\ncreate = true", &format!("local = \"components\"\n{values}"));
    let (mapper, mut jira) = master(Settings::parse(&text).unwrap());
    let component = |name: &str| Value::Component(name.to_owned());
    let mut issue = issue("Own");
    issue.fields.insert(system("components"), Value::Many([component("Own Core")].into()));
    let told = mapper.tell(&issue, &mut AsHandled, &mut jira).unwrap().unwrap();
    let mut news = news(&told);
    assert_eq!(news.fields[&alias("area")], ToldValue::Empty);
    news.fields.insert(alias("area"), ToldValue::Many([ToldValue::Alias(alias("ui"))].into()));
    let steps = mapper.receive(&news, Some(&issue), &mut jira).unwrap();
    let both = Value::Many([component("Own Core"), component("Own UI")].into());
    assert_eq!(steps.steps, [Step::Edit(Edit { fields: vec![(system("components"), Some(both))] })]);
    carry_out(&steps, &mut issue);
    news.fields.insert(alias("area"), ToldValue::Empty);
    let steps = mapper.receive(&news, Some(&issue), &mut jira).unwrap();
    let kept = Value::Many([component("Own Core")].into());
    assert_eq!(steps.steps, [Step::Edit(Edit { fields: vec![(system("components"), Some(kept))] })]);
}

#[test]
fn the_rules_of_parts_are_those_of_the_settings() {
    let (mapper, _) = master(own());
    let rule = mapper.rule(Part::Field(&alias("text")));
    assert!(rule.tells && rule.takes && rule.conflict == crate::Conflict::Master);
    assert!(!mapper.rule(Part::Field(&alias("nothing"))).takes);
    assert!(mapper.rule(Part::Status).tells && mapper.parts() == Parts::ALL);
    let told = ToldComment { body: String::new(), at: Time(0), internal: false };
    assert_eq!(serde_json::to_string(&told).unwrap(), r#"{"body":"","at":0}"#);
    assert_eq!(mapper.correlation(&IssueKey("EX-1".to_owned())), None);
}
