//! The JSON Schemas in `schema/`: what commands write is as they say, and docs/json.md says the same.
//!
//! `cargo test --lib schemas` asks whether they are those of the types; `PCFG_UPDATE_DOCS=1 cargo test --test it json_schemas` writes the
//! tables of docs/json.md anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value, json};

use crate::documents::{assert_part, project};
use crate::env::{Env, testdata};

/// Reads a schema.
fn schema(name: &str) -> Value {
    let path = project(&format!("schema/{name}.schema.json"));
    serde_json::from_str(&fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"))).unwrap()
}

/// Returns a schema that lets nothing pass which it does not name: a later version may write more, this one may not.
fn strict(mut schema: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.get("properties").is_some_and(Value::is_object) && members.get("type").is_some() {
                    members.entry("additionalProperties").or_insert(json!(false));
                }
                members.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

/// Says how a document is not as a schema has it.
fn wrong(name: &str, document: &Value) -> Vec<String> {
    let validator = jsonschema::draft7::new(&strict(schema(name))).unwrap();
    validator.iter_errors(document).map(|own| format!("{}: {own}", own.instance_path())).collect()
}

fn assert_as_described(name: &str, document: &Value) {
    let wrong = wrong(name, document);
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
}

/// Runs a command and compares what it writes with a schema; returns it.
fn written(env: &Env, name: &str, words: &str) -> Value {
    let words: Vec<&str> = words.split(' ').chain(["--format", "json"]).collect();
    let output = env.command(&words).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let first = documents.next().unwrap_or_else(|| panic!("{words:?}: {told}")).unwrap();
    assert_as_described(name, &first);
    first
}

fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(project("schema")).unwrap();
    let names = entries.filter_map(|own| {
        own.unwrap().file_name().into_string().unwrap().strip_suffix(".schema.json").map(str::to_owned)
    });
    names.collect()
}

#[test]
fn every_schema_is_one_and_is_printed() {
    let env = Env::new();
    let listed = env.run(&["schema", "--list"]);
    let mut count = 0;
    for name in names() {
        if cfg!(not(feature = "sync")) && (name.starts_with("sync") || name == "issue-done") {
            continue;
        }
        let own = schema(&name);
        assert!(jsonschema::meta::is_valid(&own), "{name}");
        assert!(listed.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {listed}");
        let printed = env.command(&["schema", &name]).output().unwrap().stdout;
        assert_eq!(serde_json::from_slice::<Value>(&printed).unwrap(), own);
        count += 1;
    }
    assert!(count > 16, "{count}");
    // Those that are no JSON.
    assert!(env.run(&["schema", "projectData"]).contains("<xs:schema"));
    let unknown = env.run(&["schema", "plann"]);
    assert!(unknown.contains("'plan'") && unknown.ends_with("--- exit 2\n"), "{unknown}");
}

/// A folder with a backup of the demo, an instance of it, its configuration, and an edited one.
fn with_demo() -> Env {
    let env = Env::new();
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "demo.sqlite"]);
    env.write(
        "pcfg.toml",
        "default = 'demo'\n[instances.demo]\npath = 'demo.sqlite'\n[instances.gone]\npath = 'gone.zip'\n",
    );
    env.run(&["export", "--all", "-o", "demo.xml"]);
    let text = env.read("demo.xml");
    let edited = text
        .replace("<inward>is blocked by</inward>", "<inward>waits</inward>")
        .replace("<description>People who write code<", "<description>Coders<")
        .replace(
            "      <username>linus</username>",
            "      <username>john</username>\n      <email>nowhere</email>\n      <active>true</active>\n    </user>\n    \
             <user>\n      <username>linus</username>",
        );
    assert!(text != edited);
    env.write("new.xml", edited);
    env.write("wrong.xml", "<projectConfig formatVersion=\"1\"><projcts/></projectConfig>");
    env
}

