//! Law 2 of a live Jira: lists are whole, each item once, with as many requests as pages; what does not end is given up.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::Most;
use super::testing::Pages;
use super::{Client, FailureKind, List, Paging, Request};

fn parameter(request: &Request, name: &str) -> Option<usize> {
    request.query.iter().find(|(own, _)| own == name).and_then(|(_, value)| value.parse().ok())
}

/// The styles of paging of a server, with what tells their end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    IsLast,
    Total,
    Neither,
    Token,
    Cursor,
    Number,
}

const STYLES: [Style; 6] =
    [Style::IsLast, Style::Total, Style::Neither, Style::Token, Style::Cursor, Style::Number];

/// Serves a list of so many items in pages that are never larger than `most`.
fn page(style: Style, request: &Request, items: &[u64], most: usize) -> Value {
    let size = parameter(request, "maxResults").unwrap().min(most);
    let start = match style {
        Style::Token => parameter(request, "nextPageToken").unwrap_or(0),
        Style::Cursor => parameter(request, "cursor").unwrap_or(0),
        Style::Number => (parameter(request, "page").unwrap() - 1) * size,
        _ => parameter(request, "startAt").unwrap(),
    };
    let end = (start + size).min(items.len());
    let values: Vec<Value> =
        items[start.min(end)..end].iter().map(|id| json!({ "id": id.to_string() })).collect();
    let is_last = end == items.len();
    match style {
        Style::IsLast => {
            json!({ "startAt": start, "maxResults": size, "total": items.len(), "isLast": is_last, "values": values })
        }
        Style::Total | Style::Number => {
            json!({ "startAt": start, "maxResults": size, "total": items.len(), "values": values })
        }
        Style::Neither => json!({ "values": values }),
        Style::Token if is_last => json!({ "values": values }),
        Style::Token => json!({ "nextPageToken": end.to_string(), "values": values }),
        Style::Cursor if is_last => json!({ "values": values }),
        Style::Cursor => json!({ "nextCursor": end.to_string(), "values": values }),
    }
}

fn paging(style: Style) -> Paging {
    match style {
        Style::Token => Paging::Token,
        Style::Cursor => Paging::Cursor,
        Style::Number => Paging::Number,
        _ => Paging::Offset,
    }
}

fn list(style: Style) -> List<'static> {
    List::new(Request::get("/rest/api/3/screens"), 10).by(paging(style))
}

