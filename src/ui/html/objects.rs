//! The objects of a page: what can be done with them, the tree of their names, and each with all that changes in it.

use indexmap::IndexMap;
use maud::{Markup, html};

use super::super::output::{plural, printable};
use super::super::plan::{followers, skip_options};
use super::{Part, Report, changes, pictures, sentence, spoken};
use crate::plan::{DescribedRefusal, DescribedStep, LineAction, ObjectAction, Value};

/// What happens with an object, in the order in which readers want to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Fate {
    Refused,
    Removed,
    Renamed,
    Changed,
    Created,
}

impl Fate {
    pub(super) const ALL: [Self; 5] =
        [Self::Refused, Self::Removed, Self::Renamed, Self::Changed, Self::Created];

    fn of(step: &DescribedStep) -> Self {
        match step.action {
            ObjectAction::Create => Self::Created,
            ObjectAction::Remove => Self::Removed,
            ObjectAction::Rename => Self::Renamed,
            ObjectAction::Change if step.former_name.is_some() => Self::Renamed,
            ObjectAction::Change => Self::Changed,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Refused => "Refused",
            Self::Removed => "Removed",
            Self::Renamed => "Renamed",
            Self::Changed => "Changed",
            Self::Created => "Created",
        }
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Changed => "changed",
            Self::Created => "added",
        }
    }

    pub(super) fn sign(self) -> Markup {
        let sign = match self {
            Self::Refused => "!",
            Self::Removed => "−",
            Self::Renamed => "→",
            Self::Changed => "~",
            Self::Created => "+",
        };
        html! { span class={ "sign " (self.class()) } aria-hidden="true" { (sign) } }
    }
}

/// An object of a page.
pub(super) struct Entry<'a> {
    /// Its number on the page.
    pub(super) number: usize,
    /// The number of its part.
    pub(super) part: usize,
    pub(super) fate: Fate,
    pub(super) kind: String,
    pub(super) name: &'a str,
    told: Told<'a>,
}

enum Told<'a> {
    Step(&'a DescribedStep),
    Refusal(&'a DescribedRefusal),
}

/// All objects of a page: by part, then by fate, then by kind.
pub(super) struct Entries<'a>(pub(super) Vec<Entry<'a>>);

/// The objects of a part, by fate and kind.
type Groups<'e, 'a> = IndexMap<Fate, IndexMap<&'e str, Vec<&'e Entry<'a>>>>;

