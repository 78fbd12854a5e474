//! How lists are handed out: the styles of paging that Jira has, and its limits.
//!
//! Invariant: a page never holds more than its list's limit, whatever was asked for.

use serde_json::{Map, Value, json};

/// How a reply is made of what an endpoint found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// As it is: an object, or a list that is not paged.
    Whole,
    /// `startAt`, `maxResults`, `total`, `isLast`, `values`, with `self` and `nextPage`.
    Bean(Limit),
    /// The same without links: boards, and lists of Data Center.
    Plain(Limit),
    /// `startAt`, `maxResults`, `total` and the list under a name of its own, without a mark of the last.
    Named(&'static str, Limit),
    /// Nothing but the list, by `startAt` and `maxResults`.
    Bare(Limit),
    /// `page`, `maxResults`, `total` and the list under a name of its own; pages count from 1.
    Numbered(&'static str, Limit),
    /// An object in which one list is paged by `page` and `maxResults`; pages count from 1.
    Inside(&'static str, Limit),
    /// As `Bean`, with other members beside the list.
    Beside(Limit),
    /// An object with a member that has `values`, of which there are more as long as there is a `nextPageToken`.
    Token(&'static str, Limit),
    /// `values` with `nextCursor`.
    Cursor(Limit),
    /// As `Bean`, but the count is called `maxResult`.
    Tabs(Limit),
}

/// How many there are on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// If nobody asks.
    pub(crate) usual: usize,
    /// At most.
    pub(crate) most: usize,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) query: &'a [(String, String)],
    /// The address of the list, for its links.
    pub(crate) address: String,
    /// No page is larger.
    pub(crate) most_per_page: Option<usize>,
    /// The first page comes for ever.
    pub(crate) is_endless: bool,
}

impl Asked<'_> {
    fn number(&self, name: &str) -> Option<usize> {
        self.query.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.parse().ok())
    }

    fn window(&self, limit: Limit, count: &str) -> (usize, usize) {
        let most = self.most_per_page.map_or(limit.most, |own| limit.most.min(own)).max(1);
        let size = self.number(count).filter(|&size| size > 0).unwrap_or(limit.usual).min(most);
        let start = if self.is_endless { 0 } else { self.number("startAt").unwrap_or(0) };
        (start, size)
    }

    fn numbered(&self, limit: Limit) -> (usize, usize) {
        let (_, size) = self.window(limit, "maxResults");
        let page = if self.is_endless { 1 } else { self.number("page").unwrap_or(1).max(1) };
        ((page - 1) * size, size)
    }
}

impl Shape {
    /// Returns how many there are on a page; nothing for what is not paged.
    pub(crate) fn limit(self) -> Option<Limit> {
        match self {
            Self::Whole => None,
            Self::Bean(limit)
            | Self::Plain(limit)
            | Self::Named(_, limit)
            | Self::Bare(limit)
            | Self::Numbered(_, limit)
            | Self::Inside(_, limit)
            | Self::Beside(limit)
            | Self::Token(_, limit)
            | Self::Cursor(limit)
            | Self::Tabs(limit) => Some(limit),
        }
    }

    /// Returns the part of a list that was asked for, in its envelope.
    pub(crate) fn wrap(self, found: &Value, asked: &Asked<'_>) -> Value {
        if let Self::Beside(limit) = self {
            let all = found["values"].as_array().cloned().unwrap_or_default();
            let mut page = bean(&all, asked, limit, "maxResults", true);
            for (name, value) in found.as_object().into_iter().flatten().filter(|(name, _)| *name != "values")
            {
                page[name] = value.clone();
            }
            return page;
        }
        if let Self::Inside(name, limit) = self {
            return paged_inside(found, name, asked, limit);
        }
        if let Self::Token(name, limit) = self {
            return by_token(found, name, asked, limit);
        }
        let Value::Array(all) = found else { return found.clone() };
        match self {
            Self::Whole | Self::Inside(..) | Self::Beside(_) | Self::Token(..) => found.clone(),
            Self::Bean(limit) => bean(all, asked, limit, "maxResults", true),
            Self::Tabs(limit) => bean(all, asked, limit, "maxResult", true),
            Self::Plain(limit) => bean(all, asked, limit, "maxResults", false),
            Self::Named(name, limit) => {
                let (start, size) = asked.window(limit, "maxResults");
                json!({"startAt": start, "maxResults": size, "total": total(all, asked), name: part(all, start, size)})
            }
            Self::Bare(limit) => {
                let (start, size) = asked.window(limit, "maxResults");
                part(all, start, size)
            }
            Self::Numbered(name, limit) => {
                let (start, size) = asked.numbered(limit);
                json!({"total": total(all, asked), name: part(all, start, size)})
            }
            Self::Cursor(limit) => {
                let (_, size) = asked.window(limit, "maxResults");
                let start = if asked.is_endless { 0 } else { asked.number("cursor").unwrap_or(0) };
                let mut page = Map::new();
                page.insert("maxResults".to_owned(), json!(size));
                page.insert("values".to_owned(), part(all, start, size));
                if start + size < all.len() || asked.is_endless {
                    page.insert("nextCursor".to_owned(), json!((start + size).to_string()));
                }
                Value::Object(page)
            }
        }
    }
}

fn bean(all: &[Value], asked: &Asked<'_>, limit: Limit, count: &str, has_links: bool) -> Value {
    let (start, size) = asked.window(limit, count);
    let is_last = start + size >= all.len() && !asked.is_endless;
    let mut page = json!({
        "startAt": start,
        "maxResults": size,
        "total": total(all, asked),
        "isLast": is_last,
        "values": part(all, start, size),
    });
    if has_links {
        let link = |start: usize| json!(format!("{}?maxResults={size}&startAt={start}", asked.address));
        page["self"] = link(start);
        if !is_last {
            page["nextPage"] = link(start + size);
        }
    }
    page
}

/// Returns a list inside an object, of which the first page is there.
pub(crate) fn inside(all: &[Value], most: usize) -> Value {
    json!({
        "startAt": 0,
        "maxResults": most,
        "total": all.len(),
        "isLast": all.len() <= most,
        "values": part(all, 0, most),
    })
}

fn paged_inside(found: &Value, name: &str, asked: &Asked<'_>, limit: Limit) -> Value {
    let (start, size) = asked.numbered(limit);
    let mut page = found.clone();
    if let Value::Array(all) = &found[name] {
        page[name] = part(all, start, size);
    }
    page
}

fn by_token(found: &Value, name: &str, asked: &Asked<'_>, limit: Limit) -> Value {
    let (_, size) = asked.window(limit, "maxResults");
    let start = if asked.is_endless { 0 } else { asked.number("nextPageToken").unwrap_or(0) };
    let mut page = found.clone();
    if let Value::Array(all) = &found[name]["values"] {
        page[name]["values"] = part(all, start, size);
        if start + size < all.len() || asked.is_endless {
            page[name]["nextPageToken"] = json!((start + size).to_string());
        }
    }
    page
}

fn total(all: &[Value], asked: &Asked<'_>) -> usize {
    if asked.is_endless { usize::from(u16::MAX) } else { all.len() }
}

fn part(all: &[Value], start: usize, size: usize) -> Value {
    all.iter().skip(start).take(size).cloned().collect()
}
