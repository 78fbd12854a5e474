//! The laws of complete projects for databases: issues come into one as they were, wholly or not at all, and go again.

use std::collections::BTreeMap;
use std::fs;

use crate::complete_laws::{assert_same, data, exported_with, files, succeeds};
use crate::env::{Env, testdata};
use crate::postgres::{load, rows};
use crate::postgres_proxy::{Break, Proxy};
use crate::postgres_server::{Database, server};
use crate::postgres_writing::wait_for_silence;
use pcfg::instance::Writable as _;

/// How the archive `a` is imported into a database.
fn import(env: &Env, url: &str, more: &[&str]) -> String {
    let whole = ["import", "a", "--raw-values", "-i", url, "--attachments-to", "files"];
    env.run(&[&whole[..], more].concat())
}

const DO: [&str; 2] = ["--yes", "--offline"];

fn done(said: &str) -> &str {
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    said
}

/// The sample as the archive `a`, and a folder for its files. Its field of an app has a type that every Jira has, and the longest name
/// of a file is one that the columns of a database take.
fn prepared() -> Env {
    let text = "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
    let (long, shorter) = ("long".repeat(75), "long".repeat(63));
    // Apps of a real Jira have a field that is called so, too.
    let team = ("\"Team\"", "\"Crew\"");
    let (env, _) = exported_with(&[("com.example.app:secret", text), (&long, &shorter), team]);
    fs::create_dir(env.path("files")).unwrap();
    env
}

fn exported_again(env: &Env, url: &str, to: &str) -> BTreeMap<String, Vec<u8>> {
    let whole = ["export", "LAB", "YARD", "--complete", "-i", url, "--attachments", "files", "-o", to];
    succeeds(env, &whole);
    data(env, to)
}

/// The rows of all tables but those whose rows rise and never fall.
fn settled(database: &Database) -> BTreeMap<String, Vec<String>> {
    let mut all = rows(database);
    all.remove("sequence_value_item");
    all
}

const UNDO: [&str; 5] = ["--yes", "--offline", "--attachments-to", "files", "-i"];

/// Laws 1, 2, 5 and 9, in a database that a backup was loaded into.
#[test]
fn issues_come_into_a_database_as_they_were_and_go_again() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let (env, url) = (prepared(), database.url());
    let before = settled(&database);

    // A look changes nothing; nor does what was not said to be meant.
    let look = import(&env, &url, &["--simulate"]);
    assert!(done(&look).contains("14 issues"), "{look}");
    let refused = import(&env, &url, &["--yes"]);
    assert!(refused.contains("is Jira's database; it is not changed"), "{refused}");
    assert!(refused.ends_with("--- exit 2\n"), "{refused}");
    let nowhere = env.run(&["import", "a", "-i", &url, "--yes", "--offline"]);
    assert!(nowhere.contains("13 files of attachments, and nobody said where"), "{nowhere}");
    assert!(nowhere.ends_with("--- exit 2\n"), "{nowhere}");
    assert!(settled(&database) == before && files(&env.path("files")).is_empty());

    assert!(done(&import(&env, &url, &[&DO[..], &["--configuration-only"]].concat())).contains("run 1"));
    let configured = settled(&database);
    let said = import(&env, &url, &[&DO[..], &["--data-only"]].concat());
    assert!(done(&said).contains("applied as run 2"), "{said}");
    assert_same(&data(&env, "a"), &exported_again(&env, &url, "b/"), &url);

    // Only rows were added, but for two counters of projects.
    let after = settled(&database);
    for (table, rows) in &configured {
        let gone = rows.iter().filter(|row| !after[table].contains(row)).count();
        assert_eq!(gone, if table == "project" { 2 } else { 0 }, "{table}");
    }

    // The second time everything is there.
    let again = import(&env, &url, &DO);
    assert!(done(&again).contains("14 issues are there already, and say the same"), "{again}");
    assert!(!again.contains("applied"), "{again}");
    let history = env.run(&["history", "-i", &url]);
    assert!(history.contains("14 issues created"), "{history}");
    let resumed = env.run(&["resume", "-i", &url]);
    assert!(done(&resumed).contains("there is nothing to resume"), "{resumed}");

    // Back, unless somebody has gone on with the issues.
    let nowhere = env.run(&["undo", "-i", &url, "--yes", "--offline"]);
    assert!(nowhere.contains("--attachments-to DIR") && nowhere.ends_with("--- exit 2\n"), "{nowhere}");
    let undo = [&["undo"][..], &UNDO, &[&url]].concat();
    for (change, back) in [
        (
            "UPDATE jiraissue SET summary = 'Mine' WHERE summary = 'An epic'",
            "UPDATE jiraissue SET summary = 'An epic' WHERE summary = 'Mine'",
        ),
        (
            "INSERT INTO worklog (id, issueid) SELECT 99999, max(id) FROM jiraissue",
            "DELETE FROM worklog WHERE id = 99999",
        ),
    ] {
        database.sql(change);
        let refused = env.run(&undo);
        assert!(refused.contains("what run 2 wrote has been changed"), "{refused}");
        assert!(refused.ends_with("--- exit 5\n"), "{refused}");
        database.sql(back);
    }
    done(&env.run(&undo));
    assert!(settled(&database) == configured, "as it was configured");
    assert!(files(&env.path("files")).is_empty());
    done(&env.run(&[&["undo", "1"][..], &UNDO, &[&url]].concat()));
    for (table, rows) in &before {
        assert_eq!(rows, &settled(&database)[table], "{table}");
    }
}

