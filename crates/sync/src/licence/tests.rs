//! Licence files in both forms and every fault; endpoints under many processes.

#![allow(clippy::disallowed_methods, reason = "a test makes its own surroundings")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::random::{Random as _, Seeded};
use crate::{SyncId, Time};

/// 2026-08-01 at noon, in UTC.
const NOW: Time = Time(1_785_585_600_000);

const WITH_ROOT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<license><info><creation>2025-01-02</creation><holder>Example &amp; Sons</holder><creator>K15t</creator><product>Backbone Issue Sync</product></info>
  <policies><policy type="PRODUCT_KEY">com.k15t.backbone.backbone-issue-sync</policy><policy type="EXPIRATION">2026-08-31</policy>
            <policy type="MAX_REMOTE_ENDPOINTS">2</policy></policies><signature>MCwCFG0=</signature></license>
"#;

const SIDE_BY_SIDE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<holder>Example &amp; Sons</holder>
<creator>K15t</creator>
<product>Backbone Issue Sync</product>
<policies>
  <policy type="PRODUCT_KEY">com.k15t.backbone.backbone-issue-sync</policy>
  <policy type="EXPIRATION">2026-08-31</policy>
  <policy type="MAX_REMOTE_ENDPOINTS">2</policy>
</policies>
"#;

fn licence(endpoints: u32) -> Licence {
    let text = WITH_ROOT.replace(">2</policy>", &format!(">{endpoints}</policy>"));
    Licence::read(text.as_bytes()).unwrap()
}

fn sync(number: u8) -> SyncId {
    SyncId::of([number; 16])
}

fn partner(number: u8, jira: &str) -> Partner<'_> {
    Partner { sync: sync(number), jira, licensed: Some(false) }
}

fn days(days: i64) -> Time {
    Time(NOW.0 + days * 24 * 60 * 60 * 1000)
}

#[test]
fn both_published_forms_are_read() {
    let one = Licence::read(WITH_ROOT.as_bytes()).unwrap();
    let other = Licence::read(SIDE_BY_SIDE.as_bytes()).unwrap();
    assert_eq!((one.holder.as_str(), one.endpoints, one.is_signed), ("Example & Sons", 2, true));
    assert_eq!(
        (one.expires.to_string().as_str(), one.creation.as_deref()),
        ("2026-08-31", Some("2025-01-02"))
    );
    assert_eq!(other, Licence { creation: None, is_signed: false, ..one });
}

