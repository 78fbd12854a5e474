//! Dashboards, their gadgets and whom they are shared with, read from rows.

use std::collections::HashSet;

use crate::entity::{Row, Tables};
use crate::mapping::areas::preferences::read::preference;
use crate::mapping::areas::shares::read::Shares;
use crate::mapping::ground::context::Context;
use crate::mapping::ground::queries::Queries;
use crate::model::{Identity, Node, Path};

/// The entity that the settings of a portlet (Jira 3.x) belong to, in the property sets (known of Jira's upgrades;
/// the portlets in the data have none).
pub(crate) const PORTLET: &str = "PortletConfiguration";

/// Returns the id of the system dashboard, which nobody owns, or the one that it has when Jira makes it (seen in 3.13 to
/// 9.12.4).
pub(crate) fn system(tables: &Tables) -> String {
    let rows = tables.rows("PortalPage");
    let system = rows.iter().find(|row| row.text("username").is_none() && row.text("pagename").is_some());
    let taken = rows.iter().filter_map(|row| row.id().parse::<u64>().ok()).max();
    match (system, taken) {
        (Some(row), _) => row.id().to_owned(),
        (None, Some(taken)) if taken >= 10_000 => (taken + 1).to_string(),
        _ => "10000".to_owned(),
    }
}

pub(crate) fn read(context: &mut Context<'_>) {
    let tables = context.tables;
    let queries = Queries::new(context.names);
    let shares = Shares::new(tables);
    let gadgets = tables.by("PortletConfiguration", "portalpage");
    let preferences = tables.by("GadgetUserPreference", "portletconfiguration");
    let system = system(tables);
    for row in tables.rows("PortalPage") {
        let Some(name) = context.names.get("dashboard", row.id()) else {
            context.dangling(Path::object("dashboard", row.id()), "it has no name");
            continue;
        };
        let path = Path::object("dashboard", &name.text);
        if let (Some(key), None) = (row.text("username"), name.get("author")) {
            context.dangling(path.child("author"), format!("the user of key {key} does not exist"));
        }
        let mut node = name
            .definition("dashboard")
            .text_if("builtIn", (row.id() == system).then_some("default"))
            .text_if("description", row.get("description"))
            .text_if("layout", row.get("layout"))
            .with_all(shares.of(context, "PortalPage", row.id(), &path));
        let mut mentions = Vec::new();
        let mut rows = gadgets.get(row.id()).cloned().unwrap_or_default();
        rows.sort_by_key(|row| {
            (row.number("columnNumber").unwrap_or(0), row.number("position").unwrap_or(0))
        });
        for (number, row) in rows.into_iter().enumerate() {
            let path = path.part("gadget", &(number + 1).to_string());
            let settings = preferences.get(row.id()).map(Vec::as_slice).unwrap_or_default();
            node = node.with(gadget(context, &queries, &path, row, settings, &mut mentions));
        }
        context.add_mentioning(node, mentions);
    }
    orphans(context);
}

/// Returns a gadget.
pub(crate) fn gadget(
    context: &mut Context<'_>,
    queries: &Queries<'_>,
    path: &Path,
    row: &Row,
    settings: &[&Row],
    mentions: &mut Vec<Identity>,
) -> Node {
    let column = row.number("columnNumber").map(|column| (column + 1).to_string());
    let mut node = Node::new("gadget")
        .text_if("column", column.as_deref())
        .text_if("uri", row.get("gadgetXml").map(|uri| without_host(context, uri)))
        .text_if("module", row.get("dashboardModuleCompleteKey"))
        .text_if("portlet", row.get("portletId"))
        .text_if("color", row.get("color"));
    let properties = context.properties;
    let of_gadget = settings
        .iter()
        .filter_map(|row| Some((row.text("userprefkey")?, row.get("userprefvalue").unwrap_or(""))));
    let mut seen = HashSet::new();
    for (key, value) in of_gadget.chain(properties.of(PORTLET, row.id())) {
        if !seen.insert(key) {
            context.dangling(path.part("preference", key), "it is stored twice; the older one is used");
            continue;
        }
        if let Some((setting, named)) = preference(context, queries, path, key, value) {
            node = node.with(setting);
            mentions.extend(named);
        }
    }
    node
}

/// Gadgets of the instance itself have an address without host (seen in 4.0 to 9.12.4). One that begins with the
/// instance's own address, as people may enter it, would mean nothing elsewhere.
pub(crate) fn without_host<'a>(context: &Context<'_>, uri: &'a str) -> &'a str {
    let base = context.properties.setting("jira.baseurl").map(|base| base.trim_end_matches('/'));
    let base = base.filter(|base| !base.is_empty());
    let rest = base.and_then(|base| uri.strip_prefix(base)).and_then(|rest| rest.strip_prefix('/'));
    rest.unwrap_or(uri)
}

/// Notes gadgets of dashboards, and settings of gadgets, that do not exist any more.
fn orphans(context: &mut Context<'_>) {
    let tables = context.tables;
    for (parent, table, column) in [
        ("PortalPage", "PortletConfiguration", "portalpage"),
        ("PortletConfiguration", "GadgetUserPreference", "portletconfiguration"),
    ] {
        let known: HashSet<&str> = tables.rows(parent).iter().map(Row::id).collect();
        for (id, rows) in tables.by(table, column) {
            if !known.contains(id) {
                let message =
                    format!("{} rows of {table} belong to {parent} {id}, which does not exist", rows.len());
                context.dangling(Path::default().child("dashboards"), message);
            }
        }
    }
}
