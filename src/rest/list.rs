//! Lists that come in pages, of every style that Jira has.
//!
//! Invariants: a list is whole, with each item once, or a [`Failure`]; pages are asked for by what came, never by what was asked
//! for and never by a link; a list that does not end is given up after a bounded number of requests.

use std::collections::{HashMap, HashSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::client::MOST;
use super::{Client, Failure, FailureKind, Question};

/// How often a list is read anew that changed while it was read.
const ANEW: usize = 3;

/// More pages than this no list of a configuration has.
const PAGES: usize = 10_000;

/// How a list goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// By `startAt` and `maxResults`; it ends with `isLast`, with `total`, or with an empty page.
    Offset,
    /// By `nextPageToken`, which the last page does not have.
    Token,
    /// By `cursor`, which is `nextCursor` of the page before; the last page has none.
    Cursor,
    /// By `page`, from 1, and `maxResults`; it ends with `total`.
    Number,
    /// All at once.
    Whole,
}

/// A list: where it is, how it goes on, and where in a reply its items are.
#[derive(Debug, Clone, PartialEq)]
pub struct List<'a> {
    /// What is asked, without what says which page.
    pub request: Question,
    /// How it goes on.
    pub paging: Paging,
    /// The member of the reply that holds the items (`values`, `dashboards`); empty where the reply itself is the array.
    pub items: &'a str,
    /// How many items a page is asked to have.
    pub size: usize,
}

impl<'a> List<'a> {
    /// Returns a list of the usual style: `values` by `startAt`.
    pub fn new(request: Question, size: usize) -> Self {
        Self { request, paging: Paging::Offset, items: "values", size }
    }

    /// Says how it goes on.
    #[must_use]
    pub fn by(mut self, paging: Paging) -> Self {
        self.paging = paging;
        self
    }

    /// Says where in a reply its items are.
    #[must_use]
    pub fn of(mut self, items: &'a str) -> Self {
        self.items = items;
        self
    }
}

/// What a page says of itself.
struct Page {
    /// How many bytes it has.
    bytes: u64,
    items: Vec<Value>,
    rest: Map<String, Value>,
}

