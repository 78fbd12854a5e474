//! Requests that change a live Jira, several at a time: as many as there are changes and looks, eight at once at most, in the order of
//! the kinds, and as sure as one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use jira_for_tests::{ANY_WRITE, Fault, Options as Served, Outcome, Seen};
use pcfg::model::{Config, Content, Element};
use pcfg::xml;

use crate::embedded::run;
use crate::live_writing::{Target, killed, told};
use crate::thorough;

/// What is changed: elements of these containers.
const KINDS: [&str; 4] =
    ["projectCategories", "projectRoles", "statusConfiguration", "issueLinkConfiguration"];

/// How many questions a process asks that signs in.
const SIGN_IN: usize = 4;

/// Returns what a site tells, with so many more objects of each kind, which say a word.
fn with_many(target: &Target, count: usize, word: &str) -> Config {
    let mut root = target.export().root().clone();
    for container in root.children_mut().unwrap().iter_mut().filter(|own| KINDS.contains(&own.tag())) {
        let children = container.children_mut().unwrap();
        let is_new = |own: &Element| own.text_of("name").is_some_and(|name| name.starts_with("One of many"));
        children.retain(|own| !is_new(own));
        let says = |own: &&Element| own.get("description").or(own.get("inward")).is_some();
        let first = children.iter().find(says).unwrap().clone();
        children.extend((0..count).map(|number| {
            let mut new = first.clone();
            let own = new.children_mut().unwrap();
            own.retain(|own| !["defaultUser", "defaultGroup", "sequence", "builtIn"].contains(&own.tag()));
            for own in own.iter_mut() {
                match own.tag() {
                    "name" => own.content = Content::Text(format!("One of many {number}").into()),
                    "description" | "inward" => {
                        own.content = Content::Text(format!("{word} {number}").into());
                    }
                    _ => {}
                }
            }
            new
        }));
    }
    Config::new(root)
}

/// Returns how many of what was asked change something, and how many do not.
fn counted(all: &[Seen]) -> (usize, usize) {
    let is_write = |own: &&Seen| matches!(own.method.as_str(), "POST" | "PUT" | "DELETE");
    let writes = all.iter().filter(is_write).count();
    (writes, all.len() - writes)
}

/// Returns the kinds of what was written, one after the other.
fn kinds(all: &[Seen]) -> Vec<&str> {
    let writes = all.iter().filter(|own| own.method != "GET");
    let mut kinds: Vec<&str> = writes.map(|own| own.path.split('/').nth(4).unwrap()).collect();
    kinds.dedup();
    kinds
}

/// Who makes something new sends one request for each, and who changes something one more, which looks at it before: no more than eight
/// are on their way at once, and a kind begins when the one before is done.
#[test]
fn as_many_requests_as_changes_and_looks_and_eight_at_once() {
    const EACH: usize = 24;
    let target = Target::sample(Served { latency: Duration::from_millis(10), ..Served::cloud() });
    let before = xml::to_string(&target.export());
    let all = EACH * KINDS.len();
    for (word, looks) in [("Made", 0), ("Changed", all)] {
        let proved = target.plan(&with_many(&target, EACH, word)).proved().unwrap();
        target.server.forget();
        target.site().carry_out(&proved, &run("pcfg import")).unwrap();
        let asked = target.server.requests();
        assert_eq!(counted(&asked), (all, SIGN_IN + looks), "{word}: {}", told(&asked));
        let most = target.server.most_at_once();
        assert!((4..=8).contains(&most), "{word}: {most} at once");
        assert_eq!(kinds(&asked).len(), KINDS.len(), "{word}: {:?}", kinds(&asked));
    }
    // The way back is as quick, and takes as few.
    for looks in [all, 0] {
        let id = target.last();
        let reading = target.site().read(pcfg::instance::Scope::default(), &|_, _| {}).unwrap();
        let last = if looks == all { id } else { id - 2 };
        target.server.forget();
        target.undo_of(last, &reading);
        let asked = target.server.requests();
        assert_eq!(counted(&asked).0, all, "{}", told(&asked));
        assert!((4..=8).contains(&target.server.most_at_once()));
    }
    assert_eq!(xml::to_string(&target.export()), before);
}

/// All wait at one gate where Jira wants that, and each request is done once.
#[test]
fn who_is_told_to_wait_does_nothing_twice() {
    let target = Target::sample(Served::cloud());
    let file = with_many(&target, 12, "Made");
    let proved = target.plan(&file).proved().unwrap();
    let limited = |after| Fault {
        method: ANY_WRITE.to_owned(),
        after,
        ..Fault::times("**", 3, Outcome::Limited { retry_after: Some(1) })
    };
    target.server.set_faults(vec![limited(0), limited(9), limited(20)]);
    target.server.forget();
    target.site().carry_out(&proved, &run("pcfg import")).unwrap();
    target.server.set_faults(Vec::new());
    let mut sent: BTreeMap<(String, Vec<u8>), usize> = BTreeMap::new();
    for own in target.writes().into_iter().filter(|own| own.status < 400) {
        *sent.entry((own.path, own.body)).or_default() += 1;
    }
    assert_eq!(sent.len(), 12 * KINDS.len());
    assert!(sent.values().all(|count| *count == 1), "{sent:?}");
    assert!(target.writes().iter().filter(|own| own.status == 429).count() >= 3);
    assert!(target.plan(&file).plan.is_empty());
}

/// Some of what is on its way at once is refused: the run stops, what was done of it is known, and both ways lead out.
#[test]
fn one_that_is_refused_lets_none_begin_and_loses_none() {
    let target = Target::sample(Served::cloud());
    let before = xml::to_string(&target.export());
    let file = with_many(&target, 12, "Made");
    for is_resumed in [false, true] {
        let proved = target.plan(&file).proved().unwrap();
        let refused =
            Fault { after: 5, ..Fault::times("/rest/api/3/projectCategory", 1, Outcome::Status(400)) };
        target.server.set_faults(vec![Fault { method: "POST".to_owned(), ..refused }]);
        target.server.forget();
        let stopped = target.site().carry_out(&proved, &run("pcfg import"));
        target.server.set_faults(Vec::new());
        let Err(pcfg::instance::WriteError::Halted { run: id, made, is_over: false, .. }) = &stopped else {
            panic!("{stopped:?}")
        };
        let done = target.writes().iter().filter(|own| own.status < 400).count();
        assert_eq!(done, *made, "{}", told(&target.writes()));
        assert!((5..12).contains(made), "{made}");
        if is_resumed {
            target.site().recover(&run("pcfg resume").who).unwrap();
            assert!(target.plan(&file).plan.is_empty());
        }
        target.undo(*id);
        assert_eq!(xml::to_string(&target.export()), before);
    }
}

/// The process ends while several requests are on their way: what was done of them is found out.
#[test]
fn many_that_are_killed_at_once_are_resumed_or_taken_back() {
    let target = Target::sample(Served::cloud());
    killed(&target, &with_many(&target, 4, "Made"), thorough::every(23));
    target.import(&with_many(&target, 4, "Made"));
    killed(&target, &with_many(&target, 4, "Changed"), thorough::every(31));
}
