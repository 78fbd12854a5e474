//! Permission, notification and issue security schemes, users and groups.

use serde_json::{Value, json};

use super::{cloud, data_center, text};

fn grants(scheme: &Value) -> Vec<String> {
    scheme["permissions"].as_array().unwrap().iter().map(|grant| text(&grant["permission"])).collect()
}

#[test]
fn permission_schemes() {
    for site in [cloud(), data_center()] {
        let is_cloud = site.edition == jira_for_tests::Edition::Cloud;
        let user = if is_cloud { "JIRAUSER10002" } else { "grace" };
        let body = json!({"name": "Guests", "permissions": [
            {"permission": "BROWSE_PROJECTS", "holder": {"type": "applicationRole"}},
            {"permission": "ADD_COMMENTS", "holder": {"type": "group", "parameter": "support"}},
            {"permission": "LINK_ISSUES", "holder": {"type": "user", "parameter": user}},
        ]});
        let made = site.take(201, "POST", "/permissionscheme?expand=permissions", body.clone());
        assert_eq!(grants(&made), ["BROWSE_PROJECTS", "ADD_COMMENTS", "LINK_ISSUES"]);
        assert_eq!(made["permissions"][2]["holder"]["parameter"], "JIRAUSER10002");
        site.refuse(400, "POST", "/permissionscheme", body);
        let path = format!("/permissionscheme/{}", made["id"]);
        // Without grants it keeps them, with some it has no others.
        site.take(200, "PUT", &path, json!({"name": "Visitors", "description": "x"}));
        let one = json!({"permission": "EDIT_ISSUES", "holder": {"type": "anyone"}});
        site.take(201, "POST", &format!("{path}/permission"), one.clone());
        site.refuse(400, "POST", &format!("{path}/permission"), one.clone());
        assert_eq!(grants(&site.read(&format!("{path}?expand=all"))).len(), 4);
        let whole = json!({"name": "Visitors", "permissions": [one]});
        let changed = site.take(200, "PUT", &format!("{path}?expand=all"), whole);
        assert_eq!(grants(&changed), ["EDIT_ISSUES"]);
        let read_alone = json!({"permission": "VIEW_ISSUES", "holder": {"type": "anyone"}});
        site.refuse(400, "POST", &format!("{path}/permission"), read_alone);
        let unknown =
            json!({"permission": "ADD_COMMENTS", "holder": {"type": "projectRole", "parameter": "7"}});
        site.refuse(400, "POST", &format!("{path}/permission"), unknown);
        let grant = format!("{path}/permission/{}", changed["permissions"][0]["id"]);
        site.take(204, "DELETE", &grant, Value::Null);
        site.refuse(400, "DELETE", &grant, Value::Null);
        site.take(204, "DELETE", &path, Value::Null);
        site.refuse(400, "DELETE", "/permissionscheme/10000", Value::Null);
    }
    let portal = json!({"permission": "ARCHIVE_ISSUES", "holder": {"type": "sd.customer.portal.only"}});
    cloud().refuse(400, "POST", "/permissionscheme/10000/permission", portal);
}

#[test]
fn groups_are_named_by_id_on_cloud() {
    let site = cloud();
    let id = text(&site.take(201, "POST", "/group", json!({"name": "guests"}))["groupId"]);
    site.refuse(400, "POST", "/group", json!({"name": "Guests"}));
    let holder = json!({"type": "group", "parameter": "support", "value": id});
    let grant = json!({"permission": "ADD_COMMENTS", "holder": holder});
    let made = site.take(201, "POST", "/permissionscheme/10000/permission", grant);
    assert_eq!(made["holder"]["parameter"], "guests");
    site.take(201, "POST", &format!("/group/user?groupId={id}"), json!({"accountId": "JIRAUSER10002"}));
    site.refuse(400, "POST", &format!("/group/user?groupId={id}"), json!({"accountId": "JIRAUSER10002"}));
    assert_eq!(site.all(&format!("/group/member?groupId={id}"), "displayName"), ["Grace Hopper"]);
    site.take(200, "DELETE", &format!("/group/user?groupId={id}&accountId=JIRAUSER10002"), Value::Null);
    site.take(200, "DELETE", &format!("/group?groupId={id}"), Value::Null);
    site.refuse(404, "DELETE", &format!("/group?groupId={id}"), Value::Null);
    let body = json!({"emailAddress": "new@example.com", "products": ["jira-software"]});
    let user = site.take(201, "POST", "/user", body);
    site.take(204, "DELETE", &format!("/user?accountId={}", text(&user["accountId"])), Value::Null);
}

