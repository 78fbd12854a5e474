//! What an import would do with issues, for people to read.

use std::collections::BTreeMap;

use super::marked;
use super::output::{bold, printable};
use crate::complete::{DataPlan, Finding};

/// Returns the plan as text.
pub fn data_plan_text(place: &str, plan: &DataPlan) -> String {
    let mut text = format!("{}\n", bold(&format!("Issues of {}", printable(place))));
    let lines: Vec<(String, u64)> =
        plan.counts.iter().map(|(tag, count)| (name(tag, *count), *count)).collect();
    let width = lines.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(1);
    for (name, count) in lines {
        text.push_str(&format!("  + {count:>width$} {name}\n"));
    }
    if let Some(own) = unwritten(plan) {
        text.push_str(&format!("    {own}\n"));
    }
    let findings = |heading: &str, findings: &[Finding]| {
        let mut text = String::new();
        if !findings.is_empty() {
            text.push_str(&format!("\n{}\n", bold(heading)));
        }
        for own in findings {
            text.push_str(&format!("  {} {} (such as {})\n", own.count, own.what, printable(&own.example)));
        }
        text
    };
    for (heading, own) in headed(plan) {
        text.push_str(&findings(heading, own));
    }
    text
}

/// Returns the plan as Markdown, for the comment of a review.
pub fn data_plan_markdown(place: &str, plan: &DataPlan) -> String {
    let mut text = format!("\n### Issues of {}\n\n", marked::code(place));
    if !plan.counts.is_empty() {
        text.push_str("| New | |\n|---|---:|\n");
    }
    for (tag, count) in &plan.counts {
        text.push_str(&format!("| {} | {count} |\n", name(tag, *count)));
    }
    if let Some(own) = unwritten(plan) {
        text.push_str(&format!("\n{own}.\n"));
    }
    for (heading, findings) in headed(plan) {
        if !findings.is_empty() {
            text.push_str(&format!("\n**{heading}**\n\n"));
        }
        for own in findings {
            let what = marked::sentence(&own.what);
            text.push_str(&format!("- {} {what} (such as {})\n", own.count, marked::code(&own.example)));
        }
    }
    text
}

/// Returns what is found, below its headings.
pub(super) fn headed(plan: &DataPlan) -> [(&'static str, &[Finding]); 2] {
    [(REFUSED, &plan.refused), (TOLD, &plan.told)]
}

pub(super) const REFUSED: &str = "In the way";
const TOLD: &str = "To know";

/// Says of which issues nothing is written.
pub(super) fn unwritten(plan: &DataPlan) -> Option<String> {
    match plan.unchanged {
        0 if plan.counts.is_empty() => Some("nothing to write".to_owned()),
        0 => None,
        1 => Some("1 issue is there already, and says the same".to_owned()),
        many => Some(format!("{many} issues are there already, and say the same")),
    }
}

/// Returns what an archive holds, in words: `13 issues, 8 comments and 2 watchers`.
pub fn data_counts(counts: &BTreeMap<String, u64>) -> String {
    let mut words: Vec<String> = Vec::new();
    // What everything else belongs to comes first.
    let issues = counts.get_key_value("issue").into_iter();
    for (tag, count) in issues.chain(counts.iter().filter(|(tag, _)| *tag != "issue")) {
        words.push(format!("{count} {}", name(tag, *count)));
    }
    match words.split_last() {
        None => "no issues".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns what people call so many things of a tag.
pub(super) fn name(tag: &str, count: u64) -> String {
    let (one, many) = match tag {
        "affectsVersion" => ("affected version", "affected versions"),
        "change" => ("entry of the history", "entries of the history"),
        "epic" => ("issue of an epic", "issues of epics"),
        "file" => ("file", "files"),
        "fixVersion" => ("fix version", "fix versions"),
        "formerKey" => ("former key", "former keys"),
        "parent" => ("sub-task", "sub-tasks"),
        "property" => ("property", "properties"),
        "remoteLink" => ("link to another application", "links to other applications"),
        "sprint" => ("place in a sprint", "places in sprints"),
        "value" => ("value of a custom field", "values of custom fields"),
        tag => return if count == 1 { tag.to_owned() } else { format!("{tag}s") },
    };
    if count == 1 { one.to_owned() } else { many.to_owned() }
}
