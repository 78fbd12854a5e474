//! Laws 3 and 9 of a live Jira, and what each kind of answer means: waits are as long as the server wants, bounded and told; what may be sent
//! again is; what is none of Jira's data never is taken for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::Exchange as _;
use super::gate::{Event, Gate, Patience, Summary};
use super::testing::{Fake, Script, answer, broken, json};
use super::wire::{Answer, Broken, Clock as _};
use super::{Failure, FailureKind, Question, Reply, Request};

fn gate(script: &Script, clock: &Fake) -> Gate {
    Gate::new(Box::new(script.clone()), Arc::new(clock.clone()), Patience::default())
}

/// Sends a request through a gate to a server that answers so.
fn ask(
    request: &Request,
    answers: Vec<Result<Answer, Broken>>,
) -> (Result<Reply, Failure>, Summary, Duration) {
    let (script, clock) = (Script::new(answers), Fake::default());
    let gate = gate(&script, &clock);
    let outcome = gate.exchange(request);
    assert_eq!(gate.summary().requests, script.count());
    (outcome, gate.summary(), clock.now())
}

fn question() -> Question {
    Request::get("/rest/api/3/field")
}

fn read() -> Request {
    question().into()
}

fn limited(retry_after: &str) -> Result<Answer, Broken> {
    // Bodies of Atlassian's edge are pages (devlake#2932).
    answer(429, &[("retry-after", retry_after), ("content-type", "text/html")], "<html>slow down</html>")
}

proptest! {
    #[test]
    fn a_wait_is_never_shorter_than_the_server_wants(waits in prop::collection::vec(0_u64..=40, 1..4)) {
        let mut answers: Vec<_> = waits.iter().map(|wait| limited(&wait.to_string())).collect();
        answers.push(json(200, "[]"));
        let (outcome, summary, passed) = ask(&Request::post("/rest/api/3/project", json!({})), answers);
        prop_assert!(outcome.is_ok(), "a 429 says that nothing was done, so any method is sent again");
        prop_assert_eq!(summary.requests, waits.len() + 1);
        prop_assert_eq!(summary.waits, waits.len());
        let least: u64 = waits.iter().map(|wait| (*wait).max(1)).sum();
        prop_assert!(passed >= Duration::from_secs(least), "{:?}", passed);
        prop_assert!(passed <= Duration::from_secs(300));
        prop_assert_eq!(summary.waited, passed);
    }
}

#[test]
fn patience_has_an_end() {
    for answers in [vec![limited("0")], vec![limited("59")], vec![limited("61")], vec![limited("tomorrow")]] {
        let (outcome, summary, passed) = ask(&read(), answers);
        let failure = outcome.unwrap_err();
        assert_eq!((failure.kind, failure.status), (FailureKind::Limited, Some(429)));
        assert!(failure.is_passing());
        assert!(passed <= Duration::from_secs(300) && summary.requests <= 10, "{passed:?} {summary:?}");
    }
    let (outcome, summary, passed) = ask(&read(), vec![limited("3600")]);
    assert!(
        outcome.unwrap_err().detail.ends_with("the server asks to wait 3600 s, but pcfg waits at most 60 s")
    );
    assert_eq!((summary.requests, passed), (1, Duration::ZERO));
}

