//! Issues with all that belongs to them: made, changed, moved, found again; each reply as it is described.

use jira_for_tests::{Edition, Options};
use serde_json::{Value, json};

use super::{CLOUD, DATA_CENTER, Written, text, written};

/// Reads what must be there and must be as the description of its template says.
fn described(site: &Written, template: &str, path: &str) -> Value {
    let told = site.read(path);
    let all = if site.edition == Edition::Cloud { &CLOUD } else { &DATA_CENTER };
    if let Some((description, schema)) = all.as_ref().and_then(|all| all.reply("GET", template)) {
        let mut wrong = Vec::new();
        description.check(schema, &told, "", &mut wrong);
        // Data Center describes values of all kinds as objects, properties as texts, and what was not there as a text.
        wrong.retain(|own| {
            !own.contains(".fields.*")
                && !own.contains("value: object is no string")
                && !own.contains(".items[].")
        });
        assert_eq!(wrong, Vec::<String>::new(), "{template}");
    }
    told
}

/// Both editions, for somebody who works on issues.
fn both() -> [Written; 2] {
    [Options::cloud(), Options::data_center()]
        .map(|own| written(Options { user: Some("ada".to_owned()), ..own }))
}

fn made(site: &Written, fields: Value) -> String {
    let mut all =
        json!({"project": {"key": "DEMO"}, "issuetype": {"id": task(site)}, "summary": "It breaks"});
    for (name, value) in fields.as_object().unwrap() {
        all[name] = value.clone();
    }
    let body = json!({"fields": all, "properties": [{"key": "mark", "value": {"n": 1}}]});
    text(&site.take(201, "POST", "/rest/api/2/issue", body)["key"])
}

fn task(site: &Written) -> String {
    let types = site.read("/issue/createmeta/DEMO/issuetypes");
    let all = types["issueTypes"].as_array().or(types["values"].as_array()).unwrap().clone();
    text(&all.iter().find(|own| own["name"] == "Task").unwrap()["id"])
}

#[test]
fn an_issue_is_made_with_its_mark_changed_and_moved() {
    for site in both() {
        let fields = json!({"description": "Now."});
        let key = made(&site, fields.clone());
        let path = format!("/rest/api/2/issue/{key}");
        let template = "/rest/api/2/issue/{issueIdOrKey}";
        let whole = format!("{path}?fields=*all&properties=*all&expand=changelog,editmeta");
        let told = described(&site, template, &whole);
        assert_eq!(
            (&told["properties"]["mark"]["n"], &told["fields"]["summary"]),
            (&json!(1), &json!("It breaks"))
        );
        assert_eq!(told["changelog"]["total"], 0);
        // What no screen offers, what is not there, what is none.
        for wrong in [
            json!({"customfield_99999": "x"}),
            json!({"summary": "two\nlines"}),
            json!({"summary": null}),
            json!({"priority": {"id": "99999"}}),
            json!({"labels": ["two words"]}),
            json!({"duedate": "2026-02-30"}),
        ] {
            site.refuse(400, "PUT", &path, json!({"fields": wrong}));
        }
        let before = text(&told["fields"]["updated"]);
        site.take(204, "PUT", &path, json!({"fields": {"summary": "It breaks"}}));
        assert_eq!(site.read(&whole)["fields"]["updated"], before.as_str(), "nothing was changed");
        site.take(204, "PUT", &path, json!({"fields": {"summary": "It broke", "labels": ["a", "b"]}}));
        let told = described(&site, template, &whole);
        assert!(text(&told["fields"]["updated"]) > before);
        let items = told["changelog"]["histories"][0]["items"].as_array().unwrap().clone();
        let named: Vec<&Value> = items.iter().map(|own| &own["field"]).collect();
        assert_eq!(named, ["labels", "summary"]);
        if site.edition == Edition::Cloud {
            assert_eq!(items[1]["fieldId"], "summary");
            described(&site, "/rest/api/2/issue/{issueIdOrKey}/changelog", &format!("{path}/changelog"));
        }

        let ways = described(&site, &format!("{template}/transitions"), &format!("{path}/transitions"));
        let way = ways["transitions"][0].clone();
        site.take(204, "POST", &format!("{path}/transitions"), json!({"transition": {"id": way["id"]}}));
        assert_eq!(site.read(&path)["fields"]["status"]["name"], way["to"]["name"]);
        site.refuse(400, "POST", &format!("{path}/transitions"), json!({"transition": {"id": "99999"}}));

        let link = json!({"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": "DEMO-1"}});
        let got = site.send("POST", "/issueLink", &link);
        assert_eq!(got.status, 201);
        let links = site.read(&path)["fields"]["issuelinks"].clone();
        // The inward one of the request is the one from which the link leads.
        assert_eq!(links[0]["outwardIssue"]["key"], "DEMO-1");
        assert_eq!(
            site.read("/rest/api/2/issue/DEMO-1")["fields"]["issuelinks"][0]["inwardIssue"]["key"],
            key
        );
        site.refuse(404, "DELETE", "/issueLink/99999", Value::Null);
    }
}

