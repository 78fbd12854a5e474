//! Filters, their columns and whom they are shared with.

use super::old_queries;
use super::read::old_share;
use crate::entity::Row;
use crate::mapping::areas::shares::write::{are_in_filters, shares};
use crate::mapping::ground::as_read::{Read, element, elements, manner_of, path};
use crate::mapping::ground::put::{Parts, only};
use crate::mapping::ground::queries::{JQL, held};
use crate::mapping::ground::writer::{Values, Writer, text};
use crate::model::Element;

pub(crate) fn filters(writer: &mut Writer<'_>, objects: &[&Element]) {
    // Queries name filters: all of them come first.
    for object in objects {
        begin(writer, object);
    }
    writer.as_read(|writer, read| {
        for object in objects {
            let id = writer.own_id(object);
            let row = writer.row("SearchRequest", &id);
            let mut values = vec![("description", text(object, "description"))];
            values.extend(request(writer, read, object, row.as_ref()));
            writer.put("SearchRequest", &[("id", &id)], values);
            match (are_in_filters(writer), row) {
                (true, Some(row)) => shares_in_filter(writer, read, object, &row),
                _ => shares(writer, read, "SearchRequest", &id, object),
            }
            columns(writer, read, &id, object);
        }
    });
}

/// Inserts the row of a new filter, with what Jira itself writes (seen in 7.x to 9.x; the name in lower case came with
/// the cloud and 6.x).
fn begin(writer: &mut Writer<'_>, object: &Element) {
    let id = writer.own_id(object);
    if writer.row("SearchRequest", &id).is_some() {
        return;
    }
    let has_lower = writer.stores("SearchRequest", "nameLower");
    let author = text(object, "author").map(|name| writer.user_key(&name));
    let name = text(object, "name");
    let lower = name.as_ref().filter(|_| has_lower).map(|name| name.to_lowercase());
    let values = vec![
        ("name", name),
        ("nameLower", lower),
        ("author", author.clone()),
        ("user", author),
        ("favCount", Some("0".to_owned())),
    ];
    writer.put("SearchRequest", &[("id", &id)], values);
}

fn request(writer: &mut Writer<'_>, read: &Read<'_, '_>, object: &Element, row: Option<&Row>) -> Values {
    let stored = row.and_then(|row| row.text("request"));
    let old = stored.filter(|stored| old_queries::is_old(stored));
    let query = match (held(object, JQL), object.text_of("searchRequest")) {
        (Some(jql), _) => {
            writer.query(read, &path(object).child("jql"), jql, stored.filter(|_| old.is_none()))
        }
        (None, Some(wanted)) => {
            let reading = old.map(|old| old_queries::translate(old, read.queries).text);
            if reading.as_deref() != Some(wanted) {
                let message = "queries in the format before Jira 4.0 cannot be written; save the filter in a newer \
                     Jira first";
                writer.unwritable(path(object).child("searchRequest"), message);
            }
            None
        }
        (None, None) => return vec![("request", None)],
    };
    query.map(|query| ("request", Some(query))).into_iter().collect()
}

/// Writes the share of a filter before there was a table of shares.
fn shares_in_filter(writer: &mut Writer<'_>, read: &mut Read<'_, '_>, object: &Element, row: &Row) {
    let wanted = elements(object, &["sharedWith"]);
    let there: Vec<Element> = old_share(read.context, row)
        .and_then(|node| element(object, &["sharedWith"], node))
        .into_iter()
        .collect();
    if wanted == there {
        return;
    }
    let author = row.get("author").map(str::to_owned);
    let (user, group) = match &wanted[..] {
        [] if author.is_some() => (author, None),
        [share] if share.text_of("type") == Some("global") => (None, None),
        [share] if share.text_of("type") == Some("group") => (None, text(share, "name")),
        _ => {
            let message = "before Jira 3.13, a filter can only be shared with one group or with everyone";
            writer.unwritable(path(object).child("sharedWith"), message);
            return;
        }
    };
    writer.put("SearchRequest", &[("id", row.id())], vec![("user", user), ("group", group)]);
}

fn columns(writer: &mut Writer<'_>, read: &mut Read<'_, '_>, id: &str, object: &Element) {
    const TAGS: [&str; 2] = ["columns", "field"];
    const TABLE: &str = "ColumnLayoutItem";
    let wanted = elements(object, &TAGS);
    let layout = writer.owned("ColumnLayout", &[("searchrequest", Some(id))]).into_iter().next();
    let says = |row: &Row| {
        let field = read.context.names.field(row.get("fieldidentifier").unwrap_or(""))?;
        element(object, &TAGS, field.reference("field"))
    };
    let mut there = match &layout {
        Some(layout) => writer.there(TABLE, &[("columnlayout", Some(layout.id()))], |_, row| says(row)),
        None => Vec::new(),
    };
    there.sort_by_key(|(at, _)| writer.at(TABLE, *at).number("horizontalposition").unwrap_or(i64::MAX));
    if wanted.is_empty() {
        // Without columns of its own a filter has no layout; one that shows nothing reads as none.
        if let Some(layout) = layout.filter(|_| there.iter().any(|(_, reading)| reading.is_some())) {
            there.iter().for_each(|(at, _)| drop(writer.delete(TABLE, *at)));
            writer.remove("ColumnLayout", layout.id());
        }
        return;
    }
    let layout = match layout {
        Some(layout) => layout.id().to_owned(),
        None => writer.insert("ColumnLayout", vec![("searchrequest", Some(id.to_owned()))]),
    };
    let owner = [("columnlayout", Some(layout.as_str()))];
    let alike: [fn(&Element) -> Element; 1] = [|field| only(field, |_| false)];
    let parts =
        Parts { alike: &alike, ..Parts::new(TABLE, &owner, manner_of(&wanted), there, wanted.clone()) };
    let written = writer.put_parts(parts, &mut |writer, number, _| {
        Some(vec![("fieldidentifier", Some(writer.field(&wanted[number])?))])
    });
    writer.put_order_from(TABLE, "horizontalposition", &written.written(), 0);
}
