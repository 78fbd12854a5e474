//! What an administrator learns who wants to move to Jira Cloud: from the document, and from the report.

use std::fs;
use std::path::Path;

use jira_for_tests::{Options, Server, serve};

use crate::documents::{assert_part, project};
use crate::env::{Env, testdata};
use crate::readme::{replayed, run};

/// The site to move to, which is `cloud` in the pcfg.toml of a folder.
fn site(folder: &Path) -> (Server, tempfile::TempDir) {
    let (own, path) = crate::embedded::loaded(&project("samples/demo"));
    let server = serve(&path, Options::cloud()).unwrap();
    let (user, token) = server.credentials().unwrap();
    let url = server.url();
    let text = format!(
        "[instances.cloud]\nurl = \"{url}\"\nuser = \"{user}\"\ntoken-command = [\"echo\", \"{token}\"]\n"
    );
    fs::write(folder.join("pcfg.toml"), text).unwrap();
    (server, own)
}

#[test]
fn the_session_of_the_document_is_real() {
    let folder = tempfile::tempdir().unwrap();
    let [folder, home] = ["jira", "home"].map(|name| folder.path().join(name));
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(&home).unwrap();
    let old = testdata("backup/demo");
    fs::create_dir(folder.join("old-jira")).unwrap();
    for file in fs::read_dir(old).unwrap().map(|own| own.unwrap().path()) {
        fs::copy(&file, folder.join("old-jira").join(file.file_name().unwrap())).unwrap();
    }
    let (server, _own) = site(&folder);
    let text = fs::read_to_string(project("docs/moving-to-cloud.md")).unwrap();
    let (_, rest) = text.split_once("<!-- begin session -->\n").unwrap();
    let (session, _) = rest.split_once("<!-- end session -->").unwrap();
    let told =
        |command: &str| run(command, &folder, &home).replace(&server.url(), "https://acme.atlassian.net");
    assert_part("docs/moving-to-cloud.md", "session", &replayed(session, &told));
}

#[test]
fn people_are_found_by_their_addresses_and_never_guessed() {
    let env = Env::new();
    let (_server, _own) = site(&env.path(""));
    env.run(&["export", "--all", "-i", testdata("backup/demo").to_str().unwrap(), "-o", "old.xml"]);
    let old = env.read("old.xml");
    let report = |file: &str, format: &str| {
        env.run(&["import", file, "-i", "cloud", "--simulate", "--format", format])
    };
    let people = |file: String| {
        env.write("own.xml", file);
        let told = report("own.xml", "markdown");
        let line = told.lines().find(|line| line.starts_with("- user ")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{told}")).split(" (").next().unwrap().to_owned()
    };
    assert_eq!(people(old.clone()), "- user `ada`, `grace`, `linus`");
    let one = old.replace("ada@example.com", "ADMIN@example.com");
    assert_eq!(people(one.clone()), "- user `grace`, `linus`");
    // Who of both is it?
    assert_eq!(
        people(one.replace("grace@example.com", "admin@example.com")),
        "- user `ada`, `grace`, `linus`"
    );
    assert!(report("own.xml", "html").contains("Moving to Jira Cloud"));
    // For machines it is the same.
    let told = report("own.xml", "json");
    let json: serde_json::Value =
        serde_json::Deserializer::from_str(&told).into_iter().next().unwrap().unwrap();
    let moving = &json["moving"];
    let keys: Vec<&str> =
        moving["projects"].as_array().unwrap().iter().filter_map(|own| own["key"].as_str()).collect();
    assert_eq!(keys, ["DEMO", "OPS"]);
    let people = moving["decisions"].as_array().unwrap().iter().find(|own| own["kind"] == "user").unwrap();
    assert_eq!(people["objects"], serde_json::json!(["ada", "grace", "linus"]));
    assert!(moving["mapping"].as_str().unwrap().contains("\"ada\" = { match = \"ACCOUNT ID\" }"), "{moving}");
    // From a site to itself nothing moves.
    env.run(&["export", "--all", "-i", "cloud", "-o", "cloud.xml"]);
    let told = report("cloud.xml", "markdown");
    assert!(told.contains("Nothing to do") || told.contains("othing"), "{told}");
    assert!(!told.contains("Moving to Jira Cloud"), "{told}");
    assert!(!report("cloud.xml", "json").contains("\"moving\""));
}