#[test]
fn comments_worklogs_and_properties_are_kept() {
    for site in both() {
        let path = format!("/rest/api/2/issue/{}", made(&site, json!({"description": "Now."})));
        let template = "/rest/api/2/issue/{issueIdOrKey}";
        let said = json!({"body": "One", "visibility": {"type": "group", "value": "developers"}, "properties": [{"key": "mark", "value": {"n": 2}}]});
        let comment = text(&site.take(201, "POST", &format!("{path}/comment"), said)["id"]);
        let list = format!("{path}/comment?expand=properties");
        let all = described(&site, &format!("{template}/comment"), &list);
        assert_eq!(all["comments"][0]["properties"], json!([{"key": "mark", "value": {"n": 2}}]));
        described(&site, &format!("{template}/comment/{{id}}"), &format!("{path}/comment/{comment}"));
        let root = if site.edition == Edition::Cloud { "/rest/api/3" } else { "/rest/api/2" };
        let property = format!("/comment/{comment}/properties/mark");
        let told =
            described(&site, &format!("{root}/comment/{{commentId}}/properties/{{propertyKey}}"), &property);
        assert_eq!(told["value"]["n"], 2);
        // A change that says nothing of who may see it lets everybody see it.
        site.take(200, "PUT", &format!("{path}/comment/{comment}"), json!({"body": "Two"}));
        assert!(site.read(&list)["comments"][0].get("visibility").is_none());
        site.refuse(400, "POST", &format!("{path}/comment"), json!({"body": " "}));
        let of_others = json!({"body": "x", "visibility": {"type": "group", "value": "support"}});
        site.refuse(400, "POST", &format!("{path}/comment"), of_others);

        let mut work =
            json!({"started": "2026-03-01T12:00:00.000+0000", "timeSpentSeconds": 90, "comment": "Done"});
        if site.edition == Edition::Cloud {
            work["properties"] = json!([{"key": "mark", "value": {"n": 3}}]);
        }
        let leave = format!("{path}/worklog?adjustEstimate=leave");
        let worklog = site.take(201, "POST", &leave, work.clone());
        assert_eq!(worklog["timeSpentSeconds"], 60, "Jira counts whole minutes");
        let expand = if site.edition == Edition::Cloud { "?expand=properties" } else { "" };
        let all = described(&site, &format!("{template}/worklog"), &format!("{path}/worklog{expand}"));
        assert_eq!(all["worklogs"][0]["properties"].is_array(), site.edition == Edition::Cloud);
        if site.edition == Edition::DataCenter {
            work["properties"] = json!([]);
            site.refuse(400, "POST", &leave, work);
        }
        let id = text(&worklog["id"]);
        described(&site, &format!("{template}/worklog/{{id}}"), &format!("{path}/worklog/{id}"));
        site.take(204, "DELETE", &format!("{path}/worklog/{id}?adjustEstimate=leave"), Value::Null);

        for status in [201, 200] {
            site.take(status, "PUT", &format!("{path}/properties/kept"), json!({"a": [1, 2]}));
        }
        let told = described(
            &site,
            &format!("{template}/properties/{{propertyKey}}"),
            &format!("{path}/properties/kept"),
        );
        assert_eq!(told["value"]["a"], json!([1, 2]));
        site.take(204, "DELETE", &format!("{path}/properties/kept"), Value::Null);
        site.refuse(404, "DELETE", &format!("{path}/properties/kept"), Value::Null);
    }
}

/// A form is taken with the header alone that no page of somebody else sends, and its bytes come back.
#[test]
fn files_come_as_forms_and_go_as_bytes() {
    for site in both() {
        let path = format!("/rest/api/2/issue/{}/attachments", made(&site, json!({"description": "Now."})));
        let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ä.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\ntwo\r\n--x--\r\n";
        let send = |token: Option<&str>| {
            let request = ureq::post(format!("{}{path}", site.site.server.url()))
                .config()
                .http_status_as_error(false)
                .build()
                .header("Authorization", "Bearer token")
                .header("Content-Type", "multipart/form-data; boundary=x");
            let request =
                token.into_iter().fold(request, |own, token| own.header("X-Atlassian-Token", token));
            let mut reply = request.send(form).unwrap();
            (reply.status().as_u16(), reply.body_mut().read_to_string().unwrap())
        };
        assert_eq!(send(None).0, 403, "XSRF check failed");
        let (status, told) = send(Some("no-check"));
        assert_eq!(status, 200, "{told}");
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told[0]["filename"], &told[0]["size"]), (&json!("ä.txt"), &json!(8)));
        let id = text(&told[0]["id"]);
        let bytes = match site.edition {
            Edition::Cloud => {
                assert_eq!(site.site.get(&format!("/rest/api/3/attachment/content/{id}")).status, 303);
                format!("/rest/api/3/attachment/content/{id}?redirect=false")
            }
            Edition::DataCenter => format!("/secure/attachment/{id}/any"),
        };
        assert_eq!(site.site.get(&bytes).body, "one\r\ntwo");
        site.take(204, "DELETE", &format!("/attachment/{id}"), Value::Null);
        assert_eq!(site.site.get(&bytes).status, 404);
    }
}