impl Page {
    fn number(&self, name: &str) -> Option<usize> {
        self.rest.get(name)?.as_u64().and_then(|number| usize::try_from(number).ok())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.rest.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn is_last(&self) -> Option<bool> {
        self.rest.get("isLast")?.as_bool()
    }
}

/// Pages that were asked for before it was their turn, by where they begin: the first page says how many items there are and
/// how many a page has. One that begins elsewhere in the end was asked for in vain, and is asked for again.
#[derive(Default)]
struct Ahead {
    pages: HashMap<usize, Result<Page, Failure>>,
}

impl Ahead {
    /// Asks for the next pages, as many at once as there may be requests.
    fn prepare(
        &mut self,
        client: &Client,
        list: &List<'_>,
        (at, count): (usize, usize),
        total: Option<usize>,
    ) {
        let (Paging::Offset, Some(total), true) = (list.paging, total, self.pages.is_empty()) else { return };
        let next: Vec<usize> = (at + count..total).step_by(count.max(1)).take(MOST).collect();
        if next.len() > 1 {
            let pages = client.each(&next, |from| client.page(list, 0, *from, None));
            self.pages = next.into_iter().zip(pages).collect();
        }
    }
}

/// Why a list was not read to its end.
enum Stopped {
    /// It is not what it was when its first page was read.
    Moved(&'static str),
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Client {
    /// Reads a list from its first item to its last.
    pub fn list<T: DeserializeOwned>(&self, list: &List<'_>) -> Result<Vec<T>, Failure> {
        let mut why = "";
        for _ in 0..ANEW {
            match self.walk(list) {
                Ok(items) => {
                    return items.into_iter().map(|item| understood(list, item)).collect();
                }
                Err(Stopped::Failed(failure)) => return Err(failure),
                Err(Stopped::Moved(how)) => why = how,
            }
        }
        Err(Failure::new(FailureKind::Endless, None, &list.request, why))
    }

    /// Reads a list once.
    fn walk(&self, list: &List<'_>) -> Result<Vec<Value>, Stopped> {
        let mut items: Vec<Value> = Vec::new();
        let mut seen = HashSet::new();
        let mut from = 0;
        let mut token = None;
        let mut total = None;
        let mut ahead = Ahead::default();
        let mut bytes = 0;
        for number in 1..=PAGES {
            let page = match ahead.pages.remove(&from) {
                Some(page) => page,
                None => self.page(list, number, from, token.as_deref()),
            }?;
            bytes += page.bytes;
            if bytes > self.most().list {
                let why = format!("its pages have more than {} MiB together", self.most().list >> 20);
                return Err(Failure::new(FailureKind::TooLarge, None, &list.request, why).into());
            }
            let told = page.number("total");
            if number > 1 && told != total {
                return Err(Stopped::Moved("its length changes while it is read"));
            }
            total = told;
            let count = page.items.len();
            let at = page.number("startAt").unwrap_or(from);
            let next = match list.paging {
                Paging::Whole => None,
                Paging::Offset if page.is_last() == Some(true) => None,
                Paging::Offset if count == 0 => None,
                Paging::Offset if page.is_last().is_none() && total.is_some_and(|all| at + count >= all) => {
                    None
                }
                // Without a count only what is read twice tells that something was taken out of what is read already.
                Paging::Offset if total.is_none() && count == 1 && number > 1 => None,
                Paging::Offset => Some(None),
                Paging::Number if count == 0 || total.is_some_and(|all| items.len() + count >= all) => None,
                Paging::Number => Some(None),
                Paging::Token => page.text("nextPageToken").map(|next| Some(next.to_owned())),
                Paging::Cursor => page.text("nextCursor").map(|next| Some(next.to_owned())),
            };
            let overlaps = list.paging == Paging::Offset && total.is_none() && number > 1 && count > 0;
            let mut new = page.items.into_iter();
            if overlaps && new.next().as_ref() != items.last() {
                return Err(Stopped::Moved("it changes while it is read"));
            }
            for item in new {
                if !seen.insert(identity(&item)) {
                    return Err(Stopped::Moved("the same items were returned again"));
                }
                items.push(item);
            }
            let Some(next) = next else {
                self.compare(list, items.len(), total);
                return Ok(items);
            };
            ahead.prepare(self, list, (at, count), total);
            let step = (at + count).saturating_sub(usize::from(total.is_none()));
            if list.paging == Paging::Offset && step <= from && number > 1 {
                return Err(Stopped::Moved("it does not go on"));
            }
            from = step;
            token = next;
        }
        Err(Failure::new(FailureKind::Endless, None, &list.request, format!("{PAGES} pages were read"))
            .into())
    }

    /// Says so if fewer items came than the list claims to have.
    fn compare(&self, list: &List<'_>, count: usize, total: Option<usize>) {
        if let Some(total) = total.filter(|total| *total > count) {
            self.note(format!("`{}` says that it has {total} items, and ended after {count}", list.request));
        }
    }

    fn page(
        &self,
        list: &List<'_>,
        number: usize,
        from: usize,
        token: Option<&str>,
    ) -> Result<Page, Failure> {
        let request = list.request.clone();
        let request = match list.paging {
            Paging::Whole => request,
            Paging::Offset => request.with("startAt", from).with("maxResults", list.size),
            Paging::Number => request.with("page", number).with("maxResults", list.size),
            Paging::Token | Paging::Cursor => {
                let request = request.with("maxResults", list.size);
                let name = if list.paging == Paging::Token { "nextPageToken" } else { "cursor" };
                token.into_iter().fold(request, |request, token| request.with(name, token))
            }
        };
        let malformed = |why: String| Failure::new(FailureKind::Malformed, None, &request, why);
        let (answer, bytes) = self.ask_measured(&request)?;
        match answer {
            Value::Array(items) if list.items.is_empty() => Ok(Page { bytes, items, rest: Map::new() }),
            Value::Object(mut rest) if !list.items.is_empty() => match rest.remove(list.items) {
                Some(Value::Array(items)) => Ok(Page { bytes, items, rest }),
                _ => Err(malformed(format!("there is no list `{}` in it", list.items))),
            },
            _ if list.items.is_empty() => Err(malformed("it is not a list".to_owned())),
            _ => Err(malformed("it is not an object".to_owned())),
        }
    }
}

fn understood<T: DeserializeOwned>(list: &List<'_>, item: Value) -> Result<T, Failure> {
    serde_json::from_value(item)
        .map_err(|error| Failure::new(FailureKind::Malformed, None, &list.request, error.to_string()))
}

/// Returns what tells an item from the others of its list: its id, or else all of it.
fn identity(item: &Value) -> String {
    let id = ["id", "accountId", "key"].iter().find_map(|name| item.get(name));
    match id {
        Some(Value::String(id)) => id.clone(),
        Some(id @ Value::Number(_)) => id.to_string(),
        _ => item.to_string(),
    }
}
