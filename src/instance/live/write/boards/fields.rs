//! The fields that a board shows: on cards, three at most in each mode, and in the view of an issue.
//!
//! A field that comes is the last. How fields of cards are moved nobody has told, so that what follows a difference goes and comes again.

use serde_json::{Value, json};

use super::page::Page;
use crate::entity::Row;
use crate::instance::live::write::order::moves;
use crate::instance::live::write::{Deed, Ground, Sent, Unsaid, part, token};
use crate::model::Path;

/// A field that is shown: the id of its row, and which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    id: String,
    field: String,
    mode: String,
}

/// The modes of a board, and what addresses call them.
const MODES: [(&str, &str); 2] = [("PLAN", "planMode"), ("WORK", "workMode")];

const CARDS: &str = "/cardLayoutConfig/currentFields";
const DETAILS: &str = "/detailViewFieldConfig/currentFields";

impl Item {
    pub(super) fn of(ground: &Ground<'_>, row: &Row, mode: Option<&str>) -> Self {
        Self {
            id: row.id().to_owned(),
            field: ground.field(row.get("FIELD_ID").unwrap_or_default()),
            mode: mode.unwrap_or_default().to_owned(),
        }
    }
}

/// Returns the fields of a mode.
fn of<'i>(all: &'i [Item], mode: &str) -> Vec<&'i Item> {
    all.iter().filter(|own| own.mode.eq_ignore_ascii_case(mode)).collect()
}

/// Says what no request does to fields on cards.
pub(super) fn unsaid(here: &Path, from: &[Item], to: &[Item]) -> Vec<Unsaid> {
    let here = here.child("cardLayouts");
    let is_there =
        |own: &Item| from.iter().any(|other| (&other.field, &other.mode) == (&own.field, &own.mode));
    let unknown = |own: &&Item| !is_there(own) && !MODES.iter().any(|(mode, _)| *mode == own.mode);
    let unknown =
        to.iter().find(unknown).map(|own| format!("there is no mode `{}`: write PLAN or WORK", own.mode));
    let many = MODES.iter().find(|(mode, _)| of(to, mode).len() > of(from, mode).len().max(3));
    let many = many.map(|(mode, _)| {
        format!("cards show three fields at most, and these would be more in the mode {mode}")
    });
    let alike = |one: &Item, other: &Item| one.field == other.field && one.mode == other.mode;
    let is_twice = |at: usize| to[..at].iter().any(|own| alike(own, &to[at]));
    let twice = (0..to.len()).any(is_twice).then(|| "cards show a field once in each mode".to_owned());
    unknown.into_iter().chain(many).chain(twice).map(|why| (here.clone(), why)).collect()
}

/// Leads the fields of cards to others.
pub(super) fn cards(page: &Page<'_>, from: &[Item], to: &[Item]) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for (mode, address) in MODES {
        let (from, to) = (of(from, mode), of(to, mode));
        let path = format!("{}/{address}/field", page.own("cardlayout"));
        let is_same = |(one, other): &(&&Item, &&Item)| one.field == other.field;
        let stays = from.iter().zip(&to).take_while(is_same).count();
        let added = |own: &Item, id: &str| {
            let shown = json!({ "fieldId": own.field });
            let by = [("fieldId", json!(own.field)), ("mode", json!(own.mode))];
            let look = page.look(Value::Null, shown.clone()).among(CARDS, &by).in_doubt();
            Sent::post(&path, shown).seen_by(look).binding(id, "/id")
        };
        let known =
            |own: &Item, what: &str| token("card field", &format!("{} {mode} {} {what}", page.id, own.field));
        for own in from[stays..].iter().rev() {
            let sent = Sent::delete(format!("{path}/{}", part(&own.id)));
            let again = added(own, &known(own, "again"));
            let look = again.look.clone().map(|look| look.back());
            let sent = match look {
                Some(mut look) => {
                    look.only_in_doubt = false;
                    sent.seen_by(look)
                }
                None => sent,
            };
            deeds.push(Deed::new(sent, again));
        }
        for own in &to[stays..] {
            let id = known(own, "new");
            deeds.push(Deed::new(added(own, &id), Sent::delete(format!("{path}/{id}"))));
        }
    }
    deeds
}

