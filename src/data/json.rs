//! Elements as JSON, for those who go on with a program.
//!
//! Invariant: the schema alone decides the form, so that it is the same for every element of a declaration: a list where an element may be
//! repeated, a text where there are no attributes to tell, and an object otherwise.

use serde_json::{Map, Value};

use crate::model::{Content, Element};
use crate::schema::{DUPLICATE, DeclId, ESCAPED, Schema};

/// The member of an object that holds the text of an element with attributes.
const TEXT: &str = "text";

/// Returns an element as JSON.
pub fn json(element: &Element) -> Value {
    let schema = Schema::get();
    let ty = schema.type_of(element.declaration);
    let mut members = Map::new();
    for (number, value) in &element.attributes {
        let name = &ty.attributes[usize::from(*number)].name;
        members.insert(name.clone(), Value::String(value.to_string()));
    }
    match &element.content {
        Content::Text(text) if !has_attributes(element.declaration) => {
            return Value::String(text.to_string());
        }
        Content::Text(text) => {
            members.insert(TEXT.to_owned(), Value::String(text.to_string()));
        }
        Content::Children(children) => {
            for child in children {
                let declaration = schema.declaration(child.declaration);
                if declaration.items.is_some() {
                    let list =
                        members.entry(declaration.name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(list) = list {
                        list.push(json(child));
                    }
                } else {
                    members.insert(declaration.name.clone(), json(child));
                }
            }
        }
    }
    Value::Object(members)
}

/// Returns whether an element can say more than its text; that there are two of a name, or how it is spelled, does not count.
fn has_attributes(declaration: DeclId) -> bool {
    let attributes = &Schema::get().type_of(declaration).attributes;
    attributes.iter().any(|own| own.name != ESCAPED && own.name != DUPLICATE)
}