impl<'a> Entries<'a> {
    pub(super) fn of(parts: &[Part<'a>]) -> Self {
        let mut entries = Vec::new();
        for (part, Part { description, .. }) in parts.iter().enumerate() {
            let entry = |fate, kind, name, told| Entry { number: 0, part, fate, kind, name, told };
            for own in &description.refused {
                entries.push(entry(Fate::Refused, own.in_words(), &own.name, Told::Refusal(own)));
            }
            for own in &description.steps {
                entries.push(entry(Fate::of(own), own.in_words(), &own.name, Told::Step(own)));
            }
        }
        let mut kinds: IndexMap<String, usize> = IndexMap::new();
        for entry in &entries {
            let next = kinds.len();
            kinds.entry(entry.kind.clone()).or_insert(next);
        }
        entries.sort_by_key(|entry| (entry.part, entry.fate, kinds[&entry.kind]));
        entries.iter_mut().zip(1..).for_each(|(entry, number)| entry.number = number);
        Self(entries)
    }

    fn groups(&self, part: usize) -> Groups<'_, 'a> {
        let mut groups = Groups::new();
        for entry in self.0.iter().filter(|entry| entry.part == part) {
            let kinds = groups.entry(entry.fate).or_default();
            kinds.entry(entry.kind.as_str()).or_default().push(entry);
        }
        groups
    }

    /// Returns the kinds, each once.
    pub(super) fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.0.iter().map(|entry| entry.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    pub(super) fn count(&self, fate: Fate, kind: Option<&str>) -> usize {
        let counted = |entry: &&Entry<'_>| entry.fate == fate && kind.is_none_or(|kind| entry.kind == kind);
        self.0.iter().filter(counted).count()
    }
}

impl<'a> Entry<'a> {
    /// Returns the step, unless it is refused.
    pub(super) fn step(&self) -> Option<&'a DescribedStep> {
        match self.told {
            Told::Step(step) => Some(step),
            Told::Refusal(_) => None,
        }
    }

    /// Returns a link to the object.
    pub(super) fn link(&self) -> Markup {
        html! { a href={ "#object-" (self.number) } { (printable(&self.kind)) " " bdi { (printable(self.name)) } } }
    }
}

/// Search and filters. They are hidden until the script can serve them.
pub(super) fn tools(entries: &Entries<'_>) -> Markup {
    if entries.0.is_empty() {
        return Markup::default();
    }
    let touching = entries.0.iter().any(|entry| entry.step().is_some_and(|step| !step.touches.is_empty()));
    html! {
        div role="search" aria-label="Objects of this page" id="tools" hidden {
            label for="query" { "Search" }
            input id="query" type="search" autocomplete="off" spellcheck="false" placeholder="Name, property, value …";
            fieldset {
                legend { "Show" }
                @for fate in Fate::ALL {
                    @let count = entries.count(fate, None);
                    @if count > 0 {
                        label class="choice" {
                            input type="checkbox" name="fate" value=(fate.class()) checked;
                            (fate.sign()) " " (fate.word()) " " span class="count" { (count) }
                        }
                    }
                }
                @if touching {
                    label class="choice" {
                        input type="checkbox" id="touching";
                        " Only what affects other projects"
                    }
                }
            }
            label for="kind" { "Kind of object" }
            select id="kind" {
                option value="" { "All kinds" }
                @for kind in entries.kinds() { option value=(kind) { (printable(kind)) } }
            }
            p id="told" role="status" aria-live="polite" { (all_of(entries.0.len())) }
            p class="buttons" {
                button type="button" id="open" { "Open all" }
                button type="button" id="close" { "Close all" }
                button type="button" id="reset" { "Reset" }
            }
        }
    }
}

fn all_of(count: usize) -> String {
    format!("{} shown", plural(count, "object"))
}

/// The tree of all objects: by fate, then by kind.
pub(super) fn tree(parts: &[Part<'_>], entries: &Entries<'_>) -> Markup {
    /// Of a group with more members only the name is shown at first.
    const MOST: usize = 40;
    if entries.0.is_empty() {
        return Markup::default();
    }
    let group = |fate: Fate, kinds: &IndexMap<&str, Vec<&Entry<'_>>>| {
        let count: usize = kinds.values().map(Vec::len).sum();
        html! {
            li class="group" {
                details open {
                    summary { (fate.sign()) " " (fate.word()) " " span class="count" { (count) } }
                    ul {
                        @for (kind, members) in kinds {
                            li class="group" {
                                details open[members.len() <= MOST] {
                                    summary { (printable(kind)) " " span class="count" { (members.len()) } }
                                    ul {
                                        @for entry in members {
                                            li id={ "item-" (entry.number) } {
                                                a href={ "#object-" (entry.number) } { bdi { (printable(entry.name)) } }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        nav aria-labelledby="tree" {
            h2 id="tree" { "Objects" }
            @for (number, part) in parts.iter().enumerate() {
                @let groups = entries.groups(number);
                @if !groups.is_empty() {
                    div class="group" {
                        @if let Some(name) = part.name { p class="part" { bdi { (printable(name)) } } }
                        ul class="tree" { @for (fate, kinds) in &groups { (group(*fate, kinds)) } }
                    }
                }
            }
        }
    }
}

/// All objects with all that changes in them.
pub(super) fn all(report: &Report<'_>, entries: &Entries<'_>) -> Markup {
    html! {
        @for (number, part) in report.parts.iter().enumerate() {
            @let groups = entries.groups(number);
            @if !groups.is_empty() {
                section class="group" aria-labelledby={ "part-" (number) } {
                    h2 id={ "part-" (number) } { bdi { (printable(part.name.unwrap_or("Changes"))) } }
                    @for (fate, kinds) in &groups {
                        div class="group" {
                            h3 id={ "part-" (number) "-" (fate.class()) } { (fate.word()) }
                            @for entry in kinds.values().flatten() { (object(entry, part, report.is_brief)) }
                        }
                    }
                }
            }
        }
        p id="nothing" class="note" hidden { "No object fits the search and the filters." }
    }
}

fn object(entry: &Entry<'_>, part: &Part<'_>, is_brief: bool) -> Markup {
    /// An object with more changes is closed at first.
    const MOST: usize = 12;
    let (count, touches) = entry.step().map_or((0, 0), |step| (step.changes.len(), step.touches.len()));
    let warnings = entry.step().map_or(0, |step| step.warnings.len());
    let is_whole = matches!(entry.fate, Fate::Created | Fate::Removed);
    let is_open = !is_whole && count <= MOST;
    let noun = if entry.fate == Fate::Created { plural(count, "property") } else { plural(count, "change") };
    html! {
        details class="object" id={ "details-" (entry.number) } data-fate=(entry.fate.class()) data-kind=(entry.kind)
            data-touches=(touches) open[is_open] {
            summary {
                (entry.fate.sign())
                h4 {
                    (spoken(&format!("{} ", entry.fate.word())))
                    span class="kind" { (printable(&entry.kind)) } " "
                    @if let Some(former) = entry.step().and_then(|step| step.former_name.as_ref()) {
                        bdi class="former" { (printable(former)) } span aria-hidden="true" { " → " } (spoken(" is now "))
                    }
                    bdi { (printable(entry.name)) }
                }
                span class="chips" {
                    @if warnings > 0 { span class="chip warning" { (plural(warnings, "warning")) } }
                    @if touches > 0 { span class="chip touching" { "affects " (plural(touches, "project")) } }
                    @if count > 0 { span class="chip" { (noun) } }
                }
            }
            div class="body" id={ "object-" (entry.number) } tabindex="-1" {
                @match &entry.told {
                    Told::Step(step) => (told(entry, step, (!is_brief).then_some(part))),
                    Told::Refusal(refusal) => (reasons(refusal)),
                }
            }
        }
    }
}

/// Returns what is to be said of an object; without a part, only how much changes in it.
fn told(entry: &Entry<'_>, step: &DescribedStep, part: Option<&Part<'_>>) -> Markup {
    html! {
        @if !step.touches.is_empty() {
            p class="note touching" {
                strong { "Other projects affected: " } (printable(&step.touches.join(", ")))
            }
        }
        @if !step.followers.is_empty() { p class="note" { (printable(&followers(&step.followers))) "." } }
        @for warning in &step.warnings { p class="note warning" { strong { "Warning: " } (sentence(warning)) "." } }
        @if let Some(part) = part { (pictures::of(entry.number, step, part.categories)) }
        @if step.changes.is_empty() {
            @match entry.fate {
                Fate::Removed => (held(step, part.is_some())),
                Fate::Renamed => p class="plain" { "Only its name changes." },
                _ => p class="plain" { "It has only a name." },
            }
        } @else if part.is_none() {
            p class="plain" { (numbers(step)) }
        } @else {
            ul class="changes" { @for line in &step.changes { (changes::line(line, entry.fate == Fate::Created)) } }
        }
    }
}

/// Returns what an object held that goes.
fn held(step: &DescribedStep, is_wanted: bool) -> Markup {
    let value = step.before.as_ref().map(Value::of).filter(|value| is_wanted && !value.parts.is_empty());
    html! {
        @match value {
            Some(value) => {
                p class="plain" { "All of it goes. It held:" }
                (changes::held(&value))
            }
            None => p class="plain" { "All of it goes." },
        }
    }
}

/// Returns how many changes there are of each sort.
fn numbers(step: &DescribedStep) -> String {
    let count = |(action, word): (LineAction, &str)| {
        let count = step.changes.iter().filter(|line| line.action == action).count();
        (count > 0).then(|| format!("{count} {word}"))
    };
    let sorts = [
        (LineAction::Remove, "removed"),
        (LineAction::Add, "added"),
        (LineAction::Change, "changed"),
        (LineAction::Move, "moved"),
    ];
    format!("{}.", sorts.into_iter().filter_map(count).collect::<Vec<_>>().join(", "))
}

fn reasons(refusal: &DescribedRefusal) -> Markup {
    html! {
        ul class="reasons" {
            @for reason in &refusal.reasons {
                li {
                    p { strong { (sentence(&reason.message)) } }
                    p { "at " code { (changes::path(&reason.path.to_string())) } }
                    p { span class="help" { "What to do: " } (sentence(&reason.help)) }
                }
            }
            li { span class="help" { "Option that leaves it out: " } code { (printable(&skip_options(std::slice::from_ref(&refusal.skip)))) } }
        }
    }
}
