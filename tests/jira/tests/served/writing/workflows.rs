//! Workflows and their schemes.

use jira_for_tests::Options;
use serde_json::{Value, json};

use super::{Written, cloud, data_center, text, written};

const A: &str = "0a0a0a0a-0000-4000-a000-00000000000a";
const B: &str = "0b0b0b0b-0000-4000-a000-00000000000b";
const C: &str = "0c0c0c0c-0000-4000-a000-00000000000c";

fn rule(key: &str, parameters: Value) -> Value {
    json!({"ruleKey": key, "parameters": parameters})
}

/// A workflow with two statuses and one rule of each kind.
fn request(name: &str) -> Value {
    let condition = rule("system:restrict-issue-transition", json!({"roleIds": "10000", "accountIds": ""}));
    let other = rule("system:previous-status-condition", json!({"previousStatusIds": "3", "not": "false"}));
    let validator = rule("system:check-permission-validator", json!({"permissionKey": "EDIT_ISSUES"}));
    let function =
        rule("system:update-field", json!({"field": "resolution", "value": "10000", "mode": "replace"}));
    json!({
        "scope": {"type": "GLOBAL"},
        "statuses": [
            {"statusReference": A, "id": "10000", "name": "To Do", "statusCategory": "TODO"},
            {"statusReference": B, "name": "Parked", "statusCategory": "IN_PROGRESS"},
        ],
        "workflows": [{
            "name": name,
            "description": "For tests",
            "statuses": [
                {"statusReference": A, "layout": {"x": 0.0, "y": 0.0}, "properties": {"jira.issue.editable": "false"}},
                {"statusReference": B, "layout": {"x": 9.0, "y": 0.0}, "properties": {}},
            ],
            "transitions": [
                {"id": "1", "type": "INITIAL", "name": "Create", "toStatusReference": A, "links": [],
                 "validators": [], "actions": [], "triggers": [], "properties": {}},
                {"id": "11", "type": "DIRECTED", "name": "Park & wait", "toStatusReference": B,
                 "links": [{"fromStatusReference": A, "fromPort": 0, "toPort": 1}],
                 "conditions": {"operation": "ANY", "conditions": [condition], "conditionGroups": [
                     {"operation": "ALL", "conditions": [other], "conditionGroups": []},
                 ]},
                 "validators": [validator], "actions": [function], "triggers": [],
                 "transitionScreen": rule("system:transition-screen", json!({"screenId": "10003"})),
                 "properties": {"opsbar-sequence": "10"}, "customIssueEventId": "10000"},
            ],
        }],
    })
}

fn find(site: &Written, name: &str) -> Value {
    let all = site.read("/workflows/search?expand=values.transitions");
    all["values"].as_array().unwrap().iter().find(|own| own["name"] == name).unwrap().clone()
}

/// Returns an update that says what there is.
fn update(site: &Written, name: &str) -> Value {
    let all = site.read("/workflows/search?expand=values.transitions");
    let mut own = find(site, name);
    let reference = |id: &str| format!("{id:0>8}-0000-4000-a000-000000000000");
    let mut statuses = Vec::new();
    for status in own["statuses"].as_array_mut().unwrap() {
        let id = text(&status["statusReference"]);
        let beside = all["statuses"].as_array().unwrap().iter().find(|own| own["id"] == id.as_str()).unwrap();
        statuses.push(json!({
            "statusReference": reference(&id), "id": id, "name": beside["name"],
            "statusCategory": beside["statusCategory"],
        }));
        status["statusReference"] = json!(reference(&id));
        status.as_object_mut().unwrap().remove("deprecated");
    }
    for transition in own["transitions"].as_array_mut().unwrap() {
        if let Some(target) = transition.get("toStatusReference") {
            transition["toStatusReference"] = json!(reference(&text(target)));
        }
        for link in transition["links"].as_array_mut().unwrap() {
            link["fromStatusReference"] = json!(reference(&text(&link["fromStatusReference"])));
        }
    }
    let workflow = json!({
        "id": own["id"], "version": own["version"], "statuses": own["statuses"], "transitions": own["transitions"],
        "description": own["description"],
    });
    json!({"statuses": statuses, "workflows": [workflow]})
}

fn errors(site: &Written, path: &str, payload: &Value) -> Vec<String> {
    let found =
        site.take(200, "POST", path, json!({"payload": payload, "validationOptions": {"levels": ["ERROR"]}}));
    found["errors"].as_array().unwrap().iter().map(|own| text(&own["code"])).collect()
}

