//! A plan, or how two configurations differ, as Markdown for the comment of a review.
//!
//! What is dangerous stands first and is shown as it is; details are folded. Invariants: a comment is never longer than the
//! places for comments allow, and says what was left out for it; and no name can end a block or become a tag.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;

use super::gone::gone;
use super::issues::{Moved, moved};
use super::marked::{code, fenced, sentence, tagless};
use super::plan::{HELD_BACK, LONG, some, summary, way};
use super::readiness;
use super::tree::{TreeLine, tree};
use super::violations;
use crate::graph::{Categories, Graph, change, mermaid, too_much, workflow};
use crate::plan::{DescribedStep, Description, Line, ObjectAction, Subject};

/// How long a comment may be, in bytes: GitHub counts characters, so this is never too much.
const LIMIT: usize = 65_536;

/// Longer names and texts are cut.
const LONGEST: usize = 400;

/// More edges than this no viewer draws.
const MOST_EDGES: usize = 400;

/// How much is shown.
#[derive(Debug, Clone, Copy)]
struct Detail {
    /// What new objects hold.
    contents: bool,
    /// Diagrams of workflows.
    pictures: bool,
    /// What changes in objects.
    changes: bool,
    /// The entries of each list.
    most: usize,
}

impl Detail {
    const ALL: Self = Self { contents: true, pictures: true, changes: true, most: usize::MAX };

    /// Returns the next less, the least important first; nothing if nothing more can go.
    fn less(self) -> Option<Self> {
        match self {
            Self { contents: true, .. } => Some(Self { contents: false, ..self }),
            Self { pictures: true, .. } => Some(Self { pictures: false, ..self }),
            Self { changes: true, .. } => Some(Self { changes: false, ..self }),
            Self { most: usize::MAX, .. } => Some(Self { most: 512, ..self }),
            Self { most: 0, .. } => None,
            Self { most, .. } => Some(Self { most: most / 2, ..self }),
        }
    }

    fn left_out(self) -> String {
        let parts = [
            (self.contents, "what new objects hold"),
            (self.pictures, "the diagrams of workflows"),
            (self.changes, "what changes in each object"),
            (self.most == usize::MAX, "the ends of long lists"),
        ];
        parts.into_iter().filter(|(shown, _)| !shown).map(|(_, what)| what).collect::<Vec<_>>().join(", ")
    }
}

/// Returns a plan or a difference as Markdown that fits into a comment.
pub fn plan_markdown(plan: &Description) -> String {
    let mut detail = Detail::ALL;
    loop {
        let text = rendered(plan, detail);
        match detail.less().filter(|_| text.len() > LIMIT) {
            Some(less) => detail = less,
            None => return text,
        }
    }
}

fn rendered(plan: &Description, detail: Detail) -> String {
    let mut text = format!("**{}**\n", summary(plan));
    if let Some(instance) = &plan.instance {
        let _ = writeln!(text, "\nPlan for {}", code(instance));
    }
    table(plan, &mut text);
    list(violations::TITLE, violations::markdown(plan), detail, &mut text);
    moving(plan, detail, &mut text);
    // What has to be decided before something moves is that very thing.
    if plan.moving.is_none() {
        list("Refused", refusals(plan), detail, &mut text);
    }
    // All that it holds stands below, as in a plan for people.
    let gone = gone(plan).into_iter().map(|gone| match gone.in_short() {
        Some(value) => format!("{}: {}", code(&cut(&gone.name)), code(&cut(&value))),
        None => code(&cut(&gone.name)),
    });
    let removed = if plan.subject == Subject::Plan { "Will be removed" } else { "Removed" };
    list(removed, gone.collect(), detail, &mut text);
    list("Affects other projects", touches(plan), detail, &mut text);
    list("Issues move", issues(plan), detail, &mut text);
    list("Warnings", warnings(plan), detail, &mut text);
    let unseen = crate::plan::not_shown(&plan.unseen).into_iter().map(|own| sentence(&cut(&own)));
    list("Not seen, so neither compared nor changed", unseen.collect(), detail, &mut text);
    let irrevocable = plan.irrevocable.iter().map(|own| sentence(&cut(own)));
    list("Cannot be taken back", irrevocable.collect(), detail, &mut text);
    let pictures = if detail.pictures { pictures(plan) } else { Vec::new() };
    if !pictures.is_empty() {
        text.push_str("\n### Workflows\n");
        for (title, graph) in &pictures {
            let legend = if graph.has_marks() { "`+` new, `−` gone, `~` changed\n\n" } else { "" };
            let picture = mermaid(graph);
            match too_much(&picture) {
                None => {
                    folded(&tagless(&cut(title)), &format!("{legend}```mermaid\n{picture}```\n"), &mut text);
                }
                Some(why) => drop(writeln!(text, "\n_No diagram of {}: {why}._", code(&cut(title)))),
            }
        }
    }
    held_back(plan, detail, &mut text);
    let mut kinds: IndexMap<&str, Vec<&DescribedStep>> = IndexMap::new();
    for step in &plan.steps {
        kinds.entry(&step.kind).or_default().push(step);
    }
    if !kinds.is_empty() {
        text.push_str("\n### All changes\n");
    }
    for steps in kinds.values() {
        let title = format!("{} ({})", steps[0].in_words(), steps.len());
        folded(&title, &format!("```diff\n{}```\n", changes(steps, detail)), &mut text);
    }
    let left_out = detail.left_out();
    if !left_out.is_empty() {
        let _ = writeln!(text, "\n_To fit into a comment, this leaves out: {left_out}._");
    }
    text
}

