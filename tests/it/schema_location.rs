//! Where a file says that its schema is: for editors, and no part of the configuration.

use super::env::{Env, testdata};

const LOCATION: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:noNamespaceSchemaLocation=\"../projectConfig.xsd\"";

/// A folder with a configuration, and with the same one that says where the schema is.
fn env() -> Env {
    let env = Env::new();
    let plain = std::fs::read_to_string(testdata("valid/small.xml")).unwrap();
    env.write("located.xml", plain.replace("<projectConfig ", &format!("<projectConfig {LOCATION} ")));
    env.write("plain.xml", plain);
    env
}

#[test]
fn the_schema_is_printed() {
    let output = Env::new().command(&["schema"]).output().unwrap();
    assert_eq!(output.stdout, pcfg::schema::XSD.as_bytes());
    assert!(output.status.success());
}

#[test]
fn a_file_may_say_where_its_schema_is() {
    let env = env();
    assert_eq!(env.run(&["validate", "-q", "located.xml"]), "--- exit 0\n");
    assert_eq!(env.run(&["format", "--check", "-q", "located.xml", "plain.xml"]), "--- exit 0\n");
    // In another order, with another prefix.
    let own = LOCATION
        .replace("xsi", "x")
        .split_once(' ')
        .map(|(first, second)| format!("{second} {first}"))
        .unwrap();
    let text = env
        .read("located.xml")
        .replace(LOCATION, "")
        .replace("formatVersion=\"1\"", &format!("formatVersion=\"1\" {own}"));
    env.write("odd.xml", text);
    assert_eq!(env.run(&["validate", "-q", "odd.xml"]), "--- exit 0\n");
    env.run(&["format", "-q", "odd.xml"]);
    assert_eq!(env.read("odd.xml"), env.read("located.xml").replace("xsi", "x"));
    assert_eq!(
        env.run_with(&["format", "-q"], env.read("located.xml")),
        format!("{}--- exit 0\n", env.read("located.xml"))
    );
}

#[test]
fn a_prefix_must_be_declared() {
    let env = env();
    env.write(
        "a.xml",
        env.read("located.xml").replace("xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" ", ""),
    );
    insta::assert_snapshot!(env.run(&["validate", "a.xml"]), @r#"
    error[attribute]: the prefix `xsi` is not declared
       ╭─[a.xml:2:2]
     2 │ <projectConfig xsi:noNamespaceSchemaLocation="../projectConfig.xsd" for…
       ·  ─────────────
       ╰────
    hint: add xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"

    --- stderr
    1 error in 1 file
    --- exit 1
    "#);
}

#[test]
fn no_comparison_looks_at_it() {
    let env = env();
    assert_eq!(env.run(&["diff", "-q", "plain.xml", "located.xml"]), "--- exit 0\n");
    let there = env.run(&["merge", "plain.xml", "plain.xml", "located.xml", "-o", "merged.xml"]);
    assert_eq!(
        (there.as_str(), env.read("merged.xml")),
        ("--- exit 0\n", env.read("located.xml")),
        "what one side added stays"
    );
    let gone = env.run(&["merge", "located.xml", "located.xml", "plain.xml", "-o", "merged.xml"]);
    assert_eq!(
        (gone.as_str(), env.read("merged.xml")),
        ("--- exit 0\n", env.read("plain.xml")),
        "what one side removed goes"
    );
    env.write("demo/entities.xml", std::fs::read(testdata("backup/demo/entities.xml")).unwrap());
    assert_eq!(env.run(&["export", "DEMO", "-i", "demo", "-o", "demo.xml", "-q"]), "--- exit 0\n");
    assert!(!env.read("demo.xml").contains("xsi"));
    env.write(
        "demo.xml",
        env.read("demo.xml").replace("<projectConfig ", &format!("<projectConfig {LOCATION} ")),
    );
    assert_eq!(env.run(&["drift", "demo.xml", "-i", "demo", "-q"]), "--- exit 0\n");
    let planned = env.run(&["import", "demo.xml", "-i", "demo", "--simulate"]);
    assert!(planned.contains("nothing to do") && planned.ends_with("--- exit 0\n"), "{planned}");
}
