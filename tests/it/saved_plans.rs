//! Saved plans: what is applied is what was reviewed. Nothing that somebody adds to the rows, takes out of them or edits in them
//! or in the words gets into an instance.

use pcfg::entity::{EntityId, Row, RowChange, Tables, entities};
use pcfg::import::{Disproved, File, SavedPlan, Target, prepare, sha256};
use pcfg::instance::{Reading, Scope};
use pcfg::model::Config;
use pcfg::plan::Options;
use pcfg::xml;
use serde_json::{Value, json};

use crate::embedded::loaded;
use crate::env::{Env, testdata};

/// The edits of the demo configuration that the plan makes: a status changes, a group gets a member, a link type is new.
const EDITS: [(&str, &str); 2] = [
    ("The issue is open and ready for the assignee to start work on it.", "Ready to start"),
    (
        "      <inward>is blocked by</inward>\n    </issueLink>\n",
        "      <inward>is blocked by</inward>\n    </issueLink>\n    <issueLink>\n      <name>Duplicate</name>\n      \
         <outward>duplicates</outward>\n      <inward>is duplicated by</inward>\n    </issueLink>\n",
    ),
];

fn edited(text: &str) -> String {
    EDITS.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the export holds {from}");
        text.replacen(from, to, 1)
    })
}

/// Seals a plan again, as somebody does who knows how.
pub(crate) fn sealed(mut plan: Value) -> Value {
    plan.as_object_mut().unwrap().remove("seal");
    let seal = sha256(plan.to_string().as_bytes());
    plan["seal"] = seal.into();
    plan
}

/// An instance, and a plan that was made for it.
struct Planned {
    reading: Reading,
    plan: Value,
}

fn planned() -> Planned {
    planned_for(pcfg::select::Projects::All)
}

fn planned_for(projects: pcfg::select::Projects) -> Planned {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let scope = Scope { usage: true, ..Scope::default() };
    let mut reading = pcfg::instance::open(&path).unwrap().read(scope, &|_, _| {}).unwrap();
    let custom_fields = pcfg::select::CustomFields::default();
    let text = crate::importing::export(&mut reading.snapshot, projects, custom_fields);
    let file = Config::new(xml::read(&edited(&text)).root.unwrap());
    let facts = pcfg::mapping::facts(&reading.tables, &reading.snapshot);
    let import = prepare(&reading.tables, &reading.snapshot, &facts, &file, &Options::default());
    let name = File { name: "after.xml".to_owned(), sha256: String::new() };
    let saved = SavedPlan::new(&import, name, Target::default(), &reading.tables, &reading.snapshot);
    let plan = serde_json::from_str(&saved.text()).unwrap();
    Planned { reading, plan }
}

