//! Filters, dashboards and boards.

use serde_json::{Value, json};

use super::{Written, cloud, data_center, text};

fn admin(site: &Written) -> String {
    let myself = site.read("/myself");
    text(myself.get("accountId").unwrap_or(&myself["key"]))
}

#[test]
fn filters_on_cloud() {
    let site = cloud();
    let shares = json!([{"type": "authenticated"}, {"type": "project", "project": {"id": "10000"}}]);
    let body = json!({"name": "Mine", "jql": "project = DEMO", "sharePermissions": shares});
    let made = site.take(200, "POST", "/filter", body.clone());
    let path = format!("/filter/{}", text(&made["id"]));
    assert_eq!(made["sharePermissions"][0]["type"], "loggedin");
    site.refuse(400, "POST", "/filter", body);
    site.refuse(400, "POST", "/filter", json!({"name": "Other", "jql": "project = NONE"}));
    let read_alone = json!({"name": "Mine", "sharePermissions": [{"type": "loggedin"}]});
    site.refuse(400, "PUT", &path, read_alone);
    let role = json!({"type": "projectRole", "project": {"id": "10000"}, "role": {"id": 10000}});
    let changed = site.take(200, "PUT", &path, json!({"name": "Mine", "editPermissions": [role]}));
    assert_eq!(changed["sharePermissions"].as_array().unwrap().len(), 2);
    assert_eq!(changed["editPermissions"][0]["type"], "projectRole");
    // Another's is changed by insisting alone.
    site.refuse(400, "PUT", "/filter/10000", json!({"name": "Filter for DEMO board"}));
    let other = "/filter/10000?overrideSharePermissions=true";
    site.take(200, "PUT", other, json!({"name": "Filter for DEMO board", "description": "x"}));
    site.take(200, "PUT", &format!("{path}/columns"), json!({"columns": ["issuekey", "summary"]}));
    assert_eq!(site.read(&format!("{path}/columns"))[1]["value"], "summary");
    site.take(204, "DELETE", &format!("{path}/columns"), Value::Null);
    let all = site.take(201, "POST", &format!("{path}/permission"), json!({"type": "global"}));
    assert_eq!(all.as_array().unwrap().len(), 1);
    site.take(204, "DELETE", &format!("{path}/permission/{}", all[0]["id"]), Value::Null);
    site.take(204, "PUT", &format!("{path}/owner"), json!({"accountId": "JIRAUSER10002"}));
    site.refuse(400, "PUT", &path, json!({"name": "Mine"}));
    site.take(204, "DELETE", &path, Value::Null);
}

#[test]
fn filters_on_data_center() {
    let site = data_center();
    let made = site.take(200, "POST", "/filter", json!({"name": "Mine", "jql": "project = DEMO"}));
    let path = format!("/filter/{}", text(&made["id"]));
    let share = json!({"type": "group", "groupname": "support", "view": true, "edit": true});
    let told = site.take(201, "POST", &format!("{path}/permission"), share);
    assert_eq!(told[0]["edit"], true);
    site.take(201, "POST", &format!("{path}/permission"), json!({"type": "global"}));
    assert_eq!(site.read(&format!("{path}/permission")).as_array().unwrap().len(), 1);
    site.refuse(400, "PUT", "/filter/10000", json!({"name": "Ours"}));
    site.take(200, "PUT", "/filter/10000", json!({"owner": {"key": admin(&site)}}));
    site.take(200, "PUT", "/filter/10000", json!({"name": "Ours"}));
    site.take(204, "DELETE", &path, Value::Null);
}

#[test]
fn dashboards() {
    let site = cloud();
    let body = json!({"name": "Mine", "sharePermissions": [], "editPermissions": []});
    let made = site.take(200, "POST", "/dashboard", body.clone());
    site.refuse(400, "POST", "/dashboard", json!({"name": "Mine"}));
    let path = format!("/dashboard/{}", text(&made["id"]));
    let gadget = |row: i64| {
        json!({
            "moduleKey": "com.atlassian.jira.gadgets:introduction-dashboard-item", "color": "red",
            "position": {"The column position of the gadget.": 0, "The row position of the gadget.": row},
        })
    };
    let first = site.take(200, "POST", &format!("{path}/gadget"), gadget(0));
    site.refuse(400, "POST", &format!("{path}/gadget"), gadget(0));
    site.refuse(400, "POST", &format!("{path}/gadget"), json!({"color": "red"}));
    let second = site.take(200, "POST", &format!("{path}/gadget"), gadget(1));
    assert_eq!((&first["color"], first["id"] == second["id"]), (&json!("red"), false));
    // Without its settings a gadget is blank.
    let settings = format!("{path}/items/{}/properties/config", first["id"]);
    site.take(201, "PUT", &settings, json!({"filterId": "filter-10000"}));
    site.take(200, "PUT", &settings, json!({"filterId": "filter-10001", "num": "10"}));
    assert_eq!(site.read(&settings)["value"], json!({"filterId": "filter-10001", "num": "10"}));
    site.take(204, "PUT", &format!("{path}/gadget/{}", first["id"]), json!({"color": "blue"}));
    site.take(204, "DELETE", &format!("{path}/gadget/{}", first["id"]), Value::Null);
    let rest = site.read(&format!("{path}/gadget"));
    assert_eq!(rest["gadgets"][0]["position"]["The row position of the gadget."], 0);
    site.take(200, "PUT", &path, json!({"name": "Ours", "sharePermissions": [], "editPermissions": []}));
    site.take(204, "DELETE", &path, Value::Null);
    // Another's is changed by insisting alone.
    site.refuse(404, "PUT", "/dashboard/10001", body.clone());
    site.take(200, "PUT", "/dashboard/10001?extendAdminPermissions=true", body);
}

