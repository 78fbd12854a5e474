//! What a live Jira does not show, as a user sees it: an exit code of its own where another try may show it, a warning where none will.

use jira_for_tests::{Fault, Options, Outcome, serve};

use crate::env::Env;

#[test]
fn what_is_not_shown_for_now_has_an_exit_code_and_what_never_is_a_warning() {
    let mut env = Env::new();
    let made = env.run(&["instance", "init", "jira.sqlite", "-q"]);
    assert!(made.ends_with("--- exit 0\n"), "{made}");
    let server = serve(&env.path("jira.sqlite"), Options::data_center()).unwrap();
    env.set("JIRA_TOKEN", &server.credentials().unwrap().1);
    let url = server.url();
    env.write("pcfg.toml", format!("[instances.live]\nurl = \"{url}\"\ntoken-env = \"JIRA_TOKEN\"\n"));

    // What this edition never shows is told once for each reason, and the export is written.
    let export = |file: &str| env.run(&["export", "DEMO", "-i", "live", "-o", file]);
    let said = export("DEMO.xml");
    assert!(said.ends_with("--- exit 0\n"), "{said}");
    let warnings: Vec<&str> =
        said.lines().filter(|line| line.contains("the instance does not show")).collect();
    let reasons = warnings.iter().filter(|line| line.contains(": no endpoint returns it")).count();
    assert!(
        warnings.len() > 3 && reasons == 1 && warnings.iter().all(|own| own.starts_with("warning: ")),
        "{said}"
    );
    assert!(env.read("DEMO.xml").contains(" unseen=\""));

    // What another try may show stops it: nothing is written, and the message names the part.
    let outcome = Outcome::Html(200);
    let path = "/rest/api/2/resolution".to_owned();
    server.set_faults(vec![Fault { path, method: String::new(), after: 0, times: None, outcome }]);
    let said = export("again.xml");
    assert!(said.ends_with("--- exit 8\n"), "{said}");
    assert!(
        said.contains("at the moment") && said.contains("resolution") && said.contains("try again later"),
        "{said}"
    );
    assert!(!env.path("again.xml").exists());
    // An import is warned, and what it would have to know is refused; nothing is planned because of it.
    let said = env.run(&["import", "DEMO.xml", "-i", "live", "--simulate"]);
    assert!(said.ends_with("--- exit 4\n") && said.contains("cannot be seen in the target"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("warning: ") && line.contains("resolution")), "{said}");
}
