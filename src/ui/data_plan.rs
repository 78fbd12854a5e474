//! What an import would do with issues, for people to read.

use super::output::{bold, printable};
use crate::complete::{DataPlan, Finding};

/// Returns the plan as text.
pub fn data_plan_text(place: &str, plan: &DataPlan) -> String {
    let mut text = format!("{}\n", bold(&format!("Issues of {}", printable(place))));
    let lines: Vec<(String, u64)> = plan.counts.iter().map(|(tag, count)| (name(tag), *count)).collect();
    let width = lines.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(1);
    for (name, count) in lines {
        text.push_str(&format!("  + {count:>width$} {name}\n"));
    }
    if plan.unchanged > 0 {
        text.push_str(&format!("    {} issues are there already, and say the same\n", plan.unchanged));
    }
    if plan.counts.is_empty() && plan.unchanged == 0 {
        text.push_str("    nothing to write\n");
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
    text.push_str(&findings("In the way", &plan.refused));
    text.push_str(&findings("To know", &plan.told));
    text
}

/// Returns what people call the things of a tag, more than one of them.
fn name(tag: &str) -> String {
    match tag {
        "affectsVersion" => "affected versions".to_owned(),
        "change" => "entries of the history".to_owned(),
        "epic" => "issues of epics".to_owned(),
        "fixVersion" => "fix versions".to_owned(),
        "formerKey" => "former keys".to_owned(),
        "parent" => "sub-tasks".to_owned(),
        "property" => "properties".to_owned(),
        "remoteLink" => "links to other applications".to_owned(),
        "sprint" => "places in sprints".to_owned(),
        "value" => "values of custom fields".to_owned(),
        tag => format!("{tag}s"),
    }
}