#[test]
fn what_commands_write_is_as_the_schemas_say() {
    let env = with_demo();
    let found = written(&env, "validate", "validate wrong.xml demo.xml");
    assert_ne!(found["problems"], json!([]));
    written(&env, "instance-check", "instance check");
    written(&env, "instance-show", "instance show");
    written(&env, "instance-show", "instance show -i backup.xml");
    assert_eq!(written(&env, "instance-list", "instance list")["instances"].as_array().unwrap().len(), 2);
    for name in ["Severity", "status:Open", "workflow:TST", "group:jira-administrators", "project:DEMO"] {
        let words = format!("explain {name}");
        let output = env.command(&words.split(' ').collect::<Vec<_>>()).output().unwrap();
        if output.status.success() {
            written(&env, "explain", &words);
        }
    }
    written(&env, "explain", "explain status:Open --depth 1");
    let found = written(&env, "diff", "diff demo.xml new.xml");
    assert_ne!(found["steps"], json!([]));
    written(&env, "diff-stat", "diff demo.xml new.xml --stat");
    written(&env, "drift", "drift demo.xml");
    written(&env, "drift", "drift new.xml");
    written(&env, "drift-stat", "drift new.xml --stat");
    let refused = written(&env, "plan", "import new.xml --simulate");
    assert_ne!(refused["refused"], json!([]));
    written(&env, "plan", "import new.xml --simulate --skip user --save-plan plan.json");
    assert_as_described("saved-plan", &serde_json::from_str(&env.read("plan.json")).unwrap());
    assert!(env.run(&["apply", "plan.json", "--yes", "--message", "OPS-7"]).ends_with("--- exit 0\n"));
    let history = written(&env, "history", "history");
    assert_eq!(history["runs"][0]["message"], "OPS-7");
    let issues = written(&env, "issue-list", "issue list DEMO --time-zone UTC");
    assert_ne!(issues, json!([]));
    for issue in issues.as_array().unwrap() {
        let key = issue["key"].as_str().unwrap();
        written(&env, "issue-show", &format!("issue show {key} --time-zone UTC"));
        written(&env, "issue-show", &format!("issue show {key} --history --time-zone UTC"));
    }
}

/// Issues that move, renamed objects, what is not seen and what policies say are in plans, too.
#[test]
fn plans_of_all_kinds_are_as_the_schema_says() {
    let env = with_demo();
    env.write(
        "rules.toml",
        "[[policy]]\nname = \"no-change\"\neach = \"step\"\nrequire = \"false\"\nmessage = \"nothing may change\"\nseverity = \"warning\"\n",
    );
    let judged = written(&env, "plan", "import new.xml --simulate --skip user --policy rules.toml");
    assert_ne!(judged["violations"], json!([]), "{judged}");
    let judged = written(&env, "validate", "validate demo.xml --policy rules.toml");
    assert_eq!(judged["version"], 1);
    let text = env.read("demo.xml");
    let status = text.replace("In Review", "Reviewing");
    assert!(status != text);
    env.write("renamed.xml", status);
    written(&env, "diff", "diff demo.xml renamed.xml");
    env.write("names.toml", "[status]\nReviewing = { rename = \"In Review\" }\n");
    written(&env, "plan", "import renamed.xml --simulate --map names.toml");
    env.run(&["instance", "init", "empty.sqlite"]);
    written(&env, "plan", "import demo.xml --simulate -i empty.sqlite");
}

#[test]
fn what_is_otherwise_is_told() {
    let env = with_demo();
    let mut plan = written(&env, "plan", "import new.xml --simulate");
    plan["refused"][0]["reasons"][0].as_object_mut().unwrap().remove("code");
    plan["steps"][0]["action"] = json!("destroy");
    plan["counts"]["more"] = json!(1);
    assert_eq!(wrong("plan", &plan).len(), 3, "{:?}", wrong("plan", &plan));
}

#[test]
fn settings_are_as_their_schema_says_and_no_others() {
    let env = Env::new();
    let as_json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    let good = [
        "default = \"a\"\n[instances.a]\npath = \"a.zip\"\nupdate-users = true\nmap = \"names.toml\"\n",
        "[instances.a]\nurl = \"https://a.atlassian.net\"\nuser = \"a@example.com\"\ntoken-env = \"T\"\nmax-wait = 5\n",
        "[instances.a]\nurl = \"postgres://a@b/c\"\nschema = \"public\"\npassword-command = [\"pass\"]\n",
        "[[policy]]\nname = \"a\"\neach = \"step\"\nrequire = \"true\"\nmessage = \"b\"\nseverity = \"warning\"\n",
    ];
    for text in good {
        assert_eq!(wrong("pcfg", &as_json(text)), Vec::<String>::new(), "{text}");
        env.write("pcfg.toml", text);
        assert!(env.run(&["instance", "list"]).ends_with("--- exit 0\n"), "{text}");
    }
    let bad = [
        "[instances.a]\npath = \"a.zip\"\nurl = \"https://a.atlassian.net\"\n",
        "[instances.a]\nmap = \"names.toml\"\n",
        "[instances.a]\npth = \"a.zip\"\n",
        "[instances.a]\npath = 1\n",
        "defaults = \"a\"\n",
    ];
    for text in bad {
        assert_ne!(wrong("pcfg", &as_json(text)), Vec::<String>::new(), "{text}");
        env.write("pcfg.toml", text);
        assert!(env.run(&["instance", "list"]).contains("error: "), "{text}");
    }
    // The examples that ship, and those of the documents.
    let mut count = 0;
    for entry in fs::read_dir(project("samples/policies")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        assert_eq!(wrong("policies", &as_json(&text)), Vec::<String>::new(), "{text}");
        count += 1;
    }
    assert!(count > 9, "{count}");
    for block in blocks("toml") {
        if !block.contains("[instances") {
            continue;
        }
        assert_eq!(wrong("pcfg", &as_json(&block)), Vec::<String>::new(), "{block}");
        count += 1;
    }
    assert!(count > 11, "{count}");
}

