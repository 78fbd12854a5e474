//! Screen schemes and issue type screen schemes of Jira Cloud. Data Center neither tells nor takes them.
//!
//! Source: Atlassian's description of Jira Cloud (April 2026).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, number, part};
use crate::model::Path;

/// What a screen is for, by the number in a row.
const OPERATIONS: [(Option<&str>, &str); 4] =
    [(None, "default"), (Some("0"), "create"), (Some("1"), "edit"), (Some("2"), "view")];

/// A screen scheme.
pub(super) fn screen_scheme(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent("screenScheme", after);
    let (all, path) = (ground.api("screenscheme"), ground.api(&format!("screenscheme/{}", part(&id))));
    let told = |side: &Side<'_>, id: &Option<String>| {
        let id = id.as_deref()?;
        let row = side.row("FieldScreenScheme", id)?;
        let mut told = members(row, &[("name", "name"), ("description", "description")]);
        let items = side.with("FieldScreenSchemeItem", "fieldscreenscheme", id);
        told["screens"] = json!({});
        for (operation, member) in OPERATIONS {
            let item = items.iter().find(|row| row.text("operation") == operation);
            let screen = item.and_then(|row| row.text("fieldscreen"));
            let screen = screen.filter(|screen| side.names.get("screen", screen).is_some());
            told["screens"][member] =
                screen.map(|screen| json!(ground.sent("screen", screen))).unwrap_or_default();
        }
        Some(told)
    };
    let (from, to) = (told(&ground.before, &subject.before), told(&ground.after, &subject.after));
    let Some(to) = to else { return Ok(Vec::new()) };
    let name = to["name"].as_str().unwrap_or_default().to_owned();
    let here = || Path::object("screenScheme", &name);
    if to["screens"]["default"].is_null() {
        let why = "a screen scheme of Jira Cloud has a screen for all operations that have none".to_owned();
        return Err(vec![(here().child("mappingOperationsScreens"), why)]);
    }
    let Some(from) = from else {
        if ground.before.tables.rows("FieldScreenScheme").iter().any(|row| row.get("name") == Some(&name)) {
            return Err(vec![(here(), "there is another screen scheme of that name already".to_owned())]);
        }
        let mut body = to.clone();
        if let Some(screens) = body["screens"].as_object_mut() {
            screens.retain(|_, screen| !screen.is_null());
            screens.values_mut().for_each(|screen| *screen = number(screen.as_str().unwrap_or_default()));
        }
        // Jira does not keep names unique, so that nobody else would notice a second one.
        let look = Look::at(&all, Value::Null, to).among("/values", &[("name", json!(name))]).paged();
        let made = Sent::post(&all, body).seen_by(look).binding(&id, "/id");
        return Ok(vec![Deed::new(made, Sent::delete(path))]);
    };
    let Some((mut was, mut is)) = changed(&from, &to, &[]) else { return Ok(Vec::new()) };
    if let Some((old, new)) = changed(&from["screens"], &to["screens"], &[]) {
        (was["screens"], is["screens"]) = (old, new);
    }
    let look = Look::at(&all, was.clone(), is.clone()).with("id", &id).among("/values", &[("id", json!(id))]);
    Ok(vec![Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was))])
}

