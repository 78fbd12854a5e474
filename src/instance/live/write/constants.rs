//! Statuses, priorities and resolutions of Jira Cloud, and the two that are offered first. Data Center takes none of them.
//!
//! Sources: Atlassian's description of Jira Cloud (April 2026); what is asked for beside it, from live sites.

use serde_json::{Value, json};

use super::order::moves;
use super::schemes::{DEFAULT, FieldScheme, PRIORITIES};
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, part};
use crate::entity::Row;
use crate::instance::live::icons;
use crate::model::Path;

/// A status. Jira Cloud has no icons of statuses and no order of them.
pub(super) fn status(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let path = ground.api("statuses");
    let body = |row: &Row| {
        let mut told = members(row, &[("name", "name"), ("description", "description")]);
        let category = match row.get("statuscategory") {
            Some("3") => "DONE",
            Some("4") => "IN_PROGRESS",
            _ => "TODO",
        };
        told["statusCategory"] = json!(category);
        told
    };
    let has_none = |own: &Row| own.get("statuscategory") == Some("1");
    let after = subject.after.as_deref().and_then(|id| ground.after.row("Status", id));
    if after.is_some_and(has_none) {
        let path = Path::object("status", subject.step.identity.name()).child("category");
        let why = "a status of Jira Cloud is to do, in progress or done, and never without a category";
        return Err(vec![(path, why.to_owned())]);
    }
    let row = |side: &Side<'_>, id: &Option<String>| Some(body(side.row("Status", id.as_deref()?)?));
    match (row(&ground.before, &subject.before), row(&ground.after, &subject.after)) {
        (Some(from), Some(to)) => {
            let id = ground.sent("status", subject.after.as_deref().unwrap_or_default());
            let with_id = |mut body: Value| {
                body["id"] = json!(id);
                json!({ "statuses": [body] })
            };
            let look =
                Look::at(&path, from.clone(), to.clone()).with("id", &id).among("", &[("id", json!(id))]);
            if from == to {
                return Ok(Vec::new());
            }
            let sent = Sent::put(&path, with_id(to)).seen_by(look);
            Ok(vec![Deed::new(sent, Sent::put(path, with_id(from)))])
        }
        (None, Some(to)) => {
            let id = ground.sent("status", subject.after.as_deref().unwrap_or_default());
            let look = Look::at(ground.api("statuses/search"), Value::Null, to.clone())
                .with("searchString", to["name"].as_str().unwrap_or_default())
                .among("/values", &[("name", to["name"].clone())])
                .paged()
                .in_doubt();
            let body = json!({ "scope": { "type": "GLOBAL" }, "statuses": [to] });
            let sent = Sent::post(&path, body).seen_by(look).binding(&id, "/0/id");
            Ok(vec![Deed::new(sent, Sent::delete(path).with("id", &id))])
        }
        _ => Ok(Vec::new()),
    }
}

/// A priority.
pub(super) fn priority(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let body = |row: &Row| {
        let said = [("name", "name"), ("description", "description"), ("statusColor", "statusColor")];
        let mut told = members(row, &said);
        told["iconUrl"] = json!(row.text("iconurl").map(icons::taken));
        told
    };
    let row = |side: &Side<'_>, id: &Option<String>| Some(body(side.row("Priority", id.as_deref()?)?));
    let (from, to) = (row(&ground.before, &subject.before), row(&ground.after, &subject.after));
    let icon = |side: &Side<'_>, id: &Option<String>| {
        side.row("Priority", id.as_deref()?)?.text("iconurl").map(str::to_owned)
    };
    let wanted = icon(&ground.after, &subject.after);
    let is_another = wanted != icon(&ground.before, &subject.before);
    if is_another && wanted.as_deref().is_none_or(|icon| icons::taken(icon).is_none()) {
        let path = Path::object("priority", subject.step.identity.name()).child("iconUrl");
        let why = format!(
            "Jira Cloud takes the address of one of its own icons (here perhaps `{}`), or one of the web",
            icons::nearest(wanted.as_deref().unwrap_or_default())
        );
        return Err(vec![(path, why)]);
    }
    let color =
        |told: &Option<Value>| told.as_ref().and_then(|own| own["statusColor"].as_str().map(str::to_owned));
    let wanted = color(&to).filter(|own| !own.is_empty() && color(&from).as_ref() != Some(own));
    if let Some(wanted) = wanted.filter(|own| !is_color(own)) {
        let path = Path::object("priority", subject.step.identity.name()).child("statusColor");
        let why = format!("Jira Cloud takes a colour like `#ff7452` or `#f75`, and not `{wanted}`");
        return Err(vec![(path, why)]);
    }
    let of = Ordered { entity: "Priority", kind: "priority", needed: &[] };
    let deleted = |id: &str| Sent::delete(ground.api(&format!("priority/{}", part(id))));
    Ok(ordered(ground, subject, &of, from, to, &deleted))
}

/// Returns whether a text is a colour as Jira Cloud takes it: 3 or 6 hexadecimal digits.
fn is_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 3 | 6) && digits.chars().all(|own| own.is_ascii_hexdigit())
}

