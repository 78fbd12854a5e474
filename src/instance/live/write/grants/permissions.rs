//! Permission schemes: one grant by a request of its own, several by one that says all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Deed, Ground, Look, Sent, Subject, Unsaid, changed, part, token};
use super::scheme::{Scheme, Who, exactly};
use crate::entity::Row;
use crate::schema::{Content, Schema};

/// A permission and who has it.
type Grant = (String, Who);

/// Returns grants with the ids that they have in Jira.
fn grants(rows: Vec<&Row>) -> BTreeMap<Grant, String> {
    let grant = |row: &Row| (row.get("permissionKey").unwrap_or_default().to_owned(), Who::of(row));
    rows.into_iter().map(|row| (grant(row), row.id().to_owned())).collect()
}

/// A permission scheme.
pub(in crate::instance::live::write) fn permission_scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(scheme) = Scheme::of(ground, subject, ("permissionScheme", "PermissionScheme")) else {
        return Ok(Vec::new());
    };
    let (old, new) = scheme.rows(ground, "SchemePermissions");
    let (old, new) = (grants(old), grants(new));
    let said = |all: &BTreeMap<Grant, String>| -> Value {
        all.keys().map(|(key, who)| json!({ "permission": key, "holder": who.grantee(ground) })).collect()
    };
    for own @ (key, who) in new.keys().filter(|own| !old.contains_key(own)) {
        if let Some(why) = unknown(ground, own).or_else(|| who.no_holder()) {
            let why = format!("permission `{key}`: {why}");
            return Err(scheme.unsaid(ground, "permissionHolder", why));
        }
    }
    let (texts, mut body) = scheme.texts(ground);
    let path = ground.api(&format!("permissionscheme/{}", part(&scheme.id)));
    let Some(texts) = texts else {
        body["permissions"] = said(&new);
        let all = ground.api("permissionscheme");
        let look = Look::at(&all, Value::Null, json!({ "name": body["name"] }))
            .among("/permissionSchemes", &[("name", body["name"].clone())])
            .in_doubt();
        let sent = Sent::post(all, body).seen_by(look).binding(&scheme.id, "/id");
        return Ok(vec![Deed::new(sent, Sent::delete(path))]);
    };
    let differs = changed(&texts, &body, &[]);
    let count = old.keys().filter(|own| !new.contains_key(own)).count()
        + new.keys().filter(|own| !old.contains_key(own)).count();
    // What Jira keeps there by itself would be missed by a request that says all, and by what is looked at beforehand.
    let is_kept = |own: &Grant| unknown(ground, own).or_else(|| own.1.no_holder()).is_some();
    let is_whole = !ground.known.kept_grants.contains(&scheme.id)
        && !old.keys().any(is_kept)
        && count + usize::from(differs.is_some()) > 1;
    if is_whole && count > 0 {
        let shown = |all: &BTreeMap<Grant, String>, texts: &Value| {
            let grants = all
                .keys()
                .map(|(key, who)| json!({ "permission": key, "holder": exactly(who.holder(ground)) }));
            let mut shown = texts.clone();
            shown["permissions"] = grants.collect();
            shown
        };
        let put = |all: &BTreeMap<Grant, String>, texts: &Value| {
            let mut body = texts.clone();
            body["permissions"] = said(all);
            Sent::put(&path, body)
        };
        let look = Look::at(&path, shown(&old, &texts), shown(&new, &body)).with("expand", "permissions");
        let sent = put(&new, &body).seen_by(look.in_any_order());
        return Ok(vec![Deed::new(sent, put(&old, &texts))]);
    }
    let mut deeds = Vec::new();
    if let Some((from, to)) = differs {
        // The name is always needed.
        let look = Look::at(&path, from, to);
        deeds.push(Deed::new(Sent::put(&path, body).seen_by(look), Sent::put(&path, texts)));
    }
    for (own, id) in old.iter().filter(|(own, _)| !new.contains_key(own)) {
        let grant = granted(ground, &scheme, own);
        let mut delete = revoked(ground, &scheme, id);
        delete.look = grant.look.as_ref().map(Look::back);
        // What Jira would not take, it does not take back, either.
        deeds.push(if is_kept(own) { Deed::lasting(delete) } else { Deed::new(delete, grant) });
    }
    for own in new.keys().filter(|own| !old.contains_key(own)) {
        let back = revoked(ground, &scheme, &id(ground, &scheme, own));
        deeds.push(Deed::new(granted(ground, &scheme, own), back));
    }
    Ok(deeds)
}

/// Says why Jira does not know the permission of a grant. Permissions of apps have their key in them, and are known where the app is.
fn unknown(ground: &Ground<'_>, (key, _): &Grant) -> Option<String> {
    let is_known = key.contains("__")
        || known_keys().any(|own| own == key)
        || !ground.before.with("SchemePermissions", "permissionKey", key).is_empty();
    let edition = ground.edition.name();
    (!is_known)
        .then(|| format!("{edition} has no permission of this key, and no scheme of the target grants it"))
}

/// Returns the keys of the permissions that Jira itself has.
fn known_keys() -> impl Iterator<Item = &'static str> {
    let own = Schema::get().types().find(|(_, ty)| ty.name == "PermissionKey");
    let known = own.and_then(|(_, ty)| match &ty.content {
        Content::Leaf(simple) => simple.known.as_ref(),
        _ => None,
    });
    known.into_iter().flat_map(|known| &known.values).map(String::as_str)
}

/// Returns what stands for the id of a grant that is yet to be made.
fn id(ground: &Ground<'_>, scheme: &Scheme<'_>, (key, who): &Grant) -> String {
    token("grant", &format!("{} {key} {}", scheme.id, who.label(ground)))
}

/// Grants one permission.
fn granted(ground: &Ground<'_>, scheme: &Scheme<'_>, grant: &Grant) -> Sent {
    let (key, who) = grant;
    let path = ground.api(&format!("permissionscheme/{}/permission", part(&scheme.id)));
    let body = json!({ "permission": key, "holder": who.grantee(ground) });
    let by = [("permission", json!(key)), ("holder", exactly(who.holder(ground)))];
    let look = Look::at(&path, Value::Null, json!({ "permission": key })).among("/permissions", &by);
    Sent::post(&path, body).seen_by(look.in_doubt()).binding(&id(ground, scheme, grant), "/id")
}

/// Takes a grant away.
fn revoked(ground: &Ground<'_>, scheme: &Scheme<'_>, id: &str) -> Sent {
    Sent::delete(ground.api(&format!("permissionscheme/{}/permission/{}", part(&scheme.id), part(id))))
}
