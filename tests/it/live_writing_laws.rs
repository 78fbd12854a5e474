//! The laws of a live Jira that concern writing, each by its number, on imports of something of every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jira_for_tests::{ANY_WRITE, Descriptions, Edition, Fault, Options as Served, Outcome, Seen};
use pcfg::import::{Call, prepare};
use pcfg::instance::{Scope, WriteError};
use pcfg::model::{Config, Content, Element};
use pcfg::rest::Event;
use pcfg::xml;

use crate::embedded::run;
use crate::live_one_change::changes;
use crate::live_there_and_back::in_short;
use crate::live_whole::{Whole, both, changed, wholes};
use crate::live_writing::{Target, changes_something, exported, killed, options};
use crate::one_change::edits::Edit;
use crate::thorough;

/// What proves each law: files of tests, with names in them.
const PROOFS: &[(u8, &str, &str)] = &[
    (5, "tests/it/live_writing_laws.rs", "law_5_what_somebody_else_has_changed_is_named_and_stays"),
    (5, "tests/it/live_writing_laws.rs", "law_5_what_an_administrator_changes_meanwhile_is_named_and_stays"),
    (6, "tests/it/live_writing_laws.rs", "law_6_an_import_that_is_killed_is_resumed_or_taken_back"),
    (7, "tests/it/live_writing_laws.rs", "law_7_what_was_done_and_not_answered_is_not_done_again"),
    (8, "tests/it/live_writing_laws.rs", "law_8_what_was_done_is_taken_back"),
    (10, "tests/it/live_writing_laws.rs", "law_10_what_is_as_the_file_says_takes_no_request"),
    (12, "tests/it/live_laws.rs", "law_12_no_id_goes_from_one_jira_to_another"),
    (13, "tests/it/live_writing_laws.rs", "law_13_what_a_request_names_is_there"),
    (14, "tests/it/live_writing_laws.rs", "law_14_nothing_is_written_while_a_task_runs"),
    (14, "tests/it/live_writing_laws.rs", "law_14_a_task_that_fails_stops_the_run"),
    (14, "src/instance/live/write/carry_tests.rs", "a_task_is_waited_for_and_its_failure_is_one"),
    (21, "tests/it/live_writing_laws.rs", "law_21_each_request_is_as_atlassian_describes_it"),
];

#[test]
fn each_law_about_writing_has_its_proofs() {
    let laws: BTreeSet<u8> = PROOFS.iter().map(|(law, ..)| *law).collect();
    assert_eq!(laws, BTreeSet::from([5, 6, 7, 8, 10, 12, 13, 14, 21]));
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (law, file, test) in PROOFS {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}(")), "law {law}: there is no {test} in {file}");
    }
}

/// The texts that two administrators change at once, of all kinds that have one, by the editions that take it.
const TEXTS: &[(&str, bool)] = &[
    ("Status/description", false),
    ("Resolution/description", false),
    ("Priority/description", false),
    ("IssueType/description", true),
    ("IssueTypeScheme/description", true),
    ("PriorityScheme/description", true),
    ("Screen/description", false),
    ("ScreenScheme/description", false),
    ("IssueTypeScreenScheme/description", false),
    ("IssueLink/inward", true),
    ("ProjectCategory/description", true),
    ("ProjectRole/description", true),
    ("PermissionScheme/description", true),
    ("NotificationScheme/description", false),
    ("IssueSecurityScheme/description", false),
    ("Project/description", true),
    ("Component/description", true),
    ("Version/description", true),
    ("Filter/description", false),
    ("Dashboard/description", false),
    ("Transition/description", false),
    ("WorkflowScheme/description", false),
];

/// Returns a file in which these places have other words, each those of somebody.
fn said_by(file: &Config, somebody: &str, spots: &[(Vec<usize>, Edit)]) -> Config {
    let mut root = file.root().clone();
    for (way, edit) in spots {
        let Edit::Value(value) = edit else { unreachable!("texts have values") };
        let text = format!("{} {somebody}", value.text());
        Edit::Value(Element { content: Content::Text(text.into()), ..value.clone() }).make(&mut root, way);
    }
    Config::new(root)
}