/// An issue type screen scheme.
pub(super) fn issue_type_screen_scheme(
    ground: &Ground<'_>,
    subject: &Subject<'_>,
) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent("issueTypeScreenScheme", after);
    let all = ground.api("issuetypescreenscheme");
    let path = format!("{all}/{}", part(&id));
    let told = |side: &Side<'_>, id: &Option<String>| {
        let row = side.row("IssueTypeScreenScheme", id.as_deref()?)?;
        Some(members(row, &[("name", "name"), ("description", "description")]))
    };
    let (from, to) = (told(&ground.before, &subject.before), told(&ground.after, &subject.after));
    let Some(to) = to else { return Ok(Vec::new()) };
    let (old, new) =
        (lines(ground, &ground.before, &subject.before), lines(ground, &ground.after, &subject.after));
    if !new.contains_key(DEFAULT) {
        let path = Path::object("issueTypeScreenScheme", to["name"].as_str().unwrap_or_default());
        let why =
            "Jira Cloud wants a screen scheme for the issue types that have none of their own".to_owned();
        return Err(vec![(path.child("defaultScheme"), why)]);
    }
    let body = |lines: &[(&String, &String)]| {
        let line =
            |(kind, scheme): &(&String, &String)| json!({ "issueTypeId": kind, "screenSchemeId": scheme });
        json!({ "issueTypeMappings": lines.iter().map(line).collect::<Vec<_>>() })
    };
    let Some(from) = from else {
        let look = Look::at(&all, Value::Null, to.clone())
            .among("/values", &[("name", to["name"].clone())])
            .paged()
            .in_doubt();
        let mut told = to;
        told["issueTypeMappings"] = body(&new.iter().collect::<Vec<_>>())["issueTypeMappings"].take();
        let made = Sent::post(&all, told).seen_by(look).binding(&id, "/id");
        return Ok(vec![Deed::new(made, Sent::delete(path))]);
    };
    let mut deeds = Vec::new();
    if let Some((was, is)) = changed(&from, &to, &["name"]) {
        let look =
            Look::at(&all, was.clone(), is.clone()).with("id", &id).among("/values", &[("id", json!(id))]);
        deeds.push(Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was)));
    }
    let line = |kind: &str, from: Value, to: Value| {
        Look::at(format!("{all}/mapping"), from, to)
            .with("issueTypeScreenSchemeId", &id)
            .among("/values", &[("issueTypeId", json!(kind))])
            .paged()
    };
    let shown = |scheme: &str| json!({ "screenSchemeId": scheme });
    if let (Some(was), Some(is)) = (old.get(DEFAULT), new.get(DEFAULT))
        && was != is
    {
        let send = |scheme: &str| Sent::put(format!("{path}/mapping/default"), shown(scheme));
        deeds.push(Deed::new(send(is).seen_by(line(DEFAULT, shown(was), shown(is))), send(was)));
    }
    // One that is there is not put in its place: it goes, and comes with the others.
    let without = |all: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
        let is_another =
            |(kind, scheme): &(&String, &String)| *kind != DEFAULT && other.get(*kind) != Some(scheme);
        let own = all.iter().filter(is_another);
        own.map(|(kind, scheme)| (kind.clone(), scheme.clone())).collect::<Vec<_>>()
    };
    let (gone, come) = (without(&old, &new), without(&new, &old));
    let add = |lines: &[(String, String)]| {
        let lines: Vec<(&String, &String)> = lines.iter().map(|(kind, scheme)| (kind, scheme)).collect();
        Sent::put(format!("{path}/mapping"), body(&lines))
    };
    let remove = |lines: &[(String, String)]| {
        let kinds: Vec<&String> = lines.iter().map(|(kind, _)| kind).collect();
        Sent::post(format!("{path}/mapping/remove"), json!({ "issueTypeIds": kinds }))
    };
    if let Some((kind, scheme)) = gone.first() {
        let sent = remove(&gone).seen_by(line(kind, shown(scheme), Value::Null));
        deeds.push(Deed::new(sent, add(&gone)));
    }
    if let Some((kind, scheme)) = come.first() {
        let sent = add(&come).seen_by(line(kind, Value::Null, shown(scheme)));
        deeds.push(Deed::new(sent, remove(&come)));
    }
    Ok(deeds)
}

/// The issue type of the line that holds for all others.
const DEFAULT: &str = "default";

/// Returns the screen schemes by issue types, as requests have them.
fn lines(ground: &Ground<'_>, side: &Side<'_>, id: &Option<String>) -> BTreeMap<String, String> {
    let rows = id.iter().flat_map(|id| side.with("IssueTypeScreenSchemeEntity", "scheme", id));
    let mut lines = BTreeMap::new();
    for row in rows {
        let kind = row.text("issuetype");
        let is_known = kind.is_none_or(|kind| side.names.get("issueType", kind).is_some());
        let scheme = row.text("fieldscreenscheme").filter(|id| side.names.get("screenScheme", id).is_some());
        if let (Some(scheme), true) = (scheme, is_known) {
            let kind = kind.map_or_else(|| DEFAULT.to_owned(), |kind| ground.sent("issueType", kind));
            lines.entry(kind).or_insert_with(|| ground.sent("screenScheme", scheme));
        }
    }
    lines
}
