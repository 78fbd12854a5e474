//! Rules of a team: what they catch and let pass, that they change nothing, and that no expression does harm.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use pcfg::compare::{Side, compare};
use pcfg::model::{Config, Element, Severity};
use pcfg::plan::{Description, Value};
use pcfg::policy::{Policies, of_object};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::diff_command::{edited, env};
use crate::documents::project;
use crate::env::testdata;

fn sample(name: &str) -> Policies {
    let file = format!("samples/policies/{name}.toml");
    let mut policies = Policies::default();
    policies.add(&file, &std::fs::read_to_string(project(&file)).unwrap(), false).unwrap();
    policies
}

fn rule(each: &str, require: &str) -> Result<Policies, String> {
    let require = Json::from(require);
    let text =
        format!("[[policy]]\nname = \"own\"\neach = \"{each}\"\nrequire = {require}\nmessage = \"no\"\n");
    let mut policies = Policies::default();
    let added = policies.add("rules.toml", &text, false);
    added.map(|()| policies).map_err(|broken| broken[0].message.clone())
}

fn root(inner: &str) -> Element {
    let text = format!("<projectConfig formatVersion=\"1\">{inner}</projectConfig>");
    let document = pcfg::xml::read(&text);
    // It has no projects.
    let is_fine = |own: &pcfg::model::Problem| own.severity != Severity::Error || own.code == "missing";
    assert!(document.problems.iter().all(is_fine), "{:?}", document.problems);
    Config::new(document.root.unwrap()).root().clone()
}

fn everything() -> Element {
    let text = std::fs::read_to_string(testdata("valid/everything.xml")).unwrap();
    Config::new(pcfg::xml::read(&text).root.unwrap()).root().clone()
}

/// Returns the rules that a configuration violates.
fn of_file(policies: &Policies, inner: &str) -> BTreeSet<String> {
    policies.of_configuration(&root(inner)).into_iter().map(|own| own.violation.rule).collect()
}

fn difference(old: &str, new: &str) -> Description {
    let [old, new] = [old, new].map(|inner| Config::new(root(inner)));
    compare(&Side::of(&old), &Side::of(&new)).describe()
}

#[test]
fn the_samples_on_configurations_catch_and_let_pass() {
    let scheme = |holder: &str| {
        format!(
            "<permissionSchemes><permissionScheme><name>S</name><permissionHolder><permission>BROWSE_PROJECTS</permission>\
             <holder>{holder}</holder></permissionHolder></permissionScheme></permissionSchemes>"
        )
    };
    let field = |name: &str, rest: &str| {
        format!("<customField><name>{name}</name><type>com.example:text</type>{rest}</customField>")
    };
    let fields = |inner: &str| format!("<customFields>{inner}</customFields>");
    let many =
        |count: usize| fields(&(0..count).map(|number| field(&format!("F{number}"), "")).collect::<String>());
    let steps = |count: usize| {
        let steps: String =
            (0..count).map(|own| format!("<step><name>{own}</name><status>A</status></step>")).collect();
        format!("<workflowEntries><workflowEntry><name>W</name>{steps}</workflowEntry></workflowEntries>")
    };
    let filter = |kind: &str| {
        format!(
            "<filters><filter><name>F</name><sharedWith><type>{kind}</type></sharedWith></filter></filters>"
        )
    };
    let described = "<description>why</description>";
    let cases = [
        ("browse-not-for-everybody", scheme("<anyone/>"), scheme("<group>users</group>")),
        (
            "browse-not-for-everybody",
            scheme("<applicationRole></applicationRole>"),
            scheme("<applicationRole>jira-software</applicationRole>"),
        ),
        (
            "permissions-not-for-users",
            scheme("<user>ada</user>"),
            scheme("<projectRole>Developers</projectRole>"),
        ),
        ("field-names", fields(&field("severity", "")), fields(&field("Severity of it", ""))),
        ("few-fields", many(61), many(60)),
        ("fields-explained", fields(&field("Fine", "")), fields(&field("Fine", described))),
        ("small-workflows", steps(16), steps(15)),
        ("filters-not-public", filter("global"), filter("loggedIn")),
    ];
    for (name, caught, passed) in cases {
        let policies = sample(name);
        assert_eq!(of_file(&policies, &caught), BTreeSet::from([name.to_owned()]), "{name} catches");
        assert_eq!(of_file(&policies, &passed), BTreeSet::new(), "{name} lets pass");
    }
}

