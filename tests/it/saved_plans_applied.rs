//! Saved plans as somebody applies them: where they go, who agrees, and what is told.

use serde_json::{Value, json};

use crate::env::{Env, testdata};
use crate::saved_plans::{EDITS, edited, sealed};

/// Two instances of one backup, and a plan for the first; the environment names the second.
fn two_instances() -> Env {
    let mut env = Env::new();
    env.set("PCFG_INSTANCE", "twin.sqlite");
    let backup = testdata("backup/demo");
    for name in ["jira.sqlite", "twin.sqlite"] {
        env.run(&["instance", "load", backup.to_str().unwrap(), "--into", name, "-q"]);
    }
    env.run(&["export", "--all", "-q", "-o", "before.xml"]);
    env.write("after.xml", edited(&env.read("before.xml")));
    let saved =
        env.run(&["import", "after.xml", "-i", "jira.sqlite", "--simulate", "--out", "plan.json", "-q"]);
    assert!(saved.ends_with("--- exit 0\n"), "{saved}");
    env
}

fn is_as_before(env: &Env, instance: &str) -> bool {
    env.run(&["export", "--all", "-q", "-i", instance]) == format!("{}--- exit 0\n", env.read("before.xml"))
}

/// Returns a result without the random ids of files.
fn steady(result: &str) -> String {
    let is_id = |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = result.split('`');
    words.map(|word| if is_id(&word) { "[ID]" } else { word }).collect::<Vec<_>>().join("`")
}

