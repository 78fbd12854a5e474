//! Whom filters and dashboards are shared with, written into rows.

use super::read::share;
use crate::mapping::ground::as_read::{Read, element, elements, manner_of, path};
use crate::mapping::ground::kinds::kind;
use crate::mapping::ground::put::{Parts, only};
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
    let owner = [("entityId", Some(id)), ("entityType", Some(entity))];
    let there = writer.there(TABLE, &owner, |_, row| {
        share(read.context, row).ok().and_then(|node| element(object, &["sharedWith"], node))
    });
    // Who may edit was added with Jira 7.12.
    let has_rights = writer.stores(TABLE, "rights");
    let wanted = elements(object, &["sharedWith"]);
    let alike: [fn(&Element) -> Element; 1] =
        [|share| only(share, |tag| ["type", "name", "project"].contains(&tag))];
    let parts =
        Parts { alike: &alike, ..Parts::new(TABLE, &owner, manner_of(&wanted), there, wanted.clone()) };
    writer.put_parts(parts, &mut |writer, number, _| {
        let share = &wanted[number];
        let mut values = holder(writer, object, share)?;
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
                format!("it is shared with project {key}, which does not exist"),
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