/// Counts what happens to objects, by kind.
fn table(plan: &Description, text: &mut String) {
    const COLUMNS: [(&str, &str); 5] = [
        ("remove", "gone"),
        ("refused", "refused"),
        ("create", "new"),
        ("change", "changed"),
        ("rename", "renamed"),
    ];
    let steps = plan.steps.iter().map(|step| (step.in_words(), step.action.to_string()));
    let refused = plan.refused.iter().map(|refused| (refused.in_words(), "refused".to_owned()));
    let mut rows: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (kind, action) in steps.chain(refused) {
        *rows.entry(kind).or_default().entry(action).or_default() += 1;
    }
    let is_used = |action: &str| rows.values().any(|row| row.contains_key(action));
    let columns: Vec<_> = COLUMNS.into_iter().filter(|(action, _)| is_used(action)).collect();
    if columns.is_empty() {
        return;
    }
    let heads: String = columns.iter().map(|(_, head)| format!(" {head} |")).collect();
    let _ = writeln!(text, "\n| |{heads}\n|---|{}", "---:|".repeat(columns.len()));
    for (kind, row) in &rows {
        let cells = columns.iter().map(|(action, _)| match row.get(*action) {
            Some(count) => format!(" {count} |"),
            None => " |".to_owned(),
        });
        let _ = writeln!(text, "| {kind} |{}", cells.collect::<String>());
    }
}