/// Returns the first place of each of the texts that an edition takes, in objects that are not Jira's own.
fn texts(file: &Config, is_cloud: bool) -> Vec<(Vec<usize>, Edit)> {
    let all = changes(file);
    let wanted = TEXTS.iter().filter(|(_, is_both)| is_cloud || *is_both);
    let first = |(key, _): &(&str, bool)| {
        let edits = &all[&format!("{key} another value")];
        let is_own = |(way, _): &&(Vec<usize>, Edit)| {
            let object = &file.root().children()[way[0]].children()[way[1]];
            object.get("builtIn").is_none() && object.get("draft").is_none()
        };
        edits.iter().find(is_own).unwrap_or_else(|| panic!("there is no {key}")).clone()
    };
    wanted.map(first).collect()
}

/// Somebody changes what a plan is about after it was made: each call is refused by name, and nothing of his is overwritten.
#[test]
fn law_5_what_somebody_else_has_changed_is_named_and_stays() {
    for (served, _) in both() {
        let is_cloud = served.edition == Edition::Cloud;
        let target = Target::everything(served);
        let mut reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
        let file = exported(&mut reading.snapshot);
        let spots = texts(&file, is_cloud);
        let plans = spots.iter().map(|spot| {
            let mine = said_by(&file, "as I see it", std::slice::from_ref(spot));
            prepare(reading.place(), &reading.snapshot, &reading.facts(), &mine, &options())
        });
        let mut plans: Vec<_> = plans.collect();
        target.import(&said_by(&file, "as others see it", &spots));
        let now = xml::to_string(&target.export());
        for import in &mut plans {
            let told = in_short(import);
            let step = import.plan.steps.first().unwrap_or_else(|| panic!("nothing is planned")).describe();
            let proved = import.proved().unwrap_or_else(|| panic!("{told}"));
            let stopped = target.site().carry_out(&proved, &run("pcfg import"));
            let Err(WriteError::Halted { about, is_changed: true, is_over: true, .. }) = &stopped else {
                panic!("{told}: {stopped:?}")
            };
            let name = step.name.split(" (").next().unwrap_or_default();
            assert!(about.contains(name), "{about}: {told}");
        }
        assert!(now.contains("as others see it"));
        assert_eq!(xml::to_string(&target.export()), now);
    }
}

/// An administrator changes everything while an import runs: the first of its calls that would overwrite something stops it by name, and
/// what it has done until then is taken back.
#[test]
fn law_5_what_an_administrator_changes_meanwhile_is_named_and_stays() {
    for Whole { target, file } in wholes() {
        let mut reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
        let before = exported(&mut reading.snapshot);
        let is_cloud = target.server.credentials().unwrap().0.contains('@');
        let mut spots = texts(&before, is_cloud);
        // What the first request is about is on its way when they change the rest.
        spots.retain(|(way, _)| before.root().children()[way[0]].tag() != "projects");
        let theirs = said_by(&before, "as others see it", &spots);
        let mut import = prepare(reading.place(), &reading.snapshot, &reading.facts(), &theirs, &options());
        let proved_theirs = import.proved().unwrap();
        // Somebody at another machine has another journal.
        let elsewhere = tempfile::tempdir().unwrap();
        let door = target.door(elsewhere.path());
        let is_first = AtomicBool::new(true);
        let changes = move |event: &Event<'_>| {
            let is_write = matches!(event, Event::Sent { request, .. } if !request.is_reading());
            if is_write && is_first.swap(false, Ordering::SeqCst) {
                door.open(None).carry_out(&proved_theirs, &run("pcfg import")).unwrap();
            }
        };
        let mut mine = target.plan(&file);
        let proved = mine.proved().unwrap();
        let mut site = target.site_watched(Some(Arc::new(changes)));
        let stopped = site.carry_out(&proved, &run("pcfg import"));
        let Err(WriteError::Halted { run: id, about, is_changed: true, made, .. }) = &stopped else {
            panic!("{stopped:?}")
        };
        assert!(*made > 0, "{about}");
        drop(site);
        target.undo(*id);
        assert_eq!(xml::to_string(&target.export()), xml::to_string(&theirs), "{about}");
    }
}

#[test]
fn law_6_an_import_that_is_killed_is_resumed_or_taken_back() {
    for Whole { target, file } in wholes() {
        killed(&target, &file, thorough::every(181));
    }
}

/// What gives dashboards away.
const GIVEN: &str = "/rest/api/3/dashboard/bulk/edit";

