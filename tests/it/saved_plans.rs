//! Saved plans: what is applied is what was reviewed. Nothing that somebody adds to the rows, takes out of them or edits in them
//! or in the words gets into an instance.

use pcfg::entity::{EntityId, Row, RowChange, Tables, entities};
use pcfg::import::{Disproved, Origin, SavedPlan, Target, prepare, sha256};
use pcfg::instance::{Reading, Scope};
use pcfg::model::Config;
use pcfg::plan::Options;
use pcfg::xml;
use serde_json::{Value, json};

use crate::embedded::loaded;
use crate::env::testdata;

/// The edits of the demo configuration that the plan makes: a status changes, a group gets a member, a link type is new.
pub(crate) const EDITS: [(&str, &str); 2] = [
    ("The issue is open and ready for the assignee to start work on it.", "Ready to start"),
    (
        "      <inward>is blocked by</inward>\n    </issueLink>\n",
        "      <inward>is blocked by</inward>\n    </issueLink>\n    <issueLink>\n      <name>Duplicate</name>\n      \
         <outward>duplicates</outward>\n      <inward>is duplicated by</inward>\n    </issueLink>\n",
    ),
];

pub(crate) fn edited(text: &str) -> String {
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
    planned_by(projects, &edited)
}

/// Returns a plan for a file with edits.
fn planned_by(projects: pcfg::select::Projects, edited: &dyn Fn(&str) -> String) -> Planned {
    let (_folder, path) = loaded(&testdata("backup/demo"));
    let scope = Scope { usage: true, ..Scope::default() };
    let mut reading = pcfg::instance::open(&path).unwrap().read(scope, &|_, _| {}).unwrap();
    let custom_fields = pcfg::select::CustomFields::default();
    let text = crate::importing::export(&mut reading.snapshot, projects, custom_fields);
    let file = Config::new(xml::read(&edited(&text)).root.unwrap());
    let facts = pcfg::mapping::facts(&reading.tables, &reading.snapshot);
    let options = Options::default();
    let import = prepare(&reading.tables, &reading.snapshot, &facts, &file, &options);
    let text = xml::to_string(&file);
    let origin = Origin { name: "after.xml", bytes: text.as_bytes(), options: &options, new: None };
    let saved = SavedPlan::new(&import, &origin, Target::default(), &reading.tables, &reading.snapshot);
    let plan = serde_json::from_str(&saved.text()).unwrap();
    Planned { reading, plan }
}

impl Planned {
    /// Tries to prove a plan; returns why it is not true.
    fn prove(&self, plan: &Value) -> Result<Vec<RowChange>, String> {
        let saved = SavedPlan::parse(&plan.to_string()).map_err(|error| error.to_string())?;
        let changes = saved.work().map_err(|error| error.to_string())?;
        let Reading { tables, snapshot, .. } = &self.reading;
        let facts = pcfg::mapping::facts(tables, snapshot);
        match saved.prove(&changes, tables, (snapshot, &facts)) {
            Ok((proved, _)) => Ok(proved.work().rows().to_vec()),
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
    let text = serde_json::to_string_pretty(&planned.plan).unwrap().replace('\n', "\n\t");
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
            Value::Bool(own) => (!*own).into(),
            other => panic!("{other}"),
        };
        assert!(planned.prove(&plan).is_err(), "{place}");
        let (is_word, is_row) = (place.starts_with("/plan"), place.starts_with("/rows"));
        if is_word || is_row || place == "/madeFrom/configuration" {
            steps += usize::from(is_word);
            rows += usize::from(is_row);
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

/// What a plan tells beside its steps follows from no row: it is found out again from the file in the plan.
#[test]
fn what_is_told_beside_the_steps_is_told_anew() {
    // Of an existing user nothing is changed.
    let edit =
        |text: &str| edited(text).replace("<email>ada@example.com</email>", "<email>ada@new.example</email>");
    let planned = planned_by(pcfg::select::Projects::All, &edit);
    planned.prove(&planned.plan).unwrap();
    let with = |name: &str, value: Value| {
        let mut plan = planned.plan.clone();
        plan["plan"][name] = value;
        planned.prove(&sealed(plan)).unwrap_err()
    };
    assert_eq!(with("warnings", json!(["all is well"])), "Retold([\"the warnings\"])");
    assert!(!planned.plan["plan"]["heldBack"].as_array().unwrap().is_empty());
    assert_eq!(with("heldBack", json!([])), "Retold([\"what is held back\"])");
    let refused = json!([{ "kind": "status", "name": "Open", "reasons": [], "skip": "status:Open" }]);
    assert_eq!(with("refused", refused), "Retold([\"what is refused\"])");
    // Nor does another file give other words.
    let mut plan = planned.plan.clone();
    plan["madeFrom"]["configuration"] = json!("<projectConfig formatVersion=\"1\"/>");
    assert_eq!(
        planned.prove(&sealed(plan.clone())).unwrap_err(),
        "the configuration in the plan is not that of `after.xml`"
    );
    plan["file"]["sha256"] = sha256(b"<projectConfig formatVersion=\"1\"/>").into();
    assert!(planned.prove(&sealed(plan)).unwrap_err().starts_with("Retold"));
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
