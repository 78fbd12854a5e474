//! Pages, rights, languages and faults.

use jira_for_tests::{Fault, Options, Outcome, Rights, serve};
use serde_json::json;

use crate::asking::{of, sample, served};

#[test]
fn pages_hold_no_more_than_the_limit_and_lose_nothing() {
    let whole = served(Options::cloud()).json("/rest/api/3/screens");
    assert_eq!(whole["isLast"], json!(true));
    let all = whole["values"].as_array().unwrap();
    for size in 1..=all.len() + 1 {
        let small = served(Options { most_per_page: Some(size), ..Options::cloud() });
        let (mut found, mut start) = (Vec::new(), 0);
        loop {
            let page = small.json(&format!("/rest/api/3/screens?startAt={start}&maxResults=1000"));
            let values = page["values"].as_array().unwrap();
            assert!(values.len() <= size);
            start += values.len();
            found.extend(values.iter().cloned());
            assert_eq!(page.get("nextPage").is_none(), page["isLast"] == json!(true));
            if page["isLast"] == json!(true) {
                break;
            }
        }
        assert_eq!(&found, all, "pages of {size}");
        assert_eq!(small.server.requests().len(), all.len().div_ceil(size), "pages of {size}");
    }
}

#[test]
fn what_changes_in_the_file_shows_with_the_next_request() {
    let (folder, path) = sample();
    let site = of(folder, serve(&path, Options::cloud()).unwrap());
    let names = || -> Vec<String> {
        let roles = site.json("/rest/api/3/role");
        roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(!names().contains(&"Guests".to_owned()));
    let total = site.json("/rest/api/3/screens")["total"].as_u64();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("INSERT INTO projectrole (id, name) VALUES (20000, 'Guests')", ()).unwrap();
    connection.execute("INSERT INTO fieldscreen (id, name) VALUES (20000, 'New')", ()).unwrap();
    assert!(names().contains(&"Guests".to_owned()));
    assert_eq!(site.json("/rest/api/3/screens")["total"].as_u64(), total.map(|total| total + 1));
}

#[test]
fn who_may_not_gets_what_jira_gives_him() {
    let stranger = served(Options { rights: Rights::Anonymous, ..Options::cloud() });
    let got = stranger.get("/rest/api/3/project/search");
    assert_eq!((got.status, got.json()["total"].as_u64()), (200, Some(0)));
    assert_eq!(got.headers["X-Seraph-LoginReason"], "AUTHENTICATED_FAILED");
    assert_eq!(stranger.get("/rest/api/3/myself").status, 401);
    assert_eq!(stranger.try_get("/rest/api/3/serverInfo", None).unwrap().status, 200);

    let member = served(Options { rights: Rights::Member, user: Some("ada".to_owned()), ..Options::cloud() });
    assert_eq!(member.get("/rest/api/3/screens").status, 403);
    assert_eq!(member.json("/rest/api/3/myself")["displayName"], "Ada Lovelace");
    let permissions = member.json("/rest/api/3/mypermissions?permissions=ADMINISTER,USER_PICKER");
    assert_eq!(permissions["permissions"]["ADMINISTER"]["havePermission"], json!(false));
    assert_eq!(member.get("/rest/api/3/mypermissions").status, 400);
    let projects = member.json("/rest/api/3/project/search");
    assert!(projects["values"].as_array().unwrap().iter().any(|project| project["key"] == "DEMO"));
}

#[test]
fn names_come_in_the_language_of_the_profile_unless_cloud_is_forced() {
    let german = Options { language: "de".to_owned(), ..Options::data_center() };
    let german = served(german);
    assert_eq!(german.json("/rest/api/2/myself")["locale"], "de_DE");
    let names = |statuses: &serde_json::Value| -> Vec<String> {
        let all = statuses.as_array().unwrap().iter();
        all.map(|status| status["name"].as_str().unwrap().to_owned()).collect()
    };
    let translated = names(&german.json("/rest/api/2/status"));
    assert!(translated.contains(&"Zu erledigen".to_owned()), "{translated:?}");
}

#[test]
fn faults_happen_when_and_as_often_as_they_should() {
    let path = "/rest/api/3/issuetype";
    let limited = Outcome::Limited { retry_after: Some(3) };
    let site = served(Options { faults: vec![Fault::times(path, 2, limited)], ..Options::cloud() });
    for _ in 0..2 {
        let got = site.get(path);
        assert_eq!((got.status, got.headers["Retry-After"].to_str().unwrap()), (429, "3"));
    }
    assert_eq!(site.get(path).status, 200);

    let always = |outcome| site.server.set_faults(vec![Fault::always("/rest/api/3/role/{id}", outcome)]);
    always(Outcome::Html(200));
    assert_eq!(site.get("/rest/api/3/role/10000").headers["Content-Type"], "text/html;charset=UTF-8");
    assert_eq!(site.get("/rest/api/3/role").status, 200, "another endpoint");
    always(Outcome::Captcha);
    let got = site.get("/rest/api/3/role/10000");
    assert_eq!(
        (got.status, &got.headers["X-Seraph-LoginReason"]),
        (403, &"AUTHENTICATION_DENIED".parse().unwrap())
    );
    always(Outcome::Status(500));
    assert_eq!(site.get("/rest/api/3/role/10000").status, 500);
    always(Outcome::EmptyObject);
    assert_eq!(site.get("/rest/api/3/role/10000").body, "{}");
    always(Outcome::NoBody);
    assert_eq!(site.get("/rest/api/3/role/10000").body, "");
    always(Outcome::Cut);
    assert!(site.try_get("/rest/api/3/role/10000", Some("token")).is_err());
    always(Outcome::NoReply);
    assert!(site.try_get("/rest/api/3/role/10000", Some("token")).is_err());
    always(Outcome::Redirect("http://127.0.0.1:1/".to_owned()));
    assert_eq!(site.get("/rest/api/3/role/10000").status, 302);

    site.server.set_faults(vec![Fault::always("**", Outcome::Endless)]);
    for start in [0, 50, 5000] {
        let page = site.json(&format!("/rest/api/3/project/search?startAt={start}"));
        assert_eq!((&page["startAt"], &page["isLast"]), (&json!(0), &json!(false)));
    }
}

/// One that knew pcfg would make pcfg's mistakes.
#[test]
fn the_server_knows_nothing_of_pcfg() {
    let manifest = include_str!("../../Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    assert!(!dependencies.split("[dev-dependencies]").next().unwrap().contains("pcfg"));
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!text.contains("pcfg::") && !text.contains("../../../src"), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 20, "{files}");
}
