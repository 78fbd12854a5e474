//! The documents say what the program does: the format, the order of repeated elements.
//!
//! `PCFG_UPDATE_DOCS=1 cargo test documents` writes the generated parts anew.

use std::fs;
use std::path::{Path, PathBuf};

use pcfg::rest::Edition;
use pcfg::schema::{Relation, Schema};

use crate::env::{Env, testdata};
use crate::real_data;

pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares the part of a document between its markers with what it should be.
pub(crate) fn assert_part(document: &str, part: &str, expected: &str) {
    let path = project(document);
    let text = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- begin {part} -->\n"), format!("<!-- end {part} -->"));
    let from =
        text.find(&begin).unwrap_or_else(|| panic!("{document} has no marker for {part}")) + begin.len();
    let to = text.find(&end).unwrap();
    if text[from..to] == *expected {
        return;
    }
    if std::env::var_os("PCFG_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    let difference = similar::TextDiff::from_lines(&text[from..to], expected);
    panic!(
        "{document} is behind the schema in its part {part}:\n{}",
        difference.unified_diff().context_radius(1)
    );
}

#[cfg(feature = "postgres")]
#[test]
fn the_rights_that_reading_a_database_needs_are_documented() {
    for (part, issues) in [("reading role", false), ("reading role of issues", true)] {
        let sql = pcfg::instance::Postgres::reading_role(issues);
        assert_part("docs/postgres.md", part, &format!("```sql\n{sql}```\n"));
    }
    let sql = pcfg::instance::Postgres::rights_to_prove();
    assert_part("docs/rest.md", "rights to prove", &format!("```sql\n{sql}```\n"));
}

#[test]
fn what_a_live_jira_tells_is_documented() {
    let mut table = "| what | Cloud: read | Cloud: write | Data Center: read | Data Center: write |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    let said = |own: pcfg::model::Can| own.map_or_else(|why| format!("no: {why}"), |()| "yes".to_owned());
    let [cloud, data_center] = [Edition::Cloud, Edition::DataCenter].map(pcfg::instance::abilities);
    for ((part, cloud), (_, data_center)) in cloud.parts().zip(data_center.parts()) {
        let cells = [cloud, data_center].map(|own| format!("{} | {}", said(own.read), own.written()));
        table.push_str(&format!("| `{part}` | {} |\n", cells.join(" | ")));
    }
    assert_part("docs/rest.md", "abilities", &table);
}

#[cfg(feature = "rest")]
#[test]
fn rules_of_workflows_are_documented() {
    let mut table = "| what | Jira Cloud | class and arguments | which way |\n|---|---|---|---|\n".to_owned();
    for line in pcfg::instance::workflows::lines() {
        let cells =
            [line.place.to_owned(), line.rule, line.class, line.way].map(|own| own.replace('|', "\\|"));
        table.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    assert_part("docs/rest.md", "rules", &table);
}

#[test]
fn the_format_is_documented_by_the_schema() {
    let schema = Schema::get();
    assert_part("docs/format.md", "order", &schema.order_table());
    assert_part("docs/format.md", "kinds", &schema.kinds_table());
    assert_part("docs/format.md", "values", &schema.values());
    assert_part("docs/format.md", "elements", &schema.elements());
}

/// A row of an order table.
#[derive(Debug)]
struct Row {
    parent: String,
    child: String,
    order: String,
}

fn rows(table: &str) -> Vec<Row> {
    let lines = table.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    lines
        .skip(1)
        .map(|line| {
            let cells: Vec<String> =
                line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
            Row { parent: cells[0].clone(), child: cells[1].clone(), order: cells[2].clone() }
        })
        .collect()
}

/// The order of repeated elements is fixed by the product's documentation; the guide lists it row by row.
#[test]
fn the_schema_orders_elements_as_the_products_documentation_says() {
    let Some(folder) = real_data::folder("../guide") else { return };
    let guide = fs::read_to_string(folder.join("format.md")).unwrap();
    let from = guide.find("| parent | child | ordered by |").unwrap();
    let table: String =
        guide[from..].lines().take_while(|line| line.starts_with('|')).collect::<Vec<_>>().join("\n");
    let fixed = rows(&table);
    assert!(fixed.len() > 50, "the guide's table was found");
    let ours = rows(&Schema::get().order_table());
    for row in &fixed {
        if row.child.is_empty() {
            check_other_children_of_a_board();
            continue;
        }
        let parent = row.parent.split(" (").next().unwrap();
        let own =
            ours.iter().find(|own| own.child == row.child && own.parent.split(", ").any(|own| own == parent));
        let own = own.unwrap_or_else(|| panic!("the schema has no row for {row:?}"));
        let wanted = match row.order.as_str() {
            order if order.starts_with("kept") => "kept",
            "natural order of weekdays, Monday first" | "increasing date" => "own value",
            order => order,
        };
        assert_eq!(own.order, wanted, "{} in {}", row.child, row.parent);
    }
}

fn check_other_children_of_a_board() {
    let schema = Schema::get();
    let board = schema.kind(schema.kind_named("scrumKanbanBoard").unwrap()).declaration;
    let own_order = ["administratorUser", "administratorGroup", "workingDay", "nonWorkingDay", "status"];
    let mut waiting = vec![board];
    while let Some(parent) = waiting.pop() {
        for &child in schema.children(parent) {
            let declaration = schema.declaration(child);
            if let Some(items) = &declaration.items
                && !declaration.is_unknown
                && !declaration.is_lost
                && !own_order.contains(&declaration.name.as_str())
            {
                assert_eq!(
                    items.relation,
                    Relation::Ordered,
                    "{} in a board keeps its order",
                    declaration.name
                );
            }
            waiting.push(child);
        }
    }
}

#[test]
fn weekdays_sort_by_their_natural_order() {
    let schema = Schema::get();
    let (_, days) = schema.types().find(|(_, ty)| ty.name == "WorkingDays").unwrap();
    let day = days.children().iter().find(|&&child| schema.declaration(child).name == "workingDay").unwrap();
    let key = &schema.declaration(*day).items.as_ref().unwrap().sort[0];
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    assert_eq!(key.order, pcfg::schema::Comparison::Enumeration(week.map(str::to_owned).to_vec()));
}

/// Returns what stands in the first column of the tables of a document.
fn documented(document: &str) -> Vec<String> {
    let text = fs::read_to_string(project(document)).unwrap();
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.flat_map(|(names, _)| names.split("`, `")).map(str::to_owned).collect()
}

#[test]
fn the_codes_of_problems_are_documented() {
    let documented = documented("docs/json.md");
    let mut count = 0;
    for file in [
        "src/xml/decode.rs",
        "src/xml/explain.rs",
        "src/xml/read/mod.rs",
        "src/xml/read/element.rs",
        "src/check/duplicates.rs",
        "src/check/lacks.rs",
        "src/check/references.rs",
        "src/check/rules.rs",
        "src/check/texts.rs",
        "src/check/unknown.rs",
        "src/check/workflows.rs",
    ] {
        let text = fs::read_to_string(project(file)).unwrap();
        for (at, call) in text.match_indices("Problem::error(").chain(text.match_indices("=> (")) {
            let Some(rest) = text[at + call.len()..].trim_start().strip_prefix('"') else { continue };
            let code = rest.split('"').next().unwrap();
            assert!(documented.iter().any(|name| name == code), "{code} stands in docs/json.md");
            count += 1;
        }
    }
    assert!(count > 30, "{count}");
}

#[test]
fn the_fields_of_json_are_documented() {
    fn fields(value: &serde_json::Value, names: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(object) => {
                for (name, value) in object {
                    names.push(name.clone());
                    // Its fields are kinds.
                    if name != "objects" {
                        fields(value, names);
                    }
                }
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| fields(value, names)),
            _ => {}
        }
    }
    let env = Env::new();
    env.write("backup.xml", fs::read(testdata("backup/small.xml")).unwrap());
    env.write("wrong.xml", "<projectConfig formatVersion=\"1\"><projcts/></projectConfig>");
    env.write("pcfg.toml", "[instances.a]\npath = 'backup.xml'\n");
    let mut names = Vec::new();
    for arguments in [
        ["validate", "wrong.xml"].as_slice(),
        &["instance", "check", "-i", "a"],
        &["instance", "show", "-i", "a"],
        &["instance", "list"],
    ] {
        let output = env.command(&[arguments, &["--format", "json"]].concat()).output().unwrap();
        let document = serde_json::from_slice(&output.stdout).unwrap();
        fields(&document, &mut names);
    }
    let demo = testdata("backup/demo");
    env.run(&["instance", "load", demo.to_str().unwrap(), "--into", "a.sqlite"]);
    env.run(&["export", "--all", "-i", "a.sqlite", "-o", "a.xml"]);
    let edited = env.read("a.xml").replace("<inward>is blocked by</inward>", "<inward>waits</inward>").replace(
        "      <username>linus</username>",
        "      <username>john</username>\n      <email>nowhere</email>\n      <active>true</active>\n    </user>\n    \
         <user>\n      <username>linus</username>",
    );
    env.write("a.xml", edited);
    env.run(&["import", "a.xml", "-i", "a.sqlite", "--yes", "--skip", "user"]);
    for arguments in
        [["history", "-i", "a.sqlite"].as_slice(), &["import", "a.xml", "--simulate", "-i", "a.sqlite"]]
    {
        let output = env.command(&[arguments, &["--format", "json"]].concat()).output().unwrap();
        fields(&serde_json::from_slice(&output.stdout).unwrap(), &mut names);
    }
    for name in ["steps", "touchedProjects", "reasons", "code", "runs", "undoneBy"] {
        assert!(names.iter().any(|own| own == name), "{name} is in a document");
    }
    let text = fs::read_to_string(project("docs/json.md")).unwrap();
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "{name} stands in docs/json.md");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let docs = fs::read_dir(project("docs")).unwrap().map(|own| own.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|own| own == "md"));
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "schema/README.md"].map(project);
    let all: Vec<PathBuf> = docs.chain(others).collect();
    assert!(all.len() > 15, "{all:?}");
    for path in all {
        let document = path.display();
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(path.parent().unwrap().join(target).exists(), "{document}: {target}");
        }
    }
}