#[test]
fn workflows_are_made_as_they_are_asked_for() {
    let site = cloud();
    let body = request("Tests");
    assert_eq!(errors(&site, "/workflows/create/validation", &body), Vec::<String>::new());
    let made = site.take(200, "POST", "/workflows/create", body.clone());
    assert_eq!(made["workflows"][0]["version"]["versionNumber"], 1);
    let told = find(&site, "Tests");
    let (asked, park) = (&body["workflows"][0]["transitions"][1], &told["transitions"][1]);
    for member in ["name", "properties", "customIssueEventId"] {
        assert_eq!(park[member], asked[member], "{member}");
    }
    for place in
        ["/actions/0", "/validators/0", "/transitionScreen", "/conditions/conditionGroups/0/conditions/0"]
    {
        let (park, asked) = (park.pointer(place).unwrap(), asked.pointer(place).unwrap());
        assert_eq!(
            (&park["ruleKey"], &park["parameters"]),
            (&asked["ruleKey"], &asked["parameters"]),
            "{place}"
        );
    }
    // All parameters come back, those that are not set as empty texts.
    let restriction = &park["conditions"]["conditions"][0]["parameters"];
    assert_eq!((&restriction["roleIds"], &restriction["groupIds"]), (&json!("10000"), &json!("")));
    assert_eq!(told["statuses"][0]["properties"], json!({"jira.issue.editable": "false"}));
    site.refuse(400, "POST", "/workflows/create", body);
    let path = format!("/workflow/{}", text(&told["id"]));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(404, "DELETE", &path, Value::Null);
    site.refuse(400, "DELETE", &format!("/workflow/{}", text(&find(&site, "Demo: bugs")["id"])), Value::Null);
}

#[test]
fn what_is_wrong_with_a_workflow_is_told_and_refused() {
    let site = cloud();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut body = request("Tests");
        change(&mut body);
        site.refuse(400, "POST", "/workflows/create", body.clone());
        errors(&site, "/workflows/create/validation", &body)
    };
    let transition = |body: &mut Value, place: &str, value: Value| {
        *body.pointer_mut(&format!("/workflows/0/transitions/{place}")).unwrap() = value;
    };
    assert_eq!(
        wrong(&|body| body["statuses"][0]["id"] = Value::Null),
        ["NON_UNIQUE_STATUS_NAME"],
        "a status without its id is a new one"
    );
    let ids = wrong(&|body| {
        let text = body.to_string().replace(A, "10000");
        *body = serde_json::from_str(&text).unwrap();
    });
    assert_eq!(ids, ["STATUS_REFERENCE_NOT_UUID"]);
    let link = json!([{"fromStatusReference": "10000"}]);
    assert_eq!(wrong(&|body| transition(body, "1/links", link.clone())), ["TRANSITION_STATUS_NOT_FOUND"]);
    let unknown = rule("system:field-required", json!({}));
    assert_eq!(wrong(&|body| transition(body, "1/validators/0", unknown.clone())), ["UNSUPPORTED_RULE"]);
    assert_eq!(wrong(&|body| transition(body, "1/id", json!("1"))), ["INVALID_TRANSITION_ID"]);
    let missing = rule("system:transition-screen", json!({"screenId": "9"}));
    assert_eq!(wrong(&|body| transition(body, "1/transitionScreen", missing.clone())), ["INVALID_REFERENCE"]);
    let empty = json!({"operation": "ALL", "conditions": [], "conditionGroups": []});
    assert_eq!(wrong(&|body| transition(body, "1/conditions", empty.clone())), ["EMPTY_CONDITION_GROUP"]);
    // What has the wrong shape is refused without a word on what it is.
    let mut body = request("Tests");
    body["workflows"][0]["transitions"][1]["rules"] = json!({});
    assert!(!site.refuse(400, "POST", "/workflows/create", body).contains("rules"));
    let mut body = request("Tests");
    body["workflows"][0]["statuses"][0].as_object_mut().unwrap().remove("properties");
    site.refuse(400, "POST", "/workflows/create", body);
}

#[test]
fn an_update_is_of_the_version_that_is_there() {
    let site = cloud();
    let body = update(&site, "Demo: stories");
    assert_eq!(errors(&site, "/workflows/update/validation", &body), Vec::<String>::new());
    let before = find(&site, "Demo: stories");
    let done = site.take(200, "POST", "/workflows/update", body.clone());
    assert_eq!(done["workflows"][0]["version"]["versionNumber"], 2);
    let mut after = find(&site, "Demo: stories");
    after["version"] = before["version"].clone();
    assert_eq!(after, before, "what says the same changes nothing but the version");
    site.refuse(409, "POST", "/workflows/update", body);
    // A global transition without a list of links leads back to where it began.
    let mut body = update(&site, "Demo: stories");
    let all = body["workflows"][0]["transitions"].as_array_mut().unwrap();
    let global = all.iter_mut().find(|own| own["type"] == "GLOBAL").unwrap();
    global.as_object_mut().unwrap().remove("links");
    let id = global["id"].clone();
    site.take(200, "POST", "/workflows/update", body);
    let told = find(&site, "Demo: stories");
    let own = told["transitions"].as_array().unwrap().iter().find(|own| own["id"] == id).unwrap();
    assert_eq!(own.get("toStatusReference"), None);
}

