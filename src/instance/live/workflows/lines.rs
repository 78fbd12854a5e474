//! The table of rules in words, for the documentation.

use super::table::{Member, ROWS, Way};
use Member::{Argument, Pair, Parameter, Usually};
use Way::{Both, Loses, Out};

/// A line of the table for the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where the rule stands.
    pub place: &'static str,
    /// What it is on Jira Cloud.
    pub rule: String,
    /// Which class it is.
    pub class: String,
    /// Which ways the line leads, and what is lost.
    pub way: String,
}

/// Returns the table in words.
pub fn lines() -> impl Iterator<Item = Line> {
    ROWS.iter().map(|row| {
        let mut parameters = Vec::new();
        let mut arguments = Vec::new();
        for member in row.members {
            match member {
                Pair(parameter, argument, form) => {
                    let words = form.words().map(|words| format!(" ({words})")).unwrap_or_default();
                    parameters.push(format!("`{parameter}`"));
                    arguments.push(format!("`{argument}` = `{parameter}`{words}"));
                }
                Usually(name, "") => parameters.push(format!("no `{name}`")),
                Usually(name, value) | Parameter(name, value) => {
                    parameters.push(format!("`{name}` = `{value}`"));
                }
                Argument(name, value) => arguments.push(format!("`{name}` = `{value}`")),
            }
        }
        let with = |name: String, members: Vec<String>| match members.is_empty() {
            true => format!("`{name}`"),
            false => format!("`{name}`: {}", members.join(", ")),
        };
        Line {
            place: row.place.word(),
            rule: with(row.key.to_owned(), parameters),
            class: with(row.class(), arguments),
            way: match row.way {
                Both => "both".to_owned(),
                Out => "to Jira Cloud; read back by another line".to_owned(),
                Loses(what) => format!("to Jira Cloud, with a loss: {what}"),
            },
        }
    })
}
