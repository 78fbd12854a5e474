//! Law 3 of a live Jira: secrets go to the own base, or to Atlassian's gateway for a site of Jira Cloud, and nowhere else.

use std::sync::{Arc, Mutex};

use super::open::{Jira, Lines, Manner, open};
use super::signin::SignIn;
use super::site::Site;
use super::testing::{Fake, json};
use super::wire::{Answer, Broken, Wire};
use super::{Edition, Failure, FailureKind, Request};
use crate::secret::Secret;

/// What was asked: the base, whether with a secret, and the request.
type Exchanges = Vec<(String, bool, String)>;

/// The same, while it is being asked.
type Asked = Arc<Mutex<Exchanges>>;

/// The whole world: every base answers by the same rule.
struct World<F> {
    rule: F,
    asked: Asked,
}

struct Line<F> {
    base: String,
    has_secret: bool,
    rule: F,
    asked: Asked,
}

impl<F: Fn(&str, bool, &str) -> Result<Answer, Broken> + Copy + Send + Sync + 'static> Lines for World<F> {
    fn line(&self, base: &Site, sign_in: Option<&SignIn>) -> Result<Box<dyn Wire>, Broken> {
        let (has_secret, asked) = (sign_in.is_some(), Arc::clone(&self.asked));
        Ok(Box::new(Line { base: base.to_string(), has_secret, rule: self.rule, asked }))
    }
}

impl<F: Fn(&str, bool, &str) -> Result<Answer, Broken> + Send + Sync> Wire for Line<F> {
    fn send(&self, request: &Request) -> Result<Answer, Broken> {
        self.asked.lock().unwrap().push((self.base.clone(), self.has_secret, request.to_string()));
        (self.rule)(&self.base, self.has_secret, &request.path)
    }
}

const GATEWAY: &str = "https://api.atlassian.com/ex/jira/11-22";

fn told(path: &str) -> Result<Answer, Broken> {
    match path.rsplit('/').next().unwrap() {
        "serverInfo" => json(
            200,
            r#"{"baseUrl":"https://acme.atlassian.net","version":"1001.0.0-SNAPSHOT","buildNumber":100286,"deploymentType":"Cloud"}"#,
        ),
        "myself" => json(200, r#"{"accountId":"5b10","displayName":"Ada","locale":"en_US"}"#),
        "mypermissions" => json(
            200,
            r#"{"permissions":{"ADMINISTER":{"havePermission":true},"SYSTEM_ADMIN":{"havePermission":false}}}"#,
        ),
        "tenant_info" => json(200, r#"{"cloudId":"11-22"}"#),
        _ => json(404, "{}"),
    }
}

fn opened(
    site: &str,
    user: Option<&str>,
    rule: impl Fn(&str, bool, &str) -> Result<Answer, Broken> + Copy + Send + Sync + 'static,
) -> (Result<Jira, Failure>, Exchanges) {
    let world = World { rule, asked: Asked::default() };
    let manner = Manner { clock: Arc::new(Fake::default()), ..Manner::default() };
    let sign_in = SignIn::new(user, &Secret::new("c4n4ry"));
    let jira = open(&Site::parse(site).unwrap(), &sign_in, &world, &manner);
    let asked = world.asked.lock().unwrap().clone();
    for (base, has_secret, _) in &asked {
        assert!(
            !has_secret || base == site || (base == GATEWAY && site.ends_with(".atlassian.net")),
            "{base}"
        );
    }
    (jira, asked)
}

#[test]
fn a_classic_token_is_taken_by_the_site() {
    let (jira, asked) =
        opened("https://acme.atlassian.net", Some("ada@example.com"), |_, _, path| told(path));
    let jira = jira.unwrap();
    assert_eq!((jira.edition, jira.by_gateway), (Edition::Cloud, false));
    assert!(jira.caller.is_administrator() && jira.caller.id() == Some("5b10"));
    assert_eq!(jira.summary().requests, 3);
    assert_eq!(asked.len(), 3);
}

/// sooperset/mcp-atlassian#968, pchuri/jira-cli#29
#[test]
fn a_scoped_token_is_taken_by_the_gateway() {
    let rule = |base: &str, has_secret, path: &str| match has_secret && base != GATEWAY {
        true => json(401, ""),
        false => told(path),
    };
    let (jira, asked) = opened("https://acme.atlassian.net", Some("ada@example.com"), rule);
    assert!(jira.unwrap().by_gateway);
    let tenant = ("https://acme.atlassian.net".to_owned(), false, "GET /_edge/tenant_info".to_owned());
    assert_eq!(asked[1], tenant, "the id of the site needs no secret");
    // A token of OAuth has no user and is not even shown to the site.
    let (jira, asked) = opened("https://acme.atlassian.net", None, rule);
    assert!(jira.unwrap().by_gateway);
    assert_eq!(asked[0], tenant);
}

#[test]
fn a_wrong_token_is_tried_nowhere_else() {
    let refused = |_: &str, has_secret, path: &str| if has_secret { json(401, "") } else { told(path) };
    let (jira, asked) = opened("https://acme.atlassian.net", Some("ada@example.com"), refused);
    assert_eq!(jira.unwrap_err().kind, FailureKind::SignIn);
    assert_eq!(asked.len(), 3);
    let (jira, asked) = opened("https://jira.example.com", None, refused);
    assert_eq!(jira.unwrap_err().kind, FailureKind::SignIn);
    assert_eq!(asked.len(), 1, "a failed sign-in counts on Data Center");
}

/// Jira answers anybody with 200 and lists that are empty (atlassian-python-api#922).
#[test]
fn nobody_reads_who_is_not_known() {
    let (jira, _) = opened("https://jira.example.com", None, |_, _, path| match path.ends_with("/myself") {
        true => json(200, "{}"),
        false => told(path),
    });
    assert_eq!(jira.unwrap_err().kind, FailureKind::SignIn);
}