/// Sends back what each workflow is, wherever nothing is wrong with it; returns how many there were.
fn send_back(site: &Written) -> usize {
    let all = site.read("/workflows/search?expand=values.transitions");
    let mut sent = 0;
    for before in all["values"].as_array().unwrap().iter().filter(|own| own["isEditable"] == true) {
        let name = text(&before["name"]);
        let body = update(site, &name);
        if !errors(site, "/workflows/update/validation", &body).is_empty() {
            continue;
        }
        site.take(200, "POST", "/workflows/update", body);
        let mut after = find(site, &name);
        after["version"] = before["version"].clone();
        assert_eq!(&after, before, "{name}");
        sent += 1;
    }
    sent
}

#[test]
fn workflows_that_are_sent_back_as_they_are_stay_as_they_are() {
    assert_eq!(send_back(&cloud()), 2);
    let Some(folder) = crate::described::shared("workflows to send back") else { return };
    for backup in ["jsu/test1.xml", "zendesk/restoreData-JIRA-4.3.2.xml"] {
        let site = crate::asking::served_backup(&folder.join("backups").join(backup), Options::cloud());
        assert!(send_back(&Written { site, edition: jira_for_tests::Edition::Cloud }) > 0, "{backup}");
    }
}

#[test]
fn issues_of_a_status_that_goes_are_moved_by_a_task() {
    let site = written(Options { task_polls: 1, ..Options::cloud() });
    let mut body = update(&site, "Demo: stories");
    // Everything leads to the first status alone.
    let keep = body["statuses"][0]["statusReference"].clone();
    let workflow = &mut body["workflows"][0];
    workflow["statuses"].as_array_mut().unwrap().truncate(1);
    workflow["transitions"] = json!([{
        "id": "1", "type": "INITIAL", "name": "Create", "toStatusReference": keep, "links": [], "validators": [],
        "actions": [], "triggers": [], "properties": {},
    }]);
    assert!(
        errors(&site, "/workflows/update/validation", &body).contains(&"MISSING_STATUS_MAPPING".to_owned())
    );
    site.refuse(400, "POST", "/workflows/update", body.clone());
    let gone: Vec<Value> = body["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|own| json!({"oldStatusReference": own["id"], "newStatusReference": keep}))
        .collect();
    body["workflows"][0]["defaultStatusMappings"] = json!(gone);
    let done = site.take(200, "POST", "/workflows/update", body);
    // Until its task is done no other change of workflows is taken.
    site.refuse(409, "POST", "/workflows/create", request("Tests"));
    let task = format!("/task/{}", text(&done["taskId"]));
    assert_eq!(site.read(&task)["status"], "RUNNING");
    assert_eq!(site.read(&task)["status"], "COMPLETE");
    site.take(200, "POST", "/workflows/create", request("Tests"));
}

fn scheme(site: &Written, id: &str) -> Value {
    site.take(200, "POST", "/workflowscheme/read", json!({"workflowSchemeIds": [id]}))[0].clone()
}

#[test]
fn workflow_schemes() {
    for site in [cloud(), data_center()] {
        let body =
            json!({"name": "New", "defaultWorkflow": "jira", "issueTypeMappings": {"10003": "Demo: bugs"}});
        let made = site.take(201, "POST", "/workflowscheme", body);
        site.refuse(400, "POST", "/workflowscheme", json!({"name": "new"}));
        site.refuse(400, "POST", "/workflowscheme", json!({"name": "Other", "defaultWorkflow": "none"}));
        let path = format!("/workflowscheme/{}", made["id"]);
        let changed = site.take(200, "PUT", &path, json!({"issueTypeMappings": {"10001": "Demo: stories"}}));
        assert_eq!(changed["issueTypeMappings"], json!({"10001": "Demo: stories"}));
        site.take(204, "DELETE", &path, Value::Null);
        // One that projects have is changed by a draft alone.
        let body = |is_draft: bool| json!({"workflow": "jira", "updateDraftIfNeeded": is_draft});
        site.refuse(400, "PUT", "/workflowscheme/10000/issuetype/10001", body(false));
        let draft = site.take(200, "PUT", "/workflowscheme/10000/issuetype/10001", body(true));
        assert_eq!(draft["draft"], true);
        assert_eq!(site.read("/workflowscheme/10000")["issueTypeMappings"].get("10001"), None);
        site.refuse(400, "POST", "/workflowscheme/10000/createdraft", json!({}));
        site.take(200, "DELETE", "/workflowscheme/10000/draft/issuetype/10001", Value::Null);
        let draft = site.take(200, "PUT", "/workflowscheme/10000/draft/default", json!({"workflow": "jira"}));
        assert_eq!(
            (&draft["defaultWorkflow"], draft["issueTypeMappings"].get("10001")),
            (&json!("jira"), None)
        );
        site.take(204, "DELETE", "/workflowscheme/10000/draft", Value::Null);
        site.refuse(400, "DELETE", "/workflowscheme/10000", Value::Null);
    }
    data_center().refuse(404, "POST", "/workflowscheme/10000/draft/publish", json!({}));
}

#[test]
fn a_workflow_scheme_in_use_is_changed_at_once() {
    let site = cloud();
    let (own, jira) = (scheme(&site, "10000"), "jira");
    let mut body = json!({
        "id": "10000", "name": own["name"], "description": "", "version": own["version"],
        "defaultWorkflowId": jira, "workflowsForIssueTypes": [],
    });
    let asked = json!({"id": "10000", "defaultWorkflowId": jira, "workflowsForIssueTypes": []});
    let needed = site.take(200, "POST", "/workflowscheme/update/mappings", asked);
    let pairs = needed["statusMappingsByWorkflows"].as_array().unwrap();
    assert!(!pairs.is_empty());
    site.refuse(400, "POST", "/workflowscheme/update", body.clone());
    let mapped: Vec<Value> = pairs
        .iter()
        .map(|pair| {
            let ids = pair["statusIds"].as_array().unwrap();
            let statuses: Vec<_> =
                ids.iter().map(|id| json!({"oldStatusId": id, "newStatusId": "1"})).collect();
            json!({
                "oldWorkflowId": pair["sourceWorkflowId"], "newWorkflowId": pair["targetWorkflowId"],
                "statusMappings": statuses,
            })
        })
        .collect();
    body["statusMappingsByWorkflows"] = json!(mapped);
    site.take(303, "POST", "/workflowscheme/update", body.clone());
    assert_eq!(scheme(&site, "10000")["version"]["versionNumber"], 2);
    site.refuse(409, "POST", "/workflowscheme/update", body);
}

#[test]
fn a_project_with_issues_is_switched() {
    let site = cloud();
    let id = text(&site.take(201, "POST", "/workflowscheme", json!({"name": "New"}))["id"]);
    let assign = json!({"workflowSchemeId": id, "projectId": "10000"});
    site.refuse(400, "PUT", "/workflowscheme/project", assign);
    let switch = json!({"projectId": "10000", "targetSchemeId": id});
    site.refuse(400, "POST", "/workflowscheme/project/switch", switch);
    let back = json!({"projectId": "10000", "targetSchemeId": "10000"});
    site.take(303, "POST", "/workflowscheme/project/switch", back);
}

#[test]
fn every_status_has_a_reference_of_its_own() {
    let site = cloud();
    let mut body = request("Tests");
    body["statuses"].as_array_mut().unwrap().push(json!({
        "statusReference": C, "id": "3", "name": "In Progress", "statusCategory": "IN_PROGRESS",
    }));
    body["workflows"][0]["statuses"]
        .as_array_mut()
        .unwrap()
        .push(json!({"statusReference": C, "properties": {}}));
    assert_eq!(errors(&site, "/workflows/create/validation", &body), ["STATUS_NOT_REACHABLE"]);
}

#[test]
fn issues_are_moved_to_another_type() {
    let site = written(Options { task_polls: 1, ..Options::cloud() });
    let request = |target: &str, status: Value| {
        json!({"sendBulkNotification": false, "targetToSourcesMapping": {target: {
            "issueIdsOrKeys": ["DEMO-2"], "inferClassificationDefaults": true, "inferFieldDefaults": true,
            "inferStatusDefaults": false, "inferSubtaskTypeDefault": true, "targetStatus": [{"statuses": status}],
        }}})
    };
    site.refuse(400, "POST", "/bulk/issues/move", request("DEMO,9", json!({})));
    site.refuse(400, "POST", "/bulk/issues/move", request("DEMO,10003", json!({})));
    let task = site.take(201, "POST", "/bulk/issues/move", request("DEMO,10003", json!({"1": ["10002"]})));
    let path = format!("/bulk/queue/{}", text(&task["taskId"]));
    assert_eq!(site.read(&path)["status"], "RUNNING");
    let told = site.read(&path);
    assert_eq!((&told["status"], &told["processedAccessibleIssues"]), (&json!("COMPLETE"), &json!([10001])));
}