/// Law 10, in a database: nobody sees more than before, and what would let somebody is refused before the first row.
#[test]
fn law_10_nobody_sees_more_in_a_database() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let (env, url) = (prepared(), database.url());
    done(&import(&env, &url, &DO));
    let lines = |sql: &str| {
        database.value(&format!("SELECT string_agg(own, ',' ORDER BY own) FROM ({sql}) AS all_of_them"))
    };
    assert_eq!(
        lines("SELECT actionlevel AS own FROM jiraaction WHERE actionlevel IS NOT NULL"),
        "Auditors,Auditors,board-members,jira-administrators"
    );
    assert_eq!(
        lines("SELECT r.name AS own FROM jiraaction a JOIN projectrole r ON r.id = a.rolelevel"),
        "Reviewers"
    );
    assert_eq!(
        lines(
            "SELECT l.name AS own FROM jiraissue i JOIN schemeissuesecuritylevels l ON l.id = i.security JOIN project p ON p.id = i.project WHERE p.pkey = 'LAB'"
        ),
        "Board,Internal,Internal"
    );
    // What is for a role that is gone was seen by nobody, and did not come.
    assert_eq!(
        database.value("SELECT count(*) FROM jiraaction WHERE actionbody = 'For a role that is gone'"),
        "0"
    );
    for run in ["2", "1"] {
        done(&env.run(&[&["undo", run][..], &UNDO, &[&url]].concat()));
    }

    // A group of a name that nobody had where the comment comes from, and a level that is gone.
    database.sql("INSERT INTO cwd_group (id, group_name, lower_group_name, active, directory_id) SELECT 99999, 'board-members', 'board-members', 1, min(id) FROM cwd_directory");
    let before = settled(&database);
    let refused = import(&env, &url, &DO);
    let why = "comments and worklogs are for a group that did not exist, and another one of that name would see them";
    assert!(refused.contains(why) && refused.contains("--- exit 4"), "{refused}");
    assert!(settled(&database) == before && files(&env.path("files")).is_empty());
    database.sql("DELETE FROM cwd_group WHERE id = 99999");
    let text = "com.atlassian.jira.plugin.system.customfieldtypes:textfield";
    let (env, _) = exported_with(&[
        ("com.example.app:secret", text),
        (&"long".repeat(75), &"long".repeat(63)),
        ("\"Team\"", "\"Crew\""),
        ("security=\"10001\"", "security=\"10079\""),
    ]);
    let before = settled(&database);
    let refused = import(&env, &url, &DO);
    assert!(refused.contains("securityLevel `a level that no longer exists` of LAB-3"), "{refused}");
    assert!(refused.contains("--- exit 4") && settled(&database) == before, "{refused}");
}