/// How ready the configuration is to move to Jira Cloud.
fn moving(plan: &Description, detail: Detail, text: &mut String) {
    let Some(moving) = &plan.moving else { return };
    let _ = writeln!(
        text,
        "\n## {}\n\n| {} |\n|---|---|{}",
        readiness::TITLE,
        readiness::COLUMNS.join(" | "),
        "---:|".repeat(4)
    );
    let rest = moving.projects.len().saturating_sub(detail.most);
    for project in moving.projects.iter().take(detail.most) {
        let cells = readiness::cells(project).map(|own| sentence(&cut(&own)));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if rest > 0 {
        let _ = writeln!(text, "\n… and {rest} more");
    }
    let told = moving.decisions.iter().map(|own| sentence(&readiness::decision(own))).collect();
    list("To decide", told, detail, text);
    let told = moving.losses.iter().map(|own| sentence(&cut(&readiness::loss(own)))).collect();
    list("Lost or otherwise there", told, detail, text);
    if detail.changes && !moving.mapping.is_empty() {
        let lines: String = moving.mapping.lines().map(|line| format!("{}\n", fenced(line))).collect();
        folded("a mapping file to begin with", &format!("```toml\n{lines}```\n"), text);
    }
}

/// Writes a list under a heading, if it has anything.
fn list(title: &str, items: Vec<String>, detail: Detail, text: &mut String) {
    if items.is_empty() {
        return;
    }
    let _ = write!(text, "\n### {title}\n\n");
    let rest = items.len().saturating_sub(detail.most);
    for item in items.iter().take(detail.most) {
        let _ = writeln!(text, "- {item}");
    }
    if rest > 0 {
        let _ = writeln!(text, "- … and {rest} more");
    }
}

/// Returns why something is refused: one cause once, whatever it stops.
fn refusals(plan: &Description) -> Vec<String> {
    /// More objects than these are counted.
    const MOST: usize = 8;
    let told = plan.causes().into_iter().map(|cause| {
        let more = cause.paths.len().saturating_sub(MOST);
        let mut shown: Vec<String> = cause.paths.iter().take(MOST).map(|path| code(&cut(path))).collect();
        if more > 0 {
            shown.push(format!("{more} more"));
        }
        let with_it = match &cause.followers[..] {
            [] => String::new(),
            followers => format!(" With it: {}.", sentence(&some(followers))),
        };
        format!(
            "{}: {}. {}.{with_it}",
            shown.join(", "),
            sentence(&cut(&cause.message)),
            sentence(&cut(&cause.help))
        )
    });
    told.collect()
}

fn touches(plan: &Description) -> Vec<String> {
    /// More projects than these are counted.
    const MOST: usize = 25;
    let touching = plan.steps.iter().filter(|step| !step.touches.is_empty());
    let told = touching.map(|step| {
        let more = step.touches.len().saturating_sub(MOST);
        let mut projects: Vec<String> =
            step.touches.iter().take(MOST).map(|key| sentence(&cut(key))).collect();
        if more > 0 {
            projects.push(format!("{more} more"));
        }
        format!("{}: {}", titled(step), projects.join(", "))
    });
    told.collect()
}

fn warnings(plan: &Description) -> Vec<String> {
    let of = |step: &DescribedStep| -> Vec<String> {
        step.warnings.iter().map(|warning| format!("{}: {}", titled(step), sentence(&cut(warning)))).collect()
    };
    plan.warnings.iter().map(|own| sentence(&cut(own))).chain(plan.steps.iter().flat_map(of)).collect()
}

/// The issues that move, with their statuses.
fn issues(plan: &Description) -> Vec<String> {
    let told = |own: Moved| sentence(&cut(&format!("{} ({})", own.what, own.statuses.join(", "))));
    moved(&plan.issues).into_iter().map(told).collect()
}

/// What existing users and groups keep, folded, each member by name.
fn held_back(plan: &Description, detail: Detail, text: &mut String) {
    if plan.held_back.is_empty() {
        return;
    }
    let _ = write!(text, "\n### Held back\n\nNothing of this is done: {HELD_BACK}.\n");
    let mut body = String::new();
    let rest = plan.held_back.len().saturating_sub(detail.most);
    for held in plan.held_back.iter().take(detail.most) {
        let _ = writeln!(body, "  {} {}", held.in_words(), fenced(&cut(&held.name)));
        held.changes.iter().filter(|_| detail.changes).for_each(|line| change_of(line, &mut body));
    }
    if rest > 0 {
        let _ = writeln!(body, "… and {rest} more");
    }
    let title = format!("held back ({})", plan.held_back.len());
    folded(&title, &format!("```diff\n{body}```\n"), text);
}

fn titled(step: &DescribedStep) -> String {
    code(&cut(&format!("{} {}", step.in_words(), step.name)))
}

/// Returns the diagrams of the workflows whose steps or transitions change.
fn pictures(plan: &Description) -> Vec<(String, Graph)> {
    // What kind of work a status means is known of those statuses only that change too; the others are drawn alike.
    let mut categories = Categories::default();
    plan.steps
        .iter()
        .flat_map(|step| [&step.before, &step.after])
        .flatten()
        .for_each(|own| categories.add(own));
    let mut pictures = Vec::new();
    for step in plan.steps.iter().filter(|step| step.kind == "workflowEntry") {
        let drafts = [&step.before, &step.after].map(|side| side.as_ref().and_then(|own| own.get("draft")));
        let live = [&step.before, &step.after].map(Option::as_ref);
        for (name, [before, after]) in [(step.name.clone(), live), (format!("{} (draft)", step.name), drafts)]
        {
            let graph = match (before, after) {
                (None, Some(new)) => workflow(new, &categories),
                (Some(_), _) => change(before, after, &categories),
                (None, None) => continue,
            };
            let is_worth = before.is_none() || graph.has_marks();
            if is_worth && !graph.edges.is_empty() && graph.edges.len() <= MOST_EDGES {
                pictures.push((name, graph));
            }
        }
    }
    pictures
}

/// Folds a text under a title, which is HTML.
fn folded(title: &str, body: &str, text: &mut String) {
    let _ = write!(text, "\n<details><summary>{title}</summary>\n\n{body}\n</details>\n");
}

fn changes(steps: &[&DescribedStep], detail: Detail) -> String {
    let mut text = String::new();
    let rest = steps.len().saturating_sub(detail.most);
    for step in steps.iter().take(detail.most) {
        let sign = match step.action {
            ObjectAction::Create => '+',
            ObjectAction::Remove => '-',
            ObjectAction::Change | ObjectAction::Rename => '!',
        };
        let former = step.former_name.as_ref().map(|former| format!("{former} → ")).unwrap_or_default();
        let _ =
            writeln!(text, "{sign} {} {}", step.in_words(), fenced(&cut(&format!("{former}{}", step.name))));
        let is_shown = if step.action == ObjectAction::Create { detail.contents } else { detail.changes };
        step.changes.iter().filter(|_| is_shown).for_each(|line| change_of(line, &mut text));
    }
    if rest > 0 {
        let _ = writeln!(text, "… and {rest} more");
    }
    text
}

fn change_of(line: &Line, text: &mut String) {
    let path = fenced(&cut(&way(line)));
    for (sign, value) in [('-', &line.old), ('+', &line.new)] {
        match value {
            Some(value) if value.inline.is_empty() => drop(writeln!(text, "{sign}   {path}")),
            Some(value) if value.is_tree(LONG) => {
                let _ = writeln!(text, "{sign}   {path}");
                for TreeLine { depth, text: line } in tree(value) {
                    let _ = writeln!(text, "{sign}     {}{}", "  ".repeat(depth), fenced(&cut(&line)));
                }
            }
            Some(value) => drop(writeln!(text, "{sign}   {path}: {}", fenced(&cut(&value.inline)))),
            None => {}
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Path;
    use crate::plan::{Counts, DescribedRefusal, Reason, Subject};

    fn step(name: &str, action: ObjectAction, changes: usize) -> DescribedStep {
        let line = |number: usize| {
            let (old, new) = (format!("{name} {number} ```").into(), "x\n```\n# y".into());
            Line::new(
                crate::plan::LineAction::Change,
                Path::default().child("description"),
                Some(old),
                Some(new),
            )
        };
        DescribedStep {
            action,
            kind: "screen".to_owned(),
            name: name.to_owned(),
            former_name: None,
            changes: (0..changes).map(line).collect(),
            followers: Vec::new(),
            touches: vec!["OPS".to_owned()],
            warnings: vec![format!("look at {name}")],
            before: None,
            after: None,
        }
    }

    fn plan(steps: Vec<DescribedStep>, refused: usize) -> Description {
        let refusal = |number: usize| DescribedRefusal {
            kind: "status".to_owned(),
            name: format!("S{number}"),
            reasons: vec![Reason {
                code: "missing",
                path: Path::object("status", &format!("S{number}")),
                message: format!("there is no status `S{number}`"),
                help: "make it".to_owned(),
            }],
            follows: None,
            skip: format!("status:S{number}"),
        };
        let counts = Counts { change: steps.len(), refused, ..Counts::default() };
        let refused = (0..refused).map(refusal).collect();
        Description {
            unseen: Vec::new(),
            irrevocable: Vec::new(),
            violations: Vec::new(),
            moving: None,
            instance: None,
            projects: Vec::new(),
            steps,
            refused,
            held_back: Vec::new(),
            issues: Vec::new(),
            warnings: Vec::new(),
            counts,
            subject: Subject::Plan,
        }
    }

    #[test]
    fn no_name_becomes_markdown() {
        let hostile = "a`|</details><script>```\n# b";
        let text = plan_markdown(&plan(vec![step(hostile, ObjectAction::Change, 1)], 0));
        assert_eq!(text.lines().filter(|line| line.starts_with("```")).count(), 2, "{text}");
        assert_eq!(text.lines().filter(|line| *line == "</details>").count(), 1, "{text}");
        assert!(text.lines().all(|line| !line.starts_with("# ")), "{text}");
    }

    #[test]
    fn what_does_not_fit_goes_by_importance() {
        let few = plan_markdown(&plan(vec![step("A", ObjectAction::Create, 1)], 1));
        assert!(!few.contains("leaves out"), "{few}");
        let new: Vec<_> =
            (0..50).map(|number| step(&format!("New {number}"), ObjectAction::Create, 40)).collect();
        let mut all = new;
        all.push(step("Changed", ObjectAction::Change, 3));
        let text = plan_markdown(&plan(all, 3));
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.ends_with("leaves out: what new objects hold._\n"), "{}", &text[text.len() - 200..]);
        assert!(text.contains("New 49") && text.contains("Changed 2"), "names and changes stay");
        let many: Vec<_> =
            (0..5000).map(|number| step(&format!("Changed {number}"), ObjectAction::Change, 3)).collect();
        let text = plan_markdown(&plan(many, 3000));
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.contains("`S0`") && text.contains("more\n"), "refusals stay as far as they can");
    }
}