/// The same, as a user meets it: nothing is written, not even the journal.
#[test]
fn an_edited_plan_is_refused_with_nothing_written() {
    let env = two_instances();
    let mut edited: Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    edited["rows"].as_array_mut().unwrap().push(json!({
        "table": "Membership", "before": null,
        "after": {"id": "10100", "childName": "eve", "parentName": "jira-administrators"},
    }));
    env.write("edited.json", sealed(edited).to_string());
    insta::assert_snapshot!(env.run(&["apply", "edited.json", "--yes"]), @"
    --- stderr
    error: the plan does not do what it says, and nothing was changed
    caused by: the row + Membership 10100 (childName `eve`, parentName `jira-administrators`): no step of the plan changes it
    hint: it has been edited since it was saved: find out by whom, and why
    hint: make a new plan: `pcfg import after.xml --simulate --save-plan edited.json -i [DIR]/jira.sqlite`
    --- exit 4
    ");
    assert!(env.run(&["history", "-i", "jira.sqlite"]).contains("nothing has been changed yet"));
    assert!(is_as_before(&env, "jira.sqlite"));
}

#[test]
fn a_plan_goes_where_it_was_made_for() {
    let env = two_instances();
    let plan: Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    let path = env.path("jira.sqlite").canonicalize().unwrap();
    assert_eq!(plan["target"]["location"].as_str(), path.to_str());
    assert_eq!(plan["target"]["kind"], "embedded");
    assert_eq!(plan["target"]["id"].as_str().unwrap().len(), 32);
    insta::assert_snapshot!(steady(&env.run(&["apply", "plan.json", "-i", "twin.sqlite", "--yes"])), @"
    --- stderr
    error: the plan was made for another instance, and nothing was changed
    caused by: it was made for `[DIR]/jira.sqlite`, and this is `[DIR]/twin.sqlite`
    caused by: the id of its file was `[ID]`, and here it is `[ID]`
    hint: to apply it to the instance that it was made for: `pcfg apply plan.json --yes -i [DIR]/jira.sqlite`
    hint: to apply it to this one anyway: `pcfg apply plan.json -i twin.sqlite --yes --to twin.sqlite`
    hint: or make a plan for this instance: `pcfg import after.xml --simulate --save-plan plan.json -i twin.sqlite`
    --- exit 4
    ");
    assert!(is_as_before(&env, "jira.sqlite") && is_as_before(&env, "twin.sqlite"));
    assert!(env.run(&["apply", "plan.json", "--yes"]).ends_with("--- exit 0\n"));
    assert!(!is_as_before(&env, "jira.sqlite") && is_as_before(&env, "twin.sqlite"));
    let said = env.run(&["apply", "plan.json", "-i", "jira.sqlite", "--to", "twin.sqlite", "--yes"]);
    assert!(said.contains("name two instances") && said.ends_with("--- exit 2\n"), "{said}");
    assert!(
        env.run(&["apply", "plan.json", "--to", "twin.sqlite"]).ends_with("--- exit 2\n"),
        "nobody to ask"
    );
    let said = env.run(&["apply", "plan.json", "--to", "twin.sqlite", "--yes"]);
    assert!(said.contains("applied as run 1") && said.ends_with("--- exit 0\n"), "{said}");
}

/// An instance in the place of another one is not that one.
#[test]
fn a_plan_knows_its_instance_in_its_place() {
    let env = two_instances();
    let backup = testdata("backup/demo");
    env.run(&["instance", "load", backup.to_str().unwrap(), "--into", "jira.sqlite", "--replace", "-q"]);
    insta::assert_snapshot!(steady(&env.run(&["apply", "plan.json", "--yes"])), @"
    --- stderr
    error: the plan was made for another instance, and nothing was changed
    caused by: the id of its file was `[ID]`, and here it is `[ID]`
    hint: to apply it to this one anyway: `pcfg apply plan.json --yes --to [DIR]/jira.sqlite`
    hint: or make a plan for this instance: `pcfg import after.xml --simulate --save-plan plan.json -i [DIR]/jira.sqlite`
    --- exit 4
    ");
    assert!(is_as_before(&env, "jira.sqlite"));
    let said = env.run(&["apply", "plan.json", "--to", "jira.sqlite", "--yes"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let env = two_instances();
    std::fs::rename(env.path("jira.sqlite"), env.path("moved.sqlite")).unwrap();
    insta::assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: there is no file `[DIR]/jira.sqlite`
    hint: the plan was made for that one; for another instance: `pcfg apply plan.json --yes --to INSTANCE`
    --- exit 3
    ");
    let said = env.run(&["apply", "plan.json", "-i", "moved.sqlite", "--yes"]);
    assert!(said.contains("it was made for `[DIR]/jira.sqlite`, and this is `[DIR]/moved.sqlite`"), "{said}");
    assert!(env.run(&["apply", "plan.json", "--to", "moved.sqlite", "--yes"]).ends_with("--- exit 0\n"));
    let from = backup.to_str().unwrap();
    env.run(&["import", "after.xml", "-i", from, "--simulate", "--out", "plan.json", "-q"]);
    let said = env.run(&["apply", "plan.json", "--to", "twin.sqlite", "--yes"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
}

/// An instance that an older version has made gets its id when it is written.
#[test]
fn an_older_instance_gets_an_id_when_it_is_written() {
    let env = two_instances();
    let open = || rusqlite::Connection::open(env.path("jira.sqlite")).unwrap();
    open().execute("DELETE FROM pcfg_meta WHERE key = 'id'", ()).unwrap();
    env.run(&["import", "after.xml", "-i", "jira.sqlite", "--simulate", "--out", "plan.json", "-q"]);
    let plan: Value = serde_json::from_str(&env.read("plan.json")).unwrap();
    assert_eq!(plan["target"]["id"], Value::Null);
    let said = env.run(&["apply", "plan.json", "--yes"]);
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let sql = "SELECT value FROM pcfg_meta WHERE key = 'id'";
    let id: String = open().query_row(sql, (), |row| row.get(0)).unwrap();
    assert_eq!(id.len(), 32);
}

/// Who can be asked types the name of the other instance.
#[test]
fn on_a_terminal_another_instance_is_agreed_to_by_its_name() {
    let env = two_instances();
    let answered = |answer| env.on_terminal("apply plan.json -i twin.sqlite", answer);
    let Some((shown, code)) = answered("y\ny\n") else { return };
    assert!(shown.contains("Type `twin.sqlite` to apply the plan to that instance"), "{shown}");
    assert_eq!(code, Some(130), "{shown}");
    assert!(is_as_before(&env, "twin.sqlite"));
    let (shown, code) = answered("twin.sqlite\ny\n").unwrap();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!is_as_before(&env, "twin.sqlite") && is_as_before(&env, "jira.sqlite"));
}

/// The command that makes a stale plan anew chooses the same, for the instance to which the plan was to go.
#[test]
fn the_hint_of_a_stale_plan_can_be_pasted() {
    let env = two_instances();
    env.write("my names.toml", "[status]\n\"Open\" = { match = \"Open\" }\n");
    let choices = ["--skip", "group", "--skip", "status:In Progress", "--map", "my names.toml", "--partial"];
    let choices = [&choices[..], &["--update-users", "--smart-contexts"]].concat();
    let plan = ["import", "after.xml", "-i", "jira.sqlite", "--simulate", "-q", "--out", "plan.json"];
    let saved = env.run(&[&plan[..], &choices].concat());
    assert!(saved.ends_with("--- exit 0\n"), "{saved}");
    env.write("later.xml", env.read("before.xml").replacen(EDITS[0].0, "Later", 1));
    for instance in ["jira.sqlite", "twin.sqlite"] {
        env.run(&["import", "later.xml", "-i", instance, "--yes", "-q"]);
    }
    insta::assert_snapshot!(env.run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: the plan no longer fits the instance, and nothing was changed: 1 object has been changed since
    caused by: status `Open`
    hint: make a new plan: `pcfg import after.xml --skip group --skip 'status:In Progress' --map 'my names.toml' --update-users=true --smart-contexts --partial --simulate --save-plan plan.json -i [DIR]/jira.sqlite`
    --- exit 5
    ");
    insta::assert_snapshot!(env.run(&["apply", "plan.json", "--to", "twin.sqlite", "--yes"]), @"
    --- stderr
    error: the plan no longer fits the instance, and nothing was changed: 1 object has been changed since
    caused by: status `Open`
    hint: make a new plan: `pcfg import after.xml --skip group --skip 'status:In Progress' --map 'my names.toml' --update-users=true --smart-contexts --partial --simulate --save-plan plan.json -i twin.sqlite`
    --- exit 5
    ");
    // What came through a pipe has no name.
    let piped = ["import", "-", "-i", "jira.sqlite", "--simulate", "-q", "--out", "plan.json"];
    env.run_with(&piped, env.read("after.xml"));
    env.run(&["undo", "-i", "jira.sqlite", "--yes", "-q"]);
    let said = env.run(&["apply", "plan.json", "--yes"]);
    assert!(said.contains("`pcfg import - --simulate --save-plan plan.json -i "), "{said}");
}

/// A backup is never changed: its plan is applied to a new one, which holds what an import would have written.
#[test]
fn the_plan_of_a_backup_writes_a_new_one() {
    let env = two_instances();
    let backup = testdata("backup/demo");
    let from = backup.to_str().unwrap();
    let run = |arguments: &[&str]| env.run(arguments).replace(from, "[BACKUP]");
    let saved =
        run(&["import", "after.xml", "-i", from, "--simulate", "--format", "json", "--out", "plan.json"]);
    insta::assert_snapshot!(saved.split_once("--- stderr\n").unwrap().1, @"
    saved the plan; `pcfg apply plan.json -o changed.zip` writes a new backup with the changes, for Jira to restore
    --- exit 0
    ");
    insta::assert_snapshot!(run(&["apply", "plan.json", "--yes"]), @"
    --- stderr
    error: `[BACKUP]` is a backup, which is never changed
    hint: write a new backup with the changes, for Jira to restore: `pcfg apply plan.json --yes -o changed.zip`
    hint: or apply the plan to an instance loaded from that backup: `--to INSTANCE`
    --- exit 2
    ");
    let said = run(&["apply", "plan.json", "-o", "new.zip"]);
    insta::assert_snapshot!(said.split_once("--- stderr\n").unwrap().1, @"
    the plan was made from `after.xml`, which imports DEMO, OPS
    wrote `new.zip`: 1 object created, 1 object changed
    --- exit 0
    ");
    assert!(run(&["import", "after.xml", "-i", from, "-o", "same.zip"]).ends_with("--- exit 0\n"));
    for new in ["new.zip", "same.zip"] {
        let exported = env.run(&["export", "--all", "-q", "-i", new]);
        assert_eq!(exported, format!("{}--- exit 0\n", env.read("after.xml")), "{new}");
    }
    insta::assert_snapshot!(run(&["apply", "plan.json", "--to", "twin.sqlite", "-o", "other.zip"]), @"
    --- stderr
    error: `-o` works only when the instance is a backup, and `twin.sqlite` is not
    hint: leave `-o` out to change the instance itself
    --- exit 2
    ");
    assert!(!env.path("other.zip").exists());
}
