//! The places of transitions: which is the first of a step, of the initial and of the global ones.
//!
//! Invariant: as with every rank, only the order that the numbers make has a meaning. They are counted anew from 1; those of
//! one number stand in the order of their transitions, and those without one come last. At a step, transitions that it shares
//! with others come before its own: the format in which Jira stores workflows has no other order.

use std::collections::BTreeMap;

use crate::model::Element;
use crate::schema::Schema;

/// Where a position stands: the transition, and which `from` of it.
type Spot = (usize, Option<usize>);

/// What spots are sorted by: whether the transition is the own one of a step, then the position.
type Key = (bool, i64);

/// Counts the positions of the transitions of a workflow, and of its draft, anew.
pub(super) fn count(workflow: &mut Element) {
    let mut lists: BTreeMap<String, Vec<(Key, Spot)>> = BTreeMap::new();
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
    for (place, transition) in workflow.children().iter().enumerate() {
        match (transition.tag(), transition.text_of("type")) {
            ("transition", Some(ty @ ("initial" | "global"))) => {
                let position = number(transition.text_of("position"));
                lists.entry(ty.to_owned()).or_default().push(((false, position), (place, None)));
            }
            ("transition", ty) => {
                let is_own = ty != Some("common");
                for (from, step) in transition.children().iter().enumerate() {
                    if step.tag() == "from" {
                        let duplicate = step.attribute_named("duplicate").unwrap_or("");
                        let list = format!("step {} {duplicate}", step.text());
                        let position = number(step.attribute_named("position"));
                        lists.entry(list).or_default().push(((is_own, position), (place, Some(from))));
                    }
                }
            }
            _ => {}
        }
    }
    let Some(children) = workflow.children_mut() else { return };
    for mut list in lists.into_values() {
        list.sort_unstable();
        for (at, (_, (transition, from))) in list.into_iter().enumerate() {
            let position = (at + 1).to_string();
            match from {
                None => children[transition].set_text("position", &position),
                Some(from) => {
                    let Some(parts) = children[transition].children_mut() else { continue };
                    let ty = Schema::get().declaration(parts[from].declaration).ty;
                    if let Some(number) = Schema::get().attribute(ty, "position") {
                        parts[from].set_attribute(number, position.as_str());
                    }
                }
            }
        }
    }
    children.iter_mut().filter(|child| child.tag() == "draft").for_each(count);
}