/// The fields in the view of an issue.
struct Details<'d, 'g> {
    ground: &'d Ground<'g>,
    page: &'d Page<'d>,
    path: String,
}

/// Leads the fields in the view of an issue to others.
pub(super) fn details(ground: &Ground<'_>, page: &Page<'_>, from: &[Item], to: &[Item]) -> Vec<Deed> {
    let path = format!("{}/field", page.own("detailviewfield"));
    Details { ground, page, path }.lead(from, to)
}

impl Details<'_, '_> {
    fn known(&self, field: &str, what: &str) -> String {
        token("board field", &format!("{} {field} {what}", self.page.id))
    }

    fn shown(all: &[Item]) -> Value {
        let items: Vec<Value> = all.iter().map(|own| json!({ "fieldId": own.field })).collect();
        json!({ "detailViewFieldConfig": { "currentFields": items } })
    }

    fn added(&self, field: &str, id: &str) -> Sent {
        let shown = json!({ "fieldId": field });
        let look = self.page.look(Value::Null, shown.clone()).among(DETAILS, &[("fieldId", json!(field))]);
        Sent::post(&self.path, shown).seen_by(look.in_doubt()).binding(id, "/id")
    }

    fn removed(&self, own: &Item) -> Sent {
        let by = [("fieldId", json!(own.field))];
        let look = self.page.look(json!({ "fieldId": own.field }), Value::Null).among(DETAILS, &by);
        Sent::delete(format!("{}/{}", self.path, part(&own.id))).seen_by(look)
    }

    /// Moves a field behind another.
    fn moved(&self, id: &str, behind: Option<&Item>, (from, to): (&[Item], &[Item])) -> Sent {
        let body = match behind {
            Some(behind) => {
                json!({ "after": self.ground.link(&format!("{}/{}", self.path, part(&behind.id))) })
            }
            None => json!({ "position": "First" }),
        };
        let look = self.page.look(Self::shown(from), Self::shown(to)).in_doubt();
        Sent::post(format!("{}/{}/move", self.path, part(id)), body).seen_by(look)
    }

    fn lead(&self, from: &[Item], to: &[Item]) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let mut now = from.to_vec();
        let is_wanted = |own: &Item| to.iter().any(|other| other.field == own.field);
        while let Some(at) = now.iter().position(|own| !is_wanted(own)) {
            let before = now.clone();
            let gone = now.remove(at);
            let again = Item { id: self.known(&gone.field, "again"), ..gone.clone() };
            if at < now.len() {
                // What comes again is the last.
                let mut last = now.clone();
                last.push(again.clone());
                let behind = at.checked_sub(1).map(|at| &before[at]);
                deeds.push(Deed::only_back(self.moved(&again.id, behind, (&last, &before))));
            }
            deeds.push(Deed::new(self.removed(&gone), self.added(&gone.field, &again.id)));
        }
        for own in to {
            if now.iter().any(|other| other.field == own.field) {
                continue;
            }
            let new = Item { id: self.known(&own.field, "new"), ..own.clone() };
            deeds.push(Deed::new(self.added(&new.field, &new.id), self.removed(&new)));
            now.push(new);
        }
        let fields = |all: &[Item]| all.iter().map(|own| own.field.clone()).collect::<Vec<_>>();
        for own in moves(&fields(&now), &fields(to), 1) {
            let before = now.clone();
            let at = |all: &[Item], field: &str| all.iter().position(|own| own.field == field);
            let Some(from) = at(&now, &own.ids[0]) else { continue };
            let item = now.remove(from);
            let behind = own.behind.as_ref().and_then(|field| at(&now, field));
            now.insert(behind.map_or(0, |at| at + 1), item.clone());
            let find = |field: &Option<String>| {
                field.as_ref().and_then(|field| before.iter().find(|own| own.field == *field))
            };
            deeds.push(Deed::new(
                self.moved(&item.id, find(&own.behind), (&before, &now)),
                self.moved(&item.id, find(&own.was), (&now, &before)),
            ));
        }
        deeds
    }
}
