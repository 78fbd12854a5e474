//! Custom fields, their contexts, options and defaults.

use serde_json::{Value, json};

use super::{Written, cloud, data_center, text};

const OWN: &str = "com.atlassian.jira.plugin.system.customfieldtypes";

fn field(site: &Written, kind: &str) -> (String, String) {
    let body = json!({"name": "Size", "type": format!("{OWN}:{kind}"), "description": "How large"});
    let id = text(&site.take(201, "POST", "/field", body)["id"]);
    let context = site.all(&format!("/field/{id}/context"), "id")[0].clone();
    (id, context)
}

#[test]
fn custom_fields() {
    let site = cloud();
    let (id, _) = field(&site, "select");
    assert_ne!(field(&site, "select").0, id, "a name may be there twice");
    site.refuse(400, "POST", "/field", json!({"name": "Size", "type": format!("{OWN}:nothing")}));
    // What is on no screen is not in the plain list.
    assert!(!site.all("/field", "id").contains(&id));
    let found = |site: &Written| site.all(&format!("/field/search?id={id}"), "id").len();
    assert_eq!(found(&site), 1);
    let searcher = json!({"name": "Sizes", "searcherKey": format!("{OWN}:multiselectsearcher")});
    site.take(204, "PUT", &format!("/field/{id}"), searcher);
    site.refuse(400, "PUT", &format!("/field/{id}"), json!({"type": format!("{OWN}:float")}));
    site.refuse(400, "PUT", "/field/customfield_10000", json!({"name": "Rang"}));
    site.take(200, "POST", &format!("/field/{id}/trash"), Value::Null);
    assert_eq!(found(&site), 0);
    site.take(200, "POST", &format!("/field/{id}/restore"), Value::Null);
    assert_eq!(found(&site), 1);
    site.take(303, "DELETE", &format!("/field/{id}"), Value::Null);
    site.refuse(404, "DELETE", &format!("/field/{id}"), Value::Null);

    let site = data_center();
    let body = json!({"name": "Size", "type": format!("{OWN}:float"), "projectIds": [10000]});
    let id = text(&site.take(201, "POST", "/field", body)["id"]);
    site.take(200, "DELETE", &format!("/customFields?ids={id}"), Value::Null);
}

#[test]
fn contexts() {
    let site = cloud();
    let (id, global) = field(&site, "select");
    let path = format!("/field/{id}/context");
    site.refuse(400, "POST", &path, json!({"name": "Another"}));
    let body = json!({"name": "Shop", "projectIds": ["10000"], "issueTypeIds": ["10003"]});
    let own = text(&site.take(201, "POST", &path, body.clone())["id"]);
    site.refuse(400, "POST", &path, body);
    // Since April 2026 the global one stays as it is.
    site.refuse(400, "DELETE", &format!("{path}/{global}"), Value::Null);
    site.refuse(400, "PUT", &format!("{path}/{global}/project"), json!({"projectIds": ["10001"]}));
    site.refuse(400, "PUT", &format!("{path}/{global}/issuetype"), json!({"issueTypeIds": ["10001"]}));
    site.take(204, "PUT", &format!("{path}/{own}/project"), json!({"projectIds": ["10001"]}));
    site.take(204, "PUT", &format!("{path}/{own}/issuetype"), json!({"issueTypeIds": ["10001"]}));
    site.take(204, "POST", &format!("{path}/{own}/issuetype/remove"), json!({"issueTypeIds": ["10003"]}));
    site.take(204, "POST", &format!("{path}/{own}/project/remove"), json!({"projectIds": ["10000"]}));
    site.refuse(400, "POST", &format!("{path}/{own}/project/remove"), json!({"projectIds": ["10001"]}));
    let rows = site.read(&format!("{path}/projectmapping?contextId={own}"));
    assert_eq!(rows["values"], json!([{"contextId": own, "projectId": "10001"}]));
    site.take(204, "PUT", &format!("{path}/{own}"), json!({"name": "Office"}));
    site.take(204, "DELETE", &format!("{path}/{own}"), Value::Null);
    site.refuse(404, "DELETE", &format!("{path}/{own}"), Value::Null);
}

