//! Objects that go: their rows, and those that belong to them alone.
//!
//! Invariant: no row goes that another object has; whoever asks for it has made sure that no other object names them.

use super::areas::custom_fields;
use super::ground::kinds::held;
use super::ground::writer::{Unwritable, Writer};
use crate::entity::{RowChange, Tables};
use crate::model::{Content, Element, Identity};
use crate::schema::Schema;

/// What everything has that is kept of a workflow: its descriptor is one text, which goes with its row.
const WORKFLOW: &str = "workflowEntry";

/// The table of contexts of fields, and of issue type and priority schemes, which are contexts of fields of Jira's own.
const CONTEXTS: &str = "FieldConfigScheme";

/// Returns the changes of rows by which objects go, and what stands in the way.
pub fn removal(tables: &Tables, objects: &[(&Identity, &Element)]) -> (Vec<RowChange>, Vec<Unwritable>) {
    let mut writer = Writer::new(tables);
    // What an object has goes as it does where somebody takes it out of the object.
    let bare: Vec<Element> = objects.iter().map(|(_, own)| bare(own)).collect();
    writer.write(&bare.iter().collect::<Vec<_>>());
    for (identity, element) in objects {
        let Some(kind) = held(element.tag()) else { continue };
        let Some(id) = writer.ids.get(identity).map(str::to_owned) else { continue };
        writer.begin((*identity).clone());
        if kind.table == CONTEXTS {
            custom_fields::write::delete_context(&mut writer, &id);
        }
        writer.remove(kind.table, &id);
    }
    let (changes, mut unwritable) = writer.finish();
    // That a bare object is none that Jira would take is no matter: it goes.
    unwritable.retain(|own| own.is_stored_twice);
    (changes, unwritable)
}

/// Returns an object without what it may be without.
fn bare(object: &Element) -> Element {
    let mut bare = object.clone();
    let is_workflow = object.tag() == WORKFLOW;
    if let Content::Children(children) = &mut bare.content {
        children.retain(|child| {
            let declaration = Schema::get().declaration(child.declaration);
            let is_part = if is_workflow {
                ["draft", "managed"].contains(&child.tag())
            } else {
                !declaration.required || declaration.items.is_some()
            };
            !is_part || Schema::get().tells_apart(object.declaration, child.declaration)
        });
    }
    bare
}