#[test]
fn boards() {
    for site in [cloud(), data_center()] {
        let path = "/rest/agile/1.0/board";
        let body = json!({"name": "Ours", "type": "kanban", "filterId": 10000});
        let made = site.take(201, "POST", path, body);
        assert_eq!(made["type"], "kanban");
        site.refuse(404, "POST", path, json!({"name": "Ours", "type": "kanban", "filterId": 9}));
        let own = format!("{path}/{}", made["id"]);
        assert_eq!(site.read(&format!("{own}/configuration"))["columnConfig"]["columns"][2]["name"], "Done");
        site.refuse(405, "PUT", &format!("{own}/configuration"), json!({}));
        site.take(204, "DELETE", &own, Value::Null);
        site.refuse(404, "DELETE", &own, Value::Null);
    }
}

#[test]
fn boards_are_set_up_by_their_own_page() {
    let site = cloud();
    let root = "/rest/greenhopper/1.0";
    let model = |site: &Written| site.read(&format!("{root}/rapidviewconfig/editmodel?rapidViewId=1"));
    let name = json!({"id": 1, "name": "Board of the shop"});
    site.take(200, "PUT", &format!("{root}/rapidviewconfig/name"), name);
    // Without a header of its own such a write is refused.
    let got = site.site.post(&format!("{root}/quickfilters/1"), &json!({"name": "Old", "query": "a = b"}));
    assert_eq!(got.status, 403);
    let columns = |second: &str| {
        json!({
            "rapidViewId": 1, "currentStatisticsField": {"id": "issueCountExclSubs_"}, "mappedColumns": [
                {"id": 1, "name": "Open", "min": "", "max": "5", "isKanPlanColumn": false, "mappedStatuses": [{"id": "1"}]},
                {"id": null, "name": "Shut", "min": "", "max": "", "mappedStatuses": [{"id": second}]},
            ],
        })
    };
    site.refuse(400, "PUT", &format!("{root}/rapidviewconfig/columns"), columns("1"));
    site.take(200, "PUT", &format!("{root}/rapidviewconfig/columns"), columns("5"));
    let told = model(&site);
    assert_eq!(told["name"], "Board of the shop");
    let list = &told["rapidListConfig"];
    assert_eq!(
        (&list["mappedColumns"][0]["max"], &list["mappedColumns"][1]["name"]),
        (&json!("5"), &json!("Shut"))
    );
    assert_eq!(list["currentStatisticsField"]["typeId"], "issueCountExclSubs");
    let lane = site.take(
        200,
        "POST",
        &format!("{root}/swimlanes/1"),
        json!({"name": "Late", "query": "due < now()"}),
    );
    let lanes = |site: &Written| model(site)["swimlanesConfig"]["swimlanes"].as_array().unwrap().clone();
    assert_eq!(lanes(&site)[1]["name"], "Late");
    let default = lanes(&site)[2]["id"].clone();
    site.refuse(400, "DELETE", &format!("{root}/swimlanes/1/{default}"), Value::Null);
    let own = format!("{root}/swimlanes/1/{}", lane["id"]);
    site.refuse(400, "POST", &format!("{own}/move"), json!({"after": "1"}));
    site.take(200, "POST", &format!("{own}/move"), json!({"position": "First"}));
    site.take(200, "PUT", &own, json!({"id": lane["id"], "name": "Very late", "query": "due < now()"}));
    assert_eq!(lanes(&site)[0]["name"], "Very late");
    site.take(204, "DELETE", &own, Value::Null);
    let quick =
        site.take(200, "POST", &format!("{root}/quickfilters/1"), json!({"name": "Old", "query": "a = b"}));
    site.take(204, "DELETE", &format!("{root}/quickfilters/1/{}", quick["id"]), Value::Null);
    site.take(200, "PUT", &format!("{root}/subqueries/1"), json!({"query": "fixVersion is EMPTY"}));
    let count =
        json!({"rapidViewId": 1, "estimateStatisticId": "issueCount_", "trackingStatisticId": "none_"});
    site.take(200, "PUT", &format!("{root}/rapidviewconfig/estimation"), count);
    let admins = json!({"id": 1, "boardAdmins": {"userKeys": ["JIRAUSER10002"], "groupKeys": ["support"]}});
    site.take(200, "PUT", &format!("{root}/rapidviewconfig/boardadmins"), admins);
    assert_eq!(model(&site)["boardAdmins"]["userKeys"][0]["displayName"], "Grace Hopper");
    for field in ["labels", "duedate"] {
        site.take(200, "POST", &format!("{root}/cardlayout/1/workMode/field"), json!({"fieldId": field}));
    }
    site.refuse(
        400,
        "POST",
        &format!("{root}/cardlayout/1/workMode/field"),
        json!({"fieldId": "environment"}),
    );
    site.take(200, "POST", &format!("{root}/detailviewfield/1/field"), json!({"fieldId": "environment"}));
    site.refuse(400, "POST", &format!("{root}/detailviewfield/1/field"), json!({"fieldId": "environment"}));
    let days = json!({"rapidViewId": 1, "weekDays": {"monday": true}, "nonWorkingDays": [{"iso8601Date": "2026-12-25"}]});
    site.take(200, "PUT", &format!("{root}/rapidviewconfig/workingdays"), days);
    assert_eq!(model(&site)["workingDaysConfig"]["weekDays"]["tuesday"], false);
    let velocity = "/rest/agile/1.0/board/1/settings/refined-velocity";
    data_center().take(200, "PUT", velocity, json!({"value": false}));
}
