//! The top of a page: what it is about, how much of what, what goes, and who else feels it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::issues::{Moved, moved};
use super::super::output::{plural, printable};
use super::super::plan::{HELD_BACK, summary, way};
use super::super::readiness;
use super::super::violations;
use super::objects::{Entries, Entry, Fate};
use super::{Report, changes, sentence};
use crate::plan::{LineAction, Subject};

/// A list with more members is folded.
const MANY: usize = 12;

/// The title, what else is known, and how it stands.
pub(super) fn header(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    let mut projects: Vec<&str> =
        report.parts.iter().flat_map(|part| &part.description.projects).map(String::as_str).collect();
    projects.sort_unstable();
    projects.dedup();
    html! {
        header {
            p class="brand" { "pcfg" span { " configuration as code" } }
            h1 { (printable(&report.title)) }
            dl class="facts" {
                @for (what, value) in &report.facts { div { dt { (what) } dd { bdi { (printable(value)) } } } }
                @if !projects.is_empty() {
                    div {
                        dt { @if projects.len() == 1 { "Project" } @else { "Projects" } }
                        dd { (printable(&projects.join(", "))) }
                    }
                }
            }
            (verdict(report, entries))
        }
    }
}

/// How ready a configuration is to move to Jira Cloud.
fn moving(report: &Report<'_>) -> Markup {
    let all = report.parts.iter().filter_map(|part| part.description.moving.as_ref());
    html! {
        @for own in all {
            section aria-labelledby="moving" {
                h2 id="moving" { (readiness::TITLE) }
                div class="wide" tabindex="0" role="region" aria-label="What moves, by project" {
                    table class="numbers" {
                        thead { tr { @for head in readiness::COLUMNS { th scope="col" { (head) } } } }
                        tbody {
                            @for project in &own.projects {
                                @let [key, counts @ ..] = readiness::cells(project);
                                tr { th scope="row" { (sentence(&key)) } @for own in &counts { td { (sentence(own)) } } }
                            }
                        }
                    }
                }
            }
            @let told: Vec<Markup> = own.decisions.iter().map(|own| html! { li { (sentence(&readiness::decision(own))) } }).collect();
            (attention("decide", "warning", "To decide", &told))
            @let told: Vec<Markup> = own.losses.iter().map(|own| html! { li { (sentence(&readiness::loss(own))) } }).collect();
            (attention("lost", "warning", "Lost or otherwise there", &told))
            @if !own.mapping.is_empty() {
                details class="fold" { summary { "A mapping file to begin with" } pre { (printable_lines(&own.mapping)) } }
            }
        }
    }
}

/// Returns lines of text, each without what could do harm.
fn printable_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", printable(line))).collect()
}

/// How much of what, and what is dangerous.
pub(super) fn overview(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    html! {
        (attention("policies", "refused", violations::TITLE, &violations::page(report.parts.iter().map(|part| part.description))))
        @if !entries.0.is_empty() {
            section aria-labelledby="overview" {
                h2 id="overview" { "At a glance" }
                (cards(report, entries))
                (table(entries))
            }
            (moving(report))
            (goes(report, entries))
            (touches(entries))
            (issues(report))
        }
        (warnings(report, entries))
        (unseen(report))
        (irrevocable(report))
        (held_back(report))
    }
}

fn verdict(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    let refused = entries.count(Fate::Refused, None);
    let held = report.parts.iter().any(|part| !part.description.held_back.is_empty());
    let is_plan = report.parts.iter().any(|part| part.description.subject == Subject::Plan);
    let is_stopped = report.issues.is_some_and(|own| !own.refused.is_empty());
    let has_issues = report.issues.is_some_and(|own| !own.counts.is_empty());
    let (class, text) = match (refused, entries.0.is_empty(), is_plan) {
        (0, ..) if is_stopped => {
            ("bad", "Something is in the way of the issues: until it is resolved, nothing is done.")
        }
        (0, true, true) if has_issues => {
            ("", "The configuration is there; the issues would be written. Nothing has been done yet.")
        }
        (0, true, true) if held => ("fine", "Nothing to do, except for what is held back."),
        (0, true, true) => ("fine", "Nothing to do: the instance matches the file."),
        (0, true, false) => ("fine", "No differences."),
        (0, false, true) => ("", "This would be done. Nothing has been done yet."),
        (0, false, false) => ("", "This is how they differ."),
        _ => ("bad", "Something is refused: until it is resolved or left out, nothing is done."),
    };
    html! {
        div class={ "verdict " (class) } {
            p { strong { (text) } }
            @for part in &report.parts {
                @let own = summary(part.description);
                @if let Some(name) = part.name { p { bdi { (printable(name)) } ": " (own) } } @else { p { (own) } }
            }
        }
    }
}

/// The numbers that matter, large.
fn cards(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    let sum = |of: fn(&crate::plan::Counts) -> usize| -> usize {
        report.parts.iter().map(|part| of(&part.description.counts)).sum()
    };
    let (parts, touched) = (sum(|counts| counts.remove), sum(|counts| counts.touched_projects));
    html! {
        ul class="cards" {
            @for fate in Fate::ALL {
                @let count = entries.count(fate, None);
                @if count > 0 { li class=(fate.class()) { b { (count) } " " span { (fate.word().to_lowercase()) } } }
            }
            @if parts > 0 {
                li class="removed" { b { (parts) } " " span { @if parts == 1 { "part removed" } @else { "parts removed" } } }
            }
            @if touched > 0 {
                li class="touching" {
                    b { (touched) } " " span { @if touched == 1 { "other project affected" } @else { "other projects affected" } }
                }
            }
        }
    }
}

