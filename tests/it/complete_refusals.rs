//! Law 11, further lines of the table: what Jira's own import of projects refuses of the target, and what pcfg says.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::complete_laws::{assert_same, changed, data, sample, succeeds};
use crate::env::Env;

const IMPORT: [&str; 6] = ["import", "a", "--yes", "--raw-values", "-i", "b.sqlite"];

/// Gives the Jira in `b.sqlite` a setting that is on or off.
fn set(env: &Env, setting: &str, is_on: bool) {
    let own = Connection::open(env.path("b.sqlite")).unwrap();
    // The sample says what it has switched on.
    own.execute("DELETE FROM propertyentry WHERE property_key = ?", [setting]).unwrap();
    own.execute(
        "INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype) VALUES ('99', 'jira.properties', '1', ?, '1')",
        [setting],
    )
    .unwrap();
    own.execute(
        "INSERT INTO propertynumber (id, propertyvalue) VALUES ('99', ?)",
        [if is_on { "1" } else { "0" }],
    )
    .unwrap();
}

/// What the instance says, without its journal.
fn state(env: &Env) -> (String, String) {
    (env.run(&["export", "--all", "-q", "-i", "b.sqlite"]), env.run(&["issue", "list", "-i", "b.sqlite"]))
}

/// Everything comes, and is as it was.
fn comes(env: &Env, more: &[&str], what: &str) -> String {
    let said = succeeds(env, &[&IMPORT[..], more].concat());
    succeeds(env, &["export", "LAB", "YARD", "--complete", "-i", "b.sqlite", "-o", "b/"]);
    assert_same(&data(env, "a"), &data(env, "b"), what);
    said
}

fn is_refused(env: &Env, more: &[&str], why: &str) {
    let before = state(env);
    let said = env.run(&[&IMPORT[..], more].concat());
    assert!(said.contains(why) && said.contains("--- exit 4"), "{why}: {said}");
    assert!(state(env) == before, "{why}");
    assert!(!env.path("b.sqlite.attachments").exists(), "{why}");
}

/// Jira knows one type of a name; pcfg tells a type of sub-tasks from another one of that name, so nothing is taken for something else.
#[test]
fn law_11_sub_tasks_against_standard_issues() {
    let (env, _) = changed(&[("name=\"Story\"", "name=\"Story\" style=\"jira_subtask\"")]);
    let said = comes(&env, &[], "a type of sub-tasks beside a standard one");
    assert!(said.contains("+ Story (subtask true)"), "{said}");
}

#[test]
fn law_11_sub_tasks_that_are_switched_off() {
    let (env, _) = changed(&[]);
    set(&env, "jira.option.allowsubtasks", false);
    is_refused(&env, &[], "sub-tasks are switched off (such as LAB-");
    let (env, _) = changed(&[]);
    set(&env, "jira.option.allowsubtasks", true);
    comes(&env, &[], "sub-tasks are on");
}

#[test]
fn law_11_new_issues_that_are_nobodys() {
    let (env, _) = changed(&[]);
    set(&env, "jira.option.allowunassigned", false);
    is_refused(
        &env,
        &[],
        "1 projects give new issues to nobody, which this Jira does not allow (such as YARD)",
    );
    let (env, _) = changed(&[("assigneetype=\"3\"", "assigneetype=\"2\"")]);
    set(&env, "jira.option.allowunassigned", false);
    comes(&env, &[], "the lead gets them");
}

/// Jira wants the same versions of all apps. What an app does not own does not depend on it; what it owns is left out, and told.
#[test]
fn law_11_apps_of_other_versions_do_not_matter() {
    let app = "<PluginVersion id=\"10000\" name=\"An app\" key=\"com.example.app\" version=\"9.9\" created=\"2025-01-01 00:00:00.0\"/>\n    <Project id=\"10000\"";
    let (env, _) = changed(&[("<Project id=\"10000\"", app)]);
    let own = Connection::open(env.path("b.sqlite")).unwrap();
    own.execute("INSERT INTO pluginversion (id, pluginkey) VALUES (1, 'com.example.app'), (2, 'com.pyxis.greenhopper.jira')", ()).unwrap();
    drop(own);
    comes(&env, &[], "an app of another version");
    let (env, _) = changed(&[("<Project id=\"10000\"", app)]);
    let careful = ["import", "a", "--yes", "-i", "b.sqlite"];
    let said = succeeds(&env, &careful);
    assert!(said.contains("values of apps, left out (`--raw-values` writes them as they are stored) (such as `Of an app` (LAB-1))"), "{said}");
}

#[test]
fn law_11_users_of_another_directory() {
    let elsewhere = |env: &Env| set(env, "jira.option.user.externalmanagement", true);
    let (env, _) = changed(&[]);
    elsewhere(&env);
    let why = "users would be made, and this Jira takes them from elsewhere: make them there, or leave them out, \
               `--skip user --missing-user NAME` (such as ";
    is_refused(&env, &[], why);
    // Somebody else stands for them, and they are not made.
    let env = Env::new();
    let (from, files_of) = (sample(), sample().join("attachments"));
    let export = ["export", "LAB", "--complete", "--time-zone", "Europe/Berlin", "-o", "a/", "-i"];
    let paths = [from.to_str().unwrap(), "--attachments", files_of.to_str().unwrap()];
    succeeds(&env, &[&export[..], &paths].concat());
    succeeds(&env, &["instance", "init", "b.sqlite"]);
    elsewhere(&env);
    let users = || -> BTreeMap<String, String> {
        let own = Connection::open(env.path("b.sqlite")).unwrap();
        let mut statement = own.prepare("SELECT user_name, display_name FROM cwd_user").unwrap();
        let users = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
        users.unwrap().map(Result::unwrap).collect()
    };
    let before = users();
    let said = succeeds(&env, &[&IMPORT[..], &["--skip", "user", "--missing-user", "ada"]].concat());
    assert!(said.contains("users without an account, for whom another one stands"), "{said}");
    assert_eq!(users(), before);
    // Where all of them are there, nothing is in the way.
    let (env, _) = changed(&[]);
    succeeds(&env, &[&IMPORT[..], &["--configuration-only"]].concat());
    elsewhere(&env);
    comes(&env, &[], "all users are there");
}

/// The keys that issues had are told, and those that lead to another issue by now.
#[test]
fn former_keys_are_told() {
    let (env, _) = changed(&[]);
    let said = comes(&env, &[], "former keys");
    assert!(said.contains("2 issues are found by former keys, too (such as "), "{said}");
    let (env, _) = changed(&[("oldIssueKey=\"YARD-77\"", "oldIssueKey=\"YARD-1\"")]);
    let said = comes(&env, &[], "a former key that another issue has");
    assert!(
        said.contains("1 former keys are those of other issues by now, which are found instead (such as YARD-1, now LAB-"),
        "{said}"
    );
}
