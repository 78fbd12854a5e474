//! What a template makes beside a new project: schemes and a board of its own, whoever asked for them or not.

use serde_json::json;

use crate::call::{Call, Refusal};

/// Makes what a template brings.
pub(super) fn apply(call: &Call<'_>, project: &str) -> Result<(), Refusal> {
    let key = {
        let projects = call.table("project")?;
        projects.by_id(project).map(|row| row.text("pkey").to_owned()).unwrap_or_default()
    };
    let scheme = super::issue_type_schemes::insert(
        call,
        "issuetype",
        &json!({"name": format!("{key}: Issue Type Scheme"), "description": null}),
        &all_types(call)?,
        None,
    )?;
    super::issue_type_schemes::assign(call, "issuetype", &scheme, project)?;
    if call.body["projectTypeKey"].as_str().unwrap_or("software") != "software" {
        return Ok(());
    }
    let owner = call.site.people()?.caller().key;
    let name = format!("Filter for {key} board");
    let filter = call.insert(
        "searchrequest",
        json!({
            "authorname": owner,
            "username": owner,
            "filtername": name,
            "filtername_lower": name.to_lowercase(),
            "reqcontent": format!("project = {key} ORDER BY Rank ASC"),
            "fav_count": 0,
        }),
    )?;
    call.insert(
        "sharepermissions",
        json!({
            "entityid": filter, "entitytype": "SearchRequest", "param1": project, "rights": 1,
            "sharetype": "project",
        }),
    )?;
    super::boards::insert(call, &format!("{key} board"), &filter, true, &owner)?;
    Ok(())
}

fn all_types(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    Ok(call.table("issuetype")?.all().map(|row| row.id().to_owned()).collect())
}