#[test]
fn the_samples_on_plans_catch_and_let_pass() {
    let one = "<projectCategories><projectCategory><name>A</name><description>d</description></projectCategory></projectCategories>";
    let other = "<projectCategories><projectCategory><name>A</name></projectCategory></projectCategories>";
    let (removes, adds) = (difference(one, other), difference(other, one));
    let mut touching = adds.clone();
    touching.steps[0].touches.push("OPS".to_owned());
    let mut moving = adds.clone();
    moving.counts.issues = 3;
    let cases = [
        ("no-removals", removes, "removal"),
        ("no-removals", difference(one, ""), "removal"),
        ("no-shared-changes", touching, "shared"),
        ("issues-stay", moving, "moves-issues"),
    ];
    for (name, caught, label) in cases {
        let policies = sample(name);
        let rules = |policies: &Policies, plan: &Description| {
            policies.of_plan(plan).into_iter().map(|own| own.rule).collect::<Vec<_>>()
        };
        assert_eq!(rules(&policies, &caught), [name], "{name} catches");
        assert!(rules(&policies, &adds).is_empty(), "{name} lets pass");
        assert!(rules(&policies.labelled(vec![label.to_owned()]), &caught).is_empty(), "{label}");
    }
}

#[test]
fn there_are_ten_samples_and_each_is_tested_here() {
    let own = std::fs::read_to_string(project("tests/it/policies.rs")).unwrap();
    let files = std::fs::read_dir(project("samples/policies")).unwrap();
    let names: Vec<String> =
        files.map(|own| own.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 10);
    for name in names {
        assert_eq!(sample(&name).names().collect::<Vec<_>>(), [name.as_str()]);
        assert!(own.contains(&format!("\"{name}\",")), "{name}");
    }
}

