//! Project roles, their default actors and their members.

use serde_json::{Value, json};

use super::{Written, cloud, data_center, text};

fn actors(role: &Value) -> Vec<String> {
    role["actors"].as_array().unwrap().iter().map(|actor| text(&actor["displayName"])).collect()
}

fn role(site: &Written) -> String {
    text(&site.take(200, "POST", "/role", json!({"name": "Guests", "description": "From outside"}))["id"])
}

#[test]
fn roles() {
    for site in [cloud(), data_center()] {
        let id = role(&site);
        site.refuse(409, "POST", "/role", json!({"name": "guests"}));
        site.refuse(400, "POST", "/role", json!({"name": " padded"}));
        site.refuse(400, "PUT", &format!("/role/{id}"), json!({"name": "Guests"}));
        // Of both one alone is changed.
        let both = json!({"name": "Visitors", "description": "other"});
        let changed = site.take(200, "POST", &format!("/role/{id}"), both);
        assert_eq!((&changed["name"], &changed["description"]), (&json!("Visitors"), &json!("From outside")));
        site.refuse(409, "DELETE", "/role/10000", Value::Null);
        site.take(204, "DELETE", &format!("/role/10000?swap={id}"), Value::Null);
    }
}

#[test]
fn members_on_cloud_are_accounts_and_ids_of_groups() {
    let site = cloud();
    let id = role(&site);
    let group = site.read("/group/bulk?groupName=support")["values"][0]["groupId"].clone();
    let path = format!("/project/DEMO/role/{id}");
    let body = json!({"categorisedActors": {
        "atlassian-user-role-actor": ["JIRAUSER10002"], "atlassian-group-role-actor-id": [group],
    }});
    assert_eq!(actors(&site.take(200, "PUT", &path, body)), ["support", "Grace Hopper"]);
    site.refuse(400, "POST", &path, json!({"user": ["JIRAUSER10003"], "groupId": [group]}));
    site.refuse(400, "POST", &path, json!({"user": ["ada"]}));
    site.take(200, "POST", &path, json!({"user": ["JIRAUSER10003"]}));
    site.take(204, "DELETE", &format!("{path}?user=JIRAUSER10002"), Value::Null);
    site.take(204, "DELETE", &format!("{path}?user=JIRAUSER10002"), Value::Null);
    assert_eq!(actors(&site.read(&path)), ["support", "Alan Turing"]);
    site.take(200, "POST", &format!("/role/{id}/actors"), json!({"groupId": [group]}));
    assert_eq!(actors(&site.read(&format!("/role/{id}"))), ["support"]);
    site.refuse(400, "DELETE", &format!("/role/{id}/actors"), Value::Null);
}

#[test]
fn members_on_data_center_are_names() {
    let site = data_center();
    let path = format!("/project/DEMO/role/{}", role(&site));
    site.refuse(400, "POST", &path, json!({"user": ["JIRAUSER10002"]}));
    site.take(200, "POST", &path, json!({"user": ["grace"]}));
    let body = json!({"categorisedActors": {"atlassian-group-role-actor": ["support"]}});
    assert_eq!(actors(&site.take(200, "PUT", &path, body)), ["support"]);
}
