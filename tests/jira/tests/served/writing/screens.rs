//! Screens and the schemes that use them.

use serde_json::{Value, json};

use super::{cloud, data_center, text};

#[test]
fn screens() {
    let site = cloud();
    let made = site.take(201, "POST", "/screens", json!({"name": "Triage"}));
    site.take(201, "POST", "/screens", json!({"name": "Triage"}));
    let path = format!("/screens/{}", made["id"]);
    assert_eq!(site.all(&format!("{path}/tabs"), "name"), ["Field Tab"]);
    let first = site.all(&format!("{path}/tabs"), "id")[0].clone();
    site.refuse(400, "DELETE", &format!("{path}/tabs/{first}"), Value::Null);
    let second = text(&site.take(200, "POST", &format!("{path}/tabs"), json!({"name": "More"}))["id"]);
    site.take(204, "POST", &format!("{path}/tabs/{second}/move/0"), Value::Null);
    assert_eq!(site.all(&format!("{path}/tabs"), "name"), ["More", "Field Tab"]);
    site.take(200, "PUT", &format!("{path}/tabs/{first}"), json!({"name": "Less"}));
    site.take(200, "PUT", &path, json!({"description": "What is new"}));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(400, "DELETE", "/screens/10000", Value::Null);
    site.refuse(400, "DELETE", "/screens/10003", Value::Null);
    data_center().refuse(405, "POST", "/screens", json!({"name": "Triage"}));
}

#[test]
fn fields_of_screens() {
    for (site, unknown, last) in [(cloud(), 404, 400), (data_center(), 400, 412)] {
        let tab = site.all("/screens/10002/tabs", "id")[0].clone();
        let path = format!("/screens/10002/tabs/{tab}/fields");
        let before = site.all(&path, "id");
        site.refuse(400, "POST", &path, json!({"fieldId": before[0]}));
        site.refuse(unknown, "POST", &path, json!({"fieldId": "customfield_9"}));
        let new =
            ["environment", "duedate", "labels"].into_iter().find(|id| !before.contains(&(*id).to_owned()));
        let new = new.unwrap();
        site.take(200, "POST", &path, json!({"fieldId": new}));
        site.take(204, "POST", &format!("{path}/{new}/move"), json!({"after": before[0]}));
        assert_eq!(site.all(&path, "id")[1], new);
        site.take(204, "POST", &format!("{path}/{new}/move"), json!({"position": "First"}));
        assert_eq!(site.all(&path, "id")[0], new);
        site.take(204, "DELETE", &format!("{path}/{new}"), Value::Null);
        assert_eq!(site.all(&path, "id"), before);
        let tab = site.all("/screens/1/tabs", "id")[0].clone();
        site.refuse(last, "DELETE", &format!("/screens/1/tabs/{tab}"), Value::Null);
    }
}

#[test]
fn screen_schemes() {
    let site = cloud();
    site.refuse(400, "POST", "/screenscheme", json!({"name": "Few", "screens": {"edit": 10000}}));
    let body = json!({"name": "Few", "screens": {"default": 10000, "edit": 10001}});
    let id = text(&site.take(201, "POST", "/screenscheme", body)["id"]);
    let path = format!("/screenscheme/{id}");
    let screens =
        |site: &super::Written| site.read(&format!("/screenscheme?id={id}"))["values"][0]["screens"].clone();
    // It is made with numbers and changed with texts; null takes away.
    site.take(204, "PUT", &path, json!({"screens": {"edit": null, "view": "10002"}}));
    assert_eq!(screens(&site), json!({"default": 10000, "view": 10002}));
    site.refuse(400, "PUT", &path, json!({"screens": {"default": null}}));
    site.refuse(404, "PUT", &path, json!({"screens": {"view": "9"}}));

    let mapping = |kind: &str| json!({"issueTypeId": kind, "screenSchemeId": id});
    let body = json!({"name": "By type", "issueTypeMappings": [mapping("10003")]});
    site.refuse(400, "POST", "/issuetypescreenscheme", body);
    let body = json!({"name": "By type", "issueTypeMappings": [mapping("10003"), mapping("default")]});
    let own = text(&site.take(201, "POST", "/issuetypescreenscheme", body.clone())["id"]);
    site.refuse(409, "POST", "/issuetypescreenscheme", body);
    site.refuse(400, "DELETE", &path, Value::Null);
    let path = format!("/issuetypescreenscheme/{own}");
    site.take(204, "PUT", &format!("{path}/mapping"), json!({"issueTypeMappings": [mapping("10001")]}));
    site.refuse(400, "PUT", &format!("{path}/mapping"), json!({"issueTypeMappings": [mapping("10001")]}));
    site.take(204, "PUT", &format!("{path}/mapping/default"), json!({"screenSchemeId": "10000"}));
    site.take(204, "POST", &format!("{path}/mapping/remove"), json!({"issueTypeIds": ["10003"]}));
    let told =
        site.all(&format!("/issuetypescreenscheme/mapping?issueTypeScreenSchemeId={own}"), "issueTypeId");
    assert_eq!(told, ["10001", "default"]);
    site.take(204, "PUT", &path, json!({"name": "By types"}));
    let assign = json!({"issueTypeScreenSchemeId": own, "projectId": "10001"});
    site.take(204, "PUT", "/issuetypescreenscheme/project", assign);
    site.refuse(400, "DELETE", &path, Value::Null);
}
