//! Pictures, as a user asks for them; and of real workflows, as an independent program reads them.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use pcfg::graph::{Categories, map, svg, workflow};
use pcfg::xml;

use crate::env::Env;
use crate::real_data;

fn with_file() -> Env {
    let env = Env::new();
    let backup = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/backup/demo");
    env.write("demo.xml", xml::to_string(&real_data::export(&backup, &[])));
    env
}

#[test]
fn a_workflow_is_drawn_for_a_wiki() {
    assert_snapshot!(with_file().run(&["graph", "demo.xml", "--workflow", "Demo workflow"]), @r#"
    stateDiagram-v2
        state "Closed" as s1
        state "In Review" as s2
        state "Open" as s3
        [*] --> s3 : Create
        s3 --> s2 : Start review
        s2 --> s1 : Close
        s3 --> s1 : Close
    --- exit 0
    "#);
}

#[test]
fn the_map_tells_what_uses_what_and_when() {
    let map = with_file().run(&["graph", "demo.xml", "--format", "dot"]);
    assert!(map.starts_with("digraph \"What DEMO, OPS uses\" {\n"), "{map}");
    assert!(map.contains("label=\"Demo screen\\nscreen\""), "{map}");
    assert!(map.contains("label=\"others\""), "a default mapping says so: {map}");
}

/// What is left out is passed through: who is drawn is used by whoever uses what is not.
#[test]
fn a_map_shows_the_kinds_that_are_asked_for() {
    let env = with_file();
    assert_snapshot!(env.run(&["graph", "demo.xml", "--only", "workflow", "--only", "workflow scheme"]), @r#"
    flowchart LR
        n0(["DEMO<br/><i>project</i>"])
        n1(["OPS<br/><i>project</i>"])
        n2["Demo workflows<br/><i>workflow scheme</i>"]
        n3["jira<br/><i>workflow</i>"]
        n4["Demo workflow<br/><i>workflow</i>"]
        n0 --> n2
        n1 -->|"default"| n3
        n2 -->|"others"| n3
        n2 -->|"Bug"| n4
    --- exit 0
    "#);
    assert_snapshot!(env.run(&["graph", "demo.xml", "--only", "workflow"]), @r#"
    flowchart LR
        n0(["DEMO<br/><i>project</i>"])
        n1(["OPS<br/><i>project</i>"])
        n2["Demo workflow<br/><i>workflow</i>"]
        n3["jira<br/><i>workflow</i>"]
        n0 -->|"Bug"| n2
        n0 -->|"others"| n3
        n1 -->|"default"| n3
    --- exit 0
    "#);
    let skipped = env.run(&["graph", "demo.xml", "--skip", "screen scheme"]);
    assert!(skipped.contains("Demo screen") && !skipped.contains("screen scheme\""), "{skipped}");
    assert_snapshot!(env.run(&["graph", "demo.xml", "--only", "worklow"]), @r#"
    --- stderr
    error: invalid value 'worklow' for '--only <KIND[:NAME]>': there is no kind of object `worklow`; did you mean `workflow` or `workflowEntry` or `workflowScheme`?
    
    For more information, try '--help'.
    --- exit 2
    "#);
}

#[test]
fn a_wrong_name_is_told_with_the_right_ones() {
    let env = with_file();
    assert_snapshot!(env.run(&["graph", "demo.xml", "-w", "Demo workflw"]), @"
    --- stderr
    error: the configuration has no workflow `Demo workflw`
    hint: did you mean `Demo workflow`?
    --- exit 3
    ");
    let draft = env.run(&["graph", "demo.xml", "-w", "Demo workflow", "--draft"]);
    assert!(draft.starts_with("stateDiagram-v2\n"), "{draft}");
    env.write("broken.xml", "<projectConfig formatVersion=\"1\"><screens>");
    assert!(env.run(&["graph", "broken.xml"]).ends_with("--- exit 3\n"));
}

#[test]
fn drawings_of_real_workflows_are_well_formed() {
    let env = Env::new();
    for backup in real_data::backups() {
        let config = real_data::export(&backup, &[]);
        let roots = std::slice::from_ref(config.root());
        let objects = || config.root().children().iter().flat_map(|container| container.children());
        let mut categories = Categories::default();
        objects().for_each(|object| categories.add(object));
        let workflows = objects().filter(|object| object.tag() == "workflowEntry");
        let drawings = workflows.map(|entry| workflow(entry, &categories)).chain([map(roots, &|_| true)]);
        for (number, graph) in drawings.enumerate() {
            env.write(&format!("{number}.svg"), svg(&graph));
        }
    }
    let files = env.names();
    if files.is_empty() {
        return;
    }
    match Command::new("xmllint").arg("--noout").args(&files).current_dir(env.path("")).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            crate::skip::skipped(crate::skip::Need::Tool("xmllint", "libxml2-utils"), "another validator");
        }
    }
}

/// The form of a picture follows the name of its file, unless it is named; and what cannot be drawn is no file of another form.
#[test]
fn the_name_of_a_file_says_the_form_of_a_picture() {
    let env = with_file();
    let begins = |name: &str| env.read(name).split_whitespace().next().unwrap_or_default().to_owned();
    for (name, beginning) in [
        ("a.svg", "<svg"),
        ("a.SVG", "<svg"),
        ("a.dot", "digraph"),
        ("a.gv", "digraph"),
        ("a.mmd", "flowchart"),
        ("map", "flowchart"),
    ] {
        assert_eq!(env.run(&["graph", "demo.xml", "-o", name]), "--- exit 0\n");
        assert!(begins(name).starts_with(beginning), "{name}: {}", begins(name));
    }
    assert_eq!(env.run(&["graph", "demo.xml", "--format", "svg", "-o", "b.png"]), "--- exit 0\n");
    assert!(begins("b.png").starts_with("<svg"));
    assert_eq!(env.run(&["graph", "demo.xml", "--format", "dot", "-o", "b.svg"]), "--- exit 0\n");
    assert_eq!(begins("b.svg"), "digraph");
    assert_snapshot!(env.run(&["graph", "demo.xml", "-o", "map.pdf"]), @r"
    --- stderr
    error: a picture cannot be written as `.pdf`
    hint: `.svg` is a drawing, `.dot` and `.gv` are texts for Graphviz, `.mmd` is Mermaid, which goes into a block ```mermaid of Markdown
    hint: for any other name, say what it is to be: `pcfg graph demo.xml -o map.pdf --format svg`
    --- exit 2
    ");
    assert!(!env.path("map.pdf").exists());
}