/// The same in the database of a real Jira, whose columns, keys and indexes are those that Jira has made.
#[test]
fn issues_come_into_the_database_of_a_real_jira() {
    let Some(database) = server().and_then(|server| server.restored("baton-9.12.4")) else { return };
    let (env, url) = (prepared(), database.url());
    let before = settled(&database);
    done(&import(&env, &url, &DO));
    // Jira has a context of its own for this field, which keeps its name.
    let (own, theirs) = ("Default Configuration Scheme for Epic Status", "Default context for Epic Status");
    let mut there = data(&env, "a");
    for text in there.values_mut().filter(|text| text.starts_with(b"<?xml")) {
        *text = String::from_utf8(text.clone()).unwrap().replace(own, theirs).into_bytes();
    }
    assert_same(&there, &exported_again(&env, &url, "b/"), &url);
    let again = import(&env, &url, &DO);
    assert!(done(&again).contains("14 issues are there already, and say the same"), "{again}");
    // Sequences of Jira's and of the database are above all ids.
    for (table, next) in [
        ("jiraissue", "(SELECT seq_id FROM sequence_value_item WHERE seq_name = 'Issue')"),
        ("os_currentstep", "(SELECT seq_id FROM sequence_value_item WHERE seq_name = 'OSCurrentStep')"),
        ("\"AO_60DB71_LEXORANK\"", "(SELECT nextval('\"AO_60DB71_LEXORANK_ID_seq\"'))"),
        ("\"AO_60DB71_SPRINT\"", "(SELECT nextval('\"AO_60DB71_SPRINT_ID_seq\"'))"),
    ] {
        let id = if table.starts_with('"') { "\"ID\"" } else { "id" };
        assert_eq!(database.value(&format!("SELECT {next} > max({id}) FROM {table}")), "t", "{table}");
    }
    for run in ["2", "1"] {
        done(&env.run(&[&["undo", run][..], &UNDO, &[&url]].concat()));
    }
    let after = settled(&database);
    for (table, rows) in &before {
        assert_eq!(rows, &after[table], "{table}");
    }
}

/// Laws 6 and 8: wherever the line breaks, once or for good, all issues are there or none, and what is said is so.
#[test]
fn cut_off_at_any_round_trip_all_issues_are_there_or_none() {
    let Some((database, _)) = load(&testdata("backup/demo")) else { return };
    let env = prepared();
    done(&import(&env, &database.url(), &[&DO[..], &["--configuration-only"]].concat()));
    let (before, placed) = (settled(&database), || files(&env.path("files")).len());
    let undo = || {
        done(&env.run(&[&["undo"][..], &UNDO, &[&database.url()]].concat()));
        assert!(settled(&database) == before && placed() == 0);
    };
    let data_only = [&DO[..], &["--data-only"]].concat();
    let whole = Proxy::new(server().unwrap().port, None, false);
    done(&import(&env, &database.url_by(whole.port), &data_only));
    undo();
    // What is written is written last; the COMMIT is the last of all.
    let last = whole.trips();
    let (mut finished, mut lost, mut unknown) = (0, 0, 0);
    for (way, forever, first, step) in
        [(Break::Before, false, 81, 10), (Break::After, false, 6, 1), (Break::After, true, 2, 1)]
    {
        for at in (last - first..last - 3).step_by(step).chain(last - 1..=last) {
            let runs = || database.open().history().unwrap().len();
            let former = runs();
            let proxy = Proxy::new(server().unwrap().port, Some((at, way)), forever);
            let said = import(&env, &database.url_by(proxy.port), &data_only);
            wait_for_silence(&database);
            let (is_done, place) = (runs() > former, format!("{way:?} {forever} {at} of {last}: {said}"));
            assert_eq!(settled(&database) != before, is_done, "{place}");
            let is_unknown = said.contains("it is unknown whether it was");
            assert_eq!(is_done, is_unknown || said.contains("applied as run "), "{place}");
            assert_eq!(placed(), if is_done { 13 } else { 0 }, "{place}");
            finished += usize::from(is_done);
            lost += usize::from(!is_done);
            unknown += usize::from(is_unknown);
            if is_done {
                undo();
            }
        }
    }
    assert!(finished == 2 && lost > 10 && unknown == 1, "{finished} {lost} {unknown}");
}
