//! Issue type schemes and priority schemes.

use serde_json::{Value, json};

use super::{cloud, data_center, text};

#[test]
fn issue_type_schemes_on_cloud() {
    let site = cloud();
    let body = json!({"name": "Few", "issueTypeIds": ["10001", "10003"], "defaultIssueTypeId": "10001"});
    let id = text(&site.take(201, "POST", "/issuetypescheme", body.clone())["issueTypeSchemeId"]);
    site.refuse(409, "POST", "/issuetypescheme", body);
    let bad = json!({"name": "Bad", "issueTypeIds": ["10001"], "defaultIssueTypeId": "10003"});
    site.refuse(400, "POST", "/issuetypescheme", bad);
    site.refuse(400, "POST", "/issuetypescheme", json!({"name": "Bad", "issueTypeIds": ["10004"]}));
    let path = format!("/issuetypescheme/{id}");
    site.take(204, "PUT", &format!("{path}/issuetype"), json!({"issueTypeIds": ["10002"]}));
    site.refuse(400, "PUT", &format!("{path}/issuetype"), json!({"issueTypeIds": ["10002"]}));
    let order = json!({"issueTypeIds": ["10002"], "position": "First"});
    site.take(204, "PUT", &format!("{path}/issuetype/move"), order);
    site.take(204, "DELETE", &format!("{path}/issuetype/10001"), Value::Null);
    let types = site.all(&format!("/issuetypescheme/mapping?issueTypeSchemeId={id}"), "issueTypeId");
    assert_eq!(types, ["10002", "10003"]);
    // The default went with its type.
    assert_eq!(site.read(&format!("/issuetypescheme?id={id}"))["values"][0].get("defaultIssueTypeId"), None);
    site.take(204, "PUT", &path, json!({"defaultIssueTypeId": "10003", "name": "Fewer"}));
    // DEMO has stories, which the scheme lacks.
    site.refuse(
        400,
        "PUT",
        "/issuetypescheme/project",
        json!({"issueTypeSchemeId": id, "projectId": "10000"}),
    );
    site.take(
        204,
        "PUT",
        "/issuetypescheme/project",
        json!({"issueTypeSchemeId": "10000", "projectId": "10000"}),
    );
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(400, "DELETE", "/issuetypescheme/10000", Value::Null);
    site.refuse(400, "DELETE", "/issuetypescheme/10002", Value::Null);
}

#[test]
fn issue_type_schemes_on_data_center() {
    let site = data_center();
    let body = json!({"name": "Few", "issueTypeIds": ["10001", "10003"], "defaultIssueTypeId": "10003"});
    let made = site.take(200, "POST", "/issuetypescheme", body);
    let path = format!("/issuetypescheme/{}", text(&made["id"]));
    let order: Vec<_> = made["issueTypes"].as_array().unwrap().iter().map(|own| text(&own["id"])).collect();
    assert_eq!(order, ["10001", "10003"]);
    let body = json!({"name": "Few", "issueTypeIds": ["10003", "10002"]});
    assert_eq!(site.take(200, "PUT", &path, body)["issueTypes"][0]["id"], "10003");
    site.refuse(400, "POST", &format!("{path}/associations"), json!({"idsOrKeys": ["DEMO"]}));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(403, "DELETE", "/issuetypescheme/10000", Value::Null);
    site.take(204, "DELETE", "/issuetypescheme/10001/associations/DEMO", Value::Null);
    site.take(200, "POST", "/issuetypescheme/10001/associations", json!({"idsOrKeys": ["DEMO"]}));
}

#[test]
fn priority_schemes_on_cloud() {
    let site = cloud();
    let body = json!({"name": "Two", "priorityIds": [4, 2], "defaultPriorityId": 4});
    let id = text(&site.take(201, "POST", "/priorityscheme", body.clone())["id"]);
    site.refuse(400, "POST", "/priorityscheme", body);
    // The order is that of all priorities.
    assert_eq!(site.all(&format!("/priorityscheme/{id}/priorities"), "id"), ["2", "4"]);
    let path = format!("/priorityscheme/{id}");
    let add = |mappings: Value| json!({"projects": {"add": {"ids": [10001]}}, "mappings": mappings});
    site.refuse(400, "PUT", &path, json!({"projects": {"add": {"ids": [10001]}}}));
    site.refuse(400, "PUT", &path, add(json!({"in": {}})));
    let needed = json!({"schemeId": id.parse::<i64>().unwrap(), "projects": {"add": [10001]}});
    let needed = site.take(200, "POST", "/priorityscheme/mappings", needed);
    let mut mapped = json!({});
    for own in needed["values"].as_array().unwrap() {
        mapped[own["id"].as_str().unwrap()] = json!(2);
    }
    assert_ne!(mapped, json!({}));
    let changed = site.take(202, "PUT", &path, add(json!({"in": mapped})));
    assert_eq!(changed["priorityScheme"]["projects"]["total"], 1);
    site.refuse(400, "DELETE", &path, Value::Null);
    let out = json!({"projects": {"remove": {"ids": [10001]}}, "mappings": {"out": {}}});
    site.take(202, "PUT", &path, out);
    site.take(204, "DELETE", &path, Value::Null);
    let grow = json!({"priorities": {"remove": {"ids": [1]}}, "mappings": {"in": {}}});
    site.refuse(400, "PUT", "/priorityscheme/10003", grow);
}

#[test]
fn priority_schemes_on_data_center() {
    let site = data_center();
    let body = json!({"name": "Two", "optionIds": ["2", "4"], "defaultOptionId": "4"});
    let made = site.take(201, "POST", "/priorityschemes", body);
    let path = format!("/priorityschemes/{}", made["id"]);
    site.take(200, "PUT", &path, json!({"name": "Three", "optionIds": ["2", "3", "4"]}));
    site.refuse(400, "PUT", "/priorityschemes/10003", json!({"name": "None", "optionIds": ["2"]}));
    let id = made["id"].clone();
    let own = site.read("/project/DEMO/priorityscheme")["id"].clone();
    site.take(200, "DELETE", &format!("/project/DEMO/priorityscheme/{own}"), Value::Null);
    // Some of its issues have a priority that the scheme lacks.
    site.refuse(400, "PUT", "/project/DEMO/priorityscheme", json!({"id": own}));
    site.take(200, "PUT", "/project/DEMO/priorityscheme", json!({"id": 10003}));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(404, "PUT", "/project/DEMO/priorityscheme", json!({"id": id}));
}