/// Words that administrators do not use, or that say another thing to them; `docs/glossary.md` has the right ones.
const OLD_WORDS: &[&str] = &[
    "workflow entry",
    "scrum kanban board",
    "custom field config scheme",
    "feels it",
    "feel it",
    "felt by",
    "touches other projects",
    "leads to nothing",
    "lead to nothing",
    "nobody to ask",
    "Do not ask",
    "only what went wrong",
    "what is in dispute",
    "see there",
    "has it not",
    "stands twice",
    "came in between",
    "no backup to make",
    "an address that is none",
    "nobody will finish",
    "if it goes",
    "What is no configuration",
    "is it no plan",
    "if it is no plan",
    "nobody gets in",
    "by what it is - most",
    "do anything but what its steps tell",
    "As if nothing had been",
];

/// What people read is in plain words: messages, help, pages and documents.
#[test]
fn old_words_stay_out() {
    // A phrase counts wherever its line ends.
    let words = |lines: &mut dyn Iterator<Item = &str>| {
        let bare = |line: &str| line.trim_start_matches([' ', '/']).trim_end_matches('\\').to_owned();
        lines.map(bare).collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut texts = Vec::new();
    for folder in ["src", "docs", "schema", "README.md", "CONTRIBUTING.md"] {
        for entry in walkdir::WalkDir::new(project(folder)) {
            let path = entry.unwrap().into_path();
            let text = match path.extension().and_then(|own| own.to_str()) {
                Some("rs") => crate::layers::code(&path),
                Some("md" | "xsd") => fs::read_to_string(&path).unwrap(),
                _ => continue,
            };
            // Of comments only those are read by others that describe an option or a command.
            let is_help = path.starts_with(project("src/cli"));
            let is_read = |line: &&str| {
                let line = line.trim_start();
                !line.starts_with("//") || (is_help && line.starts_with("///"))
            };
            let text = words(&mut text.lines().filter(is_read));
            texts.push((path, text));
        }
    }
    assert!(texts.len() > 100, "sources and documents were read");
    for (path, text) in &texts {
        for old in OLD_WORDS {
            assert!(!text.contains(old), "{} says `{old}`", path.display());
        }
    }
}