/// A resolution.
pub(super) fn resolution(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let body = |row: &Row| members(row, &[("name", "name"), ("description", "description")]);
    let row = |side: &Side<'_>, id: &Option<String>| Some(body(side.row("Resolution", id.as_deref()?)?));
    let (from, to) = (row(&ground.before, &subject.before), row(&ground.after, &subject.after));
    let of = Ordered { entity: "Resolution", kind: "resolution", needed: &["name"] };
    // Jira wants to know which one issues get that have it; there are none, or it stays.
    let other = ground.before.in_order(of.entity).first().cloned();
    Ok(ordered(ground, subject, &of, from, to, &|id| {
        let sent = Sent::delete(ground.api(&format!("resolution/{}", part(id))));
        match &other {
            Some(other) => sent.with("replaceWith", other),
            None => sent,
        }
    }))
}

/// A kind of constants that have an order.
struct Ordered {
    entity: &'static str,
    kind: &'static str,
    /// What each change of one has to say.
    needed: &'static [&'static str],
}

/// A constant that has an order. What is new comes last; whatever stands elsewhere is moved when all are there.
fn ordered(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    of: &Ordered,
    from: Option<Value>,
    to: Option<Value>,
    deleted: &dyn Fn(&str) -> Sent,
) -> Vec<Deed> {
    let Some(after) = &subject.after else { return Vec::new() };
    let id = ground.sent(of.kind, after);
    let path = ground.api(&format!("{}/{}", of.kind, part(&id)));
    let mut deeds = Vec::new();
    match (from, to) {
        (Some(from), Some(to)) => {
            if let Some((from, to)) = changed(&from, &to, of.needed) {
                let mut sent = Sent::put(&path, to.clone());
                // Jira tells icons with addresses of its own making.
                let (was, is) = (without_icon(&from), without_icon(&to));
                if was != is {
                    sent = sent.seen_by(Look::at(&path, was, is));
                }
                deeds.push(Deed::new(sent, Sent::put(&path, from)));
            }
        }
        (None, Some(to)) => {
            let look = Look::at(ground.api(&format!("{}/search", of.kind)), Value::Null, without_icon(&to))
                .among("/values", &[("name", to["name"].clone())])
                .paged()
                .in_doubt();
            let sent = Sent::post(ground.api(of.kind), to).seen_by(look).binding(&id, "/id");
            let none = Look::for_no_issue(ground.edition, &format!("{} = {id}", of.kind));
            deeds.push(Deed::new(sent, deleted(&id).only_if(none)));
        }
        (_, None) => {}
    }
    if ground.is_last(subject.step) {
        let mut now = ground.before.in_order(of.entity);
        now.extend(ground.created(of.kind));
        let path = ground.api(&format!("{}/move", of.kind));
        let all = moves(&now, &ground.after.in_order(of.entity), usize::MAX);
        deeds.extend(all.iter().map(|own| own.deed(&path, "ids", &|id| ground.sent(of.kind, id))));
    }
    deeds
}

fn without_icon(told: &Value) -> Value {
    let mut told = told.clone();
    told.as_object_mut().map(|own| own.remove("iconUrl"));
    told
}

/// The priority that is offered first: on Jira Cloud that of the default scheme.
pub(super) fn default_priority(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let own = FieldScheme::default_of(&ground.after, &PRIORITIES).and_then(|(_, own)| own.default);
    let setting = ground.after.setting(DEFAULT);
    if ground.is_cloud() && own.is_some() && own != setting {
        let why =
            "in Jira Cloud it is the default of the default priority scheme, which is to be another one";
        return Err(vec![(Path::default().child("defaultPriority"), why.to_owned())]);
    }
    let look = |from, to| {
        Look::at(
            ground.api("priorityscheme"),
            json!({ "defaultPriorityId": from }),
            json!({ "defaultPriorityId": to }),
        )
        .among("/values", &[("isDefault", json!(true))])
        .paged()
    };
    default(ground, subject, "priority", &look)
}

/// The resolution that is offered first.
pub(super) fn default_resolution(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let found = |id: &Value| if id.is_null() { Value::Null } else { json!({ "id": id }) };
    let look = |from, to| {
        Look::at(ground.api("resolution/search"), found(&from), found(&to))
            .among("/values", &[("isDefault", json!(true))])
            .paged()
    };
    default(ground, subject, "resolution", &look)
}

fn default(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
    kind: &'static str,
    look: &dyn Fn(Value, Value) -> Look,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    if !ground.is_cloud() {
        let path = Path::default().child(subject.step.object.tag());
        return Err(vec![(path, "only Jira's own pages can set it".to_owned())]);
    }
    let setting = format!("jira.constant.default.{kind}");
    let id = |side: &Side<'_>| side.setting(&setting).map_or(Value::Null, |id| json!(ground.sent(kind, &id)));
    let (from, to) = (id(&ground.before), id(&ground.after));
    if from == to {
        return Ok(Vec::new());
    }
    let path = ground.api(&format!("{kind}/default"));
    let sent = Sent::put(&path, json!({ "id": to })).seen_by(look(from.clone(), to));
    Ok(vec![Deed::new(sent, Sent::put(path, json!({ "id": from })))])
}
