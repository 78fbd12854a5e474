//! What goes wrong in the middle of reading a live Jira: one clear error each, nothing written, and an end.

use std::time::{Duration, Instant};

use jira_for_tests::{Fault, Options, Outcome, serve};

use crate::env::Env;

#[test]
fn what_goes_wrong_in_the_middle_is_one_clear_error() {
    let mut env = Env::new();
    assert!(env.run(&["instance", "init", "jira.sqlite", "-q"]).ends_with("--- exit 0\n"));
    let options = Options { token: "c4n4ry".to_owned(), ..Options::cloud() };
    let server = serve(&env.path("jira.sqlite"), options).unwrap();
    let (user, token) = server.credentials().unwrap();
    env.set("PCFG_USER", &user);
    env.set("PCFG_TOKEN", &token);
    env.set("PCFG_INSTANCE", &server.url());
    let elsewhere = crate::listener::Listener::start(|_| crate::listener::json(200, "{}"));
    let screens = "/rest/api/3/screens";
    let paused = Outcome::Body {
        status: 404,
        content_type: "text/html".to_owned(),
        bytes: b"<html><title>Your Atlassian Cloud site is currently unavailable.</title></html>".to_vec(),
    };
    let mut all = String::new();
    for (what, faults) in [
        ("401 in the middle", vec![Fault::always(screens, Outcome::Status(401))]),
        ("a CAPTCHA in the middle", vec![Fault::always(screens, Outcome::Captcha)]),
        ("a redirect to another host", vec![Fault::always(screens, Outcome::Redirect(elsewhere.url()))]),
        ("a list that never ends", vec![Fault::always(screens, Outcome::Endless)]),
        (
            "a wait that is too long",
            vec![Fault::always(screens, Outcome::Limited { retry_after: Some(3600) })],
        ),
        ("a page of a sign-in", vec![Fault::always(screens, Outcome::Html(200))]),
        ("a site that is paused", vec![Fault::always("**", paused)]),
    ] {
        server.set_faults(faults);
        server.forget();
        let since = Instant::now();
        let said = env.run(&["export", "DEMO", "-q", "-o", "DEMO.xml"]);
        assert!(since.elapsed() < Duration::from_secs(20), "{what}: {:?}", since.elapsed());
        assert!(server.requests().len() < 300, "{what}: {}", server.requests().len());
        assert!(!env.path("DEMO.xml").exists() && !said.contains("c4n4ry"), "{what}: {said}");
        let told = said.replace(&server.url(), "JIRA").replace(&elsewhere.url(), "ELSEWHERE");
        all.push_str(&format!("{what}\n{told}\n"));
    }
    assert_eq!(elsewhere.asked().len(), 0);
    insta::assert_snapshot!(all);
}