/// The answer to every request that changes something is lost, or is that of a gateway: each is looked for, and none is sent twice.
#[test]
fn law_7_what_was_done_and_not_answered_is_not_done_again() {
    for (number, Whole { target, file }) in wholes().enumerate() {
        let outcomes = [Outcome::NoReply, Outcome::Status(502)];
        let tried = |at: &usize| thorough::is_on_request() || *at == number;
        for outcome in (0..2).filter(tried).map(|at| outcomes[at].clone()) {
            let before = xml::to_string(&target.export());
            let mut import = target.plan(&file);
            let proved = import.proved().unwrap();
            let is_blind = |own: &&Call| own.sends.get("look").is_none() && own.sends["path"] != "";
            let blind = proved.work().calls().iter().filter(is_blind);
            let blind: BTreeSet<&str> = blind.filter_map(|own| own.sends["path"].as_str()).collect();
            // Who has given a dashboard away may not see it any more; and it may be given away twice.
            assert!(
                blind.iter().all(|own| *own == GIVEN),
                "nobody finds out whether these were done: {blind:?}"
            );
            target.server.forget();
            let lost = Fault {
                method: ANY_WRITE.to_owned(),
                ..Fault::always("**", Outcome::After(Box::new(outcome)))
            };
            let answered = Fault::always(GIVEN, Outcome::Late(Duration::ZERO));
            target.server.set_faults(vec![answered, lost]);
            let id = target.site().carry_out(&proved, &run("pcfg import")).unwrap();
            target.server.set_faults(Vec::new());
            let mut sent: BTreeMap<(String, String, Vec<u8>), usize> = BTreeMap::new();
            let creates = |own: &Seen| own.method == "POST" && changes_something(own);
            for own in target.writes().into_iter().filter(creates) {
                *sent.entry((own.method, own.path, own.body)).or_default() += 1;
            }
            let twice: Vec<_> = sent.iter().filter(|(_, count)| **count > 1).map(|(own, _)| &own.1).collect();
            assert!(twice.is_empty(), "{twice:?}");
            let again = target.plan(&file);
            assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
            target.undo(id);
            assert_eq!(xml::to_string(&target.export()), before);
        }
    }
}

#[test]
fn law_8_what_was_done_is_taken_back() {
    for Whole { target, file } in wholes() {
        target.there_and_back(&file);
    }
}

#[test]
fn law_10_what_is_as_the_file_says_takes_no_request() {
    // Of the other edition law 8 plans an import again, too.
    for Whole { target, file } in wholes().take(2 / thorough::every(2)) {
        assert!(!target.import(&file).is_empty());
        target.server.forget();
        let mut again = target.plan(&file);
        assert!(again.plan.is_empty() && again.work.is_empty(), "{}", in_short(&again));
        target.site().carry_out(&again.proved().unwrap(), &run("pcfg import")).unwrap();
        assert_eq!(target.writes().iter().filter(|own| changes_something(own)).count(), 0);
    }
}

/// Parts of an import, each of which is whole in itself: the served Jira refuses what names something that is not there.
#[test]
fn law_13_what_a_request_names_is_there() {
    for (served, wanted) in both().into_iter().step_by(thorough::every(2)) {
        let target = Target::everything(served);
        for part in (0..3).step_by(thorough::every(3)) {
            let own: Vec<&str> = wanted.iter().copied().skip(part).step_by(3).collect();
            target.there_and_back(&changed(&target, &own));
        }
    }
}

/// While Jira carries out a task, it is only asked for that.
#[test]
fn law_14_nothing_is_written_while_a_task_runs() {
    let served = Served { task_polls: 2, ..Served::cloud() };
    let target = Target::everything(served);
    let file = changed(&target, both()[0].1);
    target.import(&file);
    let all = target.server.requests();
    let is_task = |own: &Seen| own.path.contains("/task/");
    let asked: Vec<usize> = (0..all.len()).filter(|at| is_task(&all[*at])).collect();
    assert!(asked.len() > 3, "{asked:?}");
    for run in asked.chunk_by(|one, other| all[*one].path == all[*other].path) {
        assert_eq!(run.len(), 3, "it is asked for until it is complete");
        assert_eq!(run[2] - run[0], 2, "and nothing else meanwhile");
    }
}

#[test]
fn law_14_a_task_that_fails_stops_the_run() {
    let target = Target::everything(Served::cloud());
    let file = changed(&target, both()[0].1);
    let mut import = target.plan(&file);
    let proved = import.proved().unwrap();
    target.server.set_faults(vec![Fault::always("/rest/api/3/task/{id}", Outcome::Task("FAILED"))]);
    let stopped = target.site().carry_out(&proved, &run("pcfg import"));
    let Err(WriteError::Halted { why, is_over: false, .. }) = &stopped else { panic!("{stopped:?}") };
    assert!(why.contains("task") && why.contains("FAILED"), "{why}");
}

