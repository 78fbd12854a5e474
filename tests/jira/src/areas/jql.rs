//! Queries: whether Jira understands them.

use serde_json::{Value, json};

use crate::call::{Call, Refusal};
use crate::router::{Answer, Endpoint, post};

pub(super) const CLOUD: &[Endpoint] = &[post("/jql/parse", parse), post("/jql/pdcleaner", cleaned)];

/// Returns what is wrong with a query. Only what needs no knowledge of names is looked at: quotes and parentheses.
pub(crate) fn error(query: &str) -> Option<&'static str> {
    let (mut quote, mut depth, mut is_escaped) = (None, 0_i32, false);
    for character in query.chars() {
        match (quote, character) {
            _ if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            break;
        }
    }
    match (quote, depth) {
        (Some(_), _) => Some("Error in the JQL Query: The quoted string has not been completed."),
        (None, 0) => None,
        _ => Some("Error in the JQL Query: The parentheses do not match."),
    }
}

fn parse(call: &Call<'_>) -> Answer {
    let Some(queries) = call.body["queries"].as_array().filter(|queries| !queries.is_empty()) else {
        return Err(Refusal::new(400, "At least one query is needed."));
    };
    let told = queries.iter().filter_map(Value::as_str).map(|query| match error(query) {
        Some(error) => json!({"query": query, "errors": [error]}),
        None => json!({"query": query}),
    });
    Ok(json!({"queries": told.collect::<Vec<_>>()}))
}

/// Account ids are the keys that queries hold already: nothing is to be converted.
fn cleaned(call: &Call<'_>) -> Answer {
    Ok(json!({"queryStrings": call.body["queryStrings"], "queriesWithUnknownUsers": []}))
}
