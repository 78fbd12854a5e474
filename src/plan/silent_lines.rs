//! Lines of field configurations that say nothing of their fields, in a place that has a line for each field: there they are the same as
//! none.
//!
//! Invariant: a line that hides a field, requires or describes it, or shows it in another way, is what it is.

use std::collections::HashSet;

use crate::mapping::{UNCHOSEN_RENDERER, kind};
use crate::model::{Abilities, Attributes, Element};
use crate::schema::Schema;

const LINE: &str = "individualFieldConfig";

/// Lets the lines that say nothing be those of the target.
pub(super) fn are_as_none(new: &mut Element, old: &Element, abilities: &Abilities) {
    let own = kind("fieldConfiguration");
    let line = Schema::get().property(own, LINE);
    let can_lack =
        line.and_then(|line| abilities.of_property(own, line)).is_none_or(|own| own.remove.is_ok());
    if can_lack || new.tag() != "fieldConfiguration" {
        return;
    }
    let (there, described) = (fields(old), fields(new));
    let Some(children) = new.children_mut() else { return };
    children.retain(|child| !is_silent(child) || field(child).is_none_or(|own| there.contains(&own)));
    let lacking =
        |line: &&Element| is_silent(line) && field(line).is_some_and(|own| !described.contains(&own));
    children.extend(old.all(LINE).filter(lacking).cloned());
}

/// What names a field, of Jira's own too.
type Field = (String, Attributes);

fn field(line: &Element) -> Option<Field> {
    line.get("fieldName").map(|own| (own.text().to_owned(), own.attributes.clone()))
}

fn fields(configuration: &Element) -> HashSet<Field> {
    configuration.all(LINE).filter_map(field).collect()
}

fn is_silent(line: &Element) -> bool {
    let is = |tag| line.text_of(tag) == Some("true");
    let renderer = line.text_of("renderer").unwrap_or(UNCHOSEN_RENDERER);
    line.tag() == LINE
        && !is("hidden")
        && !is("required")
        && line.get("description").is_none()
        && renderer == UNCHOSEN_RENDERER
}
