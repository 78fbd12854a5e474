//! Whom filters and dashboards are shared with.

use super::read::share;
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::parts::{Parts, Read, element, elements, path};
use crate::mapping::ground::writer::{Values, Writer};
use crate::model::{Element, Identity, Limit};

const TABLE: &str = "SharePermissions";

/// Returns whether an instance keeps shares in the filters themselves, and of dashboards none.
pub(crate) fn are_in_filters(writer: &Writer<'_>) -> bool {
    writer.limits.contains(&Limit::DashboardShares)
}

/// Writes the shares of an object.
pub(crate) fn shares(
    writer: &mut Writer<'_>,
    read: &mut Read<'_, '_>,
    entity: &'static str,
    id: &str,
    object: &Element,
) {
    let rows = writer.owned(TABLE, &[("entityId", Some(id)), ("entityType", Some(entity))]);
    let there = rows.into_iter().map(|row| {
        let reading = share(read.context, &row).ok().and_then(|node| element(object, &["sharedWith"], node));
        (row, reading)
    });
    let there = there.collect();
    // Who may edit was added with Jira 7.12.
    let has_rights = writer.stores(TABLE, "rights");
    let parts =
        Parts { entity: TABLE, there, wanted: elements(object, &["sharedWith"]), alike: &[same_but_rights] };
    writer.put_alike(read, parts, &mut |writer, _, share, _| {
        let mut values: Values =
            vec![("entityId", Some(id.to_owned())), ("entityType", Some(entity.to_owned()))];
        values.extend(holder(writer, object, share)?);
        let rights = match share.get("rights") {
            Some(_) => Some("3"),
            None => has_rights.then_some("1"),
        };
        values.push(("rights", rights.map(str::to_owned)));
        Some(values)
    });
}

/// Returns the values that say who holds a share.
fn holder(writer: &mut Writer<'_>, object: &Element, share: &Element) -> Option<Values> {
    let name = share.text_of("name").unwrap_or("");
    let project = |writer: &mut Writer<'_>, key: &str| {
        let identity = Identity::named(kind("project"), key);
        let id = writer.ids.get(&identity).map(str::to_owned);
        if id.is_none() {
            writer.unwritable(
                path(object).child("sharedWith"),
                format!("it is shared with project {key}, which there is not"),
            );
        }
        id
    };
    let (ty, first, second) = match share.text_of("type")? {
        "loggedIn" => ("loggedin", None, None),
        "group" => ("group", Some(name.to_owned()), None),
        "user" => ("user", Some(writer.user_key(name)), None),
        "project" => ("project", Some(project(writer, name)?), None),
        "projectRole" => {
            let project = project(writer, share.text_of("project").unwrap_or(""))?;
            ("project", Some(project), Some(writer.id_of(share.get("name")?, share.children())?))
        }
        _ => ("global", None, None),
    };
    Some(vec![("type", Some(ty.to_owned())), ("param1", first), ("param2", second)])
}

fn same_but_rights(a: &Element, b: &Element) -> bool {
    ["type", "name", "project"].iter().all(|tag| a.get(tag) == b.get(tag))
}
