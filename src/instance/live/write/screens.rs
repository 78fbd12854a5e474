//! Screens with their tabs and fields. Data Center takes tabs and fields alone.
//!
//! Jira makes a new screen with one tab, which becomes the first of those that are wanted; a tab that goes becomes one that comes.
//! Sources: Atlassian's descriptions of Jira Cloud (April 2026) and of Jira Data Center 10.3.

use serde_json::{Value, json};

use super::order::moves;
use super::{Deed, Ground, Look, Sent, Side, Subject, Unsaid, changed, members, part, token};
use crate::entity::Row;
use crate::model::Path;

/// The tab that Jira makes with a screen.
const FIRST_TAB: &str = "Field Tab";

/// A tab: its id as requests have it, and its fields as they have them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tab {
    id: String,
    name: String,
    fields: Vec<String>,
}

/// A screen.
pub(super) fn screen(ground: &Ground<'_>, subject: &Subject<'_>) -> Result<Vec<Deed>, Vec<Unsaid>> {
    let Some(after) = &subject.after else { return Ok(Vec::new()) };
    let id = ground.sent("screen", after);
    let (all, path) = (ground.api("screens"), ground.api(&format!("screens/{}", part(&id))));
    let told = |side: &Side<'_>, id: &Option<String>| {
        let row = side.row("FieldScreen", id.as_deref()?)?;
        Some(members(row, &[("name", "name"), ("description", "description")]))
    };
    let (from, to) = (told(&ground.before, &subject.before), told(&ground.after, &subject.after));
    let Some(to) = to else { return Ok(Vec::new()) };
    let name = to["name"].as_str().unwrap_or_default();
    let wanted = tabs(ground, &ground.after, after);
    let here = || Path::object("screen", name);
    let is_twice = |at: usize| wanted[..at].iter().any(|own| own.name == wanted[at].name);
    if (0..wanted.len()).any(is_twice) {
        return Err(vec![(
            here().child("screenTab"),
            "Jira takes no two tabs of one name on a screen".to_owned(),
        )]);
    }
    if wanted.is_empty() {
        return Err(vec![(here().child("screenTab"), "a screen has a tab always".to_owned())]);
    }
    if wanted.iter().any(|own| own.name.is_empty()) {
        return Err(vec![(here().child("screenTab").child("name"), "a tab has a name always".to_owned())]);
    }
    let there = subject.before.as_deref().map(|id| tabs(ground, &ground.before, id)).unwrap_or_default();
    if let Some(field) = doubled(&there, &wanted) {
        let why = format!("Jira puts a field on a screen once, and `{field}` would be on two of its tabs");
        return Err(vec![(here().child("screenTab").child("fieldScreenLayoutItem"), why)]);
    }
    let mut deeds = Vec::new();
    let mut now = match (&from, &subject.before) {
        (Some(from), Some(_)) => {
            if let Some((was, is)) = changed(from, &to, &["name"]) {
                let look = Look::at(&all, was.clone(), is.clone()).with("id", &id);
                let look = look.among("/values", &[("id", json!(id))]);
                deeds.push(Deed::new(Sent::put(&path, is).seen_by(look), Sent::put(&path, was)));
            }
            there
        }
        _ => {
            if ground.before.tables.rows("FieldScreen").iter().any(|row| row.get("name") == Some(name)) {
                return Err(vec![(here(), "there is another screen of that name already".to_owned())]);
            }
            // Jira does not keep names unique, so that nobody else would notice a second one.
            let look =
                Look::at(&all, Value::Null, to.clone()).among("/values", &[("name", to["name"].clone())]);
            let made = Sent::post(&all, to.clone()).seen_by(look.paged()).binding(&id, "/id");
            deeds.push(Deed::new(made, Sent::delete(&path)));
            let first = token("screenTab", &format!("{name}/{FIRST_TAB}"));
            let look = Look::at(format!("{path}/tabs"), Value::Null, json!({ "name": FIRST_TAB }))
                .among("", &[("name", json!(FIRST_TAB))]);
            deeds.push(Deed::along(Sent::nothing().seen_by(look).binding(&first, "/id")));
            vec![Tab { id: first, name: FIRST_TAB.to_owned(), fields: Vec::new() }]
        }
    };
    let layout = Layout { path, screen: name };
    deeds.extend(layout.lead(&mut now, &wanted));
    Ok(deeds)
}

/// Returns a field that is on more tabs than it was, and more than one.
fn doubled<'t>(there: &[Tab], wanted: &'t [Tab]) -> Option<&'t str> {
    let count = |tabs: &[Tab], field: &String| tabs.iter().filter(|tab| tab.fields.contains(field)).count();
    let mut all = wanted.iter().flat_map(|tab| &tab.fields);
    let found = all.find(|field| count(wanted, field) > count(there, field).max(1));
    found.map(String::as_str)
}

