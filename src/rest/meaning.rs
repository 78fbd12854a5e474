//! What an answer means.
//!
//! Invariant: a reply is what Jira says in JSON to this caller; everything else is a failure, whatever its status. A page for a browser, a
//! redirect and an answer for anybody are none of Jira's data.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::wire::Answer;
use super::{Failure, FailureKind, Reply, Request, Transfer};

/// How much of what Jira says is told.
const TOLD: usize = 300;

/// Says what Jira thinks of the sign-in (developer.atlassian.com, "Basic authentication", Jira Server; sent by Cloud, too).
const LOGIN: &str = "x-seraph-loginreason";

/// Says what an answer to a request means.
pub(super) fn of(request: &Request, answer: Answer) -> Result<Reply, Failure> {
    let status = answer.status;
    let failed = |kind, detail: String| Err(Failure::new(kind, Some(status), request, shortened(&detail)));
    let login = answer.header(LOGIN).unwrap_or_default();
    if login.contains("AUTHENTICATION_DENIED") {
        return failed(FailureKind::Captcha, String::new());
    }
    if login.contains("AUTHENTICATED_FAILED") {
        return failed(FailureKind::SignIn, "the reply is for anonymous users, not for you".to_owned());
    }
    // A task that somebody has started is no other place: nothing is asked there but by a path of pcfg's own.
    let task = answer.header("location").filter(|own| own.contains("/task/")).map(str::to_owned);
    let has_begun = status == 303 && task.is_some() && !request.is_reading();
    match status {
        303 if has_begun => {}
        300..=399 => return failed(FailureKind::Elsewhere, target(&answer)),
        401 => return failed(FailureKind::SignIn, told(&answer)),
        404 => return failed(FailureKind::NotFound, told(&answer)),
        405 => return failed(FailureKind::NotAllowed, told(&answer)),
        410 => return failed(FailureKind::Gone, told(&answer)),
        429 => return failed(FailureKind::Limited, told(&answer)),
        500..=599 => return failed(FailureKind::Server, told(&answer)),
        _ => {}
    }
    if matches!(request.transfer, Some(Transfer::Download { .. })) && (200..=299).contains(&status) {
        return Ok(Reply { status, ..Reply::default() });
    }
    if !is_json(&answer) && !answer.body.is_empty() {
        return failed(FailureKind::Page, page(&answer.body));
    }
    match status {
        403 => return failed(FailureKind::Forbidden, told(&answer)),
        200..=299 => {}
        303 if has_begun => {}
        _ => return failed(FailureKind::Refused, told(&answer)),
    }
    if std::str::from_utf8(&answer.body).is_err() {
        return failed(FailureKind::Malformed, "it is not UTF-8".to_owned());
    }
    match serde_json::from_slice::<IgnoredAny>(&answer.body) {
        Err(error) if error.is_eof() && !answer.body.is_empty() => {
            failed(FailureKind::Cut, error.to_string())
        }
        Err(error) if !answer.body.is_empty() => failed(FailureKind::Malformed, error.to_string()),
        _ => Ok(Reply { status, body: answer.body, location: task }),
    }
}

fn is_json(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Says where a redirect leads, without parameters, which may hold what nobody is to see.
fn target(answer: &Answer) -> String {
    let location = answer.header("location").unwrap_or_default();
    location.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Returns what Jira says about a failure, in whatever of its forms.
fn told(answer: &Answer) -> String {
    if !is_json(answer) {
        let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(4 * TOLD)]);
        return if text.trim_start().starts_with('<') { page(&answer.body) } else { text.into_owned() };
    }
    let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else { return String::new() };
    let mut texts = Vec::new();
    let mut add = |text: Option<&str>| {
        if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
            texts.push(text.to_owned());
        }
    };
    for message in value["errorMessages"].as_array().into_iter().flatten() {
        add(message.as_str());
    }
    match &value["errors"] {
        Value::Object(errors) => {
            for (field, text) in errors {
                add(text.as_str().map(|text| format!("{field}: {text}")).as_deref());
            }
        }
        Value::Array(errors) => errors.iter().for_each(|error| add(error["message"].as_str())),
        _ => {}
    }
    for name in ["message", "error", "errorMessage"] {
        add(value[name].as_str());
    }
    texts.join("; ")
}

/// Says what a page for a browser is, as far as can be told.
fn page(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(64 << 10)]);
    let has = |mark: &str| text.contains(mark);
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.map(|(title, _)| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let title = title.filter(|title| !title.is_empty()).map(|title| format!(", titled \"{title}\""));
    let title = title.unwrap_or_default();
    // The marks are those of Jira 11.3 and Confluence 9 (ajs-... in the head of every page).
    let what = if has("WebSudo") || has("websudo") {
        "Jira asks again for the administrator's password (secure administrator session)"
    } else if has("confluence-base-url")
        || has("ajs-context-path\" content=\"/wiki")
        || has("com-atlassian-confluence")
    {
        "it is a page of Confluence"
    } else if has("login.jsp") || has("login-form") || has("id.atlassian.com") || has("SAMLRequest") {
        "it is a sign-in page"
    } else if has("CloudFront") {
        "it is a page of Atlassian's network, not of Jira"
    } else {
        "it is a page for a browser"
    };
    format!("{what}{title}")
}

/// Returns the beginning of a text, in one line.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TOLD) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