#[test]
fn what_reads_is_sent_again_and_what_writes_is_not() {
    let write = Request::post("/rest/api/3/project", json!({}));
    let reading_post = Request::post("/rest/api/3/workflows", json!({}));
    let page = |status| {
        answer(status, &[("content-type", "text/html")], "<html><title>502 Bad Gateway</title></html>")
    };
    for (what, failed, tries) in [
        ("500", json(500, "{}"), 3),
        ("502", page(502), 4),
        ("503", json(503, ""), 4),
        ("504", page(504), 4),
        ("a connection that breaks", broken(FailureKind::Connection), 4),
        ("a reply that is cut", broken(FailureKind::Cut), 4),
        ("a timeout", broken(FailureKind::Timeout), 2),
        ("a page of the edge", page(403), 3),
        ("another page", page(200), 1),
        ("403", json(403, "{}"), 1),
        ("404", json(404, "{}"), 1),
        ("a host that nobody knows", broken(FailureKind::Dns), 1),
    ] {
        for request in [read(), reading_post.clone()] {
            let (outcome, summary, _) = ask(&request, vec![failed.clone()]);
            assert!(outcome.is_err());
            assert_eq!(summary.requests, tries, "{what}: {request}");
            if tries > 1 {
                let (outcome, summary, _) = ask(&request, vec![failed.clone(), json(200, "[]")]);
                assert!(outcome.is_ok() && summary.requests == 2, "{what}");
            }
        }
        assert_eq!(ask(&write, vec![failed]).1.requests, 1, "{what}: what writes may have been done");
    }
}

#[test]
fn where_nobody_has_answered_yet_nobody_is_asked_again() {
    let nobody = || broken(FailureKind::Nobody);
    let (outcome, summary, passed) = ask(&read(), vec![nobody()]);
    assert_eq!(outcome.unwrap_err().kind, FailureKind::Nobody);
    assert_eq!((summary.requests, passed), (1, Duration::ZERO));
    // A server that starts again comes back.
    let (script, clock) =
        (Script::new([json(200, "[]"), nobody(), nobody(), json(200, "[]")]), Fake::default());
    let gate = gate(&script, &clock);
    assert!(gate.exchange(&read()).is_ok() && gate.exchange(&read()).is_ok());
    assert_eq!(script.count(), 4);
}

#[test]
fn a_refused_sign_in_ends_the_run() {
    for refused in [
        json(401, "{}"),
        answer(
            200,
            &[("content-type", "application/json"), ("x-seraph-loginreason", "AUTHENTICATED_FAILED")],
            "[]",
        ),
        answer(403, &[("x-seraph-loginreason", "AUTHENTICATION_DENIED")], ""),
        limited("3600"),
    ] {
        let (script, clock) = (Script::new([json(200, "[]"), refused]), Fake::default());
        let gate = gate(&script, &clock);
        assert!(gate.exchange(&read()).is_ok());
        let failure = gate.exchange(&read()).unwrap_err();
        for _ in 0..3 {
            assert_eq!(gate.exchange(&Request::get("/rest/api/3/status")).unwrap_err(), failure);
        }
        assert_eq!(script.count(), 2, "every further try counts against the caller");
    }
}

#[test]
fn everything_that_waits_is_told() {
    let (script, clock) = (Script::new([limited("7"), json(200, "[]")]), Fake::default());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let tell = Arc::clone(&told);
    let gate = gate(&script, &clock).watched(Some(Arc::new(move |event: &Event<'_>| {
        tell.lock().unwrap().push(match event {
            Event::Foretold { .. } => unreachable!("a gate knows nothing of it"),
            Event::Sent { request, outcome, .. } => format!("{request} {}", outcome.is_ok()),
            Event::Waits { time, why, .. } => format!("{} s, {}", time.as_secs_f64(), why.what()),
        });
    })));
    gate.exchange(&read()).unwrap();
    assert_eq!(
        *told.lock().unwrap(),
        [
            "GET /rest/api/3/field false",
            "7.875 s, Jira asks for fewer requests (429): it is a page for a browser",
            "GET /rest/api/3/field true"
        ]
    );
}

