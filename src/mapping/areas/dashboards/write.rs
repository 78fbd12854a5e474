//! Dashboards, their gadgets and whom they are shared with, written into rows.

use std::collections::BTreeMap;

use super::read::{gadget as read_gadget, without_host};
use crate::entity::Row;
use crate::mapping::areas::preferences::write::{preferences, remove};
use crate::mapping::areas::shares::write::{are_in_filters, shares};
use crate::mapping::ground::as_read::{Read, element, elements, manner_of, path};
use crate::mapping::ground::put::{Parts, Written, only};
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::{Element, Path};

const GADGETS: &str = "PortletConfiguration";

/// The layout of a dashboard for which nobody has chosen one: two columns of the same width.
const LAYOUT: &str = "AA";

pub(crate) fn dashboards(writer: &mut Writer<'_>, objects: &[&Element]) {
    writer.as_read(|writer, read| {
        for object in objects {
            let id = writer.own_id(object);
            begin(writer, &id, object);
            if !are_in_filters(writer) {
                shares(writer, read, "PortalPage", &id, object);
            } else if object.get("sharedWith").is_some() {
                let message = "dashboards can be shared from Jira 3.13 on";
                writer.unwritable(path(object).child("sharedWith"), message);
            }
            gadgets(writer, read, &id, object);
        }
    });
}

/// Writes the row of a dashboard; a new one gets what Jira itself writes (seen in 4.0 to 9.12.4: only the system
/// dashboard has a place among others).
fn begin(writer: &mut Writer<'_>, id: &str, object: &Element) {
    let is_system = object.get("builtIn").is_some();
    let is_new = writer.row("PortalPage", id).is_none();
    let layout = text(object, "layout").or_else(|| is_new.then(|| LAYOUT.to_owned()));
    let mut values = vec![("description", text(object, "description")), ("layout", layout)];
    if is_new || is_system {
        values.push(("pagename", text(object, "name")));
    }
    if is_new {
        values.push(("username", text(object, "author").map(|name| writer.user_key(&name))));
        values.push(("favCount", Some("0".to_owned())));
        values.push(("version", Some("0".to_owned())));
        values.push(("sequence", is_system.then(|| "0".to_owned())));
    }
    writer.put("PortalPage", &[("id", id)], values);
}

fn gadgets(writer: &mut Writer<'_>, read: &mut Read<'_, '_>, id: &str, object: &Element) {
    let path = path(object);
    let owner = [("portalpage", Some(id))];
    let mut there = writer.there(GADGETS, &owner, |_, row| Some(row.clone()));
    there.sort_by_key(|(_, row)| {
        let number = |column| row.as_ref().and_then(|row| row.number(column)).unwrap_or(0);
        (number("columnNumber"), number("position"))
    });
    let there = there.into_iter().map(|(at, row)| {
        let reading = row.and_then(|row| {
            let settings = writer.owned("GadgetUserPreference", &[("portletconfiguration", Some(row.id()))]);
            let settings: Vec<&Row> = settings.iter().collect();
            let node = read_gadget(read.context, read.queries, &path, &row, &settings, &mut Vec::new());
            element(object, &["gadget"], node)
        });
        (at, reading)
    });
    let there = there.collect();
    let wanted = elements(object, &["gadget"]);
    let alike: [fn(&Element) -> Element; 2] = [
        |gadget| only(gadget, |tag| ["uri", "module", "portlet", "column"].contains(&tag)),
        |gadget| only(gadget, |tag| ["uri", "module", "portlet"].contains(&tag)),
    ];
    let parts =
        Parts { alike: &alike, ..Parts::new(GADGETS, &owner, manner_of(&wanted), there, wanted.clone()) };
    let Written { ids, gone, .. } = writer.put_parts(parts, &mut |writer, number, at| {
        let row = at.map(|at| writer.at(GADGETS, at).clone());
        Some(values(read, &wanted[number], row.as_ref()))
    });
    gone.iter().for_each(|id| remove(writer, id));
    // Each column has positions of its own.
    let mut columns: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (number, (gadget, id)) in wanted.iter().zip(ids).enumerate() {
        let Some(id) = id else { continue };
        let path: Path = path.part("gadget", &(number + 1).to_string());
        preferences(writer, read, &path, &id, gadget);
        columns.entry(column(gadget).unwrap_or(0)).or_default().push(id);
    }
    for ids in columns.values() {
        writer.put_order_from(GADGETS, "position", ids, 0);
    }
}

/// Returns the column of a gadget, counted from 0 as Jira does.
fn column(gadget: &Element) -> Option<i64> {
    Some(gadget.text_of("column")?.parse::<i64>().ok()? - 1)
}

fn values(read: &Read<'_, '_>, gadget: &Element, row: Option<&Row>) -> Values {
    let uri = text(gadget, "uri");
    let stored = row.and_then(|row| row.get("gadgetXml"));
    let reads_as_wanted = stored.map(|stored| without_host(read.context, stored)) == uri.as_deref();
    vec![
        ("columnNumber", column(gadget).map(|column| column.to_string())),
        ("gadgetXml", if reads_as_wanted { stored.map(str::to_owned) } else { uri }),
        ("dashboardModuleCompleteKey", text(gadget, "module")),
        ("portletId", text(gadget, "portlet")),
        ("color", text(gadget, "color")),
    ]
}