#[test]
fn a_wrong_rule_is_named_with_its_line_before_anything() {
    let env = env();
    env.write(
        "rules.toml",
        "# ours\n[[policy]]\nname = \"one\"\neach = \"permissionScheme\"\nrequire = 'object.permisionHolder.size() == 0'\nmessage = \"m\"\n\n\
         [[policy]]\nname = \"two\"\neach = \"chnge\"\nrequire = 'true'\nmessage = \"m\"\n\n\
         [[policy]]\nname = \"three\"\neach = \"plan\"\nrequire = 'plan.counts.remove =='\nmessage = \"m\"\n",
    );
    assert_snapshot!(env.run(&["import", "demo.xml", "--simulate", "--policy", "rules.toml"]), @"
    --- stderr
    error: rules.toml:5: the policy `one` cannot be asked: `require`: `permissionScheme` has no `permisionHolder`; did you mean `permissionHolder`?
    hint: `docs/policies.md` describes them, and `samples/policies` has ten
    error: rules.toml:10: the policy `two` cannot be asked: there is no `chnge` to look at; did you mean `change`?
    hint: `docs/policies.md` describes them, and `samples/policies` has ten
    error: rules.toml:17: the policy `three` cannot be asked: `require`: character 22: mismatched input the end
    hint: `docs/policies.md` describes them, and `samples/policies` has ten
    --- exit 3
    ");
    env.write("rules.toml", "[[policy]]\nname = \"one\"\neach = \"plan\"\nrequires = 'true'\n");
    assert_snapshot!(env.run(&["validate", "demo.xml", "--policy", "rules.toml"]), @"
    --- stderr
    error: rules.toml:4: the policy `one` cannot be asked: unknown field `requires`, expected one of `name`, `each`, `when`, `require`, `message`, `severity`
    hint: `docs/policies.md` describes them, and `samples/policies` has ten
    --- exit 3
    ");
}

#[test]
fn what_can_never_be_there_is_refused() {
    let wrong = [
        ("step", "step.change.size() == 0"),
        ("step", "step.changes.exists(own, own.actoin == 'add')"),
        ("step", "object.name == ''"),
        ("plan", "plan.counts.removals == 0"),
        ("configuration", "size(configuration.customFields) == 0"),
        ("customField", "object.customFieldConfigScheme.exists(own, own.nme == '')"),
        ("customField", "object.customFieldConfigScheme.filter(own, true)[0].nme == ''"),
        ("customField", "object.name.matches(object.type)"),
        ("customField", "object.name.matches('(')"),
        ("customField", "object.name.lower() == ''"),
        ("customField", "labels.x == ''"),
    ];
    let told: Vec<String> = wrong
        .iter()
        .map(|(each, require)| format!("{require}: {}", rule(each, require).expect_err(require)))
        .collect();
    assert_snapshot!(told.join("\n"), @"
    step.change.size() == 0: `require`: a step has no `change`; did you mean `changes`?
    step.changes.exists(own, own.actoin == 'add'): `require`: a change has no `actoin`; did you mean `action`?
    object.name == '': `require`: there is no variable `object` here; there are labels, plan, step
    plan.counts.removals == 0: `require`: a counts has no `removals`; did you mean `remove`?
    size(configuration.customFields) == 0: `require`: a configuration has no `customFields`; did you mean `customField`?
    object.customFieldConfigScheme.exists(own, own.nme == ''): `require`: `customFieldConfigScheme` has no `nme`; did you mean `name`?
    object.customFieldConfigScheme.filter(own, true)[0].nme == '': `require`: `customFieldConfigScheme` has no `nme`; did you mean `name`?
    object.name.matches(object.type): `require`: the pattern of `matches` is a text in quotes, and nothing else
    object.name.matches('('): `require`: `(` is no regular expression: found open group without closing ')'
    object.name.lower() == '': `require`: there is no function `lower` with 0 arguments
    labels.x == '': `require`: a list has no `x`; `exists(x, x.x …)` looks at its members
    ");
    for (each, require) in [
        ("object", "kind != 'status' || size(name) < 60"),
        ("customField", "object.customFieldConfigScheme.all(own, has(own.name))"),
        ("customField", "object.?description.orValue('') != 'x'"),
        ("configuration", "configuration.screen.map(own, own.name).all(name, name != '')"),
        ("change", "string(change.?new.orValue('')) != 'x' || plan.steps[0].name == step.name"),
    ] {
        rule(each, require).unwrap();
    }
}

#[test]
fn what_has_no_answer_is_a_violation() {
    let policies = rule("customField", "object.description != ''").unwrap();
    let field = "<customFields><customField><name>F</name><type>t:t</type></customField></customFields>";
    let [own] = &policies.of_configuration(&root(field))[..] else { panic!() };
    assert_eq!(
        own.violation.in_words(),
        "own: custom field `F (type t:t)`: `require` has no answer here: there is no `description`; `has(…)` asks whether there is"
    );
}

#[test]
fn no_expression_takes_for_ever() {
    // Five loops over all objects, texts that double, and nested brackets and operators without end.
    let all = "configuration.screen";
    let loops = (0..9)
        .fold("true".to_owned(), |inner, own| format!("{all}.all(x{own}, {all}.size() > 0 && {inner})"));
    let doubled = (0..60).fold("['xxxxxxxxxxxxxxxxxxxx']".to_owned(), |own, _| format!("{own}.map(x,x+x)"));
    let text = (0..12).map(|own| format!("<screen><name>{own}</name></screen>")).collect::<String>();
    let screens = root(&format!("<screens>{text}</screens>"));
    for require in [loops, format!("{doubled}.size() == 1")] {
        let policies = rule("configuration", &require).unwrap();
        let [own] = &policies.of_configuration(&screens)[..] else { panic!("{require}") };
        assert!(own.violation.message.contains("it takes too long"), "{}", own.violation.message);
    }
    for long in ["(", "[", "{", "!", "-", "a.", "1+", "true?", "a||"] {
        for count in [20, 190, 2_000, 1_000_000] {
            assert!(rule("plan", &long.repeat(count)).is_err());
        }
    }
}

#[test]
fn objects_read_as_they_are_printed() {
    fn without_empty_lists(json: &mut Json) {
        match json {
            Json::Object(members) => {
                members.retain(|_, own| own.as_array().is_none_or(|list| !list.is_empty()));
                members.values_mut().for_each(without_empty_lists);
                // What says nothing is printed as an empty text.
                if members.is_empty() {
                    *json = Json::from("");
                }
            }
            Json::Array(list) => list.iter_mut().for_each(without_empty_lists),
            _ => {}
        }
    }
    for object in everything().children().iter().flat_map(Element::children) {
        let mut own = of_object(object);
        without_empty_lists(&mut own);
        assert_eq!(own, serde_json::to_value(Value::of(object)).unwrap());
    }
}

/// Whatever a plan prints can be asked for.
#[test]
fn rules_know_all_that_a_plan_prints() {
    let one = "<projectCategories><projectCategory><name>A</name><description>d</description></projectCategory></projectCategories>";
    let other = "<projectCategories><projectCategory><name>A</name><description>e</description></projectCategory></projectCategories>";
    let mut plan = difference(one, other);
    let words = vec!["w".to_owned()];
    (plan.instance, plan.warnings, plan.irrevocable) = (Some("i".to_owned()), words.clone(), words.clone());
    let step = &mut plan.steps[0];
    (step.former_name, step.followers, step.warnings) = (Some("f".to_owned()), words.clone(), words);
    let json = serde_json::to_value(&plan).unwrap();
    let change = &json["steps"][0]["changes"][0];
    for (each, path, value) in [
        ("plan", "plan", &json),
        ("plan", "plan.counts", &json["counts"]),
        ("step", "step", &json["steps"][0]),
        ("change", "change", change),
    ] {
        let members = value.as_object().unwrap();
        assert!(members.len() > 3, "{path}");
        for name in members.keys() {
            rule(each, &format!("has({path}.{name})")).unwrap();
        }
    }
    assert!(rule("change", "change.old != change.new").unwrap().of_plan(&plan).is_empty());
}

fn json(text: &str) -> Json {
    serde_json::from_str(text.split("--- stderr").next().unwrap().split("--- exit").next().unwrap()).unwrap()
}

/// Rules that demo.xml, or its change, violates.
const OURS: &str = r#"
[[policy]]
name = "lead"
each = "project"
require = 'object.lead == "margaret"'
message = "margaret leads all projects"

[[policy]]
name = "no-word"
each = "step"
require = '!step.changes.exists(own, string(own.?new.orValue("")).contains("another line"))'
message = "a text says nothing"
"#;

#[test]
fn validation_says_the_same_in_all_formats() {
    let env = env();
    env.write("pcfg.toml", format!("{}{OURS}", env.read("pcfg.toml")));
    assert_snapshot!(env.run(&["validate", "demo.xml"]), @"
    error[policy]: lead: project `DEMO`: margaret leads all projects
       ╭─[demo.xml:4:6]
     4 │     <project>
       ·      ───────
       ╰────
    hint: the rule stands in pcfg.toml:4

    --- stderr
    1 error in 1 file
    --- exit 1
    ");
    assert_snapshot!(env.run(&["validate", "demo.xml", "--format", "github"]), @"
    ::error file=demo.xml,line=4,col=6,endColumn=13,title=policy/lead::lead: project `DEMO`: margaret leads all projects%0Athe rule stands in pcfg.toml:4
    --- stderr
    1 error in 1 file
    --- exit 1
    ");
    let told = json(&env.run(&["validate", "demo.xml", "--format", "json"]));
    let sarif = json(&env.run(&["validate", "demo.xml", "--format", "sarif"]));
    let (problems, results) =
        (told["problems"].as_array().unwrap(), sarif["runs"][0]["results"].as_array().unwrap());
    assert_eq!((problems.len(), results.len()), (1, 1));
    for (problem, result) in problems.iter().zip(results) {
        assert_eq!(result["ruleId"], format!("policy/{}", problem["rule"].as_str().unwrap()));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!((&region["startLine"], &region["startColumn"]), (&problem["line"], &problem["column"]));
        assert!(
            result["message"]["text"].as_str().unwrap().starts_with(problem["message"].as_str().unwrap())
        );
    }
    // Rules are asked of what is staged, too.
    env.write(".gitattributes", "*.xml diff=pcfg merge=pcfg\n");
    for arguments in [&["init", "-q"][..], &["add", "demo.xml"]] {
        let git = std::process::Command::new("git").args(arguments).current_dir(env.path(".")).status();
        assert!(git.unwrap().success());
    }
    let hook = env.run(&["git", "hook"]);
    assert!(hook.contains("margaret leads all projects") && hook.ends_with("--- exit 1\n"), "{hook}");
}

#[test]
fn a_plan_is_refused_and_not_changed_by_rules() {
    let env = env();
    env.run(&["instance", "load", testdata("backup/demo").to_str().unwrap(), "--into", "a.sqlite", "-q"]);
    edited(&env, "new.xml", &[("It has a second line.", "It has another line.")]);
    let import = ["import", "new.xml", "-i", "a.sqlite"];
    let with = |more: &[&str]| env.run(&[&import[..], more].concat());
    let plain = json(&with(&["--simulate", "--format", "json"]));
    assert!(with(&["--simulate", "--out", "plan.json"]).ends_with("--- exit 0\n"));
    env.write("rules.toml", OURS);
    let rules = ["--policy", "rules.toml"];
    assert_snapshot!(with(&[&rules[..], &["--simulate"]].concat()), @"
    plan for a.sqlite

    policies
      ! lead: project `DEMO`: margaret leads all projects
          new.xml:4:6; the rule stands in rules.toml:2
      ! no-word: project `DEMO`: a text says nothing
          new.xml:4:6; the rule stands in rules.toml:8

    project
      ~ DEMO
          ~ description:
                Shows what pcfg can do.
              - It has a second line.
              + It has another line.

    1 object to change; 45 unchanged
    --- stderr
    error: there are 2 violations of policies, and nothing would be changed
    hint: each stands above with its place: lead, no-word
    hint: change the file, or the rule if it asks too much
    --- exit 4
    ");
    assert_snapshot!(with(&[&rules[..], &["--simulate", "--format", "github"]].concat()), @"
    ::error file=new.xml,line=4,col=6,endColumn=6,title=policy/lead::lead: project `DEMO`: margaret leads all projects%0Athe rule stands in rules.toml:2
    ::error file=new.xml,line=4,col=6,endColumn=6,title=policy/no-word::no-word: project `DEMO`: a text says nothing%0Athe rule stands in rules.toml:8
    --- stderr
    error: there are 2 violations of policies, and nothing would be changed
    hint: each stands above with its place: lead, no-word
    hint: change the file, or the rule if it asks too much
    --- exit 4
    ");
    let mut judged = json(&with(&[&rules[..], &["--simulate", "--format", "json"]].concat()));
    let violations = judged.as_object_mut().unwrap().remove("violations").unwrap();
    assert_eq!(judged, plain, "the plan is the same");
    let sarif = json(&with(&[&rules[..], &["--simulate", "--format", "sarif"]].concat()));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let told: Vec<_> = results.iter().map(|own| own["ruleId"].as_str().unwrap()).collect();
    let rules_of = |own: &Json| format!("policy/{}", own["rule"].as_str().unwrap());
    assert_eq!(told, violations.as_array().unwrap().iter().map(rules_of).collect::<Vec<_>>());
    // Neither an import nor a saved plan changes anything.
    let history = || env.run(&["history", "-i", "a.sqlite"]);
    let before = history();
    assert!(with(&[&rules[..], &["--yes"]].concat()).ends_with("--- exit 4\n"));
    assert_snapshot!(env.run(&["apply", "plan.json", "--yes", "--policy", "rules.toml"]), @"
    plan for [DIR]/a.sqlite

    policies
      ! no-word: project `DEMO`: a text says nothing
          the rule stands in rules.toml:8

    project
      ~ DEMO
          ~ description:
                Shows what pcfg can do.
              - It has a second line.
              + It has another line.

    1 object to change
    --- stderr
    the plan was made from `new.xml`, which imports DEMO
    error: there is 1 violation of policies, and nothing was changed
    hint: each stands above with its place: no-word
    hint: change the file, or the rule if it asks too much
    --- exit 4
    ");
    assert_eq!(history(), before);
    assert_snapshot!(env.run(&["diff", "demo.xml", "new.xml", "--policy", "rules.toml"]), @"
    policies
      ! no-word: project `DEMO`: a text says nothing
          new.xml:4:6; the rule stands in rules.toml:8

    project
      ~ DEMO
          ~ description:
                Shows what pcfg can do.
              - It has a second line.
              + It has another line.

    1 changed; 45 unchanged
    --- exit 1
    ");
    for format in ["markdown", "html"] {
        let text = env.run(&["diff", "demo.xml", "new.xml", "--policy", "rules.toml", "--format", format]);
        assert!(text.contains("a text says nothing") && text.contains("Policies"), "{format}: {text}");
        assert!(text.ends_with("--- exit 1\n"));
    }
    let allowed = env.run(&["diff", "demo.xml", "demo.xml", "--policy", "rules.toml"]);
    assert!(allowed.ends_with("--- exit 0\n"), "{allowed}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_language_fall_over(words in prop::collection::vec(prop::sample::select(vec![
        "object", ".", "name", "(", ")", "[", "]", "==", "&&", "||", "!", "'a'", "1", "-1", "9223372036854775807", "0.5", "size", "has",
        ".all(x,", ".map(y,", ".filter(z,", "x", "y", "?", ":", "+", "-", "*", "/", "%", "in", "{", "}", ",", "matches", "int(", "\\", "'", "\"", "ä", "\u{0}", "null", "true",
        "labels", "kind", ".?", "[?", "r'", "b'", "//", ".exists_one(x,",
    ]), 0..14)) {
        if let Ok(policies) = rule("object", &words.join("")) {
            policies.of_configuration(&root("<projectCategories><projectCategory><name>A</name></projectCategory></projectCategories>"));
        }
    }
}