#[test]
fn options() {
    let site = cloud();
    let (id, context) = field(&site, "cascadingselect");
    let path = format!("/field/{id}/context/{context}/option");
    let body = json!({"options": [{"value": "S"}, {"value": "M", "disabled": true}]});
    let made = site.take(200, "POST", &path, body.clone());
    site.refuse(400, "POST", &path, body);
    let (small, medium) = (text(&made["options"][0]["id"]), text(&made["options"][1]["id"]));
    let child = json!({"options": [{"value": "XS", "optionId": small}]});
    let child = text(&site.take(200, "POST", &path, child)["options"][0]["id"]);
    let change =
        json!({"options": [{"id": medium, "value": "L", "disabled": false}, {"id": small, "value": "S"}]});
    // What is as it was is not told.
    assert_eq!(site.take(200, "PUT", &path, change)["options"].as_array().unwrap().len(), 1);
    let first = json!({"customFieldOptionIds": [medium], "position": "First"});
    site.take(204, "PUT", &format!("{path}/move"), first);
    assert_eq!(site.all(&path, "value"), ["L", "S", "XS"]);
    site.refuse(400, "DELETE", &format!("{path}/{small}"), Value::Null);
    site.take(204, "DELETE", &format!("{path}/{child}"), Value::Null);
    site.take(204, "DELETE", &format!("{path}/{small}"), Value::Null);
    let many: Vec<Value> = (0..1001).map(|number| json!({"value": number.to_string()})).collect();
    site.refuse(400, "POST", &path, json!({"options": many}));
    // Issues of DEMO have this one.
    site.refuse(400, "DELETE", "/field/customfield_10005/context/10011/option/10003", Value::Null);
    let other = "/field/customfield_10005/context/10011/option/10003/issue?replaceWith=10004";
    site.take(303, "DELETE", other, Value::Null);
    site.take(204, "DELETE", "/field/customfield_10005/context/10011/option/10003", Value::Null);
}

#[test]
fn defaults() {
    let site = cloud();
    let set = |id: &str, value: Value| {
        let path = format!("/field/{id}/context/defaultValue");
        site.take(204, "PUT", &path, json!({"defaultValues": [value]}));
        let mut told = site.read(&path)["values"][0].clone();
        told.as_object_mut().map(|own| own.remove("contextId"));
        told
    };
    let kinds = [
        ("float", json!({"type": "float", "number": 2.5})),
        ("datepicker", json!({"type": "datepicker", "useCurrent": true})),
        ("datepicker", json!({"type": "datepicker", "useCurrent": false, "date": "2026-01-31"})),
        ("labels", json!({"type": "labels", "labels": ["a", "b"]})),
        ("textarea", json!({"type": "textarea", "text": "<b> & so on"})),
        ("multiuserpicker", json!({"type": "multi.user.select", "accountIds": ["JIRAUSER10002"]})),
        ("project", json!({"type": "project", "projectId": "10001"})),
        (
            "userpicker",
            json!({"type": "single.user.select", "accountId": "JIRAUSER10001", "userFilter": {"enabled": false}}),
        ),
    ];
    for (kind, value) in kinds {
        let (id, context) = field(&site, kind);
        let mut with = value.clone();
        with["contextId"] = json!(context);
        assert_eq!(set(&id, with), value);
    }
    let (id, context) = field(&site, "multiselect");
    let path = format!("/field/{id}/context/defaultValue");
    let value = |option: &str| json!({"defaultValues": [{"contextId": context, "type": "option.multiple", "optionIds": [option]}]});
    site.refuse(404, "PUT", &path, value("10000"));
    let option = json!({"options": [{"value": "S"}]});
    let option = site.take(200, "POST", &format!("/field/{id}/context/{context}/option"), option);
    let option = text(&option["options"][0]["id"]);
    site.take(204, "PUT", &path, value(&option));
    assert_eq!(site.read(&path)["values"][0]["optionIds"], json!([option]));
    let wrong =
        json!({"defaultValues": [{"contextId": context, "type": "option.single", "optionId": option}]});
    site.refuse(400, "PUT", &path, wrong);
    // The default goes with its option.
    site.take(204, "DELETE", &format!("/field/{id}/context/{context}/option/{option}"), Value::Null);
    assert_eq!(site.read(&path)["values"], json!([]));
}