/// How much of which kind.
fn table(entries: &Entries<'_>) -> Markup {
    let fates: Vec<Fate> = Fate::ALL.into_iter().filter(|fate| entries.count(*fate, None) > 0).collect();
    let kinds = entries.kinds();
    let number = |count: usize| {
        html! { td class=[(count == 0).then_some("none")] { (count) } }
    };
    let own = html! {
        div class="wide" tabindex="0" role="region" aria-label="Number of objects of each kind" {
            table class="numbers" {
                thead { tr { th scope="col" { "Kind" } @for fate in &fates { th scope="col" { (fate.word()) } } } }
                tbody {
                    @for kind in &kinds {
                        tr {
                            th scope="row" { (printable(kind)) }
                            @for fate in &fates { (number(entries.count(*fate, Some(kind)))) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "Together" }
                        @for fate in &fates { (number(entries.count(*fate, None))) }
                    }
                }
            }
        }
    };
    folded("By kind", kinds.len(), &own)
}

/// Shows something; if it has too many members, it is folded.
fn folded(title: &str, count: usize, content: &Markup) -> Markup {
    html! {
        details class="fold" open[count <= MANY] { summary { (title) " " span class="count" { (count) } } (content) }
    }
}

/// What is removed: whole objects, then parts with what they hold.
fn goes(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    let objects = entries.0.iter().filter(|entry| entry.fate == Fate::Removed);
    let mut items: Vec<Markup> = objects.map(|entry| html! { li { (entry.link()) } }).collect();
    for entry in entries.0.iter().filter(|_| !report.is_brief) {
        let lines = entry.step().into_iter().flat_map(|step| &step.changes);
        for line in lines.filter(|line| line.action == LineAction::Remove) {
            let (place, value) = (changes::place(&way(line)), changes::what_goes(line));
            items.push(html! { li { (entry.link()) " loses " (place) (value) } });
        }
    }
    attention("goes", "removed", "Removed", &items)
}

/// Which other projects are affected: each with the objects whose change affects it.
fn touches(entries: &Entries<'_>) -> Markup {
    let mut projects: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in &entries.0 {
        for project in entry.step().into_iter().flat_map(|step| &step.touches) {
            projects.entry(project).or_default().push(entry);
        }
    }
    let item = |(project, own): (&str, Vec<&Entry<'_>>)| {
        html! {
            li {
                strong { bdi { (printable(project)) } } " is affected by "
                @for (number, entry) in own.iter().enumerate() { @if number > 0 { ", " } (entry.link()) }
            }
        }
    };
    let items: Vec<Markup> = projects.into_iter().map(item).collect();
    attention("touches", "touching", "Other projects that are affected", &items)
}

fn warnings(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    let left_out = report.parts.iter().flat_map(|part| &part.description.warnings);
    let mut items: Vec<Markup> = left_out.map(|warning| html! { li { (sentence(warning)) } }).collect();
    for entry in &entries.0 {
        for warning in entry.step().into_iter().flat_map(|step| &step.warnings) {
            items.push(html! { li { (entry.link()) ": " (sentence(warning)) } });
        }
    }
    attention("warnings", "warning", "Warnings", &items)
}

/// What cannot be seen.
fn unseen(report: &Report<'_>) -> Markup {
    let all = report.parts.iter().flat_map(|part| &part.description.unseen);
    let told = crate::plan::not_shown(all);
    let items: Vec<Markup> = told.iter().map(|own| html! { li { (sentence(own)) } }).collect();
    attention("unseen", "warning", "Not seen, so neither compared nor changed", &items)
}

/// What nothing can take back once it is done.
fn irrevocable(report: &Report<'_>) -> Markup {
    let all = report.parts.iter().flat_map(|part| &part.description.irrevocable);
    let items: Vec<Markup> = all.map(|own| html! { (sentence(own)) "." }).collect();
    attention("irrevocable", "warning", "Cannot be taken back", &items)
}

/// The issues that move, with their statuses.
fn issues(report: &Report<'_>) -> Markup {
    let all = report.parts.iter().flat_map(|part| moved(&part.description.issues));
    let item = |own: Moved| {
        html! { li { (sentence(&own.what)) @if !report.is_brief { ul { @for line in &own.statuses { li { (sentence(line)) } } } } } }
    };
    let items: Vec<Markup> = all.map(item).collect();
    attention("issues", "warning", "Issues move", &items)
}

/// What existing users and groups keep, each member by name.
fn held_back(report: &Report<'_>) -> Markup {
    let held = report.parts.iter().flat_map(|part| &part.description.held_back);
    let item = |own: &crate::plan::DescribedHeldBack| {
        html! {
            li {
                (own.in_words()) " " strong { bdi { (printable(&own.name)) } }
                @if !report.is_brief { ul class="changes" { @for line in &own.changes { (changes::line(line, false)) } } }
            }
        }
    };
    let items: Vec<Markup> = held.map(item).collect();
    if items.is_empty() {
        return Markup::default();
    }
    let why = html! { p { (sentence(&format!("Nothing of this is done: {HELD_BACK}."))) } };
    attention_with(&why, "held-back", "warning", "Held back", &items)
}

fn attention(id: &str, class: &str, title: &str, items: &[Markup]) -> Markup {
    attention_with(&Markup::default(), id, class, title, items)
}

/// Shows a list with a sentence before it.
fn attention_with(why: &Markup, id: &str, class: &str, title: &str, items: &[Markup]) -> Markup {
    if items.is_empty() {
        return Markup::default();
    }
    let list = html! { ul { @for item in items { (item) } } };
    html! {
        section class={ "attention " (class) } aria-labelledby=(id) {
            h2 id=(id) { (title) " " span class="count" { (items.len()) } }
            (why)
            @if items.len() > MANY {
                details { summary { "Show " (plural(items.len(), "entry")) } (list) }
            } @else { (list) }
        }
    }
}
