//! Option sets of custom fields in a place that names them itself: what the file calls them says nothing there.
//!
//! Invariant: only where a context has one option set, in the file and in the target, is it the same under another name.

use crate::mapping::{jiras_option_set, kind};
use crate::model::{Abilities, Element, Identity};
use crate::schema::Schema;

const CONTEXT: &str = "customFieldConfigScheme";

/// Gives the option sets of a field the names and descriptions that they have in the place, or will have.
pub(super) fn as_the_place_names_them(new: &mut Element, old: Option<&Element>, abilities: &Abilities) {
    let own = kind("config");
    let name = Schema::get().property(own, "name");
    let takes_names =
        name.and_then(|name| abilities.of_property(own, name)).is_none_or(|own| own.change.is_ok());
    if takes_names || new.tag() != "customField" {
        return;
    }
    let (generated, described) = jiras_option_set(new.text_of("name").unwrap_or_default());
    let contexts = new.children_mut().into_iter().flatten();
    for context in contexts.filter(|own| own.tag() == CONTEXT) {
        let identity = Identity::of_definition(context);
        let there = old.and_then(|old| old.all(CONTEXT).find(|own| Identity::of_definition(own) == identity));
        let (name, description) = match there.map(|there| there.all("config").collect::<Vec<_>>()) {
            Some(own) if own.len() != 1 => continue,
            Some(own) => (own[0].text_of("name"), own[0].text_of("description")),
            None => (Some(generated.as_str()), Some(described)),
        };
        if context.all("config").count() == 1 {
            rename(context, name.unwrap_or_default(), description);
        }
    }
}

/// Renames the only option set of a context.
fn rename(context: &mut Element, name: &str, description: Option<&str>) {
    for part in context.children_mut().into_iter().flatten() {
        match part.tag() {
            "config" => {
                part.set_text("name", name);
                match description {
                    Some(description) => part.set_text("description", description),
                    None => {
                        let own = part.children_mut();
                        own.into_iter().for_each(|own| own.retain(|own| own.tag() != "description"));
                    }
                }
            }
            // With one alone there is nothing to say which.
            "applicableIssueType" => {
                let own = part.children_mut();
                own.into_iter().for_each(|own| own.retain(|own| own.tag() != "config"));
            }
            _ => {}
        }
    }
}
