//! Issue types.
//!
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3; Data Center answers a new one without a
//! body.

use serde_json::{Value, json};

use super::schemes::without_new;
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, number, part};
use crate::entity::Row;
use crate::model::Path;

/// An issue type. Its icon is one of those that come with Jira Cloud; Data Center does not tell icons.
pub(super) fn issue_type(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent("issueType", after);
    let path = ground.api(&format!("issuetype/{}", part(&id)));
    let row = |side: &Side<'_>, id: &Option<String>| side.row("IssueType", id.as_deref()?).cloned();
    let body = |row: &Row| members(row, &[("name", "name"), ("description", "description")]);
    let (from, to) = (row(&ground.before, &subject.before), row(&ground.after, &subject.after));
    let Some(to) = to else { return Ok(Vec::new()) };
    let name = |row: &Row| row.get("name").map(str::to_lowercase);
    let is_named = from.as_ref().is_some_and(|from| name(from) == name(&to));
    let mut others = ground.after.tables.rows("IssueType").iter().filter(|own| own.id() != after.as_str());
    if !is_named && others.any(|own| name(own) == name(&to)) {
        let path = Path::object("issueType", subject.step.identity.name()).child("name");
        let why =
            "there is an issue type of this name already, and Jira takes no second one, not even a sub-task";
        return Err(vec![(path, why.to_owned())]);
    }
    let icon = icon(ground, subject, from.as_ref(), &to)?;
    let mut deeds = Vec::new();
    match from {
        Some(from) => {
            let (mut was, mut is) = (body(&from), body(&to));
            if let Some(icon) = icon {
                (was["avatarId"], is["avatarId"]) = (icon.was, icon.is);
            }
            if let Some((was, is)) = changed(&was, &is, &[]) {
                let sent = Sent::put(&path, is.clone()).seen_by(Look::at(&path, was.clone(), is));
                deeds.push(Deed::new(sent, Sent::put(&path, was)));
            }
        }
        None => {
            let is_subtask = to.get("style") == Some("jira_subtask");
            let mut told = body(&to);
            let look = Look::at(ground.api("issuetype"), Value::Null, told.clone())
                .among("", &[("name", told["name"].clone()), ("subtask", json!(is_subtask))]);
            if ground.is_cloud() {
                told["hierarchyLevel"] = json!(if is_subtask { -1 } else { 0 });
            } else {
                told["type"] = json!(if is_subtask { "subtask" } else { "standard" });
            }
            let sent = Sent::post(ground.api("issuetype"), told).seen_by(look.in_doubt()).binding(&id, "/id");
            deeds.push(Deed::new(sent, Sent::delete(&path)));
            if let Some(icon) = icon {
                let body = json!({ "avatarId": icon.is });
                let look = Look::at(&path, json!({}), body.clone()).in_doubt();
                deeds.push(Deed::along(Sent::put(&path, body).seen_by(look)));
            }
            if !ground.is_cloud() {
                deeds.extend(without_new(ground, after));
            }
        }
    }
    Ok(deeds)
}

/// The icon of an issue type, as an id of Jira's.
struct Icon {
    was: Value,
    is: Value,
}

/// Returns the icon that an issue type gets, if it gets one.
fn icon(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    from: Option<&Row>,
    to: &Row,
) -> Result<Option<Icon>, Vec<Unsaid>> {
    let is_same = |column| from.is_some_and(|from| from.text(column) == to.text(column));
    let is_said = from.is_some() || subject.step.object.get("iconUrl").is_some();
    if !ground.is_cloud() || !is_said || is_same("avatar") && is_same("iconurl") {
        return Ok(None);
    }
    let avatar = |row: Option<&Row>| row.and_then(|row| row.text("avatar")).map(number);
    match avatar(Some(to)) {
        Some(is) => Ok(Some(Icon { was: avatar(from).unwrap_or_default(), is })),
        None => {
            let path = Path::object("issueType", subject.step.identity.name()).child("iconUrl");
            Err(vec![(path, "Jira Cloud has no icon of its own with this address".to_owned())])
        }
    }
}
