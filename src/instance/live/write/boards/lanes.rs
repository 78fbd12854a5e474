//! Swimlanes and quick filters of a board: lists of queries with names.
//!
//! Nobody has told how quick filters are moved. So each place of a list gets what is to stand there, and only the last one comes or
//! goes. Invariant: the default swimlane is the last, and stays.

use serde_json::{Value, json};

use super::page::{OWN_NAMES, Page, query, shown};
use crate::entity::Row;
use crate::instance::live::write::{Deed, Look, Sent, number, part, token};

/// A swimlane or a quick filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    id: String,
    pub(super) name: String,
    pub(super) query: String,
    description: String,
    pub(super) is_default: bool,
}

/// A list of them.
struct List {
    /// Where it stands in what the settings page reads.
    at: &'static str,
    config: &'static str,
    member: &'static str,
    path: String,
    /// Whether items say if they are the default.
    has_default: bool,
}

impl Lane {
    pub(super) fn of(row: &Row, is_default: bool) -> Self {
        let text = |name: &str| row.get(name).unwrap_or_default().to_owned();
        Self {
            id: row.id().to_owned(),
            name: text("NAME"),
            query: query(row).unwrap_or_default().to_owned(),
            description: text("DESCRIPTION"),
            is_default,
        }
    }

    /// Returns what it says, without its id.
    fn said(&self) -> (&str, &str, &str) {
        (&self.name, &self.query, &self.description)
    }

    fn shown(&self) -> Value {
        let mut told = shown(&self.name);
        told["query"] = json!(self.query);
        // Jira describes what it has named itself.
        if !self.description.starts_with(OWN_NAMES) {
            told["description"] = json!(self.description);
        }
        told
    }
}

pub(super) fn names(all: &[Lane]) -> Vec<&str> {
    all.iter().map(|own| own.name.as_str()).collect()
}

pub(super) fn swimlanes(page: &Page<'_>, from: &[Lane], to: &[Lane]) -> Vec<Deed> {
    let list = List {
        at: "/swimlanesConfig/swimlanes",
        config: "swimlanesConfig",
        member: "swimlanes",
        path: page.own("swimlanes"),
        has_default: true,
    };
    list.lead(page, from, to)
}

pub(super) fn quick_filters(page: &Page<'_>, from: &[Lane], to: &[Lane]) -> Vec<Deed> {
    let list = List {
        at: "/quickFilterConfig/quickFilters",
        config: "quickFilterConfig",
        member: "quickFilters",
        path: page.own("quickfilters"),
        has_default: false,
    };
    list.lead(page, from, to)
}

impl List {
    fn body(&self, own: &Lane) -> Value {
        let mut body = json!({ "name": own.name, "query": own.query, "description": own.description });
        if self.has_default {
            body["isDefault"] = json!(own.is_default);
        }
        body
    }

    fn look(&self, page: &Page<'_>, from: &[Lane], to: &[Lane]) -> Look {
        let all = |own: &[Lane]| -> Value {
            let items: Vec<Value> = own.iter().map(Lane::shown).collect();
            json!({ self.config: { self.member: items } })
        };
        page.look(all(from), all(to))
    }

    fn put(&self, id: &str, own: &Lane) -> Sent {
        let mut body = self.body(own);
        body["id"] = number(id);
        Sent::put(format!("{}/{}", self.path, part(id)), body)
    }

    /// Leads from a list to another.
    fn lead(&self, page: &Page<'_>, from: &[Lane], to: &[Lane]) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let mut now = from.to_vec();
        let split = |all: &[Lane]| all.iter().filter(|own| !own.is_default).count();
        let (old, new) = (split(from), split(to));
        if page.is_new
            && let Some(default) = to.iter().find(|own| own.is_default)
        {
            deeds.push(self.default(page, default));
            now.push(default.clone());
        }
        let places = (0..now.len()).filter(|at| now[*at].is_default).take(1);
        let places: Vec<usize> = (0..old.min(new)).chain(places).collect();
        for at in places {
            let wanted = match now[at].is_default {
                true => to.iter().find(|own| own.is_default),
                false => to.iter().filter(|own| !own.is_default).nth(at),
            };
            let Some(wanted) = wanted.filter(|own| own.said() != now[at].said()) else { continue };
            let before = now.clone();
            let id = before[at].id.clone();
            now[at] = Lane { id: id.clone(), ..wanted.clone() };
            let sent = self.put(&id, wanted).seen_by(self.look(page, &before, &now));
            deeds.push(Deed::new(sent, self.put(&id, &before[at])));
        }
        for at in (new..old).rev() {
            let before = now.clone();
            let gone = now.remove(at);
            let sent = Sent::delete(format!("{}/{}", self.path, part(&gone.id)));
            let sent = sent.seen_by(self.look(page, &before, &now));
            deeds.push(Deed::new(sent, self.made(page, &gone, at).seen_by(self.look(page, &now, &before))));
        }
        for (at, wanted) in to.iter().filter(|own| !own.is_default).enumerate().skip(old) {
            let before = now.clone();
            now.insert(at, wanted.clone());
            let look = self.look(page, &before, &now);
            let made = self.made(page, wanted, at).seen_by(look.clone().in_doubt());
            let id = self.token(page, at);
            let gone = Sent::delete(format!("{}/{id}", self.path)).seen_by(look.back());
            deeds.push(Deed::new(made, gone));
        }
        deeds
    }

    fn token(&self, page: &Page<'_>, at: usize) -> String {
        token(self.member, &format!("{} {at}", page.id))
    }

    fn made(&self, page: &Page<'_>, own: &Lane, at: usize) -> Sent {
        let places = format!("{}/{at}/id /id", self.at);
        Sent::post(&self.path, self.body(own)).binding(&self.token(page, at), &places)
    }

    /// Says what the default swimlane of a new board is: it is there already.
    fn default(&self, page: &Page<'_>, own: &Lane) -> Deed {
        let id = token("default swimlane", page.id);
        let look = page.look(json!({ "isDefault": true }), own.shown());
        let look = look.among(self.at, &[("isDefault", json!(true))]);
        Deed::along(self.put(&id, own).seen_by(look).saying(&id, "/id"))
    }
}
