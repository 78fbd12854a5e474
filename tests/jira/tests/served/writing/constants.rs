//! Issue types, priorities, resolutions, statuses and link types.

use serde_json::{Value, json};

use super::{cloud, data_center, text};

#[test]
fn issue_types() {
    let site = cloud();
    let made = site.take(201, "POST", "/issuetype", json!({"name": "Risk", "hierarchyLevel": -1}));
    let path = format!("/issuetype/{}", text(&made["id"]));
    assert_eq!((&made["subtask"], &made["hierarchyLevel"]), (&json!(true), &json!(-1)));
    site.refuse(409, "POST", "/issuetype", json!({"name": "risk"}));
    site.refuse(400, "POST", "/issuetype", json!({"name": "Theme", "hierarchyLevel": 2}));
    site.refuse(400, "POST", "/issuetype", json!({"name": "x".repeat(61)}));
    site.refuse(400, "PUT", &path, json!({"hierarchyLevel": 0}));
    let changed = site.take(200, "PUT", &path, json!({"description": "What may go wrong"}));
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Risk"), &json!("What may go wrong")));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(404, "DELETE", &path, Value::Null);
    site.refuse(404, "DELETE", "/issuetype/10001", Value::Null);
    // An id that was given does not come again.
    let again = site.take(201, "POST", "/issuetype", json!({"name": "Risk"}));
    assert_ne!(again["id"], made["id"]);

    let site = data_center();
    assert_eq!(
        site.take(201, "POST", "/issuetype", json!({"name": "Risk", "type": "standard"})),
        Value::Null
    );
    let scheme = site.read("/issuetypescheme/10000?expand=issueTypes");
    assert_eq!(scheme["issueTypes"].as_array().unwrap().last().unwrap()["name"], "Risk");
}

#[test]
fn priorities() {
    let site = cloud();
    let body = json!({"name": "Blocker", "statusColor": "#ff0000"});
    site.refuse(400, "POST", "/priority", body);
    let body = json!({"name": "Blocker", "statusColor": "#f00", "iconUrl": "/images/icons/priorities/blocker.png", "description": ""});
    let id = text(&site.take(201, "POST", "/priority", body)["id"]);
    site.take(204, "PUT", "/priority/move", json!({"ids": [id], "position": "First"}));
    assert_eq!(site.all("/priority/search", "name")[0], "Blocker");
    site.take(204, "PUT", "/priority/default", json!({"id": id}));
    site.refuse(400, "DELETE", &format!("/priority/{id}"), Value::Null);
    site.take(204, "PUT", "/priority/default", json!({"id": "3"}));
    site.take(204, "PUT", &format!("/priority/{id}"), json!({"statusColor": "#123456"}));
    site.refuse(400, "PUT", &format!("/priority/{id}"), json!({"statusColor": "red"}));
    site.take(303, "DELETE", &format!("/priority/{id}"), Value::Null);
    assert!(!site.all("/priority/search", "id").contains(&id));
    site.refuse(404, "PUT", "/priority/move", json!({"ids": [id], "position": "Last"}));
}

#[test]
fn resolutions() {
    let site = cloud();
    let id = text(&site.take(201, "POST", "/resolution", json!({"name": "Moved"}))["id"]);
    site.take(204, "PUT", "/resolution/default", json!({"id": id}));
    let all = site.read("/resolution/search");
    let own = all["values"].as_array().unwrap().iter().find(|own| own["id"] == id.as_str()).unwrap().clone();
    assert_eq!(own["isDefault"], true);
    site.take(204, "PUT", "/resolution/move", json!({"ids": [id], "after": "10000"}));
    assert_eq!(site.all("/resolution/search", "id")[1], id);
    site.refuse(400, "PUT", &format!("/resolution/{id}"), json!({"description": "without a name"}));
    site.refuse(400, "DELETE", &format!("/resolution/{id}"), Value::Null);
    site.take(303, "DELETE", &format!("/resolution/{id}?replaceWith=10000"), Value::Null);
}

#[test]
fn statuses() {
    let site = cloud();
    let body =
        json!({"scope": {"type": "GLOBAL"}, "statuses": [{"name": "Parked", "statusCategory": "TODO"}]});
    let made = site.take(200, "POST", "/statuses", body);
    let id = text(&made[0]["id"]);
    let change = |name: &str| json!({"statuses": [{"id": id, "name": name, "statusCategory": "DONE"}]});
    site.refuse(400, "PUT", "/statuses", change("Done"));
    site.take(204, "PUT", "/statuses", change("Put away"));
    assert_eq!(site.read(&format!("/statuses?id={id}"))[0]["statusCategory"], "DONE");
    site.refuse(400, "DELETE", &format!("/statuses?id={id}&id=3"), Value::Null);
    site.take(204, "DELETE", &format!("/statuses?id={id}"), Value::Null);
    assert_eq!(site.read(&format!("/statuses?id={id}")), json!([]));
}

#[test]
fn link_types() {
    for site in [cloud(), data_center()] {
        let body = json!({"name": "Causes", "inward": "is caused by", "outward": "causes"});
        site.take(201, "POST", "/issueLinkType", body.clone());
        site.refuse(404, "POST", "/issueLinkType", body);
        let all = site.read("/issueLinkType");
        let own = all["issueLinkTypes"].as_array().unwrap().last().unwrap().clone();
        let path = format!("/issueLinkType/{}", text(&own["id"]));
        assert_eq!(site.take(200, "PUT", &path, json!({"inward": "comes from"}))["inward"], "comes from");
        site.take(204, "DELETE", &path, Value::Null);
        site.refuse(404, "DELETE", &path, Value::Null);
    }
}
