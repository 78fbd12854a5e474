//! What there is to say of one object, for people.

use std::fmt::Write as _;

use super::output::{HEADING, plural, printable, styled};
use crate::model::Path;
use crate::schema::Schema;
use crate::usage::{Branch, Explanation, How, Named};

/// Places and names that are told of one thing, at most.
const SHOWN: usize = 3;

/// Returns an explanation, with what a reader has to know to act.
pub fn explanation_text(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", styled(HEADING, &printable(&explanation.object.in_full())));
    if !explanation.described {
        text.push_str("  is only named here, not described\n");
    }
    used_by(explanation, &mut text);
    uses(explanation, &mut text);
    section("if it changes", changes(explanation), &mut text);
    section("if it is renamed", renamed(explanation), &mut text);
    section("if it is removed", goes(explanation), &mut text);
    text
}

fn heading(words: &str, text: &mut String) {
    let _ = writeln!(text, "\n{}", styled(HEADING, words));
}

fn section(title: &str, lines: Vec<String>, text: &mut String) {
    if !lines.is_empty() {
        heading(title, text);
        for line in lines {
            let _ = writeln!(text, "  {}", printable(&line));
        }
    }
}

fn used_by(explanation: &Explanation, text: &mut String) {
    heading("used by", text);
    if explanation.used_by.is_empty() {
        text.push_str("  nothing\n");
    }
    branches(&explanation.used_by, "  ", text);
}

fn branches(all: &[Branch], indent: &str, text: &mut String) {
    for (at, branch) in all.iter().enumerate() {
        let is_last = at + 1 == all.len();
        let (sign, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let manner = branch.how.map_or(" (it is a part of it)", manner);
        let end = match (branch.elsewhere, branch.hidden) {
            (true, _) => " …as above".to_owned(),
            (_, 0) => String::new(),
            (_, hidden) => format!(" …used by {}", plural(hidden, "object")),
        };
        let line = format!("{}{manner}{}{end}", branch.object.in_words(), named_at(&branch.places));
        let _ = writeln!(text, "{indent}{sign}{}", printable(&line));
        branches(&branch.used_by, &format!("{indent}{below}"), text);
    }
}

fn manner(how: How) -> &'static str {
    match how {
        How::Reference => "",
        How::Identity => " (by its identity)",
        How::Default => " (as the default)",
        How::Query => " (in a query)",
        How::Share => " (shared)",
        How::Weak => " (in a list)",
    }
}

fn named_at(paths: &[Path]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let shown = paths.iter().map(|path| path.to_string().trim_start_matches('/').to_owned());
    format!(": {}", some(shown))
}

/// Returns the first of some texts, and how many more there are.
fn some(texts: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = texts.collect();
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match all.len() {
        0..=SHOWN => shown,
        many => format!("{shown} and {} more", many - SHOWN),
    }
}

fn uses(explanation: &Explanation, text: &mut String) {
    let lines = explanation
        .uses
        .iter()
        .map(|used| format!("{}{}{}", used.object.in_words(), manner(used.how), named_at(&used.places)));
    let lines: Vec<String> = lines.collect();
    section("uses", if lines.is_empty() { vec!["nothing".to_owned()] } else { lines }, text);
}

fn changes(explanation: &Explanation) -> Vec<String> {
    vec![match &explanation.projects[..] {
        [] if explanation.object.kind == "project" => "affects no other project".to_owned(),
        [] => "affects no project".to_owned(),
        projects => format!("affects {}: {}", plural(projects.len(), "project"), projects.join(", ")),
    }]
}

fn renamed(explanation: &Explanation) -> Vec<String> {
    if explanation.queries.is_empty() {
        return Vec::new();
    }
    let names = some(explanation.queries.iter().map(Named::in_words));
    vec![format!("queries that name it have to be changed by hand: {names}")]
}

fn goes(explanation: &Explanation) -> Vec<String> {
    let mut lines = Vec::new();
    for issues in explanation.issues.iter().flatten() {
        lines.push(format!("issues of {} {}", issues.projects.join(", "), issues.words));
    }
    for how in [How::Reference, How::Identity, How::Default, How::Query, How::Weak] {
        let losses: Vec<_> = explanation.losses.iter().filter(|loss| loss.how == how).collect();
        if losses.is_empty() {
            continue;
        }
        // What has no place is one thing.
        let count = losses.iter().map(|loss| loss.places.len().max(1)).sum();
        let names = some(losses.iter().map(|loss| loss.object.in_words()));
        let what = match how {
            How::Reference if count == 1 => "1 dangling reference".to_owned(),
            How::Reference => format!("{count} dangling references"),
            How::Identity => {
                format!("{} changed without it", agree(losses.len(), "object", "is", "are"))
            }
            How::Default => format!("{} its default", agree(losses.len(), "object", "loses", "lose")),
            How::Query if count == 1 => "1 query fails or finds something else".to_owned(),
            How::Query => format!("{} fail or find something else", plural(count, "query")),
            How::Share => continue,
            How::Weak if count == 1 => "1 list loses an entry".to_owned(),
            How::Weak => format!("{count} lists lose an entry"),
        };
        lines.push(format!("{what}: {names}"));
    }
    if !explanation.parts.is_empty() {
        let parts = explanation.parts.iter().map(|own| {
            let schema = Schema::get();
            let words =
                schema.kind_named(own.kind).map_or_else(String::new, |kind| schema.kind(kind).in_words());
            plural(own.count, &words)
        });
        let parts: Vec<String> = parts.collect();
        lines.push(format!("with it: {}", parts.join(", ")));
    }
    let is_safe = explanation.losses.is_empty() && explanation.issues.as_ref().is_none_or(Vec::is_empty);
    if is_safe {
        lines.insert(0, "nothing breaks, as far as pcfg knows".to_owned());
    }
    if explanation.issues.is_none() {
        lines.push("whether issues use it is unknown: a file contains no issues".to_owned());
    }
    lines
}

fn agree(count: usize, noun: &str, one: &str, many: &str) -> String {
    format!("{} {}", plural(count, noun), if count == 1 { one } else { many })
}