/// Returns the tabs of a screen in their order.
fn tabs(ground: &Ground<'_>, side: &Side<'_>, screen: &str) -> Vec<Tab> {
    let by_place = |mut rows: Vec<&Row>| {
        rows.sort_by_key(|row| row.number("sequence").unwrap_or(i64::MAX));
        rows.into_iter().cloned().collect::<Vec<Row>>()
    };
    let tabs = by_place(side.with("FieldScreenTab", "fieldscreen", screen)).into_iter();
    tabs.map(|tab| {
        let items = by_place(side.with("FieldScreenLayoutItem", "fieldscreentab", tab.id()));
        let known = items.iter().filter_map(|own| own.text("fieldidentifier"));
        let mut fields: Vec<String> = Vec::new();
        for field in known.filter(|field| side.names.field(field).is_some()) {
            let field = ground.field(field);
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        Tab { id: tab.id().to_owned(), name: tab.get("name").unwrap_or_default().to_owned(), fields }
    })
    .collect()
}

/// The tabs of a screen.
struct Layout<'l> {
    path: String,
    screen: &'l str,
}

impl Layout<'_> {
    /// Returns the requests that lead from tabs to others.
    fn lead(&self, now: &mut Vec<Tab>, wanted: &[Tab]) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let mut ids: Vec<Option<String>> = wanted.iter().map(|own| self.same(now, own)).collect();
        // What goes becomes what comes: rather the tab that shares most of its fields.
        for (at, own) in wanted.iter().enumerate() {
            if ids[at].is_some() {
                continue;
            }
            let shared = |tab: &&Tab| tab.fields.iter().filter(|field| own.fields.contains(field)).count();
            let free = now.iter().filter(|tab| !ids.contains(&Some(tab.id.clone()))).rev();
            match free.max_by_key(shared).map(|tab| tab.id.clone()) {
                Some(id) => {
                    let tab = now.iter_mut().find(|tab| tab.id == id).expect("it is one of them");
                    deeds.push(self.renamed(tab, &own.name));
                    ids[at] = Some(id);
                }
                None => {
                    let id = token("screenTab", &format!("{}/{}", self.screen, own.name));
                    deeds.push(Deed::new(self.made(&own.name, &id), Sent::delete(self.tab(&id))));
                    now.push(Tab { id: id.clone(), name: own.name.clone(), fields: Vec::new() });
                    ids[at] = Some(id);
                }
            }
        }
        let ids: Vec<String> = ids.into_iter().flatten().collect();
        while let Some(at) = now.iter().position(|tab| !ids.contains(&tab.id)) {
            deeds.extend(self.gone(now, at));
        }
        self.fields(now, (wanted, &ids), &mut deeds);
        let mut order: Vec<String> = now.iter().map(|tab| tab.id.clone()).collect();
        for own in moves(&order.clone(), &ids, 1) {
            let shown =
                |order: &[String]| json!(order.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
            let (from, was) =
                (shown(&order), order.iter().position(|id| *id == own.ids[0]).unwrap_or_default());
            order.retain(|id| *id != own.ids[0]);
            let to = own
                .behind
                .and_then(|behind| order.iter().position(|id| *id == behind))
                .map_or(0, |at| at + 1);
            order.insert(to, own.ids[0].clone());
            let send = |at: usize| Sent::post(format!("{}/move/{at}", self.tab(&own.ids[0])), json!({}));
            let look = Look::at(format!("{}/tabs", self.path), from, shown(&order)).in_doubt();
            deeds.push(Deed::new(send(to).seen_by(look), send(was)));
        }
        deeds
    }

    /// Returns the id of the tab that is the same: that of the same row, or of a new screen the one of the same name.
    fn same(&self, now: &[Tab], wanted: &Tab) -> Option<String> {
        let same = |tab: &&Tab| tab.id == wanted.id || tab.name == wanted.name;
        now.iter().find(same).map(|tab| tab.id.clone())
    }

    fn tab(&self, id: &str) -> String {
        format!("{}/tabs/{}", self.path, part(id))
    }

    fn made(&self, name: &str, id: &str) -> Sent {
        let body = json!({ "name": name });
        let look = Look::at(format!("{}/tabs", self.path), Value::Null, body.clone());
        let look = look.among("", &[("name", json!(name))]).in_doubt();
        Sent::post(format!("{}/tabs", self.path), body).seen_by(look).binding(id, "/id")
    }

    fn renamed(&self, tab: &mut Tab, name: &str) -> Deed {
        let body = |name: &str| json!({ "name": name });
        let look = Look::at(format!("{}/tabs", self.path), body(&tab.name), body(name))
            .among("", &[("id", json!(tab.id))]);
        let sent = Sent::put(self.tab(&tab.id), body(name)).seen_by(look);
        let deed = Deed::new(sent, Sent::put(self.tab(&tab.id), body(&tab.name)));
        name.clone_into(&mut tab.name);
        deed
    }

    /// Takes a tab away with its fields; on the way back it is made anew.
    fn gone(&self, now: &mut Vec<Tab>, at: usize) -> Vec<Deed> {
        let tab = now.remove(at);
        let anew = token("screenTab", &format!("{}/{} again", self.screen, tab.name));
        let mut deeds = Vec::new();
        if at < now.len() {
            let mut order: Vec<&String> = now.iter().map(|tab| &tab.id).collect();
            let shown =
                |order: &[&String]| json!(order.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
            order.push(&anew);
            let from = shown(&order);
            order.pop();
            order.insert(at, &anew);
            let look = Look::at(format!("{}/tabs", self.path), from, shown(&order)).in_doubt();
            let sent = Sent::post(format!("{}/move/{at}", self.tab(&anew)), json!({})).seen_by(look);
            deeds.push(Deed::only_back(sent));
        }
        deeds.extend(tab.fields.iter().rev().map(|field| Deed::only_back(self.added(&anew, field))));
        let look = Look::at(format!("{}/tabs", self.path), json!({ "name": tab.name }), Value::Null)
            .among("", &[("id", json!(tab.id))]);
        let sent = Sent::delete(self.tab(&tab.id)).seen_by(look);
        let mut made = self.made(&tab.name, &anew);
        made.look = made.look.map(Look::in_doubt);
        deeds.push(Deed::new(sent, made));
        deeds
    }

    fn field(&self, tab: &str, field: &str) -> String {
        format!("{}/fields/{}", self.tab(tab), part(field))
    }

    fn there(&self, tab: &str, field: &str) -> Look {
        let shown = json!({ "id": field });
        Look::at(format!("{}/fields", self.tab(tab)), Value::Null, shown)
            .among("", &[("id", json!(field))])
            .in_doubt()
    }

    fn added(&self, tab: &str, field: &str) -> Sent {
        let sent = Sent::post(format!("{}/fields", self.tab(tab)), json!({ "fieldId": field }));
        sent.seen_by(self.there(tab, field))
    }

    fn removed(&self, tab: &str, field: &str) -> Sent {
        Sent::delete(self.field(tab, field)).seen_by(self.there(tab, field).back())
    }

    /// Moves a field behind another, given how the fields stand before and after.
    fn moved(
        &self,
        tab: &str,
        field: &str,
        behind: Option<&String>,
        (from, to): (&[String], &[String]),
    ) -> Sent {
        let body = match behind {
            Some(behind) => json!({ "after": behind }),
            None => json!({ "position": "First" }),
        };
        let shown = |all: &[String]| json!(all.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>());
        let look = Look::at(format!("{}/fields", self.tab(tab)), shown(from), shown(to)).in_doubt();
        Sent::post(format!("{}/move", self.field(tab, field)), body).seen_by(look)
    }

    /// Leads the fields of tabs to those that are wanted: a screen has a field once, so that all that leave a tab go first.
    fn fields(&self, now: &mut [Tab], (wanted, ids): (&[Tab], &[String]), deeds: &mut Vec<Deed>) {
        let of = |id: &str| &wanted[ids.iter().position(|own| own == id).expect("it is wanted")].fields;
        for tab in now.iter_mut() {
            for field in tab.fields.clone().iter().filter(|field| !of(&tab.id).contains(field)) {
                let at = tab.fields.iter().position(|own| own == field).unwrap_or_default();
                let before = tab.fields.clone();
                tab.fields.remove(at);
                if at < tab.fields.len() {
                    // What is put on it again comes last.
                    let mut last = tab.fields.clone();
                    last.push(field.clone());
                    let was = at.checked_sub(1).map(|at| &before[at]);
                    deeds.push(Deed::only_back(self.moved(&tab.id, field, was, (&last, &before))));
                }
                deeds.push(Deed::new(self.removed(&tab.id, field), self.added(&tab.id, field)));
            }
        }
        for tab in now.iter_mut() {
            for field in
                of(&tab.id).iter().filter(|field| !tab.fields.contains(field)).cloned().collect::<Vec<_>>()
            {
                deeds.push(Deed::new(self.added(&tab.id, &field), self.removed(&tab.id, &field)));
                tab.fields.push(field);
            }
            for own in moves(&tab.fields.clone(), of(&tab.id), 1) {
                let before = tab.fields.clone();
                tab.fields.retain(|field| *field != own.ids[0]);
                let behind =
                    own.behind.as_ref().and_then(|one| tab.fields.iter().position(|field| field == one));
                tab.fields.insert(behind.map_or(0, |at| at + 1), own.ids[0].clone());
                let after = &tab.fields;
                deeds.push(Deed::new(
                    self.moved(&tab.id, &own.ids[0], own.behind.as_ref(), (&before, after)),
                    self.moved(&tab.id, &own.ids[0], own.was.as_ref(), (after, &before)),
                ));
            }
        }
    }
}