#[test]
fn groups_and_users_are_names_on_data_center() {
    let site = data_center();
    site.take(201, "POST", "/group", json!({"name": "guests"}));
    site.take(201, "POST", "/group/user?groupname=guests", json!({"name": "grace"}));
    let body =
        json!({"name": "new", "emailAddress": "new@example.com", "displayName": "New", "password": "x"});
    let key = text(&site.take(201, "POST", "/user", body)["key"]);
    site.take(200, "PUT", &format!("/user?key={key}"), json!({"name": "newer"}));
    assert_eq!(site.read("/user?username=newer")["key"], key.as_str());
    site.take(200, "DELETE", "/group/user?groupname=guests&username=grace", Value::Null);
    site.take(200, "DELETE", "/group?groupname=guests", Value::Null);
}

#[test]
fn notification_schemes() {
    let site = cloud();
    let with = |kind: &str, parameter: Value| {
        json!({"notificationSchemeEvents": [
            {"event": {"id": "1"}, "notifications": [{"notificationType": kind, "parameter": parameter}]},
        ]})
    };
    let id = text(&site.take(201, "POST", "/notificationscheme", json!({"name": "Few mails"}))["id"]);
    site.refuse(400, "POST", "/notificationscheme", json!({"name": "Few mails"}));
    let path = format!("/notificationscheme/{id}");
    site.take(204, "PUT", &format!("{path}/notification"), with("Group", json!("support")));
    // It adds, and never replaces.
    site.take(204, "PUT", &format!("{path}/notification"), with("ProjectRole", json!("10000")));
    site.refuse(400, "PUT", &format!("{path}/notification"), with("ProjectRole", json!("10000")));
    site.refuse(400, "PUT", &format!("{path}/notification"), with("EmailAddress", json!("a@example.com")));
    site.refuse(400, "PUT", &format!("{path}/notification"), with("User", json!("nobody")));
    let told = site.read(&format!("{path}?expand=all"));
    let own = told["notificationSchemeEvents"][0]["notifications"].as_array().unwrap().clone();
    assert_eq!(own.len(), 2);
    let one = format!("{path}/notification/{}", own[0]["id"]);
    site.take(204, "DELETE", &one, Value::Null);
    site.refuse(404, "DELETE", &one, Value::Null);
    site.take(204, "PUT", &path, json!({"description": "Less"}));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(400, "DELETE", "/notificationscheme/10001", Value::Null);
    data_center().refuse(405, "POST", "/notificationscheme", json!({"name": "Few mails"}));
}

#[test]
fn issue_security_schemes() {
    let site = cloud();
    let level = json!({"name": "Staff", "isDefault": true, "members": [{"type": "reporter"}]});
    let body = json!({"name": "Secrets", "levels": [level]});
    let id = text(&site.take(201, "POST", "/issuesecurityschemes", body.clone())["id"]);
    site.refuse(400, "POST", "/issuesecurityschemes", body);
    let path = format!("/issuesecurityschemes/{id}");
    site.take(204, "PUT", &format!("{path}/level"), json!({"levels": [{"name": "Board"}]}));
    site.refuse(400, "PUT", &format!("{path}/level"), json!({"levels": [{"name": "board"}]}));
    let levels = site.all(&format!("/issuesecurityschemes/level?schemeId={id}"), "id");
    let board = format!("{path}/level/{}", levels[1]);
    let members = json!({"members": [{"type": "projectrole", "parameter": "10000"}]});
    site.take(204, "PUT", &format!("{board}/member"), members);
    site.refuse(
        400,
        "PUT",
        &format!("{board}/member"),
        json!({"members": [{"type": "group", "parameter": "no"}]}),
    );
    let member = site.all(&format!("/issuesecurityschemes/level/member?levelId={}", levels[1]), "id");
    site.take(204, "DELETE", &format!("{board}/member/{}", member[0]), Value::Null);
    let default = json!({"defaultValues": [{"issueSecuritySchemeId": id, "defaultLevelId": levels[1]}]});
    site.take(204, "PUT", "/issuesecurityschemes/level/default", default);
    assert_eq!(site.read(&path)["defaultSecurityLevelId"].to_string(), levels[1]);
    // What is not mapped loses its level.
    let assign = json!({"projectId": "10000", "schemeId": id, "oldToNewSecurityLevelMappings": []});
    site.take(303, "PUT", "/issuesecurityschemes/project", assign);
    site.refuse(400, "DELETE", &path, Value::Null);
    site.take(303, "DELETE", &format!("{board}?replaceWith={}", levels[0]), Value::Null);
}