/// Answers that are none of Jira's data, or none for this caller.
#[test]
fn every_answer_means_one_thing() {
    let html = |status, body: &str| answer(status, &[("content-type", "text/html;charset=UTF-8")], body);
    let moved = |status, to: &str| answer(status, &[("location", to)], "");
    for (given, kind, detail) in [
        (json(200, "{\"a\":"), FailureKind::Cut, "EOF while parsing"),
        (json(200, "{a}"), FailureKind::Malformed, "key must be a string"),
        (
            json(400, r#"{"errorMessages":["No."],"errors":{"name":"is taken"}}"#),
            FailureKind::Refused,
            "No.; name: is taken",
        ),
        (json(400, r#"{"errors":[{"message":"one"},{"message":"two"}]}"#), FailureKind::Refused, "one; two"),
        (json(403, r#"{"message":"Only admins"}"#), FailureKind::Forbidden, "Only admins"),
        (json(404, r#"{"errors":{}}"#), FailureKind::NotFound, ""),
        (html(404, "<title>Oops</title>"), FailureKind::NotFound, "titled \"Oops\""),
        (json(405, "{}"), FailureKind::NotAllowed, ""),
        (json(409, r#"{"error":"busy"}"#), FailureKind::Refused, "busy"),
        (json(410, r#"{"errorMessages":["removed, use X"]}"#), FailureKind::Gone, "removed, use X"),
        (
            html(200, "<title>Log in</title><form action='login.jsp'>"),
            FailureKind::Page,
            "it is a sign-in page, titled \"Log in\"",
        ),
        (html(200, "<meta name=\"confluence-base-url\">"), FailureKind::Page, "it is a page of Confluence"),
        (
            html(200, "<meta name='x' content='WebSudoAuthenticate'>"),
            FailureKind::Page,
            "secure administrator session",
        ),
        (html(403, "Generated by cloudfront (CloudFront)"), FailureKind::Page, "Atlassian's network"),
        (
            moved(302, "https://sso.example.com/login?SAMLRequest=c4n4ry"),
            FailureKind::Elsewhere,
            "https://sso.example.com/login",
        ),
        (moved(301, "/login.jsp?os_destination=x"), FailureKind::Elsewhere, "/login.jsp"),
    ] {
        let shown = format!("{given:?}");
        let failure = ask(&read(), vec![given]).0.unwrap_err();
        assert_eq!(failure.kind, kind, "{shown}");
        assert!(failure.detail.contains(detail) && !failure.detail.contains("c4n4ry"), "{shown}: {failure}");
    }
    let long = format!(r#"{{"message":"{}"}}"#, "ab\\n".repeat(10_000));
    assert!(
        ask(&read(), vec![json(400, &long)]).0.unwrap_err().detail.len() < 400,
        "one line, and not all of it"
    );
}

#[test]
fn a_reply_that_is_too_deep_or_lacks_members_is_malformed() {
    #[derive(Debug, serde::Deserialize)]
    struct Field {
        #[serde(rename = "id")]
        _id: String,
    }
    let client = |body: String| {
        let script = Script::new([json(200, &body)]);
        super::Client::new(Arc::new(gate(&script, &Fake::default())))
    };
    for body in ["{}".to_owned(), String::new(), "null".to_owned(), r#"{"id":null}"#.to_owned()] {
        assert_eq!(client(body).ask::<Field>(&question()).unwrap_err().kind, FailureKind::Malformed);
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(client(deep).ask::<Value>(&question()).unwrap_err().kind, FailureKind::Malformed);
    let mut invalid = json(200, "").unwrap();
    invalid.body = b"{\"id\":\"\xff\"}".to_vec();
    let failure = ask(&read(), vec![Ok(invalid)]).0.unwrap_err();
    assert_eq!((failure.kind, failure.detail.as_str()), (FailureKind::Malformed, "it is not UTF-8"));
}

/// Never more at once than allowed, half as many after a 429; the order of the results is that of the requests.
#[test]
fn requests_run_at_once_and_results_are_in_order() {
    let script = Script::new([json(200, "1")]);
    let client = super::Client::new(Arc::new(gate(&script, &Fake::default())));
    let items: Vec<usize> = (0..100).collect();
    let results = client.each(&items, |item| client.ask::<usize>(&question()).unwrap() * item);
    assert_eq!(results, items);
    assert_eq!(script.count(), 100);
}
