//! Filters, their columns and whom they are shared with. Favourites and subscriptions belong to users.

use super::old_queries;
use crate::entity::Row;
use crate::jql::Translation;
use crate::mapping::areas::shares::read::{Shares, share_with};
use crate::mapping::ground::context::Context;
use crate::mapping::ground::queries::{JQL, Queries, holder};
use crate::model::{Identity, Node, Path};

pub(crate) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let queries = Queries::new(context.names);
    let shares = Shares::new(tables);
    let layouts = tables.by("ColumnLayout", "searchrequest");
    let columns = tables.by("ColumnLayoutItem", "columnlayout");
    for row in tables.rows("SearchRequest") {
        let Some(name) = context.names.get("filter", row.id()) else {
            context.dangling(Path::object("filter", row.id()), "it has no name");
            continue;
        };
        let path = Path::object("filter", &name.text);
        if let (Some(key), None) = (row.text("author"), name.get("author")) {
            context.dangling(path.child("author"), format!("the user of key {key} does not exist"));
        }
        let mut node = name.definition("filter").text_if("description", row.get("description"));
        let mut mentions = Vec::new();
        if let Some(request) = row.text("request") {
            let (tag, text, named) = query(context, &queries, &path, request);
            node = node.text(tag, text);
            mentions = named;
        }
        node = node.with_all(shares.of(context, "SearchRequest", row.id(), &path));
        if shares.is_empty() {
            node = node.with_if(old_share(context, row));
        }
        // Several layouts of one filter do not occur; the oldest would count.
        if let Some(layout) = layouts.get(row.id()).and_then(|layouts| layouts.first()) {
            let rows = columns.get(layout.id()).map(Vec::as_slice).unwrap_or_default();
            node = node.with_if(column_list(context, &path, rows).unless_empty());
        }
        context.add_mentioning(node, mentions);
    }
}

/// Returns the element of a stored request, its text and what it names.
fn query(
    context: &mut Context<'_>,
    queries: &Queries<'_>,
    path: &Path,
    request: &str,
) -> (&'static str, String, Vec<Identity>) {
    if !old_queries::is_old(request) {
        let (text, mentions) = queries.translate(context, &path.child("jql"), request);
        return (holder(JQL, &text), text, mentions);
    }
    let Translation { text, mentions, unresolved } = old_queries::translate(request, queries);
    if !unresolved.is_empty() {
        let ids = unresolved.join(", ");
        let message = format!("the query keeps ids without a name: {ids}");
        context.untranslated(path.child("searchRequest"), message);
    }
    ("searchRequest", text, mentions)
}

/// Returns the share of a filter before there was a table of shares: a filter of a group is shared with it, and one
/// that is nobody's is shared with everyone (known of Jira 3.12 and of its upgrade to 3.13, not seen in the data).
pub(crate) fn old_share(context: &Context<'_>, row: &Row) -> Option<Node> {
    match (row.text("group"), row.text("user")) {
        (Some(group), _) => {
            context.names.group(group).map(|name| share_with("group").with(name.reference("name")))
        }
        (None, None) => Some(share_with("global")),
        (None, Some(_)) => None,
    }
}

fn column_list(context: &mut Context<'_>, path: &Path, rows: &[&Row]) -> Node {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.number("horizontalposition").unwrap_or(i64::MAX));
    let mut columns = Node::new("columns");
    let mut is_lost = false;
    for row in rows {
        let identifier = row.get("fieldidentifier").unwrap_or("");
        match context.names.field(identifier) {
            Some(field) => columns = columns.with(field.reference("field")),
            None => {
                is_lost = true;
                let message = format!("a column is the field {identifier}, which does not exist");
                context.dangling(path.child("columns"), message);
            }
        }
    }
    if is_lost { columns.with(Node::lost("field")) } else { columns }
}
