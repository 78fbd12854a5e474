//! Dashboards: texts, shares and gadgets. Jira Cloud keeps their layout to itself.

use serde_json::{Value, json};

use super::super::sent::number;
use super::super::{Deed, Ground, Look, Sent, Subject, Unsaid, members, part};
use super::gadgets;
use super::shares::{said, shown};
use crate::entity::Row;
use crate::model::Path;

const ENTITY: &str = "PortalPage";

/// What an administrator says who changes what is not his own.
const EXTEND: (&str, &str) = ("extendAdminPermissions", "true");

/// A dashboard. It belongs to whoever makes it, until he gives it away.
pub(in crate::instance::live::write) fn dashboard(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Some(row) = ground.after.row(ENTITY, after) else { return Ok(Vec::new()) };
    let name = row.get("pagename").unwrap_or_default();
    let Some(owner) = row.text("username") else {
        let why = "Jira Cloud lets nobody change the dashboard that belongs to nobody";
        return Err(vec![(Path::object("dashboard", name), why.to_owned())]);
    };
    let id = ground.sent("dashboard", after);
    let path = ground.api(&format!("dashboard/{}", part(&id)));
    let texts = |row: &Row| members(row, &[("name", "pagename"), ("description", "description")]);
    let with = |row: &Row, shares: Value| {
        let mut body = texts(row);
        if let (Some(body), Value::Object(shares)) = (body.as_object_mut(), shares) {
            body.extend(shares);
        }
        body
    };
    let body = with(row, said(ground, &ground.after, (ENTITY, after)));
    let old = subject.before.as_deref().and_then(|id| Some((id, ground.before.row(ENTITY, id)?)));
    let caller = ground.known.caller.as_deref();
    let mut deeds = Vec::new();
    match old {
        None => {
            let mut by = vec![("name", json!(name))];
            by.extend(caller.map(|own| ("owner", json!({ "accountId": own }))));
            // Names of dashboards need not be different, so Jira would make a second one.
            let look = Look::at(ground.api("dashboard/search"), Value::Null, json!({ "name": name }))
                .with("dashboardName", name)
                .with("expand", "owner")
                .among("/values", &by)
                .paged();
            let sent = Sent::post(ground.api("dashboard"), body).seen_by(look).binding(&id, "/id");
            deeds.push(Deed::new(sent, Sent::delete(&path)));
        }
        Some((was, old)) => {
            let from = with(old, said(ground, &ground.before, (ENTITY, was)));
            if from != body {
                let shows = |row, side, id| with(row, shown(ground, side, (ENTITY, id)));
                let look = Look::at(&path, shows(old, &ground.before, was), shows(row, &ground.after, after));
                let put = |body: Value| Sent::put(&path, body).with(EXTEND.0, EXTEND.1);
                deeds.push(Deed::new(put(body).seen_by(look.in_any_order()), put(from)));
            }
        }
    }
    let gadgets = gadgets::changed(ground, &path, (old.map(|(id, _)| id), after));
    let gadgets = gadgets.map_err(|(property, why)| {
        vec![(Path::object("dashboard", name).child("gadget").child(property), why)]
    })?;
    // Gadgets are changed by the owner of their dashboard alone, who may be another one while they are.
    let own = if old.is_some() { Some(owner) } else { caller };
    let give = |to: &str| {
        let body = json!({
            "action": "changeOwner",
            "changeOwnerDetails": { "newOwner": to, "autofixName": false },
            "entityIds": [number(&id)],
            "extendAdminPermissions": true,
        });
        Sent::put(ground.api("dashboard/bulk/edit"), body)
    };
    let mut now = own;
    if !gadgets.is_empty()
        && own != caller
        && let (Some(caller), Some(own)) = (caller, own)
    {
        deeds.push(Deed::new(give(caller), give(own)));
        now = Some(caller);
    }
    deeds.extend(gadgets);
    if now != Some(owner) {
        deeds.push(Deed::new(give(owner), give(now.unwrap_or(owner))));
    }
    Ok(deeds)
}