fn ids(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn there_are_as_many_requests_as_pages() {
    for style in STYLES {
        for most in [10, 7] {
            // Pages by number are of the size that was asked for, or nobody could count them.
            let most = if style == Style::Number { 10 } else { most };
            for count in [0, 1, most - 1, most, most + 1, 3 * most, 3 * most + 1] {
                let all: Vec<u64> = (0..count as u64).collect();
                let served = all.clone();
                let server = Pages::new(move |request, _| page(style, request, &served, most));
                let requests = server.count.clone();
                let client = Client::new(Arc::new(server));
                let items: Vec<Value> = client.list(&list(style)).unwrap();
                assert_eq!(ids(&items), all, "{style:?} {count}");
                let pages = match style {
                    // The end is an empty page; each page begins with what the one before ended with.
                    Style::Neither if count == 0 => 1,
                    Style::Neither => (count - 1).div_ceil(most - 1).max(1) + 1,
                    _ => count.div_ceil(most).max(1),
                };
                let requests = *requests.lock().unwrap();
                assert_eq!(requests, pages, "{style:?}: {count} items in pages of {most}");
                assert!(client.oddities().is_empty());
            }
        }
    }
}

proptest! {
    /// Whatever is put in or taken out while a list is read: all that was there the whole time is in it, once, and nothing that never was;
    /// or it is an error.
    #[test]
    fn a_list_that_changes_while_it_is_read_loses_nothing(
        style in prop::sample::select(vec![Style::IsLast, Style::Total, Style::Neither]),
        count in 0_usize..50,
        at in 0_usize..60,
        puts_in: bool,
        before in 1_usize..6,
    ) {
        let all: Vec<u64> = (0..count as u64).collect();
        let mut changed = all.clone();
        match puts_in {
            true => changed.insert(at.min(count), 1000),
            false if at < count => { changed.remove(at); }
            false => {}
        }
        let (first, then) = (all.clone(), changed.clone());
        let server = Pages::new(move |request, number| page(style, request, if number < before { &first } else { &then }, 10));
        let items: Vec<Value> = Client::new(Arc::new(server)).list(&list(style)).unwrap();
        let ids = ids(&items);
        prop_assert!(ids == all || ids == changed, "{ids:?}");
    }
}

/// However many pages there are, and however many replies, what is taken has a bound that is told.
#[test]
fn what_is_taken_is_bounded() {
    let large = |_: &Request, number: usize| {
        let item = json!({ "id": number.to_string(), "text": "x".repeat(1 << 20) });
        json!({ "isLast": false, "startAt": number - 1, "total": 1_000, "values": [item] })
    };
    let ask = |most: Most| {
        let server = Pages::new(large);
        let requests = server.count.clone();
        let client = Client::with_most(Arc::new(server), most);
        let failure = client.list::<Value>(&list(Style::IsLast)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        (failure.to_string(), *requests.lock().unwrap())
    };
    let (why, requests) = ask(Most { all: 100 << 20, list: 3 << 20 });
    assert!(why.contains("its pages have more than 3 MiB together") && requests < 30, "{why} {requests}");
    let (why, requests) = ask(Most { all: 4 << 20, list: 100 << 20 });
    assert!(why.contains("all replies together have more than 4 MiB") && requests < 30, "{why} {requests}");
}

/// What a server does, how its lists come in pages, and what it answers to the nth request.
type Server = (&'static str, Paging, fn(&Request, usize) -> Value);

/// How servers make lists that do not end.
const ENDLESS: [Server; 7] = [
    (
        "the same page again",
        Paging::Offset,
        |_, _| json!({ "startAt": 0, "isLast": false, "values": [{ "id": "1" }, { "id": "2" }] }),
    ),
    (
        "never the last",
        Paging::Offset,
        |_, number| json!({ "isLast": false, "total": 9, "values": [{ "id": number }] }),
    ),
    (
        "it does not move",
        Paging::Offset,
        |_, number| json!({ "startAt": 0, "isLast": false, "total": 9, "values": [{ "id": number }] }),
    ),
    (
        "a new length each time",
        Paging::Offset,
        |_, number| json!({ "total": 100 + number, "values": [{ "id": number }] }),
    ),
    ("one token for ever", Paging::Token, |_, _| json!({ "nextPageToken": "a", "values": [{ "id": "1" }] })),
    (
        "tokens and nothing else",
        Paging::Token,
        |_, number| json!({ "nextPageToken": number.to_string(), "values": [] }),
    ),
    ("pages by number", Paging::Number, |_, _| json!({ "total": 100_000_000, "values": [{ "id": "1" }] })),
];

#[test]
fn a_list_that_does_not_end_is_given_up() {
    for (what, paging, make) in ENDLESS {
        let server = Pages::new(make);
        let requests = server.count.clone();
        let list = List::new(Request::get("/rest/api/3/screens"), 10).by(paging);
        let failure = Client::new(Arc::new(server)).list::<Value>(&list).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Endless, "{what}");
        assert!(*requests.lock().unwrap() <= 10_000, "{what}");
    }
}

#[test]
fn what_is_no_list_is_an_error_and_not_empty() {
    for (what, items) in [
        (json!({}), "values"),
        (json!({ "values": null }), "values"),
        (json!({ "values": {} }), "values"),
        (json!([]), "values"),
        (json!({ "values": [] }), ""),
        (json!(null), "values"),
    ] {
        let told = what.clone();
        let client = Client::new(Arc::new(Pages::new(move |_, _| told.clone())));
        let list = List::new(Request::get("/rest/api/3/role"), 10).by(Paging::Whole).of(items);
        assert_eq!(client.list::<Value>(&list).unwrap_err().kind, FailureKind::Malformed, "{what}");
    }
}

/// `screens_page.json` of Atlassian's own examples says that it has four, and ends with three.
#[test]
fn a_list_that_ends_too_early_is_whole_and_odd() {
    let client = Client::new(Arc::new(Pages::new(
        |_, _| json!({ "startAt": 0, "total": 4, "isLast": true, "values": [{ "id": 1 }, { "id": 2 }, { "id": 3 }] }),
    )));
    let items: Vec<Value> = client.list(&list(Style::IsLast)).unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(client.oddities(), ["`GET /rest/api/3/screens` says that it has 4 items, and ended after 3"]);
}
