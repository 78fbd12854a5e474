//! What changes in an object: where, and from what to what.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use super::super::output::{plural, printable, words as tag_in_words};
use super::super::plan::{LONG as LONGEST_LINE, way};
use super::spoken;
use crate::plan::{Line, LineAction, Value};
use crate::schema::Schema;

/// A text with more letters is folded.
const LONG: usize = 400;
/// A text with more lines is folded.
const MANY: usize = 12;
/// Lines around a changed line of a text.
const AROUND: usize = 3;

/// One change; the signs of a new object would all be the same, and are left out.
pub(super) fn line(line: &Line, is_new: bool) -> Markup {
    let (class, sign, word) = match line.action {
        LineAction::Add => ("added", "+", "added"),
        LineAction::Remove => ("removed", "−", "removed"),
        LineAction::Move => ("changed", "↕", "moved"),
        LineAction::Change => ("changed", "~", "changed"),
    };
    html! {
        li class=[(!is_new).then_some(class)] {
            @if !is_new { span class={ "sign small " (class) } aria-hidden="true" { (sign) } (spoken(word)) " " }
            code class="path" { (path(&way(line))) }
            (values(line, is_new))
        }
    }
}

/// Returns a path with the names in it told apart from the tags, and with places where its line may break.
pub(super) fn path(path: &str) -> Markup {
    // Names may hold brackets, too: that they are balanced is likely, and nothing but the looks depends on it.
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut depth = 0_usize;
    for letter in printable(path).chars() {
        depth -= usize::from(letter == ']' && depth > 0);
        let is_name = depth > 0;
        depth += usize::from(letter == '[');
        match pieces.last_mut() {
            Some((last, text)) if *last == is_name && letter != '/' => text.push(letter),
            _ => pieces.push((is_name, letter.to_string())),
        }
    }
    html! {
        @for (is_name, text) in &pieces {
            @if text.starts_with('/') { wbr; }
            @if *is_name { bdi { (text) } } @else { span { (text) } }
        }
    }
}

/// Says where something is as people do, from inside out: `permission holder of role Testers` for `role[Testers]/permissionHolder`.
pub(super) fn place(path: &str) -> Markup {
    let steps = steps(path);
    html! {
        @for (number, (tag, name)) in steps.iter().rev().enumerate() {
            @if number > 0 { " of " }
            (in_words(tag))
            @if !name.is_empty() { " " strong { bdi { (printable(name)) } } }
        }
    }
}

/// Returns the steps of a way: the tag of each, and its name. Names may hold brackets and slashes, too; where these are not balanced,
/// nothing but the looks depends on it.
fn steps(path: &str) -> Vec<(&str, &str)> {
    let mut depth = 0_usize;
    let is_end = |letter: char| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '/' && depth == 0
    };
    path.split(is_end)
        .map(|own| own.strip_suffix(']').and_then(|own| own.split_once('[')).unwrap_or((own, "")))
        .collect()
}

/// Returns a tag as people say it.
fn in_words(tag: &str) -> String {
    let schema = Schema::get();
    schema.kind_named(tag).map_or_else(|| tag_in_words(tag), |kind| schema.kind(kind).in_words())
}

fn values(line: &Line, is_new: bool) -> Markup {
    match (&line.old, &line.new) {
        (Some(old), Some(new)) if line.action == LineAction::Move => {
            html! { span class="value" { (printable(&old.inline)) " → " (printable(&new.inline)) } }
        }
        (Some(old), Some(new)) if old.inline.contains('\n') || new.inline.contains('\n') => {
            lines(&old.inline, &new.inline)
        }
        (Some(old), Some(new)) => {
            let [old, new] = words(&old.inline, &new.inline);
            html! {
                div class="value" {
                    div { (spoken("from ")) del { (old) } }
                    div { (spoken("to ")) ins { (new) } }
                }
            }
        }
        (Some(old), None) => whole(old, "removed"),
        (None, Some(new)) if is_new => whole(new, ""),
        (None, Some(new)) => whole(new, "added"),
        (None, None) => Markup::default(),
    }
}

/// Shows what stood where something is removed.
pub(super) fn what_goes(line: &Line) -> Markup {
    line.old.as_ref().map_or_else(Markup::default, |old| single(&old.inline, "removed"))
}

/// Shows all that an object held.
pub(super) fn held(value: &Value) -> Markup {
    parts(value, "removed")
}