impl Planned {
    /// Tries to prove a plan; returns why it is not true.
    fn prove(&self, plan: &Value) -> Result<Vec<RowChange>, String> {
        let saved = SavedPlan::parse(&plan.to_string()).map_err(|error| error.to_string())?;
        let changes = saved.work().map_err(|error| error.to_string())?;
        match saved.prove(&changes, &self.reading.tables, &self.reading.snapshot) {
            Ok(proved) => Ok(proved.work().rows().to_vec()),
            Err(Disproved::Untrue(causes)) => Err(causes.join("\n")),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    /// Returns why the plan with one more row is not true, though its seal is.
    fn with_row(&self, row: Value) -> String {
        let mut plan = self.plan.clone();
        plan["rows"].as_array_mut().unwrap().push(row);
        self.prove(&sealed(plan)).unwrap_err()
    }
}

fn values(row: &Row) -> Value {
    let attributes = row.entity().entity().attributes.iter();
    let values = attributes.filter_map(|own| Some((own.name.to_owned(), row.get(own.name)?.into())));
    Value::Object(values.collect())
}

fn change(table: &str, before: Option<&Row>, after: Option<&Row>) -> Value {
    json!({"table": table, "before": before.map(values), "after": after.map(values)})
}

fn first(tables: &Tables, table: &str, attribute: &str, value: &str) -> Row {
    tables.rows(table).iter().find(|row| row.get(attribute) == Some(value)).unwrap().clone()
}

#[test]
fn a_plan_that_nobody_edited_is_true() {
    let planned = planned();
    assert_eq!(planned.plan["plan"]["steps"].as_array().unwrap().len(), 2);
    let changes = planned.prove(&planned.plan).unwrap();
    assert_eq!(changes.len(), planned.plan["rows"].as_array().unwrap().len());
    // How it is laid out does not matter.
    let text = serde_json::to_string_pretty(&planned.plan).unwrap().replace("  ", "\t");
    assert!(planned.prove(&serde_json::from_str(&text).unwrap()).is_ok());
}

/// Whatever row of whatever table somebody adds: it is named.
#[test]
fn no_other_row_gets_in() {
    let planned = planned();
    for entity in entities() {
        let mut new = Row::new(EntityId::named(entity.name));
        entity.attributes.iter().for_each(|own| new.put(own.name, Some("424242")));
        let why = planned.with_row(change(entity.name, None, Some(&new)));
        assert!(why.contains(&format!("the row + {}", entity.name)), "{}: {why}", entity.name);
        let rows = planned.reading.tables.rows(entity.name);
        let Some(row) = rows.iter().find(|row| row.id() != "1").or(rows.first()) else { continue };
        let why = planned.with_row(change(entity.name, Some(row), None));
        assert!(why.contains(&format!("the row - {}", entity.name)), "{}: {why}", entity.name);
        let mut other = row.clone();
        other.put(entity.attributes.last().unwrap().name, Some("424242"));
        let why = planned.with_row(change(entity.name, Some(row), Some(&other)));
        assert!(why.contains(&format!("the row ~ {}", entity.name)), "{}: {why}", entity.name);
    }
}

/// Whatever somebody edits in the words or in the rows: it does not agree with the rest, whatever the seal says.
#[test]
fn no_edited_value_gets_in() {
    let planned = planned();
    let mut places = Vec::new();
    leaves(&planned.plan, String::new(), &mut places);
    let (mut steps, mut rows) = (0, 0);
    // Of many objects one says as much as all.
    let is_tried = |place: &&String| {
        *place != "/seal" && (!place.starts_with("/objects") || place.starts_with("/objects/7/"))
    };
    for place in places.iter().filter(is_tried) {
        let mut plan = planned.plan.clone();
        let value = plan.pointer_mut(place).unwrap();
        *value = match value {
            Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
            Value::String(text) => format!("{text}1").into(),
            other => panic!("{other}"),
        };
        assert!(planned.prove(&plan).is_err(), "{place}");
        if place.starts_with("/plan/steps") || place.starts_with("/rows") {
            (steps, rows) = match place.starts_with("/rows") {
                true => (steps, rows + 1),
                false => (steps + 1, rows),
            };
            assert!(planned.prove(&sealed(plan)).is_err(), "{place}");
        }
    }
    assert!(steps > 10 && rows > 10, "{steps} and {rows} were tried");
}

fn leaves(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, own)| leaves(own, format!("{place}/{name}"), places));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, own)| leaves(own, format!("{place}/{at}"), places));
        }
        Value::Null => {}
        _ => places.push(place),
    }
}

#[test]
fn what_is_missing_is_named() {
    let planned = planned();
    for at in 0..planned.plan["rows"].as_array().unwrap().len() {
        let mut plan = planned.plan.clone();
        plan["rows"].as_array_mut().unwrap().remove(at);
        assert!(planned.prove(&sealed(plan)).is_err(), "row {at}");
    }
    for at in 0..2 {
        let mut plan = planned.plan.clone();
        plan["plan"]["steps"].as_array_mut().unwrap().remove(at);
        let why = planned.prove(&sealed(plan)).unwrap_err();
        assert!(why.contains("no step of the plan changes it"), "step {at}: {why}");
    }
    let mut plan = planned.plan.clone();
    let step = plan["plan"]["steps"][0].clone();
    plan["plan"]["steps"].as_array_mut().unwrap().push(step);
    let why = planned.prove(&sealed(plan)).unwrap_err();
    assert!(why.contains("a change of it that no rows make"), "{why}");
    let mut plan = planned.plan.clone();
    let row = plan["rows"][0].clone();
    plan["rows"].as_array_mut().unwrap().push(row);
    assert!(planned.prove(&sealed(plan)).is_err(), "a row twice");
}