/// The examples of a language in the documents.
fn blocks(language: &str) -> Vec<String> {
    let docs =
        fs::read_dir(project("docs")).unwrap().map(|own| own.unwrap().path()).chain([project("README.md")]);
    let texts = docs
        .filter(|path| path.extension().is_some_and(|own| own == "md"))
        .map(|path| fs::read_to_string(path).unwrap());
    let begin = format!("```{language}\n");
    texts
        .flat_map(|text| {
            let blocks = text.split(&begin).skip(1).map(|own| own.split("```").next().unwrap().to_owned());
            blocks.collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(feature = "sync")]
#[test]
fn what_synchronizations_write_is_as_the_schemas_say() {
    let env = Env::new();
    for line in crate::sync::SESSION {
        let said = env.run(&line.split(' ').collect::<Vec<_>>());
        assert!(said.ends_with("--- exit 0\n"), "{line}: {said}");
    }
    for (name, line) in [
        ("issue-done", "issue create DEMO --type Task summary=New description=Words -i a.sqlite --as ada"),
        ("issue-done", "issue edit DEMO-6 summary=Other -i a.sqlite --as ada"),
        ("issue-done", "issue comment DEMO-6 Words -i a.sqlite --as ada"),
        ("issue-done", "issue attach DEMO-6 trial.handshake -i a.sqlite --as ada"),
        ("issue-done", "issue link DEMO-6 blocks DEMO-2 -i a.sqlite --as ada"),
        ("sync-status", "sync status --home A"),
        ("sync-run", "sync run --settle --home A --home B"),
        ("sync-issue", "sync status DEMO-6 --home A"),
        ("sync-check", "sync check --home B"),
        ("sync-errors", "sync errors --home A"),
        ("sync-messages", "sync messages --home A"),
        ("sync-quarantine", "sync quarantine list --home A"),
        ("sync-handshake", "sync handshake show trial.handshake"),
        ("sync-key", "sync key show --home B"),
        ("sync-licence", "sync licence --home A"),
    ] {
        written(&env, name, line);
    }
    // It has no other form.
    let output = env.command(&["sync", "plan", "DEMO-6", "--home", "A"]).output().unwrap();
    assert_as_described("sync-plan", &serde_json::from_slice(&output.stdout).unwrap());
    let as_json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    for half in ["A", "B"] {
        let text = env.read(&format!("{half}/trial/sync.toml"));
        assert_eq!(wrong("sync", &as_json(&text)), Vec::<String>::new(), "{text}");
    }
    let mut count = 0;
    for block in blocks("toml").iter().filter(|own| own.contains("[sync]")) {
        assert_eq!(wrong("sync", &as_json(block)), Vec::<String>::new(), "{block}");
        count += 1;
    }
    assert!(count > 0);
    assert_ne!(
        wrong("sync", &json!({ "sync": { "project": "A", "user": "b", "filters": {} } })),
        Vec::<String>::new()
    );
}

/// Says in words what a value is.
fn kind(value: &Value) -> String {
    if let Some(reference) = value["$ref"].as_str() {
        return format!("`{}`", reference.rsplit('/').next().unwrap());
    }
    if let Some(words) = value["enum"].as_array() {
        let words = words.iter().map(|own| format!("`{}`", own.as_str().unwrap_or("null")));
        return words.collect::<Vec<_>>().join(", ");
    }
    if let Some(word) = value["const"].as_str() {
        return format!("`{word}`");
    }
    for several in ["allOf", "anyOf", "oneOf"] {
        if let Some(all) = value[several].as_array() {
            let all: Vec<String> = all.iter().filter(|own| own.get("required").is_none()).map(kind).collect();
            if !all.is_empty() {
                return all.join(" or ").replace("` or `", "`, `");
            }
        }
    }
    let of = |name: &str| match name {
        "string" => "text".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "`true`, `false`".to_owned(),
        "null" => "`null`".to_owned(),
        "array" => match &value["items"] {
            Value::Array(several) => {
                format!("list: {}", several.iter().map(kind).collect::<Vec<_>>().join(", "))
            }
            one => format!("list of {}", kind(one)),
        },
        "object" => match &value["additionalProperties"] {
            Value::Object(_) => format!("by name: {}", kind(&value["additionalProperties"])),
            _ => "object".to_owned(),
        },
        other => other.to_owned(),
    };
    match &value["type"] {
        Value::String(name) => of(name),
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(of).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

/// Returns the table of the fields of an object.
fn table(object: &Value) -> String {
    let empty = Map::new();
    let fields = object["properties"].as_object().unwrap_or(&empty);
    let required: BTreeSet<&str> =
        object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = "| field | is | holds |\n|---|---|---|\n".to_owned();
    // What is always there comes first, in the order in which it is written.
    let order = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let more = fields.keys().map(String::as_str).filter(|name| !required.contains(name));
    for name in order.chain(more) {
        let own = &fields[name];
        let optional = if required.contains(name) { "" } else { "; optional" };
        let holds = own["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        writeln!(text, "| `{name}` | {}{optional} | {holds} |", kind(own).replace('|', "\\|")).unwrap();
    }
    text
}

/// Returns the names of the definitions that a value refers to, in their order.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.push(reference.rsplit('/').next().unwrap().to_owned());
            }
            let inner = members.iter().filter(|(name, _)| *name != "definitions");
            inner.for_each(|(_, own)| references(own, found));
        }
        Value::Array(items) => items.iter().for_each(|own| references(own, found)),
        _ => {}
    }
}

/// Returns what the documents say of a schema; each definition stands once in all of them.
fn told(name: &str, known: &mut BTreeMap<String, (String, Value)>) -> String {
    let own = schema(name);
    let root = if own["type"] == "array" { &own["items"] } else { &own };
    let is_list = own["type"] == "array";
    let mut text = String::new();
    let mut waiting = Vec::new();
    if root.get("$ref").is_none() {
        text.push_str(&table(root));
    }
    if is_list {
        text.insert_str(0, &format!("A list of {}.\n\n", kind(root)));
    }
    references(root, &mut waiting);
    let (mut told, mut before): (BTreeSet<String>, BTreeMap<String, Vec<String>>) = Default::default();
    waiting.reverse();
    while let Some(next) = waiting.pop() {
        if !told.insert(next.clone()) {
            continue;
        }
        let definition = &own["definitions"][&next];
        match known.get(&next) {
            Some((place, same)) if same == definition => {
                before.entry(place.clone()).or_default().push(next);
                continue;
            }
            _ => {}
        }
        known.insert(next.clone(), (name.to_owned(), definition.clone()));
        let about = definition["description"].as_str().unwrap_or_default().replace('\n', " ");
        write!(text, "\n`{next}`: {about}\n").unwrap();
        let words =
            definition["oneOf"].as_array().filter(|own| own.iter().all(|own| own.get("const").is_some()));
        if let Some(words) = words {
            text.push_str("\n| word | means |\n|---|---|\n");
            for word in words {
                let means = word["description"].as_str().unwrap_or_default();
                writeln!(text, "| {} | {means} |", kind(word)).unwrap();
            }
        } else if definition["properties"].is_object() {
            text.push('\n');
            text.push_str(&table(definition));
        }
        let mut more = Vec::new();
        references(definition, &mut more);
        more.reverse();
        waiting.extend(more);
    }
    for (place, names) in before {
        let names: Vec<String> = names.iter().map(|own| format!("`{own}`")).collect();
        write!(text, "\n{}: as of the schema `{place}`.\n", names.join(", ")).unwrap();
    }
    text
}

/// The schemas that docs/json.md tells of, in its order.
const DOCUMENTED: [&str; 26] = [
    "validate",
    "instance-check",
    "instance-show",
    "instance-list",
    "issue-list",
    "issue-done",
    "explain",
    "plan",
    "data-plan",
    "diff",
    "diff-stat",
    "drift",
    "drift-stat",
    "saved-plan",
    "history",
    "sync-status",
    "sync-issue",
    "sync-run",
    "sync-check",
    "sync-plan",
    "sync-errors",
    "sync-messages",
    "sync-quarantine",
    "sync-handshake",
    "sync-key",
    "sync-licence",
];

#[test]
fn documents_tell_what_the_schemas_say() {
    let mut known = BTreeMap::new();
    for name in DOCUMENTED {
        assert_part("docs/json.md", &format!("schema {name}"), &told(name, &mut known));
    }
    // An issue is described by the format, and files that people write by documents of their own.
    let elsewhere = ["issue-show", "pcfg", "policies", "sync"].map(str::to_owned);
    let all: BTreeSet<String> = DOCUMENTED.iter().map(|own| (*own).to_owned()).chain(elsewhere).collect();
    assert_eq!(all, names());
}
