//! Projects, their categories, versions and components.

use serde_json::{Value, json};

use super::{cloud, data_center, text};

#[test]
fn categories() {
    for site in [cloud(), data_center()] {
        let made = site.take(201, "POST", "/projectCategory", json!({"name": "Tools", "description": "x"}));
        site.refuse(409, "POST", "/projectCategory", json!({"name": "tools"}));
        let path = format!("/projectCategory/{}", text(&made["id"]));
        assert_eq!(site.take(200, "PUT", &path, json!({"description": "y"}))["name"], "Tools");
        site.take(204, "DELETE", &path, Value::Null);
        site.refuse(404, "DELETE", &path, Value::Null);
    }
}

#[test]
fn versions() {
    for site in [cloud(), data_center()] {
        let body = json!({"projectId": 10000, "name": "3.0", "releaseDate": "2026-01-31", "released": true});
        let made = site.take(201, "POST", "/version", body);
        assert_eq!((&made["released"], &made["releaseDate"]), (&json!(true), &json!("2026-01-31")));
        site.refuse(400, "POST", "/version", json!({"projectId": 10000, "name": "3.0"}));
        site.refuse(
            400,
            "POST",
            "/version",
            json!({"projectId": 10000, "name": "4.0", "releaseDate": "soon"}),
        );
        let path = format!("/version/{}", text(&made["id"]));
        site.take(200, "PUT", &path, json!({"released": false, "description": "Later"}));
        site.take(200, "POST", &format!("{path}/move"), json!({"position": "First"}));
        assert_eq!(site.read("/project/DEMO/versions")[0]["description"], "Later");
        site.refuse(400, "POST", &format!("{path}/move"), json!({}));
        site.take(204, "POST", &format!("{path}/removeAndSwap"), json!({}));
        site.refuse(404, "PUT", &path, json!({}));
    }
    data_center().refuse(405, "DELETE", "/version/10000", Value::Null);
}

#[test]
fn components() {
    for (site, lead, user) in
        [(cloud(), "leadAccountId", "JIRAUSER10002"), (data_center(), "leadUserName", "grace")]
    {
        let body = json!({"project": "DEMO", "name": "Mail", lead: user, "assigneeType": "COMPONENT_LEAD"});
        let made = site.take(201, "POST", "/component", body);
        assert_eq!(made["lead"]["displayName"], "Grace Hopper");
        site.refuse(400, "POST", "/component", json!({"project": "DEMO", "name": "Mail"}));
        site.refuse(400, "POST", "/component", json!({"project": "DEMO", "name": "Post", lead: "nobody"}));
        let path = format!("/component/{}", text(&made["id"]));
        site.take(200, "PUT", &path, json!({"assigneeType": "PROJECT_DEFAULT", lead: ""}));
        site.take(204, "DELETE", &format!("{path}?moveIssuesTo=10000"), Value::Null);
        assert!(!site.all("/project/DEMO/components", "name").contains(&"Mail".to_owned()));
    }
}

#[test]
fn projects_on_cloud() {
    let site = cloud();
    let body = json!({
        "key": "NEW", "name": "New", "leadAccountId": "JIRAUSER10002", "projectTypeKey": "software",
        "issueTypeScheme": 10001, "workflowScheme": 10000, "permissionScheme": 10000, "categoryId": 10000,
    });
    let made = site.take(201, "POST", "/project", body.clone());
    assert_eq!(made["key"], "NEW");
    let project = site.read("/project/NEW");
    assert_eq!(
        (&project["assigneeType"], &project["projectCategory"]["id"]),
        (&json!("PROJECT_LEAD"), &json!("10000"))
    );
    assert_eq!(site.read("/project/NEW/permissionscheme")["id"], 10000);
    let pairs = site.read(&format!("/issuetypescheme/project?projectId={}", made["id"]));
    assert_eq!(pairs["values"][0]["issueTypeScheme"]["id"], "10001");
    assert!(!site.read("/project/NEW/role/10000")["actors"].as_array().unwrap().is_empty());
    site.refuse(400, "POST", "/project", body);
    let template = json!({
        "key": "TEMP", "name": "Temp", "leadAccountId": "JIRAUSER10002", "projectTypeKey": "software",
        "projectTemplateKey": "com.pyxis.greenhopper.jira:gh-simplified-scrum-classic",
    });
    let mut both = template.clone();
    both["workflowScheme"] = json!(10000);
    site.refuse(400, "POST", "/project", both);
    // A template brings a board, a filter and a scheme that nobody asked for.
    site.take(201, "POST", "/project", template);
    assert!(site.all("/rest/agile/1.0/board", "name").contains(&"TEMP board".to_owned()));
    site.refuse(400, "POST", "/project", json!({"key": "LOW", "name": "L", "projectTypeKey": "software"}));

    site.refuse(400, "PUT", "/project/NEW", json!({"workflowScheme": 10000}));
    site.take(
        200,
        "PUT",
        "/project/NEW",
        json!({"key": "NEWER", "categoryId": -1, "notificationScheme": 10000}),
    );
    assert_eq!(site.read("/project/NEW")["key"], "NEWER");
    site.take(200, "PUT", "/project/NEWER", json!({"releasedProjectKeys": ["NEW"]}));
    assert_eq!(site.site.get("/rest/api/3/project/NEW").status, 404);
    site.take(
        204,
        "PUT",
        &format!("/project/{}/email", made["id"]),
        json!({"emailAddress": "a@example.com"}),
    );

    site.take(204, "DELETE", "/project/NEWER?enableUndo=true", Value::Null);
    assert!(!site.all("/project/search", "key").contains(&"NEWER".to_owned()));
    site.take(200, "POST", "/project/NEWER/restore", Value::Null);
    assert_eq!(site.read("/project/NEWER/permissionscheme")["id"], 10000);
}

#[test]
fn projects_on_data_center() {
    let site = data_center();
    let body = json!({
        "key": "NEW", "name": "New", "lead": "grace", "projectTypeKey": "business", "workflowSchemeId": 10000,
    });
    site.take(201, "POST", "/project", body);
    assert_eq!(site.read("/project/NEW/workflowscheme")["id"], 10000);
    site.take(200, "PUT", "/project/NEW", json!({"issueSecurityScheme": 10000, "lead": "ada"}));
    assert_eq!(site.read("/project/NEW/issuesecuritylevelscheme")["id"], 10000);
    site.take(200, "PUT", "/project/NEW/permissionscheme", json!({"id": 10000}));
    site.take(204, "DELETE", "/project/NEW", Value::Null);
    site.refuse(404, "DELETE", "/project/NEW", Value::Null);
}
