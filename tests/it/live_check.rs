//! Signing in at a live Jira: who asks, with which secret, and one clear error for everything that is no Jira.

use std::fs;

use crate::env::Env;
use crate::listener::{Answer, Asked, Listener, answer, html, json};

/// What nobody may see.
pub(crate) const TOKEN: &str = "c4n4ry";

/// A Data Center that knows one administrator, by one token.
pub(crate) fn data_center(asked: &Asked) -> Answer {
    let is_known = asked.headers.contains(&format!("uthorization: Bearer {TOKEN}"));
    if asked.is_for("/rest/api/2/serverInfo") {
        return json(
            200,
            r#"{"baseUrl":"http://HOST","version":"9.12.4","buildNumber":912004,"deploymentType":"Server","serverTitle":"Jira"}"#,
        );
    }
    if !is_known {
        return json(
            401,
            &format!(r#"{{"message":"what is {}?"}}"#, asked.headers.replace(['\n', '"'], " ")),
        );
    }
    if asked.is_for("/rest/api/2/myself") {
        return json(
            200,
            r#"{"key":"JIRAUSER10100","name":"ada","displayName":"Ada L.","emailAddress":"ada@corp.example.org","active":true,"locale":"en_US"}"#,
        );
    }
    if asked.is_for("/rest/api/2/mypermissions") {
        return json(
            200,
            r#"{"permissions":{"ADMINISTER":{"havePermission":true},"SYSTEM_ADMIN":{"havePermission":true},"USER_PICKER":{"havePermission":true},"CREATE_SHARED_OBJECTS":{"havePermission":true},"BULK_CHANGE":{"havePermission":true}}}"#,
        );
    }
    if asked.is_for("/rest/api/2/project") {
        return json(
            200,
            r#"[{"id":"1","lead":{"key":"JIRAUSER10100","name":"ada","displayName":"Ada L.","active":true}},{"id":"2"}]"#,
        );
    }
    json(404, "{}")
}

fn signed_in() -> Env {
    let mut env = Env::new();
    env.set("PCFG_TOKEN", TOKEN);
    env
}

fn check(env: &Env, listener: &Listener, more: &[&str]) -> String {
    let url = listener.url();
    let said = env.run(&[&["instance", "check", "-i", &url], more].concat());
    assert!(!said.contains(TOKEN), "{said}");
    listener.neutral(&said)
}

/// Replaces the times, which differ from run to run.
fn timeless(said: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in said.split(' ') {
        let is_unit = ["ms", "s"].iter().any(|unit| word == *unit || word.starts_with(&format!("{unit}\n")));
        if is_unit && words.last().is_some_and(|last| last.parse::<f64>().is_ok()) {
            words.pop();
            words.push("N");
        }
        words.push(word);
    }
    words.join(" ")
}

#[test]
fn a_jira_says_who_asks_and_what_he_may() {
    let listener = Listener::start(data_center);
    let env = signed_in();
    insta::assert_snapshot!(timeless(&check(&env, &listener, &["-v"])));
    insta::assert_snapshot!(timeless(&check(&env, &listener, &["--format", "json", "-q"])));
    for asked in listener.asked() {
        assert!(asked.headers.to_ascii_lowercase().contains("accept: application/json"), "{}", asked.headers);
        assert!(asked.headers.contains("pcfg/"), "{}", asked.headers);
    }
}

#[test]
fn what_is_missing_is_told_and_has_an_exit_code() {
    let listener = Listener::start(|asked| match () {
        () if asked.is_for("/rest/api/2/myself") => {
            json(200, r#"{"key":"JIRAUSER1","name":"bob","displayName":"Bob","locale":"de_DE"}"#)
        }
        () if asked.is_for("/rest/api/2/mypreferences") => json(200, "\"de_DE\""),
        () if asked.is_for("/rest/api/2/mypermissions") => json(
            200,
            r#"{"permissions":{"ADMINISTER":{"havePermission":false},"USER_PICKER":{"havePermission":false}}}"#,
        ),
        () => data_center(asked),
    });
    insta::assert_snapshot!(timeless(&check(&signed_in(), &listener, &["-q"])));
}

/// Everything that is no Jira, or not for this caller.
#[test]
fn what_is_no_jira_is_one_clear_error() {
    let elsewhere = Listener::start(data_center);
    let other = elsewhere.url();
    let huge = || {
        let mut answer =
            b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[".to_vec();
        answer.resize(answer.len() + (65 << 20), b' ');
        answer
    };
    let deep = format!(r#"{{"version":{}1{}}}"#, "[".repeat(50_000), "]".repeat(50_000));
    let recorded = |name: &str| fs::read_to_string(format!("../shared/jira/rest/dc-11.3.6/{name}")).ok();
    let mut answers: Vec<(&str, Answer)> = vec![
        (
            "a page to sign in",
            html(200, "<html><title>Log in - Jira</title><form action=\"/login.jsp\"></form></html>"),
        ),
        ("the page of a proxy", html(200, "<html><title>Access denied</title></html>")),
        (
            "Confluence",
            html(200, "<meta name=\"confluence-base-url\" content=\"https://wiki\"><title>Dashboard</title>"),
        ),
        (
            "a redirect to another host",
            answer(302, &format!("Location: {other}/rest/api/2/serverInfo?token=x\r\n"), ""),
        ),
        ("single sign-on", answer(302, "Location: https://sso.example.com/saml?SAMLRequest=x\r\n", "")),
        ("something else", json(404, r#"{"message":"no route"}"#)),
        ("other JSON", json(200, "{}")),
        ("a reply that is too deep", json(200, &deep)),
        ("a reply that is too large", huge()),
        (
            "a failed sign-in",
            answer(
                200,
                "Content-Type: application/json\r\nX-Seraph-LoginReason: AUTHENTICATED_FAILED\r\n",
                "{}",
            ),
        ),
        ("a CAPTCHA", answer(403, "X-Seraph-LoginReason: AUTHENTICATION_DENIED\r\n", "")),
        ("a wait that is too long", answer(429, "Retry-After: 3600\r\n", "slow down")),
    ];
    let mut invalid = json(200, r#"{"version":"??"}"#);
    let length = invalid.len();
    invalid[length - 3] = 0xff;
    answers.push(("a reply that is no UTF-8", invalid));
    if let Some(page) = recorded("websudo.html") {
        assert!(
            check(&signed_in(), &Listener::start(move |_| html(200, &page)), &[])
                .contains("secure administrator session")
        );
    }
    let mut all = String::new();
    for (what, answer) in answers {
        let listener = Listener::start(move |_| answer.clone());
        let said = check(&signed_in(), &listener, &["-q"]);
        all.push_str(&format!("{what}\n{}\n", said.replace(&other, "http://OTHER")));
    }
    assert_eq!(elsewhere.asked().len(), 0, "no redirect is followed");
    insta::assert_snapshot!(all);
}

#[test]
fn a_wrong_token_is_tried_once() {
    let listener = Listener::start(data_center);
    let mut env = Env::new();
    env.set("PCFG_TOKEN", "expired-c4n4ry");
    insta::assert_snapshot!(check(&env, &listener, &["-q"]));
    assert_eq!(listener.asked().len(), 2);
}

#[test]
fn a_token_comes_from_where_the_settings_say() {
    let listener = Listener::start(data_center);
    let url = listener.url();
    let mut env = Env::new();
    env.set("JIRA_TOKEN", TOKEN);
    env.write("token", format!("{TOKEN}\n"));
    env.write("open", TOKEN);
    #[cfg(unix)]
    for (name, mode) in [("token", 0o600), ("open", 0o644)] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(env.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let entries = [
        ("variable", "token-env = \"JIRA_TOKEN\""),
        ("command", "token-command = [\"cat\", \"token\"]"),
        ("file", "token-file = \"token\""),
        ("open", "token-file = \"open\""),
        ("unset", "token-env = \"NO_TOKEN\""),
        ("fails", "token-command = [\"cat\", \"nothing\"]"),
        ("none", ""),
    ];
    env.set("PATH", "/usr/bin:/bin");
    let mut all = String::new();
    for (name, line) in entries {
        env.write("pcfg.toml", format!("[instances.{name}]\nurl = \"{url}\"\n{line}\n"));
        for named in [name, &format!("{url}/secure/Dashboard.jspa")] {
            let said = env.run(&["instance", "check", "-q", "-i", named]);
            assert!(!said.contains(TOKEN), "{said}");
            match name {
                "variable" | "command" | "file" => assert!(said.ends_with("--- exit 0\n"), "{name}: {said}"),
                _ if named == name => all.push_str(&format!("{name}\n{}\n", listener.neutral(&said))),
                _ => assert!(said.ends_with("--- exit 3\n") || said.ends_with("--- exit 2\n"), "{said}"),
            }
        }
    }
    insta::assert_snapshot!(all);
    for (wrong, line) in [
        ("two", "token-env = \"A\"\ntoken-file = \"b\""),
        ("a database's", "schema = \"public\""),
        ("empty", "token-command = []"),
    ] {
        env.write("pcfg.toml", format!("[instances.a]\nurl = \"{url}\"\n{line}\n"));
        let said = env.run(&["instance", "check", "-i", "a"]);
        assert!(said.ends_with("--- exit 3\n"), "{wrong}: {said}");
    }
}

/// The secret of the environment is meant for the instance of `-i`, and for no other.
#[test]
fn a_token_goes_to_no_other_instance() {
    let (own, other) = (Listener::start(data_center), Listener::start(data_center));
    let mut env = signed_in();
    env.set("PCFG_INSTANCE", &own.url());
    let said = env.run(&["diff", &format!("DEMO@{}", other.url()), "x.xml"]);
    assert!(!said.ends_with("--- exit 0\n") && !said.contains(TOKEN), "{said}");
    assert!(other.asked().iter().all(|asked| !asked.headers.contains(TOKEN)), "{:?}", other.asked());
    assert!(env.run(&["instance", "check"]).ends_with("--- exit 0\n"));
}

/// What is recorded answers as the Jira did, holds no secret, and names nobody.
#[test]
fn a_record_answers_and_holds_neither_secrets_nor_people() {
    let listener = Listener::start(data_center);
    let env = signed_in();
    insta::assert_snapshot!(timeless(&check(&env, &listener, &["--record", "own"])));
    check(&env, &listener, &["--record", "people", "--record-people", "-q"]);
    let text = |folder: &str| {
        let mut files: Vec<_> =
            fs::read_dir(env.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect::<String>()
    };
    let (own, people) = (text("own"), text("people"));
    for person in ["ada", "Ada", "JIRAUSER10100"] {
        assert!(people.contains(person) && !own.contains(person), "{person}: {own}");
    }
    assert!(!own.contains(TOKEN) && !people.contains(TOKEN));
    drop(listener);
    insta::assert_snapshot!(env.run(&["instance", "check", "-i", "record:own"]));
    assert!(env.run(&["instance", "check", "-i", "record:people"]).contains("Ada L. (ada)"));
    insta::assert_snapshot!(env.run(&["instance", "check", "-i", "record:nothing"]));
    assert!(check(&env, &Listener::start(data_center), &["--record", "own"]).contains("is not empty"));
}

/// Nobody is known, nobody is trusted.
#[test]
fn what_cannot_be_reached_is_one_clear_error() {
    // What begins a session of TLS is no request to it.
    let listener = Listener::start_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let env = signed_in();
    let mut all = String::new();
    for address in [
        listener.url().replace("http:", "https:"),
        "https://nowhere.invalid".to_owned(),
        "https://ada:c4n4ry@jira.example.com".to_owned(),
        "https://".to_owned(),
    ] {
        let said = listener.neutral(&env.run(&["instance", "check", "-q", "-i", &address]));
        assert!(!said.contains(TOKEN), "{said}");
        all.push_str(&format!("{}\n{said}\n", listener.neutral(&address).replace(TOKEN, "TOKEN")));
    }
    insta::assert_snapshot!(all);
    assert_eq!(listener.asked().len(), 0);
}

/// A proxy is asked for the host; the token goes through it unseen where the address is encrypted.
#[test]
fn a_proxy_is_used_as_the_environment_says() {
    let proxy = Listener::start(|_| answer(403, "", "no"));
    let mut env = signed_in();
    env.set("HTTPS_PROXY", &proxy.url());
    let said = env.run(&["instance", "check", "-q", "-i", "https://jira.example.com"]);
    assert!(said.ends_with("--- exit 3\n"), "{said}");
    insta::assert_snapshot!(proxy.neutral(&said));
    let asked = proxy.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.line == "CONNECT jira.example.com:443" && !asked.headers.contains(TOKEN)),
        "{asked:?}"
    );
    assert!(!asked.is_empty());
    env.set("NO_PROXY", "jira.example.com,127.0.0.1");
    env.set("http_proxy", &proxy.url());
    let listener = Listener::start(data_center);
    assert!(check(&env, &listener, &[]).ends_with("--- exit 0\n"));
    assert_eq!(proxy.asked().len(), asked.len());
}