#[test]
fn each_fault_has_words_of_its_own() {
    let fault = |from: &str, to: &str| {
        assert!(WITH_ROOT.contains(from), "{from}");
        Licence::read(WITH_ROOT.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    };
    let expiration = r#"<policy type="EXPIRATION">2026-08-31</policy>"#;
    let told = [
        fault("</policies>", ""),
        fault("</license>", ""),
        fault("<license>", "<!DOCTYPE x [<!ENTITY a \"b\">]><license>"),
        fault("&amp;", "&a;"),
        Licence::read(b"").unwrap_err().to_string(),
        Licence::read(&[b' '; 70_000]).unwrap_err().to_string(),
        fault("<holder>Example &amp; Sons</holder>", ""),
        fault("K15t", "<product>x</product>"),
        fault(expiration, ""),
        fault(expiration, &format!("{expiration}{expiration}")),
        fault("com.k15t.backbone.backbone-issue-sync", "com.k15t.scroll.scroll-pdf"),
        fault("2026-08-31", "2026-02-29"),
        fault("2026-08-31", "31.8.2026"),
        fault(">2<", ">two<"),
        fault(">2<", ">-2<"),
        fault(">2<", ">99999999999999999999<"),
        fault(">2<", "><"),
        fault("type=\"EXPIRATION\"", ""),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn the_last_day_is_good_and_people_are_warned_30_days_before() {
    let licence = licence(1);
    assert_eq!(licence.warning(days(-1)), None);
    let told: Vec<String> = [0, 29, 30, 31].map(|day| licence.warning(days(day)).unwrap()).to_vec();
    insta::assert_snapshot!(told.join("\n"));
    assert!(!licence.is_expired(days(30)) && licence.is_expired(days(31)));
    for (day, number) in
        [("1970-01-01", 0), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2024-12-31", 20_088)]
    {
        let day: Day = day.parse().unwrap();
        assert_eq!(day.left(Time(number * 24 * 60 * 60 * 1000)), 0);
    }
}

#[test]
fn the_file_is_found_in_the_home_or_the_shared_home_and_named_where_it_lies_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (home, shared) = (folder.path().join("local"), folder.path().join("shared"));
    assert_eq!(find(&home, None).unwrap(), None);
    let put = |home: &std::path::Path| {
        fs::create_dir_all(home.join(FOLDER)).unwrap();
        fs::write(home.join(FOLDER).join(FILE), SIDE_BY_SIDE).unwrap();
        home.join(FOLDER).join(FILE)
    };
    let local = put(&home);
    assert_eq!(find(&home, None).unwrap(), Some(local.clone()));
    match find(&home, Some(&shared)) {
        Err(LicenceFault::LocalHome { found, belongs }) => {
            assert_eq!((found, belongs), (local, shared.join(FOLDER).join(FILE)));
        }
        other => panic!("{other:?}"),
    }
    let right = put(&shared);
    assert_eq!(find(&home, Some(&shared)).unwrap(), Some(right.clone()));
    assert_eq!(Licence::load(&right).unwrap().endpoints, 2);
}

// Law 12: two synchronizations with one Jira count once.
#[test]
fn an_endpoint_is_a_jira_and_is_free_when_all_with_it_have_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let endpoints = Endpoints::of(folder.path());
    let licence = licence(1);
    let start = |partner, now| endpoints.start(Some(&licence), LicenceMode::Enforce, partner, now);
    start(partner(1, "X"), NOW).unwrap();
    start(partner(2, "X"), NOW).unwrap();
    start(partner(1, "X"), NOW).unwrap();
    let refused = start(partner(3, "Y"), NOW).unwrap_err();
    assert!(
        refused.to_string().starts_with("all 1 remote endpoints of the licence are in use, by X:"),
        "{refused}"
    );
    start(Partner { licensed: Some(true), ..partner(4, "Z") }, NOW).unwrap();
    assert!(start(Partner { licensed: None, ..partner(5, "Z") }, NOW).is_err());
    endpoints.stop(&sync(1)).unwrap();
    assert!(start(partner(3, "Y"), NOW).is_err());
    endpoints.stop(&sync(2)).unwrap();
    start(partner(3, "Y"), NOW).unwrap();
    assert_eq!(endpoints.held().unwrap().len(), 1);
    // Expired: what runs goes on, and nothing is started.
    start(partner(3, "Y"), days(100)).unwrap();
    assert!(matches!(start(partner(6, "Y"), days(100)), Err(EndpointFault::Expired(_))));
    // The partner bought one.
    start(Partner { licensed: Some(true), ..partner(3, "Y") }, NOW).unwrap();
    assert!(endpoints.held().unwrap().is_empty());
    fs::write(folder.path().join("endpoints.json"), "{").unwrap();
    #[cfg(unix)]
    fs::set_permissions(
        folder.path().join("endpoints.json"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    assert!(matches!(start(partner(1, "X"), NOW), Err(EndpointFault::Damaged(_))));
}

#[test]
fn a_licence_is_enforced_reported_or_strict() {
    let folder = tempfile::tempdir().unwrap();
    let endpoints = Endpoints::of(folder.path());
    let none = |mode| endpoints.start(None, mode, partner(1, "X"), NOW);
    assert!(none(LicenceMode::Enforce).unwrap().warnings.is_empty());
    assert!(none(LicenceMode::Report).unwrap().warnings.is_empty());
    assert!(matches!(none(LicenceMode::Strict), Err(EndpointFault::NoLicence(_))));
    let licence = licence(0);
    let told =
        endpoints.start(Some(&licence), LicenceMode::Report, partner(1, "X"), days(-10)).unwrap().warnings;
    assert_eq!(told.len(), 1);
    assert!(endpoints.start(Some(&licence), LicenceMode::Strict, partner(2, "Y"), NOW).is_err());
}

const MOST: u32 = 3;

/// What the child processes of the test below do: start and stop at random until they are killed.
#[test]
#[ignore = "a child of another test"]
fn child_that_starts_and_stops_until_it_is_killed() {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    let Some((seed, folder)) = line.trim().split_once(' ') else { return };
    let mut random = Seeded::new(seed.parse().unwrap());
    let endpoints = Endpoints::of(folder.as_ref());
    let licence = licence(MOST);
    loop {
        let mut bytes = [0; 2];
        random.fill(&mut bytes);
        let jira = format!("J{}", bytes[0] % 6);
        if bytes[1] % 3 == 0 {
            endpoints.stop(&sync(bytes[0] % 12)).unwrap();
        } else {
            match endpoints.start(Some(&licence), LicenceMode::Enforce, partner(bytes[0] % 12, &jira), NOW) {
                Ok(_) | Err(EndpointFault::AllTaken { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}

// Law 12, with processes that are killed at any moment.
#[test]
fn processes_that_are_killed_never_exceed_the_number() {
    let folder = tempfile::tempdir().unwrap();
    let endpoints = Endpoints::of(folder.path());
    let mut random = Seeded::new(4);
    for round in 0..6 {
        let mut children: Vec<_> = (0..3)
            .map(|child| {
                let mut child_process = Command::new(std::env::current_exe().unwrap())
                    .args([
                        "--ignored",
                        "--exact",
                        "licence::tests::child_that_starts_and_stops_until_it_is_killed",
                    ])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap();
                let mut stdin = child_process.stdin.take().unwrap();
                writeln!(stdin, "{} {}", round * 10 + child, folder.path().display()).unwrap();
                child_process
            })
            .collect();
        // Until something was written, and then as many looks as a coin says.
        let mut looks = [0];
        random.fill(&mut looks);
        let mut seen = 0;
        while seen < 5 + usize::from(looks[0] % 40) {
            let held = endpoints.held().unwrap();
            let jiras: BTreeSet<&String> = held.values().map(|held| &held.jira).collect();
            assert!(jiras.len() <= MOST as usize, "{held:?}");
            seen += usize::from(!held.is_empty() || seen > 0);
            if let Some(gone) = children.iter_mut().find_map(|child| child.try_wait().unwrap()) {
                panic!("a child has ended: {gone}");
            }
        }
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
    let held = endpoints.held().unwrap();
    let jiras: BTreeSet<&String> = held.values().map(|held| &held.jira).collect();
    assert!(jiras.len() <= MOST as usize, "{held:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // The body of the fuzz target `read_licence`.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), place in 0_usize..600) {
        drop(Licence::read(&bytes));
        let mut near = WITH_ROOT.as_bytes().to_vec();
        let place = place.min(near.len());
        let end = (place + bytes.len() % 20).min(near.len());
        near.splice(place..end, bytes.iter().take(20).copied());
        drop(Licence::read(&near));
    }
}
