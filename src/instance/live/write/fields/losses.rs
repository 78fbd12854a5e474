//! What Jira Cloud has no word for in a field configuration.
//!
//! Pure. Invariant: the rows get what there will be, and what is lost by that is told.

use std::collections::BTreeSet;

use super::super::{Ground, Side};
use super::lines::{Line, default_of, known, lines_of, rows_of, title};
use super::which::{Owner, is_field_scheme, owner};
use crate::entity::{EntityId, Row, RowChange};
use crate::plan::Step;

/// The renderers between which Jira Cloud chooses, in its words and in those of rows.
pub(super) const RENDERERS: [(&str, &str); 2] =
    [("text-renderer", super::lines::TEXT), ("wiki-renderer", "atlassian-wiki-renderer")];

/// Returns the rows of the configurations that go with what is said of them, because they are nothing but a part of a field scheme.
pub(in crate::instance::live::write) fn gone(ground: &Ground<'_>, step: &Step) -> Vec<RowChange> {
    let is_scheme = step.object.tag() == "fieldConfigurationScheme";
    let scheme = ground.after.id(&step.identity).filter(|own| is_scheme && is_field_scheme(ground, own));
    let Some(scheme) = scheme else { return Vec::new() };
    let mapped = |side: &Side<'_>| -> BTreeSet<String> {
        let rows = side.with("FieldLayoutSchemeEntity", "scheme", &scheme).into_iter();
        rows.filter_map(|row| row.text("fieldlayout").map(str::to_owned)).collect()
    };
    let (before, after) = (mapped(&ground.before), mapped(&ground.after));
    let rows = before.difference(&after).flat_map(|own| {
        let items = ground.after.with("FieldLayoutItem", "fieldlayout", own);
        items.into_iter().chain(ground.after.row("FieldLayout", own))
    });
    rows.map(|row| RowChange { before: Some(row.clone()), after: None }).collect()
}

/// Returns the rows of a configuration as they will be, where that is not what is wanted, and what is lost, in words.
pub(in crate::instance::live::write) fn lossy(
    ground: &Ground<'_>,
    step: &Step,
) -> Option<(Vec<RowChange>, Vec<String>)> {
    let own = ground.after.id(&step.identity).filter(|_| step.object.tag() == "fieldConfiguration")?;
    let is_made = matches!(owner(ground, &own), Owner::Scheme(_));
    let is_new = ground.before.row("FieldLayout", &own).is_none();
    // A new one says what the default says.
    let start = if is_new { default_of(&ground.before) } else { Some(own.clone()) };
    let start = start.map(|id| lines_of(&ground.before, &id)).unwrap_or_default();
    let (mut changes, mut hidden, mut rendered) = (Vec::new(), Vec::new(), Vec::new());
    for (field, row) in rows_of(&ground.after, &own) {
        let wanted = Line::of(row);
        let before = start.get(&field).cloned().unwrap_or_default();
        let line = as_it_will_be(&wanted, &before, is_made, is_new);
        if line == wanted {
            continue;
        }
        changes.push(RowChange { before: Some(row.clone()), after: Some(line.row(row)) });
        let is_same = Line { renderer: line.renderer.clone(), ..wanted.clone() } == line;
        if !is_same || line.rendered() != wanted.rendered() {
            let lost = if wanted.is_hidden { &mut hidden } else { &mut rendered };
            lost.push(format!("`{}`", title(ground, &field)));
        }
    }
    // There is a line for each field, whether a file has it or not.
    let there = rows_of(&ground.after, &own);
    let known = known(ground, &own, is_new);
    for field in known.into_iter().filter(|field| !there.contains_key(field)) {
        let before = start.get(&field).filter(|own| !own.is_hidden);
        let line = Line { renderer: before.and_then(|own| own.renderer.clone()), ..Line::default() };
        let mut row = Row::new(EntityId::named("FieldLayoutItem"));
        row.put("id", Some(&format!("{own}-{field}")));
        row.put("fieldlayout", Some(&own));
        row.put("fieldidentifier", Some(&field));
        changes.push(RowChange { before: None, after: Some(line.row(&row)) });
    }
    let mut losses = Vec::new();
    if !hidden.is_empty() {
        losses.push(format!(
            "a hidden field has neither a description nor a renderer on Jira Cloud, and is not required: {}",
            hidden.join(", ")
        ));
    }
    if !rendered.is_empty() {
        let why = match is_made {
            true => "field schemes know no renderers",
            false => "Jira Cloud chooses between its text renderer and its wiki renderer alone",
        };
        losses.push(format!("{why}: {}", rendered.join(", ")));
    }
    (!changes.is_empty()).then_some((changes, losses))
}

/// Source: Atlassian's description of Jira Cloud (April 2026), on "Update field configuration items".
fn as_it_will_be(wanted: &Line, before: &Line, is_made: bool, is_new: bool) -> Line {
    if wanted.is_hidden {
        // What is hidden already stays as it is.
        let stays = before.is_hidden && !is_new;
        let (description, renderer) = match stays {
            true => (before.description.clone(), before.renderer.clone()),
            false => (String::new(), None),
        };
        return Line { description, renderer, is_hidden: true, is_required: stays && before.is_required };
    }
    // What is shown again has the usual one.
    let before = if before.is_hidden { &Line::default() } else { before };
    let is_taken = |own: &Line| RENDERERS.iter().any(|(_, stored)| *stored == own.rendered());
    let is_taken = !is_made && is_taken(wanted) && is_taken(before);
    let renderer = match before.is_rendered_otherwise(wanted) && is_taken {
        true => &wanted.renderer,
        false => &before.renderer,
    };
    Line { renderer: renderer.clone(), ..wanted.clone() }
}