/// What an attacker would want, as the administrator is told of it.
#[test]
fn what_an_attacker_adds_is_told() {
    let planned = planned();
    let tables = &planned.reading.tables;
    let member = tables.rows("Membership").first().unwrap();
    let mut admin = member.clone();
    admin.put("id", Some("10100"));
    admin.put("parentName", Some("jira-administrators"));
    admin.put("lowerParentName", Some("jira-administrators"));
    insta::assert_snapshot!(planned.with_row(change("Membership", None, Some(&admin))), @"the row + Membership 10100 (childId `10000`, childName `ada`, directoryId `1`, lowerParentName `jira-administrators`, membershipType `GROUP_USER`): no step of the plan changes it");
    let property = first(tables, "OSPropertyString", "id", "10000");
    let mut other = property.clone();
    other.put("value", Some("https://evil.example.com"));
    insta::assert_snapshot!(planned.with_row(change("OSPropertyString", Some(&property), Some(&other))), @"the row ~ OSPropertyString 10000 (value `9.12.4` → `https://evil.example.com`): no step of the plan changes it");
    let mut raised = Row::new(EntityId::named("SequenceValueItem"));
    raised.put("seqName", Some("Issue"));
    raised.put("seqId", Some("90000"));
    insta::assert_snapshot!(planned.with_row(change("SequenceValueItem", None, Some(&raised))), @"the row + SequenceValueItem Issue (seqId `90000`): no step of the plan changes it");
    let issue = json!({"table": "Issue", "before": null, "after": {"id": "77777", "project": "10000", "status": "1"}});
    insta::assert_snapshot!(planned.with_row(issue), @"the row + Issue 77777 (project `10000`, status `1`): no step of the plan changes it");
    // A new object with an id that Jira would not give it.
    let text = planned.plan.to_string();
    let new = planned.plan["rows"].as_array().unwrap().iter().find(|row| row["table"] == "IssueLinkType");
    let id = new.unwrap()["after"]["id"].as_str().unwrap().to_owned();
    let odd = text.replace(&format!("\"id\":\"{id}\""), "\"id\":\"77777\"");
    insta::assert_snapshot!(planned.prove(&sealed(serde_json::from_str(&odd).unwrap())).unwrap_err(), @"
    the row + IssueLinkType 77777 (inward `is duplicated by`, linkname `Duplicate`, outward `duplicates`): no step of the plan changes it
    the row + IssueLinkType 10001 (inward `is duplicated by`, linkname `Duplicate`, outward `duplicates`): a step of the plan changes it, but the plan does not contain it
    ");
    // Numbers and projects that calm the reader.
    let mut plan = planned.plan.clone();
    plan["plan"]["counts"]["remove"] = 7.into();
    plan["plan"]["projects"] = json!(["DEMO"]);
    insta::assert_snapshot!(planned.prove(&sealed(plan)).unwrap_err(), @"
    the plan counts `remove` otherwise than its rows do: 0
    the plan names projects that it was not made for
    ");
    // Words that hide what the rows do.
    let mut plan = planned.plan.clone();
    plan["plan"]["steps"][0]["changes"][0]["new"] = "harmless".into();
    insta::assert_snapshot!(planned.prove(&sealed(plan)).unwrap_err(), @"
    the row ~ Status 1 (description `The issue is open and ready for the assi…` → `Ready to start`): no step of the plan changes it
    status `Open`: the plan tells another change of it than its rows make
    ");
    let mut plan = planned.plan.clone();
    plan["file"]["name"] = "reviewed.xml".into();
    insta::assert_snapshot!(planned.prove(&plan).unwrap_err(), @"it has been edited since it was saved: its checksum differs");
}

/// Whoever counts a project as imported would hide what affects it.
#[test]
fn no_project_is_hidden() {
    let planned = planned_for(pcfg::select::Projects::Keys(vec!["DEMO".to_owned()]));
    let [projects, status] =
        ["/plan/projects", "/plan/steps/0"].map(|place| planned.plan.pointer(place).unwrap());
    assert_eq!((projects, &status["touches"]), (&json!(["DEMO"]), &json!(["OPS"])));
    assert_eq!(planned.plan["plan"]["counts"]["touchedProjects"], 1);
    let with = |edits: &[(&str, Value)]| {
        let mut plan = planned.plan.clone();
        edits.iter().for_each(|(place, value)| *plan.pointer_mut(place).unwrap() = value.clone());
        planned.prove(&sealed(plan)).unwrap_err()
    };
    let (both, none) = (json!(["DEMO", "OPS"]), json!([]));
    let untouched = ("/plan/steps/0/touches", none.clone());
    let uncounted = ("/plan/counts/touchedProjects", json!(0));
    insta::assert_snapshot!(with(&[untouched.clone(), uncounted.clone()]), @"
    the row ~ Status 1 (description `The issue is open and ready for the assi…` → `Ready to start`): no step of the plan changes it
    status `Open`: the plan tells another change of it than its rows make
    the plan counts `touchedProjects` otherwise than its rows do: 1
    ");
    insta::assert_snapshot!(with(&[untouched.clone(), uncounted.clone(), ("/projects", both.clone())]), @"
    the plan names projects that it was not made for
    project `OPS`: the plan calls it imported, but it was not made from it, and hides what affects it
    ");
    insta::assert_snapshot!(with(&[untouched, uncounted, ("/projects", both.clone()), ("/plan/projects", both)]), @"project `OPS`: the plan calls it imported, but it was not made from it, and hides what affects it");
    // Nor is one called affected that is imported.
    insta::assert_snapshot!(with(&[("/projects", none.clone()), ("/plan/projects", none)]), @"
    the row ~ Status 1 (description `The issue is open and ready for the assi…` → `Ready to start`): no step of the plan changes it
    status `Open`: the plan tells another change of it than its rows make
    the plan counts `touchedProjects` otherwise than its rows do: 2
    ");
}

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