/// Shows all that is new or goes: a tree, if it has parts enough.
fn whole(value: &Value, class: &str) -> Markup {
    if value.is_tree(LONGEST_LINE) { parts(value, class) } else { single(&value.inline, class) }
}

fn parts(value: &Value, class: &str) -> Markup {
    html! {
        ul class={ "value parts " (class) } {
            @for part in value.untold() {
                li {
                    code class="path" { (path(&part.title)) }
                    @if part.value.is_tree(LONGEST_LINE) { (parts(&part.value, class)) }
                    @else { " " (single(&part.value.untold_inline(), class)) }
                }
            }
        }
    }
}

/// Shows one value; a long one is folded.
fn single(value: &str, class: &str) -> Markup {
    let text = |value: &str| {
        let shown = shown(value);
        match class {
            "removed" => html! { del { (shown) } },
            "added" => html! { ins { (shown) } },
            _ => shown,
        }
    };
    let (letters, lines) = (value.chars().count(), value.lines().count());
    if value.is_empty() {
        // What has no value of its own is told by its path.
        return Markup::default();
    }
    if letters > LONG || lines > MANY {
        let first: String = value.lines().next().unwrap_or("").chars().take(LONG / 5).collect();
        let size = if lines > 1 { plural(lines, "line") } else { plural(letters, "letter") };
        return html! {
            details class="value long" {
                summary { (printable(&first)) " … " span class="chip" { (size) } }
                div class="text" { (text(value)) }
            }
        };
    }
    html! { span class={ "value" @if lines > 1 { " text" } } { (text(value)) } }
}

/// Shows a text with its lines.
fn shown(value: &str) -> Markup {
    if value.is_empty() {
        return html! { em { "(empty)" } };
    }
    if value.trim().is_empty() {
        return html! { em { "(" (plural(value.chars().count(), "blank")) ")" } };
    }
    html! {
        @for (number, line) in value.lines().enumerate() {
            @if number > 0 { "\n" }
            (printable(line))
        }
    }
}

/// Returns two values of one line each, with the words marked that only one of them has, if they have enough in common.
fn words(old: &str, new: &str) -> [Markup; 2] {
    /// Longer texts take too much time.
    const MOST: usize = 20_000;
    /// Below this, marks would be more confusing than helpful.
    const ALIKE: f32 = 0.5;
    let is_small = old.len() + new.len() < MOST;
    let difference = is_small.then(|| TextDiff::from_words(old, new)).filter(|own| own.ratio() >= ALIKE);
    let Some(difference) = difference.filter(|_| !old.trim().is_empty() && !new.trim().is_empty()) else {
        return [old, new].map(shown);
    };
    let side = |own: ChangeTag| {
        html! {
            @for change in difference.iter_all_changes() {
                @if change.tag() == ChangeTag::Equal { (printable(change.value())) }
                @else if change.tag() == own { mark { (printable(change.value())) } }
            }
        }
    };
    [side(ChangeTag::Delete), side(ChangeTag::Insert)]
}

/// Shows how the lines of a text change.
fn lines(old: &str, new: &str) -> Markup {
    let difference = TextDiff::from_lines(old, new);
    let total = old.lines().count();
    let mut last = 0;
    html! {
        div class="value diff" {
            @for group in difference.grouped_ops(AROUND) {
                @let begin = group.first().map_or(0, |op| op.old_range().start);
                @if begin > last { (gap(begin - last)) }
                @for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
                    @let text = printable(change.value().trim_end_matches(['\n', '\r'])).into_owned();
                    @match change.tag() {
                        ChangeTag::Delete => del { span aria-hidden="true" { "− " } (spoken("removed ")) (text) },
                        ChangeTag::Insert => ins { span aria-hidden="true" { "+ " } (spoken("added ")) (text) },
                        ChangeTag::Equal => span class="same" { "  " (text) },
                    }
                }
                ({ last = group.last().map_or(last, |op| op.old_range().end); "" })
            }
            @if last < total { (gap(total - last)) }
        }
    }
}

fn gap(count: usize) -> Markup {
    html! { span class="gap" { "… " (plural(count, "line")) " as before" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_from_inside_out() {
        let told =
            |path| place(path).into_string().replace("<strong><bdi>", "“").replace("</bdi></strong>", "”");
        assert_eq!(
            told("transition[Close [31]]/postFunction[a/b]"),
            "post function “a/b” of transition “Close [31]”"
        );
        assert_eq!(told("description"), "description");
        assert_eq!(
            told("individualFieldConfig[Story <Points>]"),
            "individual field config “Story &lt;Points&gt;”"
        );
    }
}