/// What the descriptions of Data Center leave out, and why it is right.
const UNDESCRIBED: &[(&str, &str)] = &[
    ("/rest/api/2/serverInfo: not described", "it tells which description counts, and every Jira has it"),
    ("/application-properties ?permissionLevel", "it is described as needed, and Jira answers without it"),
    (
        "scheme/{schemeId} ?expand",
        "what a scheme has in it is expanded as in the list of all, where that is described",
    ),
    ("schemes/{schemeId} ?expand", "likewise"),
];

#[test]
fn law_21_each_request_is_as_atlassian_describes_it() {
    let Some(folder) = crate::real_data::folder("openapi") else { return };
    for (Whole { target, file }, edition) in wholes().zip([Edition::Cloud, Edition::DataCenter]) {
        let descriptions = Descriptions::read(&folder, edition).unwrap();
        let mut import = target.plan(&file);
        let proved = import.proved().unwrap();
        target.server.forget();
        let id = target.site().carry_out(&proved, &run("pcfg import")).unwrap();
        let forth = target.server.requests();
        let reading = target.site().read(Scope::default(), &|_, _| {}).unwrap();
        target.server.forget();
        target.undo_of(id, &reading);
        let back = target.server.requests();
        assert!(forth.len() > 30 && back.len() > 30, "{} {}", forth.len(), back.len());
        let all = forth.iter().chain(&back);
        let wrong: BTreeSet<String> = all.flat_map(|own| descriptions.check(own)).collect();
        let wrong: Vec<&String> =
            wrong.iter().filter(|own| !UNDESCRIBED.iter().any(|(part, _)| own.contains(part))).collect();
        assert_eq!(wrong, [""; 0]);
    }
}

/// Whoever comes while an import runs is told who it is that writes, and changes nothing.
#[test]
fn two_imports_at_once_are_one_after_the_other() {
    let Whole { target, file } = wholes().nth(1).unwrap();
    let mut import = target.plan(&file);
    let proved = Arc::new(import.proved().unwrap());
    let said = Arc::new(std::sync::Mutex::new(None));
    let comes = {
        let (said, proved) = (Arc::clone(&said), Arc::clone(&proved));
        let second = target.door(target.journals.path());
        move |event: &Event<'_>| {
            let is_write = matches!(event, Event::Sent { request, .. } if !request.is_reading());
            let mut said = said.lock().unwrap();
            if is_write && said.is_none() {
                *said = Some(second.open(None).carry_out(&proved, &run("pcfg import")));
            }
        }
    };
    target.site_watched(Some(Arc::new(comes))).carry_out(&proved, &run("pcfg import")).unwrap();
    let said = said.lock().unwrap().take();
    let Some(Err(WriteError::Busy { place, by: Some(by) })) = &said else { panic!("{said:?}") };
    assert!(place.starts_with("http://127.0.0.1"), "{place}");
    assert_eq!(**by, run("pcfg import").who);
    // Once the first is done, the second has nothing to do.
    assert!(target.plan(&file).plan.is_empty());
    assert_eq!(target.site().history().unwrap().len(), 1);
}

/// Whoever imports keeps the right to go on.
#[test]
fn nobody_takes_himself_out_of_a_group() {
    for served in [Served::cloud(), Served::data_center()] {
        let target = Target::demo(served);
        let caller = target.server.caller().unwrap();
        let mut root = target.export().root().clone();
        let all = |root: &Element, tag: &str| -> Vec<Element> {
            root.children()
                .iter()
                .filter(|own| own.tag() == tag)
                .flat_map(Element::children)
                .cloned()
                .collect()
        };
        let users = all(&root, "users");
        let mut names = users.iter().filter_map(|own| own.text_of("username"));
        let other = names.find(|own| *own != caller).unwrap();
        let groups = root.children_mut().unwrap().iter_mut().find(|own| own.tag() == "groups").unwrap();
        let mut gone = 0;
        for group in groups.children_mut().unwrap() {
            // Another one has his place, unless he has one already.
            let has_other = group.all("memberUser").any(|own| own.text() == other);
            for own in group.children_mut().unwrap() {
                if own.tag() == "memberUser" && own.text() == caller && !has_other {
                    own.content = Content::Text(other.into());
                    gone += 1;
                }
            }
        }
        assert!(gone > 0, "{caller}");
        let refusals = target.refusals(&Config::new(root));
        assert_eq!(refusals.matches("you would take yourself out of this group").count(), gone, "{refusals}");
    }
}