#[test]
fn field_configurations() {
    let site = cloud();
    let id = text(&site.take(200, "POST", "/fieldconfiguration", json!({"name": "Few"}))["id"]);
    let path = format!("/fieldconfiguration/{id}");
    let items = |item: Value| json!({"fieldConfigurationItems": [item]});
    let item = |site: &Written| {
        let all = site.read(&format!("{path}/fields?maxResults=1000"));
        all["values"].as_array().unwrap().iter().find(|own| own["id"] == "environment").unwrap().clone()
    };
    let required =
        json!({"id": "environment", "isRequired": true, "description": "Where", "renderer": "wiki-renderer"});
    site.take(204, "PUT", &format!("{path}/fields"), items(required));
    let own = item(&site);
    assert_eq!(
        (&own["isRequired"], &own["description"], &own["renderer"]),
        (&json!(true), &json!("Where"), &json!("wiki-renderer"))
    );
    site.refuse(
        400,
        "PUT",
        &format!("{path}/fields"),
        items(json!({"id": "environment", "isHidden": true, "isRequired": true})),
    );
    // What is hidden is not required, and says nothing.
    site.take(204, "PUT", &format!("{path}/fields"), items(json!({"id": "environment", "isHidden": true})));
    assert_eq!((&item(&site)["isRequired"], item(&site).get("description")), (&json!(false), None));
    site.refuse(400, "PUT", &format!("{path}/fields"), items(json!({"id": "nothing"})));
    let scheme = text(&site.take(201, "POST", "/fieldconfigurationscheme", json!({"name": "By type"}))["id"]);
    let schemes = format!("/fieldconfigurationscheme/{scheme}");
    let mapping = json!({"mappings": [{"issueTypeId": "10003", "fieldConfigurationId": id}]});
    site.take(204, "PUT", &format!("{schemes}/mapping"), mapping);
    site.refuse(400, "DELETE", &path, Value::Null);
    let told = site.read(&format!("/fieldconfigurationscheme/mapping?fieldConfigurationSchemeId={scheme}"));
    assert_eq!(told["total"], 2);
    let assign = json!({"fieldConfigurationSchemeId": scheme, "projectId": "10001"});
    site.take(204, "PUT", "/fieldconfigurationscheme/project", assign);
    site.refuse(400, "DELETE", &schemes, Value::Null);
    site.take(204, "PUT", "/fieldconfigurationscheme/project", json!({"projectId": "10001"}));
    site.take(204, "POST", &format!("{schemes}/mapping/delete"), json!({"issueTypeIds": ["10003"]}));
    site.take(204, "PUT", &schemes, json!({"name": "By types"}));
    site.take(204, "DELETE", &schemes, Value::Null);
    site.take(204, "PUT", &path, json!({"name": "Fewer"}));
    site.take(204, "DELETE", &path, Value::Null);
    site.refuse(400, "DELETE", "/fieldconfiguration/10000", Value::Null);
}

#[test]
fn field_schemes() {
    use jira_for_tests::{FieldModel, Options};
    cloud().refuse(404, "POST", "/config/fieldschemes", json!({"name": "Few"}));
    let site = super::written(Options { field_model: FieldModel::Schemes, ..Options::cloud() });
    let root = "/config/fieldschemes";
    let id = site.take(200, "POST", root, json!({"name": "Few", "description": "x"}))["id"].clone();
    let own = |site: &Written, field: &str| {
        site.read(&format!("{root}/{id}/fields?fieldId={field}"))["values"][0].clone()
    };
    let limit = json!({"environment": [{"schemeIds": [id], "restrictedToWorkTypes": [10003]}]});
    site.take(204, "PUT", &format!("{root}/fields"), limit);
    assert_eq!(own(&site, "environment")["restrictedToWorkTypes"], json!(["10003"]));
    let other = site.read(&format!("{root}/10000/fields?fieldId=environment"));
    assert_ne!(other["values"][0]["restrictedToWorkTypes"], json!(["10003"]), "others are as they were");
    let set = json!({"duedate": [{
        "schemeIds": [id], "parameters": {"isRequired": true, "description": "When"},
        "workTypeParameters": [{"workTypeId": 10001, "isRequired": false, "description": "Maybe"}],
    }]});
    site.take(204, "PUT", &format!("{root}/fields/parameters"), set);
    let told = own(&site, "duedate");
    assert_eq!(told["parameters"], json!({"isRequired": true, "description": "When"}));
    assert_eq!(told["workTypeParameters"][0]["description"], "Maybe");
    let back = json!({"duedate": [{"schemeId": id, "workTypeIds": [10001], "parameters": ["isRequired", "description"]}]});
    site.take(204, "DELETE", &format!("{root}/fields/parameters"), back);
    assert_eq!(own(&site, "duedate")["workTypeParameters"], json!([]));
    // What cannot be done fails alone.
    let some = json!({"duedate": {"schemeIds": [id, 9]}});
    let results = site.take(207, "DELETE", &format!("{root}/fields"), some);
    let outcomes: Vec<_> =
        results["results"].as_array().unwrap().iter().map(|own| own["success"].clone()).collect();
    assert_eq!(outcomes, [json!(true), json!(false)]);
    assert_eq!(own(&site, "duedate"), Value::Null);
    let projects = |scheme: &Value| json!({text(scheme): {"projectIds": [10001]}});
    site.take(204, "PUT", &format!("{root}/projects"), projects(&id));
    site.refuse(409, "DELETE", &format!("{root}/{id}"), Value::Null);
    site.take(204, "PUT", &format!("{root}/projects"), projects(&json!(1)));
    let copy = site.take(200, "POST", &format!("{root}/{id}/clone"), json!({"name": "Copy"}))["id"].clone();
    let copied = site.read(&format!("{root}/{copy}/fields?fieldId=environment"));
    assert_eq!(copied["values"][0]["restrictedToWorkTypes"], json!(["10003"]));
    site.take(200, "PUT", &format!("{root}/{id}"), json!({"name": "Fewer"}));
    site.take(200, "DELETE", &format!("{root}/{id}"), Value::Null);
    site.refuse(400, "DELETE", &format!("{root}/1"), Value::Null);
}
