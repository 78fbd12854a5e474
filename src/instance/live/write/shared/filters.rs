//! Filters: query, shares and columns.

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, members, part};
use super::shares::{said, shown};
use crate::entity::Row;

const ENTITY: &str = "SearchRequest";

/// What an administrator says who changes what is not his own.
const OVERRIDE: (&str, &str) = ("overrideSharePermissions", "true");

/// A filter. It belongs to whoever makes it, until he gives it away.
pub(in crate::instance::live::write) fn filter(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let Some(row) = ground.after.row(ENTITY, after) else { return Ok(Vec::new()) };
    let id = ground.sent("filter", after);
    let path = ground.api(&format!("filter/{}", part(&id)));
    let texts =
        |row: &Row| members(row, &[("name", "name"), ("description", "description"), ("jql", "request")]);
    let with = |mut body: Value, shares: Value| {
        if let (Some(body), Value::Object(shares)) = (body.as_object_mut(), shares) {
            body.extend(shares);
        }
        body
    };
    let (body, seen) = (
        with(texts(row), said(ground, &ground.after, (ENTITY, after))),
        with(texts(row), shown(ground, &ground.after, (ENTITY, after))),
    );
    let owner = row.text("author").unwrap_or_default();
    let caller = ground.known.caller.as_deref();
    let old = subject.before.as_deref().and_then(|id| Some((id, ground.before.row(ENTITY, id)?)));
    let mut deeds = Vec::new();
    match old {
        None => {
            let name = row.get("name").unwrap_or_default();
            let mut by = vec![("name", json!(name))];
            by.extend(caller.map(|own| ("owner", json!({ "accountId": own }))));
            let look = Look::at(ground.api("filter/search"), Value::Null, json!({ "name": name }))
                .with("filterName", name)
                .with("expand", "owner")
                .with(OVERRIDE.0, OVERRIDE.1)
                .among("/values", &by)
                .paged()
                .in_doubt();
            let sent = Sent::post(ground.api("filter"), body).with(OVERRIDE.0, OVERRIDE.1);
            deeds.push(Deed::new(sent.seen_by(look).binding(&id, "/id"), Sent::delete(&path)));
        }
        Some((was, old)) => {
            let from = with(texts(old), said(ground, &ground.before, (ENTITY, was)));
            if from != body {
                let shows = with(texts(old), shown(ground, &ground.before, (ENTITY, was)));
                let look = Look::at(&path, shows, seen).with(OVERRIDE.0, OVERRIDE.1).in_any_order();
                let put = |body: Value| Sent::put(&path, body).with(OVERRIDE.0, OVERRIDE.1);
                deeds.push(Deed::new(put(body).seen_by(look), put(from)));
            }
        }
    }
    // Whose it is while it changes.
    let own = if old.is_some() { Some(owner) } else { caller };
    let columns = columns(ground, &path, (old.map(|(id, _)| id), after));
    let is_lent = columns.is_some() && caller.is_some() && own != caller;
    let give = |to: &str| Sent::put(format!("{path}/owner"), json!({ "accountId": to }));
    let given = |from: &str, to: &str| {
        let shown = |own: &str| json!({ "owner": { "accountId": own } });
        let look = Look::at(&path, shown(from), shown(to)).with(OVERRIDE.0, OVERRIDE.1).in_doubt();
        Deed::new(give(to).seen_by(look), give(from))
    };
    if is_lent && let (Some(caller), Some(own)) = (caller, own) {
        deeds.push(given(own, caller));
    }
    deeds.extend(columns);
    let now = if is_lent { caller } else { own };
    if !owner.is_empty() && now != Some(owner) {
        // Without an owner before, nobody is known to whom it would go back; it goes with the filter.
        deeds.push(match now {
            Some(now) => given(now, owner),
            None => Deed::new(give(owner), give(owner)),
        });
    }
    Ok(deeds)
}

/// Changes the columns of a filter, which only its owner can do.
fn columns(ground: &Ground<'_>, path: &str, (before, after): (Option<&str>, &str)) -> Option<Deed> {
    let fields = |side: &Side<'_>, id: &str| -> Vec<String> {
        let layout = side.with("ColumnLayout", "searchrequest", id).into_iter().next();
        let items = layout.map(|row| side.with("ColumnLayoutItem", "columnlayout", row.id()));
        let mut items = items.unwrap_or_default();
        items.sort_by_key(|row| row.number("horizontalposition").unwrap_or(i64::MAX));
        items.iter().filter_map(|row| Some(ground.field(row.text("fieldidentifier")?))).collect()
    };
    let from = before.map(|id| fields(&ground.before, id)).unwrap_or_default();
    let to = fields(&ground.after, after);
    if from == to {
        return None;
    }
    let path = format!("{path}/columns");
    let put = |all: &[String]| match all {
        [] => Sent::delete(&path),
        all => Sent::put(&path, json!({ "columns": all })),
    };
    let shown = |all: &[String]| match all {
        [] => Value::Null,
        all => all.iter().map(|id| json!({ "value": id })).collect(),
    };
    let look = Look::at(&path, shown(&from), shown(&to));
    Some(Deed::new(put(&to).seen_by(look), put(&from)))
}
